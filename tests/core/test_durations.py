"""Durations as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.durations import WorkingTime, in_hours, read_minutes


@pytest.mark.parametrize(
    ("words", "minutes"),
    [
        ("90m", 90),
        ("1h 30m", 90),
        ("1h30", 90),
        ("1:30", 90),
        ("1.5h", 90),
        (" 1,5 Hours ", 90),
        ("1 hour, 30 minutes", 90),
        ("2d", 960),
        ("1w 1d 1h 1m", 2400 + 480 + 61),
        ("0.01h", 1),
        ("0h", 0),
    ],
)
def test_are_read_in_minutes(words: str, minutes: int) -> None:
    assert read_minutes(words) == minutes


def test_a_day_and_a_week_are_what_the_project_says() -> None:
    assert read_minutes("1w 0.5d", working=WorkingTime(minutes_a_day=450, days_a_week=4)) == 4 * 450 + 225


@pytest.mark.parametrize(
    "words", ["", "2", "h", "1x", "-1h", "1h 1h", "30m 1h", "1h 2 days", "1:75", "1h then", "1..5h", "999999h", "١h"]
)
def test_what_is_none_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match="no duration"):
        read_minutes(words)


@pytest.mark.parametrize(("minutes", "shown"), [(0, "0m"), (59, "59m"), (60, "1h"), (2400, "40h"), (-90, "-1h 30m")])
def test_are_shown_in_hours_and_minutes(minutes: int, shown: str) -> None:
    assert in_hours(minutes) == shown


@given(st.integers(0, 600_000))
def test_what_is_shown_is_read_as_the_same(minutes: int) -> None:
    assert read_minutes(in_hours(minutes)) == minutes
