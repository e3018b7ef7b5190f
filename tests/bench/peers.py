# SPDX-License-Identifier: Apache-2.0
"""The programs that ours stands beside: where they are, how each is started for a figure."""
import dataclasses
import json
import os
import re
import shutil
import subprocess
import urllib.request

from machine import Unmeasured, free_port

IDLE_S = 3600  # nobody closes an idle connection while it is measured
LARGE_PATH, LARGE_MB = "/large", 100  # what an upstream also has


@dataclasses.dataclass
class Place:
    """One start of one server: its port, its folder, and what it is to be."""
    folder: str
    port: int
    tools: str            # where peers are that are no packages of the system
    reply: str            # what an answering server sends
    upstream: int = 0     # the port that a proxy leads to
    tls: bool = False
    delay_ms: int = 0
    certificate: str = ""  # the files certificate.pem, key.pem, both.pem, both.p12 are in this folder
    connections: int = 0   # how many it must be able to hold
    control: int = 0       # the port of its control interface, where it has one

    def path(self, name, text=None):
        """A file of this start; written, when there is a text."""
        path = os.path.join(self.folder, name)
        if text is not None:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
        return path

    def of_certificate(self, name):
        return os.path.join(self.certificate, name)


class Subject:
    """A program that is measured."""
    key = title = install = ""
    proxies = False
    warm_up_s = 1
    env = {}

    def program(self, tools):
        """The path of what is run, or None when it is not installed."""
        raise NotImplementedError

    def version(self, path):
        """How it names itself."""
        return ""

    def missing(self, tools):
        """Why it cannot be measured at all, or None."""
        return None if self.program(tools) else f"not installed: {self.install}"

    def command(self, place):
        raise NotImplementedError

    def prepare(self, place):
        """What is left to do when it replies for the first time."""

    def keys(self, said):
        """The id and the secret with which requests to it are signed; most take any."""
        return "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


def said_by(command, pattern):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    found = re.search(pattern, done.stdout)
    return found.group(1) if found else "unknown"


def of_system(name):
    """Debian keeps servers in /usr/sbin, which is not on everybody's PATH."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")


class Nginx(Subject):
    key, title, install = "nginx", "nginx, static reply", "apt-get install nginx-light"

    def program(self, tools):
        return of_system("nginx")

    def version(self, path):
        return said_by([path, "-v"], r"nginx/(\S+)")

    def location(self, place):
        # A parameter of nginx's configuration holds 4 kB at most, so the reply is put together from parts.
        parts = [place.reply[i:i + 3000] for i in range(0, len(place.reply), 3000)]
        variables = " ".join(f"set $p{i} '{part}';" for i, part in enumerate(parts))
        whole = "".join(f"$p{i}" for i in range(len(parts)))
        return f'default_type application/x-amz-json-1.1; {variables} return 200 "{whole}";'

    def large(self, place):
        with open(place.path("large"), "wb") as f:
            f.truncate(LARGE_MB << 20)  # a hole: it takes no room
        return f"alias {place.path('large')};"

    def command(self, place):
        secure = (f"ssl_certificate {place.of_certificate('certificate.pem')}; "
                  f"ssl_certificate_key {place.of_certificate('key.pem')};") if place.tls else ""
        place.path("logs/none", "")
        conf = place.path("nginx.conf", f"""
daemon off; master_process off; pid {place.path("nginx.pid")}; error_log /dev/null;
events {{ worker_connections {2 * place.connections + 1000}; }}
http {{ access_log off; keepalive_requests 100000000; keepalive_timeout {IDLE_S}s;
  client_body_temp_path {place.path("body")}; proxy_temp_path {place.path("proxy")};
  fastcgi_temp_path {place.path("fastcgi")}; uwsgi_temp_path {place.path("uwsgi")};
  scgi_temp_path {place.path("scgi")};
  upstream u {{ server 127.0.0.1:{place.upstream or 1}; keepalive 64; keepalive_requests 100000000; }}
  server {{ listen 127.0.0.1:{place.port} {"ssl" if place.tls else ""} backlog=4096; {secure}
    location / {{ {self.location(place)} }}
    location = {LARGE_PATH} {{ {self.large(place)} }} }} }}
""")
        return [self.program(place.tools), "-p", place.folder, "-c", conf]


class NginxProxy(Nginx):
    key, title, proxies = "nginx-proxy", "nginx, reverse proxy", True

    def location(self, place):
        return 'proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection "";'

    def large(self, place):
        return self.location(place)


class Haproxy(Subject):
    key, title, install, proxies = "haproxy", "HAProxy", "apt-get install haproxy", True

    def program(self, tools):
        return of_system("haproxy")

    def version(self, path):
        return said_by([path, "-v"], r"version (\S+)")

    def command(self, place):
        secure = f"ssl crt {place.of_certificate('both.pem')}" if place.tls else ""
        conf = place.path("haproxy.cfg", f"""
global
  nbthread 1
  maxconn {place.connections + 50}
defaults
  mode http
  timeout connect 5s
  timeout client {IDLE_S}s
  timeout server {IDLE_S}s
  http-reuse always
frontend f
  bind 127.0.0.1:{place.port} backlog 4096 {secure}
  default_backend b
backend b
  server s 127.0.0.1:{place.upstream}
