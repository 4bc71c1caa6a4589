#include "gateway/ops/sync_model.h"

#include "common/base/limits.h"
#include "gateway/model/rows.h"

#include "common/base/banned.h"

#define PREFIX "Numgate.Sync."

static const struct field count_fields[] = {
    COUNT(sync_count, count, "count", .doc = "How many; no more are counted than a limit."),
    FLAG(sync_count, truncated, "truncated", .doc = "There may be more than count."),
};
static const struct schema schema_count =
    SCHEMA(PREFIX "Count", sync_count, count_fields, "A number of things, counted up to a limit.");

/* ---- what fails ---- */

static const struct field error_fields[] = {
    TEXT(sync_error, code, "code", .doc = "The cause in one word, such as BackendUnavailable."),
    TEXT(sync_error, message, "message", .doc = "The cause in words; credentials are masked."),
};
static const struct schema schema_error =
    SCHEMA(PREFIX "Error", sync_error, error_fields, "Why the last try failed.");

#define FAILURES(owner)                                                                                      \
    COUNT(owner, attempt, "attempt", .doc = "Failures in a row."),                                           \
        DATE(owner, failing_since, "failingSince",                                                           \
             .doc = "When the first of them was; not there when there is none."),                            \
        PART(owner, last_error, "lastError", sync_error, schema_error,                                       \
             .doc = "Why the last of them failed; not there when there is none.")

static const struct field failing_fields[] = {
    TEXT(sync_failing, item, "item", .doc = "An account, a tenant, or what is asked for by the clock."),
    FAILURES(sync_failing),
    DATE(sync_failing, next_try_at, "nextTryAt", .doc = "When it is tried again."),
};
static const struct schema schema_failing =
    SCHEMA(PREFIX "Failing", sync_failing, failing_fields, "An item whose last try failed.");

/* ---- the whole ---- */

static const struct field kind_fields[] = {
    TEXT(sync_kind_status, kind, "kind", REQUIRED,
         .doc =
             "sync (an account's numbers), relationship, sweep or inward; of the DNS: dns or zone. As in the "
             "metrics."),
    COUNT(sync_kind_status, depth, "depth",
          .doc = "Items: accounts, tenants, or what is asked for by the clock."),
    COUNT(sync_kind_status, due, "due", .doc = "Of these, those whose time has come."),
    COUNT(sync_kind_status, failing, "failing", .doc = "Of these, those whose last try failed."),
    FLAG(sync_kind_status, truncated, "truncated", .doc = "Only the first of them are counted."),
    FLAG(sync_kind_status, paused, "paused", .doc = "Nothing of this kind is tried."),
    COUNT(sync_kind_status, paused_keys, "pausedItems", .doc = "Items that are paused by themselves."),
    DATE(sync_kind_status, oldest_due_at, "oldestDueAt",
         .doc = "Since when the oldest item is due that is not paused; not there when none is."),
    DATE(sync_kind_status, last_success_at, "lastSuccessAt",
         .doc = "When an item was last worked on without a failure, on whichever node; not there before the "
                "first was."),
    PART(sync_kind_status, failing_longest, "failingLongest", sync_failing, schema_failing,
         .doc = "The item that has failed for longest; not there when none fails."),
};
const struct schema schema_sync_kind =
    SCHEMA(PREFIX "Kind", sync_kind_status, kind_fields, "One kind of work.");

static const struct field status_fields[] = {
    FLAG(sync_status, configured, "configured", .doc = "There is a back end."),
    DATE(sync_status, last_success_at, "lastSuccessAt",
         .doc = "When it last did anything that was asked of it; not there before the first time."),
    PARTS(sync_status, kinds, "kinds", schema_sync_kind, .flags = FIELD_ALWAYS, .doc = "The work, by kind."),
    PART(sync_status, orders, "openOrders", sync_count, schema_count,
         .doc = "Orders that the back end has not ended."),
    PART(sync_status, orphans, "orphans", sync_count, schema_count,
         .doc = "Numbers that only the back end has."),
};
const struct schema schema_sync_status =
    SCHEMA(PREFIX "Status", sync_status, status_fields, "How the synchronization with the back end is.");

/* ---- an account ---- */

static const struct field reason_fields[] = {
    COUNT(sync_pause_reason, missing, "missing", .doc = "Numbers that the back end does not have any more."),
    COUNT(sync_pause_reason, of, "of", .doc = "Numbers it should have."),
};
static const struct schema schema_reason =
    SCHEMA(PREFIX "PauseReason", sync_pause_reason, reason_fields, "Why a sweep has paused the account.");

static const struct field order_fields[] = {
    TEXT(sync_order, id, "id", REQUIRED, .doc = "Ours; the back end gets it as idempotency key."),
    TEXT(sync_order, kind, "kind", .doc = "upload or release."),
    TEXT(sync_order, service, "service", .doc = "The service the numbers are for."),
    COUNT(sync_order, count, "numbers", .doc = "How many numbers are in it."),
    TEXT(sync_order, job_id, "jobId",
         .doc = "The back end's; not there while it is not known whether the order arrived."),
    COUNT(sync_order, asked, "asked", .doc = "How often the job was asked for."),
    DATE(sync_order, created_at, "createdAt", .doc = "When it was made."),
};
static const struct schema schema_order =
    SCHEMA(PREFIX "Order", sync_order, order_fields, "Numbers on their way to or from the back end.");

