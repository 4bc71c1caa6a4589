/* How far something has come, kept as a text in a job row. */
#include "common/base/buf.h"
#include "common/base/limits.h"
#include "common/json/read.h"
#include "common/json/write.h"
#include "gateway/sync/room.h"

#include "common/base/banned.h"

enum rc mark__of(const struct job_row *row, struct arena *mem, struct str *ret, struct err *err)
{
    const struct json *json = NULL;
    *ret = STR_NONE;
    if (str_absent(row->progress)) {
        return RC_OK;
    }
    enum rc rc = json_parse(row->progress, mem, &json, err);
    *ret = rc == RC_OK ? json_string(json_get(json, STR("mark"))) : STR_NONE;
    return rc;
}

/* A mark may be the back end's, whatever is in it. */
static struct str mark_json(struct arena *mem, struct str mark)
{
    struct buf buf;
    struct json_out out;
    buf_init(&buf, LIMIT_BODY);
    json_out_init(&out, &buf);
    json_object_begin(&out);
    json_str_member(&out, "mark", mark);
    json_object_end(&out);
    struct str text = arena_str(mem, buf_str(&buf));
    buf_clear(&buf);
    return text;
}

enum rc mark__write(struct repo_tx *tx, struct arena *mem, const struct job_row *keys, struct str mark,
                    struct err *err)
{
    struct job_row row = *keys;
    row.progress = !str_absent(mark) ? mark_json(mem, mark) : STR_NONE;
    if (arena_failed(mem)) {
        return err_set(err, RC_LIMIT, NULL, "out of memory for a mark");
    }
    enum rc rc = repo_job_write(tx, &row, err);
    return rc == RC_NOT_FOUND ? repo_job_add(tx, &row, err) : rc;
}
