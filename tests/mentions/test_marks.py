"""The marks of a scene: words by where they stand relative to the target."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.mentions.data import Data
from listener.mentions.features import NEAR, marks
from listener.mentions.scene import Scene
from listener.mentions.understand import SceneReader, UnderstandSettings
from listener.mentions.words import TARGET

TEXTS = st.lists(st.sampled_from([TARGET, "good", "bad", "day", "not", "but", ".", "!"]), max_size=40).map(" ".join)


@pytest.fixture(scope="module")
def reader(data: Data) -> SceneReader:
    return SceneReader(UnderstandSettings(), data.resources)


def near(scene: Scene) -> Counter[tuple[str, str]]:
    """Return the marks of words near a target, worked out word by word."""
    found: Counter[tuple[str, str]] = Counter()
    for place, shape in enumerate(scene.words.shapes if scene.targets else ()):
        distance = scene.distance(place)
        if scene.in_scope[place] and 0 < abs(distance) <= NEAR:
            found.update({("L" if distance < 0 else "R", shape): 1, ("W", shape): 1})
            if abs(distance) <= 2:
                found[f"D{distance}", shape] += 1
    return found


@settings(max_examples=150, deadline=None)
@given(text=TEXTS)
def test_words_near_the_target_are_marked_by_side_and_distance(reader: SceneReader, text: str) -> None:
    scene = reader.read(text, "en")
    signed = marks(scene).signed
    told = [(sign, shape) for sign in signed if sign[0] in "LRWD" for shape in signed[sign]]
    assert Counter(told) == near(scene)


@settings(max_examples=100, deadline=None)
@given(text=TEXTS, reach=st.integers(1, 12))
def test_surroundings_hold_each_token_near_a_target_once(reader: SceneReader, text: str, reach: int) -> None:
    scene = reader.read(text, "en")
    held = [place for start, _, end in scene.around(reach) for place in range(start, end)]
    length = len(scene.words.tokens) if scene.targets else 0
    assert held == [place for place in range(length) if abs(scene.distance(place)) <= reach]


@settings(max_examples=100, deadline=None)
@given(text=TEXTS)
def test_each_word_and_pair_is_marked_once_inside_or_outside_of_the_scope(reader: SceneReader, text: str) -> None:
    scene = reader.read(text, "en")
    found = marks(scene)
    shapes = list(scene.words.shapes)
    assert Counter([*found.inside, *found.signed.get("o", ())]) == Counter(shapes)
    pairs = [f"{before} {after}" for before, after in zip(["^", *shapes], [*shapes, "$"], strict=True)]
    assert Counter([*found.signed["b"], *found.signed.get("o b", ())]) == Counter(pairs)
    outside = [pair for pair, within in zip(pairs, scene.in_scope, strict=False) if not within]
    assert list(found.signed.get("o b", ())) == outside
