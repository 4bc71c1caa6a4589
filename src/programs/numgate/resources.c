#include "programs/numgate/resources.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/json/write.h"
#include "programs/numgate/table.h"
#include "programs/numgate/talk.h"

#include "common/base/banned.h"

#define BODY_MAX      LIMIT_BODY
#define PAGE_SIZE     "500"
#define NUMBERS_A_ASK 100

static const char *own_path(struct cli *cli)
{
    return talk_path(cli->mem, cli->command->path, cli->arguments.operands, cli->arguments.count);
}

/* ---- lists ---- */

static int print_page(void *arg, const struct json *items, struct arena *mem)
{
    struct table *table = arg;
    bool more = table_print(table, items, mem);
    /* Whoever reads the output may have gone. */
    return cli_interrupted() ? EXIT_OTHER : ferror(stdout) ? cli_flush() : more ? EXIT_OK : EXIT_USAGE;
}

static int list(struct cli *cli, const char *path, bool json)
{
    struct table table;
    uint64_t limit = 0;
    if (cli->arguments.limit != NULL &&
        (!str_to_u64(str_of(cli->arguments.limit), INT32_MAX, &limit) || limit == 0)) {
        return cli_fail(EXIT_USAGE, "--limit is a number from 1 to %d", INT32_MAX);
    }
    path = talk_parameter(cli->mem, path, "filter", cli->arguments.filter);
    path = talk_parameter(cli->mem, path, "verdict", cli->arguments.verdict);
    path = talk_parameter(cli->mem, path, "outcome", cli->arguments.outcome);
    path = talk_parameter(cli->mem, path, "maxpagesize", PAGE_SIZE);
    bool takes_top = strncmp(cli->command->path, "/numgate/", 9) != 0;
    path = limit > 0 && limit < 500 && takes_top ? talk_parameter(cli->mem, path, "top", cli->arguments.limit)
                                                 : path;
    table_init(&table, cli->command->columns, json, (int64_t)limit);
    int code = talk_pages(cli, path, print_page, &table);
    bool enough = limit > 0 && table.rows == (int64_t)limit;
    return code != EXIT_OK && !enough ? code : cli_flush();
}

int run_list(struct cli *cli)
{
    bool all = strchr(cli->command->path, '|') != NULL;
    const char *path = cli->command->path;
    if (all) { /* "/numbers|/accounts/{0}/numbers": without and with the operand */
        const char *bar = strchr(path, '|');
        path = cli->arguments.count > 0 ? bar + 1
                                        : arena_cstr(cli->mem, (struct str){path, (size_t)(bar - path)});
    }
    return list(cli, talk_path(cli->mem, path, cli->arguments.operands, cli->arguments.count),
                cli->arguments.json);
}

/* ---- one resource ---- */

int print_answer(struct cli *cli, const struct json *value, struct str etag)
{
    if (value == NULL) {
        return EXIT_OK;
    }
    if (cli->arguments.json) {
        print_json_line(value);
    } else {
        print_resource(value);
    }
    int code = cli_flush();
    if (code == EXIT_OK && !str_empty(etag)) {
        cli_tell(cli, "ETag %" STR_FMT, STR_ARG(etag));
    }
    return code;
}

static int call_and_print(struct cli *cli, const char *method, const char *path, const char *body)
{
    const struct json *value = NULL;
    struct str etag = STR_NONE;
    int code = talk(cli, method, path, body, cli->mem, &value, &etag);
    return code == EXIT_OK ? print_answer(cli, value, etag) : code;
}

int run_show(struct cli *cli)
{
    return call_and_print(cli, "GET", own_path(cli), NULL);
}

static int read_standard_input(struct cli *cli, size_t bytes_max, struct str *ret)
{
    char *text = arena_alloc(cli->mem, bytes_max + 1);
    size_t n = text != NULL ? fread(text, 1, bytes_max + 1, stdin) : 0;
    if (text == NULL || ferror(stdin)) {
        return cli_fail(EXIT_OTHER, "standard input cannot be read");
    }
    if (n > bytes_max) {
        return cli_fail(EXIT_USAGE, "standard input: larger than %zu bytes", bytes_max);
    }
    *ret = (struct str){text, n};
    return EXIT_OK;
}

int read_file(struct cli *cli, const char *file, size_t bytes_max, struct str *ret)
{
    struct err err = {0};
    if (strcmp(file, "-") == 0) {
        return read_standard_input(cli, bytes_max, ret);
    }
    return file_read(file, bytes_max, cli->mem, ret, &err) == RC_OK ? EXIT_OK
                                                                    : cli_fail(EXIT_USAGE, "%s", err.msg);
}

struct str after_byte_order_mark(struct str text)
{
    return str_starts(text, STR("\xEF\xBB\xBF")) ? str_slice(text, 3, text.n) : text;
}

int read_json_file(struct cli *cli, const char *file, const char **ret)
{
    struct err err = {0};
    struct str text = STR_NONE;
    const struct json *ignored;
    int code = read_file(cli, file, LIMIT_BODY, &text);
    text = code == EXIT_OK ? after_byte_order_mark(text) : text;
    if (code == EXIT_OK && json_parse(text, cli->mem, &ignored, &err) != RC_OK) {
        code = cli_fail(EXIT_USAGE, "%s: %s", file, err.msg);
    }
    if (code == EXIT_OK) {
        *ret = arena_cstr(cli->mem, text);
    }
    return code;
}

