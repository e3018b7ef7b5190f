#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`meterprover cases` is the reference that users read: what it prints is held against the files it
speaks of, in each of its forms: columns on a terminal, tabs for programs, tables of GitHub Markdown."""
import fcntl
import json
import os
import pty
import re
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
        for row in rows:
            path = next(p for p in rig.SCENARIOS.glob("*/*.json") if p.stem == row[0].split("/")[0])
            said = self.run_it("check", path).out
            if row[at] != "yes":
                self.assertIn(row[at].removeprefix("no: "), said)
        folder = self.dir / "scenarios/mine"
        folder.mkdir(parents=True)
        tree = json.loads((rig.SCENARIOS / "network/NET-03.json").read_text(encoding="utf-8"))
        tree["client"] = {"transport": "tls", "credentials": "imds"}
        (folder / "NET-03.json").write_text(json.dumps(tree), encoding="utf-8")
        heads, rows = self.page("--scenarios", self.dir / "scenarios")[None]
        self.assertRegex(rows[0][heads.index("played")], r"^no: this `\w+` of `client` cannot be")

    def test_terminal(self):
        self.hold_terminal("--run", "BMU-*", "-v")
        self.assertRegex(self.on_terminal(300), re.compile(r"^case +title +level +basis", re.M))


if __name__ == "__main__":
    rig.main()
