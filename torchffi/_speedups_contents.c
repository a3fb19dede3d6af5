/* Queries of tensors on LibTorch for what does not fit into one number: the shape, which is cached, and the elements. */
#include "_speedups.h"

static PyObject *itemsize_name;
static union address is_cuda;

enum { MOST_AXES = 64 }; /* RT_TORCH_MAX_NDIM */

/* The shape from LibTorch. NULL, maybe without an exception, if that fails. */
static PyObject *ask_shape(const struct query *self, PyObject *number) {
  int64_t lengths[MOST_AXES];
  const int64_t axes = self->address.lengths(handle_of(number), lengths, MOST_AXES);
  PyObject *shape = 0 <= axes && axes <= MOST_AXES ? PyTuple_New((Py_ssize_t)axes) : NULL;
  for (Py_ssize_t i = 0; shape != NULL && i < axes; ++i) {
    PyObject *length = PyLong_FromLongLong(lengths[i]);
    if (length == NULL || PyTuple_SetItem(shape, i, length) < 0) {
      Py_CLEAR(shape);
    }
  }
  return shape;
}

/* What a tensor has cached: its shape, or an object with the attributes shape, ndim and size. It is asked for first if
   nothing is. */
static PyObject *cached(const struct query *self, PyObject *object) {
  PyObject *number = number_of_owner(self->state, object);
  if (number == NULL) {
    return NULL;
  }
  struct owner *tensor = (struct owner *)object;
  PyObject *view = tensor->cached_view;
  if (view != NULL && view != Py_None) {
    return Py_NewRef(view);
  }
  if ((view = ask_shape(self, number)) != NULL) {
    PyObject *earlier = tensor->cached_view;
    tensor->cached_view = Py_NewRef(view);
    Py_XDECREF(earlier);
  }
  return view;
}

PyObject *shape_or_count(const struct query *self, PyObject *tensor) {
  long long count = 1;
  PyObject *number, *view = cached(self, tensor);
  if (view == NULL) {
    return NULL;
  }
  if (self->result == 's') {
    number = PyTuple_CheckExact(view) ? Py_NewRef(view) : PyObject_GetAttr(view, shape_name);
    Py_DECREF(view);
    return number;
  }
  if (!PyTuple_CheckExact(view)) {
    number = PyObject_GetAttr(view, self->result == 'd' ? ndim_name : size_name);
    count = number != NULL ? PyLong_AsLongLong(number) : -1;
    Py_XDECREF(number);
  } else if (self->result == 'd') {
    count = PyTuple_Size(view);
  } else {
    for (Py_ssize_t i = 0; i < PyTuple_Size(view) && count >= 0; ++i) {
      if (__builtin_mul_overflow(count, PyLong_AsLongLong(PyTuple_GetItem(view, i)), &count)) {
        count = -1;
      }
    }
  }
  Py_DECREF(view);
  if (self->result == 'b' && count >= 0) {
    number = PyObject_GetAttr((PyObject *)Py_TYPE(tensor), itemsize_name);
    const long long bytes = number != NULL ? PyLong_AsLongLong(number) : -1;
    Py_XDECREF(number);
    if (bytes < 0 || __builtin_mul_overflow(count, bytes, &count)) {
      count = -1;
    }
  }
  return count >= 0 ? PyLong_FromLongLong(count) : NULL;
}

/* Bytes of an element, by the letter of its type in Python's buffer protocol. F and D are complex numbers. */
static int64_t width_of(char letter) {
  return strchr("?bB", letter) != NULL   ? 1
         : strchr("hH", letter) != NULL  ? 2
         : strchr("iIf", letter) != NULL ? 4
         : letter == 'D'                 ? 16
                                         : 8;
}

