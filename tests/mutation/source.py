# SPDX-License-Identifier: Apache-2.0
"""A C source as clang has parsed it: where its nodes stand, and the text of each. Offsets are bytes."""
import pathlib
import re

import clang.cindex as ci

Kind = ci.CursorKind


def squeezed(text):
    return re.sub(r"\s+", " ", re.sub(r"//[^\n]*", "", text)).strip()


def core(node):
    """The node below implicit conversions."""
    while node.kind == Kind.UNEXPOSED_EXPR:
        inner = list(node.get_children())
        if len(inner) != 1 or inner[0].extent != node.extent:
            break
        node = inner[0]
    return node


class Source:
    """One parsed file."""

    def __init__(self, unit, path):
        self._path = str(path)
        self._source = pathlib.Path(path).read_bytes()
        self._top = unit.cursor
        self._macros = {}
        for node in unit.cursor.get_children():
            if node.kind == Kind.MACRO_INSTANTIATION and self._is_here(node):
                start, end = self._extent(node)
                self._macros[start] = (end, node.spelling)

    def _is_here(self, node):
        return node.location.file is not None and node.location.file.name == self._path

    @staticmethod
    def _extent(node):
        return node.extent.start.offset, node.extent.end.offset

    def _raw(self, start, end):
        return self._source[start:end].decode()

    def _raw_of(self, node):
        return self._raw(*self._extent(node))

    def _is_macro(self, start, end):
        return any(s <= start and end <= e for s, (e, _) in self._macros.items())

    def _macro_at(self, start):
        return self._macros.get(start, (0, ""))[1]

    def _children(self, node):
        """The children that stand in the file itself, in order, none over another."""
        start, end = self._extent(node)
        found, at = [], start
        for child in sorted(node.get_children(), key=lambda c: self._extent(c)[0]):
            first, last = self._extent(child)
            if self._is_here(child) and at <= first < last <= end and not self._is_macro(first, last):
                found.append(child)
                at = last
        return found
