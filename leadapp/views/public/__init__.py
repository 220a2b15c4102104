"""Pages for people who are not signed in: forms, the confirmation of a consent, opting out.

None of them has a CSRF token, and none needs one. The token keeps other websites from acting with the
rights of whoever is signed in. These pages look at no session and act with nobody's rights: what they
take, anybody may send by any means. What a link lets its holder do is signed into the link itself, and a
visitor who is remembered counts only on a page that was signed for that very visitor.
"""
