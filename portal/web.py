"""The web server below the keeper: granian with Django's WSGI application."""

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server import Server

from portal import kinship
from portal.environment import text


def main() -> None:
    kinship.die_with_parent()
    Server(
        "portal.wsgi:application",
        address=text("HOMEWARD_HOST", "127.0.0.1"),
        port=int(text("PORT", "8000")),
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=int(text("HOMEWARD_WEB_WORKERS", "1")),
        blocking_threads=int(text("HOMEWARD_WEB_THREADS", "4")),
        respawn_failed_workers=True,
        workers_kill_timeout=5,
        log_access=False,  # addresses of pages hold order numbers
        log_level=LogLevels.warning,
    ).serve()


if __name__ == "__main__":
    main()
