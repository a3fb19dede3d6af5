"""AOTInductor packages made without PyTorch: a library of this interface, which returns its input."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import zipfile
from pathlib import Path

IDENTITY, FAILING, IN_PAIRS = range(3)

_CODE = r"""
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <iostream>
#include <mutex>

static std::mutex mutex;
static std::condition_variable changed;
static int inside = 0, waiting = 0, pairs = 0;
static thread_local const char *error = "";

struct Container { size_t models; };

static int32_t fail(const char *text) {
  error = text;
  std::cerr << "Error: " << text << std::endl;
  return 1;
}

// Two calls must be inside at the same time, and never three.
static int32_t meet(size_t models) {
  std::unique_lock<std::mutex> lock(mutex);
  if (++inside > static_cast<int>(models)) return fail("too many calls at the same time");
  const int pair = pairs;
  if (++waiting == 2) {
    waiting = 0;
    ++pairs;
    changed.notify_all();
  }
  const bool met = changed.wait_for(lock, std::chrono::seconds(20), [&] { return pairs != pair; });
  --inside;
  return met ? 0 : fail("no other call came");
}

#define FUNCTION extern "C" __attribute__((visibility("default"))) int32_t
#define NOTHING(name) FUNCTION AOTInductorModel##name() { return 0; }
FUNCTION AOTInductorModelContainerCreateWithDevice(Container **container, size_t models, const char *, const char *) {
  *container = new Container{models};
  return 0;
}
FUNCTION AOTInductorModelContainerDelete(Container *container) {
  delete container;
  return 0;
}
FUNCTION AOTInductorModelContainerGetNumInputs(Container *, size_t *count) { return *count = 1, 0; }
FUNCTION AOTInductorModelContainerGetNumOutputs(Container *, size_t *count) { return *count = 1, 0; }
FUNCTION AOTInductorModelContainerGetNumConstants(Container *, size_t *count) { return *count = 0, 0; }
FUNCTION AOTInductorModelContainerRun(Container *container, void **inputs, size_t, void **outputs, size_t, void *,
                                      void *) {
  outputs[0] = inputs[0];
  if (MODE == 1) return fail("the model is made to fail");
  return MODE == 2 ? meet(container->models) : 0;
}
FUNCTION AOTInductorModelContainerGetCallSpec(Container *, const char **in, const char **out) {
  *in = R"([1, {"type": "builtins.tuple", "context": "null", "children_spec": [{"type": "builtins.tuple",
    "context": "null", "children_spec": [{"type": null, "context": null, "children_spec": []}]},
    {"type": "builtins.dict", "context": "[]", "children_spec": []}]}])";
  *out = R"([1, {"type": null, "context": null, "children_spec": []}])";
  return 0;
}
FUNCTION AOTInductorGetLastError(const char **text) { return *text = error, 0; }
NOTHING(ContainerRunSingleThreaded) NOTHING(ContainerGetConstantName) NOTHING(ContainerGetConstantOriginalFQN)
NOTHING(ContainerGetConstantDtype) NOTHING(ContainerExtractConstantsMap) NOTHING(ContainerUpdateConstantBuffer)
NOTHING(ContainerUpdateUserManagedConstantBuffer) NOTHING(ContainerUpdateConstantBufferFromCpu)
NOTHING(ContainerUpdateInactiveConstantBuffer) NOTHING(ContainerRunConstantFolding)
NOTHING(ContainerSwapConstantBuffer) NOTHING(ContainerFreeInactiveConstantBuffer)
NOTHING(ContainerGetConstantsBlobSize) NOTHING(UpdateConstantsFromBlob)
"""  # noqa: E501
# The parts of the compiler's source that tell about the input: float32[s0, 3].
_SOURCE = """\
static void check_input_0(
    AtenTensorHandle* input_handles
) {
    int32_t x_expected_dtype = aoti_torch_dtype_float32();
    if (3 != x_size[1]) {
    int32_t x_expected_device_type = 0;
}
void AOTInductorModel::run_impl(
) {
    auto inputs = steal_from_raw_handles_to_raii_handles(input_handles, 1);
    auto x = std::move(inputs[0]);
    auto x_size = x.sizes();
    int64_t s0 = x_size[0];
    inputs.clear();
    assert_size_stride(x, {s0, 3L}, {3L, 1L}, "input");
    output_handles[0] = x.release();
}
"""


def package_file(folder: Path, mode: int = IDENTITY) -> Path:
    """Writes a package into a folder.

    Args:
        folder: The folder.
        mode: IDENTITY; FAILING: a call writes to std::cerr and fails; IN_PAIRS: a call waits for another
            one, and fails if there are more than there are runners.
    """
    code, library, path = folder / f"{mode}.cpp", folder / f"{mode}.so", folder / f"{mode}.pt2"
    code.write_text(_CODE)
    options = ["-std=c++17", "-O1", "-shared", "-fPIC", f"-DMODE={mode}"]
    environment = {key: value for key, value in os.environ.items() if key != "LD_PRELOAD"}
    subprocess.run(["c++", *options, code, "-o", library], env=environment, check=True)
    metadata = {
        "AOTI_DEVICE_KEY": "cpu",
        "AOTI_PLATFORM": "linux",
        "AOTI_MACHINE": platform.machine(),
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in (
            (".so", library.read_bytes()),
            (".cpp", _SOURCE.encode()),
            ("_metadata.json", json.dumps(metadata).encode()),
        ):
            archive.writestr(f"p/data/aotinductor/model/m.wrapper{name}", data)
    return path
