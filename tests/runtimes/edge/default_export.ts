/** A service that is the default export of a module. */
import { AppService } from "../../../client/appservice/mod.ts";

const service: AppService = new AppService({
  baseUrl: "http://127.0.0.1:1",
  serverName: "localhost",
  registration: {
    id: "default",
    url: "http://127.0.0.1",
    as_token: "as",
    hs_token: "hs",
    sender_localpart: "bot",
    namespaces: {},
  },
});
export default service;
