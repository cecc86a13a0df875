"""Addresses of providers: https, or plain http on loopback."""

from __future__ import annotations

import ipaddress

import httpx

from ..errors import ConfigurationError


def base_address(text: str) -> httpx.URL:
    """The address: https, or http on loopback, with only a host, a port and a path.

    Raises ValueError with a text that follows the setting's name.
    """
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, UnicodeError):
        raise ValueError("is not an address") from None
    if url.scheme not in ("https", "http") or not url.host:
        raise ValueError("must begin with https:// (http:// is for loopback only)")
    if url.userinfo or url.query or url.fragment:
        raise ValueError("must be a plain address without user, query or fragment")
    if url.scheme == "http" and not is_loopback(url.host):
        raise ValueError("must begin with https:// (http:// is for loopback only)")
    return url


def checked_address(text: str) -> str:
    """The same text, if it is such an address. Raises ValueError."""
    base_address(text)
    return text


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def checked_base(text: str) -> httpx.URL:
    try:
        return base_address(text)
    except ValueError as error:
        raise ConfigurationError(f"base_url {error}.") from None
