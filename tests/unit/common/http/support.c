#include "support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/base/mem.h"

#include "common/base/banned.h"

/* ---- the application ---- */

static void say(struct http_exchange *x, int status, struct str body)
{
    const struct http_header headers[] = {{STR("Content-Type"), STR("text/plain")}};
    http_reply(x,
               &(struct http_reply){.status = status, .headers = headers, .header_count = 1, .body = body});
}

static void echo_next(struct http_exchange *x)
{
    say(x, 200, http_request(x)->body);
}

static void waited_next(struct http_exchange *x)
{
    say(x, 200,
        http_request(x)->has_body && !str_absent(http_request(x)->body) ? http_request(x)->body
                                                                        : STR("waited"));
}

static void gate_next(struct http_exchange *x)
{
    http_read_body(x, echo_next);
}

static void keep(struct rig *r, struct http_ticket **list, size_t *count, struct http_ticket *ticket)
{
    pthread_mutex_lock(&r->lock);
    assert_true(*count < TICKETS_MAX);
    list[(*count)++] = ticket;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

static void wait_head(struct http_exchange *x)
{
    struct rig *r = http_user(x);
    keep(r, r->tickets, &r->ticket_count, http_suspend(x, waited_next));
}

static void later_head(struct http_exchange *x, http_next *next)
{
    struct rig *r = http_user(x);
    keep(r, r->later, &r->later_count, http_suspend(x, next));
}

static void fault(struct http_exchange *x, enum http_fault fault)
{
    http_reply(x, &(struct http_reply){.status = 200, .body = STR("0123456789"), .fault = fault});
}

static void head(void *arg, struct http_exchange *x)
{
    struct rig *r = arg;
    struct str path = http_request(x)->path;
    http_set_user(x, r);
    pthread_mutex_lock(&r->lock);
    r->heads++;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    if (str_eq(path, STR("/hello"))) {
        say(x, 200, STR("hello"));
    } else if (str_eq(path, STR("/echo"))) {
        http_read_body(x, echo_next);
    } else if (str_eq(path, STR("/early"))) {
        say(x, 401, STR("early"));
    } else if (str_eq(path, STR("/close"))) {
        http_reply(x, &(struct http_reply){.status = 200, .body = STR("bye"), .close = true});
    } else if (str_eq(path, STR("/204"))) {
        say(x, 204, STR("nothing"));
    } else if (str_eq(path, STR("/304"))) {
        say(x, 304, STR("nothing"));
    } else if (str_eq(path, STR("/big"))) {
        say(x, 200, (struct str){r->big, BIG_BYTES});
    } else if (str_eq(path, STR("/wait"))) {
        wait_head(x);
    } else if (str_eq(path, STR("/body-wait"))) {
        http_read_body(x, wait_head);
    } else if (str_eq(path, STR("/later"))) {
        later_head(x, waited_next);
    } else if (str_eq(path, STR("/gate"))) {
        later_head(x, gate_next);
    } else if (str_eq(path, STR("/reset"))) {
        fault(x, HTTP_FAULT_RESET);
    } else if (str_eq(path, STR("/cut"))) {
        fault(x, HTTP_FAULT_CUT);
    } else {
        say(x, 404, path);
    }
}

static void refused(void *arg, struct http_exchange *x UNUSED, const char *reason, struct arena *mem,
                    struct http_reply *reply)
{
    struct rig *r = arg;
    reply->body = arena_printf(mem, "refused: %s", reason);
    pthread_mutex_lock(&r->lock);
    r->refused++;
    snprintf(r->reason, sizeof r->reason, "%s", reason);
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

static void finished(void *arg, struct http_exchange *x UNUSED, const struct http_outcome *outcome)
{
    struct rig *r = arg;
    pthread_mutex_lock(&r->lock);
    r->finished++;
    r->aborted += outcome->aborted;
    r->by_deadline += outcome->by_deadline;
    r->last = *outcome;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
}

/* Resumes in groups, as a commit would. */
static void *worker_main(void *arg)
{
    struct rig *r = arg;
    struct http_ticket *group[TICKETS_MAX];
    pthread_mutex_lock(&r->lock);
    while (!r->stop || r->later_count > 0) {
        size_t n = r->later_count;
        if (n == 0) {
            pthread_cond_wait(&r->changed, &r->lock);
            continue;
        }
        memcpy(group, r->later, n * sizeof(group[0]));
        r->later_count = 0;
        pthread_mutex_unlock(&r->lock);
        for (size_t i = 0; i < n; i++) {
            http_resume(group[i]);
        }
        pthread_mutex_lock(&r->lock);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

/* ---- the server ---- */

void rig_certificate(const char *certificate, const char *key, const char *name)
{
    EVP_PKEY *pair = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), 0);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, pair);
    X509_NAME *subject = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(x, subject);
    assert_true(X509_sign(x, pair, EVP_sha256()) > 0);
    FILE *f = fopen(certificate, "w");
    assert_true(f != NULL && PEM_write_X509(f, x) == 1 && fclose(f) == 0);
    f = fopen(key, "w");
    assert_true(f != NULL && PEM_write_PrivateKey(f, pair, NULL, NULL, 0, NULL, NULL) == 1 && fclose(f) == 0);
    X509_free(x);
    EVP_PKEY_free(pair);
}

void rig_short(struct http_config *config)
{
    struct http_limits *l = &config->limits;
    l->handshake_ms = l->header_ms = l->body_ms = l->reply_ms = l->idle_ms = l->request_ms = RIG_MS;
}

static void files_make(struct rig *r)
{
    snprintf(r->folder, sizeof r->folder, "/tmp/http-test-XXXXXX");
    assert_non_null(mkdtemp(r->folder));
    snprintf(r->certificate, sizeof r->certificate, "%s/certificate", r->folder);
    snprintf(r->key, sizeof r->key, "%s/key", r->folder);
    rig_certificate(r->certificate, r->key, "first");
}

void rig_start(struct rig *r, void (*change)(struct http_config *))
{
    struct err err = {0};
    if (r->server != NULL) { /* its threads would disturb every test from here on */
        print_error("the test before left its server running\n");
        exit(1);
    }
    *r = (struct rig){0};
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->changed, NULL);
    files_make(r);
    r->big = mem_alloc(BIG_BYTES);
    memset(r->big, 'b', BIG_BYTES);
    r->metrics = metrics_new();
    r->app = (struct http_app){r, head, refused, finished};
    struct http_listen listen[2] = {{.app = &r->app}, {.tls = true, .app = &r->app}};
    assert_true(net_parse(STR("127.0.0.1"), &listen[0].addr));
    listen[1].addr = listen[0].addr;
    struct http_config config = {.listen = listen,
                                 .listen_count = 2,
                                 .threads = 2,
                                 .tls_certificate = r->certificate,
                                 .tls_key = r->key,
                                 .metrics = r->metrics,
                                 .name = "test"};
    http_limits_default(&config.limits);
    config.limits.drain_ms = 160; /* a grace of 40: most tests end with nothing in flight */
    if (change != NULL) {
        change(&config);
    }
    if (http_server_new(&config, &r->server, &err) != RC_OK || http_server_start(r->server, &err) != RC_OK) {
        fail_msg("%s", err.msg);
    }
    r->port = http_server_port(r->server, 0);
    r->tls_port = http_server_port(r->server, 1);
    r->client_tls = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_options(r->client_tls, SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(r->client_tls, SSL_MODE_AUTO_RETRY);
    assert_int_equal(pthread_create(&r->worker, NULL, worker_main, r), 0);
}

void rig_resume_all(struct rig *r)
{
    pthread_mutex_lock(&r->lock);
    for (size_t i = 0; i < r->ticket_count; i++) {
        http_resume(r->tickets[i]);
    }
    r->ticket_count = 0;
    pthread_mutex_unlock(&r->lock);
}

void rig_stop(struct rig *r)
{
    rig_resume_all(r);
    (void)http_server_drain(r->server);
    rig_resume_all(r);
    pthread_mutex_lock(&r->lock);
    r->stop = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->worker, NULL);
    assert_int_equal(r->heads, r->finished); /* each exactly once */
    assert_int_equal(rig_metric(r, HTTP_METRIC_CONNECTIONS, NULL), 0);
    http_server_free(TAKE(r->server));
    metrics_free(r->metrics);
    SSL_CTX_free(r->client_tls);
    mem_free(r->big);
    (void)unlink(r->certificate);
    (void)unlink(r->key);
    (void)rmdir(r->folder);
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
}

