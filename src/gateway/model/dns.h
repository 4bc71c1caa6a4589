/* What /numgate/v1/dns says of customers, and takes: plain structs and their field tables. They are no part of the contract, and here
 * since the server writes what libnumgate reads. What it says of its work is in ops/dns_model.h. */
#pragma once
#include "gateway/model/schema.h"

struct dns_view_problem {
    struct str code, message;
};
struct dns_view_record {
    struct str name, type, data;
    int64_t ttl;
};

struct dns_view_server {
    struct str server, why;
    bool answered, matches;
    struct part_list found; /* struct dns_view_record */
};
struct dns_view_certificate {
    bool covers;
    struct wall until;
    struct str why;
};
struct dns_view_region {
    int64_t region; /* from 1 */
    struct str name, ownership;
    struct part_list records; /* struct dns_view_record */
    struct part_list servers; /* struct dns_view_server */
    const struct dns_view_certificate *certificate;
};
struct dns_view_account {
    struct str account, label, status;
    bool leaving, paused;
    const struct dns_view_problem *problem;
    struct wall checked_at, next_try_at;
    int64_t attempt;
    struct part_list regions; /* struct dns_view_region; of one account alone */
};

struct dns_view_letter {
    struct str account, label, stage, subject, text;
    struct text_list names;
};

struct dns_view_plan_item {
    struct str action, name, account;
    struct part_list add, remove, foreign; /* struct dns_view_record */
};
struct dns_view_plan {
    int64_t changes, orphans, foreign, ours, removed, removed_percent;
    bool confirm, truncated;
    struct part_list items; /* struct dns_view_plan_item */
};

struct dns_view_apply {
    bool confirm;
};
struct dns_view_result {
    int64_t changes, orphans, removed, ours;
};
struct dns_view_job {
    struct str id, state;
    bool confirm, paused;
    struct wall created_at, updated_at, next_try_at;
    int64_t attempt;
    const struct dns_view_result *result;
    const struct dns_view_problem *problem;
};

extern const struct schema schema_dns_account, schema_dns_letter, schema_dns_plan, schema_dns_apply,
    schema_dns_job;
extern const struct schema *const model_dns_schemas[]; /* every one, parts included; NULL ends */
