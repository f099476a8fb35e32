"""17TRACK, called over HTTP: what it is asked, what it answers, and how it fails."""

import json
import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.loopback import Answer as Reply
from tests.tracking.loopback import loopback
from tests.tracking.seventeentrack import (
    KEY,
    NUMBER,
    ROYAL_MAIL,
    answer,
    body,
    event,
    failure,
    pushed,
    refusal,
)
from tracking.providers import (
    Access,
    Action,
    Answer,
    Ask,
    Error,
    NoAccess,
    NoQuota,
    Outcome,
    TooFast,
    reading,
    seventeentrack,
)
from tracking.providers.seventeentrack import CODES, ENDPOINTS, KEYS, LIMITS

OTHER = "1Z999AA10123456784"
SF = "SF1234567890128"
PATHS = {action: f"/track/v2.4/{endpoint}" for action, endpoint in ENDPOINTS.items()}

# Documented: every error code there is.
DOCUMENTED = [
    *(-18010000 - n for n in (1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 22)),
    *(-18010200 - n for n in (1, 2, 3, 4, 5, 6)),
    *(-18019800 - n for n in (*range(1, 12), 15, 16, 17, 18)),
    *(-18019900 - n for n in range(1, 13)),
]


@pytest.fixture(scope="module")
def provider():
    """One server for all tests of this file; each says anew what it answers."""
    with loopback() as server:
        yield server


@pytest.fixture
def server(provider):
    provider.seen.clear()
    return provider


@pytest.fixture
def access(server):
    return Access(KEY, base=f"{server.url}/track/v2.4/")


@pytest.fixture
def call(server, access):
    """Makes one call that is answered so."""

    def call(action: Action, reply: Reply, *asks: Ask) -> list[Answer]:
        server.answers(PATHS[action], reply)
        return seventeentrack.call(action, asks or (Ask(NUMBER),), access)

    return call


@pytest.fixture
def unknown(caplog):
    reading.tell_once.cache_clear()
    return lambda: [record.getMessage() for record in caplog.records]


def known(number: str = NUMBER, *events: object, carrier: int = ROYAL_MAIL) -> dict:
    """One number of an answer to a query, with these events."""
    return json.loads(pushed(*events, number=number, carrier=carrier))["data"]


# --- what is asked ----------------------------------------------------------------------------


def test_every_action_is_known_and_forty_numbers_go_in_a_call_three_times_a_second():
    assert set(LIMITS) == set(Action)
    for limit in LIMITS.values():
        assert limit.batch == 40 and 3 * limit.interval >= 1


@pytest.mark.parametrize("carrier", ["", "royal-mail", "zjs", "Some Carrier"])
def test_it_follows_every_carrier(carrier):
    assert seventeentrack.follows(carrier)


def test_the_address_is_that_of_17track_unless_told_otherwise():
    assert seventeentrack.BASE == "https://api.17track.net/track/v2.4/"


@pytest.mark.parametrize("closing", ["", "/"])
def test_a_call_carries_the_key_and_a_list(server, closing):
    server.answers("/elsewhere/gettrackinfo", answer())
    access = Access(KEY, base=f"{server.url}/elsewhere{closing}")
    seventeentrack.call(Action.QUERY, [Ask(NUMBER), Ask(OTHER)], access)
    assert (server.last.method, server.last.headers["17token"]) == ("POST", KEY)
    assert server.last.headers["Content-Type"] == "application/json"
    assert server.last.json == [{"number": NUMBER}, {"number": OTHER}]


def test_a_number_is_registered_with_all_that_is_known(server, call):
    ask = Ask(SF, "sf", phone_tail="0178", origin="CN", destination="GB", tag="ord-1042")
    call(Action.REGISTER, answer(), ask)
    assert server.last.json == [
        {
            "number": SF,
            "carrier": 100012,
            "tag": "ord-1042",
            "phone_number_last_4": "0178",
            "origin_country": "CN",
            "destination_country": "GB",
        }
    ]


def test_the_older_version_gets_the_phone_its_own_way(server):
    server.answers("/track/v2.2/register", answer())
    ask = Ask(SF, "sf", phone_tail="0178", origin="CN", destination="GB", tag="ord-1042")
    access = Access(KEY, base=f"{server.url}/track/v2.2")
    seventeentrack.call(Action.REGISTER, [ask], access)
    assert server.last.json == [
        {"number": SF, "carrier": 100012, "tag": "ord-1042", "param": "0178"}
    ]


@pytest.mark.parametrize("carrier", ["", "zjs", "Some Carrier"])
def test_a_carrier_without_a_key_is_left_to_be_found(server, call, carrier):
    call(Action.REGISTER, answer(), Ask(NUMBER, carrier))
    assert server.last.json == [{"number": NUMBER}]


