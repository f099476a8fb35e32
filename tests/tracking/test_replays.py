"""Who has seen one genuine push can send it again, and no more than that."""

import json

import pytest
from django.test import Client

from tests.tracking import kdniao, kuaidi100
from tests.tracking.desk import connect
from tracking.models import Push

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"
KDNIAO = kdniao.pushed(kdniao.trace(0))


@pytest.mark.parametrize(
    ("provider", "values", "bodies"),
    [
        (
            "kuaidi100",
            {"salt": kuaidi100.ACCESS.salt},
            [kuaidi100.pushed(kuaidi100.line(0)) + b"&junk=%d" % n for n in range(4)],
        ),
        (
            "kdniao",
            {"customer": "1234567"},
            [KDNIAO, b"x=1&" + KDNIAO, KDNIAO + b"&RequestType=7", KDNIAO + b"&DataSign="],
        ),
    ],
)
def test_fields_that_nobody_signed_make_no_other_push(provider, values, bodies):
    connect(provider, **values)
    for body in bodies:
        answer = Client().post(f"/hooks/{provider}/juniper/", body, content_type=FORM)
        assert answer.status_code == 200, body
    push = Push.objects.get()
    assert bytes(push.body) == bodies[0]


def test_a_kind_that_nobody_signed_makes_few_of_one_push():
    connect("kdniao", customer="1234567")
    for kind in ("101", "102", *(f"9{n}" for n in range(20))):
        body = kdniao.body({"Data": [kdniao.item(kdniao.trace(0))]}, kind)
        answer = Client().post("/hooks/kdniao/juniper/", body, content_type=FORM)
        assert json.loads(answer.content)["Success"] is True
    assert Push.objects.count() == 3
