#include "programs/numgate-lab/fault.h"

#include <pthread.h>

#include "common/base/mem.h"
#include "common/json/read.h"

#include "common/base/banned.h"

struct faults {
    pthread_mutex_t lock; /* guards the rows */
    struct fault rows[FAULTS_MAX];
    size_t count;
};

static const char *const endpoint_names[] = {
    [FAULT_TOKEN] = "token",     [FAULT_KEYS] = "keys",           [FAULT_DISCOVERY] = "discovery",
    [FAULT_DOMAINS] = "domains", [FAULT_AUTHORIZE] = "authorize", [FAULT_LOGOUT] = "logout",
};
static const char *const kind_names[] = {
    [FAULT_NONE] = "none",       [FAULT_DELAY] = "delay",
    [FAULT_STATUS] = "status",   [FAULT_WRONG_KEY] = "wrong-key",
    [FAULT_EXPIRED] = "expired", [FAULT_RESET] = "reset",
    [FAULT_CUT] = "cut",
};

/* The numbers of a row: where they go, what is allowed, which kind needs them. */
struct number {
    const char *name;
    size_t offset;
    int64_t min, max, preset;
    enum fault_kind needed_by; /* FAULT_NONE: never needed */
};
static const struct number numbers[] = {
    {"times", offsetof(struct fault, times), 1, FAULT_TIMES_MAX, 1, FAULT_NONE},
    {"ms", offsetof(struct fault, ms), 1, FAULT_DELAY_MS_MAX, 0, FAULT_DELAY},
    {"status", offsetof(struct fault, status), 400, 599, 0, FAULT_STATUS},
};

struct faults *faults_new(void)
{
    struct faults *faults = mem_alloc(sizeof *faults);
    pthread_mutex_init(&faults->lock, NULL);
    return faults;
}

void faults_free(struct faults *faults)
{
    if (faults != NULL) {
        pthread_mutex_destroy(&faults->lock);
        mem_free(faults);
    }
}

const char *fault_kind_name(enum fault_kind kind)
{
    return kind_names[kind];
}

/* Index of a name in a table whose first row is no choice; 0 when there is none. */
static size_t find_name(const char *const *names, size_t count, struct str name)
{
    for (size_t i = 1; i < count; i++) {
        if (str_eq(str_of(names[i]), name)) {
            return i;
        }
    }
    return 0;
}

static const struct number *find_number(struct str name)
{
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        if (str_eq(str_of(numbers[i].name), name)) {
            return &numbers[i];
        }
    }
    return NULL;
}

static int64_t *number_of(struct fault *fault, const struct number *number)
{
    return (int64_t *)(void *)((char *)fault + number->offset);
}

static enum rc read_number(const struct number *number, const struct json *value, struct fault *fault,
                           struct err *err)
{
    int64_t n = json_int(value);
    if (json_type(value) != JSON_INT || n < number->min || n > number->max) {
        return err_set(err, RC_INVALID, NULL, "\"%s\" must be an integer from %lld to %lld", number->name,
                       (long long)number->min, (long long)number->max);
    }
    *number_of(fault, number) = n;
    return RC_OK;
}

static enum rc read_member(struct str name, const struct json *value, struct fault *fault, struct err *err)
{
    const struct number *number = find_number(name);
    if (number != NULL) {
        return read_number(number, value, fault, err);
    }
    if (str_eq(name, STR("endpoint"))) {
        fault->endpoint = find_name(endpoint_names, ARRAY_LEN(endpoint_names), json_string(value));
        return fault->endpoint != FAULT_NOWHERE
                   ? RC_OK
                   : err_set(err, RC_INVALID, NULL,
                             "\"endpoint\" must be token, keys, discovery, domains, authorize or logout");
    }
    if (str_eq(name, STR("kind"))) {
        fault->kind = find_name(kind_names, ARRAY_LEN(kind_names), json_string(value));
        return fault->kind != FAULT_NONE
                   ? RC_OK
                   : err_set(err, RC_INVALID, NULL,
                             "\"kind\" must be delay, status, wrong-key, expired, reset or cut");
    }
    return err_set(err, RC_INVALID, NULL, "unknown member \"%" STR_FMT "\"", STR_ARG(str_slice(name, 0, 40)));
}

static enum rc check(struct fault *fault, struct err *err)
{
    if (fault->endpoint == FAULT_NOWHERE || fault->kind == FAULT_NONE) {
        return err_set(err, RC_INVALID, NULL, "\"endpoint\" and \"kind\" are needed");
    }
    bool of_tokens = fault->kind == FAULT_WRONG_KEY || fault->kind == FAULT_EXPIRED;
    if (of_tokens && fault->endpoint != FAULT_TOKEN) {
        return err_set(err, RC_INVALID, NULL, "\"%s\" is a fault of the endpoint token only",
                       kind_names[fault->kind]);
    }
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        int64_t *n = number_of(fault, &numbers[i]);
        if (*n == 0 && fault->kind == numbers[i].needed_by && fault->kind != FAULT_NONE) {
            return err_set(err, RC_INVALID, NULL, "\"%s\" needs \"%s\"", kind_names[fault->kind],
                           numbers[i].name);
        }
        *n = *n == 0 ? numbers[i].preset : *n;
    }
    return RC_OK;
}

