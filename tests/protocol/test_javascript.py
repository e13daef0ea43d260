"""Both codecs against JavaScript's own: byte for byte what its encoders write, and each reads what the other wrote.

10,000 Socket.IO packets and 1,000 Engine.IO payloads go through one Node process (javascript_encoder.mjs). They come
from dice and not from Hypothesis, because a process takes them all at once. The seed is printed;
`CAREVIA_JAVASCRIPT_SEED` runs it again. What is left out of the values on purpose stands at `Dice.key` and
`Dice.fraction`.
"""

import base64
import json
import os
import random
import re
import struct
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import webbuild
from carevia.protocol import engineio, socketio
from carevia.protocol.engineio import ParseError
from carevia.protocol.socketio import ACK, BINARY_ACK, BINARY_EVENT, CONNECT, CONNECT_ERROR, DISCONNECT, EVENT, Packet
from tests.harness import node

PACKETS, PAYLOADS = 10_000, 1_000
WITHIN = 120
# Read before a test clears the environment.
SEED = int(os.environ.get("CAREVIA_JAVASCRIPT_SEED") or random.SystemRandom().randrange(2**32))

DIGITS = {
    "open": engineio.OPEN,
    "close": engineio.CLOSE,
    "ping": engineio.PING,
    "pong": engineio.PONG,
    "message": engineio.MESSAGE,
    "upgrade": engineio.UPGRADE,
    "noop": engineio.NOOP,
}
TYPES = {digit: name for name, digit in DIGITS.items()}

# Characters that an encoder may escape or count in another way than its neighbour, and the edges of the surrogates.
ODD = (
    '"\\/\x7f\x80\x85\x9f\xa0\xad\u0300\u200b\u200d\u200e\u2028\u2029'
    "\ud7ff\ue000\ufeff\ufffd\ufffe\uffff\U00010000\U0010ffff"
)
LOOKS_ESCAPED = ("\\u2028", "\\ud800", '\\"', "\\\\", "\\n", "</script>", "<!--", "%00", "\r\n")
# Ranges without the surrogates: those that stand alone are no text, and both of a pair are one astral character.
RANGES = ((0, 0x1F), (0x20, 0x7E), (0x20, 0x7E), (0x80, 0x7FF), (0x800, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x10FFFF))
# Keys that mean something to JavaScript or to the parser.
ODD_KEYS = ("", "toJSON", "constructor", "hasOwnProperty", "length", "num", "_placeholder", "-1", "01", "1.5", " 1")
ORDERED_BY_JAVASCRIPT = re.compile("0|[1-9][0-9]*")

WireFrames = tuple[bytes, list[bytes]]
EnginePacket = tuple[str, str | bytes]


