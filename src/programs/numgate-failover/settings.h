/* The options of numgate-failover: one table, which feeds the reader, `example-config` and the options page. */
#pragma once
#include "common/base/log.h"
#include "common/config/config.h"
#include "common/resolve/resolve.h"
#include "common/resolve/rr.h"
#include "programs/numgate-failover/decide.h"

struct region_settings {
    struct str name;
    struct str address; /* "192.0.2.1:443" */
};

struct settings {
    struct {
        struct str base_domain, name, preferred, ca_file;
        int64_t interval_ms, timeout_ms, failback_after_ms, failures, successes, ttl_s;
        int failback; /* enum failback */
        bool dry_run;
    } failover;
    const struct region_settings *regions; /* 2 to REGIONS_MAX */
    size_t region_count;
    struct {
        struct str zone, servers, primary, key_file; /* key_file: what is in it, a secret */
    } dns;
    struct {
        struct str listen;
    } admin;
    struct {
        enum log_level level;
        enum log_format format;
    } log;
};
enum failback { FAILBACK_MANUAL, FAILBACK_AUTOMATIC };

extern const struct config_schema settings_schema;

/* What the options mean, taken apart; everything is in the arena that was given. */
struct site_region {
    struct str name;
    struct net_addr addr; /* IPv4, with its port */
    struct str address;   /* as the record has it, without the port */
    struct str url;       /* that is probed */
};
struct site {
    struct settings settings;
    struct str name; /* the record's */
    struct str zone;
    struct site_region regions[REGIONS_MAX];
    struct decide_rules rules; /* rules.region_count: of the regions */
    struct resolve_servers servers;
    size_t primary; /* index of the one that takes the updates */
    struct tsig_key key;
};

/* Reads the file and checks what no single option can tell. `mem` should be a secret one; the findings of a failure are in it, too. */
MUST_USE enum rc site_load(const char *path, struct arena *mem, struct site *ret, struct err *err);
/* The index of the region of that name; rules.region_count: there is none. */
size_t site_find_region(const struct site *site, struct str name);
