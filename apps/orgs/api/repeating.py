"""`Idempotency-Key`: the same request again gets the same answer, and is not done again."""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from apps.core.tenancy import Actor
from apps.orgs.services import begin_answer, keep_answer

MOST_CHARACTERS = 255
_KEY = re.compile(rf"[!-~]{{1,{MOST_CHARACTERS}}}")
# The headers of an answer that mean something when it is given again.
_KEPT_HEADERS = ("ETag", "Location")


def answer_once(*, actor: Actor, request: Request, key: str, act: Callable[[], Response]) -> Response:
    """Act, unless the same person sent the same request with this key within a day: then answer as before.

    :raises ValidationError: if the key is none
    :raises KeyReused: if it came with another request
    """
    if not _KEY.fullmatch(key):
        message = _("Send 1 to %(most)s printable ASCII characters, for example a UUID.") % {"most": MOST_CHARACTERS}
        raise serializers.ValidationError({"Idempotency-Key": [message]})
    kept, is_new = begin_answer(actor=actor, key=key, digest=_digest(actor, request))
    if not is_new:
        headers = kept.headers | {"Idempotency-Replayed": "true"}
        return Response(None if kept.body == "" else json.loads(kept.body), kept.status, headers=headers)
    response = act()
    keep_answer(
        answer=kept,
        status=response.status_code,
        headers={name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers},
        body="" if response.data is None else json.dumps(response.data, cls=JSONEncoder),
    )
    return response


def _digest(actor: Actor, request: Request) -> str:
    """What makes two requests the same: token, address, query and body, however the body's JSON is spaced.

    With the token, because what one may read of an answer another of the same person may not.
    """
    # Of a form each field may have several values.
    data = dict(request.data.lists()) if isinstance(request.data, QueryDict) else request.data
    said = [actor.token_id, request.get_full_path(), data]
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=_content).encode()).hexdigest()


def _content(file: "UploadedFile[Any]") -> list[str]:
    """A file's name, and what stands for what is in it."""
    digest = hashlib.sha256()
    for piece in file.chunks():
        digest.update(piece)
    file.seek(0)
    return [str(file.name), digest.hexdigest()]
