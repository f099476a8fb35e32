"""Evidence packs at the desk: one button, who may press it, how far it is, and who fetched it."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from returns import files
from returns.models import EvidencePack, Photo, Receipt, Resolution
from returns.models.evidence_pack import Step
from tests import people
from tests.portal.desk_work import approved, at_desk, filled_in, inspected, page
from tests.portal.desk_work import clerk as somebody
from tests.returns.packed import asked, fresh
from tests.returns.photographs import saved, scene
from tests.returns.returning import DESK
from tests.returns.troubled import trouble

pytestmark = pytest.mark.django_db


@pytest.fixture
def ieva(db):
    return at_desk("ieva", "make_evidence", "view_case", "view_document")


def ask_page(order, **about) -> str:
    query = "&".join(f"{name}={pk}" for name, pk in about.items())
    url = reverse("admin:returns_evidencepack_ask", args=[order.pk])
    return f"{url}?{query}" if query else url


def pack_page(pack) -> str:
    return reverse("admin:returns_evidencepack_change", args=[pack.pk])


def file(pack, what="zip") -> str:
    return reverse("admin:returns_evidencepack_file", args=[pack.pk, pack.key, what])


def press(client, address, **changes):
    values = filled_in(client, address) | changes
    return client.post(address, values, follow=True)


def test_one_button_stands_on_the_pages_of_order_return_and_case(ieva, store):
    rma = approved(store)
    case = trouble(people.place_order(store, "JP-2", delivered=False, days_ago=2))
    order_page = reverse("admin:returns_order_change", args=[rma.order_id])
    case_page = reverse("admin:returns_case_change", args=[case.pk])
    for address, leads in (
        (order_page, ask_page(rma.order)),
        (page(rma), ask_page(rma.order, **{"return": rma.pk})),
        (case_page, ask_page(case.order, case=case.pk)),
    ):
        assert f'href="{leads}"' in ieva.get(address).text
    nobody = at_desk("nobody", "view_case")
    for address in (order_page, page(rma), case_page):
        assert "evidence pack" not in nobody.get(address).text


def test_pressed_it_is_made_in_the_background_for_whom_and_about_what_was_said(ieva, store):
    rma = approved(store)
    address = ask_page(rma.order, **{"return": rma.pk})
    assert not EvidencePack.objects.exists()
    shown = press(ieva, address, audience="marketplace", language="zh-hans")
    pack = EvidencePack.objects.get()
    assert shown.redirect_chain[-1][0] == pack_page(pack)
    assert (pack.audience, pack.language, pack.authorization, pack.case) == (
        "marketplace",
        "zh-hans",
        rma,
        None,
    )
    assert pack.user and pack.user.username == "ieva" and pack.percent == 0


def test_the_same_form_twice_is_one_pack(ieva, order):
    values = filled_in(ieva, ask_page(order))
    for _ in range(2):
        ieva.post(ask_page(order), values)
    assert EvidencePack.objects.count() == 1


def test_a_return_or_case_of_another_order_is_none(ieva, store, order):
    rma = approved(store, number="JP-7")
    case = trouble(people.place_order(store, "JP-2", delivered=False, days_ago=2))
    for about in ({"return": rma.pk}, {"case": case.pk}, {"return": 999}):
        assert ieva.get(ask_page(order, **about)).status_code == 404


def test_while_it_is_made_the_page_shows_how_far_and_loads_itself_anew(ieva, order):
    pack = asked(order)
    EvidencePack.objects.filter(pk=pack.pk).update(percent=37, step=Step.WRITING)
    text = ieva.get(pack_page(pack)).text
    assert '<meta http-equiv="refresh" content="3">' in text
    assert '<progress max="100" value="37"' in text and "37 %: writing the document" in text
    assert "Its files" not in text


def test_once_made_it_leads_to_its_files_with_their_fingerprints(ieva, order):
    pack = asked(order)
    assert EvidencePack.objects.work()
    pack = fresh(pack)
    text = ieva.get(pack_page(pack)).text
    assert 'http-equiv="refresh"' not in text
    assert file(pack) in text and pack.pdf_sha256 in text and pack.zip_sha256 in text


def test_given_up_it_says_so(ieva, order):
    pack = asked(order)
    EvidencePack.objects.update(state="dead", attempts=5)
    text = ieva.get(pack_page(pack)).text
    assert "Could not be made" in text and "It was tried 5 times." in text


def test_case_66_a_file_is_an_attachment_and_who_fetched_it_is_written_down(ieva, order):
    pack = asked(order)
    assert EvidencePack.objects.work()
    pack = fresh(pack)
    answer = ieva.get(file(pack, "pdf"))
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert b"".join(answer.streaming_content) == files.read(pack.pdf)
    entry = LogEntry.objects.get(object_id=str(pack.pk))
    assert (entry.user.username, entry.get_change_message()) == ("ieva", "Fetched: PDF.")


def test_without_the_permission_nothing_of_it_is_there(order):
    pack = asked(order)
    assert EvidencePack.objects.work()
    pack = fresh(pack)
    reader = at_desk("reader", "view_evidencepack")
    assert reader.get(ask_page(order)).status_code == 404
    assert reader.get(file(pack)).status_code == 404
    assert reader.get(pack_page(pack)).status_code == 403
    listed = reverse("admin:returns_evidencepack_changelist")
    assert reader.get(listed).status_code == 403


def test_the_buyers_own_copy_is_for_those_who_may_see_their_papers(order):
    pack = asked(order, "buyer")
    assert EvidencePack.objects.work()
    pack = fresh(pack)
    clerk = at_desk("cora", "make_evidence")
    assert "who asked for their own data" not in clerk.get(ask_page(order)).text
    assert clerk.get(file(pack)).status_code == 404
    assert press(clerk, ask_page(order), audience="buyer").status_code == 200
    assert EvidencePack.objects.count() == 1


def test_a_file_of_another_pack_or_a_wrong_key_is_not_found(ieva, order):
    first, second = asked(order, key="a"), asked(order, key="b")
    assert EvidencePack.objects.work() and EvidencePack.objects.work()
    args = [first.pk, second.key, "zip"]
    assert ieva.get(reverse("admin:returns_evidencepack_file", args=args)).status_code == 404


def test_the_list_costs_the_same_for_one_and_for_many(ieva, order, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    listed = reverse("admin:returns_evidencepack_changelist")
    asked(order, key="0")
    with CaptureQueriesContext(connection) as one:
        ieva.get(listed)
    for n in range(1, 8):
        asked(order, key=str(n))
    with django_assert_num_queries(len(one)):
        ieva.get(listed)


def test_case_68_evidence_is_neither_changed_nor_deleted_at_the_desk(store):
    rma = inspected(approved(store), somebody())
    Photo.objects.take(rma, "item", saved(scene(640, 480)), by=DESK)
    asked(rma.order)
    permissions = [
        f"{act}_{name}"
        for name in ("receipt", "photo", "resolution", "evidencepack", "weighing")
        for act in ("add", "change", "delete", "view")
    ]
    boss = at_desk("boss", "make_evidence", *permissions)
    rows = [Receipt.objects.get(), Photo.objects.get(), EvidencePack.objects.get()]
    assert not Resolution.objects.exists()
    for row in rows:
        name = row._meta.model_name
        for act in ("delete", "add"):
            args = [row.pk] if act == "delete" else []
            address = reverse(f"admin:returns_{name}_{act}", args=args)
            assert boss.get(address).status_code == 403
            assert boss.post(address, {"post": "yes"}).status_code == 403
        change = reverse(f"admin:returns_{name}_change", args=[row.pk])
        assert boss.get(change).status_code == 200
        assert boss.post(change, {"note": "Nothing was odd."}).status_code == 403
        assert type(row).objects.filter(pk=row.pk).exists()
