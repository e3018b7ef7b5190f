#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Nothing of the caller's reaches the client, and nothing of the client's leaves the machine."""
import json
import os
import re
import shutil
import subprocess

import rig

HOST = "metering.marketplace.us-east-1.amazonaws.com"
# These clients never say a word of any usage, so that a case goes on until its deadline.
BRIEF = ["--timeout-multiplier", "0.1"]
ONE = ["--no-doctor", "--run", "BMU-R01", *BRIEF]
PROFILE_FILE = """[default]
aws_access_key_id = AKIAPROFILEPROFILE01
aws_secret_access_key = profileprofileprofileprofileprofile00001
region = eu-central-1
endpoint_url = http://192.0.2.7:9/profile
[profile billing]
aws_access_key_id = AKIAPROFILEPROFILE02
aws_secret_access_key = profileprofileprofileprofileprofile00002
region = ap-south-1
endpoint_url = http://192.0.2.8:9/profile
"""
# What a seller's shell may well hold. None of these addresses is anybody's (RFC 5737).
CALLER = {
    "AWS_ACCESS_KEY_ID": "AKIAREALLYREALKEY001",
    "AWS_SECRET_ACCESS_KEY": "reallyrealsecretreallyrealsecretreally01",
    "AWS_SESSION_TOKEN": "FwoGZXIvYXdzEJreallyrealsessiontoken",
    "AWS_PROFILE": "billing",
    "AWS_DEFAULT_PROFILE": "billing-default",
    "AWS_REGION": "ap-southeast-9",
    "AWS_ENDPOINT_URL": "http://192.0.2.1:9/caller",
    "AWS_ENDPOINT_URL_MARKETPLACE_METERING": "http://192.0.2.2:9/caller",
    "AWS_ROLE_ARN": "arn:aws:iam::999999999999:role/caller",
    "HTTP_PROXY": "http://192.0.2.3:3128", "HTTPS_PROXY": "http://192.0.2.4:3128",
    "http_proxy": "http://192.0.2.5:3128", "https_proxy": "http://192.0.2.6:3128",
    "ALL_PROXY": "socks5://192.0.2.9:1080", "all_proxy": "socks5://192.0.2.10:1080",
    "NO_PROXY": "caller.example",
    "METERPROVER_ENDPOINT": "http://192.0.2.11:9/",
}


class Caller(rig.Case):
    """The caller's environment is full of things that cost money."""

    def setUp(self):
        super().setUp()
        home = self.dir / "home"
        (home / ".aws").mkdir(parents=True)
        for name in ("config", "credentials", "other"):
            (home / ".aws" / name).write_text(PROFILE_FILE, encoding="utf-8")
        self.caller = {**CALLER, "HOME": str(home),
                       "AWS_CONFIG_FILE": str(home / ".aws/other"),
                       "AWS_SHARED_CREDENTIALS_FILE": str(home / ".aws/other")}

    def test_environment(self):
        dump = self.dir / "dump.json"
        self.play(*ONE, "--env", f"DUMP={dump}", "--pass", "KEPT",
                  command=rig.client("speaker.py", "environment"),
                  env={**self.caller, "KEPT": "as it was"}, code=1)
        seen = json.loads(dump.read_text(encoding="utf-8"))
        for name, value in self.caller.items():
            if name == "HOME":
                continue
            carriers = [k for k, v in seen.items() if value in v]
            self.assertEqual([], carriers, f"the caller's {name} reached the client")
        self.assertEqual("as it was", seen["KEPT"])
        for name in ("AWS_ENDPOINT_URL_MARKETPLACE_METERING", "AWS_ENDPOINT_URL_STS",
                     "METERPROVER_ENDPOINT", "HTTPS_PROXY"):
            self.assertRegex(seen[name], r"^http://127\.0\.0\.1:\d+$", name)
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            self.assertTrue(seen[name], name)
        self.assertEqual(seen["AWS_REGION"], seen["AWS_DEFAULT_REGION"])
        self.assertEqual("true", seen["AWS_EC2_METADATA_DISABLED"])
        self.assertFalse(any(name.lower() == "all_proxy" for name in seen))

    def test_seller_is_not_led_astray(self):
        result, tree = self.play("--run", "BMU-R0*", "--run", "RC-E01", "--jobs", "4",
                                 command=rig.SELLER, env=self.caller, code=0)
        self.assertEqual({"PASS"}, set(rig.verdicts(tree).values()), result)

    def test_env_refused(self):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE",
                     "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_MARKETPLACE_METERING", "HTTPS_PROXY",
                     "https_proxy", "AWS_CONFIG_FILE", "METERPROVER_STATE"):
            for option in (["--env", f"{name}=x"], ["--pass", name]):
                result = self.run_it("test", *option, "--", rig.MUTANT, env=self.caller, code=64)
                self.assertIn(name, result.err)


