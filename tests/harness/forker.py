"""Run as a program: it imports what `carevia serve` imports, then waits; whoever asks gets a fork of it that runs the
command, and hears its pid and, in the end, its exit status. See preloaded.py.

A request is a line of JSON (words, environment, folder) with three descriptors: the program's output, its errors, and
where to tell. Between this process and each program stands a watcher, so that nothing here has to wait for anybody.
"""

import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
from typing import Any

# Of the program, what it loads on its way to the first request.
NEEDED = ("carevia.cli.process", "carevia.store.sqlite", "argon2", "dotenv", "jwt", "uvloop")


def requests(asked: socket.socket) -> None:
    """Returns in the programs alone: in each, when it stands where its command begins."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a watcher
    while True:
        said, handles, _, _ = socket.recv_fds(asked, 1 << 16, 3)
        if not said:  # the tests are over
            os._exit(0)
        while not said.endswith(b"\n"):
            said += asked.recv(1 << 16)
        if os.fork() == 0:
            asked.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            become(json.loads(said), *handles)
            return
        for handle in handles:
            os.close(handle)


def become(request: dict[str, Any], out: int, err: int, told: int) -> None:
    """Returns in a child, as the program; what is left behind watches over it."""
    pid = os.fork()
    if pid:
        os.dup2(0, 1)
        os.dup2(0, 2)
        os.close(out)
        os.close(err)
        os.write(told, f"{pid}\n".encode())
        _, status = os.waitpid(pid, 0)
        os.write(told, f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os._exit(0)
    os.setsid()
    for handle, number in ((out, 1), (err, 2)):
        os.dup2(handle, number)
        os.close(handle)
    os.close(told)
    folder = request["folder"]
    os.chdir(folder)
    sys.path.insert(0, folder)  # as `python -m` has it
    sys.argv[1:] = request["words"]
    os.environ.clear()
    os.environ.update(request["environment"])


if __name__ == "__main__":
    del sys.path[0]  # the folder of this file
    for name in NEEDED:
        importlib.import_module(name)
    gc.freeze()  # a collection in a fork would copy all of it
    requests(socket.socket(fileno=int(sys.argv[1])))
    gc.unfreeze()
    runpy.run_module("carevia", run_name="__main__", alter_sys=True)
