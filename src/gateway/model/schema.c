#include "gateway/model/schema.h"

#include "common/base/limits.h"

#include "common/base/banned.h"

/* Of a path such as "serviceDetails/teamsDirectRouting/configuration/subdomainTokens/region1Token". */
#define PATH_MAX_BYTES 256
#define PATH_MAX_DEPTH 8 /* ends the walk where a part holds itself (innererror) */

static bool is_list(enum field_type type)
{
    return type == FIELD_STRINGS || type == FIELD_PARTS;
}

uint32_t field_length_max(const struct field *field)
{
    if (field->length_max != 0) {
        return field->length_max;
    }
    return is_list(field->type) ? LIMIT_TEXTS : LIMIT_TEXT;
}

const struct field *schema_field(const struct schema *schema, struct str name)
{
    for (const struct field *f = schema->fields; f < schema->fields + schema->field_count; f++) {
        if (f->name_length == name.n && memcmp(f->name, name.p, name.n) == 0) {
            return f;
        }
    }
    return NULL;
}

const struct field *schema_field_at(const struct schema *schema, struct str path)
{
    const struct field *field = NULL;
    struct str rest = path, name;
    while (str_split(&rest, '/', &name)) {
        if (field != NULL && field->type != FIELD_PART) {
            return NULL; /* goes on below a scalar or a list */
        }
        field = schema_field(field == NULL ? schema : field->schema, name);
        if (field == NULL) {
            return NULL;
        }
    }
    return field == NULL || field->type == FIELD_PART || is_list(field->type) ? NULL : field;
}

struct walk {
    char path[PATH_MAX_BYTES];
    void (*fn)(void *arg, struct str path, const struct field *field);
    void *arg;
};

static void walk_schema(struct walk *walk, const struct schema *schema, size_t at, unsigned depth)
{
    for (const struct field *f = schema->fields; f < schema->fields + schema->field_count; f++) {
        size_t n = at + f->name_length;
        if (is_list(f->type) || depth == PATH_MAX_DEPTH) {
            continue;
        }
        ensure(n + 1 < sizeof walk->path);
        memcpy(walk->path + at, f->name, f->name_length);
        if (f->type == FIELD_PART) {
            walk->path[n] = '/';
            walk_schema(walk, f->schema, n + 1, depth + 1);
        } else {
            walk->fn(walk->arg, (struct str){walk->path, n}, f);
        }
    }
}

void schema_each_scalar(const struct schema *schema,
                        void (*fn)(void *arg, struct str path, const struct field *field), void *arg)
{
    struct walk walk = {.fn = fn, .arg = arg};
    walk_schema(&walk, schema, 0, 0);
}
