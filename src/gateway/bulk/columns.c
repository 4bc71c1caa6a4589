#include "gateway/bulk/columns.h"

#include "common/base/banned.h"

#define NEAR_DISTANCE 4 /* more changes than that are another heading */

/* ---- from the model's tables ---- */

static struct str heading_put(struct bulk_columns *columns, struct str prefix, const struct field *field)
{
    char *text = columns->text + columns->text_used;
    size_t n = prefix.n + (prefix.n > 0) + field->name_length;
    ensure(columns->text_used + n <= sizeof columns->text);
    memcpy(text, prefix.p, prefix.n);
    if (prefix.n > 0) {
        text[prefix.n] = '_';
    }
    memcpy(text + n - field->name_length, field->name, field->name_length);
    columns->text_used += n;
    return (struct str){text, n};
}

static void add_part(struct bulk_columns *columns, struct bulk_part part, struct str prefix)
{
    size_t self = columns->part_count++;
    ensure(self < BULK_PARTS_MAX);
    columns->parts[self] = part;
    for (size_t i = 0; i < part.schema->field_count; i++) {
        const struct field *field = &part.schema->fields[i];
        if (field->flags & FIELD_READ_ONLY) {
            continue;
        }
        struct str heading = heading_put(columns, prefix, field);
        if (field->type == FIELD_PART) {
            bool required = field->flags & FIELD_REQUIRED;
            add_part(columns, (struct bulk_part){field->schema, self, field->offset, required}, heading);
        } else {
            ensure(columns->count < BULK_COLUMNS_MAX && field->type != FIELD_PARTS);
            columns->of[columns->count++] = (struct bulk_column){heading, field, self};
        }
    }
}

void bulk_columns_init(struct bulk_columns *columns)
{
    columns->count = columns->part_count = columns->text_used = 0;
    add_part(columns, (struct bulk_part){.schema = &schema_number, .required = true}, STR(""));
}

/* ---- headings ---- */

int bulk_column_find(const struct bulk_columns *columns, struct str heading)
{
    struct str name = str_trim(heading);
    for (size_t i = 0; i < columns->count; i++) {
        if (str_eq_ci(columns->of[i].heading, name)) {
            return (int)i;
        }
    }
    return -1;
}

/* The edit distance of what is left when the equal ends are taken off, which does not change it: long headings
 * that differ in one place stay within what str_distance looks at. */
static unsigned distance(struct str a, struct str b)
{
    while (a.n > 0 && b.n > 0 && str_eq_ci(str_slice(a, 0, 1), str_slice(b, 0, 1))) {
        a = str_slice(a, 1, a.n);
        b = str_slice(b, 1, b.n);
    }
    while (a.n > 0 && b.n > 0 && str_eq_ci(str_slice(a, a.n - 1, a.n), str_slice(b, b.n - 1, b.n))) {
        a = str_slice(a, 0, a.n - 1);
        b = str_slice(b, 0, b.n - 1);
    }
    return str_distance(a, b);
}

int bulk_column_nearest(const struct bulk_columns *columns, struct str heading)
{
    struct str name = str_trim(heading);
    int best = -1;
    unsigned best_distance = NEAR_DISTANCE + 1;
    for (size_t i = 0; i < columns->count; i++) {
        unsigned d = distance(name, columns->of[i].heading);
        if (d < best_distance && d < name.n) {
            best = (int)i;
            best_distance = d;
        }
    }
    return best;
}

/* ---- values ---- */

static const void *part_of(const struct bulk_columns *columns, size_t part, const struct number *number)
{
    if (part == 0) {
        return number;
    }
    const char *up = part_of(columns, columns->parts[part].up, number);
    return up == NULL ? NULL : *(const void *const *)(up + columns->parts[part].offset);
}

const void *bulk_value(const struct bulk_columns *columns, const struct bulk_column *column,
                       const struct number *number)
{
    const char *part = part_of(columns, column->part, number);
    return part == NULL ? NULL : part + column->field->offset;
}

bool bulk_value_given(const struct bulk_columns *columns, const struct bulk_column *column,
                      const struct number *number)
{
    const void *value = bulk_value(columns, column, number);
    if (value == NULL) {
        return false;
    }
    return column->field->type == FIELD_E164 ? *(const int64_t *)value != 0
                                             : !model_absent(column->field, value);
}

/* ---- comparing ---- */

