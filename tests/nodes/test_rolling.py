"""F12: two nodes behind nginx are restarted one after the other, and nobody notices.

python -m tests.nodes.rolling --sockets 5000
"""

from pathlib import Path

from tests.nodes.rolling import roll

SOCKETS = 40


def test_a_rolling_restart_is_not_noticed(tmp_path: Path) -> None:
    told = roll(tmp_path, SOCKETS, rate=8, events=20)
    assert told.problems == []
    assert told.missing == 0
    assert told.longest <= 30
    assert told.gap_p99 <= 10
    assert told.busiest_second <= 0.4 * SOCKETS, "in waves; so few are not as even as thousands"
    assert told.statuses == [0, 0]
    assert told.queries_per_socket <= 1
