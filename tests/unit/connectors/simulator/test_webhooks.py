"""The simulator's deliveries are such as the connector takes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from support.beehiiv_client import NOW, Beehiiv

from regulars_connectors import Hint, Question, Signal, WebhookRequest
from regulars_connectors.beehiiv.webhooks import read_event
from regulars_connectors.simulator import EVENTS, World, deliver
from regulars_connectors.simulator.beehiiv.webhooks import body_of, signed

SECRET = "whsec_cmVndWxhcnMtaG9vay1rZXktZm9yLXRlc3RzISE="


@pytest.fixture(scope="module")
def world() -> World:
    return World(1, subscribers=20, posts=4)


@pytest.fixture
def taken() -> Iterator[tuple[str, list[WebhookRequest]]]:
    """A server that answers 204, its address, and what it got."""
    got: list[WebhookRequest] = []

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append(WebhookRequest(dict(self.headers.items()), body))
            self.send_response(204 if len(got) == 1 else 403)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Taking) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/hooks", got
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("event_type", EVENTS)
def test_a_delivery_is_signed_as_the_connector_expects(world: World, event_type: str) -> None:
    body = body_of(event_type, world, NOW)
    request = WebhookRequest(signed(SECRET, "msg_1", body, NOW), body)
    assert Beehiiv().connector(webhook_secret=SECRET).verify_webhook(request) == "msg_1"
    event = read_event(body)
    assert (event.event_type, event.at, event.unread) == (event_type, NOW, 0)


def test_the_events_mean_what_they_say(world: World) -> None:
    (hint,) = read_event(body_of("post.sent", world, NOW)).meanings
    assert hint == Hint(stream="posts", id=world.posts[-1].id, at=NOW)
    kinds = [
        type(one) for one in read_event(body_of("survey.response_submitted", world, NOW)).meanings
    ]
    assert kinds == [Question, Signal, Question, Signal]


def test_it_is_sent_and_the_answer_is_told(
    world: World, taken: tuple[str, list[WebhookRequest]]
) -> None:
    url, got = taken
    assert deliver(url, SECRET, "post.sent", world, NOW) == 204
    assert deliver(url, SECRET, "post.sent", world, NOW) == 403
    connector = Beehiiv().connector(webhook_secret=SECRET)
    assert connector.verify_webhook(got[0]) == connector.verify_webhook(got[1])


@pytest.mark.parametrize(
    ("url", "secret", "event"),
    [
        ("http://127.0.0.1:1/", SECRET, "post.burnt"),
        ("http://127.0.0.1:1/", "whsec_", "post.sent"),
        ("http://127.0.0.1:1/", "secret", "post.sent"),
        ("https://provider.example/", SECRET, "post.sent"),
    ],
)
def test_what_cannot_be_sent_is_refused(world: World, url: str, secret: str, event: str) -> None:
    with pytest.raises(ValueError, match=r"event|secret|address"):
        deliver(url, secret, event, world, NOW)
