"""17TRACK: its signature, its words for where a parcel is, its ways to tell the time."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.seventeentrack import body, event, pushed
from tracking import carriers, providers
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone
from tracking.providers import Access, News, reading, seventeentrack
from tracking.providers.seventeentrack import CARRIERS, KEYS, STATUSES
from tracking.reports import ScanReport

# Documented: the sub-statuses of each main status.
DOCUMENTED = {
    "NotFound": ["Other", "InvalidCode"],
    "InTransit": [
        "PickedUp",
        "Other",
        "Departure",
        "Arrival",
        "CustomsProcessing",
        "CustomsReleased",
        "CustomsRequiringInformation",
    ],
    "Expired": ["Other"],
    "AvailableForPickup": ["Other"],
    "OutForDelivery": ["Other"],
    "DeliveryFailure": ["Other", "NoBody", "Security", "Rejected", "InvalidAddress"],
    "Delivered": ["Other"],
    "Exception": [
        "Other",
        "Returning",
        "Returned",
        "NoBody",
        "Security",
        "Damage",
        "Rejected",
        "Delayed",
        "Lost",
        "Destroyed",
        "Cancel",
    ],
}
SUB_STATUSES = ["InfoReceived"] + [
    f"{main}_{sub}" for main, subs in DOCUMENTED.items() for sub in subs
]
STAGES = [
    "InfoReceived",
    "PickedUp",
    "Departure",
    "Arrival",
    "AvailableForPickup",
    "OutForDelivery",
    "Delivered",
    "Returning",
    "Returned",
]


def only(content: bytes) -> News:
    (news,) = seventeentrack.parse(content)
    return news


def report_of(**values) -> ScanReport:
    (report,) = only(pushed(event(0, "InTransit_Other") | values)).reports
    return report


@pytest.fixture
def unknown(caplog):
    """The lines about codes that nobody knows, which come once per process."""
    reading.tell_once.cache_clear()
    return lambda: [record.getMessage() for record in caplog.records]


# --- the signature ----------------------------------------------------------------------------

DOCUMENTED_BODY = (
    b'{"event":"TRACKING_STOPPED","data":'
    b'{"number":"RR123456789CN","carrier":3011,"param":null,"tag":""}}'
)
DOCUMENTED_SIGN = "14a5e323095566a2d64f4d140d21156e564f4ba140597781cb009b82f7137399"


def test_the_signature_is_the_documented_one():
    assert seventeentrack.signature(DOCUMENTED_BODY, "TESTKEY") == DOCUMENTED_SIGN
    for sign in (DOCUMENTED_SIGN, DOCUMENTED_SIGN.upper()):
        assert seventeentrack.is_genuine({"sign": sign}, DOCUMENTED_BODY, Access("TESTKEY"))


@pytest.mark.parametrize(
    ("headers", "content", "key"),
    [
        ({}, DOCUMENTED_BODY, "TESTKEY"),
        ({"sign": ""}, DOCUMENTED_BODY, "TESTKEY"),
        ({"sign": DOCUMENTED_SIGN[:-1]}, DOCUMENTED_BODY, "TESTKEY"),
        ({"sign": "é" * 64}, DOCUMENTED_BODY, "TESTKEY"),
        ({"sign": DOCUMENTED_SIGN}, DOCUMENTED_BODY, "TESTKEX"),
        ({"sign": DOCUMENTED_SIGN}, DOCUMENTED_BODY + b"\n", "TESTKEY"),
        ({"sign": DOCUMENTED_SIGN}, DOCUMENTED_BODY.replace(b"3011", b"3013"), "TESTKEY"),
    ],
    ids=["none", "empty", "cut", "other signs", "other key", "line end", "other body"],
)
def test_whatever_does_not_fit_is_not_genuine(headers, content, key):
    assert not seventeentrack.is_genuine(headers, content, Access(key))


def test_what_we_sign_ourselves_is_genuine():
    headers, content = seventeentrack.signed(b"{}", Access("key"))
    assert seventeentrack.is_genuine(headers, content, Access("key"))


# --- where a parcel is ------------------------------------------------------------------------


def test_the_documentation_names_nine_statuses_and_thirty_sub_statuses():
    assert (len(DOCUMENTED) + 1, len(SUB_STATUSES)) == (9, 30)


@pytest.mark.parametrize("code", [*SUB_STATUSES, *DOCUMENTED, *STAGES])
def test_every_documented_word_has_a_milestone(code):
    assert STATUSES[code].milestone in Milestone
    assert STATUSES[code].incident in {*IncidentKind, ""}


def test_the_table_has_no_word_that_is_not_documented():
    assert set(STATUSES) == {*SUB_STATUSES, *DOCUMENTED, *STAGES}


@pytest.mark.parametrize(
    ("code", "milestone"),
    [
        ("InfoReceived", Milestone.ANNOUNCED),  # a label is not on its way
        ("InTransit_PickedUp", Milestone.ACCEPTED),
        ("InTransit_CustomsProcessing", Milestone.CUSTOMS),
        ("InTransit_CustomsRequiringInformation", Milestone.CUSTOMS),
        ("InTransit_CustomsReleased", Milestone.IN_TRANSIT),
        ("DeliveryFailure_Rejected", Milestone.ATTEMPTED),
        ("Delivered_Other", Milestone.DELIVERED),
        ("Exception_Returning", Milestone.RETURNING),
        ("Exception_Returned", Milestone.RETURNED),
        ("Exception_Lost", Milestone.UNKNOWN),  # no step of the road
        ("NotFound_Other", Milestone.UNKNOWN),
    ],
)
def test_the_words_of_17track_mean_our_milestones(code, milestone):
    assert report_of(sub_status=code).milestone == milestone


def test_a_stage_counts_where_an_event_has_no_status():
    told = report_of(sub_status=None, stage="Returning")
    assert (told.milestone, told.code) == (Milestone.RETURNING, "Returning")
    told = report_of(sub_status="InTransit_Other", stage="Delivered")
    assert (told.milestone, told.code) == (Milestone.IN_TRANSIT, "InTransit_Other")


def test_an_event_without_any_code_is_kept_with_its_words():
    told = report_of(sub_status=None, stage=None)
    assert (told.milestone, told.code, told.words) == (Milestone.UNKNOWN, "", "As told")


@pytest.mark.parametrize(
    ("code", "incident"),
    [
        ("InTransit_CustomsRequiringInformation", IncidentKind.CUSTOMS_DOCUMENTS),
        ("DeliveryFailure", IncidentKind.ATTEMPT_FAILED),
        ("DeliveryFailure_Other", IncidentKind.ATTEMPT_FAILED),
        ("DeliveryFailure_NoBody", IncidentKind.ATTEMPT_FAILED),
        ("DeliveryFailure_Security", IncidentKind.CUSTOMS_HOLD),
        ("DeliveryFailure_Rejected", IncidentKind.REFUSED),
        ("DeliveryFailure_InvalidAddress", IncidentKind.ADDRESS),
        ("Exception_NoBody", IncidentKind.ATTEMPT_FAILED),
        ("Exception_Security", IncidentKind.CUSTOMS_HOLD),
        ("Exception_Damage", IncidentKind.DAMAGED),
        ("Exception_Rejected", IncidentKind.REFUSED),
        ("Exception_Lost", IncidentKind.LOST),
        ("Exception_Destroyed", IncidentKind.LOST),
        ("Exception_Delayed", ""),  # the watch looks at the clock itself
        ("Expired_Other", ""),
        ("NotFound_InvalidCode", ""),
        ("Delivered_Other", ""),
    ],
)
def test_some_words_state_an_incident_by_themselves(code, incident):
    assert report_of(sub_status=code).incident == incident


def test_nothing_else_states_an_incident():
    assert sum(1 for step in STATUSES.values() if step.incident) == 13


@pytest.mark.parametrize(
    ("code", "stage", "milestone", "incident"),
    [
        ("InTransit_QuantumTunnelling", "Delivered", Milestone.IN_TRANSIT, ""),
        ("Delivered_Neighbour", None, Milestone.DELIVERED, ""),
        ("DeliveryFailure_Dog", None, Milestone.ATTEMPTED, IncidentKind.ATTEMPT_FAILED),
        ("Exception_Beamed", "Returning", Milestone.RETURNING, ""),
        ("Exception_Beamed", None, Milestone.UNKNOWN, ""),
        ("Beamed_Up", "Departure", Milestone.IN_TRANSIT, ""),
        ("Beamed_Up", "Beamed", Milestone.UNKNOWN, ""),
        ("_InTransit", None, Milestone.UNKNOWN, ""),
    ],
)
def test_a_status_that_nobody_knows_means_what_is_known_of_it(
    code, stage, milestone, incident, unknown
):
    for _ in range(3):
        told = report_of(sub_status=code, stage=stage)
    assert (told.milestone, told.incident, told.code) == (milestone, incident, code)
    assert unknown() == [f"17track: status {code!r} is not known"]


# --- carriers ---------------------------------------------------------------------------------


def test_every_carrier_of_the_table_is_one_of_ours():
    assert set(CARRIERS.values()) <= set(carriers.CARRIERS)


def test_a_carrier_with_several_keys_has_one_to_register_with():
    assert {CARRIERS[key] for key in KEYS.values()} == set(CARRIERS.values())
    assert (KEYS["sf"], KEYS["zto"], KEYS["royal-mail"]) == (100012, 190455, 11031)
    assert all(CARRIERS[key] == code for code, key in KEYS.items())


@pytest.mark.parametrize("key", [11031, "11031"])
def test_the_key_of_a_carrier_may_be_a_text(key):
    news = only(pushed(event(0, "InTransit_Other"), carrier=key))
    assert (news.carrier_key, news.carrier) == ("11031", "royal-mail")


@pytest.mark.parametrize("key", [0, None, 999999, "", "royal", -1, 1.5, True, [], "１１０３１"])
def test_a_key_that_we_do_not_know_is_no_carrier(key):
    assert only(pushed(event(0, "InTransit_Other"), carrier=key)).carrier == ""


# --- what else is told ------------------------------------------------------------------------


def test_where_a_scan_was_is_only_what_the_event_says():
    there = {"address": {"country": "LT", "city": "Vilnius"}, "location": "Bristol"}
    assert report_of(**there).country == "LT"
    assert report_of(address=None, location="Vilnius, LT").country == ""  # its carrier is British


def test_a_report_names_the_carrier_that_tells_it():
    assert report_of().carrier == "royal-mail"
    assert [told.carrier for told in only(body("two-carriers")).reports] == [
        "yunexpress",
        "yunexpress",
        "usps",
        "yunexpress",
        "usps",
        "usps",
    ]


def pushed_with(**info: object) -> bytes:
    document = json.loads(pushed(event(0, "InTransit_Other")))
    document["data"]["track_info"] |= info
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("shipping", "countries"),
    [
        ({"shipper_address": {"country": "CN"}, "recipient_address": {"country": "us"}}, "CN US"),
        ({"shipper_address": {"country": "CN"}, "recipient_address": None}, "CN -"),
        ({"shipper_address": {"country": ""}, "recipient_address": {"country": "USA"}}, "- -"),
        (None, "- -"),
        ("CN", "- -"),
    ],
)
def test_both_ends_of_the_way_are_told(shipping, countries):
    news = only(pushed_with(shipping_info=shipping))
    assert f"{news.origin or '-'} {news.destination or '-'}" == countries


@pytest.mark.parametrize(
    ("misc", "grams"),
    [
        ({"weight_kg": "1.20", "weight_raw": "9 lb"}, 1200),
        ({"weight_kg": 1.2}, 1200),
        ({"weight_kg": 2}, 2000),
        ({"weight_kg": None, "weight_raw": "1.20KGS"}, 1200),
        ({"weight_raw": "0.5 kg"}, 500),
        ({"weight_raw": "350 g"}, 350),
        ({"weight_raw": "2.5 LBS."}, 1134),
        ({"weight_raw": "12 oz"}, 340),
        ({"weight_kg": "0.00", "weight_raw": "700g"}, 700),
        ({"weight_kg": "0.860"}, 860),
        ({"weight_raw": "1.20"}, None),  # of what?
        ({"weight_kg": "1,200"}, None),
        ({"weight_kg": "-1"}, None),
        ({"weight_kg": "0"}, None),
        ({"weight_kg": "heavy"}, None),
        ({"weight_kg": "1e3"}, None),
        ({"weight_kg": 1e300}, None),
        ({"weight_kg": "999999999"}, None),
        ({"weight_kg": float("nan")}, None),
        ({"weight_kg": True}, None),
        ({"weight_kg": [1]}, None),
        ({"weight_kg": "１.２"}, None),
        ({"weight_kg": "500 g"}, 500),
        ({"weight_kg": "3 stone"}, None),
        ({"weight_raw": "3 stone"}, None),
        (None, None),
    ],
)
def test_the_weight_is_told_in_grams_or_not_at_all(misc, grams):
    assert only(pushed_with(misc_info=misc)).weight == grams


# --- when it was ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("times", "at", "offset"),
    [
        (
            {"time_utc": "2026-10-03T14:12:00Z", "time_iso": "2026-10-03T09:12:00-05:00"},
            "2026-10-03T14:12:00",
            -300,
        ),
        ({"time_utc": "2026-10-03T14:12:00Z"}, "2026-10-03T14:12:00", None),
        ({"time_utc": "2026-10-03T14:12:00"}, "2026-10-03T14:12:00", None),
        (
            {
                "time_utc": "2026-10-03T14:12:00Z",
                "time_raw": {"date": "2026-10-03", "time": "19:42:00", "timezone": "+05:30"},
            },
            "2026-10-03T14:12:00",
            330,
        ),
        ({"time_iso": "2026-10-03T09:12:00-05:00"}, "2026-10-03T14:12:00", -300),
        ({"time_iso": "2026-10-03T09:12:00Z"}, "2026-10-03T09:12:00", 0),
        # From here on the zone is not told: the clocks of Britain count, in summer time.
        ({"time_iso": "2026-10-03T09:12:00"}, "2026-10-03T08:12:00", None),
        ({"time_raw": {"date": "2026-10-03", "time": "09:12:00"}}, "2026-10-03T08:12:00", None),
        (
            {"time_raw": {"date": "2026-10-03", "time": "09:12", "timezone": None}},
            "2026-10-03T08:12:00",
            None,
        ),
        ({"time_raw": {"date": "2026-10-03", "time": None}}, "2026-10-02T23:00:00", None),
        (
            {"time_raw": {"date": "2026-10-03", "time": "09:12:00", "timezone": "here"}},
            "2026-10-03T08:12:00",
            None,
        ),
        ({"time_raw": "2026-10-03 09:12:00"}, "2026-10-03T08:12:00", None),
        ({"time_raw": "2026-10-03 09:12:00+08:00"}, "2026-10-03T01:12:00", 480),
        (
            {"time_raw": {"date": "2026-10-03", "time": "09:12:00", "timezone": "+0800"}},
            "2026-10-03T01:12:00",
            480,
        ),
        # The country of the event goes before that of its carrier.
        (
            {"time_raw": "2026-10-03 09:12:00", "address": {"country": "CN"}},
            "2026-10-03T01:12:00",
            None,
        ),
        # Many zones, or no country: taken for UTC.
        (
            {"time_raw": "2026-10-03 09:12:00", "address": {"country": "US"}},
            "2026-10-03T09:12:00",
            None,
        ),
    ],
)
def test_the_moment_is_read_however_it_is_told(times, at, offset):
    told = report_of(**({"time_utc": None} | times))
    assert told.at == datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert told.at.utcoffset() == timedelta(0)
    assert told.utc_offset == offset


@pytest.mark.parametrize(
    "times",
    [
        {},
        {"time_raw": {}},
        {"time_raw": {"date": None, "time": "09:12:00"}},
        {"time_raw": {"date": "yesterday", "time": "09:12:00"}},
        {"time_raw": "0001-01-01T00:00:00+08:00"},
        {"time_raw": "9999-12-31T23:59:59-08:00"},
        {"time_iso": "2026-13-03T09:12:00Z"},
        {"time_iso": 1780000000},
    ],
)
def test_an_event_without_a_time_is_left_out(times):
    content = pushed(event(0, None) | {"time_utc": None} | times, event(5, "InTransit_Other"))
    assert [told.code for told in only(content).reports] == ["InTransit_Other"]


# --- recordings -------------------------------------------------------------------------------


def test_a_whole_journey_comes_in_order_of_time():
    news = only(body("delivered"))
    assert (news.number, news.carrier, news.others, news.tag) == (
        "RB123456785GB",
        "royal-mail",
        (),
        "",
    )
    assert [report.milestone for report in news.reports] == [
        Milestone.ANNOUNCED,
        Milestone.ACCEPTED,
        Milestone.IN_TRANSIT,
        Milestone.CUSTOMS,
        Milestone.IN_TRANSIT,
        Milestone.OUT_FOR_DELIVERY,
        Milestone.DELIVERED,
    ]
    assert news.reports[-1] == ScanReport(
        at=datetime(2026, 11, 20, 9, 48, tzinfo=UTC),
        milestone=Milestone.DELIVERED,
        code="Delivered_Other",
        place="Vilnius",
        words="Delivered",
        language="en",
        utc_offset=120,
        country="LT",
        carrier="royal-mail",
    )
    assert (news.origin, news.destination, news.weight) == ("GB", "LT", None)


def test_two_carriers_on_one_way_tell_one_story():
    news = only(body("two-carriers"))
    assert (news.carrier, news.others, news.tag) == ("yunexpress", ("usps",), "ord-1042")
    assert [(report.language, report.milestone) for report in news.reports] == [
        ("zh", Milestone.ACCEPTED),
        ("zh", Milestone.IN_TRANSIT),
        ("en", Milestone.ANNOUNCED),
        ("zh", Milestone.IN_TRANSIT),
        ("en", Milestone.ACCEPTED),
        ("en", Milestone.DELIVERED),
    ]
    assert [report.at for report in news.reports] == sorted(report.at for report in news.reports)


def test_the_words_are_the_carriers_own_not_a_translation():
    first = only(body("two-carriers")).reports[0]
    assert (first.words, first.language) == ("包裹已揽收", "zh")


def test_the_older_version_is_read_too():
    news = only(body("v2.2-without-zones"))
    assert [(f"{told.at:%d %H:%M}", told.utc_offset) for told in news.reports] == [
        ("18 12:01", None),
        ("18 22:30", None),
        ("19 00:30", 480),
        ("19 03:00", None),
    ]
    assert (news.carrier, news.reports[-1].milestone) == ("sf", Milestone.DELIVERED)
    assert {told.language for told in news.reports} == {""}


def test_a_parcel_that_turns_back_is_followed_home():
    assert [told.milestone for told in only(body("turned-back")).reports][-3:] == [
        Milestone.UNKNOWN,
        Milestone.ATTEMPTED,
        Milestone.RETURNING,
    ]


def test_that_nobody_follows_it_any_more_says_nothing_about_the_parcel():
    assert only(body("stopped")) == News(
        "RB123456785GB", carrier_key="11031", carrier="royal-mail", stopped=True
    )


def test_strange_parts_cost_only_themselves():
    news = only(body("odd"))
    assert (news.carrier, news.others) == ("royal-mail", ())
    assert [(told.words, told.language) for told in news.reports] == [
        ("Accepted at Post Office", ""),
        ("", ""),
        ("Beamed across", ""),
    ]


def test_the_latest_event_counts_where_it_is_the_only_one():
    document = json.loads(body("at-customs"))
    del document["data"]["track_info"]["tracking"]
    (told,) = only(json.dumps(document).encode()).reports
    assert (told.milestone, told.place) == (Milestone.CUSTOMS, "Vilnius")


def test_an_event_that_is_told_twice_in_one_push_is_one_in_the_words_of_the_first():
    again = event(0, "InTransit_Other", description="In other words")
    (told,) = only(pushed(event(0, "InTransit_Other"), again)).reports
    assert told.words == "As told"


def test_a_number_without_any_news_is_news_of_nothing():
    assert only(pushed()).reports == ()


# --- what is no push --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not JSON"),
        (b"hello", "not JSON"),
        (b'{"event": "TRACKING_UPD', "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[]", "not an object"),
        (b'"text"', "not an object"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' + b"9" * 5000 + b"}", "not JSON"),
        (b'{"event": "TRACKING_UPDATED"}', "no tracking number"),
        (b'{"event": "TRACKING_UPDATED", "data": [1]}', "no tracking number"),
        (b'{"event": "TRACKING_STOPPED", "data": {"number": " "}}', "no tracking number"),
        (pushed(number={"a": 1}), "no tracking number"),
    ],
)
def test_garbage_is_given_up_with_a_reason(content, reason):
    with pytest.raises(providers.Error, match=reason) as raised:
        seventeentrack.parse(content)
    assert raised.value.permanent


@pytest.mark.parametrize("content", [b"{}", b'{"event": "TRACKING_PAINTED", "data": {}}'])
def test_an_event_that_nobody_knows_is_no_news_and_said_once(content, unknown):
    assert seventeentrack.parse(content) == seventeentrack.parse(content) == []
    assert len(unknown()) == 1


def test_half_a_sign_and_a_zero_byte_do_not_get_into_the_database():
    told = report_of(description="a\ud800b\u0000c\nd", location="\u0000" + "P" * 300)
    assert (told.words, told.place) == ("a?b c d", "P" * 120)


def test_of_a_story_without_end_the_newest_is_read_and_how_it_began():
    events = [event(hours, "InTransit_Other") for hours in range(1200)]
    reports = only(pushed(*events)).reports
    hours = [(report.at - reports[0].at).total_seconds() / 3600 for report in reports]
    assert hours == [0, *range(701, 1200)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
FIELDS = [
    "time_iso",
    "time_utc",
    "time_raw",
    "description",
    "location",
    "stage",
    "sub_status",
    "address",
]


@given(
    st.lists(st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON, max_size=4),
    JSON,
)
def test_no_field_of_an_event_can_make_it_fail(events, key):
    for told in only(pushed(*events, carrier=key)).reports:
        assert told.at.tzinfo == UTC and told.milestone in Milestone


@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_read_or_given_up(content):
    try:
        seventeentrack.parse(content)
    except providers.Error as error:
        assert error.permanent
