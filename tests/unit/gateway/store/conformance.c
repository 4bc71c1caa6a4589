#include "conformance.h"

#include <stdio.h>

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "gateway/store/filter.h"
#include "gateway/store/tx.h"

/* ---- what is compared: the whole resource, as JSON, with its revision ---- */

static void assert_same(const struct schema *schema, const void *a, const void *b, struct arena *mem)
{
    struct str left = model_json(schema, a, mem), right = model_json(schema, b, mem);
    if (!str_eq(left, right)) {
        fail_msg("%" STR_FMT "\nis not\n%" STR_FMT, STR_ARG(right), STR_ARG(left));
    }
}

static void assert_revision(struct revision a, struct revision b)
{
    assert_int_equal(a.configuration, b.configuration);
    assert_int_equal(a.status, b.status);
    assert_int_equal(a.configuration_at.ms, b.configuration_at.ms);
    assert_int_equal(a.status_at.ms, b.status_at.ms);
}

static void assert_provenance(struct provenance a, struct provenance b)
{
    assert_int_equal(a.way, b.way);
    assert_true(str_absent(a.name) == str_absent(b.name) && str_eq(a.name, b.name));
}

#define A_REVISION                                                                                           \
    {                                                                                                        \
        7, 9, {1790000000123},                                                                               \
        {                                                                                                    \
            1790000000456                                                                                    \
        }                                                                                                    \
    }
static const struct wire_error inner_errors[] = {
    {.code = STR("B"), .message = STR("two"), .target = STR("y")}};
static const struct wire_error errors[] = {{.code = STR("A"),
                                            .message = STR("one \"quoted\" \xc3\xa9"),
                                            .target = STR("x"),
                                            .details = {inner_errors, 1}}};

/* ---- accounts ---- */

static const struct subdomain_tokens tokens = {STR("token1"), STR("token2")};
static const struct direct_routing_config config = {true, STR("Label1"), &tokens};
static const struct account_service service_full = {
    .enabled = true, .configuration = &config, .subdomain_status = SUBDOMAIN_INCONSISTENT};
static const struct account_service service_synced = {.sync_enabled = true, .enabled = true};
static const struct account_service service_off = {0};
static const struct account_services services_full = {
    STR("AbCdEf00-0000-4000-8000-000000000001"),
    {&service_synced, &service_off, &service_full, NULL, &service_off}};
static const struct account_services services_none = {0};
static const struct account account_full = {.provisioning_status = PROVISIONING_FAILED,
                                            .provisioning_errors = {errors, 1},
                                            .name = STR("Contoso"),
                                            .correlation_id = STR(""),
                                            .services = &services_full,
                                            .revision = A_REVISION,
                                            .provenance = {2, STR("Ada Admin")}};
static const struct account account_bare = {.name = STR("contoso"), .services = &services_none};

struct account_put {
    const struct account *account;
    bool exists;
};

static enum rc put_account(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct account_put *put = arg;
    (void)mem;
    return repo_account_write(tx, put->account, put->exists, err);
}

static enum rc write_account(struct repo *repo, const struct account *account, bool exists)
{
    struct account_put put = {account, exists};
    return in_store(repo, REPO_WRITE, put_account, &put);
}

static enum rc check_account(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct account *want = arg, *found = NULL;
    enum rc rc = repo_account_find(tx, mem, want->name, REPO_READ, &found, err);
    if (rc == RC_OK) {
        assert_same(&schema_account, want, found, mem);
        assert_revision(want->revision, found->revision);
        assert_provenance(want->provenance, found->provenance);
        assert_true(str_absent(want->correlation_id) == str_absent(found->correlation_id));
    }
    return rc;
}

static enum rc find_account(struct repo *repo, const struct account *want)
{
    return in_store(repo, REPO_POINT, check_account, (void *)(uintptr_t)want);
}

static void account__comes_back_as_it_was(struct repo *repo)
{
    assert_int_equal(find_account(repo, &account_full), RC_NOT_FOUND);
    assert_int_equal(write_account(repo, &account_full, false), RC_OK);
    assert_int_equal(write_account(repo, &account_bare, false), RC_OK); /* names differ in letter case */
    assert_int_equal(find_account(repo, &account_full), RC_OK);
    assert_int_equal(find_account(repo, &account_bare), RC_OK);
}

static void account__is_replaced_whole(struct repo *repo)
{
    struct account bare = account_bare;
    bare.name = account_full.name;
    assert_int_equal(write_account(repo, &account_full, false), RC_OK);
    assert_int_equal(write_account(repo, &account_full, false), RC_CONFLICT);
    assert_int_equal(write_account(repo, &bare, true), RC_OK);
    assert_int_equal(find_account(repo, &bare), RC_OK);
}

static enum rc remove_account(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    return repo_account_remove(tx, *(struct str *)arg, err);
}

static void account__is_removed_with_its_counters(struct repo *repo)
{
    struct str name = STR("Contoso");
    assert_int_equal(write_account(repo, &account_full, false), RC_OK);
    assert_int_equal(put_numbers(repo, "Contoso", 100, 3), RC_OK);
    assert_int_equal(in_store(repo, REPO_WRITE, remove_account, &name), RC_OK);
    assert_int_equal(find_account(repo, &account_full), RC_NOT_FOUND);
    assert_int_equal(write_account(repo, &account_full, false), RC_OK);
    assert_int_equal(find_account(repo, &account_full), RC_OK); /* its numberCounts are 0 */
}

static enum rc check_subdomain(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct str name = STR_NONE;
    enum rc rc = repo_account_by_subdomain(tx, mem, *(struct str *)arg, &name, err);
    if (rc == RC_OK) {
        assert_true(str_eq(name, STR("Contoso")));
    }
    return rc;
}

static void account__holds_its_subdomain_label_in_any_letter_case(struct repo *repo)
{
    struct str label = STR("lABEL1"), other = STR("label2");
    struct account second = account_full;
    second.name = STR("Second");
    assert_int_equal(write_account(repo, &account_full, false), RC_OK);
    assert_int_equal(in_store(repo, REPO_POINT, check_subdomain, &label), RC_OK);
    assert_int_equal(in_store(repo, REPO_POINT, check_subdomain, &other), RC_NOT_FOUND);
    assert_int_equal(write_account(repo, &second, false), RC_CONFLICT);
}

static enum rc check_counts(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct number_counts counts;
    const struct account *account;
    (void)arg;
    enum rc rc = repo_number_counts(tx, STR("Contoso"), &counts, err);
    assert_int_equal(rc, RC_OK);
    assert_int_equal(counts.all, 5);
    assert_int_equal(counts.of[SERVICE_DIRECT_ROUTING], 5);
    assert_int_equal(counts.of[SERVICE_ZOOM], 0);
    rc = repo_number_counts(tx, STR("Nobody"), &counts, err);
    assert_int_equal(counts.all, 0);
    assert_int_equal(repo_account_find(tx, mem, STR("Contoso"), REPO_READ, &account, err), RC_OK);
    assert_int_equal(account->services->of[SERVICE_DIRECT_ROUTING]->number_count, 5);
    assert_int_equal(account->services->of[SERVICE_OPERATOR_CONNECT]->number_count, 0);
    return rc;
}

