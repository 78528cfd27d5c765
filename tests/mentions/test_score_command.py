"""`listener score` and `listener group` as a person runs them."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from listener.cli import group as program
from listener.config import load
from listener.errors import ConfigError
from listener.mentions import network_files
from listener.mentions.network import NETWORK
from listener.mentions.network_files import PACKAGE

COMPLAINT = {"id": 7, "text": "Acme is down again and I still haven't got my refund. Useless.", "target": "Acme"}


def run(tmp_path: Path, *arguments: str, given: str) -> list[dict[str, Any]]:
    settings = str(tmp_path / "listener.toml")
    result = CliRunner().invoke(program, ["-c", settings, *arguments], input=given, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


def lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_a_line_in_gives_a_line_out_with_every_judgement(tmp_path: Path) -> None:
    (found,) = run(tmp_path, "score", "-", given=lines(COMPLAINT))
    assert found["id"] == 7
    assert found["lang"] == "en"
    assert found["label"] == "negative"
    assert found["compound"] <= -0.05
    assert found["complaint"] >= 0.5
    assert found["kind"] == "complaint"
    assert {"reliability", "refund"} <= {pain["topic"] for pain in found["pains"]}
    assert 0 <= found["relevance"] <= 1


@pytest.mark.parametrize("scorer", ["model", "vader"])
def test_both_scorers_explain_themselves_by_words_of_the_text(tmp_path: Path, scorer: str) -> None:
    (found,) = run(tmp_path, "score", "--explain", "--scorer", scorer, given=lines(COMPLAINT))
    assert found["scorer"].startswith(scorer)
    assert found["reasons"]
    assert "useless" in " ".join(words for words, _ in found["reasons"]).lower()


@pytest.mark.skipif(find_spec(PACKAGE) is None, reason=f"{PACKAGE} isn't installed")
def test_the_network_hears_what_no_word_of_the_lexicon_says_and_explains_itself(tmp_path: Path) -> None:
    text = "Prosecutors say that Acme hid the reports from its own auditors for years."
    row = {"id": 1, "text": text, "target": "Acme"}
    (found,) = run(tmp_path, "score", "--explain", "--scorer", "minilm", given=lines(row))
    assert found["scorer"].startswith("minilm")
    assert found["label"] == "negative"
    assert found["reasons"][0][0] == NETWORK
    assert found["reasons"][0][1] < 0
    assert len(found["reasons"]) > 1


def test_without_its_packages_the_network_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_files, "PACKAGE", "no_such_package_of_weights")
    settings = tmp_path / "listener.toml"
    asked = CliRunner().invoke(program, ["-c", str(settings), "score", "--scorer", "minilm"], input=lines(COMPLAINT))
    assert isinstance(asked.exception, ConfigError)
    assert "pip install" in str(asked.exception)
    settings.write_text('[understand]\nscorer = "minilm"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"listener\.toml:2: understand\.scorer: .*pip install"):
        load(settings, environ={})


def test_a_target_turns_the_judgement(tmp_path: Path) -> None:
    text = "Moved from Acme to Globex, best decision ever"
    left, joined = run(
        tmp_path,
        "score",
        given=lines({"id": 1, "text": text, "target": "Acme"}, {"id": 2, "text": text, "target": "Globex"}),
    )
    assert left["compound"] < joined["compound"]
    assert left["label"] == "negative"
    assert joined["label"] == "positive"


def test_an_unknown_language_has_no_label(tmp_path: Path) -> None:
    (found,) = run(
        tmp_path, "score", given=lines({"id": 1, "text": "Tämä on erittäin hyvä palvelu ja olen tyytyväinen"})
    )
    assert found["lang"] == "fi"
    assert found["compound"] is None
    assert found["label"] is None


def test_a_taxonomy_of_ones_own_replaces_the_bundled_one(tmp_path: Path) -> None:
    taxonomy = tmp_path / "own.toml"
    taxonomy.write_text('[pains.luggage]\nphrases = ["lost ... bag*"]\n', encoding="utf-8")
    given = lines({"id": 1, "text": "You lost both of my bags and the app crashes"})
    (found,) = run(tmp_path, "score", "--taxonomy", str(taxonomy), given=given)
    assert [pain["topic"] for pain in found["pains"]] == ["luggage"]


def test_a_line_that_is_no_json_is_told_by_its_number(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        program, ["-c", str(tmp_path / "none.toml"), "score"], input='{"id": 1, "text": "x"}\nnope\n'
    )
    assert result.exception is not None
    assert "line 2" in str(result.exception)


def test_near_copies_are_grouped_under_the_first_ones_id(tmp_path: Path) -> None:
    given = lines(
        {"id": "a", "title": "Acme raises prices of all its cloud plans by a third", "text": ""},
        {"id": "b", "title": "Globex opens an office in the north of the country", "text": ""},
        {"id": "c", "title": "Acme raises prices for all its cloud plans by a third", "text": ""},
    )
    assert [row["story"] for row in run(tmp_path, "group", given=given)] == ["a", "b", "a"]


def test_a_later_copy_joins_two_stories_within_the_window(tmp_path: Path) -> None:
    first = {"id": 1, "title": "one two three four five six seven eight", "text": ""}
    second = {"id": 2, "title": "five six seven eight nine ten eleven twelve", "text": ""}
    between = {"id": 3, "title": "three four five six seven eight nine ten", "text": ""}
    given = lines(first, second, between)
    assert [row["story"] for row in run(tmp_path, "group", given=given)] == [1, 1, 1]
    assert [row["story"] for row in run(tmp_path, "group", "--window", "0", given=given)] == [1, 2, 1]
