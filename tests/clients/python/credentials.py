# SPDX-License-Identifier: Apache-2.0
"""Credentials that are looked for when a call needs them, and again when AWS calls them expired.

Left to itself boto3 asks the container's endpoint while it builds a client, and fails with it; a client
that was built without credentials never looks for any again; credentials that AWS calls expired are kept
until the end that was stated for them; and long-term keys in the environment come before a role.
"""
from botocore.credentials import RefreshableCredentials, create_credential_resolver
from botocore.exceptions import NoCredentialsError
from botocore.session import Session, get_session

EXPIRED = {"ExpiredToken", "ExpiredTokenException"}


class Credentials:
    """What the SDK's own providers find, found anew whenever that is worth a try."""

    method = "explicit"  # for the SDK's User-Agent

    def __init__(self, session: Session, role_first: bool):
        self._resolver = create_credential_resolver(session)
        self._found = None
        if role_first:
            # MeterUsage and RegisterUsage do not support long-term keys.
            environment = self._resolver.get_provider("env")
            self._resolver.remove("env")
            self._resolver.insert_after("iam-role", environment)

    def get_frozen_credentials(self):
        """For signing. Raises what the provider raises, or NoCredentialsError."""
        if self._found is None:
            self._found = self._resolver.load_credentials()
        if self._found is None:
            raise NoCredentialsError()
        return self._found.get_frozen_credentials()

    def get_deferred_property(self, name: str):
        """What the SDK may want to know besides, such as the account."""
        return lambda: getattr(self._found, name, None)

    def look_again(self, response=None, attempts=0, operation=None, **_):
        """An attempt was answered. Where the keys were called expired, asks the SDK to send again at
        once, under others; ResolveCustomer says the same of a buyer's token."""
        code = response[1].get("Error", {}).get("Code") if response is not None else None
        if (code not in EXPIRED or attempts > 1 or operation.name == "ResolveCustomer"
                or not isinstance(self._found, RefreshableCredentials)):
            return None
        self._found = None
        return 0


class _Provider:
    """Takes the place of the SDK's chain, which would look for credentials at once."""

    def __init__(self, credentials: Credentials):
        self._credentials = credentials

    def load_credentials(self) -> Credentials:
        """Looks for nothing yet."""
        return self._credentials


def session_with_credentials(role_first: bool = False):
    """A session of botocore whose clients find credentials so."""
    session = get_session()
    credentials = Credentials(session, role_first)
    session.register_component("credential_provider", _Provider(credentials))
    session.register("needs-retry.marketplace-metering", credentials.look_again)
    return session
