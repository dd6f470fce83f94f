"""A socket's outbox: nothing twice, nothing missing, and never without bound."""

import asyncio
import json
from typing import Any

from django.conf import settings

from apps.core.tenancy import OrgRole
from apps.realtime.frames import EventFrame, LoggedEvent
from apps.realtime.line import BACKLOG, Line
from apps.realtime.selectors import Page, Rights, Seat

STREAM = 7


def make_line(*, sent: int = 0, is_live: bool = True) -> Line:
    seat = Seat(
        user_id=1, org_id=1, org_slug="acme", org_stream_id=1, session_key="k", session_hash="h", person={},
        streams={STREAM: 3},
    )  # fmt: skip
    line = Line(seat)
    line.rights = Rights(OrgRole.MEMBER, frozenset())
    line.follows[STREAM].sent = sent
    line.follows[STREAM].is_live = is_live
    return line


def events(*seqs: int) -> list[LoggedEvent]:
    return [LoggedEvent(STREAM, seq, "issue.moved", 3, 9, 1, "", {}) for seq in seqs]


def frames(*seqs: int) -> list[EventFrame]:
    return [EventFrame(event) for event in events(*seqs)]


async def drain(line: Line) -> list[dict[str, Any]]:
    """Everything that is queued."""
    taken = []
    while True:
        try:
            text = await asyncio.wait_for(line.next(), 0.02)
        except TimeoutError:
            return taken
        if text is None:
            return taken
        taken.append(json.loads(text))


class TestLine:
    async def test_skips_what_the_replay_has_sent(self) -> None:
        line = make_line(sent=5)
        line.hand_over(STREAM, frames(4, 5, 6, 7))
        assert [frame["seq"] for frame in await drain(line)] == [6, 7]

    async def test_takes_nothing_before_it_is_live_or_of_other_streams(self) -> None:
        line = make_line(is_live=False)
        line.hand_over(STREAM, frames(1))
        line.hand_over(99, frames(1))
        line.beat(STREAM)
        line.reset(STREAM, 4)
        assert await drain(line) == []

    async def test_replays_with_a_bare_number_for_what_the_viewer_may_not_see(self) -> None:
        line = make_line(is_live=False)
        line.replay(STREAM, Page(4, events(2, 4)), since=1, with_hello=True)
        hello, *rest = await drain(line)
        assert hello == {"t": "hello", "s": STREAM, "seq": 4, "replay": 3, "release": settings.RELEASE}
        assert [(frame["seq"], "k" in frame) for frame in rest] == [(2, True), (3, False), (4, True)]

    async def test_a_cursor_ahead_of_the_log_is_told_the_head(self) -> None:
        line = make_line(is_live=False)
        line.replay(STREAM, Page(4, ()), since=9, with_hello=True)
        assert await drain(line) == [{"t": "hello", "s": STREAM, "seq": 4, "replay": 0, "release": settings.RELEASE}]

    async def test_a_client_that_does_not_keep_up_gets_a_reset_instead_of_memory(self) -> None:
        line = make_line()
        count = 10 * BACKLOG
        for seq in range(1, count + 1):
            line.hand_over(STREAM, frames(seq))
        assert len(line._outbox) <= 2 * BACKLOG
        line.hand_over(STREAM, frames(count + 1))
        assert await drain(line) == [{"t": "reset", "s": STREAM, "seq": count + 1}]
        line.hand_over(STREAM, frames(count + 2))
        assert [frame["seq"] for frame in await drain(line)] == [count + 2]

    async def test_once_closed_nothing_more_is_sent(self) -> None:
        line = make_line()
        line.hand_over(STREAM, frames(1, 2))
        line.close(4403)
        line.close(1013)
        assert await drain(line) == []
        assert line.close_code == 4403

    async def test_presence_is_shown_when_it_changed(self) -> None:
        line = make_line()
        for frame in ('{"a":1}', '{"a":1}', '{"a":2}'):
            line.show_people(STREAM, frame)
        assert await drain(line) == [{"a": 1}, {"a": 2}]
