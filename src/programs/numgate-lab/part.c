#include "programs/numgate-lab/part.h"

#include "common/json/read.h"

#include "common/base/banned.h"

void part_snapshot_empty(void *arg UNUSED, struct json_out *out)
{
    json_object_begin(out);
    json_object_end(out);
}

enum rc part_check_empty(const struct json *value, struct err *err)
{
    if (json_type(value) != JSON_OBJECT || json_count(value) != 0) {
        return err_set(err, RC_INVALID, NULL, "an empty object is expected");
    }
    return RC_OK;
}

enum rc parts_reset(const struct parts *parts, struct err *err)
{
    enum rc rc = RC_OK;
    for (size_t i = 0; i < parts->count && rc == RC_OK; i++) {
        rc = parts->rows[i].reset(parts->rows[i].arg, err);
    }
    return rc;
}

void parts_snapshot(const struct parts *parts, struct buf *out)
{
    struct json_out json;
    json_out_init(&json, out);
    json_object_begin(&json);
    json_name(&json, STR("parts"));
    json_object_begin(&json);
    for (size_t i = 0; i < parts->count; i++) {
        json_name(&json, str_of(parts->rows[i].name));
        parts->rows[i].snapshot(parts->rows[i].arg, &json);
    }
    json_object_end(&json);
    json_object_end(&json);
}

static const struct part *find(const struct parts *parts, struct str name)
{
    for (size_t i = 0; i < parts->count; i++) {
        if (str_eq(str_of(parts->rows[i].name), name)) {
            return &parts->rows[i];
        }
    }
    return NULL;
}

static enum rc restore_all(const struct parts *parts, const struct json *snapshot, bool apply,
                           struct err *err)
{
    for (struct json_iter it = json_iter(snapshot); json_next(&it);) {
        const struct part *part = find(parts, it.name);
        if (part == NULL) {
            return err_set(err, RC_INVALID, NULL, "there is no part \"%" STR_FMT "\" here",
                           STR_ARG(str_slice(it.name, 0, 40)));
        }
        enum rc rc = part->restore(part->arg, it.value, apply, err);
        if (rc != RC_OK) {
            err_context(err, "parts.%s", part->name);
            return rc;
        }
    }
    return RC_OK;
}

enum rc parts_restore(const struct parts *parts, struct str text, struct arena *mem, struct err *err)
{
    const struct json *document;
    enum rc rc = json_parse(text, mem, &document, err);
    if (rc != RC_OK) {
        return rc;
    }
    const struct json *snapshot = json_get(document, STR("parts"));
    if (json_type(document) != JSON_OBJECT || json_count(document) != 1 || snapshot == NULL ||
        json_type(snapshot) != JSON_OBJECT) {
        return err_set(err, RC_INVALID, NULL, "a snapshot is expected: {\"parts\": {...}}");
    }
    rc = restore_all(parts, snapshot, false, err);
    return rc == RC_OK ? restore_all(parts, snapshot, true, err) : rc;
}