static void counters__add_up_and_show_in_the_account(struct repo *repo)
{
    assert_int_equal(write_account(repo, &account_full, false), RC_OK);
    assert_int_equal(put_numbers(repo, "Contoso", 100, 3), RC_OK);
    assert_int_equal(put_numbers(repo, "Contoso", 200, 2), RC_OK);
    assert_int_equal(in_store(repo, REPO_POINT, check_counts, NULL), RC_OK);
}

/* ---- numbers ---- */

static const struct str two_texts[] = {STR("UserAssignment"), STR("a,\"b\"")};
static const struct str no_texts[1];
static const struct number_teams_config teams_config = {.usage = STR("CallingUserAssignment"),
                                                        .choosable_capabilities = {two_texts, 2},
                                                        .acquired_capabilities = {no_texts, 0},
                                                        .available_capabilities = {two_texts, 1},
                                                        .civic_address_id = STR("C1"),
                                                        .location_id = STR("L1"),
                                                        .allow_tenant_address_update = true,
                                                        .displayed_country_code = STR("DE")};
static const struct number_teams_config teams_config_bare = {.usage = STR("x"),
                                                             .choosable_capabilities = {no_texts, 0}};
static const struct number_service number_operator_connect = {true, ASSIGNMENT_ASSIGNED, &teams_config};
static const struct number_service number_phone_mobile = {false, ASSIGNMENT_ABSENT, &teams_config_bare};
static const struct number_service number_plain = {.enabled = true};
static const struct number_services number_services = {
    {&number_operator_connect, &number_phone_mobile, NULL, &number_plain, NULL}};
static const struct number_services number_services_none = {0};
static const struct number_config number_config = {STR("X-Value")};
static const struct number_config number_config_none = {STR_NONE};
static const struct number numbers[] = {
    {.telephone_number = 49301,
     .account_name = STR("Contoso"),
     .provisioning_status = PROVISIONING_PENDING,
     .provisioning_errors = {errors, 1},
     .services = &number_services,
     .configuration = &number_config,
     .revision = A_REVISION,
     .provenance = {5, STR_NONE}},
    {.telephone_number = 999999999999999,
     .account_name = STR("Contoso"),
     .services = &number_services_none,
     .configuration = &number_config_none},
};

static enum rc put_two_numbers(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct number *both[] = {&numbers[0], &numbers[1]};
    (void)mem;
    (void)arg;
    return repo_numbers_write(tx, both, 2, true, err);
}

static enum rc check_two_numbers(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const int64_t keys[] = {5, numbers[0].telephone_number, 49302, numbers[1].telephone_number};
    const struct number *found[4];
    (void)arg;
    enum rc rc = repo_numbers_find(tx, mem, keys, 4, REPO_READ, found, err);
    assert_int_equal(rc, RC_OK);
    assert_null(found[0]);
    assert_null(found[2]);
    for (int i = 0; i < 2; i++) {
        assert_same(&schema_number, &numbers[i], found[2 * i + 1], mem);
        assert_revision(numbers[i].revision, found[2 * i + 1]->revision);
        assert_provenance(numbers[i].provenance, found[2 * i + 1]->provenance);
    }
    assert_non_null(found[3]->configuration); /* there, though nothing is in it */
    return repo_number_find(tx, mem, 49302, REPO_READ, &found[0], err);
}

static void number__comes_back_as_it_was(struct repo *repo)
{
    assert_int_equal(in_store(repo, REPO_WRITE, put_two_numbers, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_POINT, check_two_numbers, NULL), RC_NOT_FOUND);
    assert_int_equal(in_store(repo, REPO_WRITE, put_two_numbers, NULL),
                     RC_OK); /* again: replaced by the same */
    assert_int_equal(in_store(repo, REPO_LIST, check_two_numbers, NULL), RC_NOT_FOUND);
}

static enum rc remove_numbers(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const int64_t keys[] = {100, 102, 555};
    (void)mem;
    (void)arg;
    return repo_numbers_remove(tx, keys, 3, err);
}

static void numbers__are_removed_and_absent_ones_do_not_matter(struct repo *repo)
{
    assert_int_equal(put_numbers(repo, "a", 100, 3), RC_OK);
    assert_int_equal(in_store(repo, REPO_WRITE, remove_numbers, NULL), RC_OK);
    assert_false(has_number(repo, 100));
    assert_true(has_number(repo, 101));
    assert_false(has_number(repo, 102));
}

/* ---- lists ---- */

struct listing {
    struct list_query query;
    struct list_page page; /* items are not read after the job */
    int64_t keys[300];
    size_t count;
    bool out_of_time; /* a scan whose budget is used up from the start */
};

static enum rc list_numbers(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct listing *listing = arg;
    if (listing->out_of_time) {
        tx->scan_end_us = clock_mono_us() - 1;
    }
    enum rc rc = repo_numbers_list(tx, mem, &listing->query, &listing->page, err);
    if (rc != RC_OK) {
        return rc;
    }
    const struct number *items = listing->page.items.items;
    listing->count = listing->page.items.count;
    for (size_t i = 0; i < listing->count; i++) {
        listing->keys[i] = items[i].telephone_number;
    }
    return rc;
}

static void list(struct repo *repo, enum repo_kind kind, struct listing *listing)
{
    assert_int_equal(in_store(repo, kind, list_numbers, listing), RC_OK);
}

static void assert_keys(const struct listing *listing, int64_t from, size_t count)
{
    assert_int_equal(listing->count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(listing->keys[i], from + (int64_t)i);
    }
}

static void numbers_list__goes_on_after_its_cursor(struct repo *repo)
{
    assert_int_equal(put_numbers(repo, "b", 120, 5), RC_OK);
    assert_int_equal(put_numbers(repo, "a", 100, 20), RC_OK);
    struct listing listing = {.query = {.limit = 10, .count = true}};
    list(repo, REPO_LIST, &listing);
    assert_keys(&listing, 100, 10);
    assert_true(listing.page.more);
    assert_int_equal(listing.page.count, 25);
    listing.query.after = listing.page.last;
    listing.query.count = false;
    list(repo, REPO_LIST, &listing);
    assert_keys(&listing, 110, 10);
    assert_true(listing.page.more);
    assert_int_equal(listing.page.count, -1);
    listing.query.after = listing.page.last;
    list(repo, REPO_LIST, &listing);
    assert_keys(&listing, 120, 5);
    assert_false(listing.page.more);
}

static void numbers_list__that_ends_with_its_page_has_no_more(struct repo *repo)
{
    struct listing listing = {.query = {.limit = 10, .count = true}};
    list(repo, REPO_LIST, &listing);
    assert_keys(&listing, 0, 0);
    assert_false(listing.page.more);
    assert_int_equal(listing.page.count, 0);
    assert_int_equal(put_numbers(repo, "a", 100, 10), RC_OK);
    list(repo, REPO_LIST, &listing);
    assert_keys(&listing, 100, 10);
    assert_false(listing.page.more);
}

