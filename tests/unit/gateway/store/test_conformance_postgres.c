/* The conformance suite on PostgreSQL: the server that NUMGATE_TEST_POSTGRES names, whose database is emptied for each case. */
#include "conformance.h"

#include <libpq-fe.h>
#include <stdlib.h>

#include "common/base/log.h"

static const char *url;

static void empty_database(void)
{
    PGconn *conn = PQconnectdb(url);
    PGresult *result =
        PQexec(conn, "set client_min_messages = error; drop schema public cascade; create schema public");
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        fail_msg("%s", PQerrorMessage(conn));
    }
    PQclear(result);
    PQfinish(conn);
}

static void test_postgres__conforms(void **state)
{
    const struct conformance_case *the_case = *state;
    struct repo *repo = NULL;
    struct err err;
    empty_database();
    struct store_config config = {
        .url = str_of(url), .loops = 1, .connections = 6, .test = {.slice = CONFORMANCE_SLICE}};
    if (store_open(&config, &repo, &err) != RC_OK) {
        fail_msg("%s", err.msg);
    }
    the_case->run(repo);
    store_close(repo);
}

int main(void)
{
    struct CMUnitTest tests[96] = {0};
    size_t count = 0;
    url = getenv("NUMGATE_TEST_POSTGRES");
    if (url == NULL) {
        fprintf(stderr, "NUMGATE_TEST_POSTGRES is not set\n");
        return 77;
    }
    log_set_level(LOG_ERROR);
    for (; conformance_cases[count].name != NULL; count++) {
        tests[count] = (struct CMUnitTest){.name = conformance_cases[count].name,
                                           .test_func = test_postgres__conforms,
                                           .initial_state = (void *)(uintptr_t)&conformance_cases[count]};
    }
    return _cmocka_run_group_tests("store_conformance_postgres", tests, count, NULL, NULL);
}
