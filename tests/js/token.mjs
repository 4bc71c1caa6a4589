// One token by @azure/identity, the way a BSS client gets it from Entra ID, from any issuer that behaves like it.
//
//   node token.mjs secret|certificate SCOPE...        prints one JSON object a scope: {"token", "expiresOnTimestamp"}
//
// In the environment: AUTHORITY_HOST (https://HOST:PORT), TENANT, CLIENT_ID, CLIENT_SECRET or CLIENT_CERTIFICATE (a PEM file with
// certificate and key), NODE_EXTRA_CA_CERTS. An error is one JSON object with "error" and exit status 1.
import { ClientCertificateCredential, ClientSecretCredential } from "@azure/identity";

const { AUTHORITY_HOST, TENANT, CLIENT_ID, CLIENT_SECRET, CLIENT_CERTIFICATE } = process.env;
const [kind, ...scopes] = process.argv.slice(2);
const options = { authorityHost: AUTHORITY_HOST, disableInstanceDiscovery: true };

const credential = kind === "certificate"
    ? new ClientCertificateCredential(TENANT, CLIENT_ID, { certificatePath: CLIENT_CERTIFICATE }, options)
    : new ClientSecretCredential(TENANT, CLIENT_ID, CLIENT_SECRET, options);

try {
    for (const scope of scopes) {
        console.log(JSON.stringify(await credential.getToken(scope)));
    }
} catch (error) {
    console.log(JSON.stringify({ error: error.name, message: error.message, codes: error.errorResponse?.errorCodes }));
    process.exitCode = 1;
}
