# SPDX-License-Identifier: Apache-2.0
"""What is printed of the whole study, and which placeholder stands for what."""

import inspect

import text
from figures import SWEEPS, Problem
from tables import (NOT_RUN, STUDY, cells_table, control, controls_table, effect, effects_table, interactions_table, missing,
                    missing_table, names_of, one, score, setting, state_of, strongest_control)

VERDICTS = ["supported", "contradicted", "not resolved", "not run", "not finished", "not judged"]


def sweeps_table(figures):
    """Every sweep of the study, those that were not run too; of the further ones those that were."""
    rows = []
    for name in STUDY:
        state, sweep = state_of(figures, name), figures["sweeps"].get(name)
        if state == "finished":
            rows.append([name, sweep["about"], len(sweep["cells"]), len(sweep["seeds"]), ", ".join(sweep["benchmarks"]),
                         f"{sweep['done']} of {sweep['trials']}"])
        elif sweep or name in SWEEPS:
            rows.append([name, sweep["about"] if sweep else text.NOTHING, *[text.NOTHING] * 3,
                         f"not finished: {sweep['done']} of {sweep['trials']}" if sweep else NOT_RUN])
    return text.table(["sweep", "question", "cells", "seeds", "benchmarks", "trials done"], rows, [2, 3])


def finished(figures):
    return {name: figures["sweeps"][name] for name in STUDY if state_of(figures, name) == "finished"}


def benchmarks_table(figures):
    """How many questions and pictures the cells of the sweeps were asked."""
    found = {}
    for name, sweep in finished(figures).items():
        for row in sweep["scores"]:
            if row["benchmark"] != "average":
                found.setdefault((row["benchmark"], row["metric"], row["questions"], row["pictures"]), {})[name] = True
    rows = [[benchmark, metric, questions or text.NOTHING, pictures or text.NOTHING, ", ".join(sweeps)]
            for (benchmark, metric, questions, pictures), sweeps in found.items()]
    return text.table(["benchmark", "metric", "questions", "pictures", "sweeps"], rows, [2, 3])


def margins_table(figures):
    """Of each sweep and benchmark the cell whose margin over its strongest control is the smallest."""
    rows = []
    for name, sweep in finished(figures).items():
        for benchmark in names_of(sweep):
            strongest = {cell["cell"]: strongest_control(sweep, cell["cell"], benchmark) for cell in sweep["cells"]}
            known = [row for row in strongest.values() if row and row["margin"] is not None]
            unsure = [row for row in known if row["margin_half_width"] is None or row["margin"] <= row["margin_half_width"]]
            least = min(known, key=lambda row: row["margin"], default=None)
            rows.append([name, benchmark, len(known), len(unsure), text.margin(least),
                         *([least["control"], least["cell"]] if least else [text.NOTHING] * 2)])
    return text.table(["sweep", "benchmark", "cells", "of them not surely above", "least margin [95 %]", "over", "cell"], rows,
                      [2, 3, 4])


def noise_table(figures):
    rows = [[name, row["benchmark"], len(sweep["seeds"]), text.points(row["seeds"]), text.points(row["beyond_questions"]),
             text.points(row["of_questions"])] for name, sweep in finished(figures).items() for row in sweep["noise"]]
    return text.table(["sweep", "benchmark", "seeds", "s.d. of a score over seeds", "beyond questions", "of questions"], rows,
                      range(2, 6))


def power_table(figures):
    """Of each factor the pair of levels with the widest interval: half of that, and the true difference that would be seen."""
    rows = []
    for name, sweep in finished(figures).items():
        shown = names_of(sweep)
        for factor in dict.fromkeys(row["factor"] for row in sweep["effects"] if not row["is_interaction"]):
            widest = {benchmark: widest_effect(sweep, factor, benchmark) for benchmark in shown}
            first = widest[shown[0]]
            width = text.points((first["ci_high"] - first["ci_low"]) / 2) if first["cells"] else text.NOTHING
            rows.append([name, factor, first["matched_groups"], shown[0], f"±{width}", text.points(first["resolves"]),
                         ", ".join(f"{benchmark} {text.points(widest[benchmark]['resolves'])}" for benchmark in shown[1:])])
    return text.table(["sweep", "factor", "matched pairs", "on", "95 %", "resolves", "on single benchmarks"], rows, [2, 4, 5])


