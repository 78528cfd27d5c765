"""schema.org: reviews marked up on a page, in JSON-LD or microdata.

Format: https://schema.org/Review and https://schema.org/AggregateRating. Shops, directories and review sites publish
both for search engines. The page's average becomes an item whenever it changes, to one decimal; the number of ratings
is kept with each review and determines its reach.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import msgspec

from listener.errors import ParseError
from listener.html import Element, decode, parse, readable
from listener.types import Parsed, Request, Response, Source
from listener.urls import absolute, host_of
from listener_scrapers.schema_org.jsonld import things_of
from listener_scrapers.schema_org.microdata import marked_of
from listener_scrapers.schema_org.reviews import average_item, average_of, review_of

_TAG = "page "
REVIEWS_LIMIT = 1_000


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a page with reviews in the settings."""

    #: Pages that are read in one poll, by the links to the next one (`rel="next"`) on the same host.
    pages: Annotated[int, msgspec.Meta(ge=1, le=20)] = 1
    #: Add an item when the average changes.
    average: bool = True


class SchemaOrg:
    """Reads reviews from pages."""

    name = "schema-org"
    version = 1
    Options = Options

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        """Ask for the page."""
        yield Request(url=source.url, tag=f"{_TAG}1")

    def parse(self, response: Response, source: Source) -> Parsed:
        """Read the reviews and the average of a page. Raises ParseError for one that has neither."""
        options = source.options if isinstance(source.options, Options) else Options()
        charset = response.headers.get("content-type", "").partition("charset=")[2].strip(" \"'") or None
        page = parse(decode(response.body, charset=charset))
        things, broken = things_of(page)
        things += marked_of(page)
        averages = list(dict.fromkeys(found for thing in things if (found := average_of(thing)) is not None))
        average = averages[0] if len(averages) == 1 else None
        items = [item for thing in things if (item := review_of(thing, response.url, average)) is not None]
        items = list({item.guid: item for item in items}.values())[:REVIEWS_LIMIT]
        if not items and not averages:
            raise ParseError(_instead(page, broken))
        first = response.request.tag in ("", f"{_TAG}1")
        if options.average and average is not None and first:
            items.append(average_item(average, source.url or response.url))
        number, older = _next(page, response)
        more = older if number < options.pages else ()
        return Parsed(items=tuple(items), more=more, older=older, skipped=tuple(broken))


def _instead(page: Element, broken: list[str]) -> str:
    title = page.select_one("title")
    named = f" titled {readable(title)[:80] or title.text.strip()[:80]!r}" if title is not None else ""
    why = f" ({broken[0]})" if broken else ""
    return f"a page{named} without schema.org reviews or ratings{why}"


def _next(page: Element, response: Response) -> tuple[int, tuple[Request, ...]]:
    """Return the number of a page among those that are read, and the request for the next one, if it names one."""
    number = int(word) if (word := response.request.tag.removeprefix(_TAG)).isdecimal() and len(word) < 6 else 1
    link = page.select_one('link[rel~="next"], a[rel~="next"]')
    url = absolute(link.attr("href"), response.url) if link is not None else None
    if url is None or host_of(url) != host_of(response.url):
        return number, ()
    return number, (Request(url=url, tag=f"{_TAG}{number + 1}"),)


scraper = SchemaOrg()
