/** Reports the result of a CI job to a room. Detects GitHub Actions and GitLab CI. */
import process from "node:process";
import { resolveRoom, run, UsageError } from "./command.ts";

const usage = `Usage: notify.ts ROOM STATUS [--name=TEXT] [--url=URL] [--id=TEXT] [--lenient]
Sends a notice that a job has ended. STATUS is success, failure, cancelled or another word.

  --name     Name of the job. Detected on GitHub Actions and GitLab CI.
  --url      Link to the job. Detected as well.
  --id       Sends one message for the same ID, even if called twice. The ID of the job's run by default.
  --lenient  Exit with 0 even if the homeserver cannot be reached or rejects the message.

A step for GitHub Actions, with the settings in the secrets:
  - if: always()
    run: deno run --allow-env --allow-net notify.ts "#builds:example.org" "\${{ job.status }}"
`;

const SYMBOLS = new Map([
  ["success", "✅"],
  ["failure", "❌"],
  ["failed", "❌"],
  ["cancelled", "⚪"],
  ["canceled", "⚪"],
]);

/** Returns the job that the environment of the CI service describes. */
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

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}

await run({
  usage,
  parameters: ["ROOM", "STATUS"],
  options: { name: "string", url: "string", id: "string", lenient: "boolean" },
  ignoresFailures: ({ flag }) => flag("lenient"),
  async work({ client, args: [room = "", status = ""], text, signal }) {
    const job = readJob(process.env);
    const name = text("name") ?? job.name;
    const url = text("url") ?? job.url;
    if (!name) throw new UsageError("--name is missing, and no CI service was detected");
    const id = text("id") ?? (job.id && `${job.id}.${status}`);
    const summary = `${SYMBOLS.get(status.toLowerCase()) ?? "ℹ️"} ${name}: ${status}`;
    const html = escapeHtml(summary);
    const eventId = await client.sendNotice(await resolveRoom(client, room), {
      text: url ? `${summary} ${url}` : summary,
      html: url ? `<a href="${escapeHtml(url)}">${html}</a>` : html,
      txnId: id && `notify-${id}`, // A job that runs again does not send a second message.
      signal,
    });
    console.log(eventId);
  },
});
