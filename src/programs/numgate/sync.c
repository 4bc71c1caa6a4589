#include "programs/numgate/sync.h"

#include <stdio.h>

#include "common/json/write.h"
#include "programs/numgate/table.h"
#include "programs/numgate/talk.h"

#include "common/base/banned.h"

#define STATUS   "/numgate/v1/sync"
#define ACCOUNTS STATUS "/accounts"
#define ACCOUNT  ACCOUNTS "/{0}"
#define ASK_MS   500 /* between two questions how far a sweep is */

/* ---- status ---- */

static const struct column kind_columns[] = {{"WORK", "/kind", COLUMN_TEXT},
                                             {"ITEMS", "/depth", COLUMN_TEXT},
                                             {"DUE", "/due", COLUMN_TEXT},
                                             {"FAILING", "/failing", COLUMN_TEXT},
                                             {"PAUSED", "/paused", COLUMN_TEXT},
                                             {"ITEMS PAUSED", "/pausedItems", COLUMN_TEXT},
                                             {"LAST SUCCESS", "/lastSuccessAt", COLUMN_TEXT},
                                             {"OLDEST DUE", "/oldestDueAt", COLUMN_TEXT},
                                             {0}};
static const struct column failing_columns[] = {{"FAILING", "/kind", COLUMN_TEXT},
                                                {"ITEM", "/failingLongest/item", COLUMN_TEXT},
                                                {"SINCE", "/failingLongest/failingSince", COLUMN_TEXT},
                                                {"FAILURES", "/failingLongest/attempt", COLUMN_TEXT},
                                                {"NEXT TRY", "/failingLongest/nextTryAt", COLUMN_TEXT},
                                                {"CAUSE", "/failingLongest/lastError/code", COLUMN_TEXT},
                                                {"MESSAGE", "/failingLongest/lastError/message", COLUMN_TEXT},
                                                {0}};

/* A table is of a list, and this is one of all that have something there; NULL: it is too much. */
static const struct json *those_with(struct cli *cli, const struct json *items, const char *pointer)
{
    struct buf buf;
    struct json_out out;
    const struct json *list = NULL;
    buf_init(&buf, 65536);
    json_out_init(&out, &buf);
    json_array_begin(&out);
    for (size_t i = 0; i < json_count(items); i++) {
        if (json_pointer(json_at(items, i), str_of(pointer)) != NULL) {
            json_put_value(&out, json_at(items, i));
        }
    }
    json_array_end(&out);
    bool parsed = json_parse(arena_str(cli->mem, buf_str(&buf)), cli->mem, &list, NULL) == RC_OK;
    buf_clear(&buf);
    return parsed ? list : NULL;
}

void print_failing(struct cli *cli, const struct json *kinds)
{
    struct table table;
    const struct json *failing = those_with(cli, kinds, "/failingLongest");
    if (json_count(failing) > 0) {
        putchar('\n');
        table_init(&table, failing_columns, false, 0);
        (void)table_print(&table, failing, cli->mem);
    }
}

void print_work(struct cli *cli, const struct json *kinds)
{
    struct table table;
    table_init(&table, kind_columns, false, 0);
    (void)table_print(&table, kinds, cli->mem);
}

static void print_count(const char *name, const struct json *count)
{
    printf("%s: %lld%s\n", name, (long long)json_int(json_get(count, STR("count"))),
           json_bool(json_get(count, STR("truncated"))) ? "+" : "");
}

int run_sync_status(struct cli *cli)
{
    const struct json *status = NULL;
    int code = talk(cli, "GET", STATUS, NULL, cli->mem, &status, NULL);
    if (code != EXIT_OK) {
        return code;
    }
    if (cli->arguments.json) {
        print_json_line(status);
        return cli_flush();
    }
    if (!json_bool(json_get(status, STR("configured")))) {
        cli_tell(cli, "the server has no back end");
    }
    print_work(cli, json_get(status, STR("kinds")));
    print_count("open orders", json_get(status, STR("openOrders")));
    print_count("orphans", json_get(status, STR("orphans")));
    print_failing(cli, json_get(status, STR("kinds")));
    return cli_flush();
}

/* ---- pause, resume ---- */

/* The path of an action: on the account that was named, or on everything. */
static const char *action_path(struct cli *cli, const char *action)
{
    bool one = cli->arguments.count > 0;
    const char *template =
        arena_cstr(cli->mem, arena_printf(cli->mem, "%s:%s", one ? ACCOUNT : STATUS, action));
    return talk_path(cli->mem, template, cli->arguments.operands, cli->arguments.count);
}

