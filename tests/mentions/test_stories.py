from __future__ import annotations

import struct
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from listener.mentions.stories import STORY_PARTS, Fingerprint, Signature, fingerprint
from listener.mentions.story_index import StoryIndex
from listener.mentions.words import plain_words, rough_words, words_of

ARTICLE = " ".join(
    f"The {word} of the new plant was announced on Monday by the head of {word} operations, who said that {word} "
    "costs fell."
    for word in "opening building closing heating cooling testing funding staffing".split()
)


def made(title: str, text: str = "") -> Fingerprint:
    result = fingerprint(title, text)
    assert result is not None
    return result


def are_one_story(a: Fingerprint, b: Fingerprint) -> bool:
    return bool(set(a.bands) & set(b.bands)) and Signature(a.signature).is_of(b.signature)


def test_a_title_with_one_word_changed_is_the_same_story() -> None:
    one = made("ECB unlikely to end sterilisation of bond purchases, traders say")
    other = made("ECB unlikely to end sterilization of bond purchases: traders")
    assert are_one_story(one, other)


def test_another_title_about_the_same_people_is_another_story() -> None:
    one = made("ECB unlikely to end sterilisation of bond purchases, traders say")
    other = made("ECB to publish minutes of its meetings from next year, says Draghi")
    assert not Signature(one.signature).is_of(other.signature)


def test_an_article_cut_short_or_lightly_edited_is_the_same_story() -> None:
    whole = made("Acme opens a plant", ARTICLE)
    edited = made("New plant for Acme", "Update: " + ARTICLE.replace("Monday", "Tuesday morning"))
    other = made("Acme opens a plant", " ".join(f"Some quite other words number {n} stand here" for n in range(30)))
    assert are_one_story(whole, edited)
    assert not are_one_story(whole, other)


def test_under_another_title_a_common_frame_makes_no_copy_and_the_same_text_does() -> None:
    frame = " ".join(f"more of our reports on place{n} you find here" for n in range(12))
    own, other = (" ".join(f"{word}{n} {word} went" for n in range(60)) for word in ("rain", "trade"))
    one = made("Heavy rain floods three valleys", f"{own} {frame}")
    framed = made("Shops of Acme close their doors", f"{other} {frame}")
    retitled = made("Shops of Acme close their doors", f"{own} {frame}")
    assert Signature(made("", f"{own} {frame}").signature).is_of(framed.signature)
    assert not Signature(one.signature).is_of(framed.signature)
    assert are_one_story(one, retitled)


def test_titles_of_few_words_part_texts_that_share_a_frame() -> None:
    frame = " ".join(f"more of our reports on place{n} you find here" for n in range(12))
    rain, trade = (f"{' '.join(f'{word}{n} {word} went' for n in range(60))} {frame}" for word in ("rain", "trade"))
    one, other, same = made("Heavy rain", rain), made("Closed shops", trade), made("Rain", trade)
    assert not Signature(one.signature).is_of(other.signature)
    assert Signature(one.signature).is_of(same.signature)
    assert made("Heavy rain", rain).bands == made("", rain).bands


def test_a_story_is_known_by_the_titles_it_was_told_by() -> None:
    first, edited, late, other = (
        made(title)
        for title in (
            "Acme to close its plant in Springfield next year",
            "Acme to close its Springfield plant with 900 jobs next year",
            "Springfield plant of Acme to close with 900 jobs lost",
            "Springfield plant with 900 jobs opens for a visit lost in time",
        )
    )
    story = Signature(edited.signature).joined(first.signature)
    assert story is not None
    assert Signature(first.signature).is_of(edited.signature)
    assert not Signature(late.signature).is_of(first.signature)
    assert Signature(late.signature).is_of(story)
    assert not Signature(other.signature).is_of(story)
    assert Signature(first.signature).is_of(story, same_voice=True)


def test_of_two_stories_the_nearer_one_is_told_by_its_likeness() -> None:
    title = Signature(made("Acme to close its plant in Springfield next year").signature)
    near = made("Acme to close its Springfield plant next year").signature
    far = made("Acme to close another plant in Springfield this year").signature
    other = made("Rain is expected in the north on Tuesday and Wednesday").signature
    assert title.likeness(near) > title.likeness(far) > title.likeness(other) == 0
    assert title.likeness(far + near) == title.likeness(near)


def test_what_says_nothing_new_of_a_story_and_more_than_a_few_are_not_kept() -> None:
    story = made("Acme to close its plant in Springfield next year").signature
    assert Signature(story).joined(story) is None
    assert Signature(made("Acme opens a plant", ARTICLE).signature).joined(story) is None
    for number in range(STORY_PARTS - 1):
        more = Signature(made(f"Title {number} of {number} words number{number} more").signature).joined(story)
        assert more is not None
        story = more
    assert Signature(made("Yet another title of quite other words").signature).joined(story) is None


