"""Hooks of a user in a result: recorded by name and hash, so that no study of it forgets what they have added.

A hook is Python, which a folder of data cannot hold. What is recorded is its name and a hash of its source with the
values that it holds on to (defaults, variables of the function around it, arguments of a ``partial``): enough to know
it again when it is given again.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fabopt.solve.results.folder import ResultError
from fabopt.solve.results.run_info import HookRecord, RunInfo

if TYPE_CHECKING:
    from fabopt.model.build import Hook

_PLAIN = (bool, int, float, str, bytes, type(None))


def hook_records(hooks: Sequence[Hook]) -> tuple[HookRecord, ...]:
    """Return name and SHA-256 of each hook."""
    return tuple(HookRecord(_name(h), hashlib.sha256("\n".join(_parts(h)).encode()).hexdigest()) for h in hooks)


def hook_names(run: RunInfo) -> tuple[str, ...]:
    """Return the hooks of a result, each as its name and the first digits of its hash."""
    return tuple(f"{one.name} ({one.sha256[:12]})" for one in run.hooks)


def check_hooks(run: RunInfo, hooks: Sequence[Hook]) -> None:
    """Refuse to study a result without the hooks that it was solved with, or with others.

    Raises
    ------
    ResultError
        If the hooks are not those that are recorded, in their order.
    """
    wanted, given = run.hooks, hook_records(hooks)
    if wanted == given:
        return
    names = ", ".join(one.name for one in wanted) or "no hook"
    if not given:
        raise ResultError(
            f"The result was solved with constraints of your own ({names}), which its folder cannot hold, so nothing "
            f"can be asked of it that solves again. Give them again in Python: load_result(path, extra=[{names}])."
        )
    if [one.name for one in wanted] == [one.name for one in given]:
        other = next(one.name for one, there in zip(wanted, given, strict=True) if one != there)
        raise ResultError(
            f"The hook {other} is not the one that the result was solved with: its source, or a value that it holds, "
            "has changed. Solve again with the new one."
        )
    raise ResultError(
        f"The result was solved with {names}, not with {', '.join(one.name for one in given)}; give the same hooks "
        "in the same order."
    )


def _name(hook: Any) -> str:
    if isinstance(hook, functools.partial):
        return _name(hook.func)
    return str(getattr(hook, "__qualname__", type(hook).__qualname__)).replace("<locals>.", "")


def _parts(hook: Any) -> Iterator[str]:
    """Yield what makes a hook what it is: its source, and the plain values that it holds."""
    if isinstance(hook, functools.partial):
        yield from _parts(hook.func)
        yield repr([_held(value) for value in (*hook.args, *sorted(hook.keywords.items()))])
        return
    function = inspect.unwrap(hook) if inspect.isroutine(hook) else type(hook).__call__
    function = getattr(function, "__func__", function)
    try:
        yield inspect.getsource(hook if function is hook else function)
    except (OSError, TypeError):  # typed at a prompt: what it was compiled to
        code = getattr(function, "__code__", None)
        yield "" if code is None else f"{code.co_code.hex()} {code.co_names} {[_held(c) for c in code.co_consts]}"
    cells = [cell.cell_contents for cell in getattr(function, "__closure__", None) or ()]
    owner = hook if not inspect.isroutine(hook) else getattr(hook, "__self__", None)
    values = (*(getattr(function, "__defaults__", None) or ()), *cells, *sorted(getattr(owner, "__dict__", {}).items()))
    yield repr([_held(value) for value in values])


def _held(value: Any) -> Any:
    """Return a value as a hash can take it: plain data as it is, of anything else its type."""
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, tuple | list):
        return [_held(item) for item in value]
    if isinstance(value, Mapping):
        return [(_held(key), _held(item)) for key, item in value.items()]
    return type(value).__qualname__
