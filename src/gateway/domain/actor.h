/* Who does something, from where, by which way. Goes into every audit row. Borrowed by those who get it. */
#pragma once
#include "common/base/net.h"
#include "common/base/str.h"

enum actor_way { ACTOR_API, ACTOR_PORTAL, ACTOR_JOB, ACTOR_SYNC, ACTOR_COMMAND };

enum role { /* an Admin holds all four bits */
            ROLE_READ = 1 << 0,
            ROLE_WRITE = 1 << 1,
            ROLE_DELETE = 1 << 2,
            ROLE_ADMIN = 1 << 3,
};

struct actor {
    enum actor_way way;
    struct str
        caller; /* what repeatability is kept by: tenant, client and, for a user, object id; never the token */
    struct str tenant, client_id, object_id;
    struct str name;      /* for people; may be absent */
    unsigned roles;       /* enum role bits */
    bool is_user;         /* a portal user's token */
    struct net_addr from; /* family 0: not by network */
    struct str request_id, client_request_id;
};

const char *actor_way_name(enum actor_way way); /* "api", "portal", "job", "sync", "command" */
