#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`meterprover cases` is the reference that users read: what it prints is held against the files it
speaks of, in each of its forms: columns on a terminal, tabs for programs, tables of GitHub Markdown."""
import fcntl
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import termios

import markdown_it

import rig


def tab_tables(text):
    """The tables of a page that a program reads: (title, heads, rows); a list alone has no title."""
    tables = []
    for part in text.rstrip("\n").split("\n\n"):
        lines = [line.split("\t") for line in part.split("\n")]
        title = lines.pop(0)[0] if len(lines[0]) == 1 else None
        tables.append((title, lines[0], lines[1:]))
    return tables


def shown(inline):
    """What a reader sees of a cell: texts and code; anything else is markup that was not escaped."""
    kinds = {child.type for child in inline.children} - {"text", "code_inline", "text_special"}
    assert not kinds, f"{kinds} in {inline.content}"
    return "".join(child.content for child in inline.children)


def markdown_tables(text):
    """The same from Markdown, by a parser that follows the specification of GitHub's tables."""
    tables, title, rows = [], None, None
    tokens = markdown_it.MarkdownIt("commonmark").enable("table").parse(text)
    for i, token in enumerate(tokens):
        if token.type == "heading_open":
            title = shown(tokens[i + 1])
        elif token.type == "table_open":
            rows = []
        elif token.type == "tr_open":
            rows.append([])
        elif token.type in ("th_open", "td_open"):
            rows[-1].append(shown(tokens[i + 1]))
        elif token.type == "table_close":
            tables.append((title, rows[0], rows[1:]))
            rows = None
        else:
            assert rows is not None or token.type in ("heading_close", "inline"), token
    return tables


