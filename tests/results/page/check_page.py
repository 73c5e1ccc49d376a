"""imp-report's page as its readers use it: in Chromium, by mouse, keyboard and phone, on paper, under axe-core, and its charts
without a browser. usage: check_page.py BUILD"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import vl_convert
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import sync_playwright

build = pathlib.Path(sys.argv[1])
failures = []


def expect(condition, what):
    print(("ok   " if condition else "FAIL ") + what)
    if not condition:
        failures.append(what)


def make_page(folder):
    """An example sweep's database and page, by the programs that a user has."""
    picture = folder / "picture.jpg"
    Image.new("RGB", (96, 96), (180, 40, 30)).save(picture)
    subprocess.run([build / "tests/example_page", picture, folder], check=True)
    page = folder / "example.html"
    subprocess.run([build / "bin/imp-report", "--db", folder / "imp.db", "--format", "html", "-o", page], check=True)
    return page


def check_charts(text):
    """Each chart's specification compiles, and its drawing holds a mark for each of its rows."""
    specs = re.findall(r'<script type="application/json" class="chart-spec" data-chart="([^"]+)">(.*?)</script>', text, re.S)
    expect(len(specs) >= 12, f"{len(specs)} charts")
    for name, spec in specs:
        chart = json.loads(spec)
        chart["width"] = 400
        drawing = vl_convert.vegalite_to_svg(json.dumps(chart))
        if name == "chart-effects":
            effects = len(chart["layer"][1]["data"]["values"])
            points = len(re.findall(r'aria-roledescription="point"', drawing))
            expect(effects == 12 and points == effects, f"{name}: {points} points for {effects} effects")
        expect("NaN" not in drawing and "<path" in drawing, f"{name} is drawn")


def open_page(browser, page, **options):
    """A page that counts what should not happen: messages, errors, requests, dialogs."""
    context = browser.new_context(**options)
    tab = context.new_page()
    trouble = []
    tab.on("console", lambda message: trouble.append("console: " + message.text))
    tab.on("pageerror", lambda error: trouble.append(f"error: {error}"))
    tab.on("dialog", lambda dialog: (trouble.append("dialog"), dialog.dismiss()))
    tab.on("request", lambda request: None if request.url.startswith(("data:", page.as_uri())) else trouble.append(request.url))
    tab.goto(page.as_uri())
    tab.wait_for_function("document.querySelectorAll('.chart svg').length === document.querySelectorAll('.chart').length")
    return tab, trouble


def check_mouse(tab):
    expect(tab.locator("#table-scores tbody tr").count() == 6, "six cells")
    header = tab.locator("#table-scores thead th", has_text="scenetext ± 95 %")
    header.locator("button").click()
    first = tab.locator("#table-scores tbody tr").first.inner_text()
    expect(header.get_attribute("aria-sort") == "descending" and first.startswith("phi\t512"), "sorting by score puts the best first")
    header.locator("button").click()
    first = tab.locator("#table-scores tbody tr").first.inner_text()
    expect(header.get_attribute("aria-sort") == "ascending" and first.startswith("llama\t128"), "once more, the worst")
    tab.locator("input[data-table=table-scores]").fill("llama")
    expect(tab.locator("#table-scores tbody tr:visible").count() == 3, "the filter leaves llama's rows")
    tab.locator("input[data-table=table-scores]").fill("")
    tab.locator("#chart-effects .layer_3_marks path").first.hover()
    tab.wait_for_selector("#vg-tooltip-element.visible")
    expect("95 % from" in tab.locator("#vg-tooltip-element").inner_text(), "hovering an effect tells its interval")


def check_questions(tab):
    questions = tab.locator("details.asked")
    count = questions.count()
    expect(0 < count <= 80, f"{count} questions, a bounded number")
    tab.select_option("#question-family", "count")
    shown = tab.locator("details.asked:visible").count()
    expect(0 < shown < count and f"{shown} questions shown" in tab.locator("#questions-shown").inner_text(), "one family's questions")
    tab.check("#question-disagree")
    expect(tab.locator("details.asked:visible[data-disagree='0']").count() == 0, "only where cells disagree")
    tab.uncheck("#question-disagree")
    tab.select_option("#question-family", "")
    check_cells(tab, count)
    first = questions.first
    first.locator("summary").click()
    expect(first.locator("img").evaluate("i => i.complete && i.naturalWidth") == 96, "a click shows the question's picture")
    expect(first.locator("tbody tr").count() == 6, "and every cell's answers")
    expect("× " in first.inner_text() and "References: “stop”" in first.inner_text(), "by seeds, with the references")


