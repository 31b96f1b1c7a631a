/** Tells a room how a CI job has ended. On GitHub and GitLab it finds out by itself which. */
import process from "node:process";
import { findRoom, run, UsageError } from "./command.ts";

const usage = `Usage: notify.ts ROOM STATUS [--name=TEXT] [--url=URL] [--id=TEXT] [--lenient]
Says in a room that a job has ended: STATUS is success, failure, cancelled or another word.

  --name     Of the job. From the environment of GitHub Actions and GitLab CI by default.
  --url      Where to read more; likewise.
  --id       What is told twice with the same ID and the same token, on the same day, is one message.
             That of the job's run by default.
  --lenient  The job does not fail with it: whatever the homeserver says, or if it says nothing, the exit code is 0.

A step of GitHub Actions, with the settings among the secrets:
  - if: always()
    run: deno run --allow-env --allow-net notify.ts "#builds:example.org" "\${{ job.status }}"
`;

const SIGNS = new Map([
  ["success", "✅"],
  ["failure", "❌"],
  ["failed", "❌"],
  ["cancelled", "⚪"],
  ["canceled", "⚪"],
]);

/** What the CI service says of the job. */
function readJob(env: typeof process.env): { name?: string; url?: string; id?: string } {
  const { GITHUB_RUN_ID: run, GITHUB_RUN_ATTEMPT: attempt, GITHUB_JOB: job } = env;
  if (run) {
    return {
      name: `${env.GITHUB_REPOSITORY}: ${env.GITHUB_WORKFLOW}, ${env.GITHUB_REF_NAME}`,
      url: `${env.GITHUB_SERVER_URL}/${env.GITHUB_REPOSITORY}/actions/runs/${run}`,
      id: `${run}.${attempt}.${job}`,
    };
  }
  if (env.CI_JOB_ID) {
    const { CI_PROJECT_PATH: project, CI_JOB_NAME: name, CI_COMMIT_REF_NAME: ref } = env;
    return { name: `${project}: ${name}, ${ref}`, url: env.CI_JOB_URL, id: env.CI_JOB_ID };
  }
  return {};
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

await run({
  usage,
  parameters: ["ROOM", "STATUS"],
  options: { name: "string", url: "string", id: "string", lenient: "boolean" },
  excuses: ({ flag }) => flag("lenient"),
  async work({ client, args: [room = "", status = ""], text, signal }) {
    const job = readJob(process.env);
    const name = text("name") ?? job.name;
    const url = text("url") ?? job.url;
    if (!name) throw new UsageError("--name is missing, and there is no CI service to ask");
    const id = text("id") ?? (job.id && `${job.id}.${status}`);
    const what = `${SIGNS.get(status.toLowerCase()) ?? "ℹ️"} ${name}: ${status}`;
    const html = escape(what);
    const eventId = await client.sendNotice(await findRoom(client, room), {
      text: url ? `${what} ${url}` : what,
      html: url ? `<a href="${escape(url)}">${html}</a>` : html,
      txnId: id && `notify-${id}`, // A step that is run again tells nothing twice.
      signal,
    });
    console.log(eventId);
  },
});
