/* The file that keeps the back end's state: a line for each change, an array of records, written before the change is answered. What a
 * killed process wrote is there; a half line at the end was never answered and is dropped. Opening reads it and writes it anew, shorter;
 * growing far beyond what it was does the same. No fsync: it is the lab's. */
#pragma once
#include "programs/numgate-lab/backend_model.h"
#include "programs/numgate-lab/backend_record.h"

struct journal;

/* Reads what is in the file into the model. `path` NULL: nothing is kept. *ret_found: there was a state. */
MUST_USE enum rc journal_open(const char *path, struct model *model, struct journal **ret, bool *ret_found,
                              struct err *err);
void journal_free(struct journal *journal); /* NULL is fine */

struct json_out *journal_records(struct journal *journal); /* where the records of the change under way go */
/* Writes them; nothing to do where there are none. */
MUST_USE enum rc journal_commit(struct journal *journal, const struct model *model, struct err *err);
/* Everything anew, after a change that has no records. */
MUST_USE enum rc journal_rewrite(struct journal *journal, const struct model *model, struct err *err);
