/* libnumgate: a client of the Provisioning API, with the rules that the API's documentation asks of every client.
 *
 *      struct numgate_options options = {.size = sizeof options, .base_domain = "example.net", .token_url = "https://...",
 *                                        .client_id = "...", .client_secret_file = "/etc/bss/secret"};
 *      struct numgate *numgate;
 *      struct numgate_error error;
 *      if (numgate_open(&options, &numgate, &error) != NUMGATE_OK) { ... error.message ... }
 *      struct numgate_reply *reply;
 *      if (numgate_get_account(numgate, "Contoso", NULL, &reply, &error) == NUMGATE_OK) { ... numgate_reply_body(reply) ... }
 *      numgate_reply_free(reply);
 *      numgate_close(numgate);
 *
 * What a call does before it returns:
 *  - A token is fetched with the client credentials grant (RFC 6749 section 4.4), by a secret or a signed assertion, kept, and renewed
 *    before it ends.
 *  - 429: it waits as Retry-After says, and asks again.
 *  - No connection, no answer in time, or 5xx (but 501): it waits (retry_wait_ms), looks the name up again, opens a new connection and asks
 *    again. A write is repeated with the same Repeatability-Request-ID, so it is done once whatever happened to the first answer.
 *  - 401: once, with a new token.
 *  - It holds itself under a number of requests a minute, so that many calls one after another collect no 429.
 *  - deadline_ms ends all of it.
 * Every attempt, and why there was another one, is told to options.log.
 *
 * Text is UTF-8. The library copies what it is given and keeps none of it, never prints, never ends the process, and has no globals of
 * its own; it starts one thread for each handle. A handle is for one thread at a time, but for numgate_cancel(). */
#ifndef NUMGATE_H
#define NUMGATE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NUMGATE_API         __attribute__((visibility("default")))
#define NUMGATE_API_VERSION "2024-02-29-preview"

struct numgate;
struct numgate_reply;

enum numgate_status {
    NUMGATE_OK,
    NUMGATE_INVALID, /* refused before or by the server as wrong: 400 and the like; sending it again will not help */
    NUMGATE_NOT_FOUND,    /* 404 */
    NUMGATE_AUTH,         /* no token, 401, 403 */
    NUMGATE_CONFLICT,     /* 409, 412 */
    NUMGATE_NOT_MODIFIED, /* 304: what if_none_match names is still right */
    NUMGATE_RATE_LIMITED, /* 429 until the deadline */
    NUMGATE_UNAVAILABLE, /* no answer, or 5xx, until the deadline. Of a write it is not known whether it was done */
    NUMGATE_CANCELLED, /* numgate_cancel(). Of a write it is not known whether it was done */
    NUMGATE_NO_MEMORY,
    NUMGATE_OTHER /* an answer that the contract does not have */
};

/* All text ends with a NUL and is cut where it does not fit. */
struct numgate_error {
    enum numgate_status status;
    int http_status;     /* of the last answer; 0: there was none */
    unsigned attempts;   /* requests that were sent */
    char code[64];       /* of the API, such as "NumberInUse"; empty: none */
    char target[160];    /* the place in the request; empty: none */
    char message[512];   /* one sentence for people */
    char request_id[40]; /* x-ms-request-id, for the operator's log */
};

/* One attempt, or the wait after it. Valid during the callback. */
struct numgate_event {
    const char *method, *path; /* never a token, never a body */
    const char *client_request_id;
    const char *address;       /* where it went; empty: not known */
    unsigned attempt;          /* from 1 */
    int http_status;           /* 0: no answer */
    const char *reason;        /* why there will be another attempt, in words; empty: this one is the last */
    uint64_t took_ms, wait_ms; /* of the attempt; until the next one */
};

