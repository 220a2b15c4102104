"""Forms on websites: shown, read, screened, and kept."""

from leadapp.services.forms.submitting import Submission, Visit, find_form, submit_form

__all__ = ["Submission", "Visit", "find_form", "submit_form"]
