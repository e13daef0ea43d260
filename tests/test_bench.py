"""The machinery of bench/: it gives figures for a server of each kind, and draws them. Nothing here looks at speed."""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench import desk, draw, proc, report, servers
from bench.__main__ import arguments
from bench.load import load, payload
from bench.rounds import Bench
from bench.scenarios import SCENARIOS
from bench.servers import LOOP, NODE, OURS
from bench.table import CLUSTER, DESK, ENGINE, PLOTTED, ROWS, Bound, Figures
from tests.acceptance.people import token

pytestmark = pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="reads Linux's accounting")
UNEQUAL = {"id", "trackingId", "time", "waitingSince", "lastMessage"}  # made up, times, and what is looked at by itself
needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="the load generator needs a C compiler")
FACTS = report.Facts("2000-01-01", "a machine", ["a version"], 1, 0.05, 0.1, [1.0])


def made_up() -> Figures:
    figures = Figures()
    for turn, slow in enumerate((1.0, 2.0, 1.1)):
        for row in ROWS:
            for server, value in ((OURS, 4.0), (NODE, 20.0), (LOOP, 3.0)):
                figures.add(row, server, turn, value * slow)
    return figures


def test_twenty_clients_give_a_figure_for_ours_and_for_node_or_a_sentence_where_no_compiler_is() -> None:
    if shutil.which("cc") is None:
        with pytest.raises(SystemExit, match="needs a C compiler"):
            servers.load_program()
        return
    servers.install_peers()
    bench = Bench(servers=(OURS, NODE), seconds=0.05, scale=0.02)
    SCENARIOS["thousand"](bench)
    for row in ("one-100", "one-1000", "eight-1000", "five-1000", "echo"):
        for server in (OURS, NODE):
            found = bench.figures.spread(row, server)
            assert found is not None and found.middle > 0, (row, server)


@needs_compiler
def test_rooms_and_namespaces_are_measured_beside_others() -> None:
    servers.install_peers()
    bench = Bench(servers=(OURS, NODE), seconds=0.02, scale=0.01)
    for name in ("rooms", "namespaces"):
        SCENARIOS[name](bench)
    for _, _, rows in PLOTTED[1:]:
        for row in rows:
            for server in (OURS, NODE):
                found = bench.figures.spread(row, server)
                assert found is not None and found.middle > 0, (row, server)


@needs_compiler
def test_a_client_that_reads_nothing_is_measured_by_what_it_costs_and_by_how_the_others_fare() -> None:
    servers.install_peers()
    bench = Bench(servers=(OURS, NODE), scale=0.1)
    SCENARIOS["slow"](bench)
    for server in (OURS, NODE):
        others, memory = (bench.figures.spread(row, server) for row in ("slow-others", "slow-memory"))
        assert others is not None and others.middle > 0
        assert memory is not None and memory.middle >= 0


@needs_compiler
def test_the_main_job_and_the_chat_are_measured_on_the_real_program_and_on_its_peer() -> None:
    servers.install_peers()
    bench = Bench(servers=(OURS, NODE), seconds=0.05, scale=0.01)
    for name in ("job", "chat"):
        SCENARIOS[name](bench)
    for row in DESK:
        for server in (OURS, NODE):
            found = bench.figures.spread(row, server)
            assert found is not None and found.middle > 0, (row, server)


@needs_compiler
def test_processes_on_one_redis_are_measured_beside_node_with_its_adapter(monkeypatch: pytest.MonkeyPatch) -> None:
    servers.install_peers()
    monkeypatch.setattr("bench.cluster.PROCESSES", (2,))
    bench = Bench(servers=(OURS, NODE), seconds=0.05, scale=0.01)
    SCENARIOS["cluster"](bench)
    for row in (row for row in CLUSTER if row.startswith("cluster-2-")):
        for server in (OURS, NODE):
            found = bench.figures.spread(row, server)
            assert found is not None and found.middle > 0, (row, server)


def test_ratios_are_taken_within_a_round_so_a_slow_round_does_not_move_them() -> None:
    figures = made_up()
    ratio, ours = figures.ratio("echo", NODE), figures.spread("echo", OURS)
    assert ratio is not None and ours is not None
    assert (ratio.low, ratio.middle, ratio.high) == pytest.approx((0.2, 0.2, 0.2))
    assert (ours.low, ours.middle, ours.high) == pytest.approx((4.0, 4.4, 8.0))


