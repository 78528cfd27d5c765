"""Pains that no taxonomy knows are found by their own words, by voices, and not by chance or copies."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from listener.insights import emerging as module
from listener.insights.emerging import Emerging, Voice, emerging, log_likelihood, phrases
from listener.insights.pains import PainCount, ranked

FREQUENT = frozenset("the a an of to in is it my i we and for on after with this".split())
FILLER = (
    "the import wizard stops half way",
    "my dashboard shows wrong totals",
    "the mobile view is cramped",
    "we wait for an answer from the desk",
    "it asks for the same form twice",
)


def voice(number: int, text: str, who: str | None = None) -> Voice:
    return Voice(mention_id=number, runs=tuple(tuple(run.split()) for run in text.split(".")), who=who, reach=number)


def found(late: Iterable[Voice], earlier: Iterable[Voice], **options: Any) -> Emerging:
    late, earlier = list(late), list(earlier)
    return emerging(lambda: late, lambda: earlier, FREQUENT, **options)


def fillers(count: int, start: int = 1000) -> list[Voice]:
    return [voice(start + number, FILLER[number % len(FILLER)]) for number in range(count)]


def test_a_phrase_that_is_new_is_found_named_and_quoted() -> None:
    late = [voice(n, f"seat sync fails {n}. please help") for n in range(1, 6)]
    result = found([*late, *fillers(20, 2000)], fillers(80))
    (pain,) = result.pains
    assert (pain.name, pain.state, pain.late, pain.earlier, pain.rise) == ("seat sync fails", "new", 5, 0, None)
    assert pain.surprise == pytest.approx(log_likelihood(5, 25, 0, 80))
    assert pain.mentions == (5, 4, 3, 2, 1)
    assert (result.late, result.earlier) == (25, 80)


def test_a_phrase_that_rises_says_how_much() -> None:
    late = [voice(n, f"webhook retries stall {n}") for n in range(1, 13)]
    earlier = [voice(100 + n, f"webhook retries stall {n}") for n in range(2)]
    (pain,) = found([*late, *fillers(20, 2000)], [*earlier, *fillers(62)]).pains
    assert (pain.name, pain.state, pain.late, pain.earlier) == ("webhook retries stall", "rising", 12, 2)
    assert pain.rise == pytest.approx((12 / 32) / (2 / 64))


def test_what_was_as_frequent_before_is_no_news() -> None:
    assert found(fillers(30), fillers(120, 5000)).pains == ()


def test_two_voices_are_too_few() -> None:
    late = [voice(n, "seat sync fails") for n in range(2)]
    assert found([*late, *fillers(20)], fillers(80, 5000)).pains == ()


def test_one_author_is_one_voice_however_often_they_say_it() -> None:
    late = [voice(n, "seat sync fails", who="ann") for n in range(9)]
    assert found([*late, *fillers(20)], fillers(80, 5000)).pains == ()
    several = [voice(n, "seat sync fails", who=f"user {n}") for n in range(9)]
    assert [pain.late for pain in found([*several, *fillers(20)], fillers(80, 5000)).pains] == [9]


def test_phrases_of_the_same_voices_are_one_pain_and_others_are_not() -> None:
    first = [voice(n, f"seat sync fails. directory groups vanish {n}") for n in range(6)]
    second = [voice(50 + n, f"export button greyed out {n}") for n in range(6)]
    pains = found([*first, *second, *fillers(20)], fillers(80, 5000)).pains
    assert {pain.name for pain in pains} == {"directory groups vanish", "export button greyed out"}
    grouped = next(pain for pain in pains if pain.name == "directory groups vanish")
    assert "seat sync fails" in grouped.variants


def test_without_earlier_complaints_it_is_called_recurring_and_nothing_is_claimed() -> None:
    late = [voice(n, f"seat sync fails {n}. minutes") for n in range(4)]
    (pain,) = found(late, fillers(3)).pains
    assert (pain.name, pain.state, pain.rise, pain.surprise) == ("seat sync fails", "recurring", None, None)


def test_nothing_at_all_is_found_in_nothing() -> None:
    assert found([], []) == Emerging(pains=(), late=0, earlier=0)


def test_phrases_begin_and_end_with_words_that_say_something() -> None:
    run = "the wizard of the import is 404 x broken".split()
    assert set(phrases([tuple(run)], FREQUENT)) == {
        ("wizard",),
        ("wizard", "of", "the", "import"),
        ("import",),
        ("broken",),
    }


def test_memory_stays_bounded_and_what_is_frequent_is_still_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PHRASES_LIMIT", 500)
    late = [voice(n, f"one{n}x two{n}x three{n}x four{n}x") for n in range(2000)]
    late[::10] = [voice(10_000 + n, "seat sync fails") for n in range(len(late[::10]))]
    (pain,) = found(late, fillers(300, 50_000)).pains
    assert pain.name == "seat sync fails"
    assert pain.late == 200


@given(st.integers(1, 200), st.integers(1, 200), st.data())
def test_the_ratio_is_that_of_the_formula(late_total: int, earlier_total: int, data: st.DataObject) -> None:
    late = data.draw(st.integers(0, late_total))
    earlier = data.draw(st.integers(0, earlier_total))
    rate = (late + earlier) / (late_total + earlier_total)

    def fit(count: int, total: int, p: float) -> float:
        return (count * math.log(p) if count else 0.0) + ((total - count) * math.log(1 - p) if total - count else 0.0)

    expected = 2 * (
        fit(late, late_total, late / late_total)
        + fit(earlier, earlier_total, earlier / earlier_total)
        - fit(late, late_total, rate)
        - fit(earlier, earlier_total, rate)
    )
    assert log_likelihood(late, late_total, earlier, earlier_total) == pytest.approx(expected, abs=1e-6)


def count(topic: str, stories: int, severity_sum: int, *, brand: str = "acme", reach: float = 0.0) -> PainCount:
    return PainCount(
        brand=brand, topic=topic, mentions=stories, stories=stories, severity_sum=severity_sum, severest=4, reach=reach
    )


def test_pains_rank_by_frequency_times_severity_within_their_brand() -> None:
    now = [
        count("price", 10, 10),
        count("speed", 4, 16),
        count("bugs", 30, 0, reach=5.0),
        count("support", 1, 2, brand="zeta"),
        count("account", 30, 0, reach=9.0),
    ]
    rows = ranked(now, [count("price", 3, 3)])
    assert [(row.now.brand, row.now.topic) for row in rows] == [
        ("acme", "speed"),
        ("acme", "price"),
        ("acme", "account"),
        ("acme", "bugs"),
        ("zeta", "support"),
    ]
    assert [(row.before, row.mean_severity) for row in rows[:2]] == [(0, 4.0), (3, 1.0)]


def test_a_time_before_that_nobody_listened_to_is_unknown() -> None:
    (row,) = ranked([count("price", 1, 1)], None)
    assert row.before is None
