/** Scalars, nothing, one, odd, and just under, at and over the width of vectors and tiles. */
export const plainShapes: readonly (readonly number[])[] = [
  [],
  [0],
  [1],
  [7],
  [15],
  [16],
  [17],
  [31],
  [33],
  [2, 0, 3],
  [3, 5],
  [2, 17, 7, 7],
];

/** Feature maps [N,C,H,W] whose channels fill, overfill and underfill blocks of 4, 8 and 16. */
export const mapShapes: readonly (readonly number[])[] = [
  [1, 3, 5, 5],
  [1, 16, 7, 7],
  [2, 19, 4, 3],
];

/** Every kind of numpy broadcasting between two inputs. */
export const broadcastPairs: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[], []],
  [[17], []],
  [[], [17]],
  [[1], [33]],
  [[0], [1]],
  [
    [3, 0],
    [1, 1],
  ],
  [
    [16, 31],
    [16, 31],
  ],
  [[5, 17], [17]],
  [[17], [5, 17]],
  [
    [5, 1],
    [5, 15],
  ],
  [
    [5, 1],
    [1, 15],
  ],
  [
    [2, 19, 7, 7],
    [19, 1, 1],
  ],
  [
    [2, 16, 7, 7],
    [2, 16, 1, 1],
  ],
  [
    [2, 16, 7, 7],
    [1, 1, 7, 7],
  ],
  [
    [2, 3, 1, 5],
    [1, 3, 4, 1],
  ],
  [
    [2, 16, 7, 7],
    [2, 16, 7, 7],
  ],
];
