/* Methods of tensors on NumPy that go to the array in one step. torchffi/_numpy_indexing.py installs them. */
#include "_speedups.h"

/* A method that calls a function of arrays, and the slow path for arguments that it does not admit and if it fails. */
struct method {
  FAST_HEAD
  int result;            /* what is returned: see new_method() */
  int operands;          /* how many tensors of the class are arguments; -1: integers, or a tuple of them;
                            -2: integers, and tuples of them */
  int axes;              /* how many axes the array must have; -1: any number */
  long long least, most; /* the limits of the integers */
};

/* Whether the objects from a place of a tuple on are integers within the limits. */
static int are_integers(const struct method *self, PyObject *tuple, Py_ssize_t from) {
  const Py_ssize_t count = PyTuple_Size(tuple);
  for (Py_ssize_t i = from; i < count; ++i) {
    PyObject *one = PyTuple_GetItem(tuple, i);
    int overflow = 1;
    if (from == 1 && self->operands == -2 && PyTuple_CheckExact(one)) {
      if (!are_integers(self, one, 0)) {
        return 0;
      }
      continue;
    }
    if (!PyLong_CheckExact(one)) {
      return 0;
    }
    const long long value = PyLong_AsLongLongAndOverflow(one, &overflow);
    if (overflow || value < self->least || value > self->most) {
      return 0;
    }
  }
  return 1;
}

/* The arguments with arrays in place of the tensors; NULL, maybe without an exception, for others. */
static PyObject *with_arrays(const struct method *self, PyObject *array, PyObject *arguments) {
  const Py_ssize_t count = PyTuple_Size(arguments);
  PyObject *all, *kind = (PyObject *)Py_TYPE(PyTuple_GetItem(arguments, 0));
  if (self->operands < 0) {
    PyObject *only = count == 2 && self->operands == -1 ? PyTuple_GetItem(arguments, 1) : NULL;
    if (!(only != NULL && PyTuple_CheckExact(only) ? are_integers(self, only, 0)
                                                   : count > 1 && are_integers(self, arguments, 1))) {
      return NULL;
    }
  } else if (count != 1 + self->operands) {
    return NULL;
  }
  if ((all = PyTuple_New(count)) == NULL) {
    return NULL;
  }
  PyTuple_SetItem(all, 0, Py_NewRef(array));
  for (Py_ssize_t i = 1; i < count; ++i) {
    PyObject *one = PyTuple_GetItem(arguments, i);
    PyObject *given = self->operands < 0                 ? Py_NewRef(one)
                      : (PyObject *)Py_TYPE(one) == kind ? get_slot(self->state->array_slot, one, kind)
                                                         : NULL;
    if (given == NULL) {
      Py_CLEAR(all);
      break;
    }
    PyTuple_SetItem(all, i, given);
  }
  return all;
}

/* Calls the function: one that the cache knows by its name, a method of the array with an argument, or as it is. */
static PyObject *call_function(struct method *self, PyObject *all) {
  PyObject *known, *result = NULL, *arguments[8], *function = Py_NewRef(self->function);
  const Py_ssize_t count = PyTuple_Size(all);
  if (PyTuple_CheckExact(function)) {
    result = PyObject_CallMethodObjArgs(PyTuple_GetItem(all, 0), PyTuple_GetItem(function, 0),
                                        PyTuple_GetItem(function, 1), NULL);
  } else if (!PyUnicode_CheckExact(function)) {
    result = PyObject_Call(function, all, NULL);
  } else if ((known = PyDict_GetItemWithError(self->state->functions, function)) != NULL &&
             PyTuple_Size(known) == 1) { /* it is called without a context */
    self->function = Py_NewRef(PyTuple_GetItem(known, 0));
    Py_DECREF(function);
    result = PyObject_Call(self->function, all, NULL);
  } else if (!PyErr_Occurred() && count < 8) {
    arguments[0] = function;
    for (Py_ssize_t i = 0; i < count; ++i) {
      arguments[1 + i] = PyTuple_GetItem(all, i);
    }
    result = compute(self->state, arguments, count + 1);
  }
  Py_DECREF(function);
  return result;
}