static bool wait_change(struct rig *r, const struct timespec *until)
{
    return pthread_cond_timedwait(&r->changed, &r->lock, until) == 0;
}

static struct timespec ten_seconds(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    return until;
}

void rig_await(struct rig *r, const unsigned *counter, unsigned n)
{
    struct timespec until = ten_seconds();
    bool fine = true;
    pthread_mutex_lock(&r->lock);
    while (*counter < n && fine) {
        fine = wait_change(r, &until);
    }
    pthread_mutex_unlock(&r->lock);
    assert_true(fine);
}

unsigned rig_read(struct rig *r, const unsigned *counter)
{
    pthread_mutex_lock(&r->lock);
    unsigned n = *counter;
    pthread_mutex_unlock(&r->lock);
    return n;
}

void rig_await_tickets(struct rig *r, size_t n)
{
    struct timespec until = ten_seconds();
    bool fine = true;
    pthread_mutex_lock(&r->lock);
    while (r->ticket_count < n && fine) {
        fine = wait_change(r, &until);
    }
    pthread_mutex_unlock(&r->lock);
    assert_true(fine);
}

int64_t rig_metric(struct rig *r, enum http_metric row, const char *value)
{
    const char *const values[] = {"test", value, NULL};
    return metric_value(metrics_series(r->metrics, &http_metrics[row], values));
}