def widest_effect(sweep, factor, benchmark):
    rows = [row for row in sweep["effects"] if (row["factor"], row["benchmark"]) == (factor, benchmark)]
    rows = [row for row in rows if row["ci_high"] is not None]
    nothing = {"matched_groups": text.NOTHING, "cells": 0, "resolves": None}
    return max(rows, key=lambda row: row["ci_high"] - row["ci_low"], default=nothing)


def cost_table(figures):
    rows = [[row.get("sweep", "all together"), row["trials"], row["stages"], text.duration(row["seconds"]),
             text.duration(row.get("made_seconds")), text.duration(row.get("seconds_saved")), text.operations(row["flops"]),
             text.energy(row["joules"])] for row in [*figures["cost"]["sweeps"], figures["cost"]["total"]]]
    return text.table(["sweep", "trials", "stages", "time of its stages", "made in it", "saved by sharing", "FLOP", "energy"],
                      rows, range(1, 8))


def machines_table(figures):
    """What the trials were computed with."""
    headings = {"cpu": "processor", "gpu": "GPU", "threads": "threads", "dtype": "numbers", "os": "system", "compiler": "compiler",
                "torch_version": "LibTorch", "imp_version": "imp"}
    trials = {}
    for row in figures["machines"]:
        kind = tuple(row[key] or text.NOTHING for key in headings)
        trials[kind] = trials.get(kind, 0) + row["trials"]
    return text.table([*headings.values(), "trials"], [[*kind, number] for kind, number in trials.items()], [2, 8])


def commits_table(figures):
    """Which code the trials are of, and when they ran."""
    commits = {}
    for row in figures["machines"]:
        name = (row["git_commit"] or text.NOTHING) + (", with changes that no commit holds" if row["git_dirty"] else "")
        commits.setdefault(name, []).append(row)
    rows = [[name, sum(row["trials"] for row in found), ", ".join(sorted({sweep for row in found for sweep in row["sweeps"]})),
             min(row["first"] or "" for row in found), max(row["last"] or "" for row in found)] for name, found in commits.items()]
    return text.table(["commit", "trials", "of the sweeps", "first start", "last end"], rows, [1])


def claim_pair(claim):
    on = "" if claim["benchmark"] == "average" else f" on {claim['benchmark']}"
    return f"{claim['factor']} {claim['from_level']} → {claim['to_level']}{on}"


def predicted(claim):
    """'+0.2', '−0.1, same within 0.5'."""
    size = text.signed(claim["size"]) if claim["size"] is not None else claim["direction"]
    return f"{size}, same within {text.percent(claim['margin'])}" if claim["margin"] is not None else size


def claims_with(figures, verdict=None):
    if verdict is not None and verdict not in VERDICTS:
        raise Problem(f"no verdict {verdict!r}; there are: {', '.join(VERDICTS)}")
    return [claim for claim in figures["claims"] if verdict in (None, claim["verdict"])]


def holds_size(claim):
    """Whether the interval found here holds the paper's size."""
    if claim["size"] is None or claim.get("ci_low") is None:
        return text.NOTHING
    return "yes" if claim["ci_low"] <= claim["size"] <= claim["ci_high"] else "no"


