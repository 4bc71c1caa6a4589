#include "programs/numgate/profile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/file.h"
#include "programs/numgate/arguments.h"

#include "common/base/banned.h"

#define SECRET_MAX   65536
#define PROFILES_MAX 100

struct profiles {
    struct profile *items;
    size_t count;
};

#define AT(member) .offset = offsetof(struct profile, member)

static const struct config_option options[] = {
    {.name = "url",
     .type = CONFIG_STRING,
     AT(url),
     .example = "https://provapi.example.net",
     .doc = "Where the Provisioning API is."},
    {.name = "base_domain",
     .type = CONFIG_STRING,
     AT(base_domain),
     .example = "example.net",
     .doc = "Instead of url: the API is at https://provapi.BASE_DOMAIN."},
    {.name = "token_url",
     .type = CONFIG_STRING,
     AT(token_url),
     .example = "https://login.example.net/TENANT/oauth2/v2.0/token",
     .doc = "Where the issuer gives tokens."},
    {.name = "client_id",
     .type = CONFIG_STRING,
     AT(client_id),
     .example = "bss",
     .doc = "The client as the issuer knows it."},
    {.name = "client_secret_file",
     .type = CONFIG_SECRET,
     AT(client_secret),
     .example = "/etc/numgate/bss-secret",
     .doc = "A file with the client's secret that nobody else may read."},
    {.name = "client_key_file",
     .type = CONFIG_PATH,
     AT(client_key_file),
     .example = "/etc/numgate/bss.pem",
     .doc = "Instead of a secret: PEM with the private key that signs, and its certificate where the issuer "
            "asks "
            "for it; nobody else may read it."},
    {.name = "client_key_id",
     .type = CONFIG_STRING,
     AT(client_key_id),
     .example = "2026-11",
     .doc = "The key's id (kid) at the issuer, where it asks for one."},
    {.name = "scope",
     .type = CONFIG_STRING,
     AT(scope),
     .example = "api://numgate/.default",
     .doc = "Asked of the issuer."},
    {.name = "ca_file",
     .type = CONFIG_PATH,
     AT(ca_file),
     .example = "/etc/numgate/ca.crt",
     .doc = "Trusted certificates (PEM) instead of the machine's."},
    {.name = "name_servers",
     .type = CONFIG_STRING,
     AT(name_servers),
     .example = "192.0.2.1, 192.0.2.2",
     .doc = "DNS servers instead of the machine's."},
    {.name = "requests_per_minute",
     .type = CONFIG_INT,
     AT(requests_per_minute),
     .standard = "0",
     .max = 10000,
     .doc = "At most so many requests a minute; 0: learned from the first 429."},
    {.name = "timeout",
     .type = CONFIG_INT,
     AT(timeout_s),
     .standard = "0",
     .max = 86400,
     .unit = "seconds",
     .doc = "For a whole call with all its attempts; 0: 600."},
    {.name = "attempt_timeout",
     .type = CONFIG_INT,
     AT(attempt_timeout_s),
     .standard = "0",
     .max = 3600,
     .unit = "seconds",
     .doc = "For one attempt of a call; 0: 30."},
    {.name = "retry_wait",
     .type = CONFIG_INT,
     AT(retry_wait_s),
     .standard = "0",
     .max = 3600,
     .unit = "seconds",
     .doc = "Before a failed call is tried at a newly looked up address; 0: 60."},
};
static const struct config_section sections[] = {{
    .name = "profile",
    .doc = "One deployment, or one client of it.",
    .options = options,
    .option_count = ARRAY_LEN(options),
    .offset = offsetof(struct profiles, items),
    .repeated = true,
    .item_bytes = sizeof(struct profile),
    .count_offset = offsetof(struct profiles, count),
    .name_offset = offsetof(struct profile, name),
    .count_max = PROFILES_MAX,
    .example = "default",
}};
const struct config_schema profile_schema = {sections, ARRAY_LEN(sections), sizeof(struct profiles)};

