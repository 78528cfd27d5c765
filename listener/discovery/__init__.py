"""Detects what a URL is, and the source settings for it: a feed, a page with feeds, a forum, an app, a pricing page.

Looks at the address first, then at one answer; asks for more only where that answer leads on. What was fetched once is
not asked for again. Candidates are tried before they are believed: each is read by the scraper that would read it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import msgspec
from msgspec.structs import replace

from listener.errors import ListenerError, ParseError
from listener.fetch import ADVICE
from listener.html import Element, decode, parse
from listener.html.charset import header_charset
from listener.pages.facts import read_facts
from listener.pages.forms import form_of
from listener.parts import FindsScraper
from listener.types import EMPTY, FetchResult, Outcome, Parsed, Request, Response, Scraper, Source
from listener.urls import absolute, host_of

#: Feeds that a page names, tried until one can be read.
CANDIDATES_TRIED = 4
#: Where feeds are when a page doesn't say, most usual first.
USUAL_PATHS = ("/feed", "/rss.xml", "/atom.xml", "/feed.xml", "/rss", "/index.xml")
#: Of one page; more `link` elements than that are no list of feeds.
LINKS_LIMIT = 50
#: A page is one of prices with so many, one of answers with so many questions.
PLANS_WANTED, QUESTIONS_WANTED = 2, 3

_ACCEPT = "text/html, application/atom+xml, application/rss+xml, application/feed+json, application/json, */*;q=0.5"
_SUBREDDIT = re.compile(r"https?://(?:[a-z-]+\.)?reddit\.com/r/([A-Za-z0-9_]{2,30})/?(?:(?:new|hot|top)/?)?(?:\?.*)?")
_APP = re.compile(r"https?://(?:apps|itunes)\.apple\.com/(?:([a-z]{2})/)?app/(?:[^/?#]+/)?id(\d{3,20})")
_CHANNEL = re.compile(r"https?://(?:www\.|m\.)?youtube\.com/channel/(UC[A-Za-z0-9_-]{22})")
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
_COMMENTS = re.compile(r"comment|kommentar|commentaire|comentario", re.IGNORECASE)
_PRICES = re.compile(r"pric|plans?\b|preis|tarif|precio|prezz|cost", re.IGNORECASE)
_ANSWERS = re.compile(r"faq|questions|fragen|preguntas|domande", re.IGNORECASE)
#: What fields of JSON lists are called, the most usual first.
_FIELDS = {
    "title": ("title", "name", "headline", "subject"),
    "text": ("text", "body", "content", "description", "message", "summary", "excerpt"),
    "link": ("url", "link", "html_url", "permalink", "href"),
    "date": ("published_at", "published", "date", "created_at", "created", "pubDate", "time", "timestamp"),
    "author": ("author", "author_name", "username", "user"),
    "id": ("id", "guid", "uuid", "_id"),
}

Ask = Callable[[Request], FetchResult]


class NothingFound(ListenerError):
    """A URL can't be listened to. The message says why, and what to do."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A source that might be meant."""

    url: str
    scraper: str = "feed"
    #: Proposed name, to be made a key.
    name: str = ""
    #: What it is, in words: "a feed that the page names".
    what: str = "a feed"
    title: str = ""
    #: The scraper's options, as they would stand in the settings.
    options: Mapping[str, Any] = EMPTY

    def source(self, scraper: Scraper | None = None) -> Source:
        """Return the source that would be polled, by `scraper` where it has options."""
        options = None
        if self.options and scraper is not None and scraper.Options is not None:
            options = msgspec.convert(dict(self.options), scraper.Options)
        return Source(name=self.name or "new", scraper=self.scraper, url=self.url, options=options)


class Discovery(msgspec.Struct, frozen=True, kw_only=True):
    """What was found: a candidate that can be read, and what else there was."""

    chosen: Candidate
    parsed: Parsed
    others: tuple[Candidate, ...] = ()


class Once:
    """Asks for each URL once; the answer serves all who ask again."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self.results: dict[str, FetchResult] = {}

    def __call__(self, request: Request) -> FetchResult:
        """Return the result of asking for the request's URL, now or before. By its final URL it is known, too."""
        result = self.results.get(request.url)
        if result is None:
            result = self.results[request.url] = self._ask(request)
            if result.response is not None:
                self.results.setdefault(result.response.url, result)
        return result


