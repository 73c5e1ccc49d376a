# SPDX-License-Identifier: Apache-2.0
"""Pictures of every kind of GIF, WebP, BMP and TIFF that Pillow reads, also those that it does not write: check_images.py
holds the decoders against Pillow with them."""
import io
import itertools
import struct
import zlib

import numpy
from PIL import Image


def saved(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


# GIF

def lzw(indices, bits):
    """LZW data of a GIF in the simplest form: a clear code before the table would make codes longer."""
    clear, size, out, held, count = 1 << bits, bits + 1, bytearray(), 0, 0
    codes = []
    for place, index in enumerate(indices):
        if place % ((1 << bits) - 2) == 0:
            codes.append(clear)
        codes.append(index)
    for code in [*codes, clear + 1]:
        held |= code << count
        count += size
        while count >= 8:
            out.append(held & 255)
            held >>= 8
            count -= 8
    if count:
        out.append(held)
    return bytes(out)


def gif_colors(colors):
    return b"".join(bytes(color) for color in colors)


def gif_frame(indices, left=0, top=0, colors=None, interlaced=False, transparent=None, bits=4):
    height, width = indices.shape
    control = b"" if transparent is None else b"!\xf9\x04" + bytes([1 | 2 << 2, 5, 0, transparent, 0])
    flags = (128 | (len(colors).bit_length() - 2) if colors else 0) | (64 if interlaced else 0)
    order = [*range(0, height, 8), *range(4, height, 8), *range(2, height, 4), *range(1, height, 2)] if interlaced else range(height)
    data = lzw([int(v) for row in order for v in indices[row]], bits)
    blocks = b"".join(bytes([len(part)]) + part for part in (data[i:i + 255] for i in range(0, len(data), 255)))
    return (control + b"," + struct.pack("<HHHHB", left, top, width, height, flags) + (gif_colors(colors) if colors else b"")
            + bytes([bits]) + blocks + b"\0")


def gif(screen, frames, colors=None, background=0, version=b"GIF89a"):
    flags = 128 | 112 | (len(colors).bit_length() - 2) if colors else 0
    return (version + struct.pack("<HHBBB", *screen, flags, background, 0) + (gif_colors(colors) if colors else b"")
            + b"".join(frames) + b";")


def gif_kinds(picture, noise):
    draw = lambda height, width, most=16: noise.integers(0, most, (height, width))
    colors = lambda count: [tuple(int(v) for v in noise.integers(0, 256, 3)) for _ in range(count)]
    ramp, sixteen, other = [(i, i, i) for i in range(16)], colors(16), colors(16)
    comment, loop = b"!\xfe\x05hello\0", b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
    for width, height in [(1, 1), (7, 5), (37, 29), (300, 9)]:
        name, whole = f"{width}x{height}", draw(height, width)
        yield f"{name}.plain.gif", gif((width, height), [gif_frame(whole)], sixteen)
        yield f"{name}.87a.gif", gif((width, height), [gif_frame(whole)], sixteen, version=b"GIF87a")
        yield f"{name}.interlaced.gif", gif((width, height), [gif_frame(whole, interlaced=True)], sixteen)
        yield f"{name}.local.gif", gif((width, height), [gif_frame(whole, colors=other)], sixteen)
        yield f"{name}.no_palette.gif", gif((width, height), [gif_frame(whole)])
        yield f"{name}.ramp.gif", gif((width, height), [gif_frame(whole)], ramp)
        yield f"{name}.local_ramp.gif", gif((width, height), [gif_frame(whole, colors=ramp)], sixteen)
        yield f"{name}.short_palette.gif", gif((width, height), [gif_frame(whole)], sixteen[:4])
        yield f"{name}.short_ramp.gif", gif((width, height), [gif_frame(whole)], ramp[:8])
        yield f"{name}.transparent.gif", gif((width, height), [gif_frame(whole, transparent=3)], sixteen, background=7)
        yield f"{name}.extensions.gif", gif((width, height), [comment, loop, gif_frame(whole, transparent=3), gif_frame(whole)], sixteen)
        yield f"{name}.stray_bytes.gif", gif((width, height), [b"\0\0\x07", gif_frame(whole)], sixteen)
        yield f"{name}.smaller_frame.gif", gif((width + 9, height + 4), [gif_frame(whole, 3, 2)], sixteen, background=7)
        yield f"{name}.smaller_transparent.gif", gif((width + 9, height + 4), [gif_frame(whole, 3, 2, transparent=5)], sixteen, background=7)
        yield f"{name}.smaller_gray.gif", gif((width + 9, height + 4), [gif_frame(whole, 3, 2, transparent=5)])
        yield f"{name}.outside.gif", gif((width, height), [gif_frame(whole, 3, 2, transparent=5)], sixteen)
        yield f"{name}.no_screen.gif", gif((0, 0), [gif_frame(whole)], sixteen)
        yield f"{name}.no_end.gif", gif((width, height), [gif_frame(whole)], sixteen)[:-1]
        yield f"{name}.no_terminator.gif", gif((width, height), [gif_frame(whole)], sixteen)[:-2]
        yield f"{name}.moving.gif", gif((width, height), [gif_frame(draw(height, width), colors=other, transparent=1), gif_frame(whole)], sixteen)
        rgb = picture(width, height)
        for interlace, count in itertools.product([0, 1], [2, 5, 64, 256]):
            yield f"{name}.pillow{interlace}.{count}.gif", saved(rgb.quantize(count), "GIF", interlace=interlace)
        yield f"{name}.pillow_gray.gif", saved(rgb.convert("L"), "GIF")
        yield f"{name}.pillow_bilevel.gif", saved(rgb.convert("1"), "GIF")
        yield f"{name}.pillow_rgba.gif", saved(faded(rgb), "GIF")
        yield f"{name}.pillow_moving.gif", saved(rgb, "GIF", save_all=True, append_images=[rgb.rotate(180), rgb.convert("L")])
    large = picture(640, 480)  # the table of codes fills up
    yield "large.gif", saved(large.quantize(256), "GIF")


def faded(rgb):
    alpha = rgb.convert("RGBA")
    alpha.putalpha(rgb.convert("L"))
    return alpha


# WebP

def webp_kinds(picture, noise):
    for width, height in [(1, 1), (7, 5), (16, 16), (37, 29), (129, 64)]:
        rgb, name = picture(width, height), f"{width}x{height}"
        for quality, method in itertools.product([5, 80, 100], [0, 6]):
            yield f"{name}.{quality}.{method}.webp", saved(rgb, "WEBP", quality=quality, method=method)
        yield f"{name}.lossless.webp", saved(rgb, "WEBP", lossless=True)
        yield f"{name}.palette.webp", saved(rgb.quantize(9).convert("RGB"), "WEBP", lossless=True)
        yield f"{name}.alpha.webp", saved(faded(rgb), "WEBP", quality=70)
        yield f"{name}.alpha_lossless.webp", saved(faded(rgb), "WEBP", lossless=True)
        yield f"{name}.alpha_exact.webp", saved(faded(rgb), "WEBP", lossless=True, exact=True)
        clear = rgb.convert("RGBA")
        clear.putalpha(0)
        yield f"{name}.clear.webp", saved(clear, "WEBP", lossless=True, exact=True)
        exif = Image.Exif()
        exif[0x112] = 6
        yield f"{name}.exif.webp", saved(rgb, "WEBP", exif=exif, xmp=b"<x/>", icc_profile=b"no profile at all")
        moving = saved(rgb, "WEBP", save_all=True, append_images=[rgb.point(lambda level: 255 - level), rgb], background=(10, 20, 30, 255))
        yield f"{name}.moving.webp", moving
        yield f"{name}.moving_alpha.webp", saved(faded(rgb), "WEBP", save_all=True, append_images=[faded(rgb.rotate(180))], lossless=True)
        yield f"{name}.offset.webp", on_larger_canvas(moving, width + 6, height + 4)
        yield f"{name}.trailing.webp", saved(rgb, "WEBP") + b"more than there should be"


def on_larger_canvas(webp, width, height):
    """An animation whose first frame is smaller than the canvas and stands in it at (4, 2)."""
    data, place = bytearray(webp), webp.index(b"VP8X")
    data[place + 12:place + 18] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    frame = webp.index(b"ANMF")
    data[frame + 8:frame + 14] = (2).to_bytes(3, "little") + (1).to_bytes(3, "little")
    return bytes(data)


# BMP

def bmp(width, height, bits, data, palette=b"", header=40, compression=0, colors=0, masks=b"", from_top=False, gap=0, offset=None):
    if header == 12:
        info = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", header, width, -height if from_top else height, 1, bits, compression, len(data), 2835, 2835, colors, 0)
        info += masks.ljust(header - 40, b"\0") if header > 40 else masks
    start = 14 + len(info) + len(palette) + gap
    return (b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start if offset is None else offset) + info + palette + b"\0" * gap + data)


