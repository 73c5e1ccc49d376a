#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write synthetic benchmarks in the layouts in which the official ones are distributed, with as many questions as those have.

    make_benchmarks.py OUT [--benchmark gqa_train ...] [--scale 1.0] [--seed 1]

OUT/<name>/ gets the annotations under their official names. Pictures are made only where they stand in the annotations
(MMBench) or name the questions (MME: empty files). Texts are random words with the marks that the metrics work on.
"""
import argparse
import base64
import json
import random
from pathlib import Path

WORDS = ("yes no red blue two three none a the an stop sign man's dont can't it's 1,000 10:30 left-right st. coca cola baseball "
         "bat white & black 50% tennis racket kitchen dr. pepper (brown) frisbee, skateboard wine café straße 東京 EXIT 3.14").split()
QUESTIONS = ["What does the sign say?", "Is there a dog to the left of the red car?", "What is the brand of this \"drink\"?",
             "How many people are in the picture, the one behind the glass included?", "Which color is the shirt of the man?"]
MME = {"existence": 60, "count": 60, "position": 60, "color": 60, "posters": 294, "celebrity": 340, "scene": 400, "landmark": 400,
       "artwork": 400, "OCR": 40, "commonsense_reasoning": 140, "numerical_calculation": 40, "text_translation": 40,
       "code_reasoning": 40}
OCRBENCH = ["Regular Text Recognition", "Irregular Text Recognition", "Artistic Text Recognition", "Handwriting Recognition",
            "Digit String Recognition", "Non-Semantic Text Recognition", "Scene Text-centric VQA", "Doc-oriented VQA",
            "Key Information Extraction", "Handwritten Mathematical Expression Recognition"]


def phrase(rng, longest=3):
    return " ".join(rng.choice(WORDS) for _ in range(rng.randint(1, longest)))


def ten_answers(rng):
    right = phrase(rng)
    return [right if rng.random() < 0.5 else phrase(rng) for _ in range(10)]


def write_list(path, records, head="[", tail="]"):
    """A list of records as json.dump writes it, one at a time."""
    with open(path, "w", encoding="utf-8") as out:
        out.write(head)
        for number, record in enumerate(records):
            out.write((", " if number else "") + json.dumps(record))
        out.write(tail + "\n")
    return path


def textvqa(folder, count, rng):
    def record(number):
        image = f"{number * 3166 // 5000:016x}"
        return {"question": rng.choice(QUESTIONS), "image_id": image, "image_classes": ["Sign", "Poster"], "flickr_original_url":
                f"https://farm4.staticflickr.com/3172/{number}_o.jpg", "flickr_300k_url": f"https://c4.staticflickr.com/{number}_z.jpg",
                "image_width": 1024, "image_height": 683, "answers": ten_answers(rng), "question_tokens": ["what", "does"],
                "question_id": 34602 + number, "set_name": "val"}
    head = '{"dataset_type": "val", "dataset_name": "textvqa", "dataset_version": "0.5.1", "data": ['
    return write_list(folder / "TextVQA_0.5.1_val.json", map(record, range(count)), head, "]}")


def vqav2_questions(folder, count, rng, name, subtype):
    head = ('{"info": {"description": "This is v2.0 of the VQA dataset.", "url": "http://visualqa.org", "version": "2.0"}, '
            f'"task_type": "Open-Ended", "data_type": "mscoco", "license": {{"name": "CC"}}, "data_subtype": "{subtype}", "questions": [')
    records = ({"image_id": n // 3, "question": rng.choice(QUESTIONS), "question_id": n // 3 * 1000 + n % 3} for n in range(count))
    return write_list(folder / f"v2_OpenEnded_mscoco_{name}_questions.json", records, head, "]}")


def vqav2(folder, count, rng):
    def annotation(number):
        answers = ten_answers(rng)
        return {"question_type": "what is", "multiple_choice_answer": answers[0], "answers":
                [{"answer": a, "answer_confidence": "yes", "answer_id": i + 1} for i, a in enumerate(answers)],
                "image_id": number // 3, "answer_type": "other", "question_id": number // 3 * 1000 + number % 3}
    head = '{"info": {"version": "2.0"}, "license": {"name": "CC"}, "data_subtype": "val2014", "annotations": ['
    write_list(folder / "v2_mscoco_val2014_annotations.json", map(annotation, range(count)), head, '], "data_type": "mscoco"}')
    return vqav2_questions(folder, count, rng, "val2014", "val2014")


def vqav2_test(folder, count, rng):
    return vqav2_questions(folder, count, rng, "test2015", "test2015")


def gqa(folder, count, rng, name="testdev_balanced", questions_a_picture=32):
    path = folder / f"{name}_questions.json"
    with open(path, "w", encoding="utf-8") as out:
        for number in range(count):
            answer = phrase(rng, 2)
            record = {"semantic": [{"operation": "select", "dependencies": [], "argument": f"sky ({number})"},
                                   {"operation": "verify color", "dependencies": [0], "argument": "dark"}],
                      "entailed": [f"0{number}", f"1{number}"], "equivalent": [f"0{number}"], "question": rng.choice(QUESTIONS),
                      "imageId": f"n{number // questions_a_picture}", "isBalanced": True, "groups": {"global": None, "local": "06-sky_dark"},
                      "answer": answer, "semanticStr": f"select: sky ({number})->verify color: dark [0]",
                      "annotations": {"answer": {}, "question": {"2": str(number)}, "fullAnswer": {"2": str(number)}},
                      "types": {"detailed": "verifyAttr", "semantic": "attr", "structural": rng.choice(["query", "verify"])},
                      "fullAnswer": f"It is {answer}."}
            out.write(("{" if number == 0 else ", ") + f'"{201 * 10**6 + number}": ' + json.dumps(record))
        out.write("}\n")
    return path


def gqa_train(folder, count, rng):
    return gqa(folder, count, rng, "train_balanced", 13)


def vizwiz(folder, count, rng):
    def record(number):
        return {"image": f"VizWiz_val_{number:08d}.jpg", "question": rng.choice(QUESTIONS), "answers":
                [{"answer_confidence": "yes", "answer": answer} for answer in ten_answers(rng)],
                "answer_type": rng.choice(["other", "unanswerable"]), "answerable": 1}
    return write_list(folder / "val.json", map(record, range(count)))


def scienceqa(folder, count, rng):
    """`count` problems, of which a fifth is the test split and a half of that has a picture."""
    ids = [str(number) for number in range(1, count + 1)]
    path = folder / "problems.json"
    with open(path, "w", encoding="utf-8") as out:
        for number, name in enumerate(ids):
            choices = [phrase(rng) for _ in range(rng.randint(2, 5))]
            problem = {"question": rng.choice(QUESTIONS), "choices": choices, "answer": rng.randrange(len(choices)),
                       "hint": phrase(rng, 60) if number % 2 else "", "image": "image.png" if number % 10 < 5 else None,
                       "task": "closed choice", "grade": "grade2", "subject": rng.choice(["natural science", "social science"]),
                       "topic": "physics", "category": "Materials", "skill": "Compare", "lecture": phrase(rng, 150), "solution": phrase(rng, 80),
                       "split": "test" if number % 5 == 0 else "train"}
            out.write(("{" if number == 0 else ", ") + f'"{name}": ' + json.dumps(problem))
        out.write("}\n")
    splits = {"train": [i for i in ids if int(i) % 5 != 1], "val": [], "test": [i for i in ids if int(i) % 5 == 1]}
    (folder / "pid_splits.json").write_text(json.dumps(splits))
    return path


def pope(folder, count, rng):
    for kind in ["random", "popular", "adversarial"]:
        with open(folder / f"coco_pope_{kind}.json", "w", encoding="utf-8") as out:
            for number in range(count // 3):
                out.write(json.dumps({"question_id": number + 1, "image": f"COCO_val2014_{number // 6:012d}.jpg",
                                      "text": "Is there a snowboard in the image?", "label": rng.choice(["yes", "no"])}) + "\n")
    return folder


def mme(folder, count, rng):
    for category, of_all in MME.items():
        (folder / category).mkdir(exist_ok=True)
        for number in range(max(1, round(of_all * count / 2 / 2374))):
            (folder / category / f"{number:04d}.jpg").touch()
            labels = rng.choice([["Yes", "No"], ["No", "Yes"]])
            (folder / category / f"{number:04d}.txt").write_text("".join(
                f"Is this {word}? Please answer yes or no.\t{label}\n" for word, label in zip(["real", "false"], labels)))
    return folder


def mmbench(folder, count, rng):
    """Rows of questions asked in three or four rotations, each with its picture of 20 to 60 kB."""
    path = folder / "mmbench_dev.tsv"
    columns = ["index", "question", "hint", "A", "B", "C", "D", "answer", "category", "image", "source", "l2-category", "split"]
    with open(path, "w", encoding="utf-8") as out:
        out.write("\t".join(columns) + "\n")
        rows, number = 0, 0
        while rows < count:
            options = rng.sample(["cat", "a brown dog", "bird", "fish", "street", "tall tree", "wine"], rng.choice([3, 4]))
            right = rng.randrange(len(options))
            picture = base64.b64encode(rng.randbytes(rng.randint(20_000, 60_000))).decode()
            for turn in range(min(len(options), count - rows)):
                turned = options[turn:] + options[:turn]
                letter = "ABCD"[(right - turn) % len(options)]
                fields = {"index": number + turn * 10**6, "question": "What is it?", "hint": "Look\nclosely." if number % 3 == 0 else "",
                          **dict(zip("ABCD", turned)), "answer": letter, "category": f"kind_{number % 20}", "image": picture,
                          "source": "made", "l2-category": f"group_{number % 6}", "split": "dev"}
                texts = [str(fields.get(column, "")) for column in columns]
                out.write("\t".join(f'"{text}"' if "\n" in text else text for text in texts) + "\n")
                rows += 1
            number += 1
    return path


def docvqa(folder, count, rng):
    def record(number):
        document = f"nkbl{number // 4}_1"
        return {"questionId": 49153 + number, "question": rng.choice(QUESTIONS), "question_types": ["handwritten", "form"],
                "image": f"documents/{document}.png", "docId": number // 4, "ucsf_document_id": document, "ucsf_document_page_no": "1",
                "answers": [phrase(rng, 5) for _ in range(rng.randint(1, 3))], "data_split": "val"}
    head = '{"dataset_name": "SP-DocVQA", "dataset_version": "1.0", "dataset_split": "val", "data": ['
    return write_list(folder / "val_v1.0_withQT.json", map(record, range(count)), head, "]}")


def infovqa(folder, count, rng):
    def record(number):
        return {"questionId": 70000 + number, "question": rng.choice(QUESTIONS), "image_local_name": f"{37000 + number // 6}.jpeg",
                "image_url": "https://example.org/a.jpeg", "ocr_output_file": "37313.json", "answer_type": ["Single span"],
                "answers": [phrase(rng, 5) for _ in range(rng.randint(1, 2))], "data_split": "val"}
    head = '{"dataset_name": "InfographicVQA", "dataset_version": "1.0", "dataset_split": "val", "data": ['
    return write_list(folder / "infographicsVQA_val_v1.0_withQT.json", map(record, range(count)), head, "]}")


def chartqa(folder, count, rng):
    def record(number):
        label = rng.choice([phrase(rng), str(rng.randint(0, 3000)), f"{rng.uniform(0, 100):.2f}", f"{rng.randint(1, 99)}%"])
        return {"imgname": f"two_col_{number // 2}.png", "query": rng.choice(QUESTIONS), "label": label}
    for name in ["human", "augmented"]:
        write_list(folder / f"test_{name}.json", map(record, range(count // 2)))
    return folder


def ocrbench(folder, count, rng):
    def record(number):
        kind = OCRBENCH[number % 10]
        name = "HME100k" if number % 10 == 9 else "IIIT5K"
        return {"dataset_name": name, "id": number * 857 // count if number % 2 else number, "type": kind, "question": rng.choice(QUESTIONS),
                "answers": [phrase(rng)] if number % 2 else phrase(rng), "image_path": f"{name}/images/{number}.jpg"}
    return write_list(folder / "OCRBench.json", map(record, range(count)))


def stvqa(folder, count, rng):
    def record(number):
        name = f"COCO_train2014_{number:012d}.jpg"
        return {"question": rng.choice(QUESTIONS), "dataset": "coco-text", "file_path": f"coco-text/{name}", "file_name": name,
                "question_id": number + 1, "set_name": "train", "answers": [phrase(rng) for _ in range(rng.randint(1, 2))],
                "question_tokens": ["what", "does"], "answers_tokens": [["stop"]]}
    head = '{"dataset_name": "st_vqa", "dataset_version": "1.0", "set_name": "train", "task_num": 3, "data": ['
    return write_list(folder / "train_task_3.json", map(record, range(count)), head, "]}")


# Writer, the benchmark that reads it, and the number of questions (of problems for ScienceQA) of the official set.
SETS = {"chartqa": (chartqa, "chartqa", 2500), "docvqa": (docvqa, "docvqa", 5349), "gqa": (gqa, "gqa", 12578),
        "gqa_train": (gqa_train, "gqa", 943000), "infovqa": (infovqa, "infovqa", 2801), "mmbench": (mmbench, "mmbench", 4329),
        "mme": (mme, "mme", 2374), "ocrbench": (ocrbench, "ocrbench", 1000), "pope": (pope, "pope", 9000),
        "scienceqa": (scienceqa, "scienceqa", 21208), "stvqa": (stvqa, "stvqa", 26308), "textvqa": (textvqa, "textvqa", 5000),
        "vizwiz": (vizwiz, "vizwiz", 4319), "vqav2": (vqav2, "vqav2", 214354), "vqav2_test": (vqav2_test, "vqav2", 447793)}


def make(name, out, scale=1.0, seed=1):
    """Writes the set below `out` and returns what `imp-eval --annotations` takes."""
    writer, _, count = SETS[name]
    folder = Path(out) / name
    folder.mkdir(parents=True, exist_ok=True)
    return writer(folder, max(30, round(count * scale)), random.Random(f"{name} {seed}"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--benchmark", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for name in options.benchmark:
        print(name, make(name, options.out, options.scale, options.seed))


if __name__ == "__main__":
    main()
