# SPDX-License-Identifier: Apache-2.0
"""Replies that are paced, broken or replaced, idle connections that are closed, and a port on which
nobody listens, seen from the other end of the wire."""
import email.utils
import errno
import http.client
import itertools
import json
import os
import socket
import sys
import tempfile
import time
import unittest

import wire
from clients import masked
from wire import METERPROVER, PATIENCE_S, Proxy, WireTest, batch, in_turn, needs_meterprover, rule, run



class Arrivals:
    """The bytes of a reply as they come: when, and how many in all."""

    def __init__(self, client, began):
        self.data, self.seen = b"", []
        while not self._is_whole():
            piece = client.socket.recv(65536)
            self.data += piece
            self.seen.append((time.monotonic() - began, len(self.data)))
            if piece == b"":
                break

    def _is_whole(self):
        head, found, body = self.data.partition(b"\r\n\r\n")
        if not found:
            return False
        length = head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]
        return len(body) >= int(length)


class PaceTest(WireTest):
    def paced(self, proxy, client):
        began = time.monotonic()
        client.send(proxy.sign.whole())
        return Arrivals(client, began)

    def check_told(self, proxy, x, verb, arrivals):
        fault, = proxy.wait("fault", x=x)
        self.check_event(fault, action=verb, kind="silence", bytes=len(arrivals.data), rule=f"r{x}")
        response, = proxy.events("response", x=x)
        self.check_event(response, whole=True, bytes=len(arrivals.data), status=200)

    def check_as_undisturbed(self, proxy, client, arrivals):
        """The connection is kept, and the next reply is not paced; but for the pace all is equal."""
        began = time.monotonic()
        client.send(proxy.sign.whole())
        whole = client.reply()
        self.assertEqual(masked(whole.raw), masked(arrivals.data))
        self.assertEqual(proxy.events("close"), [])
        return time.monotonic() - began

    def test_rate_limit(self):
        with Proxy(in_turn([{"rate_limit": {"bytes_per_s": 500}}], None)) as proxy:
            client = proxy.client()
            arrivals = self.paced(proxy, client)
            for seconds, count in arrivals.seen:
                self.assertLessEqual(count, 500 * seconds)
            self.assertGreater(len(arrivals.seen), 10)
            self.check_told(proxy, 1, "rate_limit", arrivals)
            # One of several, as a busy machine may be late with any.
            self.assertLess(min(self.check_as_undisturbed(proxy, client, arrivals) for _ in range(3)),
                            arrivals.seen[-1][0])

    def test_drip(self):
        with Proxy(in_turn([{"drip": {"bytes": 60, "every": "50ms"}}], None)) as proxy:
            capture = proxy.capture()
            client = proxy.client()
            arrivals = self.paced(proxy, client)
            for seconds, count in arrivals.seen:
                self.assertLessEqual(count, 60 * (1 + int(seconds / 0.05)))
            self.check_told(proxy, 1, "drip", arrivals)
            if capture.ends(client.port) is not None:
                sizes = [length for _, _, length in capture.from_proxy(client.port) if length > 0]
                # Segments end where pieces do; a machine that is late may send two pieces as one.
                total = len(arrivals.data)
                ends = list(itertools.accumulate(sizes))
                self.assertLessEqual(set(ends), {*range(60, total, 60), total})
                self.assertGreater(len(ends), 2)
            self.check_as_undisturbed(proxy, client, arrivals)

    def test_a_drip_after_a_delay(self):
        with Proxy(in_turn([{"drip": {"bytes": 100, "every": "50ms"}}, {"delay": "300ms"}])) as proxy:
            arrivals = self.paced(proxy, proxy.client())
            for seconds, count in arrivals.seen:
                self.assertLessEqual(count, 100 * (1 + int((seconds - 0.3) / 0.05)))
            self.assertGreaterEqual(arrivals.seen[0][0], 0.3)

    def test_a_drip_that_ends_with_a_reset(self):
        then = [{"drip": {"bytes": 50, "every": "20ms"}}, {"rst": {"at": "response", "after_bytes": 120}}]
        with Proxy(in_turn(then)) as proxy:
            capture = proxy.capture()
            client = proxy.client()
            client.send(proxy.sign.whole())
            self.check_end(client, capture, "rst", 120)
            self.check_event(proxy.wait("fault", x=1)[0], kind="broken", bytes=120)

    def test_a_client_that_does_not_wait_has_met_it(self):
        with Proxy(in_turn([{"drip": {"bytes": 1, "every": "1s"}}])) as proxy:
            client = proxy.client()
            client.send(proxy.sign.whole())
            client.take(1)
            client.reset()
            self.check_event(proxy.wait("fault", x=1)[0], action="drip", kind="silence")
            self.check_event(proxy.wait("close", conn=1)[0], by="client", how="rst")


