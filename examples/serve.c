/* Serves a TorchScript or AOTInductor model: floats from standard input go in, floats to standard output come out.
 *
 *   cc serve.c $(python -m torchffi config --cflags --libs) -o serve
 *   ./serve model.pt 1,3,32,32 <pixels >scores
 *   ./serve model.pt2 1,3,32,32 <pixels >scores
 *
 * A file whose name ends with .pt2 is an AOTInductor package: native code, which this program runs, so serve only
 * packages that you trust. A third argument, "unchecked", accepts shapes that cannot be checked.
 *
 * Each input is the product of the shape in float32, in the byte order of the machine; the program computes until the
 * input ends. The model takes a tensor and returns one, or a tuple or a list whose first value is one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rt_torch.h"

static int fail(const char *what) {
  char text[RT_TORCH_ERROR_BYTES];
  rt_torch_last_error(text, sizeof text);
  fprintf(stderr, "%s: %s\n", what, text);
  return 1;
}

/* "1,3,32,32" -> dims; returns their number, 0 if the text is not a shape. */
static int64_t parse_shape(const char *text, int64_t *dims) {
  int64_t ndim = 0;
  while (ndim < RT_TORCH_MAX_NDIM) {
    char *end;
    dims[ndim++] = strtoll(text, &end, 10);
    if (end == text || dims[ndim - 1] < 1 || (*end != ',' && *end != '\0')) {
      return 0;
    }
    if (*end == '\0') {
      return ndim;
    }
    text = end + 1;
  }
  return 0;
}

/* One of the two is 0. */
struct model {
  int64_t module, package;
};

/* Returns 1, or 0 for an error. */
static int load(const char *path, int32_t unchecked, struct model *model) {
  const size_t length = strlen(path);
  const int is_package = length > 4 && strcmp(path + length - 4, ".pt2") == 0;
  model->module = is_package ? 0 : rt_torch_module_load(path, RT_TORCH_CPU, 0);
  model->package = is_package ? rt_torch_package_load(path, "model", 1, 1, unchecked) : 0;
  return model->package != 0 || (model->module != 0 && rt_torch_module_train(model->module, 0) == 0);
}

/* Returns 1 with a result to free, or 0 for an error. */
static int run(const struct model *model, int64_t input, rt_torch_value *result) {
  rt_torch_value argument = {RT_TORCH_TENSOR, 0, {0}};
  argument.data.i = input;
  return model->package != 0 ? rt_torch_package_call(model->package, &input, 1, result) >= 0
                             : rt_torch_module_call(model->module, "forward", &argument, 1, result) == 0;
}

/* The tensor in a result, as a handle of the caller's; 0 if there is none. */
static int64_t take_tensor(rt_torch_value *result) {
  rt_torch_value *values = result;
  if (result->tag == RT_TORCH_TUPLE && result->length > 0) {
    values = (rt_torch_value *)result->data.p;
  }
  return rt_torch_value_take(values, 0, 0);
}

/* One input, computed and written. Returns 0, or 1 for an error. */
static int serve(const struct model *model, const float *input, int64_t nbytes, const int64_t *dims,
                 int64_t ndim) {
  int status = 1;
  rt_torch_value result = {RT_TORCH_NONE, 0, {0}};
  int64_t tensor, output = 0, floats = 0, count;
  float *memory = NULL;
  tensor = rt_torch_tensor_from_data(input, nbytes, dims, ndim, RT_TORCH_FLOAT32, RT_TORCH_CPU);
  if (tensor == 0 || !run(model, tensor, &result) || (output = take_tensor(&result)) == 0 ||
      (floats = rt_torch_tensor_to_dtype(output, RT_TORCH_FLOAT32)) == 0 ||
      (count = rt_torch_tensor_numel(floats)) < 0 ||
      (memory = malloc((size_t)count * sizeof *memory + 1)) == NULL ||
      rt_torch_tensor_copy_to_host(floats, memory, count * (int64_t)sizeof *memory) < 0) {
    fail("forward");
  } else if (fwrite(memory, sizeof *memory, (size_t)count, stdout) == (size_t)count && fflush(stdout) == 0) {
    status = 0;
  }
  free(memory);
  rt_torch_tensor_free(floats);
  rt_torch_tensor_free(output);
  rt_torch_values_free(&result, 1);
  rt_torch_tensor_free(tensor);
  return status;
}

int main(int argc, char **argv) {
  int64_t dims[RT_TORCH_MAX_NDIM], ndim, count = 1;
  struct model model;
  float *input;
  int status = 0;
  const int unchecked = argc == 4 && strcmp(argv[3], "unchecked") == 0;
  if (argc != 3 + unchecked || (ndim = parse_shape(argv[2], dims)) == 0) {
    fprintf(stderr, "usage: %s model.pt 1,3,32,32 [unchecked] <floats >floats\n", argv[0]);
    return 2;
  }
  for (int64_t axis = 0; axis < ndim; ++axis) {
    count = count < INT64_C(1) << 40 ? count * dims[axis] : count;
  }
  input = malloc((size_t)count * sizeof *input);
  if (input == NULL) {
    fprintf(stderr, "no memory for the shape %s\n", argv[2]);
    return 1;
  }
  if (!load(argv[1], unchecked, &model)) {
    free(input);
    return fail("load");
  }
  while (status == 0) {
    const size_t got = fread(input, sizeof *input, (size_t)count, stdin);
    if (got < (size_t)count) {
      if (got > 0) {
        fprintf(stderr, "the input ends within a tensor\n");
        status = 1;
      }
      break;
    }
    status = serve(&model, input, count * (int64_t)sizeof *input, dims, ndim);
  }
  rt_torch_module_free(model.module);
  rt_torch_package_free(model.package);
  free(input);
  return status;
}
