# SPDX-License-Identifier: Apache-2.0
"""What is done to a server, from the load's core: many requests, idle connections, handshakes."""
import contextlib
import http.client
import json
import os
import re
import select
import shutil
import socket
import ssl
import struct
import subprocess
import time

from machine import Unmeasured

SUMMARY = """done = function(summary, latency, requests)
  io.write(string.format('RESULT {"requests":%d,"duration_us":%d,"errors":%d,"p50":%d,"p99":%d,"p999":%d}\\n',
    summary.requests, summary.duration, summary.errors.connect + summary.errors.read + summary.errors.write +
    summary.errors.status + summary.errors.timeout, latency:percentile(50), latency:percentile(99),
    latency:percentile(99.9)))
end
"""


def need(program, install):
    path = shutil.which(program)
    if path is None:
        raise Unmeasured(f"{program}: {install}", kind="not installed")
    return path


def wrk(folder, url, headers, body, seconds, connections):
    """Keep-alive, closed loop. Every request must have been answered, with a status below 400."""
    script = os.path.join(folder, "request.lua")
    with open(script, "w", encoding="utf-8") as f:
        f.write("wrk.method = 'POST'\nwrk.body = [==[" + body.decode() + "]==]\n")
        for name, value in headers.items():
            if name != "host":  # wrk writes it itself
                f.write(f"wrk.headers['{name}'] = '{value}'\n")
        f.write(SUMMARY)
    done = subprocess.run([need("wrk", "apt-get install wrk"), "-t1", f"-c{connections}", f"-d{seconds}s",
                           "--timeout", "30s", "-s", script, url],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    found = re.search(r"RESULT (.*)", done.stdout)
    if found is None:
        raise Unmeasured(f"wrk: {done.stdout.strip()[-200:]}")
    result = json.loads(found.group(1))
    if result["errors"] or not result["requests"]:
        raise Unmeasured(f"{result['errors']} of {result['requests']} requests failed")
    return result


def trusting():
    """TLS that asks for nobody's trust: what is measured is the server's part."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def connect(port, context=None):
    plain = socket.create_connection(("127.0.0.1", port), timeout=30)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return context.wrap_socket(plain) if context else plain


def ask(connection, message):
    """One request and its whole reply; gives status, body, and whether the server will close."""
    connection.sendall(message)
    reply = http.client.HTTPResponse(connection, method="POST")
    reply.begin()
    return reply.status, reply.read(), reply.will_close


def first_reply(server, port, message_of, limit_s=30, context=None):
    """Asks until there is a whole reply below 400; gives the moment of its last byte."""
    end = time.monotonic() + limit_s
    why = "nothing listens"
    while time.monotonic() < end:
        server.demand_alive()
        try:
            with connect(port, context) as connection:
                status, body, _ = ask(connection, message_of(server))
            if status < 400:
                return time.monotonic()
            why = f"it replies {status} {body[:200]!r}"
        except (OSError, http.client.HTTPException) as error:
            why = repr(error)
        time.sleep(0.0002)
    raise Unmeasured(f"no reply within {limit_s} s: {why}")


@contextlib.contextmanager
def idle_connections(port, count, message, context=None):
    """So many connections, each of which has been served once and is still open at the end."""
    held = []
    try:
        for number in range(count):
            try:
                connection = connect(port, context)
                held.append(connection)
                status, _, will_close = ask(connection, message)
            except (OSError, http.client.HTTPException) as error:
                raise Unmeasured(f"connection {number + 1} of {count}: {error!r}") from error
            if status >= 400:
                raise Unmeasured(f"connection {number + 1} of {count}: status {status}")
            if will_close:
                raise Unmeasured("it closes each connection after its reply", kind="no keep-alive")
        yield
        closed = ended(held)
        if closed:
            raise Unmeasured(f"the server closed {closed} of {count} idle connections")
    finally:
        for connection in held:
            # RST: thousands of connections in TIME_WAIT would burden the next server.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()


def ended(connections):
    """How many of them the peer has ended: its FIN or RST is here, whatever stands unread before it."""
    poll = select.poll()
    for connection in connections:
        poll.register(connection, select.POLLRDHUP)
    return len(poll.poll(0))


def drain(port, path, pause_s):
    """Fetches a large body without keeping it, and reads nothing of it for a while; gives its length."""
    with connect(port) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n\r\n".encode())
        reply = http.client.HTTPResponse(connection, method="GET")
        reply.begin()
        if reply.status != 200:
            raise Unmeasured(f"GET {path} is answered with {reply.status}")
        time.sleep(pause_s)
        room = memoryview(bytearray(1 << 18))
        total = 0
        while got := reply.readinto(room):
            total += got
        return total


def handshakes(port, seconds, clients=2):
    """Full TLS handshakes, one after the other from each client, none resumed; gives their number and
    the seconds that they took, which are up to one more than asked for."""
    program = need("openssl", "apt-get install openssl")
    began = time.monotonic()
    running = [subprocess.Popen([program, "s_time", "-connect", f"127.0.0.1:{port}", "-new", "-time",
                                 str(seconds)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
               for _ in range(clients)]
    total = 0
    for client in running:
        out, _ = client.communicate()
        found = re.search(r"(\d+) connections in \d+ real seconds", out)
        if found is None:
            raise Unmeasured(f"openssl s_time: {out.strip()[-200:]}")
        total += int(found.group(1))
    return total, time.monotonic() - began
