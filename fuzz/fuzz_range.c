/* A range of numbers. What is taken has telephone numbers only, as many as allowed, in order. */
#include <stddef.h>
#include <stdint.h>

#include "common/base/limits.h"
#include "gateway/bulk/range.h"
#include "gateway/model/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct str text, bool plus_optional)
{
    struct bulk_range range;
    struct err err = {0};
    char last[E164_TEXT_MAX];
    int64_t number = 0;
    if (bulk_range_parse(text, plus_optional, &range, &err) != RC_OK) {
        ensure(err.code != NULL && err.msg[0] != '\0' && str_is_utf8(str_of(err.msg)));
        return;
    }
    ensure(range.count >= 1 && range.count <= LIMIT_BULK_RANGE && range.first >= 10 && range.step >= 1);
    struct str written = model_e164_text(bulk_range_at(&range, range.count - 1), last);
    ensure(model_e164_parse(written, &number) && number >= range.first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    check(text, false);
    check(text, true);
    return 0;
}
