from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from portal import checks, mail_checks  # noqa: F401  registers the system checks


class DeskConfig(AdminConfig):
    """Django's admin, with the desk as its site."""

    default_site = "portal.desk.Desk"

    def ready(self) -> None:
        super().ready()
        from django.contrib import admin
        from django_q import models

        # The queue is only a bell. A schedule edited by hand can stop every other one,
        # and what is queued is a signed pickle: nothing of it belongs on a desk.
        for model in (models.Failure, models.OrmQ, models.Schedule, models.Success):
            admin.site.unregister(model)
