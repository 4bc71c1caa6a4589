/* The commands that move a whole store: backup, restore, migrate-store. Each returns the exit status: 0, or 1 with the reason on
 * standard error. */
#pragma once
#include <stdbool.h>

/* Of the configured store, by the daemon that runs on it; where none does, by this process. */
int backup(const char *config_path, const char *file, bool json);

struct restore_request {
    const char *file;
    const char *to;            /* URL; NULL: the configured store */
    const char *config_path;   /* NULL as well: the file is only checked */
    const char *password_file; /* of `to`; may be NULL */
    bool verify, json;
};
int restore(const struct restore_request *request);

/* The password is for whichever is PostgreSQL. */
int migrate_store(const char *from, const char *to, const char *password_file, bool json);
