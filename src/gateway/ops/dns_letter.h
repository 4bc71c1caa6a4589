/* What an operator sends to a customer, so that both get through the set-up of Direct Routing: plain text, by what the customer has to do
 * next. Pure. */
#pragma once
#include "gateway/dns/dns.h"
#include "gateway/model/dns.h"

enum letter_stage {
    LETTER_TOKENS, /* the customer adds the names and sends the tokens */
    LETTER_WAIT,   /* they are known, but not served everywhere */
    LETTER_VERIFY  /* they are: the customer verifies the names and uses them */
};
/* In mem. The tokens are shown in LETTER_WAIT alone. */
struct dns_view_letter dns_letter_write(const struct dns_facts *facts, const struct dns_customer *customer,
                                        enum letter_stage stage, struct arena *mem);
