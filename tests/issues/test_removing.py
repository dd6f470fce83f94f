"""Taking labels and people away: where their open work goes, what comes back, and what is refused."""

from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.boards.models import Board
from apps.boards.selectors import get_board
from apps.boards.services import Asked, add_quick_filter
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.events.models import Event
from apps.issues import services
from apps.issues.activity import activity
from apps.issues.models import Issue
from apps.orgs.models import Membership, Organization
from apps.orgs.services import LastOwner
from apps.projects.models import Label, Project, ProjectMember, Status, Transition
from apps.projects.policies import Role
from apps.projects.services import NameTaken, create_label, edit_label
from tests.factories import acting, give_role, make_issues, make_member, make_project


@pytest.fixture
def client(ada: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(ada)
    return client


def issue(title: str) -> Issue:
    return Issue.objects.select_related("project", "status", "type").get(title=title)


def labels_of(title: str) -> list[str]:
    return sorted(issue(title).labels.values_list("name", flat=True))


def label(user: User, org: Organization, project: Project, name: str) -> Label:
    with acting(user, org) as actor:
        return create_label(actor=actor, project=project, name=name)


def everything(user: User, org: Organization) -> list[Any]:
    with acting(user, org):
        return [
            *Label.objects.order_by("pk").values(),
            *Issue.objects.order_by("pk").values_list("pk", "version", "assignee_id"),
            *ProjectMember.objects.order_by("pk").values(),
            *Membership.objects.order_by("pk").values(),
            Event.objects.count(),
        ]


class TestLabels:
    def test_give_their_issues_another_and_come_back(self, ada: User, acme: Organization, flow: Project) -> None:
        old, new = label(ada, acme, flow, "old"), label(ada, acme, flow, "new")
        make_issues(acme, flow, ada, "a", labels=[old])
        make_issues(acme, flow, ada, "b", labels=[old, new])
        with acting(ada, acme) as actor:
            edge = Transition.objects.filter(project=flow).order_by("pk")[0]
            Transition.objects.filter(pk=edge.pk).update(adds_label=old)
            board = Board.objects.get(project=flow)
            add_quick_filter(actor=actor, board=board, name="Old ones", asked=Asked(label_id=old.pk))
            assert services.retire_label(actor=actor, label=old, to=new) == 2
            assert (labels_of("a"), labels_of("b")) == (["new"], ["new"])
            assert Transition.objects.get(pk=edge.pk).adds_label == new
            assert get_board(actor=actor, key="FLOW").quick_filters == []
        with acting(ada, acme) as actor:
            told = activity(actor=actor, issue=issue("a"))
            assert "set the labels to <b>new</b>" in str(told[-1].sentence_html)
            fact = Event.objects.get(kind="project.label_deleted")
            assert fact.data["versions"] == {str(issue(title).pk): 2 for title in ("a", "b")}
            # Its name is free again, which keeps the old one away.
            again = create_label(actor=actor, project=flow, name="old")
            with pytest.raises(NameTaken):
                services.restore_label(actor=actor, label=old)
            edit_label(actor=actor, label=again, name="older", hue=0)
            services.restore_label(actor=actor, label=old)
            assert (labels_of("a"), labels_of("b")) == (["old"], ["new", "old"])
            assert len(get_board(actor=actor, key="FLOW").quick_filters) == 1
            with pytest.raises(NotFound):
                services.restore_label(actor=actor, label=old)

    def test_refuse_and_change_nothing(self, ada: User, acme: Organization, flow: Project) -> None:
        old = label(ada, acme, flow, "old")
        there = label(ada, acme, make_project(acme, ada, "OTHER"), "there")
        make_issues(acme, flow, ada, "a", labels=[old])
        member = make_member(acme)
        before = everything(ada, acme)
        with acting(ada, acme) as actor:
            with pytest.raises(Invalid):
                services.retire_label(actor=actor, label=old, to=old)
            with pytest.raises(NotFound):
                services.retire_label(actor=actor, label=old, to=there)
        with acting(member, acme) as actor:
            for refused in (services.retire_label, services.restore_label):
                with pytest.raises(Forbidden):
                    refused(actor=actor, label=old)
        assert everything(ada, acme) == before

    def test_are_asked_about_on_their_page(self, client: Client, ada: User, acme: Organization, flow: Project) -> None:
        old, new = label(ada, acme, flow, "old"), label(ada, acme, flow, "new")
        make_issues(acme, flow, ada, "a", labels=[old])
        home = f"/{acme.slug}/FLOW/settings/labels/"
        asked = client.post(f"{home}{old.pk}/delete/")
        assert asked.status_code == 302
        assert "1 issue carries it." in client.get(asked.url).content.decode()  # type: ignore[attr-defined]
        assert client.post(f"{home}{old.pk}/delete/", {"to": str(old.pk)}).status_code == 422
        told = client.post(f"{home}{old.pk}/delete/", {"to": str(new.pk)}, follow=True).content.decode()
        assert "The label “old” is gone; 1 issue was changed." in told
        assert "is back" in client.post(f"{home}{old.pk}/restore/", follow=True).content.decode()
        assert client.post(f"{home}{old.pk}/restore/").status_code == 404
        # What nothing carries goes at once.
        assert "is gone" in client.post(f"{home}{new.pk}/delete/", follow=True).content.decode()
        assert client.get(f"{home}{new.pk}/delete/").status_code == 404


class TestPeople:
    @pytest.fixture
    def mateo(self, acme: Organization, flow: Project, ada: User) -> User:
        """Somebody with three issues, of which one is done."""
        mateo = make_member(acme)
        give_role(acme, flow, mateo, Role.MEMBER)
        with acting(ada, acme):
            done = Status.objects.get(project=flow, name="Done")
        make_issues(acme, flow, ada, "a", "b", assignee=mateo)
        make_issues(acme, flow, ada, "over", assignee=mateo, status=done)
        return mateo

    def has(self, user: User, org: Organization) -> dict[str, str | None]:
        with acting(user, org):
            rows = Issue.objects.order_by("title").values_list("title", "assignee__name")
            return dict(rows)

    def test_leave_a_project_and_hand_their_open_issues_over(
        self, ada: User, acme: Organization, flow: Project, mateo: User
    ) -> None:
        lin = make_member(acme, name="Lin Zhao")
        with acting(ada, acme) as actor:
            member = ProjectMember.objects.select_related("project", "user").get(user=mateo)
            assert services.remove_from_project(actor=actor, member=member, keeps_work=False, to=lin) == 2
        assert self.has(ada, acme) == {"a": "Lin Zhao", "b": "Lin Zhao", "over": "Mateo Ruiz"}
        with acting(ada, acme) as actor:
            assert not ProjectMember.objects.filter(user=mateo).exists()
            (fact,) = Event.objects.filter(kind="issues.edited")
            assert sorted(fact.data["ids"]) == sorted([issue("a").pk, issue("b").pk])
            assert "gave this to <b>Lin Zhao</b>" in str(activity(actor=actor, issue=issue("a"))[-1].sentence_html)

    def test_keep_them_or_leave_them_to_nobody(self, ada: User, acme: Organization, flow: Project, mateo: User) -> None:
        with acting(ada, acme) as actor:
            member = ProjectMember.objects.select_related("project", "user").get(user=mateo)
            assert services.remove_from_project(actor=actor, member=member) == 0
        assert self.has(ada, acme)["a"] == "Mateo Ruiz"
        with acting(ada, acme) as actor:
            seat = Membership.objects.get(user=mateo)
            assert services.remove_from_organization(actor=actor, membership=seat, keeps_work=False) == 2
        assert self.has(ada, acme) == {"a": None, "b": None, "over": "Mateo Ruiz"}

    def test_leave_the_organization_for_whoever_can_take_them(
        self, ada: User, acme: Organization, flow: Project, secret: Project, mateo: User
    ) -> None:
        lin = make_member(acme, name="Lin Zhao")
        give_role(acme, secret, mateo, Role.MEMBER)
        make_issues(acme, secret, ada, "hidden", assignee=mateo)
        shut = make_project(acme, ada, "SHUT")
        make_issues(acme, shut, ada, "kept", assignee=mateo)
        with acting(ada, acme) as actor:
            Project.objects.filter(pk=shut.pk).update(archived_at="2026-01-01T00:00Z")
            seat = Membership.objects.get(user=mateo)
            assert services.remove_from_organization(actor=actor, membership=seat, keeps_work=False, to=lin) == 3
        # Lin cannot be given issues of the private project, and nobody changes an archived one.
        assert self.has(ada, acme) == {
            "a": "Lin Zhao",
            "b": "Lin Zhao",
            "hidden": None,
            "kept": "Mateo Ruiz",
            "over": "Mateo Ruiz",
        }
        with acting(ada, acme):
            assert Membership.objects.get(user=mateo).ended_at is not None
            assert Event.objects.filter(kind="issues.edited").count() == 2

    def test_refuse_and_change_nothing(
        self, ada: User, acme: Organization, flow: Project, secret: Project, mateo: User
    ) -> None:
        lin = make_member(acme, name="Lin Zhao")
        give_role(acme, secret, mateo, Role.MEMBER)
        make_issues(acme, secret, ada, "hidden", assignee=mateo)
        before = everything(ada, acme)
        with acting(ada, acme) as actor:
            seats = {row.user_id: row for row in Membership.objects.all()}
            members = {row.project_id: row for row in ProjectMember.objects.select_related("project", "user")}
            secret_role = ProjectMember.objects.select_related("project", "user").get(user=mateo, project=secret)
            for to, why in ((mateo, "somebody who stays"), (lin, "works in this project")):
                with pytest.raises(Invalid, match=why):
                    services.remove_from_project(actor=actor, member=secret_role, keeps_work=False, to=to)
            with pytest.raises(Invalid, match="somebody who stays"):
                services.remove_from_organization(actor=actor, membership=seats[mateo.pk], keeps_work=False, to=mateo)
            with pytest.raises(LastOwner):
                services.remove_from_organization(actor=actor, membership=seats[ada.pk], keeps_work=False, to=lin)
        with acting(lin, acme) as actor:
            with pytest.raises(Forbidden):
                services.remove_from_project(actor=actor, member=members[flow.pk], keeps_work=False)
            with pytest.raises(Forbidden):
                services.remove_from_organization(actor=actor, membership=seats[mateo.pk], keeps_work=False)
        assert everything(ada, acme) == before

    def test_whose_work_stays_can_be_taken_in_again_at_once(
        self, client: Client, ada: User, acme: Organization, flow: Project, mateo: User
    ) -> None:
        home = f"/{acme.slug}/FLOW/settings/"
        told = client.post(f"{home}members/{mateo.pk}/remove/", {"to": "stays"}, follow=True).content.decode()
        notice = told.split("Mateo Ruiz was removed from the project.")[1].split("</form>")[0]
        role = notice.split('name="role" value="')[1].split('"')[0]
        assert f'action="{home}members/"' in notice
        assert f'name="user" value="{mateo.pk}"' in notice
        with acting(ada, acme):
            assert not ProjectMember.objects.filter(project=flow, user=mateo).exists()
        client.post(f"{home}members/", {"user": mateo.pk, "role": role})
        with acting(ada, acme):
            assert ProjectMember.objects.get(project=flow, user=mateo).role == role

    def test_are_asked_about_on_their_pages(
        self, client: Client, ada: User, acme: Organization, flow: Project, mateo: User
    ) -> None:
        lin = make_member(acme, name="Lin Zhao")
        for path in (
            f"/{acme.slug}/FLOW/settings/members/{mateo.pk}/remove/",
            f"/{acme.slug}/members/{mateo.pk}/remove/",
        ):
            asked = client.post(path)
            assert (asked.status_code, asked.url) == (302, path)  # type: ignore[attr-defined]
            assert "2 open issues are assigned to Mateo Ruiz." in client.get(path).content.decode()
            assert client.post(path, {"to": str(mateo.pk)}).status_code == 422
        told = client.post(
            f"/{acme.slug}/FLOW/settings/members/{mateo.pk}/remove/", {"to": str(lin.pk)}, follow=True
        ).content.decode()
        assert "Mateo Ruiz was removed from the project. 2 open issues were handed over." in told
        # Who has nothing open goes at once.
        assert "is no longer a member." in client.post(path, follow=True).content.decode()
        path = f"/{acme.slug}/members/{lin.pk}/remove/"
        gone = client.post(path, {"to": "none"}, follow=True).content.decode()
        assert "Lin Zhao is no longer a member. 2 open issues were handed over." in gone
        stranger = make_member(acme, name="Tom Baker")
        browser = Client()
        browser.force_login(stranger)
        assert browser.get(f"/{acme.slug}/members/{ada.pk}/remove/").status_code == 403
        assert "Leave" in browser.get(f"/{acme.slug}/members/{stranger.pk}/remove/").content.decode()
