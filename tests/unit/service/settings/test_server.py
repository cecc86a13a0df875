"""The section [server]: what may be written, what is refused, and what follows from it."""

from __future__ import annotations

from typing import Any

import pytest

from regulars.errors import SettingsWrong
from regulars.settings import ServerSettings, build_settings
from regulars.widgets.publishing import own_address


def read(**server: Any) -> ServerSettings:
    return build_settings({"server": server}, None).server


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ({"host": "regulars.example.org"}, "no address to listen on"),
        ({"host": ""}, "no address to listen on"),
        ({"host": "127.0.0.1:80"}, "no address to listen on"),
        ({"public_host": "https://regulars.example.org"}, "without https://"),
        ({"public_host": "regulars.example.org/page"}, "no host name"),
        ({"public_host": "a_b.example.org"}, "no host name"),
        ({"public_host": "-a.example.org"}, "no host name"),
        ({"public_host": "a..example.org"}, "no host name"),
        ({"public_host": "a.example.org:0"}, "no host name"),
        ({"public_host": "a.example.org:99999"}, "no host name"),
        ({"public_host": "[::1"}, "no host name"),
        ({"public_host": ["a.example.org", ""]}, "no host name"),
        ({"public_host": "*"}, "no host name"),
        ({"public_host": "LOCALHOST"}, "this machine alone"),
        ({"public_host": "127.0.0.1:8765"}, "this machine alone"),
        ({"trusted_proxies": ["0.0.0.0/0"]}, "believe everybody"),
        ({"trusted_proxies": "::/0"}, "believe everybody"),
        ({"trusted_proxies": ["proxy.example.org"]}, "no address"),
        ({"trusted_proxies": [3]}, "no address"),
        ({"trusted_proxies": ["10.0.0.1/8"]}, "no address"),
    ],
)
def test_what_is_wrong_is_named(server: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsWrong) as raised:
        read(**server)
    assert words in raised.value.happened


@pytest.mark.parametrize(
    ("server", "is_loopback", "needs_authority"),
    [
        ({}, True, False),
        ({"host": "localhost"}, True, False),
        ({"host": "::1"}, True, False),
        ({"host": "127.0.0.2"}, True, False),
        ({"host": "0.0.0.0"}, False, True),
        ({"host": "::"}, False, True),
        ({"host": "192.0.2.1"}, False, True),
        ({"public_host": "a.example.org"}, True, True),
        ({"host": "0.0.0.0", "public_host": "a.example.org"}, False, True),
        ({"trusted_proxies": ["127.0.0.1"]}, True, False),
    ],
)
def test_authority_is_needed_as_soon_as_the_outside_may_come(
    server: dict[str, Any], is_loopback: bool, needs_authority: bool
) -> None:
    found = read(**server)
    assert (found.is_loopback, found.needs_authority) == (is_loopback, needs_authority)


@pytest.mark.parametrize(
    ("server", "address"),
    [
        ({}, "http://127.0.0.1:8765"),
        ({"host": "localhost"}, "http://localhost:8765"),
        ({"host": "::1"}, "http://[::1]:8765"),
        ({"host": "0.0.0.0"}, "http://127.0.0.1:8765"),
        ({"host": "::"}, "http://[::1]:8765"),
        ({"public_host": "A.example.org"}, "http://a.example.org"),
        ({"public_host": "a.example.org:8080"}, "http://a.example.org:8080"),
        (
            {"public_host": ["a.example.org", "b.example.org"], "trusted_proxies": "10.0.0.1"},
            "https://a.example.org",
        ),
    ],
)
def test_the_address_in_links(server: dict[str, Any], address: str) -> None:
    assert own_address(read(**server)) == address


def test_variables_of_the_environment_name_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGULARS_SERVER__PUBLIC_HOST", "a.example.org, b.example.org:8443")
    monkeypatch.setenv("REGULARS_SERVER__TRUSTED_PROXIES", "127.0.0.1,172.16.0.0/12")
    found = read(public_host="c.example.org")
    assert found.public_host == ("a.example.org", "b.example.org:8443")
    assert [str(one) for one in found.trusted_proxies] == ["127.0.0.1/32", "172.16.0.0/12"]
    assert found.names >= {"a.example.org", "b.example.org", "127.0.0.1", "localhost", "[::1]"}
