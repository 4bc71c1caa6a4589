#include "programs/numgate-lab/backend_record.h"

#include "common/base/clock.h"
#include "common/base/mem.h"
#include "programs/numgate-lab/backend_facts.h"
#include "programs/numgate-lab/backend_rules.h"

#include "common/base/banned.h"

#define GROUP_MAX      5000 /* numbers of one record */
#define JOB_ENTRIES    1000
#define SETTINGS_MEM   ((size_t)1 << 20)
#define MS_MAX         600000
#define THROTTLE_MAX   100000
#define LIST_BYTES_MAX ((size_t)64 << 20)

static void begin(struct json_out *out, const char *name)
{
    json_object_begin(out);
    json_name(out, str_of(name));
}

static void put_uuid(struct json_out *out, const char *name, struct map_key id)
{
    char text[UUID_TEXT_MAX];
    json_str_member(out, name, map_key_uuid(id, text));
}

/* ---- switches and applications ---- */

/* The numbers among the switches: name, place, range. */
static const struct {
    const char *name;
    size_t offset;
    int64_t min, max;
} switch_numbers[] = {
    {"callMs", offsetof(struct switches, call_ms), 0, MS_MAX},
    {"jobStartMs", offsetof(struct switches, start_ms), 0, MS_MAX},
    {"jobMs", offsetof(struct switches, job_ms), 0, MS_MAX},
    {"throttleCalls", offsetof(struct switches, throttle_calls), 0, THROTTLE_MAX},
    {"throttleWindowMs", offsetof(struct switches, throttle_window_ms), 1, MS_MAX},
};

static int64_t *switch_number(struct switches *switches, size_t i)
{
    return (int64_t *)(void *)((char *)switches + switch_numbers[i].offset);
}

void switches_write(const struct switches *switches, struct json_out *out)
{
    struct switches copy = *switches;
    json_object_begin(out);
    json_bool_member(out, "hold", copy.hold);
    for (size_t i = 0; i < ARRAY_LEN(switch_numbers); i++) {
        json_i64_member(out, switch_numbers[i].name, *switch_number(&copy, i));
    }
    json_object_end(out);
}

static enum rc read_switch(struct str name, const struct json *value, struct switches *switches,
                           struct err *err)
{
    if (str_eq(name, STR("hold"))) {
        switches->hold = json_bool(value);
        return json_is(value, JSON_BOOL) ? RC_OK
                                         : err_set(err, RC_INVALID, NULL, "\"hold\" must be true or false");
    }
    for (size_t i = 0; i < ARRAY_LEN(switch_numbers); i++) {
        if (!str_eq(name, str_of(switch_numbers[i].name))) {
            continue;
        }
        int64_t n = json_int(value);
        if (!json_is(value, JSON_INT) || n < switch_numbers[i].min || n > switch_numbers[i].max) {
            return err_set(err, RC_INVALID, NULL, "\"%s\" must be an integer from %lld to %lld",
                           switch_numbers[i].name, (long long)switch_numbers[i].min,
                           (long long)switch_numbers[i].max);
        }
        *switch_number(switches, i) = n;
        return RC_OK;
    }
    return err_set(err, RC_INVALID, NULL,
                   "unknown member \"%" STR_FMT
                   "\"; there are hold, callMs, jobStartMs, jobMs, throttleCalls, "
                   "throttleWindowMs",
                   STR_ARG(str_slice(name, 0, 40)));
}

