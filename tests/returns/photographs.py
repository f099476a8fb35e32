"""Photographs made in the test: honest ones, and what somebody sends instead of one."""

import io
import random
import struct
import zlib
from collections.abc import Iterable

import pillow_heif
import zxingcpp
from PIL import Image, ImageFilter

from returns.photos import darkroom

pillow_heif.register_heif_opener()

NUMBER = "RB123456785GB"
MB = 1_000_000
MOST_MEMORY = 300 * MB
MOST_SECONDS = 10


def saved(image: Image.Image, kind: str = "JPEG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def quarters(width: int = 400, height: int = 300, mode: str = "RGB") -> Image.Image:
    """Red, green, blue and white, so that one sees which way up it is."""
    image = Image.new("RGB", (width, height), "white")
    for corner, colour in (((0, 0), "red"), ((1, 0), "lime"), ((0, 1), "blue")):
        left, top = corner[0] * width // 2, corner[1] * height // 2
        image.paste(colour, (left, top, left + width // 2, top + height // 2))
    return image.convert(mode)


def corners(image: Image.Image) -> list[str]:
    """The colours of the quarters, from the upper left one, as words."""
    names = {(255, 0, 0): "red", (0, 255, 0): "lime", (0, 0, 255): "blue"}
    spots = [(1, 1), (3, 1), (1, 3), (3, 3)]
    found = []
    for x, y in spots:
        pixel = image.convert("RGB").getpixel((image.width * x // 4, image.height * y // 4))
        found.append(names.get(tuple(255 * (value > 127) for value in pixel), "white"))
    return found


def scene(width: int, height: int) -> Image.Image:
    """Something that is no single colour: soft noise, like a blanket."""
    noise = random.Random(7).randbytes(80 * 60 * 3)
    small = Image.frombytes("RGB", (80, 60), noise).filter(ImageFilter.GaussianBlur(2))
    return small.resize((width, height), Image.Resampling.BILINEAR)


def barcode(
    text: str, width: int, kind: zxingcpp.BarcodeFormat = zxingcpp.BarcodeFormat.Code128
) -> Image.Image:
    """The bars, `width` pixels wide, a quarter as high (a square code: as high as wide),
    with white around them."""
    drawn = memoryview(zxingcpp.create_barcode(text, kind).to_image(scale=4))
    high, wide = drawn.shape
    image = Image.frombytes("L", (wide, high), drawn.tobytes())
    across = kind != zxingcpp.BarcodeFormat.QRCode
    image = image.resize((width, width // 4 if across else width), Image.Resampling.BOX)
    label = Image.new("L", (image.width * 5 // 4, image.height * 2), 250)
    label.paste(image, (image.width // 8, image.height // 2))
    return label


def waybill(label: Image.Image, size: tuple[int, int], angle: float = 0) -> Image.Image:
    """A photo of a parcel with this label on it, held askew by `angle` degrees."""
    photo = scene(*size)
    seen = Image.new("L", label.size, 255).rotate(angle, expand=True)
    label = label.rotate(angle, Image.Resampling.BICUBIC, expand=True)
    photo.paste(label.convert("RGB"), (size[0] // 5, size[1] // 5), seen)
    return photo.filter(ImageFilter.GaussianBlur(0.7))


def exif(orientation: int = 1) -> bytes:
    """With a place, as telephones write it."""
    notes = Image.Exif()
    notes[0x010F] = "Secret Phone Maker"
    notes[0x0112] = orientation
    notes[0x8825] = {1: "N", 2: (52.0, 31.0, 12.5), 3: "E", 4: (13.0, 24.0, 36.5)}
    return notes.tobytes()


XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">Secret Street 7</x:xmpmeta>'


def png(width: int, height: int, bits: int = 1, colours: int = 0, *more: bytes) -> bytes:
    """A PNG of zeros, of any size, made without ever being an image. more: whole chunks."""
    row = 1 + (width * bits * {0: 1, 2: 3, 6: 4}[colours] + 7) // 8
    packed = packed_zeros(row * height)
    header = struct.pack(">IIBBBBB", width, height, bits, colours, 0, 0, 0)
    chunks = [chunk(b"IHDR", header), *more, chunk(b"IDAT", packed), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def packed_zeros(count: int) -> bytes:
    packer, zeros = zlib.compressobj(9), bytes(MB)
    parts = [packer.compress(zeros) for _ in range(count // MB)]
    return b"".join([*parts, packer.compress(bytes(count % MB)), packer.flush()])


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def inserted(jpeg: bytes, *segments: bytes) -> bytes:
    """The JPEG with more segments behind its beginning."""
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def segments(jpeg: bytes) -> list[tuple[int, bytes]]:
    """The markers of a JPEG with what they hold, up to its pixels (0xDA), and then what
    follows after its end, as (0, …)."""
    at, found = 2, []
    while True:
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4])
        found.append((marker, jpeg[at + 4 : at + 2 + length]))
        at += 2 + length
        if marker == 0xDA:
            break
    behind = jpeg[jpeg.index(b"\xff\xd9", at) + 2 :]
    return found + ([(0, behind)] if behind else [])


def riff(chunks: Iterable[tuple[bytes, bytes]]) -> bytes:
    body = b"WEBP" + b"".join(
        name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)
        for name, data in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def animated_webp(frames: int, size: tuple[int, int] = (64, 48)) -> bytes:
    """So many frames of one red picture."""
    still = saved(Image.new("RGB", size, "red"), "WEBP", lossless=True)
    sides = [(side - 1).to_bytes(3, "little") for side in size]
    frame = bytes(6) + sides[0] + sides[1] + (40).to_bytes(3, "little") + b"\0" + still[12:]
    return riff(
        [
            (b"VP8X", b"\x02\0\0\0" + sides[0] + sides[1]),
            (b"ANIM", bytes(6)),
            *[(b"ANMF", frame)] * frames,
        ]
    )


def heic_of_size(width: int, height: int) -> bytes:
    """The header says so; there is a picture of 64 × 64 behind it."""
    small = saved(Image.new("RGB", (64, 64), "red"), "HEIF")
    told = b"ispe" + bytes(4)
    assert told + struct.pack(">II", 64, 64) in small
    return small.replace(
        told + struct.pack(">II", 64, 64), told + struct.pack(">II", width, height)
    )


def webp_of_size(width: int, height: int) -> bytes:
    """The header says so; there is hardly anything behind it."""
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return riff([(b"VP8X", bytes(4) + sides), (b"VP8 ", b"nothing")])


def of_many_scans(side: int, scans: int) -> bytes:
    """A progressive JPEG whose last refinement comes again and again."""
    jpeg = saved(Image.new("L", (side, side), 128), progressive=True)
    last = jpeg[jpeg.rindex(b"\xff\xda") : -2]
    return jpeg[:-2] + last * scans + jpeg[-2:]


def wide_profile() -> bytes:
    """The ICC profile of Display P3, in which most telephones take photos."""

    def number(value: float) -> bytes:
        return struct.pack(">i", round(value * 65536))

    def xyz(*values: float) -> bytes:
        return b"XYZ \0\0\0\0" + b"".join(map(number, values))

    curve = b"para\0\0\0\0\0\x03\0\0" + b"".join(
        map(number, (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))
    )
    name = b"desc\0\0\0\0" + struct.pack(">I", 11) + b"Display P3\0" + bytes(78)
    tags = {
        b"desc": name + bytes(-len(name) % 4),
        b"wtpt": xyz(0.9642, 1, 0.8249),
        b"rXYZ": xyz(0.51512, 0.2412, -0.00105),
        b"gXYZ": xyz(0.29198, 0.69225, 0.04189),
        b"bXYZ": xyz(0.1571, 0.06657, 0.78407),
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    at, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for tag, data in tags.items():
        table += tag + struct.pack(">II", at + len(body), len(data))
        body += data
    head = (
        struct.pack(">I", at + len(body))
        + b"\0\0\0\0\x04\x30\0\0mntrRGB XYZ "
        + bytes(12)
        + b"acsp"
        + bytes(28)
        + number(0.9642)
        + number(1)
        + number(0.8249)
    )
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def opened(data: bytes, cpu_seconds: int = darkroom.CPU_SECONDS) -> darkroom.Answer:
    """What the child says about it. It kept to its memory, by its own report."""
    answer = darkroom.ask_child(darkroom.checked(data), data, cpu_seconds)
    assert answer.peak < MOST_MEMORY
    return answer
