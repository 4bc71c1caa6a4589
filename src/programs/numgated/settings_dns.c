#include "programs/numgated/settings_dns.h"

#include "common/resolve/resolve.h"
#include "programs/numgated/settings.h"

#include "common/base/banned.h"

/* ---- single options ---- */

static enum rc check_name(struct str value, struct err *err)
{
    return rr_name_valid(value)
               ? RC_OK
               : err_set(err, RC_INVALID, NULL,
                         "a domain name such as example.net, without a final dot, is expected");
}

/* "ns1.example.net", or with its address "ns1.example.net 192.0.2.53". */
static bool parse_name_server(struct str text, struct dns_name_server *ret)
{
    struct net_addr addr;
    struct str rest = text;
    *ret = (struct dns_name_server){.address = STR_NONE};
    (void)str_split(&rest, ' ', &ret->name);
    ret->address = str_trim(rest);
    return rr_name_valid(ret->name) && (str_empty(ret->address) || net_parse(ret->address, &addr));
}

static enum rc check_name_server(struct str value, struct err *err)
{
    struct dns_name_server server;
    return parse_name_server(value, &server) ? RC_OK
                                             : err_set(err, RC_INVALID, NULL,
                                                       "a name such as ns1.example.net is expected, or with "
                                                       "its address ns1.example.net 192.0.2.53");
}

static enum rc check_servers(struct str value, struct err *err)
{
    struct resolve_servers servers;
    return resolve_servers_parse(value, &servers, err);
}

static enum rc check_server(struct str value, struct err *err)
{
    struct resolve_servers servers;
    enum rc rc = resolve_servers_parse(value, &servers, err);
    return rc == RC_OK && servers.count != 1 ? err_set(err, RC_INVALID, NULL, "one address is expected") : rc;
}

static enum rc check_ipv4(struct str value, struct err *err)
{
    struct net_addr addr;
    return net_parse(value, &addr) && addr.family == 4
               ? RC_OK
               : err_set(err, RC_INVALID, NULL, "an IPv4 address such as 192.0.2.10 is expected");
}

/* As what the API takes for a token: it also stands in ownership records, between commas. */
static enum rc check_txt(struct str value, struct err *err)
{
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '=' ||
                    c == '_' || c == '-';
        if (!fine) {
            return err_set(err, RC_INVALID, NULL,
                           "a value such as MS=ms12345678 is letters, digits, '=', '_' and '-'");
        }
    }
    return RC_OK;
}

static enum rc check_owner(struct str value, struct err *err)
{
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.')) {
            return err_set(err, RC_INVALID, NULL, "an owner is lower case letters, digits, '-' and '.'");
        }
    }
    return RC_OK;
}

#define AT(member)     offsetof(struct settings, dns.member)
#define REGION(member) offsetof(struct region_settings, member)

/* In the order of enum dns_publisher_kind. */
static const char *const publisher_words[] = {"none", "zonefile", "update", NULL};