static bool lists_equal(const struct text_list *a, const struct text_list *b)
{
    if (a->count != b->count) {
        return false;
    }
    for (size_t i = 0; i < a->count; i++) {
        if (!str_eq(a->items[i], b->items[i])) {
            return false;
        }
    }
    return true;
}

static bool values_equal(enum field_type type, const void *a, const void *b)
{
    switch (type) {
    case FIELD_STRING:
        return str_eq(*(const struct str *)a, *(const struct str *)b);
    case FIELD_BOOL:
        return *(const bool *)a == *(const bool *)b;
    case FIELD_ENUM:
        return *(const int *)b == 0 || *(const int *)a == *(const int *)b;
    case FIELD_STRINGS:
        return lists_equal(a, b);
    case FIELD_INT64:
    case FIELD_E164:
    case FIELD_DATE:
        return memcmp(a, b, sizeof(int64_t)) == 0;
    default:
        ensure(!"a column is no part");
    }
}

uint64_t bulk_differences(const struct bulk_columns *columns, const struct number *current,
                          const struct number *wanted)
{
    static const union {
        struct str text;
        struct text_list list;
        int64_t number;
    } nothing;
    uint64_t differences = 0;
    for (size_t i = 0; i < columns->count; i++) {
        const struct bulk_column *column = &columns->of[i];
        const void *a = bulk_value(columns, column, current);
        const void *b = bulk_value(columns, column, wanted);
        bool equal = values_equal(column->field->type, a != NULL ? a : &nothing, b != NULL ? b : &nothing);
        differences |= (uint64_t)!equal << i;
    }
    return differences;
}

enum bulk_verdict bulk_judge(const struct bulk_columns *columns, const struct number *current,
                             const struct number *wanted, uint64_t *ret_columns)
{
    uint64_t differences = current != NULL ? bulk_differences(columns, current, wanted) : 0;
    if (ret_columns != NULL) {
        *ret_columns = differences;
    }
    return current == NULL ? BULK_NEW : differences != 0 ? BULK_CHANGED : BULK_SAME;
}

/* ---- fingerprints ---- */

#define FNV_BASIS UINT64_C(14695981039346656037)
#define FNV_PRIME UINT64_C(1099511628211)

static uint64_t mix(uint64_t digest, const void *bytes, size_t n)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < n; i++) {
        digest = (digest ^ p[i]) * FNV_PRIME;
    }
    return digest;
}

static uint64_t mix_text(uint64_t digest, struct str text)
{
    return mix(mix(digest, &text.n, sizeof(text.n)), text.p, text.n);
}

static uint64_t mix_value(uint64_t digest, const struct field *field, const void *value)
{
    const struct text_list *list = value;
    switch (field->type) {
    case FIELD_BOOL:
        return mix(digest, value, sizeof(bool));
    case FIELD_STRING:
        return mix_text(digest, *(const struct str *)value);
    case FIELD_STRINGS:
        for (size_t i = 0; i < list->count; i++) {
            digest = mix_text(digest, list->items[i]);
        }
        return digest;
    default:
        return mix(digest, value, sizeof(int64_t));
    }
}

/* Absent, false, an empty text and an empty list say the same: nothing. */
static bool says_nothing(const struct field *field, const void *value)
{
    return value == NULL || (field->type == FIELD_BOOL      ? !*(const bool *)value
                             : field->type == FIELD_STRING  ? ((const struct str *)value)->n == 0
                             : field->type == FIELD_STRINGS ? ((const struct text_list *)value)->count == 0
                                                            : false);
}

struct bulk_fingerprint bulk_fingerprint(const struct bulk_columns *columns, const struct number *number)
{
    struct bulk_fingerprint ret = {.digest = FNV_BASIS};
    unsigned words = 0;
    for (size_t i = 0; i < columns->count; i++) {
        const struct field *field = columns->of[i].field;
        const void *value = bulk_value(columns, &columns->of[i], number);
        if (field->type == FIELD_ENUM) {
            ret.words |= (value != NULL ? (uint64_t) * (const int *)value & 15 : 0) << (4 * words++);
        } else if (!says_nothing(field, value)) {
            ret.digest = mix_value(mix(ret.digest, &i, sizeof(i)), field, value);
        }
    }
    return ret;
}

bool bulk_fingerprint_same(struct bulk_fingerprint current, struct bulk_fingerprint wanted)
{
    for (unsigned shift = 0; shift < 64; shift += 4) {
        uint64_t word = wanted.words >> shift & 15;
        if (word != 0 && word != (current.words >> shift & 15)) {
            return false;
        }
    }
    return current.digest == wanted.digest;
}
