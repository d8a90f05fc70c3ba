"""Small pages built from the pieces, as an application would write them."""

PAD = """{% extends "design/base.html" %}
{% from "design/macros.html" import script, picture_pad, known_name, csrf with context %}
{% block title %}{{ _("Aanmelden") }}{% endblock %}
{% block page %}page-pad{% endblock %}
{% block scripts %}{{ script("picture-pad.js") }}{% endblock %}
{% block main %}
<div class="card stack">
  <h1>{{ _("Meld je aan met LeerID") }}</h1>
  {{ known_name("/name", greeting_name="Abdulghani B.") }}
  <form method="post" action="/login" data-submit-once>{{ csrf() }}{{ picture_pad(picture_set, needed=4) }}</form>
</div>
{% endblock %}
"""

NAME = """{% extends "design/base.html" %}
{% from "design/macros.html" import button, field, csrf with context %}
{% block title %}{{ _("Aanmelden") }}{% endblock %}
{% block page %}page-narrow{% endblock %}
{% block main %}
<div class="card stack">
  <h1>{{ _("Meld je aan met LeerID") }}</h1>
  <p class="asking">
    <img class="asking-logo" src="{{ picture_url('appel') }}" alt="" width="44" height="44">
    <span>{{ _("Je gaat naar") }} <b>Rekenrijk</b></span>
  </p>
  <form class="form" method="post" action="/login" data-submit-once>
    {{ csrf() }}
    {{ field("username", _("Gebruikersnaam of e-mailadres"), autocomplete="username") }}
    {{ button(_("Volgende"), kind="primary", id="login-next", wide=true) }}
  </form>
</div>
{% endblock %}
"""

PASSWORD = """{% extends "design/base.html" %}
{% from "design/macros.html" import script, button, secret_field, checklist, csrf with context %}
{% block title %}{{ _("Pas je wachtwoord aan") }}{% endblock %}
{% block scripts %}{{ script("password-check.js") }}{{ script("reveal.js") }}{% endblock %}
{% block main %}
<form class="card form" method="post" action="/password" data-submit-once>
  {{ csrf() }}
  <h1>{{ _("Pas je wachtwoord aan") }}</h1>
  {{ secret_field("new_password", _("Nieuw wachtwoord"), placeholder=_("Kies een wachtwoord"),
                  autocomplete="new-password", described_by="password-rules") }}
  {{ checklist("butrint.boeren1", minimum=12) }}
  {{ button(_("Bevestig wachtwoord"), kind="primary", id="password-submit") }}
</form>
{% endblock %}
"""

ERROR = """{% extends "design/base.html" %}
{% from "design/macros.html" import script, button, foutnummer with context %}
{% block title %}{{ _("Er ging iets mis") }}{% endblock %}
{% block page %}page-narrow{% endblock %}
{% block scripts %}{{ script("copy.js") }}{% endblock %}
{% block main %}
<div class="card stack"><h1>{{ _("Er ging iets mis") }}</h1><p>{{ _("Deze link is al gebruikt.") }}</p>
{{ button(_("Begin opnieuw"), kind="primary", href="/name") }}{{ foutnummer("7f3a-92c1-0b5e") }}</div>
{% endblock %}
"""

CONSENT = """{% extends "design/base.html" %}
{% from "design/macros.html" import script, button, csrf, icon with context %}
{% block title %}{{ _("Toestemming") }}{% endblock %}
{% block page %}page-narrow{% endblock %}
{% block scripts %}{{ script("ready-after.js") }}{% endblock %}
{% block main %}
<form class="card stack" method="post" action="/consent" data-submit-once>{{ csrf() }}
<h1>{{ _("Rekenrijk wil weten wie je bent") }}</h1>
<ul class="consent-list"><li>{{ icon("tick") }}<span>{{ _("Je voornaam en je naam") }}</span></li></ul>
<div class="actions">{{ button(_("Geef toegang"), kind="primary", id="consent-allow", name="answer", value="allow",
attrs={"data-ready-after": "500"}) }}{{ button(_("Liever niet"), id="consent-deny", name="answer", value="deny") }}</div>
</form>
{% endblock %}
"""

ONWARD = """{% extends "design/base.html" %}
{% from "design/macros.html" import script, button with context %}
{% block title %}{{ _("Je gaat verder") }}{% endblock %}
{% block scripts %}{{ script("autosubmit.js") }}{% endblock %}
{% block main %}
<form method="post" action="/callback" data-autosubmit><input type="hidden" name="code" value="abc">
{{ button(_("Ga verder"), kind="primary") }}</form>
{% endblock %}
"""

# After a mistake, for someone who typed a username: the most there ever is on this page.
PAD_AFTER_A_MISTAKE = PAD.replace('greeting_name="Abdulghani B."', 'username="abdulghani.bogdan"').replace(
    "needed=4",
    "needed=4, error=_('Dat klopt niet. Neem je kaartje erbij of vraag het aan je juf of meester.')",
)

PAGES = {
    "pad-mistake.html": PAD_AFTER_A_MISTAKE,
    "pad.html": PAD,
    "name.html": NAME,
    "new-password.html": PASSWORD,
    "error.html": ERROR,
    "consent.html": CONSENT,
    "onward.html": ONWARD,
}
