# SPDX-License-Identifier: Apache-2.0
"""The command line of checks that make a database in a folder of their own: check_NAME.py FOLDER --rebuild PROGRAM."""

import argparse
import pathlib
import sys
import unittest


def run_checks(case):
    """Gives `case` its folder and the program that makes a database from run folders, and runs the script's tests."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--rebuild", required=True)
    arguments = parser.parse_args()
    case.folder, case.rebuild = arguments.folder, arguments.rebuild
    case.folder.mkdir(parents=True, exist_ok=True)
    unittest.main(argv=sys.argv[:1])
