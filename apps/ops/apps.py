from collections.abc import Collection

from django.apps import AppConfig


class OpsConfig(AppConfig):
    name = "apps.ops"

    def ready(self) -> None:
        from apps.accounts.addresses import leave_out_invented

        leave_out_invented(_of_the_demo)


def _of_the_demo(user_ids: Collection[int]) -> Collection[int]:
    from apps.ops.models import DemoMark

    people = DemoMark.objects.filter(kind=DemoMark.Kind.PERSON, object_id__in=user_ids)
    return set(people.values_list("object_id", flat=True))
