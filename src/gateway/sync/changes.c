/* Numbers that have changed, where the back end keeps track of them: from a mark of its own on, which is kept in a job row. */
#include "gateway/sync/room.h"

#include "common/base/banned.h"

#define PAGES_A_RUN 20               /* so that consents have their turn */
#define MARK_JOB    "inward/changes" /* the row that keeps the mark */

struct changes {
    struct sync *sync;
    struct backend_changes page;
    struct str mark; /* as it was kept; absent: none */
};

static enum rc read_mark(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct changes *c = arg;
    const struct job_row *row = NULL;
    c->mark = STR_NONE;
    enum rc rc = repo_job_find(tx, mem, STR(MARK_JOB), REPO_READ, &row, err);
    if (rc != RC_OK) {
        return rc == RC_NOT_FOUND ? RC_OK : rc;
    }
    return mark__of(row, mem, &c->mark, err);
}

/* A run of numbers of one tenant and service. */
static size_t run_length(const struct backend_number *numbers, size_t count)
{
    size_t n = 1;
    while (n < count && numbers[n].service == numbers->service &&
           str_eq_ci(numbers[n].tenant_id, numbers->tenant_id) &&
           numbers[n].telephone_number > numbers[n - 1].telephone_number) {
        n++;
    }
    return n;
}

static enum rc write_changes(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct changes *c = arg;
    enum rc rc = RC_OK;
    for (size_t i = 0, n = 0; rc == RC_OK && i < c->page.count; i += n) {
        struct tally tally = {0};
        n = run_length(&c->page.items[i], c->page.count - i);
        rc = numbers__hear(c->sync, tx, mem, &c->page.items[i], n, &tally, err);
    }
    const struct job_row keys = {.id = STR(MARK_JOB), .kind = STR("mark"), .key = STR(INWARD_CHANGES)};
    return rc == RC_OK ? mark__write(tx, mem, &keys, c->page.mark, err) : rc;
}

/* A mark that the back end does not know any more is forgotten; what was missed meanwhile the sweep finds. */
static enum rc hear_page(struct changes *c, struct work_run *run, bool *ret_more, struct err *err)
{
    const struct backend *backend = c->sync->config.backend;
    c->page = (struct backend_changes){0};
    enum rc rc = work_read(run, read_mark, c, err);
    if (rc == RC_OK) {
        rc = backend->changes(backend->arg, c->mark, work_mem(run), &c->page, err);
    }
    if (rc == RC_NOT_FOUND && !str_absent(c->mark)) {
        c->mark = STR_NONE;
        c->page = (struct backend_changes){0};
        rc = backend->changes(backend->arg, c->mark, work_mem(run), &c->page, err);
    }
    bool news = rc == RC_OK && (c->page.count > 0 || !str_eq(c->page.mark, c->mark));
    *ret_more = news && c->page.more;
    return news ? work_write(run, write_changes, c, err) : rc;
}

enum rc changes__hear(struct sync *sync, struct work_run *run, bool *ret_more, struct err *err)
{
    struct changes c = {.sync = sync};
    enum rc rc = RC_OK;
    *ret_more = true;
    for (int pages = 0; rc == RC_OK && *ret_more && pages < PAGES_A_RUN && !work_stopping(run); pages++) {
        struct arena_mark mark = arena_mark(work_mem(run));
        rc = hear_page(&c, run, ret_more, err);
        arena_rewind(work_mem(run), mark);
    }
    return rc == RC_NOT_FOUND ? RC_OK : rc; /* not offered */
}
