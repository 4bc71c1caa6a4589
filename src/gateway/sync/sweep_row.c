/* The rows of sweeps and of the pauses they made. */
#include "common/base/limits.h"
#include "common/json/read.h"
#include "common/json/write.h"
#include "gateway/sync/room.h"
#include "gateway/sync/sweep.h"

#include "common/base/banned.h"

static const char *const mode_names[] = {
    [SWEEP_ROLLING] = "rolling", [SWEEP_PLAN] = "plan", [SWEEP_REPAIR] = "repair"};

const char *sweep_mode_name(enum sweep_mode mode)
{
    return mode_names[mode];
}

static enum sweep_mode read_mode(const struct json *json)
{
    enum sweep_mode mode = SWEEP_REPAIR;
    while (mode > SWEEP_ROLLING && !str_eq(json_string(json), str_of(mode_names[mode]))) {
        mode--;
    }
    return mode;
}

/* Whole numbers of the row, by their names. */
struct member {
    struct str name;
    size_t offset;
};
static const struct member members[] = {
    {STR("after"), offsetof(struct sweep, after)},
    {STR("pages"), offsetof(struct sweep, pages)},
    {STR("pagesBefore"), offsetof(struct sweep, pages_before)},
    {STR("seen"), offsetof(struct sweep, seen)},
    {STR("changed"), offsetof(struct sweep, changed)},
    {STR("missing"), offsetof(struct sweep, missing)},
    {STR("orphans"), offsetof(struct sweep, orphans)},
    {STR("pageAt"), offsetof(struct sweep, page_at)},
    {STR("addressesAt"), offsetof(struct sweep, addresses_at)},
    {STR("lastAt"), offsetof(struct sweep, last.at)},
    {STR("lastSeen"), offsetof(struct sweep, last.seen)},
    {STR("lastChanged"), offsetof(struct sweep, last.changed)},
    {STR("lastMissing"), offsetof(struct sweep, last.missing)},
    {STR("lastOrphans"), offsetof(struct sweep, last.orphans)},
};

static const struct sweep fresh = {
    .page_at = {INT64_MIN}, .addresses_at = {INT64_MIN}, .last = {.at = {INT64_MIN}}};

static struct str row_id(struct arena *mem, const char *kind, struct str key)
{
    return arena_printf(mem, "%s/%" STR_FMT, kind, STR_ARG(key));
}

/* A sweep's row is there as soon as somebody means to change it: who asks for a sweep and who runs the first one would otherwise lock
 * nothing, and write the row both. */
static enum rc find_row(struct repo_tx *tx, struct arena *mem, struct str tenant_key, enum repo_lock lock,
                        const struct job_row **ret, struct err *err)
{
    const struct job_row row = {
        .id = row_id(mem, "sweep", tenant_key), .kind = STR("sweep"), .key = tenant_key};
    enum rc rc = repo_job_find(tx, mem, row.id, lock, ret, err);
    if (rc != RC_NOT_FOUND || lock != REPO_UPDATE) {
        return rc;
    }
    struct err other = {0};
    rc = repo_job_add(tx, &row, &other);
    if (rc != RC_OK && rc != RC_CONFLICT) {
        *err = other;
        return rc;
    }
    return repo_job_find(tx, mem, row.id, lock, ret, err);
}

enum rc sweep_read(struct repo_tx *tx, struct arena *mem, struct str tenant_key, enum repo_lock lock,
                   struct sweep *ret, struct err *err)
{
    const struct job_row *row = NULL;
    const struct json *json = NULL;
    *ret = fresh;
    enum rc rc = find_row(tx, mem, tenant_key, lock, &row, err);
    if (rc != RC_OK || str_absent(row->progress)) {
        return rc == RC_NOT_FOUND ? RC_OK : rc;
    }
    rc = json_parse(row->progress, mem, &json, err);
    for (size_t i = 0; rc == RC_OK && i < ARRAY_LEN(members); i++) {
        const struct json *value = json_get(json, members[i].name);
        if (value != NULL) {
            *(int64_t *)(void *)((char *)ret + members[i].offset) = json_int(value);
        }
    }
    if (rc == RC_OK) {
        ret->mode = read_mode(json_get(json, STR("mode")));
        ret->last.mode = read_mode(json_get(json, STR("lastMode")));
        ret->service = (enum service)json_int(json_get(json, STR("service")));
    }
    return rc;
}

