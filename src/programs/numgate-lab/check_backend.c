#include <stdio.h>
#include <stdlib.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "programs/numgate-lab/backend_facts.h"
#include "programs/numgate-lab/backend_model.h"
#include "programs/numgate-lab/check.h"
#include "programs/numgate-lab/flags.h"

#include "common/base/banned.h"

#define CASE_MEMORY   ((size_t)256 << 20)
#define FLAG_MEMORY   ((size_t)1 << 20)
#define SECONDS_MAX   86400
#define JOB_S_PRESET  120
#define CALL_S_PRESET 30
#define NUMBER_LIST   ','

struct order {
    struct talk_config talk;
    struct check check;
    const char *secret_file;
    struct arena *mem; /* of the secret and the settings */
};

/* ---- flags ---- */

static enum rc take(struct str *to, const char *value)
{
    *to = str_of(value);
    return RC_OK;
}

static enum rc set_url(void *object, const char *value, struct err *err)
{
    struct order *order = object;
    if (fetch_url_check(str_of(value), err) != RC_OK) {
        return RC_INVALID;
    }
    if (str_ends(str_of(value), STR("/"))) {
        return err_set(err, RC_INVALID, NULL, "must not end in '/'");
    }
    return take(&order->talk.url, value);
}

static enum rc set_token_url(void *object, const char *value, struct err *err)
{
    return fetch_url_check(str_of(value), err) == RC_OK
               ? take(&((struct order *)object)->talk.token.url, value)
               : RC_INVALID;
}

static enum rc set_client_id(void *object, const char *value, struct err *err UNUSED)
{
    return take(&((struct order *)object)->talk.token.client_id, value);
}

static enum rc set_secret_file(void *object, const char *value, struct err *err UNUSED)
{
    ((struct order *)object)->secret_file = value;
    return RC_OK;
}

static enum rc set_scope(void *object, const char *value, struct err *err UNUSED)
{
    return take(&((struct order *)object)->talk.token.scope, value);
}

static enum rc set_ca_file(void *object, const char *value, struct err *err UNUSED)
{
    return take(&((struct order *)object)->talk.token.ca_file, value);
}

static enum rc set_tenant(void *object, const char *value, struct err *err)
{
    bool fits = str_is_uuid(str_of(value));
    return fits ? take(&((struct order *)object)->check.tenant, value)
                : err_set(err, RC_INVALID, NULL, "must be a UUID");
}

