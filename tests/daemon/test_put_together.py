"""What the settings check lets through can be put together."""

from __future__ import annotations

from pathlib import Path

from listener.app import open_app

SETTINGS = """
[listener]
contact = "https://example.com/bot"

[brands.acme]
query = "Acme"

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
