# SPDX-License-Identifier: Apache-2.0
"""The request's side of the wire: a body that is read late, slowly or never, replies that come before
it was read, and what follows a whole reply. In the clear and under TLS."""
import socket
import threading
import time
import unittest

from clients import Client, masked, wait_until
from wire import Proxy, WireTest, batch, in_turn, many, rule

HEAD = {"operation": "BatchMeterUsage", "phase": "head"}


def early(*then, **more):
    return rule("early", list(then), when=HEAD, **more)


class Pusher:
    """Sends what does not fit into the buffers on the way, and notes when the kernel took how much."""

    def __init__(self, client, data):
        self.client, self.data, self.began, self.taken = client, data, time.monotonic(), []
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        at = 0
        while at < len(self.data):
            try:
                at += self.client.socket.send(self.data[at:at + 16384])
            except OSError:  # the proxy ended it
                return
            self.taken.append((time.monotonic() - self.began, at))

    def count(self):
        return self.taken[-1][1] if self.taken else 0

    def wait_until_it_stalls(self, proxy):
        proxy.wait_held_back(self.client.socket)
        return self.count()


class Both:
    """The tests of this file, for a proxy that speaks as `tls` says."""

    tls = False

    def proxy(self, *rules):
        return Proxy(list(rules), tls=self.tls, args=["--bodies", "none"])

    def check_cut(self, client, capture, how):
        """The connection ends so, whoever is asked."""
        data, seen = client.rest()
        self.assertEqual(seen, "notify" if self.tls and how == "fin" else how)
        self.assertIn(capture.ends(client.port), (None, {how}))
        return data

    def check_next(self, proxy, client):
        """The connection goes on as if nothing had been; gives the seconds that it took."""
        began = time.monotonic()
        client.send(proxy.sign.whole())
        self.assertEqual(len(client.reply().results()), 1)
        return time.monotonic() - began

    def told(self, proxy, x=1):
        """The kinds of journal lines about an exchange, in order."""
        return [e["event"] for e in proxy.events() if e.get("x") == x and e["event"] != "close"]


