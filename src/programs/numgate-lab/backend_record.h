/* The state as JSON records, one for each thing that can change: what the journal consists of, and a snapshot. Reading a record again
 * changes nothing, so a journal may be read from any earlier state on.
 *
 *   {"switches": {...}}  {"applications": [...]}
 *   {"consent": {...}}  {"noConsent": "tenant id"}  {"address": {...}}  {"noAddress": {"tenantId", "id"}}
 *   {"numbers": {"service", "tenantId", "settings", "acquired", "assignmentStatus", "acquiredNumberStatus", "list"}}
 *   {"noNumbers": {"service", "list"}}
 *   {"job": {...}}: whole, as it begins and as it ends
 *
 * A list is text: "442079460000 442079460010*5", the second five numbers in a row. */
#pragma once
#include "common/json/write.h"
#include "programs/numgate-lab/backend_model.h"

void record_switches(struct json_out *out, const struct switches *switches);
void record_applications(struct json_out *out, const struct document *applications);
void record_consent(struct json_out *out, const struct tenant_state *tenant);
void record_address(struct json_out *out, const struct tenant_state *tenant,
                    struct map_key id); /* there, or gone */
/* Those that follow each other and differ in their digits only become one record. */
void record_numbers(struct json_out *out, const struct number *const *numbers, size_t count);
void record_no_numbers(struct json_out *out, enum service service, const int64_t *list, size_t count);
void record_job(struct json_out *out, const struct job *job);

/* Everything, each record as an item of the array that `out` is in; or, with `lines`, as an array and a line of its own in `buf`. */
void record_all(struct json_out *out, const struct model *model);
void record_lines(struct buf *buf, const struct model *model);

/* An array of records. RC_INVALID says which is wrong; those before it are done. */
MUST_USE enum rc records_apply(struct model *model, const struct json *records, struct err *err);
/* The switches that an object names, the others stay. RC_INVALID: unknown, or out of range. */
MUST_USE enum rc switches_read(const struct json *object, struct switches *switches, struct err *err);
void switches_write(const struct switches *switches, struct json_out *out); /* an object */
