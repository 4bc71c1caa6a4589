#include "programs/numgate/doctor.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/file.h"
#include "common/fetch/token.h"
#include "common/json/write.h"
#include "common/resolve/resolve.h"
#include "programs/numgate/talk.h"

#include "common/base/banned.h"

#define CHECK_MS     10000
#define CLOCK_OFF_MS 60000 /* tokens are not taken from a clock further off */

struct doctor {
    struct cli *cli;
    struct fetch *fetch;
    struct str url, token;
    struct fetch_reply answer; /* of the server, to a request without a token; status 0: none */
    enum rc answer_rc;
    struct err answer_err;
    struct arena *mem;
    int worst;
};

static struct mono soon(void)
{
    return mono_after(clock_mono(), CHECK_MS);
}

static struct str url_of(const struct cli *cli)
{
    return str_empty(cli->profile.url)
               ? arena_printf(cli->mem, "https://provapi.%" STR_FMT, STR_ARG(cli->profile.base_domain))
               : cli->profile.url;
}

static enum rc take_token(struct cli *cli, struct fetch *fetch, struct arena *mem, struct str *ret,
                          struct err *err)
{
    const struct profile *profile = &cli->profile;
    struct token_source *source;
    struct str token = STR_NONE;
    struct token_config config = {.url = profile->token_url,
                                  .client_id = profile->client_id,
                                  .client_secret = profile->client_secret,
                                  .key_id = profile->client_key_id,
                                  .scope = profile->scope,
                                  .ca_file = profile->ca_file,
                                  .ready = profile->token};
    enum rc rc = RC_OK;
    if (!str_empty(profile->client_key_file)) {
        rc = file_read_secret(arena_cstr(mem, profile->client_key_file), mem, &config.key_pem, err);
    }
    rc = rc == RC_OK ? token_source_new(&config, &source, err) : rc;
    if (rc == RC_OK) {
        rc = token_take(source, fetch, soon(), &token, err);
        *ret = arena_str(mem, token);
        token_source_free(source);
    }
    return rc;
}

/* What no answer is needed to see. Both commands make no client, which would look at it. */
static enum rc check_profile(const struct profile *profile, struct str url, struct err *err)
{
    const struct {
        const char *name;
        struct str url;
    } urls[] = {{"the base URL", url}, {"the token URL", profile->token_url}};
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        if (!str_empty(urls[i].url) && fetch_url_check(urls[i].url, err) != RC_OK) {
            err_context(err, "%s", urls[i].name);
            return RC_INVALID;
        }
    }
    return fetch_ca_check(profile->ca_file, err);
}

int run_token(struct cli *cli)
{
    struct fetch *fetch;
    struct str token;
    struct err err = {0};
    if (check_profile(&cli->profile, STR_NONE, &err) != RC_OK) {
        return cli_fail(EXIT_USAGE, "%s", err.msg);
    }
    enum rc rc = fetch_new(&fetch, &err);
    if (rc == RC_OK) {
        rc = take_token(cli, fetch, cli->mem, &token, &err);
        fetch_free(fetch);
    }
    if (rc != RC_OK) {
        return cli_fail(rc == RC_BUSY ? EXIT_UNAVAILABLE : EXIT_AUTH, "%s", err.msg);
    }
    printf("%" STR_FMT "\n", STR_ARG(token));
    return cli_flush();
}

/* ---- checks: each says what it found, and gives the exit code that a failure stands for ---- */

PRINTF_LIKE(4, 5)
static int report(const struct doctor *doctor, const char *name, int code, const char *format, ...)
{
    static const char *const words[2][2][3] = {
        {{"", "FAILED", ""}, {"", "ok", ""}},
        {{"\033[31m", "FAILED", "\033[0m"}, {"\033[32m", "ok", "\033[0m"}}};
    va_list args;
    char text[600];
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (doctor->cli->arguments.json) {
        struct buf line;
        struct json_out out;
        buf_init(&line, sizeof(text) * 8);
        json_out_init(&out, &line);
        json_object_begin(&out);
        json_str_member(&out, "check", str_of(name));
        json_bool_member(&out, "ok", code == EXIT_OK);
        json_str_member(&out, "found", str_of(text));
        json_object_end(&out);
        printf("%" STR_FMT "\n", STR_ARG(buf_str(&line)));
        buf_clear(&line);
    } else {
        const char *const *word = words[doctor->cli->color][code == EXIT_OK];
        printf("%s%-6s%s %-10s %s\n", word[0], word[1], word[2], name, text);
    }
    return code;
}

