"""Errors of the service: each knows its stable code, its HTTP status and its exit code.

    RegularsError            1  anything else
    ├── RequestRefused          nothing was touched
    │   ├── SettingsWrong    3  settings missing or wrong
    │   ├── UsageWrong       2  a parameter that cannot be
    │   ├── NothingHere      2  an unknown publication, report, connection or run (404)
    │   └── GoneForGood      2  a key of a widget that was given up (410)
    ├── AlreadyRunning       8  a sync of the connection is under way
    ├── StoreLocked          8  another process holds the store
    ├── StoreDamaged         7  history or journal do not hold together
    ├── DiskFull             1  not enough room to go on safely
    ├── OutOfMemory          1  the database may not use as much as it needs
    └── ShuttingDown         1  the service ends while a question waits

Those that only HTTP knows are drawn in ``regulars.api.problems``; ``ServerSaid`` in
``regulars.server.client`` hands on what a running server answered.

Every error says what happened, what is safe and what to do, in three sentences for a person.
Exit codes 4, 5 and 6 come from the connector's family (see ``exit_code_of``).
"""

from __future__ import annotations

from regulars_connectors import errors as connector_errors


class RegularsError(Exception):
    """Base of the family."""

    code = "failed"
    status = 500
    exit_code = 1
    safe = "Everything stored before is untouched."
    to_do = "Run the command again with --verbose and report what it prints."

    def __init__(self, happened: str, *, to_do: str | None = None, safe: str | None = None) -> None:
        super().__init__(happened)
        self.happened = happened
        if to_do is not None:
            self.to_do = to_do
        if safe is not None:
            self.safe = safe


class RequestRefused(RegularsError):
    """What was asked for cannot be done, which showed before anything was touched."""

    safe = "Nothing was read or written."


class SettingsWrong(RequestRefused):
    """The settings file is missing, cannot be read, or says something that cannot be."""

    code = "settings_wrong"
    status = 500
    exit_code = 3
    to_do = "Correct the settings file, then run `regulars doctor`."


class UsageWrong(RequestRefused):
    """Words of a command, or parameters of a request, that cannot be."""

    code = "parameter_wrong"
    status = 422
    exit_code = 2
    to_do = "See `--help` of the command, or the report's page in the reference."


class NothingHere(RequestRefused):
    """An unknown publication, report, connection, widget or run."""

    code = "not_found"
    status = 404
    exit_code = 2
    to_do = "See `regulars status` for the names that exist."


class GoneForGood(RequestRefused):
    """A key of a widget that was given up."""

    code = "gone"
    status = 410
    exit_code = 2
    to_do = "Ask whoever gave you the address for the present one."


class AlreadyRunning(RegularsError):
    """A sync of this connection is under way."""

    code = "sync_running"
    status = 409
    exit_code = 8
    to_do = "Wait until it has ended; `regulars status` shows it."


class StoreLocked(RegularsError):
    """Another process holds the store."""

    code = "store_locked"
    status = 503
    exit_code = 8
    to_do = "Wait until it has finished; if it is `regulars serve`, end that first."


class StoreDamaged(RegularsError):
    """Files of the history or the journal are missing, or not as they were written."""

    code = "store_damaged"
    status = 503
    exit_code = 7
    safe = "Nothing was changed; the files are as they were found."
    to_do = "Run `regulars verify` to see which files; bring them back from a backup."


class DiskFull(RegularsError):
    """Not enough room on the disk to go on safely."""

    code = "disk_full"
    status = 503
    exit_code = 1
    to_do = "Make room on the disk of the store folder and run the command again."


class OutOfMemory(RegularsError):
    """A question or a sync needs more memory than the database may use."""

    code = "out_of_memory"
    status = 503
    exit_code = 1
    to_do = "Raise `store.memory_limit_mib` in the settings and run the command again."


class ShuttingDown(RegularsError):
    """The service was asked to end while a question waited for its answer."""

    code = "shutting_down"
    status = 503
    exit_code = 1
    safe = "Everything stored is untouched."
    to_do = "Ask again once `regulars serve` is running."


def exit_code_of(error: BaseException) -> int:
    """Exit code for an error of either family: the table of docs/reference/command-line.md."""
    match error:
        case RegularsError():
            return error.exit_code
        case connector_errors.AuthenticationFailed():
            return 4
        case connector_errors.RetryLater():
            return 5
        case connector_errors.ConfigurationError():
            return 3
        case connector_errors.IncompleteWalk() | connector_errors.FeatureUnavailable():
            return 6
        case _:
            return 1


def error_facts(error: RegularsError | connector_errors.ConnectorError) -> dict[str, str]:
    """What an error of either family tells a program: its code and the three sentences."""
    return {
        "code": error.code,
        "happened": error.happened,
        "safe": error.safe,
        "to_do": error.to_do,
    }
