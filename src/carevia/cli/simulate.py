"""`carevia simulate`: customers who book and pay, delivered over HTTP to a running server as Stripe would.

Faults happen to deliveries, never to payments: whatever the fault, each customer must appear once on every desk.
"""

import random
import time
from collections.abc import Callable, Collection
from typing import Any, Final, NamedTuple

import httpx2

from carevia.api.simulator import paid_event, signed, tracking_id_of
from carevia.api.webhook import PATH
from carevia.clock import now
from carevia.config import Settings
from carevia.errors import BadInput, ConfigError

FAULTS: Final = {
    "duplicate": "every event is delivered twice",
    "late": "every second event is delivered after all the others",
    "shuffle": "events are delivered in another order",
    "lost": "every second delivery is lost on the way and repeated later",
}
_TRIES: Final = 4
_HINTS: Final = {400: " It was signed with the secret of this folder: start simulate where the server was started."}


class Delivery(NamedTuple):
    event: dict[str, Any]
    lost: bool = False


def read_faults(text: str) -> frozenset[str]:
    names = frozenset(name.strip() for name in text.split(",") if name.strip())
    for name in sorted(names - FAULTS.keys()):
        raise BadInput(f"There is no fault {name}. Known are {', '.join(FAULTS)}.")
    return names


def play(
    settings: Settings, url: str, count: int, rate: float, faults: Collection[str], say: Callable[[str], None]
) -> bool:
    """Whether every payment was accepted. Says each tracking id."""
    if settings.production:
        raise ConfigError("Simulated payments are for development: a production server refuses test events.")
    events = [paid_event(now()) for _ in range(count)]
    accepted: set[str] = set()
    with httpx2.Client(base_url=url.rstrip("/"), timeout=15, trust_env=False) as client:
        for place, delivery in enumerate(deliveries(events, faults)):
            if place:
                time.sleep(1 / rate)
            if delivery.lost:
                continue
            if _deliver(client, settings.stripe_webhook_secret[0], delivery.event, say):
                tracking = tracking_id_of(delivery.event)
                if tracking not in accepted:
                    say(f"Paid and accepted: {tracking}")
                accepted.add(tracking)
    say(f"{len(accepted)} of {count} payments were accepted by {url}.")
    return len(accepted) == count


def deliveries(events: list[dict[str, Any]], faults: Collection[str]) -> list[Delivery]:
    """What goes over the wire, in order. A lost delivery is followed by its repetition, as Stripe repeats it."""
    plan = [Delivery(event) for event in events]
    if "lost" in faults:
        plan = [Delivery(d.event, place % 2 == 0) for place, d in enumerate(plan)]
        plan += [Delivery(d.event) for d in plan if d.lost]
    if "duplicate" in faults:
        plan = [d for d in plan for _ in range(1 if d.lost else 2)]
    if "shuffle" in faults:
        random.shuffle(plan)
    if "late" in faults:
        plan = plan[1::2] + plan[::2]
    return plan


def _deliver(client: httpx2.Client, secret: str, event: dict[str, Any], say: Callable[[str], None]) -> bool:
    """Sign anew at each try, as Stripe does; 5xx and silence are tried again."""
    outcome = ""
    for attempt in range(_TRIES):
        body, headers = signed(event, secret, now())
        try:
            answer = client.post(PATH, content=body, headers=headers)
        except httpx2.TransportError:
            outcome = "Nothing answers there. Start the server with `python3 run.py`, or name it with --url."
            if attempt == 0:
                say("Nothing answers there yet; trying again.")
        else:
            if answer.status_code == 200:
                return True
            outcome = f"Refused ({answer.status_code}): {_reason(answer)}{_HINTS.get(answer.status_code, '')}"
            if answer.status_code < 500:
                break
        if attempt + 1 < _TRIES:
            time.sleep(0.3 * 2**attempt)
    say(outcome)
    return False


def _reason(answer: httpx2.Response) -> str:
    """The server's own sentence; what else may stand at that address answers what it likes."""
    try:
        return str(answer.json()["message"])
    except (ValueError, LookupError, TypeError):
        return "What answers there is not Carevia. Name the server with --url."
