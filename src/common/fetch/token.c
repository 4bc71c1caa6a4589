#include "common/fetch/token.h"

#include "common/base/limits.h"
#include "common/base/mem.h"
#include "common/base/random.h"
#include "common/jose/jose.h"
#include "common/json/read.h"
#include "common/json/write.h"

#include "common/base/banned.h"

#define CONFIG_BYTES_MAX    16384
#define TOKEN_BYTES_MAX     65536
#define REPLY_BYTES_MAX     131072
#define ASSERTION_BYTES_MAX 16384
#define RENEW_BEFORE_MS     60000 /* and not before half of its life is over */
#define LIFE_S_DEFAULT      300   /* expires_in is only recommended (RFC 6749 section 5.1) */
#define LIFE_S_MAX          86400
#define ASSERTION_LIFE_S    300

struct token_source {
    struct arena *mem; /* of the configuration */
    struct token_config config;
    struct jose_key *key;  /* NULL: a secret */
    struct str thumbprint; /* of the key's certificate; absent: none */
    struct buf token;      /* empty: none */
    struct mono renew_at;
};

static enum rc take_key(struct token_source *source, struct str pem, struct err *err)
{
    CLEANUP(buf_clear) struct buf thumbprint;
    buf_init(&thumbprint, 64);
    enum rc rc = str_empty(pem) ? RC_OK : jose_key_load_pem(pem, &source->key, err);
    if (rc != RC_OK) {
        err_context(err, "the client's key");
        return rc;
    }
    jose_thumbprint_put(pem, &thumbprint);
    source->thumbprint = thumbprint.n > 0 ? arena_str(source->mem, buf_str(&thumbprint)) : STR_NONE;
    return RC_OK;
}

enum rc token_source_new(const struct token_config *config, struct token_source **ret, struct err *err)
{
    if (str_empty(config->ready)) {
        enum rc rc = fetch_url_check(config->url, err);
        if (rc != RC_OK) {
            err_context(err, "the token URL");
            return rc;
        }
        if (str_empty(config->client_id)) {
            return err_set(err, RC_INVALID, NULL, "no client id is given");
        }
    }
    struct token_source *source = mem_alloc(sizeof(*source));
    struct arena *mem = source != NULL ? arena_new_secret(CONFIG_BYTES_MAX + config->ready.n) : NULL;
    if (mem == NULL) {
        mem_free(source);
        return err_set(err, RC_LIMIT, NULL, "out of memory");
    }
    *source = (struct token_source){
        .mem = mem,
        .config = {.url = arena_str(mem, config->url),
                   .client_id = arena_str(mem, config->client_id),
                   .client_secret = arena_str(mem, config->client_secret),
                   .scope = arena_str(mem, config->scope),
                   .key_id = str_empty(config->key_id) ? STR_NONE : arena_str(mem, config->key_id),
                   .ca_file = arena_str(mem, config->ca_file),
                   .ready = arena_str(mem, config->ready)},
    };
    buf_init(&source->token, TOKEN_BYTES_MAX);
    enum rc rc = take_key(source, config->key_pem, err);
    if (rc == RC_OK && arena_failed(mem)) {
        rc = err_set(err, RC_LIMIT, NULL, "the credentials are longer than %d bytes", CONFIG_BYTES_MAX);
    }
    if (rc != RC_OK) {
        token_source_free(source);
        return rc;
    }
    *ret = source;
    return RC_OK;
}

bool token_drop(struct token_source *source)
{
    if (source->token.p != NULL) {
        mem_wipe(source->token.p, source->token.n);
    }
    buf_reset(&source->token);
    return str_empty(source->config.ready);
}

void token_source_free(struct token_source *source)
{
    if (source != NULL) {
        (void)token_drop(source);
        buf_clear(&source->token);
        jose_key_free(source->key);
        arena_free(source->mem);
        mem_free(source);
    }
}

/* ---- asking ---- */

/* RFC 6749 section 5.2. */
static enum rc refused(const struct fetch_reply *reply, struct arena *mem, struct err *err)
{
    const struct json *root = NULL;
    if (json_parse(reply->body, mem, &root, NULL) != RC_OK) {
        root = NULL;
    }
    struct str word = root != NULL ? json_string(json_pointer(root, STR("/error"))) : STR_NONE;
    struct str said = root != NULL ? json_string(json_pointer(root, STR("/error_description"))) : STR_NONE;
    bool later = reply->status >= 500 || reply->status == 429;
    return err_set(err, later ? RC_BUSY : RC_DENIED, NULL,
                   "the issuer gives no token: status %d %" STR_FMT "%s%" STR_FMT, reply->status,
                   STR_ARG(word), str_empty(said) ? "" : ", ", STR_ARG(said));
}

