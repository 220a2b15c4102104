"""Ship a model with the rules that lead scoring practice names, live from the first day."""

from django.db import migrations
from django.utils import timezone

GROUPS = [
    # name, dimension, cap
    ("Company", "fit", 45),
    ("Role", "fit", 25),
    ("Contact details", "fit", 20),
    ("Buying signals", "engagement", 120),
    ("Contact with sales", "engagement", 80),
    ("Website", "engagement", 60),
    ("Events and email", "engagement", 70),
]

INDUSTRIES = [
    "automation", "automotive", "chemicals", "electronics", "engineering", "logistics", "machinery",
    "manufacturing", "software", "transport", "maschinenbau", "logistik",
]
COUNTRIES = ["DE", "AT", "CH", "LI", "LU", "NL", "BE", "GB", "IE", "US", "CA", "FR", "DK", "SE", "NO", "FI"]
TOP_TITLES = [
    "ceo", "cto", "cfo", "coo", "cio", "cmo", "cro", "chief", "founder", "co-founder", "owner", "president",
    "managing director", "geschäftsführer", "geschäftsführerin", "inhaber", "inhaberin", "vorstand",
    "directeur", "gérant",
]
SENIOR_TITLES = [
    "head", "vp", "vice president", "director", "leiter", "leiterin", "bereichsleiter", "bereichsleiterin",
    "hoofd",
]
MANAGER_TITLES = ["manager", "team lead", "lead", "teamleiter", "teamleiterin", "supervisor"]
STUDENT_TITLES = [
    "student", "intern", "trainee", "apprentice", "pupil", "praktikant", "praktikantin", "werkstudent",
    "werkstudentin", "azubi", "stagiair", "stagiaire",
]
FREE_MAIL = [
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com",
    "yahoo.co.uk", "yahoo.de", "ymail.com", "icloud.com", "me.com", "mac.com", "aol.com", "gmx.de",
    "gmx.net", "gmx.at", "gmx.ch", "web.de", "t-online.de", "freenet.de", "mail.com", "proton.me",
    "protonmail.com", "zoho.com", "yandex.com", "mail.ru", "qq.com", "163.com", "rediffmail.com",
]

# name, group, points, cap of the rule, match, conditions
FIT = [
    ("Target industry", "Company", 20, None, "all", [("company.industry", "matches_list", INDUSTRIES)]),
    ("50 to 199 employees", "Company", 10, None, "all", [("company.employees", "between", [50, 199])]),
    ("200 to 999 employees", "Company", 20, None, "all", [("company.employees", "between", [200, 999])]),
    ("1,000 to 4,999 employees", "Company", 15, None, "all", [("company.employees", "between", [1000, 4999])]),
    ("5,000 employees or more", "Company", 10, None, "all", [("company.employees", "at_least", 5000)]),
    ("Fewer than 10 employees", "Company", -10, None, "all", [("company.employees", "less", 10)]),
    ("Revenue of €10 m or more", "Company", 5, None, "all", [("company.annual_revenue", "at_least", 10000000)]),
    ("C-level or owner", "Role", 25, None, "any", [
        ("lead.seniority", "in", ["c_level", "owner"]), ("lead.job_title", "matches_list", TOP_TITLES)]),
    ("Head, VP or director", "Role", 20, None, "any", [
        ("lead.seniority", "in", ["head", "director", "vp"]), ("lead.job_title", "matches_list", SENIOR_TITLES)]),
    ("Manager or senior", "Role", 10, None, "any", [
        ("lead.seniority", "in", ["manager", "senior"]), ("lead.job_title", "matches_list", MANAGER_TITLES)]),
    ("Student or intern", None, -30, None, "any", [
        ("lead.seniority", "equals", "student"), ("lead.job_title", "matches_list", STUDENT_TITLES)]),
    ("Target country", None, 15, None, "any", [
        ("lead.country", "in", COUNTRIES), ("company.country", "in", COUNTRIES)]),
    ("Business email address", "Contact details", 8, None, "all", [
        ("lead.email", "is_set", None), ("lead.email_domain", "not_in", FREE_MAIL)]),
    ("Phone known", "Contact details", 4, None, "all", [("lead.phone", "is_set", None)]),
    ("LinkedIn profile", "Contact details", 4, None, "all", [("lead.linkedin_url", "is_set", None)]),
    ("First and last name known", "Contact details", 4, None, "all", [
        ("lead.first_name", "is_set", None), ("lead.last_name", "is_set", None)]),
    ("Free-mail address", None, -10, None, "all", [("lead.email_domain", "in", FREE_MAIL)]),
]

PRICING = [("property.path", "contains", "pricing"), ("property.path", "contains", "/preise")]
CAREERS = [
    ("property.path", "contains", "/career"), ("property.path", "contains", "/jobs"),
    ("property.path", "contains", "/karriere"),
]

