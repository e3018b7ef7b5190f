#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the tree to the house rules that a compiler does not see.

Checks: SPDX line in every source file; includes only downward (ROOMS) and without cycles; libevent and
OpenSSL only where they belong; banned calls; files that stand in the wrong room; leftovers.
`lint.py --self-test` proves that each check can fail.
"""
import os
import re
import subprocess
import sys
import tempfile

# Which rooms a room may include. Arrows point down only.
ROOMS = {
    "proxy/base": [],
    "proxy/http": ["proxy/base"],
    "proxy/aws": ["proxy/base"],
    "proxy/evidence": ["proxy/base"],
    "proxy/scenario": ["proxy/base", "proxy/aws"],
    "proxy/fault": ["proxy/base", "proxy/scenario"],
    "proxy/recording": ["proxy/base", "proxy/http", "proxy/aws", "proxy/evidence", "proxy/scenario",
                        "proxy/fault"],
    "proxy/service": ["proxy/base", "proxy/aws", "proxy/scenario"],
    "proxy/identity": ["proxy/base", "proxy/http", "proxy/aws"],
    "proxy/net": ["proxy/base", "proxy/evidence"],
    "proxy": ["proxy/base", "proxy/http", "proxy/aws", "proxy/evidence", "proxy/scenario", "proxy/fault",
              "proxy/recording", "proxy/service", "proxy/identity", "proxy/net"],
    "proxy/control": ["proxy/base", "proxy/http", "proxy/evidence", "proxy/scenario", "proxy/service",
                      "proxy/identity", "proxy/net", "proxy"],
    "reports": ["proxy/base", "proxy/evidence"],
    "suites/client": ["proxy/base", "proxy/http", "proxy/net"],
    "suites/oracle": ["proxy/base", "proxy/aws", "proxy/evidence", "proxy/scenario", "reports"],
    "suites/play": ["proxy/base", "proxy/http", "proxy/aws", "proxy/evidence", "proxy/scenario",
                    "proxy/service", "proxy/identity", "proxy/net", "proxy", "suites/client"],
    "suites/command": ["proxy/base", "proxy/aws", "proxy/evidence", "proxy/scenario", "proxy/fault",
                       "proxy/recording", "proxy/service", "proxy/net", "proxy", "reports", "suites/client",
                       "suites/oracle", "suites/play"],
    "suites": ["suites/command", "proxy/base"],
}
# A program stands above its room: what it may include beside that.
PROGRAMS = {"proxy/main.c": ["proxy/control"]}
# Who may include a library's headers.
LIBRARIES = {
    "event2/": ["proxy/net"],
    "openssl/": ["proxy/base", "proxy/net", "tests"],
    "CUnit/": ["suites/oracle", "tests"],
}
# `tests/mutants` is a client of its own: it shares nothing with the house, on purpose.
FOREIGN = ("tests/mutants/", "tests/clients/", "tests/unit/client/puppet.c")
# Unit tests may set a signal's disposition and poll for a condition.
TESTS_MAY = {"signal", "usleep"}
BANNED = ["strcpy", "strcat", "sprintf", "vsprintf", "gets", "atoi", "atol", "strtok", "rand", "srand",
          "signal", "sleep", "usleep", "alloca", "cJSON_GetObjectItem", "cJSON_Parse",
          "cJSON_ParseWithOpts", "cJSON_Print", "cJSON_PrintUnformatted"]
# Only base allocates and parses JSON.
ONLY_BASE = ["malloc", "calloc", "realloc", "free", "strdup", "strndup", "cJSON_ParseWithLength"]
SOURCES = (".c", ".h", ".def", ".py", ".sh", ".mjs", ".cmake")
TOP = {"CMakeLists.txt", "CMakePresets.json", "README.md", "proxy", "suites", "scenarios", "reports",
       "tests"}


def room_of(path):
    if path.startswith("tests/"):
        return "tests"
    folder = os.path.dirname(path)
    while folder and folder not in ROOMS:
        folder = os.path.dirname(folder)
    return folder


def without_comments(text):
    """Comments and string contents become blanks; line numbers stay."""
    def blank(match):
        token = match.group(0)
        if token.startswith("/"):
            return re.sub(r"[^\n]", " ", token)
        return token[0] + re.sub(r"[^\n]", " ", token[1:-1]) + token[-1]
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text,
                  flags=re.S)


def check_includes(path, text, problems, graph):
    room = room_of(path)
    foreign = path.startswith(FOREIGN)
    for number, line in enumerate(text.split("\n"), 1):
        quoted = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if quoted:
            target = quoted.group(1)
            graph.setdefault(path, []).append(target)
            other = room_of(target)
            if foreign or room == "tests" or "/" not in target:
                continue
            if other != room and other not in ROOMS.get(room, []) + PROGRAMS.get(path, []):
                problems.append(f"{path}:{number}: {room} may not include {target}: arrows point down only")
        angled = re.match(r"\s*#\s*include\s+<([^>]+)>", line)
        if angled and not foreign:
            for library, rooms in LIBRARIES.items():
                if angled.group(1).startswith(library) and room not in rooms:
                    problems.append(f"{path}:{number}: <{library}…> belongs to {', '.join(rooms)}")


def check_calls(path, text, problems):
    if path.startswith(FOREIGN):
        return
    banned = [n for n in BANNED if room_of(path) != "tests" or n not in TESTS_MAY]
    names = banned + ([] if room_of(path) == "proxy/base" else ONLY_BASE)
    pattern = re.compile(r"(?<![\w.>])(" + "|".join(map(re.escape, names)) + r")\s*\(")
    for number, line in enumerate(without_comments(text).split("\n"), 1):
        for match in pattern.finditer(line):
            problems.append(f"{path}:{number}: {match.group(1)} is banned here")


def check_cycles(graph, problems):
    state = {}

    def visit(node, trail):
        if state.get(node) == "done":
            return
        if state.get(node) == "open":
            cycle = trail[trail.index(node):] + [node]
            problems.append(f"{node}:1: include cycle: {' -> '.join(cycle)}")
            return
        state[node] = "open"
        for target in graph.get(node, []):
            visit(target, trail + [node])
        state[node] = "done"

    for start in sorted(graph):
        visit(start, [])


def check_file(path, text, problems, graph):
    if path.endswith(SOURCES) or os.path.basename(path) == "CMakeLists.txt":
        head = text.split("\n", 3)[:3]
        if not any("SPDX-License-Identifier: Apache-2.0" in line for line in head):
            problems.append(f"{path}:1: the SPDX line is missing: SPDX-License-Identifier: Apache-2.0")
    if path.endswith((".c", ".h", ".def")):
        check_includes(path, text, problems, graph)
        check_calls(path, text, problems)
    if path.endswith(".h") and path.startswith(("proxy/", "suites/", "reports/")):
        guard = re.sub(r"[/.]", "_", path).upper()
        if f"#ifndef {guard}" not in text:
            problems.append(f"{path}:1: the include guard is not {guard}")
    if not path.startswith("tests/lint/"):
        for number, line in enumerate(text.split("\n"), 1):
            if re.search(r"\b(TODO|FIXME|XXX)\b", line):
                problems.append(f"{path}:{number}: unfinished work is marked here")


def lint(root, files):
    problems, graph = [], {}
    for path in files:
        top = path.split("/", 1)[0]
        if top not in TOP and not top.startswith("."):
            problems.append(f"{path}:1: nothing of that name belongs to the top level")
        try:
            with open(os.path.join(root, path), encoding="utf-8") as f:
                text = f.read()
        except (UnicodeDecodeError, FileNotFoundError):
            continue
        check_file(path, text, problems, graph)
    check_cycles(graph, problems)
    return problems


BROKEN = {
    "proxy/base/a.h": ("// SPDX-License-Identifier: Apache-2.0\n#ifndef PROXY_BASE_A_H\n#define PROXY_BASE_A_H\n"
                       '#include "proxy/http/b.h"\n#endif\n', "arrows point down"),
    "proxy/http/c.c": ("// SPDX-License-Identifier: Apache-2.0\n#include <event2/event.h>\n", "belongs to"),
    "proxy/http/d.c": ("// SPDX-License-Identifier: Apache-2.0\nint f(void)\n{\n    return atoi(\"1\");\n}\n",
                       "atoi is banned"),
    "proxy/http/e.c": ("// SPDX-License-Identifier: Apache-2.0\nvoid g(void *p)\n{\n    free(p);\n}\n",
                       "free is banned"),
    "proxy/http/f.c": ("int h;\n", "SPDX line is missing"),
    "proxy/http/g.h": ("// SPDX-License-Identifier: Apache-2.0\n#ifndef G_H\n#endif\n", "include guard"),
    "proxy/net/h.h": ("// SPDX-License-Identifier: Apache-2.0\n#ifndef PROXY_NET_H_H\n"
                      '#include "proxy/net/i.h"\n', "include cycle"),
    "proxy/net/i.h": ("// SPDX-License-Identifier: Apache-2.0\n#ifndef PROXY_NET_I_H\n"
                      '#include "proxy/net/h.h"\n', "include cycle"),
    "proxy/k.c": ("// SPDX-License-Identifier: Apache-2.0\n"
                  '#include "proxy/control/control.h"\n', "arrows point down"),
    "docs/x.md": ("text\n", "top level"),
    "proxy/net/j.c": ("// SPDX-License-Identifier: Apache-2.0\n// TODO later\n", "unfinished"),
}
LEGAL = {
    "proxy/main.c": "// SPDX-License-Identifier: Apache-2.0\n"
                    '#include "proxy/control/control.h"\n',
    "proxy/http/ok.c": "// SPDX-License-Identifier: Apache-2.0\n"
                       '#include "proxy/base/span.h"\n// free(x) in a comment, "atoi(" in text\n'
                       'const char *t = "sprintf(";\nvoid k(void)\n{\n    x_free(0);\n    o->free(1);\n}\n',
}


def self_test():
    failures = []
    with tempfile.TemporaryDirectory() as root:
        for path, text in {**{p: t for p, (t, _) in BROKEN.items()}, **LEGAL}.items():
            os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as f:
                f.write(text)
        for path, (_, expected) in BROKEN.items():
            found = lint(root, [path] if "cycle" not in expected else ["proxy/net/h.h", "proxy/net/i.h"])
            if not any(expected in p for p in found):
                failures.append(f"{path}: expected a finding with '{expected}', got {found}")
        for path in LEGAL:
            if lint(root, [path]):
                failures.append(f"{path}: expected nothing, got {lint(root, [path])}")
    return failures


def main():
    if sys.argv[1:] == ["--self-test"]:
        problems = self_test()
    else:
        root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
        listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=root,
                                capture_output=True, text=True, check=True).stdout.split("\n")
        problems = lint(root, [f for f in listed if f])
    for problem in problems:
        print(problem)
    print(f"lint: {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
