/* What belongs to no account's change, by the clock and whenever somebody touches the row: the deployment's own names are published; what
 * is asked for by hand (jobs of kind DNS_JOB_APPLY) is done; accounts that were never published, or whose labels are on their way out, are
 * looked at; and all customers are checked, a page at a time, so that what somebody changed in the DNS, or lost, is seen. A customer that
 * is served otherwise than its row says is touched and goes the way of a change.
 *
 * Orphans, places that are ours while no account asks for them, are counted here and removed by hand alone: a store that was restored
 * from an old copy must not take back the names of customers it does not know yet. */
#include "gateway/dns/room.h"

#include <stdlib.h>

#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/resolve/ask.h"

#include "common/base/banned.h"

/* ---- the deployment's own names ---- */

static enum rc note_facts(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    return repo_zone_facts(tx, zone_file__facts(arg, mem), clock_wall(), err);
}

static enum rc publish_own_names(struct work_run *run, struct dns *dns, struct err *err)
{
    struct dns_place places[DNS_STATIC_PLACES];
    struct dns_publication publication = {.places = places};
    publication.count = dns_static_places(&dns->config.facts, work_mem(run), places);
    enum rc rc =
        dns->config.publisher == DNS_PUBLISH_ZONE_FILE ? work_write(run, note_facts, dns, err) : RC_OK;
    if (rc == RC_OK) {
        rc = dns__publish(dns, &publication, 1, work_mem(run), err);
    }
    if (rc == RC_OK && publication.rc != RC_OK) {
        LOG(LOG_WARNING, "dns_own_names", log_cstr("error", publication.problem.msg));
    }
    return rc;
}

/* ---- accounts that were never published ---- */

struct touching {
    struct str after;
    struct text_list names;
};

static enum rc find_unpublished(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct touching *touching = arg;
    return repo_accounts_unpublished(tx, mem, touching->after, DNS_PAGE, &touching->names, err);
}

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* In the order of locks, for touch_names. */
static void sort_names(struct str *names, size_t count)
{
    if (count > 0) {
        qsort(names, count, sizeof *names, by_text);
    }
}

static enum rc touch_names(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct touching *touching = arg;
    enum rc rc = RC_OK;
    (void)mem;
    for (size_t i = 0; rc == RC_OK && i < touching->names.count; i++) {
        rc = repo_outbox_touch(tx, OUTBOX_DNS, touching->names.items[i], err);
    }
    return rc;
}

static enum rc touch_unpublished(struct work_run *run, struct err *err)
{
    struct touching touching = {.after = STR_NONE};
    enum rc rc;
    do {
        rc = work_read(run, find_unpublished, &touching, err);
        if (rc == RC_OK && touching.names.count > 0) {
            rc = work_write(run, touch_names, &touching, err);
            touching.after = touching.names.items[touching.names.count - 1];
        }
    } while (rc == RC_OK && touching.names.count == DNS_PAGE && !work_stopping(run));
    return rc;
}

/* ---- the slow check ---- */

struct page {
    struct str after;
    struct subdomain_list rows;
};

static enum rc read_page(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct page *page = arg;
    return repo_subdomains_list(tx, mem, page->after, DNS_PAGE, &page->rows, err);
}

static enum rc judge_page(const struct dns *dns, const struct subdomain_list *rows, struct arena *mem,
                          struct dns_verdict **ret, struct err *err)
{
    const struct dns_config *config = &dns->config;
    size_t regions = config->facts.region_count;
    struct dns_place *places = arena_alloc_array(mem, rows->count * regions, sizeof *places);
    *ret = arena_alloc_array(mem, rows->count, sizeof **ret);
    if (places == NULL || *ret == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory for a page of customers");
    }
    for (size_t i = 0; i < rows->count; i++) {
        const struct dns_customer customer = dns__customer(&rows->items[i]);
        dns_customer_places(&config->facts, &customer, true, mem, &places[i * regions]);
    }
    return dns_judge(&config->servers, places, rows->count, regions, config->timeout_ms, mem, *ret, err);
}

static bool is_odd(const struct subdomain *row, const struct dns_verdict *verdict)
{
    return row->state == SUBDOMAIN_LEAVING ||
           (verdict->status != SUBDOMAIN_ABSENT && verdict->status != row->status);
}

static enum rc check_page(struct work_run *run, const struct dns *dns, const struct page *page,
                          struct err *err)
{
    struct arena *mem = work_mem(run);
    struct dns_verdict *verdicts = NULL;
    struct str *names = arena_alloc_array(mem, page->rows.count, sizeof *names);
    struct touching touching = {.names = {names, 0}};
    enum rc rc = names != NULL ? judge_page(dns, &page->rows, mem, &verdicts, err)
                               : err_set(err, RC_LIMIT, NULL, "out of memory for names");
    for (size_t i = 0; rc == RC_OK && i < page->rows.count; i++) {
        if (is_odd(&page->rows.items[i], &verdicts[i])) {
            names[touching.names.count++] = page->rows.items[i].account;
        }
    }
    sort_names(names, touching.names.count);
    return rc == RC_OK && touching.names.count > 0 ? work_write(run, touch_names, &touching, err) : rc;
}

