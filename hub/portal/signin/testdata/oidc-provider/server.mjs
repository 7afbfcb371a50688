// An independent, certified OpenID provider for TestRealProvider: one client,
// PKCE required, its own pages for login and consent. It prints its issuer.
//
//   node server.mjs CLIENT_ID REDIRECT_URI JWK_OF_THE_CLIENT
import { createServer } from 'node:http';
import { once } from 'node:events';
import Provider from 'oidc-provider';

const [client, redirect, jwk] = process.argv.slice(2);
const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  clients: [{
    client_id: client,
    redirect_uris: [redirect],
    response_types: ['code'],
    grant_types: ['authorization_code'],
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    jwks: { keys: [JSON.parse(jwk)] },
  }],
  pkce: { required: () => true },
  cookies: { keys: ['only-for-this-test'] },
});
server.on('request', provider.callback());
console.log(issuer);
