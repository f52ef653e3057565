"""Settings that a program reads once, at its start, from environment variables."""

from collections.abc import Callable
from typing import Annotated, Any, Final, Self, get_args

from pydantic import Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from discai.errors import PermanentError
from discai.records.filing import Filing

# Fields that several programs read, so that each has one meaning.
GoogleCloudProject = Annotated[
    str, Field(min_length=1, description="Id of the Google Cloud project.")
]
UploadsBucket = Annotated[
    str, Field(min_length=1, description="Bucket that scans are uploaded to.")
]
ResultsBucket = Annotated[
    str,
    Field(min_length=1, description="Bucket of results: masks, pictures and exported label files."),
]
PipelineBucket = Annotated[
    str,
    Field(
        min_length=1,
        description="Bucket of the retraining pipeline: its template, datasets and training logs.",
    ),
]
StudyKeysSecret = Annotated[
    SecretStr,
    Field(
        min_length=32,
        description="Secret under which keys of studies and patients are made of what DICOM files "
        "say: 32 characters or more, always the same for one project.",
    ),
]

FilingSetting = Annotated[
    Filing,
    Field(
        description="Which results are stored in the archive: `off` for none, `drafts` for the "
        "model's as soon as there are any, or `reviewed` for those of series that a reviewer has "
        "judged.",
    ),
]

#: Errors of fields that are missing, or too short to be an id or a secret: these aren't quoted.
_MISSING: Final = ("missing", "string_too_short", "too_short")


class EnvironmentSettings(BaseSettings):
    """Settings whose field `uploads_bucket` is the variable `UPLOADS_BUCKET`, and so on.

    `read` takes them from the environment; the constructor takes what it is given and looks
    nowhere else, so that a step of a pipeline works by the settings that its run began with.
    """

    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_ignore_empty=True)

    @classmethod
    def read(cls) -> Self:
        """The settings that the environment holds; an empty variable counts as unset.

        Raises `PermanentError("settings")`, which names each variable that is missing or wrong.
        """
        try:
            return cls(**cls.variables())
        except ValidationError as error:
            missing = [name.upper() for name in missing_in(error)]
            sentences = wrong_in(error, str.upper)
            if missing:
                named = ", ".join(missing)
                sentences.insert(0, f"Set {named} in the environment: it can't start without.")
            raise PermanentError("settings", " ".join(sentences)) from None

    @classmethod
    def variables(cls) -> dict[str, Any]:
        """The fields that the environment sets, as it sets them: texts."""
        return EnvSettingsSource(cls)()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only the constructor's own arguments."""
        return (init_settings,)


def own_fields(kind: type[EnvironmentSettings]) -> dict[str, FieldInfo]:
    """The fields that are variables by themselves, and not settings within these settings."""

    def is_settings(annotation: object) -> bool:
        return isinstance(annotation, type) and issubclass(annotation, EnvironmentSettings)

    return {
        name: field
        for name, field in kind.model_fields.items()
        if not any(map(is_settings, (field.annotation, *get_args(field.annotation))))
    }


def missing_in(error: ValidationError) -> list[str]:
    """The fields without which settings can't be, each once."""
    found = (str(each["loc"][-1]) for each in error.errors() if each["type"] in _MISSING)
    return list(dict.fromkeys(found))


def wrong_in(error: ValidationError, named: Callable[[str], str]) -> list[str]:
    """A sentence for each value that can't be; `named` makes a field's name one for a person."""
    sentences = []
    for each in error.errors(include_url=False):
        match each["type"]:
            case missing if missing in _MISSING:
                continue
            case "value_error":  # of a validator of our own, which has said it all
                sentences.append(str(each["ctx"]["error"]))
            case kind:
                is_number = kind.endswith("_parsing") or kind == "int_from_float"
                rule = each["msg"].removeprefix("Input should be ")
                sentences.append(
                    f"{named(str(each['loc'][-1]))} must be {'a number' if is_number else rule}, "
                    f"and it is {each['input']!r}."
                )
    return sentences
