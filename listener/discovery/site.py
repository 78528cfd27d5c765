"""Finds the pages of a site worth watching: pricing, FAQ, status, blog and home page.

Goes from cheap to dear, and stops for each kind with the first page that can be read as what it was taken for: links
of the first page, then what the site lists for programs (sitemaps), then the usual paths. Requests are bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, TypeAlias
from urllib.parse import urljoin, urlsplit

import msgspec

from listener.discovery import PLANS_WANTED, QUESTIONS_WANTED, Ask, Candidate, NothingFound, named_feeds
from listener.discovery.sitemap import maps_in_robots, read_sitemap
from listener.discovery.walk import Walk, facts_at, links_of, prices_of
from listener.discovery.words import KINDS, PageKind, score_address, score_label, usual_paths
from listener.facts import PageFacts
from listener.fetch import ADVICE
from listener.html import parse
from listener.pages.forms import form_of
from listener.pages.notices import BY_SCRIPT, in_words
from listener.pages.response import markup_of
from listener.parts import FindsScraper
from listener.types import Request, Response
from listener.urls import canonical, host_of

#: Of one site, robots.txt for politeness' sake not counted: that is asked anyway.
REQUESTS_LIMIT = 30
#: Pages tried for each kind at each step.
TRIED_LIMIT = 3
#: Sitemaps of one site that are looked at.
MAPS_LIMIT = 4
#: From this score on, one price makes a page one of prices.
SURE_SCORE = 8
_ON_FRONT_PAGE = 2
#: Where status pages of others live.
_STATUS_HOSTS = (".statuspage.io", ".instatus.com", ".betteruptime.com", ".status.io", ".hund.io", ".statuspal.io")
_STATUS_WORDS = ("operational", "incident", "uptime", "outage", "degraded", "betriebsbereit", "maintenance")
#: Parts of the names of sitemaps that hold what is looked for, and of those that don't.
_MAP_OF_PAGES = ("page", "main", "site", "static", "general", "marketing")
_MAP_OF_OTHERS = ("post", "product", "tag", "categor", "author", "image", "video", "news", "user", "event")

FoundKind: TypeAlias = PageKind | Literal["landing"]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A page that is worth watching, and the source that would watch it."""

    kind: FoundKind
    candidate: Candidate
    #: What led to it.
    why: str
    #: What was read there.
    reads: str


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """What was found on a site."""

    url: str
    found: tuple[Found, ...]
    #: What was looked for and not found.
    missing: tuple[PageKind, ...]
    #: Pages that looked right and could not be read, a sentence each; what kept the search from going on.
    notes: tuple[str, ...]
    requests: int


class _Lead(msgspec.Struct, frozen=True, kw_only=True):
    url: str
    score: int
    why: str


def explore(
    url: str,
    ask: Ask,
    scrapers: FindsScraper,
    *,
    limit: int = REQUESTS_LIMIT,
    tell: Callable[[str], None] = lambda _: None,
) -> Site:
    """Find the pages of the site at `url` that are worth watching, in at most `limit` requests.

    `tell` hears each address before it is asked. Raises NothingFound where the first page can't be read.
    """
    walk = Walk(ask, scrapers, limit, tell)
    start = walk.get(url)
    if start is None:
        raise NothingFound(f"{url} can't be read: {walk.why_not(url)} {ADVICE[walk.once.results[url].outcome]}")
    search = _Search(walk, start)
    for leads in (search.from_links, search.from_sitemaps, search.from_usual_places):
        wanted = search.missing()
        if wanted:
            search.follow(leads(wanted))
    found = search.told()
    return Site(
        url=start.url,
        found=tuple(found),
        missing=tuple(search.missing()),
        notes=tuple(dict.fromkeys(walk.notes)),
        requests=walk.requests,
    )


