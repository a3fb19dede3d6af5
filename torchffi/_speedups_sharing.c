/* Functions that make a tensor over the memory of an array, or of values. torchffi/_array/conversion.py has them. */
#include "_speedups.h"

/* A function of one argument, and the slow path for everything else. Its function returns the chosen backend, or None. */
struct sharing {
  FAST_HEAD
  PyObject *arrays;                /* the set of the types of arrays */
  PyTypeObject *array_type;        /* the last one that was found there */
  PyObject *backends;              /* the dict of the module with the default backend */
  PyObject *dtype, *kind;          /* the last ones of an array on NumPy */
  PyObject *numpy, *numpy_classes; /* the backend, and the dict for hold_view() */
  PyObject *ffi, *ffi_classes;     /* the same for borrow() */
  PyObject *values;                /* the set of the types of values; with it, arrays must be writable */
  PyObject *of_values;             /* makes a tensor on NumPy of them, or returns None */
  PyObject *all;                   /* the tuple that keeps them alive */
};

static PyObject *default_name;

/* A tensor on NumPy over an array. */
static PyObject *made_of_array(struct sharing *self, PyObject *array) {
  PyObject *view, *result = NULL, *dtype = attribute_of(array, DTYPE);
  Py_XDECREF(dtype); /* the array keeps it */
  if (dtype != NULL && dtype == self->dtype) {
    if ((view = PyObject_GetItem(array, Py_Ellipsis)) != NULL) {
      result = hold(self->state, self->kind, view);
      Py_DECREF(view);
    }
  } else if (dtype != NULL) {
    PyObject *const arguments[] = {array, self->numpy_classes};
    if ((result = hold_view(self->module, arguments, 2)) != NULL) {
      Py_XDECREF(self->dtype);
      self->dtype = Py_NewRef(dtype);
      self->kind = (PyObject *)Py_TYPE(result); /* the dict keeps it */
    }
  }
  return result;
}

/* The tensor; NULL, maybe without an exception, or None for what the slow path does. */
static PyObject *made_of(struct sharing *self, PyObject *object) {
  PyObject *type = (PyObject *)Py_TYPE(object), *result = NULL, *backend;
  const int is_array = Py_TYPE(object) == self->array_type || PySet_Contains(self->arrays, type) == 1;
  const int is_value = !is_array && PySet_Contains(self->values, type) == 1;
  if ((!is_array && !is_value) || (backend = PyObject_CallNoArgs(self->function)) == NULL) {
    return NULL;
  }
  if (is_array) {
    self->array_type = Py_TYPE(object);
    know_arrays(self->array_type);
  }
  if (backend == Py_None) {
    Py_DECREF(backend);
    backend = Py_XNewRef(PyDict_GetItemWithError(self->backends, default_name));
  }
  if (backend == self->numpy && is_value) {
    result = PyObject_CallFunctionObjArgs(self->of_values, object, NULL);
  } else if (backend == self->numpy) {
    result =
        PySet_Size(self->values) == 0 || has_flag(object, WRITABLE) == 1 ? made_of_array(self, object) : NULL;
  } else if (backend == self->ffi && is_array) {
    PyObject *const arguments[] = {object, self->ffi_classes};
    result = borrow(self->module, arguments, 2); /* None for a read-only array */
  }
  Py_XDECREF(backend);
  return result;
}

static PyObject *call_sharing(PyObject *object, PyObject *const *arguments, size_t flags, PyObject *names) {
  const Py_ssize_t count = (Py_ssize_t)(flags & ~ARGUMENTS_OFFSET);
  PyObject *result = NULL;
  if (count == 1 && names == NULL) {
    result = made_of((struct sharing *)object, arguments[0]);
  }
  if (result == Py_None) {
    Py_CLEAR(result);
  }
  if (result == NULL && (!PyErr_Occurred() || refused())) {
    result = call_slow_path(object, arguments, count, names);
  }
  return result;
}

static void free_sharing(PyObject *object) {
  Py_CLEAR(((struct sharing *)object)->all);
  Py_CLEAR(((struct sharing *)object)->dtype);
  free_fast(object);
}

/* Sharing(module, chosen, (types of arrays, backends, NumPy, classes, FFI, classes, types of values, of_values),
   slow_path). */
static PyObject *new_sharing(PyTypeObject *type, PyObject *arguments, PyObject *named) {
  struct sharing *self = (struct sharing *)PyType_GenericAlloc(type, 0);
  if (self != NULL &&
      !(PyArg_ParseTuple(arguments, "OOO!O", &self->module, &self->function, &PyTuple_Type, &self->all,
                         &self->slow_path) &&
        PyArg_ParseTuple(self->all, "OO!OO!OO!OO", &self->arrays, &PyDict_Type, &self->backends, &self->numpy,
                         &PyDict_Type, &self->numpy_classes, &self->ffi, &PyDict_Type, &self->ffi_classes,
                         &self->values, &self->of_values))) {
    self->module = self->function = self->slow_path = self->all = NULL;
    Py_CLEAR(self);
  }
  if (self != NULL) {
    self->call = call_sharing;
    self->state = PyModule_GetState(self->module);
    Py_INCREF(self->module);
    Py_INCREF(self->function);
    Py_INCREF(self->slow_path);
    Py_INCREF(self->all);
  }
  return (PyObject *)self;
}

PyObject *setup_sharing(PyObject *module, PyObject *unused) {
  default_name = PyUnicode_InternFromString("default");
  return PyErr_Occurred() ? NULL
                          : class_of_functions(module, "torchffi._speedups.Sharing", sizeof(struct sharing),
                                               new_sharing, free_sharing);
}
