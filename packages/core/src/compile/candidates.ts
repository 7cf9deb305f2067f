import type { Backend, Target } from "../backend/backend.ts";
import type { Kernel, LayoutChoice } from "../backend/kernel.ts";
import { NoKernelError, type RejectedKernel } from "../errors.ts";
import type { Op } from "../ir/op.ts";
import type { Node } from "../ir/program.ts";
import { formatShape } from "../ir/shape.ts";

/** A kernel that supports a node, and what it would take. */
export interface Candidate {
  readonly target: Target;
  readonly kernel: Kernel;
  readonly costNs: number;
  readonly choices: readonly LayoutChoice[];
}

export interface Candidates {
  /** In the order of the backends, then of their kernels. */
  readonly accepted: readonly Candidate[];
  readonly rejected: readonly RejectedKernel[];
}

interface Listed {
  readonly target: Target;
  readonly kernel: Kernel;
}

/** The kernels of some backends by op. Ops match by name, so that two copies of this package agree. */
export class KernelIndex {
  readonly #listed = new Map<string, Listed[]>();
  readonly #backends: readonly Backend[];

  constructor(backends: readonly Backend[]) {
    this.#backends = backends;
    for (const { target, kernels } of backends) {
      for (const kernel of kernels) {
        const list = this.#listed.get(kernel.op.name);
        if (list) list.push({ target, kernel });
        else this.#listed.set(kernel.op.name, [{ target, kernel }]);
      }
    }
  }

  get targets(): readonly Target[] {
    return this.#backends.map(({ target }) => target);
  }

  /** True when a kernel made for this op, not one made on demand, takes the node. Asked by fusions. */
  accepts(node: Node): boolean {
    return (this.#listed.get(node.op.name) ?? []).some(({ kernel }) => kernel.supports(node) === true);
  }

  candidates(node: Node): Candidates {
    const accepted: Candidate[] = [];
    const rejected: RejectedKernel[] = [];
    for (const { target, kernel } of this.#kernelsOf(node.op)) {
      const reason = kernel.supports(node);
      if (reason !== true) rejected.push({ kernel: kernel.name, reason });
      else {
        const choices = kernel.layouts?.(node) ?? [rowMajorChoice(node)];
        accepted.push({ target, kernel, costNs: kernel.costNs(node), choices });
      }
    }
    return { accepted, rejected };
  }

  #kernelsOf(op: Op): readonly Listed[] {
    const listed = this.#listed.get(op.name) ?? [];
    return this.#backends.flatMap((backend) => {
      const own = listed.filter(({ target }) => target === backend.target);
      if (own.length > 0) return own;
      const made = backend.kernelsFor?.(op) ?? [];
      return made.map((kernel) => ({ target: backend.target, kernel }));
    });
  }
}

export function rowMajorChoice(node: Node): LayoutChoice {
  return { inputs: node.inputs.map(() => undefined), outputs: node.outputs.map(() => undefined) };
}

export function formatTypes(values: Node["inputs"]): string {
  return values
    .map(({ type }) => `${type.dtype}${formatShape(type.shape)}${type.layout ? ` ${type.layout}` : ""}`)
    .join(", ");
}

export function noKernel(node: Node, index: KernelIndex, rejected: readonly RejectedKernel[]): NoKernelError {
  const targets = index.targets.join(", ") || "none";
  return new NoKernelError(
    `${node.op.name} "${node.name}": no kernel takes ${formatTypes(node.inputs)}; expected one of the backends ` +
      `(${targets}) to support it. Allow the reference backend as a fallback, or change the model.`,
    rejected.length > 0
      ? rejected
      : [{ kernel: "(none)", reason: "no backend has a kernel for this operator" }],
  );
}
