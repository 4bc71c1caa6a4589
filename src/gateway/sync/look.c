/* Numbers that a job says nothing of: what the back end has now does. They are read as pages of the tenant's numbers, from the first that is
 * wanted on. Where a page tells of few of them, since they lie far apart, the rest is asked for one by one; so are few numbers, and those
 * of a tenant that the back end does not list any more. */
#include "gateway/sync/look.h"

#include "common/base/banned.h"

#define LEAST 10 /* numbers that a page is read for */

void look_init(struct look *look, const struct backend *backend, struct work_run *run,
               const struct backend_order *order, size_t count)
{
    *look = (struct look){.backend = backend, .run = run, .order = order, .singly = count < LEAST};
}

static bool page_tells_of(const struct look *look, int64_t telephone_number)
{
    const struct backend_numbers *page = &look->page;
    return look->read && telephone_number > look->after &&
           (!page->more || telephone_number <= page->items[page->count - 1].telephone_number);
}

static enum rc read_page(struct look *look, int64_t telephone_number, struct err *err)
{
    const struct backend *backend = look->backend;
    look->page = (struct backend_numbers){0};
    look->after = telephone_number - 1;
    enum rc rc = backend->numbers(backend->arg, look->order->service, look->order->tenant_id, look->after,
                                  work_mem(look->run), &look->page, err);
    look->page.more = look->page.more && look->page.count > 0;
    look->singly = rc == RC_NOT_FOUND;
    look->read = rc == RC_OK;
    look->told = 0;
    return rc == RC_NOT_FOUND ? RC_OK : rc;
}

/* *ret NULL: the tenant does not have it. */
static enum rc read_one(struct look *look, int64_t telephone_number, const struct backend_number **ret,
                        struct err *err)
{
    const struct backend *backend = look->backend;
    struct arena *mem = work_mem(look->run);
    struct backend_number *there = arena_new_of(mem, struct backend_number);
    if (there == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory for a number");
    }
    enum rc rc = backend->number(backend->arg, look->order->service, telephone_number, mem, there, err);
    bool held = rc == RC_OK && str_eq_ci(there->tenant_id, look->order->tenant_id);
    *ret = held ? there : NULL;
    return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static enum rc find(struct look *look, int64_t telephone_number, const struct backend_number **ret,
                    struct err *err)
{
    enum rc rc = RC_OK;
    if (!look->singly && !page_tells_of(look, telephone_number)) {
        look->singly = look->read && look->page.more && look->told < LEAST;
        rc = look->singly ? RC_OK : read_page(look, telephone_number, err);
    }
    if (rc != RC_OK || look->singly) {
        return rc == RC_OK ? read_one(look, telephone_number, ret, err) : rc;
    }
    look->told++;
    *ret = sync__in_page(&look->page, telephone_number);
    return RC_OK;
}

enum rc look_at(struct look *look, const struct backend_number *wanted, struct backend_entry *ret,
                struct err *err)
{
    const struct backend_number *there = NULL;
    enum rc rc = work_stopping(look->run) ? err_set(err, RC_BUSY, NULL, "stopping")
                                          : find(look, wanted->telephone_number, &there, err);
    if (rc != RC_OK) {
        return rc;
    }
    bool release = look->order->kind == BACKEND_RELEASE;
    bool done =
        release ? there == NULL : there != NULL && sync__same_settings(&there->settings, &wanted->settings);
    *ret = (struct backend_entry){.telephone_number = wanted->telephone_number,
                                  .state = done ? BACKEND_ENTRY_DONE : BACKEND_ENTRY_REFUSED,
                                  .code = STR("InternalError"),
                                  .message = STR("the back end lost the order"),
                                  .number = there};
    return RC_OK;
}