class Readings(Both):
    def check_read(self, proxy, action, seconds, body, delay_us=None):
        """The request is answered as ever, but no earlier than so many seconds after its head."""
        with proxy.client() as client:
            head, body = proxy.sign.request(body)
            began = time.monotonic()
            client.send(head + body)
            reply = client.reply()
            self.assertGreaterEqual(time.monotonic() - began, seconds)
            self.assertEqual(reply.status, 200)
            fault, = proxy.wait("fault")
            self.check_event(fault, action=action, kind="silence", at="request", bytes=0, rule="early",
                             x=1, delay_us=delay_us)
            proxy.wait("response", x=1)
            self.assertEqual(self.told(proxy), ["match", "fault", "request", "commit", "response"])
            self.assertEqual(proxy.events("request")[0]["bytes"], len(body))
            # One of several, as a busy machine may be late with any.
            self.assertLess(min(self.check_next(proxy, client) for _ in range(3)), seconds)

    def test_a_slow_read(self):
        body = batch(*many(25))
        with self.proxy(early({"slow_read": {"bytes_per_s": 4000}}, match="1")) as proxy:
            self.check_read(proxy, "slow_read", len(body) / 4000, body)

    def test_a_late_read(self):
        with self.proxy(early({"delay": "500ms"}, match="1")) as proxy:
            self.check_read(proxy, "delay", 0.5, batch(), delay_us=500000)

    def test_a_slow_read_after_a_delay(self):
        body = batch(*many(25))
        with self.proxy(early({"slow_read": {"bytes_per_s": 8000}}, {"delay": "300ms"}, match="1")) as proxy:
            self.check_read(proxy, "delay", 0.3 + len(body) / 8000, body, delay_us=300000)

    def test_then_rules_of_the_request_act(self):
        later = rule("later", [{"error": "ThrottlingException"}], match="1")
        with self.proxy(early({"delay": "200ms"}, match="1"), later) as proxy:
            with proxy.client() as client:
                client.send(proxy.sign.whole())
                self.assertEqual(client.reply().status, 400)
                proxy.wait("fault", 2)
                self.assertEqual([(e["rule"], e["at"] if "at" in e else "") for e in proxy.events("fault")],
                                 [("early", "request"), ("later", "")])
                self.check_next(proxy, client)

    def test_a_body_in_chunks(self):
        with self.proxy(early({"slow_read": {"bytes_per_s": 400}}, match="1")) as proxy:
            with proxy.client() as client:
                head, body = proxy.sign.request(batch(), chunked=True)
                chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
                began = time.monotonic()
                client.send(head + chunks)
                self.assertEqual(client.reply().results()[0]["Status"], "Success")
                self.assertGreaterEqual(time.monotonic() - began, len(chunks) / 400)
                self.check_next(proxy, client)

    def test_a_request_without_a_body(self):
        """Nothing is there to be read slowly; a delay holds it all the same."""
        get = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        rules = [rule("late", [{"delay": "300ms"}], when={"phase": "head"}, match="1"),
                 rule("slow", [{"slow_read": {"bytes_per_s": 1}}], when={"phase": "head"}, match="2")]
        with self.proxy(*rules) as proxy, proxy.client() as client:
            for least in 0.3, 0:
                began = time.monotonic()
                client.send(get)
                self.assertEqual(client.reply().status, 404)
                self.assertGreaterEqual(time.monotonic() - began, least)
            self.assertEqual([e["rule"] for e in proxy.wait("fault", 2)], ["late", "slow"])

    def test_100_comes_when_it_is_read(self):
        with self.proxy(early({"delay": "400ms"}, match="1")) as proxy, proxy.client() as client:
            head, body = proxy.sign.request(batch(), headers=[("Expect", "100-continue")])
            began = time.monotonic()
            client.send(head)
            self.assertEqual(client.head(), b"HTTP/1.1 100 Continue\r\n\r\n")
            self.assertGreaterEqual(time.monotonic() - began, 0.4)
            client.send(body)
            self.assertEqual(client.reply().status, 200)
            self.check_next(proxy, client)

    def test_pipelined_requests_wait_behind_it(self):
        with self.proxy(early({"slow_read": {"bytes_per_s": 500}}, match="1")) as proxy:
            with proxy.client() as client:
                client.send(proxy.sign.whole() * 3)
                self.assertEqual([client.reply().status for _ in range(3)], [200] * 3)
                self.assertEqual([e["x"] for e in proxy.wait("request", 3)], [1, 2, 3])

    def test_half_a_request_and_gone(self):
        for end in "close", "reset":
            with self.subTest(end=end), self.proxy(early({"delay": "400ms"}, match="1")) as proxy:
                client = proxy.client()
                client.send(proxy.sign.whole()[:-5])
                proxy.wait("match")
                getattr(client, end)()
                proxy.wait("close")
                self.check_event(proxy.wait("fault")[0], action="delay", at="request")
                self.assertEqual(proxy.events("request"), [])
                self.assertEqual(proxy.ask().status, 200)

    def check_stalls(self, proxy, capture, client, most):
        """The client's kernel takes no more: the proxy has announced that its window is closed."""
        pusher = Pusher(client, b" " * 8000000)
        self.assertLess(pusher.wait_until_it_stalls(proxy), most)
        if capture.ends(client.port) is not None:
            wait_until(lambda: capture.windows(client.port)[-1] == 0, "its window is never closed")
        return pusher

    HUGE = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n"

    def test_a_hang_closes_the_window(self):
        with self.proxy(rule("r", [{"hang": {"at": "before-request"}}], when={"phase": "head"})) as proxy:
            capture = proxy.capture()
            client = proxy.client()
            client.send(self.HUGE)
            pusher = self.check_stalls(proxy, capture, client, 4000000)
            self.assertEqual(client.state(), "established")
            self.check_event(proxy.wait("fault")[0], action="hang", at="before-request", kind="silence")
            client.socket.shutdown(socket.SHUT_RDWR)
            client.reset()  # behind a closed window no FIN would be seen
            pusher.thread.join()
            proxy.wait("close", by="client", how="rst")

    def test_a_delay_closes_the_window_for_a_while(self):
        with self.proxy(rule("r", [{"delay": "3s"}], when={"phase": "head"})) as proxy:
            capture = proxy.capture()
            client = proxy.client()
            client.send(self.HUGE)
            pusher = self.check_stalls(proxy, capture, client, 4000000)
            pusher.thread.join()  # no two threads may use TLS at once
            self.assertEqual(client.reply().status, 404)
            self.assertGreaterEqual(pusher.taken[-1][0], 1)
            self.assertEqual(proxy.wait("request")[0]["bytes"], 8000000)

    def test_a_slow_read_holds_the_client_back(self):
        """All of it needs its time on the way, but for what the kernels keep."""
        rate, kept = 1000000, 1500000
        slow = rule("r", [{"slow_read": {"bytes_per_s": rate}}], when={"phase": "head"}, match="1")
        with self.proxy(slow) as proxy:
            client = proxy.client()
            client.send(self.HUGE.replace(b"8000000", b"3000000"))
            pusher = Pusher(client, b" " * 3000000)
            pusher.thread.join()
            self.assertEqual(client.reply().status, 404)
            self.assertGreaterEqual(time.monotonic() - pusher.began, 2.9)
            for seconds, count in pusher.taken:
                self.assertLessEqual(count, rate * seconds + kept)


