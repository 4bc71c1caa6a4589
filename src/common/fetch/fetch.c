/* One thread drives a curl multi handle. A request is a struct job: made by the caller's thread, put on the
 * incoming list, taken over by fetch's thread, which alone touches it from then on, and freed there after its
 * done(). */
#include "common/fetch/fetch.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>

#include "common/base/file.h"
#include "common/base/limits.h"
#include "common/base/mem.h"
#include "common/base/net.h"

#include "common/base/banned.h"

#define URL_BYTES_MAX      4096
#define CA_BYTES_MAX       (16 * 1024 * 1024)
#define HEADERS_MAX        100 /* of a reply; more are left out */
#define RETRY_AFTER_MS_MAX (86400 * INT64_C(1000))
#define POLL_MS_MAX        1000 /* curl wakes earlier for its own timers and for curl_multi_wakeup() */

struct job {
    struct job *next, **link; /* link: what points at this one */
    CURL *easy;
    struct curl_slist *headers, *address;
    char *method, *url, *target, *body, *ca_file;
    size_t body_bytes;
    bool fresh, tell_uncertain, bare;
    struct buf reply;
    bool too_long;
    struct mono deadline;
    fetch_done *done;
    void *arg;
    char why[CURL_ERROR_SIZE];
};

struct fetch {
    CURLM *multi;
    pthread_t thread;
    pthread_mutex_t lock; /* guards incoming, stopping, cancelled */
    struct job *incoming;
    bool stopping, cancelled;
    struct job *active; /* the thread's own */
};

/* ---- what may be asked ---- */

static bool is_plain_ascii(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] <= ' ' || s.p[i] >= 0x7F) {
            return false;
        }
    }
    return true;
}

static bool host_is_loopback(CURLU *url)
{
    char *host = NULL;
    if (curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK) {
        return false;
    }
    struct str text = str_of(host);
    if (text.n > 2 && text.p[0] == '[') {
        text = str_slice(text, 1, text.n - 1);
    }
    struct net_addr addr;
    bool loopback = str_eq_ci(text, STR("localhost")) || (net_parse(text, &addr) && net_is_loopback(&addr));
    curl_free(host);
    return loopback;
}

static bool part_is(CURLU *url, CURLUPart part, const char *value)
{
    char *text = NULL;
    bool same = curl_url_get(url, part, &text, 0) == CURLUE_OK
                    ? value != NULL && str_eq(str_of(text), str_of(value))
                    : value == NULL;
    curl_free(text);
    return same;
}

static enum rc check_parts(CURLU *url, struct str text, struct err *err)
{
    bool https = part_is(url, CURLUPART_SCHEME, "https");
    if (!https && !part_is(url, CURLUPART_SCHEME, "http")) {
        return err_set(err, RC_INVALID, NULL, "%" STR_FMT " is neither https:// nor http://", STR_ARG(text));
    }
    if (!part_is(url, CURLUPART_FRAGMENT, NULL)) {
        return err_set(err, RC_INVALID, NULL, "%" STR_FMT " has a fragment", STR_ARG(text));
    }
    if (!https && !host_is_loopback(url)) {
        return err_set(err, RC_INVALID, NULL, "%" STR_FMT " is not https:// and its host is not loopback",
                       STR_ARG(text));
    }
    return RC_OK;
}

enum rc fetch_url_check(struct str url, struct err *err)
{
    if (url.n == 0 || url.n > URL_BYTES_MAX || !is_plain_ascii(url)) {
        return err_set(err, RC_INVALID, NULL, "a URL is 1 to %d printable ASCII characters without blanks",
                       URL_BYTES_MAX);
    }
    CURLU *parts = curl_url();
    char *text = mem_dup(url.p, url.n);
    enum rc rc = parts == NULL || text == NULL ? err_set(err, RC_LIMIT, NULL, "out of memory")
                 : curl_url_set(parts, CURLUPART_URL, text, CURLU_DISALLOW_USER) != CURLUE_OK
                     ? err_set(err, RC_INVALID, NULL, "not an absolute URL without a user name")
                     : check_parts(parts, url, err);
    mem_free(text);
    curl_url_cleanup(parts);
    return rc;
}

enum rc fetch_ca_check(struct str path, struct err *err)
{
    if (str_empty(path)) {
        return RC_OK;
    }
    CLEANUP(arena_freep) struct arena *mem = arena_new(2 * CA_BYTES_MAX);
    const char *name = mem != NULL ? arena_cstr(mem, path) : NULL;
    struct str content;
    enum rc rc = name == NULL ? err_set(err, RC_LIMIT, NULL, "out of memory")
                              : file_read(name, CA_BYTES_MAX, mem, &content, err);
    return rc == RC_OK && !str_contains(content, STR("-----BEGIN"))
               ? err_set(err, RC_INVALID, NULL, "%s: no certificate in PEM form", name)
               : rc;
}

