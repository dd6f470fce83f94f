"""The fact log and the outbox, for operators."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from operator import itemgetter

from django.contrib import admin
from django.db.models import Min, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.admin import MOST_COUNTED, Figure, OperatedAdmin, ReadOnlyAdmin, register, site
from apps.events.deliveries import retry_dead
from apps.events.models import Change, Delivery, Event, Stream
from apps.events.operating import operating_in

# A delivery waits for seconds; one that does so longer fails again and again, or nobody works.
LATE = timedelta(minutes=10)


@register(Delivery)
class DeliveryAdmin(OperatedAdmin):
    """The outbox: what still has to react to which fact, what did, and what gave up."""

    list_display = ("handler", "kind", "org", "state", "attempts", "due_at", "done_at", "error")
    list_filter = ("state",)
    list_select_related = ("event", "org")
    search_fields = ("handler__icontains", "org__slug")
    search_numbers = ("pk", "event_id")
    actions = ("retry",)
    sortable_by = ()

    @admin.display(description=gettext_lazy("fact"))
    def kind(self, delivery: Delivery) -> str:
        """What happened."""
        return delivery.event.kind

    @admin.display(description=gettext_lazy("last error"))
    def error(self, delivery: Delivery) -> str:
        """The beginning of it; the whole is on its page."""
        return delivery.last_error[:80]

    @admin.action(description=gettext_lazy("Try dead ones again"), permissions=["operate"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        """Give dead letters all their attempts again; the sweeper takes them within seconds."""
        dead = queryset.filter(state=Delivery.State.DEAD).order_by("org_id", "pk").values_list("org_id", "pk")
        by_org = [(org_id, [pk for _org, pk in rows]) for org_id, rows in groupby(dead, key=itemgetter(0))]

        def act(chosen: tuple[int, list[int]], reason: str) -> int:
            org_id, delivery_ids = chosen
            with operating_in(org_id=org_id, reason=reason) as actor:
                return retry_dead(actor=actor, delivery_ids=delivery_ids)

        self.operate(request, by_org, act)


@register(Event)
class EventAdmin(ReadOnlyAdmin):
    """What happened, everywhere."""

    list_display = ("kind", "seq", "org", "project", "issue_id", "actor", "origin", "created_at")
    list_select_related = ("org", "project", "actor")
    search_fields = ("kind", "request_id", "op")
    search_numbers = ("pk", "issue_id", "stream_id")
    sortable_by = ()


@register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    """Which field changed from what to what."""

    list_display = ("field", "event", "org", "project", "issue_id", "old", "new")
    list_select_related = ("event", "org", "project")
    search_fields = ("field",)
    search_numbers = ("pk", "issue_id", "event_id")
    sortable_by = ()


@register(Stream)
class StreamAdmin(ReadOnlyAdmin):
    """The logs and their heads."""

    list_display = ("pk", "kind", "org", "project", "user", "seq")
    list_filter = ("kind",)
    list_select_related = ("org", "project", "user")
    search_fields = ("org__slug", "project__key")


def outbox() -> Iterator[Figure]:
    """How much waits, since when, and how much gave up: each by an index, and no further than it matters."""
    states = {
        Delivery.State.WAITING: _("Deliveries that wait"),
        Delivery.State.DEAD: _("Dead letters"),
    }
    address = reverse("admin:events_delivery_changelist")
    for state, label in states.items():
        count = Delivery.objects.filter(state=state)[:MOST_COUNTED].count()
        yield Figure(
            label=label,
            value=f"{count}+" if count == MOST_COUNTED else str(count),
            url=f"{address}?state__exact={state}",
            is_alarming=count > 0 and state == Delivery.State.DEAD,
        )
    oldest = Delivery.objects.filter(state=Delivery.State.WAITING).aggregate(at=Min("created_at"))["at"]
    age = timezone.now() - oldest if oldest else timedelta()
    yield Figure(
        label=_("Oldest delivery that waits, in minutes"),
        value=str(int(age.total_seconds() // 60)),
        url=f"{address}?state__exact={Delivery.State.WAITING}",
        is_alarming=age > LATE,
    )


site.show(outbox)
