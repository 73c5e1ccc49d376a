#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pictures a second from JPEG file to pixel_values: imp beside transformers' slow (Pillow) and fast (torchvision) processors,
on one core, the same files, alternating.

    image_ratio.py --probe build/release/tests/input_probe --rounds 5 [--torchvision FOLDER]

The pictures are COCO's size, 640 x 480, made of photographs of installed wallpapers (of smooth noise where there are none),
JPEG quality 90, 4:2:0. Every time is from opening the files to float32 arrays; the fast processor decodes with torchvision where that can decode (decode_jpeg),
else with Pillow, and both its times are shown. FOLDER is where a torchvision of the pinned torch was put with `pip install --no-deps --target`."""
import argparse
import glob
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

PROCESSORS = {
    "siglip": {"image_processor_type": "SiglipImageProcessor", "size": {"height": 384, "width": 384}, "resample": 3,
               "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "do_convert_rgb": True},
    "clip": {"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 336}, "crop_size": {"height": 336, "width": 336}},
}


def make_pictures(folder, count):
    import numpy
    from PIL import Image, ImageFilter

    found = sorted(glob.glob("/usr/share/backgrounds/**/*.jpg", recursive=True))
    noise = numpy.random.default_rng(1)
    sources = []
    for path in found[:12]:
        picture = Image.open(path).convert("RGB")
        picture.thumbnail((1600, 1600))
        sources.append(picture)
    if not sources:
        sources = [Image.fromarray(noise.integers(0, 255, (1000, 1300, 3), dtype=numpy.uint8)).filter(ImageFilter.GaussianBlur(3))]
    for index in range(count):
        source = sources[index % len(sources)]
        width, height = (640, 480) if index % 4 else (480, 640)
        scale = max(width / source.width, height / source.height) * (1 + noise.random() * 0.3)
        picture = source.resize((int(source.width * scale) + 1, int(source.height * scale) + 1), Image.LANCZOS)
        left, top = (int(noise.integers(0, a - b + 1)) for a, b in zip(picture.size, (width, height)))
        picture.crop((left, top, left + width, top + height)).save(folder / f"{index}.jpg", quality=90)
    return [folder / f"{index}.jpg" for index in range(count)]


def peer(kind, fast):
    import transformers as hf
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
    from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

    settings = {key: value for key, value in PROCESSORS[kind].items() if key != "image_processor_type"}
    slow_class = {"siglip": SiglipImageProcessorPil, "clip": CLIPImageProcessorPil}[kind]
    if not fast:
        return slow_class(**settings)
    from transformers.models.clip.image_processing_clip import CLIPImageProcessor
    from transformers.models.siglip.image_processing_siglip import SiglipImageProcessor

    fast_class = {"siglip": SiglipImageProcessor, "clip": CLIPImageProcessor}[kind]
    assert "Pil" not in fast_class.__name__ and hf.utils.is_torchvision_available()
    return fast_class(**settings)


def timed(run, paths):
    """Seconds of all pictures and the sum of their values, which is taken with the clock stopped."""
    import numpy

    seconds = total = 0.0
    for path in paths:
        before = time.perf_counter()
        values = run(path)
        seconds += time.perf_counter() - before
        total += numpy.asarray(values).sum(dtype=numpy.float64)
    return seconds, total


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--probe", required=True)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pictures", type=int, default=100)
    parser.add_argument("--torchvision")
    options = parser.parse_args()
    if options.torchvision:
        sys.path.insert(0, options.torchvision)
    import torch
    from PIL import Image

    torch.set_num_threads(1)
    try:
        import torchvision
        from torchvision.io import decode_jpeg, read_file
    except Exception as problem:
        torchvision = None
        print(f"no fast processor: torchvision does not load ({problem}); give --torchvision")
    failed = False
    with tempfile.TemporaryDirectory() as name:
        scratch = pathlib.Path(name)
        paths = make_pictures(scratch, options.pictures)
        (scratch / "list.jsonl").write_text("".join(json.dumps(str(path)) + "\n" for path in paths))
        for kind, config in PROCESSORS.items():
            (scratch / kind).mkdir()
            (scratch / kind / "preprocessor_config.json").write_text(json.dumps(config))
            slow = peer(kind, fast=False)
            ways = {"slow": lambda p: slow(Image.open(p).convert("RGB"), return_tensors="np")["pixel_values"]}
            if torchvision:
                fast = peer(kind, fast=True)
                ways["fast, Pillow decodes"] = lambda p: fast(Image.open(p).convert("RGB"), return_tensors="pt")["pixel_values"]
                try:
                    decode_jpeg(read_file(str(paths[0])))
                    ways["fast, torchvision decodes"] = lambda p: fast(decode_jpeg(read_file(str(p))), return_tensors="pt")["pixel_values"]
                except Exception as problem:
                    print(f"torchvision cannot decode here: {problem}")
            ratios = {way: [] for way in ways}
            for number in range(1, options.rounds + 1):
                done = subprocess.run([options.probe, "time-process", str(scratch / kind), str(scratch / "list.jsonl")],
                                      capture_output=True, text=True, check=True)
                ours = json.loads(done.stdout)
                line = f"{kind} round {number}: imp {len(paths) / ours['seconds']:.0f} pictures/s"
                for way, run in ways.items():
                    seconds, total = timed(run, paths)
                    if way == "slow":
                        assert abs(total - ours["sum"]) < 1e-6 * abs(total) + 1e-3, (total, ours)
                    ratios[way].append(seconds / ours["seconds"])
                    line += f", {way} {len(paths) / seconds:.0f} ({ratios[way][-1]:.2f} times)"
                print(line, flush=True)
            medians = {way: statistics.median(values) for way, values in ratios.items()}
            print(f"{kind}: medians " + ", ".join(f"{way} {value:.2f} times" for way, value in medians.items()))
            failed = failed or medians["slow"] < 3 or any(value <= 1 for value in medians.values())
    sys.exit(failed)


if __name__ == "__main__":
    main()
