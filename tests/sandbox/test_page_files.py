"""The files of the chat page: what is served, what is not, and what must never stand in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sandbox
from sandbox import Sandbox
from tests.sandbox.client import Client

FOLDER = Path(sandbox.__file__).parent / "page"
SCRIPTS = sorted(FOLDER.glob("*.js"))
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "media-src": "'self'",
    "connect-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
}


async def get(api: Client, path: str) -> tuple[int, str, str]:
    async with api.session.get(f"{api.sandbox.url}{path}", allow_redirects=False) as response:
        return response.status, response.content_type, await response.text()


async def test_every_file_has_its_content_type(telegram: Sandbox, api: Client) -> None:
    kinds = {".js": {"text/javascript", "application/javascript"}, ".css": {"text/css"}, ".svg": {"image/svg+xml"}}
    for file in FOLDER.iterdir():
        if file.suffix in kinds:
            status, kind, text = await get(api, f"/page/{file.name}")
            assert (status, text) == (200, file.read_text(encoding="utf-8"))
            assert kind in kinds[file.suffix], file.name


async def test_the_page_names_only_files_that_exist() -> None:
    named = re.findall(r'(?:src|href)="/page/([^"]+)"', (FOLDER / "index.html").read_text(encoding="utf-8"))
    for script in SCRIPTS:
        named += re.findall(r'from "\./([^"]+)"', script.read_text(encoding="utf-8"))
    for style in FOLDER.glob("*.css"):
        named += re.findall(r"url\(/page/([^)]+)\)", style.read_text(encoding="utf-8"))
    assert named
    assert [name for name in named if not (FOLDER / name).is_file()] == []


@pytest.mark.parametrize(
    "path",
    [
        "/page/",
        "/page/../control/acts.py",
        "/page/%2e%2e/control/acts.py",
        "/page/..%2fcontrol%2facts.py",
        "/page/%2e%2e%2f%2e%2e%2fpyproject.toml",
        "/page//etc/passwd",
        "/page/nothing.js",
    ],
)
async def test_nothing_else_is_served(telegram: Sandbox, api: Client, path: str) -> None:
    from yarl import URL

    async with api.session.get(URL(f"{telegram.url}{path}", encoded=True), allow_redirects=False) as response:
        assert response.status in {400, 403, 404}


async def test_the_policy_forbids_everything_from_outside(telegram: Sandbox, api: Client) -> None:
    async with api.session.get(f"{telegram.url}/") as response:
        header = response.headers["Content-Security-Policy"]
        page = await response.text()
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in header
    (own,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    rules = dict(rule.strip().split(" ", 1) for rule in own.split(";"))
    assert {name: rules.get(name) for name in POLICY} == POLICY
    assert page.index("Content-Security-Policy") < page.index("<link")
    assert not re.search(r"<script(?![^>]+src=)|<style|\son\w+=|\sstyle=", page)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_turns_text_into_markup(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    forbidden = r"\.innerHTML|\.outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|srcdoc\s*="
    assert not re.search(forbidden, text)
    outside = set(re.findall(r"https?://[\w.]+", text)) - {"http://www.w3.org", "https://t.me"}
    assert not outside
    assert len(text.splitlines()) <= 300
