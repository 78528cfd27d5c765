"""What a keeper of host states promises holds for the one in memory and for the database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from listener.fetch import HostStates, MemoryHosts
from listener.storage import Store
from listener.types import HostState, Outcome, Request
from tests.fetch.conftest import MakeFetcher
from tests.fetch.sites import Clock, Site, reply

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FULL = HostState(
    host="blog.example:443",
    not_before=NOW + timedelta(minutes=5),
    failures=3,
    outcome=Outcome.TIMEOUT,
    robots="User-agent: *\nDisallow: /ä",
    robots_until=NOW + timedelta(days=1),
    robots_failing_since=NOW - timedelta(days=1),
)


@pytest.fixture(params=["memory", "database"])
def hosts(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[HostStates]:
    if request.param == "memory":
        yield MemoryHosts()
        return
    store = Store.open(tmp_path / "listener.db", now=NOW)
    yield store
    store.close()


def test_an_unknown_host_is_none(hosts: HostStates) -> None:
    assert hosts.get_host("blog.example:443") is None


def test_what_was_saved_last_is_returned(hosts: HostStates) -> None:
    for state in (FULL, HostState(host=FULL.host), FULL, HostState(host="other.example:80", robots="")):
        hosts.save_host(state)
        assert hosts.get_host(state.host) == state
    assert hosts.get_host(FULL.host) == FULL


def test_a_restart_forgets_nothing(hosts: HostStates, make_fetcher: MakeFetcher, site: Site, clock: Clock) -> None:
    site.scripts["/robots.txt"] = reply(body=b"User-agent: *\nDisallow: /private")
    site.scripts["/page"] = reply(429, headers={"Retry-After": "7200"})
    first = make_fetcher(hosts)
    assert first.fetch(Request(url=site.url("/private"))).outcome is Outcome.ROBOTS
    assert first.fetch(Request(url=site.url("/page"))).outcome is Outcome.RATE_LIMITED
    second = make_fetcher(hosts)
    assert second.fetch(Request(url=site.url("/page"))).outcome is Outcome.RATE_LIMITED
    clock.forward(timedelta(hours=2))
    assert second.fetch(Request(url=site.url("/private"))).outcome is Outcome.ROBOTS
    assert site.paths == ["/robots.txt", "/page"]
