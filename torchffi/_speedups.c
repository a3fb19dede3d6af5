/* torchffi._speedups: the C implementation of torchffi/_core/lifetimes.py and of attempt(), overwrite() and hold() in
   torchffi/_core/tensor_numpy.py, which document the functions, and methods of tensors on NumPy, which
   torchffi/_numpy_indexing.py installs. Their tests run on both. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>

/* ---- Arguments of setup() ---- */

/* The state of the module. torchffi can be imported again, with new classes, while tensors of the old ones are alive.
   Never freed: the callbacks keep the module alive. */
struct state {
  PyObject *owner_type, *data_slot;       /* class Owner, and the descriptor of its slot _data */
  PyObject *finalizer_type, *handle_slot; /* class Finalizer, and the descriptor of its slot handle */
  PyObject *kinds;                        /* dict: dtype code -> tensor class */
  PyObject *callback, *borrowed_callback; /* finalize() and finalize_borrowed() */
  PyObject *frames, *new_frame; /* free list of arrays for handles, and the function that makes one */
  PyObject *functions;  /* dict: primitive of NumPy -> function and first arguments; finds what is missing */
  PyObject *fit;        /* makes an array of a result, of the dtype of a class of tensors */
  PyObject *dtypes;     /* dict: class of tensors -> NumPy's dtype, as far as fit() was called for it */
  PyObject *array_slot; /* the descriptor of the slot _data of tensors on NumPy */
  PyTypeObject *array_type; /* numpy.ndarray; NULL until fit() has returned an array as it was */
  PyObject *array_classes;  /* dict: class of tensors on NumPy -> whether it is of a floating-point dtype */
  PyObject *index_classes;  /* dict: those whose tensors are indices -> whether of integers */
  PyObject *method_type;    /* types.MethodType */
};

static descrgetfunc get_slot;
static descrsetfunc set_slot;
static newfunc new_reference;
static PyObject *array_struct_name, *dtype_name, *base_name, *strides_name, *step_name, *ndim_name,
    *size_name;

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

/* int -> handle; -1, which is never a handle, for other objects and integers above 64 bits. */
static int64_t handle_of(PyObject *number) {
  int overflow;
  return PyLong_AsLongLongAndOverflow(number, &overflow);
}

static void free_handle(int64_t handle, int slow) {
  binding.free(handle, slow);
  binding.drop_lenders();
}

/* The callbacks of a finalizer. A finalizer holds a reference to itself, so that it stays alive without a registry until
   its owner is deallocated, also if both are in a garbage cycle. */
