"""What persons say of mentions: kept, counted at once, taken back, and stronger than any later reading."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from listener.errors import StorageError
from listener.mentions.corrections import Correction
from listener.storage import Mention, NewReading, Store
from listener.types import Pain
from tests.storage.stored_samples import DAY, HOUR, NOW, add_mention, reading, with_sources


def correct(store: Store, mention_id: int, by: str = "ann", **said: object) -> None:
    with store.write() as transaction:
        transaction.correct(mention_id, said, at=NOW + DAY, by=by)


def only(store: Store) -> Mention:
    (mention,) = store.iter_mentions()
    return mention


def test_a_correction_counts_at_once_in_the_mention_the_trends_and_the_views(store: Store) -> None:
    with_sources(store, "blog")
    mention_id = add_mention(store, 1, reading(compound=0.8, complaint=0.2, pains=[("bugs", 1)]))
    correct(store, mention_id, sentiment="negative", kind="complaint", pains=[("billing", 3)])
    mention = only(store)
    assert (mention.sentiment.label, mention.sentiment.compound, mention.scorer) == ("negative", -0.5, "person")
    assert (mention.kind, mention.complaint, mention.pains) == ("complaint", 1.0, (("billing", 3),))
    assert mention.corrected == ("sentiment", "kind", "pains")
    (row,) = store.iter_trends()
    assert (row.positive, row.negative, row.complaints, row.compound_e4_sum) == (0, 1, 1, -5000)
    assert store.verify_trends() == []
    with store._read() as connection:
        (marked,) = connection.exec_driver_sql("SELECT label, corrected FROM v_mentions")
        said = connection.exec_driver_sql("SELECT field, value, made_by FROM v_corrections ORDER BY field").all()
    assert tuple(marked) == ("negative", "sentiment,kind,pains")
    assert [tuple(row) for row in said] == [
        ("kind", '"complaint"', "ann"),
        ("pains", '[["billing",3]]', "ann"),
        ("sentiment", '"negative"', "ann"),
    ]


def test_the_last_word_counts_and_all_words_are_kept(store: Store) -> None:
    with_sources(store, "blog")
    mention_id = add_mention(store, 1)
    correct(store, mention_id, "ann", sentiment="neutral")
    correct(store, mention_id, "bob", sentiment="positive", complaint=False)
    assert store.review.find_corrections([mention_id, 99]) == {
        mention_id: Correction(sentiment="positive", complaint=False)
    }
    standing = [(one.field, one.value, one.made_by) for one in store.review.iter_corrections()]
    assert standing == [("sentiment", "positive", "bob"), ("complaint", False, "bob")]
    assert list(store.review.iter_corrections(["globex"])) == []


def test_what_is_taken_back_leaves_the_programs_own_word(store: Store) -> None:
    with_sources(store, "blog")
    mention_id = add_mention(store, 1, reading(compound=0.8, pains=[("bugs", 1)]))
    before = only(store)
    rows = list(store.iter_trends())
    correct(store, mention_id, sentiment="negative", pains=[], irrelevant=True)
    assert list(store.iter_mentions()) == []
    assert list(store.iter_trends()) == []
    correct(store, mention_id, sentiment=None, pains=None, irrelevant=None)
    assert only(store) == before
    assert list(store.iter_trends()) == rows
    assert store.review.find_corrections([mention_id]) == {}
    assert list(store.review.iter_corrections()) == []
    assert store.verify_trends() == []


def test_a_correction_wins_over_later_readings_and_what_it_leaves_open_follows_them(store: Store) -> None:
    with_sources(store, "blog")
    mention_id = add_mention(store, 1, reading(compound=0.8))
    correct(store, mention_id, sentiment="negative")
    with store.write() as transaction:
        (revised,) = transaction.revise(
            [NewReading(mention_id=mention_id, reading=reading(compound=0.3, complaint=0.9, pains=[("speed", 2)]))]
        )
    assert (revised.own.label, revised.after.label) == ("positive", "negative")
    mention = only(store)
    assert (mention.sentiment.label, mention.complaint, mention.pains) == ("negative", 0.9, (("speed", 2),))
    correct(store, mention_id, sentiment=None)
    assert (only(store).sentiment.compound, only(store).scorer) == (0.3, "vader-1")
    assert store.verify_trends() == []


def test_a_label_that_is_right_already_keeps_its_compound(store: Store) -> None:
    with_sources(store, "blog")
    mention_id = add_mention(store, 1, reading(compound=-0.81))
    correct(store, mention_id, sentiment="negative")
    assert (only(store).sentiment.compound, only(store).scorer) == (-0.81, "vader-1")
    assert only(store).corrected == ("sentiment",)


def test_a_mention_that_a_person_calls_relevant_stays_whatever_the_program_says(store: Store) -> None:
    with_sources(store, "blog")
    mention_id = add_mention(store, 1)
    correct(store, mention_id, irrelevant=False)
    with store.write() as transaction:
        transaction.revise([NewReading(mention_id=mention_id, irrelevant=True)])
    assert only(store).id == mention_id
    correct(store, mention_id, irrelevant=None)
    assert list(store.iter_mentions()) == []
    assert store.verify_trends() == []


@pytest.mark.parametrize(
    ("said", "severity", "words"),
    [(("bugs", None), 2, ("bugs",)), (("billing", None), 2, ()), (("billing", 4), 4, ())],
)
def test_a_pain_without_a_severity_has_the_programs_own(
    store: Store, said: tuple[str, int | None], severity: int, words: tuple[str, ...]
) -> None:
    with_sources(store, "blog")
    mention_id = add_mention(store, 1, reading(pains=[("bugs", 2)]))
    correct(store, mention_id, pains=[said])
    (revised,) = store.review.plan([NewReading(mention_id=mention_id)])
    assert revised.after.pains == (Pain(topic=said[0], severity=severity, words=words),)


def test_a_plan_changes_nothing(store: Store) -> None:
    with_sources(store, "blog")
    mention_id = add_mention(store, 1, reading(compound=0.8))
    before = only(store)
    new = NewReading(mention_id=mention_id, reading=reading(compound=-0.8), irrelevant=True)
    (revised,) = store.review.plan([new, NewReading(mention_id=99)])
    assert (revised.before.label, revised.after.label, revised.after.irrelevant) == ("positive", "negative", True)
    assert only(store) == before


def test_a_mention_that_is_not_there_cannot_be_corrected(store: Store) -> None:
    with pytest.raises(StorageError, match="no mention 7"):
        correct(store, 7, sentiment="negative")


def test_corrections_go_with_their_mention(store: Store) -> None:
    with_sources(store, "blog")
    mention_id = add_mention(store, 1, at=NOW - 40 * DAY)
    add_mention(store, 2)
    correct(store, mention_id, irrelevant=True)
    store.retain(NOW, items=None, mentions=30 * DAY)
    assert list(store.review.iter_corrections()) == []
    assert [mention.id for mention in store.iter_mentions(irrelevant=True)] == [2]


def test_mentions_are_found_by_number_address_and_what_they_are(store: Store) -> None:
    with_sources(store, "blog", "forum")
    first = add_mention(store, 1, reading(compound=0.8))
    second = add_mention(store, 2, reading("globex", compound=-0.8), source="forum", at=NOW + HOUR)
    third = add_mention(store, 3, at=NOW + 2 * HOUR)
    correct(store, third, irrelevant=True)
    correct(store, first, kind="praise")

    def numbers(**wanted: Any) -> list[int]:
        return [mention.id for mention in store.review.newest_mentions(10, **wanted)]

    assert numbers() == [second, first]
    assert [mention.id for mention in store.review.newest_mentions(1)] == [second]
    assert numbers(brands=["acme"]) == numbers(labels=["positive"]) == numbers(named=["blog"]) == [first]
    assert numbers(corrected=True) == [first]
    assert numbers(irrelevant=True) == [third]
    assert numbers(start=NOW + HOUR) == [second]
    assert store.review.find_mentions_at("https://blog.example/2") == [second]
    found = store.review.find_mention(third)
    assert found is not None
    assert found.irrelevant
    assert store.review.find_mention(99) is None


def with_a_story_of_two(store: Store) -> tuple[int, int, int]:
    """Store two mentions of one story, and return the story's number and theirs."""
    with_sources(store, "blog")
    with store.write() as transaction:
        story = transaction.add_story(b"", (), NOW, "Acme buys Initech")
    first = add_mention(store, 1, story_id=story)
    second = add_mention(store, 2, at=NOW + HOUR, story_id=story, first_of_story=False)
    return story, first, second


