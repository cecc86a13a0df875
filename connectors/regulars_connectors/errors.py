"""What can go wrong on the provider's side, grouped by what to do next.

    ConnectorError
    ├── RetryLater              provider away, slow or over quota: the same call may work later
    │   ├── QuotaExceeded       429 until the attempts ran out, with the time to come back
    │   └── Unreachable         no connection, time-out, 5xx, refused before the provider
    ├── ConfigurationError      a person must act: nothing will change by itself
    │   ├── AuthenticationFailed 401
    │   └── InvalidFile         a file or folder that is not what the settings say
    ├── FeatureUnavailable      403, tracking off, plan too small: this stream stops
    ├── NotFound                404: normal for a look-up, otherwise this stream fails
    ├── IncompleteWalk          this walk cannot be finished
    │   ├── CursorExpired       the provider forgot the cursor: start this walk again
    │   └── CursorLoop          a cursor came twice, or an empty page claims more
    ├── InvalidResponse         the answer is not what the provider promises: report it
    │   └── ResponseTooLarge    body, depth or compression ratio over the limit
    ├── WebhookRefused          a delivery that is forged, changed, or too old
    └── ContractBroken          the connector itself is at fault: tell whoever wrote it

Every error carries three sentences for a person: what happened, what is safe, what to do.
Texts never hold keys, addresses of readers or bodies of answers.
"""

from __future__ import annotations


class Interrupted(Exception):
    """The owner asked to stop. What was fetched is kept, and the next run resumes from there.

    It is outside the family, since nothing went wrong. Waits that the service lends raise it. Let
    it pass.
    """


class ConnectorError(Exception):
    """Base of the family. ``code`` is stable and documented in docs/reference/errors.md.

    provider_said: the provider's own sentence, bounded and cleaned, which also ends ``happened``.
    """

    code = "connector_failed"
    safe = "Everything stored before is untouched."
    to_do = "Run the sync again. If it happens twice, report it with this code."
    provider_said: str | None = None

    def __init__(self, happened: str, *, to_do: str | None = None, safe: str | None = None) -> None:
        super().__init__(happened)
        self.happened = happened
        if to_do is not None:
            self.to_do = to_do
        if safe is not None:
            self.safe = safe


class RetryLater(ConnectorError):
    """The same call may work later. ``after_seconds`` where the provider said when."""

    code = "provider_busy"
    to_do = "Run the sync again later. It resumes where it stopped."

    def __init__(
        self, happened: str, *, after_seconds: float | None = None, to_do: str | None = None
    ) -> None:
        super().__init__(happened, to_do=to_do)
        self.after_seconds = after_seconds


class QuotaExceeded(RetryLater):
    """The provider's quota is used up."""

    code = "quota_exceeded"


class Unreachable(RetryLater):
    """The connection failed, timed out or broke off, the server answered with an error, or
    something in front of it refused the request.

    heavy: the provider was there, but this request failed or took too long: a smaller one may work.
    """

    code = "provider_unreachable"
    heavy = False


class ConfigurationError(ConnectorError):
    """The connector rejects the settings of a connection."""

    code = "settings_wrong"
    to_do = "Correct the settings and run `regulars doctor`."


class AuthenticationFailed(ConfigurationError):
    """401: the key is missing, wrong, expired or revoked."""

    code = "key_refused"
    to_do = "Make a new key at the provider, put it where the settings say, run `regulars doctor`."


class InvalidFile(ConfigurationError):
    """A file or folder is something else than the settings say."""

    code = "bad_source"
    to_do = "Correct the file and import the folder again. Each row counts once."


class FeatureUnavailable(ConnectorError):
    """403 and the like: this key or plan excludes this stream. The other streams continue, and the
    run is complete unless this is the publication, the posts or the subscriptions."""

    code = "feature_unavailable"
    to_do = "To get this stream, give the key the missing right. The next sync asks again."


class NotFound(ConnectorError):
    """404: the provider lacks what was asked for. The stream fails and the others continue."""

    code = "not_found"


class IncompleteWalk(ConnectorError):
    """The pages of a stream could be read only in part, so it stays open who is gone."""

    code = "walk_broken"


class CursorExpired(IncompleteWalk):
    """The provider forgot the place where reading stopped. The walk starts again, once."""

    code = "cursor_expired"


class CursorLoop(IncompleteWalk):
    """The provider's pages run in a circle, or an empty page claims more."""

    code = "cursor_loop"


class InvalidResponse(ConnectorError):
    """The provider's answer breaks its promise: it is other than JSON, or lacks a required part."""

    code = "bad_answer"


class ResponseTooLarge(InvalidResponse):
    """An answer over the limits of size, depth or compression ratio."""

    code = "answer_too_large"


class WebhookRefused(ConnectorError):
    """A delivery to a webhook is unsigned, forged, changed, or signed long ago."""

    code = "webhook_refused"
    safe = "Nothing was written."
    to_do = "Compare the signing secret at your provider with webhook_secret in the settings."


class ContractBroken(ConnectorError):
    """The connector itself broke its contract: a wrong type, endless pages, an error of its own."""

    code = "connector_broken"
    to_do = "Run `regulars connector check NAME`. Update the connector, or tell its author."
