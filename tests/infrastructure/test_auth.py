"""Signing in on one machine: what the web SDK and `firebase_admin` ask, answered as Google does."""

import time

import firebase_admin
import firebase_admin.auth
import pytest
from starlette.testclient import TestClient

from infrastructure.local.auth import IDENTITY, Auth, User, claims_of, create_app

WEB = "http://127.0.0.1:5173"
PROJECT = "demo-auth"
PERSON = User("uid-1", "r@example.org", "sagittal", "R")


@pytest.fixture
def auth():
    return TestClient(create_app(Auth(PROJECT, (PERSON,)), WEB))


def sign_in(auth, typed=PERSON.password):
    body = {"email": "R@example.org", "password": typed, "returnSecureToken": True}
    return auth.post(f"{IDENTITY}/accounts:signInWithPassword?key=local", json=body)


def test_the_right_password_gives_a_token_that_firebase_admin_accepts(auth, monkeypatch):
    monkeypatch.setenv("FIREBASE_AUTH_EMULATOR_HOST", "127.0.0.1:1")
    token = sign_in(auth).json()["idToken"]
    app = firebase_admin.initialize_app(options={"projectId": PROJECT}, name="test-auth")
    claims = firebase_admin.auth.verify_id_token(token, app)
    firebase_admin.delete_app(app)
    assert claims["email"] == "r@example.org"
    assert claims["email_verified"] is True
    assert claims["uid"] == "uid-1"


@pytest.mark.parametrize("password", ["wrong", ""])
def test_a_wrong_password_is_refused_without_saying_what_was_wrong(auth, password):
    answer = sign_in(auth, password)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "INVALID_LOGIN_CREDENTIALS"


def test_who_am_i(auth):
    token = sign_in(auth).json()["idToken"]
    (user,) = auth.post(f"{IDENTITY}/accounts:lookup", json={"idToken": token}).json()["users"]
    assert (user["localId"], user["email"], user["emailVerified"]) == ("uid-1", PERSON.email, True)
    assert auth.post(f"{IDENTITY}/accounts:lookup", json={"idToken": "x.y.z"}).status_code == 400


def test_a_refresh_token_gives_a_new_id_token(auth):
    refresh_token = sign_in(auth).json()["refreshToken"]
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    answer = auth.post("/securetoken.googleapis.com/v1/token", data=form).json()
    assert claims_of(answer["id_token"])["sub"] == "uid-1"
    assert claims_of(answer["id_token"])["exp"] > time.time() + 3000
    form["refresh_token"] = "forged"
    assert auth.post("/securetoken.googleapis.com/v1/token", data=form).status_code == 400


def test_only_our_pages_may_ask_from_a_browser(auth):
    ask = {"access-control-request-method": "POST", "access-control-request-headers": "x-client"}
    url = f"{IDENTITY}/accounts:signInWithPassword"
    assert auth.options(url, headers={"origin": WEB, **ask}).status_code == 200
    assert auth.options(url, headers={"origin": "https://evil.example", **ask}).status_code == 400


def test_an_administrator_makes_an_account_and_removes_it_and_nobody_else_does(auth):
    accounts, owner = f"{IDENTITY}/projects/{PROJECT}/accounts", {"authorization": "Bearer owner"}
    new = {"email": "new@example.org", "password": "lumbar", "emailVerified": True}
    assert auth.post(accounts, json=new).status_code == 400
    uid = auth.post(accounts, json=new, headers=owner).json()["localId"]
    assert auth.post(accounts, json=new, headers=owner).status_code == 400, "there is one"
    body = {"email": new["email"], "password": new["password"], "returnSecureToken": True}
    sign_in = f"{IDENTITY}/accounts:signInWithPassword?key=local"
    assert auth.post(sign_in, json=body).json()["localId"] == uid
    gone = {"localId": uid}
    assert auth.post(f"{accounts}:delete", json=gone).status_code == 400
    assert auth.post(f"{accounts}:delete", json=gone, headers=owner).status_code == 200
    assert auth.post(sign_in, json=body).status_code == 400