@pytest.mark.parametrize("action", [Action.QUERY, Action.STOP])
def test_a_number_is_asked_for_under_the_key_that_it_has_there(server, call, action):
    call(action, answer(), Ask(SF, "sf", key="190766", tag="t", phone_tail="0178"))
    assert server.last.json == [{"number": SF, "carrier": 190766}]


@pytest.mark.parametrize("key", ["", "0", "sf", "１"])
def test_a_key_that_is_none_is_not_sent(server, call, key):
    call(Action.QUERY, answer(), Ask(SF, "sf", key=key))
    assert server.last.json == [{"number": SF}]


@pytest.mark.parametrize(
    ("key", "sent"),
    [
        ("190012", {"carrier_old": 190012, "carrier_new": 190008}),
        ("", {"carrier_new": 190008}),
    ],
)
def test_a_change_names_the_old_carrier_and_the_new(server, call, key, sent):
    call(Action.CHANGE, answer(), Ask(NUMBER, "yunexpress", key=key))
    assert server.last.json == [{"number": NUMBER, **sent}]


def test_a_change_to_a_carrier_that_it_does_not_know_is_not_even_asked_for(server, call):
    taken = answer([{"number": OTHER, "carrier": 100002}])
    asks = Ask(NUMBER, "zjs", key="11031"), Ask(OTHER, "ups"), Ask(SF, "")
    answers = call(Action.CHANGE, taken, *asks)
    assert [told.outcome for told in answers] == ["refused", "done", "refused"]
    assert [item["number"] for item in server.last.json] == [OTHER]
    server.seen.clear()
    assert call(Action.CHANGE, taken, asks[0])[0].words and not server.seen


def test_nothing_is_asked_about_nothing(server, access):
    assert seventeentrack.call(Action.QUERY, [], access) == []
    assert not server.seen


def test_more_than_a_batch_is_no_call(server, access):
    server.answers(PATHS[Action.QUERY], answer())
    asks = [Ask(f"RB{n:09}GB") for n in range(41)]
    with pytest.raises(Error, match="More than 40") as raised:
        seventeentrack.call(Action.QUERY, asks, access)
    assert raised.value.permanent and not server.seen
    assert len(seventeentrack.call(Action.QUERY, asks[:40], access)) == 40


# --- what is answered -------------------------------------------------------------------------


def test_of_a_mixed_answer_every_number_gets_its_own(call):
    asks = [
        Ask("ABCDEF12345"),
        Ask(OTHER, "ups"),
        Ask("1234"),
        Ask(SF, "sf"),
        Ask("YT2616912345678901", "yanwen"),
        Ask(NUMBER, tag="ord-1042"),
        Ask("NEVERHEARDOF1"),
    ]
    answers = call(Action.REGISTER, Reply(body=body("answer-register")), *asks)
    assert [(told.number, told.outcome, told.key) for told in answers] == [
        ("ABCDEF12345", Outcome.NEEDS_CARRIER, ""),
        (OTHER, Outcome.DONE, "100002"),  # it was registered already
        ("1234", Outcome.REFUSED, ""),
        (SF, Outcome.NEEDS_PHONE, ""),
        ("YT2616912345678901", Outcome.DONE, "190012"),
        (NUMBER, Outcome.DONE, "11031"),  # which it found out
        ("NEVERHEARDOF1", Outcome.LATER, ""),
    ]
    assert answers[2].words == "The format of '1234' is invalid. (-18010012)"
    assert answers[6].words == "17TRACK said nothing about it."


def test_a_query_brings_what_a_push_would(call):
    asks = [Ask(SF, "sf"), Ask(NUMBER), Ask("YT2632212345678901"), Ask("21213123123230")]
    waiting, quiet, moving, strange = call(Action.QUERY, Reply(body=body("answer-query")), *asks)
    assert (waiting.outcome, waiting.news) == (Outcome.NO_NEWS, None)
    assert strange.outcome == Outcome.NOT_REGISTERED
    # Known there, and nothing has happened yet.
    assert quiet.outcome == Outcome.NO_NEWS and quiet.news and not quiet.news.reports
    assert (quiet.news.origin, quiet.news.destination, quiet.key) == ("GB", "LT", "11031")
    [news] = seventeentrack.parse(body("two-carriers"))
    assert (moving.outcome, moving.key) == (Outcome.DONE, "190008")
    assert moving.news and moving.news.reports == news.reports and news.reports
    assert (moving.news.weight, moving.news.others) == (860, ("usps",))