int run_put(struct cli *cli)
{
    const char *body = NULL;
    int code = read_json_file(cli, cli->arguments.operands[cli->arguments.count - 1], &body);
    if (code == EXIT_OK && cli->arguments.dry_run) {
        cli_tell(cli, "would %s %s", cli->command->method, own_path(cli));
        return EXIT_OK;
    }
    return code == EXIT_OK ? call_and_print(cli, cli->command->method, own_path(cli), body) : code;
}

/* ---- deletes ---- */

static int delete_one(struct cli *cli, const char *path)
{
    if (cli->arguments.dry_run) {
        cli_tell(cli, "would DELETE %s", path);
        return EXIT_OK;
    }
    return talk(cli, "DELETE", path, NULL, cli->mem, NULL, NULL);
}

int run_delete(struct cli *cli)
{
    const struct arguments *arguments = &cli->arguments;
    char question[512];
    const char *path =
        talk_parameter(cli->mem, own_path(cli), "deleteNumbers", arguments->delete_numbers ? "true" : NULL);
    snprintf(question, sizeof(question), "delete %s %s%s", cli->command->noun,
             arguments->operands[arguments->count - 1],
             arguments->delete_numbers ? " and all of its numbers" : "");
    int code = arguments->dry_run ? EXIT_OK : cli_confirm(cli, question);
    return code == EXIT_OK ? delete_one(cli, path) : code;
}

/* ---- what has a shape of its own ---- */

/* Headings stand above something. */
static int print_found(void *arg, const struct json *items, struct arena *mem)
{
    return json_count(items) > 0 ? print_page(arg, items, mem) : EXIT_OK;
}

int run_find(struct cli *cli)
{
    const char *number = cli->arguments.operands[0];
    char filter[128];
    if (strlen(number) > 40 || strchr(number, '\'') != NULL) {
        return cli_fail(EXIT_USAGE, "%s is not a telephone number such as +441632960000", number);
    }
    snprintf(filter, sizeof(filter), "telephoneNumber eq '%s'", number);
    cli->arguments.filter = filter;
    struct table table;
    table_init(&table, cli->command->columns, cli->arguments.json, 0);
    const char *path = talk_parameter(cli->mem, "/numbers", "filter", filter);
    int code = talk_pages(cli, path, print_found, &table);
    if (code != EXIT_OK) {
        return code;
    }
    return table.rows > 0 ? cli_flush() : cli_fail(EXIT_NOT_FOUND, "no account has %s", number);
}

static const char *finish_body(struct cli *cli, struct buf *buf)
{
    const char *text = buf_failed(buf) ? NULL : arena_cstr(cli->mem, buf_str(buf));
    buf_clear(buf);
    return text;
}

int run_rfi_set(struct cli *cli)
{
    struct buf buf;
    struct json_out out;
    buf_init(&buf, BODY_MAX);
    json_out_init(&out, &buf);
    json_object_begin(&out);
    json_name(&out, STR("customerRelationship"));
    json_object_begin(&out);
    json_str_member(&out, "status", str_of(cli->arguments.operands[1]));
    if (cli->arguments.comment != NULL) {
        json_str_member(&out, "comment", str_of(cli->arguments.comment));
    }
    json_object_end(&out);
    json_object_end(&out);
    const char *body = finish_body(cli, &buf);
    if (cli->arguments.dry_run) {
        cli_tell(cli, "would PATCH %s with %s", own_path(cli), body);
        return EXIT_OK;
    }
    return call_and_print(cli, "PATCH", own_path(cli), body);
}

static int print_list_of(struct cli *cli, const struct json *items)
{
    struct table table;
    table_init(&table, cli->command->columns, cli->arguments.json, 0);
    (void)table_print(&table, items, cli->mem);
    return cli_flush();
}

int run_capability_plans(struct cli *cli)
{
    const struct json *value = NULL;
    int code = talk(cli, "POST", own_path(cli), NULL, cli->mem, &value, NULL);
    return code == EXIT_OK ? print_list_of(cli, json_get(value, STR("capabilityPlans"))) : code;
}

int run_capability_available(struct cli *cli)
{
    struct buf buf;
    struct json_out out;
    const struct json *value = NULL;
    buf_init(&buf, BODY_MAX);
    json_out_init(&out, &buf);
    json_object_begin(&out);
    json_name(&out, STR("numbers"));
    json_array_begin(&out);
    for (int i = 1; i < cli->arguments.count; i++) {
        json_object_begin(&out);
        json_str_member(&out, "telephoneNumber", str_of(cli->arguments.operands[i]));
        json_object_end(&out);
    }
    json_array_end(&out);
    json_object_end(&out);
    int code = talk(cli, "POST", own_path(cli), finish_body(cli, &buf), cli->mem, &value, NULL);
    return code == EXIT_OK ? print_answer(cli, value, STR_NONE) : code;
}

/* ---- audit ---- */

static const char *audit_path(struct cli *cli, const char *order)
{
    const struct arguments *arguments = &cli->arguments;
    const char *path = "/numgate/v1/audit";
    path = talk_parameter(cli->mem, path, "account", arguments->account);
    path = talk_parameter(cli->mem, path, "kind", arguments->kind);
    path = talk_parameter(cli->mem, path, "since", arguments->since);
    path = talk_parameter(cli->mem, path, "until", arguments->until);
    return talk_parameter(cli->mem, path, "order", order);
}

int run_audit_list(struct cli *cli)
{
    if (cli->arguments.limit == NULL) {
        cli->arguments.limit = "100";
    }
    return list(cli, audit_path(cli, "newestFirst"), cli->arguments.json);
}

int run_audit_export(struct cli *cli)
{
    return list(cli, audit_path(cli, "oldestFirst"), true);
}
