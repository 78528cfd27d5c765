"""Polling one source, with a real database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import cast

import pytest
from msgspec.structs import replace

from listener import pipeline
from listener.errors import DatabaseFull, StorageError
from listener.parts import Parts
from listener.pipeline import BROKEN_OFF, PollResult, poll
from listener.storage import Store, Transaction
from listener.types import FetchResult, Outcome, Request, Source
from tests.pipeline.polling import START, Clock, PaperWeb, parts, rss, source

ANGRY = ("Acme broke again", "Acme is terrible, broken and useless. Worst service, I hate it.", START)
CALM = ("Acme in Lyon", "Acme opens an office in Lyon next year, the company told reporters.", START)
OTHER = ("Weather", "Rain is expected in the north on Tuesday and Wednesday.", START)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    opened = Store.open(tmp_path / "listener.db", now=clock())
    yield opened
    opened.close()


@pytest.fixture
def web(clock: Clock) -> PaperWeb:
    return PaperWeb(clock)


def ask(one: Source, with_parts: Parts) -> PollResult:
    """Poll a source as the dispatcher does, with the state that is stored."""
    found = with_parts.store.find_source(one.name)
    if found is None:
        with_parts.store.sync_sources([one], with_parts.clock(), spread=timedelta(0))
        found = with_parts.store.find_source(one.name)
    assert found is not None
    return poll(one, found.state, with_parts)


def test_a_feed_becomes_items_mentions_trends_and_an_alert(store: Store, web: PaperWeb, clock: Clock) -> None:
    web.pages[source().url] = rss(ANGRY, CALM, OTHER)
    result = ask(source(), parts(store, web, clock))
    assert (result.outcome, result.items, result.new_items, result.mentions, result.alerts) == (Outcome.OK, 3, 3, 2, 1)
    assert {mention.title for mention in store.iter_mentions()} == {ANGRY[0], CALM[0]}
    assert sum(hour.mentions for hour in store.iter_trends()) == 2
    (delivery,) = store.deliveries()
    assert (delivery.channel, delivery.alert.rule, delivery.due_at) == ("screen", "angry", clock())
    assert store.verify_trends() == []


def test_an_unchanged_feed_is_asked_for_with_its_validators_and_parsed_no_more(
    store: Store, web: PaperWeb, clock: Clock
) -> None:
    web.pages[source().url] = rss(CALM)
    ask(source(), parts(store, web, clock))
    clock.advance(timedelta(hours=1))
    result = ask(source(), parts(store, web, clock))
    assert (result.outcome, result.items) == (Outcome.NOT_MODIFIED, 0)
    assert web.asked[1][1].etag is not None


def test_what_is_known_is_not_stored_again_but_what_is_new_is(store: Store, web: PaperWeb, clock: Clock) -> None:
    web.pages[source().url] = rss(ANGRY)
    ask(source(), parts(store, web, clock))
    web.pages[source().url] = rss(CALM, ANGRY)
    result = ask(source(), parts(store, web, clock))
    assert (result.items, result.new_items, result.alerts) == (2, 1, 0)


def test_a_feed_whose_ids_all_change_is_not_news(store: Store, web: PaperWeb, clock: Clock) -> None:
    web.pages[source().url] = rss(ANGRY, CALM)
    ask(source(), parts(store, web, clock))
    web.pages[source().url] = rss(ANGRY, CALM, prefix="v2/")
    assert ask(source(), parts(store, web, clock)).new_items == 0


def test_copies_in_other_feeds_are_mentions_of_one_story_with_one_alert(
    store: Store, web: PaperWeb, clock: Clock
) -> None:
    text = (
        "Acme suffered a terrible outage on Tuesday. Thousands of shops were unreachable for two hours and customers "
        "were angry. The company apologised for the failure and promised a report about the broken network change."
    )
    one, two = source("wire"), source("paper")
    web.pages[one.url] = rss(("Acme outage takes shops offline", text, START))
    web.pages[two.url] = rss(("Outage at Acme takes shops offline", f"{text} (Wire)", START))
    with_parts = parts(store, web, clock)
    store.sync_sources([one, two], clock(), spread=timedelta(0))
    results = [ask(one, with_parts), ask(two, with_parts)]
    assert [result.mentions for result in results] == [1, 1]
    first, second = store.iter_mentions()
    assert first.story_id == second.story_id
    assert [first.first_of_story, second.first_of_story] == [True, False]
    assert [result.alerts for result in results] == [1, 0]


def test_a_review_is_about_its_sources_brand_though_it_does_not_name_it(
    store: Store, web: PaperWeb, clock: Clock
) -> None:
    reviews = source("reviews", brand="acme")
    web.pages[reviews.url] = (
        b'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:im="http://itunes.apple.com/rss"><title>Reviews</title>'
        b"<id>x</id><updated>2026-11-02T07:00:00Z</updated><entry><id>1</id><title>Broken</title>"
        b"<updated>2026-11-02T07:00:00Z</updated><im:rating>1</im:rating>"
        b"<content type='text'>It crashes whenever I log in.</content></entry></feed>"
    )
    assert ask(reviews, parts(store, web, clock)).mentions == 1


@pytest.mark.parametrize("outcome", [Outcome.TIMEOUT, Outcome.SERVER_ERROR, Outcome.DNS])
def test_a_failed_poll_is_counted_and_keeps_what_is_known(
    store: Store, web: PaperWeb, clock: Clock, outcome: Outcome
) -> None:
    web.pages[source().url] = rss(CALM)
    ask(source(), parts(store, web, clock))
    validators = [entry[1] for entry in web.asked]
    web.pages[source().url] = outcome
    clock.advance(timedelta(hours=1))
    result = ask(source(), parts(store, web, clock))
    assert (result.outcome, result.worked) == (outcome, False)
    found = store.find_source("blog")
    assert found is not None
    assert (found.state.failures, found.state.outcome) == (1, outcome)
    assert found.state.validators[source().url].etag is not None
    assert validators[0].etag is None
    hours = list(store.iter_coverage())
    assert [(hour.ok, hour.failed) for hour in hours] == [(1, 0), (0, 1)]


@pytest.mark.parametrize("kept", [0.45, 0.6, 0.75, 0.9])
def test_a_feed_that_broke_off_is_asked_for_in_full_again_though_it_has_not_changed(
    store: Store, web: PaperWeb, clock: Clock, kept: float
) -> None:
    whole = rss(*((f"Acme {number}", "Words about it", START) for number in range(6)))
    web.pages[source().url] = whole[: int(len(whole) * kept)]
    first = ask(source(), parts(store, web, clock))
    assert 0 < first.new_items <= 6
    assert (first.outcome, first.detail) == (Outcome.OK, BROKEN_OFF)
    web.pages[source().url] = whole
    clock.advance(timedelta(hours=1))
    second = ask(source(), parts(store, web, clock))
    assert web.asked[1][1].etag is None
    assert (second.outcome, second.detail, first.new_items + second.new_items) == (Outcome.OK, "", 6)


def test_the_same_broken_bytes_are_read_once_and_asked_for_in_full_each_time(
    store: Store, web: PaperWeb, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = rss(*((f"Acme {number}", "Words about it", START) for number in range(6)))
    web.pages[source().url] = whole[: int(len(whole) * 0.6)]
    given = parts(store, web, clock)
    first = ask(source(), given)
    outcomes = []
    with monkeypatch.context() as broken:
        broken.setattr(type(given.scrapers.get("feed")), "parse", lambda *_: pytest.fail("read again"))
        for _ in range(2):
            clock.advance(timedelta(hours=1))
            again = ask(source(), given)
            outcomes.append((again.outcome, again.detail))
    assert outcomes == [(Outcome.NOT_MODIFIED, BROKEN_OFF)] * 2
    assert all(not (known.etag or known.last_modified) for _, known in web.asked)
    web.pages[source().url] = whole
    clock.advance(timedelta(hours=1))
    assert first.new_items + ask(source(), given).new_items == 6


def test_what_can_not_be_read_is_a_failed_poll_and_asked_for_in_full_again(
    store: Store, web: PaperWeb, clock: Clock
) -> None:
    web.pages[source().url] = b"<html><body>Please log in</body></html>"
    result = ask(source(), parts(store, web, clock))
    assert result.outcome is Outcome.PARSE
    found = store.find_source("blog")
    assert found is not None
    assert found.state.validators == {}


def test_trouble_is_told_once_and_so_is_its_end(store: Store, web: PaperWeb, clock: Clock) -> None:
    web.pages[source().url] = Outcome.CONNECT
    with_parts = parts(store, web, clock)
    told = []
    for _ in range(8):
        told.append(ask(source(), with_parts).alerts)
        clock.advance(timedelta(hours=2))
    web.pages[source().url] = rss(CALM)
    for _ in range(3):
        told.append(ask(source(), with_parts).alerts)
        clock.advance(timedelta(hours=2))
    assert told == [0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0]


def test_a_poll_that_was_put_off_is_no_poll(store: Store, web: PaperWeb, clock: Clock) -> None:
    request = Request(url=source().url)
    web.pages[source().url] = FetchResult(
        request=request, outcome=Outcome.DEFERRED, retry_after=timedelta(seconds=9), detail="its turn comes later"
    )
    ask(source(), parts(store, web, clock))
    found = store.find_source("blog")
    assert found is not None
    assert found.state.due_at == clock() + timedelta(seconds=9)
    assert found.state.failures == 0
    assert list(store.iter_coverage()) == []


def test_an_item_dated_ahead_counts_when_it_was_seen(store: Store, web: PaperWeb, clock: Clock) -> None:
    web.pages[source().url] = rss((CALM[0], CALM[1], START + timedelta(days=400)))
    ask(source(), parts(store, web, clock))
    (mention,) = store.iter_mentions()
    assert mention.at == clock()


def test_a_poll_that_can_not_be_stored_leaves_nothing_and_is_repeated_whole(
    store: Store, web: PaperWeb, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.pages[source().url] = rss(ANGRY, CALM)
    with_parts = parts(store, web, clock)

    @contextmanager
    def full() -> Iterator[Transaction]:
        with Store.write(store) as tx:
            yield tx
            raise DatabaseFull("no space")

    store.sync_sources([source()], clock(), spread=timedelta(0))
    with monkeypatch.context() as broken:
        broken.setattr(store, "write", full)
        with pytest.raises(StorageError):
            ask(source(), with_parts)
    assert list(store.iter_mentions()) == []
    assert ask(source(), with_parts).new_items == 2


def test_the_requests_of_one_poll_are_bounded(store: Store, web: PaperWeb, clock: Clock, tmp_path: Path) -> None:
    folder = tmp_path / "scrapers"
    folder.mkdir(mode=0o700)
    (folder / "endless.py").write_text(
        "from listener.types import Parsed, Request\n"
        "class Endless:\n"
        "    name, version, Options = 'endless', 1, None\n"
        "    def requests(self, source, state):\n"
        "        return [Request(url=source.url)]\n"
        "    def parse(self, response, source):\n"
        "        return Parsed(more=(Request(url=source.url),))\n"
        "scraper = Endless()\n"
    )
    endless = Source(name="endless", scraper="endless", url="https://endless.example/")
    web.pages[endless.url] = b"more"
    result = ask(endless, parts(store, web, clock, folders=[folder]))
    assert result.requests == pipeline.REQUESTS_LIMIT


def test_a_next_page_that_is_put_off_ends_a_poll_that_worked(
    store: Store, web: PaperWeb, clock: Clock, tmp_path: Path
) -> None:
    folder = tmp_path / "scrapers"
    folder.mkdir(mode=0o700)
    (folder / "paged.py").write_text(
        "from listener.types import Item, Parsed, Request\n"
        "class Paged:\n"
        "    name, version, Options = 'paged', 1, None\n"
        "    def requests(self, source, state):\n"
        "        return [Request(url=source.url)]\n"
        "    def parse(self, response, source):\n"
        "        first = response.request.url == source.url\n"
        "        more = (Request(url=source.url + '2'),) if first else ()\n"
        "        return Parsed(items=(Item(title='Acme', guid='1'),), more=more)\n"
        "scraper = Paged()\n"
    )
    paged = Source(name="paged", scraper="paged", url="https://paged.example/")
    web.pages[paged.url] = b"one"
    web.pages[paged.url + "2"] = Outcome.DEFERRED
    result = ask(paged, parts(store, web, clock, folders=[folder]))
    assert (result.outcome, result.new_items) == (Outcome.OK, 1)
    # The first page hasn't changed, but the second was never read.
    web.pages[paged.url + "2"] = b"two"
    clock.advance(timedelta(hours=1))
    ask(paged, parts(store, web, clock, folders=[folder]))
    assert [url for url, _ in web.asked[2:]] == [paged.url, paged.url + "2"]
    clock.advance(timedelta(hours=1))
    assert ask(paged, parts(store, web, clock, folders=[folder])).outcome is Outcome.NOT_MODIFIED


def told(number: int, *, frame: bool) -> tuple[str, str, datetime]:
    """Return an entry of 90 words of its own about the brand, in a frame of 40 words or without."""
    own = " ".join(f"word{number}x{place}" for place in range(90))
    sentence = (
        "This newsletter comes from the desk of one editor who writes to you every week about what went on in town. "
    )
    return f"Letter {number} on Acme and more", (sentence * 2 if frame else "") + f"Acme {own}.", START


def stories_of(store: Store) -> list[int]:
    return [mention.story_id for mention in store.iter_mentions() if mention.story_id is not None]


def test_a_frame_that_one_author_repeats_makes_no_story_of_what_stands_in_it(
    store: Store, web: PaperWeb, clock: Clock
) -> None:
    letters = [told(number, frame=True) for number in range(3)]
    web.pages[source().url] = rss(*letters[:2])
    ask(source(), parts(store, web, clock))
    clock.advance(timedelta(hours=1))
    web.pages[source().url] = rss(*letters)
    ask(source(), parts(store, web, clock))
    assert len(set(stories_of(store))) == 3


def test_what_others_take_over_in_part_is_one_story_and_so_is_what_one_author_says_again(
    store: Store, web: PaperWeb, clock: Clock
) -> None:
    title, text, at = told(1, frame=False)
    web.pages[source().url] = rss((title, text, at), (f"{title}, corrected", f"{text} Corrected.", at))
    ask(source(), parts(store, web, clock))
    half = " ".join(text.split()[:60])
    web.pages[source("other").url] = rss(
        ("Elsewhere on Acme", f"{half} So they say, and we have more of it.", at), prefix="other"
    )
    ask(source("other"), parts(store, web, clock))
    assert len(stories_of(store)) == 3
    assert len(set(stories_of(store))) == 1


def test_a_title_that_is_edited_again_and_again_stays_one_story(store: Store, web: PaperWeb, clock: Clock) -> None:
    titles = (
        "Acme to close its plant in Springfield next year",
        "Acme to close its Springfield plant with 900 jobs next year",
        "Springfield plant of Acme to close with 900 jobs lost",
        "Visitors of the Acme plant in Springfield marvel at 900 robots",
    )
    with_parts = parts(store, web, clock)
    for number, title in enumerate(titles):
        one = source(f"paper{number}")
        web.pages[one.url] = rss((title, "", START), prefix=one.name)
        ask(one, with_parts)
        clock.advance(timedelta(hours=1))
    first, *others, last = stories_of(store)
    assert set(others) == {first}
    assert last != first


def test_what_is_like_two_stories_joins_the_one_that_it_is_most_like(store: Store, web: PaperWeb, clock: Clock) -> None:
    titles = (
        "Acme to close its Springfield plant next year",
        "Acme to shut another Springfield plant this year",
        "Acme to close another Springfield plant next year",
    )
    with_parts = parts(store, web, clock)
    for number, title in enumerate(titles):
        one = source(f"paper{number}")
        web.pages[one.url] = rss((title, "", START), prefix=one.name)
        ask(one, with_parts)
    first, second, third = stories_of(store)
    assert first != second
    assert third == first


def many(count: int) -> list[tuple[str, str, datetime]]:
    """Return angry items that tell different things."""
    words = "invoices exports logins backups searches uploads reports invitations".split()
    return [
        (f"Acme {word} {number}", f"The {word} of Acme are terrible, broken and useless for {number} days.", START)
        for number, word in enumerate(words[:count], 1)
    ]


class Turns:
    """Counts how often reading began, and lets something happen before the last time."""

    def __init__(self, at: int, happen: Callable[[], None]) -> None:
        self.count = 0
        self._at = at
        self._happen = happen

    def __enter__(self) -> None:
        self.count += 1
        if self.count == self._at:
            self._happen()

    def __exit__(self, *_: object) -> None:
        pass


def with_turns(made: Parts, turns: Turns) -> Parts:
    return replace(made, reader=cast("Lock", turns))


def test_more_items_than_a_portion_are_read_by_turns_and_count_as_one_poll(
    store: Store, web: PaperWeb, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "PORTION", 3)
    web.pages[source().url] = rss(*many(8))
    web.pages[source("news").url] = rss(OTHER)
    others: list[PollResult] = []
    # One turn for parsing, then one for each portion; another source is polled before the last.
    turns = Turns(4, lambda: others.append(ask(source("news"), parts(store, web, clock))))
    result = ask(source(), with_turns(parts(store, web, clock), turns))
    assert turns.count == 4
    assert [one.new_items for one in others] == [1], "another poll has its turn in between"
    assert (result.items, result.new_items, result.mentions, result.alerts) == (8, 8, 8, len(store.deliveries()))
    (hour,) = [hour for hour in store.iter_coverage() if hour.source == "blog"]
    assert (hour.ok, hour.failed) == (1, 0)
    assert store.yields(clock())["blog"].items == 8
    assert store.verify_trends() == []


def test_a_poll_that_breaks_between_its_portions_loses_nothing_and_repeats_nothing(
    store: Store, web: PaperWeb, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "PORTION", 3)
    web.pages[source().url] = rss(*many(8))

    def die() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask(source(), with_turns(parts(store, web, clock), Turns(3, die)))
    assert store.counts().items == 3
    result = ask(source(), parts(store, web, clock))
    assert (result.items, result.new_items) == (8, 5)
    assert sorted(mention.title for mention in store.iter_mentions()) == sorted(title for title, _, _ in many(8))
    assert store.verify_trends() == []
