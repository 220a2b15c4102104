"""Ship the forms that most websites of a sales team have."""

from django.db import migrations

PERSON = [
    # name, label, fact
    ("first_name", "First name", "first_name"),
    ("last_name", "Last name", "last_name"),
    ("email", "Email", "email"),
]
WORK = [
    ("company", "Company", "company.name"),
    ("website", "Website", "company.domain"),
    ("job_title", "Job title", "job_title"),
    ("phone", "Phone", "phone"),
    ("country", "Country", "country"),
    ("linkedin_url", "LinkedIn profile", "linkedin_url"),
    ("industry", "Industry", "company.industry"),
    ("employees", "Number of employees", "company.employees"),
]
PROJECT = [
    ("message", "What would you like to achieve?", ""),
    ("budget", "Budget", ""),
    ("timeline", "When would you like to start?", ""),
]

FORMS = [
    # slug, name, activity type, fields
    ("demo-request", "Demo request", "demo_requested", PERSON + WORK + PROJECT),
    ("quote-request", "Quote request", "quote_requested", PERSON + WORK + PROJECT),
    ("contact", "Contact", "form_submission", [*PERSON, *WORK, ("message", "Message", "")]),
    ("newsletter", "Newsletter", "newsletter_signup", PERSON),
]


def add_forms(apps, schema_editor):
    types = apps.get_model("leadapp", "ActivityType").objects.in_bulk(field_name="slug")
    apps.get_model("leadapp", "Form").objects.bulk_create(
        apps.get_model("leadapp", "Form")(
            slug=slug,
            name=name,
            activity_type_id=types[kind].pk,
            fields=[
                {"name": field, "label": label, "required": field == "email", "fact": fact}
                for field, label, fact in fields
            ],
        )
        for slug, name, kind, fields in FORMS
    )


class Migration(migrations.Migration):
    dependencies = [("leadapp", "0005_company_name_unique")]

    operations = [migrations.RunPython(add_forms, migrations.RunPython.noop)]
