/* The file:
 *   { "accounts": [AccountResource...], "requestsForInformation": [RequestForInformationResource...],
 *     "civicAddresses": { "<accountName>": [TeamsCivicAddressResource...] } }
 * Every member may be missing. All of it is written in one transaction; an account that exists is left as it
 * is. */
#include "programs/numgated/seed.h"

#include <semaphore.h>
#include <stdio.h>

#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/base/random.h"
#include "gateway/domain/change.h"
#include "gateway/store/store.h"
#include "programs/numgated/settings.h"

#include "common/base/banned.h"

#define SEED_BYTES_MAX   (16 * 1024 * 1024)
#define SEED_DEADLINE_MS 60000

struct seed_job {
    struct repo_job job;
    sem_t ended;
    struct domain_facts facts;
    struct actor actor;
    const struct json *document;
    unsigned accounts, rfis, addresses; /* written */
    enum rc rc;
    struct err err;
};

static enum rc load_item(const struct schema *schema, const struct json *json, struct arena *mem, void **ret,
                         struct err *err)
{
    *ret = arena_alloc(mem, schema->size);
    return *ret != NULL ? model_load(schema, json, mem, *ret, err)
                        : err_set(err, RC_LIMIT, NULL, "the file is too large");
}

/* The field of a finding is told from the top of the file: "requestsForInformation[0].tenantId". */
static enum rc located(enum rc rc, const char *list, size_t i, struct err *err)
{
    char field[sizeof err->field];
    (void)snprintf(field, sizeof field, "%s", err->field);
    err_field(err, "%s[%zu]%s%s", list, i, field[0] != '\0' ? "." : "", field);
    return rc;
}

static enum rc seed_accounts(struct seed_job *seed, const struct change *change, struct err *err)
{
    const struct json *list = json_get(seed->document, STR("accounts"));
    for (size_t i = 0; list != NULL && i < json_count(list); i++) {
        struct account *account = arena_new_of(change->mem, struct account);
        enum rc rc = model_read(&schema_account, json_at(list, i), change->mem, account, err);
        const struct account *stored = NULL;
        bool created;
        if (rc == RC_OK) {
            rc = repo_account_find(change->tx, change->mem, account->name, REPO_UPDATE, &stored, err);
        }
        if (rc == RC_NOT_FOUND) {
            rc = account_put(change, account, NULL, &stored, &created, err);
            seed->accounts++;
        }
        if (rc != RC_OK) {
            return located(rc, "accounts", i, err);
        }
    }
    return RC_OK;
}

static enum rc seed_rfis(struct seed_job *seed, const struct change *change, struct err *err)
{
    const struct json *list = json_get(seed->document, STR("requestsForInformation"));
    for (size_t i = 0; list != NULL && i < json_count(list); i++) {
        void *rfi = NULL;
        enum rc rc = load_item(&schema_rfi, json_at(list, i), change->mem, &rfi, err);
        rc = rc == RC_OK ? rfi_seed(change, rfi, err) : rc;
        if (rc != RC_OK) {
            return located(rc, "requestsForInformation", i, err);
        }
        seed->rfis++;
    }
    return RC_OK;
}

static enum rc seed_address(struct seed_job *seed, const struct change *change, struct str account,
                            const struct json *json, struct err *err)
{
    void *value = NULL;
    enum rc rc = load_item(&schema_civic_address, json, change->mem, &value, err);
    if (rc == RC_OK) {
        struct civic_address *address = value;
        address->account_name = account;
        rc = civic_address_seed(change, address, err);
    }
    seed->addresses += rc == RC_OK;
    return rc;
}

static enum rc seed_addresses(struct seed_job *seed, const struct change *change, struct err *err)
{
    const struct json *by_account = json_get(seed->document, STR("civicAddresses"));
    if (by_account == NULL) {
        return RC_OK;
    }
    for (struct json_iter it = json_iter(by_account); json_next(&it);) {
        for (size_t i = 0; i < json_count(it.value); i++) {
            enum rc rc = seed_address(seed, change, it.name, json_at(it.value, i), err);
            if (rc != RC_OK) {
                const char *list = arena_cstr(
                    change->mem, arena_printf(change->mem, "civicAddresses.%" STR_FMT, STR_ARG(it.name)));
                return located(rc, list, i, err);
            }
        }
    }
    return RC_OK;
}

static enum rc run(struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    struct seed_job *seed = (struct seed_job *)job;
    const struct change change = {tx, job->mem, &seed->actor, clock_wall(), &seed->facts};
    seed->accounts = seed->rfis = seed->addresses = 0;
    enum rc rc = seed_accounts(seed, &change, err);
    if (rc == RC_OK) {
        rc = seed_rfis(seed, &change, err);
    }
    return rc == RC_OK ? seed_addresses(seed, &change, err) : rc;
}

