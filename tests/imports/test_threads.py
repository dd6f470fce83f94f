"""Talk of another FlowBoard: threads, pins, what is resolved, signs; and what an archive made by hand may claim."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.core.errors import Forbidden
from apps.core.tenancy import run_as_system
from apps.events.models import Event
from apps.imports.records import CommentRecord, Person, ReactionRecord
from apps.issues.models import Comment, Reaction
from apps.issues.services import import_reactions
from apps.orgs.models import Organization
from apps.projects.models import Project
from tests.factories import acting
from tests.imports.records import OTTO, day, make_run, record, write
from tests.imports.test_taking_back import take_back

ANNA = Person(handle="anna", name="Anna")


def said(external_id: str, **more: Any) -> CommentRecord:
    return CommentRecord(external_id=external_id, author=OTTO, body=external_id, created_at=day(2), **more)


def told(org: Organization) -> dict[str, Comment]:
    with run_as_system(org_id=org.pk):
        return {each.body: each for each in Comment.objects.select_related("thread", "resolved_by").order_by("id")}


class TestThreads:
    def test_come_as_they_stand(self, acme: Organization, flow: Project) -> None:
        hearts = [ReactionRecord(author=ANNA, emoji="heart", created_at=day(3))]
        talk = [
            said("reply", reply_to="first", edited_at=day(4)),
            said("first", resolved_at=day(5), resolved_by=ANNA, reactions=hearts),
            said("answer", reply_to="first", pinned_at=day(6)),
        ]
        write(flow, record(1, comments=talk, reactions=hearts))
        found = told(acme)
        assert found["reply"].thread == found["first"]
        assert found["reply"].edited_at == day(4)
        assert found["first"].resolved_at == day(5)
        assert found["first"].resolved_by is not None
        assert found["first"].resolved_by.name == "Anna"
        assert found["answer"].thread == found["first"]
        assert found["answer"].pinned_at == day(6)
        with run_as_system(org_id=acme.pk):
            signs = Reaction.objects.values_list("comment_id", "user__name", "emoji", "created_at")
            assert set(signs) == {(None, "Anna", "heart", day(3)), (found["first"].pk, "Anna", "heart", day(3))}
            facts = Event.objects.filter(kind="issue.commented").values_list("data__comment_id", "data__thread_id")
            assert (found["reply"].pk, found["first"].pk) in set(facts)

    def test_go_on_with_a_newer_export_and_are_taken_back_whole(self, acme: Organization, flow: Project) -> None:
        write(flow, record(1, comments=[said("first")]))
        newer = make_run(flow)
        added = [said("reply", reply_to="first"), said("another"), said("answer", reply_to="another", pinned_at=day(3))]
        # Signs of what comes to an issue that is here already would outlive taking it back.
        signs = [ReactionRecord(author=ANNA, emoji="up")]
        write(flow, record(1, comments=[said("first"), *added, said("signed", reactions=signs)]), run=newer)
        found = told(acme)
        assert found["reply"].thread == found["first"]
        assert found["answer"].thread == found["another"]
        assert found["answer"].pinned_at is None
        with run_as_system(org_id=acme.pk):
            assert not Reaction.objects.exists()
        assert take_back(newer).counts["comments"] == 4
        assert list(told(acme)) == ["first"]

    def test_believe_no_archive_that_ties_what_does_not_belong_together(
        self, acme: Organization, flow: Project
    ) -> None:
        signs = [ReactionRecord(author=ANNA, emoji="skull"), ReactionRecord(author=ANNA, emoji="up")]
        talk = [
            said("first", pinned_at=day(3), reactions=[*signs, *signs]),
            said("also pinned", pinned_at=day(3)),
            said("reply", reply_to="first", resolved_at=day(3), resolved_by=ANNA, pinned_at=day(3)),
            said("reply to a reply", reply_to="reply"),
            said("reply to nothing", reply_to="nothing"),
        ]
        write(flow, record(1, comments=talk), record(2, comments=[said("of another issue", reply_to="first")]))
        found = told(acme)
        assert {body for body, comment in found.items() if comment.thread_id} == {"reply"}
        assert {body for body, comment in found.items() if comment.pinned_at} == {"first"}
        assert not any(comment.resolved_at for comment in found.values())
        with run_as_system(org_id=acme.pk):
            assert list(Reaction.objects.values_list("emoji", flat=True)) == ["up"]

    @pytest.mark.parametrize("is_new", [True, False])
    def test_need_the_same_statements_for_many(self, acme: Organization, flow: Project, is_new: bool) -> None:
        signs = [ReactionRecord(author=ANNA, emoji="up")]

        def statements(of: int, count: int) -> int:
            if not is_new:
                write(flow, record(of))
            talk = [said(f"{of}/{n}", resolved_at=day(3), resolved_by=ANNA, reactions=signs) for n in range(count)]
            talk += [said(f"{of}/{n}/reply", reply_to=f"{of}/{n}", reactions=signs) for n in range(count)]
            with CaptureQueriesContext(connection) as asked:
                write(flow, record(of, comments=talk))
            return len(asked)

        statements(1, 1)
        assert statements(2, 3) == statements(3, 9)

    def test_signs_are_brought_by_flowboard_alone(self, acme: Organization, ada: User) -> None:
        with acting(ada, acme) as actor, pytest.raises(Forbidden):
            import_reactions(actor=actor, batch=[])
