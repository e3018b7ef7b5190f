# SPDX-License-Identifier: Apache-2.0
"""Turns a registration token into a customer. The token is a secret of the buyer's: it is neither
stored nor printed."""
import time
from typing import Callable, List

from botocore.exceptions import ClientError

from service import Service, error_code, error_status, is_about_credentials, is_throttled
from subscriptions import Subscriptions

RESOLVED, REFUSED, FAILED = "resolved", "refused", "failed"
PAUSES_S = (0.5, None)  # two rounds, each with the SDK's own retries: a buyer waits at a page
ABOUT_TOKEN = {"InvalidTokenException", "ExpiredTokenException"}


def is_transient(error: ClientError) -> bool:
    """Whether the same call may succeed a moment later."""
    return is_throttled(error) or error_status(error) >= 500


def resolve(service: Service, subscriptions: Subscriptions, token: str, user: str, products: List[str],
            alert: Callable[[List[str], str], None]) -> dict:
    """Asks AWS whose token it is, and remembers the answer; gives the state, and who it is. user is
    who is signed in at our own site ("": nobody); products are the codes that we sell."""
    if not token:
        return {"state": REFUSED}
    for pause in PAUSES_S:
        try:
            reply = service.call("resolve_customer", RegistrationToken=token)
            return _keep(subscriptions, reply, user, products)
        except ClientError as error:
            code = error_code(error)
            if code in ABOUT_TOKEN and not is_about_credentials(error):
                return {"state": REFUSED, "reason": code}
            if not is_transient(error):
                alert([], f"ResolveCustomer fails, and not for the buyer's fault: {code}")
                return {"state": FAILED, "reason": code}
            reason = code
        except Exception as error:  # pylint: disable=broad-except
            # No reply, or one that the SDK trips over. To ask again changes nothing at AWS.
            reason = type(error).__name__
        if pause is not None:
            time.sleep(pause)
    return {"state": FAILED, "reason": reason}


def _keep(subscriptions: Subscriptions, reply: dict, user: str, products: List[str]) -> dict:
    """Stores who registered. A reply that names nobody is none, whatever its status."""
    identifier = reply.get("CustomerIdentifier") or None
    account = reply.get("CustomerAWSAccountId") or None
    license_arn = reply.get("LicenseArn") or None
    product = reply.get("ProductCode") or None
    customer = identifier or account
    if customer is None:
        return {"state": FAILED, "reason": "the reply names nobody"}
    if products and product and product not in products:
        return {"state": REFUSED, "reason": "the token is of another product"}
    # With agreements one account may hold several licences, each a subscription of its own.
    if not subscriptions.register(identifier or "", account or "", license_arn or "",
                                  product or "", user):
        return {"state": REFUSED, "reason": "another user has registered this customer"}
    found = {"customer": customer, "identifier": identifier, "account": account,
             "license": license_arn, "product": product}
    return {"state": RESOLVED, **{name: value for name, value in found.items() if value}}
