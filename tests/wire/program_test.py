# SPDX-License-Identifier: Apache-2.0
"""The program as a process: how it begins, how it ends, what it does when descriptors run out."""
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from wire import PATIENCE_S, PROGRAM, Proxy, WireTest, batch, in_turn, rule, run, scenario


class EndTest(WireTest):
    def test_signals_end_it_cleanly(self):
        for number in signal.SIGTERM, signal.SIGINT:
            with self.subTest(number.name):
                with Proxy([]) as proxy:
                    proxy.ask()
                    proxy.stop(number)  # checks the exit code, stderr, and the journal's last line
                    self.assertEqual(proxy.process.stdout.read(), "1 requests\n")
                    self.assertEqual(proxy.events()[-1]["why"], "done")

    def test_a_signal_in_the_middle_of_everything(self):
        """Connections in every state are closed, told, and leave nothing behind (the sanitizer looks)."""
        rules = in_turn([{"hang": {"at": "before-response"}}], [{"delay": "60s"}],
                        [{"hang": {"at": "response", "after_bytes": 100}}])
        for number in signal.SIGTERM, signal.SIGINT:
            with self.subTest(number.name):
                with Proxy(rules) as proxy:
                    for _ in range(3):
                        proxy.client().send(proxy.sign.whole())
                    proxy.client().send(proxy.sign.request(batch())[0])
                    proxy.client().send(b"POST / HT")
                    proxy.client()
                    half = proxy.client()
                    half.send(proxy.sign.whole() + b"POST")
                    half.reply()
                    proxy.wait("request", 4)
                    proxy.wait("connect", 7)
                    proxy.stop(number)
                    ends = [(e["by"], e["how"]) for e in proxy.events("close")]
                    self.assertEqual(ends, [("us", "fin")] * 7)

    def test_without_a_journal(self):
        with Proxy([], journal=False) as proxy:
            self.assertEqual(proxy.ask().status, 200)
            proxy.stop()

    def test_what_it_says_to_export(self):
        """A shell takes it as it is meant, whatever is in it."""
        with tempfile.TemporaryDirectory(prefix="it's $(here) ") as folder:
            with subprocess.Popen([PROGRAM, "--tls", "--authority", folder], stdout=subprocess.PIPE, text=True,
                                  stdin=subprocess.DEVNULL) as process:
                said = ""
                while "AWS_SECRET_ACCESS_KEY" not in said:
                    said += process.stdout.readline()
                process.terminate()
                process.stdout.read()
            exports = "".join(line for line in said.splitlines(True) if line.startswith("export "))
            told = subprocess.run(["sh", "-euc", exports + 'printf %s "$AWS_CA_BUNDLE"'], capture_output=True,
                                  text=True, check=True, timeout=PATIENCE_S).stdout
            self.assertEqual(folder, os.path.dirname(told))
            self.assertTrue(os.path.exists(told))

    def test_without_a_scenario(self):
        with Proxy() as proxy:
            self.assertEqual(proxy.ask().status, 200)
            self.assertEqual(proxy.events("open")[0]["listen"], f"127.0.0.1:{proxy.port}")


