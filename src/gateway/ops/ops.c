#include "gateway/ops/ops.h"

#include "common/base/limits.h"
#include "gateway/api/call.h"
#include "gateway/api/openapi.h"
#include "gateway/ops/audit.h"
#include "gateway/model/jobs.h"
#include "gateway/ops/dns_model.h"
#include "gateway/ops/jobs.h"
#include "gateway/ops/people.h"
#include "gateway/ops/sync.h"
#include "gateway/ops/sync_model.h"

#include "common/base/banned.h"

static const struct ops *ops_of(struct call *call)
{
    return api_settings(call->api)->user;
}

void ops_set_limits(struct ops *ops, uint32_t requests_per_minute, uint32_t requests_per_minute_user)
{
    ops->requests_per_minute = requests_per_minute;
    ops->requests_per_minute_user = requests_per_minute_user;
}

bool ops_ready(struct repo *repo, struct auth *auth, const char **ret_why)
{
    return repo_ready(repo, ret_why) && auth_ready(auth, ret_why);
}

/* Tells watchers and load balancers yes or no, never why. */
static void answer_ready(struct call *call)
{
    const char *why = NULL;
    const struct api_config *settings = api_settings(call->api);
    bool ready = ops_ready(settings->repo, settings->auth, &why);
    if (!ready) {
        call_header(call, "Retry-After", STR("1"));
    }
    call_reply_text(call, ready ? 200 : 503, "application/json",
                    ready ? STR("{\"ready\":true}") : STR("{\"ready\":false}"));
}

static void answer_openapi(struct call *call)
{
    call_reply_text(call, 200, "application/json", ops_of(call)->openapi);
}

static void put_roles(struct json_out *out, const struct actor *actor)
{
    static const enum role roles[] = {ROLE_READ, ROLE_WRITE, ROLE_DELETE, ROLE_ADMIN};
    json_name(out, STR("roles"));
    json_array_begin(out);
    for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
        if (actor->roles & roles[i]) {
            json_put_str(out, str_of(auth_role_name(roles[i], actor->is_user)));
        }
    }
    json_array_end(out);
}

static void put_rights(struct json_out *out, const struct actor *actor)
{
    static const struct {
        const char *name;
        enum role role;
    } rights[] = {{"read", ROLE_READ}, {"write", ROLE_WRITE}, {"delete", ROLE_DELETE}, {"admin", ROLE_ADMIN}};
    json_name(out, STR("rights"));
    json_object_begin(out);
    for (size_t i = 0; i < ARRAY_LEN(rights); i++) {
        json_bool_member(out, rights[i].name, (actor->roles & rights[i].role) != 0);
    }
    json_object_end(out);
}

/* What a person may not do here, and a program must. */
static void put_api_required(struct json_out *out, const struct domain_facts *facts,
                             const struct actor *actor)
{
    json_name(out, STR("apiRequired"));
    json_array_begin(out);
    for (enum service s = 0; s < SERVICE_COUNT; s++) {
        if (launch_binds(facts, actor, s)) {
            json_put_str(out, str_of(service_json_name(s)));
        }
    }
    json_array_end(out);
}

static void put_limits(struct json_out *out, uint32_t requests_per_minute)
{
    json_name(out, STR("limits"));
    json_object_begin(out);
    json_i64_member(out, "requestsPerMinute", requests_per_minute);
    json_i64_member(out, "numbersPerBatch", LIMIT_BATCH);
    json_i64_member(out, "bodyBytes", LIMIT_BODY);
    json_i64_member(out, "pageSizeDefault", LIMIT_PAGE_DEFAULT);
    json_i64_member(out, "pageSizeMax", LIMIT_PAGE);
    json_object_end(out);
}

static void answer_me(struct call *call)
{
    struct buf *buf = api_out(call->api, http_loop(call->x));
    const struct ops *ops = ops_of(call);
    const struct actor *actor = &call->actor;
    struct json_out out;
    json_out_init(&out, buf);
    json_object_begin(&out);
    json_str_member(&out, "kind", actor->is_user ? STR("user") : STR("application"));
    json_str_member(&out, "name", actor->name);
    json_str_member(&out, "clientId", actor->client_id);
    json_str_member(&out, "objectId", actor->object_id);
    json_str_member(&out, "tenantId", actor->tenant);
    put_roles(&out, actor);
    put_rights(&out, actor);
    if (actor->is_user) {
        put_api_required(&out, api_facts(call->api), actor);
    }
    put_limits(&out, actor->is_user ? ops->requests_per_minute_user : ops->requests_per_minute);
    json_object_end(&out);
    call_reply_buf(call, 200, buf);
}

