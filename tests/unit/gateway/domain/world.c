#include "world.h"

#include <semaphore.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/log.h"
#include "gateway/store/store.h"

struct step {
    struct repo_job job;
    struct world *world;
    void (*act)(const struct change *change, struct step *step);
    struct str name, key;
    int64_t number;
    bool flag;
    const void *input;
    int64_t value, other;
    const void *found;
    struct number_counts counts;
    struct list_page page;
    struct outcome outcome;
    sem_t done;
};

/* ---- the store ---- */

int world_setup(void **state)
{
    log_set_level(LOG_ERROR);
    struct world *w = calloc(1, sizeof *w);
    struct err err = {0};
    snprintf(w->dir, sizeof w->dir, "%s", "/tmp/numgate-domain-XXXXXX");
    if (mkdtemp(w->dir) == NULL) {
        return -1;
    }
    snprintf(w->path, sizeof w->path, "%s/db", w->dir);
    w->mem = arena_new(256UL * 1024 * 1024);
    struct store_config config = {
        .url = arena_printf(w->mem, "sqlite:%s", w->path), .loops = 1, .test.no_sync = true};
    if (store_open(&config, &w->repo, &err) != RC_OK) {
        fprintf(stderr, "store: %s\n", err.msg);
        return -1;
    }
    w->facts.base_domain = STR("example.net");
    w->now = (struct wall){1700000000000};
    w->actor = (struct actor){.way = ACTOR_API,
                              .caller = STR("tenant/client"),
                              .name = STR("bss"),
                              .request_id = STR("request-1"),
                              .client_request_id = STR("client-1")};
    assert_true(net_parse(STR("192.0.2.7"), &w->actor.from));
    *state = w;
    return 0;
}

int world_teardown(void **state)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
    struct world *w = *state;
    store_close(w->repo);
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", w->path, suffixes[i]);
        (void)unlink(path);
    }
    (void)rmdir(w->dir);
    arena_free(w->mem);
    free(w);
    return 0;
}

static enum rc step_run(struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    struct step *step = (struct step *)((char *)job - offsetof(struct step, job));
    struct world *w = step->world;
    struct change change = {tx, job->mem, &w->actor, w->now, &w->facts, STR("operation-1")};
    step->outcome = (struct outcome){.rc = RC_OK};
    step->act(&change, step);
    if (step->outcome.rc != RC_OK && err != NULL) {
        *err = step->outcome.err;
    }
    return step->outcome.rc;
}

static void step_done(struct repo_job *job, enum rc rc, const struct err *err)
{
    struct step *step = (struct step *)((char *)job - offsetof(struct step, job));
    step->outcome.rc = rc;
    if (rc != RC_OK && err != NULL) {
        step->outcome.err = *err;
    }
    sem_post(&step->done);
}

static const char *say(struct world *w, const struct outcome *outcome)
{
    if (outcome->rc == RC_OK) {
        return "";
    }
    const struct err *err = &outcome->err;
    struct str text = arena_printf(w->mem, "%s", rc_name(outcome->rc));
    if (err->details == NULL && err->code != NULL) {
        text = arena_printf(w->mem, "%s %s%s%s", rc_name(outcome->rc), err->code,
                            err->field[0] != '\0' ? " " : "", err->field);
    }
    for (const struct err_item *i = err->details != NULL ? err->details->first : NULL; i != NULL;
         i = i->next) {
        text = arena_printf(w->mem, "%" STR_FMT "%s%s%s%" STR_FMT, STR_ARG(text),
                            i == err->details->first ? " " : ", ", i->code, i->field.n > 0 ? " " : "",
                            STR_ARG(i->field));
    }
    return arena_cstr(w->mem, text);
}

static struct outcome in_job(struct world *w, enum repo_kind kind, struct step *step)
{
    sem_init(&step->done, 0, 0);
    step->world = w;
    step->job = (struct repo_job){.kind = kind,
                                  .deadline = mono_after(clock_mono(), 60000),
                                  .mem = w->job_mem != NULL ? w->job_mem : w->mem,
                                  .op = {w->actor.caller, STR("operation-1")},
                                  .run = step_run,
                                  .done = step_done};
    repo_submit(w->repo, &step->job);
    while (sem_wait(&step->done) != 0) {
    }
    sem_destroy(&step->done);
    step->outcome.says = say(w, &step->outcome);
    w->pre = NULL;
    return step->outcome;
}

/* ---- input ---- */

static const struct json *json_of(struct world *w, const char *text)
{
    const struct json *json = NULL;
    struct err err = {0};
    char *copy = arena_cstr(w->mem, str_of(text));
    for (char *c = copy; *c != '\0'; c++) {
        *c = *c == '\'' ? '"' : *c;
    }
    if (json_parse(str_of(copy), w->mem, &json, &err) != RC_OK) {
        fail_msg("the test's own JSON is bad: %s: %s", err.msg, copy);
    }
    return json;
}

