"""What the operator's page says, among the figures of the admin site; and the demo's marks."""

from collections.abc import Iterator

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.core.admin import Figure, ReadOnlyAdmin, register, site
from apps.core.mail import is_sent
from apps.ops.installation import storage, versions
from apps.ops.models import DemoMark

SCARCE = 0.05


@register(DemoMark)
class DemoMarkAdmin(ReadOnlyAdmin):
    """What belongs to the demo, and goes with it."""

    list_display = ("kind", "name", "object_id")
    list_filter = ("kind",)
    search_fields = ("name__icontains",)


def installation() -> Iterator[Figure]:
    """Storage, mail and versions; everything else is on the page that they lead to."""
    page = reverse("server")
    kept = storage()
    yield Figure(_("Database"), filesizeformat(kept.database), f"{page}#storage")
    yield Figure(_("Uploaded files"), f"{filesizeformat(kept.media)} ({kept.files})", f"{page}#storage")
    yield Figure(
        _("Free disk"),
        _("%(free)s of %(total)s") % {"free": filesizeformat(kept.free), "total": filesizeformat(kept.total)},
        f"{page}#storage",
        is_alarming=kept.free < kept.total * SCARCE,
    )
    sender = _("sent by %(host)s") % {"host": settings.EMAIL_HOST} if is_sent() else _("kept as files, sent to nobody")
    yield Figure(_("Mail"), sender, f"{page}#mail", is_alarming=not is_sent())
    for name, version in versions():
        yield Figure(name, version, f"{page}#versions")


site.show(installation)
