#include "common/base/log.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/base/clock.h"

/* What `speak` writes to standard error. */
static struct str capture(void (*speak)(void), char *out, size_t size)
{
    FILE *file = tmpfile();
    int kept = dup(STDERR_FILENO);
    assert_non_null(file);
    assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
    speak();
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    close(kept);
    ssize_t n = pread(fileno(file), out, size, 0);
    fclose(file);
    assert_true(n >= 0);
    return (struct str){out, (size_t)n};
}

static void speak_request(void)
{
    LOG(LOG_INFO, "request", log_str("request_id", STR("a-1")), log_i64("status", 200),
        log_bool("replayed", true), log_us("duration_ms", 12045), log_str("absent", STR_NONE),
        log_cstr("agent", "x \"y\"\n\x1b[31m"));
    LOG(LOG_DEBUG, "hidden");
    LOG(LOG_ERROR, "bare");
}

/* Everything behind the time, which tests do not know to the millisecond. */
static struct str after_time(struct str line, size_t prefix)
{
    return str_slice(line, prefix, line.n);
}

static void test_log__writes_json_lines(void **state UNUSED)
{
    char out[4096];
    struct wall t;
    log_setup("tester", LOG_INFO, LOG_JSON);
    struct str text = capture(speak_request, out, sizeof out);
    struct str line;
    assert_true(str_split(&text, '\n', &line));
    assert_true(str_starts(line, STR("{\"time\":\"")));
    assert_true(clock_parse_rfc3339(str_slice(line, 9, 33), &t));
    assert_true(
        str_eq(after_time(line, 33),
               STR("\",\"level\":\"info\",\"event\":\"request\",\"program\":\"tester\",\"request_id\":\"a-"
                   "1\",\"status\":200,"
                   "\"replayed\":true,\"duration_ms\":12.045,\"agent\":\"x \\\"y\\\"\\n\\u001b[31m\"}")));
    assert_true(str_split(&text, '\n', &line));
    assert_true(str_ends(line, STR("\"level\":\"error\",\"event\":\"bare\",\"program\":\"tester\"}")));
    assert_true(str_split(&text, '\n', &line));
    assert_true(str_empty(line));
}

static void test_log__writes_text_lines_and_quotes_outside_text(void **state UNUSED)
{
    char out[4096];
    log_setup("tester", LOG_INFO, LOG_TEXT);
    struct str text = capture(speak_request, out, sizeof out);
    struct str line;
    assert_true(str_split(&text, '\n', &line));
    assert_true(str_eq(after_time(line, 24), STR(" info request request_id=a-1 status=200 replayed=true "
                                                 "duration_ms=12.045 agent=\"x \\\"y\\\"\\n\\u001b[31m\"")));
}

static char big[40000];

static void speak_too_much(void)
{
    LOG(LOG_INFO, "event", log_cstr("a", big), log_cstr("b", big), log_cstr("c", big), log_cstr("d", big),
        log_cstr("e", big), log_i64("last", 1));
}

static void test_log__cuts_long_fields_and_leaves_out_what_does_not_fit(void **state UNUSED)
{
    static char out[70000];
    memset(big, 1, sizeof big - 1); /* each byte becomes six */
    log_setup("tester", LOG_INFO, LOG_JSON);
    struct str text = capture(speak_too_much, out, sizeof out);
    assert_true(text.n <= 32 * 1024);
    assert_true(str_ends(text, STR("...\",\"last\":1}\n")));
    assert_true(str_contains(text, STR("\"b\":")));
    assert_false(str_contains(text, STR("\"c\":")));
}

static void *speak_many(void *arg UNUSED)
{
    for (int i = 0; i < 200; i++) {
        LOG(LOG_INFO, "many", log_i64("i", i));
    }
    return NULL;
}

static void speak_from_threads(void)
{
    pthread_t threads[4];
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, speak_many, NULL), 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
}

static void test_log__keeps_lines_whole_across_threads(void **state UNUSED)
{
    static char out[200000];
    size_t lines = 0;
    log_setup("tester", LOG_INFO, LOG_JSON);
    struct str text = capture(speak_from_threads, out, sizeof out);
    struct str line;
    while (str_split(&text, '\n', &line) && line.n > 0) {
        lines++;
        assert_true(str_starts(line, STR("{\"time\":")));
        assert_true(str_ends(line, STR("}")));
    }
    assert_int_equal(lines, 800);
}

static void test_log__level_can_change(void **state UNUSED)
{
    log_set_level(LOG_ERROR);
    assert_true(log_wants(LOG_ERROR));
    assert_false(log_wants(LOG_WARNING));
    log_set_level(LOG_DEBUG);
    assert_true(log_wants(LOG_DEBUG));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log__writes_json_lines),
        cmocka_unit_test(test_log__writes_text_lines_and_quotes_outside_text),
        cmocka_unit_test(test_log__cuts_long_fields_and_leaves_out_what_does_not_fit),
        cmocka_unit_test(test_log__keeps_lines_whole_across_threads),
        cmocka_unit_test(test_log__level_can_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
