"""What a process that serves sockets makes of the hints that it hears."""

import json

from apps.core.tenancy import OrgRole
from apps.realtime.frames import LoggedEvent, numbered
from apps.realtime.hub import Hub, _Stream
from apps.realtime.selectors import Rights


class TestHub:
    async def test_hears_of_many_streams_in_one_message_and_minds_its_own(self) -> None:
        hub = Hub()
        for stream_id, heard in ((7, 5), (8, 9)):
            hub._streams[stream_id] = _Stream(stream_id, 1, wanted=heard)
        hub._obey({"type": "streams.grew", "heads": [[7, 6], [8, 9], [404, 1]]})
        assert {pk: stream.wanted for pk, stream in hub._streams.items()} == {7: 6, 8: 9}
        await hub.stop()


class TestNumbered:
    def test_has_a_frame_for_each_number_whether_the_log_has_a_row_or_not(self) -> None:
        viewer = Rights(OrgRole.MEMBER, frozenset())
        row = LoggedEvent(7, 5, "inbox.changed", None, None, 1, "", {})
        found = [json.loads(frame.for_viewer(viewer)) for frame in numbered(7, [row], since=3, head=6)]
        assert [(frame["seq"], frame.get("k")) for frame in found] == [(4, None), (5, "inbox.changed"), (6, None)]
