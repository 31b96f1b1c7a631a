import { MessageMethods } from "./messages.ts";

/** Sending messages. */
export abstract class SendingMethods extends MessageMethods {
}
