"""Headers that say when to come back are read as meant, in every form, and never believed beyond the cap."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.fetch import Fetcher
from listener.fetch.response_headers import fresh_for, parse_http_date, retry_after, validator
from listener.types import Outcome, Request, Validators
from tests.fetch.sites import Site, reply

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CAP = timedelta(days=30)
MOMENTS = st.integers(40_000_000, 7_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 09:49:37 +0100",
        "06 Nov 1994 08:49:37 -0000",
    ],
)
def test_every_form_of_an_http_date_is_read(text: str) -> None:
    assert parse_http_date(text) == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", [None, "", "0", "-1", "now", "Mon, 99 Foo 2026 99:99:99 GMT", "9" * 500, "Sun, 06 Nov"]
)
def test_what_is_no_date_is_none(text: str | None) -> None:
    assert parse_http_date(text) is None


@given(st.text(max_size=120))
def test_no_text_breaks_the_reader_of_dates(text: str) -> None:
    moment = parse_http_date(text)
    assert moment is None or moment.tzinfo is UTC


@given(MOMENTS)
def test_a_date_that_was_written_is_read(moment: datetime) -> None:
    assert parse_http_date(format_datetime(moment, usegmt=True)) == moment


@given(st.integers(0, 10**12 - 1))
def test_seconds_are_granted_up_to_the_cap(seconds: int) -> None:
    wait = retry_after({"retry-after": f" {seconds} "}, NOW, CAP)
    assert wait == (timedelta(seconds=min(seconds, CAP.total_seconds())) or None)


@given(MOMENTS, MOMENTS)
def test_a_date_counts_from_the_servers_own_clock(until: datetime, date: datetime) -> None:
    headers = {"retry-after": format_datetime(until, usegmt=True), "date": format_datetime(date, usegmt=True)}
    wait = retry_after(headers, NOW, CAP)
    assert wait == (min(until - date, CAP) if until > date else None)


def test_a_date_without_a_date_counts_from_now() -> None:
    headers = {"retry-after": format_datetime(NOW + timedelta(hours=1), usegmt=True)}
    assert retry_after(headers, NOW, CAP) == timedelta(hours=1)


@pytest.mark.parametrize("text", ["", "-5", "1.5", "soon", "1e9", "٣", "5, 5"])
def test_nonsense_is_no_wish(text: str) -> None:
    assert retry_after({"retry-after": text}, NOW, CAP) is None


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_no_headers_break_the_readers(one: str, two: str, three: str) -> None:
    headers = {"retry-after": one, "cache-control": two, "expires": three, "date": one, "age": two}
    for wait in (retry_after(headers, NOW, CAP), fresh_for(headers, NOW, CAP)):
        assert wait is None or timedelta(0) < wait <= CAP


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"cache-control": "max-age=600"}, 600),
        ({"cache-control": "public, Max-Age = 600, s-maxage=9"}, 600),
        ({"cache-control": 'max-age="600"'}, 600),
        ({"cache-control": "max-age=600", "age": "100"}, 500),
        ({"cache-control": "max-age=600", "age": "900"}, None),
        ({"cache-control": "max-age=0", "expires": "Sun, 01 Mar 2026 13:00:00 GMT"}, None),
        ({"cache-control": "no-cache, max-age=600"}, None),
        ({"cache-control": "max-age=600, no-store"}, None),
        ({"cache-control": "s-maxage=600"}, None),
        ({"cache-control": "x-max-age=600"}, None),
        ({"cache-control": "max-age=99999999999"}, 30 * 86400),
        ({"cache-control": "public", "expires": "Sun, 01 Mar 2026 13:00:00 GMT"}, 3600),
        ({"expires": "Sun, 01 Mar 2026 13:00:00 GMT", "date": "Sun, 01 Mar 2026 12:30:00 GMT"}, 1800),
        ({"expires": "0"}, None),
        ({"expires": "Sun, 01 Mar 2020 13:00:00 GMT"}, None),
    ],
)
def test_freshness_is_read(headers: dict[str, str], seconds: int | None) -> None:
    assert fresh_for(headers, NOW, CAP) == (None if seconds is None else timedelta(seconds=seconds))


def test_long_headers_are_read_in_linear_time() -> None:
    headers = {"cache-control": " ,max-age" * 7_000, "retry-after": " " * 65_000, "expires": "1" * 65_000}
    for _ in range(20):
        assert fresh_for(headers, NOW, CAP) is None
        assert retry_after(headers, NOW, CAP) is None


@pytest.mark.parametrize("value", ['"a"', 'W/"a"', "unquoted", '"\xe4\xff"', '""', '"with \t tab"'])
def test_a_validator_is_kept_byte_for_byte(value: str) -> None:
    assert validator({"etag": value}, "etag") == value


@pytest.mark.parametrize("value", ["", "a\nb", "a\rb", "a\0b", "\u0100", "x" * 3000])
def test_a_validator_that_cannot_be_sent_back_is_dropped(value: str) -> None:
    assert validator({"etag": value}, "etag") is None


class TestOverTheWire:
    def test_validators_go_there_and_back_byte_for_byte(self, site: Site, fetcher: Fetcher) -> None:
        site.scripts["/"] = reply(body=b"x", headers={"ETag": 'W/"\xe4 b"', "Last-Modified": "yesterday, about noon"})
        first = fetcher.fetch(Request(url=site.url(), robots=False))
        assert first.validators.etag == 'W/"\xe4 b"'
        assert not first.same_body
        site.scripts["/"] = reply(304, headers={"ETag": '"other"', "Cache-Control": "max-age=60"})
        second = fetcher.fetch(Request(url=site.url(), robots=False), first.validators)
        assert site.seen[1].headers["if-none-match"] == 'W/"\xe4 b"'
        assert site.seen[1].headers["if-modified-since"] == "yesterday, about noon"
        assert second.outcome is Outcome.NOT_MODIFIED
        assert second.validators == first.validators
        assert second.same_body
        assert second.fresh_for == timedelta(minutes=1)

    def test_the_same_bytes_are_noticed_without_validators(self, site: Site, fetcher: Fetcher) -> None:
        site.scripts["/"] = reply(body=b"x")
        first = fetcher.fetch(Request(url=site.url(), robots=False))
        assert first.validators == Validators(body_hash=first.validators.body_hash)
        second = fetcher.fetch(Request(url=site.url(), robots=False), first.validators)
        assert second.same_body
        assert second.response is not None
        site.scripts["/"] = reply(body=b"y")
        assert not fetcher.fetch(Request(url=site.url(), robots=False), second.validators).same_body

    def test_no_validators_are_sent_where_none_are_wanted(self, site: Site, fetcher: Fetcher) -> None:
        site.scripts["/"] = reply(body=b"x")
        fetcher.fetch(Request(url=site.url(), robots=False, conditional=False), Validators(etag='"a"'))
        assert "if-none-match" not in site.seen[0].headers
