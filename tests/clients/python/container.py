# SPDX-License-Identifier: Apache-2.0
"""Registers a running container with RegisterUsage, for products that are paid by the hour.

AWS meters the container from then on. The reply is believed only if its Signature is a JSON Web Token
that verifies with the public key of the product, by the one algorithm that AWS uses, and repeats what
was asked: product, version of the key, and a nonce that no other start has had. Otherwise anybody who
answers in AWS's place could let the container run for nothing.
"""
import uuid
from typing import Callable, List, Optional, Tuple

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from launch import DENIED, FAILED, REGISTERED
from service import Service

ALGORITHM = "PS256"  # never the token's own word for it: that may be "none"


def read_key(path: str):
    """The public key of the product, which AWS hands out as PEM and the image brings along."""
    with open(path, "rb") as file:
        return load_pem_public_key(file.read())


def claim(claims: dict, name: str):
    """A claim by its name, whose first letter is a capital in some of AWS's documents."""
    return claims.get(name, claims.get(name[0].upper() + name[1:]))


class Container:
    """The container that was just started; its nonce is as old as it is."""

    def __init__(self, service: Service, product: str, key_version: int, public_key,
                 alert: Callable[[List[str], str], None]):
        """public_key: as read_key() gives it."""
        self._service = service
        self._public_key = public_key
        self._alert = alert
        self._request = {"ProductCode": product, "PublicKeyVersion": key_version,
                         "Nonce": str(uuid.uuid4())}

    def register(self) -> Tuple[str, Optional[str]]:
        """Asks once; gives the state and a reason. Errors of the SDK go through."""
        reply = self._service.call("register_usage", **self._request)
        if "Signature" not in reply:
            return FAILED, "the reply has no signature"  # what the SDK makes of a page of HTML
        try:
            claims = jwt.decode(reply["Signature"], self._public_key, algorithms=[ALGORITHM],
                                # Against replay there is the nonce; a container's clock may be wrong.
                                options={"verify_iat": False})
        except (jwt.PyJWTError, TypeError) as error:
            return DENIED, f"the signature is not AWS's: {type(error).__name__}"
        for name, member in (("productCode", "ProductCode"), ("nonce", "Nonce"),
                             ("publicKeyVersion", "PublicKeyVersion")):
            if str(claim(claims, name)) != str(self._request[member]):
                return DENIED, f"the signature is of another {member}"
        if reply.get("PublicKeyRotationTimestamp"):
            self._alert([], "the public key in this image has a successor: build it in before "
                            f"{reply['PublicKeyRotationTimestamp']}")
        return REGISTERED, None
