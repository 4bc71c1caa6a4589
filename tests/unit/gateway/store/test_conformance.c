/* The conformance suite on SQLite. */
#include "conformance.h"

#include "common/base/log.h"

static void test_sqlite__conforms(void **state)
{
    const struct conformance_case *the_case = *state;
    struct folder folder;
    struct repo *repo = NULL;
    struct err err;
    folder_make(&folder);
    struct store_config config = {
        .url = str_of(folder.url), .loops = 1, .test = {.slice = CONFORMANCE_SLICE}};
    if (store_open(&config, &repo, &err) != RC_OK) {
        fail_msg("%s", err.msg);
    }
    the_case->run(repo);
    store_close(repo);
    folder_remove(&folder);
}

int main(void)
{
    struct CMUnitTest tests[96] = {0};
    size_t count = 0;
    log_set_level(LOG_ERROR);
    for (; conformance_cases[count].name != NULL; count++) {
        tests[count] = (struct CMUnitTest){.name = conformance_cases[count].name,
                                           .test_func = test_sqlite__conforms,
                                           .initial_state = (void *)(uintptr_t)&conformance_cases[count]};
    }
    return _cmocka_run_group_tests("store_conformance_sqlite", tests, count, NULL, NULL);
}
