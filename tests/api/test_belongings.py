"""What belongs to an issue, over the API: transitions, links, children, watchers, files, talk, its end and return."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from apps.accounts.models import User
from apps.core.tenancy import OrgRole
from apps.issues.models import Attachment, Comment, Issue, IssueStar
from apps.orgs.models import Organization
from apps.projects.models import Project, Status, Transition
from tests import factories
from tests.api.conftest import Script, Upload, World, make_script

pytestmark = pytest.mark.django_db


@pytest.fixture
def dock(acme: Organization, ada: User, flow: Project) -> list[Issue]:
    """FLOW-1 and FLOW-2."""
    return factories.make_issues(acme, flow, ada, "Dock", "Weld", description="Slowly.", points=3)


class TestTransitions:
    def test_are_listed_with_why_not_and_taken(
        self, script: Script, acme: Organization, ada: User, flow: Project, dock: list[Issue]
    ) -> None:
        away = factories.make_project(acme, ada, "AWAY")
        with factories.acting(ada, acme):
            theirs = Status.objects.get(project=away, name="To do")
            todo, review = (Status.objects.get(project=flow, name=name) for name in ("To do", "In review"))
            Transition.objects.filter(project=flow, target=review).update(allowed_parties=["lead"])
        mateo = make_script(factories.make_member(acme), acme)
        rows = {row["status"]["name"]: row for row in mateo.get("issues/FLOW-1/transitions/").json()["results"]}
        refused = rows["In review"]["refused"]
        assert (rows["In review"]["is_allowed"], bool(refused)) == (False, True)
        current = next(row for row in rows.values() if row["is_current"])
        assert (current["is_allowed"], current["refused"]) == (True, "")
        world = World(acme)
        answer = mateo.post("issues/FLOW-1/transitions/", {"status": review.pk})
        assert (answer.status_code, answer.json()["detail"]) == (422, refused)
        for wrong, code in (({"status": theirs.pk}, 422), ({}, 400), ({"status": "done"}, 400)):
            assert mateo.post("issues/FLOW-1/transitions/", wrong).status_code == code
        assert world.is_unchanged()
        done = mateo.post("issues/FLOW-1/transitions/", {"status": todo.pk})
        assert (done.status_code, done.json()["status"]["name"]) == (200, "To do")
        assert done["ETag"] == f'"{done.json()["version"]}"'


class TestLinks:
    def test_are_made_told_from_both_sides_and_taken_away(
        self, script: Script, acme: Organization, ada: User, secret: Project, dock: list[Issue]
    ) -> None:
        first, second = dock
        (hidden,) = factories.make_issues(acme, secret, ada, "Canary")
        made = script.post("issues/FLOW-1/links/", {"kind": "is_blocked_by", "issue": second.pk})
        assert made.status_code == 201
        assert (made.json()["kind"], made.json()["issue"]["key"]) == ("is_blocked_by", "FLOW-2")
        assert script.post("issues/FLOW-1/links/", {"kind": "is_blocked_by", "issue": second.pk}).json() == made.json()
        script.post("issues/FLOW-1/links/", {"kind": "relates_to", "issue": second.pk})
        script.post("issues/FLOW-1/links/", {"kind": "duplicates", "issue": hidden.pk})
        for key, kinds in {
            "FLOW-1": ["is_blocked_by", "duplicates", "relates_to"],
            "FLOW-2": ["blocks", "relates_to"],
            "SECRET-1": ["is_duplicated_by"],
        }.items():
            rows = script.get(f"issues/{key}/links/").json()["results"]
            assert [row["kind"] for row in rows] == kinds
        mateo = make_script(factories.make_member(acme), acme)
        assert len(mateo.get("issues/FLOW-1/links/").json()["results"]) == 2
        world = World(acme)
        circle = script.post("issues/FLOW-1/links/", {"kind": "blocks", "issue": second.pk})
        assert (circle.status_code, circle.json()["type"]) == (409, "about:blank#BlocksInACircle")
        assert mateo.post("issues/FLOW-1/links/", {"kind": "blocks", "issue": hidden.pk}).status_code == 404
        assert script.post("issues/FLOW-1/links/", {"kind": "blocks", "issue": first.pk}).status_code == 422
        assert script.post("issues/FLOW-1/links/", {"kind": "likes", "issue": first.pk}).status_code == 400
        assert script.delete(f"issues/SECRET-1/links/{made.json()['id']}/").status_code == 404
        assert world.is_unchanged()
        assert script.delete(f"issues/FLOW-2/links/{made.json()['id']}/").status_code == 204
        assert len(script.get("issues/FLOW-1/links/").json()["results"]) == 2


class TestChildren:
    def test_are_created_and_listed_in_their_order(self, script: Script, dock: list[Issue]) -> None:
        made = script.post("issues/FLOW-1/children/", {"titles": ["Oil", "Try", "Pack"]})
        assert [row["key"] for row in made.json()["results"]] == ["FLOW-3", "FLOW-4", "FLOW-5"]
        script.post("issues/FLOW-4/archive/")
        page = script.get("issues/FLOW-1/children/?limit=2").json()
        rest = script.get(page["next"]).json()
        assert [row["title"] for row in page["results"] + rest["results"]] == ["Oil", "Try", "Pack"]
        assert page["results"][0]["parent"]["key"] == "FLOW-1"
        assert script.post("issues/FLOW-3/children/", {"titles": ["Deeper"]}).status_code == 422
        assert script.post("issues/FLOW-1/children/", {"titles": []}).status_code == 400


class TestWatching:
    def test_is_each_ones_own(self, script: Script, acme: Organization, ada: User, dock: list[Issue]) -> None:
        mateo = factories.make_member(acme)
        theirs = make_script(mateo, acme)

        def watchers() -> list[str]:
            return [row["name"] for row in script.get("issues/FLOW-1/watchers/").json()["results"]]

        assert watchers() == [ada.name]
        for _again in range(2):
            assert theirs.put("issues/FLOW-1/watchers/me/").status_code == 204
            assert watchers() == sorted([ada.name, mateo.name])
        assert theirs.delete("issues/FLOW-1/watchers/me/").status_code == 204
        assert watchers() == [ada.name]

    def test_favourites_are_nobody_elses_business(
        self, script: Script, acme: Organization, ada: User, dock: list[Issue]
    ) -> None:
        for call, stars in ((script.put, 1), (script.put, 1), (script.delete, 0)):
            assert call("issues/FLOW-1/star/").status_code == 204
            with factories.acting(ada, acme):
                assert IssueStar.objects.count() == stars


class TestTheEndOfAnIssue:
    def test_and_its_return(self, script: Script, dock: list[Issue]) -> None:
        assert script.post("issues/FLOW-1/archive/").json()["archived_at"]
        assert script.post("issues/FLOW-1/restore/").json()["archived_at"] is None
        assert script.delete("issues/FLOW-1/").status_code == 204
        assert script.get("issues/FLOW-1/").status_code == 404
        assert script.delete("issues/FLOW-1/").status_code == 404
        back = script.post("issues/FLOW-1/restore/")
        assert (back.status_code, back.json()["title"]) == (200, "Dock")
        assert script.get("issues/FLOW-1/").json() == back.json()

    def test_and_a_copy_of_it(self, script: Script, dock: list[Issue]) -> None:
        made = script.post("issues/FLOW-1/copy/")
        assert made.status_code == 201
        body = made.json()
        assert (body["key"], body["title"], body["points"], body["version"]) == ("FLOW-3", "Dock", 3.0, 1)
        assert body == script.get("issues/FLOW-3/").json()


class TestTalk:
    def test_is_edited_pinned_reacted_to_and_deleted(
        self, script: Script, acme: Organization, dock: list[Issue]
    ) -> None:
        mateo = make_script(factories.make_member(acme), acme)
        comments = "issues/FLOW-1/comments/"
        one, two = (script.post(comments, {"body": text}).json()["id"] for text in ("One.", "Two."))
        changed = script.patch(f"{comments}{one}/", {"body": "Won.", "pinned": True}).json()
        assert (changed["body"], bool(changed["edited_at"]), bool(changed["pinned_at"])) == ("Won.", True, True)
        assert script.patch(f"{comments}{two}/", {"pinned": True}).json()["pinned_at"]
        assert script.get(comments).json()["results"][0]["pinned_at"] is None, "one is"
        for emoji, comment in (("heart", None), ("heart", one), ("up", one)):
            for each in (script, mateo):
                body = {"emoji": emoji, "comment": comment, "is_on": True}
                assert each.put("issues/FLOW-1/reactions/", body).status_code == 204
        script.put("issues/FLOW-1/reactions/", {"emoji": "up", "comment": one, "is_on": False})
        rows = script.get("issues/FLOW-1/reactions/").json()["results"]
        found = {(row["comment"], row["emoji"]): (row["count"], row["is_mine"]) for row in rows}
        assert found == {(None, "heart"): (2, True), (one, "heart"): (2, True), (one, "up"): (1, False)}
        world = World(acme)
        assert mateo.patch(f"{comments}{one}/", {"body": "Mine."}).status_code == 403
        # All of it or nothing: Mateo may pin, but not rewrite.
        assert mateo.patch(f"{comments}{one}/", {"pinned": True, "body": "Mine."}).status_code == 403
        assert mateo.delete(f"{comments}{one}/").status_code == 403
        assert script.patch(f"{comments}{one}/", {}).status_code == 422
        assert script.patch(f"issues/FLOW-2/comments/{one}/", {"body": "Hm."}).status_code == 404
        for body, code in (({"emoji": "cow", "is_on": True}, 400), ({"emoji": "up"}, 400)):
            assert script.put("issues/FLOW-1/reactions/", body).status_code == code
        elsewhere = {"emoji": "up", "is_on": True, "comment": one}
        assert script.put("issues/FLOW-2/reactions/", elsewhere).status_code == 422
        assert world.is_unchanged()
        assert script.delete(f"{comments}{one}/").status_code == 204
        assert [row["id"] for row in script.get(comments).json()["results"]] == [two]


class TestFiles:
    FILES = "issues/FLOW-1/attachments/"

    def test_are_attached_read_taken_away_and_brought_back(
        self, script: Script, acme: Organization, ada: User, dock: list[Issue]
    ) -> None:
        guest = factories.make_member(acme, OrgRole.GUEST, "Gus Guest")
        stranger = make_script(guest, acme)
        made = script.post(self.FILES, Upload("Plan <1>.svg", b"<svg onload='alert(1)'/>"))
        assert made.status_code == 201
        (file,) = made.json()["results"]
        assert (file["name"], file["size"], file["uploader"]["id"]) == ("Plan <1>.svg", 24, ada.pk)
        assert "key" not in file
        content = script.get(f"{self.FILES}{file['id']}/content/")
        assert b"".join(content.streaming_content) == b"<svg onload='alert(1)'/>"
        assert content["Content-Disposition"].startswith("attachment")
        assert content["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in content["Content-Security-Policy"]
        part = script.get(f"{self.FILES}{file['id']}/content/", range="bytes=1-3")
        assert (part.status_code, b"".join(part.streaming_content)) == (206, b"svg")
        again = script.get(f"{self.FILES}{file['id']}/content/", if_none_match=content["ETag"])
        assert again.status_code == 304
        assert stranger.get(f"{self.FILES}{file['id']}/content/").status_code == 404
        assert script.get(f"issues/FLOW-2/attachments/{file['id']}/content/").status_code == 404
        assert script.delete(f"{self.FILES}{file['id']}/").status_code == 204
        assert script.get(f"{self.FILES}{file['id']}/content/").status_code == 404
        assert script.get(self.FILES).json()["results"] == []
        assert [row["id"] for row in script.get(self.FILES + "?removed=true").json()["results"]] == [file["id"]]
        assert script.post(f"{self.FILES}{file['id']}/restore/").json() == file
        assert script.get(self.FILES).json()["results"] == [file]

    def test_sent_twice_under_one_id_or_key_are_there_once(self, script: Script, dock: list[Issue]) -> None:
        upload = Upload("plan.txt", b"Text.", {"sending": "0f8b1c52-c1f9-4b6a-9d3e-5a7c2b4d6e8f"})
        for _again in range(2):
            assert script.post(self.FILES, upload).status_code == 201
        keyed = [script.post(self.FILES, Upload("b.txt", b"Other."), idempotency_key="k") for _ in range(2)]
        assert keyed[0].json() == keyed[1].json()
        assert script.post(self.FILES, Upload("b.txt", b"Another."), idempotency_key="k").status_code == 422
        assert [row["name"] for row in script.get(self.FILES).json()["results"]] == ["plan.txt", "b.txt"]

    def test_that_are_not_taken_are_refused(
        self, script: Script, acme: Organization, dock: list[Issue], settings: LazySettings
    ) -> None:
        settings.ATTACHMENT_LARGEST = 10
        world = World(acme)
        for body, code in (
            (Upload("big.txt", b"x" * 11), 413),
            (Upload("empty.txt", b""), 422),
            (Upload("a.txt", b"x", {"sending": "me"}), 400),
            (Upload("a.txt", b"x", {"colour": "red"}), 400),
            ({"file": "text"}, 415),
        ):
            answer = script.post(self.FILES, body)
            assert (answer.status_code, answer["Content-Type"]) == (code, "application/problem+json"), body
        url = f"/api/v1/orgs/{acme.slug}/{self.FILES}"
        headers = {"authorization": f"Bearer {script.secret}"}
        assert Client().post(url, {"file": "text"}, headers=headers).status_code == 400
        assert Client().post(url, {}, headers=headers).status_code == 400
        assert world.is_unchanged()


class TestRights:
    @pytest.mark.parametrize(("role", "talks", "writes"), [("viewer", 403, 403), ("commenter", 204, 403)])
    def test_are_those_of_the_pages(
        self, acme: Organization, ada: User, secret: Project, role: str, talks: int, writes: int
    ) -> None:
        guest = factories.make_member(acme, OrgRole.GUEST, "Gus Guest")
        factories.give_role(acme, secret, guest, role)
        one, two = factories.make_issues(acme, secret, ada, "Canary", "Cage")
        factories.attach(acme, one, ada, "plan.txt", b"Text.")
        with factories.acting(ada, acme):
            file = Attachment.objects.get().pk
            comment = Comment.objects.create(org=acme, project=secret, issue=one, author=ada, body="Said.").pk
            status = Status.objects.get(project=secret, name="In review").pk
        script = make_script(guest, acme)
        for path in ("transitions", "links", "children", "watchers", "reactions", "attachments", "history"):
            assert script.get(f"issues/SECRET-1/{path}/").status_code == 200
        world = World(acme)
        refused: list[tuple[str, str, Any]] = [
            ("DELETE", "", None),
            ("POST", "transitions/", {"status": status}),
            ("POST", "links/", {"kind": "blocks", "issue": two.pk}),
            ("POST", "children/", {"titles": ["Oil"]}),
            ("POST", "archive/", None),
            ("POST", "restore/", None),
            ("POST", "copy/", None),
            ("DELETE", f"attachments/{file}/", None),
            ("DELETE", f"comments/{comment}/", None),
            ("PATCH", f"comments/{comment}/", {"pinned": True}),
            ("PATCH", f"comments/{comment}/", {"body": "Mine."}),
        ]
        for method, path, body in refused:
            assert script.call(method, f"issues/SECRET-1/{path}", body).status_code == writes, path
        for path, body in (
            ("issues/bulk/", {"issues": [one.pk], "values": {"priority": "high"}}),
            ("issues/transfer/", {"issues": [one.pk], "to": "FLOW"}),
        ):
            assert script.post(f"projects/SECRET/{path}", body).status_code == writes
        assert world.is_unchanged()
        assert script.put("issues/SECRET-1/watchers/me/").status_code == talks
        heart = {"emoji": "heart", "is_on": True}
        assert script.put("issues/SECRET-1/reactions/", heart).status_code == talks
        said = {"changes": [{"do": "comment", "issue": one.pk, "values": {"body": "Hm."}}]}
        assert script.post("projects/SECRET/batch/", said).status_code == (200 if talks == 204 else 403)
