/* What the sync engine and those who watch it ask of the store, the same on every driver. */
#include "conformance.h"

#include "common/base/clock.h"

#define LONG_MS 600000
#define TENANT  "AbCdEf00-0000-4000-8000-00000000000"

/* ---- what the back end has ---- */

#define ROW(service_, number, account_, tenant, state_, order_)                                              \
    {                                                                                                        \
        .service = (service_), .telephone_number = (number), .account = account_,                            \
        .tenant_id = STR(TENANT tenant), .state = (state_), .revision = (number) + 1, .order = order_        \
    }
#define NOBODY                                                                                               \
    {                                                                                                        \
        NULL, 0                                                                                              \
    }
/* One service after the other, as whoever writes them does. */
static const struct acquired rows[] = {
    ROW(0, 100, STR("a"), "1", ACQUIRED_HELD, STR_NONE),
    ROW(0, 101, STR("a"), "1", ACQUIRED_LEAVING, STR_NONE),
    ROW(0, 102, STR("a"), "1", ACQUIRED_LEAVING, STR("order-1")),
    ROW(0, 103, STR("a"), "1", ACQUIRED_MISSING, STR_NONE),
    ROW(0, 104, STR("b"), "1", ACQUIRED_LEAVING, STR_NONE),
    ROW(0, 105, NOBODY, "1", ACQUIRED_ORPHAN, STR_NONE),
    ROW(0, 106, STR("a"), "1", ACQUIRED_NEW, STR("order-2")),
    ROW(1, 100, STR("a"), "2", ACQUIRED_LEAVING, STR_NONE),
    ROW(1, 107, NOBODY, "2", ACQUIRED_ORPHAN, STR_NONE),
    ROW(1, 108, STR("c"), "2", ACQUIRED_RELEASING, STR("order-3")),
    ROW(1, 109, STR("d"), "2", ACQUIRED_RELEASING, STR("order-4")),
    ROW(1, 110, STR("d"), "3", ACQUIRED_LEAVING, STR_NONE),
    ROW(1, 111, STR("e"), "2", ACQUIRED_HELD, STR_NONE),
};
#define FIRST_SERVICE 7 /* of these are of service 0 */

static enum rc put_rows(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    (void)arg;
    enum rc rc = repo_acquired_write(tx, rows, FIRST_SERVICE, err);
    return rc == RC_OK ? repo_acquired_write(tx, rows + FIRST_SERVICE, ARRAY_LEN(rows) - FIRST_SERVICE, err)
                       : rc;
}

static void assert_row(const struct acquired *found, const struct acquired *want)
{
    assert_non_null(found);
    assert_int_equal(found->service, want->service);
    assert_int_equal(found->telephone_number, want->telephone_number);
    assert_int_equal(str_absent(found->account), str_absent(want->account));
    assert_true(str_eq(found->account, want->account) && str_eq(found->tenant_id, want->tenant_id));
    assert_int_equal(found->state, want->state);
    assert_int_equal(found->revision, want->revision);
    assert_int_equal(str_absent(found->order), str_absent(want->order));
    assert_true(str_eq(found->order, want->order));
}

static enum rc check_rows(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const int64_t keys[] = {99, 100, 103, 105, 999};
    const struct acquired *found[ARRAY_LEN(keys)];
    (void)arg;
    assert_int_equal(repo_acquired_find(tx, mem, 0, keys, ARRAY_LEN(keys), REPO_READ, found, err), RC_OK);
    assert_null(found[0]);
    assert_row(found[1], &rows[0]);
    assert_row(found[2], &rows[3]);
    assert_row(found[3], &rows[5]);
    assert_null(found[4]);
    assert_int_equal(repo_acquired_find(tx, mem, 1, keys, ARRAY_LEN(keys), REPO_READ, found, err), RC_OK);
    assert_row(found[1], &rows[7]); /* another service is another row */
    assert_null(found[2]);
    return RC_OK;
}

