"""The process that drives a browser: renders one page and ends. Started by `listener.browser`, not imported by it.

The browser has no network. Each request of the page is stopped inside it and asked of the daemon over a pipe, which
fetches by its own rules or refuses; whatever gets past that (sockets, name lookups) finds no host.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any, BinaryIO

from playwright.sync_api import Error, Page, Route, sync_playwright
from playwright.sync_api import TimeoutError as NotInTime

from listener.browser import find_chromium
from listener.browser.wire import BrokenOff, read_message, write_message

ARGUMENTS = [
    # Nothing is resolved and nothing is reached but through the daemon.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
    "--disable-quic",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-background-networking",
    # Megabytes of a page's scripts.
    "--js-flags=--max-old-space-size=512",
]
#: What a page needs to fill in its prices; pictures, fonts, films and frames it doesn't.
WANTED = frozenset({"document", "script", "xhr", "fetch"})
#: A page is settled when its text has stayed the same for so long; what it still changes after the last is its own.
SETTLE_STEP_MILLISECONDS = 250
SETTLE_STEPS = 12
_LENGTH = "() => document.body ? document.body.innerText.length : 0"
_SIZE = "() => document.documentElement.outerHTML.length"


class Rendering:
    """One page on its way."""

    #: Time ran out before the page came to rest.
    late = False

    def __init__(self, to_parent: BinaryIO, from_parent: BinaryIO, job: dict[str, Any], body: bytes) -> None:
        self._to, self._from = to_parent, from_parent
        self._url: str = job["url"]
        self._body: bytes | None = body
        self._type: str = job["type"]
        self._limit: int = job["limit"]
        self._end: float = time.monotonic() + job["seconds"]

    def run(self) -> None:
        """Render the page and send what it became."""
        with sync_playwright() as driver:
            path = find_chromium() or driver.chromium.executable_path
            if not os.path.exists(path):  # noqa: PTH110  Playwright's own browser, which may not be there
                write_message(self._to, {"failed": "no-chromium"})
                return
            browser = driver.chromium.launch(
                executable_path=path, headless=True, chromium_sandbox=os.geteuid() != 0, args=ARGUMENTS
            )
            context = browser.new_context(
                service_workers="block", accept_downloads=False, viewport={"width": 1366, "height": 2000}
            )
            context.route("**/*", self._answer)
            page = context.new_page()
            context.on("page", lambda other: other.close())
            self._visit(page)
            browser.close()

    def _visit(self, page: Page) -> None:
        try:
            page.goto(self._url, wait_until="load", timeout=self._left())
            page.wait_for_load_state("networkidle", timeout=self._left())
            self._settle(page)
        except NotInTime:
            self.late = True  # A page that never rests is taken as it stands, if it can be.
        if page.evaluate(_SIZE) > self._limit:
            write_message(self._to, {"failed": "too-large"})
            return
        write_message(self._to, {"done": page.url}, page.content().encode("utf-8", "replace"))

    def _settle(self, page: Page) -> None:
        """Wait until the text of the page stays the same, for some seconds at most."""
        before = -1
        for _ in range(SETTLE_STEPS):
            length = page.evaluate(_LENGTH)
            if length == before:
                return
            before = length
            page.wait_for_timeout(SETTLE_STEP_MILLISECONDS)

    def _left(self) -> float:
        """Return the milliseconds that are left; 0 would mean for ever."""
        return max((self._end - time.monotonic()) * 1000, 1.0)

    def _answer(self, route: Route) -> None:
        """Answer one request of the page with what the daemon says."""
        request = route.request
        own_page = request.resource_type == "document" and request.frame.parent_frame is None
        if self._body is not None and own_page and request.url.partition("#")[0] == self._url.partition("#")[0]:
            body, self._body = self._body, None
            route.fulfill(status=200, headers={"content-type": self._type}, body=body)
            return
        if request.resource_type not in WANTED or (request.resource_type == "document" and not own_page):
            route.abort()
            return
        asked = {
            "ask": request.url, "method": request.method, "type": request.resource_type, "headers": request.headers,
        }  # fmt: skip
        write_message(self._to, asked, request.post_data_buffer or b"")
        head, body = read_message(self._from.read, self._limit)
        if "status" not in head:
            route.abort()
            return
        # The browser's rule of one origin guards visitors' logins, of which there are none here.
        allowed = {
            "access-control-allow-origin": request.headers.get("origin", "*"),
            "access-control-allow-credentials": "true",
        }
        route.fulfill(status=head["status"], headers={**head["headers"], **allowed}, body=body)


def main() -> None:
    """Render the page that standard input names, and write what it became to standard output."""
    to_parent = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # What libraries print must not come between the messages.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    from_parent = os.fdopen(os.dup(sys.stdin.fileno()), "rb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
    job, body = read_message(from_parent.read, 100_000_000)
    rendering = Rendering(to_parent, from_parent, job, body)
    try:
        rendering.run()
    except (Error, BrokenOff) as error:
        why = "time" if rendering.late else "crashed"
        write_message(to_parent, {"failed": why, "detail": str(error).strip()[:500]})


if __name__ == "__main__":
    main()
