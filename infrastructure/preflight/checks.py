"""Checks of everything that a new project may lack; each asks, and changes nothing."""

from collections.abc import Callable, Iterator
from typing import Final

from infrastructure.preflight.findings import Finding, bad, good, unknown
from infrastructure.preflight.gcloud import Ask
from infrastructure.preflight.quotas import quotas
from infrastructure.preflight.settings import Deployment

LOCATIONS: Final = "https://docs.cloud.google.com/build/docs/locations"
BUDGET_ROLES: Final = ("roles/billing.admin", "roles/billing.costsManager")


def project(wanted: Deployment, ask: Ask) -> Iterator[Finding]:
    """Look for the project."""
    answer = ask("projects describe", wanted.project)
    if answer.error:
        yield bad(
            f"Project {wanted.project}: {answer.reason}",
            "Make it (gcloud projects create), or ask its owner for roles/owner.",
        )
    elif answer.value.get("lifecycleState") != "ACTIVE":
        yield bad(
            f"Project {wanted.project} is {answer.value.get('lifecycleState')}.",
            "Take another project; a deleted one's id never comes back.",
        )
    else:
        yield good(f"Project {wanted.project} is active.")


def owner(wanted: Deployment, ask: Ask) -> Iterator[Finding]:
    """Look if whoever asks owns the project, since they create what deploys."""
    account = ask("config get-value", "account").value
    answer = ask("projects get-iam-policy", wanted.project)
    if answer.error:
        yield unknown(f"Who owns the project can't be seen: {answer.reason}")
    elif f"user:{account}" in members(answer.value, "roles/owner"):
        yield good(f"{account} owns the project.")
    else:
        yield unknown(
            f"{account} is not named as an owner of the project; a group or a folder may be.",
            "If you are no owner, ask for roles/owner until the first deployment.",
        )


def billing(wanted: Deployment, ask: Ask) -> Iterator[Finding]:
    """Look for somebody who pays."""
    answer = ask("billing projects describe", wanted.project)
    if answer.error:
        yield unknown(f"Whether the project is billed can't be seen: {answer.reason}")
    elif answer.value.get("billingEnabled"):
        yield good("The project is billed.")
    else:
        yield bad(
            "The project has no billing account.",
            f"gcloud billing projects link {wanted.project} --billing-account=ACCOUNT",
        )


def budget(wanted: Deployment, ask: Ask) -> Iterator[Finding]:
    """Look if a budget can be made: the project's owner has no right on its billing account."""
    account = wanted.billing_account
    if not account:
        yield good("There will be no budget: billing_account is not set.")
        return
    grant = (
        f"gcloud billing accounts add-iam-policy-binding {account} "
        f"--role=roles/billing.costsManager --member={wanted.deployer}"
    )
    answer = ask("billing accounts get-iam-policy", account)
    you = f"user:{ask('config get-value', 'account').value}"
    if answer.error:
        yield bad(
            f"You have no right on billing account {account}, and the budget would fail with 403.",
            f"Have its administrator run, once discai-deployer exists: {grant}. "
            "Or leave out billing_account: then there is no budget.",
        )
    elif any(wanted.deployer in members(answer.value, role) for role in BUDGET_ROLES):
        yield good("discai-deployer may make budgets.")
    elif you in members(answer.value, "roles/billing.admin"):
        yield good(f"You may give discai-deployer its right to make budgets: {grant}")
    else:
        yield bad(
            f"Nobody gave discai-deployer the right to make budgets in {account}.",
            f"Have its administrator run, once that account exists: {grant}",
        )


def builds(wanted: Deployment, ask: Ask) -> Iterator[Finding]:
    """Look if the project may build in the region of its builds."""
    region = wanted.build_region
    if region in wanted.open_regions:
        yield good(f"Any project may build in {region}.")
        return
    answer = ask("builds list", f"--region={region}", f"--project={wanted.project}", "--limit=20")
    if not answer.error and any(each.get("status") == "SUCCESS" for each in answer.value or []):
        yield good(f"This project has built in {region} before.")
        return
    yield bad(
        f"A new project may not be able to build in {region}.",
        f"Set build_region to one of {', '.join(wanted.open_regions)} ({LOCATIONS}).",
    )


def names(wanted: Deployment, ask: Ask) -> Iterator[Finding]:
    """Look if the buckets' names, which all of Google shares, are free or this project's own."""
    free = []
    for name in wanted.buckets:
        answer = ask("storage buckets describe", f"gs://{name}")
        if answer.missing:
            free.append(name)
        elif answer.refused:
            yield bad(f"The bucket {name} is somebody else's.", "Take a project with another id.")
        elif answer.error:
            yield unknown(f"Whether the bucket {name} exists can't be seen: {answer.reason}")
        elif (place := answer.value.get("location", "")).lower() != wanted.region:
            yield bad(
                f"The bucket {name} lies in {place}, not in {wanted.region}.",
                "A bucket can't move: empty and delete it, or take its region.",
            )
        else:
            yield good(f"The bucket {name} is there, in {wanted.region}.")
    if free:
        yield good(f"Free names of buckets: {', '.join(free)}.")


def database(wanted: Deployment, ask: Ask) -> Iterator[Finding]:
    """Look if Firestore's one default database can be in the region."""
    answer = ask(
        "firestore databases describe", "--database=(default)", f"--project={wanted.project}"
    )
    if answer.off or answer.missing:
        yield good("Firestore has no database yet.")
    elif answer.error:
        yield unknown(f"Whether Firestore has a database can't be seen: {answer.reason}")
    elif answer.value.get("type") != "FIRESTORE_NATIVE" or (
        answer.value.get("locationId") != wanted.region
    ):
        yield bad(
            f"Firestore's database is {answer.value.get('type')} in "
            f"{answer.value.get('locationId')}, not FIRESTORE_NATIVE in {wanted.region}.",
            "It can't move: delete it if nothing needs it, or take another project.",
        )
    else:
        yield good(
            f"Firestore's database is there, in {wanted.region}: "
            "terraform import 'google_firestore_database.default' '(default)', or delete it."
        )


def members(policy: dict[str, list[dict[str, object]]], role: str) -> list[object]:
    """Members that have a role by a policy."""
    return [
        member
        for binding in policy.get("bindings", [])
        if binding["role"] == role
        for member in list(binding.get("members", []))  # type: ignore[call-overload]
    ]


Check = Callable[[Deployment, Ask], Iterator[Finding]]
CHECKS: Final[tuple[Check, ...]] = (
    project,
    owner,
    billing,
    budget,
    builds,
    names,
    database,
    quotas,
)
