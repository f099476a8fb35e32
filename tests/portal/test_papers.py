"""Papers for customs on the pages: who gets which, what is sent, and what the desk sees."""

import re
import uuid
from datetime import timedelta
from io import BytesIO

import pypdf
import pytest
from django.contrib.auth import get_user_model
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal import access
from portal.demo import staff
from portal.views import papers as paper_views
from returns import addresses, files
from returns.admin.case import case
from returns.codes import PAPERS
from returns.models import BUYER, RULE, Document, Order, ReturnAuthorization, Store, Throttle
from returns.models.document import MOST_OF_BUYER
from returns.photos.problems import Problem, Unusable
from returns.states import Status
from tests import people, pictures
from tests.page_checks import CheckedClient
from tests.portal.test_return_form import words
from tests.portal.test_step_up import code_sent, page_of, send
from tracking.milestones import Milestone
from tracking.models import ScanReport

pytestmark = pytest.mark.django_db

PDF = (
    b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
    b"trailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}
SANDBOX = "sandbox; default-src 'none'"


@pytest.fixture
def coming(store) -> Order:
    """Sarah's order from Lithuania, on its way to Britain."""
    return people.place_order(store, "JP-20600", delivered=False)


@pytest.fixture
def reader(coming) -> CheckedClient:
    """Somebody with the link."""
    return holder(coming)


@pytest.fixture
def rma(order) -> ReturnAuthorization:
    """An approved return of an order that was delivered."""
    return people.ask_to_return(order)


def holder(order: Order) -> CheckedClient:
    client = CheckedClient()
    people.open_link(client, order)
    return client


def page(order: Order, name: str = "papers", **more) -> str:
    return addresses.order_page(order, name, **more)


def enter_code(client, order: Order) -> None:
    send(client, order)
    assert client.post(page_of(order), {"code": code_sent()}).status_code == 302


def forget_code(client, order: Order) -> None:
    session = client.session
    session[access.GRANTS][str(order.pk)] -= 15 * 60 + 1
    session.save()


def upload(client, order: Order, data: bytes = PDF, kind: str = "invoice", name="a.pdf", **more):
    file = SimpleUploadedFile(name, data, "application/pdf")
    return client.post(page(order), {"kind": kind, "paper": file}, **more)


def another(number: int) -> bytes:
    return PDF.replace(b"/Pages", b"/No%d /Pages" % number)


def kept(order: Order, data: bytes = PDF, kind: str = "invoice") -> Document:
    return Document.objects.take(order, kind, data, by=BUYER)


def text_of(response) -> str:
    pdf = pypdf.PdfReader(BytesIO(response.content))
    return " ".join(" ".join(page.extract_text().split()) for page in pdf.pages)


def section(response, kind: str) -> str:
    return response.content.decode().split(f'id="kind-{kind}"')[1].split("</section>")[0]


# --- What is offered, and where ---------------------------------------------------------------


def test_an_order_on_its_way_over_a_border_offers_the_proof_of_value(reader, coming):
    shown = reader.get(page(coming, "order"))
    assert page(coming, "value_proof") in shown.text and page(coming) in shown.text
    assert page(coming, "value_proof") in reader.get(page(coming)).text
    response = reader.get(page(coming, "value_proof"))
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'inline; filename="JP-20600-value.pdf"'
    assert "Linen shirt" in text_of(response)
    for header, value in HEADERS.items():
        assert response[header] == value


def test_a_return_over_a_border_offers_its_invoice(sarah, rma):
    invoice = addresses.return_page(rma, "return_invoice")
    shown = sarah.get(addresses.return_page(rma))
    assert invoice in shown.text and page(rma.order) in shown.text
    assert invoice in sarah.get(page(rma.order)).text
    response = sarah.get(invoice)
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'inline; filename="{rma.number}-invoice.pdf"'
    assert rma.number in text_of(response)
    for header, value in HEADERS.items():
        assert response[header] == value


def test_within_one_union_nothing_is_offered_and_nothing_is_printed(store):
    Store.objects.update(country="DE")
    order = people.place_order(store, "JP-7", country="FR", delivered=False)
    other = people.place_order(store, "JP-8", country="FR")
    back = people.ask_to_return(other)
    for mine, path, paper in (
        (order, page(order, "order"), page(order, "value_proof")),
        (other, addresses.return_page(back), addresses.return_page(back, "return_invoice")),
    ):
        client = holder(mine)
        assert "papers/" not in client.get(path).text and "customs" not in words(client.get(path))
        assert client.get(paper).status_code == 404
        assert "so no papers are needed" in words(client.get(page(mine)))
        assert 'type="file"' not in client.get(page(mine)).text


def test_a_delivered_parcel_needs_no_proof_any_more(sarah, order):
    assert "value.pdf" not in sarah.get(page(order, "order")).text
    assert sarah.get(page(order, "value_proof")).status_code == 404


def test_of_two_parcels_the_one_that_is_delivered_is_not_on_the_proof(reader, coming):
    second = people.ship(coming, number="RB555555555GB")
    first = coming.shipments.exclude(pk=second.pk).get().parcel
    at = timezone.now()
    first.record([ScanReport(at=at, milestone=Milestone.DELIVERED, place="Bristol")])
    text = text_of(reader.get(page(coming, "value_proof")))
    assert "RB555555555GB" in text and first.number not in text


def test_a_parcel_that_customs_has_seen_gets_its_proof_whatever_the_countries_say(store):
    order = people.place_order(store, "JP-9", country="LT", delivered=False)
    client = holder(order)
    assert client.get(page(order, "value_proof")).status_code == 404
    scan = ScanReport(at=timezone.now(), milestone=Milestone.CUSTOMS, place="Vilnius")
    order.outbound[0].parcel.record([scan])
    assert client.get(page(order, "value_proof")).status_code == 200


def test_a_cancelled_order_has_no_papers(reader, coming):
    Order.objects.update(cancelled_at=timezone.now())
    assert reader.get(page(coming, "value_proof")).status_code == 404


@pytest.mark.parametrize(
    ("values", "there"),
    [
        ({"status": Status.APPROVED}, True),
        ({"status": Status.IN_TRANSIT}, True),
        ({"status": Status.IN_TRANSIT, "arrived_at": timezone.now()}, False),
        ({"status": Status.REQUESTED}, False),
        ({"status": Status.RECEIVED}, False),
        ({"status": Status.CANCELLED}, False),
    ],
)
def test_the_invoice_is_there_while_the_parcel_may_be_at_customs(sarah, rma, values, there):
    ReturnAuthorization.objects.update(**values)
    invoice = addresses.return_page(rma, "return_invoice")
    assert sarah.get(invoice).status_code == (200 if there else 404)
    assert (invoice in sarah.get(addresses.return_page(rma)).text) == there
    assert (invoice in sarah.get(page(rma.order)).text) == there


def test_goods_that_stay_with_the_buyer_need_no_invoice(sarah, rma):
    ReturnAuthorization.objects.update(keeps_goods=True)
    rma.lines.update(waived=1)
    assert sarah.get(addresses.return_page(rma, "return_invoice")).status_code == 404


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_is_whole_in_both_languages(reader, coming, language):
    kept(coming)
    shown = reader.get(page(coming), {"lang": language})
    assert shown.status_code == 200 and shown["Content-Language"] == language
    assert page(coming, "value_proof") in shown.text
    assert shown.text.count('type="file"') == len(PAPERS)


# --- The table: who sees what -----------------------------------------------------------------


def both_papers(order: Order, rma: ReturnAuthorization) -> list[str]:
    return [page(order, "value_proof"), addresses.return_page(rma, "return_invoice")]


def test_by_link_the_printed_papers_keep_the_buyer_to_themselves_until_a_code(store):
    """And the pages say so, before and after."""
    order = people.place_order(store, "JP-11", (("Candle", "9.00", 2),))
    back = people.ask_to_return(order)
    people.ship(order, number="RB999999999GB")
    client = holder(order)
    private = ("Whitcombe", "Harbour", "BS1", "900123")
    for path in both_papers(order, back):
        assert not [part for part in private if part in text_of(client.get(path))]
    shown = words(client.get(page(order)))
    assert "Your name is left empty for you to write" in shown
    assert "postcode and phone number are left empty for you to write" in shown
    enter_code(client, order)
    value, invoice = (text_of(client.get(path)) for path in both_papers(order, back))
    assert all(part in invoice for part in private)
    assert "Whitcombe" in value and not [part for part in private[1:] if part in value]
    shown = words(client.get(page(order)))
    assert shown.count("filled in, because you entered a code") == 2
    forget_code(client, order)
    for path in both_papers(order, back):
        assert "Whitcombe" not in text_of(client.get(path))


def test_the_way_to_a_code_leads_back_here(reader, coming):
    assert f"{page_of(coming)}?next={page(coming)}" in reader.get(page(coming)).text


def test_a_paper_needs_a_fresh_code_unless_this_session_sent_it(reader, coming):
    upload(reader, coming)
    paper = page(coming, "paper", key=Document.objects.get().key)
    other = holder(coming)
    assert reader.get(paper).content == PDF
    assert other.get(paper).status_code == 404
    assert paper not in other.get(page(coming)).text
    assert "It is hidden here, because your name may stand on it" in words(other.get(page(coming)))
    enter_code(other, coming)
    assert other.get(paper).content == PDF and paper in other.get(page(coming)).text
    forget_code(other, coming)
    assert other.get(paper).status_code == 404


def test_what_may_not_be_seen_is_answered_like_what_is_not_there(reader, coming):
    hidden = reader.get(page(coming, "paper", key=kept(coming).key))
    missing = reader.get(page(coming, "paper", key=uuid.uuid4()))
    assert hidden.status_code == missing.status_code == 404
    assert hidden.content == missing.content and dict(hidden.headers) == dict(missing.headers)


@pytest.mark.parametrize("name", ["papers", "value_proof", "paper"])
def test_without_a_session_every_address_leads_to_find(client, coming, name):
    keys = [{"key": kept(coming).key}, {"key": uuid.uuid4()}] if name == "paper" else [{}]
    for more in keys:
        find = addresses.store_page(coming.store, "find")
        assert client.get(page(coming, name, **more))["Location"] == find


def test_a_stranger_finds_nothing_and_sends_nothing(bob, coming, rma):
    paper = kept(coming)
    for path in (
        page(coming),
        page(coming, "value_proof"),
        page(coming, "paper", key=paper.key),
        addresses.return_page(rma, "return_invoice"),
    ):
        assert bob.get(path).status_code == 404
    assert upload(bob, coming, another(1)).status_code == 404
    assert bob.post(page(coming, "paper_remove", key=paper.key)).status_code == 404
    assert Document.objects.get() == paper


def test_a_paper_of_another_order_is_not_found_under_ones_own(sarah, order, coming):
    paper = kept(coming)
    enter_code(sarah, order)
    assert sarah.get(page(order, "paper", key=paper.key)).status_code == 404
    sarah.post(page(order, "paper_remove", key=paper.key))
    assert Document.objects.get() == paper


def test_the_invoice_of_another_order_is_not_found_under_ones_own(reader, coming, rma):
    path = page(coming, "return_invoice", number=rma.number)
    assert reader.get(path).status_code == 404


def test_a_label_is_no_paper(sarah, rma):
    label = Document.objects.add_label(rma, PDF, "application/pdf", "0" * 64, by=RULE)
    enter_code(sarah, rma.order)
    assert sarah.get(page(rma.order, "paper", key=label.key)).status_code == 404


def test_being_staff_opens_nothing_here(desk, coming):
    find = addresses.store_page(coming.store, "find")
    assert desk.get(page(coming, "paper", key=kept(coming).key))["Location"] == find


def test_after_the_links_were_closed_the_papers_are_closed_too(reader, coming):
    upload(reader, coming)
    coming.close_links(by=BUYER)
    assert reader.get(page(coming, "paper", key=Document.objects.get().key)).status_code == 302


@pytest.mark.parametrize(
    ("data", "kind", "extension"),
    [(PDF, "application/pdf", "pdf"), (pictures.photo(), "image/jpeg", "jpg")],
)
def test_a_paper_is_a_download_in_a_sandbox(reader, coming, data, kind, extension):
    upload(reader, coming, data, "payment_record")
    response = reader.get(page(coming, "paper", key=Document.objects.get().key))
    assert response["Content-Type"] == kind
    name = f"JP-20600-payment_record.{extension}"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    assert response["Content-Security-Policy"] == SANDBOX
    for header, value in HEADERS.items():
        assert response[header] == value


# --- How often --------------------------------------------------------------------------------


@pytest.fixture
def twice(monkeypatch) -> None:
    monkeypatch.setattr(paper_views, "DRAWN", ((2, timedelta(hours=1)),))


@pytest.fixture
def both_ways(store) -> tuple[Order, list[str]]:
    """An order with a parcel under way in each direction, and both papers of it."""
    order = people.place_order(store, "JP-13", (("Candle", "9.00", 2),))
    back = people.ask_to_return(order)
    people.ship(order, number="RB888888888GB")
    return order, both_papers(order, back)


def test_sixty_papers_an_hour_are_drawn_for_an_order():
    [(most, period)] = paper_views.DRAWN
    assert (most, period) == (60, timedelta(hours=1))


@pytest.mark.parametrize("method", ["get", "head"])
def test_whoever_has_papers_drawn_without_end_is_asked_to_wait(twice, both_ways, method):
    """Both papers together, and whoever holds the link."""
    order, paths = both_ways
    for path in paths:
        assert getattr(holder(order), method)(path).status_code == 200
    for path in paths:
        refused = getattr(holder(order), method)(path)
        assert refused.status_code == 429
        assert 0 < int(refused["Retry-After"]) <= 3600
        assert refused["Content-Type"].startswith("text/html")
    shown = holder(order).get(paths[0])
    assert "very often in a short time. Please try again in an hour." in words(shown)
    assert "<title>Problem: " in shown.text
    other = people.place_order(order.store, "JP-14", delivered=False)
    assert holder(other).get(page(other, "value_proof")).status_code == 200, "its own count"
    assert holder(order).get(page(order)).status_code == 200, "the page itself stays open"


def test_who_holds_a_forwarded_link_does_not_use_up_what_the_buyer_needs(twice, both_ways):
    order, (value, _) = both_ways
    buyer = holder(order)
    enter_code(buyer, order)
    for _ in range(3):
        answer = holder(order).get(value)
    assert answer.status_code == 429
    assert [buyer.get(value).status_code for _ in range(3)] == [200, 200, 429]


def test_what_is_not_there_to_be_drawn_is_not_counted(twice, sarah, order):
    for _ in range(3):
        assert sarah.get(page(order, "value_proof")).status_code == 404
    assert not Throttle.objects.filter(key__startswith="drawn").exists()


# --- Sending ----------------------------------------------------------------------------------


def test_without_a_script_the_plain_form_does_it_all(reader, coming):
    forms = re.findall(r'<form class="upload-form.*?</form>', reader.get(page(coming)).text, re.S)
    assert len(forms) == len(PAPERS)
    for form in forms:
        assert 'enctype="multipart/form-data"' in form and "Send this file" in form
        assert "capture" not in form and "application/pdf" in form
    response = upload(reader, coming, follow=True)
    assert response.status_code == 200
    assert "Download the PDF" in section(response, "invoice")
    assert "Download" not in section(response, "other")
    assert "There is room for 9 more papers." in words(response)
    assert "You sent us a paper for customs." in words(reader.get(page(coming, "order")))


@pytest.mark.parametrize("kind", list(PAPERS))
def test_a_paper_goes_to_its_kind(reader, coming, kind):
    response = upload(reader, coming, kind=kind)
    assert response["Location"] == f"{page(coming)}#kind-{kind}"
    paper = Document.objects.get()
    assert (paper.kind, paper.order, paper.sent_by) == (kind, coming, "buyer")


def test_the_same_file_sent_twice_is_one_paper(reader, coming):
    for _ in range(2):
        assert upload(reader, coming).status_code == 302
    assert Document.objects.count() == 1


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "That file is empty."),
        (b"<html><script>alert(1)</script></html>", "neither a PDF nor a photo"),
        (b"MZ\x90\x00", "neither a PDF nor a photo"),
        (PDF[:-8], "ends too early"),
        (PDF.replace(b"/Pages", b"/JavaScript /Pages"), "a script, an attachment or a form"),
        (PDF.replace(b"/Pages", b"/Encrypt 3 0 R /Pages"), "is locked"),
        (PDF + bytes(5 * 1024 * 1024), "larger than 5 MB"),
        (pictures.photo()[:900], "could not open that photo"),
    ],
)
def test_what_is_no_paper_is_refused_in_words_beside_its_field(reader, coming, data, says):
    response = upload(reader, coming, data, "other", name="invoice.pdf")
    assert response.status_code == 422
    assert says in section(response, "other") and says not in section(response, "invoice")
    assert words(response).count(says) == 2, "in the summary too"
    assert "<title>Problem: " in response.text
    assert not Document.objects.exists()


