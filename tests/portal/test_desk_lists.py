"""Lists of the desk cannot be asked for what they do not show, sign by sign."""

import pytest
from django.contrib.admin import site
from django.urls import reverse

from tests import people
from tests.page_checks import CheckedClient
from tracking.admin.base import Narrowed

pytestmark = pytest.mark.django_db

OF_AN_ORDER = {
    "order__email__startswith": "s",
    "order__email": "sarah@example.com",
    "order__phone__contains": "7",
    "order__name__startswith": "S",
    "order__street__startswith": "1",
    "order__postcode__gt": "A",
    "order__store__secret__startswith": "a",
    "order__store__slug": "juniper",
    "order__messages__text__contains": "a",
}
# What a list must not be asked for, besides; each is a field that there is.
LISTS: dict[str, dict[str, str]] = {
    "message": OF_AN_ORDER
    | {"text__contains": "a", "sent_from__startswith": "a", "user__password__startswith": "p"},
    "notice": OF_AN_ORDER
    | {
        "recipient__startswith": "s",
        "text__contains": "code",
        "facts__code__startswith": "1",
        "account__hook_key__startswith": "a",
        "account__keys__auth_token__startswith": "a",
        "edited_by__password__startswith": "p",
    },
    "promise": OF_AN_ORDER
    | {"kept_by__recipient__startswith": "s", "kept_by__text__contains": "a"},
    "case": OF_AN_ORDER | {"owner__password__startswith": "p", "contacts__answer__contains": "a"},
    "investigation": OF_AN_ORDER
    | {"case__owner__password__startswith": "p", "case__contacts__answer__contains": "a"},
    "contactpoint": {
        "address__startswith": "+44",
        "address": "+447700900123",
        "store__orders__email__startswith": "s",
        "store__channel_accounts__hook_key__startswith": "a",
    },
    "inbound": {
        "body__contains": "a",
        "account__hook_key__startswith": "a",
        "account__keys__auth_token__startswith": "a",
        "account__store__orders__email__startswith": "s",
    },
    "channelaccount": {
        "hook_key__startswith": "a",
        "keys__auth_token__startswith": "a",
        "store__orders__email__startswith": "s",
    },
    "shopaccount": {
        "keys__token__startswith": "a",
        "base__startswith": "https",
        "store__orders__email__startswith": "s",
    },
    "shopupdate": {
        "key__startswith": "a",
        "address__city": "Bath",
        "change__order__email__startswith": "s",
        "account__keys__token__startswith": "a",
    },
    "shoprefund": {
        "resolution__key__startswith": "a",
        "resolution__authorization__order__email__startswith": "s",
        "account__keys__token__startswith": "a",
    },
}
LISTS |= {
    "addresschange": OF_AN_ORDER
    | {
        "after__city__startswith": "B",
        "before__street__startswith": "1",
        "verified_note__contains": "a",
        "interception__gateway__keys__key__startswith": "a",
        "shipment__parcel__phone_tail__startswith": "1",
        "user__password__startswith": "p",
    },
    "interceptionrule": {
        "store__orders__email__startswith": "s",
        "store__channel_accounts__hook_key__startswith": "a",
    },
}
LISTS |= {
    "evidencepack": OF_AN_ORDER | {"zip__startswith": "e", "user__password__startswith": "p"},
    "signaturequestion": OF_AN_ORDER | {"parcel__phone_tail__startswith": "1"},
}
ASKED = [(name, lookup, value) for name, asked in LISTS.items() for lookup, value in asked.items()]
OFFERED = [
    *((name, "store", "juniper") for name in ("message", "notice", "promise", "case")),
    ("message", "way__exact", "page"),
    ("notice", "kind__exact", "order_news"),
    ("contactpoint", "store__id__exact", "1"),
    ("inbound", "account__store__id__exact", "1"),
    ("channelaccount", "provider__exact", "twilio"),
    ("shopaccount", "shop__exact", "shopify"),
    ("shopupdate", "state__exact", "dead"),
    ("shoprefund", "state__exact", "dead"),
    ("addresschange", "queue", "decide"),
    ("addresschange", "store", "juniper-pine"),
    ("addresschange", "stage", "unshipped"),
    ("interceptionrule", "store__id__exact", "1"),
    ("evidencepack", "audience__exact", "carrier"),
    ("signaturequestion", "answer", "waiting"),
    ("signaturequestion", "asks__exact", "warehouse"),
]


@pytest.fixture
def reader(db) -> CheckedClient:
    client = CheckedClient()
    seen = (f"view_{name}" for name in LISTS)
    client.force_login(people.staff("reader", *seen, "make_evidence"))
    return client


def listed(client: CheckedClient, name: str, **query: str):
    return client.get(reverse(f"admin:returns_{name}_changelist"), query)


@pytest.mark.parametrize(("name", "lookup", "value"), ASKED)
def test_no_list_answers_what_it_does_not_offer(reader, order, name, lookup, value):
    assert listed(reader, name, **{lookup: value}).status_code == 400


@pytest.mark.parametrize(("name", "lookup", "value"), OFFERED)
def test_what_a_list_offers_it_answers(reader, order, name, lookup, value):
    assert listed(reader, name, **{lookup: value}).status_code == 200


def test_every_list_that_is_narrowed_is_looked_at():
    """One that is added later stands here as well."""
    narrowed = {
        model._meta.model_name
        for model, admin in site._registry.items()
        if isinstance(admin, Narrowed) and model._meta.app_label == "returns"
    }
    assert narrowed == set(LISTS)
