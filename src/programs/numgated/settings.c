#include "programs/numgated/settings.h"

#include "common/base/limits.h"
#include "common/fetch/fetch.h"
#include "common/http/admin.h"
#include "gateway/store/store.h"

#include "common/base/banned.h"

enum rc settings_check_listen_url(struct str value, struct err *err)
{
    struct net_addr addr;
    bool tls;
    return settings_listen(value, &addr, &tls, err);
}

static enum rc check_admin_listen(struct str value, struct err *err)
{
    struct net_addr addr;
    return http_admin_listen(value, &addr, err);
}

enum rc settings_check_cidrs(struct str value, struct err *err)
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
     .doc = "Yes accepts tokens of numgate-lab and allows `numgated seed` and `numgated reset`. Never in "
            "production."},
};

static const struct config_option server_options[] = {
    {.name = "listen",
     .type = CONFIG_LIST,
     .offset = AT(server.listen),
     .standard = "https://127.0.0.1:8443",
     .check = settings_check_listen_url,
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
     .check = settings_check_cidrs,
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
     .check = check_admin_listen,
     .doc = "Where /live, /ready and /metrics are served; loopback only. Empty: nowhere."},
    {.name = "socket",
     .type = CONFIG_PATH,
     .offset = AT(admin.socket),
     .standard = "/run/numgate/admin.sock",
     .doc = "A Unix socket for `numgated backup` and `numgated reset`; only root and the daemon's own user "
            "may use it. Empty: none."},
};

