# SPDX-License-Identifier: Apache-2.0
"""The control interface: rules are switched, the journal is asked, calls wait, time is moved."""
import socket
import time
import unittest

from control import METERING, THROTTLE, Control, ControlTest, steered, switch
from wire import HOUR_S, batch, many, record, rule, scenario


class SwitchTest(ControlTest):
    def test_a_rule_is_armed_and_disarmed(self):
        with steered(switch("throttled", THROTTLE)) as proxy:
            control = Control(proxy.control_port)
            with proxy.client() as client:  # the same connection throughout
                statuses = []
                for armed in (None, True, True, False, False):
                    if armed is not None:
                        self.check_good(control.arm("throttled", armed))
                    client.send(proxy.sign.whole())
                    statuses.append(client.reply().status)
            self.assertEqual(statuses, [200, 400, 400, 200, 200])
            self.assertEqual(control.rules()["throttled"], {
                "name": "throttled", "armed": False, "kind": "answer", "met": 2, "won": 2, "fired": 2})

    def test_the_journal_says_who_did_it(self):
        with steered(switch("throttled", THROTTLE)) as proxy:
            control = Control(proxy.control_port, {"User-Agent": "the test of evidence"})
            control.arm("throttled")
            proxy.ask()
            control.arm("throttled", False)
            self.check_answer(control.arm("unheard of"), 404, "no_such_rule")
            proxy.wait("close")
            seen = [(e["event"], e.get("what")) for e in proxy.events()
                    if e["event"] in ("control", "match")]
            self.assertEqual(seen, [("control", "arm"), ("match", None), ("control", "disarm")])
            first = proxy.events("control")[0]
            self.check_event(first, what="arm", rule="throttled", agent="the test of evidence")
            self.assertRegex(first["from"], r"\A127\.0\.0\.1:\d+\Z")

    def test_a_refusing_rule_closes_the_port(self):
        with steered(switch("shut", [{"refuse": {}}], when={"phase": "connect"})) as proxy:
            control = Control(proxy.control_port)
            for _ in range(2):
                self.check_good(control.arm("shut"))
                with self.assertRaises(ConnectionRefusedError):
                    socket.create_connection(("127.0.0.1", proxy.port))
                self.check_good(control.arm("shut", False))
                self.assertEqual(proxy.ask().status, 200)
            self.check_good(control.arm("shut"))
            self.check_good(control.post("/v1/reset", {}))  # the window ends with it
            self.assertEqual(proxy.ask().status, 200)
            self.assertEqual(control.rules()["shut"]["fired"], 0)
            for act in (lambda: control.load(scenario([])), lambda: control.call("DELETE", "/v1/scenario")):
                self.check_good(control.load(scenario([rule("shut", [{"refuse": {}}], when={"phase": "connect"})])))
                with self.assertRaises(ConnectionRefusedError):
                    socket.create_connection(("127.0.0.1", proxy.port))
                self.check_good(act())
                self.assertEqual(proxy.ask().status, 200)
            self.assertEqual(len(proxy.events("fault", rule="shut")), 5)

    def test_under_tls_the_interface_is_plain(self):
        rules = [switch("wrong", [{"wrong_host": {}}], when={"phase": "tls"})]
        with steered(*rules, tls=True) as proxy:
            control = Control(proxy.control_port)
            self.assertEqual(proxy.ask().status, 200)
            self.check_good(control.arm("wrong"))
            with self.assertRaises(OSError):
                proxy.ask()
            self.check_good(control.wait(rule="wrong", fired=1))
            self.check_good(control.load(scenario([], tls=True)))
            self.assertEqual(proxy.ask().status, 200)


class JournalTest(ControlTest):
    def test_requests_by_the_matcher_of_rules(self):
        with steered(rule("busy", THROTTLE, match="2")) as proxy:
            control = Control(proxy.control_port)
            for body in (batch(record("acme")), batch(record("globex", 9)),
                         batch(record("acme", 7, 2), record("globex", 3, 2))):
                proxy.ask(body)
            def count(**when):
                answer = self.check_good(control.query(when=when))
                self.assertTrue(answer["complete"])
                return [e["x"] for e in answer["events"]]
            self.assertEqual(count(), [1, 2, 3])
            self.assertEqual(count(records={"customer": "acme"}), [1, 3])
            self.assertEqual(count(records={"customer": "globex", "quantity": "5+"}), [2])
            self.assertEqual(count(records={"hour": "hour-2"}), [3])
            self.assertEqual(count(operation="MeterUsage"), [])
            self.assertEqual(count(credential="k1", region="us-east-1", time={"until": "+1h"}), [1, 2, 3])
            answer = self.check_good(control.query(x=2, events=["request", "response", "fault"]))
            self.assertEqual([e["event"] for e in answer["events"]], ["request", "response", "fault"])
            answer = self.check_good(control.query(rule="busy", events=["match"]))
            self.assertEqual([e["won"] for e in answer["events"]], [False, True, False])
            self.check_answer(control.query(when={"records": {"customer": "acmee"}}), 422, "bad_when")

    def test_a_page_is_what_the_file_says(self):
        with steered() as proxy:
            control = Control(proxy.control_port)
            for r in many(12):
                proxy.ask(batch(r))
            proxy.wait("close", 12)
            found, after, pages = [], 0, 0
            while True:
                answer = self.check_good(control.query(after=after, limit=7))
                found += answer["events"]
                after = answer["next"]
                pages += 1
                if not answer["more"]:
                    break
            self.assertEqual(found, proxy.events())
            self.assertGreater(pages, 5)

    def test_what_is_forgotten_is_told(self):
        with steered(args=["--control-history", "20000"]) as proxy:
            control = Control(proxy.control_port)
            for r in many(20):
                proxy.ask(batch(r))
            proxy.wait("close", 20)
            answer = self.check_good(control.query(when={}))
            self.assertFalse(answer["complete"])
            self.assertGreater(answer["first"], 10)
            self.assertEqual(answer["last"], len(proxy.events()))
            answer = self.check_good(control.wait(when={}, count=20, within_s=0))
            self.assertEqual((answer["reached"], answer["complete"]), (False, False))
            # Counters forget nothing.
            self.assertEqual(control.get("/v1/ledger")["count"], 20)

    def test_without_a_file(self):
        with steered(journal=False) as proxy:
            control = Control(proxy.control_port)
            proxy.ask()
            self.assertEqual(len(self.check_good(control.query(when={}))["events"]), 1)
            self.assertEqual(control.get("/v1/health")["journal"]["path"], "")