enum rc switches_read(const struct json *object, struct switches *switches, struct err *err)
{
    struct switches fresh = *switches;
    if (!json_is(object, JSON_OBJECT)) {
        return err_set(err, RC_INVALID, NULL, "the switches are a JSON object");
    }
    for (struct json_iter it = json_iter(object); json_next(&it);) {
        enum rc rc = read_switch(it.name, it.value, &fresh, err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    *switches = fresh;
    return RC_OK;
}

void record_switches(struct json_out *out, const struct switches *switches)
{
    begin(out, "switches");
    switches_write(switches, out);
    json_object_end(out);
}

void record_applications(struct json_out *out, const struct document *applications)
{
    begin(out, "applications");
    json_put_value(out, applications->json);
    json_object_end(out);
}

/* ---- consents and addresses ---- */

void record_consent(struct json_out *out, const struct tenant_state *tenant)
{
    json_object_begin(out);
    if (tenant->consent != NULL) {
        json_name(out, STR("consent"));
        json_put_value(out, tenant->consent->json);
    } else {
        put_uuid(out, "noConsent", tenant->id);
    }
    json_object_end(out);
}

void record_address(struct json_out *out, const struct tenant_state *tenant, struct map_key id)
{
    const struct document *address = map_get(&tenant->addresses, id);
    json_object_begin(out);
    if (address != NULL) {
        json_name(out, STR("address"));
        json_put_value(out, address->json);
    } else {
        json_name(out, STR("noAddress"));
        json_object_begin(out);
        put_uuid(out, "tenantId", tenant->id);
        put_uuid(out, "id", id);
        json_object_end(out);
    }
    json_object_end(out);
}

/* ---- numbers ---- */

/* Puts digits that come one after the other as "442079460010*5". */
struct run {
    struct buf *text;
    int64_t first, count;
};

static void end_run(struct run *run)
{
    if (run->count == 0) {
        return;
    }
    buf_printf(run->text, "%s%lld", run->text->n > 0 ? " " : "", (long long)run->first);
    if (run->count > 1) {
        buf_printf(run->text, "*%lld", (long long)run->count);
    }
    run->count = 0;
}

static void add_to_run(struct run *run, int64_t tn)
{
    if (run->count > 0 && tn == run->first + run->count) {
        run->count++;
        return;
    }
    end_run(run);
    run->first = tn;
    run->count = 1;
}

static bool differ_in_digits_only(const struct number *a, const struct number *b)
{
    return a->tenant == b->tenant && a->settings == b->settings && a->acquired_ms == b->acquired_ms &&
           a->assignment == b->assignment && a->status == b->status && a->service == b->service;
}

static void record_group(struct json_out *out, const struct number *const *numbers, size_t count)
{
    const struct number *first = numbers[0];
    struct buf text;
    struct run run = {.text = &text};
    buf_init(&text, LIST_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        add_to_run(&run, numbers[i]->tn);
    }
    end_run(&run);
    begin(out, "numbers");
    json_object_begin(out);
    json_str_member(out, "service", service_name(first->service));
    put_uuid(out, "tenantId", first->tenant->id);
    json_name(out, STR("settings"));
    json_object_begin(out);
    settings_write(first->settings, out);
    json_object_end(out);
    json_i64_member(out, "acquired", first->acquired_ms);
    json_str_member(out, "assignmentStatus", str_of(first->assignment));
    json_str_member(out, "acquiredNumberStatus", str_of(first->status));
    json_str_member(out, "list", buf_str(&text));
    json_object_end(out);
    json_object_end(out);
    buf_clear(&text);
}

static size_t group_length(const struct number *const *numbers, size_t count)
{
    size_t n = 1;
    while (n < count && n < GROUP_MAX && differ_in_digits_only(numbers[0], numbers[n])) {
        n++;
    }
    return n;
}

void record_numbers(struct json_out *out, const struct number *const *numbers, size_t count)
{
    while (count > 0) {
        size_t n = group_length(numbers, count);
        record_group(out, numbers, n);
        numbers += n;
        count -= n;
    }
}

void record_no_numbers(struct json_out *out, enum service service, const int64_t *list, size_t count)
{
    struct buf text;
    struct run run = {.text = &text};
    buf_init(&text, LIST_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        add_to_run(&run, list[i]);
    }
    end_run(&run);
    begin(out, "noNumbers");
    json_object_begin(out);
    json_str_member(out, "service", service_name(service));
    json_str_member(out, "list", buf_str(&text));
    json_object_end(out);
    json_object_end(out);
    buf_clear(&text);
}

/* ---- jobs ---- */

/* Settings are often those of the entry before: only where they change they are written, with the index of the entry. */
static void put_entry_settings(struct json_out *out, const struct job *job)
{
    const struct settings *last = NULL;
    json_name(out, STR("settings"));
    json_array_begin(out);
    for (size_t i = 0; i < job->count; i++) {
        if (job->entries[i].settings != NULL && job->entries[i].settings != last) {
            last = job->entries[i].settings;
            json_object_begin(out);
            json_i64_member(out, "from", (int64_t)i);
            settings_write(last, out);
            json_object_end(out);
        }
    }
    json_array_end(out);
}

static void put_entries(struct json_out *out, const struct job *job)
{
    struct buf text;
    buf_init(&text, LIST_BYTES_MAX);
    for (size_t i = 0; i < job->count; i++) {
        const struct entry *entry = &job->entries[i];
        buf_printf(&text, "%s%lld:%s:%d", i > 0 ? " " : "", (long long)entry->tn,
                   finding_row((enum finding)entry->finding)->code, (int)entry->effect);
    }
    json_str_member(out, "entries", buf_str(&text));
    buf_clear(&text);
}

void record_job(struct json_out *out, const struct job *job)
{
    begin(out, "job");
    json_object_begin(out);
    put_uuid(out, "id", job->id);
    put_uuid(out, "order", job->order);
    json_str_member(out, "body", str_of(job->body_hash));
    put_uuid(out, "tenantId", job->tenant->id);
    json_str_member(out, "service", service_name(job->service));
    json_bool_member(out, "release", job->kind == JOB_RELEASE);
    json_i64_member(out, "created", job->created_ms);
    json_i64_member(out, "start", job->start_ms);
    json_i64_member(out, "due", job->due_ms);
    json_i64_member(out, "completed", job->completed_ms);
    json_bool_member(out, "forgotten", job->forgotten);
    json_bool_member(out, "undone", job->undone);
    if (job->kind == JOB_UPLOAD) {
        put_entry_settings(out, job);
    }
    put_entries(out, job);
    json_object_end(out);
    json_object_end(out);
}

/* ---- everything ---- */

/* Where records go: all into one array, or each into a line. */
struct sink {
    struct json_out *out;
    struct json_out line;
    struct buf *lines; /* NULL: one array */
};

static struct json_out *open_record(struct sink *sink)
{
    if (sink->lines == NULL) {
        return sink->out;
    }
    json_out_init(&sink->line, sink->lines);
    json_array_begin(&sink->line);
    return &sink->line;
}

static void close_record(struct sink *sink)
{
    if (sink->lines != NULL) {
        json_array_end(&sink->line);
        buf_put_char(sink->lines, '\n');
    }
}

static void sink_held(struct sink *sink, const struct map *held)
{
    const struct number **group = mem_alloc_array(GROUP_MAX, sizeof *group);
    const struct number *number;
    struct map_at at = map_first(held);
    do {
        size_t n = 0;
        while (n < GROUP_MAX && (number = map_next(held, &at)) != NULL) {
            group[n++] = number;
        }
        if (n > 0) {
            record_numbers(open_record(sink), group, n);
            close_record(sink);
        }
    } while (number != NULL);
    mem_free(group);
}

static void sink_tenant(struct sink *sink, const struct tenant_state *tenant)
{
    if (tenant->consent != NULL) {
        record_consent(open_record(sink), tenant);
        close_record(sink);
    }
    struct map_at at = map_first(&tenant->addresses);
    while (map_next(&tenant->addresses, &at) != NULL) {
        record_address(open_record(sink), tenant, at.key);
        close_record(sink);
    }
    for (size_t i = 0; i < SERVICES; i++) {
        sink_held(sink, &tenant->held[i]);
    }
}

static void sink_all(struct sink *sink, const struct model *model)
{
    const struct tenant_state *tenant;
    record_switches(open_record(sink), &model->switches);
    close_record(sink);
    if (model->applications != NULL) {
        record_applications(open_record(sink), model->applications);
        close_record(sink);
    }
    for (struct map_at at = map_first(&model->tenants); (tenant = map_next(&model->tenants, &at)) != NULL;) {
        sink_tenant(sink, tenant);
    }
    for (size_t i = 0; i < model->history_count; i++) {
        record_job(open_record(sink), model->history[i]);
        close_record(sink);
    }
}

void record_all(struct json_out *out, const struct model *model)
{
    struct sink sink = {.out = out};
    sink_all(&sink, model);
}

void record_lines(struct buf *buf, const struct model *model)
{
    struct sink sink = {.lines = buf};
    sink_all(&sink, model);
}

/* ---- reading ---- */

static enum rc wrong(struct err *err, const char *what)
{
    return err_set(err, RC_INVALID, NULL, "%s", what);
}

static bool read_uuid(const struct json *object, const char *name, struct map_key *ret)
{
    return map_key_of_uuid(json_string(json_get(object, str_of(name))), ret);
}

static enum rc apply_switches(struct model *model, const struct json *value, struct err *err)
{
    return switches_read(value, &model->switches, err);
}

static enum rc apply_applications(struct model *model, const struct json *value, struct err *err)
{
    struct document *copy;
    bool fits = json_is(value, JSON_ARRAY) && json_count(value) <= APPLICATIONS_MAX;
    for (size_t i = 0; fits && i < json_count(value); i++) {
        fits = json_is(json_at(value, i), JSON_STRING);
    }
    if (!fits) {
        return wrong(err, "applications must be an array of strings");
    }
    enum rc rc = document_copy(value, &copy, err);
    if (rc == RC_OK) {
        document_free(model->applications);
        model->applications = copy;
    }
    return rc;
}

static enum rc apply_consent(struct model *model, const struct json *value, struct err *err)
{
    struct map_key id;
    struct document *copy;
    if (!read_uuid(value, "tenantId", &id)) {
        return wrong(err, "a consent needs a tenantId");
    }
    enum rc rc = document_copy(value, &copy, err);
    if (rc == RC_OK) {
        model_put_consent(model_tenant_made(model, id), copy);
    }
    return rc;
}

static enum rc apply_no_consent(struct model *model, const struct json *value, struct err *err)
{
    struct map_key id;
    if (!map_key_of_uuid(json_string(value), &id)) {
        return wrong(err, "noConsent must be a tenant id");
    }
    model_put_consent(model_tenant_made(model, id), NULL);
    return RC_OK;
}

static enum rc apply_address(struct model *model, const struct json *value, struct err *err)
{
    struct map_key id, tenant;
    struct document *copy;
    if (!read_uuid(value, "tenantId", &tenant) || !read_uuid(value, "id", &id)) {
        return wrong(err, "an address needs tenantId and id");
    }
    enum rc rc = document_copy(value, &copy, err);
    if (rc == RC_OK) {
        model_put_address(model_tenant_made(model, tenant), id, copy);
    }
    return rc;
}

static enum rc apply_no_address(struct model *model, const struct json *value, struct err *err)
{
    struct map_key id, tenant;
    if (!read_uuid(value, "tenantId", &tenant) || !read_uuid(value, "id", &id)) {
        return wrong(err, "noAddress needs tenantId and id");
    }
    model_put_address(model_tenant_made(model, tenant), id, NULL);
    return RC_OK;
}

/* Takes the next run off a list. False: nothing is left, or *wrong. */
static bool next_run(struct str *rest, int64_t *ret_first, int64_t *ret_count, bool *wrong_list)
{
    struct str item, digits;
    if (!str_split(rest, ' ', &item) || str_empty(item)) {
        return false;
    }
    struct str count = item;
    (void)str_split(&count, '*', &digits); /* it is not empty */
    *ret_count = 1;
    bool fits = str_to_i64(digits, 10, 999999999999999, ret_first) &&
                (str_absent(count) || str_empty(count) || str_to_i64(count, 1, NUMBERS_MAX, ret_count));
    *wrong_list = *wrong_list || !fits;
    return fits;
}

static enum rc apply_numbers(struct model *model, const struct json *value, struct err *err)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new(SETTINGS_MEM);
    struct number number = {0};
    struct settings settings;
    struct map_key tenant;
    struct str list = json_string(json_get(value, STR("list")));
    int64_t first, count;
    bool bad_list = false;
    if (!read_uuid(value, "tenantId", &tenant) || str_absent(list) ||
        !service_parse(json_string(json_get(value, STR("service"))), &number.service)) {
        return wrong(err, "numbers need tenantId, service and list");
    }
    if (settings_read(json_get(value, STR("settings")), mem, &settings, err) != RC_OK) {
        return RC_INVALID;
    }
    number.tenant = model_tenant_made(model, tenant);
    number.settings = model_settings(model, &settings);
    number.acquired_ms = json_int(json_get(value, STR("acquired")));
    number.assignment = model_word(model, json_string(json_get(value, STR("assignmentStatus"))));
    number.status = model_word(model, json_string(json_get(value, STR("acquiredNumberStatus"))));
    while (next_run(&list, &first, &count, &bad_list)) {
        for (number.tn = first; number.tn < first + count; number.tn++) {
            (void)model_put_number(model, &number);
        }
    }
    return bad_list ? wrong(err, "a list of numbers cannot be read") : RC_OK;
}

static enum rc apply_no_numbers(struct model *model, const struct json *value, struct err *err)
{
    struct str list = json_string(json_get(value, STR("list")));
    enum service service;
    int64_t first, count;
    bool bad_list = false;
    if (str_absent(list) || !service_parse(json_string(json_get(value, STR("service"))), &service)) {
        return wrong(err, "noNumbers needs service and list");
    }
    while (next_run(&list, &first, &count, &bad_list)) {
        for (int64_t tn = first; tn < first + count; tn++) {
            struct number *number = model_number(model, service, tn);
            if (number != NULL) {
                model_drop_number(model, number);
            }
        }
    }
    return bad_list ? wrong(err, "a list of numbers cannot be read") : RC_OK;
}

/* "442079460000:NumberAssigned:0" */
static bool read_entry(struct str text, struct entry *ret)
{
    struct str tn, code, effect;
    int64_t n;
    if (!str_split(&text, ':', &tn) || !str_split(&text, ':', &code) || !str_split(&text, ':', &effect)) {
        return false;
    }
    if (!str_to_i64(tn, 10, 999999999999999, &ret->tn) || !str_to_i64(effect, 0, EFFECTS - 1, &n)) {
        return false;
    }
    ret->effect = (enum effect)n;
    ret->finding = finding_of_code(code);
    return str_empty(code) || ret->finding != FINDING_NONE;
}

static enum rc read_entries(struct job *job, struct str text, struct err *err)
{
    struct str item;
    job->entries = mem_alloc_array(JOB_ENTRIES, sizeof *job->entries);
    while (str_split(&text, ' ', &item)) {
        if (job->count == JOB_ENTRIES || !read_entry(item, &job->entries[job->count])) {
            return wrong(err, "the entries of a job cannot be read");
        }
        job->count++;
    }
    job->entries = mem_grow(job->entries, (job->count + 1) * sizeof *job->entries);
    return RC_OK;
}

static enum rc read_entry_settings(struct model *model, const struct json *list, struct job *job,
                                   struct err *err)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new(SETTINGS_MEM);
    for (size_t i = 0; i < json_count(list); i++) {
        struct settings settings;
        enum rc rc = settings_read(json_at(list, i), mem, &settings, err);
        if (rc != RC_OK) {
            return rc;
        }
        const struct settings *kept = model_settings(model, &settings);
        for (size_t k = (size_t)json_int(json_get(json_at(list, i), STR("from"))); k < job->count; k++) {
            job->entries[k].settings = kept;
        }
    }
    return RC_OK;
}

