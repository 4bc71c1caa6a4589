/* Accounts that changed, up to DNS_CUSTOMERS_MAX of them in one go, so that thousands at once do not make thousands of messages:
 *
 *   prepare  in one transaction: what each account wants is compared with its rows; rows are written before anything is sent, so that
 *            whoever comes after a crash knows which names to look at
 *   publish  outside of any transaction: all of them through the publisher, then every server is asked what it serves
 *   settle   in one transaction: rows and statuses where they are still the ones that were published; labels that were left are
 *            forgotten; outbox rows go, or are put off until the servers say what they should
 *
 * All under one lease, "dns", so updates of a zone keep their order. The account that the run was claimed for is settled by the engine
 * like any other piece of work, by what the run returns. */
#include "gateway/dns/room.h"

#include <stdlib.h>

#include "common/base/banned.h"

struct customer {
    struct outbox_item item;
    bool own;              /* the run's item */
    bool wants, fresh;     /* fresh: its label has never been published */
    struct subdomain kept; /* of `wants` */
    struct subdomain left[DNS_LOST];
    size_t left_count;
    bool more; /* has left still more labels */
    struct dns_publication *publication;
    const struct dns_verdict *verdict; /* NULL: nothing was asked about it */
    enum rc rc;                        /* what became of it, with err */
    struct err err;
};

struct batch {
    struct dns *dns;
    const struct outbox_item *own; /* NULL behind the first batch */
    const struct outbox_item *claimed;
    const struct lease *lease;
    struct customer *customers;
    size_t count;
    bool failed;      /* the publisher: everybody waits */
    struct err cause; /* of it */
};

/* ---- prepare ---- */

static bool is_as_wanted(const struct subdomain *row, const struct str tokens[DNS_REGIONS],
                         struct str account)
{
    return row->state == SUBDOMAIN_KEPT && str_eq(row->account, account) &&
           str_eq(row->tokens[0], tokens[0]) && str_eq(row->tokens[1], tokens[1]);
}

static enum rc prepare_kept(struct repo_tx *tx, struct arena *mem, struct str account,
                            const struct direct_routing_config *config, struct customer *customer,
                            bool *changed, struct err *err)
{
    struct subdomain *kept = &customer->kept;
    const struct str tokens[DNS_REGIONS] = {config->tokens->region1, config->tokens->region2};
    struct str label = arena_lower(mem, config->subdomain);
    customer->wants = true;
    enum rc rc = repo_subdomain_find(tx, mem, label, kept, err);
    if (rc != RC_OK && rc != RC_NOT_FOUND) {
        return rc;
    }
    customer->fresh = rc == RC_NOT_FOUND;
    if (!customer->fresh && is_as_wanted(kept, tokens, account)) {
        return RC_OK;
    }
    *changed = true;
    *kept = (struct subdomain){.label = label,
                               .account = account,
                               .tokens = {tokens[0], tokens[1]},
                               .state = SUBDOMAIN_KEPT,
                               .checked_at = CLOCK_ABSENT};
    return repo_subdomain_write(tx, kept, err);
}

static enum rc prepare_left(struct repo_tx *tx, const struct subdomain *row, struct customer *customer,
                            bool *changed, struct err *err)
{
    if (customer->left_count == DNS_LOST) {
        customer->more = true;
        return RC_OK;
    }
    struct subdomain *left = &customer->left[customer->left_count++];
    *left = *row;
    if (row->state == SUBDOMAIN_LEAVING) {
        return RC_OK;
    }
    *changed = true;
    left->state = SUBDOMAIN_LEAVING;
    return repo_subdomain_write(tx, left, err);
}

static enum rc prepare_customer(struct repo_tx *tx, struct arena *mem, struct customer *customer,
                                bool *changed, struct err *err)
{
    struct str name = customer->item.key;
    const struct account *account = NULL;
    struct subdomain_list rows;
    enum rc rc = repo_account_find(tx, mem, name, REPO_SHARE, &account, err);
    if (rc != RC_OK && rc != RC_NOT_FOUND) {
        return rc;
    }
    const struct direct_routing_config *config = rc == RC_OK ? account_subdomain(account) : NULL;
    rc = config != NULL ? prepare_kept(tx, mem, name, config, customer, changed, err) : RC_OK;
    if (rc == RC_OK) {
        rc = repo_subdomains_of(tx, mem, name, &rows, err);
    }
    for (size_t i = 0; rc == RC_OK && i < rows.count; i++) {
        bool kept = customer->wants && str_eq(rows.items[i].label, customer->kept.label);
        rc = kept ? RC_OK : prepare_left(tx, &rows.items[i], customer, changed, err);
    }
    return rc;
}

