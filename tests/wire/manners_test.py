# SPDX-License-Identifier: Apache-2.0
"""The manners of HTTP/1.1 on the wire: keeping alive, pipelining, halves, limits, refusals."""
import threading
import unittest

from wire import Proxy, WireTest, batch, in_turn, many, record, rule


def answered(reply):
    """Whose request a reply answers."""
    return reply.results()[0]["UsageRecord"]["Quantity"]


class KeepAliveTest(WireTest):
    def test_a_connection_serves_many_requests(self):
        with Proxy([]) as proxy:
            capture = proxy.capture()
            client = proxy.client()
            for quantity in range(20):
                client.send(proxy.sign.whole(batch(record(quantity=quantity))))
                self.assertEqual(answered(client.reply()), quantity)
            self.assertTrue(client.is_silent())
            self.assertEqual(client.state(), "established")
            if capture.ends(client.port) is not None:
                self.assertEqual(capture.ends(client.port), set())
            self.assertEqual(len(proxy.events("connect")), 1)
            client.close()
            close, = proxy.wait("close")
            self.check_event(close, by="client", how="fin", x=0)

    def test_it_goes_on_after_a_rule_has_answered(self):
        rules = in_turn([{"error": "ThrottlingException"}], [{"delay": "50ms"}],
                        [{"unprocessed": {}}], [{"respond": {"status": 500, "body": "no"}}])
        with Proxy(rules) as proxy:
            client = proxy.client()
            for status in 400, 200, 200, 500, 200:
                client.send(proxy.sign.whole())
                self.assertEqual(client.reply().status, status)
            self.assertEqual(len(proxy.events("connect")), 1)

    def test_connection_close_is_kept(self):
        with Proxy([]) as proxy:
            capture = proxy.capture()
            client = proxy.client()
            client.send(proxy.sign.whole(headers=[("Connection", "close")]))
            reply = client.reply()
            self.assertEqual(reply.field("connection"), "close")
            self.check_end(client, capture, "fin")
            client.close()
            close, = proxy.wait("close")
            self.check_event(close, by="us", how="fin")

    def test_old_clients_get_one_answer(self):
        with Proxy([]) as proxy:
            capture = proxy.capture()
            client = proxy.client()
            client.send(proxy.sign.whole().replace(b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", 1))
            self.assertEqual(client.reply().status, 200)
            self.check_end(client, capture, "fin")

    def test_head(self):
        """RFC 9110 9.3.2: what GET would be told, without the content; what follows is the next reply."""
        rules = [rule("said", [{"respond": {"status": 200, "body": "said"}}], match="2",
                      when={"target": "service"})]
        with Proxy(rules) as proxy, proxy.client() as client:
            for length in (81, 4):
                client.send(b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n")
                head = client.head()
                self.assertTrue(head.startswith(b"HTTP/1.1 "), head)
                self.assertIn(b"\r\nContent-Length: %d\r\n" % length, head)
            client.send(proxy.sign.whole())
            self.assertTrue(client.head().startswith(b"HTTP/1.1 200 "))

    def test_chunked_requests(self):
        with Proxy([]) as proxy:
            head, body = proxy.sign.request(batch(), chunked=True)
            chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 7]), body[i:i + 7])
                              for i in range(0, len(body), 7)) + b"0\r\n\r\n"
            client = proxy.client()
            for _ in range(2):
                client.send(head + chunks)
                self.assertEqual(client.reply().results()[0]["Status"], "Success")
            self.assertEqual(len(proxy.events("connect")), 1)


