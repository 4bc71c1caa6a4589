/* The rules of the proxy: which requests go wrong, how, and how often.
 *
 * A rule is looked at for each request whose method and path fit it, in the order of the list, until one strikes; the rules behind
 * that one do not see the request. Of the requests a rule sees it leaves the first `skip` alone, then strikes at each `every`th, each
 * time with `probability`, and at most `times` times in all. Chance comes from `seed` and the number of draws alone, so the same
 * requests in the same order are struck again.
 *
 * A rule that has struck for the last time stays in the list with its counts, for tests to look at. One thread. */
#pragma once
#include "common/base/arena.h"
#include "common/base/err.h"
#include "common/json/write.h"

#define RULES_MAX           64
#define RULE_NAME_MAX       64
#define RULE_METHOD_MAX     32
#define RULE_PATH_MAX       256
#define RULE_TIMES_MAX      1000000
#define RULE_MS_MAX         300000
#define RULE_BODY_MAX       (16 * 1024)
#define RULE_SEED_MAX       INT64_MAX
#define RULE_COUNT_MAX      (INT64_C(1) << 53) /* of what was seen so far, in a list that is brought back */
#define RULE_HANG_MS        RULE_MS_MAX        /* of "hang" without "ms" */
#define RULES_TEXT_MAX      (4 * 1024 * 1024)  /* of a whole list as JSON */
#define RULE_RETRY_AFTER_NO (-1)

enum rule_kind {
    RULE_NOTHING,
    RULE_DELAY,  /* the right answer, `ms` later */
    RULE_HANG,   /* no answer; a reset after `ms` */
    RULE_RESET,  /* the connection is reset, no byte of an answer */
    RULE_STATUS, /* an answer of this status */
    RULE_CUT,    /* the head and half of the body of the right answer, then a reset */
    RULE_DEAD,   /* a reset, and for `ms` (0: until it is opened) the listener refuses connections */
    RULE_KINDS,
};
enum rule_when {
    RULE_WHEN_NONE,
    RULE_BEFORE, /* the request was not passed on */
    RULE_AFTER,  /* it was, and the answer to it is there */
    RULE_WHENS,
};

struct rule {
    char name[RULE_NAME_MAX + 1];     /* empty: none */
    char method[RULE_METHOD_MAX + 1]; /* empty: any */
    char path[RULE_PATH_MAX + 1];     /* empty: any; '*' stands for any text */
    enum rule_kind kind;
    enum rule_when when;
    int64_t skip, every;
    int64_t times; /* 0: without end */
    double probability;
    int64_t seed;
    int64_t ms, status;
    int64_t retry_after; /* seconds; RULE_RETRY_AFTER_NO: no such header */
    struct str body;     /* absent: the API's own error */
    bool body_is_json;
    int64_t seen, struck, draws; /* so far */
};

struct json;
struct rules;

struct rules *rules_new(void);
void rules_free(struct rules *rules); /* NULL is fine */

/* One rule; what is not said has its standard value. RC_INVALID names what is wrong. The body's text is in `mem`. */
MUST_USE enum rc rule_read(const struct json *value, struct arena *mem, struct rule *ret, struct err *err);
/* Keeps a copy. RC_LIMIT: the list is full. RC_CONFLICT: the name is taken. */
MUST_USE enum rc rules_add(struct rules *rules, const struct rule *rule, struct err *err);
/* {"rules": [...]}, as rules_write() has it, in place of the whole list. All or nothing; `apply` false only looks. */
MUST_USE enum rc rules_replace(struct rules *rules, const struct json *value, bool apply, struct err *err);
void rules_clear(struct rules *rules);
void rules_write(const struct rules *rules, struct json_out *out);

/* The rule that strikes at this request, a copy in `mem`; NULL: none. `path` is as it was sent, without the query. */
const struct rule *rules_strike(struct rules *rules, struct str method, struct str path, struct arena *mem);

bool rule_path_fits(struct str pattern, struct str path);
const char *rule_kind_name(enum rule_kind kind);
