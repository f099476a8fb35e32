"""Asking to look again: once, by the buyer, and a second person decides; what remains possible
after a no, and what the answer went by."""

import io
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from PIL import Image

from returns import letters, remains
from returns.codes import CLAIM_REASONS, DeclineReason
from returns.letters.facts import SAID_ANYWAY
from returns.models import (
    BUYER,
    RULE,
    Actor,
    Award,
    ClaimPolicy,
    Notice,
    Order,
    Photo,
    Promise,
    Resolution,
    ReturnAuthorization,
    TooMuch,
    Wanted,
)
from returns.models.appealing import DECIDES_APPEALS
from returns.models.notice import NoticeKind
from returns.remains import Remains
from returns.states import IllegalTransition, Status
from tests import people
from tests.returns.exchanges import SHIRT, kinds, regular, sent_ahead
from tests.returns.returning import DESK, inspected, opened, returned

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(db) -> Actor:
    return Actor.staff(people.staff("agent", "decide_return", "settle_return"))


@pytest.fixture
def lead(db) -> Actor:
    return Actor.staff(people.staff("lead", "decide_return", "decide_appeal"))


@pytest.fixture
def asked(db) -> ReturnAuthorization:
    """A request that a person has to decide."""
    order = people.place_order(people.open_store(policy={"automatic_up_to": None}))
    return people.ask_to_return(order)


@pytest.fixture
def appealed(asked, agent) -> ReturnAuthorization:
    asked.decline("used", "The sole is worn.", by=agent)
    asked.look_again("It came like that.", by=BUYER)
    return asked


@pytest.fixture
def nothing(store) -> ReturnAuthorization:
    """Settled: one cup came, and nothing is paid for it."""
    order = people.place_order(store, lines=(("Cup", "10.00", 1),))
    rma = inspected(opened(returned(order)))
    rma.resolve([Award("none", words="It is broken.")], by=DESK)
    return rma


@pytest.fixture
def less(store) -> ReturnAuthorization:
    """Settled: of two cups only one is paid."""
    order = people.place_order(store, lines=(("Cup", "10.00", 2),))
    rma = inspected(opened(returned(order, 2)))
    rma.resolve([Award("refund", Decimal(10), words="One is chipped.")], by=DESK)
    return rma


def again(rma: ReturnAuthorization) -> ReturnAuthorization:
    return ReturnAuthorization.objects.get(pk=rma.pk)


def last_letter(rma: ReturnAuthorization) -> str:
    notice = Notice.objects.filter(authorization=rma).latest("pk")
    return " ".join(letters.write(notice).text.split())


def owed(rma: ReturnAuthorization) -> list[str]:
    return list(Promise.objects.open().filter(authorization=rma).values_list("kind", flat=True))


# --- What was declined -------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["approve", "decline", "cancel"])
def test_who_may_not_decide_appeals_changes_nothing_about_one(appealed, agent, verb):
    said = {"decline": ("used",)}.get(verb, ())
    events = appealed.order.events.count()
    with pytest.raises(PermissionDenied):
        getattr(appealed, verb)(*said, by=agent)
    found = again(appealed)
    assert (found.status, found.is_appealed, found.appeal_ended_at) == ("requested", True, None)
    assert appealed.order.events.count() == events and owed(appealed) == ["answer"]


@pytest.mark.parametrize(("verb", "leads_to"), [("approve", "approved"), ("decline", "declined")])
def test_a_lead_decides_it_either_way(appealed, lead, verb, leads_to):
    said = {"decline": ("used", "We compared the photos.")}.get(verb, ())
    getattr(appealed, verb)(*said, by=lead)
    found = again(appealed)
    assert (found.status, found.is_appealed, found.decided_by) == (leads_to, False, lead.user)
    assert found.appeal_ended_at is not None


