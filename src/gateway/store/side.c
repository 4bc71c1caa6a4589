#include "gateway/store/side.h"

#include "common/base/banned.h"

static const struct side_driver *const drivers[] = {&sqlite_side, &postgres_side};

enum rc side_open(const struct store_config *config, enum side_role role, struct side **ret, struct err *err)
{
    if (role == SIDE_BACKUP || role == SIDE_NEW) {
        return sqlite_side.open(config, role, ret, err);
    }
    for (size_t i = 0; i < ARRAY_LEN(drivers); i++) {
        if (str_starts(config->url, str_of(drivers[i]->scheme))) {
            return drivers[i]->open(config, role, ret, err);
        }
    }
    return err_set(err, RC_INVALID, NULL,
                   "\"%" STR_FMT "\" is no store: sqlite:PATH or postgresql://HOST/DATABASE is expected",
                   STR_ARG(config->url));
}

void side_close(struct side *side, bool keep)
{
    if (side != NULL) {
        side->driver->close(side, keep);
    }
}

enum rc side_number(struct side *side, struct str text, int64_t *ret, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    bool row = false;
    enum rc rc = sql_compile(side->sql, text, &stmt, err);
    rc = rc == RC_OK ? sql_step(stmt, &row, err) : rc;
    if (rc == RC_OK) {
        *ret = row ? sql_read_i64(stmt) : 0;
    }
    return rc;
}

enum rc side_run(struct side *side, struct str text, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    enum rc rc = sql_compile(side->sql, text, &stmt, err);
    return rc == RC_OK ? sql_run(stmt, err) : rc;
}
