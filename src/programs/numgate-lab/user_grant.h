/* Tokens for people who signed in to a public client: by authorization code and verifier (RFC 7636), then by refresh token. The
 * client sends its id and nothing that only it could know. signin.h has the rules. */
#pragma once
#include "programs/numgate-lab/grant.h"

enum refusal user_grant_check_code(struct grant *grant);
enum refusal user_grant_check_refresh(struct grant *grant);
