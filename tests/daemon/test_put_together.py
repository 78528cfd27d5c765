"""What the settings check lets through can be put together."""

from __future__ import annotations

from pathlib import Path

from listener.app import open_app
from listener.types import Item

SETTINGS = """
[listener]
contact = "https://example.com/bot"

[brands.acme]
query = "Acme lang:en"

[channels.screen]
type = "console"

[alerts.quiet]
brands = ["acme"]
words = "NOT (jobs OR hiring)"
channels = ["screen"]
"""


def test_the_words_of_a_rule_may_only_exclude(tmp_path: Path) -> None:
    path = tmp_path / "listener.toml"
    path.write_text(SETTINGS)
    app = open_app(path)
    try:
        assert [rule.words for rule in app.settings.alerts] == ["NOT (jobs OR hiring)"]
    finally:
        app.close()


def test_a_query_may_ask_for_a_language_that_no_source_declares(tmp_path: Path) -> None:
    path = tmp_path / "listener.toml"
    path.write_text(SETTINGS)
    app = open_app(path)
    try:
        said = "I have been with Acme for a year and they have lost my order for the third time this month."
        assert app.parts.matcher.match(Item(text=said))
        assert app.parts.matcher.match(Item(text=said, lang="de"))
        assert not app.parts.matcher.match(Item(text="Seit einem Jahr warte ich auf meine Bestellung von Acme."))
    finally:
        app.close()