class Cuts(Both):
    """The head is enough: no byte of the reply, and the end that the rule names."""

    def test_each(self):
        for delay_s in 0, 0.3:
            for how in "hang", "fin", "rst":
                for expects in (), [("Expect", "100-continue")]:
                    with self.subTest(how=how, delay_s=delay_s, expects=bool(expects)):
                        self.check_cut_early(how, delay_s, expects)

    def test_by_whom_the_head_names(self):
        """Region and credential stand in the head, and are verified later."""
        cut = [{"rst": {"at": "before-request"}}]
        rules = [rule("elsewhere", cut, when={**HEAD, "region": "eu-west-1"}),
                 rule("this key", cut, when={**HEAD, "credential": "k1"}, match="2"),
                 rule("here", cut, when={**HEAD, "region": "us-east-1"}, match="3")]
        with self.proxy(*rules) as proxy:
            self.assertEqual(proxy.ask().status, 200)
            for name in "this key", "here":
                client = proxy.client()
                client.send(proxy.sign.whole())
                self.assertEqual(client.rest(), (b"", "rst"))
                self.check_event(proxy.wait("fault", rule=name)[0], action="rst")
            proxy.sign.region = "eu-west-1"
            client = proxy.client()
            client.send(proxy.sign.whole())
            self.assertEqual(client.rest(), (b"", "rst"))
            self.assertEqual([e["rule"] for e in proxy.wait("fault", 3)], ["this key", "here", "elsewhere"])

    def check_cut_early(self, how, delay_s, expects):
        delay = [{"delay": f"{int(delay_s * 1000)}ms"}] if delay_s else []
        with self.proxy(early(*delay, {how: {"at": "before-request"}}, match="1")) as proxy:
            capture = proxy.capture()
            client = proxy.client()
            began = time.monotonic()
            client.send(proxy.sign.request(batch(), headers=expects)[0])
            if how == "hang":
                self.assertTrue(client.is_silent(delay_s + 0.3))
                self.assertEqual(client.state(), "established")
                self.assertIn(capture.ends(client.port), (None, set()))
            else:
                self.assertEqual(self.check_cut(client, capture, how), b"")
                self.assertGreaterEqual(time.monotonic() - began, delay_s)
            self.check_event(proxy.wait("fault")[0], action=how, at="before-request", bytes=0,
                             kind="silence" if how == "hang" else "broken")
            self.assertEqual(self.told(proxy), ["match", "fault"])
            self.assertEqual(proxy.ask().status, 200)


