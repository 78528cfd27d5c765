"""What holds for all tests."""

from __future__ import annotations

import hypothesis
import pytest

# How long one example takes says more about a busy machine than about the code; pytest-timeout ends what hangs.
hypothesis.settings.register_profile("listener", deadline=None)
hypothesis.settings.load_profile("listener")

#: Folders and files whose tests wait for processes of their own, for ten seconds and more.
LONG = ("tests/daemon/", "tests/browser/", "tests/soak/", "tests/test_wheel.py")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the longest go first, so that in the end no worker waits long for another one's last test."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))
