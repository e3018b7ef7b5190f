# SPDX-License-Identifier: Apache-2.0
"""Another scenario, or the same anew, in a lane that serves: what begins, what stays, and what becomes
of requests that are under way."""
import json
import os
import re
import socket
import tempfile
import time
import unittest

from clients import wait_until
from control import METERING, THROTTLE, Control, ControlTest, Later, steered, switch
from wire import PATIENCE_S, Proxy, batch, many, record, rule, scenario

SCENARIOS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scenarios")


class LoadTest(ControlTest):
    def test_a_scenario_is_replaced(self):
        with steered() as proxy:
            control = Control(proxy.control_port)
            self.assertEqual(proxy.ask().status, 200)
            answer = self.check_good(control.load(scenario([rule("busy", THROTTLE, match="2")],
                                                           case="OTH-1")))
            self.assertEqual(answer.json, {"case": "OTH-1", "rules": 1})
            self.assertEqual(proxy.ask().status, 200)  # signed with the same keys
            self.assertEqual(proxy.ask().status, 400)
            self.assertEqual(control.get("/v1/lanes")["lanes"][0]["case"], "OTH-1")
            self.check_good(control.call("DELETE", "/v1/scenario"))
            self.assertEqual(proxy.ask().status, 200)
            self.assertEqual([e.get("case") for e in proxy.events("control")], ["OTH-1", ""])

    def test_a_scenario_with_mistakes_changes_nothing(self):
        tree = scenario([rule("r", [{"rsst": {}}]), rule("s", [{"delay": "soon"}])])
        tree["steps"].append({"usge": {}})
        text = json.dumps(tree, indent=1)
        rows = [n for n, row in enumerate(text.split("\n"), 1)
                if any(word in row for word in ("rsst", "soon", "usge"))]
        with steered(rule("busy", THROTTLE)) as proxy:
            control = Control(proxy.control_port)
            answer = self.check_answer(control.load(text), 422, "bad_scenario")
            problems = answer["error"]["problems"]
            places = [re.fullmatch(r"scenario\.json:(\d+):\d+: .+", p) for p in problems]
            self.assertEqual(sorted(int(p.group(1)) for p in places), sorted(rows))
            for wrong, code in (("{", "bad_scenario"), ("[]", "bad_scenario"), ("", "bad_scenario")):
                with self.subTest(wrong):
                    self.check_answer(control.load(wrong), 422, code)
            good = scenario([])
            self.check_answer(control.load(good, "?case=NONE"), 422, "no_such_case")
            self.check_answer(control.load(good, "?cases=X"), 422, "unknown_key")
            self.assertEqual(proxy.ask().status, 400)
            self.assertEqual(proxy.events("control"), [])

    def test_a_scenario_for_another_lane(self):
        """Sound in itself, but what it is about is not here."""
        with steered(rule("busy", THROTTLE)) as proxy:
            control = Control(proxy.control_port)
            tls = [rule("r", [{"wrong_host": {}}], when={"phase": "tls"})]
            for tree, sentence in (
                    (scenario(tls, tls=True), "about TLS"),
                    (scenario([], source="imds"), "credentials"),
                    (scenario([rule("r", [{"clock": "+1h"}])]), "clock"),
                    (scenario([], world={"rule_set": "2019-07"}), "rule_set|2019-07")):
                answer = self.check_answer(control.load(tree), 422, "bad_scenario")
                self.assertRegex("\n".join(answer["error"]["problems"]), sentence)
            self.assertEqual(proxy.ask().status, 400)

    def test_a_variant_is_picked(self):
        with open(os.path.join(SCENARIOS, "common-errors", "COM-01.json"), encoding="utf-8") as file:
            text = file.read()
        ids = [v["id"] for v in json.loads(text)["variants"]]
        with steered() as proxy:
            control = Control(proxy.control_port)
            for picked in ids[-1], ids[0]:
                self.check_good(control.load(text, f"?case={picked}"))
                self.assertEqual(control.get("/v1/scenario")["scenario"]["id"], picked)

    def test_every_scenario_of_the_catalogue(self):
        """Each is loaded, or says why it is for another lane; and leaves nothing behind."""
        loaded = refused = 0
        with steered() as proxy:
            control = Control(proxy.control_port)
            connection = control.connect()
            for folder, _, names in sorted(os.walk(SCENARIOS)):
                for name in sorted(n for n in names if re.fullmatch(r"[A-Z]+-.*\.json", n)):
                    with open(os.path.join(folder, name), encoding="utf-8") as file:
                        answer = control.call("PUT", "/v1/scenario", file.read(), kept=connection)
                    self.assertIn(answer.status, (200, 422), name)
                    if answer.status == 422:
                        self.assertRegex(answer["error"]["problems"][0], "TLS|credentials|CONNECT", name)
                        refused += 1
                    else:
                        loaded += 1
            connection.close()
            self.check_good(control.call("DELETE", "/v1/scenario"))
            self.assertEqual(proxy.ask().status, 200)
        self.assertGreater(loaded, 100)
        self.assertGreater(refused, 5)

    def test_it_begins_as_it_would_have_by_itself(self):
        """Same seed, same faults: the draws of a loaded scenario are those of a program started with it."""
        rules = [rule("often", THROTTLE, probability=0.5)]
        def faults(proxy):
            statuses = [proxy.ask(batch(r)).status for r in many(24)]
            return statuses, [e["drew"] for e in proxy.wait("draw", 24)]
        with steered() as proxy:
            # A seed that a case brings ends with it.
            for seed, own in ((7, {}), (77, {"seed": "77"}), (7, {})):
                with Proxy(rules, seed=seed) as alone:
                    expected = faults(alone)
                before = len(proxy.events("draw"))
                self.check_good(Control(proxy.control_port).load({**scenario(rules), **own}))
                statuses = faults(proxy)[0]
                drawn = [e["drew"] for e in proxy.wait("draw", before + 24)][before:]
                self.assertEqual((statuses, drawn), expected, own)
                self.assertEqual(set(statuses), {200, 400})

    def test_with_an_upstream(self):
        """Who bills is said, and what only the stand-in can play is not loaded."""
        with Proxy([]) as far, \
                steered(args=["--upstream", f"http://127.0.0.1:{far.port}"]) as proxy:
            control = Control(proxy.control_port)
            lane = self.check_good(control.get("/v1/lanes"))["lanes"][0]
            self.assertEqual(lane["upstream"], f"http://127.0.0.1:{far.port}")
            self.check_answer(control.get("/v1/ledger"), 409, "no_books")
            refused = self.check_answer(control.load(scenario(
                [rule("half", [{"unprocessed": {"customer": "acme"}}])])), 422, "bad_scenario")
            self.assertRegex(refused["error"]["problems"][0], r"unprocessed.*upstream")
            self.check_good(control.load(scenario([rule("often", THROTTLE)])))
            self.check_good(control.arm("often"))

    def test_with_a_recording(self):
        """What only the stand-in can play is not loaded; the recording answers on."""
        with tempfile.TemporaryDirectory(prefix="load-") as folder:
            path = os.path.join(folder, "calls.jsonl")
            with Proxy([], args=["--record", path]) as proxy:
                told = [proxy.ask().status for _ in range(2)]
            with steered(args=["--replay", path]) as proxy:
                control = Control(proxy.control_port)
                refused = self.check_answer(control.load(scenario(
                    [rule("half", [{"unprocessed": {"customer": "acme"}}])])), 422, "bad_scenario")
                self.assertRegex(refused["error"]["problems"][0],
                                 r"unprocessed.*a recorded reply is as it is")
                self.assertEqual(told[0], proxy.ask().status)
                self.check_good(control.load(scenario([rule("often", THROTTLE)])))
                self.assertEqual(400, proxy.ask().status)

    def test_wire_time_is_as_it_says(self):
        with steered() as proxy:
            control = Control(proxy.control_port)
            for skew, status in (("+20m", 400), ("-20m", 400), ("+1m", 200)):
                self.check_good(control.load(scenario([], time={"skew": skew})))
                self.assertEqual(proxy.ask().status, status, skew)

    def test_told_time_begins_anew(self):
        with steered() as proxy:
            control = Control(proxy.control_port)
            self.check_good(control.post("/v1/clock", {"to": "+3d"}))
            self.check_good(control.load(scenario([], time={"start": "month+1h"})))
            self.assertRegex(control.get("/v1/clock")["service"], r"\A2026-11-01T01:00:")
            self.check_good(control.post("/v1/clock", {"to": "2026-11-02T00:00:00Z"}))
            self.check_good(control.post("/v1/reset", {}))
            self.assertRegex(control.get("/v1/clock")["service"], r"\A2026-11-01T01:00:")

    def test_credentials_that_are_fetched_stay(self):
        """Their targets, and the tokens that are shown for them, outlive a load and a reset."""
        with steered(source="container") as proxy:
            control = Control(proxy.control_port)
            def fetch():
                host, path = proxy.exports["AWS_CONTAINER_CREDENTIALS_FULL_URI"][7:].split("/", 1)
                with socket.create_connection(("127.0.0.1", int(host.split(":")[1])), PATIENCE_S) as s:
                    s.sendall(f"GET /{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: "
                              f"{proxy.exports['AWS_CONTAINER_AUTHORIZATION_TOKEN']}\r\n"
                              "Connection: close\r\n\r\n".encode())
                    data = b"".join(iter(lambda: s.recv(65536), b""))
                return json.loads(data.split(b"\r\n\r\n", 1)[1])
            before = fetch()
            proxy.secrets += [before["SecretAccessKey"], before["Token"]]
            busy = [rule("busy", [{"error": "InternalError"}], when={"target": "container-credentials"})]
            for action in (lambda: control.post("/v1/reset", {}),
                           lambda: control.load(scenario([], source="container"))):
                self.check_good(action())
                after = fetch()
                self.assertEqual(after["AccessKeyId"], before["AccessKeyId"])
                proxy.secrets += [after["SecretAccessKey"], after["Token"]]
                proxy.sign_with(after["AccessKeyId"], after["SecretAccessKey"], after["Token"])
                self.assertEqual(proxy.ask().status, 200)
            self.check_answer(control.load(scenario(busy)), 422, "bad_scenario")


    def test_files_with_tokens_stay(self):
        for source, names in (("pod-identity", ["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]),
                              ("web-identity", ["AWS_WEB_IDENTITY_TOKEN_FILE"]),
                              ("web-identity+pod-identity", ["AWS_WEB_IDENTITY_TOKEN_FILE",
                                                             "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"])):
            with self.subTest(source), steered(source=source) as proxy:
                control = Control(proxy.control_port)
                paths = [proxy.exports[name] for name in names]
                for _ in range(2):
                    self.check_good(control.post("/v1/reset", {}))
                    self.check_good(control.load(scenario([], source=source)))
                    for path in paths:
                        self.assertGreater(os.path.getsize(path), 20)
                proxy.stop()
                self.assertFalse(any(os.path.exists(path) for path in paths))


class UnderWayTest(ControlTest):
    """What is under way when a scenario is replaced ends as it would have."""

    def under(self, then, act):
        """One exchange under the rule `old`; act() is called when the rule has met it."""
        with steered(rule("old", then)) as proxy:
            control = Control(proxy.control_port)
            client = proxy.client()
            client.send(proxy.sign.whole())
            proxy.wait("match")
            self.check_good(act(control))
            yield proxy, control, client

    def acts(self):
        return {"load": lambda c: c.load(scenario([rule("new", [{"error": "InternalServiceErrorException"}])])),
                "unload": lambda c: c.call("DELETE", "/v1/scenario"),
                "reset": lambda c: c.post("/v1/reset", {})}

    def test_a_delayed_answer(self):
        for name, act in self.acts().items():
            with self.subTest(name):
                then = [{"error": "ThrottlingException"}, {"delay": "700ms"}]
                for proxy, control, client in self.under(then, act):
                    reply = client.reply()
                    self.assertIn(b"Throttling", reply.body)
                    event = proxy.wait("fault", rule="old")[0]
                    self.assertGreater(event["seq"], proxy.events("control")[0]["seq"])
                    # It is not counted for what is played now.
                    self.assertEqual(control.rules().get("old", {"fired": 0})["fired"], 0)
                    client.send(proxy.sign.whole())
                    expected = {"load": 500, "unload": 200, "reset": 400}[name]
                    self.assertEqual(client.reply().status, expected)

    def test_a_commit_whose_reply_is_late(self):
        """It was billed in the old ledger; the new one knows nothing of it."""
        for proxy, control, client in self.under([{"delay": "500ms"}], self.acts()["unload"]):
            self.assertEqual(client.reply().results()[0]["Status"], "Success")
            self.assertEqual(control.get("/v1/ledger")["count"], 0)
            client.send(proxy.sign.whole(batch(record(quantity=9))))
            self.assertEqual(client.reply().results()[0]["Status"], "Success")
            self.assertEqual(control.get("/v1/ledger")["entries"][0]["quantity"], 9)

    def test_a_hang_goes_on(self):
        for proxy, control, client in self.under([{"hang": {"at": "before-response"}}], self.acts()["load"]):
            self.assertTrue(client.is_silent())
            for _ in range(20):
                self.check_good(control.post("/v1/reset", {}))
            self.assertTrue(client.is_silent())
            self.check_pasts(control, 1)  # what it hangs under, and none of the others
            client.close()
            proxy.wait("close")
            self.check_pasts(control, 0)

    def test_a_hang_outlives_its_file(self):
        """Of a scenario that was loaded, reset, and replaced: the rule it hangs under is still there."""
        hang = scenario([rule("old", [{"hang": {"at": "before-response"}}])])
        with steered() as proxy:
            control = Control(proxy.control_port)
            self.check_good(control.load(hang))
            clients = [proxy.client() for _ in range(3)]
            for n, client in enumerate(clients, 1):
                client.send(proxy.sign.whole())
                proxy.wait("match", n)
                self.check_good(control.post("/v1/reset", {}))
            self.check_good(control.call("DELETE", "/v1/scenario"))
            for left, client in ((2, clients[0]), (1, clients[2]), (0, clients[1])):
                client.close()  # then the silence is told, with the rule's name
                proxy.wait("close", 3 - left)
                self.check_pasts(control, left)
            self.assertEqual([e["rule"] for e in proxy.events("fault")], ["old"] * 3)
            self.assertEqual(proxy.ask().status, 200)

    def check_pasts(self, control, count):
        """So many scenarios are kept, as soon as the loop has noticed what ended."""
        wait_until(lambda: control.get("/v1/health")["pasts"] == count, f"there are never {count}")

    def test_a_slow_body(self):
        then = [{"drip": {"bytes": 100, "every": "40ms"}}]
        for proxy, control, client in self.under(then, self.acts()["reset"]):
            self.assertEqual(client.reply().status, 200)
            proxy.wait("fault", rule="old")
            del control

    def test_an_idle_close(self):
        for proxy, control, client in self.under([{"idle_close": {"after": "600ms"}}], self.acts()["load"]):
            self.assertEqual(client.reply().status, 200)
            self.assertEqual(client.rest(), (b"", "fin"))
            proxy.wait("fault", rule="old")
            del control

    def test_an_idle_close_of_a_scenario_that_is_gone(self):
        """Its exchange is over and its file was loaded: only the connection still knows the rule."""
        idle = scenario([rule("old", [{"idle_close": {"after": "600ms"}}])])
        with steered() as proxy:
            control = Control(proxy.control_port)
            for act in self.acts().values():
                before = len(proxy.events("fault"))
                self.check_good(control.load(idle))
                client = proxy.client()
                client.send(proxy.sign.whole())
                self.assertEqual(client.reply().status, 200)
                self.check_good(act(control))
                self.check_good(control.call("DELETE", "/v1/scenario"))
                self.check_pasts(control, 1)
                self.assertEqual(client.rest(), (b"", "fin"))
                self.assertEqual(proxy.wait("fault", before + 1)[-1]["rule"], "old")
                client.close()
                proxy.wait("close", len(proxy.events("connect")))
                self.check_pasts(control, 0)

    def test_a_body_read_late(self):
        """The rule that met its head is of the scenario that is gone; what it asks for, of the next."""
        head = {**METERING, "phase": "head"}
        late = scenario([rule("old", [{"delay": "600ms"}], when=head)])
        with steered() as proxy:
            control = Control(proxy.control_port)
            for act, status in ((self.acts()["load"], 500), (self.acts()["unload"], 200)):
                before = len(proxy.events("fault", rule="old"))
                self.check_good(control.load(late))
                with proxy.client() as client:
                    client.send(proxy.sign.whole())
                    proxy.wait_taken(client.port)
                    self.check_good(act(control))
                    self.assertEqual(client.reply().status, status)
                self.assertEqual(len(proxy.wait("fault", before + 1, rule="old")), before + 1)
            self.check_pasts(control, 0)

    def test_an_answer_before_the_body(self):
        then = [{"error": "InternalServiceErrorException"}, {"delay": "600ms"}]
        early = scenario([rule("old", then, when={**METERING, "phase": "head"})])
        with steered() as proxy:
            control = Control(proxy.control_port)
            for name, act in self.acts().items():
                with self.subTest(name), proxy.client() as client:
                    self.check_good(control.load(early))
                    head, body = proxy.sign.request(batch())
                    before = len(proxy.events("match"))
                    client.send(head)
                    proxy.wait("match", before + 1)
                    self.check_good(act(control))
                    client.send(body)
                    self.check_good(control.call("DELETE", "/v1/scenario"))
                    self.assertEqual(client.reply().status, 500)
            self.check_pasts(control, 0)

    def test_a_request_half_sent(self):
        """It belongs to what is played when it is whole."""
        with steered(rule("busy", THROTTLE)) as proxy:
            control = Control(proxy.control_port)
            head, body = proxy.sign.request(batch())
            with proxy.client() as client:
                client.send(head + body[:10])
                proxy.wait_taken(client.port)
                self.check_good(control.call("DELETE", "/v1/scenario"))
                client.send(body[10:])
                self.assertEqual(client.reply().status, 200)

    def test_a_request_that_is_whole_under_the_next(self):
        """It is under way there, and ends as that one has it, though it began before."""
        late = scenario([rule("late", [{"error": "ThrottlingException"}, {"delay": "700ms"}])])
        with steered() as proxy:
            control = Control(proxy.control_port)
            head, body = proxy.sign.request(batch())
            with proxy.client() as client:
                client.send(head + body[:10])
                proxy.wait_taken(client.port)
                self.check_good(control.load(late))
                client.send(body[10:])
                proxy.wait("match")
                self.check_good(control.call("DELETE", "/v1/scenario"))
                self.assertEqual(client.reply().status, 400)
                self.assertEqual(proxy.wait("fault")[0]["rule"], "late")

    def test_what_began_before_is_counted(self):
        """A rule met it, whenever its first byte came; those of before met another of that name."""
        loaded = scenario([rule("late", THROTTLE + [{"delay": "100ms"}])])
        with steered(rule("late", THROTTLE + [{"delay": "300ms"}])) as proxy:
            control = Control(proxy.control_port)
            head, body = proxy.sign.request(batch())
            with proxy.client() as client, proxy.client() as other:
                other.send(head + body)
                proxy.wait("match")
                client.send(head + body[:10])
                proxy.wait("connect", 2)
                time.sleep(0.1)
                self.check_good(control.load(loaded))
                client.send(body[10:])
                self.assertEqual([400, 400], [one.reply().status for one in (client, other)])
                proxy.wait("fault", 2)
            self.check_event(control.rules()["late"], met=1, won=1, fired=1)

    def test_replaced_all_the_time(self):
        """Many clients, many loads; the sanitizer looks for what is used too late, or never freed."""
        rules = [rule("r1", [{"error": "ThrottlingException"}, {"delay": {"uniform": ["0ms", "60ms"]}}],
                      probability=0.4),
                 rule("r2", [{"idle_close": {"after": "30ms"}}], probability=0.3),
                 rule("r3", [{"hang": {"at": "response", "after_bytes": 60}}], probability=0.1)]
        with steered(*rules) as proxy:
            control = Control(proxy.control_port)
            kept = control.connect()
            end = time.monotonic() + 4
            def work(seed):
                while time.monotonic() < end:
                    with proxy.client() as client:
                        client.socket.settimeout(0.3)
                        try:
                            for i in range(5):
                                client.send(proxy.sign.whole(batch(record(quantity=seed + i))))
                                client.reply()
                        except (OSError, AssertionError):
                            pass
            crowd = [Later(work, seed) for seed in range(6)]
            loads = 0
            while time.monotonic() < end:
                tree = scenario(rules if loads % 3 else rules[:1], case=f"NET-{loads % 5}")
                self.check_good(control.call("PUT", "/v1/scenario", tree, kept=kept))
                self.check_good(control.call("POST", "/v1/reset", {}, kept=kept))
                loads += 1
                time.sleep(0.01)
            for thread in crowd:
                thread.done()
            kept.close()
            self.assertGreater(loads, 20)
            self.assertGreater(len(proxy.events("fault")), 10)
            self.check_good(control.call("DELETE", "/v1/scenario"))
            self.assertEqual(proxy.ask().status, 200)


class ResetTest(ControlTest):
    def test_it_is_as_at_the_beginning(self):
        with steered(rule("once", THROTTLE, match="1"), switch("other", THROTTLE)) as proxy:
            control = Control(proxy.control_port)
            for _ in range(3):
                self.check_good(control.arm("other", False))
                self.assertEqual(proxy.ask().status, 400)
                self.assertEqual(proxy.ask().results()[0]["Status"], "Success")
                # The first write wins, in this world.
                self.assertEqual(proxy.ask(batch(record(quantity=8))).results()[0]["Status"],
                                 "DuplicateRecord")
                self.assertEqual(control.get("/v1/ledger")["count"], 1)
                self.check_good(control.arm("other"))
                self.check_good(control.post("/v1/clock", {"to": "+2h"}))
                self.check_good(control.post("/v1/reset", {}))
                self.assertEqual(control.get("/v1/ledger")["count"], 0)
                self.assertEqual({(r["armed"], r["met"]) for r in control.rules().values()},
                                 {(True, 0), (False, 0)})

    def test_quotas_are_full_again(self):
        with steered(world={"quotas": True}) as proxy:
            control = Control(proxy.control_port)
            self.check_good(control.load(scenario([], world={"quotas": True})))
            wire = proxy.sign.whole()
            with proxy.client() as client:
                statuses = []
                while 400 not in statuses and len(statuses) < 400:
                    client.send(wire * 40)
                    statuses += [client.reply().status for _ in range(40)]
                self.assertIn(400, statuses)
                self.check_good(control.post("/v1/reset", {}))
                client.send(wire)
                self.assertEqual(client.reply().status, 200)

    def test_the_trail_is_of_what_came_since(self):
        with tempfile.TemporaryDirectory(prefix="wire-") as folder:
            books = [os.path.join(folder, name) for name in ("ledger", "trail")]
            with steered(args=["--ledger", books[0], "--cloudtrail", books[1]]) as proxy:
                proxy.ask(batch(record("acme", 7)))
                proxy.ask(batch(record("globex", 8)))
                self.check_good(Control(proxy.control_port).post("/v1/reset", {}))
                proxy.ask(batch(record("acme", 9)))
            trees = []
            for path in books:
                with open(path, encoding="utf-8") as file:
                    trees.append(json.load(file))
        self.assertEqual([e["quantity"] for e in trees[0]["entries"]], [9])
        self.assertEqual(len(trees[1]["Records"]), 1)

    def test_nothing_is_kept_of_what_was(self):
        """Scenario after scenario, while a client stays connected."""
        big = scenario([rule(f"r{n}", THROTTLE, when={**METERING, "attempt": n + 50})
                        for n in range(200)])
        with steered() as proxy:
            control = Control(proxy.control_port)
            kept = control.connect()
            with proxy.client() as client:
                sizes = []
                for n in range(90):
                    self.check_good(control.call("PUT", "/v1/scenario", big, kept=kept))
                    client.send(proxy.sign.whole())
                    self.assertEqual(client.reply().status, 200)
                    if n in (44, 89):
                        sizes.append(control.get("/v1/health")["pasts"])
            kept.close()
            self.assertEqual(sizes, [0, 0])


if __name__ == "__main__":
    unittest.main(verbosity=2)