def test_a_form_without_a_file_asks_for_one(reader, coming):
    response = reader.post(page(coming), {"kind": "invoice"})
    assert response.status_code == 422
    assert "Choose a file first" in section(response, "invoice")


@pytest.mark.parametrize("kind", ["", "label", "selfie", "\0"])
def test_a_kind_that_is_not_asked_for_is_no_paper(reader, coming, kind):
    assert upload(reader, coming, kind=kind).status_code == 422
    assert not Document.objects.exists()


def test_a_file_that_is_larger_than_anything_we_take_is_refused_before_it_is_read(reader, coming):
    assert upload(reader, coming, b"%PDF-" + bytes(17 * 1024 * 1024)).status_code == 413
    assert upload(Client(), coming, bytes(1024 * 1024)).status_code == 413


def test_the_eleventh_is_refused_and_the_page_says_what_helps(reader, coming):
    for number in range(MOST_OF_BUYER):
        kept(coming, another(number))
    shown = reader.get(page(coming))
    assert "There are 10 papers, which is the most." in words(shown)
    assert 'type="file"' not in shown.text
    response = upload(reader, coming, another(99))
    assert response.status_code == 409
    assert "Take one away to add another." in words(response)
    assert Document.objects.count() == MOST_OF_BUYER


def test_whoever_sends_files_without_end_is_asked_to_wait(reader, coming, monkeypatch):
    monkeypatch.setattr("returns.models.document.UPLOADS", ((2, timedelta(hours=1)),))
    for number in range(3):
        answer = upload(reader, coming, b"no paper %d" % number)
    assert answer.status_code == 429
    assert "try again in an hour" in words(answer)


