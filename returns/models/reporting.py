"""Reporting: the buyer tells us that something is wrong, and wants to be reminded to."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from django.db import models, transaction
from django.utils import timezone

from returns.codes import ProblemKind
from returns.investigation_steps import SEARCHED
from returns.models.access import Throttle, TooOften
from returns.models.event import RULE, Actor, ActorKind, Event, EventKind
from returns.models.notice import Notice, NoticeKind
from returns.models.promise import Promise, PromiseKind
from tracking.incidents import IncidentKind

if TYPE_CHECKING:
    from returns.models.case import Case
    from returns.models.order import Order
    from returns.models.problem import Problem, ProblemReminder
    from returns.models.shipment import Shipment

# So many problems of one order a buyer may tell: each writes letters.
REPORTS = ((10, timedelta(days=1)), (30, timedelta(days=30)))
# What is told of a parcel: the kinds of trouble that it may be about.
ABOUT_PARCELS: dict[str, frozenset[str]] = {
    ProblemKind.LATE: SEARCHED,
    ProblemKind.NOT_HERE: frozenset({IncidentKind.DELIVERED_NOT_RECEIVED}),
    ProblemKind.CUSTOMS: frozenset({IncidentKind.CUSTOMS_HOLD, IncidentKind.CUSTOMS_DOCUMENTS}),
}
# The parcel itself is searched for.
SEARCHED_FOR = frozenset({ProblemKind.LATE, ProblemKind.NOT_HERE})
WORD_WITHIN = 1  # working days


class Reporting(models.Model):
    class Meta:
        abstract = True

    @property
    def _me(self) -> "Order":
        """There is no other kind."""
        return cast("Order", self)

    def report(
        self,
        kind: str,
        shipment: "Shipment | None" = None,
        answers: Mapping[str, str] = {},
        words: str = "",
        video: str = "",
        *,
        by: Actor,
        key: str,
        now: datetime | None = None,
    ) -> "Problem":
        """Something is wrong, and somebody looks after it from now on.

        shipment: the parcel that it is about. answers: what the short path asked, code →
        answer. key: the form's own; the same form once more gives the problem that it made.
        What is told of a parcel twice is one problem while it lasts; what more is said then
        is kept with the messages. Raises TooOften when a buyer has told too much.
        """
        from returns.models.draft import Draft
        from returns.models.problem import Problem

        now = now or timezone.now()
        with transaction.atomic():
            order = self._me.locked()
            if shipment is not None and shipment.order_id != order.pk:
                raise ValueError("a parcel of another order")
            made = order.problems.filter(form_key=key).first()
            if made:
                return made
            if by.is_buyer and Throttle.objects.admit(f"problem:{order.pk}", REPORTS, now):
                raise TooOften
            Draft.objects.filter(order=order, key=key).delete()
            known = Problem.objects.open_about(order, kind, shipment).first()
            if known:
                order.keep_words_of(known, words, video, key, now)
                return known
            problem = Problem.objects.create(
                order=order,
                kind=kind,
                shipment=shipment,
                answers=dict(answers),
                words=words,
                video=video,
                form_key=key,
                told_at=now,
                told_by=by.kind,
            )
            Event.objects.note(
                order, EventKind.PROBLEM_TOLD, by=by, at=now, problem=kind, words=words
            )
            order.look_after(problem, by, now)
            Notice.objects.write(
                order,
                NoticeKind.PROBLEM_RECEIVED,
                event=f"problem-{problem.pk}",
                now=now,
                problem=problem.pk,
            )
        return problem

    def look_after(self, problem: "Problem", by: Actor, now: datetime) -> None:
        """What follows from it, under lock: somebody who looks after it, the search where one is
        needed, and our word by when we write."""
        shipment = problem.shipment
        if problem.kind not in ABOUT_PARCELS or shipment is None or shipment.parcel is None:
            self.keep_words_of(problem, problem.words, problem.video, problem.form_key, now)
            return
        case = self._case_about(problem, shipment, now)
        type(problem).objects.filter(pk=problem.pk).update(case=case)
        problem.case = case
        if problem.kind in SEARCHED_FOR and case.kind in SEARCHED:
            from returns.models.investigation import Investigation

            case.order = self._me
            Investigation.objects.open_for(case, by=by, now=now)
        due = self._me.word_due(now, WORD_WITHIN)
        Promise.objects.of_update(self._me.locked(), by=RULE, due_at=due, now=now)

    def _case_about(self, problem: "Problem", shipment: "Shipment", now: datetime) -> "Case":
        from returns.models.case import Case

        assert shipment.parcel is not None
        if problem.kind == ProblemKind.NOT_HERE:
            shipment.parcel.dispute(now)
        return Case.objects.told_by_buyer(shipment, ABOUT_PARCELS[problem.kind], now)

    def keep_words_of(
        self, problem: "Problem", words: str, video: str, key: str, now: datetime
    ) -> None:
        """Where no parcel tells us anything a person answers; the words stand in the thread,
        where answers are written. Under lock."""
        from returns.models.thread import Message, Way

        text = "\n\n".join(filter(None, (self._title_of(problem), words, video)))
        Message.objects.get_or_create(
            order=self._me,
            key=f"problem-{key}",
            defaults={
                "author": ActorKind.BUYER,
                "text": text,
                "at": now,
                "way": Way.PAGE,
            },
        )
        due = self._me.store.answer_by(now)
        Promise.objects.sooner(self._me, PromiseKind.REPLY, due, by=RULE, now=now)

    def _title_of(self, problem: "Problem") -> str:
        """What it is about, as its buyer would say it."""
        from returns.letters import speaking
        from returns.problem_texts import KINDS

        with speaking(self._me.language or self._me.store.language, self._me.where):
            return str(KINDS[problem.kind].label)

    def remind_of_problem(
        self,
        kind: str,
        shipment: "Shipment | None",
        at: datetime,
        *,
        by: Actor,
        now: datetime | None = None,
    ) -> "ProblemReminder":
        """It cannot be told yet: from `at` on it can, and we write then, unless it has been told
        or is over. Asked for twice it is one reminder, at the later hour."""
        from returns.models.problem import ProblemReminder

        now = now or timezone.now()
        with transaction.atomic():
            order = self._me.locked()
            if shipment is not None and shipment.order_id != order.pk:
                raise ValueError("a parcel of another order")
            reminder, made = ProblemReminder.objects.get_or_create(
                order=order,
                kind=kind,
                shipment=shipment,
                done_at=None,
                defaults={"remind_at": at, "asked_at": now},
            )
            if not made and reminder.remind_at < at:
                reminder.remind_at = at
                reminder.save(update_fields=["remind_at"])
        return reminder
