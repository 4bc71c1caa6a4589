#include "programs/numgate-lab/options.h"

#include "programs/numgate-lab/certificates.h"
#include "programs/numgate-lab/check.h"
#include "programs/numgate-lab/domains.h"
#include "programs/numgate-lab/flags.h"
#include "programs/numgate-lab/remote.h"

#include "common/base/banned.h"

#define THREADS_MAX 256

static enum rc set_listen(void *options, const char *value, struct err *err)
{
    struct str rest = str_slice(str_of(value), strlen("https://"), strlen(value));
    bool https = str_starts(str_of(value), STR("https://"));
    if (!https || !net_parse_port(rest, &((struct options *)options)->listen)) {
        return err_set(err, RC_INVALID, NULL, "\"%s\" is not of the form https://ADDRESS:PORT", value);
    }
    return RC_OK;
}

static enum rc set_certificate(void *options, const char *value, struct err *err UNUSED)
{
    ((struct options *)options)->certificate = value;
    return RC_OK;
}

static enum rc set_key(void *options, const char *value, struct err *err UNUSED)
{
    ((struct options *)options)->key = value;
    return RC_OK;
}

static enum rc set_clients(void *options, const char *value, struct err *err UNUSED)
{
    ((struct options *)options)->clients = value;
    return RC_OK;
}

static enum rc set_state(void *options, const char *value, struct err *err UNUSED)
{
    ((struct options *)options)->state = value;
    return RC_OK;
}

static enum rc set_scenario(void *options, const char *value, struct err *err UNUSED)
{
    ((struct options *)options)->scenario = value;
    return RC_OK;
}

static enum rc set_public_url(void *options, const char *value, struct err *err)
{
    struct str url = str_of(value);
    bool plain = str_find(str_slice(url, strlen("https://"), url.n), '/') < 0 && url.n > strlen("https://");
    if (!str_starts(url, STR("https://")) || !plain) {
        return err_set(err, RC_INVALID, NULL, "\"%s\" is not of the form https://HOST[:PORT]", value);
    }
    ((struct options *)options)->public_url = value;
    return RC_OK;
}

static enum rc add_portal_redirect_uri(void *options, const char *value, struct err *err)
{
    struct options *all = options;
    if (all->portal_redirect_uri_count == OPTIONS_PORTAL_URIS_MAX) {
        return err_set(err, RC_INVALID, NULL, "at most %d can be given", OPTIONS_PORTAL_URIS_MAX);
    }
    all->portal_redirect_uris[all->portal_redirect_uri_count++] = value;
    return RC_OK;
}

static enum rc set_name_servers(void *options, const char *value, struct err *err)
{
    return resolve_servers_parse(str_of(value), &((struct options *)options)->name_servers, err);
}

static enum rc set_threads(void *options, const char *value, struct err *err)
{
    uint64_t threads;
    if (!str_to_u64(str_of(value), THREADS_MAX, &threads)) {
        return err_set(err, RC_INVALID, NULL, "must be a number from 0 to %d", THREADS_MAX);
    }
    ((struct options *)options)->threads = (unsigned)threads;
    return RC_OK;
}

static enum rc set_log_level(void *options, const char *value, struct err *err)
{
    return flags_log_level(value, &((struct options *)options)->log_level, err);
}

static enum rc set_log_format(void *options, const char *value, struct err *err)
{
    return flags_log_format(value, &((struct options *)options)->log_format, err);
}

static const struct flag flags[] = {
    {"--clients", "FILE", "who may ask for tokens (JSON, see below); needed", set_clients},
    {"--certificate", "FILE", "certificate chain of the server (PEM); needed", set_certificate},
    {"--key", "FILE", "its private key (PEM); needed", set_key},
    {"--listen", "URL", "https://ADDRESS:PORT; standard https://127.0.0.1:8444, port 0: any free one",
     set_listen},
    {"--public-url", "URL", "how clients reach it, if not by the address of --listen: https://HOST[:PORT]",
     set_public_url},
    {"--state", "DIR",
     "keeps the signing keys, the back end and the domains there, so that they outlive a restart", set_state},
    {"--scenario", "FILE", "what the back end begins with where nothing is kept yet (JSON, see below)",
     set_scenario},
    {"--name-servers", "LIST",
     "ADDRESS[:PORT],...: where the domain check looks names up; standard: the machine's own",
     set_name_servers},
    {"--portal-redirect-uri", "URI",
     "where people come back to who sign in to the \"portal\" of the clients file; may be given again",
     add_portal_redirect_uri},
    {"--threads", "N", "event loops; standard 0: one a core", set_threads},
    {"--log-level", "WORD", "error, warning, notice, info (standard), debug", set_log_level},
    {"--log-format", "WORD", "auto (standard), json, text", set_log_format},
};

static enum rc check(const struct options *options, struct err *err)
{
    static const struct net_addr any4 = {.family = 4}, any6 = {.family = 6};
    if (options->clients == NULL || options->certificate == NULL || options->key == NULL) {
        return err_set(err, RC_INVALID, NULL, "--clients, --certificate and --key are needed");
    }
    if (options->public_url == NULL && (net_eq(&options->listen, &any4) || net_eq(&options->listen, &any6))) {
        return err_set(err, RC_INVALID, NULL,
                       "--public-url is needed when --listen is no address clients can use");
    }
    return RC_OK;
}

