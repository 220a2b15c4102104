"""People who edit companies at the same moment."""

import pytest
from django.utils import timezone

from leadapp.models import Company, CompanyChange, User
from leadapp.services.leads.company_edits import edit_company, facts_of_company
from tests.qualification.test_races import at_once, wins
from tests.ui.build import make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def manager() -> User:
    return make_user("henrik", "manager")


def test_of_people_who_change_the_same_fact_one_wins(manager: User) -> None:
    company = Company.objects.create(name="Vögele", employees=1)
    seen = facts_of_company(company)

    def edit(number: int) -> int:
        return wins(
            lambda: edit_company(
                company=company,
                facts={"employees": str(number + 10)},
                seen=seen,
                actor=manager,
                now=timezone.now(),
            )
        )

    assert sum(at_once(edit, 4)) == 1
    assert CompanyChange.objects.get().after == {"employees": Company.objects.get().employees}


def test_of_people_who_give_the_same_domain_one_wins(manager: User) -> None:
    companies = [Company.objects.create(name=f"Firm {number}") for number in range(4)]

    def edit(number: int) -> int:
        return wins(
            lambda: edit_company(
                company=companies[number],
                facts={"domain": "firm.example"},
                seen={},
                actor=manager,
                now=timezone.now(),
            )
        )

    assert sum(at_once(edit, 4)) == 1
    assert Company.objects.filter(domain="firm.example").count() == CompanyChange.objects.count() == 1