class PipelineTest(WireTest):
    def test_answers_come_in_order(self):
        with Proxy([]) as proxy:
            client = proxy.client()
            client.send(b"".join(proxy.sign.whole(batch(record("acme", n, n + 1))) for n in range(20)))
            self.assertEqual([answered(client.reply()) for _ in range(20)], list(range(20)))

    def test_answers_come_in_order_behind_a_delay(self):
        rules = in_turn([{"delay": "300ms"}], None, [{"delay": "200ms"}])
        with Proxy(rules) as proxy:
            client = proxy.client()
            client.send(b"".join(proxy.sign.whole(batch(record("acme", n, n + 1))) for n in range(5)))
            self.assertEqual([answered(client.reply()) for _ in range(5)], list(range(5)))
            proxy.wait("response", 5)
            seen = [(e["event"], e["x"]) for e in proxy.events() if e["event"] in ("request", "response")]
            self.assertEqual(seen, [(what, x) for x in range(1, 6) for what in ("request", "response")])

    def test_a_client_that_does_not_read_is_held_back_and_then_gets_all(self):
        count = 2000
        with Proxy([], args=["--bodies", "none"]) as proxy:
            client = proxy.client(receive_bytes=4096)
            sender = threading.Thread(target=client.send,
                                      args=(proxy.sign.whole(batch(*many(25))) * count,))
            sender.start()
            proxy.wait_held_back(client.socket)
            self.assertLess(len(proxy.events("response")), count)
            lengths = {len(client.reply().results()) for _ in range(count)}
            sender.join()
            self.assertEqual(lengths, {25})
            self.assertEqual(len(proxy.wait("response", count)), count)
            self.assertEqual({e["whole"] for e in proxy.events("response")}, {True})


class HalfCloseTest(WireTest):
    """FIN ends only the client's half: what it asked is still answered."""

    def check_answered(self, rules, count=1):
        with Proxy(rules) as proxy:
            client = proxy.client()
            client.send(b"".join(proxy.sign.whole(batch(record("acme", n, n + 1)))
                                 for n in range(count)))
            client.half_close()
            self.assertEqual([answered(client.reply()) for _ in range(count)], list(range(count)))
            self.assertEqual(client.rest(), (b"", "fin"))
            close, = proxy.wait("close")
            self.check_event(close, by="client", how="fin")
            responses = proxy.wait("response", count)
            self.assertEqual([r["whole"] for r in responses], [True] * count)

    def test_one_request(self):
        self.check_answered([])

    def test_with_a_delay(self):
        self.check_answered(in_turn([{"delay": "300ms"}]))

    def test_with_a_rule(self):
        self.check_answered(in_turn([{"shuffle_results": {"moves": "every"}}]))

    def test_pipelined(self):
        self.check_answered([], 5)

    def test_pipelined_behind_a_delay(self):
        self.check_answered(in_turn([{"delay": "300ms"}]), 3)

    def test_pipelined_beyond_what_is_read_ahead(self):
        """What the kernel still holds when the FIN comes was sent before it, and is answered too."""
        for kib in 200, 280, 340, 380, 440, 1200:
            with self.subTest(kib=kib):
                with Proxy(in_turn([{"delay": "500ms"}]), args=["--bodies", "none"]) as proxy:
                    request = proxy.sign.whole(batch(*many(25)))
                    count = kib * 1024 // len(request)
                    client = proxy.client()
                    client.send(request * count)
                    client.half_close()
                    self.assertEqual({len(client.reply().results()) for _ in range(count)}, {25})
                    self.assertEqual(client.rest(), (b"", "fin"))
                    self.assertEqual(len(proxy.wait("response", count)), count)

    def test_a_half_request_is_not_answered(self):
        with Proxy([]) as proxy:
            capture = proxy.capture()
            client = proxy.client()
            client.send(proxy.sign.whole()[:-1])
            client.half_close()
            self.assertEqual(client.rest(), (b"", "fin"))
            close, = proxy.wait("close")
            self.check_event(close, by="client", how="fin")
            self.assertEqual(proxy.events("commit"), [])
            if capture.ends(client.port) is not None:
                self.assertEqual(capture.ends(client.port), {"fin"})

    def test_cuts_reach_a_half_closed_client_too(self):
        for verb in "rst", "fin":
            with self.subTest(verb=verb):
                cut = {"at": "response", "after_bytes": 77}
                with Proxy(in_turn([{"delay": "100ms"}, {verb: cut}])) as proxy:
                    capture = proxy.capture()
                    client = proxy.client()
                    client.send(proxy.sign.whole())
                    client.half_close()
                    data, how = client.rest()
                    self.assertEqual((len(data), how), (77, verb))
                    if capture.ends(client.port) is not None:
                        self.assertEqual(capture.ends(client.port), {verb})
                    fault, = proxy.wait("fault")
                    self.check_event(fault, bytes=77, action=verb)


