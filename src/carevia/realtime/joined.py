"""The rooms of one socket, in the order of joining: a tuple where they are few, as of nearly every socket, for it is
small; a dict where they are many, so that one more costs no more than the first."""

Joined = tuple[str, ...] | dict[str, None]
_FEW = 16


def added(rooms: Joined, room: str) -> Joined:
    """With this room, as the last that was joined."""
    rooms = removed(rooms, room)
    if isinstance(rooms, tuple):
        if len(rooms) < _FEW:
            return (*rooms, room)
        rooms = dict.fromkeys(rooms)
    rooms[room] = None
    return rooms


def removed(rooms: Joined, room: str) -> Joined:
    """Without it."""
    if room in rooms:
        if isinstance(rooms, tuple):
            return tuple(other for other in rooms if other != room)
        del rooms[room]
    return rooms
