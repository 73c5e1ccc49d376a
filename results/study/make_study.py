# SPDX-License-Identifier: Apache-2.0
"""The study's text with its figures, none of them typed: database -> figures.json -> results/study.md, claims.svg and the README.

    python3 results/study/make_study.py extract results/imp.db    the figures of the database, into results/study/figures.json
    python3 results/study/make_study.py render                    template.md and figures.json, into results/study.md
    python3 results/study/make_study.py render --check            changes nothing; exit code 1 if what stands there is another

template.md is Markdown with placeholders. SWEEP is one of figures.SWEEPS or figures.MORE_SWEEPS, CELL a cell's name as the
database has it ('lora_rank=128', in quotes where it has blanks), BENCHMARK one of the sweep's, or left out: 'average'.

    {{table sweeps}}              what was asked, with how many cells, seeds, trials
    {{table cells SWEEP}}         scores of the cells, the strongest control, the margin over it
    {{table controls SWEEP}}      every control of every cell and benchmark
    {{table effects SWEEP}}       what a factor's levels make of the average (with p) and of each benchmark
    {{table interactions SWEEP}}  how a factor's effect changes with another's level
    {{table benchmarks}}          questions and pictures      {{table noise}}     how much seeds spread
    {{table margins}}             of each sweep and benchmark the cell that is least above a control
    {{table power}}               what the sweeps resolve     {{table machines}}  processors and versions
    {{table commits}}             which code, and when
    {{claims}}                    the paper's claims, what was found, the verdicts; {{claims VERDICT}}: those with it alone
    {{cost}}                      time, FLOPs and energy of each sweep, and of all together
    {{effect SWEEP FACTOR FROM TO BENCHMARK}}   +0.5 [−1.4, +2.4]
    {{score SWEEP CELL BENCHMARK}}              72.7 ± 2.3
    {{control SWEEP CELL BENCHMARK}}            ocr 16.6 ± 1.6, the strongest
    {{setting SWEEP KEY}}                       a key of the configuration
    {{count claims VERDICT}}                    also: claims, sweeps, trials, trials SWEEP, cells SWEEP, seeds SWEEP
    {{total time}}                              also: flops, energy
    {{if SWEEP}} ... {{end}}                    lines that stand only where the sweep is in the database

Tables, claims and cost stand alone on a line. Of a sweep that the database lacks, or that is not finished, each prints these words.
A placeholder that names what is not there is an error with the template's line. In README.md the lines between
`<!-- study: table cells lora_rank -->` (any placeholder's words) and `<!-- end of study -->` are made, too.
"""

import argparse
import difflib
import json
import pathlib
import re
import shlex
import sys

from figures import VERSION, Problem, as_text, extract
from forest_plot import forest_plot
from placeholders import placeholder
from tables import state_of

HERE = pathlib.Path(__file__).resolve().parent
MADE = "<!-- Made by results/study/make_study.py from results/study/template.md and figures.json; edit the template. -->\n\n"
PLACEHOLDER = re.compile(r"\{\{([^{}]*)\}\}")
BLOCK = re.compile(r"<!-- study: (.*?) -->")
BLOCK_END = "<!-- end of study -->"


def filled_line(line, figures):
    """A line of the template with its placeholders' text."""
    alone = PLACEHOLDER.fullmatch(line.strip())
    if alone:
        made, is_block = placeholder(figures, shlex.split(alone[1]))
        return made.rstrip("\n") if is_block else made

    def inline(match):
        made, is_block = placeholder(figures, shlex.split(match[1]))
        if is_block:
            raise Problem(f"'{match[0]}' must stand alone on its line")
        return made

    filled = PLACEHOLDER.sub(inline, line)
    if "{{" in PLACEHOLDER.sub("", line):
        raise Problem("'{{' has no '}}' on its line")
    return filled


