"""Measure the model on the sets it is trained on, honestly: `python benchmarks/cross_validate.py --data DIR`.

Texts are dealt into five folds by a hash, all targets of one text into the same; each fold is scored by a model that
was trained, packed and read again without it. Of English the first fold alone is scored: the network that the model
hears of single words learned from the others. The language is given, since lists of words that tell languages came
from these texts, too. Needs what train.py needs, and twice its minutes.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import correlation, fmean

from quality import macro_f1
from train import LANGUAGES, Example, examples, fits, packed

from listener.mentions.data import load_resources
from listener.mentions.model import LABELS, ModelScorer, parse_weights
from listener.mentions.understand import SceneReader, UnderstandSettings
from listener.mentions.words import TARGET, mask

CONFIG = Path(__file__).resolve().parent.parent / "config"
FOLDS = 5
SETS = (
    "targeted-newsmtsc",
    "targeted-newsmtsc/devtest_rw",
    "absa-mams",
    "sentiment-vader-icwsm2014/nytEditorialSnippets",
)
RATED = "sentiment-vader-icwsm2014/tweets"
TWEETS = "sentiment-umsab-multilingual"


def scored(rows: Sequence[Example]) -> Iterator[tuple[Example, float, str]]:
    """Yield examples with the compound and the label that models give that never saw their texts."""
    reader = SceneReader(UnderstandSettings(), load_resources(CONFIG))
    fold_of = [zlib.crc32(row.text.encode()) % FOLDS for row in rows]
    for fold in range(FOLDS):
        dealt = [(row, one == fold) for row, one in zip(rows, fold_of, strict=True) if row.lang != "en" or fold == 0]
        scorer = ModelScorer(parse_weights(packed(fits(reader, [row for row, unseen in dealt if not unseen]))))
        for row, unseen in dealt:
            if unseen:
                found = scorer.score(reader.read(mask(row.text, row.targets, TARGET), row.lang))
                yield row, found.compound or 0.0, found.label or ""


def main() -> None:
    """Print a line for each set."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--elsewhere", action="store_true", help="only the languages other than English: minutes")
    arguments = parser.parse_args()
    rows = [row for row in examples(arguments.data) if row.lang != "en" or not arguments.elsewhere]
    found = list(scored(rows))

    def f1_of(origin: str) -> float:
        pairs = [(LABELS[row.label], label) for row, _, label in found if row.origin.startswith(origin)]
        return macro_f1([truth for truth, _ in pairs], [label for _, label in pairs])

    for origin in () if arguments.elsewhere else (*SETS, f"{TWEETS}/english"):
        print(f"{origin:<48} macro-F1 {f1_of(origin):.3f}")
    languages = {language: f1_of(f"{TWEETS}/{language}") for language in LANGUAGES if language != "english"}
    for language, value in languages.items():
        print(f"{TWEETS + '/' + language:<48} macro-F1 {value:.3f}")
    print(f"{TWEETS + ', mean of the seven':<48} macro-F1 {fmean(languages.values()):.3f}")
    if arguments.elsewhere:
        return
    rated = [(row.rating, compound) for row, compound, _ in found if row.origin == RATED and row.rating is not None]
    print(f"{RATED:<48} r {correlation([one for one, _ in rated], [one for _, one in rated]):.3f}")


if __name__ == "__main__":
    main()
