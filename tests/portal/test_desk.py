"""The desk: from the queue to a decision, refused when the state does not allow it."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from returns.models import (
    BUYER,
    CLOCK,
    Notice,
    Promise,
    PromiseKind,
    ReturnAuthorization,
    Wanted,
)
from returns.states import Status
from tests import people

pytestmark = pytest.mark.django_db
LIST = "admin:returns_returnauthorization_changelist"


@pytest.fixture
def rma(store) -> ReturnAuthorization:
    """Sarah's request, too dear to be approved by rule."""
    order = people.place_order(store, lines=(("Oak chair", "480.00", 1),))
    return order.request_return(
        [Wanted(order.lines.get().pk, 1, "changed_mind")], by=BUYER, key="form-1"
    )


def decide(client: Client, rma: ReturnAuthorization, decision: str, **words: str):
    url = reverse(f"admin:returns_returnauthorization_{decision}", args=[rma.pk])
    return client.post(url, words, follow=True)


def test_today_names_the_queue_with_its_count_and_leads_to_it(desk, rma):
    page = desk.get(reverse("admin:index")).content.decode()
    assert "Return requests to answer" in page
    assert "status=requested" in page
    assert '<span class="n">1</span>' in page


def test_a_late_promise_is_named_first_and_in_words(desk, rma):
    Promise.objects.filter(authorization=rma).update(due_at=timezone.now() - timedelta(hours=2))
    page = desk.get(reverse("admin:index")).content.decode()
    assert "One promise is late." in page
    assert "Sarah Whitcombe" in page


def test_the_board_counts_every_late_promise_and_names_the_oldest(desk, store):
    late = timezone.now() - timedelta(hours=1)
    for number in range(25):
        order = people.place_order(store, f"JP-{number}")
        Promise.objects.make(order, PromiseKind.UPDATE, late - timedelta(minutes=number), by=CLOCK)
    page = desk.get(reverse("admin:index")).content.decode()
    assert "25 promises are late." in page
    queue = re.search(r'<li class="has-late">.+?</li>', page).group()
    assert "Promises overdue" in queue
    assert '<span class="n">25</span>' in queue
    assert page.count('<td class="late">') == 20
    assert "the 20 oldest" in page


def test_with_nothing_late_the_board_says_so(desk, rma):
    page = desk.get(reverse("admin:index")).content.decode()
    assert "Everything is within its time." in page
    assert "has-late" not in page


def test_approving_from_the_list_is_one_press(desk, rma):
    page = desk.get(reverse(LIST)).content.decode()
    url = reverse("admin:returns_returnauthorization_approve", args=[rma.pk])
    assert f'formaction="{url}"' in page
    decide(desk, rma, "approve")
    rma.refresh_from_db()
    assert rma.status == Status.APPROVED
    assert rma.decided_by.username == "desk"


def test_a_question_reaches_the_buyer_word_for_word(desk, rma):
    decide(desk, rma, "ask", question="Which leg is loose?")
    rma.refresh_from_db()
    assert rma.status == Status.INFO_REQUESTED
    assert Notice.objects.get(kind="info_requested").facts["question"] == "Which leg is loose?"


def test_declining_needs_a_reason_and_for_other_also_words(desk, rma):
    page = decide(desk, rma, "decline").content.decode()
    assert "This field is required" in page
    page = decide(desk, rma, "decline", reason="other", words=" ").content.decode()
    assert "Explain it in words" in page
    rma.refresh_from_db()
    assert rma.status == Status.REQUESTED
    decide(desk, rma, "decline", reason="other", words="The chair was made for you.")
    rma.refresh_from_db()
    assert rma.status == Status.DECLINED


def test_every_decision_is_logged_with_who_made_it(desk, rma):
    decide(desk, rma, "approve")
    assert LogEntry.objects.get(object_id=str(rma.pk)).user.username == "desk"
    event = rma.events.get(kind="return_approved")
    assert (event.actor, event.user.username) == ("staff", "desk")


@pytest.mark.parametrize("decision", ["approve", "ask", "decline"])
def test_what_the_state_does_not_allow_is_refused_in_words(desk, rma, decision):
    rma.cancel(by=BUYER)
    events = rma.events.count()
    page = decide(desk, rma, decision, question="?", reason="used").content.decode()
    assert "no longer possible" in page
    rma.refresh_from_db()
    assert rma.status == Status.CANCELLED
    assert rma.events.count() == events


def test_a_decision_is_never_made_by_opening_an_address(desk, rma):
    desk.get(reverse("admin:returns_returnauthorization_approve", args=[rma.pk]))
    rma.refresh_from_db()
    assert rma.status == Status.REQUESTED


def test_staff_without_the_permission_see_but_cannot_decide(store, rma):
    reader = Client()
    reader.force_login(people.staff("reader", "view_returnauthorization"))
    assert reader.get(reverse(LIST)).status_code == 200
    assert b"formaction" not in reader.get(reverse(LIST)).content
    assert decide(reader, rma, "approve").status_code == 404
    rma.refresh_from_db()
    assert rma.status == Status.REQUESTED


