"""An item is known again when it is the same, and only then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from listener.mentions.identity import item_keys
from listener.types import Item

NOW = datetime(2025, 10, 3, tzinfo=UTC)
LONG = "Acme Cloud was down for most of the morning, and the status page said nothing about it. " * 3
POST = Item(
    title="Acme outage",
    text=LONG,
    url="https://example.com/news/acme-outage",
    guid="tag:example.com,2025:1",
    author="Kim",
    published=NOW,
    kind="article",
)


class Known:
    """What a store does with keys: an item is known by any of them, and all of them are stored with it."""

    def __init__(self) -> None:
        self._keys: set[str] = set()

    def poll(self, *items: Item) -> list[Item]:
        """Return the items of this response that are new."""
        new = []
        for item, keys in zip(items, item_keys(items), strict=True):
            if self._keys.isdisjoint(keys):
                new.append(item)
            self._keys.update(keys)
        return new


def is_same(first: Item, second: Item) -> bool:
    known = Known()
    known.poll(first)
    return known.poll(second) == []


@pytest.mark.parametrize(
    "change",
    [
        {"guid": "tag:example.com,2025:other"},
        {"guid": None},
        {"guid": "https://example.com/?p=1"},
        {"url": "http://www.example.com/news/acme-outage/?utm_source=rss&fbclid=1"},
        {"url": "https://example.com/news/acme-outage#utm_source=feed1"},
        {"url": "https://new.example/2025/acme-outage"},
        {"url": None},
        {"published": NOW + timedelta(days=30), "updated": NOW + timedelta(days=31)},
        {"title": "Acme outage (updated)", "text": LONG + "It is over."},
        {"title": "ACME OUTAGE!", "text": LONG.upper()},
        {"guid": "other", "url": "http://m.example.com/news/acme-outage"},
        {"guid": "https://new.example/1", "url": "https://new.example/1"},
        {"metrics": {"comments": 12.0}, "categories": ("cloud",)},
    ],
    ids=str,
)
def test_an_item_that_changed_is_known_again(change: dict[str, object]) -> None:
    assert is_same(POST, replace(POST, **change))


@pytest.mark.parametrize(
    "change",
    [
        {"guid": "2", "url": "https://example.com/other", "title": "Other", "text": "Other words. " + LONG},
        {"guid": "2", "title": "Another post under the same address", "text": "Quite different. " + LONG},
        {"guid": "2", "url": "https://example.com/other", "author": "Somebody else"},
        {"guid": "2", "url": "https://example.com/other", "kind": "review"},
    ],
    ids=str,
)
def test_another_item_is_new(change: dict[str, object]) -> None:
    assert not is_same(POST, replace(POST, **change))


def test_an_http_guid_is_known_again_as_https() -> None:
    guid = Item(title="A", guid="http://www.example.com/?p=1")
    assert is_same(guid, Item(title="B", guid="https://example.com/?p=1"))


def test_short_templates_are_different_events() -> None:
    first = Item(title="Scheduled maintenance", text="No downtime is expected.", url="https://s.example/1", guid="1")
    assert not is_same(first, replace(first, url="https://s.example/2", guid="2"))


def test_same_title_and_no_words_under_other_guids_are_two_items() -> None:
    first = Item(title="Update", url="https://example.com/1", guid="1")
    second = Item(title="Update", url="https://example.com/2", guid="2")
    home = [Item(title="Update", url="https://example.com/", guid=f"h{number}") for number in range(3)]
    known = Known()
    assert known.poll(first, second) == [first, second]
    assert known.poll(*home) == home
    assert known.poll(first, second, *home) == []


def test_a_link_to_the_home_page_identifies_nothing() -> None:
    items = [Item(title=f"Story {number}", url="https://example.com/", guid=str(number)) for number in range(5)]
    known = Known()
    assert known.poll(items[0]) == [items[0]]
    assert known.poll(*items[:3]) == items[1:3]
    assert known.poll(items[4]) == [items[4]]


def test_a_guid_that_all_items_share_identifies_nothing() -> None:
    items = [Item(title=f"Story {n}", url=f"https://example.com/{n}", guid="feed") for n in range(5)]
    known = Known()
    assert known.poll(*items[:3]) == items[:3]
    assert known.poll(*items[1:]) == items[3:]
    assert known.poll(*items) == []


def test_comments_under_one_page_are_told_apart_by_their_anchor() -> None:
    first = Item(title="By: Kim", text="First!", url="https://example.com/post#comment-1", guid=None)
    second = replace(first, text="Second!", url="https://example.com/post#comment-2")
    assert not is_same(first, second)
    assert is_same(first, replace(first, url="http://example.com/post/#comment-1"))


def test_a_corrected_headline_without_guid_is_the_same_item() -> None:
    item = Item(title="Acme raises pirces", url="https://example.com/a")
    assert is_same(item, replace(item, title="Acme raises prices", text="More words."))


def test_an_item_repeated_within_one_response_is_one_item() -> None:
    assert Known().poll(POST, POST, replace(POST, published=NOW + timedelta(days=1))) == [POST]


def test_words_alone_are_known_by_themselves_and_their_date() -> None:
    note = Item(title="Sunny", published=NOW)
    assert is_same(note, note)
    assert not is_same(note, replace(note, published=NOW + timedelta(days=1)))


def test_an_item_without_anything_has_no_key() -> None:
    assert item_keys([Item(published=NOW, author="Kim")]) == [()]
    assert item_keys([]) == []


def test_keys_are_short_and_stable() -> None:
    (keys,) = item_keys([POST])
    assert [key[0] for key in keys] == ["g", "u", "c"]
    assert all(len(key) == 17 and key.isascii() for key in keys)
    # Stored in every database: other keys for the same item would make all of them new.
    assert keys[0] == "gSbAN3gOSIEt6vqH-"


WORDS = st.text(alphabet="abcdefgh ", min_size=1, max_size=30).filter(str.strip)


@st.composite
def sites(draw: st.DrawFn) -> list[Item]:
    """Draw distinct items of one site, of which guids, links or titles may all be the same."""
    count = draw(st.integers(1, 12))
    guid = draw(st.sampled_from(["own", "none", "constant"]))
    link = draw(st.sampled_from(["own", "home", "none"] if guid == "own" else ["own"]))
    title = draw(st.sampled_from(["own", "constant"]))
    return [
        Item(
            title=f"Title {number}" if title == "own" else "Update",
            text=f"Text {number} " + draw(WORDS),
            guid={"own": f"id-{number}", "none": None, "constant": "x"}[guid],
            url={"own": f"https://e.example/{number}", "home": "https://e.example/", "none": None}[link],
            published=NOW + timedelta(hours=number),
        )
        for number in range(count)
    ]


@settings(max_examples=200)
@given(sites(), st.integers(2, 5))
def test_a_sliding_window_over_a_site_gives_each_item_once(items: list[Item], window: int) -> None:
    known = Known()
    new: list[Item] = []
    for end in range(1, len(items) + window):
        shown = items[max(0, end - window) : end]
        if len(shown) == 1 and end == 1 and len(items) > 1:
            shown = items[:2]
        new += known.poll(*shown)
    assert sorted(item.text for item in new) == sorted(item.text for item in items)


@given(sites())
def test_the_order_of_a_response_does_not_matter(items: list[Item]) -> None:
    backwards: Sequence[tuple[str, ...]] = item_keys(items[::-1])
    assert list(backwards[::-1]) == item_keys(items)


@given(sites())
def test_different_items_of_a_response_share_no_key(items: list[Item]) -> None:
    keys = [key for own in item_keys(items) for key in own]
    assert len(keys) == len(set(keys))
    assert all(item_keys(items))
