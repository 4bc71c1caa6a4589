#include "programs/numgate/dns.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "gateway/model/schema.h"
#include "programs/numgate/sync.h"
#include "programs/numgate/table.h"
#include "programs/numgate/talk.h"

#include "common/base/banned.h"

#define DNS     "/numgate/v1/dns"
#define ACCOUNT "/numgate/v1/accounts/{0}/dns"
#define ASK_MS  250 /* between two questions how far a job is */

static void print_list(struct cli *cli, const struct column *columns, const struct json *items)
{
    struct table table;
    table_init(&table, columns, false, 0);
    (void)table_print(&table, items, cli->mem);
}

static void print_line(const char *name, const struct json *value)
{
    if (value != NULL) {
        printf("%s: ", name);
        print_text(json_string(value));
    }
}

static void print_number(const char *name, const struct json *owner, const char *member)
{
    printf("%s: %" PRId64 "\n", name, json_int(json_get(owner, str_of(member))));
}

/* ---- status ---- */

static void print_joined(const char *name, const struct json *list)
{
    printf("%s:%s", name, json_count(list) == 0 ? " -\n" : " ");
    for (size_t i = 0; i < json_count(list); i++) {
        struct str item = json_string(json_at(list, i));
        printf("%" STR_FMT "%s", STR_ARG(item), i + 1 < json_count(list) ? ", " : "\n");
    }
}

