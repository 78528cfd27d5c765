"""Hosts are asked one at a time, with gaps, and left alone when they want to be; nobody is lined up."""

from __future__ import annotations

import heapq
import threading
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from msgspec.structs import replace

from listener.fetch import Fetcher, FetchSettings, MemoryHosts, Politeness
from listener.fetch.failure import Failure
from listener.fetch.politeness import BACKOFF_CAP, HOST_TROUBLE, backoff
from listener.types import HostState, Outcome, Request
from tests.fetch.conftest import MakeFetcher, MakeSite
from tests.fetch.sites import Clock, Site, redirect, reply

HOST = "blog.example:443"
URL = "https://blog.example/feed"
AGENT = "listener/1.0 (+https://example.com/bot)"


def make(clock: Clock, hosts: MemoryHosts | None = None, settings: FetchSettings | None = None) -> Politeness:
    settings = settings or FetchSettings(user_agent=AGENT)
    return Politeness(settings, hosts or MemoryHosts(), clock=clock, sleep=clock.sleep)


def fails(politeness: Politeness, times: int, outcome: Outcome = Outcome.CONNECT, host: str = HOST) -> timedelta | None:
    wait = None
    for _ in range(times):
        wait = politeness.leave(host, outcome)
    return wait


def refusal(politeness: Politeness, url: str = URL, host: str = HOST) -> Failure:
    with pytest.raises(Failure) as caught:
        politeness.enter(host, url)
    return caught.value


def test_the_second_request_waits_for_the_gap(clock: Clock) -> None:
    politeness = make(clock)
    assert politeness.enter(HOST, URL) == 0
    politeness.leave(HOST, Outcome.OK)
    clock.forward(timedelta(seconds=0.5))
    assert politeness.ready_at(HOST, clock.now) == clock.now + timedelta(seconds=1.5)
    assert politeness.enter(HOST, URL) == 1.5
    assert clock.slept == [1.5]


def test_other_hosts_do_not_wait(clock: Clock) -> None:
    politeness = make(clock)
    politeness.enter(HOST, URL)
    assert politeness.enter("other.example:443", URL) == 0
    assert politeness.enter("blog.example:80", URL) == 0


def test_a_host_is_asked_one_request_at_a_time(clock: Clock) -> None:
    politeness = make(clock)
    politeness.enter(HOST, URL)
    first, second = refusal(politeness), refusal(politeness)
    assert first.outcome is Outcome.DEFERRED
    assert (first.retry_after, second.retry_after) == (timedelta(seconds=2), timedelta(seconds=4))
    assert politeness.ready_at(HOST, clock.now) == clock.now + timedelta(seconds=2)
    politeness.leave(HOST, Outcome.OK)
    assert politeness.enter(HOST, URL) == 2


def test_many_threads_never_ask_one_host_at_the_same_time(make_site: MakeSite, make_fetcher: MakeFetcher) -> None:
    site, inside, most = make_site(), [0], [0]
    lock = threading.Lock()

    def answer(connection: object) -> None:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        threading.Event().wait(0.002)
        with lock:
            inside[0] -= 1
        connection.sendall(reply(200))  # type: ignore[attr-defined]

    site.scripts["/"] = answer
    fetcher = make_fetcher(gap=timedelta(0))
    outcomes: list[Outcome] = []

    def work() -> None:
        outcomes.extend(fetcher.fetch(Request(url=site.url(), robots=False)).outcome for _ in range(10))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
    assert set(outcomes) == {Outcome.OK, Outcome.DEFERRED}


def test_a_long_gap_gives_the_worker_back_with_the_time_to_return(clock: Clock) -> None:
    politeness = make(clock, settings=FetchSettings(user_agent=AGENT, gap=timedelta(minutes=1)))
    politeness.enter(HOST, URL)
    politeness.leave(HOST, Outcome.OK)
    failure = refusal(politeness)
    assert (failure.outcome, failure.retry_after) == (Outcome.DEFERRED, timedelta(minutes=1))
    assert clock.slept == []
    clock.forward(timedelta(minutes=1))
    assert politeness.enter(HOST, URL) == 0


def test_a_domain_may_have_a_longer_gap(clock: Clock) -> None:
    politeness = make(clock)
    for host, gap in (
        ("www.reddit.com:443", 60),
        ("reddit.com:443", 60),
        ("oauth.reddit.com:443", 2),
        ("notreddit.com:443", 2),
    ):
        politeness.enter(host, URL)
        politeness.leave(host, Outcome.OK)
        assert politeness.ready_at(host, clock.now) == clock.now + timedelta(seconds=gap)


