/* What all methods and properties in C have in common: a slow path in Python, and its attributes. */
#include "_speedups.h"

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

PyObject *fast_repr(PyObject *self) {
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

/* Of a class: Python's property, with its docstring. */
PyObject *get_slow_path(PyObject *self, PyObject *tensor, PyObject *type) {
  PyObject *slow_path = ((struct fast *)self)->slow_path;
  return tensor == NULL || tensor == Py_None
             ? Py_NewRef(slow_path)
             : ((descrgetfunc)PyType_GetSlot(&PyProperty_Type, Py_tp_descr_get))(slow_path, tensor, type);
}

int set_property(PyObject *self, PyObject *tensor, PyObject *value) {
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
