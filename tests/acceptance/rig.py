# SPDX-License-Identifier: Apache-2.0
"""What the acceptance tests share: the programs under test, one way to run them, and readers of what
a run leaves. Every run is held against the same demands: no sanitizer report and no traceback of ours,
nothing of the client left running, no scratch directory left behind."""
import json
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = pathlib.Path(os.environ.get("MP_SOURCE", HERE.parent.parent))
BUILD = pathlib.Path(os.environ.get("MP_BUILD", SOURCE / ".build/dev"))
METERPROVER = os.environ.get("MP_METERPROVER", str(BUILD / "suites/meterprover"))
PROXY = os.environ.get("MP_PROXY", str(BUILD / "proxy/meterprover-proxy"))
MUTANT = os.environ.get("MP_MUTANT", str(BUILD / "tests/mutants/mutant"))
LIAR = os.environ.get("MP_LIAR", str(BUILD / "tests/clients/liars/liar"))
PYTHON = os.environ.get("MP_PYTHON", str(SOURCE / ".venv/bin/python"))
NODE = os.environ.get("MP_NODE", str(SOURCE / ".venv/bin/node"))
SCENARIOS = SOURCE / "scenarios"
SELLER = [PYTHON, str(SOURCE / "tests/clients/python/seller.py")]
NAIVE = [PYTHON, str(SOURCE / "tests/clients/python/naive.py")]
JOB = [PYTHON, str(SOURCE / "tests/clients/python/job.py")]
JS_SELLER = [NODE, str(SOURCE / "tests/clients/js/seller.mjs")]

# Long tests play a sample of the cases; MP_WHOLE=1 makes them play all, MP_SEED=N the sample of that
# seed, which each of them prints.
WHOLE = os.environ.get("MP_WHOLE") == "1"
SAMPLE_SEED = os.environ.get("MP_SEED", "1")  # the same for the same commit, wherever it is run

PASSED = {"PASS", "AVOIDED", "INFO"}
SATISFIED = {"PASS", "AVOIDED", "INFO", "WARN"}
SKIP = 77

# What must never be printed, whatever happens.
REPORTS = re.compile(
    r"AddressSanitizer|LeakSanitizer|UndefinedBehaviorSanitizer|runtime error:|Assertion .* failed|"
    r"Segmentation fault|DEADLYSIGNAL")


def client(name, *arguments):
    """The command of a client of this folder."""
    return [sys.executable, str(HERE / name), *arguments]


class Result:
    """How one run of a program went."""

    def __init__(self, code, out, err, seconds):
        self.code, self.out, self.err, self.seconds = code, out, err, seconds
        self.text = out + err

    def __str__(self):
        return f"exit code {self.code} after {self.seconds:.1f} s\n{self.text[-4000:]}"


