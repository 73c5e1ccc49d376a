# SPDX-License-Identifier: Apache-2.0
"""What is printed of one sweep: each function takes the figures and the placeholder's words, and gives Markdown."""

import text
from averages import CONTROLS
from figures import MORE_SWEEPS, SWEEPS, Problem

NOT_RUN = "not run"
STUDY = SWEEPS + MORE_SWEEPS


def state_of(figures, name):
    """'finished', 'unfinished' or 'not run'; an error for what is no sweep of the study."""
    if name not in STUDY:
        raise Problem(f"no sweep {name!r} is part of the study; these are: {', '.join(STUDY)}")
    return figures["sweeps"].get(name, {"state": NOT_RUN})["state"]


def missing(figures, name):
    """What stands in place of a figure of a sweep that has none; None if it has figures."""
    return {"finished": None, "unfinished": "not finished"}.get(state_of(figures, name), NOT_RUN)


def missing_table(figures, name):
    """The same in place of a table, with a note."""
    word = missing(figures, name)
    sweep = figures["sweeps"].get(name)
    why = f"{sweep['done']} of {sweep['trials']} trials are done" if sweep else "the database has no such sweep"
    return word and text.table([name], [[word]]) + "\n" + text.notes([f"{name}: {why}, so no figure stands here"])


def names_of(sweep):
    """The benchmarks that a table shows: the average first, where there are several."""
    return (["average"] if len(sweep["benchmarks"]) > 1 else []) + sweep["benchmarks"]


def one(rows, what, choices):
    """The only row, or an error that names what there is."""
    if len(rows) != 1:
        raise Problem(f"there is no {what}; there are: {', '.join(dict.fromkeys(choices)) or 'none'}")
    return rows[0]


def benchmark_named(sweep, name):
    """With a single benchmark, that is the average."""
    name = sweep["benchmarks"][0] if name == "average" and len(sweep["benchmarks"]) == 1 else name
    return one([known for known in names_of(sweep) if known == name], f"benchmark {name!r}", names_of(sweep))


def score_of(sweep, cell, benchmark):
    rows = [row for row in sweep["scores"] if (row["cell"], row["benchmark"]) == (cell, benchmark)]
    return rows[0] if rows else None


def controls_of(sweep, cell, benchmark):
    return [row for row in sweep["controls"] if (row["cell"], row["benchmark"]) == (cell, benchmark)]


def strongest_control(sweep, cell, benchmark):
    """The control with the highest score, of equals the first."""
    return max(controls_of(sweep, cell, benchmark), key=lambda row: (row["value"], -CONTROLS.index(row["control"])), default=None)


def score_text(row):
    return text.with_half_width(row["value"], row["half_width"]) if row else text.NOTHING


def control_text(row):
    return f"{row['control']} {text.with_half_width(row['value'], row['half_width'])}" if row else text.NOTHING


def cells_table(figures, name):
    """Scores of a sweep's cells, the strongest control on their first benchmark (the average), and the margin over it."""
    sweep, shown = figures["sweeps"][name], names_of(figures["sweeps"][name])
    factors = sweep["factors"] or ["cell"]
    rows = []
    for cell in sweep["cells"]:
        control = strongest_control(sweep, cell["cell"], shown[0])
        done, planned = cell["seeds"], cell["trials"]
        rows.append([*(cell["levels"].get(factor, text.NOTHING) if sweep["factors"] else cell["cell"] for factor in factors),
                     *(score_text(score_of(sweep, cell["cell"], benchmark)) for benchmark in shown),
                     control_text(control), text.margin(control), done if done == planned else f"{done} of {planned}",
                     text.short_count(cell["trained_parameters"]), text.duration(cell["seconds"])])
    are_numbers = [all(text.is_number(row[column]) for row in rows) for column in range(len(factors))]
    numbers = [c for c, is_number in enumerate(are_numbers) if is_number] + list(range(len(factors), len(factors) + len(shown) + 5))
    headings = [*factors, *(f"{benchmark} ± 95 %" for benchmark in shown), "strongest control", "over it [95 %]", "seeds",
                "trained parameters", "time"]
    return text.table(headings, rows, numbers) + ("\n" + text.notes(sweep["notes"]) if sweep["notes"] else "")


