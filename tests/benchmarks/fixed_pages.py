"""A server of fixed pages in beehiiv's form, in a process of its own: its work is not counted.

``python tests/benchmarks/fixed_pages.py PAGES`` serves PAGES pages of 100 subscriptions, posts
and a publication on a free port of loopback, prints the port, and ends with its standard input.
A page is made from one template when it is asked for and is the same each time, so that a
million subscriptions need no memory. Everybody in them is invented.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

PUBLICATION = "pub_00000000-0000-4000-8000-0000000000aa"
PAGE_ROWS = 100
POSTS = 100
_FIRST_JOINED = 1_640_995_200
_WEEK = 7 * 86_400
_DIGITS = "0123456789"

# One subscription as live answers show it, about 950 bytes; %-fields are what differs.
_ROW = json.dumps(
    {
        "id": "sub_%(uuid)s",
        "email": "reader.%(number)d@post.example.org",
        "status": "active",
        "created": "%(created)d",
        "subscription_tier": "free",
        "subscription_premium_tier_names": [],
        "subscription_premium_tiers": [],
        "stripe_customer_id": "",
        "utm_source": "harbour-weekly",
        "utm_medium": "recommendation",
        "utm_channel": "website",
        "utm_campaign": "spring-%(channel)d",
        "utm_term": "",
        "utm_content": "",
        "referring_site": "https://harbour.example.org/letters/%(channel)d",
        "referral_code": "%(code)s",
        "custom_fields": [
            {"name": "First Name", "kind": "string", "value": "Reader %(number)d"},
            {"name": "Town", "kind": "string", "value": "Harbour %(channel)d"},
            {"name": "Topics", "kind": "list", "value": ["tides", "boats", "letters"]},
        ],
        "tags": ["asked-on-arrival"],
        "newsletter_list_ids": ["nll_00000000-0000-4000-8000-0000000000bb"],
        "stats": {
            "total_sent": "%(received)d",
            "total_received": "%(received)d",
            "total_unique_opened": "%(opened)d",
            "total_clicked": "%(clicked)d",
            "total_unique_clicked": "%(clicked)d",
            "open_rate": "%(open_rate).2f",
            "click_rate": "%(click_rate).2f",
        },
    },
    separators=(",", ":"),
)
for _number in ("created", "received", "opened", "clicked"):
    _ROW = _ROW.replace(f'"%({_number})d"', f"%({_number})d")
for _rate in ("open_rate", "click_rate"):
    _ROW = _ROW.replace(f'"%({_rate}).2f"', f"%({_rate}).2f")


def subscription(number: int) -> str:
    """The JSON of one subscription; the same for the same number."""
    digest = blake2b(number.to_bytes(8, "big"), digest_size=16).hexdigest()
    received = 20 + number % 80
    opened = received * (number % 11) // 11
    clicked = opened // 5
    return _ROW % {
        "uuid": f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:]}",
        "number": number,
        "created": _FIRST_JOINED + number * 60,
        "channel": number % 37,
        "code": digest[:8],
        "received": received,
        "opened": opened,
        "clicked": clicked,
        "open_rate": 100 * opened / received,
        "click_rate": 100 * clicked / opened if opened else 0,
    }


def subscriptions_page(number: int, pages: int) -> bytes:
    """Page ``number`` (from 0) of ``pages``; its cursor is the number of the next."""
    first = number * PAGE_ROWS
    rows = ",".join(map(subscription, range(first, first + PAGE_ROWS)))
    more = number + 1 < pages
    cursor = f'"{number + 1}"' if more else "null"
    return (
        f'{{"data":[{rows}],"limit":{PAGE_ROWS},"has_more":{str(more).lower()},'
        f'"next_cursor":{cursor},"total_results":{pages * PAGE_ROWS}}}'
    ).encode()


def _post(number: int) -> dict[str, object]:
    sent_at = _FIRST_JOINED + 52 * _WEEK + number * _WEEK
    mailing = {"recipients": 9000, "delivered": 8990, "unique_opens": 4000, "unique_clicks": 300}
    return {
        "id": f"post_00000000-0000-4000-8000-{number:012d}",
        "title": f"Letter {number}",
        "status": "confirmed",
        "platform": "email",
        "created": sent_at - 3600,
        "publish_date": sent_at,
        "web_url": f"https://letters.example.org/p/{number}",
        "audience": "free",
        "stats": {"email": mailing},
    }


def _body(target: str, pages: int) -> bytes:
    """The answer to one request, by the last word of its path."""
    split = urlsplit(target)
    what = split.path.rsplit("/", 1)[-1]
    if what == "subscriptions":
        return subscriptions_page(int(parse_qs(split.query).get("cursor", ["0"])[0]), pages)
    if what == "posts":
        posts = [_post(number) for number in range(POSTS)]
        paging = {"page": 1, "limit": 100, "total_results": POSTS, "total_pages": 1}
        return json.dumps({"data": posts, **paging}).encode()
    if what == "polls":
        return b'{"data":[],"limit":100,"has_more":false,"next_cursor":null,"total_results":0}'
    if what in ("newsletter_lists", "engagements"):
        return b'{"data":[],"limit":100,"page":1,"total_results":0,"total_pages":1}'
    return json.dumps({"data": {"id": PUBLICATION, "name": "Letters (invented)"}}).encode()


def _answer(connection: socket.socket, pages: int) -> None:
    """Answer requests without bodies, one after the other, until the client goes."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection, connection.makefile("rb") as lines:
        while request := lines.readline():
            while lines.readline().strip():
                pass
            body = _body(request.split()[1].decode("ascii"), pages)
            head = (
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            )
            connection.sendall(head % len(body) + body)


def _serve(pages: int) -> None:
    def accept() -> None:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_answer, args=(connection, pages), daemon=True).start()

    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()


@contextmanager
def serving_pages(pages: int) -> Iterator[str]:
    """Serve them in a process of their own; yields the base address of the API."""
    command = [sys.executable, str(Path(__file__).resolve()), str(pages)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v2"
        finally:
            process.stdin.close()


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
