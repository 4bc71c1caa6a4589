#include "conformance.h"

/* ---- lines of numbers ---- */

static const struct number_service enabled = {.enabled = true};
static const struct number_service assigned = {.enabled = true, .assignment_status = ASSIGNMENT_ASSIGNED};
static const struct number_service unassigned = {.assignment_status = ASSIGNMENT_UNASSIGNED};
static const struct number_services services = {{&assigned, &unassigned, NULL, &enabled, NULL}};
static const struct number_config config = {STR("left")};
static const struct number full = {.telephone_number = 4930201,
                                   .account_name = STR("alder"),
                                   .provisioning_status = PROVISIONING_FAILED,
                                   .services = &services,
                                   .configuration = &config,
                                   .revision.configuration_at = {1790000000000},
                                   .provenance = {2, STR("Ada Admin")}};
#define HIDDEN 4930203

static enum rc put_full(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct number *numbers[] = {&full};
    const int64_t hidden[] = {HIDDEN};
    (void)mem;
    (void)arg;
    enum rc rc = repo_numbers_write(tx, numbers, 1, true, err);
    return rc == RC_OK ? repo_numbers_hide(tx, hidden, 1, err) : rc;
}

/* 4930200 to 4930229 of alder, of which 4930201 says something and 4930203 is hidden; 4930300 of birch. */
static void given_numbers(struct repo *repo)
{
    assert_int_equal(put_numbers(repo, "alder", 4930200, 30), RC_OK);
    assert_int_equal(put_numbers(repo, "birch", 4930300, 1), RC_OK);
    assert_int_equal(in_store(repo, REPO_WRITE, put_full, NULL), RC_OK);
}

static enum rc check_lines(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    int64_t keys[1200];
    struct number_line *lines = arena_alloc_array(mem, ARRAY_LEN(keys), sizeof *lines);
    (void)arg;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        keys[i] = 4929000 + (int64_t)i * 2 + (i > 600 ? 1 : 0); /* even ones, then odd ones */
    }
    assert_int_equal(repo_lines_find(tx, mem, keys, ARRAY_LEN(keys), lines, err), RC_OK);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        bool there = keys[i] >= 4930200 && keys[i] < 4930230 && keys[i] != HIDDEN;
        assert_int_equal(lines[i].telephone_number, there ? keys[i] : 0);
    }
    const struct number_line *line = &lines[600];
    assert_int_equal(line->telephone_number, 4930200);
    assert_true(str_eq(line->account_name, STR("alder")));
    assert_int_equal(line->provenance.way, 0);
    const int64_t one = full.telephone_number;
    struct number_line found;
    assert_int_equal(repo_lines_find(tx, mem, &one, 1, &found, err), RC_OK);
    assert_int_equal(found.services, 1U << SERVICE_OPERATOR_CONNECT | 1U << SERVICE_ZOOM);
    assert_int_equal(found.provisioning_status, PROVISIONING_FAILED);
    assert_int_equal(found.assignment_status, ASSIGNMENT_ASSIGNED);
    assert_true(str_eq(found.custom_sip_header, STR("left")));
    assert_int_equal(found.provenance.way, 2);
    assert_true(str_eq(found.provenance.name, STR("Ada Admin")));
    assert_int_equal(found.changed_at.ms, 1790000000000);
    return repo_lines_find(tx, mem, keys, 0, lines, err);
}

void lines__are_found_by_number_but_for_hidden_ones(struct repo *repo)
{
    given_numbers(repo);
    assert_int_equal(in_store(repo, REPO_LIST, check_lines, NULL), RC_OK);
}

struct walked {
    struct line_walk walk;
    int64_t keys[64];
    size_t count, room;
    bool out_of_time, more;
    int64_t last;
};

static bool take(void *arg, const struct number_line *line)
{
    struct walked *walked = arg;
    if (walked->count == walked->room) {
        return false;
    }
    assert_false(str_empty(line->account_name));
    walked->keys[walked->count++] = line->telephone_number;
    return true;
}

