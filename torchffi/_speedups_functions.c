/* Functions of a module that ask one function of the binding, by its address. torchffi/_core/lifetimes.py makes them. */
#include "_speedups.h"

/* A function without arguments. */
struct asking {
  FAST_HEAD
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

PyObject *setup_functions(PyObject *module, PyObject *unused) {
  return class_of_functions(module, "torchffi._speedups.Asking", sizeof(struct asking), new_asking,
                            free_fast);
}
