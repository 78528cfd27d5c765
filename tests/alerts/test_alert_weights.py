"""What stands first where many alerts are told together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from listener.alerts.events import PainEvent, SpikeEvent
from listener.alerts.weights import GIVEN_UP, TROUBLE, of_change, of_mention, of_pain, of_spike
from listener.facts import Change, ChangeKind
from listener.types import Pain, Reading, Sentiment, Tone

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def reading(compound: float | None = -0.5, severity: int | None = None, reach: float = 10.0) -> Reading:
    pains = () if severity is None else (Pain(topic="billing", severity=severity, words=("billed",)),)
    return Reading(
        brand="acme", excerpt="", lang="en", sentiment=Sentiment(compound=compound, label=None), scorer="model-1",
        complaint=0.9, kind="complaint", pains=pains, relevance=1.0, reach=reach, hits=(),
    )  # fmt: skip


@given(
    compound=st.none() | st.floats(-1, 1),
    severity=st.none() | st.integers(0, 4),
    reach=st.floats(0, 100),
    tone=st.sampled_from(get_args(Tone)),
)
def test_a_mention_weighs_between_nothing_and_one(
    compound: float | None, severity: int | None, reach: float, tone: Tone
) -> None:
    assert 0 <= of_mention(reading(compound, severity, reach), tone) <= 1


def test_a_mention_weighs_more_the_angrier_severer_and_farther_heard_it_is() -> None:
    plain = of_mention(reading(), "bad")
    assert of_mention(reading(compound=-0.9), "bad") > plain
    assert of_mention(reading(severity=3), "bad") > plain
    assert of_mention(reading(reach=80), "bad") > plain
    assert of_mention(reading(compound=0.9), "bad") == of_mention(reading(compound=None), "bad") < plain
    assert of_mention(reading(compound=0.9), "good") > of_mention(reading(compound=0.2), "good")


def test_every_change_has_a_weight_and_a_price_by_how_far_it_moved() -> None:
    change = Change(kind="price_raised", subject="Pro", before=None, after=None, percent=5.0)
    assert (
        of_change(change) < of_change(replace(change, percent=-20.0)) < of_change(replace(change, percent=900.0)) == 1
    )
    for kind in get_args(ChangeKind):
        assert 0 < of_change(replace(change, kind=kind, percent=None)) < 1


def test_what_many_say_outweighs_what_one_says_and_sources_in_trouble_stand_last() -> None:
    spike = SpikeEvent(
        brand="acme", counts="stories", start=NOW - timedelta(hours=6), end=NOW, count=20, usual=2.0, windows=14,
        positive=1, negative=12, examples=(),
    )  # fmt: skip
    rising = PainEvent(
        brand="acme", topic="billing", definition="", window=timedelta(days=7), late=5, late_stories=20, earlier=1,
        earlier_stories=80, mean_severity=2.5, examples=(),
    )  # fmt: skip
    voice = of_mention(reading(compound=-0.8, severity=2), "bad")
    assert min(of_spike(spike), of_pain(rising)) > voice > GIVEN_UP > TROUBLE
    assert of_spike(spike) > of_spike(replace(spike, usual=10.0)) >= of_spike(replace(spike, usual=40.0))
    assert of_pain(rising) > of_pain(replace(rising, mean_severity=0.5))
