#include "programs/numgate-lab/m365_web.h"

#include <stdio.h>

#include "common/json/read.h"
#include "common/json/write.h"
#include "programs/numgate-lab/bearer.h"
#include "programs/numgate-lab/directory.h"
#include "programs/numgate-lab/m365_check.h"
#include "programs/numgate-lab/visit.h"

#include "common/base/banned.h"

#define SEGMENT_NAME  4 /* /m365/{tenantId}/v1.0/domains/{fqdn}, /lab/m365/{tenantId}/domains/{fqdn} */
#define LIST_BYTES    ((size_t)8 << 20)
#define RECORD_TTL_S  3600
#define MX_PREFERENCE 32767

/* ---- answers ---- */

static void refuse(struct visit *visit, int status, const char *code, struct str message)
{
    char date[CLOCK_TEXT_MAX];
    struct json_out out;
    struct buf body;
    buf_init(&body, VISIT_REPLY_MAX);
    json_out_init(&out, &body);
    json_object_begin(&out);
    json_name(&out, STR("error"));
    json_object_begin(&out);
    json_str_member(&out, "code", str_of(code));
    json_str_member(&out, "message", message);
    json_name(&out, STR("innerError"));
    json_object_begin(&out);
    json_str_member(&out, "date", str_slice(clock_rfc3339(clock_wall(), date), 0, 19));
    json_str_member(&out, "request-id", str_of(visit->trace_id));
    json_str_member(&out, "client-request-id", visit_correlation_id(visit));
    json_object_end(&out);
    json_object_end(&out);
    json_object_end(&out);
    visit->code = code;
    visit_reply(visit, status, &body);
}

static int status_of(enum rc rc)
{
    switch (rc) {
    case RC_INVALID:
    case RC_LIMIT:
        return 400;
    case RC_NOT_FOUND:
        return 404;
    case RC_CONFLICT:
        return 409;
    case RC_BUSY:
        return 503;
    default:
        return 500;
    }
}

static void refuse_with(struct visit *visit, int status, const struct err *err)
{
    const char *code = err->code != NULL ? err->code
                       : status == 503   ? "serviceNotAvailable"
                       : status < 500    ? "Request_BadRequest"
                                         : "InternalServerError";
    refuse(visit, status, code, str_of(err->msg));
}

static struct str tenant_of(const struct visit *visit)
{
    return visit_segment(visit, visit->route->control ? 2 : 1);
}

static void put_context(struct json_out *out, const struct visit *visit, const char *what)
{
    char text[400];
    (void)snprintf(text, sizeof text, "%" STR_FMT "/m365/%" STR_FMT "/v1.0/$metadata#%s",
                   STR_ARG(visit->lab->base), STR_ARG(tenant_of(visit)), what);
    json_str_member(out, "@odata.context", str_of(text));
}

static void put_domain(struct json_out *out, const struct visit *visit, const struct m365_domain *domain)
{
    json_str_member(out, "id", str_of(domain->name));
    json_str_member(out, "authenticationType", STR("Managed"));
    json_bool_member(out, "isAdminManaged", true);
    json_bool_member(out, "isDefault", false);
    json_bool_member(out, "isInitial", false);
    json_bool_member(out, "isRoot", !m365_inherits(visit->lab->m365, domain));
    json_bool_member(out, "isVerified", domain->verified);
    json_name(out, STR("supportedServices"));
    json_array_begin(out);
    json_array_end(out);
}

static void reply_domain(struct visit *visit, int status, const struct m365_domain *domain)
{
    struct json_out out;
    struct buf body;
    buf_init(&body, VISIT_REPLY_MAX);
    json_out_init(&out, &body);
    json_object_begin(&out);
    put_context(&out, visit, "domains/$entity");
    put_domain(&out, visit, domain);
    json_object_end(&out);
    visit_reply(visit, status, &body);
}

/* ---- who asks ---- */

/* False: refused. Control routes were let in by the address. */
static bool pass(struct visit *visit, bool writes)
{
    static const char *const roles[] = {"Domain.ReadWrite.All", "Domain.Read.All"};
    const struct json *claims;
    if (visit->route->control) {
        return true;
    }
    const char *wrong = bearer_check(visit, M365_APPLICATION,
                                     "the token is for another audience than Microsoft Graph", &claims);
    if (wrong != NULL) {
        visit->challenge = "Bearer realm=\"numgate-lab\"";
        refuse(visit, 401, "InvalidAuthenticationToken", str_of(wrong));
        return false;
    }
    visit->client = directory_client(visit->lab->directory, bearer_client(claims));
    if (!bearer_has_role(claims, roles, writes ? 1 : ARRAY_LEN(roles))) {
        refuse(visit, 403, "Authorization_RequestDenied",
               writes ? STR("the token lacks the role Domain.ReadWrite.All")
                      : STR("the token lacks the role Domain.Read.All"));
        return false;
    }
    return true;
}

