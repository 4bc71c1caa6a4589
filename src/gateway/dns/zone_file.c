/* A whole zone as a master file (RFC 1035 section 5), written anew and put in place by a rename whenever the store's serial is not the
 * file's. Every node that is configured so writes one; they are equal, since rows and serial are of one snapshot and change together. */
#include "gateway/dns/room.h"

#include <stdio.h>

#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/crypto/digest.h"

#include "common/base/banned.h"

#define SOA_TIMES                                                                                            \
    "3600 600 1209600 60" /* refresh, retry, expire, and for how long "there is none" may be remembered */
#define FILE_MODE  0644
#define ROWS_BYTES (LIMIT_ZONE_FILE / 2) /* all customers, which are more than what a run has memory for */
#define TOP_BYTES  2000                  /* the SOA record is among the first so many of a file of ours */

static void write_line(struct buf *out, struct str name, enum rr_type type, struct str data)
{
    const struct rr rr = {.name = name, .type = type, .ttl_s = DNS_TTL_S, .data = data};
    rr_write(out, &rr);
}

static void write_top(struct buf *out, const struct dns *dns, uint32_t serial, struct arena *mem)
{
    const struct dns_zone_file *file = &dns->config.zone_file;
    struct str hostmaster = !str_empty(file->hostmaster)
                                ? file->hostmaster
                                : arena_printf(mem, "hostmaster.%" STR_FMT, STR_ARG(file->zone));
    buf_printf(out, "; Written by numgated; changes made here are lost.\n");
    write_line(out, file->zone, RR_SOA,
               arena_printf(mem, "%" STR_FMT " %" STR_FMT " %u " SOA_TIMES,
                            STR_ARG(file->name_servers[0].name), STR_ARG(hostmaster), serial));
    /* provapi is numgate-failover's zone */
    struct str provapi = arena_printf(mem, "provapi.%" STR_FMT, STR_ARG(dns->config.facts.base_domain));
    for (size_t i = 0; i < file->name_server_count; i++) {
        const struct dns_name_server *server = &file->name_servers[i];
        write_line(out, file->zone, RR_NS, server->name);
        write_line(out, provapi, RR_NS, server->name);
        if (!str_empty(server->address)) {
            write_line(out, server->name, str_find(server->address, ':') < 0 ? RR_A : RR_AAAA,
                       server->address);
        }
    }
}

static void write_place(struct buf *out, const struct dns *dns, const struct dns_place *place,
                        struct arena *mem)
{
    struct rr records[DNS_PLACE_RECORDS + 1];
    size_t count = dns_place_records(&dns->config.facts, place, mem, records);
    for (size_t i = 0; i < count; i++) {
        rr_write(out, &records[i]);
    }
}

static void write_static(struct buf *out, const struct dns *dns, struct arena *mem)
{
    struct dns_place places[DNS_STATIC_PLACES];
    size_t count = dns_static_places(&dns->config.facts, mem, places);
    for (size_t i = 0; i < count; i++) {
        write_place(out, dns, &places[i], mem);
    }
}

static void write_customers(struct buf *out, const struct dns *dns, const struct subdomain_list *rows,
                            struct arena *mem)
{
    const struct dns_facts *facts = &dns->config.facts;
    for (size_t i = 0; i < rows->count; i++) {
        struct arena_mark mark = arena_mark(mem);
        struct dns_place places[DNS_REGIONS];
        const struct dns_customer customer = dns__customer(&rows->items[i]);
        dns_customer_places(facts, &customer, true, mem, places);
        for (size_t r = 0; r < facts->region_count; r++) {
            write_place(out, dns, &places[r], mem);
        }
        arena_rewind(mem, mark);
    }
}

int64_t zone_file__facts(const struct dns *dns, struct arena *mem)
{
    struct buf text;
    uint8_t digest[CRYPTO_SHA256_BYTES];
    int64_t facts = 0;
    buf_init(&text, LIMIT_ZONE_FILE);
    write_top(&text, dns, 0, mem);
    write_static(&text, dns, mem);
    for (size_t r = 0; r < dns->config.facts.region_count; r++) {
        buf_put_str(&text, dns->config.facts.regions[r].signalling_address);
    }
    buf_put_str(&text, dns->config.facts.owner);
    struct str whole = buf_str(&text);
    crypto_sha256(&whole, 1, digest);
    memcpy(&facts, digest, sizeof facts);
    buf_clear(&text);
    return facts & INT64_MAX;
}