static PyObject *call_method(PyObject *object, PyObject *arguments, PyObject *named) {
  struct method *self = (struct method *)object;
  const struct state *state = self->state;
  const Py_ssize_t count = PyTuple_Size(arguments);
  PyObject *tensor = count > 0 && named == NULL ? PyTuple_GetItem(arguments, 0) : NULL;
  PyObject *kind = tensor != NULL ? (PyObject *)Py_TYPE(tensor) : NULL;
  PyObject *array = NULL, *all, *result = NULL;
  if (kind != NULL && PyDict_GetItemWithError(state->array_classes, kind) != NULL) {
    array = get_slot(state->array_slot, tensor, kind);
  }
  if (array != NULL && self->axes >= 0) {
    PyObject *axes = PyObject_GetAttr(array, ndim_name);
    if (axes == NULL || handle_of(axes) != self->axes) {
      Py_CLEAR(array);
    }
    Py_XDECREF(axes);
  }
  if (array != NULL && self->result == 'x' &&
      PyDict_GetItemWithError(state->array_classes, kind) != Py_True) {
    Py_CLEAR(array);
  }
  if (array != NULL) {
    if (self->result == 'g' && count == 2) {
      result = get_elements(state, array, PyTuple_GetItem(arguments, 1));
    } else if (self->result == 's' && count == 3) {
      result = set_elements(state, kind, array, PyTuple_GetItem(arguments, 1), PyTuple_GetItem(arguments, 2));
    } else if (self->result == 'c' && count == 2) {
      PyObject *value = PyTuple_GetItem(arguments, 1);
      result =
          has_fewer_axes(state, array, value) ? set_elements(state, kind, array, Py_Ellipsis, value) : NULL;
    } else if (self->result == 'l' && count == 1) {
      const Py_ssize_t length = PyObject_Size(array);
      result = length < 0 ? NULL : PyLong_FromSsize_t(length);
    } else if ((all = with_arrays(self, array, arguments)) != NULL) {
      result = call_function(self, all);
      Py_DECREF(all);
    }
    if (result != NULL && (self->result == 'v' || self->result == 'w' || self->result == 'g')) {
      const int fits =
          Py_TYPE(result) == Py_TYPE(array) && (self->result != 'w' || share_owner(result, array));
      PyObject *made = fits ? hold(state, kind, result) : NULL;
      Py_DECREF(result);
      result = made;
    } else if (result != NULL && (self->result == 'x' || self->result == 'c')) {
      Py_DECREF(result);
      result = Py_NewRef(tensor);
    }
    Py_DECREF(array);
  }
  if (result == NULL && (!PyErr_Occurred() || refused())) {
    result = PyObject_Call(self->slow_path, arguments, named);
  }
  return result;
}

PyObject *bind_fast(PyObject *self, PyObject *object, PyObject *type) {
  if (object == NULL || object == Py_None) {
    return Py_NewRef(self);
  }
  return PyObject_CallFunctionObjArgs(((struct fast *)self)->state->method_type, self, object, NULL);
}

/* Attributes that it has not itself are those of its slow path. */
PyObject *fast_attribute(PyObject *self, PyObject *name) {
  PyObject *slow_path = ((struct fast *)self)->slow_path;
  if (PyUnicode_CompareWithASCIIString(name, "__wrapped__") == 0) {
    return Py_NewRef(slow_path);
  }
  if (PyUnicode_CompareWithASCIIString(name, "__class__") == 0) {
    return PyObject_GenericGetAttr(self, name);
  }
  return PyObject_GetAttr(slow_path, name);
}

void free_fast(PyObject *object) {
  struct fast *self = (struct fast *)object;
  PyTypeObject *type = Py_TYPE(object);
  Py_XDECREF(self->module);
  Py_XDECREF(self->function);
  Py_XDECREF(self->slow_path);
  ((freefunc)PyType_GetSlot(type, Py_tp_free))(object);
  Py_DECREF(type);
}

/* Method(module, result, function, slow_path, operands, least, most, axes). The function is the name of a primitive, a
   function of arrays, or the name of a method of arrays and its argument in a tuple. The result is, as a letter: an array
   of the same dtype (v) in a tensor of the class, the same if it shares memory (w), what the function returns (r), the
   tensor itself, which the function has overwritten if its dtype is a floating-point one (x), the tensor after the
   assignment to all elements (c), elements by a key (g), none after the assignment of elements (s), or the length (l). */
static PyObject *new_method(PyTypeObject *type, PyObject *arguments, PyObject *named) {
  struct method *self = (struct method *)PyType_GenericAlloc(type, 0);
  if (self != NULL) {
    self->axes = -1;
  }
  if (self != NULL &&
      !PyArg_ParseTuple(arguments, "OCOO|iLLi", &self->module, &self->result, &self->function,
                        &self->slow_path, &self->operands, &self->least, &self->most, &self->axes)) {
    self->module = self->function = self->slow_path = NULL;
    Py_CLEAR(self);
  }
  if (self != NULL) {
    self->state = PyModule_GetState(self->module);
    Py_INCREF(self->module);
    Py_INCREF(self->function);
    Py_INCREF(self->slow_path);
  }
  return (PyObject *)self;
}

static PyType_Slot method_slots[] = {
    {Py_tp_new, new_method},          {Py_tp_call, call_method},  {Py_tp_descr_get, bind_fast},
    {Py_tp_getattro, fast_attribute}, {Py_tp_dealloc, free_fast}, {0, NULL},
};

static PyType_Spec method_spec = {.name = "torchffi._speedups.Method",
                                  .basicsize = sizeof(struct method),
                                  .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_METHOD_DESCRIPTOR,
                                  .slots = method_slots};

PyObject *setup_methods(PyObject *module, PyObject *arguments) {
  struct state *self = PyModule_GetState(module);
  if (!PyArg_ParseTuple(arguments, "O!O!O", &PyDict_Type, &self->array_classes, &PyDict_Type,
                        &self->index_classes, &self->method_type)) {
    return NULL;
  }
  Py_INCREF(arguments); /* keeps all of them alive */
  return PyType_FromModuleAndSpec(module, &method_spec, NULL);
}
