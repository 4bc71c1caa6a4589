#include "programs/numgate-lab/backend.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/random.h"
#include "programs/numgate-lab/backend_jobs.h"
#include "programs/numgate-lab/backend_stale.h"
#include "programs/numgate-lab/directory.h"

#include "common/base/banned.h"

#define PATH_BYTES 4096

static bool is_role(struct str role)
{
    return str_starts(role, STR("NumberManagement.")) || str_starts(role, STR("PartnerSettings."));
}

static bool has_role(const struct client *client)
{
    for (size_t i = 0; i < client->role_count; i++) {
        if (is_role(client->roles[i])) {
            return true;
        }
    }
    return false;
}

static enum rc register_all(struct model *model, const struct directory *directory, struct err *err)
{
    struct buf text;
    struct json_out out;
    buf_init(&text, DOCUMENT_MAX);
    json_out_init(&out, &text);
    json_array_begin(&out);
    for (size_t i = 0; i < directory->client_count; i++) {
        if (has_role(&directory->clients[i])) {
            json_put_str(&out, directory->clients[i].client_id);
        }
    }
    json_array_end(&out);
    document_free(model->applications);
    enum rc rc = document_new(buf_str(&text), &model->applications, err);
    buf_clear(&text);
    return rc;
}

void backend_apply_switches(struct backend *backend)
{
    const struct switches *switches = &backend->model.switches;
    rate_ring_clear(&backend->throttle);
    bool made =
        rate_ring_init(&backend->throttle, (uint32_t)switches->throttle_calls, switches->throttle_window_ms);
    ensure(made); /* memory does not run out here */
}

static void begin_anew(struct backend *backend)
{
    model_clear(&backend->model);
    model_init(&backend->model);
    stale_clear(&backend->answers);
    backend->counts = (struct backend_counts){.open = backend->counts.open};
    backend->epoch = random_u64();
    backend_faults_clear(backend->faults);
}

static enum rc open_journal(struct backend *backend, const char *dir, bool *ret_found, struct err *err)
{
    struct buf path;
    buf_init(&path, PATH_BYTES);
    buf_printf(&path, "%s/backend.jsonl", dir != NULL ? dir : "");
    buf_put_char(&path, '\0');
    enum rc rc =
        journal_open(dir != NULL ? path.p : NULL, &backend->model, &backend->journal, ret_found, err);
    buf_clear(&path);
    return rc;
}

enum rc backend_open(const char *dir, const struct directory *directory, struct backend **ret,
                     bool *ret_found, struct err *err)
{
    struct backend *backend = mem_alloc(sizeof *backend);
    pthread_mutex_init(&backend->lock, NULL);
    backend->directory = directory;
    backend->faults = backend_faults_new();
    backend->epoch = random_u64();
    model_init(&backend->model);
    enum rc rc = open_journal(backend, dir, ret_found, err);
    if (rc == RC_OK && !*ret_found) {
        rc = register_all(&backend->model, directory, err);
        rc = rc == RC_OK ? journal_rewrite(backend->journal, &backend->model, err) : rc;
    }
    if (rc != RC_OK) {
        backend_free(backend);
        return rc;
    }
    backend_apply_switches(backend);
    *ret = backend;
    return RC_OK;
}

void backend_free(struct backend *backend)
{
    if (backend == NULL) {
        return;
    }
    model_clear(&backend->model);
    stale_clear(&backend->answers);
    rate_ring_clear(&backend->throttle);
    journal_free(backend->journal);
    backend_faults_free(backend->faults);
    pthread_mutex_destroy(&backend->lock);
    mem_free(backend);
}

struct model *backend_enter(struct backend *backend)
{
    struct wall now = clock_wall();
    pthread_mutex_lock(&backend->lock);
    if (jobs_are_due(&backend->model, now)) {
        jobs_settle(&backend->model, now, backend_records(backend));
    }
    return &backend->model;
}

struct json_out *backend_records(struct backend *backend)
{
    return journal_records(backend->journal);
}

enum rc backend_leave(struct backend *backend, struct err *err)
{
    enum rc rc = journal_commit(backend->journal, &backend->model, err);
    pthread_mutex_unlock(&backend->lock);
    return rc;
}

void backend_leave_read(struct backend *backend)
{
    struct err err;
    if (backend_leave(backend, &err) != RC_OK) {
        LOG(LOG_ERROR, "state_not_kept", log_cstr("message", err.msg));
    }
}

enum rc backend_reset(struct backend *backend, struct err *err)
{
    pthread_mutex_lock(&backend->lock);
    begin_anew(backend);
    backend_apply_switches(backend);
    enum rc rc = register_all(&backend->model, backend->directory, err);
    rc = rc == RC_OK ? journal_rewrite(backend->journal, &backend->model, err) : rc;
    pthread_mutex_unlock(&backend->lock);
    return rc;
}

void backend_write(struct backend *backend, struct json_out *out)
{
    (void)backend_enter(backend);
    json_array_begin(out);
    record_all(out, &backend->model);
    json_array_end(out);
    backend_leave_read(backend);
}

enum rc backend_check(const struct json *state, struct err *err)
{
    struct model model;
    model_init(&model);
    enum rc rc = records_apply(&model, state, err);
    model_clear(&model);
    return rc;
}

enum rc backend_read(struct backend *backend, const struct json *state, struct err *err)
{
    enum rc rc = backend_reset(backend, err);
    if (rc != RC_OK) {
        return rc;
    }
    pthread_mutex_lock(&backend->lock);
    rc = records_apply(&backend->model, state, err);
    backend_apply_switches(backend);
    if (rc == RC_OK) {
        rc = journal_rewrite(backend->journal, &backend->model, err);
    }
    pthread_mutex_unlock(&backend->lock);
    if (rc == RC_OK) {
        return RC_OK;
    }
    enum rc reset = backend_reset(backend, NULL); /* the first failure is the one to tell */
    return reset == RC_OK ? rc : RC_INTERNAL;
}
