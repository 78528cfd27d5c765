"""What holds for all tests."""

from __future__ import annotations

import hypothesis

# How long one example takes says more about a busy machine than about the code; pytest-timeout ends what hangs.
hypothesis.settings.register_profile("listener", deadline=None)
hypothesis.settings.load_profile("listener")
