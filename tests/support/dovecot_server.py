"""A real IMAP server: Dovecot on free loopback ports, with a mailbox of its own for each name.

`scripts/install-mail-parts` installs the program; a missing one is a failure, never a skip. Mail
comes in by LMTP, as a mail server hands it over, by APPEND, which sets the time of arrival, or as
files where there is much. Any name may log in with the password; by XOAUTH2 with a token that the
test's own server approves.
"""

from __future__ import annotations

import contextlib
import getpass
import imaplib
import os
import pwd
import re
import shutil
import smtplib
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

PROGRAM, CONTROL = "/usr/sbin/dovecot", "/usr/bin/doveadm"
PASSWORD = "not-a-secret"
START_SECONDS, STOP_SECONDS = 20.0, 20.0
_FOLDERS = {"Sent": r"\Sent", "Archive": r"\Archive", "Junk": r"\Junk"}
_MAILDIR = ("tmp", "new", "cur")
_SENT = re.compile(r"imap\((?P<user>[^)]*)\).* in=(?P<got>\d+) out=(?P<sent>\d+)(?P<rest>.*)")


@dataclass
class TokenCheck:
    """Says which tokens are good, as an OAuth provider does. tokens: by the user that they open."""

    url: str
    tokens: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


@dataclass
class DovecotServer:
    """One running Dovecot. folder: of its settings, mails and log."""

    folder: Path
    port: int
    lmtp_port: int
    process: subprocess.Popen[bytes]
    token_check: TokenCheck

    @property
    def log(self) -> str:
        """What it wrote so far."""
        path = self.folder / "dovecot.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def deliver(self, user: str, mails: Sequence[bytes], *, sender: str = "") -> None:
        """Hand mails over by LMTP, into INBOX."""
        with smtplib.LMTP("127.0.0.1", self.lmtp_port, timeout=60) as line:
            for mail in mails:
                line.sendmail(sender or "someone@example.org", [user], mail)

    def append(
        self,
        user: str,
        mail: bytes,
        *,
        to: str = "INBOX",
        flags: str = "",
        at: datetime | None = None,
    ) -> None:
        """Put a mail into a folder, with the time at which it arrived."""
        with self.logged_in(user) as client:
            when = imaplib.Time2Internaldate(at or datetime.now(UTC))
            answer, _ = client.append(_quoted(to), f"({flags})", when, mail)
            assert answer == "OK"

    def fill(self, user: str, mails: Iterable[bytes]) -> int:
        """Lay mails into INBOX as files: a hundred thousand in a minute. Returns how many."""
        home = self.folder / "mail" / user
        folders = [home, home / "Maildir", *(home / "Maildir" / name for name in _MAILDIR)]
        owner = (self.folder / "mail").stat()
        count = 0
        for folder in folders:
            folder.mkdir(exist_ok=True)
            os.chown(folder, owner.st_uid, owner.st_gid)
        for count, mail in enumerate(mails, 1):
            path = folders[-1] / f"{1_700_000_000 + count}.M{count}.here,S={len(mail)}:2,"
            path.write_bytes(mail)
            os.chown(path, owner.st_uid, owner.st_gid)
        return count

    @contextlib.contextmanager
    def logged_in(self, user: str) -> Iterator[imaplib.IMAP4]:
        """A plain client of the standard library."""
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=60)
        try:
            client.login(user, PASSWORD)
            yield client
        finally:
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                client.logout()

    def flags(self, user: str, folder: str = "INBOX") -> dict[int, str]:
        """The flags of each mail by UID."""
        with self.logged_in(user) as client:
            client.select(_quoted(folder), readonly=True)
            _, lines = client.uid("FETCH", "1:*", "(FLAGS)")
        found = {}
        for line in lines:
            text = line.decode() if isinstance(line, bytes) else ""
            uid = re.search(r"UID (\d+)", text)
            shown = re.search(r"FLAGS \(([^)]*)\)", text)
            if uid and shown:
                found[int(uid[1])] = shown[1].replace(r"\Recent", "").strip()
        return found

    def control(self, *arguments: str) -> str:
        """Run `doveadm` for this server."""
        answer = subprocess.run(
            [CONTROL, "-c", str(self.folder / "dovecot.conf"), *arguments],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return answer.stdout

    def change_uidvalidity(self, user: str, folder: str = "INBOX") -> None:
        """Make every UID of a folder meaningless, as a restored mailbox does."""
        shown = self.control("mailbox", "status", "-u", user, "uidvalidity", folder)
        later = str(int(shown.rpartition("=")[2]) + 1)
        self.control("mailbox", "update", "--uid-validity", later, "-u", user, folder)

    def traffic(self, user: str) -> list[dict[str, int]]:
        """For each ended session of a user: bytes `got` and `sent`, and counts such as
        `hdr_count` and `body_count`."""
        found = []
        for line in self.log.splitlines():
            match = _SENT.search(line)
            if match and match["user"].partition("<")[0].rstrip(")") == user:
                counts = {name: int(n) for name, n in re.findall(r"(\w+)=(\d+)", match["rest"])}
                found.append({"got": int(match["got"]), "sent": int(match["sent"])} | counts)
        return found


@contextlib.contextmanager
def dovecot(place: Path | None = None) -> Iterator[DovecotServer]:
    """Start a Dovecot, and end it. place: where its folder lies, such as a disk in memory."""
    if not Path(PROGRAM).exists():
        pytest.fail("Dovecot is missing: run scripts/install-mail-parts")
    # Not below pytest's own folder, which no other user may enter.
    folder = Path(tempfile.mkdtemp(prefix="regulars-dovecot-", dir=place))
    folder.chmod(0o755)
    with _token_check() as token_check:
        port, lmtp_port = _free_port(), _free_port()
        _write_settings(folder, port, lmtp_port, token_check.url)
        with (folder / "start.log").open("wb") as said:
            process = subprocess.Popen(
                [PROGRAM, "-F", "-c", str(folder / "dovecot.conf")],
                stdout=subprocess.DEVNULL,
                stderr=said,
            )
        server = DovecotServer(folder, port, lmtp_port, process, token_check)
        try:
            _wait_for_greeting(server)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            shutil.rmtree(folder, ignore_errors=True)


def _write_settings(folder: Path, port: int, lmtp_port: int, token_url: str) -> None:
    mail, run = folder / "mail", folder / "run"
    mail.mkdir()
    run.mkdir()
    is_root = os.getuid() == 0
    user, login, group = ("dovecot", "dovenull", "dovecot") if is_root else (_me(), _me(), _group())
    if is_root:
        owner = pwd.getpwnam("dovecot")
        os.chown(mail, owner.pw_uid, owner.pw_gid)
    free = "" if is_root else "chroot ="
    oauth = folder / "oauth2.conf"
    oauth.write_text(
        f"tokeninfo_url = {token_url}?access_token=\n"
        "username_attribute = user\nactive_attribute = state\nactive_value = active\n"
    )
    boxes = "\n".join(
        f"  mailbox {name} {{\n    auto = subscribe\n    special_use = {use}\n  }}"
        for name, use in _FOLDERS.items()
    )
    (folder / "dovecot.conf").write_text(
        f"""
base_dir = {run}
state_dir = {run}
instance_name = {folder.name}
log_path = {folder}/dovecot.log
imap_logout_format = in=%i out=%o hdr_count=%{{fetch_hdr_count}} body_count=%{{fetch_body_count}}
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
auth_failure_delay = 0
first_valid_uid = {min(100, os.getuid() or 100)}
mail_location = maildir:~/Maildir
mail_fsync = never
mail_max_userip_connections = 100
default_login_user = {login}
default_internal_user = {user}
default_internal_group = {group}
passdb {{
  driver = static
  mechanisms = plain login
  args = password={PASSWORD}
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {oauth}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={mail}/%u allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
{boxes}
}}
service imap-login {{
  {free}
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp_port}
  }}
}}
service anvil {{
  {free}
}}
service stats {{
  {free}
}}
"""
    )


def _me() -> str:
    return getpass.getuser()


def _group() -> str:
    import grp

    return grp.getgrgid(os.getgid()).gr_name


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for_greeting(server: DovecotServer) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if server.process.poll() is not None:
            break
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", server.port), 1) as line,
        ):
            line.settimeout(5)
            if line.recv(4) == b"* OK":
                return
        time.sleep(0.02)
    said = (server.folder / "start.log").read_text("utf-8", "replace")
    pytest.fail(f"Dovecot does not answer: {said}{server.log}")


@contextlib.contextmanager
def _token_check() -> Iterator[TokenCheck]:
    check = TokenCheck("")

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            (token,) = parse_qs(urlsplit(self.path).query).get("access_token", [""])
            check.asked.append(token)
            user = next((name for name, good in check.tokens.items() if good == token), "")
            text = f'{{"user": "{user}", "state": "{"active" if user else "spent"}"}}'.encode()
            self.send_response(200 if user else 401)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        check.url = f"http://127.0.0.1:{server.server_address[1]}/token"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield check
        finally:
            server.shutdown()
            thread.join()


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
