"""What rows say of other rows: parents, links, comments kept apart."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.core.errors import Forbidden
from apps.core.tenancy import Origin, run_as_system
from apps.events.models import Delivery, Event
from apps.imports.models import ExternalRef, ImportRun, PendingReference
from apps.imports.records import CommentRecord, CommentsRecord, Level, LinkRecord, Ref, Relation
from apps.imports.services import follow_references, keep_comments
from apps.issues.models import Comment, Issue, IssueLink
from apps.issues.services import (
    PastLink,
    edit_issue,
    import_links,
    link_issues,
    order_imported_issues,
    remove_imported_links,
    unlink_issues,
)
from apps.orgs.models import Organization
from apps.projects.models import Project
from apps.projects.policies import Role
from tests.factories import acting, give_role, make_issues, make_member, make_org, make_project, make_user
from tests.imports.records import OTTO, day, follow_all, make_run, reasons, record, stored, write
from tests.imports.test_taking_back import take_back


@pytest.fixture
def run(flow: Project) -> ImportRun:
    return make_run(flow)


def link(relation: Relation, number: int) -> LinkRecord:
    return LinkRecord(relation, Ref(key=f"LAMP-{number}"))


def links(org: Organization) -> set[tuple[int, str, int]]:
    with run_as_system(org_id=org.pk):
        return set(IssueLink.objects.values_list("source__number", "kind", "target__number"))


class TestParents:
    def test_finds_them_by_id_or_key_wherever_they_come(
        self, acme: Organization, flow: Project, run: ImportRun
    ) -> None:
        epic = {"type_name": "Epic", "level": Level.EPIC}
        account = write(
            flow,
            record(1, parent=Ref(external_id="103")),
            record(2, parent=Ref(key="LAMP-3")),
            record(3, **epic),
            record(4, parent=Ref(key="LAMP-77")),
            record(5, parent=Ref(key="LAMP-1")),
            run=run,
        )
        assert [stored(acme, flow, number).parent_id for number in (1, 2)] == [stored(acme, flow, 3).pk] * 2
        assert account.counts["parents"] == 2
        assert list(reasons(account)) == [
            ("row LAMP-4", "parent", "LAMP-77 was not imported, so the issue has no parent."),
            ("row LAMP-5", "parent", "A Bug cannot hold a Bug. It is linked to LAMP-1 instead."),
        ]
        assert (account.counts["links"], links(acme)) == (1, {(1, "relates", 5)})
        with run_as_system(org_id=acme.pk):
            assert not PendingReference.objects.exists()
            # The import itself brought it two versions further: nobody else has changed it.
            ref = ExternalRef.objects.get(kind="issue", external_id="101")
        assert ref.version == stored(acme, flow, 1).version == 3

    def test_links_what_cannot_stand_below_it_once_and_takes_that_back(
        self, acme: Organization, flow: Project, run: ImportRun
    ) -> None:
        batch = [record(1), record(2, parent=Ref(key="LAMP-1"), links=[link(Relation.RELATES, 1)])]
        write(flow, *batch, run=run)
        with run_as_system(org_id=acme.pk):
            # Somebody takes the link away: it does not come back.
            IssueLink.objects.all().delete()
        newer = make_run(flow)
        batch[1].title = "Another name"
        write(flow, *batch, record(3, parent=Ref(key="LAMP-2")), run=newer)
        assert links(acme) == {(2, "relates", 3)}
        take_back(newer)
        assert links(acme) == set()

    def test_follows_a_newer_parent_unless_people_moved_the_issue(
        self, acme: Organization, ada: User, flow: Project, run: ImportRun
    ) -> None:
        epics = [record(number, type_name="Epic", level=Level.EPIC) for number in (8, 9)]
        write(flow, *epics, *(record(number, parent=Ref(key="LAMP-8")) for number in (1, 2)), run=run)
        moved = stored(acme, flow, 2)
        with acting(ada, acme) as actor:
            edit_issue(actor=actor, issue=moved, values={"parent": None})
        newer = make_run(flow)
        write(flow, *(record(number, parent=Ref(key="LAMP-9")) for number in (1, 2)), run=newer)
        assert stored(acme, flow, 1).parent_id == stored(acme, flow, 9).pk
        assert stored(acme, flow, 2).parent_id is None


class TestLinks:
    def test_stores_both_sides_of_each_kind_once(self, acme: Organization, flow: Project, run: ImportRun) -> None:
        batch = [
            record(1, links=[link(Relation.BLOCKS, 2), link(Relation.RELATES, 3)]),
            record(2, links=[link(Relation.BLOCKED_BY, 1), link(Relation.DUPLICATES, 3)]),
            record(3, links=[link(Relation.RELATES, 1), link(Relation.DUPLICATED_BY, 2), link(Relation.BLOCKS, 3)]),
        ]
        account = write(flow, *batch, run=run, follow=False)
        follow_all(run, account, batch_size=3)
        assert links(acme) == {(1, "blocks", 2), (1, "relates", 3), (2, "duplicates", 3)}
        assert account.counts["links"] == 3
        assert list(reasons(account)) == [("row LAMP-3", "links", "An issue cannot be linked to itself.")]
        with run_as_system(org_id=acme.pk):
            events = Event.objects.filter(kind="issue.linked")
            assert {event.origin for event in events} == {"import"}
            assert events.count() == 6
            assert not Delivery.objects.filter(event__in=events).exists()

    def test_tells_circles_and_unknown_targets(self, acme: Organization, flow: Project, run: ImportRun) -> None:
        account = write(
            flow,
            record(1, links=[link(Relation.BLOCKS, 2)]),
            record(2, links=[link(Relation.BLOCKS, 3)]),
            record(3, links=[link(Relation.BLOCKS, 1), link(Relation.RELATES, 99)]),
            run=run,
        )
        assert links(acme) == {(1, "blocks", 2), (2, "blocks", 3)}
        assert list(reasons(account)) == [
            ("row LAMP-3", "links", "LAMP-99 was not imported, so the issue is not linked to it."),
            ("row LAMP-3", "links", "FLOW-1 already blocks FLOW-3, directly or through others."),
        ]

    def test_sees_circles_through_links_that_are_there_already(
        self, acme: Organization, flow: Project, run: ImportRun
    ) -> None:
        batch = [
            record(1, links=[link(Relation.BLOCKS, 2), link(Relation.BLOCKS, 3)]),
            record(2, links=[link(Relation.BLOCKS, 4)]),
            record(3, links=[link(Relation.BLOCKS, 4)]),
            record(7, links=[link(Relation.BLOCKS, 1)]),
            record(4, links=[link(Relation.BLOCKS, 1)]),
        ]
        account = write(flow, *batch, run=run, follow=False)
        follow_all(run, account, batch_size=2)
        assert account.counts["links"] == 5
        assert [row for row, _field, _reason in reasons(account)] == ["row LAMP-4"]

    def test_passes_over_what_a_row_that_failed_had_said(
        self, acme: Organization, flow: Project, run: ImportRun
    ) -> None:
        said = {"parent": Ref(external_id="102"), "links": [LinkRecord(Relation.BLOCKS, Ref(external_id="102"))]}
        account = write(flow, record(1, **said), record(2, key="", type_name="Epic"), run=run, follow=False)
        with run_as_system(org_id=acme.pk):
            ExternalRef.objects.filter(kind="issue", external_id="101").delete()
        follow_all(run, account)
        assert (list(reasons(account)), account.counts["parents"], links(acme)) == ([], 0, set())

    def test_leaves_what_people_took_away_or_linked_before(
        self, acme: Organization, ada: User, flow: Project, run: ImportRun
    ) -> None:
        write(flow, record(1), record(2), record(3), run=run)
        one, two = stored(acme, flow, 1), stored(acme, flow, 2)
        with acting(ada, acme) as actor:
            link_issues(actor=actor, source=one, target=two, kind="relates")
        newer = [record(1, links=[link(Relation.RELATES, 2), link(Relation.BLOCKS, 3)])]
        account = write(flow, *newer, run=(second := make_run(flow)))
        assert account.counts["links"] == 1
        with run_as_system(org_id=acme.pk):
            assert [ref.run_id for ref in ExternalRef.objects.filter(kind="link").order_by("id")] == [None, second.pk]
            made = IssueLink.objects.select_related("source__project", "target__project").get(kind="blocks")
        with acting(ada, acme) as actor:
            unlink_issues(actor=actor, link=made)
        newer = [record(1, title="New", links=[link(Relation.BLOCKS, 3), link(Relation.RELATES, 2)])]
        write(flow, *newer, run=make_run(flow))
        assert links(acme) == {(1, "relates", 2)}

    def test_reaches_no_project_that_its_starter_may_not_change(
        self, acme: Organization, flow: Project, secret: Project
    ) -> None:
        hidden = make_run(secret)
        write(secret, record(7, type_name="Epic", level=Level.EPIC), run=hidden)
        bea = make_user("Bea")
        other = make_org(bea, name="Other")
        theirs = make_project(other, bea, key="BEAM")
        write(theirs, record(8, type_name="Epic", level=Level.EPIC), run=make_run(theirs))
        mateo = make_member(acme)
        pointing = [
            record(1, parent=Ref(key="LAMP-7"), links=[link(Relation.BLOCKS, 7), link(Relation.BLOCKS, 8)]),
            record(2, parent=Ref(key="LAMP-8")),
        ]
        account = write(flow, *pointing, run=make_run(flow, started_by=mateo))
        assert len(account.problems) == 4
        assert links(acme) == set()
        give_role(acme, secret, mateo, Role.MEMBER)
        again = [record(1, title="Again", parent=Ref(key="LAMP-7"), links=[link(Relation.RELATES, 7)])]
        account = write(flow, *again, run=make_run(flow, started_by=mateo))
        assert not account.problems
        assert links(acme) == {(7, "relates", 1)}

    def test_says_what_is_gone_meanwhile(self, acme: Organization, ada: User, flow: Project) -> None:
        one, two = make_issues(acme, flow, ada, "one", "two")
        with run_as_system(org_id=acme.pk, origin=Origin.IMPORT) as actor:
            outcome = import_links(actor=actor, links=[PastLink(one.pk, 999_999_999, "blocks")])
            assert outcome == ["One of the two is gone."]
            (made,) = import_links(actor=actor, links=[PastLink(two.pk, one.pk, "relates")])
            assert isinstance(made, IssueLink)
            assert (made.source_id, made.target_id) == (one.pk, two.pk)
            assert remove_imported_links(actor=actor, link_ids=[made.pk, 999_999_999]) == 1
        assert links(acme) == set()

    @pytest.mark.parametrize("count", [3, 9])
    def test_needs_the_same_statements_for_many(
        self, acme: Organization, flow: Project, run: ImportRun, count: int
    ) -> None:
        batch = [record(99, type_name="Epic", level=Level.EPIC)]
        batch += [
            record(
                number,
                parent=Ref(key="LAMP-99"),
                links=[link(Relation.BLOCKS, number + 1), link(Relation.RELATES, number + 1)],
            )
            for number in range(1, count)
        ]
        write(flow, *batch, record(count), run=run, follow=False)
        with run_as_system(org_id=acme.pk, origin=Origin.IMPORT) as actor:
            with CaptureQueriesContext(connection) as queries:
                follow_references(actor=actor, run=run)
            with CaptureQueriesContext(connection) as none_left:
                assert follow_references(actor=actor, run=run).read == 0
        assert len(queries) == 30
        assert len(none_left) == 6


class TestOrder:
    def test_is_the_trackers_over_all_batches_without_the_issues_of_people(
        self, acme: Organization, ada: User, flow: Project, run: ImportRun
    ) -> None:
        def order() -> list[int]:
            with run_as_system(org_id=acme.pk):
                return list(Issue.objects.order_by("rank").values_list("number", flat=True))

        write(flow, record(1, place="d"), record(2, place="b"), record(9), run=run, follow=False)
        (ours,) = make_issues(acme, flow, ada, "ours")
        account = write(flow, record(3, place="a"), record(4, place="c"), run=run)
        assert order() == [3, 2, 9, ours.number, 4, 1]
        with run_as_system(org_id=acme.pk):
            told = Event.objects.filter(kind="project.ranks_rebalanced", origin="import").count()
            gone = Issue.objects.filter(number=3)
            assert told == 1
            ExternalRef.objects.filter(object_id__in=gone.values("pk")).update(object_id=999_999_999)
        follow_all(run, account)
        with run_as_system(org_id=acme.pk):
            assert Event.objects.filter(kind="project.ranks_rebalanced").count() == 1
        with acting(ada, acme) as actor, pytest.raises(Forbidden):
            order_imported_issues(actor=actor, project=flow, issue_ids=[])


class TestComments:
    def test_joins_comments_kept_apart_to_their_issues_once(
        self, acme: Organization, flow: Project, run: ImportRun
    ) -> None:
        said = [
            CommentRecord(external_id="c1", author=OTTO, body="Same here", created_at=day(7)),
            CommentRecord(external_id="c2", author=None, body="And here", created_at=None),
        ]
        rows = [
            ("c.csv:1", CommentsRecord(issue=Ref(external_id="101"), comments=said)),
            ("c.csv:2", CommentsRecord(issue=Ref(key="LAMP-1"), comments=said[:1])),
            ("c.csv:3", CommentsRecord(issue=Ref(key="LAMP-9"), comments=said)),
        ]
        account = write(flow, record(1), run=run, follow=False)
        with run_as_system(org_id=acme.pk) as actor:
            keep_comments(actor=actor, run=run, rows=rows)
        follow_all(run, account)
        assert account.comments["imported"] == 2
        assert list(reasons(account)) == [
            ("c.csv:3", "comment", "LAMP-9 was not imported, so its 2 comment(s) are not."),
            ("c.csv:2", "comment", "The comment c1 comes twice and was stored once."),
        ]
        with run_as_system(org_id=acme.pk) as actor:
            found = Comment.objects.select_related("author").order_by("id")
            assert [(each.body, each.author and each.author.name) for each in found] == [
                ("Same here", "Otto Lind"),
                ("And here", None),
            ]
            assert found[0].created_at == day(7)
            keep_comments(actor=actor, run=run, rows=rows[:1])
        follow_all(run, account)
        assert account.comments["imported"] == 2
