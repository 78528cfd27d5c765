"""Answers of networks beside those that their scrapers ask for themselves: a source may name their address as `url`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from listener.types import Item, Source
from tests.scrapers.cases import answered, source_of

STATUS = {
    "id": "1",
    "content": "<p>Acme is down</p>",
    "created_at": "2026-01-01T00:00:00Z",
    "account": {"acct": "kim"},
    "uri": "x:1",
}
COMMENT = {"kind": "t1", "data": {"name": "t1_a", "body": "Acme is down", "author": "kim", "created_utc": 1.767e9}}
POST = {
    "uri": "at://did:plc:x/app.bsky.feed.post/1",
    "author": {"handle": "kim.example"},
    "record": {"text": "Acme is down", "createdAt": "2026-01-01T00:00:00Z"},
}
LIKE = {"uri": "at://did:plc:y/app.bsky.feed.like/1", "author": {"handle": "jo"}, "record": {"createdAt": "2026-01-01"}}
FORUM_POST = {"id": 7, "cooked": "<p>Acme is down</p>", "username": "kim", "topic_id": 3, "post_number": 2}
NOTE = {
    "body": "Acme is down",
    "html_url": "https://github.com/acme/db/issues/2#issuecomment-1",
    "user": {"login": "kim"},
    "created_at": "2026-01-01T00:00:00Z",
}
RELEASE = {
    "tag_name": "v2",
    "name": "",
    "body": "Faster",
    "html_url": "https://github.com/acme/db/releases/tag/v2",
    "author": {"login": "kim"},
    "created_at": "2025-12-01T00:00:00Z",
    "published_at": "2026-01-01T00:00:00Z",
}
LISTED: dict[str, Any] = {
    "kind": "youtube#playlistItem",
    "id": "UEx-entry",
    "snippet": {
        "title": "Acme is down",
        "publishedAt": "2026-02-01T00:00:00Z",
        "channelTitle": "Who keeps the list",
        "videoOwnerChannelTitle": "kim",
        "resourceId": {"videoId": "abcdefghijk"},
    },
    "contentDetails": {"videoPublishedAt": "2026-01-01T00:00:00Z"},
}


def asked_at(name: str) -> Source:
    return Source(name="case", scraper=name, url="https://network.example/answer")


def only(name: str, answer: Any) -> Item:
    source = source_of(name, asked_at(name).url) if name != "youtube" else asked_at(name)
    (item,) = answered(source, json.dumps(answer)).items
    return item


@pytest.mark.parametrize(
    ("name", "answer", "kind"),
    [
        ("mastodon", [{"id": "5", "type": "mention", "status": STATUS}, {"id": "6", "type": "follow"}], "post"),
        ("mastodon", [{"id": "5", "accounts": [], "last_status": STATUS}], "post"),
        ("reddit-api", {"json": {"errors": [], "data": {"things": [COMMENT]}}}, "comment"),
        ("bluesky", {"notifications": [POST, LIKE]}, "post"),
        ("bluesky", {"thread": [{"depth": 0, "value": {"post": POST}}, {"value": {}}]}, "post"),
        ("discourse", [FORUM_POST], "comment"),
        ("github", [NOTE], "comment"),
        ("github", NOTE, "comment"),
    ],
)
def test_what_people_wrote_is_found_in_it(name: str, answer: Any, kind: str) -> None:
    item = only(name, answer)
    assert (item.text, item.title, item.kind) == ("Acme is down", "", kind)
    assert item.author in ("kim", "kim.example")


def test_releases_on_github_are_dated_by_when_they_came_out() -> None:
    item = only("github", [RELEASE, {"full_name": "acme/db", "html_url": "https://github.com/acme/db", "name": "db"}])
    assert (item.title, item.text, item.author, item.kind) == ("v2", "Faster", "kim", "post")
    assert item.published is not None
    assert item.published.year == 2026


def test_a_playlist_names_its_videos_by_their_own_addresses_dates_and_channels() -> None:
    hidden = {**LISTED, "snippet": {**LISTED["snippet"], "title": "Private video"}}
    item = only("youtube", {"items": [LISTED, hidden]})
    assert (item.url, item.author) == ("https://www.youtube.com/watch?v=abcdefghijk", "kim")
    assert item.published is not None
    assert item.published.month == 1
