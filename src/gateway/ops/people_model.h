/* What people are shown of numbers and accounts, and what they ask: plain structs and their field tables, as model/ has them for the
 * contract. */
#pragma once
#include "gateway/domain/repo.h"
#include "gateway/model/schema.h"

struct people_changed {
    struct str way, name;
    struct wall at;
};

struct people_question {
    struct text_list telephone_numbers; /* one of the two */
    struct str text;
};
enum people_verdict { VERDICT_ABSENT, VERDICT_FOUND, VERDICT_UNKNOWN, VERDICT_INVALID, VERDICT_REPEATED };
struct people_found {
    struct str input;
    int64_t telephone_number; /* 0: it is invalid */
    enum people_verdict verdict;
    struct str account_name;
    struct text_list services;
    enum provisioning_status provisioning_status;
    enum assignment_status assignment_status;
    struct str custom_sip_header;
    const struct people_changed *changed_by;
};
struct people_verdicts {
    int64_t found, unknown, invalid, repeated;
};
struct people_answer {
    struct part_list items; /* struct people_found */
    const struct people_verdicts *counts;
};

struct people_names {
    struct text_list account_names;
};
struct people_account {
    struct str name;
    const struct people_changed *changed_by;
    int64_t numbers;
};
struct people_accounts {
    struct part_list items; /* struct people_account */
};

struct people_block {
    int64_t from, to, count;
    struct str account_name;
    struct text_list services;
    enum provisioning_status provisioning_status;
    struct str custom_sip_header;
    int64_t gap_before; /* -1: absent */
};

struct people_synced {
    int64_t operator_connect, phone_mobile;
};
struct people_consequences {
    int64_t count, assigned;
    const struct people_synced *synced;
    bool truncated;
};

struct overview_item {
    enum attention_kind kind;
    struct str account_name, tenant_id, code, message;
    int64_t count; /* -1: absent */
    struct wall since;
};
struct overview_totals {
    int64_t accounts, accounts_failed, numbers, rfis, rfis_new;
    bool truncated;
};
struct overview_rate {
    int64_t requests_per_minute, used; /* used -1: absent */
};
struct overview_health {
    bool ready;
    struct str sync, dns;
};
struct overview {
    struct part_list attention; /* struct overview_item */
    bool truncated;
    const struct overview_totals *counts;
    const struct overview_rate *rate;
    const struct overview_health *health;
};

extern const struct schema schema_people_overview;
extern const struct schema schema_people_question, schema_people_answer, schema_people_names,
    schema_people_accounts, schema_people_block, schema_people_consequences;
extern const struct schema *const people_schemas[]; /* every one, parts included; NULL ends */

/* Their names on the wire, of bits 1 << enum service; a list without items is still there. */
struct text_list people_services(unsigned services, struct arena *mem);
/* NULL: nobody knows who, or there is no room. */
const struct people_changed *people_changed_by(const struct provenance *provenance, struct wall at,
                                               struct arena *mem);
