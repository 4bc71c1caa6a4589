#include "gateway/ops/people_model.h"

#include "common/base/limits.h"
#include "gateway/domain/actor.h"
#include "gateway/model/rows.h"

#include "common/base/banned.h"

#define PREFIX "Numgate."

static const struct field changed_fields[] = {
    TEXT(people_changed, way, "way", REQUIRED, .doc = "api, portal, job, sync or command."),
    TEXT(people_changed, name, "name", .doc = "The caller's name for people; of one without, its client id."),
    DATE(people_changed, at, "at", .doc = "When its configuration last changed."),
};
static const struct schema schema_changed = SCHEMA(PREFIX "ChangedBy", people_changed, changed_fields,
                                                   "Who last changed the configuration, and by which way.");

#define CHANGED_BY(owner)                                                                                    \
    PART(owner, changed_by, "changedBy", people_changed, schema_changed,                                     \
         .doc = "Not there for what was last changed before this was kept.")
#define SERVICES(owner)                                                                                      \
    TEXTS(owner, services, "services", .doc = "The services that are enabled, such as teamsDirectRouting.")
#define STATUS(owner)                                                                                        \
    WORD(owner, provisioning_status, "serviceProvisioningStatus", provisioning_status,                       \
         .doc = "As the number's own.")
#define HEADER(owner) TEXT(owner, custom_sip_header, "customSipHeader", .doc = "Of its configuration.")

/* ---- numbers:lookup ---- */

static const struct field question_fields[] = {
    TEXTS(people_question, telephone_numbers, "telephoneNumbers", .length_max = LIMIT_LOOKUP,
          .contract_max = true, .doc = "The numbers, in any form that `text` may have them in."),
    TEXT(people_question, text, "text", .length_max = LIMIT_BODY,
         .doc = "Numbers as they were pasted: separated by line ends, tabs, commas or semicolons. Blanks, "
                "dots, dashes, "
                "slashes, parentheses and quotes within one mean nothing; tel:, a leading 00 and (0) are "
                "understood."),
};
const struct schema schema_people_question = SCHEMA(PREFIX "LookupQuestion", people_question, question_fields,
                                                    "Up to 10,000 numbers, as a list or as text, not both.");

static const char *const people_verdict[] = {"found", "unknown", "invalid", "repeated", NULL};
static const struct field found_fields[] = {
    TEXT(people_found, input, "input", REQUIRED, .doc = "As it was asked for."),
    E164(people_found, telephone_number, "telephoneNumber", .flags = FIELD_MAYBE,
         .doc = "The number that was understood; not there when none was."),
    WORD(people_found, verdict, "verdict", people_verdict, REQUIRED, .absent_as = VERDICT_UNKNOWN,
         .doc = "found, unknown (nobody has it), invalid (this is no number), or repeated: it stands further "
                "up, where the "
                "rest is said."),
    TEXT(people_found, account_name, "accountName", .doc = "The account that has it."),
    SERVICES(people_found),
    STATUS(people_found),
    WORD(people_found, assignment_status, "assignmentStatus", assignment_status,
         .doc = "assigned if it is for one of its services."),
    HEADER(people_found),
    CHANGED_BY(people_found),
};
static const struct schema schema_found =
    SCHEMA(PREFIX "LookupItem", people_found, found_fields, "What is known of a number.");

static const struct field verdicts_fields[] = {
    COUNT(people_verdicts, found, "found", .doc = "Numbers that an account has."),
    COUNT(people_verdicts, unknown, "unknown", .doc = "Numbers that nobody has."),
    COUNT(people_verdicts, invalid, "invalid", .doc = "What is no number."),
    COUNT(people_verdicts, repeated, "repeated", .doc = "Numbers that stand further up."),
};
static const struct schema schema_verdicts =
    SCHEMA(PREFIX "LookupCounts", people_verdicts, verdicts_fields, "How many items have each verdict.");

static const struct field answer_fields[] = {
    PARTS(people_answer, items, "items", schema_found, .flags = FIELD_ALWAYS,
          .doc = "One for each number, in the order of the question."),
    PART(people_answer, counts, "counts", people_verdicts, schema_verdicts, .doc = "Of the items."),
};
const struct schema schema_people_answer =
    SCHEMA(PREFIX "LookupAnswer", people_answer, answer_fields, "What is known of numbers.");

/* ---- accounts:lookup ---- */

