# SPDX-License-Identifier: Apache-2.0
"""check_study.py FOLDER --rebuild PROGRAM: what results/study/make_study.py reads, computes and writes.

Figures are compared with pandas' on run folders that made_runs.py writes, intervals with those that the database keeps and with
NumPy's and mpmath's, printed text with that of rows written by hand. Where the study's figures are committed, so is its text."""

import json
import math
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import unittest
import xml.etree.ElementTree

import mpmath
import pandas
from command_line import run_checks
from made_runs import write_runs
from made_study import blind_scores, write_rows

SOURCE = pathlib.Path(__file__).resolve().parents[2]
STUDY = SOURCE / "results" / "study"
sys.path.insert(0, str(STUDY))
import averages  # noqa: E402
import figures  # noqa: E402
import intervals  # noqa: E402
import make_study  # noqa: E402
import placeholders  # noqa: E402

def t_quantile(probability, degrees):
    """By mpmath's incomplete beta function."""
    below = lambda t: 1 - mpmath.betainc(degrees / 2, 0.5, 0, degrees / (degrees + t * t), regularized=True) / 2
    return float(mpmath.findroot(lambda t: below(t) - probability, (0.01, 100), solver="bisect"))


def run_study(*arguments):
    return subprocess.run([sys.executable, "-B", STUDY / "make_study.py", *map(str, arguments)], capture_output=True, text=True)


class Committed(unittest.TestCase):
    def test_text_is_what_template_and_figures_make(self):
        is_there = [(STUDY / "figures.json").exists(), (SOURCE / "results/study.md").exists(), (STUDY / "claims.svg").exists()]
        self.assertEqual(len(set(is_there)), 1, "figures.json, study.md and claims.svg are committed together")
        if is_there[0]:
            found = run_study("render", "--check")
            self.assertEqual(found.returncode, 0, found.stderr)

    def test_template_names_only_what_can_be_there(self):
        empty = {"version": figures.VERSION, "sweeps": {}, "claims": [], "machines": [], "cost": {
            "sweeps": [], "total": {"trials": 0, "stages": 0, "seconds": None, "flops": None, "joules": None}}}
        made = make_study.render((STUDY / "template.md").read_text(), empty, "template.md")
        for name in figures.SWEEPS:
            self.assertIn(f"- {name}: the database has no such sweep, so no figure stands here", made)
        self.assertNotIn("connector_seed: the database", made)  # stands in {{if connector_seed}}


