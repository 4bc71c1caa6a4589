/* One end of a move: a database with a connection of its own, opened past the store. For the files that move, and for the drivers,
 * which fill in the table. */
#pragma once
#include "gateway/store/migrate.h"
#include "gateway/store/move.h"
#include "gateway/store/sql.h"

enum side_role {
    SIDE_STORE,  /* read: a store that nobody uses */
    SIDE_SHARED, /* read: a store of others, who go on where that is possible */
    SIDE_LIVE,   /* read: a store that this process runs on */
    SIDE_BACKUP, /* read: a backup, url is its path */
    SIDE_TARGET, /* written: a store that nobody uses; a database that is not there is made */
    SIDE_NEW,    /* written: an empty file that becomes a backup, url is its path */
};

struct side {
    const struct side_driver *driver;
    struct sql *sql;
};

struct side_driver {
    const char *scheme; /* of its URLs */
    const struct migration *migrations;
    int64_t revision_block; /* revisions behind one value of what is counted */
    bool arrays;            /* sql_add_row wants unnest() */
    struct {
        const char *before, *after;
    } hex; /* makes a blob lower-case hexadecimal text */
    enum rc (*open)(const struct store_config *config, enum side_role role, struct side **ret,
                    struct err *err);
    /* `keep` false: what open() made is removed again. */
    void (*close)(struct side *side, bool keep);
    /* A transaction goes on and may take longer: called again and again. */
    void (*linger)(struct side *side);
    /* Copies the database into an empty file by itself; NULL: it cannot. */
    enum rc (*snapshot)(struct side *side, const char *file, const struct move_options *options,
                        struct err *err);
    /* SIDE_NEW: leaves one file that can be read where nobody may write; may be NULL. */
    enum rc (*seal)(struct side *side, struct err *err);
};
extern const struct side_driver sqlite_side, postgres_side;

MUST_USE enum rc side_open(const struct store_config *config, enum side_role role, struct side **ret,
                           struct err *err);
void side_close(struct side *side, bool keep); /* NULL is fine */
/* A statement without parameters that answers one number; NULL and no row are 0. */
MUST_USE enum rc side_number(struct side *side, struct str text, int64_t *ret, struct err *err);
MUST_USE enum rc side_run(struct side *side, struct str text, struct err *err);
