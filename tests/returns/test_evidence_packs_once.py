"""A pack is made once, however often it is asked for, and whoever is killed while making it; it
takes little memory, holds no lock, and goes when its time is over."""

import os
import signal
import subprocess
import sys
import tracemalloc
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone
from django_q.models import OrmQ

from returns import files, tasks
from returns.evidence import making
from returns.models import BUYER, Event, EvidencePack, Photo
from returns.models.access import TooOften
from returns.models.evidence_pack import KEPT_FOR, LeaseLost, Step
from returns.tidying import drop_lost_files
from tests.people import open_store, place_order
from tests.returns.packed import DESK, Pack, asked, fresh
from tests.returns.photographs import saved, scene
from tests.returns.returning import returned
from tracking.work import WorkState

pytestmark = pytest.mark.django_db
MB = 1_000_000
HOUSE = Path(__file__).parent.parent.parent


@pytest.fixture
def rma(order):
    rma = returned(order)
    for width in (640, 642, 644):
        Photo.objects.take(rma, "item", saved(scene(width, 480)), by=BUYER)
    return rma


def lost() -> None:
    """The lease of whoever was killed runs out."""
    EvidencePack.objects.filter(state=WorkState.CLAIMED).update(
        lease_until=timezone.now() - timedelta(minutes=1)
    )


def stored() -> set[str]:
    """All files of packs that lie in the store."""
    try:
        folders, _ = default_storage.listdir("evidence")
    except FileNotFoundError:
        return set()
    return {
        f"evidence/{folder}/{name}"
        for folder in folders
        for name in default_storage.listdir(f"evidence/{folder}")[1]
    }


# --- Asking ------------------------------------------------------------------------------------


