#include "programs/numgate-lab/backend_fault.h"

#include <pthread.h>

#include "common/base/mem.h"
#include "common/json/read.h"

#include "common/base/banned.h"

#define TIMES_MAX       1000000000
#define MISHAP_MS_MAX   300000
#define RETRY_AFTER_MAX 86400

struct backend_faults {
    pthread_mutex_t lock; /* guards the rows */
    struct backend_fault rows[BACKEND_FAULTS_MAX];
    size_t count;
};

const char *const operation_names[OPERATIONS] = {
    [OP_NONE] = "*",
    [OP_LIST_CONSENTS] = "listConsents",
    [OP_GET_CONSENT] = "getConsent",
    [OP_SET_RELATIONSHIP] = "setCustomerRelationship",
    [OP_LIST_USAGES] = "listUsages",
    [OP_AVAILABLE_CAPABILITIES] = "getAvailableCapabilities",
    [OP_LIST_ADDRESSES] = "listCivicAddresses",
    [OP_LIST_NUMBERS] = "listNumbers",
    [OP_GET_NUMBER] = "getNumber",
    [OP_LIST_CHANGES] = "listChanges",
    [OP_UPLOAD] = "uploadNumbers",
    [OP_RELEASE] = "releaseNumbers",
    [OP_FIND_JOB] = "findJob",
    [OP_GET_JOB] = "getJob",
};
static const char *const kind_names[MISHAPS] = {
    [MISHAP_NONE] = "none",
    [MISHAP_DELAY] = "delay",
    [MISHAP_LATE] = "late",
    [MISHAP_STATUS] = "status",
    [MISHAP_THROTTLE] = "throttle",
    [MISHAP_UNAUTHORIZED] = "unauthorized",
    [MISHAP_RESET_BEFORE] = "reset-before",
    [MISHAP_RESET_AFTER] = "reset-after",
    [MISHAP_CUT] = "cut",
    [MISHAP_LOST_JOB] = "lost-job",
    [MISHAP_STALE] = "stale",
};

/* The numbers of a row: where they go, what is allowed, what stands when they are left out. */
static const struct {
    const char *name;
    size_t offset;
    int64_t min, max, preset;
} numbers[] = {
    {"times", offsetof(struct backend_fault, times), 1, TIMES_MAX, 1},
    {"every", offsetof(struct backend_fault, every), 1, TIMES_MAX, 1},
    {"percent", offsetof(struct backend_fault, percent), 1, 100, 100},
    {"seed", offsetof(struct backend_fault, seed), 0, INT64_MAX, 1},
    {"ms", offsetof(struct backend_fault, ms), 1, MISHAP_MS_MAX, 0},
    {"status", offsetof(struct backend_fault, status), 400, 599, 0},
    {"retryAfter", offsetof(struct backend_fault, retry_after_s), 1, RETRY_AFTER_MAX, 0},
};

struct backend_faults *backend_faults_new(void)
{
    struct backend_faults *faults = mem_alloc(sizeof *faults);
    pthread_mutex_init(&faults->lock, NULL);
    return faults;
}

void backend_faults_free(struct backend_faults *faults)
{
    if (faults != NULL) {
        pthread_mutex_destroy(&faults->lock);
        mem_free(faults);
    }
}

const char *mishap_name(enum mishap kind)
{
    return kind_names[kind];
}

static int64_t *number_of(struct backend_fault *fault, size_t i)
{
    return (int64_t *)(void *)((char *)fault + numbers[i].offset);
}

/* Index of a name from `from` on; `count` when there is none. */
static size_t find_name(const char *const *names, size_t from, size_t count, struct str name)
{
    size_t i = from;
    while (i < count && !str_eq(str_of(names[i]), name)) {
        i++;
    }
    return i;
}

static enum rc read_operation(const struct json *value, struct backend_fault *fault, struct err *err)
{
    size_t i = find_name(operation_names, 0, OPERATIONS, json_string(value));
    if (i == OPERATIONS) {
        return err_set(err, RC_INVALID, NULL,
                       "\"operation\" must be an operationId of docs/backend-api.yaml (such as "
                       "uploadNumbers), or \"*\"");
    }
    fault->operation = (enum operation)i;
    return RC_OK;
}

static enum rc read_kind(const struct json *value, struct backend_fault *fault, struct err *err)
{
    size_t i = find_name(kind_names, 1, MISHAPS, json_string(value));
    if (i == MISHAPS) {
        return err_set(
            err, RC_INVALID, NULL,
            "\"kind\" must be delay, late, status, throttle, unauthorized, reset-before, reset-after, cut, "
            "lost-job or stale");
    }
    fault->kind = (enum mishap)i;
    return RC_OK;
}

static enum rc read_number(size_t i, const struct json *value, struct backend_fault *fault, struct err *err)
{
    int64_t n = json_int(value);
    if (json_type(value) != JSON_INT || n < numbers[i].min || n > numbers[i].max) {
        return err_set(err, RC_INVALID, NULL, "\"%s\" must be an integer from %lld to %lld", numbers[i].name,
                       (long long)numbers[i].min, (long long)numbers[i].max);
    }
    *number_of(fault, i) = n;
    return RC_OK;
}

