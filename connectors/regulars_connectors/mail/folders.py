"""What a folder of a mailbox is for, by the name that programs give it in many languages."""

from __future__ import annotations

from typing import Literal, TypeAlias

Role: TypeAlias = Literal["inbox", "sent", "junk", "drafts", "other"]

_SENT = frozenset({
    "sent", "sent mail", "sent items", "sent messages", "gesendet", "gesendete objekte",
    "gesendete elemente", "gesendete nachrichten", "envoyés", "messages envoyés",
    "éléments envoyés", "courrier envoyé", "enviados", "elementos enviados", "mensajes enviados",
    "correo enviado", "itens enviados", "e-mails enviados", "posta inviata", "inviata", "inviati",
    "elementi inviati", "verzonden", "verzonden items", "verzonden berichten", "skickat",
    "skickade objekt", "sendt", "sendte elementer", "sendte meddelelser", "lähetetyt", "wysłane",
    "elementy wysłane", "odeslaná pošta", "odeslané", "odoslané", "elküldött",
    "elküldött elemek", "trimise", "отправленные", "надіслані", "απεσταλμένα",
    "gönderilmiş postalar", "gönderilenler", "gönderilmiş öğeler", "送信済み", "送信済みメール",
    "送信済みアイテム", "已发送", "已发送邮件", "寄件備份", "보낸편지함", "보낸 편지함",
})  # fmt: skip
_JUNK = frozenset({
    "junk", "spam", "junk e-mail", "junk email", "junk mail", "bulk mail", "spamverdacht",
    "junk-e-mail", "unerwünscht", "unerwünschte werbung", "courrier indésirable", "indésirables",
    "pourriel", "correo no deseado", "lixo eletrônico", "lixo eletrónico", "posta indesiderata",
    "ongewenste e-mail", "skräppost", "søppelpost", "uønsket post", "uønsket e-mail",
    "roskaposti", "wiadomości-śmieci", "nevyžádaná pošta", "nevyžiadaná pošta", "levélszemét",
    "спам", "ανεπιθύμητα", "gereksiz", "önemsiz", "迷惑メール", "垃圾邮件", "垃圾郵件", "스팸",
    "스팸함", "정크 메일",
})  # fmt: skip
_DRAFTS = frozenset({
    "drafts", "draft", "entwürfe", "brouillons", "borradores", "rascunhos", "bozze", "concepten",
    "utkast", "kladder", "luonnokset", "wersje robocze", "szkice", "koncepty", "piszkozatok",
    "ciorne", "черновики", "чернетки", "πρόχειρα", "taslaklar", "下書き", "草稿", "草稿箱",
    "임시보관함", "outbox", "unsent messages", "templates",
})  # fmt: skip
_INBOX = frozenset({"inbox", "posteingang"})


def role_of(path: str) -> Role:
    """The role of a folder by the last part of its path; parts end at ``/`` and ``.``.

    ``[Gmail]/Sent Mail``, ``INBOX.Sent`` and ``Gesendet.mbox`` are the writer's own mail.
    """
    name = path.casefold().removesuffix(".mbox").removesuffix(".mbx").strip(" /.")
    for part in (name, name.rpartition("/")[2], name.rpartition(".")[2]):
        plain = part.replace("_", " ").strip(" [].")
        if plain in _SENT or plain.removesuffix("-1") in _SENT:
            return "sent"
        if plain in _JUNK:
            return "junk"
        if plain in _DRAFTS:
            return "drafts"
        if plain in _INBOX:
            return "inbox"
    return "other"
