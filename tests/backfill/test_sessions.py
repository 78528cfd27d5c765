"""Backfills of networks that one signs in at: they go on where they were broken off, in a session of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from msgspec.structs import replace

from listener.backfill import Backfill, Progress
from listener.channels import Secret
from listener.storage import Store
from listener.types import FetchResult, Outcome, Request, Response, Search, Source, Validators
from tests.pipeline.polling import START, Clock, PaperWeb, parts
from tests.scrapers.cases import source_of

DAY = timedelta(days=1)
POSTS = 60


@dataclass(slots=True)
class Network:
    """A network with one post a day about Acme, ten to a page, for those who signed in with today's token."""

    clock: Clock
    page_size: int = 10
    signed_in: int = 0
    #: What was asked for beside signing in.
    asked: list[str] = field(default_factory=list)
    #: Posts that were deleted, by their age in days.
    deleted: set[int] = field(default_factory=set)

    def fetch(self, request: Request, validators: Validators, *, under_way: bool = False) -> FetchResult:
        if request.method == "POST":
            self.signed_in += 1
            return self.ok(request, {"accessJwt": f"t{self.signed_in}", "access_token": f"t{self.signed_in}"})
        if request.headers.get("Authorization") != f"Bearer t{self.signed_in}":
            return FetchResult(request=request, outcome=Outcome.UNAUTHORIZED, detail="The token has expired.")
        self.asked.append(urlsplit(request.url).query.partition("limit=100")[2])
        return self.ok(request, self.posts(parse_qs(urlsplit(request.url).query)))

    def posts(self, query: dict[str, list[str]]) -> dict[str, object]:
        raise AssertionError("each network has its own")

    def ok(self, request: Request, answer: object) -> FetchResult:
        body = json.dumps(answer).encode()
        response = Response(
            request=request, url=request.url, status=200, headers={}, body=body, fetched_at=self.clock()
        )
        return FetchResult(request=request, outcome=Outcome.OK, response=response)

    def ages(self) -> list[int]:
        return [age for age in range(1, POSTS + 1) if age not in self.deleted]


class BlueskyNetwork(Network):
    def posts(self, query: dict[str, list[str]]) -> dict[str, object]:
        before = datetime.fromisoformat(query["until"][0]) if "until" in query else START
        ages = [age for age in self.ages() if START - age * DAY < before][: self.page_size]
        posts = [
            {
                "uri": f"at://did:plc:x/app.bsky.feed.post/{age}",
                "author": {"handle": "jo.example"},
                "record": {"text": "Acme failed", "createdAt": (START - age * DAY).isoformat()},
            }
            for age in ages
        ]
        return {"posts": posts, "cursor": str(len(posts))}


class RedditNetwork(Network):
    def posts(self, query: dict[str, list[str]]) -> dict[str, object]:
        ages = self.ages()
        after = query.get("after", [""])[0]
        if after:
            # A listing goes on after a post only if it still holds that.
            place = int(after.removeprefix("t3_"))
            ages = ages[ages.index(place) + 1 :] if place in ages else []
        children = [
            {
                "kind": "t3",
                "data": {
                    "name": f"t3_{age}",
                    "title": "Acme failed",
                    "created_utc": (START - age * DAY).timestamp(),
                    "permalink": f"/r/acme/comments/{age}/",
                },
            }
            for age in ages[: self.page_size]
        ]
        more = len(ages) > self.page_size
        return {
            "kind": "Listing",
            "data": {"children": children, "after": f"t3_{ages[self.page_size - 1]}" if more else None},
        }


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "listener.db", now=START)
    yield opened
    opened.close()


def bluesky() -> Source:
    made = source_of("bluesky", "", identifier="acme.bsky.social", password=Secret("app-password"))
    return replace(made, name="sky", searches=(Search(brand="acme", terms=("Acme",)),))


def reddit() -> Source:
    made = source_of("reddit-api", "", client_id="id", client_secret=Secret("shh"))
    return replace(made, name="red", searches=(Search(brand="acme", terms=("Acme",)),))


