/* torchffi._speedups: the C implementation of torchffi/_core/lifetimes.py, which documents the functions. Those of tensors
   on NumPy are in _speedups_arrays.c and _speedups_methods.c. Their tests run on both. */
#include "_speedups.h"

descrgetfunc get_slot;
descrsetfunc set_slot;
PyObject *dtype_name, *step_name, *shape_name, *ndim_name, *size_name;
static PyObject *array_struct_name;

/* Functions of torchffi._binding, which call through its table. Their addresses are set in this order. */
static struct {
  void (*free)(int64_t handle, int32_t slow);
  int32_t (*dtype)(int64_t tensor);
  int64_t (*borrow_array)(const void *array_struct, int32_t dtype, void *lender);
  void (*drop_lenders)(void);
  int64_t (*borrowed_arrays)(void);
} binding;

/* ---- Lifetimes ---- */

/* Handles from this value on refer to memory that is slow to free: see Handles in rt_torch.h. */
#define SLOW_TO_FREE (INT64_C(1) << 62)

static void free_handle(int64_t handle, int slow) {
  binding.free(handle, slow);
  binding.drop_lenders();
}

/* The callbacks of a finalizer. It holds a reference to itself, so that it stays alive without a registry until its owner is
   deallocated, also if both are in a garbage cycle. */
static PyObject *end_of(PyObject *module, PyObject *finalizer, int64_t slow_from) {
  const struct state *self = PyModule_GetState(module);
  int64_t handle = 0;
  if (Py_TYPE(finalizer) == self->finalizer_type) { /* anyone can find the callback, and call it */
    handle = *handle_in(self, finalizer);
    *handle_in(self, finalizer) = 0;
  }
  if (handle != 0) {
    free_handle(handle, handle >= slow_from);
    Py_DECREF(finalizer);
  }
  Py_RETURN_NONE;
}

static PyObject *finalize(PyObject *module, PyObject *finalizer) {
  return end_of(module, finalizer, SLOW_TO_FREE);
}

/* Borrowed arrays are freed without releasing the GIL. */
static PyObject *finalize_borrowed(PyObject *module, PyObject *finalizer) {
  return end_of(module, finalizer, INT64_MAX);
}

static PyMethodDef callbacks[] = {{"finalize", finalize, METH_O, NULL},
                                  {"finalize_borrowed", finalize_borrowed, METH_O, NULL}};

/* Frees a handle without an owner while an exception is set. Freeing may run another library's deleter, which may be
   Python code and must not see the exception. */
static void abandon(int64_t handle) {
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  free_handle(handle, handle >= SLOW_TO_FREE);
  PyErr_Restore(type, value, traceback);
}

/* A new object of a class that owns the handle. On failure the handle is freed. */
static PyObject *new_owner(const struct state *self, PyObject *kind, PyObject *number, int64_t handle,
                           PyObject *finalize_by) {
  PyObject *owner = NULL, *finalizer = NULL;
  if (!PyType_Check(kind) || !PyType_IsSubtype((PyTypeObject *)kind, self->owner_type)) {
    PyErr_Format(PyExc_TypeError, "expected a subclass of %R, got %R", self->owner_type, kind);
  } else if ((owner = PyType_GenericAlloc((PyTypeObject *)kind, 0)) != NULL) {
    ((struct owner *)owner)->data = Py_NewRef(number);
    finalizer = new_finalizer(self, owner, handle, finalize_by);
    if (PyType_HasFeature((PyTypeObject *)kind, Py_TPFLAGS_HAVE_GC)) { /* it has other slots */
      PyObject_GC_UnTrack(owner);
    }
  }
  if (finalizer == NULL) {
    Py_CLEAR(owner);
    abandon(handle);
  }
  return owner;
}

/* dict[key] as a borrowed reference; NULL with an exception set. Steals the reference to the key, which may be NULL. */
static PyObject *look_up(PyObject *dict, PyObject *key) {
  PyObject *value = key != NULL ? PyDict_GetItemWithError(dict, key) : NULL;
  if (value == NULL && !PyErr_Occurred()) {
    PyErr_SetObject(PyExc_KeyError, key);
  }
  Py_XDECREF(key);
  return value;
}

/* As own_result(), for a handle that is not 0. */
static PyObject *own_handle(PyObject *module, PyObject *number, int64_t handle, PyObject *kind) {
  const struct state *self = PyModule_GetState(module);
  if (handle <= 0) {
    PyErr_Clear();
    return PyErr_Format(PyExc_ValueError, "expected a handle, got %R", number);
  }
  if (kind == Py_None && (kind = look_up(self->kinds, PyLong_FromLong(binding.dtype(handle)))) == NULL) {
    abandon(handle);
    return NULL;
  }
  return new_owner(self, kind, number, handle, self->callback);
}

PyObject *own_result(PyObject *module, PyObject *number, PyObject *kind) {
  const int64_t handle = handle_of(number);
  return handle != 0 ? own_handle(module, number, handle, kind) : NULL;
}

