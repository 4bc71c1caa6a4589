#include "side.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"

void side_lock(struct side *side)
{
    pthread_mutex_lock(&side->mutex);
}

void side_unlock(struct side *side)
{
    pthread_mutex_unlock(&side->mutex);
}

void side_open(struct side *side)
{
    side_lock(side);
    side->gated = false;
    pthread_cond_broadcast(&side->opened);
    side_unlock(side);
}

/* ---- what is there ---- */

struct side_number *side_find(struct side *side, enum service service, int64_t telephone_number)
{
    for (size_t i = 0; i < side->number_count; i++) {
        const struct backend_number *n = &side->numbers[i].number;
        if (n->service == service && n->telephone_number == telephone_number) {
            return &side->numbers[i];
        }
    }
    return NULL;
}

static void remove_number(struct side *side, struct side_number *number)
{
    size_t at = (size_t)(number - side->numbers);
    memmove(number, number + 1, (side->number_count - at - 1) * sizeof *number);
    side->number_count--;
}

/* Kept ascending. */
static struct side_number *add_number(struct side *side, enum service service, int64_t telephone_number)
{
    size_t at = 0;
    while (at < side->number_count && side->numbers[at].number.telephone_number < telephone_number) {
        at++;
    }
    if (side->number_count == SIDE_NUMBERS) {
        abort();
    }
    memmove(&side->numbers[at + 1], &side->numbers[at], (side->number_count - at) * sizeof *side->numbers);
    side->number_count++;
    side->numbers[at] =
        (struct side_number){.number = {.telephone_number = telephone_number, .service = service}};
    side->numbers[at].number.assignment_status = ASSIGNMENT_UNASSIGNED;
    return &side->numbers[at];
}

static struct text_list copy_texts(struct side *side, struct text_list list)
{
    struct str *items = arena_alloc_array(side->mem, list.count, sizeof *items);
    for (size_t i = 0; i < list.count; i++) {
        items[i] = arena_str(side->mem, list.items[i]);
    }
    return (struct text_list){list.items != NULL ? items : NULL, list.count};
}

static struct number_teams_config copy_settings(struct side *side, const struct number_teams_config *s)
{
    return (struct number_teams_config){
        .usage = arena_str(side->mem, s->usage),
        .choosable_capabilities = copy_texts(side, s->choosable_capabilities),
        .additional_usages = copy_texts(side, s->additional_usages),
        .civic_address_id = arena_str(side->mem, s->civic_address_id),
        .location_id = arena_str(side->mem, s->location_id),
        .allow_tenant_address_update = s->allow_tenant_address_update,
        .displayed_country_code = arena_str(side->mem, s->displayed_country_code),
    };
}

void side_consent(struct side *side, const char *tenant, enum consent_status status, const char *country)
{
    side_lock(side);
    size_t i = 0;
    while (i < side->consent_count && !str_eq(side->consents[i].tenant_id, str_of(tenant))) {
        i++;
    }
    side->consent_count += i == side->consent_count;
    struct str *countries = arena_alloc_array(side->mem, 1, sizeof *countries);
    countries[0] = arena_str(side->mem, str_of(country));
    side->consents[i] = (struct rfi){.id = STR("cccccccc-0000-4000-8000-00000000000c"),
                                     .tenant_id = arena_str(side->mem, str_of(tenant)),
                                     .product_context = STR("teams"),
                                     .status = status,
                                     .consented_on = {1700000000000},
                                     .last_modified_on = {1700000000000},
                                     .consented_countries = {countries, 1}};
    side_unlock(side);
}

void side_assign(struct side *side, int64_t telephone_number, bool assigned)
{
    side_lock(side);
    struct side_number *number = side_find(side, SERVICE_OPERATOR_CONNECT, telephone_number);
    number->number.assignment_status = assigned ? ASSIGNMENT_ASSIGNED : ASSIGNMENT_UNASSIGNED;
    side_unlock(side);
}

void side_put(struct side *side, const char *tenant, int64_t telephone_number, const char *usage)
{
    side_lock(side);
    struct side_number *number = side_find(side, SERVICE_OPERATOR_CONNECT, telephone_number);
    if (number == NULL) {
        number = add_number(side, SERVICE_OPERATOR_CONNECT, telephone_number);
    }
    number->number.tenant_id = arena_str(side->mem, str_of(tenant));
    number->number.settings.usage = arena_str(side->mem, str_of(usage));
    side_unlock(side);
}

