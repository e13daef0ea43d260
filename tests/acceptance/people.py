"""Credentials for tests: the shared secret of an existing site, and the tokens it mints."""

import time
from typing import Any

import jwt

JWT_SECRET = "acceptance-tests-shared-jwt-secret-0123456789"


def token(user_id: str, role: str = "user", seconds: int = 3600, **claims: Any) -> str:
    """As an existing site mints it."""
    now = int(time.time())
    payload = {"id": user_id, "role": role, "iat": now, "exp": now + seconds} | claims
    return jwt.encode(payload, JWT_SECRET, algorithm="HS256")


def staff(user_id: str = "staff-1", **claims: Any) -> str:
    """A member of staff."""
    return token(user_id, "admin", **({"name": "Rafiq Hasan"} | claims))
