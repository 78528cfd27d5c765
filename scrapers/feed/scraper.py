"""Feeds: RSS 0.9 to 2.0, RDF, Atom 0.3 and 1.0, JSON Feed, well-formed or not.

Formats: https://www.rssboard.org/rss-specification, https://web.resource.org/rss/1.0/spec, RFC 4287,
https://www.jsonfeed.org/version/1.1/. Understood beside them: Dublin Core, content, slash, syndication, threading,
Media RSS, iTunes, YouTube, FeedBurner and App Store reviews.

docs/feeds.md describes the field mapping, ambiguous dates and broken feeds.
Whatever the bytes are, `parse` returns items or raises ParseError with a description of the content, in linear time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from listener.types import ItemKind, Parsed, Request, Response, Source

_ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a feed in the settings."""

    #: Time zone of times without one, such as "Europe/Berlin".
    timezone: str = "UTC"
    #: Whether 03/10/2025 is the third of October. Default: decided by other dates of the feed, else unknown.
    day_first: bool | None = None
    #: Type of all entries. Default: detected per entry.
    kind: ItemKind | None = None
    #: Respect robots.txt, although feeds are published for programs.
    robots: bool = False

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.timezone)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"there is no time zone {self.timezone!r}; expected one such as 'Europe/Berlin'") from None


class Feed:
    """Reads feeds."""

    name = "feed"
    version = 1
    Options = Options

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        """Ask for the feed."""
        yield Request(url=source.url, headers={"Accept": _ACCEPT}, robots=_options(source).robots)

    def parse(self, response: Response, source: Source) -> Parsed:
        """Read a feed. Raises ParseError where it is none."""
        # Reading takes libraries that a poll without news needs none of.
        from listener_scrapers.feed import reading

        options = _options(source)
        return reading.parsed(response, zone=ZoneInfo(options.timezone), day_first=options.day_first, kind=options.kind)


def _options(source: Source) -> Options:
    return source.options if isinstance(source.options, Options) else Options()


scraper = Feed()
