#include "gateway/ops/audit.h"

#include "gateway/api/call.h"
#include "gateway/api/page.h"

#include "common/base/banned.h"

const char *const audit_params[] = {"account", "kind",  "key",   "caller", "requestId",
                                    "since",   "until", "order", NULL};

static const char *const kind_names[] = {"account", "number", "requestForInformation", "civicAddress"};
static const char *const action_names[] = {"create", "replace", "delete"};

static enum rc bad_param(struct err *err, const char *name, const char *expected)
{
    (void)err_set(err, RC_INVALID, "InvalidQueryParameter", "the query parameter %s must be %s", name,
                  expected);
    err_field(err, "%s", name);
    return RC_INVALID;
}

static enum rc read_kind(struct call *call, struct audit_query *query, struct err *err)
{
    struct str kind = call_query(call, "kind");
    if (str_absent(kind)) {
        return RC_OK;
    }
    for (size_t i = 0; i < ARRAY_LEN(kind_names); i++) {
        if (str_eq(kind, str_of(kind_names[i]))) {
            query->by_kind = true;
            query->kind = (enum audit_kind)i;
            return RC_OK;
        }
    }
    return bad_param(err, "kind", "account, number, requestForInformation or civicAddress");
}

static enum rc read_time(struct call *call, const char *name, struct wall *ret, struct err *err)
{
    struct str value = call_query(call, name);
    *ret = CLOCK_ABSENT;
    bool ok = str_absent(value) || clock_parse_rfc3339(value, ret);
    return ok ? RC_OK : bad_param(err, name, "a time such as 2026-01-31T00:00:00Z");
}

static enum rc read_order(struct call *call, struct audit_query *query, struct err *err)
{
    struct str order = call_query(call, "order");
    query->page.newest_first = !str_eq(order, STR("oldestFirst"));
    bool ok = str_absent(order) || str_eq(order, STR("oldestFirst")) || str_eq(order, STR("newestFirst"));
    return ok ? RC_OK : bad_param(err, "order", "newestFirst or oldestFirst");
}

/* Rows are found fast by age and by account; anything else looks at every row. */
static bool is_searched(const struct audit_query *query)
{
    return query->by_kind || !str_absent(query->key) || !str_absent(query->caller) ||
           !str_absent(query->request_id) || query->since.ms != CLOCK_ABSENT.ms ||
           query->until.ms != CLOCK_ABSENT.ms;
}

enum rc audit_check(struct call *call, struct err *err)
{
    struct audit_query *query = arena_new_of(call->mem, struct audit_query);
    call->user = query;
    if (call->list.after.set && call->list.after.number < 0) {
        return bad_param(err, "continuation", "the one of a nextLink");
    }
    query->page = list_params_query(&call->list, call_query(call, "account"));
    query->key = call_query(call, "key");
    query->caller = call_query(call, "caller");
    query->request_id = call_query(call, "requestId");
    enum rc rc = read_kind(call, query, err);
    if (rc == RC_OK) {
        rc = read_order(call, query, err);
    }
    if (rc == RC_OK) {
        rc = read_time(call, "since", &query->since, err);
    }
    if (rc == RC_OK) {
        rc = read_time(call, "until", &query->until, err);
    }
    call->may_scan = is_searched(query);
    return rc;
}

enum rc audit_run(struct call *call, struct repo_tx *tx, struct err *err)
{
    return repo_audit_list(tx, call->mem, call->user, &call->page, err);
}

static void put_raw_member(struct json_out *out, const char *name, struct str json)
{
    if (!str_absent(json)) {
        json_name(out, str_of(name));
        json_put_raw(out, json);
    }
}

static void put_row(struct json_out *out, const struct audit_row *row)
{
    char at[CLOCK_TEXT_MAX];
    json_object_begin(out);
    json_i64_member(out, "id", row->id);
    json_str_member(out, "at", clock_rfc3339(row->at, at));
    json_str_member(out, "action", str_of(action_names[row->action]));
    json_str_member(out, "kind", str_of(kind_names[row->kind]));
    json_str_member(out, "account", row->account);
    json_str_member(out, "key", row->key);
    json_str_member(out, "way", str_of(actor_way_name(row->way)));
    json_str_member(out, "caller", row->caller);
    json_str_member(out, "name", row->name);
    json_str_member(out, "from", row->from);
    json_str_member(out, "operationId", row->operation_id);
    json_str_member(out, "requestId", row->request_id);
    json_str_member(out, "clientRequestId", row->client_request_id);
    put_raw_member(out, "before", row->before);
    put_raw_member(out, "after", row->after);
    json_object_end(out);
}

void audit_answer(struct call *call)
{
    struct buf *buf = api_out(call->api, http_loop(call->x));
    const struct audit_row *rows = call->page.items.items;
    struct json_out out;
    json_out_init(&out, buf);
    json_object_begin(&out);
    json_name(&out, STR("value"));
    json_array_begin(&out);
    for (size_t i = 0; i < call->page.items.count; i++) {
        put_row(&out, &rows[i]);
    }
    json_array_end(&out);
    json_str_member(&out, "nextLink", next_link(call));
    json_object_end(&out);
    call_reply_buf(call, 200, buf);
}