class EarlyReplies(Both):
    BUSY = {"respond": {"status": 503, "body": "busy"}}

    def test_the_reply_comes_before_the_body(self):
        with self.proxy(early(self.BUSY, match="1")) as proxy, proxy.client() as client:
            head, body = proxy.sign.request(batch())
            client.send(head)
            reply = client.reply()
            self.assertEqual((reply.status, reply.body), (503, b"busy"))
            self.assertEqual(proxy.events("request") + proxy.events("response"), [])
            # The body is read on, and no second reply follows it.
            client.send(body)
            self.check_event(proxy.wait("fault")[0], action="respond", kind="answer", rule="early")
            self.assertEqual(self.told(proxy), ["match", "request", "response", "fault"])
            self.check_event(proxy.events("response")[0], status=503, whole=True, origin="rule",
                             bytes=len(reply.raw))
            self.check_next(proxy, client)

    def test_an_error_that_says_when_to_come_back(self):
        then = [{"error": {"name": "ThrottlingException", "status": 429}}, {"retry_after": "3s"}]
        with self.proxy(early(*then, match="1")) as proxy, proxy.client() as client:
            head, body = proxy.sign.request(batch())
            client.send(head)
            reply = client.reply()
            self.assertEqual((reply.status, reply.field("retry-after")), (429, "3"))
            self.assertEqual(reply.json()["__type"], "ThrottlingException")
            client.send(body)
            self.check_next(proxy, client)
            self.assertEqual([e["x"] for e in proxy.wait("commit")], [2])

    def test_after_a_delay(self):
        with self.proxy(early(self.BUSY, {"delay": "300ms"}, match="1")) as proxy:
            with proxy.client() as client:
                head, body = proxy.sign.request(batch())
                began = time.monotonic()
                client.send(head)
                self.assertEqual(client.reply().status, 503)
                self.assertGreaterEqual(time.monotonic() - began, 0.3)
                client.send(body)
                self.check_next(proxy, client)

    def test_a_whole_request_at_once(self):
        with self.proxy(early(self.BUSY, match="1")) as proxy, proxy.client() as client:
            client.send(proxy.sign.whole() * 2)
            self.assertEqual([client.reply().status for _ in range(2)], [503, 200])
            self.assertEqual([e["x"] for e in proxy.wait("commit")], [2])

    def test_no_100_before_it(self):
        with self.proxy(early(self.BUSY, match="1")) as proxy, proxy.client() as client:
            head, body = proxy.sign.request(batch(), headers=[("Expect", "100-continue")])
            client.send(head)
            self.assertEqual(client.reply().status, 503)
            self.assertTrue(client.is_silent())
            client.send(body)
            self.check_next(proxy, client)

    def test_then_the_client_leaves(self):
        for end in "close", "reset":
            with self.subTest(end=end), self.proxy(early(self.BUSY, match="1")) as proxy:
                client = proxy.client()
                client.send(proxy.sign.request(batch())[0])
                self.assertEqual(client.reply().status, 503)
                self.assertTrue(client.is_silent())  # the proxy knows that the reply has arrived
                getattr(client, end)()
                self.check_event(proxy.wait("fault")[0], action="respond")
                proxy.wait("close")
                self.assertEqual(self.told(proxy)[:3], ["match", "response", "fault"])
                self.assertEqual(proxy.ask().status, 200)

    def test_then_what_is_no_body(self):
        """There is no second reply: FIN is all that is left to say."""
        with self.proxy(early(self.BUSY, match="1")) as proxy:
            capture = proxy.capture()
            client = proxy.client()
            client.send(proxy.sign.request(batch(), chunked=True)[0])
            self.assertEqual(client.reply().status, 503)
            client.send(b"XX\r\n")
            self.assertEqual(self.check_cut(client, capture, "fin"), b"")
            self.assertEqual([e["status"] for e in proxy.wait("response")], [503])

    def test_then_an_end(self):
        """The body is never read. FIN waits for what still comes, so that no reset takes the reply."""
        for how in "fin", "rst":
            with self.subTest(how=how):
                self.check_then(how, b" " * 200000 if how == "fin" else b"")

    def check_then(self, how, behind):
        with self.proxy(early(self.BUSY, {how: {"at": "after-response"}}, match="1")) as proxy:
            capture = proxy.capture()
            client = proxy.client()
            head = b"POST / HTTP/1.1\r\nHost: a\r\nX-Amz-Target: AWSMPMeteringService.BatchMeterUsage\r\n"
            client.send(head + b"Content-Length: 900000\r\n\r\n")
            if behind:
                client.send(behind)
            data = self.check_cut(client, capture, how)
            self.assertTrue(data.endswith(b"\r\n\r\nbusy"), data)
            self.check_event(proxy.wait("fault")[0], action=how, kind="broken", at="after-response",
                             bytes=len(data))
            self.check_event(proxy.wait("close")[0], by="us", how=how)
            self.assertEqual(proxy.events("request"), [])
            self.check_event(proxy.events("response")[0], whole=True, status=503)

    def test_that_says_close(self):
        """Then nothing more is acted on; what still comes is read until the client has closed, too."""
        busy = {"respond": {"status": 503, "body": "busy", "headers": {"connection": "close"}}}
        with self.proxy(early(busy, match="1")) as proxy:
            capture = proxy.capture()
            client = proxy.client()
            client.send(proxy.sign.request(batch())[0])
            data = self.check_cut(client, capture, "fin")
            self.assertEqual(data.lower().count(b"connection: close\r\n"), 1)
            self.check_event(proxy.wait("fault")[0], action="respond", kind="answer")
            self.check_event(proxy.wait("close")[0], by="us", how="fin")
            self.assertEqual(proxy.events("request"), [])

    def test_within_itself(self):
        cut = {"fin": {"at": "response", "after_bytes": 30}}
        with self.proxy(early(self.BUSY, cut, match="1")) as proxy:
            capture = proxy.capture()
            client = proxy.client()
            client.send(proxy.sign.request(batch())[0])
            self.assertEqual(len(self.check_cut(client, capture, "fin")), 30)
            self.check_event(proxy.wait("response")[0], whole=False, bytes=30)


