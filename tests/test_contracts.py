"""The architecture, as far as a machine can hold it."""

import subprocess
import sys
from pathlib import Path

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
    index = {name for name in tables["reader"] if name.startswith("reader_found")}  # SQLite's, of search
    assert tables["reader"] - index - {"django_migrations"} == {
        *("reader_article", "reader_edition", "reader_page", "reader_site", "reader_tagging"),
        *("reader_byline", "reader_part", "reader_tongue", "reader_terms", "reader_spelling"),
        "reader_change",
        *("reader_checkpoint", "reader_parked"),
    }
    assert not any(name.startswith("reader_") for name in tables["default"])


def test_no_migration_is_missing(both):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_each_database_is_set_up_for_many_processes(both):
    for alias in connections:
        with connections[alias].cursor() as cursor:
            if connections[alias].vendor == "sqlite":
                expected = {
                    "journal_mode": "wal",
                    "synchronous": 2 if alias == "default" else 1,
                    "busy_timeout": 20_000,
                }
                for pragma, value in expected.items():
                    assert cursor.execute(f"PRAGMA {pragma}").fetchone()[0] == value
            else:
                cursor.execute("SHOW server_encoding")
                assert cursor.fetchone()[0] == "UTF8"


def test_no_module_of_the_project_is_left_out_of_the_contract():
    contracts = (settings.BASE_DIR / "pyproject.toml").read_text()
    for file in (settings.BASE_DIR / "cms").glob("*.py"):
        if file.stem not in ("__init__", "events"):
            assert f'"cms.{file.stem}"' in contracts, file.name