class WaitTest(ControlTest):
    def test_until_a_rule_fired(self):
        with steered(rule("busy", THROTTLE)) as proxy:
            control = Control(proxy.control_port)
            waits = [control.waiting(proxy, rule="busy", fired=n, within_s=30) for n in (1, 2, 3)]
            self.assertTrue(all(w.is_open() for w in waits))
            for wait, count in zip(waits, (1, 2, 3)):
                proxy.ask()
                answer = self.check_good(wait.done())
                self.assertEqual((answer["reached"], answer["count"]), (True, count))
                self.assertEqual(len(proxy.events("fault")), count)
            answer = self.check_good(control.wait(rule="busy", fired=3))  # it is so already
            self.assertTrue(answer["reached"])

    def test_until_requests_came(self):
        with steered() as proxy:
            control = Control(proxy.control_port)
            proxy.ask(batch(record("acme")))
            last = control.query(limit=1000)["last"]
            wait = control.waiting(proxy, when={"records": {"customer": "acme"}}, count=2, after=last)
            proxy.ask(batch(record("globex")))
            proxy.ask(batch(record("acme", 7, 2)))
            proxy.settle()
            self.assertTrue(wait.is_open())
            proxy.ask(batch(record("acme", 7, 3)))
            self.assertTrue(self.check_good(wait.done())["reached"])
            # What was waited for is in the ledger: nobody has to sleep before asking.
            self.assertEqual(control.get("/v1/ledger")["count"], 4)

    def test_in_vain(self):
        with steered(rule("busy", THROTTLE)) as proxy:
            control = Control(proxy.control_port)
            proxy.ask()
            for body in {"rule": "busy", "fired": 2}, {"when": METERING, "count": 2}:
                began = time.monotonic()
                answer = self.check_good(control.wait(within_s=0.7, **body))
                self.assertEqual((answer["reached"], answer["count"], answer["wanted"]), (False, 1, 2))
                self.assertGreater(time.monotonic() - began, 0.65)
            self.check_answer(control.wait(rule="busy", within_s=61), 422, "bad_value")

    def test_a_load_ends_them(self):
        with steered(rule("busy", THROTTLE)) as proxy:
            control = Control(proxy.control_port)
            for act in (lambda: control.load(scenario([])), lambda: control.post("/v1/reset", {})):
                waits = [control.waiting(proxy, when=METERING, count=9, within_s=30) for _ in range(3)]
                self.check_good(act())
                for wait in waits:
                    self.check_answer(wait.done(), 409, "began_anew")

    def test_the_program_ends_while_one_waits(self):
        with steered() as proxy:
            control = Control(proxy.control_port)
            wait = control.waiting(proxy, when={}, within_s=60)
            proxy.stop()
            with self.assertRaises(OSError):
                wait.done()


class ClockTest(ControlTest):
    def test_told_time_moves(self):
        """What is reported of tomorrow is refused, until it is tomorrow."""
        with steered() as proxy:
            control = Control(proxy.control_port)
            late = batch(dict(record(), Timestamp=HOUR_S + 20 * 3600))
            self.assertEqual(proxy.ask(late).status, 400)
            self.check_good(control.post("/v1/clock", {"to": "2026-11-19T05:30:00Z"}))
            self.assertEqual(proxy.ask(late).status, 200)
            self.check_answer(control.post("/v1/clock", {"to": "2026-11-18T11:00:00Z"}), 409, "backwards")
            self.assertEqual([e["event"] for e in proxy.events() if e["event"] in ("control", "clock")],
                             ["control", "clock"])

    def test_real_time_does_not(self):
        with steered(args=["--time", "real"]) as proxy:
            control = Control(proxy.control_port)
            self.check_answer(control.post("/v1/clock", {"to": "+1h"}), 409, "real_time")
            self.assertEqual(control.get("/v1/clock")["time"], "real")


if __name__ == "__main__":
    unittest.main(verbosity=2)
