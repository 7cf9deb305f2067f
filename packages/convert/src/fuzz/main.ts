import { parseArgs } from "node:util";
import { fuzz } from "./fuzz.ts";

const { values } = parseArgs({
  options: {
    mutations: { type: "string", default: "2000" },
    seed: { type: "string", default: "1" },
  },
});
let done = 0;
const { total, failures } = await fuzz({
  mutations: Number(values.mutations),
  firstSeed: Number(values.seed),
  onReply: ({ name, reason }) => {
    if (reason !== undefined) console.log(`FAIL ${name}: ${reason}`);
    if (++done % 500 === 0) console.log(`${done} mutations done`);
  },
});
console.log(`${total - failures.length} of ${total} mutated models gave a CoracleError or a result`);
if (failures.length > 0) process.exitCode = 1;
