/* Which numbers go into which order. Uploads come first, then releases: a number whose settings cannot be changed leaves and comes
 * back, so it is never in both. */
#include "common/base/limits.h"
#include "common/base/random.h"
#include "gateway/sync/room.h"

#include "common/base/banned.h"

#define NUMBER_VALUES 12 /* of a number in an order, besides the texts of its lists */

struct planning {
    struct sync *sync;
    struct repo_tx *tx;
    struct arena *mem;
    struct str account;
    const struct plan_bounds *bounds;
    struct plan *plan;
};

static enum rc no_room(struct err *err)
{
    return err_set(err, RC_LIMIT, NULL, "out of memory for a plan");
}

static bool has_room(const struct planning *p)
{
    p->plan->full = p->plan->full || p->plan->count >= p->bounds->room;
    return !p->plan->full;
}

/* An order without numbers, of the plan, which has room for it. */
static struct order *order_begin(const struct planning *p, enum backend_order_kind kind, enum service service,
                                 struct str tenant_id, size_t count)
{
    char uuid[UUID_TEXT_MAX];
    struct order *order = &p->plan->orders[p->plan->count];
    *order = (struct order){.sent = {.id = arena_str(p->mem, random_uuid(uuid)),
                                     .kind = kind,
                                     .service = service,
                                     .tenant_id = arena_str(p->mem, tenant_id)}};
    order->sent.numbers = arena_alloc_array(p->mem, count, sizeof *order->sent.numbers);
    order->revisions = arena_alloc_array(p->mem, count, sizeof *order->revisions);
    return order;
}

static void order_put(struct order *order, const struct backend_number *number, int64_t revision)
{
    ((struct backend_number *)(uintptr_t)order->sent.numbers)[order->sent.count] = *number;
    ((int64_t *)(uintptr_t)order->revisions)[order->sent.count++] = revision;
}

static bool order_has_room(const struct order *order)
{
    return order->sent.numbers != NULL && order->revisions != NULL && !str_absent(order->sent.id) &&
           !str_absent(order->sent.tenant_id);
}

/* Its numbers are in the order from now on, whatever state they are in; those that are not there yet are new. */
static enum rc order_end(const struct planning *p, struct order *order, const struct acquired *const *found,
                         struct err *err)
{
    const struct backend_order *sent = &order->sent;
    struct acquired *rows = arena_alloc_array(p->mem, sent->count, sizeof *rows);
    if (rows == NULL) {
        return no_room(err);
    }
    for (size_t i = 0; i < sent->count; i++) {
        bool held = found[i] != NULL && found[i]->state == ACQUIRED_HELD;
        rows[i] = (struct acquired){.service = sent->service,
                                    .telephone_number = sent->numbers[i].telephone_number,
                                    .account = p->account,
                                    .tenant_id = sent->tenant_id,
                                    .state = sent->kind == BACKEND_RELEASE ? ACQUIRED_RELEASING
                                             : held                        ? ACQUIRED_HELD
                                                                           : ACQUIRED_NEW,
                                    .revision = found[i] != NULL ? found[i]->revision : ACQUIRED_OUTDATED,
                                    .order = sent->id};
    }
    enum rc rc = order_add(p->tx, p->mem, p->account, order, err);
    if (rc == RC_OK) {
        p->plan->count++;
        rc = repo_acquired_write(p->tx, rows, sent->count, err);
    }
    return rc;
}

/* ---- uploads ---- */

/* Why the number cannot be sent; RC_OK: it can. */
static enum rc check_number(const struct rfi *rfi, const struct number *number, enum service service,
                            struct err *err)
{
    const struct number_teams_config *settings = number->services->of[service]->configuration;
    if (settings == NULL) {
        return err_set(err, RC_INVALID, "ConfigurationRequired",
                       "the back end needs the configuration of the service, with its usage");
    }
    return consent_check(rfi, number->telephone_number, settings, err);
}

static struct number_news failure_of(const struct planning *p, const struct number *number,
                                     enum service service, const struct err *why)
{
    return (struct number_news){
        .before = number,
        .status = PROVISIONING_FAILED,
        .service = service,
        .error = {.code = str_of(why->code),
                  .message = arena_str(p->mem, str_of(why->msg)),
                  .target = arena_printf(p->mem, "serviceDetails.%s", service_json_name(service))}};
}

