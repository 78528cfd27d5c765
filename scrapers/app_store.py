"""App Store: customer reviews of an app, by country.

Format: the customer reviews feed at https://itunes.apple.com/us/rss/customerreviews/id=.../sortby=mostrecent/json, in
its two forms; https://rss.marketingtools.apple.com/ is where Apple documents its feeds. A page holds 50 reviews, and
there are ten pages at most. Stars are 1 to 5. `url` is the app's page in the store, as a browser shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any
from xml.etree import ElementTree

import msgspec

from listener.errors import ParseError
from listener.fields import Fields, read_json
from listener.html import decode
from listener.types import Item, Parsed, Request, Response, Source
from listener.urls import absolute

_APP = re.compile(r"/id=?(\d{3,20})\b", re.ASCII)
_COUNTRY_IN_URL = re.compile(r"apple\.com/([a-z]{2})/", re.ASCII)
_ASKED = re.compile(r"/([a-z]{2})/rss/customerreviews/page=(\d{1,2})/", re.ASCII)
_PAGE = re.compile(r"/page=(\d{1,2})/", re.ASCII)
_DECLARATION = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ATOM = "{http://www.w3.org/2005/Atom}"
_APPLE = "{http://itunes.apple.com/rss}"
#: Apple answers with an error beyond.
_LAST_PAGE = 10
_STARS = 5.0

Country = Annotated[str, msgspec.Meta(pattern="^[a-z]{2}$")]


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of an app's reviews in the settings."""

    #: Countries of the stores to read, ISO 3166 in lower case. Default: the one in the URL, else "us".
    countries: Annotated[tuple[Country, ...], msgspec.Meta(max_length=20)] = ()
    #: Maximum pages (of 50 reviews) per country and poll.
    pages: Annotated[int, msgspec.Meta(ge=1, le=_LAST_PAGE)] = 2


class AppStore:
    """Reads reviews of an app."""

    name = "app-store"
    version = 1
    Options = Options

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        """Ask for the newest reviews of each country."""
        app = _APP.search(source.url)
        named = _COUNTRY_IN_URL.search(source.url)
        # An address without an app's number is asked as it is, so that the failure says what answers there.
        if app is None:
            yield Request(url=source.url)
            return
        for country in _options(source).countries or (named[1] if named else "us",):
            yield _request(app[1], country, 1)

    def parse(self, response: Response, source: Source) -> Parsed:
        """Read a page of reviews, as JSON or Atom. Raises ParseError."""
        asked = _ASKED.search(response.request.url)
        country, page = (asked[1], int(asked[2])) if asked else ("us", 1)
        if response.body[:200].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            items, last = _of_atom(response, country)
        else:
            items, last = _of_json(response, country)
        app = _APP.search(response.request.url)
        older = (_request(app[1], country, page + 1),) if app is not None and items and page < last else ()
        return Parsed(items=tuple(items), more=older if page < _options(source).pages else (), older=older)


def _options(source: Source) -> Options:
    return source.options if isinstance(source.options, Options) else Options()


def _request(app: str, country: str, page: int) -> Request:
    url = f"https://itunes.apple.com/{country}/rss/customerreviews/page={page}/id={app}/sortby=mostrecent/json"
    # A feed that Apple publishes to be polled; robots.txt of that host speaks of the shop's pages.
    return Request(url=url, robots=False)


def _of_json(response: Response, country: str) -> tuple[list[Item], int]:
    feed = read_json(response).within("feed")
    if "link" not in feed and "entry" not in feed:
        raise ParseError("other JSON instead of an app's reviews: it has no feed")
    # A single review comes as an object, not as a list of one.
    single = feed.within("entry")
    entries: Iterator[Fields] = feed.each("entry") if single.is_list() else iter([single])
    links = {link.raw("attributes", "rel"): link.raw("attributes", "href") for link in feed.each("link")}
    items = []
    for entry in entries:
        # The app itself stands before its reviews in older answers; it has no rating.
        if "im:rating" not in entry:
            continue
        items.append(
            Item(
                title=entry.line("title", "label"),
                text=entry.text("content", "label"),
                url=absolute(entry.raw("link", "attributes", "href")),
                guid=entry.raw("id", "label") or None,
                author=entry.line("author", "name", "label")[:200] or None,
                published=entry.moment("updated", "label"),
                kind="review",
                rating=_in_scale(entry.number("im:rating", "label")),
                rating_max=_STARS,
                metrics=_votes(entry.number("im:voteCount", "label"), entry.number("im:voteSum", "label")),
                segment=_segment(country, entry.line("im:version", "label")),
            )
        )
    return [item for item in items if item.title or item.text], _page_in(links.get("last", ""))


def _of_atom(response: Response, country: str) -> tuple[list[Item], int]:
    text = decode(response.body, charset="utf-8").lstrip("\ufeff \t\r\n")
    if _DECLARATION.search(text):
        raise ParseError("a document with declarations of its own instead of an app's reviews")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - without declarations there is nothing to expand
    except (ElementTree.ParseError, ValueError) as error:
        raise ParseError(f"neither valid JSON nor valid XML instead of an app's reviews: {error}") from error
    if root.tag != _ATOM + "feed":
        raise ParseError(f"other XML instead of an app's reviews: {root.tag[:80]}")
    items = [
        _entry(entry, country) for entry in root.iter(_ATOM + "entry") if entry.find(_APPLE + "rating") is not None
    ]
    links = {link.get("rel"): link.get("href", "") for link in root.findall(_ATOM + "link")}
    return [item for item in items if item.title or item.text], _page_in(links.get("last", ""))


def _entry(entry: ElementTree.Element, country: str) -> Item:
    # What `Fields` does for JSON holds for words of XML, too.
    words = Fields(
        {
            child.tag.rpartition("}")[2]: child.text
            for child in entry
            if child.tag != _ATOM + "content" or child.get("type") == "text"
        }
    )
    link = entry.find(_ATOM + "link")
    return Item(
        title=words.line("title"),
        text=words.text("content"),
        url=absolute(link.get("href") if link is not None else None),
        guid=words.raw("id") or None,
        author=Fields(entry.findtext(f"{_ATOM}author/{_ATOM}name")).line()[:200] or None,
        published=words.moment("updated"),
        kind="review",
        rating=_in_scale(words.number("rating")),
        rating_max=_STARS,
        metrics=_votes(words.number("voteCount"), words.number("voteSum")),
        segment=_segment(country, words.line("version")),
    )


def _in_scale(stars: float | None) -> float | None:
    return stars if stars is not None and 1 <= stars <= _STARS else None


def _votes(count: float | None, helpful: float | None) -> dict[str, float]:
    found = {"votes": count, "helpful": helpful}
    return {name: number for name, number in found.items() if number is not None and number >= 0}


def _segment(country: str, version: str) -> dict[str, str]:
    return {"country": country, "version": version[:50]} if version else {"country": country}


def _page_in(address: str) -> int:
    found = _PAGE.search(address)
    return int(found[1]) if found else 1


scraper = AppStore()
