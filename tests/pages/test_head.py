"""What a page tells browsers, home screens and those who preview links."""

import json
from pathlib import Path

from django.contrib.staticfiles import finders
from django.test import Client
from PIL import Image

from apps.accounts.models import User
from apps.orgs.models import Organization


def found(name: str) -> Path:
    path = finders.find(name)
    assert isinstance(path, str), name
    return Path(path)


def test_the_manifest_names_pictures_that_are_what_it_says() -> None:
    manifest = json.loads(found("manifest.webmanifest").read_text())
    assert {manifest["start_url"], manifest["scope"]} == {"/"}
    for icon in manifest["icons"]:
        if icon["type"] == "image/png":
            with Image.open(found(icon["src"])) as picture:
                assert icon["sizes"] == f"{picture.width}x{picture.height}"
        else:
            assert found(icon["src"]).read_text().startswith("<svg")
    assert any("maskable" in icon["purpose"] for icon in manifest["icons"])


def test_only_the_way_in_can_be_previewed(client: Client, ada: User, acme: Organization) -> None:
    assert 'property="og:title"' in client.get("/accounts/login/").content.decode()
    client.force_login(ada)
    for path in (f"/{acme.slug}/", "/accounts/profile/"):
        page = client.get(path).content.decode()
        assert "og:" not in page
        assert 'rel="icon"' in page
        assert 'rel="manifest"' in page
