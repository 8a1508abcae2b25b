// A real OpenID provider for the tests: `node provider.mjs REDIRECT_URI…` prints its address and serves until killed.
// Whoever types a name into its login form is that account; there are no passwords in it.
import { createServer } from 'node:http';

import Provider from 'oidc-provider';

const server = createServer((request, response) => handle(request, response));
let handle = (request, response) => response.writeHead(503).end();

server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'portal',
        client_secret: 'invented-client-phrase',
        redirect_uris: process.argv.slice(2),
        response_types: ['code'],
        grant_types: ['authorization_code'],
      },
    ],
    pkce: { required: () => true },
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    cookies: { keys: ['invented-cookie-key'] },
    ttl: { AuthorizationCode: 60, IdToken: 300, Interaction: 300, Session: 300, Grant: 300, AccessToken: 300 },
  });
  handle = provider.callback();
  console.log(issuer);
});
