# SPDX-License-Identifier: Apache-2.0
"""A forward proxy: what it opens, what it tunnels, what it refuses, and whom it never contacts."""
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest

import wire
from control import Control
from farther import Line, Server, replies
from wire import PATIENCE_S, PROGRAM, Proxy, WireTest, batch, in_turn, record, rule, run

SERVICE = "metering.marketplace.us-east-1.amazonaws.com"
OK = b"HTTP/1.1 200 OK\r\nDate: d\r\nContent-Length: 2\r\n\r\nok"
MB = 1 << 20


def forward(rules=None, args=(), **more):
    """A proxy with an authority of its own, in a folder that goes with it."""
    folder = tempfile.mkdtemp(prefix="wire-authority-")
    proxy = Proxy(rules, args=["--connect", "--authority", folder, *args], **more)
    proxy.authority_folder = folder
    return proxy


class ConnectTest(WireTest):
    def tearDown(self):
        for name in os.listdir(tempfile.gettempdir()):
            if name.startswith("wire-authority-"):
                shutil.rmtree(os.path.join(tempfile.gettempdir(), name), ignore_errors=True)

    def connect(self, proxy, authority, version="1.1", rest=b""):
        client = proxy.client()
        client.send(f"CONNECT {authority} HTTP/{version}\r\nHost: {authority}\r\n\r\n".encode() + rest)
        return client, client.head()

    def opened(self, proxy, host=SERVICE, version="1.1"):
        """A client that speaks TLS to that host, as it thinks."""
        client, head = self.connect(proxy, host + ":443", version)
        self.assertEqual(b"HTTP/1.1 200 Connection established\r\n\r\n", head)
        client.socket = proxy.context().wrap_socket(client.socket, server_hostname=host)
        return client


