"""Reads for judging and reading again, and hours for trends, on each kind of database."""

from __future__ import annotations

from listener.storage import NewMention, Store
from tests.storage.stored_samples import DAY, HOUR, NOW, add_mention, new_item, reading, with_sources


def test_mentions_come_with_their_items_by_number(store: Store) -> None:
    with_sources(store, "blog", "forum")
    add_mention(store, 1, at=NOW + DAY)
    add_mention(store, 2, reading("globex"))
    add_mention(store, 3, source="forum")
    read = store.review.texts_after(0, 10, ["acme", "globex"], None, None)
    assert [(one.mention_id, one.brand, one.item.title, one.source.name) for one in read] == [
        (1, "acme", "title 1", "blog"),
        (2, "globex", "title 2", "blog"),
        (3, "acme", "title 3", "forum"),
    ]
    assert read[0].item == new_item(1).item
    assert read[0].source.url == "https://blog.example/feed"
    assert [one.mention_id for one in store.review.texts_after(0, 1, ["acme"], None, None)] == [1]
    assert [one.mention_id for one in store.review.texts_after(1, 9, ["acme"], NOW, NOW + HOUR)] == [3]
    assert store.review.count_mentions(["acme"], NOW, NOW + HOUR) == 1


def test_items_come_with_the_brands_that_they_mention(store: Store) -> None:
    with_sources(store, "blog")
    add_mention(store, 1)
    with store.write() as transaction:
        transaction.add_items("blog", [new_item(2)], NOW)
        new = NewMention(
            item_id=1, source="blog", reading=reading("globex"), story_id=None, at=NOW, first_of_story=True
        )
        transaction.add_mentions([new], NOW)
        assert transaction.mentions_of_items([1, 2]) == {1: {"acme": None, "globex": None}}
    found = store.review.items_after(0, 10)
    assert [(one.item_id, one.brands, one.seen_at) for one in found] == [
        (1, frozenset({"acme", "globex"}), NOW),
        (2, frozenset(), NOW),
    ]
    assert [one.item_id for one in store.review.items_after(1, 10)] == [2]
    assert store.review.count_items() == 2


def test_a_sample_is_scattered_and_leaves_out_what_was_judged(store: Store) -> None:
    with_sources(store, "blog")
    for number in range(20):
        add_mention(store, number)
    drawn = [mention.id for mention in store.review.sample(5)]
    assert len(set(drawn)) == 5
    assert drawn != sorted(drawn)
    with store.write() as transaction:
        transaction.correct(drawn[0], {"kind": "praise"}, at=NOW, by="ann")
    assert [mention.id for mention in store.review.sample(4)] == drawn[1:]
    (judged,) = store.review.iter_judged(["acme"], NOW, NOW + HOUR)
    assert (judged.mention_id, judged.own.kind, judged.correction.kind) == (drawn[0], "complaint", "praise")


def test_hours_tell_who_spoke_and_who_was_asked(store: Store) -> None:
    with_sources(store, "blog", "forum")
    add_mention(store, 1, reading(compound=-0.5, reach=1.0))
    add_mention(store, 2, reading(compound=-0.5), first_of_story=False)
    add_mention(store, 3, reading(compound=0.5, reach=9.0), source="forum", at=NOW + HOUR)
    with store.write() as transaction:
        transaction.add_coverage("forum", NOW, ok=True, items=1)
        transaction.add_coverage("forum", NOW, ok=False, items=0)
    start, end = NOW - HOUR, NOW + DAY
    heard = store.hours.totals(start, end)["acme"]
    assert (heard.stories, heard.positive, heard.negative) == (2, 1, 2)
    assert store.hours.totals(start, end, ["acme"], ["forum"])["acme"].stories == 1
    assert store.hours.totals(start, end, ["globex"]) == {}
    told = store.hours.heard("acme", start, end, counts="negative")
    # Two angry mentions of one story are one voice.
    assert sorted((one.source, one.count) for one in told) == [("blog", 1), ("forum", 0)]
    assert [one.source for one in store.hours.heard("acme", start, end, counts="stories", named=["forum"])] == ["forum"]
    (asked,) = store.hours.asked(["forum", "nobody"], start, end)
    assert (asked.source, asked.ok, asked.failed) == ("forum", 1, 1)
    assert [mention.id for mention in store.hours.loudest("acme", start, end, 9)] == [3, 1]
    assert [mention.id for mention in store.hours.loudest("acme", start, end, 9, negative=True)] == [1]
    assert [mention.id for mention in store.hours.loudest("acme", start, end, 1, named=["blog"])] == [1]
