"""A face on loopback: kept connections, torn bodies, slow answers, a clean end."""

from __future__ import annotations

import socket
import threading
import time

import httpx
import pytest

from regulars_connectors.simulator import (
    Request,
    Response,
    SimulatedClock,
    World,
    run_beehiiv,
    server,
    serving,
)

TEXT = ("Content-Type", "text/plain")


def echo(request: Request) -> Response:
    """Says what it was asked; odd paths give odd answers."""
    if request.path == "/torn":
        return Response(200, b"half of it", (TEXT,), torn=True)
    if request.path == "/slow":
        return Response(200, b"at last", (TEXT,), delay_seconds=0.05)
    if request.path == "/odd":
        return Response(799, b"odd", (TEXT,))
    said = f"{request.method} {request.path} {request.query} {request.headers.get('x-word')}"
    return Response(200, said.encode(), (TEXT,))


def test_requests_reach_the_face_whole_and_the_connection_is_kept() -> None:
    with serving(echo) as url, httpx.Client(base_url=url) as client:
        first = client.get("/a%20b?x=1&x=%C3%A9", headers={"X-Word": "tide"})
        second = client.get("/", headers={"X-Word": "ebb"})
        third = client.get("/odd")
        ours = {_port_of(response) for response in (first, second, third)}
    assert first.text == "GET /a%20b (('x', '1'), ('x', 'é')) tide"
    assert second.text == "GET / () ebb"
    assert len(ours) == 1


def _port_of(response: httpx.Response) -> int:
    """Our end of the connection that the response came on."""
    return int(response.extensions["network_stream"].get_extra_info("client_addr")[1])


def test_many_requests_on_one_connection_are_answered_in_order() -> None:
    with serving(echo) as url:
        port = int(url.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port), timeout=5) as wire:
            wire.sendall(
                b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"
                b"GET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            )
            got = b"".join(iter(lambda: wire.recv(65_536), b""))
    assert got.index(b"at last") < got.index(b"GET /next")


def test_a_torn_answer_breaks_off() -> None:
    with serving(echo) as url, pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{url}/torn")


def test_a_status_without_a_name_and_a_request_that_is_none() -> None:
    with serving(echo) as url:
        assert httpx.get(f"{url}/odd").status_code == 799
        port = int(url.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port), timeout=5) as wire:
            wire.sendall(b"this is no request\r\n\r\n")
            assert wire.recv(65_536).startswith(b"HTTP/1.1 400 ")


def test_it_ends_while_a_client_is_still_connected() -> None:
    with httpx.Client() as client:
        with serving(echo) as url:
            client.get(url)
        with pytest.raises(httpx.TransportError):
            client.get(url)


def test_a_taken_port_is_an_error() -> None:
    with serving(echo) as url:
        taken = int(url.rsplit(":", 1)[1])
        with pytest.raises(OSError, match="address already in use"), serving(echo, taken):
            pass


def test_the_served_world_follows_its_clock(world: World, clock: SimulatedClock) -> None:
    from regulars_connectors.simulator import BeehiivApi, with_faults

    path = f"/v2/publications/{world.publication_id}/subscriptions"
    key = {"Authorization": "Bearer any"}
    with (
        serving(with_faults(BeehiivApi(world, clock))) as url,
        httpx.Client(base_url=url, headers=key) as client,
    ):
        late = client.get(path).json()["total_results"]
        clock.set(world.posts[20].sent_at)
        assert client.get(path).json()["total_results"] < late


def test_run_beehiiv_announces_where_it_is_and_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(threading.Event):
        """The keyboard is pressed once the client has had its answer."""

        def wait(self, timeout: float | None = None) -> bool:
            base = said[0].split()[-1]
            publication = said[1].split()[-1]
            answer = httpx.get(
                f"{base}/publications/{publication}/subscriptions",
                headers={"Authorization": "Bearer whatever"},
            )
            totals.append(answer.json()["total_results"])
            raise KeyboardInterrupt

    said: list[str] = []
    totals: list[int] = []
    monkeypatch.setattr(server, "wait_for_interrupt", lambda: Interrupted().wait())
    run_beehiiv(0, 3, 57, announce=said.append, tick=lambda: time.time_ns() // 1_000)
    assert totals == [57]
    assert said[-1] == "stopped"
