# SPDX-License-Identifier: Apache-2.0
"""How each figure is taken: a function for each group of plan.json, which gives {figure: number}."""
import contextlib
import json
import os
import shutil
import statistics
import tempfile
import time

import load
import ours
import request
from machine import Server, Unmeasured, free_port, own_and_children_s
from peers import LARGE_MB, LARGE_PATH, Nginx, Place, make_certificate

DELAY_MS = 10
THOUSAND = 1000


class Bench:
    """What all figures share: the machine, the settings, the request and the reply, and the upstream."""

    def __init__(self, settings, cores, folder):
        self.settings, self.cores, self.folder = settings, cores, folder
        self.certificate = os.path.join(folder, "certificate")
        os.mkdir(self.certificate)
        make_certificate(self.certificate)
        with open(os.path.join(settings.root, "scenarios/world.json"), encoding="utf-8") as f:
            self.body = request.batch(json.load(f))
        self.upstream = None
        self.closing = contextlib.ExitStack()
        self.reply = ""
        self.reply = self.learn()

    def learn(self):
        """A reply of our service, so that peers send as many bytes."""
        with self.serve(ours.subjects(self.settings.build)[0]) as server, \
                load.connect(server.place.port) as connection:
            status, body, _ = load.ask(connection, self.message(server))
        text = body.decode()
        if status != 200 or text.count('"Success"') != request.RECORDS:
            raise SystemExit(f"bench: the service does not take the request: {status} {text[:300]}")
        return text

    def headers(self, server):
        keys = server.subject.keys(server.said())
        return request.sign(f"127.0.0.1:{server.place.port}", keys, self.body)

    def message(self, server):
        return request.as_bytes(self.headers(server), self.body)

    def need_upstream(self):
        """nginx's static reply, for everybody who leads somewhere; it stays for the whole run."""
        nginx = Nginx()
        if nginx.missing(self.settings.tools):
            raise Unmeasured(f"nginx is {nginx.missing(self.settings.tools)}", kind="no upstream")
        if self.upstream is None:
            self.upstream = self.closing.enter_context(self.serve(nginx, core=self.cores.upstream))
        return self.upstream.place.port

    @contextlib.contextmanager
    def serve(self, subject, core=None, tls=False, delay_ms=0):
        """A server that has given its first reply, with its `place` and `first_ms`."""
        upstream = self.need_upstream() if subject.proxies else 0
        folder = tempfile.mkdtemp(dir=self.folder)
        place = Place(folder, free_port(), self.settings.tools, self.reply, upstream, tls, delay_ms,
                      self.certificate, self.settings.many)
        command = subject.command(place)
        context = load.trusting() if tls else None
        began = time.monotonic()
        server = Server(command, self.cores.server if core is None else core,
                        os.path.join(folder, "output"), subject.env)
        server.subject, server.place, server.context = subject, place, context
        try:
            replied = load.first_reply(server, place.port, self.message, context=context)
            server.first_ms = (replied - began) * 1e3
            subject.prepare(place)
            yield server
            server.demand_alive()
        finally:
            server.stop()
            shutil.rmtree(folder)

    def wrk(self, server, seconds, connections):
        return load.wrk(self.folder, f"http://127.0.0.1:{server.place.port}/", self.headers(server), self.body,
                        seconds, connections)


def under_load(bench, subject):
    settings = bench.settings
    with bench.serve(subject) as server:
        bench.wrk(server, min(subject.warm_up_s, settings.warm_up), settings.connections)
        cpu, memory = server.cpu_s(), server.memory_mb()
        result = bench.wrk(server, settings.seconds, settings.connections)
        return {"rate": result["requests"] / result["duration_us"] * 1e6,
                "p50": result["p50"], "p99": result["p99"], "p999": result["p999"],
                "cpu": (server.cpu_s() - cpu) / result["requests"] * 1e6,
                "peak": server.memory_mb("VmHWM"), "growth": server.memory_mb() - memory}


def added_latency(bench, subject):
    """Straight and through the proxy, one after the other: the machine's own mood is in both."""
    with bench.serve(subject) as server:
        seconds = bench.settings.seconds
        bench.wrk(server, 1, 1)
        straight = bench.wrk(bench.upstream, seconds, 1)
        through = bench.wrk(server, seconds, 1)
        return {"added": through["p50"] - straight["p50"]}


def delay(bench, subject):
    with bench.serve(subject, delay_ms=DELAY_MS) as server:
        bench.wrk(server, 1, 1)
        result = bench.wrk(server, bench.settings.seconds, 1)
        if result["p50"] < DELAY_MS * 1000:
            raise Unmeasured(f"there is no delay of {DELAY_MS} ms: the median is {result['p50']} µs")
        return {"p50": result["p50"] / 1e3, "p99": result["p99"] / 1e3}


