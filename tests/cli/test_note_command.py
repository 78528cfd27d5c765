"""`listener note`, as it is typed."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from listener.app import open_app
from listener.cli import group
from listener.storage import Mention

SETTINGS = """
[listener]
contact = "https://example.com/bot"
timezone = "Europe/Berlin"
[brands.acme]
query = "acme"
[sources.blog]
url = "https://blog.example.com/feed"
[channels.screen]
type = "console"
[alerts.angry]
on = "mention"
brands = ["acme"]
sentiment_at_most = -0.3
channels = ["screen"]
"""
ANGRY = "They hate the new invoices, the numbers are wrong and support is useless. Terrible."


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "listener.toml"
    path.write_text(SETTINGS)
    return path


def run(settings: Path, *arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(group, ["--config", str(settings), "note", *arguments], input=typed)


def mentions(settings: Path) -> list[Mention]:
    app = open_app(settings)
    found = list(app.store.iter_mentions())
    assert app.store.verify_trends() == []
    app.close()
    return found


def test_a_note_is_a_mention_with_its_brand_segment_and_alert(settings: Path) -> None:
    done = run(settings, ANGRY, "--brand", "acme", "--from", "sales", "--segment", "plan=pro", "--at", "2026-01-05")
    assert (done.exit_code, done.output) == (0, "Stored as a mention of acme from sales.\n")
    (mention,) = mentions(settings)
    assert (mention.source, mention.brand, mention.sentiment.label) == ("notes from sales", "acme", "negative")


def test_what_is_heard_now_and_bad_alerts(settings: Path) -> None:
    done = run(settings, ANGRY, "--brand", "acme")
    assert done.output == "Stored as a mention of acme from team; 1 alert.\n"


def test_a_note_is_read_from_the_input_and_leaves_other_sources_alone(settings: Path) -> None:
    app = open_app(settings)
    app.start()
    app.close()
    assert run(settings, "-", "--brand", "acme", typed="Asked for a dark mode.\n").exit_code == 0
    app = open_app(settings)
    active = {stored.state.source: stored.active for stored in app.store.list_sources()}
    app.close()
    assert active == {"blog": True, "notes from team": False}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("words", "--brand", "acne"), "unknown brand 'acne'; did you mean 'acme'?"),
        (("  ", "--brand", "acme"), "the note is empty"),
        (("words", "--brand", "acme", "--segment", "pro"), "expected a name and a value such as plan=pro"),
        (("words", "--brand", "acme", "--at", "2999-01-01"), "must not be in the future"),
    ],
)
def test_a_slip_is_told_and_stores_nothing(settings: Path, arguments: tuple[str, ...], message: str) -> None:
    done = run(settings, *arguments)
    assert done.exit_code == 2
    assert message in " ".join(done.output.split())
