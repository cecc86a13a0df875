"""The contract carries every need of the providers: one example connector for each."""

import hashlib
import hmac
import json
from dataclasses import replace

import pytest
from support.example_connectors import (
    MOMENT,
    SIGNALS,
    AsksForAJob,
    AskToKnow,
    BelowParents,
    ExampleConnector,
    ExampleSync,
    FileOffset,
    ForgetfulCursor,
    KeySet,
    Mailbox,
    Mends,
    Preflights,
    ProvesWhole,
    RunningTotals,
    SharesQuota,
    SinceCheckpoint,
    TakesWebhooks,
)

import regulars_connectors
from regulars_connectors import (
    ConnectionSettings,
    Connector,
    Counters,
    CursorExpired,
    Hint,
    Runtime,
    Signal,
    SupportsWebhooks,
    SyncState,
    Walk,
    WebhookRefused,
    WebhookRequest,
)
from regulars_connectors.http import Pacers

EXAMPLES = [
    ProvesWhole,
    SinceCheckpoint,
    BelowParents,
    ForgetfulCursor,
    KeySet,
    Mailbox,
    FileOffset,
    Mends,
    RunningTotals,
    AskToKnow,
    SharesQuota,
    TakesWebhooks,
    AsksForAJob,
    Preflights,
]


class Hours:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0

    def runtime(self, pacers: Pacers | None = None) -> Runtime:
        return Runtime(clock=lambda: self.now, sleep=self.sleep, pacers=pacers)

    def sleep(self, seconds: float) -> None:
        self.now += int(seconds)


RUNTIME = Hours().runtime()


@pytest.mark.parametrize("kind", EXAMPLES)
def test_every_example_is_a_connector(kind: type[ExampleConnector]) -> None:
    assert isinstance(kind(ConnectionSettings(), RUNTIME), Connector)


def test_a_full_walk_proves_itself_whole_and_says_who_disappeared() -> None:
    sync, connector = ExampleSync(), ProvesWhole(ConnectionSettings(), RUNTIME)
    sync.run(connector)
    before = sync.seen_whole
    connector.rows = ("sub_2", "sub_3")
    sync.run(connector)
    # A row that could not be read was seen all the same: only sub_1 is gone.
    assert before - sync.seen_whole == {"sub_1"}


def test_a_walk_whose_count_does_not_fit_proves_nothing() -> None:
    class Truncated(ProvesWhole):
        """Ends early, as an answer cut by a page limit does."""

        def pages(self, walk, cursor=None):  # type: ignore[no-untyped-def]
            yield replace(next(super().pages(walk, cursor)), cursor=None)

    sync = ExampleSync()
    sync.run(Truncated(ConnectionSettings(), RUNTIME))
    assert sync.seen_whole == set()


def test_a_walk_since_a_checkpoint_finds_what_arrived_late() -> None:
    sync, connector = ExampleSync(), SinceCheckpoint(ConnectionSettings(), RUNTIME)
    connector.feed = [(100, "a", ""), (108, "b", "")]
    sync.run(connector)
    assert sync.checkpoints == {("signals", None): "108"}
    connector.feed = [(100, "a", ""), (105, "late", ""), (108, "b", ""), (120, "c", "")]
    sync.run(connector)
    assert {name for _, name in sync.versions} == {"a", "late", "b", "c"}
    assert all(len(versions) == 1 for versions in sync.versions.values())
    assert sync.checkpoints == {("signals", None): "120"}


def test_streams_below_parents_are_walked_one_by_one() -> None:
    sync, connector = ExampleSync(), BelowParents(ConnectionSettings(), RUNTIME)
    sync.run(connector)
    assert {key for key in sync.versions if key[0] == "poll" and len(key[1]) == 1} == {
        ("poll", "a"),
        ("poll", "b"),
        ("poll", "c"),
    }
    walks = connector.walks(SIGNALS, SyncState(sync.parents))
    assert [walk.parent for walk in walks] == ["poll_1", "poll_2"]
    (page,) = connector.pages(walks[0], "1")
    assert [record.id for record in page.records] == ["b"]


def test_an_opaque_cursor_may_expire() -> None:
    connector = ForgetfulCursor(ConnectionSettings(), RUNTIME)
    (walk,) = connector.walks(connector.has[0], SyncState())
    first = next(connector.pages(walk))
    with pytest.raises(CursorExpired):
        next(connector.pages(walk, first.cursor))
    connector.valid = {"opaque"}
    assert next(connector.pages(walk, first.cursor)).cursor is None


@pytest.mark.parametrize("kind", [KeySet, FileOffset, BelowParents, ProvesWhole])
def test_a_walk_goes_on_at_every_cursor(kind: type[ExampleConnector]) -> None:
    connector = kind(ConnectionSettings(), RUNTIME)
    walk = Walk(connector.has[-1], "window", parent="poll_1")
    pages = list(connector.pages(walk))
    for place, page in enumerate(pages[:-1]):
        rest = list(connector.pages(walk, page.cursor))
        assert rest == pages[place + 1 :]


def test_a_mailbox_goes_on_after_its_uid_until_its_validity_changes() -> None:
    sync, connector = ExampleSync(), Mailbox(ConnectionSettings(), RUNTIME)
    sync.run(connector)
    assert sync.checkpoints == {("signals", "INBOX"): "7:5"}
    connector.uids = (1, 2, 5, 6)
    sync.run(connector)
    assert len(sync.versions) == 4
    connector.validity = 8
    sync.run(connector)
    assert ("reply", "8-1") in sync.versions


