/* What the DNS work asks of the store, the same on every driver. */
#include "conformance.h"

#include <stdio.h>

#include "common/base/clock.h"

/* ---- rows ---- */

static const struct subdomain full = {.label = STR("contoso1"),
                                      .account = STR("Contoso"),
                                      .tokens = {STR("MS=ms1"), STR("MS=ms2")},
                                      .state = SUBDOMAIN_LEAVING,
                                      .status = SUBDOMAIN_INCONSISTENT,
                                      .problem_code = STR("DnsForeignRecord"),
                                      .problem_message = STR("a \"record\" \xc3\xa9"),
                                      .checked_at = {1790000000123}};
static const struct subdomain bare = {
    .label = STR("-bare_"), .account = STR("b"), .state = SUBDOMAIN_KEPT, .checked_at = CLOCK_ABSENT};

static enum rc put_row(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    return repo_subdomain_write(tx, arg, err);
}

static void put(struct repo *repo, struct subdomain row)
{
    assert_int_equal(in_store(repo, REPO_WRITE, put_row, &row), RC_OK);
}

static void assert_text(struct str found, struct str want)
{
    assert_int_equal(str_absent(found), str_absent(want));
    assert_true(str_eq(found, want));
}

static void assert_row(const struct subdomain *found, const struct subdomain *want)
{
    assert_text(found->label, want->label);
    assert_text(found->account, want->account);
    assert_true(str_eq(found->tokens[0], want->tokens[0]) && str_eq(found->tokens[1], want->tokens[1]));
    assert_int_equal(found->state, want->state);
    assert_int_equal(found->status, want->status);
    assert_text(found->problem_code, want->problem_code);
    assert_text(found->problem_message, want->problem_message);
    assert_int_equal(found->checked_at.ms, want->checked_at.ms);
}

static enum rc check_row(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct subdomain *want = arg;
    struct subdomain found;
    enum rc rc = repo_subdomain_find(tx, mem, want->label, &found, err);
    if (rc == RC_OK) {
        assert_row(&found, want);
    }
    return rc;
}

static enum rc find_row(struct repo *repo, struct subdomain want)
{
    return in_store(repo, REPO_POINT, check_row, &want);
}

static enum rc remove_row(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    return repo_subdomain_remove(tx, ((const struct subdomain *)arg)->label, err);
}

void subdomain__comes_back_as_it_was(struct repo *repo)
{
    struct subdomain row = full;
    assert_int_equal(find_row(repo, full), RC_NOT_FOUND);
    put(repo, full);
    put(repo, bare);
    assert_int_equal(find_row(repo, full), RC_OK);
    assert_int_equal(find_row(repo, bare), RC_OK);
    row = bare; /* replaced whole, its account too */
    row.label = full.label;
    put(repo, row);
    assert_int_equal(find_row(repo, row), RC_OK);
    assert_int_equal(in_store(repo, REPO_WRITE, remove_row, &row), RC_OK);
    assert_int_equal(find_row(repo, row), RC_NOT_FOUND);
    assert_int_equal(in_store(repo, REPO_WRITE, remove_row, &row), RC_OK); /* again */
    assert_int_equal(find_row(repo, bare), RC_OK);
}

/* ---- lists ---- */

static void put_named(struct repo *repo, const char *label, const char *account, enum subdomain_state state,
                      enum subdomain_status status)
{
    struct subdomain row = bare;
    row.label = str_of(label);
    row.account = str_of(account);
    row.state = state;
    row.status = status;
    row.problem_code = row.problem_message =
        status == SUBDOMAIN_INCONSISTENT ? STR("DnsNotServed") : STR_NONE;
    put(repo, row);
}

struct listing {
    const char *account, *after; /* account NULL: of all */
    size_t limit;
    char labels[200];
};

static enum rc list_labels(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct listing *listing = arg;
    struct subdomain_list list;
    enum rc rc = listing->account != NULL
                     ? repo_subdomains_of(tx, mem, str_of(listing->account), &list, err)
                     : repo_subdomains_list(tx, mem, str_of(listing->after), listing->limit, &list, err);
    listing->labels[0] = '\0';
    for (size_t i = 0; rc == RC_OK && i < list.count; i++) {
        size_t n = strlen(listing->labels);
        snprintf(listing->labels + n, sizeof listing->labels - n, "%s%" STR_FMT, n > 0 ? " " : "",
                 STR_ARG(list.items[i].label));
    }
    return rc;
}

static void assert_list(struct repo *repo, struct listing listing, const char *labels)
{
    assert_int_equal(in_store(repo, REPO_LIST, list_labels, &listing), RC_OK);
    assert_string_equal(listing.labels, labels);
}