@pytest.mark.parametrize(("problem", "status"), [(Problem.NO_ROOM, 507), (Problem.BUSY, 503)])
def test_what_is_our_fault_says_so_and_keeps_nothing(reader, coming, monkeypatch, problem, status):
    def fail(*args):
        raise Unusable(problem)

    monkeypatch.setattr(files, "keep", fail)
    response = upload(reader, coming)
    assert response.status_code == status
    assert "again" in section(response, "invoice")
    assert not Document.objects.exists()


def test_when_no_parcel_is_at_customs_any_more_nothing_is_taken(sarah, order):
    kept(order)
    shown = sarah.get(page(order))
    assert "These are the papers that you sent." in words(shown)
    assert 'type="file"' not in shown.text
    response = upload(sarah, order, another(1))
    assert response.status_code == 409
    assert "so no papers are needed" in words(response)
    assert Document.objects.count() == 1


def test_a_form_of_another_site_is_refused(coming):
    client = Client(enforce_csrf_checks=True)
    people.open_link(client, coming)
    assert upload(client, coming).status_code == 403
    assert not Document.objects.exists()


# --- Taking one away --------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_paper_can_be_taken_away_by_whoever_sent_it(reader, coming):
    upload(reader, coming)
    paper = Document.objects.get()
    gone = page(coming, "paper_remove", key=paper.key)
    assert gone in reader.get(page(coming)).text
    for _ in range(2):
        assert reader.post(gone)["Location"] == page(coming)
    assert not Document.objects.exists() and not default_storage.exists(paper.file)
    assert reader.get(gone).status_code == 405


