/* Methods and properties of tensors on NumPy that go to the array in one step. torchffi/_numpy_indexing.py installs
   them. */
#include "_speedups.h"

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
  if (self->operands == -3) {
    PyObject *other = count == 2 ? array_of_any(self->state, arguments[1]) : NULL;
    all[0] = Py_NewRef(array);
    all[1] = other != NULL ? attribute_of(other, SHAPE) : NULL;
    Py_XDECREF(other);
    return all[1] != NULL;
  }
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

/* Looks up the names of attributes and methods of arrays, once: in their class, whose attributes cannot change. Returns
   whether it has them. */
static int look_up(struct method *self, PyTypeObject *type) {
  PyObject *found = NULL, *function = self->function;
  if (PyTuple_Size(function) == 1) {
    found = PyObject_GetAttr((PyObject *)type, PyTuple_GetItem(function, 0));
  } else if ((found = PyTuple_New(PyTuple_Size(function))) != NULL) {
    for (Py_ssize_t i = 0; found != NULL && i < PyTuple_Size(function); ++i) {
      PyObject *one = PyTuple_GetItem(function, i);
      one = i == 1 ? Py_NewRef(one) : PyObject_GetAttr((PyObject *)type, one);
      if (one == NULL || PyTuple_SetItem(found, i, one) < 0) {
        Py_CLEAR(found);
      }
    }
  }
  if (found != NULL) {
    self->function = found;
    Py_DECREF(function);
  }
  return found != NULL;
}

/* The result of a method of the array with its argument, or of another one without arguments, if the array is
   contiguous. */
static PyObject *call_with_own(PyObject *both, PyObject *array) {
  if (PyTuple_Size(both) > 2 && has_flag(array, CONTIGUOUS) == 1) {
    return PyObject_CallFunctionObjArgs(PyTuple_GetItem(both, 2), array, NULL);
  }
  return PyObject_CallFunctionObjArgs(PyTuple_GetItem(both, 0), array, PyTuple_GetItem(both, 1), NULL);
}

/* Calls the function: an attribute of the array, its method, a primitive that the cache has by its name, or a function
   as it is. */
