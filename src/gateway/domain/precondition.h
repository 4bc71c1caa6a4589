/* ETags and the four preconditions (RFC 9110 section 13), as values that the transaction can judge.
 *
 * An ETag is "<configuration>.<status>" in quotes. If-Match compares the configuration part only and ignores W/, so that a status
 * that flips never breaks a client's write; If-None-Match compares all of it. Order: If-Match, else If-Unmodified-Since; then
 * If-None-Match, else, for GET only, If-Modified-Since. If-Unmodified-Since looks at the configuration's time, Last-Modified
 * is the later of both; times compare in whole seconds. */
#pragma once
#include "common/base/arena.h"
#include "common/base/err.h"
#include "gateway/model/model.h"

#define ETAG_TEXT_MAX 64
struct etag {
    uint64_t configuration, status;
    bool foreign; /* well-formed, but none of ours: equals nothing */
};
struct etag_list {
    bool any; /* "*" */
    const struct etag *items;
    size_t count;
};
struct precondition {
    bool has_match, has_none_match, has_unmodified, has_modified;
    struct etag_list match, none_match;
    struct wall unmodified_since, modified_since;
};
enum precondition_verdict { PRECONDITION_PASSED, PRECONDITION_FAILED, PRECONDITION_NOT_MODIFIED };

/* Both take the value of the header: `*` or a comma-separated list of entity tags; RC_INVALID when malformed (no quotes...). */
MUST_USE enum rc etag_list_parse(struct str value, struct arena *mem, struct etag_list *ret, struct err *err);

/* The status part of an account's tag also covers its numberCounts. */
struct etag account_etag(const struct account *account);
struct etag revision_etag(const struct revision *revision);
struct str etag_text(struct etag etag, char text[ETAG_TEXT_MAX]);
struct wall revision_last_modified(const struct revision *revision);

/* For a resource that exists: its etag and revision. `reading`: GET or HEAD. */
enum precondition_verdict precondition_judge(const struct precondition *pre, struct etag etag,
                                             const struct revision *revision, bool reading);
/* For one that does not exist: If-Match and If-Unmodified-Since fail. */
enum precondition_verdict precondition_judge_absent(const struct precondition *pre);
