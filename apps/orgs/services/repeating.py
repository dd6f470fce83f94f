"""Answers that are kept so that a script can ask twice and have it done once."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError, Forbidden
from apps.core.tenancy import Actor
from apps.events.services import service
from apps.orgs.models import KeptAnswer

KEPT_FOR = timedelta(hours=24)


class KeyReused(DomainError):
    """An idempotency key came with another request than the first time."""

    title = _("This idempotency key belongs to another request")
    detail = _("Make a new key for each thing that is to be done, and send it again only with the very same request.")


@service
def begin_answer(*, actor: Actor, key: str, digest: str) -> tuple[KeptAnswer, bool]:
    """Find the answer that was given to this key, or begin a new one. A request that is under way is waited for.

    :returns: the answer, and whether it is to be made
    :raises KeyReused: if the key came with another request within a day
    """
    own = KeptAnswer.objects.filter(org_id=actor.org_id, user_id=actor.person_id, key=key)
    own.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
    answer, is_new = KeptAnswer.objects.get_or_create(
        org_id=actor.org_id, user_id=actor.person_id, key=key, defaults={"digest": digest}
    )
    if not is_new and answer.digest != digest:
        raise KeyReused
    return answer, is_new


@service
def keep_answer(*, answer: KeptAnswer, status: int, headers: dict[str, str], body: str) -> None:
    """Note what was answered, in the transaction of what was done."""
    answer.status, answer.headers, answer.body = status, headers, body
    answer.save(update_fields=["status", "headers", "body"])


@service
def forget_answers(*, actor: Actor, limit: int) -> int:
    """Remove some of the answers that are kept no longer; how many.

    :raises Forbidden: for anybody but FlowBoard itself
    """
    if not actor.is_system:
        raise Forbidden
    old = KeptAnswer.objects.filter(org_id=actor.org_id, created_at__lt=timezone.now() - KEPT_FOR)
    return KeptAnswer.objects.filter(pk__in=old.order_by("created_at").values("pk")[:limit]).delete()[0]
