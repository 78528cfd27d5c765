"""Adapter: renders pages that need JavaScript in a real browser. An optional extra: Playwright and Chromium.

The browser itself reaches nothing. The page's own document is fetched as every page is, with robots.txt, the host's
turn and its gap; what its scripts then ask for comes through the same checks (robots.txt, addresses, sizes) one after
another, without the gap: together they are one visit. Time, memory, bytes and requests of a visit are bounded.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, cast

import msgspec
from msgspec.structs import replace

from listener.browser.processes import Watchdog
from listener.browser.visit import Fetches, Visit
from listener.browser.wire import BrokenOff, read_message, write_message
from listener.types import FetchResult, Outcome, Request, Response, Validators

__all__ = ["Browser", "BrowserSettings", "find_chromium"]

#: Names of Chromium among the system's programs, the likeliest first.
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")

#: A page whose turn it isn't is asked again after this.
BUSY = timedelta(seconds=15)
#: This part of the time is the page's; then it is taken as it stands, or the browser is ended.
OWN_PART = 0.8
INSTALL = "pip install 'social-listener[browser]', and Chromium from the system's packages"
_HTML = ("text/html", "application/xhtml+xml")
_WHY = {
    "time": "rendering took longer than {settings.seconds:.0f} s.",
    "memory": "rendering took more than {settings.memory_limit:,} bytes of memory.",
    "too-large": "the rendered page exceeds {settings.body_limit:,} bytes.",
    "no-chromium": f"there is no Chromium here. Install it: {INSTALL}.",
    "crashed": "the browser gave up: {detail}",
}


class BrowserSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The bounds of one visit."""

    #: Of all, from the browser's start to the rendered page.
    seconds: float = 45.0
    #: Resident bytes of the browser, its processes added up.
    memory_limit: int = 2_000_000_000
    #: Bytes of the rendered page, and of any one answer.
    body_limit: int = 10_000_000
    #: Bytes of all that scripts ask for, and their requests.
    total_limit: int = 30_000_000
    requests_limit: int = 100


class Browser:
    """Renders pages, one at a time: a browser takes half a gigabyte. Stands where a fetcher stands."""

    def __init__(
        self, web: Fetches, assets: Fetches, settings: BrowserSettings, *, clock: Callable[[], datetime]
    ) -> None:
        """Take the fetcher for pages, and one without gaps for what their scripts ask for."""
        self._web = web
        self._assets = assets
        self._settings = settings
        self._clock = clock
        self._turn = threading.Lock()

    def fetch(self, request: Request, validators: Validators, *, under_way: bool = False) -> FetchResult:
        """Fetch a page and return it as its scripts leave it. What is no page comes back as it is.

        The document is asked for unconditionally: that it hasn't changed says nothing of what its scripts fill in. The
        hash in the validators is that of the rendered page.
        """
        if importlib.util.find_spec("playwright") is None:
            return self._failed(request, validators, f"the extra `browser` is not installed: {INSTALL}.")
        if not self._turn.acquire(blocking=False):
            return FetchResult(
                request=request,
                outcome=Outcome.DEFERRED,
                detail="Another page is being rendered.",
                validators=validators,
                retry_after=BUSY,
            )
        try:
            plain = Validators(moved_to=validators.moved_to)
            result = self._web.fetch(replace(request, conditional=False), plain, under_way=under_way)
            kept = replace(validators, moved_to=result.validators.moved_to)
            response = result.response
            if response is None:
                return replace(result, request=request, validators=kept)
            kind = response.headers.get("content-type", "text/html").partition(";")[0].strip().lower()
            if kind not in _HTML:
                return replace(result, request=request)
            return self._rendered(request, kept, result, response)
        finally:
            self._turn.release()

    def _rendered(
        self, request: Request, validators: Validators, fetched: FetchResult, response: Response
    ) -> FetchResult:
        started = self._clock()
        visit = Visit(self._assets, response.url, self._settings)
        url, body, why = self._render(visit, response)
        elapsed = fetched.elapsed + (self._clock() - started)
        received = fetched.bytes_received + visit.received
        if body is None:
            return replace(self._failed(request, validators, why), bytes_received=received, elapsed=elapsed)
        body_hash = hashlib.sha256(body).hexdigest()
        rendered = replace(
            response, request=request, url=url, headers={"content-type": "text/html; charset=utf-8"}, body=body
        )
        return replace(
            fetched,
            request=request,
            response=rendered,
            validators=Validators(body_hash=body_hash, moved_to=validators.moved_to),
            same_body=request.conditional and body_hash == validators.body_hash,
            bytes_received=received,
            elapsed=elapsed,
        )

    def _render(self, visit: Visit, response: Response) -> tuple[str, bytes | None, str]:
        """Return the final URL and the rendered page; without a page, why there is none."""
        settings = self._settings
        with TemporaryDirectory(prefix="listener-browser-", ignore_cleanup_errors=True) as folder:
            process = subprocess.Popen(
                [sys.executable, "-m", "listener.browser.child"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env=_environment(folder), cwd=folder, start_new_session=True,
            )  # fmt: skip
            watchdog = Watchdog(process, settings.seconds, settings.memory_limit)
            try:
                job = {
                    "url": response.url, "limit": settings.body_limit, "seconds": settings.seconds * OWN_PART,
                    "type": response.headers.get("content-type", "text/html"),
                }  # fmt: skip
                head, body = self._conversation(process, visit, job, response.body)
            except (BrokenOff, OSError) as error:
                head, body = {"failed": watchdog.reason or "crashed", "detail": str(error)}, b""
            finally:
                watchdog.stop()
                for pipe in (process.stdin, process.stdout):
                    _close(pipe)
        if "done" in head:
            return str(head["done"]), body, ""
        told = _WHY.get(str(head.get("failed")), _WHY["crashed"])
        return response.url, None, told.format(settings=settings, detail=head.get("detail", ""))

    def _conversation(
        self, process: subprocess.Popen[bytes], visit: Visit, job: dict[str, object], body: bytes
    ) -> tuple[dict[str, object], bytes]:
        """Answer what the page asks for until it is done. Raises BrokenOff and OSError."""
        to_child, from_child = cast("BinaryIO", process.stdin), cast("BinaryIO", process.stdout)
        write_message(to_child, job, body)
        while True:
            head, sent = read_message(from_child.read, self._settings.body_limit * 4)
            if "ask" not in head:
                return head, sent
            write_message(to_child, *visit.answer(head, sent))

    def _failed(self, request: Request, validators: Validators, why: str) -> FetchResult:
        return FetchResult(
            request=request, outcome=Outcome.RENDER, detail=f"The page can't be rendered: {why}", validators=validators
        )


def find_chromium() -> str | None:
    """Return the path of the system's Chromium; None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def _environment(folder: str) -> Mapping[str, str]:
    """Return what the browser's process may know: where programs are, and a folder; none of this one's secrets."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "HOME": folder,
        "TMPDIR": folder,
        "LANG": "C.UTF-8",
    }


def _close(pipe: object) -> None:
    """Close a pipe to a process that has ended; what is left in it has no reader."""
    with suppress(OSError):
        cast("BinaryIO", pipe).close()
