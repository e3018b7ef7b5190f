# SPDX-License-Identifier: Apache-2.0
"""Puts every mutation into the text of a C source: each is an expression around the original text,
`mp_is(17) ? changed : original`; lines stay where they are. What a macro expands to is left alone, but
for the loop and the list macros named below.
"""
import re

import clang.cindex as ci

from source import Kind, Source, core, squeezed

# Deleting these is a leak or a change of wording alone; sanitizers and the tests of texts are for that.
UNTOUCHED_CALLS = re.compile(
    r"(x_free|\w*_clear|\w*_free|cJSON_Delete|va_\w+|buf_add\w*|facts_name_\w+|money_name_key|hour_text"
    r"|instant_format_s|bounds_text|list_states|findings_line|vsnprintf|snprintf|memcpy|add_text)$")
LIST_MACROS = {"FACTS_ADD"}
LOOP_MACROS = {"cJSON_ArrayForEach"}
OTHER_ENUM = {
    "FINDING_NOTE": "FINDING_BAD", "FINDING_BAD": "FINDING_LACK", "FINDING_LACK": "FINDING_BAD",
    "FINDING_MISSED": "FINDING_NOTE", "FINDING_HARNESS": "FINDING_NOTE",
    "VERDICT_PASS": "VERDICT_FAIL", "VERDICT_FAIL": "VERDICT_PASS", "VERDICT_WARN": "VERDICT_PASS",
    "VERDICT_INFO": "VERDICT_FAIL", "VERDICT_AVOIDED": "VERDICT_FAIL",
    "VERDICT_INCONCLUSIVE": "VERDICT_PASS", "VERDICT_NOT_EXERCISED": "VERDICT_PASS",
    "VERDICT_UNSUPPORTED": "VERDICT_PASS", "VERDICT_HARNESS_ERROR": "VERDICT_PASS",
    "REPLY_CONFIRMS": "REPLY_REFUSES", "REPLY_DUPLICATE": "REPLY_REFUSES",
    "REPLY_REFUSES": "REPLY_CONFIRMS",
}
# Comparisons: the bound moved by one, to what the operator is like with or without equality, and the
# other way too where the bound is a number (written so that nothing overflows). A loop's bound is only
# moved inward.
MOVED = {
    "<": [("boundary", "<=", "outward", "mp_l <= mp_r"),
          ("bound", "+ 1 <", "inward", "mp_l < mp_r && mp_l + 1 != mp_r")],
    "<=": [("boundary", "<", "inward", "mp_l < mp_r"),
           ("bound", "- 1 <=", "outward", "mp_l <= mp_r || mp_l - 1 == mp_r")],
    ">": [("boundary", ">=", "outward", "mp_l >= mp_r"),
          ("bound", "- 1 >", "inward", "mp_l > mp_r && mp_l - 1 != mp_r")],
    ">=": [("boundary", ">", "inward", "mp_l > mp_r"),
           ("bound", "+ 1 >=", "outward", "mp_l >= mp_r || mp_l + 1 == mp_r")],
}
OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
# What has no operator of its own to change.
VALUES = (Kind.CALL_EXPR, Kind.DECL_REF_EXPR, Kind.MEMBER_REF_EXPR)
SWAPPED = {"+": "-", "-": "+", "*": "/", "/": "*"}


