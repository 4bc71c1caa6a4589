#include "common/crypto/certificate.h"
#include "gateway/dns/dns.h"

#include "common/base/banned.h"

/* All names in one go. Servers that do not answer take no more than their part of the time, so that the last one is asked as well. */
static void report_server(const struct dns_config *config, size_t s, struct mono deadline, struct arena *mem,
                          struct dns_report *ret)
{
    struct dns_place places[DNS_REGIONS];
    struct dns_presence presence[DNS_REGIONS];
    bool known[DNS_REGIONS] = {false};
    struct err err = {0};
    int64_t part_ms = mono_left_ms(deadline, clock_mono()) / (int64_t)(config->servers.count - s);
    struct mono until =
        mono_after(clock_mono(), part_ms < config->timeout_ms ? part_ms : (int64_t)config->timeout_ms);
    for (size_t r = 0; r < ret->region_count; r++) {
        places[r] = ret->regions[r].place;
    }
    enum rc rc = dns_look(&config->servers.items[s], places, ret->region_count, false, until, mem, presence,
                          known, &err);
    struct str why =
        rc == RC_OK ? STR("it does not say anything of the name") : arena_str(mem, str_of(err.msg));
    for (size_t r = 0; r < ret->region_count; r++) {
        struct dns_server_report *server = &ret->regions[r].servers[s];
        *server =
            (struct dns_server_report){.server = config->servers.items[s], .known = rc == RC_OK && known[r]};
        if (server->known) {
            server->found = presence[r].at_name;
            server->served = dns_served(&places[r], &presence[r].at_name);
        } else {
            server->why = why;
        }
    }
}

static void report_certificate(const struct dns_region *region, struct arena *mem,
                               struct dns_region_report *ret)
{
    struct crypto_certificate certificate;
    struct err err = {0};
    if (str_empty(region->certificate)) {
        return;
    }
    ret->certificate_read =
        crypto_certificate_read(arena_cstr(mem, region->certificate), mem, &certificate, &err) == RC_OK;
    if (ret->certificate_read) {
        ret->covered = crypto_certificate_covers(&certificate, ret->place.name);
        ret->certificate_until = certificate.not_after;
    } else {
        ret->certificate_why = arena_str(mem, str_of(err.msg));
    }
}

enum rc dns_report_make(const struct dns_config *config, const struct dns_customer *customer,
                        struct mono deadline, struct arena *mem, struct dns_report *ret, struct err *err)
{
    struct dns_place places[DNS_REGIONS];
    dns_customer_places(&config->facts, customer, true, mem, places);
    *ret = (struct dns_report){.region_count = config->facts.region_count};
    for (size_t r = 0; r < ret->region_count; r++) {
        struct dns_region_report *region = &ret->regions[r];
        region->place = places[r];
        region->record_count = dns_place_records(&config->facts, &places[r], mem, region->records);
        region->server_count = config->servers.count;
        report_certificate(&config->facts.regions[r], mem, region);
    }
    for (size_t s = 0; s < config->servers.count; s++) {
        report_server(config, s, deadline, mem, ret);
    }
    return arena_failed(mem) ? err_set(err, RC_LIMIT, NULL, "out of memory for a report") : RC_OK;
}
