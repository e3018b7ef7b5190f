# SPDX-License-Identifier: Apache-2.0
"""Faults on the wire, seen from the other end of it: which byte is the last, and how it ends."""
import time
import unittest

from clients import Client, masked
from segments import Capture
from wire import Proxy, WireTest, batch, in_turn, many, record, rule

SHORT_S = 1
KINDS = {"rst": "broken", "fin": "broken", "hang": "silence"}


class Reference:
    """The undisturbed reply to batch(): every reply to it is as long, to the byte."""

    _reply = None

    @classmethod
    def reply(cls):
        if cls._reply is None:
            with Proxy([]) as proxy:
                cls._reply = proxy.ask()
        return cls._reply

    @classmethod
    def cuts(cls):
        head, whole = len(cls.reply().head), len(cls.reply().raw)
        return {"at once": 0, "first byte": 1, "in the head": 40, "one short of the head": head - 1,
                "exactly the head": head, "one byte of the body": head + 1, "in the body": head + 60,
                "one short of the end": whole - 1}


class CutTest(WireTest):
    def check_journal(self, proxy, x, verb, at, count):
        fault, = proxy.wait("fault", x=x)
        self.check_event(fault, action=verb, kind=KINDS[verb], at=at, bytes=count, rule=f"r{x}")
        responses = proxy.events("response", x=x)
        self.assertEqual(len(responses), 1 if count > 0 else 0)
        if count > 0:
            self.check_event(responses[0], bytes=count, whole=False, status=200, origin="service")
        self.assertEqual(len(proxy.events("commit", x=x)), 1 if at == "response" else 0)

    def check_close(self, proxy, conn, verb):
        close, = proxy.wait("close", conn=conn)
        by, how = ("client", "fin") if verb == "hang" else ("us", verb)
        self.check_event(close, by=by, how=how)

    def cut_then_whole(self, proxy, capture, x, verb, at, count):
        """The request meets its cut; sent again on a new connection, it gets the whole reply."""
        client = proxy.client()
        client.send(proxy.sign.whole())
        if verb == "hang":
            data = self.check_hang(client, capture, count)
            self.check_journal(proxy, x, verb, at, count)
            self.assertEqual(proxy.events("close", conn=x), [])
            client.close()
        else:
            data = self.check_end(client, capture, verb, count)
            self.check_journal(proxy, x, verb, at, count)
            client.close()
        self.check_close(proxy, x, verb)
        whole = proxy.ask()
        self.assertEqual(len(whole.raw), len(Reference.reply().raw))
        self.assertEqual(masked(data), masked(whole.raw)[:count])
        again, = proxy.wait("commit", x=x + 1)
        self.assertEqual(again["records"][0]["billed"], x == 1 and at != "response")

    def check_cuts_inside(self, verb):
        cuts = Reference.cuts()
        rules = []
        for count in cuts.values():
            rules += [[{verb: {"at": "response", "after_bytes": count}}], None]
        with Proxy(in_turn(*rules)) as proxy:
            capture = proxy.capture()
            for i, (name, count) in enumerate(cuts.items()):
                with self.subTest(verb=verb, cut=name, after_bytes=count):
                    self.cut_then_whole(proxy, capture, 2 * i + 1, verb, "response", count)

    def test_rst_inside_the_response(self):
        self.check_cuts_inside("rst")

    def test_fin_inside_the_response(self):
        self.check_cuts_inside("fin")

    def test_hang_inside_the_response(self):
        self.check_cuts_inside("hang")

    def test_a_cut_behind_the_end_holds_the_last_byte_back(self):
        whole = len(Reference.reply().raw)
        for verb in KINDS:
            for extra in 0, 1, 100000:
                with self.subTest(verb=verb, extra=extra):
                    cut = {"at": "response", "after_bytes": whole + extra}
                    with Proxy(in_turn([{verb: cut}], None)) as proxy:
                        self.cut_then_whole(proxy, proxy.capture(), 1, verb, "response", whole - 1)

    def test_before_the_response(self):
        for verb in KINDS:
            with self.subTest(verb=verb):
                with Proxy(in_turn([{verb: {"at": "before-response"}}], None)) as proxy:
                    self.cut_then_whole(proxy, proxy.capture(), 1, verb, "before-response", 0)
                    self.assertEqual(len(proxy.events("request", conn=1)), 1)

    def test_before_the_request_the_head_is_enough(self):
        """The body is never sent, and the cut comes all the same."""
        when = {"operation": "BatchMeterUsage", "phase": "head"}
        for verb in KINDS:
            with self.subTest(verb=verb):
                rules = [rule("r1", [{verb: {"at": "before-request"}}], "1", when)]
                with Proxy(rules) as proxy:
                    capture = proxy.capture()
                    client = proxy.client()
                    head, _ = proxy.sign.request(batch())
                    client.send(head)
                    self.check_cut_at_head(proxy, client, capture, verb)
                    client.close()
                    self.check_close(proxy, 1, verb)
                    self.assertEqual(proxy.ask().status, 200)
                    self.assertTrue(proxy.wait("commit", x=2)[0]["records"][0]["billed"])

    def check_cut_at_head(self, proxy, client, capture, verb):
        if verb == "hang":
            self.check_hang(client, capture, 0)
        else:
            self.check_end(client, capture, verb, 0)
        self.check_journal(proxy, 1, verb, "before-request", 0)
        self.assertEqual(proxy.events("request"), [])

    def test_before_the_request_instead_of_continue(self):
        """A client that waits for 100 gets the cut and no 100."""
        when = {"phase": "head"}
        for verb in KINDS:
            with self.subTest(verb=verb):
                rules = [rule("r1", [{verb: {"at": "before-request"}}], "1", when)]
                with Proxy(rules) as proxy:
                    capture = proxy.capture()
                    client = proxy.client()
                    head, _ = proxy.sign.request(batch(), headers=[("Expect", "100-continue")])
                    client.send(head)
                    self.check_cut_at_head(proxy, client, capture, verb)
                    client.close()

    def test_before_the_request_is_never_played_after_it(self):
        """Without the phase head the rule is refused, or it acts before the body all the same."""
        for verb in KINDS:
            with self.subTest(verb=verb):
                try:
                    proxy = Proxy([rule("r1", [{verb: {"at": "before-request"}}], "1")])
                except AssertionError as why:
                    self.assertRegex(str(why), r"scenario\.json:\d+:\d+: .*before-request")
                    continue
                with proxy:
                    client = proxy.client()
                    head, _ = proxy.sign.request(batch())
                    client.send(head)
                    self.check_cut_at_head(proxy, client, proxy.capture(), verb)
                    client.close()

    def test_the_last_byte_of_a_large_reply(self):
        """A reply of many segments is cut at the very byte, too."""
        body = batch(*many(25))
        with Proxy([]) as proxy:
            whole = len(proxy.ask(body).raw)
        for verb in "rst", "fin":
            with self.subTest(verb=verb):
                cut = {"at": "response", "after_bytes": whole - 1}
                with Proxy(in_turn([{verb: cut}])) as proxy:
                    capture = proxy.capture()
                    client = proxy.client()
                    client.send(proxy.sign.whole(body))
                    self.check_end(client, capture, verb, whole - 1)
                    self.check_journal(proxy, 1, verb, "response", whole - 1)

    def test_a_slow_reader_gets_every_byte_before_the_reset(self):
        """RST throws away what was not acknowledged, so it must wait until the client has it."""
        for verb in "rst", "fin":
            with self.subTest(verb=verb):
                cut = {"at": "response", "after_bytes": 90000}
                rules = in_turn([{"respond": {"status": 200, "body": "x" * 95000}}, {verb: cut}])
                with Proxy(rules) as proxy:
                    capture = proxy.capture()
                    client = proxy.client(receive_bytes=2048)
                    client.send(proxy.sign.whole())
                    client.take(1)
                    if verb == "rst":
                        self.assertEqual(proxy.events("close"), [])
                        self.assertEqual(proxy.events("fault"), [])
                    data, how = client.rest()
                    self.assertEqual((len(data) + 1, how), (90000, verb))
                    if capture.ends(client.port) is not None:
                        self.assertEqual(capture.ends(client.port), {verb})
                    fault, = proxy.wait("fault")
                    self.check_event(fault, bytes=90000, action=verb)


