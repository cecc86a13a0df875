"""Web hooks: signed JSON, Slack's and ntfy's shapes, and named errors for every trouble."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from support.hook_receiver import HookReceiver, ok
from support.told_runs import at

from regulars.errors import NoticeUndelivered, SettingsWrong
from regulars.notices.findings import Notice
from regulars.notices.signing import signed_headers
from regulars.notices.ways import Network, ways_out
from regulars.settings import NoticeSettings, Settings
from regulars_connectors.http.outgoing import Outgoing, PostFailed, is_public

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
FAILED = Notice(
    "connection.failed", at(1), "one", "letters", last_seen=at(), time_zone="Europe/Lisbon",
    reason="The provider refused the key (401).",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    monkeypatch.setenv("NTFY_TOKEN", "tk_canary")


def deliver(receiver: HookReceiver, shape: str = "standard", **changes: Any) -> None:
    hook: dict[str, Any] = {"name": "team", "url": receiver.url, "shape": shape}
    if shape == "standard":
        hook["secret"] = {"env": "HOOK_SECRET"}
    notices = {"web_hooks": [hook | changes], "listed_hosts": [f"127.0.0.1:{receiver.port}"]}
    settings = Settings(notices=NoticeSettings.model_validate(notices))
    (way,) = ways_out(settings, Network(at, hook_seconds=1))
    way.deliver([FAILED], at(2))


def trouble(receiver: HookReceiver, *answers: bytes | None) -> NoticeUndelivered:
    receiver.answers = list(answers)
    with pytest.raises(NoticeUndelivered) as caught:
        deliver(receiver)
    assert "canary" not in caught.value.happened  # of an address only the host is told
    return caught.value


# What is sent


def test_signed_json_is_verified_by_the_scheme_alone() -> None:
    with HookReceiver() as receiver:
        deliver(receiver)
    (got,) = receiver.received
    assert got.target == "/hooks/canary-token?key=canary-query"
    assert got.headers["webhook-timestamp"] == str(at(2) // 1_000_000)
    signed = b".".join(
        (
            got.headers["webhook-id"].encode(),
            got.headers["webhook-timestamp"].encode(),
            got.body,
        )
    )
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    right = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert got.headers["webhook-signature"] == f"v1,{right}"
    assert json.loads(got.body) == {
        "type": "connection.failed",
        "timestamp": "2026-03-03T05:15:00Z",
        "data": {
            "connection": "one",
            "publication": "letters",
            "since": "2026-03-03T05:15:00Z",
            "last_seen": "2026-03-02T05:15:00Z",
            "reason": "The provider refused the key (401).",
            "count": None,
            "heading": "one brings no people",
            "happened": (
                "one, a connection of letters, last saw your people on 2 March 2026 at 05:15"
                " (Europe/Lisbon). Its looks have failed, or stayed away, since 3 March 2026 at"
                ' 05:15 (Europe/Lisbon). The newest one ended with "The provider refused the key'
                ' (401)".'
            ),
            "to_do": (
                "To do: run `regulars doctor`. It checks the key and the connection, and says how"
                " to mend what is wrong."
            ),
        },
    }


def test_the_example_of_the_specification() -> None:
    """The values that Standard Webhooks and Svix publish in their documentation."""
    headers = signed_headers(
        SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330 * 1_000_000, b'{"test": 2432232314}'
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_slacks_shape() -> None:
    with HookReceiver() as receiver:
        deliver(receiver, "slack")
    (got,) = receiver.received
    assert got.headers["content-type"] == "application/json"
    text = json.loads(got.body)["text"]
    assert text.startswith("*Regulars: one brings no people*\none, a connection of letters,")
    assert "To do: run `regulars doctor`." in text
    assert "webhook-signature" not in got.headers


def test_ntfys_shape() -> None:
    with HookReceiver() as receiver:
        deliver(receiver, "ntfy", token={"env": "NTFY_TOKEN"})
    (got,) = receiver.received
    assert got.headers["title"] == "Regulars: one brings no people"
    assert got.headers["authorization"] == "Bearer tk_canary"
    assert got.body.decode().startswith("one brings no people\n\none, a connection of letters")


def test_an_address_that_is_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    with HookReceiver() as receiver:
        monkeypatch.setenv("HOOK_URL", receiver.url)
        deliver(receiver, "slack", url={"env": "HOOK_URL"})
        monkeypatch.setenv("HOOK_URL", "http://example.org/canary")
        with pytest.raises(SettingsWrong, match="must begin with https") as caught:
            deliver(receiver, "slack", url={"env": "HOOK_URL"})
    assert "canary" not in str(caught.value)
    assert len(receiver.received) == 1


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_short", "whsec_" + "A" * 400, "whsec_ä"])
def test_a_signing_secret_of_another_form(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", secret)
    with HookReceiver() as receiver, pytest.raises(SettingsWrong):
        deliver(receiver)
    assert not receiver.received


# Receivers in trouble


def test_a_web_hook_that_redirects() -> None:
    with HookReceiver() as receiver:
        error = trouble(receiver, ok(307, "Location: http://127.0.0.1:9/canary"))
    assert error.why == "redirected"
    assert error.happened == "127.0.0.1 answered with a redirect (307), which is not followed."
    assert len(receiver.received) == 1


@pytest.mark.parametrize("status", [400, 401, 404, 410, 500, 503])
def test_a_web_hook_that_answers_with_an_error(status: int) -> None:
    with HookReceiver() as receiver:
        error = trouble(receiver, ok(status))
    assert (error.why, error.after_seconds) == ("refused", None)
    assert error.happened == f"127.0.0.1 answered with status {status}."


def test_a_web_hook_that_names_a_wait() -> None:
    with HookReceiver() as receiver:
        assert trouble(receiver, ok(429, "Retry-After: 1800")).after_seconds == 1800


def test_a_web_hook_that_hangs() -> None:
    began = time.monotonic()
    with HookReceiver() as receiver:
        error = trouble(receiver, None)
    assert (error.why, error.happened) == ("too slow", "127.0.0.1 took longer than 1 second.")
    assert time.monotonic() - began < 5


def test_a_web_hook_that_drops() -> None:
    with HookReceiver() as receiver:
        assert trouble(receiver, b"").why == "dropped"


def test_nobody_listens() -> None:
    with HookReceiver() as receiver:
        pass
    assert trouble(receiver, ok()).why == "unreachable"


# Where messages may go


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:127.0.0.1", False),
        ("2002:0a00:0001::1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::5db8:d70e", True),
        ("nonsense", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize(
    "url",
    [
        "http://93.184.215.14/hook",
        "ftp://example.org/",
        "https://user:word@example.org/",
        "https://example.org:8443/",
        "https:///nothing",
        "nonsense",
        "https://localhost:70000/",
    ],
)
def test_addresses_that_are_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises(PostFailed) as caught:
        Outgoing(at).post(url, b"{}", {})
    assert caught.value.why == "not allowed"


def test_a_private_address_is_refused_unless_it_is_listed() -> None:
    with HookReceiver() as receiver:
        with pytest.raises(PostFailed, match="private address") as caught:
            Outgoing(at).post(receiver.url, b"{}", {})
        assert caught.value.why == "not allowed"
        with pytest.raises(PostFailed, match="private address"):
            Outgoing(at, listed=["127.0.0.1"]).post(receiver.url, b"{}", {})  # of port 443 alone
        assert not receiver.received
        assert (
            Outgoing(at, listed=[f"127.0.0.1:{receiver.port}"]).post(receiver.url, b"", {}) == 200
        )


def test_a_name_that_leads_to_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one of several addresses is private, none is asked."""

    def found(host: str, port: int, **_: Any) -> list[Any]:
        return [(2, 1, 6, "", (address, port)) for address in ("93.184.215.14", "10.0.0.7")]

    monkeypatch.setattr("socket.getaddrinfo", found)
    with pytest.raises(PostFailed, match=r"hooks\.example\.org has a private address"):
        Outgoing(at, seconds=2).post("https://hooks.example.org/x", b"{}", {})
