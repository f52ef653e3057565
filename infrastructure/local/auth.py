"""Firebase Authentication on one machine: the Identity Toolkit calls that the web SDK makes.

As Google's own emulator does, it hands out unsigned ID tokens; `firebase_admin` and the Firestore
emulator take them while FIREBASE_AUTH_EMULATOR_HOST names this server.
"""

import base64
import hmac
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

TOKEN_SECONDS = 3600
IDENTITY = "/identitytoolkit.googleapis.com/v1"


@dataclass(frozen=True)
class User:
    """A person who can sign in with a password."""

    uid: str
    email: str
    password: str
    name: str


class Auth:
    """The users of one project."""

    def __init__(self, project: str, users: tuple[User, ...]) -> None:
        self.project = project
        self.by_email = {user.email: user for user in users}
        self.by_uid = {user.uid: user for user in users}

    async def sign_in(self, request: Request) -> Response:
        """`accounts:signInWithPassword`."""
        body = await request.json()
        user = self.by_email.get(str(body.get("email", "")).lower())
        if user is None or not hmac.compare_digest(
            user.password.encode(), str(body.get("password", "")).encode()
        ):
            return refused("INVALID_LOGIN_CREDENTIALS")
        return JSONResponse(
            {
                "kind": "identitytoolkit#VerifyPasswordResponse",
                "registered": True,
                "localId": user.uid,
                "email": user.email,
                "displayName": user.name,
                "idToken": self.id_token(user),
                "refreshToken": encoded({"uid": user.uid}),
                "expiresIn": str(TOKEN_SECONDS),
            }
        )

    async def lookup(self, request: Request) -> Response:
        """`accounts:lookup`, by ID token (the web SDK) or by id or e-mail (`firebase_admin`)."""
        body = await request.json()
        if token := body.get("idToken"):
            found = [self.by_uid.get(claims_of(token).get("sub", ""))]
        else:
            found = [self.by_uid.get(uid) for uid in body.get("localId", [])]
            found += [self.by_email.get(email) for email in body.get("email", [])]
        users = [account(user) for user in found if user]
        if not users and body.get("idToken"):
            return refused("INVALID_ID_TOKEN")
        return JSONResponse({"kind": "identitytoolkit#GetAccountInfoResponse", "users": users})

    async def create(self, request: Request) -> Response:
        """`accounts` of a project, by its administrator."""
        body = await request.json()
        email = str(body.get("email", "")).lower()
        if email in self.by_email:
            return refused("EMAIL_EXISTS")
        user = User(secrets.token_hex(14), email, str(body.get("password", "")), email)
        self.by_email[email] = self.by_uid[user.uid] = user
        return JSONResponse({"localId": user.uid, "email": email})

    async def delete(self, request: Request) -> Response:
        """`accounts:delete` of a project, by its administrator."""
        user = self.by_uid.pop(str((await request.json()).get("localId", "")), None)
        if user is None:
            return refused("USER_NOT_FOUND")
        del self.by_email[user.email]
        return JSONResponse({"kind": "identitytoolkit#DeleteAccountResponse"})

    async def refresh(self, request: Request) -> Response:
        """A new ID token for a refresh token."""
        body = await body_of(request)
        token = str(body.get("refresh_token", ""))
        user = self.by_uid.get(str(decoded(token).get("uid", "")))
        if user is None:
            return refused("INVALID_REFRESH_TOKEN")
        id_token = self.id_token(user)
        return JSONResponse(
            {
                "access_token": id_token,
                "id_token": id_token,
                "refresh_token": token,
                "expires_in": str(TOKEN_SECONDS),
                "token_type": "Bearer",
                "user_id": user.uid,
                "project_id": self.project,
            }
        )

    def id_token(self, user: User) -> str:
        """An unsigned JWT with the claims of a real ID token."""
        now = int(time.time())
        claims = {
            "name": user.name,
            "email": user.email,
            "email_verified": True,
            "auth_time": now,
            "user_id": user.uid,
            "firebase": {"identities": {"email": [user.email]}, "sign_in_provider": "password"},
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "aud": self.project,
            "iss": f"https://securetoken.google.com/{self.project}",
            "sub": user.uid,
        }
        return f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{encoded(claims)}."


def create_app(auth: Auth, web_origin: str) -> Starlette:
    """The server; only the web app's pages may call it from a browser."""
    post = ["POST"]
    return Starlette(
        routes=[
            Route("/", lambda _: PlainTextResponse("ok")),
            Route(f"{IDENTITY}/accounts:signInWithPassword", auth.sign_in, methods=post),
            Route(f"{IDENTITY}/accounts:lookup", auth.lookup, methods=post),
            Route(f"{IDENTITY}/projects/{{project}}/accounts:lookup", auth.lookup, methods=post),
            Route(f"{IDENTITY}/projects/{{project}}/accounts", owned(auth.create), methods=post),
            Route(
                f"{IDENTITY}/projects/{{project}}/accounts:delete",
                owned(auth.delete),
                methods=post,
            ),
            Route("/securetoken.googleapis.com/v1/token", auth.refresh, methods=post),
        ],
        middleware=[
            Middleware(
                CORSMiddleware,
                allow_origins=[web_origin],
                allow_methods=["GET", "POST"],
                allow_headers=["*"],
            )
        ],
    )


def owned(
    answer: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """The same for the project's administrator alone, by the word of Firebase's own emulator."""

    async def answer_owner(request: Request) -> Response:
        if request.headers.get("authorization") != "Bearer owner":
            return refused("INSUFFICIENT_PERMISSION")
        return await answer(request)

    return answer_owner


async def body_of(request: Request) -> Mapping[str, Any]:
    """A token request's fields: the web SDK sends a form, others JSON."""
    if request.headers.get("content-type", "").startswith("application/json"):
        return dict(await request.json())
    text = (await request.body()).decode()
    return dict(parse_qsl(text))


def account(user: User) -> dict[str, Any]:
    """The user as `accounts:lookup` describes it."""
    provider = {"providerId": "password", "email": user.email, "federatedId": user.email}
    return {
        "localId": user.uid,
        "email": user.email,
        "emailVerified": True,
        "displayName": user.name,
        "providerUserInfo": [{**provider, "rawId": user.email, "displayName": user.name}],
        "validSince": "0",
        "createdAt": "0",
        "lastLoginAt": str(int(time.time() * 1000)),
    }


def refused(message: str) -> JSONResponse:
    """An error as Identity Toolkit words it."""
    errors = [{"message": message, "domain": "global", "reason": "invalid"}]
    return JSONResponse({"error": {"code": 400, "message": message, "errors": errors}}, 400)


def encoded(value: Mapping[str, Any]) -> str:
    """JSON as one part of a JWT."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def decoded(part: str) -> dict[str, Any]:
    """The JSON of one part of a JWT; empty if it is none."""
    try:
        value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def claims_of(token: str) -> dict[str, Any]:
    """The claims of an unsigned JWT; empty if it is none."""
    parts = token.split(".")
    return decoded(parts[1]) if len(parts) == 3 else {}
