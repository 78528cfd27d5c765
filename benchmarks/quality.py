"""Measure the quality of understanding: `python benchmarks/quality.py --data DIR`.

Every figure is taken from what `listener score` and `listener group` print, run as programs of their own; beside it
stands plain vaderSentiment on the whole text. Of sets that the model was trained on (marked *) its own figures would be
flattering: cross_validate.py gives honest ones. DIR/README.md describes the sets.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import correlation, fmean
from typing import Any, TypeAlias

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

HERE = Path(__file__).resolve().parent
LABELS = ("negative", "neutral", "positive")
LANGUAGES = ("arabic", "french", "german", "hindi", "italian", "portuguese", "spanish")
REASONS = {
    "Customer Service Issue": "customer-service",
    "Late Flight": "late-flight",
    "Cancelled Flight": "cancelled-flight",
    "Lost Luggage": "lost-luggage",
    "Damaged Luggage": "damaged-luggage",
    "Bad Flight": "bad-flight",
    "Flight Booking Problems": "flight-booking",
    "Flight Attendant Complaints": "flight-attendants",
    "longlines": "long-lines",
}
#: Pain points that speak of something broken.
BROKEN = frozenset({"bugs", "reliability", "speed", "account", "onboarding"})
#: A review is a bare rating up to so many words; one that names a pain only up to so few.
RATING_WORDS, RATING_WORDS_WITH_PAIN = 16, 6
#: From here a review that names something broken reports it, even if it also asks for something.
REPORTS = 0.6


Row: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One line of the table."""

    name: str
    plain: float | None
    ours: float
    goal: float


def read(path: Path) -> list[Row]:
    """Read a set."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def listener(command: Sequence[str], rows: Iterable[Row]) -> list[Row]:
    """Run the program on rows; return what it prints, in order."""
    given = "".join(json.dumps(row) + "\n" for row in rows)
    run = [sys.executable, "-m", "listener", "-c", "no-settings.toml", *command, "-"]
    done = subprocess.run(run, input=given, capture_output=True, text=True, encoding="utf-8", check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def score(rows: Iterable[Row], *options: str) -> list[Row]:
    """Run `listener score`."""
    return listener(["score", "--json", *options], rows)


def macro_f1(truth: Sequence[str], found: Sequence[str | None], labels: Sequence[str] = LABELS) -> float:
    """Return the mean of the labels' F1."""
    return fmean(f1([one == label for one in truth], [one == label for one in found]) for label in labels)


def f1(truth: Sequence[bool], found: Sequence[bool]) -> float:
    """Return the F1 of a yes-no decision."""
    both = sum(a and b for a, b in zip(truth, found, strict=True))
    return 2 * both / (sum(truth) + sum(found)) if both else 0.0


ANALYZER = SentimentIntensityAnalyzer()


def plain_labels(rows: Iterable[Row]) -> list[str]:
    """Return plain VADER's labels."""
    compounds = [ANALYZER.polarity_scores(row["text"])["compound"] for row in rows]
    return ["positive" if one >= 0.05 else "negative" if one <= -0.05 else "neutral" for one in compounds]


def sentiment(name: str, goal: float, rows: Sequence[Row], *options: str, target: str | None = None) -> Measure:
    """Measure three labels. `target` is the key of the target, if the set has one."""
    asked = [{"id": n, "text": row["text"], "target": row[target] if target else None} for n, row in enumerate(rows)]
    truth = [row["label"] for row in rows]
    found = [row["label"] for row in score(asked, *options)]
    return Measure(name=name, plain=macro_f1(truth, plain_labels(rows)), ours=macro_f1(truth, found), goal=goal)


def languages(data: Path, *options: str) -> list[Measure]:
    """Measure each of the seven languages and their mean; the language isn't told."""
    found = []
    for language in LANGUAGES:
        rows = read(data / "sentiment-umsab-multilingual" / f"{language}.jsonl.gz")
        found.append(sentiment(f"umsab {language} *", 0.45, rows, *options))
    plain = fmean(one.plain or 0.0 for one in found)
    return [*found, Measure(name="umsab, mean of 7 *", plain=plain, ours=fmean(one.ours for one in found), goal=0.60)]


def vader_tweets(data: Path, *options: str) -> Measure:
    """Measure the correlation with people's ratings."""
    rows = read(data / "sentiment-vader-icwsm2014" / "tweets.jsonl.gz")
    truth = [row["rating"] for row in rows]
    plain = [ANALYZER.polarity_scores(row["text"])["compound"] for row in rows]
    found = [row["compound"] or 0.0 for row in score(rows, *options)]
    return Measure(
        name="icwsm2014 tweets, r *", plain=correlation(truth, plain), ours=correlation(truth, found), goal=0.87
    )


def complaints(data: Path, *options: str) -> Measure:
    """Measure whether tweets to firms are complaints."""
    rows = read(data / "painpoints-twitter-complaints" / "tweets.jsonl.gz")
    truth = [row["complaint"] == 1 for row in rows]
    plain = [label == "negative" for label in plain_labels(rows)]
    found = [row["complaint"] >= 0.5 for row in score(rows, *options)]
    return Measure(name="twitter-complaints, F1", plain=f1(truth, plain), ours=f1(truth, found), goal=0.70)


def review_class(text: str, found: Row) -> str:
    """Map kind and pain points to the classes of app reviews."""
    topics = [pain["topic"] for pain in found["pains"]]
    first = topics[0] if topics else None
    if first in BROKEN and found["complaint"] >= REPORTS:
        return "bug report"
    if found["kind"] == "request" or (first == "missing-feature" and found["kind"] != "praise"):
        return "feature request"
    if first in BROKEN and found["kind"] != "praise":
        return "bug report"
    if found["kind"] in ("complaint", "churn") and any(topic in BROKEN for topic in topics):
        return "bug report"
    bare = RATING_WORDS_WITH_PAIN if topics else RATING_WORDS
    return "user experience" if len(text.split()) > bare else "rating"


