"""V4 signed URLs: the signature is the only thing that opens an object to a browser."""

import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from infrastructure.local.gcs.errors import StorageError, invalid

ALGORITHM = "GOOG4-RSA-SHA256"
LONGEST_SECONDS = 7 * 24 * 3600
CLOCK_SKEW = timedelta(minutes=15)


@dataclass(frozen=True)
class Signer:
    """Service account whose signatures count, and its public key."""

    email: str
    public_key: rsa.RSAPublicKey

    @classmethod
    def of_key_file(cls, path: Path) -> Self:
        """The account of a key file in Google's JSON; raises `TypeError` unless the key is RSA."""
        key = json.loads(path.read_text(encoding="utf-8"))
        private = load_pem_private_key(key["private_key"].encode(), password=None)
        if not isinstance(private, rsa.RSAPrivateKey):
            raise TypeError("the signing key must be an RSA key")
        return cls(key["client_email"], private.public_key())


def check_signed_url(
    signer: Signer,
    method: str,
    raw_path: str,
    raw_query: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
) -> None:
    """Raise unless the URL was signed by the signer for exactly this request and is still valid.

    https://cloud.google.com/storage/docs/authentication/canonical-requests

    Raises:
        StorageError: 403 without a signature or with a wrong one, 400 after it has expired.
    """
    if "X-Goog-Signature" not in query:
        raise StorageError(403, "AccessDenied", "Anonymous caller does not have access.")
    try:
        signed_at = datetime.strptime(query["X-Goog-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        seconds = int(query["X-Goog-Expires"])
        email, _, scope = query["X-Goog-Credential"].partition("/")
        signed_headers = query["X-Goog-SignedHeaders"]
        signature = binascii.unhexlify(query["X-Goog-Signature"])
    except (KeyError, ValueError) as error:
        raise invalid("Malformed signed URL.") from error
    if seconds > LONGEST_SECONDS or query.get("X-Goog-Algorithm") != ALGORITHM:
        raise invalid("Malformed signed URL.")
    now = datetime.now(UTC)
    if not signed_at - CLOCK_SKEW <= now <= signed_at + timedelta(seconds=seconds):
        raise StorageError(400, "ExpiredToken", "The provided token has expired.")
    canonical = canonical_request(method, raw_path, raw_query, signed_headers, headers)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = "\n".join((ALGORITHM, query["X-Goog-Date"], scope, digest))
    try:
        if email != signer.email:
            raise InvalidSignature
        signer.public_key.verify(signature, to_sign.encode(), padding.PKCS1v15(), SHA256())
    except InvalidSignature as error:
        raise StorageError(
            403, "SignatureDoesNotMatch", "Access denied: the signature doesn't match the request."
        ) from error


def canonical_request(
    method: str, raw_path: str, raw_query: str, signed_headers: str, headers: Mapping[str, str]
) -> str:
    """The text whose hash is signed."""
    pairs = [pair for pair in raw_query.split("&") if not pair.startswith("X-Goog-Signature=")]
    named = "".join(
        f"{name}:{' '.join(headers.get(name, '').split())}\n" for name in signed_headers.split(";")
    )
    payload = headers.get("x-goog-content-sha256", "UNSIGNED-PAYLOAD")
    return "\n".join((method, raw_path, "&".join(sorted(pairs)), named, signed_headers, payload))