def start(bench, subject):
    with bench.serve(subject) as server:
        return {"start": server.first_ms}


def idle(bench, subject, tls=False):
    """One server for each number, so that none has the memory of a larger one before."""
    found = {}
    many = bench.settings.many
    for figure, number in (("none", 0), ("thousand", THOUSAND), ("many", many)):
        if figure == "many" and bench.settings.quick:
            found[figure] = "not asked for"
            continue
        try:
            with bench.serve(subject, tls=tls) as server:
                message = bench.message(server)
                with load.idle_connections(server.place.port, number, message, server.context):
                    time.sleep(0.5)  # what it frees or closes late
                    found[figure] = server.memory_mb()
        except Unmeasured as why:
            found[figure] = str(why)
    return found


def idle_tls(bench, subject):
    return idle(bench, subject, tls=True)


def handshakes(bench, subject):
    with bench.serve(subject, tls=True) as server:
        load.handshakes(server.place.port, 1)
        cpu = server.cpu_s()
        number, seconds = load.handshakes(server.place.port, bench.settings.seconds)
        if not number:
            raise Unmeasured("no handshake came to its end")
        return {"rate": number / seconds, "cpu": (server.cpu_s() - cpu) / number * 1e6}


def large(bench, subject):
    """Whoever takes more from the upstream than the client takes of him has to keep it."""
    with bench.serve(subject) as server:
        cpu = server.cpu_s()
        length = load.drain(server.place.port, LARGE_PATH, pause_s=1)
        if length != LARGE_MB << 20:
            raise Unmeasured(f"{length} bytes came of {LARGE_MB} MB")
        return {"cpu": (server.cpu_s() - cpu) * 1e3, "peak": server.memory_mb("VmHWM")}


class Prover:
    """The program that plays and judges; it has no peer."""
    key, title = "prover", "meterprover test"
    proxies = False
    CASES = ["--run", "BMU-R0*", "--run", "BMU-E0*"]

    def __init__(self, build, root):
        self.build = build
        self.client = [os.path.join(root, ".venv/bin/python"), os.path.join(root, "tests/clients/python/seller.py")]

    def missing(self, _tools):
        return None if os.path.exists(self.client[0]) else \
            "not installed: bash tests/run (the client's Python packages)"


def prover(bench, subject):
    """On all cores, as it is used; a case's own waiting costs no CPU."""
    program = os.path.join(subject.build, "suites/meterprover")
    out = tempfile.mkdtemp(dir=bench.folder)
    code, own, client, _ = own_and_children_s(
        [program, "test", *subject.CASES, "--out", os.path.join(out, "run"), "--", *subject.client])
    results = os.path.join(out, "run/results.json")
    if code not in (0, 1, 2) or not os.path.exists(results):
        raise Unmeasured(f"meterprover test ended with {code}")
    with open(results, encoding="utf-8") as f:
        cases = len(json.load(f)["cases"])
    _, _, _, wall = own_and_children_s([program, "judge", os.path.join(out, "run")])
    shutil.rmtree(out)
    return {"share": 100 * own / (own + client), "judge": wall * 250 / cases}


TAKE = {"answer": under_load, "proxy": under_load, "latency": added_latency, "delay": delay, "idle": idle,
        "idle-tls": idle_tls, "handshakes": handshakes, "large": large, "start": start, "prover": prover}
ONCE = {"idle", "idle-tls", "prover"}  # long, and they hardly vary


def take(bench, group, subjects, progress):
    """{subject: {figure: median} or why not}, and all rounds; the subjects in turn, so that a mood of the
    machine meets all of them."""
    rounds = {subject.key: [] for subject in subjects}
    failed = {}
    for number in range(1 if group in ONCE else bench.settings.rounds):
        for subject in subjects:
            if subject.key in failed:
                continue
            progress(f"{group}, round {number + 1}: {subject.title}")
            why = subject.missing(bench.settings.tools)
            try:
                if why is None:
                    rounds[subject.key].append(TAKE[group](bench, subject))
            except Unmeasured as error:
                why = str(error)
            if why is not None:
                failed[subject.key] = why
    return {key: failed.get(key) or middle(taken) for key, taken in rounds.items()}, rounds


def middle(taken):
    """The median of each figure; a text is the same in all rounds."""
    return {figure: value if isinstance(value, str) else statistics.median(one[figure] for one in taken)
            for figure, value in taken[0].items()}
