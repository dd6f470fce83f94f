"""What somebody hears of, in which channels and when, in JSON."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from rest_framework import serializers

from apps.core.api import Fields
from apps.notifications.mail_forms import RHYTHMS
from apps.notifications.policies import DESKTOP, EVERY_KIND, INBOX, MAIL

CHANNELS = {"inbox": INBOX, "mail": MAIL, "desktop": DESKTOP}
CHANNEL_NAMES = list(CHANNELS)
# What scripts call whether somebody follows a project, and how it is stored.
INTERESTS = {"usual": "", "followed": "followed", "muted": "muted"}
_HEARD = {"mentioned": ["inbox", "mail", "desktop"], "commented": ["inbox", "mail"], "edited": []}


class ChannelList(serializers.ListField):
    """Some of the channels."""

    child = serializers.ChoiceField(choices=CHANNEL_NAMES)

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=len(CHANNELS), **options)

    def to_representation(self, data: Any) -> list[str]:
        """Their names, where they are stored as a sum."""
        return [name for name, channel in CHANNELS.items() if data & channel]


# A field for each kind of thing that one can hear of.
ChannelsFields: Any = type(
    "ChannelsFields",
    (Fields,),
    {"__doc__": "In which channels one hears of each kind of thing; those that are not sent stay as they are."}
    | {kind.value: ChannelList(required=False) for kind in EVERY_KIND},
)
ChannelsSerializer: Any = type(
    "ChannelsSerializer",
    (serializers.Serializer,),
    {"__doc__": "In which channels one hears of each kind of thing."}
    | {kind.value: ChannelList(read_only=True) for kind in EVERY_KIND},
)


def sums(channels: Mapping[str, Iterable[str]]) -> dict[str, int]:
    """Values of `ChannelsFields` as services know them: for each kind the sum of its channels."""
    return {kind: sum(CHANNELS[name] for name in set(names)) for kind, names in channels.items()}


def heard(choices: Iterable[Any]) -> Mapping[str, int]:
    """Choices as `ChannelsSerializer` writes them."""
    return {choice.kind.value: choice.channels for choice in choices}


class WishFields(Fields):
    """What one wants to hear of, and when mail comes. Hours are of one's own time zone; Monday is 0."""

    channels = ChannelsFields(required=False)
    hears_of_own = serializers.BooleanField(required=False)
    rhythm = serializers.ChoiceField(choices=RHYTHMS, required=False)
    digest_hour = serializers.IntegerField(required=False, min_value=0, max_value=23)
    digest_weekday = serializers.IntegerField(required=False, min_value=0, max_value=6)
    quiet_from = serializers.TimeField(required=False, allow_null=True)
    quiet_until = serializers.TimeField(required=False, allow_null=True)
    is_named_at_once = serializers.BooleanField(required=False)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"channels": {"commented": ["inbox"]}, "rhythm": "daily", "digest_hour": 7}


class WishesSerializer(serializers.Serializer[Any]):
    """What one hears of in the organization, and when mail comes. `projects` are the ids of those where one chose
    something else; `is_mail_paused` says that mail servers refused one's address."""

    channels = ChannelsSerializer(read_only=True)
    hears_of_own = serializers.BooleanField(read_only=True)
    rhythm = serializers.CharField(read_only=True)
    digest_hour = serializers.IntegerField(read_only=True)
    digest_weekday = serializers.IntegerField(read_only=True)
    quiet_from = serializers.TimeField(read_only=True, allow_null=True)
    quiet_until = serializers.TimeField(read_only=True, allow_null=True)
    is_named_at_once = serializers.BooleanField(read_only=True)
    time_zone = serializers.CharField(read_only=True)
    is_mail_paused = serializers.BooleanField(read_only=True)
    projects = serializers.ListField(child=serializers.IntegerField(), read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {
            "channels": _HEARD,
            "hears_of_own": False,
            "rhythm": "daily",
            "digest_hour": 7,
            "digest_weekday": 0,
            "quiet_from": "18:00:00",
            "quiet_until": "08:00:00",
            "is_named_at_once": True,
            "time_zone": "Europe/Berlin",
            "is_mail_paused": False,
            "projects": [3],
        }


class ProjectWishFields(Fields):
    """What one wants to hear of in a project: all of it (`followed`), only what names one (`muted`), or as usual."""

    channels = ChannelsFields(required=False)
    interest = serializers.ChoiceField(choices=list(INTERESTS), required=False)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"interest": "followed"}


class ProjectWishesSerializer(serializers.Serializer[Any]):
    """What one hears of in a project."""

    channels = ChannelsSerializer(read_only=True)
    interest = serializers.CharField(read_only=True)

    class Meta:
        example: ClassVar[dict[str, Any]] = {"channels": _HEARD, "interest": "followed"}
