# SPDX-License-Identifier: Apache-2.0
"""The Metering Service behind the SDK: what every call of it needs, and the SDK does not do.

The SDK's client is made when it is first called, since it asks for credentials then, and these may not be
had: that is a failed call like others, and no reason to end. It keeps its credentials until the end that
was stated for them; so when AWS calls them expired before, it is made anew, with a session of its own.
"""
import time
from typing import Callable, Optional

from botocore.exceptions import (ClientError, ConnectTimeoutError, CredentialRetrievalError,
                                 EndpointConnectionError, NoCredentialsError, NoRegionError,
                                 ParamValidationError)

LONGEST_PAUSE_S = 5       # that a reply may ask for; beyond it the scheduler comes again anyway
EXPIRED = {"ExpiredToken", "ExpiredTokenException"}
THROTTLED = {"Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled",
             "RequestThrottledException", "RequestLimitExceeded", "TooManyRequestsException",
             "LimitExceededException", "SlowDown", "429"}
# Operations that the SDK calls by itself before the one that it was asked for.
CREDENTIALS = {"AssumeRole", "AssumeRoleWithWebIdentity"}
# The SDK could not even begin, for want of something that a person has to give.
UNPREPARED = (NoCredentialsError, CredentialRetrievalError, NoRegionError, ParamValidationError)
# The SDK gave up before a request existed, or before a connection did.
NOT_SENT = (EndpointConnectionError, ConnectTimeoutError, *UNPREPARED)


def asked_pause_s(text: Optional[str]) -> float:
    """How long Retry-After asks to stay away, in seconds; the SDK heeds x-amz-retry-after only. What is
    longer than a flush should wait, or a date, is left to the scheduler."""
    seconds = int(text) if text and text.isascii() and text.isdigit() else 0
    return seconds if seconds <= LONGEST_PAUSE_S else 0


def error_code(error: ClientError) -> str:
    """The code of an error reply; of one without, what the SDK makes of its status."""
    return str(error.response.get("Error", {}).get("Code", ""))


def error_status(error: ClientError) -> int:
    """The HTTP status of an error reply."""
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)


def is_throttled(error: ClientError) -> bool:
    """Whether the call came too soon, and was not executed."""
    return error_code(error) in THROTTLED or error_status(error) == 429


def is_about_credentials(error: ClientError) -> bool:
    """Whether our credentials have expired. ResolveCustomer has an ExpiredTokenException of its own, for
    the buyer's token; only the sentence tells which is meant."""
    return error_code(error) in EXPIRED and (
        error.operation_name != "ResolveCustomer"
        or "security token included in the request" in error.response["Error"].get("Message", ""))


class Service:
    """The SDK's client, and an eye on every attempt of a call, the SDK's own retries included: it
    reports only the last, but an earlier one may have been executed."""

    def __init__(self, make: Callable):
        """make() gives a new client, with credentials of its own."""
        self._make = make
        self._client = None
        self.lost_one = False  # whether an attempt of the last call may have been executed unseen

    @property
    def region(self) -> str:
        """The Region that is called; known after the first call."""
        return self._client.meta.region_name

    def call(self, operation: str, **request) -> dict:
        """One call, by the SDK's name of the operation. Lets every error of the SDK through."""
        self.lost_one = False
        try:
            return getattr(self._ready(), operation)(**request)
        except ClientError as error:
            if not is_about_credentials(error):
                raise
            self._client = None
        return getattr(self._ready(), operation)(**request)

    def _ready(self):
        if self._client is None:
            self._client = self._make()
            self._client.meta.events.register("needs-retry.marketplace-metering", self._on_attempt)
        return self._client

    def _on_attempt(self, response=None, caught_exception=None, **_):
        if caught_exception is not None:
            self.lost_one |= not isinstance(caught_exception, NOT_SENT)
        elif response is not None:
            self.lost_one |= response[0].status_code >= 500
            if response[0].status_code >= 400:
                time.sleep(asked_pause_s(response[0].headers.get("Retry-After")))