static enum rc keep(struct token_source *source, const struct fetch_reply *reply, struct arena *mem,
                    struct err *err)
{
    const struct json *root = NULL;
    if (json_parse(reply->body, mem, &root, NULL) != RC_OK) {
        return err_set(err, RC_BUSY, NULL, "the issuer's answer is no JSON");
    }
    struct str token = json_string(json_get(root, STR("access_token")));
    struct str type = json_string(json_get(root, STR("token_type")));
    if (str_empty(token) || !str_eq_ci(type, STR("Bearer"))) {
        return err_set(err, RC_BUSY, NULL, "the issuer's answer has no Bearer token");
    }
    const struct json *life = json_get(root, STR("expires_in"));
    uint64_t seconds = LIFE_S_DEFAULT;
    if (life != NULL && json_type(life) == JSON_STRING) { /* old issuers */
        (void)str_to_u64(json_string(life), LIFE_S_MAX, &seconds);
    } else if (life != NULL && json_int(life) >= 0) {
        seconds = json_int(life) < LIFE_S_MAX ? (uint64_t)json_int(life) : LIFE_S_MAX;
    }
    int64_t ms = (int64_t)seconds * 1000;
    source->renew_at = mono_after(clock_mono(), ms > 2 * RENEW_BEFORE_MS ? ms - RENEW_BEFORE_MS : ms / 2);
    (void)token_drop(source);
    buf_put_str(&source->token, token);
    return buf_failed(&source->token) ? err_set(err, RC_LIMIT, NULL, "the token is too long") : RC_OK;
}

/* RFC 7523 section 3: who is asking, of whom, and until when; a jti of its own each time. */
static enum rc sign_assertion(const struct token_source *source, struct buf *out, struct err *err)
{
    const struct token_config *config = &source->config;
    char id[UUID_TEXT_MAX];
    int64_t now_s = clock_wall().ms / 1000;
    CLEANUP(buf_clear) struct buf claims;
    struct json_out json;
    buf_init(&claims, ASSERTION_BYTES_MAX);
    json_out_init(&json, &claims);
    json_object_begin(&json);
    json_str_member(&json, "iss", config->client_id);
    json_str_member(&json, "sub", config->client_id);
    json_str_member(&json, "aud", config->url);
    json_str_member(&json, "jti", random_uuid(id));
    json_i64_member(&json, "iat", now_s);
    json_i64_member(&json, "exp", now_s + ASSERTION_LIFE_S);
    json_object_end(&json);
    if (buf_failed(&claims)) {
        return err_set(err, RC_LIMIT, NULL, "out of memory");
    }
    return jose_sign(
        source->key,
        &(struct jose_header){.kid = config->key_id, .typ = STR("JWT"), .x5t = source->thumbprint},
        buf_str(&claims), out, err);
}

static enum rc put_credential(const struct token_source *source, struct buf *form, struct err *err)
{
    CLEANUP(buf_clear) struct buf assertion;
    buf_init(&assertion, ASSERTION_BYTES_MAX);
    if (source->key == NULL) {
        fetch_form_put(form, "client_secret", source->config.client_secret);
        return RC_OK;
    }
    enum rc rc = sign_assertion(source, &assertion, err);
    if (rc == RC_OK) {
        fetch_form_put(form, "client_assertion_type",
                       STR("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
        fetch_form_put(form, "client_assertion", buf_str(&assertion));
    }
    return rc;
}

static enum rc ask(struct token_source *source, struct fetch *fetch, struct mono deadline, struct arena *mem,
                   struct err *err)
{
    const struct token_config *config = &source->config;
    struct fetch_reply reply;
    CLEANUP(buf_clear) struct buf form;
    buf_init(&form, 4 * CONFIG_BYTES_MAX);
    fetch_form_put(&form, "grant_type", STR("client_credentials"));
    fetch_form_put(&form, "client_id", config->client_id);
    enum rc rc = put_credential(source, &form, err);
    if (!str_empty(config->scope)) {
        fetch_form_put(&form, "scope", config->scope);
    }
    struct fetch_request request = {
        .url = config->url,
        .ca_file = config->ca_file,
        .body = buf_str(&form),
        .content_type = STR(FETCH_FORM),
        .deadline = deadline,
        .reply_bytes_max = REPLY_BYTES_MAX,
    };
    if (rc == RC_OK) {
        rc = buf_failed(&form) ? err_set(err, RC_LIMIT, NULL, "out of memory")
                               : fetch_wait(fetch, &request, mem, &reply, err);
    }
    if (form.p != NULL) {
        mem_wipe(form.p, form.n);
    }
    if (rc != RC_OK) {
        err_context(err, "no token");
        return rc;
    }
    return reply.status == 200 ? keep(source, &reply, mem, err) : refused(&reply, mem, err);
}

enum rc token_take(struct token_source *source, struct fetch *fetch, struct mono deadline, struct str *ret,
                   struct err *err)
{
    if (!str_empty(source->config.ready)) {
        *ret = source->config.ready;
        return RC_OK;
    }
    if (source->token.n == 0 || clock_mono().ms >= source->renew_at.ms) {
        struct arena *mem = arena_new_secret(8 * REPLY_BYTES_MAX);
        enum rc rc = mem != NULL ? ask(source, fetch, deadline, mem, err)
                                 : err_set(err, RC_LIMIT, NULL, "out of memory");
        arena_free(mem);
        if (rc != RC_OK) {
            return rc;
        }
    }
    *ret = buf_str(&source->token);
    return RC_OK;
}
