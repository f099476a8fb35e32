"""A worker of its own: `python -m tests.tracking.push_worker <database>` processes pushes
until it is killed, or whoever started it is gone."""

import os
import sys
import time
from datetime import timedelta


def run(database: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = database
    django.setup()

    from tracking import tasks, work

    # What a killed one held is taken over soon, and not after a minute and a half.
    work.LEASE = timedelta(seconds=3)
    parent = os.getppid()
    while os.getppid() == parent:
        tasks.process_pushes()
        time.sleep(0.02)  # between two looks


if __name__ == "__main__":
    run(sys.argv[1])
