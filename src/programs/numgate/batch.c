#include "programs/numgate/batch.h"

#include <stdio.h>

#include "programs/numgate/talk.h"

#include "common/base/banned.h"

#define BATCH_BYTES (LIMIT_BODY / 2) /* a batch is sent before it is too long */
#define TREE_BYTES  ((size_t)16 * 1024 * 1024)

bool batch_is_full(const struct batch *batch)
{
    return batch->count == ARRAY_LEN(batch->items) || batch->bytes > BATCH_BYTES;
}

static const char *body_of(const struct batch_item *items, size_t count, struct buf *out)
{
    buf_put_str(out, STR("{\"numbers\":["));
    for (size_t i = 0; i < count; i++) {
        buf_put_str(out, i > 0 ? STR(",") : STR(""));
        buf_put_str(out, items[i].json);
    }
    buf_put(out, "]}", 3); /* with its NUL */
    return buf_failed(out) ? NULL : out->p;
}

/* "numbers[7].telephoneNumber": 7; -1: no such place. */
static int index_of(struct str target, size_t count)
{
    uint64_t index;
    struct str before = STR("numbers[");
    struct str rest = str_starts(target, before) ? str_slice(target, before.n, target.n) : STR_NONE;
    ptrdiff_t end = str_find(rest, ']');
    return end > 0 && str_to_u64(str_slice(rest, 0, (size_t)end), count - 1, &index) ? (int)index : -1;
}

struct refusal {
    const char *reasons[100]; /* of each item; NULL: it is not named */
    size_t named;
};

static void name_one(struct refusal *refusal, const struct json *error, size_t count, struct arena *mem)
{
    int at = index_of(json_string(json_get(error, STR("target"))), count);
    if (at >= 0 && refusal->reasons[at] == NULL) {
        refusal->reasons[at] =
            arena_printf(mem, "%" STR_FMT ": %" STR_FMT, STR_ARG(json_string(json_get(error, STR("code")))),
                         STR_ARG(json_string(json_get(error, STR("message")))))
                .p;
        refusal->named++;
    }
}

static void read_refusal(const struct numgate_reply *reply, size_t count, struct arena *mem,
                         struct refusal *ret)
{
    const struct json *root = NULL;
    *ret = (struct refusal){0};
    if (reply == NULL || json_parse(str_of(numgate_reply_body(reply, NULL)), mem, &root, NULL) != RC_OK) {
        return;
    }
    const struct json *error = json_get(root, STR("error")), *details = json_get(error, STR("details"));
    for (size_t i = 0; i < json_count(details); i++) {
        name_one(ret, json_at(details, i), count, mem);
    }
    name_one(ret, error, count, mem);
}

static int send_items(struct batch *batch, const struct batch_item *items, size_t count);

/* The named ones go, the others are sent again. */
static int send_unnamed(struct batch *batch, const struct batch_item *items,
                        size_t count, // NOLINT(misc-no-recursion)
                        const struct refusal *refusal)
{
    struct batch_item rest[100];
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        if (refusal->reasons[i] != NULL) {
            batch->rejected++;
            batch->reject(batch->arg, &items[i], refusal->reasons[i]);
        } else {
            rest[left++] = items[i];
        }
    }
    return left > 0 ? send_items(batch, rest, left) : EXIT_OK;
}

static int take_apart(struct batch *batch, const struct batch_item *items,
                      size_t count, // NOLINT(misc-no-recursion)
                      const struct numgate_reply *reply, const struct numgate_error *error)
{
    struct refusal refusal;
    char reason[700];
    struct arena *mem = arena_new(TREE_BYTES);
    if (mem == NULL) {
        return cli_fail(EXIT_OTHER, "out of memory");
    }
    read_refusal(reply, count, mem, &refusal);
    if (count == 1 && refusal.named == 0) {
        snprintf(reason, sizeof(reason), "%s: %s", error->code, error->message);
        refusal.reasons[0] = reason;
        refusal.named = 1;
    }
    int code =
        refusal.named > 0 ? send_unnamed(batch, items, count, &refusal) : send_items(batch, items, count / 2);
    if (code == EXIT_OK && refusal.named == 0) {
        code = send_items(batch, items + count / 2, count - count / 2);
    }
    arena_free(mem);
    return code;
}

/* Nothing of it was taken; which numbers are why is said. */
static int refuse_whole(struct batch *batch, const struct batch_item *items, size_t count,
                        const struct numgate_reply *reply, const struct numgate_error *error)
{
    struct refusal refusal;
    struct arena *mem = arena_new(TREE_BYTES);
    if (mem == NULL) {
        return cli_fail(EXIT_OTHER, "out of memory");
    }
    read_refusal(reply, count, mem, &refusal);
    for (size_t i = 0; i < count; i++) {
        if (refusal.reasons[i] != NULL) {
            batch->rejected++;
            batch->reject(batch->arg, &items[i], refusal.reasons[i]);
        }
    }
    if (refusal.named == 0) {
        talk_explain(error);
    }
    arena_free(mem);
    return EXIT_SOME_FAILED;
}

/* Depth: each level sends fewer items, or halves. */
static int send_items(struct batch *batch, const struct batch_item *items,
                      size_t count) // NOLINT(misc-no-recursion)
{
    struct buf body;
    struct numgate_reply *reply = NULL;
    struct numgate_error error = {0};
    buf_init(&body, LIMIT_BODY + LIMIT_BODY / 2);
    const char *text = body_of(items, count, &body);
    enum numgate_status status =
        text == NULL ? NUMGATE_NO_MEMORY
                     : numgate_request(batch->cli->numgate, "POST", batch->path, text, NULL, &reply, &error);
    int code = talk_exit_code(status);
    bool refused = status == NUMGATE_INVALID || status == NUMGATE_CONFLICT;
    buf_clear(&body);
    if (refused && batch->whole) {
        code = refuse_whole(batch, items, count, reply, &error);
    } else if (refused) {
        code = take_apart(batch, items, count, reply, &error);
    } else if (code != EXIT_OK) {
        talk_explain(&error);
    } else {
        batch->sent += (int64_t)count;
    }
    numgate_reply_free(reply);
    return code;
}

int batch_send(struct batch *batch)
{
    int code = batch->count > 0 ? send_items(batch, batch->items, batch->count) : EXIT_OK;
    batch->count = 0;
    batch->bytes = 0;
    arena_reset(batch->mem);
    return code;
}
