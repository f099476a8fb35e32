"""`manage.py worker`: does the work that the clock rings for; a child of the keeper."""

import logging
import time

from django.db import DatabaseError
from django_q.management.commands import qcluster
from django_q.signals import pre_execute

from portal.running import kinship
from portal.running.keeper import TICK
from tracking.models import Heartbeat

logger = logging.getLogger(__name__)
_beaten = 0.0


def beat(**kwargs: object) -> None:
    """Any work that begins proves that the queue moves, not only the clock's own beat.

    A long row of slow deliveries would otherwise look like silence.
    """
    global _beaten
    if time.monotonic() - _beaten < TICK / 4:
        return
    try:
        Heartbeat.beat()
        _beaten = time.monotonic()
    except DatabaseError:  # the work itself will say it better
        logger.warning("The heartbeat could not be written")


class Command(qcluster.Command):
    help = "The queue's worker, all of whose processes die together (started by `serve`)."
    requires_system_checks: list[str] = []  # `serve` has checked

    def handle(self, *args: object, **options: object) -> None:
        kinship.die_together()
        pre_execute.connect(beat, dispatch_uid="beat")
        super().handle(*args, **options)
