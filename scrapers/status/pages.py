"""Incidents of a status page itself: elements named for incidents, with a title and dated updates."""

from __future__ import annotations

from listener.dates import parse_date
from listener.errors import ParseError
from listener.facts import Incident
from listener.html import Element, collapse, parse, readable
from listener.pages.tree import read_page
from listener.pages.trouble import find_trouble
from listener.urls import absolute
from listener_scrapers.status.feeds import times_in
from listener_scrapers.status.words import ENDED, impact_in, state_in

_INCIDENTS = (
    ".incident-container, .unresolved-incident, .incident-item, .status-incident, article.incident, .incident, "
    ".incident-card"
)
_TITLE = ".incident-title, .actual-title, .incident-name, .incident__title, h2, h3, h4, a"
_CLASSES = {
    "impact-minor": "minor",
    "impact-major": "major",
    "impact-critical": "critical",
    "impact-maintenance": "maintenance",
    "impact-none": "none",
}
_LIMIT = 300


def incidents_of_page(markup: str, url: str) -> list[Incident]:
    """Return the incidents on a page, in its order; none where all is well.

    Raises ParseError for a page in trouble: a captcha isn't "no incidents".
    """
    trouble = find_trouble(read_page(markup), facts=False, priced=True)
    if trouble is not None:
        raise ParseError(f"not a status page: {trouble}")
    root = parse(markup)
    found = root.select(_INCIDENTS)[:_LIMIT]
    inner = [each for each in found if not each.select(_INCIDENTS)]
    return [incident for each in inner if (incident := _incident(each, url)) is not None]


def _incident(element: Element, url: str) -> Incident | None:
    title = element.select_one(_TITLE)
    if title is None or not (name := collapse(title.text)):
        return None
    text = readable(element)
    link = title if title.tag == "a" else title.select_one("a")
    moments = [parse_date(time.attr("datetime")) for time in element.select("time")]
    times = [moment for moment in moments if moment is not None] or times_in(text, None)
    body = text.replace(name, "", 1)
    state = state_in(body)
    classes = f"{element.attr('class', '')} {title.attr('class', '')}"
    return Incident(
        title=name.splitlines()[0],
        impact=next((impact for word, impact in _CLASSES.items() if word in classes), None) or impact_in(name),
        started=min(times, default=None),
        resolved=max(times, default=None) if state in ENDED else None,
        state=state,
        text=text,
        url=absolute(link.attr("href"), url) if link is not None else None,
    )