static void take_item(struct batch *batch, const struct outbox_item *item, bool own)
{
    batch->customers[batch->count++] = (struct customer){.item = *item, .own = own};
}

static int by_key(const void *a, const void *b)
{
    return str_cmp(((const struct customer *)a)->item.key, ((const struct customer *)b)->item.key);
}

/* The run's own item is in the first batch and in no other: its row stays until the engine settles it. By name, since accounts are locked
 * in that order. */
static enum rc take_items(struct batch *batch, struct repo_tx *tx, struct arena *mem, struct err *err)
{
    struct outbox_page page;
    enum rc rc = repo_outbox_due(tx, mem, OUTBOX_DNS, NULL, DNS_CUSTOMERS_MAX, &page, err);
    batch->count = 0;
    if (batch->own != NULL) {
        take_item(batch, batch->own, true);
    }
    for (size_t i = 0; rc == RC_OK && i < page.count && batch->count < DNS_CUSTOMERS_MAX; i++) {
        if (!str_eq(page.items[i].key, batch->claimed->key)) {
            take_item(batch, &page.items[i], false);
        }
    }
    qsort(batch->customers, batch->count, sizeof *batch->customers, by_key);
    return rc;
}

static bool is_kept_by_another(const struct batch *batch, struct str label)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct customer *customer = &batch->customers[i];
        if (customer->wants && str_eq(customer->kept.label, label)) {
            return true;
        }
    }
    return false;
}

/* A label that goes from one account to another in this batch is the other's to publish, and nobody's to take back. */
static void drop_passed_on(const struct batch *batch, struct customer *customer)
{
    size_t count = 0;
    for (size_t i = 0; i < customer->left_count; i++) {
        if (!is_kept_by_another(batch, customer->left[i].label)) {
            customer->left[count++] = customer->left[i];
        }
    }
    customer->left_count = count;
}

static enum rc prepare(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct batch *batch = arg;
    bool changed = false;
    batch->customers = arena_alloc_array(mem, DNS_CUSTOMERS_MAX, sizeof *batch->customers);
    if (batch->customers == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory for customers");
    }
    enum rc rc = take_items(batch, tx, mem, err);
    for (size_t i = 0; rc == RC_OK && i < batch->count; i++) {
        rc = prepare_customer(tx, mem, &batch->customers[i], &changed, err);
    }
    for (size_t i = 0; rc == RC_OK && i < batch->count; i++) {
        drop_passed_on(batch, &batch->customers[i]);
    }
    return rc == RC_OK && changed ? repo_zone_serial_raise(tx, clock_wall(), err) : rc;
}

/* ---- publish ---- */

static bool make_publication(const struct dns_facts *facts, const struct customer *customer,
                             struct arena *mem, struct dns_publication *ret)
{
    size_t max = (customer->left_count + 1) * DNS_REGIONS;
    struct dns_place *places = arena_alloc_array(mem, max, sizeof *places);
    if (places == NULL) {
        return false;
    }
    *ret = (struct dns_publication){.places = places, .fresh = customer->fresh && customer->left_count == 0};
    if (customer->wants) {
        const struct dns_customer kept = dns__customer(&customer->kept);
        dns_customer_places(facts, &kept, true, mem, places);
        ret->count = facts->region_count;
    }
    for (size_t i = 0; i < customer->left_count; i++) {
        const struct dns_customer left = dns__customer(&customer->left[i]);
        dns_customer_places(facts, &left, false, mem, &places[ret->count]);
        ret->count += facts->region_count;
    }
    return true;
}

static enum rc publish(struct batch *batch, struct arena *mem, struct err *err)
{
    struct dns_publication *publications = arena_alloc_array(mem, batch->count, sizeof *publications);
    bool room = publications != NULL;
    for (size_t i = 0; room && i < batch->count; i++) {
        batch->customers[i].publication = &publications[i];
        room = make_publication(&batch->dns->config.facts, &batch->customers[i], mem, &publications[i]);
    }
    if (!room) {
        return err_set(err, RC_LIMIT, NULL, "out of memory for records");
    }
    enum rc rc = dns__publish(batch->dns, publications, batch->count, mem, err);
    for (size_t i = 0; i < batch->count; i++) {
        struct customer *customer = &batch->customers[i];
        customer->rc = publications[i].rc != RC_OK ? publications[i].rc : rc;
        customer->err = publications[i].rc != RC_OK ? publications[i].problem : *err;
    }
    return rc;
}