def test_an_agent_may_still_ask_for_more_and_it_stays_an_appeal(appealed, agent):
    appealed.ask("Which photo?", by=agent)
    appealed.give_answer("The second.", by=BUYER)
    assert appealed.is_appealed
    with pytest.raises(PermissionDenied):
        appealed.approve(by=agent)


def test_what_was_never_declined_is_decided_by_any_agent(asked, agent):
    assert not asked.is_appealed
    asked.approve(by=agent)
    assert asked.status == Status.APPROVED


def test_the_buyer_may_take_an_appeal_back(appealed):
    appealed.cancel(by=BUYER)
    assert (appealed.status, appealed.is_appealed) == (Status.CANCELLED, False)


def test_an_agent_who_read_it_before_the_appeal_decides_nothing(asked, agent):
    """The page was open since before the return was declined and asked about again."""
    stale = again(asked)
    asked.decline("used", by=agent)
    asked.look_again("It came like that.", by=BUYER)
    for verb, said in (("approve", ()), ("decline", ("used",))):
        with pytest.raises((IllegalTransition, PermissionDenied)):
            getattr(stale, verb)(*said, by=agent)
    assert again(asked).status == Status.REQUESTED


def test_appeals_wait_in_a_queue_of_their_own(asked, appealed, agent):
    order = people.place_order(asked.order.store, "A-2")
    plain = people.ask_to_return(order, key="plain")
    assert list(ReturnAuthorization.objects.appealed()) == [appealed]
    assert list(ReturnAuthorization.objects.waiting()) == [plain]


def test_one_that_nobody_asked_about_again_waits_nowhere_after_its_end(appealed, lead):
    appealed.decline("used", by=lead)
    assert not ReturnAuthorization.objects.appealed().exists()
    with pytest.raises(IllegalTransition):
        appealed.look_again("Please!", by=BUYER)


def test_a_claim_is_asked_about_again_like_any_return(store, agent, lead):
    for reason in CLAIM_REASONS:
        ClaimPolicy.objects.create(policy=store.policy, reason=reason, remedies="refund")
    order = people.place_order(store, lines=(("Cup", "10.00", 2),))
    wanted = [Wanted(order.lines.get().pk, 1, "faulty", "")]
    rma = order.claim(wanted, wish="refund", by=BUYER, key="form")
    rma.decline("misuse", "There are marks.", by=agent)
    rma.look_again("It was so in the box.", by=BUYER)
    with pytest.raises(PermissionDenied):
        rma.approve(by=agent)
    assert list(ReturnAuthorization.objects.appealed()) == [rma]
    rma.approve(by=lead)
    with pytest.raises(IllegalTransition):
        rma.look_again("More!", by=BUYER)


# --- What was settled with less ----------------------------------------------------------------


def test_a_settlement_with_nothing_is_asked_about_once_and_the_answer_may_be_no(nothing, lead):
    assert nothing.may_question_outcome
    nothing.look_again("It came whole.", by=BUYER)
    assert (nothing.status, nothing.appeal) == (Status.CLOSED, "It came whole.")
    assert list(ReturnAuthorization.objects.appealed()) == [nothing] and owed(nothing) == ["answer"]
    acknowledged = last_letter(nothing)
    assert "It came whole." in acknowledged and "Another person looks at it" in acknowledged

    nothing.answer_appeal("The photos show a crack.", by=lead)
    found = again(nothing)
    assert (found.appeal_answer, found.is_appealed) == ("The photos show a crack.", False)
    assert owed(nothing) == [] and not ReturnAuthorization.objects.appealed().exists()
    told = last_letter(nothing)
    assert "The photos show a crack." in told and "It came whole." in told
    with pytest.raises(IllegalTransition):
        found.look_again("Once more!", by=BUYER)


def test_more_may_be_given_on_top_and_never_more_than_was_paid(less, lead):
    less.look_again("Both are whole.", by=BUYER)
    with pytest.raises(TooMuch):
        less.answer_appeal("So be it.", Award("part_refund", Decimal(500)), by=lead)
    assert again(less).is_appealed  # a sum that is too high answers nothing
    less.answer_appeal("You are right.", Award("part_refund", Decimal(10)), by=lead)
    assert sum(row.amount for row in Resolution.objects.live()) == 20
    told = last_letter(less)
    assert "You are right." in told and told.count("10.00") >= 2


