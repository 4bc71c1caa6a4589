/* Where what was asked for goes: standard output, or a file that is whole or not there. Functions that give an int give an exit code; when it
 * is not EXIT_OK, why was said. */
#pragma once
#include <stdio.h>

#include "programs/numgate/cli.h"

struct output {
    struct cli *cli;
    FILE *file;
    char part[4096], path[4096]; /* empty: standard output */
    bool direct;                 /* a device or a pipe, which nothing may take the place of */
};

int output_open(struct cli *cli, const char *path, struct output *ret); /* NULL: standard output */
int output_write(struct output *out, struct str text);
void output_tell(struct output *out, const char *unit, int64_t done); /* how far it is: cheap */
/* The code, or, where it is EXIT_OK, that of writing; with any other the file is not there, or is as it was. */
int output_close(struct output *out, int code);
