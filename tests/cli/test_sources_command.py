"""`listener sources`, on a database that polls have filled."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from listener.app import App, load_settings
from listener.cli import group
from listener.storage import NewItem
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
    assert "wants fewer requests" in forum["advice"]
    assert (news["answers"], news["items_a_day"], news["matched_a_day"]) == ("ok", 4.29, 0.0)
    told = " ".join(note["what"] for note in news["notes"])
    for words in ("none matched a brand", "60 items came as new", "59 of 60 new items repeat a title"):
        assert words in told


def test_the_table_ends_with_what_to_do(settings: Path) -> None:
    done = run(settings)
    assert done.exit_code == 0, done.output
    words = " ".join(done.output.split())
    assert "429 until" in words
    assert "wants fewer requests" in words
    assert "listener try" in words


def test_those_that_fail_and_those_that_are_odd_can_be_asked_for_alone(settings: Path) -> None:
    failing = [json.loads(line)["source"] for line in run(settings, "--failing", "--json").output.splitlines()]
    odd = [json.loads(line)["source"] for line in run(settings, "--odd", "--json").output.splitlines()]
    assert (failing, odd) == (["forum"], ["news"])
