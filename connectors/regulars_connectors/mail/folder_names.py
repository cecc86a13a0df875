"""Names that mail programs give to folders, in lower case: they say what a folder is for."""

from __future__ import annotations


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split("|"))


SENT = _names(
    "sent|sent items|sent mail|sent messages|gesendet|gesendete elemente|gesendete objekte|"
    "envoyés|éléments envoyés|messages envoyés|enviados|elementos enviados|mensajes enviados|"
    "itens enviados|inviata|inviati|posta inviata|verzonden|verzonden items|verzonden berichten|"
    "skickat|skickade|sendt|sendte elementer|sendt post|lähetetyt|wysłane|elementy wysłane|"
    "odeslané|odoslané|elküldött|trimise|gönderilmiş öğeler|gönderilmiş postalar|gönderilenler|"
    "απεσταλμένα|отправленные|надіслані|送信済み|送信済みアイテム|已发送|已发送邮件|寄件備份|"
    "보낸 편지함|보낸편지함"
)
ARCHIVE = _names(
    "archive|archives|archiv|archivo|archivio|archief|arkiv|arkisto|archiwum|arquivo|архив|архів|"
    "アーカイブ|归档|封存|보관"
)
JUNK = _names(
    "junk|junk email|junk e-mail|spam|bulk mail|junk-e-mail|spamverdacht|unerwünscht|courrier "
    "indésirable|indésirables|pourriel|correo no deseado|lixo eletrônico|posta indesiderata|"
    "ongewenste e-mail|skräppost|uønsket e-post|uønsket|roskaposti|niechciane|wiadomości-śmieci|"
    "nevyžádaná pošta|önemsiz|спам|迷惑メール|垃圾邮件|垃圾郵件|스팸메일함|정크 메일"
)
DRAFTS = _names(
    "draft|drafts|entwürfe|brouillons|borradores|rascunhos|bozze|concepten|utkast|kladder|"
    "luonnokset|wersje robocze|szkice|koncepty|piszkozatok|ciorne|taslaklar|πρόχειρα|черновики|"
    "чернетки|下書き|草稿|草稿箱|임시보관함|unsent messages|templates"
)