class Dice:
    """Draws packets, payloads and what is in them."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def character(self) -> str:
        if self.random.random() < 0.15:
            return self.random.choice(ODD)
        return chr(self.random.randint(*self.random.choice(RANGES)))

    def text(self) -> str:
        text = "".join(self.character() for _ in range(self.random.choice((0, 1, 2, 3, 5, 8, 30))))
        return text + self.random.choice(LOOKS_ESCAPED) if self.random.random() < 0.1 else text

    def key(self) -> str:
        """No digits alone: a JavaScript object puts such keys first, in order, and JSON's objects have no order.
        No `__proto__`: JavaScript's encoder loses it from a packet with attachments. No `$bytes`: this is our mark.
        No backslash: once V8's JSON.parse has seen such a key it may take another one with an escape for it
        (nodejs/node#63785), so that Node reads what nobody wrote."""
        while True:
            key = self.random.choice(ODD_KEYS) if self.random.random() < 0.2 else self.text().replace("\\", "/")
            if not ORDERED_BY_JAVASCRIPT.fullmatch(key) and key not in ("__proto__", "$bytes"):
                return key

    def whole(self) -> int:
        """Up to 2^53 in size: past it JavaScript has no integers of its own."""
        size = min(self.random.getrandbits(self.random.randint(1, 54)), 2**53)
        return self.random.choice((size, -size, 2**53, -(2**53), 2**53 - 1, 2**31, -(2**31), 2**32, 10**15))

    def fraction(self) -> float:
        """Not whole, and not from 1e-6 up to 1e-5. JSON leaves the form of a number to its writer: for 1.0, -0.0, 1e16
        and 0.000001 JavaScript writes 1, 0, 10000000000000000 and 0.000001, we write 1.0, -0.0, 1e16 and 1e-6."""
        while True:
            digits = self.random.randrange(10 ** self.random.randint(1, 17))
            exponent = self.random.randint(*self.random.choice(((-20, -1), (-12, -4), (-330, -20))))
            any_bits: float = struct.unpack("<d", self.random.randbytes(8))[0]
            value = self.random.choice((float(f"{digits}e{exponent}"), -float(f"{digits}e{exponent}"), any_bits))
            if value % 1 and abs(value) < 2**53 and not 1e-6 <= abs(value) < 1e-5:
                return value

    def value(self, binary: bool, depth: int = 4) -> Any:
        """Any JSON value, or one with bytes in it. As in Hypothesis, most are leaves, so that it ends."""
        match self.random.randrange(12):
            case 0 | 1 if depth:
                return self.values(binary, depth - 1)
            case 2 | 3 if depth:
                return self.mapping(binary, depth - 1)
            case 4 | 5 if binary:
                return self.random.randbytes(self.random.choice((0, 1, 2, 3, 40)))
            case 6 | 7:
                return self.whole()
            case 8 | 9:
                return self.fraction()
            case 10:
                return self.random.choice((None, True, False))
            case _:
                return self.text()

    def values(self, binary: bool, depth: int = 4) -> list[Any]:
        return [self.value(binary, depth) for _ in range(self.random.randrange(5))]

    def mapping(self, binary: bool, depth: int = 4) -> dict[str, Any]:
        """A `_placeholder` that is true would be a placeholder, so that one is never true."""
        drawn = {self.key(): self.value(binary, depth) for _ in range(self.random.randrange(5))}
        if drawn.get("_placeholder") is True:
            drawn["_placeholder"] = 1
        return drawn

    def arguments(self, binary: bool) -> list[Any]:
        """Of a binary packet one at least is bytes; sometimes so many that their number has two digits."""
        drawn = self.values(binary)
        if binary:
            many = [self.random.randbytes(2) for _ in range(self.random.choice((1, 1, 1, 9, 10, 11)))]
            drawn.insert(self.random.randint(0, len(drawn)), many if len(many) > 1 else many[0])
        return drawn

    def name(self) -> str:
        name = self.text()
        return name if name not in socketio.RESERVED else "other"

    def namespace(self) -> str:
        return self.random.choice(("/", "/" + self.text().replace(",", ";")))

    def packet(self) -> Packet:
        """Binary ones are drawn as EVENT and ACK with bytes in them: what they become is the encoder's affair."""
        namespace, number = self.namespace(), self.random.randrange(10 ** self.random.randint(1, 10))
        kind = self.random.choice((CONNECT, DISCONNECT, CONNECT_ERROR, EVENT, EVENT, ACK, BINARY_EVENT, BINARY_ACK))
        match kind:
            case socketio.CONNECT:
                return Packet(kind, namespace, self.random.choice((None, self.mapping(False))), None, 0)
            case socketio.DISCONNECT:
                return Packet(kind, namespace, None, None, 0)
            case socketio.CONNECT_ERROR:
                return Packet(kind, namespace, {"message": self.text(), "data": self.value(False)}, None, 0)
            case socketio.EVENT | socketio.BINARY_EVENT:
                data = [self.name(), *self.arguments(kind == BINARY_EVENT)]
                return Packet(EVENT, namespace, data, self.random.choice((None, number)), 0)
            case _:
                return Packet(ACK, namespace, self.arguments(kind == BINARY_ACK), number, 0)

    def engine_packet(self) -> EnginePacket:
        """No separator in the text, because neither side escapes it."""
        if self.random.random() < 0.3:
            return "message", self.random.randbytes(self.random.randrange(60))
        name = self.random.choice(("message", *DIGITS))
        return name, self.text().replace(engineio.SEPARATOR.decode(), "")

    def payload(self) -> list[EnginePacket]:
        return [self.engine_packet() for _ in range(self.random.randint(1, 6))]


def marked(value: bytes) -> dict[str, str]:
    return {"$bytes": base64.b64encode(value).decode()}


def as_json(value: Any) -> str:
    """One line of ASCII, so that no character in it ends a line. It tells 1 from True, and what == does not."""
    return json.dumps(value, default=marked)


def fields(packet: Packet) -> list[Any]:
    return [packet.type, packet.namespace, packet.data, packet.id]


def packet_written(packet: Packet) -> WireFrames:
    if packet.type in (EVENT, ACK):
        return socketio.encode(packet.type, packet.namespace, packet.data, packet.id)
    return socketio.control(packet.type, packet.namespace, packet.data), []


def packet_read(frames: WireFrames) -> Packet:
    """With the type of the text packet, as JavaScript's decoder gives it."""
    text, attachments = frames
    packet = socketio.decode(text)
    assert packet.attachments == len(attachments)
    if not attachments:
        return packet
    packet = socketio.complete(packet, attachments)
    return Packet(packet.type - 3, packet.namespace, packet.data, packet.id, 0)


def part_written(name: str, data: str | bytes) -> bytes:
    return engineio.binary_part(data) if isinstance(data, bytes) else DIGITS[name] + data.encode()


def payload_written(packets: list[EnginePacket]) -> bytes:
    return engineio.encode_payload(part_written(name, data) for name, data in packets)


def payload_read(body: bytes) -> list[EnginePacket]:
    return [
        ("message", engineio.decode_binary(part)) if part[:1] == b"b" else (TYPES[part[:1]], part[1:].decode())
        for part in engineio.decode_payload(body, 0)
    ]


class Told(NamedTuple):
    """A packet or a payload, what JavaScript wrote for it, and what JavaScript read in ours."""

    drawn: Any
    theirs: Any
    read: Any


def question(drawn: Packet | list[EnginePacket]) -> str:
    if isinstance(drawn, Packet):
        packet = {"type": drawn.type, "nsp": drawn.namespace, "data": drawn.data, "id": drawn.id}
        text, attachments = packet_written(drawn)
        return as_json({"packet": packet, "ours": [text.decode(), *attachments]})
    payload = [{"type": name, "data": data} for name, data in drawn]
    return as_json({"payload": payload, "ours": payload_written(drawn).decode()})


@pytest.fixture(scope="module")
def told() -> list[Told]:
    """Everything in one process: to start it takes longer than to encode a thousand packets."""
    dice = Dice(SEED)
    drawn: list[Packet | list[EnginePacket]] = [dice.packet() for _ in range(PACKETS)]
    drawn += [dice.payload() for _ in range(PAYLOADS)]
    done = subprocess.run(
        [node.node(), Path(__file__).with_name("javascript_encoder.mjs"), node.ready() / "package.json"],
        env=webbuild.node_environment(),
        input="\n".join(map(question, drawn)).encode(),
        capture_output=True,
        timeout=WITHIN,
        check=False,
    )
    assert (done.returncode, done.stderr.decode()) == (0, "")
    answers = map(json.loads, done.stdout.splitlines())  # of bytes: of text it would also split at U+2028
    return [Told(each, answer["theirs"], answer["read"]) for each, answer in zip(drawn, answers, strict=True)]


@pytest.fixture
def packets(told: list[Told]) -> list[Told]:
    return [each for each in told if isinstance(each.drawn, Packet)]


@pytest.fixture
def payloads(told: list[Told]) -> list[Told]:
    return [each for each in told if isinstance(each.drawn, list)]


@pytest.fixture(autouse=True)
def _seed() -> Iterator[None]:
    print("CAREVIA_JAVASCRIPT_SEED =", SEED)
    yield


def frames(theirs: list[Any]) -> WireFrames:
    text, *attachments = theirs
    return text.encode(), [base64.b64decode(each["$bytes"]) for each in attachments]


def assert_equal(pairs: Iterable[tuple[object, object]], count: int) -> None:
    """All are compared before it fails: how many differ tells more than the first that does."""
    compared = list(pairs)
    differ = [pair for pair in compared if pair[0] != pair[1]]
    assert (len(compared), differ[:3], len(differ)) == (count, [], 0)


def test_packets_are_written_byte_for_byte_as_javascript_writes_them(packets: list[Told]) -> None:
    assert_equal(((packet_written(each.drawn), frames(each.theirs)) for each in packets), PACKETS)


def test_packets_that_javascript_wrote_are_read_as_what_they_are(packets: list[Told]) -> None:
    said = [each for each in packets if each.drawn.type != CONNECT_ERROR]
    pairs = ((as_json(fields(packet_read(frames(each.theirs)))), as_json(fields(each.drawn))) for each in said)
    assert_equal(pairs, len(said))


def test_a_refusal_that_javascript_wrote_is_refused_because_only_a_server_says_it(packets: list[Told]) -> None:
    refusals = [each for each in packets if each.drawn.type == CONNECT_ERROR]
    for each in refusals:
        with pytest.raises(ParseError):
            socketio.decode(frames(each.theirs)[0])


def test_packets_that_we_wrote_are_read_by_javascript_as_what_they_are(packets: list[Told]) -> None:
    assert_equal(((as_json(each.read), as_json(fields(each.drawn))) for each in packets), PACKETS)


def test_every_kind_of_packet_was_among_them(packets: list[Told]) -> None:
    assert {each.theirs[0][0] for each in packets} == set("0123456")


def test_payloads_are_written_byte_for_byte_as_javascript_writes_them(payloads: list[Told]) -> None:
    assert_equal(((payload_written(each.drawn), each.theirs.encode()) for each in payloads), PAYLOADS)


def test_payloads_that_javascript_wrote_are_read_as_what_they_are(payloads: list[Told]) -> None:
    assert_equal(((payload_read(each.theirs.encode()), each.drawn) for each in payloads), PAYLOADS)


def test_payloads_that_we_wrote_are_read_by_javascript_as_what_they_are(payloads: list[Told]) -> None:
    pairs = (
        (as_json([(packet["type"], packet["data"]) for packet in each.read]), as_json(each.drawn)) for each in payloads
    )
    assert_equal(pairs, PAYLOADS)