def test_an_agent_does_not_answer_it(less, agent):
    less.look_again("Both are whole.", by=BUYER)
    with pytest.raises(PermissionDenied):
        less.answer_appeal("No.", by=agent)
    found = again(less)
    assert found.is_appealed and found.appeal_answer == ""
    assert Notice.objects.filter(kind=NoticeKind.RETURN_RESOLVED).count() == 1


def test_of_two_leads_the_first_answers(less, lead):
    less.look_again("Both are whole.", by=BUYER)
    stale = again(less)
    less.answer_appeal("It stays.", by=lead)
    with pytest.raises(IllegalTransition):
        stale.answer_appeal("All of it.", Award("part_refund", Decimal(10)), by=lead)
    assert Resolution.objects.count() == 1 and again(less).appeal_answer == "It stays."


def test_of_two_appeals_sent_together_one_counts(less):
    stale = again(less)
    less.look_again("One", by=BUYER)
    with pytest.raises(IllegalTransition):
        stale.look_again("Two", by=BUYER)
    assert again(less).appeal == "One"


def test_what_was_paid_in_full_is_not_asked_about(store):
    order = people.place_order(store, lines=(("Cup", "10.00", 1),))
    rma = inspected(opened(returned(order)))
    rma.resolve([Award("refund", rma.settlement().total)], by=DESK)
    assert not rma.may_question_outcome
    with pytest.raises(IllegalTransition):
        rma.look_again("More!", by=BUYER)


def test_a_piece_that_was_not_taken_is_less_though_the_rest_is_paid_in_full(store, lead):
    order = people.place_order(store, lines=(("Cup", "10.00", 2),))
    rma = inspected(opened(returned(order, 2)), 1, rejected_to="return_to_customer", words="Worn.")
    rma.resolve([Award("refund", rma.settlement().total)], by=DESK)
    rma.look_again("Neither was worn.", by=BUYER)
    assert list(ReturnAuthorization.objects.appealed()) == [rma]


def test_who_has_new_goods_already_got_what_was_asked_for(store):
    kinds(store)
    regular(store)
    rma = sent_ahead(people.place_order(store, lines=SHIRT))
    rma = inspected(opened(rma), 0, rejected_to="dispose", words="Cracked.")
    rma.resolve([], by=DESK)
    assert again(rma).resolved_at and not again(rma).gave_less


def test_a_no_that_was_looked_at_twice_and_then_settled_low_is_not_asked_about_a_third_time(
    appealed, lead
):
    """One appeal for one return, whatever came of it."""
    appealed.approve(by=lead)
    rma = inspected(opened(again(appealed)))
    rma.resolve([Award("none", words="It is broken.")], by=DESK)
    assert rma.gave_less and not rma.is_appealed and not rma.may_question_outcome
    with pytest.raises(IllegalTransition):
        rma.look_again("Again!", by=BUYER)


def test_who_may_is_a_permission_that_can_be_given(lead, agent):
    assert lead.user.has_perm(DECIDES_APPEALS) and not agent.user.has_perm(DECIDES_APPEALS)


# --- What the answer goes by -------------------------------------------------------------------


def photo(rma: ReturnAuthorization, kind: str = "item", by: Actor = DESK, color: str = "tan"):
    file = io.BytesIO()
    Image.new("RGB", (640, 480), color).save(file, "JPEG")
    return Photo.objects.take(rma, kind, file.getvalue(), by=by)


def test_photos_are_shown_with_a_no_and_named_in_the_letter(asked, agent):
    shown, kept = photo(asked), photo(asked, color="blue")
    asked.decline("used", "The sole is worn.", by=agent, photos=[shown])
    assert list(asked.shown_photos.all()) == [shown] and kept not in asked.shown_photos.all()
    assert "you see the photos that we went by" in last_letter(asked)


