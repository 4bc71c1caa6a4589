/* Reading and checking: one walk over a JSON object beside the field table that describes it.
 *
 * The verbs differ in few points only: whether read-only fields are skipped (request, patch) or read
 * (ours, foreign), what null means (a finding; in a patch: remove; foreign: absent), and whether more is taken than the table says (foreign). A member of an object is marked in a bit mask
 * once it is there, so that required ones can be missed at the end; a patch onto a part that exists begins
 * with all bits set. Where we are is a chain of frames on the stack, written out as text only for a finding:
 * input without one costs no path. */
#include <stdarg.h>
#include <stdio.h>

#include "common/base/limits.h"
#include "gateway/model/schema.h"

#include "common/base/banned.h"

#define UNKNOWN_NAME_MAX 64 /* bytes of a name nobody knows that are quoted back */
#define FIELDS_MAX       64 /* of a schema: bits of the mask */

enum reading { READ_REQUEST, READ_OURS, READ_FOREIGN, READ_PATCH, READ_CELL };

struct reader {
    struct arena *mem;
    struct err_list *findings;
    enum reading reading;
};

struct place {
    const struct place *up;
    struct str name; /* of a member; absent: an item of a list */
    size_t index;
};

struct place_text {
    char p[sizeof((struct err *)NULL)->field];
    size_t n;
};

static void place_write(const struct place *place, struct place_text *out)
{
    if (place == NULL) {
        return;
    }
    place_write(place->up, out);
    size_t room = sizeof out->p - out->n;
    int n = str_absent(place->name)
                ? snprintf(out->p + out->n, room, "[%zu]", place->index)
                : snprintf(out->p + out->n, room, "%s%" STR_FMT, out->n > 0 ? "." : "", STR_ARG(place->name));
    out->n += n > 0 && (size_t)n < room ? (size_t)n : 0; /* what does not fit is left out whole */
}

PRINTF_LIKE(4, 5)
static void finding(struct reader *r, const struct place *place, const char *code, const char *format, ...)
{
    char msg[sizeof((struct err *)NULL)->msg];
    struct place_text where = {.n = 0};
    va_list args;
    va_start(args, format);
    (void)vsnprintf(msg, sizeof msg, format, args); /* our own words, shorter than msg */
    va_end(args);
    place_write(place, &where);
    err_list_add(r->findings, code, (struct str){where.p, where.n}, "%s", msg);
}

static const char *a_type(enum json_type type)
{
    static const char *const names[] = {
        [JSON_NULL] = "null",        [JSON_BOOL] = "a boolean",  [JSON_INT] = "an integer",
        [JSON_REAL] = "a number",    [JSON_STRING] = "a string", [JSON_ARRAY] = "an array",
        [JSON_OBJECT] = "an object",
    };
    return names[type];
}

static bool has_type(struct reader *r, const struct json *json, enum json_type wanted,
                     const struct place *place)
{
    enum json_type type = json_type(json);
    if (type != wanted) {
        finding(r, place, "InvalidType", "expected %s, got %s", a_type(wanted), a_type(type));
    }
    return type == wanted;
}

/* Items of a list, zeroed; a list without items is still there. NULL: the arena is full, which it remembers.
 */
static void *list_items(struct reader *r, const struct json *json, const struct field *field,
                        size_t item_size, const struct place *place)
{
    size_t count = json_count(json);
    if (!has_type(r, json, JSON_ARRAY, place)) {
        return NULL;
    }
    if (count > field_length_max(field)) {
        finding(r, place, "TooMany", "%zu items, at most %u are allowed", count, field_length_max(field));
        return NULL;
    }
    return arena_alloc_array(r->mem, count, item_size);
}

/* ---- scalars ---- */

static size_t characters(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        n += ((unsigned char)s.p[i] & 0xC0) != 0x80; /* UTF-8: all but continuation bytes */
    }
    return n;
}

static bool text_fits(struct reader *r, const struct field *field, struct str text, size_t min, size_t max,
                      const struct place *place)
{
    size_t n =
        text.n <= max && text.n >= 4 * min ? text.n : characters(text); /* exact only where it could matter */
    if (n > max) {
        finding(r, place, "TooLong", "%zu characters, at most %zu are allowed", n, max);
    } else if (n < min) {
        finding(r, place, "InvalidValue", "%zu characters, at least %zu are needed", n, min);
    } else if (field->pattern != NULL && !field->pattern->matches(text)) {
        bool cell = r->reading == READ_CELL;
        finding(r, place, "InvalidValue", "must %s %s", cell ? "be" : "match",
                cell ? field->pattern->words : field->pattern->regex);
    } else {
        return true;
    }
    return false;
}