class _Search(msgspec.Struct):
    """What is known of a site by now."""

    walk: Walk
    start: Response
    found: dict[PageKind, Found] = msgspec.field(default_factory=dict)
    front: PageFacts | None = None
    lang: str | None = None
    #: Addresses that were tried for a kind.
    _tried: set[tuple[PageKind, str]] = msgspec.field(default_factory=set)

    def __post_init__(self) -> None:
        self.front = facts_at(self.start)
        self.lang = self.front.lang if self.front is not None else None

    def missing(self) -> list[PageKind]:
        """Return what is still looked for."""
        return [kind for kind in KINDS if kind not in self.found]

    def from_links(self, wanted: Sequence[PageKind]) -> Iterator[tuple[PageKind, _Lead]]:
        """Yield where the links of the first page lead, that page itself included, and the feeds that it names."""
        url = self.start.url
        markup = markup_of(self.start)
        if form_of(markup) != "html":
            return
        page = parse(markup)
        links = list(links_of(page, url))
        for kind in wanted:
            score = score_address(url, kind, self.lang)
            if score:
                yield kind, _Lead(url=url, score=20 + score, why="the page that was named")
            for address, text in links:
                lead = self._lead_of_link(kind, address, text)
                if lead is not None:
                    yield kind, lead
        if "blog" in wanted:
            for feed in list(named_feeds(page, url, host_of(url)))[:1]:
                yield "blog", _Lead(url=feed.url, score=SURE_SCORE, why="a feed that the first page names")

    def _lead_of_link(self, kind: PageKind, address: str, text: str) -> _Lead | None:
        named, labelled = score_address(address, kind, self.lang), score_label(text, kind)
        if not self._belongs(address):
            elsewhere = kind == "status" and (named or host_of(address).endswith(_STATUS_HOSTS))
            if not (elsewhere or (kind in ("faq", "blog") and labelled == 10)):
                return None
            named = max(named, 6)
        score = max(named, labelled) + min(named, labelled) // 4
        if not score:
            return None
        told = f'linked as "{text[:40]}"' if text else "linked from the first page"
        return _Lead(url=address, score=score + _ON_FRONT_PAGE, why=told)

    def from_sitemaps(self, wanted: Sequence[PageKind]) -> Iterator[tuple[PageKind, _Lead]]:
        """Yield what robots.txt's and the usual sitemap list."""
        root = urljoin(self.start.url, "/")
        robots = self.walk.once(Request(url=urljoin(root, "robots.txt")))
        named = maps_in_robots(markup_of(robots.response), root) if robots.response is not None else ()
        maps = [*named, urljoin(root, "sitemap.xml")] if not named else list(named)
        done: set[str] = set()
        while maps and len(done) < MAPS_LIMIT:
            maps.sort(key=_promise)
            address = maps.pop(0)
            if address in done or not self._belongs(address):
                continue
            done.add(address)
            result = self.walk.once(Request(url=address))
            if result.response is None:
                continue
            sitemap = read_sitemap(result.response.body, result.response.url)
            maps += sitemap.maps
            for page in sitemap.pages:
                for kind in wanted:
                    score = score_address(page, kind, self.lang) if self._belongs(page) else 0
                    if score >= SURE_SCORE // 2:
                        yield kind, _Lead(url=page, score=score, why=f"listed in {urlsplit(address).path}")

    def from_usual_places(self, wanted: Sequence[PageKind]) -> Iterator[tuple[PageKind, _Lead]]:
        """Yield the addresses that such pages usually have."""
        host = urlsplit(self.start.url).hostname or ""
        for kind in wanted:
            for rank, path in enumerate(usual_paths(kind, self.lang)):
                yield kind, _Lead(url=urljoin(self.start.url, path), score=SURE_SCORE - rank, why="at the usual place")
            if kind == "status" and not host.replace(".", "").isdigit() and ":" not in host and "." in host:
                own = f"https://status.{host.removeprefix('www.')}/"
                yield kind, _Lead(url=own, score=SURE_SCORE + 1, why="at the usual place")

    def follow(self, leads: Iterator[tuple[PageKind, _Lead]]) -> None:
        """Try leads, for each kind the likeliest first, until one holds."""
        by_kind: dict[PageKind, dict[str, _Lead]] = {}
        for kind, lead in leads:
            same = by_kind.setdefault(kind, {})
            key = canonical(lead.url)
            if key not in same or same[key].score < lead.score:
                same[key] = lead
        for kind in KINDS:
            ordered = sorted(by_kind.get(kind, {}).items(), key=lambda pair: (-pair[1].score, len(pair[1].url)))
            fresh = [(key, lead) for key, lead in ordered if (kind, key) not in self._tried]
            for key, lead in fresh[:TRIED_LIMIT]:
                self._tried.add((kind, key))
                found = self._checked(kind, lead)
                if found is not None:
                    self.found[kind] = found
                    break

    def told(self) -> list[Found]:
        """Return what was found in the order of the kinds, a page that is two things once, and the front page."""
        found = [self.found[kind] for kind in KINDS if kind in self.found]
        front = self._front_page([one.candidate.url for one in found])
        return found if front is None else [*found, front]

    def _front_page(self, taken: Sequence[str]) -> Found | None:
        facts = self.front
        if facts is None or facts.trouble or not facts.copy or self.start.url in taken:
            return None
        also = []
        told = [f"{len(facts.copy)} pieces of copy"]
        if "pricing" not in self.found and prices_of(facts) >= PLANS_WANTED:
            also.append("pricing")
            told.append(f"{prices_of(facts)} prices")
        if "faq" not in self.found and len(facts.questions) >= QUESTIONS_WANTED:
            also.append("faq")
            told.append(f"{len(facts.questions)} questions")
        candidate = self._candidate(self.start.url, "landing", {"also": also} if also else {})
        return Found(kind="landing", candidate=candidate, why="the page that was named", reads=", ".join(told))

    def _checked(self, kind: PageKind, lead: _Lead) -> Found | None:
        """Return what a lead leads to, if it is what it was taken for."""
        response = self.walk.get(lead.url)
        if response is None or not self._fits(lead.url, response.url):
            return None
        if kind == "blog":
            return self._feed(lead, response)
        if kind == "status":
            return self._status(lead, response)
        facts = facts_at(response)
        if facts is None or facts.trouble:
            if facts is None or lead.score < SURE_SCORE:
                return None
            if facts.trouble in BY_SCRIPT:
                return self._page(kind, lead, response, "filled in by a script", {"render": True})
            self.walk.notes.append(f"{lead.url}: {in_words(facts.trouble or '')}.")
            return None
        prices, questions = prices_of(facts), len(facts.questions)
        enough = prices >= (1 if lead.score >= SURE_SCORE else PLANS_WANTED)
        if kind == "pricing" and enough:
            also = ["faq"] if questions >= QUESTIONS_WANTED else []
            reads = f"{prices} price{'s' * (prices > 1)}" + (f", {questions} questions" if also else "")
            return self._page(kind, lead, response, reads, {"also": also} if also else {})
        if kind == "faq" and questions >= QUESTIONS_WANTED:
            return self._page(kind, lead, response, f"{questions} questions", {})
        return None

    def _page(self, kind: PageKind, lead: _Lead, response: Response, reads: str, options: dict[str, Any]) -> Found:
        candidate = self._candidate(response.url, kind, options)
        return Found(kind=kind, candidate=candidate, why=lead.why, reads=reads)

    def _feed(self, lead: _Lead, response: Response) -> Found | None:
        """Return the feed that an answer is or names, or one at a usual place below a blog."""
        url, markup = response.url, markup_of(response)
        if form_of(markup) != "html":
            feeds = [url]
        else:
            feeds = [one.url for one in named_feeds(parse(markup), url, host_of(url))][:2]
            feeds = feeds or [f"{url.rstrip('/')}/{name}" for name in ("feed", "rss.xml")]
        for address in feeds:
            candidate = self._candidate(address, "blog", {}, scraper="feed")
            items = self.walk.readable(candidate)
            if items:
                told = lead.why if address == lead.url else f"{lead.why}: {urlsplit(url).path or '/'}"
                return Found(
                    kind="blog",
                    candidate=candidate,
                    why=told,
                    reads=f"a feed, {items} entr{'y' if items == 1 else 'ies'}",
                )
        return None

    def _status(self, lead: _Lead, response: Response) -> Found | None:
        """Return the feed of incidents that a status page names, or else the page itself."""
        url, markup = response.url, markup_of(response)
        feeds = []
        if form_of(markup) == "html":
            feeds = [one.url for one in named_feeds(parse(markup), url, host_of(url))][:2]
            text = markup.lower()
            if not any(word in text for word in _STATUS_WORDS):
                return None
        for address in (*feeds, url):
            candidate = self._candidate(address, "status", {})
            incidents = self.walk.readable(candidate)
            if incidents is not None:
                told = f"{incidents} incident{'s' * (incidents != 1)}"
                return Found(kind="status", candidate=candidate, why=lead.why, reads=told)
        return None

    def _candidate(self, url: str, kind: FoundKind, options: dict[str, Any], scraper: str = "") -> Candidate:
        host = host_of(self.start.url).removeprefix("www.")
        return Candidate(url=url, scraper=scraper or kind, name=f"{host}-{kind}", what=kind, options=options)

    def _belongs(self, address: str) -> bool:
        """Whether an address is on the site: its host, one below it, or the one above it."""
        ours = urlsplit(self.start.url).netloc.lower().removeprefix("www.")
        theirs = urlsplit(address).netloc.lower().removeprefix("www.")
        above = "." in theirs and not theirs.replace(".", "").isdigit() and ours.endswith(f".{theirs}")
        return ours == theirs or theirs.endswith(f".{ours}") or above

    def _fits(self, asked: str, got: str) -> bool:
        """Whether an answer comes from where it was asked, and not from the front page instead."""
        same = canonical(got) == canonical(self.start.url)
        return not same or canonical(asked) == canonical(self.start.url)


def _promise(address: str) -> tuple[int, int]:
    """Return a key that sorts sitemaps: those of pages first, those of articles and goods last."""
    name = urlsplit(address).path.lower().rsplit("/", 1)[-1]
    rank = 2 if any(word in name for word in _MAP_OF_OTHERS) else 1
    return (
        0 if rank == 1 and any(word in name.replace("sitemap", "") for word in _MAP_OF_PAGES) else rank,
        len(address),
    )
