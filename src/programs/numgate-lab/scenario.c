#include "programs/numgate-lab/scenario.h"

#include "common/base/file.h"
#include "programs/numgate-lab/backend_change.h"
#include "programs/numgate-lab/backend_facts.h"
#include "programs/numgate-lab/m365.h"

#include "common/base/banned.h"

#define MEMORY_MAX ((size_t)64 << 20)

static enum rc wrong(struct err *err, const char *what)
{
    return err_set(err, RC_INVALID, NULL, "%s", what);
}

typedef enum rc item_fn(struct backend *backend, struct str tenant, const struct json *item, struct err *err);

static enum rc each(struct backend *backend, struct str tenant, const struct json *list, const char *name,
                    item_fn *apply, struct err *err)
{
    if (list != NULL && !json_is(list, JSON_ARRAY)) {
        return err_set(err, RC_INVALID, NULL, "\"%s\" must be an array", name);
    }
    for (size_t i = 0; i < json_count(list); i++) {
        enum rc rc = apply(backend, tenant, json_at(list, i), err);
        if (rc != RC_OK) {
            err_context(err, "%s[%zu]", name, i);
            return rc;
        }
    }
    return RC_OK;
}

static enum rc apply_address(struct backend *backend, struct str tenant, const struct json *item,
                             struct err *err)
{
    return change_address(backend, tenant, json_string(json_get(item, STR("id"))), item, err);
}

static enum rc apply_numbers(struct backend *backend, struct str tenant, const struct json *item,
                             struct err *err)
{
    const struct json *count = json_get(item, STR("count"));
    struct str text = json_string(json_get(item, STR("telephoneNumber")));
    int64_t first, many = count == NULL ? 1 : json_int(count);
    if (str_absent(text) || !tn_parse(text, &first)) {
        return wrong(err, "\"telephoneNumber\" must be +, then 2 to 15 digits");
    }
    if (many < 1 || many > NUMBERS_MAX) {
        return err_set(err, RC_INVALID, NULL, "\"count\" must be a number from 1 to %d", NUMBERS_MAX);
    }
    return change_numbers(backend, tenant, first, many, item, err);
}

static enum rc check_members(const struct json *object, const char *const *names, struct err *err)
{
    if (!json_is(object, JSON_OBJECT)) {
        return wrong(err, "must be a JSON object");
    }
    for (struct json_iter it = json_iter(object); json_next(&it);) {
        const char *const *name = names;
        while (*name != NULL && !str_eq(str_of(*name), it.name)) {
            name++;
        }
        if (*name == NULL) {
            return err_set(err, RC_INVALID, NULL, "unknown member \"%" STR_FMT "\"",
                           STR_ARG(str_slice(it.name, 0, 40)));
        }
    }
    return RC_OK;
}

static enum rc apply_enterprise(struct backend *backend, struct str unused UNUSED, const struct json *item,
                                struct err *err)
{
    static const char *const names[] = {"tenantId", "consent", "addresses", "numbers", NULL};
    enum rc rc = check_members(item, names, err);
    struct str tenant = json_string(json_get(item, STR("tenantId")));
    const struct json *consent = json_get(item, STR("consent"));
    if (rc == RC_OK && (str_absent(tenant) || !str_is_uuid(tenant))) {
        rc = wrong(err, "\"tenantId\" must be a UUID");
    }
    if (rc == RC_OK && consent != NULL) {
        rc = change_consent(backend, tenant, consent, err);
    }
    if (rc == RC_OK) {
        rc = each(backend, tenant, json_get(item, STR("addresses")), "addresses", apply_address, err);
    }
    return rc == RC_OK ? each(backend, tenant, json_get(item, STR("numbers")), "numbers", apply_numbers, err)
                       : rc;
}

static enum rc apply_application(struct backend *backend, struct str unused UNUSED, const struct json *item,
                                 struct err *err)
{
    struct str id = json_string(item);
    return str_absent(id) ? wrong(err, "must be a string") : change_application(backend, id, true, err);
}

static enum rc apply_fault(struct backend *backend, struct str unused UNUSED, const struct json *item,
                           struct err *err)
{
    struct backend_fault fault;
    enum rc rc = backend_fault_read(item, &fault, err);
    return rc == RC_OK ? backend_faults_add(backend->faults, &fault, err) : rc;
}

static enum rc apply_all(struct backend *backend, const struct json *scenario, struct err *err)
{
    const struct json *switches = json_get(scenario, STR("switches"));
    enum rc rc = switches == NULL ? RC_OK : change_switches(backend, switches, err);
    if (rc == RC_OK) {
        rc = each(backend, STR_NONE, json_get(scenario, STR("applications")), "applications",
                  apply_application, err);
    }
    if (rc == RC_OK) {
        rc = each(backend, STR_NONE, json_get(scenario, STR("enterprises")), "enterprises", apply_enterprise,
                  err);
    }
    return rc == RC_OK
               ? each(backend, STR_NONE, json_get(scenario, STR("faults")), "faults", apply_fault, err)
               : rc;
}

enum rc scenario_apply(const struct lab *lab, const struct json *scenario, struct err *err)
{
    static const char *const names[] = {"reset",  "switches", "applications", "enterprises", "domains",
                                        "faults", NULL};
    struct backend *backend = lab->backend;
    const struct json *domains = json_get(scenario, STR("domains"));
    enum rc rc = check_members(scenario, names, err);
    if (rc == RC_OK && json_bool(json_get(scenario, STR("reset")))) {
        rc = backend_reset(backend, err);
        rc = rc == RC_OK ? m365_reset(lab->m365, err) : rc;
    }
    if (rc == RC_OK && domains != NULL) {
        rc = m365_put(lab->m365, domains, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    (void)backend_enter(backend);
    rc = apply_all(backend, scenario, err);
    enum rc kept = backend_leave(backend, rc == RC_OK ? err : NULL);
    return rc == RC_OK ? kept : rc;
}

enum rc scenario_load(const struct lab *lab, const char *path, struct err *err)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new(MEMORY_MAX);
    const struct json *scenario;
    struct str text;
    enum rc rc = file_read(path, SCENARIO_MAX, mem, &text, err);
    if (rc != RC_OK) {
        return rc;
    }
    rc = json_parse(text, mem, &scenario, err);
    if (rc == RC_OK) {
        rc = scenario_apply(lab, scenario, err);
    }
    if (rc != RC_OK) {
        err_context(err, "%s", path);
    }
    return rc;
}