const struct config_option settings_dns_options[DNS_OPTION_COUNT] = {
    {.name = "publisher",
     .type = CONFIG_ENUM,
     .offset = AT(publisher),
     .standard = "none",
     .words = publisher_words,
     .doc = "How records come into the DNS: `update` sends signed updates (RFC 2136) to a primary server, "
            "`zonefile` writes a zone "
            "file for any server. With `none` they are made by hand; what `servers` serve is looked at all "
            "the same."},
    {.name = "zone",
     .type = CONFIG_LIST,
     .offset = AT(zone),
     .check = check_name,
     .example = "example.net",
     .doc = "The zone that the base domain is in. For `update` it may be left out: the primary is asked. "
            "With split_zones two, the "
            "first region's first."},
    {.name = "servers",
     .type = CONFIG_STRING,
     .offset = AT(servers),
     .max = 600,
     .check = check_servers,
     .example = "192.0.2.53, 198.51.100.53",
     .doc = "The zone's authoritative servers, at most 8, with `:PORT` where it is not 53. Each is asked "
            "what it serves, and "
            "subdomainStatus says what they answer. For `update` the primary unless given."},
    {.name = "primary",
     .type = CONFIG_STRING,
     .offset = AT(primary),
     .max = 64,
     .check = check_server,
     .example = "192.0.2.53",
     .doc = "The server that takes updates; the first of `servers` unless given."},
    {.name = "key_file",
     .type = CONFIG_SECRET,
     .offset = AT(key_file),
     .example = "/etc/numgate/dns-key",
     .doc = "A file with the key that updates are signed with: hmac-sha256:NAME:BASE64, or as tsig-keygen "
            "writes it. The key may update "
            "the zone and transfer it."},
    {.name = "zone_file",
     .type = CONFIG_PATH,
     .offset = AT(zone_file),
     .example = "/var/lib/numgate/zone/example.net.zone",
     .doc = "For `zonefile`: the file that is written. It is replaced as a whole, with a higher serial, "
            "whenever something changes."},
    {.name = "name_servers",
     .type = CONFIG_LIST,
     .offset = AT(name_servers),
     .check = check_name_server,
     .example = "ns1.example.net 192.0.2.53, ns2.example.com",
     .doc =
         "For `zonefile`: the names of the zone's servers, for its NS records, each with its address where "
         "the name is in the zone itself; the first is the primary. provapi.<base_domain> is delegated to "
         "them as a zone of its own, which numgate-failover keeps."},
    {.name = "hostmaster",
     .type = CONFIG_STRING,
     .offset = AT(hostmaster),
     .max = 200,
     .check = check_name,
     .example = "hostmaster.example.net",
     .doc = "For `zonefile`: the mail address in the SOA record, written as a domain name; hostmaster.<zone> "
            "unless given."},
    {.name = "split_zones",
     .type = CONFIG_BOOL,
     .offset = AT(split_zones),
     .standard = "no",
     .doc = "Yes where 1r1.<base_domain> and 1r2.<base_domain> are two zones. A change of a customer then "
            "takes two messages, and "
            "between them its status is inconsistent."},
    {.name = "owner",
     .type = CONFIG_STRING,
     .offset = AT(owner),
     .standard = "numgate",
     .min = 1,
     .max = DNS_OWNER_MAX,
     .check = check_owner,
     .doc = "Who owns the records, in the ownership records beside them. Another installation that writes "
            "into the same zone has "
            "another name; what it owns is left alone. Change it only together with the records."},
    {.name = "txt",
     .type = CONFIG_STRING,
     .offset = AT(txt),
     .max = 100,
     .check = check_txt,
     .example = "MS=ms12345678",
     .doc =
         "A TXT record at the base domain, with which the operator's own Microsoft 365 tenant verifies it."},
    {.name = "timeout_seconds",
     .type = CONFIG_INT,
     .offset = AT(timeout_seconds),
     .standard = "5",
     .min = 1,
     .max = 60,
     .unit = "seconds",
     .doc = "For one call to one name server."},
    {.name = "check_seconds",
     .type = CONFIG_INT,
     .offset = AT(check_seconds),
     .standard = "3600",
     .min = 1,
     .max = 86400,
     .unit = "seconds",
     .doc = "How often the servers are asked about all customers. After a change they are asked at once."},
    {.name = "retry_max_seconds",
     .type = CONFIG_INT,
     .offset = AT(retry_max_seconds),
     .standard = "300",
     .min = 1,
     .max = 86400,
     .unit = "seconds",
     .doc = "The longest wait between two tries while something is not as it should be."},
};

const struct config_option settings_region_options[REGION_OPTION_COUNT] = {
    {.name = "signalling_address",
     .type = CONFIG_STRING,
     .offset = REGION(signalling_address),
     .max = 15,
     .check = check_ipv4,
     .example = "192.0.2.10",
     .doc = "The IPv4 address that Teams sends Direct Routing calls of this region to: of 1rN.<base_domain> "
            "and of every customer's "
            "name below it."},
    {.name = "certificate",
     .type = CONFIG_PATH,
     .offset = REGION(certificate),
     .example = "/etc/numgate/sbc-region1.crt",
     .doc = "The certificate that the region's session border controller shows, PEM. Only looked at, to say "
            "whether it covers a "
            "customer's name."},
    {.name = "txt",
     .type = CONFIG_STRING,
     .offset = REGION(txt),
     .max = 100,
     .check = check_txt,
     .example = "MS=ms12345678",
     .doc = "A TXT record at 1rN.<base_domain>, with which the operator's own Microsoft 365 tenant verifies "
            "it."},
    {.name = "network_address",
     .type = CONFIG_STRING,
     .offset = REGION(network_address),
     .max = 15,
     .check = check_ipv4,
     .example = "192.0.2.11",
     .doc = "The IPv4 address that the operator's own network sends calls of this region to. Makes "
            "rN.<base_domain> and the SRV "
            "record _sip._tls.rN.<base_domain>."},
    {.name = "network_port",
     .type = CONFIG_INT,
     .offset = REGION(network_port),
     .standard = "5061",
     .min = 1,
     .max = 65535,
     .doc = "The port in that SRV record."},
};

/* ---- together ---- */

bool settings_have_dns(const struct settings *settings)
{
    return settings->dns.publisher != DNS_PUBLISH_NONE || !str_empty(settings->dns.servers);
}

static enum rc take_regions(const struct settings *settings, struct dns_facts *facts, struct err *err)
{
    for (size_t i = 0; i < settings->region_count; i++) {
        const struct region_settings *from = &settings->regions[i];
        uint64_t number;
        if (!str_to_u64(from->name, facts->region_count, &number) || number == 0) {
            return err_set(err, RC_INVALID, NULL, "[region.%" STR_FMT "]: this deployment has the region%s",
                           STR_ARG(from->name), facts->region_count == 1 ? " 1" : "s 1 and 2");
        }
        facts->regions[number - 1] = (struct dns_region){.signalling_address = from->signalling_address,
                                                         .txt = from->txt,
                                                         .network_address = from->network_address,
                                                         .network_port = from->network_port,
                                                         .certificate = from->certificate};
    }
    for (size_t r = 0; r < facts->region_count; r++) {
        if (str_empty(facts->regions[r].signalling_address)) {
            return err_set(err, RC_INVALID, NULL,
                           "[dns] needs [region.%zu] signalling_address, which is not there or empty", r + 1);
        }
    }
    return RC_OK;
}