class BrokenTest(WireTest):
    def broken(self, proxy, x, verb, count=None, status=200, commits=1, whole=False):
        """The bytes of the reply to a request that must end by FIN, whatever it promised."""
        capture = proxy.capture()
        client = proxy.client()
        client.send(proxy.sign.whole())
        data = self.check_end(client, capture, "fin", count)
        fault, = proxy.wait("fault", x=x)
        self.check_event(fault, action=verb, kind="broken", at="response", bytes=len(data))
        response, = proxy.events("response", x=x)
        self.check_event(response, whole=whole, bytes=len(data), status=status)
        self.check_event(proxy.wait("close", conn=x)[0], by="us", how="fin")
        self.assertEqual(len(proxy.events("commit", x=x)), commits)
        return data

    def test_wrong_length(self):
        shifts = (5, 1, -1, -30, -100000)
        with Proxy(in_turn(*[[{"wrong_length": {"by": by}}] for by in shifts], None)) as proxy:
            # A body that is all there may be taken by a client, although more was promised.
            seen = [self.broken(proxy, x, "wrong_length", whole=by > 0)
                    for x, by in enumerate(shifts, 1)]
            whole = proxy.ask()
            length = len(whole.body)
            for by, data in zip(shifts, seen):
                with self.subTest(by=by):
                    head, body = data.split(b"\r\n\r\n", 1)
                    # All but the length is the reply as it would have been, its body to the end.
                    announced = max(length + by, 0)
                    wanted = masked(whole.raw).replace(b"Content-Length: %d\r\n" % length,
                                                       b"Content-Length: %d\r\n" % announced)
                    self.assertEqual(len(body), length)
                    self.assertEqual(masked(data).partition(b"\r\n\r\n")[0],
                                     wanted.partition(b"\r\n\r\n")[0])
                    self.assertEqual(head.count(b"Content-Length"), 1)

    def test_wrong_length_of_an_error(self):
        then = [{"error": "ThrottlingException"}, {"wrong_length": {"by": 7}}]
        with Proxy(in_turn(then)) as proxy:
            data = self.broken(proxy, 1, "wrong_length", status=400, commits=0, whole=True)
            head, body = data.split(b"\r\n\r\n", 1)
            self.assertIn(b"Content-Length: %d" % (len(body) + 7), head)

    def test_malformed_chunk(self):
        with Proxy(in_turn([{"malformed_chunk": {}}], None)) as proxy:
            data = self.broken(proxy, 1, "malformed_chunk")
            whole = proxy.ask()
            head, body = data.split(b"\r\n\r\n", 1)
            self.assertEqual((head.count(b"Transfer-Encoding: chunked"),
                              head.lower().count(b"content-length")), (1, 0))
            half = len(whole.body) // 2
            size, rest = body.split(b"\r\n", 1)
            self.assertEqual(int(size, 16), half)
            self.assertEqual(len(rest[:half]), half)
            self.assertRegex(rest[half:], rb"^\r\n![0-9a-f]+\r\n")

    def test_a_real_client_calls_it_malformed(self):
        with Proxy(in_turn([{"malformed_chunk": {}}])) as proxy:
            client = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=PATIENCE_S)
            head, body = proxy.sign.request(batch())
            fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:-2])
            client.request("POST", "/", body, fields)
            with self.assertRaises(http.client.IncompleteRead):
                client.getresponse().read()
            client.close()

    def test_garbage(self):
        thens = ([{"garbage": {}}], [{"garbage": {"bytes": 1000}}], [{"garbage": {}}],
                 [{"commit": {}}, {"garbage": {}}])
        seen = {}
        for seed in 7, 7, 8:
            with Proxy(in_turn(*thens), seed=seed) as proxy:
                got = [self.broken(proxy, 1, "garbage", 64, status=0, commits=0),
                       self.broken(proxy, 2, "garbage", 1000, status=0, commits=0),
                       self.broken(proxy, 3, "garbage", 64, status=0, commits=0),
                       self.broken(proxy, 4, "garbage", 64, status=0, commits=1)]
                for data in got:
                    self.assertGreaterEqual(data[0], 0x80)
                self.assertEqual(len(set(got)), 4)
                # Nothing that the client could read was said of any record.
                self.assertNotIn("results", proxy.events("response", x=4)[0])
                self.assertEqual(seen.setdefault(seed, got), got)
        self.assertEqual(set(seen[7]) & set(seen[8]), set())


