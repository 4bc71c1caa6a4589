/* Rows of number jobs: the verdict that each gets, and what becomes of it. */
#include "gateway/ops/jobs_judge.h"

#include <semaphore.h>

#include "../domain/world.h"

#define ZOOM          "'serviceDetails':{'zoomPhoneCloudPeering':{'enabled':true}}"
#define NUMBER(n, a)  "{'telephoneNumber':'" n "','accountName':'" a "'," ZOOM "}"
#define ZOOM_SETTINGS "{\"serviceDetails\":{\"zoomPhoneCloudPeering\":{\"enabled\":true}}}"

/* ---- rows in a transaction ---- */

struct act {
    struct repo_job job;
    struct world *world;
    const struct number_job *of;
    struct number_job_row *rows;
    size_t count;
    bool apply;
    enum rc rc;
    sem_t done;
};

static enum rc act_run(struct repo_tx *tx, struct repo_job *job, struct err *err)
{
    const struct act *act = (const struct act *)(void *)job;
    const struct change change = {tx,         job->mem, &act->of->actor, act->world->now, &act->world->facts,
                                  act->of->id};
    return (act->apply ? jobs_apply : jobs_judge)(&change, act->of, act->rows, act->count, err);
}

static void act_done(struct repo_job *job, enum rc rc, const struct err *err)
{
    struct act *act = (struct act *)(void *)job;
    (void)err;
    act->rc = rc;
    sem_post(&act->done);
}

static void do_rows(struct world *w, const struct number_job *of, struct number_job_row *rows, size_t count,
                    bool apply)
{
    struct act act = {.world = w, .of = of, .rows = rows, .count = count, .apply = apply};
    act.job = (struct repo_job){.kind = apply ? REPO_WRITE : REPO_LIST,
                                .deadline = mono_after(clock_mono(), 60000),
                                .mem = w->mem,
                                .op = {STR("job"), STR("job")},
                                .run = act_run,
                                .done = act_done};
    sem_init(&act.done, 0, 0);
    repo_submit(w->repo, &act.job);
    while (sem_wait(&act.done) != 0) {
    }
    sem_destroy(&act.done);
    assert_int_equal(act.rc, RC_OK);
}

static struct number_job job_of(enum number_job_kind kind, const char *account, const char *settings)
{
    return (struct number_job){
        .id = STR("job-1"),
        .kind = kind,
        .account = str_of(account),
        .settings = str_of(settings),
        .actor = {.way = ACTOR_JOB, .caller = STR("tenant/client/ada"), .is_user = true}};
}

/* NULL: it has none. */
static void assert_code(const struct number_job_row *row, const char *code)
{
    assert_true(code != NULL ? str_eq(row->code, str_of(code)) : str_empty(row->code));
}

static void assert_verdict(const struct number_job_row *row, enum number_job_verdict verdict,
                           const char *code)
{
    assert_int_equal(row->verdict, verdict);
    assert_code(row, code);
    bool pending = verdict != NUMBER_ROW_SAME && verdict != NUMBER_ROW_REFUSED;
    assert_int_equal(row->outcome, pending ? NUMBER_ROW_PENDING : 0);
}

static void assert_outcome(const struct number_job_row *row, enum number_job_outcome outcome,
                           const char *code)
{
    assert_int_equal(row->outcome, outcome);
    assert_code(row, code);
}

/* contoso and other with Zoom; contoso holds +15550001 with it and +15550002 parked, other +15559999. */
static struct world *given(void **state)
{
    static const char *const accounts[] = {
        "{'name':'contoso','serviceDetails':{'zoomPhoneCloudPeering':{'enabled':true,'syncEnabled':false}}}",
        "{'name':'other','serviceDetails':{'zoomPhoneCloudPeering':{'enabled':true,'syncEnabled':false}}}"};
    struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(accounts); i++) {
        assert_says(put_account(w, accounts[i]), "");
    }
    assert_says(put_number(w, NUMBER("+15550001", "contoso")), "");
    assert_says(put_number(w, "{'telephoneNumber':'+15550002','accountName':'contoso','serviceDetails':{}}"),
                "");
    assert_says(put_number(w, NUMBER("+15559999", "other")), "");
    return w;
}

/* ---- verdicts ---- */