static bool header_is_clean(const struct fetch_header *header)
{
    for (size_t i = 0; i < header->value.n; i++) {
        unsigned char c = (unsigned char)header->value.p[i];
        if ((c < ' ' && c != '\t') || c == 0x7F) {
            return false;
        }
    }
    return header->name.n > 0 && is_plain_ascii(header->name) && str_find(header->name, ':') < 0;
}

/* ---- jobs ---- */

static void wipe_free(char *text, size_t n)
{
    if (text != NULL) {
        mem_wipe(text, n);
        mem_free(text);
    }
}

static void job_free(struct job *job)
{
    if (job == NULL) {
        return;
    }
    curl_easy_cleanup(job->easy);
    for (struct curl_slist *h = job->headers; h != NULL; h = h->next) {
        mem_wipe(h->data, strlen(h->data)); /* may be credentials */
    }
    curl_slist_free_all(job->headers);
    curl_slist_free_all(job->address);
    wipe_free(job->body, job->body_bytes);
    mem_free(job->method);
    mem_free(job->url);
    mem_free(job->target);
    mem_free(job->ca_file);
    if (job->reply.p != NULL) {
        mem_wipe(job->reply.p, job->reply.n);
    }
    buf_clear(&job->reply);
    mem_free(job);
}

static void job_freep(struct job **job)
{
    job_free(*job);
}

static void job_link(struct job **list, struct job *job)
{
    job->next = *list;
    job->link = list;
    if (job->next != NULL) {
        job->next->link = &job->next;
    }
    *list = job;
}

static void job_unlink(struct job *job)
{
    *job->link = job->next;
    if (job->next != NULL) {
        job->next->link = job->link;
    }
}

static bool add_line(struct job *job, const char *line)
{
    struct curl_slist *longer = curl_slist_append(job->headers, line);
    job->headers = longer != NULL ? longer : job->headers;
    return longer != NULL;
}

/* curl takes "Name:" for a wish to leave the header out, and "Name;" for an empty one. */
static bool add_header(struct job *job, struct str name, struct str value)
{
    CLEANUP(buf_clear) struct buf line;
    buf_init(&line, LIMIT_HEADER_BLOCK);
    buf_printf(&line, "%" STR_FMT "%s%" STR_FMT, STR_ARG(name), str_empty(value) ? ";" : ": ",
               STR_ARG(value));
    buf_put_char(&line, '\0');
    bool added = !buf_failed(&line) && add_line(job, line.p);
    if (line.p != NULL) {
        mem_wipe(line.p, line.n);
    }
    return added;
}

static bool add_headers(struct job *job, const struct fetch_request *request)
{
    bool added = add_line(job, "Expect:"); /* no 100-continue round trip */
    if (request->bare) {
        added = added && add_line(job, "Accept:") && add_line(job, "User-Agent:") &&
                add_line(job, "Content-Type:");
    } else if (!str_absent(request->body)) {
        added = added && (str_empty(request->content_type)
                              ? add_line(job, "Content-Type:")
                              : add_header(job, STR("Content-Type"), request->content_type));
    }
    for (size_t i = 0; added && i < request->header_count; i++) {
        added = add_header(job, request->headers[i].name, request->headers[i].value);
    }
    return added;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *arg)
{
    struct job *job = arg;
    buf_put(&job->reply, bytes, size * n);
    job->too_long = buf_failed(&job->reply);
    return job->too_long ? 0 : size * n; /* 0 ends the transfer */
}

static bool was_sent(const struct job *job)
{
    long bytes = 0;
    return curl_easy_getinfo(job->easy, CURLINFO_REQUEST_SIZE, &bytes) != CURLE_OK || bytes > 0;
}

/* On a connection, and before the request goes out. */
static int on_ready(void *arg, char *to, char *from, int to_port, int from_port)
{
    (void)to, (void)from, (void)to_port, (void)from_port;
    return was_sent(arg) ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static void set_options(struct job *job)
{
    CURL *easy = job->easy;
    curl_easy_setopt(easy, CURLOPT_URL, job->url);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, job);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, job->why);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, job);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, job->headers);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, job->bare ? NULL : "numgate/" NUMGATE_VERSION);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT,
                     1L); /* a name still being asked for does not hold up the thread */
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (job->ca_file != NULL) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, job->ca_file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL); /* nobody else's word counts */
    }
    if (job->body != NULL) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)job->body_bytes);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, job->body);
    }
    if (job->tell_uncertain) {
        curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_ready);
        curl_easy_setopt(easy, CURLOPT_PREREQDATA, job);
    }
    curl_easy_setopt(easy, CURLOPT_NOBODY,
                     (long)(job->method != NULL && str_eq(str_of(job->method), STR("HEAD"))));
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, job->method);
    curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, job->target);
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, job->address);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, (long)job->fresh);
}