class FinTest(WireTest):
    """FIN stays FIN, whatever the client has sent that nobody read."""

    def check_fin(self, sent_behind, then=None, when=None, kept_open=True):
        rules = [rule("r1", then or [{"fin": {"at": "before-response"}}], "1", when)]
        with Proxy(rules) as proxy:
            capture = proxy.capture()
            client = proxy.client()
            client.send(proxy.sign.whole() + sent_behind)
            data, how = client.rest()
            self.assertEqual((data, how), (b"", "fin"))
            client.send(b"POST / HTTP/1.1\r\n" * 100)  # what comes after the FIN is discarded too
            self.assertEqual(client.state(), "close-wait")
            self.assertIsNone(client.error())
            client.close()
            proxy.wait("close", conn=1, by="us", how="fin")
            self.assertEqual(len(proxy.events("request", conn=1)), 0 if when else 1)
            proxy.ask()
            if capture.ends(client.port) is not None:
                self.assertEqual(capture.ends(client.port), {"fin"})

    def test_with_a_second_request_behind(self):
        with Proxy([]) as proxy:
            second = proxy.sign.whole()
        self.check_fin(second)

    def test_with_a_megabyte_behind(self):
        self.check_fin(b"x" * 1000000)

    def test_with_the_body_unread(self):
        self.check_fin(b"", [{"fin": {"at": "before-request"}}], {"phase": "head"})

    def test_after_an_empty_reply(self):
        self.check_fin(b"garbage", [{"empty_reply": {}}])

    def test_pipelined_requests_after_a_truncated_reply(self):
        """The first is cut; those behind it are neither executed nor answered."""
        with Proxy(in_turn([{"truncate": {"after_bytes": 10}}])) as proxy:
            capture = proxy.capture()
            client = proxy.client()
            client.send(b"".join(proxy.sign.whole(batch(record(name)))
                                 for name in ("acme", "globex", "hooli")))
            self.check_end(client, capture, "fin", len(Reference.reply().head) + 10)
            client.close()
            proxy.wait("close", conn=1)
            self.assertEqual(len(proxy.events("request")), 1)

    def test_pipelined_requests_before_the_reset_are_answered_whole(self):
        rules = in_turn(None, None, [{"rst": {"at": "before-response"}}])
        with Proxy(rules) as proxy:
            capture = proxy.capture()
            client = proxy.client()
            client.send(proxy.sign.whole() * 5)
            client.reply()
            client.reply()
            self.check_end(client, capture, "rst")
            proxy.wait("close", conn=1, by="us", how="rst", x=3)
            self.assertEqual(len(proxy.events("request")), 3)


