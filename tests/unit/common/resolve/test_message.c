/* Messages that ldns would read and must not be given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "common/resolve/inside.h"

#define OPTIONS   "\0\0\x29\x04\xd0\0\0\0\0\0\0"          /* an OPT record (RFC 6891) */
#define SIGNATURE "\0\0\xfa\0\xff\0\0\0\0\0\0"            /* a TSIG record, without data */
#define ADDRESS   "\1a\0\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1" /* a. A 192.0.2.1 */
#define QUESTION  "\1a\0\0\1\0\1"

static void test_message_read__takes_whole_messages_only(void **state UNUSED)
{
    static const struct {
        const char *what;
        struct str wire;
        bool taken;
    } cases[] = {
        {"a question", {"\0\1\x80\0\0\1\0\0\0\0\0\0" QUESTION, 19}, true},
        {"with a record", {"\0\1\x80\0\0\1\0\1\0\0\0\0" QUESTION ADDRESS, 36}, true},
        {"with options", {"\0\1\x80\0\0\1\0\0\0\0\0\1" QUESTION OPTIONS, 30}, true},
        {"empty", {"", 0}, false},
        {"half a head", {"\0\1\x80\0\0\1", 6}, false},
        {"a record less", {"\0\1\x80\0\0\1\0\2\0\0\0\0" QUESTION ADDRESS, 36}, false},
        {"a record more", {"\0\1\x80\0\0\1\0\0\0\0\0\0" QUESTION ADDRESS, 36}, false},
        {"half a record", {"\0\1\x80\0\0\1\0\1\0\0\0\0" QUESTION ADDRESS, 35}, false},
        {"options twice", {"\0\1\x80\0\0\1\0\0\0\0\0\2" QUESTION OPTIONS OPTIONS, 41}, false},
        {"signatures twice", {"\0\1\x80\0\0\1\0\0\0\0\0\2" QUESTION SIGNATURE SIGNATURE, 41}, false},
        {"options behind a signature", {"\0\1\x80\0\0\1\0\0\0\0\0\2" QUESTION SIGNATURE OPTIONS, 41}, false},
        {"a signature as an answer", {"\0\1\x80\0\0\1\0\1\0\0\0\0" QUESTION SIGNATURE, 30}, false},
        {"a long label",
         {"\0\1\x80\0\0\1\0\0\0\0\0\0"
          "\x40"
          "a\0\0\1\0\1",
          19},
         false},
        {"a pointer to itself",
         {"\0\1\x80\0\0\1\0\0\0\0\0\0"
          "\xc0\x0c\0\1\0\1",
          18},
         false},
        {"a pointer to nowhere",
         {"\0\1\x80\0\0\1\0\0\0\0\0\0"
          "\xc1\x0c\0\1\0\1",
          18},
         false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        ldns_pkt *message = message__read((const uint8_t *)cases[i].wire.p, cases[i].wire.n);
        if ((message != NULL) != cases[i].taken) {
            fail_msg("case %zu (%s)", i, cases[i].what);
        }
        ldns_pkt_free(message);
    }
}

static void test_message_record__comes_back(void **state UNUSED)
{
    static const struct rr cases[] = {
        {{"a.test", 6}, RR_A, 60, {"192.0.2.1", 9}},
        {{"a.test", 6}, RR_AAAA, 0, {"2001:db8::1", 11}},
        {{"a.test", 6}, RR_CNAME, 60, {"b.test", 6}},
        {{"a.test", 6}, RR_SRV, 60, {"10 20 5061 sbc.test", 19}},
        {{"a.test", 6}, RR_SOA, UINT32_MAX, {"ns.test host.test 1 2 3 4 4294967295", 36}},
        {{"a.test", 6}, RR_TXT, 60, {"", 0}},
        {{"a.test", 6}, RR_TXT, 60, {" \"\\;()@$ \0\xff\n\t", 14}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(arena_freep) struct arena *mem = arena_new(4096);
        ldns_rr *record = message__record(&cases[i]);
        struct rr back = {0};
        assert_non_null(record);
        if (!message__take(record, mem, &back) || !rr_same(&back, &cases[i]) ||
            back.ttl_s != cases[i].ttl_s) {
            fail_msg("case %zu (%s)", i, rr_type_text(cases[i].type));
        }
        ldns_rr_free(record);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message_read__takes_whole_messages_only),
        cmocka_unit_test(test_message_record__comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
