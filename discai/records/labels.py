"""Labels as they were saved: the parts that a large save was cut into make one label."""

from collections.abc import Mapping

from discai.records.scans import Label


def put_together(labels: Mapping[str, Label]) -> dict[str, Label]:
    """Whole saves by the id of their first part, the oldest first.

    Parts are labels of one author, kind, model and moment; ids decide their order, and that of
    saves of one moment.
    """
    saves: dict[str, Label] = {}
    first_parts: dict[tuple[object, ...], str] = {}
    for key, label in sorted(labels.items(), key=lambda item: (item[1].created_at, item[0])):
        what = (label.created_at, label.author, label.kind, label.model_version)
        first = first_parts.setdefault(what, key)
        before = saves.get(first, label)
        joined = {
            "slices": {**before.slices, **label.slices},
            "gradings": {**before.gradings, **label.gradings},
        }
        saves[first] = label.model_copy(update=joined)
    return saves
