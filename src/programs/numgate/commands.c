/* The commands, in the order in which help shows them. */
#include "programs/numgate/cli.h"
#include "programs/numgate/completion.h"
#include "programs/numgate/dns.h"
#include "programs/numgate/doctor.h"
#include "programs/numgate/export.h"
#include "programs/numgate/import.h"
#include "programs/numgate/jobs.h"
#include "programs/numgate/resources.h"
#include "programs/numgate/sync.h"
#include "programs/numgate/table.h"

#include "common/base/banned.h"

static const struct column account_columns[] = {{"ACCOUNT", "/name", COLUMN_TEXT},
                                                {"STATUS", "/serviceProvisioningStatus", COLUMN_TEXT},
                                                {"SERVICES", "/serviceDetails", COLUMN_SERVICES},
                                                {"USES", "/serviceDetails", COLUMN_COUNT},
                                                {0}};
static const struct column number_columns[] = {{"NUMBER", "/telephoneNumber", COLUMN_TEXT},
                                               {"ACCOUNT", "/accountName", COLUMN_TEXT},
                                               {"STATUS", "/serviceProvisioningStatus", COLUMN_TEXT},
                                               {"SERVICES", "/serviceDetails", COLUMN_SERVICES},
                                               {0}};
static const struct column rfi_columns[] = {
    {"TENANT", "/tenantId", COLUMN_TEXT},       {"ACCOUNT", "/accountName", COLUMN_TEXT},
    {"CONSENT", "/status", COLUMN_TEXT},        {"RELATIONSHIP", "/customerRelationship/status", COLUMN_TEXT},
    {"CONSENTED", "/consentedOn", COLUMN_TEXT}, {0}};
static const struct column address_columns[] = {{"ADDRESS", "/id", COLUMN_TEXT},
                                                {"COUNTRY", "/country", COLUMN_TEXT},
                                                {"CITY", "/cityOrTown", COLUMN_TEXT},
                                                {"STREET", "/streetName", COLUMN_TEXT},
                                                {"HOUSE", "/houseNumber", COLUMN_TEXT},
                                                {"VALIDATION", "/validationStatus", COLUMN_TEXT},
                                                {0}};
static const struct column plan_columns[] = {{"PLAN", "/name", COLUMN_TEXT},
                                             {"USAGE", "/usage", COLUMN_TEXT},
                                             {"OFFERS", "/offerTypes", COLUMN_JOINED},
                                             {"MANDATORY", "/mandatoryCapabilities", COLUMN_JOINED},
                                             {"CHOOSABLE", "/choosableCapabilities", COLUMN_JOINED},
                                             {0}};
static const struct column audit_columns[] = {{"AT", "/at", COLUMN_TEXT},
                                              {"ACTION", "/action", COLUMN_TEXT},
                                              {"KIND", "/kind", COLUMN_TEXT},
                                              {"ACCOUNT", "/account", COLUMN_TEXT},
                                              {"KEY", "/key", COLUMN_TEXT},
                                              {"CALLER", "/caller", COLUMN_TEXT},
                                              {0}};
static const struct column sync_columns[] = {
    {"ACCOUNT", "/name", COLUMN_TEXT},         {"STATUS", "/serviceProvisioningStatus", COLUMN_TEXT},
    {"PENDING", "/pending", COLUMN_BOUNDED},   {"FAILED", "/failed", COLUMN_BOUNDED},
    {"LEAVING", "/leaving", COLUMN_BOUNDED},   {"FAILURES", "/attempt", COLUMN_TEXT},
    {"NEXT TRY", "/nextTryAt", COLUMN_TEXT},   {"PAUSED", "/paused", COLUMN_TEXT},
    {"CAUSE", "/lastError/code", COLUMN_TEXT}, {0}};
static const struct column orphan_columns[] = {{"NUMBER", "/telephoneNumber", COLUMN_TEXT},
                                               {"SERVICE", "/service", COLUMN_TEXT},
                                               {"TENANT", "/tenantId", COLUMN_TEXT},
                                               {0}};
static const struct column dns_columns[] = {{"SUBDOMAIN", "/subdomain", COLUMN_TEXT},
                                            {"ACCOUNT", "/account", COLUMN_TEXT},
                                            {"STATUS", "/subdomainStatus", COLUMN_TEXT},
                                            {"LEAVING", "/leaving", COLUMN_TEXT},
                                            {"CHECKED", "/checkedAt", COLUMN_TEXT},
                                            {"PROBLEM", "/problem/code", COLUMN_TEXT},
                                            {0}};

