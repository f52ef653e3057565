"""Generation and metageneration preconditions, from JSON parameters or XML headers."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from infrastructure.local.gcs.errors import StorageError, invalid


@dataclass(frozen=True)
class Preconditions:
    """Conditions on the live object; generation 0 stands for "there is none"."""

    generation_match: int | None = None
    generation_not_match: int | None = None
    metageneration_match: int | None = None
    metageneration_not_match: int | None = None

    @classmethod
    def of_query(cls, query: Mapping[str, str]) -> Self:
        """From `ifGenerationMatch` and its siblings."""
        return cls(*(number(query.get(f"if{name}")) for name in _QUERY_NAMES))

    @classmethod
    def of_headers(cls, headers: Mapping[str, str]) -> Self:
        """From `x-goog-if-generation-match` and its sibling (XML has no negative ones)."""
        return cls(
            generation_match=number(headers.get("x-goog-if-generation-match")),
            metageneration_match=number(headers.get("x-goog-if-metageneration-match")),
        )

    def to_dict(self) -> dict[str, int | None]:
        """For keeping them with an upload session: `Preconditions(**value)` brings them back."""
        return asdict(self)

    def check(self, resource: Mapping[str, Any] | None) -> None:
        """Raise 412 unless the live object (None: there is none) meets them all."""
        generation = int(resource["generation"]) if resource else 0
        metageneration = int(resource["metageneration"]) if resource else 0
        if (
            self.generation_match not in (None, generation)
            or self.metageneration_match not in (None, metageneration)
            or self.generation_not_match == generation
            or self.metageneration_not_match == metageneration
        ):
            raise StorageError(
                412,
                "conditionNotMet",
                "At least one of the pre-conditions you specified did not hold.",
            )


_QUERY_NAMES = (
    "GenerationMatch",
    "GenerationNotMatch",
    "MetagenerationMatch",
    "MetagenerationNotMatch",
)


def number(text: str | None) -> int | None:
    """A whole number of the request, None if absent; raises 400 if it is something else."""
    if text is None:
        return None
    if not text.isdecimal():
        raise invalid(f"Invalid value for a precondition: {text}")
    return int(text)
