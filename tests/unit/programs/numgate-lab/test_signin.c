/* Codes and refresh tokens: what each is good for, until when, and what ends a sign-in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "programs/numgate-lab/directory.h"
#include "programs/numgate-lab/signin.h"
#include "programs/numgate-lab/user.h"

#include "common/base/banned.h"

/* The pair of RFC 7636 appendix B. */
#define VERIFIER  "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
#define URI       "https://portal.example/"
#define SESSION   "00000000-0000-4000-8000-000000000001"

static const struct client client = {.code_seconds = 60, .refresh_seconds = 3600};
static const struct client other_client = {.code_seconds = 60, .refresh_seconds = 3600};
static const struct user ada = {.name = {"ada", 3}}, noel = {.name = {"noel", 4}};
static const struct mono began = {1000000};

static struct signin make_signin(const struct user *user, bool offline)
{
    return (struct signin){.client = &client,
                           .user = user,
                           .redirect_uri = STR(URI),
                           .session_id = SESSION,
                           .offline = offline,
                           .challenge = CHALLENGE};
}

static struct mono after(int64_t ms)
{
    return mono_after(began, ms);
}

static enum refusal redeem(struct signins *signins, const char *code, struct mono now,
                           struct signin_grant *ret)
{
    const struct signin_claim claim = {&client, STR(URI), STR(VERIFIER)};
    return signins_redeem(signins, str_of(code), &claim, now, ret);
}

static enum refusal renew(struct signins *signins, const char *token, struct mono now,
                          struct signin_grant *ret)
{
    return signins_renew(signins, str_of(token), &client, now, ret);
}

/* A sign-in that was begun and redeemed. */
static struct signin_grant begin_live(struct signins *signins)
{
    struct signin signin = make_signin(&ada, true);
    struct signin_grant given;
    char code[SIGNIN_SECRET_MAX];
    signins_begin(signins, &signin, began, code);
    assert_int_equal(redeem(signins, code, began, &given), REFUSAL_NONE);
    return given;
}

static void test_redeem__once_before_its_end(void **state UNUSED)
{
    static const struct {
        int64_t after_ms;
        enum refusal expected;
    } cases[] = {{0, REFUSAL_NONE},
                 {59999, REFUSAL_NONE},
                 {60000, REFUSAL_CODE_EXPIRED},
                 {90000, REFUSAL_CODE_EXPIRED}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct signins *signins = signins_new();
        struct signin signin = make_signin(&ada, true);
        struct signin_grant given;
        char code[SIGNIN_SECRET_MAX];
        signins_begin(signins, &signin, began, code);
        enum refusal refusal = redeem(signins, code, after(cases[i].after_ms), &given);
        if (refusal != cases[i].expected) {
            fail_msg("case %zu: %d", i, (int)refusal);
        }
        signins_free(signins);
    }
}

static void test_redeem__refuses_each_thing_that_differs_and_ends(void **state UNUSED)
{
    const struct {
        struct signin_claim claim;
        enum refusal expected;
    } cases[] = {
        {{&other_client, STR(URI), STR(VERIFIER)}, REFUSAL_GRANT_OF_OTHER},
        {{&client, STR("https://portal.example"), STR(VERIFIER)}, REFUSAL_CODE_REDIRECT},
        {{&client, STR(URI), STR("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl")}, REFUSAL_VERIFIER_WRONG},
        {{&client, STR(URI), STR(CHALLENGE)}, REFUSAL_VERIFIER_WRONG},
        {{&client, STR(URI), STR("short")}, REFUSAL_VERIFIER_WRONG},
        {{&client, STR(URI), STR("")}, REFUSAL_VERIFIER_WRONG},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct signins *signins = signins_new();
        struct signin signin = make_signin(&ada, true);
        struct signin_grant given;
        char code[SIGNIN_SECRET_MAX];
        signins_begin(signins, &signin, began, code);
        enum refusal refusal = signins_redeem(signins, str_of(code), &cases[i].claim, began, &given);
        if (refusal != cases[i].expected || redeem(signins, code, began, &given) != REFUSAL_SIGNIN_ENDED) {
            fail_msg("case %zu: %d", i, (int)refusal);
        }
        signins_free(signins);
    }
}

static void test_redeem__twice_takes_back_what_it_gave(void **state UNUSED)
{
    struct signins *signins = signins_new();
    struct signin signin = make_signin(&ada, true);
    struct signin_grant given, more;
    char code[SIGNIN_SECRET_MAX];
    signins_begin(signins, &signin, began, code);
    assert_int_equal(redeem(signins, code, began, &given), REFUSAL_NONE);
    assert_int_equal(renew(signins, given.refresh_token, after(600000), &given), REFUSAL_NONE);
    assert_int_equal(redeem(signins, code, after(700000), &more), REFUSAL_CODE_USED);
    assert_int_equal(renew(signins, given.refresh_token, after(700000), &more), REFUSAL_SIGNIN_ENDED);
    signins_free(signins);
}

static void test_redeem__without_offline_access_gives_no_refresh_token(void **state UNUSED)
{
    struct signins *signins = signins_new();
    struct signin signin = make_signin(&ada, false);
    struct signin_grant given;
    char code[SIGNIN_SECRET_MAX];
    signins_begin(signins, &signin, began, code);
    assert_int_equal(redeem(signins, code, began, &given), REFUSAL_NONE);
    assert_int_equal(given.refresh_token[0], 0);
    assert_int_equal(renew(signins, code, began, &given), REFUSAL_REFRESH_USED);
    signins_free(signins);
}