static PyObject *end_of(PyObject *module, PyObject *finalizer, int64_t slow_from) {
  const struct state *self = PyModule_GetState(module);
  PyObject *number = get_slot(self->handle_slot, finalizer, (PyObject *)Py_TYPE(finalizer));
  const int64_t handle = number != NULL ? handle_of(number) : 0;
  Py_XDECREF(number);
  free_handle(handle, handle >= slow_from);
  Py_DECREF(finalizer);
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
  PyObject *owner = NULL, *arguments = NULL, *finalizer = NULL;
  if (!PyType_Check(kind) || !PyType_IsSubtype((PyTypeObject *)kind, (PyTypeObject *)self->owner_type)) {
    PyErr_Format(PyExc_TypeError, "expected a subclass of %R, got %R", self->owner_type, kind);
  } else if ((owner = PyType_GenericAlloc((PyTypeObject *)kind, 0)) != NULL &&
             set_slot(self->data_slot, owner, number) == 0 &&
             (arguments = PyTuple_Pack(2, owner, finalize_by)) != NULL &&
             (finalizer = new_reference((PyTypeObject *)self->finalizer_type, arguments, NULL)) != NULL) {
    set_slot(self->handle_slot, finalizer, number);
    PyObject_GC_UnTrack(owner); /* neither can be part of a cycle */
    PyObject_GC_UnTrack(finalizer);
  }
  Py_XDECREF(arguments);
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

static PyObject *own_number(PyObject *module, PyObject *number, PyObject *kind) {
  const struct state *self = PyModule_GetState(module);
  const int64_t handle = handle_of(number);
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

static PyObject *own(PyObject *module, PyObject *arguments) {
  PyObject *number, *kind;
  return PyArg_ParseTuple(arguments, "OO", &number, &kind) ? own_number(module, number, kind) : NULL;
}

static PyObject *call(PyObject *function, PyObject *const *arguments, Py_ssize_t count) {
  PyObject *result, *tuple = PyTuple_New(count);
  if (tuple == NULL) {
    return NULL;
  }
  for (Py_ssize_t i = 0; i < count; ++i) {
    Py_INCREF(arguments[i]);
    PyTuple_SetItem(tuple, i, arguments[i]);
  }
  result = PyObject_Call(function, tuple, NULL);
  Py_DECREF(tuple);
  return result;
}

static PyObject *make(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  PyObject *number, *owner = NULL;
  if (count < 2) {
    return PyErr_Format(PyExc_TypeError, "make() takes a class, a function and its arguments");
  }
  number = call(arguments[1], arguments + 2, count - 2);
  if (number != NULL && handle_of(number) == 0) {
    owner = Py_NewRef(Py_None);
  } else if (number != NULL) {
    owner = own_number(module, number, arguments[0]);
  }
  Py_XDECREF(number);
  return owner;
}

/* A tuple of an array for handles, its address, and its length; from the free list, for one call at a time. */
static PyObject *take_frame(const struct state *self) {
  const Py_ssize_t count = PyList_Size(self->frames);
  PyObject *frame;
  if (count <= 0) {
    return PyObject_CallNoArgs(self->new_frame);
  }
  frame = Py_NewRef(PyList_GetItem(self->frames, count - 1));
  if (PyList_SetSlice(self->frames, count - 1, count, NULL) < 0) {
    Py_CLEAR(frame);
  }
  return frame;
}

/* A list of new owners of the handles. On failure all are freed. */
static PyObject *own_all(PyObject *module, const int64_t *handles, Py_ssize_t count) {
  PyObject *owners = PyList_New(0);
  for (Py_ssize_t i = 0; i < count; ++i) {
    PyObject *number = NULL, *owner = NULL;
    if (owners == NULL || (number = PyLong_FromLongLong(handles[i])) == NULL) {
      abandon(handles[i]);
    } else if ((owner = own_number(module, number, Py_None)) == NULL || PyList_Append(owners, owner) < 0) {
      Py_CLEAR(owners);
    }
    if (number == NULL) {
      Py_CLEAR(owners);
    }
    Py_XDECREF(number);
    Py_XDECREF(owner);
  }
  return owners;
}

static PyObject *make_several(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  const struct state *self = PyModule_GetState(module);
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
    number = PyObject_Call(arguments[1], tuple, NULL);
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
  if (PyList_Append(self->frames, frame) < 0) {
    PyErr_Clear(); /* it is made again */
  }
  Py_DECREF(frame);
  if (owners != NULL) {
    result = PyObject_CallFunctionObjArgs(arguments[0], owners, NULL);
    Py_DECREF(owners);
  }
  return result;
}

/* ---- Arrays whose memory LibTorch borrows ---- */

static PyObject *borrow(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  const struct state *self = PyModule_GetState(module);
  PyObject *entry, *capsule, *number = NULL, *owner = NULL;
  const void *array;
  int64_t handle = 0;
  if (count != 2) {
    return PyErr_Format(PyExc_TypeError, "borrow() takes an array and a dict, got %zd arguments", count);
  }
  if ((entry = look_up(arguments[1], PyObject_GetAttr(arguments[0], dtype_name))) == NULL ||
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

/* ---- Primitives on NumPy ---- */

/* Calls the function of a primitive with its first arguments and the given ones, which the name precedes. */
static PyObject *compute(const struct state *self, PyObject *const *arguments, Py_ssize_t count) {
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
  if (first >= 0 && (all = PyTuple_New(first + count - 1)) != NULL) {
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

/* Replaces a result by an array of the dtype of a class, unless it is one. */
static int fit(struct state *self, PyObject *kind, PyObject **result) {
  PyObject *dtype, *array;
  if (Py_TYPE(*result) == self->array_type) {
    if ((dtype = PyObject_GetAttr(*result, dtype_name)) == NULL) {
      return -1;
    }
    Py_DECREF(dtype); /* the array keeps it */
    if (dtype == PyDict_GetItemWithError(self->dtypes, kind)) {
      return 0;
    }
  }
  if ((array = PyObject_CallFunctionObjArgs(self->fit, *result, kind, NULL)) == NULL) {
    return -1;
  }
  if (array == *result) {
    self->array_type = Py_TYPE(array);
  }
  Py_DECREF(*result);
  *result = array;
  return 0;
}

/* After a failure: whether the slow path is taken. It is not for a KeyboardInterrupt, which is no Exception. */
static int refused(void) {
  const int known = PyErr_ExceptionMatches(PyExc_Exception);
  if (known) {
    PyErr_Clear();
  }
  return known;
}

/* A tensor of a class over an array. */
static PyObject *hold(const struct state *self, PyObject *kind, PyObject *array) {
  PyObject *tensor = PyType_GenericAlloc((PyTypeObject *)kind, 0);
  if (tensor != NULL && set_slot(self->array_slot, tensor, array) < 0) {
    Py_CLEAR(tensor);
  }
  return tensor;
}

static PyObject *attempt(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
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

static PyObject *overwrite(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
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

/* ---- Methods of tensors on NumPy ---- */

/* A method that calls a function of arrays, and the slow path for arguments that it does not admit and if it fails. */
struct method {
  PyObject_HEAD struct state *state;
  PyObject *module, *function, *slow_path;
  int result;            /* what is returned: see new_method() */
  int operands;          /* how many tensors of the class are arguments; -1: integers, or a tuple of them;
                            -2: integers, and tuples of them */
  int axes;              /* how many axes the array must have; -1: any number */
  long long least, most; /* the limits of the integers */
};

/* Whether it is an array over memory of its own or of another array, which is then put in its place. */
static int find_owner(PyObject **array) {
  PyObject *base = PyObject_GetAttr(*array, base_name);
  int found = 0;
  if (base == Py_None) {
    found = 1;
  } else if (base != NULL && Py_TYPE(base) == Py_TYPE(*array)) {
    PyObject *root = PyObject_GetAttr(base, base_name);
    found = root == Py_None;
    Py_XDECREF(root);
    *array = base; /* the array keeps it */
  }
  Py_XDECREF(base);
  return found;
}

/* Whether two arrays are known not to share memory. */
static int are_apart(PyObject *first, PyObject *second) {
  return find_owner(&first) && find_owner(&second) && first != second;
}

/* Whether they are known to be over the memory of one array. */
static int share_owner(PyObject *first, PyObject *second) {
  return find_owner(&first) && find_owner(&second) && first == second;
}

/* Whether an array is known to have no two elements at one place. */
static int has_own_elements(PyObject *array) {
  PyObject *strides = PyObject_GetAttr(array, strides_name);
  const Py_ssize_t count = strides != NULL ? PyTuple_Size(strides) : -1;
  int found = count >= 0;
  for (Py_ssize_t i = 0; i < count && found; ++i) {
    found = PyLong_AsLongLong(PyTuple_GetItem(strides, i)) != 0;
  }
  Py_XDECREF(strides);
  return found;
}

/* Whether a key gives a view: an integer, a slice with a positive step, None or an ellipsis. */
static int is_basic(PyObject *key) {
  if (PyLong_CheckExact(key) || key == Py_None || key == Py_Ellipsis) {
    return 1;
  }
  if (Py_TYPE(key) == &PySlice_Type) {
    PyObject *step = PyObject_GetAttr(key, step_name);
    const int basic = step == Py_None || (step != NULL && PyLong_CheckExact(step) && handle_of(step) > 0);
    Py_XDECREF(step);
    return basic;
  }
  return 0;
}

/* The key for an array that gives a view also of one element: with an ellipsis. NULL for another key, without an
   exception. */
static PyObject *basic_key(PyObject *key) {
  if (key == Py_Ellipsis || (Py_TYPE(key) == &PySlice_Type && is_basic(key))) {
    return Py_NewRef(key);
  }
  if (!PyTuple_CheckExact(key)) {
    return is_basic(key) ? PyTuple_Pack(2, key, Py_Ellipsis) : NULL;
  }
  const Py_ssize_t count = PyTuple_Size(key);
  int dots = 0;
  for (Py_ssize_t i = 0; i < count; ++i) {
    PyObject *one = PyTuple_GetItem(key, i);
    if (!is_basic(one)) {
      return NULL;
    }
    dots |= one == Py_Ellipsis;
  }
  if (dots) {
    return Py_NewRef(key);
  }
  PyObject *keys = PyTuple_New(count + 1);
  for (Py_ssize_t i = 0; keys != NULL && i <= count; ++i) {
    PyTuple_SetItem(keys, i, Py_NewRef(i < count ? PyTuple_GetItem(key, i) : Py_Ellipsis));
  }
  return keys;
}

enum { MOST_OF_MASK = 1 << 14 }; /* elements: the slow path takes less time for larger masks */

/* The array of a tensor that is an index; NULL for another object, one without axes, and a large mask. */
static PyObject *index_array(const struct state *self, PyObject *key) {
  PyObject *array, *axes, *size, *kind = (PyObject *)Py_TYPE(key);
  PyObject *whole = PyDict_GetItemWithError(self->index_classes, kind);
  if (whole == NULL || (array = get_slot(self->array_slot, key, kind)) == NULL) {
    return NULL;
  }
  axes = PyObject_GetAttr(array, ndim_name);
  size = whole == Py_True ? NULL : PyObject_GetAttr(array, size_name);
  if (axes == NULL || handle_of(axes) == 0 || (size != NULL && handle_of(size) > MOST_OF_MASK)) {
    Py_CLEAR(array);
  }
  Py_XDECREF(axes);
  Py_XDECREF(size);
  return array;
}

static PyObject *get_elements(const struct state *self, PyObject *array, PyObject *key) {
  PyObject *result = NULL, *keys = basic_key(key);
  if (keys == NULL && !PyErr_Occurred()) {
    keys = index_array(self, key);
  }
  if (keys != NULL) {
    result = PyObject_GetItem(array, keys);
    Py_DECREF(keys);
  }
  return result;
}

/* Overwrites elements of the array with a number or the elements of a tensor; returns None. */
static PyObject *set_elements(const struct state *self, PyObject *kind, PyObject *array, PyObject *key,
                              PyObject *value) {
  PyObject *source = NULL, *keys = NULL;
  int status = -1;
  if (!has_own_elements(array)) {
    return NULL;
  }
  if ((PyObject *)Py_TYPE(value) == kind) {
    source = get_slot(self->array_slot, value, kind);
    if (source != NULL && !are_apart(array, source)) {
      Py_CLEAR(source); /* NumPy could read elements that it has already written */
    }
  } else if (PyFloat_CheckExact(value) || PyLong_CheckExact(value)) {
    const double number = PyFloat_AsDouble(value);
    if (PyErr_Occurred()) {
      return NULL;
    }
    /* All floating-point dtypes have these: a cast to infinity would give a warning. */
    if (-6e4 < number && number < 6e4 && PyDict_GetItemWithError(self->array_classes, kind) == Py_True) {
      source = Py_NewRef(value);
    }
  }
  if (source != NULL && (keys = basic_key(key)) == NULL && !PyErr_Occurred() && source != value &&
      (keys = index_array(self, key)) != NULL && !are_apart(array, keys)) {
    Py_CLEAR(keys); /* nor that an index changes while it writes */
  }
  if (keys != NULL) {
    status = PyObject_SetItem(array, keys, source);
  }
  Py_XDECREF(keys);
  Py_XDECREF(source);
  return status == 0 ? Py_NewRef(Py_None) : NULL;
}

/* Whether a tensor of the same class has no more axes than an array. */
static int has_fewer_axes(const struct state *self, PyObject *array, PyObject *value) {
  PyObject *kind = (PyObject *)Py_TYPE(value), *axes = NULL, *most = NULL, *source = NULL;
  int found = 0;
  if (PyDict_GetItemWithError(self->array_classes, kind) != NULL &&
      (source = get_slot(self->array_slot, value, kind)) != NULL &&
      (axes = PyObject_GetAttr(source, ndim_name)) != NULL &&
      (most = PyObject_GetAttr(array, ndim_name)) != NULL) {
    found = handle_of(axes) <= handle_of(most);
  }
  Py_XDECREF(source);
  Py_XDECREF(axes);
  Py_XDECREF(most);
  return found;
}

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

/* Calls the function, which the cache knows by its name, or which is called as it is. */
static PyObject *call_function(struct method *self, PyObject *all) {
  PyObject *known, *result = NULL, *arguments[8], *function = Py_NewRef(self->function);
  const Py_ssize_t count = PyTuple_Size(all);
  if (!PyUnicode_CheckExact(function)) {
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

static PyObject *bind_method(PyObject *self, PyObject *object, PyObject *type) {
  if (object == NULL || object == Py_None) {
    return Py_NewRef(self);
  }
  return PyObject_CallFunctionObjArgs(((struct method *)self)->state->method_type, self, object, NULL);
}

/* Attributes that a method has not itself are those of its slow path. */
static PyObject *method_attribute(PyObject *self, PyObject *name) {
  PyObject *slow_path = ((struct method *)self)->slow_path;
  if (PyUnicode_CompareWithASCIIString(name, "__wrapped__") == 0) {
    return Py_NewRef(slow_path);
  }
  if (PyUnicode_CompareWithASCIIString(name, "__class__") == 0) {
    return PyObject_GenericGetAttr(self, name);
  }
  return PyObject_GetAttr(slow_path, name);
}

static void free_method(PyObject *object) {
  struct method *self = (struct method *)object;
  PyTypeObject *type = Py_TYPE(object);
  Py_XDECREF(self->module);
  Py_XDECREF(self->function);
  Py_XDECREF(self->slow_path);
  ((freefunc)PyType_GetSlot(type, Py_tp_free))(object);
  Py_DECREF(type);
}

/* Method(module, result, function, slow_path, operands, least, most, axes). The result is, as a letter: an array of the
   same dtype (v) in a tensor of the class, the same if it shares memory (w), what the function returns (r), the tensor
   itself, which the function has overwritten if its dtype is a floating-point one (x), the tensor after the assignment to
   all elements (c), elements by a key (g), none after the assignment of elements (s), or the length (l). */
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
    {Py_tp_new, new_method},        {Py_tp_call, call_method},
    {Py_tp_descr_get, bind_method}, {Py_tp_getattro, method_attribute},
    {Py_tp_dealloc, free_method},   {0, NULL},
};

static PyType_Spec method_spec = {.name = "torchffi._speedups.Method",
                                  .basicsize = sizeof(struct method),
                                  .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_METHOD_DESCRIPTOR,
                                  .slots = method_slots};

static PyObject *hold_array(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  if (count != 2 || !PyType_Check(arguments[1])) {
    return PyErr_Format(PyExc_TypeError, "hold() takes an array and a class");
  }
  return hold(PyModule_GetState(module), arguments[1], arguments[0]);
}

/* ---- The module ---- */

/* method_type(...): see new_method(). */
static PyObject *setup_methods(PyObject *module, PyObject *arguments) {
  struct state *self = PyModule_GetState(module);
  if (!PyArg_ParseTuple(arguments, "O!O!O", &PyDict_Type, &self->array_classes, &PyDict_Type,
                        &self->index_classes, &self->method_type)) {
    return NULL;
  }
  Py_INCREF(arguments); /* keeps all of them alive */
  return PyType_FromModuleAndSpec(module, &method_spec, NULL);
}

static PyObject *setup_arrays(PyObject *module, PyObject *arguments) {
  struct state *self = PyModule_GetState(module);
  if (!PyArg_ParseTuple(arguments, "O!OO!O", &PyDict_Type, &self->functions, &self->fit, &PyDict_Type,
                        &self->dtypes, &self->array_slot)) {
    return NULL;
  }
  Py_INCREF(arguments); /* keeps all of them alive */
  self->array_type = NULL;
  Py_RETURN_NONE;
}

static PyObject *setup(PyObject *module, PyObject *arguments) {
  struct state *self = PyModule_GetState(module);
  Py_ssize_t *address = (Py_ssize_t *)&binding;
  if (!PyArg_ParseTuple(arguments, "OOOOO!(nnnnn)O", &self->owner_type, &self->data_slot,
                        &self->finalizer_type, &self->handle_slot, &PyDict_Type, &self->kinds, address,
                        address + 1, address + 2, address + 3, address + 4, &self->new_frame)) {
    return NULL;
  }
  Py_INCREF(arguments); /* keeps all of them alive */
  get_slot = (descrgetfunc)PyType_GetSlot(Py_TYPE(self->data_slot), Py_tp_descr_get);
  set_slot = (descrsetfunc)PyType_GetSlot(Py_TYPE(self->data_slot), Py_tp_descr_set);
  new_reference = (newfunc)PyType_GetSlot((PyTypeObject *)self->finalizer_type, Py_tp_new);
  self->frames = PyList_New(0);
  self->callback = PyCFunction_New(&callbacks[0], module);
  self->borrowed_callback = PyCFunction_New(&callbacks[1], module);
  array_struct_name = PyUnicode_InternFromString("__array_struct__");
  dtype_name = PyUnicode_InternFromString("dtype");
  base_name = PyUnicode_InternFromString("base");
  strides_name = PyUnicode_InternFromString("strides");
  step_name = PyUnicode_InternFromString("step");
  ndim_name = PyUnicode_InternFromString("ndim");
  size_name = PyUnicode_InternFromString("size");
  return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
}

static PyMethodDef functions[] = {
    {"setup", setup, METH_VARARGS,
     "setup(Owner, slot, Finalizer, slot, classes, addresses, new_frame): call it first."},
    {"make", (PyCFunction)(void (*)(void))make, METH_FASTCALL, NULL},
    {"make_several", (PyCFunction)(void (*)(void))make_several, METH_FASTCALL, NULL},
    {"own", own, METH_VARARGS, NULL},
    {"setup_arrays", setup_arrays, METH_VARARGS,
     "setup_arrays(functions, fit, dtypes, slot): call it before attempt() and overwrite()."},
    {"setup_methods", setup_methods, METH_VARARGS,
     "setup_methods(classes, index_classes, MethodType): after setup_arrays(); returns the class of "
     "methods."},
    {"hold", (PyCFunction)(void (*)(void))hold_array, METH_FASTCALL, NULL},
    {"attempt", (PyCFunction)(void (*)(void))attempt, METH_FASTCALL, NULL},
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
