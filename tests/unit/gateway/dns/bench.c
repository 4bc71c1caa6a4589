#include "bench.h"

#include <semaphore.h>
#include <time.h>

int bench_make(struct bench *b)
{
    if (world_setup((void **)&b->w) != 0) {
        return -1;
    }
    b->config = (struct dns_config){.repo = b->w->repo,
                                    .domain = &b->w->facts,
                                    .facts = {.base_domain = b->w->facts.base_domain,
                                              .owner = STR("one"),
                                              .regions = {{.signalling_address = STR("192.0.2.1")},
                                                          {.signalling_address = STR("192.0.2.2")}},
                                              .region_count = 2},
                                    .retry_max_ms = 100,
                                    .look_ms = 20};
    return 0;
}

int bench_drop(struct bench *b)
{
    stop(b);
    return world_teardown((void **)&b->w);
}

void stop(struct bench *b)
{
    dns_stop(b->dns);
    b->dns = NULL;
}

void pause_briefly(void)
{
    struct timespec t = {.tv_nsec = 2000000};
    (void)nanosleep(&t, NULL);
}

/* ---- the store ---- */

struct call {
    struct repo_job job; /* first */
    enum rc (*fn)(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err);
    void *arg;
    sem_t done;
    enum rc rc;
};

static enum rc call_run(struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    struct call *call = (struct call *)(void *)job;
    return call->fn(tx, job->mem, call->arg, err);
}

static void call_done(struct repo_job *job, enum rc rc, const struct err *err)
{
    struct call *call = (struct call *)(void *)job;
    (void)err;
    call->rc = rc;
    sem_post(&call->done);
}

enum rc in_store(struct bench *b, enum repo_kind kind,
                 enum rc (*fn)(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err), void *arg)
{
    struct call call = {.job = {.kind = kind,
                                .deadline = mono_after(clock_mono(), SECONDS * 1000),
                                .op = {STR("test"), STR("operation-2")},
                                .mem = b->w->mem,
                                .run = call_run,
                                .done = call_done},
                        .fn = fn,
                        .arg = arg};
    sem_init(&call.done, 0, 0);
    repo_submit(b->w->repo, &call.job);
    while (sem_wait(&call.done) != 0) {
    }
    sem_destroy(&call.done);
    return call.rc;
}

/* ---- life ---- */

static enum rc find_zone_row(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    return repo_outbox_find(tx, mem, OUTBOX_ZONE, STR(DNS_ZONE_KEY), arg, err);
}

/* `before`: its sequence before it was touched. */
static bool is_looked_at(struct bench *b, int64_t before)
{
    struct outbox_state state;
    return outbox_seq(b->w, OUTBOX_ZONE, DNS_ZONE_KEY) > before &&
           in_store(b, REPO_LIST, find_zone_row, &state) == RC_OK && state.wait_ms > 0;
}

void start(struct bench *b)
{
    int64_t before = outbox_seq(b->w, OUTBOX_ZONE, DNS_ZONE_KEY);
    assert_int_equal(dns_start(&b->config, &b->dns, NULL), RC_OK);
    await(is_looked_at(b, before));
}

/* ---- customers ---- */

static void put_with(struct bench *b, const char *name, const char *service)
{
    const char *json = arena_cstr(
        b->w->mem,
        arena_printf(b->w->mem, "{'name':'%s','serviceDetails':{'teamsDirectRouting':{%s}}}", name, service));
    assert_says(put_account(b->w, json), "");
    if (b->dns != NULL) {
        dns_wake(b->dns, 1U << OUTBOX_DNS);
    }
}

void put_customer(struct bench *b, const char *name, const char *label, const char *token)
{
    put_with(b, name,
             arena_cstr(b->w->mem,
                        arena_printf(b->w->mem,
                                     "'enabled':true,'syncEnabled':false,'configuration':{'callScreening'"
                                     ":true,'subdomain':'%s','subdomainTokens':{'region1Token':'%s',"
                                     "'region2Token':'%s'}}",
                                     label, token, token)));
}

void disable_customer(struct bench *b, const char *name)
{
    put_with(b, name, "'enabled':false,'syncEnabled':false");
}

struct row_asked {
    struct str label;
    struct subdomain row;
};

static enum rc find_row(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct row_asked *asked = arg;
    return repo_subdomain_find(tx, mem, asked->label, &asked->row, err);
}

struct subdomain row_of(struct bench *b, const char *label)
{
    struct row_asked asked = {.label = str_of(label)};
    enum rc rc = in_store(b, REPO_POINT, find_row, &asked);
    assert_true(rc == RC_OK || rc == RC_NOT_FOUND);
    return rc == RC_OK ? asked.row : (struct subdomain){.label = STR_NONE};
}

static enum rc count_rows(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct subdomain_counts counts;
    (void)mem;
    enum rc rc = repo_subdomain_counts(tx, &counts, err);
    *(size_t *)arg = (size_t)(counts.kept + counts.leaving);
    return rc;
}

size_t row_count(struct bench *b)
{
    size_t count = 0;
    assert_int_equal(in_store(b, REPO_LIST, count_rows, &count), RC_OK);
    return count;
}

static enum rc count_work(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct outbox_counts counts;
    enum rc rc = repo_outbox_counts(tx, mem, OUTBOX_DNS, 1000, &counts, err);
    *(size_t *)arg = (size_t)counts.rows;
    return rc;
}

size_t work_count(struct bench *b)
{
    size_t count = 0;
    assert_int_equal(in_store(b, REPO_LIST, count_work, &count), RC_OK);
    return count;
}

static enum rc read_serial(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    return repo_zone_serial(tx, arg, err);
}

uint32_t serial_of(struct bench *b)
{
    uint32_t serial = 0;
    assert_int_equal(in_store(b, REPO_POINT, read_serial, &serial), RC_OK);
    return serial;
}
