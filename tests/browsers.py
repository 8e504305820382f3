"""A headless Chromium for tests of pages, driven over its own debugging protocol."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = (
    *("--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars", "--mute-audio"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-default-apps", "--disable-extensions", "--disable-dev-shm-usage", "--no-pings"),
    *("--remote-debugging-port=0", "--remote-allow-origins=*"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
_PATIENCE = 30.0


class Browser:
    """One page of one Chromium. What it asks the network for is in ``requests``."""

    def __init__(self, folder: Path) -> None:
        websocket = pytest.importorskip("websocket", reason="websocket-client is not installed")
        program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
        if program is None:
            pytest.skip("no Chromium on this machine: apt-get install chromium")
        as_root = ["--no-sandbox"] if os.name == "posix" and os.geteuid() == 0 else []
        self._process = subprocess.Popen(
            [program, *_QUIET, *as_root, f"--user-data-dir={folder}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            port = self._port(folder / "DevToolsActivePort")
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=_PATIENCE) as reply:
                page = next(each for each in json.load(reply) if each["type"] == "page")
            self._socket = websocket.create_connection(page["webSocketDebuggerUrl"], timeout=_PATIENCE)
        except BaseException:
            self._process.kill()
            raise
        self._number = 0
        self.requests: list[str] = []
        self.complaints: list[str] = []
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.command(f"{domain}.enable")

    def _port(self, file: Path) -> int:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and self._process.poll() is None:
            if file.exists() and (lines := file.read_text().split()):
                return int(lines[0])
            self._pause()
        raise RuntimeError("Chromium did not start.")

    def _pause(self) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=0.05)

    def command(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send one command and return its result; events on the way are kept."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == self._number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']}")
                return message["result"]  # type: ignore[no-any-return]
            self._hear(message)

    def _hear(self, message: dict[str, Any]) -> None:
        parameters = message.get("params", {})
        if message["method"] == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif message["method"] == "Runtime.exceptionThrown":
            self.complaints.append(parameters["exceptionDetails"].get("text", ""))
        elif message["method"] == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.complaints.append(parameters["entry"]["text"])

    def open(self, address: str) -> None:
        """Go to a page and wait until it is loaded."""
        self.command("Page.navigate", url="about:blank")
        self.requests.clear()
        self.complaints.clear()
        self.command("Page.navigate", url=address)
        self.wait_for(f"document.readyState === 'complete' && location.href === {json.dumps(address)}")

    def run(self, script: str) -> Any:
        """Return the value of a JavaScript expression in the page; promises are awaited."""
        result = self.command("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise AssertionError(result["exceptionDetails"]["exception"].get("description"))
        return result["result"].get("value")

    def wait_for(self, script: str) -> None:
        """Wait until a JavaScript expression is true."""
        deadline = time.monotonic() + _PATIENCE
        while not self.run(script):
            assert time.monotonic() < deadline, f"never came true: {script}"
            self._pause()

    def type(self, text: str) -> None:
        """Put text where the keyboard's focus is."""
        self.command("Input.insertText", text=text)

    def press(self, key: str, code: int) -> None:
        """Press and release one key."""
        text = {"text": {"Enter": "\r"}.get(key, key)} if len(key) == 1 or key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.command("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **text)

    def prefer(self, scheme: str) -> None:
        """Make the page believe that its reader prefers a ``light`` or ``dark`` scheme."""
        self.command(
            "Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}]
        )

    def picture(self, path: Path, width: int, height: int) -> None:
        """Save what a window of this size shows as PNG."""
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        path.write_bytes(base64.b64decode(self.command("Page.captureScreenshot")["data"]))

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.command("Browser.close")
            self._socket.close()
            self._process.wait(timeout=10)
        except Exception:
            self._process.kill()
            self._process.wait(timeout=10)
