/* What the files of this room share. */
#pragma once
#include "common/config/config.h"

/* One option of one section as it stands in the file. */
struct config__given {
    struct str text;
    unsigned line; /* 0: not given */
};

/* One section, or one of a repeated section. */
struct config__instance {
    struct config__instance *next;
    const struct config_section *section;
    struct str name;             /* of a repeated section; else absent */
    unsigned line;               /* of its first header; 0: not in the file */
    struct config__given *given; /* one for each option of the section */
};

/* A file taken apart: which option has which text. Values are not looked at. */
struct config__file {
    const struct config_schema *schema;
    struct arena *mem;
    const char *name; /* for findings */
    struct config__instance *first;
    struct config__instance **tail;
    struct err_list *findings;
};

void config__file_parse(struct config__file *file, struct str text);
PRINTF_LIKE(3, 4) void config__finding(struct config__file *file, unsigned line, const char *format, ...);

/* Gives the text its type and puts it at `field`. The message of *err says what is wrong with the value. */
MUST_USE enum rc config__convert(const struct config_option *option, struct str text, struct arena *mem,
                                 void *field, struct err *err);
/* Do the two fields hold the same value? */
bool config__same(const struct config_option *option, const void *a, const void *b);