class ComplaintTest(WireTest):
    """Whatever is wrong is said in one sentence, before anything is served."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="wire-")
        self.addCleanup(self.folder.cleanup)

    def path(self, name, text=None):
        path = os.path.join(self.folder.name, name)
        if text is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        return path

    def check(self, code, sentence, *args):
        done = run(*args)
        self.assertRegex(done[2], sentence)
        self.assertRegex(done[2], r"\Ameterprover-proxy: [^\n]+\n(Try meterprover-proxy --help\.\n)?\Z")
        self.assertEqual(done[:2], (code, ""))

    def test_a_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            address = "127.0.0.1:%d" % other.getsockname()[1]
            self.check(3, f"cannot listen on {address}: Address already in use", "--listen", address)

    def test_a_port_in_use_leaves_no_journal(self):
        """Else the second try would fail because of the first."""
        journal = self.path("journal.jsonl")
        with socket.create_server(("127.0.0.1", 0)) as other:
            self.check(3, "in use", "--listen", "127.0.0.1:%d" % other.getsockname()[1],
                       "--journal", journal)
        self.assertFalse(os.path.exists(journal))

    def test_a_journal_that_exists(self):
        journal = self.path("journal.jsonl", "keep me\n")
        self.check(3, "journal.jsonl.*exists", "--journal", journal)
        with open(journal, encoding="utf-8") as file:
            self.assertEqual(file.read(), "keep me\n")

    def test_a_journal_nowhere(self):
        self.check(3, "nowhere.*No such file", "--journal", self.path("nowhere/journal"))

    def test_books_nowhere(self):
        for option in "--ledger", "--cloudtrail", "--public-key":
            with self.subTest(option):
                self.check(3, "cannot write .*nowhere/book: No such file", option,
                           self.path("nowhere/book"))

    def test_a_scenario_that_is_not_there(self):
        self.check(3, "missing.json.*No such file", "--scenario", self.path("missing.json"))

    def test_a_scenario_with_a_mistake(self):
        text = json.dumps(scenario(in_turn([{"rsst": {"at": "before-response"}}])), indent=1)
        line = next(n for n, row in enumerate(text.split("\n"), 1) if "rsst" in row)
        self.check(3, rf"bad\.json:{line}:\d+: .*rsst", "--scenario", self.path("bad.json", text))

    def test_a_scenario_that_is_no_json(self):
        self.check(3, r"bad\.json:1:\d+: ", "--scenario", self.path("bad.json", '{"scenario": 1,,'))

    def test_an_action_of_a_later_version(self):
        text = json.dumps(scenario([rule("r", [{"clock": "+1h"}])]))
        self.check(3, r"bad\.json:1:\d+: .*clock", "--scenario", self.path("bad.json", text))

    def test_usage(self):
        for args, sentence in ((["--nonsense"], "--nonsense"), (["--seed", "x"], "--seed"),
                               (["--seed", "-1"], "--seed"), (["--bodies", "some"], "some"),
                               (["--time", "lunch"], "lunch"), (["here"], "here"),
                               (["--seed"], "--seed"), (["--profile", "nobody"], "nobody")):
            with self.subTest(args):
                self.check(64, sentence, *args)

    def test_an_address_that_is_none(self):
        for address in "nonsense", "127.0.0.1", "127.0.0.1:99999", ":::", "":
            with self.subTest(address):
                code, out, errors = run("--listen", address)
                self.assertEqual((code, out), (64, ""))
                self.assertRegex(errors, r"\Ameterprover-proxy: [^\n]+\n")

    def test_an_unknown_case(self):
        text = json.dumps(scenario(in_turn([{"commit": {}}])))
        self.check(64, "NET-99", "--scenario", self.path("good.json", text), "--case", "NET-99")

    def test_help_and_version(self):
        code, out, errors = run("--help")
        self.assertEqual((code, errors), (0, ""))
        for option in "--listen", "--scenario", "--journal", "--seed", "--bodies":
            self.assertIn(option, out)
        code, out, errors = run("--version")
        self.assertEqual((code, errors), (0, ""))
        self.assertRegex(out, r"\Ameterprover-proxy \d+\.\d+\.\d+\n\Z")


class ShortageTest(WireTest):
    """Few descriptors, many clients: those that fit are served, the rest wait, nothing spins."""

    tls = False

    def check_served(self, proxy, client):
        if self.tls:
            client.socket = proxy.context().wrap_socket(client.socket, server_hostname="localhost")
        client.send(proxy.sign.whole())
        self.assertEqual(client.reply().status, 200)

    def test_it_waits_and_recovers(self):
        with Proxy([], files=24, tls=self.tls) as proxy:
            clients = [proxy.plain_client() for _ in range(200)]
            proxy.wait("connect")
            held = len(proxy.events("connect"))
            self.assertTrue(0 < held < 24, held)
            self.check_it_sleeps(proxy, clients[-1])
            self.check_served(proxy, clients[0])
            for client in clients[:-1]:
                client.close()
            self.check_served(proxy, clients[-1])
            self.assertEqual(proxy.ask().status, 200)
            clients[-1].close()
            self.assertEqual(len(proxy.wait("close", 201)), 201)

    def check_it_sleeps(self, proxy, waiting):
        """By its processor time and, since a busy machine gives a spinner little, by its state."""
        before, began, asleep = proxy.cpu_s(), time.monotonic(), 0
        for _ in range(200):
            self.assertTrue(waiting.is_silent(0.01))
            asleep += proxy.is_asleep()
        self.assertLess((proxy.cpu_s() - before) / (time.monotonic() - began), 0.1)
        self.assertGreater(asleep, 150)


class TlsShortageTest(ShortageTest):
    tls = True


if __name__ == "__main__":
    unittest.main(verbosity=2)
