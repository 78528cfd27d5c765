"""What rules on spikes and pain points ask for, and what their alerts say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from listener.alerts import (
    Example,
    PainEvent,
    Rules,
    SpikeEvent,
    cool_down_of,
    stories_of,
    window_of,
)
from listener.types import Rule

NOW = datetime(2026, 11, 20, 12, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
EXAMPLES = tuple(
    Example(mention_id=n, source="blog", quote=f"Acme is down, says number {n}.", url=f"https://blog.example/{n}")
    for n in (1, 2)
)
SPIKE = SpikeEvent(
    brand="acme", counts="stories", start=NOW - 6 * HOUR, end=NOW, count=24, usual=4.0, windows=26, positive=2,
    negative=15, examples=EXAMPLES,
)  # fmt: skip
PAIN = PainEvent(
    brand="acme", topic="billing", definition="Charged wrongly.", window=timedelta(days=7), late=6, late_stories=30,
    earlier=4, earlier_stories=100, mean_severity=2.5, examples=EXAMPLES,
)  # fmt: skip
ON_SPIKE = Rule(name="loud", on="spike", channels=("mail",), send="07:00")
ON_PAIN = Rule(name="hurts", on="pain", channels=("mail",))
RULES = Rules([ON_SPIKE, ON_PAIN, Rule(name="angry")], zone=ZoneInfo("Europe/Berlin"))


def test_a_spike_says_how_many_and_what_is_usual() -> None:
    alert = RULES.spike_alert(ON_SPIKE, SPIKE, NOW)
    assert alert.title == "acme: 24 stories in 6 h, usually 4"
    assert (alert.on, alert.tone, alert.thread, alert.send) == ("spike", "bad", "Spikes of acme", "07:00")
    assert (alert.quote, alert.url) == (EXAMPLES[0].quote, EXAMPLES[0].url)
    facts = dict(alert.facts)
    assert facts["Compared with"] == "the same hours of 26 days before"
    assert facts["To"] == "2026-11-20 13:10 CET"
    assert facts["Sentiment"] == "2 positive, 15 negative"
    assert facts["Also"] == "blog: Acme is down, says number 2."


def test_a_pain_point_says_how_often_and_how_much_oftener() -> None:
    alert = RULES.pain_alert(ON_PAIN, PAIN, NOW)
    assert alert.title == "acme: pain point billing in 6 stories within 7 d, 5.0 times as often as before"
    facts = dict(alert.facts)
    assert (facts["Stories"], facts["Before"]) == ("6 of 30 in 7 d (20%)", "4 of 100 (4%)")
    assert (facts["Mean severity"], facts["Means"], alert.tone) == ("2.5 of 4", "Charged wrongly.", "bad")


def test_a_new_pain_point_was_never_before() -> None:
    event = PainEvent(
        brand="acme", topic="billing", definition="", window=timedelta(days=7), late=6, late_stories=30, earlier=0,
        earlier_stories=100, mean_severity=2.5, examples=(),
    )  # fmt: skip
    alert = RULES.pain_alert(ON_PAIN, event, NOW)
    assert alert.title.endswith("never before")
    assert (alert.quote, alert.url) == ("", None)
    assert "Means" not in dict(alert.facts)


def test_the_same_hour_makes_the_same_key_and_other_causes_another() -> None:
    keys = {
        RULES.spike_alert(ON_SPIKE, SPIKE, NOW).key,
        RULES.spike_alert(ON_SPIKE, SPIKE, NOW + HOUR).key,
        RULES.pain_alert(ON_PAIN, PAIN, NOW).key,
        RULES.pain_alert(ON_PAIN, PAIN, NOW + timedelta(minutes=5)).key,
    }
    assert len(keys) == 2


def test_rules_that_say_nothing_have_what_suits_them() -> None:
    assert (window_of(ON_SPIKE), stories_of(ON_SPIKE), cool_down_of(ON_SPIKE)) == (6 * HOUR, 5, timedelta(days=1))
    assert (window_of(ON_PAIN), stories_of(ON_PAIN), cool_down_of(ON_PAIN)) == (
        timedelta(days=7),
        3,
        timedelta(days=7),
    )
    told = Rule(name="r", on="spike", window=HOUR, stories_at_least=9, cool_down=timedelta(0))
    assert (window_of(told), stories_of(told), cool_down_of(told)) == (HOUR, 9, timedelta(0))


def test_rules_are_found_by_what_they_watch() -> None:
    assert (RULES.on_spikes, RULES.on_pains) == ((ON_SPIKE,), (ON_PAIN,))


@pytest.mark.parametrize(
    ("rule", "window"),
    [("spike", HOUR / 2), ("spike", 25 * HOUR), ("spike", 1.5 * HOUR), ("pain", 6 * HOUR), ("pain", 91 * 24 * HOUR)],
)
def test_a_window_that_cannot_be_counted_is_refused(rule: str, window: timedelta) -> None:
    with pytest.raises(ValueError, match="window: expected 1 to"):
        Rule(name="r", on=rule, window=window)  # type: ignore[arg-type]
