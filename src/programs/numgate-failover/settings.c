#include "programs/numgate-failover/settings.h"

#include "common/base/limits.h"
#include "common/http/admin.h"

#include "common/base/banned.h"

/* A result stays known over a probe that is missed and the reading of the record, and no longer. */
#define FRESH_ROUNDS 2

static enum rc check_name(struct str value, struct err *err)
{
    return rr_name_valid(value) && str_find(value, '.') >= 0
               ? RC_OK
               : err_set(err, RC_INVALID, NULL,
                         "must be a domain name such as example.net, without a final dot");
}

static enum rc check_region(struct str value, struct err *err)
{
    struct net_addr addr;
    return net_parse_port(value, &addr) && addr.family == 4
               ? RC_OK
               : err_set(err, RC_INVALID, NULL, "must be an IPv4 address with a port, such as 192.0.2.1:443");
}

static enum rc check_servers(struct str value, struct err *err)
{
    struct resolve_servers servers;
    return resolve_servers_parse(value, &servers, err);
}

static enum rc check_admin_listen(struct str value, struct err *err)
{
    struct net_addr addr;
    return http_admin_listen(value, &addr, err);
}

#define AT(member)    offsetof(struct settings, member)
#define SECTION(list) .options = (list), .option_count = ARRAY_LEN(list)

#define HOUR_MS (INT64_C(3600) * 1000)
#define DAY_MS  (24 * HOUR_MS)

static const char *const failback_words[] = {"manual", "automatic", NULL}; /* enum failback */
static const struct config_option failover_options[] = {
    {.name = "base_domain",
     .type = CONFIG_STRING,
     .offset = AT(failover.base_domain),
     .required = true,
     .max = 200,
     .example = "example.net",
     .check = check_name,
     .doc = "The deployment's base domain, as in numgated.conf. The record is provapi.<base_domain>."},
    {.name = "name",
     .type = CONFIG_STRING,
     .offset = AT(failover.name),
     .max = RR_NAME_MAX,
     .check = check_name,
     .example = "provapi.example.net",
     .doc =
         "The record, where it has another name. It is also what the regions' certificates are checked for."},
    {.name = "interval_seconds",
     .type = CONFIG_SECONDS,
     .offset = AT(failover.interval_ms),
     .standard = "10",
     .min = 50,
     .max = HOUR_MS,
     .doc = "From the beginning of one probe of a region to the next."},
    {.name = "timeout_seconds",
     .type = CONFIG_SECONDS,
     .offset = AT(failover.timeout_ms),
     .standard = "5",
     .min = 50,
     .max = HOUR_MS,
     .doc = "For one probe, from the connection to the end of the answer, and for one question to a DNS "
            "server. Not "
            "longer than interval_seconds."},
    {.name = "failures",
     .type = CONFIG_INT,
     .offset = AT(failover.failures),
     .standard = "3",
     .min = 1,
     .max = 1000,
     .unit = "probes",
     .doc = "That must fail in a row before the record is taken from a region."},
    {.name = "successes",
     .type = CONFIG_INT,
     .offset = AT(failover.successes),
     .standard = "3",
     .min = 1,
     .max = 1000,
     .unit = "probes",
     .doc = "That must be good in a row before a region is given the record."},
    {.name = "preferred",
     .type = CONFIG_STRING,
     .offset = AT(failover.preferred),
     .max = 64,
     .example = "1",
     .doc = "The region that has the record when all is well; the first one unless given."},
    {.name = "failback",
     .type = CONFIG_ENUM,
     .offset = AT(failover.failback),
     .standard = "manual",
     .words = failback_words,
     .doc = "Who gives the record back to the preferred region: `numgate-failover point`, or "
            "numgate-failover by "
            "itself after failback_after_seconds. Either way the region that has it is left at once where it "
            "fails."},
    {.name = "failback_after_seconds",
     .type = CONFIG_SECONDS,
     .offset = AT(failover.failback_after_ms),
     .standard = "600",
     .min = 0,
     .max = DAY_MS,
     .doc = "For how long every probe of the preferred region must have been good, and the record another "
            "region's, before an automatic failback."},
    {.name = "ttl",
     .type = CONFIG_INT,
     .offset = AT(failover.ttl_s),
     .standard = "60",
     .min = 1,
     .max = 86400,
     .unit = "seconds",
     .doc = "Of the record that is written: for how long a resolver goes on saying what it was before."},
    {.name = "dry_run",
     .type = CONFIG_BOOL,
     .offset = AT(failover.dry_run),
     .standard = "no",
     .doc = "Yes: say in the log what would be done, and do not touch the record."},
    {.name = "ca_file",
     .type = CONFIG_PATH,
     .offset = AT(failover.ca_file),
     .example = "/etc/numgate-failover/ca.crt",
     .doc = "Certificates that those of the regions are checked with, PEM; the machine's own unless given."},
};

