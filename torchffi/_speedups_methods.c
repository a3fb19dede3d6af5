/* Methods and properties of tensors on NumPy that go to the array in one step. torchffi/_numpy_indexing.py installs
   them. */
#include <string.h>

#include "_speedups.h"

/* An attribute that is an integer; -1 if there is none. */
static int64_t number_of(PyObject *object, enum attribute name) {
  PyObject *number = attribute_of(object, name);
  const int64_t value = number != NULL ? handle_of(number) : -1;
  Py_XDECREF(number);
  return value;
}

/* Whether an object is an integer within the limits. */
static int is_integer(const struct method *self, PyObject *one) {
  int overflow = 1;
  const long long value = PyLong_CheckExact(one) ? PyLong_AsLongLongAndOverflow(one, &overflow) : 0;
  return !overflow && self->least <= value && value <= self->most;
}

static int are_in_tuple(const struct method *self, PyObject *tuple) {
  for (Py_ssize_t i = 0; i < PyTuple_Size(tuple); ++i) {
    if (!is_integer(self, PyTuple_GetItem(tuple, i))) {
      return 0;
    }
  }
  return 1;
}

/* Whether the arguments after the tensor are those integers that the method takes. */
static int are_numbers(const struct method *self, PyObject *const *arguments, Py_ssize_t count) {
  if (count == 2 && self->operands == -1 && PyTuple_CheckExact(arguments[1])) {
    return are_in_tuple(self, arguments[1]);
  }
  for (Py_ssize_t i = 1; i < count; ++i) {
    if (self->operands == -2 && PyTuple_CheckExact(arguments[i]) ? !are_in_tuple(self, arguments[i])
                                                                 : !is_integer(self, arguments[i])) {
      return 0;
    }
  }
  return count > 1;
}

/* Puts the arguments of the function into a place for MOST_ARGUMENTS: arrays for the tensors. Returns whether it
   admits them; all in the place must be released. */
static int with_arrays(const struct method *self, PyObject *array, PyObject *const *arguments,
                       Py_ssize_t count, PyObject **all) {
  PyObject *kind = (PyObject *)Py_TYPE(arguments[0]);
  if (count > MOST_ARGUMENTS ||
      !(self->operands < 0 ? are_numbers(self, arguments, count) : count == 1 + self->operands)) {
    return 0;
  }
  all[0] = Py_NewRef(array);
  for (Py_ssize_t i = 1; i < count; ++i) {
    const int admitted =
        (PyObject *)Py_TYPE(arguments[i]) == kind || self->result == 'o' || self->result == 'p';
    all[i] = self->operands < 0 ? Py_NewRef(arguments[i])
             : admitted         ? data_of(self->state, kind, arguments[i])
                                : NULL;
    if (all[i] == NULL) {
      return 0;
    }
  }
  return 1;
}

/* The result of a method of the array: by its name and its argument, or that of a third name, without arguments, if the
   array is contiguous. */
static PyObject *call_named(PyObject *named, PyObject *array) {
  if (PyTuple_Size(named) > 2 && has_flag(array, CONTIGUOUS) == 1) {
    return PyObject_CallMethodObjArgs(array, PyTuple_GetItem(named, 2), NULL);
  }
  return PyObject_CallMethodObjArgs(array, PyTuple_GetItem(named, 0), PyTuple_GetItem(named, 1), NULL);
}

/* Calls the function: an attribute of the array, its method, a primitive that the cache has by its name, or a function
   as it is. */
static PyObject *call_function(struct method *self, PyObject *const *all, Py_ssize_t count) {
  PyObject *known, *result = NULL, *arguments[1 + MOST_ARGUMENTS], *function = Py_NewRef(self->function);
  if (PyTuple_CheckExact(function)) {
    PyObject *name = PyTuple_GetItem(function, 0);
    result = PyTuple_Size(function) == 1 ? PyObject_GetAttr(all[0], name) : call_named(function, all[0]);
  } else if (!PyUnicode_CheckExact(function)) {
    result = call_with(function, all, count);
  } else if ((known = PyDict_GetItemWithError(self->state->functions, function)) != NULL &&
             PyTuple_Size(known) == 1) { /* it is called without a context */
    self->function = Py_NewRef(PyTuple_GetItem(known, 0));
    Py_DECREF(function);
    result = call_with(self->function, all, count);
  } else if (!PyErr_Occurred()) {
    arguments[0] = function;
    for (Py_ssize_t i = 0; i < count; ++i) {
      arguments[1 + i] = all[i];
    }
    result = compute(self->state, arguments, count + 1);
  }
  Py_DECREF(function);
  return result;
}

enum { MOST_COPIED = 1 << 10 }; /* elements: for more, the slow path takes less time */

/* Overwrites the first array with what the function returns (p), or writes there as its output, the last argument (o).
   NumPy itself refuses what does not fit, before it writes, but for axes of length 1. */