/* For any host and port: this host, the same port. Kept connections are told apart by it, as they are not with CURLOPT_RESOLVE. */
static bool set_address(struct job *job, struct str address)
{
    char text[80];
    bool v6 = str_find(address, ':') >= 0;
    int n = snprintf(text, sizeof(text), v6 ? "::[%" STR_FMT "]:" : "::%" STR_FMT ":", STR_ARG(address));
    job->address = n < (int)sizeof(text) ? curl_slist_append(NULL, text) : NULL;
    return job->address != NULL;
}

static bool copy_text(struct str text, char **ret)
{
    return str_empty(text) || (*ret = mem_dup(text.p, text.n)) != NULL;
}

static struct job *job_new(const struct fetch_request *request)
{
    CLEANUP(job_freep) struct job *job = mem_alloc(sizeof(*job));
    if (job == NULL) {
        return NULL;
    }
    buf_init(&job->reply, request->reply_bytes_max != 0 ? request->reply_bytes_max : LIMIT_FETCH_REPLY);
    job->deadline = request->deadline;
    job->done = request->done;
    job->arg = request->arg;
    job->easy = curl_easy_init();
    job->url = mem_dup(request->url.p, request->url.n);
    if (job->easy == NULL || job->url == NULL || !add_headers(job, request)) {
        return NULL;
    }
    if (!copy_text(request->ca_file, &job->ca_file) || !copy_text(request->method, &job->method) ||
        !copy_text(request->target, &job->target) ||
        (!str_empty(request->address) && !set_address(job, request->address))) {
        return NULL;
    }
    job->fresh = request->fresh;
    job->tell_uncertain = request->tell_uncertain;
    job->bare = request->bare;
    if (!str_absent(request->body)) {
        job->body_bytes = request->body.n;
        if ((job->body = mem_dup(request->body.p, request->body.n)) == NULL) {
            return NULL;
        }
    }
    set_options(job);
    return TAKE(job);
}

enum rc fetch_start(struct fetch *fetch, const struct fetch_request *request, struct err *err)
{
    enum rc rc = fetch_url_check(request->url, err);
    if (rc != RC_OK) {
        return rc;
    }
    if (!is_plain_ascii(request->method)) {
        return err_set(err, RC_INVALID, NULL, "a method is a word");
    }
    if (!is_plain_ascii(request->target)) {
        return err_set(err, RC_INVALID, NULL, "a target is printable ASCII without blanks");
    }
    struct net_addr addr;
    if (!str_empty(request->address) && !net_parse(request->address, &addr)) {
        return err_set(err, RC_INVALID, NULL, "\"%" STR_FMT "\" is no IP address", STR_ARG(request->address));
    }
    for (size_t i = 0; i < request->header_count; i++) {
        if (!header_is_clean(&request->headers[i])) {
            return err_set(err, RC_INVALID, NULL, "a header to send holds control characters");
        }
    }
    struct job *job = job_new(request);
    if (job == NULL) {
        return err_set(err, RC_LIMIT, NULL, "out of memory");
    }
    pthread_mutex_lock(&fetch->lock);
    bool stopping = fetch->stopping;
    if (!stopping) {
        job_link(&fetch->incoming, job);
    }
    pthread_mutex_unlock(&fetch->lock);
    if (stopping) {
        job_free(job);
        return err_set(err, RC_BUSY, NULL, "shutting down");
    }
    curl_multi_wakeup(fetch->multi);
    return RC_OK;
}

/* ---- the thread ---- */

static void fail(struct job *job, enum rc rc, const char *why)
{
    struct err err;
    (void)err_set(&err, rc, NULL, "%s: %s", job->url, why);
    job->done(job->arg, rc, NULL, &err);
}

/* curl leaves the line's end with a value that is empty. */
static struct str header_value(const char *text)
{
    return (struct str){text, strcspn(text, "\r\n")};
}

static size_t collect_headers(CURL *easy, struct fetch_header headers[HEADERS_MAX])
{
    size_t count = 0;
    for (struct curl_header *h = NULL;
         count < HEADERS_MAX && (h = curl_easy_nextheader(easy, CURLH_HEADER, -1, h)) != NULL; count++) {
        headers[count] = (struct fetch_header){str_of(h->name), header_value(h->value)};
    }
    return count;
}