class AfterReplies(Both):
    """The service has answered, whole; then the connection ends, which nothing had announced."""

    def test_fin_and_rst(self):
        for how in "fin", "rst":
            with self.subTest(how=how):
                with self.proxy(*in_turn([{how: {"at": "after-response"}}], None)) as proxy:
                    capture = proxy.capture()
                    client = proxy.client()
                    client.send(proxy.sign.whole())
                    data = self.check_cut(client, capture, how)
                    self.check_event(proxy.wait("fault")[0], action=how, kind="broken",
                                     at="after-response", bytes=len(data))
                    self.check_event(proxy.wait("response")[0], whole=True, status=200)
                    self.assertEqual(len(proxy.events("commit")), 1)
                    self.assertEqual(masked(data), masked(proxy.ask().raw))

    def test_hang(self):
        """The reply is whole; the connection stays, and whatever else it is asked is not answered."""
        with self.proxy(*in_turn([{"hang": {"at": "after-response"}}])) as proxy:
            with proxy.client() as client:
                client.send(proxy.sign.whole() * 2)
                self.assertEqual(client.reply().status, 200)
                self.assertTrue(client.is_silent())
                self.assertEqual(client.state(), "established")
            self.check_event(proxy.wait("fault")[0], action="hang", kind="silence", at="after-response")
            self.assertEqual(len(proxy.events("request")), 1)

    def test_after_a_delay(self):
        then = [{"delay": "300ms"}, {"rst": {"at": "after-response"}}]
        with self.proxy(*in_turn(then)) as proxy:
            capture = proxy.capture()
            client = proxy.client()
            began = time.monotonic()
            client.send(proxy.sign.whole())
            self.assertIn(b'"Success"', self.check_cut(client, capture, "rst"))
            self.assertGreaterEqual(time.monotonic() - began, 0.3)

    def test_a_reply_that_says_close(self):
        for value, how in ("Close", "fin"), ("x, close", "fin"), ("keep-alive", "open"):
            then = [{"respond": {"status": 503, "headers": {"Connection": value}}}]
            with self.subTest(value=value), self.proxy(*in_turn(then)) as proxy:
                capture = proxy.capture()
                client = proxy.client()
                client.send(proxy.sign.whole())
                self.assertEqual(client.reply().field("connection"), value)
                if how == "fin":
                    self.assertEqual(self.check_cut(client, capture, how), b"")
                else:
                    self.check_next(proxy, client)

    def test_a_wrong_length_that_ends_with_a_reset(self):
        then = [{"wrong_length": {"by": 5}}, {"rst": {"at": "after-response"}}]
        with self.proxy(*in_turn(then)) as proxy:
            capture = proxy.capture()
            client = proxy.client()
            client.send(proxy.sign.whole())
            head, body = self.check_cut(client, capture, "rst").split(b"\r\n\r\n", 1)
            self.assertIn(b"Content-Length: %d" % (len(body) + 5), head)


