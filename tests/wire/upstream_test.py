# SPDX-License-Identifier: Apache-2.0
"""A real upstream: what goes to it, what comes back from it, and what is said when nothing does."""
import json
import os
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest

import wire
from farther import Server, replies
from wire import PATIENCE_S, PROGRAM, Client, Proxy, WireTest, batch, in_turn, masked, record, rule, scenario

OK = b"HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 2\r\n\r\nok"
GET = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
MB = 1 << 20


def near(url, rules=None, **more):
    args = ["--upstream", url, *more.pop("args", ())]
    return Proxy(rules, args=args, **more)


def behind(far, rules=None, **more):
    """A proxy in front of another one that plays the service, and whose keys clients have."""
    args = list(more.pop("args", ()))
    if far.tls:
        args += ["--upstream-ca", far.exports["AWS_CA_BUNDLE"]]
    proxy = near(f"{'https' if far.tls else 'http'}://localhost:{far.port}", rules, args=args, **more)
    proxy.sign = far.sign
    return proxy


def ask(proxy, request=GET):
    """Everything that comes back on a connection of its own."""
    with proxy.client() as client:
        client.send(request)
        client.half_close()
        return client.rest()


class There(WireTest):
    """What the upstream gets."""

    def test_a_service_that_checks_signatures(self):
        for tls in False, True:
            with self.subTest(tls=tls), Proxy([], tls=tls) as far, behind(far) as proxy:
                with proxy.client() as client:
                    for n in (1, 2, 3):
                        client.send(proxy.sign.whole(batch(record("acme", n, hours_ago=n))))
                        reply = client.reply()
                        self.assertEqual((200, "Success"), (reply.status, reply.results()[0]["Status"]))
                for x, request in enumerate(far.events("request"), 1):
                    self.check_event(request["signature"], error="", valid=True)
                    fact, = proxy.wait("upstream", x=x)
                    self.check_event(fact, status=200, error="", whole=True, conn=1, reused=x > 1,
                                     tries=1, tls="TLSv1.3" if tls else "",
                                     url=f"{'https' if tls else 'http'}://localhost:{far.port}")
                    self.assertRegex(fact["address"], rf"(127\.0\.0\.1|\[::1\]):{far.port}\Z")
                    self.assertGreater(fact["whole_us"], 0)
                    self.assertEqual(x > 1, fact["connect_us"] == 0)
                    response, = proxy.wait("response", x=x)
                    self.check_event(response, status=200, origin="upstream", whole=True)
                self.assertEqual([], proxy.events("commit"))
                self.assertEqual(fact["url"], proxy.events("open")[0]["upstream"])
                self.assertEqual(3, len(far.wait("commit", 3)))

    def test_errors_have_their_name(self):
        with Proxy([]) as far, behind(far) as proxy:
            proxy.sign = wire.Signer("us-east-1", "AKIAAAAAAAAAAAAAAAAA", "secret")
            self.assertEqual(400, proxy.ask().status)
            self.check_event(proxy.wait("response")[0], status=400, origin="upstream",
                             error="UnrecognizedClientException")

    def test_bytes(self):
        """What was signed goes on as it was written; what ends at a connection does not."""
        got = []

        def play(line, _):
            got.append(line.request())
            line.send(OK)
        with Server(play) as server, near(server.url) as proxy:
            ask(proxy, b"PUT /x%2fy?b=2&a=1 HTTP/1.1\r\nhost: api.example\r\nX-Two: a\r\nx-two:  b \r\n"
                b"Connection: close, X-Mine\r\nX-Mine: 1\r\nTE: trailers\r\nContent-Length: 5\r\n\r\nhello")
            self.assertEqual(b"PUT /x%2fy?b=2&a=1 HTTP/1.1\r\nhost: api.example\r\nX-Two: a\r\n"
                             b"x-two: b\r\nContent-Length: 5\r\nVia: 1.1 meterprover\r\n\r\nhello", got[0])

    def test_chunks(self):
        got = []

        def play(line, _):
            got.append(line.head() + line.take(len(b"5\r\nhello\r\n0\r\n\r\n")))
            line.send(OK)
        with Server(play) as server, near(server.url) as proxy:
            ask(proxy, b"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                b"2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nT: 1\r\n\r\n")
            self.assertTrue(got[0].endswith(b"Transfer-Encoding: chunked\r\nVia: 1.1 meterprover\r\n\r\n"
                                            b"5\r\nhello\r\n0\r\n\r\n"), got)

    def test_expectations(self):
        """We are the origin for the client: we say 100, and the upstream's own is not passed on."""
        def play(line, _):
            self.assertIn(b"Expect: 100-continue", line.request())
            line.send(b"HTTP/1.1 100 Continue\r\n\r\n" + OK)
        with Server(play) as server, near(server.url) as proxy, proxy.client() as client:
            client.send(b"PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
            self.assertEqual(b"HTTP/1.1 100 Continue\r\n\r\n", client.head())
            client.send(b"hi")
            self.assertEqual(200, client.reply().status)

    def test_secrets_of_real_clients(self):
        secrets = [b"Bearer 0123456789abcdef", b"session=0123456789abcdef", b"token0123456789abcdef"]
        with Server(replies(OK, OK)) as server, near(server.url) as proxy:
            ask(proxy, b"GET /?X-Amz-Signature=0123456789abcdef HTTP/1.1\r\nHost: h\r\nAuthorization: "
                + secrets[0] + b"\r\nCookie: " + secrets[1] + b"\r\nX-Amz-Security-Token: "
                + secrets[2] + b"\r\n\r\n")
            proxy.wait("response")
            self.assertNotIn(b"0123456789abcdef", b"".join(proxy.lines()))

    def test_ipv6(self):
        try:
            server = Server(replies(OK), "::1")
        except OSError as why:
            self.skipTest(f"no IPv6 here: {why}")
        with server, near(server.url) as proxy:
            self.assertTrue(ask(proxy)[0].endswith(b"ok"))
            self.check_event(proxy.wait("upstream")[0], address=f"[::1]:{server.port}")

    def test_the_second_address_of_a_name(self):
        """localhost is ::1 and 127.0.0.1; the server listens on one of them."""
        for address in "127.0.0.1", "::1":
            with self.subTest(address):
                found = {a[4][0] for a in socket.getaddrinfo("localhost", 80)}
                if address not in found:
                    self.skipTest(f"localhost is not {address} here")
                with Server(replies(OK), address) as server, near(f"http://localhost:{server.port}") as proxy:
                    self.assertTrue(ask(proxy)[0].endswith(b"ok"))


class Back(WireTest):
    """What the client gets."""

    def test_framing(self):
        chunked = b"5;x=1\r\nhello\r\n3\r\nyou\r\n0\r\nT: 1\r\n\r\n"
        rows = (
            ("a length", b"200 OK\r\nDate: d\r\nContent-Length: 3\r\n\r\nabc", None, "kept"),
            ("nothing", b"200 OK\r\nDate: d\r\nContent-Length: 0\r\n\r\n", None, "kept"),
            ("chunks, with all they have", b"200 Jolly Good\r\nDate: d\r\nTransfer-Encoding: chunked"
             b"\r\n\r\n" + chunked, None, "kept"),
            ("no content", b"204 No Content\r\nDate: d\r\n\r\n", None, "kept"),
            ("not modified", b"304 Not Modified\r\nDate: d\r\nContent-Length: 9\r\n\r\n", None, "kept"),
            ("hints", b"103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nDate: d\r\n"
             b"Content-Length: 1\r\n\r\nx", None, "kept"),
            ("until the end", b"200 OK\r\nDate: d\r\n\r\nabc",
             b"200 OK\r\nDate: d\r\nConnection: close\r\n\r\nabc", "fin"),
            ("its connection is its own", b"200 OK\r\nDate: d\r\nConnection: close, X\r\nX: 1\r\n"
             b"Keep-Alive: timeout=9\r\nContent-Length: 1\r\n\r\nx",
             b"200 OK\r\nDate: d\r\nContent-Length: 1\r\n\r\nx", "kept"),
        )
        for name, reply, expected, end in rows:
            expected = b"HTTP/1.1 " + (reply if expected is None else expected)
            for piece in (len(reply) + 9, 1):
                with self.subTest(name, piece=piece):
                    self.check_reply(b"HTTP/1.1 " + reply, expected, end, piece)

    def check_reply(self, reply, expected, end, piece, request=GET):
        def play(line, _):
            line.request()
            for at in range(0, len(reply), piece):
                line.send(reply[at:at + piece])
        with Server(play) as server, near(server.url) as proxy, proxy.client() as client:
            client.send(request)
            self.assertEqual(expected, client.take(len(expected)))
            if end == "kept":
                self.assertTrue(client.is_silent(0.05))
                client.half_close()
            self.assertEqual((b"", "fin"), client.rest())
            self.check_event(proxy.wait("response")[0], whole=True, bytes=len(expected))

    def test_a_server_of_http_1_0(self):
        self.check_reply(b"HTTP/1.0 200 OK\r\nDate: d\r\n\r\nabc",
                         b"HTTP/1.1 200 OK\r\nDate: d\r\nConnection: close\r\n\r\nabc", "fin", 99)
        self.check_reply(b"HTTP/1.0 200 OK\r\nDate: d\r\nContent-Length: 3\r\n\r\nabc",
                         b"HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 3\r\n\r\nabc", "kept", 99)

    def test_a_client_of_http_1_0(self):
        """It knows neither chunks nor interim replies."""
        self.check_reply(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nDate: d\r\n"
                         b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
                         b"HTTP/1.1 200 OK\r\nDate: d\r\nConnection: close\r\n\r\nabcde", "fin", 7,
                         b"GET / HTTP/1.0\r\n\r\n")

    def test_head(self):
        for reply in (b"Content-Length: 12345\r\n", b"Transfer-Encoding: chunked\r\n", b""):
            reply = b"HTTP/1.1 200 OK\r\nDate: d\r\n" + reply + b"\r\n"
            self.check_reply(reply, reply, "kept", 999, b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")

    def test_a_reply_before_the_request_is_whole(self):
        """It waits for the request, and the upstream gets all of that."""
        for reply in (OK, b"HTTP/1.1 204 No Content\r\nDate: d\r\n\r\n"):
            whole = threading.Event()

            def play(line, _, reply=reply, whole=whole):
                line.head()
                line.send(reply)
                line.take(4 * MB)
                whole.set()
            with self.subTest(reply), Server(play) as server, near(server.url) as proxy, proxy.client() as client:
                client.send(b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % (4 * MB) + bytes(2 * MB))
                self.assertTrue(client.is_silent(0.2))
                client.send(bytes(2 * MB))
                self.assertEqual(reply, client.take(len(reply)))
                self.assertTrue(whole.wait(PATIENCE_S))
                proxy.wait("upstream", whole=True)

    def test_a_body_that_nobody_reads(self):
        """An early refusal is passed on, and the connection closed."""
        def play(line, _):
            line.head()
            line.send(b"HTTP/1.1 413 Content Too Large\r\nDate: d\r\nContent-Length: 0\r\n\r\n")
            line.socket.recv(1 << 20)
        with Server(play) as server, near(server.url) as proxy, proxy.client() as client:
            client.send(b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % (9 * MB) + bytes(2 * MB))
            self.assertEqual(b"HTTP/1.1 413 Content Too Large\r\nDate: d\r\nContent-Length: 0\r\n"
                             b"Connection: close\r\n\r\n", client.rest()[0])


class Faults(WireTest):
    """Rules act on what the upstream answers as they do on what the stand-in answers."""

    ACTIONS = (
        [{"truncate": {"after_bytes": 20}}], [{"wrong_length": {"by": 5}}], [{"wrong_length": {"by": -5}}],
        [{"malformed_chunk": {}}], [{"garbage": {}}], [{"rst": {"at": "response", "after_bytes": 100}}],
        [{"fin": {"at": "response", "after_bytes": 0}}], [{"fin": {"at": "response", "after_bytes": 99999}}],
        [{"drip": {"bytes": 100, "every": "5ms"}}], [{"rate_limit": {"bytes_per_s": 4000}}],
        [{"delay": "80ms"}], [{"delay": "50ms"}, {"rst": {"at": "response", "after_bytes": 7}}],
        [{"empty_reply": {}}, {"commit": {}}], [{"rst": {"at": "before-response"}}, {"commit": {}}],
        [{"commit": {}}, {"error": "InternalServiceErrorException"}],
        [{"error": "ThrottlingException"}, {"retry_after": "2s"}], [{"rst": {"at": "before-response"}}],
        [{"respond": {"status": 503, "body": "no"}}],
    )

    def play(self, proxy):
        seen = []
        for _ in self.ACTIONS:
            with proxy.client() as client:
                client.send(proxy.sign.whole())
                client.half_close()
                data, how = client.rest()
                seen.append((masked(data), how))
        return seen, self.faults(proxy.wait("fault", len(self.ACTIONS)))

    def faults(self, events):
        """Of silence it depends on the moment how much was sent when it was noticed."""
        return [(e["rule"], e["action"], e["kind"], e["kind"] == "silence" or e["bytes"]) for e in events]

    def test_the_same_as_of_the_stand_in(self):
        rules = in_turn(*self.ACTIONS)
        with Proxy(rules) as alone:
            expected = self.play(alone)
            committed = [e["x"] for e in alone.events("commit")]
        for tls in False, True:
            with self.subTest(tls=tls), Proxy([], tls=tls) as far, behind(far, rules) as proxy:
                seen, faults = self.play(proxy)
                for action, got, want in zip(self.ACTIONS, seen, expected[0]):
                    self.assertEqual(want, got, action)
                self.assertEqual(expected[1], faults)
                # Executed is what the upstream has executed, and nothing else.
                self.assertEqual(committed, [e["x"] for e in proxy.events("upstream")])
                self.assertEqual(len(committed), len(far.wait("commit", len(committed))))

    def test_a_hang_and_what_the_upstream_did(self):
        with Proxy([]) as far, behind(far, in_turn([{"hang": {"at": "response", "after_bytes": 50}}])) as proxy:
            with proxy.client() as client:
                client.send(proxy.sign.whole())
                client.take(50)
                self.assertTrue(client.is_silent())
            self.assertEqual(1, len(far.wait("commit")))
            proxy.wait("fault")

    def test_chunks_and_cuts(self):
        """A cut of a reply in chunks is made in its chunks; what breaks its framing has a length first."""
        reply = b"HTTP/1.1 200 OK\r\nDate: d\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
        with Server(replies(*[reply] * 3)) as server:
            rules = [rule(f"r{n}", [then], match=str(n), when={"target": "service"}) for n, then in enumerate((
                {"truncate": {"after_bytes": 9}}, {"fin": {"at": "response", "after_bytes": 9999}},
                {"wrong_length": {"by": 1}}), 1)]
            with near(server.url, rules) as proxy:
                head = reply[:reply.index(b"3\r\nabc")]
                self.assertEqual((head + b"3\r\nabc\r\n2", "fin"), ask(proxy))
                self.assertEqual((reply[:-1], "fin"), ask(proxy))
                self.assertEqual((b"HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 6\r\n\r\nabcde", "fin"),
                                 ask(proxy))

    def test_upstream_that_is_away_plays_no_rule(self):
        rules = in_turn([{"wrong_length": {"by": 5}}, {"commit": {}}])
        with near(f"http://127.0.0.1:{free_port()}", rules) as proxy:
            proxy.sign = wire.Signer("us-east-1", "AKIAAAAAAAAAAAAAAAAA", "secret")
            reply = proxy.ask()
            self.assertEqual(502, reply.status)
            self.assertEqual(int(reply.field("content-length")), len(reply.body))
            proxy.wait("response")
            self.assertEqual([], proxy.events("fault"))


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as other:
        return other.getsockname()[1]


class Away(WireTest):
    """Failures are told in a form that no service uses."""

    def check_gateway(self, proxy, status, error, details=".*", request=GET):
        with proxy.client() as client:
            client.send(request)
            reply = client.reply()
        self.assertEqual(status, reply.status)
        told = reply.json()["meterprover"]
        self.assertEqual(error, told["error"])
        self.assertRegex(told["details"], details)
        self.assertRegex(reply.field("Proxy-Status"), rf"\Ameterprover; error={error}(; details=\".*\")?\Z")
        self.assertIsNone(reply.field("x-amzn-RequestId"))
        fact = proxy.wait("upstream")[-1]
        self.check_event(fact, error=error, whole=False, status=0)
        self.check_event(proxy.wait("response")[-1], status=status, error=error, origin="proxy")
        return fact

    def test_refused(self):
        port = free_port()
        with near(f"http://127.0.0.1:{port}") as proxy:
            fact = self.check_gateway(proxy, 502, "connection_refused")
            self.assertEqual(f"127.0.0.1:{port}", fact["address"])

    def test_no_connection_in_time(self):
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full, \
                near("http://127.0.0.1:%d" % full.getsockname()[1],
                     args=["--upstream-connect-timeout", "300ms"]) as proxy:
            fill = []
            for _ in range(4):  # the queue is full, and the kernel says nothing to those who come now
                fill.append(socket.socket())
                fill[-1].setblocking(False)
                fill[-1].connect_ex(full.getsockname())
            time.sleep(0.1)
            self.check_gateway(proxy, 504, "connection_timeout")
            for one in fill:
                one.close()

    def test_silence(self):
        with Server(lambda line, _: line.request() and line.socket.recv(1)) as server, \
                near(server.url, args=["--upstream-timeout", "300ms"]) as proxy:
            fact = self.check_gateway(proxy, 504, "http_response_timeout")
            self.assertGreaterEqual(fact["sent"], len(GET))

    def test_a_handshake_that_never_ends(self):
        with Server(lambda line, _: line.socket.recv(9999) and line.socket.recv(1)) as server, \
                near(server.url.replace("http", "https"),
                     args=["--upstream-connect-timeout", "300ms"]) as proxy:
            self.check_gateway(proxy, 504, "connection_timeout", "handshake")

    def test_no_tls_there(self):
        with Server(replies(OK)) as server, near(server.url.replace("http", "https")) as proxy:
            server.play = lambda line, _: line.socket.recv(99) and line.send(b"HTTP/1.1 400 No\r\n\r\n")
            self.check_gateway(proxy, 502, "tls_protocol_error")

    def test_certificates(self):
        with Proxy([], tls=True) as far:
            with near(f"https://localhost:{far.port}") as proxy:
                self.check_gateway(proxy, 502, "tls_certificate_error", "self.signed|unable to get")
            self.check_event(far.wait("tls")[0], what="broken", alert="unknown_ca")
            self.assertEqual([], far.events("request"))
            with near(f"https://127.0.0.2:{far.port}", args=["--upstream-ca", far.exports["AWS_CA_BUNDLE"]],
                      ) as proxy:
                # Nobody listens there, or the certificate is not that address's.
                fact, = [self.check_either(proxy)]
                self.assertIn(fact["error"], ("tls_certificate_error", "connection_refused"))
        expired = [rule("expired", [{"expired_certificate": {}}], when={"phase": "tls"})]
        with Proxy(expired, tls=True) as far, behind(far) as proxy:
            self.check_gateway(proxy, 502, "tls_certificate_error", "expired")
        other = [rule("other", [{"wrong_host": {}}], when={"phase": "tls"})]
        with Proxy(other, tls=True) as far, behind(far) as proxy:
            self.check_gateway(proxy, 502, "tls_certificate_error", "ostname mismatch")

    def check_either(self, proxy):
        ask(proxy)
        return proxy.wait("upstream")[0]

    def test_ends_before_a_reply(self):
        for how in ("close", "reset"):
            def play(line, _, how=how):
                line.request()
                if how == "reset":
                    line.reset()
            with self.subTest(how), Server(play) as server, near(server.url) as proxy:
                self.check_gateway(proxy, 502, "connection_terminated", "FIN" if how == "close" else "RST")
                self.assertEqual(1, server.count)

    def test_no_http(self):
        for reply, why in ((b"SSH-2.0-x\r\n\r\n", "first byte"), (b"HTTP/1.1 99 x\r\n\r\n", "status code"),
                           (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "more than one"),
                           (b"HTTP/1.1 200 OK\nX: 1\n\n", "LF without CR"),
                           (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "nobody asked")):
            with self.subTest(reply), Server(replies(reply)) as server, near(server.url) as proxy:
                self.check_gateway(proxy, 502, "http_protocol_error", why)

    def test_ends_within_a_reply(self):
        """The client sees as much of it, and the same end."""
        begin = b"HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 100\r\n\r\nhalf"
        for how, end in (("close", "fin"), ("reset", "rst"), ("silence", "rst")):
            def play(line, _, how=how):
                line.request()
                line.send(begin)
                time.sleep(0.2)
                if how == "reset":
                    line.reset()
                elif how == "silence":
                    line.socket.recv(1)
            with self.subTest(how), Server(play) as server, \
                    near(server.url, args=["--upstream-timeout", "500ms"]) as proxy, proxy.client() as client:
                client.send(GET)
                self.assertEqual((begin, end), client.rest())
                self.check_event(proxy.wait("upstream")[0], error="http_response_incomplete", whole=False,
                                 status=200, bytes=4)
                self.check_event(proxy.wait("response")[0], status=200, origin="upstream", whole=False)

    def test_chunks_that_break_off(self):
        begin = b"HTTP/1.1 200 OK\r\nDate: d\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
        with Server(replies(begin)) as server, near(server.url) as proxy, proxy.client() as client:
            client.send(GET)
            self.assertEqual((begin, "fin"), client.rest())

    def test_a_tls_end_that_nobody_vouches_for(self):
        """Without close_notify a body that ends with the connection may have been cut."""
        with tempfile.TemporaryDirectory() as folder:
            key, cert = os.path.join(folder, "key.pem"), os.path.join(folder, "cert.pem")
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                            "-nodes", "-keyout", key, "-out", cert, "-subj", "/CN=x", "-addext",
                            "subjectAltName=DNS:localhost"], check=True, capture_output=True)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(cert, key)
            for is_notified in True, False:
                def play(line, _, is_notified=is_notified):
                    line.request()
                    line.send(b"HTTP/1.1 200 OK\r\nDate: d\r\n\r\nabc")
                    time.sleep(0.2)
                    if is_notified:
                        line.socket.unwrap()
                with self.subTest(is_notified), Server(play, context=context) as server, \
                        near(f"https://localhost:{server.port}", args=["--upstream-ca", cert]) as proxy, \
                        proxy.client() as client:
                    client.send(GET)
                    data, how = client.rest()
                    self.assertTrue(data.endswith(b"\r\n\r\nabc"))
                    self.assertEqual("fin" if is_notified else "rst", how)
                    self.check_event(proxy.wait("response")[0], whole=is_notified)


class Pool(WireTest):
    def test_reuse_across_clients(self):
        with Server(replies(*[OK] * 5)) as server, near(server.url) as proxy:
            for _ in range(5):
                self.assertTrue(ask(proxy)[0].endswith(b"ok"))
            self.assertEqual(1, server.count)
            self.assertEqual([False, True, True, True, True], [e["reused"] for e in proxy.wait("upstream", 5)])

    def test_many_at_once(self):
        barrier = threading.Barrier(8, timeout=PATIENCE_S)

        def play(line, _):
            while line.request():
                barrier.wait()
                line.send(OK)
        with Server(play) as server, near(server.url) as proxy:
            clients = [proxy.client() for _ in range(8)]
            for _ in range(3):
                for client in clients:
                    client.send(GET)
                for client in clients:
                    self.assertEqual(200, client.reply().status)
            self.assertEqual(8, server.count)

    def test_what_cannot_be_kept(self):
        last = OK.replace(b"Date", b"Connection: close\r\nDate")
        with Server(replies(last, last, OK + b"HTTP/1.1 200 More\r\n\r\n", OK)) as server, \
                near(server.url) as proxy:
            for _ in range(4):
                self.assertTrue(ask(proxy)[0].endswith(b"ok"))
            self.assertEqual(4, server.count)

    def stale(self, request, lost):
        """The second request of each connection is taken, and its connection closed."""
        got = []

        def play(line, number):
            line.request()
            line.send(OK)
            got.append(line.request())
            if number > 1 and got[-1]:
                line.send(OK)
        with Server(play) as server, near(server.url) as proxy:
            ask(proxy)
            first, _ = ask(proxy, request)
            fact = proxy.wait("upstream", 2)[1]
            self.assertEqual(lost, first.startswith(b"HTTP/1.1 502 "))
            return server.count, fact

    def test_idempotent_requests_are_sent_again(self):
        count, fact = self.stale(GET, False)
        self.assertEqual(2, count)
        self.check_event(fact, tries=2, reused=False, status=200)

    def test_others_are_not(self):
        """RFC 9110 9.2.2: it may have been executed."""
        count, fact = self.stale(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi", True)
        self.assertEqual(1, count)
        self.check_event(fact, tries=1, reused=True, error="connection_terminated")

    def test_a_connection_that_was_closed_is_not_used(self):
        """Not even for what must not be sent twice."""
        with Server(lambda line, _: line.request() and line.send(OK)) as server, near(server.url) as proxy:
            for n in range(1, 4):
                self.assertTrue(ask(proxy, b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")[0]
                                .endswith(b"ok"))
                self.assertEqual(n, server.count)
                time.sleep(0.05)  # its FIN is here


class Large(WireTest):
    """Streams, and memory that stays flat. A sanitizer keeps what is freed, so it is told not to."""

    def setUp(self):
        old = os.environ.get("ASAN_OPTIONS")
        os.environ["ASAN_OPTIONS"] = "quarantine_size_mb=1:" + (old or "")
        self.addCleanup(os.environ.__setitem__ if old else lambda k, _: os.environ.pop(k),
                        "ASAN_OPTIONS", old)

    def resident_kb(self, proxy):
        with open(f"/proc/{proxy.process.pid}/status", encoding="ascii") as file:
            return int(next(line for line in file if line.startswith("VmHWM")).split()[1])

    def test_down(self):
        size = 100 * MB

        def play(line, _):
            while line.request():
                line.send(b"HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: %d\r\n\r\n" % size)
                for _ in range(size // MB):
                    line.send(bytes(MB))
        for tls in False, True:
            with self.subTest(tls=tls), Server(play) as server, near(server.url, tls=tls) as proxy:
                with proxy.client() as client:
                    before = self.resident_kb(proxy)
                    client.send(GET)
                    client.head()
                    left = size - len(client.kept)
                    while left > 0:
                        left -= len(client.socket.recv(MB))
                self.assertLess(self.resident_kb(proxy) - before, 12 << 10)
                self.check_event(proxy.wait("upstream")[0], bytes=size, whole=True)

    def test_up(self):
        for head in (b"Content-Length: %d" % (100 * MB), b"Transfer-Encoding: chunked"):
            def play(line, _, head=head):
                line.head()
                size, last = len(line.kept), line.kept[-5:]
                while last != b"0\r\n\r\n" if b"chunked" in head else size < 100 * MB:
                    data = line.socket.recv(MB)
                    size, last = size + len(data), (last + data)[-5:]
                line.send(OK)
            with self.subTest(head), Server(play) as server, near(server.url) as proxy:
                with proxy.client() as client:
                    before = self.resident_kb(proxy)
                    client.send(b"PUT / HTTP/1.1\r\nHost: h\r\n" + head + b"\r\n\r\n")
                    piece = bytes(MB)
                    for _ in range(100):
                        client.send(piece if b"chunked" not in head else b"100000\r\n" + piece + b"\r\n")
                    if b"chunked" in head:
                        client.send(b"0\r\n\r\n")
                    self.assertEqual(200, client.reply().status)
                self.assertLess(self.resident_kb(proxy) - before, 12 << 10)
                self.assertTrue(proxy.events("request")[0]["streamed"])

    def test_a_request_that_breaks_off_midway(self):
        """What was passed on already cannot be taken back: the upstream sees it end."""
        ended = threading.Event()

        def play(line, _):
            line.head()
            while line.socket.recv(MB):
                pass
            ended.set()
        with Server(play) as server, near(server.url) as proxy, proxy.client() as client:
            client.send(b"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n200000\r\n" +
                        bytes(2 * MB) + b"\r\nno chunk\r\n")
            self.assertTrue(client.head().startswith(b"HTTP/1.1 400 "))
            self.assertTrue(ended.wait(PATIENCE_S))
            self.check_event(proxy.wait("upstream")[0], whole=False, status=0)

    def test_a_client_that_does_not_read(self):
        """The upstream is held back by TCP itself."""
        sent = [0]

        def play(line, _):
            line.request()
            line.send(b"HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: %d\r\n\r\n" % (100 * MB))
            for _ in range(100 * 16):
                line.send(bytes(MB // 16))
                sent[0] += MB // 16
        with Server(play) as server, near(server.url) as proxy:
            client = proxy.client(receive_bytes=65536)
            client.send(GET)
            client.head()
            before = -1
            while before != sent[0]:
                before = sent[0]
                time.sleep(0.3)
            self.assertLess(sent[0], 30 * MB)
            left = 100 * MB - len(client.kept)
            while left > 0:
                left -= len(client.socket.recv(MB))

    def test_an_upstream_that_does_not_read(self):
        sent, gate = [0], threading.Event()

        def play(line, _):
            line.head()
            gate.wait(PATIENCE_S)
            size = len(line.kept)
            while size < 64 * MB:
                size += len(line.socket.recv(MB))
            line.send(OK)
        with Server(play) as server, near(server.url) as proxy, proxy.client() as client:
            client.send(b"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % (64 * MB))

            def push():
                for _ in range(64 * 16):
                    client.send(bytes(MB // 16))
                    sent[0] += MB // 16
                client.half_close()
            thread = threading.Thread(target=push, daemon=True)
            thread.start()
            before = -1
            while before != sent[0]:
                before = sent[0]
                time.sleep(0.3)
            self.assertLess(sent[0], 40 * MB)
            gate.set()
            thread.join(PATIENCE_S)
            self.assertEqual(200, client.reply().status)

    def test_a_delay_holds_the_upstream_too(self):
        reply = b"HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: %d\r\n\r\n" % (50 * MB) + bytes(50 * MB)
        rules = [rule("late", [{"delay": "500ms"}], when={"target": "service"})]
        with Server(replies(reply)) as server, near(server.url, rules) as proxy, proxy.client() as client:
            before = self.resident_kb(proxy)
            client.send(GET)
            begun = time.monotonic()
            client.head()
            self.assertGreater(time.monotonic() - begun, 0.49)
            left = 50 * MB - len(client.kept)
            while left > 0:
                left -= len(client.socket.recv(MB))
            self.assertLess(self.resident_kb(proxy) - before, 12 << 10)

    def test_the_client_goes_away(self):
        """What is under way is given up, and said so."""
        gone = threading.Event()

        def play(line, _):
            line.request()
            line.send(b"HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: %d\r\n\r\n" % (100 * MB))
            try:
                while True:
                    line.send(bytes(MB))
            except OSError:
                gone.set()
        with Server(play) as server, near(server.url) as proxy:
            client = proxy.client()
            client.send(GET)
            client.head()
            client.reset()
            self.assertTrue(gone.wait(PATIENCE_S))
            self.check_event(proxy.wait("upstream")[0], status=200, whole=False,
                             text="given up, as nobody waits for it")


class Usage(WireTest):
    def run_it(self, *args):
        done = subprocess.run([PROGRAM, *args], capture_output=True, text=True, timeout=PATIENCE_S,
                              stdin=subprocess.DEVNULL, check=False)
        return done.returncode, done.stderr

    def test_books_are_kept_by_nobody(self):
        for option in "--ledger", "--cloudtrail", "--public-key":
            code, said = self.run_it("--upstream", "http://127.0.0.1:9", option, "/nowhere/x")
            self.assertEqual(64, code)
            self.assertIn(f"{option} cannot be with --upstream: what a real service bills", said)

    def test_servers(self):
        for url, code, said in (("127.0.0.1:80", 64, "is no server; write it as http"),
                                ("http://h/path", 64, "is no server"),
                                ("http://no-such-host.invalid", 3, "there is no host")):
            self.assertEqual(code, self.run_it("--upstream", url)[0])
            self.assertIn(said, self.run_it("--upstream", url)[1])
        self.assertIn("means nothing without --upstream", self.run_it("--upstream-timeout", "5s")[1])
        self.assertIn("takes a duration", self.run_it("--upstream", "http://127.0.0.1", "--upstream-timeout",
                                                     "soon")[1])
        self.assertIn("cannot read certificates", self.run_it("--upstream", "https://127.0.0.1",
                                                              "--upstream-ca", "/nowhere")[1])

    def test_itself(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            address = "127.0.0.1:%d" % other.getsockname()[1]
        code, said = self.run_it("--listen", address, "--upstream", f"http://{address}")
        self.assertEqual(64, code)
        self.assertIn(f"the upstream http://{address} is this proxy itself", said)

    def test_itself_by_another_name(self):
        """Whoever listens everywhere is on the loopback, too; and so is the address of nobody."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        for listen, host in (("0.0.0.0", "127.0.0.1"), ("127.0.0.1", "0.0.0.0"), ("[::]", "[::1]"),
                             ("[::]", "127.0.0.1"), ("0.0.0.0", "0.0.0.0")):
            with self.subTest(listen=listen, host=host):
                code, said = self.run_it("--listen", f"{listen}:{port}", "--upstream", f"http://{host}:{port}")
                self.assertEqual(64, code)
                self.assertIn("is this proxy itself", said)

    def test_rules_that_are_the_stand_ins_doing(self):
        for then in ([{"unprocessed": {"customer": "acme"}}], [{"date_header": "+1h"}]):
            with Proxy() as shell:
                path = os.path.join(shell.folder, "s.json")
                with open(path, "w", encoding="utf-8") as file:
                    json.dump(scenario([rule("r", then)]), file)
                code, said = self.run_it("--upstream", "http://127.0.0.1:9", "--scenario", path)
            self.assertEqual(3, code)
            self.assertIn(f'"{next(iter(then[0]))}" is the stand-in service\'s doing', said)


if __name__ == "__main__":
    unittest.main()
