"""Ship BANT (in use), CHAMP and MEDDIC, what is asked beside them, and who may edit them."""

from django.apps import apps as current_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

QUARTER = 90

DIMENSIONS = [
    # key, label, name of the answer, example, good for days, clue words, prompts
    (
        "budget", "Budget", "Amount", "€60,000 to €80,000", QUARTER, "pricing, price, quote, budget, roi",
        [
            "What would it be worth to you, and is money set aside for it?",
            "How did you pay for the last project of this size?",
            "Who has to agree to the amount, and in which year is it planned?",
        ],
    ),
    (
        "authority", "Authority", "Role and name", "Decides with the CFO", None, "team, about-us, security",
        [
            "Who besides you should see this before you decide?",
            "How did the decision come about the last time you bought something like this?",
            "Who would be sorry if nothing changed?",
        ],
    ),
    (
        "need", "Need", "The pain, in their words", "14 hours of standstill in October", QUARTER,
        "message, product, feature, case, webinar, guide",
        [
            "What happens today when it goes wrong, and what does it cost you?",
            "What made you look for something now?",
            "If this worked as you wish, what would be different in a year?",
        ],
    ),
    (
        "timeline", "Timeline", "Date or event", "Live before the spring fair", QUARTER,
        "timeline, onboarding, implementation, rollout, demo",
        [
            "When should it run, and what happens if it does not?",
            "What has to happen before you can begin?",
            "Is there a date that everything hangs on, such as a fair or the end of a contract?",
        ],
    ),
    (
        "pain_points", "Pain points", "What hurts", "Night shift cannot see alarms", 180, "problem, downtime, issue",
        ["What annoys your people most about the way it is today?", "What have you tried against it?"],
    ),
    (
        "urgency", "Urgency", "What makes it urgent", "Insurer's deadline in March", QUARTER, "urgent, deadline, asap",
        ["What else is on your list, and where does this stand?", "What if you left it for another year?"],
    ),
    (
        "competition", "Competition", "Who else", "Compares three vendors, prefers us", QUARTER,
        "compare, alternative, versus",
        ["What else are you looking at?", "What do you like about it, and what is missing?"],
    ),
    (
        "marketing_goals", "Marketing goals", "What they want to reach", "200 qualified leads a quarter", 180,
        "campaign, marketing, growth",
        ["What do you want to reach this year, and how will you know that you have?"],
    ),
    (
        "ideal_customer", "Ideal customer profile", "How well it matches", "Machinery, 480 people, own service team",
        None, "",
        ["What do you make, for whom, and with how many people?", "Which systems would it have to work with?"],
    ),
    (
        "metrics", "Metrics", "Number to improve", "Downtime from 4 % to 2 %", 180, "roi, calculator, benchmark",
        ["Which number has to get better, and where is it today?"],
    ),
    (
        "decision_criteria", "Decision criteria", "What they decide by", "SAP connection, hosted in the EU", 180,
        "security, integration, compare",
        ["What must it be able to do, and what would be nice to have?"],
    ),
    (
        "decision_process", "Decision process", "Steps and dates", "Trial in May, board in June", QUARTER,
        "procurement, terms",
        ["What are the steps from here to a signature, and who takes each?"],
    ),
    (
        "champion", "Champion", "Who sells it inside", "Head of Operations, has the CFO's ear", 180, "",
        ["Who in your house wants this most, and what do they gain?"],
    ),
]  # fmt: skip
ALSO_ASKED = {"pain_points", "urgency", "competition", "marketing_goals", "ideal_customer"}

FRAMEWORKS = {
    # name: [(dimension, what the framework calls it)]
    "BANT": [("budget", ""), ("authority", ""), ("need", ""), ("timeline", "")],
    "CHAMP": [("need", "Challenges"), ("authority", ""), ("budget", "Money"), ("urgency", "Prioritization")],
    "MEDDIC": [
        ("metrics", ""),
        ("authority", "Economic buyer"),
        ("decision_criteria", ""),
        ("decision_process", ""),
        ("pain_points", "Identified pain"),
        ("champion", ""),
    ],
}