def test_a_change_tells_the_new_key(call):
    asks = [
        Ask(OTHER, "dhl", key="100002"),
        Ask(NUMBER, "royal-mail", key="11031"),
        Ask("YT2616912345678901", "yunexpress", key="190012"),
    ]
    answers = call(Action.CHANGE, Reply(body=body("answer-change")), *asks)
    assert [(told.outcome, told.key) for told in answers] == [
        (Outcome.REFUSED, ""),
        (Outcome.DONE, "11031"),
        (Outcome.DONE, "190008"),
    ]


def test_what_is_not_followed_counts_as_stopped(call):
    asks = [Ask(OTHER), Ask("21213123123230"), Ask(NUMBER)]
    answers = call(Action.STOP, Reply(body=body("answer-stop")), *asks)
    assert [told.outcome for told in answers] == ["done", "not_registered", "done"]


def test_a_change_to_where_it_is_already_ends_with_the_new_key(call):
    told = refusal(NUMBER, -18019809, carrier=190012)
    [changed] = call(Action.CHANGE, answer([], told), Ask(NUMBER, "yunexpress", key="190012"))
    assert (changed.outcome, changed.key) == (Outcome.DONE, "190008")


def test_two_parcels_with_one_number_are_told_apart_by_their_carriers(call):
    rows = [
        known(NUMBER, event(0, "InTransit_Other"), carrier=100002),
        known(NUMBER, event(0, "Delivered_Other"), carrier=11031),
    ]
    british, american = Ask(NUMBER, key="11031"), Ask(NUMBER, key="100002")
    answers = call(Action.QUERY, answer(rows), british, american)
    assert [told.news and told.news.carrier for told in answers] == ["royal-mail", "ups"]


def test_what_was_found_out_about_one_of_them_is_not_told_of_the_other(call):
    """Two registrations of one number: one names the carrier, the other leaves it open."""
    rows = [{"number": NUMBER, "carrier": 100002}, {"number": NUMBER, "carrier": 11031}]
    for asks in ([Ask(NUMBER), Ask(NUMBER, "ups")], [Ask(NUMBER, "ups"), Ask(NUMBER)]):
        answers = call(Action.REGISTER, answer(rows), *asks)
        assert {ask.carrier: told.key for ask, told in zip(asks, answers, strict=True)} == {
            "": "11031",
            "ups": "100002",
        }


def test_an_answer_in_small_letters_is_about_the_same_number(call):
    rows = [{"number": f" {NUMBER.lower()}", "carrier": 11031}]
    for number in (NUMBER, NUMBER.lower()):
        assert call(Action.REGISTER, answer(rows), Ask(number)) == [Answer(number, key="11031")]


def test_an_answer_about_another_number_is_no_answer(call):
    rows = [known(OTHER, event(0, "Delivered_Other"))]
    [told] = call(Action.QUERY, answer(rows), Ask(NUMBER))
    assert (told.outcome, told.news) == (Outcome.LATER, None)


# --- every error code -------------------------------------------------------------------------

MEANING: dict[int, Outcome | type[Error]] = {
    -18010001: NoAccess,
    -18010002: NoAccess,
    -18010003: Error,
    -18010004: NoAccess,
    -18010005: NoAccess,
    -18010012: Outcome.REFUSED,
    -18010018: Outcome.NEEDS_PHONE,
    -18010019: Outcome.NEEDS_PHONE,
    -18010020: Outcome.NEEDS_PHONE,
    -18010022: Outcome.NEEDS_PHONE,
    -18019803: Outcome.DONE,
    -18019807: Outcome.REFUSED,
    -18019808: Outcome.LATER,
    -18019809: Outcome.DONE,
    -18019901: Outcome.DONE,
    -18019902: Outcome.NOT_REGISTERED,
    -18019903: Outcome.NEEDS_CARRIER,
    -18019907: NoQuota,
    -18019908: NoQuota,
    -18019909: Outcome.NO_NEWS,
    -18019910: Outcome.NEEDS_CARRIER,
    -18019911: Outcome.REFUSED,
}


def test_the_table_has_every_documented_code_and_no_other():
    assert set(CODES) == set(DOCUMENTED) and len(DOCUMENTED) == 49


@pytest.mark.parametrize(("code", "meaning"), MEANING.items())
def test_the_codes_mean_what_they_must(code, meaning):
    assert CODES[code] == meaning


