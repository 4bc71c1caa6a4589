#include "gateway/model/dns.h"

#include "gateway/model/rows.h"

#include "common/base/banned.h"

#define PREFIX "Numgate.Dns."

static const struct field problem_fields[] = {
    TEXT(dns_view_problem, code, "code", .doc = "Of the cause, such as DnsForeignRecord."),
    TEXT(dns_view_problem, message, "message", .doc = "The cause in words."),
};
static const struct schema schema_problem =
    SCHEMA(PREFIX "Problem", dns_view_problem, problem_fields, "Why something is not as wanted.");

static const struct field record_fields[] = {
    TEXT(dns_view_record, name, "name", .doc = "The owner's name, without the last dot."),
    TEXT(dns_view_record, type, "type", .doc = "A, TXT, SRV or CNAME."),
    COUNT(dns_view_record, ttl, "ttl", .doc = "Time to live in seconds."),
    TEXT(dns_view_record, data, "data", .doc = "The data in text; that of TXT without quotes."),
};
static const struct schema schema_record =
    SCHEMA(PREFIX "Record", dns_view_record, record_fields, "A resource record.");

/* ---- an account ---- */

static const struct field server_fields[] = {
    TEXT(dns_view_server, server, "server", .doc = "Address and port."),
    FLAG(dns_view_server, answered, "answered", .doc = "It answered, as one that has the zone."),
    TEXT(dns_view_server, why, "why", .doc = "Why not; not there when it answered."),
    FLAG(dns_view_server, matches, "matches", .doc = "It serves exactly what is wanted."),
    PARTS(dns_view_server, found, "found", schema_record, .flags = FIELD_ALWAYS,
          .doc = "The TXT, A and CNAME records it has at the name."),
};
static const struct schema schema_server =
    SCHEMA(PREFIX "Server", dns_view_server, server_fields, "What one authoritative server says.");

static const struct field certificate_fields[] = {
    FLAG(dns_view_certificate, covers, "covers", .doc = "The region's certificate has the name."),
    DATE(dns_view_certificate, until, "until", .doc = "The last moment it is good for."),
    TEXT(dns_view_certificate, why, "why", .doc = "Why it could not be read."),
};
static const struct schema schema_certificate =
    SCHEMA(PREFIX "Certificate", dns_view_certificate, certificate_fields,
           "What the certificate that the region's SBC shows means for the name.");

static const struct field region_fields[] = {
    COUNT(dns_view_region, region, "region", .doc = "1 or 2."),
    TEXT(dns_view_region, name, "name", .doc = "The customer's name in the region."),
    TEXT(dns_view_region, ownership, "ownershipName", .doc = "The name of the record that says it is ours."),
    PARTS(dns_view_region, records, "records", schema_record, .flags = FIELD_ALWAYS,
          .doc = "What shall stand in the DNS, the ownership record first."),
    PARTS(dns_view_region, servers, "servers", schema_server, .flags = FIELD_ALWAYS,
          .doc = "What the servers say, asked just now."),
    PART(dns_view_region, certificate, "certificate", dns_view_certificate, schema_certificate,
         .doc = "Not there when [region.N] names none."),
};
static const struct schema schema_region =
    SCHEMA(PREFIX "Region", dns_view_region, region_fields, "A customer's name in one region.");

static const struct field account_fields[] = {
    TEXT(dns_view_account, account, "account", REQUIRED, .doc = "The account."),
    TEXT(dns_view_account, label, "subdomain", .doc = "The label of its subdomain."),
    TEXT(dns_view_account, status, "subdomainStatus",
         .doc = "provisioned, notProvisioned or inconsistent: what the servers said last, as the account has "
                "it."),
    FLAG(dns_view_account, leaving, "leaving", .doc = "The account does not ask for this label any more."),
    PART(dns_view_account, problem, "problem", dns_view_problem, schema_problem,
         .doc = "Not there when nothing is known against it."),
    DATE(dns_view_account, checked_at, "checkedAt",
         .doc = "When the servers were last asked, by themselves."),
    COUNT(dns_view_account, attempt, "attempt", .doc = "Failures in a row. Not in lists."),
    DATE(dns_view_account, next_try_at, "nextTryAt",
         .doc = "When it is worked on next; not there when there is nothing to do. Not in lists."),
    FLAG(dns_view_account, paused, "paused", .doc = "Nothing is published. Not in lists."),
    PARTS(dns_view_account, regions, "regions", schema_region, .doc = "Not in lists."),
};
const struct schema schema_dns_account =
    SCHEMA(PREFIX "Account", dns_view_account, account_fields, "How the DNS of an account's subdomain is.");

/* ---- letters ---- */

static const struct field letter_fields[] = {
    TEXT(dns_view_letter, account, "account", REQUIRED, .doc = "The account."),
    TEXT(dns_view_letter, label, "subdomain", .doc = "The label of its subdomain."),
    TEXT(dns_view_letter, stage, "stage",
         .doc =
             "tokens (the customer shall send them), wait (they are not served yet) or verify (they are)."),
    TEXTS(dns_view_letter, names, "names", .flags = FIELD_ALWAYS, .doc = "The customer's domain names."),
    TEXT(dns_view_letter, subject, "subject", .doc = "One line."),
    TEXT(dns_view_letter, text, "text", .doc = "Plain text with line breaks; what to do now."),
};
const struct schema schema_dns_letter =
    SCHEMA(PREFIX "Letter", dns_view_letter, letter_fields, "What to send to the customer now.");

