"""Puts instances/ and notebooks/ into the package as it is built; all else stands in pyproject.toml."""

from pathlib import Path
from shutil import copytree, ignore_patterns, rmtree

from setuptools import setup
from setuptools.command.build_py import build_py


class WithShipped(build_py):
    """Build the package with what fabopt.io.shipped finds in it; an editable one finds it beside itself."""

    def run(self):
        """Copy what is shipped after the modules."""
        super().run()
        if not self.editable_mode:
            for kind in ("instances", "notebooks"):
                into = Path(self.build_lib, "fabopt", kind)
                rmtree(into, ignore_errors=True)  # an older build may have left what is no more
                copytree(kind, into, ignore=ignore_patterns("__pycache__", ".*"))


setup(cmdclass={"build_py": WithShipped})