typedef enum rc reader(const struct schema *, const struct json *, struct arena *, void *, struct err *);

static void *input_of(struct world *w, const struct schema *schema, const char *json, reader *read)
{
    struct err err = {0};
    void *input = arena_alloc(w->mem, schema->size);
    if (read(schema, json_of(w, json), w->mem, input, &err) != RC_OK) {
        fail_msg("the test's own input is bad: %s %s: %s", err.field, err.msg, json);
    }
    return input;
}

/* ---- verbs ---- */

static void act_put_account(const struct change *c, struct step *s)
{
    s->outcome.rc =
        account_put(c, s->input, s->world->pre, &s->outcome.account, &s->outcome.created, &s->outcome.err);
}

struct outcome put_account(struct world *w, const char *json)
{
    struct step step = {.act = act_put_account, .input = input_of(w, &schema_account, json, model_read)};
    return in_job(w, REPO_WRITE, &step);
}

static void act_delete_account(const struct change *c, struct step *s)
{
    s->outcome.rc = account_delete(c, s->name, s->flag, s->world->pre, &s->outcome.err);
}

struct outcome delete_account(struct world *w, const char *name, bool numbers_too)
{
    struct step step = {.act = act_delete_account, .name = str_of(name), .flag = numbers_too};
    return in_job(w, REPO_WRITE, &step);
}

static void act_put_number(const struct change *c, struct step *s)
{
    s->outcome.rc =
        number_put(c, s->input, s->world->pre, &s->outcome.number, &s->outcome.created, &s->outcome.err);
}

struct outcome put_number(struct world *w, const char *json)
{
    struct step step = {.act = act_put_number, .input = input_of(w, &schema_number, json, model_read)};
    return in_job(w, REPO_WRITE, &step);
}

static void act_delete_number(const struct change *c, struct step *s)
{
    s->outcome.rc = number_delete(c, s->name, s->number, s->world->pre, &s->outcome.err);
}

struct outcome delete_number(struct world *w, const char *account, int64_t number)
{
    struct step step = {.act = act_delete_number, .name = str_of(account), .number = number};
    return in_job(w, REPO_WRITE, &step);
}

static void act_put_numbers(const struct change *c, struct step *s)
{
    s->outcome.rc = numbers_put(c, s->name, s->input, &s->outcome.numbers, &s->outcome.err);
}

struct outcome put_numbers(struct world *w, const char *account, const char *json)
{
    struct step step = {.act = act_put_numbers,
                        .name = str_of(account),
                        .input = input_of(w, &schema_number_batch, json, model_read)};
    return in_job(w, REPO_WRITE, &step);
}

static void act_delete_numbers(const struct change *c, struct step *s)
{
    s->outcome.rc = numbers_delete(c, s->name, s->input, &s->outcome.err);
}

struct outcome delete_numbers(struct world *w, const char *account, const char *json)
{
    struct step step = {.act = act_delete_numbers,
                        .name = str_of(account),
                        .input = input_of(w, &schema_identifier_batch, json, model_read)};
    return in_job(w, REPO_WRITE, &step);
}

static void act_patch_rfi(const struct change *c, struct step *s)
{
    s->outcome.rc = rfi_patch(c, s->name, s->input, s->world->pre, &s->outcome.rfi, &s->outcome.err);
}

struct outcome patch_rfi(struct world *w, const char *tenant, const char *json)
{
    struct step step = {.act = act_patch_rfi, .name = str_of(tenant), .input = json_of(w, json)};
    return in_job(w, REPO_WRITE, &step);
}

static void act_seed_rfi(const struct change *c, struct step *s)
{
    s->outcome.rc = rfi_seed(c, s->input, &s->outcome.err);
}

struct outcome seed_rfi(struct world *w, const char *json)
{
    struct step step = {.act = act_seed_rfi, .input = input_of(w, &schema_rfi, json, model_load)};
    return in_job(w, REPO_WRITE, &step);
}

static void act_seed_address(const struct change *c, struct step *s)
{
    s->outcome.rc = civic_address_seed(c, s->input, &s->outcome.err);
}

struct outcome seed_address(struct world *w, const char *account, const char *json)
{
    struct civic_address *address = input_of(w, &schema_civic_address, json, model_load);
    address->account_name = str_of(account);
    struct step step = {.act = act_seed_address, .input = address};
    return in_job(w, REPO_WRITE, &step);
}

