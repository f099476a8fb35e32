"""`manage.py serve`: the whole site, as it runs in production."""

import os
import sys

from django.conf import settings
from django.core.management.base import BaseCommand, SystemCheckError

from portal.checks import link_keys_are_secret


def become_keeper() -> None:
    """Replaces this process by the keeper, which needs neither Django nor the database."""
    if problems := link_keys_are_secret():
        raise SystemCheckError("\n".join(map(str, problems)))
    house = str(settings.BASE_DIR)
    os.environ["HOMEWARD_DATA_DIR"] = str(settings.DATA_DIR.resolve())
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, [house, os.environ.get("PYTHONPATH", "")])
    )
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, "-m", "portal.running.keeper"])


class Command(BaseCommand):
    """The checks have run before `handle`: wrong settings are refused by name."""

    help = "Serves the site: web server, worker and clock under one keeper (Ctrl-C stops)."

    def handle(self, *args: object, **options: object) -> None:
        become_keeper()
