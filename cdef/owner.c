/* What torchffi._binding does with Python objects: Holder, which is a tensor of NumPy; Owner, which is one of LibTorch
   and frees its handle when it goes; and NumPy's memory that LibTorch borrows. It stands after binding.c; a call
   goes through the table. */
#include <structmember.h>

/* ---- Memory that LibTorch borrows ---- */

/* Who keeps it alive. LibTorch gives it back on any thread, also after Python has ended, so it waits in a queue
   for a thread that may touch Python objects. */
struct rt_loan {
  struct rt_loan *next;
  PyObject *lender;
};

static struct rt_loan *_Atomic rt_returned;
static _Atomic int64_t rt_lent;

static void rt_give_back(void *context) {
  struct rt_loan *loan = context;
  loan->next = atomic_load_explicit(&rt_returned, memory_order_relaxed);
  while (!atomic_compare_exchange_weak_explicit(&rt_returned, &loan->next, loan, memory_order_release,
                                                memory_order_relaxed)) {
  }
}

/* The queue is only ever taken whole, so that no loan can come back under a compare-exchange. */
static void rt_drop_returned(void) {
  struct rt_loan *loan;
  if (atomic_load_explicit(&rt_returned, memory_order_relaxed) == NULL) {
    return;
  }
  loan = atomic_exchange_explicit(&rt_returned, NULL, memory_order_acquire);
  while (loan != NULL) {
    struct rt_loan *next = loan->next;
    atomic_fetch_sub_explicit(&rt_lent, 1, memory_order_relaxed);
    Py_DECREF(loan->lender);
    PyMem_Free(loan);
    loan = next;
  }
}

/* ---- Objects of the two kinds below, and of their subclasses ---- */

/* NULL with an exception where kind is no subclass of a type. */
static PyObject *rt_new(PyObject *kind, PyTypeObject *type) {
  if (PyType_Check(kind) && PyType_IsSubtype((PyTypeObject *)kind, type)) {
    return PyType_GenericAlloc((PyTypeObject *)kind, 0);
  }
  PyErr_Format(PyExc_TypeError, "expected a subclass of %R, got %R", type, kind);
  return NULL;
}

static void rt_delete(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
  Py_DECREF(type);
}

/* ---- Holder: a tensor of NumPy ---- */

struct rt_holder {
  PyObject_HEAD;
  PyObject *data;
  PyObject *weakrefs;
};

static PyTypeObject *rt_holder_type;

static void rt_holder_dealloc(PyObject *self) {
  struct rt_holder *holder = (struct rt_holder *)self;
  if (holder->weakrefs != NULL) {
    PyObject_ClearWeakRefs(self);
  }
  Py_XDECREF(holder->data);
  rt_delete(self);
}