static const struct field names_fields[] = {
    TEXTS(people_names, account_names, "accountNames", .flags = FIELD_REQUIRED,
          .length_max = LIMIT_LOOKUP_ACCOUNTS, .contract_max = true, .doc = "Names of accounts."),
};
const struct schema schema_people_names =
    SCHEMA(PREFIX "AccountNames", people_names, names_fields, "The accounts that are asked about.");

static const struct field account_fields[] = {
    TEXT(people_account, name, "name", REQUIRED, .doc = "The account."),
    CHANGED_BY(people_account),
    COUNT(people_account, numbers, "numbers", .doc = "How many numbers it has."),
};
static const struct schema schema_account_item =
    SCHEMA(PREFIX "AccountItem", people_account, account_fields, "What people want to know of an account.");

static const struct field accounts_fields[] = {
    PARTS(people_accounts, items, "items", schema_account_item, .flags = FIELD_ALWAYS,
          .doc = "One for each account that there is, by name."),
};
const struct schema schema_people_accounts =
    SCHEMA(PREFIX "AccountItems", people_accounts, accounts_fields, "What people want to know of accounts.");

/* ---- numbers:blocks ---- */

static const struct field block_fields[] = {
    E164(people_block, from, "from", .doc = "The first number."),
    E164(people_block, to, "to", .doc = "The last number; every number between the two is in the block."),
    COUNT(people_block, count, "count", .doc = "How many numbers."),
    TEXT(people_block, account_name, "accountName", .doc = "The account that has them."),
    SERVICES(people_block),
    STATUS(people_block),
    HEADER(people_block),
    COUNT(people_block, gap_before, "gapBefore", .flags = FIELD_MAYBE,
          .doc = "How many numbers lie between this block and the one before it, and are not in the list. "
                 "Not there on the "
                 "first of all, and where the two have not the same number of digits. A page's first with 0 "
                 "may carry on "
                 "the last block of the page before: a page ends where its time is up, even within a block."),
};
const struct schema schema_people_block =
    SCHEMA(PREFIX "Block", people_block, block_fields,
           "Neighbours with equal account, services, status and header.");

/* ---- numbers:consequences ---- */

static const struct field synced_fields[] = {
    COUNT(people_synced, operator_connect, "teamsOperatorConnect", .doc = "Numbers of that service."),
    COUNT(people_synced, phone_mobile, "teamsPhoneMobile", .doc = "Numbers of that service."),
};
static const struct schema schema_synced = SCHEMA(PREFIX "SyncedServices", people_synced, synced_fields,
                                                  "Numbers that are synchronized, by service.");

static const struct field consequences_fields[] = {
    COUNT(people_consequences, count, "count", .doc = "Numbers that match."),
    COUNT(people_consequences, assigned, "assigned",
          .doc = "Of these, those that are assigned in Teams, which cannot be deleted."),
    PART(people_consequences, synced, "syncedServices", people_synced, schema_synced,
         .doc = "Of these, those that a back end has, or shall have: a delete releases them there."),
    FLAG(people_consequences, truncated, "truncated", .doc = "The time was up: there are at least so many."),
};
const struct schema schema_people_consequences = SCHEMA(
    PREFIX "Consequences", people_consequences, consequences_fields, "What a delete of numbers would meet.");

/* ---- overview ---- */

static const char *const attention_kind[] = {"accountFailed", "syncFailing",   "numbersFailed", "dnsNotSeen",
                                             "syncPaused",    "tokensMissing", "requestNew",    NULL};
_Static_assert(ARRAY_LEN(attention_kind) == ATTENTION_END, "a word for each");
static const struct field item_fields[] = {
    WORD(overview_item, kind, "kind", attention_kind, REQUIRED, .absent_as = ATTENTION_ACCOUNT_FAILED,
         .doc = "accountFailed; syncFailing (the last run of an account's or a tenant's work); numbersFailed "
                "(of an "
                "account); dnsNotSeen (name servers do not serve a subdomain as wanted, or the zone cannot "
                "be written); "
                "syncPaused (an account, or everything); tokensMissing (Direct Routing is enabled, and there "
                "is nothing to "
                "publish yet); requestNew (nobody has answered a request for information, and its tenant has "
                "no account)."),
    TEXT(overview_item, account_name, "accountName", .doc = "The account it is about."),
    TEXT(overview_item, tenant_id, "tenantId", .doc = "The tenant it is about."),
    COUNT(overview_item, count, "count", .flags = FIELD_MAYBE,
          .doc = "Numbers that failed, or are missing at the back end; no more than 10,000 are counted."),
    TEXT(overview_item, code, "code", .doc = "The cause in one word; of many, that of the first number."),
    TEXT(overview_item, message, "message", .doc = "The cause in words."),
    DATE(overview_item, since, "since", .doc = "Since when, where that is known."),
};
static const struct schema schema_attention =
    SCHEMA(PREFIX "Attention", overview_item, item_fields, "What needs somebody to look at it.");

