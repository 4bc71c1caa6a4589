#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "common/base/limits.h"
#include "common/jose/jose.h"
#include "common/json/read.h"

/* RFC 7515 A.2 */
#define A2_N                                                                                                 \
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-" \
    "SFd2lZS-pCgN"                                                                                           \
    "MsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-"            \
    "UTo7WTBEMa2R2CapHg665xsm"                                                                               \
    "tdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_"                                    \
    "h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
#define A2_TOKEN                                                                                             \
    "eyJhbGciOiJSUzI1NiJ9."                                                                                  \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"         \
    ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"                 \
    "O8W2Fp5jujGbds9uJdbF9CUAr7t1d"                                                                          \
    "nZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_"  \
    "dO--xi12jzDwus"                                                                                         \
    "C-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_"     \
    "IoypGlUPQGe77Rw"
/* RFC 7515 A.3 */
#define A3_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define A3_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define A3_SIGNED                                                                                            \
    "eyJhbGciOiJFUzI1NiJ9."                                                                                  \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
#define A3_SIGNATURE "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
/* Made with python3-cryptography: salt of 32 bytes, MGF1 with SHA-256. */
#define PS_N                                                                                                 \
    "pB7AEHQiL4MjjL2o-DFX4hX5aRVHqVJPl2i6Tf9snc4zTjUasx3c49D3WDIv2rHOOzlLXWpRu5FdtFCT-Hk_"                   \
    "qp390iZwZbhbouxSLs2cUKKzj8BJT5"                                                                         \
    "uF-m7Df_pEF0T79dKC0TF57FLvpbXUzI-0uS7MF4ho-SX922F3F1sKnJRZNCvutWN9rfuMDZfEYCHnXVQlqPQr-XT-1Ac0CK_"      \
    "Fgs05xx4WJzvBRVdxl"                                                                                     \
    "rKqrxkuWBsLf-UlJKAxDRqxQpP783Ol0z-21wkEdSwlAcMWZjTRKAbBwGON7uNsa_v8jIzhd1dcwUhaOu5AGTrTdUYzMrq7M2FLo_"  \
    "khoNw79GXpSw"
#define PS_TOKEN                                                                                             \
    "eyJhbGciOiJQUzI1NiIsImtpZCI6InBzIn0.eyJoZWxsbyI6IndvcmxkIn0.IOyjUZ4Ib9pjbd5FOK_2YLE-KA_yDAed2wcw9dbs-"  \
    "9yQaYq6fOklR7"                                                                                          \
    "gL1VCeEDL-BKZqS-1XSd6PBqXsJHUJOg2z98DzFdixC70zoHe2HSMCIlhbpZk6_"                                        \
    "9CbSdAnEfJu0VVEHGvdaCSV6E6OsBGgaIvQRj63n3P_eCWEsqmT7"                                                   \
    "U7PrLQFLWvftYYQytG2jE_"                                                                                 \
    "Goiyva9SPZE6rHlsQFsxFVWXo2p1aXDoqxbKm4FQu7CIG7xJbjCBpsNV9ujJUwsz2D4xTWm1vUNRqsUz94XLb7Rbdb6ae"          \
    "l8mOFuhlkXldOGQtnOAlKPkrGvAVEgxbgoY3Og7vriQJl3U9yso0Kfh5uA"
#define N_1024                                                                                               \
    "ruZ_x6Gy13JX6gDOF0ltl6H66mAYFyXVLVQqVLpwxd-nijs7X_SEMZBlJetEcmXg0-8Zp1sV2HId2gF4MdVfc_"                 \
    "ud5e6zZfRpVSrqMLrl0FS2CDaZcw"                                                                           \
    "Lbim829qSICQV_wP3JeV4dZwL7QOn0PIjqEoJF5Q1RDarhkoO0VrLPf0k"
#define RSA(n, rest)   "{\"kty\":\"RSA\",\"n\":\"" n "\",\"e\":\"AQAB\"" rest "}"
#define EC(x, y, rest) "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" x "\",\"y\":\"" y "\"" rest "}"

struct room {
    struct arena *mem;
    struct jose_key *keys[3]; /* of JOSE_RS256, JOSE_PS256, JOSE_ES256 */
    struct buf out;
};