static enum rc replace_and_remove(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct acquired changed = rows[5];
    const int64_t keys[] = {100, 103, 999}, all[] = {100, 103, 105};
    const struct acquired *found[ARRAY_LEN(all)];
    (void)arg;
    changed.account = STR("a");
    changed.state = ACQUIRED_LEAVING;
    changed.order = STR("order-9");
    assert_int_equal(repo_acquired_write(tx, &changed, 1, err), RC_OK);
    assert_int_equal(repo_acquired_remove(tx, 0, keys, ARRAY_LEN(keys), err), RC_OK);
    assert_int_equal(repo_acquired_write(tx, NULL, 0, err), RC_OK);
    assert_int_equal(repo_acquired_remove(tx, 0, NULL, 0, err), RC_OK);
    assert_int_equal(repo_acquired_find(tx, mem, 0, all, ARRAY_LEN(all), REPO_UPDATE, found, err), RC_OK);
    assert_null(found[0]);
    assert_null(found[1]);
    assert_row(found[2], &changed);
    assert_int_equal(repo_acquired_find(tx, mem, 1, all, 1, REPO_SHARE, found, err), RC_OK);
    assert_row(found[0], &rows[7]); /* not its twin of the other service */
    return RC_OK;
}

void acquired__comes_back_as_it_was(struct repo *repo)
{
    assert_int_equal(in_store(repo, REPO_WRITE, put_rows, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, check_rows, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_WRITE, put_rows, NULL), RC_OK); /* again: replaced by the same */
    assert_int_equal(in_store(repo, REPO_POINT, check_rows, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_WRITE, replace_and_remove, NULL), RC_OK);
}

/* Indices into rows[]. */
static void assert_list(const struct acquired_list *list, const size_t *want, size_t count)
{
    assert_int_equal(list->count, count);
    for (size_t i = 0; i < count; i++) {
        assert_row(&list->items[i], &rows[want[i]]);
    }
}

static int64_t odd_count(struct repo_tx *tx, enum acquired_state state, const char *account, int64_t limit)
{
    int64_t count = -1;
    assert_int_equal(repo_acquired_odd_count(tx, state, str_of(account), limit, &count, NULL), RC_OK);
    return count;
}

static enum rc check_lists(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct acquired_list list;
    struct str tenant;
    (void)arg;
    assert_int_equal(repo_acquired_leaving(tx, mem, STR("a"), 0, false, 0, 9, &list, err), RC_OK);
    assert_list(&list, (size_t[]){1}, 1); /* what is in an order is on its way */
    assert_int_equal(repo_acquired_leaving(tx, mem, STR("a"), 1, false, 0, 9, &list, err), RC_OK);
    assert_list(&list, (size_t[]){7}, 1);
    assert_int_equal(repo_acquired_odd(tx, mem, ACQUIRED_LEAVING, STR("a"), NULL, 9, &list, err), RC_OK);
    assert_list(&list, (size_t[]){1, 2, 7}, 3);
    assert_int_equal(repo_acquired_odd(tx, mem, ACQUIRED_MISSING, STR("a"), NULL, 9, &list, err), RC_OK);
    assert_list(&list, (size_t[]){3}, 1);
    assert_int_equal(repo_acquired_odd(tx, mem, ACQUIRED_ORPHAN, STR_NONE, NULL, 9, &list, err), RC_OK);
    assert_list(&list, (size_t[]){5, 8}, 2);
    assert_int_equal(odd_count(tx, ACQUIRED_LEAVING, "a", 9), 3);
    assert_int_equal(odd_count(tx, ACQUIRED_LEAVING, "a", 2), 2);
    assert_int_equal(odd_count(tx, ACQUIRED_LEAVING, "c", 9), 0);
    assert_int_equal(odd_count(tx, ACQUIRED_MISSING, "a", 9), 1);
    assert_int_equal(odd_count(tx, ACQUIRED_ORPHAN, NULL, 9), 2);
    assert_int_equal(odd_count(tx, ACQUIRED_ORPHAN, NULL, 1), 1);
    assert_int_equal(repo_acquired_tenant(tx, mem, STR("b"), &tenant, err), RC_OK);
    assert_true(str_eq(tenant, STR(TENANT "1")));
    assert_int_equal(repo_acquired_tenant(tx, mem, STR("c"), &tenant, err), RC_OK);
    assert_true(str_eq(tenant, STR(TENANT "2"))); /* its release is under way, and nothing else */
    assert_int_equal(repo_acquired_tenant(tx, mem, STR("d"), &tenant, err), RC_OK);
    assert_true(str_eq(tenant, STR(TENANT "3")));                 /* what still has to leave comes first */
    return repo_acquired_tenant(tx, mem, STR("e"), &tenant, err); /* nothing of it is on its way out */
}