class Opened(ConnectTest):
    def test_the_service_answers_under_its_own_name(self):
        for version in ("1.1", "1.0"):
            with self.subTest(version), forward() as proxy:
                self.assertNotIn("AWS_ENDPOINT_URL_MARKETPLACE_METERING", proxy.exports)
                self.assertEqual(f"http://127.0.0.1:{proxy.port}", proxy.exports["HTTPS_PROXY"])
                client = self.opened(proxy, version=version)
                for n in (1, 2):
                    client.send(proxy.sign.whole(batch(record("acme", n, n)), host=SERVICE))
                    self.assertEqual("Success", client.reply().results()[0]["Status"])
                self.check_event(proxy.wait("route")[0], way="opened", to=SERVICE + ":443", conn=1, x=1)
                asked, first, second = proxy.wait("request", 3)
                self.check_event(asked, method="CONNECT", operation="")
                for request in first, second:
                    self.check_event(request["signature"], error="", valid=True)
                self.check_event(proxy.wait("tls")[0], what="ready", host=SERVICE)
                client.close()
                proxy.stop()
                self.assertEqual("2 requests\n", proxy.process.stdout.read())

    def test_an_upstream_answers(self):
        with Proxy([]) as far, forward(args=["--upstream", f"http://127.0.0.1:{far.port}"]) as proxy:
            client = self.opened(proxy)
            client.send(far.sign.whole(host=SERVICE))
            self.assertEqual(200, client.reply().status)
            self.check_event(far.wait("request")[0]["signature"], error="", valid=True)
            self.assertIn(["host", SERVICE], far.events("request")[0]["headers"])

    def test_absolute_targets(self):
        with forward() as proxy, proxy.client() as client:
            head, body = proxy.sign.request(batch(), host=SERVICE)
            client.send(head.replace(b"POST / ", f"POST http://{SERVICE}/ ".encode()) + body)
            self.assertEqual(200, client.reply().status)
            client.send(head + body)  # and it is a reverse proxy still
            self.assertEqual(200, client.reply().status)

    def test_absolute_targets_and_their_ports(self):
        """RFC 9110 4.2: where none is written it is 80, or of https 443; there are no other schemes here."""
        with forward(args=["--open", "localhost", "--open", "127.0.0.1:80"]) as proxy, proxy.client() as client:
            for target, status in (("https://localhost/", 200), ("http://localhost:443/", 200),
                                   ("HTTPS://localhost/", 200), ("http://127.0.0.1/", 200),
                                   ("http://127.0.0.1:/", 200), ("http://localhost/", 403),
                                   ("https://127.0.0.1/", 403), (f"ftp://{SERVICE}/", 403)):
                with self.subTest(target):
                    head, body = proxy.sign.request(batch())
                    client.send(head.replace(b"POST / ", f"POST {target} ".encode()) + body)
                    self.assertEqual(status, client.reply().status)

    def test_none_within_another(self):
        """The connection that was opened is one to its host, and stays it."""
        with forward() as proxy:
            client = self.opened(proxy)
            client.send(f"CONNECT {SERVICE}:443 HTTP/1.1\r\nHost: {SERVICE}\r\n\r\n".encode())
            self.assertEqual(403, client.reply().status)
            self.check_event(proxy.wait("route", 2)[1], way="refused",
                             text="a connection that was opened leads nowhere else: CONNECT on a new one")
            client.send(proxy.sign.whole(host=SERVICE))
            self.assertEqual(200, client.reply().status)

    def test_other_hosts_that_are_named(self):
        with forward(args=["--open", "sts.amazonaws.com", "--open", "localhost:8443"]) as proxy:
            self.opened(proxy, "sts.amazonaws.com").close()
            _, head = self.connect(proxy, "localhost:443")
            self.assertTrue(head.startswith(b"HTTP/1.1 403 "), head)
            _, head = self.connect(proxy, "localhost:8443")
            self.assertTrue(head.startswith(b"HTTP/1.1 200 "), head)

    def test_rules_act_within(self):
        rules = in_turn([{"truncate": {"after_bytes": 9}}])
        with forward(rules) as proxy:
            client = self.opened(proxy)
            client.send(proxy.sign.whole(host=SERVICE))
            head = client.head()
            self.assertEqual(9, len(client.rest()[0]), head)
            self.assertEqual(1, len(proxy.wait("fault")))  # the CONNECT before it was counted by no rule

    def test_rules_of_handshakes_act(self):
        rules = [rule("expired", [{"expired_certificate": {}}], when={"phase": "tls"})]
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(wire.scenario(rules, tls=True), file)
            file.flush()
            proxy = forward(args=["--scenario", file.name])
        with proxy:
            with self.assertRaisesRegex(ssl.SSLCertVerificationError, "expired"):
                self.opened(proxy)
            proxy.wait("fault")

    def test_a_client_that_does_not_wait(self):
        """Its hello comes with the CONNECT."""
        with forward() as proxy:
            into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = proxy.context().wrap_bio(into, out, server_hostname=SERVICE)
            with self.assertRaises(ssl.SSLWantReadError):
                tls.do_handshake()
            client, head = self.connect(proxy, SERVICE + ":443", rest=out.read())
            self.assertTrue(head.startswith(b"HTTP/1.1 200 "))
            while True:
                into.write(client.kept or client.socket.recv(9999))
                client.kept = b""
                try:
                    tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    client.send(out.read())
            client.send(out.read())
            self.check_event(proxy.wait("tls")[0], what="ready")

    def test_the_greeting_names_its_certificate(self):
        with forward() as proxy:
            self.assertTrue(proxy.exports["AWS_CA_BUNDLE"].startswith(proxy.authority_folder))

    def test_secrets_of_real_clients(self):
        """They take us for the real service, and show us what they show it."""
        with forward() as proxy:
            client = proxy.client()
            client.send(f"CONNECT {SERVICE}:443 HTTP/1.1\r\nHost: {SERVICE}\r\nProxy-Authorization: Basic "
                        "0123456789abcdef\r\n\r\n".encode())
            client.head()
            client.socket = proxy.context().wrap_socket(client.socket, server_hostname=SERVICE)
            head, body = proxy.sign.request(batch(), host=SERVICE, headers=[
                ("X-Amz-Security-Token", "token0123456789abcdef")])
            client.send(head + body + "GET /?X-Amz-Security-Token=0123456789abcdef&X-Amz-Signature=0123 HTTP/1.1\r\n"
                        f"Host: {SERVICE}\r\n\r\n".encode())
            token = json.dumps({"RegistrationToken": "a/token/0123456789abcdef"}).replace("/", r"\/").encode()
            client.send(proxy.sign.whole(token, host=SERVICE, target="ResolveCustomer"))
            for _ in range(3):
                client.reply()
            self.assertEqual("?", proxy.wait("request", 4)[3]["token"])
            proxy.wait("response", 4)
            self.assertNotIn(b"0123456789abcdef", b"".join(proxy.lines()))

    def test_who_hands_out_credentials_is_not_asked_for_by_way_of_us(self):
        """Clients that have a proxy ask it for all but what NO_PROXY names."""
        with forward(source="imds", rules=[]) as proxy:
            host, _ = proxy.exports["AWS_EC2_METADATA_SERVICE_ENDPOINT"].removeprefix("http://").split(":")
            self.assertEqual(host, proxy.exports["NO_PROXY"])
        with forward() as proxy:
            self.assertNotIn("NO_PROXY", proxy.exports)