def test_the_holder_of_a_forwarded_link_cannot_take_it_away(reader, coming):
    gone = page(coming, "paper_remove", key=kept(coming).key)
    assert gone not in reader.get(page(coming)).text
    assert reader.post(gone).status_code == 302  # as for one that is gone
    assert Document.objects.count() == 1


def test_once_the_desk_has_looked_the_paper_stays(reader, coming):
    upload(reader, coming)
    paper = Document.objects.get()
    gone = page(coming, "paper_remove", key=paper.key)
    paper.note_look()
    assert gone not in reader.get(page(coming)).text
    response = reader.post(gone)
    assert response.status_code == 409
    assert "it stays with your order" in words(response)
    assert Document.objects.count() == 1


# --- The desk ---------------------------------------------------------------------------------


VIEWS = ("view_returnauthorization", "view_order")


def at_desk(username: str, *permissions: str) -> Client:
    client = Client()
    client.force_login(people.staff(username, *permissions))
    return client


@pytest.fixture
def agent(db) -> Client:
    return at_desk("agent", *VIEWS, "view_document")


@pytest.fixture
def packer(db) -> Client:
    """Opens parcels, and has no use for what a buyer sends to customs."""
    return at_desk("packer", *VIEWS, "receive_return", "view_receipt", "view_photo")