static enum rc read_job(struct model *model, const struct json *value, struct job *job, struct err *err)
{
    struct map_key tenant;
    struct str hash = json_string(json_get(value, STR("body")));
    bool fits = read_uuid(value, "id", &job->id) && read_uuid(value, "order", &job->order) &&
                read_uuid(value, "tenantId", &tenant) && hash.n == sizeof job->body_hash - 1 &&
                service_parse(json_string(json_get(value, STR("service"))), &job->service);
    if (!fits) {
        return wrong(err, "a job needs id, order, tenantId, body and service");
    }
    memcpy(job->body_hash, hash.p, hash.n);
    job->tenant = model_tenant_made(model, tenant);
    job->kind = json_bool(json_get(value, STR("release"))) ? JOB_RELEASE : JOB_UPLOAD;
    job->created_ms = json_int(json_get(value, STR("created")));
    job->start_ms = json_int(json_get(value, STR("start")));
    job->due_ms = json_int(json_get(value, STR("due")));
    job->completed_ms = json_int(json_get(value, STR("completed")));
    job->forgotten = json_bool(json_get(value, STR("forgotten")));
    job->undone = json_bool(json_get(value, STR("undone")));
    enum rc rc = read_entries(job, json_string(json_get(value, STR("entries"))), err);
    return rc == RC_OK ? read_entry_settings(model, json_get(value, STR("settings")), job, err) : rc;
}

