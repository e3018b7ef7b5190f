#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The stand-in service beside nginx's static reply, in one run: requests a second, latency, CPU, memory.

usage: bench.py [--build DIR] [--seconds N] [--rounds N] [--connections N]
"""
import argparse
import datetime
import hashlib
import hmac
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RECORDS = 25


def find(program):
    path = shutil.which(program) or (f"/usr/sbin/{program}" if os.path.exists(f"/usr/sbin/{program}") else None)
    if path is None:
        sys.exit(f"bench: {program} is not installed (apt-get install nginx-light wrk)")
    return path


def sign(host, key, secret, region, body, target):
    """AWS Signature Version 4, headers form."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    headers = {"content-type": "application/x-amz-json-1.1", "host": host, "x-amz-date": now,
               "x-amz-target": "AWSMPMeteringService." + target}
    names = ";".join(sorted(headers))
    canonical = "\n".join(["POST", "/", ""] + [f"{n}:{headers[n]}" for n in sorted(headers)] +
                          ["", names, hashlib.sha256(body).hexdigest()])
    scope = f"{now[:8]}/{region}/aws-marketplace/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    derived = ("AWS4" + secret).encode()
    for part in scope.split("/"):
        derived = hmac.new(derived, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(derived, to_sign.encode(), hashlib.sha256).hexdigest()
    headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={names}, "
                                f"Signature={signature}")
    return headers


def batch(world):
    """A BatchMeterUsage of 25 records for the hour before this one."""
    hour = int(time.time()) // 3600 * 3600 - 3600
    product = world["products"]["widget"]["code"]
    customers = [c["identifier"] for c in world["customers"].values()]
    records = [{"Timestamp": hour - 3600 * (i // len(customers)), "CustomerIdentifier": customers[i % len(customers)],
                "Dimension": "requests", "Quantity": i + 1} for i in range(RECORDS)]
    return json.dumps({"ProductCode": product, "UsageRecords": records}).encode()


class Server:
    """A process on core 0, with its CPU time and memory read from /proc."""

    def __init__(self, name, command):
        self.name = name
        self.process = subprocess.Popen(["taskset", "-c", "0"] + command, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)

    def pids(self):
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True)
        return [self.process.pid] + [int(p) for p in children.stdout.split()]

    def cpu_s(self):
        ticks = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/stat", encoding="ascii") as f:
                fields = f.read().rsplit(")", 1)[1].split()
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory_mb(self):
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/status", encoding="ascii") as f:
                total += int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))
        return total / 1024

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=10)


def start_nginx(folder, reply):
    # A parameter of nginx's configuration holds 4 kB at most, so the reply is put together from parts.
    parts = [reply[i:i + 3000] for i in range(0, len(reply), 3000)]
    variables = " ".join(f"set $p{i} '{part}';" for i, part in enumerate(parts))
    whole = "".join(f"$p{i}" for i in range(len(parts)))
    with open(os.path.join(folder, "nginx.conf"), "w", encoding="ascii") as f:
        f.write(f"""daemon off; master_process off; pid {folder}/nginx.pid; error_log /dev/null;
events {{ worker_connections 4096; }}
http {{ access_log off; keepalive_requests 100000000;
  server {{ listen 127.0.0.1:18987; location / {{
    default_type application/x-amz-json-1.1; {variables} return 200 "{whole}"; }} }} }}
""")
    server = Server("nginx, static reply", [find("nginx"), "-p", folder, "-c", os.path.join(folder, "nginx.conf")])
    time.sleep(0.5)
    return server, "127.0.0.1:18987", None


def start_service(build, folder, bodies):
    command = [os.path.join(build, "proxy/meterprover-proxy"), "--listen", "127.0.0.1:0", "--seed", "1"]
    if bodies != "no journal":
        command += ["--journal", os.path.join(folder, f"journal-{bodies}-{time.monotonic_ns()}"),
                    "--bodies", bodies]
    server = Server(f"service, {bodies if bodies == 'no journal' else 'bodies ' + bodies}", command)
    host = server.process.stdout.readline().strip().replace("http://", "")
    server.process.stdout.readline()
    server.process.stdout.readline()
    exports = dict(re.findall(r"(AWS_\w+)=(\S+)", server.process.stdout.readline()))
    return server, host, exports


