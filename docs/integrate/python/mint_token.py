"""CAREVIA_JWT_SECRET=… python mint_token.py USER-ID [admin]   (pip install pyjwt)"""

import os
import sys
import time

import jwt


def mint_token(user_id: str, role: str, secret: str, seconds: int = 300) -> str:
    """A token that Carevia takes as `Authorization: Bearer` and as Socket.IO `auth: {token}`."""
    now = int(time.time())
    return jwt.encode({"id": user_id, "role": role, "iat": now, "exp": now + seconds}, secret, algorithm="HS256")


if __name__ == "__main__":
    words = sys.argv[1:]
    print(
        mint_token(
            words[0] if words else "site-user-18",
            words[1] if len(words) > 1 else "user",
            os.environ["CAREVIA_JWT_SECRET"],
        )
    )