class TruncateTest(WireTest):
    def test_the_body_ends_early_and_its_length_does_not_say_so(self):
        reference = Reference.reply()
        head, length = len(reference.head), len(reference.body)
        counts = [0, 1, 25, length - 1, length, length + 1000]
        rules = [[{"truncate": {"after_bytes": count}}] for count in counts]
        with Proxy(in_turn(*rules)) as proxy:
            capture = proxy.capture()
            for x, count in enumerate(counts, 1):
                with self.subTest(after_bytes=count):
                    expected = head + min(count, length - 1)
                    client = proxy.client()
                    client.send(proxy.sign.whole())
                    data = self.check_end(client, capture, "fin", expected)
                    self.assertIn(b"\r\nContent-Length: %d\r\n" % length, data)
                    client.close()
                    fault, = proxy.wait("fault", x=x)
                    self.check_event(fault, action="truncate", kind="broken", at="response",
                                     bytes=expected)
                    response, = proxy.events("response", x=x)
                    self.check_event(response, bytes=expected, whole=False)
                    close, = proxy.wait("close", conn=x)
                    self.check_event(close, by="us", how="fin")
                    commit, = proxy.events("commit", x=x)
                    self.assertEqual(commit["records"][0]["billed"], x == 1)

    def test_empty_reply(self):
        with Proxy(in_turn([{"empty_reply": {}}])) as proxy:
            capture = proxy.capture()
            client = proxy.client()
            client.send(proxy.sign.whole())
            self.check_end(client, capture, "fin", 0)
            fault, = proxy.wait("fault")
            self.check_event(fault, action="empty_reply", kind="broken", bytes=0)
            self.assertEqual(proxy.events("response"), [])
            self.assertEqual(proxy.events("commit"), [])
            proxy.wait("close", conn=1, by="us", how="fin")
            self.assertTrue(proxy.ask().results()[0]["MeteringRecordId"])
            self.assertTrue(proxy.wait("commit", x=2)[0]["records"][0]["billed"])