/* Labels in byte order, whatever a database thinks of hyphens. */
void subdomains__are_listed_by_label_and_of_an_account(struct repo *repo)
{
    static const char *const labels[] = {"b", "a-1", "a_1", "a1", "_x", "-x", "10", "9", "ab", "aa", "zz"};
    for (size_t i = 0; i < ARRAY_LEN(labels); i++) {
        put_named(repo, labels[i], i % 2 == 0 ? "even" : "Even",
                  i % 3 == 0 ? SUBDOMAIN_LEAVING : SUBDOMAIN_KEPT, SUBDOMAIN_ABSENT);
    }
    assert_list(repo, (struct listing){.limit = 100}, "-x 10 9 _x a-1 a1 a_1 aa ab b zz");
    assert_list(repo, (struct listing){.limit = 4}, "-x 10 9 _x");
    assert_list(repo, (struct listing){.after = "_x", .limit = 4}, "a-1 a1 a_1 aa");
    assert_list(repo, (struct listing){.after = "a", .limit = 2}, "a-1 a1");
    assert_list(repo, (struct listing){.after = "zz", .limit = 4}, "");
    assert_list(repo, (struct listing){.account = "even"}, "10 _x a_1 ab b zz");
    assert_list(repo, (struct listing){.account = "Even"}, "-x 9 a-1 a1 aa");
    assert_list(repo, (struct listing){.account = "nobody"}, "");
}

static enum rc check_counts(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct subdomain_counts *want = arg;
    struct subdomain_counts found;
    (void)mem;
    enum rc rc = repo_subdomain_counts(tx, &found, err);
    assert_int_equal(found.kept, want->kept);
    assert_int_equal(found.leaving, want->leaving);
    assert_int_equal(found.problems, want->problems);
    for (size_t i = 0; i < ARRAY_LEN(found.of_status); i++) {
        assert_int_equal(found.of_status[i], want->of_status[i]);
    }
    return rc;
}

void subdomains__are_counted_by_status(struct repo *repo)
{
    struct subdomain_counts none = {0}, some = {.kept = 4, .leaving = 2, .problems = 2};
    some.of_status[SUBDOMAIN_ABSENT] = 1;
    some.of_status[SUBDOMAIN_PROVISIONED] = 2;
    some.of_status[SUBDOMAIN_INCONSISTENT] = 1;
    assert_int_equal(in_store(repo, REPO_LIST, check_counts, &none), RC_OK);
    put_named(repo, "a", "x", SUBDOMAIN_KEPT, SUBDOMAIN_ABSENT);
    put_named(repo, "b", "x", SUBDOMAIN_KEPT, SUBDOMAIN_PROVISIONED);
    put_named(repo, "c", "x", SUBDOMAIN_KEPT, SUBDOMAIN_PROVISIONED);
    put_named(repo, "d", "x", SUBDOMAIN_KEPT, SUBDOMAIN_INCONSISTENT);
    put_named(repo, "e", "x", SUBDOMAIN_LEAVING, SUBDOMAIN_INCONSISTENT);
    put_named(repo, "f", "x", SUBDOMAIN_LEAVING, SUBDOMAIN_PROVISIONED);
    assert_int_equal(in_store(repo, REPO_LIST, check_counts, &some), RC_OK);
}

/* ---- accounts that are not published ---- */

static enum rc put_account(struct repo_tx *tx, struct arena *mem, const char *name, const char *label,
                           bool enabled, struct err *err)
{
    static const struct subdomain_tokens tokens = {STR("t1"), STR("t2")};
    struct direct_routing_config *config = arena_new_of(mem, struct direct_routing_config);
    struct account_service *service = arena_new_of(mem, struct account_service);
    struct account_services *services = arena_new_of(mem, struct account_services);
    *config = (struct direct_routing_config){true, str_of(label), &tokens};
    *service = (struct account_service){.enabled = enabled, .configuration = label != NULL ? config : NULL};
    services->of[SERVICE_DIRECT_ROUTING] = service;
    const struct account account = {.name = str_of(name), .services = services};
    return repo_account_write(tx, &account, false, err);
}

static enum rc put_accounts(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    static const struct {
        const char *name, *label;
        bool enabled;
    } accounts[] = {{"published", "Pub", true}, {"never", "never", true}, {"off", "off", false},
                    {"plain", NULL, true},      {"moved", "new", true},   {"leaves", "leaves", true},
                    {"taken", "taken", true},   {"Zwei", "zwei", true}};
    enum rc rc = RC_OK;
    (void)arg;
    for (size_t i = 0; rc == RC_OK && i < ARRAY_LEN(accounts); i++) {
        rc = put_account(tx, mem, accounts[i].name, accounts[i].label, accounts[i].enabled, err);
    }
    return rc;
}