def read_back(store: Store, network: Network, source: Source, *, limit: int = 100) -> Progress:
    made = replace(parts(store, PaperWeb(network.clock), network.clock), fetcher=network)
    network.asked.clear()
    return Backfill(source, START - 365 * DAY, made, sleep=lambda _: None).run(limit=limit)


@pytest.mark.parametrize(("make", "source"), [(BlueskyNetwork, bluesky()), (RedditNetwork, reddit())])
def test_a_run_goes_on_where_it_was_broken_off_after_signing_in_anew(
    store: Store, make: type[Network], source: Source
) -> None:
    network = make(Clock())
    first = read_back(store, network, source, limit=3)
    assert (first.new_items, first.stopped) == (20 if make is RedditNetwork else 19, "3 requests were made")
    done = read_back(store, network, source)
    assert (done.resumed, done.place_lost, done.stopped) == (True, False, "")
    assert network.signed_in == 2
    assert "until=" in network.asked[0] or "after=t3_20" in network.asked[0]
    assert first.new_items + done.new_items == POSTS


@pytest.mark.parametrize(("make", "source"), [(BlueskyNetwork, bluesky()), (RedditNetwork, reddit())])
def test_nothing_of_a_session_is_kept(store: Store, make: type[Network], source: Source) -> None:
    read_back(store, make(Clock()), source, limit=3)
    (place,) = store.list_meta("backfill ").values()
    for secret in ("t1", "Bearer", "app-password", "shh"):
        assert f'{secret}"' not in place
        assert f" {secret}" not in place


def test_a_place_that_reddit_no_longer_knows_is_told_and_nothing_is_missed(store: Store) -> None:
    network = RedditNetwork(Clock())
    read_back(store, network, reddit(), limit=3)
    network.deleted.add(20)
    done = read_back(store, network, reddit())
    assert (done.resumed, done.place_lost, done.stopped) == (False, True, "")
    assert network.asked[:2] == ["&raw_json=1&after=t3_20", "&raw_json=1"]
    assert done.new_items == POSTS - 20


def test_a_question_that_was_not_asked_yet_and_finds_nothing_loses_no_place(store: Store) -> None:
    network = RedditNetwork(Clock(), page_size=POSTS)
    source = replace(reddit(), options=msgspec.structs.replace(reddit().options, ask=("Acme", "Nobody")))
    assert read_back(store, network, source, limit=2).new_items == POSTS
    network.deleted = set(range(1, POSTS + 1))
    done = read_back(store, network, source)
    assert (done.resumed, done.place_lost, done.requests) == (True, False, 2)


def test_other_questions_begin_with_now(store: Store) -> None:
    network = RedditNetwork(Clock())
    read_back(store, network, reddit(), limit=3)
    other = replace(reddit(), searches=(Search(brand="acme", terms=("Acme", "Acme Cloud")),))
    assert not read_back(store, network, other, limit=3).resumed


def test_what_a_session_gives_goes_to_its_own_server_alone(store: Store) -> None:
    network = RedditNetwork(Clock())
    read_back(store, network, reddit(), limit=3)
    (place,) = store.list_meta("backfill ").values()
    with store.write() as tx:
        tx.set_meta("backfill red", place.replace("https://oauth.reddit.com", "https://evil.example"))
    asked: list[Request] = []

    class Watching(RedditNetwork):
        def fetch(self, request: Request, validators: Validators, *, under_way: bool = False) -> FetchResult:
            asked.append(request)
            return super().fetch(request, validators, under_way=under_way)

    done = read_back(store, Watching(Clock()), reddit())
    assert (done.resumed, done.place_lost, done.stopped) == (False, True, "")
    assert {urlsplit(request.url).hostname for request in asked} == {"www.reddit.com", "oauth.reddit.com"}


def test_a_password_that_changed_does_not_lose_the_place(store: Store) -> None:
    network = BlueskyNetwork(Clock())
    read_back(store, network, bluesky(), limit=3)
    options = msgspec.structs.replace(bluesky().options, password=Secret("another"))
    assert read_back(store, network, replace(bluesky(), options=options), limit=3).resumed
