/* The admin port of a program: /live, /ready (with the reason when not) and /metrics, for the operator's own machines. Without TLS
 * and without access control, so on loopback only. */
#pragma once
#include "common/http/http.h"

struct http_admin_config {
    struct str listen;       /* "http://127.0.0.1:9443" */
    struct metrics *metrics; /* served, and where the port's own are counted */
    /* On the server's loop. False: *ret_why is static text. */
    bool (*ready)(void *arg, const char **ret_why);
    void *arg;
};
struct http_admin;

/* RC_INVALID: not http://, not an address with a port, or not loopback. */
MUST_USE enum rc http_admin_listen(struct str text, struct net_addr *ret, struct err *err);
/* Listens and answers. What config names must outlive it, the text excepted. */
MUST_USE enum rc http_admin_start(const struct http_admin_config *config, struct http_admin **ret,
                                  struct err *err);
/* Answers nothing more; a scrape that is cut off loses nothing. NULL is fine, for both. */
void http_admin_drain(struct http_admin *admin);
void http_admin_free(struct http_admin *admin);
