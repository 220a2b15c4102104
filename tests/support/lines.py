"""What becomes of texts that are kept as one line."""


def one_line(text: str) -> str:
    """Return a fact as it is kept: line breaks are no part of it, nor are the spaces around it."""
    return text.strip() if len(text.strip().splitlines()) < 2 else " ".join(text.split())
