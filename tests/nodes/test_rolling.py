"""Two nodes behind nginx are restarted one after the other, and nobody notices.

python3 run.py soak --rolling 5000
"""

from pathlib import Path

from tests.nodes.rolling import roll

SOCKETS = 40


def test_a_rolling_restart_is_not_noticed(tmp_path: Path) -> None:
    told = roll(tmp_path, SOCKETS, rate=8, events=20)
    assert told.broken == []
    assert told.moved >= SOCKETS, "whoever was on the first and everybody on the second"
    assert told.busiest_second <= 0.4 * SOCKETS, "in waves; so few are not as even as thousands"
