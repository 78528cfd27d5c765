"""The feed scraper beyond its cases: charsets, what is no feed, options, and bytes of people who mean harm."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.errors import ParseError
from listener.plugins import Scrapers
from listener.types import Parsed, Request, Response, Source

FEED = Scrapers().get("feed")
URL = "https://source.example/feed"
NOW = datetime(2025, 10, 3, 12, 30, tzinfo=UTC)


def read(body: bytes | str, content_type: str | None = None, **options: object) -> Parsed:
    assert FEED.Options is not None
    response = Response(
        request=Request(url=URL),
        url=URL,
        status=200,
        headers={"content-type": content_type} if content_type else {},
        body=body.encode() if isinstance(body, str) else body,
        fetched_at=NOW,
    )
    source = Source(name="s", scraper="feed", url=URL, options=msgspec.convert(options, FEED.Options))
    return FEED.parse(response, source)


def titles(body: bytes | str, content_type: str | None = None) -> list[str]:
    return [item.title for item in read(body, content_type).items]


def rss(*items: str, head: str = "", declaration: str = "") -> str:
    return f'{declaration}<rss version="2.0"><channel><title>F</title>{head}{"".join(items)}</channel></rss>'


def titled(title: str) -> str:
    return f"<item><title>{title}</title><link>https://e.example/</link></item>"


RUSSIAN = "Привет, мир"
DECLARED = '<?xml version="1.0" encoding="{}"?>'


@pytest.mark.parametrize("codec", ["utf-8", "windows-1251", "koi8-r", "iso-8859-5"])
def test_a_charset_is_declared_in_the_document_or_in_the_header(codec: str) -> None:
    declared = rss(titled(RUSSIAN), declaration=DECLARED.format(codec)).encode(codec)
    assert titles(declared) == [RUSSIAN]
    assert titles(declared, "application/rss+xml") == [RUSSIAN]
    silent = rss(titled(RUSSIAN)).encode(codec)
    assert titles(silent, f"text/xml; charset={codec}") == [RUSSIAN]


@pytest.mark.parametrize(
    ("text", "codec"),
    [
        ("東京", "shift_jis"),
        ("東京", "euc-jp"),
        ("東京", "iso-2022-jp"),
        ("北京", "gb2312"),
        ("台北", "big5"),
        ("서울", "euc-kr"),
    ],
)
def test_charsets_of_east_asia_are_read(text: str, codec: str) -> None:
    assert titles(rss(titled(text), declaration=DECLARED.format(codec)).encode(codec)) == [text]


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32"])
def test_marks_and_zeros_tell_wide_charsets(codec: str) -> None:
    assert titles(rss(titled(RUSSIAN), declaration=DECLARED.format("utf-16")).encode(codec)) == [RUSSIAN]


def test_the_header_wins_over_the_declaration_unless_the_bytes_speak_against_it() -> None:
    body = rss(titled(RUSSIAN), declaration=DECLARED.format("iso-8859-1"))
    assert titles(body.encode("windows-1251"), "text/xml; charset=windows-1251") == [RUSSIAN]
    assert titles(body.encode(), "text/xml; charset=iso-8859-1") == [RUSSIAN]
    cyrillic = rss(titled(RUSSIAN), declaration=DECLARED.format("windows-1251")).encode("windows-1251")
    assert titles(cyrillic, "application/xml; charset=utf-8") == [RUSSIAN]


def test_latin_1_means_windows_1252_and_one_wrong_byte_spoils_nothing() -> None:
    windows = rss(titled("“Smart” – 5 €"), declaration=DECLARED.format("iso-8859-1")).encode("cp1252")
    assert titles(windows) == ["“Smart” – 5 €"]
    assert titles(rss(titled("Größe &#150; &#8364;")).encode() + b"<!-- \xff -->") == ["Größe – €"]
    assert titles(rss(titled("d&#233;j&#xe0;"), declaration=DECLARED.format("nonsense"))) == ["déjà"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "an empty answer"),
        (" \n\t ", "an empty answer"),
        ('<?xml version="1.0" encoding="utf-8"?>\n', "an empty answer"),
        ("<!doctype html><title>Sign in &amp; go</title><p>x", "an HTML page titled 'Sign in & go'"),
        ("<html><body><!-- <rdf:RDF><rdf:Description/></rdf:RDF> -->hello</body></html>", "an HTML page 'hello'"),
        ("<br />\n<b>Fatal error</b>: Out of memory", "an HTML page 'Fatal error: Out of memory'"),
        ("<opml version='2.0'><head/><body/></opml>", "an OPML list of feeds instead of a feed; `listener import`"),
        ("<urlset><url/></urlset>", "markup of another kind, <urlset>,"),
        ("Error establishing a database connection", "text instead of a feed: 'Error establishing a database"),
        ("\x1f\x08\x00\x01" * 40, "binary data"),
        ("{}", "other JSON instead of a feed: it has no list of items"),
        ("[1, 2]", "other JSON"),
        ('{"items": [', "invalid JSON"),
        ("[" * 100_000, "invalid JSON"),
        ('{"items": ' + "9" * 5000 + "}", "JSON"),
        ("<rss" + " a" * 20, "markup that breaks off in its first tag"),
        ("<!DOCTYPE rss [ <!ENTITY a 'b'>", "instead of a feed"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_no_feed_is_told_as_what_it_is(body: str, message: str) -> None:
    with pytest.raises(ParseError, match=message):
        read(body)


@pytest.mark.parametrize(
    "body",
    [
        rss(),
        "<feed xmlns='http://www.w3.org/2005/Atom'/>",
        '{"version": "https://jsonfeed.org/version/1", "items": []}',
    ],
)
def test_a_feed_without_entries_is_a_feed(body: str) -> None:
    assert read(body) == Parsed()


def test_a_feed_in_a_namespace_of_its_own_is_read() -> None:
    assert titles('<rss xmlns="urn:mine"><channel><item><title>T</title></item></channel></rss>') == ["T"]
    assert titles('<x:rss xmlns:x="urn:mine"><x:channel><x:item><x:title>T</x:title></x:item></x:channel></x:rss>') == [
        "T"
    ]
    assert titles("<CHANNEL><ITEM HREF='https://e.example/1'><TITLE>T</TITLE></ITEM></CHANNEL>") == ["T"]


def test_an_atom_entry_alone_is_a_feed_of_one() -> None:
    assert titles('<entry xmlns="http://www.w3.org/2005/Atom"><title>T</title><id>1</id></entry>') == ["T"]


def test_a_base_that_is_no_address_is_left_out() -> None:
    entry = "<entry xml:base='http://['><title>T</title><link xml:base='ftp://x/' href='a'/></entry>"
    (item,) = read(f'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="http://[::1">{entry}</feed>').items
    assert item.url == "https://source.example/a"


def test_options_say_what_a_feed_does_not() -> None:
    entry = "<item><title>T</title><guid>1</guid><pubDate>03/10/2025 14:30</pubDate></item>"
    (item,) = read(rss(entry), timezone="Europe/Berlin", day_first=True, kind="incident").items
    assert item.published == NOW
    assert item.kind == "incident"
    (unread,) = read(rss(entry)).items
    assert unread.published is None


def test_an_option_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="there is no time zone 'Mars/Olympus'"):
        read(rss(), timezone="Mars/Olympus")
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        read(rss(), colour="red")


def test_one_request_asks_for_feeds() -> None:
    (request,) = FEED.requests(Source(name="s", scraper="feed", url=URL), {})
    assert request.url == URL
    assert request.headers["Accept"].startswith("application/atom+xml")
    assert request.conditional
    assert not request.robots


@pytest.mark.parametrize(
    ("head", "rhythm"),
    [
        ("", None),
        ("<ttl>90</ttl>", timedelta(minutes=90)),
        ("<ttl>soon</ttl>", None),
        ("<ttl>99999999999</ttl>", timedelta(days=30)),
        ("<skipHours><hour>12</hour></skipHours>", timedelta(minutes=30)),
        ("<ttl>60</ttl><skipHours><hour>13</hour><hour>14</hour></skipHours>", timedelta(minutes=150)),
        ("<skipDays><day>Friday</day><day>Saturday</day></skipDays>", timedelta(hours=35, minutes=30)),
        ("<skipHours>" + "".join(f"<hour>{hour}</hour>" for hour in range(24)) + "</skipHours>", None),
    ],
)
def test_a_feed_says_how_long_it_wants_to_be_left_alone(head: str, rhythm: timedelta | None) -> None:
    assert read(rss(head=head)).rhythm == rhythm


def test_more_entries_than_anybody_reads_are_told() -> None:
    parsed = read(rss(*(f"<item><guid>{number}</guid></item>" for number in range(10_003))))
    assert len(parsed.items) == 10_000
    assert parsed.skipped == ("3 entries beyond the first 10,000",)
    broken = read(rss(*(f"<item><guid>{number}</guid><b>" for number in range(10_003))))
    assert [item.guid for item in broken.items] == [str(number) for number in range(10_000)]
    assert broken.skipped == parsed.skipped


def test_many_empty_entries_are_told_in_one_sentence() -> None:
    assert read(rss("<item/>" * 3000)).skipped == ("3,000 entries are empty, the first of them entry 1",)
    assert read('{"items": [{"id": "1"}, {}, 7]}').skipped == ("entry 2 is empty", "entry 3 is empty")


def test_entries_that_could_not_be_read_are_told() -> None:
    parsed = read(LAST_RESORT.format("Kim"))
    assert [item.title for item in parsed.items] == ["T"]
    assert parsed.skipped == ("2 of 3 entries could not be read",)


def test_long_fields_are_cut() -> None:
    (item,) = read(rss(f"<item><title>{'t ' * 9000}</title><description>{'d' * 600_000}</description></item>")).items
    assert len(item.title) <= 1_000
    assert len(item.text) == 100_000


LAUGHS = "<!DOCTYPE rss [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9)
)
DEEP = 100_000
#: Broken, and with more openings than entries: the last of the readers gets it.
LAST_RESORT = (
    "<rss><channel><item><title>T</title><author>{}</author><x>&<![CDATA[<item><item>]]></item></y></channel></rss>"
)
HOSTILE = {
    "entities within entities": LAUGHS + "]>" + rss(titled("&j;")),
    "one entity very often": f"<!DOCTYPE rss [<!ENTITY a '{'h' * 100}'>]>" + rss(titled("&a;" * 100_000)),
    "an external entity": "<!DOCTYPE rss [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>" + rss(titled("T &a;")),
    "deep elements": rss(
        "<item><title>T</title><description>" + "<b>" * DEEP + "</b>" * DEEP + "</description></item>"
    ),
    "deep and never closed": rss("<item><title>T</title>" + "<a>" * DEEP),
    "deep entries": "<rss>" + "<item>" * DEEP,
    "attributes": rss("<item><title>T</title><x " + " ".join(f"a{n}='1'" for n in range(DEEP)) + "/></item>"),
    "attributes, broken": rss("<item><title>T</title><x " + " ".join(f"a{n}=1" for n in range(DEEP)) + "></item>"),
    "open tags": rss("<item><title>T</title>") + "<a " * DEEP,
    "open quotes": rss("<item><title>T</title>") + "<a b='" * DEEP,
    "open sections": rss("<item><title>T</title>") + "<![CDATA[" * DEEP,
    "open comments": rss("<item><title>T</title>") + "<!--" * DEEP,
    "ampersands": rss(f"<item><title>T</title><description>{'&' * DEEP}</description></item>"),
    "less than": rss(f"<item><title>T</title><description>{'<' * DEEP}</description></item>"),
    "a long author": rss(f"<item><title>T</title><author>{'a@' * DEEP} &</author></item>"),
    "a long date": rss(f"<item><title>T</title><pubDate>{'1:' * DEEP} &</pubDate></item>"),
    "a long category": rss(f"<item><title>T</title><category>{'x,' * DEEP}</category></item>"),
    "declarations": "<!DOCTYPE rss [" + "<!ENTITY " * DEEP + "]>" + rss(titled("T")),
    "prolog": "<!-- -->" * DEEP + rss(titled("T")),
    "prefixes": rss("<item><title>T &</title>" + "".join(f"<p{n}:x/>" for n in range(20_000)) + "</item>"),
    "deep xhtml": '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>T</title><content type="xhtml">'
    + "<div>" * 100_000
    + "</div>" * 100_000
    + "</content></entry></feed>",
    "deep json": json.dumps({"items": [{"title": "T", "extra": "x"}]})[:-2] + ', "y": ' + "[" * DEEP,
    "categories": rss("<item><title>T</title>" + "<category>c</category>" * 50_000 + "</item>"),
    "links": rss("<item><title>T</title>" + "<link>ftp://x</link>" * 50_000 + "</item>"),
    "a long author, at last": LAST_RESORT.format("a" * 90_000),
    "a long author in references": LAST_RESORT.format("&#97;" * 15_000),
    "a long author in a section": LAST_RESORT.format("<![CDATA[" + "a" * 90_000 + "]]>"),
    "spaces": rss(f"<item><title>{' ' * DEEP}T</title><pubDate>{' ' * DEEP}</pubDate></item>"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_end_in_items_or_a_parse_error_within_bounds(name: str) -> None:
    try:
        parsed = read(HOSTILE[name])
    except ParseError:
        return
    assert len(parsed.items) <= 10_000
    assert sum(len(item.title) + len(item.text) for item in parsed.items) <= 200_000
    assert all("root:" not in item.title for item in parsed.items)


# fmt: off
PIECES = st.sampled_from([
    "<item>", "</item>", "<title>", "</title>", "<entry>", "<![CDATA[", "]]>", "<!--", "-->", "&amp;", "&", "&#0;",
    "<", ">", "<link href='x'/>", "<description>", "<p>", "\x00", "é", "words", '<a b="c', "</rss>", "<x:y>", "<?pi",
    "&nbsp;", "'",
])
# fmt: on


@given(st.lists(PIECES, max_size=40))
def test_whatever_the_pieces_there_are_items_or_a_parse_error(pieces: list[str]) -> None:
    for body in (rss("".join(pieces)), "".join(pieces), "<feed>" + "".join(pieces)):
        with suppress(ParseError):
            assert all(item.title or item.text or item.url or item.guid for item in read(body).items)


@given(
    st.binary(max_size=200), st.sampled_from([None, "text/xml; charset=utf-16", "text/html", "x/y; charset=shift_jis"])
)
def test_no_bytes_raise_anything_else(body: bytes, content_type: str | None) -> None:
    for whole in (body, b"<rss><channel><item>" + body, b'{"items": [' + body):
        with suppress(ParseError):
            assert read(whole, content_type).facts is None
