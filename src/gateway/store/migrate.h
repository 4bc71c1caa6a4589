/* Brings the schema up to what this program needs. Migrations are numbered files, go forward only, and are
 * never changed once released: what was applied is kept with its checksum and compared. */
#pragma once
#include "gateway/store/sql.h"

struct migration {
    int number; /* 1, 2, ...; 0 ends the table */
    const char *name, *checksum, *text;
};
extern const struct migration migrations_sqlite[], migrations_postgres[];

/* Refuses (RC_INVALID) a schema newer than the last of them, a changed one, and a database that is somebody
 * else's. */
MUST_USE enum rc migrate(struct sql *sql, const struct migration *migrations, struct err *err);
/* The number of the last migration that was applied; 0: the database holds nothing. Refuses what migrate() refuses. */
MUST_USE enum rc migrate_version(struct sql *sql, const struct migration *migrations, int *ret,
                                 struct err *err);