def stories_counted(store: Store) -> int:
    assert store.verify_trends() == []
    return sum(row.stories for row in store.iter_trends())


def test_a_mention_that_leaves_a_story_is_one_of_its_own_and_another_stands_for_the_old_one(store: Store) -> None:
    story, first, second = with_a_story_of_two(store)
    assert stories_counted(store) == 1
    with store.write() as transaction:
        own = transaction.add_story_of(first)
    correct(store, first, story=own)
    told = {mention.id: (mention.story_id, mention.first_of_story) for mention in store.iter_mentions()}
    assert told == {first: (own, True), second: (story, True)}
    assert stories_counted(store) == 2


def test_a_mention_that_joins_a_story_counts_no_second_time_and_may_go_back(store: Store) -> None:
    story, _, _ = with_a_story_of_two(store)
    with store.write() as transaction:
        other = transaction.add_story(b"", (), NOW, "Acme to take over Initech")
    third = add_mention(store, 3, at=NOW + 2 * HOUR, story_id=other)
    before = list(store.iter_mentions())
    assert stories_counted(store) == 2
    correct(store, third, story=story)
    assert stories_counted(store) == 1
    with store.write() as transaction:
        transaction.revise([NewReading(mention_id=third, reading=reading(compound=-0.3))])
    assert store.review.find_corrections([third])[third].story == story
    assert [mention.story_id for mention in store.iter_mentions()] == [story] * 3
    with store.write() as transaction:
        transaction.revise([NewReading(mention_id=third, reading=reading())])
    correct(store, third, story=None)
    assert list(store.iter_mentions()) == before
    assert stories_counted(store) == 2