def test_verdict_says_the_best_bound_that_is_met() -> None:
    figures = made_up()
    assert figures.verdict(ROWS["echo"]) == "goal"
    assert figures.verdict(ROWS["eight-1000"]) == "required"
    assert figures.verdict(ROWS["crowd-event"]) == "missed"
    assert figures.verdict(ROWS["one-100"]) == "", "nothing is asked of it"
    assert figures.meets(ROWS["echo"], Bound(loop=1.0)) is False
    assert figures.meets(ROWS["chat-rate"], Bound(0.1, least=True)) is True
    assert figures.meets(ROWS["chat-rate"], Bound(3, least=True)) is False
    assert Figures().meets(ROWS["echo"], Bound(node=1.0)) is None, "nothing was measured"


def test_verdict_says_where_the_limit_is_below_what_bare_calls_cost() -> None:
    figures = Figures()
    for server, value in ((OURS, 3.9), (NODE, 6.2), (LOOP, 3.5)):
        figures.add("one-1000", server, 0, value)
    assert figures.verdict(ROWS["one-1000"]) == "missed, by the C loop too"
    figures.add("one-1000", LOOP, 0, 3.0)
    assert figures.verdict(ROWS["one-1000"]) == "missed"


def test_the_report_is_a_table_with_pictures_and_keeps_what_people_wrote_around_it(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"# Ours\n\n{report.BEGIN}\nold\n{report.END}\n\nWritten by hand.\n")
    written = report.write(made_up(), FACTS, tmp_path)
    text = page.read_text()
    assert text.startswith("# Ours\n") and text.endswith("\nWritten by hand.\n") and "\nold\n" not in text
    assert text.count("\n| ") == len(ENGINE | DESK) + 4
    grown = (tmp_path / "scaling.md").read_text()
    assert grown.count("\n| ") == len(CLUSTER) + 2
    pictures = [path for path in written if path.suffix == ".svg"]
    assert len(pictures) == 6
    for picture in pictures:
        assert f"]({picture.relative_to(tmp_path)})" in text + grown
        assert ElementTree.fromstring(picture.read_text()).tag.endswith("svg")


def test_a_drawing_of_nothing_is_a_drawing() -> None:
    for picture in (draw.bars([], []), draw.lines({}, "nothing")):
        assert ElementTree.fromstring(picture).tag.endswith("svg")


def test_quick_leaves_out_what_takes_long_and_an_unknown_name_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    quick = arguments(["--quick"])
    assert "crowd" not in quick.names and quick.rounds == 1 and not quick.all
    whole = arguments([])
    assert whole.names == list(SCENARIOS) and whole.rounds == 3 and whole.all
    with pytest.raises(SystemExit):
        arguments(["thousands"])
    assert "there is no thousands" in capsys.readouterr().err


def test_cpu_time_of_a_process_is_counted() -> None:
    with subprocess.Popen([sys.executable, "-c", "sum(range(10**6)); input()"], stdin=subprocess.PIPE) as process:
        try:
            assert proc.resident(process.pid) > 0
            assert proc.cpu(process.pid) >= 0
        finally:
            process.kill()


def test_the_payload_is_300_bytes() -> None:
    assert len(payload()) == 300


@needs_compiler
def test_the_peer_of_the_main_job_keeps_the_same_facts_as_ours(tmp_path: Path) -> None:
    servers.install_peers()
    kept = {}
    for name in (OURS, NODE):
        folder = tmp_path / name
        folder.mkdir()
        with desk.serving(name, folder) as server, load(server) as clients:
            desk.Sender(clients).deliver(3, 0, 1)
            clients.credentials([desk.said(token("family-0", name="Nusrat Jahan"))])
            clients.open(2)
            clients.call(desk.MESSAGE, 2, window=1, each=1)
        kept[name] = facts(folder / desk.DATABASE)
    assert kept[OURS] == kept[NODE]
    assert [len(rows) for rows in kept[OURS].values()] == [3, 4, 3, 3, 2, 1, 7]


def facts(path: Path) -> dict[str, list[dict[str, object]]]:
    """What is in each table, without ids that are made up, times, and what only ours knows: receipts and senders."""
    chance = {"id", "booking_id", "session_id", "intent_id", "tracking_id", "digest", "body", "sender", "waiting"}
    times = {"time", "created", "paid_at", "received", "committed", "emitted", "updated"}
    tables = ("provider_events", "users", "bookings", "payments", "messages", "conversations", "journal")
    found = {}
    with closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        for table in tables:
            rows = [dict(row) for row in database.execute(f"SELECT * FROM {table}")]
            rows = [row for row in rows if not row.get("login")]  # those who may sign in here were there before
            found[table] = [{key: told(row[key]) for key in row.keys() - chance - times} for row in rows]
    return found


def told(value: object) -> object:
    """The words of an event are compared, not their order."""
    if not isinstance(value, str) or not value.startswith("{"):
        return value
    event = json.loads(value)
    parts = [event, event.get("lastMessage", {})]
    return [{key: part[key] for key in sorted(part.keys() - UNEQUAL)} for part in parts]
