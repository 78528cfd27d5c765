"""Incidents of Statuspage's JSON: incidents.json, summary.json, and lists of such objects."""

from __future__ import annotations

import json
from collections.abc import Iterator

from listener.dates import parse_date
from listener.errors import ParseError
from listener.facts import Incident
from listener.html import text_of

_IMPACTS = frozenset({"none", "minor", "major", "critical", "maintenance"})


def incidents_of_json(text: str) -> list[Incident]:
    """Return the incidents and scheduled maintenances of a document. Raises ParseError for one without a list."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ParseError(f"not JSON: {error}") from error
    if isinstance(whole, list):
        whole = {"incidents": whole}
    if not isinstance(whole, dict) or not any(name in whole for name in ("incidents", "scheduled_maintenances")):
        raise ParseError("JSON without a list of incidents")
    return [_incident(each) for each in _objects(whole, "incidents")] + [
        _incident(each, impact="maintenance") for each in _objects(whole, "scheduled_maintenances")
    ]


def _objects(whole: dict[str, object], name: str) -> Iterator[dict[str, object]]:
    values = whole.get(name)
    for value in values if isinstance(values, list) else ():
        if isinstance(value, dict) and _text(value, "name"):
            yield value


def _incident(value: dict[str, object], impact: str | None = None) -> Incident:
    told = _text(value, "impact")
    updates = [text_of(_text(update, "body")) for update in _objects_in(value, "incident_updates")]
    components = [_text(component, "name") for component in _objects_in(value, "components")]
    return Incident(
        title=_text(value, "name"),
        impact=impact or (told if told in _IMPACTS else None),
        components=tuple(name for name in components if name),
        started=parse_date(_text(value, "started_at") or _text(value, "scheduled_for") or _text(value, "created_at")),
        resolved=parse_date(_text(value, "resolved_at")),
        state=_text(value, "status").replace("_", " ") or None,
        text="\n".join(text for text in updates if text),
        url=_text(value, "shortlink") or None,
    )


def _objects_in(value: dict[str, object], name: str) -> list[dict[str, object]]:
    values = value.get(name)
    return [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []


def _text(value: dict[str, object], name: str) -> str:
    found = value.get(name)
    return found.strip() if isinstance(found, str) else ""
