/* The options of numgated: one table, which feeds the reader, `example-config`, the options page and the
 * reload. */
#pragma once
#include "common/config/config.h"
#include "common/http/http.h"
#include "common/base/log.h"
#include "gateway/auth/auth.h"
#include "gateway/sync/operator_connect.h"
#include "programs/numgated/settings_dns.h"
#include "programs/numgated/settings_portal.h"

struct issuer_settings {
    struct str name;
    struct str authority;
    struct config_list audience, issuer_also, tenants;
    struct str ca_file;
    struct str roles_claim;
};

struct settings {
    struct {
        struct str base_domain;
        bool single_region, test_target;
    } deployment;
    struct {
        struct config_list listen;
        struct str public_url, tls_certificate, tls_key, trusted_proxies;
        int64_t threads;
    } server;
    struct {
        struct str listen, socket;
    } admin;
    struct {
        struct str allow;
    } access;
    struct {
        int64_t requests_per_minute, requests_per_minute_user, scan_seconds, connections,
            connections_per_address, handshake_seconds, header_seconds, body_seconds, reply_seconds,
            idle_seconds, request_seconds, drain_seconds;
    } limits;
    const struct issuer_settings *issuers;
    size_t issuer_count;
    struct {
        struct str url, password_file; /* the latter: what is in it */
        int64_t connections;
    } store;
    struct {
        struct str custom_header_name;
    } gateway;
    struct {
        struct str base_url, token_url, scope, client_id, secret_file,
            ca_file; /* secret_file: what is in it */
        bool launched;
        int64_t timeout_seconds, concurrency, batch, poll_seconds, sweep_hours, retry_max_seconds;
    } operator_connect;
    struct {
        bool launched;
    } teams_phone_mobile;
    struct portal_settings portal;
    struct dns_settings dns;
    const struct region_settings *regions;
    size_t region_count;
    struct {
        enum log_level level;
        enum log_format format;
    } log;
    struct {
        int64_t keep_days;
    } audit;
};

#define SETTINGS_LISTEN_MAX 16

extern const struct config_schema settings_schema;

/* Reads the file and checks what no single option can tell: TLS outside loopback, an allowlist for it, at
 * least one issuer. The findings of a failure are in `mem`, too. */
MUST_USE enum rc settings_load(const char *path, struct arena *mem, struct settings *ret, struct err *err);

/* "https://127.0.0.1:8443" */
MUST_USE enum rc settings_listen(struct str text, struct net_addr *ret_addr, bool *ret_tls, struct err *err);
/* For the parts of the table: single options, and a [section] listen with its allow as a whole. */
MUST_USE enum rc settings_check_listen_url(struct str value, struct err *err);
MUST_USE enum rc settings_check_cidrs(struct str value, struct err *err);
MUST_USE enum rc settings_check_listen(const struct settings *settings, const char *section,
                                       const struct config_list *listen, struct str allow, struct err *err);
void settings_http_limits(const struct settings *settings, struct http_limits *ret);
bool settings_have_backend(const struct settings *settings);
struct operator_connect_config settings_backend(const struct settings *settings);
/* The issuers array is in `mem`. */
struct auth_config settings_auth(const struct settings *settings, struct arena *mem);
