/* What number jobs ask of the store, the same on every driver. */
#include "conformance.h"

#include "common/base/clock.h"

static const struct number_job full = {.id = STR("11111111-1111-4111-8111-111111111111"),
                                       .number = 5,
                                       .kind = NUMBER_JOB_CHANGE,
                                       .state = NUMBER_JOB_FAILED,
                                       .source = NUMBER_JOB_FILTER,
                                       .account = STR("Contoso"),
                                       .filter = STR("accountName eq 'x'"),
                                       .settings = STR("{\"a\":\"\xc3\xa9\"}"),
                                       .columns = UINT64_MAX,
                                       .actor = {.way = ACTOR_JOB,
                                                 .caller = STR("tenant/client/ada"),
                                                 .tenant = STR("tenant"),
                                                 .client_id = STR("client"),
                                                 .object_id = STR("ada"),
                                                 .name = STR("Ada Admin"),
                                                 .roles = ROLE_READ | ROLE_WRITE,
                                                 .is_user = true,
                                                 .request_id = STR("request"),
                                                 .client_request_id = STR("client-request")},
                                       .created_at = {1790000000123},
                                       .started_at = {1790000000124},
                                       .ended_at = {1790000000125},
                                       .place = 441632960000,
                                       .retrying = true,
                                       .counts = {1, 2, 3, 4, 5, 6, 7, 8, 9},
                                       .error_code = STR("TooManyRows"),
                                       .error_message = STR("too many")};

static struct number_job bare(const char *id, int64_t number, enum number_job_state state)
{
    return (struct number_job){.id = str_of(id),
                               .number = number,
                               .kind = NUMBER_JOB_DELETE,
                               .state = state,
                               .source = NUMBER_JOB_LIST,
                               .actor = {.way = ACTOR_JOB, .caller = STR("bare")},
                               .created_at = {1},
                               .started_at = CLOCK_ABSENT,
                               .ended_at = CLOCK_ABSENT};
}

static void assert_text(struct str found, struct str want)
{
    assert_int_equal(str_absent(found), str_absent(want));
    assert_true(str_eq(found, want));
}

static void assert_actor(const struct actor *found, const struct actor *want)
{
    assert_int_equal(found->way, ACTOR_JOB);
    assert_text(found->caller, want->caller);
    assert_text(found->tenant, want->tenant);
    assert_text(found->client_id, want->client_id);
    assert_text(found->object_id, want->object_id);
    assert_text(found->name, want->name);
    assert_int_equal(found->roles, want->roles);
    assert_int_equal(found->is_user, want->is_user);
    assert_int_equal(found->from.family, want->from.family);
    assert_text(found->request_id, want->request_id);
    assert_text(found->client_request_id, want->client_request_id);
}

static void assert_job(const struct number_job *found, const struct number_job *want)
{
    assert_text(found->id, want->id);
    assert_int_equal(found->number, want->number);
    assert_int_equal(found->kind, want->kind);
    assert_int_equal(found->state, want->state);
    assert_int_equal(found->source, want->source);
    assert_text(found->account, want->account);
    assert_text(found->filter, want->filter);
    assert_text(found->settings, want->settings);
    assert_true(found->columns == want->columns);
    assert_actor(&found->actor, &want->actor);
    assert_int_equal(found->created_at.ms, want->created_at.ms);
    assert_int_equal(found->started_at.ms, want->started_at.ms);
    assert_int_equal(found->ended_at.ms, want->ended_at.ms);
    assert_int_equal(found->place, want->place);
    assert_int_equal(found->retrying, want->retrying);
    assert_memory_equal(&found->counts, &want->counts, sizeof found->counts);
    assert_text(found->error_code, want->error_code);
    assert_text(found->error_message, want->error_message);
}

static enum rc add_job(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    return repo_number_job_add(tx, arg, err);
}

static enum rc write_job(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    return repo_number_job_write(tx, arg, err);
}

static enum rc remove_job(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    return repo_number_job_remove(tx, arg, err);
}