class Refused(ConnectTest):
    HOSTS = ("example.com:443", "metering.marketplace.us-east-1.amazonaws.com.evil.example:443",
             "xmetering.marketplace.us-east-1.amazonaws.com:443", "169.254.169.254:80", "localhost:22",
             "s3.amazonaws.com:443", "[::1]:443")

    def test_hosts_that_nobody_named(self):
        with forward(args=["--tunnel", "127.0.0.1:9"]) as proxy:
            for x, host in enumerate(self.HOSTS, 1):
                client, head = self.connect(proxy, host)
                self.assertTrue(head.startswith(b"HTTP/1.1 403 Forbidden\r\nProxy-Status: meterprover; "
                                                b"error=http_request_denied"), head)
                event, = proxy.wait("route", x=x)
                self.check_event(event, way="refused", to=host,
                                 text="nobody named that host: --open or --tunnel would")
                client.close()
            with proxy.client() as client:
                for target in ("http://example.com/", "http://127.0.0.1:9/"):
                    client.send(f"GET {target} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
                    self.assertEqual(403, client.reply().status)

    def test_without_connect(self):
        """An upstream is never asked to be a proxy."""
        with Server(replies(OK)) as server, Proxy(args=["--upstream", server.url]) as proxy:
            _, head = self.connect(proxy, "example.com:443")
            self.assertTrue(head.startswith(b"HTTP/1.1 403 "), head)
            self.assertEqual(0, server.count)

    def test_nobody_else_is_contacted(self):
        """Every system call that could: connections, and packets to name servers."""
        if shutil.which("strace") is None:
            self.fail("strace is needed to see whom the program contacts")
        with Server(replies(OK)) as server, Server(lambda line, _: line.send(line.take(2))) as tunnelled:
            folder = tempfile.mkdtemp(prefix="wire-authority-")
            log = os.path.join(folder, "calls")
            command = ["strace", "-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", log,
                       PROGRAM, "--connect", "--authority", folder, "--upstream", server.url,
                       "--tunnel", f"127.0.0.1:{tunnelled.port}"]
            # A sanitizer's search for leaks and a tracer exclude one another.
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                                  env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}) as process:
                port = int(process.stdout.readline().rsplit(":", 1)[1])
                for host in self.HOSTS:
                    self.ask(port, f"CONNECT {host} HTTP/1.1\r\nHost: h\r\n\r\n", b" 403 ")
                    self.ask(port, f"GET http://{host}/ HTTP/1.1\r\nHost: h\r\n\r\n", b" 403 ")
                self.ask(port, "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", b"ok")
                self.ask(port, f"CONNECT 127.0.0.1:{tunnelled.port} HTTP/1.1\r\nHost: h\r\n\r\nhi", b"\r\n\r\nhi")
                # The program itself: the tracer would be killed, and leave it behind.
                child = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True,
                                       check=True).stdout.split()[0]
                os.kill(int(child), signal.SIGTERM)
                process.wait(PATIENCE_S)
            with open(log, encoding="utf-8") as file:
                calls = file.read()
        connected = re.findall(r"connect\(\d+, \{sa_family=(\w+), (?:sin6?_port=htons\((\d+)\))?", calls)
        self.assertEqual({("AF_INET", str(server.port)), ("AF_INET", str(tunnelled.port))}, set(connected),
                         calls)
        self.assertNotIn("htons(53)", calls)
        # Data is sent on what is connected; a packet with an address of its own would name it.
        for line in calls.splitlines():
            if "sendto(" in line:
                self.assertRegex(line, r"NULL, 0\)")

    def ask(self, port, request, expected):
        with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as client:
            client.sendall(request.encode())
            got = b""
            while expected not in got:
                data = client.recv(65536)
                self.assertNotEqual(b"", data, got)
                got += data


