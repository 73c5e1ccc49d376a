#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/data/images: pictures of every kind that Pillow opens as JPEG or PNG, what Pillow decodes and resizes them
to, and what transformers' image processors (Pillow backend) give. Run with the project's Python: make_images.py [OUT]
[RESIZES] [LARGEST SIDE]."""
import base64
import io
import json
import random
import struct
import sys
import zlib
from pathlib import Path

import numpy
from PIL import Image
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

OUT = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2] / "data/images"
RESIZES = int(sys.argv[2]) if len(sys.argv) > 2 else 40
LARGEST = int(sys.argv[3]) if len(sys.argv) > 3 else 44
random.seed(5)
# By class, since AutoImageProcessor asks for torchvision even for the Pillow backend.
PROCESSORS = {"Siglip": SiglipImageProcessorPil, "CLIP": CLIPImageProcessorPil, "ViT": ViTImageProcessorPil}
noise = numpy.random.default_rng(5)


def base(data):
    return base64.b64encode(data).decode()


def picture(width, height):
    """Smooth shapes with noise on top, so that filters and chroma upsampling have something to do."""
    y, x = numpy.mgrid[0:height, 0:width]
    channels = [128 + 110 * numpy.sin(x / (3 + c) + y / (5 - c) + c) + noise.normal(0, 15, (height, width)) for c in range(3)]
    return Image.fromarray(numpy.clip(numpy.stack(channels, -1), 0, 255).astype(numpy.uint8))


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def raw_png(samples, depth, color):
    """A PNG of kinds that Pillow reads but does not write. samples: [height, width, channels] or [height, width]."""
    height, width = samples.shape[:2]
    if depth == 16:
        rows = samples.astype(">u2").reshape(height, -1).view(numpy.uint8)
    else:
        bits = (samples.reshape(height, -1)[..., None] >> numpy.arange(depth)[::-1]) & 1
        rows = numpy.packbits(bits.reshape(height, -1).astype(numpy.uint8), axis=1)
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    data = b"".join(b"\0" + row.tobytes() for row in rows)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b""))


def files():
    rgb = picture(37, 29)
    gray = rgb.convert("L")
    alpha = rgb.convert("RGBA")
    alpha.putalpha(gray)
    wide = Image.fromarray((numpy.asarray(gray).astype(numpy.uint16) * 3))
    yield "444.jpg", encoded(rgb, "JPEG", subsampling=0, quality=90)
    yield "420.jpg", encoded(rgb, "JPEG", subsampling=2, quality=75)
    yield "422.jpg", encoded(rgb, "JPEG", subsampling=1, quality=60)
    yield "progressive.jpg", encoded(rgb, "JPEG", progressive=True)
    yield "gray.jpg", encoded(gray, "JPEG")
    yield "cmyk.jpg", encoded(rgb.convert("CMYK"), "JPEG", quality=95)
    exif = Image.Exif()
    exif[0x112] = 6
    yield "rotated.jpg", encoded(rgb, "JPEG", exif=exif)
    yield "rgb.png", encoded(rgb, "PNG")
    yield "gray.png", encoded(gray, "PNG")
    yield "bilevel.png", encoded(gray.convert("1"), "PNG")
    yield "palette.png", encoded(rgb.quantize(40), "PNG")
    yield "palette4.png", encoded(rgb.quantize(13), "PNG", bits=4)
    yield "palette_transparent.png", encoded(rgb.quantize(20), "PNG", transparency=3)
    yield "gray_transparent.png", encoded(gray, "PNG", transparency=9)
    yield "alpha.png", encoded(alpha, "PNG")
    yield "gray_alpha.png", encoded(alpha.convert("LA"), "PNG")
    yield "gray16.png", encoded(wide, "PNG")
    for name, depth, color, channels in [("rgb16", 16, 2, 3), ("alpha16", 16, 6, 4), ("gray_alpha16", 16, 4, 2),
                                         ("gray2", 2, 0, 1), ("gray4", 4, 0, 1)]:
        yield name + ".png", raw_png(noise.integers(0, 1 << depth, (13, 11, channels)), depth, color)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    decoded, resized, processed = {}, [], []
    for name, data in files():
        (OUT / name).write_bytes(data)
        image = Image.open(io.BytesIO(data)).convert("RGB")
        decoded[name] = {"width": image.width, "height": image.height, "pixels": base(image.tobytes())}
    for i in range(RESIZES):
        image = picture(random.randint(1, LARGEST), random.randint(1, LARGEST))
        size = (random.randint(1, LARGEST), random.randint(1, LARGEST))
        code = [1, 2, 3, 4, 5][i % 5]
        resized.append({"width": image.width, "height": image.height, "pixels": base(image.tobytes()), "to": size,
                        "filter": code, "expected": base(image.resize(size, code).tobytes())})
    siglip = {"image_processor_type": "SiglipImageProcessor", "size": {"height": 24, "width": 20}, "image_mean": [0.5] * 3,
              "image_std": [0.5] * 3, "resample": 3, "rescale_factor": 0.00392156862745098}
    clip = {"image_processor_type": "CLIPImageProcessorFast", "size": {"shortest_edge": 21}, "crop_size": {"height": 21, "width": 21}}
    configs = [siglip, clip, clip | {"crop_size": {"height": 26, "width": 18}}, clip | {"do_resize": False, "crop_size": 30},
               clip | {"size": 17, "crop_size": 17, "resample": 1},
               {"image_processor_type": "ViTImageProcessor", "size": 19},
               {"image_processor_type": "ViTImageProcessor", "size": {"height": 18, "width": 22}, "do_rescale": False},
               siglip | {"do_normalize": False, "resample": 2}]
    for config in configs:
        family, settings = config["image_processor_type"].split("ImageProcessor")[0], dict(config)
        del settings["image_processor_type"]
        processor = PROCESSORS[family](**settings)
        for size in [(33, 25), (20, 31)]:
            image = picture(*size)
            values = processor(image, return_tensors="np")["pixel_values"][0]
            assert values.dtype == numpy.float32
            processed.append({"config": config, "width": image.width, "height": image.height, "pixels": base(image.tobytes()),
                              "shape": values.shape, "expected": base(values.tobytes())})
    (OUT / "expected.json").write_text(json.dumps({"decoded": decoded, "resized": resized, "processed": processed}))


main()