static int given_room(void **state)
{
    static struct room room;
    room.mem = arena_new(64 << 20);
    buf_init(&room.out, 1 << 20);
    for (int i = 0; i < 3; i++) {
        if (jose_key_new((enum jose_alg)(JOSE_RS256 + i), STR_NONE, &room.keys[i], NULL) != RC_OK) {
            return 1;
        }
    }
    *state = &room;
    return 0;
}

static int drop_room(void **state)
{
    struct room *room = *state;
    for (int i = 0; i < 3; i++) {
        jose_key_free(room->keys[i]);
    }
    buf_clear(&room->out);
    arena_free(room->mem);
    return 0;
}

static struct jose_key *load(const char *json)
{
    struct jose_key *key = NULL;
    struct err err = {0};
    if (jose_key_load(str_of(json), &key, &err) != RC_OK) {
        fail_msg("%s: %s", json, err.msg);
    }
    return key;
}

static struct str sign(struct room *room, int key, struct jose_header header, struct str payload)
{
    buf_reset(&room->out);
    struct err err = {0};
    if (jose_sign(room->keys[key], &header, payload, &room->out, &err) != RC_OK) {
        fail_msg("%s", err.msg);
    }
    return arena_str(room->mem, buf_str(&room->out));
}

static enum jose_fault verify(struct room *room, struct str text, const struct jose_key *key)
{
    struct jose_token token;
    enum jose_fault fault = jose_parse(text, room->mem, &token);
    return fault != JOSE_OK ? fault : jose_verify(&token, key);
}

/* header and payload as text, signature as it stands in a token */
static struct str token_of(struct room *room, const char *header, const char *payload, const char *signature)
{
    buf_reset(&room->out);
    jose_base64url_put(&room->out, str_of(header));
    buf_put_char(&room->out, '.');
    jose_base64url_put(&room->out, str_of(payload));
    buf_put_char(&room->out, '.');
    buf_put_str(&room->out, str_of(signature));
    return arena_str(room->mem, buf_str(&room->out));
}

/* ---- bytes ---- */

static void test_base64url__round_trips_every_length(void **state)
{
    struct room *room = *state;
    uint8_t bytes[70];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(i * 37 + 250);
    }
    for (size_t n = 0; n <= sizeof(bytes); n++) {
        struct str in = {(const char *)bytes, n}, back;
        buf_reset(&room->out);
        jose_base64url_put(&room->out, in);
        assert_int_equal(buf_str(&room->out).n, (n * 4 + 2) / 3);
        assert_true(jose_base64url_decode(buf_str(&room->out), room->mem, &back));
        assert_false(str_absent(back));
        assert_true(str_eq(in, back));
    }
}

