/* Consents: all of them each time, beside the ones we have. The accounts of a tenant whose consent has changed are looked at again
 * afterwards, a few in a transaction: a job row of kind "look", written with the consent, says how far that has come. */
#include "common/base/limits.h"
#include "common/base/random.h"
#include "gateway/sync/room.h"

#include "common/base/banned.h"

#define LOOK_KIND     "look" /* job rows, whose key is INWARD_CONSENTS; the id ends in the tenant's */
#define LOOK_ACCOUNTS 100    /* that are looked at in one transaction */

struct consents {
    struct sync *sync;
    struct backend_consents page;
    struct str after; /* the last key of the page before; absent: this is the first */
    char last[UUID_TEXT_MAX];
    bool reading; /* only to see whether there is news */
    bool news;
};

/* ---- accounts that wait for a consent ---- */

static enum rc write_look(struct repo_tx *tx, struct arena *mem, struct str tenant_id, struct str mark,
                          struct err *err)
{
    struct str id = arena_printf(mem, LOOK_KIND "/%" STR_FMT, STR_ARG(arena_lower(mem, tenant_id)));
    const struct job_row keys = {.id = id, .kind = STR(LOOK_KIND), .key = STR(INWARD_CONSENTS)};
    return mark__write(tx, mem, &keys, mark, err);
}

static enum rc read_consent(struct consents *c, const struct change *change, const struct rfi *heard,
                            struct err *err)
{
    return c->news ? RC_OK : rfi_is_news(change, heard, &c->news, err);
}

static enum rc write_consent(const struct change *change, const struct rfi *heard, struct err *err)
{
    struct text_list names = {0};
    bool other = false;
    enum rc rc = rfi_heard(change, heard, &other, err);
    if (rc == RC_OK && other) {
        rc = repo_accounts_of_tenant(change->tx, change->mem, heard->tenant_id, STR_NONE, 1, &names, err);
    }
    return rc == RC_OK && names.count > 0
               ? write_look(change->tx, change->mem, heard->tenant_id, STR_NONE, err)
               : rc;
}

static enum rc hear_consent(struct consents *c, const struct change *change, const struct rfi *heard,
                            struct err *err)
{
    return c->reading ? read_consent(c, change, heard, err) : write_consent(change, heard, err);
}

struct looking {
    struct sync *sync;
    const struct job_row *row; /* NULL: nobody waits */
};

static enum rc find_look(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct looking *l = arg;
    struct job_list rows = {0};
    enum rc rc = repo_jobs_open(tx, mem, STR(LOOK_KIND), STR(INWARD_CONSENTS), STR_NONE, 1, &rows, err);
    l->row = rc == RC_OK && rows.count > 0 ? rows.jobs : NULL;
    return rc;
}