/* ---- the plan ---- */

static const struct field item_fields[] = {
    TEXT(dns_view_plan_item, action, "action",
         .doc = "change (add and remove), remove (ours, and no account asks for it), blocked (the name is "
                "somebody else's) or none (as wanted, with foreign records beside)."),
    TEXT(dns_view_plan_item, name, "name", .doc = "The name."),
    TEXT(dns_view_plan_item, account, "account",
         .doc = "Not there for the deployment's own names and orphans."),
    PARTS(dns_view_plan_item, add, "add", schema_record, .flags = FIELD_ALWAYS, .doc = "What is missing."),
    PARTS(dns_view_plan_item, remove, "remove", schema_record, .flags = FIELD_ALWAYS,
          .doc = "What is ours, and too much."),
    PARTS(dns_view_plan_item, foreign, "foreign", schema_record, .flags = FIELD_ALWAYS,
          .doc = "What is somebody else's, and stays."),
};
static const struct schema schema_item =
    SCHEMA(PREFIX "PlanItem", dns_view_plan_item, item_fields, "A name in the plan.");

static const struct field plan_fields[] = {
    COUNT(dns_view_plan, changes, "changes", .doc = "Names that would change."),
    COUNT(dns_view_plan, orphans, "orphans",
          .doc = "Of these, names that are ours while no account asks for them."),
    COUNT(dns_view_plan, foreign, "foreign", .doc = "Records of others at our names."),
    COUNT(dns_view_plan, ours, "ours", .doc = "Records of ours that are there."),
    COUNT(dns_view_plan, removed, "removed", .doc = "Of these, those that would go with the orphans."),
    COUNT(dns_view_plan, removed_percent, "removedPercent", .doc = "Their share."),
    FLAG(dns_view_plan, confirm, "confirm",
         .doc = "It is more than 30 percent, and is done only when confirmed."),
    PARTS(dns_view_plan, items, "items", schema_item, .flags = FIELD_ALWAYS,
          .doc = "Names that would change, or have foreign records; what would be removed comes first."),
    FLAG(dns_view_plan, truncated, "truncated", .doc = "There are more items; the counts are of all."),
};
const struct schema schema_dns_plan = SCHEMA(PREFIX "Plan", dns_view_plan, plan_fields,
                                             "What it takes to make the whole zone as it is wanted.");

static const struct field apply_fields[] = {
    FLAG(dns_view_apply, confirm, "confirm", REQUIRED,
         .doc = "true: also when more than 30 percent of our records would be removed."),
};
const struct schema schema_dns_apply =
    SCHEMA(PREFIX "Apply", dns_view_apply, apply_fields, "The zone is made as the plan of that moment says.");

static const struct field result_fields[] = {
    COUNT(dns_view_result, changes, "changes", .doc = "Names that were changed, or were handed on to be."),
    COUNT(dns_view_result, orphans, "orphans", .doc = "Of these, the orphans."),
    COUNT(dns_view_result, removed, "removed", .doc = "Records of ours that went with the orphans."),
    COUNT(dns_view_result, ours, "ours", .doc = "Records of ours that were there."),
};
static const struct schema schema_result =
    SCHEMA(PREFIX "Result", dns_view_result, result_fields, "What was found to do.");

static const struct field job_fields[] = {
    TEXT(dns_view_job, id, "id", REQUIRED, .doc = "A UUID."),
    TEXT(dns_view_job, state, "state", .doc = "open, done or failed."),
    FLAG(dns_view_job, confirm, "confirm", .doc = "As it was asked for."),
    DATE(dns_view_job, created_at, "createdAt", .doc = "When it was asked for."),
    DATE(dns_view_job, updated_at, "updatedAt", .doc = "When it last changed."),
    COUNT(dns_view_job, attempt, "attempt", .doc = "Of an open one: failures in a row."),
    DATE(dns_view_job, next_try_at, "nextTryAt", .doc = "Of an open one: when it is tried next."),
    FLAG(dns_view_job, paused, "paused", .doc = "Of an open one: nothing is tried until it is resumed."),
    PART(dns_view_job, result, "result", dns_view_result, schema_result, .doc = "Of one that ended."),
    PART(dns_view_job, problem, "problem", dns_view_problem, schema_problem,
         .doc = "Why it failed (DnsPlanNotConfirmed: nothing was done; DnsPlanChanged: some of it); of an "
                "open one, why the last try did."),
};
const struct schema schema_dns_job =
    SCHEMA(PREFIX "Job", dns_view_job, job_fields, "Something that was asked for and takes its time.");

const struct schema *const model_dns_schemas[] = {
    &schema_problem,     &schema_record,     &schema_server, &schema_certificate, &schema_region,
    &schema_dns_account, &schema_dns_letter, &schema_item,   &schema_dns_plan,    &schema_dns_apply,
    &schema_result,      &schema_dns_job,    NULL,
};
