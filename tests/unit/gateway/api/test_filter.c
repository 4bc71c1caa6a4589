#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "gateway/api/filter.h"

/* The tree as text, so that a table can say what is expected. */
static struct str show(const struct query_node *node, struct arena *mem)
{
    static const char *const words[] = {"and", "or", "not", "eq",     "ne",      "gt",
                                        "ge",  "lt", "le",  "starts", "contains"};
    const char *word = words[node->op];
    if (node->op <= QUERY_OR) {
        return arena_printf(mem, "(%" STR_FMT " %s %" STR_FMT ")", STR_ARG(show(node->left, mem)), word,
                            STR_ARG(show(node->right, mem)));
    }
    if (node->op == QUERY_NOT) {
        return arena_printf(mem, "(not %" STR_FMT ")", STR_ARG(show(node->left, mem)));
    }
    switch (node->value.type) {
    case QUERY_NULL:
        return arena_printf(mem, "%" STR_FMT " %s null", STR_ARG(node->path), word);
    case QUERY_BOOL:
        return arena_printf(mem, "%" STR_FMT " %s %s", STR_ARG(node->path), word,
                            node->value.flag ? "true" : "false");
    case QUERY_INT:
        return arena_printf(mem, "%" STR_FMT " %s %lld", STR_ARG(node->path), word,
                            (long long)node->value.number);
    default:
        return arena_printf(mem, "%" STR_FMT " %s <%" STR_FMT ">", STR_ARG(node->path), word,
                            STR_ARG(node->value.text));
    }
}

struct filter_case {
    const struct schema *schema;
    const char *text;
    const char *expected; /* the tree, or "@N": an error at position N */
};

static const struct filter_case cases[] = {
    {&schema_number, "telephoneNumber eq '+441632960000'", "telephoneNumber eq 441632960000"},
    {&schema_number, "telephoneNumber eq ' 441632960000'",
     "telephoneNumber eq 441632960000"}, /* a '+' lost in a query */
    {&schema_number, "accountName eq 'a' and accountName ne 'b' or accountName gt 'c'",
     "((accountName eq <a> and accountName ne <b>) or accountName gt <c>)"},
    {&schema_number, "accountName eq 'a' and (accountName ne 'b' or accountName gt 'c')",
     "(accountName eq <a> and (accountName ne <b> or accountName gt <c>))"},
    {&schema_number, "not not accountName eq null", "(not (not accountName eq null))"},
    {&schema_number, "serviceDetails/teamsDirectRouting/enabled ne true",
     "serviceDetails/teamsDirectRouting/enabled ne true"},
    {&schema_number, "contains(configuration/customSipHeader,'a''b')",
     "configuration/customSipHeader contains <a'b>"},
    {&schema_number, "  startswith ( telephoneNumber , '+44' ) ", "telephoneNumber starts <+44>"},
    {&schema_number, "startswith(telephoneNumber,' 44')", "telephoneNumber starts <+44>"},
    {&schema_number, "serviceProvisioningStatus eq 'failed'", "serviceProvisioningStatus eq <failed>"},
    {&schema_account, "serviceDetails/zoomPhoneCloudPeering/numberCount ge -1",
     "serviceDetails/zoomPhoneCloudPeering/numberCount ge -1"},
    {&schema_rfi, "consentedOn lt 1970-01-01T00:00:01Z", "consentedOn lt 1000"},
    {&schema_rfi, "consentedOn lt '1970-01-01T00:00:01Z'", "consentedOn lt 1000"},
    {&schema_account, "", "@1"},
    {&schema_account, "name", "@5"},
    {&schema_account, "name eq", "@8"},
    {&schema_account, "name eq 'a", "@9"},
    {&schema_account, "name eq a", "@10"},
    {&schema_account, "name is 'a'", "@6"},
    {&schema_account, "nome eq 'a'", "@1"},
    {&schema_account, "Name eq 'a'", "@1"},
    {&schema_account, "serviceDetails eq 'a'", "@1"},
    {&schema_account, "serviceProvisioningErrors eq 'a'", "@1"},
    {&schema_account, "name eq 'a' 'b'", "@13"},
    {&schema_account, "(name eq 'a'", "@13"},
    {&schema_account, "name eq 'a')", "@12"},
    {&schema_account, "name eq 'a' and", "@16"},
    {&schema_account, "not", "@4"},
    {&schema_account, "name gt null", "@13"},
    {&schema_account, "serviceProvisioningStatus eq 'done'", "@36"},
    {&schema_number, "serviceDetails/teamsDirectRouting/enabled gt true", "@50"},
    {&schema_number, "serviceDetails/teamsDirectRouting/enabled eq 'true'", "@52"},
    {&schema_number, "serviceDetails/teamsDirectRouting/enabled eq 1", "@47"},
    {&schema_number, "contains(serviceDetails/teamsDirectRouting/enabled,'t')", "@51"},
    {&schema_number, "telephoneNumber eq '4416'", "@26"},
    {&schema_number, "startswith(telephoneNumber)", "@27"},
};

static void check_case(size_t i, struct arena *mem)
{
    struct err err = {0};
    const struct query_node *filter = NULL;
    enum rc rc = filter_parse(str_of(cases[i].text), cases[i].schema, mem, &filter, &err);
    char position[32];
    (void)snprintf(position, sizeof position, "position %s:", cases[i].expected + 1);
    bool good = cases[i].expected[0] == '@'
                    ? rc == RC_INVALID && strstr(err.msg, position) != NULL
                    : rc == RC_OK && str_eq(show(filter, mem), str_of(cases[i].expected));
    if (!good) {
        fail_msg("case %zu: %s gave %s", i, cases[i].text, rc == RC_OK ? show(filter, mem).p : err.msg);
    }
}

static void test_filter__reads_what_it_should_and_refuses_the_rest(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *mem = arena_new(256 * 1024);
        check_case(i, mem);
        arena_free(mem);
    }
}

/* "name eq 'a' or name eq 'a' ...": each condition and each operator is a node. */
static enum rc parse_chain_of(size_t conditions, struct arena *mem)
{
    struct str text = STR("name eq 'a'");
    for (size_t i = 1; i < conditions; i++) {
        text = arena_printf(mem, "%" STR_FMT " or name eq 'a'", STR_ARG(text));
    }
    const struct query_node *filter = NULL;
    return filter_parse(text, &schema_account, mem, &filter, NULL);
}

static void test_filter__takes_64_nodes_and_not_one_more(void **state)
{
    (void)state;
    struct arena *mem = arena_new(1024 * 1024);
    assert_int_equal(parse_chain_of(32, mem), RC_OK); /* 63 nodes */
    assert_int_equal(parse_chain_of(33, mem), RC_INVALID);
    arena_free(mem);
}

static void test_filter__is_not_recursed_out_of_the_stack(void **state)
{
    (void)state;
    struct arena *mem = arena_new(1024 * 1024);
    char deep[1025];
    memset(deep, '(', sizeof deep);
    const struct query_node *filter = NULL;
    assert_int_equal(filter_parse((struct str){deep, 1024}, &schema_account, mem, &filter, NULL), RC_INVALID);
    assert_int_equal(filter_parse((struct str){deep, 1025}, &schema_account, mem, &filter, NULL), RC_INVALID);
    arena_free(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_filter__reads_what_it_should_and_refuses_the_rest),
        cmocka_unit_test(test_filter__takes_64_nodes_and_not_one_more),
        cmocka_unit_test(test_filter__is_not_recursed_out_of_the_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
