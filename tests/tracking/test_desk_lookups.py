"""Nobody guesses from a list, sign by sign, what no page of the desk shows."""

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import RequestFactory

from tests.tracking.desk import NUMBER, account, connect, follow, member, parcel
from tracking.admin.base import Narrowed
from tracking.models import Connection, GatewayAccount, Interception, Parcel, Push

pytestmark = pytest.mark.django_db

SECRET = {
    Connection: ("key", "salt", "customer", "base"),
    GatewayAccount: ("keys", "hook_key", "base"),
    Interception: ("before", "after", "key"),
    Parcel: ("phone_tail", "value"),
    Push: ("body",),
}
LOOKUPS = [
    *("exact", "iexact", "contains", "icontains", "startswith", "istartswith", "endswith"),
    *("iendswith", "regex", "iregex", "in", "gt", "gte", "lt", "lte", "range", "isnull"),
    *("length__gt", "lower__startswith"),
]
DEEPEST = 3  # relations on the way to a secret
DESK = admin.site._registry
OURS = [model for model in DESK if model._meta.app_label == "tracking"]
# Lists of others lead to ours as well.
ALL = [model for model in DESK if model._meta.app_label in ("tracking", "returns")]


def ways(model: type[Model], depth: int = 0) -> Iterator[str]:
    """Every path from a list of this model to a secret field."""
    yield from SECRET.get(model, ())
    if depth == DEEPEST:
        return
    for field in model._meta.get_fields():
        if field.is_relation and field.related_model in {*SECRET, *ALL}:
            for way in ways(field.related_model, depth + 1):
                yield f"{field.name}__{way}"


def request(query: dict[str, str] | None = None):
    return RequestFactory().get("/", query or {})


def test_the_walk_comes_by_all_secrets():
    """Else the test below would be true of nothing."""
    found = set(ways(Connection)) | set(ways(Push)) | set(ways(Parcel))
    assert {"key", "salt", "phone_tail", "value", "body"} <= found
    assert {"account__connections__key", "account__parcels__phone_tail"} <= found


@pytest.mark.parametrize("model", ALL, ids=lambda model: model._meta.label)
def test_no_list_answers_a_question_about_a_secret(model):
    desk = DESK[model]
    for way in dict.fromkeys(ways(model)):
        for question in (way, *(f"{way}__{lookup}" for lookup in LOOKUPS)):
            assert not desk.lookup_allowed(question, "x", request()), question


@pytest.mark.parametrize(
    ("page", "questions"),
    [
        (
            "connection",
            ["key=S3", "key__regex=^S3", "salt__startswith=S", "account__connections__key=S3"],
        ),
        ("account", ["connections__key__startswith=S", "parcels__phone_tail=4711"]),
        ("push", ["account__connections__key__startswith=S", "body__contains=4711"]),
        ("lane", ["account__connections__salt__startswith=S"]),
        ("gatewayaccount", ["keys__key__startswith=S", "hook_key__startswith=a", "base=x"]),
        (
            "interception",
            ["after__city=Bath", "before__street__startswith=1", "gateway__keys__key=S",
             "parcel__phone_tail=4711", "key=x"],
        ),
        ("holidaynotice", ["account__connections__salt__regex=^S"]),
        (
            "parcel",
            ["phone_tail=4711", "phone_tail__regex=^4", "value__gt=100", "value=480",
             "followings__connection__key__startswith=S3"],
        ),
    ],
)  # fmt: skip
def test_such_a_question_is_refused(page, questions):
    connect(key="S3cretKey", salt="S")
    parcel(phone_tail="4711", value="480")
    reader = member("reader", f"view_{page}")
    assert reader.get(f"/desk/tracking/{page}/").status_code == 200
    for question in questions:
        assert reader.get(f"/desk/tracking/{page}/?{question}").status_code == 400, question


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("connection", "account__id__exact={account}"),
        ("connection", "provider__exact=17track&is_active__exact=1"),
        ("connection", "is_asked__exact=1"),
        ("gatewayaccount", "account__id__exact={account}&gateway__exact=ups"),
        ("interception", "work=call&over=phone&carrier=ups&asked=yes&within=90"),
        ("interception", "status__exact=sent&aim__exact=redirect&o=1"),
        ("lane", "account__id__exact={account}&learned=yes"),
        ("lane", "origin=CN&destination__exact=DE"),
        ("holidaynotice", "account__id__exact={account}&works__exact=1"),
        ("parcel", "account__id__exact={account}&milestone__exact=announced&wrong=any"),
        ("parcel", "incident=lost&follow=refused&carrier=ups&is_inbound__exact=0"),
        ("parcel", "o=1.-2&q=RB&p=1"),
        ("push", "state=dead&provider__exact=17track&account__id__exact={account}"),
        ("push", "state__exact=dead&o=-1"),
    ],
)
def test_what_filters_and_pages_of_ours_ask_is_answered(page, query):
    follow(parcel(), connect())
    reader = member("reader", f"view_{page}")
    found = reader.get(f"/desk/tracking/{page}/?{query.format(account=account().pk)}")
    assert found.status_code == 200
    assert NUMBER not in found.text or page == "parcel"


def test_no_list_of_ours_was_forgotten():
    for model in OURS:
        assert isinstance(DESK[model], Narrowed), model
        for field in model._meta.get_fields():
            offered = {"provider", "is_active", "is_asked", "account"}
            if model is Connection and field.name not in offered:
                assert not DESK[model].lookup_allowed(field.name, "x", request()), field.name
