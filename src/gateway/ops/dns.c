#include "gateway/ops/dns.h"

#include "common/base/limits.h"
#include "common/base/log.h"
#include "gateway/api/call.h"
#include "gateway/api/offload.h"
#include "gateway/api/page.h"
#include "gateway/domain/heard.h"
#include "gateway/ops/dns_letter.h"
#include "gateway/ops/dns_read.h"
#include "gateway/ops/dns_view.h"
#include "gateway/ops/ops.h"
#include "gateway/ops/sync.h"

#include "common/base/banned.h"

#define QUESTION_THREADS 4
#define QUESTIONS_MAX    64
#define PLANS_MAX        4
#define JOBS_KEPT_MS     (INT64_C(7) * 24 * 3600 * 1000) /* after their end */
#define ANSWER_MS        1000                            /* of a request's time, kept for its answer */

static enum rc no_room(struct err *err)
{
    return err_set(err, RC_LIMIT, NULL, "the request needs more memory than one may have");
}

static const struct ops_dns *ops_dns_of(const struct call *call)
{
    const struct ops *ops = api_settings(call->api)->user;
    return &ops->dns;
}

/* ---- life ---- */

enum rc ops_dns_start(struct dns *dns, struct ops_dns *ret, struct err *err)
{
    ret->dns = dns;
    enum rc rc = offload_new(QUESTION_THREADS, QUESTIONS_MAX, &ret->questions, err);
    return rc == RC_OK ? offload_new(1, PLANS_MAX, &ret->plans, err) : rc;
}

void ops_dns_stop(struct ops_dns *ops_dns)
{
    offload_free(ops_dns->questions);
    offload_free(ops_dns->plans);
}

/* ---- checks ---- */

static enum rc check_configured(struct call *call, struct err *err)
{
    return ops_dns_of(call)->dns != NULL
               ? RC_OK
               : err_set(err, RC_INVALID, "DnsNotConfigured",
                         "[dns] is not configured: nothing is published, and no name server is asked");
}

static enum rc check_updates(struct call *call, struct err *err)
{
    enum rc rc = check_configured(call, err);
    bool updates = rc == RC_OK && dns_config_of(ops_dns_of(call)->dns)->publisher == DNS_PUBLISH_UPDATE;
    return rc != RC_OK || updates
               ? rc
               : err_set(
                     err, RC_CONFLICT, "DnsNoTransfer",
                     "there is a plan only where the zone is changed by updates ([dns] publisher = update)");
}

/* ---- what is asked of name servers ---- */

struct asking {
    struct offload_job job;
    struct call *call;
    enum rc (*ask)(struct call *call, struct err *err);
};

static void ask_servers(struct offload_job *job)
{
    struct asking *asking = (struct asking *)(void *)job;
    asking->call->rc = asking->ask(asking->call, &asking->call->err);
    pending_done(&asking->call->pending);
}

/* What a name server refuses stays so until somebody mends its configuration or ours; all else passes. */
static void fail_as_server(struct call *call)
{
    struct err err = call->err;
    enum rc rc = call->rc;
    if (rc != RC_CONFLICT) {
        bool refused = rc == RC_DENIED || rc == RC_NOT_FOUND || rc == RC_INVALID;
        rc = refused ? RC_CONFLICT : RC_BUSY;
        err.inner = err.code;
        err.code = refused ? "DnsNoTransfer" : NULL;
        LOG(LOG_WARNING, "dns_failed", log_str("request_id", call->request_id),
            log_cstr("code", err.inner != NULL ? err.inner : rc_name(call->rc)), log_cstr("error", err.msg));
    }
    err.rc = rc;
    call_fail(call, rc, &err);
}

static void after_servers(struct http_exchange *x)
{
    struct call *call = http_user(x);
    if (call->rc != RC_OK) {
        fail_as_server(call);
        return;
    }
    call_reply_json(call, call->status, call->route->output, call->result);
}

static void ask_on(struct call *call, struct offload *pool, enum rc (*ask)(struct call *, struct err *))
{
    struct err err = {0};
    struct asking *asking = arena_new_of(call->mem, struct asking);
    if (asking == NULL) {
        call_fail(call, no_room(&err), &err);
        return;
    }
    *asking = (struct asking){{ask_servers, NULL}, call, ask};
    pending_begin(&call->pending);
    if (!offload_submit(pool, &asking->job)) {
        call_fail(call, err_set(&err, RC_BUSY, NULL, "too many questions to name servers are waiting"), &err);
        return;
    }
    pending_wait(call, after_servers);
}

/* ---- the whole ---- */

static enum rc status_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    struct dns_view_status *status = arena_new_of(call->mem, struct dns_view_status);
    call->result = status;
    return status != NULL ? dns_read_status(tx, call->mem, ops_dns_of(call)->dns, status, err) : no_room(err);
}

