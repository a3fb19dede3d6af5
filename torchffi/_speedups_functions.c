/* Functions of a module that ask one function of the binding, by its address, and what they have in common with other objects
   that pass for functions. torchffi/_core/lifetimes.py makes them. */
#include "_speedups.h"

/* A function without arguments. */
struct asking {
  FAST_HEAD
  call_by_vector call;
  union address address;
};

static PyObject *call_asking(PyObject *object, PyObject *const *arguments, size_t flags, PyObject *names) {
  const struct asking *self = (struct asking *)object;
  const Py_ssize_t count = (Py_ssize_t)(flags & ~ARGUMENTS_OFFSET);
  const int64_t number = count == 0 && names == NULL ? self->address.count() : -1;
  if (number > 0) {
    return PyLong_FromLongLong(number);
  }
  return call_slow_path(object, arguments, count, names);
}

static PyObject *call_flag(PyObject *object, PyObject *const *arguments, size_t flags, PyObject *names) {
  const struct asking *self = (struct asking *)object;
  const Py_ssize_t count = (Py_ssize_t)(flags & ~ARGUMENTS_OFFSET);
  const int32_t flag = count == 0 && names == NULL ? self->address.state() : -1;
  return flag == 0   ? Py_NewRef(Py_False)
         : flag == 1 ? Py_NewRef(Py_True)
                     : call_slow_path(object, arguments, count, names);
}

/* The same for callers with a tuple. */
static PyObject *call_with_tuple(PyObject *object, PyObject *arguments, PyObject *named) {
  return PyObject_Call(((struct fast *)object)->slow_path, arguments, named);
}

PyObject *function_attribute(PyObject *self, PyObject *name) {
  return PyUnicode_CompareWithASCIIString(name, "__reduce_ex__") == 0 ? PyObject_GenericGetAttr(self, name)
                                                                      : fast_attribute(self, name);
}

/* A function of a module is pickled by its name. */
static PyObject *reduce(PyObject *self, PyObject *unused) {
  return PyObject_GetAttrString(((struct fast *)self)->slow_path, "__qualname__");
}

PyMethodDef function_methods[] = {{"__reduce_ex__", reduce, METH_O, NULL}, {NULL, NULL, 0, NULL}};

/* Asking(module, address, is_flag, slow_path). The function returns an int32_t that is 0 or 1, for a bool; or an int64_t
   above 0. For anything else the slow path is called. */
static PyObject *new_asking(PyTypeObject *type, PyObject *arguments, PyObject *named) {
  struct asking *self = (struct asking *)PyType_GenericAlloc(type, 0);
  PyObject *module, *slow_path;
  int is_flag;
  if (self != NULL &&
      !PyArg_ParseTuple(arguments, "OnpO", &module, &self->address.number, &is_flag, &slow_path)) {
    Py_CLEAR(self);
  }
  if (self != NULL) {
    self->state = PyModule_GetState(module);
    self->call = is_flag ? call_flag : call_asking;
    self->module = Py_NewRef(module);
    self->slow_path = Py_NewRef(slow_path);
  }
  return (PyObject *)self;
}

static PyMemberDef members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(struct asking, call), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_new, new_asking},
    {Py_tp_call, call_with_tuple},
    {Py_tp_descr_get, bind_fast},
    {Py_tp_getattro, function_attribute},
    {Py_tp_repr, fast_repr},
    {Py_tp_members, members},
    {Py_tp_methods, function_methods},
    {Py_tp_dealloc, free_fast},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "torchffi._speedups.Asking",
    .basicsize = sizeof(struct asking),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_METHOD_DESCRIPTOR | Py_TPFLAGS_HAVE_VECTORCALL,
    .slots = slots};

PyObject *setup_functions(PyObject *module, PyObject *unused) {
  return PyType_FromModuleAndSpec(module, &spec, NULL);
}