#define REGION(member) offsetof(struct region_settings, member)
static const struct config_option region_options[] = {
    {.name = "address",
     .type = CONFIG_STRING,
     .offset = REGION(address),
     .required = true,
     .check = check_region,
     .example = "192.0.2.1:443",
     .doc = "Where the region's API is: the IPv4 address that the record has while it names this region, and "
            "the port."},
};

static const struct config_option dns_options[] = {
    {.name = "zone",
     .type = CONFIG_STRING,
     .offset = AT(dns.zone),
     .required = true,
     .max = RR_NAME_MAX,
     .check = check_name,
     .example = "example.net",
     .doc = "The zone that the record is in."},
    {.name = "servers",
     .type = CONFIG_STRING,
     .offset = AT(dns.servers),
     .required = true,
     .check = check_servers,
     .example = "192.0.2.53, 198.51.100.53",
     .doc = "Every authoritative server of the zone, IP addresses; with a port where it is not 53. After a "
            "change each "
            "is asked what it serves."},
    {.name = "primary",
     .type = CONFIG_STRING,
     .offset = AT(dns.primary),
     .check = check_servers,
     .example = "192.0.2.53",
     .doc = "The server that takes dynamic updates, and whose answer is what the record is; the first of "
            "servers unless "
            "given. It need not be one of them."},
    {.name = "key_file",
     .type = CONFIG_SECRET,
     .offset = AT(dns.key_file),
     .required = true,
     .example = "/etc/numgate-failover/key",
     .doc = "A file with the key (hmac-sha256) that updates are signed with, as tsig-keygen writes it or as "
            "hmac-sha256:NAME:BASE64. The key need not be allowed more than this one record."},
};

static const struct config_option admin_options[] = {
    {.name = "listen",
     .type = CONFIG_STRING,
     .offset = AT(admin.listen),
     .standard = "http://127.0.0.1:9445",
     .check = check_admin_listen,
     .doc = "Where /live, /ready and /metrics are served; loopback only. Empty: nowhere."},
};

static const struct config_option log_options[] = {
    {.name = "level",
     .type = CONFIG_ENUM,
     .offset = AT(log.level),
     .standard = "info",
     .words = log_level_words,
     .doc = "The least severe lines that are written; single probes are logged at debug."},
    {.name = "format",
     .type = CONFIG_ENUM,
     .offset = AT(log.format),
     .standard = "auto",
     .words = log_format_words,
     .doc = "JSON for machines, text for people; auto is text on a terminal and JSON elsewhere."},
};

static const struct config_section sections[] = {
    {.name = "failover", .doc = "The record, and when it moves.", SECTION(failover_options)},
    {.name = "region",
     .doc = "A region that the record may name; one section each, at least two.",
     SECTION(region_options),
     .offset = AT(regions),
     .repeated = true,
     .item_bytes = sizeof(struct region_settings),
     .count_offset = AT(region_count),
     .name_offset = REGION(name),
     .count_max = REGIONS_MAX,
     .example = "1"},
    {.name = "dns", .doc = "Where the record is.", SECTION(dns_options)},
    {.name = "admin", .doc = "The port for the operator's own machines.", SECTION(admin_options)},
    {.name = "log", .doc = "What is logged, to standard error.", SECTION(log_options)},
};

const struct config_schema settings_schema = {sections, ARRAY_LEN(sections), sizeof(struct settings)};

/* ---- what they mean together ---- */

static enum rc set_names(struct site *site, struct arena *mem, struct err *err)
{
    const struct settings *settings = &site->settings;
    site->zone = arena_lower(mem, settings->dns.zone);
    site->name = str_empty(settings->failover.name)
                     ? arena_printf(mem, "provapi.%" STR_FMT, STR_ARG(settings->failover.base_domain))
                     : settings->failover.name;
    site->name = arena_lower(mem, site->name);
    if (!rr_below(site->name, site->zone)) {
        return err_set(err, RC_INVALID, NULL, "%" STR_FMT " is not in [dns] zone = %" STR_FMT,
                       STR_ARG(site->name), STR_ARG(site->zone));
    }
    return RC_OK;
}

static void set_region(struct site *site, size_t i, struct arena *mem)
{
    const struct region_settings *from = &site->settings.regions[i];
    struct site_region *region = &site->regions[i];
    char text[NET_TEXT_MAX];
    region->name = from->name;
    ensure(net_parse_port(from->address, &region->addr)); /* check_region() did */
    region->address = arena_str(mem, net_text(&region->addr, text));
    region->url =
        arena_printf(mem, "https://%" STR_FMT ":%u/numgate/v1/ready", STR_ARG(site->name), region->addr.port);
}

