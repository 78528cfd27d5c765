"""Source rules: one alert when a failure has lasted, and one when it is over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from listener.alerts.keys import alert_key
from listener.alerts.mentions import among
from listener.alerts.weights import GIVEN_UP, TROUBLE
from listener.alerts.words import FACT_LIMIT, duration, moment, one_line
from listener.lazy import LazyModule
from listener.types import Alert, Outcome, Rule, Source, SourceState

if TYPE_CHECKING:
    from listener.pages import notices
else:
    notices = LazyModule("listener.pages.notices")

#: Without `failing_for`: a source that fails for a quarter of a day is more than a hiccup.
FAILING_FOR = timedelta(hours=6)
#: These won't pass by waiting: somebody has to do something.
LASTING = frozenset({Outcome.GONE, Outcome.UNAUTHORIZED, Outcome.ROBOTS, Outcome.ADDRESS})
#: These may be an accident once, and hardly twice in a row: a login wall or captcha stands in the way.
LASTING_TWICE = frozenset({Outcome.BLOCKED})
WORKED = frozenset({Outcome.OK, Outcome.NOT_MODIFIED})


def applies(rule: Rule, source: Source) -> bool:
    """Say whether a rule watches over a source."""
    return rule.on == "source" and among(source.name, rule.sources) and among(source.brand, rule.brands)


def lasting(rule: Rule, state: SourceState, at: datetime) -> bool:
    """Say whether trouble is worth telling at a moment."""
    if state.outcome in WORKED and not state.stopped:
        return False
    if state.stopped or state.outcome in LASTING or (state.outcome in LASTING_TWICE and state.failures > 1):
        return True
    limit = FAILING_FOR if rule.failing_for is None else rule.failing_for
    return state.failing_since is not None and at - state.failing_since >= limit


def trouble_alert(rule: Rule, source: Source, state: SourceState, now: datetime, zone: ZoneInfo) -> Alert:
    """Make the alert that a source is in trouble. A stopped source raises another one."""
    since = state.failing_since or state.last_poll_at or now
    if state.stopped:
        line = f"Source {source.name} stopped: {named(state.outcome, 'stopped')}"
    else:
        what = notices.short(state.detail) or named(state.outcome)
        line = f"Source {source.name} has been failing since {moment(since, zone)}: {what}"
    told = [("Outcome", named(state.outcome)), ("Failing since", moment(since, zone))]
    if state.detail:
        told.append(("Detail", one_line(state.detail, FACT_LIMIT)))
    told.append(("Last success", moment(state.last_success_at, zone) if state.last_success_at else "never"))
    told.append(("Failed polls", str(state.failures)))
    if state.stopped:
        told.append(("Next poll", f"none: see `listener sources resume {source.name}`"))
    else:
        told.append(("Next poll", moment(state.due_at, zone)))
    stage, weight = ("stopped", GIVEN_UP) if state.stopped else ("trouble", TROUBLE)
    key = alert_key("source", rule.name, source.name, stage, stamp(since))
    return made(rule, source, now, key, line, told, good=False, weight=weight)


def recovery_alert(rule: Rule, source: Source, before: SourceState, now: datetime, zone: ZoneInfo) -> Alert:
    """Make the alert that a source works again. `before` is its state while it didn't."""
    since = before.failing_since or before.last_poll_at or now
    line = f"Source {source.name} recovered after {duration(now - since)}"
    told = [
        ("Failing since", moment(since, zone)),
        ("Recovered", moment(now, zone)),
        ("Outcome", named(before.outcome)),
        ("Failed polls", str(before.failures)),
    ]
    return made(
        rule, source, now, alert_key("source", rule.name, source.name, "recovery", stamp(since)), line, told, good=True,
        weight=TROUBLE,
    )  # fmt: skip


def made(
    rule: Rule,
    source: Source,
    now: datetime,
    key: str,
    line: str,
    told: list[tuple[str, str]],
    *,
    good: bool,
    weight: float,
) -> Alert:
    """Make an alert about a source."""
    return Alert(
        key=key,
        rule=rule.name,
        on="source",
        brand=source.brand,
        source=source.name,
        created_at=now,
        title=one_line(line),
        url=source.url or None,
        tone="good" if good else "bad",
        weight=weight,
        facts=tuple(told),
        thread=f"Trouble with source {source.name}",
        channels=rule.channels,
        send=rule.send,
    )


def named(outcome: Outcome | None, unknown: str = "unknown") -> str:
    """Say how a poll ended: "rate limited", "not found"."""
    return unknown if outcome is None else outcome.value.replace("-", " ")


def stamp(at: datetime) -> str:
    """Write a moment for a key, to the second: stores differ in what they keep below that."""
    return f"{at:%Y-%m-%dT%H:%M:%S}"
