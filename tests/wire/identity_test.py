# SPDX-License-Identifier: Apache-2.0
"""Those who are asked for credentials and region, by raw sockets: ports of their own, refusals, rules
that meet them by target, and what the journal keeps of it."""
import datetime
import json
import os
import re
import shutil
import tempfile
import time
import unittest
import urllib.parse
import xml.etree.ElementTree as ET

from clients import Client
from wire import Proxy, WireTest, rule

ROLES = "/latest/meta-data/iam/security-credentials/"
LIVES = {"credentials": [{"name": "k1", "life_wire": "2s"}, {"name": "k2", "life_wire": "1h"}]}


def split(url):
    parts = urllib.parse.urlsplit(url)
    return parts.port, parts.path


def fetch(port, method, path, headers=(), body=b""):
    """One request on a connection of its own."""
    with Client(port) as client:
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in headers)
        client.send((head + f"Content-Length: {len(body)}\r\n\r\n").encode() + body)
        return client.reply()


class Asking(Proxy):
    """A proxy whose clients fetch their credentials."""

    def imds(self, method, path, *headers):
        port, _ = split(self.exports["AWS_EC2_METADATA_SERVICE_ENDPOINT"])
        return fetch(port, method, path, headers)

    def imds_token(self, seconds=60):
        reply = self.imds("PUT", "/latest/api/token",
                          ("X-aws-ec2-metadata-token-ttl-seconds", seconds))
        assert reply.status == 200, reply.raw
        self.secrets.append(reply.body.decode().split("-")[0])
        return "X-aws-ec2-metadata-token", reply.body.decode()

    def imds_credentials(self):
        token = self.imds_token()
        role = self.imds("GET", ROLES, token).body.decode()
        return self.imds("GET", ROLES + role, token)

    def container(self, token=None, path=None):
        port, own = split(self.exports["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
        return fetch(port, "GET", path or own, [("Authorization", token or self.container_token())])

    def container_token(self):
        path = self.exports.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
        if path is None:
            self.secrets.append(self.exports["AWS_CONTAINER_AUTHORIZATION_TOKEN"])
            return self.secrets[-1]
        return self.read_token(path)

    def web_token(self):
        return self.read_token(self.exports["AWS_WEB_IDENTITY_TOKEN_FILE"])

    def read_token(self, path):
        with open(path, encoding="ascii") as file:
            self.secrets.append(file.read())
        return self.secrets[-1]

    def sts(self, **changes):
        port, _ = split(self.exports["AWS_ENDPOINT_URL_STS"])
        form = {"Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15",
                "RoleArn": self.exports["AWS_ROLE_ARN"], "RoleSessionName": "seller", **changes}
        if "WebIdentityToken" not in form:
            form["WebIdentityToken"] = self.web_token()
        return fetch(port, "POST", "/", [("Content-Type", "application/x-www-form-urlencoded")],
                     urllib.parse.urlencode(form).encode())

    def use(self, document):
        """Signs with what a document holds from now on."""
        self.sign_with(document["AccessKeyId"], document["SecretAccessKey"], document["Token"])
        return document


def error_of(reply):
    root = ET.fromstring(reply.body)
    space = {"s": "https://sts.amazonaws.com/doc/2011-06-15/"}
    return root.find("s:Error/s:Code", space).text


def credentials_of(reply):
    """The document that an STS reply is, in the words of the other two."""
    names = {"SessionToken": "Token"}
    found = ET.fromstring(reply.body).iter()
    texts = {e.tag.split("}")[1]: e.text for e in found}
    return {names.get(k, k): texts[k]
            for k in ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")}


class FetchTest(WireTest):
    """What is handed out signs a request that the service takes."""

    def check_signs(self, proxy, document, name="k1"):
        proxy.use(document)
        self.assertTrue(document["AccessKeyId"].startswith("ASIA"))
        self.assertEqual(proxy.ask().status, 200)
        request = proxy.wait("request", operation="BatchMeterUsage")[-1]
        self.check_event(request["signature"], valid=True, token=True, credential=name)
        self.assertNotIn("to", request)

    def check_told(self, proxy, target, *asks):
        proxy.wait("response", len(asks) + 1)
        told = [(e["to"], e["asks"]) for e in proxy.events("request") if "to" in e]
        self.assertEqual(told, [(target, a) for a in asks])
        self.assertEqual([(e["what"], e["name"], e.get("by")) for e in proxy.events("credential")],
                         [("current", "k1", None), ("served", "k1", target)])
        origins = {e["origin"] for e in proxy.events("response")}
        self.assertEqual(origins, {"identity", "service"})

    def test_imds(self):
        with Asking(args=["--credentials", "imds"]) as proxy:
            document = json.loads(proxy.imds_credentials().body)
            self.assertEqual(document["Code"], "Success")
            self.check_signs(proxy, document)
            self.check_told(proxy, "imds", "token", "roles", "credentials")

    def test_imds_without_a_good_token(self):
        with Asking(args=["--credentials", "imds"]) as proxy:
            for headers in [], [("X-aws-ec2-metadata-token", "AQAEAnone-1==")]:
                reply = proxy.imds("GET", ROLES, *headers)
                self.assertEqual(reply.status, 401)
            for seconds in "0", "21601", "x":
                reply = proxy.imds("PUT", "/latest/api/token",
                                   ("X-aws-ec2-metadata-token-ttl-seconds", seconds))
                self.assertEqual(reply.status, 400)
            self.assertEqual(proxy.imds("GET", "/latest/user-data", proxy.imds_token()).status, 404)
            self.assertEqual(proxy.events("credential", what="served"), [])

    def test_a_metadata_token_ends(self):
        with Asking(args=["--credentials", "imds"]) as proxy:
            token = proxy.imds_token(1)
            self.assertEqual(proxy.imds("GET", ROLES, token).status, 200)
            end = time.monotonic() + 30
            while proxy.imds("GET", ROLES, token).status != 401:
                self.assertLess(time.monotonic(), end)
                time.sleep(0.05)

    def test_version_1_where_the_world_has_it(self):
        with Asking([], {"imds_v1": True}, source="imds") as proxy:
            self.assertEqual(proxy.imds("GET", ROLES).body, b"meterprover")

    def test_region_and_document(self):
        with Asking([], {"region": "eu-west-1"}, source="imds") as proxy:
            token = proxy.imds_token()
            region = proxy.imds("GET", "/latest/meta-data/placement/region", token)
            self.assertEqual(region.body, b"eu-west-1")
            document = proxy.imds("GET", "/latest/dynamic/instance-identity/document", token).json()
            self.assertEqual(document["region"], "eu-west-1")

    def test_the_token_reply_says_its_life(self):
        with Asking(args=["--credentials", "imds"]) as proxy:
            name = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds"
            reply = proxy.imds("PUT", "/latest/api/token", (name, 77))
            self.assertEqual(reply.field(name), "77")
            self.assertIsNone(reply.field("x-amzn-RequestId"))

    def test_container(self):
        with Asking(args=["--credentials", "container"]) as proxy:
            self.check_signs(proxy, proxy.container().json())
            self.check_told(proxy, "container-credentials", "credentials")
            self.assertEqual(proxy.container("wrong").status, 401)
            self.assertEqual(proxy.container(path="/v2/credentials").json()["code"],
                             "NoIdInRequest")

    def test_pod_identity(self):
        with Asking(args=["--credentials", "pod-identity"]) as proxy:
            path = proxy.exports["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
            self.check_signs(proxy, proxy.container().json())
            proxy.stop()
            self.assertFalse(os.path.exists(os.path.dirname(path)))

    def test_web_identity(self):
        with Asking(args=["--credentials", "web-identity"]) as proxy:
            reply = proxy.sts()
            self.assertEqual(reply.status, 200)
            self.assertIn(reply.field("x-amzn-RequestId").encode(), reply.body)
            self.check_signs(proxy, credentials_of(reply))
            self.check_told(proxy, "sts", "AssumeRoleWithWebIdentity")
            for n, (changes, status, code) in enumerate([
                    ({"WebIdentityToken": "eyJhbGciOiJub25lIn0.e30."}, 400, "InvalidIdentityToken"),
                    ({"RoleArn": "arn:aws:iam::000000000000:role/x"}, 403, "AccessDenied"),
                    ({"RoleSessionName": "a b"}, 400, "ValidationError"),
                    ({"Action": "GetCallerIdentity"}, 400, "InvalidAction")], 3):
                with self.subTest(code):
                    reply = proxy.sts(**changes)
                    self.assertEqual((reply.status, error_of(reply)), (status, code))
                    event = proxy.wait("response", n)[-1]
                    self.check_event(event, status=status, error=code, origin="identity")

    def test_static_credentials_open_no_port(self):
        with Proxy() as proxy:
            self.assertEqual(len(self.listening(proxy)), 1)
        with Asking(args=["--credentials", "imds"]) as proxy:
            self.assertEqual(len(self.listening(proxy)), 4)

    @staticmethod
    def listening(proxy):
        """The inodes of listening sockets that the process holds."""
        with open("/proc/net/tcp", encoding="ascii") as file:
            rows = [line.split() for line in file][1:]
        listening = {f"socket:[{r[9]}]" for r in rows if r[3] == "0A"}
        folder = f"/proc/{proxy.process.pid}/fd"
        return [fd for fd in os.listdir(folder) if os.readlink(f"{folder}/{fd}") in listening]


class ExpiryTest(WireTest):
    def test_a_stated_expiry_is_kept(self):
        """Good until the second that the document states, then ExpiredTokenException."""
        with Asking([], LIVES, source="container") as proxy:
            document = proxy.use(proxy.container().json())
            end = datetime.datetime.strptime(document["Expiration"], "%Y-%m-%dT%H:%M:%S%z")
            while True:
                before = datetime.datetime.now(datetime.timezone.utc)
                reply = proxy.ask()
                after = datetime.datetime.now(datetime.timezone.utc)
                if after < end:
                    self.assertEqual(reply.status, 200)
                if before >= end:
                    break
                time.sleep(0.05)
            self.assertEqual((reply.status, reply.json()["__type"]), (400, "ExpiredTokenException"))
            self.assertIn("security token included in the request is expired",
                          reply.json()["message"])
            refused = proxy.wait("response", status=400)[-1]
            request = proxy.events("request", x=refused["x"])[0]
            self.check_event(request["signature"], valid=True, token=True, fresh=False,
                             error="ExpiredTokenException", credential="k1")

    def test_of_a_registration_token_it_is_another(self):
        """One name for two errors: the journal tells them apart by the signature."""
        world = {"tokens": [{"name": "t1", "life": "1s", "issued": "now-1h"}]}
        with Asking([], world, source="container") as proxy:
            proxy.use(proxy.container().json())
            token = "mpt-Qx7vJ2kLw9sYc4Zb8Rt3Fh6Nd1Ga5Pe0"
            reply = proxy.ask(json.dumps({"RegistrationToken": token}).encode(),
                              target="ResolveCustomer")
            self.assertEqual((reply.status, reply.json()["__type"]), (400, "ExpiredTokenException"))
            self.assertIn("registration token", reply.json()["message"])
            request = proxy.wait("request", operation="ResolveCustomer")[-1]
            self.check_event(request["signature"], error="", fresh=True)


class TrailTest(WireTest):
    """What CloudTrail shows of how the credentials of a call were obtained."""

    def shown(self, source, fetched, world=None):
        """The sessionContext of a call signed with what fetched(proxy) gives."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "trail")
            with Asking([], world, source=source, args=["--cloudtrail", path]) as proxy:
                proxy.use(fetched(proxy))
                self.assertEqual(proxy.ask().status, 200)
            with open(path, encoding="utf-8") as file:
                user = json.load(file)["Records"][0]["userIdentity"]
        self.assertEqual("AssumedRole", user["type"])
        return user["sessionContext"]

    def test_by_source(self):
        def by_version_1(proxy):
            role = proxy.imds("GET", ROLES).body.decode()
            return proxy.imds("GET", ROLES + role).json()
        both = {"imds_v1": True}
        for name, source, fetched, world, delivery, is_federated in [
                ("a task's", "container", lambda p: p.container().json(), None, None, False),
                ("a pod's association", "pod-identity", lambda p: p.container().json(), None, None,
                 False),
                ("an instance's", "imds", lambda p: p.imds_credentials().json(), None, "2.0", False),
                ("by version 1", "imds", by_version_1, both, "1.0", False),
                ("by version 2 where both are", "imds", lambda p: p.imds_credentials().json(), both,
                 "2.0", False),
                ("a pod's", "web-identity", lambda p: credentials_of(p.sts()), None, None, True)]:
            with self.subTest(name):
                context = self.shown(source, fetched, world)
                self.assertEqual(delivery, context.get("ec2RoleDelivery"))
                self.assertEqual(is_federated, context["webIdFederationData"] != {})

    def test_the_role_that_was_assumed(self):
        found = []

        def fetched(proxy):
            found.append(proxy.exports["AWS_ROLE_ARN"])
            return credentials_of(proxy.sts())
        context = self.shown("web-identity", fetched)
        self.assertEqual(found[0], context["sessionIssuer"]["arn"])
        self.assertEqual(found[0].split("/")[-1], context["sessionIssuer"]["userName"])


class SignatureTest(WireTest):
    """Each thing that can be wrong with a signature has its own name on the wire."""

    def check_refused(self, proxy, reply, status, name, sentence):
        self.assertEqual((reply.status, reply.json()["__type"]), (status, name))
        self.assertIn(sentence, reply.json().get("message"))
        event = proxy.wait("response", status=status, error=name)[-1]
        self.check_event(event, origin="service")
        self.assertEqual(proxy.events("commit"), [])

    def test_scope_keys_and_tokens(self):
        for name, sentence, change in [
                ("InvalidSignatureException", "scoped to a valid region",
                 lambda sign: setattr(sign, "region", "us-east")),
                ("InvalidSignatureException", "does not match", lambda sign: setattr(
                    sign, "secret", "another")),
                ("UnrecognizedClientException", "security token included in the request is invalid",
                 lambda sign: setattr(sign, "key_id", "ASIANOBODYKNOWSTHIS0")),
                ("UnrecognizedClientException", "security token included in the request is invalid",
                 lambda sign: setattr(sign, "token", None)),
                ("UnrecognizedClientException", "security token included in the request is invalid",
                 lambda sign: setattr(sign, "token", "of another session"))]:
            with self.subTest(sentence):
                with Asking(args=["--credentials", "container"]) as proxy:
                    proxy.use(proxy.container().json())
                    change(proxy.sign)
                    self.check_refused(proxy, proxy.ask(), 400, name, sentence)

    def test_forms(self):
        """A request that was signed well, and one thing about it; with AWS's name and sentence for it.
        None of them is a call that CloudTrail knows."""
        def drop(name):
            return lambda whole: re.sub(rb"(?m)^" + name + rb": .*\r\n", b"", whole)

        def scope(**change):
            return lambda sign: [setattr(sign, k, v) for k, v in change.items()]
        invalid, incomplete = "InvalidSignatureException", "IncompleteSignatureException"
        for what, before, after, name, sentence in [
                ("service", scope(service="execute-api"), None, invalid,
                 "scoped to correct service: 'aws-marketplace'"),
                ("terminator", scope(end="aws5_request"), None, invalid, "valid terminator"),
                ("no date", None, drop(b"x-amz-date"), incomplete, "'X-Amz-Date' or a 'Date' header"),
                ("no target", None, drop(b"x-amz-target"), None, ""),
                ("another host", None, lambda w: w.replace(b"host: localhost", b"host: elsewhere"),
                 invalid, "does not match"),
                ("another body", None, lambda w: w.replace(b'"Quantity": 7', b'"Quantity": 8'),
                 invalid, "does not match"),
                ("target not signed", None, lambda w: w.replace(b";x-amz-target", b""), invalid,
                 "'x-amz-target' must be a 'SignedHeader'"),
                ("host not signed", None, lambda w: w.replace(b"host;", b""), invalid,
                 "'Host' or ':authority' must be a 'SignedHeader'"),
                ("a name more", None, lambda w: w.replace(b"host: ", b"x-amz-meta-a: 1\r\nhost: "),
                 invalid, "'x-amz-meta-a' must be a 'SignedHeader'"),
                ("bearer", None, lambda w: w.replace(b"AWS4-HMAC-SHA256 ", b"Bearer "), incomplete,
                 "must begin with 'AWS4-HMAC-SHA256'"),
                ("no names", None, lambda w: re.sub(rb"SignedHeaders=[^,]*, ", b"", w), incomplete,
                 "requires 'SignedHeaders' parameter")]:
            with self.subTest(what), tempfile.TemporaryDirectory() as folder:
                trail = os.path.join(folder, "trail")
                with Proxy(args=["--cloudtrail", trail]) as proxy:
                    (before or (lambda sign: None))(proxy.sign)
                    with proxy.client() as client:
                        client.send((after or (lambda w: w))(proxy.sign.whole()))
                        reply = client.reply()
                    if name is None:
                        self.assertEqual(404, reply.status)
                    else:
                        self.check_refused(proxy, reply, 400, name, sentence)
                with open(trail, encoding="utf-8") as file:
                    self.assertEqual([], json.load(file)["Records"])

    def test_a_long_term_key_has_no_token(self):
        with Proxy([]) as proxy:
            proxy.sign.token = "left behind by a session"
            self.check_refused(proxy, proxy.ask(), 400, "UnrecognizedClientException",
                               "security token included in the request is invalid")

    def test_no_signature(self):
        with Proxy([]) as proxy:
            reply = fetch(proxy.port, "POST", "/", [
                ("Content-Type", "application/x-amz-json-1.1"),
                ("X-Amz-Target", "AWSMPMeteringService.BatchMeterUsage")], b"{}")
            self.check_refused(proxy, reply, 403, "MissingAuthenticationTokenException",
                               "Missing Authentication Token")

    def test_presigned(self):
        query = ("/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA%2F20261118%2Fus-east-1"
                 "%2Faws-marketplace%2Faws4_request&X-Amz-SignedHeaders=host&X-Amz-Signature=00")
        for method in "GET", "POST":
            with Proxy([]) as proxy:
                reply = fetch(proxy.port, method, query, [
                    ("Content-Type", "application/x-amz-json-1.1"),
                    ("X-Amz-Target", "AWSMPMeteringService.BatchMeterUsage")])
                self.check_refused(proxy, reply, 403, "MissingAuthenticationTokenException",
                                   "a signature in the query string is not accepted")


class SkewTest(WireTest):
    """The wire's clock is not the client's: signatures and Date go by it, service time does not."""

    def ask(self, skew):
        with Proxy([], skew=skew) as proxy:
            reply = proxy.ask()
            event = proxy.wait("request")[-1]
            self.assertIn("2026-11-18T10:15", event["service"])
            date = datetime.datetime.strptime(reply.field("date"), "%a, %d %b %Y %H:%M:%S GMT")
            ahead = date - datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
            return reply, event["signature"], ahead.total_seconds()

    def test_within_a_quarter_of_an_hour(self):
        for skew, seconds in ("+14m", 840), ("-14m", -840):
            reply, signature, ahead = self.ask(skew)
            self.assertEqual(reply.status, 200)
            self.check_event(signature, valid=True, fresh=True)
            self.assertAlmostEqual(ahead, seconds, delta=30)

    def test_beyond(self):
        for skew, seconds, words in [("+20m", 1200, "Signature expired: "),
                                     ("-20m", -1200, "Signature not yet current: ")]:
            reply, signature, ahead = self.ask(skew)
            self.assertEqual((reply.status, reply.json()["__type"]),
                             (400, "InvalidSignatureException"))
            self.assertTrue(reply.json()["message"].startswith(words))
            self.check_event(signature, valid=True, scope=True, token=True, fresh=False)
            self.assertAlmostEqual(ahead, seconds, delta=30)


class RuleTest(WireTest):
    """Rules meet these requests by their target, and those of the service are not shifted."""

    def test_errors_by_name(self):
        for source, target, name, status in [
                ("imds", "imds", "ServiceUnavailable", 503),
                ("container", "container-credentials", "InternalServerError", 500),
                ("web-identity", "sts", "IDPCommunicationError", 400),
                ("web-identity", "sts", "ExpiredTokenException", 400)]:
            with self.subTest(name):
                rules = [rule("refused", [{"error": name}], "1", {"target": target})]
                with Asking(rules, source=source) as proxy:
                    ask = {"imds": proxy.imds_credentials, "sts": proxy.sts,
                           "container-credentials": proxy.container}[target]
                    reply = (proxy.imds("GET", "/") if target == "imds" else ask())
                    self.assertEqual(reply.status, status)
                    self.check_event(proxy.wait("response")[-1], error=name, origin="rule")
                    self.check_event(proxy.wait("fault")[-1], rule="refused", kind="answer")
                    self.assertEqual(ask().status, 200)

    def test_a_rule_hands_out_another(self):
        rules = [rule("rotates", [{"credentials": {"serve": "k2"}}], "1")]
        two = {"credentials": [{"name": "k1", "life_wire": "1h"}, {"name": "k2", "life_wire": "1h"}]}
        with Asking(rules, two, source="container") as proxy:
            first = proxy.use(proxy.container().json())
            self.assertEqual(proxy.ask().status, 200)
            second = proxy.use(proxy.container().json())
            self.assertNotEqual(first["AccessKeyId"], second["AccessKeyId"])
            self.assertEqual(proxy.ask().status, 200)
            self.assertEqual([(e["what"], e["name"]) for e in proxy.wait("credential", 4)],
                             [("current", "k1"), ("served", "k1"), ("current", "k2"),
                              ("served", "k2")])

    def test_a_rule_gives_the_token_anew(self):
        rules = [rule("anew", [{"credentials": {"rotate": "token"}}], "1", {"target": "sts"})]
        with Asking(rules, source="web-identity") as proxy:
            old = proxy.web_token()
            self.assertEqual(proxy.sts().status, 400)  # its token had ended when it was looked at
            self.assertNotEqual(proxy.web_token(), old)
            self.assertEqual(proxy.sts().status, 200)
            self.assertEqual(error_of(proxy.sts(WebIdentityToken=old)), "ExpiredTokenException")

    def test_a_token_that_is_lost_is_told(self):
        rules = [rule("anew", [{"credentials": {"rotate": "token"}}], "1", {"target": "sts"})]
        with Asking(rules, source="web-identity") as proxy:
            token = proxy.web_token()
            shutil.rmtree(os.path.dirname(proxy.exports["AWS_WEB_IDENTITY_TOKEN_FILE"]))
            self.assertEqual(proxy.sts(WebIdentityToken=token).status, 400)
            lost = proxy.wait("credential", what="lost")[0]
            self.assertIn("No such file or directory", lost["text"])

    def test_the_wire_between(self):
        rules = [rule("cut", [{"rst": {"at": "before-response"}}], "1",
                      {"target": "container-credentials"}),
                 rule("late", [{"delay": "300ms"}], None, {"target": "container-credentials"})]
        with Asking(rules, source="container") as proxy:
            with self.assertRaises(ConnectionResetError):
                proxy.container()
            began = time.monotonic()
            self.assertEqual(proxy.container().status, 200)
            self.assertGreaterEqual(time.monotonic() - began, 0.3)

    def test_nobody_listens_there(self):
        rules = [rule("down", [{"refuse": {}}], None,
                      {"target": "container-credentials", "phase": "connect"}),
                 rule("up again", [{"disarm": "down"}], "1")]
        with Asking(rules, source="container") as proxy:
            with self.assertRaises(ConnectionRefusedError):
                proxy.container()
            proxy.sign_with("ASIANOBODY", "nobodynobody")
            self.assertEqual(proxy.ask().status, 400)  # the service listens; it disarms the rule
            self.assertEqual(proxy.container().status, 200)
            self.assertEqual([e["refused"] for e in proxy.events("refuse")], [True, True])
            self.check_event(proxy.wait("fault", rule="down")[0], kind="refuse")

    def test_the_service_counts_for_itself(self):
        rules = [rule("second connection", [{"error": "ThrottlingException"}], None,
                      {"operation": "BatchMeterUsage", "connection": "2"})]
        with Asking(rules, source="container") as proxy:
            proxy.use(proxy.container().json())
            proxy.container()
            self.assertEqual([proxy.ask().status for _ in range(3)], [200, 400, 200])
            proxy.stop()
            self.assertEqual(proxy.process.stdout.read(), "3 requests\n")

    def test_what_cannot_be_is_refused_by_name(self):
        for source, then, sentence in [
                (None, {"error": "ExpiredTokenException"}, "nobody asks sts while credentials are"),
                ("web-identity", {"error": "ThrottlingException"},
                 'sts has no error "ThrottlingException"'),
                ("web-identity", {"commit": {}}, '"commit" is for replies of the service'),
                ("web-identity", {"timestamps": {"as": "exponent"}},
                 '"timestamps" is for replies of the service'),
                ("web-identity", {"credentials": {"expire": "k1"}}, "a rule cannot wait")]:
            with self.subTest(sentence):
                with self.assertRaises(AssertionError) as raised:
                    Asking([rule("one", [then], None, {"target": "sts"})], LIVES, source=source)
                self.assertIn(sentence, str(raised.exception))


if __name__ == "__main__":
    unittest.main()
