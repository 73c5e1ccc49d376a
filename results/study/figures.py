# SPDX-License-Identifier: Apache-2.0
"""The study's figures, read from the results database: what `make_study.py extract` writes to figures.json.

Scores, errors and differences are fractions, times are seconds, as in the database. Numbers are rounded and everything is
sorted, so that the same database gives the same text.
"""

import json
import re
import sqlite3
from contextlib import closing

import intervals
from averages import CONTROLS, averages, differences, minus, picture_sums, stated_scores

SWEEPS = ["llm", "encoder", "finetuning", "lora_rank", "epochs", "data_mix", "roadmap", "full_grid"]
MORE_SWEEPS = ["connector_seed", "schedules", "encoder_floor", "finetuning_rates", "smollm2"]  # told of where they were run
SCHEMA = 4
VERSION = 1  # of figures.json


class Problem(Exception):
    """What the user reads: which file, and what it lacks."""


def rounded(value, digits=6):
    return None if value is None else round(value, digits) + 0.0  # no -0.0


def significant(value, digits=6):
    return None if value is None else float(f"{value:.{digits}g}")


def extract(path):
    """All figures of the database at `path`."""
    if not path.exists():
        raise Problem(f"{path}: there is no such file")
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        try:
            schema = database.execute("PRAGMA user_version").fetchone()[0]
            if schema != SCHEMA:
                raise Problem(f"{path}: its schema has version {schema}, this script reads version {SCHEMA}")
            known = {row["name"]: row for row in database.execute("SELECT * FROM sweep")}
            sweeps = {name: sweep_figures(database, known[name]) for name in SWEEPS + MORE_SWEEPS if name in known}
            finished = [name for name, sweep in sweeps.items() if sweep["state"] == "finished"]
            return {"version": VERSION, "sweeps": sweeps, "claims": claim_figures(database, sweeps),
                    "cost": cost_figures(database, finished), "machines": machine_figures(database, finished)}
        except sqlite3.Error as error:
            raise Problem(f"{path}: {error}") from error


def sweep_figures(database, row):
    """A sweep that trials are missing of has no figures but how many: the database's are not final."""
    name, sweep_id = row["name"], row["sweep_id"]
    statuses = dict(database.execute("SELECT status, count(*) FROM trial WHERE sweep_id = ? GROUP BY status", [sweep_id]))
    current = database.execute("SELECT statistics_current FROM sweep_reading WHERE sweep_id = ?", [sweep_id]).fetchone()
    trials, done = sum(statuses.values()), statuses.get("done", 0)
    sweep = {"about": row["about"], "trials": trials, "done": done}
    if statuses.get("planned") or statuses.get("interrupted") or not (done and current and current[0]):
        return {**sweep, "state": "unfinished"}
    benchmarks = json.loads(row["benchmarks_json"])
    cells = cell_figures(database, name, sweep_id)
    scores, controls, spreads = score_figures(database, sweep_id, cells, benchmarks)
    factors = [factor for factor, in database.execute(
        "SELECT name FROM factor WHERE sweep_id = ? GROUP BY position ORDER BY position", [sweep_id])]
    return {**sweep, "state": "finished", "benchmarks": benchmarks, "factors": factors, "seeds": json.loads(row["seeds_json"]),
            "cells": cells, "scores": scores, "controls": controls,
            "effects": effect_figures(database, name), "noise": noise_figures(database, sweep_id, spreads),
            "settings": setting_figures(database, sweep_id), "notes": sweep_notes(database, name, sweep_id, cells)}


def cell_figures(database, name, sweep_id):
    rows = database.execute(
        "SELECT t.cell AS cell, t.cell_number AS number, t.levels_json AS levels, count(*) AS trials, "
        "count(*) FILTER (WHERE t.status = 'done') AS seeds, avg(t.trained_parameters) AS trained_parameters, "
        "avg(c.own_seconds + c.share_seconds) AS seconds FROM trial AS t LEFT JOIN v_cost AS c "
        "ON c.sweep = ? AND c.trial = t.name AND t.status = 'done' WHERE sweep_id = ? GROUP BY cell_number ORDER BY cell_number",
        [name, sweep_id])
    return [{"cell": row["cell"], "number": row["number"], "levels": json.loads(row["levels"]), "trials": row["trials"],
             "seeds": row["seeds"], "trained_parameters": rounded(row["trained_parameters"], 1),
             "seconds": rounded(row["seconds"], 1)} for row in rows]


