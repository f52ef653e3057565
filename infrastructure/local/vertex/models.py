"""The model registry: models with versions, and aliases that point at one version each."""

import json
import re
from pathlib import Path
from typing import Any

from infrastructure.local.vertex.errors import invalid, not_found
from infrastructure.local.vertex.jobs import now

Model = dict[str, Any]

ALIAS = re.compile(r"[a-z][a-zA-Z0-9-]{0,126}[a-zA-Z0-9]")


class Registry:
    """Models by resource name, each a list of versions, kept in one JSON file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._models: dict[str, list[Model]] = {}
        if path.exists():
            self._models = json.loads(path.read_text(encoding="utf-8"))

    def upload(self, parent: str, request: dict[str, Any]) -> Model:
        """Add a model, or a version of `parentModel`; raises 400 without what Vertex insists on."""
        model = request.get("model", {})
        if not model.get("displayName"):
            raise invalid("model.displayName is required.")
        if not model.get("containerSpec", {}).get("imageUri"):
            raise invalid("model.containerSpec.imageUri is required.")
        name = request.get("parentModel") or (
            f"{parent}/models/{request.get('modelId') or len(self._models) + 1}"
        )
        versions = self._models.setdefault(name.partition("@")[0], [])
        number = str(len(versions) + 1)
        aliases = model.get("versionAliases", []) + ([] if versions else ["default"])
        version = {**model, "name": name.partition("@")[0], "versionId": number}
        version |= {"versionCreateTime": now(), "versionUpdateTime": now(), "versionAliases": []}
        versions.append(version)
        self._point(versions, version, aliases)
        self._save()
        return version

    def get(self, name: str) -> Model:
        """`MODEL`, `MODEL@VERSION` or `MODEL@ALIAS`; raises 404."""
        model, _, wanted = name.partition("@")
        for version in self._models.get(model, []):
            if version["versionId"] == wanted or (wanted or "default") in version["versionAliases"]:
                return version
        raise not_found(name)

    def versions(self, name: str) -> list[Model]:
        """All versions of a model; raises 404."""
        if name not in self._models:
            raise not_found(name)
        return self._models[name]

    def of(self, parent: str) -> list[Model]:
        """The default version of each model of a location."""
        return [self.get(name) for name in self._models if name.startswith(f"{parent}/")]

    def merge_aliases(self, name: str, aliases: list[str]) -> Model:
        """Point aliases at a version, or take those with a leading `-` off it."""
        version = self.get(name)
        removed = {alias[1:] for alias in aliases if alias.startswith("-")}
        added = [alias for alias in aliases if not alias.startswith("-")]
        for alias in added:
            if not ALIAS.fullmatch(alias):
                raise invalid(f"Version alias {alias!r} is not valid.")
        version["versionAliases"] = [a for a in version["versionAliases"] if a not in removed]
        self._point(self._models[version["name"]], version, added)
        self._save()
        return version

    def _point(self, versions: list[Model], version: Model, aliases: list[str]) -> None:
        for other in versions:
            other["versionAliases"] = [a for a in other["versionAliases"] if a not in aliases]
        version["versionAliases"] += aliases

    def _save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        written = self._path.with_suffix(".new")
        written.write_text(json.dumps(self._models), encoding="utf-8")
        written.replace(self._path)
