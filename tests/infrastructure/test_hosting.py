"""The web app is served as Firebase Hosting serves it, with a policy that knows the emulators."""

import json

import pytest
from starlette.testclient import TestClient

from infrastructure.local.hosting import Hosting, glob, with_origins
from infrastructure.local.plan import ROOT

STORAGE = "http://127.0.0.1:4443"


@pytest.fixture
def web(tmp_path):
    (tmp_path / "dist" / "assets").mkdir(parents=True)
    (tmp_path / "dist" / "index.html").write_text("<title>DiscAI</title>")
    (tmp_path / "dist" / "assets" / "app.js").write_text("1")
    (tmp_path / "secret").write_text("secret")
    hosting = Hosting(
        tmp_path / "dist",
        ROOT / "infrastructure" / "firebase.json",
        {"projectId": "demo"},
        (STORAGE,),
    )
    return TestClient(hosting)


def test_every_page_is_the_app_and_no_missing_file_is(web):
    assert "DiscAI" in web.get("/").text
    assert "DiscAI" in web.get("/scans/abc").text
    assert web.get("/assets/gone.js").status_code == 404
    assert web.post("/").status_code == 405


def test_nothing_outside_the_folder_is_served(web):
    assert "secret" not in web.get("/..%2Fsecret").text
    assert "secret" not in web.get("/%2e%2e/secret").text


def test_the_configuration_is_served_beside_the_app(web):
    assert web.get("/config.json").json() == {"projectId": "demo"}


def test_the_policy_lets_pages_talk_to_the_emulators_and_to_nobody_else(web):
    policy = web.get("/").headers["content-security-policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";") if " " in part)
    assert STORAGE in directives["connect-src"]
    assert STORAGE in directives["img-src"]
    assert directives["script-src"] == "'self'"
    assert "upgrade-insecure-requests" not in policy


def test_assets_are_cached_for_good_and_pages_are_not(web):
    assert "immutable" in web.get("/assets/app.js").headers["cache-control"]
    assert "immutable" not in web.get("/").headers["cache-control"]


@pytest.mark.parametrize(
    ("source", "path", "covered"),
    [
        ("**", "/a/b", True),
        ("/assets/**", "/assets/x/y.js", True),
        ("/assets/**", "/other", False),
        ("**/*.@(js|css)", "/a/b.css", True),
        ("*.js", "/deep/a.js", True),
        ("/*.js", "/deep/a.js", False),
    ],
)
def test_globs_of_firebase_json(source, path, covered):
    assert bool(glob(source).fullmatch(path)) == covered


def test_an_unbuilt_app_says_what_to_do(tmp_path):
    (tmp_path / "firebase.json").write_text(json.dumps({"hosting": {}}))
    web = TestClient(Hosting(tmp_path / "dist", tmp_path / "firebase.json", {}, ()))
    answer = web.get("/")
    assert answer.status_code == 503
    assert "make up" in answer.text


def test_a_policy_without_the_directives_stays_as_it_is():
    assert with_origins("default-src 'self'", (STORAGE,)) == "default-src 'self'"