static void numbers_list__skips_and_keeps_to_the_account(struct repo *repo)
{
    assert_int_equal(put_numbers(repo, "a", 100, 10), RC_OK);
    assert_int_equal(put_numbers(repo, "b", 110, 10), RC_OK);
    struct listing listing = {.query = {.limit = 10, .skip = 4, .account = STR("b"), .count = true}};
    list(repo, REPO_LIST, &listing);
    assert_keys(&listing, 114, 6);
    assert_int_equal(listing.page.count, 10);
    listing.query.skip = 10;
    list(repo, REPO_LIST, &listing);
    assert_keys(&listing, 0, 0);
    assert_false(listing.page.more);
    listing.query = (struct list_query){.limit = 3, .skip = 8};
    list(repo, REPO_LIST, &listing);
    assert_keys(&listing, 108, 3);
}

/* ---- filters ---- */

static enum rc put_large_numbers(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    char *text = arena_alloc(mem, LIMIT_PAGE_BYTES / 2);
    memset(text, 'x', LIMIT_PAGE_BYTES / 2);
    const struct number_config large = {{text, LIMIT_PAGE_BYTES / 2}};
    (void)arg;
    for (int64_t key = 100; key < 108; key++) {
        struct number *number = number_of(mem, key, "a");
        number->configuration = &large;
        const struct number *row = number;
        enum rc rc = repo_numbers_write(tx, &row, 1, true, err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    return RC_OK;
}

static void numbers_list__ends_a_page_of_large_items_early(struct repo *repo)
{
    static const enum repo_kind kinds[] = {REPO_LIST, REPO_SCAN};
    assert_int_equal(in_store(repo, REPO_WRITE, put_large_numbers, NULL), RC_OK);
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        struct listing listing = {.query = {.limit = 100, .skip = 1}, .page = {.more = true}};
        int64_t next = 101;
        while (listing.page.more) {
            list(repo, kinds[k], &listing);
            assert_keys(&listing, next, listing.count);
            if (listing.count == 0 || listing.count > 3 || listing.page.skip_left != 0) {
                fail_msg("kind %zu: %zu items", k, listing.count);
            }
            next += (int64_t)listing.count;
            listing.query.after = listing.page.last;
            listing.query.skip = 0;
        }
        assert_int_equal(next, 108);
    }
}

static struct query_node compare(const struct schema *schema, const char *path, enum query_op op)
{
    const struct field *field = schema_field_at(schema, str_of(path));
    if (field == NULL) {
        fail_msg("no field %s", path);
    }
    return (struct query_node){.op = op, .path = str_of(path), .field = field};
}

static struct query_node compare_text(const char *path, enum query_op op, const char *text)
{
    struct query_node node = compare(&schema_number, path, op);
    node.value.type = QUERY_TEXT;
    node.value.text = str_of(text);
    return node;
}

static struct query_node compare_int(const char *path, enum query_op op, int64_t number)
{
    struct query_node node = compare(&schema_number, path, op);
    node.value.type = QUERY_INT;
    node.value.number = number;
    return node;
}

static struct query_node compare_bool(const char *path, enum query_op op, bool flag)
{
    struct query_node node = compare(&schema_number, path, op);
    node.value.type = QUERY_BOOL;
    node.value.flag = flag;
    return node;
}

static struct query_node compare_null(const char *path, enum query_op op)
{
    return compare(&schema_number, path, op);
}

static enum rc put_filter_numbers(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)arg;
    struct number third = {
        .telephone_number = 4930333, .account_name = STR("\xc3\x84nne"), .services = &number_services_none};
    const struct number *rows[] = {&numbers[0], number_of(mem, 49302, "contoso"), &third, &numbers[1]};
    return repo_numbers_write(tx, rows, 4, true, err);
}

#define OC "serviceDetails/teamsOperatorConnect/"
#define NO_MATCH                                                                                             \
    {                                                                                                        \
        0                                                                                                    \
    }
static void filter__finds_what_it_says(struct repo *repo)
{
    const int64_t n1 = 49301, n2 = 49302, n3 = 4930333, n4 = 999999999999999;
    struct query_node name_a = compare_text("accountName", QUERY_EQ, "Contoso"),
                      below = compare_int("telephoneNumber", QUERY_LT, 49302);
    struct query_node oc_true = compare_bool(OC "enabled", QUERY_EQ, true),
                      oc_false = compare_bool(OC "enabled", QUERY_EQ, false);
    const struct {
        struct query_node node;
        int64_t found[5];
    } table[] = {
        {compare_text("accountName", QUERY_EQ, "Contoso"), {n1, n4}},
        {compare_text("accountName", QUERY_NE, "Contoso"), {n2, n3}},
        {compare_text("accountName", QUERY_GT, "a"), {n2, n3}}, /* by bytes */
        {compare_text("accountName", QUERY_LE, "Contoso"), {n1, n4}},
        {compare_text("accountName", QUERY_STARTS, "Con"), {n1, n4}},
        {compare_text("accountName", QUERY_STARTS, "\xc3\x84n"), {n3}},
        {compare_text("accountName", QUERY_STARTS, ""), {n1, n2, n3, n4}},
        {compare_text("accountName", QUERY_STARTS, "%"), NO_MATCH},
        {compare_text("accountName", QUERY_STARTS, "Contosoo"), NO_MATCH},
        {compare_text("accountName", QUERY_CONTAINS, "ontos"), {n1, n2, n4}},
        {compare_text("accountName", QUERY_CONTAINS, "ONTOS"), NO_MATCH},
        {compare_text("accountName", QUERY_CONTAINS, "_"), NO_MATCH},
        {compare_int("telephoneNumber", QUERY_EQ, n2), {n2}},
        {compare_int("telephoneNumber", QUERY_NE, n2), {n1, n3, n4}},
        {compare_int("telephoneNumber", QUERY_GE, n3), {n3, n4}},
        {compare_int("telephoneNumber", QUERY_GT, n3), {n4}},
        {compare_text("telephoneNumber", QUERY_STARTS, "+4930"), {n1, n2, n3}},
        {compare_text("telephoneNumber", QUERY_STARTS, "4930"), NO_MATCH},
        {compare_text("telephoneNumber", QUERY_CONTAINS, "333"), {n3}},
        {compare_bool(OC "enabled", QUERY_EQ, true), {n1}},
        {compare_bool(OC "enabled", QUERY_NE, true), {n2, n3, n4}}, /* absent is not true */
        {compare_bool(OC "enabled", QUERY_EQ, false), NO_MATCH},    /* nor false */
        {compare_null(OC "enabled", QUERY_EQ), {n2, n3, n4}},
        {compare_null(OC "enabled", QUERY_NE), {n1}},
        {compare_null(OC "enabled", QUERY_GE), NO_MATCH},
        {compare_text(OC "assignmentStatus", QUERY_EQ, "assigned"), {n1}},
        {compare_text(OC "assignmentStatus", QUERY_EQ, "unassigned"), NO_MATCH},
        {compare_text(OC "assignmentStatus", QUERY_STARTS, "assi"), {n1}},
        {compare_null(OC "assignmentStatus", QUERY_NE), {n1}},
        {compare_text("serviceProvisioningStatus", QUERY_NE, "pending"), {n2, n3, n4}},
        {compare_text("serviceProvisioningStatus", QUERY_LT, "synced"), {n1}},
        {compare_text(OC "configuration/civicAddressId", QUERY_EQ, "c1"), {n1}}, /* letter case aside */
        {compare_bool(OC "configuration/allowTenantAddressUpdate", QUERY_EQ, true), {n1}},
        {compare_bool("serviceDetails/teamsPhoneMobile/configuration/allowTenantAddressUpdate", QUERY_EQ,
                      false),
         {n1}},
        {compare_text("configuration/customSipHeader", QUERY_GE, ""), {n1}},
        {compare_null("configuration/customSipHeader", QUERY_EQ), {n2, n3, n4}},
        {{.op = QUERY_AND, .left = &name_a, .right = &below}, {n1}},
        {{.op = QUERY_OR, .left = &name_a, .right = &below}, {n1, n4}},
        {{.op = QUERY_NOT, .left = &oc_true}, {n2, n3, n4}},
        {{.op = QUERY_NOT, .left = &oc_false}, {n1, n2, n3, n4}},
    };
    assert_int_equal(in_store(repo, REPO_WRITE, put_filter_numbers, NULL), RC_OK);
    static const enum repo_kind kinds[] = {REPO_LIST, REPO_SCAN};
    for (size_t i = 0; i < ARRAY_LEN(table) * 2; i++) {
        struct listing listing = {.query = {.limit = 100, .filter = &table[i / 2].node, .count = true}};
        list(repo, kinds[i % 2], &listing);
        size_t want = 0;
        for (; table[i / 2].found[want] != 0; want++) {
            if (listing.keys[want] != table[i / 2].found[want]) {
                fail_msg("case %zu, item %zu: %lld", i / 2, want, (long long)listing.keys[want]);
            }
        }
        if (listing.count != want || listing.page.count != (int64_t)want) {
            fail_msg("case %zu: %zu items, count %lld, not %zu", i / 2, listing.count,
                     (long long)listing.page.count, want);
        }
    }
}