/* Absent text is NULL, a number that is 0 stands for the value in brackets. */
struct numgate_options {
    size_t size;             /* sizeof(struct numgate_options): what the caller knows of */
    const char *base_url;    /* "https://provapi.example.net"; or */
    const char *base_domain; /* "example.net": then https://provapi.<base_domain> */
    const char *token_url;   /* https */
    const char *client_id, *scope;
    const char *client_secret;      /* or */
    const char *client_secret_file; /* its first line; nobody else may read it; or client_key_file; or */
    const char *token;              /* a ready one, instead of all of these */
    const char *ca_file;            /* PEM; instead of the machine's */
    const char *name_servers;       /* "192.0.2.1, [2001:db8::1]:53" [the machine's] */
    uint64_t attempt_ms;            /* one request [30,000] */
    uint64_t retry_wait_ms;         /* before the name is looked up again [60,000] */
    uint64_t deadline_ms;           /* a whole call [600,000] */
    uint32_t requests_per_minute;   /* [learned from the first 429] */
    const char *user_agent;         /* a product, put before our own */
    void (*log)(void *arg, const struct numgate_event *event);
    void *log_arg;
    const char *client_key_file; /* PEM: the private key (RSA or P-256) that signs instead of a secret, and with it its certificate where
                                    the issuer knows the key by that, as Entra ID does; nobody else may read it */
    const char *client_key_id;   /* the key's `kid` at the issuer, where it asks for one */
};

/* What a single call may ask beyond its arguments; NULL for nothing. */
struct numgate_call {
    const char *if_match, *if_none_match; /* an ETag with its quotes, or "*" */
    const char *filter;                   /* of lists */
    unsigned page_size;                   /* maxpagesize of lists */
    const char *request_id;               /* Repeatability-Request-ID, a UUID; [a new one] */
    uint64_t first_sent;                  /* with request_id: seconds since 1970 */
    uint64_t deadline_ms;                 /* [that of the options] */
    int delete_numbers;                   /* with an account, its numbers */
};

/* Nothing is sent. On failure *ret is NULL. */
NUMGATE_API enum numgate_status numgate_open(const struct numgate_options *options, struct numgate **ret,
                                             struct numgate_error *error);
NUMGATE_API void numgate_close(struct numgate *numgate); /* NULL is fine */
/* From any thread, or a signal handler's thread: the call under way returns NUMGATE_CANCELLED soon, and so does every later one. */
NUMGATE_API void numgate_cancel(struct numgate *numgate);

/* ---- the answer; the caller's to free ---- */

NUMGATE_API void numgate_reply_free(struct numgate_reply *reply); /* NULL is fine */
NUMGATE_API int numgate_reply_status(const struct numgate_reply *reply);
NUMGATE_API const char *numgate_reply_body(const struct numgate_reply *reply,
                                           size_t *ret_bytes); /* JSON; NUL behind it; bytes may be NULL */
NUMGATE_API const char *numgate_reply_header(const struct numgate_reply *reply,
                                             const char *name); /* NULL: there is none */

/* Any request: for what has no function below; filter, page_size and delete_numbers of the call are not used. `path` begins with '/', may hold a query, and gets the api-version where it has none;
 * `body` is JSON or NULL. On failure *ret_reply is the last answer, if there was one, else NULL; both *ret_reply and error may be left out
 * by NULL. */
NUMGATE_API enum numgate_status numgate_request(struct numgate *numgate, const char *method, const char *path,
                                                const char *body, const struct numgate_call *call,
                                                struct numgate_reply **ret_reply,
                                                struct numgate_error *error);

/* ---- the operations ----
 *
 * Names are as they are, without any encoding; `json` is the body as the contract has it; call may be NULL. *ret is the caller's to free; it
 * is the last answer when the call failed and there was one, else NULL; ret and error may be NULL. */

#define NUMGATE_STATUS NUMGATE_API enum numgate_status
NUMGATE_STATUS numgate_list_accounts(struct numgate *numgate, const struct numgate_call *call,
                                     struct numgate_reply **ret, struct numgate_error *error);
NUMGATE_STATUS numgate_get_account(struct numgate *numgate, const char *account,
                                   const struct numgate_call *call, struct numgate_reply **ret,
                                   struct numgate_error *error);
NUMGATE_STATUS numgate_put_account(struct numgate *numgate, const char *account, const char *json,
                                   const struct numgate_call *call, struct numgate_reply **ret,
                                   struct numgate_error *error);
NUMGATE_STATUS numgate_delete_account(struct numgate *numgate, const char *account,
                                      const struct numgate_call *call, struct numgate_error *error);