static const char *environment(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* Text values: flag, variable, and the member both stand for. The first that is there wins. */
static const struct {
    size_t flag, member;
    const char *variables[3];
} texts[] = {
#define TEXT(member, ...)                                                                                    \
    {                                                                                                        \
        offsetof(struct arguments, member), offsetof(struct profile, member),                                \
        {                                                                                                    \
            __VA_ARGS__                                                                                      \
        }                                                                                                    \
    }
    TEXT(url, "NUMGATE_URL"),
    TEXT(base_domain, "NUMGATE_BASE_DOMAIN"),
    TEXT(token_url, "NUMGATE_TOKEN_URL"),
    TEXT(client_id, "NUMGATE_CLIENT_ID", "NUMGATE_ADMIN_CLIENT_ID"),
    TEXT(client_key_file, "NUMGATE_CLIENT_KEY_FILE"),
    TEXT(client_key_id, "NUMGATE_CLIENT_KEY_ID"),
    TEXT(scope, "NUMGATE_SCOPE"),
    TEXT(ca_file, "NUMGATE_CA"),
    TEXT(name_servers, "NUMGATE_NAME_SERVERS"),
#undef TEXT
};

static const char *first_variable(const char *const *names)
{
    const char *value = NULL;
    for (size_t i = 0; i < 2 && names[i] != NULL && value == NULL; i++) {
        value = environment(names[i]);
    }
    return value;
}

static void over_by_texts(const struct arguments *arguments, bool of_flags, struct profile *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const char *value = of_flags ? *(const char *const *)((const char *)arguments + texts[i].flag)
                                     : first_variable(texts[i].variables);
        if (value != NULL) {
            *(struct str *)((char *)ret + texts[i].member) = str_of(value);
        }
    }
}

/* A URL and a base domain stand for the same: who is nearer takes the other's place. */
static void take_texts(const struct arguments *arguments, struct profile *ret)
{
    for (int pass = 0; pass < 2; pass++) {
        struct profile before = *ret;
        over_by_texts(arguments, pass == 1, ret);
        bool url = ret->url.p != before.url.p, domain = ret->base_domain.p != before.base_domain.p;
        if (url && !domain) {
            ret->base_domain = STR_NONE;
        } else if (domain && !url) {
            ret->url = STR_NONE;
        }
    }
}

static enum rc read_standard_input(struct arena *mem, struct str *ret, struct err *err)
{
    char *text = arena_alloc(mem, SECRET_MAX);
    size_t n = 0;
    ssize_t got = 1;
    while (text != NULL && got > 0 && n < SECRET_MAX) {
        got = read(STDIN_FILENO, text + n, SECRET_MAX - n);
        n += got > 0 ? (size_t)got : 0;
    }
    if (text == NULL || got < 0 || n == SECRET_MAX) {
        return err_set(err, RC_INVALID, NULL, "standard input holds no secret");
    }
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r')) {
        n--;
    }
    *ret = arena_str(mem, (struct str){text, n});
    return RC_OK;
}

static enum rc read_secret(const char *path, struct arena *mem, struct str *ret, struct err *err)
{
    return strcmp(path, "-") == 0 ? read_standard_input(mem, ret, err)
                                  : file_read_secret(path, mem, ret, err);
}

/* A key and a secret stand for the same: who is nearer takes the other's place. */
static enum rc choose_credential(bool secret_flag, bool secret_variable, bool key_flag, struct profile *ret,
                                 struct err *err)
{
    int secret = secret_flag ? 2 : secret_variable ? 1 : !str_empty(ret->client_secret) ? 0 : -1;
    int key = key_flag                                         ? 2
              : environment("NUMGATE_CLIENT_KEY_FILE") != NULL ? 1
              : !str_empty(ret->client_key_file)               ? 0
                                                               : -1;
    if (key == secret && key >= 0) {
        return err_set(err, RC_INVALID, NULL, "give the client's secret or its key, and not both");
    }
    if (key > secret) {
        ret->client_secret = STR_NONE;
    } else {
        ret->client_key_file = STR_NONE;
    }
    return RC_OK;
}

