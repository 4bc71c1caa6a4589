#include "programs/numgate/talk.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/clock.h"

#include "common/base/banned.h"

#define PAGE_BYTES_MAX ((size_t)256 * 1024 * 1024) /* of a page's tree */
#define WAIT_WORTH_MS  1000                        /* shorter ones are not told */
#define TELL_AGAIN_MS  30000                       /* what was said already */

/* ---- paths ---- */

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

/* RFC 3986 section 2.1, all but unreserved. */
static void put_encoded(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (is_plain(*text)) {
            buf_put_char(out, *text);
        } else {
            buf_printf(out, "%%%02X", (unsigned char)*text);
        }
    }
}

static const char *finish(struct arena *mem, struct buf *out)
{
    const char *text = buf_failed(out) ? NULL : arena_cstr(mem, buf_str(out));
    buf_clear(out);
    return text;
}

const char *talk_path(struct arena *mem, const char *template, const char *const *operands, int count)
{
    struct buf out;
    buf_init(&out, LIMIT_TARGET);
    for (; *template != '\0'; template ++) {
        int at = template[0] == '{' ? template[1] - '0' : -1;
        if (at < 0 || at >= count) {
            buf_put_char(&out, *template);
            continue;
        }
        put_encoded(&out, operands[at]);
        template += 2;
    }
    return finish(mem, &out);
}

const char *talk_parameter(struct arena *mem, const char *path, const char *name, const char *value)
{
    struct buf out;
    if (value == NULL || path == NULL) {
        return path;
    }
    buf_init(&out, LIMIT_TARGET);
    buf_printf(&out, "%s%c%s=", path, strchr(path, '?') == NULL ? '?' : '&', name);
    put_encoded(&out, value);
    return finish(mem, &out);
}

/* ---- the client ---- */

