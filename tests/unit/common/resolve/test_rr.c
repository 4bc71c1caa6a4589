#include "common/resolve/rr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "common/base/buf.h"

#define L63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"

static void test_rr_name_valid__bounds_labels_and_length(void **state UNUSED)
{
    static const struct {
        const char *name;
        bool valid;
    } cases[] = {
        {"a", true},
        {"contoso.1r1.Example.NET", true},
        {"_sip._tls.a-b", true},
        {L63 ".net", true},
        {"x" L63 ".net", false},
        {L63 "." L63 "." L63 "." L63, false}, /* 255 */
        {L63 "." L63 "." L63 ".abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxy",
         true}, /* 253 */
        {L63 "." L63 "." L63 ".abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz", false},
        {"", false},
        {".", false},
        {"a.", false},
        {".a", false},
        {"a..b", false},
        {"*.a", false},
        {"a b", false},
        {"a\\.b", false},
        {"\xc3\xa4", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (rr_name_valid(str_of(cases[i].name)) != cases[i].valid) {
            fail_msg("case %zu (%s)", i, cases[i].name);
        }
    }
    assert_false(rr_name_valid((struct str){"a\0b", 3}));
    assert_false(rr_name_valid(STR_NONE));
}

static void test_rr_below__knows_whole_labels(void **state UNUSED)
{
    assert_true(rr_below(STR("example.net"), STR("EXAMPLE.net")));
    assert_true(rr_below(STR("a.b.example.net"), STR("example.net")));
    assert_false(rr_below(STR("notexample.net"), STR("example.net")));
    assert_false(rr_below(STR("net"), STR("example.net")));
}

/* Each type: data that is some, with its line of a master file, and data that is none. */
static void test_rr_write__is_a_line_of_a_master_file(void **state UNUSED)
{
    static const struct {
        enum rr_type type;
        const char *data, *line; /* NULL: not valid */
    } cases[] = {
        {RR_A, "192.0.2.1", "a.test.\t60\tIN\tA\t192.0.2.1\n"},
        {RR_A, "192.0.2.256", NULL},
        {RR_A, "::ffff:192.0.2.1", NULL},
        {RR_A, "", NULL},
        {RR_AAAA, "2001:db8::1", "a.test.\t60\tIN\tAAAA\t2001:db8::1\n"},
        {RR_AAAA, "192.0.2.1", NULL},
        {RR_NS, "ns.test", "a.test.\t60\tIN\tNS\tns.test.\n"},
        {RR_CNAME, "b.test", "a.test.\t60\tIN\tCNAME\tb.test.\n"},
        {RR_CNAME, "b.test.", NULL},
        {RR_SRV, "10 20 5061 sbc.test", "a.test.\t60\tIN\tSRV\t10 20 5061 sbc.test.\n"},
        {RR_SRV, "10 20 65536 sbc.test", NULL},
        {RR_SRV, "10 20 5061", NULL},
        {RR_SRV, "10 20 5061 sbc.test more", NULL},
        {RR_SRV, "10 20 5061 sbc.test ", NULL},
        {RR_SOA, "ns.test host.test 1 2 3 4 4294967295",
         "a.test.\t60\tIN\tSOA\tns.test. host.test. 1 2 3 4 4294967295\n"},
        {RR_SOA, "ns.test host.test 1 2 3 4 4294967296", NULL},
        {RR_TXT, "", "a.test.\t60\tIN\tTXT\t\"\"\n"},
        {RR_TXT, "a \"b\" \\ \xe9\n", "a.test.\t60\tIN\tTXT\t\"a \\\"b\\\" \\\\ \\233\\010\"\n"},
        {(enum rr_type)15, "10 mail.test", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct rr rr = {STR("a.test"), cases[i].type, 60, str_of(cases[i].data)};
        struct buf out;
        buf_init(&out, 1000);
        bool valid = rr_valid(&rr);
        if (valid) {
            rr_write(&out, &rr);
        }
        if (valid != (cases[i].line != NULL) || (valid && !str_eq(buf_str(&out), str_of(cases[i].line)))) {
            fail_msg("case %zu (%s %s)", i, rr_type_text(rr.type), cases[i].data);
        }
        buf_clear(&out);
    }
}

static void test_rr_write__cuts_a_long_text_into_strings(void **state UNUSED)
{
    char text[RR_TEXT_MAX + 1];
    struct rr rr = {STR("a.test"), RR_TXT, 0, {text, RR_TEXT_MAX}};
    struct buf out;
    memset(text, 'x', sizeof text);
    assert_true(rr_valid(&rr));
    rr.data.n++; /* a server may have one that we could not make */
    assert_false(rr_valid(&rr));
    buf_init(&out, 1000);
    rr_write(&out, &rr);
    assert_true(str_ends(buf_str(&out), STR("xx\" \"x\"\n")));
    buf_clear(&out);
}

static void test_rr_same__is_about_what_it_means(void **state UNUSED)
{
    static const struct {
        enum rr_type type;
        const char *a, *b;
        bool same;
    } cases[] = {
        {RR_A, "192.0.2.1", "192.0.2.1", true},
        {RR_A, "192.0.2.1", "192.0.2.10", false},
        {RR_AAAA, "2001:DB8::1", "2001:db8:0::1", true},
        {RR_CNAME, "B.test", "b.TEST", true},
        {RR_TXT, "MS=ms1", "ms=ms1", false},
        {RR_TXT, "MS=ms1", "MS=ms1", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct rr a = {STR("a.test"), cases[i].type, 60, str_of(cases[i].a)};
        struct rr b = {STR("A.Test"), cases[i].type, 300, str_of(cases[i].b)};
        if (rr_same(&a, &b) != cases[i].same) {
            fail_msg("case %zu (%s, %s)", i, cases[i].a, cases[i].b);
        }
    }
    struct rr a = {STR("a.test"), RR_NS, 60, STR("b.test")}, b = {STR("a.test"), RR_CNAME, 60, STR("b.test")};
    assert_false(rr_same(&a, &b));
    b = (struct rr){STR("b.test"), RR_NS, 60, STR("b.test")};
    assert_false(rr_same(&a, &b));
}

static void test_rr_text__names_types_and_codes(void **state UNUSED)
{
    assert_string_equal(rr_type_text(RR_AAAA), "AAAA");
    assert_string_equal(rr_type_text((enum rr_type)15), "?");
    assert_string_equal(rr_rcode_text(RR_NXRRSET), "NXRRSET");
    assert_string_equal(rr_rcode_text(11), "unknown");
}

#define SECRET "c2VjcmV0IHRoYXQgaXMgbm9uZQ=="
static void test_tsig_key_parse__reads_both_forms(void **state UNUSED)
{
    static const char *const texts[] = {
        "hmac-sha256:key.name:" SECRET,
        "  HMAC-SHA256.:Key.Name.:" SECRET "\n\n",
        "key \"key.name\" {\n\talgorithm hmac-sha256;\n\tsecret \"" SECRET "\";\n};\n",
        "key key.name { secret " SECRET "; algorithm \"hmac-sha256\"; };",
        "key KEY.NAME.{algorithm hmac-sha256.;secret \"" SECRET "\";};",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        CLEANUP(arena_freep) struct arena *mem = arena_new_secret(4096);
        struct tsig_key key;
        struct err err;
        if (tsig_key_parse(str_of(texts[i]), mem, &key, &err) != RC_OK ||
            !str_eq(key.name, STR("key.name")) || !str_eq(key.secret_base64, STR(SECRET))) {
            fail_msg("text %zu", i);
        }
    }
}

static void test_tsig_key_parse__refuses_others_and_shows_nothing(void **state UNUSED)
{
    static const char *const texts[] = {
        "",
        SECRET,
        "key.name:" SECRET,
        "hmac-md5:key.name:" SECRET,
        "hmac-sha256:key..name:" SECRET,
        "hmac-sha256::" SECRET,
        "hmac-sha256:key.name:",
        "hmac-sha256:key.name:c2VjcmV0IHRoYXQgaXMgbm9uZQ=",
        "hmac-sha256:key.name:c2VjcmV0IHRoYXQgaXMgbm9uZ-==",
        "hmac-sha256:key.name:c2=jcmV0",
        "hmac-sha256:key.name:" SECRET ":",
        "hmac-sha256:key.name:" SECRET "\nmore",
        "key key.name { algorithm hmac-sha256; };",
        "key key.name { secret " SECRET "; };",
        "key key.name { algorithm hmac-sha256; secret " SECRET "; }",
        "key key.name { algorithm hmac-sha256; secret \"" SECRET "; };",
        "key key.name { algorithm hmac-sha256; secret " SECRET "; secret " SECRET "; };",
        "key key.name { algorithm hmac-sha256; secret " SECRET "; }; key more",
        "key key.name { algorithm hmac-sha256; other " SECRET "; };",
        "key key.name {",
        "key { algorithm hmac-sha256; secret " SECRET "; };",
    };
    CLEANUP(arena_freep) struct arena *mem = arena_new_secret(4096);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct tsig_key key;
        struct err err;
        if (tsig_key_parse(str_of(texts[i]), mem, &key, &err) != RC_INVALID ||
            strstr(err.msg, "c2VjcmV0") != NULL) {
            fail_msg("text %zu", i);
        }
    }
}

static void test_tsig_key_parse__bounds_the_secret(void **state UNUSED)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new_secret(4096);
    struct tsig_key key;
    struct buf text;
    buf_init(&text, 4096);
    buf_put_str(&text, STR("hmac-sha256:key.name:"));
    for (size_t i = 0; i < TSIG_SECRET_MAX / 4; i++) {
        buf_put_str(&text, STR("abcd"));
    }
    assert_int_equal(tsig_key_parse(buf_str(&text), mem, &key, NULL), RC_OK);
    buf_put_str(&text, STR("abcd"));
    assert_int_equal(tsig_key_parse(buf_str(&text), mem, &key, NULL), RC_INVALID);
    buf_clear(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rr_name_valid__bounds_labels_and_length),
        cmocka_unit_test(test_rr_below__knows_whole_labels),
        cmocka_unit_test(test_rr_write__is_a_line_of_a_master_file),
        cmocka_unit_test(test_rr_write__cuts_a_long_text_into_strings),
        cmocka_unit_test(test_rr_same__is_about_what_it_means),
        cmocka_unit_test(test_rr_text__names_types_and_codes),
        cmocka_unit_test(test_tsig_key_parse__reads_both_forms),
        cmocka_unit_test(test_tsig_key_parse__refuses_others_and_shows_nothing),
        cmocka_unit_test(test_tsig_key_parse__bounds_the_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