static void read_string(struct reader *r, const struct json *json, const struct field *field,
                        const struct place *place, struct str *ret)
{
    struct str text = json_string(json);
    if (has_type(r, json, JSON_STRING, place) &&
        text_fits(r, field, text, field->length_min, field_length_max(field), place)) {
        *ret = text;
    }
}

static void text_to_e164(struct reader *r, struct str text, const struct place *place, int64_t *ret)
{
    if (!model_e164_parse(text, ret)) {
        finding(r, place, "InvalidValue", "must be '+' and 2 to 15 digits, the first of them not 0");
    }
}

static void read_e164(struct reader *r, const struct json *json, const struct place *place, int64_t *ret)
{
    if (has_type(r, json, JSON_STRING, place)) {
        text_to_e164(r, json_string(json), place, ret);
    }
}

static void read_date(struct reader *r, const struct json *json, const struct place *place, struct wall *ret)
{
    if (has_type(r, json, JSON_STRING, place) && !clock_parse_rfc3339(json_string(json), ret)) {
        finding(r, place, "InvalidValue",
                "must be a date and time of RFC 3339, such as 2024-02-29T12:00:00Z");
    }
}

static void text_to_enum(struct reader *r, struct str text, const struct field *field,
                         const struct place *place, int *ret)
{
    char known[128] = "";
    size_t n = 0;
    for (int i = 0; field->names[i] != NULL; i++) {
        struct str word = str_of(field->names[i]);
        if (r->reading == READ_FOREIGN ? str_eq_ci(text, word) : str_eq(text, word)) {
            *ret = 1 + i;
            return;
        }
        n += (size_t)snprintf(known + n, sizeof known - n, "%s%s", i > 0 ? ", " : "", field->names[i]);
        ensure(n < sizeof known);
    }
    finding(r, place, "InvalidValue", "must be one of: %s", known);
}

static void read_enum(struct reader *r, const struct json *json, const struct field *field,
                      const struct place *place, int *ret)
{
    if (has_type(r, json, JSON_STRING, place)) {
        text_to_enum(r, json_string(json), field, place, ret);
    }
}

static void read_strings(struct reader *r, const struct json *json, const struct field *field,
                         const struct place *place, struct text_list *ret)
{
    struct str *items = list_items(r, json, field, sizeof *items, place);
    size_t count = items == NULL ? 0 : json_count(json);
    for (size_t i = 0; i < count; i++) {
        struct place at = {.up = place, .index = i};
        const struct json *item = json_at(json, i);
        if (has_type(r, item, JSON_STRING, &at) &&
            text_fits(r, field, json_string(item), 0, LIMIT_TEXT, &at)) {
            items[i] = json_string(item);
        }
    }
    *ret = (struct text_list){items, count};
}

/* ---- objects ---- */

static void read_object(struct reader *r, const struct schema *schema, const struct json *json,
                        const struct place *place, char *base, uint64_t have);

static void read_part(struct reader *r, const struct json *json, const struct field *field,
                      const struct place *place, const void **ret)
{
    const void *old = r->reading == READ_PATCH ? *ret : NULL;
    if (!has_type(r, json, JSON_OBJECT, place)) {
        return;
    }
    void *part = arena_alloc(r->mem, field->schema->size);
    if (part == NULL) {
        return;
    }
    if (old != NULL) {
        memcpy(part, old, field->schema->size);
    }
    read_object(r, field->schema, json, place, part, old != NULL ? UINT64_MAX : 0);
    *ret = part;
}

static void read_parts(struct reader *r, const struct json *json, const struct field *field,
                       const struct place *place, struct part_list *ret)
{
    size_t size = field->schema->size;
    char *items = list_items(r, json, field, size, place);
    size_t count = items == NULL ? 0 : json_count(json);
    enum reading reading = r->reading;
    if (reading == READ_PATCH) {
        r->reading = READ_REQUEST; /* RFC 7396: a list is replaced, nothing in it is merged */
    }
    for (size_t i = 0; i < count; i++) {
        struct place at = {.up = place, .index = i};
        const struct json *item = json_at(json, i);
        if (has_type(r, item, JSON_OBJECT, &at)) {
            read_object(r, field->schema, item, &at, items + i * size, 0);
        }
    }
    r->reading = reading;
    *ret = (struct part_list){items, count};
}

