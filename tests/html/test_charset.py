"""Charsets of pages, as browsers understand them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.html import decode, parse
from listener.html.charset import codec_of, header_charset


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        ("naïve €".encode(), None, "naïve €"),
        ("naïve €".encode("cp1252"), None, "naïve €"),
        ("naïve €".encode("cp1252"), "iso-8859-1", "naïve €"),
        ("naïve €".encode(), "iso-8859-1", "naïve €"),
        ("naïve €".encode("cp1252"), "utf-8", "naïve €"),
        ("Привет".encode("cp1251"), "windows-1251", "Привет"),
        ("Привет".encode("koi8-r"), "KOI8-R", "Привет"),
        ("日本語".encode("cp932"), "Shift_JIS", "日本語"),
        ("中文".encode("gb18030"), "gb2312", "中文"),
        ("\ufeffmark".encode("utf-16-le"), None, "mark"),
        ("\ufeffmark é".encode(), "windows-1252", "mark é"),
        ("word".encode("utf-16-be"), "utf-16be", "word"),
        (b"plain", "no-such-charset", "plain"),
        (b"plain", "utf-7", "plain"),
    ],
)
def test_bytes_become_the_text_that_was_meant(data: bytes, charset: str | None, text: str) -> None:
    assert decode(data, charset=charset) == text


@pytest.mark.parametrize(
    "head",
    [
        '<meta charset="windows-1251">',
        '<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">',
        '<?xml version="1.0" encoding="windows-1251"?>',
    ],
)
def test_a_page_may_name_its_own_charset(head: str) -> None:
    page = parse((head + "<p>Привет").encode("cp1251"))
    paragraph = page.select_one("p")
    assert paragraph is not None
    assert paragraph.text == "Привет"


def test_the_header_is_asked_before_the_page() -> None:
    page = '<meta charset="koi8-r"><p>Привет'.encode("cp1251")
    assert "Привет" in decode(page, charset="windows-1251")


def test_one_broken_byte_does_not_turn_utf_8_into_something_else() -> None:
    assert decode("Grüße aus Köln ".encode() + b"\xff") == "Grüße aus Köln \ufffd"


@pytest.mark.parametrize(
    "label", ["utf-7", "punycode", "idna", "unicode_escape", "zip", "rot13", "", None, "x" * 1000, "a\0b"]
)
def test_codecs_that_are_no_charsets_of_the_web_are_refused(label: str | None) -> None:
    assert codec_of(label) is None


@pytest.mark.parametrize(
    ("header", "charset"),
    [
        ("text/html; charset=UTF-8", "UTF-8"),
        ('text/html;CHARSET="koi8-r"', "koi8-r"),
        ("text/html", None),
        (None, None),
        ("text/html; charset=", None),
    ],
)
def test_the_header_names_a_charset_or_none(header: str | None, charset: str | None) -> None:
    assert header_charset(header) == charset


@given(
    st.binary(max_size=300),
    st.sampled_from([None, "utf-8", "shift_jis", "gb2312", "utf-16", "iso-2022-jp", "hz", "big5"]),
)
def test_no_bytes_make_it_raise(data: bytes, charset: str | None) -> None:
    assert isinstance(decode(data, charset=charset), str)
