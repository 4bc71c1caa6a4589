#include "programs/numgate-lab/backend_model.h"

#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/json/write.h"

#include "common/base/banned.h"

#define POOL_MAX ((size_t)1 << 30)
#define WORD_MAX 200
#define TREE_MAX ((size_t)64 << 20)

const struct switches switches_preset = {.start_ms = 10, .job_ms = 30, .throttle_window_ms = 1000};
const char *const effect_names[EFFECTS] = {"none", "added", "updated", "unchanged", "released", "absent"};

/* ---- documents ---- */

enum rc document_new(struct str text, struct document **ret, struct err *err)
{
    struct document *document = mem_alloc(sizeof *document);
    document->mem = arena_new(TREE_MAX);
    struct str copy = arena_str(document->mem, text);
    enum rc rc = json_parse(copy, document->mem, &document->json, err);
    if (rc != RC_OK) {
        document_free(document);
        return rc;
    }
    *ret = document;
    return RC_OK;
}

enum rc document_copy(const struct json *value, struct document **ret, struct err *err)
{
    struct buf text;
    struct json_out out;
    buf_init(&text, DOCUMENT_MAX);
    json_out_init(&out, &text);
    json_put_value(&out, value);
    enum rc rc = buf_failed(&text) ? err_set(err, RC_LIMIT, NULL, "over %d bytes", DOCUMENT_MAX)
                                   : document_new(buf_str(&text), ret, err);
    buf_clear(&text);
    return rc;
}

void document_free(struct document *document)
{
    if (document != NULL) {
        arena_free(document->mem);
        mem_free(document);
    }
}

/* ---- services ---- */

static const char *const service_names[SERVICES] = {"teamsOperatorConnect", "teamsPhoneMobile"};

bool service_parse(struct str name, enum service *ret)
{
    for (size_t i = 0; i < SERVICES; i++) {
        if (str_eq(name, str_of(service_names[i]))) {
            *ret = (enum service)i;
            return true;
        }
    }
    return false;
}

struct str service_name(enum service service)
{
    return str_of(service_names[service]);
}

/* ---- settings ---- */

static enum rc read_text(const struct json *object, const char *name, struct str *ret, struct err *err)
{
    const struct json *value = json_get(object, str_of(name));
    *ret = json_string(value);
    bool fits = value == NULL || json_is(value, JSON_NULL) || (!str_absent(*ret) && ret->n <= WORD_MAX);
    if (!fits) {
        err_field(err, "%s", name);
        return err_set(err, RC_INVALID, NULL, "%s must be a string of at most %d bytes", name, WORD_MAX);
    }
    return RC_OK;
}

static enum rc read_texts(const struct json *object, const char *name, struct arena *mem,
                          const struct str **ret, size_t *ret_count, struct err *err)
{
    const struct json *value = json_get(object, str_of(name));
    size_t count = json_count(value);
    *ret = NULL;
    *ret_count = 0;
    if (value == NULL || json_is(value, JSON_NULL)) {
        return RC_OK;
    }
    struct str *texts = arena_alloc_array(mem, count, sizeof *texts);
    bool fits = json_is(value, JSON_ARRAY) && count <= LIST_MAX && texts != NULL;
    for (size_t i = 0; fits && i < count; i++) {
        texts[i] = json_string(json_at(value, i));
        fits = !str_absent(texts[i]) && texts[i].n <= WORD_MAX;
    }
    if (!fits) {
        return err_set(err, RC_INVALID, NULL, "%s must be an array of at most %d strings of at most %d bytes",
                       name, LIST_MAX, WORD_MAX);
    }
    *ret = texts;
    *ret_count = count;
    return RC_OK;
}

static enum rc read_flag(const struct json *object, const char *name, bool *ret, struct err *err)
{
    const struct json *value = json_get(object, str_of(name));
    *ret = json_bool(value);
    bool fits = value == NULL || json_is(value, JSON_NULL) || json_is(value, JSON_BOOL);
    return fits ? RC_OK : err_set(err, RC_INVALID, NULL, "%s must be true or false", name);
}

enum rc settings_read(const struct json *object, struct arena *mem, struct settings *ret, struct err *err)
{
    struct settings s = {0};
    if (!json_is(object, JSON_OBJECT)) {
        return err_set(err, RC_INVALID, NULL, "must be an object");
    }
    enum rc rc = read_text(object, "usage", &s.usage, err);
    if (rc == RC_OK && (str_absent(s.usage) || str_empty(s.usage))) {
        rc = err_set(err, RC_INVALID, NULL, "usage is needed");
    }
    if (rc == RC_OK) {
        rc = read_texts(object, "additionalUsages", mem, &s.additional, &s.additional_count, err);
    }
    if (rc == RC_OK) {
        rc = read_texts(object, "choosableCapabilities", mem, &s.choices, &s.choice_count, err);
    }
    if (rc == RC_OK) {
        rc = read_text(object, "civicAddressId", &s.civic_address, err);
    }
    if (rc == RC_OK) {
        rc = read_text(object, "locationId", &s.location, err);
    }
    if (rc == RC_OK) {
        rc = read_text(object, "displayedCountryCode", &s.displayed_country, err);
    }
    if (rc == RC_OK) {
        rc = read_flag(object, "allowTenantAddressUpdate", &s.allow_update, err);
    }
    if (rc == RC_OK) {
        *ret = s;
    }
    return rc;
}