void assert_says_at(struct outcome outcome, const char *text, size_t index, const char *file, int line)
{
    if (strcmp(outcome.says, text) != 0) {
        print_error("case %zu: \"%s\" instead of \"%s\" (%s)\n", index, outcome.says, text, outcome.err.msg);
        _fail(file, line);
    }
}

/* ---- reading ---- */

static enum rc absent_is_fine(enum rc rc)
{
    return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static const void *found_by(struct world *w, struct step step)
{
    assert_says(in_job(w, REPO_POINT, &step), "");
    return step.found;
}

static void act_read_account(const struct change *c, struct step *s)
{
    const struct account *found = NULL;
    s->outcome.rc =
        absent_is_fine(repo_account_find(c->tx, c->mem, s->name, REPO_READ, &found, &s->outcome.err));
    s->found = found;
}

const struct account *read_account(struct world *w, const char *name)
{
    return found_by(w, (struct step){.act = act_read_account, .name = str_of(name)});
}

static void act_read_number(const struct change *c, struct step *s)
{
    const struct number *found = NULL;
    s->outcome.rc =
        absent_is_fine(repo_number_find(c->tx, c->mem, s->number, REPO_READ, &found, &s->outcome.err));
    s->found = found;
}

const struct number *read_number(struct world *w, int64_t number)
{
    return found_by(w, (struct step){.act = act_read_number, .number = number});
}

static void act_read_rfi(const struct change *c, struct step *s)
{
    const struct rfi *found = NULL;
    s->outcome.rc = absent_is_fine(repo_rfi_find(c->tx, c->mem, s->name, REPO_READ, &found, &s->outcome.err));
    s->found = found;
}

const struct rfi *read_rfi(struct world *w, const char *tenant)
{
    return found_by(w, (struct step){.act = act_read_rfi, .name = str_of(tenant)});
}

static void act_read_address(const struct change *c, struct step *s)
{
    const struct civic_address *found = NULL;
    s->outcome.rc =
        absent_is_fine(repo_civic_address_find(c->tx, c->mem, s->name, s->key, &found, &s->outcome.err));
    s->found = found;
}

const struct civic_address *read_address(struct world *w, const char *account, const char *id)
{
    return found_by(w, (struct step){.act = act_read_address, .name = str_of(account), .key = str_of(id)});
}

static void act_read_counts(const struct change *c, struct step *s)
{
    s->outcome.rc = repo_number_counts(c->tx, s->name, &s->counts, &s->outcome.err);
}

struct number_counts read_counts(struct world *w, const char *account)
{
    struct step step = {.act = act_read_counts, .name = str_of(account)};
    assert_says(in_job(w, REPO_POINT, &step), "");
    return step.counts;
}

static void act_read_audit(const struct change *c, struct step *s)
{
    struct audit_query query = {
        .page = {.limit = 100000, .newest_first = true}, .since = CLOCK_ABSENT, .until = CLOCK_ABSENT};
    s->outcome.rc = repo_audit_list(c->tx, c->mem, &query, &s->page, &s->outcome.err);
}

struct list_page read_audit(struct world *w)
{
    struct step step = {.act = act_read_audit};
    assert_says(in_job(w, REPO_LIST, &step), "");
    return step.page;
}

/* A page ends early where its rows are many. */
static void act_count_audit(const struct change *c, struct step *s)
{
    struct audit_query query = {.page = {.limit = 100000}, .since = CLOCK_ABSENT, .until = CLOCK_ABSENT};
    struct list_page page = {.more = true};
    while (s->outcome.rc == RC_OK && page.more) {
        s->outcome.rc = repo_audit_list(c->tx, c->mem, &query, &page, &s->outcome.err);
        s->page.items.count += page.items.count;
        query.page.after = page.last;
    }
}

size_t audit_count(struct world *w)
{
    struct step step = {.act = act_count_audit};
    assert_says(in_job(w, REPO_LIST, &step), "");
    return step.page.items.count;
}

const struct audit_row *audit_newest(struct world *w)
{
    struct list_page page = read_audit(w);
    return page.items.count > 0 ? page.items.items : NULL;
}

/* Of a row that does not rest; read behind the repositories' back. */
int64_t outbox_seq(struct world *w, enum outbox_kind kind, const char *key)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_open_v2(w->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "select seq from outbox where kind = ? and key = ? and not_before < 9e18", -1,
                           &stmt, NULL),
        SQLITE_OK);
    sqlite3_bind_int(stmt, 1, (int)kind);
    sqlite3_bind_text(stmt, 2, key, -1, SQLITE_STATIC);
    int64_t seq = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return seq;
}

/* ---- what a back end would have said ---- */

