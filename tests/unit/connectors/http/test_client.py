"""The one HTTP client: what it sends, what it asks again, what it refuses, what it never tells."""

import logging

import httpx
import pytest
from support.http_client import GOOD, KEY, Clock, Provider, ask, serving, status

from regulars_connectors import (
    AuthenticationFailed,
    ConfigurationError,
    ConnectorError,
    FeatureUnavailable,
    InvalidResponse,
    NotFound,
    QuotaExceeded,
    RetryLater,
    Unreachable,
)
from regulars_connectors.http import Allowed, StatusError
from regulars_connectors.http.redaction import redact

# What is sent


def test_a_request_carries_the_key_and_asks_for_gzip_only() -> None:
    provider = Provider(GOOD)
    assert provider.get() == {"ok": True}
    (call,) = provider.route.calls
    request = call.request
    assert str(request.url) == "https://api.example.org/v2/things?cursor=canary-cursor"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["accept-encoding"] == "gzip"


def test_on_loopback_nothing_is_compressed() -> None:
    provider = Provider(GOOD)
    provider.get(base_url="http://127.0.0.1:8901/v2")
    assert provider.route.calls[0].request.headers["accept-encoding"] == "identity"
    assert provider.route.calls[0].request.headers["host"] == "127.0.0.1:8901"


@pytest.mark.parametrize("path", ["/other", "/things/a/b", "/things/../other", "//evil.example"])
def test_a_path_that_is_not_on_the_list_is_never_sent(path: str) -> None:
    provider = Provider(GOOD)
    with pytest.raises(InvalidResponse, match="was blocked"):
        provider.get(path)
    assert not provider.route.called


@pytest.mark.parametrize("path", ["@evil.example/", ":80@evil.example/", "/../../evil"])
def test_the_host_is_pinned_even_if_the_list_is_too_wide(path: str) -> None:
    provider = Provider(GOOD)
    try:
        provider.get(path, allowed=(Allowed("GET", ".*"),))
    except InvalidResponse:
        assert not provider.route.called
    else:
        assert provider.route.calls[0].request.url.host == "api.example.org"


def test_the_proxy_of_the_environment_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n" + b'{"ok":true}') as base:
        assert ask(base, Clock()) == {"ok": True}


# Asking again


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_passing_trouble_is_asked_again(code: int) -> None:
    provider = Provider(status(code), status(code), GOOD)
    assert provider.get() == {"ok": True}
    assert provider.route.call_count == 3


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("no"),
        httpx.ConnectTimeout("no"),
        httpx.ReadTimeout("no"),
        httpx.RemoteProtocolError("cut"),
    ],
)
def test_a_broken_connection_is_asked_again_and_then_named(error: Exception) -> None:
    assert Provider(error, GOOD).get() == {"ok": True}
    provider = Provider(error)
    with pytest.raises(Unreachable, match=rf"api\.example\.org: {type(error).__name__}"):
        provider.get()
    assert provider.route.call_count == 5


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (401, AuthenticationFailed),
        (403, FeatureUnavailable),
        (404, NotFound),
        (400, StatusError),
        (422, StatusError),
        (301, StatusError),
    ],
)
def test_a_refusal_is_not_asked_again(code: int, expected: type[ConnectorError]) -> None:
    provider = Provider(status(code))
    with pytest.raises(expected):
        provider.get()
    assert provider.route.call_count == 1


@pytest.mark.parametrize("code", [500, 503])
def test_lasting_trouble_is_unreachable(code: int) -> None:
    with pytest.raises(Unreachable, match=f"status {code}"):
        Provider(status(code)).get()


def test_more_patience_is_had_with_a_quota() -> None:
    provider = Provider(status(429))
    with pytest.raises(QuotaExceeded):
        provider.get()
    assert provider.route.call_count == 10


