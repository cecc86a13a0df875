"""What deliveries of beehiiv mean."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.beehiiv_client import KEY, PUBLICATION, Beehiiv

from regulars_connectors import (
    Hint,
    InvalidResponse,
    Question,
    Signal,
    WebhookEvent,
    WebhookRefused,
    WebhookRequest,
)
from regulars_connectors.beehiiv import BeehiivSettings
from regulars_connectors.beehiiv.webhooks import HINTS, SURVEY_ANSWERED, read_event
from regulars_connectors.instants import from_iso

SECRET = "whsec_cmVndWxhcnMtaG9vay1rZXktZm9yLXRlc3RzISE="
OLD_SECRET = "whsec_YW5vdGhlciBrZXkgZm9yIHRlc3RzIQ=="
AT = from_iso("2026-10-01T12:00:00Z")
SECONDS = 1790856000


def body(event_type: str = SURVEY_ANSWERED, **changes: Any) -> bytes:
    return json.dumps(
        {"uid": "evt_1", "event_type": event_type, "event_timestamp": SECONDS, "data": {}} | changes
    ).encode()


def answer(number: int = 7, **changes: Any) -> dict[str, Any]:
    row = {
        "id": number,
        "answer": "Because of the maps",
        "created": SECONDS - 60,
        "question_data": {"prompt": "Why do you read?", "type": "long_text"},
    }
    return row | changes


def survey(*answers: Any, **changes: Any) -> WebhookEvent:
    data = {
        "id": "resp_1",
        "survey_id": "survey_1",
        "created": SECONDS - 120,
        "answers": list(answers),
        "subscription": {"id": "sub_1", "email": "ann@example.org"},
    }
    return read_event(body(data=data | changes))


@pytest.mark.parametrize("event_type", HINTS)
def test_each_event_hints_at_the_stream_that_shows_it(event_type: str) -> None:
    event = read_event(body(event_type, data={"id": "x_1", "stats": 5}))
    assert event == WebhookEvent(event_type, AT, (Hint(stream=HINTS[event_type], id="x_1", at=AT),))


@pytest.mark.parametrize("event_type", ["podcasts.episode.deleted", "subscription.was_named", "x"])
def test_an_unknown_event_hints_at_nothing(event_type: str) -> None:
    assert read_event(body(event_type)) == WebhookEvent(event_type, AT)


def test_a_survey_becomes_questions_and_answers() -> None:
    chosen = {"prompt": "How often?", "type": "multiple_choice"}
    event = survey(answer(), answer(8, answer="Weekly", question_data=chosen))
    why, reason, often, weekly = event.meanings
    assert isinstance(why, Question)
    assert isinstance(often, Question)
    assert (why.kind, why.text, often.text) == ("survey", "Why do you read?", "How often?")
    assert reason == Signal(
        kind="survey",
        id="resp_1/7",
        subscription_id="sub_1",
        at=AT - 60_000_000,
        question_id=why.id,
        text="Because of the maps",
    )
    assert isinstance(weekly, Signal)
    assert (weekly.answer, weekly.text, weekly.question_id) == ("Weekly", None, often.id)
    assert why.id.startswith("survey_1/")
    assert event.at == AT


def test_the_same_question_has_the_same_id_in_each_response() -> None:
    first, second = survey(answer(7)), survey(answer(9), id="resp_2")
    assert first.meanings[0] == second.meanings[0]
    assert first.meanings[1].id != second.meanings[1].id


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["One", "Two", None], "One, Two"),
        (4, "4"),
        (4.5, "4.5"),
        (True, "yes"),
        ({"label": "x"}, '{"label":"x"}'),
    ],
)
def test_an_answer_of_any_kind_is_kept_as_a_text(given: Any, words: str) -> None:
    (_, told) = survey(answer(answer=given)).meanings
    assert isinstance(told, Signal)
    assert told.text == words


@pytest.mark.parametrize("given", [None, "", "  ", []])
def test_a_question_that_was_passed_over_has_no_answer(given: Any) -> None:
    assert survey(answer(answer=given)).meanings == ()


def test_an_odd_part_costs_itself_alone() -> None:
    event = survey(
        "odd", answer(created="soon", question_data={"prompt": 5, "type": ["x"]}), answer(8)
    )
    odd, question, good = event.meanings
    assert isinstance(odd, Signal)
    assert odd.at == AT - 120_000_000
    assert isinstance(question, Question)
    assert isinstance(good, Signal)
    assert good.id == "resp_1/8"
    assert event.unread == 3


def test_the_answer_may_stand_beside_its_question() -> None:
    asked = {"prompt": "Why?", "type": "text", "answer": "Maps"}
    (_, told) = survey({"id": 7, "question_data": asked}).meanings
    assert isinstance(told, Signal)
    assert told.text == "Maps"


@pytest.mark.parametrize(
    ("moment", "at"),
    [
        (SECONDS, AT),
        (SECONDS * 1000, AT),
        (SECONDS + 0.5, AT + 500_000),
        ("2026-10-01T12:00:00Z", AT),
        ("soon", None),
        (0, None),
        (None, None),
        (99_999_999_999, None),
    ],
)
def test_moments_come_in_several_forms(moment: Any, at: int | None) -> None:
    assert read_event(body("post.sent", event_timestamp=moment)).at == at


@pytest.mark.parametrize(
    "odd", [b"", b"{}", b"[]", b"\xff", b'{"event_type": 5}', b"[" * 10_000, body(data={"id": 5})]
)
def test_a_body_that_cannot_be_read_is_called_so(odd: bytes) -> None:
    with pytest.raises(InvalidResponse):
        read_event(odd)


def test_the_connector_takes_the_secrets_of_its_settings() -> None:
    content = (
        '{"uid":"evt_1","event_type":"post.sent","event_timestamp":1791000000,'
        '"data":{"id":"post_ü"}}'
    ).encode()
    headers = {
        "svix-id": "msg_regulars_1",
        "svix-timestamp": "1790856000",
        "svix-signature": "v1,YLKsCJshtgxi+Ka37j+YE5G07KygZck1ZSd0KvA52b4=",
    }
    request = WebhookRequest(headers, content)
    for secrets in (SECRET, [OLD_SECRET, SECRET]):
        connector = Beehiiv().connector(webhook_secret=secrets)
        assert connector.verify_webhook(request) == "msg_regulars_1"
    with pytest.raises(WebhookRefused):
        Beehiiv().connector(webhook_secret=OLD_SECRET).verify_webhook(request)


def test_secrets_stay_hidden_and_have_the_right_form() -> None:
    options = {"publication_id": PUBLICATION, "api_key": KEY}
    settings = BeehiivSettings(**options, webhook_secret=[SECRET, OLD_SECRET])  # type: ignore[arg-type]
    assert "cmVn" not in repr(settings)
    with pytest.raises(ValueError, match="whsec_"):
        BeehiivSettings(**options, webhook_secret="whsec_short")  # type: ignore[arg-type]