static void test_create__is_new_changed_same_or_refused(void **state)
{
    struct world *w = given(state);
    struct number_job job = job_of(NUMBER_JOB_CREATE, "contoso", ZOOM_SETTINGS);
    struct number_job_row rows[] = {{.telephone_number = 15550003},
                                    {.telephone_number = 15550002},
                                    {.telephone_number = 15550001},
                                    {.telephone_number = 15559999},
                                    {.verdict = NUMBER_ROW_REFUSED, .code = STR("LostDigits")}};
    do_rows(w, &job, rows, ARRAY_LEN(rows), false);
    assert_verdict(&rows[0], NUMBER_ROW_NEW, NULL);
    assert_verdict(&rows[1], NUMBER_ROW_CHANGED, NULL);
    assert_verdict(&rows[2], NUMBER_ROW_SAME, NULL);
    assert_verdict(&rows[3], NUMBER_ROW_REFUSED, "NumberInUse");
    assert_verdict(&rows[4], NUMBER_ROW_REFUSED, "LostDigits");
    assert_int_equal(rows[0].seen, 0);
    assert_int_equal(rows[1].seen, read_number(w, 15550002)->revision.configuration);
    struct number_job_counts counts = {0};
    jobs_count(&counts, rows, ARRAY_LEN(rows));
    assert_memory_equal(&counts, (&(struct number_job_counts){5, 1, 1, 1, 0, 2, 0, 0, 2}), sizeof counts);
    assert_null(read_number(w, 15550003));
}

static void test_create__of_a_file_goes_by_each_row(void **state)
{
    struct world *w = given(state);
    struct number_job job = job_of(NUMBER_JOB_CREATE, NULL, NULL);
    struct number_job_row rows[] = {
        {.telephone_number = 15550003,
         .account = STR("other"),
         .wanted =
             STR("{\"telephoneNumber\":\"+15550003\",\"accountName\":\"other\",\"serviceDetails\":{}}")},
        {.telephone_number = 15550004,
         .account = STR("nobody"),
         .wanted =
             STR("{\"telephoneNumber\":\"+15550004\",\"accountName\":\"nobody\",\"serviceDetails\":{}}")},
        {.telephone_number = 15550005,
         .account = STR("contoso"),
         .wanted = STR("{\"telephoneNumber\":\"+15550005\",\"accountName\":\"contoso\",\"serviceDetails\":"
                       "{\"teamsDirectRouting\":{\"enabled\":true}}}")},
    };
    do_rows(w, &job, rows, ARRAY_LEN(rows), false);
    assert_verdict(&rows[0], NUMBER_ROW_NEW, NULL);
    assert_verdict(&rows[1], NUMBER_ROW_REFUSED, "AccountNotFound");
    assert_true(str_eq(rows[1].target, STR("accountName")));
    assert_verdict(&rows[2], NUMBER_ROW_REFUSED, "ServiceNotEnabled");
    assert_true(str_eq(rows[2].target, STR("serviceDetails.teamsDirectRouting.enabled")));
}

static void test_change__is_merged_into_what_is_there(void **state)
{
    struct world *w = given(state);
    struct number_job job =
        job_of(NUMBER_JOB_CHANGE, NULL, "{\"configuration\":{\"customSipHeader\":\"gold\"}}");
    struct number_job_row rows[] = {
        {.telephone_number = 15550001}, {.telephone_number = 15559999}, {.telephone_number = 15550007}};
    do_rows(w, &job, rows, ARRAY_LEN(rows), false);
    assert_verdict(&rows[0], NUMBER_ROW_CHANGED, NULL);
    assert_verdict(&rows[1], NUMBER_ROW_CHANGED, NULL);
    assert_verdict(&rows[2], NUMBER_ROW_REFUSED, "NumberNotFound");
    assert_true(str_eq(rows[0].account, STR("contoso")) && str_eq(rows[1].account, STR("other")));
    do_rows(w, &job, rows, 1, true);
    assert_outcome(&rows[0], NUMBER_ROW_APPLIED, NULL);
    const struct number *number = read_number(w, 15550001);
    assert_true(str_eq(number->configuration->custom_sip_header, STR("gold")));
    assert_true(number_enables(number, SERVICE_ZOOM));
    rows[0] = (struct number_job_row){.telephone_number = 15550001};
    do_rows(w, &job, rows, 1, false);
    assert_verdict(&rows[0], NUMBER_ROW_SAME, NULL);
}

static void test_delete__restricted_to_an_account_leaves_those_of_others(void **state)
{
    struct world *w = given(state);
    struct number_job job = job_of(NUMBER_JOB_DELETE, "contoso", NULL);
    struct number_job_row rows[] = {{.telephone_number = 15550001}, {.telephone_number = 15559999}};
    do_rows(w, &job, rows, ARRAY_LEN(rows), false);
    assert_verdict(&rows[0], NUMBER_ROW_DELETE, NULL);
    assert_verdict(&rows[1], NUMBER_ROW_REFUSED, "NumberNotFound");
}

/* ---- applying ---- */

