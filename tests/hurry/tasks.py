"""Tasks that no worker should ever be given."""

import os
import signal

from django.db import transaction

from tracking.models import Heartbeat


def hang_with_the_database_locked() -> None:
    with transaction.atomic():
        Heartbeat.objects.filter(name="nobody").delete()
        os.kill(os.getpid(), signal.SIGSTOP)