/* The domain that the path names. False: refused. */
static bool find(struct visit *visit, struct m365_domain *ret)
{
    struct err err;
    enum rc rc = m365_find(visit->lab->m365, tenant_of(visit), visit_segment(visit, SEGMENT_NAME), ret, &err);
    if (rc != RC_OK) {
        refuse_with(visit, status_of(rc), &err);
    }
    return rc == RC_OK;
}

/* ---- what needs no DNS ---- */

void m365_serve_list(struct visit *visit)
{
    const struct m365_domain *domains;
    struct json_out out;
    struct buf body;
    struct err err;
    size_t count;
    if (!pass(visit, false)) {
        return;
    }
    enum rc rc = m365_list(visit->lab->m365, tenant_of(visit), http_arena(visit->x), &domains, &count, &err);
    if (rc != RC_OK) {
        refuse_with(visit, status_of(rc), &err);
        return;
    }
    buf_init(&body, LIST_BYTES);
    json_out_init(&out, &body);
    json_object_begin(&out);
    put_context(&out, visit, "domains");
    json_name(&out, STR("value"));
    json_array_begin(&out);
    for (size_t i = 0; i < count; i++) {
        json_object_begin(&out);
        put_domain(&out, visit, &domains[i]);
        json_object_end(&out);
    }
    json_array_end(&out);
    json_object_end(&out);
    visit_reply(visit, 200, &body);
}

void m365_serve_add(struct visit *visit)
{
    const struct json *body = NULL;
    struct m365_domain domain;
    struct err err;
    if (!pass(visit, true)) {
        return;
    }
    if (json_parse(http_request(visit->x)->body, http_arena(visit->x), &body, NULL) != RC_OK ||
        str_absent(json_string(json_get(body, STR("id"))))) {
        refuse(visit, 400, "Request_BadRequest", STR("the body is {\"id\": \"a domain name\"}"));
        return;
    }
    enum rc rc =
        m365_add(visit->lab->m365, tenant_of(visit), json_string(json_get(body, STR("id"))), &domain, &err);
    if (rc != RC_OK) {
        refuse_with(visit, status_of(rc), &err);
        return;
    }
    reply_domain(visit, 201, &domain);
}

void m365_serve_get(struct visit *visit)
{
    struct m365_domain domain;
    if (pass(visit, false) && find(visit, &domain)) {
        reply_domain(visit, 200, &domain);
    }
}

void m365_serve_drop(struct visit *visit)
{
    struct buf body;
    struct err err;
    if (!pass(visit, true)) {
        return;
    }
    enum rc rc = m365_drop(visit->lab->m365, tenant_of(visit), visit_segment(visit, SEGMENT_NAME), &err);
    if (rc != RC_OK) {
        refuse_with(visit, status_of(rc), &err);
        return;
    }
    buf_init(&body, VISIT_REPLY_MAX);
    visit_reply(visit, 204, &body);
}

static void begin_record(struct json_out *out, const struct m365_domain *domain, const char *odata_type,
                         const char *record_type)
{
    json_object_begin(out);
    json_str_member(out, "@odata.type", str_of(odata_type));
    json_bool_member(out, "isOptional", false);
    json_str_member(out, "label", str_of(domain->name));
    json_str_member(out, "recordType", str_of(record_type));
    json_str_member(out, "supportedService", STR("Email"));
    json_i64_member(out, "ttl", RECORD_TTL_S);
}

void m365_serve_records(struct visit *visit)
{
    struct m365_domain domain;
    struct json_out out;
    struct buf body;
    char exchange[M365_TOKEN_MAX + 20];
    if (!pass(visit, false) || !find(visit, &domain)) {
        return;
    }
    struct str token = str_of(domain.token);
    struct str bare = str_starts(token, STR("MS=")) ? str_slice(token, 3, token.n) : token;
    (void)snprintf(exchange, sizeof exchange, "%" STR_FMT ".msv1.invalid", STR_ARG(bare));
    buf_init(&body, VISIT_REPLY_MAX);
    json_out_init(&out, &body);
    json_object_begin(&out);
    json_name(&out, STR("value"));
    json_array_begin(&out);
    begin_record(&out, &domain, "#microsoft.graph.domainDnsTxtRecord", "Txt");
    json_str_member(&out, "text", token);
    json_object_end(&out);
    begin_record(&out, &domain, "#microsoft.graph.domainDnsMxRecord", "Mx");
    json_str_member(&out, "mailExchange", str_of(exchange));
    json_i64_member(&out, "preference", MX_PREFERENCE);
    json_object_end(&out);
    json_array_end(&out);
    json_object_end(&out);
    visit_reply(visit, 200, &body);
}

