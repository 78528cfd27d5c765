"""Dates as the web writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.dates import day_first_in, parse_date

NOON = datetime(2025, 10, 3, 12, 30, tzinfo=UTC)
DAY = datetime(2025, 10, 3, tzinfo=UTC)
MONTH = datetime(2025, 10, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "Fri, 03 Oct 2025 12:30:00 GMT",
        "Fri, 3 Oct 2025 14:30:00 +0200",
        "03 Oct 2025 12:30 UT",
        "Fri, 03 Oct 2025 12:30:00Z",
        "Fri,  3 Oct 2025 12:30:00 +0000",
        "Fri,3 Oct 2025 12:30:00 -0000",
        "Fri, 03 Oct 2025 14:30:00 + 0200",
        "Fri, 03 Oct 2025 14:30:00 GMT+0200",
        "Fri, 03 Oct 2025 14:30:00 GMT+2",
        "Fri, 03 Oct 2025 14:30:00 UTC+02:00",
        "Fri Oct 03 2025 14:30:00 GMT+0200 (Central European Summer Time)",
        "Fri, 03 Oct 25 12:30:00 GMT",
        "Friday, 03-Oct-25 12:30:00 GMT",
        "Fri Oct  3 12:30:00 2025",
        "Fri Oct 03 12:30:00 +0000 2025",
        "Fri Oct 03 08:30:00 EDT 2025",
        "Fri, 03 Oct 2025 14:30:00 CEST",
        "Fri, 03 Oct 2025 13:30:00 BST",
        "Fri, 03 Oct 2025 05:30:00 PDT",
        "Fri, 03 Oct 2025 18:00:00 IST",
        "Fri, 03 Oct 2025 08:30:00 ET",
        "Fri, 03 Oct 2025 14:30:00 Europe/Berlin",
        "Fri, 03 Oct 2025 22:00:00 ACST",
        "Thurs, 3rd October 2025 12:30:00 GMT",
        "Fir, 03 Oct 2025 12:30:00 GMT",
        "3 October 2025, 12:30 p.m.",
        "October 3, 2025 12:30 PM",
        "Oct. 3rd, '25 at 12:30",
        "2025-10-03T12:30:00Z",
        "2025-10-03T14:30:00+02:00",
        "2025-10-03T14:30:00.000+0200",
        "2025-10-03T14:30+02",
        "2025-10-03t12:30:00z",
        "2025-10-03 12:30:00 +0000",
        "2025-10-03 T 12:30:00 -00:00",
        '"2025-10-03 12:30:00"',
        "20251003T123000Z",
        "20251003T12:30:00+00:00",
        "20251003123000",
        "202510031230",
        "2025-10-3 12:30",
        "2025/10/03 12:30",
        "2025.10.03 12:30",
        "2025-276T12:30:00Z",
        "2025-W40-5T12:30:00Z",
        "10/3/2025 12:30:00 PM",
        "03.10.2025 12:30",
        "3.10.25 12:30",
        "3. Oktober 2025, 12.30 Uhr",
        "1759494600",
        "1759494600000",
        "1759494600.0",
        "ven., 3 oct. 2025 14:30:00 +0200",
        "vendredi 3 octobre 2025 à 12h30",
        "mar, 03 oct 2025 12:30:00 GMT",
        "Fr, 03 Okt 2025 12:30:00 +0000",
        "vie, 03 oct 2025 12:30:00 GMT",
        "viernes, 3 de octubre de 2025 12:30",
        "sex, 03 out 2025 09:30:00 -0300",
        "Cum, 03 Eki 2025 15:30:00 +0300",
        "Пт, 3 окт 2025 15:30:00 +0300",
        "3 октября 2025 г., 12:30",
        "pt., 3 paź 2025 14:30:00 +0200",
        "3 października 2025 12:30",
        "3 lokakuuta 2025 12.30",
        "Παρ, 03 Οκτ 2025 12:30:00 GMT",
        "2025. október 3. 12:30",
        "2025年10月3日 12:30",
        "2025年10月3日 下午12:30",
        "2025년 10월 3일 (금) 오후 12:30",
        "Jum, 03 Okt 2025 19:30:00 WIB",
        "  Fri, 03 Oct 2025 12:30:00 GMT\n",
    ],
)
def test_the_same_moment_in_every_dress(text: str) -> None:
    assert parse_date(text) == NOON


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-10-03", DAY),
        ("2025/10/3", DAY),
        ("20251003", DAY),
        ("3 Oct 2025", DAY),
        ("Fri, 03 Oct 2025", DAY),
        ("October 2025", MONTH),
        ("2025-10", MONTH),
        ("2025", datetime(2025, 1, 1, tzinfo=UTC)),
        ("Fri, 03 Oct 2025 24:00:00 GMT", DAY + timedelta(days=1)),
        ("Fri, 03 Oct 2025 23:59:60 GMT", DAY.replace(hour=23, minute=59, second=59)),
        ("10/3/2025 12:30:00 AM", DAY.replace(minute=30)),
        ("Fri, 3 Oct 2025 9:05:07 PM GMT", DAY.replace(hour=21, minute=5, second=7)),
        ("31 Dec 1999 23:00:00 -0500", datetime(2000, 1, 1, 4, tzinfo=UTC)),
        ("Sun, 6 Nov 94 08:49:37 GMT", datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)),
    ],
)
def test_what_a_date_leaves_out_begins_with_the_period(text: str, moment: datetime) -> None:
    assert parse_date(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        None,
        "yesterday",
        "2 hours ago",
        "12:30",
        "October",
        "3 Oct",
        "Fri, 31 Feb 2025 12:00:00 GMT",
        "2025-13-01",
        "2025-02-30T00:00:00Z",
        "0000-00-00 00:00:00",
        "0001-01-01T00:00:00Z",
        "-0001-11-30T00:00:00+00:00",
        "Mon, 01 Jan 0001 00:00:00 +0000",
        "Sat, 30 Dec 1899 00:00:00 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "1970-01-01T01:00:00+01:00",
        "Wed, 31 Dec 1969 19:00:00 EST",
        "9999-12-31T23:59:59Z",
        "200-10-03",
        "12345",
        "http://example.com/2025/10/03",
        "3 Smarch 2025",
        "x" * 10_000,
        "1" * 10_000,
        "0x1F",
    ],
)
def test_what_is_no_date_is_none(text: str | None) -> None:
    assert parse_date(text) is None


def test_a_date_with_two_readings_is_not_guessed() -> None:
    assert parse_date("03/10/2025") is None
    assert parse_date("03-10-2025 12:30") is None
    assert parse_date("03/10/2025", day_first=True) == DAY
    assert parse_date("10/03/2025", day_first=False) == DAY
    assert parse_date("Fri 03/10/2025") == DAY
    assert parse_date("Friday, 10/03/2025") == DAY
    assert parse_date("13/10/2025") == datetime(2025, 10, 13, tzinfo=UTC)
    assert parse_date("10/13/2025") == datetime(2025, 10, 13, tzinfo=UTC)
    assert parse_date("10/10/2025") == datetime(2025, 10, 10, tzinfo=UTC)


def test_other_dates_of_a_source_tell_where_the_day_stands() -> None:
    assert day_first_in(["03/10/2025", "25/12/2025"]) is True
    assert day_first_in(["03/10/2025", "12/25/2025"]) is False
    assert day_first_in(["03/10/2025", "04/10/2025"]) is None
    assert day_first_in(["25/12/2025", "12/25/2025"]) is None
    assert day_first_in([]) is None


def test_a_time_without_a_zone_is_in_the_zone_of_its_source() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert parse_date("2025-10-03 14:30:00", zone=berlin) == NOON
    assert parse_date("Fri, 03 Oct 2025 14:30:00", zone=berlin) == NOON
    assert parse_date("Fri, 03 Oct 2025 14:30:00 QQT", zone=berlin) == NOON
    assert parse_date("Fri, 03 Oct 2025 12:30:00 GMT", zone=berlin) == NOON
    assert parse_date("2025-01-03 13:30:00", zone=berlin) == datetime(2025, 1, 3, 12, 30, tzinfo=UTC)


def test_a_name_of_two_months_needs_its_language() -> None:
    assert parse_date("3 listopad 2025") is None
    assert parse_date("3 listopada 2025", lang="pl") == datetime(2025, 11, 3, tzinfo=UTC)
    assert parse_date("3 listopada 2025", lang="hr-HR") == DAY
    assert parse_date("Fri Oct 03 20:30:00 CST 2025", lang="zh-CN") == NOON
    assert parse_date("Fri Oct 03 07:30:00 CST 2025") == NOON + timedelta(hours=1)


SECONDS = st.integers(
    int(datetime(1971, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2099, 1, 1, tzinfo=UTC).timestamp())
)
MOMENTS = SECONDS.map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
OFFSETS = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(MOMENTS, OFFSETS)
def test_what_programs_write_is_read_back(moment: datetime, offset: timezone) -> None:
    aware = moment.astimezone(offset)
    assert parse_date(format_datetime(aware)) == aware
    assert parse_date(aware.isoformat()) == aware
    assert parse_date(aware.isoformat(" ").replace("-", "/", 2)) == aware
    assert parse_date(aware.strftime("%a %b %d %H:%M:%S %z %Y")) == aware
    assert parse_date(aware.strftime("%A, %B %d, %Y %I:%M:%S %p %z")) == aware


@given(st.text(max_size=130) | st.text(alphabet="0123456789 :-/.+TZaApPmMOct,年", max_size=40))
def test_no_text_makes_it_raise_and_a_result_is_utc_and_possible(text: str) -> None:
    found = parse_date(text)
    assert found is None or (found.tzinfo is UTC and 1900 <= found.year <= 2100)