class SlowTest(WireTest):
    def test_one_byte_at_a_time(self):
        with Proxy([]) as proxy:
            client = proxy.client()
            for byte in proxy.sign.whole():
                client.send(bytes([byte]))
            self.assertEqual(client.reply().results()[0]["Status"], "Success")
            client.send(proxy.sign.whole())
            self.assertEqual(client.reply().status, 200)

    def test_every_split_of_a_head_in_two(self):
        with Proxy([], args=["--bodies", "none"]) as proxy:
            client = proxy.client()
            wire = proxy.sign.whole()
            for at in range(1, len(wire), 37):
                client.send(wire[:at])
                self.assertTrue(client.is_silent(0.002))
                client.send(wire[at:])
                self.assertEqual(client.reply().status, 200)


class ContinueTest(WireTest):
    def test_100_comes_before_the_body(self):
        with Proxy([]) as proxy:
            client = proxy.client()
            for _ in range(2):
                head, body = proxy.sign.request(batch(), headers=[("Expect", "100-continue")])
                client.send(head)
                self.assertEqual(client.head(), b"HTTP/1.1 100 Continue\r\n\r\n")
                self.assertTrue(client.is_silent())
                client.send(body)
                self.assertEqual(client.reply().results()[0]["Status"], "Success")
            self.assertEqual(len(proxy.wait("response", 2)), 2)

    def test_a_cut_counts_the_reply_and_not_the_100(self):
        with Proxy(in_turn([{"rst": {"at": "response", "after_bytes": 50}}])) as proxy:
            capture = proxy.capture()
            client = proxy.client()
            head, body = proxy.sign.request(batch(), headers=[("Expect", "100-continue")])
            client.send(head)
            client.head()
            client.send(body)
            data, how = client.rest()
            self.assertEqual((len(data), how), (50, "rst"))
            if capture.bytes(client.port) is not None:
                self.assertEqual(capture.bytes(client.port), 50 + len(b"HTTP/1.1 100 Continue\r\n\r\n"))

    def test_another_expectation_is_refused(self):
        with Proxy([]) as proxy:
            client = proxy.client()
            client.send(proxy.sign.request(batch(), headers=[("Expect", "cookies")])[0])
            self.assertEqual(client.reply().status, 417)
            self.assertEqual(client.rest(), (b"", "fin"))


LENGTH_TWICE = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: %s\r\n\r\n{}"