NUMGATE_STATUS numgate_list_numbers(struct numgate *numgate, const char *account,
                                    const struct numgate_call *call, struct numgate_reply **ret,
                                    struct numgate_error *error); /* account NULL: of all */
NUMGATE_STATUS numgate_get_number(struct numgate *numgate, const char *account, const char *number,
                                  const struct numgate_call *call, struct numgate_reply **ret,
                                  struct numgate_error *error);
NUMGATE_STATUS numgate_put_number(struct numgate *numgate, const char *account, const char *number,
                                  const char *json, const struct numgate_call *call,
                                  struct numgate_reply **ret, struct numgate_error *error);
NUMGATE_STATUS numgate_delete_number(struct numgate *numgate, const char *account, const char *number,
                                     const struct numgate_call *call, struct numgate_error *error);
/* Up to 100; all of them or none. */
NUMGATE_STATUS numgate_put_numbers(struct numgate *numgate, const char *account, const char *json,
                                   const struct numgate_call *call, struct numgate_reply **ret,
                                   struct numgate_error *error);
NUMGATE_STATUS numgate_delete_numbers(struct numgate *numgate, const char *account, const char *json,
                                      const struct numgate_call *call, struct numgate_error *error);
NUMGATE_STATUS numgate_get_capability_plans(struct numgate *numgate, const char *account,
                                            const struct numgate_call *call, struct numgate_reply **ret,
                                            struct numgate_error *error);
NUMGATE_STATUS numgate_get_available_capabilities(struct numgate *numgate, const char *account,
                                                  const char *json, const struct numgate_call *call,
                                                  struct numgate_reply **ret, struct numgate_error *error);
NUMGATE_STATUS numgate_list_addresses(struct numgate *numgate, const char *account,
                                      const struct numgate_call *call, struct numgate_reply **ret,
                                      struct numgate_error *error);
NUMGATE_STATUS numgate_get_address(struct numgate *numgate, const char *account, const char *address,
                                   const struct numgate_call *call, struct numgate_reply **ret,
                                   struct numgate_error *error);
/* Requests for information, by the tenant's GUID. */
NUMGATE_STATUS numgate_list_rfis(struct numgate *numgate, const struct numgate_call *call,
                                 struct numgate_reply **ret, struct numgate_error *error);
NUMGATE_STATUS numgate_get_rfi(struct numgate *numgate, const char *tenant, const struct numgate_call *call,
                               struct numgate_reply **ret, struct numgate_error *error);
NUMGATE_STATUS numgate_set_rfi(struct numgate *numgate, const char *tenant, const char *json,
                               const struct numgate_call *call, struct numgate_reply **ret,
                               struct numgate_error *error);
/* Of numgate servers alone: who the caller is, the deployment, the audit from its newest row. */
NUMGATE_STATUS numgate_get_me(struct numgate *numgate, struct numgate_reply **ret,
                              struct numgate_error *error);
NUMGATE_STATUS numgate_get_deployment(struct numgate *numgate, struct numgate_reply **ret,
                                      struct numgate_error *error);
NUMGATE_STATUS numgate_list_audit(struct numgate *numgate, struct numgate_reply **ret,
                                  struct numgate_error *error);
/* The synchronization with the back end, of numgate servers alone. Where account may be NULL it is for everything. */
NUMGATE_STATUS numgate_get_sync(struct numgate *numgate, struct numgate_reply **ret,
                                struct numgate_error *error);
NUMGATE_STATUS numgate_list_sync_accounts(struct numgate *numgate, const struct numgate_call *call,
                                          struct numgate_reply **ret, struct numgate_error *error);
NUMGATE_STATUS numgate_get_sync_account(struct numgate *numgate, const char *account,
                                        const struct numgate_call *call, struct numgate_reply **ret,
                                        struct numgate_error *error);
NUMGATE_STATUS numgate_list_sync_orphans(struct numgate *numgate, const struct numgate_call *call,
                                         struct numgate_reply **ret, struct numgate_error *error);
