/* From options to a session. Options grow at their end: what the caller's `size` does not reach is absent. */
#include <stdio.h>
#include <string.h>

#include "client/client.h"
#include "common/base/file.h"
#include "common/base/mem.h"

#include "common/base/banned.h"

#define OPTIONS_BYTES_MAX 262144
#define SECRET_FILE_MAX   65536
#define ATTEMPT_MS        30000
#define RETRY_WAIT_MS     60000
#define DEADLINE_MS       600000

enum numgate_status error_of(enum rc rc, const struct err *err, struct numgate_error *error)
{
    static const enum numgate_status of_rc[] = {[RC_OK] = NUMGATE_OK,
                                                [RC_INVALID] = NUMGATE_INVALID,
                                                [RC_NOT_FOUND] = NUMGATE_NOT_FOUND,
                                                [RC_CONFLICT] = NUMGATE_CONFLICT,
                                                [RC_DENIED] = NUMGATE_AUTH,
                                                [RC_LIMIT] = NUMGATE_NO_MEMORY,
                                                [RC_BUSY] = NUMGATE_UNAVAILABLE};
    enum numgate_status status = (size_t)rc < ARRAY_LEN(of_rc) ? of_rc[rc] : NUMGATE_OTHER;
    error->status = status;
    snprintf(error->message, sizeof(error->message), "%s", err->msg);
    return status;
}

static struct numgate_options known_options(const struct numgate_options *given)
{
    struct numgate_options options = {0};
    memcpy(&options, given, given->size < sizeof(options) ? given->size : sizeof(options));
    return options;
}

static enum rc take_secret(const struct numgate_options *options, struct arena *mem, struct str *ret,
                           struct err *err)
{
    if (options->client_secret != NULL || options->client_secret_file == NULL) {
        *ret = str_of(options->client_secret);
        return RC_OK;
    }
    return file_read_secret(options->client_secret_file, mem, ret, err);
}

static enum rc check(const struct numgate_options *options, struct err *err)
{
    if ((options->base_url == NULL) == (options->base_domain == NULL)) {
        return err_set(err, RC_INVALID, NULL, "give a base URL or a base domain, and not both");
    }
    if (options->client_key_file != NULL &&
        (options->client_secret != NULL || options->client_secret_file != NULL)) {
        return err_set(err, RC_INVALID, NULL, "give the client's secret or its key, and not both");
    }
    if (options->requests_per_minute > SESSION_PACE_MAX) {
        return err_set(err, RC_INVALID, NULL, "at most %d requests a minute can be paced", SESSION_PACE_MAX);
    }
    return RC_OK;
}

static int64_t ms_or(uint64_t given, int64_t usual)
{
    return given == 0 || given > INT32_MAX ? usual : (int64_t)given;
}

static enum rc configure(const struct numgate_options *options, struct numgate *numgate, struct arena *mem,
                         struct session_config *ret, struct err *err)
{
    *ret = (struct session_config){
        .base_url = options->base_url != NULL ? str_of(options->base_url)
                                              : arena_printf(mem, "https://provapi.%s", options->base_domain),
        .ca_file = str_of(options->ca_file),
        .user_agent = options->user_agent == NULL
                          ? STR("libnumgate/" NUMGATE_VERSION)
                          : arena_printf(mem, "%s libnumgate/" NUMGATE_VERSION, options->user_agent),
        .attempt_ms = ms_or(options->attempt_ms, ATTEMPT_MS),
        .retry_wait_ms = ms_or(options->retry_wait_ms, RETRY_WAIT_MS),
        .requests_per_minute = options->requests_per_minute,
        .token = {.url = str_of(options->token_url),
                  .client_id = str_of(options->client_id),
                  .scope = str_of(options->scope),
                  .key_id = str_of(options->client_key_id),
                  .ca_file = str_of(options->ca_file),
                  .ready = str_of(options->token)},
        .log = options->log != NULL ? tell_attempt : NULL,
        .log_arg = numgate,
    };
    enum rc rc = take_secret(options, mem, &ret->token.client_secret, err);
    if (rc == RC_OK && options->client_key_file != NULL) {
        rc = file_read_secret(options->client_key_file, mem, &ret->token.key_pem, err);
    }
    if (rc == RC_OK && options->name_servers != NULL) {
        rc = resolve_servers_parse(str_of(options->name_servers), &ret->servers, err);
    }
    return rc == RC_OK && arena_failed(mem) ? err_set(err, RC_LIMIT, NULL, "out of memory") : rc;
}

static enum rc set_up(const struct numgate_options *options, struct numgate *numgate, struct err *err)
{
    struct session_config config;
    enum rc rc = check(options, err);
    struct arena *mem = rc == RC_OK ? arena_new_secret(OPTIONS_BYTES_MAX) : NULL;
    if (mem == NULL) {
        return rc == RC_OK ? err_set(err, RC_LIMIT, NULL, "out of memory") : rc;
    }
    numgate->log = options->log;
    numgate->log_arg = options->log_arg;
    numgate->deadline_ms = ms_or(options->deadline_ms, DEADLINE_MS);
    rc = configure(options, numgate, mem, &config, err);
    rc = rc == RC_OK ? session_new(&config, &numgate->session, err) : rc;
    arena_free(mem);
    return rc;
}

enum numgate_status numgate_open(const struct numgate_options *given, struct numgate **ret,
                                 struct numgate_error *error)
{
    struct numgate_error ignored;
    struct numgate_options options = known_options(given);
    struct err err = {0};
    error = error != NULL ? error : &ignored;
    *error = (struct numgate_error){0};
    *ret = NULL;
    struct numgate *numgate = mem_alloc(sizeof(*numgate));
    enum rc rc =
        numgate != NULL ? set_up(&options, numgate, &err) : err_set(&err, RC_LIMIT, NULL, "out of memory");
    if (rc != RC_OK) {
        mem_free(numgate);
        return error_of(rc, &err, error);
    }
    *ret = numgate;
    return NUMGATE_OK;
}

void numgate_close(struct numgate *numgate)
{
    if (numgate != NULL) {
        session_free(numgate->session);
        mem_free(numgate);
    }
}

void numgate_cancel(struct numgate *numgate)
{
    session_cancel(numgate->session);
}
