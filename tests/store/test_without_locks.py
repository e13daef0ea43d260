"""SQLite without its own locks: it goes on working, and Python still refuses a connection to a second thread."""

import subprocess
import sys

# In a process of its own: what is set for SQLite is set for the whole process, before anything is open.
CHILD = """
import ctypes, _sqlite3, sqlite3, sys, threading
from pathlib import Path
from carevia.store.connection import connect, without_locks

without_locks()
path = Path(sys.argv[1])
first = sqlite3.connect(path)
first.execute("PRAGMA journal_mode=WAL")
first.execute("CREATE TABLE t (thread INTEGER)")
first.close()
print("counted", ctypes.CDLL(_sqlite3.__file__).sqlite3_memory_used())

def write(number):
    connection = connect(path)
    connection.execute("PRAGMA busy_timeout=20000")  # the disk may be busy; this is not what is tested
    for _ in range(50):
        connection.execute("INSERT INTO t VALUES (?)", (number,))
    connection.close()

threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
mine = connect(path)
[[rows]], [[intact]] = mine.execute("SELECT count(*) FROM t"), mine.execute("PRAGMA integrity_check")
print("rows", rows, intact)

def misuse():
    try:
        mine.execute("SELECT 1")
    except sqlite3.ProgrammingError:
        print("refused to a second thread")

other = threading.Thread(target=misuse)
other.start()
other.join()
"""


def test_threads_with_connections_of_their_own_write_side_by_side(tmp_path: object) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, f"{tmp_path}/t.db"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["counted 0", "rows 200 ok", "refused to a second thread"]
