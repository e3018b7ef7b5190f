#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whatever a client does, the run ends in time, says in words what happened, and leaves nothing."""
import subprocess
import sys

import rig

CASE = "BMU-R01"
# Stretches the 20 s of the doctor's exchange and the 30 s of the case to this. That a run ends is seen
# by the patience of run_it; a client that hangs does so for ten minutes.
SCALE = 0.1

# What the finding says, and the check that fails; the mode's name is what happened.
SAYS = {
    "hang": ("no-hang", r"deadline.*not answered done"),
    "crash": ("no-crash", r"crashed: ended by a signal"),
    "flood": ("contract", r"output passed the limit, \d+ bytes"),
    "half-line": ("contract", r'last line has no end: \{"mp":"done","st'),
    "ignore-term": ("no-crash", r"neither with its input nor by SIGTERM, and was killed"),
    "fork-and-leave": ("no-crash", r"ended by itself before the case did"),
    "close-stdin": ("no-hang", r"deadline.*not answered done"),
    "close-stdout": ("no-hang", r"deadline.*not answered done"),
    "never-read": ("no-hang", r"deadline.*not answered done"),
    "garbage": ("contract", r'said \{"mp":"done","step":"one"\}, expected: .*"step"'),
    "wrong-step": ("contract", r"done to step 78 at line \d+, which it was not sent"),
    "done-twice": ("contract", r"answered done to step 1 twice"),
    "hello-twice": ("contract", r"said hello again"),
    "long-line": ("contract", r"expected: an answer must be a line of at most \d+ bytes"),
    "binary": ("contract", r"expected"),
}


class Hostile(rig.Case):
    """One test for each mode, made below."""

    def hold_mode(self, mode):
        command = rig.client("hostile.py", mode)
        result, tree = self.play("--no-doctor", "--run", CASE, "--timeout-multiplier", str(SCALE),
                                 command=command, code=1)
        case = rig.case_of(tree, CASE)
        self.assertEqual("FAIL", case["verdict"], result)
        name, words = SAYS[mode]
        check = rig.check_of(case, name)
        self.assertEqual("FAIL", check["verdict"], f"{name} of {mode}\n{result}")
        self.assertRegex(check["text"], words)
        self.assertTrue(check["lines"])
        # The journal is bounded, whatever was said, and can be judged again.
        size = sum(p.stat().st_size for p in (self.dir / "out/cases").rglob("journal.jsonl"))
        self.assertLess(size, 3 << 20)
        first = (self.dir / "out/results.json").read_bytes()
        self.run_it("judge", self.dir / "out", code=1)
        self.assertEqual(first, (self.dir / "out/results.json").read_bytes())


def add_tests():
    """A test for each mode of hostile.py, so that one that hangs does not hide the others."""
    listed = subprocess.run([sys.executable, rig.HERE / "hostile.py", "--list"], check=True,
                            capture_output=True, text=True).stdout.split()
    assert sorted(listed) == sorted(SAYS), "every mode has its words, and every word its mode"
    for mode in listed:
        def test(self, mode=mode):
            self.hold_mode(mode)
        setattr(Hostile, "test_" + mode.replace("-", "_"), test)


class Absent(rig.Case):
    """There is no program at all."""

    def test_doctor(self):
        result, tree = self.play("--run", CASE, command=["/nowhere/at-all"], code=1)
        self.assertIsNone(tree)
        self.assertIn('"/nowhere/at-all": No such file or directory', result.out)
        self.assertEqual(1, result.out.count("cannot be started"), result)

    def test_no_doctor(self):
        # The command line is ours to check as much as the client's to be there.
        result, tree = self.play("--run", CASE, "--no-doctor", command=["/nowhere/at-all"], code=3)
        self.assertEqual("HARNESS ERROR", tree["verdict"])
        self.assertIn("No such file or directory", rig.findings(tree["cases"][0]), result)

    def test_not_a_program(self):
        result, _ = self.play("--run", CASE, command=[str(rig.HERE)], code=1)
        self.assertIn("Permission denied", result.out)

    def test_ends_in_the_midst(self):
        # SIGKILL from outside, as the kernel does when memory runs out.
        result, tree = self.play("--run", CASE, "--no-doctor", "--timeout-multiplier", str(SCALE),
                                 command=["sh", "-c", "read line; kill -KILL $$"], code=1)
        self.assertRegex(rig.findings(tree["cases"][0]), "ended by a signal", result)


if __name__ == "__main__":
    add_tests()
    rig.main()
