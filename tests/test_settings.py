"""Settings: documented, defaulted, and refused in words."""

import os
import re
import string
import subprocess
import sys

import pytest
from django.conf import settings

from cms.checks import proxies_are_counted

CODE = (settings.BASE_DIR / "cms" / "settings.py").read_text()
EXAMPLE = (settings.BASE_DIR / ".env.example").read_text()


def start(**environment):
    """Start the program with just this environment; return how it ended and what it said."""
    kept = {name: os.environ[name] for name in ("PATH", "DATA_DIR", "HOME") if name in os.environ}
    run = subprocess.run(
        [sys.executable, "manage.py", "check", *environment.pop("arguments", [])],
        cwd=settings.BASE_DIR,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode, run.stdout + run.stderr


def test_every_setting_is_documented_with_default_and_example():
    read = set(re.findall(r"env\.\w+\(\s*\"(\w+)\"", CODE))
    documented = set(re.findall(r"^# (\w+) \(", EXAMPLE, re.M))
    examples = set(re.findall(r"^# Example: (\w+)=", EXAMPLE, re.M))
    assert read == documented == examples
    assert EXAMPLE.count("Default: ") == len(documented)


def test_every_example_is_accepted(tmp_path):
    values = dict(re.findall(r"^# Example: (\w+)=(.*)$", EXAMPLE, re.M))
    values["DATA_DIR"] = str(tmp_path)
    values |= dict.fromkeys(
        ("DATABASE_URL", "READER_DATABASE_URL", "READER_REPLICA_URL"), ""
    )  # no such server
    values["EVENTS_CREDENTIALS"] = values["EVENTS_CA"] = ""  # nor such a file
    assert start(**values) == (0, "System check identified no issues (0 silenced).\n")


def test_it_starts_with_no_environment_at_all():
    assert start()[0] == 0


def test_without_debug_it_names_everything_that_is_missing():
    code, said = start(DEBUG="0")
    assert code == 1
    for name in ("SECRET_KEY", "ALLOWED_HOSTS", "SITE_URL"):
        assert f"{name}: Environment variable not set." in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("PORT", "99999", "less than or equal to 65535"),
        ("PORT", "http", "Not a valid integer"),
        ("EVENTS_URL", "nats://one.example.org,two.example.org", "it is 'two.example.org'"),
        ("EVENTS_CREDENTIALS", "/there/is/none", "must be a file to read"),
        ("EVENTS_STREAM", "my.blog", "does not match"),
        ("EVENTS_REPLICAS", "2", "Must be one of: 1, 3, 5"),
        ("SITE_URL", "blog.example.org", "must look like https://"),
        ("SITE_URL", "https://example.org/blog/", "without a path"),
        ("SITE_URL", "http://[x", "must look like https://"),
        ("SITE_URL", "http://a b", "must look like https://"),
        ("SITE_URL", "http://a:99999999", "must look like https://"),
        ("TIME_ZONE", "Mars/Olympus", "must be a time zone"),
        ("DEBUG", "perhaps", "Not a valid boolean"),
        ("LOG_FORMAT", "xml", "Must be one of: line, json"),
        ("DATABASE_URL", "nonsense", "Not a valid database URL"),
        ("WEB_WORKERS", "0", "greater than or equal to 1"),
        ("SITE_NAME", "", "Length"),
        ("DATA_DIR", __file__, "must be a folder"),
        ("DATA_DIR", f"{__file__}/var", "must be a folder"),
        ("CMS_ROLE", "editor", "Must be one of: all, writer, reader"),
    ],
)
def test_a_setting_that_does_not_fit_is_named_with_the_reason(name, value, reason):
    code, said = start(**{name: value})
    assert code == 1
    assert f"{name}: " in said
    assert reason.lower() in said.lower()


def test_what_another_role_needs_is_refused_with_the_reason(tmp_path):
    code, said = start(CMS_ROLE="reader", DATABASE_URL="postgres://db.example.org/writer")
    assert code == 1
    assert "DATABASE_URL: is the writer's, and a reader must have no way to it" in said
    code, said = start(CMS_ROLE="writer", FRONT_DIR=str(tmp_path))
    assert code == 1
    assert "FRONT_DIR: is of no use to a writer without READER_DATABASE_URL" in said


@pytest.mark.parametrize("role", ["all", "writer", "reader"])
def test_production_passes_the_deploy_checks(role):
    environment = {
        "CMS_ROLE": role,
        "DEBUG": "0",
        "SECRET_KEY": string.ascii_letters + string.digits,
        "ALLOWED_HOSTS": "blog.example.org",
        "SITE_URL": "https://blog.example.org",
        "NUM_PROXIES": "1",
    }
    code, said = start(**environment, arguments=["--deploy", "--fail-level", "WARNING"])
    assert code == 0, said


def test_a_proxy_that_is_not_counted_is_minded(settings):
    settings.HTTPS, settings.NUM_PROXIES = True, 0
    assert [each.id for each in proxies_are_counted()] == ["imprint.W001"]
    settings.NUM_PROXIES = 1
    assert proxies_are_counted() == []


def test_the_secret_of_a_development_copy_is_made_once_and_is_its_own(tmp_path):
    for _time in range(2):
        start(DATA_DIR=str(tmp_path))
    file = tmp_path / "secret.key"
    assert len(file.read_text()) > 50
    assert file.stat().st_mode & 0o777 == 0o600
