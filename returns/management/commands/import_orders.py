from collections import Counter
from itertools import batched
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from returns import sources
from returns.models import Order, Store
from returns.models.intake import CHUNK, CannotTake
from returns.sources import OrderData, Problem, Reading, Shop, Unreadable


class Command(BaseCommand):
    help = (
        "Takes orders in from a file: Shopify or WooCommerce JSON, CSV or XLSX. Importing the "
        "same again changes nothing. What is wrong is said with its row and column, and the "
        "rest goes in; the exit status is 1 then."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path)
        parser.add_argument("--store", metavar="SLUG")
        parser.add_argument(
            "--source",
            choices=list(sources.SOURCES),
            default="",
            help="What wrote the file; told from its content when not given.",
        )
        parser.add_argument(
            "--strict",
            action="store_true",
            help="Take in all of it or, if anything is wrong, none.",
        )
        parser.add_argument(
            "--columns", action="store_true", help="Print the columns of a table, and stop."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["columns"]:
            from returns.sources import table

            self.stdout.write("\n".join([(table.__doc__ or "").strip(), "", *table.described()]))
            return
        if not options["file"] or not options["store"]:
            raise CommandError("Say which file, and for which store: FILE --store SLUG.")
        store = store_called(options["store"])
        try:
            reading = sources.read(content_of(options["file"]), shop_of(store), options["source"])
        except Unreadable as error:
            reading = Reading(problems=error.problems)
        outcomes, problems = self.take_in(store, reading, strict=options["strict"])
        self.report(reading, outcomes, problems, strict=options["strict"])

    def take_in(
        self, store: Store, reading: Reading, *, strict: bool
    ) -> tuple[Counter[str], list[Problem]]:
        problems = list(reading.problems)
        outcomes: Counter[str] = Counter()
        if strict and problems:
            return outcomes, problems
        if strict:
            with transaction.atomic():
                problems += self.write(store, reading.orders, outcomes)
                if problems:
                    transaction.set_rollback(True)
                    outcomes.clear()
        else:
            problems += self.write(store, reading.orders, outcomes)
        return outcomes, problems

    def write(
        self, store: Store, orders: list[tuple[str, OrderData]], outcomes: Counter[str]
    ) -> list[Problem]:
        problems = []
        for part in batched(orders, CHUNK):
            results = Order.objects.take_in_all(store, [data for _, data in part])
            for (at, _), result in zip(part, results, strict=True):
                if isinstance(result, CannotTake):
                    problems.append(Problem(at, result.field, str(result)))
                else:
                    outcomes[result] += 1
        return problems

    def report(
        self, reading: Reading, outcomes: Counter[str], problems: list[Problem], *, strict: bool
    ) -> None:
        for note in reading.notes:
            self.stdout.write(f"Note: {note}")
        for problem in problems:
            self.stderr.write(str(problem))
        parts = [f"{count} {name}" for name, count in sorted(outcomes.items())]
        self.stdout.write(f"Orders: {', '.join(parts) or 'none taken in'}.")
        if problems:
            count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
            rest = "nothing was written" if strict else "orders with a problem were left out"
            raise CommandError(f"{count}; {rest}.", returncode=1)


def store_called(slug: str) -> Store:
    store = Store.objects.select_related("account").filter(slug=slug).first()
    if store is None:
        known = ", ".join(Store.objects.values_list("slug", flat=True)) or "none yet"
        raise CommandError(f"There is no store “{slug}”. Known: {known}.")
    return store


def shop_of(store: Store) -> Shop:
    return Shop(store.currency, store.country, store.zone, store.language, timezone.now())


def content_of(path: Path) -> bytes:
    try:
        # Asked before reading: a file of many gigabytes must not fill the memory.
        if path.stat().st_size > sources.LARGEST_FILE:
            raise Unreadable(sources.too_large())
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