static void read_field(struct reader *r, const struct field *field, const struct json *json,
                       const struct place *place, void *ret)
{
    switch (field->type) {
    case FIELD_STRING:
        read_string(r, json, field, place, ret);
        break;
    case FIELD_BOOL:
        *(bool *)ret = has_type(r, json, JSON_BOOL, place) && json_bool(json);
        break;
    case FIELD_INT64:
        *(int64_t *)ret = has_type(r, json, JSON_INT, place) ? json_int(json) : 0;
        break;
    case FIELD_DATE:
        read_date(r, json, place, ret);
        break;
    case FIELD_E164:
        read_e164(r, json, place, ret);
        break;
    case FIELD_ENUM:
        read_enum(r, json, field, place, ret);
        break;
    case FIELD_STRINGS:
        read_strings(r, json, field, place, ret);
        break;
    case FIELD_PART:
        read_part(r, json, field, place, ret);
        break;
    case FIELD_PARTS:
        read_parts(r, json, field, place, ret);
        break;
    case FIELD_JSON:
        *(const struct json **)ret = has_type(r, json, JSON_OBJECT, place) ? json : NULL;
        break;
    }
}

static void make_absent(const struct field *field, void *ret)
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
        [FIELD_JSON] = sizeof(void *),
    };
    memset(ret, 0, sizes[field->type]);
    if (field->type == FIELD_DATE) {
        *(struct wall *)ret = CLOCK_ABSENT;
    }
}

static const struct field *nearest(const struct schema *schema, struct str name)
{
    const struct field *best = NULL;
    unsigned best_distance = 3; /* more changes than two are another word */
    for (const struct field *f = schema->fields; f < schema->fields + schema->field_count; f++) {
        unsigned distance = str_distance(name, (struct str){f->name, f->name_length});
        if (distance < best_distance) {
            best = f;
            best_distance = distance;
        }
    }
    return best;
}

static struct str shortened(struct str name)
{
    size_t n = name.n < UNKNOWN_NAME_MAX ? name.n : UNKNOWN_NAME_MAX;
    while (n > 0 && n < name.n && ((unsigned char)name.p[n] & 0xC0) == 0x80) {
        n--; /* not in the middle of a character */
    }
    return (struct str){name.p, n};
}

static void unknown_field(struct reader *r, const struct schema *schema, struct str name,
                          const struct place *up)
{
    struct place at = {.up = up, .name = shortened(name)};
    if (r->findings->count >= r->findings->count_max) {
        r->findings->count++; /* saves the search: nobody will see its result */
        return;
    }
    const struct field *meant = nearest(schema, name);
    if (meant != NULL) {
        finding(r, &at, "UnknownField", "unknown field; did you mean %s?", meant->name);
    } else {
        finding(r, &at, "UnknownField", "unknown field");
    }
}

static bool reads_read_only(enum reading reading)
{
    return reading == READ_OURS || reading == READ_FOREIGN;
}

/* What is not in `have` after all members were read is absent, which a required field must not be. */
static void check_absent(struct reader *r, const struct schema *schema, const struct place *up, char *base,
                         uint64_t have)
{
    unsigned not_asked = reads_read_only(r->reading) ? 0 : FIELD_READ_ONLY;
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        if (have & (UINT64_C(1) << i)) {
            continue;
        }
        make_absent(field, base + field->offset);
        if ((field->flags & FIELD_REQUIRED) && !(field->flags & not_asked)) {
            struct place at = {.up = up, .name = {field->name, field->name_length}};
            finding(r, &at, "MissingField", "required, but missing");
        }
    }
}

