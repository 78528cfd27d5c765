"""Trouble of a source is told once, and so is its end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from listener.alerts import Rules
from listener.alerts.trouble import trouble_alert
from listener.pages.notices import facts_gone
from listener.types import Alert, Outcome, Rule, Source, SourceState

START = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
SOURCE = Source(name="blog", scraper="feed", url="https://blog.example.com/feed", brand="acme")
SIX_HOURS = Rule(name="trouble", on="source", failing_for=timedelta(hours=6), channels=("mail",))


def polled(state: SourceState, outcome: Outcome, at: datetime) -> SourceState:
    """What the pipeline makes of a state by a poll."""
    worked = outcome in (Outcome.OK, Outcome.NOT_MODIFIED)
    return replace(
        state,
        last_poll_at=at,
        last_success_at=at if worked else state.last_success_at,
        outcome=outcome,
        detail="" if worked else "blog.example.com said 500",
        failures=0 if worked else state.failures + 1,
        failing_since=None if worked else state.failing_since or at,
        stopped=outcome is Outcome.GONE,
        due_at=at + timedelta(hours=1),
    )


def run(rules: Rules, outcomes: Iterable[Outcome]) -> list[tuple[int, Alert]]:
    """Poll every hour and return what is told, with the hour; a repeated key is told once, as the store has it."""
    state = SourceState(source="blog", due_at=START)
    told: dict[str, tuple[int, Alert]] = {}
    for hour, outcome in enumerate(outcomes):
        now = START + timedelta(hours=hour)
        alerts, after = rules.source_alerts(SOURCE, state, polled(state, outcome, now), now)
        for alert in alerts:
            told.setdefault(alert.key, (hour, alert))
        state = after
    return list(told.values())


def hours_and_tones(told: list[tuple[int, Alert]]) -> list[tuple[int, str]]:
    return [(hour, alert.tone) for hour, alert in told]


def test_trouble_is_told_once_after_its_time_and_recovery_once() -> None:
    outcomes = [Outcome.OK, *[Outcome.SERVER_ERROR] * 30, Outcome.OK, Outcome.NOT_MODIFIED, Outcome.OK]
    told = run(Rules([SIX_HOURS]), outcomes)
    assert hours_and_tones(told) == [(7, "bad"), (31, "good")]
    trouble, recovery = (alert for _, alert in told)
    assert trouble.title == "Source blog has been failing since 2026-11-20 01:00 UTC: server error"
    assert recovery.title == "Source blog recovered after 1 d 6 h"
    assert trouble.thread == recovery.thread == "Trouble with source blog"
    assert trouble.channels == recovery.channels == ("mail",)
    assert dict(trouble.facts)["Detail"] == "blog.example.com said 500"
    assert dict(trouble.facts)["Last success"] == "2026-11-20 00:00 UTC"
    assert dict(recovery.facts)["Failed polls"] == "30"


def test_a_hiccup_is_not_told_and_neither_is_its_end() -> None:
    assert run(Rules([SIX_HOURS]), [Outcome.OK, *[Outcome.TIMEOUT] * 5, Outcome.OK]) == []


def test_a_source_that_fails_twice_is_told_twice() -> None:
    failing = [Outcome.DNS] * 8
    told = run(Rules([SIX_HOURS]), [*failing, Outcome.OK, *failing, Outcome.OK])
    assert hours_and_tones(told) == [(6, "bad"), (8, "good"), (15, "bad"), (17, "good")]


@pytest.mark.parametrize("outcome", [Outcome.GONE, Outcome.UNAUTHORIZED, Outcome.ROBOTS, Outcome.ADDRESS])
def test_what_does_not_pass_by_waiting_is_told_at_once(outcome: Outcome) -> None:
    told = run(Rules([SIX_HOURS]), [Outcome.OK, outcome, outcome])
    assert hours_and_tones(told) == [(1, "bad")]


def test_a_login_wall_is_told_when_it_is_met_again() -> None:
    told = run(Rules([SIX_HOURS]), [Outcome.BLOCKED, Outcome.BLOCKED, Outcome.BLOCKED, Outcome.OK])
    assert hours_and_tones(told) == [(1, "bad"), (3, "good")]


def test_a_page_that_lost_its_facts_is_told_as_such() -> None:
    state = SourceState(
        source="blog", due_at=START, failing_since=START, failures=2, outcome=Outcome.BLOCKED, detail=facts_gone("blog")
    )
    alert = trouble_alert(SIX_HOURS, SOURCE, state, START, ZoneInfo("UTC"))
    assert alert.title.endswith("UTC: no plans or questions any more")
    assert "listener sources accept blog" in dict(alert.facts)["Detail"]


def test_giving_a_source_up_is_told_even_when_its_failing_was() -> None:
    told = run(Rules([SIX_HOURS]), [*[Outcome.SERVER_ERROR] * 8, Outcome.GONE])
    assert hours_and_tones(told) == [(6, "bad"), (8, "bad")]
    assert told[1][1].title == "Source blog stopped: gone"
    assert "sources resume blog" in dict(told[1][1].facts)["Next poll"]


def test_each_rule_keeps_its_own_patience() -> None:
    day = Rule(name="day", on="source", failing_for=timedelta(hours=24))
    told = run(Rules([SIX_HOURS, day]), [*[Outcome.CONNECT] * 10, Outcome.OK])
    assert [(hour, alert.rule) for hour, alert in told] == [(6, "trouble"), (10, "trouble")]
    told = run(Rules([SIX_HOURS, day]), [*[Outcome.CONNECT] * 26, Outcome.OK])
    assert [(hour, alert.rule) for hour, alert in told] == [(6, "trouble"), (24, "day"), (26, "trouble"), (26, "day")]


def test_without_a_time_six_hours_are_waited() -> None:
    told = run(Rules([Rule(name="plain", on="source")]), [Outcome.TIMEOUT] * 10)
    assert hours_and_tones(told) == [(6, "bad")]


@pytest.mark.parametrize(
    "rule",
    [
        Rule(name="r", on="source", sources=("other",), failing_for=timedelta(0)),
        Rule(name="r", on="source", brands=("globex",), failing_for=timedelta(0)),
        Rule(name="r", on="mention"),
    ],
)
def test_a_rule_about_something_else_stays_silent(rule: Rule) -> None:
    assert run(Rules([rule]), [Outcome.GONE, Outcome.OK]) == []


def test_a_rule_that_wants_every_failure_is_told_at_the_first() -> None:
    rule = Rule(name="r", on="source", sources=("blog",), failing_for=timedelta(0))
    assert hours_and_tones(run(Rules([rule]), [Outcome.TIMEOUT, Outcome.OK])) == [(0, "bad"), (1, "good")]


def test_announced_follows_what_was_told() -> None:
    rules = Rules([SIX_HOURS])
    fresh = SourceState(source="blog", due_at=START)
    failing = polled(fresh, Outcome.TIMEOUT, START)
    alerts, silent = rules.source_alerts(SOURCE, fresh, failing, START)
    assert not alerts
    assert not silent.announced
    later = START + timedelta(hours=6)
    alerts, loud = rules.source_alerts(SOURCE, silent, polled(silent, Outcome.TIMEOUT, later), later)
    assert alerts
    assert loud.announced
    _, well = rules.source_alerts(SOURCE, loud, polled(loud, Outcome.OK, later), later)
    assert not well.announced


def test_a_poll_that_was_put_off_tells_nothing() -> None:
    state = SourceState(source="blog", due_at=START, failing_since=START - timedelta(days=1), announced=True)
    later = replace(state, outcome=Outcome.DEFERRED)
    assert Rules([SIX_HOURS]).source_alerts(SOURCE, state, later, START) == ([], later)
