"""`manage.py push`: a recorded push, replayed through the real door."""

import io

import pytest
from django.core.management import CommandError, call_command
from django_q.models import OrmQ

from tests.tracking.seventeentrack import NUMBER, connect, path
from tracking.milestones import Milestone
from tracking.models import Connection, Parcel, Push, Scan
from tracking.views import LARGEST
from tracking.work import WorkState

pytestmark = pytest.mark.django_db
RECORDED = "4 scans, 4 new; now “At customs”."


class Run:
    """What one call of the command said, line by line, and why it ended."""

    def __init__(self, *args: object):
        out = io.StringIO()
        self.end = ""
        try:
            call_command("push", *map(str, args), stdout=out)
        except CommandError as error:
            self.end = str(error)
        self.out = out.getvalue().splitlines()


@pytest.fixture
def parcel():
    return Parcel.objects.announce(connect().account, NUMBER, "royal-mail")


def test_a_recording_is_replayed_and_processed_at_once(parcel):
    run = Run(path("at-customs"), "--provider", "17track")
    push = Push.objects.get()
    assert run.out == [f"Stored as push {push.pk}.", f"{NUMBER}: {RECORDED}"]
    assert run.end == ""
    parcel.refresh_from_db()
    assert parcel.milestone == Milestone.CUSTOMS
    assert push.state == WorkState.DONE
    assert not OrmQ.objects.exists(), "nobody is rung for what is done"


def test_replayed_twice_it_says_so_and_does_nothing(parcel):
    Run(path("at-customs"))
    push = Push.objects.get()
    run = Run(path("at-customs"))
    assert run.out == [
        f"It came before, as push {push.pk}; --again processes it once more.",
        f"{NUMBER}: {RECORDED}",
    ]
    assert Push.objects.get().attempts == 1


def test_again_processes_what_came_before(parcel):
    Run(path("at-customs"))
    Scan.objects.all().delete()
    run = Run(path("at-customs"), "--again")
    assert run.out == [
        f"It came before, as push {Push.objects.get().pk}; it is processed once more.",
        f"{NUMBER}: {RECORDED}",
    ]
    assert Scan.objects.count() == 4


def test_a_stored_push_is_processed_again_by_its_id():
    account = connect().account
    run = Run(path("at-customs"))
    assert run.out[1] == f"{NUMBER}: no parcel of this account has this number."
    Parcel.objects.announce(account, NUMBER, "royal-mail")
    assert Run("--again", Push.objects.get().pk).out == [f"{NUMBER}: {RECORDED}"]


def test_the_account_is_named_where_several_could_be_meant(parcel):
    other = connect("shanyue", "another-key")
    run = Run(path("at-customs"))
    assert run.end == "Say --account, because several have 17TRACK: juniper, shanyue."
    assert not Push.objects.exists()
    Run(path("at-customs"), "--account", "shanyue")
    assert Push.objects.get().account == other.account


def test_an_account_without_the_provider_is_named(parcel):
    assert Run(path("at-customs"), "--account", "nobody").end == (
        "The account “nobody” has no connection to 17TRACK that is on. Known: juniper."
    )


def test_a_connection_that_is_off_receives_nothing(parcel):
    Connection.objects.update(is_active=False)
    assert Run(path("at-customs")).end == (
        "No account has a connection to 17TRACK that is on. Known: none yet."
    )


def test_a_file_that_is_no_push_is_stored_and_given_up(parcel, tmp_path):
    file = tmp_path / "push.json"
    file.write_text("hello")
    run = Run(file)
    assert (len(run.out), run.end) == (1, "Given up: It is not JSON.")
    assert Push.objects.get().state == WorkState.DEAD


def test_a_missing_file_is_named(parcel, tmp_path):
    assert Run(tmp_path / "none.json").end.endswith(
        "none.json cannot be read: No such file or directory."
    )


def test_a_file_over_the_limit_is_refused_before_it_is_read(parcel, tmp_path, monkeypatch):
    file = tmp_path / "push.json"
    with file.open("wb") as handle:
        handle.truncate(LARGEST + 1)
    monkeypatch.setattr("pathlib.Path.read_bytes", lambda self: pytest.fail("it was read"))
    assert Run(file).end == f"{file} is larger than 2 MB."


@pytest.mark.parametrize(
    ("args", "end"),
    [
        ([], "Say which file, or --again and the id of a stored push."),
        (["--again"], "--again without a file needs the id of a stored push."),
        (["--again", "push.json"], "--again without a file needs the id of a stored push."),
        (["--again", "4711"], "There is no push 4711."),
        (["push.json", "--again", "1"], "With a file, --again takes no id; put it at the end."),
    ],
)
def test_what_is_missing_is_said(parcel, args, end):
    assert Run(*args).end == end


def test_an_unknown_provider_is_refused(parcel):
    assert "invalid choice" in Run(path("at-customs"), "--provider", "18track").end


def test_a_push_in_a_workers_hands_is_left_there(parcel):
    Run(path("at-customs"))
    push = Push.objects.get()
    Push.objects.all().again(ring=False)
    Push.objects.claim(1)
    assert Run("--again", push.pk).end == "It is not processed yet: a worker has it in hand."


def test_a_connection_that_cannot_sign_says_so(tmp_path):
    account = connect().account
    Connection.objects.create(account=account, provider="kuaidi100", key="a key, and no salt")
    file = tmp_path / "push.json"
    file.write_text('{"status": "polling"}')
    run = Run(file, "--provider", "kuaidi100")
    assert "cannot sign a push" in run.end
    assert not Push.objects.exists()
