/* Calls of primitives on NumPy, and tensors over arrays: attempt(), overwrite() and hold() in
   torchffi/_core/tensor_numpy.py. */
#include "_speedups.h"

PyObject *call_with(PyObject *function, PyObject *const *arguments, Py_ssize_t count) {
  PyObject *all[MOST_ARGUMENTS] = {NULL}; /* the call ends at the first NULL, and needs no tuple */
  for (Py_ssize_t i = 0; i < count; ++i) {
    all[i] = arguments[i];
  }
  return PyObject_CallFunctionObjArgs(function, all[0], all[1], all[2], all[3], all[4], all[5], all[6], NULL);
}

PyObject *compute(const struct state *self, PyObject *const *arguments, Py_ssize_t count) {
  PyObject *all, *result = NULL, *known;
  Py_ssize_t first;
  if (self->functions == NULL) {
    return PyErr_Format(PyExc_TypeError, "setup_arrays() comes first");
  }
  if ((known = PyDict_GetItemWithError(self->functions, arguments[0])) != NULL) {
    Py_INCREF(known);
  } else if (PyErr_Occurred() || (known = PyObject_GetItem(self->functions, arguments[0])) == NULL) {
    return NULL;
  }
  first = PyTuple_Size(known) - 1;
  if (first == 0 && count <= 1 + MOST_ARGUMENTS) {
    result = call_with(PyTuple_GetItem(known, 0), arguments + 1, count - 1);
  } else if (first == 1 && count <= MOST_ARGUMENTS) {
    PyObject *few[MOST_ARGUMENTS] = {PyTuple_GetItem(known, 1)};
    for (Py_ssize_t i = 1; i < count; ++i) {
      few[i] = arguments[i];
    }
    result = call_with(PyTuple_GetItem(known, 0), few, count);
  } else if (first >= 0 && (all = PyTuple_New(first + count - 1)) != NULL) {
    for (Py_ssize_t i = 0; i < first; ++i) {
      PyTuple_SetItem(all, i, Py_NewRef(PyTuple_GetItem(known, i + 1)));
    }
    for (Py_ssize_t i = 1; i < count; ++i) {
      PyTuple_SetItem(all, first + i - 1, Py_NewRef(arguments[i]));
    }
    result = PyObject_Call(PyTuple_GetItem(known, 0), all, NULL);
    Py_DECREF(all);
  }
  Py_DECREF(known);
  return result;
}

int fit(const struct state *self, PyObject *kind, PyObject **result) {
  const struct array *fields = fields_of(*result);
  PyObject *array, *wanted = NULL;
  if (fields != NULL) {
    wanted = PyDict_GetItemWithError(self->dtypes, kind);
    if (fields->dtype == wanted) {
      return 0;
    }
  }
  array = wanted != NULL ? PyObject_CallMethod(*result, "astype", "OssOO", wanted, "K", "unsafe", Py_True,
                                               Py_False) /* copy: only if the dtype is another one */
                         : PyObject_CallFunctionObjArgs(self->fit, *result, kind, NULL);
  if (array == NULL) {
    return -1;
  }
  Py_DECREF(*result);
  *result = array;
  return 0;
}

int refused(void) {
  const int known = PyErr_ExceptionMatches(PyExc_Exception);
  if (known) {
    PyErr_Clear();
  }
  return known;
}

/* Finds the slot of a new tensor: all else that follows its head is 0. */
static void find_slot(struct state *self, PyObject *tensor, PyObject *array) {
  PyObject *bytes = PyObject_GetAttrString((PyObject *)Py_TYPE(tensor), "__basicsize__");
  const Py_ssize_t end = bytes != NULL ? PyLong_AsSsize_t(bytes) : 0;
  Py_XDECREF(bytes);
  for (Py_ssize_t at = (Py_ssize_t)sizeof(PyObject); at < end; at += (Py_ssize_t)sizeof(PyObject *)) {
    if (*(PyObject **)((char *)tensor + at) == array) {
      self->slot_offset = at;
    }
  }
  know_arrays(Py_TYPE(array));
  PyErr_Clear();
}

PyObject *hold(struct state *self, PyObject *kind, PyObject *array) {
  PyObject *tensor = PyType_GenericAlloc((PyTypeObject *)kind, 0);
  if (tensor != NULL && kind == self->held_class) {
    *(PyObject **)((char *)tensor + self->slot_offset) = Py_NewRef(array);
  } else if (tensor != NULL && set_slot(self->array_slot, tensor, array) < 0) { /* it has no slot */
    Py_CLEAR(tensor);
  } else if (tensor != NULL) {
    if (self->slot_offset == 0) {
      find_slot(self, tensor, array);
    }
    if (self->slot_offset != 0) {
      PyObject *earlier = self->held_class;
      self->held_class = Py_NewRef(kind);
      Py_XDECREF(earlier);
    }
  }
  return tensor;
}

PyObject *array_of_any(const struct state *self, PyObject *object) {
  PyObject *kind = (PyObject *)Py_TYPE(object);
  return PyDict_GetItemWithError(self->array_classes, kind) != NULL ? array_of(self, object, kind) : NULL;
}

