"""Subscriptions with a real hub over real sockets: asked for, verified, told of news, renewed, ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from msgspec.structs import replace

from listener.callbacks import Callbacks
from listener.fetch import Fetcher, FetchSettings, MemoryHosts
from listener.pipeline import PollResult, poll
from listener.storage import Store
from listener.types import Hub, Outcome
from listener.websub import HINT_GAP, SECOND_LOOK, WebSub
from tests.pipeline.polling import START, Clock, PaperWeb, parts, rss, source
from tests.websub.hub import LoopbackHub, call

BLOG = source()


class Program:
    """The parts of a daemon that hubs concern, with a clock that is set by hand."""

    def __init__(self, root: Path, hub: LoopbackHub) -> None:
        self.clock, self.hub = Clock(), hub
        self.store = Store.open(root / "listener.db", now=self.clock())
        self.store.sync_sources([BLOG], self.clock(), spread=timedelta(0))
        self.web = PaperWeb(self.clock)
        self.write("First")
        settings = FetchSettings(user_agent="test", gap=timedelta(0), allow_networks=(ip_network("127.0.0.0/8"),))
        self.fetcher = Fetcher(settings, MemoryHosts(), clock=self.clock)
        self.start()

    def start(self) -> None:
        """Begin to listen, as a daemon that was started anew does: at another port, here."""
        self.callbacks = Callbacks("127.0.0.1", 0, lambda one: self.push.answer(one), use="for hubs")
        self.push = WebSub(self.store, self.fetcher, f"http://127.0.0.1:{self.callbacks.port}/hubs/", clock=self.clock)

    def stop(self) -> None:
        self.callbacks.close()
        self.push.close()

    def write(self, title: str) -> None:
        """Let the feed have one entry, and name the hub."""
        link = f'<link xmlns="http://www.w3.org/2005/Atom" rel="hub" href="{self.hub.url}"/>'.encode()
        body = rss((title, "Acme", START)).replace(b"<title>Feed", link + b"<title>Feed")
        self.web.pages[BLOG.url] = body

    def poll(self) -> PollResult:
        found = self.store.find_source(BLOG.name)
        assert found is not None
        made = replace(parts(self.store, self.web, self.clock), pushed=self.push.pushed)
        result = poll(BLOG, found.state, made)
        self.push.polled(result)
        return result

    def step(self, *, until: Callable[[], bool] = lambda: True) -> None:
        """Let the daemon tick until something is so; hubs are asked by another thread."""
        for _ in range(1_000):
            self.push.step(self.clock())
            asking = self.push._asking
            if asking is not None:
                asking[1].result(timeout=10)
            elif until():
                self.push.step(self.clock())
                return
        raise AssertionError("it never came to that")

    def due_in(self) -> timedelta:
        found = self.store.find_source(BLOG.name)
        assert found is not None
        return found.state.due_at - self.clock()


@pytest.fixture
def hub() -> Iterator[LoopbackHub]:
    with LoopbackHub() as running:
        yield running


@pytest.fixture
def program(tmp_path: Path, hub: LoopbackHub) -> Iterator[Program]:
    made = Program(tmp_path, hub)
    yield made
    made.stop()
    made.fetcher.close()
    made.store.close()


def subscribed(program: Program) -> None:
    program.poll()
    program.step(until=lambda: program.push.pushed("blog"))


def test_a_feed_that_names_a_hub_is_subscribed_to_and_polled_more_rarely(program: Program, hub: LoopbackHub) -> None:
    program.poll()
    assert program.due_in() < timedelta(hours=1)
    program.step(until=lambda: program.push.pushed("blog"))
    (form,) = hub.asked
    assert (form["hub.mode"], form["hub.topic"]) == ("subscribe", BLOG.url)
    assert form["hub.callback"].startswith(f"http://127.0.0.1:{program.callbacks.port}/hubs/")
    assert len(form["hub.secret"]) >= 32
    assert hub.verified == [(200, "a-challenge")]
    program.poll()
    assert program.due_in() > timedelta(hours=5)


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha512"])
def test_a_source_that_its_hub_tells_of_is_polled_at_once(program: Program, hub: LoopbackHub, method: str) -> None:
    subscribed(program)
    program.poll()
    program.write("News")
    assert hub.publish(b"<rss>whatever it sends</rss>", method=method) == [202]
    program.step()
    assert program.due_in() <= timedelta(0)
    assert program.poll().new_items == 1
    assert program.due_in() > timedelta(hours=5)


def test_what_a_hub_sends_is_never_read_itself(program: Program, hub: LoopbackHub) -> None:
    subscribed(program)
    hub.publish(rss(("Forged by the hub", "Acme", START)))
    program.step()
    program.poll()
    assert {mention.title for mention in program.store.iter_mentions()} == {"First"}


def test_a_source_is_not_polled_for_every_call(program: Program, hub: LoopbackHub) -> None:
    subscribed(program)
    program.poll()
    hub.publish(b"1")
    program.step()
    program.poll()
    hub.publish(b"2")
    hub.publish(b"3")
    program.step()
    assert program.due_in() == HINT_GAP


def test_a_poll_that_comes_before_the_news_is_repeated_once(program: Program, hub: LoopbackHub) -> None:
    subscribed(program)
    program.poll()
    hub.publish(b"1")
    program.step()
    assert program.poll().new_items == 0
    assert program.due_in() == SECOND_LOOK
    program.clock.advance(SECOND_LOOK)
    program.poll()
    assert program.due_in() > timedelta(hours=5)


@pytest.mark.parametrize("signature", ["", "sha256=00", "md5=00", "sha256", "sha1=ä", "plain"])
def test_a_call_without_a_valid_signature_moves_nothing(program: Program, hub: LoopbackHub, signature: str) -> None:
    subscribed(program)
    program.poll()
    (callback,) = hub.subscribers
    headers = {"X-Hub-Signature": signature.encode().decode("latin-1")}
    assert call(callback, b"news", headers)[0] == 403
    program.step()
    assert program.due_in() > timedelta(hours=5)


def test_an_address_that_nobody_has_been_told_is_not_there(program: Program) -> None:
    base = f"http://127.0.0.1:{program.callbacks.port}/hubs"
    query = "hub.mode=subscribe&hub.topic=x&hub.challenge=c&hub.lease_seconds=1"
    assert call(f"{base}/guessed?{query}")[0] == 404
    assert call(f"{base}/guessed", b"news")[0] == 410


def test_a_hub_can_not_verify_what_nobody_asked_for(program: Program, hub: LoopbackHub) -> None:
    subscribed(program)
    (form,) = hub.asked
    # Verified already; another topic; an end that nobody wants.
    assert hub.verify(form)[0] == 404
    assert hub.verify(form, topic="https://elsewhere.example/")[0] == 404
    assert hub.verify(form, mode="unsubscribe")[0] == 404
    assert program.push.pushed("blog")


def test_a_subscription_survives_a_restart_is_renewed_and_runs_out_where_its_hub_is_gone(
    program: Program, hub: LoopbackHub
) -> None:
    subscribed(program)
    program.stop()
    program.start()
    assert program.push.pushed("blog")
    program.clock.advance(timedelta(seconds=hub.lease * 0.8))
    program.step(until=lambda: len(hub.asked) == 2)
    first, second = hub.asked
    assert first["hub.secret"] == second["hub.secret"]
    program.clock.advance(timedelta(seconds=hub.lease * 0.3))
    assert program.push.pushed("blog"), "renewed"
    hub.status = 500
    program.clock.advance(timedelta(seconds=hub.lease))
    program.step()
    assert not program.push.pushed("blog")
    program.poll()
    assert program.due_in() < timedelta(hours=1)


def test_a_hub_that_refuses_is_asked_again_ever_more_rarely(program: Program, hub: LoopbackHub) -> None:
    hub.status = 503
    program.poll()
    asked = 0
    for _ in range(48):
        program.step()
        program.clock.advance(timedelta(minutes=30))
    asked = len(hub.asked)
    assert 5 <= asked <= 12
    hub.status = 202
    program.clock.advance(timedelta(days=1))
    program.step(until=lambda: program.push.pushed("blog"))


def test_a_hub_that_denies_is_believed_for_a_day(program: Program, hub: LoopbackHub) -> None:
    hub.verifies = False
    program.poll()
    program.step(until=lambda: len(hub.asked) == 1)
    assert hub.verify(hub.asked[0], mode="denied")[0] == 200
    program.clock.advance(timedelta(hours=20))
    program.step()
    assert len(hub.asked) == 1
    program.clock.advance(timedelta(hours=5))
    hub.verifies = True
    program.step(until=lambda: program.push.pushed("blog"))


def test_the_subscription_of_a_source_that_is_gone_is_ended_and_forgotten(program: Program, hub: LoopbackHub) -> None:
    subscribed(program)
    program.push.keep_only(())
    program.step(until=lambda: not program.push._by_token)
    assert hub.asked[-1]["hub.mode"] == "unsubscribe"
    assert hub.subscribers == {}
    assert program.store.list_meta("websub ") == {}


def test_a_hub_that_does_not_let_go_is_forgotten_in_the_end(program: Program, hub: LoopbackHub) -> None:
    subscribed(program)
    hub.status = 500
    program.push.keep_only(())
    for _ in range(30):
        program.step()
        program.clock.advance(timedelta(hours=1))
    program.step()
    assert program.store.list_meta("websub ") == {}
    assert hub.publish(b"news") == [410]


def test_a_feed_that_moves_to_another_hub_is_subscribed_to_there(program: Program, hub: LoopbackHub) -> None:
    subscribed(program)
    with LoopbackHub() as other:
        moved = Hub(url=other.url, topic=BLOG.url)
        program.push.polled(PollResult(source="blog", outcome=Outcome.OK, hub=moved))
        program.step(until=lambda: bool(other.subscribers) and not hub.subscribers)
    assert program.push.pushed("blog")


def test_a_hub_at_a_private_address_is_not_asked(tmp_path: Path, hub: LoopbackHub) -> None:
    program = Program(tmp_path, hub)
    program.push._web = fetcher = Fetcher(FetchSettings(user_agent="test"), MemoryHosts(), clock=program.clock)
    program.poll()
    program.step()
    assert hub.asked == []
    program.stop()
    fetcher.close()
    program.fetcher.close()
    program.store.close()
