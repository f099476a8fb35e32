"""Whether we may write somewhere: the last word of its owner counts, whenever it is read."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from returns import routes
from returns.models import ChannelAccount, NoticeKind
from returns.models.contact_point import AT_THE_NUMBER, FREE_WORDS_FOR, ContactPoint, as_number
from returns.models.notice import Channel
from tests.people import open_store, place_order
from tests.returns.troubled import NUMBER

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def texting(store):
    return ChannelAccount.objects.create(store=store, provider="demo")


def agree(store, **values) -> ContactPoint:
    return ContactPoint.objects.agree(store, Channel.SMS, NUMBER, source="form", **values)


def route(order, kind=NoticeKind.ORDER_NEWS, channel="") -> tuple[str, str] | None:
    return routes.of(order, kind, channel, timezone.now())


def test_without_consent_everything_is_an_email(texting, order):
    assert route(order) == ("sarah@example.com", "email")


def test_with_consent_what_is_short_goes_to_the_number(texting, order, store):
    agree(store)
    assert route(order) == (NUMBER, "sms")
    assert route(order, NoticeKind.RETURN_APPROVED) == ("sarah@example.com", "email")
    assert route(order, NoticeKind.RETURN_SETTLED, "sms") == ("sarah@example.com", "email")


def test_consent_is_given_to_one_store(texting, order):
    other = open_store("fig-and-fern")
    ChannelAccount.objects.create(store=other, provider="demo")
    agree(other)
    assert route(order) == ("sarah@example.com", "email")


def test_what_was_stopped_or_does_not_arrive_is_an_email_again(texting, order, store):
    agree(store)
    ContactPoint.objects.failed(store, Channel.SMS, NUMBER, "gone")
    assert route(order) == ("sarah@example.com", "email")
    ContactPoint.objects.works(store.pk, Channel.SMS, NUMBER)
    assert route(order) == (NUMBER, "sms")
    ContactPoint.objects.stop(store, Channel.SMS, NUMBER, source="their own word")
    assert route(order) == ("sarah@example.com", "email")


def test_without_an_account_for_this_number_it_is_an_email(texting, order, store):
    agree(store)
    ChannelAccount.objects.update(prefixes="+86 +852")
    assert route(order) == ("sarah@example.com", "email")


def test_who_has_neither_address_nor_consent_cannot_be_reached(texting, store):
    assert route(place_order(store, "JP-1", email="", phone="")) is None


def test_the_same_consent_again_changes_nothing(store):
    first = agree(store)
    assert agree(store, now=timezone.now() + MINUTE).agreed_at == first.agreed_at


@pytest.mark.parametrize("source", sorted(AT_THE_NUMBER))
def test_what_was_ended_at_the_number_begins_again_only_from_there(store, source):
    """A link may have been forwarded; the phone was not."""
    agree(store)
    ContactPoint.objects.stop(store, Channel.SMS, NUMBER, source=source)
    assert not agree(store).is_agreed
    ContactPoint.objects.stop(store, Channel.SMS, NUMBER, source="the page")
    point = agree(store)
    assert not point.is_agreed and point.stopped_by == source
    ContactPoint.objects.agree(store, Channel.SMS, NUMBER, source="their own word")
    assert ContactPoint.objects.get().is_agreed


def test_the_number_has_the_last_word_where_the_page_had_ended_it_before(store):
    agree(store)
    for source in ("the page", "their own word"):
        ContactPoint.objects.stop(store, Channel.SMS, NUMBER, source=source)
    assert not agree(store).is_agreed


def test_what_was_ended_on_the_page_begins_again_there(store):
    agree(store)
    ContactPoint.objects.stop(store, Channel.SMS, NUMBER, source="the page")
    assert agree(store).is_agreed


def test_an_address_is_known_in_any_case(store):
    one = ContactPoint.objects.at(store, Channel.EMAIL, " Sarah@Example.com")
    assert ContactPoint.objects.at(store.pk, Channel.EMAIL, "sarah@example.com") == one


def test_an_earlier_message_does_not_take_back_a_later_one(store):
    now = timezone.now()
    ContactPoint.objects.heard(store, Channel.WHATSAPP, NUMBER, now)
    point = ContactPoint.objects.heard(store, Channel.WHATSAPP, NUMBER, now - MINUTE)
    assert point.heard_at == now
    assert point.takes_free_words(now + FREE_WORDS_FOR - MINUTE)
    assert not point.takes_free_words(now + FREE_WORDS_FOR)


@pytest.mark.parametrize(
    ("phone", "country", "number"),
    [
        ("07700 900123", "GB", NUMBER),
        ("+44 7700 900123", "", NUMBER),
        ("138 0013 8000", "CN", "+8613800138000"),
        ("07700 900123", "", ""),
        ("123", "GB", ""),
        ("call me", "GB", ""),
    ],
)
def test_numbers_are_written_in_one_way(phone, country, number):
    assert as_number(phone, country) == number


WORDS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 10)), max_size=8, unique_by=lambda word: word[1]
)


class LastWord(TestCase):
    @given(WORDS)
    def test_a_stop_counts_in_whatever_order_the_words_are_read(self, words):
        """Each perhaps twice; nothing that was said before it undoes it."""
        store, start = open_store(), timezone.now()
        agree(store, now=start - MINUTE)
        for wants, at in [*words, (False, 11), *words]:
            verb = ContactPoint.objects.agree if wants else ContactPoint.objects.stop
            verb(store, Channel.SMS, NUMBER, source="their own word", now=start + at * MINUTE)
        assert not ContactPoint.objects.get().is_agreed
        later = start + 12 * MINUTE
        ContactPoint.objects.agree(store, Channel.SMS, NUMBER, source="their own word", now=later)
        assert ContactPoint.objects.get().is_agreed
