"""The page of the postage that the buyer paid: how much, and a photo of the receipt."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.forms.postage import PostageForm
from returns import addresses
from returns.codes import Payment, PhotoKind, Reason
from returns.models import (
    CarrierAdvice,
    Lane,
    Photo,
    PostageClaim,
    ReturnAuthorization,
)
from tests import people
from tests.page_checks import CheckedClient
from tests.portal.test_return_form import words
from tests.returns.returning import DESK, posted, returned
from tests.returns.test_postage_repaid import jpeg

pytestmark = pytest.mark.django_db


@pytest.fixture
def rma(order) -> ReturnAuthorization:
    rma = returned(order, reason=Reason.FAULTY)
    posted(rma)
    return ReturnAuthorization.objects.get(pk=rma.pk)


def page(rma) -> str:
    return addresses.return_page(rma, "postage")


def photo(data: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile("receipt.jpg", data or jpeg(), "image/jpeg")


def send(client, rma, paid="9.40", **more):
    form = client.get(page(rma)).context["form"]
    return client.post(
        page(rma), {"key": form["key"].value(), "paid": paid, "photo": photo(), **more}
    )


def test_it_asks_for_the_amount_and_the_receipt_and_says_how_it_stands(sarah, rma):
    text = words(sarah.get(page(rma)))
    assert "What you paid, in USD" in text and "The receipt" in text
    response = send(sarah, rma)
    assert (response.status_code, response["Location"]) == (302, page(rma))
    claim = PostageClaim.objects.get()
    assert (claim.paid, claim.photo.kind) == (Decimal("9.40"), PhotoKind.POSTAGE)
    text = words(sarah.get(page(rma)))
    assert "We look at your receipt." in text and "9.40 USD" in text
    assert "We will look at your receipt and write to you by" in text


def test_the_page_of_the_return_leads_there_and_tells_the_end(sarah, rma):
    here = addresses.return_page(rma)
    assert page(rma) in sarah.get(here).content.decode()
    send(sarah, rma)
    assert "A person looks at it and writes to you." in words(sarah.get(here))
    PostageClaim.objects.get().repay(Decimal("9.40"), by=DESK)
    assert "You get 9.40 USD back for it." in words(sarah.get(here))
    assert "You get the postage back." in words(sarah.get(page(rma)))


def test_a_no_is_told_with_its_words_and_a_better_photo_may_follow(sarah, rma):
    send(sarah, rma)
    PostageClaim.objects.get().decline("The amount cannot be read.", by=DESK)
    text = words(sarah.get(page(rma)))
    assert "The amount cannot be read." in text and "What you paid, in USD" in text
    send(sarah, rma, photo=photo(jpeg(90)))
    assert PostageClaim.objects.count() == 2


def test_the_same_form_sent_twice_is_one_claim(sarah, rma):
    key = sarah.get(page(rma)).context["form"]["key"].value()
    for _ in range(2):
        sent = {"key": key, "paid": "9.40", "photo": photo()}
        assert sarah.post(page(rma), sent).status_code == 302
    assert PostageClaim.objects.count() == 1


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(sarah, rma):
    response = send(sarah, rma, paid="nine")
    assert response.status_code == 422
    assert "Write what you paid as a number, for example 12.00 USD." in words(response)
    assert 'value="nine"' in response.content.decode()
    response = send(sarah, rma, paid="9.40", photo="")
    assert "Choose a photo of the receipt, or take one." in words(response)
    assert 'value="9.40"' in response.content.decode()
    response = send(sarah, rma, photo=photo(b"%PDF-1.4"))
    assert response.status_code == 422 and 'value="9.40"' in response.content.decode()
    assert not PostageClaim.objects.exists() and not Photo.objects.exists()


@pytest.mark.parametrize(
    ("typed", "currency", "paid"),
    [
        ("9.40", "USD", "9.40"),
        ("9,4", "EUR", "9.4"),
        ("USD 1,280.50", "USD", "1280.50"),
        ("1.280,50 €", "EUR", "1280.50"),
        ("1 280", "EUR", "1280"),
        ("1,280", "JPY", "1280"),
        ("１２．５", "CNY", "12.5"),
        ("12.", "USD", "12"),
        ("3.125", "KWD", "3.125"),
        ("1,280", "KWD", "1280"),
    ],
)
def test_amounts_are_read_as_people_write_them(typed, currency, paid):
    form = PostageForm(currency, {"key": "k", "paid": typed}, {"photo": photo(b"x")})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["paid"] == Decimal(paid)


@pytest.mark.parametrize(
    ("typed", "currency"),
    [("", "USD"), ("0", "USD"), ("-5", "USD"), ("9.405", "EUR"), ("12.5", "JPY"), ("€", "EUR")],
)
def test_what_cannot_be_paid_is_refused_in_words(typed, currency):
    # 9.405 is read as thousands where no money has three places: too much to be a slip.
    form = PostageForm(currency, {"key": "k", "paid": typed}, {"photo": photo(b"x")})
    if typed == "9.405":
        assert form.is_valid() and form.cleaned_data["paid"] == 9405
    else:
        assert not form.is_valid() and form.errors["paid"]


def test_where_nothing_is_owed_there_is_no_form(sarah, order):
    rma = returned(order, reason=Reason.FIT)
    posted(rma)
    assert sarah.get(page(rma)).status_code == 409
    assert sarah.post(page(rma), {"paid": "9", "photo": photo(), "key": "k"}).status_code == 409
    assert page(rma) not in sarah.get(addresses.return_page(rma)).content.decode()


def test_the_most_that_we_repay_is_said_beforehand(sarah, rma, store):
    CarrierAdvice.objects.create(
        store=store, lane=Lane.CROSS_BORDER, payment=Payment.REPAID, repaid_up_to=9
    )
    assert "We give back up to 9.00 USD." in words(sarah.get(page(rma)))


def test_a_receipt_is_seen_by_whoever_sent_it_and_behind_a_code(sarah, rma, order):
    send(sarah, rma)
    key = Photo.objects.get().key
    address = addresses.return_page(rma, "photo", key=key)
    assert sarah.get(address).status_code == 200
    other = CheckedClient()
    people.open_link(other, order)
    assert other.get(address).status_code == 404


def test_a_stranger_gets_nothing(bob, rma):
    assert bob.get(page(rma)).status_code == 404
    assert bob.post(page(rma), {"paid": "9", "photo": photo(), "key": "k"}).status_code == 404


def test_it_is_read_in_a_fixed_number_of_queries(sarah, rma):
    with CaptureQueriesContext(connection) as queries:
        sarah.get(page(rma))
    assert len(queries) <= 15, [row["sql"][:90] for row in queries]
