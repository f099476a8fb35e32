"""Renews the pictures of the README in docs/, from a demo of its own.

python -m tests.screenshots     needs Chromium (see tests/requirements_found.py)
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.requirements_found import REQUIREMENTS
from tests.running_site import HOUSE, RunningSite

LARGEST = 200_000  # bytes

# file → (number of the order, '' = the desk; width; height; what to click first)
PICTURES: dict[str, tuple[str, int, int, str]] = {
    "order-phone": ("JP-20444", 390, 1500, ""),
    "order-wide": ("JP-20433", 1200, 1000, ""),
    "order-zh": ("SY-88131", 390, 1500, ""),
    "return-approved": ("JP-20408", 390, 1500, "a[href*='/returns/HW-']"),
    "desk-today": ("", 1200, 800, ""),
}


@contextmanager
def demo_site(folder: Path) -> Iterator[dict[str, Any]]:
    """The site as `make demo` prepares it; gives what `demo --json` prints."""
    site = RunningSite(folder, DJANGO_SETTINGS_MODULE="portal.settings", HOMEWARD_TICK="20")
    try:
        site.prepare()
        done(site, "collectstatic", "--noinput")
        demo = json.loads(done(site, "demo", "--json"))
        site.start()
        yield demo
    finally:
        site.end()


def done(site: RunningSite, *words: str) -> str:
    """What `manage.py` with these words has printed; ends with its complaint when it fails."""
    command = site.manage(*words)
    if command.returncode:
        sys.exit(command.stderr)
    return command.stdout


def photograph(browser: str, demo: dict[str, Any], folder: Path) -> Iterator[tuple[str, int]]:
    """Every one of PICTURES, as (file name, size in bytes)."""
    links = {door["label"].rpartition("(")[2].rstrip(")"): door["url"] for door in demo["buyers"]}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for name, (order, width, height, click) in PICTURES.items():
            page = chromium.new_page(
                viewport={"width": width, "height": height},
                color_scheme="light",
                reduced_motion="reduce",
            )
            page.goto(links[order] if order else demo["staff"]["url"])
            if not order:
                page.fill("#id_username", demo["staff"]["username"])
                page.fill("#id_password", demo["staff"]["password"])
                page.click("[type=submit]")
            if click:
                page.click(click)
            page.wait_for_load_state("networkidle")
            yield f"{name}.webp", keep(page.screenshot(), folder / f"{name}.webp")
            page.close()
        chromium.close()


def keep(png: bytes, path: Path) -> int:
    """Writes the picture small enough for a README; returns its size in bytes."""
    picture = Image.open(BytesIO(png)).convert("RGB")
    for quality in (88, 75, 60, 45):
        picture.save(path, "WEBP", quality=quality, method=6)
        if path.stat().st_size < LARGEST:
            break
    return path.stat().st_size


def main(folder: Path) -> None:
    find, absence = REQUIREMENTS["browser"]
    browser = find() or sys.exit(f"browser: {absence}.")
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="homeward-") as data, demo_site(Path(data)) as demo:
        for name, size in photograph(browser, demo, folder):
            print(f"{folder.name}/{name}  {size // 1024} KB")


if __name__ == "__main__":
    main(HOUSE / "docs")
