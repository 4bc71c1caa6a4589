#include "programs/numgate-lab/logout.h"

#include "common/http/http.h"
#include "common/json/read.h"
#include "programs/numgate-lab/cookie.h"
#include "programs/numgate-lab/directory.h"
#include "programs/numgate-lab/issuer.h"
#include "programs/numgate-lab/keyring.h"
#include "programs/numgate-lab/page.h"
#include "programs/numgate-lab/redirect.h"
#include "programs/numgate-lab/session.h"
#include "programs/numgate-lab/signin.h"
#include "programs/numgate-lab/visit.h"

#include "common/base/banned.h"

#define STATE_MAX 4096

struct leaving {
    struct visit *visit;
    struct form form;
    const struct client *client; /* NULL: not named */
    struct str hinted_client;    /* absent: there is no hint */
    struct str hinted_session;   /* the same */
    struct str redirect_uri;     /* absent: none */
    struct str detail;
};

static enum refusal refuse(struct leaving *leaving, enum refusal refusal, struct str detail)
{
    leaving->detail = detail;
    return refusal;
}

static struct str parameter(const struct leaving *leaving, const char *name)
{
    struct str value = form_get(&leaving->form, name);
    return str_empty(value) ? STR_NONE : value;
}

static enum refusal read_form(struct leaving *leaving)
{
    const struct http_request *request = http_request(leaving->visit->x);
    struct arena *mem = http_arena(leaving->visit->x);
    bool post = request->method == HTTP_POST;
    struct str tenant = visit_segment(leaving->visit, 0);
    struct err err;
    if (directory_tenant(leaving->visit->lab->directory, tenant) == NULL && !issuer_is_shared(tenant)) {
        return refuse(leaving, REFUSAL_TENANT_UNKNOWN, tenant);
    }
    if (post && !form_is_sent(http_header(request, "content-type"))) {
        return refuse(leaving, REFUSAL_NOT_A_FORM, http_header(request, "content-type"));
    }
    if (form_parse(post ? request->body : request->query, mem, &leaving->form, &err) != RC_OK) {
        return refuse(leaving, REFUSAL_BAD_FORM, arena_str(mem, str_of(err.msg)));
    }
    return parameter(leaving, "state").n <= STATE_MAX ? REFUSAL_NONE
                                                      : refuse(leaving, REFUSAL_PARAMETER, STR("state"));
}

/* A hint may be long over: it says who, not that it may. */
static enum refusal read_hint(struct leaving *leaving)
{
    struct str text = parameter(leaving, "id_token_hint");
    struct arena *mem = http_arena(leaving->visit->x);
    struct jose_token token;
    const struct json *claims;
    if (str_absent(text)) {
        return REFUSAL_NONE;
    }
    if (jose_parse(text, mem, &token) != JOSE_OK ||
        keyring_verify(leaving->visit->lab->keyring, &token) != JOSE_OK ||
        json_parse(token.payload, mem, &claims, NULL) != RC_OK) {
        return REFUSAL_HINT;
    }
    leaving->hinted_client = json_string(json_get(claims, STR("aud")));
    leaving->hinted_session = json_string(json_get(claims, STR("sid")));
    return str_absent(leaving->hinted_client) || str_absent(leaving->hinted_session) ? REFUSAL_HINT
                                                                                     : REFUSAL_NONE;
}

static enum refusal find_client(struct leaving *leaving)
{
    struct str id = parameter(leaving, "client_id");
    bool differ =
        !str_absent(id) && !str_absent(leaving->hinted_client) && !str_eq_ci(id, leaving->hinted_client);
    if (differ) {
        return refuse(leaving, REFUSAL_PARAMETER, STR("client_id"));
    }
    id = str_absent(id) ? leaving->hinted_client : id;
    if (str_absent(id)) {
        return REFUSAL_NONE;
    }
    leaving->client = directory_client(leaving->visit->lab->directory, id);
    leaving->visit->client = leaving->client;
    return leaving->client != NULL ? REFUSAL_NONE : refuse(leaving, REFUSAL_CLIENT_UNKNOWN, id);
}

static enum refusal find_redirect_uri(struct leaving *leaving)
{
    const struct directory *directory = leaving->visit->lab->directory;
    struct str uri = parameter(leaving, "post_logout_redirect_uri");
    struct str found = STR_NONE;
    if (str_absent(uri)) {
        return REFUSAL_NONE;
    }
    for (size_t i = 0; str_absent(found) && i < directory->client_count; i++) {
        bool meant = leaving->client == NULL || leaving->client == &directory->clients[i];
        found = meant ? client_redirect_uri(&directory->clients[i], uri) : STR_NONE;
    }
    leaving->redirect_uri = found;
    return str_absent(found) ? refuse(leaving, REFUSAL_REDIRECT_UNKNOWN, uri) : REFUSAL_NONE;
}

static enum refusal (*const gates[])(struct leaving *) = {read_form, read_hint, find_client,
                                                          find_redirect_uri};

static void end_session(const struct lab *lab, struct str id)
{
    sessions_end(lab->sessions, id);
    (void)signins_end_session(lab->signins, id);
}

static void end_all(const struct leaving *leaving)
{
    const struct lab *lab = leaving->visit->lab;
    struct session session;
    struct str cookie = cookie_of(http_request(leaving->visit->x));
    if (sessions_find(lab->sessions, cookie, clock_mono(), &session)) {
        end_session(lab, str_of(session.id));
    }
    if (!str_absent(leaving->hinted_session)) {
        end_session(lab, leaving->hinted_session);
    }
}

static void answer(const struct leaving *leaving)
{
    struct redirect redirect;
    if (str_absent(leaving->redirect_uri)) {
        page_send_signed_out(leaving->visit, cookie_clearing());
        return;
    }
    redirect_init(&redirect, leaving->visit, leaving->redirect_uri);
    redirect.set_cookie = cookie_clearing();
    redirect_put(&redirect, "state", parameter(leaving, "state"));
    redirect_send(&redirect);
}

void logout_serve(struct visit *visit)
{
    struct leaving leaving = {.visit = visit,
                              .hinted_client = STR_NONE,
                              .hinted_session = STR_NONE,
                              .redirect_uri = STR_NONE,
                              .detail = STR_NONE};
    for (size_t i = 0; i < ARRAY_LEN(gates); i++) {
        enum refusal refusal = gates[i](&leaving);
        if (refusal != REFUSAL_NONE) {
            page_send_refusal(visit, refusal, leaving.detail);
            return;
        }
    }
    end_all(&leaving);
    answer(&leaving);
}
