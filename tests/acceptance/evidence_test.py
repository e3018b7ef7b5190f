#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Evidence: judged again it says the same, changed it says so, and what is cut never passes."""
import os
import random
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import rig

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "wire"))
import cloudtrail  # noqa: E402  (its folder is found above)

SEED = 20261123
OFFSETS = 60
# Two cases are enough to see that a change in one is not held against the other.
CASE, OTHER = "BMU-R02", "CAD-05/in-the-body"
COMPUTED = ("results.json", "junit.xml")


class Evidence(rig.Case):
    """One run of the careful client, copied and then harmed in one way each."""

    def setUp(self):
        super().setUp()
        command = [rig.MUTANT, "--legal", "noisy"]
        self.result, self.tree = self.play("--run", CASE, "--run", OTHER, "--jobs", "2",
                                           command=command, code=0)
        self.assertEqual({"PASS"}, set(rig.verdicts(self.tree).values()))
        self.good = self.dir / "out"
        self.copies = 0

    def copy(self):
        """The evidence alone, elsewhere: what is computed from it is left behind."""
        self.copies += 1
        path = self.dir / f"copy-{self.copies}"
        shutil.copytree(self.good, path, ignore=shutil.ignore_patterns(*COMPUTED))
        return path

    def judge(self, path, code=None):
        """Judges a directory; gives the result, and results.json when there is one."""
        result = self.run_it("judge", path, code=code)
        return result, rig.results(path) if (path / "results.json").exists() else None

    def hold_caught(self, path, what, case=CASE):
        """Whatever was done to it is told, and neither the case nor the run passes."""
        result, tree = self.judge(path, code=(1, 2, 3))
        self.assertRegex(result.text, r"cases/|run\.json", what)
        if tree is not None:
            junit = ElementTree.parse(path / "junit.xml").getroot()
            self.assertNotEqual((0, 0), tuple(int(junit.get(k)) for k in ("errors", "failures")),
                                f"{what}\n{result}")
            seen = rig.verdicts(tree)
            self.assertNotIn(seen.get(case), rig.SATISFIED, f"{what}\n{result}")
            self.assertNotIn(tree["verdict"], rig.SATISFIED, f"{what}\n{result}")
        shutil.rmtree(path)
        return tree


class Judged(Evidence):
    """What holds for evidence that nobody touched."""

    def test_cloudtrail_adds_up(self):
        """What an auditor reads in the log is what the ledger holds."""
        for case in (CASE, OTHER):
            folder = rig.case_dir(self.good, case)
            trail = cloudtrail.read(folder / "cloudtrail.json")
            billed = cloudtrail.books(cloudtrail.read(folder / "ledger.json"))
            self.assertTrue(billed, case)
            self.assertEqual(billed, cloudtrail.add_up(trail), case)

    def test_same_bytes(self):
        path = self.copy()
        self.judge(path, code=0)
        for name in COMPUTED:
            self.assertEqual((self.good / name).read_bytes(), (path / name).read_bytes(), name)
        self.judge(path, code=0)
        self.assertEqual((self.good / "results.json").read_bytes(),
                         (path / "results.json").read_bytes())

    def test_results_are_recomputed(self):
        path = self.copy()
        text = (self.good / "results.json").read_text(encoding="utf-8")
        (path / "results.json").write_text(text.replace('"PASS"', '"FAIL"'), encoding="utf-8")
        (path / "junit.xml").write_text("<forged/>", encoding="utf-8")
        self.judge(path, code=0)
        self.assertEqual(text, (path / "results.json").read_text(encoding="utf-8"))

    def test_results_never_help(self):
        path = self.copy()
        shutil.copy(self.good / "results.json", path)
        with open(rig.case_dir(path, CASE) / "ledger.json", "ab") as file:
            file.write(b" ")
        result, tree = self.judge(path, code=2)
        self.assertNotEqual("PASS", rig.verdicts(tree)[CASE], result)

    def test_names_the_version(self):
        self.assertRegex(self.tree["harness"] or "", r"^\d+\.\d+")


