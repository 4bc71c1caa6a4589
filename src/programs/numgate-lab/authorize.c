#include "programs/numgate-lab/authorize.h"

#include "common/http/http.h"
#include "programs/numgate-lab/cookie.h"
#include "programs/numgate-lab/directory.h"
#include "programs/numgate-lab/issuer.h"
#include "programs/numgate-lab/page.h"
#include "programs/numgate-lab/redirect.h"
#include "programs/numgate-lab/scope.h"
#include "programs/numgate-lab/session.h"
#include "programs/numgate-lab/signin.h"
#include "programs/numgate-lab/user.h"
#include "programs/numgate-lab/visit.h"

#include "common/base/banned.h"

#define STATE_MAX 4096

enum prompt { PROMPT_WHEN_NEEDED, PROMPT_NONE, PROMPT_ALWAYS };

/* One request, filled by one gate after the other. */
struct asked {
    struct visit *visit;
    struct form form;
    const struct client *client;
    struct str redirect_uri; /* the client's own text */
    struct str state;
    struct str challenge, nonce;
    struct scope scope;
    const struct user *hint; /* NULL: nobody was meant */
    enum prompt prompt;
    bool in_fragment;
    struct str detail; /* what the refusal quotes */
};

static enum refusal refuse(struct asked *asked, enum refusal refusal, struct str detail)
{
    asked->detail = detail;
    return refusal;
}

/* An empty parameter is none (RFC 6749 section 3.1). */
static struct str parameter(const struct asked *asked, const char *name)
{
    struct str value = form_get(&asked->form, name);
    return str_empty(value) ? STR_NONE : value;
}

/* ---- what is said on a page when it is wrong ---- */

static enum refusal read_form(struct asked *asked)
{
    const struct http_request *request = http_request(asked->visit->x);
    struct arena *mem = http_arena(asked->visit->x);
    bool post = request->method == HTTP_POST;
    struct str type = http_header(request, "content-type");
    struct err err;
    if (post && !form_is_sent(type)) {
        return refuse(asked, REFUSAL_NOT_A_FORM, type);
    }
    if (form_parse(post ? request->body : request->query, mem, &asked->form, &err) != RC_OK) {
        return refuse(asked, REFUSAL_BAD_FORM, arena_str(mem, str_of(err.msg)));
    }
    for (size_t i = 0; i < asked->form.count; i++) {
        struct str name = asked->form.fields[i].name;
        for (size_t k = 0; k < i; k++) {
            if (str_eq(asked->form.fields[k].name, name)) {
                return refuse(asked, REFUSAL_REPEATED_FIELD, name);
            }
        }
    }
    return REFUSAL_NONE;
}

static enum refusal find_client(struct asked *asked)
{
    const struct directory *directory = asked->visit->lab->directory;
    struct str tenant_name = visit_segment(asked->visit, 0);
    const struct tenant *tenant = directory_tenant(directory, tenant_name);
    struct str id = parameter(asked, "client_id");
    if (tenant == NULL && !issuer_is_shared(tenant_name)) {
        return refuse(asked, REFUSAL_TENANT_UNKNOWN, tenant_name);
    }
    if (str_absent(id)) {
        return refuse(asked, REFUSAL_PARAMETER_MISSING, STR("client_id"));
    }
    asked->client = directory_client(directory, id);
    if (asked->client == NULL || (tenant != NULL && asked->client->tenant != tenant)) {
        return refuse(asked, REFUSAL_CLIENT_UNKNOWN, id);
    }
    asked->visit->client = asked->client;
    return asked->client->redirect_uri_count > 0 ? REFUSAL_NONE
                                                 : refuse(asked, REFUSAL_CLIENT_NOT_PUBLIC, id);
}

static enum refusal find_redirect_uri(struct asked *asked)
{
    struct str uri = parameter(asked, "redirect_uri");
    if (str_absent(uri)) {
        return refuse(asked, REFUSAL_PARAMETER_MISSING, STR("redirect_uri"));
    }
    asked->redirect_uri = client_redirect_uri(asked->client, uri);
    return str_absent(asked->redirect_uri) ? refuse(asked, REFUSAL_REDIRECT_UNKNOWN, uri) : REFUSAL_NONE;
}

