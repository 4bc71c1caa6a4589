/* A telephone number and an account name, as they come in a path. What is a number is written back to the
 * same text. */
#include <stddef.h>
#include <stdint.h>

#include "gateway/model/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = {(const char *)data, size};
    char back[E164_TEXT_MAX];
    int64_t number = 0;
    if (model_e164_parse(text, &number)) {
        ensure(number >= 10 && number <= INT64_C(999999999999999));
        ensure(str_eq(model_e164_text(number, back), text));
    }
    if (model_account_name_valid(text)) {
        ensure(size >= 1 && size <= 100 && str_find(text, '/') < 0 && str_find(text, ':') < 0);
    }
    return 0;
}