def test_too_little_text_has_no_fingerprint() -> None:
    assert fingerprint("", "") is None
    assert fingerprint("the of and", "") is None


def test_bands_fit_a_signed_64_bit_column_and_never_change() -> None:
    bands = made("Acme raises its prices by a third", "").bands
    assert all(-(2**63) <= band < 2**63 for band in bands)
    assert bands == made("Acme raises its prices by a third", "").bands


@pytest.mark.parametrize(
    ("title", "text", "bands", "signature"),
    [
        ("Acme raises its prices by a third", "", 613648713, 2491114591),
        (
            "Acme opens a new plant",
            f"{ARTICLE} It’s “big”: 40% more, see https://acme.test/a?b=1 or ask @acme.",
            2189859199,
            3667532743,
        ),
        ("", " ".join(f"word{n} stands here" for n in range(300)), 1842245870, 2814709859),
    ],
)
def test_fingerprints_are_those_that_databases_hold(title: str, text: str, bands: int, signature: int) -> None:
    print_ = made(title, text)
    assert crc32(struct.pack(f"<{len(print_.bands)}q", *print_.bands)) == bands
    assert crc32(print_.signature) == signature


@given(st.text(max_size=60), st.text(st.characters(exclude_categories=()), max_size=300), st.booleans())
def test_whatever_is_written_is_a_copy_of_itself(title: str, text: str, repeats: bool) -> None:
    print_ = fingerprint(title, f"{text} " * 30 if repeats else text)
    if print_ is not None:
        assert are_one_story(print_, print_)
        assert Signature(print_.signature).is_of(print_.signature, same_voice=True)


def test_near_copies_among_thousands_of_titles_are_found_and_others_are_not() -> None:
    index = StoryIndex()
    titles = [f"Acme{n} opens plant{n} number {n} in town{n % 7} for {n * 3} people" for n in range(3_000)]
    items = [index.add(fingerprint(title, "")) for title in titles]
    copies = [index.add(fingerprint(title.replace("opens", "closes"), "")) for title in titles[::100]]
    assert [index.story(copy) for copy in copies] == items[::100]
    assert len({index.story(item) for item in items}) == len(items)


def test_two_stories_become_one_when_a_copy_of_both_comes() -> None:
    index = StoryIndex()
    first = index.add(fingerprint("alpha beta gamma delta epsilon zeta eta theta", ""))
    second = index.add(fingerprint("gamma delta epsilon zeta eta theta iota kappa lambda mu nu", ""))
    apart = index.story(first) != index.story(second)
    index.add(fingerprint("beta gamma delta epsilon zeta eta theta iota kappa", ""))
    assert apart
    assert index.story(first) == index.story(second) == first


def test_an_item_without_a_fingerprint_is_a_story_of_its_own() -> None:
    index = StoryIndex()
    items = [index.add(None), index.add(None)]
    assert [index.story(item) for item in items] == items


def test_plain_words_are_those_of_the_closer_reading() -> None:
    texts = (
        "Don’t ask @acme_help: 40% of “its” (new) prices! :-) www.acme.test https://acme.test/a?b=1 do n't",
        "Straße İstanbul ΟΔΟΣ café naïve l'eau x86 8) xD",
        "لا أحب هذه الخدمة أبداً, 3.2, really",
        "我喜欢 Acme 的服务。नमस्ते दुनिया",
    )
    for text in texts:
        assert tuple(plain_words(text)) == words_of(text).words


def test_rough_words_are_plain_ones_in_bytes_but_for_faces() -> None:
    texts = (
        "Don’t ask @acme_help: 40% of “its” (new) prices! www.acme.test https://acme.test/a?b=1",
        "Rock'n'roll — the ''90s', l'eau, `so' they say… 3.2 and a_b",
        "Straße İstanbul ΟΔΟΣ café naïve x86 "
        + "".join(f"a{chr(sign)}b " for sign in range(0x2000, 0x2200) if sign not in (0x200C, 0x200D)),
        "لا أحب هذه الخدمة أبداً, 3.2, really",
        "我喜欢 Acme 的服务。नमस्ते दुनिया \ud800 broken",
    )
    for text in texts:
        assert [word.decode() for word in rough_words(text, 1000)] == list(plain_words(text))
        assert [word.decode() for word in rough_words(text, 3)] == list(plain_words(text))[:3]
    assert rough_words("fine 8) xD", 9) == [b"fine", b"8", b"xd"]
