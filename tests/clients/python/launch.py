# SPDX-License-Identifier: Apache-2.0
"""Whether a program that has just been launched in a buyer's account may serve.

Who may is AWS's to say, at the start. Haste and outages are no answer: the program runs on and asks
again when its scheduler comes. Everything else that AWS replies is one, and in a container it ends the
program, to prevent unauthorised use. On an instance only a missing subscription does: what else is
wrong there (a role, a Region) can be mended while the program runs, so a person is told.
"""
from typing import Callable, List, Optional, Tuple

from botocore.exceptions import ClientError

from service import CREDENTIALS, UNPREPARED, error_code, error_status, is_throttled

REGISTERED, DENIED, FAILED = "registered", "denied", "failed"
PATIENCE_S = 1800  # so long AWS asks for retries; then a person is told, and they go on
NOT_ENTITLED = "CustomerNotEntitledException"
# The request was not looked at: its keys have ended, or its clock is wrong.
UNSIGNED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "RequestTimeTooSkewed",
            "InvalidSignatureException", "SignatureDoesNotMatch"}


class Launch:
    """One launch: asked until AWS has said yes or no. ask() gives the state and a reason, and may let
    any error of the SDK through."""

    def __init__(self, ask: Callable[[], Tuple[str, Optional[str]]], is_container: bool,
                 alert: Callable[[List[str], str], None]):
        self._ask = ask
        self._is_container = is_container
        self._alert = alert
        self._since: Optional[int] = None  # when it was first asked
        self._told: Optional[str] = None
        self.state = FAILED

    def attempt(self, now: int) -> dict:
        """Asks once; gives the state and, unless all is well, the reason."""
        self._since = now if self._since is None else self._since
        try:
            self.state, reason = self._ask()
        except ClientError as error:
            self.state, reason = self._refused(error)
        except UNPREPARED as error:
            self.state, reason = FAILED, type(error).__name__
            self._tell(f"cannot ask whether this program may serve: {reason}")
        except Exception as error:  # pylint: disable=broad-except
            # No reply, or one that the SDK trips over. To ask again changes nothing at AWS.
            self.state, reason = FAILED, type(error).__name__
        if self.state == DENIED:
            self._tell(f"this program must not serve: {reason}")
        elif self.state == FAILED and now >= self._since + PATIENCE_S:
            self._tell(f"for half an hour AWS has not said whether this program may serve: {reason}")
        return {"state": self.state, **({"reason": reason} if reason else {})}

    def _refused(self, error: ClientError) -> Tuple[str, str]:
        code, status = error_code(error), error_status(error)
        if is_throttled(error) or status >= 500 or 300 <= status < 400:
            return FAILED, code
        is_answer = error.operation_name not in CREDENTIALS and code not in UNSIGNED
        if code == NOT_ENTITLED or (is_answer and self._is_container):
            return DENIED, code
        self._tell(f"AWS does not let this program ask whether it may serve: {code}")
        return FAILED, code

    def _tell(self, text: str) -> None:
        if self._told != text:
            self._told = text
            self._alert([], text)