void side_drop(struct side *side, int64_t telephone_number)
{
    side_lock(side);
    remove_number(side, side_find(side, SERVICE_OPERATOR_CONNECT, telephone_number));
    side_unlock(side);
}

bool side_has(struct side *side, const char *tenant, int64_t telephone_number)
{
    side_lock(side);
    const struct side_number *number = side_find(side, SERVICE_OPERATOR_CONNECT, telephone_number);
    bool has = number != NULL && str_eq_ci(number->number.tenant_id, str_of(tenant));
    side_unlock(side);
    return has;
}

/* ---- jobs ---- */

static const char *do_upload(struct side *side, const struct backend_order *order,
                             const struct backend_number *n)
{
    struct side_number *there = side_find(side, order->service, n->telephone_number);
    if (there != NULL && !str_eq_ci(there->number.tenant_id, order->tenant_id)) {
        return "NumberHeldByOtherTenant";
    }
    if (there != NULL && !str_eq(there->number.settings.usage, n->settings.usage)) {
        return "UpdateNotPossible";
    }
    there = there != NULL ? there : add_number(side, order->service, n->telephone_number);
    there->number.tenant_id = arena_str(side->mem, order->tenant_id);
    there->number.settings = copy_settings(side, &n->settings);
    there->uploads++;
    return NULL;
}

static const char *do_release(struct side *side, const struct backend_order *order,
                              const struct backend_number *n)
{
    struct side_number *there = side_find(side, order->service, n->telephone_number);
    if (there == NULL || !str_eq_ci(there->number.tenant_id, order->tenant_id)) {
        return NULL;
    }
    if (there->number.assignment_status == ASSIGNMENT_ASSIGNED) {
        return "NumberAssigned";
    }
    remove_number(side, there);
    return NULL;
}

static const char *do_one(struct side *side, const struct backend_order *order,
                          const struct backend_number *n)
{
    if (side->refused == n->telephone_number && side->refused_times > 0) {
        side->refused_times--;
        return side->refused_code;
    }
    return (order->kind == BACKEND_UPLOAD ? do_upload : do_release)(side, order, n);
}

static void do_job(struct side *side, struct side_job *job)
{
    job->done = true;
    for (size_t i = 0; i < job->order.count; i++) {
        const char *code = do_one(side, &job->order, &job->order.numbers[i]);
        const struct side_number *there =
            side_find(side, job->order.service, job->order.numbers[i].telephone_number);
        struct backend_number *now = arena_new_of(side->mem, struct backend_number);
        if (there != NULL) {
            *now = there->number;
        }
        job->entries[i] = (struct backend_entry){
            .telephone_number = job->order.numbers[i].telephone_number,
            .state = code == NULL ? BACKEND_ENTRY_DONE : BACKEND_ENTRY_REFUSED,
            .code = code != NULL ? str_of(code) : STR_NONE,
            .message = code != NULL ? STR("refused by the other side") : STR_NONE,
            .number = there != NULL ? now : NULL,
        };
    }
}

static struct side_job *take_order(struct side *side, const struct backend_order *order)
{
    for (size_t i = 0; i < side->job_count; i++) {
        if (str_eq(side->jobs[i].order.id, order->id)) {
            return &side->jobs[i];
        }
    }
    if (side->job_count == SIDE_JOBS) {
        abort();
    }
    struct side_job *job = &side->jobs[side->job_count++];
    struct backend_number *numbers = arena_alloc_array(side->mem, order->count, sizeof *numbers);
    for (size_t i = 0; i < order->count; i++) {
        numbers[i] = order->numbers[i];
        numbers[i].settings = copy_settings(side, &order->numbers[i].settings);
    }
    *job = (struct side_job){.order = *order,
                             .id = arena_printf(side->mem, "job-%zu", side->job_count),
                             .entries = arena_alloc_array(side->mem, order->count, sizeof *job->entries)};
    job->order.id = arena_str(side->mem, order->id);
    job->order.tenant_id = arena_str(side->mem, order->tenant_id);
    job->order.numbers = numbers;
    for (size_t i = 0; i < order->count; i++) {
        job->entries[i].telephone_number = numbers[i].telephone_number;
    }
    side->orders++;
    return job;
}

static bool is_held(const struct side *side, const struct side_job *job)
{
    bool held = side->hold;
    for (size_t i = 0; !held && i < job->order.count; i++) {
        held = job->order.numbers[i].telephone_number == side->held;
    }
    return held;
}

