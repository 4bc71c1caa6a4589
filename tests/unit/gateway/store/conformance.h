/* What every driver must do the same. Each case gets a fresh, empty store; `loops` is at least 1 and a scan's
 * slices are small. */
#pragma once
#include "helper.h"

struct conformance_case {
    const char *name;
    void (*run)(struct repo *repo);
};
extern const struct conformance_case conformance_cases[]; /* ends with a NULL name */
#define CONFORMANCE_SLICE 7

/* conformance_work.c */
void lease__is_held_by_one_until_it_is_released(struct repo *repo);
void lease__that_expired_goes_to_the_next_and_refuses_the_late_one(struct repo *repo);
void lease__that_expired_is_lost_even_if_nobody_took_it(struct repo *repo);
void lease__is_renewed_by_its_holder_alone(struct repo *repo);
void fence__undoes_what_a_late_holder_wrote(struct repo *repo);
void outbox__lists_what_is_due_the_longest_due_first(struct repo *repo);
void outbox__row_touched_during_the_work_stays(struct repo *repo);
void outbox__row_that_went_and_came_back_is_another(struct repo *repo);
void outbox__put_off_is_not_due_until_it_is_touched(struct repo *repo);
void outbox__put_off_is_due_again_in_time(struct repo *repo);
void outbox__is_settled_under_the_lease_alone(struct repo *repo);
void pause__hides_a_key_or_a_kind_until_it_ends(struct repo *repo);
void job__comes_back_as_it_was(struct repo *repo);
void job__progress_is_written_under_the_fence_alone(struct repo *repo);
void jobs_open__go_on_after_the_last(struct repo *repo);
