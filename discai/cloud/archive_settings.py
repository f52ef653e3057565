"""Settings of the archive whose studies are read, and which results are stored in."""

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from discai.cloud.environment import EnvironmentSettings


class ArchiveSettings(EnvironmentSettings):
    """Address of the archive that a hospital keeps its studies in, and how it knows DiscAI."""

    dicomweb_url: str = Field(
        pattern=r"^https?://[^\s?#@]+$",
        description="Root of the archive's DICOMweb services, what `/studies` follows; of the "
        "Healthcare API `https://healthcare.googleapis.com/v1/projects/…/dicomStores/…/dicomWeb`. "
        "Empty where there is no archive.",
    )
    dicomweb_auth: Literal["none", "basic", "google"] = Field(
        default="none",
        description="How the archive knows who asks: `none`, `basic` (`DICOMWEB_USER` and "
        "`DICOMWEB_PASSWORD`), or `google` (a token of the service account).",
    )
    dicomweb_user: str = Field(default="", description="Name of the user, for `basic`.")
    dicomweb_password: SecretStr = Field(
        default=SecretStr(""), description="Password of the user, for `basic`."
    )

    @model_validator(mode="after")
    def _user_is_whole(self) -> Self:
        given = bool(self.dicomweb_user) and bool(self.dicomweb_password.get_secret_value())
        if given != (self.dicomweb_auth == "basic"):
            raise ValueError(
                "Set DICOMWEB_USER and DICOMWEB_PASSWORD where DICOMWEB_AUTH is basic, and else "
                "neither of them."
            )
        return self
