"""What a rating says: stars and survey scores as a verdict on the scale of sentiment. Pure.

Who gives stars has judged the whole; words are scored by a guess of ours. So where both are known the stars weigh
twice, and where the words can't be scored (another language, too few) the stars alone decide.
"""

from __future__ import annotations

from listener.mentions.sentiment import label_of
from listener.types import Item, Sentiment

#: Of the best rating; of the worst it is the same below zero. Words alone rarely reach further.
BEST = 0.8
#: How much stars weigh against words.
WEIGHT = 2 / 3
#: NPS (Reichheld, Harvard Business Review 12/2003): up to 6 detractors, from 9 on promoters, between them passive.
DETRACTOR, PROMOTER = 6, 9
_MILDEST_DETRACTOR = 0.2


def verdict_of(item: Item) -> float | None:
    """Return a rating as a compound, -0.8 to 0.8: linear from the worst to the best there is; None without a rating.

    1 of 5 stars is -0.8, 3 of 5 are 0, 5 of 5 are 0.8. Scales begin at 1, but for NPS and those of a single step.
    """
    rating, best = item.rating, item.rating_max
    if rating is None or best <= 0 or not 0 <= rating <= best:
        return None
    if item.segment.get("metric") == "nps":
        if rating >= PROMOTER:
            return BEST
        if rating > DETRACTOR:
            return 0.0
        return round(-_MILDEST_DETRACTOR - (BEST - _MILDEST_DETRACTOR) * (DETRACTOR - rating) / DETRACTOR, 4)
    worst = 1.0 if best > 1 else 0.0
    share = max(0.0, (rating - worst) / (best - worst))
    return round(BEST * (2 * share - 1), 4)


def weighed(words: Sentiment, verdict: float | None, said: str) -> Sentiment:
    """Return the sentiment of words together with a rating's verdict; `said` names the rating among the reasons."""
    if verdict is None:
        return words
    compound = verdict if words.compound is None else WEIGHT * verdict + (1 - WEIGHT) * words.compound
    compound = round(compound, 4)
    return Sentiment(compound=compound, label=label_of(compound), reasons=(*words.reasons, (said, verdict)))
