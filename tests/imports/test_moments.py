"""Times, dates and numbers, however they are written."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.imports.choices import Choices
from apps.imports.moments import Order, Reader, minutes_of, parse_number, points_of, zone_of

BERLIN = ZoneInfo("Europe/Berlin")


def order(*values: str) -> Order:
    found = Order()
    for value in values:
        found.look_at(value)
    return found


class TestTimes:
    @pytest.mark.parametrize(
        ("value", "moment"),
        [
            ("2024-03-07T14:05:09.5Z", datetime(2024, 3, 7, 14, 5, 9, 500_000, UTC)),
            ("2024-03-07 14:05:09 +0200", datetime(2024, 3, 7, 12, 5, 9, tzinfo=UTC)),
            ("2024-03-07 14:05 UTC", datetime(2024, 3, 7, 14, 5, tzinfo=UTC)),
            ("2024-03-07 14:05:09", datetime(2024, 3, 7, 14, 5, 9, tzinfo=BERLIN)),
            ("2024-03-07", datetime(2024, 3, 7, tzinfo=BERLIN)),
            ("2024/3/7 14:05", datetime(2024, 3, 7, 14, 5, tzinfo=BERLIN)),
            ("7.3.2024 14:05", datetime(2024, 3, 7, 14, 5, tzinfo=BERLIN)),
            ("07.03.24", datetime(2024, 3, 7, tzinfo=BERLIN)),
            ("13/03/24 2:05 PM", datetime(2024, 3, 13, 14, 5, tzinfo=BERLIN)),
            ("13/Mar/24 12:05 AM", datetime(2024, 3, 13, 0, 5, tzinfo=BERLIN)),
            ("Mar 7, 2024", datetime(2024, 3, 7, tzinfo=BERLIN)),
            ("Thu, 07 Mar 2024 14:05:09 +0100", datetime(2024, 3, 7, 13, 5, 9, tzinfo=UTC)),
            ("Thu Mar 07 2024 14:05:09 GMT+0100 (Central European Standard Time)",
             datetime(2024, 3, 7, 13, 5, 9, tzinfo=UTC)),
            ("2024-07-07 14:05:09 PDT", datetime(2024, 7, 7, 21, 5, 9, tzinfo=UTC)),
            ("2024-07-07 14:05:09 XYZ", datetime(2024, 7, 7, 14, 5, 9, tzinfo=BERLIN)),
        ],
    )  # fmt: skip
    def test_reads(self, value: str, moment: datetime) -> None:
        assert Reader(BERLIN).time_of(value, "created", []) == moment

    @pytest.mark.parametrize(
        "value",
        ["soon", "May", "12", "2024", "3/2024", "2024-13-40", "31/31/2024", "30.2.2024", "0001-01-01", "9999-12-31",
         "7.3.2024 25:05", "7.3.2024 noon", "1 d", "x" * 1000, "a 5"],
    )  # fmt: skip
    def test_tells_what_is_none(self, value: str) -> None:
        notes: list[tuple[str, str]] = []
        assert Reader().time_of(value, "created", notes) is None
        assert Reader().date_of(value, "due", notes) is None
        assert [field for field, _reason in notes] == ["created", "due"]

    def test_passes_over_what_is_empty(self) -> None:
        notes: list[tuple[str, str]] = []
        assert Reader().time_of(" ", "created", notes) is None
        assert Reader().date_of("", "due", notes) is None
        assert notes == []

    def test_takes_the_day_in_the_zone_in_which_it_was_written(self) -> None:
        assert Reader(BERLIN).date_of("2024-03-07T23:30:00-08:00", "due", []) == date(2024, 3, 7)

    @given(st.text(alphabet="0123456789/-.: TZ+APMJanfeb\u0663", max_size=40))
    def test_never_fails(self, value: str) -> None:
        Reader().time_of(value, "created", [])
        order(value)
        parse_number(value)
        minutes_of(value, "", [])
        points_of(value, "", [])


class TestOrder:
    @pytest.mark.parametrize(
        ("values", "day"),
        [
            (["1/2/2024", "13/2/2024"], date(2024, 2, 1)),
            (["1/2/2024", "2/13/2024"], date(2024, 1, 2)),
            (["1/2/2024", "13/2/2024", "14-2-2024", "2/15/2024"], date(2024, 2, 1)),
            (["1/2/2024"], date(2024, 2, 1)),
            (["1/2/2024 3:05 PM"], date(2024, 1, 2)),
            (["13.2.2024", "2/13/2024"], date(2024, 1, 2)),
            (["13/13/2024", "x", "x" * 100, ""], date(2024, 2, 1)),
        ],
    )
    def test_a_day_above_12_decides_for_all(self, values: list[str], day: date) -> None:
        assert Reader(order=order(*values)).date_of("1/2/2024", "due", []) == day

    def test_says_once_how_it_took_them(self) -> None:
        notes: list[tuple[str, str]] = []
        reader = Reader(order=order("13/2/2024"))
        for value in ("2024-01-02", "3.2.2024", "2/2/2024", "1/2/2024", "3/2/2024"):
            reader.date_of(value, "due", notes)
        [(field, reason)] = notes
        assert field == "due"
        assert "“1/2/2024” was read as 2024-02-01, the day first, as other dates of the file tell" in reason


class TestNumbers:
    @pytest.mark.parametrize(
        ("value", "number"),
        [
            ("3", "3"), ("1.5", "1.5"), ("1,5", "1.5"), ("-2", "-2"), ("1,234.5", "1234.5"), ("1.234,5", "1234.5"),
            ("1,234", "1234"), ("1.234.567", "1234567"), ("1 234", "1234"), ("1'234.5", "1234.5"),
            ("12\u00a0345", "12345"),
        ],
    )  # fmt: skip
    def test_reads(self, value: str, number: str) -> None:
        assert parse_number(value) == Decimal(number)

    @pytest.mark.parametrize("value", ["", "x", "1e5", "NaN", "Infinity", "1,2,3", "--1", "9" * 30, "1.2.3"])
    def test_takes_nothing_else_for_one(self, value: str) -> None:
        assert parse_number(value) is None

    def test_keeps_points_that_fit(self) -> None:
        notes: list[tuple[str, str]] = []
        assert [points_of(value, "points", notes) for value in ("5", "0,5", 3, 2.5, None, "", True)] == [
            Decimal(5), Decimal("0.5"), Decimal(3), Decimal("2.5"), None, None, None,
        ]  # fmt: skip
        assert notes == []
        assert [points_of(value, "points", notes) for value in ("-1", "XL", "10000", "nan")] == [None] * 4
        assert len(notes) == 4

    @pytest.mark.parametrize(
        ("value", "minutes"),
        [("1.5", 90), ("1,5 h", 90), ("1:30", 90), ("1h 30m", 90), ("2d", 960), ("1w 1d", 2880), ("90min", 90),
         (0.25, 15), ("", None), (None, None), (True, None)],
    )  # fmt: skip
    def test_reads_hours(self, value: str | float | None, minutes: int | None) -> None:
        notes: list[tuple[str, str]] = []
        assert minutes_of(value, "estimate", notes) == minutes
        assert notes == []

    @pytest.mark.parametrize("value", ["long", "-1", "9999999999999", "x" * 100])
    def test_tells_hours_that_are_none(self, value: str) -> None:
        notes: list[tuple[str, str]] = []
        assert minutes_of(value, "estimate", notes) is None
        assert len(notes) == 1


class TestZone:
    def test_falls_back_where_the_name_is_none(self) -> None:
        assert zone_of(Choices(time_zone="Europe/Berlin")) == BERLIN
        assert [zone_of(Choices(time_zone=name)) for name in ("", "Mars/Base", "../../etc/passwd")] == [UTC] * 3
