import { StateMethods } from "./state.ts";

/** Reading the events of rooms. */
export abstract class MessageMethods extends StateMethods {
}
