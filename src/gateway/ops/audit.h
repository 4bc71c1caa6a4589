/* GET /numgate/v1/audit: the audit rows, filtered by parameters, in pages. */
#pragma once
#include "common/base/err.h"

struct call;
struct repo_tx;

/* account, kind (account, number, requestForInformation, civicAddress), key, caller, requestId, since, until
 * (RFC 3339), order (newestFirst, oldestFirst). */
extern const char *const audit_params[];
enum rc audit_check(struct call *call, struct err *err);
enum rc audit_run(struct call *call, struct repo_tx *tx, struct err *err);
void audit_answer(struct call *call);
