"""What of a long text is read for a name."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from listener.mentions.passages import READ_LIMIT, WHOLE, passages

FILLER = "The harvest was late this year and nobody minded much. "


def spans(text: str, name: str) -> list[tuple[int, int]]:
    found, at = [], text.find(name)
    while at >= 0:
        found.append((at, at + len(name)))
        at = text.find(name, at + 1)
    return found


def test_a_short_text_is_read_as_a_whole() -> None:
    text = "Acme lost my order. " + FILLER * 5
    assert passages(text, spans(text, "Acme")) == (text, [(0, 4)])


def test_of_a_long_text_the_sentence_that_names_it_and_the_next_are_read() -> None:
    text = FILLER * 20 + "I took it with my Acme phone. " + FILLER * 20 + "Terrible, broken, awful."
    read, targets = passages(text, spans(text, "Acme"))
    assert read == "I took it with my Acme phone. The harvest was late this year and nobody minded much. "
    assert "Terrible" not in read
    assert [read[a:b] for a, b in targets] == ["Acme"]
    assert len(read) < WHOLE


def test_names_that_stand_apart_are_read_apart_and_names_that_stand_close_together() -> None:
    close = "Acme is slow. Acme is late. "
    text = close + FILLER * 20 + "And Acme again. " + FILLER * 20
    read, targets = passages(text, spans(text, "Acme"))
    assert [read[a:b] for a, b in targets] == ["Acme"] * 3
    assert read.count("Acme is slow. Acme is late.") == 1
    assert read.count("\n") == 1


def test_a_text_that_is_meant_as_a_whole_is_read_from_its_beginning() -> None:
    text = FILLER * 100
    read, targets = passages(text, [(0, 0)])
    assert text.startswith(read)
    assert READ_LIMIT < len(read) <= READ_LIMIT + 250
    assert targets == [(0, 0)]


def test_a_text_without_sentences_or_blanks_is_cut_where_it_must_be() -> None:
    text = "x" * 5000 + "Acme" + "y" * 5000
    read, targets = passages(text, [(5000, 5004)])
    assert [read[a:b] for a, b in targets] == ["Acme"]
    assert len(read) < WHOLE


@given(
    st.text(st.sampled_from("ab .!\n漢…"), min_size=0, max_size=3000),
    st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 30)), min_size=1, max_size=20),
)
def test_every_target_that_is_kept_is_what_it_was(text: str, places: list[tuple[int, int]]) -> None:
    targets = sorted((a, min(len(text), a + n)) for a, n in places if a < len(text))
    if not targets:
        return
    read, moved = passages(text, targets)
    assert moved
    assert len(read) <= max(WHOLE, READ_LIMIT + 900)
    for (a, b), (c, d) in zip(targets, moved, strict=False):
        assert read[c:d] == text[a:b]
