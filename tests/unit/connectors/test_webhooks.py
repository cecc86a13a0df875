"""Signatures of deliveries, against values that other code computed."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from regulars_connectors import FeatureUnavailable, WebhookRefused, WebhookRequest
from regulars_connectors.instants import SECOND
from regulars_connectors.webhooks import SIGNED_WITHIN, standard_key, verify_standard

# The example that Standard Webhooks and Svix publish.
PUBLISHED = standard_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
PUBLISHED_BODY = b'{"test": 2432232314}'
PUBLISHED_HEADERS = {
    "svix-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "svix-timestamp": "1614265330",
    "svix-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
PUBLISHED_AT = 1614265330 * SECOND
# By the crypto module of node 20.
KEY = standard_key("whsec_cmVndWxhcnMtaG9vay1rZXktZm9yLXRlc3RzISE=")
BODY = (
    '{"uid":"evt_1","event_type":"post.sent","event_timestamp":1791000000,"data":{"id":"post_ü"}}'
).encode()
HEADERS = {
    "svix-id": "msg_regulars_1",
    "svix-timestamp": "1790856000",
    "svix-signature": "v1,YLKsCJshtgxi+Ka37j+YE5G07KygZck1ZSd0KvA52b4=",
}
AT = 1790856000 * SECOND
OTHER_KEY = standard_key("whsec_YW5vdGhlciBrZXkgZm9yIHRlc3RzIQ==")


def sign(signed: bytes, key: bytes = KEY) -> str:
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def changed(**headers: str) -> WebhookRequest:
    return WebhookRequest(HEADERS | {f"svix-{n}": v for n, v in headers.items()}, BODY)


def test_the_published_example_is_accepted() -> None:
    request = WebhookRequest(PUBLISHED_HEADERS, PUBLISHED_BODY)
    assert verify_standard(request, [PUBLISHED], PUBLISHED_AT) == "msg_p5jXN8AQM9LWM0D4loKWxJek"
    standard = {name.replace("svix", "Webhook"): text for name, text in PUBLISHED_HEADERS.items()}
    request = WebhookRequest(standard, PUBLISHED_BODY)
    assert verify_standard(request, [PUBLISHED], PUBLISHED_AT) == "msg_p5jXN8AQM9LWM0D4loKWxJek"


def test_a_delivery_signed_by_node_is_accepted_with_any_of_the_keys() -> None:
    request = WebhookRequest(HEADERS, BODY)
    for keys in ([KEY], [OTHER_KEY, KEY], [KEY, OTHER_KEY]):
        assert verify_standard(request, keys, AT) == "msg_regulars_1"


def test_one_of_several_signatures_is_enough() -> None:
    right = HEADERS["svix-signature"]
    request = changed(signature=f"v1,{'A' * 43}= v1a,{right[3:]} {right}")
    assert verify_standard(request, [KEY], AT) == "msg_regulars_1"


@pytest.mark.parametrize("moved", [-SIGNED_WITHIN, SIGNED_WITHIN])
def test_five_minutes_are_allowed_in_both_directions(moved: int) -> None:
    request = WebhookRequest(HEADERS, BODY)
    assert verify_standard(request, [KEY], AT + moved) == "msg_regulars_1"
    with pytest.raises(WebhookRefused):
        verify_standard(request, [KEY], AT + moved + (1 if moved > 0 else -1))


_SIGNED = "msg_regulars_1.1790856000."
BAD = {
    "unsigned": WebhookRequest({}, BODY),
    "without an id": WebhookRequest({k: v for k, v in HEADERS.items() if k != "svix-id"}, BODY),
    "with another id": changed(id="msg_regulars_2"),
    "with an id that holds a dot": changed(id="msg.1", signature=sign(b"msg.1.1790856000." + BODY)),
    "with another moment": changed(timestamp="1790856001"),
    "with a moment in milliseconds": changed(
        timestamp="1790856000000", signature=sign(b"msg_regulars_1.1790856000000." + BODY)
    ),
    "with a moment in other digits": changed(timestamp="١٧٩٠٨٥٦٠٠٠"),
    "with a moment and a sign": changed(timestamp="+790856000"),
    "cut": WebhookRequest(HEADERS, BODY[:-1]),
    "empty": WebhookRequest(HEADERS, b""),
    "re-encoded": WebhookRequest(HEADERS, BODY.replace("ü".encode(), b"\\u00fc")),
    "spaced out": WebhookRequest(HEADERS, BODY.replace(b":", b": ")),
    "with a line end": WebhookRequest(HEADERS, BODY + b"\n"),
    "signed with another key": changed(signature=sign(_SIGNED.encode() + BODY, OTHER_KEY)),
    "signed with the text of the key": changed(
        signature=sign(_SIGNED.encode() + BODY, b"whsec_cmVndWxhcnMtaG9vay1rZXktZm9yLXRlc3RzISE=")
    ),
    "signed without the id": changed(signature=sign(b"1790856000." + BODY)),
    "signed over the body alone": changed(signature=sign(BODY)),
    "with another scheme": changed(signature=HEADERS["svix-signature"].replace("v1,", "v2,")),
    "without a scheme": changed(signature=HEADERS["svix-signature"][3:]),
    "with a signature in hex": changed(
        signature="v1," + hmac.new(KEY, _SIGNED.encode() + BODY, hashlib.sha256).hexdigest()
    ),
    "with half a signature": changed(signature=HEADERS["svix-signature"][:24]),
    "with a signature of other letters": changed(signature="v1,\udcffé"),
    "with the signature ninth": changed(
        signature=" ".join(["v1,AA"] * 8 + [HEADERS["svix-signature"]])
    ),
    "with the headers of two schemes": WebhookRequest(
        {"svix-id": "msg_regulars_1", "webhook-timestamp": "1790856000"}
        | {"webhook-signature": HEADERS["svix-signature"]},
        BODY,
    ),
    "with a header twice": changed(id="msg_regulars_1, msg_regulars_1"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_delivery_is_refused_that_is(what: str) -> None:
    with pytest.raises(WebhookRefused) as refused:
        verify_standard(BAD[what], [KEY], AT)
    assert refused.value.happened == (
        "The delivery is not signed by the provider, or was signed long ago."
    )


def test_without_a_key_nothing_is_taken() -> None:
    with pytest.raises(FeatureUnavailable):
        verify_standard(WebhookRequest(HEADERS, BODY), [], AT)


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_short", "whsec_c2hvcnQ=", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
)
def test_a_secret_of_another_form_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        standard_key(secret)
