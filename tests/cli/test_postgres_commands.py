"""The commands of an operator whose database is PostgreSQL: migrate, doctor, user add, backup, restore."""

import time
from pathlib import Path

import psycopg

from tests.acceptance import stripe
from tests.acceptance.conftest import SETTINGS
from tests.harness.postgres import Postgres
from tests.harness.program import Program, free_port


def test_an_operator_s_round_on_postgresql(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.database()
    program = Program()
    program.settings = SETTINGS | {"CAREVIA_DATABASE_URL": url}
    done = program.command("migrate")
    assert (done.returncode, "up to date" in done.stdout) == (0, True), done.stderr
    done = program.command("doctor")
    assert "✓ The database opens, is up to date and can commit." in done.stdout, done.stdout + done.stderr
    with program:
        assert stripe.deliver(program.url, stripe.event(stripe.session("family-1"))).status_code == 200
        backup = tmp_path / "copy.db"
        done = program.command("backup", str(backup))
        assert (done.returncode, "1 booking, " in done.stdout) == (0, True), done.stdout + done.stderr
        done = program.command("restore", str(backup))
        assert done.returncode == 1 and "stop it on every host" in done.stderr, done.stdout + done.stderr
        assert stripe.deliver(program.url, stripe.event(stripe.session("family-2"))).status_code == 200
        program.stop()
        done = program.command("restore", str(backup))
        assert (done.returncode, "carevia_before_restore_" in done.stdout) == (0, True), done.stdout + done.stderr
        program.start()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT user_id FROM bookings").fetchall() == [("family-1",)]


def test_a_start_without_the_database_says_so_and_may_be_tried_again(tmp_path: Path) -> None:
    began = time.monotonic()
    program = Program(CAREVIA_DATABASE_URL=f"postgresql://u:secret@127.0.0.1:{free_port()}/carevia")
    status, said = program.refuse()
    assert status == 1, "2 would tell systemd not to try again"
    assert "PostgreSQL cannot be reached" in said and "secret" not in said and "Traceback" not in said
    assert time.monotonic() - began < 15


def test_a_data_folder_that_cannot_be_written_is_said_in_one_sentence_and_not_tried_again(
    postgres: Postgres, tmp_path: Path
) -> None:
    """The tables are elsewhere, but the sockets by which processes hand over connections lie there."""
    (tmp_path / "file").write_text("")
    settings = {"CAREVIA_ENV": "production", "CAREVIA_PUBLIC_URL": "https://care.example.com"}
    settings |= {"CAREVIA_SECRET_KEY": "k" * 32, "CAREVIA_DATABASE_URL": postgres.database()}
    program = Program(data=tmp_path / "file" / "data")
    program.settings = settings
    status, said = program.refuse()
    assert status == 2, said
    assert said.splitlines()[-1].startswith(f"carevia: The data folder {program.data} cannot be written")
    assert "Traceback" not in said
