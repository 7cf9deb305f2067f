import { caseArchives, dataFolder, readArchives } from "./archive.ts";
import { chooseBackends } from "./backends.ts";
import { type Case, readCases } from "./cases.ts";
import type { Reply, Request } from "./pool.ts";
import { runCase } from "./run-case.ts";
import { runCaseByOrt } from "./run-case-ort.ts";

const folder = process.env["CORACLE_DATA"] ?? dataFolder();
const cases = readCases(readArchives(caseArchives(folder ?? "")));
const name = process.env["CORACLE_CASES_BACKEND"] ?? "reference";
const isPeer = name === "onnxruntime";
const backends = isPeer ? [] : await chooseBackends(name);
const run = (item: Case): Promise<string | undefined> =>
  isPeer ? runCaseByOrt(item) : runCase(item, backends);

process.on("message", async ({ name }: Request) => {
  const start = performance.now();
  const item = cases.get(name);
  const reason = item ? await run(item) : "the case is not in the archive";
  const reply: Reply = { name, ms: performance.now() - start, ...(reason === undefined ? {} : { reason }) };
  process.send?.(reply);
});
process.send?.({ name: "", ms: 0 } satisfies Reply);
