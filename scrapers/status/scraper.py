"""Status pages: incidents with affected components, impact, start and end.

Reads a status page's feed or JSON, or the page itself. Formats: Statuspage's history.atom, history.rss and
/api/v2/incidents.json (https://developer.statuspage.io/), which others imitate; and pages with elements named after
incidents. Each incident is an item of kind "incident", counted and alerted like any mention of a brand, with its
duration in hours in the metrics.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from listener.errors import ParseError
from listener.facts import Incident, PageFacts
from listener.pages.response import markup_of
from listener.types import Item, Parsed, Request, Response, Source
from listener.urls import absolute
from listener_scrapers.status.feeds import incidents_of_feed
from listener_scrapers.status.pages import incidents_of_page
from listener_scrapers.status.statuspage import incidents_of_json

_ACCEPT = "application/json, application/atom+xml, application/rss+xml, text/html;q=0.9, */*;q=0.5"
#: Characters of a title, and of a text; components of one incident.
_LINE_LIMIT = 1_000
_TEXT_LIMIT = 100_000
_COMPONENT_LIMIT = 200
_INCIDENT_LIMIT = 500


class Status:
    """Reads incidents."""

    name = "status"
    version = 1
    Options = None

    def requests(self, source: Source, state: Mapping[str, Any]) -> Iterable[Request]:
        """Ask for the page, its feed or its JSON: whichever the source names."""
        yield Request(url=source.url, headers={"Accept": _ACCEPT})

    def parse(self, response: Response, source: Source) -> Parsed:
        """Read the incidents of what came."""
        text = markup_of(response).lstrip("\ufeff \t\r\n")
        if text.startswith(("{", "[")):
            incidents = incidents_of_json(text)
        elif text.startswith("<?xml") or text[:200].lower().startswith(("<rss", "<feed")):
            incidents = incidents_of_feed(text)
        elif "<" in text[:2_000]:
            incidents = incidents_of_page(text, response.url)
        else:
            raise ParseError("neither a status page nor its feed")
        incidents = [_bounded(incident) for incident in incidents[:_INCIDENT_LIMIT]]
        facts = PageFacts(incidents=tuple(incidents))
        return Parsed(facts=facts, items=tuple(item_of(incident) for incident in incidents))


def _bounded(incident: Incident) -> Incident:
    """Return an incident no longer than people write."""
    return replace(
        incident,
        title=incident.title[:_LINE_LIMIT],
        text=incident.text[:_TEXT_LIMIT],
        state=None if incident.state is None else incident.state[:_LINE_LIMIT],
        components=tuple(name[:_LINE_LIMIT] for name in incident.components[:_COMPONENT_LIMIT]),
        url=None if incident.url is None else absolute(incident.url),
    )


def item_of(incident: Incident) -> Item:
    """Return an incident as an item; with its duration if it has an end."""
    metrics: dict[str, float] = {}
    if incident.started is not None and incident.resolved is not None and incident.resolved >= incident.started:
        metrics["hours"] = round((incident.resolved - incident.started).total_seconds() / 3600, 2)
    segment = {
        name: value
        for name, value in (
            ("impact", incident.impact),
            ("state", incident.state),
            ("components", ", ".join(incident.components)),
        )
        if value
    }
    return Item(
        title=incident.title,
        text=incident.text,
        url=incident.url,
        guid=incident.url,
        published=incident.started,
        updated=incident.resolved,
        kind="incident",
        metrics=metrics,
        segment=segment,
    )


scraper = Status()