static void read_object(struct reader *r, const struct schema *schema, const struct json *json,
                        const struct place *place, char *base, uint64_t have)
{
    ensure(schema->field_count <= FIELDS_MAX);
    for (struct json_iter it = json_iter(json); json_next(&it);) {
        const struct field *field = schema_field(schema, it.name);
        struct place at = {.up = place, .name = it.name};
        if (r->reading == READ_FOREIGN && (field == NULL || json_type(it.value) == JSON_NULL)) {
            continue;
        }
        if (field == NULL) {
            unknown_field(r, schema, it.name, place);
            continue;
        }
        uint64_t bit = UINT64_C(1) << (field - schema->fields);
        if ((field->flags & FIELD_READ_ONLY) && !reads_read_only(r->reading)) {
            continue;
        }
        if (r->reading == READ_PATCH && json_type(it.value) == JSON_NULL) {
            have &= ~bit;
            continue;
        }
        have |= bit;
        read_field(r, field, it.value, &at, base + field->offset);
    }
    check_absent(r, schema, place, base, have);
}

/* ---- the verbs ---- */

static enum rc outcome(struct reader *r, struct err *err)
{
    if (arena_failed(r->mem)) {
        return err_set(err, RC_LIMIT, NULL, "the request needs more memory than it may have");
    }
    if (r->findings->count == 0) {
        return RC_OK;
    }
    struct err_list *kept = arena_new_of(r->mem, struct err_list);
    if (kept == NULL) {
        return err_set(err, RC_LIMIT, NULL, "the request needs more memory than it may have");
    }
    *kept = *r->findings;
    return err_from_list(err, RC_INVALID, kept);
}

static enum rc read_top(enum reading reading, const struct schema *schema, const struct json *json,
                        struct arena *mem, void *base, uint64_t have, struct err *err)
{
    struct err_list findings;
    struct reader r = {.mem = mem, .findings = &findings, .reading = reading};
    enum json_type type = json_type(json);
    if (type != JSON_OBJECT) {
        return err_set(err, RC_INVALID, "InvalidJson", "expected an object, got %s", a_type(type));
    }
    err_list_init(&findings, mem, LIMIT_DETAILS);
    read_object(&r, schema, json, NULL, base, have);
    return outcome(&r, err);
}

enum rc model_read(const struct schema *schema, const struct json *json, struct arena *mem, void *ret,
                   struct err *err)
{
    return read_top(READ_REQUEST, schema, json, mem, ret, 0, err);
}

enum rc model_load(const struct schema *schema, const struct json *json, struct arena *mem, void *ret,
                   struct err *err)
{
    return read_top(READ_OURS, schema, json, mem, ret, 0, err);
}

enum rc model_read_foreign(const struct schema *schema, const struct json *json, struct arena *mem, void *ret,
                           struct err *err)
{
    return read_top(READ_FOREIGN, schema, json, mem, ret, 0, err);
}

enum rc model_merge(const struct schema *schema, const struct json *patch, struct arena *mem, void *target,
                    struct err *err)
{
    void *merged = arena_alloc(mem, schema->size);
    if (merged == NULL) {
        return err_set(err, RC_LIMIT, NULL, "the request needs more memory than it may have");
    }
    memcpy(merged, target, schema->size);
    enum rc rc = read_top(READ_PATCH, schema, patch, mem, merged, UINT64_MAX, err);
    if (rc == RC_OK) {
        memcpy(target, merged, schema->size);
    }
    return rc;
}

/* Spreadsheets write TRUE for true, so letter case is free. */
static void text_to_bool(struct reader *r, struct str text, const struct place *place, bool *ret)
{
    bool yes = str_eq_ci(text, STR("true"));
    if (yes || str_eq_ci(text, STR("false"))) {
        *ret = yes;
    } else {
        finding(r, place, "InvalidValue", "must be true or false");
    }
}

bool model_read_text(const struct field *field, struct str text, struct str name, void *ret,
                     struct err_list *findings)
{
    struct reader r = {.mem = findings->mem, .findings = findings, .reading = READ_CELL};
    struct place place = {.name = name};
    size_t before = findings->count;
    bool item = field->type == FIELD_STRINGS;
    switch (field->type) {
    case FIELD_STRING:
    case FIELD_STRINGS:
        if (text_fits(&r, field, text, item ? 0 : field->length_min,
                      item ? LIMIT_TEXT : field_length_max(field), &place)) {
            *(struct str *)ret = text;
        }
        break;
    case FIELD_BOOL:
        text_to_bool(&r, text, &place, ret);
        break;
    case FIELD_E164:
        text_to_e164(&r, text, &place, ret);
        break;
    case FIELD_ENUM:
        text_to_enum(&r, text, field, &place, ret);
        break;
    default:
        ensure(!"a cell holds a text, a list of them, a boolean, a number or one of some words");
    }
    return findings->count == before;
}
