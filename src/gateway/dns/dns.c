#include "gateway/dns/room.h"

#include <stdio.h>
#include <time.h>

#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/random.h"
#include "gateway/work/backoff.h"

#include "common/base/banned.h"

#define LEASE_MS     4000
#define RETRY_MS     500 /* the first pause; a secondary that was notified has the zone by then */
#define KEEPER_BYTES (1024 * 1024)
#define KEEP_ROUNDS  10 /* of a second: how often the row and the metrics are looked after */

static const struct metric_family family_messages = {
    .name = "numgate_dns_updates_total",
    .type = METRIC_COUNTER,
    .help = "Update messages that were sent to the primary name server."};
static const struct metric_family family_success = {
    .name = "numgate_dns_last_success_time_seconds",
    .type = METRIC_GAUGE,
    .help = "When this node last published, in seconds since 1970; 0: not since the start."};
static const struct metric_family family_orphans = {
    .name = "numgate_dns_orphans",
    .type = METRIC_GAUGE,
    .help =
        "Names in the zone that are numgate's while no account asks for them, when this node last looked."};
static const struct metric_family family_problems = {
    .name = "numgate_dns_problems",
    .type = METRIC_GAUGE,
    .help = "Subdomains that are not as they should be, for a reason that their account's DNS page tells."};
static const struct metric_family family_status = {.name = "numgate_dns_subdomains",
                                                   .type = METRIC_GAUGE,
                                                   .help = "Subdomains by what the name servers say of them.",
                                                   .labels = {"status"}};
static const char *const status_names[] = {[SUBDOMAIN_ABSENT] = "unknown",
                                           [SUBDOMAIN_PROVISIONED] = "provisioned",
                                           [SUBDOMAIN_NOT_PROVISIONED] = "notProvisioned",
                                           [SUBDOMAIN_INCONSISTENT] = "inconsistent"};

struct change dns__change(const struct dns *dns, struct repo_tx *tx, struct arena *mem)
{
    return (struct change){
        .tx = tx, .mem = mem, .actor = &dns->actor, .now = clock_wall(), .facts = dns->config.domain};
}

struct dns_customer dns__customer(const struct subdomain *subdomain)
{
    return (struct dns_customer){.account = subdomain->account,
                                 .label = subdomain->label,
                                 .tokens = {subdomain->tokens[0], subdomain->tokens[1]}};
}

const struct dns_config *dns_config_of(const struct dns *dns)
{
    return &dns->config;
}

/* ---- all rows ---- */

static bool grow(struct arena *mem, struct subdomain **items, size_t count, size_t more, size_t *room)
{
    if (count + more <= *room) {
        return true;
    }
    size_t wanted = 2 * (count + more);
    struct subdomain *larger = arena_alloc_array(mem, wanted, sizeof *larger);
    if (larger != NULL && count > 0) {
        memcpy(larger, *items, count * sizeof *larger);
    }
    *items = larger;
    *room = wanted;
    return larger != NULL;
}

enum rc dns__all_kept(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct dns__all *all = arg;
    struct subdomain *items = NULL;
    struct subdomain_list page;
    struct str after = STR_NONE;
    size_t count = 0, room = 0;
    enum rc rc = repo_zone_serial(tx, &all->serial, err);
    do {
        rc = rc == RC_OK ? repo_subdomains_list(tx, mem, after, LIMIT_PAGE, &page, err) : rc;
        if (rc == RC_OK && !grow(mem, &items, count, page.count, &room)) {
            rc = err_set(err, RC_LIMIT, NULL, "out of memory for all subdomains");
        }
        for (size_t i = 0; rc == RC_OK && i < page.count; i++) {
            after = page.items[i].label;
            if (page.items[i].state == SUBDOMAIN_KEPT) {
                items[count++] = page.items[i];
            }
        }
    } while (rc == RC_OK && page.count == LIMIT_PAGE);
    all->rows = (struct subdomain_list){items, count};
    return rc;
}

