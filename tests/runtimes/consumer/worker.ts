/** The story in a Worker, which runs it for a POST request and responds with its output. */
import { type Account, story } from "./story.ts";

export default {
  async fetch(request: Request): Promise<Response> {
    if (request.method !== "POST") return new Response("POST an account here");
    const lines: string[] = [];
    try {
      await story(await request.json() as Account, (line) => lines.push(line));
      return new Response(lines.join("\n"));
    } catch (error) {
      lines.push(String(error instanceof Error ? error.stack : error));
      return new Response(lines.join("\n"), { status: 500 });
    }
  },
};
