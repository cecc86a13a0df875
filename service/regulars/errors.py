"""Errors of the service: each knows its stable code, its HTTP status and its exit code.

    RegularsError            1  anything else
    ├── RequestRefused          refused before anything was touched
    │   ├── SettingsWrong    3  settings missing or wrong
    │   │   └── NoConnections 3 there is nothing to sync (409)
    │   ├── UsageWrong       2  an invalid option or parameter
    │   ├── NothingHere      2  an unknown publication, report, connection or run (404)
    │   └── GoneForGood      2  a widget key that was retired (410)
    ├── AlreadyRunning       8  a sync of the connection is under way
    ├── StoreLocked          8  another process holds the store
    ├── StoreDamaged         7  history or journal files are missing or damaged
    ├── BackupDamaged        7  files of a backup are missing or damaged
    ├── DiskFull             1  too little disk space
    ├── OutOfMemory          1  a query needs more memory than the database may use
    ├── TooManyDeliveries    1  webhooks come faster than they can be written
    ├── ClockWrong           1  this machine's clock shows an impossible time
    ├── NoticeUndelivered    1  a mail server or a web hook did not take a notice
    └── ShuttingDown         1  the service shuts down while a query waits

``regulars.api.problems`` adds the errors that only HTTP knows. ``ServerSaid`` in
``regulars.server.client`` passes on the error of a running server.

Every error says what happened, what is safe and what to do, one sentence each, for a person.
Exit codes 4, 5 and 6 belong to the errors of connectors (see ``exit_code_of``).
"""

from __future__ import annotations

import errno

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
    """The request was refused before anything was touched."""

    safe = "Nothing was read or written."


class SettingsWrong(RequestRefused):
    """The settings file is missing, unreadable, or holds an invalid value."""

    code = "settings_wrong"
    status = 500
    exit_code = 3
    to_do = "Correct the settings file, then run `regulars doctor`."


class NoConnections(SettingsWrong):
    """The settings have no connection to sync."""

    status = 409
    to_do = "Run `regulars init`, or import a history with `regulars import files`."


class UsageWrong(RequestRefused):
    """A command has an invalid option, or a request an invalid parameter."""

    code = "parameter_wrong"
    status = 422
    exit_code = 2
    to_do = "See `--help` of the command, or the report's page in the reference."


class NothingHere(RequestRefused):
    """No publication, connection, report, connector, widget or run has that name."""

    code = "not_found"
    status = 404
    exit_code = 2
    to_do = "See `regulars status` for the names that exist."


class GoneForGood(RequestRefused):
    """The widget has a new key, and this one was retired."""

    code = "gone"
    status = 410
    exit_code = 2
    to_do = "Ask whoever gave you the address for the current one."


class AlreadyRunning(RegularsError):
    """A sync of this connection is already running."""

    code = "sync_running"
    status = 409
    exit_code = 8
    to_do = "Wait until it ends, as `regulars status` shows."


class StoreLocked(RegularsError):
    """Another process holds the store."""

    code = "store_locked"
    status = 503
    exit_code = 8
    to_do = "Wait until that process ends. If it is `regulars serve`, stop it first."


class StoreDamaged(RegularsError):
    """History or journal files are missing or damaged."""

    code = "store_damaged"
    status = 503
    exit_code = 7
    safe = "Every file is as it was found."
    to_do = "Run `regulars verify` to list the files, then restore them from a backup."


class BackupDamaged(RegularsError):
    """Files of a backup are missing or differ from what was written."""

    code = "backup_damaged"
    status = 503
    exit_code = 7
    safe = "The store and the backup are as they were found."
    to_do = "Run `regulars verify` with its folder to list the faults, then use another backup."


class DiskFull(RegularsError):
    """The disk has too little free space to continue safely."""

    code = "disk_full"
    status = 503
    exit_code = 1
    to_do = "Free some space on the disk of the store folder, then run the command again."


class OutOfMemory(RegularsError):
    """A query or a sync needs more memory than the database may use."""

    code = "out_of_memory"
    status = 503
    exit_code = 1
    to_do = "Raise `store.memory_limit_mib` in the settings, then run the command again."


class TooManyDeliveries(RegularsError):
    """Webhooks come faster than they can be written."""

    code = "too_many_deliveries"
    status = 503
    safe = "Everything stored is untouched."
    to_do = "Send it again later, as providers do by themselves."


class ClockWrong(RegularsError):
    """This machine's clock shows a time that cannot be right."""

    code = "clock_wrong"
    status = 503
    exit_code = 1
    safe = "Everything stored is untouched, and nothing was written."
    to_do = "Set the clock of this machine, then run the command again."


class NoticeUndelivered(RegularsError):
    """A mail server or a web hook did not take a notice.

    why: in a word or two. after_seconds: how long the receiver wants to be left alone, if it says.
    """

    code = "notice_undelivered"
    status = 502
    exit_code = 1
    safe = "The notice is kept, and tried again later."
    to_do = "Correct [notices] in the settings, then run `regulars notify --test`."

    def __init__(
        self,
        happened: str,
        *,
        why: str = "refused",
        after_seconds: float | None = None,
        to_do: str | None = None,
    ) -> None:
        super().__init__(happened, to_do=to_do)
        self.why = why
        self.after_seconds = after_seconds


class ShuttingDown(RegularsError):
    """The service shut down while the query waited."""

    code = "shutting_down"
    status = 503
    exit_code = 1
    safe = "Everything stored is untouched."
    to_do = "Send the request again once `regulars serve` is running."


def system_error(error: BaseException) -> RegularsError | None:
    """An error of the system as one of ours, by what you can do about it. None for a bug.

    Of an error without a case of its own it repeats the system's words and the file's name alone.
    """
    free_some = "Free some memory on this machine, then try again."
    if isinstance(error, MemoryError):
        return OutOfMemory("This process ran out of memory.", to_do=free_some)
    if not (isinstance(error, OSError) and error.strerror):
        return None
    where = f"{error.filename}: " if error.filename else ""
    happened = f"{where}{error.strerror}."
    to_do: str | None = None
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return DiskFull(happened)
        case errno.ENOMEM:
            return OutOfMemory(happened, to_do=free_some)
        case errno.EMFILE | errno.ENFILE:
            to_do = "Raise the limit of open files (ulimit -n), then start again."
        case errno.EIO:
            to_do = "Check the disk of this file: it fails to read or write."
        case errno.EACCES | errno.EPERM | errno.EROFS:
            to_do = "Give yourself the right to use this file, then run the command again."
    return RegularsError(happened, to_do=to_do)


def exit_code_of(error: BaseException) -> int:
    """The exit code of an error, as docs/reference/command-line.md lists them."""
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
    """An error as data: its code and its three sentences."""
    return {
        "code": error.code,
        "happened": error.happened,
        "safe": error.safe,
        "to_do": error.to_do,
    }