static void deliver(struct job *job)
{
    long status = 0;
    const char *content_type = NULL;
    curl_easy_getinfo(job->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(job->easy, CURLINFO_CONTENT_TYPE, &content_type);
    size_t body_bytes = job->reply.n;
    job->reply.max++; /* for the NUL behind the body */
    buf_put_char(&job->reply, '\0');
    struct fetch_header headers[HEADERS_MAX];
    struct fetch_reply reply = {
        .status = (int)status,
        .headers = headers,
        .header_count = collect_headers(job->easy, headers),
        .content_type = str_of(content_type != NULL ? content_type : ""),
        .body = {job->reply.p, body_bytes},
    };
    job->done(job->arg, RC_OK, &reply, NULL);
}

static void finish(struct fetch *fetch, struct job *job, CURLcode code)
{
    job_unlink(job);
    const char *why = job->why[0] != '\0' ? job->why : curl_easy_strerror(code);
    if (code == CURLE_OK) {
        deliver(job);
    } else if (job->too_long) {
        fail(job, RC_LIMIT, "the reply is too long");
    } else if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE) {
        fail(job, RC_DENIED, why);
    } else {
        fail(job, job->tell_uncertain && was_sent(job) ? RC_UNCERTAIN : RC_BUSY, why);
    }
    curl_multi_remove_handle(fetch->multi, job->easy);
    job_free(job);
}

static void begin(struct fetch *fetch, struct job *job)
{
    job_link(&fetch->active, job);
    int64_t left_ms = mono_left_ms(job->deadline, clock_mono());
    curl_easy_setopt(job->easy, CURLOPT_TIMEOUT_MS, (long)(left_ms > 0 ? left_ms : 1));
    if (curl_multi_add_handle(fetch->multi, job->easy) != CURLM_OK) {
        finish(fetch, job, CURLE_OUT_OF_MEMORY);
    }
}

static struct job *take_incoming(struct fetch *fetch, bool *ret_stopping, bool *ret_cancelled)
{
    pthread_mutex_lock(&fetch->lock);
    struct job *jobs = TAKE(fetch->incoming);
    *ret_stopping = fetch->stopping;
    *ret_cancelled = TAKE(fetch->cancelled);
    pthread_mutex_unlock(&fetch->lock);
    return jobs;
}

static void finish_ready(struct fetch *fetch)
{
    int left;
    for (CURLMsg *message; (message = curl_multi_info_read(fetch->multi, &left)) != NULL;) {
        struct job *job = NULL;
        CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &job);
        finish(fetch, job, code);
    }
}

static void finish_all(struct fetch *fetch)
{
    while (fetch->active != NULL) {
        finish(fetch, fetch->active, CURLE_ABORTED_BY_CALLBACK);
    }
}

static void *run(void *arg)
{
    struct fetch *fetch = arg;
    bool stopping = false, cancelled;
    while (!stopping) {
        struct job *jobs = take_incoming(fetch, &stopping, &cancelled);
        for (struct job *next; jobs != NULL; jobs = next) {
            next = jobs->next;
            begin(fetch, jobs);
        }
        if (cancelled) {
            finish_all(fetch);
        }
        int running;
        curl_multi_perform(fetch->multi, &running);
        finish_ready(fetch);
        if (!stopping) {
            curl_multi_poll(fetch->multi, NULL, 0, POLL_MS_MAX, NULL);
        }
    }
    finish_all(fetch);
    return NULL;
}

enum rc fetch_new(struct fetch **ret, struct err *err)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        return err_set(err, RC_INTERNAL, NULL, "libcurl cannot be set up");
    }
    struct fetch *fetch = mem_alloc(sizeof(*fetch));
    CURLM *multi = curl_multi_init();
    if (fetch == NULL || multi == NULL) {
        mem_free(fetch);
        curl_multi_cleanup(multi);
        return err_set(err, RC_LIMIT, NULL, "out of memory");
    }
    fetch->multi = multi;
    pthread_mutex_init(&fetch->lock, NULL);
    if (pthread_create(&fetch->thread, NULL, run, fetch) != 0) {
        curl_multi_cleanup(multi);
        mem_free(fetch);
        return err_set(err, RC_LIMIT, NULL, "no thread for outbound requests");
    }
    (void)pthread_setname_np(fetch->thread, "fetch"); /* a name for debuggers; nothing depends on it */
    *ret = fetch;
    return RC_OK;
}

