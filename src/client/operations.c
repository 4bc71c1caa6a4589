/* The operations of the contract, each a path and a method. */
#include "client/client.h"
#include "common/base/limits.h"
#include "common/json/read.h"

#include "common/base/banned.h"

#define PAGE_TREE_BYTES ((size_t)256 * 1024 * 1024)

/* ---- paths ---- */

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

/* RFC 3986 section 2.1. */
static void put_encoded(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (is_unreserved(*text)) {
            buf_put_char(out, *text);
        } else {
            buf_printf(out, "%%%02X", (unsigned char)*text);
        }
    }
}

/* '*' stands for the next part. */
static void put_path(struct buf *out, const char *pattern, const char *const *parts)
{
    for (; *pattern != '\0'; pattern++) {
        if (*pattern == '*') {
            put_encoded(out, *parts++);
        } else {
            buf_put_char(out, *pattern);
        }
    }
}

static void put_parameters(struct buf *out, char sign, const struct numgate_call *call)
{
    if (call->filter != NULL) {
        buf_printf(out, "%cfilter=", sign);
        put_encoded(out, call->filter);
        sign = '&';
    }
    if (call->page_size != 0) {
        buf_printf(out, "%cmaxpagesize=%u", sign, call->page_size);
        sign = '&';
    }
    if (call->delete_numbers) {
        buf_printf(out, "%cdeleteNumbers=true", sign);
    }
}

static enum numgate_status too_long(struct numgate_error *error)
{
    struct numgate_error ignored;
    struct err err = {0};
    error = error != NULL ? error : &ignored;
    *error = (struct numgate_error){0};
    (void)err_set(&err, RC_INVALID, NULL, "a request's address has at most %d bytes", LIMIT_TARGET);
    return error_of(RC_INVALID, &err, error);
}

enum numgate_status operation_run(struct numgate *numgate, const struct operation *operation,
                                  const struct numgate_call *call, struct numgate_reply **ret,
                                  struct numgate_error *error)
{
    static const struct numgate_call nothing;
    struct buf path;
    if (ret != NULL) {
        *ret = NULL;
    }
    buf_init(&path, LIMIT_TARGET);
    put_path(&path, operation->pattern, operation->parts);
    put_parameters(&path, str_contains(buf_str(&path), STR("?")) ? '&' : '?', call != NULL ? call : &nothing);
    buf_put_char(&path, '\0');
    bool rows = !str_absent(operation->rows);
    const struct numgate_message message = {operation->method, path.p,
                                            rows ? operation->rows : str_of(operation->body),
                                            rows ? operation->rows_type : STR("application/json")};
    enum numgate_status status =
        buf_failed(&path) ? too_long(error) : request_send(numgate, &message, call, ret, error);
    buf_clear(&path);
    return status;
}

/* ---- accounts ---- */

enum numgate_status numgate_list_accounts(struct numgate *numgate, const struct numgate_call *call,
                                          struct numgate_reply **ret, struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"GET", "/accounts", {0}, NULL}, call, ret, error);
}

enum numgate_status numgate_get_account(struct numgate *numgate, const char *account,
                                        const struct numgate_call *call, struct numgate_reply **ret,
                                        struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"GET", "/accounts/*", {account}, NULL}, call, ret,
                         error);
}

enum numgate_status numgate_put_account(struct numgate *numgate, const char *account, const char *json,
                                        const struct numgate_call *call, struct numgate_reply **ret,
                                        struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"PUT", "/accounts/*", {account}, json}, call, ret,
                         error);
}

enum numgate_status numgate_delete_account(struct numgate *numgate, const char *account,
                                           const struct numgate_call *call, struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"DELETE", "/accounts/*", {account}, NULL}, call, NULL,
                         error);
}

/* ---- numbers ---- */

enum numgate_status numgate_list_numbers(struct numgate *numgate, const char *account,
                                         const struct numgate_call *call, struct numgate_reply **ret,
                                         struct numgate_error *error)
{
    const char *pattern = account != NULL ? "/accounts/*/numbers" : "/numbers";
    return operation_run(numgate, &(struct operation){"GET", pattern, {account}, NULL}, call, ret, error);
}