enum rc options_parse(int argc, char **argv, struct options *ret, struct err *err)
{
    struct options options = {.listen = {.bytes = {127, 0, 0, 1}, .port = 8444, .family = 4},
                              .log_level = LOG_INFO,
                              .log_format = LOG_AUTO};
    enum rc rc = flags_parse(flags, ARRAY_LEN(flags), argc, argv, &options, err);
    if (rc == RC_OK) {
        rc = check(&options, err);
    }
    if (rc == RC_OK) {
        *ret = options;
    }
    return rc;
}

static const char help_top[] =
    "numgate-lab: stand-ins to develop and test against: an issuer of tokens that behaves like Entra ID, and "
    "a\n"
    "back end for Operator Connect and Teams Phone Mobile, Microsoft 365's check of domains, and a proxy "
    "that\n"
    "makes requests fail on demand.\n"
    "Nothing of it is for production.\n"
    "\n"
    "  numgate-lab [flags]                        serve until SIGTERM\n"
    "  numgate-lab proxy [flags]                  stand in front of a server and get in the way; proxy "
    "--help\n"
    "  numgate-lab make-certificates [flags]      make a private CA and a server certificate\n"
    "  numgate-lab check-backend [flags]          does a back end keep to docs/backend-api.yaml?\n"
    "  numgate-lab reset                          put the state of a running lab back to that of its start\n"
    "  numgate-lab snapshot [FILE]                write the state of a running lab, keys and all, into a "
    "file\n"
    "  numgate-lab restore FILE                   bring that state back\n"
    "  numgate-lab domains add NAME... [flags]    add domains to a tenant of a running lab; prints the token "
    "of "
    "each\n"
    "  numgate-lab domains verify NAME... [flags] | list [flags]\n"
    "  numgate-lab --help | --version\n"
    "\n"
    "Serve:\n";

