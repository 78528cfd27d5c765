"""One-off requests for a person waiting at the terminal, outside any source's schedule."""

from __future__ import annotations

from listener.routing import Adapter
from listener.types import FetchResult, Request, Validators


class OneOffRequests:
    """Fetches URLs one after another, as one poll does: from the second on it waits for the host's turn."""

    def __init__(self, web: Adapter) -> None:
        self._web = web
        self._count = 0

    def __call__(self, request: Request) -> FetchResult:
        """Fetch without validators, and return how the request ended."""
        self._count += 1
        return self._web.fetch(request, Validators(), under_way=self._count > 1)
