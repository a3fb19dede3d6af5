/* Queries of tensors on LibTorch for what does not fit into one number: the shape, which is cached, and the elements. */
#include "_speedups.h"

static PyObject *itemsize_name;

/* The shape from LibTorch, as the function copies it out. NULL, maybe without an exception, if that fails. */
static PyObject *ask_shape(const struct query *self, PyObject *tensor) {
  PyObject *number = number_of_owner(self->state, tensor), *frame, *result = NULL, *shape = NULL;
  if (number == NULL || (frame = take_frame(self->state)) == NULL) {
    return NULL;
  }
  PyObject *const arguments[] = {number, PyTuple_GetItem(frame, 0), PyTuple_GetItem(frame, 2)};
  result = call_binding(self->function, arguments, 3);
  if (result != NULL) {
    const int64_t *dims = PyLong_AsVoidPtr(PyTuple_GetItem(frame, 1)), axes = handle_of(result);
    if (0 <= axes && axes <= handle_of(PyTuple_GetItem(frame, 2))) {
      shape = PyTuple_New((Py_ssize_t)axes);
    }
    for (Py_ssize_t i = 0; shape != NULL && i < axes; ++i) {
      PyObject *length = PyLong_FromLongLong(dims[i]);
      if (length == NULL || PyTuple_SetItem(shape, i, length) < 0) {
        Py_CLEAR(shape);
      }
    }
    Py_DECREF(result);
  }
  give_frame(self->state, frame);
  return shape;
}

/* What a tensor has cached: its shape, or an object with the attributes shape, ndim and size. It is asked for first if
   nothing is. */
static PyObject *cached(const struct query *self, PyObject *object) {
  if (number_of_owner(self->state, object) == NULL) {
    return NULL;
  }
  struct owner *tensor = (struct owner *)object;
  PyObject *view = tensor->cached_view;
  if (view != NULL && view != Py_None) {
    return Py_NewRef(view);
  }
  if ((view = ask_shape(self, object)) != NULL) {
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

static PyObject *element(const void *at, char letter) {
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

PyObject *lists_of(const struct query *self, PyObject *tensor) {
  PyObject *kind = (PyObject *)Py_TYPE(tensor), *found = NULL, *result = NULL, *shape, *number, *frame,
           *bytes;
  PyObject *letter = PyDict_GetItemWithError(self->answers, kind);
  if (letter == NULL || (shape = PyObject_GetAttr(tensor, shape_name)) == NULL) {
    return NULL;
  }
  struct elements all = {.letter = (char)PyLong_AsLong(letter), .shape = shape, .axes = PyTuple_Size(shape)};
  long long nbytes = all.width = width_of(all.letter);
  for (Py_ssize_t i = 0; i < all.axes && nbytes > 0; ++i) {
    if (__builtin_mul_overflow(nbytes, PyLong_AsLongLong(PyTuple_GetItem(shape, i)), &nbytes)) {
      nbytes = 0;
    }
  }
  number = number_of_owner(self->state, tensor);
  bytes = PyLong_FromLongLong(nbytes);
  frame = number != NULL && bytes != NULL ? take_frame(self->state) : NULL;
  if (frame != NULL && 0 < nbytes && nbytes <= 8 * handle_of(PyTuple_GetItem(frame, 2))) {
    PyObject *const arguments[] = {number, PyTuple_GetItem(frame, 0), bytes};
    result = call_binding(self->function, arguments, 3);
  }
  if (result != NULL && handle_of(result) == 0) {
    all.at = PyLong_AsVoidPtr(PyTuple_GetItem(frame, 1));
    found = nested(&all, 0);
  }
  if (frame != NULL) {
    give_frame(self->state, frame);
  }
  Py_XDECREF(result);
  Py_XDECREF(bytes);
  Py_DECREF(shape);
  return found;
}

int setup_contents(void) {
  itemsize_name = PyUnicode_InternFromString("itemsize");
  return itemsize_name != NULL ? 0 : -1;
}
