# SPDX-License-Identifier: Apache-2.0
"""check_notebooks.py FOLDER --imp-report PROGRAM (--imp-sweep PROGRAM | --rebuild PROGRAM): executes every notebook.

The database is what a sweep just made (sweeps/smoke.yaml), or else that of made_runs.py's run folders."""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import unittest

import nbformat
from made_runs import write_runs
from nbclient import NotebookClient

SOURCE = pathlib.Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((SOURCE / "notebooks").glob("*.ipynb"))


def outputs_of(notebook):
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


class Notebooks(unittest.TestCase):
    options = None

    @classmethod
    def setUpClass(cls):
        folder = cls.options.folder
        shutil.rmtree(folder, ignore_errors=True)
        cls.database, runs = folder / "imp.db", folder / "runs"
        if cls.options.imp_sweep:
            command = [cls.options.imp_sweep, SOURCE / "sweeps/smoke.yaml", "--runs", runs, "--db", cls.database]
        else:
            write_runs(runs)
            command = [cls.options.rebuild, cls.database, runs]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        os.environ.update(IMP_DATABASE=str(cls.database), MPLBACKEND="module://matplotlib_inline.backend_inline")

    def execute(self, path, last=""):
        """The notebook with its outputs, and what the expression `last` is at its end, as a list of rows."""
        notebook = nbformat.read(path, as_version=4)
        if last:
            notebook.cells.append(nbformat.v4.new_code_cell(f"print({last}.to_json(orient='records'))"))
        NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}}).execute()
        return notebook, json.loads(outputs_of(notebook)[-1].text) if last else []

    def reported(self, *arguments):
        command = [self.options.imp_report, *arguments, "--json", "--db", self.database]
        return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)

    def test_every_notebook_runs_and_draws(self):
        self.assertEqual([path.stem for path in NOTEBOOKS], ["effects", "families", "reading_results"])
        for path in NOTEBOOKS:
            with self.subTest(path.name):
                outputs = outputs_of(self.execute(path)[0])
                self.assertTrue(any("image/png" in output.get("data", {}) for output in outputs))
                self.assertFalse([output for output in outputs if output.output_type in ("error", "stream")])

    def test_notebooks_are_kept_without_outputs(self):
        for path in NOTEBOOKS:
            notebook = nbformat.read(path, as_version=4)
            nbformat.validate(notebook)
            self.assertEqual(outputs_of(notebook), [], path.name)
            self.assertEqual({cell.get("execution_count") for cell in notebook.cells}, {None}, path.name)

    def test_effects_are_those_of_imp_report(self):
        _, rows = self.execute(SOURCE / "notebooks/effects.ipynb", "effects")
        found = {(row["factor"], row["from_level"], row["to_level"]): row for row in rows}
        wanted = self.reported("effects")["rows"]
        self.assertGreater(len(wanted), 0)
        self.assertEqual(len(rows), len(wanted))
        for row in wanted:
            shown = found[row["factor"], str(row["from_level"]), str(row["to_level"])]
            for name in ("difference", "ci_low", "ci_high", "p", "p_holm", "standardized", "seeds", "questions"):
                self.assertAlmostEqual(shown[name], row[name], places=7, msg=name)

    def test_scores_are_those_of_imp_report(self):
        _, rows = self.execute(SOURCE / "notebooks/reading_results.ipynb", "scores")
        wanted = {f"lora_rank={row['lora_rank']}": row for row in self.reported()["rows"] if row["seeds"]}
        self.assertEqual({row["cell"] for row in rows}, set(wanted))
        for row in rows:
            reported = wanted[row["cell"]]
            self.assertEqual(row["benchmark"], "scenetext")
            for name, number in {"value": reported["scenetext"], "blind": reported["scenetext_blind"],
                                 "ci_low": reported["scenetext"] - reported["scenetext_half_width"],
                                 "ci_high": reported["scenetext"] + reported["scenetext_half_width"],
                                 "margin": reported["scenetext_margin"], "margin_ci_low": reported["scenetext_margin_low"],
                                 "margin_ci_high": reported["scenetext_margin_high"]}.items():
                self.assertAlmostEqual(row[name], 100 * number, places=6, msg=f"{row['cell']} {name}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--imp-report", required=True)
    made_by = parser.add_mutually_exclusive_group(required=True)
    made_by.add_argument("--imp-sweep")
    made_by.add_argument("--rebuild")
    Notebooks.options = parser.parse_args()
    unittest.main(argv=["check_notebooks.py"])
