"""The program put together: hubs are listened for where the settings say so, and nowhere else."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from listener.app import open_app
from listener.errors import ConfigError, ListenerError
from tests.websub.hub import call


def settings(folder: Path, section: str) -> Path:
    path = folder / "listener.toml"
    path.write_text(f'[listener]\ndatabase = "listener.db"\n{section}\n', encoding="utf-8")
    return path


def test_nothing_listens_without_a_public_address(tmp_path: Path) -> None:
    app = open_app(settings(tmp_path, ""))
    app.listen()
    assert app.push is None
    app.close()


def test_hubs_are_answered_until_the_program_ends_and_a_second_one_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    path = settings(tmp_path, f'[websub]\npublic_url = "https://listen.example.com/hubs"\nlisten = "127.0.0.1:{port}"')
    app, second = open_app(path), open_app(path)
    app.listen()
    assert call(f"http://127.0.0.1:{port}/hubs/x")[0] == 404
    with pytest.raises(ListenerError, match="can't listen at"):
        second.listen()
    second.close()
    app.close()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=5)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('public_url = "listen.example.com"', "websub.public_url: expected an address"),
        ('public_url = "https://listen.example.com/?a=1"', "websub.public_url: expected an address"),
        ('listen = "8710"', "websub.listen: expected an address and a port"),
        ('listen = "127.0.0.1:99999"', "websub.listen: expected an address and a port"),
        ("lissten = 1", "Did you mean 'listen'?"),
    ],
)
def test_slips_in_the_settings_are_told(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        open_app(settings(tmp_path, f"[websub]\n{line}"))
    assert said in str(error.value)
