"""What may leave the server, and what may not."""

import json
from dataclasses import replace

import pytest

from apps.core.tenancy import OrgRole
from apps.realtime.frames import EventFrame, LoggedEvent, event_frame
from apps.realtime.selectors import Rights

MEMBER = Rights(OrgRole.MEMBER, frozenset())
MOVED = LoggedEvent(
    stream_id=12,
    seq=1042,
    kind="issue.moved",
    project_id=3,
    issue_id=97,
    actor_id=5,
    op="an-op",
    data={"status": 3, "rank": "a0V", "v": 8},
)


class TestEventFrame:
    def test_is_a_handful_of_scalars(self) -> None:
        text = EventFrame(MOVED).for_viewer(MEMBER)
        assert json.loads(text) == {
            "t": "ev", "s": 12, "seq": 1042, "k": "issue.moved", "id": 97, "status": 3, "rank": "a0V", "v": 8,
            "op": "an-op", "by": 5,
        }  # fmt: skip
        assert len(text) < 140

    def test_keeps_names_titles_and_addresses_inside(self) -> None:
        event = replace(
            MOVED, kind="project.created", data={"name": "Canary", "title": "Canary", "email": "c@x", "v": 1}
        )
        assert event_frame(event).keys() == {"t", "s", "seq", "k", "id", "op", "by", "v"}

    def test_says_nothing_where_there_is_nothing(self) -> None:
        event = replace(MOVED, issue_id=None, actor_id=None, op="", data={})
        assert event_frame(event) == {"t": "ev", "s": 12, "seq": 1042, "k": "issue.moved"}

    def test_of_a_hidden_project_is_only_its_number(self) -> None:
        viewer = Rights(OrgRole.OWNER, frozenset({3}))
        assert json.loads(EventFrame(MOVED).for_viewer(viewer)) == {"t": "ev", "s": 12, "seq": 1042}

    @pytest.mark.parametrize(
        "kind",
        ["member.invited", "member.invitation_asked_again", "member.invitation_revoked", "member.tokens_revoked"],
    )
    def test_of_an_invitation_or_of_tokens_is_for_those_who_manage_members(self, kind: str) -> None:
        event = replace(MOVED, kind=kind, project_id=None, issue_id=None, data={"invitation_id": 4})
        assert "k" not in json.loads(EventFrame(event).for_viewer(MEMBER))
        manager = Rights(OrgRole.ADMIN, frozenset())
        assert json.loads(EventFrame(event).for_viewer(manager))["invitation_id"] == 4

    def test_is_the_same_object_for_viewers_with_the_same_rights(self) -> None:
        frame = EventFrame(MOVED)
        assert frame.for_viewer(MEMBER) is frame.for_viewer(Rights(OrgRole.GUEST, frozenset({9})))
