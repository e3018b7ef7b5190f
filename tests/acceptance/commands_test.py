#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Command lines, right and wrong: each has its exit code and says what is the matter."""
import json
import os
import re
import resource
import shutil
import signal
import subprocess

import rig

MUTANT = ["--", rig.MUTANT]

# Arguments, exit code, what is said. Nothing is played for any of them.
LINES = [
    ([], 64, r"usage: meterprover COMMAND"),
    (["--help"], 0, r"usage: meterprover COMMAND"),
    (["--version"], 0, r"^meterprover \d+\.\d+"),
    (["frobnicate"], 64, r'no command "frobnicate"'),
    (["tets"], 64, r'no command "tets"; is "test" meant\?'),
    (["test"], 64, r"the command of your program is missing"),
    (["test", "--"], 64, r"the command of your program is missing"),
    (["doctor"], 64, r"the command of your program is missing"),
    (["test", "--jbos", "3", *MUTANT], 64, r"no option --jbos; is --jobs meant\?"),
    (["test", "-x", *MUTANT], 64, r"no option -x"),
    (["test", "--jobs"], 64, r"--jobs needs a value"),
    (["test", "--jobs", *MUTANT], 64, r"--jobs needs a value"),
    (["test", "--jobs", "0", *MUTANT], 64, r"--jobs needs at least 1"),
    (["test", "--jobs", "-1", *MUTANT], 64, r'--jobs takes a whole number.*not "-1"'),
    (["test", "--jobs", "2x", *MUTANT], 64, r'--jobs takes a whole number.*not "2x"'),
    (["test", "--jobs", "257", *MUTANT], 64, r"--jobs takes a whole number up to 256"),
    (["test", "--seed", "-1", *MUTANT], 64, r"--seed takes a whole number"),
    (["test", "--seed", "18446744073709551616", *MUTANT], 64, r"--seed takes a whole number"),
    (["test", "--timeout-multiplier", "0", *MUTANT], 64, r"--timeout-multiplier takes a number"),
    (["test", "--timeout-multiplier", "nan", *MUTANT], 64, r"--timeout-multiplier takes a number"),
    (["test", "--timeout-multiplier", "1s", *MUTANT], 64, r"--timeout-multiplier takes a number"),
    (["test", "--no-doctor=3", *MUTANT], 64, r"--no-doctor takes no value"),
    (["test", "--profile", "no-such", *MUTANT], 64,
     r'--profile takes one of "saas", .*, not "no-such"'),
    (["test", "--run", "ZZZ*", *MUTANT], 64, r'"ZZZ\*" matches no case of the profile saas'),
    (["test", "--run", "BMU-*", "--run", "BUM-*", *MUTANT], 64, r'"BUM-\*" matches no case'),
    (["test", "--skip", "ZZZ*", *MUTANT], 64, r'"ZZZ\*" matches no case of the profile saas'),
    (["test", "--skip", "*", *MUTANT], 5, r"no case is left"),
    (["test", "--env", "X", *MUTANT], 64, r'--env takes NAME=VALUE, not "X"'),
    (["test", "--env", "=x", *MUTANT], 64, r"--env takes NAME=VALUE"),
    (["test", "--env", "AWS_ACCESS_KEY_ID=x", *MUTANT], 64, r"--env AWS_ACCESS_KEY_ID: the case"),
    (["test", "--pass", "NOT_THERE", *MUTANT], 64, r"--pass NOT_THERE: this variable is not set"),
    (["test", "--world", "nowhere.json", *MUTANT], 64,
     r"nowhere\.json: No such file or directory; --world takes a JSON file that maps"),
    (["test", "--world", "plain", *MUTANT], 64, r"plain:1:1: a value is expected here; --world"),
    (["test", "--world", "empty", *MUTANT], 64, r"empty: Is a directory; --world"),
    (["test", "--world", "other.json", *MUTANT], 64, r'other\.json: .*no key "x"; --world takes'),
    (["doctor", "--world", "nowhere.json", *MUTANT], 64, r"nowhere\.json: No such file"),
    (["test", "--scenarios", "empty", *MUTANT], 5, r"no case is left"),
    (["test", "--scenarios", "nowhere", *MUTANT], 64,
     r"nowhere: No such file or directory; --scenarios takes a folder of scenario files"),
    (["test", "--scenarios", "plain", *MUTANT], 64, r"plain: Not a directory; --scenarios"),
    (["cases", "--scenarios", "nowhere"], 64, r"nowhere: No such file or directory; --scenarios"),
    (["cases", "--scenarios", "empty"], 5, r"there is no case in empty"),
    (["cases", "--run", "ZZZ*"], 64, r'"ZZZ\*" matches no case'),
    (["cases", "--run", "BMU-*", "--run", "BUM-*"], 64, r'"BUM-\*" matches no case'),
    (["cases", "--run", "RC-*", "--profile", "ami"], 64, r"matches no case of the profile ami"),
    (["cases", "--profile", "no-such"], 64, r'--profile takes one of "saas", .*, not "no-such"'),
    (["cases", "--profile", "agentcore", "--scenarios", "empty"], 5,
     r"there is no case of the profile agentcore in empty"),
    (["cases", "--steps", "--run", "BMU-*"], 64, r"--run is about the list of cases"),
    (["cases", "--traceability", "-v"], 64, r"-v is about the list of cases"),
    (["cases", "--keys", "-v"], 64, r"-v is about the list of cases"),
    (["cases", "BMU-R01"], 64, r'"BMU-R01" is no option'),
    (["check"], 64, r"no file was named"),
    (["check", "nowhere.json"], 1, r"nowhere\.json: No such file or directory\n0 cases, 1 problems"),
    (["check", "empty"], 1, r"empty: Is a directory"),
    (["check", "plain"], 1, r"plain:1:1: a value is expected here"),
    (["judge"], 64, r"name one directory"),
    (["judge", "empty", "plain"], 64, r"name one directory"),
    (["judge", "empty"], 3, r"empty/run\.json: No such file"),
    (["judge", "plain"], 3, r"plain/run\.json: Not a directory"),
    (["show"], 64, r"name the directory of a run and one of its cases"),
    (["show", "empty"], 64, r"name the directory of a run and one of its cases"),
    (["show", "empty", "BMU-R01"], 3, r"empty/run\.json: No such file"),
]


