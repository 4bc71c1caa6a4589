/* The emergency addresses of a tenant, which every account on it shows. A page of the back end's is compared with what each of the accounts
 * has within the same range of ids, so there may be any number of both; LIMIT_CIVIC_ADDRESSES ends it. A crash in between begins anew. */
#include "common/base/limits.h"
#include "common/base/log.h"
#include "gateway/sync/room.h"

#include "common/base/banned.h"

struct hearing {
    struct sync *sync;
    struct work_run *run;
    struct str tenant_id;
    struct backend_addresses page;
    struct str after; /* the last id of the page before, in lower case; absent: this is the first */
    char last[LIMIT_TEXT];
    size_t seen;            /* up to here */
    struct text_list names; /* of the accounts of one transaction */
};

static enum rc write_slice(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct hearing *h = arg;
    const struct change change = sync__change(h->sync, tx, mem);
    const struct address_page page = {h->page.items, h->page.count, h->after, !h->page.more};
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < h->names.count; i++) {
        struct arena_mark mark = arena_mark(mem);
        struct stand stand;
        rc = sync__stand(tx, mem, h->names.items[i], &stand, err);
        if (rc == RC_OK && stand.any && str_eq_ci(stand.tenant_id, h->tenant_id)) {
            rc = civic_addresses_heard(&change, h->names.items[i], &page, err);
        }
        arena_rewind(mem, mark);
    }
    return rc;
}

static enum rc hear_accounts(struct text_list names, void *arg, struct err *err)
{
    struct hearing *h = arg;
    h->names = names;
    return work_write(h->run, write_slice, h, err);
}

/* So many that a transaction is about a slice of rows. */
static size_t accounts_at_a_time(const struct hearing *h)
{
    size_t accounts = SYNC_SLICE / (h->page.count + 1);
    return accounts > 0 ? accounts : 1;
}

static void cut(struct hearing *h)
{
    size_t room = LIMIT_CIVIC_ADDRESSES - h->seen;
    if (h->page.count > room || (h->page.more && h->page.count == room)) {
        h->page.count = room;
        h->page.more = false;
        LOG(LOG_WARNING, "addresses_left_out", log_str("tenant", h->tenant_id),
            log_i64("kept", LIMIT_CIVIC_ADDRESSES));
    }
    h->seen += h->page.count;
}

static enum rc hear_page(struct hearing *h, struct err *err)
{
    const struct backend *backend = h->sync->config.backend;
    h->page = (struct backend_addresses){0};
    enum rc rc = backend->addresses(backend->arg, h->tenant_id, h->after, work_mem(h->run), &h->page, err);
    if (rc == RC_NOT_FOUND) { /* no consent of this tenant yet: it has no addresses either */
        h->page = (struct backend_addresses){0};
        rc = RC_OK;
    }
    if (rc != RC_OK) {
        return rc;
    }
    h->page.more = h->page.more && h->page.count > 0;
    cut(h);
    rc = sync__each_accounts(h->run, h->tenant_id, accounts_at_a_time(h), hear_accounts, h, err);
    h->after = h->page.more ? sync__keep(arena_lower(work_mem(h->run), h->page.items[h->page.count - 1].id),
                                         h->last, sizeof h->last)
                            : STR_NONE;
    return rc;
}

enum rc addresses__hear(struct sync *sync, struct work_run *run, struct str tenant_id, struct err *err)
{
    struct hearing h = {.sync = sync, .run = run, .tenant_id = tenant_id};
    enum rc rc = RC_OK;
    do {
        struct arena_mark mark = arena_mark(work_mem(run));
        rc = hear_page(&h, err);
        arena_rewind(work_mem(run), mark);
    } while (rc == RC_OK && !str_absent(h.after));
    return rc;
}
