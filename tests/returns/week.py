"""A week of two shops in simulated time: buyers, parcels, carriers, the desk, the workers.

Everything goes the real way. Shops tell orders as their hooks do, carriers' reports are
recorded, the watch finds what is wrong, the workers' own tasks write and send, a real mail
server on loopback takes the letters, refuses some and is away for forty minutes.
"""

import heapq
import logging
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from random import Random
from types import SimpleNamespace
from unittest import mock
from zoneinfo import ZoneInfo

from django.db.models import Min
from django.test import Client

from returns import addresses, rounds, tasks
from returns.models import Actor, Case, Notice, Order, Promise, PromiseState
from returns.models.promise import GRACE
from returns.quiet import LEAD
from tests import people
from tests.mail_server import OK, MailServer, mail_server
from tests.returns import week_shop, week_story
from tests.returns.week_shop import BEGINS, ENDS
from tests.returns.week_story import Told
from tests.tracking.simulated import Clock, simulated
from tracking import tasks as parcels
from tracking.models import Parcel
from tracking.models import Told as Recorded
from tracking.providers import News
from tracking.work import WorkState

SEED = 20350501
MINUTE = timedelta(minutes=1)
# The mail server is away on Thursday, when the working day in London closes, and with it
# many promises fall due.
AWAY = (BEGINS + timedelta(hours=64, minutes=40), BEGINS + timedelta(hours=65, minutes=20))
# At least so often everything is looked at, whether or not anything is due.
ROUND = timedelta(minutes=30)
# When so many buyers look at their pages.
NOON, READERS = 12, 4
# Carriers' reports reach us in rounds.
REPORTS = timedelta(minutes=60)
# One letter in so many is greylisted, that is, asked for again later.
GREYLISTED = 40


class Moods(list[str]):
    """What the mail server answers: by the clock and by chance, no end of answers."""

    def __init__(self, clock: Clock, chance: Random) -> None:
        self.clock, self.chance = clock, chance

    def __bool__(self) -> bool:
        return True

    def pop(self, _at: object = None) -> str:  # type: ignore[override]
        if AWAY[0] <= self.clock.now < AWAY[1]:
            return "421 4.3.2 Closing for maintenance"
        return "451 4.7.1 Try later" if not self.chance.randrange(GREYLISTED) else OK


