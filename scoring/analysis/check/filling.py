"""Conditions on what is mostly unknown, and on properties that no event carries."""

from collections.abc import Iterator
from difflib import get_close_matches

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadapp.models import Match, Operator
from leadapp.numbers import write_number
from scoring.analysis.check.findings import Finding, Severity
from scoring.analysis.check.sample import LATELY, Sample
from scoring.analysis.check.subject import Subject
from scoring.analysis.check.usage import looked_at
from scoring.analysis.check.words import quoted, share
from scoring.engine.definition import Rule
from scoring.fields import PROPERTY, find_field

MOSTLY_EMPTY = 0.5
NEARLY_ALWAYS_EMPTY = 0.2
# These ask whether something is known: that it often is not is the point.
ASKS_WHETHER_KNOWN = {Operator.IS_SET, Operator.IS_EMPTY}
# These hold where nothing is known.
HOLDS_FOR_UNKNOWN = {Operator.NOT_EQUALS, Operator.NOT_IN}


def findings_of_filling(subject: Subject, sample: Sample) -> Iterator[Finding]:
    """Yield the conditions that look where little or nothing is."""
    for rule in subject.definition.rules:
        yield from _empty_fields(sample, rule)
        yield from _properties(subject, sample, rule)


def _empty_fields(sample: Sample, rule: Rule) -> Iterator[Finding]:
    for key, operator, _value in rule.conditions:
        filled, found = sample.filled.get(key), find_field(key)
        if filled is None or found is None or operator in ASKS_WHETHER_KNOWN:
            continue
        if filled >= MOSTLY_EMPTY * sample.leads:
            continue
        if not filled and not _is_alternative(rule):
            yield _always_empty(sample, rule, found.label)
            continue
        is_rare = filled < NEARLY_ALWAYS_EMPTY * sample.leads and not _is_alternative(rule)
        if operator in HOLDS_FOR_UNKNOWN:
            text = _("Of %(sample)s, %(filled)s (%(share)s) have it; the rule matches the others.")
        else:
            text = _("Of %(sample)s, %(filled)s (%(share)s) have it; the rule passes over the others.")
        yield Finding(
            severity=Severity.WARN if is_rare else Severity.INFO,
            code="mostly_empty",
            rule_id=rule.id,
            title=_("%(rule)s looks at %(found)s, which is mostly empty")
            % {"rule": quoted(rule.name), "found": found.label},
            text=text
            % {
                "sample": looked_at(sample),
                "filled": write_number(filled),
                "share": share(filled, sample.leads),
            },
            mend=_("Collect it in a form or an import first, or look at another field.")
            if operator not in HOLDS_FOR_UNKNOWN
            else _("Add the condition that it is set."),
        )


def _is_alternative(rule: Rule) -> bool:
    """Tell whether a rule can do without each single one of its conditions."""
    return rule.match == Match.ANY and len(rule.conditions) > 1


def _always_empty(sample: Sample, rule: Rule, label: str) -> Finding:
    return Finding(
        severity=Severity.WARN,
        code="always_empty",
        rule_id=rule.id,
        title=_("%(rule)s looks at %(label)s, which nobody has")
        % {"rule": quoted(rule.name), "label": label},
        text=_("It is empty for all of %(sample)s.") % {"sample": looked_at(sample)},
        mend=_("Collect it in a form or an import first, or look at another field."),
    )


def _properties(subject: Subject, sample: Sample, rule: Rule) -> Iterator[Finding]:
    """Properties that no event carried lately; nothing is said where there were no events."""
    seen = [sample.events[type_id] for type_id in rule.type_ids if type_id in sample.events]
    total = sum(events.total for events in seen)
    if not total:
        return
    for name in dict.fromkeys(
        key.removeprefix(PROPERTY) for key, *_rest in rule.conditions if key.startswith(PROPERTY)
    ):
        carried = sum(events.names.get(name, 0) for events in seen)
        if carried >= NEARLY_ALWAYS_EMPTY * total:
            continue
        names = sorted({known for events in seen for known in events.names})
        what = ngettext(
            "%(count)s activity %(types)s of the last %(days)s days",
            "%(count)s activities %(types)s of the last %(days)s days",
            total,
        ) % {"count": write_number(total), "types": subject.say_types(rule), "days": LATELY.days}
        if carried:
            yield Finding(
                severity=Severity.INFO,
                code="property_rare",
                rule_id=rule.id,
                title=_("Few events carry “%(name)s”, which %(rule)s reads")
                % {"name": name, "rule": quoted(rule.name)},
                text=_("Of %(what)s, %(carried)s (%(carried_2)s) carry it.")
                % {"what": what, "carried": write_number(carried), "carried_2": share(carried, total)},
                mend=_("Have it sent with each event, or read another property."),
            )
        else:
            yield Finding(
                severity=Severity.WARN,
                code="property_unknown",
                rule_id=rule.id,
                title=_("No event carries “%(name)s”, which %(rule)s reads")
                % {"name": name, "rule": quoted(rule.name)},
                text=_("Of %(what)s, none carries it. %(names)s") % {"what": what, "names": _carried(names)},
                mend=_mend(name, names),
            )


def _carried(names: list[str]) -> str:
    if not names:
        return _("They carry no properties at all.")
    shown = ", ".join(names[:8])
    return (_("They carry %(names)s and others.") if len(names) > 8 else _("They carry %(names)s.")) % {
        "names": shown
    }


def _mend(name: str, names: list[str]) -> str:
    close = get_close_matches(name.lower(), names, n=1, cutoff=0.6)
    if close:
        return _("Is “%(close)s” meant? Correct the name of the property.") % {"close": close[0]}
    return _("Correct the name of the property, or have it sent.")
