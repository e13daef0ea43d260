"""Session and socket ids: safe characters, never the same twice."""

import re

from carevia.realtime.ids import Ids


def test_ids_are_twenty_safe_characters_and_never_repeat() -> None:
    ids = Ids()
    made = [ids.new() for _ in range(2_000)]
    assert len(set(made)) == len(made)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{20}", one) for one in made)
    assert not set(made) & {Ids().new() for _ in range(100)}
