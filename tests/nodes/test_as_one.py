"""What one process passes, two nodes on one Redis pass behind nginx's plain round robin: the very same tests."""

from collections.abc import Iterator

import pytest

from tests.acceptance.test_chat import (
    test_a_conversation_between_a_customer_on_two_tabs_and_the_staff,
    test_a_customer_may_open_their_own_conversation_only,
    test_bad_payloads_get_a_sentence_and_the_connection_stays,
    test_typing_reaches_the_others_and_names_no_staff_to_customers,
)
from tests.acceptance.test_main_job import (
    test_a_paid_booking_reaches_python_socketios_client,
    test_a_paid_booking_reaches_socket_io_client,
    test_every_other_event_is_stored_and_answered_200,
    test_neither_a_customer_nor_a_guest_learns_of_it,
    test_what_is_not_signed_as_it_should_be_is_400_and_makes_nothing,
)
from tests.harness.valkey import Valkey
from tests.nodes.cluster import Cluster, cluster

__all__ = [  # pytest finds them by these names
    "test_a_conversation_between_a_customer_on_two_tabs_and_the_staff",
    "test_a_customer_may_open_their_own_conversation_only",
    "test_a_paid_booking_reaches_python_socketios_client",
    "test_a_paid_booking_reaches_socket_io_client",
    "test_bad_payloads_get_a_sentence_and_the_connection_stays",
    "test_every_other_event_is_stored_and_answered_200",
    "test_neither_a_customer_nor_a_guest_learns_of_it",
    "test_typing_reaches_the_others_and_names_no_staff_to_customers",
    "test_what_is_not_signed_as_it_should_be_is_400_and_makes_nothing",
]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """In place of one program: its address is nginx's."""
    with Valkey() as valkey, cluster(tmp_path_factory.mktemp("one"), [], [], CAREVIA_REDIS_URL=valkey.url) as site:
        yield site


@pytest.fixture(scope="module")
def carevia(shared: Cluster) -> Cluster:
    return shared