static const struct field totals_fields[] = {
    COUNT(overview_totals, accounts, "accounts", .doc = "Accounts."),
    COUNT(overview_totals, accounts_failed, "accountsFailed", .doc = "Those whose status is failed."),
    COUNT(overview_totals, numbers, "numbers", .doc = "Numbers of all accounts."),
    COUNT(overview_totals, rfis, "requestsForInformation", .doc = "Requests for information."),
    COUNT(overview_totals, rfis_new, "requestsNew",
          .doc = "Those that are in the list as requestNew, or would be."),
    FLAG(overview_totals, truncated, "truncated",
         .doc = "One of them has reached 100,000, where counting ends."),
};
static const struct schema schema_totals =
    SCHEMA(PREFIX "Totals", overview_totals, totals_fields, "How many there are.");

static const struct field rate_fields[] = {
    COUNT(overview_rate, requests_per_minute, "requestsPerMinute",
          .doc = "Requests of applications that may be made in a minute; 0: there is no limit."),
    COUNT(overview_rate, used, "used", .flags = FIELD_MAYBE,
          .doc =
              "Of these, how many were made in the last minute, over all nodes. Not there without a limit."),
};
static const struct schema schema_rate =
    SCHEMA(PREFIX "RateLimit", overview_rate, rate_fields, "The rate limit of applications.");

static const struct field health_fields[] = {
    FLAG(overview_health, ready, "ready",
         .doc = "Requests can be served: the store takes writes, keys are there."),
    TEXT(overview_health, sync, "sync", REQUIRED, .doc = "configured, or none: there is no back end."),
    TEXT(overview_health, dns, "dns", REQUIRED, .doc = "configured, or none: nothing is published."),
};
static const struct schema schema_health =
    SCHEMA(PREFIX "Health", overview_health, health_fields, "How the deployment is.");

static const struct field overview_fields[] = {
    PARTS(overview, attention, "attention", schema_attention, .flags = FIELD_ALWAYS,
          .doc = "At most 50, the most pressing first; where there are more, some of each kind."),
    FLAG(overview, truncated, "attentionTruncated", .doc = "There are more."),
    PART(overview, counts, "counts", overview_totals, schema_totals, .doc = "How many there are."),
    PART(overview, rate, "rateLimit", overview_rate, schema_rate,
         .doc = "How much of the rate limit is used."),
    PART(overview, health, "health", overview_health, schema_health, .doc = "How the deployment is."),
};
const struct schema schema_people_overview = SCHEMA(PREFIX "Overview", overview, overview_fields,
                                                    "What somebody who looks after this wants to see first.");

const struct schema *const people_schemas[] = {
    &schema_changed,
    &schema_people_question,
    &schema_found,
    &schema_verdicts,
    &schema_people_answer,
    &schema_people_names,
    &schema_account_item,
    &schema_people_accounts,
    &schema_attention,
    &schema_totals,
    &schema_rate,
    &schema_health,
    &schema_people_overview,
    &schema_synced,
    &schema_people_consequences,
    &schema_people_block,
    NULL,
};

/* ---- values ---- */

struct text_list people_services(unsigned services, struct arena *mem)
{
    struct str *items = arena_alloc_array(mem, SERVICE_COUNT, sizeof *items);
    size_t count = 0;
    for (enum service s = 0; items != NULL && s < SERVICE_COUNT; s++) {
        if (services & (1U << s)) {
            items[count++] = str_of(service_json_name(s));
        }
    }
    return (struct text_list){items, count};
}

const struct people_changed *people_changed_by(const struct provenance *provenance, struct wall at,
                                               struct arena *mem)
{
    struct people_changed *changed = provenance->way > 0 ? arena_new_of(mem, struct people_changed) : NULL;
    if (changed != NULL) {
        const enum actor_way way = (enum actor_way)(provenance->way - 1);
        *changed = (struct people_changed){str_of(actor_way_name(way)), provenance->name, at};
    }
    return changed;
}
