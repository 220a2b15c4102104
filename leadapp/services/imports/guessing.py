"""What a column probably is: as it was mapped before, by its name in three languages, by what it holds."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence

from django.conf import settings
from django.utils import translation

from leadapp.models import ImportJob
from leadapp.services.imports.targets import AGREED_AT, EXTERNAL, FULL_NAME, ID, OWNER, TAGS, Target

# Beside the labels of the targets in each language. Small letters, no signs, no accents.
NAMES = {
    "email": (
        "mail emailaddress mailaddress emailadresse mailadresse emailadres mailadres workemail "
        "emailwork businessemail geschaeftlicheemail zakelijkeemail primaryemail eposta"
    ),
    "first_name": "firstname givenname forename vorname voornaam roepnaam prename rufname",
    "last_name": "lastname surname familyname nachname familienname zuname achternaam familienaam",
    FULL_NAME: (
        "name fullname contact contactname ansprechpartner kontakt kontaktname naam volledigenaam "
        "contactpersoon person namen vollername"
    ),
    "phone": (
        "telephone phonenumber mobile mobilephone mobilenumber tel telefon telefonnummer handy mobil "
        "rufnummer mobiltelefon telefoon telefoonnummer mobiel gsm cell cellphone workphone durchwahl"
    ),
    "linkedin_url": "linkedinurl linkedinprofile linkedinprofil linkedinprofiel linkedinadresse",
    "job_title": (
        "title jobtitle position role function funktion berufsbezeichnung stelle rolle jobtitel "
        "functie functietitel functieomschrijving beruf"
    ),
    "seniority": "senioritylevel level hierarchieebene managementlevel niveau",
    "city": "town ort stadt wohnort plaats woonplaats",
    "country": "land staat countrycode laendercode landcode iso country2",
    "language": "sprache taal locale preferredlanguage",
    "birth_year": "yearofbirth geburtsjahr geboortejaar jahrgang",
    "gender": "sex geschlecht geslacht",
    "company.name": (
        "company companyname organisation organization account accountname employer firma firmenname "
        "unternehmen arbeitgeber bedrijf bedrijfsnaam organisatie werkgever"
    ),
    "company.domain": (
        "domain website companywebsite web url webseite homepage internet companydomain domaene "
        "domein webadres"
    ),
    "company.industry": "industry sector branche wirtschaftszweig bedrijfstak industrie",
    "company.employees": (
        "employees numberofemployees companysize employeecount headcount mitarbeiter mitarbeiterzahl "
        "anzahlmitarbeiter beschaeftigte medewerkers aantalmedewerkers"
    ),
    "company.annual_revenue": "revenue annualrevenue turnover umsatz jahresumsatz omzet jaaromzet",
    "company.country": "companycountry firmenland landderfirma landvanhetbedrijf",
    ID: "leadappid",
    EXTERNAL: (
        "externalid crmid contactid leadid recordid kundennummer kontaktid customerid klantnummer "
        "extern externeid"
    ),
    "source": "leadsource quelle herkunft herkomst bron leadquelle leadbron",
    "campaign": "kampagne campagne",
    OWNER: (
        "leadowner accountowner salesrep assignedto inhaber besitzer zustaendig bearbeiter betreuer "
        "eigenaar verkoper"
    ),
    TAGS: "tag labels schlagworte schlagwoerter stichworte trefwoorden",
    "do_not_email": "emailoptout unsubscribed optout keineemail abgemeldet nietmailen uitgeschreven",
    "do_not_call": "donotphone calloptout nichtanrufen keinanruf nietbellen",
    "consent.email": (
        "emailoptin optin newsletter marketingconsent einwilligung emailconsent toestemming "
        "newsletteroptin werbeeinwilligung"
    ),
    AGREED_AT: "optindate consentdate einwilligungam datumeinwilligung toestemmingop optintime consentat",
}
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PROFILE = re.compile(r".*linkedin\.com/(in|pub)/.+", re.IGNORECASE)
PHONE = re.compile(r"(\+|00)[\d ()/.-]{7,20}")
SITE = re.compile(r"(https?://)?(www\.)?[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,12}/?", re.IGNORECASE)
BY_CONTENT: Sequence[tuple[str, Callable[[str], object]]] = (
    ("email", ADDRESS.fullmatch),
    ("linkedin_url", PROFILE.fullmatch),
    ("phone", PHONE.fullmatch),
    ("company.domain", SITE.fullmatch),
)
# Of the cells of a column that are filled, so many must look alike.
SHARE = 0.8


def guess(job: ImportJob, rows: Iterable[Sequence[str]], targets: Sequence[Target]) -> list[str]:
    """Return what each column is: as it was mapped before, else by its name, else by what it holds."""
    known = {target.code for target in targets}
    if (before := _as_before(job)) is not None:
        return [code if code in known else "" for code in before]
    names = _by_name(targets)
    found = [names.get(plain(column), "") for column in job.columns]
    taken: set[str] = set()
    for index, code in enumerate(found):
        if code in taken:
            found[index] = ""
        taken.add(code)
    filled = list(rows)
    for index, code in enumerate(found):
        if not code:
            cells = [row[index].strip() for row in filled if index < len(row) and row[index].strip()]
            seen = next((one for one, looks in BY_CONTENT if one not in taken and _all(cells, looks)), "")
            found[index] = seen
            taken.add(seen)
    return found


def plain(name: str) -> str:
    """Return a name in small letters without signs and accents, umlauts written out."""
    text = name.casefold().replace("ä", "ae").replace("ö", "oe").replace("ü", "ue")
    text = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in text if letter.isalnum() and not unicodedata.combining(letter))


def _as_before(job: ImportJob) -> list[str] | None:
    """Return how the same columns were mapped the last time, by whomever."""
    same = ImportJob.objects.filter(header_key=job.header_key).exclude(state=ImportJob.State.MAPPING)
    if not job.has_header or not job.header_key:
        return None
    mapping: list[str] | None = (
        same.exclude(pk=job.pk).order_by("-pk").values_list("mapping", flat=True).first()
    )
    return mapping if mapping and len(mapping) == len(job.columns) else None


def _by_name(targets: Sequence[Target]) -> dict[str, str]:
    names = {name: code for code, listed in NAMES.items() for name in listed.split()}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            names.update({plain(str(target.label)): target.code for target in targets})
    # Other systems call ids of their own ID.
    names.update({plain(target.code): target.code for target in targets if target.code != ID})
    names.update(
        {
            plain(target.code.rpartition(".")[2]): target.code
            for target in targets
            if "attributes." in target.code
        }
    )
    return names


def _all(cells: Sequence[str], looks: Callable[[str], object]) -> bool:
    return bool(cells) and sum(1 for cell in cells if looks(cell)) >= SHARE * len(cells)