def lua(folder, headers, body):
    path = os.path.join(folder, "request.lua")
    with open(path, "w", encoding="utf-8") as f:
        f.write("wrk.method = 'POST'\nwrk.body = [==[" + body.decode() + "]==]\n")
        for name, value in headers.items():
            if name != "host":  # wrk writes it itself
                f.write(f"wrk.headers['{name}'] = '{value}'\n")
        f.write("""done = function(summary, latency, requests)
  io.write(string.format('RESULT {"requests":%d,"duration_us":%d,"errors":%d,"p50":%d,"p99":%d,"p999":%d}\\n',
    summary.requests, summary.duration, summary.errors.connect + summary.errors.read + summary.errors.write +
    summary.errors.status + summary.errors.timeout, latency:percentile(50), latency:percentile(99),
    latency:percentile(99.9)))
end
""")
    return path


def load(host, script, seconds, connections):
    out = subprocess.run(["taskset", "-c", "1", find("wrk"), "-t1", f"-c{connections}", f"-d{seconds}s",
                          "-s", script, f"http://{host}/"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return json.loads(re.search(r"RESULT (.*)", out).group(1))


def measure(start, folder, body, args):
    server, host, keys = start()
    try:
        headers = {"content-type": "application/x-amz-json-1.1"}
        if keys is not None:
            headers = sign(host, keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"], keys["AWS_REGION"],
                           body, "BatchMeterUsage")
        script = lua(folder, headers, body)
        load(host, script, 1, args.connections)
        before = server.cpu_s()
        result = load(host, script, args.seconds, args.connections)
        if result["errors"]:
            sys.exit(f"bench: {server.name}: {result['errors']} of {result['requests']} requests failed")
        return {"name": server.name, "rate": result["requests"] / result["duration_us"] * 1e6,
                "p50": result["p50"], "p99": result["p99"],
                "cpu": (server.cpu_s() - before) / result["requests"] * 1e6, "memory": server.memory_mb()}
    finally:
        server.stop()


def real_reply(build, folder, body):
    """One reply of the service, so that nginx sends as many bytes."""
    import http.client
    server, host, keys = start_service(build, folder, "no journal")
    try:
        connection = http.client.HTTPConnection(host)
        connection.request("POST", "/", body, sign(host, keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"],
                                                   keys["AWS_REGION"], body, "BatchMeterUsage"))
        response = connection.getresponse()
        text = response.read().decode()
        if response.status != 200 or text.count('"Success"') != RECORDS:
            sys.exit(f"bench: the service does not take the request: {response.status} {text[:300]}")
        return text
    finally:
        server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default=os.path.join(ROOT, ".build/release"))
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=32)
    args = parser.parse_args()
    with open(os.path.join(ROOT, "scenarios/world.json"), encoding="utf-8") as f:
        body = batch(json.load(f))
    with tempfile.TemporaryDirectory() as folder:
        reply = real_reply(args.build, folder, body)
        starts = [lambda: start_nginx(folder, reply)] + [
            (lambda b: lambda: start_service(args.build, folder, b))(b) for b in ("no journal", "digest", "full")]
        rounds = []
        for number in range(args.rounds):
            print(f"round {number + 1} of {args.rounds} …", file=sys.stderr)
            rounds.append([measure(start, folder, body, args) for start in starts])
            for name in os.listdir(folder):
                if name.startswith("journal-"):
                    os.unlink(os.path.join(folder, name))
    print(f"BatchMeterUsage, {RECORDS} records, {len(body)} bytes in, {len(reply)} out, signed, keep-alive, "
          f"{args.connections} connections, {args.seconds} s, median of {args.rounds}")
    print(f"{'server':28} {'requests/s':>10} {'of nginx':>8} {'p50 us':>7} {'p99 us':>7} {'CPU us':>7} {'MB':>6}")
    base = statistics.median(r[0]["rate"] for r in rounds)
    for i in range(len(starts)):
        row = {k: statistics.median(r[i][k] for r in rounds) for k in ("rate", "p50", "p99", "cpu", "memory")}
        print(f"{rounds[0][i]['name']:28} {row['rate']:10.0f} {row['rate'] / base:8.2f} {row['p50']:7.0f} "
              f"{row['p99']:7.0f} {row['cpu']:7.1f} {row['memory']:6.1f}")


if __name__ == "__main__":
    main()
