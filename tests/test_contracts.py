"""The architecture, as far as a machine can hold it."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections, router

from cms import events


def test_the_import_contracts_hold():
    run = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout


def test_there_is_one_signal_and_one_receiver():
    assert len(events.happened.receivers) == 1


def test_each_model_lives_on_its_own_side():
    for model in apps.get_models():
        assert router.db_for_write(model) == ("reader" if model._meta.app_label == "reader" else "default")


def test_no_relation_crosses():
    for model in apps.get_app_config("reader").get_models():
        for field in model._meta.get_fields():
            if field.is_relation:
                assert field.related_model._meta.app_label == "reader"


def test_each_database_has_the_tables_of_its_own_side(both):
    tables = {alias: set(connections[alias].introspection.table_names()) for alias in connections}
    assert {name for name in tables["reader"] if name != "django_migrations"} == {
        "reader_article", "reader_edition", "reader_page", "reader_tagging",
    }  # fmt: skip
    assert not any(name.startswith("reader_") for name in tables["default"])


def test_no_migration_is_missing(both):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_sqlite_is_set_up_for_many_processes(both):
    for alias in connections:
        if connections[alias].vendor != "sqlite":
            pytest.skip("this run is on PostgreSQL")
        with connections[alias].cursor() as cursor:
            journal = cursor.execute("PRAGMA journal_mode").fetchone()[0]
            synchronous = cursor.execute("PRAGMA synchronous").fetchone()[0]
            timeout = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        assert (journal, synchronous) == ("wal", 2 if alias == "default" else 1)
        assert timeout >= 5000