static void test_base64url_decode__refuses_what_is_not_canonical(void **state)
{
    struct room *room = *state;
    static const struct {
        const char *text;
        const char *bytes; /* NULL: refused */
    } cases[] = {
        {"", ""},          {"Zg", "f"},      {"Zm8", "fo"},   {"Zm9v", "foo"},          {"Zh", NULL},
        {"Zm9", NULL},     {"Z", NULL},      {"Zm9vZ", NULL}, {"Zg==", NULL},           {"Zm8=", NULL},
        {"Zm 9v", NULL},   {"Zm9v\n", NULL}, {"+/+/", NULL},  {"-_-_", "\xfb\xff\xbf"}, {"Zm9v.", NULL},
        {"Zm\x80v", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str bytes;
        bool taken = jose_base64url_decode(str_of(cases[i].text), room->mem, &bytes);
        if (taken != (cases[i].bytes != NULL) || (taken && !str_eq(bytes, str_of(cases[i].bytes)))) {
            fail_msg("case %zu: %s", i, cases[i].text);
        }
    }
    assert_false(jose_base64url_decode((struct str){"Zm\0v", 4}, room->mem, &(struct str){0}));
}

static void test_sha256__is_that_of_fips_180(void **state)
{
    struct room *room = *state;
    uint8_t digest[JOSE_SHA256_BYTES], wanted[JOSE_SHA256_BYTES];
    jose_sha256(STR("abc"), digest);
    assert_true(str_to_hex(STR("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"), wanted,
                           sizeof(wanted)));
    assert_memory_equal(digest, wanted, sizeof(wanted));
    (void)room;
}

/* ---- keys ---- */

static void test_key_load__refuses_what_it_cannot_use(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        bool taken;
    } cases[] = {
        {RSA(A2_N, ""), true},
        {RSA(A2_N,
             ",\"kid\":\"k\",\"use\":\"sig\",\"alg\":\"PS256\",\"key_ops\":[\"verify\"],\"x5c\":[\"\"]"),
         true},
        {RSA(A2_N, ",\"alg\":\"RS384\""), false},
        {RSA(A2_N, ",\"alg\":\"ES256\""), false},
        {RSA(A2_N, ",\"alg\":7"), false},
        {RSA(A2_N, ",\"use\":\"enc\""), false},
        {RSA(A2_N, ",\"key_ops\":[\"encrypt\"]"), false},
        {RSA(A2_N, ",\"kid\":\"\""), false},
        {RSA(A2_N, ",\"kid\":1"), false},
        {RSA(A2_N, ",\"e\":\"AQAB\""), false},
        {RSA(A2_N, ",\"d\":\"AQAB\""), false},
        {RSA(N_1024, ""), false},
        {RSA("AAAAAA"
             "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
             "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" N_1024,
             ""),
         false},
        {RSA("Aw", ""), false},
        {RSA(A2_N "==", ""), false},
        {"{\"kty\":\"RSA\",\"n\":\"" A2_N "\"}", false},
        {"{\"kty\":\"RSA\",\"n\":\"" A2_N "\",\"e\":\"AQ\"}", false},   /* 1 */
        {"{\"kty\":\"RSA\",\"n\":\"" A2_N "\",\"e\":\"AQAC\"}", false}, /* even */
        {"{\"kty\":\"RSA\",\"n\":\"" A2_N "\",\"e\":\"Aw\"}", true},    /* 3 */
        {EC(A3_X, A3_Y, ""), true},
        {EC(A3_X, A3_Y, ",\"alg\":\"RS256\""), false},
        {EC(A3_X, A3_X, ""), false}, /* off the curve */
        {EC(A3_X, "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5Q", ""), false},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" A3_X "\"}", false},
        {"{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"3QsuGa0c-KhQgA9s4Sc_"
         "shyuOy8KtAbbTG2jvX3GBDz2MF5xu4Zf2wrkL0a3EYdv\",\"y\":"
         "\"TyexPKY_TaBbYxA9rmkilOZDRVCkWqPoxWfcci6qUDUQsCT-lo__SCroyaWMRbQQ\"}",
         false},
        {"{\"kty\":\"oct\",\"k\":\"AAAA\"}", false},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" A3_X "\"}", false},
        {"{}", false},
        {"[]", false},
        {"", false},
        {"{\"kty\":\"RSA\"", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct jose_key *key = NULL;
        struct err err = {0};
        bool taken = jose_key_load(str_of(cases[i].json), &key, &err) == RC_OK;
        if (taken != cases[i].taken || taken != (key != NULL) || taken != (err.msg[0] == '\0')) {
            fail_msg("case %zu: %s %s", i, cases[i].json, err.msg);
        }
        jose_key_free(key);
    }
}

static void test_key_save__gives_back_the_same_key(void **state)
{
    struct room *room = *state;
    for (int i = 0; i < 3; i++) {
        struct buf json;
        buf_init(&json, 1 << 16);
        assert_int_equal(jose_key_save(room->keys[i], &json, NULL), RC_OK);
        struct jose_key *again;
        assert_int_equal(jose_key_load(buf_str(&json), &again, NULL), RC_OK);
        assert_true(str_eq(jose_key_kid(again), jose_key_kid(room->keys[i])));
        assert_int_equal(jose_key_alg(again), JOSE_RS256 + i);
        assert_int_equal(jose_key_type(again), jose_key_type(room->keys[i]));
        assert_true(jose_key_is_private(again));
        struct str token = sign(room, i, (struct jose_header){0}, STR("{}"));
        assert_int_equal(verify(room, token, again), JOSE_OK);
        buf_reset(&room->out);
        assert_int_equal(jose_sign(again, &(struct jose_header){0}, STR("x"), &room->out, NULL), RC_OK);
        assert_int_equal(verify(room, buf_str(&room->out), room->keys[i]), JOSE_OK);
        jose_key_free(again);
        buf_clear(&json);
    }
}

