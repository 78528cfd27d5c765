"""Find more words that tell a language: `python benchmarks/train_languages.py --data DIR`, printed as TOML.

Reads the UMSAB tweets (Apache-2.0) and, for English, more of the sets that train.py reads. A word is taken when it
stands in enough texts of one language, hardly in others, and mostly in small letters: names tell a topic, no language.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

FILES = {
    "sentiment-umsab-multilingual/arabic": "ar",
    "sentiment-umsab-multilingual/english": "en",
    "sentiment-umsab-multilingual/french": "fr",
    "sentiment-umsab-multilingual/german": "de",
    "sentiment-umsab-multilingual/hindi": "hi",
    "sentiment-umsab-multilingual/italian": "it",
    "sentiment-umsab-multilingual/portuguese": "pt",
    "sentiment-umsab-multilingual/spanish": "es",
    "targeted-newsmtsc/train": "en",
    "targeted-newsmtsc/devtest_mt": "en",
    "absa-mams/train": "en",
    "sentiment-vader-icwsm2014/nytEditorialSnippets": "en",
    "sentiment-vader-icwsm2014/movieReviewSnippets": "en",
    "sentiment-vader-icwsm2014/tweets": "en",
    "sentiment-vader-icwsm2014/amazonReviewSnippets": "en",
}
#: English has more texts; here one more would do, but rare words of others are mostly names.
LEAST_TEXTS = {"en": 2}
OTHERS_LEAST_TEXTS = 3
LEAST_SHARE = 0.85
WORDS_LIMIT = 6000

_NOISE = re.compile(r"https?:?\S*|www\.\S+|[@#]\w+|&\w+;|\\u\w{4}|\d+")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


def texts(data: Path) -> Iterator[tuple[str, str]]:
    """Yield language and text."""
    for file, lang in FILES.items():
        with gzip.open(data / f"{file}.jsonl.gz", "rt", encoding="utf-8") as lines:
            for line in lines:
                yield lang, _NOISE.sub(" ", json.loads(line)["text"])


def learned(rows: Iterator[tuple[str, str]]) -> dict[str, list[str]]:
    """Return words by language, the most frequent first."""
    rates: dict[str, Counter[str]] = {}
    small: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for lang, text in rows:
        sizes[lang] += 1
        words = set(_WORD.findall(text))
        small.update({word for word in words if word.islower()})
        rates.setdefault(lang, Counter()).update({word.lower() for word in words})
    everywhere: Counter[str] = Counter()
    for lang, counts in rates.items():
        for word, count in counts.items():
            everywhere[word] += count / sizes[lang]
    found = {}
    for lang, counts in rates.items():
        words = [
            word
            for word, count in counts.most_common()
            if count >= LEAST_TEXTS.get(lang, OTHERS_LEAST_TEXTS)
            and count / sizes[lang] >= LEAST_SHARE * everywhere[word]
            and 2 * small[word] >= sum(one[word] for one in rates.values())
            and word.isprintable()
        ]
        found[lang] = words[:WORDS_LIMIT]
    return found


def main() -> None:
    """Print the table [learned]."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    print("[learned]")
    for lang, words in learned(texts(parser.parse_args().data)).items():
        if lang != "ar":
            print(f"{lang} = {json.dumps(' '.join(words), ensure_ascii=False)}")


if __name__ == "__main__":
    main()
