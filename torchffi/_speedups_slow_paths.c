/* What all functions, methods and properties in C have in common: a slow path in Python, and its attributes. */
#include "_speedups.h"

static PyObject *bind_fast(PyObject *self, PyObject *object, PyObject *type) {
  if (object == NULL || object == Py_None) {
    return Py_NewRef(self);
  }
  return PyObject_CallFunctionObjArgs(((struct fast *)self)->state->method_type, self, object, NULL);
}

/* Attributes are those of the slow path. */
static PyObject *fast_attribute(PyObject *self, PyObject *name) {
  PyObject *slow_path = ((struct fast *)self)->slow_path;
  if (PyUnicode_CompareWithASCIIString(name, "__wrapped__") == 0) {
    return Py_NewRef(slow_path);
  }
  if (PyUnicode_CompareWithASCIIString(name, "__class__") == 0 ||
      PyUnicode_CompareWithASCIIString(name, "__reduce_ex__") == 0) {
    return PyObject_GenericGetAttr(self, name);
  }
  return PyObject_GetAttr(slow_path, name);
}

static int set_attribute(PyObject *self, PyObject *name, PyObject *value) {
  return PyObject_SetAttr(((struct fast *)self)->slow_path, name, value);
}

static PyObject *fast_repr(PyObject *self) {
  return PyObject_Repr(((struct fast *)self)->slow_path);
}

PyObject *call_slow_path(PyObject *self, PyObject *const *arguments, Py_ssize_t count, PyObject *names) {
  const Py_ssize_t named = names != NULL ? PyTuple_Size(names) : 0;
  PyObject *result = NULL, *all, *dict;
  if (named == 0 && count <= MOST_ARGUMENTS) {
    return call_with(((struct fast *)self)->slow_path, arguments, count);
  }
  all = PyTuple_New(count);
  dict = named > 0 ? PyDict_New() : NULL;
  int failed = all == NULL || (named > 0 && dict == NULL);
  for (Py_ssize_t i = 0; i < count && !failed; ++i) {
    PyTuple_SetItem(all, i, Py_NewRef(arguments[i]));
  }
  for (Py_ssize_t i = 0; i < named && !failed; ++i) {
    failed = PyDict_SetItem(dict, PyTuple_GetItem(names, i), arguments[count + i]) < 0;
  }
  if (!failed) {
    result = PyObject_Call(((struct fast *)self)->slow_path, all, dict);
  }
  Py_XDECREF(all);
  Py_XDECREF(dict);
  return result;
}

/* For callers with a tuple: Python's own calls have none. */
static PyObject *call_with_tuple(PyObject *self, PyObject *arguments, PyObject *named) {
  return PyObject_Call(((struct fast *)self)->slow_path, arguments, named);
}

/* Of a class: Python's property, with its docstring. */
PyObject *get_slow_path(PyObject *self, PyObject *tensor, PyObject *type) {
  PyObject *slow_path = ((struct fast *)self)->slow_path;
  return tensor == NULL || tensor == Py_None
             ? Py_NewRef(slow_path)
             : ((descrgetfunc)PyType_GetSlot(&PyProperty_Type, Py_tp_descr_get))(slow_path, tensor, type);
}

static int set_property(PyObject *self, PyObject *tensor, PyObject *value) {
  PyObject *slow_path = ((struct fast *)self)->slow_path;
  return ((descrsetfunc)PyType_GetSlot(&PyProperty_Type, Py_tp_descr_set))(slow_path, tensor, value);
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

/* A function is pickled by its name. */
static PyObject *reduce(PyObject *self, PyObject *unused) {
  return PyObject_GetAttrString(((struct fast *)self)->slow_path, "__qualname__");
}

/* help() asks for it past fast_attribute(). */
static PyObject *docstring(PyObject *self, void *unused) {
  return PyObject_GetAttrString(((struct fast *)self)->slow_path, "__doc__");
}

static PyGetSetDef attributes[] = {{"__doc__", docstring, NULL, NULL, NULL}, {NULL, NULL, NULL, NULL, NULL}};

static PyMethodDef methods[] = {{"__reduce_ex__", reduce, METH_O, NULL}, {NULL, NULL, 0, NULL}};

static PyMemberDef members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(struct fast, call), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

PyObject *class_of_functions(PyObject *module, const char *name, size_t size, newfunc create,
                             destructor free) {
  PyType_Slot slots[] = {
      {Py_tp_new, create},
      {Py_tp_call, call_with_tuple},
      {Py_tp_descr_get, bind_fast},
      {Py_tp_repr, fast_repr},
      {Py_tp_getattro, fast_attribute},
      {Py_tp_methods, methods},
      {Py_tp_dealloc, free},
      {Py_tp_setattro, set_attribute},
      {Py_tp_members, members},
      {Py_tp_getset, attributes},
      {0, NULL},
  };
  PyType_Spec spec = {.name = name,
                      .basicsize = (int)size,
                      .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_METHOD_DESCRIPTOR | Py_TPFLAGS_HAVE_VECTORCALL,
                      .slots = slots};
  return PyType_FromModuleAndSpec(module, &spec, NULL);
}

PyObject *class_of_properties(PyObject *module, const char *name, size_t size, newfunc create,
                              descrgetfunc get, destructor free) {
  PyType_Slot slots[] = {
      {Py_tp_new, create},
      {Py_tp_descr_get, get},
      {Py_tp_descr_set, set_property},
      {Py_tp_repr, fast_repr},
      {Py_tp_getattro, fast_attribute},
      {Py_tp_dealloc, free},
      {0, NULL},
  };
  PyType_Spec spec = {.name = name, .basicsize = (int)size, .flags = Py_TPFLAGS_DEFAULT, .slots = slots};
  return PyType_FromModuleAndSpec(module, &spec, NULL);
}
