"""Files of customers' words are read by the columns that the settings name, or by their usual names."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from listener.errors import ParseError
from listener.parcels import Parcel, pack
from listener.types import Item, Parsed
from tests.scrapers.cases import answered, source_of


def read(name: str, text: str | bytes, **options: Any) -> Parsed:
    body = text.encode() if isinstance(text, str) else text
    return answered(source_of("files", "", files="*", **options), pack([Parcel(name=name, stamp="1", body=body)]))


def only(parsed: Parsed) -> Item:
    (item,) = parsed.items
    return item


def test_usual_columns_are_found_by_their_names() -> None:
    item = only(
        read("t.csv", "Ticket ID,Subject,Description,Requester,Created at\n7,Login,I can't,Jo,2026-10-02 10:00\n")
    )
    assert (item.guid, item.title, item.text, item.author, item.kind) == ("7", "Login", "I can't", "Jo", "ticket")
    assert item.published is not None
    assert item.published.isoformat() == "2026-10-02T10:00:00+00:00"


def test_columns_are_as_the_settings_say_several_of_them_joined() -> None:
    columns = {"text": "Pros + Cons", "rating": "Stars", "date": "Day"}
    item = only(
        read(
            "r.csv",
            'Pros;Cons;Stars;Day;Land\nSchnell;"Teuer;\nsehr";2,5;13.10.2026;AT\n'.encode("cp1252"),
            columns=columns,
            segment={"country": "Land"},
            kind="review",
            timezone="Europe/Vienna",
        )
    )
    assert (item.text, item.rating, item.rating_max, dict(item.segment)) == (
        "Schnell\nTeuer;\nsehr",
        2.5,
        5.0,
        {"country": "AT"},
    )
    assert item.published is not None
    assert item.published.isoformat() == "2026-10-12T22:00:00+00:00"


def test_lines_of_json_have_columns_with_dots() -> None:
    item = only(
        read(
            "s.jsonl",
            '{"id": 1, "answer": {"score": 0, "why": "<p>Slow</p>"}, "user": {"plan": "pro"}}\n\n',
            metric="nps",
            columns={"rating": "answer.score", "text": "answer.why"},
            segment={"plan": "user.plan"},
        )
    )
    assert (item.text, item.rating, item.rating_max, item.kind) == ("Slow", 0.0, 10.0, "survey")
    assert dict(item.segment) == {"plan": "pro", "metric": "nps"}


def test_who_has_left_counts_with_the_reason() -> None:
    item = only(
        read("c.csv", "date,reason,plan\n2026-10-02,Too expensive,pro\n", metric="churn", segment={"plan": "plan"})
    )
    assert (item.text, item.rating, item.rating_max, item.kind) == ("Too expensive", 0.0, 1.0, "ticket")
    assert item.segment["metric"] == "churn"


@pytest.mark.parametrize("score", ["11", "-1", "nine", "", "9 to 10"])
def test_a_score_off_the_scale_is_unknown(score: str) -> None:
    parsed = read("s.csv", f"score,comment\n{score},Words\n", metric="nps", columns={"rating": "score"})
    assert only(parsed).rating is None


def test_rows_that_say_nothing_are_told() -> None:
    parsed = read("t.csv", "id,text\n1,\n2,Words\n3\n")
    assert [item.guid for item in parsed.items] == ["2"]
    assert parsed.skipped == ("t.csv: 2 rows that say nothing",)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "x,y\n1,2\n", "none of the columns is known to hold words"),
        ("a.csv", 'text\n"' + "x" * 500_000 + '"\n', "field larger than field limit"),
        ("a.jsonl", '{"text": "a"}\n{"text": \n', "line 2: invalid JSON"),
        ("a.json", "[" * 100_000, "invalid JSON"),
        ("a.jsonl", "[" * 100_000, "invalid JSON"),
    ],
)
def test_a_file_that_is_something_else_is_told(name: str, text: str, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        read(name, text)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": "nps"}, "columns: nps needs to know which one holds the score"),
        ({"columns": {"words": "x"}}, "columns: expected author, date"),
        ({"segment": {"metric": "x"}}, "segment: metric is set by the option"),
        ({"timezone": "Mars/Base"}, "there is no time zone"),
    ],
)
def test_options_that_can_not_work_are_told_with_the_settings(options: dict[str, Any], message: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=message):
        source_of("files", "", files="*", **options)
