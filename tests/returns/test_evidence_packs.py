"""What an evidence pack holds, and for whom: real photos, a real PDF, a ZIP that can be checked."""

from datetime import timedelta

import pytest
from django.utils import timezone

from returns import files
from returns.codes import PhotoKind
from returns.models import (
    BUYER,
    Actor,
    CarrierContact,
    Case,
    Document,
    Event,
    EventKind,
    EvidencePack,
    Order,
    Photo,
    Receipt,
    ReturnAuthorization,
)
from tests import people
from tests.returns.packed import DESK, asked, made
from tests.returns.photographs import saved, scene
from tests.returns.returning import inspected, opened, posted, returned
from tests.returns.troubled import trouble
from tracking.milestones import Milestone
from tracking.models import Parcel, ScanReport
from tracking.reports import Signed

pytestmark = pytest.mark.django_db
LINES = (
    ("Linen shirt", "68.00", 1, {"weight_grams": 400, "sku": "SH-1"}),
    ("Beeswax candle", "12.00", 2, {"weight_grams": 200}),
)


@pytest.fixture
def told(store) -> ReturnAuthorization:
    """A return that was told in full: photos, a scan with words, a weighed parcel, messages,
    and notes that are nobody's business."""
    order = people.place_order(store, lines=LINES)
    rma = returned(order, 1, 2, note="Please look at <the seam>.")
    for width, kind in ((801, PhotoKind.ITEM), (802, PhotoKind.WAYBILL), (803, PhotoKind.POSTAGE)):
        photo = saved(scene(width, 600))
        by = DESK if kind == PhotoKind.POSTAGE else BUYER
        Photo.objects.take(rma, kind, photo, by=by)
    parcel = posted(rma)
    words = "Signed for by: GUARD, Mr Ochs"
    report = ScanReport(
        timezone.now(), Milestone.DELIVERED, place="Vilnius", words=words, signed=Signed.OTHER
    )
    parcel.record([report])
    Parcel.objects.filter(pk=parcel.pk).update(carrier_weight=1500)
    order.write("My other mail is sarah.w@private.example or +44 7700 900999.", key="m1")
    order.answer("Thank you, we look at it.", by=DESK, key="m2")
    order.note_for_us("She has complained before.", by=DESK, key="m3")
    opened(rma, grams=900, note="The tape was odd.")
    return ReturnAuthorization.objects.get(pk=rma.pk)


def carrier_asked(order: Order) -> Case:
    case = trouble(order)
    CarrierContact.objects.ask(
        case, way="phone", asked="Where is it?", by=DESK, answer="In our depot."
    )
    CarrierContact.objects.ask(
        case, way="email", asked="We hold you liable.", by=DESK, is_visible=False
    )
    return case


# --- What stands in it ------------------------------------------------------------------------


def test_the_pdf_tells_order_history_weights_photos_and_messages(told):
    pack = made(told.order)
    text = pack.text
    assert "Record for a claim Order JP-20418, Juniper & Pine" in text
    assert "Linen shirt" in text and "SH-1" in text and "Beeswax candle" in text
    assert f"Return {told.number}" in text and "Please look at <the seam>." in text
    assert "You asked to send something back." in text
    assert "We opened your parcel and counted what was inside." in text
    assert "RB123456785GB" in text and "GUARD, Mr Ochs" in text
    assert "The goods alone, by our records: 800 g" in text
    assert "On the carrier’s scales: 1.5 kg On our scales: 900 g" in text
    assert "decides nothing by itself" in text
    assert "The shop wrote Thank you, we look at it." in text
    assert "We asked" not in text  # nobody asked the carrier


def test_each_photo_has_its_moment_and_its_fingerprint_and_the_copy_in_the_zip_is_that_file(told):
    pack = made(told.order)
    photo = told.photos.get(kind=PhotoKind.ITEM)
    name = f"photos/001-{told.number}-item.jpg"
    assert pack.archive.read(name) == files.read(photo.file)
    assert pack.sha256(name) in pack.text and photo.sha256 in pack.text
    assert f"{timezone.localtime(photo.taken_at):%Y-%m-%d %H:%M}, from the buyer" in pack.text
    images = [image for page in pack.pdf.pages for image in page.images]
    assert len(images) == 2  # thumbnails, of the goods and of the waybill
    assert all(max(image.image.size) <= 320 for image in images)