static enum rc check_all(struct work_run *run, const struct dns *dns, struct err *err)
{
    char after[RR_NAME_MAX + 1];
    struct page page = {.after = STR_NONE};
    enum rc rc;
    do {
        struct arena_mark mark = arena_mark(work_mem(run));
        rc = work_read(run, read_page, &page, err);
        if (rc == RC_OK && page.rows.count > 0) {
            rc = check_page(run, dns, &page, err);
            struct str last = page.rows.items[page.rows.count - 1].label;
            memcpy(after, last.p, last.n);
            page.after = (struct str){after, last.n};
        }
        arena_rewind(work_mem(run), mark);
    } while (rc == RC_OK && page.rows.count == DNS_PAGE && !work_stopping(run));
    return rc;
}

/* ---- the plan of the whole zone ---- */

static size_t places_of(const struct dns_facts *facts, const struct subdomain_list *rows, struct arena *mem,
                        struct dns_place *ret)
{
    size_t count = dns_static_places(facts, mem, ret);
    for (size_t i = 0; i < rows->count; i++) {
        const struct dns_customer customer = dns__customer(&rows->items[i]);
        dns_customer_places(facts, &customer, true, mem, &ret[count]);
        count += facts->region_count;
    }
    return count;
}

static enum rc transfer(struct dns *dns, struct arena *mem, struct rr_list *ret, struct err *err)
{
    struct rr_list zones[DNS_REGIONS];
    struct str names[DNS_REGIONS];
    size_t count = dns->config.facts.split_zones ? dns->config.facts.region_count : 1, total = 0;
    enum rc rc = dns__zones(dns, mem, names, err);
    for (size_t z = 0; rc == RC_OK && z < count; z++) {
        struct mono deadline = mono_after(clock_mono(), 4 * dns->config.timeout_ms);
        rc = ask_transfer(&dns->config.primary, names[z], &dns->config.key, deadline, mem, &zones[z], err);
        total += rc == RC_OK ? zones[z].count : 0;
    }
    struct rr *items = rc == RC_OK ? arena_alloc_array(mem, total, sizeof *items) : NULL;
    *ret = (struct rr_list){items, 0};
    for (size_t z = 0; items != NULL && z < count; z++) {
        memcpy(&items[ret->count], zones[z].items, zones[z].count * sizeof *items);
        ret->count += zones[z].count;
    }
    return rc == RC_OK && items == NULL ? err_set(err, RC_LIMIT, NULL, "out of memory for a zone") : rc;
}

/* Rows first and the zone behind them: what is published in between is in the way of nothing, and at worst looks like an orphan, which
 * the removal then finds to be another than was planned. */
static enum rc make_plan(struct dns *dns, const struct subdomain_list *rows, struct arena *mem,
                         struct dns_plan *ret, struct err *err)
{
    const struct dns_facts *facts = &dns->config.facts;
    size_t max = DNS_STATIC_PLACES + rows->count * DNS_REGIONS;
    struct dns_place *places = arena_alloc_array(mem, max, sizeof *places);
    struct rr_list zone;
    if (places == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory for places");
    }
    enum rc rc = transfer(dns, mem, &zone, err);
    return rc == RC_OK
               ? dns_plan_make(facts, places, places_of(facts, rows, mem, places), &zone, mem, ret, err)
               : rc;
}

enum rc dns_plan_read(struct dns *dns, struct arena *mem, struct dns_plan *ret, struct err *err)
{
    struct dns__all all;
    if (dns->config.publisher != DNS_PUBLISH_UPDATE) {
        return err_set(err, RC_CONFLICT, "DnsNoTransfer",
                       "there is a plan only where the zone is changed by updates (publisher = update)");
    }
    enum rc rc = work_call(dns->work, REPO_LIST, mem, dns__all_kept, &all, err);
    return rc == RC_OK ? make_plan(dns, &all.rows, mem, ret, err) : rc;
}

/* ---- what is asked for by hand ---- */

struct applying {
    struct job_list jobs;
    struct job_row row; /* to be written */
};

static enum rc find_jobs(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct applying *applying = arg;
    return repo_jobs_open(tx, mem, STR(DNS_JOB_APPLY), STR(DNS_ZONE_KEY), STR_NONE, 10, &applying->jobs, err);
}

static enum rc end_job(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct applying *applying = arg;
    (void)mem;
    return repo_job_write(tx, &applying->row, err);
}

/* Accounts whose places are not as they should be are looked at; orphans are removed here, each with its ownership record as it was seen.
 * *ret_left: orphans that were another thing by then, and stay. */
