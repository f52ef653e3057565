"""Who asks Firestore from a browser."""

OWN_EMAIL = "person@clinic.org"

#: Person: their token's claims (None for no token) and the role in their `reviewers` document.
PEOPLE = {
    "anonymous": (None, None),
    "without an email": ({}, None),
    "without a role": ({"email": OWN_EMAIL, "email_verified": True}, None),
    "with an unknown role": ({"email": OWN_EMAIL, "email_verified": True}, "guest"),
    "unverified": ({"email": OWN_EMAIL, "email_verified": False}, "reviewer"),
    "reviewer": ({"email": OWN_EMAIL, "email_verified": True}, "reviewer"),
    "admin": ({"email": OWN_EMAIL, "email_verified": True}, "admin"),
}
