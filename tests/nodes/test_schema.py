"""The two dialects' migrations make the same tables: what is written twice is compared."""
import sqlite3
from contextlib import closing

import pytest
from conftest import database_of, new_database, shared_cluster

TYPES = {"INTEGER": "bigint", "TEXT": "text", "BLOB": "bytea"}
POSTGRESQL_ALONE = {"rate_slot"}  # one process counts by itself
OF_MIGRATIONS = "migration"  # made by the program, not by a migration
BYTES = "C"  # the order of every text: that of its bytes


def sqlite_schema(path):
    """{table: (columns, indexes)}"""
    def columns(db, table):
        return [(name, TYPES.get(type_.upper(), type_), bool(not_null)) for _, name, type_, not_null, _, _ in db.execute(f"pragma table_info({table})")]

    def indexes(db, table):  # behind an index's columns is the row's number, which an integer key is
        rows = db.execute(f"pragma table_info({table})").fetchall()
        key = sorted((key, name) for _, name, _, _, _, key in rows if key)
        behind = [name for _, name, type_, _, _, key in rows if key and type_.lower() == "integer"] if len(key) == 1 else []
        found = {"primary": (True, False, tuple(name for _, name in key))} if key else {}
        for _, name, unique, origin, partial in db.execute(f"pragma index_list({table})").fetchall():
            if origin == "c":
                columns = [column for _, _, column, _, _, is_key in db.execute(f"pragma index_xinfo({name})") if is_key]
                columns += [column for column in behind if column not in columns and not unique]
                found[name] = (bool(unique), bool(partial), tuple(columns))
        return found
    with closing(sqlite3.connect(path)) as db:
        tables = [name for name, in db.execute("select name from sqlite_master where type = 'table'").fetchall()]
        return {table: (columns(db, table), indexes(db, table)) for table in tables}


def postgresql_schema(database):
    def ask(text):
        return shared_cluster().sql(text, database)
    found = {table: ([], {}) for table, in ask("select table_name from information_schema.tables where table_schema = 'public'")}
    for table, column, type_, nullable, collation in ask(
            "select table_name, column_name, data_type, is_nullable, collation_name from information_schema.columns"
            " where table_schema = 'public' order by table_name, ordinal_position"):
        assert type_ != "text" or collation == BYTES or table == OF_MIGRATIONS, f"{table}.{column} is ordered as people do"
        found[table][0].append((column, type_, nullable == "NO"))
    for table, index, unique, primary, partial, columns in ask(
            "select t.relname, i.relname, indisunique, indisprimary, indpred is not null, string_agg(a.attname, ' ' order by k.n)"
            " from pg_index x join pg_class i on i.oid = indexrelid join pg_class t on t.oid = indrelid,"
            " unnest(indkey) with ordinality k (attnum, n) join pg_attribute a on a.attnum = k.attnum"
            " where a.attrelid = indrelid and t.relnamespace = 'public'::regnamespace group by 1, 2, 3, 4, 5"):
        found[table][1]["primary" if primary == "t" else index] = (unique == "t", partial == "t", tuple(columns.split()))
    return found


@pytest.fixture(name="both")
def fixture_both(make_server, tmp_path):
    """What migrations make of an empty SQLite file, and of an empty database."""
    url = new_database()
    for store in (f"sqlite:{tmp_path}/numgate.db", url):
        make_server(f"[store]\nurl = {store}\n").terminate()
    return tmp_path / "numgate.db", database_of(url)


def test_schema__is_the_same_on_both(both):
    path, database = both
    on_sqlite, on_postgresql = sqlite_schema(path), postgresql_schema(database)
    assert set(on_postgresql) - set(on_sqlite) == POSTGRESQL_ALONE and set(on_sqlite) < set(on_postgresql)
    assert {"account", "number", "outbox", "lease"} < set(on_sqlite)
    for table, (columns, indexes) in on_sqlite.items():
        assert on_postgresql[table][0] == columns, table
        assert on_postgresql[table][1] == indexes, table


def test_schema__a_difference_would_be_seen(both):
    """Of each kind that the comparison is for."""
    path, database = both
    same = sqlite_schema(path)["setting"], postgresql_schema(database)["setting"]
    assert same[0] == same[1]
    for change in ("alter table setting alter column value drop not null", "alter table setting add column more bigint",
                   "create index more on setting (value)"):
        shared_cluster().sql(change, database)
        assert postgresql_schema(database)["setting"] not in same
        same = *same, postgresql_schema(database)["setting"]


def test_schema__the_same_migrations_were_run(both):
    path, database = both
    with closing(sqlite3.connect(path)) as db:
        run = [[str(number), name] for number, name in db.execute("select number, name from migration order by number")]
    assert len(run) >= 2 and shared_cluster().sql("select number, name from migration order by number", database) == run