def reviews(data: Path, *options: str) -> Measure:
    """Measure the four classes of app reviews."""
    rows = read(data / "painpoints-google-play-4class" / "reviews.jsonl.gz")
    found = [review_class(row["text"], one) for row, one in zip(rows, score(rows, *options), strict=True)]
    classes = ("bug report", "feature request", "user experience", "rating")
    return Measure(
        name="google-play 4 classes", plain=None, ours=macro_f1([r["label"] for r in rows], found, classes), goal=0.60
    )


def reasons(data: Path, *options: str) -> Measure:
    """Measure the first pain topic against the reason that people gave, with a taxonomy of airlines in the settings."""
    rows = [row for row in read(data / "airline-us-twitter" / "tweets.jsonl.gz") if row["negativereason"] in REASONS]
    asked = [{"id": row["id"], "text": row["text"], "target": row["airline"]} for row in rows]
    scored = score(asked, "--taxonomy", str(HERE / "airline-pains.toml"), *options)
    found = [row["pains"][0]["topic"] if row["pains"] else None for row in scored]
    truth = [REASONS[row["negativereason"]] for row in rows]
    return Measure(
        name="airline reasons, 9 topics", plain=None, ours=macro_f1(truth, found, list(REASONS.values())), goal=0.50
    )


def relevance(data: Path, *options: str) -> Measure:
    """Measure whether a match is about the brand."""
    rows = read(data / "brand-sanders-twitter" / "tweets.jsonl.gz")
    truth = [row["label"] != "irrelevant" for row in rows]
    asked = [{"id": row["id"], "text": row["text"], "target": row["brand"]} for row in rows]
    found = [row["relevance"] >= 0.5 for row in score(asked, *options)]
    return Measure(name="sanders relevance, F1", plain=f1(truth, [True] * len(truth)), ours=f1(truth, found), goal=0.85)


_TOKEN = re.compile(r"\w+")


def news(data: Path) -> list[Measure]:
    """Measure pairs of titles: those nearly alike that fall in one story; those in one story that are of one event."""
    rows = read(data / "neardup-uci-news-aggregator" / "headlines.jsonl.gz")
    stories = [
        row["story"] for row in listener(["group"], [{"id": r["id"], "title": r["title"], "text": ""} for r in rows])
    ]
    words = [frozenset(_TOKEN.findall(row["title"].lower())) for row in rows]
    alike = [
        (a, b)
        for a, b in itertools.combinations(range(len(rows)), 2)
        if len(words[a] & words[b]) >= 0.6 * len(words[a] | words[b])
    ]
    grouped = defaultdict(list)
    for place, story in enumerate(stories):
        grouped[story].append(place)
    pairs = [pair for places in grouped.values() for pair in itertools.combinations(places, 2)]
    recall = fmean(stories[a] == stories[b] for a, b in alike)
    precision = fmean(rows[a]["story"] == rows[b]["story"] for a, b in pairs)
    return [
        Measure(name="uci-news near titles, recall", plain=None, ours=recall, goal=0.97),
        Measure(name="uci-news stories, precision", plain=None, ours=precision, goal=0.95),
    ]


def copies(data: Path) -> Measure:
    """Measure whether near copies and light revisions are grouped with their source, and originals are not."""
    rows = [row for row in read(data / "neardup-clough-stevenson" / "pairs.jsonl.gz") if row["label"] != 1]
    right = 0
    for row in rows:
        pair = [
            {"id": "source", "title": "", "text": row["source"]},
            {"id": "answer", "title": "", "text": row["answer"]},
        ]
        one, other = listener(["group"], pair)
        right += (one["story"] == other["story"]) == (row["label"] >= 2)
    return Measure(name="clough-stevenson", plain=None, ours=right / len(rows), goal=0.95)


def measures(data: Path, *options: str) -> Iterable[Measure]:
    """Yield the lines of the table."""
    yield sentiment("airline", 0.65, read(data / "airline-us-twitter/tweets.jsonl.gz"), *options, target="airline")
    yield sentiment("tweeteval test", 0.62, read(data / "sentiment-tweeteval/test.jsonl.gz"), *options)
    yield sentiment("acl14 test", 0.58, read(data / "targeted-acl14-twitter/test.jsonl.gz"), *options, target="target")
    yield sentiment(
        "newsmtsc rw *", 0.65, read(data / "targeted-newsmtsc/devtest_rw.jsonl.gz"), *options, target="target"
    )
    yield sentiment("mams test *", 0.52, read(data / "absa-mams/test.jsonl.gz"), *options, target="target")
    yield vader_tweets(data, *options)
    yield from languages(data, *options)
    yield complaints(data, *options)
    yield reviews(data, *options)
    yield reasons(data, *options)
    yield relevance(data, *options)
    yield from news(data)
    yield copies(data)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--scorer", choices=("model", "vader", "minilm"), default="model")
    arguments = parser.parse_args()
    print(f"{'set, measure':<32}{'VADER':>8}{'ours':>8}{'goal':>8}")
    for one in measures(arguments.data, "--scorer", arguments.scorer):
        plain = "–" if one.plain is None else f"{one.plain:.3f}"
        met = "" if one.ours >= one.goal else "  below"
        print(f"{one.name:<32}{plain:>8}{one.ours:>8.3f}{one.goal:>8.2f}{met}", flush=True)


if __name__ == "__main__":
    main()
