# SPDX-License-Identifier: Apache-2.0
"""Who may use the control interface, in what form, and what it costs the lane when somebody means ill."""
import os
import re
import socket
import tempfile
import time
import unittest

from control import METERING, THROTTLE, Control, ControlTest, Waiting, steered, switch
from clients import Client
from wire import PATIENCE_S, batch, many, record, rule, run

TOKEN = "c3RlZXJpbmctdG9rZW4tMQ=="
GET = b"GET /v1/health HTTP/1.1\r\nHost: localhost\r\n"
RESET = b"POST /v1/reset HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


class FormTest(ControlTest):
    """Each request is refused with its status, and changes nothing."""

    def raw(self, proxy, data):
        """The statuses of all answers to those bytes, and how the connection ended after our FIN."""
        with Client(proxy.control_port) as client:
            client.send(data)
            client.half_close()
            got, how = client.rest()
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", got)], how

    def test_bytes(self):
        rows = [
            (GET + b"\r\n", [200]),
            (GET + b"\r\n" + GET + b"\r\n", [200, 200]),
            (GET + b"Connection: close\r\n\r\n" + GET + b"\r\n", [200]),
            (b"GET /v1/health HTTP/1.0\r\nHost: localhost\r\n\r\n", [200]),
            (b"GET /v1/health HTTP/1.1\r\n\r\n", [400]),
            (b"GET /v1/health HTTP/1.1\r\nHost: evil.example\r\n\r\n", [421]),
            (b"GET http://evil.example/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n", [421]),
            (GET + b"Origin: http://evil.example\r\n\r\n", [403]),
            (GET + b"Sec-Fetch-Site: cross-site\r\n\r\n", [403]),
            (RESET + b"Content-Length: 2\r\n\r\n{}", [200]),
            (RESET + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", [200]),
            (RESET + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", [400]),
            (RESET + b"Content-Length: 0\r\n\r\n", [400]),
            (RESET + b"Content-Length: 3\r\n\r\n{}", []),
            (RESET + b"Content-Length: 2\r\n\r\n[]", [422]),
            (RESET + b"Content-Length: 7\r\n\r\n{\"a\":1}", [422]),
            (RESET + b"Content-Length: 99999999\r\n\r\n" + b"x" * 200000, [413]),
            (RESET + b"Transfer-Encoding: chunked\r\n\r\n" + b"400\r\n" + b" " * 1024 + b"\r\n" * 2 +
             b"400\r\n" + b" " * 1024, [400]),
            (RESET + b"Transfer-Encoding: chunked\r\n\r\n" + (b"400\r\n" + b" " * 1024 + b"\r\n") * 3,
             [413]),
            (RESET.replace(b"application/json", b"text/plain") + b"Content-Length: 2\r\n\r\n{}", [415]),
            (b"OPTIONS /v1/reset HTTP/1.1\r\nHost: localhost\r\nOrigin: http://evil.example\r\n"
             b"Access-Control-Request-Method: POST\r\n\r\n", [403]),
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", [400]),
            (b"\x00" * 100, [400]),
            (b"GET /v1/health" + b"x" * 9000, [414]),
            (GET + b"X: " + b"y" * 20000 + b"\r\n\r\n", [431]),
            (b"", []),
        ]
        with steered() as proxy:
            for data, statuses in rows:
                with self.subTest(data[:100]):
                    self.assertEqual(self.raw(proxy, data), (statuses, "fin"))
            self.assertEqual(len(proxy.events("control")), 2)
            self.assertEqual(proxy.ask().status, 200)

    def test_byte_by_byte(self):
        with steered() as proxy:
            with Client(proxy.control_port) as client:
                for byte in RESET + b"Content-Length: 2\r\n\r\n{}":
                    client.send(bytes([byte]))
                self.assertEqual(client.reply().status, 200)

    def test_expect_continue(self):
        with steered() as proxy:
            with Client(proxy.control_port) as client:
                client.send(RESET + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
                self.assertEqual(client.head(), b"HTTP/1.1 100 Continue\r\n\r\n")
                client.send(b"{}")
                self.assertEqual(client.reply().status, 200)
                client.send(RESET + b"Content-Length: 5000\r\nExpect: 100-continue\r\n\r\n")
                self.assertEqual(client.reply().status, 413)
                client.half_close()
                self.assertEqual(client.rest()[1], "fin")

    def test_methods(self):
        with steered() as proxy:
            control = Control(proxy.control_port)
            for method, path, allow in (("POST", "/v1/health", "GET, HEAD"), ("GET", "/v1/reset", "POST"),
                                        ("PATCH", "/v1/scenario", "GET, HEAD, PUT, DELETE"),
                                        ("OPTIONS", "/v1/clock", "GET, HEAD, POST")):
                answer = self.check_answer(control.call(method, path), 405, "method_not_allowed")
                self.assertEqual(answer.fields["Allow"], allow)
            self.check_answer(control.get("/v2/health"), 404, "no_such_route")
            with Client(proxy.control_port) as client:
                client.send(GET.replace(b"GET", b"HEAD") + b"\r\n" + GET + b"\r\n")
                head = client.head()
                reply = client.reply()
                self.assertIn(b"Content-Length: %d\r\n" % len(reply.body), head)
                self.assertNotIn(b"Access-Control", head + reply.head)

    def test_json(self):
        deep = b'{"when":' * 100 + b"1" + b"}" * 100
        with steered() as proxy:
            control = Control(proxy.control_port)
            for body, status in ((b'{"to":"+1h","to":"+2h"}', 400), (b'{"to":"+1h"} x', 400), (b"\xff", 400),
                                 (deep, 400), (b'{"to":"\\u0000"}', 400), (b'{"to":null}', 422),
                                 (b"null", 422), (b'{"to":1e999}', 400)):
                with self.subTest(body[:40]):
                    self.assertEqual(control.post("/v1/clock", body).status, status)
            self.assertEqual(proxy.events("control"), [])


class TokenTest(ControlTest):
    def file(self, text):
        handle, path = tempfile.mkstemp(prefix="wire-")
        self.addCleanup(os.unlink, path)
        with os.fdopen(handle, "w") as file:
            file.write(text)
        return path

    def test_who_shows_it_and_who_does_not(self):
        args = ["--control-token-file", self.file(TOKEN + "\n")]
        with steered(switch("busy", THROTTLE), args=args) as proxy:
            good = Control(proxy.control_port, {"Authorization": f"Bearer {TOKEN}",
                                                "User-Agent": f"with {TOKEN} in its name"})
            for fields in {}, {"Authorization": "Bearer x"}, {"Authorization": f"Bearer {TOKEN}x"}, \
                    {"Authorization": f"Bearer {TOKEN[:-1]}"}, {"Authorization": TOKEN}:
                answer = Control(proxy.control_port, fields).arm("busy")
                self.check_answer(answer, 401, "unauthorized")
                self.assertEqual(answer.fields["WWW-Authenticate"], "Bearer")
                self.assertNotIn(TOKEN.encode(), answer.body)
            self.check_answer(Control(proxy.control_port).get("/nothing"), 401, "unauthorized")
            self.assertEqual(proxy.ask().status, 200)
            self.check_good(good.arm("busy"))
            self.assertEqual(proxy.ask().status, 400)
            named = {"Host": "meterprover.example"}
            self.check_good(good.get("/v1/health", headers=named))
            self.check_answer(good.get("/v1/health", headers={"Origin": "null"}), 403, "from_a_browser")
            self.check_event(proxy.events("control")[0], agent="with [secret:control] in its name")
            proxy.secrets.append(TOKEN)  # which is looked for at the end

    def test_other_machines_need_it(self):
        token = self.file(TOKEN)
        for wanted, args, sentence in (
                (64, ["--control", "0.0.0.0:0"], "can be reached from other machines"),
                (64, ["--control", "[::]:0"], "can be reached from other machines"),
                (64, ["--control", "localhost:0"], "is no address"),
                (64, ["--control-token-file", token], "means nothing without --control"),
                (64, ["--control", "127.0.0.1:0", "--control-token-file", self.file("short")], "16 to 512"),
                (64, ["--control", "127.0.0.1:0", "--control-token-file", self.file("")], "16 to 512"),
                (3, ["--control", "127.0.0.1:0", "--control-token-file", "/nowhere/t"], "No such file"),
                (64, ["--control", "127.0.0.1:0", "--control-history", "much"], "whole number")):
            with self.subTest(args):
                code, out, errors = run(*args)
                self.assertEqual((code, out), (wanted, ""))
                self.assertRegex(errors, sentence)
        with steered(args=["--control", "0.0.0.0:0", "--control-token-file", token]) as proxy:
            self.check_good(Control(proxy.control_port, {"Authorization": f"Bearer {TOKEN}"})
                            .get("/v1/health"))

    def test_the_other_loopback(self):
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError as why:
            self.skipTest(f"no IPv6 here: {why}")
        with steered(args=["--control", "[::1]:0"]) as proxy:
            with socket.create_connection(("::1", proxy.control_port)) as client:
                client.sendall(b"GET /v1/lanes HTTP/1.1\r\nHost: [::1]:%d\r\nConnection: close\r\n\r\n"
                               % proxy.control_port)
                data = b"".join(iter(lambda: client.recv(65536), b""))
            self.assertRegex(data, rb"\AHTTP/1\.1 200 OK\r\n")

    def test_a_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            address = "127.0.0.1:%d" % other.getsockname()[1]
            code, out, errors = run("--control", address)
        self.assertEqual((code, out), (3, ""))
        self.assertIn(f"cannot listen on {address}", errors)


class CostTest(ControlTest):
    """The lane is served, whatever the clients of the control interface do."""

    def test_many_that_say_nothing(self):
        with steered() as proxy:
            before = proxy.descriptors()
            mute = [Client(proxy.control_port) for _ in range(200)]
            self.assertEqual(proxy.ask().status, 200)
            self.check_good(Control(proxy.control_port).get("/v1/health"))
            self.assertLess(proxy.descriptors() - before, 40)
            for client in mute:
                client.close()
            proxy.wait_descriptors(before)

    def test_one_that_never_finishes(self):
        """It is told so after ten seconds; who went away meanwhile is forgotten at once."""
        with steered() as proxy:
            before = proxy.descriptors()
            for _ in range(30):
                with Client(proxy.control_port) as client:
                    client.send(RESET + b"Content-Length: 2\r\n\r\n{")
            proxy.wait_descriptors(before)
            with Client(proxy.control_port) as client:
                client.send(b"GET /v1/hea")
                began = time.monotonic()
                while client.is_silent(0.5) and time.monotonic() < began + 25:
                    self.assertEqual(proxy.ask().status, 200)
                self.assertFalse(client.is_silent(0))
                self.assertGreater(time.monotonic() - began, 9)
                self.assertEqual(client.reply().status, 408)
                client.half_close()
                self.assertEqual(client.rest()[1], "fin")

    def test_one_that_takes_nothing(self):
        """Its answers fill the kernel's buffers, then it is held back, and reset in the end."""
        with steered(args=["--bodies", "full"]) as proxy:
            for _ in range(20):
                proxy.ask(batch(*many(25)), headers=(("x-padding", "p" * 60000),))
            body = b'{"limit":1000}'
            ask = (b"POST /v1/journal/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json"
                   b"\r\nContent-Length: %d\r\n\r\n" % len(body)) + body
            client = Client(proxy.control_port, receive_bytes=4096)
            proxy.clients.append(client)
            client.send(ask * 20)
            end = time.monotonic() + PATIENCE_S
            while self.can_send(client, ask):
                self.assertEqual(proxy.ask().status, 200)
                self.assertLess(time.monotonic(), end, "it was never reset")
                time.sleep(0.3)
            self.assertLess(self.resident(proxy), 600 << 20)

    @staticmethod
    def can_send(client, data):
        """False as soon as the connection is reset; that it takes too long is no reset."""
        try:
            client.send(data)
        except ConnectionError:
            return False
        return True

    def resident(self, proxy):
        with open(f"/proc/{proxy.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def test_too_many_that_wait(self):
        with steered() as proxy:
            control = Control(proxy.control_port)
            waits = [control.waiting(proxy, when={"attempt": 900}, within_s=8) for _ in range(16)]
            self.check_answer(control.wait(when=METERING), 503, "too_many")
            self.assertEqual(proxy.ask().status, 200)
            for wait in waits:
                self.assertFalse(self.check_good(wait.done())["reached"])
            self.assertTrue(self.check_good(control.wait(when=METERING))["reached"])

    def test_one_that_leaves_while_it_waits(self):
        """By reset it is forgotten; its half closed it is answered."""
        body = b'{"when":{"attempt":900},"within_s":2}'
        ask = (b"POST /v1/wait HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
               b"Content-Length: %d\r\n\r\n" % len(body)) + body
        with steered() as proxy:
            before = proxy.descriptors()
            for _ in range(40):
                client = Client(proxy.control_port)
                client.send(ask)
                proxy.wait_taken(client.port)
                client.reset()
            with Client(proxy.control_port) as client:
                client.send(ask)
                client.half_close()
                self.assertFalse(client.reply().json()["reached"])
                self.assertEqual(client.rest()[1], "fin")
            proxy.wait_descriptors(before)

    def test_one_that_asks_all_at_once(self):
        """Its calls are answered one in each turn of the loop, so that others have theirs between."""
        body = b'{"when":{"attempt":900},"limit":1000}'
        ask = (b"POST /v1/journal/query HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
               b"Content-Length: %d\r\n\r\n" % len(body)) + body
        with steered(args=["--bodies", "full"]) as proxy:
            with proxy.client() as client:
                for r in many(200):
                    client.send(proxy.sign.whole(batch(r)))
                    client.reply()
            with Client(proxy.control_port) as client:
                client.send(ask * 300)
                with proxy.client() as other:
                    for _ in range(3):
                        other.send(proxy.sign.whole(batch(record("globex", 3))))
                        self.assertEqual(other.reply().status, 200)
                client.socket.setblocking(False)
                early = client.socket.recv(1 << 20).count(b"HTTP/1.1 200")
                client.socket.setblocking(True)
                self.assertLess(early, 200)
                client.half_close()
                self.assertEqual(early + client.rest()[0].count(b"HTTP/1.1 200"), 300)

    def test_waits_and_queries_under_load(self):
        """A long journal is read in slices: requests of the lane are answered between them."""
        with steered(rule("busy", THROTTLE, match="1"), args=["--bodies", "full"]) as proxy:
            with proxy.client() as client:
                for i in range(400):
                    client.send(proxy.sign.whole(batch(record(quantity=i + 1))))
                    client.reply()
            control = Control(proxy.control_port)
            page = self.check_good(control.query(when={"attempt": 900}, limit=1000))
            self.assertEqual((page["events"], page["more"]), ([], True))
            # Who began late to ask, on a busy machine, finds it read; hence one of several.
            for within_s in 0, 30:
                self.assertGreater(max(self.asked_during_a_wait(proxy, control, within_s) for _ in range(5)), 3)

    def asked_during_a_wait(self, proxy, control, within_s):
        """How many requests of the lane are answered while the journal is read for one wait."""
        with proxy.client() as client:
            wait = Waiting(control, when=METERING, count=400, within_s=within_s)
            count = 0
            while wait.is_open():
                client.send(proxy.sign.whole(batch(record("globex", 3))))
                self.assertEqual(client.reply().status, 200)
                count += 1
            self.assertTrue(self.check_good(wait.done())["reached"])  # however long it takes to read
        return count


if __name__ == "__main__":
    unittest.main(verbosity=2)
