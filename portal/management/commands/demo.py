"""`manage.py demo`: the example shops, once, and the doors into them."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from portal.demo import links, staff
from portal.demo.load import load


class Command(BaseCommand):
    help = "Loads the example shops when the database has no shop; prints the doors into them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reset", action="store_true", help="Empty the whole database first.")
        parser.add_argument("--json", action="store_true", help="Print JSON and nothing else.")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("HOMEWARD_MODE is production: demo data never goes into production.")
        try:
            if options["reset"]:
                reset()
            load()
        except DatabaseError as error:
            raise CommandError(
                f"{error}. Is the database prepared? python manage.py migrate"
            ) from error
        self.stdout.write(as_json() if options["json"] else as_text())


def as_json() -> str:
    doors = [asdict(door) for door in links.buyers()]
    return json.dumps({"staff": links.desk(), "buyers": doors}, indent=1)


def as_text() -> str:
    doors = links.buyers()
    if not doors:
        return "There is a shop of your own here, so the demo was not loaded."
    desk = links.desk()
    return "\n".join(
        [
            *(f"{door.label}\n    {door.url}" for door in doors),
            "",
            f"The desk: {desk['url']}",
            f"    {staff.DESK} (answers buyers) or {staff.OWNER} (may change everything), "
            f"password {desk['password']}",
            f"Letters are written to {settings.DATA_DIR / 'mail'}",
        ]
    )


def reset() -> None:
    """Empties the database, and removes the letters that told of what was in it."""
    call_command("flush", interactive=False, verbosity=0)
    for letter in Path(settings.DATA_DIR, "mail").glob("*.log"):
        letter.unlink(missing_ok=True)
