"""Alert keys: the same cause always has the same key, so it never raises a second alert."""

from __future__ import annotations

import hashlib
import json


def alert_key(*parts: str | int | None) -> str:
    """Return a stable key of 32 hexadecimal digits: the first half of SHA-256 over the parts as a JSON array.

    JSON keeps ("ab", "c") and ("a", "bc") apart. The key is stored: another way of building it would tell every
    standing trouble again.
    """
    text = json.dumps(parts, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:32]
