"""Many sends in one call of the system: io_uring(7), of Linux since 5.6.

To a thousand clients that call is most of what an event costs. A ring takes hundreds of sends, and gives their results,
at once: a send of 330 bytes takes 2.9 µs instead of send(2)'s 3.7 where it goes to 100 sockets, 3.1 instead of 3.9 for
1,000. None of them may wait (MSG_DONTWAIT), so all have ended when the call returns: nothing of ours is read later,
and there is nothing to call off. Containers and hardened systems forbid it by default. Then there is no ring, and who
sends does without (descriptor.py).
"""

import ctypes
import errno
import mmap
import os
import socket
import struct
import sys
from array import array
from collections.abc import Collection, Sequence
from itertools import accumulate

ENTRIES = 512  # sends in one call at most; a power of two
ROOM = 1_048_576  # bytes for what is sent in one go
# linux/io_uring.h, the same on all machines that Python's wheels are made for
_SETUP, _ENTER = 425, 426
_SQES = 0x10000000
_GETEVENTS = 1
_SINCE_5_6 = 1 << 3  # IORING_FEAT_RW_CUR_POS: as old as the operation
_OP_SEND = 26
_SQE = struct.Struct("=BBHiQQIIQ24x")  # opcode, flags, ioprio, fd, off, addr, len, msg_flags, user_data
_CQE_BYTES = 16  # struct io_uring_cqe: user_data, res, flags
_WORD = 0xFFFFFFFF  # counters of the ring go around here


class _Params(ctypes.Structure):
    """struct io_uring_params; `sq` and `cq` say where in the shared memory what lies."""

    _fields_ = (
        ("sq_entries", ctypes.c_uint32),
        ("cq_entries", ctypes.c_uint32),
        ("flags", ctypes.c_uint32 * 3),
        ("features", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32 * 4),
        ("sq", ctypes.c_uint32 * 10),  # head, tail, ring_mask, ring_entries, flags, dropped, array
        ("cq", ctypes.c_uint32 * 10),  # head, tail, ring_mask, ring_entries, overflow, cqes
    )


def open_ring() -> "Ring | None":
    """None where the system has none for us."""
    if sys.platform != "linux":
        return None
    try:
        return Ring()
    except (OSError, AttributeError, ValueError):
        return None


class Ring:
    """For one thread. Raises OSError where the system refuses."""

    def __init__(self) -> None:
        self.broken = False  # the system has refused meanwhile: what is asked for is not sent
        self._fd = -1
        self._call = ctypes.CDLL(None, use_errno=True).syscall
        self._call.restype, self._call.argtypes = ctypes.c_long, [ctypes.c_long] * 7
        params = _Params()
        self._fd = self._system(_SETUP, ENTRIES, ctypes.addressof(params))
        if not params.features & _SINCE_5_6:
            raise OSError(errno.ENOSYS, "this Linux cannot send by a ring")
        self._lay_out(params)
        self._count = 0  # of the sends so far

    def _lay_out(self, params: _Params) -> None:
        ends = params.sq[6] + 4 * params.sq_entries, params.cq[5] + _CQE_BYTES * params.cq_entries
        shared = memoryview(mmap.mmap(self._fd, max(ends)))
        self._words = shared[: len(shared) // 4 * 4].cast("I")
        self._sq_head, self._sq_tail, order = params.sq[0] // 4, params.sq[1] // 4, params.sq[6] // 4
        self._words[order : order + ENTRIES] = array("I", range(ENTRIES))
        self._cq_head, self._cq_tail, self._cq_entries = params.cq[0] // 4, params.cq[1] // 4, params.cq_entries
        ended = shared[params.cq[5] : ends[1]]
        self._marks, self._results = ended.cast("Q")[0::2], ended.cast("i")[2::4]
        self._room = mmap.mmap(-1, ROOM)
        self._base = ctypes.addressof(ctypes.c_char.from_buffer(self._room))
        entries = memoryview(mmap.mmap(self._fd, _SQE.size * ENTRIES, offset=_SQES))
        flags = socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL
        for number in range(ENTRIES):
            _SQE.pack_into(entries, number * _SQE.size, _OP_SEND, 0, 0, -1, 0, 0, 0, flags, number)
        self._fds = entries.cast("i")[1::16]
        self._addresses = entries.cast("Q")[2::8]
        self._sizes = entries.cast("I")[6::16]

    def __del__(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)

    def send(self, fds: "array[int]", frame: bytes) -> list[int]:
        """The same to all: how many bytes each took, 0 too where the connection is broken. At most `ROOM` bytes."""
        count, size = len(fds), len(frame)
        self._room[:size] = frame
        return self._send(fds, array("Q", [self._base]) * count, array("I", [size]) * count)

    def send_each(self, fds: "array[int]", frames: Collection[bytes], sizes: Sequence[int]) -> list[int]:
        """To each its own. At most `ROOM` bytes together."""
        joined = b"".join(frames)
        self._room[: len(joined)] = joined
        addresses = array("Q", accumulate(sizes, initial=self._base))
        return self._send(fds, addresses, array("I", sizes))

    def _send(self, fds: "array[int]", addresses: "array[int]", sizes: "array[int]") -> list[int]:
        taken: list[int] = []
        count = len(fds)
        while (done := len(taken)) < count and not self.broken:
            at = self._count % ENTRIES
            part = slice(done, min(count, done + ENTRIES - at))  # up to the ring's end, so that none lies around it
            wanted = sizes[part].tolist()
            places = slice(at, at + len(wanted))
            self._fds[places], self._addresses[places], self._sizes[places] = fds[part], addresses[part], sizes[part]
            taken += self._submit(wanted)
        return taken + [0] * (count - len(taken))

    def _submit(self, wanted: list[int]) -> list[int]:
        """What became of the sends of so many bytes that stand in the ring now; fewer than these where it breaks."""
        words, before = self._words, self._count
        self._count = before + len(wanted)
        words[self._sq_tail] = self._count & _WORD
        while (ended := (words[self._cq_tail] - before) & _WORD) < len(wanted):
            waiting = (self._count - words[self._sq_head]) & _WORD
            try:
                self._system(_ENTER, self._fd, waiting, len(wanted), _GETEVENTS)
            except InterruptedError:
                continue
            except OSError:
                self.broken = True
                break
        at = before % self._cq_entries
        found = slice(at, at + ended)
        taken = self._results[found].tolist()
        if taken != wanted:  # some took less, or nothing
            taken = [max(0, size) for _, size in sorted(zip(self._marks[found].tolist(), taken, strict=True))]
        words[self._cq_head] = self._count & _WORD
        return taken

    def _system(self, call: int, first: int, second: int, third: int = 0, fourth: int = 0) -> int:
        answer = int(self._call(call, first, second, third, fourth, 0, 0))
        if answer < 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        return answer
