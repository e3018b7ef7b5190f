# SPDX-License-Identifier: Apache-2.0
"""From measured numbers to lines: figure, ours, peer, ratio, target, met or missed.

A result is a number, or a text: why there is none. A line without both numbers that its target needs is
"not measured", whatever the other says: nothing that was not seen counts as met."""
import dataclasses

MET, MISSED, UNMEASURED, OPEN = "met", "missed", "not measured", "–"
LIMITS = ("ratio_at_least", "ratio_at_most", "below")


@dataclasses.dataclass
class Line:
    group: str
    figure: str
    title: str
    ours: str
    peer: str
    ours_value: object   # a number, or why there is none
    peer_value: object   # the same; None where there is no peer
    ratio: object        # ours / peer, whatever is better; None where it cannot be had
    target: object       # the target's row, or None
    verdict: str


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == value


def ratio_of(ours, peer):
    """Ours divided by the peer's. None unless both were measured and the peer's is above zero."""
    return ours / peer if is_number(ours) and is_number(peer) and peer > 0 else None


def verdict_of(target, ours, peer):
    if target is None:
        return OPEN
    limit, = (name for name in LIMITS if name in target)
    value = ours if limit == "below" else ratio_of(ours, peer)
    if not is_number(value):
        return UNMEASURED
    bound = target[limit]
    kept = {"ratio_at_least": value >= bound, "ratio_at_most": value <= bound, "below": value < bound}[limit]
    return MET if kept else MISSED


def result(results, group, subject, figure):
    """What is known of it: results[(group, subject)] is a table of figures, or one text for all of them."""
    known = results.get((group, subject), "not asked for")
    return known if isinstance(known, str) else known.get(figure, "not asked for")


def lines_of(plan, results):
    """Every comparison of the groups of the plan, in its order. One that nobody asked for is left out,
    unless a target hangs on it."""
    lines = []
    for group in plan["groups"]:
        name = group["group"]
        for compare in group["compare"]:
            for figure in group["figures"]:
                if figure["figure"] not in compare.get("figures", [figure["figure"]]):
                    continue
                for peer in compare["peers"]:
                    line = line_of(group, figure, compare["ours"], peer, results)
                    if line.target or "not asked for" not in (line.ours_value, line.peer_value):
                        lines.append(line)
    return [line for line in lines if any(group == line.group for group, _ in results)]


def line_of(group, figure, ours, peer, results):
    ours_value = result(results, group["group"], ours, figure["figure"])
    peer_value = result(results, group["group"], peer, figure["figure"]) if peer else None
    target = next((t for t in group["targets"]
                   if (t["figure"], t["ours"], t["peer"]) == (figure["figure"], ours, peer)), None)
    return Line(group["group"], figure["figure"], figure["title"], ours, peer, ours_value, peer_value,
                ratio_of(ours_value, peer_value), target, verdict_of(target, ours_value, peer_value))


def count(lines):
    """How many targets were met, missed, and not measured."""
    return {name: sum(line.verdict == name for line in lines) for name in (MET, MISSED, UNMEASURED)}


def has_failed(lines):
    """Whether something that is there could not be measured."""
    return any(isinstance(value, str) and value.startswith("failed")
               for line in lines for value in (line.ours_value, line.peer_value))


def target_text(target, unit):
    if target is None:
        return OPEN
    limit, = (name for name in LIMITS if name in target)
    text = {"ratio_at_least": "≥ {} ×", "ratio_at_most": "≤ {} ×", "below": "< {:,} {}"}[limit]
    text = text.format(target[limit], unit).strip()
    return text + (f" (aim {target['aim']})" if "aim" in target else "")


def value_text(name, value, figure):
    if value is None:
        return OPEN
    if is_number(value):
        value = round(value, figure["digits"]) + 0.0  # nothing is -0.0
        return f"{name}: {value:,.{figure['digits']}f} {figure['unit']}".strip()
    # The reason stands in full below the tables.
    return f"{name}: *{value.split(':')[0]}*"


def markdown(plan, lines, titles):
    """The tables, and below them every line that could not be measured, with its reason."""
    out = []
    for group in plan["groups"]:
        figures = {figure["figure"]: figure for figure in group["figures"]}
        own = [line for line in lines if line.group == group["group"]]
        if not own:
            continue
        out += ["", f"### {group['title']}", "", "| figure | ours | peer | ratio | target | |",
                "|---|---|---|---|---|---|"]
        for line in own:
            figure = figures[line.figure]
            ratio = OPEN if line.ratio is None else f"{line.ratio:.3g} ×"
            verdict = f"**{line.verdict}**" if line.verdict in (MISSED, UNMEASURED) else line.verdict
            out.append(" | ".join([
                f"| {line.title}, {figure['better']} is better",
                value_text(titles[line.ours], line.ours_value, figure),
                value_text(titles.get(line.peer), line.peer_value, figure), ratio,
                target_text(line.target, figure["unit"]), verdict]) + " |")
    return "\n".join(out + left_out(lines, titles))


def left_out(lines, titles):
    reasons = {}
    for line in lines:
        for name, value in ((line.ours, line.ours_value), (line.peer, line.peer_value)):
            if isinstance(value, str):
                reasons.setdefault((titles[name], value), set()).add(line.group)
    if not reasons:
        return []
    return ["", "Left out, and counted neither as met nor as missed:", ""] + [
        f"- {name} ({', '.join(sorted(groups))}): {why}" for (name, why), groups in reasons.items()]


def summary(lines):
    counts = count(lines)
    return (f"{counts[MET]} targets met, {counts[MISSED]} missed, {counts[UNMEASURED]} not measured")