void acquired__lists_are_by_state_and_account(struct repo *repo)
{
    assert_int_equal(in_store(repo, REPO_WRITE, put_rows, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, check_lists, NULL), RC_NOT_FOUND);
}

static size_t leaving_count(struct repo_tx *tx, struct arena *mem, bool refused)
{
    struct acquired_list list = {0};
    assert_int_equal(repo_acquired_leaving(tx, mem, STR("a"), 0, refused, 0, 9, &list, NULL), RC_OK);
    return list.count;
}

static enum rc check_refused(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct acquired refused[] = {rows[0], rows[1]};
    int64_t count = 0;
    (void)arg;
    refused[0].state = ACQUIRED_LEAVING;
    refused[0].revision = refused[1].revision = ACQUIRED_REFUSED;
    assert_int_equal(repo_acquired_write(tx, refused, 2, err), RC_OK);
    assert_int_equal(leaving_count(tx, mem, false), 0);
    assert_int_equal(leaving_count(tx, mem, true), 2);
    assert_int_equal(repo_acquired_retry(tx, STR("b"), 9, &count, err), RC_OK);
    assert_int_equal(count, 0);
    assert_int_equal(repo_acquired_retry(tx, STR("a"), 1, &count, err), RC_OK);
    assert_int_equal(count, 1);
    assert_int_equal(leaving_count(tx, mem, false), 1);
    assert_int_equal(repo_acquired_retry(tx, STR("a"), 9, &count, err), RC_OK);
    assert_int_equal(count, 1);
    assert_int_equal(leaving_count(tx, mem, false), 2);
    return RC_OK;
}

void acquired__that_was_refused_waits(struct repo *repo)
{
    assert_int_equal(in_store(repo, REPO_WRITE, put_rows, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_WRITE, check_refused, NULL), RC_OK);
}

static enum rc check_acquired_pages(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct acquired_list list;
    (void)arg;
    assert_int_equal(repo_acquired_odd(tx, mem, ACQUIRED_LEAVING, STR("a"), &rows[1], 1, &list, err), RC_OK);
    assert_list(&list, (size_t[]){2}, 1);
    assert_int_equal(repo_acquired_odd(tx, mem, ACQUIRED_LEAVING, STR("a"), &rows[2], 9, &list, err), RC_OK);
    assert_list(&list, (size_t[]){7}, 1); /* a smaller number of the next service */
    assert_int_equal(repo_acquired_odd(tx, mem, ACQUIRED_ORPHAN, STR_NONE, &rows[5], 9, &list, err), RC_OK);
    assert_list(&list, (size_t[]){8}, 1);
    struct str tenant = STR("abcdef00-0000-4000-8000-000000000001");
    assert_int_equal(repo_acquired_of_tenant(tx, mem, tenant, 0, 0, 3, &list, err), RC_OK);
    assert_list(&list, (size_t[]){0, 1, 2}, 3);
    assert_int_equal(repo_acquired_of_tenant(tx, mem, tenant, 0, 102, 9, &list, err), RC_OK);
    assert_list(&list, (size_t[]){3, 4, 5, 6}, 4);
    assert_int_equal(repo_acquired_of_tenant(tx, mem, tenant, 1, 0, 9, &list, err), RC_OK);
    assert_int_equal(list.count, 0);
    assert_int_equal(repo_acquired_leaving(tx, mem, STR("a"), 0, false, 100, 1, &list, err), RC_OK);
    assert_list(&list, (size_t[]){1}, 1);
    assert_int_equal(repo_acquired_leaving(tx, mem, STR("a"), 0, false, 101, 9, &list, err), RC_OK);
    assert_int_equal(list.count, 0);
    return RC_OK;
}

void acquired__pages_go_on_after_the_last(struct repo *repo)
{
    assert_int_equal(in_store(repo, REPO_WRITE, put_rows, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, check_acquired_pages, NULL), RC_OK);
}

/* ---- numbers that are not settled ---- */

#define REVISION 1000 /* of the configuration of all numbers here */

static enum rc put_number(struct repo_tx *tx, struct arena *mem, int64_t telephone_number,
                          const char *account, enum provisioning_status status)
{
    struct number *number = number_of(mem, telephone_number, account);
    struct number_services *services = arena_new_of(mem, struct number_services);
    services->of[SERVICE_OPERATOR_CONNECT] = number->services->of[SERVICE_DIRECT_ROUTING];
    number->services = services;
    number->provisioning_status = status;
    number->revision.configuration = REVISION;
    const struct number *one[] = {number};
    return repo_numbers_write(tx, one, 1, true, NULL);
}

