/* What the lab is made of; built once in main, then only looked at. The parts that change guard themselves.
 */
#pragma once
#include "common/base/str.h"
#include "programs/numgate-lab/part.h"

struct assertions;
struct backend;
struct directory;
struct faults;
struct keyring;
struct later;
struct m365;
struct m365_dns;
struct sessions;
struct signins;

struct lab {
    struct directory *directory;
    struct keyring *keyring;
    struct assertions *assertions;
    struct faults *faults;
    struct sessions *sessions;
    struct signins *signins;
    struct later *later;
    struct backend *backend;
    struct m365 *m365;
    struct m365_dns *dns;
    struct later *lookups; /* a thread that may wait for name servers */
    struct parts parts;    /* what a reset, a snapshot and a restore are of */
    struct str base;       /* where clients find the lab: "https://127.0.0.1:8444", no '/' at the end */
};