static enum rc set_regions(struct site *site, struct arena *mem, struct err *err)
{
    size_t count = site->settings.region_count;
    if (count < 2) {
        return err_set(err, RC_INVALID, NULL, "there are %zu sections [region.NAME], at least two are needed",
                       count);
    }
    for (size_t i = 0; i < count; i++) {
        set_region(site, i, mem);
        for (size_t j = 0; j < i; j++) {
            if (net_eq(&site->regions[i].addr, &site->regions[j].addr)) {
                return err_set(err, RC_INVALID, NULL,
                               "[region.%" STR_FMT "] and [region.%" STR_FMT "] have the same address",
                               STR_ARG(site->regions[j].name), STR_ARG(site->regions[i].name));
            }
        }
    }
    return RC_OK;
}

size_t site_find_region(const struct site *site, struct str name)
{
    size_t i = 0;
    while (i < site->rules.region_count && !str_eq(site->regions[i].name, name)) {
        i++;
    }
    return i;
}

static enum rc set_preferred(struct site *site, struct err *err)
{
    struct str name = site->settings.failover.preferred;
    site->rules.preferred = str_empty(name) ? 0 : site_find_region(site, name);
    return site->rules.preferred < site->rules.region_count
               ? RC_OK
               : err_set(err, RC_INVALID, NULL,
                         "[failover] preferred = %" STR_FMT ", but there is no section [region.%" STR_FMT "]",
                         STR_ARG(name), STR_ARG(name));
}

static enum rc set_rules(struct site *site, struct err *err)
{
    const struct settings *settings = &site->settings;
    if (settings->failover.timeout_ms > settings->failover.interval_ms) {
        return err_set(err, RC_INVALID, NULL, "[failover] timeout_seconds is longer than interval_seconds");
    }
    site->rules = (struct decide_rules){
        .region_count = settings->region_count,
        .failures = (unsigned)settings->failover.failures,
        .successes = (unsigned)settings->failover.successes,
        .automatic = settings->failover.failback == FAILBACK_AUTOMATIC,
        .failback_after_ms = settings->failover.failback_after_ms,
        .fresh_ms = FRESH_ROUNDS * (settings->failover.interval_ms + settings->failover.timeout_ms),
    };
    return set_preferred(site, err);
}

static bool same_server(const struct net_addr *a, const struct net_addr *b)
{
    return net_eq(a, b) && a->port == b->port;
}

/* One that is not among the servers becomes one more: it is to serve what it was told. */
static enum rc set_primary(struct site *site, struct err *err)
{
    struct resolve_servers primary;
    if (str_empty(site->settings.dns.primary)) {
        return RC_OK;
    }
    enum rc rc = resolve_servers_parse(site->settings.dns.primary, &primary, err);
    if (rc != RC_OK || primary.count != 1 || site->servers.count == RESOLVE_SERVERS_MAX) {
        return rc != RC_OK ? rc
                           : err_set(err, RC_INVALID, NULL,
                                     "[dns] primary is one address, and with it there are at most %d servers",
                                     RESOLVE_SERVERS_MAX);
    }
    while (site->primary < site->servers.count &&
           !same_server(&site->servers.items[site->primary], &primary.items[0])) {
        site->primary++;
    }
    if (site->primary == site->servers.count) {
        site->servers.items[site->servers.count++] = primary.items[0];
    }
    return RC_OK;
}

static enum rc set_dns(struct site *site, struct arena *mem, struct err *err)
{
    enum rc rc = resolve_servers_parse(site->settings.dns.servers, &site->servers, err);
    if (rc == RC_OK) {
        rc = set_primary(site, err);
    }
    if (rc == RC_OK) {
        rc = tsig_key_parse(site->settings.dns.key_file, mem, &site->key, err);
        if (rc != RC_OK) {
            err_context(err, "[dns] key_file");
        }
    }
    return rc;
}

enum rc site_load(const char *path, struct arena *mem, struct site *ret, struct err *err)
{
    struct site site = {0};
    enum rc rc = config_load(&settings_schema, path, mem, &site.settings, err);
    if (rc == RC_OK) {
        rc = set_names(&site, mem, err);
    }
    if (rc == RC_OK) {
        rc = set_regions(&site, mem, err);
    }
    if (rc == RC_OK) {
        rc = set_rules(&site, err);
    }
    if (rc == RC_OK) {
        rc = set_dns(&site, mem, err);
    }
    if (rc == RC_OK && arena_failed(mem)) {
        rc = err_set(err, RC_LIMIT, NULL, "no memory for the configuration");
    }
    if (rc == RC_OK) {
        *ret = site;
    }
    return rc;
}