static PyObject *own(PyObject *module, PyObject *arguments) {
  PyObject *number, *kind;
  return PyArg_ParseTuple(arguments, "OO", &number, &kind)
             ? own_handle(module, number, handle_of(number), kind)
             : NULL;
}

/* CFFI's functions in C take their only argument as it is, and several in a tuple. */
int takes(PyObject *function, int flags) {
  return PyCFunction_Check(function) && PyCFunction_GetFlags(function) == flags;
}

static PyObject *call_with_tuple(PyObject *function, PyObject *tuple) {
  return takes(function, METH_VARARGS)
             ? PyCFunction_GetFunction(function)(PyCFunction_GetSelf(function), tuple)
             : PyObject_Call(function, tuple, NULL);
}

PyObject *call_binding(PyObject *function, PyObject *const *arguments, Py_ssize_t count) {
  PyObject *result, *tuple;
  if (count == 1 && takes(function, METH_O)) {
    return PyCFunction_GetFunction(function)(PyCFunction_GetSelf(function), arguments[0]);
  }
  if ((tuple = PyTuple_New(count)) == NULL) {
    return NULL;
  }
  for (Py_ssize_t i = 0; i < count; ++i) {
    PyTuple_SetItem(tuple, i, Py_NewRef(arguments[i]));
  }
  result = call_with_tuple(function, tuple);
  Py_DECREF(tuple);
  return result;
}

static PyObject *make(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  PyObject *number, *owner;
  if (count < 2) {
    return PyErr_Format(PyExc_TypeError, "make() takes a class, a function and its arguments");
  }
  if ((number = call_binding(arguments[1], arguments + 2, count - 2)) == NULL) {
    return NULL;
  }
  owner = own_result(module, number, arguments[0]);
  Py_DECREF(number);
  return owner != NULL || PyErr_Occurred() ? owner : Py_NewRef(Py_None);
}

PyObject *take_frame(struct state *self) {
  PyObject *frame = self->spare_frame;
  self->spare_frame = NULL;
  return frame != NULL ? frame : PyObject_CallNoArgs(self->new_frame);
}

void give_frame(struct state *self, PyObject *frame) {
  PyObject *other = self->spare_frame;
  self->spare_frame = frame;
  Py_XDECREF(other);
}

/* A list of new owners of the handles, None for 0. On failure all are freed. */
static PyObject *own_all(PyObject *module, const int64_t *handles, Py_ssize_t count) {
  PyObject *owners = PyList_New(0);
  for (Py_ssize_t i = 0; i < count; ++i) {
    PyObject *number = NULL, *owner = NULL;
    if (handles[i] == 0) {
      owner = Py_NewRef(Py_None);
    } else if (owners == NULL || (number = PyLong_FromLongLong(handles[i])) == NULL) {
      abandon(handles[i]);
    } else {
      owner = own_handle(module, number, handles[i], Py_None);
    }
    if (owners != NULL && (owner == NULL || PyList_Append(owners, owner) < 0)) {
      Py_CLEAR(owners);
    }
    Py_XDECREF(number);
    Py_XDECREF(owner);
  }
  return owners;
}

static PyObject *make_several(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  struct state *self = PyModule_GetState(module);
  PyObject *frame, *tuple, *number = NULL, *owners = NULL, *result = NULL;
  if (count < 2) {
    return PyErr_Format(PyExc_TypeError,
                        "make_several() takes two functions and the arguments of the second");
  }
  if ((frame = take_frame(self)) == NULL) {
    return NULL;
  }
  if ((tuple = PyTuple_New(count)) != NULL) {
    for (Py_ssize_t i = 2; i < count; ++i) {
      PyTuple_SetItem(tuple, i - 2, Py_NewRef(arguments[i]));
    }
    PyTuple_SetItem(tuple, count - 2, Py_NewRef(PyTuple_GetItem(frame, 0)));
    PyTuple_SetItem(tuple, count - 1, Py_NewRef(PyTuple_GetItem(frame, 2)));
    number = call_with_tuple(arguments[1], tuple);
    Py_DECREF(tuple);
  }
  if (number != NULL) {
    const int64_t made = handle_of(number);
    if (made < 0) {
      result = Py_NewRef(Py_None);
    } else {
      owners = own_all(module, PyLong_AsVoidPtr(PyTuple_GetItem(frame, 1)), (Py_ssize_t)made);
    }
    Py_DECREF(number);
  }
  give_frame(self, frame);
  if (owners != NULL) {
    result = PyObject_CallFunctionObjArgs(arguments[0], owners, NULL);
    Py_DECREF(owners);
  }
  return result;
}

/* ---- Arrays whose memory LibTorch borrows ---- */

