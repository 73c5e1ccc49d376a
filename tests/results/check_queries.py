# SPDX-License-Identifier: Apache-2.0
"""check_queries.py FOLDER --rebuild PROGRAM: every query of results/queries against what pandas makes of the same answers.

The database is made from run folders that made_runs.py writes, whose answers it knows without reading it."""

import pathlib
import shutil
import sqlite3
import subprocess
import unittest

import pandas
from command_line import run_checks
from made_runs import write_runs

SOURCE = pathlib.Path(__file__).resolve().parents[2]
QUERIES = SOURCE / "results" / "queries"


class Queries(unittest.TestCase):
    folder = rebuild = None

    @classmethod
    def setUpClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)
        cls.answers = pandas.DataFrame(write_runs(cls.folder / "runs"))
        cls.seen = cls.answers[cls.answers.blind == 0]
        subprocess.run([cls.rebuild, cls.folder / "imp.db", cls.folder / "runs"], check=True)
        cls.database = sqlite3.connect(cls.folder / "imp.db")

    def ask(self, name, **given):
        sql = (QUERIES / f"{name}.sql").read_text()
        parameters = {key: given.get(key) for key in ("sweep", "factor", "cell", "other", "trial")}
        return pandas.read_sql_query(sql, self.database, params=parameters)

    def test_every_query_asks_a_question_and_has_an_answer(self):
        files = sorted(QUERIES.glob("*.sql"))
        self.assertGreaterEqual(len(files), 12)
        for file in files:
            with self.subTest(file.name):
                self.assertRegex(file.read_text().splitlines()[0], r"^-- .*\?$")
                if file.stem != "resolved_effects":
                    self.assertGreater(len(self.ask(file.stem)), 0)

    def test_a_sweep_that_does_not_exist_has_no_rows(self):
        for file in sorted(QUERIES.glob("*.sql")):
            if file.stem != "sweeps":
                self.assertEqual(len(self.ask(file.stem, sweep="none")), 0, file.name)

    def test_best_cell_is_first_by_mean_score(self):
        rows = self.ask("best_cell")
        means = self.seen.groupby("cell").score.mean().sort_values(ascending=False)
        self.assertEqual(list(rows.cell), list(means.index))
        for found, wanted in zip(rows.score, means):
            self.assertAlmostEqual(found, 100 * wanted, delta=0.051)

    def test_effects_are_differences_of_means(self):
        rows = self.ask("effects_of_factor")
        means = self.seen.groupby("cell").score.mean()
        self.assertEqual(len(rows), 3)
        for row in rows.itertuples():
            wanted = means[f"lora_rank={row.to_level}"] - means[f"lora_rank={row.from_level}"]
            self.assertAlmostEqual(row.points, 100 * wanted, delta=0.0051)
            self.assertTrue(row.low <= row.points <= row.high)

    def test_resolved_effects_are_those_below_five_percent(self):
        every = self.ask("effects_of_factor")
        self.assertEqual(len(self.ask("resolved_effects")), (every.p_holm < 0.05).sum())
        self.assertEqual(list(every.verdict != "not resolved"), list(every.p_holm < 0.05))

    def test_families_are_means_over_their_questions(self):
        means = self.seen.groupby(["family", "cell"]).score.mean()
        rows = self.ask("family_scores")
        self.assertEqual(len(rows), len(means))
        for row in rows.itertuples():
            self.assertAlmostEqual(row.score, 100 * means[row.family, row.cell], delta=0.051)
        for row in self.ask("family_effects").itertuples():
            wanted = means[row.family, f"lora_rank={row.to_level}"] - means[row.family, f"lora_rank={row.from_level}"]
            self.assertAlmostEqual(row.points, 100 * wanted, delta=0.0051)

    def test_disagreements_are_the_questions_whose_means_differ(self):
        means = self.seen.groupby(["question_id", "cell"]).score.mean().unstack()
        differ = (means["lora_rank=16"] - means["lora_rank=256"]).abs()
        rows = self.ask("disagreements")
        self.assertEqual(set(rows.question_id.astype(int)), set(differ[differ > 0].index))
        self.assertEqual(list((rows.score - rows.other_score).abs()), sorted(differ[differ > 0], reverse=True))
        self.assertEqual(len(self.ask("disagreements", cell="lora_rank=64", other="lora_rank=64")), 0)

    def test_never_right_and_right_without_picture(self):
        best = self.seen.groupby("question_id").score.max()
        self.assertEqual(set(self.ask("never_right").question_id.astype(int)), set(best[best == 0].index))
        worst = self.answers[self.answers.blind == 1].groupby("question_id").score.min()
        self.assertEqual(set(self.ask("right_without_picture").question_id.astype(int)), set(worst[worst == 1].index))

    def test_wrong_answers_are_counted(self):
        wrong = self.seen[self.seen.score == 0].groupby(["family", "prediction"]).size()
        rows = self.ask("wrong_answers")
        self.assertEqual(rows.times.sum(), wrong.sum())
        for row in rows.itertuples():
            self.assertEqual(row.times, wrong[row.family, row.prediction])
        for _, share in rows.groupby("family").of_wrong.sum().items():
            self.assertAlmostEqual(share, 1, delta=0.01)

    def test_seeds_spread_as_their_standard_deviation_says(self):
        spread = self.seen.groupby(["cell", "seed"]).score.mean().groupby("cell").std()
        for row in self.ask("seed_spread").itertuples():
            self.assertAlmostEqual(row.standard_deviation, 100 * spread[row.cell], delta=0.0051)
        scores = self.seen[self.seen.cell == "lora_rank=64"].groupby("question_id").score
        depends = scores.max() > scores.min()
        rows = self.ask("seed_dependent_questions", cell="lora_rank=64")
        self.assertEqual(set(rows.question_id.astype(int)), set(depends[depends].index))

    def test_costs_failures_and_code(self):
        slow = self.ask("slowest_trials")
        seconds = list(slow.own_seconds + slow.share_seconds)
        self.assertEqual(seconds, sorted(seconds, reverse=True))
        self.assertEqual(seconds[0], 115)
        self.assertEqual(slow.trial[0], "lora_rank=512,seed=1")
        points = {row.cell: row.seconds_a_point for row in self.ask("cost_of_a_point").itertuples()}
        margin = self.seen.groupby("cell").score.mean() - self.answers[self.answers.blind == 1].groupby("cell").score.mean()
        for place, cell in enumerate(["lora_rank=16", "lora_rank=64", "lora_rank=256"]):
            self.assertAlmostEqual(points[cell], (85 + 10 * place) / (100 * margin[cell]), delta=0.0051)
        failures = self.ask("failures")
        self.assertEqual(len(failures), 7)  # the first attempt of each trial
        self.assertEqual((failures.trial[0], failures.trial_status[0]), ("lora_rank=512,seed=1", "failed"))
        self.assertEqual(sorted(self.ask("code_and_machines").trials), [3, 4])  # two commits

    def test_curve_and_differences_of_trials(self):
        curve = self.ask("training_curve", trial="lora_rank=64,seed=2")
        self.assertEqual(len(curve), 20)
        self.assertAlmostEqual(curve.loss[0], (3 + 1.5 + 1) / 3)
        self.assertEqual((curve.tokens.sum(), curve.last_step.max()), (30000, 60))
        changed = self.ask("trial_differences", trial="lora_rank=16,seed=1", other="lora_rank=256,seed=1").set_index("key")
        self.assertEqual(set(changed.index), {"lora_rank", "git_commit"})
        self.assertEqual((changed.value["lora_rank"], changed.other_value["lora_rank"]), (16, 256))

    def test_sweeps_are_counted(self):
        row = self.ask("sweeps").iloc[0]
        self.assertEqual((row.sweep, row.trials, row.done, row.failed, row.cells), ("ranks", 7, 6, 1, 4))

    def test_v_wide_has_the_columns_that_schema_md_names(self):
        told = (SOURCE / "results/schema.sql").read_text().split("v_wide: one row a cell: ")[1].split(", a column a benchmark")[0]
        columns = [row[1] for row in self.database.execute("PRAGMA table_info(v_wide)")]
        self.assertEqual(columns, [*told.replace("\n--", "").split(", "), "scenetext", "average"])


if __name__ == "__main__":
    run_checks(Queries)