static enum rc put_statuses(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    static const enum provisioning_status statuses[] = {PROVISIONING_PENDING, PROVISIONING_SYNCED,
                                                        PROVISIONING_FAILED, PROVISIONING_ABSENT};
    (void)arg;
    (void)err;
    enum rc rc = RC_OK;
    for (int64_t n = 200; rc == RC_OK && n < 220; n++) {
        rc = put_number(tx, mem, n, "a", statuses[n % 4]);
    }
    return rc == RC_OK ? put_number(tx, mem, 300, "b", PROVISIONING_PENDING) : rc;
}

/* From `from` in steps of four. */
static void assert_numbers(const struct number_page *page, int64_t from, size_t count)
{
    assert_int_equal(page->count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(page->items[i].telephone_number, from + 4 * (int64_t)i);
    }
}

static int64_t unsettled_count(struct repo_tx *tx, enum provisioning_status status, int64_t limit)
{
    int64_t count = -1;
    assert_int_equal(repo_numbers_unsettled_count(tx, STR("a"), status, limit, &count, NULL), RC_OK);
    return count;
}

static enum rc check_unsettled(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct number_page page;
    (void)arg;
    assert_int_equal(repo_numbers_unsettled(tx, mem, STR("a"), PROVISIONING_PENDING, 0, 9, &page, err),
                     RC_OK);
    assert_numbers(&page, 200, 5);
    assert_int_equal(page.items[0].provisioning_status, PROVISIONING_PENDING);
    assert_int_equal(repo_numbers_unsettled(tx, mem, STR("a"), PROVISIONING_FAILED, 202, 3, &page, err),
                     RC_OK);
    assert_numbers(&page, 206, 3);
    assert_int_equal(unsettled_count(tx, PROVISIONING_PENDING, 9), 5);
    assert_int_equal(unsettled_count(tx, PROVISIONING_FAILED, 9), 5);
    assert_int_equal(unsettled_count(tx, PROVISIONING_FAILED, 4), 4);
    return RC_OK;
}

void numbers_unsettled__are_listed_and_counted(struct repo *repo)
{
    assert_int_equal(in_store(repo, REPO_WRITE, put_statuses, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, check_unsettled, NULL), RC_OK);
}

/* Of the pending numbers 200, 204, ... what the back end has. */
static enum rc put_held(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct acquired held[] = {
        ROW(0, 200, STR("a"), "1", ACQUIRED_HELD, STR_NONE), /* as it is wanted: see below */
        ROW(0, 204, STR("a"), "1", ACQUIRED_HELD, STR_NONE), /* as it was once */
        ROW(0, 208, STR("a"), "1", ACQUIRED_LEAVING, STR_NONE),
        ROW(0, 212, STR("a"), "1", ACQUIRED_NEW, STR("order-1")),
    };
    struct acquired now[ARRAY_LEN(held)];
    (void)mem;
    (void)arg;
    memcpy(now, held, sizeof now);
    now[0].revision = REVISION;
    return repo_acquired_write(tx, now, ARRAY_LEN(now), err);
}

static enum rc check_pending(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct number_page page;
    (void)arg;
    assert_int_equal(repo_numbers_pending(tx, mem, STR("a"), SERVICE_OPERATOR_CONNECT, 0, 9, &page, err),
                     RC_OK);
    assert_int_equal(page.count, 2);
    assert_int_equal(page.items[0].telephone_number, 204);
    assert_int_equal(page.items[1].telephone_number, 216);
    assert_int_equal(repo_numbers_pending(tx, mem, STR("a"), SERVICE_OPERATOR_CONNECT, 0, 1, &page, err),
                     RC_OK);
    assert_int_equal(page.count, 1);
    assert_int_equal(repo_numbers_pending(tx, mem, STR("a"), SERVICE_OPERATOR_CONNECT, 204, 9, &page, err),
                     RC_OK);
    assert_int_equal(page.count, 1);
    assert_int_equal(page.items[0].telephone_number, 216);
    assert_int_equal(repo_numbers_pending(tx, mem, STR("a"), SERVICE_PHONE_MOBILE, 0, 9, &page, err), RC_OK);
    assert_int_equal(page.count, 0); /* not enabled */
    return RC_OK;
}

