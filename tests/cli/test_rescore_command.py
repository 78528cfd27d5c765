"""`listener rescore`, as it is typed, on mentions that were stored under other settings."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from listener import rescore
from listener.app import load_settings, open_app, rescorer
from listener.cli import group
from listener.pipeline import record
from listener.storage import NewReading, Store, StoredText
from listener.types import Item, Source

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
SETTINGS = """
[listener]
contact = "https://example.com/bot"
[brands.acme]
query = "acme"
[channels.screen]
type = "console"
[alerts.all]
channels = ["screen"]
kinds = ["churn"]
{more}
"""
TEXTS = (
    "The acme widget is gribbly, sadly.",
    "A gribbly morning with acme, and again a gribbly evening.",
    "Acme works well and support is friendly.",
    "We planted an acme tree in the garden yesterday.",
)
#: Nobody's mention under the settings that were there first.
OTHER = "Globex raised its prices again and I am tired of it."


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a database with the mentions of `TEXTS`, read with no settings in particular."""
    folder = tmp_path_factory.mktemp("heard")
    (folder / "listener.toml").write_text(SETTINGS.format(more=""))
    app = open_app(folder / "listener.toml")
    for number, text in enumerate((*TEXTS, OTHER)):
        item = Item(text=text, guid=str(number), published=NOW + number * timedelta(days=1))
        record(Source(name="blog", scraper="feed", enabled=False), item, app.parts)
    app.close()
    return folder / "listener.db"


