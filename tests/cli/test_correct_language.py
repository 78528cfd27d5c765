"""`listener correct --language`: a mention is read again in the language that it is in, and stays so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from listener.app import open_app
from listener.cli import group
from listener.pipeline import record
from listener.storage import Store
from listener.types import Item, Source

NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
SETTINGS = """
[listener]
contact = "https://example.com/bot"
[brands.acme]
query = "{query}"
"""
#: German, and too short for anything but believing the source, which says it is Dutch.
TEXT = "Acme kaputt, Katastrophe"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LISTENER_CONFIG", raising=False)
    search_for("acme")
    app = open_app(Path("listener.toml"))
    record(
        Source(name="blog", scraper="feed", enabled=False),
        Item(text=TEXT, guid="1", lang="nl", published=NOW),
        app.parts,
    )
    app.close()
    opened = Store.open("listener.db", now=NOW)
    yield opened
    opened.close()


def search_for(query: str) -> None:
    Path("listener.toml").write_text(SETTINGS.format(query=query))


def run(*arguments: str) -> str:
    done = CliRunner().invoke(group, list(arguments))
    assert done.exit_code == 0, done.output
    return done.stdout


def corrected(*arguments: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what holds of the mention, and the program's own word."""
    found = json.loads(run("correct", "1", *arguments, "--json"))
    return found["holds"], found["own"]


def test_a_mention_is_scored_in_the_language_that_a_person_gave(store: Store) -> None:
    before, _ = corrected()
    assert (before["lang"], before["sentiment"]) == ("nl", None)
    holds, own = corrected("--language", "de")
    assert (holds["lang"], holds["sentiment"], holds["kind"]) == ("de", "negative", "complaint")
    assert own["lang"] == "nl"
    (row,) = store.iter_trends()
    assert (row.negative, row.unscored) == (1, 0)
    assert store.verify_trends() == []


def test_rescoring_keeps_to_the_language_that_a_person_gave(store: Store) -> None:
    before, own = corrected("--language", "de")
    run("rescore")
    assert corrected() == (before, own)
    assert store.verify_trends() == []


def test_taking_the_language_back_reads_it_as_before(store: Store) -> None:
    before = corrected()
    corrected("--language", "de")
    assert corrected("--undo") == before
    assert store.verify_trends() == []


def test_another_correction_leaves_the_sentiment_of_the_language_that_was_given(store: Store) -> None:
    corrected("--language", "de")
    holds, _ = corrected("--reach", "42")
    assert (holds["lang"], holds["sentiment"], holds["reach"]) == ("de", "negative", 42.0)


def test_what_cannot_be_read_again_is_unknown_in_the_new_language(store: Store) -> None:
    search_for("globex")
    holds, _ = corrected("--language", "de")
    assert (holds["lang"], holds["sentiment"]) == ("de", None)


def test_who_corrects_the_language_twice_is_read_in_the_last_one(store: Store) -> None:
    corrected("--language", "de")
    holds, own = corrected("--language", "sv")
    assert (holds["lang"], holds["sentiment"], own["lang"]) == ("sv", None, "nl")