static enum refusal (*const page_gates[])(struct asked *) = {read_form, find_client, find_redirect_uri};

/* ---- what goes back to the redirect URI when it is wrong ---- */

static enum refusal read_state(struct asked *asked)
{
    struct str state = parameter(asked, "state");
    if (state.n > STATE_MAX) {
        return refuse(asked, REFUSAL_PARAMETER, STR("state"));
    }
    asked->state = state;
    return REFUSAL_NONE;
}

static enum refusal read_response(struct asked *asked)
{
    struct str mode = parameter(asked, "response_mode");
    struct str type = parameter(asked, "response_type");
    asked->in_fragment = str_eq(mode, STR("fragment"));
    if (!str_absent(mode) && !asked->in_fragment && !str_eq(mode, STR("query"))) {
        return refuse(asked, REFUSAL_RESPONSE_MODE, mode);
    }
    if (str_absent(type)) {
        return refuse(asked, REFUSAL_PARAMETER_MISSING, STR("response_type"));
    }
    return str_eq(type, STR("code")) ? REFUSAL_NONE : refuse(asked, REFUSAL_RESPONSE_TYPE, type);
}

static enum refusal read_challenge(struct asked *asked)
{
    struct str method = parameter(asked, "code_challenge_method");
    struct str digest;
    asked->challenge = parameter(asked, "code_challenge");
    if (str_absent(asked->challenge)) {
        return refuse(asked, REFUSAL_PARAMETER_MISSING, STR("code_challenge"));
    }
    if (!str_eq(method, STR("S256"))) { /* left out it would mean plain */
        return refuse(asked, REFUSAL_CHALLENGE_METHOD, str_absent(method) ? STR("plain") : method);
    }
    bool fits = asked->challenge.n == SIGNIN_CHALLENGE_SIZE &&
                jose_base64url_decode(asked->challenge, http_arena(asked->visit->x), &digest);
    return fits ? REFUSAL_NONE : refuse(asked, REFUSAL_CHALLENGE_FORM, asked->challenge);
}

static enum refusal read_scope(struct asked *asked)
{
    struct str text = parameter(asked, "scope");
    asked->nonce = parameter(asked, "nonce");
    if (asked->nonce.n > SIGNIN_NONCE_MAX) {
        return refuse(asked, REFUSAL_PARAMETER, STR("nonce"));
    }
    if (str_absent(text)) {
        return refuse(asked, REFUSAL_PARAMETER_MISSING, STR("scope"));
    }
    return scope_read(asked->visit->lab->directory, text, &asked->scope)
               ? REFUSAL_NONE
               : refuse(asked, REFUSAL_SCOPE_USER, text);
}

/* There is nothing to consent to here, so that asking for it is asking for the page. */
static enum refusal read_prompt(struct asked *asked)
{
    struct str text = parameter(asked, "prompt"), rest = text, word;
    size_t words = 0;
    while (str_split(&rest, ' ', &word)) {
        bool none = str_eq(word, STR("none"));
        bool page =
            str_eq(word, STR("login")) || str_eq(word, STR("select_account")) || str_eq(word, STR("consent"));
        if ((!none && !page) || (words++ > 0 && (none || asked->prompt == PROMPT_NONE))) {
            return refuse(asked, REFUSAL_PROMPT, text);
        }
        asked->prompt = none ? PROMPT_NONE : PROMPT_ALWAYS;
    }
    asked->hint = user_hinted(parameter(asked, "login_hint"));
    return REFUSAL_NONE;
}

static enum refusal (*const redirect_gates[])(struct asked *) = {read_state, read_response, read_challenge,
                                                                 read_scope, read_prompt};

/* ---- the answers ---- */

static void begin_redirect(const struct asked *asked, struct redirect *ret)
{
    redirect_init(ret, asked->visit, asked->redirect_uri);
    ret->in_fragment = asked->in_fragment;
}

static void send_refusal(const struct asked *asked, enum refusal refusal)
{
    struct redirect redirect;
    CLEANUP(buf_clear) struct buf text;
    buf_init(&text, 4096);
    visit_put_description(asked->visit, refusal, asked->detail, &text);
    asked->visit->refusal = refusal;
    begin_redirect(asked, &redirect);
    redirect_put(&redirect, "error", str_of(refusal_row(refusal)->error));
    redirect_put(&redirect, "error_description", buf_str(&text));
    redirect_put(&redirect, "state", asked->state);
    redirect_send(&redirect);
}

