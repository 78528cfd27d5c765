"""Incidents of a status page's Atom or RSS feed: each entry is one, with its updates in the text, newest first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from xml.etree import ElementTree as ET

from listener.dates import parse_date
from listener.errors import ParseError
from listener.facts import Incident
from listener.html import text_of
from listener.urls import absolute
from listener_scrapers.status.words import ENDED, impact_in, state_in

_ATOM = "{http://www.w3.org/2005/Atom}"
#: Before each update: "Nov 20, 14:02 UTC".
_TIME = re.compile(r"\b([A-Z][a-z]{2,8}\.? \d{1,2}),? (?:(\d{4}),? )?(\d{1,2}:\d{2}) ?(?:UTC|GMT)")
_UPDATE = re.compile(
    r"^\W*(Resolved|Completed|Monitoring|Identified|Investigating|Update|Scheduled|In progress|Verifying)\b",
    re.IGNORECASE | re.MULTILINE,
)
_COMPONENTS = re.compile(
    r"(?:Affected components?|Components affected|Systems affected)\s*:?\s*(.{2,300})", re.IGNORECASE
)


def incidents_of_feed(text: str) -> list[Incident]:
    """Return the incidents of a feed, as it orders them. Raises ParseError for what is no feed."""
    if "<!DOCTYPE" in text[:2_000] or "<!ENTITY" in text[:20_000]:
        raise ParseError("a feed with a document type: refused")
    try:
        root = ET.fromstring(text)  # noqa: S314  document types, which entities need, were refused above
    except (ET.ParseError, ValueError) as error:
        raise ParseError(f"not a feed: {error}") from error
    incidents = [*_atom(root), *_rss(root)]
    if not incidents and root.tag not in (f"{_ATOM}feed", "rss"):
        raise ParseError(f"a document of <{root.tag[:60]}> is no status feed")
    return incidents


def _atom(root: ET.Element) -> Iterator[Incident]:
    for entry in root.iter(f"{_ATOM}entry"):
        link = entry.find(f"{_ATOM}link")
        yield _incident(
            title=_child(entry, f"{_ATOM}title"),
            body=_child(entry, f"{_ATOM}content") or _child(entry, f"{_ATOM}summary"),
            published=parse_date(_child(entry, f"{_ATOM}published")),
            updated=parse_date(_child(entry, f"{_ATOM}updated")),
            url=absolute(link.get("href")) if link is not None else None,
        )


def _rss(root: ET.Element) -> Iterator[Incident]:
    for item in root.iter("item"):
        yield _incident(
            title=_child(item, "title"),
            body=_child(item, "description"),
            published=None,
            updated=parse_date(_child(item, "pubDate")),
            url=absolute(_child(item, "link")),
        )


def _incident(
    *, title: str, body: str, published: datetime | None, updated: datetime | None, url: str | None
) -> Incident:
    text = text_of(body)
    newest = _UPDATE.search(text)
    state = newest[1].lower() if newest else state_in(text)
    times = times_in(text, moment.year if (moment := updated or published) else None)
    started = min(times) if times else published or updated
    ended = state in ENDED
    components = _COMPONENTS.search(text)
    return Incident(
        title=text_of(title),
        impact=impact_in(title),
        components=tuple(part.strip() for part in re.split(r"[,;·]", components[1])[:20]) if components else (),
        started=started,
        resolved=(max(times) if times else updated) if ended else None,
        state=state,
        text=text,
        url=url,
    )


def times_in(text: str, year: int | None) -> list[datetime]:
    """Return the times of the updates; their year is that of the entry where they name none."""
    found: list[datetime] = []
    for match in _TIME.finditer(text):
        told = match[2] or year
        if told and (moment := parse_date(f"{match[1]} {told} {match[3]} UTC")):
            found.append(moment)
    return found


def _child(entry: ET.Element, name: str) -> str:
    child = entry.find(name)
    return "" if child is None else "".join(child.itertext()).strip()