void numbers_pending__are_those_the_back_end_does_not_have(struct repo *repo)
{
    assert_int_equal(in_store(repo, REPO_WRITE, put_statuses, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_WRITE, put_held, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, check_pending, NULL), RC_OK);
}

/* ---- numbers that leave ---- */

static const int64_t leavers[] = {200, 204};

static enum rc hide(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct acquired held[] = {ROW(0, 200, STR("a"), "1", ACQUIRED_LEAVING, STR_NONE)};
    (void)mem;
    (void)arg;
    enum rc rc = repo_numbers_hide(tx, leavers, ARRAY_LEN(leavers), err);
    return rc == RC_OK ? repo_acquired_write(tx, held, 1, err) : rc;
}

static enum rc check_hidden(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct number *found[ARRAY_LEN(leavers)], *one;
    struct number_page page;
    (void)arg;
    assert_int_equal(repo_numbers_find(tx, mem, leavers, 2, REPO_READ, found, err), RC_OK);
    assert_true(found[0] != NULL && found[0]->releasing && found[1] != NULL && found[1]->releasing);
    assert_int_equal(repo_numbers_unsettled(tx, mem, STR("a"), PROVISIONING_PENDING, 0, 9, &page, err),
                     RC_OK);
    assert_numbers(&page, 208, 3);
    return repo_number_find(tx, mem, 200, REPO_READ, &one, err);
}

static enum rc drop(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const int64_t keys[] = {200, 204, 208}; /* 208 is there for everybody */
    const struct number *found[ARRAY_LEN(keys)];
    (void)arg;
    assert_int_equal(repo_numbers_drop_hidden(tx, keys, ARRAY_LEN(keys), err), RC_OK);
    assert_int_equal(repo_numbers_find(tx, mem, keys, ARRAY_LEN(keys), REPO_READ, found, err), RC_OK);
    assert_non_null(found[0]); /* something is held of it */
    assert_null(found[1]);
    assert_non_null(found[2]);
    assert_int_equal(repo_acquired_remove(tx, 0, keys, 1, err), RC_OK);
    assert_int_equal(repo_numbers_drop_hidden(tx, keys, 1, err), RC_OK);
    assert_int_equal(repo_numbers_find(tx, mem, keys, 1, REPO_READ, found, err), RC_OK);
    assert_null(found[0]);
    return RC_OK;
}

static enum rc put_again(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct number *found = NULL;
    (void)arg;
    assert_int_equal(put_number(tx, mem, 204, "a", PROVISIONING_PENDING), RC_OK);
    enum rc rc = repo_number_find(tx, mem, 204, REPO_READ, &found, err);
    assert_true(rc == RC_OK && !found->releasing);
    return RC_INVALID; /* and undone */
}

void numbers_hidden__are_seen_by_the_worker_alone_until_nothing_is_held(struct repo *repo)
{
    assert_int_equal(in_store(repo, REPO_WRITE, put_statuses, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_WRITE, hide, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, check_hidden, NULL), RC_NOT_FOUND);
    assert_int_equal(in_store(repo, REPO_WRITE, put_again, NULL), RC_INVALID);
    assert_int_equal(in_store(repo, REPO_WRITE, drop, NULL), RC_OK);
}

/* ---- accounts and addresses ---- */

static enum rc put_accounts(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    static const struct account_services one = {.teams_tenant_id = STR(TENANT "1")},
                                         two = {.teams_tenant_id = STR(TENANT "2")};
    static const struct account accounts[] = {{.name = STR("c"), .services = &one},
                                              {.name = STR("a"), .services = &one},
                                              {.name = STR("b"), .services = &two}};
    enum rc rc = RC_OK;
    (void)mem;
    (void)arg;
    for (size_t i = 0; rc == RC_OK && i < ARRAY_LEN(accounts); i++) {
        rc = repo_account_write(tx, &accounts[i], false, err);
    }
    return rc;
}

