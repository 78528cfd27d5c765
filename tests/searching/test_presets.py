"""Presets: scrapers made of an address and the scraper that reads what answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from listener.app import OptionsOf
from listener.config import load
from listener.errors import ConfigError, PluginError
from listener.plugins import Scrapers
from listener.types import Source

PRESET = """
about = "Questions."
format = "https://x.example/api"
scraper = "feed"
url = "{base}/tags/{tags}.rss?lang={language}"
[options.base]
about = "Your server."
[options.tags]
about = "Tags."
list = true
[options.language]
about = "Language."
default = "en"
pattern = "[a-z]{2}"
"""


def preset(folder: Path, text: str, name: str = "questions") -> Scrapers:
    mine = folder / "mine"
    mine.mkdir(mode=0o755)
    (mine / f"{name}.toml").write_text(text, encoding="utf-8")
    return Scrapers((mine,))


def settings(folder: Path, table: str) -> Source:
    path = folder / "listener.toml"
    path.write_text(f'[listener]\nscrapers = ["mine"]\n[sources.x]\nscraper = "questions"\n{table}', encoding="utf-8")
    (source,) = load(path, environ={}, scrapers_in=OptionsOf).sources
    return source


def test_values_are_filled_in_percent_encoded_and_each_of_a_list_is_asked_for(tmp_path: Path) -> None:
    scrapers = preset(tmp_path, PRESET)
    source = settings(tmp_path, 'base = "https://my.example/x/"\ntags = ["a b/c?", "d"]\n')
    urls = [request.url for request in scrapers.get("questions").requests(source, {})]
    assert urls == [
        "https://my.example/x/tags/a%20b%2Fc%3F.rss?lang=en",
        "https://my.example/x/tags/d.rss?lang=en",
    ]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ('tags = ["a"]', "base is missing"),
        ('base = "ftp://x.example"\ntags = ["a"]', "address of a server"),
        ('base = "https://x.example/?q="\ntags = ["a"]', "address of a server"),
        ('base = "https://x.example"\ntags = "a"', "tags"),
        ('base = "https://x.example"\ntags = ["a"]\nlanguage = "deu"', "language"),
        ('base = "https://x.example"\ntags = ["a"]\nlangage = "de"', "language"),
    ],
)
def test_what_does_not_fit_is_told_with_its_key(tmp_path: Path, table: str, told: str) -> None:
    preset(tmp_path, PRESET)
    with pytest.raises(ConfigError, match=told):
        settings(tmp_path, table)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("{language}", "{lang}"), "differ"),
        (('default = "en"', 'default = "english"'), "default"),
        (('scraper = "feed"', 'scraper = "google-news"'), "a preset itself"),
        (('scraper = "feed"', 'scraper = "fead"'), "no scraper"),
        (('about = "Questions."', "about = 1"), "about"),
        (("[options.base]", "[with]\nkind = 'artikel'\n[options.base]"), "options don't fit"),
        (("about =", "about ="), ""),
    ],
)
def test_a_preset_that_can_not_work_is_refused_with_its_file(
    tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    scrapers = preset(tmp_path, PRESET.replace(*change, 1))
    if not told:
        assert scrapers.get("questions").name == "questions"
        return
    with pytest.raises(PluginError, match=told):
        scrapers.get("questions")
