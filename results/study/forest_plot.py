# SPDX-License-Identifier: Apache-2.0
"""The paper's claims as one picture: what was found with its 95 % interval, and the paper's figure beside it."""

import math
from html import escape

import text

WIDTH, LABELS, RIGHT, ROW, AXIS, HEADING = 960, 270, 300, 26, 34, 30  # pixels
MARGIN = 16
TICKS = 6  # at most

STYLE = """
  .page { fill: #ffffff; stroke: #d1d9e0 }
  text { font: 13px system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif; fill: #1f2328 }
  .heading { font-weight: 600 }
  .quiet { fill: #59636e }
  .axis { stroke: #818b98 } .zero { stroke: #59636e; stroke-dasharray: 3 3 }
  .band { fill: #818b98; opacity: 0.25 }
  .here { stroke: #0550ae; fill: #0550ae; stroke-width: 2 }
  .paper { stroke: #bc4c00; fill: none; stroke-width: 2 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; stroke: #3d444d }
    text { fill: #f0f6fc } .quiet { fill: #9198a1 }
    .axis { stroke: #656c76 } .zero { stroke: #9198a1 }
    .here { stroke: #79c0ff; fill: #79c0ff } .paper { stroke: #f0883e }
  }
"""


def nice_step(span):
    """1, 2 or 5 times a power of ten, so that a span has at most TICKS steps."""
    power = 10.0 ** math.floor(math.log10(span / TICKS))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if span / (factor * power) <= TICKS)


class Scale:
    """From points to pixels, for the claims of one sweep."""

    def __init__(self, claims):
        values = [0.0]
        for claim in claims:
            values += [100.0 * claim[key] for key in ("size", "difference", "ci_low", "ci_high") if claim.get(key) is not None]
            if claim["margin"] is not None:
                values += [100.0 * claim["margin"], -100.0 * claim["margin"]]
        span = max(values) - min(values) or 1.0
        self.low, self.high = min(values) - 0.06 * span, max(values) + 0.06 * span
        step = nice_step(self.high - self.low)
        self.decimals = max(0, -math.floor(math.log10(step)))
        self.ticks = [number * step for number in range(math.ceil(self.low / step), math.floor(self.high / step) + 1)]

    def at(self, points):
        return f"{LABELS + (points - self.low) / (self.high - self.low) * (WIDTH - LABELS - RIGHT):.1f}"

    def tick(self, points):
        number = f"{abs(points):.{self.decimals}f}"
        return number if float(number) == 0.0 else (text.MINUS if points < 0.0 else "+") + number


def words(x, y, what, kind="plain", anchor="start"):
    return f'<text class="{kind}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(what)}</text>'


def line(kind, x1, y1, x2, y2):
    return f'<line class="{kind}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'


def diamond(x, y):
    size = 5
    return f'<path class="paper" d="M{x} {y - size}l{size} {size}l-{size} {size}l-{size} -{size}z"/>'


def claim_marks(claim, scale, y):
    """A row: the levels, the interval with its middle, the paper's figure, and both in words."""
    on = "" if claim["benchmark"] == "average" else f", {claim['benchmark']}"
    found, middle = claim.get("difference") is not None, y + ROW / 2
    marks = [f"<g><title>{escape(claim['says'] or claim['claim'])}</title>",
             words(MARGIN, middle + 4, f"{claim['from_level']} → {claim['to_level']}{on}")]
    if claim["margin"] is not None:
        left, right = float(scale.at(-100.0 * claim["margin"])), float(scale.at(100.0 * claim["margin"]))
        marks.append(f'<rect class="band" x="{left:.1f}" y="{y + 3}" width="{right - left:.1f}" height="{ROW - 6}"/>')
    if found:
        if claim["ci_low"] is not None:
            low, high = scale.at(100.0 * claim["ci_low"]), scale.at(100.0 * claim["ci_high"])
            marks.append(line("here", low, middle - 3, high, middle - 3))
        marks.append(f'<circle class="here" cx="{scale.at(100.0 * claim["difference"])}" cy="{middle - 3}" r="4"/>')
    if claim["size"] is not None:
        marks.append(diamond(scale.at(100.0 * claim["size"]), middle + 5))
    if found:
        marks.append(words(WIDTH - RIGHT + 12, middle + 4, text.difference(claim)))
    marks.append(words(WIDTH - MARGIN, middle + 4, claim["verdict"], "quiet", "end"))
    return [*marks, "</g>"]


def forest_plot(claims):
    """The SVG of the claims, one panel with an axis of its own a sweep."""
    body, y = [], MARGIN
    body.append(words(MARGIN, y + 14, "What the paper found, and what was found here", "heading"))
    y += 24
    body += [line("here", MARGIN, y + 10, MARGIN + 30, y + 10), f'<circle class="here" cx="{MARGIN + 15}" cy="{y + 10}" r="4"/>',
             words(MARGIN + 38, y + 14, "here, with the 95 % interval", "quiet"), diamond(MARGIN + 250, y + 10),
             words(MARGIN + 262, y + 14, "the paper: one run an arm", "quiet"),
             f'<rect class="band" x="{MARGIN + 450}" y="{y + 2}" width="26" height="16"/>',
             words(MARGIN + 484, y + 14, "counts as no difference", "quiet"),
             words(WIDTH - MARGIN, y + 14, "points", "quiet", "end")]
    y += 28
    for sweep in dict.fromkeys(claim["sweep"] for claim in claims):
        rows = [claim for claim in claims if claim["sweep"] == sweep]
        scale, bottom = Scale(rows), y + HEADING + ROW * len(rows)
        body.append(words(MARGIN, y + 20, sweep, "heading"))
        body.append(line("zero", scale.at(0.0), y + HEADING, scale.at(0.0), bottom))
        for number, claim in enumerate(rows):
            body += claim_marks(claim, scale, y + HEADING + ROW * number)
        body.append(line("axis", LABELS, bottom, WIDTH - RIGHT, bottom))
        for tick in scale.ticks:
            body += [line("axis", scale.at(tick), bottom, scale.at(tick), bottom + 4),
                     words(scale.at(tick), bottom + 18, scale.tick(tick), "quiet", "middle")]
        y = bottom + AXIS
    height = y + MARGIN
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" '
        'aria-labelledby="title description">', '<title id="title">The claims of the paper and what was found here</title>',
        '<desc id="description">A row a claim: the difference found with its 95 % interval, the difference that the paper reports, '
        "and the verdict.</desc>", f"<style>{STYLE}</style>",
        f'<rect class="page" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="6"/>', *body, "</svg>"]) + "\n"
