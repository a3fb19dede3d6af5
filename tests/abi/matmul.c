/* Multiplies two matrices and handles an error, in C99 on rt_torch.h alone. Exits with 0 on the real library
   and on the stub if both do what the header says. */
#include <stdio.h>
#include <string.h>

#include "rt_torch.h"

static int complain(const char *what) {
  char text[RT_TORCH_ERROR_BYTES];
  const int32_t code = rt_torch_last_error(text, sizeof text);
  fprintf(stderr, "%s: error %d: %s\n", what, (int)code, text);
  return 1;
}

static int on_stub(void) {
  const int64_t dims[] = {2, 2};
  char text[RT_TORCH_ERROR_BYTES];
  if (rt_torch_tensor_zeros(dims, 2, RT_TORCH_FLOAT32, RT_TORCH_CPU) != 0) {
    return complain("the stub made a tensor");
  }
  if (rt_torch_last_error(text, sizeof text) != RT_TORCH_UNAVAILABLE) {
    return complain("the stub failed with an unexpected error");
  }
  printf("%s\n", text);
  return 0;
}

int main(void) {
  const int64_t dims_a[] = {2, 3}, dims_b[] = {3, 2};
  const float a[] = {1, 2, 3, 4, 5, 6}, b[] = {7, 8, 9, 10, 11, 12}, expected[] = {58, 64, 139, 154};
  float product[4];
  char text[RT_TORCH_ERROR_BYTES];
  int64_t x, y, z;

  if (!rt_torch_available()) {
    return on_stub();
  }
  x = rt_torch_tensor_from_data(a, sizeof a, dims_a, 2, RT_TORCH_FLOAT32, RT_TORCH_CPU);
  y = rt_torch_tensor_from_data(b, sizeof b, dims_b, 2, RT_TORCH_FLOAT32, RT_TORCH_CPU);
  z = rt_torch_tensor_matmul(x, y);
  if (z == 0 || rt_torch_tensor_copy_to_host(z, product, sizeof product) != 0) {
    return complain("matmul");
  }
  if (memcmp(product, expected, sizeof product) != 0) {
    fprintf(stderr, "matmul: wrong product\n");
    return 1;
  }
  printf("%g %g %g %g\n", product[0], product[1], product[2], product[3]);

  if (rt_torch_tensor_matmul(x, x) != 0) {
    fprintf(stderr, "matmul: (2, 3) @ (2, 3) must fail\n");
    return 1;
  }
  if (rt_torch_last_error(text, sizeof text) != RT_TORCH_SHAPE) {
    return complain("matmul failed with an unexpected error");
  }
  printf("%s\n", text);

  if (rt_torch_tensor_free(x) != 0 || rt_torch_tensor_free(y) != 0 || rt_torch_tensor_free(z) != 0 ||
      rt_torch_live_handles() != 0) {
    return complain("free");
  }
  return 0;
}