static enum rc do_plan(struct work_run *run, struct dns *dns, const struct dns_plan *plan, struct arena *mem,
                       size_t *ret_left, struct err *err)
{
    struct dns_publication *orphans = arena_alloc_array(mem, plan->count, sizeof *orphans);
    struct str *names = arena_alloc_array(mem, plan->count, sizeof *names);
    struct touching touching = {.names = {names, 0}};
    size_t count = 0;
    if (orphans == NULL || names == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory for a plan");
    }
    for (size_t i = 0; i < plan->count; i++) {
        const struct dns_plan_item *item = &plan->items[i];
        if (item->step == DNS_STEP_CHANGE && item->place.wanted_count == 0) {
            orphans[count] =
                (struct dns_publication){.places = &item->place, .count = 1, .seen = &item->presence};
            count++;
        } else if (!str_absent(item->place.account)) {
            names[touching.names.count++] = item->place.account;
        }
    }
    sort_names(names, touching.names.count);
    enum rc rc = count > 0 ? dns__publish(dns, orphans, count, mem, err) : RC_OK;
    for (size_t i = 0; i < count; i++) {
        *ret_left += orphans[i].rc != RC_OK;
    }
    return rc == RC_OK && touching.names.count > 0 ? work_write(run, touch_names, &touching, err) : rc;
}

static struct str plan_said(const struct dns_plan *plan, const char *code, const char *message,
                            struct arena *mem)
{
    return code == NULL
               ? arena_printf(mem, "{\"changes\":%zu,\"orphans\":%zu,\"removed\":%zu,\"ours\":%zu}",
                              plan->changes, plan->orphans, plan->removed, plan->ours)
               : arena_printf(mem, "{\"code\":\"%s\",\"message\":\"%s\",\"removed\":%zu,\"ours\":%zu}", code,
                              message, plan->removed, plan->ours);
}

static enum rc apply(struct work_run *run, struct dns *dns, const struct job_row *job, struct err *err)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new(LIMIT_ZONE_PLAN);
    struct applying applying = {.row = *job};
    struct dns_plan plan = {0};
    bool confirmed = dns_apply_confirmed(job->input);
    enum rc rc = dns_plan_read(dns, mem, &plan, err);
    if (rc == RC_CONFLICT) {
        applying.row.state = JOB_FAILED;
        applying.row.progress = plan_said(&plan, err->code, "see the configuration of [dns]", mem);
    } else if (rc != RC_OK) {
        return rc;
    } else if (plan.confirm && !confirmed) {
        applying.row.state = JOB_FAILED;
        applying.row.progress = plan_said(&plan, "DnsPlanNotConfirmed",
                                          "more of the records would be removed than is done unasked", mem);
    } else {
        size_t left = 0;
        rc = do_plan(run, dns, &plan, mem, &left, err);
        applying.row.state = left == 0 ? JOB_DONE : JOB_FAILED;
        applying.row.progress =
            left == 0
                ? plan_said(&plan, NULL, NULL, mem)
                : plan_said(&plan, "DnsPlanChanged",
                            "some names were changed meanwhile and left alone; look at the plan again", mem);
    }
    return rc == RC_OK || rc == RC_CONFLICT ? work_write(run, end_job, &applying, err) : rc;
}

static enum rc apply_all(struct work_run *run, struct dns *dns, struct err *err)
{
    struct applying applying = {0};
    enum rc rc = work_read(run, find_jobs, &applying, err);
    for (size_t i = 0; rc == RC_OK && i < applying.jobs.count; i++) {
        rc = apply(run, dns, &applying.jobs.jobs[i], err);
    }
    return rc;
}

/* For the metric. A key that may not transfer the zone is no failure: nothing but orphans is found that way. */
static void count_orphans(struct dns *dns)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new(LIMIT_ZONE_PLAN);
    struct dns_plan plan;
    struct err err = {0};
    if (dns->config.publisher != DNS_PUBLISH_UPDATE) {
        return;
    }
    if (dns_plan_read(dns, mem, &plan, &err) == RC_OK) {
        metric_set(dns->metrics[DNS_METRIC_ORPHANS], (int64_t)plan.orphans);
    } else {
        LOG(LOG_INFO, "dns_no_transfer", log_cstr("error", err.msg));
    }
}

enum rc zone__run(struct work_run *run, void *arg, struct err *err)
{
    struct dns *dns = arg;
    enum rc rc = publish_own_names(run, dns, err);
    if (rc == RC_OK) {
        rc = apply_all(run, dns, err);
    }
    if (rc == RC_OK) {
        rc = touch_unpublished(run, err);
    }
    if (rc == RC_OK && dns->config.servers.count > 0) {
        rc = check_all(run, dns, err);
    }
    if (rc == RC_OK) {
        count_orphans(dns);
        work_again_in(run, dns->config.check_ms);
    }
    return rc;
}
