/* What becomes of accounts that change, with a primary in memory that fails when it is told to, and in whose calls the test can stop a
 * run. No servers are asked. */
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>

#include "bench.h"
#include "common/resolve/update.h"
#include "gateway/dns/room.h"
#include "memory_zone.h"

#define MANY 120

enum fault {
    WELL,
    DOWN,     /* nothing was done */
    REFUSES,  /* the same, and it will not help to try again soon */
    MUTE,     /* no answer, but it was done */
    DEAF,     /* no answer, and nothing was done */
    STOPPING, /* waits for the test before it does anything */
    STOPPED,  /* and after it did it */
};

struct primary {
    pthread_mutex_t mutex; /* guards what follows */
    struct memory_zone zone;
    struct arena *mem; /* of what is in it */
    const struct dns_facts *facts;
    enum fault fault;
    unsigned fault_times;
    unsigned calls;       /* with places of customers in them */
    size_t fresh, places; /* of the last of them: publications that were, and the most places of one */
    sem_t entered, let;   /* of those that are stopped */
};

struct customers_bench {
    struct bench b;
    struct primary primary;
};

/* ---- the primary ---- */

static void keep(struct primary *primary, struct rr *rr)
{
    rr->name = arena_str(primary->mem, rr->name);
    rr->data = arena_str(primary->mem, rr->data);
}

static enum dns_step step_at(struct primary *primary, const struct dns_place *place, struct arena *mem,
                             struct dns_change *ret)
{
    const struct dns_presence presence = zone_look(&primary->zone, place, mem);
    enum dns_step step = dns_step(primary->facts, place, &presence, mem, ret);
    ensure(step != DNS_STEP_CHANGE || zone_allows(&primary->zone, place, ret));
    for (size_t i = 0; i < ret->add.count; i++) {
        keep(primary, (struct rr *)(uintptr_t)&ret->add.items[i]);
    }
    return step;
}

/* As in one message: everything is looked at before anything changes. */
static void publish_all(struct primary *primary, struct dns_publication *publications, size_t count,
                        struct arena *mem)
{
    enum { PLACES = DNS_CUSTOMERS_MAX * (DNS_LOST + 1) * DNS_REGIONS };
    struct dns_change *changes = arena_alloc_array(mem, PLACES, sizeof *changes);
    size_t change_count = 0;
    for (size_t i = 0; i < count; i++) {
        size_t first = change_count;
        publications[i].rc = RC_OK;
        for (size_t k = 0; publications[i].rc == RC_OK && k < publications[i].count; k++) {
            enum dns_step step = step_at(primary, &publications[i].places[k], mem, &changes[change_count]);
            change_count += step == DNS_STEP_CHANGE;
            if (step == DNS_STEP_FOREIGN) {
                change_count = first;
                publications[i].rc =
                    err_set(&publications[i].problem, RC_CONFLICT, "DnsForeignRecord", "somebody else's");
            }
        }
    }
    for (size_t i = 0; i < change_count; i++) {
        zone_change(&primary->zone, &changes[i]);
    }
}

static enum fault begin(struct primary *primary, const struct dns_publication *publications, size_t count)
{
    if (publications[0].places[0].shared) { /* the deployment's own names */
        return WELL;
    }
    primary->calls++;
    primary->fresh = primary->places = 0;
    for (size_t i = 0; i < count; i++) {
        primary->fresh += publications[i].fresh;
        primary->places = publications[i].count > primary->places ? publications[i].count : primary->places;
    }
    if (primary->fault_times == 0) {
        return WELL;
    }
    primary->fault_times--;
    return primary->fault;
}

static void wait_for_test(struct primary *primary)
{
    pthread_mutex_unlock(&primary->mutex);
    sem_post(&primary->entered);
    while (sem_wait(&primary->let) != 0) {
    }
    pthread_mutex_lock(&primary->mutex);
}

static enum rc publish(void *arg, struct dns_publication *publications, size_t count, struct arena *mem,
                       struct err *err)
{
    struct primary *primary = arg;
    pthread_mutex_lock(&primary->mutex);
    enum fault fault = begin(primary, publications, count);
    if (fault == STOPPING) {
        wait_for_test(primary);
    }
    if (fault != DOWN && fault != REFUSES && fault != DEAF) {
        publish_all(primary, publications, count, mem);
    }
    if (fault == STOPPED) {
        wait_for_test(primary);
    }
    pthread_mutex_unlock(&primary->mutex);
    return fault == DOWN                    ? err_set(err, RC_BUSY, "DnsUnreachable", "it is down")
           : fault == REFUSES               ? err_set(err, RC_DENIED, "DnsRefused", "it refused")
           : fault == MUTE || fault == DEAF ? err_set(err, RC_UNCERTAIN, "DnsNoAnswer", "no answer")
                                            : RC_OK;
}