static const char help_bottom[] =
    "\n"
    "Signals: SIGTERM and SIGINT finish what was begun and end; SIGHUP reads certificate and key again.\n"
    "Exit codes: 0 fine, 1 failed (a back end that does not conform, too), 2 wrong arguments.\n"
    "\n"
    "Clients file (what is left out has the value shown or is absent):\n"
    "  {\"tenants\":   [{\"id\": \"UUID\", \"names\": [\"operator.example\"]}],\n"
    "   \"resources\": [{\"app_id\": \"UUID\", \"identifiers\": [\"https://...\"]}],   left out: the "
    "Provisioning API, the back end\n"
    "   \"clients\":   [{\"client_id\": \"UUID\", \"tenant\": \"the first\", \"name\": \"for the log\", "
    "\"object_id\": \"UUID\",\n"
    "                  \"secrets\": [\"...\"], \"keys\": [{public JWK}], \"certificates\": "
    "[\"client.pem\"],\n"
    "                  \"assertion_once\": false, \"roles\": [\"ProvisioningAPI.Read\"], \"token_version\": "
    "2,\n"
    "                  \"algorithm\": \"RS256\", \"token_seconds\": 3599}],\n"
    "   \"portal\":    {\"client_id\": \"UUID\", \"redirect_uris\": [\"https://...\"], \"token_shape\": "
    "\"entra|keycloak\", \"token_seconds\": 3599,\n"
    "                 \"code_seconds\": 60, \"refresh_seconds\": 86400}}   a public client, which people "
    "sign in "
    "to; clients with redirect_uris are the same\n"
    "\n"
    "Endpoints: /{tenant}/v2.0/.well-known/openid-configuration  /{tenant}/discovery/v2.0/keys  "
    "/{tenant}/oauth2/v2.0/token\n"
    "           the same without v2.0, and /common/discovery/instance\n"
    "Sign-in:   /{tenant}/oauth2/v2.0/authorize and logout: authorization code with PKCE for browser "
    "portals; "
    "the users\n"
    "           are ada (all roles), rita (Read), will (Read, Write), dora (Read, Write, Delete) and noel "
    "(none)\n"
    "Back end:  /backend/v1, as docs/backend-api.yaml says; the scope of its tokens is\n"
    "           eb63d611-525e-4a31-abd7-0cb33f679599/.default, the roles are NumberManagement.Read and "
    ".Write, "
    "PartnerSettings.Read and .Write\n"
    "Domains:   /m365/TENANT/v1.0/domains[/FQDN[/verificationDnsRecords|/verify]], as Microsoft Graph; the "
    "scope of "
    "its tokens is\n"
    "           https://graph.microsoft.com/.default, the roles are Domain.Read.All and "
    "Domain.ReadWrite.All\n"
    "Control, from loopback only:\n"
    "  POST /lab/rotate-keys   {} or {\"forget\": true}\n"
    "  POST /lab/faults        {\"endpoint\": \"token|keys|discovery|domains|authorize|logout\",\n"
    "                           \"kind\": \"delay|status|wrong-key|expired|reset|cut\", \"times\": 1, "
    "\"ms\": 500, \"status\": 500}\n"
    "  GET, DELETE /lab/faults\n"
    "  GET  /lab/users         who can sign in\n"
    "  POST /lab/users/revoke  {\"user\": \"ada\", \"sessions\": false}: the next renewals fail; with "
    "sessions "
    "the browsers are signed out, too\n"
    "Control of the back end, from loopback only; TENANT and ID are UUIDs, NUMBER is +442079460000:\n"
    "  PUT, DELETE /lab/backend/consents/TENANT   {\"status\": \"Active|Suspended|Removed\", "
    "\"consentedCountries\": [\"GB\"], \"contacts\": [...]}\n"
    "  PUT, DELETE /lab/backend/tenants/TENANT/addresses/ID   {\"country\": \"GB\", ..., \"locations\": "
    "[...]}\n"
    "  POST        /lab/backend/numbers/NUMBER    {\"service\": \"teamsOperatorConnect|teamsPhoneMobile\", "
    "\"assignmentStatus\": \"UserAssigned|Unassigned|...\"}\n"
    "  PUT         /lab/backend/numbers/NUMBER    {\"service\": ..., \"tenantId\": ..., \"usage\": ..., "
    "...}: "
    "behind the operator's back\n"
    "  DELETE      /lab/backend/numbers/NUMBER?service=...\n"
    "  GET, PUT    /lab/backend/switches          {\"hold\": false, \"callMs\": 0, \"jobStartMs\": 10, "
    "\"jobMs\": "
    "30, \"throttleCalls\": 0, \"throttleWindowMs\": 1000}\n"
    "  GET         /lab/backend/applications      who may call; PUT, DELETE "
    "/lab/backend/applications/CLIENT_ID\n"
    "  POST        /lab/backend/faults            {\"operation\": \"uploadNumbers|...|*\", \"kind\": "
    "\"delay|late|status|throttle|unauthorized|\n"
    "                                              reset-before|reset-after|cut|lost-job|stale\", \"times\": "
    "1, "
    "\"every\": 1, \"percent\": 100,\n"
    "                                              \"seed\": 1, \"ms\": 100, \"status\": 500, "
    "\"retryAfter\": 1, "
    "\"done\": false}\n"
    "  GET, DELETE /lab/backend/faults\n"
    "  GET, DELETE /lab/backend/statistics        calls and what jobs did; GET "
    "/lab/backend/history?after=0&number=%2B44...: each entry of each order\n"
    "Domains, from loopback and without a token:\n"
    "  /lab/m365/TENANT/domains...                as above; GET .../domains/FQDN/trunk: can it be a trunk of "
    "Teams?\n"
    "  POST        /lab/scenario                  a scenario\n"
    "\n"
    "Scenario (all of it may be left out):\n"
    "  {\"reset\": false, \"switches\": {...}, \"applications\": [\"client id\"], \"faults\": [...],\n"
    "   \"enterprises\": [{\"tenantId\": \"UUID\", \"consent\": {...}, \"addresses\": [{\"id\": \"UUID\", "
    "...}],\n"
    "                    \"numbers\": [{\"telephoneNumber\": \"+44...\", \"count\": 1, \"service\": ..., "
    "\"usage\": ..., "
    "...}]}],\n"
    "   \"domains\": [{\"tenantId\": \"UUID\", \"id\": \"FQDN\", \"token\": \"MS=ms12345678\", "
    "\"verified\": false}]}\n"
    "  POST /lab/reset, GET /lab/snapshot, POST /lab/restore\n"
    "\n"
    "Examples:\n"
    "  numgate-lab make-certificates --dir certs --name provapi.example.net\n"
    "  numgate-lab --clients clients.json --certificate certs/server.crt --key certs/server.key --state "
    "lab-state\n"
    "  curl --cacert certs/ca.crt https://127.0.0.1:8444/TENANT/oauth2/v2.0/token \\\n"
    "    -d grant_type=client_credentials -d client_id=ID --data-urlencode client_secret=SECRET \\\n"
    "    -d scope=https://func-voiceservice-rp-prod-eastuseuap.azurewebsites.net/.default\n"
    "  numgate-lab check-backend --url https://adapter.example.net/v1 --token-url "
    "https://login.example.net/token --client-id ID --secret-file secret \\\n"
    "    --tenant UUID --numbers +442079460100,+442079460101\n"
    "  curl --cacert certs/ca.crt https://127.0.0.1:8444/lab/faults \\\n"
    "    -d '{\"endpoint\": \"token\", \"kind\": \"status\", \"status\": 503, \"times\": 2}'\n";

void options_print_help(FILE *out)
{
    (void)fputs(help_top, out);
    flags_print(flags, ARRAY_LEN(flags), out);
    (void)fputs("\nMake certificates:\n", out);
    certificates_print_flags(out);
    (void)fputs("\nCheck a back end:\n", out);
    check_print_flags(out);
    (void)fputs("\nReset, snapshot, restore:\n", out);
    remote_print_flags(out);
    (void)fputs("\nDomains:\n", out);
    domains_print_flags(out);
    (void)fputs(help_bottom, out);
}
