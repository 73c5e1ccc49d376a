#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""imp's image processors beside the classes of the installed transformers: the tables of keys and defaults, and every bit of
the pixel values of settings in all their spellings, loaded by AutoImageProcessor. Settings that imp refuses are refused by name.

    check_image_processors.py SCRATCH --probe build/release/tests/input_probe"""
import argparse
import importlib
import inspect
import json
import pathlib
import shutil
import struct
import subprocess
import sys

import numpy
import transformers
from PIL import Image

GENERATION = int(transformers.__version__.split(".")[0])
MODULES = {"SiglipImageProcessor": "siglip", "CLIPImageProcessor": "clip", "ViTImageProcessor": "vit", "LlavaImageProcessor": "llava"}
# What 4.x has under another name or leaves to the class below.
NOT_SETTINGS = {"self", "kwargs"}


def classes(name):
    """The class of a processor in each of its backends that can be loaded."""
    modules = [f"image_processing_{MODULES[name]}", f"image_processing_pil_{MODULES[name]}", f"image_processing_{MODULES[name]}_fast"]
    for module in modules:
        try:
            loaded = importlib.import_module(f"transformers.models.{MODULES[name]}.{module}")
        except ImportError:  # of torchvision, which is not installed, or a module of the other generation
            continue
        for suffix in ["", "Pil", "Fast"]:
            found = vars(loaded).get(name + suffix)
            if inspect.isclass(found):
                yield found


def defaults(processor):
    """Key -> what the class takes where a file leaves it out."""
    names = set(inspect.signature(processor.__init__).parameters)
    if hasattr(processor, "valid_kwargs"):
        names |= set(processor.valid_kwargs.__annotations__)
    try:
        settings = processor()
    except ImportError:
        settings = processor
    plain = lambda value: value if value is None or isinstance(value, (bool, str)) else json.loads(
        json.dumps(value, default=lambda other: dict(other) if hasattr(other, "keys") else str(getattr(other, "value", other))))
    found = {}
    for name in names - NOT_SETTINGS:
        value = getattr(settings, name, None)
        found[name] = plain(int(value) if name == "resample" else list(value) if isinstance(value, tuple) else value)
        if name in ("size", "crop_size") and value is not None:
            found[name] = {key: side for key, side in dict(value).items() if side is not None}
    return found


def check_tables(tables):
    wrong = 0
    for name in MODULES:
        checked = 0
        for processor in classes(name):
            for key, value in defaults(processor).items():
                if key not in tables[name]:
                    print(f"{processor.__name__}.{key} (default {value!r}) is in no table of imp")
                    wrong += 1
                    continue
                ours = tables[name][key]
                checked += 1
                # null in transformers leaves a switch off.
                same = ours["default"] == value or (value is None and not ours["default"])
                if not same and not (ours["meaning"] == "no_effect" and key in ("do_convert_rgb", "data_format")):
                    print(f"{processor.__name__}.{key}: transformers has {value!r}, imp {ours['default']!r}")
                    wrong += 1
        print(f"{name}: {checked} keys")
        wrong += checked < 9
    return wrong


HALF = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}


def read_kinds():
    """Name, files: what imp and transformers read alike."""
    own = lambda settings, **more: {"preprocessor_config.json": settings} | more
    model = lambda model_type: {"config.json": {"model_type": model_type}}
    for kind in MODULES:
        yield f"{kind}: nothing but its type", own({"image_processor_type": kind})
        yield f"{kind}: 40 by 36", own({"image_processor_type": kind, "size": {"height": 40, "width": 36}})
        yield f"{kind}: a list", own({"image_processor_type": kind, "size": [40, 36], "crop_size": [33, 35]})
        yield f"{kind}: no resize", own({"image_processor_type": kind, "do_resize": False})
        yield f"{kind}: no normalize", own({"image_processor_type": kind, "do_normalize": False})
        yield f"{kind}: neither", own({"image_processor_type": kind, "do_normalize": False, "rescale_factor": 0.5})
        yield f"{kind}: no rescale", own({"image_processor_type": kind, "do_rescale": False, "resample": 1})
        yield f"{kind}: one mean", own({"image_processor_type": kind, "image_mean": 0.4, "image_std": 0.3})
        yield f"{kind}: Fast", own({"image_processor_type": kind + "Fast", "do_pad": None, "pad_size": None, "device": None,
                                    "disable_grouping": None, "return_tensors": None, "data_format": "channels_first"})
        yield f"{kind}: notes", own({"image_processor_type": kind, "processor_class": "LlavaProcessor", "comment": [1],
                                     "do_reduce_labels": True, "num_frames": 8, "size_divisor": 4})
        yield f"{kind}: of the old name", own({"feature_extractor_type": kind.replace("ImageProcessor", "FeatureExtractor"), "resample": 2})
        yield f"{kind}: both names", own({"feature_extractor_type": "BlipFeatureExtractor", "image_processor_type": kind})
    for kind in ["CLIPImageProcessor", "LlavaImageProcessor"]:
        yield f"{kind}: a number", own({"image_processor_type": kind, "size": 40, "crop_size": 32})
        yield f"{kind}: shorter edge", own({"image_processor_type": kind, "size": {"shortest_edge": 50}, "crop_size": {"height": 60, "width": 30}})
        yield f"{kind}: no crop", own({"image_processor_type": kind, "size": {"shortest_edge": 50}, "do_center_crop": False})
    yield "ViT: a number", own({"image_processor_type": "ViTImageProcessor", "size": 40})
    yield "LLaVA: padded", own({"image_processor_type": "LlavaImageProcessor", "do_pad": True, "size": {"shortest_edge": 40}, "crop_size": 40})
    yield "LLaVA: padded to 255", own({"image_processor_type": "LlavaImageProcessor", "do_pad": True, "image_mean": [1, 0, 0.25]})
    for model_type in ["llava", "clip", "siglip", "vit"]:
        yield f"no type: {model_type}", own(HALF | {"resample": 2}, **model(model_type))
    yield "no type: a padded LLaVA", own({"do_pad": True}, **model("llava"))
    yield "a null type", own({"image_processor_type": None, "size": {"height": 30, "width": 30}}, **model("siglip"))
    nested = {"image_processor": {"image_processor_type": "SiglipImageProcessor", "size": {"height": 30, "width": 30}},
              "processor_class": "SiglipProcessor"}
    yield "nested alone", {"processor_config.json": nested}
    if GENERATION > 4:  # 4.x takes preprocessor_config.json first
        yield "nested first", {"processor_config.json": nested, "preprocessor_config.json": {"image_processor_type": "ViTImageProcessor"}}
    flat = {"patch_size": 14, "processor_class": "LlavaProcessor", "vision_feature_select_strategy": "default"}
    yield "a processor of the old kind beside", own({"image_processor_type": "CLIPImageProcessor"}, **{"processor_config.json": flat})
    if GENERATION > 4:  # slow classes of 4.x do not know these
        yield "SigLIP: a number", own({"image_processor_type": "SiglipImageProcessor", "size": 40})
        yield "SigLIP: cropped", own({"image_processor_type": "SiglipImageProcessor", "do_center_crop": True, "crop_size": 100})
        yield "ViT: shorter edge", own({"image_processor_type": "ViTImageProcessor", "size": {"shortest_edge": 40}})
        yield "CLIP: a square", own({"image_processor_type": "CLIPImageProcessor", "size": 40, "default_to_square": True})


def refused_kinds():
    """Name, files, and what the line must say."""
    own = lambda settings, **more: {"preprocessor_config.json": settings} | more
    clip = {"image_processor_type": "CLIPImageProcessor"}
    yield "nothing", {}, "neither preprocessor_config.json nor"
    yield "only a processor of the old kind", {"processor_config.json": {"patch_size": 14}, "config.json": {"model_type": "llava"}}, "neither"
    yield "no type at all", own({}), "image_processor_type"
    yield "no type, a model of another kind", own({}, **{"config.json": {"model_type": "blip"}}), "image_processor_type"
    for kind in ["BlipImageProcessor", "BitImageProcessor", "LlavaNextImageProcessor", "Idefics3ImageProcessorFast", "VivitImageProcessor"]:
        yield kind, own({"image_processor_type": kind}), kind
    yield "feature extractor", own({"feature_extractor_type": "DeiTFeatureExtractor"}), "DeiTFeatureExtractor"
    yield "code", own({"auto_map": {"AutoImageProcessor": "a.B"}}, **{"config.json": {"model_type": "llava"}}), "auto_map"
    yield "longest edge", own(clip | {"size": {"longest_edge": 30}}), "'size'"
    yield "two edges", own(clip | {"size": {"shortest_edge": 30, "longest_edge": 40}}), "'size'"
    yield "most", own(clip | {"size": {"max_height": 30, "max_width": 40}}), "'size'"
    yield "too much", own(clip | {"size": {"height": 30, "width": 40, "shortest_edge": 3}}), "'size'"
    yield "crop by an edge", own(clip | {"crop_size": {"shortest_edge": 30}}), "'crop_size'"
    yield "crop of no size", own({"image_processor_type": "ViTImageProcessor", "do_center_crop": True}), "'crop_size'"
    yield "no filter", own(clip | {"resample": "bicubic"}), "'resample'"
    yield "nearest", own(clip | {"resample": 0}), "'resample'"
    yield "square", own(clip | {"use_square_size": True}), "use_square_size"
    yield "pad size", own(clip | {"do_pad": True, "pad_size": {"height": 9, "width": 9}}), "pad_size"
    yield "two means", own(clip | {"image_mean": [0.5, 0.5]}), "'image_mean'"
    yield "words", own(clip | {"do_resize": "yes"}), "'do_resize'"
    yield "a factor of words", own(clip | {"rescale_factor": "1/255"}), "'rescale_factor'"
    yield "deviation 0", own(clip | {"image_std": 0}), "'image_std'"
    yield "a list", own([1]), "JSON object"


def write(folder, files):
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))


def run(probe, folder, requests):
    (folder / "requests.jsonl").write_text("".join(json.dumps(request) + "\n" for request in requests))
    subprocess.run([probe, "process", folder / "requests.jsonl", folder / "out.bin"], check=True)
    data, place = (folder / "out.bin").read_bytes(), 0
    for _ in requests:
        height, width = struct.unpack_from("<ii", data, place)
        length = width * height * 12 if height else width
        content = data[place + 8:place + 8 + length]
        yield numpy.frombuffer(content, numpy.float32).reshape(3, height, width) if height else content.decode()
        place += 8 + length


def theirs(folder, image):
    from transformers.models.auto.image_processing_auto import AutoImageProcessor  # works without torchvision

    slow = {"backend": "pil"} if GENERATION > 4 else {"use_fast": False}
    return numpy.asarray(AutoImageProcessor.from_pretrained(folder, **slow)(image, return_tensors="np")["pixel_values"][0])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scratch", type=pathlib.Path)
    parser.add_argument("--probe", required=True)
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    folder = options.scratch.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    wrong = check_tables(json.loads(subprocess.run([options.probe, "keys"], check=True, capture_output=True).stdout))

    noise = numpy.random.default_rng(5)
    pictures = [Image.fromarray(noise.integers(0, 256, (*size, 3), numpy.uint8)) for size in [(61, 90), (75, 52)]]
    for index, picture in enumerate(pictures):
        picture.save(folder / f"{index}.png")
    kinds, requests = list(read_kinds()), []
    for number, (_, files) in enumerate(kinds):
        write(folder / f"read{number}", files)
        requests += [{"directory": str(folder / f"read{number}"), "file": str(folder / f"{index}.png")} for index in range(len(pictures))]
    answers = iter(run(options.probe, folder, requests))
    for number, (name, _) in enumerate(kinds):
        for picture in pictures:
            ours, expected = next(answers), theirs(folder / f"read{number}", picture)
            if isinstance(ours, str) or not numpy.array_equal(ours, expected):
                wrong += 1
                print(f"{name}: expected {expected.shape}, found {ours if isinstance(ours, str) else ours.shape}")
    refused = list(refused_kinds())
    for number, (_, files, _) in enumerate(refused):
        write(folder / f"refused{number}", files)
    requests = [{"directory": str(folder / f"refused{number}"), "file": str(folder / "0.png")} for number in range(len(refused))]
    for (name, _, words), line in zip(refused, run(options.probe, folder, requests), strict=True):
        text = line if isinstance(line, str) else "accepted"
        print(text.replace(str(folder) + "/", ""))
        if words not in text or "\n" in text or "parse_error" in text or "json.exception" in text:
            wrong += 1
            print(f"{name}: expected a line with {words}")
    print(f"transformers {transformers.__version__}: {len(kinds)} kinds of settings, {len(refused)} refusals; wrong: {wrong}")
    sys.exit(wrong != 0)


if __name__ == "__main__":
    main()
