/* Which server, and as whom: from flags, then the environment, then a profile of the configuration file.
 *
 * The file has a section [profile.NAME] for each; a NAME that was asked for must be there. A secret is never a value of the file or a flag:
 * it is a file's content, in the environment, or comes on standard input. The environment that `./dev run` writes is enough. */
#pragma once
#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/config/config.h"

struct arguments;

struct profile {
    struct str name;
    struct str url, base_domain, token_url, client_id, client_secret, client_key_file, client_key_id, token,
        scope, ca_file, name_servers;
    int64_t requests_per_minute, timeout_s, attempt_timeout_s, retry_wait_s; /* 0: the library's */
};

extern const struct config_schema profile_schema;

/* mem: one of arena_new_secret(). RC_INVALID: what is wrong or missing, and where it may be given. */
MUST_USE enum rc profile_load(const struct arguments *arguments, struct arena *mem, struct profile *ret,
                              struct err *err);
