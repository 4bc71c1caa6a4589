/* The answers of a back end: the first byte picks the reader. What a reader takes must fit where it goes: texts of the model's length,
 * pages in order, and consents, addresses and plans that the model writes and reads again. */
#include <stddef.h>
#include <stdint.h>

#include "common/base/limits.h"
#include "gateway/model/schema.h"
#include "gateway/sync/wire.h"

#define TENANT STR("0f0f0f0f-0000-4000-8000-00000000000a")

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const struct schema *schema, const void *value, struct arena *mem)
{
    const struct json *json = NULL;
    void *again = arena_alloc(mem, schema->size);
    struct str text = model_json(schema, value, mem);
    ensure(!str_absent(text) && again != NULL);
    ensure(json_parse(text, mem, &json, NULL) == RC_OK);
    ensure(model_load(schema, json, mem, again, NULL) == RC_OK);
}

static void check_number(const struct backend_number *number)
{
    ensure(number->telephone_number > 0);
    ensure(service_is_synced(number->service));
    ensure(str_is_uuid(number->tenant_id));
    ensure(number->assignment_status != ASSIGNMENT_ABSENT);
    ensure(number->settings.usage.n <= 4 * LIMIT_TEXT); /* characters */
    ensure(number->settings.acquired_capabilities.count <= LIMIT_TEXTS);
}

static void read_consents(struct str body, struct arena *mem)
{
    struct backend_consents page;
    if (wire_read_consents(body, STR_NONE, mem, &page, NULL) == RC_OK) {
        for (size_t i = 0; i < page.count; i++) {
            check_again(&schema_rfi, &page.items[i], mem);
        }
    }
}

static void read_addresses(struct str body, struct arena *mem)
{
    struct backend_addresses page;
    if (wire_read_addresses(body, STR_NONE, mem, &page, NULL) == RC_OK) {
        for (size_t i = 0; i < page.count; i++) {
            check_again(&schema_civic_address, &page.items[i], mem);
        }
    }
}

static void read_numbers(struct str body, struct arena *mem)
{
    struct backend_numbers page;
    if (wire_read_numbers(body, SERVICE_OPERATOR_CONNECT, TENANT, 0, mem, &page, NULL) == RC_OK) {
        for (size_t i = 0; i < page.count; i++) {
            check_number(&page.items[i]);
            ensure(i == 0 || page.items[i].telephone_number > page.items[i - 1].telephone_number);
        }
    }
}

static void read_changes(struct str body, struct arena *mem)
{
    struct backend_changes page;
    if (wire_read_changes(body, mem, &page, NULL) == RC_OK) {
        ensure(!str_empty(page.mark) && (page.count > 0 || !page.more));
        for (size_t i = 0; i < page.count; i++) {
            check_number(&page.items[i]);
        }
    }
}

static void check_job(const struct backend_job *job)
{
    ensure(job->id.n > 0);
    for (size_t i = 0; i < job->count; i++) {
        const struct backend_entry *entry = &job->entries[i];
        ensure((entry->state == BACKEND_ENTRY_REFUSED) == !str_empty(entry->code));
        ensure(entry->code.n <= LIMIT_TEXT && entry->message.n <= LIMIT_TEXT);
        ensure(str_is_utf8(entry->message));
        ensure(entry->number == NULL || entry->number->telephone_number == entry->telephone_number);
    }
}

static void read_job(struct str body, struct arena *mem)
{
    struct backend_job job;
    if (wire_read_job(body, STR_NONE, mem, &job, NULL) == RC_OK) {
        check_job(&job);
    }
}

static void read_jobs(struct str body, struct arena *mem)
{
    struct backend_job job;
    if (wire_read_jobs(body, TENANT, mem, &job, NULL) == RC_OK) {
        check_job(&job);
    }
}

static void read_plans(struct str body, struct arena *mem)
{
    struct capability_plans plans = {0};
    if (wire_read_plans(body, mem, &plans, NULL) == RC_OK) {
        const struct capability_plan *items = plans.plans.items;
        for (size_t i = 0; i < plans.plans.count; i++) {
            check_again(&schema_capability_plan, &items[i], mem);
        }
    }
}

static void read_capabilities(struct str body, struct arena *mem)
{
    struct text_list list;
    if (wire_read_capabilities(body, mem, &list, NULL) == RC_OK) {
        ensure(list.count <= LIMIT_TEXTS);
    }
}

static void read_error(struct str body, struct arena *mem)
{
    struct wire_error error;
    if (wire_read_error(body, mem, &error, NULL) == RC_OK) {
        ensure(!str_empty(error.code) && !str_absent(error.message));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(struct str body, struct arena * mem) = {
        read_consents, read_addresses, read_numbers,      read_changes, read_job,
        read_jobs,     read_plans,     read_capabilities, read_error,
    };
    struct arena *mem = arena_new(4 * (size_t)LIMIT_REQUEST_ARENA);
    if (size > 0) {
        readers[data[0] % ARRAY_LEN(readers)]((struct str){(const char *)data + 1, size - 1}, mem);
    }
    arena_free(mem);
    return 0;
}
