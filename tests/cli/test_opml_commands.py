"""`listener import` and `listener export opml`, as they are typed."""

from __future__ import annotations

import contextlib
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from listener.cli import group
from listener.config import load
from listener.opml import OpmlError, Outline, read, write

SETTINGS = """\
# The settings of Acme. Keep this line.
[listener]
contact = "https://example.com/bot"   # and this one

[brands.acme]
query = "Acme"

[sources.blog]
url = "https://blog.example/feed"
"""
READER = b"""<?xml version="1.0" encoding="UTF-8"?>
<opml version="1.0"><head><title>My feeds</title></head><body>
<outline text="News"><outline title="Tech">
  <outline text="The Register" type="rss" xmlUrl="https://register.example/headlines.atom" htmlUrl="https://x.example/"/>
  <outline xmlUrl="https://untitled.example/rss"/>
</outline></outline>
<outline text="Blog again" type="rss" xmlUrl="http://www.blog.example/feed/"/>
<outline text="Caf\xc3\xa9 & more" type="rss" xmlUrl="https://cafe.example/feed?a=1&b=2" category="/Food/Drink,/Other"/>
<outline text="Broken" type="rss" xmlUrl="javascript:alert(1)"/>
<outline text="Nothing" type="rss"/>
</body></opml>
"""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "listener.toml"
    path.write_text(SETTINGS)
    path.chmod(0o600)
    return path


def run(settings: Path, *arguments: str) -> Result:
    return CliRunner().invoke(group, ["-c", str(settings), *arguments])


def importing(settings: Path, body: bytes, *arguments: str) -> Result:
    file = settings.parent / "feeds.opml"
    file.write_bytes(body)
    return run(settings, "import", str(file), *arguments)


def test_a_readers_list_is_added_with_folders_as_categories(settings: Path) -> None:
    done = importing(settings, READER)
    assert done.exit_code == 0, done.output
    assert "3 added, 1 skipped, 2 failed." in done.output
    assert "skipped: line 7, Blog again: [sources.blog] already polls it." in done.output
    assert "failed: line 9, Broken: 'javascript:alert(1)' is not a web address (http or https)." in done.output
    assert "failed: line 10, Nothing: it has no address." in done.output
    added = {source.name: source for source in load(settings, environ={}).sources}
    assert set(added) == {"blog", "the-register", "untitled-example", "cafe-more"}
    assert added["the-register"].category == "News/Tech"
    assert added["cafe-more"].url == "https://cafe.example/feed?a=1&b=2"
    assert added["cafe-more"].category == "Food/Drink"


def test_what_stood_in_the_settings_stays_byte_for_byte_and_so_does_their_mode(settings: Path) -> None:
    importing(settings, READER)
    assert settings.read_text().startswith(SETTINGS)
    assert settings.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in settings.parent.iterdir() if "partial" in path.name] == []


def test_a_second_import_adds_nothing(settings: Path) -> None:
    importing(settings, READER)
    before = settings.read_text()
    assert "0 added, 4 skipped, 2 failed." in importing(settings, READER).output
    assert settings.read_text() == before


def test_a_dry_run_changes_nothing(settings: Path) -> None:
    assert "3 would be added" in importing(settings, READER, "--dry-run").output
    assert settings.read_text() == SETTINGS


def test_settings_that_can_not_be_added_to_are_left_alone(settings: Path) -> None:
    inline = 'sources = { blog = { url = "https://blog.example/feed" } }\n'
    settings.write_text(inline)
    done = importing(settings, READER)
    assert done.exit_code == 1
    assert "by hand" in str(done.exception)
    assert settings.read_text() == inline


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'<!DOCTYPE o [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><opml><body/></opml>', "entities"),
        (b'<!DOCTYPE o [<!ENTITY x SYSTEM "file:///etc/passwd">]><opml><body>&x;</body></opml>', "entities"),
        (b"<opml>" + b"<outline text='a'>" * 100, "nested"),
        (b"<html><body/></html>", "instead of an OPML"),
        (b"<opml><body>", "not XML"),
        (b"", "not XML"),
        (b"\xff\xfe<\0o\0", "not XML"),
    ],
)
def test_a_hostile_or_broken_file_is_refused_in_words(settings: Path, body: bytes, words: str) -> None:
    done = importing(settings, body)
    assert done.exit_code == 1
    assert isinstance(done.exception, OpmlError)
    assert words in str(done.exception)
    assert settings.read_text() == SETTINGS


def test_a_file_can_not_ask_for_a_secret_of_this_machine(settings: Path) -> None:
    outline = Outline(
        title="spy", url="https://spy.example/", keys={"scraper": "feed", "token": {"env": "AWS_SECRET_ACCESS_KEY"}}
    )
    done = importing(settings, write([outline], title="").encode())
    assert "0 added, 0 skipped, 1 failed" in done.output


def test_options_that_a_scraper_does_not_have_are_told_and_nothing_is_added(settings: Path) -> None:
    outline = Outline(title="odd", url="https://odd.example/", keys={"colour": "red"})
    done = importing(settings, write([outline], title="").encode())
    assert done.exit_code == 1
    assert "sources.odd.colour" in str(done.exception)
    assert str(settings) in str(done.exception)
    assert settings.read_text() == SETTINGS


EVERY_KIND = (
    SETTINGS
    + """
[sources."Wörld & <News>"]
url = "https://world.example/feed?a=1&b='2'"
category = "News/World"
every = "1h30m"
timezone = "Europe/Berlin"
[sources.prices]
scraper = "pricing"
url = "https://globex.example/pricing"
brand = "acme"
weight = 2.5
enabled = false
[sources.odd]
url = "https://odd.example/feed"
category = "/not a folder//"
"""
)


def test_an_export_comes_back_as_it_was(settings: Path, tmp_path: Path) -> None:
    settings.write_text(EVERY_KIND)
    file = tmp_path / "out.opml"
    done = run(settings, "export", "opml", "-o", str(file))
    assert done.exit_code == 0, done.output
    other = tmp_path / "other.toml"
    other.write_text('[listener]\n[brands.acme]\nquery = "Acme"\n')
    back = run(other, "import", str(file))
    assert "4 added, 0 skipped, 0 failed." in back.output, back.output
    assert tomllib.loads(other.read_text())["sources"] == tomllib.loads(EVERY_KIND)["sources"]


def test_a_feed_reader_sees_feeds_in_folders_and_no_pages(settings: Path) -> None:
    settings.write_text(EVERY_KIND)
    text = run(settings, "export", "opml").output
    assert text.count("xmlUrl=") == 3
    assert '<outline text="News">' in text
    assert 'listener:url="https://globex.example/pricing"' in text


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20).map(lambda text: " ".join(text.split()))


@given(st.lists(st.tuples(WORDS, WORDS, st.lists(WORDS.filter(lambda part: part and "/" not in part), max_size=4))))
def test_any_titles_and_folders_round_trip(rows: list[tuple[str, str, list[str]]]) -> None:
    outlines = [
        Outline(title=title or "x", url=f"https://example.com/{number}", name=name, category="/".join(folders))
        for number, (title, name, folders) in enumerate(rows)
    ]
    found = read(write(outlines, title="all").encode())
    key = {one.url: one for one in found}
    assert [(key[one.url].title, key[one.url].name, key[one.url].category) for one in outlines] == [
        (one.title, one.name, one.category) for one in outlines
    ]


@given(st.binary(max_size=300))
def test_whatever_the_bytes_are_they_are_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(OpmlError):
        assert all(one.line == 1 or b"\n" in body for one in read(b"<opml><body>" + body + b"</body></opml>"))
