// The form_post page sends itself on; without script its button does.
"use strict";

document.querySelector("form[data-autosubmit]").submit();
