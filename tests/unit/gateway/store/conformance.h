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
void outbox__failure_is_kept_with_its_cause_until_a_run_goes_well(struct repo *repo);
void outbox__nothing_to_do_ends_a_failure_and_is_no_success(struct repo *repo);
void outbox__waiting_for_what_was_begun_ends_no_failure(struct repo *repo);
void outbox__row_touched_during_the_work_takes_over_what_became_of_it(struct repo *repo);
void outbox__row_whose_work_is_done_rests_until_it_is_touched(struct repo *repo);
void pause__hides_a_key_or_a_kind_until_it_ends(struct repo *repo);
void job__comes_back_as_it_was(struct repo *repo);
void job__progress_is_written_under_the_fence_alone(struct repo *repo);
void jobs_open__go_on_after_the_last(struct repo *repo);
void reset__leaves_leases_and_their_generations(struct repo *repo);

/* conformance_sync.c */
void acquired__comes_back_as_it_was(struct repo *repo);
void acquired__lists_are_by_state_and_account(struct repo *repo);
void acquired__pages_go_on_after_the_last(struct repo *repo);
void numbers_pending__are_those_the_back_end_does_not_have(struct repo *repo);
void numbers_unsettled__are_listed_and_counted(struct repo *repo);
void numbers_hidden__are_seen_by_the_worker_alone_until_nothing_is_held(struct repo *repo);
void acquired__that_was_refused_waits(struct repo *repo);
void accounts_of_tenant__are_found_in_any_letter_case(struct repo *repo);
void civic_address__is_removed_alone(struct repo *repo);
void outbox_state__is_told_whether_due_or_not(struct repo *repo);
void outbox_counts__are_bounded_and_know_the_oldest(struct repo *repo);
void outbox_retry__touches_what_fails(struct repo *repo);
void jobs_open_count__is_bounded(struct repo *repo);
void jobs_forget__removes_what_ended_long_ago(struct repo *repo);

/* conformance_dns.c */
void subdomain__comes_back_as_it_was(struct repo *repo);
void subdomains__are_listed_by_label_and_of_an_account(struct repo *repo);
void subdomains__are_counted_by_status(struct repo *repo);
void accounts_unpublished__are_those_whose_label_no_row_of_theirs_keeps(struct repo *repo);
void zone_serial__only_rises(struct repo *repo);
void zone_facts__raise_the_serial_when_they_change(struct repo *repo);
void reset__leaves_no_subdomain_and_raises_the_serial(struct repo *repo);

/* conformance_jobs.c */
void number_job__comes_back_as_it_was(struct repo *repo);
void number_job__of_a_caller_runs_alone(struct repo *repo);
void number_jobs__are_listed_newest_first_and_counted(struct repo *repo);
void number_job_input__comes_back_until_the_job_goes(struct repo *repo);
void number_job_rows__are_pending_until_they_are_settled(struct repo *repo);
/* conformance_people.c */
void lines__are_found_by_number_but_for_hidden_ones(struct repo *repo);
void lines__are_walked_over_all_slices(struct repo *repo);
void lines__whose_time_is_up_go_on_behind_the_last(struct repo *repo);
void account_lines__are_of_those_that_are_there(struct repo *repo);
