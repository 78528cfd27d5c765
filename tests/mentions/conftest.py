from __future__ import annotations

from pathlib import Path

import pytest

from listener.mentions.data import Data, load

CONFIG = Path(__file__).resolve().parents[2] / "config"


@pytest.fixture(scope="session")
def data() -> Data:
    return load(CONFIG)