static void filter__refuses_what_cannot_be_compared(struct repo *repo)
{
    struct query_node no_column = compare_int("telephoneNumber", QUERY_EQ, 1);
    no_column.path = STR("nothing/here");
    const struct query_node table[] = {
        compare_int("accountName", QUERY_EQ, 1),          compare_text("telephoneNumber", QUERY_EQ, "+49"),
        compare_int("telephoneNumber", QUERY_STARTS, 49), compare_text(OC "enabled", QUERY_EQ, "true"),
        compare_bool(OC "enabled", QUERY_CONTAINS, true), no_column,
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct listing listing = {.query = {.limit = 1, .filter = &table[i]}};
        if (in_store(repo, REPO_LIST, list_numbers, &listing) != RC_INVALID) {
            fail_msg("case %zu", i);
        }
    }
}

/* Every scalar field of a resource can be named, compared in each way its type has, and sorted out with
 * `not`. */
struct scalar_check {
    struct repo_tx *tx;
    struct arena *mem;
    const struct schema *schema;
    enum rc (*list)(struct repo_tx *, struct arena *, const struct list_query *, struct list_page *,
                    struct err *);
    size_t fields;
};

static void check_scalar(void *arg, struct str path, const struct field *field)
{
    struct scalar_check *check = arg;
    check->fields++;
    for (enum query_op op = QUERY_EQ; op <= QUERY_CONTAINS; op++) {
        bool as_text = op == QUERY_STARTS || op == QUERY_CONTAINS;
        struct query_node node = {.op = op, .path = path, .field = field};
        node.value.text = STR("x");
        node.value.type = field->type == FIELD_BOOL                                  ? QUERY_BOOL
                          : field->type == FIELD_STRING || field->type == FIELD_ENUM ? QUERY_TEXT
                          : field->type == FIELD_E164 && as_text                     ? QUERY_TEXT
                                                                                     : QUERY_INT;
        if (as_text && node.value.type != QUERY_TEXT) {
            continue;
        }
        struct query_node null = {.op = QUERY_NE, .path = path, .field = field},
                          both = {.op = QUERY_OR, .left = &node, .right = &null};
        struct query_node not = {.op = QUERY_NOT, .left = &both};
        struct list_query query = {.limit = 1, .filter = &not, .count = true, .account = STR("Contoso")};
        struct list_page page;
        struct err err;
        if (check->list(check->tx, check->mem, &query, &page, &err) != RC_OK) {
            fail_msg("%s, %" STR_FMT ", operator %d: %s", check->schema->name, STR_ARG(path), op, err.msg);
        }
    }
}

static enum rc check_scalars(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct scalar_check table[] = {
        {.schema = &schema_account, .list = repo_accounts_list},
        {.schema = &schema_number, .list = repo_numbers_list},
        {.schema = &schema_rfi, .list = repo_rfis_list},
        {.schema = &schema_civic_address, .list = repo_civic_addresses_list},
    };
    static const struct column *const columns[] = {account_columns, number_columns, rfi_columns,
                                                   civic_address_columns};
    (void)arg;
    (void)err;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        table[i].tx = tx;
        table[i].mem = mem;
        schema_each_scalar(table[i].schema, check_scalar, &table[i]);
        size_t known = 0;
        while (columns[i][known].path != NULL) {
            known++;
        }
        assert_int_equal(table[i].fields, known); /* and no column names a field that is gone */
    }
    return RC_OK;
}

static void filter__knows_every_scalar_field_of_the_contract(struct repo *repo)
{
    assert_int_equal(in_store(repo, REPO_LIST, check_scalars, NULL), RC_OK);
}

/* ---- scans ---- */

static void scan__gives_what_a_list_gives(struct repo *repo)
{
    assert_int_equal(put_numbers(repo, "a", 100, 50), RC_OK);
    assert_int_equal(put_numbers(repo, "b", 150, 50), RC_OK);
    struct query_node ends_in_7 = compare_text("telephoneNumber", QUERY_CONTAINS, "7");
    const struct list_query table[] = {
        {.limit = 100, .count = true},
        {.limit = 10, .skip = 33},
        {.limit = 10, .skip = 33, .account = STR("b"), .count = true},
        {.limit = 100, .filter = &ends_in_7, .count = true},
        {.limit = 4, .filter = &ends_in_7, .skip = 9},
        {.limit = 4, .filter = &ends_in_7, .after = {.set = true, .number = 127}},
        {.limit = 5, .skip = 1000},
        {.limit = CONFORMANCE_SLICE}, /* the page ends with its slice */
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct listing a = {.query = table[i]}, b = {.query = table[i]};
        list(repo, REPO_LIST, &a);
        list(repo, REPO_SCAN, &b);
        if (a.count != b.count || memcmp(a.keys, b.keys, sizeof a.keys) != 0 ||
            a.page.count != b.page.count || a.page.more != b.page.more ||
            (a.page.more && a.page.last.number != b.page.last.number)) {
            fail_msg("case %zu: %zu and %zu items", i, a.count, b.count);
        }
    }
}