static void test_key_save__refuses_a_public_key(void **state)
{
    struct room *room = *state;
    struct jose_key *key = load(RSA(A2_N, ""));
    buf_reset(&room->out);
    assert_int_equal(jose_key_save(key, &room->out, NULL), RC_INVALID);
    assert_int_equal(jose_sign(key, &(struct jose_header){0}, STR("x"), &room->out, NULL), RC_INVALID);
    assert_int_equal(room->out.n, 0);
    jose_key_free(key);
}

static void test_key_new__is_named_by_its_thumbprint(void **state)
{
    struct room *room = *state;
    const struct jose_key *const one[] = {room->keys[2]};
    buf_reset(&room->out);
    jose_keys_put(one, 1, &room->out);
    const struct json *set;
    assert_int_equal(json_parse(buf_str(&room->out), room->mem, &set, NULL), RC_OK);
    const struct json *key = json_at(json_get(set, STR("keys")), 0);
    struct str text = arena_printf(
        room->mem, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%" STR_FMT "\",\"y\":\"%" STR_FMT "\"}",
        STR_ARG(json_string(json_get(key, STR("x")))), STR_ARG(json_string(json_get(key, STR("y")))));
    uint8_t digest[JOSE_SHA256_BYTES];
    jose_sha256(text, digest);
    buf_reset(&room->out);
    jose_base64url_put(&room->out, (struct str){(const char *)digest, sizeof(digest)});
    assert_true(str_eq(buf_str(&room->out), jose_key_kid(room->keys[2])));
    assert_true(str_eq(json_string(json_get(key, STR("kid"))), jose_key_kid(room->keys[2])));
    assert_true(str_eq(json_string(json_get(key, STR("use"))), STR("sig")));
    assert_true(str_eq(json_string(json_get(key, STR("alg"))), STR("ES256")));
    assert_null(json_get(key, STR("d")));
}

static void test_key_fits__binds_to_the_keys_own_alg(void **state)
{
    struct room *room = *state;
    struct jose_key *free_rsa = load(RSA(A2_N, ""));
    static const bool wanted[4][4] = {/* NONE, RS256, PS256, ES256 */
                                      {false, true, false, false},
                                      {false, false, true, false},
                                      {false, false, false, true},
                                      {false, true, true, false}};
    for (int i = 0; i < 4; i++) {
        for (int alg = 0; alg < 4; alg++) {
            assert_int_equal(jose_key_fits(i < 3 ? room->keys[i] : free_rsa, (enum jose_alg)alg),
                             wanted[i][alg]);
        }
    }
    jose_key_free(free_rsa);
}

/* ---- sets ---- */

static void test_keys_put__holds_no_private_part(void **state)
{
    struct room *room = *state;
    buf_reset(&room->out);
    jose_keys_put((const struct jose_key *const *)room->keys, 3, &room->out);
    struct jose_keys *keys;
    assert_int_equal(jose_keys_parse(buf_str(&room->out), &keys, NULL), RC_OK);
    assert_int_equal(jose_keys_count(keys), 3);
    assert_int_equal(jose_keys_skipped(keys), 0);
    for (int i = 0; i < 3; i++) {
        const struct jose_key *key = jose_keys_find(keys, jose_key_kid(room->keys[i]));
        assert_ptr_equal(key, jose_keys_at(keys, (size_t)i));
        assert_false(jose_key_is_private(key));
        assert_int_equal(verify(room, sign(room, i, (struct jose_header){0}, STR("{}")), key), JOSE_OK);
    }
    assert_null(jose_keys_at(keys, 3));
    assert_null(jose_keys_find(keys, STR("other")));
    jose_keys_free(keys);
}