class DelayTest(WireTest):
    """Only lower bounds: a machine may be slow, but a delay is never short."""

    def elapsed(self, client, request):
        began = time.monotonic()
        client.send(request)
        reply = client.reply()
        return time.monotonic() - began, reply

    def check_delay(self, delay, least_s, times=1):
        with Proxy([rule("r", [{"delay": delay}])]) as proxy:
            client = proxy.client()
            for x in range(1, times + 1):
                seconds, reply = self.elapsed(client, proxy.sign.whole())
                self.assertGreaterEqual(seconds, least_s)
                self.assertEqual(masked(reply.raw), masked(Reference.reply().raw))
                fault, = proxy.wait("fault", x=x)
                self.check_event(fault, action="delay", kind="silence", bytes=len(reply.raw))
                response, = proxy.events("response", x=x)
                self.check_event(response, whole=True, bytes=len(reply.raw))
            self.assertEqual(len(proxy.events("connect")), 1)

    def test_fixed(self):
        self.check_delay("300ms", 0.3, times=2)

    def test_uniform(self):
        self.check_delay({"uniform": ["150ms", "250ms"]}, 0.15, times=4)

    def test_lognormal(self):
        self.check_delay({"lognormal": {"median": "200ms", "sigma": 0.001}}, 0.19)

    def test_nothing_comes_before_its_time(self):
        with Proxy([rule("r", [{"delay": "1s"}])]) as proxy:
            client = proxy.client()
            client.send(proxy.sign.whole())
            self.assertTrue(client.is_silent())
            self.assertEqual(client.state(), "established")
            self.assertEqual(proxy.events("fault"), [])
            self.assertEqual(client.reply().status, 200)

    def test_others_do_not_wait(self):
        """While one client waits, another is served: the second answer is there first."""
        with Proxy(in_turn([{"delay": "1s"}])) as proxy:
            slow = proxy.client()
            slow.send(proxy.sign.whole())
            proxy.wait("request")
            self.assertEqual(proxy.ask().status, 200)
            self.assertEqual(proxy.events("response", x=1), [])
            slow.reply()

    def test_delay_then_a_cut(self):
        for verb in KINDS:
            with self.subTest(verb=verb):
                cut = {"at": "response", "after_bytes": 50}
                with Proxy(in_turn([{"delay": "300ms"}, {verb: cut}])) as proxy:
                    capture = proxy.capture()
                    client = proxy.client()
                    began = time.monotonic()
                    client.send(proxy.sign.whole())
                    client.kept = client.socket.recv(65536)
                    self.assertGreaterEqual(time.monotonic() - began, 0.3)
                    if verb == "hang":
                        self.check_hang(client, capture, 50)
                    else:
                        self.check_end(client, capture, verb, 50)
                    client.close()
                    fault, = proxy.wait("fault")
                    self.check_event(fault, bytes=50, at="response")

    def test_delay_then_a_cut_before_the_response(self):
        for verb in "rst", "fin":
            with self.subTest(verb=verb):
                then = [{"delay": "300ms"}, {verb: {"at": "before-response"}}]
                with Proxy(in_turn(then)) as proxy:
                    capture = proxy.capture()
                    client = proxy.client()
                    began = time.monotonic()
                    client.send(proxy.sign.whole())
                    self.check_end(client, capture, verb, 0)
                    self.assertGreaterEqual(time.monotonic() - began, 0.3)

    def test_delay_then_a_cut_before_the_request(self):
        for verb in "rst", "fin":
            with self.subTest(verb=verb):
                then = [{"delay": "300ms"}, {verb: {"at": "before-request"}}]
                with Proxy([rule("r", then, "1", {"phase": "head"})]) as proxy:
                    capture = proxy.capture()
                    client = proxy.client()
                    began = time.monotonic()
                    client.send(proxy.sign.request(batch())[0])
                    self.check_end(client, capture, verb, 0)
                    self.assertGreaterEqual(time.monotonic() - began, 0.3)
                    fault, = proxy.wait("fault")
                    self.check_event(fault, bytes=0, at="before-request", action=verb)

    def test_a_client_that_leaves_in_the_silence(self):
        """Who ended it, and how, is known; the delay counts as delivered."""
        for how in "fin", "rst":
            with self.subTest(how=how):
                with Proxy(in_turn([{"delay": "60s"}])) as proxy:
                    client = proxy.client()
                    client.send(proxy.sign.whole())
                    proxy.wait("request")
                    if how == "fin":
                        client.close()
                    else:
                        client.reset()
                    close, = proxy.wait("close", conn=1)
                    self.check_event(close, by="client", how=how, x=1)