class RunFolders(unittest.TestCase):
    """A sweep's run folders, read in by the code that reads them in, beside pandas."""
    folder = rebuild = None

    @classmethod
    def setUpClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)
        cls.answers = pandas.DataFrame(write_runs(cls.folder / "runs", "lora_rank"))
        write_runs(cls.folder / "runs", "llm")  # of the same stages
        cls.path = cls.folder / "imp.db"
        subprocess.run([cls.rebuild, cls.path, cls.folder / "runs"], check=True)
        cls.figures = figures.extract(cls.path)
        cls.sweep = cls.figures["sweeps"]["lora_rank"]

    def test_scores_controls_and_effects_are_pandas(self):
        means = self.answers.groupby(["cell", "blind"]).score.mean()
        self.assertEqual(len(self.sweep["scores"]), 3)
        for row in self.sweep["scores"]:
            self.assertAlmostEqual(row["value"], means[row["cell"], 0], delta=1e-6)
        for row in self.sweep["controls"]:
            self.assertAlmostEqual(row["margin"], means[row["cell"], 0] - means[row["cell"], 1], delta=1e-6)
        self.assertEqual(len(self.sweep["effects"]), 3)
        for row in self.sweep["effects"]:
            wanted = means[f"lora_rank={row['to_level']}", 0] - means[f"lora_rank={row['from_level']}", 0]
            self.assertAlmostEqual(row["difference"], wanted, delta=1e-6)

    def test_the_average_of_one_benchmark_has_the_interval_that_is_kept(self):
        database = sqlite3.connect(self.path)
        sums, scores = averages.picture_sums(database, 1)[""], {}
        database.row_factory = sqlite3.Row
        stated = averages.stated_scores(database, 1)[""]
        found = averages.averages(["scenetext"], {0: "", 1: "", 2: ""}, stated, sums)
        kept = database.execute("SELECT cell_number, value, ci_low, ci_high FROM cell_score WHERE sweep_id = 1 AND family = ''")
        kept = kept.fetchall()
        self.assertEqual(len(kept), 3)
        for number, value, low, high in kept:
            self.assertAlmostEqual(found[number][0], value, delta=1e-9)
            self.assertAlmostEqual(found[number][1], (high - low) / 2, delta=1e-7)

    def test_spread_of_seeds_costs_and_notes(self):
        seen = self.answers[self.answers.blind == 0].groupby(["cell", "seed"]).score.mean()
        deviation = math.sqrt(seen.groupby("cell").var().mean())
        self.assertAlmostEqual(self.sweep["noise"][0]["seeds"], deviation, delta=1e-6)
        for row in (self.figures["cost"]["total"], *self.figures["cost"]["sweeps"]):  # together, too, each stage once
            self.assertEqual(row["seconds"], 2 * (85 + 95 + 105) + 115)  # the failed trial's too
            self.assertEqual((row["flops"], row["joules"]), (7 * 1.5e12, None))
        self.assertIn("lora_rank=512,seed=1: failed, so its cell has fewer seeds", self.sweep["notes"])
        self.assertEqual(sorted(row["trials"] for row in self.figures["machines"]), [4, 8])
        self.assertEqual(self.sweep["settings"]["lora_rank"], [16, 64, 256, 512])

    def test_the_same_database_gives_the_same_text(self):
        texts = []
        for name in ("first.json", "second.json"):
            self.assertEqual(run_study("extract", self.path, "--figures", self.folder / name).returncode, 0)
            texts.append((self.folder / name).read_text())
        self.assertEqual(texts[0], texts[1])
        self.assertEqual(json.loads(texts[0]), json.loads(json.dumps(self.figures)))

    def test_a_sweep_that_goes_on_has_no_figures(self):
        shutil.copy(self.path, self.folder / "open.db")
        database = sqlite3.connect(self.folder / "open.db")
        database.execute("UPDATE trial SET status = 'planned' WHERE name = 'lora_rank=512,seed=1'")
        database.commit()
        found = figures.extract(self.folder / "open.db")
        self.assertEqual(found["sweeps"]["lora_rank"]["state"], "unfinished")
        self.assertEqual(make_study.render("{{score lora_rank lora_rank=16}}", found, "t"), "not finished\n")
        self.assertIn("6 of 7 trials are done", make_study.render("{{table effects lora_rank}}", found, "t"))

    def test_what_is_no_such_database_is_named(self):
        database = sqlite3.connect(self.folder / "old.db")
        database.execute("PRAGMA user_version = 3")
        for path, wanted in ((self.folder / "old.db", "schema has version 3"), (self.folder / "none.db", "no such file")):
            found = run_study("extract", path, "--figures", self.folder / "unused.json")
            self.assertEqual((found.returncode, found.stderr.count("\n")), (2, 1))
            self.assertIn(wanted, found.stderr)