static int compare(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static enum rc set_numbers(void *object, const char *value, struct err *err)
{
    struct check *check = &((struct order *)object)->check;
    struct str rest = str_of(value), item;
    check->count = 0;
    while (str_split(&rest, NUMBER_LIST, &item)) {
        if (check->count == CHECK_NUMBERS_MAX || !tn_parse(item, &check->numbers[check->count])) {
            return err_set(err, RC_INVALID, NULL,
                           "must be up to %d numbers such as +442079460000, with commas", CHECK_NUMBERS_MAX);
        }
        check->count++;
    }
    qsort(check->numbers, check->count, sizeof check->numbers[0], compare);
    for (size_t i = 1; i < check->count; i++) {
        if (check->numbers[i] == check->numbers[i - 1]) {
            return err_set(err, RC_INVALID, NULL, "+%lld is there twice", (long long)check->numbers[i]);
        }
    }
    return check->count >= CHECK_NUMBERS_MIN
               ? RC_OK
               : err_set(err, RC_INVALID, NULL, "at least %d numbers are needed", CHECK_NUMBERS_MIN);
}

static enum rc set_service(void *object, const char *value, struct err *err)
{
    enum service service;
    bool known = service_parse(str_of(value), &service);
    return known ? take(&((struct order *)object)->check.service, value)
                 : err_set(err, RC_INVALID, NULL, "must be teamsOperatorConnect or teamsPhoneMobile");
}

static enum rc set_settings(void *object, const char *value, struct err *err UNUSED)
{
    return take(&((struct order *)object)->check.settings, value);
}

static enum rc set_relationship(void *object, const char *value, struct err *err UNUSED)
{
    return take(&((struct order *)object)->check.relationship, value);
}

static enum rc set_seconds(int64_t *ms, const char *value, struct err *err)
{
    int64_t seconds;
    if (!str_to_i64(str_of(value), 1, SECONDS_MAX, &seconds)) {
        return err_set(err, RC_INVALID, NULL, "must be a number from 1 to %d", SECONDS_MAX);
    }
    *ms = seconds * 1000;
    return RC_OK;
}

static enum rc set_job_seconds(void *object, const char *value, struct err *err)
{
    return set_seconds(&((struct order *)object)->check.job_ms, value, err);
}

static enum rc set_call_seconds(void *object, const char *value, struct err *err)
{
    return set_seconds(&((struct order *)object)->talk.call_ms, value, err);
}

static const struct flag flags[] = {
    {"--url", "URL", "the base URL under test; needed", set_url},
    {"--token-url", "URL", "where its tokens are from; needed", set_token_url},
    {"--client-id", "ID", "who asks for them; needed", set_client_id},
    {"--secret-file", "FILE", "the secret of that client, readable by nobody else; needed", set_secret_file},
    {"--scope", "TEXT", "the scope of the tokens", set_scope},
    {"--ca-file", "FILE", "certificates to trust instead of the machine's", set_ca_file},
    {"--tenant", "UUID", "a tenant with an active consent, for uploads; needed", set_tenant},
    {"--numbers", "LIST", "2 to 20 numbers, with commas: uploaded for the tenant and released again; needed",
     set_numbers},
    {"--service", "WORD", "teamsOperatorConnect (standard), teamsPhoneMobile", set_service},
    {"--settings", "JSON", "what they are uploaded with; standard: for users, who may change the address",
     set_settings},
    {"--relationship", "WORD", "sets the tenant's relationship, such as AgreementSigned; left out: it stays",
     set_relationship},
    {"--job-seconds", "N", "how long a job may take; standard 120", set_job_seconds},
    {"--call-seconds", "N", "how long a call may take; standard 30", set_call_seconds},
};

void check_print_flags(FILE *out)
{
    flags_print(flags, ARRAY_LEN(flags), out);
}

static enum rc check_needed(const struct order *order, struct err *err)
{
    const struct {
        const char *name;
        bool there;
    } needed[] = {
        {"--url", !str_absent(order->talk.url)},
        {"--token-url", !str_absent(order->talk.token.url)},
        {"--client-id", !str_absent(order->talk.token.client_id)},
        {"--secret-file", order->secret_file != NULL},
        {"--tenant", !str_absent(order->check.tenant)},
        {"--numbers", order->check.count > 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
        if (!needed[i].there) {
            return err_set(err, RC_INVALID, NULL, "%s is needed", needed[i].name);
        }
    }
    return RC_OK;
}

static enum rc read_settings(struct order *order, struct err *err)
{
    const struct json *settings;
    struct settings checked;
    enum rc rc = json_parse(order->check.settings, order->mem, &settings, err);
    if (rc == RC_OK) {
        rc = settings_read(settings, order->mem, &checked, err);
    }
    if (rc != RC_OK) {
        err_context(err, "--settings");
        return RC_INVALID;
    }
    order->check.usage = checked.usage;
    return RC_OK;
}

static enum rc read_order(int argc, char **argv, struct order *order, struct err *err)
{
    enum rc rc = flags_parse(flags, ARRAY_LEN(flags), argc, argv, order, err);
    if (rc == RC_OK) {
        rc = check_needed(order, err);
    }
    if (rc == RC_OK) {
        rc = read_settings(order, err);
    }
    return rc == RC_OK
               ? file_read_secret(order->secret_file, order->mem, &order->talk.token.client_secret, err)
               : rc;
}

/* ---- running ---- */

struct tally {
    int passed, failed, skipped;
    bool numbers_free;
};

static void tell(const char *word, const char *name, const char *why)
{
    (void)printf("%-4s  %s%s%s\n", word, name, why[0] != '\0' ? ": " : "", why);
    (void)fflush(stdout); /* whoever watches sees each when it is done */
}

static void run_case(struct check *check, const struct check_case *row, struct tally *tally)
{
    struct err err = {.msg = ""};
    enum rc rc = row->needs_numbers && !tally->numbers_free
                     ? err_set(&err, RC_NOT_FOUND, NULL, "the numbers are not free")
                     : row->run(check, &err);
    arena_reset(check->mem);
    tally->numbers_free = tally->numbers_free || (row->run == check_free_numbers && rc == RC_OK);
    if (rc == RC_OK) {
        tally->passed++;
        tell("ok", row->name, "");
    } else if (rc == RC_NOT_FOUND) {
        tally->skipped++;
        tell("skip", row->name, err.msg);
    } else {
        tally->failed++;
        tell("FAIL", row->name, err.msg);
    }
}

static int run_all(struct check *check)
{
    struct tally tally = {0};
    struct err err;
    for (size_t i = 0; i < check_case_count; i++) {
        run_case(check, &check_cases[i], &tally);
    }
    if (tally.numbers_free && tally.failed > 0 && check_free_numbers(check, &err) != RC_OK) {
        (void)printf("some of the numbers may still be held: %s\n", err.msg);
    }
    (void)printf("%d passed, %d failed, %d skipped\n", tally.passed, tally.failed, tally.skipped);
    return tally.failed == 0 ? 0 : 1;
}

static int complain(const struct err *err, int code)
{
    (void)fprintf(stderr, "numgate-lab: %s\n", err->msg);
    if (code == 2) {
        (void)fputs("Try numgate-lab --help.\n", stderr);
    }
    return code;
}

int check_backend(int argc, char **argv)
{
    struct order order = {
        .talk = {.call_ms = CALL_S_PRESET * 1000},
        .check = {.service = STR("teamsOperatorConnect"),
                  .settings = STR("{\"usage\":\"CallingUserAssignment\",\"allowTenantAddressUpdate\":true}"),
                  .job_ms = JOB_S_PRESET * 1000},
    };
    struct err err;
    order.mem = arena_new_secret(FLAG_MEMORY);
    order.check.mem = arena_new(CASE_MEMORY);
    enum rc rc = read_order(argc, argv, &order, &err);
    int code = 2;
    if (rc == RC_OK) {
        rc = talk_new(&order.talk, &order.check.talk, &err);
    }
    if (rc == RC_OK) {
        code = run_all(&order.check);
    }
    talk_free(order.check.talk);
    arena_free(order.check.mem);
    arena_free(order.mem);
    return rc == RC_OK ? code : complain(&err, code);
}
