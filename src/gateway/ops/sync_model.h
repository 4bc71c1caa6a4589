/* What /numgate/v1/sync says and takes: plain structs and their field tables, as model/ has them for the contract. Counts of what may be
 * large stop at a limit: then `truncated` is set, and there are at least so many. */
#pragma once
#include "gateway/model/schema.h"

struct sync_count {
    int64_t count;
    bool truncated;
};

struct sync_error {
    struct str code, message;
};
/* An item whose last run failed. */
struct sync_failing {
    struct str item;
    int64_t attempt;
    struct wall failing_since, next_try_at;
    const struct sync_error *last_error;
};
struct sync_kind_status {
    struct str kind;
    int64_t depth, due, failing, paused_keys;
    bool truncated, paused;
    struct wall oldest_due_at, last_success_at;
    const struct sync_failing *failing_longest;
};
struct sync_status {
    bool configured;
    struct wall last_success_at;
    struct part_list kinds; /* struct sync_kind_status */
    const struct sync_count *orders, *orphans;
};

struct sync_pause_reason {
    int64_t missing, of;
};
struct sync_order {
    struct str id, kind, service, job_id;
    int64_t count, asked;
    struct wall created_at;
};
struct sync_sweep_result {
    struct str mode;
    struct wall at;
    int64_t seen, changed, missing, orphans;
};
struct sync_sweep {
    struct str mode;
    int64_t pages, seen, changed, missing, orphans, attempt;
    struct wall next_try_at, failing_since, last_success_at;
    const struct sync_error *last_error;
    const struct sync_sweep_result *last;
};
struct sync_account {
    struct str name, tenant_id, status;
    bool deleted;
    struct text_list services;
    const struct sync_count *pending, *failed, *leaving;
    int64_t attempt;
    struct wall next_try_at, failing_since, last_success_at;
    const struct sync_error *last_error;
    bool paused;
    const struct sync_pause_reason *pause_reason;
    /* Of one account alone: */
    struct part_list orders; /* struct sync_order */
    const struct sync_sweep *sweep;
};

struct sync_orphan {
    int64_t telephone_number;
    struct str service, tenant_id;
};

struct sync_reconcile {
    bool apply;
};
struct sync_numbers {
    struct text_list telephone_numbers;
};
struct sync_done {
    int64_t count;
    bool more;
};

extern const struct schema schema_sync_kind, schema_sync_status, schema_sync_account, schema_sync_orphan,
    schema_sync_reconcile, schema_sync_numbers, schema_sync_done;
extern const struct schema *const sync_schemas[]; /* every one, parts included; NULL ends */
