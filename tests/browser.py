"""Opens an HTML file in a headless Chromium: what the page holds, what its console says, what it asks for outside.

The browser is that named by the variable BROWSER_FOR_TESTS, else the first of `NAMES` on the path. It is spoken to
through its debugging pipe (file descriptors 3 and 4), so that nothing has to be installed beside it.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
BROWSER = os.environ.get("BROWSER_FOR_TESTS") or next((path for name in NAMES if (path := shutil.which(name))), None)
OWN = ("file:", "data:", "blob:", "about:")
"""Beginnings of addresses that need no network."""
PATIENCE = 120.0
"""Seconds after which a browser that says nothing has failed."""

needs_browser = pytest.mark.skipif(BROWSER is None, reason=f"no browser on the path ({', '.join(NAMES)})")
"""Mark of tests that open a page."""

_PIPES = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); os.execv(sys.argv[3], sys.argv[3:])"
)


@dataclass(frozen=True)
class Page:
    """A page that was opened.

    Attributes
    ----------
    dom
        The document as HTML, after its scripts have run.
    text
        What a reader sees of it as text.
    console
        Messages of level warning and error, exceptions, and why something was not loaded.
    outside
        Addresses that it asked for outside of itself.
    answer
        Value of the expression that was asked for.
    """

    dom: str
    text: str
    console: tuple[str, ...]
    outside: tuple[str, ...]
    answer: object = None


@contextmanager
def browsing():
    """Yield a browser that stays open for several visits."""
    assert BROWSER is not None
    with tempfile.TemporaryDirectory() as profile, _Chromium(profile) as browser:
        yield browser


def visit(path, *, until="true", ask="null", picture=None, size=(1200, 900), dark=False, browser=None):
    """Open a file and return its page.

    Parameters
    ----------
    path
        HTML file.
    until
        JavaScript expression that is true once the page is ready to be looked at, for pages that draw after loading.
    ask
        JavaScript expression whose value (plain data) is returned as `answer`.
    picture
        PNG file that the whole page is written to.
    size
        Width and height of the window in pixels.
    dark
        Whether the system prefers dark colours.
    browser
        One that is open (`browsing`); else one is opened for this visit.
    """
    if browser is None:
        with browsing() as browser:
            return visit(path, until=until, ask=ask, picture=picture, size=size, dark=dark, browser=browser)
    browser.open(Path(path).resolve().as_uri(), size, dark)
    return browser.look(until, ask, picture)


class _Chromium:
    """A browser with one page: commands go out over one pipe, answers and events come in over another."""

    def __init__(self, profile):
        self.console, self.outside, self.loaded = [], [], False
        self._profile, self._session, self._count, self._rest = profile, None, 0, b""
        self._target = None

    def __enter__(self):
        self._answers, theirs = os.pipe()
        read, self._commands = os.pipe()
        flags = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
            "--hide-scrollbars", f"--user-data-dir={self._profile}", "about:blank",
        ]  # fmt: skip
        pipes = [_above(end) for end in (read, theirs)]
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PIPES, *map(str, pipes), BROWSER, *flags],
            pass_fds=pipes,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in pipes:
            os.close(end)
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._send("Browser.close", {}, None)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._commands)
        os.close(self._answers)

    def look(self, until="true", ask="null", picture=None):
        """Return the page that is open, once an expression is true; as `visit`."""
        self.wait(lambda: self.loaded, "the page to load")
        self.wait(lambda: self.value(f"document.readyState === 'complete' && ({until})"), until)
        dom, text = self.value("document.documentElement.outerHTML"), self.value("document.body.innerText")
        answer = self.value(ask)
        if picture is not None:
            told = self.call("Page.captureScreenshot", captureBeyondViewport=True)
            Path(picture).write_bytes(base64.b64decode(told["data"]))
        return Page(dom, text, tuple(self.console), tuple(self.outside), answer)

    def open(self, address, size, dark=False):
        """Open an address in a page of its own, with everything recorded from its first request on."""
        self.leave()
        self.console, self.outside = [], []
        target = self._target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call(
            "Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=1, mobile=False
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.loaded = False
        failed = self.call("Page.navigate", url=address).get("errorText")
        assert not failed, f"{address}: {failed}"

    def leave(self):
        """Close the page that is open, if one is."""
        if self._target is not None:
            self._session = None
            self.call("Target.closeTarget", targetId=self._target)
            self._target = None

    def value(self, expression):
        """Return the value of an expression in the page."""
        told = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, f"{expression}: {told['exceptionDetails']}"
        return told["result"].get("value")

    def wait(self, ready, what):
        """Take in events until something holds."""
        end = time.monotonic() + PATIENCE
        while not ready():
            assert time.monotonic() < end, f"waited {PATIENCE:.0f} s for {what}; console: {self.console}"
            self._take(0.05)

    def call(self, method, **parameters):
        """Send a command and return its answer."""
        number = self._send(method, parameters, self._session)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for message in self._take(1.0):
                if message.get("id") == number:
                    assert "error" not in message, f"{method}: {message['error']}"
                    return message["result"]
        raise AssertionError(f"{method}: no answer in {PATIENCE:.0f} s")

    def _send(self, method, parameters, session):
        self._count += 1
        message = {"id": self._count, "method": method, "params": parameters}
        text = json.dumps(message if session is None else {**message, "sessionId": session})
        os.write(self._commands, text.encode() + b"\0")
        return self._count

    def _take(self, seconds):
        """Return the messages that have come in, with what they tell of the page noted down."""
        if not select.select([self._answers], [], [], seconds)[0]:
            return []
        new = os.read(self._answers, 1 << 20)
        assert new, f"{BROWSER} ended with {self._process.wait()}"
        *whole, self._rest = (self._rest + new).split(b"\0")
        messages = [json.loads(text) for text in whole]
        for message in messages:
            self._note(message.get("method"), message.get("params", {}))
        return messages

    def _note(self, event, told):
        if event == "Page.loadEventFired":
            self.loaded = True
        elif event == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning", "assert"):
            said = (str(part.get("value", part.get("description", ""))) for part in told["args"])
            self.console.append(f"{told['type']}: {' '.join(said)}")
        elif event == "Runtime.exceptionThrown":
            details = told["exceptionDetails"]
            self.console.append(f"exception: {details.get('exception', {}).get('description', details['text'])}")
        elif event == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
            self.console.append(f"{told['entry']['level']}: {told['entry']['text']} {told['entry'].get('url', '')}")
        elif event == "Network.requestWillBeSent" and not told["request"]["url"].startswith(OWN):
            self.outside.append(told["request"]["url"])
        elif event == "Network.webSocketCreated":
            self.outside.append(told["url"])


def _above(end):
    """Return a file descriptor moved above those that the browser listens on."""
    import fcntl

    moved = fcntl.fcntl(end, fcntl.F_DUPFD, 10)
    os.close(end)
    return moved