static void scan__whose_time_is_up_gives_a_short_page_that_goes_on(struct repo *repo)
{
    assert_int_equal(put_numbers(repo, "a", 100, 30), RC_OK);
    struct query_node last = compare_int("telephoneNumber", QUERY_GE, 125);
    struct listing listing = {.query = {.limit = 100, .filter = &last, .skip = 2}, .out_of_time = true};
    int64_t found[10];
    size_t pages = 0, count = 0;
    do {
        list(repo, REPO_SCAN, &listing);
        for (size_t i = 0; i < listing.count; i++) {
            found[count++] = listing.keys[i];
        }
        listing.query.after = listing.page.last;
        listing.query.skip = listing.page.skip_left;
        pages++;
    } while (listing.page.more);
    assert_int_equal(pages, 30 / CONFORMANCE_SLICE + 1);
    assert_int_equal(count, 3);
    assert_int_equal(found[0], 127);
    assert_int_equal(found[2], 129);
}

static void scan__whose_time_is_up_refuses_to_count(struct repo *repo)
{
    assert_int_equal(put_numbers(repo, "a", 100, 30), RC_OK);
    struct query_node any = compare_int("telephoneNumber", QUERY_GE, 1);
    struct listing listing = {.query = {.limit = 1, .filter = &any, .count = true}, .out_of_time = true};
    struct step step = {0};
    step_submit(&step, repo, REPO_SCAN, list_numbers, &listing);
    assert_int_equal(step_wait(&step), RC_BUSY);
    assert_true(step.err.retry_after_ms > 0);
    step_clear(&step);
}

/* ---- accounts, RFIs, addresses in lists ---- */

static struct account_services services_of(const char *tenant)
{
    return (struct account_services){.teams_tenant_id = str_of(tenant)};
}

static enum rc check_account_list(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct list_query query = {.limit = 2, .count = true};
    struct list_page page;
    (void)arg;
    assert_int_equal(repo_accounts_list(tx, mem, &query, &page, err), RC_OK);
    const struct account *items = page.items.items;
    assert_int_equal(page.items.count, 2);
    assert_int_equal(page.count, 3);
    assert_true(page.more);
    assert_true(str_eq(items[0].name, STR("B"))); /* byte order */
    assert_true(str_eq(items[1].name, STR("a")));
    query.after = page.last;
    assert_int_equal(repo_accounts_list(tx, mem, &query, &page, err), RC_OK);
    assert_int_equal(page.items.count, 1);
    assert_false(page.more);
    struct query_node many = {.op = QUERY_GT,
                              .path = STR("serviceDetails/teamsDirectRouting/numberCount"),
                              .value = {.type = QUERY_INT, .number = 2}};
    many.field = schema_field_at(&schema_account, many.path);
    query = (struct list_query){.limit = 9, .filter = &many, .count = true};
    assert_int_equal(repo_accounts_list(tx, mem, &query, &page, err), RC_OK);
    assert_int_equal(page.count, 1);
    assert_int_equal(page.items.count, 1);
    items = page.items.items;
    assert_true(str_eq(items[0].name, STR("a")));
    assert_int_equal(items[0].services->of[SERVICE_DIRECT_ROUTING]->number_count, 3);
    struct query_node tenant = {.op = QUERY_EQ,
                                .path = STR("serviceDetails/teamsTenantId"),
                                .value = {.type = QUERY_TEXT, .text = STR("t-B")}};
    tenant.field = schema_field_at(&schema_account, tenant.path);
    query.filter = &tenant;
    assert_int_equal(repo_accounts_list(tx, mem, &query, &page, err), RC_OK);
    assert_int_equal(page.count, 1);
    return RC_OK;
}

static void accounts_list__is_in_byte_order_and_knows_counts(struct repo *repo)
{
    struct account_services b = services_of("T-b"), a = services_of("t-a");
    a.of[SERVICE_DIRECT_ROUTING] = &service_full;
    const struct account rows[] = {{.name = STR("b"), .services = &b},
                                   {.name = STR("B"), .services = &services_none},
                                   {.name = STR("a"), .services = &a}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(write_account(repo, &rows[i], false), RC_OK);
    }
    assert_int_equal(put_numbers(repo, "a", 100, 3), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, check_account_list, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_SCAN, check_account_list, NULL), RC_OK);
}

static const struct contact contacts[] = {
    {.full_name = STR("Ann"), .email = STR("a@b"), .company_size = STR("1")}};
static const struct customer_relationship relationship = {
    STR("ConsentAcknowledged"), {1790000000000}, STR_NONE};
static const struct rfi rfi_full = {.provisioning_status = PROVISIONING_SYNCED,
                                    .provisioning_errors = {errors, 1},
                                    .id = STR("R1"),
                                    .tenant_id = STR("TENANT-2"),
                                    .account_name = STR("first"),
                                    .product_context = STR("p"),
                                    .operator_id = STR("o"),
                                    .status = CONSENT_SUSPENDED,
                                    .consented_on = {1780000000000},
                                    .last_modified_on = {INT64_MIN},
                                    .consented_countries = {two_texts, 2},
                                    .contacts = {contacts, 1},
                                    .customer_relationship = &relationship,
                                    .revision = A_REVISION};
static const struct rfi rfi_bare = {
    .tenant_id = STR("tenant-1"), .consented_on = {INT64_MIN}, .last_modified_on = {INT64_MIN}};

static enum rc put_rfi(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    return repo_rfi_write(tx, arg, err);
}

static enum rc check_rfis(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct rfi *found;
    struct list_page page;
    struct list_query query = {.limit = 10, .count = true};
    (void)arg;
    assert_int_equal(repo_rfi_find(tx, mem, STR("tenant-2"), REPO_READ, &found, err), RC_OK);
    assert_same(&schema_rfi, &rfi_full, found, mem);
    assert_revision(rfi_full.revision, found->revision);
    assert_int_equal(repo_rfi_find(tx, mem, STR("TENANT-1"), REPO_READ, &found, err), RC_OK);
    assert_same(&schema_rfi, &rfi_bare, found, mem);
    assert_null(found->customer_relationship);
    assert_int_equal(repo_rfis_list(tx, mem, &query, &page, err), RC_OK);
    assert_int_equal(page.count, 2);
    const struct rfi *items = page.items.items;
    assert_true(str_eq(items[0].tenant_id, STR("tenant-1"))); /* letter case does not order */
    assert_true(str_eq(items[1].account_name, STR("first")));
    query.account = STR("first");
    assert_int_equal(repo_rfis_list(tx, mem, &query, &page, err), RC_OK);
    assert_int_equal(page.count, 1);
    return repo_rfi_find(tx, mem, STR("tenant-3"), REPO_READ, &found, err);
}

static void rfi__comes_back_with_the_first_account_of_its_tenant(struct repo *repo)
{
    struct account_services on = services_of("tenant-2");
    const struct account rows[] = {{.name = STR("second"), .services = &on},
                                   {.name = STR("first"), .services = &on}};
    assert_int_equal(write_account(repo, &rows[0], false), RC_OK);
    assert_int_equal(write_account(repo, &rows[1], false), RC_OK);
    assert_int_equal(in_store(repo, REPO_WRITE, put_rfi, (void *)(uintptr_t)&rfi_bare), RC_OK);
    assert_int_equal(in_store(repo, REPO_WRITE, put_rfi, (void *)(uintptr_t)&rfi_full), RC_OK);
    assert_int_equal(in_store(repo, REPO_WRITE, put_rfi, (void *)(uintptr_t)&rfi_full),
                     RC_OK); /* replaced by the same */
    assert_int_equal(in_store(repo, REPO_LIST, check_rfis, NULL), RC_NOT_FOUND);
}