static struct str sweep_json(struct arena *mem, const struct sweep *sweep)
{
    struct buf buf;
    struct json_out out;
    buf_init(&buf, LIMIT_BODY);
    json_out_init(&out, &buf);
    json_object_begin(&out);
    json_str_member(&out, "mode", str_of(mode_names[sweep->mode]));
    json_str_member(&out, "lastMode", str_of(mode_names[sweep->last.mode]));
    json_i64_member(&out, "service", sweep->service);
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        json_name(&out, members[i].name);
        json_put_i64(&out, *(const int64_t *)(const void *)((const char *)sweep + members[i].offset));
    }
    json_object_end(&out);
    struct str text = arena_str(mem, buf_str(&buf));
    buf_clear(&buf);
    return text;
}

static enum rc put_row(struct repo_tx *tx, const struct job_row *row, struct err *err)
{
    if (str_absent(row->id) || str_absent(row->progress)) {
        return err_set(err, RC_LIMIT, NULL, "out of memory for a sweep");
    }
    enum rc rc = repo_job_write(tx, row, err);
    return rc == RC_NOT_FOUND ? repo_job_add(tx, row, err) : rc;
}

enum rc sweep_write(struct repo_tx *tx, struct arena *mem, struct str tenant_key, const struct sweep *sweep,
                    struct err *err)
{
    const struct job_row row = {.id = row_id(mem, "sweep", tenant_key),
                                .kind = STR("sweep"),
                                .key = tenant_key,
                                .progress = sweep_json(mem, sweep)};
    return put_row(tx, &row, err);
}

enum rc sweep_forget(struct repo_tx *tx, struct arena *mem, struct str tenant_key, struct err *err)
{
    return repo_job_remove(tx, row_id(mem, "sweep", tenant_key), err);
}

enum rc sweep_ask(struct repo_tx *tx, struct arena *mem, struct str tenant_key, enum sweep_mode mode,
                  struct err *err)
{
    struct sweep sweep;
    enum rc rc = sweep_read(tx, mem, tenant_key, REPO_UPDATE, &sweep, err);
    struct sweep asked = fresh;
    asked.mode = mode;
    asked.pages_before = sweep.pages_before;
    asked.last = sweep.last;
    if (rc == RC_OK) {
        rc = sweep_write(tx, mem, tenant_key, &asked, err);
    }
    return rc == RC_OK ? repo_outbox_touch(tx, OUTBOX_SWEEP, tenant_key, err) : rc;
}

/* ---- pauses ---- */

enum rc sweep__pause(struct repo_tx *tx, struct arena *mem, struct str account,
                     const struct sweep_pause *pause, struct err *err)
{
    const struct job_row row = {.id = row_id(mem, "paused", account),
                                .kind = STR("paused"),
                                .key = account,
                                .progress = arena_printf(mem, "{\"missing\":%lld,\"of\":%lld}",
                                                         (long long)pause->missing, (long long)pause->of)};
    enum rc rc = put_row(tx, &row, err);
    return rc == RC_OK ? repo_outbox_pause(tx, OUTBOX_SYNC, account, true, err) : rc;
}

enum rc sweep_pause_find(struct repo_tx *tx, struct arena *mem, struct str account, struct sweep_pause *ret,
                         struct err *err)
{
    const struct job_row *row = NULL;
    const struct json *json = NULL;
    enum rc rc = repo_job_find(tx, mem, row_id(mem, "paused", account), REPO_READ, &row, err);
    if (rc == RC_OK) {
        rc = json_parse(row->progress, mem, &json, err);
    }
    if (rc == RC_OK) {
        *ret = (struct sweep_pause){json_int(json_get(json, STR("missing"))),
                                    json_int(json_get(json, STR("of")))};
    }
    return rc;
}

enum rc sweep_pause_clear(struct repo_tx *tx, struct arena *mem, struct str account, struct err *err)
{
    return repo_job_remove(tx, row_id(mem, "paused", account), err);
}
