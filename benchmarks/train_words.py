"""Ask the network what single words say: `python benchmarks/train_words.py --data DIR`.

Writes words.tsv.gz beside this file, from which train.py lets the model hear of it. The network of train_minilm.py
knows more words than the texts that it learned from: its lower layers were made from a billion pairs of sentences. It
reads each word by itself, and in four frames (`FRAMES`). Words are those of its vocabulary, of the lexicons and of the
taxonomy, and those of the English texts that train.py reads. Takes a quarter of an hour on one core.
"""

from __future__ import annotations

import argparse
import gzip
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from train import WORDS, examples

from listener.mentions.data import load_resources
from listener.mentions.minilm import Network, parse_lower, parse_upper
from listener.mentions.network import pieces_of
from listener.mentions.network_files import NETWORK_FILE, model_folder, read_vocabulary
from listener.mentions.words import TARGET, words_of

CONFIG = Path(__file__).resolve().parent.parent / "config"
FRAMES = ("{}", "this is {} .", "{} it was", f"{TARGET} {{}} .", f"{{}} {TARGET} .")
#: A word of the texts that stands in one of them alone is often a name or a slip.
LEAST_TEXTS = 2


def words(data: Path, vocabulary: Iterable[str]) -> list[str]:
    """Return the words to ask for: of two letters or more, in ASCII."""
    resources = load_resources(CONFIG)
    phrases = [phrase for topic in resources.topics for phrase in topic.phrases]
    phrases += [phrase for listed in resources.speech.values() for phrase in listed]
    named = {*resources.vader.words, *resources.domain, *" ".join([*resources.phrases, *phrases]).split()}
    texts: dict[str, int] = {}
    for row in examples(data):
        if row.lang == "en":
            for word in set(words_of(row.text).shapes):
                texts[word] = texts.get(word, 0) + 1
    often = [word for word, count in texts.items() if count >= LEAST_TEXTS]
    found = {*vocabulary, *named, *often}
    return sorted(word for word in found if len(word) > 1 and word.isascii() and word.isalpha() and word.islower())


def main() -> None:
    """Ask and write the file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    folder = model_folder()
    known = read_vocabulary(folder)
    lower = parse_lower((folder / "model.safetensors").read_bytes())
    network = Network(known, lower, parse_upper((CONFIG / NETWORK_FILE).read_bytes()))
    asked = words(arguments.data, (folder / "vocab.txt").read_text(encoding="utf-8").split("\n"))
    said = np.array([[network.read(pieces_of(known, frame.format(word))) for frame in FRAMES] for word in asked])
    # What a frame says itself, and how loudly, is left out.
    said -= said.mean(2, keepdims=True)
    said = ((said - said.mean(0)) / said.std((0, 2), keepdims=True)).mean(1)
    lines = [
        f"{word}\t{positive - negative:.2f}\t{neutral:.2f}\n"
        for word, (negative, neutral, positive) in zip(asked, said, strict=True)
    ]
    WORDS.write_bytes(gzip.compress("".join(lines).encode(), mtime=0))
    print(f"{len(lines)} words")


if __name__ == "__main__":
    main()