static void make_primary(struct primary *primary, const struct dns_facts *facts)
{
    primary->facts = facts;
    primary->mem = arena_new(64UL * 1024 * 1024);
    pthread_mutex_init(&primary->mutex, NULL);
    sem_init(&primary->entered, 0, 0);
    sem_init(&primary->let, 0, 0);
}

static void will_be(struct primary *primary, enum fault fault, unsigned times)
{
    pthread_mutex_lock(&primary->mutex);
    primary->fault = fault;
    primary->fault_times = times;
    primary->calls = 0;
    pthread_mutex_unlock(&primary->mutex);
}

static unsigned calls_of(struct primary *primary)
{
    pthread_mutex_lock(&primary->mutex);
    unsigned calls = primary->calls;
    pthread_mutex_unlock(&primary->mutex);
    return calls;
}

static void await_stop(struct primary *primary)
{
    while (sem_wait(&primary->entered) != 0) {
    }
}

static int setup(void **state)
{
    struct customers_bench *cb = calloc(1, sizeof *cb);
    if (bench_make(&cb->b) != 0) {
        return -1;
    }
    make_primary(&cb->primary, &cb->b.config.facts);
    cb->b.config.test.publisher = (struct dns_publisher){publish, &cb->primary};
    start(&cb->b);
    *state = cb;
    return 0;
}

static int teardown(void **state)
{
    struct customers_bench *cb = *state;
    int failed = bench_drop(&cb->b);
    arena_free(cb->primary.mem);
    sem_destroy(&cb->primary.entered);
    sem_destroy(&cb->primary.let);
    pthread_mutex_destroy(&cb->primary.mutex);
    free(cb);
    return failed;
}

/* ---- what is there ---- */

/* Both places of the label are exactly as they should be; token NULL: nothing is there, ownership neither. */
static bool is_published(struct customers_bench *cb, const char *account, const char *label,
                         const char *token)
{
    const struct dns_customer customer = {
        .account = str_of(account), .label = str_of(label), .tokens = {str_of(token), str_of(token)}};
    struct arena *mem = arena_new(1024UL * 1024);
    struct dns_place places[DNS_REGIONS];
    struct dns_change change;
    bool published = true;
    dns_customer_places(cb->primary.facts, &customer, token != NULL, mem, places);
    pthread_mutex_lock(&cb->primary.mutex);
    for (size_t r = 0; r < DNS_REGIONS; r++) {
        const struct dns_presence presence = zone_look(&cb->primary.zone, &places[r], mem);
        published = published && presence.at_name.count == places[r].wanted_count &&
                    presence.ownership.count == (token != NULL) &&
                    dns_step(cb->primary.facts, &places[r], &presence, mem, &change) == DNS_STEP_NONE;
    }
    pthread_mutex_unlock(&cb->primary.mutex);
    arena_free(mem);
    return published;
}

static bool is_settled(struct customers_bench *cb, size_t rows)
{
    return work_count(&cb->b) == 0 && row_count(&cb->b) == rows;
}

static void await_published(struct customers_bench *cb, const char *account, const char *label,
                            const char *token)
{
    await(is_published(cb, account, label, token) && work_count(&cb->b) == 0);
}

static enum rc lose_lease(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct lease lease;
    (void)arg;
    enum rc rc = repo_lease_find(tx, mem, STR("dns"), &lease, err);
    return rc == RC_OK ? repo_lease_release(tx, &lease, err) : rc;
}

/* For the run that is stopped: it can write nothing any more, as if its process had died here. */
static void kill_run(struct customers_bench *cb)
{
    assert_int_equal(in_store(&cb->b, REPO_WRITE, lose_lease, NULL), RC_OK);
    sem_post(&cb->primary.let);
}

static enum rc pause_all(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    return repo_outbox_pause(tx, OUTBOX_DNS, STR(""), *(bool *)arg, err);
}

