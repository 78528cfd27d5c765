"""URLs are taken apart strictly, and put together again as the same URL."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from listener.fetch import Fetcher
from listener.fetch.failure import Failure
from listener.fetch.target import join_target, parse_target
from listener.types import Outcome, Request
from tests.fetch.conftest import MakeFetcher
from tests.fetch.sites import Site, reply


@pytest.mark.parametrize(
    ("url", "asked", "key"),
    [
        ("http://Example.COM", "http://example.com/", "example.com:80"),
        ("HTTPS://example.com:443/a", "https://example.com/a", "example.com:443"),
        ("http://example.com:8080?x=1", "http://example.com:8080/?x=1", "example.com:8080"),
        ("https://example.com./a", "https://example.com/a", "example.com:443"),
        ("http://[2606:4700::1]:81/", "http://[2606:4700::1]:81/", "[2606:4700::1]:81"),
        ("http://under_score.example/", "http://under_score.example/", "under_score.example:80"),
        ("http://münchen.example/ü?ö=ä#ß", "http://xn--mnchen-3ya.example/%C3%BC?%C3%B6=%C3%A4", None),
        ('http://example.com/a b|c{d}"<>^`', "http://example.com/a%20b%7Cc%7Bd%7D%22%3C%3E%5E%60", None),
        ("http://example.com/100%/%zz/%41", "http://example.com/100%25/%25zz/%41", None),
        ("http://example.com/a?b[]=1&c=d/e:f@g!$'()*+,;", "http://example.com/a?b[]=1&c=d/e:f@g!$'()*+,;", None),
        ("http://jo:pw@example.com/", "http://example.com/", None),
        ("http://example.com/\udc80", "http://example.com/%3F", None),
    ],
)
def test_a_url_is_asked_as_it_was_meant(url: str, asked: str, key: str | None) -> None:
    target = parse_target(url)
    assert target.url == asked
    assert key is None or target.key == key


TEXT = st.text(st.sampled_from("aZ09:/?#[]@!$&'()*+,;=%. _-\\\t\n\x00äß\u3002\u2215\udc80"), max_size=30)


@given(st.sampled_from(["http://", "https://", "http://h.example", "//", ""]), TEXT)
@example("http://", "a\u3002b")
@example("http://h.example", ":80/%")
def test_whatever_it_is_it_is_refused_or_means_itself(start: str, rest: str) -> None:
    try:
        target = parse_target(start + rest)
    except Failure as failure:
        outcome = failure.outcome
    else:
        outcome = Outcome.OK
        again = parse_target(target.url)
        assert (again.url, again.key, again.authorization) == (target.url, target.key, None)
        assert target.url.isascii()
        assert not set(target.url) & set(" \t\n\x00\\")
    assert outcome in (Outcome.OK, Outcome.ADDRESS)


@given(TEXT)
def test_a_location_leads_somewhere_or_nowhere_but_raises_nothing_else(location: str) -> None:
    base = parse_target("https://example.com/a/b?c")
    try:
        assert join_target(base, location).scheme in ("http", "https")
    except Failure as failure:
        assert failure.outcome is Outcome.ADDRESS  # noqa: PT017


@pytest.mark.parametrize(
    ("other", "trusted"),
    [
        ("http://example.com/b", True),
        ("https://example.com/b", True),
        ("https://example.com:8443/b", False),
        ("http://example.com:8080/b", False),
        ("http://www.example.com/b", False),
        ("http://example.com.evil.example/b", False),
    ],
)
def test_trust_ends_at_the_host(other: str, trusted: bool) -> None:
    assert parse_target("http://example.com/a").trusts(parse_target(other)) is trusted


def test_tls_is_not_traded_for_trust() -> None:
    assert not parse_target("https://example.com/").trusts(parse_target("http://example.com/"))


@pytest.mark.parametrize("value", ["hush\n", "hush\r\nX-Evil: 1", "hush\0", "hush \u2014"])
def test_a_header_that_cannot_be_sent_is_told_without_its_value(site: Site, fetcher: Fetcher, value: str) -> None:
    request = Request(url=site.url(), robots=False, headers={"Authorization": value})
    result = fetcher.fetch(request)
    assert result.outcome is Outcome.CLIENT_ERROR
    assert "Authorization" in result.detail
    assert "hush" not in result.detail
    assert not site.seen


def test_a_user_agent_in_any_script_can_be_sent(site: Site, make_fetcher: MakeFetcher) -> None:
    site.scripts["/"] = reply(body=b"x")
    fetcher = make_fetcher(user_agent="listener/1.0 (+https://münchen.example)")
    assert fetcher.fetch(Request(url=site.url(), robots=False)).outcome is Outcome.OK
    assert site.seen[0].headers["user-agent"] == "listener/1.0 (+https://m?nchen.example)"


@given(
    st.from_regex(r"https?://[a-z0-9.-]{1,70}(:[0-9]{1,6})?(/[!-~]{0,20})?(\?[!-~]{0,20})?", fullmatch=True).filter(
        lambda url: "#" not in url
    )
)
@example("http://example.com:0/")
@example("http://example.com:99999/")
@example("http://" + "a" * 70 + "/")
@example("http://example.com/a;b?c&d=%41")
@example("http://example.com?c")
@example("http://example.com/?")
def test_an_orderly_url_means_what_it_means_with_a_fragment_which_has_it_read_slowly(url: str) -> None:
    def read(text: str) -> object:
        try:
            return parse_target(text)
        except Failure as failure:
            return failure.detail

    assert read(url) == read(f"{url}#fragment")
