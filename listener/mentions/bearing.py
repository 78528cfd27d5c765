"""Whether a text bears its sentiment towards a brand out: by words near the name, and by what it is. Pure.

Two rules. In an article the sentiment towards a brand is what stands by its name: the whole may be sad or glad about
anything. And a sentiment agrees with the kind of speech: who complains of a brand or leaves it isn't glad about it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from listener.mentions.scene import Scene
from listener.mentions.sentiment import NEGATIVE, POSITIVE, label_of
from listener.mentions.words import Found
from listener.types import Label, Sentiment, Speech

#: How many tokens from the name a word of feeling is still by it.
NEAR = 5
#: What such a word has at least, on VADER's scale.
CLEAR = 1.0
#: How many tokens from the name of an article's phrases are by it.
AROUND = 12
#: A neutral post complains this surely before it is told as negative, where somebody speaks and where nobody does. Of
#: 96 tweets to airlines that are neutral and complain by 0.8 or more, 73 are negative.
SURE = 0.7
VERY_SURE = 0.9
#: How strong what is only stated is: a half of how much more sure than not it is that the text complains.
STATED = 0.5


def by_the_name(sentiment: Sentiment, scene: Scene) -> Sentiment:
    """Return an article's sentiment towards a brand that it names: neutral, unless words near the name bear it out.

    They do where a clear word of feeling of that sign stands in a clause of the name and near it, and the feelings of
    these clauses come to that sign in sum.
    """
    compound = sentiment.compound
    if compound is None or sentiment.label == "neutral":
        return sentiment
    sign = 1 if compound > 0 else -1
    scope = scene.in_scope
    inside = [feeling for feeling in scene.feelings if scope[feeling.place]] if scene.targets else []
    near = any(feeling.value * sign >= CLEAR and abs(scene.distance(feeling.place)) <= NEAR for feeling in inside)
    if near and sum(feeling.value for feeling in inside) * sign > 0:
        return sentiment
    return _turned(sentiment, 0.0, "neutral", "(not by the name)")


def phrases_by_the_name(scene: Scene) -> Mapping[str, Sequence[Found]]:
    """Return of an article's phrases those that stand by a name; all of them where it has none."""
    if not scene.targets:
        return scene.phrases
    places = scene.words.places
    within = range(-AROUND, AROUND + 1)
    by_name = {
        group: [one for one in found if scene.distance(places[one.first]) in within]
        for group, found in scene.phrases.items()
    }
    return {group: found for group, found in by_name.items() if found}


def words_by_the_name(scene: Scene) -> Sequence[str]:
    """Return of an article's words those that stand by a name; all of them where it has none."""
    words, places = scene.words.words, scene.words.places
    if not scene.targets:
        return words
    around = [(bisect_left(places, start), bisect_left(places, end)) for start, _, end in scene.around(AROUND)]
    return [word for first, end in around for word in words[first:end]]


def agreeing(sentiment: Sentiment, kind: Speech, complaint: float, *, speaks: bool) -> Sentiment:
    """Return a sentiment that agrees with the kind of speech.

    What is stated counts where no word of feeling does: a complaint or a farewell is negative, at most by a half of how
    sure the complaint is. Neutral complaints turn only where they are sure. Spam feels nothing, whatever it promises.
    """
    compound = sentiment.compound
    if compound and kind == "spam":
        return _turned(sentiment, 0.0, "neutral", "(spam)")
    if compound is None or kind not in ("complaint", "churn"):
        return sentiment
    if compound >= POSITIVE or (
        compound > NEGATIVE and (kind == "churn" or complaint >= (SURE if speaks else VERY_SURE))
    ):
        stated = min(NEGATIVE, -STATED * (complaint - 0.5))
        return _turned(sentiment, round(stated, 4), label_of(stated), f"({kind})")
    return sentiment


def _turned(sentiment: Sentiment, compound: float, label: Label, why: str) -> Sentiment:
    assert sentiment.compound is not None
    by = round(compound - sentiment.compound, 2)
    return replace(sentiment, compound=compound, label=label, reasons=(*sentiment.reasons, (why, by)))
