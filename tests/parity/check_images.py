#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""imp's pictures beside Pillow's, byte for byte: decoding of every kind of JPEG and PNG, and of GIF, WebP, BMP and TIFF
(picture_kinds.py), resizing, cropping, padding to a square; and the lines about pictures that cannot be read.

    check_images.py SCRATCH --probe build/release/tests/input_probe [--resizes N]"""
import argparse
import io
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import zlib

import numpy
from PIL import Image

from picture_kinds import bmp, gif, gif_frame, picture_kinds, tiff, tiff_of

noise = numpy.random.default_rng(17)
rng = random.Random(17)


def picture(width, height):
    y, x = numpy.mgrid[0:height, 0:width]
    channels = [128 + 110 * numpy.sin(x / (3 + c) + y / (5 - c) + c) + noise.normal(0, 25, (height, width)) for c in range(3)]
    return Image.fromarray(numpy.clip(numpy.stack(channels, -1), 0, 255).astype(numpy.uint8))


def raw_png(samples, depth, color, extra=b"", size=None):
    """A PNG of kinds that Pillow reads but does not write. samples: [height, width, channels]."""
    height, width = size or samples.shape[:2]
    if depth == 16:
        rows = samples.astype(">u2").reshape(samples.shape[0], -1).view(numpy.uint8)
    else:
        bits = (samples.reshape(samples.shape[0], -1)[..., None] >> numpy.arange(depth)[::-1]) & 1
        rows = numpy.packbits(bits.reshape(samples.shape[0], -1).astype(numpy.uint8), axis=1)
    data = b"".join(b"\0" + row.tobytes() for row in rows)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)) + extra
            + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b""))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def kinds():
    """Name and bytes of pictures of every kind and of odd sizes."""
    for size in [(1, 1), (7, 5), (16, 16), (37, 29), (129, 64), (200, 131)]:
        rgb = picture(*size)
        gray, name = rgb.convert("L"), f"{size[0]}x{size[1]}"
        for sampling in ["4:4:4", "4:2:2", "4:2:0", "4:1:1"]:
            for quality in [30, 75, 95]:
                yield f"{name}.{sampling.replace(':', '')}.{quality}.jpg", encoded(rgb, "JPEG", subsampling=sampling, quality=quality)
        yield f"{name}.progressive.jpg", encoded(rgb, "JPEG", progressive=True)
        yield f"{name}.restarts.jpg", encoded(rgb, "JPEG", restart_marker_blocks=2)
        yield f"{name}.rgb.jpg", encoded(rgb, "JPEG", keep_rgb=True)
        yield f"{name}.gray.jpg", encoded(gray, "JPEG")
        yield f"{name}.cmyk.jpg", encoded(rgb.convert("CMYK"), "JPEG", quality=90)
        for orientation in range(1, 9):
            exif = Image.Exif()
            exif[0x112] = orientation
            yield f"{name}.exif{orientation}.jpg", encoded(rgb, "JPEG", exif=exif)
        yield f"{name}.png", encoded(rgb, "PNG")
        yield f"{name}.gray.png", encoded(gray, "PNG")
        yield f"{name}.bilevel.png", encoded(gray.convert("1"), "PNG")
        for colors, bits in [(2, 1), (4, 2), (13, 4), (200, 8)]:
            yield f"{name}.palette{bits}.png", encoded(rgb.quantize(colors), "PNG", bits=bits)
        yield f"{name}.palette_transparent.png", encoded(rgb.quantize(20), "PNG", transparency=3)
        yield f"{name}.palette_alpha.png", encoded(rgb.quantize(20), "PNG", transparency=bytes(range(0, 200, 10)))
        yield f"{name}.gray_transparent.png", encoded(gray, "PNG", transparency=9)
        yield f"{name}.rgb_transparent.png", encoded(rgb, "PNG", transparency=(1, 2, 3))
        alpha = rgb.convert("RGBA")
        alpha.putalpha(gray)
        yield f"{name}.alpha.png", encoded(alpha, "PNG")
        yield f"{name}.gray_alpha.png", encoded(alpha.convert("LA"), "PNG")
        yield f"{name}.gray16.png", encoded(Image.fromarray(numpy.asarray(gray).astype(numpy.uint16) * 3), "PNG")
        for kind, depth, color, channels in [("rgb16", 16, 2, 3), ("alpha16", 16, 6, 4), ("gray_alpha16", 16, 4, 2),
                                             ("gray2", 2, 0, 1), ("gray4", 4, 0, 1), ("gray1", 1, 0, 1)]:
            yield f"{name}.{kind}.png", raw_png(noise.integers(0, 1 << depth, (size[1], size[0], channels)), depth, color)


def broken(folder):
    """Name, bytes and what the refusal must say."""
    whole_jpeg, whole_png = encoded(picture(90, 70), "JPEG"), encoded(picture(90, 70), "PNG")
    frame = whole_jpeg.index(b"\xff\xc0")
    yield "empty.jpg", b"", "0 bytes"
    yield "text.jpg", b"not a picture", "is text"
    yield "page.jpg", b"\n<!DOCTYPE html><html><body>404 Not Found</body></html>", "web page"
    yield "denied.png", b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "is text"
    yield "pointer.jpg", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "git lfs pull"
    yield "drawing.png", b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"
    yield "scan.jpg", b"%PDF-1.7\n", "PDF"
    yield "archive.jpg", b"PK\3\4" + bytes(40), "ZIP"
    yield "zeros.jpg", bytes(1000), "zero bytes"
    yield "new.jpg", encoded(picture(20, 20), "AVIF"), "AVIF"
    yield "phone.jpg", b"\0\0\0\x18ftypheic" + bytes(20), "HEIC"
    yield "wavelets.jpg", encoded(picture(20, 20), "JPEG2000"), "JPEG 2000"
    yield "simple.png", encoded(picture(20, 20), "PPM"), "Netpbm"
    yield "favicon.png", encoded(picture(20, 20), "ICO"), "icon"
    yield "clip.jpg", b"\0\0\0\x20ftypisom" + bytes(20), "video"
    yield "unknown.jpg", bytes(range(7, 200)), "not known"
    for name, data in [("cut.gif", encoded(picture(90, 70), "GIF")), ("cut.webp", encoded(picture(90, 70), "WEBP")),
                       ("cut.bmp", encoded(picture(90, 70), "BMP"))]:
        yield name, data[:len(data) // 2], "cut off"
        yield "head_" + name, data[:20], name[4:].upper() if name != "cut.webp" else "WebP"
    yield "nothing.gif", gif((5, 5), [], [(1, 2, 3)] * 4), "no picture"
    yield "cut.tif", tiff_of(noise.integers(0, 256, (70, 90, 3)), 8, 2)[:9000], "TIFF"
    yield "cut_strip.tif", tiff({256: (4, [90]), 257: (4, [70]), 258: (3, [8]), 259: (3, [8]), 262: (3, [1]), 278: (4, [70])}, [zlib.compress(bytes(100))]), "TIFF"
    yield "lab.tif", tiff_of(noise.integers(0, 256, (7, 9, 3)), 8, 8), "interpretation 8"
    yield "masks.bmp", bmp(3, 2, 32, bytes(24), compression=3, masks=struct.pack("<III", 0x3ff00000, 0xffc00, 0x3ff)), "masks"
    yield "embedded.bmp", bmp(3, 2, 24, bytes(24), compression=4), "compression 4"
    yield "bomb.gif", gif((65535, 65535), [gif_frame(numpy.zeros((2, 2), int))], [(1, 2, 3)] * 16), "178956970"
    yield "bomb.bmp", bmp(20000, 20000, 24, bytes(24)), "178956970"
    yield "bomb.tif", tiff_of(noise.integers(0, 256, (2, 2, 1)), 8, 1, more={256: (4, [200000]), 257: (4, [200000])}), "178956970"
    yield "cut.jpg", whole_jpeg[:len(whole_jpeg) // 2], "cut off"
    yield "head.jpg", whole_jpeg[:40], "JPEG"
    yield "cut.png", whole_png[:len(whole_png) // 2], "cut off"
    yield "head.png", whole_png[:20], "cut off"
    yield "crc.png", whole_png[:60] + bytes([whole_png[60] ^ 1]) + whole_png[61:], "damaged"
    yield "bomb.jpg", whole_jpeg[:frame + 5] + b"\xff\xdc\xff\xdc" + whole_jpeg[frame + 9:], "178956970"
    yield "bomb.png", raw_png(numpy.zeros((2, 2, 1), int), 8, 0, size=(20000, 20000)), "178956970"
    yield "flat.png", raw_png(numpy.zeros((2, 2, 1), int), 8, 0, size=(0, 5)), "PNG"


def expand2square(image, color):
    """LLaVA: llava/mm_utils.py (Apache-2.0)."""
    width, height = image.size
    if width == height:
        return image
    result = Image.new(image.mode, (max(width, height),) * 2, color)
    result.paste(image, (0, (width - height) // 2) if width > height else ((height - width) // 2, 0))
    return result


def center_crop(image, width, height):
    from transformers.image_transforms import center_crop as crop

    return Image.fromarray(crop(numpy.asarray(image), (height, width), input_data_format="channels_last"))


def run(probe, folder, requests, **environment):
    (folder / "requests.jsonl").write_text("".join(json.dumps(request) + "\n" for request in requests))
    subprocess.run([probe, "images", folder / "requests.jsonl", folder / "out.bin"], check=True, env=os.environ | environment)
    data, place, answers = (folder / "out.bin").read_bytes(), 0, []
    for _ in requests:
        width, height = struct.unpack_from("<ii", data, place)
        length = width * height * 3 if width else height
        answers.append((width, height, data[place + 8:place + 8 + length]))
        place += 8 + length
    assert place == len(data)
    return answers


def make_requests(folder, resizes):
    """Requests and the pictures that Pillow makes."""
    for name, data in kinds():
        (folder / name).write_bytes(data)
        yield {"file": str(folder / name), "do": "decode"}, Image.open(io.BytesIO(data)).convert("RGB")
    for name, data in picture_kinds(picture, noise):
        misnamed = folder / (name + ".jpg")  # what a file is called says nothing
        misnamed.write_bytes(data)
        yield {"file": str(misnamed), "do": "decode"}, Image.open(io.BytesIO(data)).convert("RGB")
    sources = []
    for index, size in enumerate([(640, 480), (480, 640), (1, 300), (300, 1), (5, 4), (333, 500), (1000, 60), (60, 1000), (17, 17), (384, 384)]):
        sources.append((folder / f"source{index}.png", picture(*size)))
        sources[-1][1].save(sources[-1][0])
    for index in range(resizes):
        path, image = sources[index % len(sources)]
        side = lambda length: rng.choice([1, 2, 3, 5, 224, 336, 384, length, length // 2 + 1, length * 2, rng.randint(1, 500)])
        size, code = [side(image.width), side(image.height)], rng.choice([1, 2, 3, 3])
        yield {"file": str(path), "do": "resize", "size": size, "filter": code}, image.resize(size, code)
    for path, image in sources:
        for size in [(224, 224), (1, 1), (image.width, 10), (701, 333), (16, 17)]:
            yield {"file": str(path), "do": "crop", "size": size}, center_crop(image, *size)
        yield {"file": str(path), "do": "square", "color": [122, 116, 104]}, expand2square(image, (122, 116, 104))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scratch", type=pathlib.Path)
    parser.add_argument("--probe", required=True)
    parser.add_argument("--resizes", type=int, default=600)
    options = parser.parse_args()
    folder = options.scratch.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    cases = list(make_requests(folder, options.resizes))
    requests, wrong = [request for request, _ in cases], 0
    for environment in [{}, {"IMP_PLAIN_RESIZE": "1"}]:  # with and without AVX2
        for (request, expected), (width, height, data) in zip(cases, run(options.probe, folder, requests, **environment), strict=True):
            if (width, height) == expected.size and data == expected.tobytes():
                continue
            wrong += 1
            print(f"{request} {environment}: expected {expected.size}, found {width} x {height} " + (data.decode() if not width else ""))
    refusals = list(broken(folder))
    for name, data, _ in refusals:
        (folder / name).write_bytes(data)
    answers = run(options.probe, folder, [{"file": str(folder / name), "do": "decode"} for name, _, _ in refusals])
    for (name, _, words), (width, _, text) in zip(refusals, answers):
        line = text.decode(errors="replace") if width == 0 else "accepted"
        print(line.replace(str(folder) + "/", ""))
        wrong += width != 0 or words not in line or name not in line or "\n" in line
    counts = {what: sum(request["do"] == what for request in requests) for what in ["decode", "resize", "crop", "square"]}
    print(f"{counts}, each with and without AVX2, and {len(refusals)} refusals; wrong: {wrong}")
    sys.exit(wrong != 0)


if __name__ == "__main__":
    main()