static enum rc read_member(struct str name, const struct json *value, struct backend_fault *fault,
                           struct err *err)
{
    if (str_eq(name, STR("operation"))) {
        return read_operation(value, fault, err);
    }
    if (str_eq(name, STR("kind"))) {
        return read_kind(value, fault, err);
    }
    if (str_eq(name, STR("done"))) {
        fault->done = json_bool(value);
        return json_type(value) == JSON_BOOL
                   ? RC_OK
                   : err_set(err, RC_INVALID, NULL, "\"done\" must be true or false");
    }
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        if (str_eq(name, str_of(numbers[i].name))) {
            return read_number(i, value, fault, err);
        }
    }
    return err_set(err, RC_INVALID, NULL, "unknown member \"%" STR_FMT "\"", STR_ARG(str_slice(name, 0, 40)));
}

static bool fits(enum mishap kind, enum operation operation)
{
    return kind != MISHAP_LOST_JOB || operation == OP_UPLOAD || operation == OP_RELEASE;
}

static enum rc check(const struct backend_fault *fault, bool has_operation, struct err *err)
{
    if (!has_operation || fault->kind == MISHAP_NONE) {
        return err_set(err, RC_INVALID, NULL, "\"operation\" and \"kind\" are needed");
    }
    if (fault->operation != OP_NONE && !fits(fault->kind, fault->operation)) {
        return err_set(err, RC_INVALID, NULL, "lost-job is a fault of uploadNumbers and releaseNumbers only");
    }
    if ((fault->kind == MISHAP_DELAY || fault->kind == MISHAP_LATE) && fault->ms == 0) {
        return err_set(err, RC_INVALID, NULL, "\"%s\" needs \"ms\"", kind_names[fault->kind]);
    }
    if (fault->kind == MISHAP_STATUS && fault->status == 0) {
        return err_set(err, RC_INVALID, NULL, "\"status\" needs \"status\"");
    }
    return RC_OK;
}

enum rc backend_fault_read(const struct json *value, struct backend_fault *ret, struct err *err)
{
    struct backend_fault fault = {0};
    if (json_type(value) != JSON_OBJECT) {
        return err_set(err, RC_INVALID, NULL, "a fault is a JSON object");
    }
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        *number_of(&fault, i) = numbers[i].preset;
    }
    for (struct json_iter it = json_iter(value); json_next(&it);) {
        enum rc rc = read_member(it.name, it.value, &fault, err);
        if (rc != RC_OK) {
            return rc;
        }
    }
    enum rc rc = check(&fault, json_get(value, STR("operation")) != NULL, err);
    if (rc == RC_OK) {
        fault.random = (uint64_t)fault.seed;
        *ret = fault;
    }
    return rc;
}

enum rc backend_faults_add(struct backend_faults *faults, const struct backend_fault *fault, struct err *err)
{
    enum rc rc = RC_OK;
    pthread_mutex_lock(&faults->lock);
    if (faults->count == BACKEND_FAULTS_MAX) {
        rc = err_set(err, RC_LIMIT, NULL, "there are %d faults already; DELETE them first",
                     BACKEND_FAULTS_MAX);
    } else {
        faults->rows[faults->count++] = *fault;
    }
    pthread_mutex_unlock(&faults->lock);
    return rc;
}

/* splitmix64: the same seed gives the same schedule on every machine. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15U;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9U;
    z = (z ^ z >> 27) * 0x94D049BB133111EBU;
    return z ^ z >> 31;
}

static bool fires(struct backend_fault *row, enum operation operation)
{
    if ((row->operation != OP_NONE && row->operation != operation) || !fits(row->kind, operation)) {
        return false;
    }
    row->seen++;
    return row->seen % row->every == 0 && (int64_t)(next_random(&row->random) % 100) < row->percent;
}

static void use_up(struct backend_faults *faults, size_t i)
{
    if (--faults->rows[i].times > 0) {
        return;
    }
    faults->count--;
    memmove(&faults->rows[i], &faults->rows[i + 1], (faults->count - i) * sizeof faults->rows[0]);
}

struct backend_fault backend_faults_take(struct backend_faults *faults, enum operation operation)
{
    struct backend_fault fault = {0};
    pthread_mutex_lock(&faults->lock);
    for (size_t i = 0; i < faults->count; i++) {
        if (fires(&faults->rows[i], operation)) {
            fault = faults->rows[i];
            use_up(faults, i);
            break;
        }
    }
    pthread_mutex_unlock(&faults->lock);
    return fault;
}

void backend_faults_clear(struct backend_faults *faults)
{
    pthread_mutex_lock(&faults->lock);
    faults->count = 0;
    pthread_mutex_unlock(&faults->lock);
}

static void write_row(struct backend_fault *fault, struct json_out *out)
{
    json_object_begin(out);
    json_str_member(out, "operation", str_of(operation_names[fault->operation]));
    json_str_member(out, "kind", str_of(kind_names[fault->kind]));
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        if (*number_of(fault, i) != 0) {
            json_i64_member(out, numbers[i].name, *number_of(fault, i));
        }
    }
    if (fault->kind == MISHAP_LOST_JOB) {
        json_bool_member(out, "done", fault->done);
    }
    json_object_end(out);
}

void backend_faults_write(struct backend_faults *faults, struct json_out *out)
{
    json_array_begin(out);
    pthread_mutex_lock(&faults->lock);
    for (size_t i = 0; i < faults->count; i++) {
        write_row(&faults->rows[i], out);
    }
    pthread_mutex_unlock(&faults->lock);
    json_array_end(out);
}