""")
        return [self.program(place.tools), "-db", "-f", conf]


class Toxiproxy(Subject):
    key, title, proxies = "toxiproxy", "Toxiproxy", True
    install = "bash tests/bench/peers.sh toxiproxy (go install github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0)"
    env = {"LOG_LEVEL": "error"}

    def program(self, tools):
        own = os.path.join(tools, "toxiproxy-server")
        return own if os.path.exists(own) else of_system("toxiproxy-server")

    def version(self, path):
        return said_by(["go", "version", "-m", path], r"\bmod\s+\S*toxiproxy\S*\s+v(\S+)") \
            if shutil.which("go") else "unknown"

    def command(self, place):
        proxies = [{"name": "bench", "listen": f"127.0.0.1:{place.port}",
                    "upstream": f"127.0.0.1:{place.upstream}", "enabled": True}]
        place.control = free_port()
        return [self.program(place.tools), "-config", place.path("proxies.json", json.dumps(proxies)),
                "-host", "127.0.0.1", "-port", str(place.control)]

    def prepare(self, place):
        if place.delay_ms:
            toxic = {"type": "latency", "stream": "downstream", "attributes": {"latency": place.delay_ms}}
            urllib.request.urlopen(urllib.request.Request(
                f"http://127.0.0.1:{place.control}/proxies/bench/toxics", json.dumps(toxic).encode()),
                timeout=10).close()


class Wiremock(Subject):
    key, title = "wiremock", "WireMock, journal off"
    release = "3.13.1"
    install = f"bash tests/bench/peers.sh wiremock (org.wiremock:wiremock-standalone:{release}, default-jre-headless)"
    warm_up_s = 8  # until its hot paths are compiled

    def jar(self, tools):
        return os.path.join(tools, f"wiremock-standalone-{self.release}.jar")

    def program(self, tools):
        return shutil.which("java") if os.path.exists(self.jar(tools)) else None

    def version(self, path):
        return self.release

    def command(self, place):
        answer = {"request": {"method": "POST", "url": "/"},
                  "response": {"status": 200, "body": place.reply,
                               "headers": {"Content-Type": "application/x-amz-json-1.1"}}}
        if place.delay_ms:
            answer["response"]["fixedDelayMilliseconds"] = place.delay_ms
        place.path("mappings/answer.json", json.dumps(answer))
        secure = ["--disable-http", "--https-port", str(place.port), "--https-keystore",
                  place.of_certificate("both.p12"), "--keystore-type", "PKCS12"] \
            if place.tls else ["--port", str(place.port)]
        return [self.program(place.tools), "-jar", self.jar(place.tools), *secure, "--bind-address", "127.0.0.1",
                "--root-dir", place.folder, "--no-request-journal", "--disable-request-logging",
                "--disable-banner", "--disable-gzip", "--jetty-idle-timeout", str(IDLE_S * 1000)]


class InPython(Subject):
    """A peer of the virtual environment of peers."""
    script = ""

    def program(self, tools):
        own = os.path.join(tools, "venv/bin", self.script)
        return own if os.path.exists(own) else None

    def version(self, path):
        return said_by([os.path.join(os.path.dirname(path), "pip"), "show", self.package],
                       r"Version: (\S+)")


class Mitmproxy(InPython):
    key, title, proxies = "mitmproxy", "mitmproxy (mitmdump)", True
    install = "bash tests/bench/peers.sh python (pip install mitmproxy)"
    script, package = "mitmdump", "mitmproxy"

    def command(self, place):
        secure = ["--certs", place.of_certificate("both.pem")] if place.tls else []
        return [self.program(place.tools), "--mode", f"reverse:http://127.0.0.1:{place.upstream}",
                "--listen-host", "127.0.0.1", "--listen-port", str(place.port), "--set", "flow_detail=0",
                "--set", "confdir=" + place.path("conf"), "-q", *secure]


class Moto(InPython):
    key, title = "moto", "moto server"
    install = "bash tests/bench/peers.sh python (pip install 'moto[server]')"
    script, package = "moto_server", "moto"

    def command(self, place):
        secure = ["-s", "-c", place.of_certificate("certificate.pem"), "-k", place.of_certificate("key.pem")] \
            if place.tls else []
        return [self.program(place.tools), "-H", "127.0.0.1", "-p", str(place.port), *secure]


PEERS = [Nginx(), NginxProxy(), Haproxy(), Toxiproxy(), Wiremock(), Mitmproxy(), Moto()]


def make_certificate(folder):
    """One self-signed certificate for all of them, on P-256, in the forms that they want."""
    def at(name):
        return os.path.join(folder, name)
    commands = [
        ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", at("key.pem"), "-out", at("certificate.pem")],
        ["pkcs12", "-export", "-inkey", at("key.pem"), "-in", at("certificate.pem"), "-passout",
         "pass:password", "-out", at("both.p12")]]
    for command in commands:
        done = subprocess.run(["openssl", *command], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unmeasured(f"openssl {command[0]}: {done.stderr.strip()[-200:]}")
    with open(at("both.pem"), "w", encoding="ascii") as out:
        for name in ("key.pem", "certificate.pem"):
            with open(at(name), encoding="ascii") as part:
                out.write(part.read())
