"""Find more words, and parts of words, that tell a language: `python benchmarks/train_languages.py --data DIR`,
printed as TOML.

Reads the UMSAB tweets (Apache-2.0) and, for English, more of the sets that train.py reads. A word is taken when it
stands in enough texts of one language, hardly in others, and mostly in small letters: names tell a topic, no language.
A part is taken when many different words of one language have it, and neither those of others nor the listed words of
languages that there are no texts of.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from listener.mentions.language import parts_of

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
WORDS_LIMIT = 15_000
#: A part must be that of so many different words, and of so large a share of those of all languages.
LEAST_WORDS_OF_PART = 6
LEAST_SHARE_OF_PART = 0.8
#: Listed words of other languages that speak against a part.
LEAST_FOREIGN_WORDS = 3

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


def learned_parts(rows: Iterable[tuple[str, str]], others: Iterable[Mapping[str, str]]) -> dict[str, list[str]]:
    """Return parts of words by language, the most frequent first; `others` hold listed words by language."""
    words: dict[str, set[str]] = {}
    for lang, text in rows:
        words.setdefault(lang, set()).update(word.lower() for word in _WORD.findall(text) if word.isalpha())
    counts = {lang: Counter(part for word in found for part in parts_of(word)) for lang, found in words.items()}
    rates = {lang: {part: n / len(words[lang]) for part, n in found.items()} for lang, found in counts.items()}
    everywhere: Counter[str] = Counter()
    for one in rates.values():
        everywhere.update(one)
    foreign = Counter(
        part
        for table in others
        for lang, listed in table.items()
        if lang not in words
        for word in listed.split()
        for part in parts_of(word)
    )
    return {
        lang: [
            part
            for part, count in found.most_common()
            if count >= LEAST_WORDS_OF_PART
            and rates[lang][part] >= LEAST_SHARE_OF_PART * everywhere[part]
            and foreign[part] < LEAST_FOREIGN_WORDS
        ]
        for lang, found in counts.items()
        # English words are in the lists; its endings are those of others, too.
        if lang != "en"
    }


def main() -> None:
    """Print the tables [learned] and [parts]."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument(
        "--words", type=Path, default=Path("config/languages.toml"), help="for its tables [words] and [listed]"
    )
    arguments = parser.parse_args()
    rows = list(texts(arguments.data))
    tables = tomllib.loads(arguments.words.read_text(encoding="utf-8"))
    parts = learned_parts(rows, (tables["words"], tables["listed"]))
    for name, table in (("learned", learned(iter(rows))), ("parts", parts)):
        print(f"[{name}]")
        for lang, words in table.items():
            if lang != "ar":
                print(f"{lang} = {json.dumps(' '.join(words), ensure_ascii=False)}")


if __name__ == "__main__":
    main()