def score_figures(database, sweep_id, cells, benchmarks):
    """Rows of scores and of controls, a cell's averages included, and {benchmark: {cell number: scores of its seeds}}."""
    names = {cell["number"]: cell["cell"] for cell in cells}
    kept = {(row["benchmark"], row["cell_number"]): row for row in database.execute(
        "SELECT * FROM cell_score WHERE sweep_id = ? AND family = ''", [sweep_id])}
    against = {(row["benchmark"], row["cell_number"], row["control"]): row for row in database.execute(
        "SELECT * FROM cell_control WHERE sweep_id = ? AND family = ''", [sweep_id])}
    stated = stated_scores(database, sweep_id)
    scores, controls = [], []
    for number, cell in names.items():
        for benchmark in benchmarks:
            row = kept.get((benchmark, number))
            if row is None:
                continue
            scores.append({"cell": cell, "benchmark": benchmark, "value": rounded(row["value"]), "metric": row["metric"],
                           "half_width": half(row["ci_low"], row["ci_high"]), "questions": row["n"], "pictures": row["pictures"]})
            for control in CONTROLS:
                row = against.get((benchmark, number, control))
                if row is not None:
                    controls.append({"cell": cell, "benchmark": benchmark, "control": control, "value": rounded(row["value"]),
                                     "half_width": half(row["ci_low"], row["ci_high"]), "margin": rounded(row["margin"]),
                                     "margin_half_width": half(row["margin_ci_low"], row["margin_ci_high"])})
    if len(benchmarks) > 1:
        sums = picture_sums(database, sweep_id)
        for number, (value, width) in averages(benchmarks, names, stated[""], sums[""]).items():
            scores.append({"cell": names[number], "benchmark": "average", "value": rounded(value), "half_width": rounded(width)})
        for control in CONTROLS:
            means = averages(benchmarks, names, stated[control], {})
            margins = {key: minus(run, sums[""][key]) for key, run in sums[control].items() if key in sums[""]}
            for number, (margin, width) in averages(benchmarks, names, differences(stated, control), margins).items():
                controls.append({"cell": names[number], "benchmark": "average", "control": control,
                                 "value": rounded(means[number][0]), "half_width": None, "margin": rounded(margin),
                                 "margin_half_width": rounded(width)})
    return scores, controls, {benchmark: {key[1]: values for key, values in stated[""].items() if key[0] == benchmark}
                              for benchmark in benchmarks}


def half(low, high):
    return None if low is None or high is None else rounded((high - low) / 2.0)


def effect_figures(database, name):
    """Every effect on whole benchmarks and on their average, in the sweep file's order; interactions have is_interaction 1."""
    effects = []
    for row in database.execute("SELECT * FROM v_effects WHERE sweep = ? AND family = ''", [name]):
        effect = {key: row[key] for key in ("factor", "from_level", "to_level", "benchmark", "is_interaction", "method", "seeds",
                                            "matched_groups", "cells", "questions_left_out", "also_differs")}
        effect |= {key: rounded(row[key]) for key in ("difference", "ci_low", "ci_high")}
        effect |= {key: significant(row[key]) for key in ("p", "p_holm", "standard_error")}
        plain = row["standard_error"] and row["degrees_of_freedom"] and "adjusted" not in row["method"]
        effect["resolves"] = rounded(intervals.smallest_effect(row["standard_error"], row["degrees_of_freedom"])) if plain else None
        effects.append(effect)
    return effects