static void set_paused(struct customers_bench *cb, bool paused)
{
    assert_int_equal(in_store(&cb->b, REPO_WRITE, pause_all, &paused), RC_OK);
}

/* ---- changes ---- */

static void test_account__is_published_and_its_row_says_so(void **state)
{
    struct customers_bench *cb = *state;
    put_customer(&cb->b, "contoso", "Contoso1", "MS=ms1");
    await_published(cb, "contoso", "contoso1", "MS=ms1");
    struct subdomain row = row_of(&cb->b, "contoso1");
    assert_true(str_eq(row.account, STR("contoso")) && str_eq(row.tokens[1], STR("MS=ms1")));
    assert_int_equal(row.state, SUBDOMAIN_KEPT);
    assert_int_equal(row.status, SUBDOMAIN_ABSENT); /* nobody was asked */
    assert_true(str_absent(row.problem_code));
    assert_int_equal(cb->primary.fresh, 1);
    assert_int_equal(cb->primary.places, 2);
    assert_true(serial_of(&cb->b) > 0);
}

static void test_token__that_changes_is_replaced(void **state)
{
    struct customers_bench *cb = *state;
    put_customer(&cb->b, "contoso", "contoso1", "MS=ms1");
    await_published(cb, "contoso", "contoso1", "MS=ms1");
    uint32_t before = serial_of(&cb->b);
    put_customer(&cb->b, "contoso", "contoso1", "MS=ms2");
    await_published(cb, "contoso", "contoso1", "MS=ms2");
    assert_int_equal(cb->primary.fresh, 0);
    assert_true(serial_of(&cb->b) > before);
}

static void test_label__that_changes_goes_with_the_new_one(void **state)
{
    struct customers_bench *cb = *state;
    put_customer(&cb->b, "contoso", "contoso1", "MS=ms1");
    await_published(cb, "contoso", "contoso1", "MS=ms1");
    put_customer(&cb->b, "contoso", "contoso2", "MS=ms1");
    await_published(cb, "contoso", "contoso2", "MS=ms1");
    assert_true(is_published(cb, "contoso", "contoso1", NULL));
    assert_true(is_settled(cb, 1));
    assert_int_equal(cb->primary.places, 4); /* in one publication */
}

static void test_account__without_direct_routing_is_taken_back(void **state)
{
    struct customers_bench *cb = *state;
    put_customer(&cb->b, "contoso", "contoso1", "MS=ms1");
    put_customer(&cb->b, "fabrikam", "fabrikam", "MS=ms2");
    await_published(cb, "contoso", "contoso1", "MS=ms1");
    await_published(cb, "fabrikam", "fabrikam", "MS=ms2");
    disable_customer(&cb->b, "contoso");
    assert_says(delete_account(cb->b.w, "fabrikam", false), "");
    await_published(cb, "contoso", "contoso1", NULL);
    await_published(cb, "fabrikam", "fabrikam", NULL);
    assert_true(is_settled(cb, 0));
}

static void test_labels__that_are_left_one_after_the_other_all_go(void **state)
{
    struct customers_bench *cb = *state;
    will_be(&cb->primary, DOWN, UINT32_MAX);
    for (size_t i = 0; i < 2 * DNS_LOST; i++) {
        const char *label = arena_cstr(cb->b.w->mem, arena_printf(cb->b.w->mem, "l%zu", i));
        put_customer(&cb->b, "contoso", label, "MS=ms1");
        await(!str_absent(row_of(&cb->b, label).label));
    }
    assert_int_equal(row_count(&cb->b), 2 * DNS_LOST);
    will_be(&cb->primary, WELL, 0);
    await(is_settled(cb, 1));
    await_published(cb, "contoso", "l11", "MS=ms1");
    assert_true(calls_of(&cb->primary) >= 2);
}

/* ---- crashes: what was written before is what the next one looks at ---- */

static void test_crash__before_anything_was_sent(void **state)
{
    struct customers_bench *cb = *state;
    will_be(&cb->primary, STOPPING, 1);
    put_customer(&cb->b, "contoso", "contoso1", "MS=ms1");
    await_stop(&cb->primary);
    assert_int_equal(row_of(&cb->b, "contoso1").state, SUBDOMAIN_KEPT);
    assert_true(is_published(cb, "contoso", "contoso1", NULL));
    kill_run(cb);
    await_published(cb, "contoso", "contoso1", "MS=ms1");
    assert_int_equal(cb->primary.fresh, 0); /* the next one looked first */
}

