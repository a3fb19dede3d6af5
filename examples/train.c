/* Trains a classifier of two layers on a table: numbers and, in the last column, the class, 0, 1, ...
 *
 *   cc train.c $(python -m torchffi config --cflags --libs) -lm -o train
 *   ./train 200 <iris.csv
 *
 * The columns are scaled to mean 0 and standard deviation 1, and all rows are one batch. It prints the loss and how
 * many rows it tells right, and at the end how many handles are left, which is none. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rt_torch.h"

enum { COLUMNS = 256, HIDDEN = 32, PARAMETERS = 4 };

static int fail(const char *what) {
  char text[RT_TORCH_ERROR_BYTES];
  if (rt_torch_last_error(text, sizeof text) != RT_TORCH_OK) {
    fprintf(stderr, "%s: %s\n", what, text);
  } else {
    fprintf(stderr, "%s\n", what);
  }
  return 1;
}

/* ---- The table ---- */

struct table {
  float *features;
  int64_t *classes;
  int64_t rows, columns, kinds;
};

/* Reads one line; returns how many numbers it has, 0 at the end, -1 if it is not a list of numbers. */
static int64_t read_row(float *row) {
  char line[16 * COLUMNS], *at = line, *end;
  int64_t count = 0;
  if (fgets(line, sizeof line, stdin) == NULL) {
    return 0;
  }
  for (; count < COLUMNS; ++count, at = end + 1) {
    row[count] = strtof(at, &end);
    if (end == at || (*end != ',' && *end != '\n' && *end != '\0')) {
      return -1;
    }
    if (*end != ',') {
      return count + 1;
    }
  }
  return -1;
}

static int read_table(struct table *table) {
  float row[COLUMNS];
  int64_t count, room = 0;
  while ((count = read_row(row)) > 1 && (table->rows == 0 || count == table->columns + 1)) {
    table->columns = count - 1;
    if (table->rows == room) {
      room = 2 * room + 64;
      table->features = realloc(table->features, (size_t)(room * table->columns) * sizeof(float));
      table->classes = realloc(table->classes, (size_t)room * sizeof(int64_t));
      if (table->features == NULL || table->classes == NULL) {
        return fail("out of memory");
      }
    }
    memcpy(table->features + table->rows * table->columns, row, (size_t)table->columns * sizeof(float));
    table->classes[table->rows] = (int64_t)row[table->columns];
    if (table->classes[table->rows] < 0 || table->classes[table->rows] >= COLUMNS) {
      return fail("a class is not one of 0 to 255");
    }
    if (table->classes[table->rows] >= table->kinds) {
      table->kinds = table->classes[table->rows] + 1;
    }
    ++table->rows;
  }
  return count == 0 && table->rows > 0 ? 0 : fail("a line is not as many numbers as the first one");
}

/* ---- The model ---- */

static int64_t number(double value) {
  return rt_torch_tensor_full_real(NULL, 0, value, RT_TORCH_FLOAT32, RT_TORCH_CPU);
}

/* The result of an operation whose operands are no longer needed. */
static int64_t combined(int64_t (*operation)(int64_t, int64_t), int64_t a, int64_t b) {
  const int64_t result = operation(a, b);
  rt_torch_tensor_free(a);
  rt_torch_tensor_free(b);
  return result;
}

/* Columns with mean 0 and standard deviation 1. */
static int64_t scaled(int64_t x) {
  const int64_t axis = 0;
  const int64_t mean = rt_torch_tensor_mean(x, &axis, 1, 1);
  const int64_t spread = rt_torch_tensor_std(x, &axis, 1, 0.0, 1);
  return combined(rt_torch_tensor_div, combined(rt_torch_tensor_sub, x, mean), spread);
}

static int64_t weights(int64_t rows, int64_t columns) {
  const int64_t dims[] = {rows, columns};
  const int64_t values = combined(
      rt_torch_tensor_mul, rt_torch_tensor_randn(dims, 2, RT_TORCH_FLOAT32, RT_TORCH_CPU), number(0.1));
  return rt_torch_tensor_set_requires_grad(values, 1) == 0 ? values : 0;
}

static int64_t biases(int64_t count) {
  const int64_t values = rt_torch_tensor_zeros(&count, 1, RT_TORCH_FLOAT32, RT_TORCH_CPU);
  return rt_torch_tensor_set_requires_grad(values, 1) == 0 ? values : 0;
}