PyObject *attempt(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  struct state *self = PyModule_GetState(module);
  PyObject *result, *tensor = NULL;
  if (count < 2 || !PyType_Check(arguments[0])) {
    return PyErr_Format(PyExc_TypeError, "attempt() takes a class, a name and arguments");
  }
  result = compute(self, arguments + 1, count - 1);
  if (result != NULL && fit(self, arguments[0], &result) == 0) {
    tensor = hold(self, arguments[0], result);
  }
  Py_XDECREF(result);
  return tensor == NULL && refused() ? Py_NewRef(Py_None) : tensor;
}

/* NumPy's dtype of a class, a borrowed reference; NULL, maybe without an exception, if NumPy has none. */
static PyObject *dtype_of(const struct state *self, PyObject *kind) {
  PyObject *known = PyDict_GetItemWithError(self->dtypes, kind);
  if (known == NULL && !PyErr_Occurred()) {
    PyObject *ours = PyObject_GetAttrString(kind, "_dtype");
    known = ours != NULL ? PyObject_GetAttrString(ours, "numpy") : NULL;
    Py_XDECREF(ours);
    if (known != NULL && (known == Py_None || PyDict_SetItem(self->dtypes, kind, known) < 0)) {
      Py_CLEAR(known);
    }
    Py_XDECREF(known); /* the dict keeps it */
  }
  return known;
}

PyObject *attempt_typed(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  struct state *self = PyModule_GetState(module);
  PyObject *dtype, *result = NULL, *tensor = NULL;
  if (count < 3 || !PyType_Check(arguments[0])) {
    return PyErr_Format(PyExc_TypeError, "attempt_typed() takes a class, a name and an argument");
  }
  if ((dtype = dtype_of(self, arguments[0])) != NULL) {
    PyObject *const all[] = {arguments[1], arguments[2], dtype};
    if ((result = compute(self, all, 3)) != NULL) {
      tensor = hold(self, arguments[0], result);
      Py_DECREF(result);
    }
  }
  return tensor == NULL && (!PyErr_Occurred() || refused()) ? Py_NewRef(Py_None) : tensor;
}

PyObject *attempt_along(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  PyObject *view, *tensor = NULL;
  if (count < 5 || !PyType_Check(arguments[0])) {
    return PyErr_Format(PyExc_TypeError, "attempt_along() takes a class, a name, an array and integers");
  }
  if ((view = get_along(arguments[2], arguments + 3, count - 3)) != NULL) {
    tensor = hold(PyModule_GetState(module), arguments[0], view);
    Py_DECREF(view);
  }
  return tensor == NULL && (!PyErr_Occurred() || refused()) ? Py_NewRef(Py_None) : tensor;
}

PyObject *overwrite(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  PyObject *result;
  if (count < 1) {
    return PyErr_Format(PyExc_TypeError, "overwrite() takes a name and arguments");
  }
  if ((result = compute(PyModule_GetState(module), arguments, count)) == NULL) {
    return refused() ? PyLong_FromLong(-1) : NULL;
  }
  Py_DECREF(result);
  return PyLong_FromLong(0);
}

PyObject *hold_array(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  if (count != 2 || !PyType_Check(arguments[1])) {
    return PyErr_Format(PyExc_TypeError, "hold() takes an array and a class");
  }
  return hold(PyModule_GetState(module), arguments[1], arguments[0]);
}

PyObject *hold_view(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  PyObject *dtype, *kind, *view, *tensor = NULL;
  if (count != 2 || !PyDict_Check(arguments[1])) {
    return PyErr_Format(PyExc_TypeError, "hold_view() takes an array and a dict");
  }
  if ((dtype = attribute_of(arguments[0], DTYPE)) == NULL) {
    return NULL;
  }
  if ((kind = PyDict_GetItemWithError(arguments[1], dtype)) != NULL) {
    Py_INCREF(kind);
  } else if (!PyErr_Occurred()) {
    kind = PyObject_GetItem(arguments[1], dtype); /* finds what is missing */
  }
  Py_DECREF(dtype);
  if (kind != NULL && PyType_Check(kind) && (view = PyObject_GetItem(arguments[0], Py_Ellipsis)) != NULL) {
    tensor = hold(PyModule_GetState(module), kind, view);
    Py_DECREF(view);
  } else if (!PyErr_Occurred()) {
    PyErr_Format(PyExc_TypeError, "expected a class, got %R", kind);
  }
  Py_XDECREF(kind);
  return tensor;
}

PyObject *attempt_any(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  PyObject *result, *tensor = NULL;
  if (count < 2 || !PyDict_Check(arguments[0])) {
    return PyErr_Format(PyExc_TypeError, "attempt_any() takes a dict, a name and arguments");
  }
  if ((result = compute(PyModule_GetState(module), arguments + 1, count - 1)) != NULL) {
    PyObject *const both[] = {result, arguments[0]};
    tensor = hold_view(module, both, 2);
    Py_DECREF(result);
  }
  return tensor == NULL && refused() ? Py_NewRef(Py_None) : tensor;
}

PyObject *setup_arrays(PyObject *module, PyObject *arguments) {
  struct state *self = PyModule_GetState(module);
  if (!PyArg_ParseTuple(arguments, "O!OO!O", &PyDict_Type, &self->functions, &self->fit, &PyDict_Type,
                        &self->dtypes, &self->array_slot)) {
    return NULL;
  }
  Py_INCREF(arguments); /* keeps all of them alive */
  self->slot_offset = 0;
  Py_RETURN_NONE;
}
