"""Measure the speed of understanding beside vaderSentiment: `python benchmarks/understand.py`.

Texts are made up from words of the lexicons, 300 characters each, so that no data is needed. Times are CPU times, and
the ratios are of one run: the library and the program take turns.
"""

from __future__ import annotations

import argparse
import itertools
import random
import resource
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from listener.mentions.data import load_for
from listener.mentions.stories import fingerprint
from listener.mentions.story_index import StoryIndex
from listener.mentions.understand import Understander, UnderstandSettings
from listener.mentions.vader import Vader
from listener.types import Brand, Hit, Item, Match, Source

CONFIG = Path(__file__).resolve().parents[1] / "config"
#: Sentiment words among others: about what tweets to firms have.
FEELING = 0.12
LENGTH = 300
#: Titles that a new one may copy.
RECENT = 5_000
TEXTS = 400
TURNS = 5


def texts(feelings: Sequence[str], plain: Sequence[str]) -> list[str]:
    """Make texts of words, the frequent ones oftener, that name the brand."""
    chance = random.Random(7)
    frequent = list(itertools.accumulate(1 / (rank + 2) for rank in range(len(plain))))
    made = []
    for _ in range(TEXTS):
        words = ["Acme"]
        while sum(map(len, words)) + len(words) < LENGTH:
            feels = chance.random() < FEELING
            words.append(chance.choice(feelings) if feels else chance.choices(plain, cum_weights=frequent)[0])
            if chance.random() < 0.1:
                words[-1] += chance.choice([".", ",", "!"])
        made.append(" ".join(words))
    return made


def seconds(work: Callable[[str], object], given: Sequence[str]) -> float:
    """Return the CPU time of one text."""
    began = time.process_time()
    for text in given:
        work(text)
    return (time.process_time() - began) / len(given)


def understanding(scorer: str) -> None:
    """Print the cost of one text, by the library, the port and the whole understanding."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    data = load_for(scorer, CONFIG)
    learned = (CONFIG / "languages.toml").read_text(encoding="utf-8").split('en = "', 1)[1].split('"', 1)[0].split()
    feelings = [word for word in data.resources.vader.words if word.isalpha()]
    given = texts(feelings, learned)
    library = SentimentIntensityAnalyzer()
    port = Vader(data.resources.vader)
    understander = Understander([Brand(name="acme", query="Acme")], UnderstandSettings(scorer=scorer), data)
    source = Source(name="made up", scraper="feed")

    def understand(text: str) -> object:
        match = Match(brand="acme", hits=(Hit(field="text", start=0, end=4, term="Acme"),))
        return understander.read(Item(text=text), match, source)

    times: dict[str, list[float]] = {"vaderSentiment": [], "its port": [], "understanding": []}
    for _ in range(TURNS):
        times["vaderSentiment"].append(seconds(library.polarity_scores, given))
        times["its port"].append(seconds(port.compound, given))
        times["understanding"].append(seconds(understand, given))
    base = sorted(times["vaderSentiment"])[TURNS // 2]
    for name, taken in times.items():
        middle = sorted(taken)[TURNS // 2]
        print(f"{name:<16}{middle * 1e6:>8.0f} µs a text{middle / base:>8.2f} of the library")
    more = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    print(f"{more} MB more than before, at most")


def titles(count: int) -> Iterator[str]:
    """Make titles: most of words of their own, the frequent ones oftener, a third with words of a recent one kept.

    So there are copies, near copies, and many that share a phrase with others and are no copies of theirs.
    """
    chance = random.Random(7)
    words = [f"word{number}" for number in range(60_000)]
    frequent = list(itertools.accumulate(1 / (rank + 3) for rank in range(len(words))))
    recent: list[list[str]] = []
    for number in range(count):
        title = chance.choices(words, cum_weights=frequent, k=chance.randint(6, 12))
        if recent and chance.random() < 0.35:
            old = chance.choice(recent)
            kept = chance.randint(2, len(old))
            title = old[:kept] + title[: len(old) - kept]
        if number < RECENT:
            recent.append(title)
        else:
            recent[number % RECENT] = title
        yield " ".join(title)


def grouping(count: int) -> None:
    """Print the cost of one more title, and the memory of all."""
    index = StoryIndex()
    began = time.process_time()
    for _ in titles(count):
        pass
    made = (time.process_time() - began) / max(1, count)
    began = time.process_time()
    step = max(1, count // 5)
    for number, title in enumerate(titles(count), start=1):
        index.add(fingerprint(title, ""))
        if number % step == 0:
            taken = (time.process_time() - began) / step - made
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            print(f"{number:>9,} titles{taken * 1e6:>8.0f} µs a title{memory:>8} MB at most", flush=True)
            began = time.process_time()
    stories = sum(index.story(item) == item for item in range(1, count + 1))
    print(f"{stories:>9,} stories")


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--titles", type=int, default=100_000, help="0 leaves grouping out")
    parser.add_argument("--scorer", choices=("model", "vader", "minilm"), default="model")
    arguments = parser.parse_args()
    understanding(arguments.scorer)
    if (count := arguments.titles) > 0:
        grouping(count)


if __name__ == "__main__":
    main()
