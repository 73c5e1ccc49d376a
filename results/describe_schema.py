#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what people read about the database from schema.sql and queries/: schema.md and datasette/metadata.json.

describe_schema.py            writes both files
describe_schema.py --check    changes nothing; exit code 1 and a line for each file that is not what it would write

What a table, view or column means stands once, as a comment in schema.sql: above its CREATE, or behind the column. A
column of a view has the meaning of the table's column that it shows, or is told above the view as 'name: meaning', or in
the list of columns that mean the same everywhere. What a query answers is its file's first line.
"""

import json
import pathlib
import re
import sqlite3
import sys
from dataclasses import dataclass, field

HERE = pathlib.Path(__file__).resolve().parent
COLUMN = re.compile(r"\s+(\w+)\s+(?:INTEGER|REAL|TEXT|BLOB)\b[^-]*(?:--\s*(.*))?$")
DATASETTE_UNITS = {"seconds": "s", "bytes": "B"}  # by the last word of a column's name
FACETS = ["sweep", "benchmark", "family", "status", "factor", "metric", "stage", "error_type", "method", "kind", "control"]


@dataclass
class Relation:
    name: str
    kind: str  # table or view
    meaning: str
    columns: dict = field(default_factory=dict)  # name -> (type, meaning)
    text: str = ""


def sentence_of(lines):
    return " ".join(line.strip() for line in lines).strip()


def read_relations(sql):
    """Schema.sql's first words, what columns mean everywhere, and the tables and views in their order."""
    top, relations, everywhere = [], [], {}
    above, lines = [], iter(sql.splitlines())
    for line in lines:
        created = re.match(r"CREATE (TABLE|VIEW) (\w+)", line)
        if created:
            body = [line]
            while not body[-1].split("--")[0].rstrip().endswith(";"):
                body.append(next(lines))
            relations.append(Relation(created[2], created[1].lower(), "", text="\n".join(body)))
            describe(relations[-1], above)
            above = []
        elif line.startswith("--"):
            above.append(line[2:])
        else:
            if above and above[0].startswith(" Columns that mean the same"):
                everywhere = dict(re.match(r" (\w+): (.*)", told).groups() for told in above[1:])
            elif above and not relations and not top:
                top = above
            elif above and above[0].strip().startswith("v_wide:"):
                relations.append(Relation("v_wide", "view", sentence_of(above).partition(": ")[2]))
            above = []
    return sentence_of(top), everywhere, relations


def describe(relation, above):
    own, meaning = {}, []
    for line in above:
        told = re.match(r" (\w+): (.*)", line) if relation.kind == "view" else None
        if told and re.search(rf"\b{told[1]}\b", relation.text):
            own[told[1]] = told[2]
            continue
        meaning.append(line)
    relation.meaning = sentence_of(meaning)
    if relation.kind == "view":
        relation.columns = own
        return
    last = None
    for line in relation.text.splitlines()[1:]:
        column = COLUMN.match(line)
        if column:
            last = column[1]
            relation.columns[last] = ("", column[2] or "")
        elif last and (more := re.match(r"\s+--\s*(.*)", line)):
            relation.columns[last] = ("", f"{relation.columns[last][1]} {more[1]}".strip())


def fill_in_columns(relations, everywhere, sql):
    """Types from SQLite itself; a view's columns take the meaning of the table's columns that they show."""
    database = sqlite3.connect(":memory:")
    database.executescript(sql)
    tables = {relation.name: relation for relation in relations if relation.kind == "table"}
    views = {}
    for relation in relations:
        if relation.name == "v_wide":  # has a column a benchmark, so it is not in schema.sql
            continue
        own = relation.columns
        named = {new: (table, column) for table, column, new in re.findall(r"(\w+)\.(\w+) AS (\w+)", relation.text)}
        sources = [*tables.values(), *views.values()]
        read = [source for source in sources if re.search(rf"\b(FROM|JOIN|,)\s+{source.name}\b", relation.text)]
        columns = {}
        for _, name, kind, *_ in database.execute(f"PRAGMA table_xinfo({relation.name})"):
            if relation.kind == "table":
                columns[name] = (kind, own[name][1] or everywhere.get(name, ""))
            else:
                columns[name] = (kind, own.get(name) or shown_meaning(name, named, read, tables, everywhere))
        relation.columns = columns
        if relation.kind == "view":
            views[relation.name] = relation
    return relations


