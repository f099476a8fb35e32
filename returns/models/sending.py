"""Sending: the way of a notice out of the house, and what is heard of it afterwards."""

import logging
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from django.db import transaction
from django.utils import timezone

from returns import channels
from returns.channels import Delivery, Report
from returns.quiet import LEAD
from tracking.work import LeasedRow, WorkState, place_of

if TYPE_CHECKING:
    from returns.models.notice import Notice

logger = logging.getLogger(__name__)
# After so many tries a short message goes by email instead: about an hour.
MOST_TRIES_OF_SHORT = 7


class Sending(LeasedRow):
    class Meta:
        abstract = True

    def deliver(self, through: "channels.Channels", now: datetime | None = None) -> bool:
        """Renders, sends and settles this claimed notice; no transaction is open meanwhile.

        False when the channel itself is down, so that others need not be tried just now.
        Stale news is dropped, what may not go at this hour waits. What fails is tried again
        later or given up; either way the outcome stands in the row, and nothing about the
        buyer goes into the log.
        """
        from returns import letters, routes

        notice, now = self._me, now or timezone.now()
        try:
            if notice.fell_back:
                self.drop("It went by email.")
                return True
            if not letters.is_still_true(notice, now):
                self.drop("No longer news.")
                return True
            if not routes.is_right(notice, now):
                return True
            later = routes.wait(notice, now)
            if later:
                self._postpone(later)
                return True
            if notice.keeps and notice.keeps.is_open and notice.keeps.is_late(now):
                self._is_late(now)
            letter = letters.write(notice)
            outgoing = letters.message(notice, letter)
            slug, account, access = routes.carrier(notice)
            provider_id = through.of(slug, account and account.pk, access).send(outgoing)
        except channels.Error as error:
            self._failed(error, now)
            return not error.down
        except Exception as error:
            logger.error(
                "Notice %s (%s) cannot be written: %s", self.pk, notice.kind, place_of(error)
            )
            self.retry(place_of(error))
            return True
        self._sent(letter, provider_id, account, now)
        return True

    def _is_late(self, now: datetime) -> None:
        """An apology stands in it then, and never an hour that has passed as well."""
        facts = self._me.facts | {"late": True}
        again_at = facts.get("again_at")
        if again_at and datetime.fromisoformat(again_at) < now + LEAD:
            facts["again_at"] = self._me.order.word_due(now).isoformat()
        self._me.facts = facts

    def _sent(self, letter: Any, provider_id: str, account: Any, now: datetime) -> None:
        """One transaction: it is done, and what it promised to keep is kept."""
        from returns.models.contact_point import ContactPoint
        from returns.models.notice import SECRET_KINDS
        from returns.models.promise import Promise

        notice = self._me
        values: dict[str, Any] = {"account": account, "provider_id": provider_id[:200]}
        if notice.kind not in SECRET_KINDS:
            values |= {"subject": letter.subject, "text": letter.kept_text}
        if not notice.version:
            values |= {"version": letter.version}
        with transaction.atomic():
            if notice.keeps_id:
                notice.order = notice.order.locked()  # before any row of ours
            if not self.done(**values):
                logger.warning("Notice %s was sent after its lease had run out", self.pk)
                return
            if notice.channel != "email":
                self._report(Delivery.SENT, now)  # its provider may have told more already
            if notice.keeps_id:
                Promise.objects.fulfil(notice, now)
            ContactPoint.objects.works(notice.order.store_id, notice.channel, notice.recipient)

    def _failed(self, error: channels.Error, now: datetime) -> None:
        from returns.models.contact_point import ContactPoint

        notice = self._me
        points, store = ContactPoint.objects, notice.order.store
        if error.stopped:
            points.stop(store, notice.channel, notice.recipient, source="provider", now=now)
        if error.unreachable:
            points.failed(store, notice.channel, notice.recipient, str(error), now)
        short_of_tries = notice.channel != "email" and self.attempts >= MOST_TRIES_OF_SHORT
        settle = self.dead if error.permanent or short_of_tries else self.retry
        settle(str(error))
        if self.state == WorkState.DEAD:
            self.fall_back(now)

    def _postpone(self, until: datetime) -> None:
        """Not at this hour; that was no attempt."""
        self.settle(WorkState.DUE, due_at=until, attempts=max(self.attempts - 1, 0))

    # --- when it does not arrive ------------------------------------------------------------

    def take(self, report: Report, now: datetime | None = None) -> None:
        """What its provider says became of it; never back from what was known before."""
        from returns.models.contact_point import ContactPoint

        notice, at = self._me, report.at or now or timezone.now()
        if not self._report(report.state, at, report.error):
            return
        points, store = ContactPoint.objects, notice.order.store
        if report.stopped:
            points.stop(store, notice.channel, notice.recipient, source="provider", now=at)
        if report.unreachable:
            points.failed(store, notice.channel, notice.recipient, report.error, at)
        if report.state == Delivery.FAILED:
            self.fall_back(now)

    def _report(self, state: str, at: datetime, error: str = "") -> bool:
        """Whether that was news. What was seen at the receiver has not failed, whatever is
        said afterwards."""
        from returns.models.notice import Notice

        mine = Notice.objects.filter(pk=self.pk, provider_state__in=Delivery.BEFORE[state])
        values: dict[str, Any] = {"provider_state": state, "provider_state_at": at}
        if not mine.update(**values, **({"last_error": error[:2000]} if error else {})):
            return False
        self._me.provider_state, self._me.provider_state_at = state, at
        return True

    def fall_back(self, now: datetime | None = None) -> "Notice | None":
        """The same by email, because it cannot arrive over its own channel. Once: the sweep
        finds those where nobody came so far."""
        from returns.models.notice import Channel, Notice, NoticeEvent, dedupe_key

        notice = self._me
        with transaction.atomic():
            order = notice.order.locked()
            mine = Notice.objects.filter(pk=self.pk, fell_back=False).exclude(channel=Channel.EMAIL)
            if not mine.update(fell_back=True):
                return None
            if not order.email:
                return None
            fallback = Notice.objects.write(
                order,
                notice.kind,
                event=f"fallback-{self.pk}",
                authorization=notice.authorization,
                channel=Channel.EMAIL,
                entry=notice.entry,
                keeps=notice.keeps,
                sent_by=notice.sent_by,
                now=now,
                **notice.facts,
            )
            assert fallback
            Notice.objects.filter(pk=fallback.pk).update(
                falls_back_from=notice,
                words=notice.words,
                version=notice.version,
                admitted_at=notice.admitted_at,
            )
            for told in notice.news.all():
                key = dedupe_key(f"fallback-{told.pk}", notice.kind, Channel.EMAIL, order.email)
                NoticeEvent.objects.get_or_create(
                    key=key,
                    defaults={
                        "notice": fallback,
                        "what": told.what,
                        "case": told.case,
                        "shipment": told.shipment,
                        "at": told.at,
                    },
                )
        return fallback

    @property
    def _me(self) -> "Notice":
        """There is no other kind."""
        return cast("Notice", self)
