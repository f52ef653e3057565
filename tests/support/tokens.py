"""ID tokens as Firebase's emulator makes them: unsigned."""

import base64
import json
import time


def unsigned_token(project: str, claims: dict[str, object]) -> str:
    """A token of the project with these claims besides the usual ones."""
    now = int(time.time())
    payload = {
        "iss": f"https://securetoken.google.com/{project}",
        "aud": project,
        "sub": "uid",
        "user_id": "uid",
        "auth_time": now,
        "iat": now,
        "exp": now + 3600,
        **claims,
    }
    parts = [{"alg": "none", "typ": "JWT"}, payload]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts]
    return b".".join([*encoded, b""]).decode()