PyObject *borrow(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  const struct state *self = PyModule_GetState(module);
  PyObject *entry, *capsule, *number = NULL, *owner = NULL;
  const void *array;
  int64_t handle = 0;
  if (count != 2) {
    return PyErr_Format(PyExc_TypeError, "borrow() takes an array and a dict, got %zd arguments", count);
  }
  if ((entry = look_up(arguments[1], attribute_of(arguments[0], DTYPE))) == NULL ||
      (capsule = PyObject_GetAttr(arguments[0], array_struct_name)) == NULL) {
    return NULL;
  }
  if ((array = PyCapsule_GetPointer(capsule, NULL)) != NULL) {
    Py_INCREF(arguments[0]);
    handle = binding.borrow_array(array, (int32_t)PyLong_AsLong(PyTuple_GetItem(entry, 1)), arguments[0]);
    if (handle <= 0) {
      Py_DECREF(arguments[0]);
    } else if ((number = PyLong_FromLongLong(handle)) != NULL) {
      owner = new_owner(self, PyTuple_GetItem(entry, 0), number, handle, self->borrowed_callback);
      Py_DECREF(number);
    } else {
      abandon(handle);
    }
  }
  Py_DECREF(capsule);
  return owner != NULL || PyErr_Occurred() ? owner : Py_NewRef(Py_None);
}

static PyObject *borrowed_arrays(PyObject *module, PyObject *unused) {
  binding.drop_lenders();
  return PyLong_FromLongLong(binding.borrowed_arrays());
}

/* ---- The module ---- */

static PyObject *setup(PyObject *module, PyObject *arguments) {
  struct state *self = PyModule_GetState(module);
  Py_ssize_t *address = (Py_ssize_t *)&binding;
  PyObject *reference_type;
  if (!PyArg_ParseTuple(arguments, "OOO!(nnnnn)O", &reference_type, &self->method_type, &PyDict_Type,
                        &self->kinds, address, address + 1, address + 2, address + 3, address + 4,
                        &self->new_frame) ||
      setup_owners(self, (PyTypeObject *)reference_type) < 0) {
    return NULL;
  }
  Py_INCREF(arguments); /* keeps all of them alive */
  self->callback = PyCFunction_New(&callbacks[0], module);
  self->borrowed_callback = PyCFunction_New(&callbacks[1], module);
  array_struct_name = PyUnicode_InternFromString("__array_struct__");
  dtype_name = PyUnicode_InternFromString("dtype");
  step_name = PyUnicode_InternFromString("step");
  shape_name = PyUnicode_InternFromString("shape");
  ndim_name = PyUnicode_InternFromString("ndim");
  size_name = PyUnicode_InternFromString("size");
  return PyErr_Occurred() || setup_attributes() < 0 ? NULL : Py_NewRef((PyObject *)self->owner_type);
}

static PyMethodDef functions[] = {
    {"setup", setup, METH_VARARGS,
     "setup(weakref.ref, MethodType, classes, addresses, new_frame): call it first; returns Owner."},
    {"make", (PyCFunction)(void (*)(void))make, METH_FASTCALL, NULL},
    {"make_several", (PyCFunction)(void (*)(void))make_several, METH_FASTCALL, NULL},
    {"own", own, METH_VARARGS, NULL},
    {"setup_arrays", setup_arrays, METH_VARARGS,
     "setup_arrays(functions, fit, dtypes, slot): call it before attempt() and overwrite()."},
    {"setup_methods", setup_methods, METH_VARARGS,
     "setup_methods(classes, index_classes): after setup_arrays(); returns the classes of methods and of "
     "properties."},
    {"setup_queries", setup_queries, METH_VARARGS,
     "setup_queries(address of is_cuda): after setup(); returns the classes of methods and of "
     "properties."},
    {"setup_functions", setup_functions, METH_NOARGS,
     "setup_functions(): returns the class of functions that ask one of the binding."},
    {"setup_operations", setup_operations, METH_O,
     "setup_operations(scalars): after setup(); returns the class of operations by their tables."},
    {"setup_sharing", setup_sharing, METH_NOARGS, "setup_sharing(): returns the class of functions."},
    {"hold", (PyCFunction)(void (*)(void))hold_array, METH_FASTCALL, NULL},
    {"hold_view", (PyCFunction)(void (*)(void))hold_view, METH_FASTCALL, NULL},
    {"attempt", (PyCFunction)(void (*)(void))attempt, METH_FASTCALL, NULL},
    {"attempt_any", (PyCFunction)(void (*)(void))attempt_any, METH_FASTCALL, NULL},
    {"attempt_typed", (PyCFunction)(void (*)(void))attempt_typed, METH_FASTCALL, NULL},
    {"attempt_along", (PyCFunction)(void (*)(void))attempt_along, METH_FASTCALL, NULL},
    {"overwrite", (PyCFunction)(void (*)(void))overwrite, METH_FASTCALL, NULL},
    {"borrow", (PyCFunction)(void (*)(void))borrow, METH_FASTCALL, NULL},
    {"borrowed_arrays", borrowed_arrays, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "torchffi._speedups",
                                        .m_size = sizeof(struct state), .m_methods = functions};

PyMODINIT_FUNC PyInit__speedups(void) {
  return PyModuleDef_Init(&definition);
}
