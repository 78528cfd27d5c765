"""Train the model of sentiment: `python benchmarks/train.py --data DIR -o config/model.bin`. Needs scikit-learn.

Only sets whose licence allows it are read (see `SETS`), each from its README in DIR: the VADER paper's ground truth
(MIT), UMSAB tweets in eight languages (Apache-2.0), NewsMTSC (MIT-like), MAMS (Apache-2.0), banking77 (CC BY 4.0,
its intents read as feelings by `TROUBLES`). The model holds hashed weights, none of their texts.

A logistic regression over the marks of `listener.mentions.features`, weighed by rarity and brought to length one, and
over its figures. What train_words.py heard of single English words (`WORDS`) is added up beside the marks, and what
that turns out to be worth goes into their weights: so words that none of these texts holds have some, too.

How the labels are shared is brought to what mentions are like: see `SHARES` and `PRIORS`. cross_validate.py measures
what comes of it on the sets themselves.
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
from listener.mentions.model import CHECK_SHIFT, LABELS, MAGIC, other_row
from listener.mentions.understand import SceneReader, UnderstandSettings
from listener.mentions.words import TARGET, mask
from listener.types import Span

ROWS = 1 << 20
RARITY_STEP = 0.15
#: What a mark that training didn't see, or in one text alone, counts in a text's length, of what its rarity would be.
#: A text of words that nobody knows so leans less; chosen on held-out folds.
UNSEEN = 0.3


#: What the network of train_minilm.py says of English words: word, how far it leans to positive, how neutral it is.
WORDS = Path(__file__).resolve().parent / "words.tsv.gz"
#: Signs of the marks that hear of it, with whether the lean and whether neutrality counts: words in scope, denied ones,
#: those out of scope, and those near the target by side.
HEARING = {"w": (True, True), "n": (True, False), "o": (True, False), "L": (True, True), "R": (True, True)}
#: What it counts beside the marks, before regularisation.
HEARD = 5.0
#: With more, it stops while the figures are still on their way, and sets come out up to .008 better or worse by chance.
TOLERANCE = 2e-4


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
    """Scenes as numbers: counts of marks, figures, labels, weights, and where each row is from."""

    #: Texts x marks.
    counts: sp.csr_matrix
    #: The CRC-32 of each mark.
    hashes: np.ndarray
    #: Of each mark, whether it is of whole words.
    wholes: np.ndarray
    #: Marks x columns: what was heard of their words; no columns where nothing was.
    heard: sp.csr_matrix
    figures: np.ndarray
    labels: np.ndarray
    weights: np.ndarray
    origins: np.ndarray


def matrix(reader: SceneReader, rows: Sequence[Example]) -> Matrix:
    """Read examples of one language as numbers."""
    family = family_of(rows[0].lang)
    columns: list[int] = []
    ends = [0]
    known: dict[str, int] = {}
    dense = np.zeros((len(rows), FIGURES), np.float32)
    for at, row in enumerate(rows):
        scene = reader.read(mask(row.text, row.targets, TARGET), row.lang)
        columns += [known.setdefault(mark, len(known)) for mark in spelled(marks(scene), family)]
        ends.append(len(columns))
        dense[at] = figures(scene)
        if row.lang != "en":
            # Posts are hardly ever longer than posts: what the few come to says nothing of articles.
            dense[at, LENGTH] = 0.0
    heard = _heard(known) if rows[0].lang == "en" else sp.csr_matrix((len(known), 0))
    counts = sp.csr_matrix((np.ones(len(columns), np.float32), columns, ends), shape=(len(rows), len(known)))
    counts.sum_duplicates()
    labels = np.array([row.label for row in rows])
    origins = np.array([row.origin for row in rows])
    return Matrix(
        counts=counts,
        hashes=np.array([zlib.crc32(mark.encode()) for mark in known]),
        wholes=np.array([not mark.startswith(f"{family}c ") for mark in known]),
        heard=heard,
        figures=dense,
        labels=labels,
        weights=_weights(rows, labels, origins),
        origins=origins,
    )


def _heard(known: dict[str, int]) -> sp.csr_matrix:
    """Return what was heard of marks: marks x columns. Adds to `known` the marks of words that it doesn't have."""
    cells: list[tuple[float, int, int]] = []
    with gzip.open(WORDS, "rt", encoding="utf-8") as lines:
        for line in lines:
            word, *values = line.split("\t")
            column = 0
            for sign, counting in HEARING.items():
                row = known.setdefault(f"{sign} {word}", len(known))
                for value, counts in zip(values, counting, strict=True):
                    if counts:
                        cells.append((float(value), row, column))
                        column += 1
    values, rows, columns = zip(*cells, strict=True)
    shape = (len(known), sum(map(sum, HEARING.values())))
    return sp.csr_matrix((values, (rows, columns)), shape=shape, dtype=np.float32)


def _weights(rows: Sequence[Example], labels: np.ndarray, origins: np.ndarray) -> np.ndarray:
    """Return what each text counts, so that the labels of each origin come to their `SHARES`."""
    weights = np.array([row.weight for row in rows])
    for origin in set(origins):
        shares = SHARES.get(origin, EQUAL)
        if shares is not None:
            of_origin = origins == origin
            sizes = np.bincount(labels[of_origin], minlength=3)
            weights[of_origin] *= (of_origin.sum() * np.array(shares) / np.maximum(sizes, 1))[labels[of_origin]]
    return weights


@dataclass(frozen=True, kw_only=True)
class Fit:
    """What training learned, before it is made small."""

    #: The CRC-32 of each mark that has weights; these, already multiplied by rarity; its rarity.
    hashes: np.ndarray
    marks: np.ndarray
    rarity: np.ndarray
    #: The rarity of marks that training didn't see.
    unseen: float
    figures: np.ndarray
    intercept: np.ndarray


