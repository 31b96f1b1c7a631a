/**
 * An authorization server for tests: the npm package oidc-provider, with what Synapse's
 * `matrix_authentication_service` needs around it. Runs under Node.js, because it is a Koa application.
 *
 *     node oauth_issuer.mjs <oidc-provider> <port> <secret> <seconds that an access token lives> <homeserver>
 *
 * Any name and password sign in.
 */
import { createServer } from "node:http";
import process from "node:process";
import { pathToFileURL } from "node:url";

const [folder, port, secret, life, homeserver] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}/`;
const { Provider } = await import(pathToFileURL(`${folder}/lib/index.js`).href);

const isMatrix = (scope) => scope.startsWith("urn:matrix:");
const matrixScope = (scope) => (scope ?? "").split(" ").filter(isMatrix).join(" ");

/** The scope of a resource is known in advance, that of a Matrix device is not: allow what is asked for. */
async function getResourceServerInfo(ctx) {
  const { params, entities = {} } = ctx.oidc;
  const { AuthorizationCode, DeviceCode, RefreshToken } = entities;
  const granted = (AuthorizationCode ?? DeviceCode ?? RefreshToken)?.scope;
  const scope = matrixScope(params?.scope ?? granted);
  return await {
    scope: scope || matrixScope(granted),
    accessTokenFormat: "opaque",
    accessTokenTTL: Number(life),
  };
}

const provider = new Provider(issuer, {
  cookies: { keys: ["cookie key of the test issuer"] },
  clientDefaults: { token_endpoint_auth_method: "none", response_types: [], redirect_uris: [] },
  scopes: ["openid"],
  features: {
    devInteractions: { enabled: true },
    deviceFlow: { enabled: true },
    registration: { enabled: true },
    revocation: { enabled: true, allowedPolicy: () => true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => `${issuer}matrix`,
      useGrantedResource: () => true,
      getResourceServerInfo,
    },
  },
  findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  issueRefreshToken: () => true,
  rotateRefreshToken: true,
  responseTypes: ["code", "none"],
  routes: {
    registration: "/oauth2/registration",
    token: "/oauth2/token",
    revocation: "/oauth2/revoke",
    device_authorization: "/oauth2/device",
  },
  ttl: {
    AccessToken: Number(life),
    RefreshToken: 3_600,
    Session: 3_600,
    Grant: 3_600,
    Interaction: 600,
    DeviceCode: 600,
  },
});
for (const event of ["server_error", "grant.error", "registration_create.error", "authorization.error"]) {
  provider.on(event, (_, error) => console.error(event, error.message, error.error_description ?? ""));
}
const callback = provider.callback();
const known = new Set();

/** Creates the user and the device on the homeserver before it receives their token. */
async function provision(localpart, scope) {
  const deviceId = /device:(\S+)/.exec(scope)?.[1];
  if (known.has(`${localpart} ${deviceId}`)) return;
  for (
    const [path, body] of [
      ["provision_user", { localpart }],
      ["upsert_device", { localpart, device_id: deviceId }],
    ]
  ) {
    const response = await fetch(`${homeserver}/_synapse/mas/${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) console.error(path, response.status, await response.text());
    else await response.body?.cancel();
  }
  known.add(`${localpart} ${deviceId}`);
}

/** Returns the user and the scope of a token to the homeserver. */
async function introspect(request) {
  if (request.headers.authorization !== `Bearer ${secret}`) return [401, { error: "invalid_token" }];
  let body = "";
  for await (const chunk of request) body += chunk;
  const token = await provider.AccessToken.find(new URLSearchParams(body).get("token") ?? "");
  if (!token?.isValid) return [200, { active: false }];
  await provision(token.accountId, token.scope);
  return [200, {
    active: true,
    scope: token.scope,
    username: token.accountId,
    expires_in: token.remainingTTL,
    exp: token.exp,
  }];
}

/** The metadata, with what Synapse requires in addition. */
async function metadata() {
  const response = await fetch(`${issuer}.well-known/oauth-authorization-server`);
  return [200, {
    ...(await response.json()),
    account_management_uri: `${issuer}account`,
    account_management_actions_supported: ["org.matrix.device_delete"],
  }];
}

createServer(async (request, response) => {
  const own = { "/oauth2/introspect": introspect, "/.well-known/openid-configuration": metadata };
  const handle = own[request.url];
  if (!handle) return callback(request, response);
  const [status, body] = await handle(request);
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}).listen(Number(port), "127.0.0.1");