/* {"count", "more"}: of an account, 1,000 of its failed numbers a call; of everything, what waits after a failure. */
NUMGATE_STATUS numgate_retry_sync(struct numgate *numgate, const char *account,
                                  const struct numgate_call *call, struct numgate_reply **ret,
                                  struct numgate_error *error);
NUMGATE_STATUS numgate_pause_sync(struct numgate *numgate, const char *account,
                                  const struct numgate_call *call, struct numgate_error *error);
NUMGATE_STATUS numgate_resume_sync(struct numgate *numgate, const char *account,
                                   const struct numgate_call *call, struct numgate_error *error);
/* Begins it; numgate_get_sync_account() shows it in "sweep", and its result when the mode there is "rolling" again. */
NUMGATE_STATUS numgate_reconcile_sync(struct numgate *numgate, const char *account, const char *json,
                                      const struct numgate_call *call, struct numgate_reply **ret,
                                      struct numgate_error *error);
NUMGATE_STATUS numgate_release_sync_orphans(struct numgate *numgate, const char *account, const char *json,
                                            const struct numgate_call *call, struct numgate_reply **ret,
                                            struct numgate_error *error);

/* The DNS of Direct Routing customers, of numgate servers alone. Where account may be NULL it is for everything. */
NUMGATE_STATUS numgate_get_dns(struct numgate *numgate, struct numgate_reply **ret,
                               struct numgate_error *error);
NUMGATE_STATUS numgate_list_dns_accounts(struct numgate *numgate, const struct numgate_call *call,
                                         struct numgate_reply **ret, struct numgate_error *error);
/* Asks each name server now, so it may take seconds. */
NUMGATE_STATUS numgate_get_dns_account(struct numgate *numgate, const char *account,
                                       const struct numgate_call *call, struct numgate_reply **ret,
                                       struct numgate_error *error);
/* What to send to the customer now. subdomain: the label of one that has none yet, and perhaps no account; else NULL. */
NUMGATE_STATUS numgate_get_dns_letter(struct numgate *numgate, const char *account, const char *subdomain,
                                      const struct numgate_call *call, struct numgate_reply **ret,
                                      struct numgate_error *error);
NUMGATE_STATUS numgate_list_dns_letters(struct numgate *numgate, const struct numgate_call *call,
                                        struct numgate_reply **ret, struct numgate_error *error);
NUMGATE_STATUS numgate_check_dns(struct numgate *numgate, const char *account,
                                 const struct numgate_call *call, struct numgate_error *error);
NUMGATE_STATUS numgate_get_dns_plan(struct numgate *numgate, const struct numgate_call *call,
                                    struct numgate_reply **ret, struct numgate_error *error);
/* {"confirm"}; begins a job, whose "id" is in the answer. */
NUMGATE_STATUS numgate_apply_dns(struct numgate *numgate, const char *json, const struct numgate_call *call,
                                 struct numgate_reply **ret, struct numgate_error *error);
/* "state": open, done or failed. */
NUMGATE_STATUS numgate_get_dns_job(struct numgate *numgate, const char *job, const struct numgate_call *call,
                                   struct numgate_reply **ret, struct numgate_error *error);
NUMGATE_STATUS numgate_pause_dns(struct numgate *numgate, const struct numgate_call *call,
                                 struct numgate_error *error);
NUMGATE_STATUS numgate_resume_dns(struct numgate *numgate, const struct numgate_call *call,
                                  struct numgate_error *error);
NUMGATE_STATUS numgate_retry_dns(struct numgate *numgate, const struct numgate_call *call,
                                 struct numgate_reply **ret, struct numgate_error *error);

