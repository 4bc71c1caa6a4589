/* Every allocation of the library fails once, in either of its threads, while it gets a token with a key, writes and reads: a call that was
 * met says so, nothing is lost, and the handle works on. The linker sends the calls of our own code here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <numgate.h>

#include "../common/fetch/peer.h"
#include "common/base/str.h"
#include "common/crypto/certificate_make.h"

static atomic_long fails_at;          /* 0: none */
static _Thread_local bool never_here; /* the peer's thread */

void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);

static bool fails_now(void)
{
    return !never_here && atomic_load(&fails_at) > 0 && atomic_fetch_sub(&fails_at, 1) == 1;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return fails_now() ? NULL : __real_realloc(p, size);
}

#define NUMBER(last)                                                                                         \
    "{\"telephoneNumber\":\"+44163296000" last "\",\"accountName\":\"a\",\"serviceDetails\":{"               \
    "\"zoomPhoneCloudPeering\":{\"enabled\":true}}}"

static void answer(void *arg, struct str request, struct buf *out)
{
    (void)arg;
    if (str_starts(request, STR("POST /token "))) {
        peer_put(out, 200, "application/json",
                 STR("{\"access_token\":\"t\",\"token_type\":\"Bearer\",\"expires_in\":3600}"));
    } else if (str_starts(request, STR("GET /accounts/a/numbers?api"))) {
        peer_put(out, 200, "application/json",
                 STR("{\"value\":[" NUMBER(
                     "1") "],\"nextLink\":\"https://x/accounts/a/numbers?skip=1&api-version=2\"}"));
    } else if (str_starts(request, STR("GET /accounts/a/numbers?skip"))) {
        peer_put(out, 200, "application/json", STR("{\"value\":[" NUMBER("2") "]}"));
    } else if (str_starts(request, STR("POST /numgate/v1/jobs"))) {
        peer_put(out, 201, "application/json",
                 STR("{\"id\":\"j\",\"kind\":\"create\",\"state\":\"previewing\"}"));
    } else if (str_starts(request, STR("GET /numgate/v1/jobs/j/result?after=7 "))) {
        peer_put(out, 200, "text/csv", STR("second\n"));
    } else if (str_starts(request, STR("GET /numgate/v1/jobs/cut/result "))) {
        peer_put(out, 200, "text/csv\r\nLink: </x>; rel=prev\r\nLink: <?after=7>; rel=next", STR("first\n"));
    } else if (str_starts(request, STR("GET /numgate/v1/jobs/many/result "))) {
        peer_put(out, 200,
                 "text/csv\r\nLink: </numgate/v1/jobs/j/result?after=7>; rel=next\r\nLink: </x>; rel=last",
                 STR("first\n"));
    } else if (str_starts(request, STR("GET /numgate/v1/jobs/j/result "))) {
        peer_put(out, 200, "text/csv\r\nLink: </numgate/v1/jobs/j/result?after=7>; rel=\"next\"",
                 STR("first\n"));
    } else {
        peer_put(out, 400, "application/json", STR("{\"error\":{\"code\":\"Bad\",\"message\":\"no\"}}"));
    }
}

static void *run_peer(void *arg)
{
    never_here = true;
    return peer_run(arg);
}

struct room {
    struct peer peer;
    char url[64], token_url[64], key_file[32];
    struct numgate_options options;
    unsigned events;
};

static void count_event(void *arg, const struct numgate_event *event)
{
    struct room *room = arg;
    room->events += event->attempt > 0;
}

static void write_key(struct room *room)
{
    struct buf certificate, key;
    struct certificate_pair pair = {&certificate, &key};
    buf_init(&certificate, 65536);
    buf_init(&key, 65536);
    assert_int_equal(certificate_make_authority(STR("bss"), 1, &pair, NULL), RC_OK);
    snprintf(room->key_file, sizeof room->key_file, "%s", "/tmp/numgate-key-XXXXXX");
    int fd = mkstemp(room->key_file);
    assert_int_equal(write(fd, key.p, key.n), key.n);
    assert_int_equal(write(fd, certificate.p, certificate.n), certificate.n);
    close(fd);
    buf_clear(&certificate);
    buf_clear(&key);
}

static int given_room(void **state)
{
    struct room *room = calloc(1, sizeof(*room));
    room->peer = (struct peer){.answer = answer, .arg = room, .start = run_peer};
    *state = room;
    if (!peer_start(&room->peer)) {
        return 1;
    }
    write_key(room);
    snprintf(room->url, sizeof(room->url), "http://127.0.0.1:%u", room->peer.port);
    snprintf(room->token_url, sizeof(room->token_url), "http://127.0.0.1:%u/token", room->peer.port);
    room->options = (struct numgate_options){.size = sizeof(room->options),
                                             .base_url = room->url,
                                             .token_url = room->token_url,
                                             .client_id = "bss",
                                             .client_key_file = room->key_file,
                                             .scope = "s",
                                             .retry_wait_ms = 1,
                                             .log = count_event,
                                             .log_arg = room};
    return 0;
}

static int drop_room(void **state)
{
    struct room *room = *state;
    peer_stop(&room->peer);
    unlink(room->key_file);
    free(room);
    return 0;
}

