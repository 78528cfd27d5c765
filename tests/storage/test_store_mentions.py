"""Items, mentions, stories and the trend rows they count in, on each kind of database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from listener.storage import NewItem, NewMention, Store
from listener.storage.stories import MOST_CANDIDATES
from listener.types import Item, Sentiment
from tests.storage.stored_samples import DAY, HOUR, NOW, add_mention, new_item, reading, reread, with_sources


def test_an_item_is_known_by_any_of_its_keys_in_its_own_source(store: Store) -> None:
    with_sources(store, "blog", "forum")
    with store.write() as transaction:
        first, second = transaction.add_items("blog", [new_item(1), new_item(2)], NOW)
        assert transaction.find_known("blog", ["url:1"]) == {"url:1": first}
    known = store.find_known("blog", ["guid:1", "url:2", "guid:3", "x" * 100_000, "\udc80"])
    assert known == {"guid:1": first, "url:2": second}
    assert store.find_known("forum", ["guid:1"]) == {}
    assert store.find_known("blog", []) == {}


def test_thousands_of_keys_are_found_at_once(store: Store) -> None:
    with_sources(store, "blog")
    with store.write() as transaction:
        transaction.add_items("blog", [new_item(number) for number in range(1200)], NOW)
    assert len(store.find_known("blog", [f"guid:{number}" for number in range(2000)])) == 1200


def test_a_mention_comes_back_with_all_that_was_read(store: Store) -> None:
    with_sources(store, "blog")
    said = reading(compound=-0.81234, pains=[("price", 2), ("bugs", 4), ("price", 3)])
    mention_id = add_mention(store, 1, said)
    (mention,) = store.iter_mentions()
    assert mention.id == mention_id
    assert mention.sentiment == Sentiment(compound=-0.8123, label="negative", reasons=(("bad", -2.5),))
    assert mention.pains == (("bugs", 4), ("price", 3))
    assert (mention.at, mention.brand, mention.source, mention.title) == (NOW, "acme", "blog", "title 1")
    assert (mention.complaint, mention.relevance, mention.reach) == (0.8, 1.0, 10.0)


def test_text_that_no_database_holds_is_stored_readable(store: Store) -> None:
    with_sources(store, "blog")
    with store.write() as transaction:
        item = Item(title="a\0b", text="c\ud800d", metrics={"points": float("nan"), "likes": 3.0}, rating=float("inf"))
        (item_id,) = transaction.add_items("blog", [NewItem(item=item, keys=("k",))], NOW)
        new = NewMention(item_id=item_id, source="blog", reading=reading(), story_id=None, at=NOW, first_of_story=True)
        transaction.add_mentions([new], NOW)
    (mention,) = store.iter_mentions()
    assert mention.title == "a\ufffdb"
    assert mention.rating is None


def test_mentions_are_counted_in_the_hour_they_were_published(store: Store) -> None:
    with_sources(store, "blog")
    add_mention(store, 1, reading(compound=0.5, complaint=0.1))
    add_mention(store, 2, reading(compound=None), at=NOW - HOUR, first_of_story=False)
    add_mention(store, 3, reading(compound=-0.25), at=NOW + HOUR / 4)
    earlier, later = store.iter_trends()
    assert (earlier.at.hour, earlier.mentions, earlier.stories, earlier.scored, earlier.unscored) == (8, 1, 0, 0, 1)
    assert (earlier.positive, earlier.neutral, earlier.negative, earlier.compound_e4_sum) == (0, 0, 0, 0)
    assert (later.at.hour, later.mentions, later.stories, later.scored, later.unscored) == (9, 2, 2, 2, 0)
    assert (later.positive, later.neutral, later.negative, later.complaints) == (1, 0, 1, 1)
    assert (later.compound_e4_sum, later.compound_e8_squares, later.reach_e4_sum) == (2500, 31_250_000, 200_000)


def test_a_reading_that_is_replaced_moves_the_trends_with_it(store: Store) -> None:
    with_sources(store, "blog")
    mention_id = add_mention(store, 1, reading(compound=-0.5, pains=[("price", 3)]))
    with store.write() as transaction:
        reread(transaction, mention_id, reading(compound=0.25, complaint=0.0, pains=[("bugs", 1)]))
    (row,) = store.iter_trends()
    assert (row.mentions, row.positive, row.negative, row.compound_e4_sum, row.complaints) == (1, 1, 0, 2500, 0)
    assert store.verify_trends() == []
    assert [mention.pains for mention in store.iter_mentions()] == [(("bugs", 1),)]


def test_an_irrelevant_mention_counts_nowhere_until_it_is_relevant_again(store: Store) -> None:
    with_sources(store, "blog")
    mention_id = add_mention(store, 1, reading(pains=[("price", 3)]))
    with store.write() as transaction:
        reread(transaction, mention_id, None, irrelevant=True)
    assert list(store.iter_trends()) == []
    assert list(store.iter_mentions()) == []
    assert [mention.id for mention in store.iter_mentions(irrelevant=True)] == [mention_id]
    assert store.verify_trends() == []
    with store.write() as transaction:
        reread(transaction, mention_id, None, irrelevant=False)
    assert [row.mentions for row in store.iter_trends()] == [1]
    assert store.verify_trends() == []


def test_a_story_goes_on_counting_when_its_first_mention_was_irrelevant(store: Store) -> None:
    with_sources(store, "blog")
    with store.write() as transaction:
        story_id = transaction.add_story(b"signature", [1], NOW, "A story")
    first = add_mention(store, 1, story_id=story_id)
    add_mention(store, 2, story_id=story_id, first_of_story=False, at=NOW + HOUR)
    with store.write() as transaction:
        reread(transaction, first, None, irrelevant=True)
    assert [(row.mentions, row.stories) for row in store.iter_trends()] == [(1, 1)]
    with store.write() as transaction:
        reread(transaction, first, None, irrelevant=False)
    assert [(row.mentions, row.stories) for row in store.iter_trends()] == [(1, 0), (1, 1)]
    assert store.verify_trends() == []


def test_a_reading_of_another_brand_is_refused_and_one_of_no_mention_ignored(store: Store) -> None:
    with_sources(store, "blog")
    mention_id = add_mention(store, 1)
    with pytest.raises(ValueError, match="globex"), store.write() as transaction:
        reread(transaction, mention_id, reading("globex"))
    with store.write() as transaction:
        assert reread(transaction, 99, reading()) == []


def test_trends_that_were_tampered_with_are_told_and_rebuilt(store: Store) -> None:
    with_sources(store, "blog")
    for number in range(3):
        add_mention(store, number, reading(pains=[("price", number)]), at=NOW + number * HOUR)
    before = list(store.iter_trends())
    with store.write() as transaction:
        transaction._connection.execute(sa.text("UPDATE trends SET mentions = mentions + 1"))
        transaction._connection.execute(sa.text("DELETE FROM trend_pains"))
    assert len(store.verify_trends()) == 9
    store.rebuild_trends()
    assert store.verify_trends() == []
    assert list(store.iter_trends()) == before


def test_an_item_has_one_mention_of_a_brand_and_a_broken_transaction_leaves_nothing(store: Store) -> None:
    with_sources(store, "blog")

    def store_twice() -> None:
        with store.write() as transaction:
            (item_id,) = transaction.add_items("blog", [new_item(1)], NOW)
            story_id = transaction.add_story(b"s", [1], NOW, "")
            new = NewMention(
                item_id=item_id, source="blog", reading=reading(), story_id=story_id, at=NOW, first_of_story=True
            )
            transaction.add_mentions([new, new], NOW)

    with pytest.raises((sa.exc.IntegrityError, sqlite3.IntegrityError)):
        store_twice()
    counts = store.counts()
    assert (counts.items, counts.mentions, counts.stories) == (0, 0, 0)
    assert store.find_known("blog", ["guid:1"]) == {}
    assert list(store.iter_trends()) == []
    assert add_mention(store, 1) == 1


def test_stories_are_found_by_a_shared_band(store: Store) -> None:
    with_sources(store, "blog")
    with store.write() as transaction:
        old = transaction.add_story(b"old", [1, -1], NOW - 9 * DAY, "Old")
        new = transaction.add_story(b"new", [-1, 7], NOW, "New")

        def found(bands: list[int], days: int) -> list[tuple[int, bytes]]:
            return [(s.id, s.signature) for s in transaction.story_candidates(bands, NOW - days * DAY)]

        assert found([-1, 5], 30) == [(new, b"new"), (old, b"old")]
        assert found([-1, 5], 3) == [(new, b"new")]
        assert found([5], 30) == found([], 30) == []
        transaction.join_story(old, NOW)
        assert found([1], 3) == [(old, b"old")]


def test_a_band_that_thousands_share_gives_a_few_stories_and_hides_none_with_another(store: Store) -> None:
    def found(bands: list[int]) -> list[int]:
        with store.write() as transaction:
            return [story.id for story in transaction.story_candidates(bands, NOW)]

    with store.write() as transaction:
        ids = [transaction.add_story(b"s", [7, 10_000 + number], NOW, "") for number in range(100)]
    assert found([7, 10_000]) == [*reversed(ids[-30:]), ids[0]]
    with store.write() as transaction:
        ids += [transaction.add_story(b"s", [7, 10_000 + number], NOW, "") for number in range(100, 2500)]
    assert found([10_001]) == [ids[1]]
    assert found([12_499]) == [ids[-1]]
    assert len(found([7])) == 30


@pytest.mark.parametrize("count", [300, 1200])
def test_of_very_many_stories_those_that_share_most_bands_are_compared(store: Store, count: int) -> None:
    with store.write() as transaction:
        near = transaction.add_story(b"near", [*range(40)], NOW, "Near")
        for number in range(count):
            transaction.add_story(b"far", [number % 40, 10_000 + number], NOW, "")
    with store.write() as transaction:
        found = [story.id for story in transaction.story_candidates([*range(40)], NOW)]
    assert near in found
    assert found == sorted(found, reverse=True)
    assert len(found) == MOST_CANDIDATES


def test_what_many_items_ask_for_is_read_at_once_and_follows_what_is_added(store: Store) -> None:
    with store.write() as transaction:
        old = transaction.add_story(b"old", [1, 2], NOW - 9 * DAY, "Old")
    with store.write() as transaction:

        def found(bands: list[int]) -> list[int]:
            return [story.id for story in transaction.story_candidates(bands, NOW - DAY)]

        transaction.look_up_bands([1, 2, 3])
        assert found([1, 3]) == found([4]) == []
        transaction.join_story(old, NOW)
        new = transaction.add_story(b"new", [2, 4], NOW, "New")
        assert found([1, 3]) == [old]
        assert found([2]) == [new, old]
        assert found([4]) == [new]


def test_a_story_is_found_by_the_bands_of_an_item_that_joined_it(store: Store) -> None:
    with store.write() as transaction:
        story = transaction.add_story(b"first", [1, 2], NOW, "First")

    def found(bands: list[int]) -> list[tuple[int, bytes]]:
        return [(one.id, one.signature) for one in transaction.story_candidates(bands, NOW)]

    with store.write() as transaction:
        assert found([2, 3]) == [(story, b"first")]
        transaction.join_story(story, NOW, b"first and second", [2, 3])
        assert found([3]) == [(story, b"first and second")]
    with store.write() as transaction:
        assert found([1]) == found([3]) == [(story, b"first and second")]
        transaction.join_story(story, NOW)
        assert found([3]) == [(story, b"first and second")]


def test_a_band_that_is_left_of_a_deleted_or_emptied_story_finds_nothing(store: Store) -> None:
    with store.write() as transaction:
        transaction.add_story(b"gone", [1], NOW, "Gone")
        transaction.add_story(b"emptied", [1], NOW, "Emptied")
        kept = transaction.add_story(b"kept", [1], NOW, "Kept")
        transaction._connection.execute(sa.text("DELETE FROM stories WHERE id < 2"))
        transaction._connection.execute(sa.text("UPDATE stories SET signature = '' WHERE id = 2"))
    with store.write() as transaction:
        assert [story.id for story in transaction.story_candidates([1], NOW)] == [kept]


def test_stories_are_found_before_and_after_they_are_sorted_into_the_index(
    database: str, open_store: Callable[..., Store]
) -> None:
    store, other = open_store(database), open_store(database)
    for start in range(0, 2500, 500):
        with store.write() as transaction:
            for number in range(start, start + 500):
                transaction.add_story(b"s", [number, number + 10_000], NOW, "")

    def found(asked: Store, bands: list[int]) -> list[int]:
        with asked.write() as transaction:
            return [story.id for story in transaction.story_candidates(bands, NOW)]

    assert found(store, [0, 10_999, 2499]) == [2500, 1000, 1]
    with store.write() as transaction:
        late = transaction.add_story(b"s", [10_000], NOW, "")
    assert found(store, [10_000]) == found(other, [10_000]) == [late, 1]


def test_a_story_of_a_transaction_that_failed_is_no_candidate(store: Store) -> None:
    def fail() -> None:
        with store.write() as transaction:
            transaction.add_story(b"never", [7], NOW, "")
            assert len(transaction.story_candidates([7], NOW)) == 1
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with store.write() as transaction:
        assert transaction.story_candidates([7], NOW) == []
        transaction.add_story(b"stays", [8], NOW, "")
        assert transaction.story_candidates([7], NOW) == []
        assert [story.signature for story in transaction.story_candidates([8], NOW)] == [b"stays"]


def test_the_brands_that_a_story_has_mentions_of_are_known(store: Store) -> None:
    with_sources(store, "blog")
    with store.write() as transaction:
        one = transaction.add_story(b"s", [1], NOW, "")
        two = transaction.add_story(b"s", [1], NOW, "")
    add_mention(store, 1, reading("acme"), story_id=one)
    add_mention(store, 2, reading("globex"), story_id=one)
    with store.write() as transaction:
        assert transaction.brands_of_stories([one, two]) == {one: {"acme", "globex"}, two: frozenset()}


def test_mentions_are_listed_by_time_and_brand(store: Store) -> None:
    with_sources(store, "blog")
    for number, brand in enumerate(["acme", "globex", "acme", "initech"]):
        add_mention(store, number, reading(brand), at=NOW - number * HOUR)

    def titles(*arguments: object) -> list[str]:
        return [mention.title[-1] for mention in store.iter_mentions(*arguments)]  # type: ignore[arg-type]

    assert titles() == ["3", "2", "1", "0"]
    assert titles(NOW - 2 * HOUR, NOW) == ["2", "1"]
    assert titles(None, None, ["acme"]) == ["2", "0"]
    assert titles(None, None, ["acme", "initech"]) == ["3", "2", "0"]
    assert store.list_brands() == ["acme", "globex", "initech"]


def test_polls_are_counted_by_the_hour(store: Store) -> None:
    with_sources(store, "blog", "forum")
    with store.write() as transaction:
        transaction.add_coverage("blog", NOW, ok=True, items=3)
        transaction.add_coverage("blog", NOW + HOUR / 4, ok=False, items=0)
        transaction.add_coverage("blog", NOW + HOUR, ok=True, items=1)
        transaction.add_coverage("forum", NOW, ok=True, items=1)
    found = [(row.at.hour, row.source, row.ok, row.failed) for row in store.iter_coverage()]
    assert found == [(9, "blog", 1, 1), (9, "forum", 1, 0), (10, "blog", 1, 0)]


def test_survey_answers_become_scores_by_segment(store: Store) -> None:
    with_sources(store, "survey")
    with store.write() as transaction:
        for number, rating in enumerate((10.0, 9.0, 7.0, 2.0)):
            item = Item(
                text="so so", rating=rating, rating_max=10.0, kind="survey", segment={"metric": "nps", "plan": "pro"}
            )
            transaction.add_items("survey", [NewItem(item=item, keys=(str(number),), brand="acme", at=NOW)], NOW)
    rows = list(store.iter_scores())
    assert [(row.segment_key, row.segment_value, row.answers, row.promoters, row.detractors) for row in rows] == [
        ("", "", 4, 2, 1),
        ("plan", "pro", 4, 2, 1),
    ]
    assert [row.total for row in rows] == [28.0, 28.0]
    assert store.verify_trends() == []