/* The second record of a job says how it ended. */
static struct job *known_job(const struct model *model, struct map_key id)
{
    struct job *job = map_get(&model->jobs, id);
    for (size_t i = 0; job == NULL && i < model->open_count; i++) { /* forgotten ones are only here */
        struct job *open = model->open[i];
        job = open->id.hi == id.hi && open->id.lo == id.lo ? open : NULL;
    }
    return job;
}

static enum rc apply_job(struct model *model, const struct json *value, struct err *err)
{
    struct job *job = mem_alloc(sizeof *job);
    enum rc rc = read_job(model, value, job, err);
    if (rc != RC_OK) {
        job_free(job);
        return rc;
    }
    struct job *known = known_job(model, job->id);
    if (known == NULL) {
        (void)model_add_job(model, job);
        return RC_OK;
    }
    model_end_job(model, known);
    mem_free(known->entries);
    *known = *job;
    mem_free(job);
    return RC_OK;
}

static const struct {
    const char *name;
    enum rc (*apply)(struct model *model, const struct json *value, struct err *err);
} kinds[] = {
    {"switches", apply_switches},    {"applications", apply_applications}, {"consent", apply_consent},
    {"noConsent", apply_no_consent}, {"address", apply_address},           {"noAddress", apply_no_address},
    {"numbers", apply_numbers},      {"noNumbers", apply_no_numbers},      {"job", apply_job},
};

static enum rc apply_one(struct model *model, const struct json *record, struct err *err)
{
    struct json_iter it = json_iter(record);
    if (!json_is(record, JSON_OBJECT) || json_count(record) != 1 || !json_next(&it)) {
        return wrong(err, "a record is an object with one member");
    }
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (str_eq(it.name, str_of(kinds[i].name))) {
            return kinds[i].apply(model, it.value, err);
        }
    }
    return err_set(err, RC_INVALID, NULL, "there is no record \"%" STR_FMT "\"",
                   STR_ARG(str_slice(it.name, 0, 40)));
}

enum rc records_apply(struct model *model, const struct json *records, struct err *err)
{
    if (!json_is(records, JSON_ARRAY)) {
        return wrong(err, "must be an array of records");
    }
    for (size_t i = 0; i < json_count(records); i++) {
        enum rc rc = apply_one(model, json_at(records, i), err);
        if (rc != RC_OK) {
            err_context(err, "record %zu", i + 1);
            return rc;
        }
    }
    return RC_OK;
}
