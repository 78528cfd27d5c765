"""Parses a single response as what it is: a page's facts, a status page's incidents, a feed's entries.

Front doors that look at a single answer ask here. The reading itself is the scrapers', as in a poll.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from listener.errors import ParseError
from listener.facts import Incident, PageFacts
from listener.pages.facts import ALL
from listener.pages.forms import form_of
from listener.pages.response import facts_of, markup_of
from listener.parts import FindsScraper
from listener.types import Item, Parsed, Response, Source

Kind: TypeAlias = Literal["pricing", "faq", "landing", "status", "page", "feed"]
#: In the order in which they are told.
KINDS: tuple[Kind, ...] = ("pricing", "faq", "landing", "status", "page", "feed")
#: How the updates of an incident begin in a feed, where those of an article hardly do: "Resolved - All is well again."
_UPDATE = re.compile(
    r"^\W*(?:status\s*:\s*)?(?:resolved|completed|monitoring|identified|investigating|scheduled|in progress|verifying)"
    r"\s*(?:[-–—:]|$)",
    re.IGNORECASE | re.MULTILINE,
)


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What one answer says."""

    #: What it was read as: the kind that was asked for, or all that it turned out to be.
    kinds: tuple[Kind, ...]
    facts: PageFacts
    #: Entries of a feed.
    items: tuple[Item, ...] = ()


def read_as(response: Response, kind: Kind, scrapers: FindsScraper) -> Look:
    """Read an answer as one kind of thing. Raises ParseError where it isn't that."""
    if kind in ALL:
        # Without its text: what is asked for is these facts, and nothing where there are none.
        return Look(kinds=(kind,), facts=replace(facts_of(response, {kind}), text=""))
    parsed = _parsed(response, kind, scrapers)
    if kind == "feed":
        return Look(kinds=(kind,), facts=PageFacts(text=_lines(parsed.items)), items=parsed.items)
    return Look(kinds=(kind,), facts=parsed.facts or PageFacts())


def read_any(response: Response, scrapers: FindsScraper) -> Look:
    """Find out what an answer is, and read it as all of that. Raises ParseError where it can't be read at all.

    A page without plans, questions or incidents is read as text, too: copy alone, a headline, every article has.
    """
    markup = markup_of(response)
    if form_of(markup) != "html":
        return _document(response, scrapers)
    facts = facts_of(response, ALL)
    if facts.trouble is None and "incident" in markup:
        facts = replace(facts, incidents=_incidents(response, scrapers))
    found: dict[Kind, bool] = {
        "pricing": bool(facts.plans),
        "faq": bool(facts.questions),
        "landing": bool(facts.copy),
        "status": bool(facts.incidents),
    }
    kinds = tuple(kind for kind in KINDS if found.get(kind))
    if facts.trouble is not None or facts.plans or facts.questions or facts.incidents:
        return Look(kinds=kinds, facts=facts)
    text = read_as(response, "page", scrapers).facts.text
    return Look(kinds=(*kinds, "page"), facts=replace(facts, text=text))


def _document(response: Response, scrapers: FindsScraper) -> Look:
    """Read what is meant for programs: the JSON of a status page, a feed, or a feed of incidents."""
    incidents = _incidents(response, scrapers)
    try:
        look = read_as(response, "feed", scrapers)
    except ParseError:
        if not incidents:
            raise
        return Look(kinds=("status",), facts=PageFacts(incidents=incidents))
    updated = sum(_UPDATE.search(incident.text) is not None for incident in incidents)
    if not updated * 2 > len(incidents):
        return look
    return replace(look, kinds=("status", "feed"), facts=replace(look.facts, incidents=incidents))


def _incidents(response: Response, scrapers: FindsScraper) -> tuple[Incident, ...]:
    """Return incidents; none where most of what was found has no state or no time."""
    try:
        facts = _parsed(response, "status", scrapers).facts
    except ParseError:
        return ()
    incidents = facts.incidents if facts is not None else ()
    told = sum(incident.state is not None and incident.started is not None for incident in incidents)
    return incidents if told * 2 > len(incidents) else ()


def _parsed(response: Response, scraper: str, scrapers: FindsScraper) -> Parsed:
    source = Source(name=scraper, scraper=scraper, url=response.request.url)
    return scrapers.get(scraper).parse(response, source)


def _lines(items: Iterable[Item]) -> str:
    """Return a line for each entry, by which two versions of a feed are compared."""
    return "\n".join(item.title or " ".join(item.text.split())[:200] or item.url or "" for item in items)