class Reference(rig.Case):
    """What the tests of this file share."""

    def page(self, *arguments):
        """The tables of a page, which must be the same in both forms for programs."""
        plain = tab_tables(self.run_it("cases", *arguments, code=0).out)
        marked = markdown_tables(self.run_it("cases", *arguments, "--markdown", code=0).out)
        self.assertEqual([heads for _, heads, _ in plain], [heads for _, heads, _ in marked])
        self.assertEqual([rows for _, _, rows in plain], [rows for _, _, rows in marked])
        for title, heads, rows in plain:
            for row in rows:
                self.assertEqual(len(heads), len(row), (title, row))
                self.assertTrue(row[0], (title, row))
        return {title: (heads, rows) for title, heads, rows in plain}

    def on_terminal(self, width, *arguments):
        """What a person sees on a terminal of that width."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
        with subprocess.Popen([rig.METERPROVER, "cases", *arguments], stdin=subprocess.DEVNULL,
                              stdout=theirs, stderr=subprocess.PIPE) as process:
            os.close(theirs)
            pieces = []
            while True:
                try:
                    piece = os.read(ours, 65536)
                except OSError:  # EIO: nobody has the other end any more
                    break
                if not piece:
                    break
                pieces.append(piece)
            err = process.stderr.read()
        os.close(ours)
        self.assertEqual((0, b""), (process.returncode, err))
        return b"".join(pieces).decode().replace("\r\n", "\n")

    def hold_terminal(self, *arguments):
        """However wide the terminal is, all is there, and no line is wider than it."""
        for width in (60, 100, 300):
            text = self.on_terminal(width, *arguments)
            self.assertNotIn("\t", text)
            for line in text.split("\n"):
                self.assertTrue(len(line) <= width or " " not in line.strip(), line)
            words = set(text.split())
            for heads, rows in self.page(*arguments).values():
                del heads  # where there is no room for columns, the first two have no heads
                for row in rows:
                    self.assertLessEqual({w.rstrip(";") for cell in row for w in cell.split()},
                                         words | {w.rstrip(";") for w in words})


def case_rows(profile=None):
    """What the list must say, from the files: by id."""
    found = {}
    for path in sorted(rig.SCENARIOS.glob("*/*.json")):
        tree = json.loads(path.read_text(encoding="utf-8"))
        for variant in tree.get("variants", [tree]) if "scenario" in tree else []:
            it = {**tree, **variant}
            need = {**tree["requirement"], **variant.get("requirement", {})}
            if profile in [None, *it["profiles"]]:
                found[it["id"]] = {
                    "case": it["id"], "title": it["title"], "level": need["level"],
                    "basis": need["basis"], "money": "yes" if need.get("money") else "",
                    "operation": it["operation"], "profiles": ", ".join(it["profiles"]),
                    "requirement": need["text"], "statements": ", ".join(need["sources"])}
    return found


class Cases(Reference):
    """The list of cases."""

    def hold_list(self, expected, *arguments):
        heads, rows = self.page(*arguments)[None]
        self.assertEqual(sorted(expected), [row[0] for row in rows])
        for row in rows:
            said = dict(zip(heads, row))
            played = said.pop("played")
            self.assertRegex(played, r"^(yes|no: .+)$")
            known = expected[said["case"]]
            self.assertEqual({head: known[head] for head in said}, said)

    def test_all(self):
        self.hold_list(case_rows())
        self.hold_list(case_rows(), "-v")

    def test_chosen(self):
        self.hold_list(case_rows("saas"), "--profile", "saas")
        self.hold_list(case_rows("ami"), "--profile=ami")
        few = {name: row for name, row in case_rows("saas-agreements").items()
               if name.startswith(("CA-", "BMU-L"))}
        self.hold_list(few, "--profile", "saas-agreements", "--run", "CA-*", "--run", "BMU-L*")

    def test_not_played(self):
        # A case that this version cannot play says why, and what it says is what `check` says.
        heads, rows = self.page()[None]
        at = heads.index("played")
        said = self.run_it("check", *rig.SCENARIOS.glob("*/*.json")).out
        for row in rows:
            if row[at] != "yes":
                self.assertIn(row[at].removeprefix("no: "), said)
        folder = self.dir / "scenarios/mine"
        folder.mkdir(parents=True)
        tree = json.loads((rig.SCENARIOS / "network/NET-03.json").read_text(encoding="utf-8"))
        tree["steps"][0]["usage"]["license"] = "acme"
        (folder / "NET-03.json").write_text(json.dumps(tree), encoding="utf-8")
        rows = self.page("--scenarios", self.dir / "scenarios")[None][1]
        self.assertEqual("no: this `license` of `usage` cannot be played by this version", rows[0][at])

    def test_terminal(self):
        self.hold_terminal("--run", "BMU-*", "-v")
        self.assertRegex(self.on_terminal(300), re.compile(r"^case +title +level +basis", re.M))


def rows_of(name, word):
    """The rows of a table of the vocabulary: step.def, action.def, expect.def."""
    text = (rig.SOURCE / f"proxy/scenario/{name}.def").read_text(encoding="utf-8")
    text = re.sub(r'"\s*\n\s*"', "", text)  # a help of several lines
    found = re.findall(rf'^{word}\(\w+, "(\w+)",\s+(?:(FAULT_\w+),\s+)?"([^"]*)"\)', text, re.M)
    assert len(found) == len(re.findall(rf"^{word}\(", text, re.M)) > 5
    return {verb: (help_, fault) for verb, fault, help_ in found}


class Schema:
    """schema.json, which is held equal to the vocabulary elsewhere: what may stand below a type."""

    def __init__(self):
        self.types = json.loads((rig.SCENARIOS / "schema.json").read_text(encoding="utf-8"))["$defs"]

    def of(self, reference):
        """The definition that a $ref leads to, without the place of variables."""
        name = reference["$ref"].rsplit("/", 1)[1]
        return name, self.types[name]["anyOf"][1]

    def keys(self, reference, path="", stop=("STEP", "ACTION", "EXPECT")):
        """Every key at or below a type: its path, whether it is needed, and its help."""
        name, body = self.of(reference)
        if name in stop:
            return
        for choice in body.get("anyOf", []):
            yield from self.keys(choice, path, stop)
        if "items" in body:
            yield from self.keys(body["items"], path + "[]", stop)
        if isinstance(body.get("additionalProperties"), dict):
            yield from self.keys(body["additionalProperties"], path + (".*" if path else "*"), stop)
        for key, value in body.get("properties", {}).items():
            if name in ("EXERCISED", "AVOIDED_WHEN") and key in rows_of("expect", "EXPECT"):
                continue  # verbs have tables of their own
            below = f"{path}.{key}" if path else key
            yield below, key in body.get("required", []), value["description"]
            yield from self.keys(value, below, stop)


class Words(Reference):
    """Steps, actions, expectations, keys: every one of the vocabulary, and no other."""

    PLAYED = {"yes", "not in this version", "static only", "plain only"}

    def setUp(self):
        super().setUp()
        self.schema = Schema()

    def hold_verbs(self, table, expected, meaning):
        """A table of verbs has each of them, in the order of the vocabulary, with its help."""
        heads, rows = table
        self.assertEqual([(verb, help_) for verb, (help_, _) in expected.items()],
                         [(row[0], row[heads.index(meaning)]) for row in rows])
        for row in rows:
            self.assertTrue(row[heads.index("takes")], row)
            self.assertIn(row[heads.index("played")], self.PLAYED)

    def hold_arguments(self, tables, title, owner, verbs):
        """A table of arguments has what the schema has below each verb, and no argument is played
        of a verb that is not."""
        heads, rows = tables[title]
        verb_heads, verb_rows = next(iter(tables.values()))
        marks = {row[0]: row[verb_heads.index("played")] for row in verb_rows}
        for row in rows:
            self.assertIn((marks[row[0]], row[5]),
                          {("yes", mark) for mark in self.PLAYED} |
                          {("not in this version", "not in this version")}, row)
        for verb in {row[0] for row in rows if marks[row[0]] == "yes"}:
            self.assertIn("yes", [row[5] for row in rows if row[0] == verb], verb)
        self.assertEqual(["word", "argument", "value", "needed", "meaning", "played"], heads)
        wanted = []
        for verb in verbs:
            reference = self.schema.types[owner]["anyOf"][1]["properties"][verb]
            if (owner, verb) != ("STEP", "world"):
                wanted += [(verb, key, "yes" if needed else "", help_)
                           for key, needed, help_ in self.schema.keys(reference)]
        self.assertEqual(wanted, [(word, key, needed, help_)
                                  for word, key, _, needed, help_, _ in rows])
        self.hold_values(rows, 2)

    def hold_values(self, rows, at):
        """Every word that a value may be is told."""
        enums = [body["anyOf"][1]["enum"] for body in self.schema.types.values()
                 if "anyOf" in body and "enum" in body["anyOf"][1]]
        told = [re.findall(r'"([\w+-]+)"', row[at].split("one of ", 1)[1])
                for row in rows if "one of " in row[at]]
        self.assertTrue(told)
        for words in told:
            self.assertIn(words, enums)

    def hold_common(self, table, owner, verbs):
        heads, rows = table
        self.assertEqual(["key", "value", "needed", "meaning", "played"], heads)
        body = self.schema.types[owner]["anyOf"][1]
        self.assertEqual([(key, "yes" if key in body.get("required", []) else "",
                           value["description"])
                          for key, value in body["properties"].items() if key not in verbs],
                         [(row[0], row[2], row[3]) for row in rows])

    def test_steps(self):
        tables = self.page("--steps")
        self.assertEqual(["Steps", "Keys beside any step", "Arguments of steps"], list(tables))
        verbs = rows_of("step", "STEP")
        self.hold_verbs(tables["Steps"], verbs, "meaning")
        self.hold_common(tables["Keys beside any step"], "STEP", verbs)
        self.hold_arguments(tables, "Arguments of steps", "STEP", verbs)
        self.hold_played("step", tables["Steps"], lambda tree: tree["steps"])

    def test_actions(self):
        tables = self.page("--actions")
        self.assertEqual(["Actions", "Arguments of actions"], list(tables))
        verbs = rows_of("action", "ACTION")
        self.hold_verbs(tables["Actions"], verbs, "meaning")
        self.hold_arguments(tables, "Arguments of actions", "ACTION", verbs)
        heads, rows = tables["Actions"]
        for row in rows:
            self.assertEqual(verbs[row[0]][1], "FAULT_" + row[heads.index("fault")].upper())
            self.assertRegex(row[heads.index("phases")],
                             r"^(connect|tls|head|request)(, (tls|head|request))*$")
        self.hold_played("action", tables["Actions"],
                         lambda tree: [a for rule in tree["rules"] for a in rule["then"]])

    def test_oracles(self):
        tables = self.page("--oracles")
        self.assertEqual(["Expectations", "Keys beside any expectation",
                          "Arguments of expectations", "Invariants"], list(tables))
        verbs = rows_of("expect", "EXPECT")
        heads, rows = tables["Expectations"]
        self.assertEqual(["answers"], [row[0] for row in rows[len(verbs):]])
        self.hold_verbs((heads, rows[:len(verbs)]), verbs, "holds when")
        self.hold_common(tables["Keys beside any expectation"], "EXPECT", verbs)
        self.hold_arguments(tables, "Arguments of expectations", "EXPECT", verbs)
        # What can be judged has a row in the judge's own table, and the other way round.
        source = (rig.SOURCE / "suites/oracle/oracle.c").read_text(encoding="utf-8")
        judged = re.findall(r'\.verb = "(\w+)"', source)
        at = heads.index("played")
        self.assertEqual(sorted(judged), sorted(row[0] for row in rows if row[at] == "yes"))
        heads, rows = tables["Invariants"]
        self.assertEqual(re.findall(r'\.id = "([\w-]+)"', source), [row[0] for row in rows])
        self.assertEqual(self.schema.types["INVARIANT"]["anyOf"][1]["enum"],
                         [row[0] for row in rows])
        self.assertTrue(all(row[heads.index("holds when")] for row in rows))

    def test_keys(self):
        tables = self.page("--keys")
        (heads, rows), = tables.values()
        self.assertEqual(["key", "value", "needed", "meaning", "played"], heads)
        self.assertEqual([(key, "yes" if needed else "", help_) for key, needed, help_ in
                          self.schema.keys({"$ref": "#/$defs/CASE"})],
                         [(row[0], row[2], row[3]) for row in rows])
        self.hold_values(rows, 1)
        self.assertLessEqual({row[4] for row in rows}, self.PLAYED)

    def hold_played(self, kind, table, verbs_of):
        """No word that `check` refuses is marked as played, and none that it accepts as not."""
        heads, rows = table
        marks = {row[0]: row[heads.index("played")] == "yes" for row in rows}
        files = [*(rig.SOURCE / "tests/scenarios/examples").glob("*.json"),
                 *rig.SCENARIOS.glob("*/*.json")]
        said = self.run_it("check", *files).out
        refused = set(re.findall(rf'the {kind} "(\w+)" cannot be played', said))
        used = set()
        for path in files:
            tree = json.loads(path.read_text(encoding="utf-8"))
            if "scenario" in tree and str(path) not in said:
                used |= {verb for it in verbs_of(tree) for verb in it if verb in marks}
        self.assertTrue(used)
        self.assertEqual(set(), {verb for verb in refused if marks[verb]})
        self.assertEqual(set(), {verb for verb in used if not marks[verb]})

    def test_terminal(self):
        for section in ("--steps", "--actions", "--oracles", "--keys"):
            self.hold_terminal(section)

    def test_several(self):
        both = self.run_it("cases", "--actions", "--steps", code=0).out
        one, other = (self.run_it("cases", section, code=0).out for section in ("--steps", "--actions"))
        self.assertEqual(one + "\n" + other, both)
        traced = self.run_it("cases", "--traceability", "--run", "RC-*", code=0).out
        self.assertEqual(one + "\n" + traced,
                         self.run_it("cases", "--traceability", "--run", "RC-*", "--steps",
                                     code=0).out)


class Traceability(Reference):
    """What is documented, and who holds a client to it: both ways, and without a gap."""

    def setUp(self):
        super().setUp()
        self.statements = json.loads((rig.SCENARIOS / "statements.json").read_text(encoding="utf-8"))

    def hold_trace(self, cases, *arguments, chosen=False):
        tables = self.page("--traceability", *arguments)
        self.assertEqual(["Statements", "Cases", "Invariants"], list(tables))
        heads, rows = tables["Invariants"]
        proved = {row[0]: [name for name in row[2].split(", ") if name] for row in rows}
        words = self.page("--oracles")["Invariants"][1]
        self.assertEqual([(row[0], row[1]) for row in words], [(row[0], row[1]) for row in rows])
        heads, rows = tables["Cases"]
        self.assertEqual(["case", "requirement", "statements"], heads)
        self.assertEqual([(name, row["requirement"], row["statements"])
                          for name, row in sorted(cases.items())],
                         [tuple(row) for row in rows])
        heads, rows = tables["Statements"]
        self.assertEqual(["statement", "says", "document", "where", "date", "cases", "invariants",
                          "untested"], heads)
        wanted = []
        for it in self.statements:
            by = [name for name, row in sorted(cases.items())
                  if it["id"] in row["statements"].split(", ")]
            if by or not chosen:
                holding = [name for name, ids in proved.items() if it["id"] in ids]
                wanted.append([it["id"], it["text"], it["document"], it["where"], it["date"],
                               ", ".join(by), ", ".join(holding), it.get("untested", "")])
        self.assertEqual(wanted, rows)
        return rows

    def test_all(self):
        for row in self.hold_trace(case_rows()):
            self.assertTrue(row[5] or row[6] or row[7], row)

    def test_chosen(self):
        few = {name: row for name, row in case_rows("saas").items() if name.startswith("RC-")}
        self.hold_trace(few, "--profile", "saas", "--run", "RC-*", chosen=True)

    def test_terminal(self):
        self.hold_terminal("--traceability", "--run", "TIM-*")

    def hold_change(self, change, *said):
        """`check` names exactly what is wrong with a list of statements, and where."""
        folder = self.dir / "scenarios"
        if not folder.exists():
            shutil.copytree(rig.SCENARIOS, folder)
        tree = json.loads(json.dumps(self.statements))
        change({it["id"]: it for it in tree}, tree)
        lines = ",\n".join(json.dumps(it) for it in tree)
        (folder / "statements.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")
        result = self.run_it("check", folder / "statements.json", code=1 if said else 0)
        told = result.out.replace(f"{folder}/", "").splitlines()
        self.assertEqual(len(said) + 1, len(told), told)
        for pattern, line in zip(said, told):
            self.assertRegex(line, pattern)

    def test_check(self):
        rows = self.page("--traceability")["Statements"][1]
        tested, first = next((row[0], row[5].split(", ")[0]) for row in rows if row[5])
        by_invariant, proof = next((row[0], row[6]) for row in rows
                                   if row[6] and not row[5] and "," not in row[6])
        untested = next(row[0] for row in rows if row[7])
        at = [it["id"] for it in self.statements].index(untested) + 2
        self.hold_change(lambda by, tree: None)
        self.hold_change(lambda by, tree: by[untested].pop("untested"),
                         rf"^statements\.json:{at}:1: no case and no invariant holds a client to "
                         rf"{untested}: cite it, or say why not in \"untested\"$")
        self.hold_change(lambda by, tree: by[tested].update(untested="Nobody does."),
                         rf"{tested} is tested by {first}\b.*: its \"untested\" must go$")
        self.hold_change(lambda by, tree: by[by_invariant].update(untested="Nobody does."),
                         rf"{by_invariant} is tested by {proof}: its \"untested\" must go$")
        self.hold_change(lambda by, tree: tree.remove(by[by_invariant]),
                         rf'the invariant \"{proof}\" cites \"{by_invariant}\", which is not listed')
        self.hold_change(lambda by, tree: tree.append(dict(by[untested])),
                         rf"{untested} is listed twice$")
        self.hold_change(lambda by, tree: by[untested].update(untested=""),
                         r'\"untested\" must be a text that is not empty$')
        self.hold_change(lambda by, tree: by[untested].update(remark="x"),
                         r'a statement has no key \"remark\"$')
        self.hold_change(lambda by, tree: by[untested].pop("where"),
                         r'the key \"where\" is missing here$')

    def test_check_follows_the_cases(self):
        # The cases beside the list decide, not those that were built with the program.
        folder = self.dir / "scenarios"
        shutil.copytree(rig.SCENARIOS, folder)
        rows = self.page("--traceability")["Statements"][1]
        only, case = next((row[0], row[5]) for row in rows
                          if re.fullmatch(r"RC-[^, ]+", row[5]) and not row[6])
        (folder / f"resolve-customer/{case.split('/', maxsplit=1)[0]}.json").unlink()
        alone = [row[0] for row in rows if not row[6] and row[5] and
                 {name.split("/")[0] for name in row[5].split(", ")} == {case.split("/")[0]}]
        self.assertIn(only, alone)
        self.hold_change(lambda by, tree: None,
                         *(rf"holds a client to {name}: cite it" for name in alone))


if __name__ == "__main__":
    rig.main()