def rarity_of(documents: np.ndarray, texts: int) -> np.ndarray:
    """Return the inverse document frequency of each mark, in steps; 0 for marks seen in fewer than two texts."""
    rarity = np.log((1 + texts) / (1 + documents)) + 1
    rarity[documents < 2] = 0
    return np.round(rarity / RARITY_STEP) * RARITY_STEP


def lengths(counts: sp.csr_matrix, rarity: np.ndarray, unseen: float) -> np.ndarray:
    """Return the root of the sum of squares of the marks of each text, repetitions apart.

    Marks without a rarity are as those that a later text brings anew.
    """
    squares: np.ndarray = counts @ np.where(rarity > 0, rarity, unseen) ** 2
    return np.sqrt(np.maximum(squares, 1e-9))


def fit(data: Matrix, strength: Strength) -> Fit:
    """Fit the regression."""
    texts = data.counts.shape[0]
    documents = np.bincount(data.counts.indices, minlength=len(data.hashes))
    rarity = rarity_of(documents, texts)
    rarity[data.wholes] *= strength.whole
    unseen = round(UNSEEN * float(np.log((1 + texts) / 2) + 1) / RARITY_STEP) * RARITY_STEP
    seen = np.flatnonzero(rarity)
    to_one = sp.diags(1 / lengths(data.counts, rarity, unseen)) @ data.counts
    words = to_one[:, seen] @ sp.diags(rarity[seen] * strength.marks)
    design = sp.hstack([words, to_one @ data.heard * HEARD, sp.csr_matrix(data.figures)]).tocsr().astype(np.float32)
    model = LogisticRegression(C=strength.c, max_iter=500, tol=TOLERANCE)
    model.fit(design, data.labels, sample_weight=data.weights)
    of_marks, of_heard, of_figures = np.split(model.coef_.T, [len(seen), len(seen) + data.heard.shape[1]])
    weights = data.heard @ of_heard * HEARD
    weights[seen] += of_marks * (rarity[seen, None] * strength.marks)
    kept = np.flatnonzero(weights.any(1))
    return Fit(
        hashes=data.hashes[kept],
        marks=weights[kept],
        rarity=np.where(rarity > 0, rarity, unseen)[kept],
        unseen=unseen,
        figures=of_figures,
        intercept=model.intercept_,
    )


def fits(reader: SceneReader, rows: Sequence[Example]) -> dict[str, Fit]:
    """Fit the regressions of all languages."""
    return {
        lang: fit(matrix(reader, [row for row in rows if row.lang == lang]), STRENGTHS.get(lang, Strength()))
        for lang in sorted({row.lang for row in rows})
    }


def placed(hashes: np.ndarray, weights: np.ndarray, rarities: np.ndarray) -> bytes:
    """Return the rows of a table, and the check of each; of marks that find no place, those with less weight.

    A mark may be in one of two rows, and one that is there already may go to its own other one (Pagh and Rodler 2004).
    """
    checks = np.zeros(ROWS, np.uint8)
    held = np.full(ROWS, -1)
    for at in np.argsort(-np.abs(weights).sum(1), kind="stable"):
        row, check = int(hashes[at]) & (ROWS - 1), int(hashes[at]) >> CHECK_SHIFT
        rows = (row, other_row(row, check))
        if any(held[one] >= 0 and checks[one] == check for one in rows):
            # The reader would take it for the other, which weighs more.
            continue
        for one in rows:
            away = other_row(one, int(checks[one]))
            if held[one] >= 0 and held[away] < 0:
                held[away], checks[away], held[one] = held[one], checks[one], -1
            if held[one] < 0:
                held[one], checks[one] = at, check
                break
    table = np.zeros((ROWS, 4), np.int8)
    filled = held >= 0
    table[filled, :3], table[filled, 3] = weights[held[filled]], rarities[held[filled]]
    checks[~filled] = 0
    return table.tobytes() + checks.tobytes()


def packed(fits: Mapping[str, Fit]) -> bytes:
    """Return the bytes that `listener.mentions.model.parse_weights` reads."""
    # Cutting the largest few, so that the many small ones keep finer steps, was measured to lose more than it gives.
    steps = {lang: float(np.abs(fit.marks).max()) / 127 for lang, fit in fits.items()}
    weights = np.concatenate([np.round(fit.marks / steps[lang]) for lang, fit in fits.items()])
    rarities = np.clip(np.round(np.concatenate([fit.rarity for fit in fits.values()]) / RARITY_STEP), 1, 127)
    table = placed(np.concatenate([fit.hashes for fit in fits.values()]), weights, rarities)
    figures_of = {lang: fit.figures.copy() for lang, fit in fits.items()}
    for lang, dense in figures_of.items():
        for figure, weights_of_labels in (PRIORS if lang == "en" else PRIORS_ELSEWHERE).items():
            dense[figure] += weights_of_labels
    head = {
        "languages": sorted(fits),
        "rows": ROWS,
        "weight_steps": {family_of(lang): step for lang, step in steps.items()},
        "rarity_step": RARITY_STEP,
        "unseen": {family_of(lang): round(fit.unseen / RARITY_STEP) for lang, fit in fits.items()},
        "figures": {family_of(lang): _rounded(dense) for lang, dense in figures_of.items()},
        "offsets": {family_of(lang): _rounded([fit.intercept])[0] for lang, fit in fits.items()},
    }
    encoded = json.dumps(head).encode()
    return MAGIC + struct.pack("<I", len(encoded)) + encoded + zlib.compress(table, 9)


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