class Lines(rig.Case):
    """One row, one command line."""

    def test_rows(self):
        (self.dir / "empty").mkdir()
        (self.dir / "plain").write_text("hello\n")
        (self.dir / "other.json").write_text('{"x": 1}\n')
        before = sorted(p.name for p in self.dir.iterdir())
        for arguments, code, said in LINES:
            with self.subTest(arguments=arguments):
                result = self.run_it(*arguments, code=code)
                self.assertRegex(result.text, re.compile(said, re.M))
                if code == 64 and arguments:
                    self.assertEqual("", result.out, "a usage error belongs to stderr")
                left = sorted(p.name for p in self.dir.iterdir() if not p.name.startswith("tmp-"))
                self.assertEqual(before, left, "something was written")

    def test_help(self):
        # What each command reads from its command line stands in its help, and is accepted.
        overview = self.run_it("--help", code=0).out
        commands = re.findall(r"^  (\w+) +\S", overview, re.M)
        self.assertEqual(["doctor", "test", "judge", "show", "cases", "check"], commands)
        for command in commands:
            text = self.run_it(command, "--help", code=0).out
            self.assertIn(f"usage: meterprover {command}", text)
            source = rig.SOURCE / f"suites/command/{command}.c"
            shared = (rig.SOURCE / "suites/command/run.h").read_text(encoding="utf-8")
            rows = source.read_text(encoding="utf-8").split("_OPTIONS[] = {")[1].split("};")[0]
            rows += shared if "RUN_OPTION_ROWS" in rows else ""
            options = re.findall(r'\{"(--?[\w-]+)", (NULL|"[^"]+")', rows)
            self.assertTrue(options)
            for option, argument in options:
                line = option if argument == "NULL" else option + " " + argument.strip('"')
                self.assertRegex(text, re.compile(rf"^  {re.escape(line)}(  |$)", re.M))
                result = self.run_it(command, option + ("" if argument == "NULL" else "=1"), "--help")
                self.assertNotIn("there is no option", result.err)


