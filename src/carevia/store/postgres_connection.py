"""A psycopg connection as all of ours are, and the names that nodes agree on within one database.

libpq reads the address (`postgresql://user:password@host:port/name?...`), the PG* environment and ~/.pgpass as for
every other client. What the address says itself is not overruled.
"""

from typing import Any, Final

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.types.numeric import IntLoader

from carevia.errors import ConfigError

# Advisory locks of the database Carevia lies in.
WRITING: Final = 0x0CA2E71A_00000001  # held by the one transaction that writes
IN_USE: Final = 0x0CA2E71A_00000002  # shared by every server and backup; alone by a restore
MIGRATING: Final = 0x0CA2E71A_00000003  # held by the one that changes the schema

LEAVING = "2s"  # after which who holds a lock is no longer taken for somebody who has just left

CHANNEL: Final = b"carevia_journal"  # of NOTIFY, after each commit with rows of the journal

# A server that has silently gone is noticed within about ten seconds.
_DEFAULTS: Final[dict[str, Any]] = {
    "application_name": "carevia",
    "client_encoding": "UTF8",
    "connect_timeout": 2,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 5000,
}

# Set for the role or the database they are meant for those who serve; as pg_dump does, who copies does without them.
# A version of PostgreSQL does not have all of them.
_NO_LIMITS: Final = (
    b"SELECT set_config(name, '0', false) FROM pg_settings WHERE name IN ('statement_timeout', 'lock_timeout',"
    b" 'idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout')"
)


def connect(url: str, *, writable: bool = False) -> psycopg.Connection[Any]:
    """Raises psycopg.OperationalError where nobody answers, ConfigError for a bad address."""
    told = _parts(url)
    # Of several hosts in the address the one that is written to: a standby knows what was written only later.
    defaults = _DEFAULTS | {"target_session_attrs": "read-write" if writable else "primary"}
    connection = psycopg.connect(make_conninfo(**(defaults | told)), autocommit=True)
    # The sum of a column of whole numbers is NUMERIC here and whole all the same: an int, as on SQLite. No column of
    # ours is NUMERIC, and what is not whole raises.
    connection.adapters.register_loader("numeric", IntLoader)
    return connection


def connect_for_long(url: str, *, autocommit: bool = True) -> psycopg.Connection[Any]:
    """To write, for work that takes as long as it takes. Raises as `connect` does."""
    connection = connect(url, writable=True)
    connection.execute(_NO_LIMITS)
    connection.autocommit = autocommit
    return connection


def _parts(url: str) -> dict[str, Any]:
    """Raises ConfigError in words of our own: libpq's repeat what they cannot read, which may be the password. One with
    a bare @ or / in it ends in the host or the port, and would be told as those are."""
    try:
        told = conninfo_to_dict(url)
        hosts, ports = (str(told.get(part) or "").split(",") for part in ("host", "port"))
        good = not any("@" in host and host[0] not in "/@" for host in hosts)  # those are sockets of this machine
        good = good and all(port.isdecimal() for port in ports if port)
    except psycopg.ProgrammingError:
        good = False
    if not good:
        raise ConfigError(
            "CAREVIA_DATABASE_URL is no address of PostgreSQL's: write postgresql://USER:PASSWORD@HOST/NAME, "
            "and in the password %40 for @, %2F for /, %25 for %, %20 for a space."
        )
    return told


def in_use(connection: psycopg.Connection[Any], *, alone: bool = False) -> bool:
    """Take the lock that says who uses the database, until the connection ends; False where somebody else's stands
    against it. Who has just left gives it back only when its server process has noticed: so long it is waited for.
    """
    lock = b"SELECT pg_advisory_lock(%s)" if alone else b"SELECT pg_advisory_lock_shared(%s)"
    try:
        with connection.transaction():
            connection.execute("SELECT set_config('lock_timeout', %s, true)", [LEAVING])
            connection.execute(lock, [IN_USE])
    except errors.LockNotAvailable:
        return False
    return True


def first_line(error: BaseException) -> str:
    """libpq explains over several lines; the first says what happened. No password is ever in it."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
