# SPDX-License-Identifier: Apache-2.0
"""A real upstream: what goes to it, what comes back from it, and which connections are kept."""
import json
import os
import socket
import subprocess
import tempfile
import threading
import unittest

import wire
from farther import GET, OK, Server, ask, behind, near, replies
from wire import PATIENCE_S, Proxy, WireTest, batch, record, rule, run, scenario

MB = 1 << 20


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
        """A name has two addresses, and the server listens on one of them."""
        both = tempfile.NamedTemporaryFile("w", prefix="hosts-")
        self.addCleanup(both.close)
        print("127.0.0.1 both.test\n::1 both.test", file=both, flush=True)
        before = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', both.name]
        if subprocess.run([*before, "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("only root can give a name addresses")
        for address in "127.0.0.1", "::1":
            with self.subTest(address), Server(replies(OK), address) as server, \
                    near(f"http://both.test:{server.port}", before=before) as proxy:
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
            before = proxy.descriptors()
            for n in range(1, 4):
                self.assertTrue(ask(proxy, b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")[0]
                                .endswith(b"ok"))
                self.assertEqual(n, server.count)
                proxy.wait_descriptors(before)  # its FIN was seen


class Usage(WireTest):
    def test_books_are_kept_by_nobody(self):
        for option in "--ledger", "--cloudtrail", "--public-key":
            code, _, said = run("--upstream", "http://127.0.0.1:9", option, "/nowhere/x")
            self.assertEqual(64, code)
            self.assertIn(f"{option} cannot be with --upstream: what a real service bills", said)

    def test_servers(self):
        for args, code, said in (
                (["--upstream", "127.0.0.1:80"], 64, "is no server; write it as http"),
                (["--upstream", "http://h/path"], 64, "is no server"),
                (["--upstream", "http://me:secret@h"], 64, '"[user]@h" is no server'),
                (["--upstream", "http://no-such-host.invalid"], 3, "there is no host"),
                (["--upstream-timeout", "5s"], 64, "means nothing without --upstream"),
                (["--upstream", "http://127.0.0.1", "--upstream-timeout", "soon"], 64, "takes a duration"),
                (["--upstream", "https://127.0.0.1", "--upstream-ca", "/nowhere"], 3, "cannot read certificates")):
            with self.subTest(args):
                seen, _, errors = run(*args)
                self.assertEqual(seen, code)
                self.assertIn(said, errors)

    def test_itself(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            address = "127.0.0.1:%d" % other.getsockname()[1]
        code, _, said = run("--listen", address, "--upstream", f"http://{address}")
        self.assertEqual(64, code)
        self.assertIn(f"the upstream http://{address} is this proxy itself", said)

    def test_itself_by_another_name(self):
        """Whoever listens everywhere is on the loopback, too; and so is the address of nobody."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        for listen, host in (("0.0.0.0", "127.0.0.1"), ("127.0.0.1", "0.0.0.0"), ("[::]", "[::1]"),
                             ("[::]", "127.0.0.1"), ("0.0.0.0", "0.0.0.0")):
            with self.subTest(listen=listen, host=host):
                code, _, said = run("--listen", f"{listen}:{port}", "--upstream", f"http://{host}:{port}")
                self.assertEqual(64, code)
                self.assertIn("is this proxy itself: --listen or --upstream must name another port", said)

    def test_rules_that_are_the_stand_ins_doing(self):
        for then in ([{"unprocessed": {"customer": "acme"}}], [{"date_header": "+1h"}]):
            with Proxy() as shell:
                path = os.path.join(shell.folder, "s.json")
                with open(path, "w", encoding="utf-8") as file:
                    json.dump(scenario([rule("r", then)]), file)
                code, _, said = run("--upstream", "http://127.0.0.1:9", "--scenario", path)
            self.assertEqual(3, code)
            self.assertIn(f'"{next(iter(then[0]))}" is the stand-in service\'s doing', said)


if __name__ == "__main__":
    unittest.main()
