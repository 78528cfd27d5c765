"""Scrapers of reviews, forums and blogs: what they ask for, and what hostile servers can't do to them."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from listener.app import OptionsOf
from listener.config import load
from listener.errors import ParseError
from listener.types import Source
from tests.scrapers.cases import FOLDER, answered, asked, case_bodies, source_of

#: Addresses and options with which each scraper can be asked.
SOURCES: dict[str, tuple[str, dict[str, Any]]] = {
    "app-store": ("https://apps.apple.com/de/app/acme-notes/id1234567890", {}),
    "schema-org": ("https://reviews.example.com/acme", {}),
    "discourse": ("https://forum.example.com", {}),
    "wordpress": ("https://blog.example.com/", {}),
    "telegram": ("https://t.me/acme_users", {}),
    "list": ("https://ask.example.com/questions", {"item": ".question", "title": "h2"}),
}
BODIES = case_bodies(*SOURCES)


def source(name: str, **options: Any) -> Source:
    url, usual = SOURCES[name]
    return source_of(name, url, **{**usual, **options})


def case(name: str, file: str) -> bytes:
    return (FOLDER / name / file).read_bytes()


def as_recorded(body: Path) -> Source:
    """Return the source that a recorded answer was made for."""
    given = json.loads((body.parent / "request.json").read_bytes())
    return source_of(body.parent.parent.name, given["url"], **given.get("options", {}))


def case_id(value: Path) -> str:
    return f"{value.parent.parent.name}-{value.parent.name}"


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize(
    "body",
    [b"", b"\0", b"null", b"<html><title>Sign in</title>", b'{"feed":', b"\xff\xfe\x00", b"[" * 100_000],
    ids=["empty", "zero", "null", "page", "cut off", "no text", "deep"],
)
def test_what_the_source_never_promised_is_a_parse_error(name: str, body: bytes) -> None:
    with pytest.raises(ParseError):
        answered(source(name), body)


@pytest.mark.parametrize("body", BODIES, ids=case_id)
def test_an_answer_cut_off_anywhere_gives_fewer_items_or_a_parse_error(body: Path) -> None:
    whole, one = body.read_bytes(), as_recorded(body)
    most = len(answered(one, whole).items)
    for end in range(0, len(whole), len(whole) // 12):
        with suppress(ParseError):
            assert len(answered(one, whole[:end]).items) <= most


@pytest.mark.parametrize("body", [path for path in BODIES if path.suffix == ".json"], ids=case_id)
@pytest.mark.parametrize("other", [None, 0, -1.5, True, [], {}, "x" * 1_000_000], ids=lambda value: str(value)[:5])
def test_fields_of_any_other_type_are_survived(body: Path, other: object) -> None:
    one = as_recorded(body)
    for broken in replaced_one_by_one(json.loads(body.read_bytes()), other):
        with suppress(ParseError):
            answered(one, json.dumps(broken))


def replaced_one_by_one(document: object, other: object, limit: int = 25) -> list[object]:
    """Return copies of a document in which one value each, found breadth first, is another."""
    copies: list[object] = []
    paths: list[tuple[str | int, ...]] = [()]
    for path in paths:
        value = document
        for step in path:
            value = value[step]  # type: ignore[index]
        if isinstance(value, dict):
            paths += [(*path, key) for key in value]
        elif isinstance(value, list) and value:
            paths.append((*path, 0))
    for path in paths[1 : limit + 1]:
        copy = json.loads(json.dumps(document))
        inner = copy
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = other
        copies.append(copy)
    return copies


def test_reviews_are_asked_for_in_the_country_of_the_address_or_in_those_named() -> None:
    (only,) = asked(source("app-store"))
    assert only.url == "https://itunes.apple.com/de/rss/customerreviews/page=1/id=1234567890/sortby=mostrecent/json"
    assert [request.url[25:27] for request in asked(source("app-store", countries=["at", "ch"]))] == ["at", "ch"]


def test_pages_of_reviews_are_turned_as_far_as_there_are_any_and_the_settings_say() -> None:
    page = case("app-store", "json/response.json")
    (second,) = answered(source("app-store", pages=10), page).more
    assert "/de/rss/customerreviews/page=2/" in second.url
    (third,) = answered(source("app-store", pages=10), page, request=second).more
    assert answered(source("app-store", pages=10), page, request=third).more == ()
    assert answered(source("app-store", pages=1), page).more == ()


def test_the_next_page_of_reviews_is_read_on_the_same_host_only() -> None:
    page = case("schema-org", "jsonld/response.html")
    (second,) = answered(source("schema-org", pages=2), page).more
    assert second.url == "https://reviews.example.com/acme?page=2"
    elsewhere = page.replace(b'href="/acme', b'href="https://elsewhere.example.net/acme')
    assert answered(source("schema-org", pages=2), elsewhere).more == ()
    assert answered(source("schema-org", pages=2), page, request=second).more == ()


def test_the_average_is_told_once_a_page_and_is_the_same_item_until_it_changes() -> None:
    page = case("schema-org", "average-only/response.html")
    (before,) = answered(source("schema-org"), page).items
    (more_voters,) = answered(source("schema-org"), page.replace(b"1204", b"1300")).items
    (better,) = answered(source("schema-org"), page.replace(b"87", b"88")).items
    assert before.guid == more_voters.guid != better.guid


def test_a_forum_is_asked_for_posts_for_topics_of_a_category_or_for_what_its_search_finds() -> None:
    def urls(url: str, **options: Any) -> list[str]:
        return [request.url for request in asked(source_of("discourse", url, **options))]

    assert urls("https://forum.example.com/") == ["https://forum.example.com/posts.json"]
    assert urls("https://example.com/forum/latest", read="topics") == ["https://example.com/forum/latest.json?page=0"]
    assert urls("https://forum.example.com/c/support/6") == ["https://forum.example.com/c/support/6.json?page=0"]
    assert urls("https://forum.example.com", ask=["acme & co"]) == [
        "https://forum.example.com/search.json?q=acme%20%26%20co%20order%3Alatest"
    ]


def test_pages_of_a_forum_are_turned_in_the_way_of_what_is_read() -> None:
    def following(file: str, url: str, **options: Any) -> list[str]:
        one = source_of("discourse", url, pages=2, **options)
        first = answered(one, case("discourse", file))
        again = [answered(one, case("discourse", file), request=request).more for request in first.more]
        assert not any(again), "two pages were asked for, not three"
        return [request.url for request in first.more]

    forum = "https://forum.example.com"
    assert following("posts/response.json", forum) == [f"{forum}/posts.json?before=5008"]
    assert following("topics/response.json", forum, read="topics") == [f"{forum}/latest.json?page=1"]


def test_a_forum_is_searched_for_what_the_brands_queries_look_for(tmp_path: Path) -> None:
    (tmp_path / "listener.toml").write_text(
        '[brands.acme]\nquery = "Acme OR AcmeDB"\n'
        '[sources.forum]\nscraper = "discourse"\nurl = "https://forum.example.com"\nsearch = true\npages = 2\n'
    )
    (one,) = load(tmp_path / "listener.toml", environ={}, scrapers_in=OptionsOf).sources
    first, second = asked(one)
    assert first.url == "https://forum.example.com/search.json?q=%22Acme%22%20order%3Alatest"
    assert second.url == "https://forum.example.com/search.json?q=%22AcmeDB%22%20order%3Alatest"
    found = answered(one, case("discourse", "search/response.json"), request=first)
    assert found.more == (), "the first poll reads one page"
    assert [request.url for request in found.older] == [f"{first.url}&page=2"]
    assert found.state is not None
    # Later polls read on until they meet what is known.
    again, _ = asked(one, {**found.state, 'newest: "Acme"': 0, "last": '"AcmeDB"'})
    assert len(answered(one, case("discourse", "search/response.json"), request=again).more) == 1


def test_other_answers_of_a_forum_are_read_too() -> None:
    one = source_of("discourse", "https://forum.example.com")
    post = {"id": 7, "post_number": 2, "post_type": 1, "cooked": "<p>It broke</p>", "topic_id": 3, "username": "jo"}
    action = {
        "topic_id": 3,
        "post_id": 8,
        "post_number": 1,
        "title": "Acme",
        "excerpt": "It <b>broke</b>",
        "slug": "acme",
    }
    answers: list[Any] = [
        post,
        {"user_actions": [action, {**action, "deleted": True}, {**action, "topic_id": None}]},
        [
            {"type": "topic", "results": [{"id": 3, "title": "Acme broke", "url": "/t/acme/3"}]},
            {"type": "user", "results": []},
        ],
    ]
    found = [item for body in answers for item in answered(one, json.dumps(body)).items]
    assert [(item.title, item.text, item.guid) for item in found] == [
        ("", "It broke", "post 7"),
        ("Acme", "It broke", "post 8"),
        ("Acme broke", "", "topic 3"),
    ]


def test_a_blog_is_asked_for_posts_and_comments_and_turned_as_far_as_it_says() -> None:
    posts, comments = asked(source("wordpress", pages=3))
    assert posts.url.startswith("https://blog.example.com/wp-json/wp/v2/posts?")
    assert comments.url.startswith("https://blog.example.com/wp-json/wp/v2/comments?")
    page = case("wordpress", "posts/response.json")
    (second,) = answered(source("wordpress", pages=3), page, headers={"x-wp-totalpages": "2"}).more
    assert second.url == posts.url.removesuffix("1") + "2"
    end = answered(source("wordpress", pages=3), page, request=second, headers={"x-wp-totalpages": "2"})
    assert end.more == ()


def test_what_a_blog_says_instead_of_posts_reaches_the_operator() -> None:
    with pytest.raises(ParseError, match="Only authenticated users may access the REST API"):
        answered(source("wordpress"), '{"code": "x", "message": "Only authenticated users may access the REST API."}')


def test_older_posts_of_a_channel_are_read_where_the_settings_want_them() -> None:
    page = case("telegram", "channel/response.html")
    assert asked(source("telegram"))[0].url == "https://t.me/s/acme_users"
    assert answered(source("telegram"), page).more == ()
    (older,) = answered(source("telegram", pages=2), page).more
    assert older.url == "https://t.me/s/acme_users?before=204"
    away = page.replace(b'href="/s/', b'href="https://elsewhere.example/s/')
    assert answered(source("telegram", pages=2), away).more == ()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"item": "div["}, "item: expected a CSS selector"),
        ({"item": "li@class"}, "item: expected a selector of elements"),
        ({"item": "li", "date": "time:::x@datetime"}, "date: expected a CSS selector"),
        ({"item": "a..b", "form": "json"}, "item: expected a path"),
        ({"item": "li", "timezone": "Mars/Base"}, "there is no time zone 'Mars/Base'"),
    ],
)
def test_a_rule_of_a_list_that_can_never_find_anything_is_told_when_the_settings_are_read(
    options: dict[str, Any], message: str
) -> None:
    with pytest.raises(msgspec.ValidationError, match=re.escape(message)):
        source_of("list", "https://example.com", **options)


def test_a_list_goes_on_to_its_next_page_on_the_same_host_only() -> None:
    usual = {"item": ".question", "next": "a.next", "pages": 2}
    page = case("list", "html/response.html")
    one = source_of("list", "https://ask.example.com/questions", **usual)
    assert [request.url for request in answered(one, page).more] == ["https://ask.example.com/questions?page=2"]
    away = page.replace(b'href="?page=2"', b'href="http://169.254.169.254/"')
    assert answered(one, away).more == ()


def test_a_list_that_matches_nothing_says_what_came_instead() -> None:
    with pytest.raises(ParseError, match="nothing on the page titled 'Sign in' matches item"):
        answered(source("list"), "<title>Sign in</title>")
