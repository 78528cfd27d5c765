"""What is asked of a network's search, and how far back a poll reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.searching import (
    OVERLAP,
    Dialect,
    PagedSearchOptions,
    Turn,
    back_to,
    page_read,
    questions_of,
    tags_of,
    turn_of,
    turns,
    with_parameters,
)
from listener.types import Item, Parsed, Request, Response, Search, Source

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def source(*terms: str, ask: tuple[str, ...] = (), pages: int = 3) -> Source:
    return Source(
        name="x",
        scraper="x",
        options=PagedSearchOptions(ask=ask, pages=pages),
        searches=(Search(brand="acme", terms=terms),) if terms else (),
    )


def page(turn: Turn, *ages: timedelta, following: bool = True) -> Parsed:
    """Read a page whose items were published that long ago."""
    request = Request(url="https://x.example/search?q=acme&page=1", tag=turn.tag)
    response = Response(request=request, url=request.url, status=200, headers={}, body=b"", fetched_at=NOW)
    items = [Item(title="Acme", published=NOW - age) for age in ages]
    return page_read(response, items, following={"page": turn.page + 1} if following else None)


def test_alternatives_are_asked_for_together_where_the_network_knows_how() -> None:
    terms = ("Acme Cloud", "AcmeDB", "Acme Cloud", "refund*", '"', "***")
    assert Dialect().questions(terms) == ('"Acme Cloud" OR "AcmeDB" OR "refund"',)
    assert Dialect(either=None).questions(terms) == ('"Acme Cloud"', '"AcmeDB"', '"refund"')
    assert Dialect(quotes="", either="|", longest=15).questions(terms) == ("Acme Cloud", "AcmeDB|refund")


@given(st.lists(st.text(min_size=1, max_size=30), max_size=20), st.integers(20, 200))
def test_no_question_is_longer_than_the_network_takes(terms: list[str], longest: int) -> None:
    questions = Dialect(longest=longest).questions(terms)
    assert all(len(question) <= longest for question in questions)
    assert len(set(questions)) == len(questions)


def test_own_words_are_asked_for_instead_of_the_brands() -> None:
    assert questions_of(source("Acme", ask=("title:acme", "title:acme")), Dialect()) == ("title:acme",)


def test_names_become_hashtags() -> None:
    assert tags_of(source("Acme Cloud", "@acme_cloud", "Ünïcode", "2024", "!")) == ("acmecloud", "ünïcode")


def test_the_first_poll_reads_one_page_and_remembers_the_newest() -> None:
    (turn,) = turns(source("Acme"), ["Acme"], {})
    parsed = page(turn, HOUR, 30 * HOUR)
    assert parsed.more == ()
    assert parsed.state == {"last": "Acme", "newest: Acme": int((NOW - HOUR).timestamp())}


def test_later_polls_read_back_to_where_the_last_one_ended() -> None:
    state = page(Turn(question="Acme"), 9 * HOUR).state
    assert state is not None
    (turn,) = turns(source("Acme"), ["Acme"], state)
    assert turn.since_moment == NOW - 9 * HOUR - OVERLAP
    first = page(turn, HOUR, 2 * HOUR)
    assert first.state is None
    assert first.more[0].url == "https://x.example/search?q=acme&page=2"
    second = page(turn_of(first.more[0]), 3 * HOUR, 11 * HOUR)
    assert (second.more, second.skipped) == ((), ())
    assert second.state == {"last": "Acme", "newest: Acme": int((NOW - HOUR).timestamp())}


def test_pages_are_bounded_and_what_is_left_is_told() -> None:
    turn = Turn(question="Acme", since=int((NOW - 99 * HOUR).timestamp()), page=3, pages=3)
    parsed = page(turn, HOUR)
    assert parsed.more == ()
    assert "more news than fits" in parsed.missed


def test_a_post_from_the_future_hides_nothing_that_follows() -> None:
    parsed = page(Turn(question="Acme"), -1000 * HOUR)
    assert parsed.state == {"last": "Acme", "newest: Acme": int(NOW.timestamp())}


def test_a_poll_without_news_moves_no_cursor_back() -> None:
    turn = Turn(question="Acme", since=int((NOW - HOUR - OVERLAP).timestamp()))
    assert page(turn).state == {"last": "Acme", "newest: Acme": int((NOW - HOUR).timestamp())}
    assert page(Turn(question="Acme")).state == {"last": "Acme"}


def test_a_backfill_reads_back_to_its_date() -> None:
    (turn,) = turns(source("Acme"), ["Acme"], back_to(NOW - 500 * HOUR))
    assert turn.since_moment == NOW - 500 * HOUR


@pytest.mark.parametrize("tag", ["", "x", "{}", "[1]", '{"page": "two"}', "\ud800"])
def test_a_tag_of_another_kind_is_no_turn(tag: str) -> None:
    assert turn_of(Request(url="https://x.example/", tag=tag)) == Turn()


def test_parameters_take_the_place_of_those_of_the_same_name() -> None:
    url = with_parameters("https://x.example/a?q=%22Acme%20Cloud%22&page=1&empty=", {"page": 2, "after": "t3_a b"})
    assert url == "https://x.example/a?q=%22Acme%20Cloud%22&empty=&page=2&after=t3_a%20b"
