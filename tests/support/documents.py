"""What tests read and change in documents without the repositories."""

from datetime import UTC, datetime, timedelta

from discai.cloud.database import ConflictError, Database, Fields, Query, Update


def fields_of(database: Database, path: str) -> Fields | None:
    """All fields of a document; None if there is none."""
    return database.get(path).fields


def change_fields(database: Database, path: str, fields: Fields) -> None:
    """Replaces some fields of a document that is there, whoever else changes it."""
    while True:
        version = database.get(path).version
        assert version is not None, f"there is no {path}"
        try:
            database.commit([Update(path, fields, version)])
        except ConflictError:
            continue
        return


def end_lease(database: Database, path: str) -> None:
    """What time does to the lease of whoever works on a document."""
    fields = fields_of(database, path)
    assert fields is not None, f"there is no {path}"
    past = datetime.now(UTC) - timedelta(minutes=1)
    change_fields(database, path, {"lease": {**fields["lease"], "until": past}})


def ids_in(database: Database, collection: str) -> list[str]:
    """The ids of a collection's documents, in the order of the alphabet."""
    return sorted(found.id for found in database.find(Query(collection)))
