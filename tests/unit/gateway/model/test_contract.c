/* Holds the field tables against the published contract: every schema and every field of it, both ways. */
#include "given.h"

#include "common/base/file.h"

static const struct json *contract_schemas(struct arena *mem)
{
    struct str text;
    const struct json *contract;
    struct err err = {0};
    if (file_read(CONTRACT_FILE, 1 << 20, mem, &text, &err) != RC_OK ||
        json_parse(text, mem, &contract, &err) != RC_OK) {
        fail_msg("%s", err.msg);
    }
    return json_pointer(contract, STR("/components/schemas"));
}

static struct str text_at(const struct json *json, const char *pointer)
{
    const struct json *value = json_pointer(json, str_of(pointer));
    return value != NULL ? json_string(value) : STR_NONE;
}

static int64_t int_at(const struct json *json, const char *pointer)
{
    const struct json *value = json_pointer(json, str_of(pointer));
    return value != NULL ? json_int(value) : 0;
}

/* The name behind "#/components/schemas/". */
static struct str referred(const struct json *property, const char *pointer)
{
    struct str ref = text_at(property, pointer);
    struct str prefix = STR("#/components/schemas/");
    return str_absent(ref) ? STR_NONE : str_slice(ref, prefix.n, ref.n);
}

static bool is_required(const struct json *schema, struct str name)
{
    const struct json *required = json_get(schema, STR("required"));
    for (size_t i = 0; required != NULL && i < json_count(required); i++) {
        if (str_eq(json_string(json_at(required, i)), name)) {
            return true;
        }
    }
    return false;
}

static bool has_words(const struct json *words, const struct field *field)
{
    size_t n = 0;
    while (field->names[n] != NULL) {
        if (!str_eq(json_string(json_at(words, n)), str_of(field->names[n]))) {
            return false;
        }
        n++;
    }
    return n == json_count(words);
}

static bool has_type(const struct json *all, const struct json *property, const struct field *field)
{
    struct str type = text_at(property, "/type"), format = text_at(property, "/format");
    struct str items = text_at(property, "/items/type");
    switch (field->type) {
    case FIELD_STRING:
    case FIELD_E164:
        return str_eq(type, STR("string")) && str_absent(format);
    case FIELD_BOOL:
        return str_eq(type, STR("boolean"));
    case FIELD_INT64:
        return str_eq(type, STR("integer")) && str_eq(format, STR("int64"));
    case FIELD_DATE:
        return str_eq(type, STR("string")) && str_eq(format, STR("date-time"));
    case FIELD_ENUM:
        return has_words(
            json_pointer(json_get(all, referred(property, "/allOf/0/$ref")), STR("/anyOf/1/enum")), field);
    case FIELD_STRINGS:
        return str_eq(type, STR("array")) && str_eq(items, STR("string"));
    case FIELD_PART:
        return str_eq(referred(property, "/allOf/0/$ref"), str_of(field->schema->name));
    case FIELD_PARTS:
        return str_eq(type, STR("array")) &&
               str_eq(referred(property, "/items/$ref"), str_of(field->schema->name));
    case FIELD_JSON: /* the contract has none */
        break;
    }
    return false;
}

static bool has_limits(const struct json *property, const struct field *field)
{
    bool is_list = field->type == FIELD_PARTS || field->type == FIELD_STRINGS;
    int64_t max = int_at(property, is_list ? "/maxItems" : "/maxLength");
    struct str pattern = text_at(property, "/pattern");
    return int_at(property, is_list ? "/minItems" : "/minLength") == field->length_min &&
           max == (field->contract_max ? field->length_max : 0) &&
           str_eq(pattern, field->pattern != NULL ? str_of(field->pattern->regex) : STR_NONE);
}

static void check_schema(const struct json *all, const struct schema *schema)
{
    const struct json *described = json_get(all, str_of(schema->name));
    const struct json *properties = described != NULL ? json_get(described, STR("properties")) : NULL;
    if (properties == NULL || json_count(properties) != schema->field_count) {
        fail_msg("%s: not in the contract, or of another number of fields", schema->name);
    }
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *f = &schema->fields[i];
        const struct json *property = json_get(properties, str_of(f->name));
        const struct json *read_only = property != NULL ? json_get(property, STR("readOnly")) : NULL;
        if (property == NULL || !has_type(all, property, f) || !has_limits(property, f) ||
            is_required(described, str_of(f->name)) != ((f->flags & FIELD_REQUIRED) != 0) ||
            (read_only != NULL) != ((f->flags & FIELD_READ_ONLY) != 0)) {
            fail_msg("%s.%s differs from the contract", schema->name, f->name);
        }
    }
}

static void test_schemas__are_those_of_the_contract(void **state)
{
    const struct json *all = contract_schemas(*state);
    for (const struct schema *const *s = schemas; *s != NULL; s++) {
        check_schema(all, *s);
    }
}

static bool is_described(struct str name)
{
    for (const struct schema *const *s = schemas; *s != NULL; s++) {
        if (str_eq(str_of((*s)->name), name)) {
            return true;
        }
    }
    return false;
}

static void test_schemas__miss_none_of_the_contract(void **state)
{
    for (struct json_iter it = json_iter(contract_schemas(*state)); json_next(&it);) {
        bool is_model = json_get(it.value, STR("properties")) != NULL;
        bool is_page = str_starts(it.name, STR("Paged")); /* made of these by the API */
        if (is_model && !is_page && !is_described(it.name)) {
            fail_msg("%" STR_FMT " has no table", STR_ARG(it.name));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_schemas__are_those_of_the_contract),
        TEST(test_schemas__miss_none_of_the_contract),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