static const struct location locations[] = {
    {.id = STR("l1"), .civic_address_id = STR("Id-1"), .is_default = true, .elin = STR("e")},
    {.id = STR("l2"), .civic_address_id = STR("Id-1")}};
static const struct civic_address address_full = {.account_name = STR("a"),
                                                  .id = STR("Id-1"),
                                                  .country = STR("DE"),
                                                  .house_number = STR("1"),
                                                  .house_number_suffix = STR("b"),
                                                  .pre_directional = STR("N"),
                                                  .street_name = STR("s"),
                                                  .street_suffix = STR("t"),
                                                  .post_directional = STR("S"),
                                                  .state_or_province = STR("u"),
                                                  .county_or_district = STR("v"),
                                                  .city_or_town = STR("w"),
                                                  .city_or_town_alias = STR("x"),
                                                  .postal_or_zip_code = STR("y"),
                                                  .description = STR("z"),
                                                  .company_name = STR("A"),
                                                  .company_id = STR("B"),
                                                  .default_location_id = STR("l1"),
                                                  .validation_status = VALIDATION_VALIDATED,
                                                  .tenant_id = STR("T"),
                                                  .partner_id = STR("P"),
                                                  .locations = {locations, 2},
                                                  .latitude = STR("1.5"),
                                                  .longitude = STR("-2"),
                                                  .revision = A_REVISION};

static enum rc put_addresses(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct civic_address other = {
        .account_name = STR("b"), .id = STR("id-1"), .default_location_id = STR("l")};
    (void)mem;
    (void)arg;
    enum rc rc = repo_civic_address_write(tx, &address_full, err);
    return rc == RC_OK ? repo_civic_address_write(tx, &other, err) : rc;
}

static enum rc check_addresses(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct civic_address *found;
    struct list_page page;
    struct list_query query = {.limit = 10, .count = true, .account = STR("a")};
    (void)arg;
    assert_int_equal(repo_civic_address_find(tx, mem, STR("a"), STR("iD-1"), &found, err), RC_OK);
    assert_same(&schema_civic_address, &address_full, found, mem);
    assert_revision(address_full.revision, found->revision);
    assert_int_equal(repo_civic_addresses_list(tx, mem, &query, &page, err), RC_OK);
    assert_int_equal(page.count, 1);
    assert_int_equal(page.items.count, 1);
    return repo_civic_address_find(tx, mem, STR("a"), STR("id-2"), &found, err);
}

static enum rc remove_addresses(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct civic_address *found;
    (void)arg;
    assert_int_equal(repo_civic_addresses_remove(tx, STR("a"), err), RC_OK);
    assert_int_equal(repo_civic_address_find(tx, mem, STR("b"), STR("id-1"), &found, err), RC_OK);
    return repo_civic_address_find(tx, mem, STR("a"), STR("id-1"), &found, err);
}

static void civic_addresses__belong_to_their_account(struct repo *repo)
{
    assert_int_equal(in_store(repo, REPO_WRITE, put_addresses, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, check_addresses, NULL), RC_NOT_FOUND);
    assert_int_equal(in_store(repo, REPO_WRITE, remove_addresses, NULL), RC_NOT_FOUND);
}

/* ---- records ---- */

static enum rc add_operation(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    return repo_operation_add(tx, arg, err);
}

static enum rc check_operation(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct operation *want = arg, *found = NULL;
    enum rc rc = repo_operation_find(tx, mem, &want->op, &found, err);
    if (rc == RC_OK) {
        assert_memory_equal(want->fingerprint, found->fingerprint, sizeof want->fingerprint);
        assert_int_equal(want->first_sent.ms, found->first_sent.ms);
        assert_int_equal(want->status, found->status);
        assert_true(want->etag.configuration == found->etag.configuration &&
                    want->etag.status == found->etag.status);
    }
    return rc;
}

static void operation__is_kept_once_and_for_a_day(struct repo *repo)
{
    struct operation operation = {.op = {STR("caller"), STR("id")},
                                  .fingerprint = {1, 2, 255},
                                  .first_sent = clock_wall(),
                                  .status = 201,
                                  .etag = {5, UINT64_MAX}};
    struct operation other = operation, old = operation;
    other.op.caller = STR("other");
    old.op.id = STR("old");
    old.first_sent.ms -= 24 * 3600 * 1000 + 60000;
    assert_int_equal(in_store(repo, REPO_POINT, check_operation, &operation), RC_NOT_FOUND);
    assert_int_equal(in_store(repo, REPO_WRITE, add_operation, &operation), RC_OK);
    assert_int_equal(in_store(repo, REPO_WRITE, add_operation, &operation), RC_CONFLICT);
    assert_int_equal(in_store(repo, REPO_POINT, check_operation, &operation), RC_OK);
    assert_int_equal(in_store(repo, REPO_POINT, check_operation, &other), RC_NOT_FOUND);
    assert_int_equal(in_store(repo, REPO_WRITE, add_operation, &old), RC_OK);
    assert_int_equal(in_store(repo, REPO_POINT, check_operation, &old), RC_NOT_FOUND);
    old.first_sent = clock_wall();
    assert_int_equal(in_store(repo, REPO_WRITE, add_operation, &old),
                     RC_OK); /* takes the place of the old one */
    assert_int_equal(in_store(repo, REPO_POINT, check_operation, &old), RC_OK);
}

static const struct audit_row audit_rows[] = {
    {.at = {1000},
     .action = AUDIT_CREATE,
     .kind = AUDIT_ACCOUNT,
     .account = STR("a"),
     .key = STR("a"),
     .way = ACTOR_PORTAL,
     .caller = STR("c"),
     .name = STR("n"),
     .from = STR("192.0.2.1"),
     .operation_id = STR("o"),
     .request_id = STR("r1"),
     .client_request_id = STR("x"),
     .after = STR("{}")},
    {.at = {2000},
     .action = AUDIT_REPLACE,
     .kind = AUDIT_NUMBER,
     .account = STR("a"),
     .key = STR("+491"),
     .before = STR("{}"),
     .after = STR("{}")},
    {.at = {3000},
     .action = AUDIT_DELETE,
     .kind = AUDIT_NUMBER,
     .account = STR("b"),
     .key = STR("+492"),
     .caller = STR("c"),
     .before = STR("{}")},
    {.at = {4000}, .action = AUDIT_REPLACE, .kind = AUDIT_RFI, .key = STR("t"), .request_id = STR("r1")},
};

static enum rc add_audit(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    enum rc rc = RC_OK;
    (void)mem;
    (void)arg;
    for (size_t i = 0; rc == RC_OK && i < ARRAY_LEN(audit_rows); i++) {
        rc = repo_audit_add(tx, &audit_rows[i], 1, err);
    }
    return rc;
}