static enum rc take_secrets(const struct arguments *arguments, struct arena *mem, struct profile *ret,
                            struct err *err)
{
    const char *file = arguments->client_secret_file, *token_file = arguments->token_file;
    const char *secret =
        first_variable((const char *[]){"NUMGATE_CLIENT_SECRET", "NUMGATE_ADMIN_CLIENT_SECRET", NULL});
    file = file == NULL && secret == NULL ? environment("NUMGATE_CLIENT_SECRET_FILE") : file;
    if (file == NULL && secret != NULL) {
        ret->client_secret = str_of(secret);
    }
    enum rc rc = choose_credential(arguments->client_secret_file != NULL, file != NULL || secret != NULL,
                                   arguments->client_key_file != NULL, ret, err);
    if (rc == RC_OK && file != NULL && str_empty(ret->client_key_file)) {
        rc = read_secret(file, mem, &ret->client_secret, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    if (token_file != NULL) {
        return read_secret(token_file, mem, &ret->token, err);
    }
    bool nearer = file != NULL || arguments->client_key_file != NULL;
    ret->token = nearer ? STR_NONE : str_of(environment("NUMGATE_TOKEN"));
    return RC_OK;
}

static enum rc take_number(const char *text, const char *flag, uint64_t max, int64_t *ret, struct err *err)
{
    uint64_t value = 0;
    if (text == NULL) {
        return RC_OK;
    }
    if (!str_to_u64(str_of(text), max, &value) || value == 0) {
        return err_set(err, RC_INVALID, NULL, "%s is a number from 1 to %llu", flag, (unsigned long long)max);
    }
    *ret = (int64_t)value;
    return RC_OK;
}

/* ---- the file ---- */

static const char *file_path(const struct arguments *arguments, struct arena *mem)
{
    const char *given = arguments->config != NULL ? arguments->config : environment("NUMGATE_CONFIG");
    const char *xdg = environment("XDG_CONFIG_HOME"), *home = environment("HOME");
    if (given != NULL) {
        return given;
    }
    return xdg != NULL    ? arena_printf(mem, "%s/numgate/config", xdg).p
           : home != NULL ? arena_printf(mem, "%s/.config/numgate/config", home).p
                          : NULL;
}

static enum rc pick(const struct profiles *profiles, struct str name, const char *path, struct profile *ret,
                    struct err *err)
{
    for (size_t i = 0; i < profiles->count; i++) {
        if (str_eq(profiles->items[i].name, name)) {
            *ret = profiles->items[i];
            return RC_OK;
        }
    }
    return err_set(err, RC_INVALID, NULL, "%s has no section [profile.%" STR_FMT "]", path, STR_ARG(name));
}

static enum rc take_file(const struct arguments *arguments, struct arena *mem, struct profile *ret,
                         struct err *err)
{
    const char *wanted = arguments->profile != NULL ? arguments->profile : environment("NUMGATE_PROFILE");
    const char *path = file_path(arguments, mem);
    bool must = wanted != NULL || arguments->config != NULL;
    if (path == NULL || (!must && access(path, F_OK) != 0)) {
        return RC_OK;
    }
    struct profiles profiles = {0};
    enum rc rc = config_load(&profile_schema, path, mem, &profiles, err);
    if (rc != RC_OK) {
        return rc;
    }
    rc = pick(&profiles, str_of(wanted != NULL ? wanted : "default"), path, ret, err);
    return rc != RC_OK && wanted == NULL && arguments->config == NULL ? RC_OK : rc;
}

/* What follows from the rest, and whether it is enough. */
static enum rc complete(struct arena *mem, struct profile *ret, struct err *err)
{
    const char *authority = environment("NUMGATE_AUTHORITY"), *tenant = environment("NUMGATE_TENANT");
    if (str_empty(ret->token_url) && authority != NULL && tenant != NULL) {
        ret->token_url = arena_printf(mem, "%s/%s/oauth2/v2.0/token", authority, tenant);
    }
    if (str_empty(ret->url) && str_empty(ret->base_domain)) {
        return err_set(
            err, RC_INVALID, NULL,
            "which server? Give --url or --base-domain, NUMGATE_URL in the environment, or a profile");
    }
    if (str_empty(ret->token) && (str_empty(ret->token_url) || str_empty(ret->client_id))) {
        return err_set(err, RC_INVALID, NULL,
                       "as whom? Give --token-url and --client-id, or --token-file, by flags, the "
                       "environment or a profile");
    }
    return arena_failed(mem) ? err_set(err, RC_LIMIT, NULL, "out of memory") : RC_OK;
}

enum rc profile_load(const struct arguments *arguments, struct arena *mem, struct profile *ret,
                     struct err *err)
{
    *ret = (struct profile){0};
    enum rc rc = take_file(arguments, mem, ret, err);
    if (rc == RC_OK) {
        take_texts(arguments, ret);
        rc = take_secrets(arguments, mem, ret, err);
    }
    rc = rc == RC_OK ? take_number(arguments->timeout, "--timeout", 86400, &ret->timeout_s, err) : rc;
    rc = rc == RC_OK ? take_number(arguments->attempt_timeout, "--attempt-timeout", 3600,
                                   &ret->attempt_timeout_s, err)
                     : rc;
    rc = rc == RC_OK ? take_number(arguments->retry_wait, "--retry-wait", 3600, &ret->retry_wait_s, err) : rc;
    rc = rc == RC_OK ? take_number(arguments->rate, "--rate", 10000, &ret->requests_per_minute, err) : rc;
    return rc == RC_OK ? complete(mem, ret, err) : rc;
}