def free_port():
    """A port that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def descend(directory):
    """Processes whose environment names the directory: clients, and whoever watches over them."""
    found = []
    needle = os.fsencode(str(directory))
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if needle in (entry / "environ").read_bytes():
                found.append((int(entry.name),
                              (entry / "cmdline").read_bytes().replace(b"\0", b" ")))
        except OSError:
            continue  # it has ended meanwhile
    return found


def free_port():
    """A port of the loopback that nobody uses, and that nobody is given who asks for any: programs that
    run beside the test do so all the time."""
    first_of_any = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    while True:
        port = random.SystemRandom().randrange(10000, max(first_of_any, 20000))
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


def wait_until(condition, seconds, step=0.005):
    """Waits for what condition() gives; the last value, true or not."""
    end = time.monotonic() + seconds
    value = condition()
    while not value and time.monotonic() < end:
        time.sleep(step)
        value = condition()
    return value


class Case(unittest.TestCase):
    """A test with a directory of its own, and with the demands that hold for every run."""

    longMessage = True
    maxDiff = None

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="acceptance-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.runs = 0

    def environment(self, changes=None):
        """Our environment with the changes (None removes), and a TMPDIR that marks the clients."""
        scratch = self.dir / f"tmp-{self.runs}"
        scratch.mkdir(exist_ok=True)
        env = {**os.environ, "TMPDIR": str(scratch), **(changes or {})}
        return {name: value for name, value in env.items() if value is not None}, scratch

    def start(self, arguments, env=None, **more):
        """Starts meterprover and gives its Popen and its scratch directory."""
        self.runs += 1
        env, scratch = self.environment(env)
        argv = [str(a) for a in (arguments if more.pop("whole", False)
                                 else [METERPROVER, *arguments])]
        return subprocess.Popen(argv, env=env, cwd=more.pop("cwd", self.dir), text=True,
                                errors="replace", stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more), scratch

    def run_it(self, *arguments, env=None, code=None, timeout=120, killed=False, **more):
        """Runs meterprover to its end and demands what holds for every run, and the exit code."""
        began = time.monotonic()
        process, scratch = self.start(arguments, env, **more)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            self.fail(f"{arguments} did not end within {timeout} s\n{out[-2000:]}{err[-2000:]}")
        result = Result(process.returncode, out, err, time.monotonic() - began)
        self.hold(result, scratch, killed)
        if code is not None:
            wanted = {code} if isinstance(code, int) else set(code)
            self.assertIn(result.code, wanted, result)
        return result

    def hold(self, result, scratch, killed=False):
        """The demands that hold for every run."""
        self.assertIsNone(REPORTS.search(result.text), result)
        self.assertNotIn("Traceback", result.err, result)
        if not killed:
            self.assertGreaterEqual(result.code, 0, result)
            wait_until(lambda: not descend(scratch), 30)
            self.assertEqual([], descend(scratch), "processes are left")
            self.assertEqual([], [p.name for p in scratch.iterdir() if
                                  p.name.startswith("meterprover-")], "scratch is left")

    def test_run(self, *options, out="out", command, code=None, **more):
        """`meterprover test` into a directory of that name; gives its result and its results.json."""
        path = self.dir / out
        result = self.run_it("test", "--out", path, *options, "--", *command, code=code, **more)
        return result, (results(path) if (path / "results.json").exists() else None)


# unittest takes every name that begins with "test" for a test.
Case.play = Case.test_run
del Case.test_run


def results(path):
    """results.json of a run."""
    return json.loads((pathlib.Path(path) / "results.json").read_text(encoding="utf-8"))


def verdicts(tree):
    """The verdict of each case."""
    return {case["id"]: case["verdict"] for case in tree["cases"]}


def case_of(tree, name):
    """One case of results.json."""
    return next(case for case in tree["cases"] if case["id"] == name)


def check_of(case, name):
    """One check of a case."""
    return next(check for check in case["checks"] if check["id"] == name)


def findings(case):
    """Everything that a case says of what is wrong, as one text."""
    texts = [case["why"] or ""]
    texts += [check["text"] or "" for check in case["checks"] if check["verdict"] not in PASSED]
    return "\n".join(texts)


def case_dir(out, name):
    """Where the evidence of a case lies."""
    return pathlib.Path(out) / "cases" / name.replace("/", "~")


def journal(out, name):
    """The events of a case; of a run that was cut, those that are whole."""
    events = []
    path = case_dir(out, name) / "journal.jsonl"
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        try:
            events.append(json.loads(line))
        except ValueError:
            break
    return events


def all_cases(profile="saas"):
    """The ids of every case of the profile, from the scenario files themselves."""
    ids = []
    for path in sorted(SCENARIOS.glob("*/*.json")):
        tree = json.loads(path.read_text(encoding="utf-8"))
        for case in tree.get("variants", [tree]) if "scenario" in tree else []:
            ids += [case["id"]] if profile in case.get("profiles", tree["profiles"]) else []
    return sorted(ids)


def sample(count, always=(), profile="saas"):
    """So many cases of the profile beside those always wanted, sorted; or all of them."""
    cases = all_cases(profile)
    if WHOLE:
        return cases
    others = [case for case in cases if case not in always]
    print(f"{count} of {len(others)} cases of {profile}, MP_SEED={SAMPLE_SEED}", flush=True)
    return sorted([*random.Random(SAMPLE_SEED).sample(others, count), *always])


def only(cases):
    """The options for these cases."""
    return [word for case in cases for word in ("--run", case)]


def need(condition, why):
    """Skips the test, with the reason, when the machine lacks what it needs."""
    if not condition:
        raise unittest.SkipTest(why)


def main():
    """Runs the tests of the calling file. 77 when the machine lacked something: then the reason is
    printed, and nothing failed; a test that ran and failed is a failure all the same."""
    program = unittest.main(module="__main__", exit=False, verbosity=2)
    outcome = program.result
    if not outcome.wasSuccessful() or outcome.testsRun == 0:
        sys.exit(1)
    for test, why in outcome.skipped:
        print(f"SKIPPED {test}: {why}")
    sys.exit(SKIP if outcome.skipped else 0)