/* A page, locked, with what the back end has of it. */
struct sorting {
    const struct planning *p;
    const struct rfi *rfi;
    enum service service;
    struct number_page page;
    const struct acquired **rows;
    struct order *order;
    const struct acquired **sent; /* the rows of those in the order */
    struct number_news *failed;
    size_t failed_count;
};

static enum rc read_rows(struct sorting *s, struct err *err)
{
    const struct planning *p = s->p;
    size_t count = s->page.count;
    int64_t *numbers = arena_alloc_array(p->mem, count, sizeof *numbers);
    s->rows = arena_alloc_array(p->mem, count, sizeof *s->rows);
    s->sent = arena_alloc_array(p->mem, count, sizeof *s->sent);
    s->failed = arena_alloc_array(p->mem, count, sizeof *s->failed);
    if (numbers == NULL || s->rows == NULL || s->sent == NULL || s->failed == NULL) {
        return no_room(err);
    }
    for (size_t i = 0; i < count; i++) {
        numbers[i] = s->page.items[i].telephone_number;
    }
    return repo_acquired_find(p->tx, p->mem, s->service, numbers, count, REPO_UPDATE, s->rows, err);
}

/* The list knew what the back end has before it was locked. */
static bool is_busy(const struct acquired *row)
{
    return row != NULL &&
           (!str_absent(row->order) || row->state == ACQUIRED_LEAVING || row->state == ACQUIRED_RELEASING);
}

/* How many JSON values it takes to keep it in an order. */
static size_t weight_of(const struct number_teams_config *settings)
{
    return NUMBER_VALUES + settings->choosable_capabilities.count + settings->additional_usages.count;
}

/* What the back end is to know of it. */
static struct backend_number as_sent(const struct sorting *s, const struct number *number)
{
    struct backend_number sent = {.telephone_number = number->telephone_number,
                                  .service = s->service,
                                  .tenant_id = s->order->sent.tenant_id,
                                  .settings = *number->services->of[s->service]->configuration};
    sent.settings.acquired_capabilities = (struct text_list){0};
    sent.settings.available_capabilities = (struct text_list){0};
    return sent;
}

/* Numbers that may be sent go into the order, the others fail. True: the order is full, and some are left. */
static bool sort_page(struct sorting *s)
{
    size_t weight = 0;
    for (size_t i = 0; i < s->page.count; i++) {
        const struct number *n = &s->page.items[i];
        struct err why = {0};
        if (is_busy(s->rows[i])) {
            continue;
        }
        if (check_number(s->rfi, n, s->service, &why) != RC_OK) {
            s->failed[s->failed_count++] = failure_of(s->p, n, s->service, &why);
            continue;
        }
        struct backend_number sent = as_sent(s, n);
        weight += weight_of(&sent.settings);
        if (weight > ORDER_VALUES_MAX) {
            return true;
        }
        s->sent[s->order->sent.count] = s->rows[i];
        order_put(s->order, &sent, n->revision.configuration);
    }
    return false;
}

static enum rc write_failures(const struct sorting *s, struct err *err)
{
    const struct planning *p = s->p;
    const struct change change = sync__change(p->sync, p->tx, p->mem);
    p->plan->failed += s->failed_count;
    return numbers_heard(&change, p->account, s->failed, s->failed_count, err);
}

/* The page behind `*after`, which goes on behind it; *ret_more: there may be another page. */
static enum rc upload_page(const struct planning *p, const struct stand *stand, const struct rfi *rfi,
                           enum service service, int64_t *after, bool *ret_more, struct err *err)
{
    size_t batch = p->sync->config.backend->batch;
    struct sorting s = {.p = p, .rfi = rfi, .service = service};
    enum rc rc = repo_numbers_pending(p->tx, p->mem, p->account, service, *after, batch, &s.page, err);
    *ret_more = rc == RC_OK && s.page.count == batch;
    if (rc != RC_OK || s.page.count == 0) {
        return rc;
    }
    *after = s.page.items[s.page.count - 1].telephone_number;
    s.order = order_begin(p, BACKEND_UPLOAD, service, stand->tenant_id, s.page.count);
    rc = order_has_room(s.order) ? read_rows(&s, err) : no_room(err);
    if (rc == RC_OK) {
        p->plan->cut = sort_page(&s);
        rc = write_failures(&s, err);
    }
    p->plan->cut = p->plan->cut || (*ret_more && p->plan->failed >= SYNC_SLICE);
    *ret_more = *ret_more && !p->plan->cut;
    return rc == RC_OK && s.order->sent.count > 0 ? order_end(p, s.order, s.sent, err) : rc;
}