class Catalogue(rig.Case):
    """check, test --list and show read what is there."""

    def test_check_all(self):
        files = sorted(rig.SCENARIOS.glob("*/*.json"))
        result = self.run_it("check", *files, code=0)
        self.assertRegex(result.out, r"^\d+ cases, 0 problems\n$")
        loud = self.run_it("check", "-v", *files, code=0).out
        for name in rig.all_cases():
            self.assertIn(name, loud)
        said = set(re.findall(r"client that does nothing: (\w.*)", loud))
        self.assertIn("FAIL", said)
        self.assertEqual(set(), said & rig.SATISFIED)

    def test_check_must_fail(self):
        folder = rig.SOURCE / "tests/scenarios/must-fail"
        files = sorted(folder.glob("*.json"))
        self.assertGreater(len(files), 50)
        for path in files:
            with self.subTest(file=path.name):
                expected = path.with_suffix(".expected").read_text(encoding="utf-8")
                result = self.run_it("check", path, code=1)
                said = [line.replace(str(path), path.stem) for line in result.out.splitlines()[:-1]]
                self.assertEqual(expected.splitlines(), said)

    def test_check_schema(self):
        result = self.run_it("check", "--schema", code=0)
        stored = (rig.SCENARIOS / "schema.json").read_text(encoding="utf-8")
        self.assertEqual(stored, result.out)
        json.loads(result.out)

    def test_check_profile(self):
        folder = self.dir / "scenarios"
        shutil.copytree(rig.SCENARIOS, folder)
        path = folder / "profiles/saas.json"
        good = path.read_text(encoding="utf-8")
        for change, said in (
                (lambda t: t["mandatory"].append("BMU-R99"), r"the profile has no case BMU-R99"),
                (lambda t: t["mandatory"].append("BMU-R01"), r"listed twice: BMU-R01"),
                (lambda t: t["mandatory"].append(7), r"mandatory lists ids of cases, not a number"),
                (lambda t: t.update(optional=[]), r"a profile has no key optional"),
                (lambda t: t.update(profile="sass"), r"profile must be the name of this file"),
                (lambda t: t.pop("mandatory"), r"a profile needs the list mandatory")):
            tree = json.loads(good)
            change(tree)
            path.write_text(json.dumps(tree), encoding="utf-8")
            result = self.run_it("check", path, code=1)
            self.assertRegex(result.out, rf"saas\.json:1:\d+: {said}")

    def test_list(self):
        listed = self.run_it("test", "--list", *MUTANT, code=0).out
        self.assertEqual(rig.all_cases(), [line.split()[0] for line in listed.splitlines()])
        wanted = [name for name in rig.all_cases() if name.startswith("BMU-R0") and name != "BMU-R02"]
        self.assertEqual(wanted, [
            line.split()[0] for line in
            self.run_it("test", "--list", "--run", "BMU-R0*", "--skip", "BMU-R02", *MUTANT,
                        code=0).out.splitlines()])

    def test_show(self):
        _, tree = self.play("--run", "NET-03", command=[rig.MUTANT], code=0)
        result = self.run_it("show", self.dir / "out", "NET-03", code=0)
        events = rig.journal(self.dir / "out", "NET-03")
        for event in events:
            self.assertRegex(result.out, re.compile(rf"^ *{event['seq']} .* s  ", re.M))
        self.assertIn('fault "billed, then reset"', result.out)
        for check in rig.case_of(tree, "NET-03")["checks"]:
            self.assertRegex(result.out, rf"PASS +{check['id']}")
        self.run_it("show", "-v", self.dir / "out", "NET-03", code=0)
        said = self.run_it("show", self.dir / "out", "NET-04", code=64).err
        self.assertIn('no case "NET-04"', said)


def snapshot(path):
    """Everything below a directory, with its content."""
    return {str(p.relative_to(path)): p.read_bytes() if p.is_file() else None
            for p in sorted(path.rglob("*"))}


