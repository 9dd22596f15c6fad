"""The floor: Django without middleware and database, whose one view says hello. Settings and addresses in one."""

from django.http import HttpResponse
from django.urls import path

SECRET_KEY = "unused"
ALLOWED_HOSTS = ["localhost"]
ROOT_URLCONF = __name__


def hello(request):
    return HttpResponse(b"hello")


urlpatterns = [path("healthz", hello), path("", hello)]
