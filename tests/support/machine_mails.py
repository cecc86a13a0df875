"""Sixty mails of machines in fifteen languages, invented: absences, bounces, receipts and the like.

Per language: an absence known by its subject alone, a bounce known by its subject alone, an
absence that a header proves, and one of the other kinds.
"""

from __future__ import annotations

from dataclasses import dataclass

READER = "Mika Holt <mika@reader.example>"
SYSTEM = "Mail System <system@mx.reader.example>"
WRITER = "ada@letters.example"


@dataclass(frozen=True)
class Told:
    """What one language says. other: headers, subject and words of a fourth mail; its class."""

    language: str
    away: tuple[str, str]
    bounced: tuple[str, str]
    proven: tuple[str, str, str]
    other: tuple[str, str, str, str]


@dataclass(frozen=True)
class MachineMail:
    """The bytes of a mail, and the classes that it may have."""

    name: str
    raw: bytes
    classes: tuple[str, ...]


def machine_mails() -> list[MachineMail]:
    """All sixty."""
    found = []
    for told in TOLD:
        headers, subject, words, kind = told.other
        absence = ("auto_reply", "machine_other")
        found += [
            _mail(f"{told.language}: away", READER, told.away[0], told.away[1], "", absence),
            _mail(f"{told.language}: bounced", SYSTEM, *told.bounced, "", ("bounce",)),
            _mail(f"{told.language}: proven", READER, *told.proven[1:], told.proven[0], absence),
            _mail(f"{told.language}: {kind}", READER, subject, words, headers, (kind,)),
        ]
    return found


def _mail(
    name: str, sender: str, subject: str, words: str, headers: str, classes: tuple[str, ...]
) -> MachineMail:
    lines = [] if headers.startswith("From:") else [f"From: {sender}"]
    lines += [f"To: Ada <{WRITER}>", "Date: Tue, 3 Mar 2026 08:15:00 +0100", f"Subject: {subject}"]
    lines += [line for line in headers.split("\n") if line]
    if "Content-Type" not in headers:
        lines.append("Content-Type: text/plain; charset=utf-8")
    lines += ["", words, ""]
    return MachineMail(name, "\n".join(lines).encode(), classes)


_EXCHANGE = "Auto-Submitted: auto-generated\nX-Auto-Response-Suppress: All"
_SIEVE = "Auto-Submitted: auto-replied (vacation)\nIn-Reply-To: <n1.bread@letters.example>"
_GMAIL = "Precedence: bulk\nX-Autoreply: yes"
_APPLE = "X-Apple-Action: VACATION"
_LOTUS = "Auto-Submitted: auto-generated"
_RESPONDER = "Precedence: auto_reply"
_NO_REPLY = "From: Desk <no-reply@shop.example>"
_EMPTY_PATH = "Return-Path: <>"
_RECEIPT = (
    "Content-Type: multipart/report; report-type=disposition-notification; boundary=b1\n"
    "MIME-Version: 1.0"
)
_RECEIPT_PARTS = (
    "--b1\nContent-Type: text/plain; charset=utf-8\n\n{}\n--b1\n"
    "Content-Type: message/disposition-notification\n\n"
    "Final-Recipient: rfc822;mika@reader.example\nDisposition: manual-action; displayed\n--b1--"
)
_INVITED = "Content-Type: text/calendar; method=REPLY; charset=utf-8\nMIME-Version: 1.0"
_INVITED_WORDS = "BEGIN:VCALENDAR\nMETHOD:REPLY\nSUMMARY:{}\nEND:VCALENDAR"
_ABUSE = (
    "Content-Type: multipart/report; report-type=feedback-report; boundary=b2\nMIME-Version: 1.0"
)
_ABUSE_PARTS = (
    "--b2\nContent-Type: text/plain; charset=utf-8\n\n{}\n--b2\n"
    "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\n--b2--"
)
_NOTED = "From: Robot <noreply+t7@tickets.example>"
_CHECK = "https://gate.example/let-in/7f3"