class FieldTest(WireTest):
    def test_redirect(self):
        thens = ([{"redirect": {}}], [{"redirect": {"status": 302, "location": "http://127.0.0.1:1/x"}}])
        with Proxy(in_turn(*thens, None)) as proxy:
            wanted = [(307, "http://127.0.0.1:9/"), (302, "http://127.0.0.1:1/x")]
            client = proxy.client()
            for x, (status, location) in enumerate(wanted, 1):
                client.send(proxy.sign.whole())
                reply = client.reply()
                self.assertEqual((reply.status, reply.field("location"), reply.body),
                                 (status, location, b""))
                self.check_event(proxy.wait("fault", x=x)[0], action="redirect", kind="answer")
                self.check_event(proxy.events("response", x=x)[0], origin="rule", whole=True)
                self.assertEqual(proxy.events("commit", x=x), [])
            client.send(proxy.sign.whole())
            self.assertIsNone(client.reply().field("location"))

    def test_date_header(self):
        shifts = {"+1h": 3600, "-20m": -1200, "+2d": 172800}
        with Proxy(in_turn(*[[{"date_header": shift}] for shift in shifts], None)) as proxy:
            for seconds in list(shifts.values()) + [0]:
                before = int(time.time())
                reply = proxy.ask()
                date = email.utils.parsedate_to_datetime(reply.field("date")).timestamp()
                self.assertLessEqual(before, date - seconds)
                self.assertLessEqual(date - seconds, time.time())
                self.assertEqual(reply.status, 200)
            self.assertEqual(len(proxy.events("fault")), 3)
            self.check_event(proxy.events("fault")[0], action="date_header", kind="answer")

    def test_retry_after(self):
        error = {"error": {"name": "ThrottlingException", "status": 429}}
        cases = [("5s", "retry-after", "5"), ("1500ms", "retry-after", "2"), ("0s", "retry-after", "0"),
                 ({"after": "1m"}, "retry-after", "60"),
                 ({"after": "1500ms", "header": "x-amz-retry-after"}, "x-amz-retry-after", "1500")]
        with Proxy(in_turn(*[[error, {"retry_after": case[0]}] for case in cases],
                           [{"retry_after": "2s"}], None)) as proxy:
            for x, (_, name, value) in enumerate(cases, 1):
                reply = proxy.ask()
                self.assertEqual((reply.status, reply.field(name)), (429, value))
                other = {"retry-after": "x-amz-retry-after"}.get(name, "retry-after")
                self.assertIsNone(reply.field(other))
                self.check_event(proxy.wait("fault", x=x)[0], action="retry_after", kind="answer")
            self.assertEqual(proxy.ask().field("retry-after"), "2")  # also of a good answer
            self.assertIsNone(proxy.ask().field("retry-after"))

    def test_retry_after_a_date(self):
        then = [{"error": "ThrottlingException"},
                {"retry_after": {"after": "90s", "header": "retry-after-date"}}]
        with Proxy(in_turn(then)) as proxy:
            before = time.time()
            date = email.utils.parsedate_to_datetime(proxy.ask().field("retry-after")).timestamp()
            # Whole seconds, rounded up: never earlier than it was asked for.
            self.assertLessEqual(before + 90, date + 0.001)
            self.assertLessEqual(date, time.time() + 91)


