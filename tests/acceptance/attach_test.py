#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The attach contract, on a small web application that runs by itself: it passes what it can be asked,
its careless variants fail where they should, and who is not there, or points elsewhere, passes
nothing."""
import os
import pathlib
import shlex
import signal
import socket
import subprocess
import sys

import rig

SERVICE = rig.SOURCE / "tests/clients/web/service"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAMETERPROVERATTAC",
        "AWS_SECRET_ACCESS_KEY": "not+a+secret/of/AWS/but+of+the+stand/in00"}
# Names whom it registers, and knows what it sells: the product of scenarios/world.json.
SHOP = ["--tells", "--product", "4b7hn2wq8xk3vz6tc1ryd5mfe=requests"]
# Carries a line to the application, for those who want a command.
PULL = """import sys, urllib.request as web
with web.urlopen(web.Request(sys.argv[1], data=sys.stdin.buffer.read())) as reply:
    sys.stdout.buffer.write(reply.read())
"""


class Attached(rig.Case):
    """A test with an application of its own, which outlives the runs."""

    def setUp(self):
        super().setUp()
        self.port, self.endpoint = rig.free_port(), f"127.0.0.1:{rig.free_port()}"
        self.store = self.dir / "store"
        self.addCleanup(self.kill)

    def environment_of_service(self, endpoint):
        """All that the application is started with, each time."""
        return {"PATH": os.environ["PATH"], "HOME": str(self.dir), "PYTHON": rig.PYTHON, **KEYS,
                "AWS_ENDPOINT_URL_MARKETPLACE_METERING": f"http://{endpoint}",
                "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_EC2_METADATA_DISABLED": "true"}

    def start_service(self, *options, endpoint=None):
        """Starts the application; it ends with the test."""
        subprocess.run([SERVICE, "start", self.store, str(self.port), *options], check=True,
                       env=self.environment_of_service(endpoint or self.endpoint), timeout=60,
                       stdin=subprocess.DEVNULL)

    def kill(self):
        """Ends the application, however it stands."""
        path = self.store / "pid"
        if path.exists():
            try:
                os.kill(int(path.read_text(encoding="ascii")), signal.SIGKILL)
            except ProcessLookupError:
                pass

    def url(self, path):
        """An address of the application."""
        return f"http://127.0.0.1:{self.port}{path}"

    def restart(self, *options):
        """The command that restarts it."""
        env = self.environment_of_service(self.endpoint)
        words = ["env", "-i", *(f"{name}={value}" for name, value in env.items())]
        run = [SERVICE, "restart", self.store, self.port, *options]
        return (" ".join(shlex.quote(str(w)) for w in words)
                + ' METERPROVER_SIGNAL="$METERPROVER_SIGNAL" '
                + " ".join(shlex.quote(str(w)) for w in run))

    def ways(self, *names):
        """The options for those ways, or for all addresses."""
        urls = {"--trigger-url": "/tick", "--registration-url": "/register",
                "--notice-url": "/notices"}
        return [word for name in names or urls for word in (name, self.url(urls[name]))]

    def attach(self, *options, code, out="out", command="test", **more):
        """A run with the attach contract; gives its result and its results.json."""
        path = self.dir / out
        where = ["--out", path] if command == "test" else []
        result = self.run_it(command, "--contract", "attach", "--listen", self.endpoint, *where,
                             *options, code=code, **more)
        return result, rig.results(path) if (path / "results.json").exists() else None


def only(*globs):
    """--run for each."""
    return [word for glob in globs for word in ("--run", glob)]


class Careful(Attached):
    """The application passes what it can be asked, in one life and in several."""

    # What such a program has been given once for all.
    FIXED = ("TIM-03/", "TIM-04/")
    # There is one process of it, and one user of it for all that we know.
    SINGLE = ("CAD-04", "RC-07")
    # It splits no usage by tags.
    UNTAGGED = ("BMU-L03", "VMT-")
    # The address that it was given is not of https.
    SECURED = ("RC-12",)

    def hold_passed(self, tree, result, unsupported=()):
        """Everything is well, but for what cannot be asked, which is unsupported by name."""
        seen = rig.verdicts(tree)
        beyond = {k: v for k, v in seen.items() if unsupported and k.startswith(unsupported)}
        self.assertEqual(set(), set(beyond.values()) - {"UNSUPPORTED"}, result)
        self.assertEqual({}, {k: v for k, v in seen.items()
                              if k not in beyond and v not in rig.SATISFIED}, result)
        self.assertIn("PASS", seen.values())

    def test_all_ways(self):
        self.start_service(*SHOP)
        result, tree = self.attach(
            *self.ways(), "--restart-cmd", self.restart(*SHOP),
            *only("RC*", "SUB*", "CAD*", "TIM*", "BMU-R*", "BMU-E0[13]*", "BMU-L0*", "NET-03"),
            code=2, timeout=300)
        self.hold_passed(tree, result, self.FIXED + self.SINGLE + self.UNTAGGED + self.SECURED)
        self.assertIn("AWS_ENDPOINT_URL_MARKETPLACE_METERING=http://" + self.endpoint, result.out)

    def test_agreements(self):
        self.start_service(*SHOP)
        result, tree = self.attach(*self.ways(), "--profile", "saas-agreements",
                                   *only("CA-0*", "CA-1*", "RC-01", "SUB*", "BMU-R0[1-3]"), code=0)
        self.hold_passed(tree, result)

    def test_registration_alone(self):
        # What needs more than a page is unsupported; who says nothing of the customer proves less.
        self.start_service(*SHOP)
        result, tree = self.attach(*self.ways("--registration-url"), *only("RC*"), code=2)
        self.hold_passed(tree, result, ("RC-E05", "RC-E06", "RC-07", "RC-09", *self.SECURED))
        for case in ("RC-02", "RC-08", "RC-E01", "RC-E03"):
            self.assertEqual("PASS", rig.verdicts(tree)[case], result)
        self.kill()
        self.start_service()
        result, tree = self.attach(*self.ways("--registration-url"), *only("RC-02", "RC-08"), code=2,
                                   out="nameless")
        self.assertEqual({"NOT EXERCISED"}, set(rig.verdicts(tree).values()), result)
        self.assertIn("X-Meterprover-Customer", result.out)

    def test_command(self):
        self.start_service()
        pull = self.dir / "pull.py"
        pull.write_text(PULL, encoding="ascii")
        command = " ".join(map(shlex.quote, [sys.executable, str(pull), self.url("/tick")]))
        result, tree = self.attach("--trigger", command, *only("BMU-R02", "RC-01", "CAD-06"),
                                   "--restart-cmd", self.restart(), code=0)
        self.hold_passed(tree, result)

    def test_usage_left_over(self):
        # What BMU-R09 leaves is sent again for ever; BMU-R10 meets it, and is played once more.
        self.start_service()
        result, tree = self.attach(*self.ways(), *only("BMU-R09", "BMU-R10"), code=0)
        self.hold_passed(tree, result)
        self.assertIn("had not settled", result.out)

    def test_same_store_again(self):
        self.start_service()
        for out in ("first", "second"):
            result, tree = self.attach(*self.ways(), *only("BMU-R02", "BMU-L07"), "--seed", "7",
                                       code=0, out=out)
            self.hold_passed(tree, result)


class Careless(Attached):
    """Each bug is found out by the case that is about it."""

    FOUND = {
        "status-only": ("BMU-R02", "sent-again"),
        "claims-early": ("BMU-R02", "money"),
        "in-memory": ("CAD-06", None),
        "hangs": ("BMU-R02", "no-hang"),
        "token-in-cookie": ("RC-08", "not-kept"),
        "deaf": ("SUB-04", "silent"),
    }

    def test_bugs(self):
        for bug, (case, check) in self.FOUND.items():
            with self.subTest(bug=bug):
                self.kill()
                self.start_service(*SHOP, "--bug", bug)
                result, tree = self.attach(
                    *self.ways(), *only(case), "--no-doctor", "--timeout-multiplier", "0.3",
                    "--restart-cmd", self.restart(*SHOP, "--bug", bug), code=1, out=bug)
                self.assertEqual({case: "FAIL"}, rig.verdicts(tree), result)
                if check is not None:
                    found = rig.check_of(rig.case_of(tree, case), check)
                    self.assertEqual("FAIL", found["verdict"], result)

    def test_page_alone(self):
        # Found out by nothing but what the browser sees.
        self.start_service(*SHOP, "--bug", "welcomes-anyone")
        result, tree = self.attach(*self.ways("--registration-url"), *only("RC-E02"), code=1)
        self.assertEqual({"RC-E02": "FAIL"}, rig.verdicts(tree), result)
        self.kill()
        self.start_service(*SHOP, "--bug", "token-in-query")
        result, tree = self.attach(*self.ways("--registration-url"), *only("RC-05"), code=0,
                                   out="query")
        self.assertEqual({"RC-05": "WARN"}, rig.verdicts(tree), result)

    def test_silent(self):
        self.start_service("--bug", "silent")
        result, tree = self.attach(*self.ways(), *only("BMU-R02"), code=1)
        self.assertIsNone(tree)
        self.assertIn("did not answer hello with", result.out)
        self.assertIn("Nothing was tested", result.out)

    def test_restart_that_is_none(self):
        self.start_service()
        for command, says in (("true", "the same program as before said hello"),
                              ("echo cannot do it; exit 3", "exited with code 3: cannot do it")):
            with self.subTest(command=command):
                result, _ = self.attach(*self.ways(), *only("CAD-06"), "--restart-cmd", command,
                                        code=3)
                self.assertIn(says, result.out)


class Absent(Attached):
    """Who is not there, or not where he should be, passes nothing."""

    def hold_nothing_passed(self, tree, result):
        self.assertFalse(set(rig.verdicts(tree).values()) & rig.SATISFIED, result)

    def test_nobody_listens(self):
        for way in ("--trigger-url", "--registration-url"):
            with self.subTest(way=way):
                result, tree = self.attach(*self.ways(way), *only("BMU-R02", "RC-01", "RC-02"),
                                           code=1)
                self.assertIn("cannot be reached: Connection refused", result.out)
                self.assertIn("Start it before meterprover", result.out)
                self.assertIn("Nothing was tested", result.out)
                self.assertIsNone(tree)
                result, tree = self.attach(*self.ways(way), *only("BMU-R02", "RC-01", "RC-02"),
                                           "--no-doctor", code=1, out=way)
                self.hold_nothing_passed(tree, result)
                self.assertIn("cannot be reached", result.out)

    def test_goes_away(self):
        self.start_service()
        result, tree = self.attach(*self.ways(), *only("CAD-06"), "--no-doctor", "--restart-cmd",
                                   f"kill -KILL $(cat {shlex.quote(str(self.store / 'pid'))})",
                                   code=1)
        self.assertEqual({"CAD-06": "FAIL"}, rig.verdicts(tree), result)
        self.assertIn("cannot be reached", result.out)

    def test_points_elsewhere(self):
        self.start_service(endpoint=f"127.0.0.1:{rig.free_port()}")
        result, tree = self.attach(*self.ways(), *only("BMU-R02"), code=1, timeout=200)
        self.assertIn(f"no request arrived at http://{self.endpoint}", result.out)
        self.assertIsNone(tree)
        result, tree = self.attach(*self.ways(), *only("BMU-R02"), "--no-doctor",
                                   "--timeout-multiplier", "0.3", code=(1, 2), timeout=200)
        self.hold_nothing_passed(tree, result)

    def test_port_is_taken(self):
        self.start_service()
        with socket.socket() as other:
            host, port = self.endpoint.split(":")
            other.bind((host, int(port)))
            other.listen()
            result, _ = self.attach(*self.ways(), *only("BMU-R02"), code=3)
        self.assertIn("Address already in use", result.err)

    def test_wrong_options(self):
        url = "http://127.0.0.1:1/x"
        rows = [
            ([], "attach needs to know how your program is reached"),
            (["--trigger-url", url, "--", "program"], "attach starts no program"),
            (["--trigger-url", url, "--trigger", "true"], "there can be one trigger"),
            (["--trigger-url", "https://127.0.0.1/x"], "https is not spoken here"),
            (["--trigger-url", "localhost:80"], "write it as http://"),
            (["--notice-url", "http://nobody.invalid/"], 'no host "nobody.invalid"'),
            (["--registration-url", url + "#top"], "write it as http://"),
            (["--trigger-url", url, "--listen", "127.0.0.1:0"], "needs a port of its own"),
            (["--trigger-url", url, "--listen", "here"], "is no address"),
            (["--trigger-url", url, "--jobs", "2"], "one case at a time"),
        ]
        for options, says in rows:
            with self.subTest(options=options):
                result = self.run_it("test", "--contract", "attach", *options, code=64)
                self.assertIn(says, result.err)
        result = self.run_it("test", "--trigger-url", url, "--", "true", code=64)
        self.assertIn("add --contract attach", result.err)
        result = self.run_it("test", "--contract", "attached", "--", "true", code=64)
        self.assertIn("knows script, exec and attach", result.err)

    def test_doctor(self):
        self.start_service()
        result, _ = self.attach(*self.ways(), command="doctor", code=0)
        self.assertIn("ok    the usage was billed", result.out)
        self.assertIn("AWS_ACCESS_KEY_ID=" + KEYS["AWS_ACCESS_KEY_ID"], result.out)


if __name__ == "__main__":
    assert pathlib.Path(SERVICE).exists()
    rig.main()
