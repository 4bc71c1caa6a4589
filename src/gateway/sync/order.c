#include "gateway/sync/order.h"

#include "common/base/limits.h"
#include "gateway/model/schema.h"

#include "common/base/banned.h"

static const char *const kind_names[] = {[BACKEND_UPLOAD] = "upload", [BACKEND_RELEASE] = "release"};

/* That of a number's settings: the same struct for both services. */
static const struct schema *settings_schema(void)
{
    const struct schema *services = schema_field(&schema_number, STR("serviceDetails"))->schema;
    const struct schema *service =
        schema_field(services, str_of(service_json_name(SERVICE_OPERATOR_CONNECT)))->schema;
    return schema_field(service, STR("configuration"))->schema;
}

/* ---- write ---- */

static void put_number(struct json_out *out, const struct backend_number *number, int64_t revision,
                       bool upload)
{
    char text[E164_TEXT_MAX];
    json_object_begin(out);
    json_str_member(out, "telephoneNumber", model_e164_text(number->telephone_number, text));
    json_i64_member(out, "revision", revision);
    if (upload) {
        json_name(out, STR("configuration"));
        model_write(settings_schema(), &number->settings, out);
    }
    json_object_end(out);
}

static void put_order(struct json_out *out, const struct order *order)
{
    const struct backend_order *sent = &order->sent;
    json_object_begin(out);
    json_str_member(out, "kind", str_of(kind_names[sent->kind]));
    json_str_member(out, "service", str_of(service_json_name(sent->service)));
    json_str_member(out, "tenantId", sent->tenant_id);
    json_name(out, STR("numbers"));
    json_array_begin(out);
    for (size_t i = 0; i < sent->count; i++) {
        put_number(out, &sent->numbers[i], order->revisions[i], sent->kind == BACKEND_UPLOAD);
    }
    json_array_end(out);
    json_object_end(out);
}

static enum rc take(struct buf *buf, struct arena *mem, struct str *ret, struct err *err)
{
    bool failed = buf_failed(buf);
    *ret = failed ? STR_NONE : arena_str(mem, buf_str(buf));
    buf_clear(buf);
    return str_absent(*ret) ? err_set(err, RC_LIMIT, NULL, "an order is too large") : RC_OK;
}

static int64_t wait_of(const struct order *order)
{
    int64_t left_ms = mono_left_ms(order->due, clock_mono());
    return left_ms > 0 ? left_ms : 0;
}

static enum rc progress_text(struct arena *mem, const struct order *order, struct str *ret, struct err *err)
{
    struct buf buf;
    struct json_out out;
    buf_init(&buf, LIMIT_BODY);
    json_out_init(&out, &buf);
    json_object_begin(&out);
    json_str_member(&out, "jobId", order->job_id);
    json_object_end(&out);
    return take(&buf, mem, ret, err);
}

enum rc order_add(struct repo_tx *tx, struct arena *mem, struct str account, const struct order *order,
                  struct err *err)
{
    struct job_row row = {
        .id = order->sent.id, .kind = STR(ORDER_KIND), .key = account, .wait_ms = wait_of(order)};
    struct buf buf;
    struct json_out out;
    buf_init(&buf, LIMIT_REPLY);
    json_out_init(&out, &buf);
    put_order(&out, order);
    enum rc rc = take(&buf, mem, &row.input, err);
    return rc == RC_OK ? repo_job_add(tx, &row, err) : rc;
}

enum rc order_save(struct repo_tx *tx, struct arena *mem, const struct order *order, struct err *err)
{
    struct job_row row = {.id = order->sent.id, .attempt = order->polls, .wait_ms = wait_of(order)};
    enum rc rc = progress_text(mem, order, &row.progress, err);
    return rc == RC_OK ? repo_job_write(tx, &row, err) : rc;
}

/* ---- read ---- */

