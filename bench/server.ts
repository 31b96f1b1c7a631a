/** A homeserver that answers at once, in a process of its own so that its time is not counted. */

const answers: Record<string, string> = {
  whoami: JSON.stringify({ user_id: "@alice:example.org", device_id: "ABCDEFG", is_guest: false }),
  send: JSON.stringify({ event_id: "$Woq2vwLy8mNukf7e8oz61GxT5gpMmr_asojhb56-wU" }),
};

if (import.meta.main) {
  Deno.serve({
    port: 0,
    hostname: "127.0.0.1",
    onListen: ({ port }) => console.log(`http://127.0.0.1:${port}`),
  }, async (request) => {
    await request.body?.pipeTo(new WritableStream());
    const answer = answers[request.method === "GET" ? "whoami" : "send"]!;
    return new Response(answer, { headers: { "content-type": "application/json" } });
  });
}

/** Starts the server; resolves with its address and a way to stop it. */
export async function startServer(): Promise<{ url: string; stop: () => Promise<void> }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-config", "--allow-net", import.meta.filename!],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const url = new TextDecoder().decode((await reader.read()).value).trim();
  return {
    url,
    stop: async () => {
      child.kill();
      await reader.cancel();
      await child.status;
    },
  };
}
