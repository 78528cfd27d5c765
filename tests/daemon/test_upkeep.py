"""Work that takes minutes holds up nothing that is due each second."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from listener.app import App, load_settings
from listener.daemon import Daemon
from listener.storage import Retained
from listener.systemd import Notifier

SETTINGS = """
[listener]
contact = "https://example.com/bot"

[brands.acme]
query = "Acme"
"""


class SlowApp(App):
    """Has more to forget than any night has time for."""

    def __init__(self, path: Path) -> None:
        super().__init__(load_settings(path))
        self.began = threading.Event()

    def upkeep(self, now: datetime, *, go_on: Callable[[], bool] = lambda: True) -> Retained:
        self.began.set()
        while go_on():
            self.store.retain(now, items=timedelta(days=1), go_on=go_on)
        return Retained()


def test_ticks_go_on_while_upkeep_runs_and_a_reload_ends_it(tmp_path: Path) -> None:
    path = tmp_path / "listener.toml"
    path.write_text(SETTINGS)
    apps: list[SlowApp] = []

    def build() -> SlowApp:
        apps.append(SlowApp(path))
        return apps[-1]

    daemon = Daemon(build, Notifier(None))
    upkeep = threading.Thread(target=daemon._guard(daemon._upkeep, daemon._long_turn), daemon=True)
    upkeep.start()
    assert apps[0].began.wait(20)
    tick = threading.Thread(target=daemon._guard(daemon._tick), daemon=True)
    tick.start()
    tick.join(20)
    assert not tick.is_alive()
    assert upkeep.is_alive()
    daemon._reload_settings()
    upkeep.join(20)
    assert not upkeep.is_alive()
    assert daemon._app is apps[1]
    apps[1].close()
