# SPDX-License-Identifier: Apache-2.0
"""What the tests of recordings share: one is made, edited by hand, replayed, checked."""
import json
import os
import re
import tempfile

from wire import METERPROVER, Proxy, WireTest, run

ERROR = "NotRecordedException"


def dateless(raw):
    return re.sub(rb"(\r\nDate: )[^\r]*", lambda m: m[1] + b"#" * (len(m[0]) - len(m[1])), raw)


def resolve(token="a-registration-token"):
    return json.dumps({"RegistrationToken": token}).encode()


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


def check(path):
    return run("check", path, program=METERPROVER)[:2]


class ReplayTest(WireTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="replay-")
        self.addCleanup(folder.cleanup)
        self.path = os.path.join(folder.name, "calls.jsonl")

    def record(self, rules=(), **more):
        return Proxy(list(rules), args=["--record", self.path, *more.pop("args", [])], **more)

    def replay(self, rules=None, args=(), seed=11, **more):
        """Other keys than those of the recording, other request ids, another world."""
        return Proxy(rules, args=["--replay", self.path, *args], seed=seed, **more)

    def exchanges(self):
        return [json.loads(line) for line in lines_of(self.path)[1:]]

    def rewrite(self, *exchanges):
        """The recording, edited by hand."""
        head = lines_of(self.path)[0]
        with open(self.path, "w", encoding="utf-8") as file:
            file.write("\n".join([head] + [json.dumps(e) for e in exchanges]) + "\n")

    def check_refused(self, reply, *words):
        self.assertEqual((400, ERROR), (reply.status, reply.json()["__type"]))
        for word in words:
            self.assertIn(word, reply.json()["message"])
        self.assertNotIn(b"Success", reply.raw)

    def check_replay_event(self, proxy, number, **members):
        self.check_event(proxy.wait("replay", number)[number - 1], **members)