static const struct config_option access_options[] = {
    {.name = "allow",
     .type = CONFIG_STRING,
     .offset = AT(access.allow),
     .reloadable = true,
     .check = settings_check_cidrs,
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
     .check = store_url_check,
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

#define BACKEND_INT(option, standard_text, least, most, ...)                                                 \
    {                                                                                                        \
        .name = #option, .type = CONFIG_INT, .offset = AT(operator_connect.option),                          \
        .standard = (standard_text), .min = (least), .max = (most), __VA_ARGS__                              \
    }
#define LAUNCHED_DOC                                                                                         \
    "Yes once enterprises can see the service in Teams. From then on user tokens (the portal) may not "      \
    "change its numbers that are synchronized, whether accounts have it, and the status of "                 \
    "requests for information: the programme demands that API clients do."
static const struct config_option operator_connect_options[] = {
    {.name = "base_url",
     .type = CONFIG_STRING,
     .offset = AT(operator_connect.base_url),
     .max = 500,
     .check = operator_connect_url_check,
     .example = "https://adapter.example.net/v1",
     .doc = "Where the back end is that speaks docs/backend-api.yaml; http:// is for loopback addresses "
            "only. Without it there is "
            "no back end, for Teams Phone Mobile neither."},
    {.name = "token_url",
     .type = CONFIG_STRING,
     .offset = AT(operator_connect.token_url),
     .max = 500,
     .check = fetch_url_check,
     .example = "https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000/oauth2/v2.0/token",
     .doc = "Where tokens for the back end are asked for, by the client credentials grant."},
    {.name = "scope",
     .type = CONFIG_STRING,
     .offset = AT(operator_connect.scope),
     .max = 500,
     .example = "api://adapter/.default",
     .doc = "The scope that is asked for; none unless given."},
    {.name = "client_id",
     .type = CONFIG_STRING,
     .offset = AT(operator_connect.client_id),
     .max = 200,
     .example = "00000000-0000-0000-0000-000000000000",
     .doc = "The client that numgated is there."},
    {.name = "secret_file",
     .type = CONFIG_SECRET,
     .offset = AT(operator_connect.secret_file),
     .example = "/etc/numgate/backend-secret",
     .doc = "A file with the client's secret."},
    {.name = "ca_file",
     .type = CONFIG_PATH,
     .offset = AT(operator_connect.ca_file),
     .example = "/etc/numgate/backend-ca.crt",
     .doc = "Certificates that those of back end and token URL are checked with, PEM; the machine's own "
            "unless given."},
    {.name = "launched",
     .type = CONFIG_BOOL,
     .offset = AT(operator_connect.launched),
     .standard = "no",
     .doc = LAUNCHED_DOC},
    BACKEND_INT(timeout_seconds, "30", 1, 600, .unit = "seconds",
                .doc = "For one call to the back end, its token and its turn included."),
    BACKEND_INT(concurrency, "8", 1, 64, .doc = "Calls to the back end at a time, from each node."),
    BACKEND_INT(batch, "200", 1, LIMIT_BACKEND_BATCH, .unit = "numbers",
                .doc = "Numbers in one order, at most."),
    BACKEND_INT(poll_seconds, "30", 1, 3600, .unit = "seconds",
                .doc = "How often consents and changed numbers are asked for."),
    BACKEND_INT(sweep_hours, "24", 1, 720, .unit = "hours",
                .doc = "Within how long every number is compared with the back end once."),
    BACKEND_INT(retry_max_seconds, "300", 1, 86400, .unit = "seconds",
                .doc = "The longest wait between two tries of what may pass."),
};
static const struct config_option teams_phone_mobile_options[] = {
    {.name = "launched",
     .type = CONFIG_BOOL,
     .offset = AT(teams_phone_mobile.launched),
     .standard = "no",
     .doc = LAUNCHED_DOC},
};

static const struct config_option log_options[] = {
    {.name = "level",
     .type = CONFIG_ENUM,
     .offset = AT(log.level),
     .standard = "info",
     .words = log_level_words,
     .reloadable = true,
     .doc = "The least severe lines that are written; requests are logged at info."},
    {.name = "format",
     .type = CONFIG_ENUM,
     .offset = AT(log.format),
     .standard = "auto",
     .words = log_format_words,
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
    {.name = "operator_connect",
     .doc = "The back end for Operator Connect and Teams Phone Mobile.",
     SECTION(operator_connect_options)},
    {.name = "teams_phone_mobile",
     .doc = "Teams Phone Mobile, which has the back end of [operator_connect].",
     SECTION(teams_phone_mobile_options)},
    {.name = "dns", .doc = "The DNS records of Direct Routing customers.", SECTION(settings_dns_options)},
    {.name = "region",
     .doc = "A region of the deployment, 1 or 2.",
     SECTION(settings_region_options),
     .offset = AT(regions),
     .repeated = true,
     .item_bytes = sizeof(struct region_settings),
     .count_offset = AT(region_count),
     .name_offset = offsetof(struct region_settings, name),
     .count_max = DNS_REGIONS,
     .example = "1"},
    {.name = "portal", .doc = "The Number Management Portal, for people.", SECTION(settings_portal_options)},
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

enum rc settings_check_listen(const struct settings *settings, const char *section,
                              const struct config_list *listen, struct str allow, struct err *err)
{
    const char *allow_section = strcmp(section, "server") == 0 ? "access" : section;
    for (size_t i = 0; i < listen->count; i++) {
        struct net_addr addr;
        bool tls;
        enum rc rc = settings_listen(listen->items[i], &addr, &tls, err);
        if (rc != RC_OK) {
            return rc;
        }
        if (tls && (str_empty(settings->server.tls_certificate) || str_empty(settings->server.tls_key))) {
            return err_set(err, RC_INVALID, NULL,
                           "[%s] listen has https://, so [server] tls_certificate and tls_key are needed",
                           section);
        }
        if (!net_is_loopback(&addr) && str_empty(allow)) {
            return err_set(
                err, RC_INVALID, NULL,
                "[%s] listen has an address outside loopback, so [%s] allow must say who may connect",
                section, allow_section);
        }
    }
    return listen->count <= SETTINGS_LISTEN_MAX
               ? RC_OK
               : err_set(err, RC_INVALID, NULL, "[%s] listen has %zu addresses, at most %d are allowed",
                         section, listen->count, SETTINGS_LISTEN_MAX);
}

static enum rc check_listeners(const struct settings *settings, struct err *err)
{
    return settings->server.listen.count > 0
               ? settings_check_listen(settings, "server", &settings->server.listen, settings->access.allow,
                                       err)
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

bool settings_have_backend(const struct settings *settings)
{
    return !str_empty(settings->operator_connect.base_url);
}

static enum rc check_backend(const struct settings *settings, struct err *err)
{
    const struct {
        const char *name;
        struct str value;
    } needed[] = {
        {"token_url", settings->operator_connect.token_url},
        {"client_id", settings->operator_connect.client_id},
        {"secret_file", settings->operator_connect.secret_file},
    };
    for (size_t i = 0; settings_have_backend(settings) && i < ARRAY_LEN(needed); i++) {
        if (str_empty(needed[i].value)) {
            return err_set(err, RC_INVALID, NULL,
                           "[operator_connect] base_url needs %s, which is not there or empty",
                           needed[i].name);
        }
    }
    return RC_OK;
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
        rc = check_backend(ret, err);
    }
    if (rc == RC_OK) {
        struct dns_config dns;
        rc = settings_dns(ret, mem, &dns, err);
    }
    if (rc == RC_OK && ret->issuer_count == 0) {
        rc = err_set(err, RC_INVALID, NULL, "no [issuer.NAME] section: nobody could sign in");
    }
    if (rc == RC_OK) {
        struct portal_config portal;
        rc = settings_portal(ret, mem, &portal, err);
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

struct operator_connect_config settings_backend(const struct settings *settings)
{
    return (struct operator_connect_config){
        .base_url = settings->operator_connect.base_url,
        .ca_file = settings->operator_connect.ca_file,
        .token = {.url = settings->operator_connect.token_url,
                  .client_id = settings->operator_connect.client_id,
                  .client_secret = settings->operator_connect.secret_file,
                  .scope = settings->operator_connect.scope,
                  .ca_file = settings->operator_connect.ca_file},
        .timeout_ms = settings->operator_connect.timeout_seconds * 1000,
        .concurrency = (unsigned)settings->operator_connect.concurrency,
        .batch = (size_t)settings->operator_connect.batch,
        .keep_ms = OPERATOR_CONNECT_KEEP_MS,
    };
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
        .portal_allow = settings->portal.allow,
        .trusted_proxies = settings->server.trusted_proxies,
        .test_target = settings->deployment.test_target,
        .user_requests_per_minute = (uint32_t)settings->limits.requests_per_minute_user,
    };
}