static struct backend_job answer(struct side *side, struct side_job *job)
{
    if (!job->done && !is_held(side, job)) {
        do_job(side, job);
    }
    return (struct backend_job){.id = job->id,
                                .ended = job->done,
                                .entries = job->entries,
                                .count = side->forgets_entries ? 0 : job->order.count};
}

/* ---- struct backend ---- */

static enum side_fault take_fault(struct side *side)
{
    if (side->fault_times == 0) {
        return SIDE_WELL;
    }
    side->fault_times--;
    return side->fault;
}

static enum rc refuse_order(const struct backend_order *order, struct arena *mem, struct err *err)
{
    char text[E164_TEXT_MAX];
    struct err_list *list = arena_new_of(mem, struct err_list);
    err_list_init(list, mem, 100);
    err_list_add(list, "UnknownUsage",
                 arena_str(mem, model_e164_text(order->numbers[0].telephone_number, text)), "no such usage");
    (void)err_set(err, RC_INVALID, "BackendRefused", "the order is wrong");
    err->details = list;
    return RC_INVALID;
}

static enum rc order(void *arg, const struct backend_order *order, struct arena *mem, struct backend_job *ret,
                     struct err *err)
{
    struct side *side = arg;
    enum rc rc = RC_OK;
    side_lock(side);
    side->calls++;
    side->waiting++;
    while (side->gated) {
        pthread_cond_wait(&side->opened, &side->mutex);
    }
    side->waiting--;
    switch (take_fault(side)) {
    case SIDE_WELL:
        *ret = answer(side, take_order(side, order));
        break;
    case SIDE_BUSY:
        rc = err_set(err, RC_BUSY, "BackendThrottled", "not now");
        break;
    case SIDE_DEAF:
        rc = err_set(err, RC_UNCERTAIN, "BackendUncertain", "no answer");
        break;
    case SIDE_MUTE:
        (void)answer(side, take_order(side, order));
        rc = err_set(err, RC_UNCERTAIN, "BackendUncertain", "no answer");
        break;
    case SIDE_REFUSES:
        rc = refuse_order(order, mem, err);
        break;
    }
    side_unlock(side);
    return rc;
}

static enum rc job(void *arg, struct str id, struct arena *mem, struct backend_job *ret, struct err *err)
{
    struct side *side = arg;
    enum rc rc = RC_NOT_FOUND;
    (void)mem, (void)err;
    side_lock(side);
    side->calls++;
    for (size_t i = 0; rc != RC_OK && !side->loses_jobs && i < side->job_count; i++) {
        if (str_eq(side->jobs[i].id, id)) {
            *ret = answer(side, &side->jobs[i]);
            rc = RC_OK;
        }
    }
    side_unlock(side);
    return rc;
}

static enum rc job_of_order(void *arg, struct str id, struct arena *mem, struct backend_job *ret,
                            struct err *err)
{
    struct side *side = arg;
    enum rc rc = RC_NOT_FOUND;
    (void)mem, (void)err;
    side_lock(side);
    side->calls++;
    for (size_t i = 0; rc != RC_OK && !side->loses_jobs && i < side->job_count; i++) {
        if (str_eq(side->jobs[i].order.id, id)) {
            *ret = answer(side, &side->jobs[i]);
            rc = RC_OK;
        }
    }
    side_unlock(side);
    return rc;
}

static enum rc set_relationship(void *arg, struct str tenant,
                                const struct customer_relationship *relationship, struct arena *mem,
                                struct err *err)
{
    struct side *side = arg;
    (void)tenant, (void)mem;
    side_lock(side);
    enum side_fault fault = take_fault(side);
    if (fault == SIDE_WELL) {
        side->relationships++;
        side->relationship =
            (struct customer_relationship){.status = arena_str(side->mem, relationship->status),
                                           .comment = arena_str(side->mem, relationship->comment)};
        for (size_t i = 0; i < side->consent_count; i++) {
            if (str_eq_ci(side->consents[i].tenant_id, tenant)) {
                side->consents[i].customer_relationship = &side->relationship;
            }
        }
    }
    side_unlock(side);
    return fault == SIDE_WELL      ? RC_OK
           : fault == SIDE_REFUSES ? err_set(err, RC_INVALID, "BackendRefused", "no such status")
                                   : err_set(err, RC_BUSY, "BackendUnavailable", "not now");
}

