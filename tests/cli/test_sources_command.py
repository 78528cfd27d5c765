"""`listener sources`, on a database that polls have filled."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from listener.app import App, load_settings, open_store
from listener.cli import group
from listener.errors import ListenerError
from listener.pages.notices import facts_gone
from listener.storage import NewItem
from listener.subscriptions import PREFIX, Subscription, as_text
from listener.types import HostState, Item, Outcome, SourceState

SETTINGS = """
[listener]
contact = "https://example.com/bot"
timezone = "Europe/Berlin"
[brands.acme]
query = "Acme"
[sources.forum]
url = "https://forum.example/latest.rss"
[sources.news]
url = "https://news.example/feed"
"""
NOW = datetime.now(UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "listener.toml"
    path.write_text(SETTINGS)
    start = NOW - timedelta(days=20)
    app = App(load_settings(path), clock=lambda: start)
    app.start()
    with app.store.write() as tx:
        tx.save_source(
            SourceState(
                source="forum",
                due_at=NOW + timedelta(hours=1),
                last_poll_at=NOW,
                outcome=Outcome.RATE_LIMITED,
                detail="forum.example answers 429 Too Many Requests.",
                failures=2,
                failing_since=NOW - timedelta(hours=1),
            )
        )
        tx.save_source(
            SourceState(
                source="news",
                due_at=NOW + timedelta(hours=1),
                last_poll_at=NOW,
                last_success_at=NOW,
                last_item_at=NOW,
                outcome=Outcome.OK,
            )
        )
        tx.save_host(HostState(host="forum.example:443", not_before=NOW + timedelta(hours=1), failures=2))
        for poll in range(4):
            seen = NOW - timedelta(hours=poll + 1)
            old = NOW - timedelta(days=200)
            new = [
                NewItem(
                    item=Item(title="The same", guid=f"{poll}-{number}", published=old),
                    keys=(f"g{poll:08}{number:08}",),
                    brand=None,
                    at=old,
                )
                for number in range(15)
            ]
            tx.add_items("news", new, seen)
    app.close()
    return path


def run(settings: Path, *arguments: str) -> Result:
    return CliRunner().invoke(group, ["-c", str(settings), "sources", *arguments])


def test_each_source_is_told_in_words(settings: Path) -> None:
    done = run(settings, "--json")
    assert done.exit_code == 0, done.output
    forum, news = (json.loads(line) for line in done.output.splitlines())
    assert forum["answers"].startswith("429 until ")
    assert "limits requests" in forum["advice"]
    assert (news["answers"], news["items_a_day"], news["matched_a_day"]) == ("ok", 4.29, 0.0)
    told = " ".join(note["what"] for note in news["notes"])
    for words in ("none matched a brand", "60 items appeared as new", "59 of 60 new items repeat a title"):
        assert words in told


def test_the_table_ends_with_what_to_do(settings: Path) -> None:
    done = run(settings)
    assert done.exit_code == 0, done.output
    words = " ".join(done.output.split())
    assert "429 until" in words
    assert "limits requests" in words
    assert "listener try" in words


def test_those_that_fail_and_those_that_are_odd_can_be_asked_for_alone(settings: Path) -> None:
    failing = [json.loads(line)["source"] for line in run(settings, "--failing", "--json").output.splitlines()]
    odd = [json.loads(line)["source"] for line in run(settings, "--odd", "--json").output.splitlines()]
    assert (failing, odd) == (["forum"], ["news"])


def subscribe(settings: Path, **fields: Any) -> None:
    one = Subscription(
        source="news",
        hub="https://hub.example/",
        topic="https://news.example/feed",
        token="a-token",
        secret="a-secret",
        **fields,
    )
    with open_store(load_settings(settings), NOW) as store, store.write() as tx:
        tx.set_meta(PREFIX + one.token, as_text(one))


def test_a_source_is_shown_with_all_that_is_known_of_it(settings: Path) -> None:
    done = run(settings, "show", "forum")
    assert done.exit_code == 0, done.output
    words = " ".join(done.output.split())
    for told in (
        "source forum (feed)",
        "state 429 until",
        "last success never",
        "failures 2 in a row",
        "limits requests",
    ):
        assert told in words
    assert "hub" not in words


def test_a_source_that_is_not_there_can_not_be_shown(settings: Path) -> None:
    done = run(settings, "show", "form")
    assert done.exit_code != 0
    assert "no source 'form'" in str(done.exception)


@pytest.mark.parametrize(
    ("fields", "words", "odd"),
    [
        ({"state": "active", "expires_at": NOW + timedelta(days=9)}, "subscribed until ", False),
        ({"state": "active", "expires_at": NOW - timedelta(days=1)}, "expired at ", False),
        ({}, "not requested yet", False),
        ({"tries": 1, "pending_until": NOW + timedelta(minutes=30)}, "requested; the hub has until ", False),
        ({"tries": 1}, "request failed; next request at ", False),
        ({"tries": 3}, "requested 3 times, but the hub never called back; next request at ", True),
        ({"state": "denied"}, "subscription rejected; next request at ", True),
    ],
)
def test_what_became_of_a_source_s_hub_is_told(settings: Path, fields: dict[str, Any], words: str, odd: bool) -> None:
    subscribe(settings, **{"next_at": NOW + timedelta(hours=2), **fields})
    done = run(settings, "show", "news")
    assert f"https://hub.example/ {words}" in done.output
    record = json.loads(run(settings, "show", "news", "--json").output)
    assert record["hub"]["words"].startswith(words)
    assert (record["hub"]["url"], record["hub"]["state"]) == ("https://hub.example/", fields.get("state", "wanted"))
    assert any("its hub" in note["what"] for note in record["notes"]) is odd
    assert "a-secret" not in json.dumps(record) + done.output
    assert "a-token" not in json.dumps(record) + done.output


def test_a_subscription_that_is_being_ended_is_nobody_s_hub(settings: Path) -> None:
    subscribe(settings, state="leaving", next_at=NOW)
    assert json.loads(run(settings, "show", "news", "--json").output)["hub"] is None


def test_a_page_that_lost_all_it_said_is_believed_on_a_persons_word(settings: Path) -> None:
    with open_store(load_settings(settings), NOW) as store, store.write() as tx:
        tx.save_source(
            SourceState(
                source="forum",
                due_at=NOW + timedelta(days=1),
                last_poll_at=NOW,
                failures=1,
                failing_since=NOW,
                outcome=Outcome.BLOCKED,
                detail=facts_gone("forum"),
                page_state={"told": "x", "looks": []},
            )
        )
    shown = run(settings, "show", "forum").output
    assert "listener sources accept" in " ".join(shown.split())
    assert "polled now" in run(settings, "accept", "forum").output
    with open_store(load_settings(settings), NOW) as store:
        found = store.find_source("forum")
    assert found is not None
    assert found.state.page_state == {"told": "x", "looks": [], "accepted": True}
    assert found.state.due_at < NOW + timedelta(hours=1)


def test_only_a_page_that_lost_all_it_said_can_be_accepted(settings: Path) -> None:
    for name, told in (("news", "not in the state facts-gone"), ("nowhere", "no source 'nowhere'")):
        with pytest.raises(ListenerError, match=told):
            CliRunner().invoke(group, ["-c", str(settings), "sources", "accept", name], catch_exceptions=False)