/* ---- what does: on the thread for look-ups. Lives in the exchange's arena, which the ticket keeps. ---- */

struct look {
    struct later_job job; /* first, so that the job is the look */
    struct visit *visit;
    void (*run)(struct look *look);
    struct m365_domain domain;
    struct m365_trunk trunk;
    enum rc rc;
    struct err err;
};

static void run_look(struct later_job *job)
{
    struct look *look = (struct look *)(void *)job;
    look->run(look);
    http_resume(look->visit->ticket);
}

static void start_look(struct visit *visit, const struct m365_domain *domain, void (*run)(struct look *look),
                       void (*done)(struct http_exchange *x))
{
    struct look *look = arena_new_of(http_arena(visit->x), struct look);
    if (look == NULL) {
        refuse(visit, 500, "InternalServerError", STR("no memory"));
        return;
    }
    *look = (struct look){
        .job = {.at = clock_mono(), .run = run_look}, .visit = visit, .run = run, .domain = *domain};
    visit->slow = look;
    visit->ticket = http_suspend(visit->x, done);
    later_submit(visit->lab->lookups, &look->job);
}

static void look_for_token(struct look *look)
{
    struct visit *visit = look->visit;
    look->rc = m365_check_token(visit->lab->dns, &look->domain, http_arena(visit->x), &look->err);
}

static void set_verified(struct visit *visit, const struct m365_domain *proved)
{
    struct m365_domain domain;
    struct err err;
    enum rc rc = m365_verify(visit->lab->m365, str_of(proved->tenant), str_of(proved->name), &domain, &err);
    if (rc != RC_OK) {
        refuse_with(visit, rc == RC_CONFLICT ? 400 : status_of(rc), &err);
        return;
    }
    reply_domain(visit, 200, &domain);
}

static void finish_verify(struct http_exchange *x)
{
    struct visit *visit = http_user(x);
    const struct look *look = visit->slow;
    if (look->rc != RC_OK) {
        refuse_with(visit, look->rc == RC_NOT_FOUND ? 400 : status_of(look->rc), &look->err);
        return;
    }
    set_verified(visit, &look->domain);
}

void m365_serve_verify(struct visit *visit)
{
    struct m365_domain domain;
    if (!pass(visit, true) || !find(visit, &domain)) {
        return;
    }
    if (domain.verified || m365_inherits(visit->lab->m365, &domain)) {
        set_verified(visit, &domain);
        return;
    }
    start_look(visit, &domain, look_for_token, finish_verify);
}

static void look_for_trunk(struct look *look)
{
    struct visit *visit = look->visit;
    look->rc = m365_check_trunk(visit->lab->dns, str_of(look->domain.name), http_arena(visit->x),
                                &look->trunk, &look->err);
}

/* What speaks against it; false: nothing. */
static bool put_findings(struct json_out *out, const struct look *look)
{
    const struct m365_trunk *trunk = &look->trunk;
    const struct {
        bool holds;
        const char *text;
    } rows[] = {
        {!look->domain.verified, "the domain is not verified"},
        {!str_absent(trunk->alias), "the name is a CNAME"},
        {trunk->address_count == 0, "there is no A record"},
        {trunk->address_count > 1, "there is more than one A record"},
        {trunk->has_ipv6, "there is an AAAA record"},
    };
    bool any = false;
    json_name(out, STR("findings"));
    json_array_begin(out);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (rows[i].holds) {
            json_put_str(out, str_of(rows[i].text));
            any = true;
        }
    }
    json_array_end(out);
    return any;
}

static void finish_trunk(struct http_exchange *x)
{
    struct visit *visit = http_user(x);
    const struct look *look = visit->slow;
    struct json_out out;
    struct buf body;
    if (look->rc != RC_OK) {
        refuse_with(visit, status_of(look->rc), &look->err);
        return;
    }
    buf_init(&body, VISIT_REPLY_MAX);
    json_out_init(&out, &body);
    json_object_begin(&out);
    json_str_member(&out, "id", str_of(look->domain.name));
    json_bool_member(&out, "isVerified", look->domain.verified);
    json_name(&out, STR("addresses"));
    json_array_begin(&out);
    for (size_t i = 0; i < look->trunk.address_count; i++) {
        json_put_str(&out, look->trunk.addresses[i]);
    }
    json_array_end(&out);
    bool any = put_findings(&out, look);
    json_bool_member(&out, "ready", !any);
    json_object_end(&out);
    visit_reply(visit, 200, &body);
}

void m365_serve_trunk(struct visit *visit)
{
    struct m365_domain domain;
    if (find(visit, &domain)) {
        start_look(visit, &domain, look_for_trunk, finish_trunk);
    }
}