static void take_servers(const struct settings *settings, struct dns_config *ret)
{
    struct resolve_servers servers;
    if (!str_empty(settings->dns.servers) &&
        resolve_servers_parse(settings->dns.servers, &servers, NULL) == RC_OK) {
        ret->servers.count = servers.count;
        memcpy(ret->servers.items, servers.items, servers.count * sizeof *servers.items);
        ret->primary = servers.items[0];
    }
    if (!str_empty(settings->dns.primary) &&
        resolve_servers_parse(settings->dns.primary, &servers, NULL) == RC_OK) {
        ret->primary = servers.items[0];
    }
}

static enum rc take_update(const struct settings *settings, struct arena *mem, struct dns_config *ret,
                           struct err *err)
{
    size_t zones = settings->dns.zone.count;
    if (ret->primary.family == 0) {
        return err_set(err, RC_INVALID, NULL, "[dns] publisher = update needs primary, or servers");
    }
    if (str_empty(settings->dns.key_file)) {
        return err_set(err, RC_INVALID, NULL,
                       "[dns] publisher = update needs key_file, which is not there or empty");
    }
    if (zones > (settings->dns.split_zones ? ret->facts.region_count : 1)) {
        return err_set(err, RC_INVALID, NULL, "[dns] zone names %zu zones", zones);
    }
    for (size_t r = 0; zones > 0 && r < ret->facts.region_count; r++) {
        ret->zones[r] = settings->dns.zone.items[r < zones ? r : zones - 1];
    }
    enum rc rc = tsig_key_parse(settings->dns.key_file, mem, &ret->key, err);
    if (rc != RC_OK) {
        err_context(err, "[dns] key_file");
    }
    return rc;
}

static enum rc take_name_servers(const struct dns_settings *dns, struct arena *mem,
                                 struct dns_zone_file *file, struct err *err)
{
    size_t count = dns->name_servers.count;
    struct dns_name_server *servers = arena_alloc_array(mem, count, sizeof *servers);
    if (servers == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory for the configuration");
    }
    for (size_t i = 0; i < count; i++) {
        (void)parse_name_server(dns->name_servers.items[i], &servers[i]); /* it was checked */
        if (str_empty(servers[i].address) && rr_below(servers[i].name, file->zone)) {
            return err_set(err, RC_INVALID, NULL,
                           "[dns] name_servers: %" STR_FMT
                           " is in the zone itself, so its address must stand behind it",
                           STR_ARG(servers[i].name));
        }
    }
    file->name_servers = servers;
    file->name_server_count = count;
    return RC_OK;
}

static enum rc take_zone_file(const struct settings *settings, struct arena *mem, struct dns_config *ret,
                              struct err *err)
{
    const struct dns_settings *dns = &settings->dns;
    if (str_empty(dns->zone_file) || dns->name_servers.count == 0 || dns->zone.count != 1) {
        return err_set(err, RC_INVALID, NULL,
                       "[dns] publisher = zonefile needs zone, zone_file and name_servers");
    }
    if (dns->split_zones) {
        return err_set(err, RC_INVALID, NULL,
                       "[dns] publisher = zonefile writes one zone: split_zones cannot be yes");
    }
    if (!rr_below(settings->deployment.base_domain, dns->zone.items[0])) {
        return err_set(err, RC_INVALID, NULL, "[dns] zone: %" STR_FMT " is not in it",
                       STR_ARG(settings->deployment.base_domain));
    }
    ret->zone_file = (struct dns_zone_file){
        .path = dns->zone_file, .zone = dns->zone.items[0], .hostmaster = dns->hostmaster};
    return take_name_servers(dns, mem, &ret->zone_file, err);
}

enum rc settings_dns(const struct settings *settings, struct arena *mem, struct dns_config *ret,
                     struct err *err)
{
    const struct dns_settings *dns = &settings->dns;
    *ret = (struct dns_config){
        .facts = {.base_domain = settings->deployment.base_domain,
                  .owner = dns->owner,
                  .txt = dns->txt,
                  .region_count = settings->deployment.single_region ? 1 : DNS_REGIONS,
                  .split_zones = dns->split_zones},
        .publisher = dns->publisher,
        .timeout_ms = (uint32_t)dns->timeout_seconds * 1000,
        .check_ms = (uint32_t)dns->check_seconds * 1000,
        .retry_max_ms = (uint32_t)dns->retry_max_seconds * 1000,
    };
    if (!settings_have_dns(settings)) {
        return RC_OK;
    }
    enum rc rc = take_regions(settings, &ret->facts, err);
    take_servers(settings, ret);
    if (rc == RC_OK && dns->publisher == DNS_PUBLISH_UPDATE) {
        rc = take_update(settings, mem, ret, err);
    }
    return rc == RC_OK && dns->publisher == DNS_PUBLISH_ZONE_FILE ? take_zone_file(settings, mem, ret, err)
                                                                  : rc;
}
