/* What stands behind sql.h and store.h: the two tables a driver fills in. A driver's own connection, statement and store begin with
 * the structs below, so that either side finds the other without a lookup. For drivers, sql.c and store.c alone. */
#pragma once
#include "gateway/domain/repo.h"
#include "gateway/store/sql.h"
#include "gateway/store/store.h"

#define RETRY_SOON_MS 1000 /* Retry-After of what was refused for want of time or room in a queue */

/* Each is the function of sql.h with the same name; the manual is there. */
struct sql_driver {
    enum rc (*prepare)(struct sql *sql, const struct sql_text *text, struct sql_stmt **ret, struct err *err);
    enum rc (*compile)(struct sql *sql, struct str text, struct sql_stmt **ret, struct err *err);
    void (*done)(struct sql_stmt *stmt);
    void (*again)(struct sql_stmt *stmt);
    void (*bind_i64)(struct sql_stmt *stmt, int64_t value);
    void (*bind_text)(struct sql_stmt *stmt, struct str value);
    void (*bind_blob)(struct sql_stmt *stmt, const void *bytes, size_t n);
    void (*bind_null)(struct sql_stmt *stmt);
    void (*send)(struct sql_stmt *stmt);
    enum rc (*step)(struct sql_stmt *stmt, bool *ret_row, struct err *err);
    enum rc (*run)(struct sql_stmt *stmt, struct err *err);
    enum rc (*add_row)(struct sql_stmt *stmt, struct err *err);
    enum rc (*run_rows)(struct sql_stmt *stmt, struct err *err);
    int64_t (*changed)(struct sql_stmt *stmt);
    bool (*is_null)(struct sql_stmt *stmt);
    void (*skip)(struct sql_stmt *stmt, unsigned columns);
    int64_t (*read_i64)(struct sql_stmt *stmt);
    struct str (*peek_text)(struct sql_stmt *stmt);
    void (*read_blob)(struct sql_stmt *stmt, void *bytes, size_t n);
    enum rc (*script)(struct sql *sql, const char *text, struct err *err);
    enum rc (*begin_read)(struct sql *sql, int64_t end_us, struct err *err);
    void (*end_read)(struct sql *sql);
    enum rc (*begin_write)(struct sql *sql, struct err *err);
    enum rc (*commit)(struct sql *sql, struct err *err);
    void (*rollback)(struct sql *sql);
    bool (*in_transaction)(const struct sql *sql);
};
struct sql {
    const struct sql_driver *driver;
};
struct sql_stmt {
    struct sql *sql;
};

struct repo_driver {
    const char *scheme; /* of the URLs that are its own */
    enum rc (*check)(struct str url, struct err *err);
    enum rc (*open)(const struct store_config *config, struct repo **ret, struct err *err);
    void (*close)(struct repo *repo);
    void (*submit)(struct repo *repo, struct repo_job *job);
    void (*admit)(struct repo *repo, struct admission *admission);
    bool (*ready)(struct repo *repo, const char **ret_why);
    enum rc (*rate_used)(struct repo *repo, struct repo_tx *tx, int64_t *ret, struct err *err);
    void (*set_rate)(struct repo *repo, uint32_t requests_per_minute);
};
struct repo {
    const struct repo_driver *driver;
};
extern const struct repo_driver sqlite_driver, postgres_driver;

/* What both begin with: the defaults of store.h in place of zeros. The URL stays the caller's text. */
struct store_config store_config_complete(const struct store_config *config);
bool store_job_expired(const struct repo_job *job,
                       struct err *err); /* its deadline has come before it began */
/* Signals are for the program's own threads: blocked while a driver makes its. */
bool store_threads_start(bool (*start)(void *arg), void *arg);
