"""Work that takes minutes holds up nothing that is due each second."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from listener.app import App, load_settings
from listener.cli.run import run_once
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


class CountingApp(App):
    """Counts how often it was told to forget."""

    def __init__(self, path: Path) -> None:
        super().__init__(load_settings(path))
        self.upkeeps = 0

    def upkeep(self, now: datetime, *, go_on: Callable[[], bool] = lambda: True) -> Retained:
        self.upkeeps += 1
        return super().upkeep(now, go_on=go_on)


def test_upkeep_comes_at_night_or_where_a_night_was_missed(tmp_path: Path) -> None:
    path = tmp_path / "listener.toml"
    path.write_text(SETTINGS)
    app = CountingApp(path)
    daemon = Daemon(lambda: app, Notifier(None))
    night = datetime(2026, 11, 3, 3, 17, tzinfo=UTC)
    with closing(app):
        for moment, count in (
            (night - timedelta(hours=5), 1),  # never before
            (night - timedelta(hours=4), 1),
            (night, 2),
            (night + timedelta(hours=20), 2),
            (night + timedelta(hours=26), 3),  # the machine slept in the night after
            (night + timedelta(hours=20), 4),  # the clock was set back
        ):
            daemon._upkeep(moment)
            assert app.upkeeps == count, moment


def test_upkeep_that_is_interrupted_is_due_still(tmp_path: Path) -> None:
    path = tmp_path / "listener.toml"
    path.write_text(SETTINGS)
    with closing(App(load_settings(path))) as app:
        now = datetime(2026, 11, 3, 3, 17, tzinfo=UTC)
        app.upkeep(now, go_on=lambda: False)
        assert app.upkeep_due(now, timedelta(hours=20))
        app.upkeep(now)
        assert not app.upkeep_due(now + timedelta(hours=19), timedelta(hours=20))
        assert app.upkeep_due(now + timedelta(hours=20), timedelta(hours=20))


def test_a_round_forgets_what_is_old_once_a_day(tmp_path: Path) -> None:
    path = tmp_path / "listener.toml"
    path.write_text(SETTINGS)
    app = CountingApp(path)
    with closing(app):
        run_once(app)
        run_once(app)
        assert app.upkeeps == 1
