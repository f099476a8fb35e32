"""`manage.py start`: from an unpacked clone to the running example (`make demo`)."""

import hashlib
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from portal.management.commands.serve import become_keeper


def fingerprint_of_static_files() -> str:
    """Changes when any static file of ours or of a package changes, comes or goes."""
    digest = hashlib.sha256(repr(settings.STORAGES).encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            modified = storage.get_modified_time(path).timestamp()
            digest.update(f"{path} {storage.size(path)} {modified}\n".encode())
    return digest.hexdigest()


class Command(BaseCommand):
    """One process for all preparations, so that a second start is a matter of seconds."""

    help = "Prepares database and static files, loads the demo when empty, then serves."

    def handle(self, *args: Any, **options: Any) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Preparing the database …")
            call_command("migrate", verbosity=0, interactive=False)

        stamp = settings.DATA_DIR / "static.stamp"
        fingerprint = fingerprint_of_static_files()
        if not stamp.exists() or stamp.read_text() != fingerprint:
            self.stdout.write("Preparing the static files …")
            call_command("collectstatic", verbosity=0, interactive=False)
            stamp.write_text(fingerprint)

        call_command("demo")
        connections.close_all()
        become_keeper()