class Rows(unittest.TestCase):
    """Rows written by hand: two cells with two seeds on two benchmarks, one effect, two claims."""

    @classmethod
    def setUpClass(cls):
        cls.path = RunFolders.folder / "rows.db"
        cls.scores = write_rows(cls.path, (SOURCE / "results/schema.sql").read_text())
        cls.figures = figures.extract(cls.path)

    def made(self, template):
        return make_study.render(template, self.figures, "t.md")

    def cells(self, template):
        """The rows of a table, each a list of its cells' text, the headings first."""
        rows = [line for line in self.made(template).splitlines() if line.startswith("|")]
        return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[:1] + rows[2:]]

    def test_numbers_are_printed_as_imp_report_prints_them(self):
        self.assertEqual(self.made("{{effect llm llm a b words}}, {{effect llm llm a b}}"),
                         "+0.5 [−1.4, +2.4], −1.4 [−1.4, +2.4]\n")
        self.assertEqual(self.made("{{effect llm llm a b things}}"), "+0.0 [−1.4, +2.4]\n")  # −0.04: no minus before a zero
        self.assertEqual(self.made("{{score llm llm=a words}}"), f"{100 * self.scores[0, 0].mean():.1f} ± 2.3\n")
        self.assertEqual(self.made("{{control llm llm=b things}}"), f"ocr {100 * self.scores[1, 1].mean() - 20:.1f} ± 1.6\n")
        self.assertEqual(self.made("{{setting llm llm}}; {{setting llm n}}"), "a, b; 7\n")
        self.assertEqual(self.made("{{total time}} {{total flops}} {{total energy}}"), "4 min 00 s 8.00 T 2.00 Wh\n")

    def test_tables_hold_the_rows(self):
        cells = self.cells("{{table cells llm}}")
        average = self.scores.mean(axis=(0, 2, 3, 4))
        for row, value in zip(cells[1:], average):
            self.assertTrue(row[1].startswith(f"{100 * value:.1f} ± "), row)
            self.assertEqual(row[4:], [f"ocr {100 * value - 20:.1f}", "+20.0", "2", "1.83 M", "1 min 00 s"])
        effects = self.cells("{{table effects llm}}")
        self.assertEqual(effects[1], ["llm", "a → b", "−1.4 [−1.4, +2.4]", "< 0.001", "0.315", "+0.5 [−1.4, +2.4]",
                                      "+0.0 [−1.4, +2.4]"])
        self.assertIn("- llm a → b: the cells also differ in lora_alpha", self.made("{{table effects llm}}"))
        self.assertIn("- words is not zero-shot: 8 % (llm=b)", self.made("{{table cells llm}}"))
        self.assertEqual([row[:6] for row in self.cells("{{table margins}}")[1:]],
                         [["llm", benchmark, "2", "2" if benchmark == "average" else "0", margin, "ocr"] for benchmark, margin in
                          (("average", "+20.0"), ("words", "+20.0 [+18.5, +21.5]"), ("things", "+20.0 [+18.5, +21.5]"))])
        self.assertEqual(self.cells("{{table commits}}")[1][:3], ["abc, with changes that no commit holds", "4", "llm"])
        self.assertEqual(self.cells("{{cost}}")[-1], ["all together", "4", "4", "4 min 00 s", "–", "–", "8.00 T", "2.00 Wh"])

    def average_half_width(self, scores, cell):
        """contrast.h's, for two cells of two seeds."""
        sums, questions = scores.sum(axis=4), 3
        means = sums.sum(axis=3) / 36
        of_seeds = means.mean(axis=0)
        squares = ((of_seeds - of_seeds.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)  # a degree of freedom a cell
        rest = sums - questions * means[..., None]
        rest -= rest.mean(axis=2, keepdims=True)
        part = (rest ** 2).sum() * 12 / 11 / 36 ** 2 / 4 / 2
        prior = 1 / (1 / 1 + 1 / 1)
        square = (prior * squares[1 - cell] + squares[cell]) / (prior + 1)
        deviations = sums[:, cell].mean(axis=1) - questions * means[:, cell].mean(axis=1)[:, None]
        pictures = (deviations ** 2).sum(axis=1) * 12 / 11 / 36 ** 2 / 4
        of_questions, least = max(0, pictures.sum() - part / 2), max(square, part) / 2
        degrees = (of_questions + least) ** 2 / ((pictures ** 2).sum() / 11 + least ** 2 / (prior + 1))
        return t_quantile(0.975, max(1.0, degrees)) * math.sqrt(of_questions + square / 2)

    def test_the_interval_of_an_average_is_numpys(self):
        sweep = self.figures["sweeps"]["llm"]
        widths = {row["cell"]: row["half_width"] for row in sweep["scores"] if row["benchmark"] == "average"}
        margins = {row["cell"]: row for row in sweep["controls"] if (row["benchmark"], row["control"]) == ("average", "blind")}
        for cell, name in enumerate(("llm=a", "llm=b")):
            self.assertAlmostEqual(widths[name], self.average_half_width(self.scores, cell), delta=1e-6)
            wanted = self.average_half_width(self.scores - blind_scores(self.scores), cell)
            self.assertAlmostEqual(margins[name]["margin_half_width"], wanted, delta=1e-6)
            self.assertAlmostEqual(margins[name]["margin"], 0.3, delta=1e-6)

    def test_quantiles_and_power(self):
        for degrees in (1, 1.3, 2.7, 12, 700):
            self.assertAlmostEqual(intervals.t_quantile(0.975, degrees), t_quantile(0.975, degrees), delta=1e-6)
        for degrees, wanted in ((1.66, 6.876277), (3.7, 3.871276), (30, 2.895358)):  # R: pt(..., ncp)
            self.assertAlmostEqual(intervals.smallest_effect(1.0, degrees), wanted, delta=1e-5)

    def test_claims_stand_beside_the_papers_size(self):
        claims = self.cells("{{claims}}")
        self.assertEqual(claims[1], ["The second: better", "llm a → b", "+3.5", "1.1", "−1.4 [−2.4, −0.4]", "no", "0.020",
                                     "contradicted", "before"])
        self.assertEqual(claims[2], ["never_asked", "finetune_data 665k → 643k on scenetext", "−4.8", "–", "–", "–", "–",
                                     "not run", "–"])
        self.assertEqual(self.cells("{{claims not run}}")[1:], claims[2:])
        self.assertEqual(self.made("{{claims supported}}"), "none\n")
        self.assertEqual(self.made("{{count claims}} {{count claims contradicted}} {{count cells llm}} {{count trials llm}}"),
                         "2 1 2 4\n")

    def test_whether_an_interval_holds_the_papers_size(self):
        for low, high, wanted in ((-0.01, 0.04, "yes"), (0.04, 0.05, "no"), (-0.01, 0.03, "no"), (None, None, "–")):
            self.assertEqual(placeholders.holds_size({"size": 0.035, "ci_low": low, "ci_high": high}), wanted)

    def test_the_plot_is_an_image_with_its_text(self):
        root = xml.etree.ElementTree.fromstring(make_study.forest_plot(self.figures["claims"]))
        words = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
        for wanted in ("llm", "a → b", "−1.4 [−2.4, −0.4]", "contradicted", "665k → 643k, scenetext", "not run"):
            self.assertIn(wanted, words)
        self.assertEqual(len([1 for element in root.iter("{http://www.w3.org/2000/svg}circle")]), 2)  # one, and the legend's

    def test_a_sweep_that_was_not_run_says_so(self):
        self.assertEqual(self.made("{{effect epochs epochs 1 2}} {{count seeds epochs}}"), "not run not run\n")
        self.assertEqual(self.cells("{{table cells epochs}}"), [["epochs"], ["not run"]])
        self.assertEqual(self.made("a\n{{if schedules}}\n{{table cells schedules}}\n{{end}}\n{{if llm}}\nb\n{{end}}"), "a\nb\n")

    def test_errors_name_the_line_and_what_there_is(self):
        wrong = {"a\n\nb {{efect llm}}": "t.md:3: there is no placeholder 'efect llm'",
                 "{{effect llm llm a c}}": "t.md:1: there is no effect of llm from a to c on average in llm; there are: llm a b",
                 "\n{{score llm llm=c}}": "t.md:2: there is no score of cell 'llm=c'",
                 "{{score llm llm=a text}}": "t.md:1: there is no benchmark 'text'; there are: average, words, things",
                 "{{table cells llms}}": "t.md:1: no sweep 'llms' is part of the study",
                 "{{table cel llm}}": "t.md:1: there is no table 'cel llm'",
                 "{{setting llm rank}}": "t.md:1: there is no setting rank in llm; there are: llm, n",
                 "{{claims perhaps}}": "t.md:1: no verdict 'perhaps'",
                 "{{total money}}": "t.md:1: there is no total of 'money'; there are: time, flops, energy",
                 "a {{cost}}": "t.md:1: '{{cost}}' must stand alone",
                 "a {{total time": "t.md:1: '{{' has no '}}'",
                 "{{if llm}}\na": "t.md:1: '{{if}}' has no '{{end}}'",
                 "a\n{{end}}": "t.md:2: '{{end}}' has no '{{if SWEEP}}' before it",
                 "{{effect llm a}}": "t.md:1: 'llm a' does not fit",
                 "{{if epochs}}\n{{cots}}\n{{end}}": "t.md:2: there is no placeholder 'cots'"}
        for template, wanted in wrong.items():
            with self.subTest(template), self.assertRaises(figures.Problem) as caught:
                self.made(template)
            self.assertIn(wanted, str(caught.exception))

    def test_files_are_written_checked_and_marked_parts_of_the_readme_with_them(self):
        folder = RunFolders.folder
        (folder / "figures.json").write_text(figures.as_text(self.figures))
        (folder / "template.md").write_text("{{claims}}\n")
        (folder / "README.md").write_text("a\n<!-- study: total time -->\nold\n<!-- end of study -->\nb\n")
        where = ["--figures", folder / "figures.json", "--template", folder / "template.md", "--output", folder / "study.md",
                 "--plot", folder / "claims.svg", "--readme", folder / "README.md"]
        self.assertEqual(run_study("render", "--check", *where).returncode, 1)
        self.assertFalse((folder / "study.md").exists())
        self.assertEqual(run_study("render", *where).returncode, 0)
        self.assertEqual((folder / "README.md").read_text(),
                         "a\n<!-- study: total time -->\n\n4 min 00 s\n\n<!-- end of study -->\nb\n")
        self.assertEqual(run_study("render", "--check", *where).returncode, 0)
        (folder / "template.md").write_text("a\n{{claim}}\n")
        found = run_study("render", *where)
        self.assertEqual(found.returncode, 2)
        self.assertEqual(found.stderr.split("; ")[0], "make_study.py: template.md:2: there is no placeholder 'claim'")
        (folder / "README.md").write_text("<!-- study: total time -->\n")
        (folder / "template.md").write_text("a\n")
        self.assertIn("README.md:1: has no '<!-- end of study -->'", run_study("render", *where).stderr)


if __name__ == "__main__":
    run_checks(RunFolders)
