"""The arithmetic of slots: days, clocks that jump, and what holds of every rule."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.recurring.slots import Rule, Slot
from apps.recurring.titles import fill_in


def rule(frequency: str, **values: object) -> Rule:
    usual = {"interval": 1, "start_date": date(2026, 11, 26), "at": time(9), "time_zone": "UTC"}
    return Rule(frequency=frequency, **(usual | values))  # type: ignore[arg-type]


def first(of: Rule, count: int = 4) -> list[str]:
    return [day.isoformat() for day in islice(of.days(), count)]


class TestDays:
    def test_every_few_days(self) -> None:
        assert first(rule("daily", interval=3)) == ["2026-11-26", "2026-11-29", "2026-12-02", "2026-12-05"]

    def test_weekdays_of_every_second_week_from_the_first_of_them(self) -> None:
        # It starts on a Thursday: the Monday after is the first, not the one of the week after that.
        assert first(rule("weekly", interval=2, weekdays=(0,)), 3) == ["2026-11-30", "2026-12-14", "2026-12-28"]
        assert first(rule("weekly", weekdays=(4, 0)), 3) == ["2026-11-27", "2026-11-30", "2026-12-04"]

    def test_the_31st_is_the_last_day_of_shorter_months(self) -> None:
        of = rule("monthly", month_day=31, start_date=date(2027, 12, 1))
        assert first(of, 5) == ["2027-12-31", "2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"]

    def test_months_are_counted_from_the_first_slot(self) -> None:
        assert first(rule("monthly", month_day=1, interval=3), 2) == ["2026-12-01", "2027-03-01"]

    def test_the_nth_weekday_of_a_month_and_the_last(self) -> None:
        assert first(rule("by_weekday", weekdays=(1,), nth=2), 2) == ["2026-12-08", "2027-01-12"]
        assert first(rule("by_weekday", weekdays=(4,), nth=-1), 2) == ["2026-11-27", "2026-12-25"]

    def test_until_its_last_day(self) -> None:
        assert first(rule("daily", end_date=date(2026, 11, 27))) == ["2026-11-26", "2026-11-27"]
        assert first(rule("monthly", month_day=1, end_date=date(2026, 11, 30))) == []


class TestMoments:
    def test_a_time_that_the_clocks_skip_is_the_next_there_is(self) -> None:
        of = rule("daily", at=time(2, 30), time_zone="Europe/Berlin")
        assert of.moment(date(2026, 3, 29)) == datetime(2026, 3, 29, 3, tzinfo=ZoneInfo("Europe/Berlin"))
        assert of.moment(date(2026, 3, 30)) == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)

    def test_a_time_that_they_show_twice_is_the_first(self) -> None:
        of = rule("daily", at=time(2, 30), time_zone="Europe/Berlin", start_date=date(2026, 10, 24))
        assert of.moment(date(2026, 10, 25)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
        coming = of.slots(after=datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
        assert next(coming).day == date(2026, 10, 26)

    def test_a_day_that_a_zone_left_out_shares_the_moment_of_the_next(self) -> None:
        of = rule("daily", at=time(0), time_zone="Pacific/Apia")
        assert of.moment(date(2011, 12, 30)) == of.moment(date(2011, 12, 31))

    def test_the_latest_of_what_was_missed(self) -> None:
        of = rule("daily")
        nine = datetime(2026, 11, 26, 9, tzinfo=UTC)
        assert of.latest(since=nine, until=nine + timedelta(days=5, hours=1)) == Slot(
            date(2026, 12, 1), nine + timedelta(days=5)
        )
        assert of.latest(since=nine, until=nine) == Slot(date(2026, 11, 26), nine)
        assert of.latest(since=nine + timedelta(hours=1), until=nine + timedelta(hours=2)) is None
        assert rule("daily", end_date=date(2026, 11, 26)).latest(since=nine, until=nine + timedelta(days=9)) == Slot(
            date(2026, 11, 26), nine
        )


ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"]


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    frequency = draw(st.sampled_from(["daily", "weekly", "monthly", "by_weekday"]))
    weekdays = draw(st.sets(st.integers(0, 6), min_size=1, max_size=1 if frequency == "by_weekday" else 7))
    start = draw(st.dates(date(2009, 1, 1), date(2030, 12, 31)))
    length = draw(st.none() | st.integers(0, 900))
    return Rule(
        frequency=frequency,
        interval=draw(st.integers(1, 6)),
        start_date=start,
        at=time(draw(st.integers(0, 23)), draw(st.sampled_from([0, 15, 30, 59]))),
        time_zone=draw(st.sampled_from(ZONES)),
        weekdays=tuple(sorted(weekdays)),
        month_day=draw(st.integers(1, 31)),
        nth=draw(st.sampled_from([1, 2, 3, 4, -1])),
        end_date=None if length is None else start + timedelta(days=length),
    )


class TestEveryRule:
    @given(of=rules())
    def test_keeps_its_word(self, of: Rule) -> None:
        days = list(islice(of.days(), 8))
        assert all(later > earlier for earlier, later in pairwise(days))
        for day in days:
            assert of.start_date <= day <= (of.end_date or date.max)
            last = monthrange(day.year, day.month)[1]
            if of.frequency == "weekly":
                assert day.weekday() in of.weekdays
            elif of.frequency == "monthly":
                assert day.day == min(of.month_day or 1, last)
            elif of.frequency == "by_weekday":
                assert day.weekday() == of.weekdays[0]
                assert (day.day + 7 > last) if of.nth == -1 else ((day.day - 1) // 7 + 1 == of.nth)
        if of.frequency == "daily":
            assert all((later - earlier).days == of.interval for earlier, later in pairwise(days))
        elif of.frequency != "weekly":
            months = [day.year * 12 + day.month for day in days]
            assert all(later - earlier == of.interval for earlier, later in pairwise(months))
        else:
            weeks = [(day - timedelta(days=day.weekday())) for day in days]
            assert all((week - weeks[0]).days % (7 * of.interval) == 0 for week in weeks)

    @given(of=rules())
    def test_its_moments_go_forward_and_show_its_time(self, of: Rule) -> None:
        zone = ZoneInfo(of.time_zone)
        slots = [Slot(day, of.moment(day)) for day in islice(of.days(), 8)]
        assert all(later.at >= earlier.at for earlier, later in pairwise(slots))
        for slot in slots:
            local = slot.at.astimezone(zone)
            shown = local.replace(tzinfo=None)
            wanted = datetime.combine(slot.day, of.at)
            # The time itself, or the first after it that the clocks show.
            assert (shown >= wanted, local.fold) == (True, 0)
            if shown != wanted:
                before = (slot.at - timedelta(minutes=1)).astimezone(zone).replace(tzinfo=None)
                assert before < wanted

    @given(of=rules(), steps=st.lists(st.integers(0, 60 * 24 * 40), min_size=1, max_size=12))
    def test_whoever_looks_whenever_meets_no_slot_twice_and_misses_no_last_one(
        self, of: Rule, steps: list[int]
    ) -> None:
        """What the beat does: make the latest slot that is due, then wait for the next after that look."""
        now = datetime.combine(of.start_date, time(), tzinfo=UTC) - timedelta(days=3)
        coming = next(of.slots(after=now), None)
        made: list[Slot] = []
        for step in steps:
            now += timedelta(minutes=step)
            if coming is None or coming.at > now:
                continue
            latest = of.latest(since=coming.at, until=now)
            assert latest is not None
            made.append(latest)
            coming = next(of.slots(after=now), None)
            assert coming is None or coming.at > now
        assert len({slot.day for slot in made}) == len(made)
        assert all(later.at > earlier.at for earlier, later in pairwise(made))


class TestPlaceholders:
    @pytest.mark.parametrize(
        ("text", "becomes"),
        [
            ("Report of {date}", "Report of 2026-11-27"),
            ("Week {week} of {year}", "Week 48 of 2026"),
            ("{month} {year} {other} {", "November 2026 {other} {"),
        ],
    )
    def test_are_filled_in_for_the_day(self, text: str, becomes: str) -> None:
        assert fill_in(text, date(2026, 11, 27)) == becomes

    def test_a_week_names_the_year_it_belongs_to(self) -> None:
        assert fill_in("{week}/{year}", date(2027, 1, 1)) == "53/2026"
        assert fill_in("{month} {year}", date(2027, 1, 1)) == "January 2027"
