import { x86 } from "@coracle/backend-x86";
import { evaluateBlock, Predictor, type Program, type Tensor } from "@coracle/core";

type Feeds = Readonly<Record<string, Tensor>>;

export const runReference = (program: Program, feeds: Feeds): readonly Tensor[] =>
  evaluateBlock(
    program,
    program.inputs.map(({ name }) => feeds[name]!),
  );

export async function runX86(program: Program, feeds: Feeds): Promise<readonly Tensor[]> {
  using predictor = await Predictor.create(program, { backends: [x86], threads: 2 });
  const outputs = await predictor.run(feeds);
  return program.outputs.map(({ name }) => outputs[name]!);
}
