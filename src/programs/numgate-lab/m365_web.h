/* Microsoft 365's domains over HTTP, in the shape of Microsoft Graph:
 *
 *      GET, POST    {base}/domains                              all; {"id": "contoso.1r1.example.net"}
 *      GET, DELETE  {base}/domains/{fqdn}
 *      GET          {base}/domains/{fqdn}/verificationDnsRecords
 *      POST         {base}/domains/{fqdn}/verify                looks the text record up
 *
 * {base} is /m365/{tenantId}/v1.0, with a token of the lab for Microsoft Graph, role Domain.Read.All or Domain.ReadWrite.All; the tenant is
 * that of the path, so that one client may play the administrators of all customers (Graph itself takes it from the token). Or
 * /lab/m365/{tenantId}, from loopback, without a token; there is one more:
 *
 *      GET          /lab/m365/{tenantId}/domains/{fqdn}/trunk   can it be a trunk of Teams?
 *
 * Errors: {"error": {"code": "Request_BadRequest", "message": "...", "innerError": {"date", "request-id", "client-request-id"}}}. */
#pragma once

#define M365_APPLICATION                                                                                     \
    "00000003-0000-0000-c000-000000000000" /* the application id of Microsoft Graph: the audience of its tokens */

struct visit;

void m365_serve_list(struct visit *visit);
void m365_serve_add(struct visit *visit);
void m365_serve_get(struct visit *visit);
void m365_serve_drop(struct visit *visit);
void m365_serve_records(struct visit *visit);
void m365_serve_verify(struct visit *visit);
void m365_serve_trunk(struct visit *visit);
