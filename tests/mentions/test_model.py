"""The model's sums, worked out word by word, are those of all marks of a text, spelled and hashed one by one."""

from __future__ import annotations

import random
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.mentions.data import Data
from listener.mentions.features import family_of, figures, marks, spelled
from listener.mentions.memory import LENGTH, Memory
from listener.mentions.model import (
    CHECK_SHIFT,
    EDGE,
    Model,
    Weights,
    compound_of_probabilities,
    other_row,
    parse_weights,
)
from listener.mentions.scene import Scene
from listener.mentions.understand import SceneReader, UnderstandSettings
from listener.mentions.words import TARGET
from listener.plugins import bundled

WORDS = st.sampled_from(
    [TARGET, f"@{TARGET}", *"not never but good terrible slow café crashes 24 !!! ? . , :-) 😀 нет خدمة".split()]
)


@pytest.fixture(scope="module")
def reader(data: Data) -> SceneReader:
    return SceneReader(UnderstandSettings(), data.resources)


@pytest.fixture(scope="module")
def model(data: Data) -> Model:
    return Model(data.weights)


def row_of(mark: str, weights: Weights) -> int | None:
    """Return the row of a mark, which is one of two that are known by their checks; None for one that has none."""
    number = crc32(mark.encode())
    row, check = number & (weights.rows - 1), number >> CHECK_SHIFT
    for place in (row, other_row(row, check)):
        if weights.checks[place] == check:
            return place if any(weights.table[4 * place : 4 * place + 4]) else None
    return None


def by_marks(scene: Scene, weights: Weights) -> list[float]:
    """Work the logits out as training does."""
    family = family_of(scene.lang)
    table = memoryview(weights.table).cast("b")
    found = [row_of(mark, weights) for mark in spelled(marks(scene), family)]
    rows = [row * 4 for row in found if row is not None]
    squares = sum((table[row + 3] * weights.rarity_step) ** 2 for row in rows)
    squares += (len(found) - len(rows)) * (weights.unseen[family] * weights.rarity_step) ** 2
    norm = squares**-0.5 if squares else 0.0
    return [
        sum(table[row + label] for row in rows) * weights.weight_steps[family] * norm
        + sum(figure * row[label] for figure, row in zip(figures(scene), weights.figures[family], strict=True))
        + weights.offsets[family][label]
        for label in range(3)
    ]


@settings(max_examples=60, deadline=None)
@given(words=st.lists(WORDS, min_size=1, max_size=25), lang=st.sampled_from(["en", "de"]))
def test_a_text_has_the_logits_of_its_marks(
    reader: SceneReader, model: Model, data: Data, words: list[str], lang: str
) -> None:
    scene = reader.read(" ".join(words), lang)
    assert model.logits(scene) == pytest.approx(by_marks(scene, data.weights))


def test_words_that_training_never_saw_have_no_weights_of_others(data: Data) -> None:
    chance = random.Random(0)
    made = {"".join(chance.choices("bcdfghjklmnpqrstvwxz", k=12)) for _ in range(2_000)}
    found = [row_of(f"w {word}", data.weights) for word in made]
    assert sum(row is not None for row in found) < len(made) / 50


def test_a_second_reading_of_a_text_is_the_same_as_the_first(reader: SceneReader, data: Data) -> None:
    scene = reader.read("Never had such a terrible week, but support was kind", "en")
    fresh = Model(data.weights)
    assert fresh.logits(scene) == fresh.logits(scene)
    assert fresh.reasons(scene) == fresh.reasons(scene)


def test_a_memory_forgets_all_before_it_grows_beyond_its_bound_and_keeps_no_endless_word() -> None:
    asked: list[str] = []

    def length(word: str) -> int:
        asked.append(word)
        return len(word)

    memory = Memory(length, limit=2)
    assert [memory[word] for word in ("a", "bb", "a", "ccc", "a")] == [1, 2, 1, 3, 1]
    assert asked == ["a", "bb", "ccc", "a"]
    assert memory["x" * (LENGTH + 1)] == LENGTH + 1
    assert len(memory) == 2


@pytest.mark.parametrize(
    ("probabilities", "feeling", "label"),
    [
        ((0.1, 0.2, 0.7), 0.8, "positive"),
        ((0.7, 0.2, 0.1), 0.8, "negative"),
        ((0.38, 0.22, 0.4), 0.0, "positive"),
        ((0.3, 0.4, 0.3), -0.9, "neutral"),
        ((0.02, 0.5, 0.48), 0.9, "neutral"),
    ],
)
def test_compound_and_label_agree(probabilities: tuple[float, float, float], feeling: float, label: str) -> None:
    compound, found = compound_of_probabilities(probabilities, feeling)
    assert found == label
    assert label == ("positive" if compound >= EDGE else "negative" if compound <= -EDGE else "neutral")


def test_stronger_words_make_a_stronger_compound_and_words_that_contradict_a_weaker_one() -> None:
    surely = (0.1, 0.1, 0.8)
    strong, plain, against = (compound_of_probabilities(surely, feeling)[0] for feeling in (0.9, 0.3, -0.9))
    assert strong > plain > against > EDGE


def test_a_model_that_is_broken_is_refused() -> None:
    whole = bundled("config").joinpath("model.bin").read_bytes()
    weights = parse_weights(whole)
    assert weights.rows == len(weights.checks) == len(weights.table) // 4
    for broken in (b"", b"something else entirely", whole[:-1000], whole[:5000] + bytes(100) + whole[5100:]):
        with pytest.raises(ValueError, match="model"):
            parse_weights(broken)