static void answer_result(struct call *call)
{
    call_reply_json(call, call->status, call->route->output, call->result);
}

static enum rc accounts_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct list_query query = list_params_query(&call->list, STR_NONE);
    return dns_list_accounts(tx, call->mem, &query, &call->page, err);
}

/* ---- an account ---- */

struct looking {
    struct dns_view_account view; /* without the regions */
    struct dns_customer customer;
};

static enum rc account_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct account *account = NULL;
    struct looking *looking = arena_new_of(call->mem, struct looking);
    enum rc rc = looking != NULL ? call_account(call, tx, &account, err) : no_room(err);
    if (rc == RC_OK) {
        rc = dns_read_account(tx, call->mem, account, &looking->view, err);
    }
    if (rc == RC_OK) {
        const struct direct_routing_config *config = account_subdomain(account);
        looking->customer =
            (struct dns_customer){.account = account->name,
                                  .label = config->subdomain,
                                  .tokens = {config->tokens->region1, config->tokens->region2}};
        call->user = looking;
    }
    return rc;
}

static enum rc look(struct call *call, struct err *err)
{
    const struct looking *looking = call->user;
    struct dns_view_account *view = arena_new_of(call->mem, struct dns_view_account);
    struct dns_report *report = arena_new_of(call->mem, struct dns_report);
    if (view == NULL || report == NULL) {
        return no_room(err);
    }
    struct mono deadline = mono_after(call->request->deadline, -ANSWER_MS);
    enum rc rc = dns_report_make(dns_config_of(ops_dns_of(call)->dns), &looking->customer, deadline,
                                 call->mem, report, err);
    if (rc == RC_OK) {
        *view = looking->view;
        view->regions = dns_view_regions(report, call->mem);
        call->result = view;
    }
    return rc == RC_OK && arena_failed(call->mem) ? no_room(err) : rc;
}

static void answer_account(struct call *call)
{
    ask_on(call, ops_dns_of(call)->questions, look);
}

/* ---- letters ---- */

static const char *const letter_params[] = {"subdomain", NULL};

/* The label of a customer to be, whose account has none yet. */
static enum rc letter_check(struct call *call, struct err *err)
{
    const struct field *field =
        schema_field_at(&schema_account, STR("serviceDetails/teamsDirectRouting/configuration/subdomain"));
    struct err_list *findings = arena_new_of(call->mem, struct err_list); /* err points into it */
    struct str text = call_query(call, "subdomain"), *label = arena_new_of(call->mem, struct str);
    struct str base = api_settings(call->api)->base_domain;
    enum rc rc = check_configured(call, err);
    if (rc != RC_OK || findings == NULL || label == NULL || str_absent(text)) {
        return rc != RC_OK || str_absent(text) ? rc : no_room(err);
    }
    err_list_init(findings, call->mem, LIMIT_DETAILS);
    (void)model_read_text(field, text, STR("subdomain"), label, findings);
    if (findings->count == 0 && text.n + sizeof(".1r1.") - 1 + base.n > LIMIT_CUSTOMER_DOMAIN) {
        err_list_add(findings, "SubdomainTooLong", STR("subdomain"),
                     "%" STR_FMT ".1r1.%" STR_FMT " has more than %d characters", STR_ARG(text),
                     STR_ARG(base), LIMIT_CUSTOMER_DOMAIN);
    }
    call->user = label;
    return err_from_list(err, RC_INVALID, findings);
}

/* Also of an account that is not there yet: the customer is asked before it can be written. */
static enum rc first_letter(struct call *call, struct repo_tx *tx, struct dns_customer *customer,
                            struct err *err)
{
    struct str holder;
    *customer =
        (struct dns_customer){.account = call->account_name, .label = *(const struct str *)call->user};
    enum rc rc = repo_account_by_subdomain(tx, call->mem, customer->label, &holder, err);
    if (rc == RC_OK && !str_eq(holder, call->account_name)) {
        return err_set(err, RC_CONFLICT, "SubdomainInUse", "account \"%" STR_FMT "\" uses this subdomain",
                       STR_ARG(holder));
    }
    return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static enum letter_stage stage_of(struct str status)
{
    return str_eq(status, dns_view_status_name(SUBDOMAIN_PROVISIONED)) ? LETTER_VERIFY : LETTER_WAIT;
}

static enum rc next_letter(struct call *call, struct repo_tx *tx, struct dns_customer *customer,
                           enum letter_stage *stage, struct err *err)
{
    enum rc rc = account_run(call, tx, err);
    if (rc == RC_OK) {
        const struct looking *looking = call->user;
        *customer = looking->customer;
        *stage = stage_of(looking->view.status);
    }
    return rc;
}

static enum rc letter_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct dns_facts *facts = &dns_config_of(ops_dns_of(call)->dns)->facts;
    struct dns_view_letter *letter = arena_new_of(call->mem, struct dns_view_letter);
    struct dns_customer customer;
    enum letter_stage stage = LETTER_TOKENS;
    if (letter == NULL) {
        return no_room(err);
    }
    enum rc rc = str_absent(call_query(call, "subdomain")) ? next_letter(call, tx, &customer, &stage, err)
                                                           : first_letter(call, tx, &customer, err);
    if (rc == RC_OK) {
        *letter = dns_letter_write(facts, &customer, stage, call->mem);
        call->result = letter;
    }
    return rc == RC_OK && arena_failed(call->mem) ? no_room(err) : rc;
}

