"""A picture of a report's first screen, for the README. usage: screenshot.py PAGE.html OUTPUT.png"""
import pathlib
import shutil
import sys

from PIL import Image
from playwright.sync_api import sync_playwright

page, output = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
    tab = browser.new_page(viewport={"width": 1100, "height": 1210})
    tab.goto(page.as_uri())
    tab.wait_for_function("document.querySelectorAll('.chart svg').length === document.querySelectorAll('.chart').length")
    tab.screenshot(path=output)
    browser.close()
Image.open(output).convert("RGB").quantize(128).save(output, optimize=True)
