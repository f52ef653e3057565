"""The key that signs URLs on one machine, and the secret of keys of studies; made once."""

import json
import secrets
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def ensure_signing_key(file: Path, project: str) -> None:
    """Write a service-account JSON with a fresh key, unless there is one already."""
    if file.exists():
        return
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    account = {
        "type": "service_account",
        "project_id": project,
        "private_key_id": "local",
        "private_key": pem.decode(),
        "client_email": f"api@{project}.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    _write(file, json.dumps(account))


def ensure_secret(file: Path) -> None:
    """Write a fresh secret of 43 letters, unless there is one already."""
    if not file.exists():
        _write(file, secrets.token_urlsafe(32))


def _write(file: Path, text: str) -> None:
    temporary = file.with_suffix(".new")
    temporary.touch(mode=0o600)
    temporary.write_text(text, encoding="ascii")
    temporary.replace(file)