def claims_table(figures, *verdict):
    """The paper's claims beside what was found; with a verdict, those alone."""
    rows, lines = [], []
    for claim in claims_with(figures, " ".join(verdict) or None):
        rows.append([claim["says"] or claim["claim"], claim_pair(claim), predicted(claim), claim["section"] or text.NOTHING,
                     text.difference(claim), holds_size(claim), text.p_value(claim.get("p_holm")), claim["verdict"],
                     claim.get("registered", text.NOTHING)])
        if "why" in claim and claim["difference"] is None:
            lines.append(f"{claim['claim']}: {claim['why']}")
    headings = ["claim", "compared", "paper", "section", "here, points [95 %]", "paper's size inside", "p (Holm)", "verdict",
                "written down"]
    return text.table(headings, rows, [4, 6]) + ("\n" + text.notes(lines) if lines else "")


def count(figures, what, *words):
    """claims [VERDICT], sweeps, trials [SWEEP], cells SWEEP, seeds SWEEP."""
    if what == "claims":
        return str(len(claims_with(figures, " ".join(words) or None)))
    if what in ("sweeps", "trials") and not words:
        return str(len(finished(figures)) if what == "sweeps" else sum(sweep["done"] for sweep in finished(figures).values()))
    if what in ("trials", "cells", "seeds") and len(words) == 1:
        sweep = figures["sweeps"].get(words[0], {})
        return missing(figures, words[0]) or str(sweep["done"] if what == "trials" else len(sweep[what]))
    raise Problem(f"{' '.join((what, *words))!r} cannot be counted; claims, sweeps, trials, cells SWEEP and seeds SWEEP can")


def total(figures, what):
    """time, flops or energy of all stages of the finished sweeps, each once."""
    row = figures["cost"]["total"]
    known = {"time": text.duration(row["seconds"]), "flops": text.operations(row["flops"]), "energy": text.energy(row["joules"])}
    return one([known[what]] if what in known else [], f"total of {what!r}", known)


SWEEP_TABLES = {"cells": cells_table, "controls": controls_table, "effects": effects_table, "interactions": interactions_table}
STUDY_TABLES = {"sweeps": sweeps_table, "benchmarks": benchmarks_table, "margins": margins_table, "noise": noise_table, "power": power_table,
                "machines": machines_table, "commits": commits_table}
SWEEP_FIGURES = {"effect": effect, "score": score, "control": control, "setting": setting}
BLOCKS = {"claims": claims_table, "cost": cost_table}
FIGURES = {"count": count, "total": total}


def call(function, figures, words):
    """`function` with a placeholder's words, or an error that says which it takes."""
    signature = inspect.signature(function)
    try:
        signature.bind(figures, *words)
    except TypeError as error:
        raise Problem(f"'{' '.join(words)}' does not fit {', '.join(list(signature.parameters)[1:])}: {error}") from error
    return function(figures, *words)


def table(figures, kind="", *words):
    if kind in SWEEP_TABLES and len(words) == 1:
        return missing_table(figures, words[0]) or SWEEP_TABLES[kind](figures, words[0])
    if kind in STUDY_TABLES and not words:
        return STUDY_TABLES[kind](figures)
    raise Problem(f"there is no table '{' '.join((kind, *words))}'; there are: "
                  f"{', '.join(f'{name} SWEEP' for name in SWEEP_TABLES)}, {', '.join(STUDY_TABLES)}")


def placeholder(figures, words):
    """What stands for the words of a placeholder: (Markdown, whether it is a block of lines)."""
    name, *rest = words or [""]
    if name == "table":
        return call(table, figures, rest), True
    if name in BLOCKS:
        return call(BLOCKS[name], figures, rest), True
    if name in FIGURES:
        return call(FIGURES[name], figures, rest), False
    if name in SWEEP_FIGURES and rest:
        return missing(figures, rest[0]) or call(SWEEP_FIGURES[name], figures, rest), False
    raise Problem(f"there is no placeholder '{' '.join(words)}'; they begin with one of: "
                  f"{', '.join(['table', *BLOCKS, *FIGURES, *SWEEP_FIGURES])}")