class Out(rig.Case):
    """Where the evidence goes, and what is never touched."""

    ONE = ["--run", "BMU-R01"]

    def hold_refused(self, path, said, code=3):
        before = snapshot(path) if path.is_dir() else path.read_bytes()
        result = self.run_it("test", *self.ONE, "--out", path, *MUTANT, code=code)
        self.assertRegex(result.err, said)
        self.assertEqual(before, snapshot(path) if path.is_dir() else path.read_bytes())
        self.assertNotIn("PASS", result.out)

    def test_foreign(self):
        plain = self.dir / "plain"
        plain.write_text("mine")
        self.hold_refused(plain, "plain: Not a directory")
        foreign = self.dir / "foreign"
        foreign.mkdir()
        (foreign / "precious.txt").write_text("mine")
        (foreign / "results.json").write_text("{}")
        self.hold_refused(foreign, "is not a run; choose an empty or a new directory")
        (foreign / "run.json").write_text('{"cases":[]}')
        self.hold_refused(foreign, "not the run.json of a run of ours")

    def test_old_run(self):
        out = self.dir / "out"
        self.play("--run", "BMU-R0*", command=[rig.MUTANT], code=0)
        (out / "notes.txt").write_text("mine, beside the evidence")
        self.play("--run", "NET-03", command=[rig.MUTANT], code=0)
        self.assertEqual(["NET-03"], [p.name for p in (out / "cases").iterdir()])
        self.assertEqual(["NET-03"], list(rig.verdicts(rig.results(out))))
        self.assertTrue((out / "notes.txt").exists())
        # Whatever stands among the cases and is not of the run keeps all of it.
        (out / "cases/mine").mkdir()
        self.hold_refused(out, r"cases/mine: this was not written by the run")

    def test_read_only(self):
        place = self.dir / "closed"
        place.mkdir()
        place.chmod(0o555)
        self.dir.chmod(0o755)
        self.addCleanup(place.chmod, 0o755)
        as_user = []
        if os.geteuid() == 0:
            rig.need(shutil.which("setpriv"), "setpriv is not installed, and root may write anywhere")
            as_user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        # Through env, as below: setpriv still reaches what the user it becomes does not.
        allowed = subprocess.run([*as_user, "env", rig.METERPROVER, "--version"],
                                 capture_output=True, check=False).returncode == 0
        rig.need(allowed, f"{rig.METERPROVER} cannot be run by another user")
        open_tmp = self.dir / "open"
        open_tmp.mkdir()
        open_tmp.chmod(0o777)
        result = self.run_it(*as_user, "env", f"TMPDIR={open_tmp}", rig.METERPROVER, "test", *self.ONE,
                             "--no-doctor", "--out", place / "out", *MUTANT, whole=True, code=3)
        self.assertIn("Permission denied", result.err)
        self.assertEqual([], list(place.iterdir()))

    def test_judge_read_only(self):
        # The verdict is told, though the reports cannot be written.
        self.play(*self.ONE, command=[rig.MUTANT], code=0)
        out = self.dir / "out"
        (out / "results.json").unlink()
        (out / "results.json").mkdir()
        result = self.run_it("judge", out, code=3)
        self.assertRegex(result.out, r"PASS +BMU-R01")
        self.assertIn("results.json", result.err)
        self.assertIn("HARNESS ERROR", result.out)


class Interrupted(rig.Case):
    """A person stops the run."""

    def hold_signal(self, number):
        out = self.dir / "out"
        case = rig.all_cases()[0]
        process, scratch = self.start(["test", "--no-doctor", "--jobs", "2", "--out", out, "--",
                                       rig.MUTANT, "--legal", "slow"])
        self.assertTrue(rig.wait_until(lambda: len(rig.journal(out, case)) > 4, 30))
        process.send_signal(number)
        text, err = process.communicate(timeout=30)
        result = rig.Result(process.returncode, text, err, 0)
        self.hold(result, scratch)
        self.assertEqual(2, result.code, result)
        tree = rig.results(out)
        self.assertTrue(tree["interrupted"])
        seen = rig.verdicts(tree)
        self.assertEqual(rig.all_cases(), sorted(seen))
        self.assertEqual({"INCONCLUSIVE"}, set(seen.values()), result)
        run = json.loads((out / "run.json").read_text(encoding="utf-8"))
        self.assertTrue(run["closing"]["closed"] and run["closing"]["interrupted"])
        self.assertEqual("interrupted", rig.journal(out, case)[-1]["why"])
        first = (out / "results.json").read_bytes()
        self.run_it("judge", out, code=2)
        self.assertEqual(first, (out / "results.json").read_bytes())

    def test_int(self):
        self.hold_signal(signal.SIGINT)

    def test_term(self):
        self.hold_signal(signal.SIGTERM)


class Limits(rig.Case):
    """Little is left to us."""

    def test_few_descriptors(self):
        result = self.run_it("test", "--jobs", "16", "--no-doctor", "--out", self.dir / "out", *MUTANT,
                             code=3, preexec_fn=lambda: resource.setrlimit(
                                 resource.RLIMIT_NOFILE, (20, 20)))
        self.assertRegex(result.text, r"Too many open files")
        self.assertIn("HARNESS ERROR", result.out)


if __name__ == "__main__":
    rig.main()
