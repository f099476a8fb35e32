"""The number on the carrier's receipt: taken when it is plain, asked about when it is not."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from portal.forms.parcel_back import NumberForm
from portal.return_page.number import read, read_on
from returns import addresses
from returns.codes import Avoid, PhotoKind
from returns.models import (
    BUYER,
    RULE,
    CarrierAdvice,
    Lane,
    Photo,
    ReturnAuthorization,
    Shipment,
)
from returns.states import Status
from tests import people, pictures
from tests.page_checks import CheckedClient
from tests.portal.test_return_form import words
from tests.returns.returning import posted, scan
from tracking.milestones import Milestone
from tracking.models import Parcel

pytestmark = pytest.mark.django_db

GOOD = "RB123456785GB"  # Royal Mail, its check digit is right
MISTYPED = "RBO123456785GB"  # an O too many
OTHER = "RB103456786GB"


@pytest.fixture
def rma(order) -> ReturnAuthorization:
    return people.ask_to_return(order)


def page(rma, name="return_number") -> str:
    return addresses.return_page(rma, name)


def give(client, rma, number, **more):
    return client.post(page(rma), {"number": number, **more})


def advise(store, **values) -> CarrierAdvice:
    return CarrierAdvice.objects.create(store=store, lane=Lane.CROSS_BORDER, **values)


def given(rma) -> tuple[str, str]:
    shipment = Shipment.objects.get(authorization=rma, is_return=True)
    return shipment.number, shipment.carrier


# --- Plain numbers ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", [GOOD, " rb 1234 5678 5 gb ", "RB-123456785-GB", "ＲＢ１２３４５６７８５ＧＢ"]
)
def test_a_plain_number_is_taken_at_once_however_it_is_written(sarah, rma, typed):
    assert "The number on the carrier’s receipt" in words(sarah.get(page(rma)))
    response = give(sarah, rma, typed)
    assert response["Location"] == page(rma, "return")
    assert given(rma) == (GOOD, "royal-mail")
    rma.refresh_from_db()
    assert rma.posted_at is not None


def test_the_same_number_sent_twice_is_given_once(sarah, rma):
    for _ in range(2):
        assert give(sarah, rma, GOOD)["Location"] == page(rma, "return")
    assert rma.events.filter(kind="number_given").count() == 1
    assert not rma.events.filter(kind="number_corrected").exists()


@pytest.mark.parametrize("typed", ["", "   ", "hello", "12", "AB-1", "?" * 20, "1" * 300, "\0"])
def test_what_cannot_be_a_number_is_asked_for_again_and_stays_in_the_field(sarah, rma, typed):
    response = give(sarah, rma, typed)
    assert response.status_code == 422
    assert words(response).count("near the barcode of the receipt, and type all of it") == 2
    assert "<title>Problem: " in response.content.decode()
    if typed.strip(" \0"):
        assert f'value="{typed}"' in response.content.decode()
    assert not Shipment.objects.filter(is_return=True).exists()


# --- A second look ----------------------------------------------------------------------------


def test_a_mistyped_number_is_never_corrected_silently(sarah, rma):
    response = give(sarah, rma, MISTYPED)
    text = words(response)
    assert response.status_code == 200
    assert not Shipment.objects.filter(is_return=True).exists()
    assert "Did you mean" in text and f"Use {GOOD}" in text
    assert "without the extra O" in text
    assert f'value="{MISTYPED}"' in response.content.decode(), "what was typed is still there"
    assert "Keep it as I typed it" in text


def test_changed_signs_are_marked_and_told_in_words(sarah, rma):
    response = give(sarah, rma, "RB1O3456786GB")
    assert "RB1<mark>0</mark>3456786GB" in response.content.decode()
    assert "0 instead of O" in words(response)


def test_at_most_three_suggestions_are_made_each_by_its_own_button(sarah, rma):
    markup = give(sarah, rma, "RB123465785GB").content.decode()
    buttons = [one for one in re.findall(r"<button[^>]*>", markup) if 'name="number"' in one]
    assert len(buttons) == 3, "more than three would fit"
    assert not re.search(r'<button class="btn"', markup), "we do not know which one it is"


def test_the_button_of_a_suggestion_saves_that_one(sarah, rma):
    give(sarah, rma, MISTYPED)
    response = give(sarah, rma, GOOD)
    assert response["Location"] == page(rma, "return")
    assert given(rma)[0] == GOOD


def test_the_typed_number_may_always_stay(sarah, rma):
    give(sarah, rma, MISTYPED)
    response = give(sarah, rma, MISTYPED, asked=MISTYPED, carrier="unknown")
    assert response["Location"] == page(rma, "return")
    assert given(rma) == (MISTYPED, "")


def test_a_number_that_was_changed_on_the_second_page_is_looked_at_anew(sarah, rma):
    response = give(sarah, rma, "RB123456784GB", asked=MISTYPED, carrier="unknown")
    assert response.status_code == 200
    assert not Shipment.objects.filter(is_return=True).exists()
    assert 'name="asked" value="RB123456784GB"' in response.content.decode()
    plain = give(sarah, rma, "123456789012", asked=MISTYPED, carrier="unknown")
    assert "Save this number" in words(plain) and "as I typed it" not in words(plain)


def test_a_carrier_that_the_number_does_not_tell_is_asked_for(sarah, rma):
    number = "123456789012"
    response = give(sarah, rma, number)
    text = words(response)
    assert "Which carrier did you give it to?" in text
    assert "Another carrier" in text and "I do not know" in text
    assert re.search(r'value="unknown"[^>]* checked', response.content.decode())
    again = give(sarah, rma, number, asked=number)
    assert again.status_code == 422
    assert words(again).count("Choose the carrier") == 2
    give(sarah, rma, number, asked=number, carrier="unknown")
    assert given(rma) == (number, "")


def test_another_carrier_is_written_by_name(sarah, rma):
    number = "123456789012"
    missing = give(sarah, rma, number, asked=number, carrier="another")
    assert missing.status_code == 422
    assert words(missing).count("Write its name as it is on the receipt.") == 2
    give(sarah, rma, number, asked=number, carrier="another", other="LP Express")
    assert given(rma) == (number, "lp-express")


def test_a_carrier_nobody_knows_is_kept_as_it_was_written(sarah, rma):
    number = "123456789012"
    give(sarah, rma, number, asked=number, carrier="another", other="Onkel Otto")
    assert given(rma) == (number, "Onkel Otto")


@pytest.mark.parametrize("other", ["x" * 41, "\0"])
def test_a_name_that_cannot_be_kept_is_asked_for_again(sarah, rma, other):
    number = "123456789012"
    response = give(sarah, rma, number, asked=number, carrier="another", other=other)
    assert response.status_code == 422
    assert not Shipment.objects.filter(is_return=True).exists()


def test_what_the_store_recommends_stands_among_the_likely_ones(order):
    advise(order.store, carrier="evri", recommended=True)
    form = NumberForm(order.store.advice_for(order), {"number": "123456789012"})
    codes = [code for code, _name in form.fields["carrier"].choices]
    assert "evri" in codes
    assert codes[-2:] == ["another", "unknown"]
    assert "We recommend this" in form.fields["carrier"].hints["evri"]


def test_a_stranger_to_the_list_is_no_carrier(sarah, rma):
    number = "123456789012"
    response = give(sarah, rma, number, asked=number, carrier="no-such")
    assert response.status_code == 422
    assert not Shipment.objects.filter(is_return=True).exists()


# --- Kinds to avoid ---------------------------------------------------------------------------


def test_a_carrier_to_avoid_is_warned_of_before_it_is_saved(sarah, rma):
    advise(rma.order.store, carrier="royal-mail", avoid=Avoid.NO_CUSTOMS_HELP)
    text = words(give(sarah, rma, GOOD))
    assert "Better not posted this way" in text
    assert "Royal Mail: It leaves customs to you" in text
    assert not Shipment.objects.filter(is_return=True).exists()
    give(sarah, rma, GOOD, asked=GOOD, carrier="royal-mail")
    assert given(rma) == (GOOD, "royal-mail")


def test_one_bad_service_of_a_good_carrier_is_no_reason_to_warn(sarah, rma):
    store = rma.order.store
    advise(store, carrier="royal-mail", service="Tracked", recommended=True)
    advise(store, carrier="royal-mail", service="Small packet", avoid=Avoid.UNTRACKED)
    assert give(sarah, rma, GOOD)["Location"] == page(rma, "return")


def test_an_untracked_small_packet_is_warned_of_by_its_number(sarah, rma):
    text = words(give(sarah, rma, "UA123456785GB"))
    assert "It has no tracking." in text


# --- Correcting -------------------------------------------------------------------------------


def test_a_correction_says_first_what_happens_and_then_drops_the_old_journey(sarah, rma):
    parcel = posted(rma)
    scan(parcel, Milestone.IN_TRANSIT)
    text = words(sarah.get(page(rma)))
    assert "Correct the number of your parcel" in text
    assert "what the carrier told about the first one is dropped" in text
    give(sarah, rma, OTHER)
    assert given(rma) == (OTHER, "royal-mail")
    assert not Parcel.objects.filter(pk=parcel.pk).exists()
    rma.refresh_from_db()
    assert rma.status == Status.APPROVED


def test_a_number_that_is_in_use_elsewhere_is_not_shown_but_asked_about(sarah, rma, store):
    stranger = people.place_order(store, "JP-30001", shipped=False)
    parcel = people.ship(stranger, number=GOOD).parcel
    parcel.record(
        [people.ScanReport(at=people.timezone.now(), milestone="in_transit", place="Wroclaw")]
    )
    response = sarah.post(page(rma), {"number": GOOD}, follow=True)
    text = words(response)
    assert "Wroclaw" not in text
    assert "Your parcel’s journey" not in text, "the other's journey is not shown"
    assert "Correct the number" in text and GOOD in text
    assert Shipment.objects.get(authorization=rma).in_doubt


# --- No number --------------------------------------------------------------------------------


def test_who_has_no_number_reads_what_that_means_and_then_says_so(sarah, rma):
    question = words(sarah.get(page(rma, "return_posted")))
    assert "Keep the receipt" in question
    rma.refresh_from_db()
    assert rma.posted_at is None, "looking changes nothing"
    response = sarah.post(page(rma, "return_posted"), follow=True)
    rma.refresh_from_db()
    assert rma.posted_at is not None
    assert page(rma) in response.content.decode(), "a number may still be given"
    assert sarah.post(page(rma, "return_posted"))["Location"] == page(rma, "return")
    assert rma.events.filter(kind="return_posted").count() == 1


def test_a_number_may_follow_later(sarah, rma):
    sarah.post(page(rma, "return_posted"))
    give(sarah, rma, GOOD)
    assert given(rma) == (GOOD, "royal-mail")


# --- Read from a photo ------------------------------------------------------------------------


def slip(rma, *codes, kind=PhotoKind.WAYBILL, sha="a") -> Photo:
    return Photo.objects.create(
        authorization=rma,
        kind=kind,
        file="x",
        thumbnail="y",
        sha256=sha * 64,
        width=10,
        height=10,
        codes=list(codes),
        taken_by="buyer",
    )


def test_a_number_from_a_photo_is_filled_in_and_nothing_is_saved(sarah, rma):
    photo = SimpleUploadedFile("slip.jpg", pictures.waybill(GOOD), "image/jpeg")
    sarah.post(addresses.return_page(rma, "photos"), {"kind": "waybill", "photo": photo})
    response = sarah.get(page(rma) + "?read=0")
    assert f'value="{GOOD}"' in response.content.decode()
    assert "We read it on your photo" in words(response)
    assert not Shipment.objects.filter(is_return=True).exists()


@pytest.mark.parametrize("sent", ["<script>", "-1", "9" * 41, "0", "99", '"', "１", "RB1", ""])
def test_nothing_is_filled_in_that_was_not_read_on_a_photo(sarah, rma, sent):
    response = sarah.get(page(rma), {"read": sent})
    field = re.search(r'<input[^>]* name="number"[^>]*>', response.content.decode())
    assert field and "value=" not in field[0]
    assert "We read it" not in words(response)


def test_only_what_looks_like_a_carriers_number_is_offered_newest_first(rma):
    old = slip(rma, rma.number, "https://example.com/x", "EX1 2AB", GOOD)
    new = slip(rma, OTHER, GOOD, sha="b")
    assert read_on(rma, [old, new]) == [OTHER, GOOD]
    assert read_on(rma, [slip(rma, GOOD, kind=PhotoKind.PARCEL, sha="c")]) == []


def test_once_the_number_is_known_nothing_is_offered(rma):
    photo = slip(rma, GOOD)
    rma.name_parcel(OTHER, "royal-mail", by=BUYER)
    rma = ReturnAuthorization.objects.get()
    assert read_on(rma, [photo]) == []


# --- When it is not the time ------------------------------------------------------------------


@pytest.mark.parametrize("name", ["return_number", "return_posted"])
@pytest.mark.parametrize(
    "status", [Status.REQUESTED, Status.RECEIVED, Status.CLOSED, Status.CANCELLED]
)
def test_a_number_that_comes_too_late_or_too_early_gets_the_page_of_now(sarah, rma, name, status):
    ReturnAuthorization.objects.update(status=status)
    for response in (sarah.get(page(rma, name)), sarah.post(page(rma, name), {"number": GOOD})):
        assert response.status_code == 409
        assert "your return has moved on" in words(response)
    assert not Shipment.objects.filter(is_return=True).exists()


def test_after_the_time_to_post_a_number_is_still_welcome(sarah, rma):
    rma.remind(by=RULE)
    rma.refresh_from_db()
    rma.expire(by=RULE, now=people.timezone.now() + people.timedelta(days=40))
    assert page(rma) in sarah.get(page(rma, "return")).content.decode()
    response = sarah.post(page(rma), {"number": GOOD}, follow=True)
    assert response.status_code == 200
    assert "nothing is lost" in words(response)


@pytest.mark.parametrize("name", ["return_number", "return_posted"])
def test_a_form_of_another_site_is_refused(order, rma, name):
    client = Client(enforce_csrf_checks=True)
    people.open_link(client, order)
    assert client.post(page(rma, name), {"number": GOOD}).status_code == 403
    assert not Shipment.objects.filter(is_return=True).exists()


@pytest.mark.parametrize("name", ["return_number", "return_posted"])
def test_a_stranger_finds_nothing(bob, client, rma, name):
    assert bob.get(page(rma, name)).status_code == 404
    assert bob.post(page(rma, name), {"number": GOOD}).status_code == 404
    find = addresses.store_page(rma.order.store, "find")
    assert client.get(page(rma, name))["Location"] == find


def test_the_pages_ask_the_database_a_few_times_only(store, django_assert_max_num_queries):
    lines = tuple((f"Thing {number}", "2.00", 1) for number in range(20))
    rma = people.ask_to_return(people.place_order(store, lines=lines))
    client = CheckedClient()
    people.open_link(client, rma.order)
    advise(store, carrier="evri")
    for name in ("return_number", "return_posted"):
        with django_assert_max_num_queries(8):
            assert client.get(page(rma, name)).status_code == 200
    with django_assert_max_num_queries(8):
        assert give(client, rma, MISTYPED).status_code == 200


def test_reading_a_number_needs_no_database(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert read(GOOD, []).sure
