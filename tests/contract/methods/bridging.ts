import { list, number } from "../../support/shapes.ts";
import { inBody } from "./options.ts";
import { type Argument, rows } from "./row.ts";
import { invalid, MXID, OBJECTS, ODD_PATH, ROOM, V1, V3, whole } from "./samples.ts";

const NETWORK: Argument = ["irc/net", "segment"];
const FIELDS: Argument = [{ channel: "#a b" }, "strings"];
const PROTOCOL = {
  user_fields: ["nickname"],
  location_fields: ["channel"],
  icon: "mxc://example.org/icon",
  field_types: { nickname: { regexp: "[^\\s]+", placeholder: "nick" } },
  instances: [{ desc: "Net", fields: {}, network_id: "net" }],
};
const LOCATION = { alias: "#irc_a:example.org", protocol: "irc", fields: { channel: "#a" } };
const PERSON = { userid: MXID, protocol: "irc", fields: { nickname: "a" } };
const found = {
  malformed: invalid("Invalid response: expected array", null, {}, "text", 5),
  resolves: list(),
};

export const bridging = rows({
  getThirdPartyProtocols: {
    line: `GET ${V3}/thirdparty/protocols`,
    ...whole({ irc: PROTOCOL }),
    malformed: OBJECTS,
  },
  getThirdPartyProtocol: {
    args: [NETWORK],
    line: `GET ${V3}/thirdparty/protocol/irc%2Fnet`,
    ...whole(PROTOCOL),
    malformed: OBJECTS,
  },
  findThirdPartyLocations: {
    args: [NETWORK, FIELDS],
    line: `GET ${V3}/thirdparty/location/irc%2Fnet`,
    query: { channel: "#a b" },
    ...whole([LOCATION]),
    ...found,
  },
  findThirdPartyLocationsByAlias: {
    args: [["#a:example.org", "id"]],
    line: `GET ${V3}/thirdparty/location`,
    query: { alias: "#a:example.org" },
    ...whole([LOCATION]),
    ...found,
  },
  findThirdPartyUsers: {
    args: [NETWORK, FIELDS],
    line: `GET ${V3}/thirdparty/user/irc%2Fnet`,
    query: { channel: "#a b" },
    ...whole([PERSON]),
    ...found,
  },
  findThirdPartyUsersById: {
    args: [["@b:example.org", "id"]],
    line: `GET ${V3}/thirdparty/user`,
    query: { userid: "@b:example.org" },
    ...whole([PERSON]),
    ...found,
  },
  pingAppservice: {
    args: [NETWORK],
    options: { txnId: inBody("transaction_id", "truthy", "t1") },
    line: `POST ${V1}/appservice/irc%2Fnet/ping`,
    body: {},
    response: { duration_ms: 5 },
    result: 5,
    malformed: [
      ...OBJECTS,
      ...invalid("`duration_ms` not in response.", {}, { duration_ms: null }),
      ...invalid("Invalid `duration_ms` in response: expected number", { duration_ms: "5" }),
    ],
    resolves: number,
  },
  setNetworkDirectoryVisibility: {
    args: [NETWORK, ROOM, ["public", "id"]],
    line: `PUT ${V3}/directory/list/appservice/irc%2Fnet/${ODD_PATH.room}`,
    body: { visibility: "public" },
  },
});