static enum rc check_tenant(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct text_list names;
    (void)arg;
    struct str tenant = STR("aBCDEF00-0000-4000-8000-000000000001");
    assert_int_equal(repo_accounts_of_tenant(tx, mem, tenant, STR_NONE, 9, &names, err), RC_OK);
    assert_int_equal(names.count, 2);
    assert_true(str_eq(names.items[0], STR("a")) && str_eq(names.items[1], STR("c")));
    assert_int_equal(repo_accounts_of_tenant(tx, mem, tenant, STR_NONE, 1, &names, err), RC_OK);
    assert_int_equal(names.count, 1);
    assert_int_equal(repo_accounts_of_tenant(tx, mem, tenant, STR("a"), 9, &names, err), RC_OK);
    assert_int_equal(names.count, 1);
    assert_true(str_eq(names.items[0], STR("c")));
    assert_int_equal(repo_accounts_of_tenant(tx, mem, tenant, STR("c"), 9, &names, err), RC_OK);
    assert_int_equal(names.count, 0);
    assert_int_equal(repo_accounts_of_tenant(tx, mem, STR("nobody"), STR_NONE, 9, &names, err), RC_OK);
    assert_int_equal(names.count, 0);
    return RC_OK;
}

void accounts_of_tenant__are_found_in_any_letter_case(struct repo *repo)
{
    assert_int_equal(in_store(repo, REPO_WRITE, put_accounts, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, check_tenant, NULL), RC_OK);
}

static enum rc put_addresses(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    static const struct civic_address addresses[] = {{.account_name = STR("a"), .id = STR("Id-1")},
                                                     {.account_name = STR("a"), .id = STR("Id-2")},
                                                     {.account_name = STR("b"), .id = STR("Id-1")}};
    enum rc rc = RC_OK;
    (void)mem;
    (void)arg;
    for (size_t i = 0; rc == RC_OK && i < ARRAY_LEN(addresses); i++) {
        rc = repo_civic_address_write(tx, &addresses[i], err);
    }
    return rc;
}

static enum rc remove_address(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct civic_address *found;
    (void)arg;
    assert_int_equal(repo_civic_address_remove(tx, STR("a"), STR("iD-1"), err), RC_OK);
    assert_int_equal(repo_civic_address_remove(tx, STR("a"), STR("id-9"), err), RC_OK); /* absent: fine */
    assert_int_equal(repo_civic_address_find(tx, mem, STR("a"), STR("id-2"), &found, err), RC_OK);
    assert_int_equal(repo_civic_address_find(tx, mem, STR("b"), STR("id-1"), &found, err), RC_OK);
    return repo_civic_address_find(tx, mem, STR("a"), STR("id-1"), &found, err);
}

void civic_address__is_removed_alone(struct repo *repo)
{
    assert_int_equal(in_store(repo, REPO_WRITE, put_addresses, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_WRITE, remove_address, NULL), RC_NOT_FOUND);
}

/* ---- the outbox as it is watched ---- */

struct put_off {
    const char *key;
    int64_t attempt, delay_ms; /* 0 and 0: due; -1: done */
};

/* Touches a row, and settles it as a worker does. */
static enum rc put_off(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct put_off *row = arg;
    struct outbox_item item;
    struct lease lease = {.name = str_of(row->key), .owner = STR("o")};
    enum rc rc = repo_outbox_touch(tx, OUTBOX_SYNC, str_of(row->key), err);
    if (rc != RC_OK || row->delay_ms == 0) {
        return rc;
    }
    rc = repo_outbox_find_due(tx, mem, OUTBOX_SYNC, str_of(row->key), &item, err);
    if (rc == RC_OK) {
        rc = repo_lease_claim(tx, lease.name, lease.owner, LONG_MS, &lease.generation, err);
    }
    item.attempt = row->attempt - 1;
    if (rc == RC_OK && row->attempt > 0) {
        rc = repo_outbox_fail(tx, &lease, &item, row->delay_ms, STR("Broken"), STR("it is"), err);
    } else if (rc == RC_OK && row->attempt < 0) {
        rc = repo_outbox_done(tx, &lease, &item, OUTBOX_WELL, err);
    } else if (rc == RC_OK) {
        rc = repo_outbox_defer(tx, &lease, &item, OUTBOX_WELL, row->delay_ms, err);
    }
    return rc == RC_OK ? repo_lease_release(tx, &lease, err) : rc;
}

/* a due, b failed, c only put off, d failed and paused, e done; another kind beside them. */
static enum rc put_watched(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct put_off watched[] = {
        {"a", 0, 0}, {"b", 3, LONG_MS}, {"c", 0, LONG_MS}, {"d", 1, LONG_MS}, {"e", -1, 1}};
    enum rc rc = repo_outbox_touch(tx, OUTBOX_DNS, STR("b"), err);
    (void)arg;
    for (size_t i = 0; rc == RC_OK && i < ARRAY_LEN(watched); i++) {
        struct put_off row = watched[i];
        rc = put_off(tx, mem, &row, err);
    }
    return rc == RC_OK ? repo_outbox_pause(tx, OUTBOX_SYNC, STR("d"), true, err) : rc;
}

