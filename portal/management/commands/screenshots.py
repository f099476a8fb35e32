import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from PIL import Image

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
LARGEST = 200_000  # bytes

# file → (number of the order, '' = the desk; width; height; what to click first)
PICTURES: dict[str, tuple[str, int, int, str]] = {
    "order-phone": ("JP-20444", 390, 1500, ""),
    "order-wide": ("JP-20433", 1200, 1000, ""),
    "order-zh": ("SY-88131", 390, 1500, ""),
    "return-approved": ("JP-20408", 390, 1500, "a[href*='/returns/HW-']"),
    "desk-today": ("", 1200, 800, ""),
}


class Command(BaseCommand):
    help = "Renews the pictures of the README in docs/, from a demo of its own."
    requires_system_checks: list[str] = []  # the site that it starts checks itself

    def handle(self, *args: Any, **options: Any) -> None:
        browser = find_browser()
        folder = settings.BASE_DIR / "docs"
        folder.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="homeward-") as data, site(Path(data)) as demo:
            for name, size in photograph(browser, demo, folder):
                self.stdout.write(f"docs/{name}.webp  {size // 1024} KB")


def find_browser() -> str:
    for name in (os.environ.get("HOMEWARD_TEST_CHROMIUM", ""), *BROWSERS):
        if path := shutil.which(name) if name else None:
            return path
    raise CommandError(
        f"No Chromium was found ({', '.join(BROWSERS)}); set HOMEWARD_TEST_CHROMIUM or install one."
    )


@contextmanager
def site(data: Path) -> Iterator[dict[str, Any]]:
    """The site as `make demo` starts it, on a free port; gives what `demo --json` prints."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("HOMEWARD_")
    } | {"HOMEWARD_DATA_DIR": str(data), "PORT": str(port)}
    manage = [sys.executable, str(settings.BASE_DIR / "manage.py")]
    running = subprocess.Popen(
        [*manage, "start"], env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", running)
        loaded = subprocess.run(
            [*manage, "demo", "--json"], env=environment, capture_output=True, check=True
        )
        yield json.loads(loaded.stdout)
    finally:
        os.killpg(running.pid, signal.SIGTERM)
        running.wait(timeout=30)


def wait_for(url: str, running: "subprocess.Popen[bytes]", seconds: int = 120) -> None:
    for _ in range(seconds * 4):
        if running.poll() is not None:
            break
        try:
            with urlopen(url, timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.25)
    raise CommandError("The site did not start; what it said stands above.")


def photograph(browser: str, demo: dict[str, Any], folder: Path) -> Iterator[tuple[str, int]]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise CommandError("Playwright is missing: pip install -r requirements-dev.txt") from error

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
            yield name, keep(page.screenshot(), folder / f"{name}.webp")
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