enum rc fault_read(const struct json *value, struct fault *ret, struct err *err)
{
    struct fault fault = {0};
    if (json_type(value) != JSON_OBJECT) {
        return err_set(err, RC_INVALID, NULL, "a fault is a JSON object");
    }
    for (struct json_iter it = json_iter(value); json_next(&it);) {
        if (read_member(it.name, it.value, &fault, err) != RC_OK) {
            return RC_INVALID;
        }
    }
    if (check(&fault, err) != RC_OK) {
        return RC_INVALID;
    }
    *ret = fault;
    return RC_OK;
}

enum rc faults_add(struct faults *faults, const struct fault *fault, struct err *err)
{
    enum rc rc = RC_OK;
    pthread_mutex_lock(&faults->lock);
    if (faults->count == FAULTS_MAX) {
        rc = err_set(err, RC_LIMIT, NULL, "there are %d faults already; DELETE them first", FAULTS_MAX);
    } else {
        faults->rows[faults->count++] = *fault;
    }
    pthread_mutex_unlock(&faults->lock);
    return rc;
}

static void use_up(struct faults *faults, size_t i)
{
    if (--faults->rows[i].times > 0) {
        return;
    }
    faults->count--;
    memmove(&faults->rows[i], &faults->rows[i + 1], (faults->count - i) * sizeof faults->rows[0]);
}

struct fault faults_take(struct faults *faults, enum fault_endpoint endpoint)
{
    struct fault fault = {0};
    pthread_mutex_lock(&faults->lock);
    for (size_t i = 0; i < faults->count && endpoint != FAULT_NOWHERE; i++) {
        if (faults->rows[i].endpoint == endpoint) {
            fault = faults->rows[i];
            use_up(faults, i);
            break;
        }
    }
    pthread_mutex_unlock(&faults->lock);
    return fault;
}

void faults_clear(struct faults *faults)
{
    pthread_mutex_lock(&faults->lock);
    faults->count = 0;
    pthread_mutex_unlock(&faults->lock);
}

static void write_row(const struct fault *fault, struct json_out *out)
{
    json_object_begin(out);
    json_str_member(out, "endpoint", str_of(endpoint_names[fault->endpoint]));
    json_str_member(out, "kind", str_of(kind_names[fault->kind]));
    json_i64_member(out, "times", fault->times);
    if (fault->kind == FAULT_DELAY) {
        json_i64_member(out, "ms", fault->ms);
    }
    if (fault->kind == FAULT_STATUS) {
        json_i64_member(out, "status", fault->status);
    }
    json_object_end(out);
}

void faults_write(struct faults *faults, struct json_out *out)
{
    json_array_begin(out);
    pthread_mutex_lock(&faults->lock);
    for (size_t i = 0; i < faults->count; i++) {
        write_row(&faults->rows[i], out);
    }
    pthread_mutex_unlock(&faults->lock);
    json_array_end(out);
}

bool faults_have(struct faults *faults, enum fault_kind kind)
{
    bool found = false;
    pthread_mutex_lock(&faults->lock);
    for (size_t i = 0; i < faults->count; i++) {
        found = found || faults->rows[i].kind == kind;
    }
    pthread_mutex_unlock(&faults->lock);
    return found;
}

/* ---- as a part of the lab's state ---- */

static enum rc part_reset(void *arg, struct err *err UNUSED)
{
    faults_clear(arg);
    return RC_OK;
}

static void part_snapshot(void *arg, struct json_out *out)
{
    faults_write(arg, out);
}

static enum rc part_restore(void *arg, const struct json *value, bool apply, struct err *err)
{
    struct faults *faults = arg;
    struct fault rows[FAULTS_MAX];
    size_t count = json_count(value);
    if (json_type(value) != JSON_ARRAY || count > FAULTS_MAX) {
        return err_set(err, RC_INVALID, NULL, "an array of at most %d faults is expected", FAULTS_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        if (fault_read(json_at(value, i), &rows[i], err) != RC_OK) {
            err_context(err, "[%zu]", i);
            return RC_INVALID;
        }
    }
    if (apply) {
        pthread_mutex_lock(&faults->lock);
        memcpy(faults->rows, rows, count * sizeof rows[0]);
        faults->count = count;
        pthread_mutex_unlock(&faults->lock);
    }
    return RC_OK;
}

struct part faults_part(struct faults *faults)
{
    return (struct part){"faults", faults, part_reset, part_snapshot, part_restore};
}