/* OK, or what stopped it, with a message. */
static enum numgate_status read_pages(struct numgate *numgate, size_t *ret_count, struct numgate_error *error)
{
    struct numgate_reply *page;
    enum numgate_status status = numgate_list_numbers(numgate, "a", NULL, &page, error);
    *ret_count = 0;
    while (status == NUMGATE_OK && page != NULL) {
        const struct numgate_number *numbers;
        size_t count;
        status = numgate_reply_numbers(page, &numbers, &count, error);
        *ret_count += count;
        status = status == NUMGATE_OK ? numgate_next_page(numgate, &page, error) : status;
    }
    numgate_reply_free(page);
    return status;
}

static enum numgate_status save(struct numgate *numgate, struct numgate_error *error)
{
    struct numgate_number_service zoom = {.enabled = 1};
    struct numgate_number_services services = {.zoom_phone_cloud_peering = &zoom};
    struct numgate_number number = {
        .telephone_number = "+441632960001", .account_name = "a", .services = &services};
    return numgate_save_number(numgate, &number, NULL, NULL, error);
}

static enum numgate_status expect_job(enum numgate_status status, struct numgate_reply *reply,
                                      struct numgate_error *error)
{
    const struct numgate_job *job;
    size_t count;
    if (status == NUMGATE_OK && (status = numgate_reply_jobs(reply, &job, &count, error)) == NUMGATE_OK) {
        assert_int_equal(count, 1);
        assert_string_equal(job->id, "j");
    }
    numgate_reply_free(reply);
    return status;
}

static int keep(void *arg, const char *bytes, size_t count)
{
    strncat(arg, bytes, count);
    return 0;
}

/* A result that is not whole is a failure. */
static enum numgate_status do_jobs(struct numgate *numgate, struct numgate_error *error)
{
    static const char *const numbers[] = {"+441632960001"};
    const struct numgate_job_order order = {
        .kind = "change", .telephone_numbers = {numbers, 1}, .number_json = "{\"configuration\":{}}"};
    struct numgate_reply *reply;
    char result[64] = "";
    enum numgate_status status = numgate_submit_job(numgate, &order, NULL, &reply, error);
    status = expect_job(status, reply, error);
    if (status == NUMGATE_OK) {
        status = numgate_upload_job(numgate, "a", "Numbers\n", 8, NULL, &reply, error);
        status = expect_job(status, reply, error);
    }
    if (status == NUMGATE_OK &&
        (status = numgate_read_job_result(numgate, "j", NULL, keep, result, error)) == NUMGATE_OK) {
        assert_string_equal(result, "first\nsecond\n");
    }
    return status;
}

/* The first failure, or OK: all as it should be. */
static enum numgate_status do_all(struct room *room, struct numgate_error *error)
{
    struct numgate *numgate;
    size_t count = 0;
    enum numgate_status status = numgate_open(&room->options, &numgate, error);
    if (status != NUMGATE_OK) {
        assert_null(numgate);
        return status;
    }
    status = read_pages(numgate, &count, error);
    if (status == NUMGATE_OK) {
        assert_int_equal(count, 2);
        status = save(numgate, error);
        status = status == NUMGATE_INVALID && strcmp(error->code, "Bad") == 0 ? NUMGATE_OK : status;
    }
    status = status == NUMGATE_OK ? do_jobs(numgate, error) : status;
    if (atomic_load(&fails_at) <= 0) { /* it is behind us: the handle is as good as before */
        struct numgate_error ignored;
        assert_int_equal(read_pages(numgate, &count, &ignored), NUMGATE_OK);
        assert_int_equal(count, 2);
    }
    numgate_close(numgate);
    return status;
}

static void test_memory__that_is_out_is_said_and_survived(void **state)
{
    struct room *room = *state;
    long nth = 0, told = 0;
    for (bool failed = true; failed;) {
        struct numgate_error error = {0};
        atomic_store(&fails_at, ++nth);
        enum numgate_status status = do_all(room, &error);
        failed = atomic_load(&fails_at) <= 0;
        atomic_store(&fails_at, 0);
        told += status != NUMGATE_OK;
        if (status != NUMGATE_OK && (!failed || error.message[0] == '\0' || status != error.status)) {
            fail_msg("allocation %ld: %d, \"%s\"", nth, status, error.message);
        }
    }
    assert_true(nth > 50);
    assert_true(told > 20);
    assert_true(room->events > 0);
}

/* It is not whole, and does not count as whole. */
static void test_result__that_goes_on_nobody_knows_where_is_a_failure(void **state)
{
    struct room *room = *state;
    struct numgate *numgate;
    struct numgate_error error = {0};
    char result[64] = "";
    assert_int_equal(numgate_open(&room->options, &numgate, &error), NUMGATE_OK);
    assert_int_equal(numgate_read_job_result(numgate, "cut", NULL, keep, result, &error), NUMGATE_OTHER);
    assert_int_equal(error.status, NUMGATE_OTHER);
    assert_non_null(strstr(error.message, "goes on"));
    assert_string_equal(result, "first\n");
    result[0] = '\0';
    assert_int_equal(numgate_read_job_result(numgate, "many", NULL, keep, result, &error), NUMGATE_OK);
    assert_string_equal(result, "first\nsecond\n");
    numgate_close(numgate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_memory__that_is_out_is_said_and_survived, given_room, drop_room),
        cmocka_unit_test_setup_teardown(test_result__that_goes_on_nobody_knows_where_is_a_failure, given_room,
                                        drop_room)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
