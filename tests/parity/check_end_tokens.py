#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Answers end where generation_config.json, config.json and the tokenizer say: imp's answers beside transformers' generate() on
the same directory; the table of generation settings beside transformers' GenerationConfig; and what is refused.

    check_end_tokens.py SCRATCH --bin build/release"""
import argparse
import json
import pathlib
import shutil
import subprocess
import sys

import transformers
from end_tokens import EOS, EOT, END, SAID, answer_of_transformers, language_model, llava, said_until, save_tokenizer
from PIL import Image

ABSENT = "absent"
ASK = {"question_id": 1, "question": "q"}
# As LLaVA-1.5's and Vicuna's are published: none of it changes a greedy answer.
PUBLISHED = {"max_length": 4096, "temperature": 0.9, "top_p": 0.6, "do_sample": True, "top_k": 20, "num_beams": 1, "use_cache": True,
             "repetition_penalty": 1.0, "bos_token_id": 0, "pad_token_id": 0, "transformers_version": "4.31.0", "attn_implementation": "x"}
RULES = {"repetition_penalty": 1.2, "no_repeat_ngram_size": 2, "suppress_tokens": [5], "begin_suppress_tokens": [5], "bad_words_ids": [[5]],
         "min_length": 3, "min_new_tokens": 2, "forced_eos_token_id": 3, "guidance_scale": 1.5, "stop_strings": ["x"],
         "exponential_decay_length_penalty": [2, 1.1], "sequence_bias": [[[5], 1.0]], "encoder_repetition_penalty": 1.1, "max_time": 1.0}


def write(path, value):
    path.write_text(value if isinstance(value, str) else json.dumps(value))


class Check:
    def __init__(self, scratch, binaries):
        self.scratch, self.binaries, self.wrong, self.count = scratch, binaries, 0, 0
        language_model(scratch / "language_model")
        llava(scratch / "llava")
        write(scratch / "ask.jsonl", json.dumps(ASK) + "\n")
        Image.new("RGB", (20, 20), (90, 120, 30)).save(scratch / "p.png")
        write(scratch / "see.jsonl", json.dumps(ASK | {"image": "p.png"}) + "\n")

    def expect(self, what, found, expected):
        self.count += 1
        if found != expected:
            self.wrong += 1
            print(f"{what}: expected {expected}, found {found}")

    def run(self, program, *arguments):
        return subprocess.run([str(self.binaries / "bin" / program), *map(str, arguments)], capture_output=True, text=True)

    def folder(self, name, base="language_model", generation=ABSENT, config=ABSENT, text=ABSENT, named="</s>"):
        """A copy of a checkpoint with such end tokens: the whole generation_config.json, eos_token_id at the top of config.json
        and in its text_config, and the tokenizer's."""
        folder = self.scratch / name
        shutil.copytree(self.scratch / base, folder)
        settings = json.loads((folder / "config.json").read_text())
        for part, value in [(settings, config), (settings.get("text_config", settings), text)]:
            if value != ABSENT:
                part["eos_token_id"] = value
        if config == ABSENT and base == "llava":
            settings.pop("eos_token_id", None)
        write(folder / "config.json", settings)
        save_tokenizer(folder, named)
        if generation != ABSENT:
            write(folder / "generation_config.json", generation)
        return folder

    def answer(self, folder, *more):
        done = self.run("imp-model", "generate", folder, "--requests", self.scratch / "ask.jsonl", "--max-new-tokens", len(SAID), *more)
        return json.loads(done.stdout)["tokens"] if done.returncode == 0 else done.stderr

    def refusal(self, what, folder, *words, more=()):
        done = self.run("imp-model", "generate", folder, "--requests", self.scratch / "ask.jsonl", *more)
        print(done.stderr.strip().replace(str(self.scratch) + "/", ""))
        right = done.returncode == 2 and done.stdout == "" and all(word in done.stderr for word in words)
        self.expect(what, right and "json.exception" not in done.stderr, True)


def check_table(check):
    """Every attribute of GenerationConfig is in the table, with the default that generate() takes."""
    from transformers import GenerationConfig

    table = json.loads(subprocess.run([check.binaries / "tests/input_probe", "keys"], capture_output=True, check=True).stdout)["GenerationConfig"]
    defaults = {key: value for key, value in vars(GenerationConfig()).items() if not key.startswith("_original")}
    if hasattr(GenerationConfig, "_get_default_generation_params"):
        defaults |= {key: value for key, value in GenerationConfig._get_default_generation_params().items()}
    for key, value in defaults.items():
        check.expect(f"{key} is in the table", key in table, True)
        # Of what is null in transformers imp may spell out the value without effect.
        if key in table and value is not None and table[key]["meaning"] != "no_effect":
            check.expect(f"default of {key}", table[key]["default"], value)
    print(f"GenerationConfig of transformers {transformers.__version__}: {len(defaults)} keys")


