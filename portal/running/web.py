"""The web server below the keeper: granian with Django's WSGI application."""

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels, logger
from granian.server import Server

from portal.environment import text
from portal.running import kinship


def main() -> None:
    """Serves until it is stopped; restarts its own workers."""
    kinship.die_with_parent()
    # It doubts our number of threads; most of them wait for slow senders (README.md).
    logger.addFilter(lambda record: "Python threads" not in record.getMessage())
    Server(
        "portal.wsgi:application",
        address=text("HOMEWARD_HOST", "127.0.0.1"),
        port=int(text("PORT", "8000")),
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=int(text("HOMEWARD_WEB_WORKERS", "1")),
        blocking_threads=int(text("HOMEWARD_WEB_THREADS", "32")),
        respawn_failed_workers=True,
        workers_kill_timeout=5,
        log_access=False,  # addresses of pages hold order numbers
        log_level=LogLevels.warning,
    ).serve()


if __name__ == "__main__":
    main()
