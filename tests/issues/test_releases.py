"""Versions: planned, filled, released and taken back, deleted and brought back; and what their pages say."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import Forbidden, Invalid, NotFound
from apps.events.models import Change, Event
from apps.issues import selectors, services
from apps.issues.activity import activity
from apps.issues.models import Issue, IssueVersion
from apps.issues.selectors import Progress
from apps.orgs.models import Organization
from apps.projects.models import Project, Status, Version
from apps.projects.selectors import list_versions
from apps.projects.services import NameTaken, create_version, edit_version, set_version_archived
from tests.factories import acting, make_issues, make_member, make_project


@pytest.fixture
def client(ada: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(ada)
    return client


def version(name: str) -> Version:
    return Version.objects.select_related("project").get(name=name)


def issue(title: str) -> Issue:
    return Issue.objects.select_related("project", "status", "type").get(title=title)


def plan(user: User, org: Organization, project: Project, *names: str, **fields: Any) -> list[Version]:
    with acting(user, org) as actor:
        return [create_version(actor=actor, project=project, name=name, **fields) for name in names]


def fill(user: User, org: Organization, project: Project, of: Version, **titles: str) -> None:
    """Issues in a version, by title and status."""
    for title, status in titles.items():
        with acting(user, org):
            found = Status.objects.get(project=project, name=status)
        make_issues(org, project, user, title, status=found, fix_versions=[of], points=Decimal(2))


def versions_of(title: str) -> list[str]:
    return sorted(issue(title).fix_versions.values_list("name", flat=True))


def everything(user: User, org: Organization) -> list[Any]:
    with acting(user, org):
        return [
            *Version.objects.order_by("pk").values(),
            *IssueVersion.objects.order_by("pk").values_list("issue_id", "version_id"),
            *Issue.objects.order_by("pk").values_list("pk", "version"),
            Event.objects.count(),
        ]


class TestPlanning:
    def test_makes_changes_and_archives_a_version(self, ada: User, acme: Organization, flow: Project) -> None:
        (made,) = plan(ada, acme, flow, " 2.4 ", start_date=date(2026, 1, 1), release_date=date(2026, 1, 1))
        assert made.name == "2.4"
        with acting(ada, acme) as actor:
            values = {"name": "2.4", "release_date": date(2026, 2, 1), "start_date": date(2026, 1, 1)}
            edit_version(actor=actor, version=made, **values)
            edit_version(actor=actor, version=made, **values)
            for is_archived in (True, True, False):
                set_version_archived(actor=actor, version=made, is_archived=is_archived)
            assert list_versions(actor=actor, project=flow) == [made]
            set_version_archived(actor=actor, version=made, is_archived=True)
            assert list_versions(actor=actor, project=flow) == []
        with acting(ada, acme):
            assert Event.objects.filter(kind="project.version_created").count() == 1
            changes = Change.objects.filter(event__kind="project.version_edited").order_by("pk")
            assert [(change.field, change.new) for change in changes] == [
                ("release_date", "2026-02-01"),
                ("archived", True),
                ("archived", False),
                ("archived", True),
            ]

    def test_refuses_nonsense_and_changes_nothing(self, ada: User, acme: Organization, flow: Project) -> None:
        first, _second = plan(ada, acme, flow, "1", "2")
        before = everything(ada, acme)
        early = {"start_date": date(2026, 1, 2), "release_date": date(2026, 1, 1)}
        for values, why in (
            ({"name": " "}, "Give the version a name"),
            ({"name": "2\x004"}, "Give the version a name"),
            ({"name": "x" * 61}, "at most 60"),
            ({"name": "x", "description": "\x00"}, "at most 10000"),
            ({"name": "x"} | early, "before it is begun"),
        ):
            with acting(ada, acme) as actor, pytest.raises(Invalid, match=why):
                create_version(actor=actor, project=flow, **values)  # type: ignore[arg-type]
        with acting(ada, acme) as actor:
            with pytest.raises(NameTaken):
                create_version(actor=actor, project=flow, name="2")
            with pytest.raises(NameTaken):
                edit_version(actor=actor, version=first, name="2")
        with acting(make_member(acme), acme) as actor:
            for refused in (
                lambda: create_version(actor=actor, project=flow, name="x"),
                lambda: edit_version(actor=actor, version=first, name="x"),
                lambda: set_version_archived(actor=actor, version=first, is_archived=True),
                lambda: services.release_version(actor=actor, version=first),
                lambda: services.unrelease_version(actor=actor, version=first),
                lambda: services.retire_version(actor=actor, version=first),
                lambda: services.restore_version(actor=actor, version=first),
            ):
                with pytest.raises(Forbidden):
                    refused()
        assert everything(ada, acme)[:-1] == before[:-1]


class TestIssues:
    def test_name_versions_in_facts_history_and_bulk(self, ada: User, acme: Organization, flow: Project) -> None:
        one, two = plan(ada, acme, flow, "1", "2")
        fill(ada, acme, flow, one, a="To do", b="To do")
        with acting(ada, acme) as actor:
            services.edit_issue(actor=actor, issue=issue("a"), values={"fix_versions": [two.pk, one.pk]})
            services.edit_issue(actor=actor, issue=issue("a"), values={"fix_versions": [one.pk, two.pk]})
        with acting(ada, acme) as actor:
            services.bulk_edit(
                actor=actor,
                project=flow,
                issue_ids=[issue("a").pk, issue("b").pk],
                values={"versions_add": [two.pk], "versions_remove": [one.pk]},
            )
            assert (versions_of("a"), versions_of("b")) == (["2"], ["2"])
        with acting(ada, acme) as actor:
            services.edit_issue(actor=actor, issue=issue("a"), values={"fix_versions": []})
        with acting(ada, acme) as actor:
            told = [entry.sentence_html.striptags() for entry in activity(actor=actor, issue=issue("a"))]
            assert [line.removeprefix("Ada Okafor ") for line in told[1:]] == [
                "set the versions to 1, 2",
                "set the versions to 2",
                "took this out of all versions",
            ]
            assert Change.objects.filter(field="fix_versions").count() == 4

    def test_refuse_versions_of_elsewhere(self, ada: User, acme: Organization, flow: Project) -> None:
        (here,) = plan(ada, acme, flow, "1")
        (there,) = plan(ada, acme, make_project(acme, ada, "OTHER"), "2")
        fill(ada, acme, flow, here, a="To do")
        before = everything(ada, acme)
        with acting(ada, acme) as actor:
            for value, error in ((there.pk, Invalid), ([there.pk], NotFound)):
                with pytest.raises(error):
                    services.edit_issue(actor=actor, issue=issue("a"), values={"fix_versions": value})
            for values, refusal in (
                ({"versions_add": [there.pk]}, NotFound),
                ({"versions_add": [here.pk], "versions_remove": [here.pk]}, Invalid),
            ):
                with pytest.raises(refusal):
                    services.bulk_edit(actor=actor, project=flow, issue_ids=[issue("a").pk], values=values)
        with pytest.raises(Invalid, match="belongs to another project"):
            make_issues(acme, flow, ada, "x", fix_versions=[there])
        assert everything(ada, acme) == before


class TestReleasing:
    @pytest.mark.parametrize(
        ("how", "left"), [({}, ["1"]), ({"keeps_open": False}, []), ({"keeps_open": False, "to": "2"}, ["2"])]
    )
    def test_says_where_unfinished_work_goes(
        self, ada: User, acme: Organization, flow: Project, how: dict[str, Any], left: list[str]
    ) -> None:
        one, _two = plan(ada, acme, flow, "1", "2")
        fill(ada, acme, flow, one, open="To do", done="Done", given_up="Cancelled")
        with acting(ada, acme) as actor:
            to = version(how["to"]) if "to" in how else None
            services.release_version(actor=actor, version=one, **(how | {"to": to}))
            assert versions_of("open") == left
            assert (versions_of("done"), versions_of("given_up")) == (["1"], ["1"])
        with acting(ada, acme) as actor:
            (fact,) = Event.objects.filter(kind="project.version_released")
            assert fact.data["is_released"]
            named = [change.issue_id for change in fact.changes.exclude(issue=None)]
            assert named == ([] if left == ["1"] else [issue("open").pk])
            assert fact.data["versions"] == ({} if left == ["1"] else {str(issue("open").pk): 2})
            with pytest.raises(services.ReleasedAlready):
                services.release_version(actor=actor, version=one)
            services.unrelease_version(actor=actor, version=one, brings_back=True)
            assert versions_of("open") == ["1"]
            services.release_version(actor=actor, version=one, **(how | {"to": to}))
            services.unrelease_version(actor=actor, version=one)
            with pytest.raises(services.ReleasedAlready):
                services.unrelease_version(actor=actor, version=one)
            assert version("1").released_at is None
            assert versions_of("open") == left

    def test_refuses_where_it_cannot_go_and_changes_nothing(self, ada: User, acme: Organization, flow: Project) -> None:
        one, out, gone = plan(ada, acme, flow, "1", "out", "gone")
        (there,) = plan(ada, acme, make_project(acme, ada, "OTHER"), "there")
        fill(ada, acme, flow, one, open="To do")
        with acting(ada, acme) as actor:
            services.release_version(actor=actor, version=out)
            services.retire_version(actor=actor, version=gone)
        before = everything(ada, acme)
        with acting(ada, acme) as actor:
            for to, error in ((one, Invalid), (out, Invalid), (there, Invalid), (gone, NotFound)):
                with pytest.raises(error):
                    services.release_version(actor=actor, version=one, keeps_open=False, to=to)
                with pytest.raises(error):
                    services.retire_version(actor=actor, version=one, to=to)
            with pytest.raises(NotFound):
                services.release_version(actor=actor, version=gone)
        assert everything(ada, acme) == before


class TestDeleting:
    def test_moves_what_is_open_and_all_of_it_comes_back(self, ada: User, acme: Organization, flow: Project) -> None:
        one, two = plan(ada, acme, flow, "1", "2")
        fill(ada, acme, flow, one, open="To do", done="Done", changed="To do")
        with acting(ada, acme) as actor:
            assert services.retire_version(actor=actor, version=one, to=two) == 3
            assert (versions_of("open"), versions_of("done")) == (["2"], [])
        with acting(ada, acme) as actor:
            # Its name stays, and is free.
            told = activity(actor=actor, issue=issue("open"))[-1]
            assert "set the versions to 2" in told.sentence_html.striptags()
            assert told.was == "1"
            with pytest.raises(NotFound):
                services.edit_issue(actor=actor, issue=issue("done"), values={"fix_versions": [one.pk]})
            services.edit_issue(actor=actor, issue=issue("changed"), values={"fix_versions": []})
            create_version(actor=actor, project=flow, name="1")
            with pytest.raises(NameTaken):
                services.restore_version(actor=actor, version=one)
            edit_version(actor=actor, version=Version.objects.present().get(name="1"), name="3")
            services.restore_version(actor=actor, version=one)
            assert (versions_of("open"), versions_of("done"), versions_of("changed")) == (["1"], ["1"], ["1"])
            with pytest.raises(NotFound):
                services.restore_version(actor=actor, version=one)
        with acting(ada, acme):
            assert Event.objects.filter(kind__in=["project.version_deleted", "project.version_restored"]).count() == 2


class TestSelectors:
    def test_list_what_is_to_come_first_at_one_cost(self, ada: User, acme: Organization, flow: Project) -> None:
        def cost() -> int:
            with acting(ada, acme) as actor, CaptureQueriesContext(connection) as queries:
                selectors.list_releases(actor=actor, project=flow)
            return len(queries)

        yesterday = timezone.localdate() - timedelta(days=1)
        (late,) = plan(ada, acme, flow, "late", release_date=yesterday)
        fill(ada, acme, flow, late, a="To do", b="Done", c="Cancelled")
        few = cost()
        someday, *out, old = plan(ada, acme, flow, "someday", "x", "y", "z", "old")
        fill(ada, acme, flow, someday, d="Done")
        with acting(ada, acme) as actor:
            set_version_archived(actor=actor, version=old, is_archived=True)
            for each in out:
                services.release_version(actor=actor, version=each)
        assert cost() == few
        with acting(ada, acme) as actor:
            found = selectors.list_releases(actor=actor, project=flow, size=2)
            assert [line.version.name for line in found.planned] == ["late", "someday"]
            assert [line.days_late for line in found.planned] == [1, 0]
            assert found.planned[0].progress == Progress(issues=2, done=1, points=Decimal(4), points_done=Decimal(2))
            assert [line.version.name for line in found.released] == ["z", "y"]
            assert [line.version.name for line in found.archived] == ["old"]
            rest = selectors.list_releases(actor=actor, project=flow, size=2, after=found.next_after)
            assert ([line.version.name for line in rest.released], rest.next_after) == (["x"], None)
            assert not rest.planned
        empty = make_project(acme, ada, "EMPTY")
        with acting(ada, acme) as actor:
            assert not selectors.list_releases(actor=actor, project=empty).planned

    def test_say_what_is_in_one_at_one_cost(self, ada: User, acme: Organization, flow: Project) -> None:
        (one,) = plan(ada, acme, flow, "1")

        def cost() -> int:
            with acting(ada, acme) as actor, CaptureQueriesContext(connection) as queries:
                selectors.release_view(actor=actor, version=one)
            return len(queries)

        fill(ada, acme, flow, one, a="To do", b="Done")
        few = cost()
        fill(ada, acme, flow, one, c="In progress", d="Cancelled", f="Done")
        assert cost() == few == 3
        with acting(ada, acme) as actor:
            groups = selectors.release_view(actor=actor, version=one).groups
            assert [(group.category, len(group.issues)) for group in groups] == [
                ("in_progress", 1),
                ("todo", 1),
                ("done", 2),
                ("cancelled", 1),
            ]

    def test_release_notes_hold_what_is_done_as_plain_words(self, ada: User, acme: Organization, flow: Project) -> None:
        (one,) = plan(ada, acme, flow, "2.4 *beta*", description="What **changed**.")
        with acting(ada, acme):
            types = {each.name: each for each in flow.issue_types.all()}
            done = Status.objects.get(project=flow, name="Done")
        for name, title in (("Bug", "A [link](http://x) & <b>tag</b>"), ("Story", "Ride_the_lift"), ("Epic", "Floors")):
            make_issues(acme, flow, ada, title, type=types[name], status=done, fix_versions=[one])
        fill(ada, acme, flow, one, Unfinished="To do", Dropped="Cancelled")
        with acting(ada, acme) as actor:
            assert selectors.release_notes(actor=actor, version=one) == (
                "# 2.4 \\*beta\\*\n\nWhat **changed**.\n"
                "\n## Epic\n\n- FLOW-3 Floors\n"
                "\n## Story\n\n- FLOW-2 Ride\\_the\\_lift\n"
                "\n## Bug\n\n- FLOW-1 A \\[link\\](http://x) & \\<b\\>tag\\</b\\>\n"
            )


class TestPages:
    def test_a_version_from_its_plan_to_its_release_and_away(
        self, client: Client, ada: User, acme: Organization, flow: Project, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        home = f"/{acme.slug}/FLOW/releases/"
        assert "No release yet" in client.get(home).content.decode()
        assert client.post(home, {"name": ""}).status_code == 422
        client.post(home, {"name": "2.4", "release_date": "2020-01-01"})
        client.post(home, {"name": "2.5"})
        assert "days overdue" in client.get(home).content.decode()
        with acting(ada, acme):
            one, two = version("2.4"), version("2.5")
        fill(ada, acme, flow, one, open="To do", started="In progress", done="Done")
        page = f"{home}{one.pk}/"
        shown = client.get(page).content.decode()
        assert "2 issues are unfinished." in shown
        assert "1 of 3 issues done · 2 of 6 points" in shown
        assert "FLOW-3 done" in shown
        notes = client.get(page + "notes.md")
        assert notes["Content-Disposition"] == 'attachment; filename="flow-2-4.md"'
        assert "FLOW-3 done" in notes.content.decode()
        assert client.post(page + "edit/", {"name": "2.5"}).status_code == 422
        client.post(page + "edit/", {"name": "2.4.1"})
        assert 'value="2.4.1"' in client.get(page + "edit/").content.decode()
        assert client.post(page + "release/", {"to": str(one.pk)}).status_code == 422
        told = client.post(page + "release/", {"to": str(two.pk)}, follow=True).content.decode()
        assert "“2.4.1” is released." in told
        assert f"{home}{one.pk}/unrelease/" in told
        assert "Take the release back" in told
        assert "is open again" in client.post(page + "unrelease/", follow=True).content.decode()
        assert "nothing offers it" in client.post(page + "archive/", {"archived": "1"}, follow=True).content.decode()
        assert "“2.4.1” is back." in client.post(page + "archive/", {"archived": "0"}, follow=True).content.decode()
        other = f"{home}{two.pk}/"
        assert "2 issues are unfinished." in client.get(other + "delete/").content.decode()
        assert client.post(other + "delete/", {}).status_code == 422
        gone = client.post(other + "delete/", {"to": "none"}, follow=True).content.decode()
        assert "“2.5” is deleted; 2 issues were changed." in gone
        assert client.get(other).status_code == 404
        client.post(f"{home}{two.pk}/restore/")
        monkeypatch.setattr("apps.issues.selectors.releases.MOST_LISTED", 1)
        assert f"issues/?version={two.pk}" in client.get(other).content.decode()
        monkeypatch.setattr("apps.issues.selectors.releases.RELEASED_ON_A_PAGE", 1)
        listed = client.get(f"/{acme.slug}/FLOW/issues/?version={two.pk}").content.decode()
        assert "Of one release" in listed
        assert listed.count("data-issue-key") == 2

    def test_pages_of_what_came_out(self, client: Client, ada: User, acme: Organization, flow: Project) -> None:
        made = plan(ada, acme, flow, *(f"0.{number}" for number in range(21)))
        with acting(ada, acme) as actor:
            for each in made:
                services.release_version(actor=actor, version=each)
        home = f"/{acme.slug}/FLOW/releases/"
        first = client.get(home).content.decode()
        (rest,) = [part.split('"')[0] for part in first.split('href="')[1:] if "after=" in part]
        second = client.get(rest.replace("&amp;", "&")).content.decode()
        assert "Previous" in second
        assert f"releases/{made[0].pk}/" in second

    def test_an_issue_offers_and_shows_versions(
        self, client: Client, ada: User, acme: Organization, flow: Project
    ) -> None:
        make_issues(acme, flow, ada, "a")
        path = f"/{acme.slug}/issue/FLOW-1/"
        assert "Versions. Change" not in client.get(path).content.decode()
        one, two = plan(ada, acme, flow, "one", "two")
        client.post(path + "edit/", {"field": "fix_versions", "value": [one.pk, two.pk], "version": "1"})
        assert client.post(path + "edit/", {"field": "fix_versions", "value": [9999999]}).status_code == 404
        conflict = client.post(path + "edit/", {"field": "fix_versions", "value": [one.pk], "version": "1"})
        assert conflict.status_code == 409
        assert "one, two" in conflict.content.decode()
        with acting(ada, acme) as actor:
            set_version_archived(actor=actor, version=two, is_archived=True)
            assert versions_of("a") == ["one", "two"]
        assert "archived" in client.get(path).content.decode()
        form = f"/{acme.slug}/FLOW/issues/new/"
        assert f'name="fix_versions" value="{one.pk}"' in client.get(form).content.decode()
        with acting(ada, acme):
            task, todo = flow.issue_types.get(name="Task").pk, flow.statuses.get(name="To do").pk
        sent = {"title": "new", "type": task, "status": todo, "priority": "0", "fix_versions": [one.pk]}
        assert client.post(form, sent).status_code == 302
        with acting(ada, acme):
            assert versions_of("new") == ["one"]
