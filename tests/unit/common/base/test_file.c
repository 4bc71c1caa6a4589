#include "common/base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

struct room {
    char folder[64];
    char path[128];
    struct arena *mem;
};

static int room_open(void **state)
{
    static struct room room;
    (void)snprintf(room.folder, sizeof room.folder, "/tmp/test_file.XXXXXX");
    assert_non_null(mkdtemp(room.folder));
    (void)snprintf(room.path, sizeof room.path, "%s/file", room.folder);
    room.mem = arena_new(1 << 20);
    *state = &room;
    return 0;
}

static int room_close(void **state)
{
    struct room *room = *state;
    (void)unlink(room->path);
    assert_int_equal(rmdir(room->folder), 0); /* fails when a temporary was left behind */
    arena_free(room->mem);
    return 0;
}

static void test_file__writes_and_reads_back(void **state)
{
    struct room *room = *state;
    struct str content;
    struct err err = {0};
    struct stat st;
    assert_int_equal(file_write(room->path, STR("one\n"), 0640, &err), RC_OK);
    assert_int_equal(file_write(room->path, STR("two\0x\n"), 0640, &err), RC_OK);
    assert_int_equal(file_read(room->path, 6, room->mem, &content, &err), RC_OK);
    assert_true(str_eq(content, STR("two\0x\n")));
    assert_int_equal(content.p[content.n], '\0');
    assert_int_equal(stat(room->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
}

static void test_file__refuses_too_large_missing_and_irregular(void **state)
{
    struct room *room = *state;
    struct str content;
    struct err err = {0};
    assert_int_equal(file_read(room->path, 5, room->mem, &content, &err), RC_INVALID);
    assert_non_null(strstr(err.msg, room->path));
    assert_non_null(strstr(err.msg, "No such file"));
    assert_int_equal(file_write(room->path, STR("123456"), 0600, &err), RC_OK);
    assert_int_equal(file_read(room->path, 5, room->mem, &content, &err), RC_INVALID);
    assert_non_null(strstr(err.msg, "larger than 5 bytes"));
    assert_int_equal(file_read(room->folder, 5, room->mem, &content, &err), RC_INVALID);
    assert_non_null(strstr(err.msg, "not a regular file"));
    assert_int_equal(unlink(room->path), 0);
    assert_int_equal(mkfifo(room->path, 0600), 0);
    assert_int_equal(file_read(room->path, 5, room->mem, &content, &err), RC_INVALID);
}

static void test_file__guards_secrets(void **state)
{
    struct room *room = *state;
    struct str secret;
    struct err err = {0};
    static const struct {
        const char *content;
        const char *secret;
    } cases[] = {{"abc", "abc"}, {"abc\n", "abc"}, {"abc\r\n", "abc"}, {"abc\n\n", "abc\n"}, {"", ""}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(file_write(room->path, str_of(cases[i].content), 0440, &err), RC_OK);
        assert_int_equal(file_read_secret(room->path, room->mem, &secret, &err), RC_OK);
        if (!str_eq(secret, str_of(cases[i].secret))) {
            fail_msg("case %zu", i);
        }
    }
    assert_int_equal(file_write(room->path, STR("abc"), 0444, &err), RC_OK);
    assert_int_equal(file_read_secret(room->path, room->mem, &secret, &err), RC_INVALID);
    assert_non_null(strstr(err.msg, "others"));
}

static void test_file__leaves_nothing_behind_when_it_cannot_write(void **state)
{
    struct room *room = *state;
    struct err err = {0};
    char deep[200];
    (void)snprintf(deep, sizeof deep, "%s/missing/file", room->folder);
    assert_int_equal(file_write(deep, STR("x"), 0600, &err), RC_INVALID);
    assert_int_equal(mkdir(room->path, 0700), 0); /* rename onto a folder fails */
    assert_int_equal(file_write(room->path, STR("x"), 0600, &err), RC_INVALID);
    assert_int_equal(rmdir(room->path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_file__writes_and_reads_back, room_open, room_close),
        cmocka_unit_test_setup_teardown(test_file__refuses_too_large_missing_and_irregular, room_open,
                                        room_close),
        cmocka_unit_test_setup_teardown(test_file__guards_secrets, room_open, room_close),
        cmocka_unit_test_setup_teardown(test_file__leaves_nothing_behind_when_it_cannot_write, room_open,
                                        room_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
