"""Probes, metrics, configuration, pages."""

import re
from pathlib import Path
from typing import Any

import pytest

from carevia.app import sessions_with
from carevia.errors import Unavailable
from tests.aio import run
from tests.api.desk import PRODUCTION, desk


def test_healthz_answers_while_the_process_does(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            await d.carevia.store.close()
            assert (await d.http.get("/healthz")).status_code == 200

    run(work())


def test_readyz_is_503_with_the_reason_while_the_store_cannot_commit_and_green_again_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full() -> None:
        raise Unavailable("The disk is full.")

    async def work() -> None:
        async with desk(tmp_path) as d:
            assert (await d.http.get("/readyz")).status_code == 200
            with monkeypatch.context() as patch:
                patch.setattr(d.carevia.store, "check", full)
                await d.carevia.health.judge()
                answer = await d.http.get("/readyz")
                assert (answer.status_code, answer.json()["message"]) == (503, "The disk is full.")
                assert answer.headers["retry-after"]
                page = (await d.http.get("/metrics")).text
                assert 'carevia_ready{part="store"} 0.0' in page
                assert 'carevia_ready{part="relay"} 1.0' in page
            await d.carevia.health.judge()
            assert (await d.http.get("/readyz")).status_code == 200

    run(work())


def test_while_the_store_cannot_commit_whoever_is_signed_in_still_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_: object) -> None:
        raise Unavailable("The disk is full.")

    async def work() -> None:
        async with desk(tmp_path) as d:
            cookie = await d.signed_in()
            monkeypatch.setattr("carevia.service.people.SEEN_EVERY", 0)  # the session is due to be marked as seen
            monkeypatch.setattr(d.carevia.store, "write", full)
            assert (await d.http.get("/api/booking", headers=cookie)).status_code == 200

    run(work())