static void put_names(struct json_out *out, struct call *call)
{
    const struct ops *ops = ops_of(call);
    json_str_member(out, "baseDomain", ops->base_domain);
    json_str_member(out, "provisioningApi",
                    arena_printf(call->mem, "provapi.%" STR_FMT, STR_ARG(ops->base_domain)));
    json_name(out, STR("regions"));
    json_array_begin(out);
    for (int region = 1; region <= (ops->single_region ? 1 : 2); region++) {
        json_put_str(out, arena_printf(call->mem, "%dr%d.%" STR_FMT, 1, region, STR_ARG(ops->base_domain)));
    }
    json_array_end(out);
}

static void answer_deployment(struct call *call)
{
    struct buf *buf = api_out(call->api, http_loop(call->x));
    const struct ops *ops = ops_of(call);
    struct json_out out;
    json_out_init(&out, buf);
    json_object_begin(&out);
    put_names(&out, call);
    json_name(&out, STR("apiVersions"));
    json_array_begin(&out);
    for (size_t i = 0; api_versions[i] != NULL; i++) {
        json_put_str(&out, str_of(api_versions[i]));
    }
    json_array_end(&out);
    put_limits(&out, ops->requests_per_minute);
    json_str_member(&out, "customHeaderName", ops->custom_header_name);
    json_bool_member(&out, "testTarget", ops->test_target);
    json_str_member(&out, "version", STR(NUMGATE_VERSION));
    json_object_end(&out);
    call_reply_buf(call, 200, buf);
}

#define ANY_ROLE (ROLE_READ | ROLE_WRITE | ROLE_DELETE | ROLE_ADMIN)

static const struct route routes[] = {
    {
        .method = HTTP_GET,
        .path = "/openapi.json",
        .operation = "Numgate_openapi",
        .flags = ROUTE_PUBLIC,
        .statuses = {200},
        .answer = answer_openapi,
        .summary = "This document",
    },
    {
        .method = HTTP_GET,
        .path = "/numgate/v1/ready",
        .operation = "Numgate_ready",
        .flags = ROUTE_PUBLIC,
        .statuses = {200},
        .answer = answer_ready,
        .summary = "Whether requests can be served: 200 or 503",
    },
    {
        .method = HTTP_GET,
        .path = "/numgate/v1/me",
        .operation = "Numgate_me",
        .roles = ANY_ROLE,
        .statuses = {200},
        .answer = answer_me,
        .summary = "The caller: name, roles, rights, limits",
    },
    {
        .method = HTTP_GET,
        .path = "/numgate/v1/deployment",
        .operation = "Numgate_deployment",
        .roles = ROLE_READ,
        .statuses = {200},
        .answer = answer_deployment,
        .summary = "The deployment: domains, api-versions, limits, custom header name",
    },
    {
        .method = HTTP_GET,
        .path = "/numgate/v1/audit",
        .operation = "Numgate_audit",
        .roles = ROLE_ADMIN,
        .flags = ROUTE_PAGED,
        .kind = REPO_LIST,
        .query = audit_params,
        .statuses = {200},
        .check = audit_check,
        .run = audit_run,
        .answer = audit_answer,
        .summary = "Who changed what, when and from where",
    },
};

const struct route_table ops_routes = {routes, ARRAY_LEN(routes)};

void ops_openapi(struct buf *out)
{
    static const struct openapi_info info = {
        "numgate Provisioning API",
        "2024-02-29-preview",
        "Accounts, numbers, requests for information and civic addresses of a gateway to Microsoft Teams and "
        "Zoom. Paths under "
        "/numgate/ are numgate's own.",
        {sync_schemas, dns_schemas, model_dns_schemas, model_jobs_schemas, people_schemas},
    };
    const struct route_table *const tables[] = {
        &api_routes,        &ops_routes, &ops_sync_routes, &ops_dns_routes, &ops_jobs_routes,
        &ops_people_routes, NULL};
    openapi_write(&info, tables, out);
}