static enum rc list_unpublished(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct listing *listing = arg;
    struct text_list names;
    enum rc rc = repo_accounts_unpublished(tx, mem, str_of(listing->after), listing->limit, &names, err);
    listing->labels[0] = '\0';
    for (size_t i = 0; rc == RC_OK && i < names.count; i++) {
        size_t n = strlen(listing->labels);
        snprintf(listing->labels + n, sizeof listing->labels - n, "%s%" STR_FMT, n > 0 ? " " : "",
                 STR_ARG(names.items[i]));
    }
    return rc;
}

static void assert_unpublished(struct repo *repo, const char *after, size_t limit, const char *names)
{
    struct listing listing = {.after = after, .limit = limit};
    assert_int_equal(in_store(repo, REPO_LIST, list_unpublished, &listing), RC_OK);
    assert_string_equal(listing.labels, names);
}

void accounts_unpublished__are_those_whose_label_no_row_of_theirs_keeps(struct repo *repo)
{
    assert_unpublished(repo, NULL, 9, "");
    assert_int_equal(in_store(repo, REPO_WRITE, put_accounts, NULL), RC_OK);
    put_named(repo, "pub", "published", SUBDOMAIN_KEPT, SUBDOMAIN_ABSENT); /* labels in any letter case */
    put_named(repo, "old", "moved", SUBDOMAIN_KEPT, SUBDOMAIN_PROVISIONED);
    put_named(repo, "leaves", "leaves", SUBDOMAIN_LEAVING, SUBDOMAIN_PROVISIONED);
    put_named(repo, "taken", "before", SUBDOMAIN_KEPT, SUBDOMAIN_PROVISIONED);
    assert_unpublished(repo, NULL, 9, "Zwei leaves moved never taken");
    assert_unpublished(repo, NULL, 2, "Zwei leaves");
    assert_unpublished(repo, "leaves", 2, "moved never");
    assert_unpublished(repo, "taken", 9, "");
}

/* ---- the zone's serial ---- */

struct raising {
    struct wall now;
    int64_t facts; /* 0: raised whatever they are */
    uint32_t serial;
};

static enum rc raise(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct raising *raising = arg;
    (void)mem;
    enum rc rc = raising->facts != 0 ? repo_zone_facts(tx, raising->facts, raising->now, err)
                                     : repo_zone_serial_raise(tx, raising->now, err);
    return rc == RC_OK ? repo_zone_serial(tx, &raising->serial, err) : rc;
}

static uint32_t raised(struct repo *repo, int64_t now_s, int64_t facts)
{
    struct raising raising = {.now = {now_s * 1000 + 999}, .facts = facts};
    assert_int_equal(in_store(repo, REPO_WRITE, raise, &raising), RC_OK);
    return raising.serial;
}

static enum rc read_serial(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    return repo_zone_serial(tx, arg, err);
}

static uint32_t serial_of(struct repo *repo)
{
    uint32_t serial = 77;
    assert_int_equal(in_store(repo, REPO_POINT, read_serial, &serial), RC_OK);
    return serial;
}

/* At least the time, and always more than before: also when a clock goes back, or stands still. */
void zone_serial__only_rises(struct repo *repo)
{
    assert_int_equal(serial_of(repo), 0);
    assert_int_equal(raised(repo, 1790000000, 0), 1790000000);
    assert_int_equal(raised(repo, 1790000000, 0), 1790000001);
    assert_int_equal(raised(repo, 1780000000, 0), 1790000002);
    assert_int_equal(raised(repo, 1790000002, 0), 1790000003);
    assert_int_equal(raised(repo, 1790000500, 0), 1790000500);
    assert_int_equal(raised(repo, 3000000000, 0), 3000000000U); /* above 2^31 */
    assert_int_equal(serial_of(repo), 3000000000U);
}

void zone_facts__raise_the_serial_when_they_change(struct repo *repo)
{
    assert_int_equal(raised(repo, 100, INT64_MAX), 100);
    assert_int_equal(raised(repo, 200, INT64_MAX), 100);
    assert_int_equal(raised(repo, 300, 5), 300);
    assert_int_equal(raised(repo, 300, 5), 300);
    assert_int_equal(raised(repo, 300, INT64_MAX), 301);
}

/* The file's writer looks at the serial alone: with the rows it has to change as well, and never to what it was. */
void reset__leaves_no_subdomain_and_raises_the_serial(struct repo *repo)
{
    assert_int_equal(store_reset(repo, NULL), RC_OK);
    assert_int_equal(serial_of(repo), 0); /* there never was a zone */
    put(repo, full);
    uint32_t before = raised(repo, clock_wall().ms / 1000 + 1000, 0);
    assert_int_equal(store_reset(repo, NULL), RC_OK);
    assert_int_equal(find_row(repo, full), RC_NOT_FOUND);
    assert_int_equal(serial_of(repo), before + 1);
}
