from datetime import timedelta

from django.apps import AppConfig


class HurryConfig(AppConfig):
    """Days of retries and minutes of leases in seconds; everything else as it is."""

    name = "tests.hurry"

    def ready(self) -> None:
        from tracking import work

        work.LEASE = timedelta(seconds=6)
        work.FIRST_WAIT = timedelta(seconds=2)
        work.LONGEST_WAIT = timedelta(seconds=4)