static PyObject *call_function(struct method *self, PyObject *const *all, Py_ssize_t count) {
  static descrgetfunc get;
  PyObject *known, *result = NULL, *arguments[1 + MOST_ARGUMENTS], *function;
  if (PyTuple_CheckExact(self->function) && PyUnicode_CheckExact(PyTuple_GetItem(self->function, 0)) &&
      !look_up(self, Py_TYPE(all[0]))) {
    return NULL;
  }
  function = Py_NewRef(self->function);
  if (Py_TYPE(function) == &PyGetSetDescr_Type) {
    if (get != NULL || (get = (descrgetfunc)PyType_GetSlot(&PyGetSetDescr_Type, Py_tp_descr_get)) != NULL) {
      result = get(function, all[0], (PyObject *)Py_TYPE(all[0]));
    }
  } else if (PyTuple_CheckExact(function)) {
    result = call_with_own(function, all[0]);
  } else if (!PyUnicode_CheckExact(function)) {
    result = call_with(function, all, count);
  } else if ((known = PyDict_GetItemWithError(self->state->functions, function)) != NULL &&
             PyTuple_Size(known) == 1) { /* it is called without a context */
    self->function = Py_NewRef(PyTuple_GetItem(known, 0));
    Py_DECREF(function); /* that of the method */
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
  const struct array *own = fields_of(all[0]), *fields;
  PyObject *result = NULL;
  if (!has_own_elements(all[0]) || count >= MOST_ARGUMENTS) {
    return NULL;
  }
  if (self->result == 'o') {
    all[count] = Py_NewRef(all[0]);
    return call_function(self, all, count + 1);
  }
  if (size_of(own) <= MOST_COPIED) {
    result = call_function(self, all, count);
  }
  if (result != NULL && ((fields = fields_of(result)) == NULL || fields->axes != own->axes ||
                         PyObject_SetItem(all[0], Py_Ellipsis, result) < 0)) {
    Py_CLEAR(result);
  }
  return result;
}

/* Whether an array has as many axes as the method takes. */
static int has_axes(const struct method *self, PyObject *array) {
  if (self->axes == -1) {
    return 1;
  }
  const struct array *fields = fields_of(array);
  return fields != NULL && (self->axes < 0 ? fields->axes >= -1 - self->axes : fields->axes == self->axes);
}

/* The only element of an array, converted if the function says how: (letter,) or (letter, conversion). */
static PyObject *only_element(const struct method *self, PyObject *array) {
  const struct array *fields = fields_of(array);
  PyObject *value, *converted;
  if (fields == NULL || size_of(fields) != 1 || !(fields->flags & ALIGNED)) {
    return NULL;
  }
  value = element(fields->data, (char)PyLong_AsLong(PyTuple_GetItem(self->function, 0)));
  if (value == NULL || PyTuple_Size(self->function) == 1) {
    return value;
  }
  converted = PyObject_CallFunctionObjArgs(PyTuple_GetItem(self->function, 1), value, NULL);
  Py_DECREF(value);
  return converted;
}

/* A tensor over a result, which is released; NULL, maybe without an exception, for what is no array. */
static PyObject *tensor_over(struct method *self, PyObject *kind, PyObject *array, PyObject *result) {
  PyObject *made = NULL;
  if (self->of != NULL && Py_TYPE(result) != Py_TYPE(array)) { /* a scalar of NumPy is an array of no axes */
    made = PyObject_GetItem(result, Py_Ellipsis);
    Py_DECREF(result);
    if ((result = made) == NULL) {
      return NULL;
    }
  }
  if (self->result == 'd' && fields_of(array) != NULL && fields_of(result) != NULL) {
    ((struct array *)result)->flags |= ((struct array *)array)->flags & WRITABLE;
  }
  const int fits = Py_TYPE(result) == Py_TYPE(array) && (self->result != 'w' || share_owner(result, array));
  made = fits ? hold(self->state, self->of != NULL ? self->of : kind, result) : NULL;
  Py_DECREF(result);
  return made;
}

/* What the method returns for the array of a tensor; NULL, maybe without an exception, for what the slow path does. */
static PyObject *answer(struct method *self, PyObject *array, PyObject *const *arguments, Py_ssize_t count) {
  const struct state *state = self->state;
  const struct array *fields;
  PyObject *result = NULL, *kind = (PyObject *)Py_TYPE(arguments[0]), *all[MOST_ARGUMENTS] = {NULL};
  switch (self->result) {
    case 'g':
      result = count == 2 ? get_elements(state, array, arguments[1]) : NULL;
      return result != NULL ? tensor_over(self, kind, array, result) : NULL;
    case 'a':
      result = get_along(array, arguments + 1, count - 1);
      return result != NULL ? tensor_over(self, kind, array, result) : NULL;
    case 's':
      return count == 3 ? set_elements(state, kind, array, arguments[1], arguments[2]) : NULL;
    case 'c':
    case 'f':
      if (count == 2 &&
          (self->result == 'c' ? has_fewer_axes(state, array, arguments[1])
                               : PyFloat_CheckExact(arguments[1]) || PyLong_CheckExact(arguments[1]))) {
        result = set_elements(state, kind, array, Py_Ellipsis, arguments[1]);
      }
      break;
    case 'e':
      return count == 1 ? only_element(self, array) : NULL;
    case 'l':
      fields = fields_of(array);
      return count == 1 && fields != NULL && fields->axes > 0 ? PyLong_FromSsize_t(fields->lengths[0]) : NULL;
    case 'i':
      return count == 1 ? Py_NewRef(arguments[0]) : NULL;
    case 'k':
      return count == 1 && has_flag(array, CONTIGUOUS) == 1 ? Py_NewRef(arguments[0]) : NULL;
    default:
      if (with_arrays(self, array, arguments, count, all)) {
        result = self->result == 'o' || self->result == 'p' ? overwritten(self, all, count)
                                                            : call_function(self, all, count);
      }
      for (Py_ssize_t i = 0; i < MOST_ARGUMENTS && all[i] != NULL; ++i) {
        Py_DECREF(all[i]);
      }
      if (result == NULL || self->result == 'r') {
        return result;
      }
      if (self->result == 'v' || self->result == 'd' || self->result == 'w') {
        return tensor_over(self, kind, array, result);
      }
  }
  Py_XDECREF(result);
  return result != NULL ? Py_NewRef(arguments[0]) : NULL;
}

/* NULL, maybe without an exception, for what the slow path does. */
static PyObject *answer_of_array(struct method *self, PyObject *const *arguments, Py_ssize_t count) {
  PyObject *kind = (PyObject *)Py_TYPE(arguments[0]), *array, *result;
  if (kind != self->kind) {
    if (PyDict_GetItemWithError(self->state->array_classes, kind) == NULL) {
      return NULL;
    }
    self->kind = kind;
  }
  if ((array = array_of(self->state, arguments[0], kind)) == NULL) {
    return NULL;
  }
  if (self->attribute >= 0) {
    result = count == 1 ? attribute_of(array, self->attribute) : NULL;
  } else {
    result = has_axes(self, array) ? answer(self, array, arguments, count) : NULL;
  }
  Py_DECREF(array);
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