def test_a_clock_that_is_set_back_blocks_nobody(clock: Clock) -> None:
    politeness = make(clock)
    politeness.enter(HOST, URL)
    politeness.leave(HOST, Outcome.OK)
    clock.forward(timedelta(days=-30))
    assert politeness.enter(HOST, URL) == 2


def test_one_failure_is_not_the_hosts(clock: Clock) -> None:
    politeness = make(clock)
    assert fails(politeness, 1) is None
    assert politeness.ready_at(HOST, clock.now) == clock.now + timedelta(seconds=2)


@given(st.text(min_size=1, max_size=30), st.integers(2, 10_000))
def test_backoff_grows_to_its_cap_and_never_beyond(host: str, failures: int) -> None:
    assert timedelta(seconds=15) <= backoff(host, failures) <= BACKOFF_CAP
    assert backoff(host, failures) == backoff(host, failures)
    if failures < 8:
        assert backoff(host, failures + 2) > backoff(host, failures)


def test_hosts_that_fail_together_do_not_come_back_together(clock: Clock) -> None:
    politeness = make(clock)
    hosts = [f"host{number}.example:443" for number in range(200)]
    waits = [fails(politeness, 5, host=host) for host in hosts]
    assert None not in waits
    assert len({round(wait.total_seconds()) for wait in waits if wait}) > 80


def test_sources_of_a_host_that_fails_do_not_come_back_together(clock: Clock) -> None:
    politeness = make(clock)
    fails(politeness, 9)
    waits = {refusal(politeness, f"{URL}/{number}").retry_after for number in range(100)}
    assert len(waits) > 90
    assert min(wait for wait in waits if wait) >= politeness.state(HOST).not_before - clock.now  # type: ignore[operator]


def test_a_host_left_alone_for_a_moment_puts_off_and_for_long_fails_at_once(clock: Clock) -> None:
    politeness = make(clock)
    fails(politeness, 3, Outcome.TIMEOUT)
    assert refusal(politeness).outcome is Outcome.DEFERRED
    assert politeness.ready_at(HOST, clock.now) == politeness.state(HOST).not_before
    fails(politeness, 6, Outcome.TIMEOUT)
    failure = refusal(politeness)
    assert failure.outcome is Outcome.TIMEOUT
    assert "must not be contacted until" in failure.detail
    assert politeness.ready_at(HOST, clock.now) == clock.now


def test_an_answer_ends_the_backoff(clock: Clock) -> None:
    hosts = MemoryHosts()
    politeness = make(clock, hosts)
    fails(politeness, 5)
    clock.forward(BACKOFF_CAP)
    politeness.enter(HOST, URL)
    politeness.leave(HOST, Outcome.NOT_FOUND)
    assert hosts.get_host(HOST) == HostState(host=HOST)


@pytest.mark.parametrize("outcome", sorted(set(Outcome) - HOST_TROUBLE))
def test_what_is_not_the_hosts_fault_leaves_it_in_peace(clock: Clock, outcome: Outcome) -> None:
    politeness = make(clock)
    assert fails(politeness, 5, outcome) is None


def test_retry_after_holds_for_the_whole_host_and_across_a_restart(clock: Clock) -> None:
    hosts = MemoryHosts()
    politeness = make(clock, hosts)
    politeness.enter(HOST, URL)
    assert politeness.leave(HOST, Outcome.RATE_LIMITED, timedelta(hours=2)) == timedelta(hours=2)
    restarted = make(clock, hosts)
    failure = refusal(restarted, f"{URL}/other")
    assert failure.outcome is Outcome.RATE_LIMITED
    assert failure.retry_after is not None
    assert timedelta(hours=2) <= failure.retry_after <= timedelta(hours=2.5)
    assert "2026-03-01 14:00 UTC" in failure.detail
    clock.forward(timedelta(hours=2))
    restarted.enter(HOST, URL)


def test_a_rate_limit_without_a_time_gets_a_minute_at_least(clock: Clock) -> None:
    politeness = make(clock)
    wait = politeness.leave(HOST, Outcome.RATE_LIMITED)
    assert wait is not None
    assert timedelta(minutes=1) <= wait <= timedelta(minutes=2)


