import type { Backend, Kernel, LayoutChoice } from "@coracle/core";
import { isStatic, type Node } from "@coracle/core";

/** One way a backend can run a case: a kernel, a layout choice, where the inputs lie. */
export interface Variant {
  /** "x86/conv-direct NCHW16c -> NCHW16c, in place" */
  readonly name: string;
  readonly kernel?: string;
  /** Rounds more than the operator's own sums do. */
  readonly isApproximate?: boolean;
  readonly backend: Backend;
  readonly inArena: boolean;
}

/** Low enough that this kernel wins against any other, layout changes included. */
const winningCostNs = -1e9;

/** That choice alone where the kernel offers it: other nodes of the same op may not have it. */
function preferring(choice: LayoutChoice, offered: readonly LayoutChoice[]): readonly LayoutChoice[] {
  const same = offered.filter((other) => describeChoice(other) === describeChoice(choice));
  return same.length > 0 ? same : offered;
}

/** The backend with one kernel for the op, which takes one layout choice and always wins. */
function restricted(backend: Backend, kernel: Kernel, choice: LayoutChoice | undefined): Backend {
  const { layouts: _, ...rest } = kernel;
  const layouts =
    choice && ((node: Node): readonly LayoutChoice[] => preferring(choice, kernel.layouts!(node)));
  const only: Kernel = { ...rest, costNs: () => winningCostNs, ...(layouts && { layouts }) };
  const others = backend.kernels.filter(({ op }) => op.name !== kernel.op.name);
  return {
    target: backend.target,
    preference: backend.preference,
    kernels: [only, ...others],
    probe: () => backend.probe(),
    open: (options) => backend.open(options),
    ...(backend.kernelsFor && { kernelsFor: (op) => backend.kernelsFor!(op) }),
  };
}

function describeChoice(choice: LayoutChoice | undefined): string {
  const layouts = choice ? [...choice.inputs, ...choice.outputs] : [];
  if (layouts.every((layout) => layout === undefined)) return "";
  const list = (side: LayoutChoice["inputs"]): string => side.map((layout) => layout ?? "-").join(",");
  return ` ${list(choice!.inputs)} -> ${list(choice!.outputs)}`;
}

/** Every kernel of the backend that takes the node, with every layout it offers; each also from working memory where it may overwrite. */
export function variantsOf(backend: Backend, node: Node): readonly Variant[] {
  if (![...node.inputs, ...node.outputs].every(({ type }) => isStatic(type.shape))) return [];
  const variants: Variant[] = [];
  for (const kernel of backend.kernels) {
    if (kernel.op.name !== node.op.name || kernel.supports(node) !== true) continue;
    for (const choice of kernel.layouts?.(node) ?? [undefined]) {
      const only = restricted(backend, kernel, choice);
      const name = `${kernel.name}${describeChoice(choice)}`;
      const isApproximate = kernel.isApproximate ?? false;
      variants.push({ name, kernel: kernel.name, isApproximate, backend: only, inArena: false });
      if ((kernel.inPlace?.(node).length ?? 0) > 0) {
        variants.push({ name: `${name}, in place`, kernel: kernel.name, backend: only, inArena: true });
      }
    }
  }
  return variants;
}

/** Why each of the backend's kernels for the op refuses the node. */
export function refusals(backend: Backend, node: Node): readonly string[] {
  return backend.kernels
    .filter(({ op }) => op.name === node.op.name)
    .map((kernel) => `${kernel.name}: ${kernel.supports(node)}`);
}
