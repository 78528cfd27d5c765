"""Polling a search: a question for each brand, cursors that survive the failure of another, turns for all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from msgspec.structs import replace

from listener import pipeline
from listener.pipeline import PollResult, poll
from listener.plugins import Scrapers
from listener.storage import Store
from listener.types import FetchResult, Outcome, Request, Response, Search, Source, Validators
from tests.pipeline.polling import START, Clock, PaperWeb, parts

HOUR = timedelta(hours=1)


class Network(PaperWeb):
    """A search that answers each question with one comment, or with a failure."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.failing: set[str] = set()
        self.questions: list[tuple[str, str | None]] = []
        self.pages_of_hits = 1
        self.at = START

    def fetch(self, request: Request, validators: Validators, *, under_way: bool = False) -> FetchResult:
        query = parse_qs(urlsplit(request.url).query)
        question = query["query"][0].strip('"')
        self.questions.append((question, query.get("numericFilters", [None])[0]))
        if question in self.failing:
            return FetchResult(request=request, outcome=Outcome.RATE_LIMITED, detail="429")
        hit = {"objectID": question, "comment_text": f"{question} is down.", "created_at_i": int(self.at.timestamp())}
        body = json.dumps({"hits": [hit], "nbPages": self.pages_of_hits}).encode()
        answer = Response(request=request, url=request.url, status=200, headers={}, body=body, fetched_at=self.clock())
        return FetchResult(request=request, outcome=Outcome.OK, response=answer)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    opened = Store.open(tmp_path / "listener.db", now=clock())
    yield opened
    opened.close()


@pytest.fixture
def web(clock: Clock) -> Network:
    return Network(clock)


def search(*terms: str) -> Source:
    return Source(
        name="hn", scraper="hacker-news", searches=tuple(Search(brand=term.lower(), terms=(term,)) for term in terms)
    )


def ask(store: Store, source: Source, web: Network, clock: Clock) -> PollResult:
    web.questions.clear()
    store.sync_sources([source], clock(), spread=timedelta(0))
    found = store.find_source(source.name)
    assert found is not None
    return poll(source, found.state, parts(store, web, clock))


def test_each_brand_is_asked_for_and_what_comes_back_is_matched(store: Store, web: Network, clock: Clock) -> None:
    result = ask(store, search("Acme", "Globex"), web, clock)
    assert (result.requests, result.items, result.mentions) == (2, 2, 2)
    assert {mention.brand for mention in store.iter_mentions()} == {"acme", "globex"}


def test_a_question_that_fails_does_not_keep_the_others_from_going_on(store: Store, web: Network, clock: Clock) -> None:
    source = search("Acme", "Globex")
    web.failing = {"Globex"}
    assert ask(store, source, web, clock).outcome is Outcome.RATE_LIMITED
    web.failing = set()
    clock.advance(HOUR)
    result = ask(store, source, web, clock)
    since = int((START - HOUR).timestamp())
    assert web.questions == [("Globex", None), ("Acme", f"created_at_i>{since}")]
    assert (result.outcome, result.new_items) == (Outcome.OK, 1)


def test_news_that_does_not_fit_into_a_poll_s_pages_is_told_in_its_detail(
    store: Store, web: Network, clock: Clock
) -> None:
    source = search("Acme")
    source = replace(source, options=msgspec.convert({"pages": 1}, Scrapers().get("hacker-news").Options))
    assert ask(store, source, web, clock).detail == ""
    clock.advance(HOUR)
    web.pages_of_hits = 2
    web.at = clock() - timedelta(minutes=1)
    assert "raise `pages`" in ask(store, source, web, clock).detail


def test_more_questions_than_a_poll_may_ask_have_their_turn_in_the_next(
    store: Store, web: Network, clock: Clock
) -> None:
    names = [f"Brand{number:02}" for number in range(pipeline.REQUESTS_LIMIT + 7)]
    ask(store, search(*names), web, clock)
    first = [question for question, _ in web.questions]
    ask(store, search(*names), web, clock)
    assert first == names[: pipeline.REQUESTS_LIMIT]
    assert [question for question, _ in web.questions][:7] == names[pipeline.REQUESTS_LIMIT :]
