"""Lists: any site that lists its posts, read by CSS selectors (HTML) or paths (JSON) given in the settings.

Format: selectors as in https://www.w3.org/TR/selectors-4/, followed by `@attribute` for an attribute's value
(`a.title@href`), otherwise the text is used. Paths are names and positions separated by dots (`data.items`,
`author.name`, `links.0.href`). `item` selects the entries; all others apply within each entry.

    [sources.askbot]
    scraper = "list"
    url = "https://ask.example.com/questions"
    item = ".question"
    title = "h2 a"
    date = "time@datetime"
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec

from listener.html import parse
from listener.types import ItemKind, Parsed, Request, Response, Source
from listener.urls import absolute, host_of
from listener_scrapers.list.entries import FIELDS, ITEMS_LIMIT, Reader, item_of
from listener_scrapers.list.markup import markup_of, split_selector
from listener_scrapers.list.records import records_of

_PATH = re.compile(r"[^.]{1,100}(?:\.[^.]{1,100}){0,9}")

Rule = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a list in the settings."""

    #: Entries: a selector, or for JSON the path of the list ("." if the response itself is the list).
    item: Rule
    #: Format of the response.
    form: Literal["html", "json"] = "html"
    #: Title of an entry.
    title: Rule | None = None
    #: Text of an entry. Default for HTML: the whole entry without its title.
    text: Rule | None = None
    #: URL of an entry. Default for HTML: its first link.
    link: Rule | None = None
    #: Date of publication.
    date: Rule | None = None
    #: Author.
    author: Rule | None = None
    #: Unique identifier. Default: the link.
    id: Rule | None = None
    #: Stars, out of `rating_max`.
    rating: Rule | None = None
    #: Maximum rating.
    rating_max: Annotated[float, msgspec.Meta(gt=0, le=1000)] = 5.0
    #: Link to the next page, anywhere on the page, on the same host.
    next: Rule | None = None
    #: Pages that are read in one poll.
    pages: Annotated[int, msgspec.Meta(ge=1, le=20)] = 1
    #: Type of all entries: "post", "article", "comment", "review", "ticket", "incident".
    kind: ItemKind = "post"
    #: Time zone of times without one, such as "Europe/Berlin".
    timezone: str = "UTC"
    #: Whether 03/10/2025 is the third of October. Default: such dates are unknown.
    day_first: bool | None = None
    #: Respect robots.txt. Set to false only for APIs published for programs.
    robots: bool = True

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"there is no time zone {self.timezone!r}; expected one such as 'Europe/Berlin'") from None
        for name in ("item", "next", *FIELDS):
            rule = getattr(self, name)
            if rule is not None:
                self._check(name, rule)

    def _check(self, name: str, rule: str) -> None:
        if self.form == "json":
            if rule != "." and not _PATH.fullmatch(rule):
                raise ValueError(f"{name}: expected a path such as 'data.items', got {rule!r}")
            return
        selector, _ = split_selector(rule)
        try:
            parse("<p>").select_one(selector or "p")
        except ValueError:
            raise ValueError(f"{name}: expected a CSS selector, got {rule!r}") from None
        if name == "item" and selector != rule:
            raise ValueError("item: expected a selector of elements, without @attribute")


class List:
    """Reads lists."""

    name = "list"
    version = 1
    Options = Options

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        """Ask for the first page."""
        yield Request(url=source.url, tag="1", robots=_options(source).robots)

    def parse(self, response: Response, source: Source) -> Parsed:
        """Read the entries of a page. Raises ParseError where the settings find none, or another form answers."""
        options = _options(source)
        reader: Reader = (
            markup_of(response, options.item) if options.form == "html" else records_of(response, options.item)
        )
        rules = {name: getattr(options, name) for name in FIELDS}
        zone = ZoneInfo(options.timezone)
        found = [
            item_of(
                entry,
                rules,
                response.url,
                zone=zone,
                day_first=options.day_first,
                kind=options.kind,
                best=options.rating_max,
            )
            for entry in reader.entries[:ITEMS_LIMIT]
        ]
        items = tuple(item for item in found if item is not None)
        skipped = [f"entry {number} has neither title nor text" for number, item in enumerate(found, 1) if item is None]
        word = response.request.tag
        page = int(word) if word.isdecimal() and len(word) < 6 else 1
        older: tuple[Request, ...] = ()
        if options.next is not None and items:
            url = absolute(reader.first(options.next), response.url)
            if url is not None and host_of(url) == host_of(response.url) and url != response.request.url:
                older = (Request(url=url, tag=str(page + 1), robots=options.robots),)
        return Parsed(items=items, more=older if page < options.pages else (), older=older, skipped=tuple(skipped))


def _options(source: Source) -> Options:
    if not isinstance(source.options, Options):
        return Options(item="article")
    return source.options


scraper = List()
