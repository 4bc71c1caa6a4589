#include "programs/numgated/settings.h"

#include "common/base/limits.h"

#include "common/base/banned.h"

static enum rc check_listen(struct str value, struct err *err)
{
    struct net_addr addr;
    bool tls;
    return settings_listen(value, &addr, &tls, err);
}

static enum rc check_cidrs(struct str value, struct err *err)
{
    struct cidr_list list = {0};
    enum rc rc = cidr_list_parse(value, &list, err);
    cidr_list_clear(&list);
    return rc;
}

static bool is_host_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

static enum rc check_domain(struct str value, struct err *err)
{
    for (size_t i = 0; i < value.n; i++) {
        if (!is_host_char(value.p[i])) {
            return err_set(err, RC_INVALID, NULL,
                           "a domain name in lower case is letters, digits, '-' and '.'");
        }
    }
    if (str_find(value, '.') < 0 || value.p[0] == '.' || str_ends(value, STR("."))) {
        return err_set(err, RC_INVALID, NULL,
                       "a domain name such as example.net, without a final dot, is expected");
    }
    return RC_OK;
}

static enum rc check_public_url(struct str value, struct err *err)
{
    bool scheme = str_starts(value, STR("https://")) || str_starts(value, STR("http://"));
    if (!scheme || str_ends(value, STR("/"))) {
        return err_set(err, RC_INVALID, NULL,
                       "a URL such as https://provapi.example.net, without a final slash, is expected");
    }
    return RC_OK;
}

static enum rc check_pointer(struct str value, struct err *err)
{
    return str_starts(value, STR("/"))
               ? RC_OK
               : err_set(err, RC_INVALID, NULL, "a JSON Pointer such as /roles is expected");
}

static enum rc check_header_name(struct str value, struct err *err)
{
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-')) {
            return err_set(err, RC_INVALID, NULL, "a SIP header name is letters, digits and '-'");
        }
    }
    return RC_OK;
}

#define AT(member)    offsetof(struct settings, member)
#define SECTION(list) .options = (list), .option_count = ARRAY_LEN(list)

static const struct config_option deployment_options[] = {
    {.name = "base_domain",
     .type = CONFIG_STRING,
     .offset = AT(deployment.base_domain),
     .required = true,
     .max = 200,
     .example = "example.net",
     .check = check_domain,
     .doc = "The domain under which this deployment's names live: provapi.<base_domain>, 1r1.<base_domain>, "
            "1r2.<base_domain>."},
    {.name = "single_region",
     .type = CONFIG_BOOL,
     .offset = AT(deployment.single_region),
     .standard = "no",
     .doc = "Yes for a lab deployment, which has one region only."},
    {.name = "test_target",
     .type = CONFIG_BOOL,
     .offset = AT(deployment.test_target),
     .standard = "no",
     .doc = "Yes accepts tokens of numgate-lab and allows `numgated seed`. Never in production."},
};

static const struct config_option server_options[] = {
    {.name = "listen",
     .type = CONFIG_LIST,
     .offset = AT(server.listen),
     .standard = "https://127.0.0.1:8443",
     .check = check_listen,
     .doc = "Where the API is served. http:// is for loopback addresses only; an address outside loopback "
            "needs [access] allow."},
    {.name = "public_url",
     .type = CONFIG_STRING,
     .offset = AT(server.public_url),
     .max = 300,
     .check = check_public_url,
     .example = "https://provapi.example.net",
     .doc = "Scheme and host that links to further pages begin with. Without it the Host header decides "
            "where that is "
            "provapi.<base_domain>, localhost or an IP address; else https://provapi.<base_domain> is used."},
    {.name = "tls_certificate",
     .type = CONFIG_PATH,
     .offset = AT(server.tls_certificate),
     .reloadable = true,
     .example = "/etc/numgate/tls.crt",
     .doc = "The certificate chain, PEM. Its content is read again on SIGHUP."},
    {.name = "tls_key",
     .type = CONFIG_PATH,
     .offset = AT(server.tls_key),
     .reloadable = true,
     .example = "/etc/numgate/tls.key",
     .doc = "The private key of the certificate, PEM."},
    {.name = "trusted_proxies",
     .type = CONFIG_STRING,
     .offset = AT(server.trusted_proxies),
     .reloadable = true,
     .check = check_cidrs,
     .example = "192.0.2.10, 2001:db8::/64",
     .doc = "Networks of proxies whose X-Forwarded-For is believed. They are not counted for "
            "connections_per_address; for that a new value needs a restart."},
    {.name = "threads",
     .type = CONFIG_INT,
     .offset = AT(server.threads),
     .standard = "0",
     .min = 0,
     .max = 256,
     .doc = "Event loops; 0 is one for each core."},
};

