"""Landing pages: headlines, calls to action, claims, logos. How they are read is in listener.pages.advertising."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, TypeAlias

import msgspec

from listener.pages.response import HEADERS, facts_of
from listener.types import Parsed, Request, Response, Source

Also: TypeAlias = Literal["pricing", "faq", "landing"]


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of a landing page in the settings."""

    #: Further facts to read off the same page.
    also: tuple[Also, ...] = ()
    #: Run the page's scripts in a browser before it is read; needs the extra `browser`.
    render: bool = False


class Landing:
    """Reads advertising copy."""

    name = "landing"
    version = 1
    Options = Options

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        """Ask for the page."""
        render = isinstance(source.options, Options) and source.options.render
        yield Request(url=source.url, headers=HEADERS, render=render)

    def parse(self, response: Response, source: Source) -> Parsed:
        """Read the page's facts."""
        also = source.options.also if isinstance(source.options, Options) else ()
        return Parsed(facts=facts_of(response, {"landing", *also}))


scraper = Landing()