def test_the_manifest_and_the_sums_are_those_of_the_files(told):
    pack = made(told.order)
    listed = pack.names - {"manifest.csv", "SHA256SUMS.txt"}
    assert set(pack.manifest) == listed and "evidence.pdf" in listed
    sums = dict(
        reversed(line.split("  "))
        for line in pack.archive.read("SHA256SUMS.txt").decode().split("\n")
        if line
    )
    for name in listed:
        assert pack.manifest[name]["sha256"] == sums[name] == pack.sha256(name)
        assert int(pack.manifest[name]["bytes"]) == len(pack.archive.read(name))
    assert pack.archive.testzip() is None
    assert pack.row.pdf_sha256 == pack.sha256("evidence.pdf")
    assert pack.row.file_count == len(listed)


@pytest.mark.parametrize(
    ("language", "lang", "title"), [("en", "en", "Record for a claim"), ("zh-hans", "zh", "")]
)
def test_the_pdf_is_tagged_titled_and_in_the_language_that_was_chosen(told, language, lang, title):
    pdf = made(told.order, language=language).pdf
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and str(root["/Lang"]).lower().startswith(lang)
    assert pdf.metadata and "JP-20418" in (pdf.metadata.title or "")
    assert title in (pdf.metadata.title or "")


def test_what_somebody_typed_stays_words(store):
    order = people.place_order(store, lines=(('#eval(read("/etc/passwd"))', "1.00", 1),))
    order.write("#let x = [*bold*] $x^2$ `raw` </script> \u202e", key="m")
    text = made(order).text
    assert '#eval(read("/etc/passwd"))' in text and "#let x = [*bold*] $x^2$ `raw`" in text
    assert "\u202e" not in text


def test_chinese_names_stand_in_it(store):
    order = people.place_order(store, name="梁雨桐", city="牛津")
    assert "梁雨桐" in made(order, "buyer", language="zh-hans").text


# --- For whom ----------------------------------------------------------------------------------


def test_private_notes_are_in_no_pack(told):
    carrier_asked(told.order)
    for audience in ("carrier", "marketplace", "buyer"):
        whole = made(told.order, audience).whole()
        assert "She has complained before." not in whole
        assert "The tape was odd." not in whole


def test_the_carrier_reads_of_the_buyer_what_the_waybill_bears_and_no_more(told):
    whole = made(told.order).whole()
    assert "Sarah Whitcombe" in whole and "12 Harbour Lane" in whole
    assert "+44 7700 900123" in whole  # stands on the label of the parcel to her
    assert "sarah@example.com" not in whole and "sarah.w@private.example" not in whole
    assert "My other mail is •••" in whole


def test_of_a_parcel_back_alone_the_phone_of_the_buyer_is_not_told(told):
    case = Case.objects.create(
        order=told.order,
        authorization=told,
        parcel=told.shipments.get().parcel,
        kind="unclear_signature",
        since=timezone.now(),
    )
    told.order.write("Call me: +44 (0) 7700-900123, or 07700 900 123.", key="m9")
    whole = made(told.order, case=case).whole()
    assert "900123" not in whole and "900 123" not in whole and "Call me: •••" in whole


def test_the_buyer_reads_everything_about_themselves(told):
    pack = made(told.order, "buyer")
    assert "sarah@example.com" in pack.text and "sarah.w@private.example" in pack.text
    rows = pack.everything
    assert rows["order"][0]["email"] == "sarah@example.com"
    assert len(rows["photos"]) == 3 and len(rows["messages"]) == 2
    assert {row["kind"] for row in rows["history"]} >= {"return_requested", "message_written"}
    assert "everything.json" not in made(told.order).names


