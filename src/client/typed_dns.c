/* What numgate's own /numgate/v1/dns says, as structs. */
#include "client/shape.h"
#include "gateway/model/dns.h"

#include "common/base/banned.h"

static const struct member record_members[] = {{"name", AT(numgate_dns_record, name), NULL},
                                               {"type", AT(numgate_dns_record, type), NULL},
                                               {"data", AT(numgate_dns_record, data), NULL},
                                               {"ttl", AT(numgate_dns_record, ttl), NULL}};
static const struct shape record_shape = SHAPE(numgate_dns_record, record_members);

/* ---- accounts ---- */

static const struct member server_members[] = {{"server", AT(numgate_dns_server, server), NULL},
                                               {"answered", AT(numgate_dns_server, answered), NULL},
                                               {"why", AT(numgate_dns_server, why), NULL},
                                               {"matches", AT(numgate_dns_server, matches), NULL},
                                               {"found", AT(numgate_dns_server, found), &record_shape}};
static const struct shape server_shape = SHAPE(numgate_dns_server, server_members);
static const struct member certificate_members[] = {{"covers", AT(numgate_dns_certificate, covers), NULL},
                                                    {"until", AT(numgate_dns_certificate, until), NULL},
                                                    {"why", AT(numgate_dns_certificate, why), NULL}};
static const struct shape certificate_shape = SHAPE(numgate_dns_certificate, certificate_members);
static const struct member region_members[] = {
    {"region", AT(numgate_dns_region, region), NULL},
    {"name", AT(numgate_dns_region, name), NULL},
    {"ownershipName", AT(numgate_dns_region, ownership_name), NULL},
    {"records", AT(numgate_dns_region, records), &record_shape},
    {"servers", AT(numgate_dns_region, servers), &server_shape},
    {"certificate", AT(numgate_dns_region, certificate), &certificate_shape}};
static const struct shape region_shape = SHAPE(numgate_dns_region, region_members);
static const struct member account_members[] = {
    {"account", AT(numgate_dns_account, account), NULL},
    {"subdomain", AT(numgate_dns_account, subdomain), NULL},
    {"subdomainStatus", AT(numgate_dns_account, subdomain_status), NULL},
    {"leaving", AT(numgate_dns_account, leaving), NULL},
    {"problem", AT(numgate_dns_account, problem), &problem_shape},
    {"checkedAt", AT(numgate_dns_account, checked_at), NULL},
    {"attempt", AT(numgate_dns_account, attempt), NULL},
    {"nextTryAt", AT(numgate_dns_account, next_try_at), NULL},
    {"paused", AT(numgate_dns_account, paused), NULL},
    {"regions", AT(numgate_dns_account, regions), &region_shape}};
static const struct shape account_shape = SHAPE(numgate_dns_account, account_members);

enum numgate_status numgate_reply_dns_accounts(struct numgate_reply *reply,
                                               const struct numgate_dns_account **ret, size_t *ret_count,
                                               struct numgate_error *error)
{
    struct parts parts;
    enum numgate_status status = read_reply(reply, &schema_dns_account, &account_shape, &parts, error);
    *ret = parts.items;
    *ret_count = parts.count;
    return status;
}

/* ---- letters ---- */

static const struct member letter_members[] = {{"account", AT(numgate_dns_letter, account), NULL},
                                               {"subdomain", AT(numgate_dns_letter, subdomain), NULL},
                                               {"stage", AT(numgate_dns_letter, stage), NULL},
                                               {"names", AT(numgate_dns_letter, names), NULL},
                                               {"subject", AT(numgate_dns_letter, subject), NULL},
                                               {"text", AT(numgate_dns_letter, text), NULL}};
static const struct shape letter_shape = SHAPE(numgate_dns_letter, letter_members);

enum numgate_status numgate_reply_dns_letters(struct numgate_reply *reply,
                                              const struct numgate_dns_letter **ret, size_t *ret_count,
                                              struct numgate_error *error)
{
    struct parts parts;
    enum numgate_status status = read_reply(reply, &schema_dns_letter, &letter_shape, &parts, error);
    *ret = parts.items;
    *ret_count = parts.count;
    return status;
}

/* ---- plan and jobs ---- */

static const struct member item_members[] = {{"action", AT(numgate_dns_plan_item, action), NULL},
                                             {"name", AT(numgate_dns_plan_item, name), NULL},
                                             {"account", AT(numgate_dns_plan_item, account), NULL},
                                             {"add", AT(numgate_dns_plan_item, add), &record_shape},
                                             {"remove", AT(numgate_dns_plan_item, remove), &record_shape},
                                             {"foreign", AT(numgate_dns_plan_item, foreign), &record_shape}};
static const struct shape item_shape = SHAPE(numgate_dns_plan_item, item_members);
static const struct member plan_members[] = {{"changes", AT(numgate_dns_plan, changes), NULL},
                                             {"orphans", AT(numgate_dns_plan, orphans), NULL},
                                             {"foreign", AT(numgate_dns_plan, foreign), NULL},
                                             {"ours", AT(numgate_dns_plan, ours), NULL},
                                             {"removed", AT(numgate_dns_plan, removed), NULL},
                                             {"removedPercent", AT(numgate_dns_plan, removed_percent), NULL},
                                             {"confirm", AT(numgate_dns_plan, confirm), NULL},
                                             {"truncated", AT(numgate_dns_plan, truncated), NULL},
                                             {"items", AT(numgate_dns_plan, items), &item_shape}};
static const struct shape plan_shape = SHAPE(numgate_dns_plan, plan_members);

enum numgate_status numgate_reply_dns_plan(struct numgate_reply *reply, const struct numgate_dns_plan **ret,
                                           struct numgate_error *error)
{
    struct parts parts;
    enum numgate_status status = read_reply(reply, &schema_dns_plan, &plan_shape, &parts, error);
    *ret = parts.items;
    return status;
}

static const struct member result_members[] = {{"changes", AT(numgate_dns_result, changes), NULL},
                                               {"orphans", AT(numgate_dns_result, orphans), NULL},
                                               {"removed", AT(numgate_dns_result, removed), NULL},
                                               {"ours", AT(numgate_dns_result, ours), NULL}};
static const struct shape result_shape = SHAPE(numgate_dns_result, result_members);
static const struct member job_members[] = {{"id", AT(numgate_dns_job, id), NULL},
                                            {"state", AT(numgate_dns_job, state), NULL},
                                            {"confirm", AT(numgate_dns_job, confirm), NULL},
                                            {"createdAt", AT(numgate_dns_job, created_at), NULL},
                                            {"updatedAt", AT(numgate_dns_job, updated_at), NULL},
                                            {"attempt", AT(numgate_dns_job, attempt), NULL},
                                            {"nextTryAt", AT(numgate_dns_job, next_try_at), NULL},
                                            {"paused", AT(numgate_dns_job, paused), NULL},
                                            {"result", AT(numgate_dns_job, result), &result_shape},
                                            {"problem", AT(numgate_dns_job, problem), &problem_shape}};
static const struct shape job_shape = SHAPE(numgate_dns_job, job_members);

enum numgate_status numgate_reply_dns_job(struct numgate_reply *reply, const struct numgate_dns_job **ret,
                                          struct numgate_error *error)
{
    struct parts parts;
    enum numgate_status status = read_reply(reply, &schema_dns_job, &job_shape, &parts, error);
    *ret = parts.items;
    return status;
}
