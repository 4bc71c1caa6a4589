/* What happens at the back end without the operator: consents, addresses, assignments, numbers from elsewhere. Each takes a JSON object as
 * people write it, fills in what is missing, changes the model and records it. Within the lock of the back end. RC_INVALID and RC_NOT_FOUND
 * say what is wrong. */
#pragma once
#include "programs/numgate-lab/backend.h"

/* {"status": "Active", "consentedCountries": ["GB"], "contacts": [...], ...}: what is not named stays as it was. */
MUST_USE enum rc change_consent(struct backend *backend, struct str tenant, const struct json *body,
                                struct err *err);
MUST_USE enum rc change_no_consent(struct backend *backend, struct str tenant, struct err *err);
/* {"country": "GB", ..., "locations": [...]}: without locations there is a default one, whose id is that of the address. */
MUST_USE enum rc change_address(struct backend *backend, struct str tenant, struct str id,
                                const struct json *body, struct err *err);
MUST_USE enum rc change_no_address(struct backend *backend, struct str tenant, struct str id,
                                   struct err *err);
/* {"service", "tenantId", settings..., "assignmentStatus"}; `count` numbers from the first on. No rule is asked. */
MUST_USE enum rc change_numbers(struct backend *backend, struct str tenant, int64_t first, int64_t count,
                                const struct json *body, struct err *err);
MUST_USE enum rc change_assignment(struct backend *backend, int64_t tn, const struct json *body,
                                   struct err *err);
MUST_USE enum rc change_no_number(struct backend *backend, struct str service, int64_t tn, struct err *err);
MUST_USE enum rc change_application(struct backend *backend, struct str id, bool registered, struct err *err);
MUST_USE enum rc change_switches(struct backend *backend, const struct json *body, struct err *err);
