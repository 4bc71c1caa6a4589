/* What speaks against an entry of an order: a table of rules that are asked in order, of uploads and of releases. */
#pragma once
#include "programs/numgate-lab/backend_model.h"

enum finding {
    FINDING_NONE,
    FINDING_NUMBER_IN_OPERATION,
    FINDING_CONSENT_REQUIRED,
    FINDING_UNKNOWN_COUNTRY_CODE,
    FINDING_UNABLE_TO_MATCH_GEOGRAPHY,
    FINDING_COUNTRY_NOT_CONSENTED,
    FINDING_HELD_BY_OTHER_TENANT,
    FINDING_UNKNOWN_USAGE,
    FINDING_CAPABILITY_NOT_IN_PLAN,
    FINDING_TOLL_FREE_NOT_SUPPORTED,
    FINDING_ADDRESS_REQUIRED,
    FINDING_NO_LOCATION,
    FINDING_NO_DEFAULT_LOCATION,
    FINDING_UPDATE_NOT_POSSIBLE,
    FINDING_NUMBER_ASSIGNED,
    FINDING_INTERNAL_ERROR,
    FINDINGS,
};
struct finding_row {
    const char *code, *message;
};
const struct finding_row *finding_row(enum finding finding);
enum finding finding_of_code(struct str code); /* FINDING_NONE: unknown */

/* An entry as the model is now. */
enum finding rules_judge_upload(const struct model *model, const struct job *job, const struct entry *entry);
enum finding rules_judge_release(const struct model *model, const struct job *job, const struct entry *entry);
bool number_is_assigned(const struct number *number);
