"""`listener query` explains a match and mends a query with its writer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from listener.cli import group


def run(*arguments: str, input: bytes | None = None) -> Result:  # noqa: A002 - click's own word
    return CliRunner().invoke(group, ["query", *arguments], input=input)


def test_a_match_exits_with_0_and_no_match_with_1() -> None:
    assert run("acme", "--text", "Acme!").exit_code == 0
    missed = run("acme NOT down", "--text", "Acme is down")
    assert missed.exit_code == 1
    assert missed.output.splitlines()[:4] == ["no match", "[ ] AND", "  [x] acme   text 0-4", "  [ ] NOT"]


def test_a_query_that_cannot_be_read_exits_with_2_and_points_at_the_place() -> None:
    refused = run("漢字 or globex", "--text", "x")
    assert refused.exit_code == 2
    lines = refused.stderr.splitlines()
    assert lines[0].startswith("The query can't be read: operators are written in capitals")
    assert lines[1] == "  漢字 or globex"
    assert lines[2] == "       ^"  # two wide characters and a space


def test_the_place_of_an_error_in_a_long_query_is_shown_with_what_surrounds_it() -> None:
    refused = run("acme OR " * 200 + "or", "--text", "x")
    line, caret = refused.stderr.splitlines()[1:3]
    assert line[caret.index("^") :] == "or"
    assert len(line) < 110


def test_carets_stand_under_wide_and_accented_characters() -> None:
    shown = run("acme", "--text", "漢字 Acme cafe\u0301 ACME").output.splitlines()
    assert shown[-2:] == ["  漢字 Acme cafe\u0301 ACME", "       ^^^^      ^^^^"]


def test_a_long_text_is_shown_around_its_hits_and_hits_are_counted() -> None:
    text = ("x " * 200 + "acme ") * 15
    shown = run("acme", "--text", text).output
    assert shown.count("^^^^") == 10
    assert "and 5 more places" in shown
    assert "and 12 more" in shown.splitlines()[1]
    assert all(len(line) < 110 for line in shown.splitlines())


def test_text_that_would_move_the_cursor_is_shown_as_harmless() -> None:
    shown = run("acme", "--text", "\x1b[2Jacme\r\x07\u202e\nacme").output
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\ufffd[2Jacme \ufffd\ufffd acme" in shown


def test_fields_are_tried_and_shown(tmp_path: Path) -> None:
    shown = run(
        "title:acme author:bob site:example.com lang:en source:news",
        *(
            "--title",
            "ACME",
            "--author",
            "Bob",
            "--url",
            "https://www.example.com/1",
            "--lang",
            "en",
            "--source",
            "News",
        ),
    )
    assert shown.exit_code == 0
    for field in ("title", "author", "site", "lang", "source"):
        assert f"\n{field}:\n" in shown.output
    assert "  https://www.example.com/1\n          ^^^^^^^^^^^^^^^\n" in shown.output


def test_a_text_is_read_from_a_file_or_from_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_bytes("Ärger mit Acme".encode())
    assert run("ärger", "--file", str(file)).exit_code == 0
    assert run("acme", "--file", "-", input=b"\xff\xfe Acme").exit_code == 0
    missing = run("acme", "--file", str(tmp_path / "none"))
    assert missing.exit_code == 2
    assert "No such file" in missing.stderr


def test_json_tells_all_of_it() -> None:
    told = json.loads(run("Acme NEAR/2 price", "--text", "Acme’s price", "--json").output)
    assert told == {
        "query": "Acme NEAR/2 price",
        "names": ["Acme"],
        "terms": ["Acme", "price"],
        "match": True,
        "hits": [
            {"field": "text", "start": 0, "end": 4, "term": "Acme", "text": "Acme"},
            {"field": "text", "start": 7, "end": 12, "term": "price", "text": "price"},
        ],
        "parts": {
            "part": "NEAR/2",
            "match": True,
            "hits": [{"field": "text", "start": 0, "end": 4}, {"field": "text", "start": 7, "end": 12}],
            "parts": [
                {"part": "Acme", "match": True, "hits": [{"field": "text", "start": 0, "end": 4}], "parts": []},
                {"part": "price", "match": True, "hits": [{"field": "text", "start": 7, "end": 12}], "parts": []},
            ],
        },
    }
    assert json.loads(run("acme", "--json").output)["match"] is None


def test_arguments_that_are_not_unicode_do_no_harm() -> None:
    for options in ((), ("--json",)):
        told = run("acme", "--text", "acme \udcff \ud800", *options)
        assert told.exit_code == 0
        assert "acme" in told.output


def test_without_a_text_the_query_is_shown_as_it_is_read() -> None:
    shown = run('{Apple} "app store" OR site:apple.com/news')
    assert shown.exit_code == 0
    assert shown.output.splitlines()[:5] == ["OR", "  AND", "    {Apple}", '    "app store"', "  site:apple.com/news"]
    assert "Give --text" in shown.output


SETTINGS = """
[listener]
contact = "https://example.com/bot"
[brands.acme]
query = '{Acme} OR "Acme Cloud"'
"""


def test_the_query_of_a_brand_is_taken_from_the_settings(tmp_path: Path) -> None:
    settings = tmp_path / "listener.toml"
    settings.write_text(SETTINGS)
    runner = CliRunner()

    def of_brand(name: str) -> Result:
        return runner.invoke(group, ["-c", str(settings), "query", "--brand", name, "--text", "acme cloud"])

    assert of_brand("acme").exit_code == 0
    assert of_brand("globex").exit_code == 2
    assert "defined: acme" in of_brand("globex").stderr
    settings.write_text(SETTINGS + "[brand]\n")
    assert of_brand("acme").exit_code == 2
    assert "settings can't be read" in of_brand("acme").stderr


@pytest.mark.parametrize("arguments", [(), ("a", "--brand", "b"), ("a", "--text", "x", "--file", "-")])
def test_wrong_usage_is_told(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2
