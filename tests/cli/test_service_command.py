"""`listener service`: a unit that systemd takes, for these settings on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from listener.cli import group
from listener.cli.service import Installation, quoted, unit
from listener.config import Settings, load
from listener.plugins import bundled

TEMPLATE = (bundled("config") / "systemd" / "listener.service").read_text(encoding="utf-8")
PROPER = Installation(
    program=("/opt/listener/bin/listener",), folders=(Path("/opt/listener/bin"),), user="listener", dynamic=False
)

SECRETS = """
[listener]
database = "/var/lib/listener/listener.db"
[channels.a]
type = "slack"
url = { credential = "slack" }
[channels.b]
type = "slack"
url = { env = "HOOK" }
[channels.c]
type = "slack"
url = { file = "/etc/listener/hook" }
"""


def settings(folder: Path, text: str = SECRETS) -> Settings:
    (folder / "listener.toml").write_text(text)
    return load(folder / "listener.toml", environ={}, need_secrets=False)


def lines_of(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_the_unit_hands_over_the_secrets_that_the_settings_name(tmp_path: Path) -> None:
    text = unit(TEMPLATE, settings(tmp_path), PROPER)
    assert "LoadCredential=slack:/etc/listener/credentials/slack" in lines_of(text)
    assert "EnvironmentFile=/etc/listener/environment" in lines_of(text)
    assert "# listener must be able to read /etc/listener/hook (channels.c.url)." in text
    assert f"ExecStart=/opt/listener/bin/listener --config {tmp_path}/listener.toml run" in lines_of(text)


def test_a_proper_installation_changes_only_what_it_must(tmp_path: Path) -> None:
    text = unit(TEMPLATE, settings(tmp_path), PROPER)
    kept = [line for line in lines_of(TEMPLATE) if not line.startswith("ExecStart=")]
    assert [line for line in lines_of(text) if line in kept] == kept
    assert "ReadWritePaths" not in text


def test_a_database_elsewhere_is_opened_for_writing_and_pointed_out(tmp_path: Path) -> None:
    text = unit(TEMPLATE, settings(tmp_path, "[listener]\ndatabase = 'my data/x.db'"), PROPER)
    assert f'ReadWritePaths="{tmp_path}/my data"' in lines_of(text)
    assert 'Better: database = "/var/lib/listener/listener.db"' in text


def test_homes_are_only_shown_where_something_lies_in_them(tmp_path: Path) -> None:
    at_home = Installation(
        program=("/home/ana/v/bin/listener",), folders=(Path("/home/ana/v"),), user="ana", dynamic=False
    )
    assert "ProtectHome=yes" in lines_of(unit(TEMPLATE, settings(tmp_path), PROPER))
    text = unit(TEMPLATE, settings(tmp_path), at_home)
    assert "ProtectHome=read-only" in lines_of(text)
    assert "User=ana" in lines_of(text)


def test_a_dynamic_account_is_systemds_own(tmp_path: Path) -> None:
    dynamic = Installation(program=PROPER.program, folders=PROPER.folders, user="listener", dynamic=True)
    text = unit(TEMPLATE, settings(tmp_path), dynamic)
    assert "DynamicUser=yes" in lines_of(text)
    assert "User=listener" not in lines_of(text)
    assert "useradd" not in text


@pytest.mark.parametrize(
    ("word", "read"),
    [
        ("/opt/x", "/opt/x"),
        ("/opt/a b", '"/opt/a b"'),
        ("100%", "100%%"),
        ("$HOME", "$$HOME"),
        ('say "hi"', '"say \\"hi\\""'),
        ("a\\b", '"a\\\\b"'),
    ],
)
def test_words_are_written_so_that_systemd_reads_them_back(word: str, read: str) -> None:
    assert quoted(word) == read


def test_the_command_prints_a_unit_for_the_program_that_runs(tmp_path: Path) -> None:
    settings(tmp_path)
    done = CliRunner().invoke(group, ["--config", str(tmp_path / "listener.toml"), "service", "--user", "news"])
    assert done.exit_code == 0, done.output
    assert "User=news" in lines_of(done.output)
    assert "useradd" in done.output
    refused = CliRunner().invoke(group, ["--config", "x", "service", "--user", "a\nExecStart=/bin/sh"])
    assert refused.exit_code == 2


@pytest.mark.parametrize("render", ["true", "false"])
def test_the_unit_is_opened_for_a_browser_where_a_page_is_rendered(tmp_path: Path, render: str) -> None:
    page = f'[sources.p]\nscraper = "pricing"\nurl = "https://globex.example/p"\nrender = {render}\n'
    path = settings(tmp_path, SECRETS + page).path
    done = CliRunner().invoke(group, ["-c", str(path), "service"])
    assert done.exit_code == 0, done.output
    lines = lines_of(done.output)
    assert ("SystemCallFilter=chroot capset seccomp" in lines) is (render == "true")
    assert ("ProcSubset=pid" in lines) is (render == "false")
    assert lines.count("[Service]") == 1