def test_a_host_that_was_too_slow_for_us_gets_longer_gaps_until_it_answers_well(clock: Clock) -> None:
    politeness = make(clock)

    def gap() -> timedelta:
        return politeness.ready_at(HOST, clock.now) - clock.now

    for expected in (4, 8):
        politeness.leave(HOST, Outcome.RATE_LIMITED, timedelta(seconds=1))
        clock.forward(timedelta(hours=1))
        politeness.enter(HOST, URL)
        politeness.leave(HOST, Outcome.OK)
        assert gap() == timedelta(seconds=expected)
    for _ in range(40):
        politeness.leave(HOST, Outcome.OK)
    assert gap() == timedelta(seconds=2)
    for _ in range(50):
        politeness.leave(HOST, Outcome.RATE_LIMITED, timedelta(seconds=1))
    clock.forward(timedelta(days=1))
    politeness.enter(HOST, URL)
    politeness.leave(HOST, Outcome.OK)
    assert gap() == timedelta(minutes=2)


def test_hosts_that_nobody_needs_are_forgotten(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    politeness = make(clock)
    politeness._forget_at = 10
    for number in range(1_000):
        host = f"host{number}.example:443"
        politeness.enter(host, URL)
        politeness.leave(host, Outcome.OK)
        clock.forward(timedelta(seconds=1))
        politeness._forget_at = min(politeness._forget_at, 10)
    assert len(politeness._known) <= 10


@given(
    plan=st.lists(
        st.tuples(st.sampled_from([Outcome.OK, Outcome.RATE_LIMITED, Outcome.SERVER_ERROR]), st.integers(0, 900)),
        min_size=30,
        max_size=80,
    ),
    sources=st.integers(1, 12),
)
@hypothesis_settings(max_examples=15)
def test_a_dispatcher_that_obeys_never_comes_too_early_and_starves_nobody(
    plan: list[tuple[Outcome, int]], sources: int
) -> None:
    clock = Clock()
    politeness = make(clock)
    due = [(clock.now, f"{URL}/{number}") for number in range(sources)]
    asked: list[tuple[datetime, str]] = []
    closed_until = clock.now
    answers = iter(plan)
    for _ in range(20 * len(plan)):
        moment, url = heapq.heappop(due)
        clock.now = max(clock.now, moment)
        try:
            politeness.enter(HOST, url)
        except Failure as failure:
            heapq.heappush(due, (clock.now + (failure.retry_after or timedelta(0)), url))
            continue
        outcome, seconds = next(answers, (Outcome.OK, 0))
        assert clock.now >= closed_until
        assert not asked or clock.now - asked[-1][0] >= timedelta(seconds=2)
        asked.append((clock.now, url))
        wish = timedelta(seconds=seconds) if outcome is not Outcome.OK and seconds else None
        wait = politeness.leave(HOST, outcome, wish)
        closed_until = clock.now + (wish or timedelta(0))
        heapq.heappush(due, (clock.now + max(wait or timedelta(0), timedelta(minutes=15)), url))
    assert {url for _, url in asked} == {f"{URL}/{number}" for number in range(sources)}


class TestOverTheWire:
    def test_retry_after_reaches_the_result_and_the_host(self, site: Site, fetcher: Fetcher, clock: Clock) -> None:
        site.scripts["/"] = reply(429, headers={"Retry-After": "3600"})
        site.scripts["/other"] = reply(body=b"x")
        first = fetcher.fetch(Request(url=site.url(), robots=False))
        assert first.outcome is Outcome.RATE_LIMITED
        assert first.retry_after is not None
        assert timedelta(hours=1) <= first.retry_after <= timedelta(hours=1.25)
        second = fetcher.fetch(Request(url=site.url("/other"), robots=False))
        assert (second.outcome, second.status) == (Outcome.RATE_LIMITED, None)
        assert site.paths == ["/"]
        clock.forward(timedelta(hours=1))
        assert fetcher.fetch(Request(url=site.url("/other"), robots=False)).outcome is Outcome.OK

    def test_a_retry_after_in_time_travel_is_capped(self, site: Site, fetcher: Fetcher) -> None:
        site.scripts["/"] = reply(503, headers={"Retry-After": "99999999999"})
        result = fetcher.fetch(Request(url=site.url(), robots=False))
        assert result.outcome is Outcome.SERVER_ERROR
        assert result.retry_after is not None
        assert result.retry_after <= timedelta(days=37.5)

    def test_a_wish_with_a_refusal_is_the_urls_alone(self, site: Site, fetcher: Fetcher) -> None:
        site.scripts["/"] = reply(410, headers={"Retry-After": "3600"})
        site.scripts["/other"] = reply(body=b"x")
        result = fetcher.fetch(Request(url=site.url(), robots=False))
        assert result.outcome is Outcome.GONE
        assert result.retry_after is not None
        assert fetcher.fetch(Request(url=site.url("/other"), robots=False)).outcome is Outcome.OK

    def test_ready_at_knows_the_host_of_a_url(self, site: Site, fetcher: Fetcher, clock: Clock) -> None:
        site.scripts["/"] = reply(body=b"x")
        assert fetcher.ready_at(site.url("/a"), clock.now) == clock.now
        fetcher.fetch(Request(url=site.url(), robots=False))
        assert fetcher.ready_at(site.url("/a"), clock.now) == clock.now + timedelta(seconds=2)
        assert fetcher.ready_at("nonsense", clock.now) == clock.now

    def test_a_host_in_trouble_is_not_asked(self, site: Site, make_fetcher: MakeFetcher, clock: Clock) -> None:
        hosts = MemoryHosts()
        until = clock.now + timedelta(hours=1)
        hosts.save_host(HostState(host=site.key, not_before=until, failures=9, outcome=Outcome.DNS))
        result = make_fetcher(hosts).fetch(Request(url=site.url(), robots=False))
        assert result.outcome is Outcome.DNS
        assert not site.seen

    def test_good_answers_write_nothing(self, site: Site, make_fetcher: MakeFetcher) -> None:
        class Counting(MemoryHosts):
            saved = 0

            def save_host(self, state: HostState) -> None:
                self.saved += 1
                super().save_host(state)

        hosts = Counting()
        fetcher = make_fetcher(hosts)
        site.scripts["/"] = reply(body=b"x")
        for _ in range(3):
            assert fetcher.fetch(Request(url=site.url(), robots=False)).outcome is Outcome.OK
        assert hosts.saved == 0

    def test_a_redirect_waits_for_a_host_with_a_long_crawl_delay(
        self, site: Site, make_fetcher: MakeFetcher, clock: Clock
    ) -> None:
        site.scripts["/"] = b"HTTP/1.1 302 Found\r\nLocation: /end\r\nContent-Length: 0\r\n\r\n"
        site.scripts["/end"] = reply(body=b"end")
        hosts = MemoryHosts()
        known = HostState(host=site.key, robots="User-agent: *\nCrawl-delay: 40")
        hosts.save_host(replace(known, robots_until=clock.now + timedelta(days=1)))
        result = make_fetcher(hosts).fetch(Request(url=site.url()))
        assert result.outcome is Outcome.OK
        assert clock.slept == [40.0]

    def test_a_redirect_with_a_very_long_crawl_delay_goes_on_where_it_was_put_off(
        self, site: Site, make_fetcher: MakeFetcher, clock: Clock
    ) -> None:
        site.scripts["/"] = redirect("/middle", 301)
        site.scripts["/middle"] = redirect("/end", 302)
        site.scripts["/end"] = reply(body=b"end")
        hosts = MemoryHosts()
        known = HostState(host=site.key, robots="User-agent: *\nCrawl-delay: 600")
        hosts.save_host(replace(known, robots_until=clock.now + timedelta(days=1)))
        fetcher = make_fetcher(hosts)
        waits = []
        while (result := fetcher.fetch(Request(url=site.url()))).outcome is Outcome.DEFERRED:
            assert result.retry_after is not None
            waits.append(result.retry_after)
            clock.forward(result.retry_after)
        assert result.outcome is Outcome.OK
        assert result.validators.moved_to == site.url("/middle")
        assert site.paths == ["/", "/middle", "/end"]
        assert waits == [timedelta(minutes=10)] * 2

    def test_a_poll_under_way_waits_for_its_next_page(
        self, site: Site, make_fetcher: MakeFetcher, clock: Clock
    ) -> None:
        site.scripts["/"] = reply(body=b"x")
        fetcher = make_fetcher(gap=timedelta(seconds=45))
        request = Request(url=site.url(), robots=False)
        assert fetcher.fetch(request).outcome is Outcome.OK
        assert fetcher.fetch(request).outcome is Outcome.DEFERRED
        assert fetcher.fetch(request, under_way=True).outcome is Outcome.OK
        assert clock.slept == [45.0]
