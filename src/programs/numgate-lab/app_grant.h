/* Client credentials: an application shows who it is, by a secret, in the form or as HTTP Basic, or by a signed assertion, and names
 * one resource. */
#pragma once
#include "programs/numgate-lab/grant.h"

enum refusal app_grant_check(struct grant *grant);
