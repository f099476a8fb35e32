from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tracking import providers
from tracking.models import Connection, Forged, Push
from tracking.views import LARGEST
from tracking.work import WorkState

STORED = "Stored as push {}."
CAME_BEFORE = "It came before, as push {}; --again processes it once more."
ONCE_MORE = "It came before, as push {}; it is processed once more."


class Command(BaseCommand):
    help = (
        "Replays one push of a tracking provider from a file, signed with the account's key, "
        "through the same door as the real one, and processes it at once. "
        "With --again and the id of a stored push, processes that one once more."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="The body, as it is pushed.")
        parser.add_argument("--provider", choices=list(providers.PROVIDERS), default="17track")
        parser.add_argument(
            "--account", metavar="SLUG", help="Needed when several have this provider."
        )
        parser.add_argument(
            "--again",
            nargs="?",
            const="",
            metavar="ID",
            help="Process it although it came before; without a file: the stored push ID.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        file, again = options["file"], options["again"]
        if file is None:
            push = stored(again)
        elif again:
            raise CommandError("With a file, --again takes no id; put it at the end.")
        else:
            connection = connection_of(options["provider"], options["account"])
            push, made = replayed(connection, body_of(file))
            words = STORED if made else CAME_BEFORE if again is None else ONCE_MORE
            self.stdout.write(words.format(push.pk))
        if again is not None:
            Push.objects.filter(pk=push.pk).again(ring=False)
        self.process(push)

    def process(self, push: Push) -> None:
        """Processes it if it is due, and says what came of it, now or before."""
        for claimed in Push.objects.filter(pk=push.pk).claim(1):
            claimed.process()
        push.refresh_from_db()
        if push.state == WorkState.DEAD:
            raise CommandError(f"Given up: {push.last_error}")
        if push.state == WorkState.CLAIMED:
            raise CommandError("It is not processed yet: a worker has it in hand.")
        if push.state == WorkState.DUE:
            raise CommandError(f"It failed and is tried again later: {push.last_error}")
        self.stdout.write(push.outcome)


def stored(again: str | None) -> Push:
    if again is None:
        raise CommandError("Say which file, or --again and the id of a stored push.")
    if not (again.isascii() and again.isdecimal()):
        raise CommandError("--again without a file needs the id of a stored push.")
    push = Push.objects.filter(pk=int(again)).first()
    if push is None:
        raise CommandError(f"There is no push {again}.")
    return push


def connection_of(provider: str, slug: str | None) -> Connection:
    """The connection named, or the only one."""
    label = providers.label_of(provider)
    live = Connection.objects.live().filter(provider=provider).select_related("account")
    found = [connection for connection in live if slug in (None, connection.account.slug)]
    known = ", ".join(connection.account.slug for connection in live) or "none yet"
    if not found:
        which = f"The account “{slug}”" if slug else "No account"
        verb = "has no" if slug else "has a"
        raise CommandError(f"{which} {verb} connection to {label} that is on. Known: {known}.")
    if len(found) > 1:
        raise CommandError(f"Say --account, because several have {label}: {known}.")
    return found[0]


def replayed(connection: Connection, body: bytes) -> tuple[Push, bool]:
    """The push as the provider would send it, received as it would be."""
    headers, body = connection.adapter.signed(body, connection.access)
    try:
        return connection.receive(headers, body, ring=False)
    except Forged:
        raise CommandError(
            f"{connection} cannot sign a push: look at its key, and at its salt if it has one."
        ) from None


def body_of(path: Path) -> bytes:
    try:
        # Asked before reading: a file of many gigabytes must not fill the memory.
        if path.stat().st_size > LARGEST:
            raise CommandError(f"{path} is larger than {LARGEST // 1024**2} MB.")
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
