"""Addresses: opened as they are, compared in one form."""

from __future__ import annotations

from itertools import pairwise
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.urls import absolute, canonical, host_of, is_web

PAGE = "https://example.com/News/story?id=7&page=2"


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com/News/story?id=7&page=2",
        "https://www.example.com/News/story?id=7&page=2",
        "HTTPS://Example.COM:443/News/story?id=7&page=2",
        "http://example.com:80/News/story?page=2&id=7",
        "https://m.example.com/News/story/?id=7&page=2#comments",
        "https://user@example.com./News//story?id=7&page=2&",
        "https://example.com/News/story?id=7&amp;page=2",
        "https://example.com/News/story?utm_source=rss&id=7&utm_medium=feed&page=2",
        "https://example.com/News/story?id=7&page=2&fbclid=IwAR0abc&gclid=1&mc_cid=2",
        "https://example.com/%4eews/story?id=7&page=2",
        " https://example.com/News/story?id=7&page=2\n",
    ],
)
def test_one_page_has_one_canonical_form(address: str) -> None:
    assert canonical(address) == canonical(PAGE)


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com/news/story?id=7&page=2",
        "https://example.com/News/story?id=8&page=2",
        "https://example.com/News/story?id=7",
        "https://blog.example.com/News/story?id=7&page=2",
        "https://example.com:8080/News/story?id=7&page=2",
        "https://example.com/News/story?id=7&page=2#!/other",
        "https://example.com/News/story/x?id=7&page=2",
    ],
)
def test_another_page_has_another_canonical_form(address: str) -> None:
    assert canonical(address) != canonical(PAGE)


def test_hosts_and_paths_of_all_scripts_have_one_form() -> None:
    assert canonical("https://bücher.example/äpfel") == canonical("http://xn--bcher-kva.example/%c3%a4pfel/")
    assert canonical("https://www.com/a") != canonical("https://com/a")
    assert canonical("https://example.com/index.html") == canonical("https://example.com")


def test_what_is_no_web_address_is_its_own_form() -> None:
    assert canonical(" tag:example.com,2025:1 ") == "tag:example.com,2025:1"
    assert canonical("urn:uuid:1") == "urn:uuid:1"
    assert canonical("http://[bad") == "http://[bad"
    assert canonical("https://example.com:port/") == "https://example.com:port/"


@pytest.mark.parametrize(
    ("address", "base", "whole"),
    [
        ("https://example.com/a", "", "https://example.com/a"),
        ("/a?b=c#d", "https://example.com/x/feed.xml", "https://example.com/a?b=c#d"),
        ("a", "https://example.com/x/feed.xml", "https://example.com/x/a"),
        ("//cdn.example/a", "https://example.com/", "https://cdn.example/a"),
        ("http://other.example/a", "https://example.com/", "http://other.example/a"),
        (" https://example.com/\n\t a ", "", "https://example.com/a"),
        ("https://example.com/a b", "", "https://example.com/a%20b"),
        ("https://example.com/?a=1&amp;b=2", "", "https://example.com/?a=1&b=2"),
        ("https://example.com/ä", "", "https://example.com/ä"),
        ("www.example.com/a", "", "http://www.example.com/a"),
        ("feed://example.com/a", "", "http://example.com/a"),
        ("feed:https://example.com/a", "", "https://example.com/a"),
        ("", "https://example.com/", None),
        (None, "https://example.com/", None),
        ("relative", "", None),
        ("javascript:alert(1)", "https://example.com/", None),
        ("JaVaScRiPt:alert(1)", "https://example.com/", None),
        ("java\nscript:alert(1)", "https://example.com/", None),
        ("data:text/html,x", "https://example.com/", None),
        ("mailto:a@example.com", "https://example.com/", None),
        ("http://", "", None),
        ("http://[bad", "", None),
        ("https://example.com:port/", "", None),
        ("https://example.com/" + "a" * 9000, "", None),
    ],
)
def test_an_address_is_made_whole_or_refused(address: str | None, base: str, whole: str | None) -> None:
    assert absolute(address, base) == whole


def test_only_http_is_web() -> None:
    assert is_web("https://example.com/")
    assert not is_web("ftp://example.com/")
    assert not is_web("https:///path")
    assert not is_web("//example.com/")
    assert not is_web("http://[bad")


def test_a_host_is_read_without_port_and_user() -> None:
    assert host_of("https://user:pw@Example.COM.:8443/a") == "example.com"
    assert host_of("tag:example.com,2025:1") == ""
    assert host_of("http://[bad") == ""


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "utm_source", "gclid"]), st.text("xyz%2F", max_size=4))))
def test_order_and_tracking_never_matter(parameters: list[tuple[str, str]]) -> None:
    def page(pairs: list[tuple[str, str]]) -> str:
        return "https://example.com/p?" + "&".join(f"{name}={value}" for name, value in pairs)

    telling = [pair for pair in parameters if pair[0] in "ab"]
    forms = {canonical(page(order)) for order in (parameters, parameters[::-1], telling)}
    assert len(forms) == 1


@given(st.text(max_size=60) | st.text("htps:/.w?&=#%[]@ab1é ", max_size=60).map(lambda rest: "http://" + rest))
def test_no_text_makes_it_raise_and_canonical_is_stable(address: str) -> None:
    form = canonical(address)
    assert canonical(form) == form or "//" not in form
    whole = absolute(address, "https://example.com/feed")
    assert whole is None or urlsplit(whole).scheme in ("http", "https")


def test_canonical_forms_of_a_site_stay_apart() -> None:
    forms = sorted(canonical(f"https://example.com/{number}?n={number % 7}") for number in range(300))
    assert all(one != other for one, other in pairwise(forms))