/* All rows are this kind's work, under its lease: between the reading and here nobody wrote this one. */
static enum rc look_at_some(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct looking *l = arg;
    const struct change change = sync__change(l->sync, tx, mem);
    struct str tenant_id = str_slice(l->row->id, sizeof LOOK_KIND, l->row->id.n), mark; /* behind the slash */
    struct text_list names = {0};
    enum rc rc = mark__of(l->row, mem, &mark, err);
    if (rc == RC_OK) {
        rc = repo_accounts_of_tenant(tx, mem, tenant_id, mark, LOOK_ACCOUNTS, &names, err);
    }
    for (size_t i = 0; rc == RC_OK && i < names.count; i++) {
        rc = account_look_again(&change, names.items[i], err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    return names.count == LOOK_ACCOUNTS ? write_look(tx, mem, tenant_id, names.items[LOOK_ACCOUNTS - 1], err)
                                        : repo_job_remove(tx, l->row->id, err);
}

static enum rc look_at_waiting(struct sync *sync, struct work_run *run, struct err *err)
{
    struct looking l = {.sync = sync};
    enum rc rc = RC_OK;
    do {
        struct arena_mark mark = arena_mark(work_mem(run));
        rc = work_read(run, find_look, &l, err);
        rc = rc == RC_OK && l.row != NULL ? work_write(run, look_at_some, &l, err) : rc;
        arena_rewind(work_mem(run), mark);
    } while (rc == RC_OK && l.row != NULL && !work_stopping(run));
    return rc;
}

/* ---- consents ---- */

static enum rc list_ours(struct str after, struct repo_tx *tx, struct arena *mem, struct list_page *ret,
                         struct err *err)
{
    struct list_query query = {.limit = LIMIT_PAGE, .after = {.set = !str_absent(after), .text = after}};
    return repo_rfis_list(tx, mem, &query, ret, err);
}

static bool is_in(const struct backend_consents *page, struct str tenant_id)
{
    for (size_t i = 0; i < page->count; i++) {
        if (str_eq_ci(page->items[i].tenant_id, tenant_id)) {
            return true;
        }
    }
    return false;
}

/* Lies behind everything that the page could tell of. */
static bool is_beyond(const struct consents *c, struct arena *mem, struct str tenant_id)
{
    if (!c->page.more || c->page.count == 0) {
        return false;
    }
    return str_cmp(arena_lower(mem, tenant_id),
                   arena_lower(mem, c->page.items[c->page.count - 1].tenant_id)) > 0;
}

/* One that the back end no longer has is a removed one. *ret_more: ours go on within what the page tells of. */
static enum rc remove_those(struct consents *c, const struct change *change, const struct list_page *ours,
                            bool *ret_more, struct err *err)
{
    const struct rfi *rfis = ours->items.items;
    enum rc rc = RC_OK;
    *ret_more = ours->more;
    for (size_t i = 0; rc == RC_OK && i < ours->items.count; i++) {
        if (is_beyond(c, change->mem, rfis[i].tenant_id)) {
            *ret_more = false;
            break;
        }
        if (!is_in(&c->page, rfis[i].tenant_id) && rfis[i].status != CONSENT_REMOVED) {
            struct rfi gone = rfis[i];
            gone.status = CONSENT_REMOVED;
            rc = hear_consent(c, change, &gone, err);
        }
    }
    return rc;
}

/* Many pages of ours may lie within one of theirs. */
static enum rc remove_gone(struct consents *c, const struct change *change, struct err *err)
{
    char last[UUID_TEXT_MAX];
    struct str after = c->after;
    bool more = true;
    enum rc rc = RC_OK;
    while (rc == RC_OK && more) {
        struct arena_mark mark = arena_mark(change->mem);
        struct list_page ours = {.count = -1};
        rc = list_ours(after, change->tx, change->mem, &ours, err);
        rc = rc == RC_OK ? remove_those(c, change, &ours, &more, err) : rc;
        after = sync__keep(rc == RC_OK && more ? ours.last.text : STR_NONE, last, sizeof last);
        more = more && !str_absent(after);
        arena_rewind(change->mem, mark);
    }
    return rc;
}

static enum rc hear_all(struct consents *c, struct repo_tx *tx, struct arena *mem, struct err *err)
{
    const struct change change = sync__change(c->sync, tx, mem);
    enum rc rc = remove_gone(c, &change, err);
    for (size_t i = 0; rc == RC_OK && i < c->page.count; i++) {
        rc = hear_consent(c, &change, &c->page.items[i], err);
    }
    return rc;
}

static enum rc read_consents(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct consents *c = arg;
    c->reading = true;
    c->news = false;
    return hear_all(c, tx, mem, err);
}

static enum rc write_consents(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct consents *c = arg;
    c->reading = false;
    return hear_all(c, tx, mem, err);
}

/* *ret_more: there is another page, behind c->after. */
static enum rc hear_page(struct consents *c, struct work_run *run, bool *ret_more, struct err *err)
{
    const struct backend *backend = c->sync->config.backend;
    c->page = (struct backend_consents){0};
    enum rc rc = backend->consents(backend->arg, c->after, work_mem(run), &c->page, err);
    rc = rc == RC_OK ? work_read(run, read_consents, c, err) : rc; /* nearly always all is as it was */
    rc = rc == RC_OK && c->news ? work_write(run, write_consents, c, err) : rc;
    *ret_more = rc == RC_OK && c->page.more && c->page.count > 0;
    if (*ret_more) {
        struct str key = arena_lower(work_mem(run), c->page.items[c->page.count - 1].tenant_id);
        c->after = sync__keep(key, c->last, sizeof c->last);
        *ret_more = !str_absent(c->after);
    }
    return rc;
}

/* What a run before this one left to look at comes first: it needs no back end. */
enum rc consents__hear(struct sync *sync, struct work_run *run, bool *ret_more, struct err *err)
{
    struct consents c = {.sync = sync, .after = STR_NONE};
    bool more = true;
    enum rc rc = look_at_waiting(sync, run, err);
    *ret_more = false;
    while (rc == RC_OK && more && !work_stopping(run)) {
        struct arena_mark mark = arena_mark(work_mem(run));
        rc = hear_page(&c, run, &more, err);
        arena_rewind(work_mem(run), mark);
        rc = rc == RC_OK ? look_at_waiting(sync, run, err) : rc;
    }
    return rc;
}