static bool read_service(struct str name, enum service *ret)
{
    for (enum service s = 0; s < SERVICE_COUNT; s++) {
        if (str_eq(name, str_of(service_json_name(s)))) {
            *ret = s;
            return service_is_synced(s);
        }
    }
    return false;
}

static enum rc read_number(const struct json *json, const struct order *order, struct arena *mem,
                           struct backend_number *ret, int64_t *ret_revision, struct err *err)
{
    *ret = (struct backend_number){.service = order->sent.service, .tenant_id = order->sent.tenant_id};
    *ret_revision = json_int(json_get(json, STR("revision")));
    const struct json *settings = json_get(json, STR("configuration"));
    if (!model_e164_parse(json_string(json_get(json, STR("telephoneNumber"))), &ret->telephone_number)) {
        return err_set(err, RC_INTERNAL, NULL, "no telephone number");
    }
    return settings != NULL ? model_load(settings_schema(), settings, mem, &ret->settings, err) : RC_OK;
}

static enum rc read_numbers(const struct json *list, struct arena *mem, struct order *ret, struct err *err)
{
    size_t count = json_count(list);
    struct backend_number *numbers = arena_alloc_array(mem, count, sizeof *numbers);
    int64_t *revisions = arena_alloc_array(mem, count, sizeof *revisions);
    enum rc rc = numbers != NULL && revisions != NULL ? RC_OK : err_set(err, RC_LIMIT, NULL, "out of memory");
    for (size_t i = 0; rc == RC_OK && i < count; i++) {
        rc = read_number(json_at(list, i), ret, mem, &numbers[i], &revisions[i], err);
    }
    ret->sent.numbers = numbers;
    ret->sent.count = count;
    ret->revisions = revisions;
    return rc;
}

static enum rc read_order(const struct job_row *row, struct arena *mem, struct order *ret, struct err *err)
{
    const struct json *input = NULL, *progress = NULL;
    enum rc rc = json_parse(row->input, mem, &input, err);
    if (rc == RC_OK && !str_absent(row->progress)) {
        rc = json_parse(row->progress, mem, &progress, err);
    }
    if (rc != RC_OK) {
        return rc;
    }
    *ret = (struct order){.sent = {.id = row->id, .tenant_id = json_string(json_get(input, STR("tenantId")))},
                          .job_id = json_string(json_get(progress, STR("jobId"))),
                          .doubt = true,
                          .polls = row->attempt,
                          .due = mono_after(clock_mono(), row->wait_ms),
                          .created_at = row->created_at};
    bool upload = str_eq(json_string(json_get(input, STR("kind"))), STR("upload"));
    ret->sent.kind = upload ? BACKEND_UPLOAD : BACKEND_RELEASE;
    if (!read_service(json_string(json_get(input, STR("service"))), &ret->sent.service)) {
        return err_set(err, RC_INTERNAL, NULL, "no service");
    }
    return read_numbers(json_get(input, STR("numbers")), mem, ret, err);
}

enum rc orders_open(struct repo_tx *tx, struct arena *mem, struct str account, size_t limit,
                    struct order *ret, size_t *ret_count, struct err *err)
{
    struct job_list list = {0};
    enum rc rc = repo_jobs_open(tx, mem, STR(ORDER_KIND), account, STR_NONE, limit, &list, err);
    for (size_t i = 0; rc == RC_OK && i < list.count; i++) {
        rc = read_order(&list.jobs[i], mem, &ret[i], err);
        if (rc != RC_OK) {
            err_context(err, "order %" STR_FMT, STR_ARG(list.jobs[i].id));
        }
    }
    *ret_count = list.count;
    return rc;
}

void order_poll_later(struct order *order)
{
    int64_t wait_ms = ORDER_POLL_MS;
    for (int64_t i = 0; i < order->polls && wait_ms < ORDER_POLL_MAX; i++) {
        wait_ms *= 2;
    }
    order->polls++;
    order->due = mono_after(clock_mono(), wait_ms < ORDER_POLL_MAX ? wait_ms : ORDER_POLL_MAX);
}
