import { caseArchives, dataFolder, readArchives } from "./archive.ts";
import { chooseBackends } from "./backends.ts";
import { readCases } from "./cases.ts";
import type { Reply, Request } from "./pool.ts";
import { runCase } from "./run-case.ts";

const folder = process.env["CORACLE_DATA"] ?? dataFolder();
const cases = readCases(readArchives(caseArchives(folder ?? "")));
const backends = await chooseBackends(process.env["CORACLE_CASES_BACKEND"] ?? "reference");

process.on("message", async ({ name }: Request) => {
  const start = performance.now();
  const item = cases.get(name);
  const reason = item ? await runCase(item, backends) : "the case is not in the archive";
  const reply: Reply = { name, ms: performance.now() - start, ...(reason === undefined ? {} : { reason }) };
  process.send?.(reply);
});
process.send?.({ name: "", ms: 0 } satisfies Reply);