static PyObject *overwritten(struct method *self, PyObject **all, Py_ssize_t count) {
  PyObject *result = NULL;
  if (!has_own_elements(all[0]) || count >= MOST_ARGUMENTS) {
    return NULL;
  }
  if (self->result == 'o') {
    all[count] = Py_NewRef(all[0]);
    return call_function(self, all, count + 1);
  }
  if (number_of(all[0], SIZE) <= MOST_COPIED) {
    result = call_function(self, all, count);
  }
  if (result != NULL && (number_of(result, NDIM) != number_of(all[0], NDIM) ||
                         PyObject_SetItem(all[0], Py_Ellipsis, result) < 0)) {
    Py_CLEAR(result);
  }
  return result;
}

/* Whether an array has as many axes as the method takes. */
static int has_axes(const struct method *self, PyObject *array) {
  const int64_t axes = self->axes == -1 ? 0 : number_of(array, NDIM);
  return self->axes < 0 ? axes >= -1 - self->axes : axes == self->axes;
}

/* Makes a view writable; 0 if its array is not. */
static int make_writable(PyObject *view) {
  static PyObject *name;
  PyObject *none = NULL;
  if (name != NULL || (name = PyUnicode_InternFromString("setflags")) != NULL) {
    none = PyObject_CallMethodObjArgs(view, name, Py_True, NULL);
  }
  Py_XDECREF(none);
  return none != NULL;
}

/* What the method returns for the array of a tensor; NULL, maybe without an exception, for what the slow path does. */
static PyObject *answer(struct method *self, PyObject *array, PyObject *const *arguments, Py_ssize_t count) {
  const struct state *state = self->state;
  PyObject *result = NULL, *made, *kind = (PyObject *)Py_TYPE(arguments[0]), *all[MOST_ARGUMENTS] = {NULL};
  if (self->result == 'g') {
    result = count == 2 ? get_elements(state, array, arguments[1]) : NULL;
  } else if (self->result == 'a') {
    result = get_along(array, arguments + 1, count - 1);
  } else if (self->result == 's') {
    result = count == 3 ? set_elements(state, kind, array, arguments[1], arguments[2]) : NULL;
  } else if (self->result == 'c') {
    result = count == 2 && has_fewer_axes(state, array, arguments[1])
                 ? set_elements(state, kind, array, Py_Ellipsis, arguments[1])
                 : NULL;
  } else if (self->result == 'l') {
    const Py_ssize_t length = count == 1 ? PyObject_Size(array) : -1;
    result = length < 0 ? NULL : PyLong_FromSsize_t(length);
  } else if (self->result == 'i') {
    result = count == 1 ? Py_NewRef(arguments[0]) : NULL;
  } else {
    if (with_arrays(self, array, arguments, count, all)) {
      result = strchr("op", self->result) != NULL ? overwritten(self, all, count)
                                                  : call_function(self, all, count);
    }
    for (Py_ssize_t i = 0; i < MOST_ARGUMENTS && all[i] != NULL; ++i) {
      Py_DECREF(all[i]);
    }
    if (result != NULL && self->result == 'd' && !make_writable(result)) {
      Py_CLEAR(result);
    }
  }
  if (result == NULL || strchr("rlsi", self->result) != NULL) {
    return result;
  }
  if (strchr("xopc", self->result) != NULL) {
    made = Py_NewRef(arguments[0]);
  } else {
    if (self->of != NULL &&
        Py_TYPE(result) != Py_TYPE(array)) { /* a scalar of NumPy is an array of no axes */
      made = PyObject_GetItem(result, Py_Ellipsis);
      Py_DECREF(result);
      if ((result = made) == NULL) {
        return NULL;
      }
    }
    const int fits = Py_TYPE(result) == Py_TYPE(array) && (self->result != 'w' || share_owner(result, array));
    made = fits ? hold(state, self->of != NULL ? self->of : kind, result) : NULL;
  }
  Py_DECREF(result);
  return made;
}

/* NULL, maybe without an exception, for what the slow path does. */
static PyObject *answer_of_array(struct method *self, PyObject *const *arguments, Py_ssize_t count) {
  PyObject *kind = (PyObject *)Py_TYPE(arguments[0]), *array = NULL, *result = NULL;
  if (PyDict_GetItemWithError(self->state->array_classes, kind) != NULL) {
    array = get_slot(self->state->array_slot, arguments[0], kind);
  }
  if (array != NULL) {
    result = has_axes(self, array) ? answer(self, array, arguments, count) : NULL;
    Py_DECREF(array);
  }
  return result;
}

PyObject *call_method(PyObject *object, PyObject *const *arguments, size_t flags, PyObject *names) {
  const Py_ssize_t count = (Py_ssize_t)(flags & ~ARGUMENTS_OFFSET);
  PyObject *result = NULL;
  if (count > 0 && names == NULL) {
    result = answer_of_array((struct method *)object, arguments, count);
  }
  if (result == NULL && (!PyErr_Occurred() || refused())) {
    result = call_slow_path(object, arguments, count, names);
  }
  return result;
}

PyObject *get_array_property(PyObject *object, PyObject *tensor, PyObject *type) {
  PyObject *result = NULL;
  if (tensor != NULL && tensor != Py_None) {
    result = answer_of_array((struct method *)object, &tensor, 1);
  }
  return result == NULL && (!PyErr_Occurred() || refused()) ? get_slow_path(object, tensor, type) : result;
}
