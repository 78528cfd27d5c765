"""Text and addresses from the web, made fit to be shown."""

from __future__ import annotations

import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.notify.plain import clean, clean_line, host_of, link


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("two\r\nlines\rand\u2028three", "two\nlines\nand\nthree"),
        ("a\n\n \n\n\nb", "a\n\nb"),
        ("a\tb\x00c\x07", "a bc"),
        ("\x1b[31mred\x1b[0m \x1b]8;;http://evil.example\x07link", "[31mred[0m ]8;;http://evil.examplelink"),
        ("user\u202egnp.exe", "usergnp.exe"),
        ("\u2066a\u2069\u200eb\u200fc\u061cd\ufeff", "abcd"),
        ("zero\u200bwidth\u2060joined\u00adhere", "zerowidthjoinedhere"),
        ("\U000e0041\U000e0042tagged", "tagged"),
        ("lone \ud83d half", "lone \ufffd half"),
        ("👩‍💻 می‌خواهم", "👩‍💻 می‌خواهم"),
        ("é ñ ü 漢字 ❤️", "é ñ ü 漢字 ❤️"),
        ("Z" + "\u0301" * 50 + "algo", "Z" + "\u0301" * 4 + "algo"),
    ],
)
def test_what_could_deceive_is_gone_and_the_words_stay(text: str, shown: str) -> None:
    assert clean(text, 1000) == shown


@given(st.text(st.characters(categories=["Cc", "Cf", "Cs", "Mn", "Lu", "Zs", "Zl", "Zp", "So"])), st.integers(1, 60))
def test_no_control_or_direction_mark_is_left(text: str, limit: int) -> None:
    shown = clean(text, limit)
    assert len(shown) <= limit
    assert not any(
        unicodedata.bidirectional(char) in {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
        for char in shown
    )
    assert all(char == "\n" or unicodedata.category(char) not in ("Cc", "Cs") for char in shown)
    assert "\n" not in clean_line(text, limit)


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text, 10_000), 10_000) == clean(text, 10_000)


def test_a_huge_text_costs_what_is_shown_of_it() -> None:
    started = time.process_time()
    for text in ("\u0301" * 5_000_000, "\n " * 2_500_000, "\x1b" * 5_000_000, "a" * 5_000_000):
        assert len(clean(text, 1000)) <= 1000
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://example.com/a?b=c&d=e#f", "https://example.com/a?b=c&d=e#f"),
        ("HTTP://EXAMPLE.com:8080", "http://example.com:8080"),
        ("https://example.com/ä ö?q=ü", "https://example.com/%C3%A4%20%C3%B6?q=%C3%BC"),
        ('https://example.com/"><script>', "https://example.com/%22%3E%3Cscript%3E"),
        ("https://example.com/a|b>c\\d^e`", "https://example.com/a%7Cb%3Ec%5Cd%5Ee%60"),
        ("https://bank.example@evil.example/", "https://evil.example/"),
        ("https://münchen.example/", "https://xn--mnchen-3ya.example/"),
        ("https://example.com/%2Fdone%20already", "https://example.com/%2Fdone%20already"),
        ("http://[2001:db8::1]:8080/x", "http://[2001:db8::1]:8080/x"),
        ("https://example.com/\r\nX-Evil: 1", "https://example.com/X-Evil:%201"),
        ("https://example.com/\ud83d", "https://example.com/%EF%BF%BD"),
    ],
)
def test_an_address_is_made_safe_to_quote(url: str, address: str) -> None:
    assert link(url) == address


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "data:text/html,<script>",
        "ftp://example.com/",
        "//example.com/",
        "https://",
        "https:///path",
        "https://exa mple.com/",
        "https://<evil>/",
        "https://example.com:99999/",
        "https://[::1",
        "https://" + "a" * 64 + ".example/",
        "https://example.com/" + "a" * 2000,
        "https://example.com/" + "ä" * 500,
    ],
)
def test_anything_else_is_no_link(url: str | None) -> None:
    assert link(url) is None


@given(st.text() | st.text().map("https://example.com/{}".format) | st.text().map("http://{}/".format))
def test_whatever_comes_out_as_a_link_cannot_break_out_of_where_it_stands(url: str) -> None:
    address = link(url)
    if address is not None:
        assert re.fullmatch(r"https?://[\x21-\x7e]+", address)
        assert not set(address) & set('"<>|\\^`{} \r\n')
        assert "@" not in address.partition("//")[2].partition("/")[0]
        assert host_of(address)
        assert link(address) == address
