/* How tests look at and end the sign-ins of people, from loopback only:
 *
 *      GET  /lab/users          {"users": [{"name": "ada", "displayName": "Ada Admin", "objectId": "...", "roles": [...]}]}
 *      POST /lab/users/revoke   {"user": "ada", "sessions": false}: no refresh token of the user is good any more; with sessions
 *                               no browser is signed in, either. {"signIns": 1, "sessions": 0}: how many ended */
#pragma once

struct visit;

void control_serve_users(struct visit *visit);
void control_serve_users_revoke(struct visit *visit);