static enum rc check_job(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    const struct number_job *want = arg, *found = NULL;
    enum rc rc = repo_number_job_find(tx, mem, want->id, REPO_UPDATE, &found, err);
    if (rc == RC_OK) {
        assert_job(found, want);
    }
    return rc;
}

static void put(struct repo *repo, struct number_job job)
{
    assert_int_equal(in_store(repo, REPO_WRITE, add_job, &job), RC_OK);
}

void number_job__comes_back_as_it_was(struct repo *repo)
{
    struct number_job job = full, other = bare("b", 6, NUMBER_JOB_PREVIEWING);
    assert_true(net_parse(STR("192.0.2.7"), &job.actor.from));
    assert_int_equal(in_store(repo, REPO_POINT, check_job, &job), RC_NOT_FOUND);
    put(repo, job);
    put(repo, other);
    assert_int_equal(in_store(repo, REPO_POINT, check_job, &job), RC_OK);
    assert_int_equal(in_store(repo, REPO_WRITE, check_job, &other), RC_OK);
    other = full;
    other.id = STR("b");
    other.number = 6;
    other.kind = NUMBER_JOB_DELETE;
    other.source = NUMBER_JOB_LIST;
    assert_int_equal(in_store(repo, REPO_WRITE, write_job, &other), RC_OK);
    assert_int_equal(in_store(repo, REPO_POINT, check_job, &other), RC_OK);
    assert_int_equal(in_store(repo, REPO_WRITE, remove_job, &other), RC_OK);
    assert_int_equal(in_store(repo, REPO_POINT, check_job, &other), RC_NOT_FOUND);
    assert_int_equal(in_store(repo, REPO_POINT, check_job, &job), RC_OK);
}

void number_job__of_a_caller_runs_alone(struct repo *repo)
{
    struct number_job one = bare("a", 1, NUMBER_JOB_QUEUED), two = bare("b", 2, NUMBER_JOB_PREVIEWED);
    put(repo, one);
    put(repo, two);
    two.state = NUMBER_JOB_APPLYING;
    assert_int_not_equal(in_store(repo, REPO_WRITE, write_job, &two), RC_OK);
    two.actor.caller = STR("another");
    assert_int_equal(in_store(repo, REPO_WRITE, write_job, &two), RC_OK);
    one.state = NUMBER_JOB_APPLYING;
    assert_int_equal(in_store(repo, REPO_WRITE, write_job, &one), RC_OK);
}

/* ---- lists ---- */

#define STATE(name) (1U << NUMBER_JOB_##name)

static enum rc check_lists(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)arg;
    struct list_page page;
    struct list_query query = {.limit = 2, .newest_first = true};
    assert_int_equal(repo_number_jobs_list(tx, mem, STR("bare"), &query, &page, err), RC_OK);
    const struct number_job *jobs = page.items.items;
    assert_true(page.items.count == 2 && page.more && page.last.number == 3);
    assert_true(jobs[0].number == 4 && jobs[1].number == 3);
    query.after = page.last;
    query.limit = 10;
    assert_int_equal(repo_number_jobs_list(tx, mem, STR("bare"), &query, &page, err), RC_OK);
    assert_true(page.items.count == 2 && !page.more);
    query.after = (struct cursor){0};
    assert_int_equal(repo_number_jobs_list(tx, mem, STR_NONE, &query, &page, err), RC_OK);
    return page.items.count == 5 ? RC_OK : RC_INTERNAL;
}

static enum rc check_counts(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)arg;
    int64_t count = 0;
    struct str id;
    assert_int_equal(repo_number_jobs_count(tx, STR("bare"), STATE(DONE) | STATE(FAILED), 0, &count, err),
                     RC_OK);
    assert_int_equal(count, 3);
    assert_int_equal(repo_number_jobs_count(tx, STR("bare"), STATE(DONE), 2, &count, err), RC_OK);
    assert_int_equal(count, 1);
    unsigned ended = STATE(DONE) | STATE(FAILED);
    assert_int_equal(repo_number_jobs_surplus(tx, mem, STR("bare"), ended, 2, &id, err), RC_OK);
    assert_text(id, STR("a"));
    return repo_number_jobs_surplus(tx, mem, STR("bare"), ended, 3, &id, err);
}

