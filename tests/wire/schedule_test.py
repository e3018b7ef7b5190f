# SPDX-License-Identifier: Apache-2.0
"""A journal, written down as a scenario, plays the same faults again before a request is read, too; and
what it cannot say it names."""
import json
import os
import socket
import tempfile
import unittest

import wire
from clients import Client, masked
from control import Control, switch
from wire import METERPROVER, Proxy, WireTest, batch, rule, run

METERING = {"operation": "BatchMeterUsage"}
HEAD = {**METERING, "phase": "head"}
TLS = {"phase": "tls"}
CALLS = 16


class ScheduleTest(WireTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="schedule-")
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "schedule.json")

    def export(self, proxy, rules, **more):
        """Exit code, the scenario, and what it says it is not."""
        played = self.path + ".played"
        with open(played, "w", encoding="utf-8") as file:
            json.dump(wire.scenario(rules, **more), file)
        code, out, errors = run("show", "--as-scenario", proxy.journal_path, played, program=METERPROVER)
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(out)
        return code, json.loads(out), [line for line in errors.splitlines() if "has no end" not in line]

    def ends(self, proxy):
        """How each of some connections with one request ends, and after how much."""
        seen = []
        for n in range(CALLS):
            with Client(proxy.port) as client:
                client.send(proxy.sign.whole(batch(wire.record(quantity=n + 1))))
                try:
                    client.half_close()
                except OSError:
                    pass
                data, how = client.rest()
                seen.append((masked(data), how))
        proxy.wait("close", CALLS)
        return seen

    def test_heads_left_to_chance(self):
        rules = [rule("cut", [{"rst": {"at": "before-request"}}], when=HEAD, probability=0.4),
                 rule("early", [{"error": "InternalServiceErrorException"}], when=HEAD, probability=0.4),
                 rule("late", [{"delay": {"uniform": ["1ms", "9ms"]}}], when=HEAD)]
        with Proxy(rules) as proxy:
            told = self.ends(proxy)
            code, _, said = self.export(proxy, rules)
        self.assertEqual((0, []), (code, said))
        self.assertGreater(len({data[:12] for data, _ in told}), 2)
        with Proxy(None, seed=99, args=["--scenario", self.path]) as proxy:
            self.assertEqual(told, self.ends(proxy))
            self.assertEqual([], proxy.events("draw"))

    def hellos(self, proxy):
        """What becomes of the handshakes of a careful client."""
        seen = []
        for _ in range(CALLS):
            try:
                with proxy.client() as client:
                    seen.append(client.state())
            except (OSError, ValueError) as why:
                seen.append(getattr(why, "verify_message", type(why).__name__))
        return seen

    def test_handshakes_left_to_chance(self):
        rules = [rule("rst", [{"handshake_rst": {}}], when=TLS, probability=0.4),
                 rule("garbage", [{"tls_garbage": {}}], when=TLS, probability=0.4),
                 rule("foreign", [{"untrusted": {}}], when=TLS, probability=0.5)]
        with Proxy(rules, tls=True) as proxy:
            told = self.hellos(proxy)
            code, _, said = self.export(proxy, rules, tls=True)
        self.assertEqual((0, []), (code, said))
        self.assertGreater(len(set(told)), 2)
        with Proxy(None, seed=99, tls=True, args=["--scenario", self.path]) as proxy:
            self.assertEqual(told, self.hellos(proxy))

    def test_armed_before_anybody_came(self):
        """By the control interface: the file has it so from the start."""
        rules = [switch("shut", [{"refuse": {}}], when={"phase": "connect"}),
                 switch("slow", [{"error": "ThrottlingException"}], match="1")]
        with Proxy(rules, args=["--control", "127.0.0.1:0"]) as proxy:
            control = Control(proxy.control_port)
            control.arm("slow")
            control.arm("shut")
            with self.assertRaises(ConnectionRefusedError):
                proxy.client()
            code, tree, said = self.export(proxy, rules)
        self.assertEqual((0, []), (code, said))
        self.assertNotIn("armed", tree["rules"][0])
        with Proxy(None, args=["--scenario", self.path]) as proxy:
            with self.assertRaises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", proxy.port))

    def test_what_it_cannot_say(self):
        rules = [switch("shut", [{"refuse": {}}], when={"phase": "connect"}),
                 switch("slow", [{"error": "ThrottlingException"}])]
        with Proxy(rules, args=["--control", "127.0.0.1:0"]) as proxy:
            control = Control(proxy.control_port)
            proxy.ask()
            control.arm("slow")
            told = proxy.ask().raw
            control.arm("slow", False)
            control.arm("shut")
            control.arm("shut", False)
            control.post("/v1/reset", {})
            control.arm("slow")
            proxy.ask()
            proxy.wait("close", 3)
            code, tree, said = self.export(proxy, rules)
        self.assertEqual(2, code)
        front = r"meterprover show: not in this file: line \d+: the control interface "
        again = " requests: do that again at the same place$"
        for line, text in zip(said, [f'armed the rule "slow" after 1{again}',
                                     f'disarmed the rule "slow" after 2{again}',
                                     f'armed the rule "shut" after 2{again}',
                                     f'disarmed the rule "shut" after 2{again}',
                                     "began the scenario anew: .* 1 faults, is not in this file$"],
                              strict=True):
            self.assertRegex(line, front + text)
        self.assertEqual("1", tree["rules"][1]["match"])  # not that of what came after
        # Who does as it says meets the same.
        with Proxy(None, args=["--scenario", self.path, "--control", "127.0.0.1:0"]) as proxy:
            control = Control(proxy.control_port)
            self.assertEqual(200, proxy.ask().status)
            control.arm("slow")
            self.assertEqual(masked(told), masked(proxy.ask().raw))

    def test_what_was_not_written_down(self):
        rules = [rule("slow", [{"error": "ThrottlingException"}], match="every 2")]
        with Proxy(rules, args=["--journal-limit", "6000"]) as proxy:
            for _ in range(9):
                proxy.ask()
            proxy.stop()
            code, _, said = self.export(proxy, rules)
            self.assertGreater(json.loads(proxy.lines()[-1])["lost"], 9)
        self.assertEqual(2, code)
        self.assertEqual(1, len(said))
        self.assertRegex(said[0], r"not in this file: .*: \d+ lines before this one were lost to the size limit$")


if __name__ == "__main__":
    unittest.main()
