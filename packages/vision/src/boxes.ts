/** Corners in any unit; right and bottom are exclusive. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface Detection extends Box {
  readonly score: number;
  readonly label: number;
}

export function area(box: Box): number {
  return Math.max(0, box.right - box.left) * Math.max(0, box.bottom - box.top);
}

/** Intersection over union; 0 when both are empty. */
export function iou(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  const overlap = width * height;
  return overlap / (area(a) + area(b) - overlap);
}

export interface NmsOptions {
  readonly iouThreshold?: number;
  readonly scoreThreshold?: number;
  readonly maxDetections?: number;
  /** Compare boxes of different labels too. */
  readonly isClassAgnostic?: boolean;
}

/** Greedy non-maximum suppression, best score first. */
export function nms(detections: readonly Detection[], options: NmsOptions = {}): Detection[] {
  const {
    iouThreshold = 0.5,
    scoreThreshold = 0,
    maxDetections = Infinity,
    isClassAgnostic = false,
  } = options;
  const sorted = detections.filter(({ score }) => score > scoreThreshold).sort((a, b) => b.score - a.score);
  const kept: Detection[] = [];
  for (const candidate of sorted) {
    if (kept.length >= maxDetections) break;
    const rivals = isClassAgnostic ? kept : kept.filter(({ label }) => label === candidate.label);
    if (rivals.every((rival) => iou(rival, candidate) <= iouThreshold)) kept.push(candidate);
  }
  return kept;
}

/** Boxes of a letterboxed or resized picture back in the original's pixels. */
export function scaleBox<T extends Box>(
  box: T,
  scale: { x: number; y: number; padX?: number; padY?: number },
): T {
  const { padX = 0, padY = 0 } = scale;
  return {
    ...box,
    left: (box.left - padX) / scale.x,
    right: (box.right - padX) / scale.x,
    top: (box.top - padY) / scale.y,
    bottom: (box.bottom - padY) / scale.y,
  };
}

export interface Prior {
  readonly centerX: number;
  readonly centerY: number;
  readonly width: number;
  readonly height: number;
}

/** SSD box decoding: offsets [dx,dy,dw,dh] against a prior (Liu et al. 2016, section 2.2). */
export function decodePrior(
  offsets: readonly number[],
  prior: Prior,
  variances: readonly [number, number] = [0.1, 0.2],
): Box {
  const [dx, dy, dw, dh] = offsets as [number, number, number, number];
  const centerX = prior.centerX + dx * variances[0] * prior.width;
  const centerY = prior.centerY + dy * variances[0] * prior.height;
  const width = prior.width * Math.exp(dw * variances[1]);
  const height = prior.height * Math.exp(dh * variances[1]);
  return {
    left: centerX - width / 2,
    top: centerY - height / 2,
    right: centerX + width / 2,
    bottom: centerY + height / 2,
  };
}