@pytest.mark.parametrize("code", DOCUMENTED)
def test_a_code_about_one_number_is_about_that_number(call, code):
    """The other one is taken all the same."""
    taken = {"number": OTHER, "carrier": 100002}
    refused, done = call(
        Action.REGISTER, answer([taken], refusal(NUMBER, code)), Ask(NUMBER), Ask(OTHER)
    )
    assert (done.outcome, done.key) == (Outcome.DONE, "100002")
    meaning = CODES[code]
    assert refused.outcome == (Outcome.LATER if isinstance(meaning, type) else meaning)
    assert refused.words == f"As told ({code})"


@pytest.mark.parametrize("code", [code for code in DOCUMENTED if isinstance(CODES[code], type)])
def test_what_concerns_the_account_is_raised_when_nothing_became_of_any_number(call, code):
    told = answer([], refusal(NUMBER, code), refusal(OTHER, -18019808))
    with pytest.raises(Error, match=str(code)) as raised:
        call(Action.REGISTER, told, Ask(NUMBER), Ask(OTHER))
    assert type(raised.value) is CODES[code] and not raised.value.permanent


@pytest.mark.parametrize("code", DOCUMENTED)
@pytest.mark.parametrize("form", ["errors", "code"])
def test_a_code_about_the_call_fails_it(call, code, form):
    reply = failure(code) if form == "errors" else Reply(json={"code": code, "message": "As told"})
    with pytest.raises(Error) as raised:
        call(Action.QUERY, reply)
    meaning = CODES[code]
    assert type(raised.value) is (meaning if isinstance(meaning, type) else Error)
    assert raised.value.permanent == (meaning == Outcome.REFUSED)
    assert str(raised.value) == f"17TRACK: As told ({code})"


def test_the_recorded_refusal_of_a_key_is_no_access(call):
    with pytest.raises(NoAccess, match="The access token is invalid"):
        call(Action.QUERY, Reply(body=body("answer-wrong-key")))


@pytest.mark.parametrize("code", [-18019999, 7, "-18019999", None, "odd", [1]])
def test_a_code_that_nobody_knows_is_for_later_and_said_once(call, code, unknown):
    told = answer([], {"number": NUMBER, "error": {"code": code, "message": "New"}})
    for _ in range(2):
        assert call(Action.REGISTER, told)[0].outcome == Outcome.LATER
    assert len(unknown()) == 1


def test_a_call_that_fails_with_a_code_that_nobody_knows_may_work_later(call, unknown):
    with pytest.raises(Error) as raised:
        call(Action.REGISTER, failure(-18019999))
    assert (type(raised.value), raised.value.permanent, len(unknown())) == (Error, False, 1)


def test_a_code_may_be_a_text(call):
    told = answer([], {"number": NUMBER, "carrier": "11031", "error": {"code": "-18019901"}})
    assert call(Action.REGISTER, told)[0] == Answer(NUMBER, key="11031", words="(-18019901)")


def test_a_refusal_without_a_reason_is_for_later(call):
    assert call(Action.REGISTER, answer([], {"number": NUMBER}))[0].outcome == Outcome.LATER


def test_the_key_is_never_in_its_words(call):
    words = f"The key {KEY} is wrong."
    told = Reply(json={"code": 0, "data": {"errors": [{"code": -18010002, "message": words}]}})
    with pytest.raises(NoAccess) as raised:
        call(Action.QUERY, told)
    assert str(raised.value) == "17TRACK: The key … is wrong. (-18010002)"


@pytest.mark.parametrize("words", ["{}", "w" * 190 + "{}", "{}".join("abc")])
@pytest.mark.parametrize("shape", [str, lambda key: quote(key, safe=""), quote_plus])
def test_no_part_of_the_key_is_in_its_words_of_a_call_or_of_a_number(server, words, shape):
    key = "K9/+ =a&b?c"
    access = Access(key, base=f"{server.url}/track/v2.4/")
    error = {"code": -18010002, "message": words.format(shape(key), shape(key))}
    server.answers(
        PATHS[Action.QUERY],
        Reply(json={"code": 0, "data": {"errors": [error]}}),
        answer([], {"number": NUMBER, "error": error | {"code": -18010012}}),
    )
    with pytest.raises(NoAccess) as raised:
        seventeentrack.call(Action.QUERY, [Ask(NUMBER)], access)
    (told,) = seventeentrack.call(Action.QUERY, [Ask(NUMBER)], access)
    for said in (str(raised.value), told.words):
        assert "…" in said and "K9" not in said and "a&b" not in said and "%3Fc" not in said


