"""What is written about scrapers is what there is, and what it tells people to write works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from listener.app import OptionsOf
from listener.cli import group
from listener.cli.scrapers import options, page
from listener.config import load
from listener.errors import ParseError
from listener.plugins import Scrapers
from listener.types import Parsed
from tests.scrapers.polls import SCRAPERS, answer

ROOT = Path(__file__).resolve().parent.parent.parent
GUIDE = (ROOT / "docs" / "write-a-scraper.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


def test_the_page_about_scrapers_is_not_stale() -> None:
    stale = "docs/scrapers.md is stale: write it anew with `listener scrapers --markdown > docs/scrapers.md`"
    assert (ROOT / "docs" / "scrapers.md").read_text(encoding="utf-8") == page(SCRAPERS), stale


@pytest.mark.parametrize("name", SCRAPERS.names())
def test_each_option_says_what_it_is_for(name: str) -> None:
    assert not [option.name for option in options(SCRAPERS.get(name).Options) if not option.about.endswith(".")]


def test_the_command_shows_all_scrapers_or_one() -> None:
    everything = CliRunner().invoke(group, ["scrapers"])
    assert everything.exit_code == 0
    assert "hacker-news" in everything.output
    one = CliRunner().invoke(group, ["scrapers", "hacker-news"])
    assert one.output.startswith("## hacker-news\n")
    assert "| `what` |" in one.output


def guide_scraper(folder: Path) -> tuple[Scrapers, Path]:
    """Write what the guide tells people to write, as it tells them to."""
    mine = folder / "my-scrapers"
    mine.mkdir(mode=0o755)
    (mine / "helpdesk.py").write_text(blocks("python")[0], encoding="utf-8")
    (mine / "helpdesk-search.toml").write_text(blocks("toml")[1], encoding="utf-8")
    settings = folder / "listener.toml"
    settings.write_text(blocks("toml")[0], encoding="utf-8")
    return Scrapers((mine,)), settings


def read(scrapers: Scrapers, settings: Path, body: bytes) -> Parsed:
    (source,) = load(settings, environ={}, scrapers_in=OptionsOf).sources
    scraper = scrapers.get("helpdesk")
    (request,) = scraper.requests(source, {})
    return scraper.parse(answer(request, body), source)


def test_the_scraper_of_the_guide_reads_what_the_guide_says(tmp_path: Path) -> None:
    (item,) = read(*guide_scraper(tmp_path), blocks("json")[0].encode()).items
    told = " ".join(GUIDE.partition("it gives one item:")[2].partition("\n\n")[0].split())
    assert f"title `{item.title}`, text `{item.text}`, URL `{item.url}`, no author" in told
    assert item.author is None
    assert item.published is not None
    assert f"published `{item.published:%Y-%m-%d %H:%M} UTC`, {item.metrics['views']:.0f} views" in told


@pytest.mark.parametrize("body", [b"", b"<html><title>Log in</title>", b'{"questions": 1}', b'{"questions": [{"id": 7'])
def test_the_scraper_of_the_guide_refuses_other_answers(tmp_path: Path, body: bytes) -> None:
    scrapers, settings = guide_scraper(tmp_path)
    with pytest.raises(ParseError):
        read(scrapers, settings, body)


def test_the_scraper_of_the_guide_takes_thirty_lines() -> None:
    code = blocks("python")[0].partition('"""\n\n')[2]
    assert len([line for line in code.splitlines() if line.strip()]) <= 33


def test_the_preset_of_the_guide_asks_for_the_brands(tmp_path: Path) -> None:
    scrapers, settings = guide_scraper(tmp_path)
    settings.write_text(
        '[listener]\nscrapers = ["my-scrapers"]\n[brands.acme]\nquery = "Acme OR AcmeDB"\n'
        '[sources.x]\nscraper = "helpdesk-search"\nlanguage = "de"\n',
        encoding="utf-8",
    )
    (source,) = load(settings, environ={}, scrapers_in=OptionsOf).sources
    (request,) = scrapers.get("helpdesk-search").requests(source, {})
    assert request.url == "https://helpdesk.example.com/search.rss?q=%22Acme%22%20%7C%20%22AcmeDB%22&lang=de"
