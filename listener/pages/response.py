"""From a response to the facts of its page: what the page scrapers share."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from listener.errors import ParseError
from listener.facts import PageFacts
from listener.html import decode
from listener.html.charset import header_charset
from listener.pages.facts import FactKind, read_facts
from listener.pages.tree import MARKUP_LIMIT_CHARACTERS
from listener.pages.trouble import REDIRECTED_HOME, redirected_home
from listener.types import Response

#: No encoding takes more than four bytes for a character.
_BODY_LIMIT_BYTES = 4 * MARKUP_LIMIT_CHARACTERS
#: Asks for what a browser would, so that no server answers with a feed or a script.
HEADERS = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"}


def markup_of(response: Response) -> str:
    """Return a response's body as text. Raises ParseError for one that is too large however it is written."""
    if len(response.body) > _BODY_LIMIT_BYTES:
        raise ParseError(f"the page is larger than {MARKUP_LIMIT_CHARACTERS:,} characters")
    return decode(response.body, charset=header_charset(response.headers.get("content-type")))


def facts_of(response: Response, kinds: Collection[FactKind]) -> PageFacts:
    """Read the facts of a page. Raises ParseError for one that no person could have written."""
    facts = read_facts(markup_of(response), kinds)
    if redirected_home(response.request.url, response.url):
        return replace(facts, trouble=REDIRECTED_HOME)
    return facts