static void done(struct repo_job *job, enum rc rc, const struct err *err)
{
    struct seed_job *seed = (struct seed_job *)job;
    seed->rc = rc;
    if (err != NULL) {
        seed->err = *err;
    }
    sem_post(&seed->ended);
}

/* Members are what they must be down to the lists of items; the items are looked at when they are loaded. */
static enum rc check_member(struct str name, const struct json *value, struct err *err)
{
    static const struct {
        struct str name;
        enum json_type type;
    } known[] = {{STR("accounts"), JSON_ARRAY},
                 {STR("requestsForInformation"), JSON_ARRAY},
                 {STR("civicAddresses"), JSON_OBJECT}};
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (str_eq(known[i].name, name)) {
            return json_type(value) == known[i].type
                       ? RC_OK
                       : err_set(err, RC_INVALID, NULL, "%s must be an %s", known[i].name.p,
                                 known[i].type == JSON_ARRAY ? "array" : "object of arrays by account name");
        }
    }
    return err_set(err, RC_INVALID, NULL, "unknown member \"%" STR_FMT "\"", STR_ARG(name));
}

static enum rc check_document(const struct json *document, struct err *err)
{
    enum rc rc = RC_OK;
    if (json_type(document) != JSON_OBJECT) {
        return err_set(err, RC_INVALID, NULL, "a JSON object is expected");
    }
    for (struct json_iter it = json_iter(document); rc == RC_OK && json_next(&it);) {
        rc = check_member(it.name, it.value, err);
    }
    const struct json *addresses = rc == RC_OK ? json_get(document, STR("civicAddresses")) : NULL;
    if (addresses == NULL) {
        return rc;
    }
    for (struct json_iter it = json_iter(addresses); json_next(&it);) {
        if (json_type(it.value) != JSON_ARRAY) {
            return err_set(err, RC_INVALID, NULL, "civicAddresses.%" STR_FMT " must be an array",
                           STR_ARG(it.name));
        }
    }
    return RC_OK;
}

static enum rc read_document(const char *path, struct arena *mem, const struct json **ret, struct err *err)
{
    struct str text;
    enum rc rc = file_read(path, SEED_BYTES_MAX, mem, &text, err);
    rc = rc == RC_OK ? json_parse(text, mem, ret, err) : rc;
    return rc == RC_OK ? check_document(*ret, err) : rc;
}

static enum rc write_all(const struct settings *settings, struct seed_job *seed, struct arena *mem,
                         struct err *err)
{
    char id[UUID_TEXT_MAX];
    struct repo *repo = NULL;
    const struct store_config config = {
        .url = settings->store.url, .password = settings->store.password_file, .connections = 3, .loops = 1};
    enum rc rc = store_open(&config, &repo, err);
    if (rc != RC_OK) {
        return rc;
    }
    seed->facts =
        (struct domain_facts){settings->deployment.base_domain, settings->deployment.single_region, false};
    seed->actor =
        (struct actor){.way = ACTOR_COMMAND, .caller = STR("numgated seed"), .request_id = random_uuid(id)};
    seed->job = (struct repo_job){.kind = REPO_WRITE,
                                  .deadline = mono_after(clock_mono(), SEED_DEADLINE_MS),
                                  .op = {seed->actor.caller, seed->actor.request_id},
                                  .mem = mem,
                                  .run = run,
                                  .done = done};
    sem_init(&seed->ended, 0, 0);
    repo_submit(repo, &seed->job);
    while (sem_wait(&seed->ended) != 0) {
    }
    store_close(repo);
    *err = seed->err;
    return seed->rc;
}

static enum rc seed_file(const char *config_path, const char *seed_path, struct arena *mem,
                         struct seed_job *seed, struct err *err)
{
    struct settings settings;
    enum rc rc = settings_load(config_path, mem, &settings, err);
    if (rc == RC_OK && !settings.deployment.test_target) {
        rc =
            err_set(err, RC_DENIED, NULL, "seeding is for test targets: [deployment] test_target is not yes");
    }
    if (rc == RC_OK) {
        rc = read_document(seed_path, mem, &seed->document, err);
    }
    return rc == RC_OK ? write_all(&settings, seed, mem, err) : rc;
}

int seed(const char *config_path, const char *seed_path)
{
    struct arena *mem = arena_new(4 * SEED_BYTES_MAX);
    struct seed_job *job = arena_new_of(mem, struct seed_job);
    struct err err = {0};
    enum rc rc = seed_file(config_path, seed_path, mem, job, &err);
    if (rc == RC_OK) {
        printf("%s: %u accounts, %u requests for information, %u civic addresses\n", seed_path, job->accounts,
               job->rfis, job->addresses);
    } else {
        fprintf(stderr, "numgated seed: %s%s%s\n", err.field, err.field[0] != '\0' ? ": " : "", err.msg);
    }
    arena_free(mem);
    return rc == RC_OK ? 0 : 1;
}
