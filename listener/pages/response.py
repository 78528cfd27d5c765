"""Extracts the facts of a response; shared by the page scrapers."""

from __future__ import annotations

import codecs
from collections.abc import Collection
from typing import Literal

import msgspec
from msgspec.structs import replace

from listener.errors import ParseError
from listener.facts import PageFacts
from listener.html import decode
from listener.html.charset import header_charset
from listener.pages.facts import FactKind, read_facts
from listener.pages.tree import MARKUP_LIMIT_CHARACTERS
from listener.pages.trouble import REDIRECTED_HOME, redirected_home
from listener.types import Parsed, Request, Response, Source

#: No encoding takes more than four bytes for a character.
_BODY_LIMIT_BYTES = 4 * MARKUP_LIMIT_CHARACTERS
_HEAD_BYTES = 1_000
_BINARY = (b"%PDF-", b"PK\x03\x04", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"\x1f\x8b")
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
#: Asks for what a browser would, so that no server answers with a feed or a script.
HEADERS = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"}


class PageOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options that all pages have."""

    #: Render the page in a headless browser first; needs the extra `browser`.
    render: bool = False


class FactsOptions(PageOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Options of pages that are read for facts."""

    #: Other kinds of facts to extract from the same page.
    also: tuple[Literal["pricing", "faq", "landing"], ...] = ()


def page_request(source: Source) -> Request:
    """Return the request for a source's page."""
    render = isinstance(source.options, PageOptions) and source.options.render
    return Request(url=source.url, headers=HEADERS, render=render)


def facts_read(response: Response, source: Source, kind: FactKind) -> Parsed:
    """Read a page's facts of one kind, and of those that its options name. Raises ParseError as `facts_of` does."""
    also = source.options.also if isinstance(source.options, FactsOptions) else ()
    return Parsed(facts=facts_of(response, {kind, *also}))


def markup_of(response: Response) -> str:
    """Return a response's body as text.

    Raises ParseError for one that is no text, and for one that is too large however it is written.
    """
    if len(response.body) > _BODY_LIMIT_BYTES:
        raise ParseError(f"the page is larger than {MARKUP_LIMIT_CHARACTERS:,} characters")
    charset = header_charset(response.headers.get("content-type"))
    if _is_binary(response.body, charset):
        raise ParseError("binary data, not a page")
    return decode(response.body, charset=charset)


def _is_binary(body: bytes, charset: str | None) -> bool:
    """Whether a body begins like a document or picture, or holds what no text does."""
    head = body[:_HEAD_BYTES]
    if head.startswith(_BINARY):
        return True
    wide = head.startswith(_WIDE) or (charset or "").lower().startswith(("utf-16", "utf-32", "ucs-2"))
    return b"\0" in head and not wide


def facts_of(response: Response, kinds: Collection[FactKind]) -> PageFacts:
    """Read the facts of a page. Raises ParseError for one that no person could have written."""
    facts = read_facts(markup_of(response), kinds)
    if redirected_home(response.request.url, response.url):
        return replace(facts, trouble=REDIRECTED_HOME)
    return facts
