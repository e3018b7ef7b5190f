# SPDX-License-Identifier: Apache-2.0
"""HTTPS: what a client sees of the handshake, of every cut of a reply, and of the ends."""
import os
import socket
import ssl
import stat
import unittest

import wire
from clients import Client, masked
from wire import Proxy, WireTest, batch, many, rule, run

VERSIONS = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


def fault(*actions, **more):
    return [rule("fault", list(actions), **more)]


class Talk(WireTest):
    def test_requests_in_turn_on_one_connection(self):
        for version in VERSIONS:
            with self.subTest(version), Proxy(tls=True) as proxy:
                with proxy.client(context=proxy.context(version)) as client:
                    for quantity in (1, 2):
                        client.send(proxy.sign.whole(batch(wire.record(
                            "acme", quantity, hours_ago=quantity))))
                        self.assertEqual(client.reply().status, 200)
                    client.socket.unwrap()
                ready, = proxy.wait("tls", conn=1)
                self.check_event(ready, what="ready", version=client_version(version),
                                 host="localhost", resumed=False)
                self.check_event(proxy.wait("close")[0], by="client", how="fin")
                self.assertEqual(len(proxy.events("tls")), 1)

    def test_what_is_told_to_clients(self):
        with Proxy(tls=True) as proxy:
            path = os.path.join(proxy.folder, "authority", "authority.pem")
            for name in ("AWS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS",
                         "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
                self.assertEqual(proxy.exports[name], path)
            self.assertEqual(proxy.exports["AWS_ENDPOINT_URL_MARKETPLACE_METERING"],
                             f"https://127.0.0.1:{proxy.port}")
            mode = os.stat(os.path.join(proxy.folder, "authority", "authority-key.pem")).st_mode
            self.assertEqual(stat.S_IMODE(mode), 0o600)

    def test_names_and_addresses(self):
        with Proxy(tls=True) as proxy:
            for host in ("localhost", "127.0.0.1", "::1",
                         "metering.marketplace.eu-central-1.amazonaws.com"):
                with self.subTest(host), proxy.client(host=host) as client:
                    client.send(proxy.sign.whole())
                    self.assertEqual(client.reply().status, 200)
            with self.assertRaisesRegex(ssl.SSLCertVerificationError, "mismatch"):
                proxy.client(host="example.com")
            broken, = proxy.wait("tls", what="broken")
            self.check_event(broken, by="client", at="handshake", alert="bad_certificate",
                             host="example.com")

    def test_in_pieces(self):
        """Each byte of the client's records in a segment of its own."""
        with Proxy(tls=True) as proxy, proxy.plain_client() as raw:
            into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = proxy.context().wrap_bio(into, out, server_hostname="localhost")

            def pump(call):
                while True:
                    try:
                        result = call()
                    except ssl.SSLWantReadError:
                        result = None
                    for byte in out.read():
                        raw.send(bytes([byte]))
                    if result is not None:
                        return result
                    into.write(raw.socket.recv(7))

            pump(lambda: tls.do_handshake() or True)
            self.assertGreater(pump(lambda: tls.write(proxy.sign.whole())), 0)
            self.assertTrue(pump(lambda: tls.read(100)).startswith(b"HTTP/1.1 200 "))

    def test_large_bodies(self):
        """A request of many records, and pipelined ones."""
        with Proxy(tls=True) as proxy:
            with proxy.client() as client:
                body = batch(*many(25))
                client.send(b"".join(proxy.sign.whole(body) for _ in range(20)))
                for _ in range(20):
                    self.assertEqual(len(client.reply().results()), 25)

    def test_resumes(self):
        with Proxy(tls=True) as proxy:
            context = proxy.context(ssl.TLSVersion.TLSv1_3)
            with proxy.client(context=context) as client:
                client.send(proxy.sign.whole())
                client.reply()
                session = client.socket.session
            raw = socket.create_connection(("127.0.0.1", proxy.port))
            with context.wrap_socket(raw, server_hostname="localhost", session=session) as again:
                again.sendall(proxy.sign.whole())
                self.assertIn(b" 200 ", again.recv(4096))
                self.assertTrue(again.session_reused)
            self.assertTrue(proxy.wait("tls", count=2, what="ready")[1]["resumed"])


def client_version(version):
    return {ssl.TLSVersion.TLSv1_2: "TLSv1.2", ssl.TLSVersion.TLSv1_3: "TLSv1.3"}[version]


class Cuts(WireTest):
    """The faults of plain HTTP, above TLS: the same bytes, and ends that TLS can tell apart."""

    def cut(self, version, actions, **more):
        """What came of the reply, how it ended, what the segments say, and the journal's fault."""
        with Proxy(fault(*actions, match="1"), tls=True) as proxy:
            capture = proxy.capture()
            with proxy.client(context=proxy.context(version)) as client:
                client.send(proxy.sign.whole(**more))
                data, how = client.rest()
                ends = capture.ends(client.port)
            return data, how, ends, proxy.wait("fault")[0]

    def check_cuts(self, actions, how, segments):
        whole = self.whole_reply()
        for version in VERSIONS:
            with self.subTest(version):
                data, seen, ends, told = self.cut(version, actions)
                self.assertEqual(seen, how)
                self.assertIn(ends, (None, segments))
                self.assertEqual(told["bytes"], len(data))
                self.assertEqual(masked(data), masked(whole)[:len(data)])
                yield data, whole

    def whole_reply(self):
        with Proxy(tls=True) as proxy:
            return proxy.ask().raw

    def test_fin(self):
        for count in (0, 100):
            then = [{"fin": {"at": "before-response"} if count == 0 else
                     {"at": "response", "after_bytes": count}}]
            for data, _ in self.check_cuts(then, "notify", {"fin"}):
                self.assertEqual(len(data), count)

    def test_rst(self):
        for count in (0, 100):
            then = [{"rst": {"at": "before-response"} if count == 0 else
                     {"at": "response", "after_bytes": count}}]
            for data, _ in self.check_cuts(then, "rst", {"rst"}):
                self.assertEqual(len(data), count)

    def test_empty_reply(self):
        for data, _ in self.check_cuts([{"empty_reply": {}}], "notify", {"fin"}):
            self.assertEqual(data, b"")

    def test_truncate(self):
        for data, whole in self.check_cuts([{"truncate": {"after_bytes": 5}}], "notify", {"fin"}):
            self.assertEqual(len(data), whole.index(b"\r\n\r\n") + 9)

    def test_garbage(self):
        data, how, _, _ = self.cut(VERSIONS[1], [{"garbage": {"bytes": 40}}])
        self.assertEqual((len(data), how), (40, "notify"))
        self.assertNotIn(b"HTTP", data)

    def test_hang(self):
        for version in VERSIONS:
            rules = fault({"hang": {"at": "response", "after_bytes": 20}}, match="1")
            with self.subTest(version), Proxy(rules, tls=True) as proxy:
                with proxy.client(context=proxy.context(version)) as client:
                    client.send(proxy.sign.whole())
                    self.assertTrue(client.take(20).startswith(b"HTTP/1.1 200"))
                    self.assertTrue(client.is_silent())
                    self.assertEqual(client.state(), "established")

    def test_drip(self):
        """Each piece is a record: what the client can read at once is what was sent at once."""
        rules = fault({"drip": {"bytes": 50, "every": "20ms"}}, match="1")
        with Proxy(rules, tls=True) as proxy, proxy.client() as client:
            client.send(proxy.sign.whole())
            pieces, whole = [], len(self.whole_reply())
            while sum(map(len, pieces)) < whole:
                pieces.append(client.socket.recv(65536))
            self.assertGreater(len(pieces), 3)  # a proxy that is late makes two pieces one
            self.assertEqual({len(piece) % 50 for piece in pieces[:-1]}, {0})

    def test_before_the_request_is_read(self):
        rules = fault({"rst": {"at": "before-request"}}, match="1", when={"phase": "head"})
        with Proxy(rules, tls=True) as proxy, proxy.client() as client:
            client.send(proxy.sign.whole())
            self.assertEqual(client.rest(), (b"", "rst"))

    def test_idle_close(self):
        rules = fault({"idle_close": {"after": "100ms"}}, match="1")
        with Proxy(rules, tls=True) as proxy, proxy.client() as client:
            client.send(proxy.sign.whole())
            self.assertEqual(client.reply().status, 200)
            self.assertEqual(client.rest(), (b"", "notify"))

    def test_refuse(self):
        rules = [rule("refused", [{"refuse": {}}], when={"phase": "connect"})]
        with Proxy(rules, tls=True) as proxy:
            with self.assertRaises(ConnectionRefusedError):
                proxy.client()


class Ends(WireTest):
    def test_connection_close(self):
        """A client that asks for it gets close_notify, then FIN."""
        for version in VERSIONS:
            with self.subTest(version), Proxy(tls=True) as proxy:
                with proxy.client(context=proxy.context(version)) as client:
                    client.send(proxy.sign.whole(headers=[("connection", "close")]))
                    self.assertEqual(client.reply().status, 200)
                    self.assertEqual(client.rest(), (b"", "notify"))

    def test_half_close(self):
        """close_notify before the reply: under TLS 1.3 it closes one direction only."""
        rules = fault({"delay": "300ms"}, match="1")
        with Proxy(rules, tls=True) as proxy:
            context = proxy.context(ssl.TLSVersion.TLSv1_3)
            with proxy.client(context=context) as client:
                client.send(proxy.sign.whole())
                client.socket.settimeout(0)
                try:  # sends close_notify; the other side's is not there yet
                    client.socket.unwrap()
                except ssl.SSLWantReadError:
                    pass
                client.socket = socket.socket(fileno=client.socket.detach())
                client.socket.settimeout(wire.PATIENCE_S)
                data, how = Client.rest(client)
                self.assertEqual(how, "fin")
                self.assertGreater(len(data), 200)  # records: this client cannot read them any more
            self.check_event(proxy.wait("response")[0], status=200, whole=True)
            self.check_event(proxy.wait("close")[0], by="client", how="fin")

    def test_client_resets(self):
        with Proxy(tls=True) as proxy:
            client = proxy.client()
            client.send(proxy.sign.whole()[:100])
            proxy.wait_taken(client.port)
            client.reset()
            self.check_event(proxy.wait("close")[0], by="client", how="rst")

    def test_stop_says_goodbye(self):
        with Proxy(tls=True) as proxy, proxy.client() as client:
            client.send(proxy.sign.whole())
            client.reply()
            proxy.stop()
            self.assertEqual(client.rest(), (b"", "notify"))


class Refusals(WireTest):
    """Why a client did not want us, or we not it."""

    def test_untrusting_client(self):
        for version in VERSIONS:
            with self.subTest(version), Proxy(tls=True) as proxy:
                context = ssl.create_default_context()
                context.minimum_version = context.maximum_version = version
                with self.assertRaises(ssl.SSLCertVerificationError):
                    proxy.client(context=context)
                broken, = proxy.wait("tls")
                self.check_event(broken, what="broken", by="client", alert="unknown_ca",
                                 at="handshake", host="localhost")
                self.check_event(proxy.wait("close")[0], by="client", x=0)

    def test_closes_without_a_word(self):
        with Proxy(tls=True) as proxy:
            proxy.plain_client().close()
            proxy.client().close()
            first, second = proxy.wait("tls", count=2, what="closed")
            self.check_event(first, by="client", at="handshake", how="fin", notified=False)
            self.check_event(second, by="client", at="ready", notified=False)

    def test_plain_http(self):
        """Answered by an alert or none, then FIN; never by a reset that would hide why."""
        with Proxy(tls=True) as proxy, proxy.plain_client() as client:
            client.send(proxy.sign.whole())
            _, how = client.rest()
            self.assertEqual(how, "fin")
            broken, = proxy.wait("tls")
            self.check_event(broken, what="broken", by="us", at="handshake", why="http request")

    def test_old_versions(self):
        with Proxy(tls=True) as proxy, proxy.plain_client() as client:
            hello = bytes.fromhex("160301002d010000290301" + "00" * 32 + "000002002f0100")
            client.send(hello)
            data, how = client.rest()
            self.assertEqual((data[:1], data[-1:], how), (b"\x15", b"\x46", "fin"))
            self.check_event(proxy.wait("tls")[0], what="broken", by="us", alert="protocol_version")

    def test_broken_record(self):
        with Proxy(tls=True) as proxy, proxy.client() as client:
            client.send(proxy.sign.whole()[:50])
            raw = socket.socket(fileno=os.dup(client.socket.fileno()))
            with raw:
                raw.send(b"\x17\x03\x03\x00\x20" + bytes(32))
            with self.assertRaisesRegex(ssl.SSLError, "BAD_RECORD_MAC"):
                client.socket.recv(10)
            self.check_event(proxy.wait("tls", what="broken")[0], by="us", at="ready",
                             alert="bad_record_mac")


class Handshakes(WireTest):
    """Rules of the phase tls: what the client makes of it, and what the journal says was delivered."""

    def start(self, action, **more):
        return Proxy(fault({action: {}}, when={"phase": "tls"}, **{"match": "1", **more}), tls=True)

    def check_told(self, proxy, action):
        told, = proxy.wait("fault")
        self.check_event(told, rule="fault", action=action, kind="tls", x=0)
        return told["seq"]

    def check_next_is_good(self, proxy):
        """The rule met the first connection alone."""
        self.assertEqual(proxy.ask().status, 200)
        self.assertEqual(len(proxy.events("fault")), 1)

    def test_certificates(self):
        for action, reason, alert in (
                ("expired_certificate", "certificate has expired", "certificate_expired"),
                ("wrong_host", "Hostname mismatch", "bad_certificate"),
                ("untrusted", "unable to get local issuer", "unknown_ca")):
            for version in VERSIONS:
                with self.subTest(action, version=version), self.start(action) as proxy:
                    with self.assertRaises(ssl.SSLCertVerificationError) as caught:
                        proxy.client(context=proxy.context(version))
                    self.assertIn(reason, str(caught.exception))
                    delivered = self.check_told(proxy, action)
                    broken, = proxy.wait("tls", what="broken")
                    self.check_event(broken, by="client", alert=alert)
                    self.assertLess(delivered, broken["seq"])
                    self.check_next_is_good(proxy)

    def test_who_does_not_look_goes_on(self):
        """The certificate is delivered all the same, and the request is answered."""
        with self.start("untrusted") as proxy:
            context = proxy.context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            with proxy.client(context=context) as client:
                client.send(proxy.sign.whole())
                self.assertEqual(client.reply().status, 200)
            self.check_told(proxy, "untrusted")

    def test_no_session_is_resumed_past_a_bad_certificate(self):
        for version in VERSIONS:
            with self.subTest(version), self.start("expired_certificate", match="2") as proxy:
                context = proxy.context(version)
                with proxy.client(context=context) as client:
                    client.send(proxy.sign.whole())
                    client.reply()
                    session = client.socket.session
                raw = socket.create_connection(("127.0.0.1", proxy.port))
                with raw, self.assertRaises(ssl.SSLCertVerificationError):
                    context.wrap_socket(raw, server_hostname="localhost", session=session)

    def hello(self, proxy, client):
        """A ClientHello of OpenSSL's, sent raw."""
        out = ssl.MemoryBIO()
        tls = proxy.context().wrap_bio(ssl.MemoryBIO(), out, server_hostname="localhost")
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        client.send(out.read())

    def test_stall(self):
        with self.start("handshake_stall") as proxy, proxy.plain_client() as client:
            capture = proxy.capture()
            self.assertEqual(proxy.events("fault"), [])
            self.hello(proxy, client)
            self.check_told(proxy, "handshake_stall")
            self.assertTrue(client.is_silent())
            self.assertIn(capture.ends(client.port), (None, set()))
            self.assertEqual(client.state(), "established")
            client.close()
            self.check_event(proxy.wait("tls")[0], what="closed", by="client", at="handshake",
                             how="fin", host="")
            self.check_next_is_good(proxy)

    def test_rst(self):
        with self.start("handshake_rst") as proxy, proxy.plain_client() as client:
            capture = proxy.capture()
            self.hello(proxy, client)
            self.assertEqual(client.rest(), (b"", "rst"))
            self.assertIn(capture.ends(client.port), (None, {"rst"}))
            self.check_told(proxy, "handshake_rst")
            self.check_event(proxy.wait("close")[0], by="us", how="rst")
            self.check_next_is_good(proxy)

    def test_garbage(self):
        with self.start("tls_garbage") as proxy:
            capture = proxy.capture()
            with proxy.plain_client() as client:
                self.hello(proxy, client)
                data, how = client.rest()
                self.assertEqual((len(data), how), (64, "fin"))
                self.assertIn(capture.ends(client.port), (None, {"fin"}))
                self.assertGreaterEqual(data[0], 0x80)
            self.check_told(proxy, "tls_garbage")
            self.check_next_is_good(proxy)
        with self.start("tls_garbage") as proxy:
            with self.assertRaisesRegex(ssl.SSLError, "WRONG_VERSION_NUMBER|RECORD"):
                proxy.client()

    def test_no_close_notify(self):
        """After the whole reply, or within it: FIN, and nothing that announces it."""
        for version in VERSIONS:
            for others, count in (([], None), ([{"truncate": {"after_bytes": 5}}], 5)):
                rules = fault(*others, {"no_close_notify": {}}, match="1")
                with self.subTest(version, count=count), Proxy(rules, tls=True) as proxy:
                    capture = proxy.capture()
                    with proxy.client(context=proxy.context(version)) as client:
                        client.send(proxy.sign.whole())
                        data, how = client.rest()
                        self.assertEqual(how, "fin")
                        self.assertIn(capture.ends(client.port), (None, {"fin"}))
                    body = data.split(b"\r\n\r\n", 1)[1]
                    self.assertEqual(body.endswith(b"}"), count is None)
                    told, = proxy.wait("fault")
                    self.check_event(told, action="no_close_notify", kind="tls", bytes=len(data))
                    reply, = proxy.wait("response", x=1)
                    self.assertEqual(reply["whole"], count is None)
                    self.check_next_is_good(proxy)

    def test_needs_tls(self):
        for action, phase in (("untrusted", "tls"), ("no_close_notify", "request")):
            rules = fault({action: {}}, when={"phase": phase})
            with self.assertRaisesRegex(AssertionError, "transport tls"):
                Proxy(rules)


class CommandLine(unittest.TestCase):
    def test_refusals(self):
        for args, env, code, sentence in ((["--authority", "/tmp"], None, 64, "without --tls"),
                                          (["--tls"], {}, 3, "XDG_STATE_HOME"),
                                          (["--tls", "--authority", "/dev/null/here"], None, 3, "/dev/null/here")):
            with self.subTest(args):
                seen, out, errors = run(*args, env=env)
                self.assertEqual((seen, out), (code, ""))
                self.assertIn(sentence, errors)


if __name__ == "__main__":
    unittest.main()
