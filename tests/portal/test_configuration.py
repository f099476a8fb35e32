"""Wrong configuration is refused at start, by name; a clone needs none."""

import os
import subprocess
import sys

import pytest

from tests.running_site import HOUSE

GOOD = {
    "HOMEWARD_MODE": "production",
    "HOMEWARD_SECRET_KEY": "k" * 50,
    "HOMEWARD_ALLOWED_HOSTS": "returns.example.com",
    "HOMEWARD_BASE_URL": "https://returns.example.com",
}


def run(folder, words: list[str], variables: dict[str, str]) -> subprocess.CompletedProcess:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HOMEWARD_", "DJANGO_")) and name != "PORT"
    }
    return subprocess.run(
        [sys.executable, *words],
        cwd=HOUSE,
        capture_output=True,
        text=True,
        timeout=60,
        env={**kept, "HOMEWARD_DATA_DIR": str(folder), **variables},
    )


def test_a_clone_needs_no_configuration(tmp_path):
    done = run(tmp_path, ["manage.py", "check"], {})
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0, "the key is its owner's alone"


def test_a_complete_production_is_accepted(tmp_path):
    done = run(tmp_path, ["manage.py", "check"], GOOD)
    assert done.returncode == 0, done.stderr


def test_an_empty_production_is_told_everything_at_once(tmp_path):
    """`serve` refuses before it starts anything, and leaves nothing behind."""
    done = run(tmp_path, ["manage.py", "serve"], {"HOMEWARD_MODE": "production"})
    assert done.returncode == 1
    for name in ("SECRET_KEY", "ALLOWED_HOSTS", "BASE_URL"):
        assert f"HOMEWARD_{name} is missing" in done.stderr
        assert f"HOMEWARD_{name}=" in done.stderr or name == "SECRET_KEY", "with an example"
    assert not (tmp_path / "keeper.lock").exists()


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"HOMEWARD_MODE": "prod"}, "E001"),
        ({**GOOD, "HOMEWARD_SECRET_KEY": "short"}, "E002"),
        ({**GOOD, "HOMEWARD_ALLOWED_HOSTS": "*"}, "E003"),
        ({**GOOD, "HOMEWARD_BASE_URL": "http://returns.example.com"}, "E004"),
        ({**GOOD, "HOMEWARD_BASE_URL": "returns.example.com"}, "E004"),
        ({"HOMEWARD_TRUSTED_PROXIES": "yes"}, "E005"),
        ({"PORT": "eighty"}, "E005"),
        ({"PORT": "99999"}, "E005"),
        ({"HOMEWARD_TICK": "0.5"}, "E005"),
        ({"HOMEWARD_TICK": "soon"}, "E005"),
        ({"HOMEWARD_DATABASE_URL": "mongodb://localhost/"}, "E006"),
        ({"HOMEWARD_DATA_DIR": "/proc/homeward"}, "E007"),
        ({"HOMEWARD_SMTP_URL": "mail.example.com"}, "E008"),
        ({"HOMEWARD_SMTP_URL": "smtp://mail.example.com:post"}, "E008"),
    ],
)
def test_each_mistake_is_named(tmp_path, variables, code):
    done = run(tmp_path, ["manage.py", "check"], variables)
    assert done.returncode == 1
    assert f"(homeward.{code})" in done.stderr
    changed = [name for name in variables if variables[name] != GOOD.get(name)]
    assert changed[0] in done.stderr


def test_what_is_likely_a_mistake_in_production_is_warned_of(tmp_path):
    careless = {**GOOD, "HOMEWARD_SMTP_URL": "smtp://user:password@mail.example.com:25"}
    done = run(tmp_path, ["manage.py", "check"], careless)
    assert done.returncode == 0
    assert "(homeward.W002)" in done.stderr and "HOMEWARD_TRUSTED_PROXIES=1" in done.stderr
    assert "(homeward.W003)" in done.stderr and "tls=1" in done.stderr
    assert "password@" not in done.stderr.replace("user:password@mail.example.com:587", "")
    careful = {"HOMEWARD_TRUSTED_PROXIES": "1", "HOMEWARD_MAIL_FROM": "returns@example.com"}
    for secure in ("tls=1", "ssl=1"):
        smtp = {"HOMEWARD_SMTP_URL": f"smtp://mail.example.com?{secure}"}
        done = run(tmp_path, ["manage.py", "check"], GOOD | careful | smtp)
        assert "homeward." not in done.stderr


def test_production_does_not_serve_with_the_link_key_of_the_readme(tmp_path):
    run(tmp_path, ["manage.py", "migrate", "-v0"], GOOD)
    make = (
        "from tracking.models import Account; from returns.models import LinkKey, Store; "
        "account = Account.objects.create(name='a', zone='UTC', country='GB'); "
        "store = Store.objects.create(account=account, slug='juniper-pine', name='J', "
        "currency='USD', country='GB', contact_email='a@example.com', returns_address='a'); "
        "LinkKey.objects.create(store=store, key_id='k1', secret='test-key-please-change')"
    )
    done = run(tmp_path, ["manage.py", "shell", "-v0", "-c", make], GOOD)
    assert done.returncode == 0, done.stderr
    for words in (["manage.py", "serve"], ["-c", "import portal.wsgi"]):
        done = run(tmp_path, words, GOOD)
        assert done.returncode == 1
        assert "link key k1 of the store juniper-pine" in done.stderr
        assert "(homeward.E010)" in done.stderr
    assert not (tmp_path / "keeper.lock").exists()
    # A clone tries the demo with it.
    assert run(tmp_path, ["-c", "import portal.wsgi"], {}).returncode == 0


def test_what_is_written_is_its_owners_alone(tmp_path):
    folder = tmp_path / "data"
    done = run(folder, ["manage.py", "migrate", "-v0"], {})
    assert done.returncode == 0, done.stderr
    for path in (folder, folder / "homeward.sqlite3"):
        assert path.stat().st_mode & 0o077 == 0, path.name


@pytest.mark.parametrize("command", ["migrate", "start", "serve"])
def test_no_command_works_on_a_wrong_configuration(tmp_path, command):
    done = run(tmp_path, ["manage.py", command], {**GOOD, "HOMEWARD_BASE_URL": ""})
    assert done.returncode == 1
    assert "HOMEWARD_BASE_URL" in done.stderr


def test_no_web_server_starts_with_a_wrong_configuration(tmp_path):
    wrong = {**GOOD, "HOMEWARD_ALLOWED_HOSTS": ""}
    done = run(tmp_path, ["-c", "import portal.wsgi"], wrong)
    assert done.returncode == 1
    assert "HOMEWARD_ALLOWED_HOSTS" in done.stderr
    assert run(tmp_path, ["-c", "import portal.wsgi"], GOOD).returncode == 0
