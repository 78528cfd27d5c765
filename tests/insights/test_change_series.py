"""Changes of pages by bucket, with coverage."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from listener.insights.change_series import KINDS, ChangeRow, ChangeSeen, change_rows
from listener.insights.series import CoverageHour

NOON = datetime(2026, 11, 2, 12, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")


def raised(at: datetime, percent: float | None, brand: str | None = "globex", source: str = "pricing") -> ChangeSeen:
    return ChangeSeen(at=at, brand=brand, source=source, kind="price_raised", percent=percent)


def polls(at: datetime, ok: int, failed: int, brand: str | None = "globex", source: str = "pricing") -> CoverageHour:
    hour = at.replace(minute=0)
    return CoverageHour(at=hour, source=source, brand=brand, ok=ok, failed=failed)


def told(row: ChangeRow) -> tuple[str, str | None, int, float | None, float | None]:
    return f"{row.start:%m-%d}", row.brand, row.counts.total(), row.mean_percent, row.coverage


def test_changes_are_counted_by_kind_and_day_of_the_zone() -> None:
    late = datetime(2026, 11, 2, 23, 10, tzinfo=UTC)  # the next day in Berlin
    changes = [
        raised(NOON, 20.0),
        ChangeSeen(at=NOON, brand="globex", source="pricing", kind="price_lowered", percent=-10.0),
        ChangeSeen(at=NOON, brand="globex", source="faq", kind="faq_added"),
        raised(late, 5.0),
    ]
    first, second = change_rows(changes, [polls(NOON, 3, 1)], by="day", zone=BERLIN)
    assert told(first) == ("11-02", "globex", 3, 5.0, 0.75)
    assert {kind: first.counts[kind] for kind in KINDS if first.counts[kind]} == {
        "price_raised": 1, "price_lowered": 1, "faq_added": 1,
    }  # fmt: skip
    assert told(second) == ("11-03", "globex", 1, 5.0, None)


def test_a_day_on_which_nothing_changed_is_there_if_pages_were_asked_and_else_is_not() -> None:
    rows = change_rows([], [polls(NOON, 0, 4), polls(NOON + 48 * HOUR, 4, 0)], by="day", zone=BERLIN)
    assert [told(row) for row in rows] == [
        ("11-02", "globex", 0, None, 0.0),
        ("11-04", "globex", 0, None, 1.0),
    ]


def test_pages_of_nobody_are_counted_apart() -> None:
    rows = list(change_rows([raised(NOON, None, None), raised(NOON, 1.0)], [], by="week", zone=BERLIN))
    assert [(row.brand, row.mean_percent) for row in rows] == [(None, None), ("globex", 1.0)]


def test_by_source_each_page_has_its_row() -> None:
    asked = [polls(NOON, 1, 0), polls(NOON, 0, 2, source="faq")]
    rows = list(change_rows([raised(NOON, 3.0)], asked, by="hour", zone=ZoneInfo("UTC"), per_source=True))
    assert [(row.source, row.counts.total(), row.polls_ok, row.polls_failed) for row in rows] == [
        ("faq", 0, 0, 2),
        ("pricing", 1, 1, 0),
    ]
