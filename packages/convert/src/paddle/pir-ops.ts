/**
 * The operators of Paddle's newer intermediate representation as those of the older one: which slot, or which
 * attribute, each operand is, and which slot each result.
 */

export interface PirOp {
  readonly type: string;
  /**
   * One entry an operand. "X": a slot. "axis": an attribute, whose operand must be a constant. "shape|Shape": an
   * attribute where the operand is a constant, else a slot. "": not read.
   */
  readonly operands: readonly string[];
  readonly results: readonly string[];
  /** Other names of attributes. */
  readonly renamed: Readonly<Record<string, string>>;
}

/** `type`: operands > results, then renamed attributes as new=old. */
function entry(line: string): readonly [string, PirOp] {
  const [name, text] = line.split(":").map((part) => part.trim()) as [string, string];
  const [left, right] = text.split(">").map((part) => part.trim().split(/\s+/).filter(Boolean)) as [
    string[],
    string[],
  ];
  const [type, ...operands] = left as [string, ...string[]];
  const results = right.filter((word) => !word.includes("="));
  const pairs = right.filter((word) => word.includes("=")).map((word) => word.split("=") as [string, string]);
  return [
    name,
    {
      type,
      operands: operands.map((word) => (word === "_" ? "" : word)),
      results,
      renamed: Object.fromEntries(pairs.map(([to, from]) => [from, to])),
    },
  ];
}

