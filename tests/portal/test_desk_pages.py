"""Every page of the desk about the parcel back: whole, for each step, at a steady price.

CheckedClient looks at each of them: labels, ids, one heading, nothing inline.
"""

from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from portal.demo import staff
from returns.admin.buttons import DECISIONS
from returns.admin.decisions import RowDecision
from returns.models import (
    BUYER,
    Actor,
    Award,
    Document,
    Finding,
    Found,
    Offer,
    Photo,
    PostageClaim,
    ReturnAuthorization,
)
from tests import people
from tests.portal.desk_work import (
    LIST,
    WAYBILL,
    approved,
    arrived,
    ask_for_all,
    at_desk,
    clerk,
    page,
    read,
    url,
)

pytestmark = pytest.mark.django_db
ALL = ("decide_return", "receive_return", "settle_return", "decide_appeal")


@pytest.fixture
def boss(db):
    return at_desk("boss", *ALL)


# By test_desk.py, test_desk_exchanging.py, test_desk_refunds.py, test_withdrawal_desk.py and
# test_weights_pages.py, in states of their own.
LOOKED_AT_ELSEWHERE = frozenset(
    [
        "approve",
        "ask",
        "decline",
        "put_right",
        "extend",
        "approve_later",
        "book_goods",
        "keep_both",
        "more_time",
        "pay_now",
        "place_goods",
        "send_ahead",
        "ship",
        "sold_out",
        "came_back",
        "checked",
        "sent_by_hand",
        "through_shop",
        "left",
        "pay_on_proof",
        "stopped",
        "ask_weighing",
        "weigh_again",
    ]
)


def every_state(store, by: Actor | None = None) -> list[ReturnAuthorization]:
    """Returns of two lines each, one in each state that this issue knows, told in full."""
    lines = (("Linen shirt", "68.00", 2, {"weight_grams": 300}), ("Mug", "14.00", 1))
    by, told = by or clerk(), []
    for number in range(8):
        order = people.place_order(store, f"A-{number}", lines=lines)
        told.append(ask_for_all(order))
    told[1].name_parcel("RB123456785GB", "royal-mail", by=BUYER)
    told[2].name_parcel("RB123456785GB", "royal-mail", by=BUYER)
    arrived(told[3])
    for rma in told[4:]:
        counts = {row.pk: row.approved for row in rma.lines.all()}
        counts[min(counts)] -= 1
        rma.receive(Found(counts, (("A sock", 1),), 100, "Wet"), by=by, key="first")
    for rma in told[5:]:
        *taken, refused = rma.lines.all()
        findings = {row.pk: Finding("used", row.received) for row in taken}
        findings[refused.pk] = Finding("used", 0, words="Worn.")
        rma.inspect(findings, by=by)
    for rma in told[6:]:
        rma.resolve(
            [Award("refund", rma.settlement().total), Award("store_credit", Decimal(1))], by=by
        )
    told[7].resolutions.first().record_failed("Closed", by=by)
    for resolution in told[6].resolutions.all():
        resolution.record_sent(by=by)
    read(told[6]).look_again("The mug was as new.", by=BUYER)
    told += _offered_and_repaid(store, by)
    order = people.place_order(store, "A-9")
    told.append(people.ask_to_return(order))
    told[-1].cancel(by=BUYER)
    return [read(rma) for rma in told]


def _offered_and_repaid(store, by) -> list[ReturnAuthorization]:
    """With an offer that waits, and with a receipt for the postage."""
    offered = ask_for_all(people.place_order(store, "A-20"))
    Offer.objects.make(
        offered.order,
        wish="voucher",
        amount=Decimal(5),
        words="Sorry.",
        by=by,
        authorization=offered,
    )
    repaid = ask_for_all(people.place_order(store, "A-21"))
    photo = Photo.objects.create(
        authorization=repaid, kind="postage", width=1, height=1, taken_by="buyer"
    )
    PostageClaim.objects.create(authorization=repaid, paid=9, photo=photo, form_key="form")
    return [offered, repaid]


def test_every_page_of_every_state_opens_and_is_whole(boss, store):
    seen = set()
    for rma in every_state(store):
        assert boss.get(page(rma)).status_code == 200
        for name, decision in DECISIONS.items():
            if not decision.fits(rma):
                continue
            rows: list = [None]
            if issubclass(decision, RowDecision):
                rows = [row for row in decision.rows(rma) if decision.takes(row)]
            for row in rows:
                shown = boss.get(url(rma, name, row))
                assert shown.status_code == 200
                assert rma.number in shown.text
                seen.add(name)
    assert set(DECISIONS) - seen <= LOOKED_AT_ELSEWHERE


def test_an_empty_form_of_every_page_is_answered_with_a_whole_page(boss, store):
    for rma in every_state(store):
        for name, decision in DECISIONS.items():
            rows: list = [None]
            if issubclass(decision, RowDecision):
                rows = list(decision.rows(rma))
            for row in rows:
                assert boss.post(url(rma, name, row), {}).status_code in (200, 302)


def test_every_button_on_a_page_leads_somewhere(boss, store):
    for rma in every_state(store):
        shown = boss.get(page(rma))
        for name, decision in DECISIONS.items():
            if issubclass(decision, RowDecision):
                continue
            assert (url(rma, name) in shown.text) == decision.fits(rma), name