# name, group, points, types, counting, (min occurrences, window), (decay, days), cap, match, conditions
EVERY, ONCE = "every", "once"
ENGAGEMENT = [
    ("Asked for a demo", "Buying signals", 50, ["demo_requested"], ONCE, (1, None), ("half_life", 60), None, "all", []),
    ("Asked for a quote", "Buying signals", 50, ["quote_requested"], ONCE, (1, None), ("half_life", 60), None, "all", []),
    ("Started a trial", "Buying signals", 40, ["trial_started"], ONCE, (1, None), ("half_life", 45), None, "all", []),
    ("Sent a form", "Buying signals", 15, ["form_submission"], EVERY, (1, None), ("half_life", 45), 30, "all", []),
    ("Booked a meeting", "Contact with sales", 30, ["meeting_booked"], ONCE, (1, None), ("half_life", 30), None, "all", []),
    ("Met with sales", "Contact with sales", 35, ["meeting_held"], EVERY, (1, None), ("half_life", 60), 60, "all", []),
    ("Spoke on the phone", "Contact with sales", 15, ["call_connected"], EVERY, (1, None), ("half_life", 30), 30, "all", []),
    ("Answered a sales email", "Contact with sales", 15, ["email_replied"], EVERY, (1, None), ("half_life", 30), 45, "all", []),
    ("Viewed the pricing page", "Website", 8, ["page_view"], EVERY, (1, None), ("half_life", 14), 32, "any", PRICING),
    ("Often on the website in seven days", "Website", 10, ["page_view"], ONCE, (3, 7), ("none", None), None, "all", []),
    ("Spent over a minute on a page", "Website", 2, ["page_view"], EVERY, (1, None), ("half_life", 14), 10, "all", [
        ("property.seconds", "greater", 60)]),
    ("Viewed a page", "Website", 1, ["page_view"], EVERY, (1, None), ("half_life", 14), 10, "all", []),
    ("Attended a webinar", "Events and email", 20, ["webinar_attended"], EVERY, (1, None), ("linear", 60), 40, "all", []),
    ("Attended an event", "Events and email", 20, ["event_attended"], EVERY, (1, None), ("linear", 90), 40, "all", []),
    ("Downloaded content", "Events and email", 10, ["content_download"], EVERY, (1, None), ("half_life", 30), 30, "all", []),
    ("Registered for a webinar", "Events and email", 8, ["webinar_registered"], EVERY, (1, None), ("half_life", 30), 16, "all", []),
    ("Signed up for the newsletter", "Events and email", 5, ["newsletter_signup"], ONCE, (1, None), ("half_life", 180), None, "all", []),
    ("Clicked a link in an email", "Events and email", 3, ["email_clicked"], EVERY, (1, None), ("half_life", 21), 15, "all", []),
    ("Reacted on social media", "Events and email", 2, ["social_interaction"], EVERY, (1, None), ("half_life", 21), 10, "all", []),
    ("Opened an email", "Events and email", 1, ["email_opened"], EVERY, (1, None), ("half_life", 14), 10, "all", []),
    ("Unsubscribed", None, -25, ["unsubscribed"], ONCE, (1, None), ("none", None), None, "all", []),
    ("Email bounced", None, -10, ["email_bounced"], EVERY, (1, None), ("half_life", 180), 20, "all", []),
    ("Looked at the careers page", None, -15, ["page_view"], EVERY, (1, None), ("half_life", 90), 30, "any", CAREERS),
]


def ship_model(apps, schema_editor):
    get = apps.get_model
    rule_class, condition_class = get("scoring", "ScoringRule"), get("scoring", "RuleCondition")
    version_class = get("scoring", "ScoringModelVersion")
    now = timezone.now()
    model = get("scoring", "ScoringModel").objects.create(
        name="Default model", slug="default", is_primary=True, created_at=now
    )
    version = version_class.objects.create(
        model=model, number=1, state="draft", note="The rules that Leadapp ships with.", created_at=now
    )
    groups = {
        name: get("scoring", "RuleGroup").objects.create(
            version=version, name=name, dimension=dimension, cap=cap, position=position
        )
        for position, (name, dimension, cap) in enumerate(GROUPS)
    }
    types = {kind.slug: kind for kind in get("leadapp", "ActivityType").objects.all()}

    def add(position, name, group, conditions, **values):
        rule = rule_class.objects.create(
            version=version, name=name, group=groups.get(group), position=position, **values
        )
        condition_class.objects.bulk_create(
            condition_class(rule=rule, field=field, operator=operator, value=value, position=at)
            for at, (field, operator, value) in enumerate(conditions)
        )
        return rule

    for position, (name, group, points, cap, match, conditions) in enumerate(FIT):
        add(position, name, group, conditions, dimension="fit", points=points, max_points=cap, match=match)
    for position, row in enumerate(ENGAGEMENT):
        name, group, points, slugs, counting, (least, window), (decay, days), cap, match, conditions = row
        rule = add(
            position, name, group, conditions, dimension="engagement", points=points, max_points=cap,
            match=match, counting=counting, min_occurrences=least, window_days=window, decay=decay,
            decay_days=days,
        )
        rule.activity_types.set([types[slug] for slug in slugs])

    # Only now: the rules of a published version are never changed.
    version_class.objects.filter(pk=version.pk).update(state="live", published_at=now)


class Migration(migrations.Migration):
    dependencies = [("scoring", "0002_published_versions_never_change"), ("leadapp", "0004_activity_types")]

    operations = [migrations.RunPython(ship_model, migrations.RunPython.noop)]
