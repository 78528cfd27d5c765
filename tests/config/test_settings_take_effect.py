"""What the settings say reaches the parts that obey it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import trustme

from listener.app import built_channels, fetch_settings, load_settings
from listener.channels import WebhookSettings
from listener.config.understanding import understand_settings
from listener.errors import ConfigError
from listener.mentions.data import load as load_data
from listener.mentions.understand import Understander
from listener.plugins import bundled
from listener.types import Hit, Item, Match, Reading, Source

TEXT = "Acme: the frobnicator is wobbly again."


def reading(folder: Path, text: str) -> Reading | None:
    path = folder / "listener.toml"
    path.write_text(f"[brands.acme]\nquery = 'Acme'\n{text}", encoding="utf-8")
    settings = load_settings(path)
    understander = Understander(settings.brands, understand_settings(settings), load_data(bundled("config")))
    match = Match(brand="acme", hits=(Hit(field="text", start=0, end=4, term="Acme"),))
    return understander.read(Item(text=TEXT, lang="en"), match, Source(name="a", scraper="feed"))


def test_words_and_pain_points_of_the_settings_are_understood(tmp_path: Path) -> None:
    plain = reading(tmp_path, "")
    assert plain is not None
    assert plain.sentiment.label != "negative"
    assert not plain.pains
    told = "[understand]\nlexicon = {wobbly = -3.5}\n[pains.wobble]\nphrases = ['wobbl*']\n"
    taught = reading(tmp_path, told)
    assert taught is not None
    assert taught.sentiment.label == "negative"
    assert [pain.topic for pain in taught.pains] == ["wobble"]


def test_hosts_get_their_gaps_and_authorities_are_found_beside_the_settings(tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ours.pem"))
    path = tmp_path / "listener.toml"
    path.write_text("[fetch]\ngaps = { 'slow.example' = '10s', 'reddit.com' = '90s' }\nca_file = 'ours.pem'\n")
    settings = fetch_settings(load_settings(path))
    assert settings.host_gaps["slow.example"] == timedelta(seconds=10)
    assert settings.host_gaps["reddit.com"] == timedelta(seconds=90)
    assert settings.host_gaps["api.github.com"] == timedelta(seconds=6)
    assert settings.ca_file == tmp_path / "ours.pem"


def test_a_channel_finds_its_authorities_beside_the_settings_wherever_the_program_is_started(tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ours.pem"))
    path = tmp_path / "listener.toml"
    path.write_text('[channels.hook]\ntype = "webhook"\nurl = "https://example.com/"\nca_file = "ours.pem"\n')
    settings = load_settings(path)
    assert isinstance(hook := settings.channels["hook"], WebhookSettings)
    assert hook.ca_file == str(tmp_path / "ours.pem")
    assert list(built_channels(settings)) == ["hook"]


def test_authorities_of_a_mailbox_are_looked_at_before_anything_runs(tmp_path: Path) -> None:
    path = tmp_path / "listener.toml"
    path.write_text(
        '[sources.box]\nscraper = "imap"\nhost = "imap.example.com"\nuser = "jo"\npassword = "x"\n'
        'ca_file = "none.pem"\n'
    )
    with pytest.raises(ConfigError) as caught:
        load_settings(path)
    (problem,) = caught.value.problems
    assert (problem.line, problem.key) == (6, "sources.box.ca_file")
    assert "No such file" in problem.message