def at_the_desk(rma: ReturnAuthorization, paper: Document) -> list[str]:
    """Both addresses of a paper: of its order, and of a return of that order."""
    return [
        reverse("admin:returns_order_paper_file", args=[rma.order_id, paper.key]),
        reverse("admin:returns_returnauthorization_document_file", args=[rma.pk, paper.key]),
    ]


def test_the_desk_sees_the_papers_with_the_return_and_with_the_order(agent, sarah, rma):
    upload(sarah, rma.order, kind="payment_record")
    paper = Document.objects.get()
    of_order, of_return = at_the_desk(rma, paper)
    its_page = reverse("admin:returns_returnauthorization_change", args=[rma.pk])
    shown = agent.get(its_page).text
    assert of_return in shown and "Payment record, PDF" in shown
    assert "sent by the buyer" in shown and "not opened yet" in shown
    shown = agent.get(reverse("admin:returns_order_change", args=[rma.order_id])).text
    assert of_order in shown and "Payment record, PDF" in shown and "Buyer" in shown
    assert Document.objects.get().looked_at is None, "the list alone is no look"
    for path in (of_return, of_order):
        response = agent.get(path)
        assert response.content == PDF
        assert response["Content-Disposition"].startswith("attachment; ")
        assert response["Content-Security-Policy"] == SANDBOX
        assert response["X-Content-Type-Options"] == "nosniff"
    assert Document.objects.get().looked_at
    assert "first opened" in agent.get(its_page).text


