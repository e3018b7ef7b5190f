# SPDX-License-Identifier: Apache-2.0
"""Mutant schemata: one copy of C sources that holds every mutation, chosen at run time. With none chosen
the copy does what the original does. The table of what can be changed is in README.md.
"""
import dataclasses
import pathlib

import clang.cindex as ci

from rewriting import Rewriting


@dataclasses.dataclass
class Mutation:
    """One change of the sources; id counts from 1 over all files."""
    id: int
    file: str
    function: str
    line: int
    operator: str
    text: str     # the expression or statement around it
    changed: str  # what it says then
    number: int = 1  # of those that are alike but for their line

    def key(self):
        """What stays when lines move."""
        return (self.file, self.function, self.operator, self.text, self.changed, self.number)


class Schemata:
    """Rewrites one file after another; `mutations` grows."""

    def __init__(self, root, arguments):
        self._root = pathlib.Path(root)
        self._arguments = arguments
        self._index = ci.Index.create()
        self.mutations = []
        self._alike = {}

    def rewrite(self, path):
        """The text of the instrumented copy of that file."""
        unit = self._index.parse(str(path), args=self._arguments,
                                 options=ci.TranslationUnit.PARSE_DETAILED_PROCESSING_RECORD)
        wrong = [str(d) for d in unit.diagnostics if d.severity >= ci.Diagnostic.Error]
        if wrong:
            raise SystemExit("schemata.py: " + "\n".join(wrong))
        return Rewriting(self, unit, path).text()

    def add(self, **facts):
        """A further mutation; gives its id."""
        m = Mutation(id=len(self.mutations) + 1, **facts)
        count = self._alike.get(m.key(), 0) + 1
        self._alike[m.key()] = m.number = count
        self.mutations.append(m)
        return m.id

    def relative(self, path):
        """The path as the reasons name it."""
        return str(pathlib.Path(path).relative_to(self._root))