/* ---- jobs: many numbers at once, of numgate servers alone ----
 *
 * A job is given its numbers, is then "previewing", and "previewed" once each of them has a row with a verdict; nothing has been done. Once it
 * is applied it is "queued", "applying", and "done"; "cancelled" and "failed" are ends, too. Ask numgate_get_job() now and then: it is cheap.
 *
 *      status = numgate_upload_job(numgate, "Contoso", rows, bytes, NULL, &reply, &error);
 *      status = numgate_reply_jobs(reply, &job, &count, &error);     job->id, job->state, job->counts
 *      ... numgate_get_job() until job->state is not "previewing" ...
 *      status = numgate_apply_job(numgate, id, NULL, &reply, &error);
 *      ... numgate_get_job() until it is "done"; then the rows, or the result ...
 *
 * A caller may have 50 jobs that have not ended (NUMGATE_CONFLICT "TooManyJobs"), and one that is queued or applying (NUMGATE_CONFLICT
 * "JobRunning"). NUMGATE_NOT_FOUND "JobNotFound": there is none of that id, or it is another caller's. NUMGATE_CONFLICT "JobState": its state
 * does not allow it. NUMGATE_AUTH "RoleRequired": create and change need the role Write, delete needs Delete. The rate limit of the API does
 * not count these calls. */

/* {"kind", "accountName", "filter", "telephoneNumbers", "number"}, up to 1 MiB; 100,000 numbers in all, of which the list may have fewer than
 * 50,000 entries (a range is one). Or numgate_submit_job(). */
NUMGATE_STATUS numgate_create_job(struct numgate *numgate, const char *json, const struct numgate_call *call,
                                  struct numgate_reply **ret, struct numgate_error *error);
/* Creates numbers: rows are CSV or JSON Lines in UTF-8, up to 8 MiB (more is NUMGATE_INVALID, and not sent) and 10,000 rows (of which a number
 * may be a range; more and the job is "failed" with TooManyRows). account: for rows that name none; NULL: all do. */
NUMGATE_STATUS numgate_upload_job(struct numgate *numgate, const char *account, const char *rows,
                                  size_t bytes, const struct numgate_call *call, struct numgate_reply **ret,
                                  struct numgate_error *error);
/* The caller's, the newest first; an administrator's list has everybody's. */
NUMGATE_STATUS numgate_list_jobs(struct numgate *numgate, const struct numgate_call *call,
                                 struct numgate_reply **ret, struct numgate_error *error);
NUMGATE_STATUS numgate_get_job(struct numgate *numgate, const char *job, const struct numgate_call *call,
                               struct numgate_reply **ret, struct numgate_error *error);
/* verdict: only rows that are "new", "changed", "same", "delete", "refused"; outcome: "pending", "applied", "failed", "cancelled"; NULL: all. */
NUMGATE_STATUS numgate_list_job_rows(struct numgate *numgate, const char *job, const char *verdict,
                                     const char *outcome, const struct numgate_call *call,
                                     struct numgate_reply **ret, struct numgate_error *error);
/* These answer with the job as it is then. It is applied with the rights that the caller has now. */
NUMGATE_STATUS numgate_apply_job(struct numgate *numgate, const char *job, const struct numgate_call *call,
                                 struct numgate_reply **ret, struct numgate_error *error);
/* What was applied stays; the rows that were pending never will be anything else. */
NUMGATE_STATUS numgate_cancel_job(struct numgate *numgate, const char *job, const struct numgate_call *call,
                                  struct numgate_reply **ret, struct numgate_error *error);
/* Of a job that is done: its failed rows once more, but for those that were changed since the preview. */
NUMGATE_STATUS numgate_retry_job(struct numgate *numgate, const char *job, const struct numgate_call *call,
                                 struct numgate_reply **ret, struct numgate_error *error);
/* Takes the bytes, which are valid during the call; anything but 0 ends it. Called on the thread of the caller. */
typedef int numgate_sink(void *arg, const char *bytes, size_t count);
/* The result as CSV with headings: each row with verdict, outcome, code and message. It comes in parts of about 4 MiB, which are given to the
 * sink one after another; of all of it no more than one is in memory. The call's deadline is that of each part. When a sink ends it:
 * NUMGATE_CANCELLED. What was given to the sink before a failure is whole rows. While the job is applied, each part is as the job is then. */
NUMGATE_STATUS numgate_read_job_result(struct numgate *numgate, const char *job,
                                       const struct numgate_call *call, numgate_sink *sink, void *arg,
                                       struct numgate_error *error);

