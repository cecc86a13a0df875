"""What Ghost and what stands in front of it refuse, and errors in place of data."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from support.ghost_client import Ghost, sample

from regulars_connectors import ConfigurationError, NotFound, Unreachable
from regulars_connectors.contract import SyncState

WRONG = {"errors": [{"message": "The server has hit a snag", "type": "InternalServerError"}]}
GONE = httpx.Response(404, json={"errors": [{"message": "Resource not found"}]})


def run(client: Ghost, *streams: str) -> None:
    """Read these streams by one connector, as in a run."""
    connector = client.connector()
    for stream in connector.streams():
        if stream.name in streams:
            for walk in connector.walks(stream, SyncState()):
                for _ in connector.pages(walk):
                    pass


@pytest.mark.parametrize(
    ("below", "stream"),
    [("members", "subscriptions"), ("posts", "posts"), ("members_events", "signals")],
)
def test_a_list_that_is_gone_is_named_once_the_site_was_shown(below: str, stream: str) -> None:
    # The publication counts the members, so they are there first and gone later.
    answers: dict[str, Any] = {below: GONE}
    if below == "members":
        answers = {"members": [sample("members_6"), GONE]}
    with pytest.raises(NotFound, match="shows the site, and answers 404 for /") as caught:
        run(Ghost(**answers), "publications", stream)
    assert caught.value.provider_said == "Resource not found"


def test_a_site_that_is_gone_is_a_wrong_setting() -> None:
    with pytest.raises(ConfigurationError, match="no Ghost with an Admin API"):
        run(Ghost(site=GONE), "publications")


@pytest.mark.parametrize("answer", [httpx.Response(200, json=WRONG), httpx.Response(524)])
def test_passing_trouble_is_asked_again(answer: httpx.Response) -> None:
    client = Ghost(posts=[answer, sample("posts_6")])
    assert client.records("posts")
    assert len(client.calls) == 2


def test_an_error_in_place_of_data_that_lasts_is_named_in_ghosts_words() -> None:
    with pytest.raises(Unreachable, match="with an error in place of data") as caught:
        Ghost(posts=httpx.Response(200, json=WRONG)).pages("posts")
    assert caught.value.provider_said == "The server has hit a snag"


def test_the_wait_that_a_host_names_is_kept() -> None:
    busy = httpx.Response(503, headers={"retry-after": "7200"}, json=WRONG)
    with pytest.raises(Unreachable) as caught:
        Ghost(site=busy).pages("publications")
    assert caught.value.after_seconds == 7200
