"""`listener init` and `listener check`, as they are typed."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from listener.cli import group
from listener.config import load


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LISTENER_CONFIG", raising=False)


def run(*arguments: str, environ: dict[str, str | None] | None = None) -> Result:
    return CliRunner().invoke(group, list(arguments), env=environ)


def test_the_options_of_init_stand_in_the_file(tmp_path: Path) -> None:
    done = run(
        *("init", "mine.toml", "--brand", 'Müller & "Sons"', "--competitor", "Globex", "--competitor", "globex!"),
        *("--feed", "https://example.com/a?x=1&y=$2", "--feed", "https://example.com/b", "--contact", "me@example.com"),
    )
    assert done.exit_code == 0, done.output
    assert "--config mine.toml check" in done.output
    read = load(tmp_path / "mine.toml", environ={})
    assert [(brand.name, brand.role) for brand in read.brands] == [
        ("muller-sons", "own"),
        ("globex", "competitor"),
        ("globex-2", "competitor"),
    ]
    assert [source.url for source in read.sources] == ["https://example.com/a?x=1&y=$2", "https://example.com/b"]
    assert read.contact == "me@example.com"
    assert read.alerts[0].brands == ("muller-sons",)
    assert not read.warnings


@pytest.mark.parametrize("name", ["日本", "O'Brien", 'a"b\\', "x\ny", "🙂"])
def test_any_name_gives_a_file_that_can_be_read(tmp_path: Path, name: str) -> None:
    assert run("init", "--brand", name).exit_code == 0
    tomllib.loads((tmp_path / "listener.toml").read_text(encoding="utf-8"))
    assert len(load(tmp_path / "listener.toml", environ={}).brands) == 1


def test_init_overwrites_nothing_unless_it_is_told_to(tmp_path: Path) -> None:
    (tmp_path / "listener.toml").write_text("# mine")
    refused = run("init")
    assert refused.exit_code == 1
    assert "--force" in refused.output
    assert (tmp_path / "listener.toml").read_text() == "# mine"
    assert run("init", "--force").exit_code == 0
    assert "[sources." in (tmp_path / "listener.toml").read_text()


def test_init_says_where_it_can_not_write() -> None:
    done = run("init", "no/such/folder/listener.toml")
    assert done.exit_code == 1
    assert "No such file or directory" in done.output


def test_check_tells_every_problem_and_fails(tmp_path: Path) -> None:
    (tmp_path / "listener.toml").write_text("[listener]\nworkers = 0\n[fetch]\ngap = 'x'\n[brands.a]\nquery = '('\n")
    done = run("check")
    assert done.exit_code == 1
    for words in (":2: listener.workers", ":4: fetch.gap", ":6: brands.a.query", "3 problems"):
        assert words in done.output


def test_check_without_a_file_says_how_to_get_one() -> None:
    done = run("check")
    assert done.exit_code == 1
    assert "listener init" in done.output
