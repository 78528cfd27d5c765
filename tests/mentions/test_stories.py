from __future__ import annotations

from listener.mentions.stories import Fingerprint, fingerprint, same_story

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
    return bool(set(a.bands) & set(b.bands)) and same_story(a.signature, b.signature)


def test_a_title_with_one_word_changed_is_the_same_story() -> None:
    one = made("ECB unlikely to end sterilisation of bond purchases, traders say")
    other = made("ECB unlikely to end sterilization of bond purchases: traders")
    assert are_one_story(one, other)


def test_another_title_about_the_same_people_is_another_story() -> None:
    one = made("ECB unlikely to end sterilisation of bond purchases, traders say")
    other = made("ECB to publish minutes of its meetings from next year, says Draghi")
    assert not same_story(one.signature, other.signature)


def test_an_article_cut_short_or_lightly_edited_is_the_same_story() -> None:
    whole = made("Acme opens a plant", ARTICLE)
    edited = made("New plant for Acme", "Update: " + ARTICLE.replace("Monday", "Tuesday morning"))
    other = made("Acme opens a plant", " ".join(f"Some quite other words number {n} stand here" for n in range(30)))
    assert are_one_story(whole, edited)
    assert not are_one_story(whole, other)


def test_too_little_text_has_no_fingerprint() -> None:
    assert fingerprint("", "") is None
    assert fingerprint("the of and", "") is None


def test_bands_fit_a_signed_64_bit_column_and_never_change() -> None:
    bands = made("Acme raises its prices by a third", "").bands
    assert all(-(2**63) <= band < 2**63 for band in bands)
    assert bands == made("Acme raises its prices by a third", "").bands
