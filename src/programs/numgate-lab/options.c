#include "programs/numgate-lab/options.h"

#include "programs/numgate-lab/certificates.h"
#include "programs/numgate-lab/flags.h"

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

static enum rc set_threads(void *options, const char *value, struct err *err)
{
    uint64_t threads;
    if (!str_to_u64(str_of(value), THREADS_MAX, &threads)) {
        return err_set(err, RC_INVALID, NULL, "must be a number from 0 to %d", THREADS_MAX);
    }
    ((struct options *)options)->threads = (unsigned)threads;
    return RC_OK;
}

static enum rc pick_word(const char *const *words, size_t count, const char *value, unsigned *ret,
                         struct err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(str_of(words[i]), str_of(value))) {
            *ret = (unsigned)i;
            return RC_OK;
        }
    }
    return err_set(err, RC_INVALID, NULL, "\"%s\" is none of the words allowed", value);
}

static enum rc set_log_level(void *options, const char *value, struct err *err)
{
    static const char *const words[] = {"error", "warning", "notice", "info",
                                        "debug"}; /* as enum log_level */
    unsigned index = 0;
    if (pick_word(words, ARRAY_LEN(words), value, &index, err) != RC_OK) {
        return RC_INVALID;
    }
    ((struct options *)options)->log_level = (enum log_level)index;
    return RC_OK;
}

static enum rc set_log_format(void *options, const char *value, struct err *err)
{
    static const char *const words[] = {"auto", "json", "text"}; /* as enum log_format */
    unsigned index = 0;
    if (pick_word(words, ARRAY_LEN(words), value, &index, err) != RC_OK) {
        return RC_INVALID;
    }
    ((struct options *)options)->log_format = (enum log_format)index;
    return RC_OK;
}

static const struct flag flags[] = {
    {"--clients", "FILE", "who may ask for tokens (JSON, see below); needed", set_clients},
    {"--certificate", "FILE", "certificate chain of the server (PEM); needed", set_certificate},
    {"--key", "FILE", "its private key (PEM); needed", set_key},
    {"--listen", "URL", "https://ADDRESS:PORT; standard https://127.0.0.1:8444, port 0: any free one",
     set_listen},
    {"--public-url", "URL", "how clients reach it, if not by the address of --listen: https://HOST[:PORT]",
     set_public_url},
    {"--state", "DIR", "keeps the signing keys there, so that tokens outlive a restart", set_state},
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
    "numgate-lab: stand-ins to develop and test against. Today: an issuer of tokens that behaves like Entra "
    "ID.\n"
    "It is no identity provider for production.\n"
    "\n"
    "  numgate-lab [flags]                        serve until SIGTERM\n"
    "  numgate-lab make-certificates [flags]      make a private CA and a server certificate\n"
    "  numgate-lab --help | --version\n"
    "\n"
    "Serve:\n";

static const char help_bottom[] =
    "\n"
    "Signals: SIGTERM and SIGINT finish what was begun and end; SIGHUP reads certificate and key again.\n"
    "Exit codes: 0 fine, 1 failed, 2 wrong arguments.\n"
    "\n"
    "Clients file (what is left out has the value shown or is absent):\n"
    "  {\"tenants\":   [{\"id\": \"UUID\", \"names\": [\"operator.example\"]}],\n"
    "   \"resources\": [{\"app_id\": \"UUID\", \"identifiers\": [\"https://...\"]}],   left out: the "
    "Provisioning API\n"
    "   \"clients\":   [{\"client_id\": \"UUID\", \"tenant\": \"the first\", \"name\": \"for the log\", "
    "\"object_id\": \"UUID\",\n"
    "                  \"secrets\": [\"...\"], \"keys\": [{public JWK}], \"certificates\": "
    "[\"client.pem\"],\n"
    "                  \"assertion_once\": false, \"roles\": [\"ProvisioningAPI.Read\"], \"token_version\": "
    "2,\n"
    "                  \"algorithm\": \"RS256\", \"token_seconds\": 3599}]}\n"
    "\n"
    "Endpoints: /{tenant}/v2.0/.well-known/openid-configuration  /{tenant}/discovery/v2.0/keys  "
    "/{tenant}/oauth2/v2.0/token\n"
    "           the same without v2.0, and /common/discovery/instance\n"
    "Control, from loopback only:\n"
    "  POST /lab/rotate-keys   {} or {\"forget\": true}\n"
    "  POST /lab/faults        {\"endpoint\": \"token|keys|discovery\",\n"
    "                           \"kind\": \"delay|status|wrong-key|expired|reset|cut\", \"times\": 1, "
    "\"ms\": 500, \"status\": 500}\n"
    "  GET, DELETE /lab/faults\n"
    "\n"
    "Examples:\n"
    "  numgate-lab make-certificates --dir certs --name provapi.example.net\n"
    "  numgate-lab --clients clients.json --certificate certs/server.crt --key certs/server.key --state "
    "lab-state\n"
    "  curl --cacert certs/ca.crt https://127.0.0.1:8444/TENANT/oauth2/v2.0/token \\\n"
    "    -d grant_type=client_credentials -d client_id=ID --data-urlencode client_secret=SECRET \\\n"
    "    -d scope=https://func-voiceservice-rp-prod-eastuseuap.azurewebsites.net/.default\n"
    "  curl --cacert certs/ca.crt https://127.0.0.1:8444/lab/faults \\\n"
    "    -d '{\"endpoint\": \"token\", \"kind\": \"status\", \"status\": 503, \"times\": 2}'\n";

void options_print_help(FILE *out)
{
    (void)fputs(help_top, out);
    flags_print(flags, ARRAY_LEN(flags), out);
    (void)fputs("\nMake certificates:\n", out);
    certificates_print_flags(out);
    (void)fputs(help_bottom, out);
}
