"""The WSGI application. It refuses to load when the settings are not fit to serve."""

import os

from django.core.checks import ERROR, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application

from portal import kinship

kinship.die_with_parent()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
application = get_wsgi_application()

# Any server may load this file, so the checks of `manage.py` are repeated here.
if problems := [check for check in run_checks(tags=["homeward"]) if check.level >= ERROR]:
    raise ImproperlyConfigured("\n".join(map(str, problems)))
