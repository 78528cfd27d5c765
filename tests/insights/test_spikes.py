"""Spikes stand out of what is usual at their hour; what wasn't listened to is neither quiet nor a spike."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from listener.insights.pains import PainCount
from listener.insights.rises import find_rises
from listener.insights.spikes import AskedHour, HeardHour, Spike, find_spike

END = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def heard(counts: dict[int, int], source: str = "blog", *, hour: int = 1) -> list[HeardHour]:
    """Return so many voices on each day before, `hour` hours before the end of its window."""
    return [HeardHour(at=END - day * DAY - hour * HOUR, source=source, count=n) for day, n in counts.items()]


def asked(days: Iterable[int], source: str = "blog", *, ok: bool = True) -> list[AskedHour]:
    return [AskedHour(at=END - day * DAY - 2 * HOUR, source=source, ok=int(ok), failed=int(not ok)) for day in days]


def spike(told: list[HeardHour], polls: list[AskedHour], **options: Any) -> Spike | None:
    wanted = {"window": 6 * HOUR, "count_at_least": 5, "times_at_least": 2.0, **options}
    return find_spike(told, polls, end=END, **wanted)


def usually(count: Callable[[int], int] | int) -> dict[int, int]:
    return {day: count(day) if callable(count) else count for day in range(1, 29)}


def test_many_more_than_usual_are_a_spike() -> None:
    found = spike(heard({0: 24, **usually(lambda day: 3 + day % 3)}), asked(range(30)))
    assert found is not None
    assert (found.count, found.usual, found.windows) == (24, 4.0, 28)
    assert (found.start, found.end, found.times) == (END - 6 * HOUR, END, 6.0)
    assert found.deviations == pytest.approx(10.0)


def test_as_many_as_usual_are_none() -> None:
    assert spike(heard({0: 6, **usually(4)}), asked(range(30))) is None


def test_large_numbers_vary_by_chance_and_must_still_be_a_multiple() -> None:
    polls = asked(range(30))
    assert spike(heard({0: 135, **usually(100)}), polls) is None
    assert spike(heard({0: 150, **usually(100)}), polls) is None
    assert spike(heard({0: 150, **usually(100)}), polls, times_at_least=1.2) is not None


def test_a_few_are_no_spike_even_where_usually_nobody_speaks() -> None:
    assert spike(heard({0: 4}), asked(range(30))) is None
    found = spike(heard({0: 5}), asked(range(30)))
    assert found is not None
    assert (found.usual, found.times) == (0, None)


def test_an_earlier_spike_spoils_neither_what_is_usual_nor_how_it_varies() -> None:
    assert spike(heard({0: 30, **usually(lambda day: 500 if day in (5, 6, 7) else 4)}), asked(range(30))) is not None


def test_each_hour_is_compared_with_its_own() -> None:
    # Every day at the same hour as many: a busy morning, not a spike.
    morning = heard({0: 30, **usually(30)})
    quiet = heard(usually(0), hour=10)
    assert spike([*morning, *quiet], asked(range(30))) is None


def test_days_on_which_polls_failed_are_gaps_and_not_zeros() -> None:
    counts = {0: 30, **usually(lambda day: 30 if day > 20 else 0)}
    polls = asked([0, *range(21, 30)]) + asked(range(1, 21), ok=False)
    assert spike(heard(counts), polls) is None
    # The same without the failures is a spike: those days were quiet.
    assert spike(heard(counts), asked(range(30))) is not None


def test_a_source_that_failed_and_brings_little_does_not_hide_the_day() -> None:
    told = heard({0: 30, **usually(4)}) + heard({29: 1}, "small")
    polls = asked(range(30)) + asked([29], "small") + asked(range(1, 29), "small", ok=False)
    found = spike(told, polls)
    assert found is not None
    assert found.windows == 28


def test_too_few_known_days_tell_nothing() -> None:
    told = heard({0: 30, **usually(4)})
    polls = asked([0, 29, *range(1, 7)]) + asked(range(7, 29), ok=False)
    assert spike(told, polls) is None


def test_a_new_source_is_no_spike() -> None:
    told = heard(usually(4)) + heard({0: 40}, "new")
    assert spike(told, asked(range(30)) + asked(range(3), "new")) is None
    # Nor is one that is never polled, or of which nothing is known.
    assert spike(told, asked(range(30))) is None


def test_what_is_usual_is_only_what_all_sources_were_listened_to_for() -> None:
    told = heard({0: 20, **usually(2)}) + heard({0: 20, **dict.fromkeys(range(1, 11), 20)}, "younger")
    assert spike(told, asked(range(30)) + asked(range(11), "younger")) is None


def test_hours_outside_the_window_do_not_count() -> None:
    told = heard({0: 3, **usually(3)}) + heard({0: 50}, hour=7) + [HeardHour(at=END, source="blog", count=50)]
    assert spike(told, asked(range(30))) is None


def test_naive_times_are_refused() -> None:
    with pytest.raises(ValueError, match="not an aware"):
        HeardHour(at=datetime(2026, 1, 1), source="blog", count=1)  # noqa: DTZ001


@given(st.lists(st.integers(0, 50), min_size=28, max_size=28), st.integers(0, 400), st.integers(1, 24))
def test_a_spike_is_always_more_than_asked_for(before: list[int], now: int, hours: int) -> None:
    told = heard({0: now, **dict(enumerate(before, 1))})
    found = spike(told, asked(range(30)), window=hours * HOUR)
    if found is not None:
        assert found.count == now >= max(5, 2 * found.usual)
        assert sum(count < now for count in before) >= 14


def pain(topic: str, stories: int, severity_sum: int = 0, brand: str = "acme") -> PainCount:
    return PainCount(
        brand=brand, topic=topic, mentions=stories, stories=stories, severity_sum=severity_sum, severest=4, reach=0.0
    )


def rises(late: list[PainCount], earlier: list[PainCount], stories: tuple[int, int]) -> list[tuple[str, float]]:
    found = find_rises(
        late, earlier, {"acme": stories[0]}, {"acme": stories[1]}, stories_at_least=3, times_at_least=2.0
    )
    return [(rise.topic, rise.times) for rise in found]


def test_pains_that_are_new_or_rise_are_told_the_weightiest_first() -> None:
    late = [pain("speed", 6, 6), pain("billing", 5, 20), pain("bugs", 4, 4)]
    earlier = [pain("speed", 4), pain("bugs", 20)]
    assert rises(late, earlier, (20, 100)) == [("billing", float("inf")), ("speed", pytest.approx(7.5))]


def test_when_everybody_talks_more_no_pain_rises() -> None:
    assert rises([pain("speed", 40)], [pain("speed", 10)], (400, 100)) == []


def test_two_stories_and_a_brand_that_nobody_knew_are_no_rise() -> None:
    assert rises([pain("speed", 2)], [], (20, 100)) == []
    assert rises([pain("speed", 9)], [], (20, 9)) == []
