"""The child process that opens one stranger's photo, so that nothing else has to.

    python -I child.py KIND SECONDS <photo >answer      (KIND: JPEG, PNG, WEBP or HEIF)

Knows nothing of the site: no Django, no settings, no database, an empty environment. It
takes its own limits before it reads anything, so that a decoder which runs on or asks for
too much memory ends here. The answer is three parts, each after its length (four bytes,
big-endian): what was found as JSON, the picture, its thumbnail; the last two are empty
when there is a problem. JSON: `problem` ('' or a code of problems.py), `width`, `height`
(pixels of the picture), `codes` ([text, format]…), `peak` (bytes of memory at most).
"""

import json
import resource
import signal
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from math import ceil
from typing import Any, Protocol

import zxingcpp
from PIL import Image, ImageOps

MOST_PIXELS = 40_000_000
MEMORY = 260 * 1024 * 1024  # of our own; with shared libraries it stays under 300 MB
ROOM = MEMORY - 40 * 1024 * 1024  # what is left of it for a decoder

LONGEST = 2048  # pixels of the picture that is kept
THUMBNAIL = 320
CLOSE = 4200  # and of the one in which bars are looked for again
LEAN = 22  # degrees
ENOUGH = 0.78  # of such a side: then dividing by a whole number will do, which is quick
STRIP = 1_000_000  # pixels worked on at once
QUALITY = 85

MOST_CODES = 8
MOST_TEXT = 200
_format = zxingcpp.BarcodeFormat
LINEAR = [_format.Code128, _format.Code39, _format.Code93, _format.Codabar, _format.ITF]
# Those that stand on waybills; not those of goods (EAN, UPC), which only look like numbers
# of parcels.
CODES = [*LINEAR, _format.QRCode, _format.DataMatrix, _format.PDF417, _format.Aztec]


class TooManyPixels(Exception):
    """More than MOST_PIXELS."""


def main() -> None:
    kind, seconds = sys.argv[1], int(sys.argv[2])
    take_limits(seconds, threads=kind == "HEIF")
    source = KINDS[kind]
    source.prepare()
    found: dict[str, Any] = {}
    pictures = [b"", b""]
    try:
        found, pictures = developed(source(sys.stdin.buffer.read()))
        problem = ""
    except (TooManyPixels, Image.DecompressionBombError, Image.DecompressionBombWarning):
        problem = "too_many_pixels"
    except MemoryError:
        problem = "too_heavy"
    except Exception:  # decoders raise what they like: whatever it is, this is no photo
        problem = "broken"
    head = json.dumps({"problem": problem, "peak": peak(), **found}).encode()
    for part in (head, *pictures):
        sys.stdout.buffer.write(len(part).to_bytes(4) + part)
    sys.stdout.buffer.flush()


def take_limits(seconds: int, threads: bool) -> None:
    """Each where the system has it: macOS knows the names, but does not hold to all.

    RLIMIT_DATA and not RLIMIT_AS, which counts what is only reserved as well.
    """
    limits = {
        "RLIMIT_DATA": (MEMORY, MEMORY),
        "RLIMIT_CPU": (seconds, seconds + 1),
        "RLIMIT_FSIZE": (0, 0),
        "RLIMIT_CORE": (0, 0),
    }
    if not threads:  # the decoder of HEIC works in some
        limits["RLIMIT_NPROC"] = (0, 0)
    for name, limit in limits.items():
        with suppress(AttributeError, ValueError, OSError):
            resource.setrlimit(getattr(resource, name), limit)
    signal.alarm(seconds + 4)  # should the parent be gone
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS  # Pillow only warns of more, up to the double
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)


def peak() -> int:
    """Bytes resident at most. On Linux ru_maxrss would not do: it begins with what the
    parent held when it started us."""
    with suppress(OSError), open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


# --- The four kinds ----------------------------------------------------------------------


class Pixels(Protocol):
    """What was decoded. An image of Pillow is one."""

    @property
    def size(self) -> tuple[int, int]: ...
    def crop(self, box: tuple[int, int, int, int]) -> Image.Image: ...


class Source(Protocol):
    """A photo of which only the header was read."""

    size: tuple[int, int]
    orientation: int  # as EXIF counts: 1 is upright
    profile: bytes  # ICC

    def __init__(self, data: bytes) -> None: ...

    @staticmethod
    def prepare() -> None:
        """Loads the decoder; failing here is the installation's fault, not the photo's."""

    def pixels(self, mode: str, longest: float) -> Pixels:
        """Decodes it. It may be made smaller with that, when it saves work; its longest
        side is still `longest` at least. mode: RGB or L, what it will be turned into."""