/* ---- publishing ---- */

uint32_t dns__pause_ms(const struct dns *dns, int64_t failures)
{
    return backoff_ms(RETRY_MS, dns->config.retry_max_ms, failures, random_u64());
}

static enum rc publish_nothing(void *arg, struct dns_publication *publications, size_t count,
                               struct arena *mem, struct err *err)
{
    (void)arg, (void)publications, (void)count, (void)mem, (void)err;
    return RC_OK;
}

static void note_zones(struct dns *dns)
{
    pthread_mutex_lock(&dns->zones_mutex);
    for (size_t r = 0; r < dns->config.facts.region_count; r++) {
        snprintf(dns->zone_names[r], sizeof dns->zone_names[r], "%" STR_FMT, STR_ARG(dns->updating.zones[r]));
    }
    pthread_mutex_unlock(&dns->zones_mutex);
}

static enum rc find_zones(struct dns *dns, struct arena *mem, struct err *err)
{
    bool ask = dns->config.publisher == DNS_PUBLISH_UPDATE && !dns->updating.found;
    enum rc rc = ask ? dns_find_zones(&dns->updating, mem, err) : RC_OK;
    if (ask && rc == RC_OK) {
        note_zones(dns);
    }
    return rc;
}

static void add_zone(struct str zone, struct arena *mem, struct str *items, struct text_list *ret)
{
    if (!str_empty(zone) && (ret->count == 0 || !str_eq_ci(items[ret->count - 1], zone))) {
        items[ret->count++] = arena_str(mem, zone);
    }
}

struct text_list dns_zones(struct dns *dns, struct arena *mem)
{
    const struct dns_config *config = &dns->config;
    struct str *items = arena_alloc_array(mem, DNS_REGIONS, sizeof *items);
    struct text_list zones = {.items = items};
    if (items != NULL && config->publisher == DNS_PUBLISH_ZONE_FILE) {
        add_zone(config->zone_file.zone, mem, items, &zones);
    } else if (items != NULL && config->publisher == DNS_PUBLISH_UPDATE) {
        pthread_mutex_lock(&dns->zones_mutex);
        for (size_t r = 0; r < config->facts.region_count; r++) {
            struct str found = str_of(dns->zone_names[r]);
            add_zone(str_empty(found) ? config->zones[r] : found, mem, items, &zones);
        }
        pthread_mutex_unlock(&dns->zones_mutex);
    }
    return zones;
}

enum rc dns__zones(struct dns *dns, struct arena *mem, struct str ret[DNS_REGIONS], struct err *err)
{
    pthread_mutex_lock(&dns->publishing);
    enum rc rc = find_zones(dns, mem, err);
    for (size_t r = 0; rc == RC_OK && r < dns->config.facts.region_count; r++) {
        ret[r] = arena_str(mem, dns->updating.zones[r]);
    }
    pthread_mutex_unlock(&dns->publishing);
    return rc;
}

enum rc dns__publish(struct dns *dns, struct dns_publication *publications, size_t count, struct arena *mem,
                     struct err *err)
{
    pthread_mutex_lock(&dns->publishing);
    enum rc rc = find_zones(dns, mem, err);
    if (rc == RC_OK) {
        rc = dns->publisher.publish(dns->publisher.arg, publications, count, mem, err);
    }
    if (rc == RC_DENIED) {
        dns->updating.found = false; /* perhaps the zone is another now */
    }
    pthread_mutex_unlock(&dns->publishing);
    if (rc == RC_OK) {
        atomic_store(&dns->failures, 0);
        metric_set(dns->metrics[DNS_METRIC_SUCCESS], clock_wall().ms / 1000);
    } else {
        atomic_fetch_add(&dns->failures, 1);
    }
    return rc;
}

