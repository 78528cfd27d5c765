"""A source's past: how far it is read, what is stored of it, where a run goes on that was broken off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from listener.backfill import PATIENCE, Backfill, Progress
from listener.channels import Secret
from listener.pipeline import poll
from listener.storage import Store
from listener.types import FetchResult, Outcome, Request, Source, Validators
from tests.pipeline.polling import START, Clock, PaperWeb, parts, rss, source
from tests.scrapers.cases import source_of

BLOG = "https://blog.example/feed"
DAY = timedelta(days=1)


class Archive:
    """A feed of many pages, one entry a day, as WordPress pages it; and the backfills of it."""

    def __init__(self, store: Store, clock: Clock, *, pages: int = 4, entries: int = 10) -> None:
        self.clock, self.store = clock, store
        self.web = PaperWeb(clock)
        self.slept: list[float] = []
        self.source: Source = source()
        self.generator = "https://wordpress.org/?v=6.8"
        for page in range(1, pages + 1):
            address = BLOG if page == 1 else f"{BLOG}?paged={page}"
            self.web.pages[address] = self.page((page - 1) * entries, entries)

    def page(self, first: int, entries: int) -> bytes:
        """Return a page of entries, the first so many days old."""
        body = rss(
            *(
                (f"Day {first + age}", "Acme failed, terrible", START - (first + age + 1) * DAY)
                for age in range(entries)
            )
        )
        return body.replace(b"<title>Feed", f"<generator>{self.generator}</generator><title>Feed".encode())

    def backfill(
        self, days: int = 365, *, limit: int = 100, anew: bool = False, store: Store | None = None
    ) -> Progress:
        made = parts(store or self.store, self.web, self.clock)
        work = Backfill(self.source, START - days * DAY, made, sleep=self.sleep)
        return work.run(limit=limit, anew=anew)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.advance(timedelta(seconds=seconds))

    def asked(self) -> list[str]:
        """Return what was asked since the last look."""
        found = [url for url, _ in self.web.asked]
        self.web.asked.clear()
        return found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    opened = Store.open(tmp_path / "listener.db", now=clock())
    yield opened
    opened.close()


@pytest.fixture
def archive(store: Store, clock: Clock) -> Archive:
    return Archive(store, clock)


def test_history_is_read_page_by_page_to_its_end_and_enters_the_trends_at_its_own_dates(archive: Archive) -> None:
    done = archive.backfill()
    # Behind the last page WordPress answers 404.
    assert (done.requests, done.items, done.new_items, done.stopped) == (5, 40, 40, "")
    assert done.pages_back
    assert done.oldest == START - 40 * DAY
    hours = {row.at for row in archive.store.iter_trends()}
    assert hours == {START - day * DAY for day in range(1, 41)}
    assert archive.store.verify_trends() == []


def test_history_alerts_nobody_and_a_poll_after_it_knows_its_items(archive: Archive) -> None:
    archive.backfill()
    assert list(archive.store.iter_alerts()) == []
    archive.store.sync_sources([archive.source], archive.clock(), spread=timedelta(0))
    found = archive.store.find_source("blog")
    assert found is not None
    result = poll(archive.source, found.state, parts(archive.store, archive.web, archive.clock))
    assert (result.items, result.new_items, result.alerts) == (10, 0, 0)


def test_pages_are_read_until_one_is_older_than_the_date_and_only_what_is_younger_is_stored(archive: Archive) -> None:
    done = archive.backfill(days=15)
    assert archive.asked() == [BLOG, f"{BLOG}?paged=2", f"{BLOG}?paged=3"]
    assert (done.items, done.oldest) == (15, START - 15 * DAY)


def test_what_has_no_date_is_left_out(archive: Archive) -> None:
    archive.web.pages[BLOG] = b"<rss><channel><item><title>Acme</title></item></channel></rss>"
    done = archive.backfill()
    assert (done.items, done.undated) == (0, 1)


def test_a_source_that_can_not_page_back_shows_what_it_has(archive: Archive) -> None:
    archive.web.pages[BLOG] = rss(("One", "Acme", START - DAY))
    done = archive.backfill()
    assert (done.requests, done.new_items, done.pages_back, done.stopped) == (1, 1, False, "")


def test_a_run_that_was_broken_off_goes_on_where_it_stopped(archive: Archive) -> None:
    first = archive.backfill(limit=2)
    assert first.stopped == "2 requests were made"
    archive.asked()
    second = archive.backfill()
    assert second.resumed
    assert archive.asked() == [f"{BLOG}?paged=3", f"{BLOG}?paged=4", f"{BLOG}?paged=5"]
    assert first.new_items + second.new_items == 40
    archive.backfill()
    assert archive.asked()[0] == BLOG, "what came to its end begins anew"


@pytest.mark.parametrize("how", ["anew", "further", "other"])
def test_a_run_that_asks_for_something_else_begins_with_now(archive: Archive, how: str) -> None:
    archive.backfill(days=20, limit=2)
    archive.asked()
    if how == "other":
        archive.source = replace(archive.source, url=BLOG + "?tag=acme")
        archive.web.pages[archive.source.url] = rss(("One", "Acme", START - DAY))
    archive.backfill(days=300 if how == "further" else 20, anew=how == "anew")
    assert archive.asked()[0] == archive.source.url


def test_a_place_that_another_version_wrote_is_no_place(archive: Archive) -> None:
    for place in ("[]", "null", "x", '{"since": 3}', '{"since": "2026-01-01T00:00:00+00:00", "begins": 3}'):
        with archive.store.write() as tx:
            tx.set_meta("backfill blog", place)
        archive.backfill(limit=1)
        assert archive.asked() == [BLOG]


def test_a_page_that_fails_for_a_moment_is_asked_again_and_a_host_that_wants_a_long_rest_is_left(
    archive: Archive,
) -> None:
    second = f"{BLOG}?paged=2"
    archive.web.pages[second] = Outcome.SERVER_ERROR
    done = archive.backfill()
    assert (len(archive.slept), done.requests, done.new_items) == (3, 5, 10)
    assert done.stopped == "said to be server-error"
    wish = FetchResult(request=Request(url=second), outcome=Outcome.RATE_LIMITED, retry_after=2 * PATIENCE)
    archive.web.pages[second] = wish
    archive.slept.clear()
    again = archive.backfill()
    assert archive.slept == []
    assert again.stopped == "its host must not be contacted until 2026-11-02 08:11 UTC"


def test_a_circle_of_pages_ends(archive: Archive) -> None:
    link = f'<link xmlns="http://www.w3.org/2005/Atom" rel="next" href="{BLOG}"/>'.encode()
    archive.web.pages[BLOG] = archive.page(0, 3).replace(b"<generator>", link + b"<generator>")
    archive.web.pages[f"{BLOG}?paged=2"] = archive.page(3, 3).replace(b"<generator>", link + b"<generator>")
    done = archive.backfill()
    assert done.requests <= 3


def test_a_first_answer_that_is_no_feed_stops_with_what_it_is(archive: Archive) -> None:
    archive.web.pages[BLOG] = b"<html><title>Welcome</title>"
    assert "Welcome" in archive.backfill().stopped


def test_a_page_of_a_competitor_has_no_past(archive: Archive) -> None:
    archive.source = Source(name="blog", scraper="pricing", url=BLOG)
    archive.web.pages[BLOG] = b"<html><title>Plans</title><h1>Plans</h1><p>Pro</p><p>$10 per month</p>"
    assert archive.backfill().stopped == "a page shows what it says now, and nothing of its past"


def test_secrets_of_requests_are_not_stored(archive: Archive, clock: Clock) -> None:
    made = source_of("mastodon", "", tags=["acme"])
    options = msgspec.structs.replace(made.options, token=Secret("s3cret-token"))
    archive.source = replace(made, name="blog", options=options)
    base = "https://mastodon.social/api/v1/timelines/tag/acme?limit=40"
    status = '[{"id": "%d", "content": "<p>Acme</p>", "created_at": "2026-10-%02dT00:00:00Z", "uri": "x:%d"}]'
    archive.web.pages[base] = (status % (9, 20, 9)).encode()
    archive.web.pages[f"{base}&max_id=9"] = (status % (5, 10, 5)).encode()
    archive.backfill(limit=1)
    place = archive.store.find_meta("backfill blog")
    assert place is not None
    assert "max_id=9" in place
    assert "s3cret" not in place
    archive.asked()
    assert archive.backfill(limit=1).resumed
    assert archive.asked() == [f"{base}&max_id=9"]


class Breakdown(Exception):
    """The program ends."""


class BreaksDown:
    """A web that the program sees one page of before it ends."""

    def __init__(self, web: PaperWeb) -> None:
        self._web = web
        self._fetched = 0

    def fetch(self, request: Request, validators: Validators, *, under_way: bool = False) -> FetchResult:
        self._fetched += 1
        if self._fetched > 1:
            raise Breakdown
        return self._web.fetch(request, validators, under_way=under_way)


def test_a_crash_after_any_page_loses_nothing_and_doubles_nothing(archive: Archive) -> None:
    for page in (1, 2, 3):
        made = replace(parts(archive.store, archive.web, archive.clock), fetcher=BreaksDown(archive.web))
        work = Backfill(archive.source, START - 365 * DAY, made, sleep=archive.sleep)
        with pytest.raises(Breakdown):
            work.run(limit=100)
        assert sum(row.mentions for row in archive.store.iter_trends()) == page * 10
    assert archive.backfill().new_items == 10
    assert sum(row.mentions for row in archive.store.iter_trends()) == 40