def noise_figures(database, sweep_id, spreads):
    """By benchmark: the s.d. of a cell's score over its seeds, all cells pooled; what of it questions do and do not explain."""
    kept = {row["benchmark"]: row for row in database.execute("SELECT * FROM benchmark_noise WHERE sweep_id = ?", [sweep_id])}
    noise = []
    for benchmark, seed_scores in spreads.items():
        row = kept.get(benchmark)
        noise.append({
            "benchmark": benchmark, "seeds": rounded(intervals.pooled_deviation(seed_scores)),
            "beyond_questions": rounded(row["cell_seed_variance"] ** 0.5) if row else None,
            "of_questions": rounded((row["question_variance"] / row["pictures"]) ** 0.5) if row else None})
    return noise


def setting_figures(database, sweep_id):
    """The configuration's keys with the values that the sweep's trials have; one value where all have the same."""
    found = {}
    for text, in database.execute("SELECT config_json FROM trial WHERE sweep_id = ? ORDER BY cell_number, seed", [sweep_id]):
        for key, value in json.loads(text).items():
            values = found.setdefault(key, [])
            if value not in values:
                values.append(value)
    return found


def sweep_notes(database, name, sweep_id, cells):
    """What a reader of the sweep's scores must know: trials without a score, single seeds, attempts made again, leaks."""
    notes = [f"{row[0]}: {row[1]}, so its cell has fewer seeds" for row in database.execute(
        "SELECT name, status FROM trial WHERE sweep_id = ? AND status <> 'done' ORDER BY name", [sweep_id])]
    single = [cell["cell"] for cell in cells if cell["seeds"] == 1]
    if single:
        notes.append(f"one seed, so that the intervals do not hold what another would change: {'; '.join(single)}")
    again, = database.execute("SELECT count(DISTINCT trial) FROM v_failures WHERE sweep = ? AND trial_status = 'done' "
                              "AND error_type <> ''", [name]).fetchone()
    if again:
        notes.append(f"trials made again after a failed attempt: {again}")
    notes += [f"{row['benchmark']} is {row['text']} ({row['cells']})" for row in database.execute(
        "SELECT benchmark, text, group_concat(cell, '; ') AS cells FROM (SELECT DISTINCT benchmark, text, cell FROM v_leaks "
        "WHERE sweep = ? AND text <> '' ORDER BY cell) GROUP BY benchmark, text ORDER BY benchmark, text", [name])]
    return notes


def claim_figures(database, sweeps):
    """Each claim of the newest claims file that the study's sweeps recorded, in its order, with what became of it."""
    newest = database.execute(
        "SELECT text FROM claim_file JOIN sweep USING (sweep_id) WHERE name IN (SELECT value FROM json_each(?)) "
        "ORDER BY recorded DESC, sweep_id DESC, position DESC LIMIT 1", [json.dumps(SWEEPS + MORE_SWEEPS)]).fetchone()
    judged = {(row["sweep"], row["claim"]): row for row in database.execute("SELECT * FROM v_claims")}
    claims = []
    for claim in claims_in(newest["text"] if newest else ""):
        row = judged.pop((claim["sweep"], claim["claim"]), None)
        claims.append({**claim, **judged_figures(row, sweeps.get(claim["sweep"]))})
    for (sweep, name), row in judged.items():
        if sweep in sweeps:  # of another claims file
            text = {key: row[key] for key in ("says", "section", "factor", "from_level", "to_level", "benchmark", "direction")}
            claims.append({"sweep": sweep, "claim": name, **text, **judged_figures(row, sweeps[sweep]),
                           "size": rounded(row["size"]), "margin": rounded(row["margin"])})
    return claims


def judged_figures(row, sweep):
    state = sweep["state"] if sweep else "not run"
    if row is None or state != "finished":
        return {"verdict": {"finished": "not judged", "unfinished": "not finished"}.get(state, state)}
    return {"verdict": row["verdict"], "why": row["why"], "registered": row["registered"],
            **{key: rounded(row[key]) for key in ("difference", "ci_low", "ci_high")},
            **{key: significant(row[key]) for key in ("p", "p_holm")}}