static enum rc check_audit(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct wall open = CLOCK_ABSENT;
    const struct {
        struct audit_query query;
        int64_t at[5];
    } table[] = {
        {{.page = {.limit = 9}, .since = open, .until = open}, {1000, 2000, 3000, 4000}},
        {{.page = {.limit = 9, .newest_first = true}, .since = open, .until = open},
         {4000, 3000, 2000, 1000}},
        {{.page = {.limit = 2, .newest_first = true}, .since = open, .until = open}, {4000, 3000}},
        {{.page = {.limit = 9, .account = STR("a")}, .since = open, .until = open}, {1000, 2000}},
        {{.page = {.limit = 9}, .by_kind = true, .kind = AUDIT_ACCOUNT, .since = open, .until = open},
         {1000}},
        {{.page = {.limit = 9}, .key = STR("+492"), .since = open, .until = open}, {3000}},
        {{.page = {.limit = 9}, .caller = STR("c"), .since = open, .until = open}, {1000, 3000}},
        {{.page = {.limit = 9}, .request_id = STR("r1"), .since = {1001}, .until = open}, {4000}},
        {{.page = {.limit = 9}, .since = {2000}, .until = {4000}}, {2000, 3000}},
    };
    (void)arg;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct list_page page;
        assert_int_equal(repo_audit_list(tx, mem, &table[i].query, &page, err), RC_OK);
        const struct audit_row *items = page.items.items;
        for (size_t j = 0; table[i].at[j] != 0; j++) {
            if (j >= page.items.count || items[j].at.ms != table[i].at[j]) {
                fail_msg("case %zu, item %zu", i, j);
            }
        }
        assert_true(page.more == (table[i].query.page.limit < 4));
        if (page.more) { /* goes on downwards */
            struct audit_query next = table[i].query;
            next.page.after = page.last;
            assert_int_equal(repo_audit_list(tx, mem, &next, &page, err), RC_OK);
            items = page.items.items;
            assert_int_equal(page.items.count, 2);
            assert_int_equal(items[0].at.ms, 2000);
            assert_true(items[0].id > items[1].id);
            assert_true(str_eq(items[1].from, STR("192.0.2.1")) &&
                        str_eq(items[1].client_request_id, STR("x")));
            assert_true(items[1].way == ACTOR_PORTAL && str_absent(items[1].before) &&
                        str_eq(items[1].after, STR("{}")));
        }
    }
    return RC_OK;
}

static void audit__lists_what_was_done(struct repo *repo)
{
    assert_int_equal(in_store(repo, REPO_WRITE, add_audit, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, check_audit, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_SCAN, check_audit, NULL), RC_OK);
}

static enum rc touch_outbox(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    (void)arg;
    for (int i = 0; i < 3; i++) {
        enum rc rc = repo_outbox_touch(tx, OUTBOX_DNS, STR("a"), err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    return repo_outbox_touch(tx, OUTBOX_SYNC, STR("a"), err);
}

static enum rc check_outbox(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    CLEANUP(sql_donep) struct sql_stmt *stmt = NULL;
    bool row;
    (void)mem;
    (void)arg;
    assert_int_equal(sql_compile(tx->sql, STR("select seq from outbox order by kind"), &stmt, err), RC_OK);
    for (int64_t want = 1; want <= 3; want += 2) {
        assert_int_equal(sql_step(stmt, &row, err), RC_OK);
        assert_true(row);
        assert_int_equal(sql_read_i64(stmt), want);
    }
    return RC_OK;
}

static void outbox__has_one_row_a_kind_and_account_that_counts_up(struct repo *repo)
{
    assert_int_equal(in_store(repo, REPO_WRITE, touch_outbox, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_POINT, check_outbox, NULL), RC_OK);
}

/* ---- jobs ---- */

static enum rc write_then_refuse(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct number *number = number_of(mem, *(int64_t *)arg, "a");
    enum rc rc = repo_numbers_write(tx, &number, 1, true, err);
    return rc == RC_OK ? err_set(err, RC_DENIED, "Denied", "not this one") : rc;
}

static void job__that_is_refused_leaves_nothing_behind(struct repo *repo)
{
    int64_t number = 42;
    struct step step = {0};
    step_submit(&step, repo, REPO_WRITE, write_then_refuse, &number);
    assert_int_equal(step_wait(&step), RC_DENIED);
    assert_string_equal(step.err.code, "Denied");
    step_clear(&step);
    assert_false(has_number(repo, 42));
    assert_int_equal(put_numbers(repo, "a", 42, 1), RC_OK);
    assert_true(has_number(repo, 42));
}

static void job__that_is_refused_leaves_its_group_alone(struct repo *repo)
{
    int64_t refused[] = {43, 44};
    struct gate gate;
    struct step bad[2] = {0};
    gate_close(&gate, repo);
    step_submit(&bad[0], repo, REPO_WRITE, write_then_refuse, &refused[0]);
    step_submit(&bad[1], repo, REPO_WRITE, write_then_refuse, &refused[1]);
    gate_open(&gate);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(step_wait(&bad[i]), RC_DENIED);
        assert_int_equal(bad[i].runs, 1);
        step_clear(&bad[i]);
    }
    assert_false(has_number(repo, 43) || has_number(repo, 44));
}

static void job__past_its_deadline_is_not_begun(struct repo *repo)
{
    static const enum repo_kind kinds[] = {REPO_POINT, REPO_LIST, REPO_SCAN, REPO_WRITE};
    int64_t number = 1;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct step step = {.job = {.deadline = {1}}};
        step_submit(&step, repo, kinds[i], write_then_refuse, &number);
        if (step_wait(&step) != RC_BUSY || step.runs != 0 || step.err.retry_after_ms == 0) {
            fail_msg("case %zu", i);
        }
        step_clear(&step);
    }
}

static enum rc draw_revisions(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    int64_t *last = arg, revision = 0;
    (void)mem;
    for (int i = 0; i < 1000; i++) {
        enum rc rc = repo_revision_next(tx, &revision, err);
        if (rc != RC_OK) {
            return rc;
        }
        assert_true(revision > *last);
        *last = revision;
    }
    return *last % 2 == 0 ? RC_OK : RC_CONFLICT; /* refused ones do not give theirs back */
}

static void revisions__only_rise(struct repo *repo)
{
    int64_t last = 0;
    for (int i = 0; i < 300; i++) { /* over several blocks */
        enum rc rc = in_store(repo, REPO_WRITE, draw_revisions, &last);
        assert_true(rc == RC_OK || rc == RC_CONFLICT);
        last += i % 3 == 0 ? 0 : 0;
    }
    assert_true(last >= 300000);
}

static enum rc draw_one(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    return repo_revision_next(tx, arg, err);
}

static void reset__leaves_nothing_but_revisions_go_on(struct repo *repo)
{
    int64_t before = 0, after = 0;
    for (int round = 0; round < 2; round++) { /* what is empty can be emptied */
        assert_int_equal(write_account(repo, &account_full, false), RC_OK);
        assert_int_equal(put_numbers(repo, "Contoso", 49301000, 20), RC_OK);
        assert_int_equal(in_store(repo, REPO_WRITE, draw_one, &before), RC_OK);
        assert_int_equal(store_reset(repo, NULL), RC_OK);
        assert_int_equal(store_reset(repo, NULL), RC_OK);
        assert_int_equal(find_account(repo, &account_full), RC_NOT_FOUND);
        assert_false(has_number(repo, 49301000));
        assert_int_equal(in_store(repo, REPO_WRITE, draw_one, &after), RC_OK);
        assert_true(after > before);
    }
}

