"""Reading JSON of the web field by field: what is there in the type that is asked for, or nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.errors import ParseError
from listener.fields import Fields, read_json
from listener.types import Request, Response

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)


def answer(body: bytes) -> Response:
    request = Request(url="https://x.example/")
    return Response(
        request=request, url=request.url, status=200, headers={}, body=body, fetched_at=datetime(2026, 1, 1, tzinfo=UTC)
    )


@given(ANYTHING)
def test_whatever_stands_there_a_reader_gives_its_own_type(value: Any) -> None:
    fields = Fields({"a": value})
    for path in (("a",), ("a", "b"), ("a", 0, "c"), ("z",)):
        assert isinstance(fields.raw(*path), str)
        assert "\n" not in fields.line(*path)
        assert isinstance(fields.text(*path) + fields.markup(*path), str)
        number, moment = fields.number(*path), fields.moment(*path)
        assert number is None or abs(number) < float("inf")
        assert moment is None or moment.tzinfo is not None
        assert all(isinstance(one, Fields) for one in fields.each(*path))
        assert all(fields.lines(*path)) or fields.lines(*path) == ()


def test_halves_of_characters_and_nul_do_not_get_through() -> None:
    fields = read_json(answer(b'{"a": "x\\ud800y\\u0000z", "b": ["\\udfff"]}'))
    assert fields.raw("a") == "x\ufffdyz"
    fields.raw("a").encode()


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        (1768478400, datetime(2026, 1, 15, 12, tzinfo=UTC)),
        (1768478400123, datetime(2026, 1, 15, 12, 0, 0, 123000, tzinfo=UTC)),
        ("1768478400", datetime(2026, 1, 15, 12, tzinfo=UTC)),
        ("2026-01-15T13:00:00+01:00", datetime(2026, 1, 15, 12, tzinfo=UTC)),
        (True, None),
        (1e300, None),
        ("soon", None),
        (None, None),
    ],
)
def test_dates_come_as_numbers_and_as_text(value: Any, moment: datetime | None) -> None:
    assert Fields(value).moment() == moment


def test_numbers_below_zero_and_what_is_none_are_no_metrics() -> None:
    fields = Fields({"score": -3, "views": "1204", "likes": None, "shares": True, "replies": 0})
    metrics = fields.metrics(points="score", views="views", likes="likes", shares="shares", replies="replies")
    assert metrics == {"views": 1204.0, "replies": 0.0}


def test_a_stray_backslash_costs_no_answer() -> None:
    assert read_json(answer(rb'{"a": "it\'s \- \\ \u00e9\n", "b": 1}')).raw("a") == "it's - \\ é\n"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "an empty response"),
        (b"<html><title>Just  a moment</title>", "titled 'Just a moment'"),
        (b"Please limit requests to one every 5 seconds.", "begins with 'Please limit requests"),
        (b'{"a": ', "invalid JSON"),
        (b"[" * 200_000, "invalid JSON"),
    ],
)
def test_what_is_no_json_is_told_by_what_came(body: bytes, told: str) -> None:
    with pytest.raises(ParseError, match=told):
        read_json(answer(body))
