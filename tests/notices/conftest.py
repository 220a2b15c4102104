"""Nudges go nowhere: the tests send what is due themselves."""

import pytest


@pytest.fixture(autouse=True)
def no_nudges(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("qualification.services.notices.telling", "leadapp.outbox"):
        monkeypatch.setattr(f"{module}.wake", lambda task: None)
