"""Trend rows by hour, day and week of a zone, and how sure their means are."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.insights.intervals import mean_interval, t_95
from listener.insights.series import By, CoverageHour, TrendHour, TrendRow, bucket_of, trend_rows

BERLIN = ZoneInfo("Europe/Berlin")
KOLKATA = ZoneInfo("Asia/Kolkata")
SANTIAGO = ZoneInfo("America/Santiago")
MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


def heard(hours: int, brand: str = "acme", source: str = "blog", **counts: int) -> TrendHour:
    some = {"mentions": 2, "stories": 2, "scored": 2, "unscored": 0, "positive": 1, "neutral": 0, "negative": 1}
    sums = {"compound_e4_sum": -2000, "compound_e8_squares": 34_000_000, "complaints": 1, "reach_e4_sum": 125_000}
    return TrendHour(at=MONDAY + hours * HOUR, brand=brand, source=source, **{**some, **sums, **counts})


def asked(hours: int, source: str = "blog", ok: int = 1, failed: int = 0, brand: str | None = None) -> CoverageHour:
    return CoverageHour(at=MONDAY + hours * HOUR, source=source, brand=brand, ok=ok, failed=failed)


def rows(
    heard: Iterable[TrendHour],
    asked: Iterable[CoverageHour],
    by: By = "day",
    zone: ZoneInfo = BERLIN,
    *,
    brands: tuple[str, ...] = ("acme",),
    per_source: bool = False,
) -> list[TrendRow]:
    return list(trend_rows(heard, asked, by=by, zone=zone, brands=brands, per_source=per_source))


def test_hours_of_a_day_are_added_up() -> None:
    (row,) = rows([heard(8), heard(9), heard(9, source="forum")], [asked(8), asked(9, failed=1)])
    assert (row.start.isoformat(), row.end.isoformat()) == ("2026-11-02T00:00:00+01:00", "2026-11-03T00:00:00+01:00")
    assert (row.mentions, row.stories, row.scored, row.positive, row.negative, row.complaints) == (6, 6, 6, 3, 3, 3)
    assert row.mean_compound == pytest.approx(-0.1)
    assert row.reach == pytest.approx(37.5)
    assert (row.polls_ok, row.polls_failed) == (2, 1)
    assert row.coverage == pytest.approx(2 / 3)


def test_an_outage_is_no_silence_and_silence_is_no_outage() -> None:
    found = rows([], [asked(0, ok=0, failed=4), asked(24, ok=4), asked(72, ok=4)])
    assert [(row.start.day, row.mentions, row.coverage) for row in found] == [(2, 0, 0.0), (3, 0, 1.0), (5, 0, 1.0)]
    assert found[0].mean_compound is None
    assert found[0].interval is None


def test_history_that_was_backfilled_has_mentions_without_polls() -> None:
    (row,) = rows([heard(0)], [])
    assert (row.mentions, row.polls_ok, row.coverage) == (2, 0, None)


def test_a_source_of_one_brand_covers_only_that_one() -> None:
    found = rows([], [asked(0), asked(0, "own", brand="acme")], brands=("acme", "globex"))
    assert [(row.brand, row.polls_ok) for row in found] == [("acme", 2), ("globex", 1)]


def test_by_source_those_that_were_polled_well_in_vain_are_left_out() -> None:
    found = rows(
        [heard(0, source="blog")],
        [asked(0, "blog"), asked(0, "forum"), asked(0, "broken", ok=0, failed=2)],
        per_source=True,
    )
    assert [(row.source, row.mentions, row.polls_ok, row.polls_failed) for row in found] == [
        ("blog", 2, 1, 0),
        ("broken", 0, 0, 2),
    ]


@pytest.mark.parametrize(
    ("at", "by", "zone", "start", "end"),
    [
        # Clocks back: the hour that comes twice is two hours, the day has 25.
        ("2026-10-25T00:00Z", "hour", BERLIN, "2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00"),
        ("2026-10-25T01:00Z", "hour", BERLIN, "2026-10-25T02:00:00+01:00", "2026-10-25T03:00:00+01:00"),
        ("2026-10-25T22:00Z", "day", BERLIN, "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00"),
        ("2026-10-25T23:00Z", "day", BERLIN, "2026-10-26T00:00:00+01:00", "2026-10-27T00:00:00+01:00"),
        # Clocks forward.
        ("2026-03-29T01:00Z", "hour", BERLIN, "2026-03-29T03:00:00+02:00", "2026-03-29T04:00:00+02:00"),
        # Weeks of ISO 8601, over a change of clocks and over New Year.
        ("2026-10-25T22:00Z", "week", BERLIN, "2026-10-19T00:00:00+02:00", "2026-10-26T00:00:00+01:00"),
        ("2027-01-01T12:00Z", "week", BERLIN, "2026-12-28T00:00:00+01:00", "2027-01-04T00:00:00+01:00"),
        # A zone that is off by half an hour: an hour belongs where it begins.
        ("2026-11-02T18:00Z", "day", KOLKATA, "2026-11-02T00:00:00+05:30", "2026-11-03T00:00:00+05:30"),
        ("2026-11-02T19:00Z", "day", KOLKATA, "2026-11-03T00:00:00+05:30", "2026-11-04T00:00:00+05:30"),
        ("2026-11-02T19:00Z", "hour", KOLKATA, "2026-11-03T00:30:00+05:30", "2026-11-03T01:30:00+05:30"),
        # Clocks skip midnight: the day begins at one.
        ("2026-09-06T12:00Z", "day", SANTIAGO, "2026-09-06T01:00:00-03:00", "2026-09-07T00:00:00-03:00"),
    ],
)
def test_an_hour_belongs_to_its_bucket(at: str, by: By, zone: ZoneInfo, start: str, end: str) -> None:
    found = bucket_of(datetime.fromisoformat(at), by, zone)
    assert tuple(moment.isoformat() for moment in found) == (start, end)


@given(
    hours=st.integers(0, 24 * 800),
    by=st.sampled_from(["hour", "day", "week"]),
    zone=st.sampled_from(["Europe/Berlin", "America/Santiago", "Asia/Kolkata", "UTC", "Australia/Lord_Howe"]),
)
def test_an_hour_begins_inside_its_bucket(hours: int, by: By, zone: str) -> None:
    at = MONDAY + hours * HOUR
    start, end = bucket_of(at, by, ZoneInfo(zone))
    assert start.astimezone(UTC) <= at < end.astimezone(UTC)


def test_an_interval_widens_with_doubt_and_knows_copies() -> None:
    values = (1.0, 2.0, 3.0, 4.0, 5.0)
    total, squares = sum(values), sum(value * value for value in values)
    low, high = mean_interval(5, total, squares, 5) or (math.nan, math.nan)
    # 3 ± 2.776 · 1.5811 / √5
    assert low == pytest.approx(1.0371, abs=1e-4)
    assert high == pytest.approx(4.9629, abs=1e-4)
    copies = mean_interval(5, total, squares, 2)
    assert copies is not None
    assert copies[1] - copies[0] > 3 * (high - low)
    assert mean_interval(5, total, squares, 1) is None
    assert mean_interval(1, 1.0, 1.0, 1) is None
    assert mean_interval(0, 0.0, 0.0, 0) is None


def test_the_quantiles_of_students_t_go_on_where_the_table_ends() -> None:
    assert t_95(30) == 2.042
    assert t_95(31) == pytest.approx(2.0395, abs=1e-3)
    assert t_95(120) == pytest.approx(1.9799, abs=1e-3)
    assert t_95(10**9) == pytest.approx(1.959964)