static void assert_state(const struct outbox_state *state, const char *key, int64_t attempt, bool due,
                         bool paused)
{
    assert_true(str_eq(state->key, str_of(key)));
    assert_int_equal(state->attempt, attempt);
    assert_int_equal(state->wait_ms <= 0, due);
    assert_true(state->wait_ms <= LONG_MS);
    assert_int_equal(state->paused, paused);
}

static enum rc check_states(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct outbox_state_list list;
    struct outbox_state state;
    bool all = *(bool *)arg;
    assert_int_equal(repo_outbox_list(tx, mem, OUTBOX_SYNC, STR_NONE, 9, &list, err), RC_OK);
    assert_int_equal(list.count, 5);
    assert_true(!list.items[3].rests && list.items[4].rests && str_eq(list.items[4].key, STR("e")));
    assert_state(&list.items[0], "a", 0, true, all);
    assert_state(&list.items[1], "b", 3, false, all);
    assert_state(&list.items[2], "c", 0, false, all);
    assert_state(&list.items[3], "d", 1, false, true);
    assert_int_equal(repo_outbox_list(tx, mem, OUTBOX_SYNC, STR("b"), 1, &list, err), RC_OK);
    assert_int_equal(list.count, 1);
    assert_state(&list.items[0], "c", 0, false, all);
    assert_int_equal(repo_outbox_find(tx, mem, OUTBOX_SYNC, STR("b"), &state, err), RC_OK);
    assert_state(&state, "b", 3, false, all);
    return repo_outbox_find(tx, mem, OUTBOX_DNS, STR("a"), &state, err);
}

static enum rc pause_all(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    return repo_outbox_pause(tx, OUTBOX_SYNC, STR(""), *(bool *)arg, err);
}

void outbox_state__is_told_whether_due_or_not(struct repo *repo)
{
    bool all = false;
    assert_int_equal(in_store(repo, REPO_WRITE, put_watched, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, check_states, &all), RC_NOT_FOUND);
    all = true;
    assert_int_equal(in_store(repo, REPO_WRITE, pause_all, &all), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, check_states, &all), RC_NOT_FOUND);
}

static enum rc check_counts(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct outbox_counts counts;
    bool all = *(bool *)arg;
    assert_int_equal(repo_outbox_counts(tx, mem, OUTBOX_SYNC, 9, &counts, err), RC_OK);
    assert_int_equal(counts.rows, 4);
    assert_int_equal(counts.due, 1);
    assert_int_equal(counts.failing, 2);
    assert_int_equal(counts.paused, 1); /* the pause of all is none of a key */
    assert_int_equal(counts.oldest_ms >= 0, !all);
    assert_true(counts.oldest_ms < 60000);
    assert_true(str_eq(counts.failing_longest->key, STR("b")));
    assert_true(str_eq(counts.failing_longest->failure.code, STR("Broken")));
    assert_true(counts.succeeded_at.ms != CLOCK_ABSENT.ms);
    assert_int_equal(repo_outbox_counts(tx, mem, OUTBOX_SYNC, 2, &counts, err), RC_OK);
    assert_int_equal(counts.rows, 2);
    assert_int_equal(counts.due, 1); /* what is due comes first */
    assert_int_equal(repo_outbox_counts(tx, mem, OUTBOX_RFI, 9, &counts, err), RC_OK);
    assert_int_equal(counts.rows + counts.due + counts.failing + counts.paused, 0);
    assert_int_equal(counts.oldest_ms, -1);
    assert_true(counts.failing_longest == NULL && counts.succeeded_at.ms == CLOCK_ABSENT.ms);
    return RC_OK;
}

void outbox_counts__are_bounded_and_know_the_oldest(struct repo *repo)
{
    bool all = false;
    assert_int_equal(in_store(repo, REPO_WRITE, put_watched, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, check_counts, &all), RC_OK);
    all = true;
    assert_int_equal(in_store(repo, REPO_WRITE, pause_all, &all), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, check_counts, &all), RC_OK);
}

static enum rc retry(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    return repo_outbox_retry(tx, OUTBOX_SYNC, 1, arg, err);
}

