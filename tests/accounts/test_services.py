"""What the services of accounts refuse by themselves, whatever form stands before them."""

import pytest

from apps.accounts.models import User
from apps.accounts.services import edit_profile, set_user_suspended
from apps.core.errors import Invalid
from apps.core.tenancy import enter_person, unit_of_work


@pytest.mark.parametrize(("field", "value"), [("name", "  "), ("time_zone", "Mars/Olympus"), ("theme", "neon")])
def test_a_profile_takes_only_what_exists(ada: User, field: str, value: str) -> None:
    wanted = {"name": "Ada", "time_zone": "UTC", "theme": "dark"} | {field: value}
    with unit_of_work():
        enter_person(user_id=ada.pk)
        with pytest.raises(Invalid) as refused:
            edit_profile(user=ada, **wanted)
    assert refused.value.field == field


def test_suspending_twice_ends_sessions_once(ada: User) -> None:
    with unit_of_work():
        epoch = set_user_suspended(user=ada, is_suspended=True).session_epoch
        assert set_user_suspended(user=ada, is_suspended=True).session_epoch == epoch
        assert set_user_suspended(user=ada, is_suspended=False).is_active