static void put_texts(struct json_out *out, const char *name, const struct str *texts, size_t count)
{
    if (count == 0) {
        return;
    }
    json_name(out, str_of(name));
    json_array_begin(out);
    for (size_t i = 0; i < count; i++) {
        json_put_str(out, texts[i]);
    }
    json_array_end(out);
}

void settings_write(const struct settings *s, struct json_out *out)
{
    json_str_member(out, "usage", s->usage);
    put_texts(out, "additionalUsages", s->additional, s->additional_count);
    put_texts(out, "choosableCapabilities", s->choices, s->choice_count);
    json_str_member(out, "civicAddressId", s->civic_address);
    json_str_member(out, "locationId", s->location);
    json_bool_member(out, "allowTenantAddressUpdate", s->allow_update);
    json_str_member(out, "displayedCountryCode", s->displayed_country);
}

/* ---- life ---- */

void model_init(struct model *model)
{
    *model = (struct model){.pool = arena_new(POOL_MAX), .switches = switches_preset};
    model->changes = mem_alloc_array(CHANGES_KEPT, sizeof(struct change));
}

static void free_tenant(struct tenant_state *tenant)
{
    struct document *address;
    for (struct map_at at = map_first(&tenant->addresses);
         (address = map_next(&tenant->addresses, &at)) != NULL;) {
        document_free(address);
    }
    map_clear(&tenant->addresses);
    for (size_t i = 0; i < SERVICES; i++) {
        map_clear(&tenant->held[i]);
    }
    document_free(tenant->consent);
    mem_free(tenant);
}

void job_free(struct job *job)
{
    mem_free(job->entries);
    mem_free(job);
}

void model_clear(struct model *model)
{
    struct tenant_state *tenant;
    struct number *number;
    for (struct map_at at = map_first(&model->tenants); (tenant = map_next(&model->tenants, &at)) != NULL;) {
        free_tenant(tenant);
    }
    for (struct map_at at = map_first(&model->numbers); (number = map_next(&model->numbers, &at)) != NULL;) {
        mem_free(number);
    }
    for (size_t i = 0; i < model->history_count; i++) {
        job_free(model->history[i]);
    }
    struct map *maps[] = {&model->tenants, &model->numbers, &model->jobs,
                          &model->orders,  &model->busy,    &model->pooled};
    for (size_t i = 0; i < ARRAY_LEN(maps); i++) {
        map_clear(maps[i]);
    }
    document_free(model->applications);
    mem_free(model->history);
    mem_free(model->open);
    mem_free(model->changes);
    arena_free(model->pool);
    *model = (struct model){0};
}

/* ---- tenants ---- */

struct tenant_state *model_tenant(const struct model *model, struct str uuid)
{
    struct map_key id;
    return map_key_of_uuid(uuid, &id) ? map_get(&model->tenants, id) : NULL;
}

struct tenant_state *model_tenant_made(struct model *model, struct map_key id)
{
    struct tenant_state *tenant = map_get(&model->tenants, id);
    if (tenant == NULL) {
        tenant = mem_alloc(sizeof *tenant);
        tenant->id = id;
        (void)map_put(&model->tenants, id, tenant); /* nothing was there */
    }
    return tenant;
}

void model_put_consent(struct tenant_state *tenant, struct document *consent)
{
    document_free(tenant->consent);
    tenant->consent = consent;
}

void model_put_address(struct tenant_state *tenant, struct map_key id, struct document *address)
{
    document_free(address != NULL ? map_put(&tenant->addresses, id, address)
                                  : map_drop(&tenant->addresses, id));
}

/* ---- kept words and settings ---- */

static struct map_key digest_key(struct str text)
{
    uint8_t digest[CRYPTO_SHA256_BYTES];
    struct map_key key;
    crypto_sha256(&text, 1, digest);
    memcpy(&key.hi, digest, sizeof key.hi);
    memcpy(&key.lo, digest + sizeof key.hi, sizeof key.lo);
    return key;
}

const char *model_word(struct model *model, struct str word)
{
    if (str_absent(word)) {
        return NULL;
    }
    struct map_key key = digest_key(word);
    const char *kept = map_get(&model->pooled, key);
    if (kept == NULL) {
        char *copy = arena_cstr(model->pool, word);
        ensure(copy != NULL);
        (void)map_put(&model->pooled, key, copy); /* nothing was there */
        kept = copy;
    }
    return kept;
}