# --- the line ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(status=401), NoAccess),
        (Reply(status=403), NoAccess),
        (Reply(status=404, body=b"<html>Not Found</html>"), NoAccess),
        (Reply(status=301, headers={"Location": "https://www.17track.net/"}), NoAccess),
        (Reply(status=500, json={"code": 0, "data": {}}), Error),
        (Reply(status=503), Error),
        (Reply(status=400, body=b"Bad Request"), Error),
        (Reply(status=400, json={"code": -18010002}), NoAccess),
        (Reply(body=b"x" * 5000, cut=100), Error),
        (Reply(body=b""), Error),
        (Reply(body=b"<html>Down for maintenance</html>"), Error),
        (Reply(body=b'{"code": 0, "data": {"acc'), Error),
        (Reply(json=[]), Error),
        (Reply(json=[{"code": 0}]), Error),
        (Reply(json={}), Error),
        (Reply(json={"message": "hello"}), Error),
        (Reply(json={"code": "fine"}), Error),
        (Reply(body=b"[" * 100_000), Error),
    ],
)
def test_a_call_that_fails_is_raised_as_what_it_is(call, reply, kind):
    with pytest.raises(Error) as raised:
        call(Action.QUERY, reply)
    assert type(raised.value) is kind and not raised.value.permanent
    assert KEY not in str(raised.value)


@pytest.mark.parametrize(
    ("told", "after"), [("12", 12.0), ("Sun, 01 Nov 2020 08:00:00 GMT", 0.0), ("soon", None)]
)
def test_our_pace_is_told(call, told, after):
    with pytest.raises(TooFast) as raised:
        call(Action.QUERY, Reply(status=429, headers={"Retry-After": told}))
    assert raised.value.after == after


@pytest.mark.parametrize(
    "reply",
    [Reply(silent=True), Reply(body=b" " * 800 + b"{}", drip=0.01)],
    ids=["silent", "drip"],
)
def test_whoever_is_slow_is_given_up(call, reply, monkeypatch):
    monkeypatch.setattr(seventeentrack, "TOTAL", 0.2)
    began = time.monotonic()
    with pytest.raises(Error, match="did not answer within") as raised:
        call(Action.QUERY, reply)
    assert not raised.value.permanent and time.monotonic() - began < 5


def test_an_endless_answer_is_given_up(call, monkeypatch):
    monkeypatch.setattr(seventeentrack, "MOST", 10_000)
    with pytest.raises(Error, match="more than 10000 bytes"):
        call(Action.QUERY, answer([{"padding": "x" * 20_000}]))


def test_forty_long_journeys_fit_into_an_answer(call):
    """Each with 120 events as long as the longest that are documented."""
    address = {
        "country": "US",
        "state": "CA",
        "city": "LOS ANGELES",
        "street": None,
        "postal_code": None,
        "coordinates": {"longitude": "-118.2437", "latitude": "34.0522"},
    }
    words = "Arrived at destination country port, waiting for the next means of transport"
    translation = {"lang": "en", "description": words}
    events = [
        event(hour, "InTransit_Arrival", address=address, description_translation=translation)
        | {"time_raw": {"date": "2026-06-29", "time": "21:05:00", "timezone": "+08:00"}}
        for hour in range(120)
    ]
    asks = [Ask(f"RB{n:09}GB") for n in range(40)]
    reply = answer([known(ask.number, *events) for ask in asks])
    answers = call(Action.QUERY, reply, *asks)
    assert all(told.news and len(told.news.reports) == 120 for told in answers)
    assert len(reply.content) > 2 * 1024 * 1024  # more than a usual answer may have


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
ROW = st.fixed_dictionaries(
    {"number": st.sampled_from([NUMBER, OTHER]) | JSON},
    optional={"carrier": JSON, "carrier_new": JSON, "error": JSON, "track_info": JSON},
)
DATA = st.fixed_dictionaries(
    {}, optional={"accepted": st.lists(ROW) | JSON, "rejected": st.lists(ROW) | JSON}
)


@given(st.sampled_from(Action), DATA | JSON)
def test_whatever_an_answer_says_every_number_gets_one_or_the_call_fails(provider, action, data):
    provider.answers(PATHS[action], Reply(json={"code": 0, "data": data}))
    asks = [Ask(NUMBER, "ups", key="11031"), Ask(OTHER, "dhl"), Ask(NUMBER, "dpd")]
    try:
        answers = seventeentrack.call(action, asks, Access(KEY, base=f"{provider.url}/track/v2.4"))
    except Error:
        return
    assert [told.number for told in answers] == [NUMBER, OTHER, NUMBER]
    assert all(told.outcome in Outcome for told in answers)


def test_every_carrier_with_a_key_can_be_registered(server, call):
    asks = [Ask(f"RB{n:09}GB", carrier) for n, carrier in enumerate(KEYS)][:40]
    call(Action.REGISTER, answer(), *asks)
    assert [item["carrier"] for item in server.last.json] == list(KEYS.values())[:40]