def check_beside_transformers(check):
    """Where transformers itself takes end tokens from these files, the answers are its own."""
    kinds = {
        "config_list": dict(config=[EOS, EOT]), "config_number": dict(config=EOT), "config_list_of_one": dict(config=[END]),
        "generation_list": dict(config=EOS, generation={"eos_token_id": [EOS, EOT]}),
        "generation_number": dict(config=EOS, generation={"eos_token_id": EOT}),
        "generation_wins": dict(config=EOT, generation={"eos_token_id": EOS}),
        "generation_wins_over_a_list": dict(config=[EOS, EOT], generation={"eos_token_id": END}, named="<eot>"),
        "not_the_tokenizers": dict(config=END, named="</s>"), "twice": dict(config=[EOT, EOT, END]),
        "never_said": dict(generation={"eos_token_id": 0}), "published": dict(config=EOS, generation=PUBLISHED | {"eos_token_id": EOT}),
        "llava_text": dict(base="llava", text=[EOS, EOT]), "llava_text_number": dict(base="llava", text=EOT),
        "llava_generation": dict(base="llava", text=EOS, generation={"eos_token_id": [EOT, END]}),
        "llava_top_wins": dict(base="llava", text=EOS, config=EOT), "llava_top_null": dict(base="llava", text=EOT, config=None),
    }
    for name, parts in kinds.items():
        folder = check.folder(name, **parts)
        theirs = answer_of_transformers(folder)
        check.expect(name, check.answer(folder), theirs)
        check.expect(f"{name}, three beams", check.answer(folder, "--beams", 3), answer_of_transformers(folder, beams=3))


def check_by_hand(check):
    """Where transformers would go on without an end, the next file says."""
    kinds = {
        "generation_silent": (dict(config=EOT, generation={"bos_token_id": 0}), EOT),
        "generation_null": (dict(config=[EOT, EOS], generation={"eos_token_id": None}), EOT),
        "generation_empty": (dict(config=EOT, generation={"eos_token_id": []}), EOT),
        "tokenizers": (dict(config=None, named="<eot>"), EOT),
        "tokenizers_behind_null": (dict(config=None, generation={"eos_token_id": None}, named="<end>"), END),
        "llava_tokenizers": (dict(base="llava", text=None, named="<eot>"), EOT),
        "unnamed_tokenizer": (dict(config=EOT, named=None), EOT),
    }
    for name, (parts, end) in kinds.items():
        check.expect(name, check.answer(check.folder(name, **parts)), said_until(end))


def check_refusals(check):
    for index, value in enumerate(["2", -1, 1.5, True, [[1]], {}, [1, None], 1 << 40]):
        if value != [[1]]:
            check.refusal(f"eos {value!r}", check.folder(f"bad{index}", config=value), "config.json: eos_token_id is")
        check.refusal(f"eos {value!r}", check.folder(f"bad_own{index}", generation={"eos_token_id": value}), "generation_config.json: eos_token_id is")
    for key, value in RULES.items():
        check.refusal(key, check.folder(f"rule_{key}", generation={"eos_token_id": EOT, key: value}), f"generation_config.json: {key} is")
    everything = check.folder("rules", generation={"eos_token_id": EOT} | RULES)
    check.refusal("all rules at once", everything, *(f"{key} is" for key in RULES))
    check.refusal("no JSON", check.folder("no_json", generation="{"), "generation_config.json")
    check.refusal("a list", check.folder("list", generation="[]"), "generation_config.json")
    check.refusal("no end at all", check.folder("endless", config=None, named=None), "eos_token_id")
    # A rule that config.json has from old times counts where transformers takes it from there.
    old = check.folder("old", config=EOT)
    write(old / "config.json", json.loads((old / "config.json").read_text()) | {"no_repeat_ngram_size": 2})
    check.refusal("a rule in config.json", old, "config.json: no_repeat_ngram_size")
    write(old / "generation_config.json", {"eos_token_id": EOT})
    check.expect("a rule that generation_config.json hides", check.answer(old), said_until(EOT))
    beams = check.folder("beams", generation={"eos_token_id": EOT, "early_stopping": True})
    check.expect("a rule of beams", check.answer(beams), said_until(EOT))
    check.refusal("a rule of beams with beams", beams, "early_stopping", more=["--beams", 3])