static enum rc letters_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct dns_facts *facts = &dns_config_of(ops_dns_of(call)->dns)->facts;
    const struct list_query query = list_params_query(&call->list, STR_NONE);
    struct subdomain_list rows = {0};
    struct dns_view_letter *items = arena_alloc_array(call->mem, query.limit, sizeof *items);
    enum rc rc = items != NULL
                     ? repo_subdomains_list(tx, call->mem, query.after.set ? query.after.text : STR_NONE,
                                            query.limit, &rows, err)
                     : no_room(err);
    size_t count = 0;
    for (size_t i = 0; rc == RC_OK && i < rows.count; i++) {
        const struct subdomain *row = &rows.items[i];
        const struct dns_customer customer = {row->account, row->label, {row->tokens[0], row->tokens[1]}};
        if (row->state == SUBDOMAIN_KEPT) {
            enum letter_stage stage = stage_of(dns_view_status_name(row->status));
            items[count++] = dns_letter_write(facts, &customer, stage, call->mem);
        }
    }
    call->page = (struct list_page){.items = {items, count}, .more = rows.count == query.limit, .count = -1};
    if (rc == RC_OK && rows.count > 0) {
        call->page.last = (struct cursor){.set = true, .text = rows.items[rows.count - 1].label};
    }
    return rc == RC_OK && arena_failed(call->mem) ? no_room(err) : rc;
}

/* ---- the plan ---- */

static enum rc make_plan(struct call *call, struct err *err)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new(LIMIT_ZONE_PLAN);
    struct dns_view_plan *view = arena_new_of(call->mem, struct dns_view_plan);
    struct dns_plan plan;
    if (mem == NULL || view == NULL) {
        return no_room(err);
    }
    enum rc rc = dns_plan_read(ops_dns_of(call)->dns, mem, &plan, err);
    if (rc == RC_OK) {
        dns_view_plan_of(&plan, call->mem, view);
        call->result = view;
    }
    return rc == RC_OK && arena_failed(call->mem) ? no_room(err) : rc;
}

static void answer_plan(struct call *call)
{
    ask_on(call, ops_dns_of(call)->plans, make_plan);
}

/* ---- control: what was done, and by whom ---- */

static void log_control(struct call *call, int64_t count)
{
    LOG(LOG_NOTICE, "dns_control", log_str("request_id", call->request_id),
        log_cstr("operation", call->route->operation), log_str("account", call->account_name),
        log_i64("count", count), log_str("caller", call->actor.caller), log_str("name", call->actor.name));
}

static void answer_nothing(struct call *call)
{
    log_control(call, 1);
    call_reply_empty(call, call->status);
}

static void answer_controlled(struct call *call)
{
    log_control(call, 1);
    answer_result(call);
}

static void answer_done(struct call *call)
{
    log_control(call, ((const struct sync_done *)call->result)->count);
    answer_result(call);
}

static enum rc pause_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    (void)call;
    return kinds_pause(tx, dns_kinds, dns_kind_count, true, err);
}

static enum rc resume_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    (void)call;
    return kinds_pause(tx, dns_kinds, dns_kind_count, false, err);
}

static enum rc retry_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    struct sync_done *done = arena_new_of(call->mem, struct sync_done);
    call->result = done;
    return done != NULL ? kinds_retry(tx, dns_kinds, dns_kind_count, done, err) : no_room(err);
}

static enum rc check_all_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    (void)call;
    return repo_outbox_touch(tx, OUTBOX_ZONE, STR(DNS_ZONE_KEY), err);
}

/* Also one that has left its label, or is gone: while a row is left there is something to take back. */
static enum rc check_account_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct account *account = NULL;
    struct subdomain_list rows;
    enum rc rc = repo_subdomains_of(tx, call->mem, call->account_name, &rows, err);
    if (rc == RC_OK && rows.count == 0) {
        struct dns_view_account view;
        rc = call_account(call, tx, &account, err);
        rc = rc == RC_OK ? dns_read_account(tx, call->mem, account, &view, err) : rc;
    }
    return rc == RC_OK ? repo_outbox_touch(tx, OUTBOX_DNS, call->account_name, err) : rc;
}