class Bypass(rig.Case):
    """A client with a fixed endpoint is caught, and its request goes nowhere."""

    COMMAND = rig.client("speaker.py", "bypass")

    def test_case_fails(self):
        result, tree = self.play(*ONE, command=self.COMMAND, code=1)
        check = rig.check_of(rig.case_of(tree, "BMU-R01"), "no-bypass")
        self.assertEqual("FAIL", check["verdict"], result)
        self.assertIn(HOST, check["text"])
        events = rig.journal(self.dir / "out", "BMU-R01")
        shown = [events[line - 1] for line in check["lines"]]
        self.assertEqual({("leak", "endpoint")}, {(e["event"], e["what"]) for e in shown})
        self.assertTrue(all(HOST in e["name"] for e in shown))
        self.assertIn(HOST, result.out)

    def test_doctor_tells(self):
        result = self.run_it("doctor", *BRIEF, "--", *self.COMMAND, code=1)
        self.assertIn(HOST, result.out)
        self.assertIn("AWS_ENDPOINT_URL_MARKETPLACE_METERING", result.out)

    def test_neighbour(self):
        # The same client without the call does not fail that check.
        _, tree = self.play(*ONE, code=1,
                            command=rig.client("speaker.py", "none"))
        self.assertEqual("PASS", rig.check_of(tree["cases"][0], "no-bypass")["verdict"])


class Secrets(rig.Case):
    """A client that prints its key fails, and the key is not kept."""

    def test_printed(self):
        result, tree = self.leak()
        check = rig.check_of(rig.case_of(tree, "BMU-R01"), "no-secret")
        self.assertEqual("FAIL", check["verdict"], result)
        self.assertIn("stdout", check["text"])
        self.assertIn("stderr", check["text"])

    def leak(self):
        """Plays the leaking client; its key stands nowhere in what is left, nor in what was said."""
        key = self.dir / "key"
        result, tree = self.play(
            *ONE, "--env", f"KEY={key}", code=1,
            command=["sh", "-c", 'printf %s "$AWS_SECRET_ACCESS_KEY" > "$KEY"; exec "$@"', "sh",
                     *rig.client("speaker.py", "secrets")])
        secret = key.read_bytes()
        self.assertGreaterEqual(len(secret), 30)
        kept = [p for p in (self.dir / "out").rglob("*") if p.is_file()]
        self.assertGreater(len(kept), 6)
        for path in kept:
            self.assertNotIn(secret, path.read_bytes(), path)
        self.assertIn(b"[secret:", (rig.case_dir(self.dir / "out", "BMU-R01") / "client.out")
                      .read_bytes())
        self.assertNotIn(secret.decode(), result.text)
        return result, tree

    def test_mutant(self):
        result, tree = self.play("--run", "BMU-R01", code=1,
                                 command=[rig.MUTANT, "--bug", "print-secret"])
        case = rig.case_of(tree, "BMU-R01")
        failed = [c["id"] for c in case["checks"] if c["verdict"] == "FAIL"]
        self.assertEqual(["no-secret"], failed, result)


class Strace(rig.Case):
    """Every address that anything below a run connects or sends to is a loopback address."""

    ADDRESS = re.compile(r'sa_family=(AF_INET6?)[^}]*?(?:inet_addr\("([^"]+)"\)|'
                         r'inet_pton\(AF_INET6, "([^"]+)")')

    def test_loopback_only(self):
        rig.need(shutil.which("strace"), "strace is not installed")
        log = self.dir / "strace.log"
        strace = ["strace", "-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", log]
        rig.need(subprocess.run([*strace, "true"], capture_output=True, check=False).returncode == 0,
                 "strace may not trace here (ptrace)")
        # LeakSanitizer needs ptrace itself.
        options = {"ASAN_OPTIONS": "detect_leaks=0:" + os.environ.get("ASAN_OPTIONS", "")}
        self.run_it(*strace, rig.METERPROVER, "test", "--out", self.dir / "out", "--run", "BMU-R0*",
                    "--run", "RC-E01", "--run", "NET-12/407", "--jobs", "4", "--", *rig.SELLER, whole=True,
                    code=0, env=options)
        seen = {(family, v4 or v6) for family, v4, v6 in self.ADDRESS.findall(log.read_text())}
        self.assertIn(("AF_INET", "127.0.0.1"), seen)
        self.assertEqual(set(), {a for a in seen if a[1] != "::1" and not a[1].startswith("127.")})


class Alone(rig.Case):
    """In a network of its own, with nothing but lo, everything goes the same way."""

    # lo is brought up by ioctl (SIOCSIFFLAGS), for the machine may lack the command ip. 192.0.2.1
    # must be out of reach, or this proves nothing.
    ENTER = """
import fcntl, os, socket, struct, sys
probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
fcntl.ioctl(probe, 0x8914, struct.pack("16sh", b"lo", 0x1 | 0x40))
try:
    probe.connect(("192.0.2.1", 9))
except OSError:
    os.execvp(sys.argv[1], sys.argv[1:])
sys.exit("this network is not alone")
"""

    def test_seller(self):
        flags = ["-n"] if os.geteuid() == 0 else ["-Urn"]
        tried = subprocess.run(["unshare", *flags, "true"], capture_output=True, check=False)
        rig.need(tried.returncode == 0, "a network namespace cannot be had here (unshare -n)")
        cases = rig.sample(30, ["BMU-R02", "NET-12/407", "RC-01"])
        self.run_it("unshare", *flags, "python3", "-c", self.ENTER, rig.METERPROVER, "test", "--out",
                    self.dir / "out", "--jobs", "4", *rig.only(cases), "--", *rig.SELLER, whole=True,
                    code=0)
        seen = rig.verdicts(rig.results(self.dir / "out"))
        self.assertEqual(cases, sorted(seen))
        self.assertEqual(set(), set(seen.values()) - rig.SATISFIED)


if __name__ == "__main__":
    rig.main()