def discover(url: str, ask: Ask, scrapers: FindsScraper, names: Collection[str]) -> Discovery:
    """Find out what is at `url`. `names` are the scrapers that there are. Raises NothingFound."""
    once = Once(ask)
    known = by_address(url, names)
    if known is not None:
        parsed = read(known, once, scrapers)
        if parsed is None:
            raise NothingFound(f"{url} looks like {known.what}, but {_why(once, known)}")
        return Discovery(chosen=known, parsed=parsed)
    result = once(Request(url=url, headers={"Accept": _ACCEPT}))
    if result.response is None:
        raise NothingFound(f"{url} can't be read: {result.detail or result.outcome.value} {ADVICE[result.outcome]}")
    found = list(in_response(result.response, names))
    for number, candidate in enumerate(found[:CANDIDATES_TRIED]):
        parsed = read(candidate, once, scrapers)
        if parsed is not None:
            return Discovery(chosen=candidate, parsed=parsed, others=(*found[:number], *found[number + 1 :]))
    if found:
        raise NothingFound(f"{url} names {found[0].what} at {found[0].url}, but {_why(once, found[0])}")
    return _guessed(result.response, once, scrapers)


def read(candidate: Candidate, once: Once, scrapers: FindsScraper) -> Parsed | None:
    """Read what a candidate's first request brings; None where that fails or is nothing of the kind."""
    scraper = scrapers.get(candidate.scraper)
    source = candidate.source(scraper)
    request = next(iter(scraper.requests(source, {})), None)
    if request is None:
        return None
    result = once(request)
    if result.response is None:
        return None
    try:
        return scraper.parse(replace(result.response, request=request), source)
    except ParseError:
        return None


def by_address(url: str, names: Collection[str]) -> Candidate | None:
    """Recognise what an address alone gives away: a subreddit, an app in the App Store, a channel of YouTube."""
    if found := _SUBREDDIT.fullmatch(url):
        feed = f"https://www.reddit.com/r/{found[1]}/new/.rss"
        return Candidate(url=feed, name=f"reddit-{found[1]}", what="a subreddit")
    if found := _APP.match(url):
        what, name = "an app in the App Store", f"app-store-{found[2]}"
        if "app-store" in names:
            return Candidate(url=url, scraper="app-store", name=name, what=what)
        country = found[1] or "us"
        feed = f"https://itunes.apple.com/{country}/rss/customerreviews/id={found[2]}/sortby=mostrecent/xml"
        return Candidate(url=feed, name=name, what=what)
    if found := _CHANNEL.match(url):
        feed = f"https://www.youtube.com/feeds/videos.xml?channel_id={found[1]}"
        return Candidate(url=feed, name=f"youtube-{found[1][-8:]}", what="a channel of YouTube")
    return None


def in_response(response: Response, names: Collection[str]) -> Iterator[Candidate]:
    """Yield the sources that an answer is or names, the likeliest first."""
    text = decode(response.body, charset=header_charset(response.headers.get("content-type")))
    text = text.lstrip("\ufeff \t\r\n\0")
    host = host_of(response.url)
    form = form_of(text)
    if form == "json":
        yield from _in_json(text, response.url, names)
    elif form == "feed":
        if re.match(r"<opml|<\?xml[^>]*>\s*(?:<!--.{0,2000}?-->\s*)?<opml", text[:4000], re.IGNORECASE | re.DOTALL):
            raise NothingFound(f"{response.url} is an OPML list of feeds. Save it and use: listener import FILE")
        yield from _feed(response.url, host)
    else:
        yield from _in_page(text, response.url, host, names)


def _feed(url: str, host: str) -> Iterator[Candidate]:
    if host.startswith("status.") or re.search(r"/history\.(?:atom|rss)\b", url):
        yield Candidate(url=url, scraper="status", name=host, what="the feed of a status page")
    yield Candidate(url=url, name=host)


def _in_json(text: str, url: str, names: Collection[str]) -> Iterator[Candidate]:
    host = host_of(url)
    try:
        document: Any = json.loads(text)
    except (ValueError, RecursionError):
        raise NothingFound(f"{url} answers with JSON that breaks off or isn't any.") from None
    if isinstance(document, dict):
        if "jsonfeed.org" in str(document.get("version", "")):
            yield Candidate(url=url, name=host)
            return
        if "topic_list" in document:
            yield _discourse(url, host, names)
            return
        if "incidents" in document:
            yield Candidate(url=url, scraper="status", name=host, what="the JSON of a status page")
            return
    found = _records(document)
    if found is None:
        raise NothingFound(f"{url} answers with JSON that is neither a feed nor a list.")
    if "list" not in names:
        raise NothingFound(f"{url} is a JSON list, and there is no scraper for it. See docs/write-a-scraper.md.")
    yield Candidate(url=url, scraper="list", name=host, what="a JSON list", options=_list_options(*found))


def _records(document: object) -> tuple[str, dict[str, Any]] | None:
    """Return where in a JSON document a list of objects is, and its first one."""
    places = {".": document} if isinstance(document, list) else document if isinstance(document, dict) else {}
    for name, one in places.items():
        if isinstance(one, list) and one and isinstance(one[0], dict):
            return str(name), one[0]
    return None


