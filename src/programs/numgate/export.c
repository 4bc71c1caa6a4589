#include "programs/numgate/export.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "gateway/bulk/write.h"
#include "programs/numgate/names.h"
#include "programs/numgate/output.h"
#include "programs/numgate/table.h"
#include "programs/numgate/talk.h"

#include "common/base/banned.h"

#define PAGE_SIZE    "500"
#define BUFFER_BYTES ((size_t)64 * 1024 * 1024) /* of one page */

struct export
{
    struct cli *cli;
    struct output output;
    struct bulk_writer writer;
    const struct schema *schema; /* of JSON Lines of resources; NULL: as the server sent it */
    struct names *names;         /* of the accounts that were written; NULL: nobody asks */
    int64_t items;
};

/* The page goes. */
static int write_out(struct export *out, struct buf *page)
{
    int code =
        buf_failed(page) ? cli_fail(EXIT_OTHER, "out of memory") : output_write(&out->output, buf_str(page));
    buf_clear(page);
    if (code == EXIT_OK) {
        output_tell(&out->output, "items", out->items);
    }
    return code;
}

/* ---- numbers ---- */

static int write_numbers(void *arg, const struct json *items, struct arena *mem)
{
    struct export *out = arg;
    struct buf page;
    buf_init(&page, BUFFER_BYTES);
    for (size_t i = 0; i < json_count(items); i++) {
        struct number number = {0};
        struct err err = {0};
        if (model_load(&schema_number, json_at(items, i), mem, &number, &err) != RC_OK) {
            buf_clear(&page);
            return cli_fail(EXIT_OTHER, "the server sent a number that is not understood: %s: %s", err.field,
                            err.msg);
        }
        bulk_write_number(&out->writer, &number, &page);
        out->items++;
    }
    return write_out(out, &page);
}

static int export_numbers(struct export *out, const char *path, enum bulk_format format)
{
    struct buf headings;
    bulk_writer_init(&out->writer, format);
    out->writer.spreadsheet = out->cli->arguments.spreadsheet;
    buf_init(&headings, BUFFER_BYTES);
    bulk_write_headings(&out->writer, &headings);
    int code = write_out(out, &headings);
    path = talk_parameter(out->cli->mem, path, "filter", out->cli->arguments.filter);
    path = talk_parameter(out->cli->mem, path, "maxpagesize", PAGE_SIZE);
    return code == EXIT_OK ? talk_pages(out->cli, path, write_numbers, out) : code;
}

int run_number_export(struct cli *cli)
{
    struct export out = {.cli = cli};
    const struct arguments *arguments = &cli->arguments;
    bool json = arguments->format != NULL && strcmp(arguments->format, "jsonl") == 0;
    if (arguments->format != NULL && !json && strcmp(arguments->format, "csv") != 0) {
        return cli_fail(EXIT_USAGE, "--format is csv or jsonl");
    }
    const char *template = arguments->count > 0 ? "/accounts/{0}/numbers" : "/numbers";
    const char *path = talk_path(cli->mem, template, arguments->operands, arguments->count);
    int code = output_open(cli, arguments->output, &out.output);
    return code == EXIT_OK
               ? output_close(&out.output, export_numbers(&out, path, json ? BULK_JSON_LINES : BULK_CSV))
               : code;
}

/* ---- the others: JSON Lines ---- */

/* What a client may set, or, without a schema, all of it. */
static int write_resource(struct export *out, const struct json *item, struct arena *mem, struct buf *page)
{
    struct json_out json;
    struct err err = {0};
    void *value = out->schema != NULL ? arena_alloc(mem, out->schema->size) : NULL;
    json_out_init(&json, page);
    if (out->schema == NULL) {
        json_put_value(&json, item);
    } else if (value == NULL || model_load(out->schema, item, mem, value, &err) != RC_OK) {
        return cli_fail(EXIT_OTHER, "the server sent what is not understood: %s: %s", err.field, err.msg);
    } else {
        model_write_settable(out->schema, value, &json);
    }
    buf_put_char(page, '\n');
    out->items++;
    if (out->names != NULL) {
        (void)names_add(out->names, json_string(json_get(item, STR("name"))), (uint64_t)out->items);
    }
    return EXIT_OK;
}

static int write_resources(void *arg, const struct json *items, struct arena *mem)
{
    struct export *out = arg;
    struct buf page;
    int code = EXIT_OK;
    buf_init(&page, BUFFER_BYTES);
    for (size_t i = 0; code == EXIT_OK && i < json_count(items); i++) {
        code = write_resource(out, json_at(items, i), mem, &page);
    }
    if (code != EXIT_OK) {
        buf_clear(&page);
        return code;
    }
    return write_out(out, &page);
}

