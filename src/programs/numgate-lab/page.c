#include "programs/numgate-lab/page.h"

#include "common/jose/jose.h"
#include "programs/numgate-lab/directory.h"
#include "programs/numgate-lab/user.h"
#include "programs/numgate-lab/visit.h"

#include "common/base/banned.h"

#define PAGE_MAX (512 * 1024) /* a form of VISIT_BODY_MAX, escaped */

static const char style[] =
    ":root{color-scheme:light dark}"
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:26rem;margin:3rem auto;padding:0 1rem}"
    "h1{font-size:1.3rem}"
    "button{display:block;width:100%;margin:.5rem 0;padding:.6rem .8rem;font:inherit;text-align:start}"
    "small{display:block}";

/* Text in an element or between double quotes. */
static void put_text(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.n; i++) {
        switch (text.p[i]) {
        case '&':
            buf_put_str(out, STR("&amp;"));
            break;
        case '<':
            buf_put_str(out, STR("&lt;"));
            break;
        case '>':
            buf_put_str(out, STR("&gt;"));
            break;
        case '"':
            buf_put_str(out, STR("&quot;"));
            break;
        default:
            buf_put_char(out, text.p[i]);
        }
    }
}

static struct str make_nonce(struct arena *mem)
{
    uint8_t bytes[18];
    CLEANUP(buf_clear) struct buf text;
    random_bytes(bytes, sizeof bytes);
    buf_init(&text, 64);
    jose_base64url_put(&text, (struct str){(const char *)bytes, sizeof bytes});
    return arena_str(mem, buf_str(&text));
}

static void begin(struct buf *out, struct str nonce, const char *title)
{
    buf_init(out, PAGE_MAX);
    buf_printf(out,
               "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>%s</title>"
               "<meta name=\"viewport\" content=\"width=device-width\">\n<style nonce=\"%" STR_FMT
               "\">%s</style></head>\n<body><main>\n<h1>%s</h1>\n",
               title, STR_ARG(nonce), style, title);
}

/* Browsers hold what follows a form against form-action too, so the redirect URI's origin is in it. */
static struct str make_policy(struct arena *mem, struct str nonce, struct str form_origin)
{
    return arena_printf(mem,
                        "default-src 'none'; style-src 'nonce-%" STR_FMT "'; form-action 'self' %" STR_FMT
                        "; base-uri 'none'; frame-ancestors 'none'",
                        STR_ARG(nonce), STR_ARG(form_origin));
}

static void finish(struct visit *visit, int status, struct buf *body, struct str policy,
                   struct str set_cookie)
{
    const struct http_header headers[] = {
        {STR("Content-Type"), STR("text/html; charset=utf-8")},
        {STR("Content-Security-Policy"), policy},
        {STR("Cross-Origin-Opener-Policy"), STR("same-origin")},
        {STR("X-Content-Type-Options"), STR("nosniff")},
        {STR("Referrer-Policy"), STR("no-referrer")},
        {STR("Set-Cookie"), set_cookie},
    };
    buf_put_str(body, STR("</main></body>\n</html>\n"));
    visit_send(visit, status, headers, ARRAY_LEN(headers) - str_absent(set_cookie), body);
}

static void put_hidden(struct buf *out, const struct form *form)
{
    for (size_t i = 0; i < form->count; i++) {
        if (str_eq(form->fields[i].name, STR("user"))) {
            continue;
        }
        buf_put_str(out, STR("<input type=\"hidden\" name=\""));
        put_text(out, form->fields[i].name);
        buf_put_str(out, STR("\" value=\""));
        put_text(out, form->fields[i].value);
        buf_put_str(out, STR("\">\n"));
    }
}

static void put_roles(struct buf *out, const struct user *user)
{
    buf_put_str(out, user->role_count == 0 ? STR("no role") : STR(""));
    for (size_t i = 0; i < user->role_count; i++) {
        struct str role = user->roles[i];
        buf_put_str(out, i > 0 ? STR(", ") : STR(""));
        buf_put_str(out, str_slice(role, (size_t)str_find(role, '.') + 1, role.n - strlen("User")));
    }
}

static void put_button(struct buf *out, const struct user *user, bool hinted)
{
    buf_printf(out, "<button name=\"user\" value=\"%" STR_FMT "\"%s>%" STR_FMT "<small>", STR_ARG(user->name),
               hinted ? " autofocus" : "", STR_ARG(user->display_name));
    put_roles(out, user);
    buf_put_str(out, STR("</small></button>\n"));
}

/* The address without the query: all that was asked is in the form. */
void page_send_signin(struct visit *visit, const struct page_signin *page)
{
    struct arena *mem = http_arena(visit->x);
    struct str nonce = make_nonce(mem);
    struct buf body;
    begin(&body, nonce, "Sign in");
    buf_put_str(&body, STR("<p>numgate-lab has no passwords. Who are you to "));
    put_text(&body, page->client_name);
    buf_put_str(&body, STR("?</p>\n<form method=\"post\" action=\""));
    put_text(&body, http_request(visit->x)->path);
    buf_put_str(&body, STR("\">\n"));
    put_hidden(&body, page->form);
    for (size_t i = 0; user_at(i) != NULL; i++) {
        put_button(&body, user_at(i), user_at(i) == page->hint);
    }
    buf_put_str(&body, STR("</form>\n"));
    finish(visit, 200, &body, make_policy(mem, nonce, uri_origin(page->redirect_uri)), STR_NONE);
}

void page_send_signed_out(struct visit *visit, struct str set_cookie)
{
    struct arena *mem = http_arena(visit->x);
    struct str nonce = make_nonce(mem);
    struct buf body;
    begin(&body, nonce, "Signed out");
    buf_put_str(&body, STR("<p>You may close this page.</p>\n"));
    finish(visit, 200, &body, make_policy(mem, nonce, STR("")), set_cookie);
}

void page_send_refusal(struct visit *visit, enum refusal refusal, struct str detail)
{
    struct arena *mem = http_arena(visit->x);
    struct str nonce = make_nonce(mem);
    struct buf body, text;
    visit->refusal = refusal;
    begin(&body, nonce, "This does not work");
    buf_init(&text, VISIT_REPLY_MAX);
    visit_put_description(visit, refusal, detail, &text);
    buf_put_str(&body, STR("<p>"));
    put_text(&body, buf_str(&text));
    buf_put_str(&body, STR("</p>\n"));
    buf_clear(&text);
    finish(visit, refusal_row(refusal)->status, &body, make_policy(mem, nonce, STR("")), STR_NONE);
}