static enum rc walk(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct walked *walked = arg;
    (void)mem;
    walked->walk.take = take;
    walked->walk.arg = walked;
    walked->walk.end_us = walked->out_of_time ? 1 : 0;
    return repo_lines_walk(tx, &walked->walk, &walked->more, &walked->last, err);
}

void lines__are_walked_over_all_slices(struct repo *repo)
{
    given_numbers(repo);
    struct walked all = {.room = 64};
    assert_int_equal(in_store(repo, REPO_SCAN, walk, &all), RC_OK);
    assert_int_equal(all.count, 30);
    assert_false(all.more);
    assert_int_equal(all.last, 4930300);
    struct walked some = {.room = 11, .walk = {.account = STR("alder"), .after = 4930202}};
    assert_int_equal(in_store(repo, REPO_SCAN, walk, &some), RC_OK);
    assert_int_equal(some.count, 11);
    assert_int_equal(some.keys[0], 4930204);
    assert_true(some.more);
    assert_int_equal(some.last, some.keys[10]);
    struct walked none = {.room = 64, .walk = {.account = STR("birch"), .after = 4930300}};
    assert_int_equal(in_store(repo, REPO_SCAN, walk, &none), RC_OK);
    assert_int_equal(none.count, 0);
    assert_false(none.more);
}

/* It always comes on by a slice, and says so. */
void lines__whose_time_is_up_go_on_behind_the_last(struct repo *repo)
{
    given_numbers(repo);
    struct walked walked = {.room = 64, .out_of_time = true, .more = true};
    size_t walks = 0;
    for (; walked.more; walks++) {
        assert_int_equal(in_store(repo, REPO_SCAN, walk, &walked), RC_OK);
        walked.walk.after = walked.last;
    }
    assert_int_equal(walked.count, 30);
    assert_int_equal(walks, 31 / CONFORMANCE_SLICE + 1);
    for (size_t i = 1; i < walked.count; i++) {
        assert_true(walked.keys[i] > walked.keys[i - 1]);
    }
}

/* ---- lines of accounts ---- */

static enum rc put_accounts(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    static const struct account_services none;
    static const struct account accounts[] = {
        {.name = STR("alder"),
         .services = &none,
         .provenance = {1, STR_NONE},
         .revision.configuration_at = {5}},
        {.name = STR("birch"), .services = &none},
    };
    const struct number_counts counts = {.all = 30};
    (void)mem;
    (void)arg;
    enum rc rc = repo_account_write(tx, &accounts[0], false, err);
    rc = rc == RC_OK ? repo_account_write(tx, &accounts[1], false, err) : rc;
    return rc == RC_OK ? repo_number_counts_add(tx, STR("alder"), &counts, (struct wall){5}, err) : rc;
}

static enum rc check_accounts(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct str names[] = {STR("alder"), STR("ash"), STR("birch")};
    struct account_line lines[3];
    size_t count;
    (void)arg;
    assert_int_equal(repo_account_lines_find(tx, mem, names, 3, lines, &count, err), RC_OK);
    assert_int_equal(count, 2);
    assert_true(str_eq(lines[0].name, STR("alder")) && str_eq(lines[1].name, STR("birch")));
    assert_int_equal(lines[0].numbers, 30);
    assert_int_equal(lines[1].numbers, 0);
    assert_int_equal(lines[0].provenance.way, 1);
    assert_int_equal(lines[1].provenance.way, 0);
    assert_int_equal(lines[0].changed_at.ms, 5);
    assert_int_equal(repo_account_lines_find(tx, mem, names, 0, lines, &count, err), RC_OK);
    assert_int_equal(count, 0);
    return RC_OK;
}

void account_lines__are_of_those_that_are_there(struct repo *repo)
{
    assert_int_equal(in_store(repo, REPO_WRITE, put_accounts, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, check_accounts, NULL), RC_OK);
}
