"""The search for a parcel as its buyer sees it: steps, what the carrier was asked, the choice."""

import pytest
from django.utils import timezone

from returns import addresses
from returns.codes import ResolutionKind
from returns.investigation_steps import InvestigationStatus
from returns.models import (
    BUYER,
    Document,
    Investigation,
    InvestigationStep,
    ReturnAuthorization,
)
from returns.papers import check
from tests.page_checks import CheckedClient
from tests.people import ask_to_return, open_link
from tests.portal.test_message_photos import enter_code as step_up
from tests.returns.searched import DAY, asked, clerk, delivered, fresh, missed, not_here, searched
from tests.returns.test_papers_uploaded import PDF

pytestmark = pytest.mark.django_db
S = InvestigationStatus


@pytest.fixture
def search(store) -> Investigation:
    return searched(store)


@pytest.fixture
def buyer(search) -> CheckedClient:
    client = CheckedClient()
    open_link(client, search.order)
    return client


def order_page(search: Investigation) -> str:
    return addresses.order_page(search.order)


def page(search: Investigation, name: str = "investigation", **more) -> str:
    return addresses.order_page(search.order, name, pk=search.pk, **more)


def given_up(search: Investigation) -> None:
    search.end(S.LOST, by=clerk())


# --- On the page of the order ---------------------------------------------------------------------


def test_the_order_page_tells_the_steps_and_by_when(buyer, search):
    text = buyer.get(order_page(search)).text
    assert "We are looking for your parcel." in text
    assert "We ask Royal Mail where it is." in text
    assert "Royal Mail looks for it and answers us." in text and "Usually by" in text
    assert "We write to you what we found, and what you get." in text
    assert text.count('id="promise"') == 1, "one promise"


def test_what_was_asked_and_answered_stands_there_word_for_word(buyer, search):
    by = clerk()
    contact = asked(search, by, asked="Please send us the photo of the delivery.")
    text = buyer.get(order_page(search)).text
    assert "We called Royal Mail:" in text
    assert "Please send us the photo of the delivery." in text
    assert "We asked Royal Mail." in text
    contact.note_answer("Our driver remembers the blue door.", by=by)
    text = buyer.get(order_page(search)).text
    assert "Royal Mail answered:" in text and "Our driver remembers the blue door." in text


def test_what_was_asked_in_private_is_told_to_nobody_and_its_step_neither(buyer, search):
    asked(search, clerk(), asked="Is this buyer known to you?", is_visible=False)
    for where in (order_page(search), page(search)):
        text = buyer.get(where).text
        assert "known to you" not in text and "We called Royal Mail" not in text
        assert "We asked Royal Mail." not in text


def test_a_link_is_not_told_words_that_name_the_buyer_and_a_code_is(buyer, search):
    asked(search, clerk(), asked="Was it left at 12 Harbour Lane?", answer="Yes, Harbour Lane 12.")
    text = buyer.get(order_page(search)).text
    assert "Harbour Lane" not in text and "we show them after a code" in text
    step_up(buyer, search.order)
    text = buyer.get(order_page(search)).text
    assert "Was it left at 12 Harbour Lane?" in text and "Yes, Harbour Lane 12." in text


def test_a_missed_day_is_said_as_it_is(buyer, search):
    InvestigationStep.objects.update(due_at=timezone.now() - DAY)
    text = buyer.get(order_page(search)).text
    assert "We are late with this." in text and "Later than usual; we ask again." in text


def test_without_a_search_there_is_nothing_of_it(sarah, order):
    assert 'class="search"' not in sarah.get(addresses.order_page(order)).text


def test_an_end_stays_for_two_weeks(buyer, search):
    search.end(S.FOUND, "At number 14.", by=clerk())
    text = buyer.get(order_page(search)).text
    assert "Your parcel has been found." in text and "At number 14." in text
    Investigation.objects.update(ended_at=timezone.now() - 15 * DAY)
    assert "At number 14." not in buyer.get(order_page(search)).text.partition('class="beside"')[0]


def test_denied_the_page_says_why_and_what_may_be_done(buyer, search):
    search.end(S.DENIED, "The photo shows your porch.", by=clerk())
    text = buyer.get(order_page(search)).text
    assert "The photo shows your porch." in text and "another person reads it" in text
    assert "Please look with neighbours" not in text