class IdleTest(WireTest):
    AFTER_S = 0.8
    IDLE = [{"idle_close": {"after": "800ms"}}]
    LONG = [{"delay": "1500ms"}]

    def proxy(self, *more):
        return Proxy(in_turn(self.IDLE, *more))

    def ask(self, proxy, client):
        client.send(proxy.sign.whole())
        reply = client.reply()
        return reply, time.monotonic()

    def test_an_idle_connection_is_closed(self):
        with self.proxy() as proxy:
            capture = proxy.capture()
            client = proxy.client()
            reply, replied = self.ask(proxy, client)
            self.assertEqual(reply.results()[0]["Status"], "Success")
            self.check_event(proxy.wait("response", x=1)[0], whole=True)
            self.assertEqual(proxy.events("fault"), [])
            self.assertEqual(self.check_end(client, capture, "fin"), b"")
            # The client's watch starts after ours.
            self.assertGreater(time.monotonic() - replied, self.AFTER_S - 0.05)
            fault, = proxy.wait("fault", x=1)
            self.check_event(fault, action="idle_close", kind="broken", bytes=len(reply.raw), rule="r1")
            self.check_event(proxy.wait("close", conn=1)[0], by="us", how="fin", x=0)
            client.close()
            self.assertEqual(proxy.ask().status, 200)

    def test_a_connection_in_use_is_not_idle(self):
        with self.proxy() as proxy:
            capture = proxy.capture()
            client = proxy.client()
            self.ask(proxy, client)
            for _ in range(16):  # in twice the time; a busy machine may be late by much of it
                self.assertTrue(client.is_silent(self.AFTER_S / 8))
                _, replied = self.ask(proxy, client)
            self.assertEqual(self.check_end(client, capture, "fin"), b"")
            self.assertGreater(time.monotonic() - replied, self.AFTER_S - 0.05)
            fault, = proxy.wait("fault")
            self.check_event(fault, action="idle_close", x=1)

    def test_half_a_request_is_not_idle(self):
        with self.proxy() as proxy:
            client = proxy.client()
            self.ask(proxy, client)
            request = proxy.sign.whole()
            client.send(request[:30])
            self.assertTrue(client.is_silent(2 * self.AFTER_S))
            client.send(request[30:])
            self.assertEqual(client.reply().status, 200)
            self.assertEqual(proxy.events("fault"), [])

    def test_a_long_reply_is_not_idle(self):
        with self.proxy(self.LONG) as proxy:
            client = proxy.client()
            self.ask(proxy, client)
            reply, _ = self.ask(proxy, client)
            self.assertEqual(reply.status, 200)
            self.assertEqual([e["action"] for e in proxy.wait("fault")], ["delay"])
            self.check_event(proxy.wait("fault", 2)[1], action="idle_close", x=1)

    def test_a_long_reply_to_a_pipelined_request_is_not_idle(self):
        with self.proxy(self.LONG) as proxy:
            client = proxy.client()
            client.send(2 * proxy.sign.whole())
            self.assertEqual([client.reply().status for _ in range(2)], [200, 200])
            self.assertEqual([e["action"] for e in proxy.wait("fault", 2)], ["delay", "idle_close"])

    def test_a_client_that_closes_first_has_not_met_it(self):
        for how in "close", "reset", "header":
            with self.subTest(how=how):
                with self.proxy(self.IDLE) as proxy:
                    client = proxy.client()
                    if how == "header":
                        client.send(proxy.sign.whole(headers=[("Connection", "close")]))
                        self.assertEqual(client.reply().status, 200)
                        self.assertEqual(client.rest(), (b"", "fin"))
                    else:
                        self.ask(proxy, client)
                        getattr(client, how)()
                    proxy.wait("close", conn=1)
                    # What must not happen would have happened before the next one is idle for as long.
                    self.ask(proxy, proxy.client())
                    self.assertEqual([e["x"] for e in proxy.wait("fault")], [2])


CLOSED = rule("closed", [{"refuse": {}}], when={"phase": "connect"})


def is_refused(port):
    with socket.socket() as one:
        why = one.connect_ex(("127.0.0.1", port))
    if why not in (0, errno.ECONNREFUSED):
        raise AssertionError(errno.errorcode.get(why, why))
    return why == errno.ECONNREFUSED