def test_while_the_store_cannot_be_read_every_route_answers_as_it_is_described(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(_: object) -> None:
        raise Unavailable("The database is out of reach.")

    async def work() -> None:
        async with desk(tmp_path) as d:
            headers = d.bearer("boss", "admin")
            paths = (await d.http.get("/openapi.json")).json()["paths"]
            monkeypatch.setattr(d.carevia.store, "read", gone)
            for path, operations in paths.items():
                if "get" in operations:
                    answer = await d.http.get(path, headers=headers)
                    assert str(answer.status_code) in operations["get"]["responses"], (path, answer.text)

    run(work())


@pytest.mark.parametrize("query", ["a=1&" * 60, "own=%ff", "%"])
def test_probes_answer_whatever_stands_in_the_query(tmp_path: Path, query: str) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            for path in ("/healthz", "/readyz", "/metrics"):
                assert (await d.http.get(f"{path}?{query}")).status_code == 200

    run(work())


def test_a_balancer_may_ask_without_the_bus_where_redis_is_away(tmp_path: Path) -> None:
    """Every node is then red: it would take all of them away for what costs a second's delay."""

    async def work() -> None:
        async with desk(tmp_path, REDIS_URL="redis://127.0.0.1:1") as d:
            assert (await d.http.get("/readyz")).status_code == 503
            assert (await d.http.get("/readyz?without=bus")).status_code == 200
            assert (await d.http.get("/readyz?without=store")).status_code == 503
            d.carevia.health.draining = True
            assert (await d.http.get("/readyz?without=bus")).status_code == 503

    run(work())


def test_readyz_is_503_while_the_server_drains(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            d.carevia.health.draining = True
            assert "stopping" in (await d.http.get("/readyz")).json()["message"]

    run(work())


def test_staff_see_the_state_of_the_machine_and_customers_do_not(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            answer = await d.http.get("/api/ops", headers=d.bearer("boss", "admin"))
            assert answer.json()["data"] == {
                "ready": True, "reason": None, "setAside": [], "setAsideCount": 0, "failedCommits": 0, "behind": 0,
            }  # fmt: skip
            assert (await d.http.get("/api/ops", headers=d.bearer("u1"))).status_code == 403

    run(work())


def test_metrics_are_for_loopback_only_without_a_token(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            answer = await d.http.get("/metrics")
            assert answer.status_code == 200
            assert "carevia_sockets 0.0" in answer.text
            assert answer.headers["content-type"].startswith("text/plain")
            forwarded = await d.http.get("/metrics", headers={"x-forwarded-for": "203.0.113.9"})
            assert forwarded.status_code == 403
        async with desk(tmp_path, client="203.0.113.9") as d:
            assert (await d.http.get("/metrics")).status_code == 403

    run(work())


def test_every_limit_is_metered_from_the_start(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path, LIMIT_CONNECTIONS="1") as d:
            polling = "/socket.io/?EIO=4&transport=polling"
            assert [(await d.http.get(polling)).status_code for _ in range(2)] == [200, 503]
            metrics = (await d.http.get("/metrics")).text
            met = dict(re.findall(r'carevia_limits_met_total{limit="(\w+)"} (\S+)', metrics))
            of_sockets = {"address", "connections", "tabs", "rooms", "events", "flood", "queue", "buffer"}
            assert met.keys() == of_sockets | {"head", "payload", "packets", "attachments"}
            assert {limit for limit, count in met.items() if float(count)} == {"connections"}

    run(work())


def test_behind_a_trusted_proxy_the_clients_address_counts_for_metrics(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path, TRUSTED_PROXIES="127.0.0.1") as d:
            assert (await d.http.get("/metrics", headers={"x-forwarded-for": "203.0.113.9"})).status_code == 403
            spoofed = {"x-forwarded-for": "127.0.0.1, 203.0.113.9"}
            assert (await d.http.get("/metrics", headers=spoofed)).status_code == 403
            assert (await d.http.get("/metrics")).status_code == 200

    run(work())


def test_metrics_token_opens_metrics_from_elsewhere(tmp_path: Path) -> None:
    token = "m" * 32

    async def work() -> None:
        async with desk(tmp_path, client="203.0.113.9", METRICS_TOKEN=token) as d:
            assert (await d.http.get("/metrics", headers={"authorization": f"Bearer {token}"})).status_code == 200
            assert (await d.http.get("/metrics", headers={"authorization": "Bearer wrong"})).status_code == 401
            assert (await d.http.get("/metrics")).status_code == 403

    run(work())


def test_config_json_tells_the_page_where_to_connect(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            config = (await d.http.get("/config.json")).json()
            assert config == {"socketUrl": "", "env": "development", "guestSockets": True}
        other = PRODUCTION | {"CAREVIA_SOCKET_URL": "https://live.example.com"}
        async with desk(tmp_path / "b", **other) as d:
            config = (await d.http.get("/config.json")).json()
            assert config == {"socketUrl": "https://live.example.com", "env": "production", "guestSockets": False}

    run(work())


def test_catalogue_is_public_with_eight_services_and_eight_divisions(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            data = (await d.http.get("/api/catalogue")).json()["data"]
            assert (len(data["services"]), len(data["divisions"])) == (8, 8)
            assert {service["currency"] for service in data["services"]} == {"bdt"}

    run(work())


def test_simulate_plays_one_paid_booking_through_the_real_webhook(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d, d.socket({"token": d.token("boss", "admin")}) as staff:
            answer = await d.http.post("/api/simulate", headers=d.bearer("boss", "admin"), json={})
            assert answer.status_code == 200
            tracking = answer.json()["data"]["trackingId"]
            assert (await staff.event("customer_added"))[0]["trackingId"] == tracking
            counted: Any = d.carevia.edge.answered
            assert counted["POST /api/payment/webhook", 200] == 1
            assert (await d.http.post("/api/simulate", headers=d.bearer("u1"), json={})).status_code == 403

    run(work())


def test_simulate_does_not_exist_in_production(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path, **PRODUCTION) as d:
            answer = await d.http.post("/api/simulate", headers=d.bearer("boss", "admin"), json={})
            assert answer.status_code == 404

    run(work())


# --- pages ---


@pytest.fixture
def web(tmp_path: Path) -> Path:
    folder = tmp_path / "web"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Carevia</title>" + "x" * 2_000)
    (folder / "assets" / "index-1a2b3c.js").write_text("console.log(1)" * 200)
    (folder / "assets" / "favicon.svg").write_text("<svg/>")
    (folder / "assets" / ".secret").write_text("no")
    return folder


@pytest.mark.parametrize("path", ["/", "/test-socket", "/dashboard", "/chat", "/login", "/docs", "/login/"])
def test_pages_are_the_built_index(tmp_path: Path, web: Path, path: str) -> None:
    async def work() -> None:
        async with desk(tmp_path, web) as d:
            answer = await d.http.get(path)
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
            assert answer.headers["cache-control"] == "no-cache"
            assert "Carevia" in answer.text
            again = await d.http.get(path, headers={"if-none-match": answer.headers["etag"]})
            assert (again.status_code, again.content) == (304, b"")
            assert "content-length" not in again.headers, "it would be that of the page"
            assert answer.headers["etag"].startswith("W/"), "packed and plain have the same"
            assert (await d.http.post(path)).status_code == 405

    run(work())


def test_a_browser_at_an_address_that_is_none_gets_the_page_that_says_so_and_a_program_json(
    tmp_path: Path, web: Path
) -> None:
    async def work() -> None:
        async with desk(tmp_path, web) as d:
            browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
            page = await d.http.get("/dashbord", headers=browser)
            assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
            again = await d.http.get("/dashbord", headers=browser | {"if-none-match": page.headers["etag"]})
            assert (again.status_code, again.text) == (404, page.text)
            for path, accepts in (("/dashbord", {}), ("/api/nope", browser)):
                assert (await d.http.get(path, headers=accepts)).json()["success"] is False
            assert (await d.http.post("/dashbord", headers=browser)).status_code == 404

    run(work())


def test_assets_are_kept_for_ever_and_nothing_else_of_the_disk_is_served(tmp_path: Path, web: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path, web) as d:
            answer = await d.http.get("/assets/index-1a2b3c.js", headers={"accept-encoding": "gzip"})
            assert "immutable" in answer.headers["cache-control"]
            assert answer.headers["content-encoding"] == "gzip"
            assert answer.text.startswith("console.log")
            assert (await d.http.get("/assets/favicon.svg")).headers["cache-control"] == "no-cache"
            for path in ("/assets/.secret", "/assets/", "/assets/%2e%2e/data", "/data"):
                assert (await d.http.get(path)).status_code == 404

    run(work())


@pytest.mark.parametrize(
    ("accepts", "packed"),
    [
        ("gzip", True), ("br, GZIP;q=0.8, *;q=0", True), ("gzip;q=0.001", True),
        ("gzip;q=0", False), ("gzip; q=0.000, br", False), ("identity", False),
    ],
)  # fmt: skip
def test_an_asset_is_packed_for_whom_takes_gzip_only(tmp_path: Path, web: Path, accepts: str, packed: bool) -> None:
    async def work() -> None:
        async with desk(tmp_path, web) as d:
            answer = await d.http.get("/assets/index-1a2b3c.js", headers={"accept-encoding": accepts})
            assert ("content-encoding" in answer.headers) is packed

    run(work())


def test_where_the_pages_are_not_built_the_address_says_what_to_do(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            answer = await d.http.get("/")
            assert answer.status_code == 503
            assert answer.headers["content-type"].startswith("text/plain")
            assert "python3 run.py" in answer.text

    run(work())


def test_sessions_have_a_limit_however_few_files_may_be_open() -> None:
    """256 open files left none for sessions, and none is no limit."""
    assert [sessions_with(files) for files in (20_000, 1_024, 512, 256, 64)] == [19_744, 768, 256, 128, 32]
