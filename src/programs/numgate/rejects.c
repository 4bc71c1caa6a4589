#include "programs/numgate/rejects.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/json/read.h"
#include "gateway/bulk/bulk.h"
#include "programs/numgate/cli.h"

#include "common/base/banned.h"

#define LINE_BYTES ((size_t)16 * 1024 * 1024)

static int failed(const struct rejects *rejects)
{
    return cli_fail(EXIT_OTHER, "%s: %s", rejects->path, strerror(errno));
}

int rejects_open(struct rejects *rejects, const char *path, const struct stat *input)
{
    struct stat there;
    snprintf(rejects->path, sizeof(rejects->path), "%s", path);
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_CREAT | O_EXCL, 0666);
    rejects->created = fd >= 0;
    fd = fd < 0 && errno == EEXIST ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC) : fd;
    if (fd < 0 || fstat(fd, &there) != 0) {
        return failed(rejects);
    }
    if (there.st_dev == input->st_dev && there.st_ino == input->st_ino) {
        close(fd);
        return cli_fail(EXIT_USAGE, "%s is the file that is imported; its rejected rows need another one",
                        path);
    }
    rejects->out = fdopen(fd, "a");
    return rejects->out != NULL ? EXIT_OK : failed(rejects);
}

/* ---- rows ---- */

static void write_quoted(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            fputc('"', out);
        }
        fputc(*text, out);
    }
    fputc('"', out);
}

static void write_json(FILE *out, uint64_t row, const char *reason, struct str text)
{
    struct buf line;
    struct json_out json;
    buf_init(&line, LINE_BYTES);
    json_out_init(&json, &line);
    json_object_begin(&json);
    json_i64_member(&json, "row", (int64_t)row);
    json_str_member(&json, "reason", str_of(reason));
    json_str_member(&json, "text", text);
    json_object_end(&json);
    fprintf(out, "%" STR_FMT "\n", STR_ARG(buf_str(&line)));
    buf_clear(&line);
}

/* What an earlier import left goes now. True: headings are wanted. */
static bool begin(struct rejects *rejects)
{
    struct stat there;
    int fd = fileno(rejects->out);
    bool first = !rejects->begun, regular = fstat(fd, &there) == 0 && S_ISREG(there.st_mode);
    rejects->begun = true;
    if (first && regular && !rejects->go_on && ftruncate(fd, 0) == 0) {
        there.st_size = 0;
    }
    return first && (!regular || there.st_size == 0);
}

void rejects_write(struct rejects *rejects, const struct bulk_reader *reader, uint64_t row, struct str text,
                   const char *reason)
{
    FILE *out = rejects->out;
    struct str headings = bulk_heading_text(reader);
    if (out == NULL || row == rejects->row) {
        return;
    }
    bool headed = begin(rejects);
    if (str_absent(headings)) {
        write_json(out, row, reason, text);
    } else {
        if (headed) {
            fprintf(out, BULK_HEADING_REJECTED "%c%" STR_FMT "\n", bulk_separator(reader), STR_ARG(headings));
        }
        write_quoted(out, reason);
        fprintf(out, "%c%" STR_FMT "\n", bulk_separator(reader), STR_ARG(text));
    }
    rejects->row = row;
}

/* ---- the end ---- */

int rejects_flush(struct rejects *rejects)
{
    bool good = rejects->out == NULL || (fflush(rejects->out) == 0 && ferror(rejects->out) == 0);
    return good ? EXIT_OK : failed(rejects);
}

int rejects_close(struct rejects *rejects)
{
    if (rejects->out == NULL) {
        return EXIT_OK;
    }
    int code = fclose(TAKE(rejects->out)) == 0 ? EXIT_OK : failed(rejects);
    if (rejects->created && !rejects->begun) {
        unlink(rejects->path);
    }
    return code;
}
