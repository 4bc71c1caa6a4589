/* What a DNS server answers: a message, its records, and the signature that it may have. Records that we could have made come back the
 * same through a message; all can be shown. */
#include <stddef.h>
#include <stdint.h>

#include "common/base/buf.h"
#include "common/resolve/inside.h"

#define MEMORY_MAX (4UL * 1024 * 1024)
#define LINES_MAX  (1024UL * 1024)
#define SIGNED_MS  INT64_C(1700000000000) /* the time in the seeds' signatures */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_record(const struct rr *rr, struct arena *mem)
{
    struct rr again;
    ldns_rr *made = rr_valid(rr) ? message__record(rr) : NULL;
    if (made != NULL) {
        ensure(message__take(made, mem, &again));
        ensure(rr_same(rr, &again) && rr->ttl_s == again.ttl_s);
    }
    ensure(made != NULL || !rr_valid(rr));
    ldns_rr_free(made);
}

static void check_records(const ldns_rr_list *records, struct arena *mem)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(records); i++) {
        struct arena_mark mark = arena_mark(mem);
        struct buf line;
        struct rr rr;
        buf_init(&line, LINES_MAX);
        if (message__take(ldns_rr_list_rr(records, i), mem, &rr)) {
            rr_write(&line, &rr);
            check_record(&rr, mem);
        }
        buf_clear(&line);
        arena_rewind(mem, mark);
    }
}

static void check_signature(ldns_pkt *message, const uint8_t *data, size_t size)
{
    static const struct tsig_key key = {{"key.test", 8}, {"c2VjcmV0", 8}};
    ldns_rdf *mac = ldns_rdf_new_frm_str(LDNS_RDF_TYPE_INT16_DATA, "AAAA");
    struct tsig_error error = message__tsig_error(message);
    ensure(error.code == TSIG_BADTIME || error.server_time.ms == 0);
    for (int later = 0; later < 2; later++) {
        (void)message__signed(message, data, size, &key, mac, later == 1);
    }
    ldns_rdf_deep_free(mac);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    clock_test_set_wall((struct wall){SIGNED_MS});
    CLEANUP(arena_freep) struct arena *mem = arena_new(MEMORY_MAX);
    ldns_pkt *message = message__read(data, size);
    if (message != NULL) {
        check_records(ldns_pkt_answer(message), mem);
        check_records(ldns_pkt_authority(message), mem);
        check_signature(message, data, size);
        ensure(message__answers(message, message) ==
               (ldns_pkt_qr(message) && ldns_rr_list_rr_count(ldns_pkt_question(message)) == 1));
    }
    ldns_pkt_free(message);
    return 0;
}