class RefuseTest(WireTest):
    def edges(self, proxy):
        return [(e["rule"], e["edge"], e["refused"]) for e in proxy.events("refuse")]

    def check_whole_window(self, proxy):
        proxy.stop()
        self.assertEqual(self.edges(proxy), [("closed", "begin", True), ("closed", "end", True)])
        fault, = proxy.events("fault", rule="closed")
        self.check_event(fault, x=0, action="refuse", kind="refuse")
        end, = proxy.events("refuse", edge="end")
        self.assertEqual(fault["seq"], end["seq"] + 1)

    def test_from_the_start(self):
        with Proxy([CLOSED]) as proxy:
            for _ in range(5):
                self.assertTrue(is_refused(proxy.port))
            self.check_whole_window(proxy)

    def test_the_port_stays_held(self):
        with Proxy([CLOSED]) as proxy:
            with socket.socket() as thief:
                with self.assertRaises(OSError) as caught:
                    thief.bind(("127.0.0.1", proxy.port))
                self.assertEqual(caught.exception.errno, errno.EADDRINUSE)
            self.check_whole_window(proxy)

    def test_armed_by_a_request(self):
        """Its own reply comes whole; then every connection is reset, and new ones are refused."""
        rules = [rule("r1", [{"arm": "closed"}], "1"), {**CLOSED, "armed": False}]
        with Proxy(rules) as proxy:
            capture = proxy.capture()
            kept, fresh, asking = proxy.client(), proxy.client(), proxy.client()
            half = proxy.client()
            half.send(proxy.sign.whole()[:200])
            proxy.wait("connect", 4)
            self.assertFalse(is_refused(proxy.port))
            proxy.wait("close")  # of our own look: it is no connection that could be reset
            asking.send(proxy.sign.whole())
            self.assertEqual(asking.reply().results()[0]["Status"], "Success")
            for client in asking, kept, fresh, half:
                self.assertEqual(self.check_end(client, capture, "rst"), b"")
            self.assertTrue(is_refused(proxy.port))
            self.assertEqual(len(proxy.wait("close", 4, by="us", how="rst")), 4)
            self.assertEqual(len(proxy.events("close")), 5)  # our own look is the fifth
            self.check_whole_window(proxy)

    def test_a_reply_under_way_is_sent(self):
        rules = [rule("slow", [{"delay": "500ms"}], "1"), rule("r2", [{"arm": "closed"}], "2"),
                 {**CLOSED, "armed": False}]
        with Proxy(rules) as proxy:
            slow, quick = proxy.client(), proxy.client()
            slow.send(proxy.sign.whole())
            proxy.wait("commit", x=1)
            quick.send(proxy.sign.whole())
            self.assertEqual(quick.reply().status, 200)
            self.assertEqual(quick.rest(), (b"", "rst"))
            self.assertTrue(is_refused(proxy.port))
            self.assertEqual(slow.reply().status, 200)
            self.assertEqual(slow.rest(), (b"", "rst"))
            self.check_whole_window(proxy)

    def test_what_cannot_be_played_is_refused_by_name(self):
        cases = {
            "refuses connections while it is armed":
                [{**CLOSED, "match": "1"}, {**CLOSED, "probability": 0.5},
                 {**CLOSED, "when": {"phase": "connect", "connection": "2+"}},
                 {**CLOSED, "then": [{"refuse": {}}, {"delay": "1s"}]}],
            "\"tls_garbage\" needs the transport tls":
                [rule("r", [{"tls_garbage": {}}], when={"phase": "tls"})],
            "a reply can be broken in one way only":
                [rule("r", [{"malformed_chunk": {}}, {"wrong_length": {"by": 2}}])],
            "a wrong length differs": [rule("r", [{"wrong_length": {"by": 0}}])],
            "the header \"Location\" cannot be sent":
                [rule("r", [{"redirect": {"location": "http://127.0.0.1:1/\r\nA: b"}}])],
            "longer than ten years": [rule("r", [{"date_header": "-9999d"}]),
                                      rule("r", [{"retry_after": "9999d"}]),
                                      rule("r", [{"retry_after": {"after": "9999d"}}])],
            "needs a connection that is kept":
                [rule("r", [{"idle_close": {"after": "1s"}}, {"rst": {"at": "before-response"}}])],
        }
        for sentence, rules in cases.items():
            for one in rules:
                with self.subTest(rule=one):
                    self.check_refused_program(one, sentence)

    def check_refused_program(self, one, sentence):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "scenario.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(wire.scenario([one]), file)
            code, _, errors = run("--scenario", path)
        self.assertEqual(code, 3, errors)
        self.assertIn(sentence, errors)


