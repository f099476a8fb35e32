"""By how much scales may disagree is said by carrier, and what is known is judged anew."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from tests.page_checks import CheckedClient
from tests.tracking.desk import member
from tracking.milestones import Milestone
from tracking.models import Account, Parcel, ScanReport, Told, WeightTolerance
from tracking.providers import News
from tracking.watch import Tolerance

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(db) -> Account:
    return Account.objects.create(name="juniper", country="GB")


def weighed(account: Account, ours: int, theirs: int, carrier: str = "royal-mail") -> Parcel:
    number = f"RB{Parcel.objects.count():09d}GB"
    parcel = Parcel.objects.announce(account, number, carrier)
    Parcel.objects.filter(pk=parcel.pk).update(weight=ours)
    report = ScanReport(parcel.announced_at, Milestone.IN_TRANSIT)
    Parcel.objects.record_all([Told(parcel, News(number, reports=(report,), weight=theirs))])
    return parcel


def is_odd(parcel: Parcel) -> bool:
    Parcel.objects.watch()
    return parcel.incidents.open().filter(kind="weight_mismatch").exists()


def test_a_hundred_grams_or_a_tenth_are_usual():
    usual = Tolerance()
    assert usual.allows(500, 600) and not usual.allows(500, 601)
    assert usual.allows(5000, 5500) and not usual.allows(5000, 5501)
    assert usual.allows(600, 500)


def test_each_carrier_has_its_own_else_that_of_every_carrier_counts(account):
    WeightTolerance.objects.create(account=account, carrier="yto", grams=500, percent=0)
    WeightTolerance.objects.create(account=account, grams=10, percent=0)
    assert account.tolerance("yto") == Tolerance(500, 0)
    assert account.tolerance("royal-mail") == Tolerance(10, 0)
    other = Account.objects.create(name="oak", country="GB")
    assert other.tolerance("yto") == Tolerance()


def test_the_watch_goes_by_the_carrier(account):
    WeightTolerance.objects.create(account=account, carrier="yto", grams=500, percent=0)
    assert is_odd(weighed(account, 1000, 1300))
    assert not is_odd(weighed(account, 1000, 1300, "yto"))


def test_after_a_change_what_is_known_is_judged_anew(account):
    parcel = weighed(account, 1000, 1300)
    assert is_odd(parcel)
    row = WeightTolerance.objects.create(account=account, carrier="royal-mail", grams=300)
    assert not is_odd(parcel)
    row.delete()
    assert is_odd(parcel)


def test_there_is_one_per_carrier(account):
    WeightTolerance.objects.create(account=account, carrier="yto")
    with pytest.raises(IntegrityError), transaction.atomic():
        WeightTolerance.objects.create(account=account, carrier="yto")


def test_the_desk_sets_it_by_carrier(account):
    client: CheckedClient = member("ieva", "add_weighttolerance", "view_weighttolerance")
    page = reverse("admin:tracking_weighttolerance_add")
    assert "Every carrier" in client.get(page).text
    form = {"account": account.pk, "carrier": "yto", "grams": 250, "percent": 5}
    client.post(page, form)
    assert Account.objects.get().tolerance("yto") == Tolerance(250, 0.05)
    listed = client.get(reverse("admin:tracking_weighttolerance_changelist")).text
    assert "YTO" in listed
    wrong = client.post(page, form | {"carrier": "", "percent": 101}).text
    assert "less than or equal to 100" in wrong
