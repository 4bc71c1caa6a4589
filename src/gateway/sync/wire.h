/* What goes over the wire to a back end and back: the bodies of docs/backend-api.yaml, as bytes. No I/O. Inside sync only.
 *
 * A read function takes a whole body and fills *ret, which lives in `mem` as the body must. RC_INVALID: it is not what the document
 * says, or not the answer to what was asked; err->msg names the place. */
#pragma once
#include "common/base/buf.h"
#include "gateway/domain/backend.h"

#define WIRE_PAGE           200 /* what is asked for; a page of up to 500 is taken */
#define WIRE_PAGE_ADDRESSES 50  /* each may have many places */
#define WIRE_NUMBERS        100 /* in a question for capabilities */

MUST_USE enum rc wire_read_consents(struct str body, struct str after, struct arena *mem,
                                    struct backend_consents *ret, struct err *err);
MUST_USE enum rc wire_read_consent(struct str body, struct str tenant_id, struct arena *mem, struct rfi *ret,
                                   struct err *err);
MUST_USE enum rc wire_read_addresses(struct str body, struct str after, struct arena *mem,
                                     struct backend_addresses *ret, struct err *err);
MUST_USE enum rc wire_read_numbers(struct str body, enum service service, struct str tenant_id, int64_t after,
                                   struct arena *mem, struct backend_numbers *ret, struct err *err);
MUST_USE enum rc wire_read_number(struct str body, enum service service, int64_t telephone_number,
                                  struct arena *mem, struct backend_number *ret, struct err *err);
MUST_USE enum rc wire_read_changes(struct str body, struct arena *mem, struct backend_changes *ret,
                                   struct err *err);
/* `key`: the order's id; absent: not known. */
MUST_USE enum rc wire_read_job(struct str body, struct str key, struct arena *mem, struct backend_job *ret,
                               struct err *err);
/* RC_NOT_FOUND: the list is empty. */
MUST_USE enum rc wire_read_jobs(struct str body, struct str key, struct arena *mem, struct backend_job *ret,
                                struct err *err);
MUST_USE enum rc wire_read_plans(struct str body, struct arena *mem, struct capability_plans *ret,
                                 struct err *err);
MUST_USE enum rc wire_read_capabilities(struct str body, struct arena *mem, struct text_list *ret,
                                        struct err *err);
/* The body of an answer that is not a success; code and message are there. */
MUST_USE enum rc wire_read_error(struct str body, struct arena *mem, struct wire_error *ret, struct err *err);

void wire_write_order(const struct backend_order *order, struct buf *out);
void wire_write_numbers(const struct number_identifier *numbers, size_t count, struct buf *out);
void wire_write_relationship(const struct customer_relationship *relationship, struct buf *out);

/* Percent-encoded, but for what RFC 3986 calls unreserved. */
void wire_put_escaped(struct buf *out, struct str text);
const char *wire_service_name(enum service service);