def test_who_sees_orders_and_returns_does_not_see_papers_by_that(packer, sarah, rma):
    """Neither the file nor that there is one; and what they ask for is no look."""
    upload(sarah, rma.order, kind="payment_record")
    paper = Document.objects.get()
    for path in at_the_desk(rma, paper):
        for ask in (packer.get, packer.head, packer.post):
            assert ask(path).status_code == 404
    for name, pk in (("order", rma.order_id), ("returnauthorization", rma.pk)):
        shown = packer.get(reverse(f"admin:returns_{name}_change", args=[pk]))
        assert shown.status_code == 200
        assert str(paper.key) not in shown.text and "Payment record" not in shown.text
    assert packer.get(reverse("admin:returns_document_changelist")).status_code == 403
    assert Document.objects.get().looked_at is None


def test_papers_are_part_of_a_case_only_when_they_are_asked_for(rma):
    paper = kept(rma.order)
    assert not case(rma)["papers"]
    assert list(case(rma, papers=True)["papers"]) == [paper]


def test_a_label_goes_to_whoever_sees_the_return(packer, rma):
    paper = kept(rma.order)
    Document.objects.add_label(rma, PDF, "application/pdf", paper.sha256, by=RULE)
    label = Document.objects.get(kind="label")
    of_return = reverse("admin:returns_returnauthorization_document_file", args=[rma.pk, label.key])
    assert packer.get(of_return).content == PDF