def claims_in(text):
    """The claims of a claims file (results/claims): a list whose entries have one `key: value` a line."""
    claims = []
    for line in text.splitlines():
        entry = re.match(r"\s+(- )?(\w+):\s*(.*?)\s*$", line)
        if not entry or line.lstrip().startswith("#"):
            continue
        if entry[1]:
            claims.append({})
        value = entry[3]
        claims[-1].setdefault(entry[2], value[1:-1] if value[:1] in ("'", '"') else value)
    points = lambda claim, key: rounded(float(claim[key]) / 100.0) if key in claim else None
    try:
        return [{"claim": claim["name"], "sweep": claim["sweep"], "factor": claim["factor"], "from_level": claim["from"],
                 "to_level": claim["to"], "benchmark": claim.get("benchmark", "average"), "direction": claim["direction"],
                 "says": claim.get("says", ""), "section": claim.get("section", ""), "size": points(claim, "size"),
                 "margin": points(claim, "margin")} for claim in claims]
    except (KeyError, ValueError) as error:
        raise Problem(f"the claims file that the sweeps recorded has an entry that cannot be read: {error}") from error


def cost_figures(database, finished):
    """Of each finished sweep, and of all together with each stage once."""
    costs = []
    for name in finished:
        row = database.execute("SELECT * FROM v_sweep_cost WHERE sweep = ?", [name]).fetchone()
        if row is not None:
            made = database.execute("SELECT total(new_stage_seconds) FROM v_cost WHERE sweep = ?", [name]).fetchone()[0]
            costs.append({"sweep": name, "trials": row["trials"], "stages": row["stages"], "seconds": rounded(row["seconds"], 1),
                          "made_seconds": rounded(made, 1), "seconds_saved": rounded(row["seconds_saved"], 1),
                          "flops": significant(row["flops"]), "joules": significant(row["energy_joules"])})
    row = database.execute(
        "SELECT count(*) AS stages, CASE WHEN count(*) = count(seconds) THEN sum(seconds) END AS seconds, "
        "CASE WHEN count(*) = count(flops) THEN sum(flops) END AS flops, "
        "CASE WHEN count(*) = count(joules) THEN sum(joules) END AS joules FROM (SELECT kind, key, max(seconds) AS seconds, "
        "max(flops) AS flops, max(energy_joules) AS joules FROM v_stage_cost WHERE sweep IN (SELECT value FROM json_each(?)) "
        "GROUP BY kind, key)", [json.dumps(finished)]).fetchone()
    total = {"trials": sum(cost["trials"] for cost in costs), "stages": row["stages"], "seconds": rounded(row["seconds"], 1),
             "flops": significant(row["flops"]), "joules": significant(row["joules"])}
    return {"sweeps": costs, "total": total}


def machine_figures(database, finished):
    """Which code, on which machines, and when: of each kind how many trials."""
    rows = database.execute(
        "SELECT cpu, gpu, threads, dtype, os, compiler, torch_version, imp_version, git_commit, git_dirty, count(*) AS trials, "
        "min(started) AS first, max(ended) AS last, group_concat(DISTINCT sweep) AS sweeps FROM v_provenance JOIN v_cells "
        "USING (sweep, trial) WHERE status = 'done' AND sweep IN (SELECT value FROM json_each(?)) "
        "GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 ORDER BY first, git_commit, cpu, dtype", [json.dumps(finished)])
    return [{**{key: row[key] for key in row.keys()}, "sweeps": sorted((row["sweeps"] or "").split(","))} for row in rows]


def as_text(figures):
    """figures.json: keys sorted, what stands in a list on one line."""
    def write(value, indent):
        inner = indent + " "
        if isinstance(value, dict) and value:
            entries = [f"{inner}{json.dumps(key)}: {write(value[key], inner)}" for key in sorted(value)]
            return "{\n" + ",\n".join(entries) + f"\n{indent}}}"
        if isinstance(value, list) and any(isinstance(entry, dict) for entry in value):
            rows = [inner + json.dumps(entry, sort_keys=True, ensure_ascii=False) for entry in value]
            return "[\n" + ",\n".join(rows) + f"\n{indent}]"
        return json.dumps(value, ensure_ascii=False)
    return write(figures, "") + "\n"