class Rewriting(Source):
    """One file on its way."""

    def __init__(self, owner, unit, path):
        super().__init__(unit, path)
        self._owner = owner
        self._name = owner.relative(path)
        self._function = "-"
        self._context = (0, 0)
        self._returns_bool = False
        self._tables = []

    def _add(self, node, operator, changed, part=None):
        """A mutation that puts `changed` in the place of part (a node, or a pair of offsets)."""
        first, last = self._context
        start, end = part if isinstance(part, tuple) else self._extent(part or node)
        if not first <= start <= end <= last:
            first, last = start, end
        return self._owner.add(file=self._name, function=self._function, line=node.extent.start.line,
                               operator=operator, text=squeezed(self._raw(first, last)),
                               changed=squeezed(self._raw(first, start) + changed
                                                 + self._raw(end, last)))

    # the walk

    def text(self):
        """The whole file."""
        out, at = [], 0
        for node in self._top.get_children():
            if node.kind not in (Kind.FUNCTION_DECL, Kind.VAR_DECL) or not self._is_here(node):
                continue
            start, end = self._extent(node)
            if start < at:
                continue
            if node.kind == Kind.FUNCTION_DECL and node.is_definition():
                self._function = node.spelling
                self._returns_bool = node.result_type.get_canonical().kind == ci.TypeKind.BOOL
                out += [self._raw(at, start), self._render(node)]
                at = end
            elif node.kind == Kind.VAR_DECL and self._is_table(node):
                self._function = node.spelling
                out += [self._raw(at, start), self._without_const(node)]
                self._tables += self._patches(node, is_local=False)
                at = end
        out.append(self._raw(at, len(self._source)))
        return (f'#include "mutation.h"\n#line 1 "{self._path}"\n' + "".join(out)
                + "\nstatic void mp_patch(void)\n{\n" + "".join(self._tables) + "}\n"
                + "__attribute__((constructor)) static void mp_add(void)\n"
                + "{\n    mp_add_patch(mp_patch);\n}\n")

    def _render(self, node):
        """The node's text with every mutation in it."""
        handler = _HANDLERS.get(node.kind)
        text = handler(self, node) if handler else None
        return self._plain(node) if text is None else text

    def _plain(self, node, only=None):
        """The node's own text, its children rendered."""
        start, end = self._extent(node)
        out, at = [], start
        for child in self._children(node):
            first, last = self._extent(child)
            rendered = self._render(child) if only is None or only(child) else self._raw(first, last)
            out += [self._raw(at, first), rendered]
            at = last
        out.append(self._raw(at, end))
        return "".join(out)

    def _in_context(self, node):
        """Renders an expression that is one whole: what a mutation of any part is shown within."""
        before = self._context
        self._context = self._extent(node)
        text = self._render(node)
        self._context = before
        return text

    # expressions

    def _operator(self, node):
        """Both operands and the text of the operator."""
        parts = self._children(node)
        raw = list(node.get_children())
        if len(raw) != 2:
            return None
        (start, end), (_, left_end), (right_start, _) = (self._extent(node), self._extent(raw[0]),
                                                         self._extent(raw[1]))
        if not start <= left_end <= right_start <= end:
            return None
        between = re.sub(r"//[^\n]*", "", self._raw(left_end, right_start)).strip()
        return raw[0], between, raw[1], parts

    def _operand(self, node, parts):
        return self._render(node) if any(p == node for p in parts) else self._raw_of(node)

    def _binary(self, node):
        found = self._operator(node)
        if found is None:
            return None
        left, operator, right, parts = found
        place = (self._extent(left)[1], self._extent(right)[0])
        if operator in ("&&", "||"):
            return self._logical(node, found, place)
        if operator in OPPOSITE:
            return self._comparison(node, found, place)
        if "sizeof" in self._raw_of(node):
            return None
        is_pointer = any(n.type.get_canonical().kind in (ci.TypeKind.POINTER, ci.TypeKind.CONSTANTARRAY)
                         for n in (left, right, node))
        if operator in SWAPPED and not is_pointer:
            other = SWAPPED[operator]
            number = self._add(node, "arithmetic", f" {other} ", place)
            return (f"(__extension__({{ __auto_type mp_l = ({self._operand(left, parts)});"
                    f" __auto_type mp_r = ({self._operand(right, parts)});"
                    f" mp_is({number}) ? mp_l {other} mp_r : mp_l {operator} mp_r; }}))")
        return None

    def _comparison(self, node, found, place):
        left, operator, right, parts = found
        bounds, self._bounds_loop = self._bounds_loop, False
        kinds = []
        if bounds:
            kinds = [row for row in MOVED.get(operator, ()) if row[2] == "inward"]
        else:
            number = any(core(n).kind == Kind.INTEGER_LITERAL for n in (left, right))
            kinds = [row for row in MOVED.get(operator, ()) if number or row[0] == "boundary"]
            kinds.append(("opposite", OPPOSITE[operator], "", f"mp_l {OPPOSITE[operator]} mp_r"))
        chosen = "".join(f"mp_is({self._add(node, name, f' {text} ', place)}) ? ({expression}) : "
                         for name, text, _, expression in kinds)
        return (f"(__extension__({{ __auto_type mp_l = ({self._operand(left, parts)});"
                f" __auto_type mp_r = ({self._operand(right, parts)});"
                f" {chosen}(mp_l {operator} mp_r); }}))")

    _bounds_loop = False

    def _logical(self, node, found, place):
        left, operator, right, parts = found
        bounds, self._bounds_loop = self._bounds_loop, False
        sides = []
        for side in (left, right):
            again = self._operator(core(side)) if core(side).kind == Kind.BINARY_OPERATOR else None
            self._bounds_loop = bounds
            text = self._operand(side, parts)
            self._bounds_loop = False
            if again is None or again[1] != operator:  # a chain is taken link by link
                value = "true" if operator == "&&" else "false"
                number = self._add(side, "operand", value, side)
                text = (f"(mp_is({number}) || ({text}))" if operator == "&&"
                        else f"(!mp_is({number}) && ({text}))")
            sides.append(text)
        other = "||" if operator == "&&" else "&&"
        swap = self._add(node, "connective", f" {other} ", place)
        asks = "mp_l" if operator == "&&" else "!mp_l"
        return (f"(__extension__({{ _Bool mp_l = ({sides[0]});"
                f" (({asks}) ^ mp_is({swap})) ? (_Bool)({sides[1]}) : mp_l; }}))")

    def _not(self, node):
        if not self._raw_of(node).startswith("!"):
            return None
        children = self._children(node)
        inner = self._render(children[0]) if children else self._raw_of(node)[1:]
        number = self._add(node, "not", self._raw_of(node)[1:])
        return f"((!({inner})) ^ mp_is({number}))"

    def _conditional(self, node):
        parts = list(node.get_children())
        if len(parts) != 3:
            return None
        condition = parts[0]
        rendered = self._condition(condition, "choice") if not self._is_macro(
            *self._extent(condition)) else self._raw_of(condition)
        rest = self._plain_after(node, condition)
        return rendered + rest

    def _plain_after(self, node, first):
        """The node's text after that child, the later children rendered."""
        _, end = self._extent(node)
        out, at = [], self._extent(first)[1]
        for child in self._children(node):
            start, last = self._extent(child)
            if start >= at:
                out += [self._raw(at, start), self._render(child)]
                at = last
        out.append(self._raw(at, end))
        return "".join(out)

    def _condition(self, node, operator):
        """A condition that may be taken for true or false."""
        yes = self._add(node, f"{operator} true", "true", node)
        no = self._add(node, f"{operator} false", "false", node)
        return f"(mp_is({yes}) || (!mp_is({no}) && ({self._render(node)})))"

    def _name(self, node):
        other = OTHER_ENUM.get(node.spelling)
        if other is None or node.type.kind == ci.TypeKind.INVALID:
            return None
        number = self._add(node, "constant", other, node)
        return f"(mp_is({number}) ? {other} : {node.spelling})"

    # statements

    def _statement(self, node):
        """A statement that may be left out."""
        if node.kind == Kind.COMPOUND_STMT:
            return self._render(node)
        start, _ = self._extent(node)
        text = self._in_context(node)
        callee = re.match(r"(?:\(void\)\s*!?)?\s*(\w+)\s*\(", self._raw_of(node))
        is_call = callee is not None and node.kind in (Kind.CALL_EXPR, Kind.CSTYLE_CAST_EXPR,
                                                       Kind.UNEXPOSED_EXPR, Kind.DO_STMT)
        if is_call and (UNTOUCHED_CALLS.match(callee.group(1)) or callee.group(1) == "void"):
            return text
        if node.kind == Kind.DO_STMT and self._macro_at(start) not in LIST_MACROS:
            return text
        found = self._operator(node) if node.kind == Kind.BINARY_OPERATOR else None
        is_bare_return = node.kind == Kind.RETURN_STMT and self._raw_of(node) == "return"
        if not (is_call or is_bare_return or (found is not None and found[1] == "=")
                or node.kind in (Kind.COMPOUND_ASSIGNMENT_OPERATOR, Kind.UNARY_OPERATOR,
                                 Kind.CONTINUE_STMT)):
            return text
        number = self._add(node, "left out", "", node)
        return f"if (!mp_is({number})) {text}"

    def _compound(self, node):
        start, end = self._extent(node)
        out, at = [], start
        for child in node.get_children():
            first, last = self._extent(child)
            if not self._is_here(child) or first < at:
                continue
            if self._is_macro(first, last) and self._macro_at(first) not in LIST_MACROS:
                continue
            out += [self._raw(at, first), self._statement(child)]
            at = last
        out.append(self._raw(at, end))
        return "".join(out)

    def _if(self, node):
        parts = list(node.get_children())
        condition = parts[0]
        if self._is_macro(*self._extent(condition)):
            return None
        start, _ = self._extent(node)
        first, _ = self._extent(condition)
        self._context = self._extent(condition)
        # Left whole where it is one negation: true and false say it all.
        text = self._raw(start, first) + self._condition(condition, "if")
        return text + self._plain_after(node, condition)

    def _while(self, node):
        condition = list(node.get_children())[0]
        if self._is_macro(*self._extent(condition)):
            return None
        start, _ = self._extent(node)
        first, _ = self._extent(condition)
        return self._raw(start, first) + self._loop_condition(condition) + self._plain_after(
            node, condition)

    def _loop_condition(self, condition):
        self._context = self._extent(condition)
        never = self._add(condition, "loop never", "false", condition)
        self._bounds_loop = core(condition).kind == Kind.BINARY_OPERATOR
        text = self._render(condition)
        self._bounds_loop = False
        return f"(!mp_is({never}) && ({text}))"

    def _for(self, node):
        start, end = self._extent(node)
        if self._macro_at(start) in LOOP_MACROS:
            return self._each(node)
        parts = [c for c in self._children(node)]
        condition = next((c for c in parts if c.type.kind != ci.TypeKind.INVALID
                          and c.kind != Kind.COMPOUND_STMT and c.kind != Kind.DECL_STMT
                          and self._raw(self._extent(c)[1], end).lstrip().startswith(";")), None)
        out, at = [], start
        for child in parts:
            first, last = self._extent(child)
            if condition is not None and child == condition:
                text = self._loop_condition(child)
            elif child.kind == Kind.COMPOUND_STMT:
                text = self._render(child)
            elif child.kind == Kind.DECL_STMT:
                text = self._in_context(child)
            else:
                text = self._raw(first, last)
            out += [self._raw(at, first), text]
            at = last
        out.append(self._raw(at, end))
        return "".join(out)

    def _each(self, node):
        """A loop over JSON: may never begin, and may end after its first turn."""
        start, end = self._extent(node)
        body = [c for c in node.get_children() if c.kind == Kind.COMPOUND_STMT][-1]
        first, last = self._extent(body)
        head = self._raw(start, first)
        self._context = (start, first)
        never = self._add(node, "loop never", "never", (start, start))
        once = self._add(node, "loop once", "once", (start, start))
        return (f"{{ int mp_turn = 0; {head}{{ if (mp_is({never}) || (mp_turn++ > 0 && mp_is({once})))"
                f" {{ break; }} {self._render(body)} }} }}")

    def _return(self, node):
        parts = self._children(node)
        value = re.sub(r"^return\s*", "", self._raw_of(node))
        start, end = self._extent(node)
        at = end - len(value.encode())
        self._context = (start, end)
        if self._returns_bool and value in ("true", "false"):
            other = "false" if value == "true" else "true"
            number = self._add(node, "constant", other, (at, end))
            return f"return (mp_is({number}) ? {other} : {value})"
        if re.fullmatch(r"\d+", value):
            number = self._add(node, "number", str(int(value) + 1), (at, end))
            return f"return ({value} + mp_is({number}))"
        if self._returns_bool and parts and core(parts[0]).kind in VALUES:
            number = self._add(node, "opposite", f"!{value}", (at, end))
            return f"return ({self._render(parts[0])}) ^ mp_is({number})"
        return self._plain(node)

    def _declaration(self, node):
        """Local variables; a table of them may lose a row."""
        tables = [c for c in node.get_children() if c.kind == Kind.VAR_DECL and self._is_table(c)]
        if not tables:
            self._context = self._extent(node)
            return self._plain(node)
        function, self._function = self._function, f"{self._function}: {tables[0].spelling}"
        text = self._without_const(tables[0]) + ";" + "".join(self._patches(tables[0], True))
        self._function = function
        return text

    def _variable(self, node):
        parts = self._children(node)
        init = parts[-1] if parts else None
        start, end = self._extent(node)
        is_bool = node.type.get_canonical().kind == ci.TypeKind.BOOL
        word = re.search(r"=\s*(true|false)$", self._raw_of(node))
        if is_bool and word:
            other = "false" if word.group(1) == "true" else "true"
            at = end - len(word.group(1))
            number = self._add(node, "constant", other, (at, end))
            return self._raw(start, at) + f"(mp_is({number}) ? {other} : {word.group(1)})"
        is_array = node.type.get_canonical().kind == ci.TypeKind.CONSTANTARRAY
        if init is not None and not is_array and re.fullmatch(r"\d+", self._raw_of(init)):
            number = self._add(init, "number", str(int(self._raw_of(init)) + 1), init)
            first, last = self._extent(init)
            return self._raw(start, first) + f"({self._raw_of(init)} + mp_is({number}))"
        if is_bool and init is not None and core(init).kind in VALUES:
            number = self._add(init, "opposite", "!" + self._raw_of(init), init)
            first, last = self._extent(init)
            return self._raw(start, first) + f"(({self._render(init)}) ^ mp_is({number}))"
        return None

    def _switch(self, node):
        """Each label may be forgotten: its value is then like none of them."""
        subject = list(node.get_children())[0]
        labels = []

        def look(cursor):
            for child in cursor.get_children():
                if child.kind == Kind.CASE_STMT:
                    labels.append(child)
                look(child)

        look(node)
        start, _ = self._extent(node)
        first, last = self._extent(subject)
        chosen = ""
        for label in labels:
            name = list(label.get_children())[0]
            inner = label
            while inner.kind == Kind.CASE_STMT:
                inner = list(inner.get_children())[1]
            if inner.kind == Kind.BREAK_STMT:
                continue
            self._context = (self._extent(label)[0], self._extent(name)[1])
            number = self._add(label, "left out", "", self._context)
            chosen += f"mp_s == {self._raw_of(name)} && mp_is({number}) ? -1 : "
        text = (f"(__extension__({{ __auto_type mp_s = ({self._render(subject)}); {chosen}(int)mp_s; }}))"
                if chosen else self._render(subject))
        out = self._raw(start, first) + text
        return out + self._plain_after(node, subject)

    def _case(self, node):
        name, body = list(node.get_children())[:2]
        start, _ = self._extent(node)
        first, _ = self._extent(body)
        if body.kind in (Kind.CASE_STMT, Kind.DEFAULT_STMT):
            return self._raw(start, first) + self._render(body)
        return self._raw(start, first) + self._statement(body)

    # tables

    def _is_table(self, node):
        canonical = node.type.get_canonical()
        return (canonical.kind == ci.TypeKind.CONSTANTARRAY and "static" in self._raw_of(node)
                and "=" in self._raw_of(node))

    def _without_const(self, node):
        head, brace, rest = self._raw_of(node).partition("=")
        name = head.rindex(node.spelling)
        before = head[:name]
        if "*const" in before:
            at = before.rindex("*const")
            before = before[:at] + "*" + before[at + len("*const"):]
        elif " const" in before:
            # Of an anonymous struct the const of its members is not meant.
            before = before.replace(" const", "", 1)
        return before + head[name:] + brace + rest

    def _patches(self, node, is_local):
        """Statements: a row becomes a copy of the next one; a flag becomes its opposite."""
        array = node.type.get_canonical()
        name, count = node.spelling, array.element_count
        element = array.element_type.get_canonical()
        rows = self._rows(node)
        self._context = (0, 0)
        for i in range(count):
            row = rows[i] if i < len(rows) else (0, 0)
            number = self._owner.add(file=self._name, function=self._function,
                                     line=node.extent.start.line, operator="row left out",
                                     text=self._row_text(row, i), changed="")
            yield f"if (mp_is({number})) {{ {name}[{i}] = {name}[{(i + 1) % count}]; }} "
            if element.kind != ci.TypeKind.RECORD or is_local:
                continue
            for field in element.get_fields():
                if field.type.get_canonical().kind != ci.TypeKind.BOOL:
                    continue
                number = self._owner.add(file=self._name, function=self._function,
                                         line=node.extent.start.line, operator="flag",
                                         text=self._row_text(row, i), changed=f"!{field.spelling}")
                yield (f"if (mp_is({number})) {{ {name}[{i}].{field.spelling} = "
                       f"!{name}[{i}].{field.spelling}; }}\n")

    def _rows(self, node):
        inits = [c for c in node.get_children() if c.kind == Kind.INIT_LIST_EXPR]
        return [self._extent(c) for c in inits[-1].get_children()] if inits else []

    def _row_text(self, row, i):
        text = squeezed(self._raw(*row)) if row[1] > row[0] else f"row {i + 1}"
        return text if len(text) <= 60 else text[:57] + "..."


_HANDLERS = {
    Kind.BINARY_OPERATOR: Rewriting._binary,
    Kind.UNARY_OPERATOR: Rewriting._not,
    Kind.CONDITIONAL_OPERATOR: Rewriting._conditional,
    Kind.DECL_REF_EXPR: Rewriting._name,
    Kind.COMPOUND_STMT: Rewriting._compound,
    Kind.IF_STMT: Rewriting._if,
    Kind.WHILE_STMT: Rewriting._while,
    Kind.FOR_STMT: Rewriting._for,
    Kind.RETURN_STMT: Rewriting._return,
    Kind.DECL_STMT: Rewriting._declaration,
    Kind.VAR_DECL: Rewriting._variable,
    Kind.SWITCH_STMT: Rewriting._switch,
    Kind.CASE_STMT: Rewriting._case,
}
