/* A file of numbers, CSV or JSON Lines. However it is cut into pieces it gives the same rows, and the good ones,
 * written as a table, come back byte for byte. */
#include <stddef.h>
#include <stdint.h>

#include "common/base/limits.h"
#include "gateway/bulk/write.h"

#define OUT_MAX   (4 * 1024 * 1024)
#define ROWS_MAX  2000
#define PIECE_MAX 7

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct result {
    uint64_t good, findings;
    enum bulk_step last;
    struct buf table; /* the good rows */
};

static void add_row(struct result *result, const struct bulk_row *row, const struct bulk_writer *writer)
{
    if (row->number == NULL) {
        ensure(row->findings->count > 0 && row->findings->first != NULL);
        result->findings += row->findings->count + row->row;
        return;
    }
    result->good++;
    bulk_write_number(writer, row->number, &result->table);
}

static void read_file(struct str file, size_t piece, bool spreadsheet, struct result *ret)
{
    static const struct bulk_options options = {.numbers_max = ROWS_MAX};
    struct bulk_reader *reader = bulk_reader_new(&options);
    struct bulk_writer writer;
    const struct bulk_row *row = NULL;
    struct err err = {0};
    *ret = (struct result){.last = BULK_NEED_BYTES};
    buf_init(&ret->table, OUT_MAX);
    bulk_writer_init(&writer, BULK_CSV);
    writer.spreadsheet = spreadsheet;
    bulk_write_headings(&writer, &ret->table);
    while ((ret->last = bulk_next(reader, &row, &err)) != BULK_END && ret->last != BULK_STOPPED) {
        if (ret->last == BULK_ROW) {
            add_row(ret, row, &writer);
        } else if (file.n == 0) {
            bulk_end(reader);
        } else {
            bulk_feed(reader, str_slice(file, 0, piece));
            file = str_slice(file, piece, file.n);
        }
    }
    ensure(ret->last == BULK_END || err.rc == RC_INVALID || err.rc == RC_LIMIT);
    bulk_reader_free(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str file = {(const char *)data, size};
    struct result whole, pieces, again;
    bool spreadsheet = size % 2 == 1;
    read_file(file, SIZE_MAX / 2, spreadsheet, &whole);
    read_file(file, 1 + size % PIECE_MAX, spreadsheet, &pieces);
    ensure(whole.good == pieces.good && whole.findings == pieces.findings && whole.last == pieces.last);
    ensure(str_eq(buf_str(&whole.table), buf_str(&pieces.table)));
    if (!buf_failed(&whole.table)) {
        read_file(buf_str(&whole.table), SIZE_MAX / 2, spreadsheet, &again);
        ensure(again.last == BULK_END && again.good == whole.good && again.findings == 0);
        ensure(str_eq(buf_str(&whole.table), buf_str(&again.table)));
        buf_clear(&again.table);
    }
    buf_clear(&whole.table);
    buf_clear(&pieces.table);
    return 0;
}