static const struct config_option admin_options[] = {
    {.name = "listen",
     .type = CONFIG_STRING,
     .offset = AT(admin.listen),
     .standard = "http://127.0.0.1:9443",
     .check = check_listen,
     .doc = "Where /live, /ready and /metrics are served; loopback only. Empty: nowhere."},
    {.name = "socket",
     .type = CONFIG_PATH,
     .offset = AT(admin.socket),
     .standard = "/run/numgate/admin.sock",
     .doc =
         "A Unix socket for `numgated backup`; only root and the daemon's own user may use it. Empty: none."},
};

static const struct config_option access_options[] = {
    {.name = "allow",
     .type = CONFIG_STRING,
     .offset = AT(access.allow),
     .reloadable = true,
     .check = check_cidrs,
     .example = "192.0.2.0/24, 2001:db8:1::/48",
     .doc = "Addresses and networks whose requests are accepted. May be empty only while every listener is "
            "loopback."},
};

#define SECONDS(option, standard_text, most, text)                                                           \
    {                                                                                                        \
        .name = #option, .type = CONFIG_INT, .offset = AT(limits.option), .standard = (standard_text),       \
        .min = 1, .max = (most), .unit = "seconds", .doc = (text)                                            \
    }
static const struct config_option limits_options[] = {
    {.name = "requests_per_minute",
     .type = CONFIG_INT,
     .offset = AT(limits.requests_per_minute),
     .standard = "100",
     .min = 0,
     .max = 1000000,
     .reloadable = true,
     .doc = "Provisioning API requests with application tokens, over all callers, in any 60 seconds; 0 = no "
            "limit."},
    {.name = "requests_per_minute_user",
     .type = CONFIG_INT,
     .offset = AT(limits.requests_per_minute_user),
     .standard = "600",
     .min = 0,
     .max = 1000000,
     .reloadable = true,
     .doc = "The same for each portal user; 0 = no limit."},
    SECONDS(scan_seconds, "5", 60, "How long a filtered list may search before its page comes back short."),
    {.name = "connections",
     .type = CONFIG_INT,
     .offset = AT(limits.connections),
     .standard = "10000",
     .min = 1,
     .max = 1000000,
     .doc = "Connections at a time; one more is closed at once."},
    {.name = "connections_per_address",
     .type = CONFIG_INT,
     .offset = AT(limits.connections_per_address),
     .standard = "256",
     .min = 1,
     .max = 1000000,
     .doc = "Connections at a time from one address, for IPv6 from one /64."},
    SECONDS(handshake_seconds, "10", 600, "For the TLS handshake."),
    SECONDS(header_seconds, "10", 600, "For the header block of a request."),
    SECONDS(body_seconds, "30", 3600, "For the body of a request."),
    SECONDS(reply_seconds, "30", 3600, "For the client to take the reply."),
    SECONDS(idle_seconds, "75", 3600, "Until an idle connection is closed."),
    SECONDS(request_seconds, "20", 600, "For the answer to a request; then it is 503."),
    SECONDS(drain_seconds, "30", 600, "For open requests to end when the daemon stops."),
};

#define ISSUER(member) offsetof(struct issuer_settings, member)
static const struct config_option issuer_options[] = {
    {.name = "authority",
     .type = CONFIG_STRING,
     .offset = ISSUER(authority),
     .required = true,
     .max = 500,
     .example = "https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000/v2.0",
     .doc = "The issuer; its discovery document is at <authority>/.well-known/openid-configuration."},
    {.name = "audience",
     .type = CONFIG_LIST,
     .offset = ISSUER(audience),
     .required = true,
     .example = "https://func-voiceservice-rp-prod-eastuseuap.azurewebsites.net",
     .doc = "Audiences of accepted tokens. Entra ID's v1 tokens carry the identifier URI, v2 tokens the "
            "API's client id."},
    {.name = "issuer_also",
     .type = CONFIG_LIST,
     .offset = ISSUER(issuer_also),
     .example = "https://sts.windows.net/00000000-0000-0000-0000-000000000000/",
     .doc = "Further values of `iss` that are accepted, such as the one of Entra ID's v1 tokens."},
    {.name = "tenants",
     .type = CONFIG_LIST,
     .offset = ISSUER(tenants),
     .example = "00000000-0000-0000-0000-000000000000",
     .doc = "Accepted values of `tid`. Required where the issuer is for many tenants."},
    {.name = "ca_file",
     .type = CONFIG_PATH,
     .offset = ISSUER(ca_file),
     .example = "/etc/numgate/issuer-ca.crt",
     .doc =
         "Certificates that the issuer's certificate is checked with, PEM; the machine's own unless given."},
    {.name = "roles_claim",
     .type = CONFIG_STRING,
     .offset = ISSUER(roles_claim),
     .standard = "/roles",
     .check = check_pointer,
     .max = 200,
     .doc =
         "Where the roles stand in a token, as a JSON Pointer; Keycloak's realm roles: /realm_access/roles."},
};