/* Whatever the publisher said: what is served is asked of the servers, also where foreign records are in the way. Without servers
 * nothing is known, and that is no failure. */
static enum rc judge(struct batch *batch, struct arena *mem, struct err *err)
{
    const struct dns_config *config = &batch->dns->config;
    size_t regions = config->facts.region_count, count = 0;
    struct dns_place *places = arena_alloc_array(mem, batch->count * regions, sizeof *places);
    struct dns_verdict *verdicts = arena_alloc_array(mem, batch->count, sizeof *verdicts);
    if (places == NULL || verdicts == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory for questions");
    }
    for (size_t i = 0; config->servers.count > 0 && i < batch->count; i++) {
        struct customer *customer = &batch->customers[i];
        if (customer->wants) {
            memcpy(&places[count * regions], customer->publication->places, regions * sizeof *places);
            customer->verdict = &verdicts[count++];
        }
    }
    return count > 0
               ? dns_judge(&config->servers, places, count, regions, config->timeout_ms, mem, verdicts, err)
               : RC_OK;
}

/* ---- settle ---- */

static void not_served(struct customer *customer)
{
    char text[NET_TEXT_MAX];
    const struct dns_verdict *verdict = customer->verdict;
    if (verdict->status == SUBDOMAIN_ABSENT) {
        customer->rc =
            err_set(&customer->err, RC_BUSY, "DnsNoAnswer", "no name server says anything of the subdomain");
        return;
    }
    struct str at = net_text_port(&verdict->odd, text);
    customer->rc = err_set(&customer->err, RC_BUSY, "DnsNotServed",
                           "the name server %" STR_FMT " does not serve what is wanted for %" STR_FMT,
                           STR_ARG(at), STR_ARG(verdict->odd_name));
}

static bool is_same(const struct subdomain *now, const struct subdomain *sent)
{
    return now->state == sent->state && str_eq(now->account, sent->account) &&
           str_eq(now->tokens[0], sent->tokens[0]) && str_eq(now->tokens[1], sent->tokens[1]);
}

static enum rc write_kept(const struct dns *dns, struct repo_tx *tx, struct arena *mem,
                          const struct customer *customer, struct err *err)
{
    struct subdomain now;
    const struct change change = dns__change(dns, tx, mem);
    enum rc rc = repo_subdomain_find(tx, mem, customer->kept.label, &now, err);
    if (rc != RC_OK || !is_same(&now, &customer->kept)) {
        return rc == RC_NOT_FOUND ? RC_OK : rc;
    }
    bool asked = customer->verdict != NULL && customer->verdict->status != SUBDOMAIN_ABSENT;
    now.status = asked ? customer->verdict->status : now.status;
    now.checked_at = asked ? change.now : now.checked_at;
    now.problem_code = customer->rc != RC_OK ? str_of(customer->err.code) : STR_NONE;
    now.problem_message = customer->rc != RC_OK ? str_of(customer->err.msg) : STR_NONE;
    rc = asked ? subdomain_heard(&change, &now, now.status, err) : RC_OK;
    return rc == RC_OK ? repo_subdomain_write(tx, &now, err) : rc;
}

static enum rc forget_left(const struct dns *dns, struct repo_tx *tx, struct arena *mem,
                           const struct subdomain *left, struct err *err)
{
    struct subdomain now;
    const struct change change = dns__change(dns, tx, mem);
    enum rc rc = repo_subdomain_find(tx, mem, left->label, &now, err);
    if (rc != RC_OK || !is_same(&now, left)) {
        return rc == RC_NOT_FOUND ? RC_OK : rc;
    }
    rc = subdomain_heard(&change, &now, SUBDOMAIN_NOT_PROVISIONED, err);
    return rc == RC_OK ? repo_subdomain_remove(tx, left->label, err) : rc;
}

static enum rc settle_rows(const struct batch *batch, struct repo_tx *tx, struct arena *mem,
                           const struct customer *customer, struct err *err)
{
    enum rc rc = customer->wants ? write_kept(batch->dns, tx, mem, customer, err) : RC_OK;
    bool gone = !batch->failed && customer->publication->rc == RC_OK;
    for (size_t i = 0; rc == RC_OK && gone && i < customer->left_count; i++) {
        rc = forget_left(batch->dns, tx, mem, &customer->left[i], err);
    }
    return rc;
}