#define TALLY(owner)                                                                                         \
    COUNT(owner, seen, "seen", .doc = "Numbers of the tenant that the back end has."),                       \
        COUNT(owner, changed, "changed", .doc = "Of these, those whose settings are not ours."),             \
        COUNT(owner, missing, "missing", .doc = "Numbers of ours that it does not have any more."),          \
        COUNT(owner, orphans, "orphans", .doc = "Numbers it has that nobody here asked for.")

static const struct field result_fields[] = {
    TEXT(sync_sweep_result, mode, "mode", .doc = "rolling, plan or repair."),
    DATE(sync_sweep_result, at, "at", .doc = "When it ended."),
    TALLY(sync_sweep_result),
};
static const struct schema schema_result = SCHEMA(PREFIX "SweepResult", sync_sweep_result, result_fields,
                                                  "What the last whole sweep of the tenant found.");

static const struct field sweep_fields[] = {
    TEXT(sync_sweep, mode, "mode",
         .doc = "Of the one under way: rolling (by itself, all day), plan or repair (asked for)."),
    COUNT(sync_sweep, pages, "pages", .doc = "Pages that were read so far."),
    TALLY(sync_sweep),
    FAILURES(sync_sweep),
    DATE(sync_sweep, next_try_at, "nextTryAt", .doc = "When it goes on."),
    DATE(sync_sweep, last_success_at, "lastSuccessAt", .doc = "When the back end last answered it."),
    PART(sync_sweep, last, "last", sync_sweep_result, schema_result,
         .doc = "What the last one found; not there before the first has ended."),
};
static const struct schema schema_sweep =
    SCHEMA(PREFIX "Sweep", sync_sweep, sweep_fields,
           "The comparison with everything the back end has of the account's tenant.");

static const struct field account_fields[] = {
    TEXT(sync_account, name, "name", REQUIRED, .doc = "The account."),
    FLAG(sync_account, deleted, "deleted", .doc = "It is gone; only its numbers are still leaving."),
    TEXT(sync_account, tenant_id, "tenantId", .doc = "The enterprise's tenant."),
    TEXT(sync_account, status, "serviceProvisioningStatus", .doc = "The account's own."),
    TEXTS(sync_account, services, "services", .flags = FIELD_ALWAYS, .doc = "Those that are synchronized."),
    PART(sync_account, pending, "pending", sync_count, schema_count, .doc = "Numbers that are pending."),
    PART(sync_account, failed, "failed", sync_count, schema_count, .doc = "Numbers that failed."),
    PART(sync_account, leaving, "leaving", sync_count, schema_count,
         .doc = "Numbers that wait to be released."),
    FAILURES(sync_account),
    DATE(sync_account, next_try_at, "nextTryAt",
         .doc = "When it is worked on next; not there when there is nothing to do."),
    DATE(sync_account, last_success_at, "lastSuccessAt",
         .doc = "When the back end last did what was asked for it; not there before the first time."),
    FLAG(sync_account, paused, "paused", .doc = "Nothing is tried: it is paused, or everything is."),
    PART(sync_account, pause_reason, "pauseReason", sync_pause_reason, schema_reason,
         .doc = "Of a pause that a sweep made."),
    PARTS(sync_account, orders, "openOrders", schema_order, .doc = "Not in lists."),
    PART(sync_account, sweep, "sweep", sync_sweep, schema_sweep, .doc = "Not in lists."),
};
const struct schema schema_sync_account =
    SCHEMA(PREFIX "Account", sync_account, account_fields, "How the synchronization of an account is.");

/* ---- orphans ---- */

static const struct field orphan_fields[] = {
    E164(sync_orphan, telephone_number, "telephoneNumber", .doc = "The number."),
    TEXT(sync_orphan, service, "service", .doc = "The service it is there for."),
    TEXT(sync_orphan, tenant_id, "tenantId", .doc = "The tenant that has it."),
};
const struct schema schema_sync_orphan =
    SCHEMA(PREFIX "Orphan", sync_orphan, orphan_fields, "A number that only the back end has.");

/* ---- bodies ---- */

static const struct field reconcile_fields[] = {
    FLAG(sync_reconcile, apply, "apply", REQUIRED,
         .doc = "false: look only. true: repair everything that is found."),
};
const struct schema schema_sync_reconcile = SCHEMA(PREFIX "Reconcile", sync_reconcile, reconcile_fields,
                                                   "How the account's tenant is gone through now.");

static const struct field numbers_fields[] = {
    TEXTS(sync_numbers, telephone_numbers, "telephoneNumbers", .flags = FIELD_REQUIRED,
          .length_max = LIMIT_BATCH, .contract_max = true, .doc = "Orphans of the account's tenant."),
};
const struct schema schema_sync_numbers =
    SCHEMA(PREFIX "Numbers", sync_numbers, numbers_fields, "The numbers to release.");

static const struct field done_fields[] = {
    COUNT(sync_done, count, "count", .doc = "For how many it was done."),
    FLAG(sync_done, more, "more", .doc = "There may be others: ask again."),
};
const struct schema schema_sync_done = SCHEMA(PREFIX "Done", sync_done, done_fields, "What was done.");

const struct schema *const sync_schemas[] = {
    &schema_count,        &schema_error,       &schema_failing,
    &schema_sync_kind,    &schema_sync_status, &schema_reason,
    &schema_order,        &schema_result,      &schema_sweep,
    &schema_sync_account, &schema_sync_orphan, &schema_sync_reconcile,
    &schema_sync_numbers, &schema_sync_done,   NULL,
};
