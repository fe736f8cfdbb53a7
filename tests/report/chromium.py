"""A headless Chromium, led over a pipe by the DevTools protocol: JSON messages that end with a null byte."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

LIMIT_S = 120  # only what hangs comes near it, however busy the machine is


def program():
    """The browser's path; None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Chromium:
    """A browser with one page. Everything that is reported of the page is kept in `events`."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="chromium-")
        to_browser, self.output = os.pipe()
        self.input, from_browser = os.pipe()
        options = ["--headless=new", "--disable-gpu", "--no-first-run", "--no-default-browser-check", "--hide-scrollbars",
                   "--disable-background-networking", "--disable-component-update", "--disable-sync",
                   "--disable-dev-shm-usage", "--remote-debugging-pipe", f"--user-data-dir={self.profile}"]
        if os.geteuid() == 0:
            options.append("--no-sandbox")  # which it does not have as root

        def connect():
            """The browser reads descriptor 3 and writes 4, which are in use here: copies get larger numbers."""
            ends = os.dup(to_browser), os.dup(from_browser)
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        self.process = subprocess.Popen([program(), *options, "about:blank"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False,
                                        preexec_fn=connect, start_new_session=True)
        os.close(to_browser)
        os.close(from_browser)
        self.pending, self.number, self.session, self.events = b"", 0, None, []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.input)
        os.close(self.output)
        shutil.rmtree(self.profile, ignore_errors=True)

    def receive(self, deadline):
        """The next message."""
        while b"\0" not in self.pending:
            ready, _, _ = select.select([self.input], [], [], max(0, deadline - time.monotonic()))
            piece = os.read(self.input, 1 << 20) if ready else b""
            if not piece:
                raise RuntimeError("the browser does not answer")
            self.pending += piece
        message, self.pending = self.pending.split(b"\0", 1)
        return json.loads(message)

    def send(self, method, **parameters):
        """What the browser answers to a command."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.output, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + LIMIT_S
        while True:
            answer = self.receive(deadline)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def evaluate(self, expression):
        """The value of JavaScript in the page."""
        result = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"]["exception"].get("description", expression))
        return result["result"].get("value")

    def resize(self, width, height=900, mobile=False):
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)

    def prefer(self, scheme, media=""):
        """light or dark, as the system would ask for; on the screen unless told otherwise."""
        self.send("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, page, drawn=True):
        """Loads a file; waits until it is there and, unless told otherwise, until its charts are drawn."""
        self.events.clear()
        self.send("Page.navigate", url=Path(page).resolve().as_uri())
        condition = "document.documentElement.dataset.charts === 'drawn'" if drawn else "document.readyState === 'complete'"
        deadline = time.monotonic() + LIMIT_S
        while self.evaluate("location.href") == "about:blank" or not self.evaluate(condition):
            if time.monotonic() > deadline:
                raise RuntimeError(f"not after {LIMIT_S} s: {condition}")
            time.sleep(0.05)

    def screenshot(self, file):
        """The whole page as a PNG."""
        data = self.send("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        Path(file).write_bytes(base64.b64decode(data))

    def pdf(self, file):
        """The page as it is printed, on A4."""
        data = self.send("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, preferCSSPageSize=True)["data"]
        Path(file).write_bytes(base64.b64decode(data))