void fetch_stop(struct fetch *fetch)
{
    pthread_mutex_lock(&fetch->lock);
    fetch->stopping = true;
    pthread_mutex_unlock(&fetch->lock);
    curl_multi_wakeup(fetch->multi);
}

void fetch_free(struct fetch *fetch)
{
    if (fetch == NULL) {
        return;
    }
    fetch_stop(fetch);
    pthread_join(fetch->thread, NULL);
    curl_multi_cleanup(fetch->multi);
    pthread_mutex_destroy(&fetch->lock);
    mem_free(fetch);
    curl_global_cleanup();
}

void fetch_cancel(struct fetch *fetch)
{
    pthread_mutex_lock(&fetch->lock);
    fetch->cancelled = true;
    pthread_mutex_unlock(&fetch->lock);
    curl_multi_wakeup(fetch->multi);
}

struct str fetch_header_of(const struct fetch_reply *reply, struct str name)
{
    for (size_t i = reply->header_count; i-- > 0;) {
        if (str_eq_ci(reply->headers[i].name, name)) {
            return reply->headers[i].value;
        }
    }
    return (struct str){0};
}

bool fetch_retry_after(const struct fetch_reply *reply, int64_t *ret_ms)
{
    struct str text = fetch_header_of(reply, STR("Retry-After"));
    struct wall date;
    uint64_t seconds;
    int64_t ms;
    if (str_to_u64(text, UINT32_MAX, &seconds)) {
        ms = (int64_t)seconds * 1000;
    } else if (clock_parse_imf(text, &date)) {
        ms = date.ms - clock_wall().ms;
    } else {
        return false;
    }
    *ret_ms = ms < 0 ? 0 : ms > RETRY_AFTER_MS_MAX ? RETRY_AFTER_MS_MAX : ms;
    return true;
}

/* ---- waiting ---- */

struct wait {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool over;
    enum rc rc;
    struct arena *mem; /* its owner sleeps in fetch_wait(), so fetch's thread may fill it */
    struct fetch_reply reply;
    struct err err;
};

void fetch_reply_copy(struct arena *mem, const struct fetch_reply *reply, struct fetch_reply *ret)
{
    struct fetch_header *headers = arena_alloc(mem, (reply->header_count + 1) * sizeof(*headers));
    for (size_t i = 0; headers != NULL && i < reply->header_count; i++) {
        headers[i].name = arena_str(mem, reply->headers[i].name);
        headers[i].value = arena_str(mem, reply->headers[i].value);
    }
    ret->status = reply->status;
    ret->content_type = arena_str(mem, reply->content_type);
    ret->body = arena_str(mem, reply->body);
    ret->headers = headers;
    ret->header_count = reply->header_count;
}

static void wake(void *arg, enum rc rc, const struct fetch_reply *reply, const struct err *err)
{
    struct wait *wait = arg;
    pthread_mutex_lock(&wait->lock);
    wait->rc = rc;
    if (rc == RC_OK) {
        fetch_reply_copy(wait->mem, reply, &wait->reply);
    } else {
        wait->err = *err;
    }
    wait->over = true;
    pthread_cond_signal(&wait->changed);
    pthread_mutex_unlock(&wait->lock);
}

enum rc fetch_wait(struct fetch *fetch, const struct fetch_request *request, struct arena *mem,
                   struct fetch_reply *ret, struct err *err)
{
    struct wait wait = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .mem = mem};
    struct fetch_request copy = *request;
    copy.done = wake;
    copy.arg = &wait;
    enum rc rc = fetch_start(fetch, &copy, err);
    if (rc != RC_OK) {
        return rc;
    }
    pthread_mutex_lock(&wait.lock);
    while (!wait.over) {
        pthread_cond_wait(&wait.changed, &wait.lock);
    }
    pthread_mutex_unlock(&wait.lock);
    if (wait.rc != RC_OK) {
        if (err != NULL) {
            *err = wait.err;
        }
        return wait.rc;
    }
    if (arena_failed(mem)) {
        return err_set(err, RC_LIMIT, NULL, "the reply does not fit the memory given for it");
    }
    *ret = wait.reply;
    return RC_OK;
}

void fetch_form_put(struct buf *form, const char *name, struct str value)
{
    buf_printf(form, "%s%s=", form->n > 0 ? "&" : "", name);
    for (size_t i = 0; i < value.n; i++) {
        unsigned char c = (unsigned char)value.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '_' || c == '.' || c == '~';
        if (plain) {
            buf_put_char(form, (char)c);
        } else {
            buf_printf(form, "%%%02X", c);
        }
    }
}