class Changed(Evidence):
    """One change at a time; each is found."""

    def change_byte(self, path, rng):
        """Another byte at a random place; gives a sentence about it."""
        data = bytearray(path.read_bytes())
        place = rng.randrange(len(data))
        other = rng.choice([b for b in range(256) if b != data[place]])
        said = f"{path.name}: byte {place} of {len(data)}: {data[place]:#x} became {other:#x}"
        data[place] = other
        path.write_bytes(bytes(data))
        return said

    def test_every_file_of_a_case(self):
        rng = random.Random(SEED)
        names = sorted(p.name for p in rig.case_dir(self.good, CASE).iterdir())
        self.assertEqual(["client.err", "client.out", "cloudtrail.json", "journal.jsonl",
                          "ledger.json", "scenario.json"], names)
        for name in names:
            for _ in range(OFFSETS // 4 if name.startswith("client") else OFFSETS):
                path = self.copy()
                what = self.change_byte(rig.case_dir(path, CASE) / name, rng)
                tree = self.hold_caught(path, what)
                self.assertEqual("PASS", rig.verdicts(tree)[OTHER], what)

    def test_run_json(self):
        rng = random.Random(SEED + 1)
        for _ in range(OFFSETS):
            path = self.copy()
            what = self.change_byte(path / "run.json", rng)
            # The cases have digests of their own; it is the run as a whole that proves nothing.
            tree = self.hold_caught(path, what, case=None)
            self.assertTrue(tree is None or "run.json" in (tree["problem"] or ""), what)

    def with_lines(self, change):
        """A copy in which the journal's lines were changed."""
        path = self.copy()
        file = rig.case_dir(path, CASE) / "journal.jsonl"
        lines = file.read_bytes().splitlines(keepends=True)
        change(lines)
        file.write_bytes(b"".join(lines))
        return path

    def test_lines(self):
        count = len(rig.journal(self.good, CASE))
        for at in sorted({0, 1, count // 2, count - 2, count - 1}):
            self.hold_caught(self.with_lines(lambda lines, at=at: lines.pop(at)),
                             f"line {at + 1} of {count} was removed")
            if at + 1 < count:
                def swap(lines, at=at):
                    lines[at], lines[at + 1] = lines[at + 1], lines[at]
                self.hold_caught(self.with_lines(swap), f"line {at + 1} was swapped with the next")
            self.hold_caught(self.with_lines(lambda lines, at=at: lines.insert(at, lines[at])),
                             f"line {at + 1} was doubled")
        self.hold_caught(self.with_lines(lambda lines: lines.append(b"{}\n")), "a line was added")
        self.hold_caught(self.with_lines(lambda lines: lines.append(lines[-1])), "a second end")
        self.hold_caught(self.with_lines(lambda lines: lines.append(b"half")), "half a line")
        self.hold_caught(self.with_lines(list.clear), "the journal was emptied")

    def test_files(self):
        for file in rig.case_dir(self.good, CASE).iterdir():
            path = self.copy()
            (rig.case_dir(path, CASE) / file.name).unlink()
            self.hold_caught(path, f"{file.name} was deleted")
        path = self.copy()
        (rig.case_dir(path, CASE) / "more.txt").write_text("x")
        self.hold_caught(path, "a file was added")
        path = self.copy()
        shutil.rmtree(rig.case_dir(path, CASE))
        self.hold_caught(path, "the case's directory was deleted")
        path = self.copy()
        shutil.rmtree(path / "cases")
        self.hold_caught(path, "all cases were deleted")
        path = self.copy()
        shutil.copytree(rig.case_dir(path, CASE), rig.case_dir(path, "BMU-R99"))
        tree = self.hold_caught(path, "a case was added", case=None)
        self.assertNotIn("BMU-R99", rig.verdicts(tree))
        path = self.copy()
        shutil.rmtree(rig.case_dir(path, CASE))
        shutil.copytree(rig.case_dir(path, OTHER), rig.case_dir(path, CASE))
        self.hold_caught(path, "the case was replaced by another")

    def test_run_without_case(self):
        path = self.copy()
        text = (path / "run.json").read_text(encoding="utf-8")
        start = text.index('{"id":"' + CASE)
        for entry in (text[start:text.index("}", start) + 1],
                      text[text.rindex('{"id":"' + CASE):].split("}")[0] + "}"):
            self.assertIn(entry + ",", text)
            forged = self.copy()
            (forged / "run.json").write_text(text.replace(entry + ",", ""), encoding="utf-8")
            self.hold_caught(forged, f"{entry} was taken out of run.json")

    def test_no_run(self):
        path = self.copy()
        (path / "run.json").unlink()
        self.judge(path, code=3)
        self.judge(self.dir / "nowhere", code=3)


class Killed(rig.Case):
    """meterprover itself is killed."""

    def start_run(self, *options, command):
        """Starts a run of slow clients, so that it can be met in its midst."""
        return self.start(["test", "--out", self.dir / "out", "--seed", "1", *options, "--",
                           *command])

    def kill(self, process, scratch):
        """Kills meterprover alone; nothing of its clients is left a moment later."""
        process.send_signal(signal.SIGKILL)
        process.communicate()
        rig.wait_until(lambda: not rig.descend(scratch), 30)
        self.assertEqual([], rig.descend(scratch))

    def judge(self, code):
        """Judges what is left."""
        path = self.dir / "out"
        result = self.run_it("judge", path, code=code)
        return result, rig.results(path)

    def events(self, case):
        """How many events of that case are on the disk."""
        return len(rig.journal(self.dir / "out", case))

    def test_careful(self):
        command = [rig.MUTANT, "--legal", "slow"]
        for count in (1, 4, 8, 13):
            with self.subTest(events=count):
                process, scratch = self.start_run("--run", "BMU-R04", "--run", "BMU-R07", "--run",
                                                  "NET-03", "--jobs", "3", "--no-doctor",
                                                  command=command)
                self.assertTrue(rig.wait_until(lambda n=count: self.events("NET-03") >= n, 30))
                alive = rig.descend(scratch)
                self.kill(process, scratch)
                self.assertGreater(len(alive), 0)
                result, tree = self.judge(code=2)
                self.assertEqual({"INCONCLUSIVE"}, set(rig.verdicts(tree).values()), result)
                self.assertIn("cut", tree["problem"])
                shutil.rmtree(self.dir / "out")

    def test_between_cases(self):
        # What had ended is whole by its own digests; what had not begun is not passed.
        process, scratch = self.start_run("--run", "BMU-R0*", "--run", "TIM-05", "--jobs", "1",
                                          "--no-doctor", command=[rig.MUTANT])
        ended = lambda: any(e["event"] == "end"
                            for e in rig.journal(self.dir / "out", "BMU-R01"))
        self.assertTrue(rig.wait_until(ended, 30))
        self.kill(process, scratch)
        result, tree = self.judge(code=2)
        self.assertEqual("INCONCLUSIVE", tree["verdict"], result)
        self.assertEqual("INCONCLUSIVE", rig.verdicts(tree)["TIM-05"], result)

    def test_doubled_before(self):
        # Two hours were billed for one usage: that is a failure, whatever would have followed.
        command = [rig.MUTANT, "--bug", "double-on-reset", "--legal", "slow"]
        process, scratch = self.start_run("--run", "NET-03", "--no-doctor", command=command)

        def hours():
            return {(r["payer"], r["hour"]) for e in rig.journal(self.dir / "out", "NET-03")
                    if e["event"] == "commit" for r in e["records"] if r.get("billed")}
        doubled = lambda: len(hours()) > len({payer for payer, _ in hours()})
        self.assertTrue(rig.wait_until(doubled, 30), "nothing was billed twice")
        self.kill(process, scratch)
        events = rig.journal(self.dir / "out", "NET-03")
        self.assertNotEqual("end", events[-1]["event"], "it was killed too late")
        result, tree = self.judge(code=1)
        self.assertEqual("FAIL", rig.verdicts(tree)["NET-03"], result)
        self.assertRegex(rig.findings(rig.case_of(tree, "NET-03")), "billed")


class FullDisk(rig.Case):
    """The disk is full at some moment: that is our failure, told as such, and no crash."""

    # Cases whose evidence has room on a disk of 1 MB.
    CASES = ["--run", "BMU-R0*", "--run", "NET-03"]
    # Mounts a small file system for the command alone; it is gone with it.
    MOUNT = ('mount -t tmpfs -o size=1m none "$1" && head -c "$2" /dev/zero > "$1/ballast"; '
             'dir=$1; shift 2; exec "$@" --out "$dir/out" -- {command}')

    def unshare(self):
        """How a mount can be had here."""
        flags = [["unshare", "-m"]] if os.geteuid() == 0 else [["unshare", "-Urm"]]
        for flag in flags:
            place = self.dir / "probe"
            place.mkdir(exist_ok=True)
            tried = subprocess.run([*flag, "mount", "-t", "tmpfs", "none", str(place)],
                                   capture_output=True, check=False)
            if tried.returncode == 0:
                return flag
        rig.need(False, "no file system can be mounted here (unshare)")
        return None

    def test_sizes(self):
        flag = self.unshare()
        place = self.dir / "disk"
        place.mkdir()
        for left in (0, 8 << 10, 32 << 10, 100 << 10):
            with self.subTest(bytes_left=left):
                script = self.MOUNT.format(command=rig.MUTANT)
                result = self.run_it(
                    *flag, "sh", "-c", script, "sh", place, str((1 << 20) - left), rig.METERPROVER,
                    "test", *self.CASES, "--no-doctor", "--jobs", "2", whole=True, code=3)
                self.assertRegex(result.text, "No space left on device", result)
                if left > 0:
                    self.assertIn("HARNESS ERROR", result.out)

    def test_enough(self):
        # The same way, with room for all: it is the disk that made the difference.
        flag = self.unshare()
        place = self.dir / "disk"
        place.mkdir()
        self.run_it(*flag, "sh", "-c", self.MOUNT.format(command=rig.MUTANT), "sh", place, "0",
                    rig.METERPROVER, "test", *self.CASES, "--jobs", "2", whole=True, code=0)


if __name__ == "__main__":
    rig.main()
