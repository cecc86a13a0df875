"""How long is waited: what the provider named, even pacing, and a quota shared by an account."""

import threading
from email.utils import format_datetime

import msgspec
import pytest
from support.http_client import GOOD, KEY, NOW, Clock, Provider, status

from regulars_connectors import QuotaExceeded
from regulars_connectors.http import Pacer, Pacers
from regulars_connectors.instants import SECOND, to_datetime

# How long it waits


def in_seconds(seconds: float) -> str:
    return format_datetime(to_datetime(NOW + int(seconds * SECOND)), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry_after": "7"}, 7.0),
        ({"retry_after": in_seconds(9)}, 9.0),
        ({"retry_after": "7", "ratelimit_reset": "50"}, 7.0),
        ({"ratelimit_reset": "50"}, 50.0),
        ({"ratelimit_reset": str(NOW // SECOND + 20)}, 20.0),
        ({"ratelimit_reset": str(NOW // SECOND - 20)}, 0.0),
        # By the provider's own clock, which is five minutes ahead of ours.
        ({"ratelimit_reset": str(NOW // SECOND + 320), "date": in_seconds(300)}, 20.0),
    ],
)
def test_the_order_of_trust(headers: dict[str, str], wait: float) -> None:
    provider = Provider(status(429, **headers), GOOD)
    assert provider.get() == {"ok": True}
    assert provider.clock.slept == [wait]


@pytest.mark.parametrize("headers", [{}, {"retry_after": "soon"}, {"ratelimit_reset": "nan"}])
def test_without_a_named_wait_it_backs_off_with_jitter(headers: dict[str, str]) -> None:
    provider = Provider(status(429, **headers))
    with pytest.raises(QuotaExceeded):
        provider.get()
    slept = provider.clock.slept
    assert len(slept) == 9
    assert all(wait <= min(60, 2**place) for place, wait in enumerate(slept))
    assert len(set(slept)) > 5


def test_more_than_an_hour_is_left_to_a_later_run() -> None:
    provider = Provider(status(429, retry_after="7200"))
    with pytest.raises(QuotaExceeded) as caught:
        provider.get()
    assert caught.value.after_seconds == 7200
    assert provider.clock.slept == []


def test_the_time_for_one_request_is_bounded() -> None:
    provider = Provider(status(429, retry_after="1500"))
    with pytest.raises(QuotaExceeded):
        provider.get()
    assert sum(provider.clock.slept) <= 3600


# Pacing


def test_requests_leave_at_even_distances() -> None:
    clock = Clock()
    pacer = Pacer(90, lambda: clock.now)
    for _ in range(4):
        pacer.wait(clock.sleep)
    assert clock.slept == pytest.approx([60 / 90] * 3)


def test_time_that_passed_is_not_saved_up_for_a_burst() -> None:
    clock = Clock()
    pacer = Pacer(60, lambda: clock.now)
    pacer.wait(clock.sleep)
    clock.now += 500
    pacer.wait(clock.sleep)
    pacer.wait(clock.sleep)
    assert clock.slept == [1.0]


def test_an_account_is_paced_once_for_all_its_connections() -> None:
    pacers = Pacers(lambda: 0.0)
    one = pacers.of_account("beehiiv", None, KEY, 90)
    assert pacers.of_account("beehiiv", None, KEY, 90) is one
    assert pacers.of_account("beehiiv", None, "other", 90) is not one
    assert pacers.of_account("kit", None, KEY, 90) is not one
    named = pacers.of_account("beehiiv", "house", KEY, 90)
    assert pacers.of_account("beehiiv", "house", "other", 90) is named
    assert KEY not in repr(vars(pacers))


def test_the_slowest_setting_of_an_account_holds() -> None:
    clock = Clock()
    pacers = Pacers(lambda: clock.now)
    pacers.of_account("beehiiv", None, KEY, 60)
    pacer = pacers.of_account("beehiiv", None, KEY, 600)
    pacer.wait(clock.sleep)
    pacer.wait(clock.sleep)
    assert clock.slept == [1.0]


def test_the_pacer_is_safe_for_threads() -> None:
    waits: list[float] = []
    pacer = Pacer(60, lambda: 0.0)
    threads = [threading.Thread(target=pacer.wait, args=(waits.append,)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == [float(n) for n in range(1, 20)]


def test_a_used_up_quota_stops_every_stream_of_the_account() -> None:
    provider = Provider(status(200, ratelimit_remaining="0", ratelimit_reset="30"))
    pacer = Pacer(6000, lambda: provider.clock.now)
    client = provider.client(pacer)
    client.get("/things", (), msgspec.json.decode)
    client.get("/things", (), msgspec.json.decode)
    client.close()
    assert provider.clock.slept == [pytest.approx(30.0)]


def test_unpaced_asks_as_fast_as_it_can() -> None:
    provider = Provider(status(200, ratelimit_remaining="0", ratelimit_reset="30"))
    client = provider.client(Pacer(1), runtime=provider.runtime(unpaced=True))
    for _ in range(3):
        client.get("/things", (), msgspec.json.decode)
    client.close()
    assert provider.clock.slept == []
