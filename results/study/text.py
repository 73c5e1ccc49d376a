# SPDX-License-Identifier: Apache-2.0
"""Numbers and tables as text, the way imp-report writes them (results/report/display.cpp, format_markdown.cpp)."""

import math

NOTHING = "–"
MINUS = "−"


def percent(fraction):
    return NOTHING if fraction is None else f"{100.0 * fraction:.1f}"


def signed(fraction):
    """Points: '+0.5', '−1.4'."""
    tenths = math.floor(abs(1000.0 * fraction) + 0.5)
    return f"{MINUS if fraction < 0.0 and tenths else '+'}{tenths / 10.0:.1f}"


def difference(row, value="difference", low="ci_low", high="ci_high"):
    """'+0.5 [−1.4, +2.4]'."""
    if row.get(value) is None:
        return NOTHING
    if row.get(low) is None or row.get(high) is None:
        return signed(row[value])
    return f"{signed(row[value])} [{signed(row[low])}, {signed(row[high])}]"


def with_half_width(value, width):
    """'72.7 ± 2.3'."""
    return percent(value) if value is None or width is None else f"{percent(value)} ± {percent(width)}"


def margin(row):
    """Of a control's row: '+56.1 [+53.5, +58.7]'."""
    if row is None or row["margin"] is None:
        return NOTHING
    if row["margin_half_width"] is None:
        return signed(row["margin"])
    low, high = row["margin"] - row["margin_half_width"], row["margin"] + row["margin_half_width"]
    return f"{signed(row['margin'])} [{signed(low)}, {signed(high)}]"


def p_value(p):
    return NOTHING if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"


def points(fraction):
    """Two digits, for sizes of noise."""
    return NOTHING if fraction is None else f"{100.0 * fraction:.2f}"


def duration(seconds):
    if seconds is None:
        return NOTHING
    if seconds < 10.0:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def operations(count):
    """'48.92 T'."""
    if count is None:
        return NOTHING
    for unit, prefix in ((1e18, "E"), (1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "K")):
        if count >= unit:
            return f"{count / unit:.2f} {prefix}"
    return f"{count:.0f}"


def energy(joules):
    if joules is None:
        return "not measured"
    hours = joules / 3600.0
    return f"{hours / 1000.0:.2f} kWh" if hours >= 1000.0 else f"{hours:.2f} Wh"


def short_count(count):
    if count is None:
        return NOTHING
    for unit, prefix, least in ((1e9, "B", 1e9), (1e6, "M", 1e6)):
        if count >= least:
            return f"{count / unit:.2f} {prefix}"
    return f"{count / 1e3:.1f} K" if count >= 1e4 else f"{count:.0f}"


def is_number(level):
    return level != "" and all(letter in "0123456789.-+e" for letter in level)


def escaped(cell):
    """Text without what Markdown would take for markup in a table."""
    return "".join("\\" + letter if letter in "\\|<*`" else letter for letter in " ".join(str(cell).split()))


def table(headings, rows, numbers=()):
    """A Markdown table; `numbers`: the columns that are set flush right. With no row: 'none'."""
    if not rows:
        return "none\n"
    rows = [[escaped(cell) if row is headings or column not in numbers else str(cell) for column, cell in enumerate(row)]
            for row in [headings, *rows]]
    widths = [max(3, *(len(row[column]) for row in rows)) for column in range(len(headings))]
    line = lambda row: "|" + "|".join(
        f" {cell.rjust(width) if column in numbers else cell.ljust(width)} "
        for column, (cell, width) in enumerate(zip(row, widths))) + "|"
    rule = "|" + "|".join("-" * (width + 1) + (":" if column in numbers else "-") for column, width in enumerate(widths)) + "|"
    return "\n".join([line(rows[0]), rule, *map(line, rows[1:])]) + "\n"


def notes(lines):
    """A list below a table."""
    return "".join(f"- {line}\n" for line in lines)
