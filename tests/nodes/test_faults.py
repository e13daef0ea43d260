"""The faults of Redis and of the way to it, in short: they cost latency, and nothing else. In long, with the figures:

python -m tests.nodes.faults --rounds 30 --gone 60 --partitions 5,30,120
"""

from tests.harness.node import SocketIOClient
from tests.nodes.faults import run
from tests.nodes.hosts import Hosts


def test_redis_that_comes_and_goes_and_a_host_cut_off_from_it_lose_nothing(two: Hosts, client: SocketIOClient) -> None:
    told = run(two, client, rounds=4, gone=1.0, partitions=[4.0])
    assert told.events > 50
    assert (told.lost, told.twice, told.refused) == (0, 0, 0)
    assert len(told.hints_back) == 3
    assert len(told.noticed) == len(told.caught_up) == 1