static struct str host_of(struct str url)
{
    struct str rest = str_starts(url, STR("https://"))  ? str_slice(url, 8, url.n)
                      : str_starts(url, STR("http://")) ? str_slice(url, 7, url.n)
                                                        : url;
    ptrdiff_t end = str_starts(rest, STR("[")) ? str_find(rest, ']') : str_find(rest, ':');
    ptrdiff_t slash = str_find(rest, '/');
    size_t n = end >= 0 ? (size_t)end : slash >= 0 ? (size_t)slash : rest.n;
    return str_starts(rest, STR("[")) ? str_slice(rest, 1, n) : str_slice(rest, 0, n);
}

static int check_dns(struct doctor *doctor)
{
    struct resolve_servers servers = {0};
    struct resolve_answer answer;
    struct err err = {0};
    char text[NET_TEXT_MAX];
    struct str host = host_of(doctor->url), given = doctor->cli->profile.name_servers;
    enum rc rc = str_empty(given) ? RC_OK : resolve_servers_parse(given, &servers, &err);
    rc = rc == RC_OK ? resolve_host(&servers, host, soon(), &answer, &err) : rc;
    if (rc != RC_OK) {
        return report(doctor, "DNS", EXIT_UNAVAILABLE,
                      "%s. Is the name right, and do the name servers answer?", err.msg);
    }
    return report(doctor, "DNS", EXIT_OK, "%" STR_FMT " is %" STR_FMT "%s, for %u s", STR_ARG(host),
                  STR_ARG(net_text(&answer.addresses[0], text)), answer.count > 1 ? " and others" : "",
                  answer.ttl_s);
}

static int check_tls(struct doctor *doctor)
{
    if (doctor->answer_rc == RC_DENIED) {
        return report(doctor, "TLS", EXIT_AUTH,
                      "%s. Give --ca-file with the issuer of its certificate, and check that the certificate "
                      "has the name",
                      doctor->answer_err.msg);
    }
    return doctor->answer_rc == RC_OK
               ? report(doctor, "TLS", EXIT_OK, "the certificate is trusted and has the name")
               : report(doctor, "TLS", EXIT_UNAVAILABLE,
                        "%s. Is the server up, and does a firewall let this machine through?",
                        doctor->answer_err.msg);
}

static int check_clock(struct doctor *doctor)
{
    struct wall theirs, ours = clock_wall();
    if (!clock_parse_imf(fetch_header_of(&doctor->answer, STR("Date")), &theirs)) {
        return report(doctor, "clock", EXIT_UNAVAILABLE, "the server did not say what time it is");
    }
    int64_t off = theirs.ms - ours.ms;
    bool good = llabs(off) < CLOCK_OFF_MS;
    return report(
        doctor, "clock", good ? EXIT_OK : EXIT_AUTH,
        good ? "within %lld s of the server's"
             : "%lld s off the server's: tokens will be refused. Set the clock, or the server's, by NTP",
        (long long)(llabs(off) / 1000));
}

static int check_allowlist(struct doctor *doctor)
{
    bool refused = doctor->answer.status == 403;
    return refused ? report(doctor, "allowlist", EXIT_AUTH,
                            "the server refuses this machine's address. Add it to [server] allow of numgated")
           : doctor->answer.status == 0
               ? report(doctor, "allowlist", EXIT_UNAVAILABLE, "not known: there was no answer")
               : report(doctor, "allowlist", EXIT_OK, "this machine may ask");
}

/* Whether the issuer can be reached at all: any answer to a request without a body will do. */
static enum rc reach_issuer(struct doctor *doctor)
{
    struct fetch_reply reply;
    struct fetch_request request = {
        .url = doctor->cli->profile.token_url, .ca_file = doctor->cli->profile.ca_file, .deadline = soon()};
    return fetch_wait(doctor->fetch, &request, doctor->mem, &reply, NULL);
}

