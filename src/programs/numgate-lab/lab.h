/* What the lab is made of; built once in main, then only looked at. The parts that change guard themselves.
 */
#pragma once
#include "common/base/str.h"

struct assertions;
struct directory;
struct faults;
struct keyring;
struct later;

struct lab {
    struct directory *directory;
    struct keyring *keyring;
    struct assertions *assertions;
    struct faults *faults;
    struct later *later;
    struct str base; /* where clients find the lab: "https://127.0.0.1:8444", no '/' at the end */
};
