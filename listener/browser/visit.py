"""Requests made by the scripts of one page, and which of them are allowed: within limits, and without side effects."""

from __future__ import annotations

import re
from typing import Any, Protocol
from urllib.parse import urlsplit

from listener.types import FetchResult, Request, Validators

#: Headers of a script's request that its server may need; cookies and what tells browsers apart stay behind.
_PASSED = re.compile(r"accept|accept-language|content-type|authorization|api-?key|x-[a-z0-9-]{1,60}", re.IGNORECASE)
_PLAIN = re.compile(r"[\t\x20-\x7e]{0,4000}")
_POST_LIMIT_BYTES = 100_000


class Fetches(Protocol):
    """What a browser needs of a fetcher."""

    def fetch(self, request: Request, validators: Validators, *, under_way: bool) -> FetchResult:
        """Return how the request ended."""
        ...


class Bounds(Protocol):
    """How much one visit may ask for."""

    @property
    def total_limit(self) -> int:
        """Return the bytes of all answers."""
        ...

    @property
    def requests_limit(self) -> int:
        """Return the number of requests."""
        ...


class Visit:
    """The requests of one page while it is rendered."""

    def __init__(self, assets: Fetches, url: str, bounds: Bounds) -> None:
        self.received = 0
        self._assets = assets
        self._host = urlsplit(url).netloc
        self._bounds = bounds
        self._count = 0

    def answer(self, asked: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
        """Return the head and the body that the browser gets; a head without a status refuses."""
        request = self._request(asked, body)
        if request is None:
            return {}, b""
        self._count += 1
        if self._count > self._bounds.requests_limit or self.received > self._bounds.total_limit:
            return {}, b""
        result = self._assets.fetch(request, Validators(), under_way=False)
        self.received += result.bytes_received
        if result.response is None:
            return ({} if result.status is None else {"status": result.status, "headers": {}}), b""
        kind = result.response.headers.get("content-type", "")
        headers = {"content-type": kind} if kind else {}
        return {"status": result.response.status, "headers": headers}, result.response.body

    def _request(self, asked: dict[str, Any], body: bytes) -> Request | None:
        """Return the request to make; None for one that isn't made.

        A POST is made by scripts alone, and to the page's own host: some ask so for what they show (GraphQL).
        """
        url, method = str(asked["ask"]), str(asked["method"])
        if not url.startswith(("http://", "https://")):
            return None
        headers = {
            name: value
            for name, value in asked["headers"].items()
            if _PASSED.fullmatch(name) and isinstance(value, str) and _PLAIN.fullmatch(value)
        }
        if method == "GET":
            return Request(url=url, headers=headers, conditional=False)
        script = asked["type"] in ("xhr", "fetch") and urlsplit(url).netloc == self._host
        if method == "POST" and script and len(body) <= _POST_LIMIT_BYTES:
            return Request(url=url, method="POST", headers=headers, body=body, conditional=False)
        return None