static enum rc settle_item(const struct batch *batch, struct repo_tx *tx, const struct customer *customer,
                           struct err *err)
{
    const struct outbox_item *item = &customer->item;
    if (customer->own) {
        return RC_OK;
    }
    if (customer->rc != RC_OK) {
        return repo_outbox_fail(tx, batch->lease, item, dns__pause_ms(batch->dns, item->attempt),
                                str_of(customer->err.code), str_of(customer->err.msg), err);
    }
    if (customer->more) {
        return repo_outbox_defer(tx, batch->lease, item, OUTBOX_OPEN, 0, err);
    }
    return (customer->wants ? repo_outbox_done : repo_outbox_forget)(tx, batch->lease, item, OUTBOX_WELL,
                                                                     err);
}

static enum rc settle(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct batch *batch = arg;
    enum rc rc = RC_OK;
    for (size_t i = 0; rc == RC_OK && i < batch->count; i++) {
        rc = settle_rows(batch, tx, mem, &batch->customers[i], err);
    }
    for (size_t i = 0; rc == RC_OK && i < batch->count; i++) {
        rc = settle_item(batch, tx, &batch->customers[i], err);
    }
    return rc;
}

/* ---- the publisher fails: whoever else is due waits as well, instead of running into the same failure one by one ---- */

static enum rc put_off_page(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct batch *batch = arg;
    struct outbox_page page;
    uint32_t pause_ms = dns__pause_ms(batch->dns, (int64_t)atomic_load(&batch->dns->failures) - 1);
    enum rc rc = repo_outbox_due(tx, mem, OUTBOX_DNS, NULL, DNS_PAGE, &page, err);
    batch->count = 0;
    for (size_t i = 0; rc == RC_OK && i < page.count; i++) {
        const struct outbox_item *item = &page.items[i];
        if (!str_eq(item->key, batch->claimed->key)) {
            batch->count++;
            rc = repo_outbox_fail(tx, batch->lease, item, pause_ms, str_of(batch->cause.code),
                                  str_of(batch->cause.msg), err);
        }
    }
    return rc;
}

static enum rc put_off_others(struct work_run *run, struct batch *batch, struct err *err)
{
    enum rc rc;
    do {
        rc = work_write(run, put_off_page, batch, err);
    } while (rc == RC_OK && batch->count > 0 && !work_stopping(run));
    return rc;
}

/* ---- the run ---- */

static enum rc one_batch(struct work_run *run, struct batch *batch, enum rc *own, struct err *own_err,
                         struct err *err)
{
    struct arena *mem = work_mem(run);
    enum rc rc = work_write(run, prepare, batch, err);
    if (rc != RC_OK || batch->count == 0) {
        return rc;
    }
    struct err said = {0}, asked = {0};
    enum rc published = publish(batch, mem, &said);
    enum rc judged = published == RC_LIMIT ? RC_LIMIT : judge(batch, mem, &asked);
    if (published == RC_LIMIT || judged == RC_LIMIT) {
        *err = published == RC_LIMIT ? said : asked;
        return RC_LIMIT;
    }
    for (size_t i = 0; i < batch->count; i++) {
        struct customer *customer = &batch->customers[i];
        if (customer->rc == RC_OK && customer->verdict != NULL &&
            customer->verdict->status != SUBDOMAIN_PROVISIONED) {
            not_served(customer);
        }
        if (customer->own) {
            *own = customer->rc;
            *own_err = customer->err;
            if (customer->more) {
                work_poll_in(run, 0);
            } else if (!customer->wants) {
                work_forget(run);
            }
        }
    }
    batch->failed = published != RC_OK;
    batch->cause = said;
    rc = work_write(run, settle, batch, err);
    return rc == RC_OK && batch->failed ? put_off_others(run, batch, err) : rc;
}

enum rc customers__run(struct work_run *run, void *arg, struct err *err)
{
    struct batch batch = {
        .dns = arg, .own = work_item(run), .claimed = work_item(run), .lease = work_lease(run)};
    struct mono end = mono_after(clock_mono(), DNS_RUN_MS);
    struct arena_mark mark = arena_mark(work_mem(run));
    enum rc own = RC_OK, rc;
    struct err own_err = {0};
    do {
        arena_rewind(work_mem(run), mark);
        rc = one_batch(run, &batch, &own, &own_err, err);
        batch.own = NULL;
    } while (rc == RC_OK && batch.count > 0 && !batch.failed && !work_stopping(run) &&
             mono_left_ms(end, clock_mono()) > 0);
    if (rc == RC_OK && own != RC_OK) {
        *err = own_err;
        return own;
    }
    return rc;
}