int run_sync_pause(struct cli *cli)
{
    const char *action = cli->command->method;
    int code = talk(cli, "POST", action_path(cli, action), NULL, cli->mem, NULL, NULL);
    if (code == EXIT_OK) {
        cli_tell(cli, "%s: %s", action, cli->arguments.count > 0 ? cli->arguments.operands[0] : "everything");
    }
    return code;
}

/* ---- retry ---- */

int retry_all(struct cli *cli, const char *path, int64_t *count)
{
    const struct json *done = NULL;
    bool more = true;
    int code = EXIT_OK;
    while (code == EXIT_OK && more) {
        struct arena_mark mark = arena_mark(cli->mem);
        code = talk(cli, "POST", path, NULL, cli->mem, &done, NULL);
        int64_t now = code == EXIT_OK ? json_int(json_get(done, STR("count"))) : 0;
        more = code == EXIT_OK && now > 0 && json_bool(json_get(done, STR("more")));
        *count += now;
        arena_rewind(cli->mem, mark);
    }
    return code;
}

static int print_retried(struct cli *cli, int64_t items, int64_t numbers)
{
    if (cli->arguments.json) {
        printf("{\"items\":%lld,\"numbers\":%lld}\n", (long long)items, (long long)numbers);
        return cli_flush();
    }
    if (cli->arguments.count == 0) {
        cli_tell(cli, "%lld items of work that had failed are due now", (long long)items);
    }
    cli_tell(cli, "%lld numbers that had failed are pending again", (long long)numbers);
    return EXIT_OK;
}

struct retrying {
    struct cli *cli;
    int64_t numbers;
};

static bool has_failed(const struct json *account)
{
    return json_int(json_pointer(account, STR("/failed/count"))) > 0 ||
           str_eq(json_string(json_get(account, STR("serviceProvisioningStatus"))), STR("failed"));
}

static int retry_page(void *arg, const struct json *items, struct arena *mem)
{
    struct retrying *retrying = arg;
    int code = EXIT_OK;
    for (size_t i = 0; code == EXIT_OK && i < json_count(items); i++) {
        const struct json *account = json_at(items, i);
        const char *name = arena_cstr(mem, json_string(json_get(account, STR("name"))));
        if (has_failed(account)) {
            code = retry_all(retrying->cli, talk_path(mem, ACCOUNT ":retry", &name, 1), &retrying->numbers);
        }
    }
    return code;
}

int run_sync_retry(struct cli *cli)
{
    struct retrying all = {.cli = cli};
    int64_t items = 0;
    bool one = cli->arguments.count > 0;
    int code = retry_all(cli, action_path(cli, "retry"), one ? &all.numbers : &items);
    if (code == EXIT_OK && !one) {
        code = talk_pages(cli, ACCOUNTS, retry_page, &all);
    }
    return code == EXIT_OK ? print_retried(cli, items, all.numbers) : code;
}

/* ---- reconcile ---- */

static const struct column result_columns[] = {{"MODE", "/mode", COLUMN_TEXT},
                                               {"ENDED", "/at", COLUMN_TEXT},
                                               {"SEEN", "/seen", COLUMN_TEXT},
                                               {"CHANGED", "/changed", COLUMN_TEXT},
                                               {"MISSING", "/missing", COLUMN_TEXT},
                                               {"ORPHANS", "/orphans", COLUMN_TEXT},
                                               {0}};

static bool sweeps_are_paused(const struct json *status)
{
    const struct json *kinds = json_get(status, STR("kinds"));
    for (size_t i = 0; i < json_count(kinds); i++) {
        const struct json *kind = json_at(kinds, i);
        if (str_eq(json_string(json_get(kind, STR("kind"))), STR("sweep"))) {
            return json_bool(json_get(kind, STR("paused")));
        }
    }
    return false;
}

static int check_paused(struct cli *cli)
{
    const struct json *status = NULL;
    int code = talk(cli, "GET", STATUS, NULL, cli->mem, &status, NULL);
    return code == EXIT_OK && sweeps_are_paused(status)
               ? cli_fail(EXIT_CONFLICT,
                          "everything is paused, so nothing is compared; \"numgate sync resume\" goes on")
               : code;
}

static void tell_failure(struct cli *cli, const struct json *sweep, int64_t *told)
{
    int64_t attempt = json_int(json_get(sweep, STR("attempt")));
    if (attempt > *told) {
        cli_tell(cli, "the back end does not answer as it should; failure %lld in a row: %" STR_FMT,
                 (long long)attempt, STR_ARG(json_string(json_pointer(sweep, STR("/lastError/code")))));
        *told = attempt;
    }
}