class Answered(ConnectTest):
    """Rules that have their say in the answer of a CONNECT."""
    ASKED = {"target": "proxy"}

    def proxied(self, *rules, then=None, connect=True, args=()):
        """A forward proxy with those rules; then: what the only one does, to the first CONNECT."""
        rules = list(rules) or [rule("no way", then, match="1", when=self.ASKED)]
        tree = wire.scenario(rules, tls=True)
        tree["client"]["transport"] = "proxy"
        tree["requires"].append("proxy")
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(tree, file)
            file.flush()
            args = ["--scenario", file.name, *args]
            return forward(args=args) if connect else Proxy(args=args)

    def meter(self, proxy, client):
        """One record through the tunnel that the client has."""
        client.socket = proxy.context().wrap_socket(client.socket, server_hostname=SERVICE)
        client.send(proxy.sign.whole(host=SERVICE))
        self.assertEqual("Success", client.reply().results()[0]["Status"])

    def test_a_refusal_and_then_the_tunnel(self):
        """Byte for byte a proxy's; the connection goes on, and asked again it leads to the service."""
        said = {"respond": {"status": 407, "headers": {"Proxy-Authenticate": "Basic realm=\"r\"",
                                                       "Content-Type": "text/plain", "Date": "d"},
                            "body": "who are you?"}}
        with self.proxied(then=[said]) as proxy:
            client, head = self.connect(proxy, SERVICE + ":443")
            self.assertEqual(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Type: text/plain\r\nDate: d\r\n"
                             b"Proxy-Authenticate: Basic realm=\"r\"\r\nContent-Length: 12\r\n\r\n", head)
            self.assertEqual(b"who are you?", client.take(12))
            client.send(f"CONNECT {SERVICE}:443 HTTP/1.1\r\nHost: {SERVICE}:443\r\n\r\n".encode())
            self.assertEqual(b"HTTP/1.1 200 Connection established\r\n\r\n", client.head())
            self.meter(proxy, client)
            first, second, third = proxy.wait("request", 3)
            for x, asked in enumerate((first, second), 1):
                self.check_event(asked, x=x, conn=1, to="proxy", asks=SERVICE + ":443", method="CONNECT")
            self.check_event(third, operation="BatchMeterUsage", conn=1)
            self.assertNotIn("to", third)
            self.check_event(proxy.wait("response")[0], x=1, status=407, origin="rule", whole=True)
            self.check_event(proxy.wait("response", 2)[1], x=2, status=200, origin="proxy", whole=True)
            self.check_event(proxy.wait("fault")[0], x=1, rule="no way", action="respond")
            opened, = proxy.wait("route")
            self.check_event(opened, x=2, way="opened")
            client.close()
            proxy.stop()
            self.assertEqual("1 requests\n", proxy.process.stdout.read())

    def test_cuts(self):
        for then, got in (([{"rst": {"at": "before-response"}}], (b"", "rst")),
                          ([{"fin": {"at": "before-response"}}], (b"", "fin")),
                          ([{"empty_reply": {}}], (b"", "fin")),
                          ([{"rst": {"at": "response", "after_bytes": 12}}], (b"HTTP/1.1 200", "rst")),
                          ([{"fin": {"at": "response", "after_bytes": 12}}], (b"HTTP/1.1 200", "fin"))):
            with self.subTest(then), self.proxied(then=then) as proxy:
                client = proxy.client()
                client.send(f"CONNECT {SERVICE}:443 HTTP/1.1\r\nHost: h\r\n\r\n".encode())
                self.assertEqual(got, client.rest())
                self.check_event(proxy.wait("fault")[0], x=1, rule="no way", bytes=len(got[0]))
                self.meter(proxy, self.connect(proxy, SERVICE + ":443")[0])  # the next one is led on

    def test_silence(self):
        with self.proxied(then=[{"hang": {"at": "before-response"}}]) as proxy:
            client = proxy.client()
            client.send(f"CONNECT {SERVICE}:443 HTTP/1.1\r\nHost: h\r\n\r\n".encode())
            proxy.wait("fault")
            self.assertTrue(client.is_silent())
            client.close()
            self.assertEqual([], proxy.events("route"))

    def test_a_late_tunnel(self):
        with self.proxied(then=[{"delay": "700ms"}]) as proxy:
            begun = time.monotonic()
            client, head = self.connect(proxy, SERVICE + ":443")
            self.assertEqual(b"HTTP/1.1 200 Connection established\r\n\r\n", head)
            self.assertGreaterEqual(time.monotonic() - begun, 0.7)
            self.meter(proxy, client)

    def test_a_tunnel_that_is_gone_before_it_is_told(self):
        """What the client is not told of yet cannot break off: it is told that there is none."""
        with Server(lambda line, _: line.reset()) as server, \
                self.proxied(then=[{"delay": "300ms"}], args=["--tunnel", f"localhost:{server.port}"]) as proxy:
            client, head = self.connect(proxy, f"localhost:{server.port}")
            self.assertTrue(head.startswith(b"HTTP/1.1 502 "), head)
            ready, failed = proxy.wait("route", 2)
            self.check_event(ready, way="tunnelled")
            self.check_event(failed, way="failed",
                             text="the upstream ended the connection before it answered; whether it executed "
                                  "the request is not known")
            self.check_event(proxy.wait("fault")[0], rule="no way", action="delay")
            client.close()

    def test_each_target_has_rules_of_its_own(self):
        """The first CONNECT and the first call are each the first of their own kind."""
        rules = [rule("proxy", [{"respond": {"status": 502}}], match="1", when=self.ASKED),
                 rule("service", [{"error": "ThrottlingException"}], match="1")]
        with self.proxied(*rules) as proxy:
            self.assertTrue(self.connect(proxy, SERVICE + ":443")[1].startswith(b"HTTP/1.1 502 Bad Gateway\r\n"))
            client = self.opened(proxy)
            client.send(proxy.sign.whole(host=SERVICE))
            self.assertEqual(400, client.reply().status)
            self.assertEqual(["proxy", "service"], [e["rule"] for e in proxy.wait("fault", 2)])

    def test_nobody_listens(self):
        closed = rule("closed", [{"refuse": {}}], when={"target": "proxy", "phase": "connect"})
        with self.proxied(closed) as proxy, self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", proxy.port))

    def test_what_cannot_be_played(self):
        asked = self.ASKED
        for then, when, connect, sentence in (
                ({"error": "ThrottlingException"}, asked, True, "nothing that can be done to the answer of a CONNECT"),
                ({"redirect": {}}, asked, True, "nothing that can be done to the answer of a CONNECT"),
                ({"truncate": {"after_bytes": 1}}, asked, True, "nothing that can be done to the answer of a CONNECT"),
                ({"respond": {"status": 204}}, asked, True, "a 2xx opens the tunnel"),
                ({"hang": {"at": "before-request"}}, {**asked, "phase": "head"}, True, "in the phase request only"),
                ({"respond": {"status": 407}}, {**asked, "attempt": 1}, True, "no CONNECT says which attempt"),
                ({"untrusted": {}}, {**asked, "phase": "tls"}, True, "in the phase request only"),
                ({"respond": {"status": 407}}, asked, False, "somebody who serves CONNECT")):
            with self.subTest(then=then, when=when), self.assertRaisesRegex(AssertionError, sentence):
                self.proxied(rule("no way", [then], when=when), connect=connect)
        tree = wire.scenario([rule("no way", [{"rst": {"at": "before-response"}}], when=asked)])
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(tree, file)
            file.flush()
            with self.assertRaisesRegex(AssertionError, "under the transport proxy"):
                forward(args=["--scenario", file.name])


