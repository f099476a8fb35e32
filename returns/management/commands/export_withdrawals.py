"""`manage.py export_withdrawals juniper-pine`: what was declared, with hashes, for the record."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from returns.management.commands.import_orders import store_called
from returns.models import Withdrawal
from returns.withdrawal_export import as_csv, as_json


class Command(BaseCommand):
    help = (
        "Prints all withdrawals of a store with their hashes, and checks that none was changed or "
        "taken away. Ends with an error when one was."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("store", help="The store's slug.")
        parser.add_argument("--csv", action="store_true", help="A table instead of JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        store = store_called(options["store"])
        rows = Withdrawal.objects.filter(store=store).complete()
        self.stdout.write((as_csv if options["csv"] else as_json)(rows), ending="")
        if broken := Withdrawal.objects.broken(store):
            raise CommandError(f"Not as they were written: {', '.join(broken)}.")