def test_the_same_form_sent_twice_is_one_pack_and_the_bell_rings(
    order, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        first = asked(order)
        assert asked(order) == first
    assert EvidencePack.objects.count() == 1
    assert "returns.tasks.make_packs" in [ring.func() for ring in OrmQ.objects.all()]


def test_a_buyer_may_ask_three_times_a_day_the_desk_as_often_as_it_must(order):
    for n in range(3):
        asked(order, "buyer", by=BUYER, key=f"b{n}")
    with pytest.raises(TooOften):
        asked(order, "buyer", by=BUYER, key="b4")
    assert asked(order, "buyer", by=BUYER, key="b2")  # sent once more, it is no new one
    for n in range(5):
        asked(order, key=f"d{n}")


def test_a_lost_bell_is_made_good_by_the_clock(order, rma):
    from portal.running.clock import BELLS

    asked(order)
    assert "returns.tasks.make_packs" in BELLS
    tasks.make_packs()
    assert EvidencePack.objects.get().is_ready


# --- Making ------------------------------------------------------------------------------------


def test_how_far_it_is_can_be_read_while_it_is_made(order, rma, monkeypatch):
    seen = []
    real = EvidencePack.note_progress

    def note(self, percent, step):
        real(self, percent, step)
        row = fresh(self)
        seen.append((row.percent, row.step))

    monkeypatch.setattr(EvidencePack, "note_progress", note)
    pack = asked(order)
    assert (pack.percent, pack.step) == (0, Step.WAITING)
    assert EvidencePack.objects.work()
    percents = [percent for percent, _step in seen]
    assert percents == sorted(percents) and len(set(percents)) > 4
    steps = list(dict.fromkeys(step for _percent, step in seen))
    assert steps == [Step.COLLECTING, Step.WRITING, Step.PACKING]
    assert (fresh(pack).percent, fresh(pack).step) == (100, Step.READY)


def test_nothing_is_read_or_drawn_while_a_transaction_is_open(order, rma, monkeypatch, settings):
    began = len(connection.savepoint_ids)
    deep = []
    for name in ("_copy", "_kept", "drawn"):
        real = getattr(making, name)

        def watched(*args, real=real, **more):
            deep.append(len(connection.savepoint_ids))
            return real(*args, **more)

        monkeypatch.setattr(making, name, watched)
    asked(order)
    assert EvidencePack.objects.work()
    # The test itself is one; no other is open.
    assert len(deep) == 5 and set(deep) == {began}


def test_two_workers_at_once_make_one(order, rma):
    pack = asked(order)
    (mine,) = EvidencePack.objects.claim(1)
    lost()
    assert EvidencePack.objects.work()  # another one takes it over
    with pytest.raises(LeaseLost):
        mine.note_progress(5, Step.COLLECTING)
    assert not mine.make()
    assert fresh(pack).is_ready and len(stored()) >= 2
    assert Event.objects.filter(kind="evidence_made").count() == 1


def test_who_finishes_after_the_lease_leaves_no_files(order, rma):
    pack = asked(order)
    (mine,) = EvidencePack.objects.claim(1)
    made = making.make(mine)
    lost()
    assert EvidencePack.objects.work()
    kept = {fresh(pack).pdf, fresh(pack).zip}
    assert not mine._keep(made)
    assert not {made.pdf, made.zip} & stored() and kept <= stored()


def test_an_error_is_tried_again_and_given_up_after_five_times(order, rma, monkeypatch):
    pack = asked(order)
    monkeypatch.setattr(making, "drawn", lambda *_args: 1 / 0)
    for attempt in range(1, 6):
        EvidencePack.objects.update(due_at=timezone.now())
        assert EvidencePack.objects.work()
        assert fresh(pack).attempts == attempt
    assert fresh(pack).has_failed and "ZeroDivisionError" in fresh(pack).last_error
    assert not EvidencePack.objects.work()
    assert not Event.objects.filter(kind="evidence_made").exists()


# --- Memory ------------------------------------------------------------------------------------


def test_many_photos_take_no_more_memory_than_one(order, rma):
    row = rma.photos.first()
    large = files.keep("photos", "jpg", os.urandom(6 * MB))
    Photo.objects.filter(authorization=rma).delete()
    Photo.objects.bulk_create(
        Photo(
            authorization=rma,
            kind="item",
            file=large,
            thumbnail=row.thumbnail,
            sha256=f"{n:064}",
            width=640,
            height=480,
            taken_by="buyer",
        )
        for n in range(20)
    )
    pack = asked(order)
    tracemalloc.start()
    assert EvidencePack.objects.work()
    _now, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert fresh(pack).zip_bytes > 120 * MB
    assert most < 25 * MB
    files.drop([fresh(pack).zip])


# --- Afterwards --------------------------------------------------------------------------------


def test_after_thirty_days_its_files_go_and_that_there_was_one_stays(order, rma):
    pack = asked(order)
    assert EvidencePack.objects.work()
    names = {fresh(pack).pdf, fresh(pack).zip}
    assert EvidencePack.objects.forget(timezone.now() + KEPT_FOR - timedelta(hours=1)) == 0
    assert EvidencePack.objects.forget(timezone.now() + KEPT_FOR) == 1
    row = fresh(pack)
    assert (row.step, row.pdf, row.zip, row.is_ready) == (Step.EXPIRED, "", "", False)
    assert row.zip_sha256 and not names & stored()
    assert EvidencePack.objects.forget(timezone.now() + 2 * KEPT_FOR) == 0


def test_what_a_killed_worker_left_is_tidied_and_what_belongs_to_a_pack_stays(order, rma):
    pack = asked(order)
    assert EvidencePack.objects.work()
    orphan = default_storage.save("evidence/aa/aa00.zip", ContentFile(b"half"))
    drop_lost_files(timezone.now() + timedelta(days=2))
    assert not default_storage.exists(orphan)
    assert default_storage.exists(fresh(pack).zip) and default_storage.exists(fresh(pack).pdf)


# --- Killed ------------------------------------------------------------------------------------


@pytest.mark.chaos
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("where", ["_copy", "drawn", "_kept", "_keep"])
def test_killed_in_the_middle_another_makes_it_and_there_is_one(transactional_db, where):
    if connection.vendor != "sqlite":
        pytest.skip("needs SQLite, whose file another process can open")
    order = place_order(open_store(), "JP-1")
    rma = returned(order)
    for width in (640, 642, 644):
        Photo.objects.take(rma, "item", saved(scene(width, 480)), by=BUYER)
    pack = asked(order, by=DESK)

    module = "tests.returns.killing_packs"
    told = [str(connection.settings_dict["NAME"]), default_storage.location, where]
    done = subprocess.run(
        [sys.executable, "-m", module, *told],
        cwd=HOUSE,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert fresh(pack).state == WorkState.CLAIMED
    assert not EvidencePack.objects.work()  # nobody takes it while the lease runs
    lost()
    assert EvidencePack.objects.work()
    whole = Pack.of(fresh(pack))
    assert fresh(pack).attempts == 2 and whole.archive.testzip() is None
    assert sum(name.startswith("photos/") for name in whole.names) == 3
    assert EvidencePack.objects.count() == Event.objects.filter(kind="evidence_made").count() == 1
    with transaction.atomic():
        drop_lost_files(timezone.now() + timedelta(days=2))
    assert stored() >= {fresh(pack).pdf, fresh(pack).zip}