static void test_renew__has_an_end_that_renewals_do_not_move(void **state UNUSED)
{
    struct signins *signins = signins_new();
    struct signin_grant given = begin_live(signins);
    assert_int_equal(given.left_s, 3600);
    assert_int_equal(renew(signins, given.refresh_token, after(1800000), &given), REFUSAL_NONE);
    assert_int_equal(given.left_s, 1800);
    assert_int_equal(renew(signins, given.refresh_token, after(3599999), &given), REFUSAL_NONE);
    assert_int_equal(renew(signins, given.refresh_token, after(3600000), &given), REFUSAL_REFRESH_EXPIRED);
    signins_free(signins);
}

static void test_renew__of_a_used_token_ends_the_family(void **state UNUSED)
{
    struct signins *signins = signins_new();
    struct signin_grant first = begin_live(signins), second, third;
    assert_int_equal(renew(signins, first.refresh_token, began, &second), REFUSAL_NONE);
    assert_int_equal(renew(signins, second.refresh_token, began, &third), REFUSAL_NONE);
    assert_int_equal(renew(signins, first.refresh_token, began, &second), REFUSAL_REFRESH_USED);
    assert_int_equal(renew(signins, third.refresh_token, began, &second), REFUSAL_SIGNIN_ENDED);
    signins_free(signins);
}

static void test_renew__of_another_client_ends_nothing(void **state UNUSED)
{
    struct signins *signins = signins_new();
    struct signin_grant given = begin_live(signins), more;
    assert_int_equal(signins_renew(signins, str_of(given.refresh_token), &other_client, began, &more),
                     REFUSAL_GRANT_OF_OTHER);
    assert_int_equal(renew(signins, given.refresh_token, began, &more), REFUSAL_NONE);
    signins_free(signins);
}

static void test_renew__knows_only_its_own(void **state UNUSED)
{
    static const char *const texts[] = {
        "", "x", "0123456789012345678901234567890123456789012345678901234567890123",
        "01234567890123456789012345678901234567890123456789012345678901234567890123456789"};
    struct signins *signins = signins_new();
    struct signin_grant given = begin_live(signins);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct signin_grant more;
        if (renew(signins, texts[i], began, &more) != REFUSAL_REFRESH_UNKNOWN) {
            fail_msg("case %zu", i);
        }
    }
    assert_int_equal(renew(signins, given.refresh_token, began, &given), REFUSAL_NONE);
    signins_free(signins);
}

static void test_end__is_of_one_user_or_one_session(void **state UNUSED)
{
    struct signins *signins = signins_new();
    struct signin_grant given = begin_live(signins);
    assert_int_equal(signins_end_user(signins, &noel), 0);
    assert_int_equal(signins_end_session(signins, STR("00000000-0000-4000-8000-000000000002")), 0);
    assert_int_equal(renew(signins, given.refresh_token, began, &given), REFUSAL_NONE);
    assert_int_equal(signins_end_user(signins, &ada), 1);
    assert_int_equal(signins_end_user(signins, &ada), 0);
    assert_int_equal(renew(signins, given.refresh_token, began, &given), REFUSAL_SIGNIN_ENDED);
    given = begin_live(signins);
    assert_int_equal(signins_end_session(signins, STR(SESSION)), 1);
    assert_int_equal(renew(signins, given.refresh_token, began, &given), REFUSAL_SIGNIN_ENDED);
    signins_free(signins);
}

/* One more than there is room for: the oldest goes, the second stays. What is over goes before what is not. */
static void test_begin__ends_the_oldest_when_there_is_no_room(void **state UNUSED)
{
    struct signins *signins = signins_new();
    struct signin signin = make_signin(&ada, true);
    struct signin_grant first = begin_live(signins), second = begin_live(signins), more;
    char code[SIGNIN_SECRET_MAX];
    for (size_t i = 2; i < SIGNINS_MAX; i++) {
        signins_begin(signins, &signin, began, code);
    }
    assert_int_equal(renew(signins, first.refresh_token, began, &first), REFUSAL_NONE);
    signins_begin(signins, &signin, began, code);
    assert_int_equal(renew(signins, first.refresh_token, began, &more), REFUSAL_REFRESH_UNKNOWN);
    assert_int_equal(renew(signins, second.refresh_token, began, &second), REFUSAL_NONE);
    signins_begin(signins, &signin, after(60000), code);
    assert_int_equal(renew(signins, second.refresh_token, after(60000), &second), REFUSAL_NONE);
    assert_int_equal(redeem(signins, code, after(60000), &more), REFUSAL_NONE);
    signins_free(signins);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_redeem__once_before_its_end),
        cmocka_unit_test(test_redeem__refuses_each_thing_that_differs_and_ends),
        cmocka_unit_test(test_redeem__twice_takes_back_what_it_gave),
        cmocka_unit_test(test_redeem__without_offline_access_gives_no_refresh_token),
        cmocka_unit_test(test_renew__has_an_end_that_renewals_do_not_move),
        cmocka_unit_test(test_renew__of_a_used_token_ends_the_family),
        cmocka_unit_test(test_renew__of_another_client_ends_nothing),
        cmocka_unit_test(test_renew__knows_only_its_own),
        cmocka_unit_test(test_end__is_of_one_user_or_one_session),
        cmocka_unit_test(test_begin__ends_the_oldest_when_there_is_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