def fill(rma: ReturnAuthorization, by: Actor, times: int) -> None:
    """So many photos, receipts, things besides and letters."""
    for n in range(times):
        values = {"authorization": rma, "user": by.user}
        Photo.objects.create(
            kind="item", sha256=f"{n}-{times}", width=1, height=1, taken_by="staff", **values
        )
        counts = {row.pk: row.approved for row in rma.lines.all()}
        rma.receive(Found(counts, ((f"Sock {n}", 1),), 100), by=by, key=f"{n}-{times}")


def test_the_page_of_a_return_costs_the_same_for_little_and_for_much(
    boss, store, django_assert_max_num_queries
):
    by = clerk()
    lines = (("Linen shirt", "68.00", 2), ("Mug", "14.00", 1), ("Bowl", "9.00", 1))
    rma = arrived(approved(store, lines))
    Document.objects.create(
        authorization=rma, kind="label", content_type="application/pdf", user=by.user
    )
    fill(rma, by, 1)
    boss.get(page(rma))
    with django_assert_max_num_queries(50) as few:
        boss.get(page(rma))
    fill(rma, by, 6)
    with django_assert_max_num_queries(50) as many:
        boss.get(page(rma))
    assert len(many) == len(few)


def test_the_list_costs_the_same_with_all_that_can_wait_in_it(
    boss, store, django_assert_max_num_queries
):
    by = clerk()
    every_state(store, by)
    boss.get(reverse(LIST))
    with django_assert_max_num_queries(15) as few:
        boss.get(reverse(LIST))
    for number in range(6):
        rma = ask_for_all(people.place_order(store, f"B-{number}"))
        rma.receive(Found({rma.lines.get().pk: 1}, ()), by=by, key="first")
    with django_assert_max_num_queries(15) as many:
        boss.get(reverse(LIST))
    assert len(many) == len(few)


def test_the_records_are_shown_found_and_never_changed(store):
    root = at_desk("root")
    get_user_model().objects.filter(username="root").update(is_superuser=True)
    rma = every_state(store)[7]
    Photo.objects.create(
        authorization=rma, kind="item", sha256="x", width=1, height=1, taken_by="staff"
    )
    Document.objects.create(authorization=rma, kind="label", content_type="application/pdf")
    rows = {
        "receipt": rma.receipts.get(),
        "surplus": rma.surplus.get(),
        "resolution": rma.resolutions.first(),
        "photo": rma.photos.get(),
        "document": rma.documents.get(),
    }
    for model, row in rows.items():
        listed = root.get(reverse(f"admin:returns_{model}_changelist"), {"q": rma.number})
        assert f">{rma.number}<" in listed.text
        shown = root.get(reverse(f"admin:returns_{model}_change", args=[row.pk]))
        assert f">{rma.number}<" in shown.text
        assert row.authorization_id == rma.pk
        for verb in ("change", "delete"):
            address = reverse(f"admin:returns_{model}_{verb}", args=[row.pk])
            assert root.post(address, {"post": "yes"}).status_code == 403
        assert root.get(reverse(f"admin:returns_{model}_add")).status_code == 403
        assert type(row).objects.filter(pk=row.pk).exists()


def test_the_records_do_not_tell_where_files_lie(store):
    root = at_desk("root")
    get_user_model().objects.filter(username="root").update(is_superuser=True)
    rma = approved(store)
    photo = Photo.objects.create(
        authorization=rma, kind="item", sha256="x", width=1, height=1, taken_by="staff",
        file="photos/secret-name.jpg", thumbnail="photos/secret-small.jpg",
    )  # fmt: skip
    shown = root.get(reverse("admin:returns_photo_change", args=[photo.pk])).text
    assert "secret" not in shown


def test_a_waybill_with_two_returns_in_it_lists_both(boss, store):
    order = people.place_order(store, lines=(("Linen shirt", "68.00", 2),))
    both = [people.ask_to_return(order, key=key) for key in "ab"]
    for rma in both:
        rma.name_parcel(WAYBILL, "royal-mail", by=BUYER)
    shown = boss.get(reverse(LIST), {"q": WAYBILL})
    assert all(rma.number in shown.text for rma in both)


def test_the_people_of_the_demo_may_do_what_they_are_hired_for(db, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    staff.hire()
    people_of = {user.username: user for user in get_user_model().objects.all()}
    may = {
        name: {p for p in ("decide_return", "receive_return", "settle_return")
               if user.has_perm(f"returns.{p}")}
        for name, user in people_of.items()
    }  # fmt: skip
    assert may["desk"] == may["owner"] == {"decide_return", "receive_return", "settle_return"}
    assert may["warehouse"] == {"receive_return"}
    assert people_of["warehouse"].has_perm("returns.view_returnauthorization")
    assert not people_of["warehouse"].has_perm("returns.view_linkkey")


def test_a_parcel_that_came_before_its_answer_waits_for_it(store):
    rma = people.ask_to_return(
        people.place_order(store, lines=(("Oak chair", "480.00", 1),)), reason="changed_mind"
    )
    shown = at_desk("jonas", "receive_return").get(page(rma)).text
    assert "It can be received once it is approved." in shown
    assert url(rma, "receive") not in shown
