/* What people see: the sign-in page, the page after a sign-out, and errors that must not go to a redirect URI. HTML without a
 * script, under a policy that allows nothing but its own style and a form to itself. */
#pragma once
#include "programs/numgate-lab/form.h"
#include "programs/numgate-lab/refusal.h"

struct user;
struct visit;

struct page_signin {
    const struct form *form; /* what the client asked, to be sent again with the name of the user */
    const struct user *hint; /* whose button comes first to hand; NULL: nobody's */
    struct str client_name;
    struct str redirect_uri; /* where the browser may go after the form */
};
void page_send_signin(struct visit *visit, const struct page_signin *page);
void page_send_signed_out(struct visit *visit, struct str set_cookie);
void page_send_refusal(struct visit *visit, enum refusal refusal, struct str detail);
