"""`manage.py clock`: ticks until it is stopped; a child of the keeper."""

import time

from django.core.management.base import BaseCommand

from portal.running import kinship
from portal.running.clock import Clock
from portal.running.keeper import TICK


class Command(BaseCommand):
    help = "Rings for due work and writes a line at every tick (started by `serve`)."
    requires_system_checks: list[str] = []  # type: ignore[assignment]  # `serve` has checked

    def handle(self, *args: object, **options: object) -> None:
        kinship.die_with_parent()
        clock = Clock()
        while True:
            print(clock.tick(), flush=True)
            time.sleep(TICK)
