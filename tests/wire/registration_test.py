#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Signature of RegisterUsage, verified as a careful client does it, with nothing but arithmetic
(RFC 8017, 8.1.2 and 9.1.2; RFC 7515; RFC 7518, 3.5): the good one holds, each forgery does not."""
import base64
import hashlib
import hmac
import json
import os
import re
import tempfile
import time
import unittest

import wire
from wire import Proxy

SALT_BYTES = HASH_BYTES = 32
NONCE = "n-1"


def der(data):
    """One value of DER: (tag, content, rest)."""
    tag, size, start = data[0], data[1], 2
    if size & 0x80:
        start += size & 0x7f
        size = int.from_bytes(data[2:start], "big")
    return tag, data[start:start + size], data[start + size:]


def public_key(pem):
    """Modulus and exponent from a SubjectPublicKeyInfo (RFC 5280, 4.1)."""
    text = re.fullmatch(r"-----BEGIN PUBLIC KEY-----\n(.*)\n-----END PUBLIC KEY-----\n", pem, re.S)
    info = der(base64.b64decode(text[1]))[1]
    algorithm, rest = der(info)[1], der(info)[2]
    if der(algorithm)[1].hex() != "2a864886f70d010101":  # rsaEncryption
        raise AssertionError("no RSA key")
    numbers = der(der(rest)[1][1:])[1]
    modulus, exponent = der(numbers)[1], der(der(numbers)[2])[1]
    return int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big")


def mask(seed, size):
    """MGF1 with SHA-256 (RFC 8017, B.2.1)."""
    blocks = (hashlib.sha256(seed + n.to_bytes(4, "big")).digest() for n in range(size // 32 + 1))
    return b"".join(blocks)[:size]


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def raised(key, signature):
    modulus, exponent = key
    size = (modulus.bit_length() + 7) // 8
    if len(signature) != size:
        return b""
    return pow(int.from_bytes(signature, "big"), exponent, modulus).to_bytes(size, "big")


def holds_pss(key, text, signature):
    encoded = raised(key, signature)
    if not encoded or encoded[-1] != 0xbc:
        return False
    db_size = len(encoded) - HASH_BYTES - 1
    masked, digest = encoded[:db_size], encoded[db_size:-1]
    db = xor(masked, mask(digest, db_size))
    db = bytes([db[0] & 0x7f]) + db[1:]
    zeros = db_size - SALT_BYTES - 1
    if masked[0] & 0x80 or db[:zeros] != bytes(zeros) or db[zeros] != 1:
        return False
    hashed = hashlib.sha256(text).digest()
    return hashlib.sha256(bytes(8) + hashed + db[-SALT_BYTES:]).digest() == digest


def holds_pkcs1(key, text, signature):
    wanted = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(text).digest()
    encoded = raised(key, signature)
    return encoded == b"\0\1" + b"\xff" * (len(encoded) - len(wanted) - 3) + b"\0" + wanted


def decoded(part):
    if re.fullmatch(r"[A-Za-z0-9_-]*", part) is None:
        raise ValueError("not base64 for URLs")
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def why_refused(token, key, version=1):
    """What a careful client finds wrong with a token; "" when it takes it."""
    parts = token.split(".")
    if len(parts) != 3:
        return "malformed"
    header, claims = (json.loads(decoded(part)) for part in parts[:2])
    if header.get("alg") != "PS256":
        return "algorithm"
    if not holds_pss(key, ".".join(parts[:2]).encode(), decoded(parts[2])):
        return "signature"
    lower = {name[0].lower() + name[1:]: value for name, value in claims.items()}
    for name, wanted in (("productCode", wire.PRODUCT), ("publicKeyVersion", version),
                         ("nonce", NONCE)):
        if lower.get(name) != wanted:
            return name
    return ""


class RegistrationTest(unittest.TestCase):
    def register(self, *forgeries, world=None, version=1):
        """The replies to one registration each; the key."""
        thens = [None if f is None else [{"jwt": {"forge": f}}] for f in forgeries]
        rules = [wire.rule(f"r{n}", then, str(n), when={"operation": "RegisterUsage"})
                 for n, then in enumerate(thens, 1) if then]
        body = json.dumps({"ProductCode": wire.PRODUCT, "PublicKeyVersion": version,
                           "Nonce": NONCE}).encode()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "key.pem")
            with Proxy(rules, world=world, args=["--public-key", path]) as proxy:
                with open(path, encoding="ascii") as file:
                    pem = file.read()
                replies = [proxy.ask(body, target="RegisterUsage") for _ in thens]
                if rules:
                    proxy.wait("fault", len(rules), action="jwt")
        self.assertEqual([200] * len(replies), [r.status for r in replies])
        return [r.json() for r in replies], pem

    def test_a_good_one(self):
        replies, pem = self.register(None, None)
        key = public_key(pem)
        self.assertEqual(2048, key[0].bit_length())
        for reply in replies:
            self.assertEqual({"Signature"}, set(reply))
            self.assertEqual("", why_refused(reply["Signature"], key))
        # Wire time: a library refuses a token from the future.
        claims = json.loads(decoded(replies[0]["Signature"].split(".")[1]))
        self.assertLess(abs(time.time() - claims["iat"]), wire.PATIENCE_S)
        self.assertNotEqual(replies[0]["Signature"], replies[1]["Signature"])  # PSS has a salt

    def test_forgeries(self):
        wrong = {"flipped-signature": "signature", "alg-none": "algorithm", "hs256": "algorithm",
                 "rs256": "algorithm", "other-nonce": "nonce", "other-product": "productCode",
                 "other-key-version": "publicKeyVersion", "malformed": "malformed",
                 "empty": "malformed"}
        replies, pem = self.register(*wrong)
        for (name, why), reply in zip(wrong.items(), replies):
            with self.subTest(name):
                self.assertEqual(why, why_refused(reply["Signature"], public_key(pem)))

    def test_forgeries_are_what_they_say(self):
        """A client that looks less closely would take them: they are wrong in one thing only."""
        replies, pem = self.register("rs256", "hs256", "alg-none")
        parts = [reply["Signature"].split(".") for reply in replies]
        texts = [".".join(p[:2]).encode() for p in parts]
        self.assertTrue(holds_pkcs1(public_key(pem), texts[0], decoded(parts[0][2])))
        self.assertEqual(hmac.new(pem.encode(), texts[1], hashlib.sha256).digest(),
                         decoded(parts[1][2]))
        self.assertEqual("", parts[2][2])
        algorithms = [json.loads(decoded(p[0]))["alg"] for p in parts]
        self.assertEqual(["RS256", "HS256", "none"], algorithms)

    def test_what_is_not_false(self):
        replies, pem = self.register("capital-claims", "rotation", None)
        for reply in replies:
            self.assertEqual("", why_refused(reply["Signature"], public_key(pem)))
        claims = [json.loads(decoded(r["Signature"].split(".")[1])) for r in replies]
        self.assertEqual({"ProductCode", "PublicKeyVersion", "Nonce", "iat"}, set(claims[0]))
        self.assertEqual(["PublicKeyRotationTimestamp" in r for r in replies], [False, True, False])
        replies, pem = self.register(None, world={"claims": "capital"})
        claims = json.loads(decoded(replies[0]["Signature"].split(".")[1]))
        self.assertEqual({"ProductCode", "PublicKeyVersion", "Nonce", "iat"}, set(claims))

    def test_an_expired_version(self):
        world = {"public_key_version": 2, "public_key_rotation": "now+24h"}
        replies, pem = self.register(None, world=world)
        self.assertEqual(wire.HOUR_S + 75 * 60 + 24 * 3600, replies[0]["PublicKeyRotationTimestamp"])
        self.assertEqual("", why_refused(replies[0]["Signature"], public_key(pem)))
        replies, _ = self.register(None, world=world, version=2)
        self.assertEqual({"Signature"}, set(replies[0]))

    def test_a_rule_knows_calls_with_a_nonce(self):
        rules = [wire.rule("forged", [{"jwt": {"forge": "empty"}}],
                           when={"operation": "RegisterUsage", "nonce": True})]
        asked = {"ProductCode": wire.PRODUCT, "PublicKeyVersion": 1}
        with Proxy(rules) as proxy:
            replies = [proxy.ask(json.dumps({**asked, **more}).encode(), target="RegisterUsage")
                       for more in ({}, {"Nonce": ""}, {"Nonce": NONCE})]
            requests = proxy.wait("request", 3)
        self.assertEqual([False, False, True], [r.json()["Signature"] == "" for r in replies])
        self.assertEqual([None, None, NONCE], [r.get("nonce") for r in requests])
        self.assertEqual([1, 1, 1], [r["public_key_version"] for r in requests])

    def test_each_program_has_a_key_of_its_own(self):
        replies, _ = self.register(None)
        _, pem = self.register(None)
        self.assertEqual("signature", why_refused(replies[0]["Signature"], public_key(pem)))

    def test_where_the_key_cannot_be_written(self):
        with self.assertRaisesRegex(AssertionError, "cannot write /nowhere/key.pem"):
            Proxy(args=["--public-key", "/nowhere/key.pem"])


if __name__ == "__main__":
    unittest.main()