static void test_apply__refuses_each_row_that_changed_and_does_the_others(void **state)
{
    struct world *w = given(state);
    struct number_job job = job_of(NUMBER_JOB_CREATE, "contoso", ZOOM_SETTINGS);
    struct number_job_row rows[] = {
        {.telephone_number = 15550002}, {.telephone_number = 15550003}, {.telephone_number = 15550004}};
    do_rows(w, &job, rows, ARRAY_LEN(rows), false);
    assert_says(put_number(w, "{'telephoneNumber':'+15550002','accountName':'contoso','serviceDetails':{},'"
                              "configuration':{'customSipHeader':'x'}}"),
                "");
    assert_says(put_number(w, NUMBER("+15550003", "contoso")), "");
    size_t audited = audit_count(w);
    do_rows(w, &job, rows, ARRAY_LEN(rows), true);
    assert_outcome(&rows[0], NUMBER_ROW_FAILED, JOBS_CHANGED);
    assert_outcome(&rows[1], NUMBER_ROW_FAILED, JOBS_CHANGED);
    assert_outcome(&rows[2], NUMBER_ROW_APPLIED, NULL);
    assert_int_equal(audit_count(w), audited + 1);
    const struct audit_row *audit = audit_newest(w);
    assert_int_equal(audit->way, ACTOR_JOB);
    assert_true(str_eq(audit->caller, STR("tenant/client/ada")) && str_eq(audit->operation_id, STR("job-1")));
    assert_false(number_enables(read_number(w, 15550002), SERVICE_ZOOM));
}

static void test_apply__of_a_change_that_was_overtaken_fails(void **state)
{
    struct world *w = given(state);
    struct number_job job =
        job_of(NUMBER_JOB_CHANGE, NULL, "{\"configuration\":{\"customSipHeader\":\"gold\"}}");
    struct number_job_row rows[] = {{.telephone_number = 15550001}, {.telephone_number = 15550002}};
    do_rows(w, &job, rows, ARRAY_LEN(rows), false);
    assert_says(delete_number(w, "contoso", 15550001), "");
    assert_says(put_number(w, NUMBER("+15550002", "contoso")), "");
    do_rows(w, &job, rows, ARRAY_LEN(rows), true);
    assert_outcome(&rows[0], NUMBER_ROW_FAILED, JOBS_CHANGED);
    assert_outcome(&rows[1], NUMBER_ROW_FAILED, JOBS_CHANGED);
    assert_null(read_number(w, 15550001));
}

static void test_apply__of_an_account_that_is_gone_fails_its_rows(void **state)
{
    struct world *w = given(state);
    struct number_job job = job_of(NUMBER_JOB_DELETE, "other", NULL);
    struct number_job_row rows[] = {{.telephone_number = 15559999}};
    do_rows(w, &job, rows, 1, false);
    assert_says(delete_account(w, "other", true), "");
    do_rows(w, &job, rows, 1, true);
    assert_outcome(&rows[0], NUMBER_ROW_FAILED, "AccountNotFound");
}

/* ---- settings ---- */

static void test_settings__are_checked_when_they_are_given(void **state)
{
    static const struct {
        enum number_job_kind kind;
        const char *text, *code, *field;
    } cases[] = {
        {NUMBER_JOB_CREATE, "{}", NULL, ""},
        {NUMBER_JOB_CREATE, ZOOM_SETTINGS, NULL, ""},
        {NUMBER_JOB_CHANGE, "{\"serviceDetails\":null}", NULL, ""},
        {NUMBER_JOB_CREATE, "{\"telephoneNumber\":\"+1555\"}", "UnknownField", "number.telephoneNumber"},
        {NUMBER_JOB_CHANGE, "{\"color\":1}", "UnknownField", "number.color"},
        {NUMBER_JOB_CHANGE, "{\"serviceDetails\":{\"teamsOperatorConnect\":{\"enabled\":1}}}", "InvalidType",
         "number.serviceDetails.teamsOperatorConnect.enabled"},
        {NUMBER_JOB_CREATE, "{\"serviceDetails\":{\"teamsOperatorConnect\":{}}}", "MissingField",
         "number.serviceDetails.teamsOperatorConnect.enabled"},
        {NUMBER_JOB_CHANGE, "{\"serviceDetails\":{\"teamsOperatorConnect\":{}}}", NULL, ""},
    };
    const struct world *w = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct json *json = NULL;
        struct err err = {0};
        assert_int_equal(json_parse(str_of(cases[i].text), w->mem, &json, &err), RC_OK);
        enum rc rc = jobs_settings_check(cases[i].kind, json, w->mem, &err);
        bool as_said = rc == RC_OK ? cases[i].code == NULL
                                   : cases[i].code != NULL && strcmp(err.code, cases[i].code) == 0 &&
                                         strcmp(err.field, cases[i].field) == 0;
        if (!as_said) {
            fail_msg("case %zu: %s %s %s", i, rc_name(rc), err.code, err.field);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_create__is_new_changed_same_or_refused),
        TEST(test_create__of_a_file_goes_by_each_row),
        TEST(test_change__is_merged_into_what_is_there),
        TEST(test_delete__restricted_to_an_account_leaves_those_of_others),
        TEST(test_apply__refuses_each_row_that_changed_and_does_the_others),
        TEST(test_apply__of_a_change_that_was_overtaken_fails),
        TEST(test_apply__of_an_account_that_is_gone_fails_its_rows),
        TEST(test_settings__are_checked_when_they_are_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
