"""/openapi.json, made from the table of routes: what is not in the table cannot be described, and the reverse."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from carevia import __version__
from carevia.api.payload import BINARY, Nothing, Raw, schema_of
from carevia.api.policy import Route

_REASONS: Final = {
    304: "Unchanged since the one that If-None-Match names.",
    400: "The payload is wrong; `errors` names the fields.",
    401: "Not signed in, or the credential is not good.",
    403: "Signed in, but not allowed; or a request of another site's page.",
    404: "Not there, or not yours.",
    408: "The body did not arrive in time.",
    409: "It happened before.",
    413: "The body is too large.",
    429: "Too many attempts, or too many at once; Retry-After says when to come back.",
    500: "Our fault; tell the operator the X-Request-Id.",
    503: "Not at the moment; Retry-After says when to come back.",
}
_FAILURE: Final = {
    "type": "object",
    "required": ["success", "message"],
    "properties": {
        "success": {"const": False},
        "message": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
_SECURITY: Final[dict[str, list[dict[str, list[str]]]]] = {
    "guest": [{}, {"token": []}, {"session": []}],
    "customer": [{"token": []}, {"session": []}],
    "staff": [{"token": []}, {"session": []}],
}
_SIGNED_HEADERS: Final = {
    "/api/payment/webhook": ("Stripe-Signature",),
    "/emit-booking": ("webhook-id", "webhook-timestamp", "webhook-signature"),
}
_BYTES: Final[dict[str, Any]] = {"application/octet-stream": {"schema": BINARY}}


def describe(routes: Sequence[Route[Any, Any]], cookie_name: str) -> bytes:
    """The document as JSON."""
    components: dict[str, Any] = {"Failure": _FAILURE}
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, components)
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Carevia",
            "version": __version__,
            "description": "The real-time desk's API. Answers are `{success, message, data}`, errors "
            "`{success: false, message, errors?}` with an id in X-Request-Id. Socket events: docs/events.md.",
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "session": {"type": "apiKey", "in": "cookie", "name": cookie_name},
            },
        },
    }
    return msgspec.json.encode(document)


def _operation(route: Route[Any, Any], components: dict[str, Any]) -> dict[str, Any]:
    parts = [part for part in route.path.replace(".", "/").split("/") if part not in ("", "api")]
    operation: dict[str, Any] = {
        "operationId": "_".join([route.method.lower(), *parts]).replace("-", "_"),
        "summary": route.summary,
        "description": f"Policy: {route.policy}.",
        "responses": _responses(route, components),
    }
    if parameters := _parameters(route, components):
        operation["parameters"] = parameters
    if route.body is Raw:
        operation["requestBody"] = {"required": True, "content": _BYTES}
    elif route.body not in (None, Nothing):
        schema = {"type": "object"} if route.body is bytes else _schema(route.body, components)
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if security := _SECURITY.get(route.policy or ""):
        operation["security"] = security
    return operation


def _parameters(route: Route[Any, Any], components: dict[str, Any]) -> list[dict[str, Any]]:
    headers = _SIGNED_HEADERS.get(route.path, ())
    found: list[dict[str, Any]] = [
        {"name": name, "in": "header", "required": True, "schema": {"type": "string"}} for name in headers
    ]
    if route.query in (None, Nothing):
        return found
    reference = _schema(route.query, components)["$ref"].rpartition("/")[2]
    schema = components.pop(reference)
    needed = schema.get("required", [])
    found += [
        {"name": name, "in": "query", "required": name in needed, "schema": one}
        for name, one in schema["properties"].items()
    ]
    return found


def _responses(route: Route[Any, Any], components: dict[str, Any]) -> dict[str, Any]:
    if route.media:
        content = {kind: {"schema": route.answer} for kind in route.media}
    else:
        data = route.answer if isinstance(route.answer, dict) else _schema(route.answer, components)
        fields = {"data": data} | {name: _schema(kind, components) for name, kind in route.beside.items()}
        content = {"application/json": {"schema": data if route.bare else _envelope(fields)}}
    responses: dict[str, Any] = {"200": {"description": "OK", "content": content}}
    for status in sorted(_statuses(route)):
        responses[str(status)] = {"description": _REASONS[status]}
        if status >= 400:
            failure = {"schema": {"$ref": "#/components/schemas/Failure"}}
            responses[str(status)]["content"] = {"application/json": failure}
    return responses


def _statuses(route: Route[Any, Any]) -> set[int]:
    found = {500, *route.errors}
    told_who = route.policy in ("guest", "customer", "staff")
    if told_who:
        found |= {401, 503}
    if told_who and route.method == "POST":
        found.add(429)
    if route.policy == "staff" or (route.method == "POST" and route.policy != "signed"):
        found.add(403)
    if route.query is not Nothing or route.body is not Nothing:
        found.add(400)
    if route.body is not Nothing:
        found |= {408, 413}
    return found


def _envelope(fields: dict[str, Any]) -> dict[str, Any]:
    properties = {"success": {"const": True}, "message": {"type": "string"}, **fields}
    return {"type": "object", "required": list(properties), "properties": properties}


def _schema(kind: Any, components: dict[str, Any]) -> dict[str, Any]:
    schema, more = schema_of(kind)
    components |= more
    return schema
