"""Where a signature begins and ends."""

from __future__ import annotations

from collections.abc import Callable

from .lines import DASHES

_MARKS = frozenset({"--", "\u2014", "\u2013", "__", "---", "\u2014\u2014"})
_SENT_FROM = (
    "sent from", "sent via", "sent with", "sent using", "get outlook for", "envoyé de",
    "envoyé depuis", "envoyé à partir", "télécharger outlook", "obtenir outlook", "von meinem",
    "von meiner", "diese nachricht wurde von mein", "outlook für", "enviado desde", "enviado do",
    "enviado a partir", "enviado por", "enviado pelo", "enviado de ", "enviado mediante",
    "obtener outlook", "obter o outlook", "inviato da", "inviato dal", "scarica outlook",
    "verzonden van", "verzonden vanaf", "verstuurd vanaf", "verzonden met", "verzonden vanuit",
    "outlook voor", "skickat från", "skickades från", "skaffa outlook", "hämta outlook",
    "sendt fra", "sendt med", "hent outlook", "få outlook", "lähetetty ", "hanki outlook",
    "wysłane z", "wysłano z", "pobierz aplikację outlook", "отправлено с", "отправлено из",
    "отправлено от", "надіслано з", "odesláno z", "získat outlook", "poslano s", "trimis de",
    "gönderildi", "iphoneから送信", "ipadから送信", "从我的", "發自我的", "发自我的", "傳送自",
    "nadesłane z", "küldve", "στάλθηκε από", "sendt via", "gesendet von", "gesendet mit",
    "gesendet aus", "gesendet über",
)  # fmt: skip
_SENT_FROM_ENDS = (
    "から送信",
    "에서 보냄",
    "'dan gönderildi",
    "iphone'umdan gönderildi",
    "gönderildi",
)
_LONGEST_SENT_FROM = 120


def end_of(bare: list[str], at: int, is_others: Callable[[int], bool]) -> int:
    """The line after the signature that begins at a line; 0 where none does."""
    text = bare[at]
    if text in _MARKS or (text.startswith("__") and not text.strip("_") and len(text) < 60):
        return _until_others(bare, at, is_others)
    if is_sent_from(text):
        return _after_sent_from(bare, at, is_others)
    return 0


def is_sent_from(text: str) -> bool:
    """Whether a line is one that a mail program adds: Sent from my phone."""
    if len(text) > _LONGEST_SENT_FROM:
        return False
    text = text.strip("".join(DASHES) + " <>[]()").casefold()
    return text.startswith(_SENT_FROM) or text.endswith(_SENT_FROM_ENDS)


def _until_others(bare: list[str], at: int, is_others: Callable[[int], bool]) -> int:
    end = at + 1
    while end < len(bare) and not (bare[end] and is_others(end)):
        end += 1
    return end


def _after_sent_from(bare: list[str], at: int, is_others: Callable[[int], bool]) -> int:
    """It ends the mail, or at most two short lines and what others wrote come after it."""
    end, more = at + 1, 0
    while end < len(bare):
        if bare[end] and is_others(end):
            return end
        if bare[end]:
            more += 1
            if more > 2 or len(bare[end]) > 60:
                return 0
        end += 1
    return end
