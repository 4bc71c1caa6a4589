#include "gateway/ops/dns_read.h"

#include "common/json/read.h"
#include "gateway/domain/heard.h"
#include "gateway/ops/dns_view.h"

#include "common/base/banned.h"

const struct sync_kind dns_kinds[] = {{OUTBOX_DNS, "dns"}, {OUTBOX_ZONE, "zone"}};
const size_t dns_kind_count = ARRAY_LEN(dns_kinds);

static enum rc no_room(struct err *err)
{
    return err_set(err, RC_LIMIT, NULL, "the request needs more memory than one may have");
}

static const struct dns_view_problem *problem_of(struct str code, struct str message, struct arena *mem)
{
    struct dns_view_problem *problem = str_empty(code) ? NULL : arena_new_of(mem, struct dns_view_problem);
    if (problem != NULL) {
        *problem = (struct dns_view_problem){code, message};
    }
    return problem;
}

/* ---- the whole ---- */

static void put_configuration(struct dns *dns, struct arena *mem, struct dns_view_status *ret)
{
    static const char *const publishers[] = {
        [DNS_PUBLISH_NONE] = "none", [DNS_PUBLISH_ZONE_FILE] = "zonefile", [DNS_PUBLISH_UPDATE] = "update"};
    const struct dns_config *config = dns_config_of(dns);
    struct str *servers = arena_alloc_array(mem, config->servers.count, sizeof *servers);
    char text[NET_TEXT_MAX];
    for (size_t i = 0; servers != NULL && i < config->servers.count; i++) {
        servers[i] = arena_str(mem, net_text_port(&config->servers.items[i], text));
    }
    ret->publisher = str_of(publishers[config->publisher]);
    ret->servers = (struct text_list){servers, config->servers.count};
    ret->zones = dns_zones(dns, mem);
    if (config->publisher == DNS_PUBLISH_UPDATE) {
        ret->primary = arena_str(mem, net_text_port(&config->primary, text));
    }
}

static enum rc read_customers(struct repo_tx *tx, struct arena *mem, struct dns_view_status *ret,
                              struct err *err)
{
    struct subdomain_counts counts;
    struct dns_view_customers *customers = arena_new_of(mem, struct dns_view_customers);
    enum rc rc = customers != NULL ? repo_subdomain_counts(tx, &counts, err) : no_room(err);
    if (rc == RC_OK) {
        *customers =
            (struct dns_view_customers){.kept = counts.kept,
                                        .leaving = counts.leaving,
                                        .provisioned = counts.of_status[SUBDOMAIN_PROVISIONED],
                                        .not_provisioned = counts.of_status[SUBDOMAIN_NOT_PROVISIONED],
                                        .inconsistent = counts.of_status[SUBDOMAIN_INCONSISTENT],
                                        .unchecked = counts.of_status[SUBDOMAIN_ABSENT],
                                        .problems = counts.problems};
        ret->customers = customers;
    }
    return rc;
}

enum rc dns_read_status(struct repo_tx *tx, struct arena *mem, struct dns *dns, struct dns_view_status *ret,
                        struct err *err)
{
    struct sync_kind_status *kinds = arena_alloc_array(mem, dns_kind_count, sizeof *kinds);
    uint32_t serial = 0;
    *ret = (struct dns_view_status){.configured = dns != NULL, .publisher = STR("none")};
    if (dns != NULL) {
        put_configuration(dns, mem, ret);
    }
    enum rc rc = kinds != NULL ? repo_zone_serial(tx, &serial, err) : no_room(err);
    for (size_t i = 0; rc == RC_OK && i < dns_kind_count; i++) {
        rc = sync_read_kind(tx, mem, &dns_kinds[i], &kinds[i], err);
    }
    ret->serial = serial;
    ret->kinds = (struct part_list){kinds, dns_kind_count};
    if (rc == RC_OK) {
        rc = read_customers(tx, mem, ret, err);
    }
    return rc == RC_OK && arena_failed(mem) ? no_room(err) : rc;
}

/* ---- accounts ---- */

static struct dns_view_account view_of(const struct subdomain *row, struct arena *mem)
{
    return (struct dns_view_account){.account = row->account,
                                     .label = row->label,
                                     .status = dns_view_status_name(row->status),
                                     .leaving = row->state == SUBDOMAIN_LEAVING,
                                     .problem = problem_of(row->problem_code, row->problem_message, mem),
                                     .checked_at = row->checked_at,
                                     .next_try_at = CLOCK_ABSENT};
}

static enum rc read_work(struct repo_tx *tx, struct arena *mem, struct dns_view_account *ret, struct err *err)
{
    struct outbox_state state = {0};
    enum rc rc = repo_outbox_find(tx, mem, OUTBOX_DNS, ret->account, &state, err);
    if (rc == RC_OK) {
        ret->attempt = state.failure.count;
        ret->next_try_at = sync_next_try(&state);
    }
    return rc == RC_OK || rc == RC_NOT_FOUND
               ? repo_outbox_paused(tx, OUTBOX_DNS, ret->account, &ret->paused, err)
               : rc;
}