def test_what_is_still_being_prepared_is_asked_again_when_named() -> None:
    provider = Provider(status(202, retry_after="3"), GOOD)
    assert provider.get() == {"ok": True}
    assert provider.clock.slept == [3.0]
    with pytest.raises(RetryLater, match="still being prepared"):
        Provider(status(202)).get()


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("https://evil.example/x?token=canary-cursor", "evil.example"),
        ("https://anna:canary-key@evil.example:8443/canary-key/#canary-key", "evil.example"),
        ("//evil.example/canary-key", "evil.example"),
        ("/canary-key", "an address without a host"),
        ("https://[canary-key/", "an address without a host"),
        ("https://canary key/", "an address without a host"),
        ("", "an address without a host"),
    ],
)
def test_of_a_redirect_only_the_host_is_told(location: str, said: str) -> None:
    provider = Provider(status(302, location=location))
    with pytest.raises(InvalidResponse) as raised:
        provider.get()
    assert raised.value.happened == (
        f"/things was answered with a redirect to {said}. Redirects are not followed."
    )
    assert provider.route.call_count == 1


def test_a_cut_connection_is_asked_again() -> None:
    cut = b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"data":[1,2'
    whole = b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"ok":true}'
    with serving(cut, b"", whole) as base:
        clock = Clock()
        assert ask(base, clock) == {"ok": True}
        assert len(clock.slept) == 2


# What is never told


@pytest.mark.long
def test_no_secret_reaches_a_log_line_or_an_error(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = f"HTTP/1.1 503 No\r\nX-Echo: {KEY}\r\nContent-Length: 2\r\n\r\n{{}}".encode()
    with serving(*[echo] * 5) as base, pytest.raises(Unreachable) as caught:
        ask(base, Clock())
    output = caplog.text + str(caught.value) + repr(caught.value) + caught.value.to_do
    names = {record.name for record in caplog.records}
    assert {"httpcore.http11", "regulars_connectors.http.client"} <= names
    for canary in (KEY, "anna@example.org", "anna%40example.org", "email="):
        assert canary not in output


def test_each_retry_is_one_line_with_fields(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="regulars_connectors.http.client")
    Provider(status(429, retry_after="7"), status(500, retry_after="1"), GOOD).get()
    lines = [r.getMessage() for r in caplog.records if r.name == "regulars_connectors.http.client"]
    assert lines == [
        "retry path=/things attempt=1 wait_s=7.00 cause=quota_exceeded",
        "retry path=/things attempt=2 wait_s=1.00 cause=provider_unreachable",
    ]


def test_the_filter_leaves_with_the_client() -> None:
    before = list(logging.getLogger("httpx").filters)
    client = Provider(GOOD).client()
    assert logging.getLogger("httpx").filters != before
    client.close()
    client.close()
    assert logging.getLogger("httpx").filters == before


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (f"key {KEY}!", "key [redacted]!"),
        ("Authorization: Bearer abcdef123456", "Authorization: Bearer [redacted]"),
        (
            "GET https://h.example/x?cursor=abc&email=a done",
            "GET https://h.example/x?[redacted] done",
        ),
        ("by anna.b+x@example.org, twice", "by [redacted], twice"),
        ("/by_email/zo%C3%AB%2Ba%40example.org", "/by_email/[redacted]"),
        ("nothing to hide", "nothing to hide"),
    ],
)
def test_redact(text: str, clean: str) -> None:
    assert redact(text, (KEY, "")) == clean


@pytest.mark.parametrize(
    "address",
    ["http://api.example.org", "http://10.0.0.1", "http://[::2]", "file:///x", "https://"],
)
def test_only_https_or_loopback_will_do(address: str) -> None:
    with pytest.raises(ConfigurationError, match="base_url"):
        Provider(GOOD).client(base_url=address)


@pytest.mark.parametrize(
    "address", ["http://localhost:1", "http://[::1]:1/v2", "http://127.9.9.9", "https://h.example"]
)
def test_loopback_and_https_do(address: str) -> None:
    Provider(GOOD).client(base_url=address).close()
