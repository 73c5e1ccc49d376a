"""Writes Vega, Vega-Lite and Vega-Embed as one text that a page can carry. usage: chart_bundle.py OUTPUT"""
import os
import sys

try:
    import vl_convert
except ImportError:
    sys.exit("vl-convert-python is missing: run ./imp setup")


def escaped(letter):
    """As the language spells it: the page stays ASCII but for what it says itself, and no mark hides in it."""
    return letter if letter < "\x7f" else "".join(f"\\u{unit:04x}" for unit in utf16(letter))


def utf16(letter):
    data = letter.encode("utf-16-be")
    return [int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)]


output = sys.argv[1]
with open(output + ".new", "w", encoding="ascii") as file:
    bundle = "".join(map(escaped, vl_convert.javascript_bundle()))
    file.write(bundle.replace("</script", "<\\/script"))  # inside <script> it would end the element
os.replace(output + ".new", output)