def test_a_row_of_a_file_that_could_not_be_read_names_its_line() -> None:
    sync = ExampleSync()
    sync.run(FileOffset(ConnectionSettings(), RUNTIME))
    assert [(row.line, row.id) for row in sync.quarantined] == [(2, None)]


def test_later_records_mend_earlier_ones() -> None:
    sync, connector = ExampleSync(), Mends(ConnectionSettings(), RUNTIME)
    sync.run(connector)
    connector.late = True
    sync.run(connector)
    opened, answered, gone = sync.versions.values()
    assert [signal.at for signal in opened] == [None, MOMENT]
    assert [signal.answer for signal in answered] == ["Yes", "No"]
    assert [signal.subscription_id for signal in gone] == ["sub_3", None]


def test_running_totals_are_dated_by_their_page() -> None:
    hours, sync = Hours(), ExampleSync()
    hours.now = 1234
    connector = RunningTotals(ConnectionSettings(), hours.runtime())
    sync.run(connector)
    totals = {key[1]: versions[-1].counters for key, versions in sync.versions.items()}
    assert totals["sub_1"] == Counters(received=9, opened=4, clicked=1)
    assert totals["sub_2"] is None
    assert totals["sub_3"].rounded
    assert set(sync.moments.values()) == {1234}
    assert connector.streams()[0].running_totals


def test_what_cannot_be_had_is_said_for_its_stream_alone() -> None:
    sync = ExampleSync()
    sync.run(AskToKnow(ConnectionSettings(), RUNTIME))
    assert sync.unavailable == {"questions": "The key may not read polls."}
    assert sync.versions["Post", "post_1"][0].opens_tracked is False
    assert ("Subscription", "sub_1") in sync.versions


def test_publications_of_one_account_share_a_pacer() -> None:
    runtime = Hours().runtime(Pacers(lambda: 0.0))
    first = SharesQuota(ConnectionSettings(account="house"), runtime)
    second = SharesQuota(ConnectionSettings(account="house"), runtime)
    other = SharesQuota(ConnectionSettings(), runtime)
    assert first.pacer("key one") is second.pacer("key two")
    assert other.pacer("key one") is not first.pacer("key one")
    assert other.pacer("key one") is SharesQuota(ConnectionSettings(), runtime).pacer("key one")


def delivery(body: bytes, secret: bytes = TakesWebhooks.secret) -> WebhookRequest:
    return WebhookRequest({"signature": hmac.new(secret, body, hashlib.sha256).hexdigest()}, body)


def test_webhooks_are_verified_and_become_hints_or_records() -> None:
    connector = TakesWebhooks(ConnectionSettings(), RUNTIME)
    created = json.dumps({"type": "subscription.created", "id": "sub_1", "at": 5}).encode()
    answered = json.dumps({"type": "survey", "id": "9", "at": 6, "text": "Ça va"}).encode()
    assert isinstance(connector, SupportsWebhooks)
    assert connector.verify_webhook(delivery(created)) != connector.verify_webhook(
        delivery(answered)
    )
    assert connector.handle_webhook(created).meanings == (
        Hint(stream="subscriptions", id="sub_1", at=5),
    )
    assert connector.handle_webhook(answered).meanings == (
        Signal(kind="survey", id="9", at=6, text="Ça va"),
    )
    with pytest.raises(WebhookRefused):
        connector.verify_webhook(delivery(created, b"forged"))
    with pytest.raises(WebhookRefused):
        connector.verify_webhook(WebhookRequest(delivery(created).headers, created + b" "))


def test_a_job_is_asked_for_waited_for_and_downloaded() -> None:
    hours, sync = Hours(), ExampleSync()
    connector = AsksForAJob(ConnectionSettings(), hours.runtime())
    (walk,) = connector.walks(connector.has[0], SyncState())
    first = next(connector.pages(walk))
    assert hours.now == 120
    assert first.cursor == "job_1/1"
    # An interrupted walk goes on with the job that it had asked for.
    sync.walk(connector, walk, first.cursor)
    assert connector.jobs == 1
    assert {name for _, name in sync.versions} == {"sub_2"}


def test_a_preflight_says_what_a_sync_will_meet() -> None:
    preflight = Preflights(ConnectionSettings(), RUNTIME).preflight()
    assert [finding.verdict for finding in preflight.findings] == ["ok", "warning"]
    assert (preflight.requests, preflight.seconds, preflight.clock_skew_seconds) == (
        106,
        70.7,
        -2.0,
    )


def test_settings_refuse_what_they_do_not_know() -> None:
    with pytest.raises(ValueError, match="acount"):
        ConnectionSettings(acount="x")  # type: ignore[call-arg]


def test_the_door_and_the_house_agree() -> None:
    door = regulars_connectors.__all__
    assert len(set(door)) == len(door)
    for name in door:
        assert getattr(regulars_connectors, name) is not None
    for module in ("contract", "errors", "records"):
        house = vars(getattr(regulars_connectors, module))
        classes = {
            name
            for name, thing in house.items()
            if isinstance(thing, type) and thing.__module__ == f"regulars_connectors.{module}"
        }
        assert classes <= set(door)
