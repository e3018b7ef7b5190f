# SPDX-License-Identifier: Apache-2.0
"""Processes on a core of their own, with their CPU time and memory as the kernel tells them."""
import contextlib
import os
import re
import resource
import signal
import socket
import subprocess
import time


class Unmeasured(Exception):
    """Why a figure could not be taken. The kind stands in the table, all of it below. What failed is a
    defect of somebody's; other kinds are how the subject is."""

    def __init__(self, why, kind="failed"):
        super().__init__(f"{kind}: {why}")


class Cores:
    """Who runs where. A third core, where there is one, spares the load the upstream's work."""

    def __init__(self):
        allowed = sorted(os.sched_getaffinity(0))
        if len(allowed) < 2:
            raise SystemExit("bench: two cores are needed: one for the server, one for the load")
        self.server, self.load = allowed[:2]
        self.upstream = allowed[2] if len(allowed) > 2 else self.load


@contextlib.contextmanager
def pinned(core):
    """What is started meanwhile inherits the core; nothing is put between us and the program."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def raise_limits():
    """As many open files as we may have; gives that number."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (65536, hard):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
            soft = wanted
            break
    return soft


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A program with its own core; what it prints goes to a file."""

    def __init__(self, command, core, log, env=None):
        self.log = log
        with open(log, "w", encoding="utf-8") as out, pinned(core):
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=subprocess.STDOUT, env={**os.environ, **(env or {})})

    def processes(self):
        """Its own process and all below it."""
        found = []
        waiting = [self.process.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
                waiting += [int(child) for child in f.read().split()]
        return found

    def cpu_s(self):
        ticks = 0
        for pid in self.processes():
            with open(f"/proc/{pid}/stat", encoding="ascii") as f:
                fields = f.read().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory_mb(self, field="VmRSS"):
        total = 0
        for pid in self.processes():
            with open(f"/proc/{pid}/status", encoding="ascii") as f:
                total += int(re.search(field + r":\s+(\d+)", f.read()).group(1))
        return total / 1024

    def demand_alive(self):
        """Unmeasured, with its last words, when it has ended."""
        code = self.process.poll()
        if code is not None:
            raise Unmeasured(f"it ended with {code}: {' '.join(self.said().split())[-300:]}")

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def own_and_children_s(command, **more):
    """Runs a command to its end; its exit code, its own CPU seconds, those of what it started and
    waited for, and the wall's."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, **more)
    # It has ended but is not reaped yet: its counters can still be read.
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    wall = time.monotonic() - began
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as f:
        fields = [int(n) for n in f.read().rsplit(")", 1)[1].split()[11:15]]
    tick = os.sysconf("SC_CLK_TCK")
    return process.wait(), (fields[0] + fields[1]) / tick, (fields[2] + fields[3]) / tick, wall
