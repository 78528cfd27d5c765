"""`listener correct` and `listener mentions`, as they are typed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from listener.cli import group
from listener.errors import ListenerError
from listener.storage import NewMention, Store
from tests.storage.stored_samples import HOUR, NOW, add_mention, reading, with_sources

SETTINGS = """
[listener]
contact = "https://example.com/bot"
[brands.acme]
query = "acme"
[pains.migration]
phrases = ["import fail*"]
"""


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LISTENER_CONFIG", raising=False)
    (tmp_path / "listener.toml").write_text(SETTINGS)
    opened = Store.open(tmp_path / "listener.db", now=NOW)
    with_sources(opened, "blog")
    add_mention(opened, 1, reading(compound=0.6, complaint=0.2, pains=[("bugs", 1)]))
    add_mention(opened, 2, reading("globex", compound=-0.6), at=NOW + HOUR)
    yield opened
    opened.close()


def run(*arguments: str) -> Result:
    return CliRunner().invoke(group, list(arguments))


def corrected(*arguments: str) -> dict[str, object]:
    done = run("correct", *arguments, "--json")
    assert done.exit_code == 0, done.output
    record = json.loads(done.stdout)
    assert isinstance(record, dict)
    return record


def test_a_correction_is_shown_beside_the_programs_own_word(store: Store) -> None:
    done = run("correct", "1", "--sentiment", "negative", "--pain", "migration:3", "--pain", "billing", "--by", "ann")
    assert done.exit_code == 0, done.output
    rows = {line.split()[0]: line.split()[1:] for line in done.output.splitlines() if line[:1].isalpha()}
    assert rows["sentiment"] == ["negative", "-0.50", "positive", "+0.60"]
    assert rows["pains"] == ["migration:3,", "billing:1", "bugs:1"]
    assert rows["kind"] == ["complaint"]
    assert store.verify_trends() == []


def test_the_mention_is_found_by_its_address(store: Store) -> None:
    assert corrected("https://blog.example/2", "--irrelevant")["mention_id"] == 2
    assert [mention.id for mention in store.iter_mentions()] == [1]


def test_agreeing_confirms_all_that_is_not_said_otherwise(store: Store) -> None:
    record = corrected("1", "--agree", "--sentiment", "neutral")
    assert record["corrected"] == ["sentiment", "kind", "complaint", "pains", "irrelevant"]
    changed = {"sentiment": "neutral", "compound": 0.0, "scorer": "person"}
    assert record["holds"] == record["own"] | changed  # type: ignore[operator]


def test_whether_another_kind_complains_follows_from_it(store: Store) -> None:
    record = corrected("2", "--agree", "--kind", "praise")
    assert record["corrected"] == ["sentiment", "kind", "pains", "irrelevant"]
    assert record["holds"] == record["own"] | {"kind": "praise", "complaint": 0.0}  # type: ignore[operator]
    assert "complaint" in str(corrected("2", "--agree", "--kind", "question")["corrected"])


def test_taking_back_leaves_nothing_standing(store: Store) -> None:
    before = corrected("1")
    run("correct", "1", "--sentiment", "neutral", "--pain", "none")
    assert [json.loads(line)["field"] for line in run("correct", "--json").stdout.splitlines()] == [
        "sentiment",
        "pains",
    ]
    assert run("correct", "1", "--undo").output.startswith("Corrections removed.")
    assert corrected("1") == before
    assert run("correct").output == "No corrections yet. `listener mentions` lists mentions and their numbers.\n"
    assert run("correct", "1", "--undo").output.startswith("There were no corrections.")


def test_the_listing_says_what_stands_and_who_said_it(store: Store) -> None:
    run("correct", "1", "--no-complaint", "--pain", "none", "--by", "ann")
    lines = [line.split() for line in run("correct").output.splitlines()]
    assert [(words[0], words[1], words[2], words[3], words[-1]) for words in lines[1:]] == [
        ("1", "acme", "complaint", "no", "ann"),
        ("1", "acme", "pains", "none", "ann"),
    ]


def test_exports_and_lists_mark_what_was_corrected(store: Store) -> None:
    run("correct", "1", "--sentiment", "negative", "--kind", "complaint")
    rows = list(csv.DictReader(io.StringIO(run("export", "mentions").stdout)))
    assert [(row["mention_id"], row["label"], row["corrected"]) for row in rows] == [
        ("1", "negative", "sentiment; kind"),
        ("2", "negative", ""),
    ]
    lines = [line.split() for line in run("mentions").output.splitlines()]
    assert [words[0] for words in lines] == ["number", "2", "about", "1*", "about"]
    (line,) = run("mentions", "--corrected", "--json").stdout.splitlines()
    assert json.loads(line)["corrected"] == ["sentiment", "kind"]


def test_lists_of_mentions_say_when_there_is_nothing(store: Store) -> None:
    assert run("mentions", "--brand", "acne").output == "No matching mentions.\n"
    assert "Showing the newest 1; use --limit to see more." in run("mentions", "--limit", "1").output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("1", "--pain", "biling"), "unknown pain point 'biling'; did you mean 'billing'?"),
        (("1", "--pain", "billing:5"), "expected a severity from 0 (in passing) to 4"),
        (("1", "--pain", "none", "--pain", "billing"), "none can't be combined with other pain points"),
        (("1", "--undo", "--kind", "praise"), "--undo removes all corrections"),
        (("--kind", "praise"), "name the mention"),
        (("1", "--language", "dutch"), "expected a two-letter language code"),
        (("1", "--story", "next"), "expected a story number"),
        (("1", "--reach", "101"), "101.0 is not in the range"),
    ],
)
def test_a_slip_is_told_and_changes_nothing(store: Store, arguments: tuple[str, ...], message: str) -> None:
    done = run("correct", *arguments)
    assert done.exit_code == 2
    assert message in " ".join(done.output.replace("│", " ").split())
    assert list(store.review.iter_corrections()) == []


def test_a_mention_gets_another_language_and_a_story_of_its_own(store: Store) -> None:
    record = corrected("1", "--language", "NL", "--reach", "42", "--story", "new")
    assert record["corrected"] == ["lang", "reach", "story"]
    holds = record["holds"]
    assert isinstance(holds, dict)
    assert (holds["lang"], holds["reach"], holds["sentiment"]) == ("nl", 42.0, None)
    assert corrected("2", "--story", str(holds["story"]))["corrected"] == ["story"]
    assert {mention.story_id for mention in store.iter_mentions()} == {holds["story"]}
    assert store.verify_trends() == []


def test_a_story_that_is_not_there_is_told(store: Store) -> None:
    done = run("correct", "1", "--story", "99")
    assert "there is no story 99" in str(done.exception)


@pytest.mark.parametrize("mention", ["99", "9" * 30, "https://nobody.example/"])
def test_a_mention_that_is_not_there_is_told(store: Store, mention: str) -> None:
    done = run("correct", mention, "--kind", "praise")
    assert isinstance(done.exception, ListenerError)
    assert "`listener mentions` shows their numbers" in str(done.exception)


def test_an_address_of_two_mentions_wants_a_brand(store: Store) -> None:
    with store.write() as transaction:
        new = NewMention(
            item_id=1, source="blog", reading=reading("globex"), story_id=None, at=NOW, first_of_story=True
        )
        transaction.add_mentions([new], NOW)
    done = run("correct", "https://blog.example/1", "--kind", "praise")
    assert "1 (acme), 3 (globex)" in str(done.exception)
    assert corrected("https://blog.example/1", "--brand", "globex", "--kind", "praise")["mention_id"] == 3