static void act_assigned(const struct change *c, struct step *s)
{
    const struct number *before = NULL;
    s->outcome.rc = repo_number_find(c->tx, c->mem, s->number, REPO_UPDATE, &before, &s->outcome.err);
    if (s->outcome.rc != RC_OK) {
        return;
    }
    struct number number = *before;
    struct number_services services = *before->services;
    struct number_service service = *before->services->of[SERVICE_OPERATOR_CONNECT];
    struct number_teams_config config = {0};
    static const struct str acquired[] = {STR("UserAssignment")};
    service.assignment_status = ASSIGNMENT_ASSIGNED;
    if (service.configuration != NULL) {
        config = *service.configuration;
        config.acquired_capabilities = (struct text_list){acquired, 1};
        service.configuration = &config;
    }
    services.of[SERVICE_OPERATOR_CONNECT] = &service;
    number.services = &services;
    const struct number *rows[] = {&number};
    s->outcome.rc = repo_numbers_write(c->tx, rows, 1, true, &s->outcome.err);
}

void given_assigned(struct world *w, int64_t number)
{
    struct step step = {.act = act_assigned, .number = number};
    assert_says(in_job(w, REPO_WRITE, &step), "");
}

static void act_account_status(const struct change *c, struct step *s)
{
    const struct account *before = NULL;
    s->outcome.rc = repo_account_find(c->tx, c->mem, s->name, REPO_UPDATE, &before, &s->outcome.err);
    if (s->outcome.rc != RC_OK) {
        return;
    }
    struct account account = *before;
    struct account_services services = *before->services;
    struct account_service service = {0};
    if (services.of[SERVICE_DIRECT_ROUTING] != NULL) {
        service = *services.of[SERVICE_DIRECT_ROUTING];
        service.subdomain_status = (enum subdomain_status)s->other;
        services.of[SERVICE_DIRECT_ROUTING] = &service;
    }
    account.services = &services;
    account.provisioning_status = (enum provisioning_status)s->value;
    s->outcome.rc = repo_account_write(c->tx, &account, true, &s->outcome.err);
}

void given_account_status(struct world *w, const char *name, enum provisioning_status status,
                          enum subdomain_status subdomain)
{
    struct step step = {.act = act_account_status, .name = str_of(name), .value = status, .other = subdomain};
    assert_says(in_job(w, REPO_WRITE, &step), "");
}

static void act_number_status(const struct change *c, struct step *s)
{
    const struct number *before = NULL;
    s->outcome.rc = repo_number_find(c->tx, c->mem, s->number, REPO_UPDATE, &before, &s->outcome.err);
    if (s->outcome.rc == RC_OK) {
        struct number number = *before;
        const struct number *rows[] = {&number};
        number.provisioning_status = (enum provisioning_status)s->value;
        s->outcome.rc = repo_numbers_write(c->tx, rows, 1, true, &s->outcome.err);
    }
}

void given_number_status(struct world *w, int64_t number, enum provisioning_status status)
{
    struct step step = {.act = act_number_status, .number = number, .value = status};
    assert_says(in_job(w, REPO_WRITE, &step), "");
}

static void act_counts(const struct change *c, struct step *s)
{
    struct number_counts delta = {.all = s->number};
    s->outcome.rc = repo_number_counts_add(c->tx, s->name, &delta, c->now, &s->outcome.err);
}

void given_counts(struct world *w, const char *account, int64_t numbers)
{
    struct step step = {.act = act_counts, .name = str_of(account), .number = numbers};
    assert_says(in_job(w, REPO_WRITE, &step), "");
}

/* ---- little memory ---- */

#define ARENA_STEP 192

void check_small_arenas(struct world *w, struct outcome (*act)(struct world *w))
{
    size_t rows = audit_count(w), refused = 0;
    bool passed = false;
    for (size_t bytes = ARENA_STEP; !passed; bytes += ARENA_STEP) {
        w->job_mem = arena_new(bytes);
        struct outcome outcome = act(w);
        passed = outcome.rc == RC_OK;
        refused += outcome.rc == RC_LIMIT;
        arena_free(w->job_mem);
        w->job_mem = NULL;
        if (!passed && (outcome.rc != RC_LIMIT || audit_count(w) != rows)) {
            fail_msg("%zu bytes: %s: %s", bytes, outcome.says, outcome.err.msg);
        }
    }
    assert_true(refused > 3);
}

/* ---- preconditions ---- */

struct precondition if_match(struct world *w, struct etag etag)
{
    struct etag *item = arena_new_of(w->mem, struct etag);
    *item = etag;
    return (struct precondition){.has_match = true, .match = {.items = item, .count = 1}};
}

struct precondition if_match_any(void)
{
    return (struct precondition){.has_match = true, .match = {.any = true}};
}

struct precondition if_none_match_any(void)
{
    return (struct precondition){.has_none_match = true, .none_match = {.any = true}};
}
