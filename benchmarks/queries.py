"""What matching costs as queries grow in number: `python benchmarks/queries.py [--texts N]`.

Prints time for each text with 1, 100 and 10,000 queries, beside what a plain `re` alternation of the brands' names
alone costs, and how long the queries take to read. Ratios within one run are what counts; the machine's mood is not.
"""

from __future__ import annotations

import argparse
import random
import re
import statistics
import time
from collections.abc import Callable, Sequence

from listener.mentions.matcher import Matcher
from listener.types import Brand, Item

SIZES = (1, 100, 10_000)
ROUNDS = 7
SYLLABLES = "ba ce di fo gu ha ke li mo nu pa ra se ti vo xa zen dar lux nix tor plex ven cor mel".split()
CONTEXT = "pricing cloud support outage refund hosting login app service bank delivery update".split()
#: The most frequent words of English make up about half of any text.
COMMON = (
    "the of and to a in is it you that he was for on are with as I his they be at one have this from or had by not but "
    "what all were we when your can said there use an each which she do how their if will up other about out many then"
).split()


def invented_word(rng: random.Random) -> str:
    return "".join(rng.choice(SYLLABLES) for _ in range(rng.randint(2, 4)))


def invented_query(rng: random.Random, name: str) -> str:
    brand, first, second = name.capitalize(), rng.choice(CONTEXT), rng.choice(CONTEXT)
    return rng.choice(
        (
            brand,
            f'"{brand} {first.capitalize()}" OR @{name} OR {brand}',
            f"{brand} NEAR/8 ({first} OR {second})",
            f'{{{brand}}} AND ({first} OR {second} OR "customer care") NOT (stock* OR careers)',
            f'"{brand} {first.capitalize()}"',
        )
    )


def invented_text(rng: random.Random, words: Sequence[str], names: Sequence[str]) -> str:
    """Return some 300 characters; one of `names` in them, if there are any."""
    text = [rng.choice(COMMON) if rng.random() < 0.5 else rng.choice(words) for _ in range(55)]
    if names:
        text[rng.randrange(55)] = rng.choice(names).capitalize()
    text[rng.randrange(55)] = rng.choice(CONTEXT)
    return " ".join(text)


def microseconds(action: Callable[[], object], count: int) -> float:
    """Return the median of some rounds, for one of `count` texts."""
    rounds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        action()
        rounds.append(time.process_time() - began)
    return statistics.median(rounds) / count * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=1_000)
    count = parser.parse_args().texts
    rng = random.Random(20261122)
    names = list(dict.fromkeys(invented_word(rng) for _ in range(4 * max(SIZES))))[: max(SIZES)]
    words = list({invented_word(rng) for _ in range(8_000)} - set(names))
    queries = [invented_query(rng, name) for name in names]
    print(f"{count} texts of about 300 characters; microseconds of CPU for each text, median of {ROUNDS} rounds\n")
    print(f"{'queries':>8} {'read, s':>8} {'names nobody':>13} {'names a brand':>14} {'matches':>8} {'re, names':>10}")
    baseline: dict[str, float] = {}
    for size in SIZES:
        began = time.process_time()
        matcher = Matcher([Brand(name=name, query=query) for name, query in zip(names[:size], queries, strict=False)])
        built = time.process_time() - began
        quiet = [Item(text=invented_text(rng, words, ())) for _ in range(count)]
        naming = [Item(text=invented_text(rng, words, names[:size])) for _ in range(count)]
        alternation = re.compile(r"\b(?:" + "|".join(map(re.escape, names[:size])) + r")\b", re.IGNORECASE)
        sample = naming[: max(1, count // 50)] if size > 1_000 else naming
        row = {
            "quiet": microseconds(lambda: [matcher.match(item) for item in quiet], count),  # noqa: B023
            "naming": microseconds(lambda: [matcher.match(item) for item in naming], count),  # noqa: B023
            "re": microseconds(lambda: [alternation.findall(item.text) for item in sample], len(sample)),  # noqa: B023
        }
        matches = sum(len(matcher.match(item)) for item in naming)
        print(f"{size:>8,} {built:>8.2f} {row['quiet']:>13.1f} {row['naming']:>14.1f} {matches:>8,} {row['re']:>10.1f}")
        if size == 100:
            baseline = row
    ratios = ", ".join(f"{kind} {row[kind] / baseline[kind]:.1f}" for kind in ("quiet", "naming", "re"))
    print(f"\n10,000 queries against 100: {ratios} times as much")


if __name__ == "__main__":
    main()
