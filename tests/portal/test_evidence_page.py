"""The buyer asks for a copy of everything: with a fresh code, once, and nobody else gets it."""

import io
import uuid
import zipfile
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from returns import addresses, files
from returns.models import BUYER, EvidencePack, Photo, Throttle
from returns.models.evidence_pack import KEPT_FOR, Step
from tests import people
from tests.page_checks import CheckedClient
from tests.portal.test_step_up import code_sent, page_of, send
from tests.returns.packed import asked, fresh
from tests.returns.photographs import saved, scene
from tests.returns.returning import returned

pytestmark = pytest.mark.django_db
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
    "Content-Security-Policy": "sandbox; default-src 'none'",
}


def page(order, name="evidence", **more) -> str:
    return addresses.order_page(order, name, **more)


def file(pack, what="zip") -> str:
    return page(pack.order, "evidence_file", key=pack.key, what=what)


def with_code(client: CheckedClient, order) -> CheckedClient:
    send(client, order)
    client.post(page_of(order), {"code": code_sent()})
    return client


@pytest.fixture
def known(sarah, order) -> CheckedClient:
    """Sarah, who entered a code a moment ago."""
    return with_code(sarah, order)


def ready(order, **values) -> EvidencePack:
    pack = asked(order, "buyer", by=values.pop("by", BUYER), **values)
    assert EvidencePack.objects.work()
    return fresh(pack)


# --- Asking ------------------------------------------------------------------------------------


def test_with_the_link_alone_a_code_is_asked_for(sarah, order):
    assert sarah.get(page(order)).headers["Location"].startswith(page_of(order))
    assert sarah.post(page(order), {"key": uuid.uuid4()}).status_code == 302
    assert not EvidencePack.objects.exists()


def test_the_way_there_stands_on_the_page_of_the_order(sarah, order):
    assert page(order) in sarah.get(page(order, "order")).text


def test_pressed_twice_one_copy_is_made_and_looking_makes_none(known, order):
    shown = known.get(page(order))
    assert "Make a copy for me" in shown.text and not EvidencePack.objects.exists()
    form = {"key": shown.context["form"]["key"].value()}
    for _ in range(2):
        assert known.post(page(order), form).headers["Location"] == page(order)
    pack = EvidencePack.objects.get()
    assert (pack.audience, pack.asked_by, pack.language) == ("buyer", "buyer", "en")


def test_while_it_is_made_the_page_says_how_far_it_is_and_looks_again_by_itself(known, order):
    pack = asked(order, "buyer", by=BUYER)
    EvidencePack.objects.filter(pk=pack.pk).update(percent=42, step=Step.COLLECTING)
    text = known.get(page(order)).text
    assert '<progress max="100" value="42"' in text and "We collect the files." in text
    assert '<noscript><meta http-equiv="refresh" content="4"></noscript>' in text
    assert 'hx-trigger="every 2s"' in text and "Make a copy for me" not in text
    part = known.get(page(order), headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<section id="packs"') and "<h1" not in part


def test_once_it_is_made_the_page_stands_still_and_leads_to_both_files(known, order):
    pack = ready(order)
    text = known.get(page(order)).text
    assert 'http-equiv="refresh"' not in text and "hx-trigger" not in text.split("<main")[1]
    assert file(pack) in text and file(pack, "pdf") in text and "Kept until" in text
    assert "Make a new copy" in text


def test_what_could_not_be_made_or_is_over_says_so(known, order):
    pack = ready(order)
    EvidencePack.objects.forget(timezone.now() + KEPT_FOR)
    text = known.get(page(order)).text
    assert "Its time is over, and we have deleted it." in text and file(pack) not in text
    EvidencePack.objects.update(state="dead", step=Step.COLLECTING)
    assert "It could not be made." in known.get(page(order)).text


def test_who_asks_without_end_is_asked_to_come_back(known, order):
    for _ in range(3):
        known.post(page(order), {"key": uuid.uuid4()})
    shown = known.post(page(order), {"key": uuid.uuid4()})
    assert shown.status_code == 429 and "come back tomorrow" in shown.text
    assert EvidencePack.objects.count() == 3


def test_it_is_in_the_language_of_the_page(known, order):
    known.post(page(order) + "?lang=zh-hans", {"key": uuid.uuid4()})
    assert EvidencePack.objects.get().language == "zh-hans"


def test_the_page_costs_the_same_with_many_copies(known, order, django_assert_max_num_queries):
    for n in range(6):
        asked(order, "buyer", by=BUYER, key=f"f{n}")
        Throttle.objects.all().delete()
    with django_assert_max_num_queries(6):
        known.get(page(order))


# --- Fetching ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("what", "kind"), [("pdf", "application/pdf"), ("zip", "application/zip")])
def test_case_66_files_are_handed_out_as_attachments_that_nothing_runs(known, order, what, kind):
    pack = ready(order)
    answer = known.get(file(pack, what))
    assert answer.status_code == 200 and answer.headers["Content-Type"] == kind
    expected = f'attachment; filename="{order.ref}.{what}"'
    assert answer.headers["Content-Disposition"] == expected
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert b"".join(answer.streaming_content) == files.read(getattr(pack, what))


def test_the_zip_holds_the_photos_and_all_rows(known, order):
    rma = returned(order)
    Photo.objects.take(rma, "waybill", saved(scene(640, 480)), by=BUYER)
    pack = ready(order)
    data = b"".join(known.get(file(pack)).streaming_content)
    names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert "everything.json" in names and any(name.endswith("-waybill.jpg") for name in names)


def test_a_stranger_gets_404_at_the_page_and_at_the_files(known, bob, client, order, store):
    pack = ready(order)
    for address in (page(order), file(pack), file(pack, "pdf")):
        assert bob.get(address).status_code == 404
        lost = client.get(address)
        assert lost.status_code == 302 and urlsplit(lost.headers["Location"]).path.endswith("find/")
    other = people.place_order(store, "JP-3", email="sarah@example.com")
    people.open_link(known, other)
    with_code(known, other)
    moved = page(other, "evidence_file", key=pack.key, what="zip")
    assert known.get(moved).status_code == 404  # of another order of the same person


def test_what_the_desk_made_for_others_is_none_of_the_buyers(known, order):
    for n, audience in enumerate(("carrier", "marketplace", "buyer")):
        pack = asked(order, audience, key=f"d{n}")
        assert EvidencePack.objects.work()
        assert known.get(file(pack)).status_code == 404
    assert "Kept until" not in known.get(page(order)).text


def test_when_the_code_is_old_it_is_asked_for_again(known, order, monkeypatch):
    pack = ready(order)
    monkeypatch.setattr("portal.access.CODE_IS_FRESH", timedelta(seconds=-1))
    assert known.get(file(pack)).headers["Location"].startswith(page_of(order))


def test_unknown_files_and_files_that_are_gone_are_not_found(known, order):
    pack = ready(order)
    assert known.get(file(pack).replace("/zip/", "/exe/")).status_code == 404
    assert known.get(page(order, "evidence_file", key=uuid.uuid4(), what="zip")).status_code == 404
    default_storage.delete(pack.zip)
    assert known.get(file(pack)).status_code == 404
    assert known.post(file(pack)).status_code == 405
