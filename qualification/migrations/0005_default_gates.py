"""Ship the gates that qualification practice names (docs/qualification.md)."""

from django.db import migrations

# As in the scoring model that ships.
INDUSTRIES = [
    "automation", "automotive", "chemicals", "electronics", "engineering", "logistics", "machinery",
    "manufacturing", "software", "transport", "maschinenbau", "logistik",
]
COUNTRIES = ["DE", "AT", "CH", "LI", "LU", "NL", "BE", "GB", "IE", "US", "CA", "FR", "DK", "SE", "NO", "FI"]
SALES_SIGNALS = ["quote_requested", "demo_requested", "meeting_booked", "meeting_held", "call_connected"]

GATES = {
    # step: (is automatic, [(label, field, operator, value, one of)])
    "to_mql": (
        True,
        [
            ("A way to reach the lead", "lead.reachable", "equals", True, ""),
            ("First name", "lead.first_name", "is_set", None, ""),
            ("Last name", "lead.last_name", "is_set", None, ""),
            ("Business email address", "lead.business_email", "equals", True, ""),
            ("Target industry or country", "company.industry", "matches_list", INDUSTRIES, "market"),
            ("Target country", "lead.country", "in", COUNTRIES, "market"),
            ("Target country of the company", "company.country", "in", COUNTRIES, "market"),
            ("Fit at least B", "lead.fit_grade", "in", ["A", "B"], ""),
            ("Score at least 50", "lead.score", "at_least", 50, ""),
        ],
    ),
    "handover": (
        True,
        [("Ready for sales", "lead.ready_for_sales", "equals", True, "")],
    ),
    "to_sql": (
        False,
        [
            ("Three of four confirmed", "bant.confirmed_count", "at_least", 3, ""),
            ("Nothing ruled out", "bant.ruled_out_count", "at_most", 0, ""),
        ],
    ),
    "to_customer": (
        False,
        [
            ("All four confirmed", "bant.confirmed_count", "at_least", 4, ""),
            ("A quote, demo, meeting or call", "activity", "in", SALES_SIGNALS, ""),
            ("Won value and date", "deal.count", "at_least", 1, ""),
        ],
    ),
}


def add_gates(apps, schema_editor):
    Gate = apps.get_model("qualification", "Gate")
    GateCriterion = apps.get_model("qualification", "GateCriterion")
    for step, (is_automatic, criteria) in GATES.items():
        gate = Gate.objects.create(step=step, match="all", is_automatic=is_automatic)
        GateCriterion.objects.bulk_create(
            GateCriterion(
                gate=gate,
                label=label,
                field=field,
                operator=operator,
                value=value,
                one_of=one_of,
                position=position,
            )
            for position, (label, field, operator, value, one_of) in enumerate(criteria, start=1)
        )


def remove_gates(apps, schema_editor):
    apps.get_model("qualification", "Gate").objects.filter(step__in=GATES).delete()


class Migration(migrations.Migration):
    dependencies = [("qualification", "0004_team_queue_and_alternatives")]

    operations = [migrations.RunPython(add_gates, remove_gates)]
