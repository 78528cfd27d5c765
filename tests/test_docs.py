"""The documentation is complete and true: what it names is there, and what is there is named."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import msgspec
import pytest
from click.testing import CliRunner

from listener.app import OptionsOf, known_pains
from listener.channels import CHANNEL_TYPES
from listener.cli import COMMANDS, TASKS, group
from listener.config import Settings, load
from listener.config.loading import DAEMON, FETCH, LISTENER, RETENTION, UNDERSTAND, WEBSUB
from listener.config.named import BRAND, SOURCE, topic_table
from listener.config.rules import CONDITIONS, EVERYWHERE, RULE
from listener.config.tables import fields_of

ROOT = Path(__file__).resolve().parent.parent
DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS]

#: Heading in docs/settings.md, and the keys that are read there.
SECTIONS = {
    "[listener]": LISTENER.keys,
    "[fetch]": FETCH.keys,
    "[understand]": UNDERSTAND.keys,
    "[retention]": RETENTION.keys,
    "[websub]": WEBSUB.keys,
    "[daemon]": DAEMON.keys,
    "[brands.NAME]": BRAND.keys,
    "[sources.NAME]": SOURCE.keys,
    "[alerts.NAME]": RULE.keys,
    "[pains.NAME]": topic_table().keys,
}


def chapter(page: str, heading: str) -> str:
    """Return what stands in docs/PAGE under a heading, up to the next of its level or above."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    found = re.search(rf"^(#+) {re.escape(heading)}\n(.*?)(?=^#{{1,2}} |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, f"docs/{page} has no heading {heading!r}"
    if len(found[1]) == 3:
        return re.split(r"^### ", found[2], flags=re.MULTILINE)[0]
    return found[2]


def rows(text: str) -> dict[str, list[str]]:
    """Return the rows of tables by the `code` in their first cell."""
    cells = [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line.startswith("|")
    ]
    return {row[0].strip("`| "): row for row in cells if row[0].strip("| ").startswith("`")}


@pytest.mark.parametrize("heading", SECTIONS)
def test_each_key_of_the_settings_has_a_row_and_each_row_a_key(heading: str) -> None:
    assert set(rows(chapter("settings.md", heading))) == set(SECTIONS[heading])


@pytest.mark.parametrize("kind", CHANNEL_TYPES)
def test_each_key_of_a_channel_has_a_row(kind: str) -> None:
    common = set(rows(chapter("settings.md", "[channels.NAME]").partition("### ")[0]))
    own = set(rows(chapter("settings.md", f'type = "{kind}"')))
    assert own | common == {key for key, *_ in fields_of(CHANNEL_TYPES[kind])} | {"type"}


def test_each_condition_of_a_rule_says_what_it_is_for() -> None:
    for key, row in rows(chapter("settings.md", "[alerts.NAME]")).items():
        watched = {on for on, keys in CONDITIONS.items() if key in keys}
        assert set(row[2].split(", ")) == ({"all"} if key in EVERYWHERE else watched), key


def loaded(folder: Path, text: str) -> Settings:
    (folder / "listener.toml").write_text(text, encoding="utf-8")
    return msgspec.structs.replace(load(folder / "listener.toml", environ={}), warnings=())


def test_the_defaults_in_the_documentation_are_those_of_the_program(tmp_path: Path) -> None:
    text = ""
    for heading in ("[listener]", "[fetch]", "[understand]", "[retention]", "[websub]", "[daemon]"):
        text += f"{heading}\n"
        for key, row in rows(chapter("settings.md", heading)).items():
            text += f"{key} = {row[2].strip('`')}\n"
    assert loaded(tmp_path, text) == loaded(tmp_path, "")


def sample(folder: Path, *, whole: bool) -> Settings:
    """Load the sample, its commented keys and tables taken in or left out."""
    text = (ROOT / "listener.toml").read_text(encoding="utf-8")
    path = folder / "listener.toml"
    path.write_text(re.sub(r"^#(?=[\[\w])", "", text, flags=re.MULTILINE) if whole else text, encoding="utf-8")
    path.chmod(0o600)
    (folder / "slack").write_text("https://hooks.example.com/services/abc")
    environ = {
        "CREDENTIALS_DIRECTORY": str(folder),
        "LISTENER_SMTP_PASSWORD": "x",
        "LISTENER_HOOK_SECRET": "whsec_" + "QUFB" * 8,
    }
    return load(path, environ=environ, scrapers_in=OptionsOf, known_pains=known_pains)


def test_the_sample_can_be_used_as_it_is_and_with_all_that_is_commented_out(tmp_path: Path) -> None:
    plain, whole = sample(tmp_path, whole=False), sample(tmp_path, whole=True)
    assert plain.warnings == whole.warnings == ()
    assert {type(channel) for channel in whole.channels.values()} == set(CHANNEL_TYPES.values())
    assert len(whole.alerts) > len(plain.alerts)


def test_keys_that_the_sample_comments_out_show_their_defaults(tmp_path: Path) -> None:
    plain, whole = sample(tmp_path, whole=False), sample(tmp_path, whole=True)
    same = msgspec.structs.replace(whole, channels=plain.channels, alerts=plain.alerts, pains=(), secrets=())
    assert same == plain


@pytest.mark.parametrize("heading", ["[brands.NAME]", "[sources.NAME]", "[pains.NAME]"])
def test_the_defaults_of_named_tables_are_those_of_the_program(tmp_path: Path, heading: str) -> None:
    needed = {
        "[brands.NAME]": "query = 'x'\n",
        "[sources.NAME]": "url = 'https://example.com/'\n",
        "[pains.NAME]": "phrases = ['x']\n",
    }
    stated = {key: row[2].strip("`") for key, row in rows(chapter("settings.md", heading)).items() if "`" in row[2]}
    told = "".join(f"{key} = {value}\n" for key, value in stated.items() if key not in needed[heading])
    assert told
    plain = loaded(tmp_path, f"{heading}\n{needed[heading]}")
    assert loaded(tmp_path, f"{heading}\n{needed[heading]}{told}") == plain


def test_a_command_that_was_mistyped_is_answered_with_the_one_that_was_meant() -> None:
    assert "Did you mean 'export'?" in CliRunner().invoke(group, ["exprot"]).output
    assert "Did you mean" not in CliRunner().invoke(group, ["zzz"]).output


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_described_with_its_options(name: str) -> None:
    text = chapter("commands.md", f"listener {name}")
    command = group.get_command(click.Context(group), name)
    assert command is not None
    commands = [command, *(command.commands.values() if isinstance(command, click.Group) else ())]
    for described in commands:
        assert f"`listener {name}" in text or described is command
        for parameter in described.params:
            if isinstance(parameter, click.Option):
                assert any(f"`{option}" in text for option in parameter.opts), f"{described.name}: {parameter.opts}"


def test_no_command_is_described_that_is_not_there() -> None:
    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^## listener (\S+)", text, re.MULTILINE)) == set(COMMANDS)


def test_the_help_lists_each_command_once() -> None:
    assert " ".join(TASKS.values()).split() == list(COMMANDS)
    assert "Get started:" in CliRunner().invoke(group, ["--help"]).output


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), f"{page.name}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in anchors, f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_that_a_page_shows_are_there(page: Path) -> None:
    for line in re.findall(
        r"`(listener [^`\n]+)`|^ *(?:\$ )?(listener .+)$", page.read_text(encoding="utf-8"), re.MULTILINE
    ):
        words = (line[0] or line[1]).split()[1:]
        while words and words[0].startswith("-"):
            # --config takes a value, --help and the like don't.
            words = words[2:] if words[0] in ("-c", "--config") else words[1:]
        if words and re.fullmatch(r"[a-z]+", words[0]):
            assert words[0] in COMMANDS, f"{page.name}: {line[0] or line[1]}"


def test_the_first_commands_of_the_readme_run_as_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    told = [shlex.split(line) for line in text.splitlines() if re.match(r"listener (init|check)\b", line)]
    assert [words[1] for words in told] == ["init", "check"]
    for words in told:
        done = CliRunner().invoke(group, words[1:])
        assert done.exit_code == 0, done.output
        assert "warning" not in done.output