# A client for `meterprover test` that says on its own log what came of a connection at each step.
PROBE = r"""
import errno, json, os, socket, sys
at = os.environ["METERPROVER_ENDPOINT"].split("//")[1].strip("/").split(":")
kept = socket.create_connection((at[0], int(at[1])))
def probe():
    with socket.socket() as one:
        return errno.errorcode.get(one.connect_ex((at[0], int(at[1]))), "OK")
print('{"mp":"hello","contract":1,"supports":["usage","flush","clock"]}', flush=True)
known = []
for line in sys.stdin:
    step = json.loads(line)
    if "step" not in step:
        continue
    print("PROBE", step["step"], probe(), flush=True)
    if "usage" in step:
        known.append(step["usage"]["id"])
    else:
        for one in known:
            print(json.dumps({"mp": "usage", "id": one, "state": "rejected"}))
    print(json.dumps({"mp": "done", "step": step["step"]}), flush=True)
try:
    print("KEPT", kept.recv(1), flush=True)
except ConnectionResetError:
    print("KEPT rst", flush=True)
"""


@needs_meterprover
class WindowTest(WireTest):
    """The same by steps, which can also end the window."""

    def test_armed_twice_by_steps(self):
        usage = {"customer": "acme", "dimension": "requests", "quantity": 1, "at": "hour-1"}
        tree = wire.scenario([{**CLOSED, "armed": False}], case="NET-90")
        tree["steps"] = []
        for i in 1, 2:
            tree["steps"] += [{"flush": {}}, {"arm": "closed"}, {"usage": {"id": f"u{i}", **usage}},
                              {"flush": {}}, {"disarm": "closed"}]
            usage = {**usage, "customer": "globex"}
        tree["steps"].append({"flush": {}})
        del tree["exercised"]
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(os.path.join(folder, "network"))
            with open(os.path.join(folder, "network", "NET-90.json"), "w", encoding="utf-8") as file:
                json.dump(tree, file)
            out = os.path.join(folder, "out")
            done = run("test", "--scenarios", folder, "--out", out, "--profile", "saas", "--no-doctor", "--",
                       sys.executable, "-c", PROBE, program=METERPROVER)
            case = os.path.join(out, "cases", "NET-90")
            self.assertTrue(os.path.exists(case), done)
            with open(os.path.join(case, "client.out"), encoding="utf-8") as file:
                said = [line.split() for line in file if line.startswith(("PROBE", "KEPT"))]
            with open(os.path.join(case, "journal.jsonl"), encoding="utf-8") as file:
                events = [json.loads(line) for line in file]
            with open(os.path.join(out, "results.json"), encoding="utf-8") as file:
                results = json.load(file)
        self.assertEqual([line[2] for line in said if line[0] == "PROBE"],
                         ["OK", "ECONNREFUSED", "ECONNREFUSED", "OK", "ECONNREFUSED", "ECONNREFUSED",
                          "OK"])
        self.assertEqual(said[-1], ["KEPT", "rst"])
        kinds = [e.get("verb", e["event"]) for e in events
                 if e["event"] in ("refuse", "fault") or e.get("verb") in ("arm", "disarm")]
        self.assertEqual(kinds, ["arm", "refuse", "disarm", "refuse", "fault"] * 2)
        self.assertTrue(all(e["refused"] for e in events if e["event"] == "refuse"))
        verdicts = {check["id"]: check["verdict"] for check in results["cases"][0]["checks"]}
        self.assertEqual(verdicts["exercised"], "PASS")


if __name__ == "__main__":
    unittest.main()