/* A list from the start passes by all that is in an order by now. So a plan goes on where the last one ended, and from the start again
 * when nothing is left there. */
static enum rc plan_service(const struct planning *p, const struct stand *stand, const struct rfi *rfi,
                            enum service service, struct err *err)
{
    int64_t after = p->bounds->after[service];
    bool again = after > 0 && !p->bounds->only_behind, more = true;
    enum rc rc = RC_OK;
    while (rc == RC_OK && more && has_room(p)) {
        rc = upload_page(p, stand, rfi, service, &after, &more, err);
        if (!more && again && !p->plan->cut) {
            after = 0;
            again = false;
            more = true;
        }
    }
    return rc;
}

static enum rc plan_uploads(const struct planning *p, const struct stand *stand, struct err *err)
{
    const struct rfi *rfi = NULL;
    enum rc rc = repo_rfi_find(p->tx, p->mem, stand->tenant_id, REPO_READ, &rfi, err);
    rc = rc == RC_NOT_FOUND ? RC_OK : rc;
    for (enum service s = 0; rc == RC_OK && s < SERVICE_COUNT; s++) {
        if (stand->syncs[s] && !p->plan->cut) {
            rc = plan_service(p, stand, rfi, s, err);
        }
    }
    return rc;
}

/* ---- releases ---- */

/* An order takes those in a row that are of one tenant. */
static enum rc release_run(const struct planning *p, const struct acquired *rows, size_t count,
                           struct err *err)
{
    const struct acquired **found = arena_alloc_array(p->mem, count, sizeof *found);
    struct order *order = order_begin(p, BACKEND_RELEASE, rows->service, rows->tenant_id, count);
    if (!order_has_room(order) || found == NULL) {
        return no_room(err);
    }
    for (size_t i = 0; i < count; i++) {
        struct backend_number sent = {.telephone_number = rows[i].telephone_number,
                                      .service = rows[i].service,
                                      .tenant_id = rows[i].tenant_id};
        found[i] = &rows[i];
        order_put(order, &sent, rows[i].revision);
    }
    return order_end(p, order, found, err);
}

static enum rc release_page(const struct planning *p, enum service service, bool refused, bool *ret_more,
                            struct err *err)
{
    size_t batch = p->sync->config.backend->batch;
    struct acquired_list page = {0};
    enum rc rc = repo_acquired_leaving(p->tx, p->mem, p->account, service, refused,
                                       p->bounds->released[service], batch, &page, err);
    size_t end = 0;
    for (size_t i = 0; rc == RC_OK && i < page.count && has_room(p); i = end) {
        for (end = i + 1;
             end < page.count && str_eq_ci(page.items[i].tenant_id, page.items[end].tenant_id);) {
            end++;
        }
        rc = release_run(p, &page.items[i], end - i, err);
    }
    *ret_more = page.count == batch;
    return rc;
}

enum rc plan__make(struct sync *sync, struct repo_tx *tx, struct arena *mem, struct str account,
                   const struct stand *stand, const struct plan_bounds *bounds, struct plan *plan,
                   struct err *err)
{
    const struct planning p = {sync, tx, mem, account, bounds, plan};
    enum rc rc = RC_OK;
    *plan = (struct plan){.any = stand->any};
    if (bounds->read_open) {
        rc = orders_open(tx, mem, account, SYNC_ORDERS, plan->orders, &plan->count, err);
    }
    if (rc == RC_OK && stand->any) {
        rc = plan_uploads(&p, stand, err);
    }
    for (enum service s = 0; rc == RC_OK && s < SERVICE_COUNT; s++) {
        bool more = service_is_synced(s), refused = stand->account == NULL || stand->syncs[s];
        while (rc == RC_OK && more && has_room(&p)) {
            rc = release_page(&p, s, refused, &more, err);
        }
    }
    return rc;
}
