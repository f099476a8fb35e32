"""Investigations at the desk: steps with owner and day, two clicks each, and what waits today."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from returns import tasks
from returns.codes import Disposition, Wish
from returns.investigation_steps import InvestigationStatus, StepKind
from returns.models import (
    BUYER,
    Case,
    Document,
    Investigation,
    InvestigationStep,
    Notice,
    NoticeKind,
    Offer,
    ReturnAuthorization,
)
from returns.models.case import CaseKind
from returns.states import Status
from tests.page_checks import CheckedClient
from tests.portal.desk_work import at_desk
from tests.portal.test_desk_cases import contact, page, url
from tests.returns.searched import (
    DAY,
    asked,
    clerk,
    delivered,
    fresh,
    lost,
    missed,
    not_here,
    searched,
    seen,
)
from tests.returns.test_papers_uploaded import PDF
from tracking.milestones import Milestone

pytestmark = pytest.mark.django_db
SEE, CARE = "view_case", "care_for_case"
S = InvestigationStatus
LIST = "admin:returns_investigation_changelist"


@pytest.fixture
def ieva(db):
    return at_desk("ieva", SEE, CARE, "view_investigation", "view_document")


@pytest.fixture
def search(ieva, store):
    return searched(store)


def step(search: Investigation, kind: str) -> InvestigationStep:
    return search.steps.get(kind=kind)


def act(client: CheckedClient, search: Investigation, name: str, *more: int, **values) -> str:
    """The page with the button is opened, and the button pressed."""
    address = url(search.case, name, *more)
    assert client.get(address).status_code == 200
    return client.post(address, values, follow=True).text


# --- The page -------------------------------------------------------------------------------------


def test_the_page_shows_every_step_with_whose_it_is_and_until_when(ieva, search):
    text = ieva.get(page(search.case)).text
    for kind in StepKind:
        assert kind.label in text
    due = timezone.localtime(step(search, StepKind.ASK_CARRIER).due_at)
    assert f'datetime="{due:%Y-%m-%d}' in text
    assert "Royal Mail" in text and "ieva" in text


def test_what_should_be_done_by_now_is_marked(ieva, search):
    assert 'class="late"' not in ieva.get(page(search.case)).text
    InvestigationStep.objects.update(due_at=timezone.now() - DAY)
    assert 'class="late"' in ieva.get(page(search.case)).text


def test_who_may_only_look_has_no_buttons_and_no_way_round(search):
    reader = at_desk("reader", SEE)
    text = reader.get(page(search.case)).text
    claim = step(search, StepKind.CLAIM)
    for where in (url(search.case, "end"), url(search.case, "step", claim.pk)):
        assert where not in text
        assert reader.post(where, {"status": "lost"}).status_code == 404
    assert fresh(search).is_open and not step(search, StepKind.CLAIM).done_at


def test_the_page_costs_the_same_however_much_was_asked(
    ieva, search, django_assert_max_num_queries
):
    by = clerk("tomas")
    ieva.get(page(search.case))
    with django_assert_max_num_queries(60) as few:
        ieva.get(page(search.case))
    for number in range(5):
        asked(search, by, asked=f"Question {number}", answer="No.")
    with django_assert_max_num_queries(60) as many:
        ieva.get(page(search.case))
    assert len(many) <= len(few) + 1, "the files of all contacts in one"


# --- Steps ----------------------------------------------------------------------------------------


def test_an_investigation_is_opened_from_a_case(ieva, store):
    order = delivered(store)
    shipment = order.shipments.get()
    Case.objects.create(
        order=order, parcel=shipment.parcel, kind="unclear_signature", since=timezone.now()
    )
    case = Case.objects.get()
    text = ieva.get(url(case, "investigate")).text
    assert "Nobody is asked by it" in text and not Investigation.objects.exists()
    ieva.post(url(case, "investigate"))
    ieva.post(url(case, "investigate"))
    assert Investigation.objects.get().case == case


def test_a_step_is_done_in_two_clicks_and_logged(ieva, search):
    claim = step(search, StepKind.CLAIM)
    where = url(search.case, "step", claim.pk)
    assert where in ieva.get(page(search.case)).text
    assert "counts as done" in ieva.get(where).text
    assert step(search, StepKind.CLAIM).done_at is None
    text = ieva.post(where, {"note": "Claim 4711."}, follow=True).text
    assert "Claim 4711." in text and step(search, StepKind.CLAIM).done_at
    assert [entry.change_message for entry in LogEntry.objects.all()][:1] == [
        "Step of the investigation done."
    ]
    assert "Somebody else was faster" in ieva.post(where, {"note": ""}, follow=True).text


def test_what_is_proved_by_a_contact_is_done_by_logging_it(ieva, search):
    text = ieva.get(page(search.case)).text
    assert url(search.case, "step", step(search, StepKind.ASK_CARRIER).pk) not in text
    where = url(search.case, "step", step(search, StepKind.ASK_CARRIER).pk)
    ieva.post(where, {"note": ""})
    assert not step(search, StepKind.ASK_CARRIER).done_at
    ieva.post(url(search.case, "contact"), contact())
    assert step(search, StepKind.ASK_CARRIER).done_at


def test_a_step_of_another_investigation_is_not_found(ieva, search, store):
    other = lost(store)
    where = url(search.case, "step", step(other, StepKind.CLAIM).pk)
    assert ieva.get(where).status_code == 404


# --- What the carrier sends -----------------------------------------------------------------------


def test_a_proof_of_delivery_is_uploaded_with_the_answer(ieva, search):
    row = asked(search, clerk("tomas"))
    file = SimpleUploadedFile("pod.pdf", PDF, "application/pdf")
    values = {"answer": "Left in the porch.", "file": file}
    text = ieva.post(url(search.case, "answer", row.pk), values, follow=True).text
    row.refresh_from_db()
    assert row.file == Document.objects.get() and "What it sent, PDF" in text
    served = ieva.get(
        reverse("admin:returns_order_paper_file", args=[search.order_id, row.file.key])
    )
    assert served.status_code == 200 and served.headers["Content-Type"] == "application/pdf"


def test_what_cannot_be_kept_is_said_beside_the_field_and_no_word_is_lost(ieva, search):
    file = SimpleUploadedFile("virus.exe", b"MZ\x90", "application/pdf")
    text = ieva.post(url(search.case, "contact"), contact(file=file)).text
    assert "neither a PDF nor a photo" in text and "Where does it lie?" in text
    assert not Document.objects.exists() and not search.case.contacts.exists()


# --- The end --------------------------------------------------------------------------------------


def test_the_end_tells_the_buyer_and_needs_a_reason_where_it_is_a_no(ieva, search):
    text = ieva.post(url(search.case, "end"), {"status": "denied", "words": " "}).text
    assert "Say why, in plain words" in text and fresh(search).is_open
    text = act(ieva, search, "end", status="denied", words="The photo shows your porch.")
    assert "The buyer gets a letter." in text
    assert fresh(search).status == S.DENIED
    assert Notice.objects.filter(kind=NoticeKind.INVESTIGATION_NEWS).count() == 1


def test_given_up_the_desk_may_note_what_the_buyer_says_on_the_telephone(ieva, search):
    act(ieva, search, "end", status="lost", words="")
    assert "has not yet" in ieva.get(page(search.case)).text
    text = act(ieva, search, "chosen", wish=Wish.REPLACEMENT)
    claim = ReturnAuthorization.objects.get()
    assert f"{claim.number} is decided" in text and fresh(search).wish == Wish.REPLACEMENT


def test_the_choice_is_offered_before_the_carrier_answers(ieva, search):
    assert "Offered." in act(ieva, search, "choice")
    assert fresh(search).waits_for_choice
    assert url(search.case, "choice") not in ieva.get(page(search.case)).text


def test_something_for_the_wait_is_offered(ieva, search):
    values = {"wish": "voucher", "amount": "10", "words": "For your patience.", "days": "7"}
    act(ieva, search, "wait", key="k", **values)
    offer = Offer.objects.get()
    assert (offer.case, offer.amount) == (search.case, Decimal(10))


# --- A return that is not here --------------------------------------------------------------------


def test_the_money_of_a_return_that_is_not_here_is_given_in_one_click(ieva, store):
    rma, search = not_here(store)
    where = url(search.case, "loss")
    assert where in ieva.get(page(search.case)).text
    text = act(ieva, search, "loss")
    rma.refresh_from_db()
    assert rma.status == Status.RESOLVED and rma.number in text
    assert where not in ieva.get(page(search.case)).text
    assert "Somebody else was faster" in ieva.post(where, follow=True).text
    assert rma.resolutions.count() == 1


# --- It turns up ----------------------------------------------------------------------------------


def test_what_came_back_after_it_was_made_good_is_booked_from_its_case(ieva, store):
    search = lost(store)
    search.end(S.LOST, by=clerk("tomas"))
    fresh(search).choose(Wish.REFUND, by=BUYER, key="c")
    seen(search.order, Milestone.RETURNED, timezone.now() + timedelta(hours=1))
    tasks.follow_cases()
    case = Case.objects.get(kind=CaseKind.TURNED_UP)
    assert "has turned up since" in ieva.get(page(case)).text
    text = ieva.post(url(case, "goods"), {"disposition": Disposition.RESTOCK}, follow=True).text
    assert "Booked: one unit." in text
    assert url(case, "goods") not in ieva.get(page(case)).text


# --- Today, and the list --------------------------------------------------------------------------


def test_today_counts_what_is_past_its_day_and_what_is_to_be_decided(ieva, search):
    def tiles() -> dict[str, int]:
        groups = ieva.get(reverse("admin:index")).context["groups"]
        return {tile.name: tile.count for group in groups for tile in group.tiles}

    assert tiles()["Investigations past their day"] == 0
    InvestigationStep.objects.filter(kind=StepKind.ASK_CARRIER).update(due_at=timezone.now() - DAY)
    asked(search, clerk("tomas"), answer="Not found.")
    InvestigationStep.objects.filter(kind=StepKind.CLAIM).update(due_at=timezone.now() - DAY)
    assert tiles()["Investigations past their day"] == 1
    assert tiles()["Investigations to decide"] == 1


def test_the_list_shows_what_waits_and_leads_to_the_case(ieva, search, store):
    other = delivered(store, "JP-30777")
    missed(other)
    asked(search, clerk("tomas"), answer="Not found.")
    text = ieva.get(reverse(LIST) + "?queue=decide").text
    assert search.order.number in text and other.number not in text
    where = reverse("admin:returns_investigation_change", args=[search.pk])
    assert ieva.get(where).headers["Location"] == page(search.case)


@pytest.mark.parametrize(
    "query", ["", "?queue=late", "?status=open", "?whose=mine", "?whose=nobody", "?side=out"]
)
def test_every_filter_of_the_list_works(ieva, search, query):
    assert ieva.get(reverse(LIST) + query).status_code == 200


def test_who_may_not_see_investigations_sees_no_list(search):
    packer = at_desk("packer")
    assert packer.get(reverse(LIST)).status_code in (302, 403)


def test_the_list_costs_the_same_for_one_and_for_many(
    ieva, search, store, django_assert_max_num_queries
):
    ieva.get(reverse(LIST))
    with django_assert_max_num_queries(20) as few:
        ieva.get(reverse(LIST))
    for number in range(4):
        missed(delivered(store, f"JP-3100{number}"))
    with django_assert_max_num_queries(20) as many:
        ieva.get(reverse(LIST))
    assert len(many) == len(few)