static enum rc write_file(struct dns *dns, const struct dns__all *all, struct arena *mem, struct err *err)
{
    struct buf text;
    buf_init(&text, LIMIT_ZONE_FILE);
    write_top(&text, dns, all->serial, mem);
    write_static(&text, dns, mem);
    write_customers(&text, dns, &all->rows, mem);
    enum rc rc =
        buf_failed(&text) || arena_failed(mem)
            ? err_set(err, RC_LIMIT, "DnsZoneFile", "the zone file would be larger than %d bytes",
                      LIMIT_ZONE_FILE)
            : file_write(arena_cstr(mem, dns->config.zone_file.path), buf_str(&text), FILE_MODE, err);
    buf_clear(&text);
    if (rc == RC_OK) {
        dns->file_serial = all->serial;
    } else if (err != NULL && err->code == NULL) {
        err->code = "DnsZoneFile";
    }
    return rc;
}

static enum rc read_serial(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    return repo_zone_serial(tx, arg, err);
}

/* ---- a store that is older than the file: it was restored from a copy, or another one is used now. Name servers and their secondaries
 * take a zone for new only with a higher serial (RFC 1982) ---- */

static struct str top_of(const char *path, char *ret, size_t size)
{
    FILE *file = fopen(path, "re");
    size_t n = file != NULL ? fread(ret, 1, size, file) : 0;
    if (file != NULL) {
        (void)fclose(file); /* nothing was written */
    }
    return (struct str){ret, n};
}

/* Of a SOA record as write_top writes it; 0: it is none. */
static uint32_t serial_in_line(struct str line)
{
    struct str name_server, hostmaster, text;
    uint64_t serial;
    return str_contains(line, STR("\tSOA\t")) && str_split(&line, ' ', &name_server) &&
                   str_split(&line, ' ', &hostmaster) && str_split(&line, ' ', &text) &&
                   str_to_u64(text, UINT32_MAX, &serial)
               ? (uint32_t)serial
               : 0;
}

/* Of the file that is there; 0: there is none, or none of ours. */
static uint32_t serial_in_file(const struct dns *dns, struct arena *mem)
{
    char top[TOP_BYTES];
    struct str rest = top_of(arena_cstr(mem, dns->config.zone_file.path), top, sizeof top), line;
    uint32_t serial = 0;
    while (serial == 0 && str_split(&rest, '\n', &line)) {
        serial = serial_in_line(line);
    }
    return serial;
}

static enum rc raise_above(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    uint32_t *serial = arg;
    struct wall now = clock_wall(), above = {((int64_t)*serial + 1) * 1000};
    (void)mem;
    enum rc rc = repo_zone_serial_raise(tx, now.ms > above.ms ? now : above, err);
    return rc == RC_OK ? repo_zone_serial(tx, serial, err) : rc;
}

/* *serial is the store's. */
static enum rc keep_rising(struct dns *dns, struct arena *mem, uint32_t *serial, struct err *err)
{
    uint32_t written = dns->file_serial != 0 ? dns->file_serial : serial_in_file(dns, mem);
    if (written <= *serial) {
        return RC_OK;
    }
    *serial = written;
    return work_call(dns->work, REPO_WRITE, mem, raise_above, serial, err);
}

/* ---- writing it ---- */

/* Under the mutex. A serial of 0: nothing was ever to be published. */
static enum rc refresh(struct dns *dns, struct arena *mem, struct err *err)
{
    uint32_t serial = 0;
    struct dns__all all;
    enum rc rc = work_call(dns->work, REPO_LIST, mem, read_serial, &serial, err);
    if (rc != RC_OK || serial == 0 || serial == dns->file_serial) {
        return rc;
    }
    rc = keep_rising(dns, mem, &serial, err);
    if (rc != RC_OK) {
        return rc;
    }
    rc = work_call(dns->work, REPO_LIST, mem, dns__all_kept, &all, err);
    return rc == RC_OK ? write_file(dns, &all, mem, err) : rc;
}

enum rc zone_file__refresh(struct dns *dns, struct err *err)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new(ROWS_BYTES);
    pthread_mutex_lock(&dns->file_mutex);
    enum rc rc = refresh(dns, mem, err);
    pthread_mutex_unlock(&dns->file_mutex);
    return rc;
}

static enum rc publish(void *arg, struct dns_publication *publications, size_t count, struct arena *mem,
                       struct err *err)
{
    (void)publications, (void)count, (void)mem; /* the file has all of them */
    return zone_file__refresh(arg, err);
}

struct dns_publisher zone_file__publisher(struct dns *dns)
{
    return (struct dns_publisher){publish, dns};
}
