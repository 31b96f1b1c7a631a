/** A Synapse that pushes transactions to an application service on this machine. */
import {
  createRegistration,
  type CreateRegistrationOptions,
  registrationYAML,
} from "../client/appservice/mod.ts";
import { freePort, type Homeserver, startHomeserver } from "./homeserver.ts";
import type { Registration } from "../types/mod.ts";

/** A homeserver, and the service that it pushes to. */
export interface PushingHomeserver extends Homeserver {
  registration: Registration;
  /** Port of the service on 127.0.0.1. */
  port: number;
}

/** Starts a Synapse with the registration of a service. */
export async function startPushingHomeserver(
  options: Partial<CreateRegistrationOptions> = {},
  config: Record<string, unknown> = {},
): Promise<PushingHomeserver> {
  const port = freePort();
  const registration = createRegistration({
    id: "push",
    url: `http://127.0.0.1:${port}`,
    senderLocalpart: "_push_bot",
    users: ["@_push_.*:localhost"],
    aliases: ["#_push_.*:localhost"],
    receiveEphemeral: true,
    extra: { "io.element.msc4190": true, "org.matrix.msc3202": true },
    ...options,
  });
  const file = await Deno.makeTempFile({ suffix: ".yaml" });
  await Deno.writeTextFile(file, registrationYAML(registration));
  // A restart reads the file again.
  const remove = () => Deno.remove(file);
  try {
    const homeserver = await startHomeserver({ config: { ...config, app_service_config_files: [file] } });
    const stop = () => homeserver.stop().finally(remove);
    return { ...homeserver, registration, port, stop };
  } catch (error) {
    await remove();
    throw error;
  }
}