def render(template, figures, name):
    """The template's text with figures; `name`: how errors call it."""
    lines, opened, is_shown = [], 0, True
    for number, line in enumerate(template.splitlines(), 1):
        try:
            words = line.strip()[2:-2].split() if PLACEHOLDER.fullmatch(line.strip()) else []
            if words[:1] == ["if"] and len(words) == 2:
                if opened:
                    raise Problem(f"'{line}' stands inside the one of line {opened}")
                opened, is_shown = number, state_of(figures, words[1]) != "not run"
            elif words == ["end"]:
                if not opened:
                    raise Problem("'{{end}}' has no '{{if SWEEP}}' before it")
                opened, is_shown = 0, True
            else:
                filled = filled_line(line, figures)  # also where it is not shown, so that errors do not hide
                lines += [filled] if is_shown else []
        except (Problem, ValueError) as error:
            raise Problem(f"{name}:{number}: {error}") from error
    if opened:
        raise Problem(f"{name}:{opened}: '{{{{if}}}}' has no '{{{{end}}}}'")
    return "\n".join(lines) + "\n"


def with_blocks(readme, figures, name):
    """README.md with what stands between its marks made anew."""
    lines, opened = [], 0
    for number, line in enumerate(readme.split("\n"), 1):
        mark, is_end = BLOCK.fullmatch(line.strip()), line.strip() == BLOCK_END
        try:
            if (mark and opened) or (is_end and not opened):
                raise Problem(f"'{line.strip()}' has no {'end of the one before it' if mark else 'beginning'}")
            if mark:
                lines += [line, "", *filled_line(f"{{{{{mark[1]}}}}}", figures).splitlines(), ""]
            elif is_end or not opened:
                lines.append(line)
        except (Problem, ValueError) as error:
            raise Problem(f"{name}:{number}: {error}") from error
        opened = number if mark else 0 if is_end else opened
    if opened:
        raise Problem(f"{name}:{opened}: has no '{BLOCK_END}'")
    return "\n".join(lines)


def read(path, how=""):
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise Problem(f"{path}: {error.strerror}{how}") from error


def made_texts(arguments):
    """{file: its text} of all that rendering makes."""
    try:
        figures = json.loads(read(arguments.figures, "; make it: python3 results/study/make_study.py extract results/imp.db"))
    except json.JSONDecodeError as error:
        raise Problem(f"{arguments.figures}: {error}") from error
    if figures.get("version") != VERSION:
        raise Problem(f"{arguments.figures}: is of another version of this script; extract the figures again")
    return {arguments.output: MADE + render(read(arguments.template), figures, arguments.template.name),
            arguments.plot: forest_plot(figures["claims"]),
            arguments.readme: with_blocks(read(arguments.readme), figures, arguments.readme.name)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    extracting = commands.add_parser("extract", help="the figures of a database")
    extracting.add_argument("database", type=pathlib.Path)
    rendering = commands.add_parser("render", help="the text with its figures")
    rendering.add_argument("--template", type=pathlib.Path, default=HERE / "template.md")
    rendering.add_argument("--output", type=pathlib.Path, default=HERE.parent / "study.md")
    rendering.add_argument("--plot", type=pathlib.Path, default=HERE / "claims.svg")
    rendering.add_argument("--readme", type=pathlib.Path, default=HERE.parent.parent / "README.md")
    rendering.add_argument("--check", action="store_true", help="change nothing; exit code 1 if a file is another")
    for command in (extracting, rendering):
        command.add_argument("--figures", type=pathlib.Path, default=HERE / "figures.json")
    arguments = parser.parse_args()
    try:
        if arguments.command == "extract":
            arguments.figures.write_text(as_text(extract(arguments.database)), encoding="utf-8")
            return 0
        made = made_texts(arguments)
    except Problem as problem:
        print(f"make_study.py: {problem}", file=sys.stderr)
        return 2
    if not arguments.check:
        for path, new in made.items():
            path.write_text(new, encoding="utf-8")
        return 0
    stale = {path: new for path, new in made.items() if not path.exists() or path.read_text(encoding="utf-8") != new}
    for path, new in stale.items():
        old = path.read_text(encoding="utf-8") if path.exists() else ""
        print(f"{path} is not what template and figures make; run: python3 results/study/make_study.py render", file=sys.stderr)
        sys.stderr.writelines(list(difflib.unified_diff(old.splitlines(True), new.splitlines(True), "there", "made"))[:40])
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