static const struct column job_columns[] = {{"JOB", "/id", COLUMN_TEXT},
                                            {"KIND", "/kind", COLUMN_TEXT},
                                            {"STATE", "/state", COLUMN_TEXT},
                                            {"ACCOUNT", "/accountName", COLUMN_TEXT},
                                            {"ROWS", "/rows", COLUMN_TEXT},
                                            {"APPLIED", "/counts/applied", COLUMN_TEXT},
                                            {"FAILED", "/counts/failed", COLUMN_TEXT},
                                            {"BY", "/submittedBy", COLUMN_TEXT},
                                            {"CREATED", "/createdAt", COLUMN_TEXT},
                                            {0}};
static const struct column job_row_columns[] = {{"ROW", "/row", COLUMN_TEXT},
                                                {"NUMBER", "/telephoneNumber", COLUMN_TEXT},
                                                {"ACCOUNT", "/accountName", COLUMN_TEXT},
                                                {"VERDICT", "/verdict", COLUMN_TEXT},
                                                {"OUTCOME", "/outcome", COLUMN_TEXT},
                                                {"CODE", "/code", COLUMN_TEXT},
                                                {"MESSAGE", "/message", COLUMN_TEXT},
                                                {0}};

#define JOB     "/numgate/v1/jobs/{0}"
#define LISTS   (FLAG_FILTER | FLAG_LIMIT)
#define WRITES  (FLAG_IF_MATCH | FLAG_DRY_RUN)
#define DELETES (WRITES | FLAG_YES)
#define IMPORTS (FLAG_DRY_RUN | FLAG_YES | FLAG_ATOMIC)

