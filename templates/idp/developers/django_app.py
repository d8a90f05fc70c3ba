"""Signs pupils in with LeerID from Django: pip install mozilla-django-oidc. Settings and pages together, to read at once."""

import json
import os
from typing import Any
from urllib.parse import urlencode

import django
import requests
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.urls import include, path
from django.utils.html import format_html

ISSUER, CLIENT_ID, ORIGIN = os.environ["ISSUER"], os.environ["CLIENT_ID"], os.environ["ORIGIN"]
LEERID = requests.get(f"{ISSUER}/.well-known/openid-configuration", timeout=5).json()

# What stands in a settings.py.
settings.configure(
    SECRET_KEY=os.environ["COOKIE_KEY"],
    ALLOWED_HOSTS=[ORIGIN.split("//")[1].split(":")[0]],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DATABASE"]}},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "mozilla_django_oidc",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "mozilla_django_oidc.middleware.SessionRefresh",
    ],
    AUTHENTICATION_BACKENDS=[f"{__name__}.Pupils"],
    SESSION_COOKIE_SECURE=True,
    OIDC_RP_CLIENT_ID=CLIENT_ID,
    OIDC_RP_CLIENT_SECRET=os.environ["CLIENT_SECRET"],
    OIDC_OP_AUTHORIZATION_ENDPOINT=LEERID["authorization_endpoint"],
    OIDC_OP_TOKEN_ENDPOINT=LEERID["token_endpoint"],
    OIDC_OP_USER_ENDPOINT=LEERID["userinfo_endpoint"],
    OIDC_OP_JWKS_ENDPOINT=LEERID["jwks_uri"],
    OIDC_RP_SIGN_ALGO="RS256",
    OIDC_RP_SCOPES="openid profile",
    OIDC_USE_PKCE=True,
    OIDC_STORE_ID_TOKEN=True,
    OIDC_TIMEOUT=5,
    # After this long LeerID is asked again, without a page: is this pupil still signed in?
    OIDC_RENEW_ID_TOKEN_EXPIRY_SECONDS=int(os.environ.get("LOOK_AGAIN_AFTER", "900")),
    OIDC_OP_LOGOUT_URL_METHOD=f"{__name__}.sign_out_of_leerid",
    LOGIN_REDIRECT_URL="/",
    LOGOUT_REDIRECT_URL="/bye",
)
django.setup()

from mozilla_django_oidc.auth import OIDCAuthenticationBackend  # noqa: E402


class Pupils(OIDCAuthenticationBackend):
    """A pupil is known by `sub`: many have no e-mail address, and a name is not theirs alone."""

    def verify_token(self, token: str, **options: Any) -> Any:
        claims = super().verify_token(token, **options)
        if (claims["iss"], claims["aud"]) != (ISSUER, CLIENT_ID):  # the library leaves these to us
            raise SuspiciousOperation("an ID token for somebody else")
        return claims

    def get_or_create_user(self, access_token: str, id_token: str, payload: Any) -> Any:
        self.signed_in = payload["sub"]
        return super().get_or_create_user(access_token, id_token, payload)

    def verify_claims(self, claims: Any) -> bool:
        return bool(claims["sub"] == self.signed_in)

    def filter_users_by_claims(self, claims: Any) -> Any:
        return self.UserModel.objects.filter(username=claims["sub"])

    def create_user(self, claims: Any) -> Any:
        return self.update_user(self.UserModel(username=claims["sub"]), claims)

    def update_user(self, user: Any, claims: Any) -> Any:
        user.first_name = claims["given_name"]
        user.save()
        return user


def sign_out_of_leerid(request: HttpRequest) -> str:
    hint = request.session["oidc_id_token"]
    question = urlencode({"id_token_hint": hint, "post_logout_redirect_uri": f"{ORIGIN}/bye"})
    return f"{LEERID['end_session_endpoint']}?{question}"


def home(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return HttpResponse('<a href="/oidc/authenticate/">Sign in with LeerID</a>')
    pupil = {"sub": request.user.username, "given_name": request.user.first_name}
    return HttpResponse(
        format_html(
            '<p>Dag {}</p><pre>{}</pre><form method="post" action="/oidc/logout/">'
            '<input type="hidden" name="csrfmiddlewaretoken" value="{}"><button id="logout">Sign out</button></form>',
            request.user.first_name,
            json.dumps(pupil),
            get_token(request),
        )
    )


urlpatterns = [path("", home), path("bye", home), path("oidc/", include("mozilla_django_oidc.urls"))]
app = get_wsgi_application()
call_command("migrate", verbosity=0)
