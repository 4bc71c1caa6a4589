/* Every maximum that is not a configuration option, in one place. Bytes unless the name says otherwise. */
#pragma once

#define LIMIT_TARGET             2083        /* request target; over it 414 (contract) */
#define LIMIT_HEADER_BLOCK       (32 * 1024) /* over it 431 */
#define LIMIT_HEADER_COUNT       100
#define LIMIT_BODY               (1024 * 1024)      /* over it 413 */
#define LIMIT_BODIES             (64 * 1024 * 1024) /* all request bodies in memory together; over it 503 */
#define LIMIT_LINGER             (16 * 1024 * 1024) /* read and dropped after an early refusal: twice LIMIT_UPLOAD */
#define LIMIT_REPLY              (8 * 1024 * 1024)
#define LIMIT_REQUEST_ARENA      (24 * 1024 * 1024)
#define LIMIT_JSON_DEPTH         16            /* nesting */
#define LIMIT_JSON_VALUES        50000         /* in one document: a tree takes up to 250 bytes for each */
#define LIMIT_TOKEN              (16 * 1024)   /* bearer token */
#define LIMIT_FETCH_REPLY        (1024 * 1024) /* discovery document, key set */
#define LIMIT_SECRET             (64 * 1024)   /* a file that holds one secret */
#define LIMIT_CONFIG_FILE        (1024 * 1024)
#define LIMIT_CONFIG_LINE        4096 /* of a configuration file */
#define LIMIT_KEYS               100  /* keys of one issuer */
#define LIMIT_BATCH              100  /* numbers in a batch (contract) */
#define LIMIT_DETAILS            100  /* findings reported for one request */
#define LIMIT_PAGE               500
#define LIMIT_PAGE_DEFAULT       200
#define LIMIT_PAGE_BYTES         (1024 * 1024) /* of its items in memory; the page then ends early */
#define LIMIT_CAPABILITY_NUMBERS 10000         /* numbers in a capability query */
#define LIMIT_LOOKUP             10000         /* numbers that are looked up together */
#define LIMIT_LOOKUP_ACCOUNTS    500
#define LIMIT_FILTER             1024 /* text of a filter */
#define LIMIT_FILTER_NODES       64
#define LIMIT_ACCOUNT_DELETE     100000 /* numbers that go with an account in one request */
#define LIMIT_TEXT               1024   /* string fields for which the contract names no maximum */
#define LIMIT_PERSON             128    /* of a caller's name that a row keeps */
#define LIMIT_TEXTS              100    /* members of a string array */
#define LIMIT_LOCATIONS          1000   /* places within an emergency address */
#define LIMIT_CIVIC_ADDRESSES    10000  /* of a tenant, the first by their ids; others are left out */
#define LIMIT_COUNTRIES          300    /* of a consent; there are about 250 */
#define LIMIT_BACKEND_BATCH      500    /* numbers in one order to a back end */
#define LIMIT_BACKEND_REPLY                                                                                  \
    (8 * 1024 * 1024)           /* an answer of a back end: a page of 200 numbers or addresses, or a job */
#define LIMIT_PORTAL_FILES 2000 /* of the portal, all codings */
#define LIMIT_PORTAL_FILE  (7 * 1024 * 1024)  /* one of them; a reply must hold it */
#define LIMIT_PORTAL_BYTES (64 * 1024 * 1024) /* all of them, in memory */
#define LIMIT_ZONE_FILE    (256 * 1024 * 1024)
#define LIMIT_ZONE_PLAN                                                                                      \
    (512 * 1024 * 1024) /* memory for all records of a zone and what is to become of them */
#define LIMIT_CUSTOMER_DOMAIN                                                                                \
    48 /* characters of <label>.1r1.<base domain>: Entra ID takes no longer domain */
#define LIMIT_BULK_ROW     LIMIT_BODY        /* of a file of numbers; a longer row is a finding */
#define LIMIT_BULK_COLUMNS 256               /* headings of such a file */
#define LIMIT_BULK_NUMBERS 10000000          /* in one file; reading stops there */
#define LIMIT_BULK_RANGE   100000            /* numbers of one range */
#define LIMIT_UPLOAD       (8 * 1024 * 1024) /* a file of numbers in a request body; over it 413 */
#define LIMIT_UPLOAD_ROWS  10000             /* of such a file */
#define LIMIT_JOB_NUMBERS  100000            /* of one number job */
#define LIMIT_JOBS_OPEN    50                /* of a caller that have not ended */
#define LIMIT_JOBS_ENDED   100               /* of a caller that have; the oldest go */
#define LIMIT_JOB_RESULT   (4 * 1024 * 1024) /* of a job's result in one reply, about: it goes on in the next */
#define LIMIT_BULK_MEMORY  (16 * 1024 * 1024) /* of one row while it is read */