/* ---- answers and bodies as structs ----
 *
 * Absent text and absent parts are NULL, a list that is absent has no items. Words such as a status are those of the contract ("synced"), and
 * there may come more of them. Flags are 0 or 1. Times are milliseconds since 1970; 0: absent. What an answer has beyond these structs is in
 * its JSON.
 *
 *      struct numgate_number_service zoom = {.enabled = 1};
 *      struct numgate_number_services services = {.zoom_phone_cloud_peering = &zoom};
 *      struct numgate_number number = {.telephone_number = "+441632960001", .account_name = "Contoso", .services = &services};
 *      status = numgate_save_number(numgate, &number, NULL, NULL, &error);
 *
 * What only the server writes is marked so; on the way there it is passed over, so that what was read can be changed and saved. A save
 * replaces the whole resource: what is absent in the struct is gone afterwards. numgate_call.if_match with the ETag of what was read makes
 * sure that nobody changed it meanwhile. */

struct numgate_texts {
    const char *const *items;
    size_t count;
};
struct numgate_problem { /* why something did not reach its back end */
    const char *code, *message, *target;
};
struct numgate_problems {
    const struct numgate_problem *items;
    size_t count;
};

struct numgate_subdomain_tokens {
    const char *region1, *region2;
};
struct numgate_direct_routing {
    int call_screening;
    const char *subdomain;
    const struct numgate_subdomain_tokens *tokens;
};
struct numgate_account_service {
    int enabled, sync_enabled; /* Azure Operator Call Protection has no sync */
    const struct numgate_direct_routing *configuration; /* of Direct Routing alone */
    int64_t number_count;                               /* the server's */
    const char *subdomain_status;                       /* the server's; of Direct Routing alone */
};
struct numgate_account_services {
    const char *teams_tenant_id;
    const struct numgate_account_service *teams_operator_connect, *teams_phone_mobile, *teams_direct_routing,
        *zoom_phone_cloud_peering, *azure_operator_call_protection;
};
struct numgate_account {
    const char *name, *correlation_id;
    const struct numgate_account_services *services;
    const char *provisioning_status;              /* the server's */
    struct numgate_problems provisioning_errors; /* the server's */
};

struct numgate_teams_number {
    const char *usage, *civic_address_id, *location_id, *displayed_country_code;
    struct numgate_texts choosable_capabilities, additional_usages;
    int allow_tenant_address_update;
    struct numgate_texts acquired_capabilities, available_capabilities; /* the server's */
};
struct numgate_number_service {
    int enabled;
    const char *assignment_status;                    /* of Operator Connect and Teams Phone Mobile */
    const struct numgate_teams_number *configuration; /* of these alone */
};
struct numgate_number_services {
    const struct numgate_number_service *teams_operator_connect, *teams_phone_mobile, *teams_direct_routing,
        *zoom_phone_cloud_peering, *azure_operator_call_protection;
};
struct numgate_number_configuration {
    const char *custom_sip_header;
};
struct numgate_number {
    const char *telephone_number; /* with its '+' */
    const char *account_name;
    const struct numgate_number_services *services;
    const struct numgate_number_configuration *configuration;
    const char *provisioning_status;              /* the server's */
    struct numgate_problems provisioning_errors; /* the server's */
};

struct numgate_contact {
    const char *full_name, *email, *telephone_number, *company_name, *company_size;
};
struct numgate_contacts {
    const struct numgate_contact *items;
    size_t count;
};
struct numgate_relationship {
    const char *status, *comment;
    int64_t last_modified_on;
};
struct numgate_rfi {
    const char *id, *tenant_id, *account_name, *product_context, *operator_id, *status;
    int64_t consented_on, last_modified_on;
    struct numgate_texts consented_countries;
    struct numgate_contacts contacts;
    const struct numgate_relationship *relationship;
    const char *provisioning_status;
    struct numgate_problems provisioning_errors;
};

struct numgate_location {
    const char *id, *civic_address_id, *description, *additional_info, *elin;
    int is_default;
};
struct numgate_locations {
    const struct numgate_location *items;
    size_t count;
};
struct numgate_address {
    const char *id, *country, *house_number, *house_number_suffix, *pre_directional, *street_name,
        *street_suffix, *post_directional, *state_or_province, *county_or_district, *city_or_town,
        *city_or_town_alias, *postal_or_zip_code, *description, *company_name, *company_id,
        *default_location_id, *validation_status, *tenant_id, *partner_id, *latitude, *longitude;
    struct numgate_locations locations;
};
struct numgate_plan {
    const char *name, *usage;
    struct numgate_texts offer_types, mandatory_capabilities, choosable_capabilities;
    int supports_toll_free;
};