static int export_resources(struct cli *cli, const char *path, const char *file, const struct schema *schema,
                            struct names *names)
{
    struct export out = {.cli = cli, .names = names};
    int code = output_open(cli, file, &out.output);
    if (code != EXIT_OK) {
        return code;
    }
    out.schema = schema;
    path = talk_parameter(cli->mem, path, "maxpagesize", PAGE_SIZE);
    return output_close(&out.output, talk_pages(cli, path, write_resources, &out));
}

int run_account_export(struct cli *cli)
{
    const char *path = talk_parameter(cli->mem, "/accounts", "filter", cli->arguments.filter);
    return export_resources(cli, path, NULL, &schema_account, NULL);
}

/* ---- all of it ---- */

struct everything {
    struct cli *cli;
    const char *folder;
    struct names names; /* of accounts.jsonl: one that came later has no files of its own either */
};

static int make_folder(const char *path)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST ? EXIT_OK
                                                     : cli_fail(EXIT_OTHER, "%s: %s", path, strerror(errno));
}

/* A slash cannot stand in an account's name (model_account_name_valid). */
static int export_account(struct cli *cli, const char *folder, const char *name)
{
    struct export out = {.cli = cli};
    struct arena_mark mark = arena_mark(cli->mem);
    const char *numbers = talk_path(cli->mem, "/accounts/{0}/numbers", &name, 1);
    const char *addresses = talk_path(cli->mem, "/accounts/{0}/teamsCivicAddresses", &name, 1);
    int code = output_open(cli, arena_printf(cli->mem, "%s/numbers/%s.csv", folder, name).p, &out.output);
    code = code == EXIT_OK ? output_close(&out.output, export_numbers(&out, numbers, BULK_CSV)) : code;
    if (code == EXIT_OK) {
        code = export_resources(cli, addresses,
                                arena_printf(cli->mem, "%s/addresses/%s.jsonl", folder, name).p, NULL, NULL);
    }
    arena_rewind(cli->mem, mark);
    return code;
}

static int export_accounts_of_page(void *arg, const struct json *items, struct arena *mem)
{
    const struct everything *all = arg;
    int code = EXIT_OK;
    for (size_t i = 0; code == EXIT_OK && i < json_count(items); i++) {
        struct str name = json_string(json_get(json_at(items, i), STR("name")));
        if (!model_account_name_valid(name)) {
            code = cli_fail(EXIT_OTHER, "the server sent an account without a name");
        } else if (names_row(&all->names, name) != 0) {
            code = export_account(all->cli, all->folder, arena_cstr(mem, name));
        }
    }
    return code;
}

/* Files of accounts that are gone, as an earlier export left them. Whose they are cannot be told from here, so they stay, and are named. */
static void tell_stale(const struct everything *all, const char *kind, struct str ending)
{
    struct dirent **entries;
    const char *folder = arena_printf(all->cli->mem, "%s/%s", all->folder, kind).p;
    int count = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        struct str file = str_of(entries[i]->d_name);
        if (str_ends(file, ending) && names_row(&all->names, str_slice(file, 0, file.n - ending.n)) == 0) {
            cli_tell(all->cli, "%s/%" STR_FMT " is of no account; it stays, and import --all passes over it",
                     folder, STR_ARG(file));
        }
        free(entries[i]); // NOLINT: scandir's
    }
    if (count >= 0) {
        free(entries); // NOLINT: scandir's
    }
}

static int export_everything(struct everything *all)
{
    struct cli *cli = all->cli;
    int code = export_resources(cli, "/accounts", arena_printf(cli->mem, "%s/accounts.jsonl", all->folder).p,
                                &schema_account, &all->names);
    if (code == EXIT_OK) {
        code = export_resources(cli, "/teamsRequestsForInformation",
                                arena_printf(cli->mem, "%s/rfis.jsonl", all->folder).p, NULL, NULL);
    }
    if (code == EXIT_OK) {
        code = talk_pages(cli, "/accounts?maxpagesize=" PAGE_SIZE, export_accounts_of_page, all);
    }
    if (code == EXIT_OK) {
        tell_stale(all, "numbers", STR(".csv"));
        tell_stale(all, "addresses", STR(".jsonl"));
    }
    return code;
}

int run_export_all(struct cli *cli)
{
    struct everything all = {.cli = cli, .folder = cli->arguments.operands[0]};
    if (!cli->arguments.all) {
        return cli_fail(EXIT_USAGE, "usage: numgate export --all DIR");
    }
    int code = make_folder(all.folder);
    code = code == EXIT_OK ? make_folder(arena_printf(cli->mem, "%s/numbers", all.folder).p) : code;
    code = code == EXIT_OK ? make_folder(arena_printf(cli->mem, "%s/addresses", all.folder).p) : code;
    code = code == EXIT_OK ? export_everything(&all) : code;
    names_free(&all.names);
    return code;
}