const struct command commands[] = {
    {"account", "list", "", 0, 0, LISTS, run_list, "list the accounts", NULL, .path = "/accounts",
     .columns = account_columns},
    {"account", "show", "ACCOUNT", 1, 1, 0, run_show, "show an account, and its ETag", NULL, .method = "GET",
     .path = "/accounts/{0}"},
    {"account", "put", "ACCOUNT FILE", 2, 2, WRITES, run_put, "create or replace an account from JSON",
     "FILE may be -, standard input.", .method = "PUT", .path = "/accounts/{0}"},
    {"account", "delete", "ACCOUNT", 1, 1, DELETES | FLAG_DELETE_NUMBERS, run_delete, "delete an account",
     "An account with numbers is refused, unless --delete-numbers.", .path = "/accounts/{0}"},
    {"account", "import", "FILE", 1, 1, IMPORTS, run_account_import,
     "create or replace accounts from JSON Lines",
     "One account a line, as export writes them. An account that is already so is left alone.",
     .path = "/accounts"},
    {"account", "export", "", 0, 0, FLAG_FILTER, run_account_export, "write the accounts as JSON Lines", NULL,
     .path = "/accounts"},
    {"number", "list", "[ACCOUNT]", 0, 1, LISTS, run_list, "list the numbers of an account, or all", NULL,
     .path = "/numbers|/accounts/{0}/numbers", .columns = number_columns},
    {"number", "show", "ACCOUNT NUMBER", 2, 2, 0, run_show, "show a number, and its ETag", NULL,
     .method = "GET", .path = "/accounts/{0}/numbers/{1}"},
    {"number", "find", "NUMBER", 1, 1, 0, run_find, "find the account that has a number", NULL,
     .path = "/numbers", .columns = number_columns},
    {"number", "put", "ACCOUNT NUMBER FILE", 3, 3, WRITES, run_put, "create or replace a number from JSON",
     "FILE may be -, standard input.", .method = "PUT", .path = "/accounts/{0}/numbers/{1}"},
    {"number", "delete", "ACCOUNT NUMBER", 2, 2, DELETES, run_delete, "delete a number", NULL,
     .path = "/accounts/{0}/numbers/{1}"},
    {"number", "import", "ACCOUNT FILE", 2, 2, IMPORTS | FLAG_BULK_IN, run_number_import,
     "load numbers from CSV or JSON Lines",
     "FILE may be -, standard input. All rows are checked first, and compared with what the account has: "
     "what is new, changed, the same and bad is said, "
     "then the new and the changed ones are sent in batches of 100. A batch that is refused is taken apart "
     "until the bad rows are known; they go into the file of "
     "rejects with their reasons, which can be imported again once they are mended. An import that was "
     "stopped goes on with --resume, and one that is run again sends only what is left.",
     .path = "/accounts/{0}/numbers"},
    {"number", "export", "[ACCOUNT]", 0, 1, FLAG_FILTER | FLAG_BULK_OUT, run_number_export,
     "write numbers as CSV or JSON Lines", "What is written can be imported as it is.",
     .path = "/numbers|/accounts/{0}/numbers"},
    {"rfi", "list", "", 0, 0, LISTS, run_list, "list the requests for information", NULL,
     .path = "/teamsRequestsForInformation", .columns = rfi_columns},
    {"rfi", "show", "TENANT", 1, 1, 0, run_show, "show a request for information", NULL, .method = "GET",
     .path = "/teamsRequestsForInformation/{0}"},
    {"rfi", "set", "TENANT STATUS", 2, 2, WRITES | FLAG_COMMENT, run_rfi_set,
     "set the status of the customer relationship", NULL, .method = "PATCH",
     .path = "/teamsRequestsForInformation/{0}"},
    {"capability", "plans", "ACCOUNT", 1, 1, 0, run_capability_plans,
     "list the capability plans an account may have", NULL, .path = "/accounts/{0}:getTeamsCapabilityPlans",
     .columns = plan_columns},
    {"capability", "available", "ACCOUNT NUMBER...", 2, 100, 0, run_capability_available,
     "show the capabilities that numbers can have", NULL,
     .path = "/accounts/{0}:getTeamsAvailableCapabilities"},
    {"address", "list", "ACCOUNT", 1, 1, LISTS, run_list, "list the civic addresses of an account", NULL,
     .path = "/accounts/{0}/teamsCivicAddresses", .columns = address_columns},
    {"address", "show", "ACCOUNT ADDRESS", 2, 2, 0, run_show, "show a civic address with its locations", NULL,
     .method = "GET", .path = "/accounts/{0}/teamsCivicAddresses/{1}"},
    {"audit", "list", "", 0, 0, FLAG_LIMIT | FLAG_AUDIT, run_audit_list,
     "list who changed what, the newest first", "100 rows, unless --limit says otherwise.",
     .path = "/numgate/v1/audit", .columns = audit_columns},
    {"audit", "export", "", 0, 0, FLAG_LIMIT | FLAG_AUDIT, run_audit_export,
     "write the audit as JSON Lines, the oldest first", NULL, .path = "/numgate/v1/audit",
     .columns = audit_columns},
    {"sync", "status", "", 0, 0, 0, run_sync_status, "show the synchronization with the back end",
     "The kinds of work, when each last went well, and of what fails the item that has for longest, with the "
     "cause."},
    {"sync", "list", "", 0, 0, FLAG_LIMIT, run_list, "list the accounts that are synchronized", NULL,
     .path = "/numgate/v1/sync/accounts", .columns = sync_columns},
    {"sync", "show", "ACCOUNT", 1, 1, 0, run_show, "show an account's synchronization",
     "Open orders, since when it fails and why, when it last went well, why it is paused, and what the last "
     "sweep found.",
     .method = "GET", .path = "/numgate/v1/sync/accounts/{0}"},
    {"sync", "retry", "[ACCOUNT]", 0, 1, 0, run_sync_retry, "try again what failed, now",
     "Numbers that failed are pending again. Without an account: of all accounts."},
    {"sync", "pause", "[ACCOUNT]", 0, 1, 0, run_sync_pause, "pause an account, or everything",
     "Changes are taken all the same, and go out when it is resumed.", .method = "pause"},
    {"sync", "resume", "[ACCOUNT]", 0, 1, 0, run_sync_pause, "go on with an account, or everything",
     "Accounts that were paused by themselves stay so when everything goes on.", .method = "resume"},
    {"sync", "reconcile", "ACCOUNT", 1, 1, FLAG_APPLY | FLAG_YES, run_sync_reconcile,
     "compare all numbers with the back end",
     "Everything of the account's tenant is compared now, and what was found is shown; nothing is changed. "
     "With "
     "--apply it is repaired, after the plan was shown and somebody agreed, or at once with --yes: what the "
     "back end "
     "lost is uploaded again, what others changed there is set back, and what only the back end has is noted "
     "as "
     "orphans."},
    {"sync", "orphans", "", 0, 0, FLAG_LIMIT, run_list, "list the numbers that only the back end has", NULL,
     .path = "/numgate/v1/sync/orphans", .columns = orphan_columns},
    {"sync", "release", "ACCOUNT NUMBER...", 2, 101, FLAG_YES, run_sync_release,
     "release orphans of the account's tenant",
     "The back end gives them up; they cannot be had back from here."},
    {"dns", "status", "", 0, 0, 0, run_dns_status, "show the DNS of Direct Routing customers",
     "Who publishes and where, the subdomains by status, and the work."},
    {"dns", "list", "", 0, 0, FLAG_LIMIT, run_list, "list the customers' subdomains as they were last seen",
     NULL, .path = "/numgate/v1/dns/accounts", .columns = dns_columns},
    {"dns", "show", "ACCOUNT", 1, 1, 0, run_dns_show,
     "show what each name server says of an account's subdomain", "The servers are asked at that moment."},
    {"dns", "check", "[ACCOUNT]", 0, 1, 0, run_dns_action, "publish and check an account, or everything, now",
     NULL, .method = "check"},
    {"dns", "plan", "", 0, 0, 0, run_dns_plan, "show what it takes to make the whole zone as it is wanted",
     "What would be added and removed, orphans, and records of others at our names."},
    {"dns", "apply", "", 0, 0, FLAG_DRY_RUN | FLAG_YES | FLAG_CONFIRM, run_dns_apply,
     "make the zone as the plan says, orphans removed",
     "The plan is shown first, and somebody is asked, or --yes. A plan that removes more than 30 percent of "
     "our "
     "records needs --confirm beside --yes. Waits until it is done; stopped by Ctrl-C it goes on in the "
     "server."},
    {"dns", "letters", "[ACCOUNT]", 0, 1, FLAG_LETTERS, run_dns_letters,
     "write what to send to a customer now, or to all",
     "The text asks for the tokens (--subdomain), asks to wait, or says how to go on, by what the account's "
     "status is."},
    {"dns", "pause", "", 0, 0, 0, run_dns_action, "publish and check nothing",
     "Changes are taken all the same, and are published when it is resumed.", .method = "pause"},
    {"dns", "resume", "", 0, 0, 0, run_dns_action, "go on", NULL, .method = "resume"},
    {"dns", "retry", "", 0, 0, 0, run_dns_retry, "try again what failed, now", NULL},
    {"job", "list", "", 0, 0, FLAG_LIMIT, run_list, "list your jobs, the newest first",
     "An administrator's list has everybody's.", .path = "/numgate/v1/jobs", .columns = job_columns},
    {"job", "show", "JOB", 1, 1, 0, run_show, "show how far a job is", NULL, .method = "GET", .path = JOB},
    {"job", "rows", "JOB", 1, 1, FLAG_LIMIT | FLAG_JOB_ROWS, run_list,
     "list a job's numbers, and what became of each", NULL, .path = JOB "/rows", .columns = job_row_columns},
    {"job", "result", "JOB", 1, 1, FLAG_OUTPUT, run_job_result, "write what became of each row as CSV",
     "The columns of the file, or number and account, with verdict, outcome, code and message. Cells that a "
     "spreadsheet would take for a formula begin with an apostrophe."},
    {"job", "create", "[FILE]", 0, 1, FLAG_JOB | FLAG_FILTER | FLAG_WAIT | FLAG_DRY_RUN, run_job_create,
     "ask for a job: many numbers created, changed or deleted",
     "Numbers are created from the rows of --file, up to 10,000 and 8 MiB, in the columns of number import; "
     "the cell of a number may be a range such as +4416329600{00-99}. To change or delete (--kind), numbers "
     "come from the rows of --file, from --filter, or are all of --account; with --settings, only the "
     "numbers of the rows count. Or FILE is the whole request as JSON such as {\"kind\": \"delete\", "
     "\"accountName\": \"contoso\"}; it may be -, standard input. The job is previewed, and nothing is done "
     "before it is applied."},
    {"job", "apply", "JOB", 1, 1, FLAG_WAIT, run_job_control, "apply a job that was previewed",
     "It goes on in the server; job show tells how far it is.", .method = "apply"},
    {"job", "cancel", "JOB", 1, 1, 0, run_job_control, "cancel a job; what was applied stays", NULL,
     .method = "cancel"},
    {"job", "retry", "JOB", 1, 1, FLAG_WAIT, run_job_control,
     "try the failed rows of a job that is done again", NULL, .method = "retry"},
    {"deployment", "show", "", 0, 0, 0, run_show, "show domains, versions and limits of the deployment", NULL,
     .method = "GET", .path = "/numgate/v1/deployment"},
    {"me", NULL, "", 0, 0, 0, run_show, "show who the server takes you for, and your rights", NULL,
     .method = "GET", .path = "/numgate/v1/me"},
    {"token", NULL, "", 0, 0, 0, run_token, "print an access token", "For other programs; it is a secret.",
     .offline = true},
    {"export", NULL, "DIR", 1, 1, FLAG_ALL, run_export_all, "write everything into a folder",
     "Needs --all. Accounts and numbers can be imported again; requests for information and addresses are "
     "only written."},
    {"import", NULL, "DIR", 1, 1, FLAG_ALL | IMPORTS, run_import_all,
     "load accounts and numbers from such a folder", "Needs --all."},
    {"doctor", NULL, "", 0, 0, 0, run_doctor, "check everything between here and the server",
     "A line for each check, with a cure where one fails.", .offline = true},
    {"completion", NULL, "bash|zsh", 1, 1, 0, run_completion, "print the completion for a shell", NULL,
     .offline = true},
    {"manual", NULL, "", 0, 0, 0, run_manual, "print the manual page (roff)", NULL, .offline = true},
};
const size_t command_count = ARRAY_LEN(commands);