static enum rc job_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    struct dns_view_job *job = arena_new_of(call->mem, struct dns_view_job);
    call->result = job;
    return job != NULL ? dns_read_job(tx, call->mem, call->key, job, err) : no_room(err);
}

/* The request's id is the job's. */
static enum rc apply_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    const struct dns_view_apply *input = call->input;
    const struct job_row row = {
        .id = call->request_id,
        .kind = STR(DNS_JOB_APPLY),
        .key = STR(DNS_ZONE_KEY),
        .input = dns_apply_input(input->confirm),
    };
    enum rc rc = repo_jobs_forget(tx, row.kind, JOBS_KEPT_MS, err);
    if (rc == RC_OK) {
        rc = repo_job_add(tx, &row, err);
    }
    if (rc == RC_OK) {
        rc = repo_outbox_touch(tx, OUTBOX_ZONE, STR(DNS_ZONE_KEY), err);
    }
    call->key = row.id;
    return rc == RC_OK ? job_run(call, tx, err) : rc;
}

/* ---- routes ---- */

#define DNS     "/numgate/v1/dns"
#define ACCOUNT "/numgate/v1/accounts/{accountName}/dns"
#define READ(path_, operation_, output_)                                                                     \
    .method = HTTP_GET, .path = (path_), .operation = "NumgateDns_" operation_, .roles = ROLE_READ,          \
    .kind = REPO_LIST, .output = &(output_), .statuses = {200}
#define CONTROL(path_, operation_, status_, check_)                                                          \
    .method = HTTP_POST, .path = (path_), .operation = "NumgateDns_" operation_, .roles = ROLE_ADMIN,        \
    .kind = REPO_WRITE, .statuses = {status_}, .check = (check_)

/* clang-format off */
static const struct route routes[] = {
    {READ(DNS, "status", schema_dns_status), .run = status_run, .answer = answer_result,
     .summary = "The DNS of Direct Routing customers: publisher, servers, subdomains by status, and the work"},
    {READ(DNS "/accounts", "accounts", schema_dns_account), .flags = ROUTE_PAGED, .check = check_configured,
     .run = accounts_run, .answer = call_reply_page, .summary = "The subdomains as they were last seen, by label"},
    {READ(ACCOUNT, "account", schema_dns_account), .check = check_configured, .run = account_run,
     .answer = answer_account, .summary = "An account's subdomain: what is wanted, and what each name server says now"},
    {READ(ACCOUNT "/letter", "letter", schema_dns_letter), .query = letter_params, .check = letter_check,
     .run = letter_run, .answer = answer_result,
     .summary = "What to send to the customer now; with subdomain the first letter, for an account that has none yet or is to be"},
    {READ(DNS "/letters", "letters", schema_dns_letter), .flags = ROUTE_PAGED, .check = check_configured,
     .run = letters_run, .answer = call_reply_page, .summary = "The letters for all customers, by label"},
    {READ(DNS "/plan", "plan", schema_dns_plan), .check = check_updates, .answer = answer_plan,
     .summary = "What it takes to make the whole zone as it is wanted; reads the zone by a transfer"},
    {READ(DNS "/jobs/{jobId}", "job", schema_dns_job), .check = check_configured, .run = job_run,
     .answer = answer_result, .summary = "What became of an apply; for a week after its end"},
    {CONTROL(DNS ":apply", "apply", 202, check_updates), .input = &schema_dns_apply, .output = &schema_dns_job,
     .run = apply_run, .answer = answer_controlled,
     .summary = "Make the zone as the plan says, orphans removed; a job, by whichever node"},
    {CONTROL(DNS ":check", "checkAll", 202, check_configured), .run = check_all_run, .answer = answer_nothing,
     .summary = "Look at everything now: the deployment's own names, and what the servers say of all customers"},
    {CONTROL(ACCOUNT ":check", "check", 202, check_configured), .run = check_account_run, .answer = answer_nothing,
     .summary = "Publish an account's subdomain and ask the servers now"},
    {CONTROL(DNS ":pause", "pause", 204, check_configured), .run = pause_run, .answer = answer_nothing,
     .summary = "Publish and check nothing"},
    {CONTROL(DNS ":resume", "resume", 204, check_configured), .run = resume_run, .answer = answer_nothing,
     .summary = "Go on with everything"},
    {CONTROL(DNS ":retry", "retry", 200, check_configured), .output = &schema_sync_done, .run = retry_run,
     .answer = answer_done, .summary = "Try now whatever waits after a failure"},
};
/* clang-format on */

const struct route_table ops_dns_routes = {routes, ARRAY_LEN(routes)};
