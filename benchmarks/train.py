"""Train the model of sentiment: `python benchmarks/train.py --data DIR -o config/model.bin`. Needs scikit-learn.

Only sets whose licence allows it are read (see `SETS`), each from its README in DIR: the VADER paper's ground truth
(MIT), UMSAB tweets in eight languages (Apache-2.0), NewsMTSC (MIT-like), MAMS (Apache-2.0), banking77 (CC BY 4.0,
its intents read as feelings by `TROUBLES`). The model holds hashed weights, none of their texts.

A logistic regression over the marks of `listener.mentions.features`, weighed by rarity and brought to length one, and
over its figures. How the labels are shared is brought to what mentions are like: see `SHARES` and `PRIORS`.
cross_validate.py measures what comes of it on the sets themselves.
"""

from __future__ import annotations

import argparse
import gzip
import json
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

from listener.mentions.data import Resources, load_resources
from listener.mentions.features import (
    ADDRESSED,
    COMPLAINTS,
    FIGURES,
    LENGTH,
    NO_FEELING,
    RELATION,
    TARGETED,
    family_of,
    figures,
    marks,
    spelled,
)
from listener.mentions.locate import locate
from listener.mentions.model import LABELS, MAGIC
from listener.mentions.scene import Scene
from listener.mentions.understand import SceneReader, UnderstandSettings
from listener.mentions.words import TARGET, mask
from listener.types import Span

ROWS = 1 << 21
RARITY_STEP = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """How much a language's texts can teach; chosen on held-out folds."""

    #: Of regularisation, as scikit-learn's C.
    c: float = 1.5
    #: What a whole word or a pair counts beside a part of a word, before texts are brought to length one.
    whole: float = 2.0
    #: What all marks count beside the figures.
    marks: float = 1.0