TOLD = (
    Told(
        "English",
        ("Out of office: back on Monday", "I am hiking until Monday and read nothing until then."),
        ("Undeliverable: The bread issue", "The mailbox of this reader is full."),
        (_EXCHANGE, "Automatic reply: The bread issue", "I am away this week."),
        (_RECEIPT, "Read: The bread issue", _RECEIPT_PARTS.format("It was shown."), "read_receipt"),
    ),
    Told(
        "German",
        ("Abwesenheitsnotiz: Das Brotheft", "Ich bin bis Montag wandern."),
        ("Unzustellbar: Das Brotheft", "Das Postfach ist voll."),
        (_GMAIL, "Danke für Ihre Nachricht", "Ich lese erst am Montag wieder."),
        (_NO_REPLY, "Ihr Ticket 4711", "Wir haben Ihre Nachricht erhalten.", "machine_other"),
    ),
    Told(
        "French",
        ("Réponse automatique : Le numéro du pain", "Je suis en randonnée jusqu'à lundi."),
        ("Non remis : Le numéro du pain", "La boîte est pleine."),
        (_SIEVE, "Re : Le numéro du pain", "Je suis absent cette semaine."),
        (_INVITED, "Accepté : thé", _INVITED_WORDS.format("thé"), "calendar_response"),
    ),
    Told(
        "Spanish",
        ("Respuesta automática: El número del pan", "Estoy de viaje hasta el lunes."),
        ("No se puede entregar: El número del pan", "El buzón está lleno."),
        (_APPLE, "Estoy fuera", "Vuelvo el lunes."),
        (_EMPTY_PATH, "Aviso", "Su mensaje ha sido recibido.", "machine_other"),
    ),
    Told(
        "Portuguese",
        ("Resposta automática: O número do pão", "Volto na segunda-feira."),
        ("Não entregue: O número do pão", "A caixa está cheia."),
        (_RESPONDER, "Obrigado pela mensagem", "Estou de férias."),
        (_ABUSE, "Queixa", _ABUSE_PARTS.format("Isto é uma queixa."), "complaint"),
    ),
    Told(
        "Italian",
        ("Risposta automatica: Il numero del pane", "Torno lunedì."),
        ("Mancato recapito: Il numero del pane", "La casella è piena."),
        (_EXCHANGE, "Fuori sede", "Sono in viaggio questa settimana."),
        ("", "Conferma il tuo messaggio [challenge]", f"{_CHECK}", "machine_other"),
    ),
    Told(
        "Dutch",
        ("Automatisch antwoord: Het broodnummer", "Ik ben maandag terug."),
        ("Onbestelbaar: Het broodnummer", "De postbus is vol."),
        (_SIEVE, "Afwezig", "Ik ben op reis."),
        (_NOTED, "Uw melding 12", "Wij hebben uw bericht ontvangen.", "machine_other"),
    ),
    Told(
        "Swedish",
        ("Autosvar: Brödnumret", "Jag är tillbaka på måndag."),
        ("Går inte att leverera: Brödnumret", "Brevlådan är full."),
        (_GMAIL, "Tack för ditt brev", "Jag vandrar hela veckan."),
        (_RECEIPT, "Läst: Brödnumret", _RECEIPT_PARTS.format("Det visades."), "read_receipt"),
    ),
    Told(
        "Danish",
        ("Automatisk svar: Brødnummeret", "Jeg er tilbage på mandag."),
        ("Kan ikke leveres: Brødnummeret", "Postkassen er fuld."),
        (_LOTUS, "Mika Holt is out of the office", "Jeg er på ferie."),
        (_EMPTY_PATH, "Kvittering", "Din besked er modtaget.", "machine_other"),
    ),
    Told(
        "Finnish",
        ("Automaattinen vastaus: Leipänumero", "Palaan maanantaina."),
        ("Ei toimitettavissa: Leipänumero", "Postilaatikko on täynnä."),
        (_EXCHANGE, "Poissa", "Olen matkoilla tämän viikon."),
        (_INVITED, "Hyväksytty: tee", _INVITED_WORDS.format("tee"), "calendar_response"),
    ),
    Told(
        "Polish",
        ("Odpowiedź automatyczna: Numer o chlebie", "Wracam w poniedziałek."),
        ("Niedostarczalne: Numer o chlebie", "Skrzynka jest pełna."),
        (_SIEVE, "Odp: Numer o chlebie", "Jestem w podróży."),
        (_NO_REPLY, "Zgłoszenie 33", "Otrzymaliśmy wiadomość.", "machine_other"),
    ),
    Told(
        "Czech",
        ("Automatická odpověď: Číslo o chlebu", "Vrátím se v pondělí."),
        ("Nedoručitelné: Číslo o chlebu", "Schránka je plná."),
        (_APPLE, "Jsem pryč", "Celý týden chodím po horách."),
        (_ABUSE, "Stížnost", _ABUSE_PARTS.format("To je stížnost."), "complaint"),
    ),
    Told(
        "Russian",
        ("Автоматический ответ: Выпуск о хлебе", "Вернусь в понедельник."),
        ("Не удается доставить: Выпуск о хлебе", "Ящик переполнен."),
        (_GMAIL, "Спасибо за письмо", "Я в отпуске."),
        (_NOTED, "Обращение 9", "Мы получили сообщение.", "machine_other"),
    ),
    Told(
        "Turkish",
        ("Otomatik yanıt: Ekmek sayısı", "Pazartesi döneceğim."),
        ("Teslim edilemedi: Ekmek sayısı", "Posta kutusu dolu."),
        (_RESPONDER, "Mesajınız için teşekkürler", "Bu hafta yoldayım."),
        (_EMPTY_PATH, "Bilgi", "Mesajınız alındı.", "machine_other"),
    ),
    Told(
        "Japanese",
        ("自動応答: パンの号", "月曜日に戻ります。"),
        ("配信不能: パンの号", "メールボックスがいっぱいです。"),
        (_EXCHANGE, "不在です", "今週は旅行中です。"),
        (_RECEIPT, "開封済み: パンの号", _RECEIPT_PARTS.format("表示されました。"), "read_receipt"),
    ),
)
