"""Ship the activity types that lead scoring practice names."""

from django.db import migrations

PLAIN, SIGNAL, TOUCH = (False, False), (True, False), (False, True)
SIGNAL_AND_TOUCH = (True, True)

TYPES = [
    # slug, label, channel, (is_signal, is_touch)
    ("page_view", "Page view", "web", PLAIN),
    ("form_submission", "Form submitted", "web", SIGNAL),
    ("demo_requested", "Demo requested", "web", SIGNAL),
    ("quote_requested", "Quote requested", "web", SIGNAL),
    ("newsletter_signup", "Newsletter signup", "email", PLAIN),
    ("email_sent", "Email sent by a rep", "sales", TOUCH),
    ("email_opened", "Email opened", "email", PLAIN),
    ("email_clicked", "Email link clicked", "email", PLAIN),
    ("email_replied", "Sales email answered", "sales", SIGNAL),
    ("email_bounced", "Email bounced", "email", PLAIN),
    ("unsubscribed", "Unsubscribed", "email", PLAIN),
    ("content_download", "Content downloaded", "content", PLAIN),
    ("webinar_registered", "Webinar registered", "event", PLAIN),
    ("webinar_attended", "Webinar attended", "event", PLAIN),
    ("event_attended", "Event attended", "event", PLAIN),
    ("meeting_booked", "Meeting booked", "sales", SIGNAL),
    ("meeting_held", "Meeting held", "sales", SIGNAL_AND_TOUCH),
    ("call_connected", "Call connected", "sales", SIGNAL_AND_TOUCH),
    ("call_attempted", "Call not answered", "sales", PLAIN),
    ("social_interaction", "Social media interaction", "social", PLAIN),
    ("trial_started", "Trial started", "product", SIGNAL),
    ("login", "Login", "product", PLAIN),
    ("purchase", "Purchase", "product", SIGNAL),
    ("lead.created", "Lead created", "record", PLAIN),
    ("lead.updated", "Facts changed", "record", PLAIN),
]


def add_types(apps, schema_editor):
    apps.get_model("leadapp", "ActivityType").objects.bulk_create(
        apps.get_model("leadapp", "ActivityType")(
            slug=slug,
            label=label,
            channel=channel,
            is_signal=is_signal,
            is_touch=is_touch,
            is_internal=slug.startswith("lead."),
        )
        for slug, label, channel, (is_signal, is_touch) in TYPES
    )


class Migration(migrations.Migration):
    dependencies = [("leadapp", "0003_facts_never_change")]

    operations = [migrations.RunPython(add_types, migrations.RunPython.noop)]
