"""Reach: how many people a mention may have come before, on one scale from 0 to 100. Pure.

The scale is logarithmic, because attention is: reach = 20 · log10(1 + people), so that 10 people are about 20, 100
are 40, 1,000 are 60, 10,000 are 80, and 100,000 or more are 100. `people` is estimated from what a source gives,
the largest of:

- views, impressions, plays, as they are;
- followers or subscribers of the author, a tenth of them: about as many see one post;
- points, likes, stars, each standing for ten readers; comments and replies for twenty; shares and boosts for fifty;
- ratings of a reviewed product, a tenth of them.

The factors are rules of thumb, within a power of ten of what networks publish; what counts is that one scale serves
all. The estimate is multiplied by the source's weight from the settings. Without any number a mention reaches
`UNKNOWN_READERS` times the weight.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

#: People behind one of each.
PEOPLE_PER: Mapping[str, float] = {
    "views": 1, "impressions": 1, "plays": 1, "reads": 1,
    "followers": 0.1, "subscribers": 0.1, "members": 0.1,
    "points": 10, "score": 10, "likes": 10, "favourites": 10, "favorites": 10, "stars": 10, "upvotes": 10,
    "votes": 10, "reactions": 10, "helpful": 10,
    "comments": 20, "replies": 20, "answers": 20,
    "shares": 50, "boosts": 50, "reblogs": 50, "reposts": 50, "retweets": 50, "quotes": 50,
    "ratings": 0.1, "rating_count": 0.1,
}  # fmt: skip
#: Who reads a thing of which nothing is known.
UNKNOWN_READERS = 3.0
SCALE = 20.0


def reach(metrics: Mapping[str, float], weight: float = 1.0) -> float:
    """Return the reach of an item, 0 to 100, rounded to one decimal.

    Metrics that aren't known, negative or not finite are left out.
    """
    people = [
        PEOPLE_PER[name.lower()] * number
        for name, number in metrics.items()
        if name.lower() in PEOPLE_PER and math.isfinite(number) and number >= 0
    ]
    readers = max(people, default=UNKNOWN_READERS) * max(weight, 0.0)
    return round(min(100.0, SCALE * math.log10(1.0 + readers)), 1)