static struct dns_publisher choose_publisher(struct dns *dns)
{
    if (dns->config.test.publisher.publish != NULL) {
        return dns->config.test.publisher;
    }
    switch (dns->config.publisher) {
    case DNS_PUBLISH_UPDATE:
        return dns_update_publisher(&dns->updating);
    case DNS_PUBLISH_ZONE_FILE:
        return zone_file__publisher(dns);
    case DNS_PUBLISH_NONE:
        break;
    }
    return (struct dns_publisher){publish_nothing, NULL};
}

/* ---- the keeper ---- */

/* The row stays for ever once it is there, unless somebody empties the store. */
static enum rc ensure_row(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct outbox_state state;
    (void)arg;
    enum rc rc = repo_outbox_find(tx, mem, OUTBOX_ZONE, STR(DNS_ZONE_KEY), &state, err);
    return rc == RC_NOT_FOUND ? repo_outbox_touch(tx, OUTBOX_ZONE, STR(DNS_ZONE_KEY), err) : rc;
}

static enum rc touch_row(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem, (void)arg;
    return repo_outbox_touch(tx, OUTBOX_ZONE, STR(DNS_ZONE_KEY), err);
}

static enum rc read_counts(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    return repo_subdomain_counts(tx, arg, err);
}

static void count(const struct dns *dns, struct arena *mem)
{
    struct subdomain_counts counts;
    struct err err;
    if (work_call(dns->work, REPO_LIST, mem, read_counts, &counts, &err) == RC_OK) {
        for (size_t i = 0; i < ARRAY_LEN(counts.of_status); i++) {
            metric_set(dns->status[i], counts.of_status[i]);
        }
        metric_set(dns->metrics[DNS_METRIC_PROBLEMS], counts.problems);
    }
}

/* After the start the row is touched once, since the configuration may be another now. */
static void *keep(void *arg)
{
    struct dns *dns = arg;
    struct arena *mem = arena_new(KEEPER_BYTES);
    struct timespec at;
    struct err err = {0}, said = {0};
    bool stopping = false, touched = false;
    for (unsigned round = 0; !stopping; round++) {
        if (!touched || round % KEEP_ROUNDS == 0) {
            touched = work_call(dns->work, REPO_WRITE, mem, touched ? ensure_row : touch_row, NULL, &err) ==
                          RC_OK ||
                      touched;
            count(dns, mem);
        }
        if (dns->config.publisher == DNS_PUBLISH_ZONE_FILE) {
            enum rc rc = zone_file__refresh(dns, &err);
            if (rc != RC_OK && rc != RC_BUSY && strcmp(err.msg, said.msg) != 0) {
                said = err;
                LOG(LOG_ERROR, "dns_zone_file", log_cstr("error", err.msg));
            }
        }
        arena_reset(mem);
        clock_gettime(CLOCK_REALTIME, &at);
        at.tv_sec += 1;
        stopping = sem_timedwait(&dns->stopping, &at) == 0;
    }
    arena_free(mem);
    return NULL;
}

/* ---- life ---- */

static enum rc one_lease(struct repo_tx *tx, struct arena *mem, struct str key, struct str *ret,
                         struct err *err)
{
    (void)tx, (void)mem, (void)key, (void)err;
    *ret = STR("dns");
    return RC_OK;
}

static void fill_defaults(struct dns_config *config)
{
    config->timeout_ms = config->timeout_ms != 0 ? config->timeout_ms : 5000;
    config->check_ms = config->check_ms != 0 ? config->check_ms : 3600 * 1000;
    config->retry_max_ms = config->retry_max_ms != 0 ? config->retry_max_ms : 300 * 1000;
    config->lease_ms = config->lease_ms != 0 ? config->lease_ms : LEASE_MS;
    if (config->servers.count == 0 && config->publisher == DNS_PUBLISH_UPDATE) {
        config->servers = (struct dns_servers){.items = {config->primary}, .count = 1};
    }
}

