"""Fetches pages of a site one after another: each once, up to a limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from msgspec.structs import replace

from listener.discovery import Ask, Candidate, Once, read
from listener.errors import ParseError
from listener.facts import PageFacts
from listener.html import Element
from listener.pages.facts import ALL
from listener.pages.forms import form_of
from listener.pages.response import HEADERS, facts_of, markup_of
from listener.parts import FindsScraper
from listener.types import FetchResult, Outcome, Request, Response
from listener.urls import absolute

#: Links of one page that are looked at.
LINKS_LIMIT = 3_000
#: After these a host is left alone.
_ENOUGH = frozenset({Outcome.RATE_LIMITED, Outcome.DEFERRED})


class Walk:
    """Asks, each address once and no more than so many; a host that wants to be left alone is left alone."""

    def __init__(self, ask: Ask, scrapers: FindsScraper, limit: int, tell: Callable[[str], None]) -> None:
        self.scrapers = scrapers
        self.once = Once(self._asked)
        self.requests = 0
        self.notes: list[str] = []
        self._ask = ask
        self._limit = limit
        self._tell = tell
        self._alone: set[str] = set()

    def get(self, url: str) -> Response | None:
        """Return what a page answers; None where that is nothing, which is noted unless it simply isn't there."""
        result = self.once(Request(url=url, headers=HEADERS))
        if result.response is None and result.outcome not in (Outcome.NOT_FOUND, Outcome.GONE, Outcome.DNS):
            self.notes.append(f"{url}: {result.detail or result.outcome.value}")
        return result.response

    def readable(self, candidate: Candidate) -> int | None:
        """Return how much a source would bring now, in items; None where it can't be read as that."""
        parsed = read(candidate, self.once, self.scrapers)
        return None if parsed is None else len(parsed.items)

    def why_not(self, url: str) -> str:
        """Return why a page could not be had."""
        result = self.once.results[url]
        return result.detail or result.outcome.value

    def _asked(self, request: Request) -> FetchResult:
        host = urlsplit(request.url).netloc
        if host in self._alone:
            return FetchResult(request=request, outcome=Outcome.DEFERRED, detail=f"{host} must not be contacted now.")
        if self.requests >= self._limit:
            self.notes.append(f"The search ended after {self.requests} requests.")
            return FetchResult(request=request, outcome=Outcome.DEFERRED, detail="not requested any more.")
        self._tell(request.url)
        self.requests += 1
        result = self._ask(replace(request, robots=True))
        if result.outcome in _ENOUGH:
            self._alone.add(host)
        return result


def facts_at(response: Response) -> PageFacts | None:
    """Return the facts of a page; None for what is no page, or none that a person could have written."""
    if form_of(markup_of(response)) != "html":
        return None
    try:
        return facts_of(response, ALL)
    except ParseError:
        return None


def prices_of(facts: PageFacts) -> int:
    """Return how many prices a page has, "contact us" among them."""
    return sum(plan.price is not None or plan.contact for plan in facts.plans)


def links_of(page: Element, url: str) -> Iterator[tuple[str, str]]:
    """Yield where the links of a page lead, and their texts."""
    base = page.select_one("base[href]")
    root = absolute(base.attr("href"), url) if base is not None else None
    for link in page.select("a[href]")[:LINKS_LIMIT]:
        href = (link.attr("href") or "").partition("#")[0].strip()
        there = absolute(href, root or url) if href else None
        if there is not None:
            yield there, " ".join((link.text or link.attr("aria-label") or link.attr("title") or "").split())[:100]
