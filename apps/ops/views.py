"""Answers for load balancers and supervisors."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.ops.health import probe


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process is alive. It touches neither database nor Valkey: restarting it would not help those."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether requests should be sent here: 200 or 503, with the outcome of each check."""
    readiness = probe.readiness()
    body = {"ready": readiness.is_ready, "release": settings.RELEASE, "checks": readiness.checks}
    return JsonResponse(body, status=200 if readiness.is_ready else 503)