struct admitted {
    struct admission admission;
    enum rc rc;
    uint32_t retry_after_ms;
    sem_t finished;
};

static void on_admitted(struct admission *admission, enum rc rc, uint32_t retry_after_ms)
{
    struct admitted *admitted = (struct admitted *)(void *)admission;
    admitted->rc = rc;
    admitted->retry_after_ms = retry_after_ms;
    sem_post(&admitted->finished);
}

static bool admit(struct repo *repo)
{
    struct admitted admitted = {
        .admission = {.done = on_admitted, .deadline = mono_after(clock_mono(), 20000)}};
    sem_init(&admitted.finished, 0, 0);
    repo_admit(repo, &admitted.admission);
    while (sem_wait(&admitted.finished) != 0) {
    }
    sem_destroy(&admitted.finished);
    assert_true(admitted.rc == RC_OK || admitted.rc == RC_LIMIT);
    assert_true(admitted.rc == RC_OK || (admitted.retry_after_ms > 0 && admitted.retry_after_ms <= 60000));
    return admitted.rc == RC_OK;
}

static void admission__is_limited_and_the_limit_can_change(struct repo *repo)
{
    for (int i = 0; i < 1000; i++) {
        assert_true(admit(repo)); /* 0 is off */
    }
    store_set_rate(repo, 3);
    assert_true(admit(repo) && admit(repo) && admit(repo));
    assert_false(admit(repo));
    store_set_rate(repo, 4); /* what was admitted counts */
    assert_true(admit(repo));
    assert_false(admit(repo));
    store_set_rate(repo, 2);
    assert_false(admit(repo));
    store_set_rate(repo, 0);
    assert_true(admit(repo));
}

#define CASE(name)                                                                                           \
    {                                                                                                        \
#name, name                                                                                          \
    }
const struct conformance_case conformance_cases[] = {
    CASE(account__comes_back_as_it_was),
    CASE(account__is_replaced_whole),
    CASE(account__is_removed_with_its_counters),
    CASE(account__holds_its_subdomain_label_in_any_letter_case),
    CASE(counters__add_up_and_show_in_the_account),
    CASE(number__comes_back_as_it_was),
    CASE(numbers__are_removed_and_absent_ones_do_not_matter),
    CASE(numbers_list__goes_on_after_its_cursor),
    CASE(numbers_list__that_ends_with_its_page_has_no_more),
    CASE(numbers_list__skips_and_keeps_to_the_account),
    CASE(numbers_list__ends_a_page_of_large_items_early),
    CASE(filter__finds_what_it_says),
    CASE(filter__refuses_what_cannot_be_compared),
    CASE(filter__knows_every_scalar_field_of_the_contract),
    CASE(scan__gives_what_a_list_gives),
    CASE(scan__whose_time_is_up_gives_a_short_page_that_goes_on),
    CASE(scan__whose_time_is_up_refuses_to_count),
    CASE(accounts_list__is_in_byte_order_and_knows_counts),
    CASE(rfi__comes_back_with_the_first_account_of_its_tenant),
    CASE(civic_addresses__belong_to_their_account),
    CASE(operation__is_kept_once_and_for_a_day),
    CASE(audit__lists_what_was_done),
    CASE(outbox__has_one_row_a_kind_and_account_that_counts_up),
    CASE(lease__is_held_by_one_until_it_is_released),
    CASE(lease__that_expired_goes_to_the_next_and_refuses_the_late_one),
    CASE(lease__that_expired_is_lost_even_if_nobody_took_it),
    CASE(lease__is_renewed_by_its_holder_alone),
    CASE(fence__undoes_what_a_late_holder_wrote),
    CASE(outbox__lists_what_is_due_the_longest_due_first),
    CASE(outbox__row_touched_during_the_work_stays),
    CASE(outbox__row_that_went_and_came_back_is_another),
    CASE(outbox__put_off_is_not_due_until_it_is_touched),
    CASE(outbox__put_off_is_due_again_in_time),
    CASE(outbox__is_settled_under_the_lease_alone),
    CASE(outbox__failure_is_kept_with_its_cause_until_a_run_goes_well),
    CASE(outbox__nothing_to_do_ends_a_failure_and_is_no_success),
    CASE(outbox__waiting_for_what_was_begun_ends_no_failure),
    CASE(outbox__row_touched_during_the_work_takes_over_what_became_of_it),
    CASE(outbox__row_whose_work_is_done_rests_until_it_is_touched),
    CASE(pause__hides_a_key_or_a_kind_until_it_ends),
    CASE(job__comes_back_as_it_was),
    CASE(job__progress_is_written_under_the_fence_alone),
    CASE(jobs_open__go_on_after_the_last),
    CASE(acquired__comes_back_as_it_was),
    CASE(acquired__lists_are_by_state_and_account),
    CASE(acquired__pages_go_on_after_the_last),
    CASE(numbers_pending__are_those_the_back_end_does_not_have),
    CASE(numbers_unsettled__are_listed_and_counted),
    CASE(numbers_hidden__are_seen_by_the_worker_alone_until_nothing_is_held),
    CASE(acquired__that_was_refused_waits),
    CASE(accounts_of_tenant__are_found_in_any_letter_case),
    CASE(civic_address__is_removed_alone),
    CASE(outbox_state__is_told_whether_due_or_not),
    CASE(outbox_counts__are_bounded_and_know_the_oldest),
    CASE(outbox_retry__touches_what_fails),
    CASE(jobs_open_count__is_bounded),
    CASE(jobs_forget__removes_what_ended_long_ago),
    CASE(subdomain__comes_back_as_it_was),
    CASE(subdomains__are_listed_by_label_and_of_an_account),
    CASE(subdomains__are_counted_by_status),
    CASE(accounts_unpublished__are_those_whose_label_no_row_of_theirs_keeps),
    CASE(lines__are_found_by_number_but_for_hidden_ones),
    CASE(lines__are_walked_over_all_slices),
    CASE(lines__whose_time_is_up_go_on_behind_the_last),
    CASE(account_lines__are_of_those_that_are_there),
    CASE(zone_serial__only_rises),
    CASE(zone_facts__raise_the_serial_when_they_change),
    CASE(number_job__comes_back_as_it_was),
    CASE(number_job__of_a_caller_runs_alone),
    CASE(number_jobs__are_listed_newest_first_and_counted),
    CASE(number_job_input__comes_back_until_the_job_goes),
    CASE(number_job_rows__are_pending_until_they_are_settled),
    CASE(job__that_is_refused_leaves_nothing_behind),
    CASE(job__that_is_refused_leaves_its_group_alone),
    CASE(job__past_its_deadline_is_not_begun),
    CASE(revisions__only_rise),
    CASE(reset__leaves_nothing_but_revisions_go_on),
    CASE(reset__leaves_leases_and_their_generations),
    CASE(reset__leaves_no_subdomain_and_raises_the_serial),
    CASE(admission__is_limited_and_the_limit_can_change),
    {0},
};
