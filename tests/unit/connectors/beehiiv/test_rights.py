"""What a key may do is asked once beehiiv refuses a list."""

import httpx
import pytest
from support.beehiiv_client import Beehiiv, sample

from regulars_connectors import FeatureUnavailable

RIGHTS = {
    "it has the right": ({"data": {"scopes": ["posts:read", "polls:read"]}}, "has the right polls"),
    "as a list": ({"data": ["polls:read"]}, "has the right polls:read"),
    "it lacks it": ({"data": {"permissions": ["posts:read"]}}, "lacks the right polls:read"),
    "it is not said": ({"data": {"role": "owner"}}, None),
    "no such address": (httpx.Response(404, json={}), None),
    "refused as well": (httpx.Response(403, json={}), None),
}


@pytest.mark.parametrize("case", RIGHTS)
def test_a_missing_right_is_told_from_another_refusal(case: str) -> None:
    answer, text = RIGHTS[case]
    one = {"data": [], "limit": 1, "page": 1, "total_results": 0, "total_pages": 0}
    client = Beehiiv(
        publication=sample("publication"), posts=one, subscriptions=one,
        polls=httpx.Response(403, json={"errors": [{"message": "No", "code": "FORBIDDEN"}]}),
    )  # fmt: skip
    client.answer("/workspaces/permissions", answer)
    found = {one.name: one for one in client.connector().preflight().findings}
    assert found["polls"].verdict == "warning"
    if text is None:
        assert "right polls:read" not in found["polls"].text
    else:
        assert text in found["polls"].text
    paths = [call.request.url.path for call in client.calls]
    assert paths.count("/v2/workspaces/permissions") == 1


def test_the_key_is_not_asked_for_its_rights_while_everything_is_shown() -> None:
    one = {"data": [], "limit": 1, "page": 1, "total_results": 0, "total_pages": 0}
    client = Beehiiv(publication=sample("publication"), posts=one, subscriptions=one, polls=one)
    client.connector().preflight()
    assert not [call for call in client.calls if "workspaces" in call.request.url.path]


@pytest.mark.parametrize("stream", ["posts", "subscriptions"])
@pytest.mark.parametrize(
    ("granted", "text"),
    [
        (["polls:read"], "lacks the right"),
        (["posts:read", "subscriptions:read"], "something between you and beehiiv refused it"),
        ([], "exclude"),
    ],
)
def test_a_sync_tells_a_missing_right_from_another_refusal(
    stream: str, granted: list[str], text: str
) -> None:
    refused = httpx.Response(403, json={"errors": [{"message": "No", "code": "FORBIDDEN"}]})
    client = Beehiiv(**{stream: refused})
    client.answer("/workspaces/permissions", {"data": {"scopes": granted}})
    with pytest.raises(FeatureUnavailable) as caught:
        client.pages(stream)
    assert text in caught.value.happened
    assert caught.value.provider_said == "No"
    assert caught.value.happened.count("The answer says") == 1
