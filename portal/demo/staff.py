"""Who works at the demo's desk: `desk` and `xiaoyue`, who answer the buyers of a shop each,
`lead`, who decides when a buyer asks to look again, `warehouse`, who opens parcels, and `owner`,
who may do all."""

import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission, User

DESK, XIAOYUE, LEAD, WAREHOUSE, OWNER = "desk", "xiaoyue", "lead", "warehouse", "owner"
# A link key opens every order of its shop: not for whoever answers letters.
NOT_FOR_AGENTS = (
    "view_linkkey",
    "view_shortlink",
    "view_findattempt",
    "view_throttle",
)
FOR_AGENTS = (
    "decide_return",
    "receive_return",
    "settle_return",
    "change_parcel",
    "change_interception",
    "decide_address",
    "answer_message",
    "care_for_case",
    "send_notice",
    "make_evidence",
)
# Besides: a second person looks at what a buyer does not accept.
FOR_LEADS = ("decide_appeal", "change_weighttolerance", "add_weighttolerance")
FOR_WAREHOUSE = (
    "view_returnauthorization",
    "view_order",
    "view_receipt",
    "view_photo",
    "view_surplus",
    "view_signaturequestion",
    "receive_return",
)


def password() -> str:
    """Made once per installation and kept beside the database."""
    path = settings.DATA_DIR / "demo_password"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(9))
    return path.read_text().strip()


def hire() -> User:
    """Makes the accounts, and the groups that any shop can use for its people."""
    agents, warehouse = groups()
    hashed = make_password(password())
    desk = _employ(DESK, hashed, first_name="Ieva")
    desk.groups.add(agents)
    _employ(XIAOYUE, hashed, first_name="小月").groups.add(agents)
    lead = _employ(LEAD, hashed, first_name="Rasa")
    lead.groups.add(agents, Group.objects.get(name="Leads"))
    _employ(WAREHOUSE, hashed, first_name="Jonas").groups.add(warehouse)
    _employ(OWNER, hashed, first_name="Tomas", is_superuser=True)
    return desk


def groups() -> tuple[Group, Group]:
    """Agents decide about everything but appeals; leads, who are agents as well, about those
    too; the warehouse receives and inspects."""
    agents, _ = Group.objects.get_or_create(name="Agents")
    warehouse, _ = Group.objects.get_or_create(name="Warehouse")
    ours = Permission.objects.filter(content_type__app_label__in=("returns", "tracking"))
    views = ours.filter(codename__startswith="view_").exclude(codename__in=NOT_FOR_AGENTS)
    agents.permissions.set([*views, *ours.filter(codename__in=FOR_AGENTS)])
    warehouse.permissions.set(ours.filter(codename__in=FOR_WAREHOUSE))
    leads, _ = Group.objects.get_or_create(name="Leads")
    leads.permissions.set(ours.filter(codename__in=FOR_LEADS))
    return agents, warehouse


def _employ(username: str, password: str, **values: Any) -> User:
    values = {"password": password, "is_staff": True} | values
    user, _ = get_user_model().objects.update_or_create(username=username, defaults=values)
    return user
