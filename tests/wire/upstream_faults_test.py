# SPDX-License-Identifier: Apache-2.0
"""An upstream and faults: what rules do to its replies, and what is said when it is away or ends too early."""
import contextlib
import os
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import unittest

import wire
from clients import masked, wait_until
from farther import GET, OK, Server, ask, behind, free_port, near, replies
from wire import PATIENCE_S, Proxy, WireTest, in_turn, rule


@contextlib.contextmanager
def certified(name):
    """What a server needs to be that name: a context, and the path of the certificate to trust."""
    with tempfile.TemporaryDirectory() as folder:
        key, cert = os.path.join(folder, "key.pem"), os.path.join(folder, "cert.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-nodes", "-keyout", key, "-out", cert, "-subj", "/CN=x", "-addext",
                        f"subjectAltName=DNS:{name}"], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        yield context, cert


def is_full(listener):
    """Whether more connections wait to be accepted than the backlog allows (tcp_info of a listener)."""
    waiting, backlog = struct.unpack_from("=II", listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), 24)
    return waiting > backlog


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

    def test_a_cut_of_more_than_is_gathered(self):
        """It is streamed then, and every byte before the cut is there."""
        chunks = b"".join(b"10\r\n%016d\r\n" % n for n in range(900_000))
        reply = b"HTTP/1.1 200 OK\r\nDate: d\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
        rules = [rule("late", [{"fin": {"at": "response", "after_bytes": 18_000_000}}],
                      when={"target": "service"})]
        with Server(replies(reply + b"0\r\n\r\n")) as server, near(server.url, rules) as proxy:
            got, how = ask(proxy)
            self.assertEqual("fin", how)
            self.assertEqual(18_000_000, len(got))
            self.assertTrue(reply.startswith(got), "bytes are missing")  # not assertEqual, which would print it

    def test_upstream_that_is_away_plays_no_rule(self):
        rules = in_turn([{"wrong_length": {"by": 5}}, {"commit": {}}])
        with near(f"http://127.0.0.1:{free_port()}", rules) as proxy:
            proxy.sign = wire.Signer("us-east-1", "AKIAAAAAAAAAAAAAAAAA", "secret")
            reply = proxy.ask()
            self.assertEqual(502, reply.status)
            self.assertEqual(int(reply.field("content-length")), len(reply.body))
            proxy.wait("response")
            self.assertEqual([], proxy.events("fault"))


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
            wait_until(lambda: is_full(full), "its queue is never full")
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
        expired = [rule("expired", [{"expired_certificate": {}}], when={"phase": "tls"})]
        with Proxy(expired, tls=True) as far, behind(far) as proxy:
            self.check_gateway(proxy, 502, "tls_certificate_error", "expired")
        other = [rule("other", [{"wrong_host": {}}], when={"phase": "tls"})]
        with Proxy(other, tls=True) as far, behind(far) as proxy:
            self.check_gateway(proxy, 502, "tls_certificate_error", "ostname mismatch")

    def test_a_certificate_of_another_address(self):
        """That it is good for a name says nothing of an address."""
        with certified("localhost") as (context, cert), Server(replies(OK), context=context) as server, \
                near(server.url, args=["--upstream-ca", cert]) as proxy:
            self.check_gateway(proxy, 502, "tls_certificate_error", "IP address mismatch")

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
            seen = threading.Event()

            def play(line, _, how=how, seen=seen):
                line.request()
                line.send(begin)
                seen.wait(PATIENCE_S)
                if how == "reset":
                    line.reset()
                elif how == "silence":
                    line.socket.recv(1)
            with self.subTest(how), Server(play) as server, \
                    near(server.url, args=["--upstream-timeout", "500ms"]) as proxy, proxy.client() as client:
                client.send(GET)
                self.assertEqual(begin, client.take(len(begin)))
                seen.set()
                self.assertEqual((b"", end), client.rest())
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
        with certified("localhost") as (context, cert):
            for is_notified in True, False:
                seen = threading.Event()

                def play(line, _, is_notified=is_notified, seen=seen):
                    line.request()
                    line.send(b"HTTP/1.1 200 OK\r\nDate: d\r\n\r\nabc")
                    seen.wait(PATIENCE_S)
                    if is_notified:
                        line.socket.unwrap()
                with self.subTest(is_notified), Server(play, context=context) as server, \
                        near(f"https://localhost:{server.port}", args=["--upstream-ca", cert]) as proxy, \
                        proxy.client() as client:
                    client.send(GET)
                    client.head()
                    self.assertEqual(b"abc", client.take(3))
                    seen.set()
                    self.assertEqual((b"", "fin" if is_notified else "rst"), client.rest())
                    self.check_event(proxy.wait("response")[0], whole=is_notified)


if __name__ == "__main__":
    unittest.main()