/* ---- the client ---- */

bool client_open_from(struct client *c, struct rig *r, bool tls, const char *source)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons(tls ? r->tls_port : r->port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = inet_addr(source)};
    const struct timeval short_time = {.tv_usec = 300000}, long_time = {.tv_sec = 10};
    const int on = 1;
    *c = (struct client){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    assert_int_equal(bind(c->fd, (struct sockaddr *)&from, sizeof from), 0);
    setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &short_time, sizeof short_time); /* of connect, too */
    setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &long_time, sizeof long_time);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* requests are sent in parts */
    bool connected = connect(c->fd, (struct sockaddr *)&to, sizeof to) == 0;
    setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &long_time, sizeof long_time);
    if (connected && tls) {
        c->tls = SSL_new(r->client_tls);
        SSL_set_fd(c->tls, c->fd);
        connected = SSL_connect(c->tls) == 1;
    }
    if (!connected) {
        client_close(c);
    }
    return connected;
}

void client_open(struct client *c, struct rig *r, bool tls)
{
    assert_true(client_open_from(c, r, tls, "127.0.0.1"));
}

bool client_send(struct client *c, const void *bytes, size_t n)
{
    const char *p = bytes;
    while (n > 0) {
        ssize_t sent = c->tls != NULL ? SSL_write(c->tls, p, (int)n) : send(c->fd, p, n, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        p += sent;
        n -= (size_t)sent;
    }
    return true;
}

void client_say(struct client *c, const char *text)
{
    assert_true(client_send(c, text, strlen(text)));
}

/* Receives some more; 0 at the end, -1 after a reset. */
static ssize_t more(struct client *c)
{
    if (c->cap - c->n < 65536) {
        c->cap = 2 * c->cap + 131072;
        c->in = mem_grow(c->in, c->cap);
    }
    errno = 0;
    ssize_t n = c->tls != NULL ? SSL_read(c->tls, c->in + c->n, 65536) : recv(c->fd, c->in + c->n, 65536, 0);
    if (n <= 0) {
        return errno == ECONNRESET ? -1 : 0;
    }
    c->n += (size_t)n;
    return n;
}

static const char *head_end(const struct client *c)
{
    return c->n == 0 ? NULL : memmem(c->in, c->n, "\r\n\r\n", 4);
}

static size_t content_length(const char *head)
{
    const char *line = strstr(head, "\r\nContent-Length: ");
    return line == NULL ? 0 : strtoul(line + 18, NULL, 10);
}

static void take(struct client *c, size_t n)
{
    memmove(c->in, c->in + n, c->n - n);
    c->n -= n;
}

struct answer client_answer(struct client *c, bool head_only)
{
    struct answer a = {0};
    ssize_t got = 1;
    while (head_end(c) == NULL && got > 0) {
        got = more(c);
    }
    const char *end = head_end(c);
    if (end == NULL) {
        a.reset = got < 0;
        return a;
    }
    size_t head_n = (size_t)(end - c->in) + 4;
    snprintf(a.head, sizeof a.head, "%.*s", (int)head_n, c->in);
    size_t body_n = head_only ? 0 : content_length(a.head);
    while (c->n < head_n + body_n && got > 0) {
        got = more(c);
    }
    a.reset = got < 0;
    a.body_n = c->n - head_n < body_n ? c->n - head_n : body_n;
    snprintf(a.body, sizeof a.body, "%.*s", (int)(a.body_n < 255 ? a.body_n : 255), c->in + head_n);
    take(c, head_n + a.body_n);
    a.status = a.body_n == body_n ? (int)strtol(a.head + 9, NULL, 10) : 0;
    return a;
}

struct answer client_ask(struct client *c, const char *text)
{
    client_say(c, text);
    return client_answer(c, false);
}

bool client_ended(struct client *c)
{
    return c->n == 0 && more(c) == 0;
}

bool client_readable(struct client *c, int ms)
{
    struct pollfd p = {.fd = c->fd, .events = POLLIN};
    return poll(&p, 1, ms) == 1;
}

void client_half_close(struct client *c)
{
    if (c->tls != NULL) {
        (void)SSL_shutdown(c->tls);
    }
    (void)shutdown(c->fd, SHUT_WR);
}

void client_close(struct client *c)
{
    SSL_free(c->tls);
    (void)close(c->fd);
    mem_free(c->in);
    *c = (struct client){.fd = -1};
}

void client_reset(struct client *c)
{
    const struct linger at_once = {.l_onoff = 1};
    (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    client_close(c);
}

bool answer_has(const struct answer *a, const char *line)
{
    return strstr(a->head, line) != NULL;
}
