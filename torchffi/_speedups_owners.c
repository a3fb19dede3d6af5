/* The classes of owners and of finalizers: see torchffi/_core/lifetimes.py, which defines them in Python too. These owners are
   in no list of the garbage collector, and what they own is found without a descriptor. */
#include "_speedups.h"

/* ---- Owners ---- */

static void free_owner(PyObject *object) {
  struct owner *self = (struct owner *)object;
  PyTypeObject *type = Py_TYPE(object);
  if (self->weak_references != NULL) {
    PyObject_ClearWeakRefs(object);
  }
  Py_XDECREF(self->data);
  Py_XDECREF(self->cached_view);
  ((freefunc)PyType_GetSlot(type, Py_tp_free))(object);
  Py_DECREF(type);
}

static PyMemberDef owner_members[] = {
    {"_data", T_OBJECT_EX, offsetof(struct owner, data), 0, NULL},
    {"_cached_view", T_OBJECT_EX, offsetof(struct owner, cached_view), 0, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(struct owner, weak_references), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot owner_slots[] = {{Py_tp_dealloc, free_owner}, {Py_tp_members, owner_members}, {0, NULL}};

static PyType_Spec owner_spec = {.name = "torchffi._speedups.Owner",
                                 .basicsize = sizeof(struct owner),
                                 .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
                                 .slots = owner_slots};

/* ---- Finalizers ---- */

static newfunc new_reference;
static destructor free_reference;

PyObject *new_finalizer(const struct state *self, PyObject *owner, int64_t handle, PyObject *callback) {
  PyObject *finalizer = NULL, *arguments = PyTuple_Pack(2, owner, callback);
  if (arguments != NULL && (finalizer = new_reference(self->finalizer_type, arguments, NULL)) != NULL) {
    *handle_in(self, finalizer) = handle;
    PyObject_GC_UnTrack(finalizer); /* it cannot be part of a cycle */
  }
  Py_XDECREF(arguments);
  return finalizer;
}

static void free_finalizer(PyObject *finalizer) {
  PyTypeObject *type = Py_TYPE(finalizer);
  free_reference(finalizer);
  Py_DECREF(type);
}

/* Python's weak references are compared and hashed by what they refer to, which does not work with tensors. */
static PyTypeObject *new_finalizer_type(struct state *self, PyTypeObject *reference_type) {
  PyType_Slot slots[] = {{Py_tp_dealloc, free_finalizer},
                         {Py_tp_hash, PyType_GetSlot(&PyBaseObject_Type, Py_tp_hash)},
                         {Py_tp_richcompare, PyType_GetSlot(&PyBaseObject_Type, Py_tp_richcompare)},
                         {0, NULL}};
  PyType_Spec spec = {.name = "torchffi._speedups.Finalizer",
                      .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                      .slots = slots};
  PyObject *size = PyObject_GetAttrString((PyObject *)reference_type, "__basicsize__"), *type = NULL;
  if (size != NULL) {
    self->handle_offset = PyLong_AsSsize_t(size);
    spec.basicsize = (int)(self->handle_offset + (Py_ssize_t)sizeof(int64_t));
    type = PyType_FromSpecWithBases(&spec, (PyObject *)reference_type);
    Py_DECREF(size);
  }
  return (PyTypeObject *)type;
}

int setup_owners(struct state *self, PyTypeObject *reference_type) {
  PyObject *slot;
  if (self->owner_type != NULL) { /* the objects of an earlier import stay what they are */
    return 0;
  }
  new_reference = (newfunc)PyType_GetSlot(reference_type, Py_tp_new);
  free_reference = (destructor)PyType_GetSlot(reference_type, Py_tp_dealloc);
  if ((self->finalizer_type = new_finalizer_type(self, reference_type)) == NULL ||
      (self->owner_type = (PyTypeObject *)PyType_FromSpec(&owner_spec)) == NULL ||
      (slot = PyObject_GetAttrString((PyObject *)self->owner_type, "_data")) == NULL) {
    return -1;
  }
  get_slot = (descrgetfunc)PyType_GetSlot(Py_TYPE(slot), Py_tp_descr_get);
  set_slot = (descrsetfunc)PyType_GetSlot(Py_TYPE(slot), Py_tp_descr_set);
  Py_DECREF(slot);
  return 0;
}