def controls_table(figures, name):
    """Of each cell and benchmark the strongest control and the margin over it."""
    sweep, rows = figures["sweeps"][name], []
    for cell in sweep["cells"]:
        for benchmark in names_of(sweep):
            found = {row["control"]: row for row in controls_of(sweep, cell["cell"], benchmark)}
            strongest = strongest_control(sweep, cell["cell"], benchmark)
            rows.append([cell["cell"], benchmark, score_text(score_of(sweep, cell["cell"], benchmark)),
                         *(text.percent(found[control]["value"]) if control in found else text.NOTHING for control in CONTROLS),
                         strongest["control"] if strongest else text.NOTHING, text.margin(strongest)])
    return text.table(["cell", "benchmark", "score ± 95 %", *CONTROLS, "strongest", "over it [95 %]"], rows, [2, 3, 4, 5, 7])


def effect_notes(rows):
    """What imp-report says below such rows."""
    lines = []
    for row in rows:
        which = f"{row['factor']} {row['from_level']} → {row['to_level']}"
        if row["also_differs"]:
            lines.append(f"{which}: the cells also differ in {row['also_differs']}")
        if row["method"].startswith("own"):
            lines.append(f"{which}, {row['benchmark']}: these cells' seeds spread more than the others', so the interval rests on "
                         "them first")
        if "adjusted" in row["method"]:
            lines.append(f"{row['factor']}: intervals and p are {row['method'].split(', ', 1)[1]}")
        if row["method"].startswith("questions only"):
            lines.append("one seed: the intervals are of these checkpoints, not of the recipe")
        if row["questions_left_out"]:
            lines.append(f"{which}, {row['benchmark']}: {row['questions_left_out']} questions were left out, which some trial did "
                         "not answer")
    return "\n" + text.notes(dict.fromkeys(lines)) if lines else ""


def effects_table(figures, name, is_interaction=0):
    """One row a pair of levels: the effect on the average with p, then on each benchmark."""
    sweep = figures["sweeps"][name]
    shown, rows, by_pair = names_of(sweep), [row for row in sweep["effects"] if row["is_interaction"] == is_interaction], {}
    for row in rows:
        by_pair.setdefault((row["factor"], row["from_level"], row["to_level"]), {})[row["benchmark"]] = row
    lines = []
    for (factor, low, high), found in by_pair.items():
        first = found.get(shown[0], {})
        pair = f"{low}; {high}".replace("->", "→") if is_interaction else f"{low} → {high}"
        lines.append([factor, pair, text.difference(first), text.p_value(first.get("p")), text.p_value(first.get("p_holm")),
                      *(text.difference(found.get(benchmark, {})) for benchmark in shown[1:])])
    levels = "of, with" if is_interaction else "from → to"
    headings = ["factor", levels, f"{shown[0]}, points [95 %]", "p", "p (Holm)", *shown[1:]]
    return text.table(headings, lines, range(2, len(headings))) + effect_notes(rows)


def interactions_table(figures, name):
    return effects_table(figures, name, 1)


def effect(figures, name, factor, low, high, benchmark="average"):
    """'+0.5 [−1.4, +2.4]'."""
    sweep = figures["sweeps"][name]
    benchmark = benchmark_named(sweep, benchmark)
    rows = [row for row in sweep["effects"] if (row["factor"], row["from_level"], row["to_level"], row["benchmark"])
            == (factor, low, high, benchmark)]
    return text.difference(one(rows, f"effect of {factor} from {low} to {high} on {benchmark} in {name}",
                               [f"{row['factor']} {row['from_level']} {row['to_level']}" for row in sweep["effects"]]))


def score(figures, name, cell, benchmark="average"):
    """'72.7 ± 2.3'."""
    sweep = figures["sweeps"][name]
    row = score_of(sweep, cell, benchmark_named(sweep, benchmark))
    return score_text(one([row] if row else [], f"score of cell {cell!r} on {benchmark} in {name}",
                          [known["cell"] for known in sweep["cells"]]))


def control(figures, name, cell, benchmark="average"):
    """'ocr 16.6 ± 1.6'."""
    sweep = figures["sweeps"][name]
    row = strongest_control(sweep, cell, benchmark_named(sweep, benchmark))
    return control_text(one([row] if row else [], f"control of cell {cell!r} on {benchmark} in {name}",
                            [known["cell"] for known in sweep["cells"]]))


def setting(figures, name, key):
    """A key of the configuration; where the cells differ in it, all values."""
    settings = figures["sweeps"][name]["settings"]
    return ", ".join(str(value) for value in one([settings[key]] if key in settings else [], f"setting {key} in {name}", settings))
