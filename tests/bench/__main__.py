"""python -m tests.bench [--n ROUNDS] [photo] [pdf] [push] [page]"""

import os

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.settings"
django.setup()

from tests.bench.run import main  # noqa: E402

main()