static PyMemberDef rt_holder_members[] = {
    {"_data", T_OBJECT_EX, offsetof(struct rt_holder, data), 0, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(struct rt_holder, weakrefs), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot rt_holder_slots[] = {
    {Py_tp_doc, "Holds the data of a tensor. Made by hold()."},
    {Py_tp_dealloc, rt_holder_dealloc},
    {Py_tp_members, rt_holder_members},
    {0, NULL},
};

static PyType_Spec rt_holder_spec = {
    .name = "torchffi._binding.Holder",
    .basicsize = sizeof(struct rt_holder),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = rt_holder_slots,
};

/* ---- Owner: a tensor of LibTorch ---- */

/* From here on a handle stands for much memory, or for memory that somebody lent: see Handles in rt_torch.h. To free
   it may take its time, so other threads get the interpreter meanwhile. */
#define RT_SLOW_TO_FREE (INT64_C(1) << 62)

struct rt_owner {
  PyObject_HEAD;
  PyObject *handle; /* an int; it stays when it was freed, for then it is BAD_HANDLE for ever */
  PyObject *seen;   /* of the data: its shape, or an array over it, which has an owner of its own */
  PyObject *weakrefs;
  atomic_bool freed;
  char ours; /* the memory is what rt_borrow() was given: quickly given back */
};

static PyTypeObject *rt_owner_type;
static atomic_bool rt_ended;

/* The handle that an int is; -1, which none is, for what is no int of 64 bits. This is the quicker one of Python's
   conversions where a number is large. */
static int64_t rt_handle(PyObject *number) {
  int overflow;
  return PyLong_AsLongLongAndOverflow(number, &overflow);
}

static void rt_free(int64_t handle, int ours) {
  if (atomic_load_explicit(&rt_ended, memory_order_relaxed)) {
    return;
  }
  if (handle < RT_SLOW_TO_FREE || ours) {
    rt_torch_tensor_free(handle);
  } else {
    /* The memory may be another library's, whose deleter may be Python: no exception must be under way. */
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    Py_BEGIN_ALLOW_THREADS;
    rt_torch_tensor_free(handle);
    Py_END_ALLOW_THREADS;
    PyErr_Restore(type, value, traceback);
  }
  rt_drop_returned();
}

static PyObject *rt_owner_release(PyObject *self, PyObject *unused) {
  struct rt_owner *owner = (struct rt_owner *)self;
  (void)unused;
  if (owner->handle == NULL || atomic_exchange(&owner->freed, 1)) {
    Py_RETURN_FALSE;
  }
  rt_free(rt_handle(owner->handle), owner->ours);
  Py_CLEAR(owner->seen);
  Py_RETURN_TRUE;
}

static void rt_owner_dealloc(PyObject *self) {
  struct rt_owner *owner = (struct rt_owner *)self;
  if (owner->weakrefs != NULL) { /* first, for other threads may run while the handle is freed */
    PyObject_ClearWeakRefs(self);
  }
  if (owner->handle != NULL) {
    if (!owner->freed) {
      rt_free(rt_handle(owner->handle), owner->ours);
    }
    Py_DECREF(owner->handle);
  }
  Py_XDECREF(owner->seen);
  rt_delete(self);
}

static PyMemberDef rt_owner_members[] = {
    {"_data", T_OBJECT_EX, offsetof(struct rt_owner, handle), READONLY, NULL},
    {"_seen", T_OBJECT_EX, offsetof(struct rt_owner, seen), 0, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(struct rt_owner, weakrefs), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyMethodDef rt_owner_methods[] = {
    {"_release", rt_owner_release, METH_NOARGS, "Frees the handle now. False if that was done before."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot rt_owner_slots[] = {
    {Py_tp_doc, "Owns a handle, which is freed when the owner goes. Made by own() and borrow()."},
    {Py_tp_dealloc, rt_owner_dealloc},
    {Py_tp_members, rt_owner_members},
    {Py_tp_methods, rt_owner_methods},
    {0, NULL},
};

static PyType_Spec rt_owner_spec = {
    .name = "torchffi._binding.Owner",
    .basicsize = sizeof(struct rt_owner),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .slots = rt_owner_slots,
};

/* Takes the handle over, also where it fails. `number` is the handle as Python's int, or NULL. */
static struct rt_owner *rt_new_owner(int64_t handle, PyObject *number, PyObject *kind) {
  struct rt_owner *owner = (struct rt_owner *)rt_new(kind, rt_owner_type);
  if (owner != NULL) {
    Py_XINCREF(number);
    owner->handle = number != NULL ? number : PyLong_FromLongLong(handle);
  }
  if (owner == NULL || owner->handle == NULL) {
    Py_CLEAR(owner);
    rt_free(handle, 0);
  }
  return owner;
}

/* ---- The functions of the module ---- */

static int rt_expect(const char *function, Py_ssize_t expected, Py_ssize_t given) {
  if (given == expected) {
    return 1;
  }
  PyErr_Format(PyExc_TypeError, "%s() takes %zd arguments, got %zd", function, expected, given);
  return 0;
}

static PyObject *rt_hold(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  struct rt_holder *holder;
  (void)module;
  if (!rt_expect("hold", 2, count)) {
    return NULL;
  }
  holder = (struct rt_holder *)rt_new(arguments[1], rt_holder_type);
  if (holder != NULL) {
    Py_INCREF(arguments[0]);
    holder->data = arguments[0];
  }
  return (PyObject *)holder;
}

static PyObject *rt_own(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  int64_t handle;
  (void)module;
  if (!rt_expect("own", 2, count)) {
    return NULL;
  }
  handle = rt_handle(arguments[0]);
  if (handle <= 0) {
    PyErr_Clear();
    PyErr_Format(PyExc_ValueError, "expected a handle, got %R", arguments[0]);
    return NULL;
  }
  return (PyObject *)rt_new_owner(handle, arguments[0], arguments[1]);
}

/* What an array's __array_struct__ holds: NumPy's array interface. */
struct rt_array {
  int two, ndim;
  char kind;
  int itemsize, flags;
  Py_ssize_t *dims, *strides; /* in bytes */
  void *data;
};
_Static_assert(sizeof(Py_ssize_t) == sizeof(int64_t), "dims are handed on as they are");

static PyObject *rt_array_struct, *rt_dtype; /* names of attributes */

enum { RT_CONTIGUOUS = 0x1, RT_ALIGNED = 0x100, RT_NATIVE = 0x200, RT_WRITEABLE = 0x400 };

static const char *rt_unusable(const struct rt_array *array) {
  if (array->two != 2 || array->ndim < 0 || array->ndim > RT_TORCH_MAX_NDIM || array->itemsize <= 0) {
    return "it does not describe itself as arrays do";
  }
  if (!(array->flags & RT_WRITEABLE)) {
    return "it is read-only";
  }
  if (!(array->flags & RT_ALIGNED)) {
    return "its elements are not aligned";
  }
  if (!(array->flags & RT_NATIVE)) {
    return "it is not in the machine's byte order";
  }
  for (int axis = 0; axis < array->ndim && !(array->flags & RT_CONTIGUOUS); ++axis) {
    if (array->dims[axis] > 1 && array->strides[axis] < 0) {
      return "it has a negative stride";
    }
    if (array->dims[axis] > 1 && array->strides[axis] % array->itemsize != 0) {
      return "it has a stride that is no multiple of the element's size";
    }
  }
  return NULL;
}

/* The handle; 0 where LibTorch refuses, and then the lender is not kept. */
static int64_t rt_lend(const struct rt_array *array, int32_t dtype, struct rt_loan *loan) {
  int64_t strides[RT_TORCH_MAX_NDIM];
  uint64_t nbytes = (uint64_t)array->itemsize; /* wraps for dims that no memory has; the shim refuses them */
  int empty = 0;
  int64_t handle;
  for (int axis = 0; axis < array->ndim; ++axis) {
    const int64_t n = array->dims[axis];
    empty |= n == 0;
    nbytes += ((uint64_t)n - 1) * (uint64_t)array->strides[axis];
    strides[axis] =
        array->strides[axis] < 0 ? 1 : array->strides[axis] / array->itemsize; /* < 0: of one element */
  }
  Py_INCREF(loan->lender);
  handle = rt_torch_tensor_from_blob(array->data, empty ? 0 : (int64_t)nbytes, (const int64_t *)array->dims,
                                     array->flags & RT_CONTIGUOUS && !empty ? NULL : strides, array->ndim,
                                     dtype, rt_give_back, loan);
  if (handle == 0) {
    Py_DECREF(loan->lender);
  } else {
    atomic_fetch_add_explicit(&rt_lent, 1, memory_order_relaxed);
  }
  return handle;
}

static PyObject *rt_borrow_from(PyObject *lender, const struct rt_array *array, PyObject *kind,
                                int32_t dtype) {
  struct rt_owner *owner;
  struct rt_loan *loan;
  int64_t handle;
  const char *reason = rt_unusable(array);
  if (reason != NULL) {
    PyErr_SetString(PyExc_BufferError, reason);
    return NULL;
  }
  loan = PyMem_Malloc(sizeof *loan);
  if (loan == NULL) {
    return PyErr_NoMemory();
  }
  loan->lender = lender;
  handle = rt_lend(array, dtype, loan);
  if (handle == 0) {
    PyMem_Free(loan);
    Py_RETURN_NONE;
  }
  owner = rt_new_owner(handle, NULL, kind);
  if (owner != NULL) {
    owner->ours = 1;
  }
  return (PyObject *)owner;
}

/* What stands in `kinds` for the array's dtype: a tuple of two. NULL with an exception if nothing does. */
static PyObject *rt_kind_of(PyObject *array, PyObject *kinds) {
  PyObject *entry = NULL;
  PyObject *dtype = PyObject_GetAttr(array, rt_dtype);
  if (dtype == NULL) {
    return NULL;
  }
  if (!PyDict_Check(kinds)) {
    PyErr_Format(PyExc_TypeError, "expected a dict of kinds, got %R", kinds);
  } else if ((entry = PyDict_GetItemWithError(kinds, dtype)) == NULL) {
    if (!PyErr_Occurred()) {
      PyErr_SetObject(PyExc_KeyError, dtype);
    }
  } else if (!PyTuple_Check(entry) || PyTuple_Size(entry) != 2) {
    PyErr_Format(PyExc_TypeError, "expected a kind and a dtype's code, got %R", entry);
    entry = NULL;
  }
  Py_XINCREF(entry);
  Py_DECREF(dtype);
  return entry;
}

static PyObject *rt_borrow(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
  PyObject *kind, *capsule;
  PyObject *owner = NULL;
  const struct rt_array *array;
  long dtype;
  (void)module;
  if (!rt_expect("borrow", 2, count) || (kind = rt_kind_of(arguments[0], arguments[1])) == NULL) {
    return NULL;
  }
  dtype = PyLong_AsLong(PyTuple_GetItem(kind, 1));
  if (dtype == -1 && PyErr_Occurred()) {
    Py_DECREF(kind);
    return NULL;
  }
  capsule = PyObject_GetAttr(arguments[0], rt_array_struct);
  array = capsule != NULL ? PyCapsule_GetPointer(capsule, NULL) : NULL;
  if (array != NULL) {
    owner = rt_borrow_from(arguments[0], array, PyTuple_GetItem(kind, 0), (int32_t)dtype);
  }
  Py_XDECREF(capsule);
  Py_DECREF(kind);
  return owner;
}

static PyObject *rt_lent_arrays(PyObject *module, PyObject *unused) {
  (void)module;
  (void)unused;
  rt_drop_returned();
  return PyLong_FromLongLong(atomic_load(&rt_lent));
}

static PyObject *rt_end(PyObject *module, PyObject *unused) {
  (void)module;
  (void)unused;
  atomic_store(&rt_ended, 1);
  Py_RETURN_NONE;
}

static PyMethodDef rt_module_functions[] = {
    {"hold", (PyCFunction)(void (*)(void))rt_hold, METH_FASTCALL,
     "hold(data, kind)\n--\n\nA kind of Holder that holds the data."},
    {"own", (PyCFunction)(void (*)(void))rt_own, METH_FASTCALL,
     "own(handle, kind)\n--\n\nA kind of Owner that owns the handle, which is freed if that fails."},
    {"borrow", (PyCFunction)(void (*)(void))rt_borrow, METH_FASTCALL,
     "borrow(array, kinds)\n--\n\n"
     "An Owner of a handle over the array's memory; kinds[array.dtype] is its kind and the dtype's code.\n"
     "None where LibTorch refuses; KeyError for another dtype; BufferError for memory that it cannot use."},
    {"lent", rt_lent_arrays, METH_NOARGS, "lent()\n--\n\nHow many arrays LibTorch borrows now."},
    {"end", rt_end, METH_NOARGS,
     "end()\n--\n\nFrom now on nothing is freed: the process ends, and threads may still compute."},
    {NULL, NULL, 0, NULL},
};

/* cffi's initialization, which stands below under this other name, and then ours. */
PyMODINIT_FUNC rt_cffi_init(void);

PyMODINIT_FUNC PyInit__binding(void) {
  PyObject *module = rt_cffi_init();
  if (module == NULL) {
    return NULL;
  }
  rt_array_struct = PyUnicode_InternFromString("__array_struct__");
  rt_dtype = PyUnicode_InternFromString("dtype");
  rt_holder_type = (PyTypeObject *)PyType_FromSpec(&rt_holder_spec);
  rt_owner_type = (PyTypeObject *)PyType_FromSpec(&rt_owner_spec);
  if (rt_array_struct == NULL || rt_dtype == NULL || rt_holder_type == NULL || rt_owner_type == NULL ||
      PyModule_AddFunctions(module, rt_module_functions) < 0 ||
      PyModule_AddObjectRef(module, "Holder", (PyObject *)rt_holder_type) < 0 ||
      PyModule_AddObjectRef(module, "Owner", (PyObject *)rt_owner_type) < 0) {
    Py_DECREF(module);
    return NULL;
  }
  return module;
}
#define PyInit__binding rt_cffi_init
