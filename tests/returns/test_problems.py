"""What can be wrong with an order now, from when and until when: by table, and for any facts."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returns import problem_texts
from returns.codes import CLAIM_REASONS, CLAIMED_AS, ProblemKind, Reason
from returns.ledger import Obstacle
from returns.problems import (
    BEFORE_ARRIVAL,
    LOOKED_FOR,
    OF_PARCELS,
    OF_THINGS,
    QUESTIONS,
    REST,
    UNNUMBERED_FOR,
    Facts,
    Sent,
    Thing,
    Way,
    Why,
    full_hour,
    judge,
    reasons,
)
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone

K = ProblemKind
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NO_END = dict.fromkeys(CLAIM_REASONS)


def sent(key: int = 1, milestone: str = Milestone.IN_TRANSIT, **values) -> Sent:
    """A parcel that left two days before NOON and is expected in three."""
    if milestone == Milestone.DELIVERED:
        values.setdefault("arrived_at", NOON - HOUR)
    usual = {"left_at": NOON - 2 * DAY, "expected_by": NOON + 3 * DAY}
    return Sent(key=key, milestone=milestone, **(usual | values))


def thing(key: int = 10, *parcels: int, **values) -> Thing:
    usual = {"limit": 1, "ends": NO_END, "parcels": frozenset(parcels or (1,))}
    return Thing(key=key, **(usual | values))


def order(*parcels: Sent, **values) -> Facts:
    values.setdefault("things", (thing(10, *(one.key for one in parcels)),) if parcels else ())
    return Facts(parcels=parcels, **values)


def why(facts: Facts, kind: str, now: datetime = NOON) -> str:
    return judge(facts, now)[kind].verdict.why


ARRIVED = sent(milestone=Milestone.DELIVERED, arrived_at=NOON - 3 * DAY)
UNSHIPPED = order(to_ship=True, things=(thing(10, 99, limit=0, obstacle=Obstacle.NOT_SHIPPED),))


# --- By table -------------------------------------------------------------------------------------

# What can be told ("") at which stage, and why the rest cannot.
STAGES: dict[str, tuple[Facts, dict[str, str]]] = {
    "not shipped": (
        UNSHIPPED,
        {
            K.LATE: Why.NOT_SENT,
            K.NOT_HERE: Why.NOT_SENT,
            K.DAMAGED: Why.NOT_SENT,
            K.MISSING: Why.NOT_SENT,
            K.WRONG_ITEM: Why.NOT_SENT,
            K.QUALITY: Why.NOT_SENT,
            K.CUSTOMS: Why.NOT_SENT,
            K.UNWANTED: Why.NOT_SENT,
            K.CHANGED_MIND: "",
        },
    ),
    "on its way": (
        order(sent()),
        {
            K.LATE: Why.TOO_EARLY,
            K.NOT_HERE: Why.NOT_ARRIVED,
            K.DAMAGED: Why.NOT_ARRIVED,
            K.MISSING: Why.NOT_ARRIVED,
            K.WRONG_ITEM: Why.NOT_ARRIVED,
            K.QUALITY: Why.NOT_ARRIVED,
            K.CUSTOMS: Why.NO_BORDER,
            K.UNWANTED: "",
            K.CHANGED_MIND: "",
        },
    ),
    "on its way, and stands still": (
        order(sent(troubles=frozenset({IncidentKind.STALLED}))),
        {K.LATE: "", K.NOT_HERE: Why.NOT_ARRIVED, K.UNWANTED: ""},
    ),
    "abroad, at customs": (
        order(sent(milestone=Milestone.CUSTOMS, meets_customs=True)),
        {K.CUSTOMS: "", K.LATE: Why.TOO_EARLY, K.UNWANTED: ""},
    ),
    "delivered an hour ago": (
        order(sent(milestone=Milestone.DELIVERED)),
        {
            K.LATE: Why.ARRIVED,
            K.NOT_HERE: Why.TOO_EARLY,
            K.DAMAGED: "",
            K.MISSING: "",
            K.WRONG_ITEM: "",
            K.QUALITY: "",
            K.CUSTOMS: Why.NO_BORDER,
            K.UNWANTED: Why.ARRIVED,
            K.CHANGED_MIND: Why.ARRIVED,
        },
    ),
    "delivered days ago": (
        order(ARRIVED),
        {K.NOT_HERE: "", K.DAMAGED: "", K.LATE: Why.ARRIVED},
    ),
    "delivered to somebody else": (
        order(
            sent(
                milestone=Milestone.DELIVERED,
                troubles=frozenset({IncidentKind.UNCLEAR_SIGNATURE}),
            )
        ),
        {K.NOT_HERE: ""},
    ),
    "coming back": (
        order(
            sent(milestone=Milestone.RETURNING),
            things=(thing(limit=0, obstacle=Obstacle.COMING_BACK),),
        ),
        {
            K.LATE: Why.TURNED,
            K.NOT_HERE: Why.TURNED,
            K.DAMAGED: Why.TURNED,
            K.UNWANTED: "",  # money, or once more?
            K.CHANGED_MIND: Why.TURNED,
        },
    ),
    "coming back, and that is settled": (
        order(sent(milestone=Milestone.RETURNED, is_recallable=False)),
        {K.UNWANTED: Why.TURNED, K.CHANGED_MIND: Why.TURNED},
    ),
    "without news for so long that nobody can call it back": (
        order(sent(is_recallable=False)),
        {K.UNWANTED: Why.NOT_OFFERED, K.CHANGED_MIND: Why.NOT_OFFERED},
    ),
    "cancelled": (order(ARRIVED, is_cancelled=True), dict.fromkeys(K, Why.CANCELLED)),
    "not paid": (
        order(is_paid=False, to_ship=True),
        {K.LATE: Why.UNPAID, K.NOT_HERE: Why.UNPAID, K.CHANGED_MIND: ""},
    ),
    "no parcel at all": (
        order(things=(thing(10, 99, limit=0, obstacle=Obstacle.NEEDS_NO_PARCEL),)),
        dict.fromkeys(K, Why.NO_PARCEL),
    ),
    "a part is here, a part on its way": (
        order(ARRIVED, sent(2), things=(thing(10, 1), thing(11, 2))),
        {
            K.LATE: Why.TOO_EARLY,
            K.NOT_HERE: "",
            K.DAMAGED: "",
            K.MISSING: Why.TOO_EARLY,
            K.UNWANTED: "",
        },
    ),
    "all of it in returns": (
        order(ARRIVED, things=(thing(limit=0, obstacle=Obstacle.ALL_BACK),)),
        {K.NOT_HERE: Why.ALL_BACK, K.DAMAGED: Why.ALL_BACK, K.QUALITY: Why.ALL_BACK},
    ),
    "called back": (
        order(sent(is_settled=True)),
        {K.LATE: Why.ALL_BACK, K.UNWANTED: Why.ALL_BACK, K.CHANGED_MIND: Why.ALL_BACK},
    ),
    "searched for": (order(sent(is_searched=True)), {K.LATE: Why.SEARCHED}),
}
ROWS = [(name, kind, said) for name, (_, known) in STAGES.items() for kind, said in known.items()]


@pytest.mark.parametrize(("stage", "kind", "said"), ROWS, ids=[f"{a}: {b}" for a, b, _ in ROWS])
def test_what_can_be_told_at_each_stage(stage, kind, said):
    assert why(STAGES[stage][0], kind) == said


def begins(facts: Facts, kind: str, now: datetime = NOON) -> datetime | None:
    return judge(facts, now)[kind].verdict.begins


@pytest.mark.parametrize(
    ("parcel", "at"),
    [
        (sent(), NOON + 3 * DAY),
        (sent(turns_at=NOON + DAY), NOON + DAY),  # the watch would say so sooner
        (sent(turns_at=NOON + 9 * DAY), NOON + 3 * DAY),
        (sent(turns_at=NOON + DAY + 47 * timedelta(minutes=1)), NOON + DAY + HOUR),
        # On the first day no scan is normal.
        (sent(left_at=NOON - HOUR, turns_at=NOON + HOUR), NOON + 23 * HOUR),
        (sent(left_at=NOON - HOUR, expected_by=NOON + HOUR), NOON + 23 * HOUR),
        (sent(named={K.LATE: NOON + 2 * HOUR}), NOON + 2 * HOUR),
    ],
)
def test_late_begins_when_it_should_be_here_or_the_watch_would_say_so(parcel, at):
    assert begins(order(parcel), K.LATE) == at
    assert why(order(parcel), K.LATE, at) == ""
    assert why(order(parcel), K.LATE, at - timedelta(seconds=1)) == Why.TOO_EARLY


def test_a_moment_that_a_reminder_named_stands_whatever_was_scanned_since():
    parcel = sent(turns_at=NOON + 40 * HOUR, named={K.LATE: NOON - HOUR})
    assert why(order(parcel), K.LATE) == ""


def test_what_has_not_left_is_late_when_we_said_that_it_would_have():
    facts = order(to_ship=True, dispatch_by=NOON + DAY)
    option = judge(facts, NOON)[K.LATE]
    assert option.parcels[REST].begins == NOON + DAY
    assert judge(facts, NOON + DAY)[K.LATE].open_parcels == [REST]


@pytest.mark.parametrize(
    ("scanned", "hours", "at"),
    [
        (NOON, 24, NOON + DAY),
        (NOON + timedelta(minutes=1), 24, NOON + 25 * HOUR),
        (NOON, 4, NOON + 4 * HOUR),
        (NOON, 0, NOON),
    ],
)
def test_not_here_begins_some_hours_after_the_scan(scanned, hours, at):
    parcel = sent(milestone=Milestone.DELIVERED, arrived_at=scanned)
    facts = order(parcel, not_here_after=timedelta(hours=hours))
    assert why(facts, K.NOT_HERE, at) == ""
    if at > scanned:
        assert begins(facts, K.NOT_HERE, scanned) == at
        assert why(facts, K.NOT_HERE, at - timedelta(seconds=1)) == Why.TOO_EARLY


def test_not_here_ends_when_no_carrier_looks_for_it_any_more():
    end = ARRIVED.arrived_at + LOOKED_FOR
    assert why(order(ARRIVED), K.NOT_HERE, end) == ""
    over = judge(order(ARRIVED), end + timedelta(seconds=1))[K.NOT_HERE]
    assert (over.verdict.why, over.verdict.ends) == (Why.OVER, end)
    assert Way.WRITE in over.ways


@pytest.mark.parametrize("kind", OF_THINGS)
def test_each_claim_ends_with_the_longest_of_its_reasons(kind):
    last = {code: NOON + nth * DAY for nth, code in enumerate(CLAIM_REASONS)}
    end = max(last[code] for code in CLAIMED_AS[kind])
    facts = order(ARRIVED, things=(thing(ends=last),))
    assert judge(facts, NOON)[kind].verdict.ends == end
    assert why(facts, kind, end) == ""
    assert why(facts, kind, end + timedelta(seconds=1)) == Why.OVER


def test_the_reasons_of_a_fault_end_one_by_one():
    last = {Reason.FAULTY: NOON, Reason.FAULT_LATER: None, Reason.DIFFERENT: NOON - DAY}
    mine = thing(ends=last)
    assert reasons(mine, K.QUALITY, NOON) == [Reason.FAULTY, Reason.FAULT_LATER]
    assert reasons(mine, K.QUALITY, NOON + HOUR) == [Reason.FAULT_LATER]


def test_what_the_rules_do_not_offer_is_never_asked():
    facts = order(ARRIVED, things=(thing(ends={Reason.FAULTY: None}),))
    option = judge(facts, NOON)[K.DAMAGED]
    assert option.verdict.why == Why.NOT_OFFERED and not option.can_be_true
    assert judge(facts, NOON)[K.QUALITY].is_possible


def test_missing_waits_for_the_last_parcel_or_the_end_of_its_days():
    facts = order(ARRIVED, sent(2, expected_by=NOON + 2 * DAY), things=(thing(10, 1),))
    assert begins(facts, K.MISSING) == NOON + 2 * DAY
    assert why(facts, K.MISSING, NOON + 2 * DAY) == ""
    came = sent(2, Milestone.DELIVERED, arrived_at=NOON - HOUR)
    assert why(order(ARRIVED, came, things=(thing(10, 1),)), K.MISSING) == ""
    turned = sent(2, Milestone.RETURNING)
    assert why(order(ARRIVED, turned, things=(thing(10, 1),)), K.MISSING) == ""


def test_a_parcel_without_a_number_is_believed():
    facts = order(sent(milestone=""))
    assert why(facts, K.DAMAGED) == ""
    assert why(facts, K.NOT_HERE) == Why.NOT_ARRIVED
    assert why(facts, K.UNWANTED) == ""
    later = NOON - 2 * DAY + UNNUMBERED_FOR
    assert why(facts, K.UNWANTED, later) == Why.ARRIVED


def test_customs_is_asked_only_of_what_crosses_a_border_and_for_some_weeks_after():
    assert why(order(sent(meets_customs=True)), K.CUSTOMS) == ""
    held = sent(troubles=frozenset({IncidentKind.CUSTOMS_DOCUMENTS}))
    assert why(order(held), K.CUSTOMS) == ""
    came = sent(milestone=Milestone.DELIVERED, meets_customs=True)
    assert why(order(came), K.CUSTOMS, NOON + 29 * DAY) == ""
    assert why(order(came), K.CUSTOMS, NOON + 31 * DAY) == Why.OVER


def test_what_was_told_of_a_parcel_is_not_told_again_but_of_the_other_it_may_be():
    mine = sent(told={K.LATE: 7}, troubles=frozenset({IncidentKind.LOST}))
    option = judge(order(mine), NOON)[K.LATE]
    assert (option.verdict.why, option.verdict.problem) == (Why.TOLD, 7)
    both = judge(order(mine, sent(2, troubles=frozenset({IncidentKind.STALLED}))), NOON)[K.LATE]
    assert both.is_possible and both.open_parcels == [2]
    assert judge(order(mine), NOON)[K.UNWANTED].is_possible
    came = sent(milestone=Milestone.DELIVERED, told={K.LATE: 7})
    assert why(order(came), K.LATE) == Why.ARRIVED, "that it was late is over"


def test_a_talk_about_things_is_named_and_does_not_stand_in_the_way():
    option = judge(order(ARRIVED, told={K.DAMAGED: 3}), NOON)[K.DAMAGED]
    assert option.is_possible and option.told == 3
    assert judge(order(ARRIVED, told={K.DAMAGED: 3}), NOON)[K.MISSING].told is None


def test_of_several_reasons_the_soonest_moment_is_told():
    facts = order(sent(), sent(2, turns_at=NOON + 5 * HOUR))
    assert begins(facts, K.LATE) == NOON + 5 * HOUR


def test_the_next_full_hour():
    assert full_hour(NOON) == NOON
    assert full_hour(NOON + timedelta(microseconds=1)) == NOON + HOUR
    assert full_hour(NOON + timedelta(minutes=59, seconds=59)) == NOON + HOUR


# --- For any facts --------------------------------------------------------------------------------

moments = st.integers(-90 * 24, 90 * 24).map(lambda hours: NOON + hours * HOUR)
some_kinds = st.dictionaries(st.sampled_from(list(K)), st.integers(1, 99), max_size=2)


@st.composite
def parcels(draw, key: int) -> Sent:
    milestone = draw(st.sampled_from(["", *Milestone.values]))
    left = draw(moments)
    arrived = milestone == Milestone.DELIVERED
    return Sent(
        key=key,
        milestone=milestone,
        left_at=left,
        expected_by=left + draw(st.integers(1, 40)) * DAY,
        arrived_at=left + draw(st.integers(1, 900)) * HOUR if arrived else None,
        turns_at=draw(st.none() | moments),
        troubles=frozenset(draw(st.sets(st.sampled_from(list(IncidentKind)), max_size=2))),
        meets_customs=draw(st.booleans()),
        told=draw(some_kinds),
        named=draw(st.dictionaries(st.sampled_from(list(K)), moments, max_size=1)),
        is_searched=draw(st.booleans()),
        is_settled=draw(st.booleans()),
        is_recallable=draw(st.booleans()),
    )


@st.composite
def things(draw, key: int, keys: list[int]) -> Thing:
    obstacles = ["", "", "", Obstacle.ALL_BACK, Obstacle.COMING_BACK, Obstacle.UNPAID]
    obstacle = draw(st.sampled_from([*obstacles, Obstacle.NEEDS_NO_PARCEL]))
    known = draw(st.sets(st.sampled_from(CLAIM_REASONS)))
    return Thing(
        key=key,
        limit=0 if obstacle else draw(st.integers(1, 9)),
        parcels=frozenset(draw(st.sets(st.sampled_from(keys), min_size=1)))
        if keys
        else frozenset(),
        ends={code: draw(st.none() | moments) for code in sorted(known)},
        obstacle=obstacle if keys else Obstacle.NOT_SHIPPED,
    )


@st.composite
def orders(draw) -> Facts:
    keys = list(range(1, draw(st.integers(0, 3)) + 1))
    return Facts(
        parcels=tuple(draw(parcels(key)) for key in keys),
        things=tuple(draw(things(key, keys)) for key in range(10, 10 + draw(st.integers(0, 3)))),
        to_ship=draw(st.booleans()),
        can_cancel=draw(st.booleans()),
        dispatch_by=draw(st.none() | moments),
        is_cancelled=draw(st.booleans()) and draw(st.booleans()),
        is_paid=draw(st.booleans()),
        not_here_after=draw(st.integers(0, 240)) * HOUR,
        told=draw(some_kinds),
        named=draw(st.dictionaries(st.sampled_from(list(K)), moments, max_size=1)),
    )


@given(orders(), moments)
def test_every_kind_is_possible_or_says_why_and_leads_on(facts, now):
    found = judge(facts, now)
    assert list(found) == list(K.values)
    for kind, option in found.items():
        parts = [*option.parcels.values(), *option.things.values()]
        assert option.is_possible == any(part.is_possible for part in parts)
        if not option.is_possible:
            assert Way.WRITE in option.ways and kind not in option.ways
            words = problem_texts.why_not(kind, option.verdict)
            assert option.verdict.why == Why.TOLD or words
            assert "{" not in words + problem_texts.briefly(kind, option.verdict)


@given(orders(), moments)
def test_the_moment_that_is_named_is_true(facts, now):
    for kind, option in judge(facts, now).items():
        for parts, name in ((option.parcels, "parcels"), (option.things, "things")):
            for key, verdict in parts.items():
                if verdict.why != Why.TOO_EARLY:
                    continue
                assert verdict.begins and verdict.begins > now
                later = getattr(judge(facts, verdict.begins)[kind], name)[key]
                assert later.why in {"", Why.OVER, Why.ARRIVED}


@given(orders(), moments, st.integers(1, 2000))
def test_what_can_be_told_stays_so_until_its_end(facts, now, hours):
    later = now + hours * HOUR
    for kind, option in judge(facts, now).items():
        if kind in BEFORE_ARRIVAL:
            continue  # what has no number counts as arrived one day
        for key, verdict in {**option.parcels, **option.things}.items():
            if not verdict.is_possible:
                continue
            then = judge(facts, later)[kind]
            after = {**then.parcels, **then.things}[key]
            assert after.is_possible or after.why in {Why.OVER, Why.ARRIVED}
            if verdict.ends and later <= verdict.ends:
                assert after.is_possible


@given(orders(), moments)
def test_nothing_of_a_cancelled_order_or_after_its_end_is_offered(facts, now):
    for kind, option in judge(facts, now).items():
        assert not (facts.is_cancelled and option.is_possible)
        for verdict in (*option.parcels.values(), *option.things.values()):
            assert not (verdict.is_possible and verdict.ends and verdict.ends < now)
        if kind in OF_THINGS:
            assert not option.parcels
            limits = {one.key: one.limit for one in facts.things}
            assert all(limits[key] for key in option.open_things)
        else:
            assert not option.things


# --- Words ----------------------------------------------------------------------------------------


def test_every_kind_reason_question_and_way_has_words():
    assert set(problem_texts.KINDS) == set(problem_texts.SYMBOLS) == set(K)
    assert set(problem_texts.BRIEFLY) == set(Why)
    assert set(problem_texts.WHY_NOT) | {Why.TOLD} == set(Why)
    assert set(problem_texts.WAYS) == set(Way)
    assert set(problem_texts.OWN_WORDS) == {*OF_PARCELS, *OF_THINGS}
    assert set(problem_texts.REASONS) == set(CLAIMED_AS[K.QUALITY])
    for kind, asked in QUESTIONS.items():
        for code, answers in asked.items():
            assert problem_texts.question(kind, code)
            assert all((code, answer) in problem_texts.ANSWERS for answer in answers)


def test_where_to_look_depends_on_the_country_not_on_the_language():
    at_home = {place.code for place in problem_texts.places("GB")}
    in_china = {place.code for place in problem_texts.places("CN")}
    assert "station" in in_china - at_home and "desk" in at_home - in_china
    assert problem_texts.places("US") is problem_texts.places("")
