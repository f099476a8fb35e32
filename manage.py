#!/usr/bin/env python
"""Django's command line for Homeward: `python manage.py help` lists the commands."""

import os
import sys

if __name__ == "__main__":
    os.umask(0o077)  # what is written here is about people
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