class Tunnelled(ConnectTest):
    def tunnel(self, play, then):
        with Server(play) as server, forward(args=["--tunnel", f"localhost:{server.port}"]) as proxy:
            client, head = self.connect(proxy, f"localhost:{server.port}")
            self.assertEqual(b"HTTP/1.1 200 Connection established\r\n\r\n", head)
            then(client)
            ready, ended = proxy.wait("route", 2)
            self.check_event(ready, way="tunnelled", to=f"localhost:{server.port}",
                             address=f"127.0.0.1:{server.port}")
            self.check_event(ended, way="ended")
            return ended

    def test_bytes_and_both_fins(self):
        def play(line, _):
            line.send(b"\x16not http" + line.take(5))
            self.assertEqual(b"", line.socket.recv(9))  # the client's FIN comes, and we may still talk
            line.send(b"bye")

        def then(client):
            client.send(b"hello")
            self.assertEqual(b"\x16not httphello", client.take(14))
            client.half_close()
            self.assertEqual((b"bye", "fin"), client.rest())
        self.check_event(self.tunnel(play, then), sent=5, bytes=17, how="fin")

    def test_the_host_ends_first(self):
        def play(line, _):
            line.socket.shutdown(socket.SHUT_WR)
            self.assertEqual(b"late", line.take(4))

        def then(client):
            self.assertEqual(b"", client.socket.recv(9))
            client.send(b"late")
            client.close()
        self.check_event(self.tunnel(play, then), sent=4, bytes=0, how="fin")

    def test_resets(self):
        def play(line, _):
            line.take(1)
            line.reset()

        def then(client):
            client.send(b"x")
            self.assertEqual((b"", "rst"), client.rest())
        self.check_event(self.tunnel(play, then), how="rst")
        told = []

        def listen(line, _):
            try:
                line.send(b"go")
                line.socket.recv(1)
            except ConnectionResetError:
                told.append("rst")

        def reset(client):
            client.take(2)
            client.reset()
        self.check_event(self.tunnel(listen, reset), how="rst")
        self.assertEqual(["rst"], told)

    def test_a_reset_while_the_client_is_told(self):
        """The host is there and away again before the client has taken the reply."""
        rules = [rule("shut", [{"refuse": {}}], when={"phase": "connect"}, armed=False)]
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
            port = full.getsockname()[1]
            fill = [socket.socket() for _ in range(4)]
            for one in fill:  # the queue is full, and whoever comes now comes again in a second
                one.setblocking(False)
                one.connect_ex(full.getsockname())
            with forward(rules, args=["--control", "127.0.0.1:0", "--tunnel", f"127.0.0.1:{port}"]) as proxy:
                client = proxy.client(receive_bytes=2048)  # which the replies before it fill
                client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n" * 40
                            + f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
                proxy.wait("request", 41)
                Control(proxy.control_port).arm("shut")  # now a reply is over when it is acknowledged
                for one in fill:
                    one.close()
                full.settimeout(PATIENCE_S)
                while not proxy.events("route"):
                    Line(full.accept()[0]).reset()
                ready, ended = proxy.wait("route", 2)
                self.assertEqual("rst", client.rest()[1])
                self.check_event(ready, way="tunnelled")
                self.check_event(ended, way="ended", how="rst")

    def test_much_both_ways(self):
        size = 32 * MB

        def play(line, _):
            def send():
                for _ in range(size // MB):
                    line.send(bytes(MB))
                line.socket.shutdown(socket.SHUT_WR)
            sender = threading.Thread(target=send)
            sender.start()
            left = size
            while left > 0:
                left -= len(line.socket.recv(MB))
            sender.join()

        def then(client):
            def send():
                for _ in range(size // MB):
                    client.send(bytes(MB))
                client.half_close()
            sender = threading.Thread(target=send)
            sender.start()
            got = len(client.kept)
            while got < size:
                got += len(client.socket.recv(MB))
            sender.join()
            self.assertEqual(b"", client.socket.recv(1))
        self.check_event(self.tunnel(play, then), sent=size, bytes=size, how="fin")

    def test_a_host_that_refuses(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
        with forward(args=["--tunnel", f"127.0.0.1:{port}"]) as proxy:
            client, head = self.connect(proxy, f"127.0.0.1:{port}")
            self.assertTrue(head.startswith(b"HTTP/1.1 502 Bad Gateway\r\nProxy-Status: meterprover; "
                                            b"error=connection_refused"), head)
            self.check_event(proxy.wait("route")[0], way="failed", to=f"127.0.0.1:{port}")
            client.close()

    def test_an_end_to_end_handshake(self):
        """The client sees the host's own certificate: nothing was opened."""
        with Proxy([], tls=True) as far, forward(args=["--tunnel", f"localhost:{far.port}"]) as proxy:
            client, _ = self.connect(proxy, f"localhost:{far.port}")
            client.socket = far.context().wrap_socket(client.socket, server_hostname="localhost")
            client.send(far.sign.whole())
            self.assertEqual(200, client.reply().status)
            client.close()
            proxy.wait("route", 2)


class Usage(ConnectTest):
    def test_what_does_not_fit(self):
        for args, code, sentence in (
                (["--open", "s3.amazonaws.com"], 64, "--open means nothing without --connect"),
                (["--tunnel", "x"], 64, "--tunnel means nothing without --connect"),
                (["--connect", "--tls"], 64, "--connect cannot be with --tls"),
                (["--connect", "--open", "example.com"], 64, "example.com cannot be opened"),
                (["--connect", "--open", "http://x"], 64, "is no host; write it as"),
                (["--connect", "--open", "localhost", "--tunnel", "localhost"], 64, "is named twice"),
                (["--connect", "--tunnel", "no-such-host.invalid"], 3, "there is no host")):
            with self.subTest(args), tempfile.TemporaryDirectory() as folder:
                more = ["--authority", folder] if "--connect" in args else []
                seen, out, errors = run(*args, *more)
                self.assertEqual((code, ""), (seen, out), errors)
                self.assertIn(sentence, errors)


if __name__ == "__main__":
    unittest.main()