static void make_metrics(struct dns *dns)
{
    static const struct metric_family *const families[DNS_METRICS] = {
        [DNS_METRIC_MESSAGES] = &family_messages,
        [DNS_METRIC_SUCCESS] = &family_success,
        [DNS_METRIC_ORPHANS] = &family_orphans,
        [DNS_METRIC_PROBLEMS] = &family_problems};
    for (size_t i = 0; dns->config.metrics != NULL && i < DNS_METRICS; i++) {
        dns->metrics[i] = metrics_series(dns->config.metrics, families[i], NULL);
    }
    for (size_t i = 0; dns->config.metrics != NULL && i < ARRAY_LEN(status_names); i++) {
        const char *const labels[] = {status_names[i]};
        dns->status[i] = metrics_series(dns->config.metrics, &family_status, labels);
    }
}

static void make_parts(struct dns *dns)
{
    const struct dns_config *config = &dns->config;
    dns->actor = (struct actor){
        .way = ACTOR_SYNC, .caller = STR("numgate/dns"), .name = STR("dns"), .request_id = STR("dns")};
    dns->kinds[0] =
        (struct work_kind){.name = "dns", .outbox = OUTBOX_DNS, .lease = one_lease, .run = customers__run};
    dns->kinds[1] = (struct work_kind){.name = "zone", .outbox = OUTBOX_ZONE, .run = zone__run};
    for (size_t i = 0; i < ARRAY_LEN(dns->kinds); i++) {
        dns->kinds[i].workers = 1;
        dns->kinds[i].arg = dns;
        dns->kinds[i].backoff_ms = RETRY_MS;
        dns->kinds[i].backoff_max_ms = config->retry_max_ms;
    }
    make_metrics(dns);
    dns->updating = (struct dns_updating){.facts = &config->facts,
                                          .primary = config->primary,
                                          .key = &config->key,
                                          .configured = {config->zones[0], config->zones[1]},
                                          .timeout_ms = config->timeout_ms,
                                          .messages = dns->metrics[DNS_METRIC_MESSAGES]};
    dns->publisher = choose_publisher(dns);
    pthread_mutex_init(&dns->publishing, NULL);
    pthread_mutex_init(&dns->zones_mutex, NULL);
    pthread_mutex_init(&dns->file_mutex, NULL);
    sem_init(&dns->stopping, 0, 0);
}

static void dns_free(struct dns *dns)
{
    sem_destroy(&dns->stopping);
    pthread_mutex_destroy(&dns->file_mutex);
    pthread_mutex_destroy(&dns->zones_mutex);
    pthread_mutex_destroy(&dns->publishing);
    mem_free(dns);
}

enum rc dns_start(const struct dns_config *config, struct dns **ret, struct err *err)
{
    struct dns *dns = mem_alloc(sizeof *dns);
    if (dns == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory");
    }
    dns->config = *config;
    fill_defaults(&dns->config);
    make_parts(dns);
    const struct work_config work = {.repo = config->repo,
                                     .kinds = dns->kinds,
                                     .kind_count = ARRAY_LEN(dns->kinds),
                                     .metrics = config->metrics,
                                     .lease_ms = dns->config.lease_ms,
                                     .poll_ms = dns->config.look_ms};
    enum rc rc = work_new(&work, &dns->work, err);
    if (rc != RC_OK) {
        dns_free(dns);
        return rc;
    }
    if (pthread_create(&dns->keeper, NULL, keep, dns) != 0) {
        work_free(dns->work);
        dns_free(dns);
        return err_set(err, RC_INTERNAL, NULL, "no thread can be made");
    }
    *ret = dns;
    return RC_OK;
}

void dns_stop(struct dns *dns)
{
    if (dns != NULL) {
        sem_post(&dns->stopping);
        pthread_join(dns->keeper, NULL);
        work_free(dns->work);
        dns_free(dns);
    }
}

void dns_wake(struct dns *dns, unsigned outbox_kinds)
{
    work_wake(dns->work, outbox_kinds);
}
