"""`python -m tests.returns.killing_packs DATABASE FILES PLACE`: a worker that kills itself while
it makes an evidence pack.

DATABASE: a file of SQLite in which a pack is due. FILES: the folder of the store of files.
PLACE: the function at which it dies: of returns.evidence.making, or `_keep` of the row; in
`_copy` with the second file.
"""

import os
import signal
import sys
from typing import Any

import django

django.setup()

from django.core.files.storage import default_storage  # noqa: E402
from django.db import connection  # noqa: E402

from portal.storage import DurableFileSystemStorage  # noqa: E402
from returns.evidence import making  # noqa: E402
from returns.models import EvidencePack  # noqa: E402


def main(database: str, folder: str, place: str) -> None:
    connection.settings_dict["NAME"] = database
    default_storage._wrapped = DurableFileSystemStorage(folder)
    owner: Any = EvidencePack if place == "_keep" else making
    real, calls = getattr(owner, place), []

    def dies(*args: Any, **more: Any) -> Any:
        calls.append(place)
        if place != "_copy" or len(calls) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **more)

    setattr(owner, place, dies)
    EvidencePack.objects.work()


if __name__ == "__main__":
    main(*sys.argv[1:])
