from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from returns import addresses
from returns.management.commands.import_orders import store_called
from returns.models import LinkKey


class Command(BaseCommand):
    help = "Prints the signed link that opens an order for its buyer, as the shop makes it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("store", help="The store's slug.")
        parser.add_argument("order", help="The order number, with or without #.")
        parser.add_argument(
            "--days", type=int, default=0, help="Opens for so many days; without: for good."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        store = store_called(options["store"])
        number = options["order"].strip()
        if not number.removeprefix("#"):
            raise CommandError("Say the order number.")
        if not 0 <= options["days"] <= 3650:
            raise CommandError("--days is 1 to 3650.")
        expiry = 0
        if options["days"]:
            expiry = int((timezone.now() + timedelta(days=options["days"])).timestamp())
        try:
            self.stdout.write(addresses.signed_link(store, number, expiry))
        except LinkKey.DoesNotExist:
            raise CommandError(
                f"The store “{store.slug}” has no live link key; add one in the admin."
            ) from None
        if not store.orders.filter(number=number.removeprefix("#")).exists():
            self.stderr.write("Note: this order has not arrived yet; the link works once it has.")
