/* The numbers of an account as they are on the server: what an import compares with. 40 bytes for each of the account's numbers, whatever
 * the size of the file. */
#pragma once
#include "gateway/bulk/columns.h"
#include "programs/numgate/cli.h"

struct known {
    int64_t number; /* 0: an empty slot */
    struct bulk_fingerprint now;
    bool in_file;
};
struct known_set {
    struct bulk_columns columns;
    struct known *slots;
    size_t slot_count, count;
};

/* Reads all of them. The exit code; why it failed was said. */
int known_load(struct cli *cli, const char *numbers_path, struct known_set *ret);
void known_free(struct known_set *set);
struct known *known_find(const struct known_set *set,
                         int64_t number); /* NULL: the account does not have it */