static const char *cure_of_token(struct doctor *doctor, enum rc rc)
{
    enum rc reached = rc == RC_BUSY || rc == RC_DENIED ? reach_issuer(doctor) : RC_OK;
    return reached == RC_DENIED
               ? "The issuer's certificate is not trusted, or has another name. --ca-file must have what "
                 "signed the issuer's certificate as well as the server's; without it the machine's "
                 "trusted certificates count"
           : reached == RC_BUSY
               ? "The issuer cannot be reached: is it up, are host and port of the token URL right, and "
                 "does a firewall let this machine through?"
           : rc == RC_BUSY
               ? "The issuer is there but has no token to give: is the path of the token URL right? If "
                 "it is, the issuer is at fault or too busy"
               : "Check the token URL, the client id, its secret or key, and the scope";
}

static int check_token(struct doctor *doctor)
{
    struct err err = {0};
    enum rc rc = take_token(doctor->cli, doctor->fetch, doctor->mem, &doctor->token, &err);
    return rc == RC_OK ? report(doctor, "token", EXIT_OK,
                                str_empty(doctor->cli->profile.token) ? "the issuer gave one"
                                                                      : "a ready one was given")
                       : report(doctor, "token", rc == RC_BUSY ? EXIT_UNAVAILABLE : EXIT_AUTH, "%s. %s",
                                err.msg, cure_of_token(doctor, rc));
}

static enum rc ask(struct doctor *doctor, const char *path, struct fetch_reply *ret, struct err *err)
{
    struct fetch_header authorization = {
        STR("Authorization"), arena_printf(doctor->mem, "Bearer %" STR_FMT, STR_ARG(doctor->token))};
    struct fetch_request request = {
        .url = arena_printf(doctor->mem, "%" STR_FMT "%s", STR_ARG(doctor->url), path),
        .headers = &authorization,
        .header_count = str_empty(doctor->token) ? 0 : 1,
        .ca_file = doctor->cli->profile.ca_file,
        .deadline = soon(),
    };
    return fetch_wait(doctor->fetch, &request, doctor->mem, ret, err);
}

static int check_roles(struct doctor *doctor)
{
    struct fetch_reply reply = {0};
    struct err err = {0};
    const struct json *me = NULL;
    struct buf roles;
    if (str_empty(doctor->token)) {
        return report(doctor, "roles", EXIT_AUTH, "not known: there is no token");
    }
    if (ask(doctor, "/numgate/v1/me", &reply, &err) != RC_OK) {
        return report(doctor, "roles", EXIT_UNAVAILABLE, "%s", err.msg);
    }
    if (reply.status != 200 || json_parse(reply.body, doctor->mem, &me, &err) != RC_OK) {
        return report(
            doctor, "roles", EXIT_AUTH,
            "the server answers %d. Does numgated trust this issuer, and is the audience the token's?",
            reply.status);
    }
    const struct json *list = json_get(me, STR("roles"));
    buf_init(&roles, 400);
    for (size_t i = 0; i < json_count(list); i++) {
        buf_printf(&roles, "%s%" STR_FMT, i > 0 ? ", " : "", STR_ARG(json_string(json_at(list, i))));
    }
    int code = json_count(list) > 0 ? report(doctor, "roles", EXIT_OK, "%" STR_FMT, STR_ARG(buf_str(&roles)))
                                    : report(doctor, "roles", EXIT_AUTH,
                                             "the token has none. Give the client a role such as "
                                             "ProvisioningAPI.ReadWrite at the issuer");
    buf_clear(&roles);
    return code;
}

int run_doctor(struct cli *cli)
{
    static int (*const checks[])(struct doctor *) = {check_dns,       check_tls,   check_clock,
                                                     check_allowlist, check_token, check_roles};
    struct doctor doctor = {.cli = cli, .url = url_of(cli), .mem = cli->mem};
    struct err err = {0};
    if (check_profile(&cli->profile, doctor.url, &err) != RC_OK) {
        return cli_fail(EXIT_USAGE, "%s", err.msg);
    }
    if (fetch_new(&doctor.fetch, &err) != RC_OK) {
        return cli_fail_err(&err);
    }
    doctor.answer_rc = ask(&doctor, "/numgate/v1/me", &doctor.answer, &doctor.answer_err);
    for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
        int code = checks[i](&doctor);
        doctor.worst = doctor.worst == EXIT_OK ? code : doctor.worst;
        fflush(stdout);
    }
    fetch_free(doctor.fetch);
    int code = cli_flush();
    return doctor.worst != EXIT_OK ? doctor.worst : code;
}