def _list_options(path: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Guess which field of an entry is what, by its usual names."""
    options: dict[str, Any] = {"item": path, "form": "json"}
    for option, usual in _FIELDS.items():
        name = next((name for name in usual if isinstance(entry.get(name), str | int) and entry[name] != ""), None)
        if name is not None:
            options[option] = name
    return options


def _discourse(url: str, host: str, names: Collection[str]) -> Candidate:
    """Return a forum, or the category or tag of it that the address names."""
    what = "a Discourse forum"
    if "discourse" not in names:
        return Candidate(url=urljoin(url, "/latest.rss"), name=host, what=what)
    part = re.match(r"/(?:c|tags?)/[^?#.]+", urlsplit(url).path)
    return Candidate(url=urljoin(url, part[0] if part else "/"), scraper="discourse", name=host, what=what)


def _in_page(text: str, url: str, host: str, names: Collection[str]) -> Iterator[Candidate]:
    page = parse(text)
    path = urlsplit(url).path
    generator = page.select_one('meta[name="generator"]')
    made_by = (generator.attr("content") or "") if generator is not None else ""
    if made_by.lower().startswith("discourse"):
        yield _discourse(url, host, names)
        return
    feeds = list(named_feeds(page, url, host))
    if host.startswith("status.") or "statuspage.io" in text:
        history = [replace(one, scraper="status", what="the feed of a status page") for one in feeds]
        yield from history
        yield Candidate(url=url, scraper="status", name=host, what="a status page")
        return
    about = list(_facts(text, url, host))
    hinted = [one for one in about if (_PRICES if one.scraper == "pricing" else _ANSWERS).search(path)]
    yield from hinted
    yield from feeds
    yield from (one for one in about if one not in hinted)


def named_feeds(page: Element, url: str, host: str) -> Iterator[Candidate]:
    """Yield the feeds that a page names (https://www.rssboard.org/rss-autodiscovery), those of comments last."""
    base = page.select_one("base[href]")
    root = absolute(base.attr("href"), url) if base is not None else None
    found: dict[str, Candidate] = {}
    for link in page.select("link[rel][href]")[:LINKS_LIMIT]:
        kind = (link.attr("type") or "").partition(";")[0].strip().lower()
        if "alternate" not in (link.attr("rel") or "").lower().split() or kind not in _FEED_TYPES:
            continue
        there = absolute(link.attr("href"), root or url)
        if there is not None and there not in found:
            title = " ".join((link.attr("title") or "").split())[:100]
            found[there] = Candidate(url=there, name=host, what="a feed that the page names", title=title)
    yield from sorted(found.values(), key=lambda one: bool(_COMMENTS.search(f"{one.title} {one.url}")))


def _facts(text: str, url: str, host: str) -> Iterator[Candidate]:
    """Yield a page of prices, of questions."""
    try:
        facts = read_facts(text, {"pricing", "faq"})
    except ParseError:
        return
    if facts.trouble:
        return
    if sum(plan.price is not None or plan.contact for plan in facts.plans) >= PLANS_WANTED:
        yield Candidate(url=url, scraper="pricing", name=f"{host}-pricing", what="a page of prices")
    if len(facts.questions) >= QUESTIONS_WANTED:
        yield Candidate(url=url, scraper="faq", name=f"{host}-faq", what="a page of questions and answers")


def _guessed(response: Response, once: Once, scrapers: FindsScraper) -> Discovery:
    """Look where feeds usually are; what has none is a page, to be watched as text."""
    host = host_of(response.url)
    for path in USUAL_PATHS:
        guess = Candidate(url=urljoin(response.url, path), name=host, what=f"a feed at the usual place, {path}")
        parsed = read(guess, once, scrapers)
        if parsed is not None:
            return Discovery(chosen=guess, parsed=parsed)
        if once.results[guess.url].outcome in (Outcome.RATE_LIMITED, Outcome.DEFERRED, Outcome.FORBIDDEN):
            break
    page = Candidate(url=response.url, scraper="page", name=f"{host}-page", what="a page without a feed")
    parsed = read(page, once, scrapers)
    if parsed is None:
        raise NothingFound(f"{response.url} is neither a feed nor a page that can be read.")
    if parsed.facts is not None and parsed.facts.trouble:
        raise NothingFound(f"{response.url} shows no ordinary page ({parsed.facts.trouble}), and no feed was found.")
    return Discovery(chosen=page, parsed=parsed)


def _why(once: Once, candidate: Candidate) -> str:
    """Say why a candidate could not be read."""
    result = once.results.get(candidate.url) or next(reversed(once.results.values()), None)
    if result is not None and result.response is None:
        return f"that can't be read: {result.detail or result.outcome.value}"
    return "what comes from there can't be read."