static int64_t layers(int64_t x, const int64_t *parameters) {
  const int64_t sums = rt_torch_linear(x, parameters[0], parameters[1]), hidden = rt_torch_relu(sums);
  const int64_t scores = rt_torch_linear(hidden, parameters[2], parameters[3]);
  rt_torch_tensor_free(sums);
  rt_torch_tensor_free(hidden);
  return scores;
}

static int64_t cross_entropy(int64_t scores, int64_t classes) {
  rt_torch_value arguments[2] = {{RT_TORCH_TENSOR, 0, {0}}, {RT_TORCH_TENSOR, 0, {0}}};
  arguments[0].data.i = scores;
  arguments[1].data.i = classes;
  return rt_torch_call_one(rt_torch_operator_find("aten::cross_entropy_loss", ""), arguments, 2, 0);
}

/* One step down the gradient of every parameter. */
static int descend(const int64_t *parameters, int64_t rate) {
  int status = 0;
  rt_torch_set_grad_enabled(0); /* the step itself is not recorded */
  for (int i = 0; i < PARAMETERS && status == 0; ++i) {
    const int64_t gradient = rt_torch_tensor_grad(parameters[i]), step = rt_torch_tensor_mul(gradient, rate);
    status = rt_torch_tensor_sub_(parameters[i], step) | rt_torch_tensor_set_grad(parameters[i], 0);
    rt_torch_tensor_free(gradient);
    rt_torch_tensor_free(step);
  }
  rt_torch_set_grad_enabled(1);
  return status;
}

/* How many rows have their largest score at their class; -1 on failure. */
static int64_t right(int64_t scores, int64_t classes) {
  const int64_t axis = 1, best = rt_torch_tensor_argmax(scores, &axis, 0);
  const int64_t hits = combined(rt_torch_tensor_eq, best, rt_torch_tensor_alias(classes));
  const int64_t total = rt_torch_tensor_sum(hits, NULL, 0, 0, RT_TORCH_INT64);
  const double count = rt_torch_tensor_item_double(total);
  rt_torch_tensor_free(hits);
  rt_torch_tensor_free(total);
  return count == count ? (int64_t)count : -1;
}

static int train(int64_t x, int64_t classes, const int64_t *parameters, int64_t rows, int steps) {
  const int64_t rate = number(0.5);
  int status = rate == 0;
  for (int step = 1; step <= steps && status == 0; ++step) {
    const int64_t scores = layers(x, parameters), loss = cross_entropy(scores, classes);
    status =
        loss <= 0 || rt_torch_backward(&loss, NULL, 1, NULL, 0, 0, 0) < 0 || descend(parameters, rate) < 0;
    if (status == 0 && (step % 50 == 0 || step == steps)) {
      printf("step %d: loss %.4f, %lld of %lld right\n", step, rt_torch_tensor_item_double(loss),
             (long long)right(scores, classes), (long long)rows);
    }
    rt_torch_tensor_free(scores);
    rt_torch_tensor_free(loss > 0 ? loss : 0);
  }
  rt_torch_tensor_free(rate);
  return status == 0 ? 0 : fail("training");
}

int main(int argc, char **argv) {
  struct table table = {NULL, NULL, 0, 0, 0};
  const int steps = argc > 1 ? atoi(argv[1]) : 200;
  int status = steps < 1 ? fail("usage: train [steps] <table.csv") : read_table(&table);
  if (status == 0) {
    const int64_t dims[] = {table.rows, table.columns};
    const int64_t bytes = table.rows * table.columns * (int64_t)sizeof(float);
    const int64_t x =
        scaled(rt_torch_tensor_from_data(table.features, bytes, dims, 2, RT_TORCH_FLOAT32, RT_TORCH_CPU));
    const int64_t classes = rt_torch_tensor_from_data(table.classes, 8 * table.rows, &table.rows, 1,
                                                      RT_TORCH_INT64, RT_TORCH_CPU);
    int64_t parameters[PARAMETERS];
    rt_torch_seed(0);
    parameters[0] = weights(HIDDEN, table.columns);
    parameters[1] = biases(HIDDEN);
    parameters[2] = weights(table.kinds, HIDDEN);
    parameters[3] = biases(table.kinds);
    status = train(x, classes, parameters, table.rows, steps);
    for (int i = 0; i < PARAMETERS; ++i) {
      rt_torch_tensor_free(parameters[i]);
    }
    rt_torch_tensor_free(x);
    rt_torch_tensor_free(classes);
    printf("handles left: %lld\n", (long long)rt_torch_live_handles());
  }
  free(table.features);
  free(table.classes);
  return status;
}
