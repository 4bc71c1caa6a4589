/* The engine on the real store, with the other side in memory: what moves, what does not, and what is left after each fault. */
#include "../domain/world.h"

#include <limits.h>
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/buf.h"
#include "gateway/domain/heard.h"
#include "gateway/domain/steer.h"
#include "gateway/sync/sweep.h"
#include "gateway/sync/sync.h"
#include "side.h"

#define TENANT  "aaaaaaaa-0000-4000-8000-00000000000a"
#define N1      441632960001
#define OTHERS  "bbbbbbbb-0000-4000-8000-00000000000b"
#define SECONDS 60 /* that a condition may take */

#define ACCOUNT_OF(name, tenant, sync)                                                                       \
    "{'name':'" name "','serviceDetails':{'teamsTenantId':'" tenant                                          \
    "','teamsOperatorConnect':{'enabled':true,'syncEnabled':" sync "}}}"
#define ACCOUNT(sync) ACCOUNT_OF("contoso", TENANT, sync)
#define NUMBER_OF(account, number, usage)                                                                    \
    "{'telephoneNumber':'+" number "','accountName':'" account                                               \
    "','serviceDetails':{'teamsOperatorConnect':{'enabled':true,'configuration':{'usage':'" usage            \
    "','choosableCapabilities':['InboundCalling'],'allowTenantAddressUpdate':true}}}}"
#define NUMBER(number) NUMBER_OF("contoso", number, "CallingUserAssignment")
#define NUMBER1        NUMBER("441632960001")

struct bench {
    struct world *w;
    struct side *side;
    struct sync *sync;
    uint32_t sweep_ms;
};

static void start(struct bench *b)
{
    const struct sync_config config = {.repo = b->w->repo,
                                       .backend = &b->side->backend,
                                       .facts = &b->w->facts,
                                       .calls = 2,
                                       .poll_ms = 50,
                                       .sweep_ms = b->sweep_ms,
                                       .retry_max_ms = 100,
                                       .look_ms = 20};
    assert_int_equal(sync_start(&config, &b->sync, NULL), RC_OK);
}

static void stop(struct bench *b)
{
    sync_stop(b->sync);
    b->sync = NULL;
}

static int given_bench(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    if (world_setup((void **)&b->w) != 0) {
        return -1;
    }
    b->w->facts.backend_configured = true;
    b->side = side_new();
    b->sweep_ms = 200;
    side_consent(b->side, TENANT, CONSENT_ACTIVE, "GB");
    start(b);
    *state = b;
    return 0;
}

static int drop_bench(void **state)
{
    struct bench *b = *state;
    stop(b);
    side_free(b->side);
    int failed = world_teardown((void **)&b->w);
    free(b);
    return failed;
}

/* ---- waiting ---- */

static void pause_briefly(void)
{
    struct timespec t = {.tv_nsec = 2000000};
    (void)nanosleep(&t, NULL);
}

