/* The options of [dns] and [region.N], and what they mean to gateway/dns. Part of the table in settings.c. */
#pragma once
#include "common/config/config.h"
#include "gateway/dns/dns.h"

struct region_settings {
    struct str name; /* "1", "2" */
    struct str signalling_address, certificate, txt, network_address;
    int64_t network_port;
};

struct dns_settings {
    enum dns_publisher_kind publisher;
    struct config_list zone, name_servers;
    struct str servers, primary, key_file, zone_file, hostmaster, owner, txt; /* key_file: what is in it */
    bool split_zones;
    int64_t timeout_seconds, check_seconds, retry_max_seconds;
};

#define DNS_OPTION_COUNT    14
#define REGION_OPTION_COUNT 5
extern const struct config_option settings_dns_options[DNS_OPTION_COUNT]; /* offsets in struct settings */
extern const struct config_option
    settings_region_options[REGION_OPTION_COUNT]; /* in struct region_settings */

struct settings;
/* There is something to publish or to ask. */
bool settings_have_dns(const struct settings *settings);
/* What no single option can tell; and, in mem, what gateway/dns gets to know. Without the repo, facts and metrics. */
MUST_USE enum rc settings_dns(const struct settings *settings, struct arena *mem, struct dns_config *ret,
                              struct err *err);
