"""The WSGI application. It refuses to load when the settings are not fit to serve."""

import os

from django.core.checks import ERROR, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from django.db import connections

from portal.checks import link_keys_are_secret
from portal.running import kinship

kinship.die_with_parent()
os.umask(0o077)  # what is written here is about people
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
application = get_wsgi_application()

# Any server may load this file, so the checks of `manage.py serve` are repeated here.
problems = [check for check in run_checks(tags=["homeward"]) if check.level >= ERROR]
problems += link_keys_are_secret()
connections.close_all()
if problems:
    raise ImproperlyConfigured("\n".join(map(str, problems)))
