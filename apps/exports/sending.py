"""What is taken out, as answers: a table that is written while it is sent, and an archive that waits."""

from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import content_disposition_header

from apps.core.downloads import send_file
from apps.core.filetypes import UNKNOWN
from apps.exports.table import Entering, Sheet, stream_table

if TYPE_CHECKING:
    from apps.exports.models import ExportRun


def send_table(request: HttpRequest, *, entering: Entering, sheet: Sheet) -> HttpResponseBase:
    """A project's issues as CSV.

    :param entering: opens a unit of work of the reader: the table is sent when the request's own is over
    """
    answer: HttpResponseBase
    if request.method == "HEAD":
        answer = HttpResponse(content_type="text/csv; charset=utf-8")
    else:
        pieces = stream_table(entering=entering, sheet=sheet)
        answer = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    name = f"{sheet.project_key}-{timezone.localdate().isoformat()}.csv"
    answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    return answer


def send_archive(request: HttpRequest, *, run: "ExportRun") -> HttpResponseBase:
    """An archive that is ready, whole or the part that is asked for."""
    what = run.project.key if run.project is not None else run.org.slug
    return send_file(
        request,
        key=run.key,
        size=run.size,
        tag=run.sha256,
        kept_at=run.ended_at or run.created_at,
        kind=UNKNOWN,
        name=f"flowboard-{what}-{timezone.localtime(run.created_at).date().isoformat()}.zip",
        is_shown=False,
    )