static const struct config_option store_options[] = {
    {.name = "url",
     .type = CONFIG_STRING,
     .offset = AT(store.url),
     .standard = "sqlite:/var/lib/numgate/numgate.db",
     .max = 1000,
     .doc = "Where everything is stored: sqlite:PATH for one node, or postgresql://HOST/DATABASE for one or "
            "many, as libpq takes "
            "it. Several hosts: postgresql://a,b/numgate?target_session_attrs=read-write."},
    {.name = "password_file",
     .type = CONFIG_SECRET,
     .offset = AT(store.password_file),
     .example = "/etc/numgate/database-password",
     .doc = "PostgreSQL: a file with the password of the database's user. Not needed with certificates or "
            "peer authentication."},
    {.name = "connections",
     .type = CONFIG_INT,
     .offset = AT(store.connections),
     .standard = "24",
     .min = 3,
     .max = 500,
     .doc = "PostgreSQL: connections for requests, a third of them for reads. Four more are used for scans, "
            "the rate limit and upkeep."},
};

static const struct config_option gateway_options[] = {
    {.name = "custom_header_name",
     .type = CONFIG_STRING,
     .offset = AT(gateway.custom_header_name),
     .standard = "X-MS-Operator-Content",
     .min = 1,
     .max = 32,
     .check = check_header_name,
     .doc = "The SIP header that carries a number's customSipHeader."},
};

/* In the order of the enums in common/base/log.h. */
static const char *const level_words[] = {"error", "warning", "notice", "info", "debug", NULL};
static const char *const format_words[] = {"auto", "json", "text", NULL};
static const struct config_option log_options[] = {
    {.name = "level",
     .type = CONFIG_ENUM,
     .offset = AT(log.level),
     .standard = "info",
     .words = level_words,
     .reloadable = true,
     .doc = "The least severe lines that are written; requests are logged at info."},
    {.name = "format",
     .type = CONFIG_ENUM,
     .offset = AT(log.format),
     .standard = "auto",
     .words = format_words,
     .doc = "JSON for machines, text for people; auto is text on a terminal and JSON elsewhere."},
};

static const struct config_option audit_options[] = {
    {.name = "keep_days",
     .type = CONFIG_INT,
     .offset = AT(audit.keep_days),
     .standard = "730",
     .min = 1,
     .max = 36500,
     .unit = "days",
     .doc = "How long audit rows are kept."},
};

static const struct config_section sections[] = {
    {.name = "deployment", .doc = "What this deployment is.", SECTION(deployment_options)},
    {.name = "server", .doc = "Where and how the API is served.", SECTION(server_options)},
    {.name = "admin", .doc = "The port for the operator's own machines.", SECTION(admin_options)},
    {.name = "access", .doc = "Who may connect.", SECTION(access_options)},
    {.name = "limits", .doc = "What callers may use up.", SECTION(limits_options)},
    {.name = "issuer",
     .doc = "Who issues the tokens that are accepted; one section each, at least one.",
     SECTION(issuer_options),
     .offset = AT(issuers),
     .repeated = true,
     .item_bytes = sizeof(struct issuer_settings),
     .count_offset = AT(issuer_count),
     .name_offset = ISSUER(name),
     .count_max = 16,
     .example = "entra"},
    {.name = "store", .doc = "Where the data is.", SECTION(store_options)},
    {.name = "gateway", .doc = "What the gateway does with calls.", SECTION(gateway_options)},
    {.name = "log", .doc = "What is logged, to standard error.", SECTION(log_options)},
    {.name = "audit", .doc = "The record of changes.", SECTION(audit_options)},
};

const struct config_schema settings_schema = {sections, ARRAY_LEN(sections), sizeof(struct settings)};

enum rc settings_listen(struct str text, struct net_addr *ret_addr, bool *ret_tls, struct err *err)
{
    *ret_tls = str_starts(text, STR("https://"));
    struct str rest = str_slice(text, *ret_tls ? 8 : 7, text.n);
    if ((!*ret_tls && !str_starts(text, STR("http://"))) || !net_parse_port(rest, ret_addr)) {
        return err_set(err, RC_INVALID, NULL,
                       "a URL such as https://192.0.2.1:8443 or https://[::1]:8443 is expected, with an IP "
                       "address and a port");
    }
    if (!*ret_tls && !net_is_loopback(ret_addr)) {
        return err_set(err, RC_INVALID, NULL, "http:// is for loopback addresses only; use https://");
    }
    return RC_OK;
}