static void print_customers(const struct json *customers)
{
    static const struct {
        const char *name, *member;
    } rows[] = {{"subdomains", "kept"},
                {"  provisioned", "provisioned"},
                {"  not provisioned", "notProvisioned"},
                {"  inconsistent", "inconsistent"},
                {"  not checked yet", "unchecked"},
                {"leaving", "leaving"},
                {"with a problem", "problems"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        print_number(rows[i].name, customers, rows[i].member);
    }
}

static int print_status(struct cli *cli, const struct json *status)
{
    print_line("publisher", json_get(status, STR("publisher")));
    print_line("primary", json_get(status, STR("primary")));
    print_joined("zones", json_get(status, STR("zones")));
    print_joined("servers", json_get(status, STR("servers")));
    print_number("serial", status, "serial");
    print_customers(json_get(status, STR("customers")));
    print_work(cli, json_get(status, STR("kinds")));
    print_failing(cli, json_get(status, STR("kinds")));
    return cli_flush();
}

int run_dns_status(struct cli *cli)
{
    const struct json *status = NULL;
    int code = talk(cli, "GET", DNS, NULL, cli->mem, &status, NULL);
    if (code != EXIT_OK) {
        return code;
    }
    if (cli->arguments.json) {
        print_json_line(status);
        return cli_flush();
    }
    if (!json_bool(json_get(status, STR("configured")))) {
        cli_tell(cli, "the server publishes nothing: it has no [dns] section that says how");
    }
    return print_status(cli, status);
}

/* ---- an account ---- */

static const struct column record_columns[] = {{"NAME", "/name", COLUMN_TEXT},
                                               {"TTL", "/ttl", COLUMN_TEXT},
                                               {"TYPE", "/type", COLUMN_TEXT},
                                               {"DATA", "/data", COLUMN_TEXT},
                                               {0}};
static const struct column server_columns[] = {
    {"SERVER", "/server", COLUMN_TEXT},   {"ANSWERED", "/answered", COLUMN_TEXT},
    {"MATCHES", "/matches", COLUMN_TEXT}, {"FOUND", "/found", COLUMN_RECORDS},
    {"WHY NOT", "/why", COLUMN_TEXT},     {0}};

static void print_certificate(const struct json *certificate)
{
    const struct json *why = json_get(certificate, STR("why"));
    if (why != NULL) {
        print_line("certificate", why);
    } else if (certificate != NULL) {
        struct str until = json_string(json_get(certificate, STR("until")));
        printf("certificate: %s the name, good until %" STR_FMT "\n",
               json_bool(json_get(certificate, STR("covers"))) ? "covers" : "DOES NOT COVER", STR_ARG(until));
    }
}

static int print_account(struct cli *cli, const struct json *account)
{
    const struct json *regions = json_get(account, STR("regions"));
    print_line("account", json_get(account, STR("account")));
    print_line("subdomain", json_get(account, STR("subdomain")));
    print_line("status", json_get(account, STR("subdomainStatus")));
    print_line("checked", json_get(account, STR("checkedAt")));
    print_line("problem", json_pointer(account, STR("/problem/code")));
    print_line("reason", json_pointer(account, STR("/problem/message")));
    print_number("failures", account, "attempt");
    print_line("next try", json_get(account, STR("nextTryAt")));
    if (json_bool(json_get(account, STR("paused")))) {
        puts("paused: \"numgate dns resume\" goes on");
    }
    for (size_t i = 0; i < json_count(regions); i++) {
        const struct json *region = json_at(regions, i);
        printf("\nregion %" PRId64 ", wanted:\n", json_int(json_get(region, STR("region"))));
        print_list(cli, record_columns, json_get(region, STR("records")));
        print_list(cli, server_columns, json_get(region, STR("servers")));
        print_certificate(json_get(region, STR("certificate")));
    }
    return cli_flush();
}

int run_dns_show(struct cli *cli)
{
    const struct json *account = NULL;
    const char *path = talk_path(cli->mem, ACCOUNT, cli->arguments.operands, 1);
    int code = talk(cli, "GET", path, NULL, cli->mem, &account, NULL);
    if (code == EXIT_OK && cli->arguments.json) {
        print_json_line(account);
        return cli_flush();
    }
    return code == EXIT_OK ? print_account(cli, account) : code;
}

/* ---- check, pause, resume, retry ---- */

int run_dns_action(struct cli *cli)
{
    const char *action = cli->command->method;
    bool one = cli->arguments.count > 0;
    const char *template = arena_cstr(cli->mem, arena_printf(cli->mem, "%s:%s", one ? ACCOUNT : DNS, action));
    const char *path = talk_path(cli->mem, template, cli->arguments.operands, cli->arguments.count);
    int code = talk(cli, "POST", path, NULL, cli->mem, NULL, NULL);
    if (code == EXIT_OK) {
        cli_tell(cli, "%s: %s", action, one ? cli->arguments.operands[0] : "everything");
    }
    return code;
}

int run_dns_retry(struct cli *cli)
{
    int64_t items = 0;
    int code = retry_all(cli, DNS ":retry", &items);
    if (code == EXIT_OK && cli->arguments.json) {
        printf("{\"items\":%" PRId64 "}\n", items);
        return cli_flush();
    }
    if (code == EXIT_OK) {
        cli_tell(cli, "%" PRId64 " items of work that had failed are due now", items);
    }
    return code;
}

/* ---- the plan ---- */

static const struct column plan_columns[] = {{"ACTION", "/action", COLUMN_TEXT},
                                             {"NAME", "/name", COLUMN_TEXT},
                                             {"ACCOUNT", "/account", COLUMN_TEXT},
                                             {"ADD", "/add", COLUMN_RECORDS},
                                             {"REMOVE", "/remove", COLUMN_RECORDS},
                                             {"FOREIGN", "/foreign", COLUMN_RECORDS},
                                             {0}};

static int print_plan(struct cli *cli, const struct json *plan)
{
    const struct json *items = json_get(plan, STR("items"));
    if (cli->arguments.json) {
        print_json_line(plan);
        return cli_flush();
    }
    if (json_count(items) > 0) {
        print_list(cli, plan_columns, items);
    }
    if (json_bool(json_get(plan, STR("truncated")))) {
        puts("... and more");
    }
    print_number("names that change", plan, "changes");
    print_number("orphans among them", plan, "orphans");
    print_number("records of others", plan, "foreign");
    printf("records of ours: %" PRId64 ", of which %" PRId64 " go (%" PRId64 " %%)\n",
           json_int(json_get(plan, STR("ours"))), json_int(json_get(plan, STR("removed"))),
           json_int(json_get(plan, STR("removedPercent"))));
    return cli_flush();
}

static int read_plan(struct cli *cli, const struct json **ret)
{
    int code = talk(cli, "GET", DNS "/plan", NULL, cli->mem, ret, NULL);
    return code == EXIT_OK ? print_plan(cli, *ret) : code;
}

int run_dns_plan(struct cli *cli)
{
    const struct json *plan = NULL;
    return read_plan(cli, &plan);
}

/* ---- apply ---- */

static int conclude(struct cli *cli, const struct json *job)
{
    const struct json *problem = json_get(job, STR("problem"));
    const struct json *result = json_get(job, STR("result"));
    if (cli->arguments.json) {
        print_json_line(job);
    }
    if (problem != NULL) {
        struct str code = json_string(json_get(problem, STR("code")));
        struct str message = json_string(json_get(problem, STR("message")));
        return cli_fail(EXIT_CONFLICT, "nothing was done: %" STR_FMT ": %" STR_FMT, STR_ARG(code),
                        STR_ARG(message));
    }
    cli_tell(cli, "done: %" PRId64 " names, %" PRId64 " of them orphans",
             json_int(json_get(result, STR("changes"))), json_int(json_get(result, STR("orphans"))));
    return cli_flush();
}

static int await_job(struct cli *cli, const char *path)
{
    int64_t told = 0;
    bar_init(&cli->bar, "numgate");
    cli->bar.silent = cli->arguments.quiet;
    for (int64_t asked = 0;; asked++) {
        struct arena_mark mark = arena_mark(cli->mem);
        const struct json *job = NULL;
        int code = talk(cli, "GET", path, NULL, cli->mem, &job, NULL);
        int64_t attempt = json_int(json_get(job, STR("attempt")));
        if (code != EXIT_OK || cli_interrupted()) {
            bar_end(&cli->bar);
            return code != EXIT_OK ? code : EXIT_OTHER;
        }
        if (!str_eq(json_string(json_get(job, STR("state"))), STR("open"))) {
            bar_end(&cli->bar);
            return conclude(cli, job);
        }
        if (attempt > told) {
            struct str why = json_string(json_pointer(job, STR("/problem/message")));
            cli_tell(cli, "it does not work out yet; failure %" PRId64 " in a row: %" STR_FMT, attempt,
                     STR_ARG(why));
            told = attempt;
        }
        bar_show(&cli->bar, &(struct bar_state){"applying", "", "questions", asked, 0});
        arena_rewind(cli->mem, mark);
        talk_nap(ASK_MS);
    }
}

static int start_job(struct cli *cli, bool confirm)
{
    const struct json *job = NULL;
    int code = talk(cli, "POST", DNS ":apply", confirm ? "{\"confirm\":true}" : "{\"confirm\":false}",
                    cli->mem, &job, NULL);
    if (code != EXIT_OK) {
        return code;
    }
    if (json_bool(json_get(job, STR("paused")))) {
        return cli_fail(EXIT_CONFLICT,
                        "everything is paused, so it waits; \"numgate dns resume\" goes on with it");
    }
    const char *id = arena_cstr(cli->mem, json_string(json_get(job, STR("id"))));
    return await_job(cli, talk_path(cli->mem, DNS "/jobs/{0}", &id, 1));
}

/* Many records are removed only when somebody says so who has seen how many. */
static int agree(struct cli *cli, const struct json *plan, bool *ret_confirm)
{
    char question[200];
    *ret_confirm = json_bool(json_get(plan, STR("confirm")));
    snprintf(question, sizeof(question),
             "remove %" PRId64 " of %" PRId64 " records, and make all other changes",
             json_int(json_get(plan, STR("removed"))), json_int(json_get(plan, STR("ours"))));
    if (*ret_confirm && cli->arguments.yes && !cli->arguments.confirm) {
        return cli_fail(EXIT_CONFLICT,
                        "it would remove %" PRId64
                        " %% of our records: --yes does not do that without --confirm",
                        json_int(json_get(plan, STR("removedPercent"))));
    }
    return cli_confirm(cli, *ret_confirm ? question : "make all of these changes");
}

int run_dns_apply(struct cli *cli)
{
    const struct json *plan = NULL;
    bool confirm = false;
    int code = read_plan(cli, &plan);
    if (code != EXIT_OK || cli->arguments.dry_run) {
        return code;
    }
    if (json_int(json_get(plan, STR("changes"))) == 0) {
        cli_tell(cli, "nothing is to be done");
        return EXIT_OK;
    }
    code = agree(cli, plan, &confirm);
    return code == EXIT_OK ? start_job(cli, confirm) : code;
}

/* ---- letters ---- */

struct letters {
    struct cli *cli;
    int64_t count;
};

/* A slash cannot stand in an account's name. */
static int save_letter(struct letters *letters, const struct json *letter, struct arena *mem)
{
    struct err err = {0};
    struct str account = json_string(json_get(letter, STR("account")));
    if (!model_account_name_valid(account)) {
        return cli_fail(EXIT_OTHER, "the answer names an account that cannot be");
    }
    struct str path = arena_printf(mem, "%s/%" STR_FMT ".txt", letters->cli->arguments.out, STR_ARG(account));
    struct str content = arena_printf(mem, "Subject: %" STR_FMT "\n\n%" STR_FMT,
                                      STR_ARG(json_string(json_get(letter, STR("subject")))),
                                      STR_ARG(json_string(json_get(letter, STR("text")))));
    return file_write(path.p, content, 0600, &err) == RC_OK ? EXIT_OK : cli_fail(EXIT_OTHER, "%s", err.msg);
}

static int put_letter(struct letters *letters, const struct json *letter, struct arena *mem)
{
    const struct arguments *arguments = &letters->cli->arguments;
    if (arguments->out != NULL) {
        int code = save_letter(letters, letter, mem);
        letters->count += code == EXIT_OK;
        return code;
    }
    if (arguments->json) {
        print_json_line(letter);
        return EXIT_OK;
    }
    fputs(letters->count++ > 0 ? "\n----\n\n" : "", stdout);
    print_line("To", json_get(letter, STR("account")));
    print_line("Subject", json_get(letter, STR("subject")));
    putchar('\n');
    print_text(json_string(json_get(letter, STR("text"))));
    return EXIT_OK;
}

static int put_letters(void *arg, const struct json *items, struct arena *mem)
{
    int code = EXIT_OK;
    for (size_t i = 0; code == EXIT_OK && i < json_count(items); i++) {
        code = put_letter(arg, json_at(items, i), mem);
    }
    return cli_interrupted() || ferror(stdout) ? EXIT_OTHER : code;
}

static int one_letter(struct letters *letters)
{
    struct cli *cli = letters->cli;
    const struct json *letter = NULL;
    const char *path = talk_path(cli->mem, ACCOUNT "/letter", cli->arguments.operands, 1);
    path = talk_parameter(cli->mem, path, "subdomain", cli->arguments.subdomain);
    int code = talk(cli, "GET", path, NULL, cli->mem, &letter, NULL);
    return code == EXIT_OK ? put_letter(letters, letter, cli->mem) : code;
}

int run_dns_letters(struct cli *cli)
{
    const struct arguments *arguments = &cli->arguments;
    struct letters letters = {.cli = cli};
    if ((arguments->count == 1) == arguments->all) {
        return cli_fail(EXIT_USAGE, "letters is for an ACCOUNT, or --all");
    }
    if (arguments->all && arguments->subdomain != NULL) {
        return cli_fail(EXIT_USAGE, "--subdomain is of one account");
    }
    if (arguments->out != NULL && mkdir(arguments->out, 0700) != 0 && errno != EEXIST) {
        return cli_fail(EXIT_OTHER, "%s: %s", arguments->out, strerror(errno));
    }
    int code = arguments->all ? talk_pages(cli, DNS "/letters", put_letters, &letters) : one_letter(&letters);
    if (code == EXIT_OK && arguments->out != NULL) {
        cli_tell(cli, "%" PRId64 " letters are in %s", letters.count, arguments->out);
    }
    return code == EXIT_OK ? cli_flush() : code;
}
