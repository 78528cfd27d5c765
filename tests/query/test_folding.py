"""Texts are folded so that spellings agree, and every folded character knows where it came from."""

from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from listener.text import (
    EXPANSION_LIMIT,
    are_joined,
    fold,
    fold_exact,
    fold_text,
    letters_of,
    one_line,
    safe_cut,
    shorten,
    word_starts,
)

LETTERS = st.text(st.characters(codec="utf-8"), max_size=30)
EVERYTHING = st.text(st.characters(), max_size=40)
ODD = st.text(
    st.sampled_from("aA\u0301\u0308eßİıﬁﬃ\u00ad\u200d\ufe0f’“–™¹ｶﾞがか\u3099각\u1100\u1161\u11a8яй\u0306ё漢字 ."),
    max_size=30,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Straße", "STRASSE"),
        ("İstanbul", "istanbul"),
        ("ΣΊΣΥΦΟΣ", "σισυφος"),
        ("ﬁne", "FINE"),
        ("Ｆｕｌｌ　Ｗｉｄｔｈ", "full width"),
        ("Ørsted Łódź Ægir", "orsted lodz aegir"),
        ("naïve", "nai\u0308ve"),
        ("ё", "е"),
        ("“it’s” – so", '"it\'s" - so'),
        ("so\u00adft zero\u200bwidth ❤\ufe0f", "soft zerowidth ❤"),
        ("ｶﾞｽ", "ガス"),
        ("か\u3099", "が"),
        ("\u1112\u1161\u11ab", "한"),
        ("مُحَمَّد", "محمد"),
        ("𝓐𝓬𝓶𝓮", "acme"),
    ],
)
def test_spellings_that_readers_take_for_the_same_fold_alike(one: str, other: str) -> None:
    assert fold_text(one) == fold_text(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("й", "и"), ("が", "か"), ("Acme™", "acmetm"), ("Acme¹", "acme1"), ("สวัสดี", "สวสด"), ("हिन्दी", "हनद")],
)
def test_different_letters_stay_different(one: str, other: str) -> None:
    assert fold_text(one) != fold_text(other)


def test_exact_folding_keeps_case_and_accents_and_loses_what_nobody_sees() -> None:
    assert fold_exact("Cafe\u0301 “Ａcme\u200b”") == 'Café "Acme"'
    assert fold_exact("café") != fold_exact("cafe")


@given(EVERYTHING | ODD | LETTERS)
def test_every_folded_character_has_a_place_in_the_original(text: str) -> None:
    folded = fold(text)
    before = 0
    for index in range(len(folded.text)):
        start, end = folded.span(index, index + 1)
        assert before <= start < end <= len(text)
        before = start
    assert len(folded.text) <= EXPANSION_LIMIT * 3 * len(text)
    folded.text.encode()  # no lone surrogates are left


@given(ODD)
def test_a_folded_stretch_is_what_its_original_folds_to(text: str) -> None:
    folded = fold(text)
    starts = [folded.span(index, index + 1)[0] for index in range(len(folded.text))]
    for index, start in enumerate(starts):
        if index == 0 or starts[index - 1] != start:
            end = folded.span(index, index + 1)[1]
            piece = fold_text(text[start:end])
            assert folded.text.startswith(piece, index)


@given(
    st.text(st.sampled_from("aàÀeéêoöőßñçąšžαάΐυϋйёїєがパ각힣퍼 -.") | st.characters(max_codepoint=0x17F), max_size=20)
)
def test_composed_and_decomposed_texts_fold_alike(text: str) -> None:
    assert fold_text(unicodedata.normalize("NFC", text)) == fold_text(unicodedata.normalize("NFD", text))


@example("\u1100\u0300\u1161")  # an accent between two letters that compose without it
@given(EVERYTHING | ODD)
def test_folding_again_changes_nothing(text: str) -> None:
    once = fold_text(text)
    assert fold_text(once) == once


def test_no_character_folds_to_one_that_folds_further() -> None:
    for code in (*range(0x3400), *range(0xA640, 0xAC00), *range(0xF900, 0x10000), *range(0x1D400, 0x1F200)):
        once = fold_text(chr(code))
        assert fold_text(once) == once, hex(code)


def test_threads_that_meet_new_characters_at_once_agree() -> None:
    texts = ["".join(chr(code) for code in range(start, start + 40)) for start in range(0x1F00, 0x2100, 8)] * 4
    with ThreadPoolExecutor(8) as pool:
        spans = list(pool.map(lambda text: (fold(text).text, fold(text).shifts), texts))
    assert spans == [(fold(text).text, fold(text).shifts) for text in texts]


@pytest.mark.parametrize(
    ("left", "right", "joined"),
    [
        ("a", "b", True),
        ("a", "1", True),
        ("é", "a", True),
        ("a", "_", False),
        ("a", "😀", False),
        ("a", "漢", False),
        ("漢", "字", False),
        ("ก", "ข", False),
        ("a", "각", False),
        ("각", "각", True),
        ("ह", "\u093f", True),
    ],
)
def test_letters_of_one_word_are_joined(left: str, right: str, joined: bool) -> None:
    assert are_joined(left, right) is joined


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("don't at&t acme.io state-of-the-art 12.5 %", 8),
        ("", 0),
        ("... !!!", 0),
        ("我喜欢acme的", 5),
        ("हिन्दी भाषा", 2),
        ("l’été «déjà»", 2),
    ],
)
def test_words_are_counted_as_readers_count(text: str, words: int) -> None:
    assert len(word_starts(fold_text(text))) == words


FAMILY = "👨\u200d👩\u200d👧"


@pytest.mark.parametrize(
    ("text", "at", "cut"),
    [
        ("abc", 2, 2),
        ("abc", 0, 0),
        ("abc", -1, 0),
        ("abc", 9, 3),
        ("cafe\u0301s", 4, 3),
        (f"x{FAMILY}y", 3, 1),
        (f"x{FAMILY}y", 6, 6),
        ("x👍🏽", 2, 1),
        ("x❤\ufe0f", 2, 1),
        ("🇩🇪🇫🇷", 1, 0),
        ("🇩🇪🇫🇷", 2, 2),
        ("🇩🇪🇫🇷", 3, 2),
        ("a\r\nb", 2, 1),
        ("हि", 1, 0),
    ],
)
def test_a_cut_never_splits_what_is_read_as_one(text: str, at: int, cut: int) -> None:
    assert safe_cut(text, at) == cut


@given(EVERYTHING, st.integers(min_value=1, max_value=30))
def test_a_shortened_text_is_one_line_and_no_longer_than_asked(text: str, width: int) -> None:
    short = shorten(text, width)
    assert len(short) <= width
    assert "\n" not in short
    if len(one_line(text)) <= width:
        assert short == one_line(text)


@settings(max_examples=20)
@given(st.integers(min_value=1, max_value=20))
def test_shortening_says_that_it_left_something_out(words: int) -> None:
    assert shorten("word " * (words + 1), 5 * words - 1).endswith("…")


@given(EVERYTHING | ODD | LETTERS)
@example("a\u0301 \u1112\u1161\u11ab ｶﾞ")
def test_letters_alone_are_those_of_the_composed_text_without_case(text: str) -> None:
    composed = text if text.isascii() else unicodedata.normalize("NFKC", text)
    assert letters_of(text) == "".join(character for character in composed.casefold() if character.isalnum())
