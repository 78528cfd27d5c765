"""The same against Dovecot, where it is installed: a server that nobody here has written."""

from __future__ import annotations

import base64
import grp
import hmac
import json
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from listener.channels import Secret
from listener.types import Outcome
from tests.mailboxes.conftest import Reader
from tests.mailboxes.mail_server import PASSWORD, USER

DOVECOT = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
SETTINGS = """
base_dir = {root}/run
state_dir = {root}/run
log_path = {root}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 0
first_valid_gid = 0
mail_location = maildir:{root}/mail
ssl = required
ssl_cert = <{authority}/server.pem
ssl_key = <{authority}/server.pem
auth_mechanisms = plain xoauth2
auth_failure_delay = 0
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {root}/oauth2
}}
passdb {{
  driver = passwd-file
  args = username_format=%u {root}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={root} allow_all_users=yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {clear_port}
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
"""
#: Dovecot checks tokens by itself: JSON Web Tokens, signed with a key that it shares.
OAUTH2 = """
introspection_mode = local
local_validation_key_dict = fs:posix:prefix={root}/keys/
username_attribute = email
"""
KEY = b"a key that only this test knows"


def token(user: str, *, lives: int = 600) -> str:
    """Return a JSON Web Token (RFC 7519), as a service gives it to an app that may read a user's mailbox."""

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    now = int(time.time())
    head = part(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    body = part(json.dumps({"sub": user, "email": user, "iat": now - 60, "exp": now + lives}).encode())
    return f"{head}.{body}.{part(hmac.digest(KEY, f'{head}.{body}'.encode(), 'sha256'))}"


class Dovecot:
    """A running Dovecot with one mailbox in a folder."""

    def __init__(self, root: Path, authority: Path, port: int, clear_port: int) -> None:
        self.port, self.clear_port = port, clear_port
        self.mail = root / "mail"
        for name in ("new", "cur", "tmp"):
            (self.mail / name).mkdir(parents=True)
        (root / "run").mkdir()
        settings = root / "dovecot.conf"
        # Neither its front door nor its readers of mail run as root.
        owner = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        if os.getuid() == 0:
            os.chown(root, owner.pw_uid, owner.pw_gid)
            for path in (self.mail, *self.mail.iterdir()):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        text = SETTINGS.format(
            root=root,
            authority=authority,
            port=port,
            clear_port=clear_port,
            uid=owner.pw_uid,
            gid=owner.pw_gid,
            user=owner.pw_name,
            group=grp.getgrgid(owner.pw_gid).gr_name,
        )
        keys = root / "keys" / "default" / "HS256"
        keys.mkdir(parents=True)
        (keys / "default").write_bytes(base64.b64encode(KEY))
        (root / "oauth2").write_text(OAUTH2.format(root=root), encoding="utf-8")
        users = root / "users"
        users.write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n", encoding="utf-8")
        settings.write_text(text, encoding="utf-8")
        assert DOVECOT is not None
        self.process = subprocess.Popen(
            [DOVECOT, "-F", "-c", str(settings)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        expires = time.monotonic() + 20
        while time.monotonic() < expires and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
        self.stop()
        log = root / "log"
        said = self.process.stdout.read().decode() if self.process.stdout else ""
        pytest.skip(f"dovecot doesn't start: {said} {log.read_text() if log.exists() else ''}")

    def put(self, number: int, text: str) -> None:
        path = self.mail / "new" / f"{1_700_000_000 + number}.M{number}.here"
        path.touch(0o644)
        path.write_text(f"From: jo@example.com\nSubject: Number {number}\nMessage-ID: <{number}@x>\n\n{text}\n")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)
        if self.process.stdout is not None and self.process.returncode is not None:
            self.process.stdout.close()


@pytest.fixture
def dovecot(authority: Path) -> Iterator[Dovecot]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        ports = one.getsockname()[1], other.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        # Unlike folders of tests, whoever it runs as may look into it.
        Path(folder).chmod(0o711)
        server = Dovecot(Path(folder), authority, *ports)
        yield server
        server.stop()


@pytest.mark.skipif(DOVECOT is None, reason="dovecot is not installed")
def test_a_mailbox_of_dovecot_is_read_and_left_as_it_is(dovecot: Dovecot, authority: Path, tmp_path: Path) -> None:
    server = dovecot
    reader = Reader(server.port, authority / "ca.pem", tmp_path, user=USER, days=3650)
    server.put(1, "The export fails")
    server.put(2, "x" * 2_000_000)
    assert reader.poll().new_items == 2
    assert reader.poll().outcome is Outcome.NOT_MODIFIED
    server.put(3, "It crashed")
    assert reader.poll().new_items == 1
    seen = [path.name for path in (server.mail / "cur").iterdir() if "S" in path.name.partition(":2,")[2]]
    assert seen == []
    reader.store.close()


@pytest.mark.skipif(DOVECOT is None, reason="dovecot is not installed")
def test_dovecot_is_read_after_starttls(dovecot: Dovecot, authority: Path, tmp_path: Path) -> None:
    reader = Reader(dovecot.clear_port, authority / "ca.pem", tmp_path, user=USER, days=3650, security="starttls")
    dovecot.put(1, "The export fails")
    assert reader.poll().new_items == 1
    reader.store.close()


@pytest.mark.skipif(DOVECOT is None, reason="dovecot is not installed")
def test_dovecot_lets_a_token_in_and_refuses_one_that_is_over(
    dovecot: Dovecot, authority: Path, tmp_path: Path, httpserver: HTTPServer
) -> None:
    given = httpserver.expect_request("/token", method="POST")
    oauth = {
        "password": None,
        "token_url": f"http://127.0.0.1:{httpserver.port}/token",
        "client_id": "an-app",
        "client_secret": Secret("shh"),
    }
    reader = Reader(dovecot.port, authority / "ca.pem", tmp_path, user=USER, days=3650, **oauth)
    dovecot.put(1, "The export fails")
    given.respond_with_json({"access_token": token(USER)})
    assert reader.poll().new_items == 1
    over = token(USER, lives=-30)
    given.respond_with_json({"access_token": over})
    refused = reader.poll()
    assert refused.outcome is Outcome.UNAUTHORIZED
    assert "refuses the login" in refused.detail
    assert over not in refused.detail
    reader.store.close()
