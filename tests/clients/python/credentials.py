# SPDX-License-Identifier: Apache-2.0
"""Credentials that are looked for when a call needs them.

Left to itself boto3 asks the container's endpoint while it builds a client, and fails with it; it remembers
that there were no credentials, and never looks again; and it prefers long-term keys in the environment to a
role.
"""
from botocore.credentials import create_credential_resolver
from botocore.exceptions import NoCredentialsError
from botocore.session import Session, get_session


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
    return session