enum numgate_status numgate_get_number(struct numgate *numgate, const char *account, const char *number,
                                       const struct numgate_call *call, struct numgate_reply **ret,
                                       struct numgate_error *error)
{
    return operation_run(numgate,
                         &(struct operation){"GET", "/accounts/*/numbers/*", {account, number}, NULL}, call,
                         ret, error);
}

enum numgate_status numgate_put_number(struct numgate *numgate, const char *account, const char *number,
                                       const char *json, const struct numgate_call *call,
                                       struct numgate_reply **ret, struct numgate_error *error)
{
    return operation_run(numgate,
                         &(struct operation){"PUT", "/accounts/*/numbers/*", {account, number}, json}, call,
                         ret, error);
}

enum numgate_status numgate_delete_number(struct numgate *numgate, const char *account, const char *number,
                                          const struct numgate_call *call, struct numgate_error *error)
{
    return operation_run(numgate,
                         &(struct operation){"DELETE", "/accounts/*/numbers/*", {account, number}, NULL},
                         call, NULL, error);
}

enum numgate_status numgate_put_numbers(struct numgate *numgate, const char *account, const char *json,
                                        const struct numgate_call *call, struct numgate_reply **ret,
                                        struct numgate_error *error)
{
    return operation_run(numgate,
                         &(struct operation){"POST", "/accounts/*:createOrUpdateNumbers", {account}, json},
                         call, ret, error);
}

enum numgate_status numgate_delete_numbers(struct numgate *numgate, const char *account, const char *json,
                                           const struct numgate_call *call, struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"POST", "/accounts/*:deleteNumbers", {account}, json},
                         call, NULL, error);
}

/* ---- Teams ---- */

enum numgate_status numgate_get_capability_plans(struct numgate *numgate, const char *account,
                                                 const struct numgate_call *call, struct numgate_reply **ret,
                                                 struct numgate_error *error)
{
    return operation_run(numgate,
                         &(struct operation){"POST", "/accounts/*:getTeamsCapabilityPlans", {account}, NULL},
                         call, ret, error);
}

enum numgate_status numgate_get_available_capabilities(struct numgate *numgate, const char *account,
                                                       const char *json, const struct numgate_call *call,
                                                       struct numgate_reply **ret,
                                                       struct numgate_error *error)
{
    return operation_run(
        numgate, &(struct operation){"POST", "/accounts/*:getTeamsAvailableCapabilities", {account}, json},
        call, ret, error);
}

enum numgate_status numgate_list_addresses(struct numgate *numgate, const char *account,
                                           const struct numgate_call *call, struct numgate_reply **ret,
                                           struct numgate_error *error)
{
    return operation_run(numgate,
                         &(struct operation){"GET", "/accounts/*/teamsCivicAddresses", {account}, NULL}, call,
                         ret, error);
}

enum numgate_status numgate_get_address(struct numgate *numgate, const char *account, const char *address,
                                        const struct numgate_call *call, struct numgate_reply **ret,
                                        struct numgate_error *error)
{
    return operation_run(
        numgate, &(struct operation){"GET", "/accounts/*/teamsCivicAddresses/*", {account, address}, NULL},
        call, ret, error);
}

enum numgate_status numgate_list_rfis(struct numgate *numgate, const struct numgate_call *call,
                                      struct numgate_reply **ret, struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"GET", "/teamsRequestsForInformation", {0}, NULL}, call,
                         ret, error);
}

enum numgate_status numgate_get_rfi(struct numgate *numgate, const char *tenant,
                                    const struct numgate_call *call, struct numgate_reply **ret,
                                    struct numgate_error *error)
{
    return operation_run(numgate,
                         &(struct operation){"GET", "/teamsRequestsForInformation/*", {tenant}, NULL}, call,
                         ret, error);
}

enum numgate_status numgate_set_rfi(struct numgate *numgate, const char *tenant, const char *json,
                                    const struct numgate_call *call, struct numgate_reply **ret,
                                    struct numgate_error *error)
{
    return operation_run(numgate,
                         &(struct operation){"PATCH", "/teamsRequestsForInformation/*", {tenant}, json}, call,
                         ret, error);
}

/* ---- numgate's own ---- */

enum numgate_status numgate_get_me(struct numgate *numgate, struct numgate_reply **ret,
                                   struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"GET", "/numgate/v1/me", {0}, NULL}, NULL, ret, error);
}