PyObject *element(const void *at, char letter) {
  switch (letter) {
    case '?':
      return PyBool_FromLong(*(const uint8_t *)at);
    case 'b':
      return PyLong_FromLong(*(const int8_t *)at);
    case 'B':
      return PyLong_FromLong(*(const uint8_t *)at);
    case 'h':
      return PyLong_FromLong(*(const int16_t *)at);
    case 'H':
      return PyLong_FromLong(*(const uint16_t *)at);
    case 'i':
      return PyLong_FromLong(*(const int32_t *)at);
    case 'I':
      return PyLong_FromLongLong(*(const uint32_t *)at);
    case 'q':
      return PyLong_FromLongLong(*(const int64_t *)at);
    case 'Q':
      return PyLong_FromUnsignedLongLong(*(const uint64_t *)at);
    case 'f':
      return PyFloat_FromDouble(*(const float *)at);
    case 'd':
      return PyFloat_FromDouble(*(const double *)at);
    case 'F':
      return PyComplex_FromDoubles(((const float *)at)[0], ((const float *)at)[1]);
    case 'D':
      return PyComplex_FromDoubles(((const double *)at)[0], ((const double *)at)[1]);
    default:
      return NULL;
  }
}

/* Elements in memory, in the order of their shape. */
struct elements {
  const char *at; /* the next one */
  int64_t width;  /* bytes of one */
  char letter;
  PyObject *shape;
  Py_ssize_t axes;
};

/* The next ones as lists of lists, from an axis on. */
static PyObject *nested(struct elements *next, Py_ssize_t axis) {
  if (axis == next->axes) {
    const char *at = next->at;
    next->at += next->width;
    return element(at, next->letter);
  }
  const Py_ssize_t length = PyLong_AsSsize_t(PyTuple_GetItem(next->shape, axis));
  PyObject *list = PyList_New(length);
  for (Py_ssize_t i = 0; list != NULL && i < length; ++i) {
    PyObject *part = nested(next, axis + 1);
    if (part == NULL || PyList_SetItem(list, i, part) < 0) {
      Py_CLEAR(list);
    }
  }
  return list;
}

enum { MOST_BYTES = 1 << 13 };

/* Copies all elements to memory, with the GIL held: a tensor on another device might have to be waited for. */
static int copied(const struct query *self, PyObject *tensor, void *memory, int64_t nbytes) {
  PyObject *number = number_of_owner(self->state, tensor);
  const int64_t handle = number != NULL ? handle_of(number) : 0;
  return handle != 0 && nbytes <= MOST_BYTES && is_cuda.flag(handle) == 0 &&
         self->address.copy(handle, memory, nbytes) == 0;
}

/* The letter of the type of the elements; 0 for others. */
static char letter_of(const struct query *self, PyObject *tensor) {
  PyObject *letter = PyDict_GetItemWithError(self->answers, (PyObject *)Py_TYPE(tensor));
  return letter != NULL ? (char)PyLong_AsLong(letter) : 0;
}

PyObject *lists_of(const struct query *self, PyObject *tensor) {
  const char letter = letter_of(self, tensor);
  PyObject *found = NULL, *shape = letter != 0 ? PyObject_GetAttr(tensor, shape_name) : NULL;
  if (shape == NULL) {
    return NULL;
  }
  _Alignas(16) char memory[MOST_BYTES];
  struct elements all = {memory, width_of(letter), letter, shape, PyTuple_Size(shape)};
  long long nbytes = all.width;
  for (Py_ssize_t i = 0; i < all.axes && nbytes > 0; ++i) {
    if (__builtin_mul_overflow(nbytes, PyLong_AsLongLong(PyTuple_GetItem(shape, i)), &nbytes)) {
      nbytes = 0;
    }
  }
  if (nbytes > 0 && copied(self, tensor, memory, nbytes)) {
    found = nested(&all, 0);
  }
  Py_DECREF(shape);
  return found;
}

PyObject *value_of(const struct query *self, PyObject *tensor) {
  const char letter = letter_of(self, tensor);
  _Alignas(16) char memory[16];
  PyObject *converted,
      *value = letter != 0 && copied(self, tensor, memory, width_of(letter)) ? element(memory, letter) : NULL;
  if (value == NULL || self->conversion == NULL || (PyObject *)Py_TYPE(value) == self->conversion) {
    return value;
  }
  converted = PyObject_CallFunctionObjArgs(self->conversion, value, NULL);
  Py_DECREF(value);
  return converted;
}

int setup_contents(union address address) {
  is_cuda = address;
  itemsize_name = PyUnicode_InternFromString("itemsize");
  return itemsize_name != NULL ? 0 : -1;
}
