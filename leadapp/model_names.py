"""What models and their fields are called, in the reader's language.

Django calls them after the code: `lead_source` is "lead source". Those names are put into the catalogues
(leadapp/catalogues.py), and looked up there when they are shown.
"""

from django.apps import apps
from django.utils.translation import gettext_lazy, gettext_noop

# Django calls every key so, and no code of ours does.
KEY = gettext_noop("ID")
OURS = ("leadapp", "scoring", "qualification")


def translate_names() -> None:
    """Let each name that is not marked in the code be looked up as well. No migration comes of it."""
    for model in apps.get_models():
        options = model._meta
        if options.app_label not in OURS:
            continue
        for field in options.local_fields + options.local_many_to_many:
            if isinstance(field.verbose_name, str):
                field.verbose_name = gettext_lazy(field.verbose_name)
        if isinstance(options.verbose_name, str):
            options.verbose_name = gettext_lazy(options.verbose_name)
        if "verbose_name_plural" not in options.original_attrs:
            plural = f"{options.verbose_name_raw}s"
            options.verbose_name_plural = gettext_lazy(plural)
