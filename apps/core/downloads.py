"""Answering with a kept file: whole or in part, under its own name, and never as something that a browser runs."""

import re
from collections.abc import Iterator
from datetime import datetime

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, http_date

from apps.core.errors import NotFound
from apps.core.files import attached_files

# For whoever opens a file by its address: nothing in it may run, ask for anything, or be framed.
_SANDBOX = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
)
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def send_file(
    request: HttpRequest, *, key: str, size: int, tag: str, kept_at: datetime, kind: str, name: str, is_shown: bool
) -> HttpResponseBase:
    """A kept file as an answer to somebody who may read it.

    :param tag: changes with the content
    :param is_shown: as a picture, video or sound inside a page; everything else is a download
    :raises NotFound: if the place for files has lost it
    """
    etag, modified = f'"{tag}"', int(kept_at.timestamp())
    answer: HttpResponseBase | None = get_conditional_response(request, etag, modified)
    if answer is None:
        answer = _send(request, key=key, size=size, etag=etag, kind=kind)
    answer["ETag"] = etag
    answer["Last-Modified"] = http_date(modified)
    # Who may read it is asked each time; what was read before need not come again.
    answer["Cache-Control"] = "private, no-cache"
    answer["Content-Disposition"] = content_disposition_header(not is_shown, name) or "attachment"
    answer["Content-Security-Policy"] = _SANDBOX
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    return answer


def _send(request: HttpRequest, *, key: str, size: int, etag: str, kind: str) -> HttpResponseBase:
    part = _asked_part(request, size, etag)
    if part is None:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}", "Content-Type": kind})
    start, length = part
    answer: HttpResponseBase
    if request.method == "HEAD":
        answer = HttpResponse(content_type=kind)
    else:
        answer = StreamingHttpResponse(_pieces(key, start, length), content_type=kind)
    answer["Content-Length"] = str(length)
    answer["Accept-Ranges"] = "bytes"
    if length < size:
        answer.status_code = 206
        answer["Content-Range"] = f"bytes {start}-{start + length - 1}/{size}"
    return answer


def _pieces(key: str, start: int, length: int) -> Iterator[bytes]:
    try:
        return attached_files().pieces(key, start=start, length=length)
    except FileNotFoundError as error:
        raise NotFound from error


def _asked_part(request: HttpRequest, size: int, etag: str) -> tuple[int, int] | None:
    """Where to begin and how much to send; None for a part that the file does not have.

    What is not one plain range is answered with all of it, as the standard allows.
    """
    asked = _RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if asked is None or request.headers.get("If-Range", etag) != etag or asked.groups() == ("", ""):
        return 0, size
    first, last = asked.groups()
    if not first:
        length = min(int(last), size)
        return (size - length, length) if length else None
    start = int(first)
    end = min(int(last), size - 1) if last else size - 1
    if last and int(last) < start:
        return 0, size
    return (start, end - start + 1) if start < size else None