enum numgate_status numgate_get_deployment(struct numgate *numgate, struct numgate_reply **ret,
                                           struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"GET", "/numgate/v1/deployment", {0}, NULL}, NULL, ret,
                         error);
}

enum numgate_status numgate_list_audit(struct numgate *numgate, struct numgate_reply **ret,
                                       struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"GET", "/numgate/v1/audit", {0}, NULL}, NULL, ret,
                         error);
}

/* ---- the synchronization ---- */

#define SYNC    "/numgate/v1/sync"
#define ACCOUNT SYNC "/accounts/*"

enum numgate_status numgate_get_sync(struct numgate *numgate, struct numgate_reply **ret,
                                     struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"GET", SYNC, {0}, NULL}, NULL, ret, error);
}

enum numgate_status numgate_list_sync_accounts(struct numgate *numgate, const struct numgate_call *call,
                                               struct numgate_reply **ret, struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"GET", SYNC "/accounts", {0}, NULL}, call, ret, error);
}

enum numgate_status numgate_get_sync_account(struct numgate *numgate, const char *account,
                                             const struct numgate_call *call, struct numgate_reply **ret,
                                             struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"GET", ACCOUNT, {account}, NULL}, call, ret, error);
}

enum numgate_status numgate_list_sync_orphans(struct numgate *numgate, const struct numgate_call *call,
                                              struct numgate_reply **ret, struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"GET", SYNC "/orphans", {0}, NULL}, call, ret, error);
}

enum numgate_status numgate_retry_sync(struct numgate *numgate, const char *account,
                                       const struct numgate_call *call, struct numgate_reply **ret,
                                       struct numgate_error *error)
{
    const char *pattern = account != NULL ? ACCOUNT ":retry" : SYNC ":retry";
    return operation_run(numgate, &(struct operation){"POST", pattern, {account}, NULL}, call, ret, error);
}

enum numgate_status numgate_pause_sync(struct numgate *numgate, const char *account,
                                       const struct numgate_call *call, struct numgate_error *error)
{
    const char *pattern = account != NULL ? ACCOUNT ":pause" : SYNC ":pause";
    return operation_run(numgate, &(struct operation){"POST", pattern, {account}, NULL}, call, NULL, error);
}

enum numgate_status numgate_resume_sync(struct numgate *numgate, const char *account,
                                        const struct numgate_call *call, struct numgate_error *error)
{
    const char *pattern = account != NULL ? ACCOUNT ":resume" : SYNC ":resume";
    return operation_run(numgate, &(struct operation){"POST", pattern, {account}, NULL}, call, NULL, error);
}

enum numgate_status numgate_reconcile_sync(struct numgate *numgate, const char *account, const char *json,
                                           const struct numgate_call *call, struct numgate_reply **ret,
                                           struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"POST", ACCOUNT ":reconcile", {account}, json}, call,
                         ret, error);
}

enum numgate_status numgate_release_sync_orphans(struct numgate *numgate, const char *account,
                                                 const char *json, const struct numgate_call *call,
                                                 struct numgate_reply **ret, struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"POST", ACCOUNT ":releaseOrphans", {account}, json},
                         call, ret, error);
}

/* ---- the DNS ---- */

#define DNS         "/numgate/v1/dns"
#define DNS_ACCOUNT "/numgate/v1/accounts/*/dns"

enum numgate_status numgate_get_dns(struct numgate *numgate, struct numgate_reply **ret,
                                    struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"GET", DNS, {0}, NULL}, NULL, ret, error);
}

enum numgate_status numgate_list_dns_accounts(struct numgate *numgate, const struct numgate_call *call,
                                              struct numgate_reply **ret, struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"GET", DNS "/accounts", {0}, NULL}, call, ret, error);
}

enum numgate_status numgate_get_dns_account(struct numgate *numgate, const char *account,
                                            const struct numgate_call *call, struct numgate_reply **ret,
                                            struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"GET", DNS_ACCOUNT, {account}, NULL}, call, ret, error);
}