static void test_crash__after_all_was_sent(void **state)
{
    struct customers_bench *cb = *state;
    put_customer(&cb->b, "contoso", "contoso1", "MS=ms1");
    await_published(cb, "contoso", "contoso1", "MS=ms1");
    will_be(&cb->primary, STOPPED, 1);
    put_customer(&cb->b, "contoso", "contoso2", "MS=ms2");
    await_stop(&cb->primary);
    assert_int_equal(row_of(&cb->b, "contoso1").state, SUBDOMAIN_LEAVING);
    kill_run(cb);
    await(is_settled(cb, 1));
    assert_true(is_published(cb, "contoso", "contoso1", NULL));
    assert_true(is_published(cb, "contoso", "contoso2", "MS=ms2"));
}

static void test_crash__while_a_label_was_taken_back(void **state)
{
    struct customers_bench *cb = *state;
    put_customer(&cb->b, "contoso", "contoso1", "MS=ms1");
    await_published(cb, "contoso", "contoso1", "MS=ms1");
    will_be(&cb->primary, STOPPED, 1);
    assert_says(delete_account(cb->b.w, "contoso", false), "");
    await_stop(&cb->primary);
    kill_run(cb);
    await(is_settled(cb, 0));
    assert_true(is_published(cb, "contoso", "contoso1", NULL));
}

/* ---- what changes while it is published ---- */

static void test_account__deleted_meanwhile_is_taken_back(void **state)
{
    struct customers_bench *cb = *state;
    will_be(&cb->primary, STOPPED, 1);
    put_customer(&cb->b, "contoso", "contoso1", "MS=ms1");
    await_stop(&cb->primary);
    assert_says(delete_account(cb->b.w, "contoso", false), "");
    sem_post(&cb->primary.let);
    await(is_settled(cb, 0));
    assert_true(is_published(cb, "contoso", "contoso1", NULL));
}

static void test_label__changed_meanwhile_is_published_next(void **state)
{
    struct customers_bench *cb = *state;
    will_be(&cb->primary, STOPPED, 1);
    put_customer(&cb->b, "contoso", "contoso1", "MS=ms1");
    await_stop(&cb->primary);
    put_customer(&cb->b, "contoso", "contoso2", "MS=ms2");
    sem_post(&cb->primary.let);
    await(is_settled(cb, 1));
    assert_true(is_published(cb, "contoso", "contoso1", NULL));
    assert_true(is_published(cb, "contoso", "contoso2", "MS=ms2"));
}

static void test_label__taken_again_meanwhile_stays(void **state)
{
    struct customers_bench *cb = *state;
    put_customer(&cb->b, "contoso", "contoso1", "MS=ms1");
    await_published(cb, "contoso", "contoso1", "MS=ms1");
    will_be(&cb->primary, STOPPED, 1);
    disable_customer(&cb->b, "contoso");
    await_stop(&cb->primary);
    put_customer(&cb->b, "contoso", "contoso1", "MS=ms1");
    sem_post(&cb->primary.let);
    await(is_settled(cb, 1));
    assert_true(is_published(cb, "contoso", "contoso1", "MS=ms1"));
}

/* In both orders, since one account comes before the other in the batch. */
static void test_labels__are_swapped_by_two_accounts_in_one_batch(void **state)
{
    struct customers_bench *cb = *state;
    const char *labels[] = {"one", "two"};
    for (size_t round = 0; round < 2; round++) {
        const char *first = labels[round], *second = labels[1 - round];
        set_paused(cb, true);
        put_customer(&cb->b, "adatum", "spare", "MS=a");
        put_customer(&cb->b, "contoso", second, "MS=c");
        put_customer(&cb->b, "adatum", first, "MS=a");
        set_paused(cb, false);
        await(is_settled(cb, 2));
        assert_true(is_published(cb, "adatum", first, "MS=a"));
        assert_true(is_published(cb, "contoso", second, "MS=c"));
        assert_true(is_published(cb, "adatum", "spare", NULL));
    }
}

static void test_label__that_goes_to_another_account_is_the_others(void **state)
{
    struct customers_bench *cb = *state;
    put_customer(&cb->b, "adatum", "shared", "MS=a");
    await_published(cb, "adatum", "shared", "MS=a");
    set_paused(cb, true);
    assert_says(delete_account(cb->b.w, "adatum", false), "");
    put_customer(&cb->b, "contoso", "shared", "MS=c");
    set_paused(cb, false);
    await(is_settled(cb, 1));
    assert_true(is_published(cb, "contoso", "shared", "MS=c"));
    assert_true(str_eq(row_of(&cb->b, "shared").account, STR("contoso")));
}

