/* Every allocation fails once: the linker sends the calls of our own code here. */
#include "given.h"

#include <stdlib.h>

static long fails_at; /* 0: none */

void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_at > 0 && --fails_at == 0 ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return fails_at > 0 && --fails_at == 0 ? NULL : __real_realloc(p, size);
}

/* Rows until the end; RC_OK, or what stopped it. Small pieces, so that rows are gathered. */
static enum rc read_all(struct str file, size_t piece)
{
    struct bulk_options options = {.seen = bulk_seen_new(100000)};
    struct bulk_reader *reader = options.seen == NULL ? NULL : bulk_reader_new(&options);
    const struct bulk_row *row = NULL;
    struct err err = {0};
    enum bulk_step step = BULK_NEED_BYTES;
    while (reader != NULL && (step = bulk_next(reader, &row, &err)) != BULK_END && step != BULK_STOPPED) {
        if (step == BULK_NEED_BYTES && file.n == 0) {
            bulk_end(reader);
        } else if (step == BULK_NEED_BYTES) {
            bulk_feed(reader, str_slice(file, 0, piece));
            file = str_slice(file, piece, file.n);
        }
    }
    bulk_reader_free(reader);
    bulk_seen_free(options.seen);
    return reader == NULL ? RC_LIMIT : step == BULK_END ? RC_OK : err.rc;
}

static void fail_each(struct str file, size_t piece)
{
    long nth = 0;
    for (bool failed = true; failed;) {
        fails_at = ++nth;
        enum rc rc = read_all(file, piece);
        failed = fails_at == 0;
        fails_at = 0;
        if (rc != (failed ? RC_LIMIT : RC_OK)) {
            fail_msg("allocation %ld: %s", nth, rc_name(rc));
        }
    }
    assert_true(nth > 6);
}

static void test_read__reports_that_memory_is_out(void **state)
{
    (void)state;
    struct buf file;
    buf_init(&file, 1024 * 1024);
    buf_put_str(&file, STR("telephoneNumber,accountName,serviceDetails_teamsOperatorConnect_enabled,"
                           "serviceDetails_teamsOperatorConnect_configuration_usage,"
                           "serviceDetails_teamsOperatorConnect_configuration_choosableCapabilities\n"
                           "+4416{0000-1999},contoso,true,u,\"a;b;\"\"c\"\"\"\n"
                           "x,a b,1,,\n"));
    for (size_t i = 0; i < 20000; i++) {
        buf_put_str(&file, STR("x;"));
    }
    buf_put_str(&file, STR("\n{\n+441632960000,contoso,,,\n+441632960000,contoso,,,\n"));
    fail_each(buf_str(&file), 7);
    fail_each(buf_str(&file), SIZE_MAX / 2);
    fail_each(STR("{\"telephoneNumber\":\"+441632960000\",\"accountName\":\"a\",\"serviceDetails\":{}}\n{"
                  "\"x\":1}\n{"),
              7);
    buf_clear(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read__reports_that_memory_is_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