def test_without_photos_the_letter_promises_none(asked, agent):
    photo(asked)
    asked.decline("used", by=agent)
    assert "photos that we went by" not in last_letter(asked)


@pytest.mark.parametrize("kind", ["parcel", "waybill"])
def test_a_photo_with_an_address_is_not_shown(asked, agent, kind):
    one = photo(asked, kind)
    assert one.shows_address
    with pytest.raises(ValueError, match="cannot be shown"):
        asked.decline("used", by=agent, photos=[one])
    assert again(asked).status == Status.REQUESTED


def test_a_photo_of_somebody_elses_return_is_not_shown(asked, agent):
    order = people.place_order(asked.order.store, "A-2")
    foreign = photo(people.ask_to_return(order, key="other"))
    with pytest.raises(ValueError, match="cannot be shown"):
        asked.decline("used", by=agent, photos=[foreign])
    assert not again(asked).shown_photos.exists() and again(asked).status == Status.REQUESTED


def test_a_photo_that_a_no_went_by_is_not_taken_away_any_more(asked, agent):
    shown, other = photo(asked, by=BUYER), photo(asked, by=BUYER, color="blue")
    asked.decline("used", by=agent, photos=[shown])
    asked.look_again("It came like that.", by=BUYER)
    with pytest.raises(IllegalTransition):
        shown.take_away(by=BUYER)
    other.take_away(by=BUYER)
    assert list(Photo.objects.all()) == [shown]


def test_a_second_no_shows_what_the_second_person_chose(appealed, lead):
    first, second = photo(appealed), photo(appealed, color="blue")
    appealed.shown_photos.set([first])
    appealed.decline("used", by=lead, photos=[second])
    assert list(appealed.shown_photos.all()) == [second]


# --- What remains possible ---------------------------------------------------------------------


@pytest.mark.parametrize("reason", DeclineReason.values)
def test_each_reason_leaves_something_and_the_letter_says_it(asked, agent, reason):
    asked.decline(reason, "We looked at it.", by=agent)
    left = remains.remaining(asked)
    assert Remains.WRITE in left and remains.ONCE & set(left)
    text = last_letter(asked)
    for one in left:
        assert str(remains.WORDS[one]) in text or one in SAID_ANYWAY, one
    assert "look again" in text and "a person answers by" in text


def test_photos_are_asked_for_where_nothing_was_to_be_seen(asked, agent):
    asked.decline("no_evidence", "There is no photo.", by=agent)
    assert remains.remaining(asked)[0] == Remains.PHOTOS


def test_after_the_second_no_asking_again_is_not_offered(appealed, lead):
    appealed.decline("used", by=lead)
    assert remains.remaining(appealed) == [Remains.PART, Remains.WRITE]


def test_what_goes_back_is_named_where_something_does(store):
    order = people.place_order(store, lines=(("Cup", "10.00", 1),))
    rma = inspected(opened(returned(order)), 0, rejected_to="return_to_customer", words="Worn.")
    rma.resolve([Award("none", words="It is worn.")], by=DESK)
    assert remains.remaining(rma) == [Remains.APPEAL, Remains.SENT_BACK, Remains.WRITE]


def test_where_all_was_given_nothing_is_left_to_say(store, agent):
    order = people.place_order(store, lines=(("Cup", "10.00", 1),))
    rma = inspected(opened(returned(order)))
    rma.resolve([Award("refund", rma.settlement().total)], by=DESK)
    assert remains.remaining(rma) == []
    assert remains.remaining(people.ask_to_return(people.place_order(store, "A-9"))) == []


def test_a_rule_and_a_worker_still_decide_what_is_theirs(asked):
    asked.approve(by=RULE, now=timezone.now())
    assert Order.objects.get().returns.get().status == Status.APPROVED