# The gates that ship, said so that they mean the same in a framework of any size.
GATES = [
    # step, (label, field, operator, value) as shipped until now, the same as shipped from now on
    (
        "to_sql",
        ("Three of four confirmed", "bant.confirmed_count", "at_least", 3),
        ("All but one confirmed", "bant.unconfirmed_count", "at_most", 1),
    ),
    (
        "to_customer",
        ("All four confirmed", "bant.confirmed_count", "at_least", 4),
        ("All confirmed", "bant.unconfirmed_count", "at_most", 0),
    ),
]

MAPPED_FORMS = ["demo-request", "quote-request"]
MAPPED_FIELDS = {
    # field of a form: dimension, texts that rule it out, texts that say nothing
    "budget": ("budget", ["No budget", "None", "No"], ["Not sure yet", "I don't know", "Unknown"]),
    "timeline": ("timeline", ["Just looking", "No plans", "Never"], ["Not sure yet", "I don't know", "Unknown"]),
}

MODELS = ["dimension", "framework", "frameworkdimension"]
EDIT = ["view", "add", "change", "delete"]
RIGHTS = {"rep": ["view"], "manager": ["view"], "marketer": EDIT, "admin": EDIT}


def ship(apps, schema_editor):
    Dimension = apps.get_model("qualification", "Dimension")
    Dimension.objects.bulk_create(
        Dimension(
            key=key,
            label=label,
            value_label=value_label,
            example=example,
            good_for_days=days,
            clue_words=words,
            prompts="\n".join(prompts),
            is_also_asked=key in ALSO_ASKED,
            position=position,
        )
        for position, (key, label, value_label, example, days, words, prompts) in enumerate(DIMENSIONS, start=1)
    )
    Part = apps.get_model("qualification", "FrameworkDimension")
    for name, parts in FRAMEWORKS.items():
        framework = apps.get_model("qualification", "Framework").objects.create(name=name, is_in_use=name == "BANT")
        Part.objects.bulk_create(
            Part(framework=framework, dimension_id=dimension, label=label, position=position)
            for position, (dimension, label) in enumerate(parts, start=1)
        )


def reword_gates(apps, schema_editor, *, back=False):
    """Leave alone what marketers have written."""
    criteria = apps.get_model("qualification", "GateCriterion").objects
    names = ("label", "field", "operator", "value")
    for step, before, after in GATES:
        if back:
            before, after = after, before
        criteria.filter(gate__step=step, **dict(zip(names, before))).update(**dict(zip(names, after)))


def map_forms(apps, schema_editor):
    """Let budget and timeline asked in a form become answers, where the form still asks for them."""
    for form in apps.get_model("leadapp", "Form").objects.filter(slug__in=MAPPED_FORMS):
        for field in form.fields:
            if field.get("name") in MAPPED_FIELDS and not field.get("fact"):
                dimension, ruled_out, unknown = MAPPED_FIELDS[field["name"]]
                field |= {"answer": dimension, "ruled_out": ruled_out, "unknown": unknown}
        form.save(update_fields=["fields"])


def let_edit(apps, schema_editor):
    """Django makes permissions only after all migrations; the groups need them now."""
    alias = schema_editor.connection.alias
    create_permissions(current_apps.get_app_config("qualification"), verbosity=0, using=alias)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    groups = apps.get_model("auth", "Group").objects.using(alias)
    for role, actions in RIGHTS.items():
        codenames = [f"{action}_{model}" for model in MODELS for action in actions]
        found = permissions.filter(content_type__app_label="qualification", codename__in=codenames)
        groups.get(name=role).permissions.add(*found)


def forward(apps, schema_editor):
    ship(apps, schema_editor)
    reword_gates(apps, schema_editor)
    map_forms(apps, schema_editor)
    let_edit(apps, schema_editor)


def backward(apps, schema_editor):
    reword_gates(apps, schema_editor, back=True)


class Migration(migrations.Migration):
    dependencies = [("qualification", "0016_frameworks"), ("leadapp", "0013_webhooks")]

    operations = [migrations.RunPython(forward, backward)]
