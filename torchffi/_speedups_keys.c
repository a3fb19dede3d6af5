/* Indexing of tensors on LibTorch: the key as integers for one call, which makes the result or writes to what is selected.
   NULL, maybe without an exception, for what the slow path does. */
#include "_speedups.h"

/* See RT_TORCH_KEY_INDEX in rt_torch.h. */
enum { INDEX, SLICE, NEW_AXIS, ELLIPSIS, INTS, TENSOR = INTS };

/* Whether a key is an integer, a slice with a positive step, None, an ellipsis, or a tensor of indices or a mask, and was
   written. */
static int write_key(const struct query *self, int64_t *integers, PyObject *key) {
  if (PyLong_CheckExact(key)) {
    int overflow;
    integers[0] = INDEX;
    integers[1] = PyLong_AsLongLongAndOverflow(key, &overflow);
    return !overflow;
  }
  if (Py_TYPE(key) == &PySlice_Type) {
    Py_ssize_t start, stop, step;
    if (PySlice_Unpack(key, &start, &stop, &step) < 0) {
      return 0;
    }
    integers[0] = SLICE;
    integers[1] = start;
    integers[2] = stop;
    integers[3] = step;
    return step > 0;
  }
  if (key == Py_None || key == Py_Ellipsis) {
    integers[0] = key == Py_None ? NEW_AXIS : ELLIPSIS;
    return 1;
  }
  PyObject *number = PySet_Contains(self->argument, (PyObject *)Py_TYPE(key)) == 1
                         ? number_of_owner(self->state, key)
                         : NULL;
  integers[0] = TENSOR;
  integers[1] = number != NULL ? handle_of(number) : 0;
  return number != NULL;
}

/* How many keys were written: one, or those of a tuple. -1 if they are others, or too many. */
static Py_ssize_t write_keys(const struct query *self, int64_t *integers, int64_t most, PyObject *key) {
  if (!PyTuple_CheckExact(key)) {
    return write_key(self, integers, key) ? 1 : -1;
  }
  const Py_ssize_t count = PyTuple_Size(key);
  if (count * INTS > most) {
    return -1;
  }
  for (Py_ssize_t i = 0; i < count; ++i) {
    if (!write_key(self, integers + i * INTS, PyTuple_GetItem(key, i))) {
      return -1;
    }
  }
  return count;
}

/* What the function returns for the handle of a tensor, the key, and the handle of another tensor if there is one. */
static PyObject *call_with_key(const struct query *self, PyObject *tensor, PyObject *key, PyObject *other) {
  PyObject *frame = take_frame(self->state), *result = NULL;
  PyObject *arguments[4] = {NULL, NULL, NULL, NULL};
  if (frame == NULL) {
    return NULL;
  }
  const Py_ssize_t count = write_keys(self, PyLong_AsVoidPtr(PyTuple_GetItem(frame, 1)),
                                      handle_of(PyTuple_GetItem(frame, 2)), key);
  if (count >= 0 && (arguments[0] = number_of_owner(self->state, tensor)) != NULL &&
      (arguments[2] = PyLong_FromSsize_t(count)) != NULL &&
      (other == NULL || (arguments[3] = number_of_owner(self->state, other)) != NULL)) {
    arguments[1] = PyTuple_GetItem(frame, 0);
    result = call_binding(self->function, arguments, other == NULL ? 3 : 4);
  }
  Py_XDECREF(arguments[2]);
  give_frame(self->state, frame);
  return result;
}

PyObject *get_by_key(const struct query *self, PyObject *tensor, PyObject *key) {
  PyObject *view = NULL, *number = call_with_key(self, tensor, key, NULL);
  if (number != NULL) {
    view = own_result(self->module, number, (PyObject *)Py_TYPE(tensor));
  }
  Py_XDECREF(number);
  return view;
}

/* The tensor for a value of an assignment: itself if it is of the class, or that of a number, which the cache of scalars
   keeps or makes. */
static PyObject *source_of(const struct query *self, PyObject *kind, PyObject *value) {
  PyObject *entry, *found;
  if ((PyObject *)Py_TYPE(value) == kind) {
    return Py_NewRef(value);
  }
  if (!PyLong_CheckExact(value) && !PyBool_Check(value) && !PyFloat_CheckExact(value)) {
    return NULL;
  }
  if (PyFloat_CheckExact(value) && PyFloat_AsDouble(value) == 0 &&
      __builtin_signbit(PyFloat_AsDouble(value))) {
    return NULL; /* it is equal to 0.0 */
  }
  if ((entry = PyTuple_Pack(3, kind, (PyObject *)Py_TYPE(value), value)) == NULL) {
    return NULL;
  }
  found = Py_XNewRef(PyDict_GetItemWithError(self->answers, entry));
  if (found == NULL && !PyErr_Occurred()) {
    found = PyObject_GetItem(self->answers, entry);
  }
  Py_DECREF(entry);
  return found;
}

PyObject *write_by_key(const struct query *self, PyObject *tensor, PyObject *key, PyObject *value) {
  PyObject *status = NULL, *source = source_of(self, (PyObject *)Py_TYPE(tensor), value);
  int written = 0;
  if (source != NULL) {
    status = call_with_key(self, tensor, key, source);
    written = status != NULL && handle_of(status) == 0;
  }
  Py_XDECREF(status);
  Py_XDECREF(source);
  return written ? Py_NewRef(Py_None) : NULL;
}