/* Asks how far it is until it has ended; *ret_result is in cli->mem. */
static int await(struct cli *cli, const char *path, const struct json **ret_result)
{
    int64_t told = 0;
    bar_init(&cli->bar, "numgate");
    cli->bar.silent = cli->arguments.quiet;
    for (;;) {
        struct arena_mark mark = arena_mark(cli->mem);
        const struct json *account = NULL;
        int code = talk(cli, "GET", path, NULL, cli->mem, &account, NULL);
        const struct json *sweep = json_get(account, STR("sweep"));
        if (code != EXIT_OK || cli_interrupted()) {
            bar_end(&cli->bar);
            return code != EXIT_OK ? code : EXIT_OTHER;
        }
        if (sweep == NULL || str_eq(json_string(json_get(sweep, STR("mode"))), STR("rolling"))) {
            bar_end(&cli->bar);
            *ret_result = json_get(sweep, STR("last"));
            return EXIT_OK;
        }
        tell_failure(cli, sweep, &told);
        bar_show(&cli->bar,
                 &(struct bar_state){"comparing", "", "numbers", json_int(json_get(sweep, STR("seen"))), 0});
        arena_rewind(cli->mem, mark);
        talk_nap(ASK_MS);
    }
}

static int print_result(struct cli *cli, const struct json *result)
{
    struct table table;
    struct buf buf;
    struct json_out out;
    const struct json *list = NULL;
    if (result == NULL) {
        return cli_fail(EXIT_CONFLICT, "it was given up: the account is not synchronized any more");
    }
    buf_init(&buf, 65536); /* a table has a list of rows */
    json_out_init(&out, &buf);
    json_array_begin(&out);
    json_put_value(&out, result);
    json_array_end(&out);
    bool parsed = json_parse(arena_str(cli->mem, buf_str(&buf)), cli->mem, &list, NULL) == RC_OK;
    buf_clear(&buf);
    table_init(&table, result_columns, cli->arguments.json, 0);
    if (parsed) {
        (void)table_print(&table, list, cli->mem);
    }
    return cli_flush();
}

static int reconcile(struct cli *cli, bool apply)
{
    const struct json *result = NULL;
    const char *path = talk_path(cli->mem, ACCOUNT, cli->arguments.operands, 1);
    int code = talk(cli, "POST", action_path(cli, "reconcile"),
                    apply ? "{\"apply\":true}" : "{\"apply\":false}", cli->mem, NULL, NULL);
    if (code == EXIT_OK) {
        code = await(cli, path, &result);
    }
    return code == EXIT_OK ? print_result(cli, result) : code;
}

int run_sync_reconcile(struct cli *cli)
{
    const struct arguments *arguments = &cli->arguments;
    int code = check_paused(cli);
    if (code == EXIT_OK && (!arguments->apply || !arguments->yes)) {
        code = reconcile(cli, false);
    }
    if (code != EXIT_OK || !arguments->apply) {
        return code;
    }
    code = cli_confirm(cli, "repair all of this");
    return code == EXIT_OK ? reconcile(cli, true) : code;
}

/* ---- release ---- */

static const char *numbers_body(struct cli *cli)
{
    struct buf buf;
    struct json_out out;
    buf_init(&buf, LIMIT_BODY);
    json_out_init(&out, &buf);
    json_object_begin(&out);
    json_name(&out, STR("telephoneNumbers"));
    json_array_begin(&out);
    for (int i = 1; i < cli->arguments.count; i++) {
        json_put_str(&out, str_of(cli->arguments.operands[i]));
    }
    json_array_end(&out);
    json_object_end(&out);
    const char *text = buf_failed(&buf) ? NULL : arena_cstr(cli->mem, buf_str(&buf));
    buf_clear(&buf);
    return text;
}

int run_sync_release(struct cli *cli)
{
    char question[256];
    const struct json *done = NULL;
    snprintf(question, sizeof(question), "release %d numbers of the tenant of %s", cli->arguments.count - 1,
             cli->arguments.operands[0]);
    int code = cli_confirm(cli, question);
    if (code == EXIT_OK) {
        code =
            talk(cli, "POST", action_path(cli, "releaseOrphans"), numbers_body(cli), cli->mem, &done, NULL);
    }
    if (code == EXIT_OK) {
        cli_tell(cli, "%lld numbers are on their way out; \"numgate sync show\" tells how far",
                 (long long)json_int(json_get(done, STR("count"))));
    }
    return code;
}
