/* What the files of this room share; nobody else includes it. */
#pragma once
#include <pthread.h>
#include <semaphore.h>

#include "gateway/dns/dns.h"
#include "gateway/domain/heard.h"
#include "gateway/work/work.h"

#define DNS_RUN_MS 10000 /* after which a run makes way for others */
#define DNS_PAGE   200   /* customers that are read, or asked about, at a time */
#define DNS_LOST                                                                                             \
    6 /* labels that an account has left and that are taken back in one go: one message holds them */

enum dns_metric {
    DNS_METRIC_MESSAGES,
    DNS_METRIC_SUCCESS,
    DNS_METRIC_ORPHANS,
    DNS_METRIC_PROBLEMS,
    DNS_METRICS
};

struct dns {
    struct dns_config config;
    struct actor actor;
    struct work_kind kinds[2];
    struct work *work;
    pthread_mutex_t
        publishing; /* guards these two: several threads publish, one at a time; before file_mutex */
    struct dns_updating updating;
    struct dns_publisher publisher;
    pthread_mutex_t zones_mutex; /* guards this one, which is read while somebody publishes; the innermost */
    char zone_names[DNS_REGIONS][RR_NAME_MAX + 1]; /* of updating, once it has found them */
    struct metric *metrics[DNS_METRICS];
    struct metric *status[4];
    atomic_uint failures;       /* of the publisher, in a row: how long everybody waits */
    pthread_mutex_t file_mutex; /* guards the file: the keeper and a worker write it */
    uint32_t file_serial;       /* what is in it; 0: not known */
    pthread_t keeper;
    sem_t stopping; /* posted once */
};

struct change dns__change(const struct dns *dns, struct repo_tx *tx, struct arena *mem);
struct dns_customer dns__customer(const struct subdomain *subdomain);
/* Publishes, and remembers how long it has been failing. */
MUST_USE enum rc dns__publish(struct dns *dns, struct dns_publication *publications, size_t count,
                              struct arena *mem, struct err *err);
/* The zone of each region at the primary; in mem. */
MUST_USE enum rc dns__zones(struct dns *dns, struct arena *mem, struct str ret[DNS_REGIONS], struct err *err);
uint32_t dns__pause_ms(const struct dns *dns, int64_t failures); /* after so many in a row */

/* The run functions of the kinds. */
enum rc customers__run(struct work_run *run, void *arg, struct err *err);
enum rc zone__run(struct work_run *run, void *arg, struct err *err);

/* zone_file.c: writes the file when the store's serial is another than the file's. */
MUST_USE enum rc zone_file__refresh(struct dns *dns, struct err *err);
struct dns_publisher zone_file__publisher(struct dns *dns);
/* What the configuration adds to the zone: a digest of it. */
int64_t zone_file__facts(const struct dns *dns, struct arena *mem);
/* All rows that are kept, in one transaction. */
enum rc dns__all_kept(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err);
struct dns__all {
    struct subdomain_list rows;
    uint32_t serial;
};