/* Of numgate servers alone: the DNS of Direct Routing customers. */
struct numgate_dns_record {
    const char *name, *type, *data;
    int64_t ttl; /* seconds */
};
struct numgate_dns_records {
    const struct numgate_dns_record *items;
    size_t count;
};
struct numgate_dns_server {
    const char *server; /* address and port */
    int answered;
    const char *why; /* not */
    int matches;
    struct numgate_dns_records found;
};
struct numgate_dns_servers {
    const struct numgate_dns_server *items;
    size_t count;
};
struct numgate_dns_certificate {
    int covers;
    int64_t until;
    const char *why; /* it could not be read */
};
struct numgate_dns_region {
    int64_t region; /* 1, 2 */
    const char *name, *ownership_name;
    struct numgate_dns_records records; /* wanted */
    struct numgate_dns_servers servers;
    const struct numgate_dns_certificate *certificate;
};
struct numgate_dns_regions {
    const struct numgate_dns_region *items;
    size_t count;
};
struct numgate_dns_account {
    const char *account, *subdomain, *subdomain_status;
    int leaving, paused;
    const struct numgate_problem *problem;
    int64_t checked_at, next_try_at, attempt;
    struct numgate_dns_regions regions; /* not in lists */
};
struct numgate_dns_letter {
    const char *account, *subdomain, *stage, *subject, *text;
    struct numgate_texts names;
};
struct numgate_dns_plan_item {
    const char *action, *name, *account;
    struct numgate_dns_records add, remove, foreign;
};
struct numgate_dns_plan_items {
    const struct numgate_dns_plan_item *items;
    size_t count;
};
struct numgate_dns_plan {
    int64_t changes, orphans, foreign, ours, removed, removed_percent;
    int confirm, truncated;
    struct numgate_dns_plan_items items;
};
struct numgate_dns_result {
    int64_t changes, orphans, removed, ours;
};
struct numgate_dns_job {
    const char *id, *state;
    int confirm, paused;
    int64_t created_at, updated_at, next_try_at, attempt;
    const struct numgate_dns_result *result; /* of one that ended */
    const struct numgate_problem *problem;
};

/* Of numgate servers alone: jobs. What is given; the struct and what it points to stay the caller's. */
struct numgate_job_order {
    const char *kind;         /* "create", "change", "delete" */
    const char *account_name; /* of create it is needed; else it restricts what is found, and alone it is all of the account's numbers */
    const char *filter;       /* not of create; or telephone_numbers */
    /* With their '+', or ranges such as "+4416329600{00-99}"; 100,000 numbers in all, in fewer than 50,000 items (a range is one) and no more
     * than 1 MiB with the rest. items NULL: none are given, so all that the filter or the account has; a list of no items is refused. */
    struct numgate_texts telephone_numbers;
    /* What each number gets: not of delete. One of the two: */
    const struct numgate_number *number; /* its services and configuration; of create alone: all flags are written, so none could stay */
    const char *number_json;             /* the same as JSON; of change it is needed: a merge patch (RFC 7396), what is not in it stays as it
                                          * is, and null takes something away */
};
struct numgate_job_counts {
    int64_t create, change, same, remove, refused; /* rows, by the verdicts new, changed, same, delete and refused */
    int64_t applied, failed, cancelled, pending;   /* of those that are to be created, changed or removed, by outcome */
};
struct numgate_job {
    const char *id, *kind, *state, *account_name, *filter, *submitted_by;
    int64_t created_at, started_at, ended_at;
    int64_t rows; /* so far; fixed once it is previewed */
    const struct numgate_job_counts *counts;
    const struct numgate_problem *error; /* why it failed as a whole */
    int own;                             /* it is whoever asks; only they can apply it */
};
struct numgate_job_row {
    int64_t row; /* as people count: of a file its row, headings being row 1; of a list its entry; else from 1 */
    const char *telephone_number; /* or what stood in its place */
    const char *account_name, *verdict;
    const char *outcome;                 /* NULL: nothing is to be done */
    const char *code, *message, *target; /* why it was refused, or failed */
};