static void test_keys_parse__skips_what_it_cannot_use_and_says_why(void **state)
{
    (void)state;
    static const struct {
        const char *json, *why; /* why: part of it, NULL when refused as a whole */
        size_t count, skipped;
    } cases[] = {
        {"{\"keys\":[]}", "", 0, 0},
        {"{\"keys\":[" RSA(A2_N, ",\"kid\":\"a\"") "]}", "", 1, 0},
        {"{\"keys\":[" RSA(A2_N, "") "]}", "without a kid", 0, 1},
        {"{\"keys\":[" RSA(N_1024, ",\"kid\":\"a\"") "," RSA(A2_N, ",\"kid\":\"b\"") "]}", "1024 bits", 1, 1},
        {"{\"keys\":[" RSA(A2_N, ",\"kid\":\"a\"") "," EC(A3_X, A3_Y, ",\"kid\":\"a\"") "]}", "same kid", 1,
         1},
        {"{\"keys\":[7,null,{}," RSA(A2_N, ",\"kid\":\"a\"") "]}", "neither RSA nor EC", 1, 3},
        {"{\"keys\":{}}", NULL, 0, 0},
        {"{}", NULL, 0, 0},
        {"[]", NULL, 0, 0},
        {"{\"keys\":[],\"keys\":[]}", NULL, 0, 0},
        {"", NULL, 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct jose_keys *keys = NULL;
        struct err err = {0};
        bool taken = jose_keys_parse(str_of(cases[i].json), &keys, &err) == RC_OK;
        if (taken != (cases[i].why != NULL)) {
            fail_msg("case %zu: %s", i, err.msg);
        }
        if (taken &&
            (jose_keys_count(keys) != cases[i].count || jose_keys_skipped(keys) != cases[i].skipped ||
             !str_contains(str_of(jose_keys_skipped_why(keys)), str_of(cases[i].why)))) {
            fail_msg("case %zu: %zu keys, %zu skipped: %s", i, jose_keys_count(keys), jose_keys_skipped(keys),
                     jose_keys_skipped_why(keys));
        }
        jose_keys_free(keys);
    }
}

static void test_keys_parse__is_bounded(void **state)
{
    struct room *room = *state;
    for (int count = LIMIT_KEYS; count <= LIMIT_KEYS + 1; count++) {
        buf_reset(&room->out);
        buf_put_str(&room->out, STR("{\"keys\":["));
        for (int i = 0; i < count; i++) {
            buf_printf(&room->out,
                       "%s{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" A3_X "\",\"y\":\"" A3_Y
                       "\",\"kid\":\"%d\"}",
                       i > 0 ? "," : "", i);
        }
        buf_put_str(&room->out, STR("]}"));
        struct jose_keys *keys = NULL;
        assert_int_equal(jose_keys_parse(buf_str(&room->out), &keys, NULL),
                         count == LIMIT_KEYS ? RC_OK : RC_INVALID);
        assert_int_equal(keys != NULL ? jose_keys_count(keys) : 0, count == LIMIT_KEYS ? LIMIT_KEYS : 0);
        jose_keys_free(keys);
    }
}

/* ---- tokens ---- */

static void test_verify__takes_the_examples_of_others(void **state)
{
    struct room *room = *state;
    static const struct {
        const char *key, *token;
        enum jose_alg alg;
        const char *payload;
    } cases[] = {
        {RSA(A2_N, ""), A2_TOKEN, JOSE_RS256,
         "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}"},
        {EC(A3_X, A3_Y, ""), A3_SIGNED "." A3_SIGNATURE, JOSE_ES256,
         "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}"},
        {RSA(PS_N, ""), PS_TOKEN, JOSE_PS256, "{\"hello\":\"world\"}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct jose_key *key = load(cases[i].key);
        struct jose_token token;
        assert_int_equal(jose_parse(str_of(cases[i].token), room->mem, &token), JOSE_OK);
        assert_int_equal(token.alg, cases[i].alg);
        assert_true(str_eq(token.payload, str_of(cases[i].payload)));
        if (jose_verify(&token, key) != JOSE_OK) {
            fail_msg("case %zu", i);
        }
        jose_key_free(key);
    }
}

static void test_verify__refuses_every_change_of_a_token(void **state)
{
    struct room *room = *state;
    for (int i = 0; i < 3; i++) {
        struct str good = sign(room, i, (struct jose_header){.typ = STR("JWT")},
                               STR("{\"roles\":[\"ProvisioningAPI.Read\"]}"));
        assert_int_equal(verify(room, good, room->keys[i]), JOSE_OK);
        for (size_t at = 0; at < good.n; at += 3) {
            char *bad = arena_cstr(room->mem, good);
            bad[at] = bad[at] == 'A' ? 'B' : 'A';
            if (verify(room, (struct str){bad, good.n}, room->keys[i]) == JOSE_OK) {
                fail_msg("key %d, byte %zu", i, at);
            }
        }
        for (size_t n = 0; n < good.n; n += 7) {
            assert_int_not_equal(verify(room, str_slice(good, 0, n), room->keys[i]), JOSE_OK);
        }
    }
}

static void test_verify__refuses_a_key_of_another_kind(void **state)
{
    struct room *room = *state;
    struct jose_key *other_rsa = load(RSA(A2_N, ""));
    for (int i = 0; i < 3; i++) {
        struct str token = sign(room, i, (struct jose_header){0}, STR("{}"));
        for (int j = 0; j < 3; j++) {
            assert_int_equal(verify(room, token, room->keys[j]), i == j ? JOSE_OK : JOSE_KEY_MISFIT);
        }
        assert_int_equal(verify(room, token, other_rsa), i < 2 ? JOSE_BAD_SIGNATURE : JOSE_KEY_MISFIT);
    }
    jose_key_free(other_rsa);
}

/* ASN.1: SEQUENCE of two INTEGERs, each with a zero in front when its top bit is set. */
static struct str as_der(struct room *room, struct str raw)
{
    struct buf der;
    buf_init(&der, 100);
    for (size_t i = 0; i < 2; i++) {
        struct str half = str_slice(raw, i * 32, i * 32 + 32);
        bool high = (half.p[0] & 0x80) != 0;
        buf_put(&der, high ? "\x02\x21\x00" : "\x02\x20", high ? 3 : 2);
        buf_put_str(&der, half);
    }
    struct str body = arena_str(room->mem, buf_str(&der));
    buf_reset(&der);
    buf_put_char(&der, 0x30);
    buf_put_char(&der, (char)body.n);
    buf_put_str(&der, body);
    body = arena_str(room->mem, buf_str(&der));
    buf_clear(&der);
    return body;
}

static void test_verify__refuses_a_der_signature_for_es256(void **state)
{
    struct room *room = *state;
    struct jose_key *key = load(EC(A3_X, A3_Y, ""));
    struct str raw;
    assert_true(jose_base64url_decode(STR(A3_SIGNATURE), room->mem, &raw));
    buf_reset(&room->out);
    buf_put_str(&room->out, STR(A3_SIGNED "."));
    jose_base64url_put(&room->out, as_der(room, raw));
    assert_int_equal(verify(room, buf_str(&room->out), key), JOSE_BAD_SIGNATURE);
    jose_key_free(key);
}

static void test_sign__writes_the_header_it_is_told(void **state)
{
    struct room *room = *state;
    struct jose_token token;
    struct str text =
        sign(room, 0, (struct jose_header){.kid = STR("other"), .typ = STR("at+jwt")}, STR("payload"));
    assert_int_equal(jose_parse(text, room->mem, &token), JOSE_OK);
    assert_true(str_eq(token.kid, STR("other")));
    assert_true(str_eq(json_string(json_get(token.header, STR("typ"))), STR("at+jwt")));
    assert_true(str_eq(json_string(json_get(token.header, STR("alg"))), STR("RS256")));
    assert_int_equal(json_count(token.header), 3);
    assert_true(str_eq(token.payload, STR("payload")));
    assert_int_equal(
        jose_sign(room->keys[0], &(struct jose_header){.alg = JOSE_PS256}, STR("x"), &room->out, NULL),
        RC_INVALID);
    assert_int_equal(
        jose_sign(room->keys[2], &(struct jose_header){.alg = JOSE_RS256}, STR("x"), &room->out, NULL),
        RC_INVALID);
}

static void test_parse__reads_headers_strictly(void **state)
{
    struct room *room = *state;
    static const struct {
        const char *header;
        enum jose_fault fault;
    } cases[] = {
        {"{\"alg\":\"RS256\"}", JOSE_OK},
        {"{\"alg\":\"RS256\",\"kid\":\"k\",\"typ\":\"JWT\"}", JOSE_OK},
        {"{\"alg\":\"PS256\",\"kid\":\"k\",\"typ\":\"jwt\"}", JOSE_OK},
        {"{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"at+jwt\"}", JOSE_OK},
        {"{\"alg\":\"ES256\",\"kid\":\"k\",\"typ\":\"application/at+JWT\"}", JOSE_OK},
        {" {\"alg\":\"RS256\",\"x5t\":\"a\",\"jwk\":{},\"jku\":\"https://"
         "evil.example\",\"x5u\":\"\",\"x5c\":[]} ",
         JOSE_OK},
        {"{\"alg\":\"none\",\"kid\":\"k\"}", JOSE_BAD_ALG},
        {"{\"alg\":\"None\"}", JOSE_BAD_ALG},
        {"{\"alg\":\"HS256\"}", JOSE_BAD_ALG},
        {"{\"alg\":\"RS384\"}", JOSE_BAD_ALG},
        {"{\"alg\":\"RS512\"}", JOSE_BAD_ALG},
        {"{\"alg\":\"ES384\"}", JOSE_BAD_ALG},
        {"{\"alg\":\"EdDSA\"}", JOSE_BAD_ALG},
        {"{\"alg\":\"rs256\"}", JOSE_BAD_ALG},
        {"{\"alg\":\"RS256 \"}", JOSE_BAD_ALG},
        {"{\"alg\":\"\"}", JOSE_BAD_ALG},
        {"{\"alg\":[\"RS256\"]}", JOSE_BAD_ALG},
        {"{}", JOSE_BAD_ALG},
        {"{\"alg\":\"RS256\",\"alg\":\"RS256\"}", JOSE_BAD_HEADER},
        {"{\"alg\":\"none\",\"alg\":\"RS256\"}", JOSE_BAD_HEADER},
        {"{\"alg\":\"RS256\",\"kid\":\"a\",\"kid\":\"b\"}", JOSE_BAD_HEADER},
        {"{\"alg\":\"RS256\",\"\\u0061lg\":\"none\"}", JOSE_BAD_HEADER},
        {"{\"alg\":\"RS256\"}{}", JOSE_BAD_HEADER},
        {"{\"alg\":\"RS256\"", JOSE_BAD_HEADER},
        {"[]", JOSE_BAD_HEADER},
        {"\"RS256\"", JOSE_BAD_HEADER},
        {"\xff", JOSE_BAD_HEADER},
        {"{\"alg\":\"RS256\",\"kid\":\"\"}", JOSE_BAD_KID},
        {"{\"alg\":\"RS256\",\"kid\":7}", JOSE_BAD_KID},
        {"{\"alg\":\"RS256\",\"kid\":null}", JOSE_BAD_KID},
        {"{\"alg\":\"RS256\",\"typ\":\"JOSE\"}", JOSE_BAD_TYP},
        {"{\"alg\":\"RS256\",\"typ\":\"\"}", JOSE_BAD_TYP},
        {"{\"alg\":\"RS256\",\"typ\":null}", JOSE_BAD_TYP},
        {"{\"alg\":\"RS256\",\"typ\":\"dpop+jwt\"}", JOSE_BAD_TYP},
        {"{\"alg\":\"RS256\",\"crit\":[\"exp\"]}", JOSE_EXTENSION},
        {"{\"alg\":\"RS256\",\"crit\":[]}", JOSE_EXTENSION},
        {"{\"alg\":\"RS256\",\"b64\":false}", JOSE_EXTENSION},
        {"{\"alg\":\"RS256\",\"b64\":true}", JOSE_EXTENSION},
        {"{\"alg\":\"RS256\",\"zip\":\"DEF\"}", JOSE_EXTENSION},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct jose_token token;
        enum jose_fault fault = jose_parse(token_of(room, cases[i].header, "{}", "AAAA"), room->mem, &token);
        if (fault != cases[i].fault) {
            fail_msg("case %zu: %s: %s", i, cases[i].header, jose_fault_name(fault));
        }
    }
}

static void test_parse__refuses_other_forms(void **state)
{
    struct room *room = *state;
    static const struct {
        const char *text;
        enum jose_fault fault;
    } cases[] = {
        {"", JOSE_NOT_COMPACT},
        {".", JOSE_NOT_COMPACT},
        {"..", JOSE_NOT_COMPACT},
        {"eyJhbGciOiJSUzI1NiJ9", JOSE_NOT_COMPACT},
        {"eyJhbGciOiJSUzI1NiJ9.e30", JOSE_NOT_COMPACT},
        {"eyJhbGciOiJSUzI1NiJ9..AAAA", JOSE_NOT_COMPACT}, /* detached payload */
        {"eyJhbGciOiJSUzI1NiJ9.e30.AAAA.AAAA", JOSE_NOT_COMPACT},
        {"eyJhbGciOiJSUzI1NiJ9.e30.AAAA.AAAA.AAAA", JOSE_NOT_COMPACT}, /* JWE */
        {"eyJhbGciOiJSUzI1NiJ9.e30.AAAA", JOSE_OK},
        {"eyJhbGciOiJSUzI1NiJ9.e30.", JOSE_OK}, /* fails as a signature */
        {"eyJhbGciOiJub25lIn0.e30.", JOSE_BAD_ALG},
        {"eyJhbGciOiJSUzI1NiJ9=.e30.AAAA", JOSE_NOT_BASE64URL},
        {"eyJhbGciOiJSUzI1NiJ9.e30=.AAAA", JOSE_NOT_BASE64URL},
        {"eyJhbGciOiJSUzI1NiJ9.e30.AAA=", JOSE_NOT_BASE64URL},
        {"eyJhbGciOiJSUzI1NiJ9.e30.AAB", JOSE_NOT_BASE64URL},
        {"eyJhbGciOiJSUzI1NiJ9.e30.A+AA", JOSE_NOT_BASE64URL},
        {" eyJhbGciOiJSUzI1NiJ9.e30.AAAA", JOSE_NOT_BASE64URL},
        {"{\"protected\":\"e30\"}", JOSE_NOT_COMPACT},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct jose_token token;
        enum jose_fault fault = jose_parse(str_of(cases[i].text), room->mem, &token);
        if (fault != cases[i].fault) {
            fail_msg("case %zu: %s: %s", i, cases[i].text, jose_fault_name(fault));
        }
    }
    struct jose_token token;
    assert_int_equal(jose_parse(STR("eyJhbGciOiJSUzI1NiJ9.e30."), room->mem, &token), JOSE_OK);
    assert_int_equal(jose_verify(&token, room->keys[0]), JOSE_BAD_SIGNATURE);
}

static void test_parse__is_bounded(void **state)
{
    struct room *room = *state;
    struct jose_token token;
    char *text = arena_alloc(room->mem, LIMIT_TOKEN + 2);
    memset(text, 'A', LIMIT_TOKEN + 1);
    static const char start[] = "eyJhbGciOiJSUzI1NiJ9.e30.";
    memcpy(text, start, sizeof(start) - 1);
    assert_int_equal(jose_parse((struct str){text, LIMIT_TOKEN + 1}, room->mem, &token), JOSE_TOO_LONG);
    size_t fits = LIMIT_TOKEN - (LIMIT_TOKEN - (sizeof(start) - 1)) % 4;
    assert_int_equal(jose_parse((struct str){text, fits}, room->mem, &token), JOSE_OK);
}

static void test_faults__each_have_a_name_and_a_text(void **state)
{
    (void)state;
    for (int i = 0; i < JOSE_FAULT_COUNT; i++) {
        assert_true(jose_fault_name((enum jose_fault)i)[0] != '\0' &&
                    jose_fault_text((enum jose_fault)i)[0] != '\0');
        for (int j = 0; j < i; j++) {
            assert_string_not_equal(jose_fault_name((enum jose_fault)i), jose_fault_name((enum jose_fault)j));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base64url__round_trips_every_length),
        cmocka_unit_test(test_base64url_decode__refuses_what_is_not_canonical),
        cmocka_unit_test(test_sha256__is_that_of_fips_180),
        cmocka_unit_test(test_key_load__refuses_what_it_cannot_use),
        cmocka_unit_test(test_key_save__gives_back_the_same_key),
        cmocka_unit_test(test_key_save__refuses_a_public_key),
        cmocka_unit_test(test_key_new__is_named_by_its_thumbprint),
        cmocka_unit_test(test_key_fits__binds_to_the_keys_own_alg),
        cmocka_unit_test(test_keys_put__holds_no_private_part),
        cmocka_unit_test(test_keys_parse__skips_what_it_cannot_use_and_says_why),
        cmocka_unit_test(test_keys_parse__is_bounded),
        cmocka_unit_test(test_verify__takes_the_examples_of_others),
        cmocka_unit_test(test_verify__refuses_every_change_of_a_token),
        cmocka_unit_test(test_verify__refuses_a_key_of_another_kind),
        cmocka_unit_test(test_verify__refuses_a_der_signature_for_es256),
        cmocka_unit_test(test_sign__writes_the_header_it_is_told),
        cmocka_unit_test(test_parse__reads_headers_strictly),
        cmocka_unit_test(test_parse__refuses_other_forms),
        cmocka_unit_test(test_parse__is_bounded),
        cmocka_unit_test(test_faults__each_have_a_name_and_a_text),
    };
    return cmocka_run_group_tests(tests, given_room, drop_room);
}
