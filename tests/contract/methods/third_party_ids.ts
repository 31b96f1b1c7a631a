import { boolean, list, string } from "../../support/shapes.ts";
import { auth } from "./account.ts";
import { inBody } from "./options.ts";
import { type Argument, rows } from "./row.ts";
import { invalid, lacking, OBJECTS, V3, whole } from "./samples.ts";

const ACCOUNT = `${V3}/account/3pid`;
const SID: Argument = ["sid", "id"];
const SECRET: Argument = ["client-secret", "id"];
const VALIDATED = { sid: "sid", client_secret: "client-secret" };
const tokenOptions = {
  nextLink: inBody("next_link", "truthy", "https://example.org/next"),
  idServer: inBody("id_server", "truthy", "id.example.org", { with: { idAccessToken: "t" } }),
  idAccessToken: inBody("id_access_token", "truthy", "t", { with: { idServer: "id.example.org" } }),
};
const session = {
  ...whole({ sid: "sid", submit_url: "https://example.org/submit" }),
  malformed: lacking("sid"),
};
const unbinding = {
  args: [["email", "id"], ["a@example.org", "id"]],
  options: { idServer: inBody("id_server", "truthy", "id.example.org") },
  body: { medium: "email", address: "a@example.org" },
  response: { id_server_unbind_result: "no-support" },
  result: "no-support",
  malformed: lacking("id_server_unbind_result"),
  resolves: string,
} as const;

export const thirdPartyIds = rows({
  getThirdPartyIds: {
    line: `GET ${ACCOUNT}`,
    response: { threepids: [{ medium: "email", address: "a@example.org", validated_at: 1, added_at: 2 }] },
    result: [{ medium: "email", address: "a@example.org", validated_at: 1, added_at: 2 }],
    malformed: [...OBJECTS, ...invalid("Invalid `threepids` in response: expected array", { threepids: {} })],
    resolves: list(),
  },
  requestEmailToken: {
    args: [["add", "made?"], ["a@example.org", "id"], SECRET, [1, "integer"]],
    options: tokenOptions,
    line: `POST ${ACCOUNT}/email/requestToken`,
    body: { email: "a@example.org", client_secret: "client-secret", send_attempt: 1 },
    ...session,
    token: false,
    operations: ["requestTokenToRegisterEmail", "requestTokenToResetPasswordEmail"],
  },
  requestPhoneToken: {
    args: [["add", "made?"], ["PT", "id"], ["912", "id"], SECRET, [1, "integer"]],
    options: tokenOptions,
    line: `POST ${ACCOUNT}/msisdn/requestToken`,
    body: { country: "PT", phone_number: "912", client_secret: "client-secret", send_attempt: 1 },
    ...session,
    token: false,
    operations: ["requestTokenToRegisterMSISDN", "requestTokenToResetPasswordMSISDN"],
  },
  submitPhoneToken: {
    args: [["https://example.org/submit", "id"], SID, SECRET, ["123456", "id"]],
    resolves: boolean,
    ignores: ["headers", "query", "timestamp"],
  },
  addThirdPartyId: {
    args: [SID, SECRET],
    options: { auth },
    line: `POST ${ACCOUNT}/add`,
    body: VALIDATED,
  },
  bindThirdPartyId: {
    args: [SID, SECRET, ["id.example.org", "id"], ["t", "id"]],
    line: `POST ${ACCOUNT}/bind`,
    body: { ...VALIDATED, id_server: "id.example.org", id_access_token: "t" },
  },
  deleteThirdPartyId: { ...unbinding, line: `POST ${ACCOUNT}/delete` },
  unbindThirdPartyId: { ...unbinding, line: `POST ${ACCOUNT}/unbind` },
});