def test_a_buyer_is_no_staff(bob, rma):
    response = bob.post(reverse("admin:returns_returnauthorization_approve", args=[rma.pk]))
    assert response.status_code == 302
    rma.refresh_from_db()
    assert rma.status == Status.REQUESTED


def test_case_41_bulk_approval_does_what_is_possible_and_names_the_rest(desk, store, rma):
    other = people.place_order(store, "JP-2", lines=(("Oak table", "900.00", 1),))
    gone = other.request_return([Wanted(other.lines.get().pk, 1, "fit")], by=BUYER, key="f")
    gone.cancel(by=BUYER)
    page = desk.post(
        reverse(LIST),
        {"action": "approve_chosen", "_selected_action": [rma.pk, gone.pk, 999_999]},
        follow=True,
    ).content.decode()
    assert "1 approved" in page
    assert f"{gone.number} was not approved" in page
    rma.refresh_from_db()
    assert rma.status == Status.APPROVED


def test_the_case_page_shows_lines_reasons_history_and_letters(desk, rma):
    page = desk.get(
        reverse("admin:returns_returnauthorization_change", args=[rma.pk])
    ).content.decode()
    for words in ("Oak chair", "Changed mind", "Return requested", "Request received"):
        assert words in page


def test_the_desk_finds_a_return_by_number_order_and_email(desk, rma):
    for words in (rma.number, rma.order.number, "sarah@example.com"):
        page = desk.get(reverse(LIST), {"q": words}, follow=True).content.decode()
        assert rma.number in page


def test_the_list_costs_the_same_for_one_and_for_ten(
    desk, store, rma, django_assert_max_num_queries
):
    desk.get(reverse(LIST))  # content types are cached from here on
    with django_assert_max_num_queries(15) as few:
        desk.get(reverse(LIST))
    for number in range(9):
        order = people.place_order(store, f"JP-9{number}", lines=(("Oak chair", "480.00", 1),))
        order.request_return(
            [Wanted(order.lines.get().pk, 1, "fit")], by=BUYER, key=f"form-{number}"
        )
    with django_assert_max_num_queries(15) as many:
        desk.get(reverse(LIST))
    assert len(many) == len(few)


def test_the_queue_of_the_library_is_not_on_the_desk(desk):
    desk.logout()
    admin = Client()
    admin.force_login(people.staff("root", is_superuser=True))
    assert b"django_q" not in admin.get(reverse("admin:index")).content


def test_goods_that_stay_are_put_right_from_the_desk_and_the_buyer_is_told(desk, store):
    store.policy.keep_below = 100
    store.policy.automatic_up_to = None
    store.policy.save()
    rma = people.ask_to_return(people.place_order(store), reason="faulty")
    assert decide(desk, rma, "put_right").status_code == 200
    rma.refresh_from_db()
    assert rma.status == Status.REQUESTED, "first it has to be approved"
    decide(desk, rma, "approve")
    decide(desk, rma, "put_right")
    rma.refresh_from_db()
    assert rma.status == Status.CLOSED
    assert Notice.objects.filter(kind="return_put_right", authorization=rma).exists()


def test_an_expired_return_gets_more_time_from_the_desk(desk, store):
    now = timezone.now()
    rma = people.ask_to_return(people.place_order(store))
    rma.remind(by=CLOCK, now=rma.remind_at)
    rma.expire(by=CLOCK, now=rma.post_by + timedelta(days=1))
    page = decide(desk, rma, "extend", last_day=f"{now:%Y-%m-%d}").content.decode()
    assert "Choose a day after today." in page
    decide(desk, rma, "extend", last_day=f"{now + timedelta(days=5):%Y-%m-%d}")
    rma.refresh_from_db()
    assert rma.status == Status.APPROVED
    assert rma.post_by > now + timedelta(days=4)


def test_more_time_is_refused_when_the_goods_are_in_another_return(desk, store):
    order = people.place_order(store)
    rma = people.ask_to_return(order)
    rma.remind(by=CLOCK, now=rma.remind_at)
    rma.expire(by=CLOCK, now=rma.post_by + timedelta(days=1))
    people.ask_to_return(order, key="second")
    day = timezone.now() + timedelta(days=5)
    page = decide(desk, rma, "extend", last_day=f"{day:%Y-%m-%d}").content.decode()
    assert "its goods are in another return now" in page
    rma.refresh_from_db()
    assert rma.status == Status.EXPIRED


def test_staff_cancel_and_the_buyer_is_told(desk, rma):
    decide(desk, rma, "cancel")
    rma.refresh_from_db()
    assert rma.status == Status.CANCELLED
    assert Notice.objects.filter(kind="return_cancelled", authorization=rma).exists()


def test_a_promise_that_was_renewed_late_still_counts_as_late(desk, rma):
    promise = rma.promises.get()
    promise.come_due(promise.due_at + timedelta(days=1))
    page = desk.get(reverse("admin:index")).content.decode()
    assert "One promise is late." in page
    assert "now promised:" in page