class RefusalTest(WireTest):
    """What is no HTTP is answered once and the connection ends: what follows could not be framed."""

    CASES = [
        ("garbage", b"\x00\x01\x02\x03 hello\r\n\r\n", 400),
        ("a TLS handshake", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 32, 400),
        ("no version", b"GET /\r\n\r\n", 400),
        ("bare LF", b"GET / HTTP/1.1\nHost: a\n\n", 400),
        ("space before the colon", b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
        ("no colon", b"GET / HTTP/1.1\r\nHost a\r\n\r\n", 400),
        ("folding", b"GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n", 400),
        ("a control character", b"GET / HTTP/1.1\r\nHost: a\r\nX: b\x01\r\n\r\n", 400),
        ("no Host", b"GET / HTTP/1.1\r\n\r\n", 400),
        ("two Hosts", b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        ("version 2", b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
        ("two different Content-Lengths", LENGTH_TWICE % b"3", 400),
        ("two equal Content-Lengths", LENGTH_TWICE % b"2", 400),
        ("a list of Content-Lengths", LENGTH_TWICE.replace(b"2\r\nContent-Length: %s", b"2, 2"), 400),
        ("a signed Content-Length", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +2\r\n\r\n{}", 400),
        ("length and chunks", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
                              b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("an unknown coding", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501),
        ("a chunk size that is none", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked"
                                      b"\r\n\r\n0x3\r\n", 400),
        ("a target of 9 KiB", b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        ("101 fields", b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 101 + b"\r\n", 431),
        ("fields of 70 KiB", b"GET / HTTP/1.1\r\nHost: a\r\n" +
                             b"".join(b"X%d: %s\r\n" % (i, b"y" * 7000) for i in range(10)) + b"\r\n", 431),
        ("a body above the limit", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 16777217\r\n\r\n", 413),
        ("an endless body", b"POST / HTTP/1.1\r\nHost: a\r\n"
                            b"Content-Length: 99999999999999999999999999\r\n\r\n", 413),
        ("a chunk above the limit", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked"
                                    b"\r\n\r\n1000001\r\n", 413),
    ]

    def check_refused(self, proxy, capture, conn, client, status):
        reply = client.reply()
        self.assertEqual(reply.status, status)
        self.assertEqual(reply.field("connection"), "close")
        self.assertEqual(self.check_end(client, capture, "fin"), b"")
        client.close()
        close, = proxy.wait("close", conn=conn)
        self.check_event(close, by="us", how="fin")
        response, = proxy.events("response", conn=conn, status=status)
        self.check_event(response, origin="proxy", whole=True, bytes=len(reply.raw))
        request = proxy.events("request", conn=conn)[-1]
        self.assertEqual((request["operation"], request["problem"]["error"]), ("", ""))

    def test_each(self):
        with Proxy([]) as proxy:
            capture = proxy.capture()
            for conn, (name, wire, status) in enumerate(self.CASES, 1):
                with self.subTest(name):
                    client = proxy.client()
                    client.send(wire)
                    self.check_refused(proxy, capture, conn, client, status)

    def test_each_with_more_behind(self):
        """What follows is discarded, and the answer is not lost in a reset."""
        with Proxy([]) as proxy:
            capture = proxy.capture()
            for conn, (name, wire, status) in enumerate(self.CASES, 1):
                with self.subTest(name):
                    client = proxy.client()
                    client.send(wire + b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 2000)
                    self.check_refused(proxy, capture, conn, client, status)

    def test_garbage_behind_a_good_request(self):
        with Proxy([]) as proxy:
            capture = proxy.capture()
            client = proxy.client()
            client.send(proxy.sign.whole() + b"\x00garbage")
            self.assertEqual(client.reply().status, 200)
            self.check_refused(proxy, capture, 1, client, 400)

    def test_bad_chunks_within_a_good_request(self):
        with Proxy([]) as proxy:
            capture = proxy.capture()
            client = proxy.client()
            head, _ = proxy.sign.request(batch(), chunked=True)
            client.send(head + b"5\r\nhello")
            self.assertTrue(client.is_silent(0.1))
            client.send(b"XX")
            self.check_refused(proxy, capture, 1, client, 400)
            self.assertEqual(proxy.events("commit"), [])

    def test_the_legal_neighbours_are_served(self):
        neighbours = [
            b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 99 + b"\r\n",
            b"GET /" + b"a" * 8000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}",
            b"\r\nPOST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"]
        with Proxy([]) as proxy:
            client = proxy.client()
            for wire in neighbours:
                client.send(wire)
                reply = client.reply()
                self.assertEqual(reply.status, 404)
                self.assertEqual(reply.json()["__type"], "UnknownOperationException")
            client.send(proxy.sign.whole())
            self.assertEqual(client.reply().status, 200)
            self.assertEqual(len(proxy.events("connect")), 1)

    def test_a_body_of_the_limit_is_read(self):
        with Proxy([], args=["--bodies", "none"]) as proxy:
            client = proxy.client()
            client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 16777216\r\n\r\n" + b" " * 16777216)
            self.assertEqual(client.reply().status, 404)
            self.assertEqual(proxy.wait("request")[0]["bytes"], 16777216)


class SignatureTest(WireTest):
    def test_a_wrong_signature_is_refused_and_the_connection_goes_on(self):
        with Proxy([rule("never", [{"commit": {}}], "9")]) as proxy:
            client = proxy.client()
            head, body = proxy.sign.request(batch())
            client.send(head + body.replace(b"7", b"8", 1))
            reply = client.reply()
            self.assertEqual((reply.status, reply.json()["__type"]), (400, "InvalidSignatureException"))
            client.send(proxy.sign.whole())
            self.assertEqual(client.reply().status, 200)
            self.assertEqual([e["x"] for e in proxy.wait("commit")], [2])
            first = proxy.events("request", x=1)[0]["signature"]
            self.check_event(first, valid=False, error="InvalidSignatureException")

    def test_a_foreign_key_is_refused(self):
        with Proxy([]) as proxy:
            proxy.sign.key_id = "AKIAIOSFODNN7EXAMPLE"
            reply = proxy.ask()
            self.assertEqual((reply.status, reply.json()["__type"]),
                             (400, "UnrecognizedClientException"))
            proxy.wait("response")
            self.assertEqual(proxy.events("commit"), [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