static enum rc consents(void *arg, struct str after, struct arena *mem, struct backend_consents *ret,
                        struct err *err)
{
    struct side *side = arg;
    (void)err;
    side_lock(side);
    struct rfi *items = arena_alloc_array(mem, side->consent_count, sizeof *items);
    ret->count = 0;
    for (size_t i = 0; i < side->consent_count; i++) { /* a page of one */
        bool later = str_absent(after) || str_cmp(side->consents[i].tenant_id, after) > 0;
        if (later && ret->count == 0) {
            items[ret->count++] = side->consents[i];
        } else if (later) {
            ret->more = true;
        }
    }
    ret->items = items;
    side_unlock(side);
    return RC_OK;
}

static enum rc numbers(void *arg, enum service service, struct str tenant, int64_t after, struct arena *mem,
                       struct backend_numbers *ret, struct err *err)
{
    enum { PAGE = 50 };
    struct side *side = arg;
    struct backend_number *items = arena_alloc_array(mem, PAGE, sizeof *items);
    side->number_pages++;
    side_lock(side);
    bool fails = side->no_numbers;
    *ret = (struct backend_numbers){.items = items};
    for (size_t i = 0; i < side->number_count && !ret->more; i++) {
        const struct backend_number *n = &side->numbers[i].number;
        if (n->service != service || !str_eq_ci(n->tenant_id, tenant) || n->telephone_number <= after) {
            continue;
        }
        if (ret->count == PAGE) {
            ret->more = true;
        } else {
            items[ret->count++] = *n;
        }
    }
    side_unlock(side);
    return fails ? err_set(err, RC_UNCERTAIN, "BackendUncertain", "no numbers today") : RC_OK;
}

static enum rc number(void *arg, enum service service, int64_t telephone_number, struct arena *mem,
                      struct backend_number *ret, struct err *err)
{
    struct side *side = arg;
    (void)mem, (void)err;
    side->looks++;
    side_lock(side);
    struct timespec t = {.tv_nsec = (long)side->look_ms * 1000000};
    side_unlock(side);
    (void)nanosleep(&t, NULL);
    side_lock(side);
    const struct side_number *there = side_find(side, service, telephone_number);
    if (there != NULL) {
        *ret = there->number;
    }
    side_unlock(side);
    return there != NULL ? RC_OK : RC_NOT_FOUND;
}

static enum rc changes(void *arg, struct str mark, struct arena *mem, struct backend_changes *ret,
                       struct err *err)
{
    (void)arg, (void)mark, (void)mem, (void)ret;
    return err_set(err, RC_NOT_FOUND, "BackendNotFound", "not offered");
}

static enum rc addresses(void *arg, struct str tenant, struct str after, struct arena *mem,
                         struct backend_addresses *ret, struct err *err)
{
    enum { PAGE = 200 };
    struct side *side = arg;
    (void)tenant;
    side->address_pages++;
    side_lock(side);
    struct civic_address *items = arena_alloc_array(mem, PAGE, sizeof *items);
    bool fails = side->no_addresses;
    *ret = (struct backend_addresses){.items = items};
    for (size_t i = 0; i < side->address_count && !ret->more; i++) {
        if (!str_absent(after) && str_cmp(side->addresses[i].id, after) <= 0) {
            continue;
        }
        ret->more = ret->count == PAGE;
        if (!ret->more) {
            items[ret->count++] = side->addresses[i];
        }
    }
    side_unlock(side);
    return fails ? err_set(err, RC_UNCERTAIN, "BackendUncertain", "no addresses today") : RC_OK;
}

struct side *side_new(void)
{
    struct side *side = calloc(1, sizeof *side);
    pthread_mutex_init(&side->mutex, NULL);
    pthread_cond_init(&side->opened, NULL);
    side->mem = arena_new(256UL * 1024 * 1024);
    side->backend = (struct backend){.arg = side,
                                     .batch = 20,
                                     .order = order,
                                     .job = job,
                                     .job_of_order = job_of_order,
                                     .set_relationship = set_relationship,
                                     .consents = consents,
                                     .numbers = numbers,
                                     .number = number,
                                     .changes = changes,
                                     .addresses = addresses};
    return side;
}

void side_free(struct side *side)
{
    if (side != NULL) {
        arena_free(side->mem);
        pthread_cond_destroy(&side->opened);
        pthread_mutex_destroy(&side->mutex);
        free(side);
    }
}