def check_everywhere(check):
    """The same end in imp-model with a picture, imp-eval, a sweep's eval stage and an export."""
    folder, end = check.folder("everywhere", base="llava", text=EOS, generation={"eos_token_id": [EOT, END], "pad_token_id": 0}), said_until(EOT)
    done = check.run("imp-model", "generate", folder, "--requests", check.scratch / "see.jsonl", "--images", check.scratch)
    check.expect("with a picture", json.loads(done.stdout)["tokens"], end)

    images = check.scratch / "images"
    images.mkdir()
    shutil.copy(check.scratch / "p.png", images / "p.jpg")
    questions = [{"question_id": i, "image_id": "p", "question": "q", "answers": ["ab"] * 10, "family": "f"} for i in range(3)]
    write(check.scratch / "test.json", {"data": questions})
    for more in [[], ["--beams", "2"], ["--temperature", "0.001"]]:
        out = check.scratch / f"eval{len(more)}{''.join(more)}"
        done = check.run("imp-eval", "run", folder, "--benchmark", "scenetext", "--annotations", check.scratch / "test.json", "--images", images,
                         "-o", out, "--conversation", "bare_v1", *more)
        check.expect(f"imp-eval run {more} ends well", done.returncode, 0)
        lines = [json.loads(line) for line in (out / "predictions/scenetext.jsonl").read_text().splitlines()]
        check.expect(f"imp-eval run {more}", [line["prediction"] for line in lines], ["ab"] * 3)

    rows = [{"id": "1", "image": "p.jpg", "conversations": [{"from": "human", "value": "<image>\nq"}, {"from": "gpt", "value": "ab"}]}] * 2
    write(check.scratch / "train.json", rows)
    sweep = check.scratch / "ends.yaml"
    write(sweep, f"""version: 1
name: ends
baseline:
  checkpoint: {folder}
  finetune_data: {{json: {check.scratch}/train.json, images: {images}}}
  conversation: bare_v1
  finetune: projector
  max_steps: 1
  batch_size: 1
  micro_batch: 1
  learning_rate: 0.0001
  dtype: float32
  device: cpu
seeds: [1]
benchmarks: [{{name: textvqa, annotations: {check.scratch}/test.json, images: {images}}}]
""")
    runs = check.scratch / "runs"
    done = check.run("imp-sweep", "run", sweep, "--runs", runs, "--db", runs / "imp.db")
    check.expect(f"the sweep ends well {done.stderr[-400:]}", done.returncode, 0)
    files = sorted(runs.glob("ends/*/predictions/*.jsonl"))
    check.expect("with and without the picture", len(files), 2)
    for file in files:
        check.expect(f"the eval stage's {file.name}", [json.loads(line)["prediction"] for line in file.read_text().splitlines()], ["ab"] * 3)

    export = check.scratch / "export"
    done = check.run("imp-model", "export", folder, "-o", export)
    check.expect("the export ends well", done.returncode, 0)
    check.expect("generation_config.json as it was", (export / "generation_config.json").read_text(), (folder / "generation_config.json").read_text())
    silent = check.folder("silent", base="llava", text=None, named="<eot>")
    check.run("imp-model", "export", silent, "-o", check.scratch / "export_silent")
    for copy in [export, check.scratch / "export_silent"]:
        check.expect(f"transformers on {copy.name}", answer_of_transformers(copy), end)
        check.expect(f"imp on {copy.name}", check.answer(copy), end)
    # What training has taught ends answers too: rows of bare_v1 end with the tokenizer's token, which no file names here.
    taught = check.folder("taught", base="llava", generation={"eos_token_id": END}, text=END, named="<eot>")
    projector = next(runs.glob("stages/finetune-*/projector.safetensors"), check.scratch / "no projector")
    check.expect("untrained", check.answer(taught), said_until(END))
    check.expect("trained", check.answer(taught, "--projector", projector), said_until(EOT))
    check.run("imp-model", "export", taught, "-o", check.scratch / "export_taught", "--projector", projector)
    check.expect("transformers on what was trained", answer_of_transformers(check.scratch / "export_taught"), said_until(EOT))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scratch", type=pathlib.Path)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="the build folder")
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    scratch = options.scratch.resolve()
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    check = Check(scratch, options.bin)
    for part in [check_table, check_beside_transformers, check_by_hand, check_refusals, check_everywhere]:
        part(check)
    print(f"transformers {transformers.__version__}: {check.count} comparisons, {check.wrong} wrong")
    sys.exit(check.wrong != 0)


if __name__ == "__main__":
    main()
