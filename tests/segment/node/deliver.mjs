// Deliver what its only argument lists with @segment/analytics-node: [["track", {...}], ...]. Prints what
// came of it: the status of each request, and each message that was given up.
import { Analytics } from "@segment/analytics-node";

const { LEADAPP, WRITE_KEY } = process.env;
const told = { statuses: [], errors: [] };
const analytics = new Analytics({ host: LEADAPP, writeKey: WRITE_KEY, flushAt: 4 });
analytics.on("http_response", ({ status }) => told.statuses.push(status));
analytics.on("error", (error) => told.errors.push(String(error.reason ?? error)));

for (const [call, message] of JSON.parse(process.argv[2])) {
  analytics[call](message, (error) => error && told.errors.push(String(error)));
}
await analytics.closeAndFlush({ timeout: 20_000 });
console.log(JSON.stringify(told));
