"""The history of an issue for scripts, and the way back from a change."""

import pytest

from apps.accounts.models import User
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests import factories
from tests.api.conftest import Script

pytestmark = pytest.mark.django_db


def test_is_read_in_pages_of_either_order(script: Script, acme: Organization, ada: User, flow: Project) -> None:
    factories.make_issues(acme, flow, ada, "Dock")
    for n in range(4):
        script.patch("issues/FLOW-1/", {"title": f"Title {n}"})
    for order, first, last in (("newest", "Title 3", None), ("oldest", None, "Title 3")):
        seen = []
        page = script.get(f"issues/FLOW-1/history/?limit=2&order={order}").json()
        while True:
            seen += page["results"]
            if page["next"] is None:
                break
            page = script.get(page["next"]).json()
        assert [len(seen), seen[0]["new"], seen[-1]["new"]] == [5, first, last]
    titled = seen[-1]
    assert (titled["field"], titled["old"], titled["new"], titled["origin"]) == ("title", "Title 2", "Title 3", "api")
    assert titled["text"] == "Ada Okafor changed the title from “Title 2” to “Title 3”"
    assert titled["author"]["id"] == ada.pk
    assert titled["can_undo"]


def test_a_change_is_taken_back_unless_the_field_was_changed_since(
    script: Script, acme: Organization, ada: User, flow: Project
) -> None:
    factories.make_issues(acme, flow, ada, "Dock")
    for title in ("First", "Second"):
        script.patch("issues/FLOW-1/", {"title": title})
    second, first, _created = script.get("issues/FLOW-1/history/").json()["results"]
    refused = script.post("issues/FLOW-1/undo/", {"change": first["change"]})
    problem = refused.json()
    assert (refused.status_code, problem["theirs"], problem["mine"]) == (409, "Second", "Dock")
    assert problem["seen"] == second["change"]
    done = script.post("issues/FLOW-1/undo/", {"change": first["change"], "seen": problem["seen"]})
    assert (done.status_code, done.json()["title"]) == (200, "Dock")
    newest, _second, was, _created = script.get("issues/FLOW-1/history/").json()["results"]
    assert (newest["takes_back"], was["is_taken_back"]) == (first["event"], True)
    assert script.post("issues/FLOW-1/undo/", {"change": first["change"]}).status_code == 409
