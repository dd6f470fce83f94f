"""How FlowBoard looks to a person, and how it tells the time."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.reading import PATTERNS, ReaderMiddleware, day, minute, short_day, week_end
from apps.accounts.selectors import find_time_zones, time_zones
from apps.accounts.services import anonymise_account, set_preferences
from apps.core.tenancy import enter_person, unit_of_work

pytestmark = pytest.mark.django_db

MARCH = date(2026, 3, 5)


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def send(client: Client, **changed: Any) -> Any:
    wanted = {
        "time_zone": "UTC",
        "theme": "system",
        "date_format": "day_month",
        "density": "comfortable",
        "first_weekday": "0",
    }
    return client.post("/accounts/preferences/", wanted | changed)


class TestPreferences:
    def test_are_kept_with_the_person(self, signed_in: Client, ada: User) -> None:
        answer = send(signed_in, time_zone="Lisbon", theme="dark", date_format="iso", density="compact")
        assert answer.status_code == 302
        ada.refresh_from_db()
        assert (ada.time_zone, ada.theme, ada.date_format, ada.density) == ("Europe/Lisbon", "dark", "iso", "compact")
        assert (ada.has_single_keys, ada.is_time_zone_settled) == (False, True)
        page = signed_in.get("/accounts/preferences/").content.decode()
        assert (
            'data-density="compact" data-date-format="iso" data-time-zone="Europe/Lisbon" data-single-keys="off"'
            in page
        )
        assert signed_in.cookies["theme"].value == "dark"

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("time_zone", "Mars/Olympus", "no time zone of this name"),
            ("time_zone", "../etc/passwd", "no time zone of this name"),
            ("time_zone", "indiana", "Which one? America/Indiana/"),
            ("theme", "neon", ""),
            ("density", "dense", ""),
            ("date_format", "%s", ""),
            ("first_weekday", "2", ""),
        ],
    )
    def test_a_bad_value_is_refused_at_its_field(
        self, signed_in: Client, ada: User, field: str, value: str, said: str
    ) -> None:
        answer = send(signed_in, **{field: value})
        assert answer.status_code == 422
        assert said in answer.content.decode()
        ada.refresh_from_db()
        assert (ada.time_zone, ada.theme, ada.density, ada.date_format) == (
            "UTC", "system", "comfortable", "day_month",
        )  # fmt: skip

    @pytest.mark.parametrize(
        "name", ["Europe/Berlin", "berlin", "America/Argentina/Buenos_Aires", "buenos aires", "UTC"]
    )
    def test_a_zone_is_known_by_its_name_and_by_its_city(self, signed_in: Client, ada: User, name: str) -> None:
        assert send(signed_in, time_zone=name).status_code == 302
        ada.refresh_from_db()
        assert ada.time_zone in time_zones()

    def test_cities_are_found_while_they_are_typed(self, signed_in: Client) -> None:
        names = signed_in.get("/accounts/preferences/time-zones/?q=new yo").json()["names"]
        assert names == ["America/New_York"]
        assert find_time_zones("rome")[0] == "Europe/Rome"
        assert find_time_zones("  ") == []
        assert len(find_time_zones("a")) == 12

    def test_the_question_of_the_zone_is_asked_until_it_is_answered(self, signed_in: Client, ada: User) -> None:
        assert "data-zone-question" in signed_in.get("/accounts/profile/").content.decode()
        path = "/accounts/preferences/time-zone/"
        assert signed_in.post(path, {"time_zone": "Nowhere"}).status_code == 422
        assert signed_in.post(path, {"time_zone": "Asia/Tokyo"}).status_code == 302
        assert "data-zone-question" not in signed_in.get("/accounts/profile/").content.decode()
        ada.refresh_from_db()
        assert ada.time_zone == "Asia/Tokyo"

    def test_keys_are_switched_from_their_list(self, signed_in: Client, ada: User) -> None:
        path, script = "/accounts/preferences/keys/", {"X-Requested-With": "XMLHttpRequest"}
        assert signed_in.post(path, {"on": "0"}, headers=script).status_code == 204
        ada.refresh_from_db()
        assert not ada.has_single_keys
        assert signed_in.post(path, {"on": "1"}).status_code == 302
        ada.refresh_from_db()
        assert ada.has_single_keys


class TestDates:
    def test_every_format_is_one_that_can_be_written(self) -> None:
        assert set(PATTERNS) == set(User.DateFormat.values)

    @pytest.mark.parametrize(("chosen", "example"), User.DateFormat.choices)
    def test_are_written_as_the_choice_says(self, chosen: str, example: str) -> None:
        def view(_request: Any) -> HttpResponse:
            return HttpResponse(f"{day(MARCH)}|{short_day(MARCH)}")

        request = RequestFactory().get("/")
        request.user = User(date_format=chosen)
        assert ReaderMiddleware(view)(request).content.decode().split("|")[0] == example  # type: ignore[attr-defined]

    def test_are_written_for_nobody_in_particular_as_well(self) -> None:
        request = RequestFactory().get("/")
        request.user = AnonymousUser()
        answer = ReaderMiddleware(lambda _request: HttpResponse(short_day(MARCH)))(request)
        assert answer.content == b"5 Mar"  # type: ignore[attr-defined]
        assert day(MARCH) == "5 Mar 2026"

    def test_moments_follow_the_clock_of_the_reader(self) -> None:
        with timezone.override("Asia/Tokyo"):
            assert minute(datetime(2026, 3, 5, 23, 30, tzinfo=UTC)) == "6 Mar 2026 08:30"


class TestFirstWeekday:
    @pytest.mark.parametrize(
        ("first", "today", "end"),
        [
            (0, date(2026, 11, 26), date(2026, 11, 29)),
            (6, date(2026, 11, 26), date(2026, 11, 28)),
            (5, date(2026, 11, 26), date(2026, 11, 27)),
            # The first and the last day of a week.
            (0, date(2026, 11, 23), date(2026, 11, 29)),
            (0, date(2026, 11, 29), date(2026, 11, 29)),
            (6, date(2026, 11, 29), date(2026, 12, 5)),
        ],
    )
    def test_says_when_this_week_ends(self, first: int, today: date, end: date) -> None:
        ends = []

        def view(_request: HttpRequest) -> HttpResponse:
            ends.append(week_end(today))
            return HttpResponse()

        request = RequestFactory().get("/")
        request.user = User(first_weekday=first)
        ReaderMiddleware(view)(request)
        assert ends == [end]

    def test_is_monday_where_nobody_reads(self) -> None:
        assert week_end(date(2026, 11, 26)) == date(2026, 11, 29)


def test_no_preference_outlives_the_account(ada: User) -> None:
    with unit_of_work():
        enter_person(user_id=ada.pk)
        set_preferences(
            user=ada,
            time_zone="Lisbon",
            date_format="iso",
            first_weekday=6,
            theme="dark",
            density="compact",
            has_single_keys=False,
        )
        anonymise_account(user=ada)
    kept, fresh = User.objects.get(pk=ada.pk), User()
    for name in ("time_zone", "date_format", "first_weekday", "theme", "density", "has_single_keys"):
        assert getattr(kept, name) == getattr(fresh, name)
    assert not kept.is_time_zone_settled