#define await(condition)                                                                                     \
    do {                                                                                                     \
        struct mono until = mono_after(clock_mono(), SECONDS * 1000);                                        \
        while (!(condition)) {                                                                               \
            if (mono_left_ms(until, clock_mono()) == 0) {                                                    \
                fail_msg("%s:%d: not within %d s: %s", __FILE__, __LINE__, SECONDS, #condition);             \
            }                                                                                                \
            pause_briefly();                                                                                 \
        }                                                                                                    \
    } while (0)

static bool is_status(struct bench *b, int64_t number, enum provisioning_status status)
{
    const struct number *n = read_number(b->w, number);
    return n != NULL && n->provisioning_status == status;
}

static bool is_failed_with(struct bench *b, int64_t number, const char *code)
{
    const struct number *n = read_number(b->w, number);
    const struct wire_error *errors = n != NULL ? n->provisioning_errors.items : NULL;
    return n != NULL && n->provisioning_status == PROVISIONING_FAILED && n->provisioning_errors.count == 1 &&
           str_eq(errors[0].code, str_of(code)) &&
           str_eq(errors[0].target, STR("serviceDetails.teamsOperatorConnect"));
}

static bool is_account(struct bench *b, enum provisioning_status status)
{
    return read_account(b->w, "contoso")->provisioning_status == status;
}

static unsigned uploads_of(struct bench *b, int64_t number)
{
    side_lock(b->side);
    const struct side_number *there = side_find(b->side, SERVICE_OPERATOR_CONNECT, number);
    unsigned uploads = there != NULL ? there->uploads : 0;
    side_unlock(b->side);
    return uploads;
}

#define with(side_, ...)                                                                                     \
    do {                                                                                                     \
        side_lock(side_);                                                                                    \
        __VA_ARGS__;                                                                                         \
        side_unlock(side_);                                                                                  \
    } while (0)

/* ---- what operators see and say of sweeps ---- */

struct saying {
    struct repo_job job; /* first */
    sem_t done;
    enum sweep_mode mode;
    struct sweep sweep;
    bool paused;
};

static enum rc look(struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    struct saying *saying = (struct saying *)(void *)job;
    enum rc rc = sweep_read(tx, job->mem, STR(TENANT), REPO_READ, &saying->sweep, err);
    return rc == RC_OK ? repo_outbox_paused(tx, OUTBOX_SYNC, STR("contoso"), &saying->paused, err) : rc;
}

static enum rc ask(struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    struct saying *saying = (struct saying *)(void *)job;
    enum rc rc = sweep_ask(tx, job->mem, STR(TENANT), saying->mode, err);
    return rc == RC_OK ? repo_outbox_pause(tx, OUTBOX_SYNC, STR("contoso"), false, err) : rc;
}

static void said(struct repo_job *job, enum rc rc, const struct err *err)
{
    (void)err;
    assert_int_equal(rc, RC_OK);
    sem_post(&((struct saying *)(void *)job)->done);
}

static struct saying say(struct bench *b, enum repo_kind kind, enum sweep_mode mode,
                         enum rc (*run)(struct repo_tx *, struct repo_job *, struct err *))
{
    struct saying saying = {.mode = mode,
                            .job = {.kind = kind,
                                    .deadline = mono_after(clock_mono(), 10000),
                                    .op = {STR("test"), STR("sweep-of-test")},
                                    .mem = b->w->mem,
                                    .run = run,
                                    .done = said}};
    sem_init(&saying.done, 0, 0);
    repo_submit(b->w->repo, &saying.job);
    sem_wait(&saying.done);
    sem_destroy(&saying.done);
    return saying;
}

static bool is_paused(struct bench *b)
{
    return say(b, REPO_LIST, SWEEP_ROLLING, look).paused;
}

static struct sweep_result last_sweep(struct bench *b)
{
    return say(b, REPO_LIST, SWEEP_ROLLING, look).sweep.last;
}

static void resume_with(struct bench *b, enum sweep_mode mode)
{
    (void)say(b, REPO_WRITE, mode, ask);
}

/* ---- what a person asks for ---- */

struct releasing {
    struct repo_job job; /* first */
    sem_t done;
    struct bench *b;
    int64_t number;
    bool person; /* and the service is launched */
    enum rc rc;
};

static enum rc retry_now(struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    const struct releasing *r = (struct releasing *)(void *)job;
    const struct change change = {tx,           job->mem,        &r->b->w->actor,
                                  r->b->w->now, &r->b->w->facts, STR("retry-of-test")};
    struct steer_result result;
    return account_retry(&change, STR("contoso"), 100, &result, err);
}

static enum rc release_now(struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    const struct releasing *r = (struct releasing *)(void *)job;
    struct actor actor = r->b->w->actor;
    struct domain_facts facts = r->b->w->facts;
    actor.is_user = facts.launched[SERVICE_OPERATOR_CONNECT] = r->person;
    const struct change change = {tx, job->mem, &actor, r->b->w->now, &facts, STR("release-of-test")};
    return orphans_release(&change, STR("contoso"), &r->number, 1, err);
}

static void released(struct repo_job *job, enum rc rc, const struct err *err)
{
    struct releasing *r = (struct releasing *)(void *)job;
    (void)err;
    r->rc = rc;
    sem_post(&r->done);
}

static struct releasing ask_as(struct bench *b, int64_t number, bool person,
                               enum rc (*run)(struct repo_tx *, struct repo_job *, struct err *))
{
    struct releasing r = {.b = b,
                          .number = number,
                          .person = person,
                          .job = {.kind = REPO_WRITE,
                                  .deadline = mono_after(clock_mono(), 10000),
                                  .op = {STR("test"), STR("ask-of-test")},
                                  .mem = b->w->mem,
                                  .run = run,
                                  .done = released}};
    sem_init(&r.done, 0, 0);
    repo_submit(b->w->repo, &r.job);
    sem_wait(&r.done);
    sem_destroy(&r.done);
    return r;
}

static struct releasing ask_for(struct bench *b, int64_t number,
                                enum rc (*run)(struct repo_tx *, struct repo_job *, struct err *))
{
    return ask_as(b, number, false, run);
}

static struct releasing release_orphan(struct bench *b, int64_t number)
{
    return ask_for(b, number, release_now);
}

static void retry(struct bench *b)
{
    assert_int_equal(ask_for(b, 0, retry_now).rc, RC_OK);
}

/* ---- given ---- */

static void given_account(struct bench *b)
{
    await(read_rfi(b->w, TENANT) != NULL);
    assert_says(put_account(b->w, ACCOUNT("true")), "");
}

static void given_synced(struct bench *b)
{
    given_account(b);
    assert_says(put_number(b->w, NUMBER1), "");
    await(is_status(b, N1, PROVISIONING_SYNCED));
}

/* `form` with the number where the '#' is. */
static struct str number_like(struct arena *mem, const char *form, int64_t number)
{
    const char *place = strchr(form, '#');
    return arena_printf(mem, "%.*s%lld%s", (int)(place - form), form, (long long)number, place + 1);
}

/* From N1 on, in batches of the contract's size; `form` has a place for the number. */
static void given_numbers_like(struct bench *b, const char *form, int count)
{
    struct arena *mem = arena_new(64UL * 1024 * 1024);
    for (int i = 0; i < count; i += LIMIT_BATCH) {
        struct buf body;
        buf_init(&body, LIMIT_BODY);
        buf_put_str(&body, STR("{'numbers':["));
        for (int k = i; k < i + LIMIT_BATCH; k++) {
            struct str one = number_like(mem, form, N1 + k);
            buf_put_str(&body, k > i ? STR(",") : STR(""));
            buf_put_str(&body, one);
        }
        buf_put_str(&body, STR("]}"));
        b->w->job_mem = mem;
        assert_says(put_numbers(b->w, "contoso", arena_cstr(mem, buf_str(&body))), "");
        b->w->job_mem = NULL;
        arena_reset(mem);
        buf_clear(&body);
    }
    arena_free(mem);
}

static void given_numbers(struct bench *b, int count)
{
    given_numbers_like(b, NUMBER("#"), count);
}

/* ---- the usual way ---- */

static void test_number__is_uploaded_and_released(void **state)
{
    struct bench *b = *state;
    given_account(b);
    struct outcome put = put_number(b->w, NUMBER1);
    assert_int_equal(put.number->provisioning_status, PROVISIONING_PENDING);
    await(is_status(b, N1, PROVISIONING_SYNCED));
    await(is_account(b, PROVISIONING_SYNCED));
    assert_true(side_has(b->side, TENANT, N1));
    const struct number *now = read_number(b->w, N1);
    assert_int_equal(now->revision.configuration, put.number->revision.configuration);
    assert_true(now->revision.status > put.number->revision.status);
    assert_int_equal(now->services->of[SERVICE_OPERATOR_CONNECT]->assignment_status, ASSIGNMENT_UNASSIGNED);
    assert_says(delete_number(b->w, "contoso", N1), "");
    assert_null(read_number(b->w, N1));
    await(!side_has(b->side, TENANT, N1));
    await(outbox_seq(b->w, OUTBOX_SYNC, "contoso") == 0);
    assert_int_equal(read_counts(b->w, "contoso").all, 0);
}

static void test_numbers__travel_together(void **state)
{
    struct bench *b = *state;
    struct arena *mem = b->w->mem;
    given_account(b);
    struct str items = STR("");
    for (int i = 0; i < 90; i++) {
        struct str one =
            arena_printf(mem,
                         "%s{'telephoneNumber':'+44163296%04d','accountName':'contoso','serviceDetails':{"
                         "'teamsOperatorConnect':{'enabled':true,'configuration':{'usage':"
                         "'CallingUserAssignment','choosableCapabilities':[]}}}}",
                         i > 0 ? "," : "", i);
        items = arena_printf(mem, "%" STR_FMT "%" STR_FMT, STR_ARG(items), STR_ARG(one));
    }
    struct str body = arena_printf(mem, "{'numbers':[%" STR_FMT "]}", STR_ARG(items));
    assert_says(put_numbers(b->w, "contoso", arena_cstr(mem, body)), "");
    await(outbox_seq(b->w, OUTBOX_SYNC, "contoso") == 0);
    for (int i = 0; i < 90; i++) {
        assert_true(is_status(b, 441632960000 + i, PROVISIONING_SYNCED));
    }
    with(b->side, assert_int_equal(b->side->orders, 5)); /* of at most 20 */
}

static void test_order__that_runs_long_does_not_hold_up_others(void **state)
{
    enum { NUMBERS = 400 }; /* more orders than an account may have open */
    struct bench *b = *state;
    given_account(b);
    stop(b);
    given_numbers(b, NUMBERS);
    with(b->side, b->side->held = N1);
    start(b);
    for (int i = 20; i < NUMBERS; i++) { /* those of the first order are N1's company */
        await(is_status(b, N1 + i, PROVISIONING_SYNCED));
    }
    assert_true(is_status(b, N1, PROVISIONING_PENDING));
    with(b->side, b->side->held = 0);
    await(is_status(b, N1, PROVISIONING_SYNCED));
    with(b->side, assert_int_equal(b->side->orders, NUMBERS / 20));
}

static void test_change__that_comes_while_an_order_runs_is_sent_after_it(void **state)
{
    struct bench *b = *state;
    given_account(b);
    with(b->side, b->side->hold = true);
    assert_says(put_number(b->w, NUMBER1), "");
    await(b->side->orders == 1);
    struct outcome changed =
        put_number(b->w, "{'telephoneNumber':'+441632960001','accountName':'contoso','serviceDetails':{"
                         "'teamsOperatorConnect':{'enabled':true,'configuration':{'usage':"
                         "'CallingUserAssignment','choosableCapabilities':['Mobile']}}}}");
    assert_says(changed, "");
    with(b->side, b->side->hold = false);
    await(is_status(b, N1, PROVISIONING_SYNCED));
    assert_int_equal(uploads_of(b, N1), 2);
    with(b->side, {
        const struct side_number *there = side_find(b->side, SERVICE_OPERATOR_CONNECT, N1);
        assert_true(str_eq(there->number.settings.choosable_capabilities.items[0], STR("Mobile")));
    });
}

static void test_usage__that_changes_is_released_first(void **state)
{
    struct bench *b = *state;
    given_synced(b);
    assert_says(put_number(b->w, NUMBER_OF("contoso", "441632960001", "FirstPartyAppAssignment")), "");
    await(is_status(b, N1, PROVISIONING_SYNCED));
    with(b->side, assert_true(str_eq(side_find(b->side, SERVICE_OPERATOR_CONNECT, N1)->number.settings.usage,
                                     STR("FirstPartyAppAssignment"))));
}

static void test_usage__of_an_assigned_number_cannot_change(void **state)
{
    struct bench *b = *state;
    given_synced(b);
    side_assign(b->side, N1, true);
    assert_says(put_number(b->w, NUMBER_OF("contoso", "441632960001", "FirstPartyAppAssignment")), "");
    await(is_failed_with(b, N1, "NumberAssigned"));
    assert_true(side_has(b->side, TENANT, N1));
    await(outbox_seq(b->w, OUTBOX_SYNC, "contoso") == 0); /* and it is left at that */
}

/* ---- refusals ---- */

static void test_refusal__fails_its_number_alone(void **state)
{
    struct bench *b = *state;
    given_account(b);
    with(b->side, {
        b->side->refused = N1;
        b->side->refused_code = "UnknownUsage";
        b->side->refused_times = 1;
    });
    assert_says(put_number(b->w, NUMBER1), "");
    assert_says(put_number(b->w, NUMBER("441632960002")), "");
    await(is_failed_with(b, N1, "UnknownUsage"));
    await(is_status(b, N1 + 1, PROVISIONING_SYNCED));
    assert_says(put_number(b->w, NUMBER1), ""); /* asks for another try */
    await(is_status(b, N1, PROVISIONING_SYNCED));
}

static void test_refusal__that_may_pass_is_tried_again(void **state)
{
    struct bench *b = *state;
    given_account(b);
    with(b->side, {
        b->side->refused = N1;
        b->side->refused_code = "InternalError";
        b->side->refused_times = 4;
    });
    assert_says(put_number(b->w, NUMBER1), "");
    await(is_status(b, N1, PROVISIONING_SYNCED));
    assert_int_equal(uploads_of(b, N1), 1);
}

/* More numbers than a run has orders for at a time, and the first of them is refused for now, again and again. */
static void test_refusal__that_does_not_pass_holds_up_no_other(void **state)
{
    enum { MANY = 1000 };
    struct bench *b = *state;
    given_account(b);
    stop(b);
    given_numbers(b, MANY);
    with(b->side, {
        b->side->refused = N1;
        b->side->refused_code = "InternalError";
        b->side->refused_times = UINT_MAX;
    });
    start(b);
    await(is_status(b, N1 + MANY - 1, PROVISIONING_SYNCED));
    with(b->side, assert_true(UINT_MAX - b->side->refused_times <= 3));
    assert_true(is_status(b, N1, PROVISIONING_PENDING));
    with(b->side, b->side->refused_times = 0);
    await(is_status(b, N1, PROVISIONING_SYNCED));
}

static void test_refusal__of_an_order_names_the_bad_number(void **state)
{
    struct bench *b = *state;
    given_account(b);
    stop(b);
    assert_says(put_number(b->w, NUMBER1), "");
    assert_says(put_number(b->w, NUMBER("441632960002")), "");
    with(b->side, {
        b->side->fault = SIDE_REFUSES;
        b->side->fault_times = 1;
    });
    start(b);
    await(is_failed_with(b, N1, "UnknownUsage"));
    await(is_status(b, N1 + 1, PROVISIONING_SYNCED));
}

static void test_order__of_numbers_with_very_many_settings_can_be_read_again(void **state)
{
    enum { NUMBERS = 1000, CAPABILITIES = 100 }; /* more values in a batch than a document may have */
    struct bench *b = *state;
    struct str list = STR("");
    b->side->backend.batch = 500;
    for (int i = 0; i < CAPABILITIES; i++) {
        list = arena_printf(b->w->mem, "%" STR_FMT "%s'C%d'", STR_ARG(list), i > 0 ? "," : "", i);
    }
    struct str form = arena_printf(b->w->mem,
                                   "{'telephoneNumber':'+#','accountName':'contoso','serviceDetails':{"
                                   "'teamsOperatorConnect':{'enabled':true,'configuration':{'usage':"
                                   "'CallingUserAssignment','choosableCapabilities':[%" STR_FMT "]}}}}",
                                   STR_ARG(list));
    given_account(b);
    with(b->side, b->side->hold = true);
    given_numbers_like(b, arena_cstr(b->w->mem, form), NUMBERS);
    await(b->side->orders >= 3);
    stop(b); /* what follows is read from the store */
    with(b->side, b->side->hold = false);
    start(b);
    await(outbox_seq(b->w, OUTBOX_SYNC, "contoso") == 0);
    assert_true(is_status(b, N1 + NUMBERS - 1, PROVISIONING_SYNCED));
}

static void test_refusal__of_very_many_numbers_needs_little_memory(void **state)
{
    enum { MANY = 12000 };
    struct bench *b = *state;
    stop(b);
    assert_says(put_account(b->w, ACCOUNT_OF("contoso", OTHERS, "true")), "");
    given_numbers(b, MANY);
    start(b);
    await(is_failed_with(b, N1 + MANY - 1, "ConsentRequired"));
    await(outbox_seq(b->w, OUTBOX_SYNC, "contoso") == 0);
    assert_true(is_failed_with(b, N1, "ConsentRequired"));
}

static void test_number__without_a_configuration_fails_here(void **state)
{
    struct bench *b = *state;
    given_account(b);
    assert_says(put_number(b->w,
                           "{'telephoneNumber':'+441632960001','accountName':'contoso','serviceDetails':{"
                           "'teamsOperatorConnect':{'enabled':true}}}"),
                "");
    await(is_failed_with(b, N1, "ConfigurationRequired"));
    with(b->side, assert_int_equal(b->side->orders, 0));
}

/* ---- consents ---- */

static void test_consent__that_is_missing_fails_account_and_numbers_until_it_comes(void **state)
{
    struct bench *b = *state;
    assert_says(put_account(b->w, ACCOUNT_OF("contoso", OTHERS, "true")), "");
    assert_says(put_number(b->w, NUMBER1), "");
    await(is_failed_with(b, N1, "ConsentRequired"));
    await(is_account(b, PROVISIONING_FAILED));
    side_consent(b->side, OTHERS, CONSENT_ACTIVE, "UK");
    await(is_status(b, N1, PROVISIONING_SYNCED));
    await(is_account(b, PROVISIONING_SYNCED));
    assert_true(side_has(b->side, OTHERS, N1));
}

static void test_consent__must_cover_the_country(void **state)
{
    struct bench *b = *state;
    given_account(b);
    assert_says(put_number(b->w, NUMBER("4930900001")), "");
    await(is_failed_with(b, 4930900001, "CountryNotConsented"));
    side_consent(b->side, TENANT, CONSENT_ACTIVE, "DE");
    await(is_status(b, 4930900001, PROVISIONING_SYNCED));
}

static void test_consent__becomes_an_rfi_and_its_end_is_seen(void **state)
{
    struct bench *b = *state;
    await(read_rfi(b->w, TENANT) != NULL && read_rfi(b->w, TENANT)->status == CONSENT_ACTIVE);
    side_consent(b->side, TENANT, CONSENT_SUSPENDED, "GB");
    await(read_rfi(b->w, TENANT)->status == CONSENT_SUSPENDED);
    with(b->side, b->side->consent_count = 0);
    await(read_rfi(b->w, TENANT)->status == CONSENT_REMOVED);
    assert_int_equal(audit_newest(b->w)->way, ACTOR_SYNC);
}

/* r->number: it is. */
static enum rc is_news(struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    struct releasing *r = (struct releasing *)(void *)job;
    const struct change change = {tx,           job->mem,        &r->b->w->actor,
                                  r->b->w->now, &r->b->w->facts, STR("news-of-test")};
    bool news = false;
    side_lock(r->b->side);
    enum rc rc = rfi_is_news(&change, &r->b->side->consents[0], &news, err);
    side_unlock(r->b->side);
    r->number = news;
    return rc;
}

static void test_consent__that_is_as_it_was_is_no_news(void **state)
{
    struct bench *b = *state;
    await(read_rfi(b->w, TENANT) != NULL);
    stop(b);
    assert_int_equal(ask_for(b, 0, is_news).number, 0);
    side_consent(b->side, TENANT, CONSENT_ACTIVE, "DE");
    assert_int_equal(ask_for(b, 0, is_news).number, 1);
    side_consent(b->side, TENANT, CONSENT_SUSPENDED, "GB");
    assert_int_equal(ask_for(b, 0, is_news).number, 1);
    side_consent(b->side, TENANT, CONSENT_ACTIVE, "GB");
    assert_int_equal(ask_for(b, 0, is_news).number, 0);
    with(b->side, b->side->consents[0].tenant_id = STR(OTHERS));
    assert_int_equal(ask_for(b, 0, is_news).number, 1);
}

static void test_consents__that_are_gone_are_seen_however_many_we_have(void **state)
{
    enum { OURS = 1100 };
    struct bench *b = *state;
    char tenant[128];
    stop(b);
    for (int i = 0; i < OURS; i++) {
        snprintf(tenant, sizeof tenant, "{'tenantId':'dddddddd-0000-4000-8000-%012d','status':'active'}", i);
        assert_says(seed_rfi(b->w, tenant), "");
    }
    start(b);
    snprintf(tenant, sizeof tenant, "dddddddd-0000-4000-8000-%012d", OURS - 1);
    await(read_rfi(b->w, tenant)->status == CONSENT_REMOVED);
}

/* Accounts "many0000" and so on, of the tenant whose numbers are the test's. */
static void given_accounts(struct bench *b, int count, const char *sync)
{
    struct arena *mem = arena_new(64UL * 1024 * 1024);
    b->w->job_mem = mem;
    for (int i = 0; i < count; i++) {
        struct str body = arena_printf(mem, ACCOUNT_OF("many%04d", TENANT, "%s"), i, sync);
        assert_says(put_account(b->w, arena_cstr(mem, body)), "");
        arena_reset(mem);
    }
    b->w->job_mem = NULL;
    arena_free(mem);
}

static enum rc pause_all(struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    (void)job;
    return repo_outbox_pause(tx, OUTBOX_SYNC, STR(""), true, err);
}

static bool are_touched(struct bench *b, int count, int64_t seq)
{
    bool all = true;
    for (int i = count - 1; all && i >= 0; i--) {
        char name[16];
        snprintf(name, sizeof name, "many%04d", i);
        all = outbox_seq(b->w, OUTBOX_SYNC, name) == seq;
    }
    return all;
}

/* Nobody looks, so that the rows show how often it was asked for: by the account, the first consent, the other one. */
static void test_consent__that_changes_is_heard_by_every_account(void **state)
{
    enum { MANY = 1200 };
    struct bench *b = *state;
    stop(b);
    assert_int_equal(ask_for(b, 0, pause_all).rc, RC_OK);
    given_accounts(b, MANY, "true");
    side_consent(b->side, TENANT, CONSENT_SUSPENDED, "GB");
    start(b);
    await(are_touched(b, MANY, 2));
    side_consent(b->side, TENANT, CONSENT_ACTIVE, "GB");
    await(are_touched(b, MANY, 3));
    assert_int_equal(read_account(b->w, "many1199")->provisioning_status, PROVISIONING_PENDING);
}

static void test_relationship__goes_out_and_comes_back(void **state)
{
    struct bench *b = *state;
    await(read_rfi(b->w, TENANT) != NULL);
    struct outcome patched = patch_rfi(b->w, TENANT, "{'customerRelationship':{'status':'AgreementSigned'}}");
    assert_int_equal(patched.rfi->provisioning_status, PROVISIONING_PENDING);
    await(read_rfi(b->w, TENANT)->provisioning_status == PROVISIONING_SYNCED);
    with(b->side, assert_true(str_eq(b->side->relationship.status, STR("AgreementSigned"))));
    with(b->side,
         b->side->relationship.status = STR("ConsentAcknowledged")); /* somebody else writes it over */
    await(b->side->relationships == 2);
    with(b->side, assert_true(str_eq(b->side->relationship.status, STR("AgreementSigned"))));
}

static void test_relationship__that_the_back_end_does_not_tell_is_not_sent_again(void **state)
{
    struct bench *b = *state;
    await(read_rfi(b->w, TENANT) != NULL);
    assert_says(patch_rfi(b->w, TENANT, "{'customerRelationship':{'status':'AgreementSigned'}}"), "");
    await(read_rfi(b->w, TENANT)->provisioning_status == PROVISIONING_SYNCED);
    with(b->side, b->side->consents[0].customer_relationship = NULL);
    side_consent(b->side, OTHERS, CONSENT_ACTIVE, "GB"); /* is heard of later than that */
    await(read_rfi(b->w, OTHERS) != NULL);
    assert_int_equal(b->side->relationships, 1);
    assert_true(str_eq(read_rfi(b->w, TENANT)->customer_relationship->status, STR("AgreementSigned")));
}

static void test_relationship__that_is_refused_says_why(void **state)
{
    struct bench *b = *state;
    await(read_rfi(b->w, TENANT) != NULL);
    with(b->side, {
        b->side->fault = SIDE_REFUSES;
        b->side->fault_times = 1;
    });
    assert_says(patch_rfi(b->w, TENANT, "{'customerRelationship':{'status':'Nonsense'}}"), "");
    await(read_rfi(b->w, TENANT)->provisioning_status == PROVISIONING_FAILED);
}

/* ---- doubts ---- */

static void expect_once(struct bench *b, enum side_fault fault)
{
    given_account(b);
    with(b->side, {
        b->side->fault = fault;
        b->side->fault_times = 2;
    });
    assert_says(put_number(b->w, NUMBER1), "");
    await(is_status(b, N1, PROVISIONING_SYNCED));
    assert_int_equal(uploads_of(b, N1), 1);
    with(b->side, assert_int_equal(b->side->orders, 1));
}

static void test_order__that_met_no_time_is_sent_later(void **state)
{
    expect_once(*state, SIDE_BUSY);
}

static void test_order__that_did_not_arrive_is_sent_again(void **state)
{
    expect_once(*state, SIDE_DEAF);
}

static void test_order__whose_answer_was_lost_is_not_done_twice(void **state)
{
    expect_once(*state, SIDE_MUTE);
}

static void test_job__that_was_lost_is_judged_by_what_is_there(void **state)
{
    struct bench *b = *state;
    given_account(b);
    with(b->side, b->side->hold = true);
    assert_says(put_number(b->w, NUMBER1), "");
    await(b->side->orders == 1);
    with(b->side, {
        b->side->hold = false;
        b->side->loses_jobs = true;
    });
    await(b->side->orders >= 2); /* nothing was there: a new order */
    with(b->side, b->side->loses_jobs = false);
    await(is_status(b, N1, PROVISIONING_SYNCED));
}

static void test_job__that_says_nothing_of_its_numbers_is_judged_by_what_is_there(void **state)
{
    struct bench *b = *state;
    with(b->side, b->side->forgets_entries = true);
    given_synced(b);
    with(b->side, assert_int_equal(b->side->orders, 1));
    assert_says(delete_number(b->w, "contoso", N1), "");
    await(outbox_seq(b->w, OUTBOX_SYNC, "contoso") == 0);
    assert_false(side_has(b->side, TENANT, N1));
}

static void test_job__that_says_nothing_of_many_numbers_is_judged_by_pages(void **state)
{
    enum { MANY = 300 };
    struct bench *b = *state;
    b->side->backend.batch = MANY;
    given_account(b);
    stop(b);
    given_numbers(b, MANY);
    with(b->side, b->side->forgets_entries = true);
    start(b);
    await(is_status(b, N1 + MANY - 1, PROVISIONING_SYNCED) && is_status(b, N1, PROVISIONING_SYNCED));
    await(outbox_seq(b->w, OUTBOX_SYNC, "contoso") == 0);
    with(b->side, assert_int_equal(b->side->orders, 1));
    assert_true(b->side->looks < MANY / 10);
}

/* The pages tell of nearly nothing but others' numbers. */
static void test_job__that_says_nothing_of_numbers_far_apart_is_judged_one_by_one(void **state)
{
    enum { OURS = 40, APART = 100 };
    struct bench *b = *state;
    b->side->backend.batch = OURS;
    given_account(b);
    stop(b);
    for (int i = 0; i < OURS * APART; i++) {
        side_put(b->side, TENANT, N1 + i, "CallingUserAssignment");
    }
    for (int i = 0; i < OURS; i++) {
        struct str body = number_like(b->w->mem, NUMBER("#"), N1 + i * APART);
        assert_says(put_number(b->w, arena_cstr(b->w->mem, body)), "");
    }
    with(b->side, b->side->forgets_entries = true);
    start(b);
    await(outbox_seq(b->w, OUTBOX_SYNC, "contoso") == 0);
    for (int i = 0; i < OURS; i++) {
        assert_true(is_status(b, N1 + i * APART, PROVISIONING_SYNCED));
    }
    with(b->side, assert_int_equal(b->side->orders, 1));
    assert_true(b->side->looks >= OURS - 2 && b->side->looks <= OURS);
}

static void test_engine__that_stops_does_not_look_at_all_numbers_first(void **state)
{
    enum { FEW = 9 };
    struct bench *b = *state;
    given_account(b);
    stop(b);
    for (int i = 0; i < FEW; i++) {
        struct str body = number_like(b->w->mem, NUMBER("#"), N1 + i);
        assert_says(put_number(b->w, arena_cstr(b->w->mem, body)), "");
    }
    with(b->side, {
        b->side->forgets_entries = true;
        b->side->look_ms = 250;
    });
    start(b);
    await(b->side->looks == 1);
    stop(b);
    assert_true(b->side->looks < FEW);
    with(b->side, b->side->look_ms = 0);
    start(b);
    await(is_status(b, N1 + FEW - 1, PROVISIONING_SYNCED));
}

static void test_engine__that_stops_is_followed_by_another(void **state)
{
    struct bench *b = *state;
    given_account(b);
    with(b->side, b->side->hold = true);
    assert_says(put_number(b->w, NUMBER1), "");
    await(b->side->orders == 1);
    stop(b);
    with(b->side, b->side->hold = false);
    start(b);
    await(is_status(b, N1, PROVISIONING_SYNCED));
    assert_int_equal(uploads_of(b, N1), 1);
}

/* ---- numbers that leave, and come back ---- */

static void test_release__that_was_not_sent_is_taken_back(void **state)
{
    struct bench *b = *state;
    given_synced(b);
    stop(b);
    assert_says(delete_number(b->w, "contoso", N1), "");
    struct outcome put = put_number(b->w, NUMBER1);
    assert_says(put, "");
    assert_true(put.created);
    assert_int_equal(put.number->provisioning_status, PROVISIONING_PENDING);
    start(b);
    await(is_status(b, N1, PROVISIONING_SYNCED));
    with(b->side, assert_int_equal(b->side->orders, 2)); /* uploads, both */
    assert_int_equal(read_counts(b->w, "contoso").all, 1);
}

static void test_release__that_was_sent_ends_before_the_number_returns(void **state)
{
    struct bench *b = *state;
    given_synced(b);
    with(b->side, b->side->hold = true);
    assert_says(delete_number(b->w, "contoso", N1), "");
    await(b->side->orders == 2);
    struct outcome put = put_number(b->w, NUMBER1);
    assert_says(put, "");
    assert_true(put.created);
    with(b->side, b->side->hold = false);
    await(is_status(b, N1, PROVISIONING_SYNCED));
    assert_true(side_has(b->side, TENANT, N1));
    assert_int_equal(uploads_of(b, N1), 1); /* it was away in between */
}

static void test_number__that_is_leaving_is_nobody_elses(void **state)
{
    struct bench *b = *state;
    given_synced(b);
    with(b->side, b->side->hold = true);
    assert_says(delete_number(b->w, "contoso", N1), "");
    assert_says(put_account(b->w, ACCOUNT_OF("fabrikam", OTHERS, "false")), "");
    assert_says(put_number(b->w, NUMBER_OF("fabrikam", "441632960001", "CallingUserAssignment")),
                "conflict NumberReleasing telephoneNumber");
    with(b->side, b->side->hold = false);
    await(put_number(b->w, NUMBER_OF("fabrikam", "441632960001", "CallingUserAssignment")).rc == RC_OK);
}

static void test_release__of_an_assigned_number_makes_it_visible_again(void **state)
{
    struct bench *b = *state;
    given_synced(b);
    side_assign(b->side, N1, true); /* not heard of yet */
    struct outcome deleted = delete_number(b->w, "contoso", N1);
    if (deleted.rc == RC_CONFLICT) {
        return; /* a sweep was faster: then the rule of the request has spoken */
    }
    await(is_failed_with(b, N1, "NumberAssigned"));
    assert_int_equal(read_counts(b->w, "contoso").all, 1);
    assert_says(delete_number(b->w, "contoso", N1), "conflict NumberAssigned telephoneNumber");
    side_assign(b->side, N1, false);
    await(delete_number(b->w, "contoso", N1).rc == RC_OK);
    await(!side_has(b->side, TENANT, N1));
}

static void test_release__outlives_its_account(void **state)
{
    struct bench *b = *state;
    given_synced(b);
    stop(b);
    assert_says(delete_account(b->w, "contoso", true), "");
    start(b);
    await(!side_has(b->side, TENANT, N1));
    await(outbox_seq(b->w, OUTBOX_SYNC, "contoso") == 0);
}

static void test_release__of_an_account_that_came_again_with_another_tenant_is_done(void **state)
{
    struct bench *b = *state;
    given_synced(b);
    side_consent(b->side, OTHERS, CONSENT_ACTIVE, "GB");
    await(read_rfi(b->w, OTHERS) != NULL);
    stop(b);
    assert_says(delete_account(b->w, "contoso", true), "");
    assert_says(put_account(b->w, ACCOUNT_OF("contoso", OTHERS, "true")), "");
    assert_says(put_number(b->w, NUMBER1), ""); /* to the other enterprise */
    start(b);
    await(is_status(b, N1, PROVISIONING_SYNCED));
    assert_true(side_has(b->side, OTHERS, N1));
}

/* Of a number that nobody has here, so that anybody may ask for it meanwhile. */
static enum rc claim_others(struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    struct releasing *r = (struct releasing *)(void *)job;
    return repo_lease_claim(tx, STR("sync/" OTHERS), STR("test"), 600000, &r->number, err);
}

static enum rc release_others(struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    const struct releasing *r = (struct releasing *)(void *)job;
    const struct lease lease = {STR("sync/" OTHERS), STR("test"), r->number, 0};
    return repo_lease_release(tx, &lease, err);
}

/* RC_CONFLICT: somebody holds it. */
static enum rc look_at_lease(struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    struct lease lease;
    enum rc rc = repo_lease_find(tx, job->mem, STR("sync/" TENANT), &lease, err);
    return rc == RC_OK && !str_absent(lease.owner) ? RC_CONFLICT : rc;
}

/* RC_CONFLICT: it is not, or in no order. */
static enum rc is_releasing(struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    const struct acquired *row = NULL;
    int64_t number = N1;
    enum rc rc = repo_acquired_find(tx, job->mem, SERVICE_OPERATOR_CONNECT, &number, 1, REPO_READ, &row, err);
    bool is = rc == RC_OK && row != NULL && row->state == ACQUIRED_RELEASING && !str_absent(row->order);
    return rc == RC_OK && !is ? RC_CONFLICT : rc;
}

static unsigned waiting(struct bench *b)
{
    side_lock(b->side);
    unsigned count = b->side->waiting;
    side_unlock(b->side);
    return count;
}

/* The test holds the lease of the new tenant, so nobody but the run of the old one could write down what became of the order. */
static void test_run__of_an_account_whose_tenant_changes_leaves_it_to_another(void **state)
{
    struct bench *b = *state;
    given_synced(b);
    await(outbox_seq(b->w, OUTBOX_SYNC, "contoso") == 0);
    side_consent(b->side, OTHERS, CONSENT_ACTIVE, "GB");
    with(b->side, b->side->gated = true);
    assert_says(delete_number(b->w, "contoso", N1), "");
    await(waiting(b) == 1);
    struct releasing claimed = ask_for(b, 0, claim_others);
    assert_int_equal(claimed.rc, RC_OK);
    assert_says(put_account(b->w, ACCOUNT_OF("contoso", OTHERS, "true")), "");
    side_open(b->side);
    await(ask_for(b, 0, look_at_lease).rc == RC_OK); /* it has ended */
    assert_false(side_has(b->side, TENANT, N1));
    assert_int_equal(ask_for(b, 0, is_releasing).rc, RC_OK);
    assert_true(outbox_seq(b->w, OUTBOX_SYNC, "contoso") > 0);
    assert_int_equal(ask_for(b, claimed.number, release_others).rc, RC_OK);
    await(outbox_seq(b->w, OUTBOX_SYNC, "contoso") == 0);
    assert_says(put_account(b->w, ACCOUNT_OF("fabrikam", OTHERS, "true")), "");
    assert_says(put_number(b->w, NUMBER_OF("fabrikam", "441632960001", "CallingUserAssignment")), "");
}

static void test_release__of_an_orphan_makes_way_for_whoever_asked_for_it(void **state)
{
    struct bench *b = *state;
    given_synced(b);
    side_put(b->side, TENANT, N1 + 1, "CallingUserAssignment");
    side_consent(b->side, OTHERS, CONSENT_ACTIVE, "GB");
    await(read_rfi(b->w, OTHERS) != NULL);
    assert_says(put_account(b->w, ACCOUNT_OF("fabrikam", OTHERS, "true")), "");
    await(release_orphan(b, N1 + 2).rc == RC_INVALID); /* it is none */
    await(ask_as(b, N1 + 1, true, release_now).rc == RC_DENIED);
    assert_int_equal(ask_as(b, N1 + 2, true, release_now).rc, RC_INVALID);
    with(b->side, b->side->hold = true);
    await(release_orphan(b, N1 + 1).rc == RC_OK);
    await(b->side->orders == 2);
    assert_says(put_number(b->w, NUMBER_OF("fabrikam", "441632960002", "CallingUserAssignment")), "");
    await(outbox_seq(b->w, OUTBOX_SYNC, "fabrikam") == 0); /* it has to wait */
    with(b->side, b->side->hold = false);
    await(is_status(b, N1 + 1, PROVISIONING_SYNCED));
    assert_true(side_has(b->side, OTHERS, N1 + 1));
}

/* The daemon runs without a back end in its configuration, and later with it again. */
static void given_no_back_end(struct bench *b)
{
    stop(b);
    b->w->facts.backend_configured = false;
}

static void given_back_end(struct bench *b)
{
    b->w->facts.backend_configured = true;
    start(b);
}

static void test_release__that_was_asked_for_without_a_back_end_is_done_when_there_is_one(void **state)
{
    struct bench *b = *state;
    given_synced(b);
    given_no_back_end(b);
    assert_says(delete_number(b->w, "contoso", N1), "");
    assert_null(read_number(b->w, N1));
    assert_says(put_account(b->w, ACCOUNT_OF("fabrikam", OTHERS, "true")), "");
    assert_says(put_number(b->w, NUMBER_OF("fabrikam", "441632960001", "CallingUserAssignment")),
                "conflict NumberReleasing telephoneNumber");
    given_back_end(b);
    await(!side_has(b->side, TENANT, N1));
    await(outbox_seq(b->w, OUTBOX_SYNC, "contoso") == 0);
}

static void test_release__without_a_back_end_is_taken_back_by_the_number(void **state)
{
    struct bench *b = *state;
    given_synced(b);
    given_no_back_end(b);
    assert_says(delete_number(b->w, "contoso", N1), "");
    assert_says(put_number(b->w, NUMBER1), "");
    with(b->side, b->side->orders = 0);
    given_back_end(b);
    retry(b); /* it was refused for want of a back end */
    await(is_status(b, N1, PROVISIONING_SYNCED));
    with(b->side, assert_int_equal(b->side->orders, 1)); /* its settings alone */
    assert_int_equal(uploads_of(b, N1), 2);
}

/* The way to give a number away whose back end never comes again. */
static void test_release__without_a_back_end_is_forgotten_when_sync_is_off(void **state)
{
    struct bench *b = *state;
    given_synced(b);
    given_no_back_end(b);
    assert_says(delete_number(b->w, "contoso", N1), "");
    assert_says(put_account(b->w, ACCOUNT("false")), "");
    assert_says(put_number(b->w, NUMBER1), "");
    assert_says(delete_number(b->w, "contoso", N1), "");
    assert_says(put_account(b->w, ACCOUNT_OF("fabrikam", OTHERS, "false")), "");
    assert_says(put_number(b->w, NUMBER_OF("fabrikam", "441632960001", "CallingUserAssignment")), "");
}

static enum rc put_left_over(struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    const struct releasing *r = (struct releasing *)(void *)job;
    const struct acquired row = {.service = SERVICE_OPERATOR_CONNECT,
                                 .telephone_number = r->number,
                                 .account = STR("contoso"),
                                 .tenant_id = STR(TENANT),
                                 .state = ACQUIRED_HELD,
                                 .revision = 1};
    return repo_acquired_write(tx, &row, 1, err);
}

static enum rc count_orphans(struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    struct releasing *r = (struct releasing *)(void *)job;
    return repo_acquired_odd_count(tx, ACQUIRED_ORPHAN, STR_NONE, 9, &r->number, err);
}

static void test_row__of_a_number_that_is_gone_becomes_an_orphan(void **state)
{
    struct bench *b = *state;
    given_synced(b);
    side_put(b->side, TENANT, N1 + 5, "CallingUserAssignment");
    assert_int_equal(ask_for(b, N1 + 5, put_left_over).rc, RC_OK);
    await(ask_for(b, 0, count_orphans).number == 1);
    assert_int_equal(release_orphan(b, N1 + 5).rc, RC_OK);
    await(!side_has(b->side, TENANT, N1 + 5));
    assert_true(side_has(b->side, TENANT, N1));
}

static void test_service__that_a_number_no_longer_uses_is_released(void **state)
{
    struct bench *b = *state;
    given_synced(b);
    assert_says(
        put_number(b->w, "{'telephoneNumber':'+441632960001','accountName':'contoso','serviceDetails':{}}"),
        "");
    await(!side_has(b->side, TENANT, N1));
    assert_true(is_status(b, N1, PROVISIONING_SYNCED));
}

static void test_service__of_an_assigned_number_stays(void **state)
{
    struct bench *b = *state;
    given_synced(b);
    side_assign(b->side, N1, true);
    await(read_number(b->w, N1)->services->of[SERVICE_OPERATOR_CONNECT]->assignment_status ==
          ASSIGNMENT_ASSIGNED);
    assert_says(
        put_number(b->w, "{'telephoneNumber':'+441632960001','accountName':'contoso','serviceDetails':{}}"),
        "conflict NumberAssigned telephoneNumber");
}

/* ---- sync off and on ---- */

static void test_sync__that_is_switched_off_leaves_the_back_end_as_it_is(void **state)
{
    struct bench *b = *state;
    given_synced(b);
    assert_says(put_account(b->w, ACCOUNT("false")), "");
    assert_says(put_number(b->w, NUMBER("441632960002")), "");
    assert_true(is_status(b, N1 + 1, PROVISIONING_SYNCED));
    await(outbox_seq(b->w, OUTBOX_SYNC, "contoso") == 0);
    assert_true(side_has(b->side, TENANT, N1));
    assert_false(side_has(b->side, TENANT, N1 + 1));
    assert_says(put_account(b->w, ACCOUNT("true")), "");
    await(side_has(b->side, TENANT, N1 + 1));
    await(is_status(b, N1 + 1, PROVISIONING_SYNCED));
    assert_int_equal(uploads_of(b, N1), 1); /* that one was as it should be */
}

static void test_sync__that_is_switched_off_ends_the_waiting(void **state)
{
    struct bench *b = *state;
    stop(b);
    assert_says(put_account(b->w, ACCOUNT("true")), "");
    assert_says(put_number(b->w, NUMBER1), "");
    assert_says(put_account(b->w, ACCOUNT("false")), "");
    start(b);
    await(is_status(b, N1, PROVISIONING_SYNCED));
    assert_false(side_has(b->side, TENANT, N1));
}

#define UNUSED_NUMBER "{'telephoneNumber':'+#','accountName':'contoso','serviceDetails':{}}"

/* N1 and so on no longer use the service, but their release is refused; and sync is off. */
static void given_refused_releases(struct bench *b, int count, int assigned)
{
    given_account(b);
    given_numbers(b, count);
    await(outbox_seq(b->w, OUTBOX_SYNC, "contoso") == 0);
    stop(b);
    for (int i = 0; i < assigned; i++) {
        side_assign(b->side, N1 + i, true);
    }
    given_numbers_like(b, UNUSED_NUMBER, count);
    assert_says(put_account(b->w, ACCOUNT("false")), "");
    with(b->side, b->side->orders = 0);
    start(b);
    await(outbox_seq(b->w, OUTBOX_SYNC, "contoso") == 0);
}

static void test_sync__that_is_switched_off_leaves_refused_releases_alone(void **state)
{
    enum { COUNT = 200, ASSIGNED = 190, ORDERS = 10 }; /* more than there are orders for at a time */
    struct bench *b = *state;
    given_refused_releases(b, COUNT, ASSIGNED);
    assert_true(side_has(b->side, TENANT, N1) && side_has(b->side, TENANT, N1 + ASSIGNED - 1));
    assert_false(side_has(b->side, TENANT, N1 + ASSIGNED) || side_has(b->side, TENANT, N1 + COUNT - 1));
    with(b->side, assert_int_equal(b->side->orders, ORDERS)); /* each once */
    side_assign(b->side, N1, false);
    retry(b);
    await(!side_has(b->side, TENANT, N1));
    await(outbox_seq(b->w, OUTBOX_SYNC, "contoso") == 0);
    assert_true(side_has(b->side, TENANT, N1 + 1));
}

static void test_sync__that_is_switched_on_again_tries_releases_again(void **state)
{
    struct bench *b = *state;
    given_refused_releases(b, 100, 1);
    side_assign(b->side, N1, false);
    assert_says(put_account(b->w, ACCOUNT("true")), "");
    await(!side_has(b->side, TENANT, N1));
}

static void test_account__that_goes_tries_releases_again(void **state)
{
    struct bench *b = *state;
    given_refused_releases(b, 100, 1);
    side_assign(b->side, N1, false);
    assert_says(delete_account(b->w, "contoso", true), "");
    await(!side_has(b->side, TENANT, N1));
}

/* ---- sweeps ---- */

static void test_sweep__hears_of_assignments(void **state)
{
    struct bench *b = *state;
    given_synced(b);
    int64_t configuration = read_number(b->w, N1)->revision.configuration;
    side_assign(b->side, N1, true);
    await(read_number(b->w, N1)->services->of[SERVICE_OPERATOR_CONNECT]->assignment_status ==
          ASSIGNMENT_ASSIGNED);
    assert_int_equal(read_number(b->w, N1)->revision.configuration, configuration);
    assert_says(delete_number(b->w, "contoso", N1), "conflict NumberAssigned telephoneNumber");
}

static void test_sweep__repairs_settings(void **state)
{
    struct bench *b = *state;
    given_synced(b);
    with(b->side,
         side_find(b->side, SERVICE_OPERATOR_CONNECT, N1)->number.settings.allow_tenant_address_update =
             false);
    await(uploads_of(b, N1) == 2);
    await(is_status(b, N1, PROVISIONING_SYNCED));
}

static void test_sweep__uploads_again_what_is_missing(void **state)
{
    struct bench *b = *state;
    given_synced(b);
    side_drop(b->side, N1);
    await(side_has(b->side, TENANT, N1));
    await(is_status(b, N1, PROVISIONING_SYNCED));
}

static void test_sweep__leaves_alone_what_is_not_ours(void **state)
{
    struct bench *b = *state;
    given_synced(b);
    side_put(b->side, TENANT, 441632969999, "CallingUserAssignment");
    side_put(b->side, TENANT, N1 - 1, "CallingUserAssignment");
    side_drop(b->side, N1);
    await(side_has(b->side, TENANT, N1)); /* a whole sweep went by */
    assert_true(side_has(b->side, TENANT, 441632969999));
    assert_null(read_number(b->w, 441632969999));
    assert_says(put_number(b->w, NUMBER("441632969999")), ""); /* taken over by whoever asks for it */
    await(is_status(b, 441632969999, PROVISIONING_SYNCED));
}

/* So many numbers that what is lost of them is not little. */
static void given_many(struct bench *b, int count)
{
    given_account(b);
    for (int i = 0; i < count; i++) {
        struct str body =
            arena_printf(b->w->mem, NUMBER_OF("contoso", "44163296%04d", "CallingUserAssignment"), i);
        assert_says(put_number(b->w, arena_cstr(b->w->mem, body)), "");
    }
    await(outbox_seq(b->w, OUTBOX_SYNC, "contoso") == 0);
}

static void test_sweep__that_misses_much_pauses_the_account(void **state)
{
    enum { MANY = 12 };
    struct bench *b = *state;
    given_many(b, MANY);
    with(b->side, b->side->number_count = 1);
    await(is_paused(b));
    assert_false(side_has(b->side, TENANT, 441632960001));
    assert_true(is_status(b, 441632960001, PROVISIONING_SYNCED)); /* nothing was touched */
    resume_with(b, SWEEP_PLAN);
    await(last_sweep(b).mode == SWEEP_PLAN && last_sweep(b).missing == MANY - 1);
    assert_false(side_has(b->side, TENANT, 441632960001));
    resume_with(b, SWEEP_REPAIR);
    await(side_has(b->side, TENANT, 441632960001 + MANY - 2));
    await(is_status(b, 441632960001, PROVISIONING_SYNCED));
}

static void test_sweep__repairs_any_number_of_them(void **state)
{
    enum { MANY = 18000 };
    struct bench *b = *state;
    given_account(b);
    b->side->backend.batch = 500;
    given_numbers(b, MANY);
    await(outbox_seq(b->w, OUTBOX_SYNC, "contoso") == 0);
    with(b->side, b->side->number_count = 0);
    await(is_paused(b));
    resume_with(b, SWEEP_REPAIR);
    await(side_has(b->side, TENANT, N1 + MANY - 1));
    await(is_status(b, N1, PROVISIONING_SYNCED));
}

/* Nearly all is gone, so one page of the back end's stands for very many numbers of ours. */
static void test_sweep__that_misses_nearly_all_counts_slice_by_slice(void **state)
{
    enum { MANY = 1300, LEFT = 7 };
    struct bench *b = *state;
    b->side->backend.batch = 300;
    given_account(b);
    given_numbers(b, MANY);
    await(outbox_seq(b->w, OUTBOX_SYNC, "contoso") == 0);
    stop(b);
    with(b->side, {
        for (int i = 0; i < LEFT; i++) {
            b->side->numbers[i] = b->side->numbers[i * 200 + 1];
        }
        b->side->number_count = LEFT;
    });
    side_put(b->side, TENANT, N1 + 10000, "CallingUserAssignment");
    resume_with(b, SWEEP_PLAN);
    start(b);
    await(last_sweep(b).mode == SWEEP_PLAN);
    struct sweep_result found = last_sweep(b);
    assert_int_equal(found.missing, MANY - LEFT);
    assert_int_equal(found.seen, LEFT + 1);
    assert_int_equal(found.orphans, 1);
}

static void test_addresses__are_the_enterprises(void **state)
{
    struct bench *b = *state;
    with(b->side, {
        b->side->addresses[0] =
            (struct civic_address){.id = STR("dddddddd-0000-4000-8000-00000000000d"),
                                   .country = STR("GB"),
                                   .default_location_id = STR("eeeeeeee-0000-4000-8000-00000000000e")};
        b->side->address_count = 1;
    });
    given_account(b);
    await(read_address(b->w, "contoso", "dddddddd-0000-4000-8000-00000000000d") != NULL);
}

static void test_sweep__is_not_held_up_by_addresses(void **state)
{
    struct bench *b = *state;
    with(b->side, b->side->no_addresses = true);
    given_synced(b);
    side_assign(b->side, N1, true);
    await(read_number(b->w, N1)->services->of[SERVICE_OPERATOR_CONNECT]->assignment_status ==
          ASSIGNMENT_ASSIGNED);
}

/* Retries for the addresses' sake do not make it go faster. */
static void test_sweep__keeps_its_pace_while_addresses_fail(void **state)
{
    struct bench *b = *state;
    stop(b);
    b->sweep_ms = 3600 * 1000;
    with(b->side, b->side->no_addresses = true);
    start(b);
    given_synced(b);
    await(last_sweep(b).at.ms != CLOCK_ABSENT.ms && outbox_seq(b->w, OUTBOX_SYNC, "contoso") == 0);
    unsigned pages = b->side->number_pages, tries = b->side->address_pages;
    await(b->side->address_pages >= tries + 5);
    assert_int_equal(b->side->number_pages, pages);
}

#define ADDRESS_ID "dddddddd-0000-4000-8000-%012d"

static void given_addresses(struct bench *b, int count)
{
    side_lock(b->side);
    for (int i = 0; i < count; i++) {
        b->side->addresses[i] =
            (struct civic_address){.id = arena_printf(b->side->mem, ADDRESS_ID, i), .country = STR("GB")};
    }
    b->side->address_count = (size_t)count;
    side_unlock(b->side);
}

static bool has_address(struct bench *b, const char *account, int i)
{
    char id[64];
    snprintf(id, sizeof id, ADDRESS_ID, i);
    return read_address(b->w, account, id) != NULL;
}

static bool addresses_are_read(struct bench *b)
{
    return say(b, REPO_LIST, SWEEP_ROLLING, look).sweep.addresses_at.ms != CLOCK_ABSENT.ms;
}

static void test_addresses__are_as_many_as_the_back_end_has(void **state)
{
    enum { MANY = 1250, LEFT = 430 };
    struct bench *b = *state;
    given_addresses(b, MANY);
    given_account(b);
    await(has_address(b, "contoso", MANY - 1) && addresses_are_read(b));
    assert_true(has_address(b, "contoso", 0) && has_address(b, "contoso", 499) &&
                has_address(b, "contoso", 500));
    with(b->side, {
        struct civic_address *middle = &b->side->addresses[LEFT / 2];
        memmove(middle, middle + 1, (LEFT - LEFT / 2 - 1) * sizeof *middle);
        b->side->address_count = LEFT - 1;
    });
    resume_with(b, SWEEP_PLAN); /* by itself it reads them once in a quarter of an hour */
    await(!has_address(b, "contoso", MANY - 1));
    assert_false(has_address(b, "contoso", LEFT) || has_address(b, "contoso", LEFT / 2));
    assert_true(has_address(b, "contoso", LEFT - 1) && has_address(b, "contoso", 0) &&
                has_address(b, "contoso", LEFT / 2 - 1));
}

static void test_addresses__beyond_the_limit_are_left_out(void **state)
{
    struct bench *b = *state;
    given_addresses(b, LIMIT_CIVIC_ADDRESSES + 1);
    given_account(b);
    await(has_address(b, "contoso", LIMIT_CIVIC_ADDRESSES - 1) && addresses_are_read(b));
    assert_false(has_address(b, "contoso", LIMIT_CIVIC_ADDRESSES));
}

static void test_addresses__are_not_held_up_by_a_sweep(void **state)
{
    struct bench *b = *state;
    given_addresses(b, 1);
    with(b->side, b->side->no_numbers = true);
    given_account(b);
    await(b->side->number_pages >= 2 && addresses_are_read(b));
    given_addresses(b, 2);
    resume_with(b, SWEEP_PLAN);
    await(has_address(b, "contoso", 1));
}

static void test_addresses__are_every_accounts(void **state)
{
    enum { MANY = 1200 };
    struct bench *b = *state;
    given_addresses(b, 2);
    stop(b);
    given_accounts(b, MANY, "false");
    assert_says(put_account(b->w, ACCOUNT_OF("many0000", TENANT, "true")), "");
    assert_says(put_account(b->w, ACCOUNT_OF("many0500", TENANT, "true")), "");
    assert_says(put_account(b->w, ACCOUNT_OF("many1199", TENANT, "true")), "");
    start(b);
    await(has_address(b, "many1199", 1));
    assert_true(has_address(b, "many0000", 0) && has_address(b, "many0500", 1));
    assert_false(has_address(b, "many0001", 0)); /* asks for nothing */
}

static void test_sweep__repairs_the_last_of_many_accounts(void **state)
{
    enum { MANY = 1200 };
    struct bench *b = *state;
    stop(b);
    given_accounts(b, MANY, "false");
    assert_says(put_account(b->w, ACCOUNT_OF("many1199", TENANT, "true")), "");
    start(b);
    assert_says(put_number(b->w, NUMBER_OF("many1199", "441632960001", "CallingUserAssignment")), "");
    await(side_has(b->side, TENANT, N1) && outbox_seq(b->w, OUTBOX_SYNC, "many1199") == 0);
    side_drop(b->side, N1);
    await(side_has(b->side, TENANT, N1));
}

int main(void)
{
#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, given_bench, drop_bench)
    const struct CMUnitTest tests[] = {
        TEST(test_number__is_uploaded_and_released),
        TEST(test_numbers__travel_together),
        TEST(test_order__that_runs_long_does_not_hold_up_others),
        TEST(test_change__that_comes_while_an_order_runs_is_sent_after_it),
        TEST(test_usage__that_changes_is_released_first),
        TEST(test_usage__of_an_assigned_number_cannot_change),
        TEST(test_refusal__fails_its_number_alone),
        TEST(test_refusal__that_may_pass_is_tried_again),
        TEST(test_refusal__that_does_not_pass_holds_up_no_other),
        TEST(test_refusal__of_an_order_names_the_bad_number),
        TEST(test_order__of_numbers_with_very_many_settings_can_be_read_again),
        TEST(test_refusal__of_very_many_numbers_needs_little_memory),
        TEST(test_number__without_a_configuration_fails_here),
        TEST(test_consent__that_is_missing_fails_account_and_numbers_until_it_comes),
        TEST(test_consent__must_cover_the_country),
        TEST(test_consent__becomes_an_rfi_and_its_end_is_seen),
        TEST(test_consent__that_is_as_it_was_is_no_news),
        TEST(test_consents__that_are_gone_are_seen_however_many_we_have),
        TEST(test_consent__that_changes_is_heard_by_every_account),
        TEST(test_relationship__goes_out_and_comes_back),
        TEST(test_relationship__that_the_back_end_does_not_tell_is_not_sent_again),
        TEST(test_relationship__that_is_refused_says_why),
        TEST(test_order__that_met_no_time_is_sent_later),
        TEST(test_order__that_did_not_arrive_is_sent_again),
        TEST(test_order__whose_answer_was_lost_is_not_done_twice),
        TEST(test_job__that_was_lost_is_judged_by_what_is_there),
        TEST(test_job__that_says_nothing_of_its_numbers_is_judged_by_what_is_there),
        TEST(test_job__that_says_nothing_of_many_numbers_is_judged_by_pages),
        TEST(test_job__that_says_nothing_of_numbers_far_apart_is_judged_one_by_one),
        TEST(test_engine__that_stops_does_not_look_at_all_numbers_first),
        TEST(test_engine__that_stops_is_followed_by_another),
        TEST(test_release__that_was_not_sent_is_taken_back),
        TEST(test_release__that_was_sent_ends_before_the_number_returns),
        TEST(test_number__that_is_leaving_is_nobody_elses),
        TEST(test_release__of_an_assigned_number_makes_it_visible_again),
        TEST(test_release__outlives_its_account),
        TEST(test_release__of_an_account_that_came_again_with_another_tenant_is_done),
        TEST(test_run__of_an_account_whose_tenant_changes_leaves_it_to_another),
        TEST(test_release__of_an_orphan_makes_way_for_whoever_asked_for_it),
        TEST(test_release__that_was_asked_for_without_a_back_end_is_done_when_there_is_one),
        TEST(test_release__without_a_back_end_is_taken_back_by_the_number),
        TEST(test_release__without_a_back_end_is_forgotten_when_sync_is_off),
        TEST(test_row__of_a_number_that_is_gone_becomes_an_orphan),
        TEST(test_service__that_a_number_no_longer_uses_is_released),
        TEST(test_service__of_an_assigned_number_stays),
        TEST(test_sync__that_is_switched_off_leaves_the_back_end_as_it_is),
        TEST(test_sync__that_is_switched_off_ends_the_waiting),
        TEST(test_sync__that_is_switched_off_leaves_refused_releases_alone),
        TEST(test_sync__that_is_switched_on_again_tries_releases_again),
        TEST(test_account__that_goes_tries_releases_again),
        TEST(test_sweep__hears_of_assignments),
        TEST(test_sweep__repairs_settings),
        TEST(test_sweep__uploads_again_what_is_missing),
        TEST(test_sweep__leaves_alone_what_is_not_ours),
        TEST(test_sweep__that_misses_much_pauses_the_account),
        TEST(test_sweep__repairs_any_number_of_them),
        TEST(test_sweep__repairs_the_last_of_many_accounts),
        TEST(test_sweep__that_misses_nearly_all_counts_slice_by_slice),
        TEST(test_sweep__is_not_held_up_by_addresses),
        TEST(test_sweep__keeps_its_pace_while_addresses_fail),
        TEST(test_addresses__are_the_enterprises),
        TEST(test_addresses__are_as_many_as_the_back_end_has),
        TEST(test_addresses__beyond_the_limit_are_left_out),
        TEST(test_addresses__are_every_accounts),
        TEST(test_addresses__are_not_held_up_by_a_sweep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