/* What numgate_call can add are parameters of lists. */
enum numgate_status numgate_get_dns_letter(struct numgate *numgate, const char *account,
                                           const char *subdomain, const struct numgate_call *call,
                                           struct numgate_reply **ret, struct numgate_error *error)
{
    const char *pattern = subdomain != NULL ? DNS_ACCOUNT "/letter?subdomain=*" : DNS_ACCOUNT "/letter";
    return operation_run(numgate, &(struct operation){"GET", pattern, {account, subdomain}, NULL}, call, ret,
                         error);
}

enum numgate_status numgate_list_dns_letters(struct numgate *numgate, const struct numgate_call *call,
                                             struct numgate_reply **ret, struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"GET", DNS "/letters", {0}, NULL}, call, ret, error);
}

enum numgate_status numgate_check_dns(struct numgate *numgate, const char *account,
                                      const struct numgate_call *call, struct numgate_error *error)
{
    const char *pattern = account != NULL ? DNS_ACCOUNT ":check" : DNS ":check";
    return operation_run(numgate, &(struct operation){"POST", pattern, {account}, NULL}, call, NULL, error);
}

enum numgate_status numgate_get_dns_plan(struct numgate *numgate, const struct numgate_call *call,
                                         struct numgate_reply **ret, struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"GET", DNS "/plan", {0}, NULL}, call, ret, error);
}

enum numgate_status numgate_apply_dns(struct numgate *numgate, const char *json,
                                      const struct numgate_call *call, struct numgate_reply **ret,
                                      struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"POST", DNS ":apply", {0}, json}, call, ret, error);
}

enum numgate_status numgate_get_dns_job(struct numgate *numgate, const char *job,
                                        const struct numgate_call *call, struct numgate_reply **ret,
                                        struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"GET", DNS "/jobs/*", {job}, NULL}, call, ret, error);
}

enum numgate_status numgate_pause_dns(struct numgate *numgate, const struct numgate_call *call,
                                      struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"POST", DNS ":pause", {0}, NULL}, call, NULL, error);
}

enum numgate_status numgate_resume_dns(struct numgate *numgate, const struct numgate_call *call,
                                       struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"POST", DNS ":resume", {0}, NULL}, call, NULL, error);
}

enum numgate_status numgate_retry_dns(struct numgate *numgate, const struct numgate_call *call,
                                      struct numgate_reply **ret, struct numgate_error *error)
{
    return operation_run(numgate, &(struct operation){"POST", DNS ":retry", {0}, NULL}, call, ret, error);
}

/* ---- pages ---- */

/* Path and query of a nextLink. Its host does not count: a token goes to no other server than the one it is for. */
struct str link_path(struct str link)
{
    struct str mark = STR("://");
    if (str_starts(link, STR("/"))) {
        return link;
    }
    for (size_t i = 0; i + mark.n < link.n; i++) {
        if (str_starts(str_slice(link, i, link.n), mark)) {
            struct str rest = str_slice(link, i + mark.n, link.n);
            ptrdiff_t slash = str_find(rest, '/');
            return slash < 0 ? STR_NONE : str_slice(rest, (size_t)slash, rest.n);
        }
    }
    return STR_NONE;
}

enum numgate_status numgate_next_page(struct numgate *numgate, struct numgate_reply **page,
                                      struct numgate_error *error)
{
    struct numgate_error ignored;
    struct err err = {0};
    const struct json *root = NULL;
    error = error != NULL ? error : &ignored;
    *error = (struct numgate_error){0};
    struct arena *mem = arena_new(PAGE_TREE_BYTES);
    enum rc rc = mem != NULL ? json_parse((*page)->reply.body, mem, &root, &err)
                             : err_set(&err, RC_LIMIT, NULL, "out of memory");
    struct str path = rc == RC_OK ? link_path(json_string(json_get(root, STR("nextLink")))) : STR_NONE;
    const char *text = str_empty(path) ? NULL : arena_cstr(mem, path);
    bool failed = rc != RC_OK || arena_failed(mem);
    numgate_reply_free(*page);
    *page = NULL;
    enum numgate_status status = failed ? error_of(rc != RC_OK ? rc : RC_LIMIT, &err, error)
                                 : text == NULL
                                     ? NUMGATE_OK
                                     : numgate_request(numgate, "GET", text, NULL, NULL, page, error);
    arena_free(mem);
    return status;
}