def test_the_page_costs_the_same_however_much_was_done(
    buyer, search, django_assert_max_num_queries
):
    by = clerk()
    paper = Document.objects.keep_from_carrier(search.order, check(PDF), by=by)
    asked(search, by, asked="Question", answer="No.", file=paper)
    buyer.get(order_page(search))
    with django_assert_max_num_queries(50) as few:
        buyer.get(order_page(search))
    for number in range(6):
        asked(search, by, asked=f"Question {number}", answer="No.", file=paper)
    with django_assert_max_num_queries(50) as many:
        buyer.get(order_page(search))
    assert len(many) == len(few)


def test_a_page_that_stays_open_is_loaded_anew_when_something_was_done(buyer, search):
    where = addresses.order_page(search.order, "story")
    seen = buyer.get(order_page(search)).context["seen"]
    headers = {"HX-Request": "true"}
    assert "HX-Refresh" not in buyer.get(f"{where}?seen={seen}", headers=headers).headers
    asked(search, clerk())
    assert "HX-Refresh" in buyer.get(f"{where}?seen={seen}", headers=headers).headers


# --- Its own page ---------------------------------------------------------------------------------


def test_its_own_page_tells_the_same_with_the_promise_and_a_way_to_us(buyer, search):
    text = buyer.get(page(search)).text
    assert "<h1>We are looking for your parcel.</h1>" in text
    assert "We ask Royal Mail where it is." in text
    assert 'id="promise"' in text and "Write to us" in text


def test_a_stranger_finds_nothing(bob, search):
    for name in ("investigation", "investigation_there"):
        assert bob.get(page(search, name)).status_code in (404, 405)
    assert bob.post(page(search), {"wish": "refund"}).status_code == 404
    assert bob.post(page(search, "investigation_there")).status_code == 404
    assert fresh(search).is_open


def test_one_of_another_order_of_the_same_buyer_is_not_found(buyer, search, store):
    other = delivered(store, "JP-30666")
    missed(other)
    open_link(buyer, other)
    pk = other.investigations.get().pk
    assert buyer.get(addresses.order_page(search.order, "investigation", pk=pk)).status_code == 404


# --- The choice -----------------------------------------------------------------------------------


def test_given_up_the_order_page_leads_to_the_choice(buyer, search):
    given_up(search)
    text = buyer.get(order_page(search)).text
    assert "Choose: your money or a new one" in text and page(search) in text
    assert "Choose on your page what you would like" in text


def test_each_choice_says_what_it_means_and_by_when(buyer, search):
    given_up(search)
    text = buyer.get(page(search)).text
    due = search.order.store.calendar.close_of_working_day(timezone.now(), 2)
    assert "74.00" in text, "with the postage that was paid"
    assert f"{due.day}" in text and "You pay nothing." in text
    assert 'type="radio"' in text and "checked" not in text, "nothing is chosen for anybody"


@pytest.mark.parametrize(
    ("wish", "kind"),
    [("refund", ResolutionKind.REFUND), ("replacement", ResolutionKind.REPLACEMENT)],
)
def test_chosen_it_is_owed_and_the_page_says_so(buyer, search, wish, kind):
    given_up(search)
    shown = buyer.get(page(search))
    key = shown.context["form"]["key"].value()
    done = buyer.post(page(search), {"wish": wish, "key": key}, follow=True)
    claim = ReturnAuthorization.objects.get()
    assert claim.resolutions.get().kind == kind
    assert "Your parcel is lost, and made good." in done.text
    assert addresses.return_page(claim) in done.text and 'type="radio"' not in done.text


def test_pressed_twice_it_is_chosen_once(buyer, search):
    given_up(search)
    for _ in range(2):
        buyer.post(page(search), {"wish": "refund", "key": "x"}, follow=True)
    assert ReturnAuthorization.objects.count() == 1


def test_without_a_choice_the_page_says_beside_the_field_what_is_missing(buyer, search):
    given_up(search)
    for wish in ("", "voucher"):
        answer = buyer.post(page(search), {"wish": wish})
        assert answer.status_code == 422 and "Choose what you would like." in answer.text
    assert not ReturnAuthorization.objects.exists()


