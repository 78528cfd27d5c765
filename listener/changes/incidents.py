"""Changes of incidents on a status page: started and resolved between two versions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from listener.facts import Change, Incident


def incident_changes(before: Sequence[Incident], after: Sequence[Incident]) -> Iterator[Change]:
    """Yield a change for each new open incident, and for each open one that has been resolved.

    One that started and was resolved between the versions is reported as resolved only. An incident that is no longer
    on the page has not necessarily been resolved.
    """
    known = {_identity(incident): incident for incident in before}
    for incident in after:
        old = known.get(_identity(incident))
        if incident.resolved is None and old is None:
            yield Change(kind="incident_started", subject=incident.title, after=_told(incident))
        elif incident.resolved is not None and (old is None or old.resolved is None):
            yield Change(
                kind="incident_resolved",
                subject=incident.title,
                before=None if old is None else _told(old),
                after=_told(incident),
            )


def _identity(incident: Incident) -> object:
    return incident.url or (incident.title, incident.started)


def _told(incident: Incident) -> str:
    """Return an incident on one line: impact, components, start and duration."""
    parts = [part for part in (incident.impact, ", ".join(incident.components)) if part]
    if incident.started is not None:
        parts.append(f"since {incident.started:%Y-%m-%d %H:%M} UTC")
        if incident.resolved is not None and incident.resolved >= incident.started:
            minutes = (incident.resolved - incident.started).total_seconds() // 60
            parts.append(
                f"for {minutes // 60:.0f} h {minutes % 60:.0f} min" if minutes >= 60 else f"for {minutes:.0f} min"
            )
    return "; ".join(parts)
