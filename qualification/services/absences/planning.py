"""Who is away when: entered, changed and cancelled by people; what has begun takes effect at once."""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from leadapp.access import Actor, may, require
from leadapp.errors import Conflict, Invalid, NotAllowed, NotFound
from leadapp.models import User
from qualification.models import Absence
from qualification.services.absences.handing import end_absence, settle
from qualification.services.assignment import can_own
from qualification.services.routing.presence import today_of, words_of_day
from qualification.services.texts import cleaned_text

LONGEST = timedelta(days=731)


def may_plan_for(actor: Actor, user: User) -> bool:
    """Tell whether the actor may enter, change and cancel absences of this person."""
    if isinstance(actor, User) and actor.pk == user.pk and may(actor, "leadapp.work_own_lead"):
        return True
    return may(actor, "qualification.change_absence")


def enter_absence(
    *,
    user: User,
    first_day: date,
    last_day: date,
    actor: Actor,
    now: datetime,
    stand_in: User | None = None,
    note: str = "",
) -> Absence:
    """Enter an absence, both days included. One that has begun hands the open work over at once."""
    _require_may_plan(actor, user)
    note = cleaned_text("note", note, longest=200)
    with transaction.atomic():
        person = _lock_person(user)
        check_absence(user=person, first_day=first_day, last_day=last_day, stand_in=stand_in, now=now)
        absence = Absence.objects.create(
            user=person, first_day=first_day, last_day=last_day, stand_in=stand_in, note=note
        )
        settle(absence, now=now)
        return absence


def change_absence(
    *,
    absence: Absence,
    first_day: date,
    last_day: date,
    actor: Actor,
    now: datetime,
    stand_in: User | None = None,
    note: str = "",
) -> Absence:
    """Change an absence that is not over. Whoever is back earlier has the work back at once.

    The first day of one that has begun stays. Another stand-in takes over what comes from now on.
    """
    _require_may_plan(actor, absence.user)
    note = cleaned_text("note", note, longest=200)
    with transaction.atomic():
        person = _lock_person(absence.user)
        locked = _lock_unfinished(absence)
        check_absence(
            user=person,
            first_day=first_day,
            last_day=last_day,
            stand_in=stand_in,
            now=now,
            changing=locked,
        )
        locked.first_day, locked.last_day = first_day, last_day
        locked.stand_in, locked.note = stand_in, note
        locked.save(update_fields=["first_day", "last_day", "stand_in", "note"])
        settle(locked, now=now)
        return locked


def cancel_absence(*, absence: Absence, actor: Actor, now: datetime) -> None:
    """Take an absence back: one that has begun ends now and the work comes back, else it never was."""
    _require_may_plan(actor, absence.user)
    with transaction.atomic():
        _lock_person(absence.user)
        locked = _lock_unfinished(absence)
        if locked.handed_over_at is None:
            locked.delete()
        else:
            end_absence(locked, now=now)


def check_absence(
    *,
    user: User,
    first_day: date,
    last_day: date,
    stand_in: User | None,
    now: datetime,
    changing: Absence | None = None,
) -> None:
    """Raise Invalid, naming the field, unless these days and this stand-in make sense for somebody."""
    if not user.is_active:
        raise Invalid.field("user", _("%(user)s does not work here any more.") % {"user": user})
    _check_days(user, first_day, last_day, now, changing)
    _check_others(user, first_day, last_day, changing)
    _check_stand_in(user, stand_in)


def _require_may_plan(actor: Actor, user: User) -> None:
    if not may_plan_for(actor, user):
        require(actor, "qualification.change_absence", _("Only a manager may enter absences of others."))
        raise NotAllowed(_("You may not enter absences."))


def _lock_person(user: User) -> User:
    """Lock somebody, so that two absences that are entered at once cannot overlap."""
    locked = User.objects.select_for_update(no_key=True, of=("self",)).filter(pk=user.pk)
    return locked.select_related("membership__team").get()


def _lock_unfinished(absence: Absence) -> Absence:
    locked = Absence.objects.select_for_update(no_key=True, of=("self",)).filter(pk=absence.pk)
    found = locked.select_related("user__membership__team").first()
    if found is None:
        raise NotFound(_("This absence was cancelled meanwhile."))
    if found.handed_back_at is not None:
        raise Conflict(_("This absence is over. Enter a new one."))
    return found


def _check_days(
    person: User, first_day: date, last_day: date, now: datetime, changing: Absence | None
) -> None:
    has_begun = changing is not None and changing.handed_over_at is not None
    if changing is not None and has_begun and first_day != changing.first_day:
        raise Invalid.field("first_day", _("It has begun, so its first day stays as it is."))
    if last_day < first_day:
        raise Invalid.field("last_day", _("The last day comes before the first one."))
    # Whoever is back early says so by a last day that is over.
    if last_day < today_of(person, now) and not has_begun:
        raise Invalid.field("last_day", _("That is over already; choose today or a day to come."))
    if last_day - first_day > LONGEST:
        raise Invalid.field("last_day", _("Enter at most two years."))


def _check_others(person: User, first_day: date, last_day: date, changing: Absence | None) -> None:
    others = Absence.objects.filter(user=person, handed_back_at__isnull=True)
    if changing is not None:
        others = others.exclude(pk=changing.pk)
    meets = others.filter(first_day__lte=last_day, last_day__gte=first_day).order_by("first_day").first()
    if meets is not None:
        at_fault = "first_day" if meets.first_day <= first_day else "last_day"
        days = _("from %(first_day)s to %(last_day)s") % {
            "first_day": words_of_day(meets.first_day),
            "last_day": words_of_day(meets.last_day),
        }
        raise Invalid.field(
            at_fault,
            _("%(person)s is away %(days)s already. Change that absence instead.")
            % {"person": person, "days": days},
        )


def _check_stand_in(person: User, stand_in: User | None) -> None:
    if stand_in is None:
        return
    if stand_in.pk == person.pk:
        raise Invalid.field("stand_in", _("Somebody else has to stand in."))
    if not can_own(stand_in):
        raise Invalid.field("stand_in", _("%(stand_in)s does not work on leads.") % {"stand_in": stand_in})
