#include "programs/numgate/output.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/banned.h"

int output_open(struct cli *cli, const char *path, struct output *ret)
{
    *ret = (struct output){.cli = cli, .file = stdout};
    bar_init(&cli->bar, "numgate");
    cli->bar.silent = cli->arguments.quiet || (path == NULL && isatty(STDOUT_FILENO) == 1);
    if (path == NULL) {
        return EXIT_OK;
    }
    struct stat there;
    ret->direct = stat(path, &there) == 0 && !S_ISREG(there.st_mode);
    snprintf(ret->path, sizeof(ret->path), "%s", path);
    snprintf(ret->part, sizeof(ret->part), "%s%s", path, ret->direct ? "" : ".part");
    ret->file = fopen(ret->part, "we");
    return ret->file != NULL ? EXIT_OK : cli_fail(EXIT_OTHER, "%s: %s", ret->part, strerror(errno));
}

int output_write(struct output *out, struct str text)
{
    bool ok = text.n == 0 || fwrite(text.p, 1, text.n, out->file) == text.n;
    return cli_interrupted() ? cli_fail(EXIT_OTHER, "interrupted")
           : ok              ? EXIT_OK
                             : cli_fail(EXIT_OTHER, "the output cannot be written: %s", strerror(errno));
}

void output_tell(struct output *out, const char *unit, int64_t done)
{
    bar_show(&out->cli->bar, &(struct bar_state){"writing", "", unit, done, 0});
}

int output_close(struct output *out, int code)
{
    bar_end(&out->cli->bar);
    if (out->path[0] == '\0') {
        return code == EXIT_OK ? cli_flush() : code;
    }
    bool written =
        fflush(out->file) == 0 && !ferror(out->file) && (out->direct || fsync(fileno(out->file)) == 0);
    fclose(out->file);
    if (code == EXIT_OK && written && (out->direct || rename(out->part, out->path) == 0)) {
        return EXIT_OK;
    }
    code = code == EXIT_OK ? cli_fail(EXIT_OTHER, "%s: %s", out->path, strerror(errno)) : code;
    if (!out->direct) {
        unlink(out->part);
    }
    return code;
}
