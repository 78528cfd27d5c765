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


def test_a_first_settings_file_can_be_used_as_it_is() -> None:
    done = run("init")
    assert done.exit_code == 0, done.output
    assert "listener check" in done.output
    checked = run("check")
    assert checked.exit_code == 0, checked.output
    assert "3 alert rules" in checked.output


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


SETTINGS = """
[listener]
database = "postgresql://ana:hunter2@db.example/listener"
contact = "https://example.com/bot"
[brands.acme]
query = "Acme [red]Cloud[/red]"
[sources.blog]
url = "https://example.com/feed"
every = "90m"
enabled = false
[channels.hook]
type = "slack"
url = { env = "HOOK" }
[channels.plain]
type = "webhook"
url = "https://example.com/hook/s3cret"
[alerts.angry]
brands = ["acme"]
sentiment_at_most = -0.4
channels = ["hook", "plain"]
fresh_within = "12h"
"""


def test_the_summary_shows_everything_but_secrets(tmp_path: Path) -> None:
    (tmp_path / "listener.toml").write_text(SETTINGS)
    done = run("check", "--show", environ={"HOOK": "https://hooks.example.com/services/abc"})
    assert done.exit_code == 0, done.output
    for words in ("1h30m", "blog (off)", "[red]Cloud[/red]", "sentiment_at_most -0.4", "fresh_within 12h", "HOOK"):
        assert words in done.output
    for secret in ("hunter2", "s3cret", "services/abc"):
        assert secret not in done.output


def test_a_secret_that_only_the_service_has_can_be_left_out_of_the_check(tmp_path: Path) -> None:
    (tmp_path / "listener.toml").write_text(SETTINGS)
    refused = run("check", environ={"HOOK": None})
    assert refused.exit_code == 1
    assert "HOOK is not set" in refused.output
    done = run("check", "--no-secrets", environ={"HOOK": None})
    assert done.exit_code == 0, done.output
    assert "left out" in done.output


def test_a_long_list_of_sources_is_shown_in_part(tmp_path: Path) -> None:
    many = "".join(f"[sources.s{number}]\nurl = 'https://example.com/{number}'\n" for number in range(150))
    (tmp_path / "listener.toml").write_text(many)
    done = run("check", "--show")
    assert "and 50 more" in done.output
    assert "150 sources" in done.output
