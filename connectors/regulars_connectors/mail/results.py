"""What the writer's own mail server found out about a sender (RFC 8601)."""

from __future__ import annotations

from .limits import MOST_HEADER

_GENUINE = "pass"
_NOT_SAID = frozenset({"", "none", "temperror", "permerror", "policy"})


def is_genuine(results: str, server: str, sender: str) -> bool | None:
    """Whether the own server calls a sender genuine. None: it does not say.

    results: the topmost Authentication-Results, since a stranger may have written those below.
    server: the name of the own one, ``mx.example.org``, or the end of it after a dot. sender: the
    address in From.
    """
    first, *rest = _without_comments(results[:MOST_HEADER]).split(";")
    if first.strip().casefold().startswith("i=") and rest:  # the sealed form (RFC 8617)
        first, *rest = rest
    named = first.split()[0].casefold() if first.split() else ""
    own = server.casefold().strip(" .")
    if not own or not (named == own or named.endswith(f".{own}")):
        return None
    found = [_method(one) for one in rest]
    policies = [value for name, value, _ in found if name == "dmarc" and value not in _NOT_SAID]
    if policies:
        return all(value == _GENUINE for value in policies)
    domain = sender.rpartition("@")[2].casefold()
    signed = [(value, by) for name, value, by in found if name == "dkim" and value not in _NOT_SAID]
    if any(value == _GENUINE and _is_above(by, domain) for value, by in signed):
        return True
    return False if any(value != _GENUINE for value, _ in signed) else None


def _method(text: str) -> tuple[str, str, str]:
    """A result such as ``dkim=pass header.d=example.org``: method, value, and whose signature."""
    words = text.split()
    name, _, value = words[0].partition("=") if words else ("", "", "")
    by = ""
    for word in words[1:]:
        key, _, given = word.partition("=")
        if key.casefold() in ("header.d", "header.i"):
            by = given.strip('"').rpartition("@")[2].casefold()
    return name.casefold().partition("/")[0], value.casefold(), by


def _is_above(signer: str, domain: str) -> bool:
    return bool(signer) and "." in signer and (domain == signer or domain.endswith(f".{signer}"))


def _without_comments(value: str) -> str:
    """Comments and quoted texts hold what strangers wrote, so they are left out."""
    kept: list[str] = []
    depth, is_quoted, is_escaped = 0, False, False
    for sign in value:
        if is_escaped:
            is_escaped = False
        elif sign == "\\" and (depth or is_quoted):
            is_escaped = True
        elif is_quoted:
            is_quoted = sign != '"'
        elif sign == '"' and not depth:
            is_quoted = True
        elif sign == "(":
            depth += 1
        elif sign == ")" and depth:
            depth -= 1
        elif not depth:
            kept.append(sign)
    return "".join(kept)
