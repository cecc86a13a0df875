"""When two mail addresses are one: the rule, and what is no address at all.

Two spellings are one address if they differ in capitals, in how accents are composed, in signs that
nobody sees, or in how the domain is written (``bücher.example`` and ``xn--bcher-kva.example``).
Everything else tells people apart: ``strauß@`` and ``strauss@`` are two, so are ``bo@`` and
``bo+letters@``.
"""

from __future__ import annotations

import unicodedata

import idna

LONGEST_ADDRESS = 320
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})
_IN_NO_ADDRESS = frozenset('<>(),;:"|[]\\')


def fold_address(text: str) -> str:
    """The form in which equal addresses are equal. A text without ``@`` has its letters lowered.

    Idempotent. Letters are lowered one by one, so none of them becomes two.
    """
    visible = unicodedata.normalize("NFC", without_invisible(text))
    local, at, domain = visible.rpartition("@")
    return f"{_lower(local)}@{_fold_domain(domain)}" if at else _lower(domain)


def without_invisible(text: str) -> str:
    """The text without blanks around it, and without signs that nobody sees."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return "".join(letter for letter in text if unicodedata.category(letter) != "Cf").strip()


def plain_address(address: str) -> str:
    """A folded address without its plus part, and at Gmail without dots, which are one mailbox."""
    local, at, domain = address.rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _DOTLESS:
        local, domain = local.replace(".", "") or local, "gmail.com"
    return f"{local}{at}{domain}"


def without_plus(address: str) -> tuple[str, str]:
    """A folded address without its plus part, and that part, which may be empty."""
    local, at, domain = address.rpartition("@")
    bare, _, part = local.partition("+")
    return f"{bare}{at}{domain}", part


def address_fault(text: str) -> str | None:
    """Why a text is no address, None if it may be one. It says the rule, never the text."""
    address = without_invisible(text)
    local, at, domain = address.rpartition("@")
    if not (local and at and domain.strip(".")):
        return "is not an address"
    if len(address) > LONGEST_ADDRESS:
        return f"is longer than {LONGEST_ADDRESS} characters"
    if any(letter.isspace() for letter in address):
        return "is not an address"
    if "@" in local or not _IN_NO_ADDRESS.isdisjoint(address):
        return "is not one address like reader@example.org, and nothing more"
    return None


def _fold_domain(domain: str) -> str:
    plain = domain.strip().rstrip(".")
    if plain.isascii():
        return plain.lower()
    try:
        return idna.encode(plain, uts46=True).decode("ascii")
    except idna.IDNAError:
        return _lower(plain)


def _lower(text: str) -> str:
    return unicodedata.normalize("NFC", "".join(letter.lower()[:1] for letter in text))
