import {
  CoracleError,
  dataConstructor,
  type ElementType,
  type IoInfo,
  isContainer,
  Predictor,
  reference,
  Tensor,
} from "@coracle/core";
import { loadModel } from "../load-model.ts";
import type { Reply, Request } from "../onnx-cases/pool.ts";
import { fuzzModels } from "./models.ts";
import { mutate, parseMutation } from "./mutate.ts";

const maxRssKilobytes = 1024 * 1024;
/** For dimensions that a model leaves open; larger inputs than this many elements are not worth the time. */
const openSize = 48;
const maxInputElements = 1 << 16;

const models = fuzzModels();

/** Two items in a sequence, none in an optional. */
function containerFeed(dtype: "sequence" | "optional", element: ElementType): Tensor | undefined {
  if (dtype === "optional") return Tensor.optional(null, element);
  const item = feed({ name: "item", shape: [1], ...element });
  return item && Tensor.sequence([item, item], element);
}

function feed({ dtype, shape, element }: IoInfo): Tensor | undefined {
  if (isContainer(dtype)) return element && containerFeed(dtype, element);
  const dims = shape.map((dim, i) => (typeof dim === "number" ? dim : i === 0 ? 1 : openSize));
  const elements = dims.reduce((product, dim) => product * dim, 1);
  if (!(elements <= maxInputElements)) return undefined;
  if (dtype === "string") return Tensor.from(dtype, dims, new Array<string>(elements).fill("a b@c.d"));
  return Tensor.from(dtype, dims, new (dataConstructor(dtype))(elements));
}

/** Loads and runs; throws what the library throws. */
async function loadAndRun(bytes: Uint8Array): Promise<void> {
  const program = await loadModel(bytes);
  using predictor = await Predictor.create(program, { backends: [reference] });
  const feeds = predictor.inputs.map((input) => [input.name, feed(input)] as const);
  if (feeds.some(([, tensor]) => tensor === undefined)) return;
  await predictor.run(Object.fromEntries(feeds) as Record<string, Tensor>);
}

/** A pass that stumbles wraps whatever it threw: that too must be an error of the library. */
function isExpected(error: unknown): boolean {
  if (!CoracleError.isInstance(error)) return false;
  return error.code !== "CORACLE_PASS" || isExpected(error.cause);
}

async function verdict(name: string): Promise<string | undefined> {
  const [model, mutation] = name.split(" ") as [string, string];
  try {
    await loadAndRun(mutate(models.get(model)!, parseMutation(mutation)));
  } catch (error) {
    if (isExpected(error)) return undefined;
    return `not a CoracleError: ${error instanceof Error ? error.stack : String(error)}`;
  }
  return undefined;
}

process.on("message", async ({ name }: Request) => {
  const start = performance.now();
  const reason = await verdict(name);
  const { maxRSS } = process.resourceUsage();
  const tooLarge =
    maxRSS > maxRssKilobytes ? `resident memory reached ${Math.round(maxRSS / 1024)} MiB` : undefined;
  const problem = reason ?? tooLarge;
  const reply: Reply = {
    name,
    ms: performance.now() - start,
    ...(problem === undefined ? {} : { reason: problem }),
  };
  process.send?.(reply, () => {
    if (tooLarge !== undefined) process.exit(1);
  });
});
process.send?.({ name: "", ms: 0 } satisfies Reply);
