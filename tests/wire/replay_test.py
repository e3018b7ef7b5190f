# SPDX-License-Identifier: Apache-2.0
"""What is recorded is replayed: byte for byte, fault for fault, whoever signs; and nothing else is."""
import json
import re
import time
import unittest

import wire
from recording import ERROR, ReplayTest, check, dateless, resolve
from wire import batch, in_turn, record, rule

AT_RESPONSE = {"at": "response", "after_bytes": 150}


def meter(**more):
    return json.dumps({"ProductCode": wire.PRODUCT, "Timestamp": wire.HOUR_S,
                       "UsageDimension": "requests", "UsageQuantity": 3, **more}).encode()


class FaithfulTest(ReplayTest):
    """What the client sees of a replay is what it saw when it was recorded."""

    THENS = [
        None, [{"error": "ThrottlingException"}], [{"error": {"name": "InternalServiceErrorException",
                                                              "how": "namespaced"}}],
        [{"respond": {"status": 503, "headers": {"X-A": "b", "x-amzn-requestid": "mine"},
                      "body": "no JSON \" \\ \u00e9"}}],
        [{"respond": {"status": 204}}], [{"unprocessed": {}}],
        [{"respond": {"status": 500, "headers": {"Connection": "close"}, "body": "x"}}],
        [{"error": "ThrottlingException"}, {"retry_after": "7s"}],
        [{"truncate": {"after_bytes": 20}}], [{"wrong_length": {"by": 9}}],
        [{"wrong_length": {"by": -9}}], [{"malformed_chunk": {}}], [{"empty_reply": {}}],
        [{"fin": {"at": "before-response"}}], [{"rst": {"at": "before-response"}}],
        [{"commit": {}}, {"rst": {"at": "before-response"}}], [{"fin": AT_RESPONSE}],
        [{"rst": AT_RESPONSE}], [{"drip": {"bytes": 64, "every": "2ms"}}],
        [{"idle_close": {"after": "20ms"}}], None,
    ]

    def see(self, proxy):
        """All that comes of one request on a connection that is then half closed."""
        with proxy.client() as client:
            client.send(proxy.sign.whole())
            try:
                client.half_close()
            except OSError:
                pass  # it is reset already
            data, how = client.rest()
            return dateless(data), how

    def test_byte_for_byte(self):
        with self.record(in_turn(*self.THENS)) as proxy:
            told = [self.see(proxy) for _ in self.THENS]
        self.assertEqual((0, f"{self.path}: a recording of {len(self.THENS)} exchanges\n"
                             "0 cases, 0 problems\n"), check(self.path))
        with self.replay() as proxy:
            for n, (then, expected) in enumerate(zip(self.THENS, told), 1):
                with self.subTest(then=then):
                    self.assertEqual(expected, self.see(proxy))
                    self.check_replay_event(proxy, n, found=True, recorded=n)
            self.assertEqual([], proxy.events("commit"))
        self.assertEqual({"rst", "fin"}, {how for _, how in told})
        self.assertGreater(len(set(told)), 14)

    def test_delays_and_silence(self):
        """A drawn delay is recorded as it was drawn; what hung hangs."""
        rules = in_turn([{"delay": {"uniform": ["150ms", "250ms"]}}], [{"hang": AT_RESPONSE}])
        with self.record(rules) as proxy:
            proxy.ask()
            with proxy.client() as client:
                client.send(proxy.sign.whole())
                client.take(150)
                proxy.wait("fault", 2)
        delay, hang = self.exchanges()
        delay_us = int(re.fullmatch(r"(\d+)us", delay["then"][1]["delay"])[1])
        self.assertTrue(150_000 <= delay_us < 250_000, delay_us)
        self.assertEqual({"hang": AT_RESPONSE}, hang["then"][1])
        with self.replay() as proxy:
            began = time.monotonic()
            self.assertEqual(200, proxy.ask().status)
            self.assertGreaterEqual(time.monotonic() - began, delay_us / 1e6)
            with proxy.client() as client:
                client.send(proxy.sign.whole())
                client.take(150)
                self.assertTrue(client.is_silent())

    def test_a_date_is_of_today(self):
        """A Date that a rule shifted is shifted again; any other is that of the replay."""
        with self.record(in_turn(None, [{"date_header": "-2h"}])) as proxy:
            proxy.ask()
            proxy.ask()
        self.assertNotIn("Date", self.exchanges()[0]["then"][0]["respond"]["headers"])
        with self.replay() as proxy:
            dates = [wire.datetime.datetime.strptime(proxy.ask().field("Date"),
                                                     "%a, %d %b %Y %H:%M:%S GMT") for _ in range(2)]
            self.assertIn((dates[0] - dates[1]).total_seconds() // 10, (720, 719))

    def test_garbage_is_garbage(self):
        with self.record(in_turn([{"garbage": {"bytes": 80}}])) as proxy:
            self.see(proxy)
        self.assertEqual([{"garbage": {"bytes": 80}}], self.exchanges()[0]["then"])
        with self.replay() as proxy:
            data, how = self.see(proxy)
            self.assertEqual((80, "fin", False), (len(data), how, data.startswith(b"HTTP")))

    def test_over_tls(self):
        with self.record(tls=True) as proxy:
            told = dateless(proxy.ask().raw)
        with self.replay(tls=True) as proxy:
            self.assertEqual(told, dateless(proxy.ask().raw))


class MatchTest(ReplayTest):
    """A request is known by its operation and content alone."""

    def ask_in_chunks(self, proxy, body):
        head, _ = proxy.sign.request(body, chunked=True)
        with proxy.client() as client:
            client.send(head + b"5\r\n" + body[:5] + b"\r\n%x\r\n" % len(body[5:]) + body[5:] +
                        b"\r\n0\r\n\r\n")
            return client.reply()

    def test_however_it_is_written(self):
        body = batch(record(), record("globex", 2))
        with self.record() as proxy:
            told = [dateless(proxy.ask(body).raw) for _ in range(5)]
        tree = json.loads(body)
        turned = {key: tree[key] for key in reversed(tree)}
        turned["UsageRecords"] = [dict(reversed(r.items())) for r in tree["UsageRecords"]]
        numbers = json.dumps(tree).replace(str(wire.HOUR_S), f"{wire.HOUR_S / 1e9!r}E+9")
        with self.replay() as proxy:
            sdk = [("amz-sdk-invocation-id", "other"), ("amz-sdk-request", "attempt=3; max=5"),
                   ("user-agent", "another/1.0")]
            asks = [lambda: proxy.ask(json.dumps(turned, indent=2).encode()),
                    lambda: proxy.ask(numbers.replace("7}", "7.0}").encode()),
                    lambda: proxy.ask(body, headers=sdk), lambda: self.ask_in_chunks(proxy, body)]
            self.assertNotIn(str(wire.HOUR_S), numbers)
            for ask, expected in zip(asks, told):
                self.assertEqual(expected, dateless(ask().raw))
            proxy.sign_with("AKIAIOSFODNN7EXAMPLE", "someone-else-entirely")
            self.assertEqual(told[4], dateless(proxy.ask(body).raw))

    def test_each_as_often_as_it_was_recorded(self):
        rules = in_turn(None, [{"error": "ThrottlingException"}], None, None)
        with self.record(rules) as proxy:
            told = [dateless(proxy.ask(b).raw) for b in (batch(), batch(), batch(record(quantity=9)),
                                                         batch())]
        with self.replay() as proxy:
            order = (2, batch(record(quantity=9))), (0, batch()), (1, batch()), (3, batch())
            for at, body in order:
                self.assertEqual(told[at], dateless(proxy.ask(body).raw))
            self.check_refused(proxy.ask(), "as often as it was recorded", "exchange 1")
            self.check_replay_event(proxy, 5, found=False, why="spent", nearest=1)
            self.check_event(proxy.wait("response", 5)[4], status=400, error=ERROR, origin="recording")

    def test_what_differs_is_named(self):
        with self.record() as proxy:
            proxy.ask(batch(record("globex", 1)))
            proxy.ask(batch(record(), record("hooli")))
            proxy.ask(resolve(), target="ResolveCustomer")
        with self.replay() as proxy:
            reply = proxy.ask(batch(record(), record("hooli", 8)))
            self.check_refused(reply, "exchange 2", "/body/UsageRecords/1/Quantity is 8, recorded was 7")
            self.check_replay_event(proxy, 1, found=False, why="differs", nearest=2, differs=[
                {"at": "/body/UsageRecords/1/Quantity", "recorded": 7, "seen": 8}])
            proxy.ask(batch(record(), record("hooli"), record("acme", 3)))
            extra = proxy.wait("replay", 2)[1]["differs"]
            self.assertEqual([{"at": "/body/UsageRecords/2", "seen": record("acme", 3)}], extra)
            proxy.ask(b"{}", target="NoSuch")
            self.check_replay_event(proxy, 3, nearest=3)  # its body is the smallest
            self.assertEqual({"at": "/operation", "recorded": "ResolveCustomer",
                              "seen": "AWSMPMeteringService.NoSuch"},
                             proxy.wait("replay", 3)[2]["differs"][0])
            self.assertEqual(200, proxy.ask(batch(record("globex", 1))).status)  # nothing was spent

    def test_an_empty_recording(self):
        with self.record():
            pass
        with self.replay() as proxy:
            self.check_refused(proxy.ask(), "empty")
            self.check_replay_event(proxy, 1, found=False, why="empty")

    def test_tokens_of_clients(self):
        with self.record(args=["--profile", "agentcore"]) as proxy:
            for token in "t1", "t1", "t2":
                proxy.ask(meter(ClientToken=token), target="MeterUsage")
        with self.replay(args=["--profile", "agentcore"]) as proxy:
            numbers = []
            for n, token in enumerate(("s1", "s2", "s3", "s1"), 1):
                proxy.ask(meter(ClientToken=token), target="MeterUsage")
                numbers.append(proxy.wait("replay", n)[n - 1].get("recorded"))
            self.assertEqual([1, 3, None, 2], numbers)
            self.check_replay_event(proxy, 3, nearest=2, differs=[
                {"at": "/body/ClientToken", "recorded": "t1", "seen": "s3"}])

    def test_left_out(self):
        with self.record() as proxy:
            proxy.ask()
        exchange = self.exchanges()[0]
        del exchange["then"]
        self.rewrite({**exchange, "left_out": "the reply is no UTF-8 text"})
        with self.replay() as proxy:
            self.check_refused(proxy.ask(), "Exchange 1", "no UTF-8")
            self.check_replay_event(proxy, 1, found=False, why="left out", nearest=1)


class TimesTest(ReplayTest):
    """Hours later the times of usage are others."""

    def earlier(self, hours):
        """The recording as if it were so many hours older."""
        def moved(text):
            return re.sub(r'("Timestamp\\?": ?)(\d+)',
                          lambda m: m[1] + str(int(m[2]) - hours * 3600), text)
        exchanges = self.exchanges()
        for e in exchanges:
            at = wire.datetime.datetime.fromisoformat(e["at"].replace("Z", "+00:00"))
            at -= wire.datetime.timedelta(hours=hours)
            e["at"] = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.rewrite(*(json.loads(moved(json.dumps(e))) for e in exchanges))
        for e in self.exchanges():
            self.assertNotIn(str(wire.HOUR_S), json.dumps(e))

    def turn(self):
        """Not while the hour turns: who is recorded before and replayed after it is another case."""
        left_s = 3600 - time.time() % 3600
        if left_s < 5:
            time.sleep(left_s)

    def test_shifted(self):
        self.turn()
        body = batch(record(hours_ago=1), record("hooli", 2, hours_ago=3))
        with self.record() as proxy:
            told = proxy.ask(body)
            proxy.ask(body)
        self.earlier(29)
        with self.replay() as proxy:
            reply = proxy.ask(body)
            self.assertEqual(told.json(), reply.json())  # the times in it are those of today
            other = batch(record(hours_ago=1), record("hooli", 2, hours_ago=2))
            reply = proxy.ask(other)
            self.check_refused(reply, "/body/UsageRecords/1/Timestamp")
            self.check_replay_event(proxy, 2, why="differs", nearest=2)
            # A clock that stands still sends what it sent then.
            old = json.loads(body)
            for item in old["UsageRecords"]:
                item["Timestamp"] -= 29 * 3600
            reply = proxy.ask(json.dumps(old).encode())
            self.assertEqual([r["Timestamp"] for r in old["UsageRecords"]],
                             [r["UsageRecord"]["Timestamp"] for r in reply.results()])

    def test_exact(self):
        with self.record() as proxy:
            proxy.ask()
        self.earlier(29)
        with self.replay(args=["--replay-times", "exact"]) as proxy:
            self.check_refused(proxy.ask(), "/body/UsageRecords/0/Timestamp")


if __name__ == "__main__":
    unittest.main()