int client_open(struct cli *cli)
{
    const struct profile *profile = &cli->profile;
    struct numgate_error error;
    struct numgate_options options = {
        .size = sizeof(options),
        .base_url = str_empty(profile->url) ? NULL : arena_cstr(cli->mem, profile->url),
        .base_domain = str_empty(profile->base_domain) ? NULL : arena_cstr(cli->mem, profile->base_domain),
        .token_url = arena_cstr(cli->mem, profile->token_url),
        .client_id = arena_cstr(cli->mem, profile->client_id),
        .client_secret =
            str_empty(profile->client_secret) ? NULL : arena_cstr(cli->mem, profile->client_secret),
        .client_key_file =
            str_empty(profile->client_key_file) ? NULL : arena_cstr(cli->mem, profile->client_key_file),
        .client_key_id = arena_cstr(cli->mem, profile->client_key_id),
        .scope = arena_cstr(cli->mem, profile->scope),
        .token = str_empty(profile->token) ? NULL : arena_cstr(cli->mem, profile->token),
        .ca_file = arena_cstr(cli->mem, profile->ca_file),
        .name_servers = str_empty(profile->name_servers) ? NULL : arena_cstr(cli->mem, profile->name_servers),
        .attempt_ms = (uint64_t)profile->attempt_timeout_s * 1000,
        .retry_wait_ms = (uint64_t)profile->retry_wait_s * 1000,
        .deadline_ms = (uint64_t)profile->timeout_s * 1000,
        .requests_per_minute = (uint32_t)profile->requests_per_minute,
        .user_agent = "numgate/" NUMGATE_VERSION,
        .log = talk_log,
        .log_arg = cli,
    };
    return numgate_open(&options, &cli->numgate, &error) == NUMGATE_OK
               ? EXIT_OK
               : cli_fail(EXIT_USAGE, "%s", error.message);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* But for their numbers: how long a failure took is not news. */
static bool says_the_same(const char *a, const char *b)
{
    for (;;) {
        for (; is_digit(*a); a++) {
        }
        for (; is_digit(*b); b++) {
        }
        if (*a != *b || *a == '\0') {
            return *a == *b;
        }
        a++;
        b++;
    }
}

/* What is wrong, the first time and then now and then; a call that ended well ends that too. */
static void tell_wait(struct cli *cli, const struct numgate_event *event)
{
    int64_t now_ms = clock_mono().ms;
    bool same = cli->told_status == event->http_status && says_the_same(cli->told, event->reason);
    if (event->reason[0] == '\0') {
        cli->told[0] = '\0';
    } else if (event->wait_ms >= WAIT_WORTH_MS && (!same || now_ms >= cli->told_ms + TELL_AGAIN_MS)) {
        cli_tell(cli, "%s; the next attempt is in %llu s", event->reason,
                 (unsigned long long)(event->wait_ms + 999) / 1000);
        snprintf(cli->told, sizeof(cli->told), "%s", event->reason);
        cli->told_status = event->http_status;
        cli->told_ms = now_ms;
    }
}

void talk_log(void *arg, const struct numgate_event *event)
{
    struct cli *cli = arg;
    bool again = event->reason[0] != '\0';
    if (cli->arguments.verbose) {
        bar_end(&cli->bar);
        fprintf(stderr, "numgate: %s %s, attempt %u at %s: %d after %llu ms%s%s\n", event->method,
                event->path, event->attempt, event->address[0] != '\0' ? event->address : "-",
                event->http_status, (unsigned long long)event->took_ms, again ? "; " : "", event->reason);
    } else {
        tell_wait(cli, event);
    }
}

/* ---- one call ---- */

enum exit_code talk_exit_code(enum numgate_status status)
{
    switch (status) {
    case NUMGATE_OK:
    case NUMGATE_NOT_MODIFIED:
        return EXIT_OK;
    case NUMGATE_NOT_FOUND:
        return EXIT_NOT_FOUND;
    case NUMGATE_AUTH:
        return EXIT_AUTH;
    case NUMGATE_CONFLICT:
        return EXIT_CONFLICT;
    case NUMGATE_RATE_LIMITED:
        return EXIT_RATE_LIMITED;
    case NUMGATE_UNAVAILABLE:
        return EXIT_UNAVAILABLE;
    default:
        return EXIT_OTHER;
    }
}

/* What the server cannot know: whether anything was heard of a write, and the names of flags. */
static const char *more_to_say(const struct numgate_error *error, bool wrote)
{
    if (wrote && error->status == NUMGATE_CANCELLED && error->attempts > 0) {
        return "; whether it was done is not known";
    }
    return strcmp(error->code, "AccountNotEmpty") == 0 ? "; --delete-numbers deletes them too" : "";
}

static void explain(const struct numgate_error *error, bool wrote)
{
    bool code = error->code[0] != '\0', place = error->target[0] != '\0', id = error->request_id[0] != '\0';
    fprintf(stderr, "numgate: %s%s%s%s%s%s%s%s%s\n", code ? error->code : "", code ? ": " : "",
            place ? error->target : "", place ? ": " : "", error->message, more_to_say(error, wrote),
            id ? " (request " : "", error->request_id, id ? ")" : "");
}

void talk_explain(const struct numgate_error *error)
{
    explain(error, true);
}

void talk_explain_read(const struct numgate_error *error)
{
    explain(error, false);
}

int talk_read(const struct numgate_reply *reply, struct arena *mem, const struct json **ret)
{
    struct err err = {0};
    size_t bytes;
    const char *body = numgate_reply_body(reply, &bytes);
    *ret = NULL;
    if (bytes == 0) {
        return EXIT_OK;
    }
    struct str copy = arena_str(mem, (struct str){body, bytes});
    if (arena_failed(mem) || json_parse(copy, mem, ret, &err) != RC_OK) {
        return cli_fail(EXIT_OTHER, "the answer is not understood: %s", err.msg);
    }
    return EXIT_OK;
}

int talk(struct cli *cli, const char *method, const char *path, const char *body, struct arena *mem,
         const struct json **ret, struct str *ret_etag)
{
    struct numgate_reply *reply = NULL;
    struct numgate_error error;
    struct numgate_call call = {.if_match = cli->arguments.if_match};
    if (path == NULL) {
        return cli_fail(EXIT_USAGE, "that is too long for an address");
    }
    enum numgate_status status = numgate_request(cli->numgate, method, path, body, &call, &reply, &error);
    int code = talk_exit_code(status);
    if (code != EXIT_OK) {
        explain(&error, strcmp(method, "GET") != 0);
    } else if (ret != NULL) {
        code = talk_read(reply, mem, ret);
    }
    if (code == EXIT_OK && ret_etag != NULL) {
        *ret_etag = arena_str(mem, str_of(numgate_reply_header(reply, "ETag")));
    }
    numgate_reply_free(reply);
    return code;
}

void talk_nap(unsigned ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    (void)nanosleep(&t, NULL);
}

/* ---- pages ---- */

int talk_pages(struct cli *cli, const char *first, talk_page *fn, void *arg)
{
    struct numgate_reply *page = NULL;
    struct numgate_error error;
    struct arena *mem = arena_new(PAGE_BYTES_MAX);
    if (mem == NULL || first == NULL) {
        arena_free(mem);
        return cli_fail(EXIT_OTHER, first == NULL ? "that is too long for an address" : "out of memory");
    }
    enum numgate_status status = numgate_request(cli->numgate, "GET", first, NULL, NULL, &page, &error);
    int code = EXIT_OK;
    while (status == NUMGATE_OK && page != NULL && code == EXIT_OK) {
        const struct json *body = NULL;
        code = talk_read(page, mem, &body);
        code = code == EXIT_OK ? fn(arg, json_get(body, STR("value")), mem) : code;
        arena_reset(mem);
        status = code == EXIT_OK ? numgate_next_page(cli->numgate, &page, &error) : status;
    }
    if (status != NUMGATE_OK) {
        talk_explain_read(&error);
        code = (int)talk_exit_code(status);
    }
    numgate_reply_free(page);
    arena_free(mem);
    return code;
}
