/* Numbers as people paste them. Pieces lie in the text, one behind the other, and what is a number is one as its own text, too. */
#include <stddef.h>
#include <stdint.h>

#include "gateway/model/pasted.h"
#include "gateway/model/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size}, piece;
    const char *end = rest.p;
    while (pasted_next(&rest, &piece)) {
        ensure(piece.n > 0 && piece.p >= end && piece.p + piece.n <= (const char *)data + size);
        end = piece.p + piece.n;
        char back[E164_TEXT_MAX];
        int64_t number = 0, again = 0;
        if (pasted_number(piece, &number)) {
            ensure(number >= 10 && number <= INT64_C(999999999999999));
            ensure(pasted_number(model_e164_text(number, back), &again) && again == number);
        }
    }
    ensure(rest.n == 0);
    return 0;
}
