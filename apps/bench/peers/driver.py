"""Runs one peer engine for the bench: one JSON object a line in, one out.

    {"cmd": "open", "model": FILE.onnx, "cache": FOLDER, "threads": N,
     "inputs": [{"name", "dtype", "shape", "path"}], "outputs": [NAME]}    -> {"loadMs", "version"}
    {"cmd": "run", "ms": MINIMUM}                                 -> {"times": [ms of each run, at least one]}
    {"cmd": "outputs", "folder": FOLDER}                          -> {"outputs": [like inputs]}
    {"cmd": "memory"}                                             -> {"peakBytes"}

Arrays are little-endian files, dtype f32 or i64. What fails answers {"error": TEXT}. Lines go to the standard output that the
process was started with; whatever engines print there is sent to the standard error.
"""
import importlib.util
import json
import os
import subprocess
import sys
import time


DTYPES = {"f32": "<f4", "i64": "<i8"}


def read_array(numpy, entry):
    return numpy.fromfile(entry["path"], dtype=DTYPES[entry["dtype"]]).reshape(entry["shape"])


class Numpy:
    """y = 2x for every input: the smallest engine, for tests of this protocol."""

    def __init__(self, request):
        import numpy

        self.version = numpy.__version__
        self.inputs = [read_array(numpy, entry) for entry in request["inputs"]]

    def run(self):
        return [2 * x for x in self.inputs]


class OpenVino:
    def __init__(self, request):
        import numpy
        import openvino

        self.version = openvino.__version__.split("-")[0]
        config = {
            "INFERENCE_NUM_THREADS": request["threads"],
            "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "f32",
        }
        self.start = time.perf_counter()
        core = openvino.Core()
        compiled = core.compile_model(request["model"], "CPU", config)
        self.request = compiled.create_infer_request()
        self.compiled = compiled
        self.output_names = request["outputs"]
        for entry in request["inputs"]:
            self.request.set_tensor(entry["name"], openvino.Tensor(read_array(numpy, entry)))

    def run(self):
        self.request.infer()
        return self

    def arrays(self):
        return [self.request.get_tensor(name).data for name in self.output_names]


class Mnn:
    def __init__(self, request):
        import importlib.metadata

        import MNN
        import numpy

        self.MNN, self.numpy = MNN, numpy
        self.version = importlib.metadata.version("MNN")
        converted = os.path.join(request["cache"], "model.mnn")
        if not os.path.exists(converted):
            convert([sys.executable, "-m", "MNN.tools.mnnconvert", "-f", "ONNX", "--modelFile", request["model"],
                     "--MNNModel", converted, "--bizCode", "bench"], converted)
        self.start = time.perf_counter()
        self.net = MNN.Interpreter(converted)
        self.session = self.net.createSession({"backend": "CPU", "numThread": request["threads"], "precision": "high"})
        self.output_names = request["outputs"]
        self.inputs = []
        for entry in request["inputs"]:
            tensor = self.net.getSessionInput(self.session, entry["name"])
            array = read_array(numpy, entry)
            kind = MNN.Halide_Type_Float
            if entry["dtype"] == "i64":
                array, kind = array.astype("i4"), MNN.Halide_Type_Int
            host = MNN.Tensor(tuple(entry["shape"]), kind, array, MNN.Tensor_DimensionType_Caffe)
            self.inputs.append((tensor, host))

    def run(self):
        for tensor, host in self.inputs:
            tensor.copyFrom(host)
        code = self.net.runSession(self.session)
        if code:
            raise RuntimeError("MNN ended with status %s" % code)
        return self

    def arrays(self):
        MNN, numpy = self.MNN, self.numpy
        found = []
        for name in self.output_names:
            tensor = self.net.getSessionOutput(self.session, name)
            shape = tensor.getShape()
            host = MNN.Tensor(shape, MNN.Halide_Type_Float, numpy.zeros(shape, "f4"), MNN.Tensor_DimensionType_Caffe)
            tensor.copyToHostTensor(host)
            found.append(numpy.array(host.getNumpyData()).reshape(shape))
        return found


