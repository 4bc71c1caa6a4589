/* The arguments: flags from one table, which help, manual and completion read too. */
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "common/base/err.h"

struct cli;

struct arguments {
    const char *const *operands;
    int count;
    /* of every command */
    const char *config, *profile, *url, *base_domain, *token_url, *client_id, *client_secret_file,
        *client_key_file, *client_key_id, *token_file, *scope, *ca_file, *name_servers;
    const char *timeout, *attempt_timeout, *rate, *retry_wait;
    bool json, quiet, verbose, no_color, help;
    /* of some */
    const char *filter, *if_match, *limit, *format, *rejects, *delete_limit, *output, *comment, *account,
        *since, *until, *kind, *out, *subdomain, *file, *settings, *verdict, *outcome;
    bool yes, dry_run, atomic, resume, delete_missing, delete_numbers, spreadsheet, all, plus_optional, apply,
        confirm, wait;
};

/* Flags that not every command takes. */
enum flag_bit {
    FLAG_FILTER = 1 << 0,
    FLAG_IF_MATCH = 1 << 1,
    FLAG_LIMIT = 1 << 2,
    FLAG_YES = 1 << 3,
    FLAG_DRY_RUN = 1 << 4,
    FLAG_BULK_IN = 1 << 5,
    FLAG_BULK_OUT = 1 << 6,
    FLAG_DELETE_NUMBERS = 1 << 7,
    FLAG_COMMENT = 1 << 8,
    FLAG_AUDIT = 1 << 9,
    FLAG_ALL = 1 << 10,
    FLAG_ATOMIC = 1 << 11,
    FLAG_APPLY = 1 << 12,
    FLAG_LETTERS = 1 << 13,
    FLAG_CONFIRM = 1 << 14,
    FLAG_OUTPUT = 1 << 15,
    FLAG_JOB = 1 << 16,
    FLAG_JOB_ROWS = 1 << 17,
    FLAG_WAIT = 1 << 18
};

struct flag {
    const char *name, *value; /* value NULL: it has none */
    size_t offset;            /* in struct arguments: bool, or const char * */
    unsigned bit;             /* 0: every command */
    const char *help;
};
extern const struct flag flags[];
extern const size_t flag_count;

/* Flags may stand anywhere; "--" ends them. Bit i of *ret_given: flags[i] was there. `ret_operands` has room for argc. RC_INVALID: which one, and what may have been meant. */
MUST_USE enum rc arguments_parse(int argc, char **argv, const char **ret_operands, struct arguments *ret,
                                 uint64_t *ret_given, struct err *err);

/* Was `word` meant rather than what came before it? *best is the distance of that; it begins as UINT32_MAX. Words that merely have some letters
 * in common are not near. */
bool is_nearer(struct str typed, const char *word, unsigned *best);
