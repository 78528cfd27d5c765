"""Pain points counted over a time, quotes, and complaints."""

from __future__ import annotations

from listener.insights.pains import PainCount
from listener.storage import Store
from listener.types import Pain
from tests.storage.stored_samples import DAY, HOUR, NOW, add_mention, reading, with_sources


def test_pains_are_counted_by_mention_and_weighed_by_story(store: Store) -> None:
    with_sources(store, "blog")
    add_mention(store, 1, reading(pains=[("price", 3), ("bugs", 1)], reach=10.0))
    add_mention(store, 2, reading(pains=[("price", 3)], reach=10.0), first_of_story=False)
    add_mention(store, 3, reading(pains=[("price", 1)], reach=5.0), at=NOW + HOUR)
    add_mention(store, 4, reading("globex", pains=[("price", 4)]))
    hidden = add_mention(store, 5, reading(pains=[("price", 4)]))
    add_mention(store, 6, reading(pains=[("price", 4)]), at=NOW + DAY)
    with store.write() as transaction:
        transaction.correct(hidden, {"irrelevant": True}, at=NOW, by="ann")
    found = {count.topic: count for count in store.pains.count(NOW, NOW + DAY, ["acme"])}
    assert found["price"] == PainCount(
        brand="acme", topic="price", mentions=3, stories=2, severity_sum=4, severest=3, reach=15.0
    )
    assert found.keys() == {"price", "bugs"}
    assert {count.brand for count in store.pains.count(None, None)} == {"acme", "globex"}


def test_quotes_are_the_severest_of_each_story(store: Store) -> None:
    with_sources(store, "blog")
    mild = add_mention(store, 1, reading(pains=[("price", 1)], reach=90.0))
    severe = add_mention(store, 2, reading(pains=[("price", 4)], reach=1.0))
    add_mention(store, 3, reading(pains=[("price", 4)]), first_of_story=False)
    far = add_mention(store, 4, reading(pains=[("price", 4)], reach=2.0))
    assert [mention.id for mention in store.pains.quotes("acme", "price", 9)] == [far, severe, mild]
    assert [mention.id for mention in store.pains.quotes("acme", "price", 1)] == [far]
    assert store.pains.quotes("acme", "bugs", 9) == []


def test_complaints_are_what_complains_once_a_story(store: Store) -> None:
    with_sources(store, "blog")
    first = add_mention(store, 1, reading(complaint=0.9))
    add_mention(store, 2, reading(complaint=0.9), first_of_story=False)
    add_mention(store, 3, reading(complaint=0.9), at=NOW + DAY)
    quiet = add_mention(store, 4, reading(complaint=0.2))
    with store.write() as transaction:
        transaction.correct(quiet, {"kind": "praise"}, at=NOW, by="ann")
    (complaint,) = store.pains.iter_complaints("acme", NOW - HOUR, NOW + HOUR)
    assert (complaint.mention_id, complaint.excerpt, complaint.source) == (first, "about acme", "blog")


def test_nobody_listened_before_the_first_poll(store: Store) -> None:
    with_sources(store, "blog")
    assert store.pains.heard_from() is None
    with store.write() as transaction:
        transaction.add_coverage("blog", NOW, ok=False, items=0)
    assert store.pains.heard_from() == NOW.replace(minute=0)


def test_each_pain_of_a_mention_comes_with_its_own_severity_and_words(store: Store) -> None:
    with_sources(store, "blog")
    add_mention(store, 1, reading(pains=[("bugs", 1), ("price", 3)]))
    add_mention(store, 2, reading("globex", pains=[("price", 4)]))
    hidden = add_mention(store, 3, reading(pains=[("price", 4)]))
    with store.write() as transaction:
        transaction.correct(hidden, {"irrelevant": True}, at=NOW, by="ann")
    found = [(one.mention_id, one.pain) for one in store.pains.iter_pains(None, None, ["acme"])]
    assert found == [
        (1, Pain(topic="price", severity=3, words=("price",))),
        (1, Pain(topic="bugs", severity=1, words=("bugs",))),
    ]
