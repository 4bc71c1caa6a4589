#include "given.h"

static void test_schema_field_at__finds_scalars_only(void **state)
{
    (void)state;
    static const struct {
        const struct schema *schema;
        const char *path;
        const char *name; /* NULL: none */
    } cases[] = {
        {&schema_number, "telephoneNumber", "telephoneNumber"},
        {&schema_number, "serviceDetails/teamsDirectRouting/enabled", "enabled"},
        {&schema_number, "serviceDetails/teamsOperatorConnect/configuration/usage", "usage"},
        {&schema_account, "serviceDetails/teamsDirectRouting/configuration/subdomainTokens/region1Token",
         "region1Token"},
        {&schema_account, "serviceDetails/azureOperatorCallProtection/syncEnabled", NULL},
        {&schema_rfi, "customerRelationship/status", "status"},
        {&schema_number, "serviceDetails", NULL},
        {&schema_number, "serviceDetails/teamsOperatorConnect/configuration/choosableCapabilities", NULL},
        {&schema_number, "serviceProvisioningErrors", NULL},
        {&schema_number, "serviceProvisioningErrors/code", NULL},
        {&schema_number, "telephoneNumber/x", NULL},
        {&schema_number, "telephoneNumber/", NULL},
        {&schema_number, "/telephoneNumber", NULL},
        {&schema_number, "telephonenumber", NULL},
        {&schema_number, "telephoneNumbe", NULL},
        {&schema_number, "telephoneNumber2", NULL},
        {&schema_number, "serviceDetails//enabled", NULL},
        {&schema_number, "", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct field *field = schema_field_at(cases[i].schema, str_of(cases[i].path));
        if ((field == NULL) != (cases[i].name == NULL) ||
            (field != NULL && strcmp(field->name, cases[i].name) != 0)) {
            fail_msg("case %zu: \"%s\"", i, cases[i].path);
        }
    }
    assert_null(schema_field_at(&schema_number, STR_NONE));
}

struct seen {
    const struct schema *schema;
    size_t count;
};

static void see(void *arg, struct str path, const struct field *field)
{
    struct seen *seen = arg;
    seen->count++;
    assert_ptr_equal(schema_field_at(seen->schema, path), field);
}

static void test_schema_each_scalar__visits_what_field_at_finds(void **state)
{
    (void)state;
    static const struct {
        const struct schema *schema;
        size_t count;
    } cases[] = {{&schema_account, 23}, {&schema_number, 21}, {&schema_rfi, 12}, {&schema_civic_address, 22}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct seen seen = {cases[i].schema, 0};
        schema_each_scalar(cases[i].schema, see, &seen);
        assert_int_equal(seen.count, cases[i].count);
    }
}

static void test_schema_each_scalar__ends_where_a_part_holds_itself(void **state)
{
    (void)state;
    struct seen seen = {&schema_error_response, 0};
    schema_each_scalar(&schema_error_response, see, &seen);
    assert_in_range(seen.count, 3, 100);
}

static bool is_listed(const struct schema *schema)
{
    for (const struct schema *const *s = schemas; *s != NULL; s++) {
        if (*s == schema) {
            return true;
        }
    }
    return false;
}

static size_t size_of_field(const struct field *f)
{
    static const size_t sizes[] = {
        [FIELD_STRING] = sizeof(struct str),
        [FIELD_BOOL] = sizeof(bool),
        [FIELD_INT64] = sizeof(int64_t),
        [FIELD_DATE] = sizeof(struct wall),
        [FIELD_E164] = sizeof(int64_t),
        [FIELD_ENUM] = sizeof(int),
        [FIELD_STRINGS] = sizeof(struct text_list),
        [FIELD_PART] = sizeof(void *),
        [FIELD_PARTS] = sizeof(struct part_list),
    };
    return sizes[f->type];
}

static void check_row(const struct schema *s, size_t index)
{
    const struct field *f = &s->fields[index];
    bool is_part = f->type == FIELD_PART || f->type == FIELD_PARTS;
    assert_ptr_equal(schema_field(s, str_of(f->name)), f); /* its name is right, and no other row has it */
    assert_true(f->doc != NULL && strlen(f->doc) > 3);
    assert_true(f->offset + size_of_field(f) <= s->size);
    assert_int_equal(f->schema != NULL, is_part);
    assert_true(!is_part || is_listed(f->schema));
    assert_int_equal(f->names != NULL, f->type == FIELD_ENUM);
    assert_true(f->type != FIELD_ENUM || !(f->flags & FIELD_REQUIRED) || f->absent_as > 0);
    assert_true(f->length_min <= field_length_max(f));
    assert_true(!f->contract_max || f->length_max > 0);
    for (size_t other = 0; other < s->field_count; other++) {
        assert_true(other == index || s->fields[other].offset != f->offset);
    }
}

static void test_schemas__have_rows_that_fit_together(void **state)
{
    (void)state;
    for (const struct schema *const *s = schemas; *s != NULL; s++) {
        assert_true((*s)->field_count <= 64);
        assert_true((*s)->doc != NULL && (*s)->size > 0);
        for (size_t i = 0; i < (*s)->field_count; i++) {
            check_row(*s, i);
        }
    }
}

static void test_field_length_max__is_ours_where_the_contract_has_none(void **state)
{
    (void)state;
    const struct field *correlation_id = schema_field(&schema_account, STR("correlationId"));
    assert_int_equal(field_length_max(correlation_id), LIMIT_TEXT);
    assert_false(correlation_id->contract_max);
    assert_int_equal(field_length_max(schema_field(&schema_account, STR("serviceProvisioningErrors"))),
                     LIMIT_TEXTS);
    assert_int_equal(field_length_max(schema_field(&schema_identifiers, STR("numbers"))),
                     LIMIT_CAPABILITY_NUMBERS);
    assert_false(schema_field(&schema_identifiers, STR("numbers"))->contract_max);
    assert_true(schema_field(&schema_number_batch, STR("numbers"))->contract_max);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema_field_at__finds_scalars_only),
        cmocka_unit_test(test_schema_each_scalar__visits_what_field_at_finds),
        cmocka_unit_test(test_schema_each_scalar__ends_where_a_part_holds_itself),
        cmocka_unit_test(test_schemas__have_rows_that_fit_together),
        cmocka_unit_test(test_field_length_max__is_ours_where_the_contract_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