def test_a_story_that_its_last_mention_was_taken_out_of_is_kept_for_the_way_back(store: Store) -> None:
    story, first, second = with_a_story_of_two(store)
    with store.write() as transaction:
        other = transaction.add_story(b"", (), NOW - 40 * DAY, "Something else")
    old = add_mention(store, 3, at=NOW - 40 * DAY, story_id=other, first_of_story=False)
    moved = add_mention(store, 4, at=NOW + HOUR, story_id=other)
    correct(store, moved, story=story)
    store.retain(NOW, items=None, mentions=30 * DAY)
    assert store.review.find_mention(old) is None
    correct(store, moved, story=None)
    told = {mention.id: mention.story_id for mention in store.iter_mentions()}
    assert told == {first: story, second: story, moved: other}
    assert store.verify_trends() == []


def test_a_story_that_is_not_there_cannot_be_joined(store: Store) -> None:
    with_sources(store, "blog")
    mention_id = add_mention(store, 1)
    with pytest.raises(StorageError, match="no story 12345"):
        correct(store, mention_id, story=12345)
    assert store.review.find_corrections([mention_id]) == {}


def test_what_was_read_in_another_language_is_unscored_until_a_person_scores_it(store: Store) -> None:
    with_sources(store, "blog")
    mention_id = add_mention(store, 1, reading(compound=0.8))
    own = only(store)
    correct(store, mention_id, lang="nl", reach=60.0)
    mention = only(store)
    assert (mention.lang, mention.reach, mention.sentiment.label) == ("nl", 60.0, None)
    (row,) = store.iter_trends()
    assert (row.positive, row.unscored) == (0, 1)
    correct(store, mention_id, sentiment="positive")
    assert (only(store).sentiment.label, only(store).scorer) == ("positive", "person")
    with store.write() as transaction:
        transaction.revise([NewReading(mention_id=mention_id, reading=reading(compound=0.8))])
    assert (only(store).lang, only(store).reach) == ("nl", 60.0)
    correct(store, mention_id, lang=None, reach=None, sentiment=None)
    assert only(store) == own
    assert store.verify_trends() == []


SAID = st.fixed_dictionaries(
    {},
    optional={
        "sentiment": st.sampled_from(["positive", "neutral", "negative", None]),
        "kind": st.sampled_from(["complaint", "praise", "question", None]),
        "complaint": st.sampled_from([True, False, None]),
        "pains": st.sampled_from([[], [("bugs", None)], [("bugs", 4), ("price", 0)], None]),
        "irrelevant": st.sampled_from([True, False, None]),
        "lang": st.sampled_from(["nl", "en", None]),
        "reach": st.sampled_from([0.0, 60.0, None]),
        "story": st.sampled_from([1, 2, None]),
    },
)
READ = st.builds(
    lambda compound, complaint, pains: reading(compound=compound, complaint=complaint, pains=pains),
    st.sampled_from([None, -0.7, 0.0, 0.7]),
    st.sampled_from([0.1, 0.9]),
    st.sampled_from([(), (("bugs", 2),), (("price", 1), ("bugs", 3))]),
)
STEP = st.tuples(st.integers(0, 3), st.one_of(SAID, st.tuples(READ, st.sampled_from([None, True, False]))))


@settings(max_examples=25)
@given(steps=st.lists(STEP, max_size=8))
def test_trends_equal_a_rebuild_whatever_is_said_and_read(
    migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, Any]]
) -> None:
    store = Store.open(shutil.copy(migrated_sqlite, tmp_path_factory.mktemp("trends")), now=NOW)
    with_sources(store, "blog")
    with store.write() as transaction:
        story = transaction.add_story(b"signature", [1], NOW, "A story")
        transaction.add_story(b"", (), NOW, "Another story")
    ids = [add_mention(store, n, at=NOW + n * HOUR / 2, story_id=story, first_of_story=n == 0) for n in range(4)]
    for place, step in steps:
        if isinstance(step, dict):
            correct(store, ids[place], **step)
        else:
            said, irrelevant = step
            with store.write() as transaction:
                # All at once, as rescoring does it: what one passes on may be the next one's.
                transaction.revise(
                    [NewReading(mention_id=one, reading=said, irrelevant=irrelevant) for one in ids[place:]]
                )
        assert store.verify_trends() == []
        heard = list(store.iter_mentions())
        standing = sorted(mention.story_id or 0 for mention in heard if mention.first_of_story)
        assert standing == sorted({mention.story_id or 0 for mention in heard})
    store.close()
