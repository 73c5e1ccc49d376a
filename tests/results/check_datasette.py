# SPDX-License-Identifier: Apache-2.0
"""check_datasette.py FOLDER --rebuild PROGRAM: Datasette itself, started on a database with our metadata and called over HTTP."""

import html
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request

from command_line import run_checks
from made_runs import write_runs

RESULTS = pathlib.Path(__file__).resolve().parents[2] / "results"


class Datasette(unittest.TestCase):
    folder = rebuild = None

    @classmethod
    def setUpClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)
        write_runs(cls.folder / "runs")
        subprocess.run([cls.rebuild, cls.folder / "imp.db", cls.folder / "runs"], check=True)
        cls.metadata = json.loads((RESULTS / "datasette/metadata.json").read_text())["databases"]["imp"]
        cls.address = cls.start("--metadata", RESULTS / "datasette/metadata.json")
        cls.plain_address = cls.start()

    @classmethod
    def start(cls, *options):
        """Datasette on the database with these options; returns its address."""
        with socket.socket() as chosen:
            chosen.bind(("127.0.0.1", 0))
            port = chosen.getsockname()[1]
        address = f"http://127.0.0.1:{port}"
        with open(cls.folder / "datasette.log", "a") as log:
            server = subprocess.Popen(
                [sys.executable, "-m", "datasette", cls.folder / "imp.db", *options, "--port", str(port), "--setting",
                 "sql_time_limit_ms", "20000"], stdout=log, stderr=log)
        cls.addClassCleanup(lambda: (server.terminate(), server.wait()))
        while True:
            try:
                urllib.request.urlopen(address + "/-/versions.json").read()
                return address
            except urllib.error.URLError:
                if server.poll() is not None:
                    raise RuntimeError((cls.folder / "datasette.log").read_text())
                time.sleep(0.1)

    def get(self, path):
        with urllib.request.urlopen(self.address + path) as answer:
            return answer.read().decode()

    def test_each_canned_query_returns_rows(self):
        self.assertEqual(set(self.metadata["queries"]), {file.stem for file in (RESULTS / "queries").glob("*.sql")})
        for name, query in self.metadata["queries"].items():
            with self.subTest(name):
                empty = "&".join(f"{parameter}=" for parameter in query.get("params", []))
                answer = json.loads(self.get(f"/imp/{name}.json?_shape=objects&{empty}"))
                self.assertTrue(answer["ok"])
                if name != "resolved_effects":
                    self.assertGreater(len(answer["rows"]), 0)
                self.assertIn(query["title"].split("?")[0].split(",")[0], self.get(f"/imp/{name}"))

    def test_each_view_is_shown_with_its_description_and_no_table_is(self):
        shown = json.loads(self.get("/imp.json"))
        views = {name for name, entry in self.metadata["tables"].items() if entry.get("allow", True)}
        self.assertEqual([table["name"] for table in shown["tables"]], [])
        self.assertEqual({view["name"] for view in shown["views"]}, views)
        for name in views:
            with self.subTest(name):
                page = self.get(f"/imp/{name}")
                described = self.metadata["tables"][name]
                for text in [described.get("description", ""), *described.get("columns", {}).values()]:
                    shown_as = html.escape(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
                    self.assertTrue(shown_as in page, text)

    def test_each_table_is_shown_where_no_metadata_hides_it(self):
        with urllib.request.urlopen(self.plain_address + "/imp.json") as answer:
            tables = [table["name"] for table in json.load(answer)["tables"]]
        self.assertIn("answer", tables)
        for name in tables:
            with self.subTest(name), urllib.request.urlopen(f"{self.plain_address}/imp/{name}") as page:
                self.assertEqual(page.status, 200)

    def test_a_query_of_a_user_is_answered(self):
        answer = json.loads(self.get("/imp.json?_shape=objects&sql=select+count(*)+as+n+from+v_answers"))
        self.assertEqual(answer["rows"], [{"n": 2 * 6 * 60}])

    def test_facets_count_what_the_database_holds(self):
        facets = json.loads(self.get("/imp/v_cells.json"))["facet_results"]
        self.assertEqual({row["value"]: row["count"] for row in facets["status"]["results"]}, {"done": 6, "failed": 1})


if __name__ == "__main__":
    run_checks(Datasette)