enum rc dns_read_account(struct repo_tx *tx, struct arena *mem, const struct account *account,
                         struct dns_view_account *ret, struct err *err)
{
    const struct direct_routing_config *config = account_subdomain(account);
    struct subdomain row;
    if (config == NULL) {
        return err_set(err, RC_CONFLICT, "DirectRoutingNotEnabled",
                       "the account \"%" STR_FMT
                       "\" has no subdomain: Direct Routing is not enabled, or has no "
                       "configuration",
                       STR_ARG(account->name));
    }
    *ret = (struct dns_view_account){.account = account->name,
                                     .label = arena_lower(mem, config->subdomain),
                                     .checked_at = CLOCK_ABSENT,
                                     .next_try_at = CLOCK_ABSENT};
    enum rc rc = repo_subdomain_find(tx, mem, ret->label, &row, err);
    if (rc == RC_OK && str_eq(row.account, account->name)) {
        *ret = view_of(&row, mem);
        ret->leaving = false; /* it asks for it again, and the worker has not come by */
    } else if (rc != RC_OK && rc != RC_NOT_FOUND) {
        return rc;
    }
    ret->status = dns_view_status_name(account->services->of[SERVICE_DIRECT_ROUTING]->subdomain_status);
    rc = read_work(tx, mem, ret, err);
    return rc == RC_OK && arena_failed(mem) ? no_room(err) : rc;
}

enum rc dns_list_accounts(struct repo_tx *tx, struct arena *mem, const struct list_query *query,
                          struct list_page *ret, struct err *err)
{
    struct subdomain_list rows = {0};
    struct str after = query->after.set ? query->after.text : STR_NONE;
    struct dns_view_account *items = arena_alloc_array(mem, query->limit, sizeof *items);
    enum rc rc =
        items != NULL ? repo_subdomains_list(tx, mem, after, query->limit, &rows, err) : no_room(err);
    for (size_t i = 0; rc == RC_OK && i < rows.count; i++) {
        items[i] = view_of(&rows.items[i], mem);
    }
    *ret = (struct list_page){
        .items = {items, rc == RC_OK ? rows.count : 0}, .more = rows.count == query->limit, .count = -1};
    if (rc == RC_OK && rows.count > 0) {
        ret->last = (struct cursor){.set = true, .text = rows.items[rows.count - 1].label};
    }
    return rc == RC_OK && arena_failed(mem) ? no_room(err) : rc;
}

/* ---- jobs ---- */

static int64_t number_at(const struct json *json, const char *name)
{
    return json_int(json_get(json, str_of(name)));
}

/* What the worker left when it ended. */
static enum rc read_progress(const struct job_row *row, struct arena *mem, struct dns_view_job *ret,
                             struct err *err)
{
    const struct json *progress = NULL;
    struct dns_view_result *result = arena_new_of(mem, struct dns_view_result);
    if (str_empty(row->progress)) {
        return RC_OK;
    }
    enum rc rc = result != NULL ? json_parse(row->progress, mem, &progress, err) : no_room(err);
    if (rc == RC_OK) {
        *result = (struct dns_view_result){number_at(progress, "changes"), number_at(progress, "orphans"),
                                           number_at(progress, "removed"), number_at(progress, "ours")};
        ret->result = result;
        ret->problem = problem_of(json_string(json_get(progress, STR("code"))),
                                  json_string(json_get(progress, STR("message"))), mem);
    }
    return rc == RC_INVALID ? RC_INTERNAL : rc;
}

/* An open one waits for the zone's work. */
static enum rc read_wait(struct repo_tx *tx, struct arena *mem, struct dns_view_job *ret, struct err *err)
{
    struct outbox_state state = {0};
    enum rc rc = repo_outbox_find(tx, mem, OUTBOX_ZONE, STR(DNS_ZONE_KEY), &state, err);
    if (rc == RC_OK) {
        ret->attempt = state.failure.count;
        ret->next_try_at = sync_next_try(&state);
        ret->paused = state.paused;
        ret->problem = problem_of(state.failure.code, state.failure.message, mem);
    }
    return rc == RC_NOT_FOUND ? RC_OK : rc;
}

enum rc dns_read_job(struct repo_tx *tx, struct arena *mem, struct str id, struct dns_view_job *ret,
                     struct err *err)
{
    static const char *const states[] = {[JOB_OPEN] = "open", [JOB_DONE] = "done", [JOB_FAILED] = "failed"};
    const struct job_row *row = NULL;
    enum rc rc = repo_job_find(tx, mem, id, REPO_READ, &row, err);
    if (rc == RC_NOT_FOUND || (rc == RC_OK && !str_eq(row->kind, STR(DNS_JOB_APPLY)))) {
        return err_set(err, RC_NOT_FOUND, "JobNotFound", "there is no such job");
    }
    if (rc != RC_OK) {
        return rc;
    }
    *ret = (struct dns_view_job){.id = row->id,
                                 .state = str_of(states[row->state]),
                                 .confirm = dns_apply_confirmed(row->input),
                                 .created_at = row->created_at,
                                 .updated_at = row->updated_at,
                                 .next_try_at = CLOCK_ABSENT};
    return row->state == JOB_OPEN ? read_wait(tx, mem, ret, err) : read_progress(row, mem, ret, err);
}
