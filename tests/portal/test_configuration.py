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