class OfPillow:
    """What Pillow reads: the first frame; the others are never looked at."""

    kind = ""

    def __init__(self, data: bytes) -> None:
        self.data = data
        image = self.opened()
        self.image, self.size = image, image.size
        self.profile = image.info.get("icc_profile") or b""
        self.orientation = 1
        with suppress(Exception):  # then the picture may lie on its side, no worse
            self.orientation = int(image.getexif().get(0x0112, 1))

    @staticmethod
    def prepare() -> None:
        Image.preinit()

    def opened(self) -> Image.Image:
        return Image.open(BytesIO(self.data), formats=(self.kind,))

    def pixels(self, mode: str, longest: float) -> Pixels:
        self.image.load()
        return self.image


class Jpeg(OfPillow):
    """Its decoder can make a half, a quarter or an eighth of it, and leave out the colours."""

    kind = "JPEG"

    def opened(self) -> Image.Image:
        image = super().opened()
        if image.info.get("progressive") and 2 * coefficients(image) > ROOM:
            raise MemoryError  # the decoder keeps them all, 16 bits each
        return image

    def pixels(self, mode: str, longest: float) -> Pixels:
        image, (width, height) = self.opened(), self.size
        part = next((part for part in (8, 4, 2) if max(self.size) / part >= longest), 1)
        image.draft(mode, (max(width // part, 1), max(height // part, 1)))
        image.load()
        return image


def coefficients(image: Any) -> float:
    """How many numbers there are in a JPEG: fewer for colours than for brightness, mostly."""
    sizes = [(across, down) for _, across, down, *_ in image.layer]
    whole = max(across for across, _ in sizes) * max(down for _, down in sizes)
    return image.width * image.height * sum(across * down for across, down in sizes) / whole


class Png(OfPillow):
    kind = "PNG"


class WebP(OfPillow):
    """The decoder keeps two canvases and Pillow two more: 16 bytes a pixel, so that 14
    megapixels are as many as fit."""

    kind = "WEBP"

    @staticmethod
    def prepare() -> None:
        from PIL import WebPImagePlugin  # noqa: F401  # `preinit` leaves it out

        Image.preinit()

    def opened(self) -> Image.Image:
        width, height = webp_size(self.data)
        if width * height > MOST_PIXELS:
            raise TooManyPixels
        if 16 * width * height + 2 * len(self.data) > ROOM:
            raise MemoryError
        return super().opened()


def webp_size(data: bytes) -> tuple[int, int]:
    """Width and height of the canvas, from the header (RFC 9649)."""
    kind, head = data[12:16], data[20:30].ljust(10, b"\0")
    if kind == b"VP8X":
        return int.from_bytes(head[4:7], "little") + 1, int.from_bytes(head[7:10], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        sides = int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")
        return sides[0] & 0x3FFF, sides[1] & 0x3FFF
    raise ValueError("There is no picture in it.")


class Heif:
    """Read without the plugin for Pillow, whose copy of the pixels has no room here."""

    def __init__(self, data: bytes) -> None:
        from pillow_heif import open_heif

        photo = open_heif(BytesIO(data), convert_hdr_to_8bit=True)
        self.photo = photo[photo.primary_index]
        self.size: tuple[int, int] = self.photo.size
        if self.size[0] * self.size[1] > MOST_PIXELS:
            raise TooManyPixels
        self.profile = bytes(self.photo.info.get("icc_profile") or b"")  # type: ignore[arg-type]
        self.orientation = 1  # the decoder turns it; EXIF does not count in this format

    @staticmethod
    def prepare() -> None:
        from pillow_heif import options

        options.DECODE_THREADS = 1
        options.THUMBNAILS = options.DEPTH_IMAGES = options.AUX_IMAGES = False

    def pixels(self, mode: str, longest: float) -> Pixels:
        try:
            data = self.photo.data  # the size may turn out to be another
        except RuntimeError as error:
            raise MemoryError if "Memory allocation" in str(error) else error from None
        return Rows(self.photo.mode, self.photo.size, data, self.photo.stride)


class Rows:
    """Pixels as they lie in memory, `stride` bytes a row."""

    def __init__(self, mode: str, size: tuple[int, int], data: bytes, stride: int) -> None:
        self.mode, self.size, self.data, self.stride = mode, size, memoryview(data), stride

    def crop(self, box: tuple[int, int, int, int]) -> Image.Image:
        """Whole rows only."""
        _, top, width, bottom = box
        rows = bytes(self.data[top * self.stride : bottom * self.stride])
        return Image.frombytes(
            self.mode, (width, bottom - top), rows, "raw", self.mode, self.stride
        )


KINDS: dict[str, type[Source]] = {"JPEG": Jpeg, "PNG": Png, "WEBP": WebP, "HEIF": Heif}


# --- From there to a picture -------------------------------------------------------------


def developed(source: Source) -> tuple[dict[str, Any], list[bytes]]:
    picture = shrunk(source, "RGB", LONGEST)
    codes = find_codes(source, picture.convert("L"))
    picture = upright(plain_colours(picture, source.profile), source.orientation)
    thumbnail = picture.copy()
    thumbnail.thumbnail((THUMBNAIL, THUMBNAIL))
    found = {"width": picture.width, "height": picture.height, "codes": told(codes)}
    return found, [as_jpeg(picture), as_jpeg(thumbnail)]


def shrunk(source: Source, mode: str, longest: int) -> Image.Image:
    """The photo as RGB or L, with at most `longest` pixels a side; not yet upright. A new
    image: nothing that the file says about it comes along.

    Strip by strip: a large photo has no room a second time.
    """
    pixels = source.pixels(mode, longest * ENOUGH)
    (width, height), largest = pixels.size, max(pixels.size)
    factor = ceil(largest / longest)
    if factor > 1 and largest / factor < longest * ENOUGH:
        factor -= 1
    small = Image.new(mode, (ceil(width / factor), ceil(height / factor)))
    rows = max(STRIP // width // factor, 1) * factor
    for top in range(0, height, rows):
        strip = divisible(pixels.crop((0, top, width, min(top + rows, height))))
        if factor > 1:
            strip = strip.reduce(factor)
        small.paste(flat(strip, mode), (0, top // factor))
    small.thumbnail((longest, longest))
    return small


def divisible(image: Image.Image) -> Image.Image:
    """In eight bits a value, so that neighbours can be put together."""
    if image.mode.startswith("I"):
        return image.point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")


def flat(image: Image.Image, mode: str) -> Image.Image:
    """As RGB or L: what was transparent is white."""
    if image.mode == "RGBA":
        ground = Image.new("RGBA", image.size, "white")
        ground.alpha_composite(image)
        image = ground
    return image if image.mode == mode else image.convert(mode)


def plain_colours(picture: Image.Image, profile: bytes) -> Image.Image:
    """Many phones take photos in wider colours, which would look pale without their profile."""
    if not profile:
        return picture
    from PIL import ImageCms

    with suppress(Exception):  # a profile that cannot be used changes nothing
        theirs, ours = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
        if theirs.profile.xcolor_space.strip() == "RGB":
            return ImageCms.profileToProfile(picture, theirs, ours) or picture
    return picture


def upright(picture: Image.Image, orientation: int) -> Image.Image:
    picture.getexif()[0x0112] = orientation
    return ImageOps.exif_transpose(picture)


def as_jpeg(picture: Image.Image) -> bytes:
    """Painted on a new image: merely saving it again would keep comments and more."""
    fresh, file = Image.new("RGB", picture.size), BytesIO()
    fresh.paste(picture)
    fresh.save(file, "JPEG", quality=QUALITY, optimize=True)
    return file.getvalue()


def find_codes(source: Source, picture: Image.Image) -> list[Any]:
    """All codes of the picture; when no bars are among them, bars by closer looks: at more
    pixels, then with the head to either side (alone they are read up to 15 degrees)."""
    codes = read_codes(picture, CODES)
    if any(code.format in LINEAR for code in codes):
        return codes
    looks: list[Callable[[], Image.Image]] = [
        lambda: picture.rotate(LEAN, Image.Resampling.BILINEAR),
        lambda: picture.rotate(-LEAN, Image.Resampling.BILINEAR),
    ]
    if max(source.size) > LONGEST:
        looks.insert(0, lambda: shrunk(source, "L", CLOSE))
    for look in looks:
        with suppress(MemoryError, OSError):  # no room to decode it once more
            if bars := read_codes(look(), LINEAR):
                return codes + bars
    return codes


def read_codes(picture: Image.Image, formats: Any) -> list[Any]:
    try:
        return zxingcpp.read_barcodes(
            picture,
            formats=formats,
            text_mode=zxingcpp.TextMode.Plain,
            try_invert=False,
            try_downscale=formats is CODES,
        )
    except (MemoryError, RuntimeError, ValueError):  # a photo without codes, then
        return []


def told(codes: list[Any]) -> list[list[str]]:
    """[text, format] of each, bars first, nothing twice and nothing that cannot be shown."""
    found: dict[str, str] = {}
    for code in sorted(codes, key=lambda code: code.format not in LINEAR):
        text = "".join(sign for sign in code.text if sign.isprintable()).strip()[:MOST_TEXT]
        if text:
            found.setdefault(text, code.format.name)
    return [[text, kind] for text, kind in found.items()][:MOST_CODES]


if __name__ == "__main__":
    main()