class Ncnn:
    def __init__(self, request):
        import importlib.metadata

        import ncnn
        import numpy

        self.ncnn, self.numpy = ncnn, numpy
        self.version = importlib.metadata.version("ncnn")
        base = os.path.join(request["cache"], "model.ncnn")
        if not os.path.exists(base + ".param"):
            self.convert(request, base)
        self.start = time.perf_counter()
        self.net = ncnn.Net()
        option = self.net.opt
        option.num_threads = request["threads"]
        for name in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic", "use_bf16_packed", "use_bf16_storage",
                     "use_vulkan_compute"):
            setattr(option, name, False)
        if self.net.load_param(base + ".param") != 0 or self.net.load_model(base + ".bin") != 0:
            raise RuntimeError("ncnn cannot load what pnnx made of the model")
        self.inputs = [ncnn_mat(ncnn, read_array(numpy, entry)) for entry in request["inputs"]]
        self.input_names = sorted(self.net.input_names())
        self.output_names = sorted(self.net.output_names())
        self.found = []

    def convert(self, request, base):
        spec = importlib.util.find_spec("pnnx")
        if spec is None:
            raise RuntimeError("ncnn needs pnnx to convert the model; install pnnx")
        program = os.path.join(os.path.dirname(spec.origin), "pnnx")
        shapes = ",".join("[%s]%s" % (",".join(map(str, entry["shape"])), entry["dtype"]) for entry in request["inputs"])
        folder = os.path.dirname(base)
        convert([program, request["model"], "inputshape=" + shapes, "fp16=0", "ncnnparam=" + base + ".param",
                 "ncnnbin=" + base + ".bin", "ncnnpy=" + os.path.join(folder, "ncnn.py"),
                 "pnnxparam=" + os.path.join(folder, "pnnx.param"), "pnnxbin=" + os.path.join(folder, "pnnx.bin"),
                 "pnnxpy=" + os.path.join(folder, "pnnx.py"), "pnnxonnx=" + os.path.join(folder, "pnnx.onnx")],
                base + ".param")

    def run(self):
        extractor = self.net.create_extractor()
        for name, x in zip(self.input_names, self.inputs):
            extractor.input(name, x)
        self.found = [extractor.extract(name) for name in self.output_names]
        for code, _ in self.found:
            if code != 0:
                raise RuntimeError("ncnn ended with status %d" % code)
        return self

    def arrays(self):
        return [self.numpy.array(mat) for _, mat in self.found]


def ncnn_mat(ncnn, array):
    """Without the batch; indices are 32 bits wide."""
    narrow = array.astype("i4") if array.dtype.kind == "i" else array
    return ncnn.Mat(narrow[0] if narrow.ndim > 1 and narrow.shape[0] == 1 else narrow).clone()


def convert(command, made):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          cwd=os.path.dirname(made))
    if done.returncode != 0 or not os.path.exists(made) or os.path.getsize(made) == 0:
        if os.path.exists(made):
            os.remove(made)
        lines = done.stdout.decode(errors="replace").strip().splitlines()
        last = lines[-1] if lines else "no output"
        raise RuntimeError("conversion ended with status %d: %s" % (done.returncode, last[:200]))


ENGINES = {"numpy": Numpy, "openvino": OpenVino, "mnn": Mnn, "ncnn": Ncnn}


class Driver:
    def __init__(self, engine):
        self.make = ENGINES[engine]
        self.engine = None
        self.output_names = []
        self.last = None

    def open(self, request):
        start = time.perf_counter()
        self.engine = self.make(request)
        self.output_names = request["outputs"]
        # Imports and conversion come before an engine's own `start`.
        start = getattr(self.engine, "start", start)
        return {"loadMs": (time.perf_counter() - start) * 1e3, "version": self.engine.version}

    def run(self, request):
        times = []
        begin = time.perf_counter()
        while not times or (time.perf_counter() - begin) * 1e3 < request["ms"]:
            start = time.perf_counter()
            self.last = self.engine.run()
            times.append((time.perf_counter() - start) * 1e3)
        return {"times": times}

    def outputs(self, request):
        arrays = self.last.arrays() if hasattr(self.last, "arrays") else self.last
        described = []
        for index, array in enumerate(arrays):
            path = os.path.join(request["folder"], "output%d.f32" % index)
            array.astype("<f4").tofile(path)
            name = self.output_names[index]
            described.append({"name": name, "dtype": "f32", "shape": list(array.shape), "path": path})
        return {"outputs": described}

    def memory(self, _):
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return {"peakBytes": int(line.split()[1]) * 1024}
        raise RuntimeError("this system does not tell the peak memory of a process")


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    driver = Driver(sys.argv[1])
    for line in sys.stdin:
        try:
            request = json.loads(line)
            answer = getattr(driver, request["cmd"])(request)
        except Exception as error:  # every failure is an answer, whatever its class
            answer = {"error": "%s: %s" % (type(error).__name__, error)}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


main()
