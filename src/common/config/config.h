/* Configuration files from tables of options.
 *
 * A program describes its options once, as rows. The rows feed the reader (config_load), the commented
 * sample file (config_write_sample), the options page of the documents (config_write_markdown) and the
 * question which changes need a restart (config_fixed_changes). This room knows no option by name.
 *
 * The file
 *   [section]           one struct, or, where the table calls the section repeated,
 *   [section.NAME]      one struct for each NAME (letters, digits, '-', '_')
 *   name = value        ; a comment
 *   # a comment: '#' or ';' is the first character of the line
 *
 * - A ';' begins a comment only behind a blank or tab: "https://host/a;b" is one value, and "name = ; text"
 *   a name with nothing behind it. Within a line '#' is an ordinary character.
 * - No quotes, no continuation lines. UTF-8. Blanks at the ends of a value do not count.
 * - The same option given again replaces what came before, and a section may be opened again: a file can
 *   be appended to. A value that was replaced is not looked at.
 * - Nothing is cut silently: a file over LIMIT_CONFIG_FILE or a line over LIMIT_CONFIG_LINE is an error.
 *
 * An option that is not in the file has its default. "name =" makes a string, path or secret absent and a
 * list empty, whatever the default; other types refuse it.
 *
 * Everything read lives in the arena it was read into, and does not change: a reload reads a new one. It
 * should be one of arena_new_secret() where there are CONFIG_SECRET options. One thread loads at a time,
 * since inih keeps its settings in globals. */
#pragma once
#include "common/base/arena.h"
#include "common/base/buf.h"
#include "common/base/err.h"

enum config_type {
    CONFIG_STRING,  /* struct str */
    CONFIG_INT,     /* int64_t, from min to max */
    CONFIG_SECONDS, /* int64_t, milliseconds from min to max; "10", or "0.25" with up to three decimals */
    CONFIG_BOOL,    /* bool; "yes" or "no" */
    CONFIG_ENUM,    /* an enum (or int); the index of the word in `words` */
    CONFIG_LIST,    /* struct config_list; comma separated, no empty items */
    CONFIG_PATH,    /* struct str, with a NUL behind it; absolute */
    CONFIG_SECRET,  /* struct str: the content of a file that others must not read. The value is its absolute
                      path, or, without any '/', the name of a systemd credential */
};

struct config_list {
    const struct str *items;
    size_t count;
};

struct config_option {
    const char *name;
    enum config_type type;
    size_t offset;        /* of its field in the section's struct */
    const char *standard; /* the default, as text; NULL: absent, or 0, or no */
    int64_t min, max; /* CONFIG_INT, CONFIG_SECONDS; of text types the length in bytes, where max is not 0 */
    const char *unit; /* "seconds"; NULL: none */
    const char *const *words; /* CONFIG_ENUM; NULL ends */
    bool required;            /* must be given; of a repeated section in each */
    bool reloadable;          /* a reload takes a new value over */
    const char *example;      /* shown in the sample file where there is no default */
    const char *doc;          /* whole sentences */
    /* May refuse a value (of a list: each item) by RC_INVALID and a message about it. NULL: every value will
     * do. */
    enum rc (*check)(struct str value, struct err *err);
};

struct config_section {
    const char *name;
    const char *doc;
    const struct config_option *options;
    size_t option_count;
    size_t offset; /* of the section's struct in the program's; of a repeated one, of a pointer to an array of
                      structs */
    /* Only of repeated sections: */
    bool repeated;
    size_t item_bytes;   /* of one struct */
    size_t count_offset; /* in the program's struct: size_t, how many there are */
    size_t name_offset;  /* in one struct: struct str, the NAME */
    size_t count_max;
    const char *example; /* a NAME for the sample file */
};

struct config_schema {
    const struct config_section *sections;
    size_t section_count;
    size_t bytes; /* of the program's struct */
};

/* Reads the file and fills the program's struct (schema->bytes of it), which is written only on success.
 * Every finding is reported, not the first alone: err->details, each with "FILE:LINE" as field. RC_INVALID;
 * RC_LIMIT when the arena is full. */
MUST_USE enum rc config_load(const struct config_schema *schema, const char *path, struct arena *mem,
                             void *ret, struct err *err);
/* The same from text, `name` standing for the file. Empty text gives the defaults. */
MUST_USE enum rc config_load_text(const struct config_schema *schema, const char *name, struct str text,
                                  struct arena *mem, void *ret, struct err *err);

/* A file that shows every option, with its default commented out. It can be loaded as it is. */
void config_write_sample(const struct config_schema *schema, struct buf *out);
/* The same for readers of the documents: a heading and a table a section. */
void config_write_markdown(const struct config_schema *schema, struct buf *out);

/* Names the options ("[server] listen, [store] url") that differ between two loaded structs and are not
 * reloadable: a reload must leave them, or be refused. False: there are none. */
bool config_fixed_changes(const struct config_schema *schema, const void *before, const void *after,
                          struct buf *ret_names);
