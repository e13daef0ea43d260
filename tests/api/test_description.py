"""/openapi.json: what it says of every route is what the route does."""

import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec

from tests.aio import run
from tests.api.desk import desk


def test_description_knows_what_is_taken(tmp_path: Path) -> None:
    """A client made from it sent what it called good, and was answered 400."""
    refused: list[tuple[str, str, Any]] = [
        ("get", "/api/booking", {"after": -1}),
        ("get", "/api/booking/export", {"upto": 10**15}),
        ("post", "/api/payment/confirm", {"sessionId": "pi_1"}),
        ("post", "/api/chat/reply", {"shortcut": "a b", "text": "x"}),
        ("post", "/api/chat/reply", {"shortcut": "a", "text": " "}),
        ("post", "/api/chat/reply", {"shortcut": "a\x07", "text": "x"}),
        ("post", "/api/chat/reply", {"shortcut": "a", "text": "x\x07"}),
        ("post", "/api/chat/attachment", {"roomId": "u1", "id": "\x07"}),
        ("get", "/api/chat/conversation", {"after": "7"}),
        ("get", "/api/chat/user/booking", {"before": "a7"}),
        ("post", "/api/chat/draft", {"roomId": "a b", "text": "x"}),
        ("post", "/api/chat/draft", {"roomId": "u1", "text": "x\x07"}),
        ("post", "/api/chat/message", {"roomId": "u1", "text": "x\x07"}),
    ]

    async def work() -> None:
        async with desk(tmp_path) as d:
            headers = d.bearer("boss", "admin")
            document = (await d.http.get("/openapi.json")).json()
            for method, path, given in refused:
                if method == "post" and "attachment" not in path:
                    answer = await d.http.post(path, json=given, headers=headers)
                else:
                    answer = await d.http.request(method, path, params=given, headers=headers)
                assert answer.status_code == 400, (path, answer.text)
                assert not jsonschema_rs.is_valid(_taken_by(document, method, path), given), (path, given)

    run(work())


def _taken_by(document: Any, method: str, path: str) -> Any:
    """The schema of the query as an object, or of the body."""
    operation = document["paths"][path][method]
    if "parameters" in operation:
        return {"type": "object", "properties": {one["name"]: one["schema"] for one in operation["parameters"]}}
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    return schema | {"components": document["components"]}


def test_description_knows_what_a_site_may_tell(tmp_path: Path) -> None:
    """The sentence about a tracking id did not say either that it begins and ends with a letter or digit."""
    refused = [
        ({"userId": "a b"}, "letters"),
        ({"userId": "u1", "trackingId": "CV-"}, "first and last"),
        ({"userId": "u1", "currency": "taka"}, "three letters"),
        ({"userId": "u1", "sessionId": "x" * 256}, "255"),
    ]

    async def work() -> None:
        async with desk(tmp_path) as d:
            document = (await d.http.get("/openapi.json")).json()
            schema = document["components"]["schemas"]["SiteBooking"]
            for given, words in refused:
                answer = await d.emit(given)
                assert answer.status_code == 400, given
                assert words in answer.json()["errors"][0]["message"]
                assert not jsonschema_rs.is_valid(schema, given), given
            given = {"userId": "u1", "trackingId": "", "currency": "BDT", "sessionId": ""}
            assert (await d.emit(given)).status_code == 200
            assert jsonschema_rs.is_valid(schema, given)

    run(work())


def test_description_takes_a_message_that_is_an_attachment_alone(tmp_path: Path) -> None:
    """A client made from it could not send what every page sends: it said that there must be a text."""

    async def work() -> None:
        async with desk(tmp_path) as d:
            headers = d.bearer()
            document = (await d.http.get("/openapi.json")).json()
            where = {"roomId": "u1", "id": "1", "name": "a.gif"}
            upload = await d.http.post("/api/chat/attachment", params=where, content=b"GIF89a", headers=headers)
            id_ = upload.json()["data"]["id"]
            given = {"roomId": "u1", "text": "", "attachments": [id_]}
            assert (await d.http.post("/api/chat/message", json=given, headers=headers)).status_code == 200
            assert jsonschema_rs.is_valid(_taken_by(document, "post", "/api/chat/message"), given)
            answer = await d.http.get("/api/chat/attachment", params={"id": id_}, headers=headers)
            described = document["paths"]["/api/chat/attachment"]["get"]["responses"]["200"]["content"]
            assert answer.headers["content-type"] in described

    run(work())


def test_description_knows_what_stands_beside_the_data_of_a_page(tmp_path: Path) -> None:
    """Whoever made a client of it could not ask for the next page: no cursor was in the answers described."""

    async def work() -> None:
        async with desk(tmp_path) as d:
            headers = d.bearer("boss", "admin")
            document = (await d.http.get("/openapi.json")).json()
            for path, given in (
                ("/api/chat/conversation", {}),
                ("/api/chat/message", {"roomId": "boss"}),
                ("/api/chat/search", {"q": "rima"}),
                ("/api/chat/user/booking", {}),
            ):
                answer = (await d.http.get(path, params=given, headers=headers)).json()
                content = document["paths"][path]["get"]["responses"]["200"]["content"]
                schema = content["application/json"]["schema"] | {"components": document["components"]}
                assert set(answer) == set(schema["properties"]) == set(schema["required"]), path
                assert jsonschema_rs.is_valid(schema, answer), path

    run(work())


def test_description_names_every_route_with_its_errors(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            document = msgspec.json.decode((await d.http.get("/openapi.json")).content)
            described = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
            assert described == {(route.method, route.path) for route in d.carevia._routes()}
            operations = [operation for item in document["paths"].values() for operation in item.values()]
            assert len({operation["operationId"] for operation in operations}) == len(operations)
            assert {"401", "403", "500", "503"} <= set(document["paths"]["/api/chat/user/booking"]["get"]["responses"])
            login = document["paths"]["/api/login"]["post"]
            assert {"200", "400", "401", "403", "408", "413", "429", "500", "503"} == set(login["responses"])
            for method in ("get", "post"):  # where somebody else is signed in by now
                assert "403" in document["paths"]["/api/chat/draft"][method]["responses"]
            kept = document["paths"]["/api/chat/attachment"]["get"]["responses"]["304"]
            assert "content" not in kept
            text = msgspec.json.encode(document).decode()
            for name in set(re.findall(r"#/components/schemas/(\w+)", text)):
                assert name in document["components"]["schemas"]

    run(work())
