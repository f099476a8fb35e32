from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from portal import checks  # noqa: F401  registers the system checks


class DeskConfig(AdminConfig):
    """Django's admin, with the desk as its site."""

    default_site = "portal.desk.Desk"
