#include "programs/numgate-lab/domains.h"

#include "common/json/read.h"
#include "programs/numgate-lab/flags.h"
#include "programs/numgate-lab/part.h"
#include "programs/numgate-lab/remote.h"

#include "common/base/banned.h"

struct domains_options {
    struct remote_target target; /* first, see remote.h */
    const char *tenant;
};

static enum rc set_tenant(void *options, const char *value, struct err *err)
{
    ((struct domains_options *)options)->tenant = value;
    return str_is_uuid(str_of(value)) ? RC_OK : err_set(err, RC_INVALID, NULL, "\"%s\" is no UUID", value);
}

static const struct flag flags[] = {
    {"--tenant", "UUID", "the customer's tenant; needed", set_tenant},
    {"--url", "URL", REMOTE_URL_DOC, remote_set_url},
    {"--ca", "FILE", REMOTE_CA_DOC, remote_set_ca},
};

void domains_print_flags(FILE *out)
{
    flags_print(flags, ARRAY_LEN(flags), out);
}

/* ---- asking ---- */

static enum rc ask(const struct domains_options *options, const char *method, const char *name,
                   const char *action, struct str body, struct arena *mem, const struct json **ret,
                   struct err *err)
{
    struct str answer;
    struct str path = arena_printf(mem, "/lab/m365/%s/domains%s%s%s", options->tenant,
                                   name[0] != '\0' ? "/" : "", name, action);
    enum rc rc = remote_ask(&options->target, str_of(method), path, body, mem, &answer, err);
    return rc == RC_OK ? json_parse(answer, mem, ret, err) : rc;
}

static enum rc print_token(const struct domains_options *options, const char *name, struct arena *mem,
                           struct err *err)
{
    const struct json *records;
    enum rc rc = ask(options, "GET", name, "/verificationDnsRecords", STR_NONE, mem, &records, err);
    if (rc == RC_OK) {
        struct str token = json_string(json_pointer(records, STR("/value/0/text")));
        (void)printf("%" STR_FMT "\n", STR_ARG(token));
    }
    return rc;
}

/* ---- the actions; `name` is empty for those that take none ---- */

static enum rc add(const struct domains_options *options, const char *name, struct arena *mem,
                   struct err *err)
{
    const struct json *domain;
    enum rc rc = ask(options, "GET", name, "", STR_NONE, mem, &domain, NULL);
    if (rc != RC_OK) { /* not there yet, or it cannot be asked, which the POST then says */
        struct str body = arena_printf(mem, "{\"id\": \"%s\"}", name);
        rc = ask(options, "POST", "", "", body, mem, &domain, err);
    }
    return rc == RC_OK ? print_token(options, name, mem, err) : rc;
}

static enum rc verify(const struct domains_options *options, const char *name, struct arena *mem,
                      struct err *err)
{
    const struct json *domain;
    return ask(options, "POST", name, "/verify", STR(""), mem, &domain, err);
}

static enum rc list(const struct domains_options *options, const char *name, struct arena *mem,
                    struct err *err)
{
    const struct json *domains;
    enum rc rc = ask(options, "GET", name, "", STR_NONE, mem, &domains, err);
    const struct json *rows = rc == RC_OK ? json_get(domains, STR("value")) : NULL;
    for (size_t i = 0; i < json_count(rows); i++) {
        const struct json *row = json_at(rows, i);
        (void)printf("%" STR_FMT " %s\n", STR_ARG(json_string(json_get(row, STR("id")))),
                     json_bool(json_get(row, STR("isVerified"))) ? "verified" : "unverified");
    }
    return rc;
}

static const struct action {
    const char *name;
    bool takes_names;
    enum rc (*run)(const struct domains_options *options, const char *name, struct arena *mem,
                   struct err *err);
} actions[] = {{"add", true, add}, {"list", false, list}, {"verify", true, verify}};

static const struct action *find_action(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(actions) && name != NULL; i++) {
        if (str_eq(str_of(actions[i].name), str_of(name))) {
            return &actions[i];
        }
    }
    return NULL;
}

/* A name is part of a path and of a JSON text. */
static enum rc check_names(int count, char **names, struct err *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    for (int i = 0; i < count; i++) {
        if (names[i][0] == '\0' || strspn(names[i], allowed) != strlen(names[i])) {
            return err_set(err, RC_INVALID, NULL, "\"%s\" is no domain name", names[i]);
        }
    }
    return RC_OK;
}

enum rc domains_run(int argc, char **argv, struct err *err)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new(4 * (size_t)PARTS_TEXT_MAX);
    const struct action *action = find_action(argv[0]);
    struct domains_options options = {0};
    int names = 0;
    remote_target_init(&options.target);
    if (action == NULL) {
        return err_set(err, RC_INVALID, NULL, "domains needs a word: add, list or verify");
    }
    while (names + 1 < argc && argv[names + 1][0] != '-') {
        names++;
    }
    enum rc rc = flags_parse(flags, ARRAY_LEN(flags), argc - 1 - names, argv + 1 + names, &options, err);
    if (rc == RC_OK && (options.tenant == NULL || action->takes_names != (names > 0))) {
        rc = err_set(err, RC_INVALID, NULL, "domains %s needs --tenant%s", action->name,
                     action->takes_names ? " and a name or more before it" : " and no name");
    }
    rc = rc == RC_OK ? check_names(names, argv + 1, err) : rc;
    if (rc != RC_OK) {
        return RC_INVALID;
    }
    for (int i = 0; i < names && rc == RC_OK; i++) {
        rc = action->run(&options, argv[1 + i], mem, err);
    }
    rc = names == 0 ? action->run(&options, "", mem, err) : rc;
    return rc == RC_OK ? RC_OK : RC_INTERNAL;
}