const lines = `
conv2d: conv2d Input Filter > Output
conv3d: conv3d Input Filter > Output
depthwise_conv2d: depthwise_conv2d Input Filter > Output
conv2d_transpose: conv2d_transpose Input Filter output_size > Output
depthwise_conv2d_transpose: depthwise_conv2d_transpose Input Filter output_size > Output
pool2d: pool2d X ksize > Out
batch_norm_: batch_norm X Mean Variance Scale Bias > Y data_layout=data_format
batch_norm: batch_norm X Mean Variance Scale Bias > Y data_layout=data_format
layer_norm: layer_norm X Scale Bias > Y
instance_norm: instance_norm X Scale Bias > Y
group_norm: group_norm X Scale Bias > Y data_layout=data_format
dropout: dropout X _ dropout_prob > Out dropout_implementation=mode
matmul: matmul_v2 X Y > Out trans_x=transpose_x trans_y=transpose_y
bmm: bmm X Y > Out
scale: scale X scale|ScaleTensor > Out
add: elementwise_add X Y > Out
subtract: elementwise_sub X Y > Out
multiply: elementwise_mul X Y > Out
divide: elementwise_div X Y > Out
maximum: elementwise_max X Y > Out
minimum: elementwise_min X Y > Out
elementwise_pow: elementwise_pow X Y > Out
remainder: elementwise_mod X Y > Out
floor_divide: elementwise_floordiv X Y > Out
equal: equal X Y > Out
not_equal: not_equal X Y > Out
less_than: less_than X Y > Out
less_equal: less_equal X Y > Out
greater_than: greater_than X Y > Out
greater_equal: greater_equal X Y > Out
logical_and: logical_and X Y > Out
logical_or: logical_or X Y > Out
logical_xor: logical_xor X Y > Out
logical_not: logical_not X > Out
relu: relu X > Out
relu6: relu6 X > Out
leaky_relu: leaky_relu X > Out alpha=negative_slope
elu: elu X > Out
sigmoid: sigmoid X > Out
tanh: tanh X > Out
swish: swish X > Out
silu: silu X > Out
mish: mish X > Out
gelu: gelu X > Out
hardsigmoid: hard_sigmoid X > Out
hardswish: hard_swish X > Out
softplus: softplus X > Out
softsign: softsign X > Out
selu: selu X > Out
prelu: prelu X Alpha > Out
clip: clip X min|Min max|Max > Out
exp: exp X > Out
log: log X > Out
log1p: log1p X > Out
sqrt: sqrt X > Out
rsqrt: rsqrt X > Out
square: square X > Out
abs: abs X > Out
floor: floor X > Out
ceil: ceil X > Out
round: round X > Out
sin: sin X > Out
cos: cos X > Out
erf: erf X > Out
sign: sign X > Out
reciprocal: reciprocal X > Out
pow: pow X > Out factor=y
softmax: softmax X > Out
log_softmax: log_softmax X > Out
sum: reduce_sum X dim > Out keep_dim=keepdim
mean: reduce_mean X > Out dim=axis keep_dim=keepdim
max: reduce_max X dim > Out keep_dim=keepdim
min: reduce_min X dim > Out keep_dim=keepdim
prod: reduce_prod X dim > Out keep_dim=keep_dim
all: reduce_all X > Out dim=axis keep_dim=keepdim
any: reduce_any X > Out dim=axis keep_dim=keepdim
argmax: arg_max X axis > Out
argmin: arg_min X axis > Out
topk: top_k_v2 X k|K > Out Indices
argsort: argsort X > Out Indices
cumsum: cumsum X axis > Out
add_n: sum X > Out
reshape: reshape2 X shape|Shape > Out
transpose: transpose2 X > Out axis=perm
flatten: flatten_contiguous_range X > Out
squeeze: squeeze2 X axes > Out
unsqueeze: unsqueeze2 X axes|AxesTensor > Out
concat: concat X axis|AxisTensor > Out
split: split X sections axis > Out
split_with_num: split X axis > Out
stack: stack X > Y
unstack: unstack X > Y
unbind: unbind X > Out
slice: slice Input starts|StartsTensor ends|EndsTensor > Out
strided_slice: strided_slice Input starts|StartsTensor ends|EndsTensor strides|StridesTensor > Out
expand: expand_v2 X shape|Shape > Out
expand_as: expand_as_v2 X Y > Out
tile: tile X repeat_times|RepeatTimes > Out
gather: gather X Index axis|Axis > Out
gather_nd: gather_nd X Index > Out
index_select: index_select X Index > Out dim=axis
take_along_axis: take_along_axis Input Index > Result Axis=axis
scatter: scatter X Ids Updates > Out
scatter_nd_add: scatter_nd_add X Index Updates > Out
embedding: lookup_table_v2 Ids W > Out
one_hot: one_hot_v2 X depth|depth_tensor > Out
cast: cast X > Out out_dtype=dtype
shape: shape Input > Out
shape64: shape Input > Out
arange: range Start End Step > Out
flip: flip X > Out
roll: roll X shifts > Out
pad3d: pad3d X paddings|Paddings > Out value=pad_value
assign: assign X > Out
share_data_: assign X > Out
assign_value: assign_value > Out
full_like: fill_any_like X value > Out
full_with_tensor: fill_constant ValueTensor shape|ShapeTensor > Out
where: where Condition X Y > Out
nonzero: where_index Condition > Out
tril: tril_triu X > Out
triu: tril_triu X > Out
pixel_shuffle: pixel_shuffle X > Out
bilinear_interp: bilinear_interp_v2 X OutSize SizeTensor Scale > Out
nearest_interp: nearest_interp_v2 X OutSize SizeTensor Scale > Out
bicubic_interp: bicubic_interp_v2 X OutSize SizeTensor Scale > Out
linear_interp: linear_interp_v2 X OutSize SizeTensor Scale > Out
grid_sample: grid_sampler X Grid > Output
rnn: rnn Input PreState WeightList SequenceLength _ > Out _ State
prior_box: prior_box Input Image > Boxes Variances
yolo_box: yolo_box X ImgSize > Boxes Scores
multiclass_nms3: multiclass_nms3 BBoxes Scores RoisNum > Out Index NmsRoisNum
matrix_nms: matrix_nms BBoxes Scores > Out Index RoisNum
box_coder: box_coder PriorBox PriorBoxVar TargetBox > OutputBox
box_clip: box_clip Input ImInfo > Output
roi_align: roi_align X ROIs RoisNum > Out
full: fill_constant > Out
full_int_array: assign_value > Out values=value
`;

export const pirOps: ReadonlyMap<string, PirOp> = new Map(
  lines
    .split("\n")
    .filter((line) => line !== "")
    .map(entry),
);