static enum rc check_listeners(const struct settings *settings, struct err *err)
{
    for (size_t i = 0; i < settings->server.listen.count; i++) {
        struct net_addr addr;
        bool tls;
        enum rc rc = settings_listen(settings->server.listen.items[i], &addr, &tls, err);
        if (rc != RC_OK) {
            return rc;
        }
        if (tls && (str_empty(settings->server.tls_certificate) || str_empty(settings->server.tls_key))) {
            return err_set(err, RC_INVALID, NULL,
                           "[server] listen has https://, so tls_certificate and tls_key are needed");
        }
        if (!net_is_loopback(&addr) && str_empty(settings->access.allow)) {
            return err_set(err, RC_INVALID, NULL,
                           "[server] listen has an address outside loopback, so [access] allow must say who "
                           "may connect");
        }
    }
    if (settings->server.listen.count > SETTINGS_LISTEN_MAX) {
        return err_set(err, RC_INVALID, NULL, "[server] listen has %zu addresses, at most %d are allowed",
                       settings->server.listen.count, SETTINGS_LISTEN_MAX);
    }
    return settings->server.listen.count > 0 ? RC_OK
                                             : err_set(err, RC_INVALID, NULL, "[server] listen is empty");
}

static enum rc check_certificate(const struct settings *settings, struct err *err)
{
    if (str_empty(settings->server.tls_certificate) == str_empty(settings->server.tls_key)) {
        return RC_OK;
    }
    return err_set(err, RC_INVALID, NULL,
                   "[server] tls_certificate and tls_key go together, and one of them is not there");
}

static enum rc check_admin(const struct settings *settings, struct err *err)
{
    struct net_addr addr;
    bool tls;
    if (str_empty(settings->admin.listen)) {
        return RC_OK;
    }
    enum rc rc = settings_listen(settings->admin.listen, &addr, &tls, err);
    if (rc == RC_OK && (tls || !net_is_loopback(&addr))) {
        return err_set(err, RC_INVALID, NULL, "[admin] listen must be http:// on a loopback address");
    }
    return rc;
}

enum rc settings_load(const char *path, struct arena *mem, struct settings *ret, struct err *err)
{
    enum rc rc = config_load(&settings_schema, path, mem, ret, err);
    if (rc == RC_OK) {
        rc = check_listeners(ret, err);
    }
    if (rc == RC_OK) {
        rc = check_certificate(ret, err);
    }
    if (rc == RC_OK) {
        rc = check_admin(ret, err);
    }
    if (rc == RC_OK && ret->issuer_count == 0) {
        rc = err_set(err, RC_INVALID, NULL, "no [issuer.NAME] section: nobody could sign in");
    }
    if (rc == RC_OK) {
        struct auth_config auth = settings_auth(ret, mem);
        rc = auth_config_check(&auth, err);
    }
    return rc;
}

void settings_http_limits(const struct settings *settings, struct http_limits *ret)
{
    http_limits_default(ret);
    ret->connections = (uint32_t)settings->limits.connections;
    ret->connections_per_address = (uint32_t)settings->limits.connections_per_address;
    ret->handshake_ms = (uint32_t)settings->limits.handshake_seconds * 1000;
    ret->header_ms = (uint32_t)settings->limits.header_seconds * 1000;
    ret->body_ms = (uint32_t)settings->limits.body_seconds * 1000;
    ret->reply_ms = (uint32_t)settings->limits.reply_seconds * 1000;
    ret->idle_ms = (uint32_t)settings->limits.idle_seconds * 1000;
    ret->request_ms = (uint32_t)settings->limits.request_seconds * 1000;
    ret->drain_ms = (uint32_t)settings->limits.drain_seconds * 1000;
}

struct auth_config settings_auth(const struct settings *settings, struct arena *mem)
{
    struct auth_issuer *issuers = arena_alloc_array(mem, settings->issuer_count, sizeof *issuers);
    for (size_t i = 0; i < settings->issuer_count; i++) {
        const struct issuer_settings *from = &settings->issuers[i];
        issuers[i] = (struct auth_issuer){
            .name = from->name,
            .authority = from->authority,
            .audiences = from->audience.items,
            .audience_count = from->audience.count,
            .issuers_also = from->issuer_also.items,
            .issuers_also_count = from->issuer_also.count,
            .tenants = from->tenants.items,
            .tenant_count = from->tenants.count,
            .ca_file = from->ca_file,
            .roles_claim = from->roles_claim,
        };
    }
    return (struct auth_config){
        .issuers = issuers,
        .issuer_count = settings->issuer_count,
        .allow = settings->access.allow,
        .trusted_proxies = settings->server.trusted_proxies,
        .test_target = settings->deployment.test_target,
        .user_requests_per_minute = (uint32_t)settings->limits.requests_per_minute_user,
    };
}