def test_chosen_before_it_is_offered_nothing_happens(buyer, search):
    answer = buyer.post(page(search), {"wish": "refund"}, follow=True)
    assert not ReturnAuthorization.objects.exists() and not answer.context["form"]


def test_found_while_the_page_was_open_it_says_how_it_stands(buyer, search):
    given_up(search)
    buyer.get(page(search))
    Investigation.objects.get().end(S.FOUND, "At number 14.", by=clerk("tomas"))
    answer = buyer.post(page(search), {"wish": "refund"}, follow=True)
    assert "Your parcel has been found." in answer.text
    assert not ReturnAuthorization.objects.exists()


def test_the_other_choice_after_the_first_is_a_friendly_no(buyer, search):
    given_up(search)
    buyer.post(page(search), {"wish": "refund"})
    answer = buyer.post(page(search), {"wish": "replacement"})
    assert answer.status_code == 409 and "made good" in answer.text
    assert "can no longer be chosen" in answer.text
    assert ReturnAuthorization.objects.count() == 1


def test_where_all_of_it_is_part_of_a_return_it_says_so(buyer, search):
    ask_to_return(search.order)
    given_up(search)
    answer = buyer.post(page(search), {"wish": "refund"})
    assert answer.status_code == 409 and "can no longer be chosen" in answer.text


def test_in_chinese(buyer, search):
    given_up(search)
    assert buyer.get(page(search) + "?lang=zh-hans").status_code == 200


# --- It is there after all ------------------------------------------------------------------------


def test_it_is_there_after_all_by_one_button(buyer, search):
    assert "I have it after all" in buyer.get(page(search)).text
    done = buyer.post(page(search, "investigation_there"), follow=True)
    assert "Your parcel has been found." in done.text
    assert fresh(search).status == S.FOUND and "I have it after all" not in done.text
    buyer.post(page(search, "investigation_there"))
    assert search.order.events.filter(kind="problem_over").count() == 1


def test_looking_at_that_address_changes_nothing(buyer, search):
    assert buyer.get(page(search, "investigation_there")).status_code == 405
    assert fresh(search).is_open


def test_turned_up_after_it_was_made_good_the_page_says_what_to_do(buyer, search):
    given_up(search)
    buyer.post(page(search), {"wish": "refund"})
    fresh(search).say_there(by=BUYER)
    text = buyer.get(order_page(search)).text
    assert "Your parcel has turned up after all." in text and "nothing is charged" in text


# --- Files ----------------------------------------------------------------------------------------


@pytest.fixture
def proof(search) -> Document:
    by = clerk("jonas")
    paper = Document.objects.keep_from_carrier(search.order, check(PDF), by=by)
    asked(search, by, answer="Here it is.", file=paper)
    return paper


def test_what_the_carrier_sent_is_fetched_with_a_code(buyer, search, proof):
    where = page(search, "investigation_file", key=proof.key)
    assert where in buyer.get(order_page(search)).text
    assert buyer.get(where).status_code == 302, "a code first"
    step_up(buyer, search.order)
    served = buyer.get(where)
    assert served.status_code == 200 and served.headers["Content-Type"] == "application/pdf"
    assert "attachment" in served.headers["Content-Disposition"]


def test_what_belongs_to_a_private_question_is_fetched_by_nobody(buyer, search):
    by = clerk("jonas")
    paper = Document.objects.keep_from_carrier(search.order, check(PDF), by=by)
    asked(search, by, answer="In confidence.", file=paper, is_visible=False)
    step_up(buyer, search.order)
    assert buyer.get(page(search, "investigation_file", key=paper.key)).status_code == 404
    papers = addresses.order_page(search.order, "paper", key=paper.key)
    assert buyer.get(papers).status_code == 404, "nor as a paper for customs"


def test_of_another_order_no_file_is_fetched(bob, search, proof):
    assert bob.get(page(search, "investigation_file", key=proof.key)).status_code == 404


# --- A return -------------------------------------------------------------------------------------


def test_the_page_of_a_return_that_is_not_here_tells_what_we_do(store):
    rma, search = not_here(store)
    client = CheckedClient()
    open_link(client, rma.order)
    text = client.get(addresses.return_page(rma)).text
    assert "We are looking for the parcel with your return." in text
    assert "We ask Royal Mail where it is." in text
    own = client.get(page(search)).text
    assert 'type="radio"' not in own and "I have it after all" not in own