def bmp_rows(numbers, bits):
    """Rows of [height, width] numbers of `bits` bits, padded to four bytes, the lowest row first."""
    packed = (numbers[..., None] >> numpy.arange(bits)[::-1] & 1).reshape(len(numbers), -1).astype(numpy.uint8)
    rows = numpy.packbits(packed, axis=1)
    if bits > 8:
        rows = numbers.astype(f"<u{bits // 8 if bits != 24 else 4}").view(numpy.uint8).reshape(*numbers.shape, -1)[..., :bits // 8].reshape(len(numbers), -1)
    return b"".join(row.tobytes() + b"\0" * (-len(row.tobytes()) % 4) for row in rows[::-1])


def bmp_runs(numbers, four_bits, rng):
    """RLE with runs, literal stretches, ends of rows and skips."""
    out = bytearray()
    for row in numbers[::-1]:
        x = 0
        while x < len(row):
            left, kind = len(row) - x, rng.random()
            if kind < 0.1 and left > 3:
                out += b"\0\2\3\0"  # three to the right
                x += 3
            elif kind < 0.5 and left >= 3:
                count = min(left, int(rng.integers(3, 12)))
                part = [int(v) for v in row[x:x + count]]
                coded = bytes(a << 4 | b for a, b in itertools.zip_longest(part[::2], part[1::2], fillvalue=0)) if four_bits else bytes(part)
                out += bytes([0, count]) + coded + b"\0" * (len(coded) % 2)
                x += count
            else:
                count = min(left, int(rng.integers(1, 9)))
                value = int(row[x])
                out += bytes([count, value << 4 | int(rng.integers(0, 16)) if four_bits else value])
                x += count
        out += b"\0\0"
    return bytes(out + b"\0\1")


def bmp_kinds(picture, noise):
    for width, height in [(1, 1), (3, 2), (7, 5), (37, 29), (64, 10)]:
        name = f"{width}x{height}"
        table = lambda count, size=4: b"".join(bytes(noise.integers(0, 256, 3, dtype=numpy.uint8)) + b"\0" * (size - 3) for _ in range(count))
        levels = lambda values: b"".join(bytes([v, v, v, 0]) for v in values)
        number = lambda bits: noise.integers(0, 1 << bits, (height, width))
        for bits in [1, 4, 8]:
            whole = bmp_rows(number(bits), bits)
            yield f"{name}.{bits}.bmp", bmp(width, height, bits, whole, table(1 << bits))
            yield f"{name}.{bits}.os2.bmp", bmp(width, height, bits, whole, table(1 << bits, 3), header=12)
            yield f"{name}.{bits}.top.bmp", bmp(width, height, bits, whole, table(1 << bits), from_top=True)
            yield f"{name}.{bits}.few_colors.bmp", bmp(width, height, bits, whole, table(2), colors=2)
            yield f"{name}.{bits}.gap.bmp", bmp(width, height, bits, whole, table(1 << bits), gap=10)
            yield f"{name}.{bits}.offset_of_palette.bmp", bmp(width, height, bits, whole, table(1 << bits), offset=54)
            yield f"{name}.{bits}.no_offset.bmp", bmp(width, height, bits, whole, table(1 << bits), offset=0)
            for header in [52, 56, 64, 108, 124]:
                yield f"{name}.{bits}.{header}.bmp", bmp(width, height, bits, whole, table(1 << bits), header=header)
        yield f"{name}.short_palette.bmp", bmp(width, height, 8, bmp_rows(number(1), 8), table(2), offset=62)
        yield f"{name}.gray.bmp", bmp(width, height, 8, bmp_rows(number(8), 8), levels(range(256)))
        yield f"{name}.gray_few.bmp", bmp(width, height, 8, bmp_rows(number(8), 8), levels(range(60)), colors=60)
        yield f"{name}.bilevel.bmp", bmp(width, height, 1, bmp_rows(number(1), 1), levels([0, 255]))
        yield f"{name}.inverted.bmp", bmp(width, height, 1, bmp_rows(number(1), 1), levels([255, 0]))
        yield f"{name}.bilevel_of_bytes.bmp", bmp(width, height, 8, bmp_rows(number(8), 8), levels([0, 255]), colors=2)
        for compression, bits in [(1, 8), (2, 4)]:
            for colors in [table(1 << bits), levels(range(1 << bits))]:
                runs = bmp_runs(number(bits), bits == 4, noise)
                kind = "gray" if colors.startswith(b"\0\0\0\0\1\1\1") else "runs"
                yield f"{name}.{kind}{bits}.bmp", bmp(width, height, bits, runs, colors, compression=compression)
                yield f"{name}.{kind}{bits}.gap.bmp", bmp(width, height, bits, runs, colors, compression=compression, gap=2)
        pixels = number(16)
        yield f"{name}.16.bmp", bmp(width, height, 16, bmp_rows(pixels, 16))
        for masks in [(0xf800, 0x7e0, 0x1f), (0x7c00, 0x3e0, 0x1f)]:
            yield f"{name}.16.{masks[0]:x}.bmp", bmp(width, height, 16, bmp_rows(pixels, 16), compression=3, masks=struct.pack("<III", *masks))
        yield f"{name}.24.bmp", bmp(width, height, 24, bmp_rows(number(24), 24))
        yield f"{name}.24.os2.bmp", bmp(width, height, 24, bmp_rows(number(24), 24), header=12)
        yield f"{name}.24.top.bmp", bmp(width, height, 24, bmp_rows(number(24), 24), from_top=True)
        yield f"{name}.24.masks.bmp", bmp(width, height, 24, bmp_rows(number(24), 24), compression=3, masks=struct.pack("<III", 0xff0000, 0xff00, 0xff))
        yield f"{name}.32.bmp", bmp(width, height, 32, bmp_rows(number(32), 32))
        for masks in [(0xff0000, 0xff00, 0xff, 0), (0xff000000, 0xff0000, 0xff00, 0), (0xff000000, 0xff00, 0xff, 0), (0xff000000, 0xff0000, 0xff00, 0xff),
                      (0xff, 0xff00, 0xff0000, 0xff000000), (0xff0000, 0xff00, 0xff, 0xff000000), (0xff000000, 0xff00, 0xff, 0xff0000), (0, 0, 0, 0)]:
            packed, words = struct.pack("<IIII", *masks), "_".join(f"{mask:x}" for mask in masks)
            for header in [56, 108, 124]:
                yield f"{name}.32.{words}.{header}.bmp", bmp(width, height, 32, bmp_rows(number(32), 32), compression=3, masks=packed, header=header)
            if masks[3] == 0:
                yield f"{name}.32.{words}.40.bmp", bmp(width, height, 32, bmp_rows(number(32), 32), compression=3, masks=packed[:12])
        rgb = picture(width, height)
        for mode in ["1", "L", "P", "RGB", "RGBA"]:
            yield f"{name}.pillow_{mode}.bmp", saved(rgb.convert(mode), "BMP")


# TIFF

def tiff(tags, blocks, order="<", big=False):
    """tags: {number: (type, values)}; the blocks' places and lengths are filled in. Types: 3 short, 4 long."""
    offsets_tag, counts_tag = (324, 325) if 322 in tags else (273, 279)
    data, places = bytearray(struct.pack(order + ("2sHHHQ" if big else "2sHI"), b"II" if order == "<" else b"MM", *((43, 8, 0, 0) if big else (42, 0)))), []
    for block in blocks:
        places.append(len(data))
        data += block + b"\0" * (len(block) % 2)
    tags = tags | {offsets_tag: (4, places), counts_tag: (4, [len(block) for block in blocks])}
    entries, room = [], 8 if big else 4
    for number, (kind, values) in sorted(tags.items()):
        packed = b"".join(struct.pack(order + {3: "H", 4: "I"}[kind], value) for value in values)
        if len(packed) > room:
            packed, place = struct.pack(order + ("Q" if big else "I"), len(data)), packed
            data += place
        entries.append(struct.pack(order + ("HHQ" if big else "HHI"), number, kind, len(values)) + packed.ljust(room, b"\0"))
    data += b"\0" * (len(data) % 2)
    start = len(data)
    data += struct.pack(order + ("Q" if big else "H"), len(entries)) + b"".join(entries) + struct.pack(order + ("Q" if big else "I"), 0)
    struct.pack_into(order + ("Q" if big else "I"), data, 8 if big else 4, start)
    return bytes(data)


def tiff_samples(samples, bits, order):
    """Bytes of [height, width, samples], each row begun at a byte."""
    if bits in (16, 32):
        return samples.astype({16: f"{order}u2", 32: f"{order}u4"}[bits]).tobytes()
    if samples.size == 0:
        return b""
    digits = (samples.reshape(len(samples), -1)[..., None] >> numpy.arange(bits)[::-1] & 1).reshape(len(samples), -1)
    return numpy.packbits(digits.astype(numpy.uint8), axis=1).tobytes()


def tiff_of(samples, bits, photometric, order="<", extra=(), rows=None, tile=None, planar=False, deflate=False, more=None, big=False):
    height, width, count = samples.shape
    tags = {256: (4, [width]), 257: (4, [height]), 258: (3, [bits] * count), 259: (3, [8 if deflate else 1]), 262: (3, [photometric]),
            277: (3, [count]), 284: (3, [2 if planar else 1])} | (more or {})
    if extra:
        tags[338] = (3, list(extra))
    planes = [samples[..., i:i + 1] for i in range(count)] if planar else [samples]
    if tile:
        tags |= {322: (4, [tile[0]]), 323: (4, [tile[1]])}
        padded = [numpy.pad(plane, ((0, -height % tile[1]), (0, -width % tile[0]), (0, 0)), mode="edge") for plane in planes]
        blocks = [plane[y:y + tile[1], x:x + tile[0]] for plane in padded for y in range(0, height, tile[1]) for x in range(0, width, tile[0])]
    else:
        rows = rows or height
        tags[278] = (4, [rows])
        blocks = [plane[y:y + rows] for plane in planes for y in range(0, height, rows)]
    coded = [tiff_samples(block, bits, order) for block in blocks]
    return tiff(tags, [zlib.compress(block) for block in coded] if deflate else coded, order, big)


def tiff_kinds(picture, noise):
    for width, height in [(1, 1), (7, 5), (37, 29), (40, 33)]:
        name, rgb = f"{width}x{height}", picture(width, height)
        draw = lambda bits, count: noise.integers(0, 1 << bits, (height, width, count))
        map_of = lambda bits: {320: (3, [int(v) for v in noise.integers(0, 65536, 3 << bits)])}
        for order, deflate in itertools.product("<>", [False, True]):
            end = f"{'II' if order == '<' else 'MM'}{'.deflate' if deflate else ''}.tif"
            make = lambda *arguments, **options: tiff_of(*arguments, order=order, deflate=deflate, **options)
            for bits, photometric in itertools.product([1, 2, 4, 8], [0, 1]):
                yield f"{name}.gray{bits}.{photometric}.{end}", make(draw(bits, 1), bits, photometric, rows=3)
            yield f"{name}.gray16.{end}", make(draw(16, 1) % 600, 16, 1)
            yield f"{name}.signed8.{end}", make(draw(8, 1), 8, 1, more={339: (3, [2])})
            if order == "<" or not deflate:  # of the others Pillow mistakes the byte order
                floats = (noise.normal(100, 200, (height, width, 1)).astype(numpy.float32)).view(numpy.uint32)
                yield f"{name}.float.{end}", make(floats, 32, 1, more={339: (3, [3])})
                yield f"{name}.float_white.{end}", make(floats, 32, 0, more={339: (3, [3])})
                yield f"{name}.signed16.{end}", make(draw(16, 1), 16, 1, more={339: (3, [2])})
                yield f"{name}.signed32.{end}", make(draw(32, 1) >> noise.integers(0, 32), 32, 1, more={339: (3, [2])})
            if order == "<":
                yield f"{name}.rgb8.big.{end}", make(draw(8, 3), 8, 2, big=True)
                yield f"{name}.gray12.{end}", make(draw(12, 1), 12, 1)
                yield f"{name}.gray16_white.{end}", make(draw(16, 1) % 600, 16, 0)
                yield f"{name}.unsigned32.{end}", make(draw(32, 1) >> noise.integers(0, 32), 32, 1)
            for extra in [0, 2]:
                yield f"{name}.gray_extra{extra}.{end}", make(draw(8, 2), 8, 1, extra=[extra])
            for bits in [1, 2, 4, 8]:
                yield f"{name}.palette{bits}.{end}", make(draw(bits, 1), bits, 3, more=map_of(bits))
            yield f"{name}.palette_extra0.{end}", make(draw(8, 2), 8, 3, extra=[0], more=map_of(8))
            yield f"{name}.palette_extra2.{end}", make(draw(8, 2), 8, 3, extra=[2], more=map_of(8))
            for bits in [8, 16]:
                yield f"{name}.rgb{bits}.{end}", make(draw(bits, 3), bits, 2)
                yield f"{name}.rgb{bits}.rows.{end}", make(draw(bits, 3), bits, 2, rows=2)
                yield f"{name}.rgb{bits}.tiles.{end}", make(draw(bits, 3), bits, 2, tile=(16, 32))
                yield f"{name}.rgba{bits}.{end}", make(draw(bits, 4), bits, 2)
                for extra in [0, 1, 2]:
                    yield f"{name}.rgb{bits}.extra{extra}.{end}", make(draw(bits, 4), bits, 2, extra=[extra])
                yield f"{name}.cmyk{bits}.{end}", make(draw(bits, 4), bits, 5)
            for extra in [[0, 0], [1, 0], [2, 0], [0, 0, 0], [2, 0, 0]]:
                yield f"{name}.rgb8.extras{''.join(map(str, extra))}.{end}", make(draw(8, 3 + len(extra)), 8, 2, extra=extra)
            yield f"{name}.cmyk8.extra.{end}", make(draw(8, 5), 8, 5, extra=[0])
            yield f"{name}.rgb8.planar.{end}", make(draw(8, 3), 8, 2, planar=True)
            yield f"{name}.rgb8.planar_rows.{end}", make(draw(8, 3), 8, 2, planar=True, rows=4)
            yield f"{name}.rgb8.planar_tiles.{end}", make(draw(8, 3), 8, 2, planar=True, tile=(16, 16))
            yield f"{name}.rgba8.planar.{end}", make(draw(8, 4), 8, 2, planar=True, extra=[2])
            yield f"{name}.cmyk8.planar.{end}", make(draw(8, 4), 8, 5, planar=True)
            if deflate:
                yield f"{name}.rgb16.planar.{end}", make(draw(16, 3), 16, 2, planar=True)
            yield f"{name}.tiles1.{end}", make(draw(1, 1), 1, 1, tile=(16, 16))
            for orientation in range(1, 9):
                yield f"{name}.turned{orientation}.{end}", make(draw(8, 3), 8, 2, more={274: (3, [orientation])})
            for bits in [] if deflate else [1, 8]:
                yield f"{name}.low_bits_first{bits}.{end}", make(draw(bits, 1), bits, 1, more={266: (3, [2])})
            for sampling in itertools.product([1, 2, 4], [1, 2]) if deflate and width > 1 else []:
                yield f"{name}.ycbcr{sampling[0]}{sampling[1]}.{end}", ycbcr(draw, width, height, sampling, order)
        for compression in ["raw", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits", "jpeg", "zstd", "lzma"]:
            for mode in ["L", "RGB", "CMYK"]:
                yield f"{name}.{compression}.{mode}.tif", saved(rgb.convert(mode), "TIFF", compression=compression)
        for compression in ["tiff_lzw", "packbits", "group3", "group4", "tiff_ccitt"]:
            yield f"{name}.{compression}.bilevel.tif", saved(rgb.convert("1"), "TIFF", compression=compression)
        for mode, compression in itertools.product(["P", "LA", "RGBA", "I;16", "I", "F"], ["raw", "tiff_lzw"]):
            yield f"{name}.{compression}.{mode.replace(';', '')}.tif", saved(rgb.convert("L").convert(mode) if mode[0] in "IF" else rgb.convert(mode), "TIFF", compression=compression)
        yield f"{name}.predictor.tif", saved(rgb, "TIFF", compression="tiff_lzw", tiffinfo={317: 2})
        yield f"{name}.jpeg95.tif", saved(rgb, "TIFF", compression="jpeg", quality=95)
        yield f"{name}.ycbcr_raw.tif", saved(rgb.convert("YCbCr"), "TIFF")
        yield f"{name}.ycbcr_raw_tiles.tif", tiff_of(draw(8, 3), 8, 6, tile=(16, 16), more={530: (3, [1, 1])})
        yield f"{name}.ycbcr_lzw.tif", saved(rgb.convert("YCbCr"), "TIFF", compression="tiff_lzw")
        yield f"{name}.pages.tif", saved(rgb, "TIFF", save_all=True, append_images=[rgb.convert("L")], compression="tiff_lzw")
        yield f"{name}.strips.tif", saved(rgb, "TIFF", compression="tiff_lzw", strip_size=64)


def ycbcr(draw, width, height, sampling, order):
    across, down = -(-width // sampling[0]), -(-height // sampling[1])
    units = draw(8, 1).reshape(-1)
    units = numpy.resize(units, (down, across, sampling[0] * sampling[1] + 2)).astype(numpy.uint8)
    tags = {256: (4, [width]), 257: (4, [height]), 258: (3, [8, 8, 8]), 259: (3, [8]), 262: (3, [6]), 277: (3, [3]), 278: (4, [height]), 530: (3, list(sampling))}
    return tiff(tags, [zlib.compress(units.tobytes())], order)


def picture_kinds(picture, noise):
    """Name and bytes of each."""
    for kinds in [gif_kinds, webp_kinds, bmp_kinds, tiff_kinds]:
        yield from kinds(picture, noise)
