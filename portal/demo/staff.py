"""Who works at the demo's desk: `desk`, who answers buyers, and `owner`, who may do all."""

import secrets

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission, User

DESK, OWNER = "desk", "owner"
# A link key opens every order of its shop: not for whoever answers letters.
NOT_FOR_AGENTS = ("view_linkkey", "view_shortlink", "view_findattempt", "view_throttle")


def password() -> str:
    """Made once per installation and kept beside the database."""
    path = settings.DATA_DIR / "demo_password"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(9))
    return path.read_text().strip()


def hire() -> User:
    """Makes both accounts, and the group that any shop can use for its agents."""
    agents, _ = Group.objects.get_or_create(name="Agents")
    views = Permission.objects.filter(
        content_type__app_label__in=("returns", "tracking"), codename__startswith="view_"
    ).exclude(codename__in=NOT_FOR_AGENTS)
    decide = Permission.objects.filter(content_type__app_label="returns", codename="decide_return")
    agents.permissions.set([*views, *decide])
    hashed = make_password(password())
    users = get_user_model().objects
    desk, _ = users.update_or_create(
        username=DESK, defaults={"password": hashed, "is_staff": True, "first_name": "Ieva"}
    )
    desk.groups.add(agents)
    users.update_or_create(
        username=OWNER,
        defaults={
            "password": hashed,
            "is_staff": True,
            "is_superuser": True,
            "first_name": "Tomas",
        },
    )
    return desk