void number_jobs__are_listed_newest_first_and_counted(struct repo *repo)
{
    put(repo, bare("a", 1, NUMBER_JOB_DONE));
    put(repo, bare("b", 2, NUMBER_JOB_FAILED));
    put(repo, bare("c", 3, NUMBER_JOB_DONE));
    put(repo, bare("d", 4, NUMBER_JOB_PREVIEWED));
    put(repo, full);
    assert_int_equal(in_store(repo, REPO_LIST, check_lists, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, check_counts, NULL), RC_NOT_FOUND);
}

/* ---- input ---- */

static enum rc add_input(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    (void)arg;
    enum rc rc = repo_number_job_input_add(tx, 1, 0, STR("a\n\xc3\xa9"), err);
    return rc == RC_OK ? repo_number_job_input_add(tx, 1, 1, STR(""), err) : rc;
}

static enum rc check_input(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct str text;
    (void)arg;
    enum rc rc = repo_number_job_input_read(tx, mem, 1, 0, &text, err);
    if (rc != RC_OK) {
        return rc;
    }
    assert_text(text, STR("a\n\xc3\xa9"));
    assert_int_equal(repo_number_job_input_read(tx, mem, 1, 1, &text, err), RC_OK);
    assert_text(text, STR(""));
    assert_int_equal(repo_number_job_input_read(tx, mem, 1, 2, &text, err), RC_NOT_FOUND);
    return repo_number_job_input_read(tx, mem, 2, 0, &text, err) == RC_NOT_FOUND ? RC_OK : RC_INTERNAL;
}

void number_job_input__comes_back_until_the_job_goes(struct repo *repo)
{
    struct number_job job = bare("a", 1, NUMBER_JOB_DONE);
    put(repo, job);
    assert_int_equal(in_store(repo, REPO_WRITE, add_input, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, check_input, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_WRITE, remove_job, &job), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, check_input, NULL), RC_NOT_FOUND);
}

/* ---- rows ---- */

static struct number_job_row rows[] = {
    {.place = 1,
     .file_row = 7,
     .telephone_number = 3,
     .account = STR("b"),
     .verdict = NUMBER_ROW_NEW,
     .outcome = NUMBER_ROW_PENDING,
     .wanted = STR("{}")},
    {.place = 2,
     .file_row = 7,
     .text = STR("what \xc3\xa9"),
     .account = STR(""),
     .verdict = NUMBER_ROW_REFUSED,
     .code = STR("InvalidValue"),
     .message = STR("no number"),
     .target = STR("telephoneNumber")},
    {.place = 3,
     .file_row = 8,
     .telephone_number = 2,
     .account = STR("b"),
     .verdict = NUMBER_ROW_CHANGED,
     .outcome = NUMBER_ROW_PENDING,
     .seen = 77},
    {.place = 4,
     .file_row = 9,
     .telephone_number = 9,
     .account = STR("a"),
     .verdict = NUMBER_ROW_DELETE,
     .outcome = NUMBER_ROW_PENDING,
     .seen = 78},
};

static void assert_row(const struct number_job_row *found, const struct number_job_row *want)
{
    assert_int_equal(found->place, want->place);
    assert_int_equal(found->file_row, want->file_row);
    assert_int_equal(found->telephone_number, want->telephone_number);
    assert_text(found->text, want->text);
    assert_text(found->account, want->account);
    assert_int_equal(found->verdict, want->verdict);
    assert_int_equal(found->outcome, want->outcome);
    assert_int_equal(found->seen, want->seen);
    assert_text(found->code, want->code);
    assert_text(found->message, want->message);
    assert_text(found->target, want->target);
    assert_text(found->wanted, want->wanted);
}

static enum rc add_rows(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    (void)mem;
    (void)arg;
    enum rc rc = repo_number_job_rows_add(tx, 1, rows, ARRAY_LEN(rows), err);
    return rc == RC_OK ? repo_number_job_rows_add(tx, 2, rows, 1, err) : rc;
}