def visible_scores(question):
    """Scores of the rows that a question shows, by cell."""
    return question.evaluate("q => Object.fromEntries(Array.from(q.querySelectorAll('tr[data-cell]')).filter(r => !r.hidden)"
                             ".map(r => [r.dataset.cell, Number(r.dataset.score)]))")


def check_cells(tab, count):
    """Answers of chosen cells, and where two of them disagree."""
    questions = tab.locator("details.asked").all()
    differing = sum(abs(scores["0"] - scores["5"]) >= 0.5 for scores in map(visible_scores, questions))
    tab.select_option("#question-cell", "0")
    expect(all(list(visible_scores(question)) == ["0"] for question in questions), "one chosen cell's answers alone")
    tab.select_option("#question-other-cell", "5")
    expect(all(list(visible_scores(question)) == ["0", "5"] for question in questions), "two chosen cells' answers")
    tab.check("#question-disagree")
    shown = [question for question in questions if question.is_visible()]
    expect(0 < len(shown) == differing < count and all(
        abs(scores["0"] - scores["5"]) >= 0.5 for scores in map(visible_scores, shown)), f"{len(shown)} where these two disagree")
    tab.uncheck("#question-disagree")
    for choice in ("#question-cell", "#question-other-cell"):
        tab.select_option(choice, "")
    expect(all(len(visible_scores(question)) == 6 for question in questions), "all cells again")


def check_keyboard(tab):
    tab.reload()
    tab.keyboard.press("Tab")
    expect(tab.evaluate("document.activeElement.getAttribute('href')") == "#findings", "the first Tab reaches the sections")
    summary = tab.locator("details.asked summary").nth(1)
    summary.focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("details.asked").nth(1).evaluate("d => d.open"), "Enter opens a question")
    tab.locator("#question-family").focus()
    tab.keyboard.press("Tab")
    expect(tab.evaluate("document.activeElement.id") == "question-cell", "Tab goes on to the choice of a cell")
    tab.keyboard.press("ArrowDown")
    expect(list(visible_scores(tab.locator("details.asked").first)) == ["0"], "an arrow chooses it")
    button = tab.locator("#table-effects th button").first
    button.focus()
    tab.keyboard.press("Space")
    expect(tab.locator("#table-effects th").first.get_attribute("aria-sort") is not None, "Space sorts")


def check_axe(tab, name):
    found = Axe().run(tab)
    for violation in found.response["violations"]:
        print(violation["id"], violation["help"], [node["html"][:150] for node in violation["nodes"]][:3])
    expect(found.violations_count == 0, f"axe-core finds nothing in {name}")


def main():
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = make_page(pathlib.Path(folder))
        check_charts(page.read_text(encoding="utf-8"))
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        tab, trouble = open_page(browser, page, viewport={"width": 1100, "height": 900})
        expect(tab.locator("h1").inner_text() == "example", "the page's heading")
        expect(tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing runs off the side")
        check_axe(tab, "light mode")
        check_mouse(tab)
        check_questions(tab)
        check_keyboard(tab)
        expect(len(tab.pdf()) > 10_000, "it prints")
        expect(trouble == [], f"no message, request or dialog {trouble[:3]}")
        dark, trouble = open_page(browser, page, viewport={"width": 1100, "height": 900}, color_scheme="dark")
        check_axe(dark, "dark mode")
        expect(trouble == [], f"none in dark mode {trouble[:3]}")
        phone, trouble = open_page(browser, page, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
        expect(phone.evaluate("document.documentElement.scrollWidth") == 360, "a phone scrolls one way only")
        expect(trouble == [], f"none on a phone {trouble[:3]}")
        browser.close()
    if failures:
        sys.exit(f"{len(failures)} of the page's promises do not hold")


if __name__ == "__main__":
    main()
