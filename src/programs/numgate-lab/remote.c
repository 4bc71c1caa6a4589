#include "programs/numgate-lab/remote.h"

#include <stdlib.h>

#include "common/base/file.h"
#include "common/fetch/fetch.h"
#include "common/json/read.h"
#include "programs/numgate-lab/flags.h"
#include "programs/numgate-lab/part.h"

#include "common/base/banned.h"

#define ANSWER_MS 30000

struct remote_options {
    struct remote_target target;
    const char *file; /* NULL: none */
};

struct remote_command {
    const char *name, *method, *path;
    bool file_needed, file_allowed, sends;
};

static const struct remote_command commands[] = {
    {"reset", "POST", "/lab/reset", .file_allowed = false},
    {"snapshot", "GET", "/lab/snapshot", .file_allowed = true},
    {"restore", "POST", "/lab/restore", .file_allowed = true, .file_needed = true, .sends = true},
};

void remote_target_init(struct remote_target *target)
{
    const char *url = getenv("NUMGATE_AUTHORITY");
    *target = (struct remote_target){.url = url != NULL ? url : "https://127.0.0.1:8444",
                                     .ca = getenv("NUMGATE_CA")};
}

enum rc remote_set_url(void *options, const char *value, struct err *err)
{
    ((struct remote_target *)options)->url = value;
    return fetch_url_check(str_of(value), err);
}

enum rc remote_set_ca(void *options, const char *value, struct err *err UNUSED)
{
    ((struct remote_target *)options)->ca = value;
    return RC_OK;
}

static const struct flag flags[] = {
    {"--url", "URL", REMOTE_URL_DOC, remote_set_url},
    {"--ca", "FILE", REMOTE_CA_DOC, remote_set_ca},
};

void remote_print_flags(FILE *out)
{
    flags_print(flags, ARRAY_LEN(flags), out);
}

const struct remote_command *remote_find(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (str_eq(str_of(commands[i].name), name)) {
            return &commands[i];
        }
    }
    return NULL;
}

static enum rc options_read(const struct remote_command *command, int argc, char **argv,
                            struct remote_options *ret, struct err *err)
{
    *ret = (struct remote_options){0};
    remote_target_init(&ret->target);
    if (argc > 0 && argv[0][0] != '-' && command->file_allowed) {
        ret->file = argv[0];
        argc--;
        argv++;
    }
    if (command->file_needed && ret->file == NULL) {
        return err_set(err, RC_INVALID, NULL, "%s needs a file", command->name);
    }
    return flags_parse(flags, ARRAY_LEN(flags), argc, argv, ret, err);
}

/* Of an answer in one of their forms. */
static struct str reason_of(const struct fetch_reply *reply, struct arena *mem)
{
    const struct json *body = NULL;
    if (json_parse(reply->body, mem, &body, NULL) != RC_OK) {
        return STR("no reason given");
    }
    struct str nested = json_string(json_pointer(body, STR("/error/message")));
    struct str flat = json_string(json_get(body, STR("error_description")));
    return !str_absent(nested) ? nested : !str_absent(flat) ? flat : STR("no reason given");
}

enum rc remote_ask(const struct remote_target *target, struct str method, struct str path, struct str body,
                   struct arena *mem, struct str *ret, struct err *err)
{
    struct fetch *fetch = NULL;
    struct fetch_reply reply;
    struct str base = str_of(target->url);
    base = str_ends(base, STR("/")) ? str_slice(base, 0, base.n - 1) : base;
    const struct fetch_request request = {
        .method = method,
        .url = arena_printf(mem, "%" STR_FMT "%" STR_FMT, STR_ARG(base), STR_ARG(path)),
        .body = body,
        .content_type = STR("application/json"),
        .ca_file = str_of(target->ca),
        .deadline = mono_after(clock_mono(), ANSWER_MS),
        .reply_bytes_max = PARTS_TEXT_MAX,
    };
    enum rc rc = fetch_new(&fetch, err);
    rc = rc == RC_OK ? fetch_wait(fetch, &request, mem, &reply, err) : rc;
    fetch_free(fetch);
    if (rc == RC_OK && (reply.status < 200 || reply.status > 299)) {
        rc = err_set(err, RC_CONFLICT, NULL, "%s refused (%d): %" STR_FMT, target->url, reply.status,
                     STR_ARG(reason_of(&reply, mem)));
    }
    if (rc == RC_OK) {
        *ret = reply.body;
    }
    return rc;
}

/* Private keys are in it. */
static enum rc keep(const struct remote_options *options, struct str text, struct err *err)
{
    if (options->file != NULL) {
        return file_write(options->file, text, 0600, err);
    }
    bool written =
        fwrite(text.p, 1, text.n, stdout) == text.n && fputc('\n', stdout) != EOF && fflush(stdout) == 0;
    return written ? RC_OK : err_set(err, RC_INTERNAL, NULL, "cannot write to standard output");
}

enum rc remote_run(const struct remote_command *command, int argc, char **argv, struct err *err)
{
    CLEANUP(arena_freep) struct arena *mem = arena_new_secret(4 * (size_t)PARTS_TEXT_MAX);
    struct remote_options options;
    struct str body = STR(""), answer;
    if (options_read(command, argc, argv, &options, err) != RC_OK) {
        return RC_INVALID;
    }
    enum rc rc = command->sends ? file_read(options.file, PARTS_TEXT_MAX, mem, &body, err) : RC_OK;
    struct str method = str_of(command->method);
    body = str_eq(method, STR("GET")) ? STR_NONE : body;
    rc = rc == RC_OK ? remote_ask(&options.target, method, str_of(command->path), body, mem, &answer, err)
                     : rc;
    if (rc == RC_OK && command->file_allowed && !command->sends) {
        rc = keep(&options, answer, err);
    }
    return rc == RC_OK ? RC_OK : RC_INTERNAL;
}