def test_only_a_file_that_was_handed_out_is_a_look(agent, coming):
    """A program that asks whether the file is there, or a file that is lost, is none: the
    buyer may still take the paper away."""
    rma = people.ask_to_return(people.place_order(coming.store, "JP-20601"))
    paper = kept(rma.order)
    for path in at_the_desk(rma, paper):
        assert agent.head(path).status_code == 200
    default_storage.delete(paper.file)
    for path in at_the_desk(rma, paper):
        assert agent.get(path).status_code == 404
    assert Document.objects.get().looked_at is None


def test_agents_of_the_demo_see_papers_and_its_warehouse_does_not(rma):
    paper = kept(rma.order)
    staff.hire()
    for username, status in (("warehouse", 404), ("desk", 200), ("owner", 200)):
        client = Client()
        client.force_login(get_user_model().objects.get(username=username))
        for path in at_the_desk(rma, paper):
            assert client.get(path).status_code == status, username


@pytest.mark.parametrize("permissions", [[], ["view_document"]])
def test_only_who_may_view_gets_a_paper(rma, client, permissions):
    paper = kept(rma.order)
    paths = at_the_desk(rma, paper)
    for path in paths:
        assert client.get(path).status_code == 302, "to the log-in"
    nobody = at_desk("jonas", *permissions)
    for path in paths:
        assert nobody.get(path).status_code == 404
    assert Document.objects.get().looked_at is None


def test_a_paper_is_found_under_its_own_order_only(agent, coming, rma):
    paper = kept(coming)
    for name, pk in (
        ("order_paper_file", rma.order_id),
        ("returnauthorization_document_file", rma.pk),
    ):
        path = reverse(f"admin:returns_{name}", args=[pk, paper.key])
        assert agent.get(path).status_code == 404


def test_the_record_of_papers_lists_labels_and_papers(coming, rma, client):
    paper = kept(coming)
    label = Document.objects.create(authorization=rma, kind="label", content_type="application/pdf")
    root = people.staff("root", is_superuser=True)
    boss = Client()
    boss.force_login(root)
    shown = boss.get(reverse("admin:returns_document_changelist")).text
    assert f">{rma.number}<" in shown and f">{coming.number}<" in shown
    for row in (paper, label):
        shown = boss.get(reverse("admin:returns_document_change", args=[row.pk]))
        assert shown.status_code == 200 and "documents/" not in shown.text


# --- What is asked of the database ------------------------------------------------------------


def test_the_page_costs_the_same_for_little_and_for_much(store, django_assert_max_num_queries):
    order = people.place_order(store, "JP-12", (("Candle", "9.00", 9),))
    client = holder(order)
    people.ask_to_return(order)
    people.ship(order, number="RB100000001GB")
    kept(order)
    with django_assert_max_num_queries(14) as few:
        assert client.get(page(order)).status_code == 200
    for number in range(2):
        people.ask_to_return(order, key=f"more {number}")
        people.ship(order, number=f"RB20000000{number}GB")
        kept(order, another(number))
    with django_assert_max_num_queries(14) as many:
        shown = client.get(page(order))
    assert shown.text.count("invoice.pdf") == 3
    assert len(many) == len(few)


def test_the_links_on_other_pages_cost_no_query(store, django_assert_max_num_queries):
    counts = {}
    for country in ("GB", "LT"):
        coming = people.place_order(store, f"A-{country}", country=country, delivered=False)
        back = people.ask_to_return(people.place_order(store, f"B-{country}", country=country))
        for name, order, path in (
            ("order", coming, page(coming, "order")),
            ("return", back.order, addresses.return_page(back)),
        ):
            client = holder(order)
            with django_assert_max_num_queries(30) as asked:
                shown = client.get(path)
            assert ("If customs asks for papers" in words(shown)) == (country == "GB")
            counts.setdefault(name, set()).add(len(asked))
    assert all(len(found) == 1 for found in counts.values()), counts