class ReadingTest(Readings, WireTest):
    def test_half_closed_meanwhile(self):
        """What was sent before the FIN is read, late as it is, and answered."""
        for then in {"delay": "400ms"}, {"slow_read": {"bytes_per_s": 400}}:
            with self.subTest(then=then), self.proxy(early(then, match="1")) as proxy:
                with proxy.client() as client:
                    client.send(proxy.sign.whole() * 2)
                    client.half_close()
                    self.assertEqual([client.reply().status for _ in range(2)], [200] * 2)
                    self.assertEqual(client.rest(), (b"", "fin"))
                self.check_event(proxy.wait("close")[0], by="client", how="fin")

    def test_half_closed_within_a_request(self):
        with self.proxy(early({"delay": "400ms"}, match="1")) as proxy, proxy.client() as client:
            client.send(proxy.sign.whole()[:-1])
            client.half_close()
            self.assertEqual(client.rest(), (b"", "fin"))
            self.check_event(proxy.wait("fault")[0], action="delay", at="request")
            self.assertEqual(proxy.events("request"), [])


class TlsReadingTest(Readings, WireTest):
    tls = True


class CutTest(Cuts, WireTest):
    pass


class ElsewhereTest(WireTest):
    """The same where credentials are fetched: their requests have a head, too, and no body."""

    def test_metadata(self):
        busy = {"respond": {"status": 503, "body": "busy"}}
        thens = [busy], [{"delay": "300ms"}], [busy, {"rst": {"at": "after-response"}}]
        rules = [rule(f"r{n}", then, match=str(n), when={"phase": "head", "target": "imds"})
                 for n, then in enumerate(thens, 1)]
        ask = b"PUT /latest/api/token HTTP/1.1\r\nHost: a\r\nX-aws-ec2-metadata-token-ttl-seconds: 60\r\n\r\n"
        with Proxy(rules, source="imds") as proxy:
            port = int(proxy.exports["AWS_EC2_METADATA_SERVICE_ENDPOINT"].rsplit(":", 1)[1].strip("/"))
            with Client(port) as client:
                began = time.monotonic()
                for status in 503, 200, 503:
                    client.send(ask)
                    reply = client.reply()
                    self.assertEqual(reply.status, status)
                    if status == 200:
                        proxy.secrets.append(reply.body.decode().split("-")[0])
                self.assertGreaterEqual(time.monotonic() - began, 0.3)
                self.assertEqual(client.rest(), (b"", "rst"))
            self.assertEqual([e["rule"] for e in proxy.wait("fault", 3)], ["r1", "r2", "r3"])
            self.assertEqual([e["x"] for e in proxy.events("request", asks="token")], [1, 2])


class TlsCutTest(Cuts, WireTest):
    tls = True


class EarlyReplyTest(EarlyReplies, WireTest):
    pass


class TlsEarlyReplyTest(EarlyReplies, WireTest):
    tls = True


class AfterReplyTest(AfterReplies, WireTest):
    pass


class TlsAfterReplyTest(AfterReplies, WireTest):
    tls = True


if __name__ == "__main__":
    unittest.main()