static size_t listed(struct repo_tx *tx, struct arena *mem, struct number_job_rows_query query,
                     struct list_page *ret)
{
    query.job = 1;
    query.page.after.set = true;
    query.page.limit = query.page.limit != 0 ? query.page.limit : 10;
    assert_int_equal(repo_number_job_rows_list(tx, mem, &query, ret, NULL), RC_OK);
    return ret->items.count;
}

static enum rc check_rows(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct list_page page;
    (void)arg;
    (void)err;
    assert_int_equal(listed(tx, mem, (struct number_job_rows_query){0}, &page), ARRAY_LEN(rows));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row((const struct number_job_row *)page.items.items + i, &rows[i]);
    }
    struct number_job_rows_query query = {.page.limit = 1, .page.after.number = 2};
    assert_true(listed(tx, mem, query, &page) == 1 && page.more && page.last.number == 3);
    assert_int_equal(listed(tx, mem, (struct number_job_rows_query){.verdict = NUMBER_ROW_DELETE}, &page), 1);
    assert_int_equal(listed(tx, mem, (struct number_job_rows_query){.outcome = NUMBER_ROW_PENDING}, &page),
                     3);
    assert_int_equal(listed(tx, mem, (struct number_job_rows_query){.outcome = NUMBER_ROW_FAILED}, &page), 0);
    return RC_OK;
}

/* The first two that are pending fail, for two reasons; the last is applied. */
static enum rc settle_rows(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct number_job_rows pending;
    (void)arg;
    assert_int_equal(repo_number_job_rows_pending(tx, mem, 1, 2, &pending, err), RC_OK);
    assert_true(pending.count == 2 && pending.items[0].place == 4 && pending.items[1].place == 3);
    assert_int_equal(repo_number_job_rows_pending(tx, mem, 1, 10, &pending, err), RC_OK);
    assert_true(pending.count == 3 && pending.items[2].place == 1);
    assert_row(&pending.items[2], &rows[0]);
    for (size_t i = 0; i < 3; i++) {
        pending.items[i].outcome = i < 2 ? NUMBER_ROW_FAILED : NUMBER_ROW_APPLIED;
        pending.items[i].code = i == 0 ? STR("Final") : i == 1 ? STR("Passing") : STR_NONE;
        pending.items[i].message = i == 1 ? STR("a message") : STR_NONE;
    }
    return repo_number_job_rows_settle(tx, 1, pending.items, 3, err);
}

static enum rc check_settled(struct repo_tx *tx, struct arena *mem, void *arg, struct err *err)
{
    struct list_page page;
    struct number_job_rows pending;
    int64_t count = 0;
    (void)arg;
    assert_int_equal(listed(tx, mem, (struct number_job_rows_query){.outcome = NUMBER_ROW_FAILED}, &page), 2);
    const struct number_job_row *failed = page.items.items;
    assert_text(failed[0].message, STR("a message"));
    assert_text(failed[1].code, STR("Final"));
    assert_int_equal(repo_number_job_rows_retry(tx, 1, STR("Final"), 10, &count, err), RC_OK);
    assert_int_equal(count, 1);
    assert_int_equal(repo_number_job_rows_pending(tx, mem, 1, 10, &pending, err), RC_OK);
    assert_true(pending.count == 1 && pending.items[0].place == 3);
    assert_text(pending.items[0].code, STR_NONE);
    assert_int_equal(repo_number_job_rows_remove(tx, 1, 3, &count, err), RC_OK);
    assert_int_equal(count, 3);
    assert_int_equal(repo_number_job_rows_remove(tx, 1, 3, &count, err), RC_OK);
    assert_int_equal(count, 1);
    assert_int_equal(repo_number_job_rows_pending(tx, mem, 2, 10, &pending, err), RC_OK);
    return pending.count == 1 ? RC_OK : RC_INTERNAL; /* another job's stay */
}

void number_job_rows__are_pending_until_they_are_settled(struct repo *repo)
{
    assert_int_equal(in_store(repo, REPO_WRITE, add_rows, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_LIST, check_rows, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_WRITE, settle_rows, NULL), RC_OK);
    assert_int_equal(in_store(repo, REPO_WRITE, check_settled, NULL), RC_OK);
}
