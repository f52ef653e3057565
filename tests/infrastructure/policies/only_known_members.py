"""Checkov rules of our own: nobody unknown, nobody almighty, no keys that could be copied."""

from collections.abc import Iterator
from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck

PUBLIC = {"allUsers", "allAuthenticatedUsers"}
ALMIGHTY = {"roles/owner", "roles/editor", "roles/viewer"}


class Rule(BaseResourceCheck):  # type: ignore[misc]  # Checkov is no dependency
    """Fails where a resource has a text that it must not have."""

    def __init__(self, number: int, name: str, resources: list[str], forbidden: set[str]) -> None:
        super().__init__(name, f"CKV_DISCAI_{number}", [CheckCategories.IAM], resources)
        self.forbidden = forbidden

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        found = self.forbidden & set(texts(conf))
        return CheckResult.FAILED if found else CheckResult.PASSED


class NoKeys(BaseResourceCheck):  # type: ignore[misc]  # Checkov is no dependency
    """Fails wherever a key of a service account is made."""

    def __init__(self) -> None:
        super().__init__(
            "No service account has a key",
            "CKV_DISCAI_3",
            [CheckCategories.SECRETS],
            ["google_service_account_key", "google_storage_hmac_key"],
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        return CheckResult.FAILED


def texts(value: Any) -> Iterator[str]:
    """Every text anywhere in a resource's configuration."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for each in value.values() for text in texts(each))
    elif isinstance(value, list):
        yield from (text for each in value for text in texts(each))


no_public_members = Rule(1, "Nothing is granted to everybody", ["google_*"], PUBLIC)
no_almighty_roles = Rule(2, "Nobody owns, edits or views all", ["google_*_iam_*"], ALMIGHTY)
no_keys = NoKeys()