static const struct str *keep_texts(struct arena *mem, const struct str *texts, size_t count)
{
    struct str *kept = arena_alloc_array(mem, count, sizeof *kept);
    ensure(kept != NULL);
    for (size_t i = 0; i < count; i++) {
        kept[i] = arena_str(mem, texts[i]);
    }
    return kept;
}

static struct settings *keep_settings(struct arena *mem, const struct settings *settings)
{
    struct settings *kept = arena_new_of(mem, struct settings);
    ensure(kept != NULL);
    *kept = *settings;
    kept->usage = arena_str(mem, settings->usage);
    kept->additional = keep_texts(mem, settings->additional, settings->additional_count);
    kept->choices = keep_texts(mem, settings->choices, settings->choice_count);
    kept->civic_address = arena_str(mem, settings->civic_address);
    kept->location = arena_str(mem, settings->location);
    kept->displayed_country = arena_str(mem, settings->displayed_country);
    return kept;
}

/* A word can never have the text of settings: that begins with '{'. */
const struct settings *model_settings(struct model *model, const struct settings *settings)
{
    struct buf text;
    struct json_out out;
    buf_init(&text, DOCUMENT_MAX);
    json_out_init(&out, &text);
    json_object_begin(&out);
    settings_write(settings, &out);
    json_object_end(&out);
    struct map_key key = digest_key(buf_str(&text));
    buf_clear(&text);
    struct settings *kept = map_get(&model->pooled, key);
    if (kept == NULL) {
        kept = keep_settings(model->pool, settings);
        (void)map_put(&model->pooled, key, kept); /* nothing was there */
    }
    return kept;
}

/* ---- numbers ---- */

struct map_key number_key(enum service service, int64_t tn)
{
    return (struct map_key){(uint64_t)tn, (uint64_t)service};
}

static struct map_key held_key(int64_t tn)
{
    return (struct map_key){(uint64_t)tn, 0};
}

struct number *model_number(const struct model *model, enum service service, int64_t tn)
{
    return map_get(&model->numbers, number_key(service, tn));
}

void model_note_change(struct model *model, const struct number *number)
{
    model->changes[model->change_count++ % CHANGES_KEPT] = (struct change){number->tn, number->service};
}

struct number *model_put_number(struct model *model, const struct number *number)
{
    struct number *kept = model_number(model, number->service, number->tn);
    if (kept == NULL) {
        kept = mem_alloc(sizeof *kept);
        (void)map_put(&model->numbers, number_key(number->service, number->tn), kept); /* nothing was there */
    } else {
        (void)map_drop(&kept->tenant->held[number->service],
                       held_key(number->tn)); /* the tenant may be another now */
    }
    *kept = *number;
    (void)map_put(&number->tenant->held[number->service], held_key(number->tn), kept); /* likewise */
    model_note_change(model, number);
    return kept;
}

void model_drop_number(struct model *model, struct number *number)
{
    (void)map_drop(&number->tenant->held[number->service], held_key(number->tn)); /* it is this very one */
    (void)map_drop(&model->numbers, number_key(number->service, number->tn));
    mem_free(number);
}

/* ---- jobs ---- */

static void push(struct job ***list, size_t *count, size_t *cap, struct job *job)
{
    if (*count == *cap) {
        *cap = *cap == 0 ? 64 : *cap * 2;
        *list = mem_grow(*list, *cap * sizeof(struct job *));
    }
    (*list)[(*count)++] = job;
}

static bool is_open(const struct job *job)
{
    return job->completed_ms == 0 && !job->undone;
}

struct job *model_add_job(struct model *model, struct job *job)
{
    push(&model->history, &model->history_count, &model->history_cap, job);
    if (!job->forgotten) {
        (void)map_put(&model->jobs, job->id, job); /* ids are new */
        (void)map_put(&model->orders, job->order, job);
    }
    if (is_open(job)) {
        push(&model->open, &model->open_count, &model->open_cap, job);
        for (size_t i = 0; i < job->count; i++) {
            if (job->entries[i].finding == 0) {
                (void)map_put(&model->busy, number_key(job->service, job->entries[i].tn), job);
            }
        }
    }
    return job;
}

struct job *model_busy(const struct model *model, enum service service, int64_t tn)
{
    return map_get(&model->busy, number_key(service, tn));
}

/* Called before findings are written, so that what was taken is given back. */
void model_end_job(struct model *model, struct job *job)
{
    for (size_t i = 0; i < job->count; i++) {
        if (model_busy(model, job->service, job->entries[i].tn) == job) {
            (void)map_drop(&model->busy, number_key(job->service, job->entries[i].tn));
        }
    }
    for (size_t i = 0; i < model->open_count; i++) {
        if (model->open[i] == job) {
            model->open_count--;
            memmove(&model->open[i], &model->open[i + 1], (model->open_count - i) * sizeof(struct job *));
            return;
        }
    }
}