def test_no_keys_and_no_names_of_ours_are_in_what_machines_read(told):
    ieva = people.staff("ieva", first_name="Ieva")
    told.order.answer("Done.", by=Actor.staff(ieva), key="m5")
    rows = made(told.order, "buyer").everything
    names = {name for table in rows.values() for row in table for name in row}
    assert not names & {"key", "form_key", "file", "thumbnail", "user", "owner", "dedupe_key"}
    assert "ieva" not in str(rows).lower()


def test_papers_for_customs_and_receipts_are_for_the_buyer_alone(told):
    page = saved(scene(500, 700))
    Document.objects.take(told.order, "payment_record", page, by=BUYER)
    for audience, papers, receipts in (("carrier", 0, 0), ("marketplace", 0, 0), ("buyer", 1, 1)):
        names = made(told.order, audience).names
        assert sum(name.startswith("papers/") for name in names) == papers
        assert sum("-postage" in name for name in names) == receipts


def test_the_carrier_also_reads_what_we_asked_it_without_the_buyer(store):
    order = people.place_order(store, delivered=False, days_ago=2)
    carrier_asked(order)
    assert "We hold you liable." in made(order).text
    for audience in ("marketplace", "buyer"):
        pack = made(order, audience)
        assert "We hold you liable." not in pack.whole()
        assert "Where is it?" in pack.text and "In our depot." in pack.text


def test_a_pack_about_one_return_leaves_out_the_others(store):
    order = people.place_order(store, lines=LINES)
    mine, other = returned(order, 1), returned(order, 0, 1)
    for rma, width in ((mine, 640), (other, 642)):
        Photo.objects.take(rma, "item", saved(scene(width, 480)), by=BUYER)
    pack = made(order, authorization=mine)
    assert mine.number in pack.text and other.number not in pack.whole()
    assert sum(name.startswith("photos/") for name in pack.names) == 1


def test_a_receipt_that_was_taken_back_says_so(told):
    Receipt.objects.update(undone_at=timezone.now() + timedelta(minutes=1))
    assert "taken back on" in made(told.order).text


def test_a_file_whose_time_is_over_is_named_as_such(told):
    photo = told.photos.get(kind=PhotoKind.ITEM)
    files.drop([photo.file, photo.thumbnail])
    pack = made(told.order)
    assert "no longer kept" in pack.text
    gone = f"photos/001-{told.number}-item.jpg"
    assert gone not in pack.names and f"{gone} (gone)" in pack.manifest


def test_who_made_it_is_written_into_history_and_not_told_to_the_buyer(told):
    ieva = people.staff("ieva")
    pack = made(told.order, by=Actor.staff(ieva))
    event = Event.objects.get(kind=EventKind.EVIDENCE_MADE)
    assert (event.user, event.data["pack"], event.data["audience"]) == (
        ieva,
        pack.row.pk,
        "carrier",
    )
    assert event.data["sha256"] == pack.row.zip_sha256
    assert "We put together" not in made(told.order, "buyer").text


def test_what_was_found_and_given_is_told(told):
    inspected(told, words="A pull in the sleeve.")
    assert "As new “A pull in the sleeve.”" in made(told.order, "marketplace").text


def test_however_much_there_is_the_database_is_asked_as_often(store, django_assert_max_num_queries):
    def with_much(number: str, times: int) -> Order:
        order = people.place_order(store, number, lines=LINES)
        rma = returned(order, 1)
        for n in range(times):
            Photo.objects.take(rma, "item", saved(scene(600 + n, 400)), by=DESK)
            order.write(f"Message {n}", key=f"m{n}", way="email")
        return order

    little, much = with_much("A-1", 1), with_much("A-2", 8)
    asked(little, "buyer", key="one")
    with django_assert_max_num_queries(75) as first:
        assert EvidencePack.objects.work()
    asked(much, "buyer", key="two")
    with django_assert_max_num_queries(len(first) + 12):  # how far it is, told some times
        assert EvidencePack.objects.work()