@pytest.fixture
def store(heard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LISTENER_CONFIG", raising=False)
    shutil.copy(heard, tmp_path)
    set_to()
    opened = Store.open(tmp_path / "listener.db", now=NOW)
    yield opened
    assert opened.verify_trends() == []
    opened.close()


def set_to(more: str = "") -> None:
    Path("listener.toml").write_text(SETTINGS.format(more=more))


def run(*arguments: str) -> Result:
    done = CliRunner().invoke(group, ["rescore", *arguments])
    assert done.exit_code == 0, done.output
    return done


def changes(*arguments: str) -> set[tuple[str, str, str, int]]:
    lines: list[dict[str, Any]] = [json.loads(line) for line in run("--json", *arguments).stdout.splitlines()]
    return {(line["what"], line["before"], line["after"], line["mentions"]) for line in lines}


def pains(store: Store) -> list[list[str]]:
    return [[topic for topic, _ in mention.pains] for mention in store.iter_mentions(irrelevant=True)]


GRIBBLY = '[pains.gribble]\nphrases = ["gribbly"]\n[understand]\nlexicon = { gribbly = -3.5 }\nscorer = "vader"'


def test_the_same_settings_change_nothing(store: Store) -> None:
    before = list(store.iter_mentions())
    assert run().output == "4 mentions re-analysed, 0 changed.\n"
    assert list(store.iter_mentions()) == before


def test_new_settings_reach_old_mentions_and_their_trends(store: Store) -> None:
    set_to(GRIBBLY)
    found = changes()
    assert ("pain", "", "gribble", 2) in found
    assert pains(store)[:2] == [["gribble"], ["gribble"]]
    labels = [mention.sentiment.label for mention in store.iter_mentions()]
    assert labels[:2] == ["negative", "negative"]
    assert {mention.scorer for mention in store.iter_mentions()} == {"vader-1"}
    assert sum(hour.negative for hour in store.iter_trends()) == labels.count("negative")


def test_a_dry_run_says_the_same_and_changes_nothing(store: Store) -> None:
    before = list(store.iter_mentions())
    set_to(GRIBBLY)
    planned = changes("--dry-run")
    assert list(store.iter_mentions()) == before
    assert "would change" in run("--dry-run").output
    assert changes() == planned


def test_what_a_person_said_stays_and_the_rest_is_read_anew(store: Store) -> None:
    with store.write() as tx:
        tx.correct(1, {"sentiment": "positive", "pains": [("bugs", 1)]}, at=NOW, by="ann")
    set_to(GRIBBLY)
    assert "corrections of 1 kept" in run().output
    first = next(store.iter_mentions())
    assert (first.sentiment.label, first.pains) == ("positive", (("bugs", 1),))
    with store.write() as tx:
        tx.correct(1, {"sentiment": None, "pains": None}, at=NOW, by="ann")
    first = next(store.iter_mentions())
    assert (first.sentiment.label, first.scorer, [topic for topic, _ in first.pains]) == (
        "negative",
        "vader-1",
        ["gribble"],
    )


def test_what_todays_query_does_not_find_counts_nowhere_until_it_does_again(store: Store) -> None:
    Path("listener.toml").write_text(SETTINGS.format(more="").replace('"acme"', '"acme NOT tree"'))
    assert changes() == {("counts", "yes", "no", 1)}
    assert [mention.id for mention in store.iter_mentions()] == [1, 2, 3]
    assert run().output == "4 mentions re-analysed, 0 changed.\n"
    set_to()
    assert changes() == {("counts", "no", "yes", 1)}
    assert [mention.id for mention in store.iter_mentions()] == [1, 2, 3, 4]


def test_only_the_mentions_of_a_time_are_read(store: Store) -> None:
    set_to(GRIBBLY)
    assert "1 mentions re-analysed" in run("--from", "2026-11-03", "--to", "2026-11-03").output
    assert pains(store)[:2] == [[], ["gribble"]]


GLOBEX = '[brands.globex]\nquery = "globex"'


def test_a_brand_added_since_is_found_in_what_was_said_before(store: Store) -> None:
    set_to(GLOBEX)
    planned = run("--dry-run").output
    assert "5 items searched, 1 would be new mentions." in planned
    assert [mention.brand for mention in store.iter_mentions()] == ["acme"] * 4
    assert changes() == {("mention", "", "found", 1)}
    found = list(store.iter_mentions(brands=["globex"]))
    assert [(one.excerpt, one.at, one.first_of_story) for one in found] == [(OTHER, NOW + timedelta(days=4), True)]
    assert sum(hour.mentions for hour in store.iter_trends(brands=["globex"])) == 1
    assert list(store.iter_alerts()) == []
    assert changes() == set()


def test_a_wider_query_finds_what_is_a_mention_of_another_brand_already(store: Store) -> None:
    set_to('[brands.gribble]\nquery = "gribbly"')
    assert changes("--brand", "gribble") == {("mention", "", "found", 2)}
    stories = {mention.id: mention.story_id for mention in store.iter_mentions(brands=["acme"])}
    assert [mention.story_id for mention in store.iter_mentions(brands=["gribble"])] == [stories[1], stories[2]]


def test_what_was_missed_is_looked_for_in_the_time_asked_for(store: Store) -> None:
    set_to(GLOBEX)
    assert changes("--to", "2026-11-05") == set()
    assert changes("--from", "2026-11-06", "--to", "2026-11-06") == {("mention", "", "found", 1)}


def test_nothing_alerts(store: Store) -> None:
    set_to(GRIBBLY + '\n[alerts.gribble]\npains = ["gribble"]\nchannels = ["screen"]')
    run()
    assert list(store.iter_alerts()) == []


def test_mentions_of_a_brand_that_left_are_named_and_left_alone(store: Store) -> None:
    Path("listener.toml").write_text(SETTINGS.format(more="").replace("brands.acme", "brands.acme2"))
    assert "Unchanged: mentions of acme, which are no longer in the settings." in run().output
    assert len(list(store.iter_mentions(brands=["acme"]))) == 4


def test_a_run_that_was_cut_short_goes_on_where_it_ended(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescore, "BATCH", 1)
    set_to(GRIBBLY)
    wanted = rescore.Wanted(brands=("acme",))
    reader = rescorer(load_settings(Path("listener.toml")), store, wanted)
    steps = reader.run(reader.progress(), write=True)
    assert [next(steps).last_id for _ in range(2)] == [1, 2]
    steps.close()  # type: ignore[attr-defined]
    assert pains(store)[:2] == [["gribble"], ["gribble"]]
    done = run()
    assert "Resuming an earlier run after 2 mentions." in done.output
    assert "4 mentions re-analysed" in done.output
    assert "Going on" not in run().output


def test_other_settings_begin_anew(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescore, "BATCH", 1)
    reader = rescorer(load_settings(Path("listener.toml")), store, rescore.Wanted(brands=("acme",)))
    next(reader.run(reader.progress(), write=True))
    assert reader.progress().seen == 1
    set_to(GRIBBLY)
    assert "Going on" not in run().output
    assert pains(store)[:2] == [["gribble"], ["gribble"]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--brand", "acne"), "unknown brand 'acne'; did you mean 'acme'?"),
        (("--from", "2026-11-05", "--to", "2026-11-01"), "the end is before the start"),
    ],
)
def test_a_slip_is_told(store: Store, arguments: tuple[str, ...], message: str) -> None:
    done = CliRunner().invoke(group, ["rescore", *arguments])
    assert done.exit_code == 2
    assert message in done.output


def test_ctrl_c_ends_it_between_two_batches_and_says_how_to_go_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rescore, "BATCH", 2)
    read = rescore.Rescorer.read

    def interrupted(self: rescore.Rescorer, stored: StoredText, lang: str | None) -> NewReading:
        if stored.mention_id == 4:
            raise KeyboardInterrupt
        return read(self, stored, lang)

    set_to(GRIBBLY)
    with monkeypatch.context() as patch:
        patch.setattr(rescore.Rescorer, "read", interrupted)
        done = CliRunner().invoke(group, ["rescore"])
    assert done.exit_code == 130
    assert "Stopped. Progress is saved; run the same command to resume." in done.output
    assert "after 2 mentions" in run().output


def test_the_daemon_may_hold_the_database_meanwhile(store: Store) -> None:
    set_to(GRIBBLY)
    with store.hold():
        assert "4 mentions re-analysed" in run().output
        with store.write() as tx:
            tx.correct(1, {"sentiment": "neutral"}, at=NOW, by="ann")
    assert next(store.iter_mentions()).sentiment.label == "neutral"
