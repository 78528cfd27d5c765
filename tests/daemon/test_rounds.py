"""A round polls everything once and ends, whatever hosts wish."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from pytest_httpserver import HTTPServer

from listener.app import App, load_settings
from listener.cli import group
from listener.dispatch import level_of
from listener.pipeline import PollResult
from listener.rounds import TURN, Wait
from listener.types import HostState, Outcome

START = datetime(2026, 11, 2, 8, tzinfo=UTC)
FEED = '<rss version="2.0"><channel><title>Feed</title><item><title>News</title><guid>{}</guid></item></channel></rss>'
SETTINGS = """\
[listener]
database = "test.db"
contact = "https://example.com/"

[fetch]
gap = "{gap}"
min_every = "1s"
allow_networks = ["127.0.0.0/8"]

[brands.acme]
query = "Acme"
"""


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Place:
    """Settings in a folder, and the program that is put together from them."""

    def __init__(self, folder: Path, server: HTTPServer) -> None:
        self.clock = Clock()
        self.path = folder / "listener.toml"
        self._server = server
        self.done: list[PollResult] = []
        self.waits: list[Wait] = []

    def settle(self, *paths: str, gap: str = "2s", host: str = "localhost") -> None:
        sources = "".join(
            f'\n[sources.{path}]\nurl = "http://{host}:{self._server.port}/{path}"\nevery = "1s"\n' for path in paths
        )
        self.path.write_text(SETTINGS.format(gap=gap) + sources)

    def round(self, *, alone: HostState | None = None) -> dict[str, str]:
        """Make a round; return why sources were not asked."""
        app = App(load_settings(self.path), clock=self.clock, sleep=self.clock.sleep)
        try:
            app.start()
            if alone is not None:
                app.store.save_host(alone)
            return {one.source: one.why for one in app.poll_all(self.done.append, self.waits.append)}
        finally:
            app.drain(timedelta(seconds=10))
            app.close()

    def polled(self) -> list[str]:
        return sorted(result.source for result in self.done)


@pytest.fixture
def place(tmp_path: Path, httpserver: HTTPServer) -> Iterator[Place]:
    for path in ("one", "two", "three"):
        httpserver.expect_request(f"/{path}").respond_with_data(FEED.format(path), content_type="text/xml")
    httpserver.expect_request("/busy").respond_with_data("", status=429, headers={"Retry-After": "3600"})
    httpserver.expect_request("/gone").respond_with_data("", status=410)
    yield Place(tmp_path, httpserver)
    httpserver.check()


def test_sources_of_one_host_have_their_turns_one_after_another(place: Place) -> None:
    place.settle("one", "two", "three", gap="30s")
    assert place.round() == {}
    assert place.polled() == ["one", "three", "two"]
    assert len(place.waits) == 2
    assert all(timedelta(seconds=25) < wait.time <= timedelta(seconds=30) and wait.why == TURN for wait in place.waits)
    assert timedelta(seconds=60) <= place.clock.now - START < timedelta(seconds=70)


def test_a_host_that_answers_429_for_an_hour_is_asked_once_and_its_other_sources_are_left(
    place: Place, httpserver: HTTPServer
) -> None:
    place.settle("busy")
    assert place.round() == {}
    assert [result.outcome for result in place.done] == [Outcome.RATE_LIMITED]
    place.settle("busy", "one", "two")
    not_asked = place.round()
    assert sorted(not_asked) == ["busy", "one", "two"]
    held = f"localhost:{httpserver.port} must not be contacted until 2026-11-02 09:00 UTC (rate-limited"
    assert held in not_asked["one"]
    assert len(httpserver.log) == 1
    assert place.clock.now - START < timedelta(minutes=5)


def test_a_host_in_backoff_for_minutes_is_not_waited_for(place: Place, httpserver: HTTPServer) -> None:
    place.settle("one", "two")
    alone = HostState(
        host=f"localhost:{httpserver.port}",
        not_before=START + timedelta(minutes=4),
        failures=5,
        outcome=Outcome.TIMEOUT,
    )
    not_asked = place.round(alone=alone)
    told = f"localhost:{httpserver.port} must not be contacted until 2026-11-02 08:04:00 UTC (timeout, 5 in a row)."
    assert not_asked == {"one": told, "two": told}
    assert place.clock.now == START
    assert place.waits == []
    assert not httpserver.log


def test_a_host_in_backoff_for_half_a_minute_is(place: Place, httpserver: HTTPServer) -> None:
    place.settle("one")
    until = START + timedelta(seconds=30)
    alone = HostState(host=f"localhost:{httpserver.port}", not_before=until, failures=2, outcome=Outcome.TIMEOUT)
    assert place.round(alone=alone) == {}
    assert place.polled() == ["one"]
    assert place.clock.now >= until
    [wait] = place.waits
    assert (wait.source, wait.time) == ("one", timedelta(seconds=30))
    assert "must not be contacted until 2026-11-02 08:00:30 UTC (timeout, 2 in a row)" in wait.why


def test_the_usual_gap_is_waited_for_without_a_word(place: Place) -> None:
    place.settle("one", "two")
    assert place.round() == {}
    assert place.clock.now > START
    assert place.waits == []


def test_a_source_that_is_gone_is_named_and_not_asked_again(place: Place, httpserver: HTTPServer) -> None:
    place.settle("gone", "one")
    assert place.round() == {}
    place.done.clear()
    assert place.round() == {"gone": "410 gone; to ask again: listener sources resume gone"}
    assert place.polled() == ["one"]
    assert [request.path for request, _ in httpserver.log].count("/gone") == 1


def test_the_queue_of_one_slow_host_ends_after_ten_minutes(place: Place) -> None:
    paths = [f"one?{number}" for number in range(30)]
    place.settle(gap="1m")
    sources = "".join(
        f'\n[sources.s{number}]\nurl = "http://localhost:{place._server.port}/{path}"\n'
        for number, path in enumerate(paths)
    )
    place.path.write_text(place.path.read_text() + sources)
    not_asked = place.round()
    assert len(place.done) + len(not_asked) == 30
    assert 10 <= len(place.done) <= 13
    first = set(place.polled())
    place.clock.sleep(120)
    place.done.clear()
    place.round()
    assert not first.intersection(place.polled()), "those that had no turn come first in the next round"


def test_the_command_says_what_was_not_asked_and_ends_with_1(place: Place, httpserver: HTTPServer) -> None:
    place.settle("busy")
    runner = CliRunner()
    first = runner.invoke(group, ["-c", str(place.path), "run", "--once"])
    assert first.exit_code == 1, first.output
    assert "1 source polled (1 rate-limited), 1 failed, 0 skipped" in first.stdout
    second = runner.invoke(group, ["-c", str(place.path), "run", "--once"])
    assert second.exit_code == 1, second.output
    assert "busy: skipped: localhost:" in second.stderr
    assert "0 sources polled, 0 failed, 1 skipped" in second.stdout
    assert len(httpserver.log) == 1


def test_polls_without_news_have_no_line_unless_it_is_asked_for(place: Place) -> None:
    place.settle("one", "two", gap="0s")
    runner = CliRunner()
    first, second, third = (
        runner.invoke(group, ["-c", str(place.path), "run", "--once", *options]) for options in ([], [], ["--verbose"])
    )
    assert "source=one outcome=ok requests=1 items=1 new=1" in first.stderr
    assert "source=" not in second.stderr
    assert "2 sources polled (2 not-modified), 0 failed, 0 skipped; 0 new items" in second.stdout
    assert "source=one outcome=not-modified" in third.stderr


@pytest.mark.parametrize(
    ("result", "level"),
    [
        (PollResult(source="a", outcome=Outcome.NOT_MODIFIED), logging.DEBUG),
        (PollResult(source="a", outcome=Outcome.OK, items=9), logging.DEBUG),
        (PollResult(source="a", outcome=Outcome.DEFERRED, detail="its turn comes later"), logging.DEBUG),
        (PollResult(source="a", outcome=Outcome.OK, items=9, new_items=1), logging.INFO),
        (PollResult(source="a", outcome=Outcome.OK, changes=1), logging.INFO),
        (PollResult(source="a", outcome=Outcome.NOT_MODIFIED, alerts=1), logging.INFO),
        (PollResult(source="a", outcome=Outcome.NOT_MODIFIED, detail="the answer broke off"), logging.INFO),
        (PollResult(source="a", outcome=Outcome.TIMEOUT, detail="too slow"), logging.WARNING),
    ],
)
def test_what_is_told_of_a_poll_depends_on_what_it_brought(result: PollResult, level: int) -> None:
    assert level_of(result) == level