class HangTest(WireTest):
    def hang(self, proxy, behind=b""):
        client = proxy.client()
        client.send(proxy.sign.whole())
        proxy.wait("fault")
        if behind:
            client.socket.settimeout(SHORT_S)
            try:
                client.send(behind)
            except TimeoutError:
                pass  # held back by TCP, as it may
        return client

    def test_the_client_closes(self):
        with Proxy(in_turn([{"hang": {"at": "before-response"}}])) as proxy:
            client = self.hang(proxy)
            self.assertTrue(client.is_silent())
            client.close()
            close, = proxy.wait("close", conn=1)
            self.check_event(close, by="client", how="fin", x=1)

    def test_the_client_resets(self):
        with Proxy(in_turn([{"hang": {"at": "before-response"}}])) as proxy:
            client = self.hang(proxy)
            self.assertTrue(client.is_silent())
            client.reset()
            close, = proxy.wait("close", conn=1)
            self.check_event(close, by="client", how="rst", x=1)

    def test_what_is_sent_into_a_hang_is_not_answered(self):
        with Proxy(in_turn([{"hang": {"at": "before-response"}}])) as proxy:
            client = self.hang(proxy)
            client.send(proxy.sign.whole())
            self.assertTrue(client.is_silent())
            client.close()
            proxy.wait("close", conn=1)
            self.assertEqual(len(proxy.events("request")), 1)

    def test_the_end_is_seen_behind_much_that_was_sent(self):
        """A client may send on into a hang, and leave: neither its FIN nor its RST may be missed."""
        for how in "fin", "rst":
            with self.subTest(how=how):
                with Proxy(in_turn([{"hang": {"at": "before-response"}}])) as proxy:
                    before = proxy.descriptors()
                    client = self.hang(proxy, behind=b"x" * 300000)
                    self.assertTrue(client.is_silent())
                    if how == "fin":
                        client.close()
                    else:
                        client.reset()
                    proxy.wait("close", conn=1, by="client")
                    self.assertEqual(proxy.wait_descriptors(before), before)

    def test_a_client_that_had_closed_its_half_before_the_hang(self):
        """Its FIN came during the delay; when it is gone, its descriptor must be gone too."""
        then = [{"delay": "500ms"}, {"hang": {"at": "before-response"}}]
        with Proxy(in_turn(then)) as proxy:
            before = proxy.descriptors()
            client = proxy.client()
            client.send(proxy.sign.whole())
            client.half_close()
            proxy.wait("fault")
            client.close()
            self.assertEqual(proxy.wait_descriptors(before), before)

    def test_a_later_request_of_a_half_closed_client(self):
        """Its FIN was seen during the first request's delay; the second one's hang must not last."""
        with Proxy(in_turn([{"delay": "500ms"}], [{"hang": {"at": "before-response"}}])) as proxy:
            before = proxy.descriptors()
            client = proxy.client()
            client.send(proxy.sign.whole() * 2)
            client.half_close()
            client.reply()
            proxy.wait("fault", 2)
            client.close()
            self.assertEqual(proxy.wait_descriptors(before), before)


class GoneTest(WireTest):
    """A reset is noticed also while nothing is read, and while an acknowledgement is awaited."""

    def check_gone(self, spoil):
        """The reply is too large to be acknowledged by one who does not read; then spoil, then RST."""
        rules = in_turn([{"respond": {"status": 200, "body": "x" * 95000}},
                         {"rst": {"at": "response", "after_bytes": 90000}}])
        with Proxy(rules) as proxy:
            before = proxy.descriptors()
            client = proxy.client(receive_bytes=2048)
            client.socket.settimeout(SHORT_S)
            client.send(proxy.sign.whole())
            spoil(client)
            proxy.wait("response")
            client.reset()
            proxy.wait("close", conn=1, by="client")
            self.assertEqual(proxy.wait_descriptors(before), before)
            self.assertEqual(proxy.events("fault"), [])

    def test_behind_much_that_was_sent(self):
        def spoil(client):
            try:
                client.send(b"x" * 400000)
            except TimeoutError:
                pass
        self.check_gone(spoil)

    def test_behind_its_own_fin(self):
        self.check_gone(Client.half_close)

    def test_as_it_is(self):
        self.check_gone(lambda client: None)


class CaptureTest(unittest.TestCase):
    def test_segments_can_be_seen(self):
        """Says so when they cannot: then the other tests know only what the socket says."""
        with Proxy([]) as proxy:
            capture = proxy.capture()
            if not isinstance(capture, Capture):
                self.skipTest("AF_PACKET is not permitted here: no segment was looked at")
            with proxy.client() as client:
                client.send(proxy.sign.whole())
                reply = client.reply()
                self.assertEqual(capture.bytes(client.port), len(reply.raw))
                self.assertEqual(capture.ends(client.port), set())


if __name__ == "__main__":
    unittest.main(verbosity=2)
