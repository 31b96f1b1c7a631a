import { either, fields, nullish, object, string } from "../../support/shapes.ts";
import { METADATA as ISSUER } from "../../support/issuer.ts";
import { flag } from "./options.ts";
import { type Argument, rows } from "./row.ts";
import { lacking, V1, whole } from "./samples.ts";

const METADATA: Argument = [ISSUER, "object"];
const CLIENT: Argument = ["client-1", "text"];
const DEVICE = { clientId: "client-1", deviceId: "ALICE1" };
const REDIRECT = "https://app.example.org/callback";
/** Requests to an authorization server carry nothing of the client's own. */
const ignores = ["headers", "query", "timestamp"] as const;
const session = fields({
  baseUrl: string,
  userId: string,
  deviceId: string,
  accessToken: string,
  oauth: object,
});

/** Rows with a line send it to the homeserver. Requests to the authorization server are in oauth_test.ts. */
export const oauth = rows({
  getAuthMetadata: {
    line: `GET ${V1}/auth_metadata`,
    ...whole(ISSUER),
    malformed: [
      ...lacking("issuer"),
      [{ issuer: "https://account.example.org/" }, "`token_endpoint` not in response."],
    ],
    resolves: either(fields({ issuer: string, token_endpoint: string }), nullish),
    token: false,
  },
  registerOAuthClient: {
    args: [METADATA, [{ client_uri: "https://app.example.org/" }, "object"]],
    resolves: fields({ client_id: string }),
    ignores,
  },
  startAuthorization: {
    args: [METADATA, CLIENT, [REDIRECT, "text"]],
    calls: [{ options: { deviceId: ["ALICE1", "text?"], register: [true, "any"] } }],
    resolves: fields({ url: string, state: string, codeVerifier: string, deviceId: string }),
    ignores: [...ignores, "signal", "deadline", "retry"],
  },
  finishAuthorization: {
    args: [
      METADATA,
      [{ ...DEVICE, url: "", state: "state", codeVerifier: "verifier", redirectUri: REDIRECT }, "object"],
      [`${REDIRECT}#code=code&state=state`, "text"],
    ],
    resolves: session,
    ignores,
  },
  startDeviceAuthorization: {
    args: [METADATA, CLIENT],
    options: { deviceId: flag("ALICE1", "text?") },
    resolves: fields({ device_code: string, user_code: string, deviceId: string }),
    ignores,
  },
  finishDeviceAuthorization: {
    args: [METADATA, [{ ...DEVICE, device_code: "code", interval: 0.001, expiresAt: 8e15 }, "object"]],
    resolves: session,
    ignores: [...ignores, "retry"],
  },
});