/* ---- a primary that fails ---- */

static void put_many(struct customers_bench *cb)
{
    set_paused(cb, true);
    for (size_t i = 0; i < MANY; i++) {
        const char *name = arena_cstr(cb->b.w->mem, arena_printf(cb->b.w->mem, "c%zu", i));
        put_customer(&cb->b, name, name, "MS=ms1");
    }
    set_paused(cb, false);
}

static void test_many__go_fifty_at_a_time(void **state)
{
    struct customers_bench *cb = *state;
    put_many(cb);
    await(is_settled(cb, MANY));
    assert_true(is_published(cb, "c0", "c0", "MS=ms1"));
    assert_true(is_published(cb, "c119", "c119", "MS=ms1"));
    assert_in_range(calls_of(&cb->primary), 3, 4); /* the account that was claimed can be a batch by itself */
}

struct failing {
    int64_t rows, failing;
};

static enum rc count_failing(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct outbox_counts counts;
    struct failing *failing = arg;
    enum rc rc = repo_outbox_counts(tx, mem, OUTBOX_DNS, 1000, &counts, err);
    *failing = (struct failing){counts.rows, counts.failing};
    return rc;
}

static bool all_fail(struct customers_bench *cb)
{
    struct failing failing = {0};
    assert_int_equal(in_store(&cb->b, REPO_LIST, count_failing, &failing), RC_OK);
    return failing.rows == MANY && failing.failing == MANY;
}

/* One call shows it, and nobody else has to run into it. */
static void test_primary__that_is_down_puts_everybody_off(void **state)
{
    struct customers_bench *cb = *state;
    stop(&cb->b);
    cb->b.config.retry_max_ms = 60000;
    start(&cb->b);
    will_be(&cb->primary, DOWN, UINT32_MAX);
    put_many(cb);
    await(all_fail(cb));
    assert_in_range(calls_of(&cb->primary), 1, 3);
    size_t told = 0;
    for (size_t i = 0; i < MANY; i++) {
        const char *name = arena_cstr(cb->b.w->mem, arena_printf(cb->b.w->mem, "c%zu", i));
        struct subdomain row = row_of(&cb->b, name);
        told += str_eq(row.problem_code, STR("DnsUnreachable"));
    }
    assert_true(told >= DNS_CUSTOMERS_MAX);
    will_be(&cb->primary, WELL, 0);
    await(is_settled(cb, MANY));
    assert_true(str_absent(row_of(&cb->b, "c0").problem_code));
}

static void test_primary__whose_answer_is_lost_is_looked_at(void **state)
{
    static const enum fault faults[] = {MUTE, DEAF, DOWN, REFUSES};
    struct customers_bench *cb = *state;
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        const char *label = arena_cstr(cb->b.w->mem, arena_printf(cb->b.w->mem, "l%zu", i));
        will_be(&cb->primary, faults[i], 1);
        put_customer(&cb->b, "contoso", label, "MS=ms1");
        await(is_settled(cb, 1) && calls_of(&cb->primary) >= 2);
        assert_true(is_published(cb, "contoso", label, "MS=ms1"));
        assert_int_equal(cb->primary.fresh, 0);
        assert_true(str_absent(row_of(&cb->b, label).problem_code));
    }
    assert_true(is_published(cb, "contoso", "l0", NULL));
}

static void test_foreign__record_is_told_and_holds_up_nobody(void **state)
{
    struct customers_bench *cb = *state;
    const struct rr theirs = {
        .name = STR("contoso1.1r2.example.net"), .type = RR_A, .data = STR("203.0.113.1")};
    pthread_mutex_lock(&cb->primary.mutex);
    zone_add(&cb->primary.zone, &theirs);
    pthread_mutex_unlock(&cb->primary.mutex);
    put_customer(&cb->b, "contoso", "contoso1", "MS=ms1");
    put_customer(&cb->b, "fabrikam", "fabrikam", "MS=ms2");
    await(is_published(cb, "fabrikam", "fabrikam", "MS=ms2"));
    await(str_eq(row_of(&cb->b, "contoso1").problem_code, STR("DnsForeignRecord")));
    pthread_mutex_lock(&cb->primary.mutex);
    zone_delete(&cb->primary.zone, &theirs);
    pthread_mutex_unlock(&cb->primary.mutex);
    await_published(cb, "contoso", "contoso1", "MS=ms1");
    assert_true(str_absent(row_of(&cb->b, "contoso1").problem_code));
}

