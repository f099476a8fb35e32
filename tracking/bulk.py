"""Writing many rows at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connections, models, router


def update_rows(
    rows: Sequence[models.Model],
    fields: Sequence[str],
    only: Mapping[str, Sequence[object]] | None = None,
) -> None:
    """UPDATE … WHERE id for each row, in one go over the wire. Call it in a transaction.

    only: field → the value that it must still have in the database, one for each row;
    rows where it has another are left alone.

    Django's bulk_update builds a CASE with a branch per row for every field, which for some
    ten fields takes longer than all the rest of recording a scan.
    """
    if not rows:
        return
    meta = rows[0]._meta
    connection = connections[router.db_for_write(type(rows[0]))]
    written, still = _columns(meta, fields), _columns(meta, only or ())
    key: Any = meta.pk
    quote = connection.ops.quote_name
    sets = ", ".join(f"{quote(field.column)} = %s" for field in written)
    keys = " AND ".join(f"{quote(field.column)} = %s" for field in (key, *still))
    sql = f"UPDATE {quote(meta.db_table)} SET {sets} WHERE {keys}"
    olds = list(zip(*only.values(), strict=True)) if only else [()] * len(rows)
    values = [
        (
            *(field.get_db_prep_save(getattr(row, field.attname), connection) for field in written),
            row.pk,
            *(
                field.get_db_prep_save(value, connection)
                for field, value in zip(still, old, strict=True)
            ),
        )
        for row, old in zip(rows, olds, strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)


def _columns(meta: Any, names: Sequence[str] | Mapping[str, object]) -> list[Any]:
    return [meta.get_field(name) for name in names]


def insert_rows(rows: Sequence[models.Model]) -> None:
    """INSERT of each row, in one go over the wire; their keys stay unknown. Call it in a
    transaction. Beside Django's bulk_create it saves making the statement anew each time."""
    if not rows:
        return
    meta = rows[0]._meta
    connection = connections[router.db_for_write(type(rows[0]))]
    columns: list[Any] = [field for field in meta.concrete_fields if not field.primary_key]
    quote = connection.ops.quote_name
    names = ", ".join(quote(field.column) for field in columns)
    marks = ", ".join(["%s"] * len(columns))
    values = [
        [field.get_db_prep_save(field.pre_save(row, True), connection) for field in columns]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {quote(meta.db_table)} ({names}) VALUES ({marks})", values)
