/* A request body, read by each of the schemas that clients send. What is accepted must come out as JSON that
 * reads back to the same. */
#include <stddef.h>
#include <stdint.h>

#include "common/base/limits.h"
#include "gateway/model/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_and_read_back(const struct schema *schema, const void *value, struct arena *mem)
{
    const struct json *json = NULL;
    void *again = arena_alloc(mem, schema->size);
    struct str text = model_json(schema, value, mem);
    ensure(again != NULL && !str_absent(text));
    ensure(json_parse(text, mem, &json, NULL) == RC_OK);
    ensure(model_load(schema, json, mem, again, NULL) == RC_OK);
    ensure(str_eq(text, model_json(schema, again, mem)));
}

/* A refusal names what is wrong, with as many findings as it lists. */
static void check_refusal(enum rc rc, const struct err *err)
{
    size_t listed = 0;
    ensure(rc == RC_INVALID && err->code != NULL && err->msg[0] != '\0');
    for (const struct err_item *i = err->details != NULL ? err->details->first : NULL; i != NULL;
         i = i->next) {
        ensure(i->code != NULL && str_is_utf8(i->field) && str_is_utf8(i->msg));
        listed++;
    }
    ensure(listed <= LIMIT_DETAILS);
}

static void read_as(const struct schema *schema, const struct json *json, struct arena *mem)
{
    struct err err = {0};
    void *value = arena_alloc(mem, schema->size);
    enum rc rc = model_read(schema, json, mem, value, &err);
    if (rc != RC_OK) {
        check_refusal(rc, &err);
        return;
    }
    write_and_read_back(schema, value, mem);
    rc = model_merge(schema, json, mem, value, &err); /* what was a whole resource is a patch too */
    ensure(rc == RC_OK);
    write_and_read_back(schema, value, mem);
}

static void load_as(const struct schema *schema, const struct json *json, struct arena *mem)
{
    struct err err = {0};
    void *value = arena_alloc(mem, schema->size);
    enum rc rc = model_load(schema, json, mem, value, &err);
    if (rc != RC_OK) {
        check_refusal(rc, &err);
        return;
    }
    write_and_read_back(schema, value, mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct schema *const bodies[] = {&schema_account,      &schema_number,
                                                  &schema_number_batch, &schema_identifiers,
                                                  &schema_rfi_patch,    &schema_identifier_batch};
    struct arena *mem = arena_new(4 * (size_t)LIMIT_REQUEST_ARENA);
    const struct json *json = NULL;
    if (json_parse((struct str){(const char *)data, size}, mem, &json, NULL) == RC_OK) {
        for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
            read_as(bodies[i], json, mem);
        }
        for (const struct schema *const *s = schemas; *s != NULL; s++) {
            load_as(*s, json, mem);
        }
    }
    arena_free(mem);
    return 0;
}
