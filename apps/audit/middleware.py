"""What is written about a request when its own transaction is over."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.audit.accounts import write_refusals


class RefusalsMiddleware:
    """Keep the sign-ins that were refused, whatever became of the request. Stands outside `TenancyMiddleware`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        write_refusals(request)
        return response