/* The resources of an answer: those of a page, of a batch, or the one. They and their text live as long as the reply. */
NUMGATE_STATUS numgate_reply_accounts(struct numgate_reply *reply, const struct numgate_account **ret,
                                      size_t *ret_count, struct numgate_error *error);
NUMGATE_STATUS numgate_reply_numbers(struct numgate_reply *reply, const struct numgate_number **ret,
                                     size_t *ret_count, struct numgate_error *error);
NUMGATE_STATUS numgate_reply_rfis(struct numgate_reply *reply, const struct numgate_rfi **ret,
                                  size_t *ret_count, struct numgate_error *error);
NUMGATE_STATUS numgate_reply_addresses(struct numgate_reply *reply, const struct numgate_address **ret,
                                       size_t *ret_count, struct numgate_error *error);
NUMGATE_STATUS numgate_reply_plans(struct numgate_reply *reply, const struct numgate_plan **ret,
                                   size_t *ret_count, struct numgate_error *error);
NUMGATE_STATUS numgate_reply_dns_accounts(struct numgate_reply *reply,
                                          const struct numgate_dns_account **ret, size_t *ret_count,
                                          struct numgate_error *error);
NUMGATE_STATUS numgate_reply_dns_letters(struct numgate_reply *reply, const struct numgate_dns_letter **ret,
                                         size_t *ret_count, struct numgate_error *error);
NUMGATE_STATUS numgate_reply_dns_plan(struct numgate_reply *reply, const struct numgate_dns_plan **ret,
                                      struct numgate_error *error);
NUMGATE_STATUS numgate_reply_dns_job(struct numgate_reply *reply, const struct numgate_dns_job **ret,
                                     struct numgate_error *error);
NUMGATE_STATUS numgate_reply_jobs(struct numgate_reply *reply, const struct numgate_job **ret,
                                  size_t *ret_count, struct numgate_error *error);
NUMGATE_STATUS numgate_reply_job_rows(struct numgate_reply *reply, const struct numgate_job_row **ret,
                                      size_t *ret_count, struct numgate_error *error);
/* A new job out of a list, a filter, or all numbers of an account; numgate_upload_job() takes a file. NUMGATE_INVALID, and nothing was sent:
 * there are both number and number_json, a change is without the latter, it is no JSON, or all of it is over 1 MiB. */
NUMGATE_STATUS numgate_submit_job(struct numgate *numgate, const struct numgate_job_order *order,
                                  const struct numgate_call *call, struct numgate_reply **ret,
                                  struct numgate_error *error);
/* Creates or replaces. The names in the path are those in the struct. */
NUMGATE_STATUS numgate_save_account(struct numgate *numgate, const struct numgate_account *account,
                                    const struct numgate_call *call, struct numgate_reply **ret,
                                    struct numgate_error *error);
NUMGATE_STATUS numgate_save_number(struct numgate *numgate, const struct numgate_number *number,
                                   const struct numgate_call *call, struct numgate_reply **ret,
                                   struct numgate_error *error);
/* Up to 100; all of them or none. */
NUMGATE_STATUS numgate_save_numbers(struct numgate *numgate, const char *account,
                                    const struct numgate_number *numbers, size_t count,
                                    const struct numgate_call *call, struct numgate_reply **ret,
                                    struct numgate_error *error);

/* A list comes in pages: *page, which is freed, becomes the next one; NULL with NUMGATE_OK: it was the last. On failure NULL too, or the
 * answer that says why.
 *
 *      status = numgate_list_accounts(numgate, NULL, &page, &error);
 *      while (status == NUMGATE_OK && page != NULL) { ... status = numgate_next_page(numgate, &page, &error); } */
NUMGATE_STATUS numgate_next_page(struct numgate *numgate, struct numgate_reply **page,
                                 struct numgate_error *error);
#undef NUMGATE_STATUS

#ifdef __cplusplus
}
#endif
#endif
