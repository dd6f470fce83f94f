"""When mail may go: quiet hours, digests and pauses, by people's own clocks, on the days when clocks are set too."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from apps.notifications.schedule import LONGEST, Timetable

BERLIN, ST_JOHNS, UTC_ZONE = ZoneInfo("Europe/Berlin"), ZoneInfo("America/St_Johns"), ZoneInfo("UTC")
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


class TestQuietHours:
    @pytest.mark.parametrize(
        ("start", "end", "moment", "expected"),
        [
            ("22:00", "07:00", "2026-11-26T21:59+01:00", None),
            ("22:00", "07:00", "2026-11-26T22:00+01:00", "2026-11-27T07:00+01:00"),
            ("22:00", "07:00", "2026-11-27T06:59+01:00", "2026-11-27T07:00+01:00"),
            ("22:00", "07:00", "2026-11-27T07:00+01:00", None),
            ("12:00", "13:00", "2026-11-27T12:30+01:00", "2026-11-27T13:00+01:00"),
            ("12:00", "13:00", "2026-11-27T13:30+01:00", None),
            ("12:00", "13:00", "2026-11-27T11:30+01:00", None),
            ("09:00", "09:00", "2026-11-27T09:00+01:00", None),
            # The night in which clocks go forward, from 02:00 to 03:00, and the one in which they go back.
            ("22:00", "07:00", "2026-03-28T23:00+01:00", "2026-03-29T07:00+02:00"),
            ("22:00", "02:30", "2026-03-29T01:30+01:00", "2026-03-29T03:30+02:00"),
            ("22:00", "02:30", "2026-10-25T02:10+02:00", "2026-10-25T02:30+01:00"),
            ("22:00", "02:30", "2026-10-25T02:10+01:00", "2026-10-25T02:30+01:00"),
        ],
    )
    def test_end_by_the_persons_clock(self, start: str, end: str, moment: str, expected: str | None) -> None:
        table = Timetable(BERLIN, quiet_from=time.fromisoformat(start), quiet_until=time.fromisoformat(end))
        assert table.quiet_ends(at(moment)) == (at(expected) if expected else None)

    def test_hold_back_what_names_somebody_unless_they_say_otherwise(self) -> None:
        night = {"quiet_from": time(10), "quiet_until": time(14)}
        for is_named_at_once, expected in ((False, NOW + timedelta(hours=2)), (True, NOW)):
            table = Timetable(UTC_ZONE, is_named_at_once=is_named_at_once, **night)
            assert table.goes_at(now=NOW, first_at=NOW, is_urgent=True, recent=()) == expected
        table = Timetable(UTC_ZONE, is_named_at_once=True, **night)
        assert table.goes_at(now=NOW, first_at=NOW, is_urgent=False, recent=()) == NOW + timedelta(hours=2)


class TestDigests:
    def test_come_once_a_day_and_once_a_week_all_year(self) -> None:
        for zone in (BERLIN, ST_JOHNS, UTC_ZONE):
            for hour in (0, 2, 3, 23):
                daily = Timetable(zone, rhythm="daily", hour=hour)
                moment, days = datetime(2026, 1, 1, tzinfo=UTC), []
                while moment.year == 2026:
                    moment = daily.next_digest(moment)
                    days.append(moment.astimezone(zone).date())
                assert len(days) == len(set(days)), "never twice a day, however the clock is set"
                assert len(days) >= 365
        weekly = Timetable(BERLIN, rhythm="weekly", hour=8, weekday=4)
        assert weekly.next_digest(at("2026-11-26T09:00+01:00")) == at("2026-11-27T08:00+01:00")
        assert weekly.next_digest(at("2026-11-27T08:00+01:00")) == at("2026-12-04T08:00+01:00")

    def test_what_comes_in_while_one_is_put_together_belongs_to_the_next(self) -> None:
        daily = Timetable(UTC_ZONE, rhythm="daily", hour=12)
        arguments = {"now": NOW + MINUTE, "first_at": NOW - 4 * MINUTE, "is_urgent": False}
        assert daily.goes_at(recent=(), **arguments) == NOW + MINUTE
        assert daily.goes_at(recent=[NOW], **arguments) == NOW + timedelta(days=1)

    def test_never_is_never(self) -> None:
        never = Timetable(UTC_ZONE, rhythm="never")
        assert never.goes_at(now=NOW, first_at=NOW, is_urgent=True, recent=()) is None


class TestPauses:
    def test_leave_time_to_breathe_but_no_issue_waits_longer_than_ten_minutes(self) -> None:
        table = Timetable(UTC_ZONE)

        def goes(first: datetime, *recent: datetime, urgent: bool = False) -> datetime | None:
            return table.goes_at(now=NOW, first_at=first, is_urgent=urgent, recent=recent)

        assert goes(NOW - 3 * MINUTE) == NOW
        assert goes(NOW - 3 * MINUTE, NOW - 4 * MINUTE) == NOW
        assert goes(NOW - 3 * MINUTE, NOW - MINUTE) == NOW + 2 * MINUTE
        assert goes(NOW - 3 * MINUTE, NOW - MINUTE, NOW - 5 * MINUTE) == NOW - 3 * MINUTE + LONGEST
        assert goes(NOW - LONGEST, NOW - MINUTE, NOW - 5 * MINUTE) == NOW
        assert goes(NOW, NOW - MINUTE / 2, urgent=True) == NOW + MINUTE / 2
        assert goes(NOW, NOW - MINUTE, NOW - 5 * MINUTE, urgent=True) == NOW + 2 * MINUTE
