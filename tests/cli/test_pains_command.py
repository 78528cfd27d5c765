"""`listener pains`, as it is typed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from listener.app import known_pains
from listener.cli import group
from listener.storage import NewItem, NewMention, Store
from listener.types import Hit, Item, Pain, Reading, Sentiment
from tests.storage.stored_samples import DAY, HOUR, with_sources

SETTINGS = """
[listener]
contact = "https://example.com/bot"
[brands.acme]
query = "acme"
[pains.migration]
definition = "Moving in."
phrases = ["import wizard"]
"""
NOW = datetime.now(UTC)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LISTENER_CONFIG", raising=False)
    (tmp_path / "listener.toml").write_text(SETTINGS)
    opened = Store.open(tmp_path / "listener.db", now=NOW)
    with_sources(opened, "blog")
    yield opened
    opened.close()


def complain(store: Store, days_ago: float, text: str, *pains: tuple[str, int]) -> None:
    said = Reading(
        brand="acme", excerpt=text, lang="en", sentiment=Sentiment(compound=-0.5, label="negative"), scorer="vader-1",
        complaint=0.9, kind="complaint", pains=tuple(Pain(topic=t, severity=s, words=(t,)) for t, s in pains),
        relevance=1.0, reach=10.0, hits=(Hit(field="text", start=0, end=4, term="acme"),),
    )  # fmt: skip
    at = NOW - days_ago * DAY - HOUR
    with store.write() as tx:
        (item,) = tx.add_items("blog", [NewItem(item=Item(text=text), keys=(f"{text} {days_ago}",))], at)
        new = NewMention(item_id=item, source="blog", reading=said, story_id=None, at=at, first_of_story=True)
        tx.add_mentions([new], at)
        tx.add_coverage("blog", at, ok=True, items=1)


def run(*arguments: str) -> str:
    done = CliRunner().invoke(group, ["pains", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_pains_stand_by_weight_with_the_time_before_and_quotes(store: Store) -> None:
    complain(store, 70, "acme was slow long ago", ("speed", 1))
    complain(store, 40, "acme is dear", ("price", 2))
    complain(store, 2, "acme is dear, still", ("price", 1))
    complain(store, 1, "acme import wizard stops", ("migration", 4))
    lines = [json.loads(line) for line in run("--json").splitlines()]
    assert [(line["topic"], line["stories"], line["stories_before"], line["mean_severity"]) for line in lines] == [
        ("migration", 1, 0, 4.0),
        ("price", 1, 1, 1.0),
    ]
    assert lines[1]["quotes"][0]["excerpt"] == "acme is dear, still"
    told = run()
    assert "acme, the last 30 days and the 30 before:" in told
    assert "acme import wizard stops" in told
    assert "acme import wizard stops" not in run("--quotes", "0")


def test_a_time_before_that_nobody_listened_to_is_not_zero(store: Store) -> None:
    complain(store, 2, "acme is dear", ("price", 1))
    assert json.loads(run("--json"))["stories_before"] is None


def test_phrases_that_recur_of_late_and_that_no_pain_point_knows_are_found(store: Store) -> None:
    for number in range(4):
        complain(store, 1 + number, f"acme seat sync drifts, and the import wizard stops {'really ' * number}")
    for number in range(12):
        complain(store, 9 + number, f"acme export takes the wrong column {'really ' * number}")
    (line,) = [json.loads(line) for line in run("--emerging", "--json").splitlines()]
    assert (line["phrase"], line["state"], line["voices"], line["voices_before"]) == ("seat sync drifts", "new", 4, 0)
    assert (line["complaints"], line["complaints_before"]) == (4, 12)
    told = run("--emerging")
    assert "acme: 4 complaints in the last 7 days, 12 in the 28 before." in told
    assert "seat sync drifts  new" in told


def test_nothing_found_is_said(store: Store) -> None:
    assert run() == "No pain points in the last 30 days.\n"
    assert "No new or rising phrase" in run("--emerging")


def test_the_taxonomy_is_shown_with_that_of_the_settings(store: Store) -> None:
    topics = {json.loads(line)["topic"] for line in run("--taxonomy", "--json").splitlines()}
    assert topics == known_pains() | {"migration"}
    assert "Moving in." in run("--taxonomy")


def test_a_brand_that_is_not_there_is_told(store: Store) -> None:
    done = CliRunner().invoke(group, ["pains", "--brand", "acne"])
    assert done.exit_code == 2
    assert "did you mean 'acme'?" in done.output