/* ---- the largest publication ---- */

static struct str filled(struct arena *mem, size_t n)
{
    char *text = arena_alloc(mem, n);
    memset(text, 'x', n);
    return (struct str){text, n};
}

/* From another token to this place, or to nothing. */
static void add_part(const struct dns_facts *facts, const struct dns_place *place, bool wanted,
                     struct arena *mem, struct update *update)
{
    struct dns_place before = *place, after = *place;
    struct memory_zone *zone = arena_new_of(mem, struct memory_zone);
    struct dns_presence presence = {0};
    struct dns_change change;
    before.wanted[0].data = arena_str(mem, before.wanted[0].data);
    ((char *)(uintptr_t)before.wanted[0].data.p)[0] = 'y';
    after.wanted_count = wanted ? after.wanted_count : 0;
    assert_int_equal(dns_step(facts, &before, &presence, mem, &change), DNS_STEP_CHANGE);
    assert_true(zone_apply(zone, &before, &change));
    presence = zone_look(zone, &before, mem);
    assert_int_equal(dns_step(facts, &after, &presence, mem, &change), DNS_STEP_CHANGE);
    for (size_t i = 0; i < change.require.count; i++) {
        update_require(update, &change.require.items[i]);
    }
    for (size_t i = 0; i < change.remove.count; i++) {
        update_delete(update, &change.remove.items[i]);
    }
    for (size_t i = 0; i < change.add.count; i++) {
        update_add(update, &change.add.items[i]);
    }
}

/* Names of 48 characters, tokens of 100, an account's name that fills its ownership record: it must not be what can never be sent. */
static void test_publication__with_all_labels_left_fits_into_a_message(void **state)
{
    struct customers_bench *cb = *state;
    struct arena *mem = cb->b.w->mem;
    struct dns_facts facts = cb->b.config.facts;
    struct dns_place places[DNS_REGIONS];
    struct update update;
    facts.base_domain = filled(mem, 33);
    facts.owner = filled(mem, DNS_OWNER_MAX);
    facts.regions[0].signalling_address = facts.regions[1].signalling_address = STR("192.168.200.100");
    update_init(&update, mem, facts.base_domain);
    for (size_t i = 0; i <= DNS_LOST; i++) {
        const struct dns_customer customer = {.account = filled(mem, 100),
                                              .label = arena_printf(mem, "label-%04zu", i),
                                              .tokens = {filled(mem, 100), filled(mem, 100)}};
        dns_customer_places(&facts, &customer, true, mem, places);
        for (size_t r = 0; r < DNS_REGIONS; r++) {
            assert_int_equal(places[r].name.n, 48);
            add_part(&facts, &places[r], i == 0, mem, &update);
        }
    }
    assert_false(update.failed);
    assert_in_range(update.bytes, UPDATE_BYTES_MAX / 2, UPDATE_BYTES_MAX);
}

#undef TEST
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_account__is_published_and_its_row_says_so),
        TEST(test_token__that_changes_is_replaced),
        TEST(test_label__that_changes_goes_with_the_new_one),
        TEST(test_account__without_direct_routing_is_taken_back),
        TEST(test_labels__that_are_left_one_after_the_other_all_go),
        TEST(test_crash__before_anything_was_sent),
        TEST(test_crash__after_all_was_sent),
        TEST(test_crash__while_a_label_was_taken_back),
        TEST(test_account__deleted_meanwhile_is_taken_back),
        TEST(test_label__changed_meanwhile_is_published_next),
        TEST(test_label__taken_again_meanwhile_stays),
        TEST(test_labels__are_swapped_by_two_accounts_in_one_batch),
        TEST(test_label__that_goes_to_another_account_is_the_others),
        TEST(test_many__go_fifty_at_a_time),
        TEST(test_primary__that_is_down_puts_everybody_off),
        TEST(test_primary__whose_answer_is_lost_is_looked_at),
        TEST(test_foreign__record_is_told_and_holds_up_nobody),
        TEST(test_publication__with_all_labels_left_fits_into_a_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
