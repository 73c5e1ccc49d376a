# SPDX-License-Identifier: Apache-2.0
"""check_photographs.py SCRATCH --imp-eval PROGRAM: sweeps/photographs holds what its README says, and the pictures are there."""

import argparse
import collections
import json
import pathlib
import re
import subprocess
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
ANNOTATIONS = SOURCE / "sweeps" / "photographs" / "questions.json"
SWEEP = SOURCE / "sweeps" / "smollm2.yaml"


def most_given(question):
    return collections.Counter(question["answers"]).most_common(1)[0]


class Photographs(unittest.TestCase):
    scratch = imp_eval = None

    @classmethod
    def setUpClass(cls):
        cls.questions = json.loads(ANNOTATIONS.read_text())["data"]

    def score(self, answer):
        """imp-eval's score of every question's answer(question), as a share of all."""
        self.scratch.mkdir(parents=True, exist_ok=True)
        file = self.scratch / "predictions.jsonl"
        rows = ({"question_id": q["question_id"], "prediction": answer(q)} for q in self.questions)
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        command = [self.imp_eval, "score", "--json", "--benchmark", "photographs"]
        command += ["--annotations", ANNOTATIONS, "--predictions", file]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["value"]

    def test_kinds_are_in_half_a_quarter_and_a_quarter(self):
        kinds = collections.Counter(q["family"] for q in self.questions)
        self.assertEqual(kinds, {"text": 60, "objects": 30, "presence": 30})

    def test_every_question_has_ten_answers_of_which_four_agree(self):
        for question in self.questions:
            with self.subTest(question["question_id"]):
                self.assertEqual(len(question["answers"]), 10)
                self.assertGreaterEqual(most_given(question)[1], 4)
                self.assertTrue(all(a and a == a.strip().lower() for a in question["answers"]))
                self.assertRegex(question["question"], r"^[a-z0-9' ,]+\?$")

    def test_ids_are_distinct_and_no_picture_is_asked_twice_alike(self):
        self.assertEqual([q["question_id"] for q in self.questions], list(range(1, len(self.questions) + 1)))
        asked = [(q["image_id"], q["question"]) for q in self.questions]
        self.assertEqual(len(asked), len(set(asked)))

    def test_yes_and_no_are_balanced_for_words_and_for_things(self):
        presence = [q for q in self.questions if q["family"] == "presence"]
        words = [q for q in presence if re.search("word|say ", q["question"])]
        things = [q for q in presence if q not in words]
        for some, number in ((words, 16), (things, 14)):
            self.assertEqual(len(some), number)
            self.assertEqual(sum(q["answers"] == ["yes"] * 10 for q in some), len(some) // 2)
            self.assertEqual(sum(q["answers"] == ["no"] * 10 for q in some), len(some) // 2)

    def test_words_that_are_said_to_be_there_are_among_the_tokens(self):
        for question in self.questions:
            found = re.search(r"is the word (\w+) shown|does a sign say ([\w ]+)", question["question"])
            if found:
                tokens = " ".join(question["ocr_tokens"]).lower()
                self.assertEqual((found[1] or found[2]) in tokens, question["answers"][0] == "yes", question["question_id"])

    def test_the_answer_given_most_is_right_and_one_word_for_all_is_not(self):
        self.assertAlmostEqual(self.score(lambda q: most_given(q)[0]), 1.0)
        for word in ("yes", "no"):
            self.assertAlmostEqual(self.score(lambda q: word), 15 / 120)

    def test_every_picture_is_where_the_sweep_says(self):
        line = next(line for line in SWEEP.read_text().splitlines() if "name: photographs" in line)
        folder = pathlib.Path(re.search(r"images: ([^,}]+)", line)[1])
        pictures = {q["image_id"] for q in self.questions}
        self.assertEqual(len(pictures), 22)
        absent = sorted(p for p in pictures if not (folder / f"{p}.jpg").is_file())
        self.assertEqual(absent, [], f"not below {folder}; ./imp setup models installs opencv-doc, which has them")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scratch", type=pathlib.Path)
    parser.add_argument("--imp-eval", required=True)
    arguments = parser.parse_args()
    Photographs.scratch, Photographs.imp_eval = arguments.scratch, arguments.imp_eval
    unittest.main(argv=[__file__])