static void copy_text(struct str text, char *ret)
{
    memcpy(ret, str_absent(text) ? "" : text.p, text.n);
    ret[text.n] = '\0';
}

static struct signin make_signin(const struct asked *asked, const struct session *session)
{
    struct signin signin = {
        .client = asked->client,
        .user = session->user,
        .resource = asked->scope.resource,
        .identifier = asked->scope.identifier,
        .redirect_uri = asked->redirect_uri,
        .since = clock_wall(),
        .openid = asked->scope.openid,
        .offline = asked->scope.offline,
    };
    copy_text(str_of(session->id), signin.session_id);
    copy_text(asked->scope.scp, signin.scp);
    copy_text(asked->nonce, signin.nonce);
    copy_text(asked->challenge, signin.challenge);
    return signin;
}

static void send_code(const struct asked *asked, const struct session *session, struct str set_cookie)
{
    struct signin signin = make_signin(asked, session);
    struct redirect redirect;
    char code[SIGNIN_SECRET_MAX];
    signins_begin(asked->visit->lab->signins, &signin, clock_mono(), code);
    begin_redirect(asked, &redirect);
    redirect.set_cookie = set_cookie;
    redirect_put(&redirect, "code", str_of(code));
    redirect_put(&redirect, "state", asked->state);
    redirect_put(&redirect, "session_state", str_of(session->id));
    redirect_send(&redirect);
}

/* Whoever signs in as somebody else in one browser signs the first one out. */
static void sign_in(const struct asked *asked, const struct user *user, const struct session *old)
{
    const struct lab *lab = asked->visit->lab;
    struct session session;
    char cookie[SESSION_COOKIE_MAX];
    if (old != NULL && old->user == user) {
        sessions_renew(lab->sessions, str_of(old->id), clock_mono());
        send_code(asked, old, STR_NONE);
        return;
    }
    if (old != NULL) {
        sessions_end(lab->sessions, str_of(old->id));
        (void)signins_end_session(lab->signins, str_of(old->id));
    }
    sessions_begin(lab->sessions, user, clock_mono(), &session, cookie);
    send_code(asked, &session, cookie_setting(http_arena(asked->visit->x), cookie));
}

static void answer(struct asked *asked)
{
    struct visit *visit = asked->visit;
    const struct http_request *request = http_request(visit->x);
    struct session session;
    bool found = sessions_find(visit->lab->sessions, cookie_of(request), clock_mono(), &session);
    struct str name = request->method == HTTP_POST ? parameter(asked, "user") : STR_NONE;
    if (!str_absent(name)) {
        const struct user *user = user_find(name);
        if (user != NULL) {
            sign_in(asked, user, found ? &session : NULL);
        } else {
            page_send_refusal(visit, REFUSAL_USER_UNKNOWN, name);
        }
        return;
    }
    bool fits = found && (asked->hint == NULL || asked->hint == session.user);
    if (fits && asked->prompt != PROMPT_ALWAYS) {
        send_code(asked, &session, STR_NONE);
        return;
    }
    if (asked->prompt == PROMPT_NONE) {
        send_refusal(asked, REFUSAL_LOGIN_REQUIRED);
        return;
    }
    page_send_signin(visit, &(struct page_signin){&asked->form, asked->hint, client_label(asked->client),
                                                  asked->redirect_uri});
}

void authorize_serve(struct visit *visit)
{
    struct asked asked = {.visit = visit, .detail = STR_NONE};
    for (size_t i = 0; i < ARRAY_LEN(page_gates); i++) {
        enum refusal refusal = page_gates[i](&asked);
        if (refusal != REFUSAL_NONE) {
            page_send_refusal(visit, refusal, asked.detail);
            return;
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(redirect_gates); i++) {
        enum refusal refusal = redirect_gates[i](&asked);
        if (refusal != REFUSAL_NONE) {
            send_refusal(&asked, refusal);
            return;
        }
    }
    answer(&asked);
}