#: There are 25,000 texts in English: parts of words tell as much as words there. Labels of the Hindi texts are noisy,
#: and single words of theirs tell little that holds elsewhere.
STRENGTHS: Mapping[str, Strength] = {"en": Strength(c=1.0, whole=1.0), "hi": Strength(c=0.3, marks=0.5)}
#: What the labels' shares are brought to, by origin: None leaves them as they are, others become equal. The English
#: tweets were chosen to be balanced; of those that are met about half are neutral.
SHARES: Mapping[str, tuple[float, float, float] | None] = {
    "sentiment-umsab-multilingual/english": (0.27, 0.46, 0.27),
    "sentiment-vader-icwsm2014/tweets": (0.27, 0.46, 0.27),
    "targeted-newsmtsc/train": None,
    "targeted-newsmtsc/devtest_mt": None,
    "targeted-newsmtsc/devtest_rw": None,
    "absa-mams/train": None,
    "absa-mams/val": None,
    "absa-mams/test": None,
}
EQUAL = (1 / 3, 1 / 3, 1 / 3)
#: Added to what is learned for the three labels, by figure. No set below holds posts to a firm's handle, of which most
#: complain, nor many complaints, nor people who leave one firm for another; and their targets were chosen because
#: something is said of them, while who is merely named in a post is mostly spoken of neutrally.
PRIORS = {
    ADDRESSED: (1.0, -0.15, 0.2),
    COMPLAINTS: (1.0, 0.0, 0.0),
    RELATION: (-3.0, 0.0, 3.0),
    TARGETED: (0.0, 0.15, -0.2),
}
#: The same for other languages, whose posts were chosen to be balanced: that a longer text, such as an article, is
#: neutral has e times the odds, by which a third becomes .58 (the English model, which learned from articles, tells
#: .6 of them neutral); without a word of feeling a little more.
PRIORS_ELSEWHERE = {LENGTH: (0.0, 1.0, 0.0), NO_FEELING: (0.0, 0.2, 0.0)}
LANGUAGES = {
    "arabic": "ar", "english": "en", "french": "fr", "german": "de", "hindi": "hi", "italian": "it",
    "portuguese": "pt", "spanish": "es",
}  # fmt: skip
#: Folder, files, and how much one of its texts counts.
SETS: tuple[tuple[str, tuple[str, ...], float], ...] = (
    ("sentiment-umsab-multilingual", tuple(LANGUAGES), 1.0),
    ("targeted-newsmtsc", ("train", "devtest_mt", "devtest_rw"), 0.8),
    ("absa-mams", ("train", "val", "test"), 0.4),
    ("sentiment-vader-icwsm2014", ("tweets", "amazonReviewSnippets"), 1.0),
    ("sentiment-vader-icwsm2014", ("nytEditorialSnippets",), 0.6),
    ("sentiment-vader-icwsm2014", ("movieReviewSnippets",), 0.4),
    ("painpoints-banking77", ("train", "test"), 0.3),
)
#: Intents of banking77 that tell of something gone wrong; the others ask how things are done.
TROUBLES = frozenset(
    """Refund_not_showing_up balance_not_updated_after_bank_transfer balance_not_updated_after_cheque_or_cash_deposit
    beneficiary_not_allowed card_arrival card_not_working card_payment_fee_charged card_payment_not_recognised
    card_payment_wrong_exchange_rate card_swallowed cash_withdrawal_charge cash_withdrawal_not_recognised
    compromised_card contactless_not_working declined_card_payment declined_cash_withdrawal declined_transfer
    direct_debit_payment_not_recognised extra_charge_on_statement failed_transfer lost_or_stolen_card
    lost_or_stolen_phone pending_card_payment pending_cash_withdrawal pending_transfer pin_blocked
    reverted_card_payment? top_up_failed top_up_reverted transaction_charged_twice transfer_fee_charged
    transfer_not_received_by_recipient unable_to_verify_identity virtual_card_not_working
    wrong_amount_of_cash_received wrong_exchange_rate_for_cash_withdrawal""".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A labelled text."""

    text: str
    targets: tuple[Span, ...]
    lang: str
    #: Index into LABELS.
    label: int
    weight: float
    #: Set and file.
    origin: str
    #: What people gave, -4 to 4, where the set has it.
    rating: float | None = None


def examples(data: Path) -> Iterator[Example]:
    """Yield what the allowed sets hold."""
    for folder, files, weight in SETS:
        for file in files:
            with gzip.open(data / folder / f"{file}.jsonl.gz", "rt", encoding="utf-8") as lines:
                for line in lines:
                    row: Mapping[str, Any] = json.loads(line)
                    targets = _targets(row)
                    if targets is None:
                        continue
                    label = row["label"]
                    if folder == "painpoints-banking77":
                        label = "negative" if label in TROUBLES else "neutral"
                    yield Example(
                        text=row["text"],
                        targets=targets,
                        lang=LANGUAGES.get(file, "en"),
                        label=LABELS.index(label),
                        weight=weight,
                        origin=f"{folder}/{file}",
                        rating=row.get("rating"),
                    )


def _targets(row: Mapping[str, Any]) -> tuple[Span, ...] | None:
    """Return where the target stands, if there is one; None for a target that the text doesn't name."""
    if "start" in row:
        return ((row["start"], row["end"]),)
    if row.get("kind") in ("term", "category"):
        return tuple(locate(row["text"], row["target"])) or None
    return ()


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """Scenes as numbers: counts of hashed marks, figures, labels, weights, and where each row is from."""

    marks: sp.csr_matrix
    #: Of each row of marks, whether it is of whole words.
    wholes: np.ndarray
    figures: np.ndarray
    labels: np.ndarray
    weights: np.ndarray
    origins: np.ndarray


def mark_rows(scene: Scene) -> list[tuple[int, bool]]:
    """Return the rows of all marks of a scene, with repetitions, each with whether it is of a whole word."""
    family = family_of(scene.lang)
    part = f"{family}c "
    return [
        (zlib.crc32(mark.encode()) & (ROWS - 1), not mark.startswith(part)) for mark in spelled(marks(scene), family)
    ]


def matrix(reader: SceneReader, rows: Sequence[Example]) -> Matrix:
    """Read examples as numbers."""
    columns: list[int] = []
    ends = [0]
    wholes = np.zeros(ROWS, bool)
    dense = np.zeros((len(rows), FIGURES), np.float32)
    for at, row in enumerate(rows):
        scene = reader.read(mask(row.text, row.targets, TARGET), row.lang)
        for row_of_mark, whole in mark_rows(scene):
            columns.append(row_of_mark)
            wholes[row_of_mark] |= whole
        ends.append(len(columns))
        dense[at] = figures(scene)
        if row.lang != "en":
            # Posts are hardly ever longer than posts: what the few come to says nothing of articles.
            dense[at, LENGTH] = 0.0
    counts = sp.csr_matrix((np.ones(len(columns), np.float32), columns, ends), shape=(len(rows), ROWS))
    labels = np.array([row.label for row in rows])
    origins = np.array([row.origin for row in rows])
    weights = np.array([row.weight for row in rows])
    for origin in set(origins):
        shares = SHARES.get(origin, EQUAL)
        if shares is not None:
            of_origin = origins == origin
            sizes = np.bincount(labels[of_origin], minlength=3)
            weights[of_origin] *= (of_origin.sum() * np.array(shares) / np.maximum(sizes, 1))[labels[of_origin]]
    return Matrix(
        marks=counts,
        wholes=wholes,
        figures=dense,
        labels=labels,
        weights=weights,
        origins=origins,
    )


@dataclass(frozen=True, kw_only=True)
class Fit:
    """What training learned, before it is made small."""

    #: ROWS x 3, already multiplied by rarity.
    marks: np.ndarray
    rarity: np.ndarray
    figures: np.ndarray
    intercept: np.ndarray


def rarity_of(counts: sp.csr_matrix) -> np.ndarray:
    """Return the inverse document frequency of each row, in steps; 0 for rows seen in fewer than two texts."""
    documents = np.bincount(counts.indices, minlength=ROWS)
    rarity = np.log((1 + counts.shape[0]) / (1 + documents)) + 1
    rarity[documents < 2] = 0
    return np.round(rarity / RARITY_STEP) * RARITY_STEP


def normalised(counts: sp.csr_matrix, rarity: np.ndarray) -> sp.csr_matrix:
    """Weigh counts by rarity; divide each text by the root of the sum of squares of its marks, repetitions apart."""
    squares = np.sqrt(np.maximum(counts @ rarity**2, 1e-9))
    return sp.diags(1 / squares) @ counts @ sp.diags(rarity)


def fit(data: Matrix, strength: Strength) -> Fit:
    """Fit the regression."""
    counts = data.marks.copy()
    counts.sum_duplicates()
    rarity = rarity_of(counts)
    rarity[data.wholes] *= strength.whole
    kept = np.flatnonzero(rarity)
    words = normalised(counts, rarity)[:, kept] * strength.marks
    design = sp.hstack([words, sp.csr_matrix(data.figures)]).tocsr().astype(np.float32)
    model = LogisticRegression(C=strength.c, max_iter=150, tol=1e-3)
    model.fit(design, data.labels, sample_weight=data.weights)
    weights = np.zeros((ROWS, 3), np.float32)
    weights[kept] = model.coef_[:, : len(kept)].T * (rarity[kept, None] * strength.marks)
    return Fit(marks=weights, rarity=rarity, figures=model.coef_[:, len(kept) :].T, intercept=model.intercept_)


def fits(reader: SceneReader, rows: Sequence[Example]) -> dict[str, Fit]:
    """Fit the regressions of all languages."""
    return {
        lang: fit(matrix(reader, [row for row in rows if row.lang == lang]), STRENGTHS.get(lang, Strength()))
        for lang in sorted({row.lang for row in rows})
    }


def packed(fits: Mapping[str, Fit]) -> bytes:
    """Return the bytes that `listener.mentions.model.parse_weights` reads.

    The rows of all languages lie in one table: few of their marks meet in a row, and the sum serves all.
    """
    # Cutting the largest few, so that the many small ones keep finer steps, was measured to lose more than it gives.
    steps = {lang: float(np.abs(fit.marks).max()) / 127 for lang, fit in fits.items()}
    weights = sum((np.round(fit.marks / steps[lang]) for lang, fit in fits.items()), np.zeros((ROWS, 3), np.float32))
    rarity = np.maximum.reduce([fit.rarity for fit in fits.values()])
    table = np.zeros((ROWS, 4), np.int8)
    table[:, :3] = np.clip(weights, -127, 127)
    table[:, 3] = np.clip(np.round(rarity / RARITY_STEP), 0, 127)
    figures_of = {lang: fit.figures.copy() for lang, fit in fits.items()}
    for lang, dense in figures_of.items():
        for figure, weights_of_labels in (PRIORS if lang == "en" else PRIORS_ELSEWHERE).items():
            dense[figure] += weights_of_labels
    head = {
        "languages": sorted(fits),
        "rows": ROWS,
        "weight_steps": {family_of(lang): step for lang, step in steps.items()},
        "rarity_step": RARITY_STEP,
        "figures": {family_of(lang): _rounded(dense) for lang, dense in figures_of.items()},
        "offsets": {family_of(lang): _rounded([fit.intercept])[0] for lang, fit in fits.items()},
    }
    encoded = json.dumps(head).encode()
    return MAGIC + struct.pack("<I", len(encoded)) + encoded + zlib.compress(table.tobytes(), 9)


def _rounded(rows: np.ndarray | list[np.ndarray]) -> list[list[float]]:
    return [[round(float(one), 5) for one in row] for row in rows]


def main() -> None:
    """Train and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    resources: Resources = load_resources(arguments.output.parent)
    rows = list(examples(arguments.data))
    reader = SceneReader(UnderstandSettings(), resources)
    arguments.output.write_bytes(packed(fits(reader, rows)))
    print(f"{len(rows)} texts, {arguments.output.stat().st_size} bytes")


if __name__ == "__main__":
    main()