class Week:
    """wrong: what somebody who looks once an hour finds. hand: what the desk has done with
    drafts, by their keys. coming: what happens next, the soonest first."""

    def __init__(self, clock: Clock, server: MailServer) -> None:
        self.clock, self.server, self.random = clock, server, Random(SEED)
        server.rcpt = Moods(clock, Random(SEED))
        self.turn, self.coming = count(), list[tuple[datetime, int, Callable]]()
        self.reports: dict[datetime, list[Told]] = defaultdict(list)
        self.wrong: list[str] = []
        self.hand: dict[int, str] = {}
        self.rounds = 0
        person = people.staff("ieva", "care_for_case", "send_notice", first_name="Ieva")
        people.staff("tomas", "care_for_case", first_name="Tomas")
        self.desk = Actor.staff(person)
        self.stores = week_shop.open_shops()
        self.known: dict[str, Parcel] = {}
        rows = list(week_shop.bought(self.stores, self.random))
        week_shop.take_in(rows, clock.now)
        week_shop.agree(clock.now)
        for told in week_story.scans(rows, self.random):
            self.tell(told)
        week_story.dispatches(self, rows)
        week_story.returns(self, rows)
        week_story.messages(self, rows)

    # --- what is to come ----------------------------------------------------------------------

    def at(self, moment: datetime, do: Callable[[datetime], object]) -> None:
        heapq.heappush(self.coming, (max(moment, self.clock.now), next(self.turn), do))

    def tell(self, told: Told) -> None:
        """We hear of it with the next round of reports."""
        past = max(told.report.at, self.clock.now) - BEGINS
        moment = BEGINS + -(-past // REPORTS) * REPORTS
        if moment not in self.reports and moment < ENDS:
            self.at(moment, self._record)
        self.reports[moment].append(told)

    def _record(self, now: datetime) -> None:
        told = self.reports.pop(now)
        missing = {each.number for each in told} - self.known.keys()
        self.known |= {row.number: row for row in Parcel.objects.filter(number__in=missing)}
        Parcel.objects.record_all(
            Recorded(
                self.known[each.number],
                News(each.number, reports=(each.report,), weight=each.weight),
            )
            for each in told
            if each.number in self.known  # not sent after all
        )

    # --- time goes by -------------------------------------------------------------------------

    def run(self) -> None:
        hour = BEGINS
        while self.clock.now < ENDS:
            while self.coming and self.coming[0][0] <= self.clock.now:
                _, _, do = heapq.heappop(self.coming)
                do(self.clock.now)
            self.work()
            if self.clock.now >= hour:
                self.wrong += hourly(self.clock.now)
                if hour.hour == NOON:
                    self.wrong += self.pages(self.clock.now)
                self.at_the_desk()
                hour += timedelta(hours=1)
            self.clock.to(min(self.next_moment(), hour))

    def work(self) -> None:
        """What the queue and its clock run."""
        self.rounds += 1
        parcels.sweep()
        tasks.follow_cases()
        tasks.sweep()

    def next_moment(self) -> datetime:
        """The next whole minute in which anything may fall due: those between are skipped."""
        now = self.clock.now
        waiting = Notice.objects.filter(state=WorkState.DUE).aggregate(at=Min("due_at"))["at"]
        mine = Promise.objects.open()
        moments = [now + ROUND, waiting, Parcel.objects.aggregate(at=Min("watch_at"))["at"]]
        # Its letter is written, it falls due, it counts as broken.
        for before in (LEAD, timedelta(0), -GRACE - MINUTE):
            due = mine.filter(due_at__gt=now + before).aggregate(at=Min("due_at"))["at"]
            moments.append(due and due - before)
        moments += [moment for moment, *_ in self.coming[:1]]
        soonest = min(moment for moment in moments if moment)
        whole = BEGINS + -(-(soonest - BEGINS) // MINUTE) * MINUTE
        return max(whole, now + MINUTE)

    def pages(self, now: datetime) -> Iterator[str]:
        """Some buyers open their order's page, which names the nearest promise and no other."""
        waiting = Order.objects.filter(promises__state=PromiseState.OPEN).distinct()
        for order in self.random.sample(list(waiting.order_by("pk")), READERS):
            client = Client()
            people.open_link(client, order)
            page = client.get(addresses.order_page(order, "order")).content.decode()
            moments = re.findall(r'<section class="promise.*?datetime="([^"]+)"', page, re.DOTALL)
            promised = order.nearest_promise
            if [datetime.fromisoformat(each) for each in moments] != [promised.due_at]:
                yield f"{now}: the page of {order} promises {moments}, not {promised}"

    # --- the desk -----------------------------------------------------------------------------

    def at_the_desk(self) -> None:
        """Once an hour of working time somebody looks at the drafts: one is sent by hand,
        a later one rewritten, another one dropped. And at the cases."""
        now = self.clock.now
        for store in self.stores:
            local = now.astimezone(ZoneInfo(store.account.zone))
            if not store.calendar.works_on(local.date()) or not 9 <= local.hour < 18:
                continue
            for draft in Notice.objects.drafts(now).filter(order__store=store)[:1]:
                self._take_in_hand(draft, now)
            for case in Case.objects.unseen().filter(order__store=store)[:2]:
                case.look_at(by=self.desk, now=now)

    def _take_in_hand(self, draft: Notice, now: datetime) -> None:
        done = list(self.hand.values())
        if done.count("sent") <= done.count("edited"):
            self.hand[draft.pk] = "sent"
            draft.send_now(by=self.desk, now=now)
        elif done.count("edited") <= done.count("dropped"):
            self.hand[draft.pk] = "edited"
            draft.edit("About your parcel", "We are looking for it.", by=self.desk, now=now)
        else:
            self.hand[draft.pk] = "dropped"
            draft.drop_by_hand("We have telephoned.", by=self.desk, now=now)


def hourly(now: datetime) -> list[str]:
    """What is wrong at this moment: an order that owes something and promises nothing, a
    promise whose hour has passed, a case of nobody."""
    nearest = dict(
        Promise.objects.open().values("order").annotate(at=Min("due_at")).values_list("order", "at")
    )
    silent = Order.objects.exclude(pk__in=nearest).prefetch_related(
        "lines", "shipments__parcel", "shipments__lines", "cases", "returns", "messages"
    )
    return [
        *(
            f"{now}: order {pk} promises something for {due}"
            for pk, due in nearest.items()
            if due < now - GRACE - MINUTE and not was_away(due + GRACE)
        ),
        *(f"{now}: {order} owes and promises nothing" for order in silent if owes(order, now)),
        *(
            f"{now}: {case} is nobody's"
            for case in Case.objects.open().filter(owner=None, opened_at__lt=now - MINUTE)
        ),
    ]


def owes(order: Order, now: datetime) -> bool:
    """Whether its buyer waits for anything of us."""
    return (
        order.awaits_news(now)
        or order.awaits_dispatch(now)
        or any(rma.is_open for rma in order.returns.all())
        or any(entry.is_buyers and not entry.answered_at for entry in order.messages.all())
    )


def was_away(moment: datetime) -> bool:
    """The mail server was away, or what it had refused is still waiting to be tried again."""
    return AWAY[0] <= moment < AWAY[1] + timedelta(minutes=60)


@contextmanager
def a_week(settings) -> Iterator[Week]:
    """Everything is drawn from one seed, also how long a worker waits before it tries again."""
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # of the server, a line per word
    random.seed(SEED)
    with mail_server() as server, simulated(Clock(BEGINS)) as clock:
        settings.MAILERS = server.mailers()
        # However slow this machine is, a round of the workers ends within its minute.
        stopwatch = SimpleNamespace(monotonic=clock.monotonic)
        with (
            mock.patch.object(tasks, "time", stopwatch),
            mock.patch.object(rounds, "time", stopwatch),
        ):
            yield Week(clock, server)