def shown_meaning(name, named, read, tables, everywhere):
    table, column = named.get(name, (None, name))
    if table in tables and column != "name":
        return tables[table].columns[column][1]
    if name in everywhere:
        return everywhere[name]
    return next((source.columns[name][1] for source in read if name in source.columns), "")


def read_queries():
    queries = {}
    for path in sorted((HERE / "queries").glob("*.sql")):
        lines = path.read_text().splitlines()
        comments = [line[2:].strip() for line in lines if line.startswith("--")]
        sql = "\n".join(line for line in lines if not line.startswith("--")).strip().rstrip(";")
        queries[path.stem] = {"title": comments[0], "description": " ".join(comments[1:]), "sql": sql}
    return queries


def markdown(top, relations, queries):
    text = ["# The results database", "", "Made from `schema.sql` by `describe_schema.py`; do not edit.", "", top, ""]
    for kind, heading in (("view", "Views"), ("table", "Tables")):
        text += [f"## {heading}", ""]
        for relation in (r for r in relations if r.kind == kind):
            text += [f"### {relation.name}", ""] + ([relation.meaning, ""] if relation.meaning else [])
            if relation.columns:
                text += ["| column | type | meaning |", "|---|---|---|"]
            for name, (type_, meaning) in relation.columns.items():
                text.append(f"| `{name}` | {type_.lower()} | {meaning.replace('|', chr(92) + '|')} |")
            text += [""] * bool(relation.columns)
    text += ["## Queries", "", "| file in `queries/` | question |", "|---|---|"]
    text += [f"| `{name}.sql` | {query['title']} |" for name, query in queries.items()]
    return "\n".join(text) + "\n"


def metadata(top, relations, queries):
    shown = {}
    for relation in relations:
        if relation.kind == "table":
            # People query the views. Datasette 0.65 answers 500 for a table whose REFERENCES names no column, too.
            shown[relation.name] = {"allow": False}
            continue
        entry = {"description": relation.meaning}
        entry["columns"] = {name: meaning for name, (_, meaning) in relation.columns.items() if meaning}
        entry["units"] = {name: DATASETTE_UNITS[word] for name in relation.columns
                          if (word := name.rsplit("_", 1)[-1]) in DATASETTE_UNITS}
        entry["facets"] = [name for name in FACETS if name in relation.columns]
        shown[relation.name] = {key: value for key, value in entry.items() if value}
    canned = {}
    for name, query in queries.items():
        parameters = list(dict.fromkeys(re.findall(r":([a-z]+)\b", query["sql"])))
        canned[name] = {key: value for key, value in {**query, "params": parameters}.items() if value}
    return json.dumps({"title": "imp: results of sweeps", "description": top,
                       "databases": {"imp": {"tables": shown, "queries": canned}}}, indent=1, ensure_ascii=False) + "\n"


def main():
    sql = (HERE / "schema.sql").read_text()
    top, everywhere, relations = read_relations(sql)
    fill_in_columns(relations, everywhere, sql)
    queries = read_queries()
    made = {HERE / "schema.md": markdown(top, relations, queries),
            HERE / "datasette" / "metadata.json": metadata(top, relations, queries)}
    if "--check" not in sys.argv[1:]:
        for path, text in made.items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        return 0
    stale = [path for path, text in made.items() if not path.exists() or path.read_text() != text]
    for path in stale:
        print(f"{path.relative_to(HERE.parent)}: is not what schema.sql and queries/ say; run results/describe_schema.py",
              file=sys.stderr)
    silent = [f"{r.name}.{name}" for r in relations for name, (_, meaning) in r.columns.items() if not meaning]
    if silent:
        print(f"results/schema.sql: say what these columns mean: {', '.join(silent)}", file=sys.stderr)
    return 1 if stale or silent else 0


if __name__ == "__main__":
    sys.exit(main())