static enum rc check_retried(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct outbox_state_list list;
    bool second = *(int64_t *)arg == 0;
    assert_int_equal(repo_outbox_list(tx, mem, OUTBOX_SYNC, STR_NONE, 9, &list, err), RC_OK);
    assert_int_equal(list.count, 5);
    assert_state(&list.items[1], "b", 0, true, false);
    assert_state(&list.items[2], "c", 0, false, false); /* nothing was wrong with it */
    assert_state(&list.items[3], "d", second ? 0 : 1, second, true);
    return RC_OK;
}

void outbox_retry__touches_what_fails(struct repo *repo)
{
    int64_t count = 0;
    assert_int_equal(in_store(repo, REPO_WRITE, put_watched, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_WRITE, retry, &count), RC_OK);
    assert_int_equal(count, 1);
    assert_int_equal(in_store(repo, REPO_LIST, check_retried, &count), RC_OK);
    assert_int_equal(in_store(repo, REPO_WRITE, retry, &count), RC_OK);
    assert_int_equal(count, 1);
    assert_int_equal(in_store(repo, REPO_WRITE, retry, &count), RC_OK);
    assert_int_equal(count, 0);
    assert_int_equal(in_store(repo, REPO_LIST, check_retried, &count), RC_OK);
}

/* ---- open jobs ---- */

static enum rc put_jobs(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    static const struct job_row jobs[] = {
        {.id = STR("1"), .kind = STR("k"), .key = STR("a")},
        {.id = STR("2"), .kind = STR("k"), .key = STR("b")},
        {.id = STR("3"), .kind = STR("k"), .key = STR("b"), .state = JOB_DONE},
        {.id = STR("4"), .kind = STR("l"), .key = STR("a"), .state = JOB_FAILED},
    };
    enum rc rc = RC_OK;
    (void)mem;
    (void)arg;
    for (size_t i = 0; rc == RC_OK && i < ARRAY_LEN(jobs); i++) {
        rc = repo_job_add(tx, &jobs[i], err);
    }
    return rc;
}

static enum rc check_job_count(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    int64_t count = -1;
    (void)mem;
    (void)arg;
    assert_int_equal(repo_jobs_open_count(tx, STR("k"), 9, &count, err), RC_OK);
    assert_int_equal(count, 2);
    assert_int_equal(repo_jobs_open_count(tx, STR("k"), 1, &count, err), RC_OK);
    assert_int_equal(count, 1);
    assert_int_equal(repo_jobs_open_count(tx, STR("m"), 9, &count, err), RC_OK);
    assert_int_equal(count, 0);
    return RC_OK;
}

static enum rc forget_jobs(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    return repo_jobs_forget(tx, STR("k"), *(const int64_t *)arg, err);
}

static enum rc count_found_jobs(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    static const char *const ids[] = {"1", "2", "3", "4"};
    size_t *count = arg;
    enum rc rc = RC_NOT_FOUND;
    *count = 0;
    for (size_t i = 0; i < ARRAY_LEN(ids) && (rc == RC_OK || rc == RC_NOT_FOUND); i++) {
        const struct job_row *job = NULL;
        rc = repo_job_find(tx, mem, str_of(ids[i]), REPO_READ, &job, err);
        *count += rc == RC_OK;
    }
    return rc == RC_NOT_FOUND ? RC_OK : rc;
}

/* Open ones stay, and those of another kind. */
void jobs_forget__removes_what_ended_long_ago(struct repo *repo)
{
    int64_t hour_ms = 3600 * 1000, ago_ms = -1000;
    size_t before = 0, now = 0;
    assert_int_equal(in_store(repo, REPO_WRITE, put_jobs, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, count_found_jobs, &before), RC_OK);
    assert_int_equal(in_store(repo, REPO_WRITE, forget_jobs, &hour_ms), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, count_found_jobs, &now), RC_OK);
    assert_int_equal(now, before);
    assert_int_equal(in_store(repo, REPO_WRITE, forget_jobs, &ago_ms), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, count_found_jobs, &now), RC_OK);
    assert_int_equal(now, before - 1);
    assert_int_equal(in_store(repo, REPO_LIST, check_job_count, NULL), RC_OK);
}

void jobs_open_count__is_bounded(struct repo *repo)
{
    assert_int_equal(in_store(repo, REPO_WRITE, put_jobs, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, check_job_count, NULL), RC_OK);
}
