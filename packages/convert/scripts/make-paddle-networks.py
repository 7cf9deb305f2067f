"""Exports networks of paddle.vision with seeded weights, with an input and what the framework gives for it.

    python make-paddle-networks.py FOLDER [NETWORK ...]

FOLDER/<network>/ holds x.bin and y.bin (float32), json/ (the form of Paddle 3), pdmodel/ (that of Paddle 2) and fluid/ (the program
as __model__ beside a file for each parameter). `paddle-networks.long.ts` reads them where CORACLE_PADDLE_NETWORKS names FOLDER.
Needs paddlepaddle 3 from PyPI.
"""

import os
import shutil
import struct
import subprocess
import sys
import warnings

NETWORKS = [
    "alexnet", "densenet121", "googlenet", "inception_v3", "mobilenet_v1", "mobilenet_v2", "mobilenet_v3_large",
    "mobilenet_v3_small", "resnet18", "resnet50", "resnext50_32x4d", "shufflenet_v2_x1_0", "shufflenet_v2_swish",
    "squeezenet1_1", "vgg11", "wide_resnet50_2",
]
SIZES = {"inception_v3": 299}


def export(folder, name, kind):
    warnings.filterwarnings("ignore")
    import numpy
    import paddle

    paddle.seed(3)
    network = getattr(paddle.vision.models, name)(pretrained=False)
    network.eval()
    size = SIZES.get(name, 224)
    x = numpy.random.RandomState(0).randn(1, 3, size, size).astype("float32")
    y = network(paddle.to_tensor(x))
    y = y[0] if isinstance(y, (list, tuple)) else y
    x.tofile(os.path.join(folder, "x.bin"))
    y.numpy().tofile(os.path.join(folder, "y.bin"))
    spec = paddle.static.InputSpec([None, 3, size, size], "float32", name="x")
    paddle.jit.save(network, os.path.join(folder, kind, "inference"), input_spec=[spec])


def records(path):
    """The byte ranges of a combined parameter file: versions, levels, a description, data."""
    sizes = {0: 1, 1: 2, 2: 4, 3: 8, 4: 2, 5: 4, 6: 8, 20: 1, 21: 1, 22: 2}
    data = open(path, "rb").read()
    at = 0
    while at < len(data):
        start = at
        (levels,) = struct.unpack_from("<Q", data, at + 4)
        at += 12
        for _ in range(levels):
            (length,) = struct.unpack_from("<Q", data, at)
            at += 8 + length
        (length,) = struct.unpack_from("<i", data, at + 4)
        description = data[at + 8 : at + 8 + length]
        at += 8 + length
        count, pos, kind = 1, 2, description[1]
        while pos < len(description):
            pos, dim, shift = pos + 1, 0, 0
            while True:
                byte = description[pos]
                dim |= (byte & 127) << shift
                pos, shift = pos + 1, shift + 7
                if byte < 128:
                    break
            count *= dim
        at += count * sizes[kind]
        yield data[start:at]


def split(source, target, names):
    os.makedirs(target, exist_ok=True)
    shutil.copy(os.path.join(source, "inference.pdmodel"), os.path.join(target, "__model__"))
    for name, record in zip(names, records(os.path.join(source, "inference.pdiparams")), strict=True):
        with open(os.path.join(target, name), "wb") as file:
            file.write(record)


def parameter_names(program):
    from paddle.base.proto import framework_pb2

    desc = framework_pb2.ProgramDesc()
    desc.ParseFromString(open(program, "rb").read())
    skipped = {"feed", "fetch"}
    return sorted(v.name for v in desc.blocks[0].vars if v.persistable and v.name not in skipped)


def main():
    folder, *names = sys.argv[1:]
    if folder == "--one":
        export(names[0], names[1], names[2])
        return
    for name in names or NETWORKS:
        own = os.path.join(folder, name)
        os.makedirs(own, exist_ok=True)
        for kind, flag in (("json", "1"), ("pdmodel", "0")):
            environment = {**os.environ, "FLAGS_enable_pir_api": flag}
            subprocess.run([sys.executable, __file__, "--one", own, name, kind], check=True, env=environment)
        program = os.path.join(own, "pdmodel", "inference.pdmodel")
        split(os.path.join(own, "pdmodel"), os.path.join(own, "fluid"), parameter_names(program))
        print(name, flush=True)


main()
