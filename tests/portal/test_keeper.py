"""`manage.py serve`: what it starts stays, comes back, and goes; no message is lost."""

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from email import message_from_bytes

import pytest
from aiosmtpd.controller import Controller

from portal.running import kinship
from tests.running_site import (
    HOUSE,
    RunningSite,
    command_of,
    free_port,
    running_site,
    wait_until,
)

pytestmark = pytest.mark.chaos

MESSAGES = 60


class TroublesomeMailServer:
    """Takes mails, but of twelve new ones it turns one away and hangs up after another."""

    def __init__(self) -> None:
        self.arrived: list[tuple[str, str]] = []  # (recipient, Message-ID)
        self.met: set[str] = set()

    async def handle_DATA(self, server, session, envelope) -> str:
        message = message_from_bytes(envelope.content)
        identity = message["Message-ID"]
        new = identity not in self.met
        self.met.add(identity)
        if new and len(self.met) % 12 == 1:
            return "451 Come back later"
        self.arrived.append((envelope.rcpt_tos[0], identity))
        if new and len(self.met) % 12 == 7:
            server.transport.abort()  # we have it, but the sender will never know
        return "250 Thank you"


@pytest.fixture
def mail_server():
    handler = TroublesomeMailServer()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    handler.url = f"smtp://127.0.0.1:{controller.port}"
    yield handler
    controller.stop()


@pytest.fixture
def site(tmp_path):
    with running_site(tmp_path) as site:
        wait_until(site.is_complete, "all processes run")
        yield site


def buyers_ask(site: RunningSite, count: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.asking_buyers", str(count)],
        env=site.environment,
        cwd=HOUSE,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


def test_no_message_is_lost_whatever_is_killed(tmp_path, mail_server):
    """Kills every process of the tree once, messages being on their way all the time."""
    victims = [
        "inner 0",
        "inner 1",
        "inner 2",
        "inner 3",
        "sentinel",
        "worker",
        "clock",
        "web server",
        "web worker",
    ]
    random.shuffle(victims)
    batch = MESSAGES // (len(victims) + 1)
    with running_site(tmp_path, HOMEWARD_SMTP_URL=mail_server.url) as site:
        for victim in victims:
            buyers_ask(site, batch)
            wait_until(site.is_complete, f"there is a {victim} to kill")
            os.kill(site.tree()[victim], signal.SIGKILL)
            site.wait_for_beats(1)
        buyers_ask(site, MESSAGES - batch * len(victims))
        wait_until(site.is_open, "pages are served again")
        wait_until(
            lambda: not site.ask("SELECT 1 FROM returns_notice WHERE state <> 'done'"),
            "every message is settled",
        )

        written = dict(site.ask("SELECT recipient, message_id FROM returns_notice"))
        assert len(written) == MESSAGES
        assert set(mail_server.arrived) == set(written.items())
        times = Counter(mail_server.arrived)
        assert max(times.values()) > 1, "the server hung up, so some mails come again"

        assert site.stop() < 15
        assert site.processes() == []
        assert site.port_is_free()


def test_a_queue_that_hangs_is_replaced(site):
    """A stopped process looks alive to everybody; only the missing heartbeat tells."""
    site.wait_for_beats(1)
    worker = site.tree()["worker"]
    for role, pid in site.tree().items():
        if role.startswith("inner"):
            os.kill(pid, signal.SIGSTOP)

    site.wait_for_beats(2)

    assert site.tree()["worker"] != worker
    assert "worker is silent" in site.log.read_text()


def test_a_task_that_hangs_with_the_database_locked_is_ended(site):
    """Nothing can be written meanwhile, by the clock neither; it counts as silence."""
    site.wait_for_beats(1)
    worker = site.tree()["worker"]
    done = site.manage(
        "shell",
        "-c",
        "from django_q.tasks import async_task;"
        "async_task('tests.hurry.tasks.hang_with_the_database_locked')",
    )
    assert done.returncode == 0, done.stderr

    wait_until(lambda: site.tree().get("worker") not in {None, worker}, "it is replaced")

    site.wait_for_beats(2)


def test_nothing_outlives_a_killed_keeper_and_the_next_one_starts(site):
    before = site.processes()
    assert len(before) == 9
    site.keeper.kill()
    site.keeper.wait()
    wait_until(lambda: not site.processes(), "all are gone", 15)

    site.start()
    wait_until(site.is_complete, "all processes run")
    assert not set(before) & set(site.processes())


def test_what_a_killed_keeper_left_behind_is_found_by_its_mark(tmp_path):
    other = subprocess.Popen(["sleep", "60"])
    left = subprocess.Popen(["sleep", "60"], env={**os.environ, kinship.KEPT: str(tmp_path)})
    try:
        assert kinship.leftovers(str(tmp_path)) == [left.pid]
    finally:
        for process in (other, left):
            process.kill()
            process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_ctrl_c_and_a_closed_terminal_stop_everything(site, number):
    assert site.stop(number) < 15
    assert site.keeper.returncode == 0
    assert site.processes() == []
    assert site.port_is_free()


def test_a_second_keeper_on_the_same_folder_is_refused(site):
    site.environment["PORT"] = str(free_port())
    second = site.manage("serve")
    assert second.returncode == 1
    assert f"already runs on {site.folder}" in second.stderr
    assert f"process {site.pid}" in second.stderr
    assert site.is_complete()


def test_a_port_that_is_taken_is_refused_by_name(site, tmp_path_factory):
    other = RunningSite(tmp_path_factory.mktemp("other"), PORT=str(site.port))
    refused = other.manage("serve")
    assert refused.returncode == 1
    assert f"port {site.port}" in refused.stderr
    assert "PORT=" in refused.stderr


def test_serving_says_where_it_can_be_opened(site):
    wait_until(lambda: "Ctrl-C" in site.log.read_text(), "it says so")
    assert f"http://127.0.0.1:{site.port}/" in site.log.read_text()
    assert command_of(site.pid).endswith("portal.running.keeper")
